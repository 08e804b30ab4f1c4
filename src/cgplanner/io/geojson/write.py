"""A layer as GeoJSON: after RFC 7946 in degrees, or projected with the ``crs`` member of 2008 where a CRS was asked for.

UTF-8, any kinds of geometry in one file. The field dictionary stands at the head of the file as a member of its own, which
the standard allows and readers pass over.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from cgplanner.errors import UserError
from cgplanner.io.drivers.driver_pieces import NotInPiecesError
from cgplanner.io.geojson.door import geojson_pieces, read_geojson
from cgplanner.io.report import Note
from cgplanner.io.source import WriteReport
from cgplanner.io.writing.described import GEOJSON_MEMBER
from cgplanner.io.writing.field_dictionary import dictionary_of
from cgplanner.io.writing.outgoing import WriteRequest
from cgplanner.io.writing.outgoing_place import LIKE_DEGREES
from cgplanner.io.writing.read_back import Witness, check_pieces, check_with_fiona
from cgplanner.io.writing.rows import Rows, worked_ahead
from cgplanner.io.writing.single_file import draft_of, measure_losses, told
from cgplanner.model.column import Column, column_of
from cgplanner.model.geometry_column import GeometryColumn
from cgplanner.model.schema import Field, FieldType
from cgplanner.model.table import FeatureTable, new_table
from cgplanner.text import sentence, tr

_TOLERANCE = 0.6e-9  # degrees: a tenth of a millimetre
_IN_METRES = 1e-6  # four million metres leave a double no nanometres
_MOST_EXACT = 2**53
_RELATIVE = 1e-14  # GDAL reads a number by a method of its own
_WHOLE = 20_000  # features that the second GDAL goes through; it takes 2 s for five times as many


def geojson_losses(request: WriteRequest) -> tuple[Note, ...]:
    """Return what writing this table as GeoJSON changes.

    Raises
    ------
    UserError
        When the CRS that was asked for has no code, for the file can name codes only.
    """
    notes = measure_losses(request.rows, "GeoJSON")
    if request.crs not in LIKE_DEGREES:
        _urn(request.crs, request.path)
        message = sentence(
            "Projected GeoJSON ({crs}) is older than the standard of today; some programs do not see its mark.", crs=request.crs
        )
        notes.append(Note("crs-not-standard", "info", message))
    for each in _too_large(request.rows):
        message = sentence("{field} holds numbers of more than 53 bits and is written as text.", field=each.title)
        notes.append(Note("integer-as-text", "info", message, field=each.name))
    return tuple(notes)


def write_geojson(request: WriteRequest) -> WriteReport:
    """Write one layer, read it back, compare, then put it in place.

    Raises
    ------
    UserError
        When the file may not be replaced, the disk says no, or it does not read back as it was written.
    """
    losses = geojson_losses(request)
    outgoing = _clean(request.rows)
    tolerance = _TOLERANCE if request.crs in LIKE_DEGREES else _IN_METRES
    with draft_of(request) as draft:
        _write(request, outgoing, draft)
        told(request, 0.5)
        _check(outgoing, draft, request.path, tolerance)
        told(request, 1.0)
    rows = len(request.rows)
    return WriteReport((request.path,), losses, (), "UTF-8", request.crs, True, rows, rows)


def _check(outgoing: Rows, draft: Path, path: Path, tolerance: float) -> None:
    """Compare all rows by a reader of our own; the second GDAL sees the whole file, or some features of a long one."""
    from cgplanner.io.geojson.check import can_check, check_text, sample_file  # noqa: PLC0415  pyarrow, a quarter of a second

    count = len(outgoing)
    if not can_check(outgoing.shapes.kinds):
        witness = Witness(count)
        found = _as_driver_reads(draft)
        check_pieces(outgoing.portions(), found, witness, path, tolerance=tolerance, relative=_RELATIVE)
        check_with_fiona(witness, draft, tolerance=tolerance)
        return
    witness = Witness(count, everywhere=count > _WHOLE)
    lines = check_text(outgoing, draft, path, witness, tolerance=tolerance)
    if count <= _WHOLE:
        check_with_fiona(witness, draft, tolerance=tolerance)
        return
    some = Witness(len(lines))
    some.add(witness.table)
    with tempfile.TemporaryDirectory(prefix="cgplanner-") as folder:
        check_with_fiona(some, sample_file(draft, lines, Path(folder) / draft.name), tolerance=tolerance)


def _as_driver_reads(draft: Path) -> Iterator[FeatureTable]:
    try:
        yield from (piece.table for piece in geojson_pieces(draft, draft.stem, dates=False))
    except NotInPiecesError:
        yield read_geojson(draft, dates=False).table


def _urn(crs: str, path: Path) -> str:
    authority, _, code = crs.partition(":")
    if authority != "EPSG" or not code.isdecimal():
        raise UserError(
            tr("GeoJSON can name a coordinate system by its code only, and this one has none."),
            hint=tr("Choose one with a code, such as EPSG:4547, or leave it as longitude and latitude."),
            path=path,
        )
    return f"urn:ogc:def:crs:EPSG::{code}"


def _clean(rows: Rows) -> Rows:
    """Return what the file is to hold: no measures, and numbers that no reader rounds."""
    large = {each.id for each in _too_large(rows)}
    fields = tuple(replace(each, type=FieldType.TEXT, domain=None) if each.id in large else each for each in rows.schema)
    schema = replace(rows.schema, fields=fields)

    def clean(table: FeatureTable) -> FeatureTable:
        geometry = table.geometry
        columns = {
            each.id: _as_text(table.columns[each.id]) if each.id in large else table.columns[each.id] for each in table.schema
        }
        base = replace(geometry.base, m=None)
        return new_table(schema, columns, GeometryColumn(base, geometry.index, geometry.extra), table.fids)

    return rows.changed(clean, schema)


def _too_large(rows: Rows) -> list[Field]:
    """Return the fields with whole numbers that a double cannot hold; browsers and GDAL read JSON's numbers as such."""
    return [each for each in rows.schema if each.type is FieldType.INTEGER and rows.largest_of(each) > _MOST_EXACT]


def _as_text(column: Column) -> Column:
    return column_of(FieldType.TEXT, [None if value is None else str(value) for value in column.values()])


def _write(request: WriteRequest, rows: Rows, draft: Path) -> None:
    from cgplanner.io.geojson.text import features_text  # noqa: PLC0415  pyarrow, a quarter of a second

    # Half a character becomes "?", and the comparison refuses the file.
    with draft.open("wb") as file:
        file.write(('{"type":"FeatureCollection",' + "".join(_members(request)) + '"features":[\n').encode("utf-8", "replace"))
        between = b""
        for text in worked_ahead(features_text, (table for table in rows.portions() if len(table))):
            file.write(between)
            file.write(text)
            between = b",\n"
        file.write(b"\n]}\n")


def _members(request: WriteRequest) -> Iterator[str]:
    schema = request.rows.schema
    if request.crs not in LIKE_DEGREES:
        yield f'"crs":{{"type":"name","properties":{{"name":"{_urn(request.crs, request.path)}"}}}},'
    if len(schema):
        data = dictionary_of([each.name for each in schema], schema, crs=request.crs)
        yield f'"{GEOJSON_MEMBER}":{json.dumps(data, ensure_ascii=False)},'
