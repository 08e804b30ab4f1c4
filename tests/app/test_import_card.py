"""The import card in a real window: places on the map, encodings side by side, own parameters, dropped files, long readings."""

from __future__ import annotations

import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest
import shapely
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QTableWidget, QWidget
from pytestqt.qtbot import QtBot

from cgplanner.app.dialogs import import_dialog
from cgplanner.app.dialogs.datum_dialog import DatumDialog
from cgplanner.app.dialogs.import_dialog import Adding, ImportDialog, Looked
from cgplanner.app.dialogs.properties_dialog import PropertiesDialog
from cgplanner.app.exchange import sender_memory
from cgplanner.app.jobs import Progress
from cgplanner.app.main_window import MainWindow
from cgplanner.geometry.crs import transform_xy
from cgplanner.geometry.datum_shift import Helmert, shifted
from cgplanner.io import file_glimpse, vector
from cgplanner.io.shapes import repair
from cgplanner.io.source import LoadedLayer, SourceLayer
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import table_from_records
from cgplanner.session.senders import read_memory
from cgplanner.session.session import Session

WAIT_MS = 60_000
YANGQUAN = np.array([(113.88, 37.86), (113.90, 37.87), (113.87, 37.84), (113.89, 37.85)])
FIELDS = (
    Field("f1", "XMMC", FieldType.TEXT, 40, alias_zh="项目名称", alias_en="Project"),
    Field("f2", "JSDW", FieldType.TEXT, 40, alias_zh="建设单位", alias_en="Developer"),
    Field("f3", "MJ", FieldType.REAL, 10, 2, alias_zh="面积", alias_en="Area"),
)


def written(path: Path, crs: str, mark: str, name: str = "地块") -> Path:
    """Write four plots; ``mark`` goes into the .prj."""
    xy = transform_xy({"EPSG:2383": "EPSG:4610"}.get(crs, "EPSG:4490"), crs, YANGQUAN)
    size = 0.002 if crs == "EPSG:4490" else 200
    rows = [{"XMMC": f"{name}{row}", "JSDW": "建设集团", "MJ": 1.5 * row} for row in range(len(xy))]
    shapes = [shapely.box(x, y, x + size, y + size) for x, y in xy]
    table = table_from_records(Schema(FIELDS, "polygon"), rows, shapes)
    vector.write_layer(table, mark, path, format="shp", layer_name=path.stem)
    return path


def in_archive(path: Path) -> Path:
    """Pack a file and its neighbours of the same name, in a folder of the archive."""
    packed = path.with_suffix(".zip")
    with zipfile.ZipFile(packed, "w") as archive:
        for each in sorted(path.parent.glob(f"{path.stem}.*")):
            if each != packed:
                archive.write(each, f"内/{each.name}")
    return packed


def cell(table: QTableWidget, row: int, column: int) -> str:
    found = table.item(row, column)
    assert found is not None
    return found.text()


def click(widget: QWidget, place: QPoint) -> None:
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)


def headings(table: QTableWidget) -> list[tuple[str, str]]:
    found = [table.horizontalHeaderItem(at) for at in range(table.columnCount())]
    return [(each.text(), each.toolTip()) for each in found if each is not None]


def shown(window: MainWindow) -> ImportDialog | None:
    cards = [each for each in window.findChildren(ImportDialog) if each.isVisible()]
    return cards[-1] if cards else None


def ready(window: MainWindow, qtbot: QtBot) -> ImportDialog:
    """Return the card once its layer has been read."""
    qtbot.waitUntil(lambda: shown(window) is not None, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: not window.jobs.busy, timeout=WAIT_MS)
    card = shown(window)
    assert card is not None
    return card


def card_of(window: MainWindow, path: Path, qtbot: QtBot) -> ImportDialog:
    window.exchange.import_files([path])
    return ready(window, qtbot)


def test_candidates_are_on_the_map_and_in_the_list_and_one_choice(
    window: MainWindow, session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    card = card_of(window, written(tmp_path / "plots.shp", "EPSG:4547", ""), qtbot)
    crs = [place.candidate.crs for place in card.places.map._places]
    assert {"EPSG:4547", "EPSG:4546"} <= set(crs), "by the same numbers it may lie by the Yellow River"
    assert card.places.list.count() == len(crs)
    assert "%" in card.places.list.item(0).text()
    assert "city cluster" in card.places.list.item(0).text()
    other = crs.index("EPSG:4546")
    spot = card.places.map._spot(other)
    assert spot is not None
    click(card.places.map, spot.toPoint())
    assert card.places.list.currentRow() == other
    assert card.crs.crs == "EPSG:4546"
    assert "EPSG:4546) (chosen here)" in card._understood.text()
    assert "EPSG:4547" not in card._understood.text() + card._notes.text(), "what was overruled is not spoken of any more"
    card.places.list.setCurrentRow(crs.index("EPSG:4547"))
    card.places.list.itemClicked.emit(card.places.list.currentItem())
    assert card.crs.crs == "EPSG:4547"
    card.crs.setEditText("EPSG:4546")
    assert card.places.list.currentRow() == other
    card.ok.click()
    assert session.workspace.layers[-1].crs == "EPSG:4546"


def test_many_notes_take_a_few_lines_and_are_scrolled(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    card = card_of(window, written(tmp_path / "plots.shp", "EPSG:4547", "EPSG:4547"), qtbot)
    notes = card._notes
    notes.show_lines(["one"])
    one = notes.heightForWidth(800)
    notes.show_lines([f"number {number}" for number in range(40)])
    many = notes.heightForWidth(800)
    assert one < many < 6 * one
    qtbot.waitUntil(lambda: notes.height() == many, timeout=WAIT_MS)
    assert notes.verticalScrollBar().maximum() > 0
    card._notes.show_lines([])
    assert not card._notes.isVisible()
    card.reject()


def test_the_map_is_drawn_with_the_chosen_place_in_the_accent(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    card = card_of(window, written(tmp_path / "plots.shp", "EPSG:4547", ""), qtbot)
    pictures = []
    for number in (0, 1, -1):
        card.places.choose(number)
        pictures.append(card.places.map.grab().toImage())
    assert pictures[0] != pictures[1] != pictures[2]
    click(card.places.map, QPoint(5, 5))
    assert card.places.map.grab().toImage() != pictures[2], "a click beside the numbers looks closer"
    card.reject()


def test_titles_are_cleaned_and_headings_are_the_titles_of_fields(
    window: MainWindow, session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    card = card_of(window, written(tmp_path / "阳泉市_建设用地_20260301.shp", "EPSG:4547", "EPSG:4547"), qtbot)
    assert card.name.text() == "阳泉市 建设用地"
    assert [name for name, _ in headings(card.sample)] == ["Project", "Developer", "Area"]
    assert "XMMC" in headings(card.sample)[0][1]
    card.ok.click()
    assert session.workspace.layers[-1].title == "阳泉市 建设用地"
    assert session.workspace.layers[-1].source == "阳泉市_建设用地_20260301.shp"


def unmarked(path: Path) -> Path:
    """Take all marks of the encoding away: the text itself must tell."""
    path.with_suffix(".cpg").unlink()
    for beside in path.parent.glob(f"{path.stem}.fields.*"):
        beside.unlink()
    table = bytearray(path.with_suffix(".dbf").read_bytes())
    table[29] = 0
    path.with_suffix(".dbf").write_bytes(table)
    return path


def test_encodings_stand_side_by_side_and_a_choice_is_remembered_for_the_sender(
    window: MainWindow, session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    mistaken = "計畫區".encode("cp950").decode("gb18030")
    table = table_from_records(
        Schema(FIELDS[:1] + FIELDS[2:] + (Field("f4", "BZ", FieldType.TEXT, 10),), "point"),
        [{"XMMC": mistaken, "MJ": 1.0}],
        [shapely.Point(112.5, 37.8)],
    )
    paths = []
    for name in ("one", "two"):
        path = tmp_path / name / "plots.shp"
        path.parent.mkdir()
        vector.write_layer(table, "EPSG:4490", path, format="shp", layer_name="plots", receiver="supermap")
        paths.append(unmarked(path))
    card = card_of(window, paths[0], qtbot)
    texts = {cell(card.texts, row, 0): cell(card.texts, row, 1) for row in range(card.texts.rowCount())}
    assert texts["Big5"] == "計畫區"
    assert texts["GBK"] == mistaken
    assert cell(card.sample, 0, 0) == "計畫區", "which is what it is, but suppose the planner knows better"
    row = list(texts).index("GBK")
    card.texts.cellClicked.emit(row, 1)
    qtbot.waitUntil(lambda: not window.jobs.busy, timeout=WAIT_MS)
    assert card.encoding.currentData() == "GBK"
    assert cell(card.sample, 0, 0) == mistaken
    card.ok.click()
    assert {each.encoding for each in read_memory(sender_memory()).values()} == {"GBK"}
    again = card_of(window, paths[1], qtbot)
    assert cell(again.sample, 0, 0) == mistaken
    assert "remembered" in again._understood.text()
    assert "plots.shp" in again._notes.text()
    again.reject()


# Areas that cross themselves

BOW = shapely.Polygon([(113.88, 37.86), (113.89, 37.87), (113.89, 37.86), (113.88, 37.87)])


def crossed(path: Path, first: shapely.Polygon = BOW) -> Path:
    schema = Schema((Field("f1", "XMMC", FieldType.TEXT, 40),), "polygon")
    rows = [{"XMMC": "甲"}, {"XMMC": "乙"}]
    table = table_from_records(schema, rows, [first, shapely.box(113.90, 37.86, 113.91, 37.87)])
    vector.write_layer(table, "EPSG:4490", path, format="gpkg", layer_name=path.stem)
    return path


@pytest.mark.parametrize("few", [import_dialog.FEW, 3])
def test_invalid_areas_are_made_valid_when_asked_and_the_originals_are_kept(
    window: MainWindow, session: Session, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(import_dialog, "FEW", few)
    card = card_of(window, crossed(tmp_path / "plots.gpkg"), qtbot)
    assert (card.mend.isVisible(), card.mend.isChecked(), "1" in card.mend.text()) == (True, False, True)
    assert "kept as they are" in card._notes.text()
    card.mend.click()
    assert "kept as they are" not in card._notes.text()
    before = len(session.workspace.layers)
    card.ok.click()
    qtbot.waitUntil(lambda: len(session.workspace.layers) > before, timeout=WAIT_MS)
    table = session.workspace.layers[-1].table
    assert shapely.is_valid(table.geometry.geometries(np.arange(2))).all()
    kept = table.column("WKT_BEFORE").values()
    assert (shapely.from_wkt(kept[0]).wkb, kept[1]) == (BOW.wkb, None)


def test_the_tab_key_leads_past_the_sample_to_the_buttons(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    card = card_of(window, crossed(tmp_path / "plots.gpkg"), qtbot)
    card.sample.setFocus()
    for _ in range(2):
        QTest.keyClick(card.focusWidget(), Qt.Key.Key_Tab)
    assert card.focusWidget() is not card.sample
    card.reject()


def test_invalid_areas_stay_when_nothing_is_asked_and_sound_ones_bring_no_switch(
    window: MainWindow, session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    card_of(window, crossed(tmp_path / "plots.gpkg"), qtbot).ok.click()
    table = session.workspace.layers[-1].table
    assert not shapely.is_valid(table.geometry.value(0))
    assert "WKT_BEFORE" not in [each.name for each in table.schema]
    card = card_of(window, crossed(tmp_path / "sound.gpkg", shapely.box(113.88, 37.86, 113.89, 37.87)), qtbot)
    assert not card.mend.isVisible()
    card.reject()


def test_among_very_many_areas_the_invalid_ones_are_looked_for_when_asked(
    window: MainWindow, session: Session, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repair, "MOST_CHECKED", 1)
    card = card_of(window, crossed(tmp_path / "plots.gpkg"), qtbot)
    assert (card.mend.isVisible(), card.mend.isChecked()) == (True, False)
    assert "(2 to look at)" in card.mend.text()
    card.mend.click()
    before = len(session.workspace.layers)
    card.ok.click()
    assert window.jobs.busy  # beside the window, however few vertices there are
    qtbot.waitUntil(lambda: len(session.workspace.layers) > before, timeout=WAIT_MS)
    table = session.workspace.layers[-1].table
    assert shapely.is_valid(table.geometry.geometries(np.arange(2))).all()
    assert table.column("WKT_BEFORE").values()[1] is None


def test_adding_that_is_stopped_leaves_the_card_as_it_was(
    window: MainWindow, session: Session, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_dialog, "FEW", 3)
    monkeypatch.setattr(repair, "MOST_CHECKED", 1)
    goes_on, areas_of = threading.Event(), repair._areas_of
    monkeypatch.setattr(repair, "_areas_of", lambda shape: areas_of(shape) if goes_on.wait(60) else None)
    card = card_of(window, crossed(tmp_path / "plots.gpkg"), qtbot)
    card.mend.click()
    before = len(session.workspace.layers)
    card.ok.click()
    window.jobs.cancel()
    goes_on.set()
    qtbot.waitUntil(lambda: "stopped" in card._understood.text(), timeout=WAIT_MS)
    assert (card.isVisible(), card.ok.isEnabled(), len(session.workspace.layers)) == (True, True, before)
    card.ok.click()
    qtbot.waitUntil(lambda: len(session.workspace.layers) > before, timeout=WAIT_MS)


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "in an archive"])
def test_a_large_file_shows_itself_while_it_is_read(
    window: MainWindow, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, *, packed: bool
) -> None:
    monkeypatch.setattr(file_glimpse, "LARGE_ROWS", 3)
    path, goes_on = written(tmp_path / "plots.shp", "EPSG:4547", "EPSG:4547"), threading.Event()
    if packed:
        path = in_archive(path)

    def read(path: Path, layer: str, encoding: str | None, progress: Progress, look: Looked) -> LoadedLayer:
        def look_and_wait(file: Path, inner: str) -> None:
            look(file, inner)
            goes_on.wait(60)

        return vector.read_layer(path, layer, encoding=encoding, progress=progress, look=look_and_wait)

    adding = Adding(lambda _: None, lambda _: lambda: None, lambda: None, lambda _: None)
    card = ImportDialog(
        window,
        path,
        [SourceLayer("plots", "Polygon", 4)],
        window.jobs,
        read=read,
        adding=adding,
        glimpse=file_glimpse.glimpse_of,
    )
    card.open()
    qtbot.waitUntil(lambda: card.places.map._sketch is not None, timeout=WAIT_MS)
    picture = card.places.map._sketch
    assert picture is not None
    dark = [picture.pixelColor(x, y).alpha() > 0 for x in range(picture.width()) for y in range(picture.height())]
    assert 4 <= sum(dark) < 200
    assert not card.ok.isEnabled()
    goes_on.set()
    qtbot.waitUntil(card.ok.isEnabled, timeout=WAIT_MS)
    assert card.places.map._sketch is None
    card.reject()


# Datums

KNOWN = Helmert(-12.0, 118.5, 61.25, 0.4, -0.3, 0.9, 2.5, "position_vector")


def test_a_layer_of_an_old_datum_is_left_and_marked(window: MainWindow, session: Session, tmp_path: Path, qtbot: QtBot) -> None:
    card = card_of(window, written(tmp_path / "old.shp", "EPSG:2383", "EPSG:2383"), qtbot)
    assert card.datum.isVisible()
    card.ok.click()
    layer = session.workspace.layers[-1]
    assert layer.crs == "EPSG:2383"
    assert "150" in layer.accuracy_text
    assert layer.extras["datum"]["how"] == "kept"
    window.exchange.import_files([written(tmp_path / "new.shp", "EPSG:4547", "EPSG:4547")])
    fresh = ready(window, qtbot)
    assert not fresh.datum.isVisible()
    fresh.ok.click()
    assert session.workspace.layers[-1].accuracy_text == ""


def test_the_mark_is_saved_shown_and_exported(window: MainWindow, session: Session, tmp_path: Path, qtbot: QtBot) -> None:
    card = card_of(window, written(tmp_path / "old.shp", "EPSG:2383", "EPSG:2383"), qtbot)
    card.datum.setCurrentIndex(1)
    card.datum.activated.emit(1)
    assert "roughly" in card._understood.text()
    card.ok.click()
    layer = session.workspace.layers[-1]
    assert (layer.crs, layer.extras["datum"]["how"]) == ("EPSG:4547", "ballpark")
    dialog = PropertiesDialog(window, layer, lambda: None)
    assert any("without parameters" in label.text() for label in dialog.findChildren(QLabel))
    session.save_as(tmp_path / "saved.gpkg")
    again = Session.open(tmp_path / "saved.gpkg", read_only=True, journaled=False)
    found = again.workspace.layers[-1]
    assert (found.accuracy_note, found.extras["datum"]) == (layer.accuracy_note, layer.extras["datum"])
    (read,) = (each for each in vector.describe(tmp_path / "saved.gpkg").layers if each.name == layer.id)
    assert read.report.has("datum-ballpark")
    again.close()


def test_own_parameters_typed_into_their_card(window: MainWindow, session: Session, tmp_path: Path, qtbot: QtBot) -> None:
    path = written(tmp_path / "old.shp", "EPSG:2383", "EPSG:2383")
    card = card_of(window, path, qtbot)
    dialog = asked(card, 2)
    assert not dialog.ok.isEnabled()
    for edit, value in zip(dialog.numbers, ("-12", "118.5", "61.25", "0.4", "-0.3", "0.9", "2.5"), strict=True):
        edit.setText(value)
    assert not dialog.ok.isEnabled(), "rotations need their convention"
    assert "convention" in dialog._said.text()
    dialog.rotation.setCurrentIndex(1)
    assert dialog.ok.isEnabled()
    dialog.ok.click()
    card.ok.click()
    layer = session.workspace.layers[-1]
    assert layer.crs == "EPSG:4547"
    before = vector.read_layer(path).table.geometry.base.xy
    np.testing.assert_allclose(layer.table.geometry.base.xy, shifted(before, KNOWN, "EPSG:2383", "EPSG:4547"), atol=1e-6)


def asked(card: ImportDialog, index: int) -> DatumDialog:
    card.datum.setCurrentIndex(index)
    card.datum.activated.emit(index)
    (dialog,) = (each for each in card.findChildren(DatumDialog) if each.isVisible())
    return dialog


def test_control_points_show_their_residuals(window: MainWindow, session: Session, tmp_path: Path, qtbot: QtBot) -> None:
    card = card_of(window, written(tmp_path / "old.shp", "EPSG:2383", "EPSG:2383"), qtbot)
    corners = transform_xy("EPSG:4610", "EPSG:2383", np.array([(113.8, 37.8), (114.0, 37.8), (114.0, 37.9), (113.8, 37.9)]))
    there = shifted(corners, KNOWN, "EPSG:2383", "EPSG:4547")
    there[2] += (0.4, 0.0)
    points = tmp_path / "points.csv"
    lines = [f"K{number},{a[0]},{a[1]},{b[0]},{b[1]}" for number, (a, b) in enumerate(zip(corners, there, strict=True))]
    points.write_text("\n".join(lines))
    dialog = asked(card, 3)
    dialog.open_file(tmp_path / "nothing.csv")
    assert "nothing.csv" in dialog._said.text()
    dialog.open_file(points)
    assert dialog.residuals.rowCount() == 4
    assert "root mean square" in dialog._said.text()
    before = cell(dialog.residuals, 0, 3)
    dialog.fit.setCurrentIndex(1)
    assert cell(dialog.residuals, 0, 3) != before
    dialog.ok.click()
    card.ok.click()
    mark = session.workspace.layers[-1].extras["datum"]
    assert (mark["how"], mark["points"], mark["parameters"]) == ("affine", 4, "points.csv")


def test_leaving_the_card_of_parameters_leaves_the_layer_as_it_is(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    card = card_of(window, written(tmp_path / "old.shp", "EPSG:2383", "EPSG:2383"), qtbot)
    asked(card, 2).reject()
    assert (card.datum.currentIndex(), card.datum.change) == (0, None)
    card.reject()


# Files that are dropped, files of several layers, long ones


def drop(window: MainWindow, paths: list[Path]) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    everything = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    enter = QDragEnterEvent(QPoint(200, 200), *everything)
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(window, QDropEvent(QPointF(200, 200), *everything))


@pytest.mark.parametrize("what", ["file", "folder", "zip"])
def test_what_is_dropped_is_imported(window: MainWindow, session: Session, tmp_path: Path, qtbot: QtBot, what: str) -> None:
    folder = tmp_path / "给 市局"
    folder.mkdir()
    path = written(folder / "plots.shp", "EPSG:4547", "EPSG:4547")
    packed = in_archive(path).rename(tmp_path / "plots.zip")
    drop(window, [{"file": path, "folder": folder, "zip": packed}[what]])
    ready(window, qtbot).ok.click()
    assert len(session.workspace.layers[-1].table) == 4


def test_text_that_is_dropped_is_not_taken(window: MainWindow) -> None:
    data = QMimeData()
    data.setText("hello")
    everything = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    enter = QDragEnterEvent(QPoint(200, 200), *everything)
    enter.ignore()
    QApplication.sendEvent(window, enter)
    assert not enter.isAccepted()


def test_the_layers_of_a_folder_come_one_after_the_other(
    window: MainWindow, session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    for name in ("a", "b"):
        written(tmp_path / f"{name}.shp", "EPSG:4547", "EPSG:4547", name)
    before = len(session.workspace.layers)
    card = card_of(window, tmp_path, qtbot)
    assert card.next.isVisible()
    card.next.click()
    qtbot.waitUntil(lambda: not window.jobs.busy, timeout=WAIT_MS)
    assert card.name.text() == "b"
    assert not card.next.isVisible(), "it is the last one"
    assert card.focusWidget() is card.name
    assert card.isVisible()
    card.next.click()
    assert not card.isVisible(), "there is none after the last"
    assert [layer.title for layer in session.workspace.layers[before:]] == ["a", "b"]


def test_a_long_reading_shows_how_far_it_is_and_can_be_cancelled(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    """The reader waits for the test at half way: what the card does then cannot be luck."""
    path = written(tmp_path / "plots.shp", "EPSG:4547", "EPSG:4547")
    half, goes_on, ended = threading.Event(), threading.Event(), threading.Event()

    def read(path: Path, layer: str, encoding: str | None, progress: Progress, look: Looked) -> vector.LoadedLayer:
        try:
            progress(0.5)
            half.set()
            goes_on.wait(60)
            progress(0.6)
            return vector.read_layer(path, layer, encoding=encoding, look=look)
        finally:
            ended.set()

    added: list[object] = []
    adding = Adding(added.append, lambda _: lambda: None, lambda: None, lambda _: None)
    card = ImportDialog(window, path, [SourceLayer("plots", "Polygon", 4)], window.jobs, read=read, adding=adding)
    card.open()
    qtbot.waitUntil(half.is_set, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: card._busy.value() == 500, timeout=WAIT_MS)
    assert (card._busy.maximum(), card.ok.isEnabled()) == (1000, False)
    card.reject()
    goes_on.set()
    qtbot.waitUntil(lambda: not window.jobs.busy, timeout=WAIT_MS)
    assert ended.is_set()
    assert added == []


def test_a_large_layer_is_moved_beside_the_window(
    window: MainWindow, session: Session, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_dialog, "FEW", 3)
    card = card_of(window, written(tmp_path / "old.shp", "EPSG:2383", "EPSG:2383"), qtbot)
    card.datum.setCurrentIndex(1)
    card.datum.activated.emit(1)
    before = len(session.workspace.layers)
    card.ok.click()
    assert window.jobs.busy
    qtbot.waitUntil(lambda: len(session.workspace.layers) > before, timeout=WAIT_MS)
    assert session.workspace.layers[-1].crs == "EPSG:4547"


def test_what_cannot_be_done_is_said_in_the_card(window: MainWindow, session: Session, tmp_path: Path, qtbot: QtBot) -> None:
    card = card_of(window, written(tmp_path / "plots.shp", "EPSG:4547", "EPSG:4547"), qtbot)
    before = len(session.workspace.layers)
    card.crs.setEditText("EPSG:4326")
    card.ok.click()
    assert card.isVisible()
    assert "no coordinates" in card._understood.text()
    assert len(session.workspace.layers) == before
    card.crs.setEditText("EPSG:4547")
    card.ok.click()
    assert len(session.workspace.layers) == before + 1


def test_layers_that_are_open_prove_where_a_nameless_one_lies(
    window: MainWindow, session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    card_of(window, written(tmp_path / "last year.shp", "EPSG:4547", "EPSG:4547"), qtbot).ok.click()
    card = card_of(window, written(tmp_path / "wrong mark.shp", "EPSG:4547", "EPSG:4546"), qtbot)
    assert "EPSG:4547" in card._understood.text()
    assert "layers that are open" in card._notes.text()
    card.reject()
