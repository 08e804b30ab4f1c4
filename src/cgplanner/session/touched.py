"""Where on the map a change of a table is seen: beside the vertices that are others, or over the features as wholes."""

from __future__ import annotations

import numpy as np

from cgplanner.geometry.ragged import FAMILY_OF_KIND, Floats, Ragged
from cgplanner.model.changeset import GEOMETRY, TableChange
from cgplanner.model.column import Positions
from cgplanner.model.layer import Layer
from cgplanner.model.signal import Extent
from cgplanner.symbology.locality import Reach, reach_of_a_vertex

MOST_ROWS = 50  # of which vertices are compared; more features are taken as wholes
BESIDE = 2  # vertices on either side of a changed one: the picture leaves some out, and which ones follows from the next


def touched(before: Layer, after: Layer, change: TableChange) -> Extent:
    """Return a box (layer's CRS) of all that may look otherwise; one far away where that is nothing.

    The style must be the same in both versions.
    """
    rids = change.rids()
    reshaped = change.cells.keys() == {GEOMETRY} and not change.added and not change.deleted and len(rids) <= MOST_ROWS
    found = _reshaped(before, after, rids) if reshaped else _over_features(before, after, rids)
    boxes = found[~np.isnan(found).any(axis=1)]
    if not len(boxes):
        return np.inf, np.inf, -np.inf, -np.inf
    (west, south), (east, north) = boxes[:, :2].min(axis=0).tolist(), boxes[:, 2:].max(axis=0).tolist()
    return west, south, east, north


def _over_features(before: Layer, after: Layer, rids: Positions) -> Floats:
    boxes = []
    for layer in (before, after):
        there = rids[layer.table.holds(rids)]
        box = layer.table.geometry.extent(layer.table.positions_of(there))
        if box is not None:
            boxes.append(box)
    return np.array(boxes, float).reshape(-1, 4)


def _reshaped(before: Layer, after: Layer, rids: Positions) -> Floats:
    """float64 (n, 4): where rows that have only other shapes may look otherwise."""
    boxes = [np.empty((0, 4))]
    for rid in rids:
        one = np.array([rid])
        rows = [layer.table.positions_of(one) for layer in (before, after)]
        kinds = [layer.table.geometry.kinds_of(row)[0] for layer, row in zip((before, after), rows, strict=True)]
        family = FAMILY_OF_KIND.get(int(kinds[0])) if kinds[0] == kinds[1] else None
        reach = reach_of_a_vertex(after, rows[1], family) if family is not None else "everywhere"
        if reach == "everywhere":
            boxes.append(_over_features(before, after, one))
            continue
        old, new = (layer.table.geometry.coordinates(row) for layer, row in zip((before, after), rows, strict=True))
        boxes.append(_of_rings(old, new, reach))
    return np.concatenate(boxes)


def _of_rings(old: Ragged, new: Ragged, reach: Reach) -> Floats:
    """float64 (n, 4): boxes of what differs in each ring of two shapes; of the whole where they have not the same rings."""
    if not np.array_equal(old.part_offsets, new.part_offsets) or not np.array_equal(old.row_offsets, new.row_offsets):
        return np.concatenate([old.bounds, new.bounds])
    boxes = [np.empty((0, 4))]
    for k in range(len(old.ring_offsets) - 1):
        first, then = (each.xy[each.ring_offsets[k] : each.ring_offsets[k + 1]] for each in (old, new))
        boxes += [_box(part) for part in _others(first, then, reach) if len(part)]
    return np.concatenate(boxes)


def _box(xy: Floats) -> Floats:
    return np.concatenate([np.fmin.reduce(xy, axis=0), np.fmax.reduce(xy, axis=0)])[None]


def _others(first: Floats, then: Floats, reach: Reach) -> tuple[Floats, Floats]:
    """Return the vertices of each of two rings or lines between which they may look otherwise."""
    shortest = min(len(first), len(then))
    same = (first[:shortest] == then[:shortest]).all(axis=1)
    if len(first) == len(then) and same.all():
        return first[:0], then[:0]
    head = int(np.argmin(same)) if not same.all() else shortest
    same = (first[::-1][:shortest] == then[::-1][:shortest]).all(axis=1)
    tail = min(int(np.argmin(same)) if not same.all() else shortest, shortest - head)
    closed = bool(shortest > 3 and (first[0] == first[-1]).all() and (then[0] == then[-1]).all())
    if closed and reach == "beside" and (head <= BESIDE or tail <= BESIDE):  # what lies beside is at the other end too
        return _round_the_start(first, then)
    start = max(head - BESIDE, 0)
    spare = 0 if reach == "onwards" else max(tail - BESIDE, 0)
    return first[start : len(first) - spare], then[start : len(then) - spare]


def _round_the_start(first: Floats, then: Floats) -> tuple[Floats, Floats]:
    """Return the changed vertices of two rings and those beside them, the ring taken round; whole rings of unlike lengths."""
    if len(first) != len(then):
        return first, then
    changed = (first[:-1] != then[:-1]).any(axis=1)
    near = np.zeros(len(changed), bool)
    for step in range(-BESIDE, BESIDE + 1):
        near |= np.roll(changed, step)
    return first[:-1][near], then[:-1][near]
