"""A button that shows a colour and lets another be chosen."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QColorDialog, QToolButton, QWidget

from cgplanner.app import theme
from cgplanner.text import tr


class ColorButton(QToolButton):
    """Shows a colour.

    Signals
    -------
    chosen(str)
        Another colour was chosen, as #RRGGBB.
    """

    chosen = Signal(str)

    def __init__(self, colour: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._colour = colour
        self.setFixedSize(theme.CONTROL_HEIGHT, theme.CONTROL_HEIGHT - 4)
        self.clicked.connect(self._choose)
        self.show_colour(colour)

    @property
    def colour(self) -> str:
        """The colour shown."""
        return self._colour

    def show_colour(self, colour: str) -> None:
        """Show this colour from now on; '' for none."""
        self._colour = colour
        words = tr("Colour: {colour}", colour=colour) if colour else tr("No colour: nothing is drawn")
        self.setToolTip(words)
        self.setAccessibleName(words)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(theme.current().strong_border), 1))
        box = QRectF(self.rect()).adjusted(5.5, 5.5, -5.5, -5.5)
        if self._colour:
            painter.setBrush(QColor(self._colour))
        painter.drawRoundedRect(box, 3, 3)
        if not self._colour:
            painter.setPen(QPen(QColor(theme.current().bad), 1.2))
            painter.drawLine(box.bottomLeft(), box.topRight())
        painter.end()

    def _choose(self) -> None:
        chosen = QColorDialog.getColor(QColor(self._colour or "#000000"), self, tr("Choose a colour"))
        if chosen.isValid() and chosen.name().upper() != self._colour.upper():
            self.chosen.emit(chosen.name().upper())
