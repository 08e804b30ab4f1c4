"""Small pictures of symbols for legends, layer lists and style editors, made of the same batches as the map."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
from PySide6.QtGui import QImage, QPainter

from cgplanner.render.qt.fonts import ensure_application
from cgplanner.render.qt.paint import paint_batches
from cgplanner.render.scene.batches import batches_of
from cgplanner.render.scene.display_list import Batch
from cgplanner.render.scene.request import Theme
from cgplanner.render.scene.shapes.device_shapes import DeviceShapes, LayerShapes
from cgplanner.render.scene.theme import for_theme
from cgplanner.render.scene.viewport import Viewport
from cgplanner.symbology.style import Marker, PointPart, Symbol

Kind = Literal["point", "line", "polygon"]
_NONE = np.zeros(1, np.int64)
RING_PX = 6.0  # what a ring and its gap add to a marker's size


def legend_swatch(
    symbol: Symbol, kind: Kind, size: tuple[float, float] = (24.0, 16.0), ratio: float = 1.0, theme: Theme = "light"
) -> QImage:
    """Return a symbol on transparent ground: a point, a short line or an area; ``size`` (width, height) in px."""
    ensure_application()
    width, height = size
    image = QImage(max(round(width * ratio), 1), max(round(height * ratio), 1), QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    image.setDevicePixelRatio(ratio)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    fitting = _fitted(for_theme(symbol, theme), min(size))
    paint_batches(swatch_batches(fitting, kind, width, height), painter)
    painter.end()
    return image


def _fitted(symbol: Symbol, room: float) -> Symbol:
    """Return the symbol with markers no larger than the room for them, so that none loses its ring at the edge."""
    return replace(symbol, point=tuple(_no_larger(marker, room) for marker in symbol.point))


def _no_larger(marker: PointPart, room: float) -> PointPart:
    if isinstance(marker, Marker):
        room -= marker.stroke_width + (RING_PX if marker.ring_color else 0.0)
    return replace(marker, size=min(marker.size, max(room, 4.0)))


def swatch_batches(symbol: Symbol, kind: Kind, width: float, height: float) -> tuple[Batch, ...]:
    """Return the batches of a swatch; painters of paper use them too."""
    xy = {
        "point": np.array([[width / 2, height / 2]]),
        "line": np.array([[1.0, height / 2], [width - 1.0, height / 2]]),
        "polygon": np.array([[1.5, 1.5], [width - 1.5, 1.5], [width - 1.5, height - 1.5], [1.5, height - 1.5], [1.5, 1.5]]),
    }[kind]
    one = np.array([0, 1], np.int64)
    only = DeviceShapes(xy, np.array([0, len(xy)], np.int64), one, one, np.zeros(1, np.int64))
    empty = DeviceShapes(np.empty((0, 2)), _NONE, _NONE, _NONE, np.empty(0, np.int64))
    point, line, polygon = (only if family == kind else empty for family in ("point", "line", "polygon"))
    shapes = LayerShapes(point, line, polygon)
    return batches_of(shapes, (symbol,), np.zeros(1, np.int32), Viewport(0.0, 0.0, 1.0, width, height))
