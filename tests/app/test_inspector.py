"""The inspector edits what is selected through the session, or says beside the field why it does not."""

from __future__ import annotations

import datetime as dt

import pytest
import shapely
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLineEdit, QPlainTextEdit
from pytestqt.qtbot import QtBot

from cgplanner.app.bridge import Bridge
from cgplanner.app.controls.field_editor import SEVERAL, FieldEditor
from cgplanner.app.main_window import MainWindow
from cgplanner.app.panels.inspector_panel import InspectorPanel
from cgplanner.edit import operations
from cgplanner.session.session import Session
from cgplanner.symbology.evaluate import style_of
from cgplanner.symbology.style import Single


@pytest.fixture
def panel(session: Session, qtbot: QtBot) -> InspectorPanel:
    panel = InspectorPanel(Bridge(session))
    panel._bridge.setParent(panel)
    qtbot.addWidget(panel)
    panel.resize(320, 800)
    panel.show()
    return panel


def value_of(session: Session, field: str, row: int = 0) -> object:
    return session.workspace.layer("projects").table.columns[field].value(row)


def type_into(editor: FieldEditor, text: str, qtbot: QtBot) -> None:
    """Type as a person does: replace the text, then leave the field."""
    target = editor.input
    if isinstance(target, QComboBox):
        target.setCurrentIndex(target.findText(text))
        target.activated.emit(target.currentIndex())
    elif isinstance(target, QLineEdit):
        target.selectAll()
        qtbot.keyClicks(target, text) if text else qtbot.keyClick(target, Qt.Key.Key_Delete)
        qtbot.keyClick(target, Qt.Key.Key_Return)
    else:
        assert isinstance(target, QPlainTextEdit)
        target.setPlainText(text)
        target.editing_finished.emit()


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("XMMC", "New name", "New name"),
        ("XMZT", "Done", "已完成"),
        ("XMZT", "(empty)", None),
        ("JD", "62.5", 62.5),
        ("JD", "", None),
        ("KGNF", "2027", 2027),
        ("ZD", "no", False),
        ("KGRQ", "2026-11-22", dt.date(2026, 11, 22)),
        ("KGRQ", "2026/1/2".replace("/1/2", "/01/02"), dt.date(2026, 1, 2)),
        ("BZ", "two\nlines", "two\nlines"),
    ],
)
def test_a_valid_value_goes_into_the_session(
    panel: InspectorPanel, session: Session, qtbot: QtBot, field: str, text: str, value: object
) -> None:
    session.select("projects", [0])
    before = value_of(session, field)
    type_into(panel.form.editors[field], text, qtbot)
    assert value_of(session, field) == value
    assert panel.form.editors[field].refusal == ""
    session.undo()
    assert value_of(session, field) == before
    assert panel.form.editors[field].value == before


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("JD", "120", "Progress"),
        ("JD", "much", "numbers"),
        ("KGNF", "20.5", "whole numbers"),
        ("KGRQ", "tomorrow", "dates such as"),
        ("XMMC", "", "must not be empty"),
        ("XMMC", "x" * 41, "40 characters"),
    ],
)
def test_an_invalid_value_is_refused_beside_its_field(
    panel: InspectorPanel, session: Session, qtbot: QtBot, field: str, text: str, said: str
) -> None:
    session.select("projects", [0])
    before = session.workspace
    editor = panel.form.editors[field]
    type_into(editor, text, qtbot)
    assert session.workspace is before
    assert said in editor.refusal
    qtbot.keyClick(editor.input, Qt.Key.Key_Escape)
    assert editor.refusal == ""
    assert editor.value == value_of(session, field)


def test_a_refused_text_does_not_follow_to_another_feature(panel: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    session.select("projects", [1])
    editor = panel.form.editors["JD"]
    type_into(editor, "much", qtbot)
    session.select("projects", [2])  # empty or not, its value is its own
    assert editor.refusal == ""
    assert isinstance(editor.input, QLineEdit)
    assert editor.input.text() == editor.field.display(value_of(session, "JD", 2))
    session.select("projects", [1])
    type_into(editor, "much", qtbot)
    session.run(operations.set_field(session.workspace, "projects", [1], "KGNF", 2030))
    assert (editor.refusal != "", editor.input.text()) == (True, "much")  # an edit beside it does not throw it away


def test_leaving_a_field_untouched_is_no_edit(panel: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    session.select("projects", [0])
    for editor in panel.form.editors.values():
        if isinstance(editor.input, QLineEdit):
            editor.input.editingFinished.emit()
    assert not session.is_dirty


def test_null_is_shown_as_such_and_can_be_asked_for(panel: InspectorPanel, session: Session) -> None:
    session.select("projects", [1])
    editor = panel.form.editors["JD"]
    assert isinstance(editor.input, QLineEdit)
    assert (editor.input.text(), editor.input.placeholderText()) == ("", "(empty)")
    assert editor._clear.isHidden()
    session.select("projects", [0])
    editor._clear.click()
    assert value_of(session, "JD") is None


def test_a_field_that_needs_a_value_has_no_way_to_empty_it(panel: InspectorPanel, session: Session) -> None:
    session.select("projects", [0])
    assert panel.form.editors["XMMC"]._clear.isHidden()


def test_several_features_share_what_is_equal(panel: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    session.select("projects", [1, 2])
    editors = panel.form.editors
    assert editors["XMZT"].value == "规划"
    assert editors["XMMC"].value is SEVERAL
    assert editors["JD"].value is SEVERAL  # one is NULL, one is 0
    assert editors["KGRQ"].value is None
    type_into(editors["JD"], "10", qtbot)
    assert [value_of(session, "JD", row) for row in range(4)] == [40.0, 10.0, 10.0, 100.0]
    assert str(session.undo_title) == "set Progress of 2 features of Projects"


def test_a_value_outside_its_list_is_still_shown(panel: InspectorPanel, session: Session) -> None:
    session.select("projects", [0])
    editor = panel.form.editors["XMZT"]
    editor.show_value("停工")
    assert isinstance(editor.input, QComboBox)
    assert editor.input.currentText() == "停工 (not in the list)"


def test_an_edit_elsewhere_shows_at_once(panel: InspectorPanel, session: Session) -> None:
    session.select("projects", [0])
    session.run(operations.set_field(session.workspace, "projects", [0], "JD", 77))
    assert panel.form.editors["JD"].value == 77.0


def test_undo_is_the_windows_once_a_value_was_taken(window: MainWindow, session: Session, qtbot: QtBot) -> None:
    session.select("projects", [0])
    editor = window.inspector.form.editors["XMMC"]
    editor.input.setFocus()
    qtbot.waitUntil(editor.input.hasFocus)
    type_into(editor, "New name", qtbot)
    assert value_of(session, "XMMC") == "New name"
    qtbot.keyClick(editor.input, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert value_of(session, "XMMC") == "太旧高速公路改造"
    qtbot.keyClick(editor.input, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert value_of(session, "XMMC") == "New name"
    qtbot.keyClicks(editor.input, "er")
    qtbot.keyClick(editor.input, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert (value_of(session, "XMMC"), session.can_undo) == ("New name", True)  # what is being typed is undone first


def test_a_clicked_layer_shows_its_look_although_features_are_selected(window: MainWindow, session: Session) -> None:
    inspector = window.inspector
    session.select("projects", [0])
    assert inspector._stack.currentIndex() == 0
    window.layers.tree.clicked.emit(window.layers.model.index_of("projects"))
    assert inspector._stack.currentIndex() == 1
    session.select("projects", [1])
    assert inspector._stack.currentIndex() == 0
    session.set_current_layer("cities")
    assert inspector._stack.currentIndex() == 1
    assert inspector._layer_title.text() == "Cities"


def test_the_cursor_goes_to_the_name_of_a_new_feature(window: MainWindow, session: Session, qtbot: QtBot) -> None:
    edit = operations.add_feature(session.workspace, "cities", shapely.box(114, 37, 115, 38))
    session.run(edit)
    session.select("cities", edit.added["cities"])
    window.canvas.drawn.emit()
    qtbot.waitUntil(window.inspector.form.editors["XZQMC"].input.hasFocus)
    assert window.inspector.form._title.text() == "Feature without a name"


def test_facts_about_the_shape(panel: InspectorPanel, session: Session) -> None:
    session.select("cities", [0])
    texts = [label.text() for label in panel.form._facts.findChildren(type(panel._hint))]
    assert texts[texts.index("Kind") + 1] == "area"
    assert texts[texts.index("Vertices") + 1] == "4"  # the corner that closes the outline is no fifth one
    area = next(text for text in texts if text.endswith("km²"))
    assert 9_000 < float(area.removesuffix(" km²").replace(",", "")) < 10_500  # a degree square at 37.5 N
    assert any("mu" in text and "ha" in text for text in texts)


def test_the_style_of_the_layer_is_edited_when_nothing_is_selected(panel: InspectorPanel, session: Session) -> None:
    session.set_current_layer("projects")
    row = panel.style_form.rows[0]
    row.colour.chosen.emit("#123456")
    row.width_box.setValue(3.0)
    assert panel.style_form.rows == [row]  # an arrow held down must not lose its button
    renderer = style_of(session.workspace.layer("projects")).renderer
    assert isinstance(renderer, Single)
    assert renderer.symbol.line[0].color == "#123456"
    assert renderer.symbol.polygon[0].color == "#123456"  # the same colour in every kind of geometry
    assert renderer.symbol.line[0].width == 3.0
    assert str(session.undo_title) == "change the style of Projects"


def test_labels_are_switched_on_and_moved_to_another_field(panel: InspectorPanel, session: Session) -> None:
    session.set_current_layer("projects")
    panel.style_form.labels.shown.setChecked(True)
    labels = style_of(session.workspace.layer("projects")).labels
    assert labels is not None
    assert (labels.visible, labels.field) == (True, "XMMC")
    chooser = panel.style_form.labels.field
    chooser.setCurrentIndex(chooser.findData("BZ"))
    chooser.activated.emit(chooser.currentIndex())
    labels = style_of(session.workspace.layer("projects")).labels
    assert labels is not None
    assert labels.field == "BZ"


def test_long_text_is_shown_whole_and_grows_with_its_lines(panel: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    session.select("projects", [0])
    note = panel.form.editors["BZ"]
    single = note.input.height()
    type_into(note, "a line\nanother\nand a third", qtbot)
    assert note.input.height() > single
    type_into(note, "word " * 12, qtbot)
    qtbot.waitUntil(lambda: note.input.height() > single)
