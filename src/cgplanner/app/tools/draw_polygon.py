"""Draws areas."""

from __future__ import annotations

from typing import Any, ClassVar

import shapely

from cgplanner.app.tools.drawing import DrawTool
from cgplanner.errors import UserError
from cgplanner.geometry.ragged import Floats
from cgplanner.text import tr


class DrawPolygonTool(DrawTool):
    """Vertices make the outline of an area."""

    id: ClassVar[str] = "add-polygon"
    family: ClassVar[str] = "polygon"
    closed: ClassVar[bool] = True

    def geometry(self, points: Floats) -> Any:
        if len(points) < 3:
            raise UserError(tr("An area has at least three corners."), hint=tr("Set another point, or press Esc."))
        area = shapely.Polygon(points)
        if not area.is_valid:
            raise UserError(tr("The outline crosses itself."), hint=tr("Take points back with Backspace."))
        return area
