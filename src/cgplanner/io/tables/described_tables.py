"""Tables that our own export wrote (CSV, workbooks), read by their field dictionary instead of by what their cells look like.

A guess takes the text "5" for a number and drops rows without a value; the dictionary knows better. Where the table no longer
fits it (columns moved, a value of another kind), the ordinary doors read it.
"""

from __future__ import annotations

import csv
import datetime as dt
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from cgplanner.errors import UserError
from cgplanner.io.drivers.gdal_layers import geometry_kind, geometry_notes, layer_notes
from cgplanner.io.report import Note, Report
from cgplanner.io.source import LoadedLayer, Progress
from cgplanner.io.writing.described import SHEET
from cgplanner.io.writing.field_dictionary import dictionary_of, read_beside, read_dictionary, schema_of_dictionary
from cgplanner.model.column import column_of
from cgplanner.model.geometry_column import flat_column
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import FeatureTable, new_table
from cgplanner.text import sentence

CHUNK = 30_000  # a cell of a workbook takes 32 767 characters
_LONGEST = 2**31 - 1
_HALF_MILLISECOND = dt.timedelta(microseconds=500)


def table_dictionary(schema: Schema, names: Sequence[str], places: Sequence[str], crs: str) -> dict[str, Any]:
    """Return the dictionary of a table of these fields whose places stand in the columns ``places`` after the fields."""
    return dictionary_of(names, schema, places=list(places), crs=crs)


def read_described_table(path: Path, kind: str, progress: Progress | None) -> LoadedLayer | None:
    """Return the layer by its dictionary; None when there is none, or the table does not fit it."""
    if kind == "csv":
        data = read_beside(path)
        return _layer(path, path.stem, data, _csv_lines(path), progress) if data else None
    if kind != "xlsx":
        return None
    from cgplanner.io.tables.workbook_read import opened_workbook  # noqa: PLC0415  it needs this room's names

    with opened_workbook(path) as book:
        if SHEET not in book.sheetnames:
            return None
        chunks = (row[0] for row in book[SHEET].iter_rows(values_only=True) if row)
        data = read_dictionary("".join(str(each) for each in chunks if each is not None))
        sheet = book.worksheets[0]
        return _layer(path, sheet.title, data, sheet.iter_rows(values_only=True), progress) if data else None


def described_csv_pieces(path: Path, most_rows: int, most_bytes: int) -> Iterator[LoadedLayer]:
    """Give a CSV by its dictionary some rows at a time; the last piece has none and says what is to be said of the whole.

    Raises
    ------
    ValueError
        When there is no dictionary, or the table does not fit it.
    """
    data = read_beside(path)
    schema = schema_of_dictionary(data) if data else None
    places = data.get("places", []) if data else []
    if data is None or schema is None or not isinstance(places, list):
        raise ValueError
    lines = _csv_lines(path)
    head = [each["name_in_file"] for each in data["fields"]] + places
    if ["" if cell is None else str(cell) for cell in next(lines, ())] != head:
        raise ValueError
    crs = str(data.get("crs", "")) if places else ""
    report = Report((), (), "UTF-8", "declared", crs, "declared" if crs else "missing" if places else "")
    done = 0
    for rows in itertools.chain(_batches(lines, len(head), most_rows, most_bytes), [[]]):
        try:
            table = _table(rows, schema, len(places))
        except (UserError, TypeError, shapely.errors.ShapelyError) as error:
            raise ValueError from error
        table = new_table(
            table.schema,
            {each.id: table.columns[each.id] for each in table.schema},
            table.geometry,
            np.arange(done + 1, done + len(rows) + 1),
        )
        done += len(rows)
        note = Note("fields-restored", "info", sentence("The field dictionary of the file gave names and types back."))
        last = () if rows else (note, *layer_notes(done, crs, drawn=bool(places)))
        yield LoadedLayer(path.stem, table, crs, replace(report, notes=(*geometry_notes(table.geometry), *last)), path)


def _batches(lines: Iterator[list[Any]], width: int, most_rows: int, most_bytes: int) -> Iterator[list[list[Any]]]:
    batch: list[list[Any]] = []
    size = 0
    for line in lines:
        row = [*line, *[None] * (width - len(line))]
        if len(row) != width:
            raise ValueError
        batch.append(row)
        size += sum(len(cell) for cell in row if cell)
        if len(batch) == most_rows or size > most_bytes:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _csv_lines(path: Path) -> Iterator[list[Any]]:
    csv.field_size_limit(_LONGEST)
    with path.open(encoding="utf-8-sig", newline="") as file:
        for line in csv.reader(file):
            yield [cell or None for cell in line]


def _layer(
    path: Path, name: str, data: Mapping[str, Any], lines: Iterator[Any], progress: Progress | None
) -> LoadedLayer | None:
    schema = schema_of_dictionary(data)
    places = data.get("places", [])
    if schema is None or not isinstance(places, list):
        return None
    try:
        found = _rows(lines, [each["name_in_file"] for each in data["fields"]] + places)
        table = None if found is None else _table(found, schema, len(places))
    except (UserError, ValueError, TypeError, UnicodeDecodeError, csv.Error, shapely.errors.ShapelyError):
        return None
    if table is None:
        return None
    if progress:
        progress(1.0)
    crs = str(data.get("crs", "")) if places else ""
    note = Note("fields-restored", "info", sentence("The field dictionary of the file gave names and types back."))
    notes = (note, *geometry_notes(table.geometry), *layer_notes(len(table), crs, drawn=bool(places)))
    how = "declared" if crs else "missing" if places else ""
    return LoadedLayer(name, table, crs, Report(notes, (), "UTF-8", "declared", crs, how), path)


def _rows(lines: Iterator[Any], head: list[str]) -> list[list[Any]] | None:
    """Return the rows below the head; None when the head is not the one that was written."""
    first = ["" if cell is None else str(cell) for cell in next(lines, ())]
    if first != head:
        return None
    rows = [[*line, *[None] * (len(head) - len(line))] for line in lines]
    return rows if all(len(row) == len(head) for row in rows) else None


def _table(rows: list[list[Any]], schema: Schema, places: int) -> FeatureTable:
    fields = [replace(each, nullable=True, domain=None, width=0) for each in schema]
    columns = {each.id: column_of(each.type, [_value(row[number], each) for row in rows]) for number, each in enumerate(fields)}
    shapes = [_shape(row[len(fields) :]) if places else None for row in rows]
    geometry = flat_column(shapes)
    kind = geometry_kind(None, geometry) if any(each is not None for each in shapes) else schema.geometry
    loose = tuple(replace(each, nullable=True) for each in schema)
    return new_table(replace(schema, fields=loose, geometry=kind), columns, geometry)


def _value(cell: Any, field: Field) -> Any:
    if field.type is FieldType.DATETIME and isinstance(cell, dt.datetime):
        cell += _HALF_MILLISECOND  # a workbook keeps times as parts of a day
    return field.accept(cell)


def _shape(cells: Sequence[Any]) -> Any:
    if cells[0] is None:
        return None
    return shapely.from_wkt(str(cells[0])) if len(cells) == 1 else shapely.Point([float(cell) for cell in cells])
