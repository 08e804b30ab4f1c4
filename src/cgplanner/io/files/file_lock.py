"""A lock on a file that dies with the process that holds it.

The operating system keeps the lock, so a crashed program leaves none; what the file says about its holder is for people.
This file must not know what is locked or why.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

if sys.platform == "win32":  # pragma: no cover  # another system's half
    import msvcrt

    _LOCKED_BYTE = 1 << 30  # far behind the end, where nobody reads: a lock here also forbids reading

    def _take(descriptor: int) -> bool:
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _take(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True


@dataclass
class FileLock:
    """A lock that is held until :meth:`release` or the end of the process. Not for several threads."""

    path: Path
    _descriptor: int | None = None

    @property
    def is_held(self) -> bool:
        """True between a successful :meth:`acquire` and :meth:`release`."""
        return self._descriptor is not None

    def acquire(self, holder: dict[str, Any] | None = None) -> bool:
        """Take the lock and write down who holds it; False when another process (or another lock of this one) has it.

        Raises
        ------
        OSError
            When the lock file cannot be made.
        """
        if self.is_held:
            return True
        while True:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o644)
            if not _take(descriptor):
                os.close(descriptor)
                return False
            if self._is_still_there(descriptor):
                break
            os.close(descriptor)  # the last holder deleted it between our opening and our locking
        self._descriptor = descriptor
        if holder is not None:
            os.lseek(descriptor, 0, os.SEEK_SET)
            os.ftruncate(descriptor, 0)
            os.write(descriptor, json.dumps(holder, ensure_ascii=False).encode())
        return True

    def _is_still_there(self, descriptor: int) -> bool:
        try:
            return os.path.samestat(os.fstat(descriptor), self.path.stat())
        except FileNotFoundError:
            return False

    def release(self, *, delete: bool = True) -> None:
        """Let the lock go; the file goes too, unless it is to stay."""
        if self._descriptor is None:
            return
        descriptor, self._descriptor = self._descriptor, None
        if delete and sys.platform != "win32":
            self.path.unlink(missing_ok=True)  # before the lock goes, so that nobody locks a file about to vanish
        os.close(descriptor)
        if delete and sys.platform == "win32":
            with contextlib.suppress(OSError):  # another has opened it meanwhile: it is theirs now
                self.path.unlink(missing_ok=True)


def holder_of(path: Path) -> dict[str, Any]:
    """Return what the holder wrote down; {} when that cannot be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
