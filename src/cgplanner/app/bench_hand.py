"""Measures what a hand feels: frames while it drags the map or turns the wheel, and how soon an edit is seen."""

from __future__ import annotations

import time
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
from cgplanner.edit.operations import move_features
from cgplanner.model.layer import Layer
from cgplanner.render.qt.tiles import box_in, places_over
from cgplanner.session.mapping import map_of_file
from cgplanner.session.session import Session

SECONDS, FRAME_SECONDS = 6.0, 1 / 60
NOTCH_FRAMES, NOTCHES = 8, 11  # frames from one notch of the wheel to the next; notches before it turns back
EDITS, EDIT_PAUSE_MS = 20, 300.0
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
    """Measure how soon one moved feature is seen, again and again, and how many tiles were drawn for it."""
    window = _opened(path)
    canvas = window.canvas
    until(lambda: not canvas.picture.workers.is_busy)  # what is kept in reserve around the view is drawn too
    layer_id, rids = _in_view(canvas)
    tiles: list[object] = []
    painted: list[int] = []
    canvas.picture.tile_drawn.connect(tiles.append)
    canvas.picture.tile_drawn.connect(lambda _: painted.append(_paints(canvas)) if canvas.picture.is_sharp else None)
    times, counts = [], []
    for rid in rids:
        tiles.clear()
        painted.clear()
        layer = canvas.layer(layer_id)
        step = _step(layer, rid)
        begun = time.perf_counter()
        window.bridge.session.run(move_features(canvas.bridge.workspace, layer_id, (rid,), step, step))
        until(lambda: bool(painted) and _paints(canvas) > painted[0], look_ms=1)
        times.append((time.perf_counter() - begun) * 1000)
        until(_after(EDIT_PAUSE_MS))
        counts.append(len(tiles))
    places = sum(1 for _ in places_over(canvas.viewport.extent, canvas.viewport.units_per_px / canvas.devicePixelRatioF()))
    shown = sum(1 for deck in canvas.picture.cache.decks if not deck.sheet.is_hidden)
    for _ in times:
        window.bridge.session.undo()  # a window with nothing to save closes without a question
    window.close()
    return {
        "work": "repaint",
        "layer": layer_id,
        "edits": len(times),
        "p50_ms": round(percentile(tuple(times), 50), 1),
        "max_ms": round(percentile(tuple(times), 100), 1),
        "tiles_most": max(counts),
        "tiles_in_view": places * shown,
        "rss_mb": rss_mb(),
    }


def _paints(canvas: MapCanvas) -> int:
    return len(canvas.frame_times().paint)


def _after(milliseconds: float) -> Any:
    end = time.perf_counter() + milliseconds / 1000
    return lambda: time.perf_counter() > end


def _in_view(canvas: MapCanvas) -> tuple[str, list[int]]:
    """Return the largest layer and some of its rows whose middles are seen."""
    layer = max((each for each in canvas.layers() if each.visible), key=lambda each: len(each.table))
    box = box_in(canvas.viewport.extent, canvas.crs, layer.crs)
    assert box is not None  # noqa: S101  the view shows this layer
    bounds = layer.table.geometry.bounds_of(np.arange(len(layer.table)))
    x, y = (bounds[:, 0] + bounds[:, 2]) / 2, (bounds[:, 1] + bounds[:, 3]) / 2
    seen = np.flatnonzero((x > box[0]) & (x < box[2]) & (y > box[1]) & (y < box[3]))
    chosen = np.random.default_rng(1).choice(seen, min(EDITS, len(seen)), replace=False)
    return layer.id, [int(each) for each in layer.table.rids[chosen]]


def _step(layer: Layer, rid: int) -> float:
    """Return a tenth of a feature's size, in units of its layer."""
    west, south, east, north = layer.table.geometry.bounds_of(layer.table.positions_of((rid,)))[0]
    return float(max(east - west, north - south)) / 10 or 1e-6
