"""What the map looks at: where it is going and what is shown on the way there. No widgets, no painting.

``target`` is the view that was asked for and that tiles are drawn for; ``shown`` follows within 120 ms.
"""

from __future__ import annotations

import math
import time
from dataclasses import replace

from cgplanner.render.qt.tiles import neat
from cgplanner.render.scene.viewport import Box, Viewport, viewport_of

ZOOM_SECONDS = 0.12
SMALLEST_SCALE, LARGEST_SCALE = 20.0, 500_000_000.0
FIT_MARGIN_PX = 24.0


class MapView:
    """A view of a map that moves."""

    def __init__(self) -> None:
        self.target = Viewport(0.0, 0.0, 1.0, 0.0, 0.0)
        self._from = self.target
        self._anchor = (0.0, 0.0)
        self._started: float | None = None

    @property
    def is_moving(self) -> bool:
        """True while what is shown is on its way to the target."""
        if self._started is not None and time.perf_counter() - self._started >= ZOOM_SECONDS:
            self._started = None
        return self._started is not None

    @property
    def shown(self) -> Viewport:
        """What is to be painted now."""
        if not self.is_moving or self._started is None:
            return self.target
        share = (time.perf_counter() - self._started) / ZOOM_SECONDS
        eased = 1.0 - (1.0 - share) ** 3
        units = self._from.units_per_px * (self.target.units_per_px / self._from.units_per_px) ** eased
        return about(self.target, self._anchor, units)

    def resize(self, width: float, height: float) -> None:
        """Take another size; the centre stays."""
        self._started = None
        self.target = replace(self.target, width=width, height=height)

    def show_in(self, crs: str) -> None:
        """Take another CRS; the place has to be set anew."""
        self._started = None
        self.target = replace(self.target, crs=crs)

    def go(self, x: float, y: float, units_per_px: float | None = None) -> None:
        """Look there at once."""
        self._started = None
        units = self.target.units_per_px if units_per_px is None else self._held(units_per_px)
        self.target = replace(self.target, x=x, y=y, units_per_px=neat(units))

    def pan(self, dx_px: float, dy_px: float) -> None:
        """Move what is seen by so many pixels."""
        now = self.shown
        self.go(now.x - dx_px * now.units_per_px, now.y + dy_px * now.units_per_px, now.units_per_px)

    def zoom(self, factor: float, at_px: tuple[float, float] | None = None) -> None:
        """Make everything larger by a factor; the map under this pixel (the middle when None) stays where it is."""
        now, target = self.shown, self.target
        at = at_px or (target.width / 2, target.height / 2)
        units = neat(self._held(target.units_per_px / factor))
        self._from, self._anchor = now, at
        x = now.x + (at[0] - now.width / 2) * (now.units_per_px - units)
        y = now.y - (at[1] - now.height / 2) * (now.units_per_px - units)
        self.target = replace(target, x=x, y=y, units_per_px=units)
        self._started = time.perf_counter()

    def fit(self, box: Box, *, closest_scale: float = 0.0) -> None:
        """Look at a box with a margin around it, no closer than a scale."""
        now = self.target
        found = viewport_of(box, now.width, now.height, now.crs, margin=FIT_MARGIN_PX)
        if closest_scale and found.scale_denominator < closest_scale:
            found = found.at_scale(closest_scale)
        self.go(found.x, found.y, found.units_per_px)

    def set_scale(self, denominator: float) -> None:
        """Look at the same centre at 1:denominator."""
        if denominator > 0:
            found = self.target.at_scale(denominator)
            self.go(found.x, found.y, found.units_per_px)

    def _held(self, units: float) -> float:
        if not math.isfinite(units) or units <= 0:
            return self.target.units_per_px
        scale = replace(self.target, units_per_px=units).scale_denominator
        return units * min(max(scale, SMALLEST_SCALE), LARGEST_SCALE) / scale


def about(end: Viewport, anchor: tuple[float, float], units: float) -> Viewport:
    """Return the view at another scale in which the map under a pixel of ``end`` is where it is in ``end``."""
    x = end.x + (anchor[0] - end.width / 2) * (end.units_per_px - units)
    y = end.y - (anchor[1] - end.height / 2) * (end.units_per_px - units)
    return replace(end, x=x, y=y, units_per_px=units)
