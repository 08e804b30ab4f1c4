"""Markers along lines stand where they should and look along the line; offsets lie on the side that was asked for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgplanner.render.scene.display_list import Shapes
from cgplanner.render.scene.shapes.device_shapes import DeviceShapes, oriented
from cgplanner.render.scene.shapes.offsets import inside_edges, moved_aside
from cgplanner.render.scene.shapes.placing import along_lines, beside
from cgplanner.symbology.style import Placement

BENT = np.array([[0.0, 0.0], [100.0, 0.0], [100.0, 50.0], [0.0, 100.0], [60.0, 100.0]])
LINES = np.array([0, 3, 5])


@pytest.mark.parametrize(
    ("placement", "places", "directions"),
    [
        ("first", [[0, 0], [0, 100]], [90, 90]),
        ("last", [[100, 50], [60, 100]], [180, 90]),
        ("middle", [[75, 0], [30, 100]], [90, 90]),
        ("interval", [[25, 0], [75, 0], [100, 25], [25, 100]], [90, 90, 180, 90]),
        ("vertex", [[0, 0], [100, 0], [100, 50], [0, 100], [60, 100]], [90, 135, 180, 90, 90]),
    ],
)
def test_places_and_directions(placement: Placement, places: list[list[float]], directions: list[float]) -> None:
    xy, turns, line = along_lines(BENT, LINES, placement, 50.0, 4.0)
    assert xy.tolist() == places
    assert turns.tolist() == pytest.approx(directions)
    assert (np.diff(line) >= 0).all()


def test_lines_without_length_have_no_markers() -> None:
    still = np.array([[5.0, 5.0], [5.0, 5.0], [5.0, 5.0], [9.0, 9.0]])
    for placement in ("first", "last", "middle", "interval", "vertex"):
        assert len(along_lines(still, np.array([0, 3, 4]), placement, 10.0, 4.0)[0]) == 0  # type: ignore[arg-type]  # one of the five
    assert len(along_lines(BENT, LINES, "interval", 0.0, 4.0)[0]) == 0


@given(st.lists(st.tuples(st.floats(-1e4, 1e4), st.floats(-1e4, 1e4)), min_size=2, max_size=12), st.floats(1, 300))
def test_markers_at_intervals_stand_on_the_line_that_far_apart(points: list[tuple[float, float]], spacing: float) -> None:
    xy = np.array(points)
    length = float(np.hypot(*np.diff(xy, axis=0).T).sum())
    places, turns, _ = along_lines(xy, np.array([0, len(xy)]), "interval", spacing, 4.0)
    assert len(places) == (int(np.floor(length / spacing + 0.5)) if length else 0)
    assert np.isfinite(turns).all()


def test_beside_is_to_the_right() -> None:
    moved = beside(np.zeros((4, 2)), np.array([0.0, 90.0, 180.0, 270.0]), 3.0)
    assert moved.round(9).tolist() == [[3, 0], [0, 3], [-3, 0], [0, -3]]


def line_of(*points: tuple[float, float]) -> Shapes:
    xy = np.array(points, np.float64)
    return Shapes(xy, np.array([0, len(xy)]), np.array([0, 1]), np.array([7]))


def test_a_positive_offset_lies_to_the_right() -> None:
    eastward = line_of((0, 0), (100, 0))
    assert moved_aside(eastward, 5.0).xy[:, 1].tolist() == [5.0, 5.0]  # y runs down: the right of an eastward line
    assert moved_aside(eastward, -5.0).xy[:, 1].tolist() == [-5.0, -5.0]
    assert moved_aside(eastward, 5.0).xy[:, 0].tolist() == [0.0, 100.0]  # the direction stays, for dashes and arrows
    assert moved_aside(eastward, 5.0).rows.tolist() == [7]


def test_a_line_that_vanishes_leaves_nothing() -> None:
    moved = moved_aside(line_of((0, 0), (0, 0)), 5.0)
    assert len(moved.xy) == 0
    assert len(moved) == 0


def test_edges_move_into_their_areas_and_away_from_holes() -> None:
    rings = [[(0, 0), (0, 100), (100, 100), (100, 0), (0, 0)], [(40, 40), (60, 40), (60, 60), (40, 60), (40, 40)]]
    xy = np.array([point for ring in rings for point in ring], np.float64)
    areas = oriented(DeviceShapes(xy, np.array([0, 5, 10]), np.array([0, 2]), np.array([0, 1]), np.array([3])))
    inner = inside_edges(areas, 10.0)
    assert (inner.xy.min(), inner.xy.max()) == (10.0, 90.0)
    hole = inner.xy[(inner.xy > 20).all(axis=1) & (inner.xy < 80).all(axis=1)]
    assert (hole.min(), hole.max()) == (30.0, 70.0)
    assert inner.rows.tolist() == [3]
    assert len(inside_edges(areas, 60.0)) == 0
