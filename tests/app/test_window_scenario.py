"""The real program on a screen of its own, worked with mouse and keyboard from outside; what counts is what is on disk."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import shapely
from PySide6.QtGui import QImage

from cgplanner.io.workspace.workspace_file import read_workspace
from cgplanner.model.layer import Layer
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import table_from_records
from cgplanner.model.workspace import View, Workspace
from cgplanner.session.session import Session
from cgplanner.symbology.style import Fill, Single, Style, Symbol

TOOLS = ("Xvfb", "xdotool", "import")
missing = [tool for tool in TOOLS if shutil.which(tool) is None]
pytestmark = [
    pytest.mark.display,
    pytest.mark.slow,
    pytest.mark.skipif(bool(missing), reason=f"needs {', '.join(missing)}"),
]

SIDE = 20_000.0
CENTRE = (500_000.0, 4_190_000.0)
MAGENTA = (255, 0, 255)
MAP_LEFT, MAP_RIGHT = 300, 1260  # in a window of 1600 x 1000
FIRST_EDITOR = (1469, 186)  # of the inspector
PATIENCE_SECONDS = 60.0


@dataclass
class Hand:
    """Mouse, keyboard and eye on one display."""

    display: str
    folder: Path
    pictures: int = 0

    def do(self, *arguments: object) -> str:
        """Run xdotool."""
        environment = {**os.environ, "DISPLAY": self.display}
        command = ["xdotool", *(str(each) for each in arguments)]
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True, timeout=30).stdout

    def look(self, name: str = "") -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
        """Return the screen as (h, w, 3); a named look is kept as a picture."""
        path = self.folder / f"{name or 'screen'}.png"
        environment = {**os.environ, "DISPLAY": self.display}
        subprocess.run(["import", "-window", "root", str(path)], env=environment, check=True, timeout=30)
        image = QImage(str(path)).convertToFormat(QImage.Format.Format_RGBA8888)
        flat = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
        return flat[:, : image.width(), :3].copy()

    def square(self) -> tuple[int, int, int, int] | None:
        """Return left, top, right, bottom of the magenta square on the screen."""
        near = np.abs(self.look().astype(int) - MAGENTA).max(axis=2) < 4
        near[:, :MAP_LEFT] = near[:, MAP_RIGHT:] = False  # legend and inspector show the colour too
        ink = near.nonzero()
        if len(ink[0]) < 400:
            return None
        return int(ink[1].min()), int(ink[0].min()), int(ink[1].max()) + 1, int(ink[0].max()) + 1

    def drag(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        """Press, move in steps, let go."""
        self.do("mousemove", *start, "mousedown", 1)
        for share in (0.2, 0.5, 0.8, 1.0):
            self.do("mousemove", *(round(a + (b - a) * share) for a, b in zip(start, end, strict=True)))
            time.sleep(0.05)
        self.do("mouseup", 1)


def until(ready: Callable[[], object], what: str) -> None:
    """Wait for something that another process does."""
    limit = time.monotonic() + PATIENCE_SECONDS
    while not ready():
        assert time.monotonic() < limit, f"waited in vain for {what}"
        time.sleep(0.2)


@pytest.fixture
def hand(tmp_path: Path) -> Iterator[Hand]:
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1600x1000x24", "-nolisten", "tcp"],
        pass_fds=(writing,),
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    with os.fdopen(reading) as answer:
        number = answer.readline().strip()
    assert number, "Xvfb did not start"
    yield Hand(f":{number}", tmp_path)
    server.terminate()
    server.wait(timeout=20)


@pytest.fixture
def document(tmp_path: Path) -> Path:
    """The sample with one square of our own on top, in the middle of the remembered view."""
    session = Session.sample(journaled=False)
    sample = session.workspace
    session.close()
    schema = Schema((Field("name", "name", FieldType.TEXT, 40),), "polygon", title="name")
    x, y = CENTRE
    square = shapely.box(x - SIDE / 2, y - SIDE / 2, x + SIDE / 2, y + SIDE / 2)
    style = Style(Single(Symbol(polygon=(Fill("#FF00FF"),))))
    zone = Layer("zone", "zone", "zone", table_from_records(schema, [{"name": "before"}], [square]), "EPSG:4546", style)
    view = View(x, y, 600_000)
    workspace = replace(sample, layers=(*sample.layers, zone), display_crs="EPSG:4546", view=view)
    path = tmp_path / "plan.gpkg"
    made = Session(workspace, journaled=False)
    made.save_as(path)
    made.close()
    return path


@pytest.fixture
def program(hand: Hand, document: Path) -> Iterator[subprocess.Popen[bytes]]:
    environment = {**os.environ, "DISPLAY": hand.display, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
    environment.pop("QT_QPA_PLATFORM", None)
    running = subprocess.Popen([sys.executable, "-m", "cgplanner", str(document)], env=environment)
    yield running
    if running.poll() is None:
        running.kill()
    running.wait(timeout=20)


def saved(path: Path) -> tuple[str, list[tuple[float, float]]]:
    """Return name and corners of the square on disk."""
    workspace: Workspace = read_workspace(path).workspace
    table = workspace.layer("zone").table
    return table.column("name").value(0), list(table.geometry.value(0).exterior.coords)


def test_a_planner_renames_moves_a_corner_saves_and_takes_it_back(
    hand: Hand, document: Path, program: subprocess.Popen[bytes]
) -> None:
    until(lambda: hand.square() is not None, "the map")
    until(_stands_still(hand), "the map to stand still")
    found = hand.square()
    assert found is not None
    left, top, right, bottom = found
    hand.do("search", "--onlyvisible", "--name", "plan.gpkg", "windowfocus")
    untouched = saved(document)

    hand.do("key", "ctrl+2")  # select
    hand.do("mousemove", (left + right) // 2, (top + bottom) // 2, "click", 1)
    time.sleep(1.0)
    hand.look("selected")
    hand.do("mousemove", *FIRST_EDITOR, "click", "--repeat", 3, "--delay", 60, 1)
    hand.do("type", "--delay", 40, "after")
    hand.do("key", "Return")
    time.sleep(0.5)
    hand.do("key", "ctrl+4")  # vertices
    time.sleep(0.5)
    pixels = (-60, -40)
    hand.drag((right, top), (right + pixels[0], top - pixels[1]))
    time.sleep(1.0)
    hand.look("moved")
    hand.do("key", "ctrl+s")
    until(lambda: saved(document) != untouched, "the file to change")
    name, corners = saved(document)
    metres = SIDE / (right - left)
    x, y = CENTRE
    expected = (x + SIDE / 2 + pixels[0] * metres, y + SIDE / 2 + pixels[1] * metres)
    nearest = min(np.hypot(cx - expected[0], cy - expected[1]) for cx, cy in corners)
    assert nearest < 3 * metres
    assert name == "after"

    hand.do("key", "ctrl+z", "key", "ctrl+z")
    hand.do("key", "ctrl+s")
    until(lambda: saved(document) == untouched, "the corner to come back")
    hand.look("undone")

    hand.do("key", "ctrl+w")
    until(lambda: program.poll() is not None, "the program to end")
    assert program.returncode == 0


def _stands_still(hand: Hand) -> Callable[[], bool]:
    """Return a question that is true once the screen has not changed for a second."""
    last: list[np.ndarray[tuple[int, ...], np.dtype[np.uint8]]] = []

    def same() -> bool:
        now = hand.look()
        still = bool(last) and bool((last[-1] == now).all())
        last.append(now)
        time.sleep(1.0)
        return still

    return same
