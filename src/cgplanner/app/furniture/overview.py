"""The overview: the whole map small in a corner, with the view as a box. A click or a drag in it moves the map."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from cgplanner.app import theme
from cgplanner.app.canvas import MapCanvas, Pointer
from cgplanner.app.canvas.overlay import Overlay
from cgplanner.render.scene.viewport import Box, Viewport

LONG_PX, SHORT_PX = 190.0, 150.0
_MARGIN, _FOOT = 10.0, 28.0  # the attribution lies below
_REFRESH_MS = 400
_LEAST_BOX = 6.0


class OverviewOverlay(Overlay):
    """The overview of a canvas."""

    visible = False

    def __init__(self, canvas: MapCanvas) -> None:
        self._canvas = canvas
        self._image: QImage | None = None
        self._box: Box | None = None
        self._timer = QTimer(canvas)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_REFRESH_MS)
        self._timer.timeout.connect(self._refresh)
        canvas.picture.updated.connect(self._ask)
        self._stamp: object = None

    def show(self, visible: bool) -> None:  # noqa: FBT001  the value itself
        """Show or hide it."""
        self.visible = visible
        self._stamp = None
        self._ask()

    def forget(self) -> None:
        self._stamp = None
        self._ask()

    def stop(self) -> None:
        """Make no more pictures."""
        self._timer.stop()

    def _ask(self) -> None:
        if self.visible and not self._timer.isActive():
            self._timer.start()

    def _refresh(self) -> None:
        """Take the small tiles that the map keeps of itself, where they are other ones than before."""
        stamp = self._canvas.picture.overview_stamp()
        if stamp != self._stamp:
            self._stamp = stamp
            found = self._canvas.picture.overview(LONG_PX, SHORT_PX)
            self._image, self._box = found if found is not None else (None, None)
            self._canvas.redraw()

    def _place(self, view: Viewport) -> QRectF:
        """Return where the picture lies."""
        assert self._image is not None  # noqa: S101  asked only where there is one
        ratio = self._image.devicePixelRatioF()
        width, height = self._image.width() / ratio, self._image.height() / ratio
        return QRectF(round(view.width - width) - _MARGIN, round(view.height - height) - _FOOT, width, height)

    def paint(self, painter: QPainter, view: Viewport) -> None:
        if self._image is None or self._box is None:
            return
        place, colours = self._place(view), theme.current()
        painter.drawImage(place.topLeft(), self._image)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(colours.strong_border), 1.0))
        painter.drawRect(place.adjusted(-1, -1, 0, 0))
        painter.setClipRect(place)
        fill = QColor(colours.accent)
        fill.setAlphaF(0.12)
        painter.setBrush(fill)
        painter.setPen(QPen(QColor(colours.accent), 2.0))
        painter.drawRect(self._view_box(view, place))
        painter.restore()

    def _view_box(self, view: Viewport, place: QRectF) -> QRectF:
        assert self._box is not None  # noqa: S101  asked only where there is a picture
        scale = place.width() / (self._box[2] - self._box[0])
        minx, miny, maxx, maxy = view.extent
        left, top = place.left() + (minx - self._box[0]) * scale, place.top() + (self._box[3] - maxy) * scale
        box = QRectF(left, top, (maxx - minx) * scale, (maxy - miny) * scale)
        if box.width() < _LEAST_BOX or box.height() < _LEAST_BOX:
            centre = box.center()
            box.setSize(box.size().expandedTo(QRectF(0, 0, _LEAST_BOX, _LEAST_BOX).size()))
            box.moveCenter(centre)
        return box

    def press(self, pointer: Pointer) -> bool:
        if self._image is None or not self._place(self._canvas.viewport).contains(QPointF(pointer.x_px, pointer.y_px)):
            return False
        self.drag(pointer)
        return True

    def drag(self, pointer: Pointer) -> None:
        if self._image is None or self._box is None:
            return
        place = self._place(self._canvas.viewport)
        scale = (self._box[2] - self._box[0]) / place.width()
        x = min(max(pointer.x_px, place.left()), place.right())
        y = min(max(pointer.y_px, place.top()), place.bottom())
        self._canvas.look_at(self._box[0] + (x - place.left()) * scale, self._box[3] - (y - place.top()) * scale)
