"""The labels of a layer: which field or template, how large, in which colours, at which scales."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QLineEdit, QToolButton, QVBoxLayout, QWidget

from cgplanner.app import theme
from cgplanner.app.controls.color_button import ColorButton
from cgplanner.app.controls.field_editor import QuietCombo
from cgplanner.app.controls.form_row import FormRow
from cgplanner.app.controls.scale_range import ScaleRange
from cgplanner.app.panels.renderer_pages import pixels, quiet
from cgplanner.errors import UserError
from cgplanner.model.layer import Layer
from cgplanner.model.schema import FieldType
from cgplanner.symbology.evaluate import style_of
from cgplanner.symbology.label_template import missing_fields
from cgplanner.symbology.style import Labels
from cgplanner.text import language, listed, tr

LEADER_PX, SMALLEST = 60.0, 0.85  # what labels may do that find no place: how far they go, how small they become


class LabelForm(QWidget):
    """Edits the labels of one layer.

    Signals
    -------
    edited(Labels)
        The labels as they should be.
    """

    edited = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layer: Layer | None = None
        self.shown = QCheckBox(self)
        self.field = QuietCombo(self)
        self.template = QLineEdit(self)
        self.refusal = QLabel(self)
        self.refusal.setProperty("role", "error")
        self.refusal.setWordWrap(True)
        self.refusal.hide()
        self.size_box, self.halo = pixels(5.0, 120.0, self), pixels(0.0, 12.0, self)
        self.color, self.halo_color = ColorButton("#000000", self), ColorButton("#FFFFFF", self)
        self.bold = QToolButton(self)
        self.bold.setText("B")
        self.bold.setCheckable(True)
        self.bold.setFixedSize(theme.CONTROL_HEIGHT, theme.CONTROL_HEIGHT)
        self.scales = ScaleRange(self)
        self.yields = QCheckBox(self)
        self._rows = (
            FormRow(self.field, self),
            FormRow(self.template, self),
            FormRow(self.size_box, self, also=_beside(self.bold, self.color)),
            FormRow(self.halo, self, also=self.halo_color),
            FormRow(self.scales, self),
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(1))
        for widget in (self.shown, *self._rows[:2], self.refusal, *self._rows[2:], self.yields):
            column.addWidget(widget)
        self.shown.toggled.connect(lambda shown: self._tell(visible=shown))
        self.field.activated.connect(lambda _: self._take_field())
        self.template.editingFinished.connect(self._take_template)
        self.size_box.valueChanged.connect(lambda value: self._tell(size=float(value)))
        self.halo.valueChanged.connect(lambda value: self._tell(halo=float(value)))
        self.color.chosen.connect(lambda color: self._tell(color=color))
        self.halo_color.chosen.connect(lambda color: self._tell(halo_color=color))
        self.bold.clicked.connect(lambda: self._tell(bold=self.bold.isChecked()))
        self.scales.chosen.connect(lambda far, near: self._tell(min_scale=far, max_scale=near))
        self.yields.toggled.connect(self._take_yields)
        self.retranslate()

    def show_layer(self, layer: Layer) -> None:
        """Show the labels of this layer."""
        self._layer = layer
        labels = self._labels()
        self.field.clear()
        for field in layer.schema:
            if field.type in (FieldType.TEXT, FieldType.INTEGER, FieldType.REAL):
                self.field.addItem(field.title, field.id)
        blocked = self.shown.blockSignals(True)
        self.shown.setChecked(labels is not None and labels.visible)
        self.shown.blockSignals(blocked)
        self.shown.setEnabled(self.field.count() > 0)
        for row in self._rows:
            row.setVisible(self.shown.isChecked())
        self.refusal.setVisible(self.shown.isChecked() and bool(self.refusal.text()))
        shown = labels or Labels(layer.schema.title or "")
        self.field.setCurrentIndex(max(self.field.findData(self._field_of(shown)), 0))
        if not self.template.hasFocus():
            self.template.setText(self._template_of(shown))
            self._refuse(None)
        quiet(self.size_box, shown.size)
        quiet(self.halo, shown.halo)
        self.bold.setChecked(shown.bold)
        self.color.show_colour(shown.color)
        self.halo_color.show_colour(shown.halo_color)
        self.scales.show_range(shown.min_scale, shown.max_scale)
        blocked = self.yields.blockSignals(True)
        self.yields.setChecked(shown.leader > 0)
        self.yields.blockSignals(blocked)
        self.yields.setVisible(self.shown.isChecked())

    def _labels(self) -> Labels | None:
        return style_of(self._layer).labels if self._layer is not None else None

    def _field_of(self, labels: Labels) -> str:
        return (labels.field_en or labels.field) if language() == "en" else labels.field

    def _template_of(self, labels: Labels) -> str:
        return (labels.text_en or labels.text) if language() == "en" else labels.text

    def _take_yields(self, yields: bool) -> None:  # noqa: FBT001  Qt's signal hands it over
        labels = self._labels()
        size = labels.size if labels is not None else Labels("").size
        self._tell(leader=LEADER_PX if yields else 0.0, smallest=round(size * SMALLEST, 1) if yields else 0.0)

    def _take_field(self) -> None:
        field = self.field.currentData()
        if field:
            self._tell(field=field, field_en="", text="", text_en="")

    def _take_template(self) -> None:
        text = self.template.text().strip()
        labels = self._labels()
        if self._layer is None or text == self._template_of(labels or Labels("")):
            self._refuse(None)
            return
        try:
            missing = missing_fields(text, self._layer.schema) if text else ()
        except UserError as error:
            self._refuse(error)
            return
        if missing:
            names = listed(field.name for field in self._layer.schema)
            self._refuse(
                UserError(tr("There is no field “{name}”.", name=missing[0]), hint=tr("Fields: {names}.", names=names))
            )
            return
        self._refuse(None)
        english = language() == "en" and labels is not None and bool(labels.text_en or labels.text)
        self._tell(**{"text_en" if english and text else "text": text})

    def _refuse(self, error: UserError | None) -> None:
        self.refusal.setText(str(error) if error else "")
        self.refusal.setVisible(error is not None)

    def _tell(self, **changes: Any) -> None:
        if self._layer is not None and self.field.count():
            labels = self._labels() or Labels(str(self.field.currentData()))
            self.edited.emit(replace(labels, **changes))

    def retranslate(self) -> None:
        """Say everything in the language of now."""
        self.shown.setText(tr("Show labels"))
        names = (tr("From the field"), tr("Or as a text"), tr("Size, colour"), tr("Halo"), tr("At scales"))
        for row, name in zip(self._rows, names, strict=True):
            row.say(name)
        self.field.setAccessibleName(tr("Field of the labels"))
        self.template.setPlaceholderText("{XMMC} ({SL:.1} km)")
        self.template.setToolTip(tr("Fields stand in braces; [ ] leaves out what is empty; | gives a second choice."))
        self.yields.setText(tr("Shrink and move labels that find no place"))
        self.yields.setToolTip(
            tr(
                "Text may shrink to {share} % and stand up to {far} px away from its feature, with a line back to it.",
                share=round(SMALLEST * 100),
                far=round(LEADER_PX),
            )
        )
        self.bold.setToolTip(tr("Bold"))
        self.bold.setAccessibleName(tr("Bold"))
        self.color.setAccessibleName(tr("Colour of the labels"))
        if self._layer is not None:
            self.show_layer(self._layer)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)


def _beside(*widgets: QWidget) -> QWidget:
    holder = QWidget()
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(theme.px(1))
    for widget in widgets:
        row.addWidget(widget)
    return holder
