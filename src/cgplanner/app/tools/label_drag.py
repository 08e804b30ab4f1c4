"""A label that is being dragged: which one the mouse took, how it looks on the way, and the edit at the end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from cgplanner.app import theme
from cgplanner.app.canvas import MapCanvas, Pointer
from cgplanner.model.layer import Layer
from cgplanner.render.qt.text import paint_labels
from cgplanner.render.scene.labels.placement import held
from cgplanner.render.scene.labels.room import Point
from cgplanner.render.scene.labels.wishes import own_point, pin_offset
from cgplanner.session.labels import pin_label, unpin_labels

_SLACK_PX = 2.0


@dataclass(frozen=True)
class Grip:
    """A label under the mouse: whose it is, what it says, and its middle in the display CRS."""

    layer_id: str
    rid: int
    text: str
    x: float
    y: float
    pinned: bool


def label_under(canvas: MapCanvas, pointer: Pointer) -> Grip | None:
    """Return the label that is painted under the mouse; None where there is none, or its feature is gone by now."""
    picture = canvas.picture.labels
    if picture is None or picture.labelling is None:
        return None
    x, y = picture.viewport.to_device(np.array([[pointer.x, pointer.y]]))[0]
    for label in picture.labels:
        left, top, right, bottom = label.box
        if not (left - _SLACK_PX <= x <= right + _SLACK_PX and top - _SLACK_PX <= y <= bottom + _SLACK_PX):
            continue
        rid = int(picture.labelling.layer(label.layer).table.rids[label.row])
        if label.layer in canvas.bridge.workspace and canvas.layer(label.layer).table.holds(np.array([rid])).all():
            middle = picture.viewport.to_map(np.array([[(left + right) / 2, (top + bottom) / 2]]))[0]
            return Grip(label.layer, rid, label.text, float(middle[0]), float(middle[1]), label.pinned)
    return None


class LabelDrag:
    """One label on its way."""

    def __init__(self, canvas: MapCanvas, grip: Grip, pointer: Pointer) -> None:
        self.canvas, self.grip = canvas, grip
        self._from = self._to = pointer

    def move(self, pointer: Pointer) -> None:
        """Take the mouse along."""
        self._to = pointer
        self.canvas.redraw()

    def drop(self, initiator: object) -> None:
        """Pin the label where it is now; where it was only clicked, nothing happens."""
        own, middle, layer = self._own(), self._middle(), self._layer()
        if own is None or self._to.is_near(self._from, 1.0):
            return
        dx, dy = pin_offset(layer, self.canvas.viewport, own, middle)
        grip = self.grip
        error = self.canvas.bridge.run(
            lambda workspace: pin_label(workspace, grip.layer_id, grip.rid, dx, dy), initiator=initiator
        )
        if error is not None:
            self.canvas.tell(error)

    def _layer(self) -> Layer:
        return self.canvas.layer(self.grip.layer_id)

    def _own(self) -> Point | None:
        layer = self._layer()
        return own_point(layer, int(layer.table.positions_of([self.grip.rid])[0]), self.canvas.viewport)

    def _middle(self) -> Point:
        start = self.canvas.to_px([(self.grip.x, self.grip.y)])[0]
        return float(start[0] + self._to.x_px - self._from.x_px), float(start[1] + self._to.y_px - self._from.y_px)

    def paint(self, painter: QPainter) -> None:
        """Paint the label as it would stand, in a frame."""
        own, layer = self._own(), self._layer()
        if own is None:
            return
        row = int(layer.table.positions_of([self.grip.rid])[0])
        view = self.canvas.viewport, theme.current_name()
        label = held(layer, row, self.grip.text, own, self._middle(), view)
        paint_labels([label], painter)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(theme.current().accent), 1, Qt.PenStyle.DashLine))
        left, top, right, bottom = label.box
        painter.drawRect(QRectF(left - 2, top - 2, right - left + 4, bottom - top + 4))


def release_label(canvas: MapCanvas, grip: Grip) -> None:
    """Let a label find its place by itself again."""
    error = canvas.bridge.run(lambda workspace: unpin_labels(workspace, grip.layer_id, [grip.rid]))
    if error is not None:
        canvas.tell(error)
