"""What a window can tell of large shapes: runs of vertices beyond one of its sides count by their two ends.

A small piece of the map that is drawn anew meets areas of thousands of vertices; cutting, dashing and eroding them whole would
take longer than all that is seen. This file must not know symbols.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cgplanner.geometry.ragged import Floats
from cgplanner.render.scene.shapes.device_shapes import DeviceShapes
from cgplanner.render.scene.viewport import Box

_LEFT, _RIGHT, _ABOVE, _BELOW = (np.uint8(1 << k) for k in range(4))


def nearby(shapes: DeviceShapes, limit: Box) -> DeviceShapes:
    """Return lines or rings that look the same within the limit, with few vertices beyond it and no ring that lies there whole.

    What is left out lies, with what stays before and after it, beyond the same sides: no edge comes to lie nearer, and areas
    wind as often round every place within. How far each vertex is along its line stays known (``along``). What is done to
    the result must not ask for whole lengths, areas or boxes.
    """
    zone = _zones(shapes.xy, limit)
    if not zone.any():
        return shapes
    starts, ends = shapes.rings[:-1], shapes.rings[1:] - 1
    same = zone[1:] == zone[:-1]
    keep = zone == 0
    keep[1:-1] |= ~(same[1:] & same[:-1])
    keep[starts] = keep[ends] = True
    beyond = np.bitwise_and.reduceat(zone, starts) != 0
    if beyond.any():
        keep &= ~np.repeat(beyond, ends - starts + 1)
    return shapes.kept(keep, _along(shapes))


def _zones(xy: Floats, limit: Box) -> NDArray[np.uint8]:
    """uint8 (v,): beyond which sides of the limit each vertex lies; 0 within."""
    x, y = xy[:, 0], xy[:, 1]
    zone = (x < limit[0]) * _LEFT
    zone |= (x > limit[2]) * _RIGHT
    zone |= (y < limit[1]) * _ABOVE
    zone |= (y > limit[3]) * _BELOW
    return zone


def _along(shapes: DeviceShapes) -> Floats:
    """float64 (v,): the length of all lines together up to each vertex; jumps from one to the next have none."""
    steps = np.zeros(len(shapes.xy))
    steps[1:] = np.hypot(*np.diff(shapes.xy, axis=0).T)
    steps[shapes.rings[:-1]] = 0.0
    return np.cumsum(steps)
