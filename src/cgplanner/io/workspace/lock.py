"""One window a workspace: a lock beside the file that names its holder and dies with its process.

This file must not know what is in the workspace.
"""

from __future__ import annotations

import datetime as dt
import getpass
import os
import platform
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cgplanner.errors import UserError
from cgplanner.io.files.file_lock import FileLock, holder_of
from cgplanner.io.files.safe_write import disk_trouble_told
from cgplanner.text import tr


class WorkspaceLock:
    """The right to save into a workspace file. Not for several threads.

    Parameters
    ----------
    path
        The workspace; it need not exist yet.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._lock = FileLock(self.path.with_name(f".{self.path.name}.lock"))

    @property
    def is_held(self) -> bool:
        """True between :meth:`acquire` and :meth:`release`."""
        return self._lock.is_held

    def acquire(self) -> None:
        """Take the lock; taking it twice is taking it once.

        Raises
        ------
        UserError
            When another window holds it (the sentence says who), or the folder cannot be written.
        """
        with disk_trouble_told(self.path):
            taken = self._lock.acquire(_this_process())
        if taken:
            return
        holder = holder_of(self._lock.path)
        raise UserError(
            tr(
                "{name} is open in another window: {user} on {host} since {since}.",
                name=self.path.name,
                user=holder.get("user", "?"),
                host=holder.get("host", "?"),
                since=holder.get("since", "?"),
            ),
            hint=tr("Close it there, or open a copy of the file."),
            path=self.path,
        )

    def release(self) -> None:
        """Let the lock go."""
        self._lock.release()

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.release()


def _this_process() -> dict[str, Any]:
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # no entry for this user number, as in a container
        user = "?"
    since = dt.datetime.now().astimezone().strftime("%Y-%m-%d %H:%M")
    return {"pid": os.getpid(), "host": platform.node(), "user": user, "since": since}
