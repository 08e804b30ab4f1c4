"""Placed labels -> glyph outlines with a halo. Where a label lies has been decided; here nothing moves.

Outlines rather than font engines' bitmaps: the same label in the same place on any machine, whole pixels or not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QTransform

from cgplanner.geometry.text_extent import text_width
from cgplanner.render.qt.fonts import map_font
from cgplanner.render.scene.display_list import PlacedLabel

_EM = 256  # the size outlines are taken at
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
    """Paint the labels, all halos first, so that none covers a neighbour's text."""
    paths = [(label, label_path(label)) for label in labels]
    for label, path in paths:
        if label.halo > 0:
            pen = QPen(QColor(label.halo_color), 2 * label.halo)
            pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
            painter.strokePath(path, pen)
            painter.fillPath(path, QColor(label.halo_color))
    for label, path in paths:
        painter.fillPath(path, QColor(label.color))
