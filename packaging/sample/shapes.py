"""The geometry rules: from what a row of the ledger says to a shape in CGCS2000 degrees.

Lengths, distances and widths are metres in a conformal conic projection around the cluster (scale error below 0.05 %
inside the five cities), never degrees. The rules know facts and the base map, and nothing of layers or files.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from pyproj.crs import ProjectedCRS
from pyproj.crs.coordinate_operation import LambertConformalConic2SPConversion
from shapely.geometry.base import BaseGeometry

from sample.ledger import BASE, Fact

CRS = "EPSG:4490"
# Standard parallels at a sixth of the cluster's height from its edges.
METRIC = ProjectedCRS(
    LambertConformalConic2SPConversion(
        latitude_first_parallel=37.15,
        latitude_second_parallel=39.15,
        latitude_false_origin=38.15,
        longitude_false_origin=112.25,
    ),
    name="CGCS2000 / fitted to the map",  # the name that the program has words for
    geodetic_crs=CRS,
)
GRID_DEGREES = 1e-6  # 0.1 m; finer digits of schematic positions would pretend
RIVER_REACH_M = 12_000
# A belt of 14 km does not follow each bend: its axis is the river without wiggles of less than this.
AXIS_TOLERANCE_M = 1_500
OUTLINE_TOLERANCE_M = 10


@dataclass(frozen=True)
class BaseMap:
    """The shapes that facts refer to by name, in CGCS2000 degrees."""

    cities: Mapping[str, BaseGeometry]
    counties: Mapping[str, BaseGeometry]
    rivers: Mapping[str, BaseGeometry]


@cache
def read_base_map(path: Path = BASE) -> BaseMap:
    """Read cities, counties and rivers by their Chinese names."""

    def named(layer: str) -> dict[str, BaseGeometry]:
        frame = gpd.read_file(path, layer=layer, columns=["name_zh"])
        return dict(zip(frame["name_zh"], frame.geometry, strict=True))

    return BaseMap(named("cities"), named("counties"), named("rivers"))


def shape_of(fact: Fact, base: BaseMap) -> BaseGeometry:
    """Return the shape of a fact: valid, not empty, shells counter-clockwise, coordinates on the 1e-6 degree grid."""
    shape = _RULES[fact.geometry.partition(":")[0]](fact, base)
    if fact.corridor_km is not None:
        shape = to_degrees(corridor(to_metres(shape), fact.corridor_km * 1000))
    return tidy(shape)


def _point(fact: Fact, _base: BaseMap) -> BaseGeometry:
    (position,) = fact.positions
    return shapely.Point(position)


def _line(fact: Fact, _base: BaseMap) -> BaseGeometry:
    return shapely.LineString(fact.positions)


def _polygon(fact: Fact, _base: BaseMap) -> BaseGeometry:
    return shapely.Polygon(fact.positions)


def _cities(fact: Fact, base: BaseMap) -> BaseGeometry:
    """Join the cities to one area: common borders disappear, outer ones stay vertex by vertex."""
    area = shapely.coverage_union_all([base.cities[name] for name in fact.cities])
    return shapely.MultiPolygon(shapely.get_parts(area).tolist())


def _along(fact: Fact, base: BaseMap) -> BaseGeometry:
    counties = shapely.union_all([to_metres(base.counties[name]) for name in fact.counties])
    river = to_metres(base.rivers[fact.river or ""])
    part = shapely.line_merge(shapely.intersection(river, shapely.buffer(counties, RIVER_REACH_M)))
    return to_degrees(part)


_RULES: dict[str, Callable[[Fact, BaseMap], BaseGeometry]] = {
    "point": _point,
    "line": _line,
    "polygon": _polygon,
    "city": _cities,
    "along": _along,
}


def corridor(axis: BaseGeometry, width_m: float) -> BaseGeometry:
    """Return the belt of this full width along a line in metres: flat ends, round bends, a few hundred vertices."""
    straightened = shapely.simplify(axis, AXIS_TOLERANCE_M)
    belt = shapely.buffer(straightened, width_m / 2, cap_style="flat", join_style="round", quad_segs=12)
    return shapely.simplify(belt, OUTLINE_TOLERANCE_M)


def tidy(shape: BaseGeometry) -> BaseGeometry:
    """Put a shape in degrees on the coordinate grid, with shells counter-clockwise."""
    return shapely.orient_polygons(shapely.set_precision(shape, GRID_DEGREES))


@cache
def _transformer(*, forward: bool) -> pyproj.Transformer:
    source, target = (CRS, METRIC) if forward else (METRIC, CRS)
    return pyproj.Transformer.from_crs(source, target, always_xy=True)


def to_metres(shape: BaseGeometry) -> BaseGeometry:
    """Project a shape from CGCS2000 degrees into the cluster's conformal conic."""
    return _transformed(shape, forward=True)


def to_degrees(shape: BaseGeometry) -> BaseGeometry:
    """Bring a shape back from the cluster's conformal conic into CGCS2000 degrees."""
    return _transformed(shape, forward=False)


def _transformed(shape: BaseGeometry, *, forward: bool) -> BaseGeometry:
    transformer = _transformer(forward=forward)
    return shapely.transform(shape, lambda xy: np.column_stack(transformer.transform(xy[:, 0], xy[:, 1])))
