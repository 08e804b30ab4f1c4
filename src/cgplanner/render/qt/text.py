"""Placed labels -> glyph outlines with a halo. Where a label lies has been decided; here nothing moves.

Outlines rather than font engines' bitmaps: the same label in the same place on any machine, whole pixels or not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen, QTransform

from cgplanner.geometry.text_extent import text_width
from cgplanner.render.qt.fonts import map_font
from cgplanner.render.scene.display_list import LEADER_WIDTH, LabelLine, PlacedLabel

_EM = 256  # the size outlines are taken at
_LEAN = 6  # pixels around a label's box for what leans or curves out of it
_SLANT = -0.2  # what makes upright Chinese lean like italic Latin


@lru_cache(maxsize=8192)
def _outline(character: str, bold: bool) -> QPainterPath:  # noqa: FBT001  part of the cache's key
    path = QPainterPath()
    path.addText(0.0, 0.0, map_font(_EM, bold=bold), character)
    return path


@lru_cache(maxsize=2048)
def _run(text: str, bold: bool, spacing: float) -> QPainterPath:  # noqa: FBT001  part of the cache's key
    """Return the outlines of a line of text with its baseline's left end at the origin, at ``_EM``."""
    path = QPainterPath()
    path.setFillRule(Qt.FillRule.WindingFill)
    x = 0.0
    for character in text:
        path.addPath(_outline(character, bold).translated(x * _EM, 0.0))
        x += text_width(character, bold=bold) + spacing
    return path


def label_path(label: PlacedLabel) -> QPainterPath:
    """Return the outlines of all lines of a label in device units."""
    whole = QPainterPath()
    whole.setFillRule(Qt.FillRule.WindingFill)
    scale = label.size / _EM
    for line in label.lines:
        turn = math.radians(line.angle)
        cos, sin = math.cos(turn) * scale, math.sin(turn) * scale
        slant = _SLANT if label.italic else 0.0
        matrix = QTransform(cos, sin, cos * slant - sin, sin * slant + cos, line.x, line.y)
        whole.addPath(matrix.map(_run(line.text, label.bold, label.spacing)))
    return whole


def paint_labels(labels: Sequence[PlacedLabel], painter: QPainter) -> None:
    """Paint the labels, the lines of those that stand away first; none overlaps another, so their order means nothing."""
    for label in labels:
        if label.leader is not None:
            _paint_leader(label, label.leader, painter)
    transform = painter.worldTransform()
    scale, shift = transform.m11(), (transform.dx(), transform.dy())
    painter.save()
    painter.resetTransform()
    for label in labels:
        left, top = math.floor(label.box[0] * scale + shift[0]), math.floor(label.box[1] * scale + shift[1])
        moved = _moved(label, scale, shift[0] - left, shift[1] - top)
        margin = _margin(moved)
        painter.drawImage(QPoint(left - margin, top - margin), _sprite(moved))
    painter.restore()


def _paint_leader(label: PlacedLabel, leader: tuple[float, float, float, float], painter: QPainter) -> None:
    """Paint the line from a feature to its label, with a halo as the text has, and a dot where it begins."""
    width, start = label.size * LEADER_WIDTH, QPointF(leader[0], leader[1])
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for color, extra in ((label.halo_color, label.halo), (label.color, 0.0)):
        pen = QPen(QColor(color), width + extra)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawLine(start, QPointF(leader[2], leader[3]))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(color))
        painter.drawEllipse(start, 1.6 * width + extra / 2, 1.6 * width + extra / 2)
    painter.restore()


def _moved(label: PlacedLabel, scale: float, dx: float, dy: float) -> PlacedLabel:
    """Return the label in whole device pixels from the corner of its box; equal labels on equal fractions become equal."""
    lines = tuple(
        LabelLine(line.text, round(line.x * scale + dx, 2), round(line.y * scale + dy, 2), round(line.angle, 2))
        for line in label.lines
    )
    box = (
        0.0,
        0.0,
        math.ceil((label.box[2] - label.box[0]) * scale) + 1.0,
        math.ceil((label.box[3] - label.box[1]) * scale) + 1.0,
    )
    look = replace(label, layer="", row=0, text="", part=0, leader=None, pinned=False)
    return replace(look, lines=lines, size=label.size * scale, halo=label.halo * scale, box=box)


def _margin(label: PlacedLabel) -> int:
    return _LEAN + math.ceil(label.halo + label.size / 8)


@lru_cache(maxsize=1024)
def _sprite(label: PlacedLabel) -> QImage:
    """Return the picture of a label, kept because panning shows the same ones again and again.

    The halo is the text's own coverage spread by its radius: stroking glyph outlines takes twenty times as long.
    """
    margin = _margin(label)
    width, height = int(label.box[2]) + 2 * margin, int(label.box[3]) + 2 * margin
    image = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    inner = QPainter(image)
    inner.setRenderHint(QPainter.RenderHint.Antialiasing)
    inner.translate(margin, margin)
    inner.fillPath(label_path(label), QColor("#000000"))
    inner.end()
    text = np.frombuffer(image.constBits(), np.uint8).reshape(height, width, 4)[:, :, 3].astype(np.float32) / 255.0
    halo = _spread(text, label.halo) * (1.0 - text)
    pixels = np.empty((height, width, 4), np.uint8)
    alpha = text + halo
    for channel in range(3):
        mixed = _channel(label.color, channel) * text + _channel(label.halo_color, channel) * halo
        pixels[:, :, channel] = np.minimum(mixed + 0.5, 255.0)
    pixels[:, :, 3] = np.minimum(alpha * 255.0 + 0.5, 255.0)
    made = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGBA8888_Premultiplied)
    return made.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)  # a copy of its own memory


def _channel(color: str, channel: int) -> float:
    return float(int(color[1 + 2 * channel : 3 + 2 * channel], 16))


def _spread(coverage: NDArray[np.float32], radius: float) -> NDArray[np.float32]:
    """Return coverage spread by a disc of this radius in pixels, its edge soft."""
    out = np.zeros_like(coverage)
    if radius <= 0:
        return out
    reach = math.ceil(radius)
    height, width = coverage.shape
    for dy in range(-reach, reach + 1):
        for dx in range(-reach, reach + 1):
            weight = min(max(radius + 0.5 - math.hypot(dx, dy), 0.0), 1.0)
            if weight > 0.0:
                target = out[max(dy, 0) : height + min(dy, 0), max(dx, 0) : width + min(dx, 0)]
                source = coverage[max(-dy, 0) : height + min(-dy, 0), max(-dx, 0) : width + min(-dx, 0)]
                np.maximum(target, source * np.float32(weight), out=target)
    return out
