"""Point symbols: shape, edge, glyph and ring. Many of one look are painted once and stamped."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPainterPathStroker, QPen, QPolygonF, QTransform

from cgplanner.geometry import kernels
from cgplanner.geometry.ragged import Floats, Ints
from cgplanner.render.qt.unlocked import draw_image
from cgplanner.render.scene.display_list import DrawingBatch, MarkerBatch
from cgplanner.symbology.drawing import Drawing
from cgplanner.symbology.glyphs import ARROW, CLOSE, CUBIC, LINE, MOVE, Contour, glyph, glyph_names
from cgplanner.symbology.style import Dash

MANY = 400  # markers of one look, above which one is stamped
MANY_RUNS = 2_000  # directions that follow each other, above which order gives way to speed
LARGE_PIXELS = 600_000  # of an image, above which two threads share the stamping
_TURN_STEP = 3.0  # degrees
_FINE = 16.0  # dashes are made so many times larger: Qt takes curves for straight within half a unit
_GLYPH_SHARE = 0.62  # of the marker's size


def paint_markers(batch: MarkerBatch, painter: QPainter) -> None:
    """Paint the markers of a batch in order."""
    painter.save()
    painter.setOpacity(painter.opacity() * batch.opacity)
    _paint_copies(batch.xy, batch.turns, marker_reach(batch), lambda each: paint_marker(batch, each), painter)
    painter.restore()


def paint_drawings(batch: DrawingBatch, painter: QPainter) -> None:
    """Paint the copies of a drawing in order."""
    painter.save()
    painter.setOpacity(painter.opacity() * batch.opacity)
    reach = batch.size * 0.71
    _paint_copies(batch.xy, batch.turns, reach, lambda each: paint_drawing(batch.drawing, batch.size, each), painter)
    painter.restore()


def _paint_copies(
    xy: Floats, turns: Floats | None, reach: float, paint_one: Callable[[QPainter], None], painter: QPainter
) -> None:
    if len(xy) > MANY:
        _stamp_turned(xy, turns, reach, paint_one, painter)
        return
    for (x, y), turn in zip(xy.tolist(), [0.0] * len(xy) if turns is None else turns.tolist(), strict=True):
        painter.save()
        painter.translate(x, y)
        painter.rotate(turn)
        paint_one(painter)
        painter.restore()


def _stamp_turned(
    xy: Floats, turns: Floats | None, reach: float, paint_one: Callable[[QPainter], None], painter: QPainter
) -> None:
    """Stamp a crowd: one picture for each of 120 directions, which the eye cannot tell from the true ones."""
    if turns is None:
        _stamp(xy, reach, paint_one, painter)
        return
    steps = np.round(turns / _TURN_STEP).astype(np.int64) % round(360 / _TURN_STEP)
    order = np.flatnonzero(np.diff(steps, prepend=-1))  # runs, so that the order of drawing stays
    if len(order) > MANY_RUNS:
        order = np.argsort(steps, kind="stable")
        xy, steps = xy[order], steps[order]
        order = np.flatnonzero(np.diff(steps, prepend=-1))
    for start, stop in pairwise([*order.tolist(), len(xy)]):
        turn = int(steps[start]) * _TURN_STEP

        def paint_turned(each: QPainter, turn: float = turn) -> None:
            each.rotate(turn)
            paint_one(each)

        _stamp(xy[start:stop], reach, paint_turned, painter)


def _stamp(xy: Floats, reach: float, paint_one: Callable[[QPainter], None], painter: QPainter) -> None:
    scale = painter.worldTransform().m11()
    side = max(math.ceil(2 * reach * scale) + 2, 3)
    image = QImage(side, side, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    stamp = QPainter(image)
    stamp.setRenderHint(QPainter.RenderHint.Antialiasing)
    stamp.translate(side / 2, side / 2)
    stamp.scale(scale, scale)
    paint_one(stamp)
    stamp.end()
    transform = painter.worldTransform()
    places = np.round(np.round(xy * scale - side / 2) + np.array([transform.dx(), transform.dy()])).astype(np.int64)
    painter.save()
    painter.resetTransform()
    if kernels.is_warm():
        _stamp_at_once(image, places, painter)
    else:
        for x, y in places.tolist():
            painter.drawImage(QPointF(x, y), image)
    painter.restore()


def _stamp_at_once(sprite: QImage, places: Ints, painter: QPainter) -> None:
    """Lay a sprite at all places by a kernel, which other threads of the window need not wait for."""
    if painter.opacity() < 1:
        paler = QPainter(sprite)
        paler.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationIn)
        paler.fillRect(sprite.rect(), QColor(0, 0, 0, round(255 * painter.opacity())))
        paler.end()
        painter.setOpacity(1.0)
    width, height = painter.device().width(), painter.device().height()
    stamp = np.frombuffer(sprite.constBits(), np.uint32).reshape(sprite.height(), -1)[:, : sprite.width()]
    image = np.zeros((height, width), np.uint32)
    threads = min(os.cpu_count() or 1, 4) if width * height >= LARGE_PIXELS else 1
    kernels.stamp_sprites(image, stamp, places, threads)
    picture = QImage(image.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied)
    draw_image(painter, QRectF(0, 0, width, height), picture)


def marker_reach(batch: MarkerBatch) -> float:
    """Return how far a marker of the batch reaches from its place."""
    ring = batch.ring_gap + batch.ring_width if batch.ring_color else 0.0
    return batch.size / 2 * 1.3 + batch.stroke_width / 2 + ring


def paint_drawing(drawing: Drawing, size: float, painter: QPainter) -> None:
    """Paint a drawing around the origin, its longer side this long."""
    painter.save()
    painter.scale(size, size)
    for outline, path in zip(drawing.outlines, outline_paths(drawing), strict=True):
        if outline.fill:
            painter.fillPath(path, _faint(outline.fill, outline.fill_opacity))
        if outline.stroke:
            pen = QPen(_faint(outline.stroke, outline.stroke_opacity), outline.width)
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
            painter.strokePath(path, pen)
    painter.restore()


def _faint(color: str, opacity: float) -> QColor:
    made = QColor(color)
    made.setAlphaF(opacity)
    return made


@lru_cache(maxsize=128)
def outline_paths(drawing: Drawing) -> tuple[QPainterPath, ...]:
    """Return a drawing's outlines in a square of side 1 around the origin."""
    return tuple(_contours_path(((each.xy, each.codes),)) for each in drawing.outlines)


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
    reach = batch.size / 2 + batch.stroke_width / 2 + batch.ring_gap
    shape = batch.shape if batch.shape != "cross" else "circle"
    if batch.ring:  # the painter's own dashes lose their phase where a ring comes in from outside the image
        painter.fillPath(_dashed_ring(shape, reach, batch.ring_width, batch.ring), QColor(batch.ring_color))
    else:
        painter.strokePath(shape_path(shape, reach), _pen(batch.ring_color, batch.ring_width))


@lru_cache(maxsize=256)
def _dashed_ring(shape: str, reach: float, width: float, dash: Dash) -> QPainterPath:
    """Return the dashes of a ring as areas; lengths in the painter's units."""
    pen = _pen("#000000", _FINE * width)
    pen.setDashPattern([length / width for length in dash])
    large = QPainterPathStroker(pen).createStroke(QTransform.fromScale(_FINE, _FINE).map(shape_path(shape, reach)))
    path = QTransform.fromScale(1 / _FINE, 1 / _FINE).map(large)
    path.setFillRule(Qt.FillRule.WindingFill)
    return path


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
    if shape == "arrow":
        return list(ARROW)
    if shape == "diamond":
        return [(0.0, -1.15), (1.15, 0.0), (0.0, 1.15), (-1.15, 0.0)]
    if shape == "triangle":
        return [(0.0, -1.15), (1.05, 0.75), (-1.05, 0.75)]
    radii = [1.15 if k % 2 == 0 else 0.48 for k in range(10)]
    return [(r * math.sin(math.pi * k / 5), -r * math.cos(math.pi * k / 5)) for k, r in enumerate(radii)]


@lru_cache(maxsize=128)
def glyph_path(name: str) -> QPainterPath:
    """Return a glyph in a square of side 1 around the origin."""
    return _contours_path(glyph(name).contours)


def _contours_path(contours: Sequence[Contour]) -> QPainterPath:
    path = QPainterPath()
    path.setFillRule(Qt.FillRule.WindingFill)
    for vertices, codes in contours:
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
