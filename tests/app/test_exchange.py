"""Import card, export and print over real files: what the planner sees, and what is on the disk afterwards."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QAbstractButton, QDialog
from pytestqt.qtbot import QtBot

from cgplanner.app.dialogs.export_dialog import ExportDialog
from cgplanner.app.dialogs.import_dialog import ImportDialog
from cgplanner.app.dialogs.message_dialog import MessageDialog
from cgplanner.app.dialogs.print_dialog import PrintDialog
from cgplanner.app.exporting import _notes
from cgplanner.app.main_window import MainWindow
from cgplanner.io import vector
from cgplanner.io.report import Note
from cgplanner.io.source import WriteReport
from cgplanner.model.changeset import GEOMETRY
from cgplanner.model.geometry_column import GeometryColumn
from cgplanner.session.session import Session

WAIT_MS = 60_000


def shown(window: MainWindow, kind: type[QDialog]) -> QDialog | None:
    dialogs = [each for each in window.findChildren(kind) if each.isVisible()]
    return dialogs[-1] if dialogs else None


def click(dialog: QDialog | None, text: str) -> None:
    assert dialog is not None
    next(each for each in dialog.findChildren(QAbstractButton) if each.text() == text).click()


@pytest.fixture
def shapefile(session: Session, tmp_path: Path) -> Path:
    layer = session.workspace.layer("projects")
    path = tmp_path / "项目 2026.shp"
    vector.write_layer(layer.table, layer.crs, path, format="shp", layer_name="projects")
    return path


ASIDE = 0.03  # degrees: not on the lines of the layer that is open, which would prove the place


def moved_aside(session: Session, path: Path) -> None:
    table = session.workspace.layer("projects").table
    aside = table.geometry.base.with_xy(table.geometry.base.xy + ASIDE)
    table = replace(table, columns={**table.columns, GEOMETRY: GeometryColumn(aside)})
    vector.write_layer(table, "EPSG:4490", path, format="shp", layer_name="projects", overwrite=True)


def card_of(window: MainWindow, path: Path, qtbot: QtBot) -> ImportDialog:
    window.exchange.import_files([path])
    qtbot.waitUntil(lambda: shown(window, ImportDialog) is not None, timeout=WAIT_MS)
    card = shown(window, ImportDialog)
    assert isinstance(card, ImportDialog)
    qtbot.waitUntil(lambda: not window.jobs.busy, timeout=WAIT_MS)
    return card


def test_the_card_says_what_was_understood_and_adds_the_layer(
    window: MainWindow, session: Session, shapefile: Path, qtbot: QtBot
) -> None:
    card = card_of(window, shapefile, qtbot)
    assert "4 features, 7 fields" in card._understood.text()
    assert "UTF-8" in card._understood.text()
    assert "EPSG:4490" in card._understood.text()
    assert card.sample.rowCount() == 3
    assert card.sample.item(0, 0).text() == "太旧高速公路改造"
    card.name.setText("Received")
    card.ok.click()
    assert session.workspace.layers[-1].title == "Received"
    assert len(session.workspace.layers[-1].table) == 4
    assert session.current_layer == session.workspace.layers[-1].id
    session.undo()
    assert len(session.workspace.layers) == 2


def test_a_wrong_encoding_shows_and_can_be_taken_back(window: MainWindow, shapefile: Path, qtbot: QtBot) -> None:
    card = card_of(window, shapefile, qtbot)
    for wanted, said in (("GBK", "Text: GBK"), (None, "Text: UTF-8")):
        card.encoding.setCurrentIndex(card.encoding.findData(wanted))
        card.encoding.activated.emit(card.encoding.currentIndex())
        qtbot.waitUntil(lambda: not window.jobs.busy, timeout=WAIT_MS)
        assert said in card._understood.text()
        # Values that are none of the chosen encoding are read as what they are, and that is said.
        assert card.sample.item(0, 0).text() == "太旧高速公路改造"
        assert ("encoding" in card._notes.text() or "GBK" in card._notes.text()) == (wanted == "GBK")
    card.reject()


def test_a_file_without_coordinates_waits_for_the_planner(
    window: MainWindow, session: Session, shapefile: Path, qtbot: QtBot
) -> None:
    table = session.workspace.layer("projects").table
    shifted = table.geometry.base.with_xy(table.geometry.base.xy / 50)  # numbers that are no place in the cluster
    table = replace(table, columns={**table.columns, GEOMETRY: GeometryColumn(shifted)})
    vector.write_layer(table, "", shapefile, format="shp", layer_name="projects", overwrite=True)
    card = card_of(window, shapefile, qtbot)
    assert not card.ok.isEnabled()
    assert "coordinate system" in card.ok.toolTip()
    card.crs.setEditText("EPSG:4547")
    assert card.ok.isEnabled()
    card.ok.click()
    assert session.workspace.layers[-1].crs == "EPSG:4547"


def test_the_guess_of_the_coordinates_is_shown_and_another_can_be_chosen(
    window: MainWindow, session: Session, shapefile: Path, qtbot: QtBot
) -> None:
    moved_aside(session, shapefile)
    shapefile.with_suffix(".prj").unlink()
    card = card_of(window, shapefile, qtbot)
    assert card.ok.isEnabled()
    assert "EPSG:4490" in card._understood.text()
    (place,) = (place for place in range(card.crs.count()) if "GCJ-02" in card.crs.itemText(place))
    card.crs.setCurrentIndex(place)
    card.ok.click()
    before, after = (session.workspace.layer("projects"), session.workspace.layers[-1])
    moved = after.table.geometry.base.xy - before.table.geometry.base.xy - ASIDE
    assert after.crs == "EPSG:4490"
    assert (abs(moved[:, 0]) > 0.004).all()


def test_cancelling_the_card_changes_nothing(window: MainWindow, session: Session, shapefile: Path, qtbot: QtBot) -> None:
    before = session.workspace
    card_of(window, shapefile, qtbot).reject()
    assert session.workspace is before


def test_several_files_come_one_after_the_other(window: MainWindow, session: Session, shapefile: Path, qtbot: QtBot) -> None:
    window.exchange.import_files([shapefile, shapefile])
    for count in (3, 4):
        qtbot.waitUntil(lambda: shown(window, ImportDialog) is not None and not window.jobs.busy, timeout=WAIT_MS)
        card = shown(window, ImportDialog)
        assert isinstance(card, ImportDialog)
        card.ok.click()
        assert len(session.workspace.layers) == count


def test_export_writes_what_is_ticked_and_says_what_came_of_it(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    window.exchange._folder = tmp_path
    window.exchange.ask_export({"projects"})
    dialog = shown(window, ExportDialog)
    assert isinstance(dialog, ExportDialog)
    dialog.ok.click()
    qtbot.waitUntil(lambda: shown(window, MessageDialog) is not None, timeout=WAIT_MS)
    message = shown(window, MessageDialog)
    assert isinstance(message, MessageDialog)
    assert message.heading.text() == "Projects was exported with 4 features."
    loaded = vector.read_layer(tmp_path / "projects.shp")
    assert loaded.table.columns[loaded.table.schema.fields[0].id].value(0) == "太旧高速公路改造"
    click(message, "Close")


def test_what_is_said_of_some_layers_names_them() -> None:
    def report(*texts: str) -> WriteReport:
        return WriteReport((), tuple(Note("any", "info", text) for text in texts))

    reports = [report("Both.", "One."), report("Both.", "Other.")]
    assert _notes(["roads", "rivers"], reports) == ["Both.", "roads: One.", "rivers: Other."]


def test_export_says_why_it_cannot_be_done(window: MainWindow, tmp_path: Path) -> None:
    (tmp_path / "projects.shp").touch()
    window.exchange._folder = tmp_path
    window.exchange.ask_export({"projects"})
    dialog = shown(window, ExportDialog)
    assert isinstance(dialog, ExportDialog)
    assert "projects.shp" in dialog.why_not()
    assert not dialog.ok.isEnabled()
    dialog.overwrite.setChecked(True)
    assert dialog.ok.isEnabled()
    for row in range(dialog.layers.count()):
        dialog.layers.item(row).setCheckState(Qt.CheckState.Unchecked)
    assert dialog.why_not() == "No layer is chosen."
    dialog.layers.item(0).setCheckState(Qt.CheckState.Checked)
    dialog.crs.setEditText("Beijing")
    assert "Beijing" in dialog.why_not()
    dialog.crs.setEditText("4547")
    assert dialog.request().crs == "EPSG:4547"
    dialog.folder.setText(str(tmp_path / "nowhere"))
    assert dialog.why_not() == "There is no such folder."
    dialog.reject()


def test_the_page_is_shown_before_it_is_printed(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    window.exchange._folder = tmp_path
    window.exchange.ask_print(None)
    dialog = shown(window, PrintDialog)
    assert isinstance(dialog, PrintDialog)
    qtbot.waitUntil(lambda: not dialog.preview.pixmap().isNull(), timeout=WAIT_MS)
    first = dialog.preview.pixmap().toImage()
    assert (first.width(), first.height()) == (480, pytest.approx(480 / 2**0.5, abs=2))
    dialog.title.setText("Another title")
    dialog.title.textEdited.emit("Another title")
    qtbot.waitUntil(lambda: dialog.preview.pixmap().toImage() not in (first, QImage()), timeout=WAIT_MS)
    dialog.reject()
    assert list(tmp_path.iterdir()) == []


def test_printing_writes_the_page(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    window.exchange._folder = tmp_path
    window.exchange.ask_print(None)
    dialog = shown(window, PrintDialog)
    assert isinstance(dialog, PrintDialog)
    dialog.path.setText(str(tmp_path / "page.doc"))
    assert not dialog.ok.isEnabled()
    dialog.path.setText(str(tmp_path / "page.pdf"))
    assert dialog._why.isHidden()
    (tmp_path / "page.pdf").write_bytes(b"old")
    dialog.path.setText(str(tmp_path / "page.PDF"))
    dialog.path.setText(str(tmp_path / "page.pdf"))
    assert "will be replaced" in dialog._why.text()
    dialog.ok.click()
    qtbot.waitUntil(lambda: shown(window, MessageDialog) is not None, timeout=WAIT_MS)
    click(shown(window, MessageDialog), "Close")
    assert (tmp_path / "page.pdf").read_bytes().startswith(b"%PDF")


def test_the_map_goes_to_a_layer_out_of_view_and_else_stays(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    path = tmp_path / "far.geojson"
    path.write_text('{"type": "Point", "coordinates": [121.47, 31.23]}', encoding="utf-8")
    before = window.canvas.extent
    for _ in range(2):
        card_of(window, path, qtbot).ok.click()
        qtbot.waitUntil(lambda: shown(window, ImportDialog) is None, timeout=WAIT_MS)
    there = window.canvas.extent
    assert before is not None
    assert there is not None
    assert there[0] > before[2], "Shanghai lies east of everything that was in view"


@pytest.mark.parametrize("suffix", [".geojson", ".kml"])
def test_the_whole_features_of_a_file_that_breaks_off_are_offered(
    window: MainWindow, tmp_path: Path, qtbot: QtBot, suffix: str
) -> None:
    path = tmp_path / f"断{suffix}"
    one = '{"type":"Feature","properties":{"a":1},"geometry":{"type":"Point","coordinates":[112.7,37.7]}}'
    place = "<Placemark><Point><coordinates>112.7,37.7</coordinates></Point></Placemark>"
    broken = {
        ".geojson": f'{{"type":"FeatureCollection","features":[{one},{one},{{"ty',
        ".kml": f"<kml><Document>{place * 2}<P",
    }
    text = broken[suffix]
    path.write_text(text, encoding="utf-8")
    window.exchange.import_files([path])
    qtbot.waitUntil(lambda: shown(window, MessageDialog) is not None, timeout=WAIT_MS)
    click(shown(window, MessageDialog), "Take the 2 whole features")
    qtbot.waitUntil(lambda: shown(window, ImportDialog) is not None, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: not window.jobs.busy, timeout=WAIT_MS)
    card = shown(window, ImportDialog)
    assert isinstance(card, ImportDialog)
    assert "2 features" in card._understood.text()
    assert "only the 2 features before it were read" in card._notes.text()
