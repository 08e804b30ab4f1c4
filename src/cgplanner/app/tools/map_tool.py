"""A tool that works on a canvas: what all of them begin with."""

from __future__ import annotations

from cgplanner.app.canvas import MapCanvas, Tool


class MapTool(Tool):
    """A tool of one canvas."""

    def __init__(self, canvas: MapCanvas) -> None:
        self.canvas = canvas
