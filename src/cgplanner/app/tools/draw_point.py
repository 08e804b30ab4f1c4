"""Draws points."""

from __future__ import annotations

from typing import Any, ClassVar

import shapely

from cgplanner.app.canvas import Pointer
from cgplanner.app.tools.drawing import DrawTool
from cgplanner.geometry.ragged import Floats
from cgplanner.text import tr


class DrawPointTool(DrawTool):
    """Each click makes a feature."""

    id: ClassVar[str] = "add-point"
    family: ClassVar[str] = "point"

    def hint(self) -> str:
        return tr("Click where the point belongs. Alt keeps it from snapping.")

    def geometry(self, points: Floats) -> Any:
        return shapely.Point(*points[0])

    def press(self, pointer: Pointer) -> None:
        super().press(pointer)
        if self._set:
            self.finish()

    def double_click(self, pointer: Pointer) -> None:
        """Nothing more than the two clicks it is made of."""
