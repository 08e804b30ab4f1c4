"""Edges that two areas share, drawn once: two dashed lines on top of each other fill each other's gaps."""

from __future__ import annotations

import numpy as np

from cgplanner.geometry.ragged import Ints
from cgplanner.render.scene.shapes.device_shapes import DeviceShapes
from cgplanner.render.scene.viewport import Box

MOST = 400_000  # vertices above which nobody sees single dashes


def edges_once(shapes: DeviceShapes, limit: Box) -> DeviceShapes:
    """Return the edges of areas as lines, every edge with the first area that has it; the same shapes when none is shared.

    Edges that lie beyond the limit are not looked at.
    """
    if len(shapes.parts) < 3 or len(shapes.xy) > MOST:
        return shapes
    begins = np.ones(len(shapes.xy), bool)
    begins[shapes.rings[1:] - 1] = False
    start = np.flatnonzero(begins)
    kept = np.ones(len(start), bool)
    near = _near(shapes, start, limit)
    kept[near] = _first_of_equals(shapes, start[near])
    if kept.all():
        return shapes
    ring = np.repeat(np.arange(len(shapes.rings) - 1), np.diff(shapes.rings) - 1)
    start, ring = start[kept], ring[kept]
    if not len(start):
        return shapes
    opens = np.append(True, (np.diff(start) != 1) | (np.diff(ring) != 0))
    firsts = np.flatnonzero(opens)
    lasts = np.append(firsts[1:], len(start)) - 1
    return _lines(shapes, start[firsts], start[lasts] + 2, ring[firsts])


def _near(shapes: DeviceShapes, start: Ints, limit: Box) -> Ints:
    """Return which edges may meet the limit."""
    x, y = shapes.xy[:, 0], shapes.xy[:, 1]
    left, right, above, below = x < limit[0], x > limit[2], y < limit[1], y > limit[3]
    gone = np.zeros(len(start), bool)
    for side in (left, right, above, below):
        gone |= side[start] & side[start + 1]
    return np.flatnonzero(~gone)


def _first_of_equals(shapes: DeviceShapes, start: Ints) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """bool (edges,): whether an edge is the first with its two ends, whichever way it runs."""
    a, b = np.round(shapes.xy[start], 3), np.round(shapes.xy[start + 1], 3)
    swap = (a[:, 0] > b[:, 0]) | ((a[:, 0] == b[:, 0]) & (a[:, 1] > b[:, 1]))
    low, high = np.where(swap[:, None], b, a), np.where(swap[:, None], a, b)
    order = np.lexsort((high[:, 1], high[:, 0], low[:, 1], low[:, 0]))
    ends = np.hstack([low, high])[order]
    kept = np.ones(len(start), bool)
    kept[order[1:]] = (ends[1:] != ends[:-1]).any(axis=1)
    return kept


def _lines(shapes: DeviceShapes, first: Ints, stop: Ints, ring: Ints) -> DeviceShapes:
    counts = stop - first
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    vertices = np.repeat(first - offsets[:-1], counts) + np.arange(offsets[-1])
    owner = np.searchsorted(shapes.feature_rings, ring, side="right") - 1
    owners, begins = np.unique(owner, return_index=True)
    features = np.append(begins, len(ring)).astype(np.int64)
    along = None if shapes.along is None else shapes.along[vertices]
    return DeviceShapes(shapes.xy[vertices], offsets, np.arange(len(offsets)), features, shapes.rows[owners], along)
