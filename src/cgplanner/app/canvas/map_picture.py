"""The picture under the tools: what is asked of the workers for a view, and what is shown until it comes.

Painting here only blits. Tiles that are missing are stood in for by stale, coarser or finer ones; labels and the selection
move along as pictures of the view they were made for.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QImage, QPainter

from cgplanner.app.canvas.tile_painting import Frame, paint_deck
from cgplanner.app.canvas.undisturbed import undisturbed
from cgplanner.model.layer import Layer
from cgplanner.model.signal import Extent
from cgplanner.render.qt.map_pictures import (
    BlockWork,
    LabelWork,
    Painted,
    SelectionWork,
    TileWork,
    ViewPicture,
    in_blocks,
    with_margin,
)
from cgplanner.render.qt.paint import BLENDS
from cgplanner.render.qt.tiles import (
    TILE,
    Deck,
    Place,
    Sheet,
    Tile,
    TileCache,
    changed_boxes,
    joined,
    met,
    neat,
    pixels_of,
    places_over,
    sheets_of,
)
from cgplanner.render.qt.workers import Work, Workers
from cgplanner.render.scene.request import PAPER, Theme
from cgplanner.render.scene.viewport import Box, Viewport
from cgplanner.text import Language

LABEL_DELAY_MS, PLAN_DELAY_MS = 140, 20
HURRY_MS = 180  # between two changes of scale: while they come faster than that, nothing is drawn for a scale in between
VIEW_MARGIN_PX = 96.0  # how far the selection reaches beyond the view, for panning
LABEL_MARGIN_PX = 160.0  # the same for labels: wider than most of them, so that none is lost while it can be seen
OVERVIEW_PX = 700.0
OVERVIEW_RIM = 0.02  # of its longer side, round the whole map in an overview
STRETCH = 1.5  # how much larger or smaller an outline may stand in for the one of another scale: line widths are felt soon
COARSE = 4.0  # the same for labels, and for outlines that take long: beyond it they are blocks or specks and are left out
WHOLE_TILE = 0.6  # of its area: when more is dirty and nothing is kept, all of it is painted anew


Under = Callable[[QPainter, Frame], None]


@dataclass(frozen=True, eq=False)
class Drawn:
    """What is drawn: versions of the layers from bottom to top, and how; ``over_ground`` when a base map lies below them."""

    layers: tuple[Layer, ...] = ()
    crs: str = ""
    theme: Theme = "light"
    language: Language = "zh"
    ratio: float = 1.0
    extent: Box | None = None
    over_ground: bool = False


class MapPicture(QObject):
    """Tiles, labels and selection of one map.

    Signals
    -------
    updated
        Something sharper is there: repaint.
    drawing(bool)
        Tiles of the view are being drawn, or all are there.
    problem(str)
        A sentence about something that could not be drawn.
    tile_drawn(object)
        A tile came from the workers (its TileWork).
    labelled
        The labels of the view have found their places.
    """

    updated = Signal()
    drawing = Signal(bool)
    problem = Signal(str)
    tile_drawn = Signal(object)
    labelled = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.cache = TileCache()
        self.workers = Workers(self, urgent=lambda work: isinstance(work, TileWork | BlockWork) and work.is_piece)
        self.workers.finished.connect(self._take)
        self.workers.failed.connect(self._raise)
        self._drawn = Drawn()
        self._view: Viewport | None = None
        self._labels: ViewPicture | None = None
        self._label_work: LabelWork | None = None
        self._labels_due = False
        self._selection: ViewPicture | None = None
        self._selection_work: SelectionWork | None = None
        self._selected: tuple[str, tuple[int, ...]] = ("", ())
        self._is_drawing = False
        self._problems: set[str] = set()
        self._plan_timer = _once(self, PLAN_DELAY_MS, self._plan)
        self._label_timer = _once(self, LABEL_DELAY_MS, self._ask_for_labels)
        self._rescaled_at = 0.0
        self.is_hurried = False  # one scale follows another so fast that none of them is drawn

    # What is drawn

    def show(self, drawn: Drawn, extents: Mapping[str, Extent] | None = None) -> None:
        """Draw these versions from now on; ``extents`` as in :meth:`TileCache.show`."""
        before, self._drawn = self._drawn, drawn
        sheets = sheets_of(drawn.layers, drawn.crs, drawn.theme, drawn.ratio, over_ground=drawn.over_ground)
        self._carry_running(sheets, extents or {})
        self.cache.show(sheets, extents)
        if before.crs != drawn.crs:
            self._labels = self._selection = None
        self._select_again()
        if self._view is not None:
            self._label_work, self._labels_due = None, False  # those of the versions before would only be in the way
            self._label_timer.start(self._label_delay())
            self._plan()
        self.updated.emit()

    def _carry_running(self, sheets: Iterable[Sheet], extents: Mapping[str, Extent]) -> None:
        """Let tiles that are being drawn now stay right for what an edit elsewhere did not touch."""
        by_ids = {sheet.ids: sheet for sheet in sheets}
        for _, work in self._running_tiles():
            after, before = by_ids.get(work.sheet.ids), work.deck.sheet
            if after is None or work.content != before.content or after.content == before.content:
                continue
            boxes = changed_boxes(before, after, extents)
            if boxes is not None:
                work.content = after.content
                work.dirty = joined(work.dirty, met(boxes, work.place, after.ratio))

    def select(self, layer_id: str, rids: tuple[int, ...]) -> None:
        """Outline these features."""
        self._selected = (layer_id, rids)
        self._select_again()
        if self._selection_work is not None:
            self._plan()
        self.updated.emit()

    def look(self, view: Viewport) -> None:
        """Aim at this view: what it needs is drawn, the rest is not."""
        if view == self._view:
            return
        now = time.monotonic()
        rescaled = self._view is not None and view.units_per_px != self._view.units_per_px
        self._view = view
        if rescaled and now - self._rescaled_at < HURRY_MS / 1000:
            self.is_hurried = True
            self.workers.want([])
            self._plan_timer.start(HURRY_MS)
        elif not self._plan_timer.isActive():
            self._plan_timer.start(PLAN_DELAY_MS)
        if rescaled:
            self._rescaled_at = now
        self._label_timer.start(HURRY_MS + PLAN_DELAY_MS if self.is_hurried else LABEL_DELAY_MS)

    def _label_delay(self) -> int:
        """Return for how many ms the map has to stand still before labels are placed; the first ones come at once."""
        return LABEL_DELAY_MS if self._labels is not None and self._labels.labels else 0

    @property
    def is_sharp(self) -> bool:
        """True when every tile of the view is there and right."""
        return not any(True for _ in self._missing())

    @property
    def is_done(self) -> bool:
        """True when nothing of the view is still to come, labels included."""
        waiting = self._label_timer.isActive() or self._plan_timer.isActive() or self._labels_due
        return self.is_sharp and not waiting and self._label_work is None

    @property
    def labels(self) -> ViewPicture | None:
        """The labels there are, and the view they were placed for."""
        return self._labels

    def homeless(self) -> tuple[str, ...]:
        """Return what labels of the view say that found no place."""
        if self._labels is None or self._labels.labelling is None or self._view is None:
            return ()
        made, margin = self._labels.viewport, LABEL_MARGIN_PX
        return tuple(
            each.text
            for each in self._labels.labelling.homeless
            if margin <= each.x <= made.width - margin and margin <= each.y <= made.height - margin
        )

    def close(self) -> None:
        """End all work; waits for the threads."""
        self._plan_timer.stop()
        self._label_timer.stop()
        self.workers.close()

    # What is asked for

    def _resolution(self) -> float:
        assert self._view is not None  # noqa: S101  nothing is asked for before there is a view
        return neat(self._view.units_per_px / self._drawn.ratio)

    def _missing(self) -> Iterator[tuple[Deck, Place]]:
        """Yield what the view lacks, from the centre outwards."""
        if self._view is not None:
            yield from self._lacking(places_over(self._view.extent, self._resolution()))

    def _lacking(self, places: Iterable[Place]) -> Iterator[tuple[Deck, Place]]:
        for place in places:
            for deck in self.cache.decks:
                if not deck.sheet.is_hidden and not deck.is_sharp(place):
                    yield deck, place

    @undisturbed()
    def _plan(self) -> None:
        self.is_hurried = False
        if self._view is None or not self._view.width or not self._view.height:
            return
        running = {
            (tile.deck, tile.place): work for work, tile in self._running_tiles() if tile.content == tile.deck.sheet.content
        }
        visible = list(self._missing())
        tiles = [
            *dict.fromkeys(running[each] for each in visible if each in running),
            *in_blocks(self._tile_work(*each) for each in visible if each not in running),
        ]
        later = [running.get(each) or self._tile_work(*each) for each in self._spare() if each not in visible]
        works: list[Work] = list(dict.fromkeys([*tiles, *later]))
        # Where nothing is written yet, the whole map comes first: a name over an empty sheet tells nothing.
        before_labels = min(4, len(tiles)) if self._labels is not None else len(tiles)
        for other, place in ((self._selection_work, 0), (self._label_work if self._labels_due else None, before_labels)):
            if other is not None:
                works.insert(place, other)
        self.workers.want(works)
        self._say_drawing()

    def _running_tiles(self) -> list[tuple[TileWork | BlockWork, TileWork]]:
        """Return the tiles that are being drawn, each after the work that it is or is a part of."""
        drawing = [work for work in self.workers.running() if isinstance(work, TileWork | BlockWork)]
        return [(work, tile) for work in drawing for tile in (work.tiles if isinstance(work, BlockWork) else (work,))]

    def _tile_work(self, deck: Deck, place: Place) -> TileWork:
        tile = deck.tiles.get(place)
        content = deck.sheet.content
        if tile is not None and tile.dirty is not None and tile.content == content:
            part = pixels_of(place, tile.dirty)
            if tile.kept is not None or part[2] * part[3] < WHOLE_TILE * TILE * TILE:
                return TileWork(deck, place, deck.sheet, content, tile.image, part, kept=tile.kept)
        return TileWork(deck, place, deck.sheet, content)

    def _spare(self) -> Iterator[tuple[Deck, Place]]:
        """Yield what is drawn when nothing else is to be done: the whole map small, then what lies around the view."""
        view = self._view
        assert view is not None  # noqa: S101  see _plan
        yield from self._lacking(self._overview())
        around = list(places_over(view.extent_with(TILE / 2 / self._drawn.ratio), self._resolution()))
        if len(around) * max(len(self.cache.decks), 1) * TILE * TILE * 4 < self.cache.limit * 0.7:
            yield from self._lacking(around)

    def _overview(self) -> list[Place]:
        extent = self._drawn.extent
        if extent is None:
            return []
        side = max(extent[2] - extent[0], extent[3] - extent[1])
        return list(places_over(extent, neat(side / OVERVIEW_PX))) if side > 0 else []

    def overview_stamp(self) -> object:
        """Return something that is another when :meth:`overview` would be."""
        places = self._overview()
        images = [deck.tiles[place].image.cacheKey() for deck in self.cache.decks for place in places if place in deck.tiles]
        return self._drawn.extent, self._drawn.theme, self._drawn.ratio, images

    def overview(self, width: float, height: float) -> tuple[QImage, Box] | None:
        """Return the whole map within so many px, of the tiles kept of it, and the box it shows; None without an extent."""
        places, extent, ratio = self._overview(), self._drawn.extent, self._drawn.ratio
        if not places or extent is None:
            return None
        rim = OVERVIEW_RIM * max(extent[2] - extent[0], extent[3] - extent[1])
        across, up = extent[2] - extent[0] + 2 * rim, extent[3] - extent[1] + 2 * rim
        units = places[0].resolution * ratio
        centre = (extent[0] + extent[2]) / 2, (extent[1] + extent[3]) / 2
        frame = Frame.of(Viewport(*centre, units, across / units, up / units, "px", self._drawn.crs), ratio)
        image = QImage(max(frame.width, 1), max(frame.height, 1), QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(QColor(PAPER[self._drawn.theme]))
        painter = QPainter(image)
        for deck in self.cache.decks:
            if not deck.sheet.is_hidden:
                paint_deck(painter, frame, deck, self.cache.touch)
        painter.end()
        fits, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        small = image.scaled(round(width * ratio), round(height * ratio), fits, smooth)
        small.setDevicePixelRatio(ratio)
        return small, frame.box

    def _ask_for_labels(self) -> None:
        if self._view is None:
            return
        drawn = self._drawn
        view = with_margin(self._view, LABEL_MARGIN_PX)
        before = self._labels.labelling if self._labels is not None else None
        work = LabelWork(drawn.layers, view, drawn.theme, drawn.language, drawn.ratio, before)
        self._label_work, self._labels_due = work, True
        self._select_again()
        self._plan()

    def _select_again(self) -> None:
        """Outline the selection for the view of now: at once when it is small, else in a worker."""
        self._selection_work = None
        work = self._outlining(self._view) if self._view is not None and self._view.width else None
        if work is None:
            self._selection = None
        elif work.is_light:
            self._selection = work.perform(lambda: False)
        else:
            self._selection_work = work

    def _outlining(self, view: Viewport) -> SelectionWork | None:
        """Return the work that outlines the selection in a view; None where nothing is selected."""
        layer_id, rids = self._selected
        layer = next((each for each in self._drawn.layers if each.id == layer_id), None)
        if layer is None or not rids:
            return None
        numbers = np.asarray(rids, np.int64)
        held = tuple(numbers[layer.table.holds(numbers)].tolist())
        return SelectionWork(layer, held, with_margin(view, VIEW_MARGIN_PX), self._drawn.ratio)

    def _selection_in(self, shown: Viewport) -> ViewPicture | None:
        """Return the outlines for one frame: those there are, or new ones where these would be stretched and are light."""
        made = self._selection
        if made is None or _is_near(made, shown, STRETCH):
            return made
        work = self._outlining(shown)
        if work is not None and work.is_light:
            self._selection = work.perform(lambda: False)
        return self._selection

    # What comes back

    @undisturbed()
    def _take(self, work: Any, result: Any) -> None:
        if isinstance(work, TileWork):
            self._take_tile(work, result.pictures, result)
        elif isinstance(work, BlockWork):
            for tile, image in zip(work.tiles, result.pictures, strict=True):
                self._take_tile(tile, image, result)
        elif isinstance(work, LabelWork):
            if work is self._label_work:
                self._labels, self._labels_due, self._label_work = result, False, None
                self.labelled.emit()
        elif work is self._selection_work:
            self._selection, self._selection_work = result, None
        self.updated.emit()

    def _take_tile(self, work: TileWork, image: QImage, painted: Painted[Any]) -> None:
        deck = work.deck
        if deck not in self.cache.decks:
            return
        current = work.content == deck.sheet.content
        if current or work.place not in deck.tiles:
            self.cache.put(deck, work.place, Tile(image, work.content, work.dirty, kept=painted.kept))
        self.tile_drawn.emit(work)
        if work.dirty is not None or not current:
            self._plan_timer.start(PLAN_DELAY_MS)
        self._say_drawing()
        for sentence in painted.problems:
            if sentence not in self._problems:
                self._problems.add(sentence)
                self.problem.emit(sentence)

    def _raise(self, _work: object, error: BaseException) -> None:
        raise error

    def _say_drawing(self) -> None:
        now = not self.is_sharp
        if now != self._is_drawing:
            self._is_drawing = now
            self.drawing.emit(now)

    # What is shown

    def paint(self, painter: QPainter, shown: Viewport, *, moving: bool = False, under: Under | None = None) -> None:
        """Paint the map as well as it is known; ``moving`` prefers speed to smoothness for what stands in.

        ``under`` paints what lies between the paper and the layers, in device pixels.
        """
        ratio = self._drawn.ratio
        painter.fillRect(QRectF(0, 0, shown.width, shown.height), QColor(PAPER[self._drawn.theme]))
        self.cache.begin_frame()
        for place in self._overview():
            for deck in self.cache.decks:
                if (tile := deck.tiles.get(place)) is not None:
                    self.cache.touch(tile)
        painter.save()
        painter.scale(1.0 / ratio, 1.0 / ratio)
        device = painter.deviceTransform()  # at 150 % a widget may begin between two pixels; tiles would leave gaps
        painter.translate(round(device.dx()) - device.dx(), round(device.dy()) - device.dy())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not moving)
        frame = Frame.of(shown, ratio)
        decks = [deck for deck in self.cache.decks if not deck.sheet.is_hidden]
        if any(deck.sheet.blend != "normal" for deck in decks):
            painter.drawImage(0, 0, self._blended(frame, decks, painter.renderHints(), under))
        else:
            if under is not None:
                under(painter, frame)
            for deck in decks:
                paint_deck(painter, frame, deck, self.cache.touch)
        painter.restore()
        for picture in (self._labels, self._selection_in(shown)):
            if picture is not None and not picture.is_blank and _is_near(picture, shown, COARSE):
                _paint_picture(painter, picture, shown, ratio)

    def _blended(self, frame: Frame, decks: list[Deck], hints: QPainter.RenderHint, under: Under | None) -> QImage:
        """Return base maps and layers without the paper, which takes no part in blending."""
        image = QImage(max(frame.width, 1), max(frame.height, 1), QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        painter.setRenderHints(hints)
        if under is not None:
            under(painter, frame)
        for deck in decks:
            painter.setCompositionMode(BLENDS[deck.sheet.blend])
            paint_deck(painter, frame, deck, self.cache.touch)
        painter.end()
        return image


def _is_near(picture: ViewPicture, shown: Viewport, limit: float) -> bool:
    """Tell whether a picture is shown at most so many times larger or smaller than it was made."""
    return 1.0 / limit <= picture.viewport.units_per_px / shown.units_per_px <= limit


def _paint_picture(painter: QPainter, picture: ViewPicture, shown: Viewport, ratio: float) -> None:
    made = picture.viewport
    factor = made.units_per_px / shown.units_per_px
    width, height = made.width * factor, made.height * factor
    left = (made.x - shown.x) / shown.units_per_px + shown.width / 2 - width / 2
    top = -(made.y - shown.y) / shown.units_per_px + shown.height / 2 - height / 2
    if abs(factor - 1.0) < 1e-6:
        painter.drawImage(QPointF(round(left * ratio) / ratio, round(top * ratio) / ratio), picture.image)
    else:
        painter.drawImage(QRectF(left, top, width, height), picture.image)


def _once(parent: QObject, milliseconds: int, slot: Any) -> QTimer:
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(milliseconds)
    timer.timeout.connect(slot)
    return timer
