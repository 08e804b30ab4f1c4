"""Kernels over ragged coordinates: to the screen with level of detail, bounds, areas, grid interpolation, hit testing.

Compiled and without the GIL. Callers use ``kernels.py``, which checks arguments: nothing here does. ``plain_kernels.py`` holds
the same functions for machines without numba; a test holds the two together.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from cgplanner.geometry.compiler import compiled

Array = npt.NDArray[Any]
Affine = tuple[float, float, float, float, float, float]
Weights = tuple[float, float, float, float]
SIXTH = 1.0 / 6.0


@compiled
def _cell(value: float, per_px: float) -> float:
    return np.floor(value * per_px) if per_px > 0.0 else value


@compiled
def _off_centre(x: float, y: float, cell_x: float, cell_y: float, per_px: float) -> float:
    """Return the squared distance from the middle of the cell, in cells."""
    dx, dy = x * per_px - cell_x - 0.5, y * per_px - cell_y - 0.5
    return dx * dx + dy * dy


@compiled
def _device(xy: Array, i: int, affine: Affine) -> tuple[float, float]:
    a, b, c, d, e, f = affine
    x, y = xy[i, 0], xy[i, 1]
    return a * x + b * y + c, d * x + e * y + f


@compiled
def _seam(xy: Array, start: int, stop: int, affine: Affine, per_px: float) -> tuple[int, float, float, float]:
    """Look for the run that goes across the start of a ring.

    Return where it begins at the end of the ring, and the vertex of that tail nearest to the middle of the cell with
    its distance (infinite when the tail is empty).
    """
    best, best_x, best_y = math.inf, 0.0, 0.0
    x, y = _device(xy, start, affine)
    cell_x, cell_y = _cell(x, per_px), _cell(y, per_px)
    tail = stop
    while tail > start + 1:
        x, y = _device(xy, tail - 1, affine)
        if math.isfinite(x + y):
            if _cell(x, per_px) != cell_x or _cell(y, per_px) != cell_y:
                break
            off = _off_centre(x, y, cell_x, cell_y, per_px)
            if off < best:
                best, best_x, best_y = off, x, y
        tail -= 1
    return tail, best, best_x, best_y


@compiled
def _put(out: Array, at: int, x: float, y: float) -> int:
    out[at, 0], out[at, 1] = x, y
    return at + 1


@compiled
def _thin_ring(xy: Array, start: int, stop: int, affine: Affine, per_px: float, out: Array, at: int) -> int:
    """Put one vertex of each run within a cell into ``out`` and close the ring; return how many.

    The kept vertex is the nearest to the middle of the cell, the same whichever way the ring runs, so that neighbours
    keep the same vertices of a shared edge.
    """
    while start < stop and not math.isfinite(xy[start, 0] + xy[start, 1]):
        start += 1
    if start == stop:
        return 0
    tail, best, best_x, best_y = _seam(xy, start, stop, affine, per_px)
    x, y = _device(xy, start, affine)
    cell_x, cell_y = _cell(x, per_px), _cell(y, per_px)
    first_x = first_y = 0.0
    end = at
    for i in range(start, tail):
        x, y = _device(xy, i, affine)
        if not math.isfinite(x + y):
            continue
        new_x, new_y = _cell(x, per_px), _cell(y, per_px)
        if new_x != cell_x or new_y != cell_y:
            if end == at:
                first_x, first_y = best_x, best_y
            end = _put(out, end, best_x, best_y)
            cell_x, cell_y, best = new_x, new_y, math.inf
        off = _off_centre(x, y, cell_x, cell_y, per_px)
        if off < best:
            best, best_x, best_y = off, x, y
    if end == at:
        first_x, first_y = best_x, best_y
    end = _put(out, end, best_x, best_y)
    return _put(out, end, first_x, first_y) - at


@compiled
def _thin_line(xy: Array, start: int, stop: int, affine: Affine, per_px: float, out: Array, at: int) -> int:
    """Put the ends of a line and one vertex of each run between into ``out``; return how many, 1 for a point."""
    best, best_x, best_y = math.inf, 0.0, 0.0
    last_x = last_y = cell_x = cell_y = math.nan
    seen, end = 0, at
    for i in range(start, stop):
        x, y = _device(xy, i, affine)
        if not math.isfinite(x + y):
            continue
        new_x, new_y = _cell(x, per_px), _cell(y, per_px)
        if seen > 0 and (new_x != cell_x or new_y != cell_y):
            end = _put(out, end, best_x, best_y)
            best = math.inf
        cell_x, cell_y = new_x, new_y
        off = _off_centre(x, y, cell_x, cell_y, per_px)
        if seen == 0 or (end > at and off < best):  # of the first run, its first vertex
            best, best_x, best_y = off, x, y
        last_x, last_y = x, y
        seen += 1
    if end == at and seen > 1:
        end = _put(out, end, best_x, best_y)
    if seen > 1 or stop - start == 1 == seen:
        end = _put(out, end, last_x, last_y)
    return end - at


@compiled
def _copy_ring(xy: Array, start: int, stop: int, affine: Affine, out: Array, at: int) -> int:
    """Put every finite vertex into ``out`` and close the ring; return how many."""
    end = at
    first_x = first_y = x = y = 0.0
    for i in range(start, stop):
        next_x, next_y = _device(xy, i, affine)
        if not math.isfinite(next_x + next_y):
            continue
        x, y = next_x, next_y
        if end == at:
            first_x, first_y = x, y
        end = _put(out, end, x, y)
    if end > at and (x != first_x or y != first_y):
        end = _put(out, end, first_x, first_y)
    return end - at


@compiled
def _within_pixel(xy: Array, start: int, stop: int, affine: Affine) -> bool:
    x0 = y0 = math.inf
    x1 = y1 = -math.inf
    for i in range(start, stop):
        x, y = _device(xy, i, affine)
        if math.isfinite(x + y):
            x0, y0, x1, y1 = min(x0, x), min(y0, y), max(x1, x), max(y1, y)
    return not max(x1 - x0, y1 - y0) > 1.0


@compiled
def _ring_to_device(
    xy: Array,
    start: int,
    stop: int,
    affine: Affine,
    per_px: float,
    closed: bool,  # noqa: FBT001  compiled code has no keyword-only arguments
    hole: bool,  # noqa: FBT001  compiled code has no keyword-only arguments
    out: Array,
    at: int,
) -> int:
    """Transform a ring and return its new length, 0 when it is dropped; may write 3 vertices more than that."""
    if not closed:
        return _thin_line(xy, start, stop, affine, per_px, out, at)
    count = _thin_ring(xy, start, stop, affine, per_px, out, at)
    if count >= 4:
        return count
    if hole and _within_pixel(xy, start, stop, affine):
        return 0
    # A needle or a speck would vanish with its area: it keeps all it has.
    count = _copy_ring(xy, start, stop, affine, out, at)
    return count if count >= 4 else 0


@compiled
def _sizes(ring_offsets: Array, part_offsets: Array, row_offsets: Array, rows: Array) -> tuple[int, int, int]:
    """Return how many parts, rings and vertices the rows have, with a vertex more for each ring to close it."""
    parts = rings = vertices = 0
    for i in range(len(rows)):
        first, last = row_offsets[rows[i]], row_offsets[rows[i] + 1]
        parts += last - first
        rings += part_offsets[last] - part_offsets[first]
        vertices += ring_offsets[part_offsets[last]] - ring_offsets[part_offsets[first]]
    return parts, rings, vertices + rings


@compiled
def to_device(
    xy: Array,
    ring_offsets: Array,
    part_offsets: Array,
    row_offsets: Array,
    rows: Array,
    affine: Affine,
    tolerance_px: float,
    closed: bool,  # noqa: FBT001  compiled code has no keyword-only arguments
) -> tuple[Array, Array, Array, Array]:
    """Return coordinates, ring offsets, shape offsets and the row of each shape; see ``kernels.to_device``."""
    per_px = 1.0 / tolerance_px if tolerance_px > 1e-6 else 0.0
    shapes, rings, vertices = _sizes(ring_offsets, part_offsets, row_offsets, rows)
    out = np.empty((vertices + 3, 2), np.float32)  # a ring that is dropped may have been written
    ring_out = np.zeros(rings + 1, np.int64)
    shape_out = np.zeros(shapes + 1, np.int64)
    shape_rows = np.empty(shapes, np.int64)
    vertices = rings = shapes = 0
    for i in range(len(rows)):
        for part in range(row_offsets[rows[i]], row_offsets[rows[i] + 1]):
            shell = part_offsets[part]
            kept = False
            for ring in range(shell, part_offsets[part + 1]):
                count = _ring_to_device(
                    xy, ring_offsets[ring], ring_offsets[ring + 1], affine, per_px, closed, ring > shell, out, vertices
                )
                if count == 0 and ring == shell:
                    break
                kept = True
                if count > 0:
                    vertices += count
                    rings += 1
                    ring_out[rings] = vertices
            if kept:
                shape_rows[shapes] = rows[i]
                shapes += 1
                shape_out[shapes] = rings
    if vertices < len(out) // 4 * 3:  # pages never written to cost nothing, but what is kept should be no larger
        out = out[:vertices].copy()
    return out[:vertices], ring_out[: rings + 1], shape_out[: shapes + 1], shape_rows[:shapes]


@compiled
def bounds_of_rows(xy: Array, ring_offsets: Array, part_offsets: Array, row_offsets: Array, rows: Array) -> Array:
    """Return min x, min y, max x, max y of the finite vertices of each row, NaN where there are none."""
    out = np.empty((len(rows), 4), np.float64)
    for i in range(len(rows)):
        x0 = y0 = math.inf
        x1 = y1 = -math.inf
        row = rows[i]
        start = ring_offsets[part_offsets[row_offsets[row]]]
        stop = ring_offsets[part_offsets[row_offsets[row + 1]]]
        for v in range(start, stop):
            x, y = xy[v, 0], xy[v, 1]
            if math.isfinite(x) and math.isfinite(y):
                x0, y0, x1, y1 = min(x0, x), min(y0, y), max(x1, x), max(y1, y)
        if x0 > x1:
            x0 = y0 = x1 = y1 = math.nan
        out[i, 0], out[i, 1], out[i, 2], out[i, 3] = x0, y0, x1, y1
    return out


@compiled
def ring_areas(xy: Array, ring_offsets: Array) -> Array:
    """Return signed areas, positive counter-clockwise with y up; relative to the first vertex, for large eastings."""
    out = np.zeros(len(ring_offsets) - 1, np.float64)
    for ring in range(len(out)):
        start, stop = ring_offsets[ring], ring_offsets[ring + 1]
        total = 0.0
        for i in range(start + 1, stop - 1):
            ax, ay = xy[i, 0] - xy[start, 0], xy[i, 1] - xy[start, 1]
            bx, by = xy[i + 1, 0] - xy[start, 0], xy[i + 1, 1] - xy[start, 1]
            total += ax * by - bx * ay
        out[ring] = 0.5 * total
    return out


@compiled
def _along_row(grid: Array, j: int, i: int, weights: Weights) -> float:
    a0, a1, a2, a3 = weights
    total: float = a0 * grid[j, i] + a1 * grid[j, i + 1] + a2 * grid[j, i + 2] + a3 * grid[j, i + 3]
    return total


@compiled
def _at_nodes(grid: Array, j: int, i: int, across: Weights, down: Weights) -> float:
    b0, b1, b2, b3 = down
    low = b0 * _along_row(grid, j, i, across) + b1 * _along_row(grid, j + 1, i, across)
    return low + b2 * _along_row(grid, j + 2, i, across) + b3 * _along_row(grid, j + 3, i, across)


@compiled
def _lagrange(s: float) -> Weights:
    """Return the weights of the nodes 0, 1, 2, 3 at ``s``."""
    s1, s2, s3 = s - 1.0, s - 2.0, s - 3.0
    low, high = s2 * s3, s * s1
    return -s1 * low * SIXTH, s * low * 0.5, -high * s3 * 0.5, high * s2 * SIXTH


@compiled
def apply_grid(xy: Array, x0: float, y0: float, dx: float, dy: float, gx: Array, gy: Array) -> Array:
    """Interpolate with cubics through 4 x 4 nodes; NaN outside the grid."""
    m, n = gx.shape
    out = np.empty((len(xy), 2), np.float64)
    per_x, per_y = 1.0 / dx, 1.0 / dy
    for p in range(len(xy)):
        u, v = (xy[p, 0] - x0) * per_x, (xy[p, 1] - y0) * per_y
        if not (0.0 <= u <= n - 1.0 and 0.0 <= v <= m - 1.0):
            out[p, 0] = out[p, 1] = math.nan
            continue
        i, j = min(max(int(u) - 1, 0), n - 4), min(max(int(v) - 1, 0), m - 4)
        across, down = _lagrange(u - i), _lagrange(v - j)
        out[p, 0], out[p, 1] = _at_nodes(gx, j, i, across, down), _at_nodes(gy, j, i, across, down)
    return out


@compiled
def contains_point(
    xy: Array, ring_offsets: Array, part_offsets: Array, row_offsets: Array, rows: Array, px: float, py: float
) -> Array:
    """Tell for each row whether the point lies inside by the even-odd rule over all its rings."""
    out = np.zeros(len(rows), np.bool_)
    for i in range(len(rows)):
        row = rows[i]
        inside = False
        for ring in range(part_offsets[row_offsets[row]], part_offsets[row_offsets[row + 1]]):
            for v in range(ring_offsets[ring], ring_offsets[ring + 1] - 1):
                ax, ay, bx, by = xy[v, 0] - px, xy[v, 1] - py, xy[v + 1, 0] - px, xy[v + 1, 1] - py
                if (ay > 0.0) != (by > 0.0):
                    cross = ax * by - bx * ay
                    if (cross > 0.0) == (by > ay):
                        inside = not inside
        out[i] = inside
    return out


@compiled
def nearest_distance(
    xy: Array, ring_offsets: Array, part_offsets: Array, row_offsets: Array, rows: Array, px: float, py: float
) -> Array:
    """Return the distance from the point to the points, lines or rings of each row; infinite for empty rows."""
    out = np.empty(len(rows), np.float64)
    for i in range(len(rows)):
        row = rows[i]
        best = math.inf
        for ring in range(part_offsets[row_offsets[row]], part_offsets[row_offsets[row + 1]]):
            start, stop = ring_offsets[ring], ring_offsets[ring + 1]
            for v in range(start, stop):
                w = v + 1 if v + 1 < stop else v
                ax, ay = xy[v, 0] - px, xy[v, 1] - py
                ex, ey = xy[w, 0] - xy[v, 0], xy[w, 1] - xy[v, 1]
                length2 = ex * ex + ey * ey
                along = -(ax * ex + ay * ey) / length2 if length2 > 0.0 else 0.0
                along = min(max(along, 0.0), 1.0)
                dx, dy = ax + along * ex, ay + along * ey
                off2 = dx * dx + dy * dy
                best = min(best, off2)
        out[i] = math.sqrt(best)
    return out
