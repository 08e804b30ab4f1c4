"""Labels that are moved by hand: dragged, seen where they were put, undone, let go again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import shapely
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from tests.app.canvas.conftest import X, Y, layer

from cgplanner.edit import operations
from cgplanner.model.workspace import View
from cgplanner.session.labels import pinned_rids
from cgplanner.symbology.evaluate import style_of
from cgplanner.symbology.style import Labels

ALT = Qt.KeyboardModifier.AltModifier


@pytest.fixture
def named(open_scene: Callable[..., Any]) -> Any:
    """A map of one point with a name, 400 m wide on the screen."""
    made = open_scene(layer("points", "point", [shapely.Point(X, Y), shapely.Point(X + 300, Y + 300)]))
    style = replace(style_of(made.session.workspace.layer("points")), labels=Labels("name"))
    made.session.run(operations.set_style(made.session.workspace, "points", style))
    made.canvas.set_view(View(X, Y, 5_000))
    made.wait_for_map()
    return made


def middle(scene: Any, row: int = 0) -> tuple[float, float]:
    """Return the middle of a label in metres from the corner, as it is shown."""
    scene.wait_for_map()
    picture = scene.canvas.picture.labels
    box = next(each.box for each in picture.labels if each.row == row)
    (place,) = picture.viewport.to_map(np.array([[(box[0] + box[2]) / 2, (box[1] + box[3]) / 2]]))
    return float(place[0] - X), float(place[1] - Y)


@pytest.mark.parametrize(("tool", "modifiers"), [("move-label", Qt.KeyboardModifier.NoModifier), ("select", ALT)])
def test_a_label_goes_where_it_is_dragged_and_undo_brings_it_back(named: Any, tool: str, modifiers: Any) -> None:
    named.canvas.choose_tool(tool)
    before = middle(named)
    named.drag(before, (before[0] - 150, before[1] + 90), modifiers)
    assert pinned_rids(named.session.workspace, "points") == (0,)
    assert middle(named) == pytest.approx((before[0] - 150, before[1] + 90), abs=1.5)  # a pixel is 1.3 m
    assert str(named.session.undo_title) == "move the label of points 0"
    named.session.undo()
    assert pinned_rids(named.session.workspace, "points") == ()
    assert middle(named) == pytest.approx(before, abs=0.1)


def test_a_name_is_not_shown_as_blocks_in_the_first_frame_after_a_large_zoom(named: Any) -> None:
    east, north = middle(named)
    units = named.canvas.view.target.units_per_px
    named.canvas.view.go(X + east, Y + north, units / 2)
    assert len(np.unique(pixels(named), axis=0)) > 2  # twice as large, it stands in
    named.canvas.view.go(X + east, Y + north, units / 64)
    assert len(np.unique(pixels(named), axis=0)) == 1


def pixels(scene: Any) -> Any:
    """Return what the canvas shows, one row a pixel."""
    image = scene.canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    return np.frombuffer(image.constBits(), np.uint32).reshape(-1, 1).copy()


def test_it_moves_along_when_its_feature_moves(named: Any) -> None:
    named.canvas.choose_tool("move-label")
    before = middle(named)
    named.drag(before, (before[0] - 100, before[1] + 80))
    put = middle(named)
    named.session.run(operations.move_features(named.session.workspace, "points", [0], 50.0, -40.0))
    assert middle(named) == pytest.approx((put[0] + 50, put[1] - 40), abs=0.5)


def test_a_double_click_lets_it_find_its_place_again(named: Any) -> None:
    named.canvas.choose_tool("move-label")
    before = middle(named)
    named.drag(before, (before[0] - 150, before[1] + 90))
    middle(named)
    named.double_click(before[0] - 150, before[1] + 90)
    assert pinned_rids(named.session.workspace, "points") == ()
    assert middle(named) == pytest.approx(before, abs=0.1)


def test_escape_and_a_mere_click_leave_it_where_it_was(named: Any) -> None:
    named.canvas.choose_tool("move-label")
    before = middle(named)
    named.drag(before, (before[0] - 150, before[1] + 90), let_go=False)
    assert named.canvas.tool.cancel()
    named.click(*before)
    named.drag((-400, -300), (-300, -200))  # where no label is
    assert not named.session.workspace.layer("points").style.labels.pins
    assert str(named.session.undo_title) == "change the style of points"
