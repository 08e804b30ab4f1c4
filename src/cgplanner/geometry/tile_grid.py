"""Pictures of the ground cut into squares at several resolutions: where each square lies. Numbers only.

A *level* is one resolution, a *piece* a square of it, counted from the upper left corner as tile services do. Levels run from
coarse to fine. A raster file with overviews is the same thing with levels of its own. This file must not know files.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from cgplanner.geometry.crs import GEOGRAPHIC, transform_xy
from cgplanner.geometry.ragged import Floats
from cgplanner.geometry.web_offset import gcj02_from_wgs84, wgs84_from_gcj02

MERCATOR = "EPSG:3857"
_HALF = math.pi * 6378137.0  # metres from the middle of the Web Mercator square to its side

Affine = tuple[float, float, float, float, float, float]  # px = a x + b y + c, py = d x + e y + f
Offset = Literal["", "gcj02"]


class PieceKey(NamedTuple):
    """Which square: the number of its level, column from the left, row from the top."""

    level: int
    column: int
    row: int


@dataclass(frozen=True)
class Level:
    """One resolution.

    Attributes
    ----------
    number
        What the service calls it; of a raster, how often it was halved, negative: 0 is the file itself.
    to_px
        From the grid's CRS to pixels of the whole picture at this level.
    width, height
        Of the whole picture in pixels.
    """

    number: int
    to_px: Affine
    width: int
    height: int


@dataclass(frozen=True)
class TileGrid:
    """Where the pieces of a picture lie.

    Attributes
    ----------
    crs
        What the levels' affines take.
    tile
        Pixels along a side of a piece; the last ones of a raster are cut.
    offset
        ``gcj02`` where the picture shows every place at its GCJ-02 coordinates.
    """

    crs: str
    tile: int
    levels: tuple[Level, ...]
    offset: Offset = ""

    def level(self, number: int) -> Level:
        """Return the level of this number; KeyError when there is none."""
        for each in self.levels:
            if each.number == number:
                return each
        raise KeyError(number)

    def places(self, crs: str, xy: Floats) -> Floats:
        """Return where the picture shows places of another CRS (n, 2), in the grid's CRS; infinite where it does not."""
        if not self.offset:
            return transform_xy(crs, self.crs, xy, approximate=False)
        degrees = transform_xy(crs, GEOGRAPHIC, xy, approximate=False)
        return transform_xy(GEOGRAPHIC, self.crs, gcj02_from_wgs84(degrees), approximate=False)

    def places_back(self, crs: str, xy: Floats) -> Floats:
        """Return what a place of the picture (in the grid's CRS) is in another CRS: the other way round."""
        if not self.offset:
            return transform_xy(self.crs, crs, xy, approximate=False)
        degrees = transform_xy(self.crs, GEOGRAPHIC, xy, approximate=False)
        return transform_xy(GEOGRAPHIC, crs, wgs84_from_gcj02(degrees), approximate=False)


def to_pixels(affine: Affine, xy: Floats) -> Floats:
    """Return coordinates (n, 2) as pixels of a level."""
    a, b, c, d, e, f = affine
    with np.errstate(invalid="ignore", over="ignore"):
        return np.column_stack([a * xy[:, 0] + b * xy[:, 1] + c, d * xy[:, 0] + e * xy[:, 1] + f])


def inverted(affine: Affine) -> Affine:
    """Return the affine that leads back.

    Raises
    ------
    ValueError
        When it squeezes everything into a line.
    """
    a, b, c, d, e, f = affine
    area = a * e - b * d
    if not math.isfinite(area) or area == 0.0:
        raise ValueError("no way back")
    return e / area, -b / area, (b * f - c * e) / area, -d / area, a / area, (c * d - a * f) / area


def mercator_grid(tile: int = 256, min_zoom: int = 0, max_zoom: int = 18, offset: Offset = "") -> TileGrid:
    """Return the grid of Web Mercator services: one tile at level 0 (``w`` of the Chinese ones)."""
    levels = []
    for zoom in range(min_zoom, max_zoom + 1):
        side = tile << zoom
        scale = side / (2 * _HALF)
        levels.append(Level(zoom, (scale, 0.0, _HALF * scale, 0.0, -scale, _HALF * scale), side, side))
    return TileGrid(MERCATOR, tile, tuple(levels), offset)


def geographic_grid(tile: int = 256, min_zoom: int = 0, max_zoom: int = 18, offset: Offset = "") -> TileGrid:
    """Return the grid of services in CGCS2000 degrees (``c``): 360 degrees are 2**level tiles wide, level 1 is two by one."""
    levels = []
    for zoom in range(max(min_zoom, 1), max(max_zoom, 1) + 1):
        width = tile << zoom
        scale = width / 360.0
        levels.append(Level(zoom, (scale, 0.0, 180.0 * scale, 0.0, -scale, 90.0 * scale), width, width // 2))
    return TileGrid(GEOGRAPHIC, tile, tuple(levels), offset)


def raster_grid(crs: str, to_px: Affine, width: int, height: int, tile: int = 512, offset: Offset = "") -> TileGrid:
    """Return the grid of a raster of this size, halved until it fits into one piece."""
    halvings = max(math.ceil(math.log2(max(width, height, 1) / tile)), 0)
    levels = []
    for number in range(halvings, -1, -1):
        across, down = max(-(-width // (1 << number)), 1), max(-(-height // (1 << number)), 1)
        sx, sy = across / width, down / height
        a, b, c, d, e, f = to_px
        levels.append(Level(-number, (a * sx, b * sx, c * sx, d * sy, e * sy, f * sy), across, down))
    return TileGrid(crs, tile, tuple(levels), offset)
