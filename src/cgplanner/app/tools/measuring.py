"""Measuring lines and areas on the ellipsoid: every piece and the whole, while it is being drawn. Nothing is changed."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import shapely
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QPainter

from cgplanner.app import theme
from cgplanner.app.canvas import MapCanvas, Pointer
from cgplanner.app.tools import preview
from cgplanner.app.tools.map_tool import MapTool
from cgplanner.app.tools.snapping import Placed, placed_anywhere
from cgplanner.geometry import measure
from cgplanner.geometry.ragged import Floats
from cgplanner.text import language, tr

_END = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_BACK = (Qt.Key.Key_Backspace, Qt.Key.Key_Delete)
_SHORTEST_PX = 44.0  # of a piece that has room for its length
_HECTARE = 10_000.0


class MeasureTool(MapTool):
    """Click sets a point; a double click or Enter ends, Backspace takes one back, Esc puts the measure away."""

    cursor: ClassVar[Qt.CursorShape] = Qt.CursorShape.CrossCursor
    closed: ClassVar[bool] = False

    def __init__(self, canvas: MapCanvas) -> None:
        super().__init__(canvas)
        self._set: list[Placed] = []
        self._next: Placed | None = None
        self._ended = False
        self._crs = ""
        self._known: tuple[object, list[str], list[str]] | None = None

    def hint(self) -> str:
        return tr("Click sets a point, a double click or Enter ends, Backspace takes a point back. Ctrl+C copies the result.")

    def target(self) -> str:
        return tr("Measured on the ellipsoid of CGCS2000, whatever the map's projection is.")

    def cancel(self) -> bool:
        begun = bool(self._set)
        self._set, self._next, self._ended = [], None, False
        return begun

    # Mouse

    def press(self, pointer: Pointer) -> None:
        if self._ended or self._crs != self.canvas.crs:
            self.cancel()
            self._crs = self.canvas.crs
        spot = placed_anywhere(self.canvas, pointer)
        if not self._set or (spot.x, spot.y) != (self._set[-1].x, self._set[-1].y):
            self._set.append(spot)
        self._next = spot
        self.canvas.redraw()

    def move(self, pointer: Pointer, *, pressed: bool) -> None:
        del pressed
        if not self._ended:
            self._next = placed_anywhere(self.canvas, pointer)
            self.canvas.redraw()

    def double_click(self, pointer: Pointer) -> None:
        del pointer  # its first click has set the point
        self._end()

    # Keys

    def wants_key(self, event: QKeyEvent) -> bool:
        return bool(self._set) and (event.key() in (*_END, *_BACK) or _is_copy(event))

    def key(self, event: QKeyEvent) -> bool:
        if not self._set:
            return False
        if _is_copy(event):
            QGuiApplication.clipboard().setText(self.report())
            self.canvas.toast.say(tr("The measure is in the clipboard."))
        elif event.key() in _END:
            self._end()
        elif event.key() in _BACK:
            self._ended = False
            self._set.pop()
        else:
            return False
        return True

    def _end(self) -> None:
        self._ended, self._next = True, None
        self.canvas.redraw()

    # What is measured

    def points(self) -> Floats:
        """Return what is measured now, in the display CRS: the points that are set and the one under the mouse."""
        spots = [*self._set, *([self._next] if self._next is not None and self._set else [])]
        points = np.array([(spot.x, spot.y) for spot in spots], np.float64).reshape(-1, 2)
        if len(points) > 1 and (points[-1] == points[-2]).all():
            return points[:-1]
        return points

    def words(self) -> list[str]:
        """Return the whole measure in words, the most wanted first."""
        return self._measured()[1]

    def report(self) -> str:
        """Return the measure as text for the clipboard: the whole, then piece by piece."""
        _, words, pieces = self._measured()
        lines = [f"{number}\t{each}" for number, each in enumerate(pieces, 1)]
        return "\n".join([*words, *(lines if len(lines) > 1 else [])])

    def _measured(self) -> tuple[object, list[str], list[str]]:
        """Return the whole and the pieces in words; worked out once for the same points."""
        points = self.points()
        stamp = (points.tobytes(), language())
        if self._known is None or self._known[0] != stamp:
            self._known = (stamp, *self._worked_out(points))
        return self._known

    def _worked_out(self, points: Floats) -> tuple[list[str], list[str]]:
        if len(points) < 2:
            return [], []
        if not self._crs:
            return [tr("The map has no coordinate system: nothing can be measured.")], []
        ring = np.vstack([points, points[:1]]) if self.closed and len(points) > 2 else points
        pieces = [measure.path_length(ring[at : at + 2], self._crs) for at in range(len(ring) - 1)]
        words = [exact_length(each) for each in pieces]
        if not self.closed or len(points) < 3:
            last = [tr("Last piece {length}", length=words[-1])] if len(words) > 1 else []
            return [tr("Length {length}", length=exact_length(sum(pieces))), *last], words
        if not shapely.Polygon(points).is_valid:
            return [tr("The outline crosses itself."), tr("Perimeter {length}", length=exact_length(sum(pieces)))], words
        area = area_words(measure.ring_area(points, self._crs))
        return [*area, tr("Perimeter {length}", length=exact_length(sum(pieces)))], words

    # Preview

    def paint(self, painter: QPainter) -> None:
        if self._next is not None and self._next.snap is not None:
            x, y = self.canvas.to_px([(self._next.x, self._next.y)])[0].tolist()
            preview.paint_snap(painter, x, y)
        points = self.points()
        if not len(points) or self._crs != self.canvas.crs:
            return
        places = self.canvas.to_px(points)
        closed = self.closed and len(places) > 2
        preview.paint_path(painter, places, closed=closed, filled=self.closed)
        preview.paint_handles(painter, places[: len(self._set)])
        _, words, pieces = self._measured()
        painter.setFont(theme.sized(self.canvas.font(), theme.SMALL_PX))
        ring = np.vstack([places, places[:1]]) if closed else places
        if len(pieces) > 1:
            for start, end, text in zip(ring[:-1], ring[1:], pieces, strict=True):
                _paint_piece(painter, start, end, text)
        painter.setFont(self.canvas.font())
        x, y = places[-1].tolist()
        preview.paint_words(painter, x, y, words, (self.canvas.width(), self.canvas.height()))


class MeasureLineTool(MeasureTool):
    """Measures along a line."""

    id: ClassVar[str] = "measure-line"


class MeasureAreaTool(MeasureTool):
    """Measures an area and the way round it."""

    id: ClassVar[str] = "measure-area"
    closed: ClassVar[bool] = True


def exact_length(metres: float) -> str:
    """Return a length as planners say it: metres to the decimetre, kilometres to the metre, long ones to 100 m."""
    if metres >= 100_000:
        return f"{metres / 1000:,.1f} km"
    return f"{metres / 1000:,.3f} km" if metres >= 1000 else f"{metres:,.1f} m"


def area_words(square_metres: float) -> list[str]:
    """Return an area in all the units that planners use."""
    mu = f"{square_metres / measure.MU:,.2f}" if square_metres < 1e8 else f"{square_metres / measure.MU:,.0f}"
    hectares = f"{square_metres / _HECTARE:,.3f}" if square_metres < 1e8 else f"{square_metres / _HECTARE:,.0f}"
    if square_metres < 1e5:
        first = tr("Area {area} m²", area=f"{square_metres:,.1f}")
    else:
        first = tr(
            "Area {area} km²", area=f"{square_metres / 1e6:,.4f}" if square_metres < 1e9 else f"{square_metres / 1e6:,.1f}"
        )
    return [first, tr("{hectares} ha, {mu} mu", hectares=hectares, mu=mu)]


def _is_copy(event: QKeyEvent) -> bool:
    return event.key() == Qt.Key.Key_C and event.modifiers() == Qt.KeyboardModifier.ControlModifier


def _paint_piece(painter: QPainter, start: Floats, end: Floats, text: str) -> None:
    """Paint the length of a piece on its middle, where the piece is long enough on the screen."""
    if float(np.hypot(*(end - start))) < _SHORTEST_PX:
        return
    metrics = painter.fontMetrics()
    width, height = metrics.horizontalAdvance(text) + 8, metrics.height() + 2
    x, y = ((start + end) / 2).tolist()
    box = QRectF(round(x - width / 2), round(y - height / 2), width, height)
    preview.paint_tag(painter, box, text)
