"""Tiles kept on the disk between two days, in one folder with a limit: what was not used longest goes first.

A file a tile, named by source, level, column and row; nobody loses anything when the folder is deleted. Several threads and
several windows may use one folder. This file must not know services or pictures.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
import time
from pathlib import Path

from cgplanner.geometry.tile_grid import PieceKey

LIMIT_BYTES = 500_000_000
FRESH_SECONDS = 30 * 86_400.0
EMPTY_SECONDS = 86_400.0  # a tile that was not there may be there tomorrow
_SHARE_LEFT = 0.8  # of the limit after tidying
_TOUCH_SECONDS = 3600.0


class TileStore:
    """One folder of tiles.

    Parameters
    ----------
    folder
        Made when the first tile is kept.
    limit
        Bytes all tiles may take together.
    """

    def __init__(self, folder: Path, limit: int = LIMIT_BYTES) -> None:
        self.folder, self.limit = folder, limit
        self._size: int | None = None
        self._lock = threading.Lock()

    def path(self, source: str, key: PieceKey) -> Path:
        """Return the file of a tile; ``source`` is the template of its address, without a key."""
        name = hashlib.sha256(source.encode()).hexdigest()[:16]
        return self.folder / name / str(key.level) / f"{key.column}_{key.row}"

    def get(self, source: str, key: PieceKey, *, stale: bool = False) -> bytes | None:
        """Return what is kept: b'' for a tile the service does not have, None for nothing (or nothing fresh enough).

        ``stale`` takes old ones too, for a day without a network.
        """
        path = self.path(source, key)
        try:
            found = path.stat()
            data = path.read_bytes()
        except OSError:
            return None
        age = time.time() - found.st_mtime
        if not stale and age > (FRESH_SECONDS if data else EMPTY_SECONDS):
            return None
        if time.time() - found.st_atime > _TOUCH_SECONDS:
            with contextlib.suppress(OSError):
                os.utime(path, (time.time(), found.st_mtime))  # many disks are mounted without times of access
        return data

    def put(self, source: str, key: PieceKey, data: bytes) -> None:
        """Keep a tile, b'' for one that is not there; a disk that refuses is no trouble."""
        path = self.path(source, key)
        beside = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            beside.write_bytes(data)
            beside.replace(path)
        except OSError:
            with contextlib.suppress(OSError):
                beside.unlink(missing_ok=True)
            return
        with self._lock:
            self._size = self._measured() if self._size is None else self._size + len(data)
            if self._size > self.limit:
                self._tidy()

    @property
    def size(self) -> int:
        """Bytes all tiles take."""
        with self._lock:
            self._size = self._measured()
            return self._size

    def clear(self) -> None:
        """Throw everything away."""
        with self._lock:
            for path in self._files():
                with contextlib.suppress(OSError):
                    path.unlink()
            self._size = 0

    def _files(self) -> list[Path]:
        return [path for path in self.folder.glob("*/*/*") if path.is_file()]

    def _measured(self) -> int:
        total = 0
        for path in self._files():
            with contextlib.suppress(OSError):
                total += path.stat().st_size
        return total

    def _tidy(self) -> None:
        aged: list[tuple[float, int, Path]] = []
        for path in self._files():
            with contextlib.suppress(OSError):
                found = path.stat()
                aged.append((max(found.st_atime, found.st_mtime), found.st_size, path))
        total = sum(size for _, size, _ in aged)
        for _, size, path in sorted(aged):
            if total <= self.limit * _SHARE_LEFT:
                break
            with contextlib.suppress(OSError):
                path.unlink()
                total -= size
        self._size = total
