"""Says what is under the mouse without touching the selection."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter

from cgplanner.app.canvas import MapCanvas, Pointer
from cgplanner.app.tools.map_tool import MapTool
from cgplanner.app.tools.picking import features_at
from cgplanner.app.tools.preview import paint_words
from cgplanner.model.signal import LayerChange
from cgplanner.text import tr

FIELDS, LONGEST = 6, 40


class IdentifyTool(MapTool):
    """A click opens a card with the feature's layer, name and first fields; a click beside it or Esc puts it away."""

    id: ClassVar[str] = "identify"
    cursor: ClassVar[Qt.CursorShape] = Qt.CursorShape.WhatsThisCursor

    def __init__(self, canvas: MapCanvas) -> None:
        super().__init__(canvas)
        self._place: tuple[float, float] | None = None
        self.lines: list[str] = []

    def cancel(self) -> bool:
        shown = bool(self.lines)
        self.lines, self._place = [], None
        return shown

    def press(self, pointer: Pointer) -> None:
        found = features_at(self.canvas, pointer)
        self._place = (pointer.x, pointer.y)
        self.lines = self._said(*found[0], len(found)) if found else [tr("Nothing here.")]
        self.canvas.redraw()

    def changed(self, change: LayerChange) -> None:
        del change
        self.cancel()

    def _said(self, layer_id: str, rid: int, count: int) -> list[str]:
        layer = self.canvas.layer(layer_id)
        position = int(layer.table.positions_of([rid])[0])
        lines = [layer.table.title_of(position), layer.title]
        for field in layer.schema:
            value = layer.table.columns[field.id].value(position)
            if value not in (None, "") and len(lines) < FIELDS + 2:
                lines.append(f"{field.title}: {_short(str(value))}")
        if count > 1:
            lines.append(tr("and {count} more below it", count=count - 1))
        return lines

    def paint(self, painter: QPainter) -> None:
        if self.lines and self._place is not None:
            x, y = self.canvas.to_px([self._place])[0].tolist()
            paint_words(painter, x, y, self.lines, (self.canvas.width(), self.canvas.height()))


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
