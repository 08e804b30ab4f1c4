"""The questions of ``box_kernels.py`` in numpy, for machines and moments without numba: slower, with the same answers."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
_FEW = 6  # places that are looked at before all that are left are


def enter(*_: object) -> int:
    """Hang nothing anywhere: all boxes are looked at."""
    return 0


def judge(
    order: Array,
    asked: tuple[Array, Array, Array],
    window: tuple[float, float],
    own: tuple[float, float, float, float],
    taken: tuple[Array, ...],
    _grid: object,
    lines: tuple[Array, Array],
    discs: tuple[Array, ...],
    pad: float,
    found: Array,
    counts: Array,
    only_first: bool,  # noqa: FBT001  as the kernel has it
) -> int:
    """Count who stands in the way of places; see the kernel."""
    theirs, owners, discs_there = taken[0], taken[1], discs[0]
    begun = 0
    while begun < len(order):
        ended = min(begun + _FEW, len(order)) if only_first and begun == 0 else len(order)
        places = order[begun:ended]
        boxes, whose, mine = _of(asked, places)
        hull = _hull(boxes, mine, pad)
        reach = discs_there[:, 2:]
        near = discs_there[_within(discs_there[:, :2] - reach, discs_there[:, :2] + reach, hull)]
        meant = _within(theirs, theirs[:, 2:], hull)
        blocked = _blocked(boxes, whose, mine, window, own, near)
        counts[begun:ended] = -1
        may = begun + np.flatnonzero(~blocked)
        boxes, whose, mine = _of(asked, order[may])
        met = _met(boxes, whose, mine, theirs[meant], owners[meant], lines, pad)
        counts[may], found[may] = _counted(met, len(may), found.shape[1])
        free = np.flatnonzero(counts[begun:ended] == 0)
        if only_first and len(free):
            return begun + int(free[0]) + 1
        begun = ended
    return len(order)


def _of(asked: tuple[Array, Array, Array], places: Array) -> tuple[Array, Array, Array]:
    """Return the boxes of some places, the position among these of each, and the lines of the places."""
    boxes, firsts, lines = asked
    sizes = firsts[places + 1] - firsts[places]
    whose = np.repeat(np.arange(len(places)), sizes)
    within = np.arange(len(whose)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return boxes[firsts[places][whose] + within], whose, lines[places]


def _hull(boxes: Array, lines: Array, pad: float) -> tuple[float, float, float, float]:
    """Return what boxes and lines lie in."""
    lines = lines[~np.isnan(lines[:, 0])]
    ends = np.concatenate([boxes, np.concatenate([lines, lines[:, [2, 3, 0, 1]]])])
    (left, top), (right, bottom) = ends[:, :2].min(axis=0, initial=np.inf), ends[:, 2:].max(axis=0, initial=-np.inf)
    return left - pad, top - pad, right + pad, bottom + pad


def _within(low: Array, high: Array, hull: tuple[float, float, float, float]) -> Array:
    """Return the numbers of boxes, given by their corners, that reach into a hull."""
    left, top, right, bottom = hull
    return np.flatnonzero((low[:, 0] < right) & (low[:, 1] < bottom) & (high[:, 0] > left) & (high[:, 1] > top))


def _blocked(
    boxes: Array,
    whose: Array,
    lines: Array,
    window: tuple[float, float],
    own: tuple[float, float, float, float],
    discs: Array,
) -> Array:
    out = np.zeros(len(lines), bool)
    width, height = window
    within = (boxes[:, 0] >= 0.0) & (boxes[:, 1] >= 0.0) & (boxes[:, 2] <= width) & (boxes[:, 3] <= height)
    out[whose[~within]] = True
    x0, y0, x1, y1 = lines.T[:, :, None]
    joined = ~np.isnan(lines[:, 0])
    out |= joined & ~((x0 >= 0.0) & (x0 <= width) & (y0 >= 0.0) & (y0 <= height))[:, 0]
    others = discs[~((np.abs(discs[:, 0] - own[0]) < own[2]) & (np.abs(discs[:, 1] - own[1]) < own[2]))]
    if not len(others):
        return out
    x, y, radius = others.T
    reach = radius * own[3]
    off_x = np.maximum(np.maximum(boxes[:, 0, None] - x, x - boxes[:, 2, None]), 0.0)
    off_y = np.maximum(np.maximum(boxes[:, 1, None] - y, y - boxes[:, 3, None]), 0.0)
    out[whose[(off_x * off_x + off_y * off_y < reach * reach).any(axis=1)]] = True
    if joined.any():
        dx, dy = x1 - x0, y1 - y0
        long = dx * dx + dy * dy
        with np.errstate(invalid="ignore", divide="ignore"):
            along = ((x - x0) * dx + (y - y0) * dy) / long
            part = np.where(long > 0.0, np.minimum(np.maximum(along, 0.0), 1.0), 0.0)
            off_x, off_y = x - (x0 + part * dx), y - (y0 + part * dy)
            near = off_x * off_x + off_y * off_y < radius * radius
            begun = (x - x0) * (x - x0) + (y - y0) * (y - y0) < radius * radius
            out |= (near & ~begun).any(axis=1)
    return out


def _met(boxes: Array, whose: Array, mine: Array, taken: Array, owners: Array, lines: tuple[Array, Array], pad: float) -> Array:
    """Return the places and the owners whose boxes or lines they meet (n, 2), each pair once, in order."""
    hit = taken[:, 0] < boxes[:, 2, None]
    hit &= taken[:, 2] > boxes[:, 0, None]
    hit &= taken[:, 1] < boxes[:, 3, None]
    hit &= taken[:, 3] > boxes[:, 1, None]
    box, other = np.nonzero(hit)
    pairs = [np.column_stack([whose[box], owners[other]])]
    there, line_owners = lines
    if len(there):
        box, other = np.nonzero(_lines_meet_boxes(there, boxes, pad).T)
        pairs.append(np.column_stack([whose[box], line_owners[other]]))
    joined = np.flatnonzero(~np.isnan(mine[:, 0]))
    if len(joined):
        line, other = np.nonzero(_lines_meet_boxes(mine[joined], taken, pad))
        pairs.append(np.column_stack([joined[line], owners[other]]))
        if len(there):
            line, other = np.nonzero(_lines_cross(mine[joined], there))
            pairs.append(np.column_stack([joined[line], line_owners[other]]))
    place, owner = np.concatenate(pairs).T
    span = int(owner.max(initial=0)) + 1
    once = np.unique(place * span + owner)
    return np.column_stack([once // span, once % span])


def _counted(met: Array, places: int, most: int) -> tuple[Array, Array]:
    """Return how many owners each place meets, and who they are."""
    firsts = np.searchsorted(met[:, 0], np.arange(places + 1))
    rank = np.arange(len(met)) - firsts[met[:, 0]]
    found, kept = np.zeros((places, most), np.int64), rank < most
    found[met[kept, 0], rank[kept]] = met[kept, 1]
    return np.minimum(np.diff(firsts), most + 1), found


def _lines_meet_boxes(lines: Array, boxes: Array, pad: float) -> Array:
    x, y = lines[:, 0, None], lines[:, 1, None]
    dx, dy = lines[:, 2, None] - x, lines[:, 3, None] - y
    with np.errstate(invalid="ignore"):  # what was given back lies nowhere
        half_w, half_h = (boxes[:, 2] - boxes[:, 0]) / 2 + pad, (boxes[:, 3] - boxes[:, 1]) / 2 + pad
        across, down = (boxes[:, 0] + boxes[:, 2]) / 2 - (x + dx / 2), (boxes[:, 1] + boxes[:, 3]) / 2 - (y + dy / 2)
        near = (np.abs(across) < half_w + np.abs(dx) / 2) & (np.abs(down) < half_h + np.abs(dy) / 2)
        return np.asarray(near & (np.abs(across * dy - down * dx) < half_w * np.abs(dy) + half_h * np.abs(dx)))


def _lines_cross(first: Array, second: Array) -> Array:
    ax, ay, bx, by = first.T[:, :, None]
    cx, cy, dx, dy = second.T
    one = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    two = (bx - ax) * (dy - ay) - (by - ay) * (dx - ax)
    three = (dx - cx) * (ay - cy) - (dy - cy) * (ax - cx)
    four = (dx - cx) * (by - cy) - (dy - cy) * (bx - cx)
    return np.asarray((one * two < 0.0) & (three * four < 0.0))
