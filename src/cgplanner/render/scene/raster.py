"""Large layers: plain fills and hairlines painted by compiled kernels straight from the flat coordinates.

A QPainterPath grows worse than linearly and making small ones from Python costs as much as filling them, so
above some thousands of features the scene hands over finished pixels. Until the kernels are compiled, and for symbols that
they cannot draw, everything goes the ordinary way. This file must not know a toolkit.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cgplanner.geometry import kernels
from cgplanner.geometry.ragged import MULTIPOLYGON, POLYGON, Ints
from cgplanner.model.layer import Layer
from cgplanner.render.scene.display_list import PixelBatch
from cgplanner.render.scene.projected import projected
from cgplanner.render.scene.request import SceneRequest
from cgplanner.symbology.evaluate import Classes
from cgplanner.symbology.style import Fill, Line, Symbol

CROWD = 100  # features in view above which pixels are cheaper than paths
WORTH_A_THREAD = 150  # features below which starting one costs more than it saves
LARGE_PIXELS = 600_000
MOST_THREADS = 4
HAIRLINE_PX = 1.6  # wider lines want joins and caps, which a painter does better

Rows = NDArray[np.bool_]


def paint_rows(
    layer: Layer, request: SceneRequest, rows: Ints, symbols: Sequence[Symbol], index: Classes
) -> tuple[tuple[PixelBatch, ...], Rows]:
    """Return finished pixels and, for each row, whether it is still to be drawn the ordinary way."""
    rest = np.ones(len(rows), bool)
    if len(rows) < CROWD or request.viewport.unit != "px" or not kernels.is_warm():
        return (), rest
    geometry = layer.table.geometry
    base_rows = geometry.rows_in_base[rows]
    plain = np.array([_is_plain(symbol) for symbol in symbols])
    mine = np.isin(geometry.kinds_of(rows), (POLYGON, MULTIPOLYGON)) & (base_rows >= 0) & plain[index]
    if mine.sum() < CROWD:
        return (), rest
    return (_paint(layer, request, base_rows[mine].astype(np.int64), symbols, index[mine]),), ~mine


def _is_plain(symbol: Symbol) -> bool:
    """Tell whether the areas of a symbol are fills and hairlines only."""
    return all(
        isinstance(part, Fill) or (isinstance(part, Line) and part.width <= HAIRLINE_PX and not part.dash and not part.casing)
        for part in symbol.polygon
    )


def _paint(layer: Layer, request: SceneRequest, rows: Ints, symbols: Sequence[Symbol], index: Classes) -> PixelBatch:
    viewport, ratio = request.viewport, request.ratio
    size = max(round(viewport.height * ratio), 1), max(round(viewport.width * ratio), 1)
    image = np.zeros((*size, 4), np.uint8)
    base = layer.table.geometry.base
    xy, bounds = projected(base, layer.crs, viewport.crs)
    ragged = kernels.Ragged(xy, base.ring_offsets, base.part_offsets, base.row_offsets)
    a, b, c, d, e, f = (value * ratio for value in viewport.affine)
    threads = _threads(len(rows), size)
    for fill, outline in _passes(symbols, index, ratio):
        kernels.draw_polygons_tile(image, ragged, rows, bounds, (a, b, c, d, e, f), fill, outline, threads=threads)
    return PixelBatch(0.0, 0.0, ratio, image)


def _threads(features: int, size: tuple[int, int]) -> int:
    """Return how many threads share a picture: tiles are drawn two at a time already."""
    if size[0] * size[1] < LARGE_PIXELS or features < WORTH_A_THREAD:
        return 1
    return min(os.cpu_count() or 1, MOST_THREADS)


def _passes(
    symbols: Sequence[Symbol], classes: Classes, ratio: float
) -> list[tuple[kernels.Fill | None, kernels.Outline | None]]:
    """Return fills and outlines in drawing order; a fill and the outlines of one width above it make one pass."""
    passes: list[tuple[kernels.Fill | None, kernels.Outline | None]] = []
    for level in range(max(len(symbol.polygon) for symbol in symbols)):
        parts = [symbol.polygon[level] if level < len(symbol.polygon) else None for symbol in symbols]
        if any(isinstance(part, Fill) for part in parts):
            palette = [_rgba(part) if isinstance(part, Fill) else (0, 0, 0, 0) for part in parts]
            passes.append((kernels.Fill(np.array(palette, np.uint8), classes), None))
        for width in sorted({part.width for part in parts if isinstance(part, Line)}):
            pens = [_rgba(part) if isinstance(part, Line) and part.width == width else (0, 0, 0, 0) for part in parts]
            outline = kernels.Outline(np.array(pens, np.uint8), classes, width * ratio)
            if passes and passes[-1][1] is None:
                passes[-1] = (passes[-1][0], outline)
            else:
                passes.append((None, outline))
    return passes


def _rgba(part: Fill | Line) -> tuple[int, int, int, int]:
    red, green, blue = (int(part.color[i : i + 2], 16) for i in (1, 3, 5))
    return red, green, blue, round(255 * part.opacity)
