"""A small map for a card: the five cities, and a layer where each of the systems it may be in would put it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from cgplanner.app import theme
from cgplanner.geometry.ragged import Floats
from cgplanner.io.crs.candidate_places import CandidatePlace
from cgplanner.text import tr

SIZE = QSize(400, 236)
MARGIN_PX = 14.0
DOT_PX, CHOSEN_DOT_PX, BADGE_PX = 1.5, 2.2, 8.0
REACH_PX = 16.0  # of a click around a badge
CLOSE, LEAST = 0.05, 0.02  # degrees: candidates that are shown together close up, and the least that is shown


class CandidateMap(QWidget):
    """Draws candidates, the chosen one on top; a click on one chooses it, one elsewhere looks closer or from farther.

    Signals
    -------
    chosen(int)
        The number of the candidate that was clicked.
    """

    chosen = Signal(int)

    def __init__(self, outlines: Sequence[Floats], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedSize(SIZE)
        self._outlines = outlines
        self._places: tuple[CandidatePlace, ...] = ()
        self._chosen = 0
        self._other: CandidatePlace | None = None
        self._close = False
        self._sketch: QImage | None = None
        self.retranslate()

    def show_places(self, places: tuple[CandidatePlace, ...], chosen: int) -> None:
        """Show these candidates, numbered from 1; ``chosen`` is the place in them, -1 for none."""
        self._places, self._chosen, self._sketch = places, chosen, None
        self.update()

    def show_sketch(self, sketch: QImage) -> None:
        """Show a first picture of the layer by itself, until it is known where it lies."""
        self._sketch = sketch
        self.update()

    def show_outlines(self, outlines: Sequence[Floats]) -> None:
        """Draw these rings below everything; they say how far the map reaches."""
        self._outlines = outlines
        self.update()

    def choose(self, number: int) -> None:
        """Highlight another one; -1 for none."""
        self._chosen, self._other = number, None
        self.update()

    def show_other(self, place: CandidatePlace | None) -> None:
        """Highlight a place beside the numbered ones."""
        self._chosen, self._other = -1, place
        self.update()

    # Drawing

    def paintEvent(self, _event: QPaintEvent) -> None:
        colours = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QColor(colours.border))
        painter.setBrush(QColor(colours.map_paper))
        painter.drawRoundedRect(frame, 4, 4)
        painter.setClipRect(frame)
        if self._sketch is not None:
            painter.drawImage(self.rect(), self._sketch)
            painter.end()
            return
        painter.setPen(QPen(QColor(colours.strong_border), 1.0))
        painter.setBrush(QColor(colours.hover))
        for ring in self._outlines:
            painter.drawPolygon(_polygon(self._to_pixels(ring)))
        order = [number for number in range(len(self._places)) if number != self._chosen]
        for number in [*reversed(order), *[self._chosen][: 0 <= self._chosen < len(self._places)]]:
            self._draw_place(painter, self._places[number], is_chosen=number == self._chosen)
        if self._other is not None:
            self._draw_place(painter, self._other, is_chosen=True)
        self._badges(painter)
        painter.end()

    def _draw_place(self, painter: QPainter, place: CandidatePlace, *, is_chosen: bool) -> None:
        colours = theme.current()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.accent if is_chosen else colours.secondary))
        size = CHOSEN_DOT_PX if is_chosen else DOT_PX
        for x, y in self._to_pixels(place.lonlat):
            painter.drawEllipse(QPointF(x, y), size, size)

    def _badges(self, painter: QPainter) -> None:
        colours = theme.current()
        painter.setFont(theme.sized(QFont(self.font()), theme.SMALL_PX, strong=True))
        for number in reversed(range(len(self._places))):
            spot = self._spot(number)
            if spot is None or number in self._covered():
                continue
            is_chosen = number == self._chosen
            circle = QRectF(spot.x() - BADGE_PX, spot.y() - BADGE_PX, 2 * BADGE_PX, 2 * BADGE_PX)
            painter.setPen(QPen(QColor(colours.accent if is_chosen else colours.strong_border), 1.2))
            painter.setBrush(QColor(colours.accent if is_chosen else colours.raised))
            painter.drawEllipse(circle)
            painter.setPen(QColor(colours.on_accent if is_chosen else colours.text))
            painter.drawText(circle, Qt.AlignmentFlag.AlignCenter, str(number + 1))

    def _covered(self) -> set[int]:
        """Return the numbers that would lie under another one: of systems that differ by a few metres one badge is enough."""
        order = sorted(range(len(self._places)), key=lambda each: (each != self._chosen, each))
        shown: list[QPointF] = []
        covered = set()
        for number in order:
            spot = self._spot(number)
            if spot is not None and any(math.hypot(spot.x() - each.x(), spot.y() - each.y()) < BADGE_PX for each in shown):
                covered.add(number)
            elif spot is not None:
                shown.append(spot)
        return covered

    def _spot(self, number: int) -> QPointF | None:
        """Return where the number of a candidate stands: at its middle, or on the rim where that is off the map."""
        lonlat = self._places[number].lonlat
        if not len(lonlat):
            return None
        x, y = self._to_pixels(np.median(lonlat, axis=0)[None])[0]
        edge = BADGE_PX + 3
        return QPointF(min(max(x, edge), self.width() - edge), min(max(y - 2 * BADGE_PX, edge), self.height() - edge))

    def _to_pixels(self, lonlat: Floats) -> Floats:
        """Return pixels of degrees; the cities fill the widget."""
        if not self._outlines:
            return np.zeros_like(lonlat)
        low, high = self._view()
        narrow = math.cos(math.radians((low[1] + high[1]) / 2))
        size = (high - low) * (narrow, 1.0)
        scale = min((self.width() - 2 * MARGIN_PX) / size[0], (self.height() - 2 * MARGIN_PX) / size[1])
        middle = (low + high) / 2
        pixels = (lonlat - middle) * (narrow * scale, -scale) + (self.width() / 2, self.height() / 2)
        return np.asarray(np.clip(pixels, -1e6, 1e6))

    def _view(self) -> tuple[Floats, Floats]:
        """Return the corners of what is shown: the cities, or close up the candidates that lie about the chosen one."""
        parts: Sequence[Floats] = self._outlines
        if self._close:
            middles = [np.median(each.lonlat, axis=0) if len(each.lonlat) else np.full(2, np.inf) for each in self._places]
            about = middles[max(self._chosen, 0)]
            near = [each.lonlat for each, at in zip(self._places, middles, strict=True) if np.abs(at - about).max() < CLOSE]
            parts = near or parts
        low, high = (pick([pick(part, axis=0) for part in parts], axis=0) for pick in (np.min, np.max))
        short = np.maximum(0.0, LEAST - (high - low)) / 2
        return low - short, high + short

    # Choosing

    def mousePressEvent(self, event: QMouseEvent) -> None:
        covered = self._covered()
        found = [
            (math.hypot(event.position().x() - spot.x(), event.position().y() - spot.y()), number)
            for number in range(len(self._places))
            if number not in covered and (spot := self._spot(number)) is not None
        ]
        if found and min(found)[0] <= REACH_PX and min(found)[1] != self._chosen:
            self.chosen.emit(min(found)[1])
        elif self._places:
            self._close = not self._close
            self.update()

    def retranslate(self) -> None:
        """Say everything in the language of now."""
        self.setAccessibleName(tr("Where the data would lie"))
        self.setToolTip(
            tr("Where the data would lie, numbered as in the list. A click beside the numbers looks closer, or from farther.")
        )

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)


def _polygon(pixels: Floats) -> QPolygonF:
    return QPolygonF([QPointF(x, y) for x, y in pixels])
