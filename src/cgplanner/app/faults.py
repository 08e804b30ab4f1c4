"""Word of what should not have happened: a file that a crash is written to, a sentence for a fault that the window survives.

Only the real program keeps watch (see :func:`keep_watch`); tests let faults through to whoever runs them.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import faulthandler
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO

from cgplanner import __version__
from cgplanner.app.settings import config_folder
from cgplanner.text import tr

FILE_NAME = "faults.log"
MOST_BYTES = 1_000_000  # of old faults; then the file begins anew
_Hook = Callable[[type[BaseException], BaseException, TracebackType | None], object]


def fault_file() -> Path:
    """Return the file that faults are written to."""
    return config_folder() / FILE_NAME


def keep_watch(tell: Callable[[str, str], object]) -> IO[str] | None:
    """From now on write faults down, and return the open file; where there can be none they go to the terminal as before.

    ``tell`` is called with what happened and what to do about it, in the language of the moment.
    """
    try:
        log = _opened(fault_file())
    except OSError:
        return None
    faulthandler.enable(log, all_threads=True)  # needs the file open: in a crash nothing can be opened any more
    watch = _Watch(log, sys.excepthook, tell)
    sys.excepthook, threading.excepthook = watch, watch.see_thread_end
    return log


def _opened(path: Path) -> IO[str]:
    path.parent.mkdir(parents=True, exist_ok=True)
    grown = path.exists() and path.stat().st_size > MOST_BYTES
    return path.open("w" if grown else "a", encoding="utf-8")


class _Watch:
    """Writes an exception that nobody caught down, and says so where a window may be opened: in the main thread."""

    def __init__(self, log: IO[str], before: _Hook, tell: Callable[[str, str], object]) -> None:
        self._log, self._before, self._tell = log, before, tell

    def __call__(self, kind: type[BaseException], error: BaseException, place: TracebackType | None) -> None:
        self._before(kind, error, place)
        if issubclass(kind, KeyboardInterrupt):
            return
        self._write(kind, error, place)
        if threading.current_thread() is threading.main_thread():
            self._tell(
                tr("A fault in the program stopped what was just being done."),
                tr("The map is still there: save it. What happened stands in {path}; send that file along.", path=fault_file()),
            )

    def see_thread_end(self, ended: threading.ExceptHookArgs) -> None:
        """Write down what ended a thread; a program without a terminal would leave no trace of it."""
        threading.__excepthook__(ended)
        if ended.exc_value is not None and not isinstance(ended.exc_value, SystemExit):
            self._write(ended.exc_type, ended.exc_value, ended.exc_traceback)

    def _write(self, kind: type[BaseException], error: BaseException, place: TracebackType | None) -> None:
        moment = dt.datetime.now().astimezone().isoformat(timespec="seconds")
        with contextlib.suppress(OSError, ValueError):
            self._log.write(f"{moment} cgplanner {__version__}\n{''.join(traceback.format_exception(kind, error, place))}\n")
            self._log.flush()
