"""Move and vertex tools: what the mouse does ends in one operation on the layer, exactly where it was let go."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from PySide6.QtCore import Qt

from cgplanner.geometry.crs import transform_xy

X, Y = 500_000.0, 4_190_000.0


def test_a_drag_moves_the_selected_feature_by_what_was_dragged(scene: Any) -> None:
    before = scene.shape("areas", 0)
    scene.session.select("areas", [0])
    scene.canvas.choose_tool("move")
    start, end = scene.at(500, 500), scene.at(900, 1700)
    scene.drag((500, 500), (900, 1700))
    units = scene.canvas.viewport.units_per_px
    shift = np.array([(end.x() - start.x()) * units, -(end.y() - start.y()) * units])
    moved = shapely.get_coordinates(scene.shape("areas", 0)) - shapely.get_coordinates(before)
    assert np.allclose(moved, shift, atol=1e-6)
    assert scene.session.can_undo
    scene.session.undo()
    assert scene.shape("areas", 0).equals_exact(before)
    assert not scene.session.can_undo  # it was one operation


def test_dragging_a_feature_that_is_not_selected_takes_that_one(scene: Any) -> None:
    scene.canvas.choose_tool("move")
    scene.session.select("areas", [0])
    before = scene.shape("areas", 0)
    scene.drag((2800, 500), (2900, 900))
    assert scene.session.selection.rids == (1,)
    assert scene.shape("areas", 0).equals_exact(before)
    assert not scene.shape("areas", 1).equals_exact(shapely.box(X + 2000, Y, X + 3000, Y + 1000))


def test_escape_leaves_a_drag_and_changes_nothing(scene: Any) -> None:
    scene.session.select("areas", [0])
    scene.canvas.choose_tool("move")
    scene.drag((500, 500), (900, 900), let_go=False)
    scene.key(Qt.Key.Key_Escape)
    scene.drag((5000, 5000), (5001, 5001))
    assert not scene.session.can_undo
    assert scene.session.selection.rids == (0,)


def test_a_point_in_degrees_lands_where_it_was_dropped(scene: Any) -> None:
    scene.session.select("points", [0])
    scene.canvas.choose_tool("move")
    start, end = scene.at(500, -500), scene.at(1500, -800)
    scene.drag((500, -500), (1500, -800))
    units = scene.canvas.viewport.units_per_px
    shift = ((end.x() - start.x()) * units, -(end.y() - start.y()) * units)
    there = transform_xy("EPSG:4490", "EPSG:4546", shapely.get_coordinates(scene.shape("points", 0)), approximate=False)[0]
    # equal steps of degrees are equal metres but for the bend of the meridians: a decimetre in a kilometre
    assert there == pytest.approx((X + 500 + shift[0], Y - 500 + shift[1]), abs=0.2)


def test_arrow_keys_move_by_one_pixel(scene: Any) -> None:
    scene.session.select("areas", [0])
    scene.canvas.choose_tool("move")
    scene.key(Qt.Key.Key_Right)
    units = scene.canvas.viewport.units_per_px
    assert shapely.bounds(scene.shape("areas", 0))[0] == pytest.approx(X + units)
    scene.key(Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    assert shapely.bounds(scene.shape("areas", 0))[1] == pytest.approx(Y + 10 * units)


def test_a_vertex_goes_where_it_is_dragged_and_the_ring_stays_closed(scene: Any) -> None:
    scene.session.select("areas", [0])
    scene.canvas.choose_tool("vertex")
    target = scene.canvas.pointer_at(scene.at(1300, 1250).x(), scene.at(1300, 1250).y())
    scene.drag((1000, 1000), (1300, 1250))
    ring = shapely.get_coordinates(scene.shape("areas", 0))
    assert (ring[0] == ring[-1]).all()
    assert np.abs(ring - (target.x, target.y)).sum(axis=1).min() < 1e-6
    assert len(ring) == 5
    assert scene.shape("areas", 0).is_valid


def test_the_first_vertex_of_a_ring_is_its_last_one_too(scene: Any) -> None:
    scene.session.select("areas", [0])
    scene.canvas.choose_tool("vertex")
    east, north = shapely.get_coordinates(scene.shape("areas", 0))[0] - (X, Y)
    scene.drag((east, north), (east + 300, north - 250))
    ring = shapely.get_coordinates(scene.shape("areas", 0))
    assert (ring[0] == ring[-1]).all()
    assert scene.shape("areas", 0).is_valid


def test_a_vertex_snaps_to_one_of_a_neighbour_exactly(scene: Any) -> None:
    scene.session.select("areas", [0])
    scene.canvas.choose_tool("vertex")
    near = 5 * scene.canvas.viewport.units_per_px
    scene.drag((1000, 1000), (2000 + near, 1000 - near))
    ring = shapely.get_coordinates(scene.shape("areas", 0))
    assert (ring == (X + 2000, Y + 1000)).all(axis=1).any()


def test_alt_keeps_a_vertex_from_snapping(scene: Any) -> None:
    scene.session.select("areas", [0])
    scene.canvas.choose_tool("vertex")
    near = 5 * scene.canvas.viewport.units_per_px
    scene.drag((1000, 1000), (2000 + near, 1000 - near), Qt.KeyboardModifier.AltModifier)
    ring = shapely.get_coordinates(scene.shape("areas", 0))
    assert not (ring == (X + 2000, Y + 1000)).all(axis=1).any()
    assert scene.session.can_undo


def test_a_new_vertex_is_pulled_out_of_the_middle_of_an_edge(scene: Any) -> None:
    scene.session.select("areas", [0])
    scene.canvas.choose_tool("vertex")
    scene.drag((500, 1000), (500, 1250))
    area = scene.shape("areas", 0)
    assert len(shapely.get_coordinates(area)) == 6
    assert area.area == pytest.approx(1_125_000, rel=0.01)


def test_a_double_click_on_an_edge_adds_a_vertex_on_it(scene: Any) -> None:
    scene.session.select("lines", [0])
    scene.canvas.choose_tool("vertex")
    before = scene.shape("lines", 0)
    scene.double_click(300, 1500)
    after = scene.shape("lines", 0)
    assert len(after.coords) == 4
    assert after.length == pytest.approx(before.length)


def test_delete_takes_the_clicked_vertex_out(scene: Any) -> None:
    scene.session.select("lines", [0])
    scene.canvas.choose_tool("vertex")
    scene.click(1500, 1500)
    scene.key(Qt.Key.Key_Delete)
    assert list(scene.shape("lines", 0).coords) == [(X, Y + 1500), (X + 3000, Y + 1500)]


def test_a_refusal_is_said_quietly_and_changes_nothing(scene: Any) -> None:
    scene.session.select("lines", [0])
    scene.canvas.choose_tool("vertex")
    for _ in range(2):
        scene.key(Qt.Key.Key_Period)
        with scene.qtbot.waitSignal(scene.canvas.problem, timeout=1000, raising=False) as told:
            scene.key(Qt.Key.Key_Delete)
    assert told.signal_triggered
    assert len(scene.shape("lines", 0).coords) == 2
    assert scene.canvas.toast.text


def test_escape_leaves_a_vertex_where_it_was(scene: Any) -> None:
    scene.session.select("areas", [0])
    scene.canvas.choose_tool("vertex")
    scene.drag((1000, 1000), (1300, 1300), let_go=False)
    scene.key(Qt.Key.Key_Escape)
    assert not scene.session.can_undo


def test_the_handles_follow_an_undo(scene: Any) -> None:
    scene.session.select("areas", [0])
    scene.canvas.choose_tool("vertex")
    scene.drag((1000, 1000), (1300, 1300))
    scene.session.undo()
    scene.drag((1000, 1000), (1200, 1250))
    assert shapely.bounds(scene.shape("areas", 0))[2] == pytest.approx(X + 1200, abs=scene.canvas.viewport.units_per_px)
