"""The window: Qt widgets over a session. Nothing below this room knows that it exists."""

from __future__ import annotations

import builtins

import PySide6.QtCore  # noqa: F401  puts its own import function in the place of Python's

# PySide looks through the source of every module that is imported after it for ``from __feature__ import``. Nobody here
# writes that, and the window would wait 0.1 s for it: Python's own function goes back to its place.
builtins.__import__ = getattr(builtins, "__orig_import__", builtins.__import__)
