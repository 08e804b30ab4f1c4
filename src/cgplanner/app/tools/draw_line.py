"""Draws lines."""

from __future__ import annotations

from typing import Any, ClassVar

import shapely

from cgplanner.app.tools.drawing import DrawTool
from cgplanner.errors import UserError
from cgplanner.geometry.ragged import Floats
from cgplanner.text import tr


class DrawLineTool(DrawTool):
    """Vertices make a line."""

    id: ClassVar[str] = "add-line"
    family: ClassVar[str] = "line"

    def geometry(self, points: Floats) -> Any:
        if len(points) < 2:
            raise UserError(tr("A line has at least two points."), hint=tr("Set another point, or press Esc."))
        return shapely.LineString(points)
