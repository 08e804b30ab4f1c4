"""Kernels over the bytes of a shapefile: plain records of the .shp to flat arrays and back, cells of the .dbf to columns.

Compiled and without the GIL. Only what is plain is read: points, lines and areas without heights and measures, numbers
written as numbers. Everything else is marked, and the caller leaves it to the driver. Nothing here trusts a number of the
file: every count is held against the length of its record, which the caller has held against the file.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from cgplanner.geometry.compiler import lean, lean_inlined

Array = npt.NDArray[Any]

POINT, POLYLINE, POLYGON = 1, 3, 5
MISSING, ODD = 0, -1
BLANK, GOOD, HARD, WRONG = range(4)  # what a cell of a number is: nothing, exact, too long for us, no number
_MOST_EXACT = 1 << 53
_STAR, _PLUS, _MINUS, _POINT, _SPACE = 42, 43, 45, 46, 32


@lean_inlined
def _i32(data: Array, place: int) -> int:
    at = np.uint64(place)
    low: Any = np.int64(data[at]) | np.int64(data[at + np.uint64(1)]) << 8 | np.int64(data[at + np.uint64(2)]) << 16
    low |= np.int64(data[at + np.uint64(3)]) << 24
    return low - (low >> 31 << 32)  # type: ignore[no-any-return]  # compiled numbers are the machine's own


@lean_inlined
def _u64(data: Array, place: int) -> Any:
    at, bits = np.uint64(place), np.uint64(0)
    for i in range(8):
        bits |= np.uint64(data[at + np.uint64(i)]) << np.uint64(8 * i)
    return bits


@lean_inlined
def _is_nan(bits: Any) -> bool:
    bits = bits & np.uint64(0x7FFFFFFFFFFFFFFF)
    return bits > np.uint64(0x7FF0000000000000)  # type: ignore[no-any-return]  # compiled numbers are the machine's own


@lean_inlined
def _begin(data: Array, parts: int, number: int, count: int, vertices: int) -> int:
    """Return the first vertex of a part; that behind the last part is the number of vertices."""
    return _i32(data, parts + 4 * number) if number < count else vertices


@lean_inlined
def _measure_list(data: Array, at: int, words: int, kind: int) -> tuple[int, int]:
    """Return rings and vertices of a line or an area, -1 rings for one that the driver must read."""
    if words < 22:
        return -1, 0
    parts, vertices = _i32(data, at + 36), _i32(data, at + 40)
    if parts < 1 or vertices < 2 or 44 + 4 * parts + 16 * vertices > 2 * words:
        return -1, 0
    if kind == POLYGON and (parts > 1 or vertices < 4):  # which ring is a hole in which is the driver's question
        return -1, 0
    for i in range(parts):
        first, last = _begin(data, at + 44, i, parts, vertices), _begin(data, at + 44, i + 1, parts, vertices)
        if first < 0 or last - first < 2 or last > vertices or (i == 0 and first != 0):
            return -1, 0
    return parts, vertices


@lean
def measure_shapes(data: Array, starts: Array, words: Array, kind: int, numbers: Array, counts: Array) -> int:
    """Write what records hold; return how many the driver must read.

    Parameters
    ----------
    data
        uint8: the .shp.
    starts, words
        int64 (n,): where the content of each record begins, and its length in 16-bit words, which is all in ``data``.
    kind
        The shape type of the file: POINT, POLYLINE or POLYGON.
    numbers
        int64 (n,), written: WKB numbers, MISSING or ODD.
    counts
        int64 (n, 3), written: parts, rings and vertices; 0 for odd rows.
    """
    odd = 0
    for i in range(len(starts)):
        at = starts[i]
        counts[i, 0] = counts[i, 1] = counts[i, 2] = 0
        numbers[i] = MISSING
        if words[i] >= 2 and _i32(data, at) == 0:
            continue
        numbers[i] = ODD
        if words[i] < 10 or _i32(data, at) != kind:
            odd += 1
        elif kind == POINT:
            if _is_nan(_u64(data, at + 4)) or _is_nan(_u64(data, at + 12)):
                odd += 1
                continue
            numbers[i] = 1
            counts[i, 0] = counts[i, 1] = counts[i, 2] = 1
        else:
            rings, vertices = _measure_list(data, at, words[i], kind)
            if rings < 0:
                odd += 1
                continue
            numbers[i] = 3 if kind == POLYGON else 2 if rings == 1 else 5
            counts[i, 0], counts[i, 1], counts[i, 2] = 1 if kind == POLYGON else rings, rings, vertices
    return odd


@lean_inlined
def _bound(xy: Array, first: int, last: int, out: Array, row: int) -> None:
    """Write the bounds of these vertices, not-a-number where one is or where there are none."""
    low_x = low_y = high_x = high_y = math.nan
    if last > first:
        low_x = high_x = xy[first, 0]
        low_y = high_y = xy[first, 1]
    for i in range(np.uint64(first + 1), np.uint64(last)):
        x, y = xy[i, 0], xy[i, 1]
        low_x = x if x < low_x or x != x else low_x  # noqa: PLR0124  not-a-number
        high_x = x if x > high_x or x != x else high_x  # noqa: PLR0124  as above
        low_y = y if y < low_y or y != y else low_y  # noqa: PLR0124  as above
        high_y = y if y > high_y or y != y else high_y  # noqa: PLR0124  as above
    out[row, 0], out[row, 1], out[row, 2], out[row, 3] = low_x, low_y, high_x, high_y


@lean
def fill_shapes(
    data: Array,
    starts: Array,
    numbers: Array,
    counts: Array,
    begin: tuple[int, int, int],
    bits: Array,
    ring_ends: Array,
    part_ends: Array,
    xy: Array,
    bounds: Array,
) -> bool:
    """Copy measured records into the arrays of :func:`cgplanner.geometry.wkb_kernels.fill`; odd rows leave a gap.

    Return whether all rings of areas are closed: others want mending, which is the driver's way.
    """
    part, ring, vertex = begin
    closed = True
    for i in range(len(starts)):
        count, rings, number = counts[i, 2], counts[i, 1], numbers[i]
        if number > 0:
            place = starts[i] + (4 if number == 1 else 44 + 4 * rings)
            for v in range(np.uint64(vertex), np.uint64(vertex + count)):
                bits[v, 0], bits[v, 1] = _u64(data, place), _u64(data, place + 8)
                place += 16
            for r in range(rings):
                ring_ends[ring + r] = vertex + (count if number == 1 else _begin(data, starts[i] + 44, r + 1, rings, count))
                if number != 3:
                    part_ends[part + r] = ring + r + 1
            if number == 3:
                part_ends[part] = ring + 1
                last = vertex + count - 1
                closed &= xy[vertex, 0] == xy[last, 0] and xy[vertex, 1] == xy[last, 1]
            _bound(xy, vertex, vertex + count, bounds, i)
        elif number == MISSING:
            _bound(xy, vertex, vertex, bounds, i)
        part += counts[i, 0]
        ring += rings
        vertex += count
    return closed


@lean_inlined
def _swapped(number: Any) -> Any:
    return (number & 0xFF) << 24 | (number >> 8 & 0xFF) << 16 | (number >> 16 & 0xFF) << 8 | number >> 24 & 0xFF


@lean
def write_lists(
    xy: Array,
    bounds: Array,
    offsets: tuple[Array, ...],
    turned: Array,
    kind: int,
    before: int,
    starts: Array,
    words: Array,
    out: Array,
) -> None:
    """Write the records of lines or areas, four bytes at a time, which is how the format lies in a file.

    Parameters
    ----------
    xy, bounds
        int32 (v, 4) and (n, 8): the bits of coordinates and boxes, lowest byte first.
    offsets
        int64: rings into vertices, parts into rings, rows into parts.
    turned
        bool: rings that are written from their last vertex to their first.
    before
        How many records there are before these.
    starts, words
        int64 (n,): where in ``out`` each record begins, in bytes, and the length of its content in 16-bit words.
    """
    rings, parts, rows = offsets
    for row in range(len(starts)):
        at = starts[row] // 4
        out[at], out[at + 1] = _swapped(before + row + 1), _swapped(words[row])
        first, last = parts[rows[row]], parts[rows[row + 1]]
        begin, end = rings[first], rings[last]
        if begin == end:
            out[at + 2] = 0
            continue
        out[at + 2] = kind
        for k in range(8):
            out[at + 3 + k] = bounds[row, k]
        out[at + 11], out[at + 12] = last - first, end - begin
        at += 13
        for ring in range(first, last):
            out[at + ring - first] = rings[ring] - begin
        at += last - first
        for ring in range(first, last):
            for i in range(rings[ring + 1] - rings[ring]):
                vertex = rings[ring + 1] - 1 - i if turned[ring] else rings[ring] + i
                for k in range(4):
                    out[at + k] = xy[vertex, k]
                at += 4


@lean_inlined
def _trimmed(data: Array, at: int, end: int) -> tuple[int, int]:
    while at < end and data[np.uint64(at)] == _SPACE:
        at += 1
    while at < end and (data[np.uint64(end - 1)] == _SPACE or data[np.uint64(end - 1)] == 0):
        end -= 1
    return at, end


@lean_inlined
def _number(data: Array, at: int, end: int) -> tuple[int, int, int]:
    """Return what a cell is, its digits as one number with sign, and how many of them are behind the point."""
    at, end = _trimmed(data, at, end)
    if at == end or data[np.uint64(at)] == _STAR:
        return BLANK, 0, 0
    negative = data[np.uint64(at)] == _MINUS
    if negative or data[np.uint64(at)] == _PLUS:
        at += 1
    digits, behind, seen, point = 0, 0, 0, False
    for i in range(at, end):
        byte: Any = np.int64(data[np.uint64(i)])
        if byte == _POINT and not point:
            point = True
        elif 48 <= byte <= 57:
            if seen < 18:
                digits = digits * 10 + byte - 48
                behind += point
            seen += digits > 0
        elif byte in (69, 101) and i > at:
            return HARD, 0, 0
        else:
            return WRONG, 0, 0
    if end - at < 1 + point:
        return WRONG, 0, 0
    return (GOOD if seen <= 18 else HARD), (-digits if negative else digits), behind


@lean
def whole_numbers(data: Array, first: int, step: int, width: int, out: Array, missing: Array) -> bool:
    """Read cells as whole numbers, the first at ``first``, one every ``step`` bytes; False when one is none."""
    for i in range(len(out)):
        at = first + i * step
        what, digits, behind = _number(data, at, at + width)
        if what >= HARD or behind:
            return False
        out[i], missing[i] = digits, what == BLANK
    return True


@lean
def decimal_numbers(data: Array, first: int, step: int, width: int, out: Array, missing: Array, hard: Array) -> bool:
    """Read cells as numbers, rounded as IEEE asks; False when one is none. ``hard`` marks those that another must read."""
    for i in range(len(out)):
        at = first + i * step
        what, digits, behind = _number(data, at, at + width)
        if what == WRONG:
            return False
        missing[i] = what == BLANK
        hard[i] = what == HARD or behind > 22 or digits > _MOST_EXACT or digits < -_MOST_EXACT
        scale = 1.0
        for _ in range(min(behind, 22)):  # exact: ten to the 22nd is the last that a double holds
            scale *= 10.0
        hard[i] |= what == GOOD and digits == 0 and data[np.uint64(at)] != _SPACE  # it may be -0.0
        out[i] = digits / scale
    return True


@lean
def days(data: Array, first: int, step: int, out: Array, missing: Array) -> bool:
    """Read cells YYYYMMDD as days since 1970; False when one is neither blank nor a day."""
    for i in range(len(out)):
        at = first + i * step
        value, blank = 0, True
        for k in range(8):
            byte: Any = np.int64(data[np.uint64(at + k)])
            blank &= byte in (_SPACE, 0)
            value = value * 10 + byte - 48 if 48 <= byte <= 57 and value >= 0 else -1
        out[i], missing[i] = 0, blank
        if blank:
            continue
        year, month, day = value // 10_000, value // 100 % 100, value % 100
        leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        length = 31 if month in (1, 3, 5, 7, 8, 10, 12) else 30 if month != 2 else 29 if leap else 28
        if value < 0 or year < 1 or month < 1 or month > 12 or day < 1 or day > length:
            return False
        shifted = year - 1 if month <= 2 else year
        era = shifted // 400
        of_era = shifted - era * 400
        of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
        out[i] = era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468
    return True


@lean
def texts(data: Array, first: int, step: int, width: int, rows: int, ends: Array, out: Array) -> None:
    """Copy cells without the spaces around them, each byte taken for a character of Latin-1 and written as UTF-8."""
    to = 0
    for i in range(rows):
        at = first + i * step
        end = at
        while end < at + width and data[np.uint64(end)] != 0:
            end += 1
        while at < end and data[np.uint64(at)] == _SPACE:
            at += 1
        while at < end and data[np.uint64(end - 1)] == _SPACE:
            end -= 1
        for k in range(at, end):
            byte = data[np.uint64(k)]
            if byte < 0x80:
                out[to] = byte
                to += 1
            else:
                out[to] = 0xC0 | byte >> 6
                out[to + 1] = 0x80 | byte & 0x3F
                to += 2
        ends[i] = to
