"""The table shows, sorts, filters and edits the layer; its selection is the session's, both ways."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QComboBox, QLineEdit, QStyleOptionViewItem
from pytestqt.qtbot import QtBot

from cgplanner.app.bridge import Bridge
from cgplanner.app.panels.attribute_table_panel import AttributeTablePanel
from cgplanner.app.qtmodels.attribute_table_model import AttributeTableModel
from cgplanner.edit import operations
from cgplanner.model.column import ArrayColumn, TextColumn
from cgplanner.model.geometry_column import geometry_column
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import new_table
from cgplanner.session.session import Session
from cgplanner.text import set_language

NAME, STATUS, PROGRESS, YEAR = range(4)


@pytest.fixture
def panel(session: Session, qtbot: QtBot) -> AttributeTablePanel:
    panel = AttributeTablePanel(Bridge(session))
    panel._bridge.setParent(panel)
    qtbot.addWidget(panel)
    panel.resize(900, 300)
    panel.show()
    panel.show_layer("projects")
    return panel


def shown(panel: AttributeTablePanel, column: int = NAME) -> list[str]:
    model = panel.model
    return [model.index(row, column).data() for row in range(model.rowCount())]


def mark(panel: AttributeTablePanel, *rows: int) -> None:
    flags = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
    for row in rows:
        panel.view.selectionModel().select(panel.model.index(row, 0), flags)


def marked(panel: AttributeTablePanel) -> list[int]:
    return sorted(index.row() for index in panel.view.selectionModel().selectedRows())


def test_the_model_keeps_qt_s_rules(panel: AttributeTablePanel, session: Session) -> None:
    tester = QAbstractItemModelTester(panel.model, QAbstractItemModelTester.FailureReportingMode.Warning)
    panel.view.sortByColumn(NAME, Qt.SortOrder.DescendingOrder)
    panel.model.set_filter("高速")
    session.run(operations.delete_features(session.workspace, "projects", [0]))
    session.undo()
    assert tester.model() is panel.model


def test_the_planning_layer_on_top_comes_first(session: Session, qtbot: QtBot) -> None:
    panel = AttributeTablePanel(Bridge(session))
    qtbot.addWidget(panel)
    assert panel.layer_id == "projects"


def test_values_are_shown_as_people_read_them(panel: AttributeTablePanel) -> None:
    assert shown(panel, STATUS) == ["Under construction", "Planned", "Planned", "Done"]
    assert shown(panel, PROGRESS) == ["40.0", "—", "0.0", "100.0"]
    set_language("zh")
    assert shown(panel, STATUS)[0] == "建设中"


def test_a_click_on_the_head_sorts_and_back(panel: AttributeTablePanel) -> None:
    panel.view.sortByColumn(YEAR, Qt.SortOrder.DescendingOrder)
    assert shown(panel, YEAR) == ["2024", "2023", "2005", "—"]
    panel.view.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
    assert shown(panel, YEAR) == ["2023", "—", "2024", "2005"]


def test_selection_keeps_its_features_when_the_rows_move(panel: AttributeTablePanel, session: Session) -> None:
    mark(panel, 0)
    panel.view.sortByColumn(YEAR, Qt.SortOrder.AscendingOrder)
    assert session.selection.rids == (0,)
    assert [shown(panel)[row] for row in marked(panel)] == ["太旧高速公路改造"]


def test_marking_rows_selects_features(panel: AttributeTablePanel, session: Session) -> None:
    panel.view.sortByColumn(YEAR, Qt.SortOrder.AscendingOrder)
    mark(panel, 0, 1)
    assert session.selection.layer_id == "projects"
    assert session.selection.rids == (0, 3)


def test_selecting_features_marks_rows(panel: AttributeTablePanel, session: Session) -> None:
    session.select("projects", [1, 3])
    assert marked(panel) == [1, 3]
    session.select("", ())
    assert marked(panel) == []


def test_a_selection_in_another_layer_brings_its_table(panel: AttributeTablePanel, session: Session) -> None:
    session.select("cities", [1])
    assert panel.layer_id == "cities"
    assert marked(panel) == [1]


@pytest.mark.parametrize(
    ("text", "names"), [("高速", [0, 1]), ("HIGH", [3]), ("KGNF > 2010", [0, 2]), ("XMZT = '规划' and JD is null", [1])]
)
def test_filter(panel: AttributeTablePanel, text: str, names: list[int]) -> None:
    whole = shown(panel)
    panel.filter.setText(text)
    panel._filter_now()
    assert shown(panel) == [whole[i] for i in names]
    assert "of 4 features" in panel._count.text()


def test_a_condition_that_cannot_be_read_says_so_and_filters_nothing(panel: AttributeTablePanel) -> None:
    panel.filter.setText("NOFIELD > 3")
    panel._filter_now()
    assert "NOFIELD" in panel.refusal
    assert len(shown(panel)) == 4


def test_filtering_leaves_the_selection_alone(panel: AttributeTablePanel, session: Session) -> None:
    session.select("projects", [0, 3])
    panel.filter.setText("HIGH")
    panel._filter_now()
    assert session.selection.rids == (0, 3)
    assert marked(panel) == [0]


def test_selected_only_follows_the_selection(panel: AttributeTablePanel, session: Session) -> None:
    session.select("projects", [2])
    panel.only_selected.setChecked(True)
    assert shown(panel) == ["大运路"]
    session.select("projects", [0, 1])
    assert shown(panel) == ["太旧高速公路改造", "西环高速公路"]


def edit_cell(panel: AttributeTablePanel, row: int, column: int, text: str) -> None:
    index = panel.model.index(row, column)
    delegate = panel.view.itemDelegate()
    editor = delegate.createEditor(panel.view.viewport(), QStyleOptionViewItem(), index)
    delegate.setEditorData(editor, index)
    if isinstance(editor, QComboBox):
        editor.setCurrentText(text)
    else:
        assert isinstance(editor, QLineEdit)
        editor.setText(text)
    delegate.setModelData(editor, panel.model, index)
    editor.deleteLater()


@pytest.mark.parametrize(
    ("column", "text", "value"),
    [(STATUS, "Done", "已完成"), (PROGRESS, "55.5", 55.5), (PROGRESS, "", None), (YEAR, "2026", 2026)],
)
def test_a_cell_takes_a_value(panel: AttributeTablePanel, session: Session, column: int, text: str, value: object) -> None:
    edit_cell(panel, 0, column, text)
    table = session.workspace.layer("projects").table
    assert table.columns[panel.model.field(column).id].value(0) == value
    session.undo()
    assert shown(panel, column)[0] in ("Under construction", "40.0", "2023")


@pytest.mark.parametrize(("column", "text"), [(PROGRESS, "101"), (YEAR, "soon"), (NAME, "x" * 41)])
def test_a_refused_value_changes_nothing_and_says_why(
    panel: AttributeTablePanel, session: Session, column: int, text: str
) -> None:
    before = session.workspace
    edit_cell(panel, 0, column, text)
    assert session.workspace is before
    assert not session.is_dirty
    assert panel.model.field(column).title in panel.refusal


def test_the_row_being_edited_does_not_jump(panel: AttributeTablePanel) -> None:
    panel.view.sortByColumn(YEAR, Qt.SortOrder.AscendingOrder)
    edit_cell(panel, 0, YEAR, "2050")
    assert shown(panel, YEAR)[0] == "2050"


def test_added_and_deleted_rows_come_and_go(panel: AttributeTablePanel, session: Session) -> None:
    session.run(operations.delete_features(session.workspace, "projects", [1]))
    assert len(shown(panel)) == 3
    session.undo()
    assert shown(panel)[1] == "西环高速公路"


def test_a_million_rows_are_sorted_without_asking_for_a_cell() -> None:
    count = 1_000_000
    rng = np.random.default_rng(7)
    names = np.array([f"地块{i}" for i in range(1000)], object)
    schema = Schema((Field("t", "t", FieldType.TEXT), Field("n", "n", FieldType.REAL)))
    columns = {"t": TextColumn(rng.integers(0, 1000, count).astype(np.int32), names), "n": ArrayColumn(rng.random(count))}
    table = new_table(schema, columns, geometry_column([None]).take(np.zeros(count, np.int64)))
    model = AttributeTableModel(lambda *_: None)
    model.show(table)
    model.sort(0, Qt.SortOrder.AscendingOrder)
    assert model.rowCount(QModelIndex()) == count
    first, last = model.index(0, 0).data(), model.index(count - 1, 0).data()
    assert (first, last) == ("地块0", "地块999")
    rids = model.rids_of(np.array([0, 17, count - 1]))
    assert model.rows_of(rids).tolist() == [0, 17, count - 1]


def test_the_heads_never_ask_whether_a_whole_column_is_selected(panel: AttributeTablePanel, session: Session) -> None:
    # Qt would look at every cell of the column, which took a minute for a million rows.
    session.select("projects", [0, 1, 2, 3])
    assert marked(panel) == [0, 1, 2, 3]
    assert not panel.view.horizontalHeader().selectionModel().hasSelection()
