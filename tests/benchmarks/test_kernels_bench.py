"""What a tile of parcels and a reprojection cost: ``pytest tests/benchmarks/test_kernels_bench.py --benchmark-only``."""

from __future__ import annotations

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt
import pyproj
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from cgplanner.geometry import kernels
from cgplanner.geometry.approximate import ApproximateTransform

Array = npt.NDArray[Any]
Band = tuple[Array, Array, kernels.Affine]

WIDTH, HEIGHT = 1600, 1000
FILLS = np.array(
    [[166, 206, 227, 255], [178, 223, 138, 255], [251, 154, 153, 255], [253, 191, 111, 255], [202, 178, 214, 255]], np.uint8
)
GREY = np.array([[64, 64, 64, 255]], np.uint8)


def cells(count: int, rng: np.random.Generator) -> kernels.Ragged:
    """Jittered cells of 13 points over 320 x 330 km in EPSG:4547, as flat arrays."""
    side = math.isqrt(count)
    wide, tall = 320e3 / side, 330e3 / side
    x, y = np.meshgrid(np.arange(side + 1) * wide + 400e3, np.arange(side + 1) * tall + 4060e3)
    corner = np.stack((x + rng.uniform(-0.3, 0.3, x.shape) * wide, y + rng.uniform(-0.3, 0.3, x.shape) * tall), -1)
    a, b, c, d = corner[:-1, :-1], corner[:-1, 1:], corner[1:, 1:], corner[1:, :-1]
    ring = []
    for p, q in ((a, b), (b, c), (c, d), (d, a)):
        ring += [p, *(p + (q - p) * t + rng.uniform(-0.05, 0.05, p.shape) * wide for t in (0.33, 0.66))]
    xy = np.ascontiguousarray(np.stack([*ring, a], -2).reshape(-1, 2))
    one = np.arange(side * side + 1)
    return kernels.Ragged(xy, one * 13, one, one)


class Scene:
    def __init__(self, count: int, share: float) -> None:
        rng = np.random.default_rng(1)
        self.ragged = cells(count, rng)
        rows = len(self.ragged.row_offsets) - 1
        self.bounds = kernels.bounds_of_rows(*self.ragged)
        self.classes = rng.integers(0, 5, rows).astype(np.int32)
        scale = min(WIDTH / 320e3, HEIGHT / 330e3) / share
        self.affine = (scale, 0.0, WIDTH / 2 - scale * 560e3, 0.0, -scale, HEIGHT / 2 + scale * 4225e3)
        self.rows = self.visible(np.arange(rows), self.affine, HEIGHT)
        self.image = np.zeros((HEIGHT, WIDTH, 4), np.uint8)

    def visible(self, rows: Array, affine: kernels.Affine, height: int) -> Array:
        box = self.bounds[rows]
        x0, x1 = affine[0] * box[:, 0] + affine[2], affine[0] * box[:, 2] + affine[2]
        y0, y1 = affine[4] * box[:, 3] + affine[5], affine[4] * box[:, 1] + affine[5]
        return rows[(x1 > -1) & (x0 < WIDTH + 1) & (y1 > -1) & (y0 < height + 1)]

    def bands(self, count: int) -> Iterator[Band]:
        """Split the window into bands of pixels with the rows each needs, as an index would."""
        height = HEIGHT // count
        for i in range(count):
            affine = (*self.affine[:5], self.affine[5] - i * height)
            yield self.image[i * height : (i + 1) * height], self.visible(self.rows, affine, height), affine

    def draw(self, band: Band) -> None:
        image, rows, affine = band
        fill = kernels.Fill(FILLS, self.classes[rows])
        outline = kernels.Outline(GREY, np.zeros(len(rows), np.int32), 0.49)
        kernels.draw_polygons_tile(image, self.ragged, rows, self.bounds, affine, fill, outline)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("share", [1.0, 0.3, 0.1, 0.01])
@pytest.mark.parametrize("count", [100_000, 1_000_000])
def test_draw_parcels(benchmark: BenchmarkFixture, count: int, share: float, threads: int) -> None:
    kernels.warm_up()
    scene = Scene(count, share)
    bands = list(scene.bands(threads))
    with ThreadPoolExecutor(threads) as pool:
        benchmark.pedantic(lambda: list(pool.map(scene.draw, bands)), rounds=5, warmup_rounds=1)
    assert scene.image.any()


@pytest.mark.parametrize("how", ["grid", "pyproj"])
def test_reproject(benchmark: BenchmarkFixture, how: str) -> None:
    kernels.warm_up()
    lcc = "+proj=lcc +lat_0=38 +lon_0=112.5 +lat_1=37 +lat_2=39 +ellps=GRS80 +units=m"
    exact = pyproj.Transformer.from_crs(4547, lcc, always_xy=True)
    extent = (400e3, 4060e3, 720e3, 4390e3)
    approximate = ApproximateTransform(exact, extent, 0.05)
    xy = np.random.default_rng(1).uniform(extent[:2], extent[2:], (1_000_000, 2))
    if how == "grid":
        benchmark.pedantic(approximate.transform, (xy,), rounds=5, warmup_rounds=1)
    else:
        benchmark.pedantic(exact.transform, (xy[:, 0], xy[:, 1]), rounds=2)
