"""Words on a small card over the map, legible on any ground."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from cgplanner.app import theme

OPACITY = 0.86


def chip_size(font: QFont, text: str) -> tuple[float, float]:
    """Return width and height of a card with these words."""
    metrics = QFontMetricsF(font)
    return round(metrics.horizontalAdvance(text)) + theme.px(3), round(metrics.height()) + theme.px(1)


def paint_chip(painter: QPainter, box: QRectF, text: str, font: QFont, *, edge: bool = False) -> None:
    """Paint words in the middle of a card."""
    colours = theme.current()
    ground = QColor(colours.raised)
    ground.setAlphaF(OPACITY)
    painter.setPen(QPen(QColor(colours.border), 1.0) if edge else Qt.PenStyle.NoPen)
    painter.setBrush(ground)
    painter.drawRoundedRect(box, 3, 3)
    painter.setPen(QColor(colours.text))
    painter.setFont(font)
    metrics = QFontMetricsF(font)
    x = box.left() + (box.width() - metrics.horizontalAdvance(text)) / 2
    painter.drawText(QPointF(round(x), round(box.center().y() + (metrics.ascent() - metrics.descent()) / 2)), text)
