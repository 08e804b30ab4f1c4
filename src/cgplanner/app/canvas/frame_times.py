"""How long frames take: what a benchmark asks the canvas afterwards."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass

import numpy as np

KEPT = 20_000


@dataclass(frozen=True)
class FrameTimes:
    """Milliseconds of the latest frames: painting alone, from asking for a frame to its end, and between two ends."""

    paint: tuple[float, ...]
    latency: tuple[float, ...]
    intervals: tuple[float, ...]


def percentile(values: tuple[float, ...], share: float) -> float:
    """Return the value that this share (0..100) of the values does not exceed; 0 when there are none."""
    return float(np.percentile(values, share)) if values else 0.0


class FrameClock:
    """Writes down when frames are asked for, begun and done."""

    def __init__(self) -> None:
        self._paint: deque[float] = deque(maxlen=KEPT)
        self._latency: deque[float] = deque(maxlen=KEPT)
        self._intervals: deque[float] = deque(maxlen=KEPT)
        self._asked: float | None = None
        self._begun = self._ended = 0.0

    def ask(self, at: float | None = None) -> None:
        """Note that a frame is due (at a moment of ``time.perf_counter``, now when None), unless one was due before."""
        if self._asked is None:
            self._asked = time.perf_counter() if at is None else at

    def begin(self) -> None:
        """Note that painting starts."""
        self._begun = time.perf_counter()

    def end(self) -> None:
        """Note that painting is done."""
        now = time.perf_counter()
        self._paint.append((now - self._begun) * 1000)
        if self._asked is not None:
            self._latency.append((now - self._asked) * 1000)
            self._asked = None
        if self._ended:
            self._intervals.append((now - self._ended) * 1000)
        self._ended = now

    def clear(self) -> None:
        """Forget all frames."""
        self.__init__()  # type: ignore[misc]  # the first state is the only other state

    def times(self) -> FrameTimes:
        """Return what was noted."""
        return FrameTimes(tuple(self._paint), tuple(self._latency), tuple(self._intervals))
