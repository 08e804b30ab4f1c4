"""A layer as FlatGeobuf, through Arrow: small, fast, one layer a file.

Rows stay in their order and may lack a geometry, so the file carries no spatial index: GDAL would sort by place and refuse
missing shapes.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from cgplanner.geometry.ragged import FAMILY_OF_KIND
from cgplanner.io.drivers.arrow_columns import arrow_from_column, columns_from_arrow
from cgplanner.io.drivers.engines import driver_trouble, pyogrio
from cgplanner.io.report import Note
from cgplanner.io.shapes.wkb_writer import column_blobs
from cgplanner.io.source import WriteReport, geometry_type
from cgplanner.io.writing.described import LAYER_METADATA
from cgplanner.io.writing.field_dictionary import dictionary_of, dictionary_text
from cgplanner.io.writing.outgoing import WriteRequest
from cgplanner.io.writing.read_back import check, check_with_fiona, differs
from cgplanner.io.writing.single_file import draft_of, measure_losses, told
from cgplanner.model.geometry_column import GeometryColumn, flat_column
from cgplanner.model.schema import FieldType, Schema
from cgplanner.model.table import FeatureTable, new_table
from cgplanner.text import sentence

_GEOMETRY = "__geometry"


def flatgeobuf_losses(request: WriteRequest) -> tuple[Note, ...]:
    """Return what a FlatGeobuf file changes."""
    notes = measure_losses(request.rows, "FlatGeobuf")
    for each in request.table.schema:
        if each.type is FieldType.DATE:
            message = sentence("The dates in {field} become times at midnight; FlatGeobuf knows no days.", field=each.title)
            notes.append(Note("date-as-datetime", "info", message, field=each.name))
    empty = int(((request.table.geometry.kinds >= 0) & np.isnan(request.table.geometry.bounds[:, 0])).sum())
    if empty:
        message = sentence("{count} empty geometries become missing ones.", count=empty)
        notes.append(Note("geometry-empty", "info", message, empty))
    if _is_tall(request.table) and len(_families(request.table)) > 1:
        message = sentence("The heights are lost: FlatGeobuf keeps none where points, lines and areas are mixed.")
        notes.append(Note("heights-lost", "warning", message, len(request.table)))
    return tuple(notes)


def _is_tall(table: FeatureTable) -> bool:
    return table.geometry.base.z is not None


def _kinds(table: FeatureTable) -> set[int]:
    return set(table.geometry.kinds[table.geometry.kinds >= 0].tolist())


def _families(table: FeatureTable) -> set[str]:
    return {FAMILY_OF_KIND[kind] for kind in _kinds(table)}


def _several(shape: Any) -> Any:
    """Return a single shape as a multi-part one of one part."""
    wraps: dict[str, Any] = {
        "Point": shapely.MultiPoint,
        "LineString": shapely.MultiLineString,
        "Polygon": shapely.MultiPolygon,
    }
    return shape if shape is None or shape.geom_type not in wraps else wraps[shape.geom_type]([shape])


def write_flatgeobuf(request: WriteRequest) -> WriteReport:
    """Write one layer, read it back, compare, then put it in place.

    Raises
    ------
    UserError
        When the file may not be replaced, the disk says no, or it does not read back as it was written.
    """
    table = _without_measures(request.table)
    with draft_of(request) as draft:
        _write(table, request, draft)
        told(request, 0.5)
        check(table, _read(draft, table, request.path), request.path)
        if len(table):  # fiona does not count an empty file
            check_with_fiona(table, draft)
        told(request, 1.0)
    losses = flatgeobuf_losses(request)
    return WriteReport((request.path,), losses, (), "UTF-8", request.crs, True, len(table), len(table))


def _without_measures(table: FeatureTable) -> FeatureTable:
    """Return the rows as the file holds them: no M, and nothing where a geometry is empty."""
    shapes = table.geometry.geometries()
    for row in np.flatnonzero(np.isnan(table.geometry.bounds[:, 0])):
        shapes[row] = None
    if _is_tall(table) and len(_kinds(table)) > 1 and len(_families(table)) == 1:
        shapes = np.array([_several(shape) for shape in shapes], object)  # the driver keeps heights of one kind only
    column = flat_column(shapes)
    column = GeometryColumn(replace(column.base, m=None), column.index, column.extra)
    return new_table(table.schema, {each.id: table.columns[each.id] for each in table.schema}, column)


def _write(table: FeatureTable, request: WriteRequest, draft: Path) -> None:
    arrays = [arrow_from_column(table.columns[each.id], each) for each in table.schema]
    fields = [pa.field(each.name, array.type) for each, array in zip(table.schema, arrays, strict=True)]
    for place, array in enumerate(arrays):
        if _before_1970_with_fractions(array):
            arrays[place] = pc.strftime(array, "%Y-%m-%dT%H:%M:%S")
            fields[place] = pa.field(fields[place].name, pa.string(), metadata={"GDAL:OGR:type": "DateTime"})
    arrays.append(pa.array(column_blobs(table.geometry, np.arange(len(table)), None), pa.binary()))
    fields.append(pa.field(_GEOMETRY, pa.binary()))
    kind = geometry_type(table.geometry) if len(_kinds(table)) == 1 else "Unknown"
    dictionary = dictionary_of([each.name for each in table.schema], table.schema)
    options = {"SPATIAL_INDEX": "NO", "layer_options": {"TITLE": request.layer_name}}
    with driver_trouble():
        pyogrio().write_arrow(
            pa.Table.from_arrays(arrays, schema=pa.schema(fields)),
            draft,
            driver="FlatGeobuf",
            geometry_name=_GEOMETRY,
            geometry_type=kind,
            crs=request.crs or None,
            layer_metadata={LAYER_METADATA: dictionary_text(dictionary)},
            **options,
        )


def _before_1970_with_fractions(array: Any) -> bool:
    """Tell whether these are times that GDAL 3.12 takes from Arrow with a wrong second: 59.001 becomes 0 of the next minute."""
    if not pa.types.is_timestamp(array.type):
        return False
    milliseconds = array.cast(pa.int64()).drop_null().to_numpy()
    return bool(((milliseconds < 0) & (milliseconds % 1000 != 0)).any())


def _read(draft: Path, table: FeatureTable, path: Path) -> FeatureTable:
    """Return what GDAL finds in the file; Arrow brings the values, the plain way the shapes, of which some may be missing."""
    with driver_trouble():
        found = pyogrio().read_arrow(draft, read_geometry=False)[1]
        shapes = pyogrio().raw.read(draft, columns=[])[2]
    if found.column_names != [each.name for each in table.schema]:
        raise differs(path, ", ".join(found.column_names))
    fields = (replace(each, type=FieldType.DATETIME) if each.type is FieldType.DATE else each for each in table.schema)
    schema = Schema(tuple(replace(each, domain=None, nullable=True) for each in fields), table.schema.geometry)
    return new_table(schema, columns_from_arrow(found, schema), flat_column(shapely.from_wkb(shapes)))
