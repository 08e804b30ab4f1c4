"""The bytes of a file by their place, copied and never mapped: a file of somebody else may be cut while it is read.

A page that was mapped and is gone (the share vanished, another program made the file shorter) ends the whole program; a copy
that cannot be made is an :class:`OSError`, which a reader answers with a sentence. This file must not know of formats.
"""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

Raw = NDArray[np.uint8]

_AT_ONCE = 1 << 30  # bytes; Linux gives 2 GB at most, macOS refuses to give as much
_WINDOW = 1 << 20
_STEP = 1 << 14  # of a search: signs are mostly near
_pread = getattr(os, "pread", None)  # Windows has none


class FileCutError(OSError):
    """The bytes that are asked for are not there any more."""


class FileBytes:
    """A file that stays open; reading needs no lock of the caller and may be done in any thread."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb", buffering=0)
        self._lock = threading.Lock()
        self._size = os.fstat(self._file.fileno()).st_size

    def __len__(self) -> int:
        """How many bytes there were when it was opened."""
        return self._size

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def read(self, first: int, size: int) -> bytes:
        """Return so many bytes from a place on.

        Raises
        ------
        OSError
            When they are not there: the file is shorter than that, or has become so.
        """
        raw = self._some(first, size)
        if len(raw) == size:
            return raw
        pieces = [raw]  # there is more than is asked for at once, or a share gave what it had
        while (missing := size - sum(map(len, pieces))) and pieces[-1]:
            pieces.append(self._some(first + size - missing, missing))
        if missing:
            raise FileCutError(errno.EIO, "the file is shorter than it was")
        return b"".join(pieces)

    def array(self, first: int, size: int) -> Raw:
        """Return so many bytes from a place on as an array that cannot be written."""
        return np.frombuffer(self.read(first, size), np.uint8)

    def _some(self, first: int, size: int) -> bytes:
        size = min(size, _AT_ONCE)
        if _pread is not None:
            some: bytes = _pread(self._file.fileno(), size, first)
            return some
        with self._lock:
            self._file.seek(first)
            return self._file.read(size) or b""


class Walker:
    """Small pieces of a file, mostly one behind the other: a window of it is kept."""

    def __init__(self, source: FileBytes) -> None:
        self._source = source
        self._first, self._window = 0, b""

    def __len__(self) -> int:
        return len(self._source)

    def piece(self, first: int, size: int) -> bytes:
        """Return so many bytes from a place on.

        Raises
        ------
        OSError
            As :meth:`FileBytes.read`.
        """
        start = first - self._first
        if start < 0 or start + size > len(self._window):
            self._first = first
            self._window = self._source.read(first, min(max(_WINDOW, size), len(self._source) - first))
            start = 0
        if start + size > len(self._window):
            raise FileCutError(errno.EIO, "the file is shorter than it was")
        return self._window[start : start + size]

    def find(self, sign: bytes, first: int, end: int | None = None) -> int:
        """Return where these bytes are next, before ``end``; -1 for nowhere."""
        end = len(self) if end is None else min(end, len(self))
        while first + len(sign) <= end:
            window = self.piece(first, min(_STEP, end - first))
            place = window.find(sign)
            if place >= 0:
                return first + place
            first += max(1, len(window) - len(sign) + 1)
        return -1
