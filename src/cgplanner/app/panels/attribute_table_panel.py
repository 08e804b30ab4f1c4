"""The attribute table: all rows of one layer, sorted, filtered, edited in place; its selection is the map's."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QItemSelection, QItemSelectionModel, QItemSelectionRange, Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from cgplanner.app import theme
from cgplanner.app.bridge import Bridge
from cgplanner.app.controls.clear_action import add_clear_action
from cgplanner.app.controls.field_editor import QuietCombo
from cgplanner.app.panels.table_cell import TableCell
from cgplanner.app.qtmodels.attribute_table_model import AttributeTableModel
from cgplanner.edit import operations
from cgplanner.errors import UserError
from cgplanner.model.column import Positions
from cgplanner.model.signal import Kind, LayerChange
from cgplanner.text import tr

WAIT_MS = 200  # after the last key before the rows are filtered
MOST_RANGES = 5_000  # more separate runs of selected rows than this are not marked one by one
WIDEST_COLUMN = 240
_CARES = Kind.ATTRIBUTES | Kind.ROWS | Kind.SCHEMA | Kind.LAYERS


class AttributeTablePanel(QWidget):
    """Chooser of the layer, filter, table."""

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._bridge = bridge
        self._layer_id = ""
        self._syncing, self._fits = False, True
        self.model = AttributeTableModel(self._set_value, self)
        self.model.refused.connect(self._show_refusal)
        self.view = self._made_view()
        self._count, self._refusal = QLabel(self), QLabel(self)
        bar = self._made_bar()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addWidget(self.view, 1)
        column.addWidget(self._refusal)
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(WAIT_MS)
        self._wait.timeout.connect(self._filter_now)
        bridge.changed.connect(self._take)
        bridge.selection_changed.connect(lambda _: self._follow_selection())
        bridge.replaced.connect(self._start_over)
        bridge.state_changed.connect(self._follow)
        self.retranslate()
        self._fill_chooser()
        self._follow()

    def _made_view(self) -> QTableView:
        view = QTableView(self)
        view.setModel(self.model)
        view.setItemDelegate(TableCell(view))
        view.setSortingEnabled(True)
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.EditKeyPressed
            | QAbstractItemView.EditTrigger.AnyKeyPressed
        )
        view.setWordWrap(False)
        view.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        view.verticalHeader().setDefaultSectionSize(theme.ROW_HEIGHT)
        view.verticalHeader().setFixedWidth(theme.px(15))
        view.horizontalHeader().setFixedHeight(theme.CONTROL_HEIGHT)
        view.horizontalHeader().setHighlightSections(False)
        view.horizontalHeader().setSortIndicatorClearable(True)
        view.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        # A head asks whether its whole column is selected, cell by cell: a minute for a million rows. This one never is.
        view.horizontalHeader().setSelectionModel(QItemSelectionModel(self.model, view.horizontalHeader()))
        view.setFont(theme.sized(self.font(), theme.TABLE_PX))
        view.selectionModel().selectionChanged.connect(lambda *_: self._give_selection())
        return view

    def _made_bar(self) -> QHBoxLayout:
        self.chooser = QuietCombo(self)
        self.chooser.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.chooser.activated.connect(lambda _: self.show_layer(self.chooser.currentData()))
        self.filter = QLineEdit(self)
        add_clear_action(self.filter)
        self.filter.setMaximumWidth(theme.px(80))
        self.filter.textChanged.connect(lambda _: self._wait.start())
        self.only_selected = QCheckBox(self)
        self.only_selected.toggled.connect(lambda _: self._restrict())
        self._count.setProperty("role", "secondary")
        self._refusal.setProperty("role", "error")
        self._refusal.setContentsMargins(theme.px(3), theme.px(1), theme.px(3), theme.px(1))
        self._refusal.hide()
        bar = QHBoxLayout()
        bar.setContentsMargins(theme.px(3), theme.px(1), theme.px(3), theme.px(1))
        bar.setSpacing(theme.px(3))
        bar.addWidget(self.chooser)
        bar.addWidget(self.filter, 100)  # its width must not follow that of the count
        bar.addWidget(self.only_selected)
        bar.addStretch(1)
        bar.addWidget(self._count)
        return bar

    @property
    def refusal(self) -> str:
        """The sentence below the table; '' when there is none."""
        return self._refusal.text() if not self._refusal.isHidden() else ""

    @property
    def layer_id(self) -> str:
        """Id of the layer shown; '' for none."""
        return self._layer_id

    # The layer

    def _fill_chooser(self) -> None:
        self.chooser.clear()
        for layer in reversed(self._bridge.workspace.layers):
            self.chooser.addItem(layer.title, layer.id)
        self.chooser.setCurrentIndex(self.chooser.findData(self._layer_id))

    def _start_over(self) -> None:
        self._layer_id = ""
        self._fill_chooser()
        self._follow()

    def _follow(self) -> None:
        """Show the current layer; where there is none, the topmost of the plan."""
        layer = self._bridge.current_layer()
        layers = self._bridge.workspace.layers
        plan = [each for each in layers if each.role == "planning"] or list(layers)
        wanted = layer.id if layer is not None else self._layer_id or (plan[-1].id if plan else "")
        if wanted != self._layer_id:
            self.show_layer(wanted)

    def _follow_selection(self) -> None:
        self._follow()
        self._take_selection()

    def show_layer(self, layer_id: str) -> None:
        """Show the rows of this layer; none for ''."""
        if layer_id == self._layer_id or (layer_id and layer_id not in self._bridge.workspace):
            return
        self._layer_id = layer_id
        self._show_refusal(None)
        self.filter.clear()
        self._wait.stop()
        self.only_selected.setChecked(False)
        self.chooser.setCurrentIndex(self.chooser.findData(layer_id))
        self.view.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        if layer_id:
            self.model.show(self._bridge.workspace.layer(layer_id).table)
            self._fits = False
            if self.isVisible():
                self._fit_columns()
        self._bridge.session.set_current_layer(layer_id)
        self._take_selection()

    def _fit_columns(self) -> None:
        """Make columns as wide as their heads and first rows ask for, within reason."""
        self._fits = True
        header = self.view.horizontalHeader()
        header.setResizeContentsPrecision(20)
        self.view.resizeColumnsToContents()
        for column in range(self.model.columnCount()):
            header.resizeSection(column, min(header.sectionSize(column) + theme.px(2), WIDEST_COLUMN))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._fits:  # a table that nobody sees is not measured: that is a tenth of the whole start
            self._fit_columns()

    def _take(self, change: LayerChange) -> None:
        if change.kinds & (Kind.LAYERS | Kind.SCHEMA):
            if self._layer_id not in self._bridge.workspace:
                self._layer_id = ""
                self._follow()
            self._fill_chooser()
        if self._layer_id and change.kinds & _CARES and self._layer_id in change.changeset.layers():
            self._syncing = True  # a reset of the model clears the view's selection, which is not the planner's wish
            self.model.update(self._bridge.workspace.layer(self._layer_id).table)
            self._syncing = False
            self._take_selection()

    # Filter and selection

    def _filter_now(self) -> None:
        self._syncing = True
        error = self.model.set_filter(self.filter.text())
        self._syncing = False
        self._show_refusal(error)
        self._take_selection()

    def _restrict(self) -> None:
        self._syncing = True
        self.model.set_only(self._selected() if self.only_selected.isChecked() else None)
        self._syncing = False
        self._take_selection()

    def _selected(self) -> Positions:
        chosen = self._bridge.selection
        rids = chosen.rids if chosen.layer_id == self._layer_id else ()
        return np.array(rids, np.int64)

    def _take_selection(self) -> None:
        """Mark the rows that are selected elsewhere, and bring the first into view."""
        if self._syncing:
            return
        chosen = self._selected()
        if self.only_selected.isChecked():
            self._syncing = True
            self.model.set_only(chosen)
            self._syncing = False
        rows = self.model.rows_of(chosen)
        self._say_count(len(chosen))
        if np.array_equal(rows, self._marked()):
            return
        self._syncing = True
        flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
        self.view.selectionModel().select(self._ranges(rows), flags)
        self._syncing = False
        if len(rows):
            self.view.scrollTo(self.model.index(int(rows[0]), max(self.view.columnAt(0), 0)))

    def _ranges(self, rows: Positions) -> QItemSelection:
        selection = QItemSelection()
        last = self.model.columnCount() - 1
        starts = np.flatnonzero(np.diff(rows, prepend=-2) != 1)
        ends = np.flatnonzero(np.diff(rows, append=-2) != 1) + 1
        for start, end in zip(starts[:MOST_RANGES], ends[:MOST_RANGES], strict=True):
            corner, other = self.model.index(int(rows[start]), 0), self.model.index(int(rows[end - 1]), last)
            selection.append(QItemSelectionRange(corner, other))
        return selection

    def _marked(self) -> Positions:
        chosen = self.view.selectionModel().selection()
        ranges = [chosen.at(number) for number in range(chosen.count())]
        runs = [np.arange(each.top(), each.bottom() + 1, dtype=np.int64) for each in ranges]
        return np.unique(np.concatenate(runs)) if runs else np.empty(0, np.int64)

    def _give_selection(self) -> None:
        """Select on the map what somebody marked here."""
        if self._syncing or not self._layer_id:
            return
        self._syncing = True
        self._bridge.select(self._layer_id, self.model.rids_of(self._marked()))
        self._syncing = False
        self._say_count(len(self._selected()))

    def _say_count(self, selected: int) -> None:
        total, shown = len(self.model.table), self.model.rowCount()
        if shown == total:
            text = tr("{total} features, {selected} selected", total=f"{total:,}", selected=f"{selected:,}")
        else:
            text = tr(
                "{shown} of {total} features, {selected} selected",
                shown=f"{shown:,}",
                total=f"{total:,}",
                selected=f"{selected:,}",
            )
        self._count.setText(text)

    # Editing

    def _set_value(self, rid: int, field_id: str, value: Any) -> UserError | None:
        error = self._bridge.run(lambda w: operations.set_field(w, self._layer_id, [rid], field_id, value))
        if error is None:
            self._show_refusal(None)
        return error

    def _show_refusal(self, error: UserError | None) -> None:
        self._refusal.setText(str(error) if error else "")
        self._refusal.setVisible(error is not None)

    def retranslate(self) -> None:
        """Say everything in the language of now."""
        self.chooser.setToolTip(tr("Layer shown in the table"))
        self.chooser.setAccessibleName(tr("Layer shown in the table"))
        self.filter.setPlaceholderText(tr("Filter: a word, or a condition such as SL > 5"))
        self.filter.setAccessibleName(tr("Filter"))
        self.only_selected.setText(tr("Selected only"))
        self.view.setAccessibleName(tr("Attribute table"))
        self.model.retranslate()
        for place in range(self.chooser.count()):
            self.chooser.setItemText(place, self._bridge.workspace.layer(self.chooser.itemData(place)).title)
        self._say_count(len(self._selected()))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)
