"""What lies under the pointer: exact distances in device units to what is drawn, for the few features whose boxes are near."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cgplanner.geometry.ragged import Floats
from cgplanner.model.index import rows_meeting
from cgplanner.model.layer import Layer
from cgplanner.render.scene.batches import style_margin, symbol_margin
from cgplanner.render.scene.request import SceneRequest
from cgplanner.render.scene.shapes.device_shapes import FAMILIES, DeviceShapes, Family, device_shapes, oriented
from cgplanner.render.scene.viewport import Viewport
from cgplanner.symbology.evaluate import style_of, symbols_for
from cgplanner.symbology.style import Symbol


class Hit(NamedTuple):
    """A feature under the pointer and its distance in device units; 0 within an area or on a symbol."""

    layer: str
    rid: int
    distance: float


def hit(scene: SceneRequest | Sequence[Layer], viewport: Viewport, x_px: float, y_px: float, radius_px: float) -> list[Hit]:
    """Return the features within a radius of a device point, topmost layer first.

    Within a layer points come before lines and lines before areas, nearer ones first, then what is drawn later.
    """
    layers = scene.layers if isinstance(scene, SceneRequest) else scene
    found: list[Hit] = []
    for layer in reversed(layers):
        style = style_of(layer)
        if layer.visible and len(layer.table) and style.drawn_at(viewport.scale_denominator):
            found += _hits_in(layer, viewport, np.array([x_px, y_px]), radius_px)
    return found


def _hits_in(layer: Layer, viewport: Viewport, point: Floats, radius: float) -> list[Hit]:
    margin = style_margin(style_of(layer)) * viewport.px
    small = _window_around(viewport, point, radius + margin)
    box = small.box_in(layer.crs, 0.0)
    if box is None:
        return []
    rows = rows_meeting(layer.table.geometry, box)
    symbols, index = symbols_for(style_of(layer), layer.table, rows, viewport.scale_denominator)
    rows, index = rows[index >= 0], index[index >= 0]
    if not len(rows):
        return []
    shapes = device_shapes(layer, viewport, rows, thin=False)
    slack = np.zeros(len(layer.table))
    found: list[tuple[int, float, int]] = []
    for rank, family in enumerate(FAMILIES):
        features = shapes.of(family)
        slack[rows] = _slack_of(symbols, family, viewport.px)[index]
        distances = np.maximum(distances_to(features, point, areal=family == "polygon") - slack[features.rows], 0.0)
        near = np.flatnonzero(distances <= radius)
        found += [(rank, float(distances[k]), -int(features.rows[k])) for k in near]
    unique: dict[int, Hit] = {}
    for _, distance, negative in sorted(found):
        unique.setdefault(-negative, Hit(layer.id, int(layer.table.rids[-negative]), distance))
    return list(unique.values())


def _window_around(viewport: Viewport, point: Floats, reach: float) -> Viewport:
    x, y = viewport.to_map(point[None, :])[0]
    return Viewport(float(x), float(y), viewport.units_per_px, 2 * reach, 2 * reach, viewport.unit, viewport.crs)


def _slack_of(symbols: Sequence[Symbol], family: Family, scale: float) -> Floats:
    """Return for each symbol how far it reaches beyond the geometry of one family."""
    return np.array([symbol_margin([_only(symbol, family)]) - 1.0 for symbol in symbols]) * scale


def _only(symbol: Symbol, family: Family) -> Symbol:
    if family == "point":
        return Symbol(point=symbol.point)
    return Symbol(line=symbol.line) if family == "line" else Symbol(polygon=symbol.polygon)


def distances_to(features: DeviceShapes, point: Floats, *, areal: bool) -> Floats:
    """Return the distance of a point to each feature (n,), 0 within an area as it is filled."""
    if not len(features):
        return np.empty(0)
    shapes = oriented(features) if areal else features
    last = np.zeros(len(shapes.xy), bool)
    last[shapes.rings[1:] - 1] = True
    start = shapes.xy - point
    step = np.where(last[:, None], 0.0, np.roll(shapes.xy, -1, axis=0) - shapes.xy)
    length2 = (step**2).sum(axis=1)
    share = np.clip(-(start * step).sum(axis=1) / np.where(length2 > 0, length2, 1.0), 0.0, 1.0)
    distance = np.hypot(*(start + share[:, None] * step).T)
    offsets = shapes.rings[shapes.feature_rings]
    nearest: Floats = np.minimum.reduceat(distance, offsets[:-1])
    if areal:
        nearest[_winding(start, step, offsets) != 0] = 0.0
    return nearest


def _winding(start: Floats, step: Floats, offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how often each feature's rings turn round the origin."""
    y0, y1 = start[:, 1], start[:, 1] + step[:, 1]
    side = step[:, 0] * -start[:, 1] + step[:, 1] * start[:, 0]  # where the origin lies from the edge
    turns = ((y0 <= 0) & (y1 > 0) & (side < 0)).astype(np.int64) - ((y0 > 0) & (y1 <= 0) & (side > 0))
    wound: NDArray[np.int64] = np.add.reduceat(turns, offsets[:-1])
    return wound
