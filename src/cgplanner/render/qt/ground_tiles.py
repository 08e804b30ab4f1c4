"""Tiles of the ground under the map: what workers do for them. Opening a source, fetching a piece, bending pieces into a tile.

Bending is done without any Qt painter, so it runs beside the thread that paints. This file must not know widgets.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QImage

from cgplanner.errors import Cancelled, UserError
from cgplanner.geometry.tile_grid import PieceKey
from cgplanner.io.ground.basemap_source import opened
from cgplanner.io.ground.pyramid import Pyramid
from cgplanner.io.ground.tile_pictures import BasemapTrouble
from cgplanner.io.ground.tile_store import TileStore
from cgplanner.model.basemap import Basemap
from cgplanner.render.qt.tiles import TILE, Place, Sheet, Tile
from cgplanner.render.scene.ground.bending import ground_pixels, ground_plan

if TYPE_CHECKING:
    from PIL.Image import Image

PIECES_KEPT = 256  # in memory, of each base map: 64 MB of the usual ones
_PARENTS = 4  # levels up in which a stand-in for a missing piece is looked for


class PieceCache:
    """The latest pieces of one source; None for a piece that the source does not have. For several threads."""

    def __init__(self) -> None:
        self._pieces: OrderedDict[PieceKey, Image | None] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: PieceKey) -> tuple[bool, Image | None]:
        """Return whether it is known, and the piece."""
        with self._lock:
            if key not in self._pieces:
                return False, None
            self._pieces.move_to_end(key)
            return True, self._pieces[key]

    @property
    def has_pictures(self) -> bool:
        """True when a piece of it is known."""
        with self._lock:
            return any(piece is not None for piece in self._pieces.values())

    def put(self, key: PieceKey, piece: Image | None) -> None:
        """Keep a piece."""
        with self._lock:
            self._pieces[key] = piece
            self._pieces.move_to_end(key)
            while len(self._pieces) > PIECES_KEPT:
                self._pieces.popitem(last=False)


@dataclass(eq=False)
class GroundTile(Tile):
    """A tile, and the pieces it still lacks."""

    lacks: frozenset[PieceKey] = frozenset()


@dataclass(frozen=True, eq=False)
class OpenWork:
    """Open a source; the result is the pyramid, or the refusal."""

    basemap: Basemap
    keys: Mapping[str, str] = field(repr=False)
    store: TileStore
    beside: Path | None
    frees_python: bool = True

    @property
    def key(self) -> Hashable:
        """The base map it opens."""
        return "open", self.basemap.id, self.basemap.source, self.basemap.crs

    def perform(self, _cancelled: Callable[[], bool]) -> Pyramid | UserError:
        """Open it."""
        try:
            return opened(self.basemap, self.keys, self.store, self.beside)
        except UserError as error:
            return error


@dataclass(frozen=True, eq=False)
class PieceWork:
    """Fetch one piece over the network; the result is the trouble, None when it came."""

    pyramid: Pyramid
    cache: PieceCache
    piece: PieceKey
    frees_python: bool = True

    @property
    def key(self) -> Hashable:
        """The piece it fetches."""
        return "piece", id(self.pyramid), self.piece

    def perform(self, cancelled: Callable[[], bool]) -> BasemapTrouble | None:
        """Fetch it."""
        try:
            self.cache.put(self.piece, self.pyramid.piece(self.piece, cancelled))
        except BasemapTrouble as trouble:
            return trouble
        return None


@dataclass(frozen=True, eq=False)
class GroundWork:
    """Bend the pieces that are there into one tile of the map; the result is the tile and a trouble, None for none."""

    pyramid: Pyramid
    cache: PieceCache
    sheet: Sheet
    place: Place
    frees_python: bool = True

    @property
    def key(self) -> Hashable:
        """The tile it makes."""
        return "ground", id(self.pyramid), self.place, self.sheet.crs

    def perform(self, cancelled: Callable[[], bool]) -> tuple[GroundTile, BasemapTrouble | None]:
        """Make it."""
        plan = ground_plan(self.sheet.viewport(self.place), TILE, TILE, self.pyramid.grid)
        content = self.sheet.content
        if plan is None:
            return GroundTile(_clear(), content), None
        pieces: dict[PieceKey, Image] = {}
        lacks: set[PieceKey] = set()
        trouble: BasemapTrouble | None = None
        for key in plan.keys:
            if cancelled():
                raise Cancelled
            try:
                known, piece = self._at_hand(key)
            except BasemapTrouble as told:
                known, piece, trouble = True, None, told
            if piece is not None:
                pieces[key] = piece
            elif not known:
                lacks.add(key)
        pieces |= self._stand_ins(lacks)
        if cancelled():
            raise Cancelled
        raw = ground_pixels(plan, self.pyramid.grid, pieces)
        image = QImage(raw, TILE, TILE, TILE * 4, QImage.Format.Format_RGBA8888_Premultiplied)
        ready = image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
        return GroundTile(ready, content, lacks=frozenset(lacks)), trouble

    def _at_hand(self, key: PieceKey) -> tuple[bool, Image | None]:
        known, piece = self.cache.get(key)
        if known:
            return True, piece
        kept = self.pyramid.kept(key)
        if kept is False:
            return False, None
        found = None if isinstance(kept, bool) else kept
        self.cache.put(key, found)
        return True, found

    def _stand_ins(self, lacks: set[PieceKey]) -> dict[PieceKey, Image]:
        """Return coarser pieces in memory over those that are missing."""
        numbers = [level.number for level in self.pyramid.grid.levels]
        found: dict[PieceKey, Image] = {}
        for key in lacks:
            place = numbers.index(key.level)
            for steps in range(1, min(_PARENTS, place) + 1):
                parent = PieceKey(numbers[place - steps], key.column >> steps, key.row >> steps)
                piece = self.cache.get(parent)[1]
                if piece is not None:
                    found[parent] = piece
                    break
        return found


def _clear() -> QImage:
    image = QImage(TILE, TILE, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    return image
