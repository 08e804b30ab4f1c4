"""Crowded points of a layer as a surface of heat, or as clusters with their number.

Both must be the same in every tile of a map: what they need to know of the whole layer (its densest place, its clusters) is
computed once for a version of the table and a scale. This file must not know painters.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from cgplanner.geometry.ragged import MULTIPOINT, POINT, Floats, Ints
from cgplanner.geometry.text_extent import cap_height, text_width
from cgplanner.model.layer import Layer
from cgplanner.model.table import FeatureTable
from cgplanner.render.scene.batches import Numbers, marker_batch, marker_reach, point_batches
from cgplanner.render.scene.crowded.clusters import Clusters, gathered
from cgplanner.render.scene.crowded.heat import THINNEST, cell_size, densest
from cgplanner.render.scene.display_list import Batch, HeatBatch, LabelLine, MarkerBatch, PlacedLabel, TextBatch
from cgplanner.render.scene.request import Theme
from cgplanner.render.scene.shapes.device_shapes import DeviceShapes, device_shapes
from cgplanner.render.scene.theme import for_theme, ramp_for
from cgplanner.render.scene.viewport import Viewport
from cgplanner.symbology.evaluate import numbers_of, style_of
from cgplanner.symbology.style import Cluster, Heat, Marker, Symbol

T = TypeVar("T")
GROWTH = 0.25  # of its size, that a cluster's marker grows with each digit after the first
LEAST_RADIUS_PX = 0.5
_KEPT = 8

_answers: WeakKeyDictionary[FeatureTable, dict[tuple[object, ...], Any]] = WeakKeyDictionary()
_lock = threading.Lock()


def _once(table: FeatureTable, key: tuple[object, ...], compute: Callable[[], T]) -> T:
    with _lock:
        kept = _answers.setdefault(table, {})
        if key in kept:
            found: T = kept[key]
            return found
    made = compute()
    with _lock:
        while len(kept) >= _KEPT:
            kept.pop(next(iter(kept)))
        kept[key] = made
    return made


def heat_batch(layer: Layer, heat: Heat, points: DeviceShapes, viewport: Viewport, theme: Theme) -> Iterator[Batch]:
    """Yield the surface of the points in view (n features, whose places may be several)."""
    if not len(points) or heat.radius < LEAST_RADIUS_PX or heat.opacity <= 0:
        return
    radius, rows = heat.radius * viewport.px, _row_of_vertices(points)
    weights = _weights(layer.table, heat.field)
    cell = cell_size(radius, viewport.px)
    origin = viewport.to_device(np.zeros((1, 2)))[0] % cell
    most = (
        heat.most
        if heat.most >= THINNEST
        else _once(
            layer.table,
            ("heat", heat.field, layer.crs, viewport.crs, viewport.units_per_px, viewport.unit, heat.radius),
            lambda: _densest_of(layer, weights, viewport, radius),
        )
    )
    if most >= THINNEST:
        ramp = ramp_for(heat.ramp, theme)
        phase = float(origin[0]), float(origin[1])
        yield HeatBatch(points.xy, rows, weights[rows], radius, ramp, heat.opacity, most, cell, phase)


def _weights(table: FeatureTable, field: str) -> NDArray[np.float64]:
    """Return what every row of the table weighs: 1 without a field, or with one that is not there."""
    numbers = numbers_of(table, field) if field else None
    return np.ones(len(table)) if numbers is None else np.where(numbers > 0, numbers, 0.0)


def _densest_of(layer: Layer, weights: NDArray[np.float64], viewport: Viewport, radius: float) -> float:
    points = _all_points(layer, viewport)
    return densest(points.xy, weights[_row_of_vertices(points)], radius)


def _all_points(layer: Layer, viewport: Viewport) -> DeviceShapes:
    kinds = layer.table.geometry.kinds
    return device_shapes(layer, viewport, np.flatnonzero(np.isin(kinds, (POINT, MULTIPOINT))), thin=False).point


def _row_of_vertices(points: DeviceShapes) -> Ints:
    return np.repeat(points.rows, np.diff(points.rings[points.feature_rings]))


def cluster_batches(layer: Layer, cluster: Cluster, viewport: Viewport, theme: Theme, numbers: Numbers) -> Iterator[Batch]:
    """Yield the points that stand alone, then the clusters, small ones first, with their numbers."""
    clusters, rows = _clusters_of(layer, cluster, viewport)
    marker = for_theme(Symbol((cluster.marker,)), theme).point[0]
    single = for_theme(cluster.symbol, theme)
    assert isinstance(marker, Marker)  # noqa: S101  a theme changes colours, not parts
    xy = _to_window(clusters.xy, viewport)
    reach = max([marker_reach(marker) * 2.5, *(marker_reach(part) for part in single.point)]) * viewport.px
    near = ((xy > -reach) & (xy < (viewport.width + reach, viewport.height + reach))).all(axis=1)
    alone = near & (clusters.counts == 1)
    for part in single.point:
        yield from point_batches(part, xy[alone], rows[clusters.firsts[alone]], viewport.px, numbers)
    several = np.flatnonzero(near & (clusters.counts > 1))
    several = several[np.argsort(clusters.counts[several], kind="stable")]
    if len(several):
        yield from _counted(clusters, several, xy, rows, marker, viewport.px)
        yield TextBatch(tuple(_number(layer.id, cluster, int(clusters.counts[k]), xy[k], viewport.px) for k in several))


def outside_clusters(layer: Layer, viewport: Viewport, rows: Ints) -> NDArray[np.bool_]:
    """Tell for each of the rows whether it shows by itself: all but points that a cluster has taken in, as styles may want."""
    renderer = style_of(layer).renderer
    if not isinstance(renderer, Cluster):
        return np.ones(len(rows), bool)
    clusters, row_of = _clusters_of(layer, renderer, viewport)
    alone = row_of[clusters.firsts[clusters.counts == 1]]
    points = np.isin(layer.table.geometry.kinds_of(rows), (POINT, MULTIPOINT))
    return ~points | np.isin(rows, alone)


def _clusters_of(layer: Layer, cluster: Cluster, viewport: Viewport) -> tuple[Clusters, Ints]:
    """Return the clusters of the whole layer, in units of the window from the map's origin (y down), and the row of each."""

    def compute() -> tuple[Clusters, Ints]:
        points = _all_points(layer, viewport)
        return gathered(points.xy - _to_window(np.zeros((1, 2)), viewport), distance), _row_of_vertices(points)

    distance = max(cluster.distance, 1.0) * viewport.px
    key = "cluster", distance, layer.crs, viewport.crs, viewport.units_per_px
    return _once(layer.table, key, compute)


def _to_window(xy: Floats, viewport: Viewport) -> Floats:
    """Return places counted from the map's origin as places in the window."""
    return np.asarray(xy + viewport.to_device(np.zeros((1, 2)))[0], np.float64)


def _counted(clusters: Clusters, several: Ints, xy: Floats, rows: Ints, marker: Marker, scale: float) -> Iterator[MarkerBatch]:
    digits = np.floor(np.log10(clusters.counts[several])).astype(np.int64)
    for digit in np.unique(digits):
        mine = several[digits == digit]
        grown = replace(marker, size=marker.size * (1 + GROWTH * int(digit)))
        yield marker_batch(grown, xy[mine], rows[clusters.firsts[mine]], scale)


def _number(layer: str, cluster: Cluster, count: int, at: Floats, scale: float) -> PlacedLabel:
    text, size = str(count), cluster.text_size * scale
    width = text_width(text, bold=True) * size
    x, y = float(at[0]) - width / 2, float(at[1]) + cap_height(bold=True) * size / 2
    box = x, y - size, x + width, y + 0.2 * size
    line = LabelLine(text, x, y)
    return PlacedLabel(
        layer=layer,
        row=-1,
        lines=(line,),
        size=size,
        bold=True,
        italic=False,
        color=cluster.text_color,
        halo_color="#FFFFFF",
        halo=0.0,
        spacing=0.0,
        box=box,
        text=text,
    )
