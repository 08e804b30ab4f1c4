"""Lengths and areas on the ellipsoid do not depend on the CRS they were drawn in."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from cgplanner.geometry import measure
from cgplanner.geometry.crs import transform_xy

SQUARE = np.array(
    [[500e3, 4180e3], [501e3, 4180e3], [501e3, 4181e3], [500e3, 4181e3], [500e3, 4180e3]]
)  # on the meridian of 4547


def test_a_square_kilometre_on_the_meridian() -> None:
    assert measure.ring_area(SQUARE, "EPSG:4547") == pytest.approx(1e6, rel=1e-5)
    assert measure.path_length(SQUARE, "EPSG:4547") == pytest.approx(4e3, rel=1e-5)
    assert measure.ring_area(SQUARE, "EPSG:4547") / measure.MU == pytest.approx(1500, rel=1e-5)


def test_the_crs_does_not_matter() -> None:
    degrees = transform_xy("EPSG:4547", "EPSG:4490", SQUARE)
    assert measure.ring_area(degrees, "EPSG:4490") == pytest.approx(measure.ring_area(SQUARE, "EPSG:4547"), rel=1e-9)


def test_direction_and_closing_do_not_matter() -> None:
    area = measure.ring_area(SQUARE, "EPSG:4547")
    assert measure.ring_area(SQUARE[::-1], "EPSG:4547") == pytest.approx(area)
    assert measure.ring_area(SQUARE[:-1], "EPSG:4547") == pytest.approx(area)


def test_tables_of_mixed_kinds() -> None:
    hole = shapely.box(500_200, 4_180_200, 500_400, 4_180_400)
    donut = shapely.Polygon(SQUARE, [hole.exterior.coords])
    pair = shapely.MultiPolygon([donut, shapely.box(510e3, 4180e3, 511e3, 4181e3)])
    line = shapely.LineString(SQUARE[:3])
    shapes = np.array([donut, line, shapely.Point(500e3, 4180e3), None, pair, shapely.Polygon()], object)
    areas = measure.areas(shapes, "EPSG:4547")
    assert areas[0] == pytest.approx(0.96e6, rel=1e-5)
    assert areas[4] == pytest.approx(1.96e6, rel=1e-4)
    assert np.isnan(areas[[1, 2, 3]]).all()
    assert areas[5] == 0
    lengths = measure.lengths(shapes, "EPSG:4547")
    assert lengths[0] == pytest.approx(4800, rel=1e-5)
    assert lengths[1] == pytest.approx(2000, rel=1e-5)
    assert np.isnan(lengths[[2, 3]]).all()


def test_nothing_has_no_length() -> None:
    assert measure.path_length(np.empty((0, 2)), "EPSG:4490") == 0
    assert measure.ring_area(SQUARE[:2], "EPSG:4547") == 0
    assert len(measure.areas(np.array([], object), "EPSG:4490")) == 0
