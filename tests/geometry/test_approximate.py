"""The drawing transform keeps its promised error, and knows where it does not apply."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyproj
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgplanner.geometry.approximate import ApproximateTransform

Array = npt.NDArray[Any]

CGCS2000 = pyproj.CRS(4490)
LCC = pyproj.crs.ProjectedCRS(
    pyproj.crs.coordinate_operation.LambertConformalConic2SPConversion(
        latitude_false_origin=38,
        longitude_false_origin=112.5,
        latitude_first_parallel=37,
        latitude_second_parallel=39,
    ),
    geodetic_crs=CGCS2000,
)
CASES = {4547: (400e3, 4060e3, 720e3, 4390e3), 4490: (110.2, 36.7, 114.3, 39.7)}


def transformer(source: int) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(source, LCC, always_xy=True, allow_ballpark=False)


def exact(source: int, xy: Array) -> Array:
    return np.column_stack(transformer(source).transform(xy[:, 0], xy[:, 1]))


@pytest.mark.parametrize("source", CASES)
@pytest.mark.parametrize("max_error", [0.05, 1e-4])
def test_the_error_holds_in_the_whole_extent(source: int, max_error: float) -> None:
    extent = CASES[source]
    approximate = ApproximateTransform(transformer(source), extent, max_error)
    assert approximate.cells > 0
    assert approximate.error <= max_error
    xy = np.random.default_rng(2).uniform(extent[:2], extent[2:], (20_000, 2))
    xy[:4] = [extent[:2], extent[2:], (extent[0], extent[3]), (extent[2], extent[1])]
    off = approximate.transform(xy) - exact(source, xy)
    assert np.hypot(*off.T).max() <= max_error


@given(st.floats(-2, 3), st.floats(-2, 3))
def test_outside_the_extent_points_are_exact(u: float, v: float) -> None:
    x0, y0, x1, y1 = CASES[4547]
    approximate = ApproximateTransform(transformer(4547), CASES[4547], 0.05)
    xy = np.array([[x0 + u * (x1 - x0), y0 + v * (y1 - y0)]])
    inside = x0 <= xy[0, 0] <= x1 and y0 <= xy[0, 1] <= y1
    off = approximate.transform(xy) - exact(4547, xy)
    assert np.abs(off).max() <= (0.05 if inside else 0.0)


def test_missing_coordinates_stay_missing() -> None:
    out = ApproximateTransform(transformer(4490), CASES[4490], 0.05).transform(np.array([[np.nan, 38.0], [112.5, 38.0]]))
    assert np.isnan(out[0]).all()
    assert np.abs(out[1]).max() <= 0.05


@pytest.mark.parametrize(
    ("extent", "max_error"),
    [
        ((112.0, 37.0, 112.0, 37.0), 0.05),
        ((np.nan, 37.0, 113.0, 38.0), 0.05),
        ((-170.0, -90.0, 170.0, 90.0), 0.05),
        ((110.2, 36.7, 114.3, 39.7), 1e-12),
    ],
    ids=["a point", "no extent", "the whole earth", "no error allowed"],
)
def test_where_no_grid_will_do_every_point_is_exact(extent: tuple[float, float, float, float], max_error: float) -> None:
    approximate = ApproximateTransform(transformer(4490), extent, max_error)
    assert approximate.cells == 0
    xy = np.array([[112.3, 37.9], [110.2, 39.0]])
    assert np.array_equal(approximate.transform(xy), exact(4490, xy))
