"""What is wrong with shapes: vertices that are no numbers, rings that cross or touch themselves, lines without length.

Vectorised over shapely objects; a million parcels take seconds, so callers ask for some thousand at a time and in another
thread. Nothing is mended here. This file must not know tables or layers.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray

from cgplanner.geometry.ragged import Geometries

Flaw = Literal[
    "", "not-finite", "no-length", "too-few-points", "crosses-itself", "touches-itself", "rings-misplaced", "unsound"
]
FLAWS: tuple[Flaw, ...] = (
    "",
    "not-finite",
    "no-length",
    "too-few-points",
    "crosses-itself",
    "touches-itself",
    "rings-misplaced",
    "unsound",
)
# What GEOS says about an invalid shape, and which flaw that is; the first that fits.
_REASONS: tuple[tuple[str, Flaw], ...] = (
    ("Invalid Coordinate", "not-finite"),
    ("Too few points", "too-few-points"),
    ("Ring Self-intersection", "touches-itself"),
    ("Self-intersection", "crosses-itself"),
    ("Hole lies outside", "rings-misplaced"),
    ("Holes are nested", "rings-misplaced"),
    ("Nested shells", "rings-misplaced"),
    ("Duplicate Rings", "rings-misplaced"),
    ("Interior is disconnected", "touches-itself"),
)


def flaws_of(geometries: Geometries) -> NDArray[np.int8]:
    """int8 (n,): the number of each shape's flaw in :data:`FLAWS`, 0 where it is sound, empty or missing."""
    out = np.zeros(len(geometries), np.int8)
    with np.errstate(invalid="ignore"):  # that is what is looked for
        bad = np.flatnonzero(~shapely.is_valid(geometries) & ~shapely.is_missing(geometries))
        out[bad] = [_flaw(shape) for shape in geometries[bad]]
        lines = np.flatnonzero((shapely.get_dimensions(geometries) == 1) & ~shapely.is_empty(geometries) & (out == 0))
        out[lines[shapely.length(geometries[lines]) == 0.0]] = FLAWS.index("no-length")
    return out


def _flaw(shape: shapely.Geometry) -> int:
    xy = shapely.get_coordinates(shape)
    if not np.isfinite(xy).all():
        return FLAWS.index("not-finite")
    if shapely.get_dimensions(shape) == 1:
        return FLAWS.index("no-length")
    reason = str(shapely.is_valid_reason(shape))
    return FLAWS.index(next((flaw for words, flaw in _REASONS if words in reason), "unsound"))
