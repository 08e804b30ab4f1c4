"""The quick painter of lines: how dark each pixel is made by the segments near it. Compiled and without the GIL.

``ink`` uint16 (h, w + SLACK) is the darkness of lines, 0..255, times 256, and 255 less the number of the pen: the greater
wins, which is the darker line and, of equals, the pen that stands first. Callers use ``kernels.py``, which checks arguments.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from cgplanner.geometry.compiler import lean

Array = npt.NDArray[Any]
Single = Any  # float32: typed as such, min and max have no type
Affine = tuple[float, float, float, float, float, float]

FAR = 1.5e7  # pixels; what lies farther off is drawn as if it were here
FULL = np.float32(255.0)
LANES = 16  # pixels of a row that are done at once, in one vector register
ZERO, HALF, ONE, TINY = np.float32(0.0), np.float32(0.5), np.float32(1.0), np.float32(1e-12)
SLOPING = np.float32(1e-9)
BYTE = np.uint16(8)
U = np.uint64  # an index that is never negative needs no look for that


@lean
def _ink_segment(
    ink: Array, x0: Single, y0: Single, x1: Single, y1: Single, reach: Single, most: Single, fade: Single, pen: Any
) -> None:
    """Darken the pixels near a segment, all numbers float32; ``reach`` is half the width and half a pixel."""
    height, width = ink.shape[0], ink.shape[1] - LANES
    left, right = min(x0, x1) - reach, max(x0, x1) + reach
    top, bottom = min(y0, y1) - reach, max(y0, y1) + reach
    if not (left < width and right > ZERO and top < height and bottom > ZERO):
        return
    dx, dy = x1 - x0, y1 - y0
    inverse: Single = ONE / max(dx * dx + dy * dy, TINY)
    begin, end = int(max(left + HALF, ZERO)), int(min(right + HALF, np.float32(width)))
    # Pixels are met at their middles: the first is the one whose middle is not left of, or above, the reach.
    first, last = int(max(top + HALF, ZERO)), int(min(bottom + HALF, np.float32(height)))
    slanted = end - begin > LANES and abs(dy) > SLOPING  # worth keeping to the band of the line within its box
    lean = dx / dy if slanted else ZERO
    spread = reach * math.sqrt(ONE + lean * lean)
    for row in range(first, last):
        low, high = begin, end
        py = np.float32(row) + HALF - y0
        if slanted:
            middle = x0 + py * lean + HALF
            low = max(begin, int(min(max(middle - spread, ZERO), np.float32(width))))
            high = min(end, int(min(max(middle + spread, ZERO), np.float32(width))))
        across = py * dy
        for start in range(low, high, LANES):
            start_x = np.float32(start) + HALF - x0
            for k in range(LANES):  # a number of turns that is known lets the compiler do them all at once
                px = start_x + np.float32(k)
                along: Single = min(max((px * dx + across) * inverse, ZERO), ONE)
                off_x, off_y = px - along * dx, py - along * dy
                near: Single = max(min(reach - math.sqrt(off_x * off_x + off_y * off_y), most), ZERO)
                value = np.uint16(np.uint16(np.uint16(fade * near + HALF) << BYTE) + pen)
                have = ink[U(row), U(start + k)]
                ink[U(row), U(start + k)] = max(value, have)


@lean
def draw_outlines(ink: Array, notes: Array, count: int, width_px: float) -> None:
    """Draw lines through ``count`` notes float32 (n, 4).

    A note is x, y, how dark (0..255) the line to this place is, 0 for none, and 255 less the number of its pen.
    """
    reach, most = np.float32(0.5 * width_px + 0.5), np.float32(min(width_px, 1.0))
    for i in range(1, count):
        fade = notes[U(i), 2]
        if fade > ZERO:
            x0, y0, x1, y1 = notes[U(i - 1), 0], notes[U(i - 1), 1], notes[U(i), 0], notes[U(i), 1]
            _ink_segment(ink, x0, y0, x1, y1, reach, most, fade, np.uint16(notes[U(i), 3]))


@lean
def _line_to_px(xy: Array, start: int, stop: int, affine: Affine, thin: bool, out: Array) -> int:  # noqa: FBT001  compiled
    """Put a line into ``out`` float32 in pixels: its ends and, where ``thin``, one vertex of each run within half a pixel."""
    a, b, c, d, e, f = affine
    count = 0
    cell_x = cell_y = 1 << 50
    px = py = 0.0
    dropped = False
    for i in range(start, stop):
        x, y = xy[i, 0], xy[i, 1]
        new_px, new_py = a * x + b * y + c, d * x + e * y + f
        if not math.isfinite(new_px + new_py):
            continue
        px, py = min(max(new_px, -FAR), FAR), min(max(new_py, -FAR), FAR)
        new_x, new_y = int(np.floor(2.0 * px)), int(np.floor(2.0 * py))
        dropped = thin and new_x == cell_x and new_y == cell_y
        if not dropped:
            out[count, 0], out[count, 1] = np.float32(px), np.float32(py)
            count += 1
            cell_x, cell_y = new_x, new_y
    if dropped:
        out[count, 0], out[count, 1] = np.float32(px), np.float32(py)
        count += 1
    return count


@lean
def draw_lines(  # noqa: PLR0917  compiled code has no keyword-only arguments
    ink: Array,
    line: Array,
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
    """Draw ``rows[picks]`` of a layer into ``ink`` as lines with round joins and ends; rings are drawn as they are stored.

    ``line`` float32 (n, 2) has room for the longest of them.
    """
    reach, most = np.float32(0.5 * width_px + 0.5), np.float32(min(width_px, 1.0))
    for pick in range(len(picks)):
        i = picks[pick]
        if not 0 <= pens[i] < len(codes) or codes[pens[i]] < 0:
            continue
        pen = np.uint16(codes[pens[i]])
        row = rows[i]
        first, last = part_offsets[row_offsets[row]], part_offsets[row_offsets[row + 1]]
        for at in range(first, last):
            start, stop = ring_offsets[at], ring_offsets[at + 1]
            count = _line_to_px(xy, start, stop, affine, thin, line)
            for k in range(1, count):
                _ink_segment(ink, line[k - 1, 0], line[k - 1, 1], line[k, 0], line[k, 1], reach, most, FULL, pen)
