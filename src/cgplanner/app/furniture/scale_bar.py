"""The scale bar of the screen, true in the middle of the view; its round numbers are those of the page."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QPixmap

from cgplanner.app import theme
from cgplanner.app.canvas.overlay import Overlay
from cgplanner.app.furniture.chips import OPACITY
from cgplanner.layout.scale_bar import Bar, bar_for
from cgplanner.render.scene.viewport import METRES_PER_UNIT, Viewport

_WIDTH, _HEIGHT, _BAR = 168.0, 30.0, 4.0
_MARGIN = 10.0
_PARTS = 2
_MOVED = 0.02  # of the view's width: below that the ground under a pixel is the same


class ScaleBarOverlay(Overlay):
    """The scale bar of the screen."""

    def __init__(self, font: QFont) -> None:
        self._font = theme.sized(font, theme.SMALL_PX)
        self._picture: QPixmap | None = None
        self._made_for: tuple[str, float, float, float, float] | None = None

    def forget(self) -> None:
        self._picture = self._made_for = None

    def paint(self, painter: QPainter, view: Viewport) -> None:
        if not view.crs or not view.width:
            return
        ratio = painter.device().devicePixelRatioF()
        if self._picture is None or self._is_other(view, ratio):
            self._made_for = (view.crs, view.units_per_px, view.x, view.y, ratio)
            metres_per_px = view.scale_denominator * METRES_PER_UNIT["px"]
            self._picture = self._drawn(bar_for(metres_per_px, _WIDTH - 56, parts=_PARTS), ratio)
        painter.drawPixmap(QPointF(_MARGIN, view.height - _MARGIN - _HEIGHT), self._picture)

    def _is_other(self, view: Viewport, ratio: float) -> bool:
        if self._made_for is None:
            return True
        crs, units, x, y, of = self._made_for
        reach = max(abs(view.x - x), abs(view.y - y)) / view.units_per_px
        return (crs, units, of) != (view.crs, view.units_per_px, ratio) or reach > view.width * _MOVED

    def _drawn(self, bar: Bar, ratio: float) -> QPixmap:
        picture = QPixmap(round(_WIDTH * ratio), round(_HEIGHT * ratio))
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = theme.current()
        ground = QColor(colours.raised)
        ground.setAlphaF(OPACITY)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        unit = "km" if bar.in_kilometres else "m"
        length = bar.millimetres * bar.parts  # of pixels here: the bar was asked for in them
        words = f"{bar.figure(bar.parts)} {unit}"
        metrics = QFontMetricsF(self._font)
        left = 8.0
        beyond = metrics.horizontalAdvance(words) - metrics.horizontalAdvance(bar.figure(bar.parts)) / 2
        painter.drawRoundedRect(QRectF(0, 0, min(left + length + beyond + 8, _WIDTH), _HEIGHT), 4, 4)
        painter.setFont(self._font)
        for part in range(bar.parts + 1):
            figure = words if part == bar.parts else bar.figure(part)
            at = left + part * bar.millimetres
            shift = 0.0 if part == 0 else metrics.horizontalAdvance(bar.figure(part)) / 2
            painter.setPen(QColor(colours.text))
            painter.drawText(QPointF(round(at - shift), 4 + metrics.ascent()), figure)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        painter.setPen(QPen(QColor(colours.text), 1.0))
        for part in range(bar.parts):
            painter.setBrush(QColor(colours.text if part % 2 == 0 else colours.raised))
            x, end = round(left + part * bar.millimetres), round(left + (part + 1) * bar.millimetres)
            painter.drawRect(QRectF(x, _HEIGHT - _BAR - 5, end - x, _BAR))
        painter.end()
        return picture
