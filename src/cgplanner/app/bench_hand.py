"""Measures what a hand feels: frames while it drags the map or turns the wheel, and how soon an edit is seen."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from cgplanner.app.bench_process import age_ms, rss_mb, until
from cgplanner.app.canvas import MapCanvas
from cgplanner.app.canvas.frame_times import FrameTimes, percentile
from cgplanner.app.main_window import MainWindow
from cgplanner.edit.edit import Edit
from cgplanner.edit.operations import move_features, move_vertex, set_field
from cgplanner.geometry.ragged import POINT
from cgplanner.model.layer import Layer
from cgplanner.model.workspace import Workspace
from cgplanner.render.qt.tiles import box_in, places_over
from cgplanner.session.mapping import map_of_file
from cgplanner.session.session import Session
from cgplanner.symbology.evaluate import style_of
from cgplanner.symbology.style import Categorized

SECONDS, FRAME_SECONDS = 6.0, 1 / 60
NOTCH_FRAMES, NOTCHES = 8, 11  # frames from one notch of the wheel to the next; notches before it turns back
EDITS, EDIT_PAUSE_MS = 4, 300.0  # of each kind in each layer that is drawn
_BUTTON = Qt.MouseButton.MiddleButton


class Hand(QObject):
    """A hand that does something sixty times a second, whether the window keeps up or not.

    A frame is measured from the moment it was due, so a window that hangs cannot hide it.
    """

    def __init__(self, canvas: MapCanvas) -> None:
        super().__init__(canvas)
        self.canvas = canvas
        self._begun = self._due = 0.0
        self.is_over = False
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(round(FRAME_SECONDS * 1000))
        self._timer.timeout.connect(self._step)

    def work(self) -> None:
        """Do it all; returns when the hand rests."""
        self._begun = time.perf_counter()
        self._due = self._begun + FRAME_SECONDS
        self.begin()
        self._timer.start()
        until(lambda: self.is_over)

    def _step(self) -> None:
        now = time.perf_counter()
        self.canvas.clock.ask(min(self._due, now))
        self._due = now + FRAME_SECONDS
        if now - self._begun < SECONDS:
            self.move(now - self._begun)
            return
        self._timer.stop()
        self.end()
        self.is_over = True

    def begin(self) -> None:
        """Begin."""

    def move(self, seconds: float) -> None:
        """Do what is done so many seconds after the beginning."""

    def end(self) -> None:
        """Let go."""

    def screen(self, place: QPointF) -> QPointF:
        """Return where a place of the canvas is on the screen."""
        return QPointF(self.canvas.mapToGlobal(QPoint(0, 0))) + place


class Drag(Hand):
    """Drags the map about in loops that grow to twice its size."""

    def begin(self) -> None:
        self._send(QEvent.Type.MouseButtonPress, 0.0)

    def move(self, seconds: float) -> None:
        self._send(QEvent.Type.MouseMove, seconds)

    def end(self) -> None:
        self._send(QEvent.Type.MouseButtonRelease, SECONDS)

    def _send(self, kind: QEvent.Type, seconds: float) -> None:
        turn, reach = 2 * np.pi * seconds / SECONDS, seconds / SECONDS
        x, y = 0.5 + reach * np.sin(3 * turn), 0.5 + reach * np.sin(2 * turn)
        place = QPointF(float(self.canvas.width() * x), float(self.canvas.height() * y))
        held = Qt.MouseButton.NoButton if kind is QEvent.Type.MouseButtonRelease else _BUTTON
        event = QMouseEvent(kind, place, self.screen(place), _BUTTON, held, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(self.canvas, event)


class Wheel(Hand):
    """Zooms in and out again by single notches of the wheel, each while the map still glides after the one before."""

    def __init__(self, canvas: MapCanvas) -> None:
        super().__init__(canvas)
        self._frames = 0

    def move(self, seconds: float) -> None:
        if self._frames % NOTCH_FRAMES == 0:
            inwards = (self._frames // NOTCH_FRAMES) // NOTCHES % 2 == 0
            self._turn(120 if inwards else -120, seconds)
        else:
            self.canvas.redraw()
        self._frames += 1

    def _turn(self, angle: int, seconds: float) -> None:
        turn = 2 * np.pi * seconds / SECONDS
        x, y = 0.5 + 0.2 * np.sin(3 * turn), 0.5 + 0.2 * np.cos(2 * turn)
        place = QPointF(float(self.canvas.width() * x), float(self.canvas.height() * y))
        event = QWheelEvent(
            place,
            self.screen(place),
            QPoint(),
            QPoint(0, angle),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(self.canvas, event)


def pan(path: Path | None) -> dict[str, Any]:
    """Measure the frames of a drag over a file, or over the sample."""
    return _moved(path, "pan", Drag)


def zoom(path: Path | None) -> dict[str, Any]:
    """Measure the frames while the wheel is turned."""
    return _moved(path, "zoom", Wheel)


def _opened(path: Path | None) -> MainWindow:
    session = Session.sample(journaled=False) if path is None else Session(map_of_file(path), journaled=False)
    window = MainWindow(session)
    window.show()
    until(lambda: bool(window.canvas.frame_times().paint) and window.canvas.picture.is_done)
    return window


def _moved(path: Path | None, work: str, kind: type[Hand]) -> dict[str, Any]:
    window = _opened(path)
    canvas, to_map = window.canvas, age_ms()
    tiles: list[object] = []
    canvas.picture.tile_drawn.connect(tiles.append)
    canvas.clock.clear()
    kind(canvas).work()
    times, drawn, rested = canvas.frame_times(), len(tiles), time.perf_counter()
    until(lambda: canvas.picture.is_sharp, look_ms=1)
    sharp = (time.perf_counter() - rested) * 1000
    figures = {"work": work, **_frames(times), "tiles": drawn, "ms_to_sharp": round(sharp)}
    window.close()
    return figures | {"ms_to_map": round(to_map), "rss_mb": rss_mb()}


def _frames(times: FrameTimes) -> dict[str, float]:
    return {
        "frames": len(times.latency),
        "p50_ms": round(percentile(times.latency, 50), 1),
        "p99_ms": round(percentile(times.latency, 99), 1),
        "max_ms": round(percentile(times.latency, 100), 1),
        "paint_p50_ms": round(percentile(times.paint, 50), 1),
        "paint_p99_ms": round(percentile(times.paint, 99), 1),
    }


def repaint(path: Path | None) -> dict[str, Any]:
    """Measure how soon what was done to a feature of a drawn layer is seen, and how many tiles were drawn for it.

    Points are moved; of lines and areas one vertex is moved, or a value is set that gives them another colour.
    """
    window = _opened(path)
    canvas = window.canvas
    until(lambda: not canvas.picture.workers.is_busy)  # what is kept in reserve around the view is drawn too
    tiles: list[object] = []
    painted: list[int] = []
    canvas.picture.tile_drawn.connect(tiles.append)
    canvas.picture.tile_drawn.connect(lambda _: painted.append(_paints(canvas)) if canvas.picture.is_sharp else None)
    times: dict[str, list[float]] = {}
    counts = []
    for kind, layer_id, rid in _edits_of(canvas):
        edit = _EDITS[kind](canvas.bridge.workspace, layer_id, rid)
        tiles.clear()
        painted.clear()
        begun = time.perf_counter()
        window.bridge.session.run(edit)
        until(lambda: bool(painted) and _paints(canvas) > painted[0], look_ms=1)
        times.setdefault(kind, []).append((time.perf_counter() - begun) * 1000)
        until(_after(EDIT_PAUSE_MS))
        counts.append(len(tiles))
    places = sum(1 for _ in places_over(canvas.viewport.extent, canvas.viewport.units_per_px / canvas.devicePixelRatioF()))
    shown = sum(1 for deck in canvas.picture.cache.decks if not deck.sheet.is_hidden)
    for _ in counts:
        window.bridge.session.undo()  # a window with nothing to save closes without a question
    window.close()
    every = tuple(itertools.chain.from_iterable(times.values()))
    return {
        "work": "repaint",
        "edits": {kind: len(each) for kind, each in times.items()},
        "p50_ms": round(percentile(every, 50), 1),
        "max_ms": round(percentile(every, 100), 1),
        "each_p50_ms": {kind: round(percentile(tuple(each), 50), 1) for kind, each in times.items()},
        "tiles_most": max(counts),
        "tiles_in_view": places * shown,
        "rss_mb": rss_mb(),
    }


def _paints(canvas: MapCanvas) -> int:
    return len(canvas.frame_times().paint)


def _after(milliseconds: float) -> Any:
    end = time.perf_counter() + milliseconds / 1000
    return lambda: time.perf_counter() > end


def _edits_of(canvas: MapCanvas) -> Iterator[tuple[str, str, int]]:
    """Yield what to do to which feature (layer, row): as often to every layer that is drawn and every kind of edit."""
    scale = canvas.viewport.scale_denominator
    drawn = [each for each in canvas.layers() if each.visible and len(each.table) and style_of(each).drawn_at(scale)]
    for layer in drawn:
        rids = _in_view(canvas, layer)
        points = layer.table.geometry.kinds_of(layer.table.positions_of(rids)) == POINT
        for rid, is_point in zip(rids, points, strict=True):
            yield "point" if is_point else "vertex", layer.id, rid
        if isinstance(style_of(layer).renderer, Categorized):
            yield from (("colour", layer.id, rid) for rid in rids)


def _in_view(canvas: MapCanvas, layer: Layer) -> list[int]:
    """Return some rows of a layer whose middles are seen."""
    box = box_in(canvas.viewport.extent, canvas.crs, layer.crs)
    assert box is not None  # noqa: S101  the view shows this layer
    bounds = layer.table.geometry.bounds_of(np.arange(len(layer.table)))
    x, y = (bounds[:, 0] + bounds[:, 2]) / 2, (bounds[:, 1] + bounds[:, 3]) / 2
    seen = np.flatnonzero((x > box[0]) & (x < box[2]) & (y > box[1]) & (y < box[3]))
    chosen = np.random.default_rng(1).choice(seen, min(EDITS, len(seen)), replace=False)
    return [int(each) for each in layer.table.rids[chosen]]


def _moved_point(workspace: Workspace, layer_id: str, rid: int) -> Edit:
    step = _step(workspace.layer(layer_id), rid)
    return move_features(workspace, layer_id, (rid,), step, step)


def _moved_vertex(workspace: Workspace, layer_id: str, rid: int) -> Edit:
    layer = workspace.layer(layer_id)
    xy = layer.table.geometry.coordinates(layer.table.positions_of((rid,))).xy
    vertex, step = len(xy) // 2, _step(layer, rid)
    return move_vertex(workspace, layer_id, rid, vertex, xy[vertex, 0] + step, xy[vertex, 1] + step)


def _coloured(workspace: Workspace, layer_id: str, rid: int) -> Edit:
    """Return the edit that gives a feature the class after its own."""
    layer = workspace.layer(layer_id)
    renderer = style_of(layer).renderer
    assert isinstance(renderer, Categorized)  # noqa: S101  see _edits_of
    classes = [each.values[0] for each in renderer.categories]
    value = layer.table.columns[renderer.field].value(int(layer.table.positions_of((rid,))[0]))
    at = next((k for k, each in enumerate(renderer.categories) if value in each.values), -1)
    return set_field(workspace, layer_id, (rid,), renderer.field, classes[(at + 1) % len(classes)])


_EDITS: dict[str, Callable[[Workspace, str, int], Edit]] = {
    "point": _moved_point,
    "vertex": _moved_vertex,
    "colour": _coloured,
}


def _step(layer: Layer, rid: int) -> float:
    """Return a hundredth of a feature's size, in units of its layer."""
    west, south, east, north = layer.table.geometry.bounds_of(layer.table.positions_of((rid,)))[0]
    return float(max(east - west, north - south)) / 100 or 1e-3
