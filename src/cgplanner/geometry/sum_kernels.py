"""The quick painter of areas: whole numbers, one pass over the features, one over the pixels.

The same picture as :mod:`raster_kernels` gives, to within a few levels of 255, for layers whose fills are opaque.
Vertices go to the screen, into coverage and into the notes for lines while they are still in the processor's cache, and lie
on a grid of 1/256 px, so that shared edges cancel to the last bit. Written for numba; callers use ``kernels.py``, which checks.

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

from cgplanner.geometry.compiler import compiled, lean, lean_inlined

Array = npt.NDArray[Any]
Affine = tuple[float, float, float, float, float, float]
Box = tuple[int, int, int, int]
Widths = tuple[float, float, float]

SHIFT = 8
STEPS = 256.0  # places of a vertex along a pixel
PER_STEP = 1.0 / STEPS
CELL_SHIFT = 7  # half a pixel: of the vertices of an edge within such a cell one is enough
FULL = 256  # the coverage of a whole pixel
NEARLY = FULL - 3
SLACK = 2  # of coverage: shares are rounded one by one
FAR = 4e9 / STEPS  # pixels; what lies farther off is drawn as if it were here
LANE = 0xFFFF
U = np.uint64  # an index that is never negative needs no look for that


@lean
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


@lean
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


@lean
def _step(value: float) -> int:
    return int(np.floor(value + 0.5))


@lean
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


@lean
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


@lean
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


@lean
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


@lean
def _hidden(have: int, share: int, tint: int) -> int:
    """Return a pixel after ``share`` of it was covered, where there is not room enough beside what it has."""
    cover = have >> 48
    keep = ((FULL - share) << 16) // cover
    red = (have & LANE) * keep >> 16
    green = ((have >> 16) & LANE) * keep >> 16
    blue = ((have >> 32) & LANE) * keep >> 16
    return (red | (green << 16) | (blue << 32)) + share * (tint & 0xFFFFFFFFFFFF) + (FULL << 48)


@lean
def _lay(have: int, share: int, tint: int, full: int) -> int:
    """Return a pixel after ``share`` of it was covered."""
    room = FULL - (have >> 48)
    if share <= room + SLACK:
        return have + min(share, room) * tint
    return full if share == FULL else _hidden(have, share, tint)


@lean
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
            state[U(row), U(column)] = _lay(state[U(row), U(column)], share, tint, full)
        acc[U(at)] = 0
        acc[U(at + 1)] = 0
        acc[U(at + 2)] = 0
        at += 3


@lean
def _place(bounds: Array, row: int, affine: Affine) -> tuple[float, float, float, float]:
    """Return the middle of a row's bounds and half their size in pixels."""
    a, b, c, d, e, f = affine
    half_w, half_h = 0.5 * (bounds[row, 2] - bounds[row, 0]), 0.5 * (bounds[row, 3] - bounds[row, 1])
    mid_x, mid_y = bounds[row, 0] + half_w, bounds[row, 1] + half_h
    x, y = a * mid_x + b * mid_y + c, d * mid_x + e * mid_y + f
    return x, y, abs(a) * half_w + abs(b) * half_h, abs(d) * half_w + abs(e) * half_h


@lean
def _extent(ring: Array, count: int) -> Box:
    """Return min x, min y, max x, max y."""
    low_x, low_y = high_x, high_y = ring[0, 0], ring[0, 1]
    for k in range(1, count):
        low_x, high_x = min(low_x, ring[k, 0]), max(high_x, ring[k, 0])
        low_y, high_y = min(low_y, ring[k, 1]), max(high_y, ring[k, 1])
    return low_x, low_y, high_x, high_y


@lean
def _pixels(extent: Box, width: int, height: int) -> Box:
    """Return left, top, width, height of the pixels of a picture that an extent (1/256 px) meets; none of a width of 0."""
    left, top = max(extent[0] >> SHIFT, 0), max(extent[1] >> SHIFT, 0)
    across = min((extent[2] + 255) >> SHIFT, width) - left
    down = min((extent[3] + 255) >> SHIFT, height) - top
    return left, top, across if down > 0 else 0, down


@lean
def _within(extent: Box, box: Box) -> bool:
    """Tell whether an extent (1/256 px) lies in a box of pixels."""
    left, top = box[0] << SHIFT, box[1] << SHIFT
    right, bottom = left + (box[2] << SHIFT), top + (box[3] << SHIFT)
    return extent[0] >= left and extent[1] >= top and extent[2] <= right and extent[3] <= bottom


@lean
def _note_ring(notes: Array, noted: int, ring: Array, count: int, fade: float, pen: int) -> int:
    """Write down a ring for the painter of lines: x, y, how dark the line to here is, 0 for the first, and its pen."""
    dark, code = np.float32(0.0), np.float32(pen)
    for k in range(count):
        at = U(noted + k)
        notes[at, 0], notes[at, 1] = np.float32(ring[k, 0] * PER_STEP), np.float32(ring[k, 1] * PER_STEP)
        notes[at, 2], notes[at, 3] = dark, code
        dark = np.float32(fade)
    return noted + count


@lean
def _fade(extent: Box, widths: Widths) -> float:
    """Return how dark the lines around a ring are, 0..255: nothing up to the size ``fade from``, all of it at ``fade to``."""
    _, fade_from, fade_to = widths
    size = float(max(extent[2] - extent[0], extent[3] - extent[1])) * PER_STEP
    if size <= fade_from and size < fade_to:
        return 0.0
    return 255.0 * min((size - fade_from) / (fade_to - fade_from), 1.0) if fade_to > fade_from else 255.0


@lean
def _lay_speck(state: Array, box: Box, owed: float, tint: int) -> float:
    """Lay an area that lies within a pixel on it; return the share that is still owed, for it is no whole number."""
    share = min(int(owed + 0.5), FULL)
    if share > 0:
        at, column = U(box[1]), U(box[0])
        state[at, column] = _lay(state[at, column], share, tint, FULL * tint)
    return owed - share


@lean_inlined
def _draw_part(  # noqa: C901, PLR0912  what a ring is for depends on all of these
    state: Array,
    acc: Array,
    ring: Array,
    notes: Array,
    xy: Array,
    ring_offsets: Array,
    rings: tuple[int, int],
    affine: Affine,
    look: tuple[int, int, Widths, bool],
    left: tuple[int, float],
) -> tuple[int, float]:
    """Draw a shell and its holes: into ``state`` by way of ``acc``, and into the notes for its lines.

    ``look`` is tint, pen, widths and whether vertices may go; ``left`` how many notes there are and what specks are owed:
    both come back.
    """
    tint, pen, widths, thin = look
    noted, owed = left
    height, width = state.shape
    shell, stop = rings
    box = whole = (0, 0, width, height)
    inside, speck, area = True, False, 0.0
    for at in range(shell, stop):
        count = _to_grid(xy, ring_offsets[at], ring_offsets[at + 1], affine, ring)
        if count < 4:
            if at == shell:
                return left  # a shell without an area goes with its holes
            continue
        if thin and count > 5:
            count = _thin(ring, count)
        extent = _extent(ring, count)
        if at == shell:
            box = _pixels(extent, width, height)
            inside = _within(extent, whole)
            speck = inside and box[2] <= 1 and box[3] <= 1
        if tint != 0 and box[2] > 0:
            if speck:
                part = abs(_twice_area(ring, count)) * (0.5 / STEPS)
                area += part if at == shell else -part
            else:  # shells and holes must turn against each other, whatever the file says
                turned = stop - shell > 1 and (_twice_area(ring, count) > 0.0) == (at == shell)
                _add_ring(acc, box, inside and (at == shell or _within(extent, box)), ring, count, turned)
        if pen >= 0:
            fade = _fade(extent, widths)
            if fade > 0.0:
                noted = _note_ring(notes, noted, ring, count, fade, pen)
    if tint != 0 and box[2] > 0:
        if speck:
            owed = _lay_speck(state, box, owed + area, tint)
        else:
            _sweep(state, acc, box, tint)
    return noted, owed


@lean
def room_of(ring_offsets: Array, part_offsets: Array, row_offsets: Array, rows: Array, picks: Array) -> tuple[int, int]:
    """Return the vertices of the largest of ``rows[picks]`` and of all, with one more for each ring to close it."""
    largest = total = 0
    for pick in range(len(picks)):
        row = rows[picks[pick]]
        shell, stop = part_offsets[row_offsets[row]], part_offsets[row_offsets[row + 1]]
        count = ring_offsets[stop] - ring_offsets[shell] + stop - shell
        largest, total = max(largest, count), total + count
    return largest, total


@lean
def draw_areas(  # noqa: PLR0917  compiled code has no keyword-only arguments
    state: Array,
    acc: Array,
    ring: Array,
    notes: Array,
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
    widths: Widths,
    thin: bool,  # noqa: FBT001  compiled code has no keyword-only arguments
) -> int:
    """Add ``rows[picks]`` of a polygon layer to the plane and their outlines to the notes; return how many notes there are.

    ``acc`` int32 ((h + 1) * (w + 3) + 3,) is zero and left so; ``ring`` int64 (:func:`room_of`'s largest, 2); ``notes``
    float32 (its total, 4), for ``ink_kernels.draw_outlines``, may be empty where ``widths`` has no width.
    ``fills`` and ``pens`` int32 (rows,) are classes, -1 for none; ``tints`` int64 (k,) packed colours, 0 for none;
    ``codes`` int64 (k,): 255 less the number of the pen, -1 for none; ``widths`` (width, fade from, fade to) px, width 0
    for no lines; ``thin`` allows to leave out vertices.
    """
    height, width = state.shape
    margin = 0.5 * widths[0] + 1.0 if widths[0] > 0.0 else 0.0
    left = (0, 0.0)
    for pick in range(len(picks)):
        i = picks[pick]
        row = rows[i]
        x, y, half_x, half_y = _place(bounds, row, affine)
        if not (x + half_x > -margin and x - half_x < width + margin and y + half_y > -margin and y - half_y < height + margin):
            continue
        tint = tints[fills[i]] if 0 <= fills[i] < len(tints) else 0
        pen = -1
        if widths[0] > 0.0 and 0 <= pens[i] < len(codes) and 2.0 * max(half_x, half_y) > widths[1]:
            pen = codes[pens[i]]
        if tint == 0 and pen < 0:
            continue
        look = (tint, pen, widths, thin)
        for part in range(row_offsets[row], row_offsets[row + 1]):
            rings = (part_offsets[part], part_offsets[part + 1])
            left = _draw_part(state, acc, ring, notes, xy, ring_offsets, rings, affine, look, left)
    return left[0]


@compiled
def rows_of_bands(
    rows: Array, bounds: Array, affine: Affine, size: tuple[int, int], band: int, margin: float
) -> tuple[Array, Array]:
    """Return which of ``rows`` (their positions, in order) meet each band of ``band`` pixel rows of a picture, and offsets."""
    height, width = size
    count = (height + band - 1) // band
    spans = np.empty((len(rows), 2), np.int32)
    offsets = np.zeros(count + 1, np.int64)
    for i in range(len(rows)):
        row = rows[i]
        x, y, half_x, half_y = _place(bounds, row, affine)
        half_x, half_y = half_x + margin, half_y + margin
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


@lean
def _laid(behind: int, front: int) -> int:
    """Return a premultiplied pixel over another, both red, green, blue, alpha from the lowest byte."""
    rest = 255 - (front >> 24)
    # two channels at a time; x * 257 >> 16 of a product of bytes, rounded, is its 255th part
    even = (behind & 0xFF00FF) * rest + 0x800080
    odd = ((behind >> 8) & 0xFF00FF) * rest + 0x800080
    even = (even + ((even >> 8) & 0xFF00FF)) >> 8 & 0xFF00FF
    odd = (odd + ((odd >> 8) & 0xFF00FF)) >> 8 & 0xFF00FF
    return front + (even | odd << 8)


@lean
def _pen_at(pens: Array, dark: int) -> int:
    """Return the pen's part of a pixel, premultiplied."""
    pen: int = pens[255 - (dark & 255)]
    share = dark >> 8
    even = (pen & 0xFF00FF) * share + 0x800080
    odd = ((pen >> 8) & 0xFF00FF) * share + 0x800080
    even = (even + ((even >> 8) & 0xFF00FF)) >> 8 & 0xFF00FF
    odd = (odd + ((odd >> 8) & 0xFF00FF)) >> 8 & 0xFF00FF
    return even | odd << 8


@lean
def _unpacked(have: int) -> int:
    """Return a pixel of the state as red, green, blue, alpha from the lowest byte."""
    cover = have >> 48
    red, green, blue = (have & LANE) + 128, ((have >> 16) & LANE) + 128, ((have >> 32) & LANE) + 128
    if NEARLY <= cover < FULL:  # shares that were rounded one by one; what adds up to all must leave no seam
        grow = (FULL * FULL) // cover
        red, green, blue, cover = red * grow >> 8, green * grow >> 8, blue * grow >> 8, FULL
    return min(red >> 8, 255) | (min(green >> 8, 255) << 8) | (min(blue >> 8, 255) << 16) | (((cover * 255 + 128) >> 8) << 24)


@lean
def finish(image: Array, state: Array, ink: Array, pens: Array) -> None:
    """Lay the planes over an image of uint32 (red lowest) and leave them zero; ``pens`` int64 (k,), packed, premultiplied."""
    height, width = image.shape
    for row in range(height):
        last = fresh = 0
        for column in range(width):
            have = state[U(row), U(column)]
            dark = int(ink[U(row), U(column)])
            if have == 0 and dark == 0:
                continue
            state[U(row), U(column)] = 0
            ink[U(row), U(column)] = 0
            if have != last:
                last = have
                fresh = _unpacked(have)
            behind = int(image[U(row), U(column)])
            behind = fresh if behind == 0 else _laid(behind, fresh)
            if dark > 255:
                behind = _laid(behind, _pen_at(pens, dark))
            image[U(row), U(column)] = behind
