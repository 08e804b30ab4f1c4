"""A layer's rows for a table view: a window onto columns, so that a million rows cost what is on the screen.

Holds a version of the table, which cannot change under it, and two arrays of positions: the rows shown in their order, and
the way back. Edits go out through a function; the model changes when the session says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor

from cgplanner.app import theme
from cgplanner.app.qtmodels.row_order import containing, ordered
from cgplanner.errors import UserError
from cgplanner.model.column import Positions
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import FeatureTable, empty_table
from cgplanner.model.where import matching

Index = QModelIndex | QPersistentModelIndex
SetValue = Callable[[int, str, Any], UserError | None]  # rid, field id, value -> refusal

_ROOT = QModelIndex()
_FLAGS = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsEditable
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
FieldRole = int(Qt.ItemDataRole.UserRole)
_ROLES = {
    int(role)
    for role in (
        Qt.ItemDataRole.TextAlignmentRole,
        Qt.ItemDataRole.DisplayRole,
        Qt.ItemDataRole.EditRole,
        Qt.ItemDataRole.ToolTipRole,
        Qt.ItemDataRole.ForegroundRole,
        FieldRole,
    )
}
_CONDITION = re.compile(r"[<>=]|\b(?:is|in|like)\b", re.IGNORECASE)  # what tells a condition from a word
NULL_SIGN = "—"


class AttributeTableModel(QAbstractTableModel):
    """The rows of one layer, filtered and sorted.

    Signals
    -------
    refused(UserError)
        A typed value was not taken; the cell shows the old one.
    """

    refused = Signal(object)

    def __init__(self, set_value: SetValue, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._set_value = set_value
        self._table = empty_table(Schema())
        self._rows: Positions = np.empty(0, np.int64)
        self._row_of: Positions | None = None  # position -> row shown, -1 where hidden; made when asked for
        self._sorting: tuple[str, bool] | None = None
        self._filter = ""
        self._only: Positions | None = None  # session numbers; None shows all

    @property
    def table(self) -> FeatureTable:
        """The version that is shown."""
        return self._table

    def show(self, table: FeatureTable) -> None:
        """Show another layer: unsorted, unfiltered."""
        self._sorting, self._filter, self._only = None, "", None
        self._take(table)

    def update(self, table: FeatureTable) -> None:
        """Show the next version of the same layer.

        Where the same rows are still there they keep their places, so that the row being edited does not jump away.
        """
        same_rows = self._table.schema == table.schema and np.array_equal(self._table.rids, table.rids)
        if not same_rows:
            self._take(table)
            return
        self._table = table
        if len(self._rows):
            self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, self.columnCount() - 1))

    def set_filter(self, text: str) -> UserError | None:
        """Show only rows that hold this text, or for which this condition is true; return why it cannot be read."""
        old, self._filter = self._filter, text
        try:
            self._take(self._table)
        except UserError as error:
            self._filter = old
            return error
        return None

    def set_only(self, rids: Positions | None) -> None:
        """Show only these features; all for None."""
        if rids is not None or self._only is not None:
            self._only = rids
            self._take(self._table)

    def _take(self, table: FeatureTable) -> None:
        rows = self._chosen(table)
        self.beginResetModel()
        self._table, self._rows, self._row_of = table, rows, None
        self.endResetModel()

    def _chosen(self, table: FeatureTable) -> Positions:
        rows = np.sort(matching(table, self._filter)) if _CONDITION.search(self._filter) else containing(table, self._filter)
        if self._only is not None:
            rows = rows[np.isin(table.rids[rows], self._only)]
        if self._sorting is not None and self._sorting[0] in table.schema:
            rows = ordered(table, rows, self._sorting[0], descending=self._sorting[1])
        return rows

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; -1 goes back to the order of the layer."""
        fields = self._table.schema.fields
        by = (fields[column].id, order is Qt.SortOrder.DescendingOrder) if 0 <= column < len(fields) else None
        if by == self._sorting:
            return
        self._sorting = by
        self.layoutAboutToBeChanged.emit()
        kept = [(index, int(self._rows[index.row()])) for index in self.persistentIndexList()]
        self._rows = self._chosen(self._table)
        self._row_of = None
        self.changePersistentIndexList(
            [index for index, _ in kept], [self.index(self.row_of(position), index.column()) for index, position in kept]
        )
        self.layoutChanged.emit()

    def row_of(self, position: int) -> int:
        """Return the row that shows this position of the table, -1 when none does."""
        return int(self._shown()[position])

    def _shown(self) -> Positions:
        if self._row_of is None:
            self._row_of = np.full(len(self._table), -1, np.int64)
            self._row_of[self._rows] = np.arange(len(self._rows))
        return self._row_of

    def rids_of(self, rows: Positions) -> Positions:
        """Return the session numbers of the features in these rows."""
        return self._table.rids[self._rows[rows]]

    def rows_of(self, rids: Positions) -> Positions:
        """Return the rows that show these features, ascending; those not shown are left out."""
        rids = rids[self._table.holds(rids)]
        rows = self._shown()[self._table.positions_of(rids)]
        return np.sort(rows[rows >= 0])

    def field(self, column: int) -> Field:
        """Return the field a column shows."""
        return self._table.schema.fields[column]

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._table.schema)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or role not in _ROLES:
            return None
        field = self.field(index.column())
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if field.type in (FieldType.INTEGER, FieldType.REAL) and field.domain is None else _LEFT
        if role == FieldRole:
            return field
        value = self._table.columns[field.id].value(int(self._rows[index.row()]))
        if role == Qt.ItemDataRole.ForegroundRole:
            return QColor(theme.current().disabled) if value is None else None
        if role == Qt.ItemDataRole.DisplayRole:
            return NULL_SIGN if value is None else field.display(value)
        return value if role == Qt.ItemDataRole.EditRole else field.display(value)

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role != Qt.ItemDataRole.EditRole:
            return False
        rid = int(self._table.rids[self._rows[index.row()]])
        error = self._set_value(rid, self.field(index.column()).id, value)
        if error is not None:
            self.refused.emit(error)
        return error is None

    def flags(self, index: Index) -> Qt.ItemFlag:
        return _FLAGS if index.isValid() else Qt.ItemFlag.NoItemFlags

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is Qt.Orientation.Vertical:
            if role == Qt.ItemDataRole.DisplayRole and section < len(self._rows):
                return str(int(self._table.fids[self._rows[section]]))
            return None
        if role == Qt.ItemDataRole.DisplayRole and section < len(self._table.schema):
            return self.field(section).title
        if role == Qt.ItemDataRole.ToolTipRole and section < len(self._table.schema):
            field = self.field(section)
            return f"{field.title} · {field.name}"
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _LEFT
        return None

    def retranslate(self) -> None:
        """Read titles and labels again in the language of now."""
        if self.columnCount():
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, self.columnCount() - 1)
