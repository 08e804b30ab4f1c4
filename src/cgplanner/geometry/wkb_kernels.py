"""Kernels from WKB to flat coordinate arrays: one walk to measure every row, one to copy its vertices where they belong.

Compiled and without the GIL, so that threads may take ranges of rows. Callers use :mod:`cgplanner.io.shapes.wkb_builder`, which
checks arguments: nothing here does. :mod:`cgplanner.io.shapes.wkb` does the same in numpy for machines without numba; a test
holds the two together. Every count is held against the bytes that there are, for files lie.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from cgplanner.geometry.compiler import lean, lean_inlined

Array = npt.NDArray[Any]

ASIDE = 1 << 60  # places from here on are in the second buffer
_1, _2, _3, _4, _5, _6, _7 = (np.uint64(number) for number in range(1, 8))
MISSING, ODD = 0, -1  # what stands for the WKB number of a row without a geometry, and of one that shapely must read


@lean_inlined
def _u32(data: Array, place: int) -> int:
    # Of a signed index the compiler would ask for every byte whether it counts from the end.
    at = np.uint64(place)
    low: Any = np.int64(data[at]) | np.int64(data[at + _1]) << 8
    return low | np.int64(data[at + _2]) << 16 | np.int64(data[at + _3]) << 24  # type: ignore[no-any-return]  # as below


@lean_inlined
def _u64(data: Array, place: int) -> Any:
    at = np.uint64(place)
    low = np.uint64(data[at]) | np.uint64(data[at + _1]) << np.uint64(8)
    low |= np.uint64(data[at + _2]) << np.uint64(16) | np.uint64(data[at + _3]) << np.uint64(24)
    low |= np.uint64(data[at + _4]) << np.uint64(32) | np.uint64(data[at + _5]) << np.uint64(40)
    return low | np.uint64(data[at + _6]) << np.uint64(48) | np.uint64(data[at + _7]) << np.uint64(56)


@lean_inlined
def _is_nan(bits: Any) -> bool:
    bits = bits & np.uint64(0x7FFFFFFFFFFFFFFF)
    return bits > np.uint64(0x7FF0000000000000)  # type: ignore[no-any-return]  # compiled numbers are the machine's own


@lean_inlined
def _same(a: Any, b: Any) -> bool:
    """Tell whether two doubles are equal, by their bits: -0 is 0, and nothing is not-a-number."""
    if a == b:
        return not _is_nan(a)
    bits = (a | b) & np.uint64(0x7FFFFFFFFFFFFFFF)
    return bits == np.uint64(0)  # type: ignore[no-any-return]  # as above


@lean_inlined
def _is_hollow(data: Array, at: int) -> bool:
    return _is_nan(_u64(data, at)) and _is_nan(_u64(data, at + 8))


@lean_inlined
def _is_closed(data: Array, first: int, last: int) -> bool:
    same_x = _same(_u64(data, first), _u64(data, last))
    return same_x and _same(_u64(data, first + 8), _u64(data, last + 8))


@lean_inlined
def _vertex_bytes(number: int) -> int:
    dimension = number // 1000
    return 32 if dimension == 3 else 16 if dimension == 0 else 24


@lean_inlined
def _measure_rings(data: Array, at: int, end: int, width: int) -> tuple[int, int, int]:
    """Return where a polygon ends, its rings and its vertices; a place of -1 for a polygon that shapely must read."""
    if at + 4 > end:
        return -1, 0, 0
    rings, vertices = _u32(data, at), 0
    at += 4
    for _ in range(rings):
        if at + 4 > end:
            return -1, 0, 0
        count = _u32(data, at)
        at += 4
        if count < 4 or count * width > end - at or not _is_closed(data, at, at + (count - 1) * width):
            return -1, 0, 0
        vertices += count
        at += count * width
    return at, rings, vertices


@lean_inlined
def _measure_part(data: Array, at: int, end: int, single: int, width: int) -> tuple[int, int, int]:
    """Return where a part ends, its rings and its vertices; a place of -1 for one that shapely must read."""
    if single == 3:
        return _measure_rings(data, at, end, width)
    if single == 1:
        if at + width > end:
            return -1, 0, 0
        full = 0 if _is_hollow(data, at) else 1
        return at + width, full, full
    if at + 4 > end:
        return -1, 0, 0
    count = _u32(data, at)
    at += 4
    if count == 1 or count * width > end - at:
        return -1, 0, 0
    return at + count * width, 1 if count else 0, count


@lean_inlined
def _measure_row(data: Array, at: int, end: int) -> tuple[int, int, int, int]:
    """Return the WKB number of a row, its parts, rings and vertices; ODD for a row that shapely must read."""
    if at < 0 or end > len(data) or end - at < 9 or data[at] != 1:
        return ODD, 0, 0, 0
    number = _u32(data, at + 1)
    kind = number % 1000
    if number >= 4000 or kind < 1 or kind > 6:
        return ODD, 0, 0, 0
    width, count = _vertex_bytes(number), 1
    at += 5
    if kind > 3:
        count = _u32(data, at)
        at += 4
    parts = rings = vertices = 0
    for _ in range(count):
        if kind > 3:
            if at + 5 > end or data[at] != 1 or _u32(data, at + 1) != number - 3:
                return ODD, 0, 0, 0
            at += 5
        at, more_rings, more = _measure_part(data, at, end, kind - 3 if kind > 3 else kind, width)
        if at < 0:
            return ODD, 0, 0, 0
        parts += 1 if more_rings else 0
        rings += more_rings
        vertices += more
    return number, parts, rings, vertices


@lean
def measure(
    data: Array, aside: Array, starts: Array, ends: Array, missing: Array, numbers: Array, counts: Array
) -> tuple[int, int, int, int, int]:
    """Walk over the WKB of rows and write what they hold; nothing is copied.

    Parameters
    ----------
    data, aside
        uint8, read-only: two buffers; places from ASIDE on are in the second.
    starts, ends
        int64 (n,): where the WKB of each row lies.
    missing
        bool (n,): rows without a geometry, which are not looked at.
    numbers
        int64 (n,), written: WKB numbers, MISSING or ODD.
    counts
        int64 (n, 3), written: parts, rings and vertices.

    Returns the sums of parts, rings and vertices, the number of odd rows, and 1 where some have heights, 2 where some have
    measures, 3 where there are both.
    """
    parts = rings = vertices = odd = dimensions = 0
    for i in range(len(starts)):
        numbers[i] = MISSING
        counts[i, 0] = counts[i, 1] = counts[i, 2] = 0
        if missing[i]:
            continue
        if starts[i] >= ASIDE:
            found = _measure_row(aside, starts[i] - ASIDE, ends[i] - ASIDE)
        else:
            found = _measure_row(data, starts[i], ends[i])
        numbers[i], counts[i, 0], counts[i, 1], counts[i, 2] = found
        odd += found[0] == ODD
        dimensions |= max(found[0], 0) // 1000
        parts += found[1]
        rings += found[2]
        vertices += found[3]
    return parts, rings, vertices, odd, dimensions


@lean_inlined
def _copy(data: Array, at: int, count: int, number: int, vertex: int, bits: Array, z: Array, m: Array) -> None:
    """Copy vertices as bits; heights and measures where there is room for them."""
    dimension = number // 1000
    width = _vertex_bytes(number)
    for i in range(np.uint64(vertex), np.uint64(vertex + count)):
        bits[i, 0], bits[i, 1] = _u64(data, at), _u64(data, at + 8)
        at += width
    empty = np.uint64(0x7FF8000000000000)
    if len(z):
        place = at - count * width + 16
        for i in range(vertex, vertex + count):
            z[i] = _u64(data, place) if dimension % 2 == 1 else empty
            place += width
    if len(m):
        place = at - count * width + (24 if dimension == 3 else 16)
        for i in range(vertex, vertex + count):
            m[i] = _u64(data, place) if dimension >= 2 else empty
            place += width


@lean_inlined
def _fill_row(
    data: Array,
    at: int,
    number: int,
    part: int,
    ring: int,
    vertex: int,
    bits: Array,
    z: Array,
    m: Array,
    ring_ends: Array,
    part_ends: Array,
) -> None:
    """Copy one row that was measured; ``part``, ``ring`` and ``vertex`` are its first ones."""
    kind = number % 1000
    width, count, single = _vertex_bytes(number), 1, kind - 3 if kind > 3 else kind
    at += 5
    if kind > 3:
        count = _u32(data, at)
        at += 4
    for _ in range(count):
        if kind > 3:
            at += 5
        rings = 1
        if single == 3:
            rings = _u32(data, at)
            at += 4
        first_ring = ring
        for _ in range(rings):
            vertices = 1
            if single != 1:
                vertices = _u32(data, at)
                at += 4
            elif _is_hollow(data, at):
                vertices = 0
            if vertices:
                _copy(data, at, vertices, number, vertex, bits, z, m)
                vertex += vertices
                ring_ends[ring] = vertex
                ring += 1
            at += (vertices if single != 1 else 1) * width
        if ring > first_ring:
            part_ends[part] = ring
            part += 1


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
def fill(  # noqa: PLR0917  of arrays in a tuple numba counts every use
    data: Array,
    aside: Array,
    starts: Array,
    numbers: Array,
    counts: Array,
    begin: tuple[int, int, int],
    bits: Array,
    z: Array,
    m: Array,
    ring_ends: Array,
    part_ends: Array,
    xy: Array,
    bounds: Array,
) -> None:
    """Copy the rows that :func:`measure` measured into flat arrays.

    Parameters
    ----------
    begin
        The number of the part, ring and vertex that comes first.
    bits, z, m
        uint64 (v, 2) and (v,), written: vertices, heights and measures as bits; of length 0 where none are wanted.
    ring_ends, part_ends
        int64, written: into vertices and into rings. All these arrays are of the whole layer.
    xy
        float64 (v, 2): the same memory as ``bits``.
    bounds
        float64 (n, 4), written: of these rows.
    """
    part, ring, vertex = begin
    for i in range(len(starts)):
        if numbers[i] > 0:
            if starts[i] >= ASIDE:
                at = starts[i] - ASIDE
                _fill_row(aside, at, numbers[i], part, ring, vertex, bits, z, m, ring_ends, part_ends)
            else:
                _fill_row(data, starts[i], numbers[i], part, ring, vertex, bits, z, m, ring_ends, part_ends)
        _bound(xy, vertex, vertex + counts[i, 2], bounds, i)
        part += counts[i, 0]
        ring += counts[i, 1]
        vertex += counts[i, 2]
