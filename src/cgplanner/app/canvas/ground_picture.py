"""The ground under the map: base maps are opened, fetched and bent in workers of their own, and blitted below all layers.

The layers never wait for any of this. A service that refuses is left alone for a while and says one sentence; what it does not
send stays clear. Painting here only blits.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QPainter

from cgplanner.app.canvas.tile_painting import Frame, paint_deck
from cgplanner.errors import UserError
from cgplanner.io.ground.pyramid import Pyramid
from cgplanner.io.ground.tile_pictures import BasemapTrouble
from cgplanner.io.ground.tile_store import TileStore
from cgplanner.model.basemap import Basemap
from cgplanner.render.qt.ground_tiles import GroundTile, GroundWork, OpenWork, PieceCache, PieceWork
from cgplanner.render.qt.tiles import Deck, Place, Sheet, Tile, neat, places_over
from cgplanner.render.qt.workers import Work, Workers
from cgplanner.render.scene.viewport import Viewport
from cgplanner.session.folders import tile_folder
from cgplanner.session.service_keys import load_keys
from cgplanner.text import Sentence

THREADS = 3  # at once, over all services: no service minds that
PLAN_DELAY_MS, GATHER_MS = 40, 120
MOST_TILES = 72  # of a megabyte each, over all base maps
CLOSE_SECONDS = 1.0
_LATEST_RETRY = 300.0

_SAME = ("kind", "source", "grid", "offset", "crs", "key", "subdomains", "tile_size", "min_zoom", "max_zoom")


@dataclass(eq=False)
class Ground:
    """One base map being shown."""

    basemap: Basemap
    deck: Deck
    cache: PieceCache = field(default_factory=PieceCache)
    pyramid: Pyramid | None = None
    refusal: UserError | None = None
    trouble: BasemapTrouble | None = None
    silent_until: float = 0.0

    @property
    def sentence(self) -> Sentence | str:
        """What is wrong with it; '' when nothing is."""
        if self.refusal is not None:
            return str(self.refusal)
        return self.trouble.sentence if self.trouble is not None else ""

    def is_of(self, basemap: Basemap, sheet: Sheet) -> bool:
        """Tell whether its tiles are right for a base map as it is now."""
        same = all(getattr(self.basemap, name) == getattr(basemap, name) for name in _SAME)
        return same and (self.deck.sheet.crs, self.deck.sheet.ratio) == (sheet.crs, sheet.ratio)


class GroundPicture(QObject):
    """The base maps of one map.

    Signals
    -------
    updated
        More of the ground is there: repaint.
    state_changed
        A base map has come into trouble, or out of it.
    """

    updated = Signal()
    state_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.workers = Workers(self, THREADS)
        self.workers.finished.connect(self._take)
        self.workers.failed.connect(self._raise)
        self.grounds: list[Ground] = []
        self.store = TileStore(tile_folder())
        self._beside: Path | None = None
        self._crs, self._ratio = "", 1.0
        self._view: Viewport | None = None
        self._clock = itertools.count(1)
        self._plan_timer = self._once(PLAN_DELAY_MS)
        self._gather_timer = self._once(GATHER_MS)
        self._retry_timer = self._once(1000)

    def _once(self, milliseconds: int) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(milliseconds)
        timer.timeout.connect(self._plan)
        return timer

    # What is shown

    def show(self, basemaps: Iterable[Basemap], crs: str, ratio: float, beside: Path | None = None) -> None:
        """Show these from now on, the first at the bottom; what they have in common with those before is kept."""
        self._crs, self._ratio, self._beside = crs, ratio, beside
        sheet = Sheet((), crs, "light", ratio)
        before = {ground.basemap.id: ground for ground in self.grounds}
        now: list[Ground] = []
        for basemap in basemaps:
            ground = before.pop(basemap.id, None)
            if ground is not None and ground.is_of(basemap, sheet):
                ground.basemap = basemap
            else:
                self._drop(ground)
                ground = Ground(basemap, Deck(sheet))
            now.append(ground)
        for gone in before.values():
            self._drop(gone)
        self.grounds = now
        self._plan_timer.start()
        self.state_changed.emit()
        self.updated.emit()

    def retry(self, basemap_id: str = "") -> None:
        """Ask again now, with the keys as they are now: one base map, or all of them that are in trouble."""
        for place, ground in enumerate(self.grounds):
            if basemap_id == ground.basemap.id or (not basemap_id and ground.sentence):
                self._drop(ground)
                self.grounds[place] = Ground(ground.basemap, Deck(ground.deck.sheet))
        self._plan()
        self.state_changed.emit()

    def _drop(self, ground: Ground | None) -> None:
        if ground is not None and ground.pyramid is not None:
            ground.pyramid.close()

    def look(self, view: Viewport) -> None:
        """Aim at this view; what is not needed for it is not fetched any more."""
        if view != self._view:
            self._view = view
            if self.grounds and not self._plan_timer.isActive():
                self._plan_timer.start()

    @property
    def is_done(self) -> bool:
        """True when nothing of the view is still to come, or can be had."""
        return not self._plan_timer.isActive() and not self._gather_timer.isActive() and not self.workers.is_busy

    def attributions(self) -> list[str]:
        """Return whose pictures are seen, each once."""
        seen = (ground.basemap.attribution for ground in self._visible() if ground.cache.has_pictures)
        return list(dict.fromkeys(text for text in seen if text))

    def troubles(self) -> list[str]:
        """Return one sentence for each base map in trouble, each sentence once."""
        return list(dict.fromkeys(str(ground.sentence) for ground in self._visible() if ground.sentence))

    def trouble_of(self, basemap_id: str) -> str:
        """Return what is wrong with a base map, '' for nothing."""
        return next((str(each.sentence) for each in self.grounds if each.basemap.id == basemap_id), "")

    def close(self) -> None:
        """End all work; a thread that hangs on a network is not waited for long."""
        for timer in (self._plan_timer, self._gather_timer, self._retry_timer):
            timer.stop()
        self.workers.close(CLOSE_SECONDS)
        for ground in self.grounds:
            self._drop(ground)
        self.grounds = []

    def paint(self, painter: QPainter, frame: Frame) -> None:
        """Blit what there is, in device pixels."""
        for ground in self._visible():
            painter.setOpacity(ground.basemap.opacity)
            paint_deck(painter, frame, ground.deck, self._touch)
        painter.setOpacity(1.0)

    def _touch(self, tile: Tile) -> None:
        tile.used = next(self._clock)

    # What is asked for

    def _visible(self) -> Iterator[Ground]:
        return (ground for ground in self.grounds if ground.basemap.visible and ground.basemap.opacity > 0)

    def _plan(self) -> None:
        view = self._view
        if view is None or not view.width or not view.height or not self._crs:
            self.workers.want([])
            return
        opens: list[Work] = []
        grounds: list[Work] = []
        pieces: dict[object, Work] = {}
        places = list(places_over(view.extent, neat(view.units_per_px / self._ratio)))
        for ground in self._visible():
            if ground.pyramid is None:
                if ground.refusal is None:
                    opens.append(OpenWork(ground.basemap, load_keys(), self.store, self._beside))
                continue
            grounds += self._tiles_due(ground, ground.pyramid, places)
            if time.monotonic() >= ground.silent_until:
                for each in self._pieces_due(ground, ground.pyramid, places):
                    pieces[each.key] = each
        self.workers.want([*opens, *grounds, *pieces.values()])

    def _tiles_due(self, ground: Ground, pyramid: Pyramid, places: list[Place]) -> Iterator[GroundWork]:
        for place in places:
            tile = ground.deck.tiles.get(place)
            if not isinstance(tile, GroundTile) or any(ground.cache.get(key)[0] for key in tile.lacks):
                yield GroundWork(pyramid, ground.cache, ground.deck.sheet, place)

    def _pieces_due(self, ground: Ground, pyramid: Pyramid, places: list[Place]) -> Iterator[PieceWork]:
        for place in places:
            tile = ground.deck.tiles.get(place)
            if isinstance(tile, GroundTile):
                for key in sorted(tile.lacks):
                    if not ground.cache.get(key)[0]:
                        yield PieceWork(pyramid, ground.cache, key)

    # What comes back

    def _ground_of(self, work: Any) -> Ground | None:
        if isinstance(work, OpenWork):
            return next((each for each in self.grounds if each.basemap.id == work.basemap.id and each.pyramid is None), None)
        return next((each for each in self.grounds if each.pyramid is work.pyramid), None)

    def _take(self, work: Any, result: Any) -> None:
        ground = self._ground_of(work)
        if ground is None:
            if isinstance(work, OpenWork) and not isinstance(result, UserError):
                result.close()
            return
        if isinstance(work, OpenWork):
            self._take_opened(ground, result)
        elif isinstance(work, GroundWork):
            tile, trouble = result
            self._keep(ground, work.place, tile)
            if trouble is not None:
                self._tell(ground, trouble)
            if tile.lacks:
                self._plan_timer.start()
            self.updated.emit()
        else:
            self._take_piece(ground, work, result)

    def _take_opened(self, ground: Ground, result: Pyramid | UserError) -> None:
        if isinstance(result, UserError):
            ground.refusal = result
            self.state_changed.emit()
        else:
            ground.pyramid = result
        self._plan()

    def _take_piece(self, ground: Ground, work: PieceWork, trouble: BasemapTrouble | None) -> None:
        if trouble is None:
            if ground.trouble is not None:
                ground.trouble = None
                self.state_changed.emit()
        elif trouble.wait_seconds > 0:
            self._tell(ground, trouble)
            ground.silent_until = time.monotonic() + trouble.wait_seconds
            if trouble.wait_seconds <= _LATEST_RETRY:
                self._retry_timer.start(round(trouble.wait_seconds * 1000) + 50)
            self._plan()
        else:
            ground.cache.put(work.piece, None)  # this one is broken; asking again would bring the same
            self._tell(ground, trouble)
        if not self._gather_timer.isActive():
            self._gather_timer.start()

    def _tell(self, ground: Ground, trouble: BasemapTrouble) -> None:
        told = ground.sentence
        ground.trouble = trouble
        if str(told) != str(trouble.sentence):
            self.state_changed.emit()

    def _keep(self, ground: Ground, place: Place, tile: GroundTile) -> None:
        self._touch(tile)
        ground.deck.tiles[place] = tile
        kept = [(each.used, other.deck, at) for other in self.grounds for at, each in other.deck.tiles.items()]
        if len(kept) > MOST_TILES:
            for _, deck, at in sorted(kept, key=lambda entry: entry[0])[: len(kept) - MOST_TILES]:
                del deck.tiles[at]

    def _raise(self, _work: object, error: BaseException) -> None:
        raise error
