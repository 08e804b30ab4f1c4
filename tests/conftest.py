"""What every test stands on: a screen that needs no screen, folders of its own, and nothing left running behind it."""

from __future__ import annotations

import gc
import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import shiboken6
from hypothesis import HealthCheck, settings
from PySide6.QtCore import QCoreApplication, QEvent, QThread, QThreadPool, QTimer

if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

# Left over from an installed GIS, these lead the wheels of pyproj, fiona and pyogrio to data of another version.
for _name in ("PROJ_LIB", "PROJ_DATA", "GDAL_DATA", "GDAL_DRIVER_PATH"):
    os.environ.pop(_name, None)

# Cold imports and shared machines make the time of one example mean nothing; a red run must be red again.
settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("search", parent=settings.get_profile("ci"), derandomize=False, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

GRACE_SECONDS = 5.0


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give settings, journals and caches a folder of this test's own, in child processes too."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("CGPLANNER_HOME", str(folder))
    return folder


@pytest.fixture(autouse=True)
def _nothing_dangles(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves a thread, a Qt job or a ticking timer behind: it would disturb another test, elsewhere."""
    with_qt = "qapp" in request.fixturenames
    threads_before = set(threading.enumerate())
    qt_before = {id(thing) for thing in _running_qt()} if with_qt else set()
    yield
    deadline = time.monotonic() + GRACE_SECONDS
    while left := _left_running(threads_before, qt_before, with_qt=with_qt):
        if time.monotonic() > deadline:
            pytest.fail("still running after the test: " + ", ".join(left))
        time.sleep(0.02)


def _left_running(threads_before: set[threading.Thread], qt_before: set[int], *, with_qt: bool) -> list[str]:
    left = [f"thread {thread.name}" for thread in threading.enumerate() if thread not in threads_before]
    if with_qt:
        left += [repr(thing) for thing in _running_qt() if id(thing) not in qt_before]
        left += ["a job in the global QThreadPool"] * bool(QThreadPool.globalInstance().activeThreadCount())
    return left


def _running_qt() -> list[object]:
    """Return the QTimers that tick and the QThreads that run, once the widgets that are to be deleted are."""
    if application := QCoreApplication.instance():
        application.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        application.processEvents()
    # The type is asked, not isinstance: that would wake every lazy proxy that happens to be alive.
    found = [thing for thing in gc.get_objects() if issubclass(type(thing), QTimer | QThread)]
    return [
        thing
        for thing in found
        if shiboken6.isValid(thing) and (thing.isActive() if isinstance(thing, QTimer) else thing.isRunning())
    ]
