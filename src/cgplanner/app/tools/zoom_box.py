"""Shows what a drawn box holds."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter

from cgplanner.app.canvas import MapCanvas, Pointer
from cgplanner.app.tools.map_tool import MapTool
from cgplanner.app.tools.preview import paint_box

LEAST_PX = 4.0


class ZoomBoxTool(MapTool):
    """Drag a box to show it as large as it goes; a click zooms in, with Shift out."""

    id: ClassVar[str] = "zoom-box"
    cursor: ClassVar[Qt.CursorShape] = Qt.CursorShape.CrossCursor

    def __init__(self, canvas: MapCanvas) -> None:
        super().__init__(canvas)
        self._from: Pointer | None = None
        self._to: Pointer | None = None

    def cancel(self) -> bool:
        begun = self._from is not None
        self._from = self._to = None
        return begun

    def press(self, pointer: Pointer) -> None:
        self._from = self._to = pointer

    def move(self, pointer: Pointer, *, pressed: bool) -> None:
        if pressed and self._from is not None:
            self._to = pointer
            self.canvas.redraw()

    def release(self, pointer: Pointer) -> None:
        first, self._from, self._to = self._from, None, None
        if first is None:
            return
        if pointer.is_near(first, LEAST_PX):
            self.canvas.zoom_by(0.5 if pointer.shift else 2.0, (pointer.x_px, pointer.y_px))
        else:
            xs, ys = sorted((first.x, pointer.x)), sorted((first.y, pointer.y))
            self.canvas.zoom_to_extent((xs[0], ys[0], xs[1], ys[1]))

    def paint(self, painter: QPainter) -> None:
        if self._from is not None and self._to is not None:
            paint_box(painter, (self._from.x_px, self._from.y_px), (self._to.x_px, self._to.y_px))
