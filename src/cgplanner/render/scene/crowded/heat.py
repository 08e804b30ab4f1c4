"""Points as a surface of their density: how dense a layer gets at a scale, and the picture that both painters lay on.

A point spreads over a disc by a quartic kernel, 1 in its middle, so that density counts points on one spot. This file must
not know layers' styles or toolkits.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cgplanner.geometry.ragged import Floats
from cgplanner.render.scene.display_list import HeatBatch
from cgplanner.symbology.ramps import blended

_FINE = 8  # cells in a radius
_COARSE = 4  # the same where only the densest place is looked for
_MOST_CELLS = 2_000_000
_PEAKS = 2_000  # the fullest cells, of which one is the densest place, where a whole surface would be too large
THINNEST = 1e-9  # density that counts as none
_FADE = 0.12  # of the ramp, over which thin places come out of the paper


def cell_size(radius: float, px: float) -> float:
    """Return the side of the cells that a surface is computed in: small beside the radius, not smaller than pixels need."""
    return max(radius / _FINE, 1.5 * px)


def heat_pixels(batch: HeatBatch, width: float, height: float, ratio: float) -> NDArray[np.uint8] | None:
    """Return the surface over a window as premultiplied RGBA (h, w, 4), ``ratio`` pixels to a unit; None where it is empty."""
    density = _density(batch, width, height, ratio)
    if density is None or batch.most < THINNEST:
        return None
    share = np.clip(density / batch.most, 0.0, 1.0).astype(np.float32)
    levels = np.minimum((share * 255 + 0.5).astype(np.uint8), 255)
    return np.asarray(_palette(batch.ramp, batch.opacity)[levels], np.uint8)


@lru_cache(maxsize=32)
def _palette(ramp: tuple[str, ...], opacity: float) -> NDArray[np.uint8]:
    """Return 256 premultiplied colours from nothing to the densest."""
    at = np.linspace(0.0, 1.0, 256)
    colors = blended(ramp or ("#000000",), at)
    color = np.array([[int(each[i : i + 2], 16) for i in (1, 3, 5)] for each in colors], np.float64)
    fade = np.clip(at / _FADE, 0.0, 1.0)
    alpha = opacity * fade * fade * (3 - 2 * fade)
    return np.round(np.column_stack([color * alpha[:, None], 255 * alpha])).astype(np.uint8)


def _density(batch: HeatBatch, width: float, height: float, ratio: float) -> NDArray[np.float32] | None:
    """Return the density at every pixel's middle (h, w), computed on cells and interpolated between their corners."""
    cell, reach = batch.cell, int(np.ceil(batch.radius / batch.cell))
    left, top = (int(np.floor((0.0 - at) / cell)) for at in batch.phase)
    columns, rows = (int(np.ceil(side / cell)) + 3 for side in (width, height))
    place = (batch.xy - batch.phase) / cell - (left, top)
    near = ((place > -reach - 1) & (place < (columns + reach, rows + reach))).all(axis=1)
    if not near.any():
        return None
    grid = _splat(place[near] + reach, batch.weights[near], (rows + 2 * reach + 1, columns + 2 * reach + 1))
    field = _spread(grid, batch.radius / cell)[reach : reach + rows, reach : reach + columns]
    count = max(round(width * ratio), 1), max(round(height * ratio), 1)
    middles = ((np.arange(each) + 0.5) / ratio for each in count)
    x, y = ((middle - at) / cell - low for middle, at, low in zip(middles, batch.phase, (left, top), strict=True))
    return _interpolated(field, x, y)


def _splat(place: Floats, weights: NDArray[np.float64], shape: tuple[int, int]) -> NDArray[np.float32]:
    """Return weights shared out to the four corners around each place (x, y in cells); what lies outside is left out."""
    whole = np.floor(place).astype(np.int64)
    share = place - whole
    grid = np.zeros(shape[0] * shape[1])
    for dx in (0, 1):
        for dy in (0, 1):
            x, y = whole[:, 0] + dx, whole[:, 1] + dy
            part = weights * np.abs(1 - dx - share[:, 0]) * np.abs(1 - dy - share[:, 1])
            inside = (x >= 0) & (y >= 0) & (x < shape[1]) & (y < shape[0])
            grid += np.bincount((y * shape[1] + x)[inside], part[inside], len(grid))
    return grid.reshape(shape).astype(np.float32)


def _kernel(radius: float) -> list[tuple[int, int, float]]:
    """Return (dx, dy, weight) of the cells that a point reaches."""
    reach = int(np.ceil(radius))
    steps = np.arange(-reach, reach + 1)
    near = np.maximum(1 - (steps[:, None] ** 2 + steps[None, :] ** 2) / radius**2, 0.0) ** 2
    return [
        (int(dx), int(dy), float(near[dy + reach, dx + reach])) for dy in steps for dx in steps if near[dy + reach, dx + reach]
    ]


def _spread(grid: NDArray[np.float32], radius: float) -> NDArray[np.float32]:
    """Return the grid with every cell spread over the kernel."""
    out = np.zeros_like(grid)
    height, width = grid.shape
    for dx, dy, weight in _kernel(radius):
        x0, x1, y0, y1 = max(dx, 0), width + min(dx, 0), max(dy, 0), height + min(dy, 0)
        if x1 > x0 and y1 > y0:
            out[y0:y1, x0:x1] += np.float32(weight) * grid[y0 - dy : y1 - dy, x0 - dx : x1 - dx]
    return out


def _interpolated(field: NDArray[np.float32], x: NDArray[Any], y: NDArray[Any]) -> NDArray[np.float32]:
    x0, y0 = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    fx, fy = (x - x0).astype(np.float32), (y - y0).astype(np.float32)[:, None]
    lines = field[y0] * (1 - fy) + field[y0 + 1] * fy
    return np.asarray(lines[:, x0] * (1 - fx) + lines[:, x0 + 1] * fx, np.float32)


def densest(places: Floats, weights: NDArray[np.float64], radius: float) -> float:
    """Return the density of the densest place of points (n, 2), whose unit the radius has too; 0 where nothing weighs.

    The answer is a little off where points lie between cells: it scales colours.
    """
    good = np.isfinite(places).all(axis=1) & (weights > 0)
    if not good.any():
        return 0.0
    cells = np.round(places[good] / (radius / _COARSE)).astype(np.int64)
    cells -= cells.min(axis=0)
    weights = weights[good]
    width, height = (int(side) + 1 for side in cells.max(axis=0))
    if width * height <= _MOST_CELLS:
        grid = np.bincount(cells[:, 1] * width + cells[:, 0], weights, width * height).reshape(height, width)
        return float(_spread(grid.astype(np.float32), _COARSE).max())
    ids, place = np.unique(cells[:, 1] * (width + 2 * _COARSE) + cells[:, 0], return_inverse=True)
    sums = np.bincount(place, weights)
    top = ids[np.argsort(sums, kind="stable")[-_PEAKS:]]
    total = np.zeros(len(top))
    for dx, dy, weight in _kernel(_COARSE):
        wanted = top + dy * (width + 2 * _COARSE) + dx
        at = np.minimum(np.searchsorted(ids, wanted), len(ids) - 1)
        total += np.where(ids[at] == wanted, sums[at] * weight, 0.0)
    return float(total.max())
