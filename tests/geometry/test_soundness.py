"""Flaws of shapes: each kind is told from the others, sound shapes have none, and portions agree with the whole."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from cgplanner.geometry.soundness import FLAWS, flaws_of

BOW = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
TOUCH = shapely.Polygon([(0, 0), (10, 0), (10, 10), (5, 0), (0, 10)])
HOLE_OUTSIDE = shapely.Polygon([(0, 0), (4, 0), (4, 4), (0, 4)], [[(6, 6), (7, 6), (7, 7)]])
TWICE = shapely.MultiPolygon([shapely.box(0, 0, 4, 4), shapely.box(1, 1, 2, 2)])


def with_number(shape: Any, old: float, new: float) -> Any:
    with np.errstate(invalid="ignore"):
        return shapely.transform(shape, lambda xy: np.where(xy == old, new, xy))


@pytest.mark.parametrize(
    ("shape", "flaw"),
    [
        (BOW, "crosses-itself"),
        (TOUCH, "touches-itself"),
        (HOLE_OUTSIDE, "rings-misplaced"),
        (TWICE, "rings-misplaced"),
        (shapely.LineString([(1, 1), (1, 1)]), "no-length"),
        (shapely.MultiLineString([[(0, 0), (1, 1)], [(2, 2), (2, 2)]]), "no-length"),
        (with_number(shapely.LineString([(0, 0), (7, 1)]), 7, np.nan), "not-finite"),
        (with_number(shapely.box(0, 0, 7, 1), 7, np.inf), "not-finite"),
        (with_number(shapely.Point(7, 1), 7, np.inf), "not-finite"),
        (shapely.Polygon([(0, 0), (1, 1), (0, 0)]), "too-few-points"),
        (shapely.box(0, 0, 1, 1), ""),
        (shapely.LineString([(0, 0), (2, 2), (2, 0), (0, 2)]), ""),  # a road may cross itself
        (shapely.Point(1, 1), ""),
        (shapely.Polygon(), ""),
        (None, ""),
    ],
)
def test_each_flaw_is_told_from_the_others(shape: Any, flaw: str) -> None:
    assert FLAWS[int(flaws_of(np.array([shape], object))[0])] == flaw


points = st.tuples(st.integers(0, 6), st.integers(0, 6))
rings = st.lists(points, min_size=3, max_size=7).map(shapely.Polygon)


@given(st.lists(rings, min_size=1, max_size=12), st.integers(1, 12))
@settings(max_examples=80)
def test_areas_without_flaws_are_those_that_are_valid_in_any_portion(areas: list[Any], portion: int) -> None:
    shapes = np.array(areas, object)
    found = flaws_of(shapes)
    assert (found == 0).tolist() == shapely.is_valid(shapes).tolist()
    pieces = [flaws_of(shapes[start : start + portion]) for start in range(0, len(shapes), portion)]
    assert np.concatenate(pieces).tolist() == found.tolist()
