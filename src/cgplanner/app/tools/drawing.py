"""What drawing points, lines and areas have in common: vertices are set one by one and end as one new feature."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QPainter

from cgplanner.app.canvas import MapCanvas, Pointer
from cgplanner.app.tools import preview
from cgplanner.app.tools.map_tool import MapTool
from cgplanner.app.tools.snapping import Placed, placed
from cgplanner.edit import operations
from cgplanner.edit.edit import Edit
from cgplanner.errors import UserError
from cgplanner.geometry.ragged import Floats
from cgplanner.model.layer import Layer
from cgplanner.model.signal import LayerChange
from cgplanner.model.workspace import Workspace
from cgplanner.text import tr


class DrawTool(MapTool, ABC):
    """Click sets a vertex; a double click or Enter ends, Backspace takes one back, Esc leaves all."""

    cursor: ClassVar[Qt.CursorShape] = Qt.CursorShape.CrossCursor
    closed: ClassVar[bool] = False
    family: ClassVar[str] = ""

    def __init__(self, canvas: MapCanvas) -> None:
        super().__init__(canvas)
        self._layer_id = ""
        self._set: list[Placed] = []
        self._next: Placed | None = None

    def hint(self) -> str:
        return tr("Click sets a point, a double click or Enter ends. Backspace takes a point back, Esc leaves all.")

    def target(self) -> str:
        try:
            return tr("New features go into the layer {layer}.", layer=self.layer().title)
        except UserError:  # said when somebody draws
            return ""

    @abstractmethod
    def geometry(self, points: Floats) -> Any:
        """Return the shape with these vertices, in the layer's CRS.

        Raises
        ------
        UserError
            When they make none.
        """
        ...

    def layer(self) -> Layer:
        """Return the layer that is drawn into.

        Raises
        ------
        UserError
            When none is chosen or it does not hold such shapes.
        """
        layer = self.canvas.bridge.current_layer()
        if layer is None:
            raise UserError(tr("No layer is chosen to draw into."), hint=tr("Click one in the list of layers."))
        if layer.schema.geometry not in (self.family, "mixed"):
            raise UserError(
                tr("The layer {layer} does not hold such shapes.", layer=layer.title), hint=tr("Draw into another layer.")
            )
        return layer

    def cancel(self) -> bool:
        begun = bool(self._set)
        self._set, self._next = [], None
        return begun

    def changed(self, change: LayerChange) -> None:
        if self._set and self._layer_id not in self.canvas.bridge.workspace:
            self.cancel()
        del change

    # Mouse

    def press(self, pointer: Pointer) -> None:
        try:
            layer = self.canvas.layer(self._layer_id) if self._set else self.layer()
        except UserError as error:
            self.canvas.tell(error)
            return
        self._layer_id = layer.id
        spot = placed(self.canvas, pointer, layer)
        if not np.isfinite(spot.own).all():
            self.canvas.tell(
                UserError(tr("This place has no coordinates in the layer."), hint=tr("Draw nearer to the middle of the map."))
            )
            return
        if not self._set or spot.own != self._set[-1].own:
            self._set.append(spot)
        self._next = spot
        self.canvas.redraw()

    def move(self, pointer: Pointer, *, pressed: bool) -> None:
        del pressed
        layer = self.canvas.bridge.current_layer() if not self._set else self.canvas.layer(self._layer_id)
        if layer is not None:
            self._next = placed(self.canvas, pointer, layer)
            self.canvas.redraw()

    def double_click(self, pointer: Pointer) -> None:
        del pointer  # its first click has set the vertex
        self.finish()

    # Keys

    def wants_key(self, event: QKeyEvent) -> bool:
        return bool(self._set) and event.key() in (*_END, Qt.Key.Key_Backspace, Qt.Key.Key_Delete)

    def key(self, event: QKeyEvent) -> bool:
        if not self._set:
            return False
        if event.key() in _END:
            self.finish()
        elif event.key() in (Qt.Key.Key_Backspace, Qt.Key.Key_Delete):
            self._set.pop()
        else:
            return False
        return True

    # The end

    def finish(self) -> None:
        """Make the feature of what is drawn and select it; where that cannot be, say why and go on."""
        made: list[Edit] = []
        points = np.array([spot.own for spot in self._set])

        def make(workspace: Workspace) -> Edit:
            made.append(operations.add_feature(workspace, self._layer_id, self.geometry(points)))
            return made[0]

        error = self.canvas.bridge.run(make, initiator=self)
        if error is not None:
            self.canvas.tell(error)
            return
        layer_id = self._layer_id
        self.cancel()
        self.canvas.bridge.select(layer_id, made[0].added[layer_id])
        self.canvas.redraw()
        self.canvas.drawn.emit()

    # Preview

    def paint(self, painter: QPainter) -> None:
        spots = [*self._set, *([self._next] if self._next is not None else [])]
        if not spots:
            return
        points = self.canvas.to_px([(spot.x, spot.y) for spot in spots])
        if self._set:
            preview.paint_path(painter, points, closed=self.closed and len(points) > 2, filled=self.closed)
            preview.paint_handles(painter, points[: len(self._set)])
        last = spots[-1]
        x, y = points[-1].tolist()
        if last.snap is not None:
            preview.paint_snap(painter, x, y)
        if self._set:
            layer = self.canvas.layer(self._layer_id)
            words = preview.measured(np.array([spot.own for spot in spots]), layer.crs, closed=self.closed)
            preview.paint_words(painter, x, y, words, (self.canvas.width(), self.canvas.height()))


_END = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
