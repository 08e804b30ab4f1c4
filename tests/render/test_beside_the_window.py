"""What workers do so that a window is not kept waiting: Qt's painter without Python's lock, and threads that give way."""

from __future__ import annotations

import math
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen
from pytestqt.qtbot import QtBot

from cgplanner.errors import Cancelled
from cgplanner.render.qt import unlocked
from cgplanner.render.qt.rank import NICE, step_back
from cgplanner.render.qt.workers import Workers

ONLY_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="done on Linux only")
RED = QColor(200, 10, 10, 90)


def star(points: int, radius: float) -> QPainterPath:
    """Return a closed path that crosses itself the more often the more points it has."""
    path = QPainterPath()
    for k in range(points):
        angle = 2 * math.pi * k * (points // 2) / points
        x, y = radius * (1 + math.cos(angle)), radius * (1 + math.sin(angle))
        path.lineTo(x, y) if k else path.moveTo(x, y)
    path.closeSubpath()
    return path


def picture(paint: Callable[[QPainter], None], side: int = 200) -> bytes:
    image = QImage(side, side, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(QColor(9, 9, 9))
    unlocked.clear(image)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(1.5, 1.5)
    paint(painter)
    painter.end()
    return bytes(image.constBits())


def beside(work: Callable[[], bytes]) -> bytes:
    """Return what work returns in a thread that is not the window's."""
    made: list[bytes] = []
    thread = threading.Thread(target=lambda: made.append(work()))
    thread.start()
    thread.join()
    return made[0]


def test_the_pictures_are_those_of_the_painter(qapp: object) -> None:
    path, pen, stamp = star(7, 50.3), QPen(RED, 6.5), QImage(40, 30, QImage.Format.Format_ARGB32_Premultiplied)
    stamp.fill(QColor(20, 200, 30, 100))
    target = QRectF(3.5, 4.0, 50.0, 60.0)
    empty = picture(lambda _: None)
    assert not any(empty)
    for here, there in (
        (lambda p: unlocked.fill_path(p, path, RED), lambda p: p.fillPath(path, RED)),
        (lambda p: unlocked.stroke_path(p, path, pen), lambda p: p.strokePath(path, pen)),
        (lambda p: unlocked.draw_image(p, target, stamp), lambda p: p.drawImage(target, stamp)),
    ):
        assert beside(partial(picture, here)) == picture(here) == picture(there) != empty


def test_without_the_library_the_same_is_painted(qapp: object, monkeypatch: pytest.MonkeyPatch) -> None:
    path = star(5, 50.0)

    def paint(painter: QPainter) -> None:
        unlocked.fill_path(painter, path, RED)
        unlocked.stroke_path(painter, path, QPen(RED, 3.0))

    def told(painter: QPainter) -> None:
        assert not unlocked.is_unlocked()
        paint(painter)

    before = beside(lambda: picture(paint))
    unlocked._functions.cache_clear()
    monkeypatch.setattr(unlocked, "PLATFORMS", ())
    try:
        assert beside(lambda: picture(told)) == before
    finally:
        unlocked._functions.cache_clear()


def test_the_window_itself_keeps_the_lock(qapp: object) -> None:
    assert not unlocked.is_unlocked()


@ONLY_LINUX
def test_other_threads_run_python_while_a_path_is_filled(qapp: object) -> None:
    path, over, seen = star(401, 600.0), threading.Event(), []

    def look() -> None:
        while not over.is_set():
            seen.append(time.perf_counter())
            time.sleep(0.0005)

    watcher = threading.Thread(target=look)
    watcher.start()
    spans: list[tuple[float, float]] = []

    def paint(painter: QPainter) -> None:
        assert unlocked.is_unlocked()
        begun = time.perf_counter()
        unlocked.fill_path(painter, path, RED)
        spans.append((begun, time.perf_counter()))

    beside(lambda: picture(paint, 1800))
    over.set()
    watcher.join()
    (begun, ended), looks = spans[0], len(seen)
    # With the lock held there could be one look at most, between two lines of Python.
    assert looks
    assert sum(begun < each < ended for each in seen) > 2


@ONLY_LINUX
def test_a_thread_that_steps_back_leaves_the_others_where_they_are() -> None:
    before, found = os.getpriority(os.PRIO_PROCESS, 0), []

    def work() -> None:
        step_back()
        found.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
        step_back()
        found.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [max(NICE, before)] * 2
    assert os.getpriority(os.PRIO_PROCESS, 0) == before


@dataclass(eq=False)
class Note:
    """Work that writes down when it was done and how its thread ranks."""

    key: str = "note"
    frees_python: bool = True
    ranks: list[int] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)

    def perform(self, _cancelled: Callable[[], bool]) -> str:
        self.ranks.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) if sys.platform == "linux" else NICE)
        self.done.set()
        return "result"


@pytest.fixture
def workers(qapp: object) -> Iterator[Workers]:
    made = Workers()
    yield made
    made.close()


def test_what_is_on_its_way_is_not_done_twice(workers: Workers, qtbot: QtBot) -> None:
    work, results = Note(), []
    workers.finished.connect(lambda _, result: results.append(result))
    workers.want([work])
    assert work.done.wait(10)
    for _ in range(3):  # its result waits for the loop of events, which does not run here
        assert workers.running() == [work]
        workers.want([work])
    busy = [workers.is_busy]
    qtbot.waitUntil(lambda: bool(results))
    busy.append(workers.is_busy)
    assert busy == [True, False]
    assert workers.running() == []
    assert (len(work.ranks), results) == (1, ["result"])


@dataclass(eq=False)
class Stubborn:
    """Work that hears of being cancelled only when it is let go, and only together with another."""

    together: threading.Barrier
    key: str = "stubborn"
    frees_python: bool = True
    begun: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def perform(self, cancelled: Callable[[], bool]) -> str:
        self.begun.release()
        self.together.wait(10)
        if cancelled():
            raise Cancelled
        return self.key


def test_work_that_was_cancelled_may_be_wanted_again_before_it_hears_of_it(workers: Workers, qtbot: QtBot) -> None:
    work, results = Stubborn(threading.Barrier(3)), []
    workers.finished.connect(lambda _, result: results.append(result))
    for _ in range(2):  # the same work is then done in both threads
        workers.want([work])
        assert work.begun.acquire(timeout=10)
        workers.want([])
    assert workers.running() == []
    work.together.wait(10)
    both = threading.Barrier(2)
    workers.want([Stubborn(both, "one"), Stubborn(both, "other")])  # neither ends without the other
    qtbot.waitUntil(lambda: len(results) == 2)
    assert sorted(results) == ["one", "other"]


def test_workers_stand_behind_the_window(workers: Workers, qtbot: QtBot) -> None:
    work = Note()
    with qtbot.waitSignal(workers.finished):
        workers.want([work])
    assert work.ranks[0] >= NICE


@ONLY_LINUX
def test_urgent_work_has_a_thread_that_does_not_stand_behind(qapp: object, qtbot: QtBot) -> None:
    workers = Workers(urgent=lambda work: work.key == "now")
    usual, urgent = Note("later"), Note("now")
    workers.want([usual, urgent])
    try:
        qtbot.waitUntil(lambda: not workers.is_busy)
    finally:
        workers.close()
    assert usual.ranks[0] >= NICE
    assert urgent.ranks == [os.getpriority(os.PRIO_PROCESS, 0)]
