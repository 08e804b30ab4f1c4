"""Rows as the text of GeoJSON features, exact to the digit, whole columns at once in Arrow's compiled code.

GDAL takes "0.00000006" for a rounding error and writes 0; here a number is what it is, coordinates to nine decimals (a tenth
of a millimetre). This file must not know of files. pyarrow costs a quarter of a second to import: import this when it is used.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from cgplanner.geometry import ragged as flat
from cgplanner.geometry.ragged import Ints, Ragged
from cgplanner.io.shapes.ring_order import oriented
from cgplanner.io.shapes.shape_texts import bracketed, bytes_of, joined, number_texts, put_together, shortened
from cgplanner.model.column import ArrayColumn, Column, TextColumn
from cgplanner.model.geometry_column import GeometryColumn
from cgplanner.model.schema import Field, FieldType
from cgplanner.model.table import FeatureTable

DECIMALS = 9
_NAMES = ("Point", "LineString", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon")
_ESCAPED = r'[\x00-\x1f"\\\x7f]'


def features_text(table: FeatureTable) -> bytes:
    """Return the rows as features in UTF-8, in order, a comma and a new line between. There is no M.

    Half a character becomes "?".
    """
    if not len(table):
        return b""
    names = [json.dumps(each.name, ensure_ascii=False) for each in table.schema]
    pieces: list[Any] = ['{"type":"Feature","properties":{']
    for number, (name, each) in enumerate(zip(names, table.schema, strict=True)):
        pieces += [f"{',' * (number > 0)}{name}:", value_texts(table.columns[each.id], each)]
    pieces += ['},"geometry":', geometry_texts(table.geometry, np.arange(len(table))), "},\n"]
    return bytes_of(put_together(*pieces))[:-2]


def value_texts(column: Column, field: Field) -> Any:
    """Return an Arrow array: every value as JSON."""
    if isinstance(column, TextColumn):
        texts = pa.concat_arrays([_quoted(column.dictionary), pa.array(["null"], pa.large_string())])
        return texts.take(pa.array(np.where(column.codes < 0, len(column.dictionary), column.codes)))
    assert isinstance(column, ArrayColumn)  # noqa: S101  attribute columns are one of the two
    if field.type is FieldType.BOOLEAN:
        texts = pc.if_else(pa.array(column.array), "true", "false").cast(pa.large_string())
    elif field.type in (FieldType.DATE, FieldType.DATETIME):
        days = pa.array(np.datetime_as_string(column.array).tolist(), pa.large_string())
        texts = put_together('"', days, '"')
    else:
        texts = _numbers(column.array)
    if column.mask is None:
        return texts
    return pc.if_else(pa.array(column.mask), pa.scalar("null", pa.large_string()), texts)


def _quoted(texts: Any) -> Any:
    """Return texts as JSON, in Arrow's compiled code where no character needs an escape."""
    try:
        plain = pa.array(texts, pa.large_string())
    except (UnicodeEncodeError, pa.ArrowException):  # half a character
        plain = None
    if plain is not None and not pc.any(pc.match_substring_regex(plain, _ESCAPED)).as_py():
        return put_together('"', plain, '"')
    known = [json.dumps(text, ensure_ascii=False).encode("utf-8", "replace") for text in texts]
    return pa.array(known, pa.large_binary()).cast(pa.large_string())


def _numbers(values: Any) -> Any:
    """Return the shortest texts that read back as these numbers; a float shows that it is one."""
    texts = number_texts(values)
    if values.dtype.kind != "f":
        return texts
    whole = pc.invert(pc.match_substring_regex(texts, "[.e]"))
    return pc.if_else(whole, put_together(texts, ".0"), texts) if pc.any(whole).as_py() else texts


def geometry_texts(column: GeometryColumn, rows: Any) -> Any:
    """Return an Arrow array: the geometry of every row as JSON, "null" where missing; shells turn counter-clockwise."""
    shapes = oriented(column.coordinates(rows), clockwise=False)
    kinds = column.kinds[rows].astype(np.int64)
    family = np.array([flat.FAMILY_OF_KIND.get(kind, "") for kind in range(8)])
    of_row = np.where((kinds >= 0) & (kinds < flat.COLLECTION), family[np.clip(kinds, 0, 7)], "")
    of_part = np.repeat(of_row, np.diff(shapes.row_offsets))
    of_ring = np.repeat(of_part, np.diff(shapes.part_offsets))
    rings = bracketed(joined(_vertex_texts(shapes), shapes.ring_offsets), of_ring != "point")
    parts = bracketed(joined(rings, shapes.part_offsets), of_part == "polygon")
    hollow = np.diff(shapes.row_offsets) == 0
    inside = bracketed(joined(parts, shapes.row_offsets), (kinds >= flat.MULTIPOINT) | hollow)
    heads = pa.array([f'{{"type":"{name}","coordinates":' for name in _NAMES], pa.large_string())
    texts = put_together(heads.take(pa.array(np.clip(kinds, 0, 6))), inside, "}")
    odd = np.flatnonzero((kinds < 0) | (kinds == flat.COLLECTION))
    return _with_odd(texts, column, rows, kinds, odd) if len(odd) else texts


def _with_odd(texts: Any, column: GeometryColumn, rows: Any, kinds: Ints, odd: Ints) -> Any:
    """Put in what is no plain geometry: nothing, or a collection."""
    mask = np.zeros(len(kinds), np.bool_)
    mask[odd] = True
    said = ["null" if kinds[row] < 0 else shapely.to_geojson(column.value(int(rows[row]))) for row in odd]
    return pc.replace_with_mask(texts, pa.array(mask), pa.array(said, pa.large_string()))


def _vertex_texts(shapes: Ragged) -> Any:
    x, y = (shortened(shapes.xy[:, axis], DECIMALS) for axis in (0, 1))
    plain = put_together("[", x, ",", y, "]")
    if shapes.z is None:
        return plain
    there = ~np.isnan(shapes.z)
    high = put_together("[", x, ",", y, ",", number_texts(np.where(there, shapes.z, 0.0)), "]")
    return pc.if_else(pa.array(there), high, plain)
