"""A display list onto a QPainter, batch by batch. It decides nothing about the map: same list in, same picture out.

Works in any thread on a QImage; labels and markers need a QGuiApplication, which :func:`to_image` makes when there is none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPathStroker, QPen

from cgplanner.render.qt.fonts import ensure_application
from cgplanner.render.qt.markers import paint_drawings, paint_markers
from cgplanner.render.qt.paths import chunks, segments_path
from cgplanner.render.qt.text import paint_labels
from cgplanner.render.qt.unlocked import clear, draw_image, fill_path, stroke_path
from cgplanner.render.scene.crowded.heat import heat_pixels
from cgplanner.render.scene.display_list import (
    BandBatch,
    Batch,
    DisplayList,
    DrawingBatch,
    FillBatch,
    HatchBatch,
    HeatBatch,
    MarkerBatch,
    PixelBatch,
    StrokeBatch,
    TextBatch,
)
from cgplanner.render.scene.request import IsCancelled, check, never
from cgplanner.render.scene.shapes.banding import band_areas
from cgplanner.render.scene.shapes.hatching import hatch_segments
from cgplanner.render.scene.theme import is_blended
from cgplanner.symbology.style import Blend, Dash

_CAPS = {"flat": Qt.PenCapStyle.FlatCap, "square": Qt.PenCapStyle.SquareCap, "round": Qt.PenCapStyle.RoundCap}
_JOINS = {"miter": Qt.PenJoinStyle.MiterJoin, "bevel": Qt.PenJoinStyle.BevelJoin, "round": Qt.PenJoinStyle.RoundJoin}


_MODES = QPainter.CompositionMode
BLENDS: dict[Blend, QPainter.CompositionMode] = {
    "normal": _MODES.CompositionMode_SourceOver,
    "multiply": _MODES.CompositionMode_Multiply,
    "screen": _MODES.CompositionMode_Screen,
    "darken": _MODES.CompositionMode_Darken,
    "lighten": _MODES.CompositionMode_Lighten,
    "overlay": _MODES.CompositionMode_Overlay,
}


def to_image(display_list: DisplayList, ratio: float = 1.0, *, cancelled: IsCancelled = never) -> QImage:
    """Return the picture, premultiplied ARGB, ``ratio`` pixels to a device unit; a list in mm wants dots per mm as ratio.

    Raises
    ------
    Cancelled
        When ``cancelled`` said so; it is asked between layers.
    """
    ensure_application()
    width, height = round(display_list.width * ratio), round(display_list.height * ratio)
    image = QImage(max(width, 1), max(height, 1), QImage.Format.Format_ARGB32_Premultiplied)
    if display_list.background:
        image.fill(QColor(display_list.background))
    else:
        clear(image)
    painter = QPainter(image)
    painter.scale(ratio, ratio)
    try:
        paint(display_list, painter, cancelled=cancelled)
    finally:
        painter.end()
    return image


def paint(display_list: DisplayList, painter: QPainter, *, alone: bool = True, cancelled: IsCancelled = never) -> None:
    """Paint layers and labels; the background is the caller's. The painter's units are the list's.

    ``alone`` keeps blending among the layers: what the painter has painted before takes no part in it.
    """
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    try:
        if alone and is_blended(display_list):
            with _as_one(display_list, painter) as inner:
                _paint_layers(display_list, inner, cancelled)
        else:
            _paint_layers(display_list, painter, cancelled)
        paint_labels(display_list.labels, painter)
    finally:
        painter.restore()


def _paint_layers(display_list: DisplayList, painter: QPainter, cancelled: IsCancelled) -> None:
    for layer in display_list.layers:
        check(cancelled)
        if layer.opacity >= 1 and layer.blend == "normal":
            paint_batches(layer.batches, painter)
            continue
        with _as_one(display_list, painter, layer.opacity, layer.blend) as inner:
            paint_batches(layer.batches, inner)


@contextmanager
def _as_one(display_list: DisplayList, painter: QPainter, opacity: float = 1.0, blend: Blend = "normal") -> Iterator[QPainter]:
    """Give a painter of its own, and lay the whole on, so that parts do not shine through or darken each other."""
    scale = painter.worldTransform().m11()
    size = round(display_list.width * scale), round(display_list.height * scale)
    image = QImage(max(size[0], 1), max(size[1], 1), QImage.Format.Format_ARGB32_Premultiplied)
    clear(image)
    inner = QPainter(image)
    inner.setRenderHint(QPainter.RenderHint.Antialiasing)
    inner.scale(scale, scale)
    try:
        yield inner
    finally:
        inner.end()
    painter.save()
    painter.setOpacity(painter.opacity() * opacity)
    painter.setCompositionMode(BLENDS[blend])
    draw_image(painter, QRectF(0, 0, image.width() / scale, image.height() / scale), image)
    painter.restore()


def paint_batches(batches: Sequence[Batch], painter: QPainter) -> None:
    """Paint batches in order."""
    for batch in batches:
        _PAINTERS[type(batch)](batch, painter)


def _color(color: str, opacity: float) -> QColor:
    made = QColor(color)
    made.setAlphaF(opacity)
    return made


def _paint_fill(batch: FillBatch, painter: QPainter) -> None:
    color = _color(batch.color, batch.opacity)
    for path in chunks(batch.shapes, batch.opacity):
        fill_path(painter, path, color)


def _paint_hatch(batch: HatchBatch, painter: QPainter) -> None:
    segments = hatch_segments(batch)
    if len(segments):
        pen = pen_of(batch.color, batch.opacity, batch.width, cap="flat")
        stroke_path(painter, segments_path(segments), pen)


def _paint_band(batch: BandBatch, painter: QPainter) -> None:
    color = _color(batch.color, batch.opacity)
    for path in chunks(band_areas(batch), batch.opacity):
        fill_path(painter, path, color)


def _paint_stroke(batch: StrokeBatch, painter: QPainter) -> None:
    pen = pen_of(batch.color, batch.opacity, batch.width, batch.dash, batch.cap, batch.join)
    if not batch.dash:
        for path in chunks(batch.shapes, batch.opacity):
            stroke_path(painter, path, pen)
        return
    # The painter's own dashes lose their phase where a line comes in from outside the image; a stroker knows no image.
    stroker = QPainterPathStroker(pen)
    for path in chunks(batch.shapes, batch.opacity):
        fill_path(painter, stroker.createStroke(path), pen.color())


def pen_of(color: str, opacity: float, width: float, dash: Dash = (), cap: str = "round", join: str = "round") -> QPen:
    """Return a pen whose dashes have these lengths in the painter's units."""
    pen = QPen(_color(color, opacity), width)
    pen.setCapStyle(_CAPS[cap])
    pen.setJoinStyle(_JOINS[join])
    if dash and width > 0:
        pen.setDashPattern([length / width for length in dash])  # Qt counts in widths
    return pen


def _paint_pixels(batch: PixelBatch, painter: QPainter) -> None:
    height, width = batch.image.shape[:2]
    image = QImage(batch.image.data, width, height, 4 * width, QImage.Format.Format_RGBA8888_Premultiplied)
    draw_image(painter, QRectF(batch.x, batch.y, width / batch.ratio, height / batch.ratio), image)


def _paint_heat(batch: HeatBatch, painter: QPainter) -> None:
    """Lay the surface on the part of the window that the painter can show."""
    transform = painter.worldTransform()
    scale = transform.m11()
    room = painter.viewport()
    width, height = (room.width() - transform.dx()) / scale, (room.height() - transform.dy()) / scale
    pixels = heat_pixels(batch, width, height, scale)
    if pixels is not None:
        _paint_pixels(PixelBatch(0.0, 0.0, scale, pixels), painter)


def _paint_text(batch: TextBatch, painter: QPainter) -> None:
    paint_labels(batch.labels, painter)


_PAINTERS: dict[type, Any] = {
    FillBatch: _paint_fill,
    HatchBatch: _paint_hatch,
    BandBatch: _paint_band,
    StrokeBatch: _paint_stroke,
    MarkerBatch: paint_markers,
    DrawingBatch: paint_drawings,
    HeatBatch: _paint_heat,
    TextBatch: _paint_text,
    PixelBatch: _paint_pixels,
}
