"""Words on a small card over the map, legible on any ground."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QPixmap

from cgplanner.app import theme

OPACITY = 0.86
_MOST_CHIPS = 300


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


@dataclass(frozen=True, eq=False)
class Chip:
    """A card that is painted already; its size in pixels of the canvas."""

    picture: QPixmap
    width: float
    height: float


class ChipCache:
    """Cards by their words: painting one costs 0.1 ms, blitting it a tenth of that, and there are a dozen in a frame."""

    def __init__(self, font: QFont) -> None:
        self._font = font
        self._chips: dict[tuple[str, float], Chip] = {}

    def forget(self) -> None:
        """Paint all anew from now on: the theme is another one."""
        self._chips.clear()

    def of(self, text: str, painter: QPainter) -> Chip:
        """Return the card of these words for the screen of a painter."""
        ratio = painter.device().devicePixelRatioF()
        found = self._chips.get((text, ratio))
        if found is None:
            if len(self._chips) > _MOST_CHIPS:
                self._chips.clear()
            found = self._chips[text, ratio] = self._painted(text, ratio)
        return found

    def _painted(self, text: str, ratio: float) -> Chip:
        width, height = chip_size(self._font, text)
        picture = QPixmap(round(width * ratio), round(height * ratio))
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_chip(painter, QRectF(0, 0, width, height), text, self._font)
        painter.end()
        return Chip(picture, width, height)
