"""Cutting shapes to what a painter can bear: a vertex a million pixels off makes it slow or wrong.

Rings are cut by half planes. Lines are cut by their length, and every piece begins a whole number of periods from the start
of its line, so that dashes and ticks stand still while the map moves. All of it works on flat arrays.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cgplanner.geometry.ragged import Floats, Ints
from cgplanner.render.scene.viewport import Box

Mask = NDArray[np.bool_]


def beyond(boxes: Floats, limit: Box) -> Mask:
    """bool (n,): which boxes reach beyond the limit."""
    return np.asarray((boxes[:, :2] < limit[:2]).any(axis=1) | (boxes[:, 2:] > limit[2:]).any(axis=1))


def clip_rings(xy: Floats, rings: Ints, limit: Box) -> tuple[Floats, Ints]:
    """Return closed rings cut to the box, with new offsets; rings without a vertex left become empty.

    Where a ring leaves the box and returns, it runs along the box's side: right for fills, wrong for strokes near the side.
    """
    for axis, value, sign in ((0, limit[0], 1.0), (0, limit[2], -1.0), (1, limit[1], 1.0), (1, limit[3], -1.0)):
        xy, rings = _cut(xy, rings, axis, value, sign)
    return xy, rings


def _cut(xy: Floats, rings: Ints, axis: int, value: float, sign: float) -> tuple[Floats, Ints]:
    """Keep where ``sign * (coordinate - value)`` is not negative; rings come closed and stay closed."""
    depth = sign * (xy[:, axis] - value)
    inside = depth >= 0
    if inside.all():
        return xy, rings
    last = np.zeros(len(xy), bool)
    last[rings[1:][np.diff(rings) > 0] - 1] = True
    following = np.roll(depth, -1)
    crossing = (inside != (following >= 0)) & ~last
    count = np.where(last, 0, inside.astype(np.int64) + crossing)  # a closed ring's last vertex is its first again
    before = np.zeros(len(xy) + 1, np.int64)
    np.cumsum(count, out=before[1:])
    out = np.empty((before[-1], 2))
    kept = inside & ~last
    out[before[:-1][kept]] = xy[kept]
    share = (depth[crossing] / (depth[crossing] - following[crossing]))[:, None]
    points = xy[crossing] + share * (np.roll(xy, -1, axis=0)[crossing] - xy[crossing])
    points[:, axis] = value
    out[before[:-1][crossing] + kept[crossing]] = points
    return _closed(out, before[rings])


def _closed(xy: Floats, rings: Ints) -> tuple[Floats, Ints]:
    """Append every ring's first vertex to it."""
    full = np.diff(rings) > 0
    closed = np.insert(xy, rings[1:][full], xy[rings[:-1][full]], axis=0)
    return closed, rings + np.concatenate([[0], np.cumsum(full)])


def clip_lines(xy: Floats, lines: Ints, limit: Box, period: float, along: Floats | None = None) -> tuple[Floats, Ints, Ints]:
    """Return the pieces of lines within the box: vertices, offsets and the line each piece comes from.

    Every piece begins at a multiple of ``period`` from the start of its line (0: where it enters the box). ``along`` (v,) says
    how far each vertex is along its line where vertices beyond the box and a period more have been left out.
    """
    starts = np.ones(len(xy), bool)
    starts[lines[:-1]] = False
    ends = np.flatnonzero(starts)  # vertex j > 0 of a line ends segment j - 1 -> j
    begins = ends - 1
    length = np.hypot(*(xy[ends] - xy[begins]).T)
    t0, t1, seen = _visible(xy[begins], xy[ends], limit)
    steps = np.zeros(len(xy))
    steps[ends] = length if along is None else along[ends] - along[begins]
    along = np.cumsum(steps)  # grows over all lines; a jump between two of them adds nothing
    line_of = np.repeat(np.arange(len(lines) - 1), np.diff(lines))
    hit = np.flatnonzero(seen)
    if not len(hit):
        return np.empty((0, 2)), np.zeros(1, np.int64), np.empty(0, np.int64)
    joined = (np.diff(hit) == 1) & (t1[hit[:-1]] >= 1) & (t0[hit[1:]] <= 0)
    joined &= line_of[begins[hit[:-1]]] == line_of[begins[hit[1:]]]
    opens, closes = hit[np.append(True, ~joined)], hit[np.append(~joined, True)]
    origin = along[lines[:-1]][line_of[begins[opens]]]
    first = along[begins[opens]] + t0[opens] * length[opens] - origin
    if period > 0:
        first = np.floor(first / period) * period
    last = along[begins[closes]] + t1[closes] * length[closes] - origin
    return *_pieces(xy, along, origin + first, origin + last, lines, line_of[begins[opens]]), line_of[begins[opens]]


def _visible(a: Floats, b: Floats, box: Box) -> tuple[Floats, Floats, Mask]:
    """Return where segments enter and leave the box (0..1) and whether they meet it (Liang and Barsky)."""
    t0, t1 = np.zeros(len(a)), np.ones(len(a))
    seen = np.ones(len(a), bool)
    delta = b - a
    for axis in (0, 1):
        still = delta[:, axis] == 0
        safe = np.where(still, 1.0, delta[:, axis])
        low, high = (box[axis] - a[:, axis]) / safe, (box[axis + 2] - a[:, axis]) / safe
        seen &= ~still | ((a[:, axis] >= box[axis]) & (a[:, axis] <= box[axis + 2]))
        t0 = np.where(still, t0, np.maximum(t0, np.minimum(low, high)))
        t1 = np.where(still, t1, np.minimum(t1, np.maximum(low, high)))
    return t0, t1, seen & (t0 <= t1)


def _pieces(xy: Floats, along: Floats, first: Floats, last: Floats, lines: Ints, line: Ints) -> tuple[Floats, Ints]:
    """Return the vertices from length ``first`` to ``last`` of each line, with interpolated ends."""
    low = np.clip(np.searchsorted(along, first, side="right"), lines[line] + 1, lines[line + 1] - 1)
    high = np.clip(np.searchsorted(along, last, side="left"), low, lines[line + 1] - 1)
    counts = high - low + 2
    offsets = np.concatenate([[0], np.cumsum(counts)])
    source = np.repeat(low - 1 - offsets[:-1], counts) + np.arange(offsets[-1])
    out = xy[source]
    out[offsets[:-1]] = _at(xy, along, low, first)
    out[offsets[1:] - 1] = _at(xy, along, high, last)
    return out, offsets


def _at(xy: Floats, along: Floats, vertex: Ints, length: Floats) -> Floats:
    """Return the points at a length along the segments that end in these vertices."""
    span = along[vertex] - along[vertex - 1]
    share = np.clip((length - along[vertex - 1]) / np.where(span > 0, span, 1.0), 0.0, 1.0)
    points: Floats = xy[vertex - 1] + share[:, None] * (xy[vertex] - xy[vertex - 1])
    return points
