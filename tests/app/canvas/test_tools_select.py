"""Select, identify and zoom tools: which features a click or a box means."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt

SHIFT, CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier


def chosen(scene: Any) -> tuple[str, tuple[int, ...]]:
    return scene.session.selection.layer_id, scene.session.selection.rids


def test_a_click_takes_the_topmost_feature_a_second_one_that_below(scene: Any) -> None:
    scene.canvas.choose_tool("select")
    scene.click(2250, 500)
    assert chosen(scene) == ("areas", (2,))
    scene.click(2250, 500)
    assert chosen(scene) == ("areas", (1,))
    scene.click(2250, 500)
    assert chosen(scene) == ("areas", (2,))
    scene.click(2750, 500)
    assert chosen(scene) == ("areas", (1,))


def test_a_click_beside_everything_clears_the_selection(scene: Any) -> None:
    scene.canvas.choose_tool("select")
    scene.click(500, 500)
    assert chosen(scene) == ("areas", (0,))
    scene.click(1500, 300)
    assert chosen(scene) == ("", ())


def test_shift_adds_and_ctrl_adds_or_takes_away(scene: Any) -> None:
    scene.canvas.choose_tool("select")
    scene.click(500, 500)
    scene.click(2750, 500, SHIFT)
    assert chosen(scene) == ("areas", (0, 1))
    scene.click(2750, 500, SHIFT)
    assert chosen(scene) == ("areas", (0, 1))
    scene.click(500, 500, CTRL)
    assert chosen(scene) == ("areas", (1,))
    scene.click(1500, 300, SHIFT)  # beside everything: a slip of the hand does not lose the selection
    assert chosen(scene) == ("areas", (1,))


def test_a_box_takes_what_it_meets_of_one_layer(scene: Any) -> None:
    scene.canvas.choose_tool("select")
    scene.session.set_current_layer("areas")
    scene.drag((900, 900), (2100, 1600))
    assert chosen(scene) == ("areas", (0, 1, 2))
    scene.drag((900, 1400), (2100, 1600))
    assert chosen(scene) == ("lines", (0,))


def test_a_box_beside_a_shape_but_within_its_bounds_takes_nothing(scene: Any) -> None:
    scene.canvas.choose_tool("vertex")
    scene.session.select("lines", [0])
    scene.drag((1500, 1500), (1500, 100))  # the line is a V now
    scene.canvas.choose_tool("select")
    scene.session.select("", ())
    scene.drag((1300, 1100), (1700, 1400))
    assert chosen(scene) == ("", ())


def test_a_box_finds_features_in_degrees(scene: Any) -> None:
    scene.canvas.choose_tool("select")
    scene.drag((400, -600), (600, -400))
    assert chosen(scene) == ("points", (0,))


def test_escape_clears_the_selection_when_nothing_is_begun(scene: Any) -> None:
    scene.canvas.choose_tool("select")
    scene.click(500, 500)
    scene.key(Qt.Key.Key_Escape)
    assert chosen(scene) == ("", ())


def test_identify_says_what_it_is_and_selects_nothing(scene: Any) -> None:
    scene.canvas.choose_tool("identify")
    scene.click(2250, 500)
    tool = scene.canvas.tool
    assert tool.lines[0] == "areas 2"
    assert chosen(scene) == ("", ())
    scene.key(Qt.Key.Key_Escape)
    assert not tool.lines


def test_a_box_to_zoom_to_becomes_the_view(scene: Any) -> None:
    scene.canvas.choose_tool("zoom-box")
    before = scene.canvas.viewport.units_per_px
    scene.drag((0, 0), (1000, 1000))
    view = scene.canvas.viewport
    assert view.units_per_px < before
    assert (view.x - 500_000, view.y - 4_190_000) == pytest.approx((500, 500), abs=2 * before)
