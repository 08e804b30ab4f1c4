"""What lies outside of a layer's areas, as one shape: the window with the areas cut out. It tones neighbours down."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cgplanner.render.scene.display_list import FillBatch, Shapes
from cgplanner.render.scene.request import Theme
from cgplanner.render.scene.shapes.device_shapes import DeviceShapes, oriented
from cgplanner.render.scene.viewport import Viewport
from cgplanner.symbology.style import Fill

_DARK = "#08090B"
_SPARE_PX = 4.0  # beyond the window, so that its own edge is never seen


def toned(fill: Fill, theme: Theme) -> Fill:
    """Return the fill as it is laid on the theme's paper: on dark paper neighbours become darker still."""
    return fill if theme == "light" else replace(fill, color=_DARK)


def outside_batch(areas: DeviceShapes, fill: Fill, viewport: Viewport) -> FillBatch:
    """Return the fill of everything in the window but the areas, which must not overlap each other.

    The window runs against the areas' shells: where it lies on one, both windings add up to nothing.
    """
    spare = _SPARE_PX * viewport.px
    right, bottom = viewport.width + spare, viewport.height + spare
    window = np.array([(-spare, -spare), (-spare, bottom), (right, bottom), (right, -spare), (-spare, -spare)])
    cut = oriented(areas)
    xy = np.concatenate([window, cut.xy])
    rings = np.concatenate([[0], cut.rings + len(window)]).astype(np.int64)
    shape = Shapes(xy, rings, np.array([0, len(rings) - 1]), np.array([-1]))
    return FillBatch(shape, fill.color, fill.opacity)
