"""Opening a large file: a first picture over the map, progress, and cancelling leaves everything as it was."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import numpy as np
import pytest
import shapely
from pytestqt.qtbot import QtBot

from cgplanner.app.canvas import kernel_warmth
from cgplanner.app.canvas.opening_sketch import SketchPicture, first_view
from cgplanner.app.main_window import MainWindow
from cgplanner.geometry import kernels
from cgplanner.io.sqlite import feature_rows
from cgplanner.io.sqlite.glimpse import Foretold, Glimpse
from cgplanner.io.workspace.lock import WorkspaceLock
from cgplanner.io.workspace.workspace_file import create_workspace
from cgplanner.model.layer import Layer
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import table_from_records
from cgplanner.model.workspace import View, Workspace
from cgplanner.session.session import Session
from cgplanner.symbology.defaults import default_style

WAIT_MS = 60_000
ROWS = 90  # too few for the threads that draw crowds, which stay for good
SCHEMA = Schema((Field("DKBH", "DKBH", FieldType.INTEGER, 10),), "polygon")


@pytest.fixture
def large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace whose one layer counts as large."""
    monkeypatch.setattr(feature_rows, "BULK_ROWS", 50)
    path = tmp_path / "large.gpkg"
    x, y = np.arange(ROWS) % 10 * 100 + 500_000, np.arange(ROWS) // 10 * 100 + 4_100_000
    table = table_from_records(SCHEMA, [{"DKBH": each} for each in range(ROWS)], list(shapely.box(x, y, x + 80, y + 80)))
    layer = Layer("parcels", "地块", "Parcels", table, "EPSG:4547", default_style(SCHEMA))
    create_workspace(path, Workspace((layer,), "大", "Large", "EPSG:4547"))
    return path


def test_the_map_fills_before_the_layer_is_there_and_then_is_the_map(
    window: MainWindow, session: Session, large: Path, qtbot: QtBot
) -> None:
    sketch, held = window.documents.sketch, []
    assert sketch is not None
    sketch.shown.connect(lambda: held.append((sketch.is_shown, window.bridge.session is session)))
    window.documents.open(large)
    qtbot.waitUntil(lambda: window.bridge.session is not session, timeout=WAIT_MS)
    assert held
    assert set(held) == {(True, True)}  # over the map, while the old document was still the document
    qtbot.waitUntil(lambda: not sketch.is_shown and not window.jobs.busy, timeout=WAIT_MS)
    assert len(window.bridge.workspace.layer("parcels").table) == ROWS
    assert not window.bridge.session.is_dirty


def test_the_sketch_lies_where_the_map_will(window: MainWindow, large: Path, qtbot: QtBot) -> None:
    sketch = window.documents.sketch
    assert sketch is not None
    pictures: list[SketchPicture] = []
    sketch.shown.connect(lambda: pictures.append(cast("SketchPicture", sketch._cover.picture)))
    window.documents.open(large)
    qtbot.waitUntil(lambda: window.bridge.workspace.title == "Large", timeout=WAIT_MS)
    now, then = window.canvas.view.target, pictures[-1].viewport
    assert (then.x, then.y, then.units_per_px, then.crs) == pytest.approx((now.x, now.y, now.units_per_px, now.crs))
    words = np.frombuffer(pictures[-1].image.constBits(), np.uint32)
    assert np.count_nonzero(words) > 100
    qtbot.waitUntil(lambda: not sketch.is_shown and not window.jobs.busy, timeout=WAIT_MS)


def test_cancelling_leaves_document_and_map_as_they_were(
    window: MainWindow, session: Session, large: Path, qtbot: QtBot
) -> None:
    sketch, before, view = window.documents.sketch, session.workspace, window.canvas.view.target
    assert sketch is not None
    window.documents.open(large)
    assert window.strip.cancel.isVisible()
    window.strip.cancel.click()
    qtbot.waitUntil(lambda: not window.jobs.busy, timeout=WAIT_MS)
    assert window.bridge.session is session
    assert session.workspace is before
    assert window.canvas.view.target == view
    assert not sketch.is_shown
    assert not window.strip.cancel.isVisible()
    lock = WorkspaceLock(large)  # nobody holds the file any more
    lock.acquire()
    lock.release()


def test_a_sketch_that_comes_after_the_cancelling_is_not_shown(window: MainWindow, session: Session, large: Path) -> None:
    sketch = window.documents.sketch
    assert sketch is not None
    take = sketch.begin()
    sketch.drop()
    take(Glimpse(Foretold("EPSG:4547", None, ()), "EPSG:4547", np.array([[500_000.0, 4_100_000.0], [500_100.0, 4_100_100.0]])))
    assert not sketch.is_shown


def test_a_crs_that_says_nothing_gives_no_sketch_and_no_trouble(window: MainWindow) -> None:
    sketch = window.documents.sketch
    assert sketch is not None
    foretold = Foretold("", None, (("no such thing", (0.0, 0.0, 1.0, 1.0)),))
    sketch.begin()(Glimpse(foretold, "no such thing", np.array([[0.0, 0.0], [1.0, 1.0]])))
    sketch.drop()


def test_the_first_view_is_the_remembered_one_or_fits_what_shows() -> None:
    xy = np.array([[112.0, 37.0], [113.0, 38.0]])
    layers = (("EPSG:4490", (112.0, 37.0, 113.0, 38.0)),)
    fitted = first_view(Glimpse(Foretold("", None, layers), "EPSG:4490", xy), 800, 600)
    assert "Lambert" in fitted.crs
    assert 80_000 < fitted.extent[3] - fitted.extent[1] < 200_000
    bare = first_view(Glimpse(Foretold("", None, ()), "EPSG:4547", xy * 10_000), 800, 600)
    assert bare.x == pytest.approx(1_125_000)
    remembered = first_view(Glimpse(Foretold("EPSG:4547", View(5e5, 4e6, 25_000), layers), "EPSG:4490", xy), 800, 600)
    assert (remembered.x, remembered.y) == (5e5, 4e6)
    assert remembered.scale_denominator == pytest.approx(25_000, rel=0.05)


def test_the_painters_are_loaded_beside_a_large_file_only(
    window: MainWindow, large: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    loaded: list[int] = []
    monkeypatch.setattr(kernel_warmth, "ensure_warm", lambda: loaded.append(1))
    monkeypatch.setattr(kernels, "is_warm", lambda: False)
    kernel_warmth.warm_for(window.jobs, large)
    kernel_warmth.warm_for(window.jobs, large.with_name("not there.gpkg"))
    assert not window.jobs.busy
    monkeypatch.setattr(kernel_warmth, "LARGE_BYTES", 1)
    kernel_warmth.warm_for(window.jobs, large)
    qtbot.waitUntil(lambda: not window.jobs.busy, timeout=WAIT_MS)
    assert loaded == [1]
