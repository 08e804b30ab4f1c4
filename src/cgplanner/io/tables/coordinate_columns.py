"""Places as columns of a plain table: longitude and latitude (or east and north) for points, WKT for everything else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from cgplanner.geometry import ragged as flat
from cgplanner.io.writing.outgoing_place import LIKE_DEGREES
from cgplanner.model.table import FeatureTable
from cgplanner.text import pick

_WKT = "WKT"


@dataclass(frozen=True)
class CoordinateColumns:
    """Names of the columns, free of the fields' names, and their values row by row; a missing place is all None."""

    names: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


def coordinate_columns(table: FeatureTable, crs: str) -> CoordinateColumns:
    """Return the places of all rows."""
    kinds = table.geometry.kinds
    there = kinds != flat.NULL_KIND
    if not there.any():
        return CoordinateColumns((), ((),) * len(table))
    taken = {each.name for each in table.schema} | {each.title for each in table.schema}
    if not (kinds[there] == flat.POINT).all() or np.isnan(table.geometry.bounds[there, 0]).any():
        texts = shapely.to_wkt(table.geometry.geometries(), rounding_precision=-1)
        return CoordinateColumns((_free(_WKT, taken),), tuple((text,) for text in texts.tolist()))
    east = pick("经度", "lon") if crs in LIKE_DEGREES else pick("东坐标", "east")
    north = pick("纬度", "lat") if crs in LIKE_DEGREES else pick("北坐标", "north")
    places = table.geometry.coordinates(np.flatnonzero(there))
    found = places.xy.tolist() if places.z is None else np.column_stack([places.xy, places.z]).tolist()
    names = (east, north) if places.z is None else (east, north, pick("高程", "height"))
    rows: list[tuple[Any, ...]] = [(None,) * len(names)] * len(table)
    for row, place in zip(np.flatnonzero(there).tolist(), found, strict=True):
        rows[row] = tuple(place)
    return CoordinateColumns(tuple(_free(name, taken) for name in names), tuple(rows))


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    taken.add(name)
    return name
