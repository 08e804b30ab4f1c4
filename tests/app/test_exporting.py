"""What leaves through the window: losses are told first, remedies are one click, and the look of a layer goes with it."""

from __future__ import annotations

import zipfile
from pathlib import Path

from PySide6.QtWidgets import QAbstractButton, QDialog, QLabel
from pytestqt.qtbot import QtBot

from cgplanner.app.dialogs.export_dialog import ExportDialog
from cgplanner.app.dialogs.loss_dialog import LossDialog
from cgplanner.app.dialogs.message_dialog import MessageDialog
from cgplanner.app.main_window import MainWindow
from cgplanner.edit import operations
from cgplanner.io import vector
from cgplanner.io.writing.outgoing import WRITABLE
from cgplanner.io.writing.receivers import receiver_names
from cgplanner.session.session import Session

WAIT_MS = 60_000


def shown(window: MainWindow, kind: type[QDialog]) -> QDialog | None:
    dialogs = [each for each in window.findChildren(kind) if each.isVisible()]
    return dialogs[-1] if dialogs else None


def click(dialog: QDialog | None, text: str) -> None:
    assert dialog is not None
    next(each for each in dialog.findChildren(QAbstractButton) if each.text() == text).click()


def test_the_loss_list_comes_first_and_offers_a_remedy(
    window: MainWindow, session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    field = session.workspace.layer("projects").table.schema.fields[0]
    rid = int(session.workspace.layer("projects").table.rids[0])
    session.run(operations.set_field(session.workspace, "projects", [rid], field.id, "机场🛫"))
    window.exchange._folder = tmp_path
    window.exchange.ask_export({"projects"})
    dialog = shown(window, ExportDialog)
    assert isinstance(dialog, ExportDialog)
    dialog.receiver.setCurrentIndex(dialog.receiver.findData("arcgis10"))
    dialog.ok.click()
    qtbot.waitUntil(lambda: shown(window, LossDialog) is not None, timeout=WAIT_MS)
    message = shown(window, LossDialog)
    assert isinstance(message, LossDialog)
    assert message.heading.text() == "Shapefile for ArcGIS 10 on a Chinese system cannot hold everything."
    assert any("🛫" in label.text() for label in message.findChildren(QLabel))
    assert list(tmp_path.glob("*.shp")) == []
    click(message, "Use UTF-8 instead of GBK")
    qtbot.waitUntil(lambda: shown(window, MessageDialog) is not None, timeout=WAIT_MS)
    click(shown(window, MessageDialog), "Close")
    assert vector.read_layer(tmp_path / "projects.shp").table.columns[field.id].value(0) == "机场🛫"


def test_formats_and_receivers_are_those_there_are(window: MainWindow, home: Path, tmp_path: Path) -> None:
    (home / "receivers").mkdir()
    (home / "receivers" / "ours.json").write_text('{"title_en": "Our office", "title_zh": "本院"}', encoding="utf-8")
    window.exchange._folder = tmp_path
    window.exchange.ask_export({"projects"})
    dialog = shown(window, ExportDialog)
    assert isinstance(dialog, ExportDialog)
    assert {dialog.format.itemData(row) for row in range(dialog.format.count())} == set(WRITABLE)
    assert [dialog.receiver.itemData(row) for row in range(dialog.receiver.count())] == list(receiver_names())
    assert dialog.receiver.findText("Our office") >= 0
    assert dialog.request().receiver == "qgis"
    dialog.format.setCurrentIndex(dialog.format.findData("gpkg"))
    dialog.format.activated.emit(dialog.format.currentIndex())
    assert not dialog.receiver.isEnabled()
    dialog.reject()


def test_the_whole_workspace_is_handed_over_as_one_archive(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    window.exchange._folder = tmp_path
    window.exchange.ask_hand_over()
    dialog = shown(window, ExportDialog)
    assert isinstance(dialog, ExportDialog)
    request = dialog.request()
    assert (request.is_archive, request.readme, request.page is not None) == (True, True, True)
    assert len(request.layers) == len(window.bridge.workspace.layers)
    dialog.page.setChecked(False)
    dialog.format.setCurrentIndex(dialog.format.findData("gpkg"))
    dialog.ok.click()
    qtbot.waitUntil(lambda: shown(window, MessageDialog) is not None, timeout=WAIT_MS)
    click(shown(window, MessageDialog), "Close")
    with zipfile.ZipFile(request.target) as archive:
        names = set(archive.namelist())
    assert names == {f"{layer.id}.gpkg" for layer in request.layers} | {"README.txt"}


def test_an_export_can_be_stopped_and_leaves_nothing(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    window.exchange._folder = tmp_path
    window.exchange.ask_export({"projects"})
    dialog = shown(window, ExportDialog)
    assert isinstance(dialog, ExportDialog)
    dialog.format.setCurrentIndex(dialog.format.findData("dxf"))
    dialog.ok.click()

    def stopped() -> bool:
        window.jobs.cancel()  # the looking may be over before it is stopped; then the writing is
        return not window.jobs.busy

    qtbot.waitUntil(stopped, timeout=WAIT_MS)
    assert list(tmp_path.iterdir()) == []


def test_a_profile_is_taken_in_the_window_or_refused_in_a_sentence(window: MainWindow, home: Path, tmp_path: Path) -> None:
    sound, damaged = tmp_path / "ours.json", tmp_path / "theirs.json"
    sound.write_text('{"title_en": "Our office", "title_zh": "本院", "based_on": "arcgis10"}', encoding="utf-8")
    damaged.write_text('{"encoding": "Klingon"}', encoding="utf-8")
    window.exchange._folder = tmp_path
    window.exchange.ask_export({"projects"})
    dialog = shown(window, ExportDialog)
    assert isinstance(dialog, ExportDialog)
    dialog.take_profile(damaged)
    assert "Klingon" in dialog._why.text()
    assert dialog.receiver.findData("theirs") < 0
    dialog.take_profile(sound)
    assert (dialog.receiver.currentText(), dialog.request().receiver) == ("Our office", "ours")
    assert (home / "receivers" / "ours.json").exists()
    dialog.reject()
