"""MBTiles: a picture of the ground in one SQLite file, tiles counted from below."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from cgplanner.errors import UserError
from cgplanner.geometry.tile_grid import PieceKey, mercator_grid
from cgplanner.io.ground.pyramid import IsCancelled
from cgplanner.io.ground.tile_pictures import BasemapTrouble, picture_of
from cgplanner.model.basemap import MOST_ZOOM, OffsetName
from cgplanner.text import sentence, tr

if TYPE_CHECKING:
    from PIL.Image import Image


class MbtilesPyramid:
    """The tiles of one file.

    Raises
    ------
    UserError
        When the file is missing, no MBTiles, or holds vector tiles.
    """

    is_online = False

    def __init__(self, path: Path, offset: OffsetName = "") -> None:
        self._path, self._lock = path, threading.Lock()
        if not path.is_file():
            raise UserError(tr("{name} is not there.", name=path.name), hint=tr("Choose the file again."), path=path)
        try:
            self._connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False)
            self._connection.text_factory = lambda raw: raw.decode("utf-8", errors="replace")
            self.metadata = {
                str(name): str(value) for name, value in self._connection.execute("SELECT name, value FROM metadata")
            }
            low, high = self._zooms()
            side = self._side(high)
        except (sqlite3.Error, TypeError, ValueError):
            self._close_quietly()
            raise UserError(
                tr("{name} is no MBTiles file, or it is damaged.", name=path.name),
                hint=tr("Choose a file of raster tiles (.mbtiles)."),
                path=path,
            ) from None
        if self.metadata.get("format", "").lower() in {"pbf", "mvt"}:
            self._close_quietly()
            raise UserError(
                tr("{name} holds vector tiles, which are no picture.", name=path.name),
                hint=tr("Have it exported with PNG or JPEG tiles."),
                path=path,
            )
        self.grid = mercator_grid(side, low, high, offset)

    def _zooms(self) -> tuple[int, int]:
        low, high = self._connection.execute("SELECT min(zoom_level), max(zoom_level) FROM tiles").fetchone()
        if not 0 <= int(low) <= int(high) <= MOST_ZOOM:
            raise ValueError(low)
        return int(low), int(high)

    def _side(self, zoom: int) -> int:
        """Return how many pixels a tile is wide: 256, or 512 in files made for sharp screens."""
        query = "SELECT tile_data FROM tiles WHERE zoom_level = ? LIMIT 1"
        (data,) = self._connection.execute(query, (zoom,)).fetchone()
        if self.metadata.get("format", "").lower() in {"pbf", "mvt"}:
            return 256
        width = picture_of(bytes(data)).width
        return width if width in (256, 512, 1024) else 256

    def kept(self, key: PieceKey) -> Image | bool:
        """Return a tile; everything is at hand."""
        found = self.piece(key, lambda: False)
        return True if found is None else found

    def piece(self, key: PieceKey, cancelled: IsCancelled) -> Image | None:
        """Return a tile; see :class:`Pyramid`."""
        del cancelled
        query = "SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?"
        try:
            with self._lock:
                found = self._connection.execute(query, (key.level, key.column, (1 << key.level) - 1 - key.row)).fetchone()
            return picture_of(bytes(found[0])) if found and found[0] else None
        except (sqlite3.Error, TypeError, ValueError):
            words = sentence("Some tiles of {name} are damaged.", name=self._path.name)
            raise BasemapTrouble(words, 0.0) from None

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def _close_quietly(self) -> None:
        connection = getattr(self, "_connection", None)
        if connection is not None:
            connection.close()
