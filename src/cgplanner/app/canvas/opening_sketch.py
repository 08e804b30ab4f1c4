"""The first picture of a large file while it is still being read, over the map until that is drawn. It belongs to no document.

A :class:`Sketcher` works in the thread that reads; the overlay lives in the window and only blits what it was brought.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, QPointF, QRectF, QTimer, Signal, Slot
from PySide6.QtGui import QColor, QImage, QPainter

from cgplanner.app import theme
from cgplanner.app.canvas.map_canvas import CLOSEST_FIT, MapCanvas
from cgplanner.app.canvas.map_view import MapView
from cgplanner.app.canvas.overlay import Overlay
from cgplanner.app.canvas.tool import Pointer
from cgplanner.errors import UserError
from cgplanner.geometry.crs import fitted_crs, is_geographic, transform_xy
from cgplanner.io.sqlite.glimpse import Glimpse
from cgplanner.render.scene.sketch import Sketch
from cgplanner.render.scene.viewport import Viewport
from cgplanner.session.mapping import box_in

OPACITY = 0.4
NEAR_PX, NEAR_SCALE = 12.0, 0.03
LOOK_MS, MOST_LOOKS = 100, 200  # for the map that takes its place; one that is not done by then is shown as it is


@dataclass(frozen=True, eq=False)
class SketchPicture:
    """What the worker brings: a picture and the view it is of; which opening it belongs to."""

    opening: int
    image: QImage
    viewport: Viewport


class Sketcher:
    """Draws glimpses, in the thread that reads; ``bring`` may be called from there."""

    def __init__(self, opening: int, width: int, height: int, colour: int, bring: Callable[[SketchPicture], object]) -> None:
        self._opening, self._size, self._colour, self._bring = opening, (width, height), colour, bring
        self._sketch: Sketch | None = None

    def take(self, glimpse: Glimpse) -> None:
        """Draw more of the layer. One whose CRS says nothing to PROJ is left out: the map will say so."""
        try:
            self._sketch = self._sketch or Sketch(first_view(glimpse, *self._size))
            self._sketch.add(transform_xy(glimpse.crs, self._sketch.viewport.crs, glimpse.xy))
        except (RuntimeError, UserError):
            return
        words = self._sketch.words(self._colour)
        height, width = words.shape
        image = QImage(words.data, width, height, 4 * width, QImage.Format.Format_ARGB32).copy()
        self._bring(SketchPicture(self._opening, image, self._sketch.viewport))


def first_view(glimpse: Glimpse, width: int, height: int) -> Viewport:
    """Return the view that the map will open with, as far as the file has said it."""
    said = glimpse.foretold
    view = MapView()
    view.resize(width, height)
    view.show_in(said.display_crs or _own_crs(glimpse))
    crs = view.target.crs
    if said.view is not None and said.view.scale > 0:
        view.go(said.view.x, said.view.y)
        view.set_scale(said.view.scale)
        return view.target
    boxes = [image for source, box in said.layers if (image := box_in(box, source, crs)) is not None]
    if not boxes:
        (west, south), (east, north) = glimpse.xy.min(axis=0).tolist(), glimpse.xy.max(axis=0).tolist()
        boxes = [image for image in (box_in((west, south, east, north), glimpse.crs, crs),) if image is not None]
    if boxes:
        west, south, east, north = zip(*boxes, strict=True)
        view.fit((min(west), min(south), max(east), max(north)), closest_scale=CLOSEST_FIT)
    return view.target


def _own_crs(glimpse: Glimpse) -> str:
    crs, box = next(iter(glimpse.foretold.layers), (glimpse.crs, None))
    return fitted_crs(*box) if box is not None and crs and is_geographic(crs) else crs


class _Cover(Overlay):
    """Paints the latest sketch on paper, over everything, and keeps the mouse from what is below."""

    def __init__(self) -> None:
        self.picture: SketchPicture | None = None

    def paint(self, painter: QPainter, view: Viewport) -> None:
        if self.picture is None:
            return
        painter.fillRect(QRectF(0, 0, view.width, view.height), QColor(theme.current().map_paper))
        shown = self.picture.viewport
        painter.drawImage(QPointF((view.width - shown.width) / 2, (view.height - shown.height) / 2), self.picture.image)

    def press(self, pointer: Pointer) -> bool:
        del pointer
        return self.picture is not None


class OpeningSketch(QObject):
    """Shows the sketches of one opening over a canvas, and goes when the map has taken their place.

    Signals
    -------
    begun
        The first sketch of an opening is over the map: the file is a large one.
    shown
        A sketch is over the map, or another one than before.
    """

    begun = Signal()
    shown = Signal()
    _brought = Signal(object)

    def __init__(self, canvas: MapCanvas) -> None:
        super().__init__(canvas)
        self._canvas, self._cover = canvas, _Cover()
        self._opening = self._looks = 0
        canvas.overlays.append(self._cover)
        self._brought.connect(self._show)
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self._look)

    @property
    def is_shown(self) -> bool:
        """True while a sketch hides the map."""
        return self._cover.picture is not None

    def begin(self) -> Callable[[Glimpse], None]:
        """Expect sketches of a new opening; return what takes its glimpses, in the thread that reads."""
        self.drop()
        colour = QColor(theme.current().accent)
        colour.setAlphaF(OPACITY)
        size = self._canvas.width(), self._canvas.height()
        return Sketcher(self._opening, *size, colour.rgba(), self._brought.emit).take

    def drop(self) -> None:
        """Show the map again, and nothing more of this opening."""
        self._opening += 1
        self._timer.stop()
        self._cover.picture = None
        self._canvas.redraw()

    def give_way(self) -> None:
        """Stay until the map is drawn, where it is the same view; else go at once."""
        self._opening += 1  # what is still on its way comes too late
        self._looks = 0
        self._timer.start()
        self._look()

    @Slot(object)
    def _show(self, picture: SketchPicture) -> None:
        if picture.opening == self._opening:
            is_first, self._cover.picture = self._cover.picture is None, picture
            self._canvas.redraw()
            self.shown.emit()
            if is_first:
                self.begun.emit()

    def _look(self) -> None:
        self._looks += 1
        picture = self._cover.picture
        drawn = self._looks > 1 and self._canvas.picture.is_sharp
        if picture is None or drawn or self._looks > MOST_LOOKS or not _same(picture.viewport, self._canvas.view.target):
            self.drop()


def _same(sketched: Viewport, now: Viewport) -> bool:
    """Tell whether two views show the same to the eye."""
    apart = max(abs(sketched.x - now.x), abs(sketched.y - now.y)) / now.units_per_px
    return apart < NEAR_PX and abs(sketched.units_per_px / now.units_per_px - 1) < NEAR_SCALE
