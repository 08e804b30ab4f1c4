"""The fonts that ship with the program, made known to Qt, and an application object where nobody has made one.

Text needs a QGuiApplication; a command line makes one here without a screen.
"""

from __future__ import annotations

import os
import threading

from PySide6.QtGui import QFont, QFontDatabase, QGuiApplication

from cgplanner.resources import resource_path

FAMILY = "Noto Sans SC"
_lock = threading.Lock()
_kept: list[QGuiApplication] = []
_loaded: list[int] = []


def ensure_application() -> None:
    """Make an application without a screen unless there is one; call it in the main thread before the first picture."""
    if QGuiApplication.instance() is None:
        if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")) and os.name == "posix":
            os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        _kept.append(QGuiApplication(["cgplanner"]))


def ensure_fonts() -> None:
    """Make the shipped fonts known to Qt, once."""
    with _lock:
        if not _loaded:
            names = ("NotoSansSC-Regular.ttf", "NotoSansSC-Bold.ttf")
            _loaded.extend(QFontDatabase.addApplicationFont(str(resource_path("fonts", name))) for name in names)


def map_font(pixels: int, *, bold: bool) -> QFont:
    """Return the font of map labels at this size in pixels, unhinted, so that widths scale exactly."""
    ensure_fonts()
    font = QFont(FAMILY)
    font.setPixelSize(pixels)
    font.setWeight(QFont.Weight.Bold if bold else QFont.Weight.Normal)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    font.setStyleStrategy(QFont.StyleStrategy.PreferOutline)
    return font
