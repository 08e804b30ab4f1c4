"""The style panel and the symbol dialog, used as a planner does: each choice is in the document at once, one step to undo."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QLineEdit, QMenu, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from cgplanner.app.bridge import Bridge
from cgplanner.app.controls.part_form import PartForm
from cgplanner.app.controls.scale_range import ScaleRange
from cgplanner.app.dialogs.message_dialog import MessageDialog
from cgplanner.app.dialogs.preset_dialog import PresetDialog
from cgplanner.app.panels.inspector_panel import InspectorPanel
from cgplanner.app.panels.renderer_pages import HeatPage, NumbersPage, ValuesPage
from cgplanner.app.panels.rules_page import MOST_OPEN, RulesPage
from cgplanner.app.panels.style_form import StyleForm
from cgplanner.app.styling import Styling
from cgplanner.edit import operations
from cgplanner.model.schema import Schema
from cgplanner.session.session import Session
from cgplanner.symbology.evaluate import style_of
from cgplanner.symbology.restyle import Way
from cgplanner.symbology.style import (
    Categorized,
    Cluster,
    Graduated,
    Heat,
    Line,
    Marker,
    MarkerLine,
    Rule,
    RuleBased,
    Single,
    Style,
    SvgMarker,
)


@pytest.fixture
def panel(session: Session, qtbot: QtBot) -> InspectorPanel:
    panel = InspectorPanel(Bridge(session))
    panel._bridge.setParent(panel)
    qtbot.addWidget(panel)
    panel.resize(320, 900)
    panel.show()
    session.set_current_layer("projects")
    panel.show_layer_page()
    return panel


@pytest.fixture
def styling(panel: InspectorPanel) -> Styling:
    return Styling(panel, panel._bridge, panel.style_form)


def now(session: Session, layer: str = "projects") -> Style:
    return style_of(session.workspace.layer(layer))


def choose(combo: QComboBox, data: object) -> None:
    """Choose an entry as a click on it does."""
    place = combo.findData(data)
    assert place >= 0
    combo.setCurrentIndex(place)
    combo.activated.emit(place)


def go(form: StyleForm, way: Way) -> None:
    choose(form.way, way)


def test_every_way_and_back_by_undo(panel: InspectorPanel, session: Session) -> None:
    start = now(session)
    kinds = {
        "values": Categorized,
        "numbers": Graduated,
        "rules": RuleBased,
        "heat": Heat,
        "cluster": Cluster,
        "single": Single,
    }
    for way, kind in kinds.items():
        go(panel.style_form, way)  # type: ignore[arg-type]  # the ways by their names
        assert isinstance(now(session).renderer, kind)
        assert [name for name, page in panel.style_form.pages.items() if page.isVisible()] == ([] if way == "single" else [way])
    while session.can_undo:
        session.undo()
    assert now(session) == start


def test_classes_by_value(panel: InspectorPanel, session: Session) -> None:
    go(panel.style_form, "values")
    page = panel.style_form.pages["values"]
    assert isinstance(page, ValuesPage)
    choose(page.field, "XMZT")
    renderer = now(session).renderer
    assert isinstance(renderer, Categorized)
    assert renderer.field == "XMZT"
    assert len(panel.style_form.rows) == len(renderer.categories) + 1
    page.ramp.show_ramp("red")
    page.ramp.combo.activated.emit(page.ramp.combo.currentIndex())
    recolored = now(session).renderer
    assert isinstance(recolored, Categorized)
    assert recolored.categories[0].symbol != renderer.categories[0].symbol
    assert [each.values for each in recolored.categories] == [each.values for each in renderer.categories]
    page.ramp.turn.click()
    panel.style_form.show_layer(session.workspace.layer("projects"))
    assert (page.ramp.ramp, page.ramp.turn.isChecked()) == ("red", True), "what was chosen is shown again"


def test_breaks_are_dragged_added_and_taken_away(panel: InspectorPanel, session: Session) -> None:
    session.run(operations.set_field(session.workspace, "projects", session.workspace.layer("projects").table.rids, "JD", 1.0))
    rids = session.workspace.layer("projects").table.rids
    for place, rid in enumerate(rids.tolist()):
        session.run(operations.set_field(session.workspace, "projects", [rid], "JD", float(place * 10)))
    go(panel.style_form, "numbers")
    page = panel.style_form.pages["numbers"]
    assert isinstance(page, NumbersPage)
    choose(page.field, "JD")
    choose(page.scheme, "equal")
    page.count.setValue(2)
    view = page.histogram
    before = now(session).renderer
    assert isinstance(before, Graduated)
    assert len(before.breaks) in (2, 3)
    QTest.mouseDClick(view, Qt.MouseButton.LeftButton, pos=QPoint(round(view.width() * 0.8), 40))
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPoint(round(view.width() * 0.8), 40))
    more = now(session).renderer
    assert isinstance(more, Graduated)
    assert len(more.breaks) == len(before.breaks) + 1
    assert (more.scheme, page.scheme.currentData()) == ("manual", "manual")
    x = view._x_of(more.breaks[-2])
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=QPointF(x, 40).toPoint())
    QTest.mouseMove(view, QPointF(x - 15, 40).toPoint())
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPointF(x - 15, 40).toPoint())
    moved = now(session).renderer
    assert isinstance(moved, Graduated)
    assert moved.breaks[-2] < more.breaks[-2]
    QTest.mouseClick(view, Qt.MouseButton.RightButton, pos=QPointF(view._x_of(moved.breaks[-2]), 40).toPoint())
    fewer = now(session).renderer
    assert isinstance(fewer, Graduated)
    assert len(fewer.breaks) == max(len(moved.breaks) - 1, 3)
    assert len(panel.style_form.rows) == len(fewer.symbols)


def test_rules_are_written_refused_moved(panel: InspectorPanel, session: Session) -> None:
    go(panel.style_form, "single")
    go(panel.style_form, "rules")
    page = panel.style_form.pages["rules"]
    assert isinstance(page, RulesPage)
    _type(page.rows[0].where, "XMMC like '%a%'")
    page.add.click()
    assert len(page.rows) == 2
    _type(page.rows[1].where, "XMMC = ")
    assert not page.rows[1].refusal.isHidden()
    assert [rule.where for rule in _rules(session)] == ["XMMC like '%a%'", ""]
    _type(page.rows[1].where, "NOWHERE = 1")
    assert "NOWHERE" in page.rows[1].refusal.text()
    _type(page.rows[1].where, "XMMC is null")
    assert page.rows[1].refusal.isHidden()
    _type(page.rows[1].title, "nameless")
    page.rows[1].asked.emit("up")
    assert (_rules(session)[0].where, _rules(session)[0].label_zh) == ("XMMC is null", "nameless")
    page.rows[0].asked.emit("remove")
    assert [rule.where for rule in _rules(session)] == ["XMMC like '%a%'"]


def test_many_rules_are_folded_to_a_line_each(panel: InspectorPanel, session: Session) -> None:
    go(panel.style_form, "rules")
    page = panel.style_form.pages["rules"]
    assert isinstance(page, RulesPage)
    rules = tuple(Rule(f"JD = {number}", _rules(session)[0].symbol, "", "") for number in range(MOST_OPEN + 3))
    page.chosen.emit(RuleBased(rules))
    assert len(page.rows) == len(rules)
    page.rows[5].set_open(is_open=False)
    assert page.rows[5].where.isHidden()
    assert page.rows[5].title.placeholderText() == "JD = 5"  # a rule without a title is known by its condition
    page.rows[5].fold.click()
    assert not page.rows[5].where.isHidden()
    page.rows[5].asked.emit("down")
    assert [row.is_open for row in page.rows[5:7]] == [False, True]  # what was open went along
    page.add.click()
    assert page.rows[-1].is_open
    _type(page.rows[4].where, "NOWHERE = 1")
    assert page.rows[4].is_open  # a refusal stays in sight


def test_the_size_of_points_is_called_so_and_long_titles_are_cut(panel: InspectorPanel, session: Session) -> None:
    form = panel.style_form
    go(form, "single")
    assert form._heads[0].text() == "Width px"
    row = form.rows[0]
    row.show_class(row._symbol, "point", "a title that is far longer than two lines of the narrow panel can ever hold " * 2)
    assert row.label.text().endswith("…")
    assert row.title.startswith("a title that is far longer")
    assert row.width_box.toolTip().startswith("Size of a title")


def test_the_wheel_scrolls_the_panel_and_changes_no_style(panel: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    form = panel.style_form
    go(form, "single")
    before, box = now(session), form.rows[0].width_box
    assert not turned(box)
    assert now(session) == before
    panel.activateWindow()
    box.setFocus()
    qtbot.waitUntil(box.hasFocus)
    assert turned(box)  # what somebody works in is meant
    assert now(session) != before


def turned(widget: QWidget) -> bool:
    """Turn the wheel over a widget; tell whether it took that for itself."""
    middle = QPointF(widget.rect().center())
    place = widget.mapToGlobal(middle)
    event = QWheelEvent(
        middle,
        place,
        QPoint(),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    event.ignore()
    widget.event(event)
    return event.isAccepted()


def _rules(session: Session) -> tuple[Rule, ...]:
    renderer = now(session).renderer
    assert isinstance(renderer, RuleBased)
    return renderer.rules


def _type(line: QLineEdit, text: str) -> None:
    line.setText(text)
    line.editingFinished.emit()


def test_heat_keeps_what_is_chosen(panel: InspectorPanel, session: Session) -> None:
    go(panel.style_form, "heat")
    page = panel.style_form.pages["heat"]
    assert isinstance(page, HeatPage)
    page.radius.setValue(40.0)
    choose(page.field, "JD")
    page.ramp.show_ramp("blue")
    page.ramp.combo.activated.emit(page.ramp.combo.currentIndex())
    renderer = now(session).renderer
    assert isinstance(renderer, Heat)
    assert (renderer.radius, renderer.field, renderer.ramp[0]) == (40.0, "JD", "#EDF4FB")
    assert page.ramp.combo.currentData() == "blue"


def test_parts_of_a_symbol(panel: InspectorPanel, styling: Styling, session: Session) -> None:
    form = panel.style_form
    go(form, "single")
    form.rows[0]._kind = "line"
    form.rows[0].parts.click()
    dialog = styling.dialog
    assert dialog is not None
    count = dialog.list.count()
    dialog.add_part(MarkerLine())
    assert dialog.list.count() == count + 1
    _spin(dialog.form, "spacing").setValue(25.0)
    _spin(dialog.form, "marker.size").setValue(12.0)
    combo = dialog.form.editors["placement"]
    assert isinstance(combo, QComboBox)
    choose(combo, "last")
    part = _single(session)[-1]
    assert isinstance(part, MarkerLine)
    assert (part.spacing, part.marker.size, part.placement) == (25.0, 12.0, "last")
    dialog._down.click()
    assert isinstance(_single(session)[-2], MarkerLine)
    dialog._remove.click()
    assert not any(isinstance(each, MarkerLine) for each in _single(session))
    dialog.list.setCurrentRow(dialog.list.count() - 1)
    rhythm = dialog.form.editors["dash"]
    assert isinstance(rhythm, QComboBox)
    for text, wanted in (("6 3", (6.0, 3.0)), ("6 3 2", (6.0, 3.0)), ("no", (6.0, 3.0)), ("4,2，1,2", (4.0, 2.0, 1.0, 2.0))):
        rhythm.setEditText(text)
        line = rhythm.lineEdit()
        assert line is not None
        line.editingFinished.emit()
        first = _single(session)[0]
        assert isinstance(first, Line)
        assert first.dash == wanted
    session.set_current_layer("cities")
    assert styling.dialog is None


def _single(session: Session) -> tuple[object, ...]:
    renderer = now(session).renderer
    assert isinstance(renderer, Single)
    return renderer.symbol.line


def _spin(form: PartForm, name: str) -> QDoubleSpinBox:
    editor = form.editors[name]
    assert isinstance(editor, QDoubleSpinBox)
    return editor


def _finish(combo: QComboBox) -> None:
    line = combo.lineEdit()
    assert line is not None
    line.editingFinished.emit()


def test_a_ring_is_put_on_and_taken_off(qtbot: QtBot) -> None:
    form = PartForm()
    qtbot.addWidget(form)
    told: list[Marker] = []
    form.edited.connect(told.append)
    form.show_part(Marker(color="#AA0000"), Schema(()))
    ring = form.editors["ring"]
    assert isinstance(ring, QComboBox)
    assert ring.currentText() == "(none)"
    assert form.editors["ring_color"].toolTip() == "No colour: nothing is drawn"
    ring.setEditText("3 2")
    _finish(ring)
    assert (told[-1].ring, told[-1].ring_color) == ((3.0, 2.0), "#AA0000")
    ring.setEditText("(none)")
    _finish(ring)
    assert told[-1].ring_color == ""


def test_a_drawing_from_a_file(qtbot: QtBot, session: Session, tmp_path: Path) -> None:
    form = PartForm()
    qtbot.addWidget(form)
    told: list[object] = []
    form.edited.connect(told.append)
    form.show_part(SvgMarker(), session.workspace.layer("projects").schema)
    file = tmp_path / "a.svg"
    file.write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0H9V9Z"/></svg>', encoding="utf-8")
    form.take_drawing("svg", file)
    assert len(told) == 1
    file.write_text("<html/>", encoding="utf-8")
    form.take_drawing("svg", file)
    form.take_drawing("svg", tmp_path / "none.svg")
    assert len(told) == 1


def test_the_whole_layer(panel: InspectorPanel, session: Session) -> None:
    effects = panel.style_form.effects
    choose(effects.blend, "multiply")
    choose(effects.order, "JD")
    effects.descending.click()
    _type(effects.scales.far, "1:50万")
    _type(effects.scales.near, "10 000")
    style = now(session)
    assert (style.blend, style.order_by, style.descending, style.min_scale, style.max_scale) == (
        "multiply",
        "JD",
        True,
        500_000.0,
        10_000.0,
    )


@pytest.mark.parametrize(
    ("far", "near", "wanted"),
    [
        ("1:1000", "1:500", (1000, 500)),
        ("500", "1000", (1000, 500)),
        ("", "1:500", (0, 500)),
        ("x", "", None),
        ("1：2,000", "", (2000, 0)),
    ],
)
def test_scales_as_they_are_typed(qtbot: QtBot, far: str, near: str, wanted: tuple[float, float] | None) -> None:
    box = ScaleRange()
    qtbot.addWidget(box)
    told: list[tuple[float, float]] = []
    box.chosen.connect(lambda *each: told.append(each))
    box.far.setText(far)
    box.near.setText(near)
    box.far.editingFinished.emit()
    assert told == ([wanted] if wanted else [])


def test_label_templates_are_checked(panel: InspectorPanel, session: Session) -> None:
    labels = panel.style_form.labels
    labels.shown.setChecked(True)
    _type(labels.template, "{XMMC} {NOWHERE}")
    assert "NOWHERE" in labels.refusal.text()
    _type(labels.template, "{XMMC")
    assert labels.refusal.isVisible()
    _type(labels.template, "{XMMC}[ ({JD:.1})]")
    assert not labels.refusal.isVisible()
    found = now(session).labels
    assert found is not None
    assert "{XMMC}[ ({JD:.1})]" in (found.text, found.text_en)


def test_styles_are_copied_saved_and_used(panel: InspectorPanel, styling: Styling, session: Session, qtbot: QtBot) -> None:
    go(panel.style_form, "cluster")
    wanted = now(session)
    styling.copy("projects")
    assert "cgplanner-style" in json.loads(QGuiApplication.clipboard().text())
    styling.paste("cities")
    assert now(session, "cities") == wanted
    assert str(session.undo_title) == "take over a style for Cities"
    styling.save_preset("projects", "mine")
    go(panel.style_form, "single")
    styling.use_preset("projects", "mine")
    assert now(session) == wanted
    menu = QMenu()
    qtbot.addWidget(menu)
    styling.fill_menu(menu, "projects")
    assert [action.text() for action in menu.findChildren(QMenu)[0].actions()] == ["mine"]
    assert [action.text() for action in menu.findChildren(QMenu)[1].actions()] == ["mine…"]
    QGuiApplication.clipboard().setText("something else")
    styling.paste("cities")
    assert now(session, "cities") == wanted


def test_the_name_of_a_saved_style_is_judged_while_it_is_typed(styling: Styling, qtbot: QtBot) -> None:
    styling.save_preset("projects", "mine")
    saved: list[str] = []
    dialog = PresetDialog(None, styling.presets, "mine", saved.append)
    qtbot.addWidget(dialog)
    assert dialog.ok.text() == "Replace"
    assert "already" in dialog.why.text()
    dialog.name.setText("a/b")
    assert not dialog.ok.isEnabled()
    assert "“a/b” cannot be the name" in dialog.why.text()
    dialog.name.setText(" other ")
    assert (dialog.ok.text(), dialog.why.text()) == ("Save", "")
    dialog.ok.click()
    assert saved == ["other"]


def test_a_saved_style_is_removed_after_a_question_only(panel: InspectorPanel, styling: Styling) -> None:
    styling.save_preset("projects", "mine")
    styling.ask_remove("mine")
    (question,) = panel.window().findChildren(MessageDialog)
    assert styling.presets.names() == ("mine",)
    (remove,) = [each for each in question.findChildren(QPushButton) if each.text() == "Remove"]
    remove.click()
    assert styling.presets.names() == ()


def test_the_keyboard_is_not_handed_to_the_fields_of_what_is_selected(panel: InspectorPanel, session: Session) -> None:
    panel.style_form.way.setFocus()
    assert panel.window().focusWidget() is panel.style_form.way
    session.select("projects", session.workspace.layer("projects").table.rids[:2])
    assert panel.window().focusWidget() is None


def test_styles_go_through_files(panel: InspectorPanel, styling: Styling, session: Session, tmp_path: Path) -> None:
    go(panel.style_form, "numbers")
    styling.write_file("projects", tmp_path / "a.qml")
    wanted = now(session).renderer
    go(panel.style_form, "single")
    styling.read_file("projects", tmp_path / "a.qml")
    found = now(session).renderer
    assert isinstance(found, Graduated)
    assert isinstance(wanted, Graduated)
    assert found.breaks == pytest.approx(wanted.breaks)
    (tmp_path / "b.qml").write_text("nothing", encoding="utf-8")
    styling.read_file("projects", tmp_path / "b.qml")
    assert now(session).renderer == found
