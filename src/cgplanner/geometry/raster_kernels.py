"""Coverage kernels: polygons, hairlines and small features into pixels, compiled and without the GIL.

Written in the part of Python that numba compiles; without numba the same code runs as it stands, slowly and with the same
result. Callers use ``kernels.py``, which checks arguments: nothing here does. Knows pixels, not maps.

Two planes collect a layer: ``paint`` float32 (h, w, 4), premultiplied colour 0..255 times coverage, and ``cover`` float32
(h, w), the share of the pixel covered. A feature adds to what is uncovered first and hides older ones with the rest
(the "disjoint over" of the X Render extension), so neighbours that share an edge add up to one and leave no seam.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from cgplanner.geometry.compiler import compiled

Array = npt.NDArray[Any]

FAR = 1e9  # pixels; what lies farther off is drawn as if it were here, so that no product overflows
FAINT = 1e-4  # coverage below this is rounding
SOLID = 0.9999


@compiled
def _scan_edge(acc: Array, stride: int, x0: float, y0: float, x1: float, y1: float, sign: float) -> None:
    """Add the signed area right of an edge, y0 < y1, inside the buffer, as differences along each scanline."""
    if not y1 > y0:
        return
    slope = (x1 - x0) / (y1 - y0)
    low, high = min(x0, x1), max(x0, x1)
    first, last = int(y0), int(math.ceil(y1))
    x = x0
    for row in range(first, last):
        bottom = min(y1, row + 1.0)
        height = bottom - max(y0, float(row))
        following = min(max(x0 + (bottom - y0) * slope, low), high)
        left, right = min(x, following), max(x, following)
        x = following
        share = height * sign
        column = int(left)
        at = row * stride + column
        if right <= column + 1.0:
            inside = share * (0.5 * (left + right) - column)
            acc[at] += share - inside
            acc[at + 1] += inside
            continue
        per = 1.0 / (right - left)
        end = int(math.ceil(right))
        gap = column + 1.0 - left
        rest = right - (end - 1.0)
        opening = 0.5 * per * gap * gap
        closing = 0.5 * per * rest * rest
        acc[at] += share * opening
        if end == column + 2:
            acc[at + 1] += share * (1.0 - opening - closing)
        else:
            second = per * (gap + 0.5)
            acc[at + 1] += share * (second - opening)
            for step in range(2, end - column - 1):
                acc[at + step] += share * per
            acc[at + end - column - 1] += share * (1.0 - second - (end - column - 3) * per - closing)
        acc[at + end - column] += share * closing


@compiled
def _add_edge(
    acc: Array, width: int, height: int, x0: float, y0: float, x1: float, y1: float, sign: float
) -> None:
    """Clip an edge to the buffer and add it; what is left of the buffer counts at its left side."""
    if y0 > y1:
        x0, y0, x1, y1, sign = x1, y1, x0, y0, -sign
    if y1 <= 0.0 or y0 >= height or y0 == y1:
        return
    slope = (x1 - x0) / (y1 - y0)
    if y0 < 0.0:
        x0, y0 = x0 - y0 * slope, 0.0
    if y1 > height:
        x1, y1 = x0 + (height - y0) * slope, float(height)
    stride = width + 2
    if x0 < 0.0 or x1 < 0.0:
        if x0 <= 0.0 and x1 <= 0.0:
            _scan_edge(acc, stride, 0.0, y0, 0.0, y1, sign)
            return
        crossing = min(max(y0 - x0 * (y1 - y0) / (x1 - x0), y0), y1)
        if x0 < 0.0:
            _scan_edge(acc, stride, 0.0, y0, 0.0, crossing, sign)
            x0, y0 = 0.0, crossing
        else:
            _scan_edge(acc, stride, 0.0, crossing, 0.0, y1, sign)
            x1, y1 = 0.0, crossing
    if x0 > width or x1 > width:
        if x0 >= width and x1 >= width:
            return
        crossing = min(max(y0 + (width - x0) * (y1 - y0) / (x1 - x0), y0), y1)
        if x0 > width:
            x0, y0 = float(width), crossing
        else:
            x1, y1 = float(width), crossing
    _scan_edge(acc, stride, x0, y0, x1, y1, sign)


@compiled
def _held(value: float) -> float:
    return min(max(value, -FAR), FAR)


@compiled
def _turn(xy: Array, start: int, stop: int) -> float:
    """Return +1 or -1 for the direction of a ring."""
    total = 0.0
    x0, y0 = np.float64(xy[start, 0]), np.float64(xy[start, 1])
    for i in range(start + 1, stop - 1):
        ax, ay = np.float64(xy[i, 0]) - x0, np.float64(xy[i, 1]) - y0
        bx, by = np.float64(xy[i + 1, 0]) - x0, np.float64(xy[i + 1, 1]) - y0
        cross = ax * by - bx * ay
        if math.isfinite(cross):
            total += cross
    return 1.0 if total >= 0.0 else -1.0


@compiled
def _add_ring(acc: Array, left: int, top: int, width: int, height: int, xy: Array, start: int, stop: int, sign: float) -> None:
    """Add a ring to the buffer whose corner is pixel (left, top); it is closed here when it is not."""
    empty = True
    first_x = first_y = x = y = 0.0
    for i in range(start, stop):
        next_x, next_y = np.float64(xy[i, 0]), np.float64(xy[i, 1])
        if not (math.isfinite(next_x) and math.isfinite(next_y)):
            continue
        next_x, next_y = _held(next_x) - left, _held(next_y) - top
        if empty:
            first_x, first_y, empty = next_x, next_y, False
        else:
            _add_edge(acc, width, height, x, y, next_x, next_y, sign)
        x, y = next_x, next_y
    if not empty:
        _add_edge(acc, width, height, x, y, first_x, first_y, sign)


@compiled
def _extent(xy: Array, start: int, stop: int) -> tuple[float, float, float, float]:
    """Return min x, min y, max x, max y of the finite vertices; min > max when there are none."""
    x0 = y0 = math.inf
    x1 = y1 = -math.inf
    for i in range(start, stop):
        x, y = np.float64(xy[i, 0]), np.float64(xy[i, 1])
        if math.isfinite(x) and math.isfinite(y):
            x0, y0, x1, y1 = min(x0, x), min(y0, y), max(x1, x), max(y1, y)
    return x0, y0, x1, y1


@compiled
def _blend(paint: Array, cover: Array, row: int, column: int, share: float, tint: Array) -> None:
    """Lay ``share`` of a pixel in a colour over what the layer has there."""
    have = cover[row, column]
    if have <= 0.0:
        for k in range(4):
            paint[row, column, k] = share * tint[k]
        cover[row, column] = share
        return
    keep = np.float32(1.0)
    if have > 1.0:  # small features piled up: their average counts as one
        keep = np.float32(1.0) / have
        have = np.float32(1.0)
    if have + share > 1.0:
        hidden = 1.0 - (1.0 - share) / have
        keep *= np.float32(1.0 - hidden * tint[3] / 255.0)
    for k in range(4):
        paint[row, column, k] = paint[row, column, k] * keep + share * tint[k]
    cover[row, column] = min(have + share, 1.0)


@compiled
def _sweep(paint: Array, cover: Array, acc: Array, left: int, top: int, width: int, height: int, tint: Array) -> None:
    """Sum the buffer along scanlines into coverage, lay it on the layer, and leave the buffer zero."""
    stride = width + 2
    for row in range(height):
        at = row * stride
        total = np.float32(0.0)
        for column in range(width):
            total += acc[at + column]
            acc[at + column] = 0.0
            share = abs(total)
            if share > FAINT:
                _blend(paint, cover, top + row, left + column, np.float32(1.0) if share > SOLID else share, tint)
        acc[at + width] = 0.0
        acc[at + width + 1] = 0.0


@compiled
def _set_tint(tint: Array, palette: Array, index: int) -> None:
    """Put the premultiplied colour of a class, 0..255, into ``tint``."""
    alpha = np.float32(palette[index, 3])
    for k in range(3):
        tint[k] = np.float32(palette[index, k]) * alpha / np.float32(255.0)
    tint[3] = alpha


@compiled
def fill_shapes(
    paint: Array, cover: Array, xy: Array, ring_offsets: Array, shape_offsets: Array, index: Array, palette: Array
) -> None:
    """Add polygons, a shell and its holes each, to the planes of a layer."""
    height, width = cover.shape
    acc = np.zeros((height + 1) * (width + 2), np.float32)
    tint = np.zeros(4, np.float32)
    for shape in range(len(shape_offsets) - 1):
        first, last = shape_offsets[shape], shape_offsets[shape + 1]
        colour = index[shape]
        if last <= first or colour < 0 or colour >= len(palette) or palette[colour, 3] == 0:
            continue
        x0, y0, x1, y1 = _extent(xy, ring_offsets[first], ring_offsets[last])
        if not (x0 < width and y0 < height and x1 > 0.0 and y1 > 0.0):
            continue
        left, top = int(max(x0, 0.0)), int(max(y0, 0.0))
        across = int(math.ceil(min(x1, float(width)))) - left
        down = int(math.ceil(min(y1, float(height)))) - top
        if across <= 0 or down <= 0:
            continue
        for ring in range(first, last):
            start, stop = ring_offsets[ring], ring_offsets[ring + 1]
            sign = 1.0
            if last - first > 1:  # shells and holes must turn against each other, whatever the file says
                sign = _turn(xy, start, stop) * (1.0 if ring == first else -1.0)
            _add_ring(acc, left, top, across, down, xy, start, stop, sign)
        _set_tint(tint, palette, colour)
        _sweep(paint, cover, acc, left, top, across, down, tint)


@compiled
def _splat(
    paint: Array, cover: Array, x0: float, y0: float, x1: float, y1: float, area: float, tint: Array
) -> None:
    """Spread an area evenly over a box; what falls outside the tile is lost."""
    height, width = cover.shape
    density = area / ((x1 - x0) * (y1 - y0))
    for row in range(int(max(y0, 0.0)), int(math.ceil(min(y1, float(height))))):
        tall = min(y1, row + 1.0) - max(y0, float(row))
        for column in range(int(max(x0, 0.0)), int(math.ceil(min(x1, float(width))))):
            share = np.float32(density * tall * (min(x1, column + 1.0) - max(x0, float(column))))
            for k in range(4):
                paint[row, column, k] += share * tint[k]
            cover[row, column] += share


@compiled
def splat_points(paint: Array, cover: Array, x: Array, y: Array, area: Array, index: Array, palette: Array) -> None:
    """Add features as squares of their area around their centres."""
    height, width = cover.shape
    tint = np.zeros(4, np.float32)
    for i in range(len(x)):
        colour = index[i]
        if colour < 0 or colour >= len(palette) or not 0.0 < area[i] < FAR:
            continue
        half = 0.5 * math.sqrt(area[i])
        if not (-half < x[i] < width + half and -half < y[i] < height + half):
            continue
        _set_tint(tint, palette, colour)
        _splat(paint, cover, x[i] - half, y[i] - half, x[i] + half, y[i] + half, area[i], tint)


@compiled
def _ring_area(xy: Array, start: int, stop: int) -> float:
    total = 0.0
    if stop - start < 3:
        return total
    x0, y0 = xy[start, 0], xy[start, 1]
    ax, ay = xy[start + 1, 0] - x0, xy[start + 1, 1] - y0
    for i in range(start + 2, stop):
        bx, by = xy[i, 0] - x0, xy[i, 1] - y0
        total += ax * by - bx * ay
        ax, ay = bx, by
    return abs(0.5 * total)


@compiled
def _row_area(xy: Array, ring_offsets: Array, part_offsets: Array, first: int, last: int) -> float:
    """Return the area of parts first..last: shells less holes, map units squared."""
    total = 0.0
    for part in range(first, last):
        shell = part_offsets[part]
        for ring in range(shell, part_offsets[part + 1]):
            area = _ring_area(xy, ring_offsets[ring], ring_offsets[ring + 1])
            total += area if ring == shell else -area
    return total


@compiled
def splat_rows(
    paint: Array,
    cover: Array,
    xy: Array,
    ring_offsets: Array,
    part_offsets: Array,
    row_offsets: Array,
    rows: Array,
    bounds: Array,
    affine: Array,
    index: Array,
    palette: Array,
    small_px: float,
    margin_px: float,
) -> Array:
    """Add the rows below ``small_px`` to the planes; return the larger ones that meet the tile, in their order."""
    height, width = cover.shape
    large = np.empty(len(rows), np.int64)
    count = 0
    tint = np.zeros(4, np.float32)
    a, b, c, d, e, f = affine[0], affine[1], affine[2], affine[3], affine[4], affine[5]
    scale = abs(a * e - b * d)
    for i in range(len(rows)):
        row = rows[i]
        half_w, half_h = 0.5 * (bounds[row, 2] - bounds[row, 0]), 0.5 * (bounds[row, 3] - bounds[row, 1])
        mid_x, mid_y = bounds[row, 0] + half_w, bounds[row, 1] + half_h
        x, y = a * mid_x + b * mid_y + c, d * mid_x + e * mid_y + f
        half_x, half_y = abs(a) * half_w + abs(b) * half_h, abs(d) * half_w + abs(e) * half_h
        if not (
            x + half_x > -margin_px
            and x - half_x < width + margin_px
            and y + half_y > -margin_px
            and y - half_y < height + margin_px
        ):
            continue
        if not max(half_x, half_y) < 0.5 * small_px:
            large[count] = row
            count += 1
            continue
        colour = index[row]
        if colour < 0 or colour >= len(palette):
            continue
        area = scale * _row_area(xy, ring_offsets, part_offsets, row_offsets[row], row_offsets[row + 1])
        if area > 0.0 and half_x > 0.0 and half_y > 0.0:
            _set_tint(tint, palette, colour)
            _splat(paint, cover, x - half_x, y - half_y, x + half_x, y + half_y, area, tint)
    return large[:count].copy()


@compiled
def composite(image: Array, paint: Array, cover: Array) -> None:
    """Lay the planes of a layer over a premultiplied image."""
    height, width = cover.shape
    for row in range(height):
        for column in range(width):
            share = cover[row, column]
            if share <= 0.0:
                continue
            scale = np.float32(1.0) if share <= 1.0 else np.float32(1.0) / share
            behind = np.float32(1.0) - paint[row, column, 3] * scale * np.float32(1.0 / 255.0)
            for k in range(4):
                value = paint[row, column, k] * scale + np.float32(image[row, column, k]) * behind
                image[row, column, k] = np.uint8(min(value + np.float32(0.5), np.float32(255.0)))


@compiled
def _draw_segment(
    ink: Array, owner: Array, x0: float, y0: float, x1: float, y1: float, reach: float, most: float, fade: float, pen: int
) -> None:
    """Raise the coverage of pixels near a segment; ``reach`` is half the width and half a pixel."""
    height, width = ink.shape
    dx, dy = x1 - x0, y1 - y0
    length2 = dx * dx + dy * dy
    left, right = min(x0, x1) - reach, max(x0, x1) + reach
    top, bottom = min(y0, y1) - reach, max(y0, y1) + reach
    if not (left < width and right > 0.0 and top < height and bottom > 0.0):
        return
    inverse = 1.0 / length2 if length2 > 0.0 else 0.0
    steep = abs(dy) > 1e-9
    lean = dx / dy if steep else 0.0
    spread = reach * math.sqrt(length2) / abs(dy) if steep else 0.0
    for row in range(int(max(top, 0.0)), int(math.ceil(min(bottom, float(height))))):
        py = row + 0.5 - y0
        begin, end = left, right
        if steep:
            middle = x0 + py * lean
            begin, end = max(left, middle - spread), min(right, middle + spread)
        if not (begin < width and end > 0.0):
            continue
        for column in range(int(max(begin - 0.5, 0.0)), int(math.ceil(min(end + 0.5, float(width))))):
            px = column + 0.5 - x0
            along = min(max((px * dx + py * dy) * inverse, 0.0), 1.0)
            off_x, off_y = px - along * dx, py - along * dy
            off2 = off_x * off_x + off_y * off_y
            if off2 < reach * reach:
                value = int(fade * min(reach - math.sqrt(off2), most) + 0.5)
                if value > int(ink[row, column]):
                    ink[row, column] = value
                    owner[row, column] = pen


@compiled
def stroke_shapes(
    ink: Array,
    owner: Array,
    xy: Array,
    ring_offsets: Array,
    shape_offsets: Array,
    index: Array,
    pens: int,
    width_px: float,
    fade_from: float,
    fade_to: float,
) -> None:
    """Draw every ring as lines into ``ink`` (coverage 0..255) and ``owner`` (the class of the strongest line).

    A ring of ``fade_from`` pixels or less is not drawn, one of ``fade_to`` or more is drawn in full.
    """
    height, width = ink.shape
    reach, most = 0.5 * width_px + 0.5, min(width_px, 1.0)
    for shape in range(len(shape_offsets) - 1):
        pen = index[shape]
        if pen < 0 or pen >= pens:
            continue
        for ring in range(shape_offsets[shape], shape_offsets[shape + 1]):
            start, stop = ring_offsets[ring], ring_offsets[ring + 1]
            left, top, right, bottom = _extent(xy, start, stop)
            if not (left < width + reach and right > -reach and top < height + reach and bottom > -reach):
                continue
            size, fade = max(right - left, bottom - top), 255.0
            if size < fade_to:
                if size <= fade_from:
                    continue
                fade *= (size - fade_from) / (fade_to - fade_from)
            empty = True
            x = y = 0.0
            for i in range(start, stop):
                next_x, next_y = np.float64(xy[i, 0]), np.float64(xy[i, 1])
                if not (math.isfinite(next_x) and math.isfinite(next_y)):
                    continue
                next_x, next_y = _held(next_x), _held(next_y)
                if not empty:
                    _draw_segment(ink, owner, x, y, next_x, next_y, reach, most, fade, pen)
                x, y, empty = next_x, next_y, False


@compiled
def composite_ink(image: Array, ink: Array, owner: Array, palette: Array) -> None:
    """Lay lines over a premultiplied image, each pixel in the colour of its strongest line."""
    height, width = ink.shape
    tints = np.zeros((len(palette), 4), np.float32)
    for pen in range(len(palette)):
        _set_tint(tints[pen], palette, pen)
    for row in range(height):
        for column in range(width):
            if ink[row, column] == 0:
                continue
            share = np.float32(ink[row, column]) * np.float32(1.0 / 255.0)
            pen = owner[row, column]
            behind = np.float32(1.0) - share * tints[pen, 3] * np.float32(1.0 / 255.0)
            for k in range(4):
                value = share * tints[pen, k] + np.float32(image[row, column, k]) * behind
                image[row, column, k] = np.uint8(min(value + np.float32(0.5), np.float32(255.0)))
