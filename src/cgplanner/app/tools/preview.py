"""How previews look: lines being drawn, handles, snap marks, the box of a drag, words beside the mouse."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from cgplanner.app import theme
from cgplanner.geometry import measure
from cgplanner.geometry.ragged import Floats
from cgplanner.render.qt.map_pictures import CASING, CASING_PX, LINE_PX, SELECTION
from cgplanner.text import tr

SNAP_COLOUR = "#E6007E"
HANDLE_PX = 7.0


def polygon_of(points: Floats) -> QPolygonF:
    """Return pixels (n, 2) as Qt wants them."""
    return QPolygonF([QPointF(float(x), float(y)) for x, y in points])


def paint_path(painter: QPainter, points: Floats, *, closed: bool = False, filled: bool = False) -> None:
    """Paint a path in pixels in the colours of a selection."""
    if len(points) < 2:
        return
    shape = polygon_of(points)
    if filled and len(points) > 2:
        colour = QColor(SELECTION)
        colour.setAlphaF(0.14)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawPolygon(shape)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour_name, width in ((CASING, CASING_PX), (SELECTION, LINE_PX)):
        pen = QPen(QColor(colour_name), width)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        if closed:
            painter.drawPolygon(shape)
        else:
            painter.drawPolyline(shape)


def paint_handles(painter: QPainter, points: Floats, chosen: int | None = None) -> None:
    """Paint vertices as squares of 7 px; the chosen one is filled."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
    painter.setPen(QPen(QColor(SELECTION), 1.0))
    painter.setBrush(QColor(CASING))
    half = HANDLE_PX / 2
    painter.drawRects([QRectF(round(x - half), round(y - half), HANDLE_PX - 1, HANDLE_PX - 1) for x, y in points.tolist()])
    if chosen is not None and 0 <= chosen < len(points):
        x, y = points[chosen]
        painter.setBrush(QColor(SELECTION))
        painter.setPen(QPen(QColor(CASING), 1.0))
        painter.drawRect(QRectF(round(x - half) - 1, round(y - half) - 1, HANDLE_PX + 1, HANDLE_PX + 1))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)


def paint_midpoints(painter: QPainter, points: Floats) -> None:
    """Paint the handles that a new vertex is pulled out of: small discs."""
    painter.setPen(QPen(QColor(SELECTION), 1.0))
    fill = QColor(CASING)
    fill.setAlphaF(0.8)
    painter.setBrush(fill)
    for x, y in points.tolist():
        painter.drawEllipse(QPointF(x, y), 2.5, 2.5)


def paint_snap(painter: QPainter, x: float, y: float) -> None:
    """Mark the vertex that the next one will lie on."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, width in ((CASING, 4.0), (SNAP_COLOUR, 2.0)):
        painter.setPen(QPen(QColor(colour), width))
        painter.drawRect(QRectF(x - 6, y - 6, 12, 12))


def paint_box(painter: QPainter, first: tuple[float, float], second: tuple[float, float]) -> None:
    """Paint the box of a drag."""
    accent = QColor(theme.current().accent)
    painter.setPen(QPen(accent, 1.0))
    fill = QColor(accent)
    fill.setAlphaF(0.14)
    painter.setBrush(fill)
    painter.drawRect(QRectF(QPointF(*first), QPointF(*second)).normalized())


def paint_tag(painter: QPainter, box: QRectF, text: str) -> None:
    """Paint a word in a small box without a frame, for a figure that stands on what it is about."""
    colours = theme.current()
    ground = QColor(colours.raised)
    ground.setAlphaF(0.9)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ground)
    painter.drawRoundedRect(box, 3, 3)
    painter.setPen(QColor(colours.text))
    painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), text)


def paint_words(painter: QPainter, x: float, y: float, lines: Sequence[str], room: tuple[float, float]) -> None:
    """Paint lines of words on a card beside a pixel, within the room (width, height) there is."""
    if not lines:
        return
    colours = theme.current()
    metrics = painter.fontMetrics()
    width = max(metrics.horizontalAdvance(line) for line in lines) + theme.px(4)
    height = metrics.lineSpacing() * len(lines) + theme.px(2)
    left = x + 16 if x + 16 + width <= room[0] else x - 16 - width
    top = y + 16 if y + 16 + height <= room[1] else y - 16 - height
    card = QRectF(round(max(left, 0.0)) + 0.5, round(max(top, 0.0)) + 0.5, width, height)
    painter.setPen(QPen(QColor(colours.strong_border), 1.0))
    painter.setBrush(QColor(colours.raised))
    painter.drawRoundedRect(card, 4, 4)
    painter.setPen(QColor(colours.text))
    for number, line in enumerate(lines):
        baseline = card.top() + theme.px(1) + number * metrics.lineSpacing() + metrics.ascent()
        painter.drawText(QPointF(card.left() + theme.px(2), baseline), line)


def length_words(metres: float) -> str:
    """Return a length as planners say it."""
    return f"{metres / 1000:,.2f} km" if metres >= 1000 else f"{metres:,.1f} m"


def measured(points: Floats, crs: str, *, closed: bool) -> list[str]:
    """Return the geodesic length of a path, and the area within it when it is closed, in words; nothing without a CRS."""
    if not crs or len(points) < 2 or not np.isfinite(points).all():
        return []
    if not closed or len(points) < 3:
        return [tr("Length {length}", length=length_words(measure.path_length(points, crs)))]
    area = measure.ring_area(points, crs)
    around = measure.path_length(np.vstack([points, points[:1]]), crs)
    return [
        tr("Area {area} km²", area=f"{area / 1e6:,.3f}"),
        tr("{hectares} ha, {mu} mu", hectares=f"{area / 1e4:,.2f}", mu=f"{area / measure.MU:,.1f}"),
        tr("Perimeter {length}", length=length_words(around)),
    ]
