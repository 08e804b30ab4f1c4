"""How a layer as a whole is drawn: at which scales, in which order of its features, how it meets what lies below."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QToolButton, QVBoxLayout, QWidget

from cgplanner.app import theme
from cgplanner.app.controls.field_editor import QuietCombo
from cgplanner.app.controls.form_row import FormRow
from cgplanner.app.controls.scale_range import ScaleRange
from cgplanner.app.icons import icon
from cgplanner.app.panels.renderer_pages import fill_fields
from cgplanner.model.layer import Layer
from cgplanner.symbology.evaluate import style_of
from cgplanner.text import tr


class LayerEffects(QWidget):
    """Edits what concerns all of a layer's features together.

    Signals
    -------
    edited(Style)
        The style as it should be.
    """

    edited = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layer: Layer | None = None
        self.scales = ScaleRange(self)
        self.order, self.blend = QuietCombo(self), QuietCombo(self)
        self.descending = QToolButton(self)
        self.descending.setCheckable(True)
        self.descending.setFixedSize(theme.CONTROL_HEIGHT, theme.CONTROL_HEIGHT)
        self._rows = (FormRow(self.scales, self), FormRow(self.order, self, also=self.descending), FormRow(self.blend, self))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(1))
        for row in self._rows:
            column.addWidget(row)
        self.scales.chosen.connect(lambda far, near: self._tell(min_scale=far, max_scale=near))
        self.order.activated.connect(lambda _: self._tell(order_by=self.order.currentData()))
        self.descending.clicked.connect(lambda: self._tell(descending=self.descending.isChecked()))
        self.blend.activated.connect(lambda _: self._tell(blend=self.blend.currentData()))
        self.retranslate()

    def show_layer(self, layer: Layer) -> None:
        """Show the settings of this layer."""
        self._layer = layer
        style = style_of(layer)
        self.scales.show_range(style.min_scale, style.max_scale)
        fill_fields(self.order, layer.schema, style.order_by, none=tr("(as they come)"))
        self.descending.setChecked(style.descending)
        self.descending.setEnabled(bool(style.order_by))
        self.descending.setIcon(icon("sort-desc" if style.descending else "sort-asc"))
        self.blend.setCurrentIndex(self.blend.findData(style.blend))

    def _tell(self, **changes: Any) -> None:
        if self._layer is not None:
            self.edited.emit(replace(style_of(self._layer), **changes))

    def retranslate(self) -> None:
        """Say everything in the language of now."""
        for row, name in zip(self._rows, (tr("At scales"), tr("Drawn by"), tr("Blending")), strict=True):
            row.say(name)
        self.order.setToolTip(tr("Features with larger values are drawn above the others."))
        self.descending.setToolTip(tr("Smaller values above"))
        self.descending.setAccessibleName(tr("Smaller values above"))
        chosen = self.blend.currentData()
        self.blend.clear()
        for name, words in (
            ("normal", tr("Normal")),
            ("multiply", tr("Multiply")),
            ("screen", tr("Screen")),
            ("darken", tr("Darken")),
            ("lighten", tr("Lighten")),
            ("overlay", tr("Overlay")),
        ):
            self.blend.addItem(words, name)
        self.blend.setCurrentIndex(max(self.blend.findData(chosen), 0))
        if self._layer is not None:
            self.show_layer(self._layer)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)
