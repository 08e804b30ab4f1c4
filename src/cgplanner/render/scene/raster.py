"""Large layers: plain fills and solid lines painted by compiled kernels straight from the flat coordinates.

A QPainterPath grows worse than linearly and making small ones from Python costs as much as filling them, so
above some thousands of features the scene hands over finished pixels. Until the kernels are compiled, and for symbols that
they cannot draw, everything goes the ordinary way. This file must not know a toolkit.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from cgplanner.geometry import kernels
from cgplanner.geometry.ragged import COLLECTION, LINEARRING, LINESTRING, MULTILINESTRING, MULTIPOLYGON, POLYGON, Floats, Ints
from cgplanner.model.layer import Layer
from cgplanner.render.scene.display_list import PixelBatch
from cgplanner.render.scene.request import SceneRequest
from cgplanner.render.scene.shapes.projected import projected, sizes_of
from cgplanner.symbology.evaluate import Classes, style_of
from cgplanner.symbology.style import Fill, Line, Symbol, SymbolLayer

CROWD = 100  # features in view above which pixels are cheaper than paths
WORTH_A_THREAD = 150  # features below which starting one costs more than it saves
LARGE_PIXELS = 600_000
MOST_THREADS = 4
HAIRLINE_PX = 1.6  # lines up to this width are drawn in one go whatever their colours; joins need no shape
WIDEST_PX = 16.0
AREAS, LINES = (POLYGON, MULTIPOLYGON), (LINESTRING, LINEARRING, MULTILINESTRING)

Rows = NDArray[np.bool_]


def paint_rows(
    layer: Layer, request: SceneRequest, rows: Ints, symbols: Sequence[Symbol], index: Classes
) -> tuple[tuple[PixelBatch, ...], Rows]:
    """Return finished pixels and, for each row, whether it is still to be drawn the ordinary way."""
    rest = np.ones(len(rows), bool)
    if len(rows) < CROWD or request.viewport.unit != "px" or not kernels.is_warm():
        return (), rest
    geometry = layer.table.geometry
    base_rows = geometry.rows_in_base[rows].astype(np.int64)
    kinds = geometry.kinds_of(rows)
    are_areas, shared = _among(kinds, AREAS), base_rows >= 0
    areas = are_areas & shared & np.array([_is_plain(symbol.polygon) for symbol in symbols])[index]
    lines = _among(kinds, LINES) & shared & np.array([_is_plain(symbol.line) for symbol in symbols])[index]
    if lines.any() and ((are_areas & ~areas).any() or style_of(layer).order_by):
        lines[:] = False  # areas that are still to come belong under the lines; and an order of rows is none of classes
    canvas = _Canvas.of(layer, request, symbols)
    for mine, paint in ((areas, canvas.paint_areas), (lines, canvas.paint_lines)):
        if mine.all():  # as nearly always: nothing need be picked
            paint(base_rows, index)
            rest[:] = False
        elif mine.sum() >= CROWD:
            paint(base_rows[mine], index[mine])
            rest &= ~mine
    return (() if rest.all() else (PixelBatch(0.0, 0.0, request.ratio, canvas.image),)), rest


def _among(kinds: NDArray[np.int8], wanted: Sequence[int]) -> Rows:
    """Tell which kinds are wanted ones, by a table: they are few, -1 among them, and rows are many."""
    table = np.zeros(COLLECTION + 2, bool)
    table[list(wanted)] = True
    return table[kinds]


def _is_plain(parts: Sequence[SymbolLayer]) -> bool:
    """Tell whether a symbol is made of fills and solid lines only."""
    return all(isinstance(part, Fill) or (isinstance(part, Line) and _is_solid(part)) for part in parts)


def _is_solid(line: Line) -> bool:
    if line.dash or line.offset:
        return False
    round_ends = line.cap == "round" and line.join == "round"
    return (line.width <= HAIRLINE_PX and not line.casing) or (round_ends and line.width + 2 * line.casing <= WIDEST_PX)


@dataclass(frozen=True, eq=False)
class _Canvas:
    """A picture of a layer in the making."""

    image: NDArray[np.uint8]
    ragged: kernels.Ragged
    bounds: Floats
    affine: kernels.Affine
    symbols: Sequence[Symbol]
    ratio: float
    sizes: Callable[[], NDArray[np.float32]]

    @classmethod
    def of(cls, layer: Layer, request: SceneRequest, symbols: Sequence[Symbol]) -> _Canvas:
        viewport, ratio = request.viewport, request.ratio
        size = max(round(viewport.height * ratio), 1), max(round(viewport.width * ratio), 1)
        base = layer.table.geometry.base
        xy, bounds = projected(base, layer.crs, viewport.crs)
        sizes = partial(sizes_of, base, layer.crs, viewport.crs)
        ragged = kernels.Ragged(xy, base.ring_offsets, base.part_offsets, base.row_offsets)
        a, b, c, d, e, f = (value * ratio for value in viewport.affine)
        return cls(np.zeros((*size, 4), np.uint8), ragged, bounds, (a, b, c, d, e, f), symbols, ratio, sizes)

    def _threads(self, features: int) -> int:
        """Return how many threads share the picture: tiles are drawn two at a time already."""
        if self.image.shape[0] * self.image.shape[1] < LARGE_PIXELS or features < WORTH_A_THREAD:
            return 1
        return min(os.cpu_count() or 1, MOST_THREADS)

    def paint_areas(self, rows: Ints, classes: Classes) -> None:
        threads = self._threads(len(rows))
        for fill, outline in _area_passes(self.symbols, classes, self.ratio):
            kernels.draw_polygons_tile(
                self.image, self.ragged, rows, self.bounds, self.affine, fill, outline, threads=threads, sizes=self.sizes
            )

    def paint_lines(self, rows: Ints, classes: Classes) -> None:
        threads = self._threads(len(rows))
        for pen in _line_passes(self.symbols, classes, self.ratio):
            kernels.draw_lines_tile(self.image, self.ragged, rows, self.bounds, self.affine, pen, threads=threads)


def _area_passes(
    symbols: Sequence[Symbol], classes: Classes, ratio: float
) -> list[tuple[kernels.Fill | None, kernels.Outline | None]]:
    """Return fills and outlines in drawing order; a fill and the first outlines above it make one pass."""
    passes: list[tuple[kernels.Fill | None, kernels.Outline | None]] = []
    for level in range(max(len(symbol.polygon) for symbol in symbols)):
        parts = [symbol.polygon[level] if level < len(symbol.polygon) else None for symbol in symbols]
        if any(isinstance(part, Fill) for part in parts):
            palette = [_rgba(part.color, part.opacity) if isinstance(part, Fill) else _NONE for part in parts]
            passes.append((kernels.Fill(np.array(palette, np.uint8), classes), None))
        for outline in _strokes(parts, classes, ratio):
            if passes and passes[-1][1] is None:
                passes[-1] = (passes[-1][0], outline)
            else:
                passes.append((None, outline))
    return passes


def _line_passes(symbols: Sequence[Symbol], classes: Classes, ratio: float) -> list[kernels.Outline]:
    """Return the lines of all levels in drawing order."""
    levels = range(max(len(symbol.line) for symbol in symbols))
    parts = [[symbol.line[level] if level < len(symbol.line) else None for symbol in symbols] for level in levels]
    return [outline for level in parts for outline in _strokes(level, classes, ratio)]


def _strokes(parts: Sequence[SymbolLayer | None], classes: Classes, ratio: float) -> Iterator[kernels.Outline]:
    """Yield the lines of one level: casings first, hairlines of one width together, wide ones look by look.

    The class that stands first in a legend comes last, on top.
    """
    for casing in (True, False):
        looks = [_look(part, casing=casing) if isinstance(part, Line) else None for part in parts]
        thin = {look[0] for look in looks if look and look[0] <= HAIRLINE_PX}
        for width in sorted(thin):
            palette = [look[1] if look and look[0] == width else _NONE for look in looks]
            yield kernels.Outline(np.array(palette, np.uint8), classes, width * ratio)
        wide = dict.fromkeys(look for look in reversed(looks) if look and look[0] > HAIRLINE_PX)
        for look in wide:
            palette = [each[1] if each == look and each else _NONE for each in looks]
            yield kernels.Outline(np.array(palette, np.uint8), classes, look[0] * ratio)


_Rgba = tuple[int, int, int, int]
_NONE: _Rgba = (0, 0, 0, 0)


def _look(line: Line, *, casing: bool) -> tuple[float, _Rgba] | None:
    """Return width and colour of a line or of its casing; None where there is nothing to see."""
    if line.opacity <= 0 or line.width <= 0 or (casing and line.casing <= 0):
        return None
    if casing:
        return line.width + 2 * line.casing, _rgba(line.casing_color, line.opacity)
    return line.width, _rgba(line.color, line.opacity)


def _rgba(color: str, opacity: float) -> _Rgba:
    red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return red, green, blue, round(255 * opacity)
