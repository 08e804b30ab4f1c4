"""Long work beside the window: a frozen request goes to a thread, a frozen response comes back, a flag cancels.

The work must touch nothing of Qt and nothing that can change; its answers arrive in the thread of the window.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QObject, Signal, Slot

from cgplanner.errors import Cancelled, UserError

Progress = Callable[[float], None]
R = TypeVar("R")

THREADS = 2
STEP = 0.01  # smaller progress is not told: a busy worker must not flood the window


@dataclass(frozen=True)
class Job(Generic[R]):
    """One piece of work.

    Attributes
    ----------
    title
        What the status bar says while it runs.
    work
        Gets a function to report progress with (0..1), which raises ``Cancelled`` once the user asked to stop.
    done
        Called with the response, in the thread of the window.
    failed
        Called with a ``UserError``; any other exception is a bug and is raised in the thread of the window.
    """

    title: str
    work: Callable[[Progress], R]
    done: Callable[[R], object]
    failed: Callable[[UserError], object]
    cancelled: Callable[[], object] = lambda: None
    told: Callable[[float], object] = lambda _share: None  # of the progress (0..1), in the thread of the window


@dataclass(frozen=True)
class _Response:
    number: int
    value: Any = None
    error: BaseException | None = None


class _Running:
    """A job in a thread: does the work and tells of it."""

    def __init__(self, number: int, job: Job[Any], messages: _Messages) -> None:
        self.job, self.stop = job, threading.Event()
        self._number, self._messages = number, messages
        self._reported = -1.0

    def run(self) -> None:
        try:
            self._report(0.0)
            response = _Response(self._number, self.job.work(self._report))
        except BaseException as error:  # noqa: BLE001  it is raised again in the thread of the window
            response = _Response(self._number, error=error)
        self._messages.finished.emit(response)

    def _report(self, share: float) -> None:
        if self.stop.is_set():
            raise Cancelled
        if abs(share - self._reported) >= STEP:
            self._reported = share
            self._messages.progressed.emit(self._number, share)


class _Messages(QObject):
    progressed = Signal(int, float)
    finished = Signal(object)


class Jobs(QObject):
    """The work that is running for one window.

    In Python's own threads, not Qt's pool: PySide makes a Python thread state for each QRunnable and takes it away at its
    end, and with it what PROJ keeps for the thread while PROJ still has it. That ends in a crash.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="job")
        self._running: dict[int, _Running] = {}
        self._shares: dict[int, float] = {}
        self._next = 0
        self._messages = _Messages(self)
        self._messages.progressed.connect(self._progressed)
        self._messages.finished.connect(self._finished)

    def start(self, job: Job[R]) -> int:
        """Begin the work and return its number; returns at once."""
        self._next += 1
        running = self._running[self._next] = _Running(self._next, job, self._messages)
        self._threads.submit(running.run)
        self.changed.emit()
        return self._next

    @property
    def busy(self) -> bool:
        """True while anything runs."""
        return bool(self._running)

    @property
    def title(self) -> str:
        """What is being done now; '' when nothing is, or only what was asked to stop and has not heard of it yet."""
        number = self._told_of()
        return self._running[number].job.title if number else ""

    @property
    def share(self) -> float:
        """How far that work is, 0..1."""
        return self._shares.get(self._told_of(), 0.0)

    def _told_of(self) -> int:
        return next((number for number, each in self._running.items() if not each.stop.is_set()), 0)

    @Slot()
    def cancel(self) -> None:
        """Ask everything that runs to stop; each stops at its next look at the flag."""
        for running in self._running.values():
            running.stop.set()
        self.changed.emit()

    def cancel_one(self, number: int) -> None:
        """Ask one work to stop; nothing where it has ended."""
        if number in self._running:
            self._running[number].stop.set()
            self.changed.emit()

    def close(self) -> None:
        """Cancel what runs and wait until the threads are gone; nothing can be started any more."""
        self.cancel()
        self._threads.shutdown()

    @Slot(int, float)
    def _progressed(self, number: int, share: float) -> None:
        self._shares[number] = share
        if number in self._running:
            self._running[number].job.told(share)
        self.changed.emit()

    @Slot(object)
    def _finished(self, response: _Response) -> None:
        job = self._running.pop(response.number).job
        self._shares.pop(response.number, None)
        self.changed.emit()
        if response.error is None:
            job.done(response.value)
        elif isinstance(response.error, Cancelled):
            job.cancelled()
        elif isinstance(response.error, UserError):
            job.failed(response.error)
        else:
            raise response.error
