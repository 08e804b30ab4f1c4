"""Large CSV files some thousand rows at a time: gone through once for what all rows say together, then given row by row.

What is recognised in a table (columns, types, coordinates) is recognised by the same functions as of a whole one. Whatever a
piece alone cannot answer as the whole would is refused here with :class:`NotInPiecesError`, and the file is read whole.
"""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from cgplanner.errors import UserError
from cgplanner.io.drivers.driver_pieces import NotInPiecesError
from cgplanner.io.drivers.gdal_layers import layer_notes
from cgplanner.io.report import Note
from cgplanner.io.row_pieces import numbered
from cgplanner.io.source import LoadedLayer
from cgplanner.io.tables import csv_file
from cgplanner.io.tables.coordinate_table import coordinate_columns, layer_of_rows
from cgplanner.io.tables.csv_file import LONGEST_CELL, plain_cell, said_separator, separator_of
from cgplanner.io.tables.csv_text import is_odd_text
from cgplanner.io.tables.described_tables import described_csv_pieces
from cgplanner.io.tables.parcel_text import is_parcel_text
from cgplanner.io.tables.table_head import headed
from cgplanner.io.tables.table_rest import without_rest
from cgplanner.io.texts.encoding import UTF8
from cgplanner.io.texts.text_source import TextSource, text_source
from cgplanner.io.writing.field_dictionary import read_beside
from cgplanner.model.column import DTYPES, ArrayColumn, Column, TextColumn, text_column
from cgplanner.model.schema import Field, FieldType
from cgplanner.model.table import FeatureTable, new_table

ROWS_AT_ONCE = 16_384
_BYTES_AT_ONCE = 8 << 20
_HEAD_ROWS = 400
_LOOK = 65_536
_ODD = {"coordinates-packed", "coordinates-zero"}  # what is decided by all rows
_OF_ALL = {"layer-empty", "crs-missing"}  # said of the whole at the end
_ONCE = {"no-coordinates", "coordinates-guessed"}
_NUMBERS = (FieldType.INTEGER, FieldType.REAL)
_DAYS = (FieldType.DATE, FieldType.DATETIME)


@dataclass
class _Said:
    """What all rows say together; ``texts`` tells whether a text is not plain ASCII."""

    names: list[str]
    places: tuple[int, ...]
    separator: str
    skip: int  # lines before the first row
    notes: list[Note]
    source: TextSource
    types: dict[int, FieldType] = field(default_factory=dict)
    systems: set[tuple[str, str]] = field(default_factory=set)
    is_ascii: bool = True

    @property
    def crs(self) -> tuple[str, str]:
        """The system and how it was found."""
        declared = {each for each in self.systems if each[1] == "declared"}
        if len(declared) > 1:
            raise NotInPiecesError
        if declared:
            return declared.pop()
        if len(self.systems) == 1:
            return next(iter(self.systems))
        return ("", "missing") if self.places else ("", "")

    @property
    def encoding(self) -> tuple[str, str]:
        source = self.source
        is_sure = self.is_ascii or source.how != "assumed" or source.codec != UTF8
        return source.name, source.how if is_sure else "detected"


_known: dict[tuple[str, int, int, str], _Said] = {}  # of the file that was gone through last


def csv_pieces(path: Path, encoding: str | None) -> Iterator[LoadedLayer]:
    """Give a CSV file some thousand rows at a time; the last piece has no rows and says what is to be said of the whole.

    Raises
    ------
    NotInPiecesError
        When it is small, or has something that only the whole can answer.
    """
    if path.stat().st_size < csv_file.LARGE:
        raise NotInPiecesError
    try:
        if encoding is None and read_beside(path) is not None:
            yield from described_csv_pieces(path, ROWS_AT_ONCE, _BYTES_AT_ONCE)
        else:
            yield from _pieces(path, encoding)
    except (UnicodeError, csv.Error, UserError, ValueError) as error:
        raise NotInPiecesError from error


def _pieces(path: Path, encoding: str | None) -> Iterator[LoadedLayer]:
    state = path.stat()
    key = (str(path), state.st_size, state.st_mtime_ns, encoding or "")
    said = _known.get(key)
    if said is None:
        said = _gone_through(path, encoding)
        _known.clear()
        _known[key] = said
    done, last = 0, None
    for rows in _batches(path, said):
        piece = _piece(path, said, rows, done)
        last, done = piece, done + len(piece.table)
        yield piece
    if last is None:
        raise NotInPiecesError
    nothing = new_table(last.table.schema, *_none_of(last.table))
    tail = (*said.notes, *layer_notes(done, said.crs[0], drawn=bool(said.places)))
    yield replace(last, table=nothing, report=replace(last.report, notes=tail))


def _none_of(table: FeatureTable) -> tuple[dict[str, Column], Any]:
    nobody = np.empty(0, np.int64)
    return {each.id: table.columns[each.id].take(nobody) for each in table.schema}, table.geometry.take(nobody)


def _gone_through(path: Path, encoding: str | None) -> _Said:
    """Go through all rows for the types of the columns and the system of the coordinates."""
    source = text_source(path, wanted=encoding)
    with path.open("rb") as file:
        file.seek(source.skip)
        raw = file.read(4 * _LOOK)
    head = raw.decode(source.codec, "ignore")[:_LOOK]
    if source.codec.startswith(("utf-16", "utf-32")) or b"\0" in raw or head.lstrip("\ufeff \t\r\n")[:1] == "<":
        raise NotInPiecesError
    bare, separator = said_separator(head)
    separator = separator or separator_of(bare)
    if not separator or bare != head or is_parcel_text(head):
        raise NotInPiecesError
    said = _Said([], (), separator, 0, [], source)
    rows = list(itertools.islice(_rows(path, said), _HEAD_ROWS))
    notes: list[Note] = []
    names, below = headed(rows, notes)
    if len(rows) < _HEAD_ROWS or not all(names) or any(note.code == "names-missing" for note in notes):
        raise NotInPiecesError
    found = coordinate_columns(names, below)
    said.names, said.places = names, found.places if found else ()
    said.skip, said.notes = len(rows) - len(below), [*source.notes, *notes]
    kept: list[Note] = []
    for batch in _batches(path, said):
        loaded = _read(path, said, batch, notes := [])
        if any(note.code in _ODD for note in notes):
            raise NotInPiecesError
        kept += [note for note in loaded.report.notes if note.code in _ONCE and note.code not in {each.code for each in kept}]
        if len(loaded.table.geometry.base.xy):
            said.systems.add((loaded.crs, loaded.report.crs_how))
        for number, each in enumerate(loaded.table.schema):
            if not loaded.table.columns[each.id].nulls.all():
                said.types[number] = _joined(said.types.get(number), each.type)
    said.notes += kept
    return said


def _joined(known: FieldType | None, other: FieldType) -> FieldType:
    """Return the type that holds the values of both."""
    if known is None or known is other:
        return other
    if known in _NUMBERS and other in _NUMBERS:
        return FieldType.REAL
    return FieldType.DATETIME if known in _DAYS and other in _DAYS else FieldType.TEXT


def _rows(path: Path, said: _Said) -> Iterator[list[Any]]:
    """Give the cells of every line that has any."""
    separator, source = said.separator, said.source
    csv.field_size_limit(LONGEST_CELL)
    with path.open("rb") as file, io.TextIOWrapper(file, source.codec, newline="") as text:
        file.seek(source.skip)
        for line in csv.reader(_lines(text, said), delimiter=separator):
            if any(line):
                if any("\n" in cell and cell.count(separator) >= len(line) for cell in line):
                    raise NotInPiecesError  # a quotation mark may be open
                row = [plain_cell(cell) for cell in line]
                if any(cell is not None and cell.strip() for cell in row):
                    yield row


def _lines(file: Iterator[str], said: _Said) -> Iterator[str]:
    for line in file:
        if not line.isascii():
            said.is_ascii = False
            if is_odd_text(line):
                raise NotInPiecesError
        yield line


def _batches(path: Path, said: _Said) -> Iterator[list[list[Any]]]:
    """Give the rows below the names, all of one width."""
    width, batch, size = len(said.names), [], 0
    for row in itertools.islice(_rows(path, said), said.skip, None):
        if any(cell is not None and cell.strip() for cell in row[width:]):
            raise NotInPiecesError
        even = [*row[:width], *[None] * (width - len(row))]
        batch.append(even)
        size += sum(len(cell) for cell in even if cell)
        if len(batch) == ROWS_AT_ONCE or size > _BYTES_AT_ONCE:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _read(path: Path, said: _Said, rows: list[list[Any]], notes: list[Note]) -> LoadedLayer:
    return layer_of_rows(path, path.stem, said.names, rows, notes, said.encoding)


def _piece(path: Path, said: _Said, rows: list[list[Any]], before: int) -> LoadedLayer:
    """Return a piece with the types and the system of the whole."""
    notes: list[Note] = []
    kept = without_rest(rows, said.places, notes) if said.places else rows
    loaded = _read(path, said, kept, notes)
    table = loaded.table
    fields, columns = [], {}
    for number, each in enumerate(table.schema):
        kind = said.types.get(number, FieldType.TEXT)
        values = [row[number] for row in kept]
        fields.append(Field(each.id, each.name, kind))
        columns[each.id] = _as(table.columns[each.id], each.type, kind, values)
    schema = replace(table.schema, fields=tuple(fields))
    crs, how = said.crs
    timed = {each.name for each in fields if each.type is FieldType.DATETIME}
    told = tuple(
        note
        for note in loaded.report.notes
        if note.code not in _OF_ALL | _ONCE and (note.code != "times-moved" or note.field in timed)
    )
    report = replace(loaded.report, notes=told, crs=crs, crs_how=how)
    made = new_table(schema, columns, table.geometry, numbered(before, len(table)))
    return replace(loaded, table=made, crs=crs, report=report)


def _as(column: Column, mine: FieldType, wanted: FieldType, values: Sequence[Any]) -> Column:
    if mine is wanted:
        return column
    if wanted is FieldType.TEXT:
        return text_column([value or None for value in values])
    if isinstance(column, TextColumn):  # nothing in it
        return ArrayColumn(np.zeros(len(column), DTYPES[wanted]), np.ones(len(column), np.bool_))
    assert isinstance(column, ArrayColumn)  # noqa: S101  attribute columns are one of the two
    return ArrayColumn(column.array.astype(DTYPES[wanted]), column.mask)
