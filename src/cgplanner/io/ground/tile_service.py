"""Tiles over the network: polite, patient for a moment, and honest about what a service answered.

Called in worker threads, a few at a time. A key is put into the address at the last moment and into nothing else: no sentence,
no file, no log holds it. After a refusal the service is left alone for a while. This file must not know maps or windows.
"""

from __future__ import annotations

import http.client
import threading
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cgplanner import __version__
from cgplanner.errors import Cancelled
from cgplanner.geometry.tile_grid import PieceKey, TileGrid, geographic_grid, mercator_grid
from cgplanner.io.ground.pyramid import IsCancelled
from cgplanner.io.ground.tile_address import address_of
from cgplanner.io.ground.tile_pictures import BasemapTrouble, is_picture, picture_of, words_of
from cgplanner.io.ground.tile_store import TileStore
from cgplanner.model.basemap import Basemap
from cgplanner.text import sentence

if TYPE_CHECKING:
    from PIL.Image import Image

TIMEOUT_SECONDS = 10.0
TRIES, BACK_OFF_SECONDS = 3, (0.4, 1.2)
_LARGEST = 8_000_000
_AGENT = f"cgplanner/{__version__}"
_NO_SUCH_TILE = (204, 404, 410)
_REFUSED = (401, 402, 403, 418)  # 418 is what 天地图 says to a key that is wrong or used up
_BUSY = (429, 503)


class ServicePyramid:
    """The tiles of one service.

    Parameters
    ----------
    key
        This person's key; '' when there is none.
    store
        Where tiles are kept on the disk; None keeps none.
    """

    is_online = True

    def __init__(self, basemap: Basemap, key: str, store: TileStore | None, *, timeout: float = TIMEOUT_SECONDS) -> None:
        self._basemap, self._key, self._store, self._timeout = basemap, key, store, timeout
        make = mercator_grid if basemap.grid == "mercator" else geographic_grid
        self.grid: TileGrid = make(basemap.tile_size, basemap.min_zoom, basemap.max_zoom, basemap.offset)
        self._host = urlsplit(basemap.source.replace("{s}", "s")).hostname or ""
        self._trouble: BasemapTrouble | None = None
        self._silent_until = 0.0
        self._failures = 0
        self._lock = threading.Lock()

    def kept(self, key: PieceKey) -> Image | bool:
        """Return the tile from the disk; True when the service is known not to have it, False when it is not at hand."""
        data = self._store.get(self._basemap.source, key) if self._store is not None else None
        if data is None:
            return False
        return self._decoded(data) if data else True

    def piece(self, key: PieceKey, cancelled: IsCancelled) -> Image | None:
        """Return the tile from the disk or the network; see :class:`Pyramid`."""
        if cancelled():
            raise Cancelled
        self._check_silence()
        if "{key}" in self._basemap.source and not self._key:
            raise self._stopped(
                BasemapTrouble(
                    sentence("{name} needs a key of your own: enter it in the panel of base maps.", name=self._name), 1e9
                )
            )
        data = self._asked(key, cancelled)
        found = self._picture(data) if data else None
        if self._store is not None:
            self._store.put(self._basemap.source, key, data)
        self._failures = 0
        return found

    def close(self) -> None:
        """Nothing is held between two tiles."""

    @property
    def _name(self) -> str:
        return self._basemap.title or self._host

    def _decoded(self, data: bytes) -> Image | bool:
        try:
            return picture_of(data)
        except ValueError:
            return False

    def _picture(self, data: bytes) -> Image:
        try:
            return picture_of(data)
        except ValueError:
            raise self._stopped(
                BasemapTrouble(sentence("{name} sent a damaged picture; some tiles are missing.", name=self._name), 0.0)
            ) from None

    def _check_silence(self) -> None:
        with self._lock:
            if self._trouble is not None and time.monotonic() < self._silent_until:
                raise self._trouble

    def _stopped(self, trouble: BasemapTrouble) -> BasemapTrouble:
        """Leave the service alone for a while, longer each time."""
        with self._lock:
            self._failures += 1
            wait = min(trouble.wait_seconds * 2 ** min(self._failures - 1, 4), max(trouble.wait_seconds, 300.0))
            self._trouble, self._silent_until = trouble, time.monotonic() + wait
        return trouble

    def _asked(self, key: PieceKey, cancelled: IsCancelled) -> bytes:
        """Return the bytes of a tile, b'' where there is none; tries again where that may help."""
        request = urllib.request.Request(  # noqa: S310  the template has been checked to be http or https
            address_of(self._basemap, key, self._key), headers={"User-Agent": _AGENT, "Accept": "image/*"}
        )
        for attempt in range(TRIES):
            try:
                return self._answer(request, cancelled)
            except urllib.error.HTTPError as error:
                with error:
                    if error.code in _NO_SUCH_TILE:
                        return b""
                    trouble = self._told(error)
                if trouble is not None:
                    raise self._stopped(trouble) from None
            except (OSError, http.client.HTTPException, ValueError):
                pass  # a timeout, no network, no such host, a connection that broke: perhaps only now
            if attempt < TRIES - 1:
                _wait(BACK_OFF_SECONDS[attempt], cancelled)
        raise self._stopped(
            BasemapTrouble(
                sentence("{name} does not answer: check the network; the map goes on without it.", name=self._name), 10.0
            )
        )

    def _answer(self, request: urllib.request.Request, cancelled: IsCancelled) -> bytes:
        data = bytearray()
        with urllib.request.urlopen(request, timeout=self._timeout) as answer:  # noqa: S310  see _asked
            if answer.status in _NO_SUCH_TILE:
                return b""
            while block := answer.read(65_536):
                data += block
                if cancelled():
                    raise Cancelled
                if len(data) > _LARGEST:
                    break
            wanted = answer.headers.get("Content-Length")
        if wanted is not None and wanted.isdigit() and len(data) < int(wanted):
            raise http.client.IncompleteRead(bytes(data))
        if not is_picture(bytes(data)):
            raise self._stopped(self._no_picture(bytes(data)))
        return bytes(data)

    def _no_picture(self, data: bytes) -> BasemapTrouble:
        words = words_of(data).replace(self._key, "…") if self._key else words_of(data)
        if not words:
            return BasemapTrouble(sentence("{name} answers without a picture.", name=self._name), 30.0)
        return BasemapTrouble(
            sentence("{name} answers with words instead of a picture: {words}", name=self._name, words=words), 30.0
        )

    def _told(self, error: urllib.error.HTTPError) -> BasemapTrouble | None:
        """Return what an error of the service means; None where trying again may help."""
        if error.code in _REFUSED:
            words = sentence(
                "{name} refuses ({code}): check the key, or whether its daily limit is used up.",
                name=self._name,
                code=error.code,
            )
            return BasemapTrouble(words, 120.0)
        if error.code in _BUSY:
            asked = error.headers.get("Retry-After", "") if error.headers is not None else ""
            wait = min(float(asked), 600.0) if asked.isdigit() else 30.0
            return BasemapTrouble(
                sentence("{name} is too busy ({code}); it is asked again later.", name=self._name, code=error.code), wait
            )
        if error.code >= 500:
            return None
        return BasemapTrouble(
            sentence("{name} does not take the request ({code}): check the address.", name=self._name, code=error.code), 120.0
        )


def _wait(seconds: float, cancelled: IsCancelled) -> None:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        if cancelled():
            raise Cancelled
        time.sleep(min(left, 0.05))
