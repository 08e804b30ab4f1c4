"""Hatch lines cut exactly to areas, so that every painter strokes the same segments and none needs a clip.

Winding is counted along each hatch line within each feature, as a non-zero fill would.
"""

from __future__ import annotations

import numpy as np

from cgplanner.geometry.ragged import Floats
from cgplanner.render.scene.display_list import HatchBatch

MOST = 2_000_000  # crossings of edges with hatch lines; more than any screen can show


def hatch_segments(batch: HatchBatch) -> Floats:
    """Return the hatch lines within the areas of a batch: float64 (k, 4), x0, y0, x1, y1 in device units."""
    shapes = batch.shapes
    turn = np.radians(batch.angle)
    along, across = np.array([np.cos(turn), -np.sin(turn)]), np.array([np.sin(turn), np.cos(turn)])
    relative = shapes.xy - batch.phase
    u, v = relative @ along, relative @ across / batch.spacing
    feature = np.repeat(np.arange(len(shapes)), np.diff(shapes.rings[shapes.shapes]))
    edges = np.ones(len(v), bool)
    edges[shapes.rings[1:][np.diff(shapes.rings) > 0] - 1] = False  # rings come closed: the last vertex begins no edge
    start = np.flatnonzero(edges)
    low, high = np.minimum(v[start], v[start + 1]), np.maximum(v[start], v[start + 1])
    first = np.ceil(low).astype(np.int64)
    count = np.ceil(high).astype(np.int64) - first  # lines with low <= k < high: a vertex on a line counts once
    if not count.sum() or count.sum() > MOST:
        return np.empty((0, 4))
    edge = np.repeat(start, count)
    line = np.repeat(first, count) + np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    share = (line - v[edge]) / (v[edge + 1] - v[edge])
    place = u[edge] + share * (u[edge + 1] - u[edge])
    turns = np.where(v[edge + 1] > v[edge], 1, -1)
    order = np.lexsort((place, line, feature[edge]))
    winding = np.cumsum(turns[order])  # every closed ring crosses a line as often up as down: sums end at 0
    inside = np.flatnonzero(winding != 0)
    left, right = order[inside], order[inside + 1]
    offset = (line[left] * batch.spacing)[:, None] * across + batch.phase
    return np.hstack([offset + place[left][:, None] * along, offset + place[right][:, None] * along])
