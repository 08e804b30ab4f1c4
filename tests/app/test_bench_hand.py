"""The measurements of the window do what they say they measure; how long it takes is not asked here."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from cgplanner.app import bench_hand
from cgplanner.app.bench_window import SWITCHES
from cgplanner.app.canvas.map_canvas import MapCanvas
from cgplanner.cli.bench import IN_THE_WINDOW
from cgplanner.render.scene.viewport import Viewport


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_hand, "SECONDS", 0.6)
    monkeypatch.setattr(bench_hand, "EDITS", 1)
    monkeypatch.setattr(bench_hand, "EDIT_PAUSE_MS", 20.0)


@pytest.fixture
def views(monkeypatch: pytest.MonkeyPatch) -> list[Viewport]:
    """Return the list of what the map goes to look at."""
    seen: list[Viewport] = []
    settle = MapCanvas._settle

    def note(self: MapCanvas) -> None:
        settle(self)
        seen.append(self.view.target)

    monkeypatch.setattr(MapCanvas, "_settle", note)
    return seen


def test_every_work_of_the_window_has_its_switch() -> None:
    assert {f"--bench-{work}" for work in IN_THE_WINDOW} == set(SWITCHES)


def test_a_drag_moves_the_map_at_one_scale(qtbot: QtBot, views: list[Viewport]) -> None:
    figures = bench_hand.pan(None)
    moved = views[-10:]
    assert figures["work"] == "pan"
    assert figures["frames"] > 5
    assert len({(view.x, view.y) for view in moved}) > 5
    assert len({view.units_per_px for view in moved}) == 1
    assert 0 < figures["p50_ms"] <= figures["p99_ms"] <= figures["max_ms"]


def test_the_wheel_changes_the_scale(qtbot: QtBot, views: list[Viewport]) -> None:
    figures = bench_hand.zoom(None)
    assert figures["work"] == "zoom"
    assert figures["frames"] > 5
    assert len({view.units_per_px for view in views[-3:]}) == 3


def test_an_edit_is_seen_and_draws_few_tiles(qtbot: QtBot, tmp_path: Path) -> None:
    figures = bench_hand.repaint(None)
    assert figures["edits"]["vertex"] >= 2
    assert figures["edits"]["colour"] >= 2
    assert figures["p50_ms"] > 0
    assert figures["tiles_most"] >= 1
