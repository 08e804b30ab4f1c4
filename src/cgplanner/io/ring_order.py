"""Which way the rings of polygons turn: shapefiles want shells clockwise, GeoJSON the other way. Only arrays here."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cgplanner.geometry.ragged import MULTIPOLYGON, POLYGON, Ragged


def oriented(shapes: Ragged, *, clockwise: bool) -> Ragged:
    """Return the same shapes, the shells of polygons turning as asked and their holes the other way."""
    if not len(shapes.xy):
        return shapes
    starts = shapes.ring_offsets[:-1]
    lengths = np.diff(shapes.ring_offsets)
    origin = np.repeat(shapes.xy[starts], lengths, axis=0)
    x, y = (shapes.xy - origin).T  # near zero, where the products keep their digits
    cross = np.zeros(len(x))
    cross[:-1] = x[:-1] * y[1:] - x[1:] * y[:-1]
    cross[starts[1:] - 1] = 0.0
    twice_area = np.add.reduceat(cross, starts)
    shell = np.zeros(len(starts), np.bool_)
    shell[shapes.part_offsets[:-1]] = True
    wrong = twice_area > 0 if clockwise else twice_area < 0
    turn = np.where(shell, wrong, ~wrong & (twice_area != 0)) & _of_polygons(shapes)
    if not turn.any():
        return shapes
    within = np.arange(len(x)) - np.repeat(starts, lengths)
    flipped = np.repeat(starts + lengths - 1, lengths) - within
    order = np.where(np.repeat(turn, lengths), flipped, np.arange(len(x)))
    z = None if shapes.z is None else shapes.z[order]
    m = None if shapes.m is None else shapes.m[order]
    return Ragged(shapes.kinds, shapes.xy[order], shapes.ring_offsets, shapes.part_offsets, shapes.row_offsets, z, m)


def _of_polygons(shapes: Ragged) -> NDArray[np.bool_]:
    """Tell of every ring whether it belongs to a polygon."""
    polygon = np.isin(shapes.kinds, (POLYGON, MULTIPOLYGON))
    return np.asarray(np.repeat(polygon, np.diff(shapes.part_offsets[shapes.row_offsets])))
