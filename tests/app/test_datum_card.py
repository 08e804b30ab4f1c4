"""The datum of a layer that is on the map already: offered where it is old, changed by a card, undone by one step."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely
from PySide6.QtWidgets import QApplication, QDialog, QPushButton
from pytestqt.qtbot import QtBot

from cgplanner.app.dialogs.datum_choice import KEEP, PARAMETERS, ROUGH
from cgplanner.app.dialogs.datum_dialog import DatumDialog
from cgplanner.app.dialogs.layer_datum_dialog import LayerDatumDialog
from cgplanner.app.dialogs.properties_dialog import PropertiesDialog
from cgplanner.app.language import switch_language
from cgplanner.app.main_window import MainWindow
from cgplanner.edit import operations
from cgplanner.io.report import Report
from cgplanner.io.source import LoadedLayer
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import table_from_records
from cgplanner.session.importing import imported_layer
from cgplanner.session.session import Session

XIAN = "EPSG:2383"


@pytest.fixture
def surveyed(window: MainWindow, session: Session) -> MainWindow:
    shape = shapely.box(366_900, 4_185_000, 367_000, 4_185_100)
    table = table_from_records(Schema((Field("f1", "n", FieldType.INTEGER),), "polygon"), [{"n": 1}], [shape])
    loaded = LoadedLayer("plots", table, XIAN, Report(crs=XIAN), Path("plots.shp"))
    session.run(operations.add_layer(session.workspace, imported_layer(loaded, session.workspace)))
    session.set_current_layer("plots")
    return window


def shown(window: MainWindow, kind: type[QDialog]) -> QDialog:
    found = [each for each in window.findChildren(kind) if each.isVisible()]
    assert found, kind
    return found[-1]


def asked(window: MainWindow) -> LayerDatumDialog:
    window.actions_by_id["layer-datum"].trigger()
    dialog = shown(window, LayerDatumDialog)
    assert isinstance(dialog, LayerDatumDialog)
    return dialog


def choose(dialog: LayerDatumDialog, what: str) -> None:
    dialog.datum.setCurrentIndex(dialog.datum.findData(what))
    dialog.datum.activated.emit(dialog.datum.currentIndex())


def layer_crs(session: Session) -> str:
    return session.workspace.layer("plots").crs


def test_the_rough_way_is_one_step_and_is_marked(surveyed: MainWindow, session: Session, qtbot: QtBot) -> None:
    dialog = asked(surveyed)
    assert not dialog.ok.isEnabled()
    assert dialog.datum.currentData() == KEEP
    choose(dialog, ROUGH)
    dialog.ok.click()
    qtbot.waitUntil(lambda: layer_crs(session) == "EPSG:4547")
    assert "150 m" in session.workspace.layer("plots").accuracy_text
    assert "can be undone" in surveyed.canvas.toast.text
    session.undo()
    assert layer_crs(session) == XIAN


def test_own_parameters_go_on_from_the_rough_way(surveyed: MainWindow, session: Session, qtbot: QtBot) -> None:
    before = session.workspace.layer("plots").table.geometry.base.xy
    dialog = asked(surveyed)
    choose(dialog, ROUGH)
    dialog.ok.click()
    qtbot.waitUntil(lambda: layer_crs(session) == "EPSG:4547")
    dialog = asked(surveyed)
    assert dialog.datum.findData(ROUGH) < 0
    choose(dialog, PARAMETERS)
    numbers = shown(surveyed, DatumDialog)
    assert isinstance(numbers, DatumDialog)
    for edit, text in zip(numbers.numbers, ("-12", "118.5", "61.25"), strict=False):
        edit.setText(text)
    numbers.ok.click()
    dialog.ok.click()
    qtbot.waitUntil(lambda: session.workspace.layer("plots").extras["datum"]["how"] == "helmert")
    moved = np.hypot(*(session.workspace.layer("plots").table.geometry.base.xy - before).T)
    assert moved.min() > 10


def test_a_layer_of_today_says_why_not(window: MainWindow, session: Session) -> None:
    session.set_current_layer("cities")
    action = window.actions_by_id["layer-datum"]
    assert not action.isEnabled()
    assert "CGCS2000" in action.toolTip()


def test_the_properties_of_an_old_layer_lead_there(surveyed: MainWindow) -> None:
    surveyed.actions_by_id["layer-properties"].trigger()
    facts = shown(surveyed, PropertiesDialog)
    button = next(each for each in facts.findChildren(QPushButton) if each.text() == "Change the datum…")
    button.click()
    assert shown(surveyed, LayerDatumDialog)


def test_the_card_speaks_chinese(surveyed: MainWindow, dressed: QApplication) -> None:
    switch_language(dressed, "zh")
    dialog = asked(surveyed)
    assert dialog.heading.text() == "plots 的坐标基准"
    assert dialog.ok.text() == "转换基准"
