"""The one light about the file: a shape and a word, because colour alone tells some people nothing."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from cgplanner.app import theme
from cgplanner.text import tr

State = Literal["saved", "unsaved", "saving", "read-only"]


class SaveLight(QWidget):
    """Circle: saved. Triangle: unsaved changes. Square: saving. Outlined square: open for reading only."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state: State = "saved"
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self.retranslate()

    @property
    def word(self) -> str:
        """What the light says."""
        words = {
            "saved": tr("Saved"),
            "unsaved": tr("Unsaved changes"),
            "saving": tr("Saving…"),
            "read-only": tr("Read-only"),
        }
        return words[self._state]

    def show_state(self, state: State) -> None:
        """Show this state from now on."""
        self._state = state
        self.retranslate()

    def retranslate(self) -> None:
        """Say the word in the language of now."""
        self.setAccessibleName(self.word)
        self.setToolTip(self.word)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance(self.word) + theme.px(7), theme.CONTROL_HEIGHT - theme.px(1))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        colours = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        by_state = {"saved": colours.good, "unsaved": colours.warning, "saving": colours.accent, "read-only": colours.secondary}
        colour = QColor(by_state[self._state])
        painter.setPen(colour)
        if self._state != "read-only":
            painter.setBrush(colour)
        box = QRectF(theme.px(1), self.height() / 2 - 4, 8, 8)
        if self._state == "saved":
            painter.drawEllipse(box)
        elif self._state == "unsaved":
            painter.drawPolygon(QPolygonF([QPointF(box.center().x(), box.top()), box.bottomRight(), box.bottomLeft()]))
        else:
            painter.drawRect(box)
        painter.setPen(QColor(colours.text if self._state == "unsaved" else colours.secondary))
        painter.drawText(QRectF(theme.px(5), 0, self.width() - theme.px(5), self.height()), 0x0080, self.word)
        painter.end()
