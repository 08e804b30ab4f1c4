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
Tint = tuple[np.float32, np.float32, np.float32, np.float32]

FAR = 1e9  # pixels; what lies farther off is drawn as if it were here, so that no product overflows
FAINT = 1e-4  # coverage below this is rounding
SOLID = 0.9999
ZERO, HALF, ONE, MOST = np.float32(0.0), np.float32(0.5), np.float32(1.0), np.float32(255.0)
PER_255 = np.float32(1.0 / 255.0)


@compiled
def _scan_edge(acc: Array, stride: int, x0: float, y0: float, x1: float, y1: float, sign: float) -> None:
    """Add the signed area right of an edge, y0 < y1, inside the buffer, as differences along each scanline."""
    if not y1 > y0:
        return
    slope = (x1 - x0) / (y1 - y0)
    low, high = min(x0, x1), max(x0, x1)
    first, last = int(y0), int(np.ceil(y1))
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
        end = int(np.ceil(right))
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
def _add_inside(acc: Array, stride: int, x0: float, y0: float, x1: float, y1: float, sign: float) -> None:
    """Add an edge that lies within the buffer."""
    if y0 <= y1:
        _scan_edge(acc, stride, x0, y0, x1, y1, sign)
    else:
        _scan_edge(acc, stride, x1, y1, x0, y0, -sign)


@compiled
def _add_clipped(  # noqa: C901  one edge, four sides
    acc: Array, width: int, height: int, x0: float, y0: float, x1: float, y1: float, sign: float
) -> None:
    """Clip an edge to the buffer and add it; what is left of the buffer counts at its left side."""
    if y0 > y1:
        x0, y0, x1, y1, sign = x1, y1, x0, y0, -sign
    if y1 <= 0.0 or y0 >= height or y0 == y1:
        return
    slope = (x1 - x0) / (y1 - y0)
    if y1 > height:
        x1, y1 = x0 + (height - y0) * slope, float(height)
    if y0 < 0.0:
        x0, y0 = x0 - y0 * slope, 0.0
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
def _add_ring(
    acc: Array,
    box: tuple[int, int, int, int],
    clip: bool,  # noqa: FBT001  compiled code has no keyword-only arguments
    xy: Array,
    start: int,
    stop: int,
    sign: float,
) -> None:
    """Add a ring to the buffer of ``box`` (left, top, width, height); it is closed here when it is not."""
    left, top, width, height = box
    empty = True
    first_x = first_y = x = y = 0.0
    for i in range(start, stop):
        if not math.isfinite(xy[i, 0] + xy[i, 1]):
            continue
        next_x, next_y = _held(np.float64(xy[i, 0])) - left, _held(np.float64(xy[i, 1])) - top
        if empty:
            first_x, first_y, empty = next_x, next_y, False
        elif clip:
            _add_clipped(acc, width, height, x, y, next_x, next_y, sign)
        else:
            _add_inside(acc, width + 2, x, y, next_x, next_y, sign)
        x, y = next_x, next_y
    if empty or (x == first_x and y == first_y):
        return
    if clip:
        _add_clipped(acc, width, height, x, y, first_x, first_y, sign)
    else:
        _add_inside(acc, width + 2, x, y, first_x, first_y, sign)


@compiled
def _extent(xy: Array, start: int, stop: int) -> tuple[float, float, float, float]:
    """Return min x, min y, max x, max y of the finite vertices; min > max when there are none."""
    x0 = y0 = math.inf
    x1 = y1 = -math.inf
    for i in range(start, stop):
        x, y = np.float64(xy[i, 0]), np.float64(xy[i, 1])
        if math.isfinite(x + y):
            x0, y0, x1, y1 = min(x0, x), min(y0, y), max(x1, x), max(y1, y)
    return x0, y0, x1, y1


@compiled
def _tint(palette: Array, index: int) -> Tint:
    """Return the premultiplied colour of a class, 0..255."""
    alpha = np.float32(palette[index, 3])
    part = alpha / np.float32(255.0)
    return (
        np.float32(palette[index, 0]) * part,
        np.float32(palette[index, 1]) * part,
        np.float32(palette[index, 2]) * part,
        alpha,
    )


@compiled
def _blend(paint: Array, cover: Array, row: int, column: int, share: np.float32, tint: Tint) -> None:
    """Lay ``share`` of a pixel in a colour over what the layer has there."""
    red, green, blue, alpha = tint
    have = cover[row, column]
    pixel = paint[row, column]
    if have <= ZERO:
        pixel[0], pixel[1], pixel[2], pixel[3] = share * red, share * green, share * blue, share * alpha
        cover[row, column] = share
        return
    keep = ONE
    if have > ONE:  # small features piled up: their average counts as one
        keep = ONE / have
        have = ONE
    if have + share > ONE:
        keep *= ONE - (ONE - (ONE - share) / have) * alpha * PER_255
    pixel[0] = pixel[0] * keep + share * red
    pixel[1] = pixel[1] * keep + share * green
    pixel[2] = pixel[2] * keep + share * blue
    pixel[3] = pixel[3] * keep + share * alpha
    cover[row, column] = min(have + share, ONE)


@compiled
def _sweep(paint: Array, cover: Array, acc: Array, box: tuple[int, int, int, int], tint: Tint) -> None:
    """Sum the buffer along scanlines into coverage, lay it on the layer, and leave the buffer zero."""
    left, top, width, height = box
    at = 0
    for row in range(top, top + height):
        total = 0.0
        for column in range(left, left + width):
            total += acc[at]
            acc[at] = 0.0
            at += 1
            share = abs(total)
            if share > FAINT:
                _blend(paint, cover, row, column, ONE if share > SOLID else np.float32(share), tint)
        acc[at] = 0.0
        acc[at + 1] = 0.0
        at += 2


@compiled
def fill_shapes(
    paint: Array, cover: Array, xy: Array, ring_offsets: Array, shape_offsets: Array, index: Array, palette: Array
) -> None:
    """Add polygons, a shell and its holes each, to the planes of a layer."""
    height, width = cover.shape
    acc = np.zeros((height + 1) * (width + 2), np.float64)
    for shape in range(len(shape_offsets) - 1):
        first, last = shape_offsets[shape], shape_offsets[shape + 1]
        colour = index[shape]
        if last <= first or colour < 0 or colour >= len(palette) or palette[colour, 3] == 0:
            continue
        x0, y0, x1, y1 = _extent(xy, ring_offsets[first], ring_offsets[last])
        if not (x0 < width and y0 < height and x1 > 0.0 and y1 > 0.0):
            continue
        left, top = int(max(x0, 0.0)), int(max(y0, 0.0))
        across = int(np.ceil(min(x1, float(width)))) - left
        down = int(np.ceil(min(y1, float(height)))) - top
        if across <= 0 or down <= 0:
            continue
        box = (left, top, across, down)
        clip = not (x0 >= 0.0 and y0 >= 0.0 and x1 <= width and y1 <= height)
        for ring in range(first, last):
            start, stop = ring_offsets[ring], ring_offsets[ring + 1]
            sign = 1.0
            if last - first > 1:  # shells and holes must turn against each other, whatever the file says
                sign = _turn(xy, start, stop) * (1.0 if ring == first else -1.0)
            _add_ring(acc, box, clip, xy, start, stop, sign)
        _sweep(paint, cover, acc, box, _tint(palette, colour))


@compiled
def _add_paint(paint: Array, cover: Array, row: int, column: int, share: np.float32, tint: Tint) -> None:
    red, green, blue, alpha = tint
    pixel = paint[row, column]
    pixel[0] += share * red
    pixel[1] += share * green
    pixel[2] += share * blue
    pixel[3] += share * alpha
    cover[row, column] += share


@compiled
def _splat(paint: Array, cover: Array, x0: float, y0: float, x1: float, y1: float, area: float, tint: Tint) -> None:
    """Spread an area evenly over a box; what falls outside the tile is lost."""
    height, width = cover.shape
    density = area / ((x1 - x0) * (y1 - y0))
    for row in range(int(max(y0, 0.0)), int(np.ceil(min(y1, float(height))))):
        tall = density * (min(y1, row + 1.0) - max(y0, float(row)))
        for column in range(int(max(x0, 0.0)), int(np.ceil(min(x1, float(width))))):
            share = tall * (min(x1, column + 1.0) - max(x0, float(column)))
            _add_paint(paint, cover, row, column, np.float32(share), tint)


@compiled
def splat_points(paint: Array, cover: Array, x: Array, y: Array, area: Array, index: Array, palette: Array) -> None:
    """Add features as squares of their area around their centres."""
    height, width = cover.shape
    for i in range(len(x)):
        colour = index[i]
        if colour < 0 or colour >= len(palette) or not 0.0 < area[i] < FAR:
            continue
        half = 0.5 * math.sqrt(area[i])
        if not (-half < x[i] < width + half and -half < y[i] < height + half):
            continue
        _splat(paint, cover, x[i] - half, y[i] - half, x[i] + half, y[i] + half, area[i], _tint(palette, colour))


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
def areas_of_rows(xy: Array, ring_offsets: Array, part_offsets: Array, row_offsets: Array) -> Array:
    """Return the area of every row, float32: shells less holes, map units squared."""
    out = np.empty(len(row_offsets) - 1, np.float32)
    for row in range(len(out)):
        out[row] = _row_area(xy, ring_offsets, part_offsets, row_offsets[row], row_offsets[row + 1])
    return out


@compiled
def splat_rows(
    paint: Array,
    cover: Array,
    rows: Array,
    bounds: Array,
    areas: Array,
    affine: tuple[float, float, float, float, float, float],
    index: Array,
    palette: Array,
    small_px: float,
    margin_px: float,
) -> Array:
    """Add the rows below ``small_px`` to the planes, ``areas`` being those of all rows.

    Return the larger ones that meet the tile, in their order.
    """
    height, width = cover.shape
    large = np.empty(len(rows), np.int64)
    count = 0
    a, b, c, d, e, f = affine
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
        area = scale * areas[row]
        if area > 0.0 and half_x > 0.0 and half_y > 0.0:
            _splat(paint, cover, x - half_x, y - half_y, x + half_x, y + half_y, area, _tint(palette, colour))
    return large[:count].copy()


@compiled
def _over(pixel: Array, red: np.float32, green: np.float32, blue: np.float32, alpha: np.float32) -> None:
    """Lay a premultiplied colour 0..255 over a pixel of an image."""
    behind = ONE - alpha * PER_255
    pixel[0] = np.uint8(min(red + np.float32(pixel[0]) * behind + HALF, MOST))
    pixel[1] = np.uint8(min(green + np.float32(pixel[1]) * behind + HALF, MOST))
    pixel[2] = np.uint8(min(blue + np.float32(pixel[2]) * behind + HALF, MOST))
    pixel[3] = np.uint8(min(alpha + np.float32(pixel[3]) * behind + HALF, MOST))


@compiled
def composite(image: Array, paint: Array, cover: Array) -> None:
    """Lay the planes of a layer over a premultiplied image."""
    height, width = cover.shape
    for row in range(height):
        for column in range(width):
            share = cover[row, column]
            if share <= ZERO:
                continue
            scale = ONE if share <= ONE else ONE / share
            p = paint[row, column]
            pixel = image[row, column]
            if pixel[3] == 0:  # nothing behind
                pixel[0], pixel[1] = np.uint8(p[0] * scale + HALF), np.uint8(p[1] * scale + HALF)
                pixel[2], pixel[3] = np.uint8(p[2] * scale + HALF), np.uint8(p[3] * scale + HALF)
                continue
            _over(image[row, column], p[0] * scale, p[1] * scale, p[2] * scale, p[3] * scale)


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
    band = abs(dx) > 2.0 and abs(dy) > 1e-9  # worth keeping to the band of the line within its box
    lean = dx / dy if band else 0.0
    spread = reach * math.sqrt(1.0 + lean * lean)
    first, last = int(max(left + 0.5, 0.0)), int(min(right + 0.5, float(width)))
    # Pixels are met at their middles: the first is the one whose middle is not left of, or above, the reach.
    for row in range(int(max(top + 0.5, 0.0)), int(min(bottom + 0.5, float(height)))):
        py = row + 0.5 - y0
        begin, end = first, last
        if band:
            middle = x0 + py * lean + 0.5
            begin = max(first, int(min(max(middle - spread, 0.0), float(width))))
            end = min(last, int(min(max(middle + spread, 0.0), float(width))))
        for column in range(begin, end):
            px = column + 0.5 - x0
            along = min(max((px * dx + py * dy) * inverse, 0.0), 1.0)
            off_x, off_y = px - along * dx, py - along * dy
            near = max(min(reach - math.sqrt(off_x * off_x + off_y * off_y), most), 0.0)
            value = np.int64(fade * near + 0.5)
            old = np.int64(ink[row, column])
            more = value > old or (value == old and pen < owner[row, column])  # whoever is drawn first
            ink[row, column] = value if more else old
            owner[row, column] = pen if more else owner[row, column]


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
            size = max(right - left, bottom - top)
            if size <= fade_from and size < fade_to:
                continue
            fade = 255.0 * min((size - fade_from) / (fade_to - fade_from), 1.0) if fade_to > fade_from else 255.0
            empty = True
            x = y = 0.0
            for i in range(start, stop):
                if not math.isfinite(xy[i, 0] + xy[i, 1]):
                    continue
                next_x, next_y = _held(np.float64(xy[i, 0])), _held(np.float64(xy[i, 1]))
                if not empty:
                    _draw_segment(ink, owner, x, y, next_x, next_y, reach, most, fade, pen)
                x, y, empty = next_x, next_y, False


@compiled
def composite_ink(image: Array, ink: Array, owner: Array, palette: Array) -> None:
    """Lay lines over a premultiplied image, each pixel in the colour of its strongest line."""
    height, width = ink.shape
    for row in range(height):
        for column in range(width):
            if ink[row, column] == 0:
                continue
            red, green, blue, alpha = _tint(palette, owner[row, column])
            share = np.float32(ink[row, column]) * PER_255
            _over(image[row, column], red * share, green * share, blue * share, alpha * share)
