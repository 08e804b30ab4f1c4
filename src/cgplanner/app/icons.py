"""The icons of ``resources/icons``, drawn in the colours of the theme at the moment they are painted."""

from __future__ import annotations

from functools import cache
from typing import Any

from PySide6.QtCore import QByteArray, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QIconEngine, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from cgplanner.app import theme
from cgplanner.resources import resource_path


@cache
def _source(name: str) -> str:
    return resource_path("icons", f"{name}.svg").read_text(encoding="utf-8")


@cache
def _renderer(name: str, colour: str) -> QSvgRenderer:
    return QSvgRenderer(QByteArray(_source(name).replace("currentColor", colour).encode()))


def paint_icon(painter: QPainter, name: str, rect: QRect | QRectF, colour: str) -> None:
    """Draw an icon into the rectangle; for delegates and widgets that paint themselves."""
    _renderer(name, colour).render(painter, QRectF(rect))


class _ThemedEngine(QIconEngine):
    """Draws one SVG, in the theme's text colour unless a tone is named."""

    def __init__(self, name: str, tone: str = "text") -> None:
        super().__init__()
        self._name, self._tone = name, tone

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, _state: QIcon.State) -> None:
        side = min(rect.width(), rect.height())
        square = QRectF(0, 0, side, side)
        square.moveCenter(QRectF(rect).center())
        paint_icon(painter, self._name, square, self._colour(mode))

    def _colour(self, mode: QIcon.Mode) -> str:
        colours = theme.current()
        colour: str = colours.disabled if mode is QIcon.Mode.Disabled else getattr(colours, self._tone)
        return colour

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        pixmap = QPixmap(size)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return pixmap

    def clone(self) -> Any:
        return _ThemedEngine(self._name, self._tone)


def icon(name: str, tone: str = "text") -> QIcon:
    """Return the icon of this name; it follows the theme by itself."""
    _source(name)  # a wrong name is seen here, not at the first painting
    return QIcon(_ThemedEngine(name, tone))
