"""The door to GeoDataFrames: what planners' own scripts speak, and the way to GeoParquet.

A frame carries Arrow types, so NULL stays NULL and an integer stays one; the index is the fid. Titles of the fields travel in
``frame.attrs``. Inside the program there are columns; a frame never goes further than this room and ``analysis``.

Examples
--------
>>> from cgplanner.io.columnar.frames import geodataframe_of  # doctest: +SKIP
>>> frame = geodataframe_of(layer.table, layer.crs)  # doctest: +SKIP
>>> frame.to_crs(frame.estimate_utm_crs()).area.sum()  # doctest: +SKIP
"""

from __future__ import annotations

from typing import Any

import geopandas
import numpy as np
import pandas as pd
import pyarrow as pa

from cgplanner.io.drivers.arrow_columns import arrow_from_column, columns_from_arrow
from cgplanner.model.column import Column
from cgplanner.model.geometry_column import flat_column
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import FeatureTable, new_table

GEOMETRY_NAME = "geometry"
ATTRIBUTE = "cgplanner"


def geodataframe_of(table: FeatureTable, crs: str) -> Any:
    """Return the rows as a GeoDataFrame: columns by field name, geometry last, indexed by fid.

    Parameters
    ----------
    crs
        What the coordinates are in; '' where it is not known.
    """
    series = {each.name: _series(table.columns[each.id], each) for each in table.schema}
    geometry = geopandas.GeoSeries(table.geometry.geometries(), crs=crs or None)
    frame = geopandas.GeoDataFrame({**series, GEOMETRY_NAME: geometry}, geometry=GEOMETRY_NAME, crs=crs or None)
    frame.index = pd.Index(table.fids, name="fid")
    frame.attrs[ATTRIBUTE] = {each.name: {"zh": each.alias_zh, "en": each.alias_en} for each in table.schema}
    return frame


def _series(column: Column, field: Field) -> Any:
    return pd.Series(pd.arrays.ArrowExtensionArray(pa.chunked_array([arrow_from_column(column, field)])))


def table_of(frame: Any) -> tuple[FeatureTable, str]:
    """Return table and CRS of a GeoDataFrame; an index named ``fid`` of different whole numbers becomes the fids.

    Columns of other kinds than text, numbers, yes/no, dates and times become text.
    """
    rest = frame.drop(columns=frame.geometry.name)
    names = {name: str(name) for name in rest.columns}
    aliases = frame.attrs.get(ATTRIBUTE, {})
    arrow = {text: _plain(pa.array(rest[name], from_pandas=True)) for name, text in names.items()}
    fields = tuple(
        Field(
            f"f{number}",
            name,
            type_of(values.type),
            alias_zh=aliases.get(name, {}).get("zh", ""),
            alias_en=aliases.get(name, {}).get("en", ""),
        )
        for number, (name, values) in enumerate(arrow.items(), 1)
    )
    schema = Schema(fields)
    geometry = flat_column(frame.geometry.to_numpy())
    columns = columns_from_arrow(arrow, schema)
    return new_table(schema, columns, geometry, _fids(frame.index)), _crs_of(frame.crs)


def _fids(index: Any) -> Any:
    numbers = index.name == "fid" and pd.api.types.is_integer_dtype(index.dtype) and index.is_unique
    return np.asarray(index, np.int64) if numbers and (not len(index) or index.min() >= 0) else None


def _crs_of(crs: Any) -> str:
    if crs is None:
        return ""
    code = crs.to_epsg()
    return f"EPSG:{code}" if code else str(crs.to_wkt())


def type_of(kind: Any) -> FieldType:
    """Return the field type for an Arrow type; text for whatever has none of its own."""
    tests = (
        (pa.types.is_boolean, FieldType.BOOLEAN),
        (pa.types.is_integer, FieldType.INTEGER),
        (pa.types.is_floating, FieldType.REAL),
        (pa.types.is_date, FieldType.DATE),
        (pa.types.is_timestamp, FieldType.DATETIME),
    )
    return next((found for test, found in tests if test(kind)), FieldType.TEXT)


def _plain(values: Any) -> Any:
    """Return the values, as text where no field can hold their kind."""
    values = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    if pa.types.is_null(values.type):
        return values.cast(pa.string())
    if type_of(values.type) is not FieldType.TEXT or pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        return values
    if pa.types.is_dictionary(values.type):
        return _plain(values.dictionary_decode())
    if pa.types.is_decimal(values.type):
        return values.cast(pa.float64())
    return pa.array([None if item is None else str(item) for item in values.to_pylist()], pa.string())
