"""Moves, adds and deletes vertices of the selected feature."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QPainter

from cgplanner.app.canvas import MapCanvas, Pointer
from cgplanner.app.tools import preview
from cgplanner.app.tools.map_tool import MapTool
from cgplanner.app.tools.nudge import nudge_of
from cgplanner.app.tools.outline import Outline, outline_of
from cgplanner.app.tools.picking import features_at
from cgplanner.app.tools.snapping import Placed, placed
from cgplanner.edit import operations
from cgplanner.edit.edit import Edit
from cgplanner.model.signal import LayerChange
from cgplanner.model.workspace import Workspace
from cgplanner.text import tr

GRIP_PX = 8.0


@dataclass(frozen=True)
class _Grip:
    """What the mouse holds: a vertex, or the place of a new one after ``vertex``."""

    vertex: int
    is_new: bool
    pressed: Pointer


class VertexTool(MapTool):
    """Drag a vertex; pull a new one out of the middle of an edge, or double-click the edge; Delete takes the chosen one out.

    Comma and full stop choose the vertex before and after; arrow keys move the chosen one by a pixel.
    """

    id: ClassVar[str] = "vertex"
    cursor: ClassVar[Qt.CursorShape] = Qt.CursorShape.ArrowCursor

    def __init__(self, canvas: MapCanvas) -> None:
        super().__init__(canvas)
        self._outline: Outline | None = None
        self._chosen: int | None = None
        self._grip: _Grip | None = None
        self._placed: Placed | None = None

    def hint(self) -> str:
        return tr("Drag a vertex, or a disc for a new one. Delete takes the chosen vertex out; Alt keeps it from snapping.")

    def activate(self) -> None:
        self._read()

    def cancel(self) -> bool:
        begun = self._grip is not None
        self._grip = self._placed = None
        self.canvas.setCursor(self.cursor)
        return begun

    def selection_changed(self) -> None:
        self.cancel()
        self._chosen = None
        self._read()

    def changed(self, change: LayerChange) -> None:
        if self._outline is not None and (self._outline.layer_id in change.changeset.layers()):
            self.cancel()
            self._read()

    def _read(self) -> None:
        """Look at the selected feature; the tool works on one."""
        chosen = self.canvas.bridge.selection
        self._outline = outline_of(self.canvas, chosen.layer_id, chosen.rids[0]) if len(chosen.rids) == 1 else None
        if self._outline is None or (self._chosen is not None and self._chosen >= len(self._outline.own)):
            self._chosen = None

    # Mouse

    def press(self, pointer: Pointer) -> None:
        grip = self._grip_at(pointer)
        if grip is None:
            self._choose_feature(pointer)
            return
        self._grip = grip
        self._chosen = None if grip.is_new else grip.vertex
        self.canvas.redraw()

    def _grip_at(self, pointer: Pointer) -> _Grip | None:
        outline = self._outline
        if outline is None:
            return None
        vertex = _nearest(self.canvas.to_px(outline.shown), pointer)
        if vertex is not None:
            return _Grip(vertex, is_new=False, pressed=pointer)
        starts, middles = outline.middles(self.canvas.viewport)
        at = _nearest(middles, pointer)
        return _Grip(int(starts[at]), is_new=True, pressed=pointer) if at is not None else None

    def _choose_feature(self, pointer: Pointer) -> None:
        """Go over to another feature, the topmost one under the mouse."""
        found = features_at(self.canvas, pointer)
        mine = self._outline is not None and (self._outline.layer_id, self._outline.rid) in found
        if found and not mine:
            self.canvas.bridge.select(found[0][0], [found[0][1]])

    def move(self, pointer: Pointer, *, pressed: bool) -> None:
        if self._grip is None:
            over = self._grip_at(pointer) is not None
            self.canvas.setCursor(Qt.CursorShape.CrossCursor if over else self.cursor)
        elif pressed and self._outline is not None:
            if self._placed is None and pointer.is_near(self._grip.pressed, 2.0):
                return
            but = None if self._grip.is_new else (self._outline.rid, self._grip.vertex)
            self._placed = placed(self.canvas, pointer, self.canvas.layer(self._outline.layer_id), but=but)
            self.canvas.redraw()

    def release(self, pointer: Pointer) -> None:
        del pointer  # the last move said where
        grip, spot, outline = self._grip, self._placed, self._outline
        self.cancel()
        if grip is not None and spot is not None and outline is not None:
            act = operations.insert_vertex if grip.is_new else operations.move_vertex
            chosen = grip.vertex + 1 if grip.is_new else grip.vertex
            if self._run(lambda workspace: act(workspace, outline.layer_id, outline.rid, grip.vertex, *spot.own)):
                self._chosen = chosen
        self.canvas.redraw()

    def double_click(self, pointer: Pointer) -> None:
        outline = self._outline
        if outline is None or _nearest(self.canvas.to_px(outline.shown), pointer) is not None:
            return
        found = outline.edge_at(self.canvas.viewport, (pointer.x_px, pointer.y_px), GRIP_PX)
        if found is None:
            return
        after, share = found
        x, y = (outline.own[after] + (outline.own[after + 1] - outline.own[after]) * share).tolist()
        self.cancel()
        if self._run(lambda workspace: operations.insert_vertex(workspace, outline.layer_id, outline.rid, after, x, y)):
            self._chosen = after + 1
        self.canvas.redraw()

    def _run(self, make: Callable[[Workspace], Edit]) -> bool:
        error = self.canvas.bridge.run(make, initiator=self)
        if error is not None:
            self.canvas.tell(error)
        return error is None

    # Keys

    def wants_key(self, event: QKeyEvent) -> bool:
        return self._chosen is not None and (_is_delete(event) or nudge_of(event) is not None)

    def key(self, event: QKeyEvent) -> bool:
        outline = self._outline
        if outline is None:
            return False
        if event.key() in (Qt.Key.Key_Comma, Qt.Key.Key_Period):
            step = 1 if event.key() == Qt.Key.Key_Period else -1
            start = -1 if step > 0 else 0
            self._chosen = ((start if self._chosen is None else self._chosen) + step) % len(outline.own)
            return True
        if self._chosen is None:
            return False
        chosen, step_px = self._chosen, nudge_of(event)
        if _is_delete(event):
            return (
                self._run(lambda workspace: operations.delete_vertex(workspace, outline.layer_id, outline.rid, chosen)) or True
            )
        if step_px is None:
            return False
        units = self.canvas.viewport.units_per_px
        end = outline.shown[chosen] + np.array(step_px) * (units, -units)
        x, y = self.canvas.to_layer(self.canvas.layer(outline.layer_id), [end.tolist()])[0].tolist()
        self._run(lambda workspace: operations.move_vertex(workspace, outline.layer_id, outline.rid, chosen, x, y))
        return True

    # Preview

    def paint(self, painter: QPainter) -> None:
        outline = self._outline
        if outline is None:
            return
        view = self.canvas.viewport
        points = self.canvas.to_px(outline.shown)
        seen = np.flatnonzero(((points > -8) & (points < (view.width + 8, view.height + 8))).all(axis=1))
        if self._grip is not None and self._placed is not None:
            self._paint_pulled(painter, outline, self._grip, self._placed)
        elif self._grip is None:
            preview.paint_midpoints(painter, outline.middles(view)[1])
        seen = outline.apart(points, seen)
        chosen = None if self._chosen is None or self._placed else int(np.searchsorted(seen, self._chosen))
        if chosen is not None and (chosen >= len(seen) or seen[chosen] != self._chosen):
            chosen = None
        preview.paint_handles(painter, points[seen], chosen)

    def _paint_pulled(self, painter: QPainter, outline: Outline, grip: _Grip, spot: Placed) -> None:
        x, y = self.canvas.to_px([(spot.x, spot.y)])[0]
        around = outline.neighbours(grip.vertex, is_new=grip.is_new)
        ends = self.canvas.to_px(outline.shown[around]) if around else np.empty((0, 2))
        for end in ends:
            preview.paint_path(painter, np.array([end, (x, y)]))
        preview.paint_handles(painter, np.array([(x, y)]), 0)
        if spot.snap is not None:
            preview.paint_snap(painter, float(x), float(y))


def _nearest(points: np.ndarray[tuple[int, ...], np.dtype[np.float64]], pointer: Pointer) -> int | None:
    """Return which of these pixels is the nearest within reach."""
    if not len(points):
        return None
    away = np.maximum(abs(points[:, 0] - pointer.x_px), abs(points[:, 1] - pointer.y_px))
    at = int(np.argmin(away))
    return at if away[at] <= GRIP_PX else None


def _is_delete(event: QKeyEvent) -> bool:
    return event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)
