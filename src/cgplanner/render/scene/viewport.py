"""What part of the earth is looked at, at what size: the one place where map coordinates become device coordinates.

Device units are pixels of 1/96 inch or millimetres of paper, y down from the top left. Differences are taken in float64
before anything is scaled: eastings with a zone number are about 37 500 000 m. This file must not know layers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np

from cgplanner.geometry.crs import metres_per_unit, transform_xy
from cgplanner.geometry.ragged import Floats
from cgplanner.symbology.style import MM_PER_PX

Box = tuple[float, float, float, float]
Unit = Literal["px", "mm"]

METRES_PER_UNIT: dict[Unit, float] = {"px": MM_PER_PX / 1000, "mm": 0.001}
_STEPS = 17  # points along each side of a box whose image in another CRS is wanted


@dataclass(frozen=True)
class Viewport:
    """A window on the map.

    Attributes
    ----------
    x, y
        The centre, in units of ``crs``.
    units_per_px
        How many units of the CRS lie under one device unit (a pixel, or a millimetre when ``unit`` is "mm").
    width, height
        Size of the target in device units.
    crs
        What the map is drawn in; '' leaves all coordinates as they are.
    """

    x: float
    y: float
    units_per_px: float
    width: float
    height: float
    unit: Unit = "px"
    crs: str = ""

    @property
    def extent(self) -> Box:
        """The visible box minx, miny, maxx, maxy in the CRS."""
        return self.extent_with(0.0)

    def extent_with(self, margin: float) -> Box:
        """Return the visible box with so many device units more on each side."""
        half_w = (self.width / 2 + margin) * self.units_per_px
        half_h = (self.height / 2 + margin) * self.units_per_px
        return self.x - half_w, self.y - half_h, self.x + half_w, self.y + half_h

    @property
    def affine(self) -> tuple[float, float, float, float, float, float]:
        """a, b, c, d, e, f of device x = a x + b y + c and device y = d x + e y + f."""
        scale = 1.0 / self.units_per_px
        return scale, 0.0, self.width / 2 - self.x * scale, 0.0, -scale, self.height / 2 + self.y * scale

    def to_device(self, xy: Floats) -> Floats:
        """Return map coordinates (n, 2) as device coordinates."""
        with np.errstate(invalid="ignore", over="ignore"):
            out: Floats = (xy - (self.x, self.y)) * (1.0 / self.units_per_px, -1.0 / self.units_per_px)
        out += (self.width / 2, self.height / 2)
        return out

    def to_map(self, xy: Floats) -> Floats:
        """Return device coordinates (n, 2) as map coordinates."""
        out: Floats = (np.asarray(xy, np.float64) - (self.width / 2, self.height / 2)) * (self.units_per_px, -self.units_per_px)
        out += (self.x, self.y)
        return out

    @cached_property
    def scale_denominator(self) -> float:
        """n of 1:n, true at the centre of the view, for a device pixel of 1/96 inch (or real millimetres)."""
        return self.units_per_px * metres_per_unit(self.crs, self.x, self.y) / METRES_PER_UNIT[self.unit]

    @property
    def px(self) -> float:
        """One pixel of 1/96 inch in device units; what style sizes are multiplied by."""
        return 1.0 if self.unit == "px" else MM_PER_PX

    def at_scale(self, denominator: float) -> Viewport:
        """Return the same window at another scale."""
        return replace(self, units_per_px=self.units_per_px * denominator / self.scale_denominator)

    def box_in(self, crs: str, margin: float) -> Box | None:
        """Return a box of another CRS that holds the window and a margin (device units); None when it has no image there."""
        box = self.extent_with(margin)
        if not crs or not self.crs or crs == self.crs:
            return box
        image = transform_xy(self.crs, crs, _points_over(box))
        image = image[np.isfinite(image).all(axis=1)]
        if not len(image):
            return None
        low, high = image.min(axis=0), image.max(axis=0)
        spare = (high - low) / _STEPS / 4  # what bends beyond the points between two of them
        return float(low[0] - spare[0]), float(low[1] - spare[1]), float(high[0] + spare[0]), float(high[1] + spare[1])


def _points_over(box: Box) -> Floats:
    """Return a grid of points over a box; the inside counts too, for a pole may lie there."""
    x, y = np.meshgrid(np.linspace(box[0], box[2], _STEPS), np.linspace(box[1], box[3], _STEPS))
    return np.column_stack([x.ravel(), y.ravel()])


def viewport_of(box: Box, width: float, height: float, crs: str, *, unit: Unit = "px", margin: float = 0.0) -> Viewport:
    """Return the window of this size that shows a box (units of ``crs``) as large as it goes, with a margin in device units."""
    across, up = max(box[2] - box[0], 0.0), max(box[3] - box[1], 0.0)
    units = max(across / max(width - 2 * margin, 1.0), up / max(height - 2 * margin, 1.0))
    if not math.isfinite(units) or units <= 0.0:
        units = 1.0
    return Viewport((box[0] + box[2]) / 2, (box[1] + box[3]) / 2, units, width, height, unit, crs)
