"""Measures the real window: how soon it is there, and how long frames take while the map is dragged and tiles draw.

Prints one JSON object a line, the same form as ``cgplanner bench``, which starts this in a process of its own.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from cgplanner.app.canvas.frame_times import percentile
from cgplanner.app.main_window import MainWindow
from cgplanner.session.mapping import map_of_file
from cgplanner.session.session import Session

SWITCHES = ("--bench-pan", "--bench-start")
DRAG_SECONDS, FRAME_SECONDS = 6.0, 1 / 60
LONGEST_WAIT_SECONDS = 300.0
_loaded = time.perf_counter()


def measure(application: QApplication, switch: str, path: Path | None) -> int:
    """Do one of :data:`SWITCHES`; return the exit code."""
    work = _pan if switch == "--bench-pan" else _start
    figures = work(application, path)
    sys.stdout.write(json.dumps(figures) + "\n")
    sys.stdout.flush()
    return 0


def _start(application: QApplication, path: Path | None) -> dict[str, Any]:
    window = MainWindow(Session.new(journaled=False))
    window.show()
    _until(application, lambda: bool(window.canvas.frame_times().paint))
    to_window = _age_ms()
    glimpses: list[float] = []
    if window.documents.sketch is not None:
        window.documents.sketch.shown.connect(lambda: glimpses.append(_age_ms()))
    if path is None:
        window.documents.open_sample()
    else:
        window.documents.open(path)
    _until(application, lambda: bool(window.bridge.workspace.layers) and window.canvas.picture.is_done)
    figures = {"work": "start", "ms_to_window": round(to_window), "ms_to_map": round(_age_ms()), "rss_mb": _rss_mb()}
    if glimpses:
        figures |= {"ms_to_glimpse": round(glimpses[0]), "glimpses": len(glimpses)}
    if path is not None:
        figures["peak_mb"] = _peak_mb()
    _leave(application, window)
    return figures


def _pan(application: QApplication, path: Path | None) -> dict[str, Any]:
    session = Session.sample(journaled=False) if path is None else Session(map_of_file(path), journaled=False)
    window = MainWindow(session)
    window.show()
    canvas = window.canvas
    _until(application, lambda: bool(canvas.frame_times().paint) and canvas.picture.is_done)
    to_map = _age_ms()
    tiles: list[object] = []
    canvas.picture.tile_drawn.connect(tiles.append)
    canvas.clock.clear()
    drag = _Drag(canvas)
    drag.begin()
    _until(application, lambda: drag.is_over)
    times = canvas.frame_times()
    figures = {
        "work": "pan",
        "frames": len(times.latency),
        "p50_ms": round(percentile(times.latency, 50), 1),
        "p99_ms": round(percentile(times.latency, 99), 1),
        "max_ms": round(percentile(times.latency, 100), 1),
        "paint_p50_ms": round(percentile(times.paint, 50), 1),
        "paint_p99_ms": round(percentile(times.paint, 99), 1),
        "tiles": len(tiles),
        "ms_to_map": round(to_map),
        "rss_mb": _rss_mb(),
    }
    _leave(application, window)
    return figures


class _Drag(QObject):
    """A hand that drags the map about, sixty times a second, whether the window keeps up or not.

    A frame is measured from the moment its move was due, so a window that hangs cannot hide it.
    """

    def __init__(self, canvas: Any) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._begun = self._due = 0.0
        self.is_over = False
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(round(FRAME_SECONDS * 1000))
        self._timer.timeout.connect(self._step)

    def begin(self) -> None:
        """Press the button and start moving."""
        self._begun = time.perf_counter()
        self._due = self._begun + FRAME_SECONDS
        self._send(QEvent.Type.MouseButtonPress, self._place(0.0))
        self._timer.start()

    def _place(self, seconds: float) -> QPointF:
        """Return where the hand is: loops that grow to twice the map's size."""
        canvas, turn = self._canvas, 2 * np.pi * seconds / DRAG_SECONDS
        reach = seconds / DRAG_SECONDS
        x = canvas.width() * (0.5 + reach * np.sin(3 * turn))
        y = canvas.height() * (0.5 + reach * np.sin(2 * turn))
        return QPointF(float(x), float(y))

    def _step(self) -> None:
        now = time.perf_counter()
        seconds = now - self._begun
        self._canvas.clock.ask(min(self._due, now))
        self._due = now + FRAME_SECONDS
        if seconds < DRAG_SECONDS:
            self._send(QEvent.Type.MouseMove, self._place(seconds))
            return
        self._timer.stop()
        self._send(QEvent.Type.MouseButtonRelease, self._place(DRAG_SECONDS))
        self.is_over = True

    def _send(self, kind: QEvent.Type, place: QPointF) -> None:
        button = Qt.MouseButton.MiddleButton
        held = Qt.MouseButton.NoButton if kind is QEvent.Type.MouseButtonRelease else button
        screen = QPointF(self._canvas.mapToGlobal(QPoint(0, 0))) + place
        event = QMouseEvent(kind, place, screen, button, held, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(self._canvas, event)


def _until(application: QApplication, ready: Callable[[], bool]) -> None:
    """Let the window live until something is so."""
    limit = time.perf_counter() + LONGEST_WAIT_SECONDS
    while not ready() and time.perf_counter() < limit:
        application.processEvents()
        time.sleep(0.0005)


def _leave(application: QApplication, window: MainWindow) -> None:
    window.close()
    application.processEvents()


def _age_ms() -> float:
    """Return how long this process has been running; where the system does not tell, since this file was loaded."""
    try:
        ticks = int(Path("/proc/self/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[19])
        uptime = float(Path("/proc/uptime").read_text(encoding="ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return (time.perf_counter() - _loaded) * 1000
    return (uptime - ticks / os.sysconf("SC_CLK_TCK")) * 1000


def _peak_mb() -> int:
    """Return the most memory that was resident so far in MB; 0 where the system does not tell."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return round(int(status.split("VmHWM:")[1].split()[0]) * 1024 / 1e6)
    except (OSError, ValueError, IndexError):
        return 0


def _rss_mb() -> int:
    """Return the resident memory of now in MB; 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6)
