"""Selects features by click and by box."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter

from cgplanner.app.canvas import MapCanvas, Pointer
from cgplanner.app.tools.label_drag import LabelDrag, label_under
from cgplanner.app.tools.map_tool import MapTool
from cgplanner.app.tools.picking import Found, features_at, features_in_box
from cgplanner.app.tools.preview import paint_box

DRAG_PX = 4.0


class SelectTool(MapTool):
    """A click takes the topmost feature, a second click at the same place the one below it; a drag takes a box.

    Shift adds to the selection, Ctrl adds or takes away. With Alt a label is dragged to another place.
    """

    id: ClassVar[str] = "select"
    cursor: ClassVar[Qt.CursorShape] = Qt.CursorShape.ArrowCursor

    def __init__(self, canvas: MapCanvas) -> None:
        super().__init__(canvas)
        self._from: Pointer | None = None
        self._to: Pointer | None = None
        self._clicked: Pointer | None = None
        self._depth = 0
        self._drag: LabelDrag | None = None

    def cancel(self) -> bool:
        begun = self._from is not None or self._drag is not None
        self._from = self._to = self._drag = None
        return begun

    def press(self, pointer: Pointer) -> None:
        grip = label_under(self.canvas, pointer) if pointer.alt else None
        if grip is not None:
            self._drag = LabelDrag(self.canvas, grip, pointer)
            return
        self._from, self._to = pointer, None

    def move(self, pointer: Pointer, *, pressed: bool) -> None:
        if pressed and self._drag is not None:
            self._drag.move(pointer)
        if pressed and self._from is not None and (self._to is not None or not pointer.is_near(self._from, DRAG_PX)):
            self._to = pointer
            self.canvas.redraw()

    def release(self, pointer: Pointer) -> None:
        drag, self._drag = self._drag, None
        if drag is not None:
            drag.move(pointer)
            drag.drop(self)
        first, dragged = self._from, self._to is not None
        self._from = self._to = None
        if first is None:
            return
        if dragged:
            layer_id, rids = features_in_box(self.canvas, first, pointer)
            self._choose(layer_id, rids, pointer)
        else:
            self._click(pointer)
        self.canvas.redraw()

    def _click(self, pointer: Pointer) -> None:
        found = features_at(self.canvas, pointer)
        if pointer.shift or pointer.ctrl:  # what adds to a selection stays in its layer where it can
            same = [each for each in found if each[0] == self.canvas.bridge.selection.layer_id]
            chosen: Found | None = next(iter(same or found), None)
        else:
            again = self._clicked is not None and pointer.is_near(self._clicked, DRAG_PX)
            self._depth = self._depth + 1 if again and found else 0
            self._clicked = pointer
            chosen = found[self._depth % len(found)] if found else None
        if chosen is None:
            self._choose("", [], pointer)
        else:
            self._choose(chosen[0], [chosen[1]], pointer)

    def _choose(self, layer_id: str, rids: list[int], pointer: Pointer) -> None:
        before = self.canvas.bridge.selection
        if (pointer.shift or pointer.ctrl) and before.rids:
            if not rids:
                return
            if layer_id == before.layer_id:
                old, new = set(before.rids), set(rids)
                self.canvas.bridge.select(layer_id, old ^ new if pointer.ctrl else old | new)
                return
        self.canvas.bridge.select(layer_id, rids)

    def paint(self, painter: QPainter) -> None:
        if self._drag is not None:
            self._drag.paint(painter)
        if self._from is not None and self._to is not None:
            paint_box(painter, (self._from.x_px, self._from.y_px), (self._to.x_px, self._to.y_px))
