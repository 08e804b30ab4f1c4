"""A mark on a place somebody went to by its coordinates; it stays until it is taken away."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen

from cgplanner.app import theme
from cgplanner.app.canvas.overlay import Overlay
from cgplanner.app.furniture.chips import chip_size, paint_chip
from cgplanner.render.scene.viewport import Viewport

_RADIUS, _ARM = 9.0, 16.0


class PlaceMarkOverlay(Overlay):
    """One marked place in the display CRS, with words beside it."""

    def __init__(self, font: QFont) -> None:
        self._font = theme.sized(font, theme.TABLE_PX)
        self.place: tuple[float, float] | None = None
        self.words = ""

    def mark(self, x: float, y: float, words: str) -> None:
        """Put the mark here."""
        self.place, self.words = (x, y), words

    def clear(self) -> bool:
        """Take the mark away; return False when there was none."""
        there, self.place = self.place is not None, None
        return there

    def paint(self, painter: QPainter, view: Viewport) -> None:
        if self.place is None:
            return
        x = (self.place[0] - view.x) / view.units_per_px + view.width / 2
        y = (view.y - self.place[1]) / view.units_per_px + view.height / 2
        if not (-100 < x < view.width + 100 and -100 < y < view.height + 100):
            return
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width in (("#FFFFFF", 5.0), (theme.current().snapping, 2.0)):
            painter.setPen(QPen(QColor(colour), width))
            painter.drawEllipse(QPointF(x, y), _RADIUS, _RADIUS)
            for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                painter.drawLine(QPointF(x + dx * 4, y + dy * 4), QPointF(x + dx * _ARM, y + dy * _ARM))
        width, height = chip_size(self._font, self.words)
        left = x + _ARM + 4 if x + _ARM + 4 + width < view.width else x - _ARM - 4 - width
        paint_chip(painter, QRectF(round(left), round(y - height / 2), width, height), self.words, self._font, edge=True)
