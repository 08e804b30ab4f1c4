"""Whose pictures lie under the map, and what is wrong with those that do not come: quiet words at the foot of the map."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter

from cgplanner.app import theme
from cgplanner.app.canvas.ground_picture import GroundPicture
from cgplanner.app.canvas.overlay import Overlay
from cgplanner.app.furniture.chips import chip_size, paint_chip
from cgplanner.app.icons import paint_icon
from cgplanner.render.scene.viewport import Viewport

_MARGIN, _ICON = 10.0, 14.0
_ABOVE = 38.0  # the scale bar lies below
_WIDEST = 640.0


class CreditsOverlay(Overlay):
    """Attribution at the right, troubles at the left."""

    def __init__(self, ground: GroundPicture, font: QFont) -> None:
        self._ground = ground
        self._small, self._body = theme.sized(font, theme.SMALL_PX), theme.sized(font, theme.TABLE_PX)

    def paint(self, painter: QPainter, view: Viewport) -> None:
        if self._ground.grounds:
            self._paint_credits(painter, view)
            self._paint_troubles(painter, view)

    def _paint_credits(self, painter: QPainter, view: Viewport) -> None:
        words = "  ".join(self._ground.attributions())
        if words:
            words = QFontMetricsF(self._small).elidedText(words, Qt.TextElideMode.ElideRight, view.width / 2)
            width, height = chip_size(self._small, words)
            box = QRectF(round(view.width - width) - 2.0, round(view.height - height) - 2.0, width, height)
            paint_chip(painter, box, words, self._small)

    def _paint_troubles(self, painter: QPainter, view: Viewport) -> None:
        bottom = view.height - _MARGIN - _ABOVE
        for words in reversed(self._ground.troubles()):
            room = min(view.width - 2 * _MARGIN - _ICON - theme.px(4), _WIDEST)
            shown = QFontMetricsF(self._body).elidedText(words, Qt.TextElideMode.ElideRight, room)
            width, height = chip_size(self._body, shown)
            height += theme.px(1)
            box = QRectF(_MARGIN, round(bottom - height), width + _ICON + theme.px(2), height)
            paint_chip(painter, box, "", self._body, edge=True)
            icon = QRectF(box.left() + theme.px(2), box.center().y() - _ICON / 2, _ICON, _ICON)
            paint_icon(painter, "warning", icon, theme.current().warning)
            painter.setPen(QColor(theme.current().text))
            painter.setFont(self._body)
            place = box.adjusted(_ICON + theme.px(3), 0, 0, 0)
            painter.drawText(place, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), shown)
            bottom -= height + theme.px(1)
