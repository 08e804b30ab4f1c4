"""Long work beside the window: a frozen request goes to a thread, a frozen response comes back, a flag cancels.

The work must touch nothing of Qt and nothing that can change; its answers arrive in the thread of the window.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal, Slot

from cgplanner.errors import Cancelled, UserError

Progress = Callable[[float], None]
R = TypeVar("R")

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


@dataclass(frozen=True)
class _Response:
    number: int
    value: Any = None
    error: BaseException | None = None


class _Runner(QRunnable):
    def __init__(self, number: int, job: Job[Any], stop: threading.Event, messages: _Messages) -> None:
        super().__init__()
        self._number, self._job, self._stop, self._messages = number, job, stop, messages
        self._reported = -1.0

    def run(self) -> None:
        try:
            self._report(0.0)
            response = _Response(self._number, self._job.work(self._report))
        except BaseException as error:  # noqa: BLE001  it is raised again in the thread of the window
            response = _Response(self._number, error=error)
        self._messages.finished.emit(response)

    def _report(self, share: float) -> None:
        if self._stop.is_set():
            raise Cancelled
        if abs(share - self._reported) >= STEP:
            self._reported = share
            self._messages.progressed.emit(self._number, share)


class _Messages(QObject):
    progressed = Signal(int, float)
    finished = Signal(object)


class Jobs(QObject):
    """The work that is running for one window."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._running: dict[int, tuple[Job[Any], threading.Event]] = {}
        self._shares: dict[int, float] = {}
        self._next = 0
        self._messages = _Messages(self)
        self._messages.progressed.connect(self._progressed)
        self._messages.finished.connect(self._finished)

    def start(self, job: Job[R]) -> None:
        """Begin the work; returns at once."""
        self._next += 1
        stop = threading.Event()
        self._running[self._next] = (job, stop)
        self._pool.start(_Runner(self._next, job, stop, self._messages))
        self.changed.emit()

    @property
    def busy(self) -> bool:
        """True while anything runs."""
        return bool(self._running)

    @property
    def title(self) -> str:
        """What is being done now; '' when nothing is."""
        return next(iter(self._running.values()))[0].title if self._running else ""

    @property
    def share(self) -> float:
        """How far the oldest work is, 0..1."""
        return self._shares.get(next(iter(self._running), 0), 0.0)

    def cancel(self) -> None:
        """Ask everything that runs to stop; each stops at its next look at the flag."""
        for _, stop in self._running.values():
            stop.set()

    def wait(self) -> None:
        """Block until the threads are idle; for the end of the program."""
        self._pool.waitForDone()

    @Slot(int, float)
    def _progressed(self, number: int, share: float) -> None:
        self._shares[number] = share
        self.changed.emit()

    @Slot(object)
    def _finished(self, response: _Response) -> None:
        job, _ = self._running.pop(response.number)
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
