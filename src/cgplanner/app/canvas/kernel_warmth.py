"""Loads the compiled painters beside the window while a large file is read, so that its map does not wait for them."""

from __future__ import annotations

from pathlib import Path

from cgplanner.app.jobs import Job, Jobs
from cgplanner.errors import UserError
from cgplanner.geometry import kernels
from cgplanner.render.qt.map_pictures import ensure_warm
from cgplanner.text import tr

LARGE_BYTES = 30_000_000  # smaller files rarely hold what is crowded on the map


def warm_for(jobs: Jobs, path: Path) -> None:
    """Begin to load the painters if this file is large; returns at once."""
    try:
        large = path.is_file() and path.stat().st_size >= LARGE_BYTES
    except OSError:  # whoever opens it will say so
        return
    if large:
        warm(jobs)


def warm(jobs: Jobs) -> None:
    """Begin to load the painters if they are not loaded yet; returns at once."""
    if not kernels.is_warm():
        jobs.start(Job(tr("Getting ready to draw"), lambda _progress: ensure_warm(), done=_nothing, failed=_nothing))


def _nothing(_response: UserError | None) -> None:
    return
