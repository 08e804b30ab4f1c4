"""Moves the selected features."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPainterPath

from cgplanner.app.canvas import MapCanvas, Pointer
from cgplanner.app.tools.map_tool import MapTool
from cgplanner.app.tools.nudge import nudge_of
from cgplanner.app.tools.picking import features_at
from cgplanner.edit import operations
from cgplanner.render.qt.map_pictures import outlines, paint_outlines
from cgplanner.render.scene.shapes.device_shapes import device_shapes
from cgplanner.render.scene.viewport import Viewport
from cgplanner.text import tr

MANY = 2_000  # features above which only their box is shown on the way


class MoveTool(MapTool):
    """Drag selected features; one that is not selected is selected first. Arrow keys move by a pixel, with Shift by ten."""

    id: ClassVar[str] = "move"
    cursor: ClassVar[Qt.CursorShape] = Qt.CursorShape.SizeAllCursor

    def __init__(self, canvas: MapCanvas) -> None:
        super().__init__(canvas)
        self._from: Pointer | None = None
        self._to: Pointer | None = None
        self._paths: list[QPainterPath] = []
        self._points: list[list[float]] = []
        self._made_for: Viewport | None = None

    def hint(self) -> str:
        return tr("Drag the selected features. Arrow keys move them by a pixel, Esc leaves them where they are.")

    def cancel(self) -> bool:
        begun = self._from is not None
        self._from = self._to = None
        return begun

    def press(self, pointer: Pointer) -> None:
        found = features_at(self.canvas, pointer)
        chosen = self.canvas.bridge.selection
        mine = [each for each in found if each[0] == chosen.layer_id and each[1] in chosen.rids]
        if not mine and not found:
            return
        if not mine:
            self.canvas.bridge.select(found[0][0], [found[0][1]])
        self._prepare()
        self._from = self._to = pointer

    def _prepare(self) -> None:
        chosen = self.canvas.bridge.selection
        layer = self.canvas.layer(chosen.layer_id)
        self._made_for = self.canvas.viewport
        shapes = device_shapes(layer, self._made_for, layer.table.positions_of(chosen.rids[:MANY]))
        self._paths, self._points = outlines(shapes), shapes.point.xy.tolist()
        if len(chosen.rids) > MANY:
            whole = QRectF()
            for path in self._paths:
                whole = whole.united(path.boundingRect())
            box = QPainterPath()
            box.addRect(whole)
            self._paths, self._points = [box], []

    def move(self, pointer: Pointer, *, pressed: bool) -> None:
        if pressed and self._from is not None:
            self._to = pointer
            self.canvas.redraw()

    def release(self, pointer: Pointer) -> None:
        first = self._from
        self.cancel()
        if first is not None and not pointer.is_near(first, 0.0):
            self._shift((first.x, first.y), (pointer.x, pointer.y))
        self.canvas.redraw()

    def _shift(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Run one operation that moves the selection by what lies between two places of the display CRS."""
        chosen = self.canvas.bridge.selection
        layer = self.canvas.layer(chosen.layer_id)
        (x0, y0), (x1, y1) = self.canvas.to_layer(layer, [start, end]).tolist()
        error = self.canvas.bridge.run(
            lambda workspace: operations.move_features(workspace, layer.id, chosen.rids, x1 - x0, y1 - y0), initiator=self
        )
        if error is not None:
            self.canvas.tell(error)

    def wants_key(self, event: QKeyEvent) -> bool:
        return nudge_of(event) is not None and bool(self.canvas.bridge.selection.rids)

    def key(self, event: QKeyEvent) -> bool:
        step = nudge_of(event)
        if step is None or not self.canvas.bridge.selection.rids:
            return False
        view = self.canvas.viewport
        end = (view.x + step[0] * view.units_per_px, view.y - step[1] * view.units_per_px)
        self._shift((view.x, view.y), end)
        return True

    def paint(self, painter: QPainter) -> None:
        if self._from is None or self._to is None or self._made_for is None:
            return
        now, made = self.canvas.viewport, self._made_for
        start, end = self.canvas.to_px([(self._from.x, self._from.y), (self._to.x, self._to.y)])
        origin = now.to_device(made.to_map(np.zeros((1, 2))))[0]
        painter.save()
        painter.translate(*(origin + end - start).tolist())
        painter.setOpacity(0.8)
        paint_outlines(self._paths, self._points, painter)
        painter.restore()
