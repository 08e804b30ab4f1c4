"""What there is to know about a layer: where it comes from, its coordinates, its fields."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QFormLayout, QHeaderView, QLabel, QTableWidget, QTableWidgetItem, QWidget

from cgplanner.app import theme
from cgplanner.app.controls.crs_words import crs_words
from cgplanner.app.dialogs.card import Card
from cgplanner.io.report import datum_mark_of
from cgplanner.model.layer import Layer
from cgplanner.model.schema import Field, FieldType
from cgplanner.text import tr


class PropertiesDialog(Card):
    """Facts of a layer, to be read only; ``change_datum`` asks for another datum where the layer is in an old one."""

    def __init__(self, parent: QWidget | None, layer: Layer, change_datum: Callable[[], object]) -> None:
        super().__init__(layer.title, parent, width=560)
        form = QFormLayout()
        form.setHorizontalSpacing(theme.px(4))
        for name, value in _facts(layer):
            label = QLabel(value, self)
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            head = QLabel(name, self)
            head.setProperty("role", "secondary")
            form.addRow(head, label)
        self.body.addLayout(form)
        self.body.addWidget(self._fields(layer))
        self._change_datum = change_datum
        if is_rough(layer):
            self.add_button(tr("Change the datum…"), self._ask_datum)
        self.add_button(tr("Close"), self.accept, default=True)

    def _ask_datum(self) -> None:
        self.accept()
        self._change_datum()

    def _fields(self, layer: Layer) -> QTableWidget:
        table = QTableWidget(len(layer.schema), 4, self)
        table.setHorizontalHeaderLabels([tr("Field"), tr("Code"), tr("Type"), tr("Allowed values")])
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setTabKeyNavigation(False)  # else the way to the buttons leads through every cell
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(theme.ROW_HEIGHT)
        table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for row, field in enumerate(layer.schema):
            for column, text in enumerate((field.title, field.name, type_words(field), _allowed(field))):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                table.setItem(row, column, item)
        table.resizeColumnsToContents()
        table.horizontalHeader().setSectionResizeMode(3, QHeaderView.ResizeMode.Stretch)
        table.setMinimumHeight(theme.ROW_HEIGHT * 9)
        return table


def is_rough(layer: Layer) -> bool:
    """Tell whether the layer is marked as lying in an old datum, or as taken from one without parameters."""
    mark = datum_mark_of(layer.extras.get("datum"))
    return mark is not None and mark.is_rough


def _facts(layer: Layer) -> list[tuple[str, str]]:
    extent = layer.table.geometry.extent()
    facts = [
        (tr("Features"), f"{len(layer.table):,}"),
        (tr("Coordinate system"), crs_words(layer.crs)),
        (tr("Extent"), "" if extent is None else ", ".join(_place(value) for value in extent)),
        (tr("Source"), layer.source_text),
        (tr("Accuracy"), layer.accuracy_text),
        (tr("Text encoding"), layer.encoding),
    ]
    return [(name, value) for name, value in facts if value]


def _place(value: float) -> str:
    """Return a coordinate without an exponent: metres to the decimetre, degrees to ten centimetres."""
    return f"{value:,.1f}" if abs(value) > 360 else f"{value:.6f}"


def type_words(field: Field) -> str:
    """Return the type of a field in words."""
    words = {
        FieldType.TEXT: tr("text, {width}", width=field.width) if field.width else tr("text"),
        FieldType.INTEGER: tr("whole number"),
        FieldType.REAL: tr("number"),
        FieldType.BOOLEAN: tr("yes or no"),
        FieldType.DATE: tr("date"),
        FieldType.DATETIME: tr("date and time"),
    }
    return words[field.type]


def _allowed(field: Field) -> str:
    return field.domain.describe() if field.domain is not None else ""
