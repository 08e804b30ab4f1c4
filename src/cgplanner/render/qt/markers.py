"""Point symbols: shape, edge, glyph and ring. Many of one look are painted once and stamped."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen, QPolygonF

from cgplanner.render.scene.display_list import MarkerBatch
from cgplanner.symbology.glyphs import CLOSE, CUBIC, LINE, MOVE, glyph, glyph_names

MANY = 400  # markers of one look, above which one is stamped
_GLYPH_SHARE = 0.62  # of the marker's size


def paint_markers(batch: MarkerBatch, painter: QPainter) -> None:
    """Paint the markers of a batch in order."""
    painter.save()
    painter.setOpacity(painter.opacity() * batch.opacity)
    if len(batch.xy) > MANY:
        _stamp(batch, painter)
    else:
        for x, y in batch.xy.tolist():
            painter.save()
            painter.translate(x, y)
            paint_marker(batch, painter)
            painter.restore()
    painter.restore()


def _stamp(batch: MarkerBatch, painter: QPainter) -> None:
    scale = painter.worldTransform().m11()
    reach = marker_reach(batch)
    side = max(math.ceil(2 * reach * scale) + 2, 3)
    image = QImage(side, side, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    stamp = QPainter(image)
    stamp.setRenderHint(QPainter.RenderHint.Antialiasing)
    stamp.translate(side / 2, side / 2)
    stamp.scale(scale, scale)
    paint_marker(batch, stamp)
    stamp.end()
    places = np.round(batch.xy * scale - side / 2)
    painter.save()
    transform = painter.worldTransform()
    painter.resetTransform()
    for x, y in (places + np.array([transform.dx(), transform.dy()])).tolist():
        painter.drawImage(QPointF(round(x), round(y)), image)
    painter.restore()


def marker_reach(batch: MarkerBatch) -> float:
    """Return how far a marker of the batch reaches from its place."""
    ring = batch.ring_gap + batch.ring_width if batch.ring_color else 0.0
    return batch.size / 2 * 1.3 + batch.stroke_width / 2 + ring


def paint_marker(batch: MarkerBatch, painter: QPainter) -> None:
    """Paint one marker of the batch around the origin."""
    outline = shape_path(batch.shape, batch.size / 2)
    if batch.shape == "cross":
        painter.strokePath(outline, _pen(batch.color, max(batch.stroke_width, batch.size / 5), round_ends=True))
    else:
        painter.fillPath(outline, QColor(batch.color))
        if batch.stroke_width > 0 and batch.stroke:
            painter.strokePath(outline, _pen(batch.stroke, batch.stroke_width))
    if batch.ring_color:
        _paint_ring(batch, painter)
    if batch.glyph in glyph_names():
        painter.save()
        side = batch.size * _GLYPH_SHARE
        painter.scale(side, side)
        painter.fillPath(glyph_path(batch.glyph), QColor(batch.glyph_color))
        painter.restore()


def _paint_ring(batch: MarkerBatch, painter: QPainter) -> None:
    pen = _pen(batch.ring_color, batch.ring_width)
    if batch.ring:
        pen.setDashPattern([length / batch.ring_width for length in batch.ring])
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    reach = batch.size / 2 + batch.stroke_width / 2 + batch.ring_gap
    painter.strokePath(shape_path(batch.shape if batch.shape != "cross" else "circle", reach), pen)


def _pen(color: str, width: float, *, round_ends: bool = False) -> QPen:
    pen = QPen(QColor(color), width)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap if round_ends else Qt.PenCapStyle.FlatCap)
    return pen


@lru_cache(maxsize=256)
def shape_path(shape: str, half: float) -> QPainterPath:
    """Return the outline of a marker's shape around the origin; ``half`` is half its size."""
    path = QPainterPath()
    if shape == "circle":
        path.addEllipse(QRectF(-half, -half, 2 * half, 2 * half))
    elif shape == "square":
        side = half * 0.89  # a square of the circle's area looks as large
        path.addRoundedRect(QRectF(-side, -side, 2 * side, 2 * side), half * 0.15, half * 0.15)
    elif shape == "cross":
        for a, b in ((-1, 0), (0, -1)):
            path.moveTo(a * half, b * half)
            path.lineTo(-a * half, -b * half)
    else:
        path.addPolygon(QPolygonF([QPointF(x * half, y * half) for x, y in _corners(shape)]))
        path.closeSubpath()
    return path


def _corners(shape: str) -> list[tuple[float, float]]:
    if shape == "diamond":
        return [(0.0, -1.15), (1.15, 0.0), (0.0, 1.15), (-1.15, 0.0)]
    if shape == "triangle":
        return [(0.0, -1.15), (1.05, 0.75), (-1.05, 0.75)]
    radii = [1.15 if k % 2 == 0 else 0.48 for k in range(10)]
    return [(r * math.sin(math.pi * k / 5), -r * math.cos(math.pi * k / 5)) for k, r in enumerate(radii)]


@lru_cache(maxsize=128)
def glyph_path(name: str) -> QPainterPath:
    """Return a glyph in a square of side 1 around the origin."""
    path = QPainterPath()
    path.setFillRule(Qt.FillRule.WindingFill)
    for vertices, codes in glyph(name).contours:
        position = 0
        while position < len(codes):
            code, points = codes[position], [QPointF(float(x), float(y)) for x, y in vertices[position : position + 3]]
            if code == MOVE:
                path.moveTo(points[0])
            elif code == LINE:
                path.lineTo(points[0])
            elif code == CUBIC:
                path.cubicTo(points[0], points[1], points[2])
                position += 2
            elif code == CLOSE:
                path.closeSubpath()
            position += 1
    return path
