"""Flat shapes as matplotlib path codes, and the outlines of markers; arrays in, arrays out."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator
from functools import cache

import numpy as np
from matplotlib.path import Path

from cgplanner.geometry.ragged import Floats
from cgplanner.render.page.path_streams import BULK
from cgplanner.render.page.sheet import Codes
from cgplanner.render.scene.display_list import Shapes
from cgplanner.symbology.glyphs import ARROW, glyph
from cgplanner.symbology.style import MarkerShape
from cgplanner.symbology.svg_path import ellipse, rectangle

CHUNK = 1000  # features to a path: viewers slow down on longer ones


def chunks(shapes: Shapes, size: int = CHUNK) -> Iterator[tuple[Floats, Codes, Hashable]]:
    """Yield compound paths of so many features, with a key for those that are long; closed rings are closed.

    The key names the coordinates, so that an area's fill and its edge have the same.
    """
    for first in range(0, len(shapes), size):
        last = min(first + size, len(shapes))
        xy, codes = compound(shapes, first, last)
        rings = int(shapes.shapes[first]), int(shapes.shapes[last])
        if len(xy):
            yield xy, codes, (id(shapes.xy), id(shapes.rings), *rings) if len(xy) >= BULK else None


def compound(shapes: Shapes, first: int, last: int) -> tuple[Floats, Codes]:
    """Return features ``first`` to ``last`` as one path."""
    rings = shapes.rings[shapes.shapes[first] : shapes.shapes[last] + 1]
    xy = shapes.xy[rings[0] : rings[-1]]
    starts, ends = rings[:-1] - rings[0], rings[1:] - rings[0]
    full = ends > starts
    starts, ends = starts[full], ends[full]
    codes = np.full(len(xy), Path.LINETO, np.uint8)
    codes[starts] = Path.MOVETO
    closed = (ends - starts > 3) & (xy[starts] == xy[ends - 1]).all(axis=1)
    codes[ends[closed] - 1] = Path.CLOSEPOLY
    return xy, codes


@cache
def marker_outline(shape: MarkerShape) -> tuple[Floats, Codes]:
    """Return the outline of a marker of size 1 around the origin, y down, as the screen draws it; a cross is two lines."""
    if shape == "circle":
        return ellipse(0.0, 0.0, 0.5, 0.5)  # from three o'clock with the clock, as Qt goes: a ring's dashes begin there
    if shape == "square":
        return rectangle(-_S / 2, -_S / 2, _S, _S, _CORNER, _CORNER)
    if shape == "cross":
        arms = np.array([(-0.5, 0.0), (0.5, 0.0), (0.0, -0.5), (0.0, 0.5)])
        return arms, np.array([Path.MOVETO, Path.LINETO, Path.MOVETO, Path.LINETO], np.uint8)
    corners = np.array(ARROW if shape == "arrow" else _star() if shape == "star" else _CORNERS[shape], np.float64) / 2
    codes = np.full(len(corners) + 1, Path.LINETO, np.uint8)
    codes[0], codes[-1] = Path.MOVETO, Path.CLOSEPOLY
    return np.vstack([corners, corners[:1]]), codes


def _star() -> list[tuple[float, float]]:
    radii = (1.15, 0.48)
    return [(radii[k % 2] * math.sin(math.pi * k / 5), -radii[k % 2] * math.cos(math.pi * k / 5)) for k in range(10)]


_S = 0.89  # a square of the circle's area looks as large
_CORNER = 0.075
_CORNERS: dict[str, list[tuple[float, float]]] = {
    "diamond": [(0.0, -1.15), (1.15, 0.0), (0.0, 1.15), (-1.15, 0.0)],
    "triangle": [(0.0, -1.15), (1.05, 0.75), (-1.05, 0.75)],
}


@cache
def glyph_outline(name: str) -> tuple[Floats, Codes]:
    """Return a glyph's outline in a square of side 1 around the origin, y down."""
    contours = glyph(name).contours
    return np.vstack([xy for xy, _ in contours]), np.concatenate([codes for _, codes in contours])
