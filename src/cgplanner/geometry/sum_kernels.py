"""The quick painter of areas and hairlines: whole numbers, one pass over the features, one over the pixels.

The same picture as :mod:`raster_kernels` gives, to within a few levels of 255, for layers whose fills are opaque.
Vertices go to the screen, into coverage and into lines while they are still in the processor's cache, and lie on a grid of
1/256 px, so that shared edges cancel to the last bit. Written for numba; callers use ``kernels.py``, which checks.

Two planes collect a layer. ``state`` int64 (h, w) packs red, green, blue (each 0..255 times coverage 0..256) and coverage
into 16 bits each, so that one multiplication adds a feature to a pixel; what is uncovered is filled first, the rest hides
what was there. ``ink`` uint16 (h, w) is the darkness of lines, 0..255, times 256, and 255 less the number of the pen: the
greater wins, which is the darker line and, of equals, the pen that stands first.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from cgplanner.geometry.compiler import compiled

Array = npt.NDArray[Any]
Affine = tuple[float, float, float, float, float, float]
Box = tuple[int, int, int, int]

SHIFT = 8
STEPS = 256.0  # places of a vertex along a pixel
PER_STEP = 1.0 / STEPS
CELL_SHIFT = 7  # half a pixel: of the vertices of an edge within such a cell one is enough
FULL = 256  # the coverage of a whole pixel
NEARLY = FULL - 3
FAR = 4e9 / STEPS  # pixels; what lies farther off is drawn as if it were here
LANE = 0xFFFF
U = np.uint64  # an index that is never negative needs no look for that


@compiled
def _edge(acc: Array, stride: int, x0: int, y0: int, x1: int, y1: int) -> None:
    """Add what lies right of an edge as differences along rows, 1/131072 px; all of it lies in the buffer. Few branches."""
    up = y0 > y1
    start, end = min(y0, y1), max(y0, y1)
    x = x1 if up else x0
    target = x0 if up else x1
    sign = -1 if up else 1
    span = abs(target - x)
    slope = (target - x) / float(max(end - start, 1))
    steep = (end - start) / float(max(span, 1))
    origin = x + 0.5
    y = start
    bottom = ((start >> SHIFT) + 1) << SHIFT
    row_at = (start >> SHIFT) * stride
    while y < end:
        stop = min(bottom, end)
        following = int(origin + (stop - start) * slope)
        tall = stop - y
        left, right = min(x, following), max(x, following)
        at = row_at + (left >> SHIFT)
        side = ((left >> SHIFT) + 1) << SHIFT
        if right <= side + 256:  # one pixel or two
            reach = min(side, right) - left
            first = int(reach * reach * steep + 0.5) + 2 * tall * max(side - right, 0)
            both = tall * (2 * (side + 256) - left - right)
            acc[U(at)] += sign * first
            acc[U(at + 1)] += sign * (both - 2 * first)
            acc[U(at + 2)] += sign * ((tall << 9) - both + first)
        else:
            per = tall / float(right - left)
            before, given = 0.0, 0
            while side < right:
                until = float(side - left) * float(side - left) * per
                part = int(until - before + 0.5)
                acc[U(at)] += sign * (part - given)
                before, given = until, part
                at += 1
                side += 256
            part = int(tall * (float(right - left) + 2.0 * float(side - right)) - before + 0.5)
            acc[U(at)] += sign * (part - given)
            acc[U(at + 1)] += sign * ((tall << 9) - part)
        x, y = following, stop
        bottom += 256
        row_at += stride


@compiled
def _edge_clipped(  # noqa: C901, PLR0912  one edge, four sides
    acc: Array, width: int, height: int, x0: float, y0: float, x1: float, y1: float
) -> None:
    """Clip an edge (1/256 px) to the buffer and add it; what is left of the buffer counts at its left side."""
    stride = width + 3
    wide, tall = 256.0 * width, 256.0 * height
    up = y0 > y1
    if up:
        x0, y0, x1, y1 = x1, y1, x0, y0
    if y1 <= 0.0 or y0 >= tall or y0 == y1:
        return
    slope = (x1 - x0) / (y1 - y0)
    if y1 > tall:
        x1, y1 = x0 + (tall - y0) * slope, tall
    if y0 < 0.0:
        x0, y0 = x0 - y0 * slope, 0.0
    before = after = y0  # where it comes in from the left, or goes out
    after = y1
    if x0 < 0.0 or x1 < 0.0:
        crossing = min(max(y0 - x0 * (y1 - y0) / (x1 - x0), y0), y1) if x0 != x1 else y1
        if x0 <= 0.0 and x1 <= 0.0:
            before = y1
        elif x0 < 0.0:
            before, x0 = crossing, 0.0
        else:
            after, x1 = crossing, 0.0
    ends = _step(y0), _step(before), _step(after), _step(y1)
    if up:
        ends = ends[1], ends[0], ends[3], ends[2]
    _edge(acc, stride, 0, ends[0], 0, ends[1])
    _edge(acc, stride, 0, ends[2], 0, ends[3])
    y0, y1 = before, after
    if y0 >= y1 or (x0 >= wide and x1 >= wide):
        return
    if x0 > wide or x1 > wide:
        crossing = min(max(y0 + (wide - x0) * (y1 - y0) / (x1 - x0), y0), y1)
        if x0 > wide:
            x0, y0 = wide, crossing
        else:
            x1, y1 = wide, crossing
    if up:
        x0, y0, x1, y1 = x1, y1, x0, y0
    _edge(acc, stride, _step(x0), _step(y0), _step(x1), _step(y1))


@compiled
def _step(value: float) -> int:
    return int(np.floor(value + 0.5))


@compiled
def _to_grid(xy: Array, start: int, stop: int, affine: Affine, out: Array) -> int:
    """Put the finite vertices of a ring into ``out`` int64 in 1/256 px, closed, repeated ones left out; return how many."""
    a, b, c, d, e, f = affine
    count = 0
    for i in range(start, stop):
        x, y = xy[i, 0], xy[i, 1]
        px, py = a * x + b * y + c, d * x + e * y + f
        if math.isfinite(px + py):
            out[count, 0] = int(np.floor(min(max(px, -FAR), FAR) * STEPS + 0.5))
            out[count, 1] = int(np.floor(min(max(py, -FAR), FAR) * STEPS + 0.5))
            count += 1
    if count > 0 and (out[count - 1, 0] != out[0, 0] or out[count - 1, 1] != out[0, 1]):
        out[count, 0], out[count, 1] = out[0, 0], out[0, 1]
        count += 1
    return count


@compiled
def _thin(ring: Array, count: int) -> int:
    """Keep one vertex of each run within a cell, the nearest to its middle whichever way the ring runs; in place.

    A ring that would be left with fewer than 4 keeps them all: it is a needle or a speck, and counts by its area.
    """
    cell_x, cell_y = ring[0, 0] >> CELL_SHIFT, ring[0, 1] >> CELL_SHIFT
    fresh = 0
    x, y = cell_x, cell_y
    for i in range(1, count):
        next_x, next_y = ring[i, 0] >> CELL_SHIFT, ring[i, 1] >> CELL_SHIFT
        fresh += (next_x != x) | (next_y != y)
        x, y = next_x, next_y
    if fresh < 3 or fresh >= count - 1:
        return count
    tail = count - 1  # the last vertex is the first again
    while tail > 1 and ring[tail - 1, 0] >> CELL_SHIFT == cell_x and ring[tail - 1, 1] >> CELL_SHIFT == cell_y:
        tail -= 1
    best, best_x, best_y, kept = 1 << 40, 0, 0, 0
    for k in range(tail - count + 1, tail):  # the end of the ring first, where it belongs to the first run
        i = k if k >= 0 else k + count - 1
        px, py = ring[i, 0], ring[i, 1]
        new_x, new_y = px >> CELL_SHIFT, py >> CELL_SHIFT
        if new_x != cell_x or new_y != cell_y:
            ring[kept, 0], ring[kept, 1] = best_x, best_y
            kept += 1
            cell_x, cell_y, best = new_x, new_y, 1 << 40
        off_x, off_y = px - (new_x << CELL_SHIFT) - 64, py - (new_y << CELL_SHIFT) - 64
        off = off_x * off_x + off_y * off_y
        if off < best:
            best, best_x, best_y = off, px, py
    ring[kept, 0], ring[kept, 1] = best_x, best_y
    kept += 1
    ring[kept, 0], ring[kept, 1] = ring[0, 0], ring[0, 1]
    return kept + 1


@compiled
def _twice_area(ring: Array, count: int) -> float:
    """Return twice the signed area in (1/256 px) squared."""
    total = 0.0
    x0, y0 = ring[0, 0], ring[0, 1]
    ax, ay = 0.0, 0.0
    for i in range(1, count):
        bx, by = float(ring[i, 0] - x0), float(ring[i, 1] - y0)
        total += ax * by - bx * ay
        ax, ay = bx, by
    return total


@compiled
def _add_ring(acc: Array, box: Box, inside: bool, ring: Array, count: int, turned: bool) -> None:  # noqa: FBT001  compiled
    """Add the edges of a closed ring, or of the ring turned round, to the buffer of ``box`` (left, top, width, height)."""
    left, top, width, height = box
    dx, dy, stride = left << SHIFT, top << SHIFT, width + 3
    for i in range(1, count):  # each call stands here once: the compiler copies what it calls to every place
        start, end = (i, i - 1) if turned else (i - 1, i)
        x0, y0, x1, y1 = ring[start, 0] - dx, ring[start, 1] - dy, ring[end, 0] - dx, ring[end, 1] - dy
        if inside:
            _edge(acc, stride, x0, y0, x1, y1)
        else:
            _edge_clipped(acc, width, height, float(x0), float(y0), float(x1), float(y1))


@compiled
def _hidden(have: int, share: int, tint: int) -> int:
    """Return a pixel after ``share`` of it was covered, where there is not room enough beside what it has."""
    cover = have >> 48
    keep = ((FULL - share) << 16) // cover
    red = (have & LANE) * keep >> 16
    green = ((have >> 16) & LANE) * keep >> 16
    blue = ((have >> 32) & LANE) * keep >> 16
    return (red | (green << 16) | (blue << 32)) + share * (tint & 0xFFFFFFFFFFFF) + (FULL << 48)


@compiled
def _sweep(state: Array, acc: Array, box: Box, tint: int) -> None:
    """Sum the buffer along its rows into coverage, lay it on the layer, and leave the buffer zero."""
    left, top, width, height = box
    at = 0
    full = FULL * tint
    for row in range(top, top + height):
        total = 0
        for column in range(left, left + width):
            total += acc[U(at)]
            acc[U(at)] = 0
            at += 1
            share = min((abs(total) + 256) >> 9, FULL)
            if share == 0:
                continue
            if share == FULL:
                state[U(row), U(column)] = full
                continue
            have = state[U(row), U(column)]
            if (have >> 48) + share <= FULL:
                state[U(row), U(column)] = have + share * tint
            else:
                state[U(row), U(column)] = _hidden(have, share, tint)
        acc[U(at)] = 0
        acc[U(at + 1)] = 0
        acc[U(at + 2)] = 0
        at += 3


@compiled
def _ink_run(  # noqa: PLR0917  compiled code has no keyword-only arguments
    ink: Array,
    row: int,
    begin: int,
    end: int,
    x0: float,
    y0: float,
    dx: float,
    dy: float,
    inverse: float,
    reach: float,
    most: float,
    fade: float,
    pen: int,
) -> None:
    """Darken pixels of one row by their distance from a segment."""
    py = row + 0.5 - y0
    across = py * dy
    for column in range(begin, end):
        px = column + 0.5 - x0
        along = min(max((px * dx + across) * inverse, 0.0), 1.0)
        off_x, off_y = px - along * dx, py - along * dy
        near = max(min(reach - math.sqrt(off_x * off_x + off_y * off_y), most), 0.0)
        value = (int(fade * near + 0.5) << 8) + pen
        ink[U(row), U(column)] = max(value, int(ink[U(row), U(column)]))


@compiled
def _ink_segment(
    ink: Array, x0: float, y0: float, x1: float, y1: float, reach: float, most: float, fade: float, pen: int
) -> None:
    """Darken the pixels near a segment; ``reach`` is half the width and half a pixel."""
    height, width = ink.shape
    left, right = min(x0, x1) - reach, max(x0, x1) + reach
    top, bottom = min(y0, y1) - reach, max(y0, y1) + reach
    if not (left < width and right > 0.0 and top < height and bottom > 0.0):
        return
    dx, dy = x1 - x0, y1 - y0
    length2 = dx * dx + dy * dy
    inverse = 1.0 / max(length2, 1e-12)
    begin, end = int(max(left + 0.5, 0.0)), int(min(right + 0.5, float(width)))
    # Pixels are met at their middles: the first is the one whose middle is not left of, or above, the reach.
    first, last = int(max(top + 0.5, 0.0)), int(min(bottom + 0.5, float(height)))
    slanted = abs(dx) > 2.0 and abs(dy) > 1e-9  # worth keeping to the band of the line within its box
    lean = dx / dy if slanted else 0.0
    spread = reach * math.sqrt(1.0 + lean * lean)
    for row in range(first, last):
        low, high = begin, end
        if slanted:
            middle = x0 + (row + 0.5 - y0) * lean + 0.5
            low = max(begin, int(min(max(middle - spread, 0.0), float(width))))
            high = min(end, int(min(max(middle + spread, 0.0), float(width))))
        _ink_run(ink, row, low, high, x0, y0, dx, dy, inverse, reach, most, fade, pen)


@compiled
def _ink_ring(ink: Array, ring: Array, count: int, size: float, pen: int, widths: tuple[float, float, float]) -> None:
    """Draw a ring as lines of (width, fade from, fade to) px; below the size ``fade from`` it is not drawn."""
    width_px, fade_from, fade_to = widths
    reach, most = 0.5 * width_px + 0.5, min(width_px, 1.0)
    if size <= fade_from and size < fade_to:
        return
    fade = 255.0 * min((size - fade_from) / (fade_to - fade_from), 1.0) if fade_to > fade_from else 255.0
    x, y = ring[0, 0] * PER_STEP, ring[0, 1] * PER_STEP
    for i in range(1, count):
        next_x, next_y = ring[i, 0] * PER_STEP, ring[i, 1] * PER_STEP
        _ink_segment(ink, x, y, next_x, next_y, reach, most, fade, pen)
        x, y = next_x, next_y


@compiled
def draw_areas(  # noqa: C901, PLR0912, PLR0915, PLR0917  one loop over what a feature is, kept together for speed
    state: Array,
    ink: Array,
    xy: Array,
    ring_offsets: Array,
    part_offsets: Array,
    row_offsets: Array,
    rows: Array,
    picks: Array,
    bounds: Array,
    affine: Affine,
    fills: Array,
    tints: Array,
    pens: Array,
    codes: Array,
    widths: tuple[float, float, float],
    thin: bool,  # noqa: FBT001  compiled code has no keyword-only arguments
) -> None:
    """Add ``rows[picks]`` of a polygon layer to the planes.

    ``fills`` and ``pens`` int32 (rows,) are classes, -1 for none; ``tints`` int64 (k,) packed colours, 0 for none;
    ``codes`` int64 (k,): 255 less the number of the pen, -1 for none; ``widths`` (width, fade from, fade to) px, width 0
    for no lines; ``thin`` allows to leave out vertices.
    """
    height, width = state.shape
    a, b, c, d, e, f = affine
    margin = 0.5 * widths[0] + 1.0 if widths[0] > 0.0 else 0.0
    room = 64
    ring = np.empty((room, 2), np.int64)
    acc = np.zeros((height + 1) * (width + 3) + 3, np.int32)
    owed = 0.0  # of specks, whose share of a pixel is no whole number
    for pick in range(len(picks)):
        i = picks[pick]
        row = rows[i]
        half_w, half_h = 0.5 * (bounds[row, 2] - bounds[row, 0]), 0.5 * (bounds[row, 3] - bounds[row, 1])
        mid_x, mid_y = bounds[row, 0] + half_w, bounds[row, 1] + half_h
        x, y = a * mid_x + b * mid_y + c, d * mid_x + e * mid_y + f
        half_x, half_y = abs(a) * half_w + abs(b) * half_h, abs(d) * half_w + abs(e) * half_h
        if not (x + half_x > -margin and x - half_x < width + margin and y + half_y > -margin and y - half_y < height + margin):
            continue
        tint = tints[fills[i]] if 0 <= fills[i] < len(tints) else 0
        pen = -1
        if widths[0] > 0.0 and 0 <= pens[i] < len(codes) and 2.0 * max(half_x, half_y) > widths[1]:
            pen = codes[pens[i]]
        if tint == 0 and pen < 0:
            continue
        for part in range(row_offsets[row], row_offsets[row + 1]):
            shell, stop_ring = part_offsets[part], part_offsets[part + 1]
            box = (0, 0, 0, 0)
            inside, speck, speck_area = True, False, 0.0
            for at in range(shell, stop_ring):
                start, stop = ring_offsets[at], ring_offsets[at + 1]
                if stop - start + 1 > room:
                    room = 2 * (stop - start + 1)
                    ring = np.empty((room, 2), np.int64)
                count = _to_grid(xy, start, stop, affine, ring)
                if count < 4:
                    if at == shell:
                        break  # a shell without an area goes with its holes
                    continue
                if thin and count > 5:
                    count = _thin(ring, count)
                low_x = low_y = 1 << 50
                high_x = high_y = -(1 << 50)
                for k in range(count):
                    low_x, high_x = min(low_x, ring[k, 0]), max(high_x, ring[k, 0])
                    low_y, high_y = min(low_y, ring[k, 1]), max(high_y, ring[k, 1])
                if at == shell:
                    left, top = max(low_x >> SHIFT, 0), max(low_y >> SHIFT, 0)
                    across = min((high_x + 255) >> SHIFT, width) - left
                    down = min((high_y + 255) >> SHIFT, height) - top
                    box = (left, top, max(across, 0), max(down, 0))
                    inside = low_x >= 0 and low_y >= 0 and high_x <= width << SHIFT and high_y <= height << SHIFT
                    speck = inside and across <= 1 and down <= 1
                if tint != 0 and speck:
                    area = abs(_twice_area(ring, count)) * (0.5 / STEPS)
                    speck_area += area if at == shell else -area
                elif tint != 0 and box[2] > 0 and box[3] > 0:
                    turned = fits = False
                    if stop_ring - shell > 1:  # shells and holes must turn against each other, whatever the file says
                        turned = (_twice_area(ring, count) > 0.0) == (at == shell)
                        left, top = box[0] << SHIFT, box[1] << SHIFT
                        right, bottom = left + (box[2] << SHIFT), top + (box[3] << SHIFT)
                        fits = low_x >= left and low_y >= top and high_x <= right and high_y <= bottom
                    _add_ring(acc, box, inside and (fits or at == shell), ring, count, turned)
                if pen >= 0:
                    size = float(max(high_x - low_x, high_y - low_y)) * PER_STEP
                    _ink_ring(ink, ring, count, size, pen, widths)
            if speck and box[2] > 0 and box[3] > 0:
                owed += speck_area
                share = min(int(owed + 0.5), FULL)
                owed -= share
                if share > 0:
                    have = state[box[1], box[0]]
                    if (have >> 48) + share <= FULL:
                        state[box[1], box[0]] = have + share * tint
                    else:
                        state[box[1], box[0]] = _hidden(have, share, tint)
            elif tint != 0 and box[2] > 0 and box[3] > 0:
                _sweep(state, acc, box, tint)


@compiled
def _line_to_grid(xy: Array, start: int, stop: int, affine: Affine, thin: bool, out: Array) -> int:  # noqa: FBT001  compiled
    """Put a line into ``out`` in 1/256 px: its ends and, where ``thin``, one vertex of each run within a cell between them."""
    a, b, c, d, e, f = affine
    count = 0
    cell_x = cell_y = 1 << 50
    last_x = last_y = 0
    dropped = False
    for i in range(start, stop):
        x, y = xy[i, 0], xy[i, 1]
        px, py = a * x + b * y + c, d * x + e * y + f
        if not math.isfinite(px + py):
            continue
        last_x = int(np.floor(min(max(px, -FAR), FAR) * STEPS + 0.5))
        last_y = int(np.floor(min(max(py, -FAR), FAR) * STEPS + 0.5))
        new_x, new_y = last_x >> CELL_SHIFT, last_y >> CELL_SHIFT
        dropped = thin and new_x == cell_x and new_y == cell_y
        if not dropped:
            out[count, 0], out[count, 1] = last_x, last_y
            count += 1
            cell_x, cell_y = new_x, new_y
    if dropped:
        out[count, 0], out[count, 1] = last_x, last_y
        count += 1
    return count


@compiled
def draw_lines(
    ink: Array,
    xy: Array,
    ring_offsets: Array,
    part_offsets: Array,
    row_offsets: Array,
    rows: Array,
    picks: Array,
    affine: Affine,
    pens: Array,
    codes: Array,
    width_px: float,
    thin: bool,  # noqa: FBT001  compiled code has no keyword-only arguments
) -> None:
    """Draw ``rows[picks]`` of a layer into ``ink`` as lines with round joins and ends; rings are drawn as they are stored."""
    reach, most = 0.5 * width_px + 0.5, min(width_px, 1.0)
    room = 64
    line = np.empty((room, 2), np.int64)
    for pick in range(len(picks)):
        i = picks[pick]
        if not 0 <= pens[i] < len(codes) or codes[pens[i]] < 0:
            continue
        pen = codes[pens[i]]
        row = rows[i]
        first, last = part_offsets[row_offsets[row]], part_offsets[row_offsets[row + 1]]
        for at in range(first, last):
            start, stop = ring_offsets[at], ring_offsets[at + 1]
            if stop - start + 1 > room:
                room = 2 * (stop - start + 1)
                line = np.empty((room, 2), np.int64)
            count = _line_to_grid(xy, start, stop, affine, thin, line)
            for k in range(1, count):
                x0, y0 = line[k - 1, 0] * PER_STEP, line[k - 1, 1] * PER_STEP
                x1, y1 = line[k, 0] * PER_STEP, line[k, 1] * PER_STEP
                _ink_segment(ink, x0, y0, x1, y1, reach, most, 255.0, pen)


@compiled
def rows_of_bands(
    rows: Array, bounds: Array, affine: Affine, size: tuple[int, int], band: int, margin: float
) -> tuple[Array, Array]:
    """Return which of ``rows`` (their positions, in order) meet each band of ``band`` pixel rows of a picture, and offsets."""
    height, width = size
    a, b, c, d, e, f = affine
    count = (height + band - 1) // band
    spans = np.empty((len(rows), 2), np.int32)
    offsets = np.zeros(count + 1, np.int64)
    for i in range(len(rows)):
        row = rows[i]
        half_w, half_h = 0.5 * (bounds[row, 2] - bounds[row, 0]), 0.5 * (bounds[row, 3] - bounds[row, 1])
        mid_x, mid_y = bounds[row, 0] + half_w, bounds[row, 1] + half_h
        x, y = a * mid_x + b * mid_y + c, d * mid_x + e * mid_y + f
        half_x = abs(a) * half_w + abs(b) * half_h + margin
        half_y = abs(d) * half_w + abs(e) * half_h + margin
        spans[i, 0], spans[i, 1] = 0, -1
        if x + half_x > 0.0 and x - half_x < width and y + half_y > 0.0 and y - half_y < height:
            spans[i, 0] = int(max(y - half_y, 0.0)) // band
            spans[i, 1] = int(min(y + half_y, height - 1.0)) // band
            for k in range(spans[i, 0], spans[i, 1] + 1):
                offsets[k + 1] += 1
    for k in range(count):
        offsets[k + 1] += offsets[k]
    ends = offsets[:-1].copy()
    picks = np.empty(offsets[count], np.int64)
    for i in range(len(rows)):
        for k in range(spans[i, 0], spans[i, 1] + 1):
            picks[ends[k]] = i
            ends[k] += 1
    return picks, offsets


@compiled
def _laid(behind: int, front: int) -> int:
    """Return a premultiplied pixel over another, both red, green, blue, alpha from the lowest byte."""
    rest = 255 - (front >> 24)
    # two channels at a time; x * 257 >> 16 of a product of bytes, rounded, is its 255th part
    even = (behind & 0xFF00FF) * rest + 0x800080
    odd = ((behind >> 8) & 0xFF00FF) * rest + 0x800080
    even = (even + ((even >> 8) & 0xFF00FF)) >> 8 & 0xFF00FF
    odd = (odd + ((odd >> 8) & 0xFF00FF)) >> 8 & 0xFF00FF
    return front + (even | odd << 8)


@compiled
def _pen_at(pens: Array, dark: int) -> int:
    """Return the pen's part of a pixel, premultiplied."""
    pen, share = 255 - (dark & 255), dark >> 8
    found = 0
    for k in range(4):
        found |= ((pens[pen, k] * share + 127) // 255) << (8 * k)
    return found


@compiled
def _unpacked(have: int) -> int:
    """Return a pixel of the state as red, green, blue, alpha from the lowest byte."""
    cover = have >> 48
    red, green, blue = (have & LANE) + 128, ((have >> 16) & LANE) + 128, ((have >> 32) & LANE) + 128
    if NEARLY <= cover < FULL:  # shares that were rounded one by one; what adds up to all must leave no seam
        grow = (FULL * FULL) // cover
        red, green, blue, cover = red * grow >> 8, green * grow >> 8, blue * grow >> 8, FULL
    return min(red >> 8, 255) | (min(green >> 8, 255) << 8) | (min(blue >> 8, 255) << 16) | (((cover * 255 + 128) >> 8) << 24)


@compiled
def finish(image: Array, state: Array, ink: Array, pens: Array) -> None:
    """Lay the planes over an image of uint32 (red lowest) and leave them zero; ``pens`` int64 (k, 4), premultiplied."""
    height, width = image.shape
    for row in range(height):
        last = fresh = last_dark = line = 0
        for column in range(width):
            have = state[row, column]
            dark = int(ink[row, column])
            if have == 0 and dark == 0:
                continue
            if have != last:
                last = have
                fresh = _unpacked(have)
            behind = int(image[row, column])
            if have != 0:
                behind = fresh if behind == 0 else _laid(behind, fresh)
                state[row, column] = 0
            if dark > 255:
                if dark != last_dark:
                    last_dark, line = dark, _pen_at(pens, dark)
                behind = _laid(behind, line)
            ink[row, column] = 0
            image[row, column] = behind
