"""A layer as FlatGeobuf, through Arrow: small, fast, one layer a file.

Rows stay in their order and may lack a geometry, so the file carries no spatial index: GDAL would sort by place and refuse
missing shapes.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from cgplanner.geometry import ragged as flat
from cgplanner.geometry.ragged import FAMILY_OF_KIND, MULTIPOINT
from cgplanner.io.drivers.arrow_columns import arrow_from_column, columns_from_arrow
from cgplanner.io.drivers.driver_pieces import NotInPiecesError
from cgplanner.io.drivers.engines import driver_trouble, pyogrio
from cgplanner.io.gdal_formats.door import flatgeobuf_pieces
from cgplanner.io.report import Note
from cgplanner.io.shapes.wkb_writer import column_blobs
from cgplanner.io.source import WriteReport, type_name
from cgplanner.io.writing.described import LAYER_METADATA
from cgplanner.io.writing.field_dictionary import dictionary_of, dictionary_text
from cgplanner.io.writing.layer_facts import Shapes
from cgplanner.io.writing.outgoing import WriteRequest
from cgplanner.io.writing.read_back import Witness, check_pieces, check_with_fiona, differs
from cgplanner.io.writing.rows import Rows, worked_ahead
from cgplanner.io.writing.single_file import draft_of, measure_losses, told
from cgplanner.model.geometry_column import GeometryColumn, flat_column
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import FeatureTable, new_table
from cgplanner.text import sentence

_GEOMETRY = "__geometry"
_BLOCK = 4096
_MULTI = {
    flat.POINT: flat.MULTIPOINT,
    flat.LINESTRING: flat.MULTILINESTRING,
    flat.LINEARRING: flat.MULTILINESTRING,
    flat.POLYGON: flat.MULTIPOLYGON,
}


def flatgeobuf_losses(request: WriteRequest) -> tuple[Note, ...]:
    """Return what a FlatGeobuf file changes."""
    return _losses(request, sum(map(_blank_rows, request.rows.pieces())) if request.rows.shapes.hollow else 0)


def _losses(request: WriteRequest, empty: int) -> tuple[Note, ...]:
    rows = request.rows
    notes = measure_losses(rows, "FlatGeobuf")
    for each in rows.schema:
        if each.type is FieldType.DATE:
            message = sentence("The dates in {field} become times at midnight; FlatGeobuf knows no days.", field=each.title)
            notes.append(Note("date-as-datetime", "info", message, field=each.name))
    if empty:
        message = sentence("{count} empty geometries become missing ones.", count=empty)
        notes.append(Note("geometry-empty", "info", message, empty))
    if _is_tall(rows) and len(_families(rows)) > 1:
        message = sentence("The heights are lost: FlatGeobuf keeps none where points, lines and areas are mixed.")
        notes.append(Note("heights-lost", "warning", message, len(rows)))
    return tuple(notes)


def _blank_rows(table: FeatureTable) -> int:
    return int(((table.geometry.kinds >= 0) & np.isnan(table.geometry.bounds[:, 0])).sum())


def _is_tall(rows: Rows) -> bool:
    return rows.shapes.z or rows.shapes.odd_z


def _families(rows: Rows) -> set[str]:
    return {FAMILY_OF_KIND.get(kind, "") for kind in rows.shapes.kinds}


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
    empty = sum(map(_blank_rows, request.rows.pieces())) if request.rows.shapes.hollow else 0
    rows = _as_held(request.rows)
    with draft_of(request) as draft:
        _write(rows, request, draft)
        if shutil.disk_usage(draft.parent).free < _BLOCK:  # of which GDAL says nothing while rows stream
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        told(request, 0.5)
        witness = Witness(len(rows))
        check_pieces(rows.portions(), _found(draft, rows.schema), witness, request.path)
        if len(rows):  # fiona does not count an empty file
            check_with_fiona(witness, draft)
        told(request, 1.0)
    losses = _losses(request, empty)
    return WriteReport((request.path,), losses, (), "UTF-8", request.crs, True, len(rows), len(rows))


def _as_held(rows: Rows) -> Rows:
    """Return the rows as the file holds them: no M, nothing where a geometry is empty, heights of one kind only."""
    several = _is_tall(rows) and len(rows.shapes.kinds) > 1 and len(_families(rows)) == 1  # else the driver drops them

    def held(table: FeatureTable) -> FeatureTable:
        column = table.geometry
        if several or len(column.extra) or _blank_rows(table):
            shapes = column.geometries()
            for row in np.flatnonzero(np.isnan(column.bounds[:, 0])):
                shapes[row] = None
            column = flat_column(np.array([_several(shape) for shape in shapes], object) if several else shapes)
        column = GeometryColumn(replace(column.base, m=None), column.index, column.extra)
        return new_table(table.schema, {each.id: table.columns[each.id] for each in table.schema}, column)

    shapes = rows.shapes
    if several:
        shapes = replace(shapes, kinds=frozenset(kind if kind >= MULTIPOINT else _MULTI[kind] for kind in shapes.kinds))
    if shapes.hollow:
        shapes = Shapes()
        for table in map(held, rows.pieces()):
            shapes = shapes.with_rows(table.geometry)
    return replace(rows.changed(held), shapes=replace(shapes, m=False, odd_m=False))


def _write(rows: Rows, request: WriteRequest, draft: Path) -> None:
    timed = [each for each in rows.schema if each.type is FieldType.DATETIME]
    early = {each.id for each in timed if any(_is_early(table, each) for table in rows.pieces())}
    first = next(rows.portions())
    schema = _batch(first, early).schema
    trouble: list[BaseException] = []

    def batches() -> Iterator[Any]:
        try:
            yield from worked_ahead(lambda table: _batch(table, early), rows.portions())
        except GeneratorExit:  # it was the driver that gave up
            raise
        except BaseException as error:
            trouble.append(error)
            raise

    kinds = rows.shapes.kinds
    kind = type_name(kinds, z=_is_tall(rows), m=False) if len(kinds) == 1 else "Unknown"
    dictionary = dictionary_of([each.name for each in rows.schema], rows.schema)
    options = {"SPATIAL_INDEX": "NO", "layer_options": {"TITLE": request.layer_name}}
    try:
        with driver_trouble():
            pyogrio().write_arrow(
                pa.RecordBatchReader.from_batches(schema, batches()),
                draft,
                driver="FlatGeobuf",
                geometry_name=_GEOMETRY,
                geometry_type=kind,
                crs=request.crs or None,
                layer_metadata={LAYER_METADATA: dictionary_text(dictionary)},
                **options,
            )
    except Exception:
        if trouble:  # of the rows' source, which GDAL can only say in words of its own
            raise trouble[0] from None
        raise


def _batch(table: FeatureTable, early: Collection[str]) -> Any:
    """Return rows for the driver; times of the fields ``early`` go as text."""
    arrays, fields = [], []
    for each in table.schema:
        array, metadata = arrow_from_column(table.columns[each.id], each), None
        if each.id in early:
            array, metadata = pc.strftime(array, "%Y-%m-%dT%H:%M:%S"), {"GDAL:OGR:type": "DateTime"}
        arrays.append(array)
        fields.append(pa.field(each.name, array.type, metadata=metadata))
    arrays.append(pa.array(column_blobs(table.geometry, np.arange(len(table)), None), pa.binary()))
    fields.append(pa.field(_GEOMETRY, pa.binary()))
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))


def _is_early(table: FeatureTable, field: Field) -> bool:
    return _before_1970_with_fractions(arrow_from_column(table.columns[field.id], field))


def _before_1970_with_fractions(array: Any) -> bool:
    """Tell whether these are times that GDAL 3.12 takes from Arrow with a wrong second: 59.001 becomes 0 of the next minute."""
    if not pa.types.is_timestamp(array.type):
        return False
    milliseconds = array.cast(pa.int64()).drop_null().to_numpy()
    return bool(((milliseconds < 0) & (milliseconds % 1000 != 0)).any())


def _found(draft: Path, schema: Schema) -> Iterator[FeatureTable]:
    """Give what GDAL finds in the file."""
    try:
        for piece in flatgeobuf_pieces(draft, draft.stem):
            yield piece.table
    except NotInPiecesError:
        yield _read(draft, schema)


def _read(draft: Path, written: Schema) -> FeatureTable:
    """Return what GDAL finds in the file; Arrow brings the values, the plain way the shapes, of which some may be missing."""
    with driver_trouble():
        found = pyogrio().read_arrow(draft, read_geometry=False)[1]
        shapes = pyogrio().raw.read(draft, columns=[])[2]
    names = {each.name for each in written}
    fields = (replace(each, type=FieldType.DATETIME) if each.type is FieldType.DATE else each for each in written)
    schema = Schema(tuple(replace(each, domain=None, nullable=True) for each in fields), written.geometry)
    if set(found.column_names) != names:
        raise differs(draft, ", ".join(found.column_names))
    return new_table(schema, columns_from_arrow(found, schema), flat_column(shapely.from_wkb(shapes)))
