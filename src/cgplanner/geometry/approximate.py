"""Reprojection by a grid of exact transforms, for drawing: pyproj takes seconds for what the screen needs in a frame.

Never for what is stored or measured: writers and operations use pyproj itself. This file must not know of tables or layers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyproj

from cgplanner.geometry import kernels

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]

_FIRST_CELLS, _MOST_CELLS = 8, 512
_SAFETY = 0.5  # the error between the points that were checked may be a little larger than at them


@dataclass(frozen=True, eq=False)
class _Grid:
    x0: float
    y0: float
    dx: float
    dy: float
    gx: Floats
    gy: Floats

    def interpolate(self, xy: Array) -> Floats:
        return kernels.apply_grid(xy, self.x0, self.y0, self.dx, self.dy, self.gx, self.gy)


def _exact(transformer: pyproj.Transformer, xy: Array) -> Floats:
    x, y = transformer.transform(xy[:, 0], xy[:, 1])
    return np.column_stack((x, y))


def _mesh(x: Array, y: Array) -> Floats:
    return np.stack(np.meshgrid(x, y), -1).reshape(-1, 2)


def _sample(transformer: pyproj.Transformer, extent: tuple[float, float, float, float], cells: int) -> _Grid:
    x0, y0, x1, y1 = extent
    nodes = _mesh(np.linspace(x0, x1, cells + 1), np.linspace(y0, y1, cells + 1))
    out = _exact(transformer, nodes).reshape(cells + 1, cells + 1, 2)
    gx, gy = np.ascontiguousarray(out[..., 0]), np.ascontiguousarray(out[..., 1])
    return _Grid(x0, y0, (x1 - x0) / cells, (y1 - y0) / cells, gx, gy)


def _largest_error(transformer: pyproj.Transformer, grid: _Grid) -> float:
    """Return the largest distance from the exact result at the middles of all cells and cell sides."""
    m, n = grid.gx.shape
    x, y = grid.x0 + grid.dx * np.arange(n), grid.y0 + grid.dy * np.arange(m)
    between_x, between_y = x[:-1] + 0.5 * grid.dx, y[:-1] + 0.5 * grid.dy
    points = np.concatenate((_mesh(between_x, between_y), _mesh(between_x, y), _mesh(x, between_y)))
    with np.errstate(invalid="ignore"):
        off = grid.interpolate(points) - _exact(transformer, points)
        return float(np.max(np.hypot(off[:, 0], off[:, 1])))


def _refine(
    transformer: pyproj.Transformer, extent: tuple[float, float, float, float], max_error: float
) -> tuple[_Grid | None, float]:
    x0, y0, x1, y1 = extent
    if not (np.isfinite(extent).all() and x1 > x0 and y1 > y0):
        return None, 0.0
    cells = _FIRST_CELLS
    while cells <= _MOST_CELLS:
        grid = _sample(transformer, extent, cells)
        error = _largest_error(transformer, grid)
        if not np.isfinite(error):  # part of the extent has no place in the target; no grid helps
            break
        if error <= _SAFETY * max_error:
            return grid, error
        cells *= 2
    return None, 0.0


class ApproximateTransform:
    """A transform within ``max_error`` of pyproj's in an extent, and pyproj's own outside it.

    Parameters
    ----------
    transformer
        Made with ``always_xy=True``.
    extent
        min x, min y, max x, max y in the source CRS: the layer's, or the window's with a margin.
    max_error
        Allowed distance from the exact result in units of the target CRS (metres for a projected one).

    The grid is refined until half of ``max_error`` holds at the middles of all cells and of their sides. Where that takes
    more than 512 x 512 cells, or part of the extent cannot be transformed, every point is computed exactly.

    Attributes
    ----------
    error
        The largest error found by the check; 0 when every point is exact.
    cells
        Cells along a side of the grid; 0 when every point is exact.
    """

    def __init__(self, transformer: pyproj.Transformer, extent: tuple[float, float, float, float], max_error: float) -> None:
        self._transformer = transformer
        self._grid, self.error = _refine(transformer, extent, max_error)
        self.cells = self._grid.gx.shape[0] - 1 if self._grid else 0

    def transform(self, xy: Array) -> Floats:
        """Return float64 (n, 2) in the target CRS; a point that has no place there becomes infinite, as in pyproj.

        Missing coordinates (NaN) stay NaN. May run in any thread; within the extent the GIL is free.
        """
        if self._grid is None:
            return _exact(self._transformer, xy)
        out = self._grid.interpolate(xy)
        outside = np.flatnonzero(np.isnan(out[:, 0]) & ~np.isnan(xy).any(axis=1))
        if len(outside):
            out[outside] = _exact(self._transformer, xy[outside])
        return out
