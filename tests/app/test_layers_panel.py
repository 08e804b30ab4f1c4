"""The layers panel: topmost first, eye, order, opacity, legend; every change is one the session can undo."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from cgplanner.app.bridge import Bridge
from cgplanner.app.panels import layer_row
from cgplanner.app.panels.layers_panel import LayersPanel
from cgplanner.app.qtmodels.layer_tree_model import LayerTreeModel
from cgplanner.edit import operations
from cgplanner.session.session import Session
from cgplanner.symbology.defaults import default_symbol
from cgplanner.symbology.evaluate import style_of
from cgplanner.symbology.style import Categorized, Category


@pytest.fixture
def panel(session: Session, qtbot: QtBot) -> LayersPanel:
    panel = LayersPanel(Bridge(session))
    panel._bridge.setParent(panel)
    qtbot.addWidget(panel)
    panel.resize(264, 600)
    panel.show()
    return panel


def classed(session: Session) -> None:
    categories = tuple(Category((code,), default_symbol("#112233")) for code in ("规划", "建设中"))
    style = replace(style_of(session.workspace.layer("projects")), renderer=Categorized("XMZT", categories))
    session.run(operations.set_style(session.workspace, "projects", style))


def click(panel: LayersPanel, layer_id: str, x: int, qtbot: QtBot) -> None:
    rect = panel.tree.visualRect(panel.model.index_of(layer_id))
    place = rect.bottomLeft()
    place.setX(rect.left() + x)
    place.setY(rect.bottom() - layer_row.LAYER_HEIGHT // 2)
    qtbot.mouseClick(panel.tree.viewport(), Qt.MouseButton.LeftButton, pos=place)


def test_the_model_keeps_qt_s_rules(session: Session) -> None:
    model = LayerTreeModel(lambda _: None)
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Warning)
    model.show(session.workspace)
    classed(session)
    model.show(session.workspace)
    assert model.rowCount(model.index_of("projects")) == 2
    assert tester.model() is model


def test_the_topmost_layer_stands_first(panel: LayersPanel) -> None:
    rows = [panel.model.index(row, 0).data() for row in range(panel.model.rowCount(QModelIndex()))]
    assert rows == ["Projects", "Cities"]
    assert [panel.model.starts_group(row) for row in range(2)] == [True, True]


def test_the_eye_hides_and_shows(panel: LayersPanel, session: Session, qtbot: QtBot) -> None:
    click(panel, "cities", 30, qtbot)
    assert not session.workspace.layer("cities").visible
    assert str(session.undo_title) == "hide Cities"
    session.undo()
    assert session.workspace.layer("cities").visible


def test_a_click_on_the_row_makes_the_layer_current(panel: LayersPanel, session: Session, qtbot: QtBot) -> None:
    click(panel, "cities", 150, qtbot)
    assert session.current_layer == "cities"


def test_selecting_a_feature_shows_its_layer_as_current(panel: LayersPanel, session: Session) -> None:
    session.select("cities", [0])
    layer = panel.model.layer_at(panel.tree.currentIndex())
    assert layer is not None
    assert layer.id == "cities"


def test_dropping_a_layer_reorders(panel: LayersPanel, session: Session) -> None:
    data = panel.model.mimeData([panel.model.index_of("projects")])
    panel.model.dropMimeData(data, Qt.DropAction.MoveAction, 2, 0, QModelIndex())
    assert [layer.id for layer in session.workspace.layers] == ["projects", "cities"]
    assert str(session.undo_title) == "reorder the layers"


def test_dropping_a_layer_where_it_is_changes_nothing(panel: LayersPanel, session: Session) -> None:
    data = panel.model.mimeData([panel.model.index_of("projects")])
    for row in (0, 1):
        panel.model.dropMimeData(data, Qt.DropAction.MoveAction, row, 0, QModelIndex())
    assert not session.is_dirty


def test_keys_move_and_hide(panel: LayersPanel, session: Session, qtbot: QtBot) -> None:
    session.set_current_layer("projects")
    qtbot.keyClick(panel.tree, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert [layer.id for layer in session.workspace.layers] == ["projects", "cities"]
    qtbot.keyClick(panel.tree, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert [layer.id for layer in session.workspace.layers] == ["cities", "projects"]
    qtbot.keyClick(panel.tree, Qt.Key.Key_Space)
    assert not session.workspace.layer("projects").visible


def test_dragging_the_slider_is_one_step(panel: LayersPanel, session: Session) -> None:
    session.set_current_layer("projects")
    for percent in (90, 70, 50):
        panel.opacity.setValue(percent)
    assert session.workspace.layer("projects").opacity == 0.5
    session.undo()
    assert session.workspace.layer("projects").opacity == 1.0
    assert panel.opacity.value() == 100


def test_an_open_legend_stays_open(panel: LayersPanel, session: Session, qtbot: QtBot) -> None:
    classed(session)
    click(panel, "projects", 8, qtbot)
    assert panel.tree.unfolded() == ["projects"]
    session.run(operations.reorder(session.workspace, ["projects", "cities"]))
    assert panel.tree.unfolded() == ["projects"]


def test_the_context_menu_removes_and_asks(panel: LayersPanel, session: Session, qtbot: QtBot) -> None:
    menu = panel.menu_for("cities")
    texts = [action.text() for action in menu.actions() if not action.isSeparator()]
    assert texts == [
        "Hide",
        "Zoom to layer",
        "Open the table",
        "Export…",
        "Rename…",
        "Change the datum…",
        "Remove from the workspace",
        "Properties…",
    ]
    with qtbot.waitSignal(panel.asked) as asked:
        next(action for action in menu.actions() if action.text() == "Export…").trigger()
    assert asked.args == ["export", "cities"]
    next(action for action in menu.actions() if action.text().startswith("Remove")).trigger()
    assert "cities" not in session.workspace
