"""What a tool is: it gets the mouse and the keys over the map, shows a preview, and ends in one operation.

A tool changes nothing before the mouse is released or Enter pressed; Esc leaves everything as it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QPainter

from cgplanner.model.signal import LayerChange


@dataclass(frozen=True)
class Pointer:
    """Where the mouse is: in pixels of the canvas and in the display CRS, and which keys are held."""

    x_px: float
    y_px: float
    x: float
    y: float
    shift: bool = False
    ctrl: bool = False
    alt: bool = False

    def is_near(self, other: Pointer, radius_px: float) -> bool:
        """Tell whether two places are no further apart than this on the screen."""
        return max(abs(self.x_px - other.x_px), abs(self.y_px - other.y_px)) <= radius_px


class Tool:
    """One way to use the mouse on the map; does nothing by itself.

    Attributes
    ----------
    id
        The id of the action that chooses it.
    cursor
        The shape of the mouse pointer while it waits.
    """

    id: ClassVar[str] = ""
    cursor: ClassVar[Qt.CursorShape] = Qt.CursorShape.ArrowCursor

    def hint(self) -> str:
        """Return one sentence about what to do with it."""
        return ""

    def target(self) -> str:
        """Return one sentence about what it changes, where that is not what is selected."""
        return ""

    def activate(self) -> None:
        """Begin: the user chose it."""

    def cancel(self) -> bool:
        """Leave everything as it was; return False when there was nothing to leave."""
        return False

    def press(self, pointer: Pointer) -> None:
        """Take the left button going down."""

    def move(self, pointer: Pointer, *, pressed: bool) -> None:
        """Take a move of the mouse, with the left button down or not."""

    def release(self, pointer: Pointer) -> None:
        """Take the left button coming up."""

    def double_click(self, pointer: Pointer) -> None:
        """Take a second click at the same place; the first one was a press as well."""

    def key(self, event: QKeyEvent) -> bool:
        """Take a key; return False when it is not meant for the tool."""
        del event
        return False

    def wants_key(self, event: QKeyEvent) -> bool:
        """Tell whether a key is the tool's before it is a shortcut of the window."""
        del event
        return False

    def changed(self, change: LayerChange) -> None:
        """Take in that the document changed, by this tool or another way."""

    def selection_changed(self) -> None:
        """Take in that other features are selected."""

    def paint(self, painter: QPainter) -> None:
        """Paint the preview, in pixels of the canvas."""
