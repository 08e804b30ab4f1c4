"""The look of a layer, as far as it is changed without a designer: colour, width and opacity by class, and labels."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from cgplanner.app import theme
from cgplanner.app.controls.field_editor import QuietCombo
from cgplanner.app.panels import symbol_edits
from cgplanner.app.panels.class_row import SPIN_WIDTH, ClassRow
from cgplanner.app.qtmodels.swatches import kind_of
from cgplanner.model.layer import Layer
from cgplanner.model.schema import FieldType
from cgplanner.symbology.evaluate import legend_entries, style_of
from cgplanner.symbology.style import Labels, Style, Symbol
from cgplanner.text import tr


class StyleForm(QWidget):
    """Edits the style of one layer.

    Signals
    -------
    edited(Style)
        The style as it should be.
    """

    edited = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._style = Style()
        self._layer: Layer | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.px(2))
        self._heads = tuple(QLabel(self) for _ in range(2))
        self._column.addLayout(self._made_heads())
        self.rows: list[ClassRow] = []
        self._classes = QVBoxLayout()
        self._classes.setSpacing(theme.px(1))
        self._column.addLayout(self._classes)
        self.labels = QCheckBox(self)
        self.labels.toggled.connect(self._set_labels)
        self.label_field = QuietCombo(self)
        self.label_field.activated.connect(lambda _: self._set_labels(shown=self.labels.isChecked()))
        self._column.addWidget(self.labels)
        self._column.addWidget(self.label_field)
        self.retranslate()

    def _made_heads(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.px(1))
        row.addStretch(1)
        for head in self._heads:
            head.setProperty("role", "small")
            head.setFixedWidth(SPIN_WIDTH)
            row.addWidget(head)
        return row

    def show_layer(self, layer: Layer) -> None:
        """Show the style of this layer."""
        self._layer, self._style = layer, style_of(layer)
        entries = [each for each in legend_entries(self._style) if each.part == "class"]
        symbols = symbol_edits.class_symbols(self._style.renderer)
        self._make_rows(len(symbols))
        for row, symbol, entry in zip(self.rows, symbols, entries, strict=True):
            row.show_class(symbol, kind_of(layer, entry), entry.label or tr("All features"))
        self._show_labels(layer)

    def _show_labels(self, layer: Layer) -> None:
        labels = self._style.labels
        blocked = self.labels.blockSignals(True)
        self.labels.setChecked(labels is not None and labels.visible)
        self.labels.blockSignals(blocked)
        self.label_field.clear()
        for field in layer.schema:
            if field.type in (FieldType.TEXT, FieldType.INTEGER, FieldType.REAL):
                self.label_field.addItem(field.title, field.id)
        wanted = labels.field if labels else layer.schema.title
        self.label_field.setCurrentIndex(max(self.label_field.findData(wanted), 0))
        self.label_field.setEnabled(self.labels.isChecked())
        self.labels.setEnabled(self.label_field.count() > 0)

    def _make_rows(self, count: int) -> None:
        """Have so many rows; those there are stay, so that an arrow that is held down goes on counting."""
        while len(self.rows) > count:
            row = self.rows.pop()
            self._classes.removeWidget(row)
            row.hide()
            row.deleteLater()
        while len(self.rows) < count:
            row = ClassRow(self)
            number = len(self.rows)
            row.edited.connect(lambda symbol, number=number: self._set_symbol(number, symbol))
            self.rows.append(row)
            self._classes.addWidget(row)

    def _set_symbol(self, number: int, symbol: Symbol) -> None:
        self.edited.emit(symbol_edits.with_class_symbol(self._style, number, symbol))

    def _set_labels(self, shown: bool) -> None:  # noqa: FBT001  Qt's signal hands it over
        field = self.label_field.currentData()
        if field is None:
            return
        labels = self._style.labels or Labels(field)
        if field != labels.field:
            labels = replace(labels, field=field, field_en="")
        self.edited.emit(replace(self._style, labels=replace(labels, visible=shown)))

    def retranslate(self) -> None:
        """Say everything in the language of now."""
        self._heads[0].setText(tr("Width px"))
        self._heads[1].setText(tr("Opacity %"))
        self.labels.setText(tr("Labels from the field"))
        self.label_field.setAccessibleName(tr("Field of the labels"))
        if self._layer is not None:
            self.show_layer(self._layer)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)
