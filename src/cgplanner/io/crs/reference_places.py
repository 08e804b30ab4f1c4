"""Where data ought to be: the outlines, county names and places of the base layers that ship with the program.

The zone detective holds a layer against them, and against the layers that are open. Degrees (CGCS2000) everywhere. Only the
shipped sample is read here.
"""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache
from typing import Any

import numpy as np
import shapely

from cgplanner.geometry.crs import GEOGRAPHIC, transform_xy
from cgplanner.geometry.ragged import Floats
from cgplanner.io.sqlite.geopackage_sql import wkb_start
from cgplanner.model.table import FeatureTable
from cgplanner.resources import layers_path

DEGREE_KM = 111.0
SAME_VERTEX, BESIDE, LARGE = 3e-5, 0.02, 0.1  # degrees: 3 m, 2 km, 10 km
MANY = 20_000  # vertices and rows of an open layer that are looked at
_WORDS = ("城区", "矿区", "郊区")  # names of districts that are words too


@dataclass(frozen=True, eq=False)
class Reference:
    """What is known of the ground.

    Attributes
    ----------
    region
        The cluster, with a margin of about 2 km.
    shapes
        {name: area} of cities and counties, by full and short name.
    centres, places
        {name: (lon, lat)} of the middles of areas, and of places, whose names are theirs alone.
    seats
        float64 (n, 2): all places.
    outlines
        Tree over the vertices of the outlines, as points.
    rough
        The region with few corners, to measure how far away things are.
    surveyed, beside
        Trees over vertices of the layers that are open, as points, and over the extents of their rows; None without any.
    """

    region: Any
    shapes: dict[str, Any]
    centres: dict[str, Floats]
    places: dict[str, Floats]
    seats: Floats
    outlines: Any
    rough: Any
    surveyed: Any = None
    beside: Any = None

    def share_surveyed(self, lonlat: Floats) -> float:
        """Return the share of points that are vertices of open layers, to 3 m."""
        return _share_near(self.surveyed, lonlat, SAME_VERTEX)

    def share_beside(self, lonlat: Floats) -> float:
        """Return the share of points that lie within about 2 km of rows of open layers."""
        return _share_near(self.beside, lonlat, BESIDE)

    def inside(self, lonlat: Floats) -> Any:
        """bool (n,): which points lie in the region."""
        return shapely.contains_xy(self.region, lonlat[:, 0], lonlat[:, 1])

    def kilometres(self, lonlat: Floats) -> float:
        """Return the middle one of the points' distances from the region, roughly; infinite for none on earth."""
        there = lonlat[np.isfinite(lonlat).all(axis=1)]
        if not len(there) or len(there) < len(lonlat) / 2:
            return float("inf")
        return float(np.median(shapely.distance(shapely.points(there), self.rough))) * DEGREE_KM

    def mentioned(self, text: str) -> list[str]:
        """Return the names of areas that a text mentions, the longest ones only."""
        return list(_mentions(self._pattern, text))

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return _pattern_of(tuple(self.shapes))


@lru_cache(maxsize=4096)
def _mentions(pattern: re.Pattern[str], text: str) -> tuple[str, ...]:
    """Return what a text mentions: every candidate asks the same of the same rows."""
    return tuple(pattern.findall(text))


def _share_near(tree: Any, lonlat: Floats, degrees: float) -> float:
    there = lonlat[np.isfinite(lonlat).all(axis=1)]
    if tree is None or not len(there):
        return 0.0
    near = tree.query(shapely.points(there), predicate="dwithin", distance=degrees)[0]
    return len(np.unique(near)) / len(lonlat)


def with_layers(reference: Reference, layers: Iterable[tuple[FeatureTable, str]]) -> Reference:
    """Return the reference that knows the layers of a workspace too, as (table, CRS); a fair share of each is looked at."""
    vertices, extents = [np.empty((0, 2))], [np.empty((0, 2, 2))]
    for table, crs in layers:
        column = table.geometry
        if crs and len(column.base.xy):
            vertices.append(transform_xy(crs, GEOGRAPHIC, _some(column.base.xy)))
            bounds = _some(column.bounds[~np.isnan(column.bounds[:, 0])])
            extents.append(np.stack([transform_xy(crs, GEOGRAPHIC, bounds[:, pair]) for pair in ([0, 1], [2, 3])], axis=1))
    points, boxes = np.concatenate(vertices), np.concatenate(extents)
    points, boxes = points[np.isfinite(points).all(axis=1)], boxes[np.isfinite(boxes).all(axis=(1, 2))]
    boxes = boxes[(np.abs(boxes[:, 1] - boxes[:, 0]) < LARGE).all(axis=1)]  # a whole city is beside everything
    return replace(
        reference,
        surveyed=shapely.STRtree(np.asarray(shapely.points(points), object)) if len(points) else None,
        beside=shapely.STRtree(np.asarray(shapely.box(*boxes[:, 0].T, *boxes[:, 1].T), object)) if len(boxes) else None,
    )


def _some(values: Floats) -> Floats:
    return values[:: max(1, len(values) // MANY)]


@cache
def _pattern_of(names: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(name) for name in sorted(names, key=len, reverse=True)))


@cache
def shipped_reference() -> Reference:
    """Return the reference made of the shipped base layers; read once."""
    with contextlib.closing(sqlite3.connect(f"{layers_path('sample.gpkg').absolute().as_uri()}?mode=ro", uri=True)) as database:
        cities = _named(database, "SELECT XZQMC, geom FROM cities")
        counties = _named(database, "SELECT XZQMC, geom FROM counties")
        places = _named(database, "SELECT DMMC, geom FROM places")
    areas = [*cities, *counties]
    outlines = shapely.get_coordinates([area for _, area in areas])
    seats = shapely.get_coordinates([point for _, point in places])
    cluster = shapely.union_all([area for _, area in cities])
    return Reference(
        _prepared(cluster.simplify(0.001).buffer(0.02)),
        {short: area for name, area in areas if name not in _WORDS for short in (name, _short(name))},
        _alone([(name, _centre(shape)) for name, shape in areas]),
        _alone([(name, _centre(shape)) for name, shape in places]),
        seats,
        shapely.STRtree(np.asarray(shapely.points(np.unique(outlines, axis=0)), object)),
        cluster.simplify(0.02),
    )


def _named(database: sqlite3.Connection, statement: str) -> list[tuple[str, Any]]:
    return [(name, shapely.from_wkb(blob[wkb_start(blob) :])) for name, blob in database.execute(statement) if name and blob]


def _short(name: str) -> str:
    return name[:-1] if len(name) > 2 and name[-1] in "市县区" else name


def _prepared(shape: Any) -> Any:
    shapely.prepare(shape)
    return shape


def _centre(shape: Any) -> Floats:
    west, south, east, north = shapely.bounds(shape)
    return np.array([(west + east) / 2, (south + north) / 2])


def _alone(named: list[tuple[str, Floats]]) -> dict[str, Floats]:
    """Keep the names that are borne by one thing only."""
    names = [name for name, _ in named]
    return {name: centre for name, centre in named if names.count(name) == 1}
