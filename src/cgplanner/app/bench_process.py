"""What measurements of the window share: waiting as the program waits, and what the system tells about the process."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEventLoop, Qt, QTimer

LONGEST_WAIT_SECONDS = 300.0
LOOK_MS = 10
_loaded = time.perf_counter()


def until(ready: Callable[[], bool], look_ms: int = LOOK_MS) -> None:
    """Let the window live in an event loop like its own until something is so, which is looked at every so many ms."""
    if ready():
        return
    loop, timer = QEventLoop(), QTimer()
    limit = time.perf_counter() + LONGEST_WAIT_SECONDS
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(lambda: loop.quit() if ready() or time.perf_counter() > limit else None)
    timer.start(look_ms)
    loop.exec()
    timer.stop()


def age_ms() -> float:
    """Return how long this process has been running; where the system does not tell, since this file was loaded."""
    try:
        ticks = int(Path("/proc/self/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[19])
        uptime = float(Path("/proc/uptime").read_text(encoding="ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return (time.perf_counter() - _loaded) * 1000
    return (uptime - ticks / os.sysconf("SC_CLK_TCK")) * 1000


def peak_mb() -> int:
    """Return the most memory that was resident so far in MB; 0 where the system does not tell."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return round(int(status.split("VmHWM:")[1].split()[0]) * 1024 / 1e6)
    except (OSError, ValueError, IndexError):
        return 0


def rss_mb() -> int:
    """Return the resident memory of now in MB; 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6)
