"""Qt's painter without Python's lock: the few calls that take milliseconds, made so that the window can go on meanwhile.

PySide holds the lock through every call of a QPainter, so one wide translucent line in a worker keeps the window from its
next frame. The same functions of Qt's library, called through ctypes, let it go. They are public functions, which Qt promises
to keep in all of Qt 6, take pointers and numbers and return nothing. Where they are not found, or the platform is none that
this was tried on, PySide's own calls do the same with the lock held; so they do in the main thread, which would have to wait
for the lock after each of them. The painter, its image and what is painted must belong to one thread.
"""

from __future__ import annotations

import ctypes
import sys
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import PySide6
from PySide6.QtCore import QRectF
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPainterPath, QPen
from shiboken6 import Shiboken
from shiboken6.Shiboken import Object

PLATFORMS = ("linux",)  # macOS has the same names and Windows others, but nobody has tried them there
_LIBRARY = "libQt6Gui.so.6"


class _Functions(NamedTuple):
    fill_path: Callable[[int, int, int], None]
    stroke_path: Callable[[int, int, int], None]
    draw_image: Callable[[int, int, int, int, int], None]
    fill_image: Callable[[int, int], None]


def _found_in(library: ctypes.CDLL) -> _Functions:
    pointer = ctypes.c_void_p

    def function(name: str, *arguments: type) -> Callable[..., None]:
        found = getattr(library, name)
        found.argtypes, found.restype = arguments, None
        made: Callable[..., None] = found
        return made

    return _Functions(
        function("_ZN8QPainter8fillPathERK12QPainterPathRK6QBrush", pointer, pointer, pointer),
        function("_ZN8QPainter10strokePathERK12QPainterPathRK4QPen", pointer, pointer, pointer),
        function(
            "_ZN8QPainter9drawImageERK6QRectFRK6QImageS2_6QFlagsIN2Qt19ImageConversionFlagEE",
            *(pointer, pointer, pointer, pointer, ctypes.c_int),
        ),
        function("_ZN6QImage4fillEj", pointer, ctypes.c_uint),
    )


@cache
def _functions() -> _Functions | None:
    """Return the functions of the library that PySide has loaded; None where they cannot be had."""
    if sys.platform not in PLATFORMS:
        return None
    own = Path(PySide6.__file__).parent / "Qt" / "lib" / _LIBRARY
    try:
        return _found_in(ctypes.CDLL(str(own) if own.is_file() else _LIBRARY))
    except (OSError, AttributeError):
        return None


def _beside() -> _Functions | None:
    """Return the functions in a thread beside the window's."""
    return None if threading.current_thread() is threading.main_thread() else _functions()


def is_unlocked() -> bool:
    """Tell whether other threads run Python while these functions paint in the calling one."""
    return _beside() is not None


def _at(thing: Object) -> int:
    """Return where a Qt object lies in memory; whoever asks keeps the object."""
    return int(Shiboken.getCppPointer(thing)[0])


def fill_path(painter: QPainter, path: QPainterPath, color: QColor) -> None:
    """Fill a path."""
    qt, brush = _beside(), QBrush(color)
    if qt is None:
        painter.fillPath(path, brush)
    else:
        qt.fill_path(_at(painter), _at(path), _at(brush))


def stroke_path(painter: QPainter, path: QPainterPath, pen: QPen) -> None:
    """Draw a line along a path."""
    qt = _beside()
    if qt is None:
        painter.strokePath(path, pen)
    else:
        qt.stroke_path(_at(painter), _at(path), _at(pen))


def draw_image(painter: QPainter, target: QRectF, image: QImage) -> None:
    """Lay a whole image on a rectangle in the painter's units."""
    qt, whole = _beside(), QRectF(image.rect())
    if qt is None:
        painter.drawImage(target, image, whole)
    else:
        qt.draw_image(_at(painter), _at(target), _at(image), _at(whole), 0)


def clear(image: QImage) -> None:
    """Make an image wholly transparent; nobody else may hold it."""
    qt = _beside()
    if qt is None:
        image.fill(0)
    else:
        qt.fill_image(_at(image), 0)
