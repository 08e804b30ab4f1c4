"""Tiles onto the screen: whole pixels beside each other, and what stands in where one is not there yet. It draws nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QPainter, QRegion

from cgplanner.render.qt.tiles import TILE, Deck, Tile, neat, places_over
from cgplanner.render.scene.viewport import Box, Viewport

Touch = Callable[[Tile], None]


@dataclass(frozen=True)
class Frame:
    """A view in whole device pixels: left, top counted from the CRS origin at this resolution."""

    resolution: float
    left: int
    top: int
    width: int
    height: int
    box: Box

    @classmethod
    def of(cls, view: Viewport, ratio: float) -> Frame:
        resolution = neat(view.units_per_px / ratio)
        width, height = round(view.width * ratio), round(view.height * ratio)
        left, top = round(view.x / resolution - width / 2), round(-view.y / resolution - height / 2)
        box = (left * resolution, -(top + height) * resolution, (left + width) * resolution, -top * resolution)
        return cls(resolution, left, top, width, height, box)


def snapped(view: Viewport, ratio: float) -> Viewport:
    """Return the view whose pixels lie on those of the tiles, as it is painted: what is painted above uses it too."""
    frame = Frame.of(view, ratio)
    x = (frame.left + frame.width / 2) * frame.resolution
    y = -(frame.top + frame.height / 2) * frame.resolution
    return replace(view, x=x, y=y, units_per_px=frame.resolution * ratio)


def _rectangles(region: QRegion) -> list[QRect]:
    rectangles: Any = region  # PySide's stubs forget that a region is a sequence of rectangles
    return list(rectangles)


def paint_deck(painter: QPainter, frame: Frame, deck: Deck, touch: Touch) -> None:
    """Blit the tiles of a deck; where one is missing, tiles of other resolutions stand in."""
    missing = QRegion()
    level = neat(frame.resolution)
    for place in places_over(frame.box, level):
        left, top = place.column * TILE - frame.left, place.row * TILE - frame.top
        tile = deck.tiles.get(place)
        if tile is None:
            missing += QRect(left, top, TILE, TILE)
        else:
            touch(tile)
            painter.drawImage(left, top, tile.image)
    missing &= QRect(0, 0, frame.width, frame.height)
    for resolution in deck.resolutions(level):
        if missing.isEmpty():
            break
        if resolution != level:
            missing = _stand_in(painter, frame, deck, resolution, missing, touch)


def _stand_in(painter: QPainter, frame: Frame, deck: Deck, resolution: float, missing: QRegion, touch: Touch) -> QRegion:
    """Paint tiles of another resolution where some are missing; return what is missing still."""
    factor = resolution / frame.resolution
    for place, tile in deck.tiles.items():
        if place.resolution != resolution:
            continue
        left, top = place.column * TILE * factor - frame.left, place.row * TILE * factor - frame.top
        target = QRect(round(left), round(top), 0, 0)
        target.setRight(round(left + TILE * factor) - 1)
        target.setBottom(round(top + TILE * factor) - 1)
        if not missing.intersects(target):
            continue
        for piece in _rectangles(missing.intersected(target)):
            source = QRectF(
                (piece.x() - left) / factor, (piece.y() - top) / factor, piece.width() / factor, piece.height() / factor
            )
            painter.drawImage(QRectF(piece), tile.image, source)
        missing = missing.subtracted(target)
        touch(tile)
    return missing
