"""The badge of a layer that has troubles, its report, and the way from there to the features."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import shapely
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from tests.app.conftest import cities, workspace

from cgplanner.app.dialogs.troubles_dialog import TroublesDialog
from cgplanner.app.main_window import MainWindow
from cgplanner.app.panels import layer_row
from cgplanner.app.qtmodels.layer_tree_model import TroubleRole
from cgplanner.edit import operations
from cgplanner.session.session import Session

BOW = shapely.Polygon([(112, 37), (113, 38), (113, 37), (112, 38)])
WAIT_MS = 20_000


@pytest.fixture
def window(open_window: Callable[[Session], MainWindow], qtbot: QtBot) -> MainWindow:
    window = open_window(Session(workspace(), journaled=False))
    qtbot.waitUntil(lambda: window.health.is_done, timeout=WAIT_MS)
    return window


def badge(window: MainWindow) -> str:
    return str(window.layers.model.index_of(cities().id).data(TroubleRole))


def break_city(window: MainWindow, qtbot: QtBot) -> None:
    session = window.bridge.session
    session.run(operations.set_geometry(session.workspace, "cities", 1, BOW))
    qtbot.waitUntil(lambda: bool(badge(window)), timeout=WAIT_MS)


def test_a_sound_workspace_has_no_badges(window: MainWindow) -> None:
    assert window.health.troubles == {}
    assert badge(window) == ""


def test_a_badge_comes_with_the_trouble_and_goes_with_it(window: MainWindow, qtbot: QtBot) -> None:
    break_city(window, qtbot)
    assert "1 areas have edges that cross." in badge(window)
    assert badge(window) in str(window.layers.model.index_of("cities").data(Qt.ItemDataRole.ToolTipRole))
    window.bridge.session.undo()
    qtbot.waitUntil(lambda: not badge(window), timeout=WAIT_MS)


def test_a_click_on_the_badge_opens_the_report_and_a_line_of_it_shows_the_feature(window: MainWindow, qtbot: QtBot) -> None:
    break_city(window, qtbot)
    tree = window.layers.tree
    rect = tree.visualRect(window.layers.model.index_of("cities"))
    y = rect.bottom() - layer_row.LAYER_HEIGHT // 2
    found = [
        x
        for x in range(rect.left(), rect.right())
        if layer_row.hit(tree, window.layers.model.index_of("cities"), x, y) == "badge"
    ]
    assert 15 <= len(found) <= 30
    place = rect.topLeft()
    place.setX(found[len(found) // 2])
    place.setY(y)
    qtbot.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
    (report,) = window.findChildren(TroublesDialog)
    assert not report.isModal()
    line = report.tree.topLevelItem(0).child(0)
    assert line.text(0) == "晋中市"
    report.tree.setCurrentItem(line)
    assert window.bridge.selection.layer_id == "cities"
    assert window.bridge.selection.rids == (1,)
    report.accept()
