"""The map: blits tiles, shows selection and previews on top, moves over the map. What the mouse means is the tools' affair."""

from cgplanner.app.canvas.map_canvas import MapCanvas
from cgplanner.app.canvas.overlay import Overlay
from cgplanner.app.canvas.tool import Pointer, Tool

__all__ = ["MapCanvas", "Overlay", "Pointer", "Tool"]
