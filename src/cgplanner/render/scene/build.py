"""A request in, a display list out: the door of the scene.

May run in any thread; it reads snapshots and keeps nothing but caches that belong to them. ``cancelled`` is asked between
layers and in longer loops; a cancelled build raises :class:`cgplanner.errors.Cancelled`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from cgplanner.geometry.ragged import Ints
from cgplanner.model.layer import Layer
from cgplanner.model.table import FeatureTable
from cgplanner.render.scene import raster
from cgplanner.render.scene.batches import Numbers, batches_of, inward_margin, one_edit_changes_all, style_margin
from cgplanner.render.scene.crowded.crowds import cluster_batches, heat_batch
from cgplanner.render.scene.display_list import Batch, DisplayList, LayerBatches, PlacedLabel
from cgplanner.render.scene.kept import Kept
from cgplanner.render.scene.labels.placement import label, place_labels
from cgplanner.render.scene.request import SceneRequest, check, never
from cgplanner.render.scene.shapes.device_shapes import device_shapes, rows_in_view
from cgplanner.render.scene.shapes.outside import outside_batch, toned
from cgplanner.render.scene.theme import blend_for, for_theme
from cgplanner.render.scene.viewport import Viewport, viewport_of
from cgplanner.symbology.evaluate import in_draw_order, numbers_of, style_of, symbols_for
from cgplanner.symbology.problems import style_problems
from cgplanner.symbology.style import Cluster, Heat, Symbol, markers_of
from cgplanner.text import tr

__all__ = [
    "SceneRequest",
    "Viewport",
    "build",
    "drawn_layers",
    "inward_margin",
    "one_edit_changes_all",
    "place_labels",
    "style_margin",
    "viewport_of",
]


def build(request: SceneRequest, *, cancelled: Callable[[], bool] | None = None, kept: Kept | None = None) -> DisplayList:
    """Return what is to be painted for the request.

    Versions of layers that ``kept`` holds, of a window of the same scale and theme round this one, are taken from it.

    Raises
    ------
    Cancelled
        When ``cancelled`` said so.
    """
    stop = cancelled or never
    problems: list[str] = []
    drawn: list[LayerBatches] = []
    count = 0
    for layer in drawn_layers(request):
        check(stop)
        known = kept.part(layer, request.viewport) if kept is not None else None
        if known is not None:
            drawn.append(known)
            continue
        problems += [str(each) for each in style_problems(layer)]
        batches, features = _layer_batches(layer, request, problems)
        count += features
        if batches:
            drawn.append(LayerBatches(layer.id, layer.opacity, batches, blend_for(style_of(layer).blend, request.theme)))
    labels: tuple[PlacedLabel, ...] = ()
    homeless: tuple[tuple[str, str], ...] = ()
    if request.labels:
        found = label(request, cancelled=stop)
        labels, homeless = found.labels, tuple((each.layer, each.text) for each in found.homeless)
    port = request.viewport
    return DisplayList(
        port.width, port.height, port.unit, request.background, tuple(drawn), labels, tuple(problems), count, homeless
    )


def drawn_layers(request: SceneRequest) -> Iterator[Layer]:
    """Yield the layers that show anything at this scale, from bottom to top."""
    for layer in request.layers:
        if layer.visible and layer.opacity > 0 and len(layer.table):
            style = style_of(layer)
            if (not style.min_scale and not style.max_scale) or style.drawn_at(request.viewport.scale_denominator):
                yield layer


def _layer_batches(layer: Layer, request: SceneRequest, problems: list[str]) -> tuple[tuple[Batch, ...], int]:
    viewport, style = request.viewport, style_of(layer)
    rows = rows_in_view(layer, viewport, style_margin(style) * viewport.px)
    if not len(rows) and style.outside is None:
        return (), 0
    symbols, index = symbols_for(style, layer.table, rows, viewport.scale_denominator)
    rows, index = rows[index >= 0], index[index >= 0]
    if style.order_by:
        order = in_draw_order(style, layer.table, rows)
        rows, index = rows[order], index[order]
    symbols = tuple(for_theme(symbol, request.theme) for symbol in symbols)
    pixels, rest = raster.paint_rows(layer, request, rows, symbols, index)
    if not rest.any() and style.outside is None:
        return pixels, len(rows)
    shapes = device_shapes(layer, viewport, rows[rest])
    if shapes.dropped:
        problems.append(
            tr(
                "{count} features of “{layer}” have points without a place on this map.",
                count=shapes.dropped,
                layer=layer.title,
            )
        )
    numbers = turning_numbers(symbols, layer.table)
    crowd: tuple[Batch, ...] = ()
    if isinstance(style.renderer, Heat):
        crowd = tuple(heat_batch(layer, style.renderer, shapes.point, viewport, request.theme))
    elif isinstance(style.renderer, Cluster):
        crowd = tuple(cluster_batches(layer, style.renderer, viewport, request.theme, numbers))
    if isinstance(style.renderer, Heat | Cluster):
        shapes = replace(shapes, point=shapes.point.take(np.empty(0, np.int64)))
    classes = _by_row(rows, index, len(layer.table))
    batches = batches_of(shapes, symbols, classes, viewport, in_order=bool(style.order_by), numbers=numbers)
    batches = (*crowd, *batches) if isinstance(style.renderer, Heat) else (*batches, *crowd)
    if style.outside is not None:
        fill = toned(style.outside, request.theme)
        areas = shapes if rest.all() else device_shapes(layer, viewport, rows)
        batches = (outside_batch(areas.polygon, fill, viewport), *batches)
    return (*pixels, *batches), len(rows)


def turning_numbers(symbols: Sequence[Symbol], table: FeatureTable) -> Numbers:
    """Return the fields that turn markers, by field id, for every row; what is missing turns nothing."""
    names = {part.rotation_field for symbol in symbols for part in markers_of(symbol) if part.rotation_field}
    found = {name: numbers_of(table, name) for name in names}
    return {name: np.where(np.isfinite(values), values, 0.0) for name, values in found.items() if values is not None}


def _by_row(
    rows: Ints, index: np.ndarray[tuple[int, ...], np.dtype[np.int32]], count: int
) -> np.ndarray[tuple[int, ...], np.dtype[np.int32]]:
    classes = np.full(count, -1, np.int32)
    classes[rows] = index
    return classes
