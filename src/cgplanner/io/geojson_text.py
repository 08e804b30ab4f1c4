"""Rows as the text of GeoJSON features, exact to the digit.

GDAL takes "0.00000006" for a rounding error and writes 0; here a number is what it is, coordinates to nine decimals (a tenth
of a millimetre). This file must not know of files.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import shapely

from cgplanner.geometry import ragged as flat
from cgplanner.geometry.ragged import Ragged
from cgplanner.io.ring_order import oriented
from cgplanner.model.column import ArrayColumn, Column, TextColumn
from cgplanner.model.geometry_column import GeometryColumn
from cgplanner.model.schema import Field, FieldType
from cgplanner.model.table import FeatureTable

DECIMALS = 9
_BATCH = 20_000


def features(table: FeatureTable) -> Iterator[str]:
    """Give the rows as texts of features, in order. Measures (M) are not looked at."""
    for first in range(0, len(table), _BATCH):
        rows = np.arange(first, min(first + _BATCH, len(table)))
        shapes = geometry_texts(table.geometry, rows)
        cells = [value_texts(table.columns[each.id].take(rows), each) for each in table.schema]
        names = [json.dumps(each.name, ensure_ascii=False) for each in table.schema]
        for position, shape in enumerate(shapes):
            values = ",".join(f"{name}:{column[position]}" for name, column in zip(names, cells, strict=True))
            yield f'{{"type":"Feature","properties":{{{values}}},"geometry":{shape}}}'


def value_texts(column: Column, field: Field) -> list[str]:
    """Return every value as JSON."""
    if isinstance(column, TextColumn):
        known = [json.dumps(text, ensure_ascii=False) for text in column.dictionary]
        return [*map([*known, "null"].__getitem__, column.codes.tolist())]
    assert isinstance(column, ArrayColumn)  # noqa: S101  attribute columns are one of the two
    if field.type is FieldType.BOOLEAN:
        texts = ["true" if value else "false" for value in column.array.tolist()]
    elif field.type in (FieldType.DATE, FieldType.DATETIME):
        texts = [f'"{text}"' for text in np.datetime_as_string(column.array).tolist()]
    else:
        texts = [repr(value) for value in column.array.tolist()]
    for row in np.flatnonzero(column.nulls):
        texts[row] = "null"
    return texts


def geometry_texts(column: GeometryColumn, rows: Any) -> list[str]:
    """Return the geometry of every row as JSON, "null" where it is missing; shells turn counter-clockwise."""
    shapes = oriented(column.coordinates(rows), clockwise=False)
    vertices = _vertex_texts(shapes)
    rings = _joined(vertices, shapes.ring_offsets)
    parts = _joined(rings, shapes.part_offsets)
    kinds = column.kinds[rows]
    out = []
    for row, kind in enumerate(kinds.tolist()):
        first, last = int(shapes.row_offsets[row]), int(shapes.row_offsets[row + 1])
        if kind == flat.NULL_KIND:
            out.append("null")
        elif kind == flat.COLLECTION:
            out.append(shapely.to_geojson(column.value(int(rows[row]))))
        else:
            out.append(_geometry_text(kind, parts[first:last]))
    return out


_NAMES = ("Point", "LineString", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon")


def _geometry_text(kind: int, parts: list[str]) -> str:
    """Return one geometry; a part is the text of its rings, a ring the text of its vertices, each in brackets."""
    if kind == flat.POINT:
        inside = parts[0][2:-2] if parts else "[]"
    elif kind in (flat.LINESTRING, flat.LINEARRING):
        inside = parts[0][1:-1] if parts else "[]"
    elif kind == flat.POLYGON:
        inside = parts[0] if parts else "[]"
    elif kind == flat.MULTIPOINT:
        inside = f"[{','.join(part[2:-2] for part in parts)}]"
    elif kind == flat.MULTILINESTRING:
        inside = f"[{','.join(part[1:-1] for part in parts)}]"
    else:
        inside = f"[{','.join(parts)}]"
    return f'{{"type":"{_NAMES[kind]}","coordinates":{inside}}}'


def _vertex_texts(shapes: Ragged) -> list[str]:
    pairs = np.round(shapes.xy, DECIMALS).tolist()
    if shapes.z is None:
        return [f"[{x!r},{y!r}]" for x, y in pairs]
    heights = shapes.z.tolist()
    return [f"[{x!r},{y!r},{z!r}]" if z == z else f"[{x!r},{y!r}]" for (x, y), z in zip(pairs, heights, strict=True)]  # noqa: PLR0124  NaN


def _joined(texts: list[str], offsets: Any) -> list[str]:
    edges = offsets.tolist()
    return [f"[{','.join(texts[first:last])}]" for first, last in itertools.pairwise(edges)]
