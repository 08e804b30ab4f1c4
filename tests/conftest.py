"""What every test stands on: a screen that needs no screen, folders of its own, and nothing left running behind it."""

from __future__ import annotations

import gc
import io
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
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
OF_THE_PROGRAM = "kernel_"  # threads of the compiled painters: made by whichever test first needs them, kept to the end


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
    if with_qt:
        gc.freeze()  # then the collector lists what the test makes, and not a million older objects
    yield
    deadline = time.monotonic() + GRACE_SECONDS
    try:
        while left := _left_running(threads_before, with_qt=with_qt):
            if time.monotonic() > deadline:
                pytest.fail("still running after the test: " + ", ".join(left))
            time.sleep(0.02)
    finally:
        if with_qt:
            gc.unfreeze()


def _left_running(threads_before: set[threading.Thread], *, with_qt: bool) -> list[str]:
    new = [thread for thread in threading.enumerate() if thread not in threads_before]
    left = [f"thread {thread.name}" for thread in new if not thread.name.startswith(OF_THE_PROGRAM)]
    if with_qt:
        left += [repr(thing) for thing in _running_qt()]
        left += ["a job in the global QThreadPool"] * bool(QThreadPool.globalInstance().activeThreadCount())
    return left


def _running_qt() -> list[object]:
    """Return the new QTimers that tick and QThreads that run, once the widgets that are to be deleted are."""
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


class TileServer:
    """A map service on this machine: tiles of one colour each, and whatever else a service may do.

    ``answer`` may be set to a function (path, handler) -> bool that answers itself and says whether it did.
    """

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.agents: set[str] = set()
        self.at_once = self.most_at_once = 0
        self.answer: Callable[[str, BaseHTTPRequestHandler], bool] = lambda _path, _handler: False
        self._lock = threading.Lock()
        self._going = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer._do_get(self)

            def log_message(self, *_words: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def template(self) -> str:
        """The address of its tiles."""
        return f"{self.address}/{{z}}/{{x}}/{{y}}.png"

    def _do_get(self, handler: BaseHTTPRequestHandler) -> None:
        with self._lock:
            self.asked.append(handler.path)
            self.agents.add(handler.headers.get("User-Agent", ""))
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            if not self.answer(handler.path, handler):
                self.send(handler, 200, tile_bytes(handler.path), "image/png")
        except (BrokenPipeError, ConnectionResetError):
            pass  # who asked has gone
        finally:
            with self._lock:
                self.at_once -= 1

    @staticmethod
    def send(handler: BaseHTTPRequestHandler, code: int, body: bytes = b"", kind: str = "text/html", **headers: str) -> bool:
        """Answer with these."""
        handler.send_response(code)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)
        return True

    def wait(self, seconds: float) -> None:
        """Be slow, but not longer than the test lasts."""
        self._going.wait(seconds)

    def close(self) -> None:
        """End it and its threads."""
        self._going.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def tile_colour(path: str) -> tuple[int, int, int]:
    """Return the colour of a tile: another one for each."""
    numbers = [int(each) for each in re.findall(r"\d+", path)][-3:]
    return tuple((57 * number + 40) % 200 + 20 for number in numbers)  # type: ignore[return-value]  # three numbers


def tile_bytes(path: str, side: int = 256) -> bytes:
    """Return a tile as a service would send it."""
    from PIL import Image  # noqa: PLC0415  most tests need no pictures

    out = io.BytesIO()
    Image.new("RGB", (side, side), tile_colour(path)).save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def tile_server() -> Iterator[TileServer]:
    """A map service on this machine, for this test only."""
    server = TileServer()
    yield server
    server.close()


@pytest.fixture(name="tile_colour")
def _tile_colour() -> Callable[[str], tuple[int, int, int]]:
    """The colour that the service gives to a tile, by its address."""
    return tile_colour
