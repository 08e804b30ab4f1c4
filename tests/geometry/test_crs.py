"""The fitted projection is conformal and true; transforms agree with pyproj however many points and threads there are."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyproj
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgplanner.geometry import crs

CITIES = (110.37, 36.65, 114.13, 39.66)
angles = st.one_of(st.floats(-400, 400), st.just(float("nan")), st.just(float("inf")))


@given(angles, angles, angles, angles)
def test_any_extent_gives_a_conformal_projection(west: float, south: float, east: float, north: float) -> None:
    wkt = crs.fitted_crs(west, south, east, north)
    known = pyproj.CRS.from_user_input(wkt)
    assert known.is_projected
    assert known.coordinate_operation is not None
    assert known.coordinate_operation.method_name in {"Lambert Conic Conformal (2SP)", "Mercator (variant B)"}
    middle = [
        sorted(min(max(v, -lim), lim) if np.isfinite(v) else 0.0 for v in pair)
        for pair, lim in (((west, east), 180), ((south, north), 85))
    ]
    lon, lat = (sum(pair) / 2 for pair in middle)
    factors = pyproj.Proj(known).get_factors(lon, lat)
    assert factors.meridional_scale == pytest.approx(factors.parallel_scale, rel=1e-6)


def test_five_cities_are_shown_nearly_true() -> None:
    known = pyproj.Proj(pyproj.CRS.from_user_input(crs.fitted_crs(*CITIES)))
    lon, lat = np.meshgrid(np.linspace(CITIES[0], CITIES[2], 9), np.linspace(CITIES[1], CITIES[3], 9))
    scale = known.get_factors(lon.ravel(), lat.ravel()).meridional_scale
    assert np.abs(scale - 1).max() < 3e-4


def test_degrees_come_back() -> None:
    wkt = crs.fitted_crs(*CITIES)
    rng = np.random.default_rng(1)
    degrees = rng.uniform(CITIES[:2], CITIES[2:], (500, 2))
    there = crs.transform_xy("EPSG:4490", wkt, degrees)
    assert np.allclose(crs.transform_xy(wkt, "EPSG:4490", there), degrees, atol=1e-9)


def test_unknown_coordinates_stay() -> None:
    xy = np.array([[1.0, 2.0]])
    assert np.array_equal(crs.transform_xy("", "EPSG:4490", xy), xy)
    assert crs.metres_per_unit("", 0, 0) == 1.0


def test_many_points_are_within_a_millimetre() -> None:
    rng = np.random.default_rng(2)
    wkt = crs.fitted_crs(*CITIES)
    xy = rng.uniform((400e3, 4060e3), (700e3, 4380e3), (crs._VERY_MANY, 2))
    close = crs.transform_xy("EPSG:4547", wkt, xy)
    exact = crs.transform_xy("EPSG:4547", wkt, xy, approximate=False)
    assert np.hypot(*(close - exact).T).max() < 0.001


def test_threads_have_transformers_of_their_own() -> None:
    xy = np.array([[112.5, 37.8]])
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: crs.transform_xy("EPSG:4490", "EPSG:4547", xy), range(40)))
        owners = set(pool.map(lambda _: id(crs.transformer("EPSG:4490", "EPSG:4547")), range(40)))
    assert all(np.array_equal(answer, answers[0]) for answer in answers)
    assert owners.isdisjoint({id(crs.transformer("EPSG:4490", "EPSG:4547"))})


def test_metres_per_unit_of_degrees_shrink_with_latitude() -> None:
    assert crs.metres_per_unit("EPSG:4490", 112.5, 0.0) == pytest.approx(111_319.49, abs=1)
    assert crs.metres_per_unit("EPSG:4490", 112.5, 60.0) == pytest.approx(55_800.2, abs=2)


@pytest.mark.parametrize(
    ("lon", "zone", "meridian", "code"),
    [(112.5, 38, 114, "EPSG:4547"), (112.49, 37, 111, "EPSG:4546"), (75, 25, 75, "EPSG:4534")],
)
def test_three_degree_zones(lon: float, zone: int, meridian: float, code: str) -> None:
    assert crs.zone_of(lon) == (zone, meridian)
    assert crs.zone_crs(lon) == code
    assert f"CM {meridian:g}E" in pyproj.CRS.from_user_input(code).name


def test_titles() -> None:
    assert "4490" in crs.crs_title("EPSG:4490")
    assert crs.crs_title("") == "unknown coordinates"
    assert "fitted" in crs.crs_title(crs.fitted_crs(*CITIES))
