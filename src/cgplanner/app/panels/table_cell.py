"""Editing a cell of the attribute table in place: a list for fields with a list of values, a line for all others."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPersistentModelIndex
from PySide6.QtWidgets import QComboBox, QLineEdit, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from cgplanner.app.controls.field_editor import QuietCombo
from cgplanner.app.qtmodels.attribute_table_model import FieldRole
from cgplanner.model.schema import CodedDomain, Field, FieldType
from cgplanner.text import tr

Index = QModelIndex | QPersistentModelIndex


class TableCell(QStyledItemDelegate):
    """Makes and reads the editors of cells."""

    def createEditor(self, parent: QWidget, _option: QStyleOptionViewItem, index: Index) -> QWidget:
        from_list = choices(index.data(FieldRole))
        if from_list is None:
            return QLineEdit(parent)
        combo = QuietCombo(parent)
        for value, label in from_list:
            combo.addItem(label, value)
        combo.activated.connect(lambda _: self._finish(combo))
        return combo

    def _finish(self, combo: QComboBox) -> None:
        self.commitData.emit(combo)
        self.closeEditor.emit(combo, QStyledItemDelegate.EndEditHint.NoHint)

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        value = index.data(2)  # Qt.ItemDataRole.EditRole
        if isinstance(editor, QComboBox):
            editor.setCurrentIndex(editor.findData(value))
        elif isinstance(editor, QLineEdit):
            field: Field = index.data(FieldRole)
            editor.setText(field.display(value))

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: Index) -> None:
        field: Field = index.data(FieldRole)
        if isinstance(editor, QComboBox):
            if editor.currentIndex() >= 0:
                model.setData(index, editor.currentData())
        elif isinstance(editor, QLineEdit) and editor.text() != field.display(index.data(2)):
            model.setData(index, editor.text() or None)

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, _index: Index) -> None:
        editor.setGeometry(option.rect)


def choices(field: Field) -> list[tuple[Any, str]] | None:
    """Return (value, label) of the values a field offers; None when it is typed freely."""
    empty = [(None, tr("(empty)"))] if field.nullable else []
    if isinstance(field.domain, CodedDomain):
        return empty + [(each.code, each.label) for each in field.domain.values]
    if field.type is FieldType.BOOLEAN:
        return [*empty, (True, tr("yes")), (False, tr("no"))]
    return None
