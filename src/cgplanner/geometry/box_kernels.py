"""Which of many places are free of boxes, lines and discs that are taken: compiled, without the GIL.

Callers get it from ``kernel_arguments.box_kernels``, and ``plain_boxes.py``, which answers the same, where numba is not
loaded. Comparisons are the same in both, number by number: nothing here rounds otherwise than numpy does.

Boxes are left, top, right, bottom; lines x, y, x, y, all NaN where there is none; discs x, y, radius. Taken boxes hang in the
cells of a grid, each cell with a chain of entries; so do discs, once for all.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from cgplanner.geometry.compiler import lean, lean_inlined

Array = npt.NDArray[Any]
Grid = tuple[int, int, float, float]
"""Columns, rows, and cells for each unit across and down."""
Places = tuple[Array, Array, Array]
"""Boxes, the first box of each place and the end of the last, the line of each place."""
Own = tuple[float, float, float, float]
"""The point of the asker, how near a disc is his own, and the share of a disc's radius that counts."""
Taken = tuple[Array, Array, Array, Array, Array]
"""Boxes, whose they are; the first entry of each cell, the one after each entry, the box of each entry."""
Lines = tuple[Array, Array]
"""Lines that are taken, and whose they are."""
Discs = tuple[Array, Array, Array]
"""Discs, and for each cell the place of its first one among numbers of discs."""


@lean_inlined
def _cell(place: float, per_unit: float, count: int) -> int:
    return int(min(max(place * per_unit, 0.0), count - 1.0))


@lean
def enter(boxes: Array, first: int, last: int, grid: Grid, heads: Array, nexts: Array, entries: Array, used: int) -> int:
    """Hang boxes first..last into their cells; return how many entries are used then: -1, and nothing done, for too few."""
    columns, rows, per_x, per_y = grid
    needed = used
    for k in range(first, last):
        down = _cell(boxes[k, 3], per_y, rows) - _cell(boxes[k, 1], per_y, rows) + 1
        needed += down * (_cell(boxes[k, 2], per_x, columns) - _cell(boxes[k, 0], per_x, columns) + 1)
    if needed > len(entries):
        return -1
    for k in range(first, last):
        for row in range(_cell(boxes[k, 1], per_y, rows), _cell(boxes[k, 3], per_y, rows) + 1):
            for column in range(_cell(boxes[k, 0], per_x, columns), _cell(boxes[k, 2], per_x, columns) + 1):
                cell = row * columns + column
                entries[used] = k
                nexts[used] = heads[cell]
                heads[cell] = used
                used += 1
    return used


@lean_inlined
def _line_meets_box(x: float, y: float, dx: float, dy: float, boxes: Array, k: int, pad: float) -> bool:
    half_w, half_h = (boxes[k, 2] - boxes[k, 0]) / 2 + pad, (boxes[k, 3] - boxes[k, 1]) / 2 + pad
    across, down = (boxes[k, 0] + boxes[k, 2]) / 2 - (x + dx / 2), (boxes[k, 1] + boxes[k, 3]) / 2 - (y + dy / 2)
    return bool(
        abs(across) < half_w + abs(dx) / 2
        and abs(down) < half_h + abs(dy) / 2
        and abs(across * dy - down * dx) < half_w * abs(dy) + half_h * abs(dx)
    )


@lean_inlined
def _lines_cross(first: Array, i: int, second: Array, k: int) -> bool:
    ax, ay, bx, by = first[i, 0], first[i, 1], first[i, 2], first[i, 3]
    cx, cy, dx, dy = second[k, 0], second[k, 1], second[k, 2], second[k, 3]
    one = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    two = (bx - ax) * (dy - ay) - (by - ay) * (dx - ax)
    three = (dx - cx) * (ay - cy) - (dy - cy) * (ax - cx)
    four = (dx - cx) * (by - cy) - (dy - cy) * (bx - cx)
    return bool(one * two < 0.0 and three * four < 0.0)


@lean
def _boxes_blocked(place: int, asked: Places, window: tuple[float, float], own: Own, grid: Grid, discs: Discs) -> bool:
    """Tell whether a text lies partly outside of the window or on a disc (or on a share of one)."""
    boxes, firsts, _ = asked
    width, height = window
    own_x, own_y, same, share = own
    columns, rows, per_x, per_y = grid
    places, disc_firsts, disc_entries = discs
    for k in range(firsts[place], firsts[place + 1]):
        left, top, right, bottom = boxes[k, 0], boxes[k, 1], boxes[k, 2], boxes[k, 3]
        if not (left >= 0.0 and top >= 0.0 and right <= width and bottom <= height):
            return True
        for row in range(_cell(top, per_y, rows), _cell(bottom, per_y, rows) + 1):
            for column in range(_cell(left, per_x, columns), _cell(right, per_x, columns) + 1):
                cell = row * columns + column
                for at in range(disc_firsts[cell], disc_firsts[cell + 1]):
                    d = disc_entries[at]
                    x, y, reach = places[d, 0], places[d, 1], places[d, 2] * share
                    dx, dy = max(left - x, x - right, 0.0), max(top - y, y - bottom, 0.0)
                    if dx * dx + dy * dy < reach * reach and not (abs(x - own_x) < same and abs(y - own_y) < same):
                        return True
    return False


@lean
def _line_blocked(place: int, asked: Places, window: tuple[float, float], own: Own, grid: Grid, discs: Discs) -> bool:
    """Tell whether a line begins outside of the window or meets a disc; one that covers its beginning cannot be avoided."""
    width, height = window
    own_x, own_y, same, _ = own
    columns, rows, per_x, per_y = grid
    places, disc_firsts, disc_entries = discs
    x0, y0 = asked[2][place, 0], asked[2][place, 1]
    if not (0.0 <= x0 <= width and 0.0 <= y0 <= height):
        return True
    dx, dy = asked[2][place, 2] - x0, asked[2][place, 3] - y0
    long = dx * dx + dy * dy
    low_x, high_x = min(x0, x0 + dx), max(x0, x0 + dx)
    for row in range(_cell(min(y0, y0 + dy), per_y, rows), _cell(max(y0, y0 + dy), per_y, rows) + 1):
        for cell in range(row * columns + _cell(low_x, per_x, columns), row * columns + _cell(high_x, per_x, columns) + 1):
            for at in range(disc_firsts[cell], disc_firsts[cell + 1]):
                d = disc_entries[at]
                x, y, reach = places[d, 0], places[d, 1], places[d, 2]
                part = min(max(((x - x0) * dx + (y - y0) * dy) / long, 0.0), 1.0) if long > 0.0 else 0.0
                off_x, off_y = x - (x0 + part * dx), y - (y0 + part * dy)
                near = off_x * off_x + off_y * off_y < reach * reach
                begun = (x - x0) * (x - x0) + (y - y0) * (y - y0) < reach * reach
                if near and not begun and not (abs(x - own_x) < same and abs(y - own_y) < same):
                    return True
    return False


@lean_inlined
def _note(owner: int, found: Array, count: int, most: int) -> int:
    """Note an owner unless that was done; return how many there are, one more than ``most`` for too many."""
    for k in range(min(count, most)):
        if found[k] == owner:
            return count
    if count < most:
        found[count] = owner
    return count + 1


@lean
def _owners_of_boxes(place: int, asked: Places, taken: Taken, grid: Grid, lines: Lines, pad: float, found: Array) -> int:
    """Note whose boxes and lines a text meets; return how many, one more than there is room to note for too many."""
    boxes, firsts, _ = asked
    theirs, owners, heads, nexts, entries = taken
    columns, rows, per_x, per_y = grid
    count, most = 0, len(found)
    for k in range(firsts[place], firsts[place + 1]):
        left, top, right, bottom = boxes[k, 0], boxes[k, 1], boxes[k, 2], boxes[k, 3]
        for row in range(_cell(top, per_y, rows), _cell(bottom, per_y, rows) + 1):
            for column in range(_cell(left, per_x, columns), _cell(right, per_x, columns) + 1):
                at = heads[row * columns + column]
                while at >= 0 and count <= most:
                    b = entries[at]
                    if theirs[b, 0] < right and theirs[b, 2] > left and theirs[b, 1] < bottom and theirs[b, 3] > top:
                        count = _note(owners[b], found, count, most)
                    at = nexts[at]
        for q in range(len(lines[0])):
            x, y = lines[0][q, 0], lines[0][q, 1]
            if count <= most and _line_meets_box(x, y, lines[0][q, 2] - x, lines[0][q, 3] - y, boxes, k, pad):
                count = _note(lines[1][q], found, count, most)
    return count


@lean
def _owners_of_line(
    place: int, asked: Places, taken: Taken, grid: Grid, lines: Lines, pad: float, found: Array, count: int
) -> int:
    """Note whose boxes and lines a line meets, besides ``count`` that are noted."""
    mine = asked[2]
    theirs, owners, heads, nexts, entries = taken
    columns, rows, per_x, per_y = grid
    most, x0, y0 = len(found), mine[place, 0], mine[place, 1]
    dx, dy = mine[place, 2] - x0, mine[place, 3] - y0
    low_x, high_x = min(x0, x0 + dx) - pad, max(x0, x0 + dx) + pad
    low_y, high_y = min(y0, y0 + dy) - pad, max(y0, y0 + dy) + pad
    for row in range(_cell(low_y, per_y, rows), _cell(high_y, per_y, rows) + 1):
        for column in range(_cell(low_x, per_x, columns), _cell(high_x, per_x, columns) + 1):
            at = heads[row * columns + column]
            while at >= 0 and count <= most:
                b = entries[at]
                if _line_meets_box(x0, y0, dx, dy, theirs, b, pad):
                    count = _note(owners[b], found, count, most)
                at = nexts[at]
    for q in range(len(lines[0])):
        if count <= most and _lines_cross(mine, place, lines[0], q):
            count = _note(lines[1][q], found, count, most)
    return count


@lean
def judge(
    order: Array,
    asked: Places,
    window: tuple[float, float],
    own: Own,
    taken: Taken,
    grid: Grid,
    lines: Lines,
    discs: Discs,
    pad: float,
    found: Array,
    counts: Array,
    only_first: bool,  # noqa: FBT001  kernels have no keywords
) -> int:
    """Count who stands in the way of places, one after another in this order: -1 for what may not be, else how many owners.

    ``found`` (n, most) are the owners of each. With ``only_first`` the walk ends at the first place that is free. Returns
    how many places were looked at.
    """
    for at in range(len(order)):
        place = order[at]
        joined = not np.isnan(asked[2][place, 0])
        if _boxes_blocked(place, asked, window, own, grid, discs) or (
            joined and _line_blocked(place, asked, window, own, grid, discs)
        ):
            counts[at] = -1
            continue
        counts[at] = _owners_of_boxes(place, asked, taken, grid, lines, pad, found[at])
        if joined:
            counts[at] = _owners_of_line(place, asked, taken, grid, lines, pad, found[at], counts[at])
        if only_first and counts[at] == 0:
            return at + 1
    return len(order)
