"""Stand-in for the map until its room moves in: the same face, an empty sheet of the map's paper."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from cgplanner.app import theme
from cgplanner.app.bridge import Bridge

Extent = tuple[float, float, float, float]


class MapCanvas(QWidget):
    """What the window asks of a map.

    Signals
    -------
    view_changed(View), position_changed(x, y), drawing(bool), tool_changed(str)
        Positions in the display CRS; a tool by the id of its action.
    """

    view_changed = Signal(object)
    position_changed = Signal(float, float)
    drawing = Signal(bool)
    tool_changed = Signal(str)

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge

    @property
    def extent(self) -> Extent | None:
        """The box shown, in the display CRS; None while nothing is."""
        return None

    def choose_tool(self, action_id: str) -> None:
        """Work with the tool of this action from now on."""

    def set_scale(self, scale: float) -> None:
        """Show the map at this denominator."""

    def zoom_in(self) -> None:
        """Show half as much."""

    def zoom_out(self) -> None:
        """Show twice as much."""

    def full_extent(self) -> None:
        """Show everything."""

    def zoom_to_layer(self, layer_id: str) -> None:
        """Show the whole layer."""

    def zoom_to_selection(self) -> None:
        """Show the selected features."""

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme.current().map_paper))
        painter.end()
