"""The scale in the status bar: shows 1:50 000, takes a typed one."""

from __future__ import annotations

import re

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from cgplanner.app import theme
from cgplanner.text import tr

SMALLEST, LARGEST = 100.0, 100_000_000.0
_FACTORS = {"万": 10_000.0, "k": 1_000.0, "": 1.0}


class ScaleBox(QLineEdit):
    """A scale denominator.

    Signals
    -------
    entered(float)
        Somebody typed this denominator.
    """

    entered = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "quiet")
        self.setFixedWidth(theme.px(28))
        self._scale = 0.0
        self.returnPressed.connect(self._take)
        self.retranslate()

    def show_scale(self, scale: float) -> None:
        """Show this denominator, unless somebody is typing another."""
        self._scale = scale
        if not self.hasFocus():
            self.setText(written(scale))

    def _take(self) -> None:
        scale = read(self.text())
        self.clearFocus()
        self.setText(written(self._scale))
        if scale is not None:
            self.entered.emit(scale)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.setText(written(self._scale))
            self.clearFocus()
        else:
            super().keyPressEvent(event)

    def retranslate(self) -> None:
        """Say everything in the language of now."""
        self.setToolTip(tr("Scale of the map. Type another, such as 1:50 000."))
        self.setAccessibleName(tr("Scale"))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)


def written(scale: float) -> str:
    """Return a denominator as 1:50 000, rounded to three figures."""
    if scale <= 0:
        return "1:—"
    digits = max(len(str(int(scale))) - 3, 0)
    return f"1:{round(scale, -digits):,.0f}".replace(",", "\N{NO-BREAK SPACE}")


def read(text: str) -> float | None:
    """Return the denominator that somebody typed (1:50 000, 50000, 5万, 50k), held to what a map can show; else None."""
    plain = re.sub(r"[\s,，]", "", text).replace("：", ":").removeprefix("1:").lower()
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(万|k|)", plain)
    if found is None or float(found[1]) <= 0:
        return None
    return min(max(float(found[1]) * _FACTORS[found[2]], SMALLEST), LARGEST)
