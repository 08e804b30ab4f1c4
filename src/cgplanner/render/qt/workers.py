"""Pictures painted beside the window: two threads that always take the most wanted work next, and one for what is urgent.

Work is a frozen request; what it returns comes back in the thread that made the workers. Wanting other work cancels what is
no longer wanted. This file must not know what is painted, nor widgets.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence
from typing import Any, Protocol

from PySide6.QtCore import QObject, Signal, Slot

from cgplanner.errors import Cancelled
from cgplanner.render.qt.rank import step_back

THREADS = 2


class Work(Protocol):
    """One picture to paint."""

    @property
    def key(self) -> Hashable:
        """What it is; work with the same key is the same work."""
        ...

    @property
    def frees_python(self) -> bool:
        """Tell whether it spends its time in code that lets other threads run Python."""
        ...

    def perform(self, cancelled: Callable[[], bool]) -> Any:
        """Paint, in some thread. Raise ``Cancelled`` once ``cancelled`` says so."""
        ...


class Workers(QObject):
    """Threads that paint.

    Python's own threads, not a QThreadPool: PySide gives every QRunnable a fresh Python thread state, and with it the
    transformers that PROJ keeps for a thread would be made anew for each tile (40 ms), and freed under PROJ's feet.

    Signals
    -------
    finished(work, result)
        In the thread of this object, unless the work was cancelled meanwhile.
    failed(work, exception)
        A bug in the work.
    """

    finished = Signal(object, object)
    failed = Signal(object, object)
    _ended = Signal(object, object, object, object)

    def __init__(
        self, parent: QObject | None = None, threads: int = THREADS, urgent: Callable[[Work], bool] = lambda _: False
    ) -> None:
        super().__init__(parent)
        self._count, self._urgent = threads, urgent
        self._something = threading.Condition()
        self._queue: list[Work] = []
        self._running: dict[threading.Event, Work] = {}  # by the flag that stops it: the same work may be wanted once more
        self._threads: list[threading.Thread] = []
        self._closed = False
        self._ended.connect(self._take)

    def want(self, works: Sequence[Work]) -> None:
        """Do these, the first first, and nothing else; what runs already and is still wanted goes on."""
        if self._closed:
            return
        keys = {work.key for work in works}
        with self._something:
            for stop, work in self._running.items():
                if work.key not in keys:
                    stop.set()
            busy = {work.key for stop, work in self._running.items() if not stop.is_set()}
            self._queue = [work for work in works if work.key not in busy]
            self._something.notify_all()
        if works and not self._threads:
            self._start()

    def _start(self) -> None:
        takes = [self._takes_any, *[self._takes_free] * (self._count - 1)]
        self._threads = [
            *(
                threading.Thread(target=self._work, args=(each,), name=f"painter-{k}", daemon=True)
                for k, each in enumerate(takes)
            ),
            threading.Thread(target=self._work, args=(self._urgent,), name="painter-now", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def running(self) -> list[Work]:
        """Return the work that is being done now and still wanted, or done and on its way to :attr:`finished`."""
        with self._something:
            return [work for stop, work in self._running.items() if not stop.is_set()]

    @property
    def is_busy(self) -> bool:
        """True while anything is wanted that is not done."""
        with self._something:
            return bool(self._queue) or any(not stop.is_set() for stop in self._running)

    def close(self, wait_seconds: float | None = None) -> None:
        """Cancel everything and wait until the threads have ended, no longer than this: one may hang on a network."""
        with self._something:
            self._closed = True
            self._queue = []
            for stop in self._running:
                stop.set()
            self._something.notify_all()
        for thread in self._threads:
            thread.join(wait_seconds)
        self._threads = []

    # What Qt paints is made ready in Python, which one thread at a time can run. A second thread at that would not be quicker,
    # only keep the window waiting longer; it takes only what frees the lock. Urgent work is short, and somebody looks at the
    # place: it has a thread of its own, which does not stand behind others.

    def _takes_any(self, work: Work) -> bool:
        return not self._urgent(work)

    def _takes_free(self, work: Work) -> bool:
        return work.frees_python and not self._urgent(work)

    def _work(self, takes: Callable[[Work], bool]) -> None:
        """Take work until the end; runs in the threads."""
        if takes != self._urgent:
            step_back()
        while (taken := self._next(takes)) is not None:
            work, stop = taken
            result, error = None, None
            try:
                result = work.perform(stop.is_set)
            except BaseException as trouble:  # noqa: BLE001  it is told in the thread of the window
                error = trouble
            with self._something:
                told = not self._closed and not stop.is_set() and not isinstance(error, Cancelled)
                if not told:
                    del self._running[stop]
            if told:  # it counts as running until it is taken: whoever plans meanwhile must not want it once more
                self._ended.emit(stop, work, result, error)

    def _next(self, takes: Callable[[Work], bool]) -> tuple[Work, threading.Event] | None:
        with self._something:
            while (at := self._first(takes)) is None:
                if self._closed:
                    return None
                self._something.wait()
            work, stop = self._queue.pop(at), threading.Event()
            self._running[stop] = work
            return work, stop

    def _first(self, takes: Callable[[Work], bool]) -> int | None:
        return next((at for at, work in enumerate(self._queue) if takes(work)), None)

    @Slot(object, object, object, object)
    def _take(self, stop: threading.Event, work: Work, result: Any, error: BaseException | None) -> None:
        with self._something:
            del self._running[stop]
        if self._closed:
            return
        if error is not None:
            self.failed.emit(work, error)
        else:
            self.finished.emit(work, result)
