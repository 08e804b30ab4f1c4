"""What lies over the map and under the tools: graticule, scale bar, overview. Each paints itself from what it has kept.

An overlay is painted in every frame of a drag, so what it paints is made before and only moved.
"""

from __future__ import annotations

from PySide6.QtGui import QPainter

from cgplanner.app.canvas.tool import Pointer
from cgplanner.render.scene.viewport import Viewport


class Overlay:
    """Something over the map; does nothing by itself."""

    visible = True

    def paint(self, painter: QPainter, view: Viewport) -> None:
        """Paint it over this view, in pixels of the canvas."""

    def press(self, pointer: Pointer) -> bool:
        """Take the left button going down; False leaves it to the tool."""
        del pointer
        return False

    def drag(self, pointer: Pointer) -> None:
        """Take a move of the mouse after a press that was taken."""

    def forget(self) -> None:
        """Let go of everything that depends on theme, language or screen."""
