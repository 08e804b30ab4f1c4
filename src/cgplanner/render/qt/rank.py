"""Lets a thread that works for later stand behind the ones somebody is waiting for: the window's own and the display's."""

from __future__ import annotations

import os
import sys
import threading

NICE = 10  # a ninth of the processor's time against a thread that wants it too; all of it when nobody does


def step_back() -> None:
    """Let the calling thread, and those it starts from now on, give way; it cannot be taken back.

    Linux counts this for every thread by itself. Elsewhere it would slow the whole program, so nothing is done there.
    """
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), max(NICE, os.getpriority(os.PRIO_PROCESS, 0)))
