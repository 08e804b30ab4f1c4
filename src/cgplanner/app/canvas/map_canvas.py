"""The widget in the middle of the window: mouse and keys go to the tool or move the map, frames are blitted.

It knows the document through the bridge only, and it knows what a tool is but no tool: the window puts them in.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from PySide6.QtCore import QEvent, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from cgplanner.app import theme
from cgplanner.app.bridge import Bridge
from cgplanner.app.canvas.frame_times import FrameClock, FrameTimes
from cgplanner.app.canvas.ground_picture import GroundPicture
from cgplanner.app.canvas.map_picture import Drawn, MapPicture
from cgplanner.app.canvas.map_view import MapView
from cgplanner.app.canvas.overlay import Overlay
from cgplanner.app.canvas.tile_painting import snapped
from cgplanner.app.canvas.toast import Toast
from cgplanner.app.canvas.tool import Pointer, Tool
from cgplanner.app.canvas.undisturbed import undisturbed
from cgplanner.errors import UserError
from cgplanner.geometry.crs import transform_xy
from cgplanner.geometry.ragged import Floats
from cgplanner.model.layer import Layer
from cgplanner.model.signal import Extent, Kind, LayerChange
from cgplanner.model.workspace import View
from cgplanner.render.scene.viewport import Box, Viewport
from cgplanner.session.mapping import ground_extent, layer_extent, whole_extent, with_display_crs
from cgplanner.session.session import Selection
from cgplanner.text import language, tr

Places = Floats | Sequence[Sequence[float]]

NOTCH = 120.0  # what Qt says for one step of a wheel
ZOOM_STEP = 2**0.5
ARROW_PX = 80.0
FRAME_MS = 8
CLOSEST_FIT = 5_000.0  # nobody wants to see one small area at 1:20
POINT_FIT = 100_000.0  # one point says nothing without what lies around it
_ARROWS = {
    Qt.Key.Key_Left: (1, 0),
    Qt.Key.Key_Right: (-1, 0),
    Qt.Key.Key_Up: (0, 1),
    Qt.Key.Key_Down: (0, -1),
}


class MapCanvas(QWidget):
    """The map of a workspace.

    Signals
    -------
    view_changed(View)
        Centre and scale that the map goes to.
    position_changed(x, y)
        The mouse, in the display CRS.
    drawing(bool)
        Tiles are being drawn, or all are there.
    tool_changed(str)
        Another tool was chosen.
    problem(str)
        A sentence about something that was refused or could not be drawn.
    drawn
        A tool has made a feature, and it is selected.
    escaped
        Somebody pressed Esc and no tool had begun anything.
    """

    view_changed = Signal(object)
    position_changed = Signal(float, float)
    drawing = Signal(bool)
    tool_changed = Signal(str)
    problem = Signal(str)
    drawn = Signal()
    escaped = Signal()

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bridge = bridge
        self.view = MapView()
        self.picture = MapPicture(self)
        self.ground = GroundPicture(self)
        self._over_ground = False
        self.toast = Toast(self)
        self.clock = FrameClock()
        self.tools: dict[str, Tool] = {}
        self.tool = Tool()
        self.overlays: list[Overlay] = []
        self._held: Overlay | None = None
        self._crs = ""
        self._extent: Box | None = None
        self._look_due: Literal["", "remembered", "everything"] = "remembered"
        self._panned_from: QPointF | None = None
        self._space = self._pressed = False
        self._pointer: Pointer | None = None
        self._frames = QTimer(self)
        self._frames.setInterval(FRAME_MS)
        self._frames.setTimerType(Qt.TimerType.PreciseTimer)
        self._frames.timeout.connect(self._animate)
        self._prepare()
        self._connect()
        self._show_workspace()

    def _prepare(self) -> None:
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(64, 64)
        self.retranslate()

    def _connect(self) -> None:
        self.bridge.replaced.connect(self._show_workspace)
        self.bridge.changed.connect(self._take_change)
        self.bridge.selection_changed.connect(self._take_selection)
        self.picture.updated.connect(self.redraw)
        self.ground.updated.connect(self.redraw)
        self.picture.drawing.connect(self.drawing)
        self.picture.problem.connect(self.problem)

    # The document

    def _show_workspace(self) -> None:
        self.tool.cancel()
        self._look_due, self._crs = "remembered", ""
        self._show_layers()
        self._take_selection(self.bridge.selection)
        self._settle()

    def _show_layers(self, extents: dict[str, Extent] | None = None) -> None:
        """Hand the present versions to the picture; look at everything when the map is in another CRS than before."""
        workspace = self.bridge.workspace
        # A map that does not say its CRS keeps the one first found: it must not jump when an edit moves its extent.
        crs = workspace.display_crs or self._crs or with_display_crs(workspace).display_crs
        if crs != self._crs:
            self._crs = crs
            self.view.show_in(crs)
            self._look_due = self._look_due or "everything"
        if extents is None or self._extent is None:
            was_empty, self._extent = self._extent is None, self._whole()
            if was_empty and self._extent is not None:
                self._look_due = self._look_due or "everything"
        ratio = self.devicePixelRatioF()
        self._over_ground = self._has_ground()
        drawn = Drawn(
            workspace.layers, self._crs, theme.current_name(), language(), ratio, self._extent, over_ground=self._over_ground
        )
        self._show_ground()
        self._settle()
        self.picture.show(drawn, extents)

    def _has_ground(self) -> bool:
        return any(each.visible and each.opacity > 0 for each in self.bridge.workspace.basemaps)

    def _show_ground(self) -> None:
        path = self.bridge.session.path
        beside = path.parent if path is not None else None
        self.ground.show(self.bridge.workspace.basemaps, self._crs, self.devicePixelRatioF(), beside)

    def _whole(self) -> Box | None:
        try:
            return whole_extent(self.bridge.workspace, self._crs)
        except UserError:  # nothing to see is no trouble
            return ground_extent(self.bridge.workspace, self._crs)

    def _take_change(self, change: LayerChange) -> None:
        if change.kinds in (Kind.BASEMAPS, Kind.BOOKMARKS):
            if self._over_ground == self._has_ground():
                self._show_ground()
            else:
                self._show_layers({})  # blended layers meet the ground, or each other only
            return
        whole = any(key.layer for key in change.changeset.settings) or not change.extents
        self._show_layers(None if whole else dict(change.extents))
        self.tool.changed(change)

    def _take_selection(self, selection: Selection) -> None:
        self.picture.select(selection.layer_id, selection.rids)
        self.tool.selection_changed()

    def layer(self, layer_id: str) -> Layer:
        """Return the present version of a layer."""
        return self.bridge.workspace.layer(layer_id)

    def layers(self) -> tuple[Layer, ...]:
        """Return the present layers, from bottom to top."""
        return self.bridge.workspace.layers

    @property
    def crs(self) -> str:
        """The CRS the map is shown in."""
        return self._crs

    # Where things are

    @property
    def viewport(self) -> Viewport:
        """The view as it is painted now."""
        return snapped(self.view.shown, self.devicePixelRatioF())

    def to_px(self, xy: Places) -> Floats:
        """Return places of the display CRS (n, 2) in pixels of this widget."""
        return self.viewport.to_device(np.asarray(xy, np.float64).reshape(-1, 2))

    def to_layer(self, layer: Layer, xy: Places) -> Floats:
        """Return places of the display CRS in the layer's CRS, exactly."""
        points = np.asarray(xy, np.float64).reshape(-1, 2)
        return transform_xy(self._crs, layer.crs, points, approximate=False)

    def from_layer(self, layer: Layer, xy: Floats) -> Floats:
        """Return places of the layer's CRS in the display CRS, exactly."""
        return transform_xy(layer.crs, self._crs, np.asarray(xy, np.float64).reshape(-1, 2), approximate=False)

    def pointer_at(self, x_px: float, y_px: float, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> Pointer:
        """Return a pixel of this widget as a place."""
        x, y = self.viewport.to_map(np.array([[x_px, y_px]]))[0]
        held = [bool(modifiers & key) for key in (_SHIFT, _CTRL, _ALT)]
        return Pointer(x_px, y_px, float(x), float(y), *held)

    # Moving over the map

    @property
    def extent(self) -> Box | None:
        """The box the map goes to, in the display CRS; None while nothing is shown."""
        return self.view.target.extent if self._extent is not None else None

    def zoom_to_extent(self, box: Box) -> None:
        """Show a box of the display CRS."""
        is_point = box[0] == box[2] and box[1] == box[3]
        self.view.fit(box, closest_scale=POINT_FIT if is_point else CLOSEST_FIT)
        self._settle()

    def full_extent(self) -> None:
        """Show everything."""
        self._extent = self._whole()
        if self._extent is not None:
            self.zoom_to_extent(self._extent)

    def zoom_to_layer(self, layer_id: str) -> None:
        """Show all of a layer."""
        box = layer_extent(self.layer(layer_id), self._crs)
        if box is not None:
            self.zoom_to_extent(box)

    def find_layer(self, layer_id: str) -> None:
        """Show all of a layer, unless some of it is in view: a planner who looks at a place stays there."""
        box, view = layer_extent(self.layer(layer_id), self._crs), self.extent
        if box is None or view is None:
            return
        apart = box[0] > view[2] or box[2] < view[0] or box[1] > view[3] or box[3] < view[1]
        if apart:
            self.zoom_to_extent(box)

    def zoom_to_selection(self) -> None:
        """Show the selected features."""
        chosen = self.bridge.selection
        if not chosen.rids:
            return
        layer = self.layer(chosen.layer_id)
        extent = layer.table.geometry.extent(layer.table.positions_of(chosen.rids))
        if extent is not None:
            corners = np.array([(extent[a], extent[b]) for a in (0, 2) for b in (1, 3)])
            image = self.from_layer(layer, corners)
            if np.isfinite(image).all():
                low, high = image.min(axis=0), image.max(axis=0)
                self.zoom_to_extent((float(low[0]), float(low[1]), float(high[0]), float(high[1])))

    def zoom_in(self) -> None:
        """Show half as much."""
        self.zoom_by(2.0)

    def zoom_out(self) -> None:
        """Show twice as much."""
        self.zoom_by(0.5)

    def zoom_by(self, factor: float, at_px: tuple[float, float] | None = None) -> None:
        """Make the map larger, the place under a pixel staying where it is."""
        self.view.zoom(factor, at_px)
        self._frames.start()
        self._settle()

    def pan_by(self, dx_px: float, dy_px: float) -> None:
        """Move the map by so many pixels."""
        self.view.pan(dx_px, dy_px)
        self._settle()

    def look_at(self, x: float, y: float) -> None:
        """Put this place of the display CRS into the middle."""
        self.view.go(x, y)
        self._settle()

    def set_scale(self, denominator: float) -> None:
        """Show the map at 1:denominator."""
        self.view.set_scale(denominator)
        self._settle()

    def set_view(self, view: View) -> None:
        """Look at a remembered view."""
        self.view.go(view.x, view.y)
        self.set_scale(view.scale)

    def _settle(self) -> None:
        """Say where the map goes now, and draw for it."""
        target = self.view.target
        if target.width < 1 or target.height < 1:
            return
        if self._look_due:
            self._first_look()
            target = self.view.target
        aim = snapped(target, self.devicePixelRatioF())
        self.picture.look(aim)
        self.ground.look(aim)
        view = View(target.x, target.y, target.scale_denominator)
        if self._extent is not None:
            self.bridge.session.set_view(view)
        self.view_changed.emit(view)
        self.redraw()

    def _first_look(self) -> None:
        remembered = self.bridge.workspace.view if self._look_due == "remembered" else None
        self._look_due = ""
        if remembered is not None and remembered.scale > 0:
            self.view.go(remembered.x, remembered.y)
            self.view.set_scale(remembered.scale)
        elif self._extent is not None:
            self.view.fit(self._extent, closest_scale=CLOSEST_FIT)

    @undisturbed()
    def _animate(self) -> None:
        if not self.view.is_moving:
            self._frames.stop()
        self.redraw()

    # Tools

    def add_tool(self, tool: Tool) -> None:
        """Make a tool known."""
        self.tools[tool.id] = tool

    def choose_tool(self, tool_id: str) -> None:
        """Use the tool of this id from now on."""
        self.set_tool(self.tools[tool_id])

    def set_tool(self, tool: Tool) -> None:
        """Use this tool from now on; what the one before had begun is left."""
        self.tool.cancel()
        self.tool = tool
        self.setCursor(tool.cursor)
        tool.activate()
        self.toast.put_away()
        if tool.hint():
            self.toast.say(tool.hint(), tool.target())
        self.tool_changed.emit(tool.id)
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.redraw()

    def tell(self, error: UserError) -> None:
        """Show a refusal without stopping anybody."""
        self.toast.say(error.message, error.hint)
        self.problem.emit(str(error))

    # Frames

    def redraw(self) -> None:
        """Ask for a frame."""
        self.clock.ask()
        self.update()

    def frame_times(self) -> FrameTimes:
        """Return how long the latest frames took."""
        return self.clock.times()

    def paintEvent(self, _event: QPaintEvent) -> None:
        self.clock.begin()
        painter = QPainter(self)
        view = self.viewport
        moving = self.view.is_moving or self.picture.is_hurried
        self.picture.paint(painter, view, moving=moving, under=self.ground.paint)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for overlay in self.overlays:
            if overlay.visible:
                overlay.paint(painter, view)
        painter.setFont(self.font())
        self.tool.paint(painter)
        painter.end()
        self.clock.end()

    # Mouse

    def _pointer_of(self, event: QMouseEvent) -> Pointer:
        place = event.position()
        return self.pointer_at(place.x(), place.y(), event.modifiers())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        if event.button() == Qt.MouseButton.MiddleButton or (event.button() == Qt.MouseButton.LeftButton and self._space):
            self.begin_pan(event.position())
        elif event.button() == Qt.MouseButton.LeftButton:
            pointer = self._pointer_of(event)
            self._held = next((each for each in reversed(self.overlays) if each.visible and each.press(pointer)), None)
            if self._held is None:
                self._pressed = True
                self.tool.press(pointer)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._panned_from is not None:
            step = event.position() - self._panned_from
            self._panned_from = event.position()
            self.pan_by(step.x(), step.y())
            return
        pointer = self._pointer_of(event)
        self.position_changed.emit(pointer.x, pointer.y)
        self.toast.give_way(pointer.x_px, pointer.y_px)
        if self._held is not None:
            self._held.drag(pointer)
            return
        self.tool.move(pointer, pressed=self._pressed)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._panned_from is not None:
            self.end_pan()
        elif self._held is not None:
            self._held = None
        elif event.button() == Qt.MouseButton.LeftButton and self._pressed:
            self._pressed = False
            self.tool.release(self._pointer_of(event))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        pointer = self._pointer_of(event)
        if any(each.visible and each.press(pointer) for each in reversed(self.overlays)):
            return
        if event.button() == Qt.MouseButton.LeftButton:
            self.tool.double_click(pointer)

    def begin_pan(self, place: QPointF) -> None:
        """Let the map follow the mouse from here."""
        self._panned_from = place
        self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def end_pan(self) -> None:
        """Let the map stay where it is."""
        self._panned_from = None
        self.setCursor(Qt.CursorShape.OpenHandCursor if self._space else self.tool.cursor)

    def wheelEvent(self, event: QWheelEvent) -> None:
        steps = event.angleDelta().y() / NOTCH
        if steps:
            place = event.position()
            self.zoom_by(ZOOM_STEP**steps, (place.x(), place.y()))
        event.accept()

    # Keys

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self.tool.wants_key(event):
            event.accept()
            return True
        if event.type() in _OF_A_FRAME:
            with undisturbed():
                return super().event(event)
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.tool.key(event):
            self.redraw()
            return
        key = Qt.Key(event.key())
        plain = not event.modifiers() & (_CTRL | _ALT)
        if key == Qt.Key.Key_Escape:
            self._escape()
        elif key == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space = True
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        elif key in _ARROWS and plain:
            step = ARROW_PX / 8 if event.modifiers() & _SHIFT else ARROW_PX
            self.pan_by(_ARROWS[key][0] * step, _ARROWS[key][1] * step)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal) and plain:
            self.zoom_in()
        elif key == Qt.Key.Key_Minus and plain:
            self.zoom_out()
        elif key == Qt.Key.Key_Home and plain:
            self.full_extent()
        else:
            super().keyPressEvent(event)

    def _escape(self) -> None:
        """Leave what the tool began; with nothing begun, clear the selection."""
        self.toast.put_away()
        if not self.tool.cancel():
            self.bridge.select("", ())
            self.escaped.emit()
        self.redraw()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._let_go_of_space()
        else:
            super().keyReleaseEvent(event)

    def _let_go_of_space(self) -> None:
        self._space = False
        if self._panned_from is None:
            self.setCursor(self.tool.cursor)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._let_go_of_space()
        super().focusOutEvent(event)

    # The widget

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.view.resize(self.width(), self.height())
        self.toast.place()
        self._settle()
        super().resizeEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        self._show_layers()  # the screen, and with it the ratio, may be another one
        super().showEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        kind = event.type()
        if kind in (QEvent.Type.LanguageChange, QEvent.Type.PaletteChange, QEvent.Type.DevicePixelRatioChange):
            self._show_layers()
            for overlay in self.overlays:
                overlay.forget()
        if kind == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)

    def retranslate(self) -> None:
        """Say everything in the language of now."""
        self.setAccessibleName(tr("Map"))

    def closeEvent(self, event: QCloseEvent) -> None:
        self.stop()
        super().closeEvent(event)

    def stop(self) -> None:
        """End all work in the background; the map does not draw any more. Call it before the window goes."""
        self._frames.stop()
        self.toast.put_away()
        self.picture.close()
        self.ground.close()


_OF_A_FRAME = (QEvent.Type.Paint, QEvent.Type.MouseMove, QEvent.Type.Wheel)
_SHIFT, _CTRL, _ALT = (
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
)
