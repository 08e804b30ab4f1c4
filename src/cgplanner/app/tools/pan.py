"""Moves the map."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import QPointF, Qt

from cgplanner.app.canvas import Pointer
from cgplanner.app.tools.map_tool import MapTool


class PanTool(MapTool):
    """Drag moves the map; a double click shows more of the place."""

    id: ClassVar[str] = "pan"
    cursor: ClassVar[Qt.CursorShape] = Qt.CursorShape.OpenHandCursor

    def press(self, pointer: Pointer) -> None:
        self.canvas.begin_pan(QPointF(pointer.x_px, pointer.y_px))

    def double_click(self, pointer: Pointer) -> None:
        self.canvas.zoom_by(0.5 if pointer.shift else 2.0, (pointer.x_px, pointer.y_px))
