"""The vertices of one feature as a tool sees them: in the layer's own numbers and on the map."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cgplanner.app.canvas import MapCanvas
from cgplanner.geometry import ragged as flat
from cgplanner.geometry.ragged import Floats, Ints
from cgplanner.render.scene.viewport import Viewport

MIDDLE_PX = 28.0  # the shortest edge whose middle has a handle
MANY = 400  # handles above which crowded ones are left out
APART_PX = 14.0


@dataclass(frozen=True, eq=False)
class Outline:
    """One feature.

    Attributes
    ----------
    own, shown
        float64 (v, 2): vertices in flat order, in the layer's CRS and in the display CRS.
    rings
        int64 offsets of rings or lines into them.
    closed
        True when the first vertex of a ring is its last one too.
    """

    layer_id: str
    rid: int
    own: Floats
    shown: Floats
    rings: Ints
    closed: bool

    def edges(self) -> Ints:
        """Return the vertices that an edge begins at."""
        starts = np.ones(len(self.own), bool)
        starts[self.rings[1:] - 1] = False
        return np.flatnonzero(starts)

    def middles(self, view: Viewport) -> tuple[Ints, Floats]:
        """Return for edges that are long enough and in view: the vertex they begin at, and their middle in pixels."""
        starts = self.edges()
        points = view.to_device(self.shown)
        first, last = points[starts], points[starts + 1]
        middle = (first + last) / 2
        good = np.hypot(*(last - first).T) >= MIDDLE_PX
        good &= ((middle > 0) & (middle < (view.width, view.height))).all(axis=1)
        return starts[good], middle[good]

    def edge_at(self, view: Viewport, at: tuple[float, float], reach: float) -> tuple[int, float] | None:
        """Return the vertex before the nearest edge within reach (pixels) and how far along it the place is, 0..1."""
        starts = self.edges()
        if not len(starts):
            return None
        points = view.to_device(self.shown)
        first, along = points[starts], points[starts + 1] - points[starts]
        length = np.maximum((along**2).sum(axis=1), 1e-12)
        share = np.clip(((np.array(at) - first) * along).sum(axis=1) / length, 0.0, 1.0)
        away = np.hypot(*(first + along * share[:, None] - at).T)
        nearest = int(np.argmin(away))
        return (int(starts[nearest]), float(share[nearest])) if away[nearest] <= reach else None

    def neighbours(self, vertex: int, *, is_new: bool) -> list[int]:
        """Return the vertices that edges run to from a vertex, or from a new one after it."""
        if is_new:
            return [vertex, vertex + 1]
        ring = int(np.searchsorted(self.rings, vertex, side="right")) - 1
        start, stop = int(self.rings[ring]), int(self.rings[ring + 1])
        if self.closed and vertex in (start, stop - 1):
            return [start + 1, stop - 2]
        return [each for each in (vertex - 1, vertex + 1) if start <= each < stop]

    def apart(self, points: Floats, seen: Ints) -> Ints:
        """Return which of the vertices in view get a handle: all, or of a crowd those some pixels apart along the line."""
        if len(seen) <= MANY:
            return seen
        steps = np.hypot(*np.diff(points[seen], axis=0).T)
        cells = np.floor(np.concatenate([[0.0], np.cumsum(steps)]) / APART_PX)
        kept: Ints = seen[np.concatenate([[True], cells[1:] != cells[:-1]])]
        return kept


def outline_of(canvas: MapCanvas, layer_id: str, rid: int) -> Outline | None:
    """Return the vertices of a feature; None where it has no shape."""
    layer = canvas.layer(layer_id)
    row = layer.table.geometry.coordinates(layer.table.positions_of([rid]))
    if not len(row.xy):
        return None
    shown = canvas.from_layer(layer, row.xy)
    closed = int(row.kinds[0]) in (flat.POLYGON, flat.MULTIPOLYGON, flat.LINEARRING)
    return Outline(layer_id, rid, row.xy, shown, row.ring_offsets, closed)
