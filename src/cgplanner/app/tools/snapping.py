"""Vertices near the mouse that a new vertex may lie on exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cgplanner.app.canvas import MapCanvas, Pointer
from cgplanner.app.tools.picking import is_shown
from cgplanner.geometry.ragged import Floats, Ints
from cgplanner.model.index import rows_meeting
from cgplanner.model.layer import Layer

SNAP_PX = 8.0
_MOST_ROWS = 200  # more features than this within 8 px cannot be told apart


@dataclass(frozen=True)
class Snap:
    """A vertex of some feature: in its layer's own numbers, and in the display CRS."""

    layer_id: str
    own: tuple[float, float]
    x: float
    y: float


@dataclass(frozen=True)
class Placed:
    """Where a new vertex goes: in the display CRS, in the CRS of the layer that is edited, and what it snapped to."""

    x: float
    y: float
    own: tuple[float, float]
    snap: Snap | None = None


def placed(canvas: MapCanvas, pointer: Pointer, layer: Layer, *, but: tuple[int, int] | None = None) -> Placed:
    """Return where a vertex of ``layer`` goes when the mouse is here; Alt keeps it from snapping.

    ``but`` is (session number, vertex) of the vertex that is being moved, which does not snap to itself.
    """
    snap = None if pointer.alt else nearest(canvas, pointer, layer, but)
    if snap is None:
        own = canvas.to_layer(layer, [(pointer.x, pointer.y)])[0]
        return Placed(pointer.x, pointer.y, (float(own[0]), float(own[1])))
    if snap.layer_id == layer.id:
        return Placed(snap.x, snap.y, snap.own, snap)
    own = canvas.to_layer(layer, [(snap.x, snap.y)])[0]
    return Placed(snap.x, snap.y, (float(own[0]), float(own[1])), snap)


def placed_anywhere(canvas: MapCanvas, pointer: Pointer) -> Placed:
    """Return where a point of no layer goes when the mouse is here, in the display CRS; Alt keeps it from snapping."""
    snap = None if pointer.alt else nearest(canvas, pointer, None)
    x, y = (pointer.x, pointer.y) if snap is None else (snap.x, snap.y)
    return Placed(x, y, (x, y), snap)


def nearest(canvas: MapCanvas, pointer: Pointer, layer: Layer | None, but: tuple[int, int] | None = None) -> Snap | None:
    """Return the nearest vertex within 8 px, one of ``layer`` (if any) where two are equally near."""
    own = layer.id if layer is not None else ""
    others = [each for each in canvas.layers() if each.id != own and is_shown(canvas, each)]
    best: tuple[float, Snap] | None = None
    for each in (layer, *others) if layer is not None else others:
        found = _nearest_in(canvas, pointer, each, but if each.id == own else None)
        if found is not None and (best is None or found[0] < best[0]):
            best = found
    return best[1] if best else None


def _nearest_in(canvas: MapCanvas, pointer: Pointer, layer: Layer, but: tuple[int, int] | None) -> tuple[float, Snap] | None:
    units = canvas.viewport.units_per_px * SNAP_PX
    corners = [(pointer.x + a * units, pointer.y + b * units) for a in (-1, 1) for b in (-1, 1)]
    own = canvas.to_layer(layer, corners)
    if not np.isfinite(own).all():
        return None
    low, high = own.min(axis=0), own.max(axis=0)
    rows = rows_meeting(layer.table.geometry, (float(low[0]), float(low[1]), float(high[0]), float(high[1])))
    if not 0 < len(rows) <= _MOST_ROWS:
        return None
    near = _vertices_within(layer, rows, low, high, but)
    if not len(near):
        return None
    shown = canvas.from_layer(layer, near)
    distances = np.hypot(shown[:, 0] - pointer.x, shown[:, 1] - pointer.y) / canvas.viewport.units_per_px
    at = int(np.argmin(distances))
    if distances[at] > SNAP_PX:
        return None
    snap = Snap(layer.id, (float(near[at, 0]), float(near[at, 1])), float(shown[at, 0]), float(shown[at, 1]))
    return float(distances[at]), snap


def _vertices_within(layer: Layer, rows: Ints, low: Floats, high: Floats, but: tuple[int, int] | None) -> Floats:
    flat = layer.table.geometry.coordinates(rows)
    inside = np.asarray(((flat.xy >= low) & (flat.xy <= high)).all(axis=1))
    if but is not None:
        mine = np.flatnonzero(layer.table.rids[rows] == but[0])
        for row in mine:
            start, stop = flat.vertex_offsets[row], flat.vertex_offsets[row + 1]
            moved = flat.xy[start + but[1]]
            inside[start:stop] &= ~(flat.xy[start:stop] == moved).all(axis=1)
    return flat.xy[inside]
