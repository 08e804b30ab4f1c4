"""The look of a layer, as far as it is changed without a designer: colour, width and opacity by class, and labels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QDoubleSpinBox, QGridLayout, QLabel, QSpinBox, QVBoxLayout, QWidget

from cgplanner.app import theme
from cgplanner.app.controls.color_button import ColorButton
from cgplanner.app.controls.field_editor import QuietCombo
from cgplanner.app.panels import symbol_edits
from cgplanner.model.layer import Layer
from cgplanner.model.schema import FieldType
from cgplanner.symbology.evaluate import Hint, legend_entries, style_of
from cgplanner.symbology.style import Labels, Single, Style, Symbol
from cgplanner.text import tr

SPIN_WIDTH = 68


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
        self._classes = QWidget(self)
        self._column.addWidget(self._classes)
        self.labels = QCheckBox(self)
        self.labels.toggled.connect(self._set_labels)
        self.label_field = QuietCombo(self)
        self.label_field.activated.connect(lambda _: self._set_labels(shown=self.labels.isChecked()))
        self._column.addWidget(self.labels)
        self._column.addWidget(self.label_field)
        self.retranslate()

    def show_layer(self, layer: Layer) -> None:
        """Show the style of this layer."""
        self._layer, self._style = layer, style_of(layer)
        focus = self.focusWidget()
        name = focus.objectName() if focus is not None and self._classes.isAncestorOf(focus) else ""
        fresh = self._made_classes()
        self._column.replaceWidget(self._classes, fresh)
        self._classes.hide()
        self._classes.deleteLater()
        self._classes = fresh
        if name and (again := fresh.findChild(QWidget, name)):
            again.setFocus()
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

    def _made_classes(self) -> QWidget:
        widget = QWidget(self)
        grid = QGridLayout(widget)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(theme.px(1))
        grid.setVerticalSpacing(theme.px(1))
        grid.setColumnStretch(1, 1)
        for column, text in ((2, tr("Width px")), (3, tr("Opacity %"))):
            head = QLabel(text, widget)
            head.setProperty("role", "small")
            grid.addWidget(head, 0, column)
        entries = [each for each in legend_entries(self._style) if each.part == "class"]
        for number, (symbol, entry) in enumerate(zip(symbol_edits.class_symbols(self._style.renderer), entries, strict=True)):
            label = tr("All features") if isinstance(self._style.renderer, Single) else entry.label
            self._add_class(grid, widget, number, symbol, entry.kind, label)
        return widget

    def _add_class(self, grid: QGridLayout, widget: QWidget, number: int, symbol: Symbol, kind: Hint, title: str) -> None:
        def change(edit: Callable[[Symbol, Hint, float], Symbol], value: float) -> None:
            self.edited.emit(symbol_edits.with_class_symbol(self._style, number, edit(symbol, kind, value)))

        colour = ColorButton(symbol_edits.colour_of(symbol, kind), widget)
        colour.setObjectName(f"colour{number}")
        colour.chosen.connect(
            lambda new: self.edited.emit(
                symbol_edits.with_class_symbol(self._style, number, symbol_edits.with_colour(symbol, kind, new))
            )
        )
        label = QLabel(title, widget)
        label.setToolTip(title)
        label.setWordWrap(True)
        width = QDoubleSpinBox(widget)
        width.setObjectName(f"width{number}")
        width.setRange(0.0, 60.0)
        width.setDecimals(1)
        width.setSingleStep(0.2)
        width.setValue(symbol_edits.width_of(symbol, kind))
        width.setAccessibleName(tr("Width of {name}", name=title))
        width.valueChanged.connect(lambda value: change(symbol_edits.with_width, value))
        opacity = QSpinBox(widget)
        opacity.setObjectName(f"opacity{number}")
        opacity.setRange(0, 100)
        opacity.setSingleStep(5)
        opacity.setValue(round(symbol_edits.opacity_of(symbol, kind) * 100))
        opacity.setAccessibleName(tr("Opacity of {name}", name=title))
        opacity.valueChanged.connect(lambda value: change(symbol_edits.with_opacity, value / 100))
        for spin in (width, opacity):
            spin.setKeyboardTracking(False)
            spin.setFixedWidth(SPIN_WIDTH)
            spin.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        for column, each in enumerate((colour, label, width, opacity)):
            grid.addWidget(each, number + 1, column)

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
        self.labels.setText(tr("Labels from the field"))
        self.label_field.setAccessibleName(tr("Field of the labels"))
        if self._layer is not None:
            self.show_layer(self._layer)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)
