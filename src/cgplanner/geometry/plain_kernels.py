"""The functions of ``shape_kernels.py`` in numpy, for machines where numba does not load.

Slower, with the same results: rings are walked in step, vertex k of all rings at once, never one feature at a time.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def _children(offsets: Array, items: Array) -> tuple[Array, Array]:
    """Return the children of ``items`` in order, and the position in ``items`` each belongs to."""
    counts = offsets[items + 1] - offsets[items]
    owner = np.repeat(np.arange(len(items)), counts)
    before = np.cumsum(counts) - counts
    return np.arange(counts.sum(), dtype=np.int64) + np.repeat(offsets[items] - before, counts), owner


def _offsets(counts: Array) -> Array:
    return np.concatenate(([0], np.cumsum(counts))).astype(np.int64)


def _new_run(cells: Array, starts: Array) -> Array:
    """Mark the vertices whose cell is not that of the one before in the same ring."""
    fresh = np.ones(len(cells), bool)
    fresh[1:] = (cells[1:] != cells[:-1]).any(axis=1)
    fresh[starts] = True
    return fresh


def _best_of_runs(run: Array, off: Array) -> Array:
    """Return the vertex with the least ``off`` of each run, the earlier of equals; ``run`` numbers vertices 0..n-1."""
    order = np.lexsort((off, run))
    first = np.ones(len(order), bool)
    first[1:] = run[order][1:] != run[order][:-1]
    found: Array = order[first]
    return found


def _thin_rings(points: Array, counts: Array, cells: Array, off: Array) -> tuple[Array, Array]:
    """Return the kept vertices, ring by ring and closed again, and how many each ring keeps."""
    starts = _offsets(counts)[:-1]
    ring = np.repeat(np.arange(len(counts)), counts)
    run = np.cumsum(_new_run(cells, starts)) - 1
    first, last = run[starts], run[starts + counts - 1]
    wraps = (cells[starts] == cells[starts + counts - 1]).all(axis=1) & (first < last)
    merged = run.copy()
    tail = wraps[ring] & (run == last[ring])
    merged[tail] = first[ring][tail]
    # Of equals the tail of the ring comes first, from its end, as the compiled kernel looks at it.
    rank = np.where(tail, -np.arange(len(run)), np.arange(len(run)))
    order = np.lexsort((rank, off, merged))
    fresh = np.ones(len(order), bool)
    fresh[1:] = merged[order][1:] != merged[order][:-1]
    kept = order[fresh]
    owner = ring[kept]
    kept_counts = np.bincount(owner, minlength=len(counts))
    closing = _offsets(kept_counts)[:-1]
    kept = np.insert(kept, _offsets(kept_counts)[1:], kept[closing])
    return points[kept], kept_counts + 1


def _thin_lines(points: Array, counts: Array, cells: Array, off: Array) -> tuple[Array, Array]:
    """Return the kept vertices of lines, their ends among them, and how many each line keeps."""
    starts = _offsets(counts)[:-1]
    ends = starts + counts - 1
    run = np.cumsum(_new_run(cells, starts)) - 1
    off = off.copy()
    off[run == np.repeat(run[starts], counts)] = np.inf
    off[run == np.repeat(run[ends], counts)] = np.inf
    off[ends] = -1.0
    single = run[starts] == run[ends]
    off[starts[~single]] = -1.0
    kept = np.sort(np.concatenate((_best_of_runs(run, off), starts[single & (counts > 1)])))
    owner = np.repeat(np.arange(len(counts)), counts)[kept]
    return points[kept], np.bincount(owner, minlength=len(counts))


def _close(points: Array, counts: Array) -> tuple[Array, Array]:
    """Close the rings that are open."""
    starts = _offsets(counts)[:-1]
    ends = starts + counts - 1
    is_open = (points[starts] != points[ends]).any(axis=1)
    closed = np.insert(points, ends[is_open] + 1, points[starts[is_open]], axis=0)
    return closed, counts + is_open


def _select(points: Array, counts: Array, keep: Array) -> tuple[Array, Array]:
    return points[np.repeat(keep, counts)], counts[keep]


def _sizes(points: Array, counts: Array) -> Array:
    starts = _offsets(counts)[:-1]
    spans = np.maximum.reduceat(points, starts, axis=0) - np.minimum.reduceat(points, starts, axis=0)
    sizes: Array = spans.max(axis=1)
    return sizes


def _thinned(points: Array, counts: Array, is_hole: Array, tolerance_px: float, *, closed: bool) -> tuple[Array, Array]:
    """Return vertices and counts of all rings (0 for dropped ones); no ring is empty."""
    per_px = 1.0 / tolerance_px if tolerance_px > 1e-6 else 0.0
    cells = np.floor(points * per_px) if per_px > 0.0 else points
    off = ((points * per_px - cells - 0.5) ** 2).sum(axis=1)
    if not closed:
        return _thin_lines(points, counts, cells, off)
    thin, thin_counts = _thin_rings(points, counts, cells, off)
    short = thin_counts < 4
    whole, whole_counts = _close(points, counts)
    drop = short & ((is_hole & ~(_sizes(points, counts) > 1.0)) | (whole_counts < 4))
    both = np.concatenate((thin, whole))
    both_counts = np.where(short, whole_counts, thin_counts)
    begin = np.where(short, len(thin) + _offsets(whole_counts)[:-1], _offsets(thin_counts)[:-1])
    both_counts[drop] = 0
    before = np.cumsum(both_counts) - both_counts
    index = np.arange(both_counts.sum()) + np.repeat(begin - before, both_counts)
    return both[index], both_counts


def to_device(
    xy: Array,
    ring_offsets: Array,
    part_offsets: Array,
    row_offsets: Array,
    rows: Array,
    affine: Array,
    tolerance_px: float,
    closed: bool,  # noqa: FBT001  the signature of the compiled kernel
) -> tuple[Array, Array, Array, Array]:
    """Return coordinates, ring offsets, shape offsets and the row of each shape; see ``kernels.to_device``."""
    parts, row_of_part = _children(row_offsets, rows)
    rings, part_of_ring = _children(part_offsets, parts)
    vertices, ring_of_vertex = _children(ring_offsets, rings)
    a, b, c, d, e, f = affine
    x, y = xy[vertices, 0], xy[vertices, 1]
    with np.errstate(invalid="ignore", over="ignore"):
        points = np.column_stack((a * x + b * y + c, d * x + e * y + f))
        finite = np.isfinite(points.sum(axis=1))
    original = np.bincount(ring_of_vertex, minlength=len(rings))
    counts = np.bincount(ring_of_vertex[finite], minlength=len(rings))
    live = counts > 0 if closed else (counts > 1) | ((counts == 1) & (original == 1))
    is_hole = np.ones(len(rings), bool)
    is_hole[np.flatnonzero(np.diff(part_of_ring, prepend=-1))] = False
    kept = np.zeros(len(rings), np.int64)
    out = np.empty((0, 2))
    if live.any():
        points = points[finite & live[ring_of_vertex]]
        out, kept[live] = _thinned(points, counts[live], is_hole[live], tolerance_px, closed=closed)
    good = np.zeros(len(parts), bool)
    good[part_of_ring[~is_hole & (kept > 0)]] = True
    out, kept = _select(out, kept, good[part_of_ring])
    rings_of_part = np.bincount(part_of_ring[good[part_of_ring]][kept > 0], minlength=len(parts))[good]
    return (
        out.astype(np.float32),
        _offsets(kept[kept > 0]),
        _offsets(rings_of_part),
        rows[row_of_part[good]],
    )


def _vertices_of_rows(ring_offsets: Array, part_offsets: Array, row_offsets: Array, rows: Array) -> tuple[Array, Array]:
    return _children(ring_offsets[part_offsets[row_offsets]], rows)


def bounds_of_rows(xy: Array, ring_offsets: Array, part_offsets: Array, row_offsets: Array, rows: Array) -> Array:
    """Return min x, min y, max x, max y of the finite vertices of each row, NaN where there are none."""
    vertices, owner = _vertices_of_rows(ring_offsets, part_offsets, row_offsets, rows)
    points = xy[vertices]
    finite = np.isfinite(points).all(axis=1)
    points, owner = points[finite], owner[finite]
    out = np.full((len(rows), 4), np.nan)
    if len(points):
        starts = np.flatnonzero(np.diff(owner, prepend=-1))
        out[owner[starts], :2] = np.minimum.reduceat(points, starts, axis=0)
        out[owner[starts], 2:] = np.maximum.reduceat(points, starts, axis=0)
    return out


def ring_areas(xy: Array, ring_offsets: Array) -> Array:
    """Return signed areas, positive counter-clockwise with y up."""
    rings = np.arange(len(ring_offsets) - 1)
    vertices, owner = _children(ring_offsets, rings)
    relative = xy[vertices] - xy[ring_offsets[:-1][owner]]
    cross = relative[:-1, 0] * relative[1:, 1] - relative[1:, 0] * relative[:-1, 1]
    same = owner[1:] == owner[:-1]
    areas: Array = 0.5 * np.bincount(owner[1:][same], weights=cross[same], minlength=len(rings))
    return areas


def _lagrange(s: Array) -> list[Array]:
    """Return the weights of nodes 0..3 at ``s``."""
    s1, s2, s3 = s - 1.0, s - 2.0, s - 3.0
    return [-s1 * s2 * s3 / 6.0, s * s2 * s3 / 2.0, -s * s1 * s3 / 2.0, s * s1 * s2 / 6.0]


def apply_grid(xy: Array, x0: float, y0: float, dx: float, dy: float, gx: Array, gy: Array) -> Array:
    """Interpolate with cubics through 4 x 4 nodes; NaN outside the grid."""
    m, n = gx.shape
    u, v = (xy[:, 0] - x0) * (1.0 / dx), (xy[:, 1] - y0) * (1.0 / dy)
    inside = (u >= 0.0) & (u <= n - 1.0) & (v >= 0.0) & (v <= m - 1.0)
    u, v = u[inside], v[inside]
    i = np.clip(u.astype(np.int64) - 1, 0, n - 4)
    j = np.clip(v.astype(np.int64) - 1, 0, m - 4)
    across, down = _lagrange(u - i), _lagrange(v - j)
    out = np.full((len(xy), 2), np.nan)
    for axis, grid in enumerate((gx, gy)):
        lines = [sum(across[k] * grid[j + line, i + k] for k in range(4)) for line in range(4)]
        out[inside, axis] = sum(down[line] * lines[line] for line in range(4))
    return out


def contains_point(
    xy: Array, ring_offsets: Array, part_offsets: Array, row_offsets: Array, rows: Array, px: float, py: float
) -> Array:
    """Tell for each row whether the point lies inside by the even-odd rule over all its rings."""
    rings, row_of_ring = _children(part_offsets[row_offsets], rows)
    vertices, ring_of_vertex = _children(ring_offsets, rings)
    relative = xy[vertices] - (px, py)
    same = ring_of_vertex[1:] == ring_of_vertex[:-1]
    (ax, ay), (bx, by) = relative[:-1][same].T, relative[1:][same].T
    crosses = ((ay > 0.0) != (by > 0.0)) & ((ax * by - bx * ay > 0.0) == (by > ay))
    owner = row_of_ring[ring_of_vertex[1:][same]]
    inside: Array = np.bincount(owner[crosses], minlength=len(rows)) % 2 == 1
    return inside


def nearest_distance(
    xy: Array, ring_offsets: Array, part_offsets: Array, row_offsets: Array, rows: Array, px: float, py: float
) -> Array:
    """Return the distance from the point to the points, lines or rings of each row; infinite for empty rows."""
    rings, row_of_ring = _children(part_offsets[row_offsets], rows)
    vertices, ring_of_vertex = _children(ring_offsets, rings)
    last = np.ones(len(vertices), bool)
    last[:-1] = ring_of_vertex[1:] != ring_of_vertex[:-1]
    start = xy[vertices] - (px, py)
    edge = xy[vertices + ~last] - xy[vertices]
    length2 = (edge**2).sum(axis=1)
    along = np.divide(-(start * edge).sum(axis=1), length2, out=np.zeros(len(edge)), where=length2 > 0.0)
    distance = np.sqrt(((start + np.clip(along, 0.0, 1.0)[:, None] * edge) ** 2).sum(axis=1))
    out = np.full(len(rows), np.inf)
    np.fmin.at(out, row_of_ring[ring_of_vertex], distance)
    return out
