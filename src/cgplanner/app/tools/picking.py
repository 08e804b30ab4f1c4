"""Which features a click or a box means."""

from __future__ import annotations

import numpy as np
import shapely

from cgplanner.app.canvas import MapCanvas, Pointer
from cgplanner.geometry.ragged import Floats
from cgplanner.model.column import Positions
from cgplanner.model.index import rows_meeting
from cgplanner.model.layer import Layer
from cgplanner.render.scene.hit_test import hit
from cgplanner.symbology.evaluate import style_of

RADIUS_PX = 6.0
_SIDE_POINTS = 9  # a straight side on the screen is a curve in another CRS

Found = tuple[str, int]  # layer id, session number


def features_at(canvas: MapCanvas, pointer: Pointer) -> list[Found]:
    """Return the features under the mouse, topmost first."""
    hits = hit(canvas.layers(), canvas.viewport, pointer.x_px, pointer.y_px, RADIUS_PX)
    return [(each.layer, each.rid) for each in hits]


def features_in_box(canvas: MapCanvas, first: Pointer, second: Pointer) -> tuple[str, list[int]]:
    """Return the features that meet the box between two places, all of one layer.

    It is the current layer where that has any, else the topmost planning layer, else the topmost layer that has some.
    """
    current = canvas.bridge.session.current_layer
    candidates = [layer for layer in reversed(canvas.layers()) if is_shown(canvas, layer)]
    candidates.sort(key=lambda layer: (layer.id != current, layer.role != "planning"))
    for layer in candidates:
        rids = _rids_within(canvas, layer, first, second)
        if rids:
            return layer.id, rids
    return "", []


def is_shown(canvas: MapCanvas, layer: Layer) -> bool:
    """Tell whether a layer is drawn at this scale."""
    return layer.visible and len(layer.table) > 0 and style_of(layer).drawn_at(canvas.viewport.scale_denominator)


def _rids_within(canvas: MapCanvas, layer: Layer, first: Pointer, second: Pointer) -> list[int]:
    outline = canvas.to_layer(layer, _rectangle(first, second))
    if not np.isfinite(outline).all():
        return []
    low, high = outline.min(axis=0), outline.max(axis=0)
    rows = rows_meeting(layer.table.geometry, (float(low[0]), float(low[1]), float(high[0]), float(high[1])))
    met = rows[_meets(layer, rows, shapely.Polygon(outline))]
    return [int(rid) for rid in layer.table.rids[met]]


def _meets(layer: Layer, rows: Positions, area: shapely.Polygon) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """bool (n,): which rows meet the area; only those whose box is not within it are looked at one by one."""
    shapely.prepare(area)
    bounds = layer.table.geometry.bounds_of(rows)
    met = np.asarray(shapely.contains_properly(area, shapely.box(*bounds.T)))
    open_rows = np.flatnonzero(~met)
    met[open_rows] = shapely.intersects(area, layer.table.geometry.geometries(rows[open_rows]))
    return met


def _rectangle(first: Pointer, second: Pointer) -> Floats:
    along = np.linspace(0.0, 1.0, _SIDE_POINTS)[:-1]
    x0, x1, y0, y1 = first.x, second.x, first.y, second.y
    sides = [
        np.column_stack([x0 + (x1 - x0) * along, np.full(len(along), y0)]),
        np.column_stack([np.full(len(along), x1), y0 + (y1 - y0) * along]),
        np.column_stack([x1 + (x0 - x1) * along, np.full(len(along), y1)]),
        np.column_stack([np.full(len(along), x0), y1 + (y0 - y1) * along]),
    ]
    return np.vstack(sides)
