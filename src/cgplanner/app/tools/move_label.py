"""Puts labels where they should stand, by hand."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter

from cgplanner.app.canvas import MapCanvas, Pointer
from cgplanner.app.tools.label_drag import LabelDrag, label_under, release_label
from cgplanner.app.tools.map_tool import MapTool
from cgplanner.text import tr


class MoveLabelTool(MapTool):
    """Drag a label; double-click one that was dragged to let it find its place by itself again."""

    id: ClassVar[str] = "move-label"
    cursor: ClassVar[Qt.CursorShape] = Qt.CursorShape.PointingHandCursor

    def __init__(self, canvas: MapCanvas) -> None:
        super().__init__(canvas)
        self._drag: LabelDrag | None = None

    def hint(self) -> str:
        return tr("Drag a label to where it should stand. Double-click it, and it finds its place by itself again.")

    def cancel(self) -> bool:
        begun, self._drag = self._drag is not None, None
        return begun

    def press(self, pointer: Pointer) -> None:
        grip = label_under(self.canvas, pointer)
        self._drag = LabelDrag(self.canvas, grip, pointer) if grip is not None else None
        self.canvas.redraw()

    def move(self, pointer: Pointer, *, pressed: bool) -> None:
        if pressed and self._drag is not None:
            self._drag.move(pointer)

    def release(self, pointer: Pointer) -> None:
        drag, self._drag = self._drag, None
        if drag is not None:
            drag.move(pointer)
            drag.drop(self)
        self.canvas.redraw()

    def double_click(self, pointer: Pointer) -> None:
        grip = label_under(self.canvas, pointer)
        if grip is not None and grip.pinned:
            release_label(self.canvas, grip)

    def paint(self, painter: QPainter) -> None:
        if self._drag is not None:
            self._drag.paint(painter)
