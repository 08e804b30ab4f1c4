"""Places as columns of a plain table: longitude and latitude (or east and north) for points, WKT for everything else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import shapely

from cgplanner.geometry import ragged as flat
from cgplanner.io.writing.outgoing_place import LIKE_DEGREES
from cgplanner.io.writing.rows import Rows
from cgplanner.model.column import ArrayColumn, Column, TextColumn
from cgplanner.model.schema import Field, FieldType
from cgplanner.model.table import FeatureTable
from cgplanner.text import pick

_WKT = "WKT"


@dataclass(frozen=True)
class Places:
    """How a table says where its rows lie; ``names`` are those of its columns, free of the fields' names."""

    names: tuple[str, ...] = ()
    kind: Literal["", "points", "wkt"] = ""


def places_of(rows: Rows, crs: str) -> Places:
    """Return how all rows say it."""
    shapes = rows.shapes
    if not shapes.kinds:
        return Places()
    taken = {each.name for each in rows.schema} | {each.title for each in rows.schema}
    if shapes.kinds != {flat.POINT} or shapes.hollow:
        return Places((_free(_WKT, taken),), "wkt")
    east = pick("经度", "lon") if crs in LIKE_DEGREES else pick("东坐标", "east")
    north = pick("纬度", "lat") if crs in LIKE_DEGREES else pick("北坐标", "north")
    names = (east, north, pick("高程", "height")) if shapes.z or shapes.odd_z else (east, north)
    return Places(tuple(_free(name, taken) for name in names), "points")


def place_columns(table: FeatureTable, places: Places) -> list[tuple[Field, Column]]:
    """Return the columns that say where these rows lie; a missing place is missing in all of them."""
    if not places.kind:
        return []
    if places.kind == "wkt":
        texts = shapely.to_wkt(table.geometry.geometries(), rounding_precision=-1)
        missing = table.geometry.nulls
        codes = np.where(missing, -1, np.arange(len(table))).astype(np.int32)
        return [(Field("place", places.names[0], FieldType.TEXT), TextColumn(codes, texts))]
    there = ~table.geometry.nulls
    found = table.geometry.coordinates(np.flatnonzero(there))
    heights = found.z if found.z is not None else np.full(len(found.xy), np.nan)
    columns: list[tuple[Field, Column]] = []
    for number, (name, mine) in enumerate(zip(places.names, (*found.xy.T, heights), strict=False)):
        array: Any = np.zeros(len(table))
        array[there] = mine
        columns.append((Field(f"place{number}", name, FieldType.REAL), ArrayColumn(array, ~there)))
    return columns


def all_columns(table: FeatureTable, places: Places) -> list[tuple[Field, Column]]:
    """Return the columns of a table, those of the places last."""
    return [*((each, table.columns[each.id]) for each in table.schema), *place_columns(table, places)]


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    taken.add(name)
    return name
