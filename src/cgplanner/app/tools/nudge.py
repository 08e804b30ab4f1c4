"""Arrow keys as small steps."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

_STEPS = {
    Qt.Key.Key_Left: (-1.0, 0.0),
    Qt.Key.Key_Right: (1.0, 0.0),
    Qt.Key.Key_Up: (0.0, -1.0),
    Qt.Key.Key_Down: (0.0, 1.0),
}


def nudge_of(event: QKeyEvent) -> tuple[float, float] | None:
    """Return the step of an arrow key in pixels (ten times as long with Shift); None for any other key."""
    step = _STEPS.get(Qt.Key(event.key()))
    if step is None or event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier):
        return None
    factor = 10.0 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1.0
    return step[0] * factor, step[1] * factor
