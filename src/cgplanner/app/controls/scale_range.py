"""From which scale to which something is drawn: two fields for 1:n, open where they are empty."""

from __future__ import annotations

import re

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QWidget

from cgplanner.app import theme
from cgplanner.app.controls.scale_box import written
from cgplanner.text import tr


class ScaleRange(QWidget):
    """Edits a range of scales.

    Signals
    -------
    chosen(float, float)
        The denominators of the smallest and of the largest scale; 0 is open.
    """

    chosen = Signal(float, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._range = (0.0, 0.0)
        self.far, self.near = QLineEdit(self), QLineEdit(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.px(1))
        row.addWidget(self.far, 1)
        row.addWidget(QLabel("–", self))
        row.addWidget(self.near, 1)
        for line in (self.far, self.near):
            line.editingFinished.connect(self._take)
        self.retranslate()

    def show_range(self, far: float, near: float) -> None:
        """Show this range."""
        self._range = (far, near)
        for line, value in ((self.far, far), (self.near, near)):
            if not line.hasFocus():
                line.setText(written(value) if value else "")

    def _take(self) -> None:
        read = (_denominator(self.far.text()), _denominator(self.near.text()))
        if None in read:
            self.show_range(*self._range)
            return
        far, near = read[0] or 0.0, read[1] or 0.0
        if far and near and far < near:
            far, near = near, far
        if (far, near) != self._range:
            self._range = (far, near)
            self.chosen.emit(far, near)

    def retranslate(self) -> None:
        """Say everything in the language of now."""
        words = (
            (self.far, tr("any"), tr("Smallest scale at which it is drawn")),
            (self.near, tr("any"), tr("Largest scale at which it is drawn")),
        )
        for line, empty, name in words:
            line.setPlaceholderText(empty)
            line.setToolTip(name)
            line.setAccessibleName(name)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)


def _denominator(text: str) -> float | None:
    """Return the number behind "1:"; 0 for an empty text, None for something else."""
    plain = re.sub(r"[\s,，]", "", text).replace("：", ":").removeprefix("1:")
    if not plain:
        return 0.0
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(万)?", plain)
    return float(found[1]) * (10_000 if found[2] else 1) if found else None
