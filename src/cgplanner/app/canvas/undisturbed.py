"""Keeps Python for the thread of the window while it makes a frame; workers have it between two frames."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

AT_MOST_SECONDS = 0.02  # more than a frame takes; whoever lost the lock just before waits for as long, the window too
_HALF = 5e-7  # half a microsecond: Python cuts what it is told to whole ones, and would lose one with every frame


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let no other thread take Python's lock from this one; only the thread of the window may ask for it.

    A thread that wants the lock waits for as long as the switch interval before the holder has to give it up. Workers that run
    Python would so get every second half millisecond of a frame.
    """
    usual = sys.getswitchinterval()
    sys.setswitchinterval(max(usual, AT_MOST_SECONDS) + _HALF)
    try:
        yield
    finally:
        sys.setswitchinterval(usual + _HALF)
