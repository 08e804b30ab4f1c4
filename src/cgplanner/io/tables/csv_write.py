"""A layer as CSV: UTF-8 with the mark that spreadsheets look for, field names in the first line, places as columns.

Rows go by some thousand at a time, so that they may be more than the memory holds.
"""

from __future__ import annotations

import codecs
import csv
import io
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cgplanner.io.report import Note, joined_notes
from cgplanner.io.source import WriteReport
from cgplanner.io.tables.coordinate_columns import Places, all_columns, places_of
from cgplanner.io.tables.described_tables import table_dictionary
from cgplanner.io.writing.field_dictionary import dictionary_path, table_path, write_beside
from cgplanner.io.writing.outgoing import WriteRequest
from cgplanner.io.writing.read_back import differs
from cgplanner.io.writing.rows import worked_ahead
from cgplanner.io.writing.single_file import draft_of, empty_losses, measure_losses, told
from cgplanner.model.column import Column, TextColumn
from cgplanner.model.schema import Field
from cgplanner.model.table import FeatureTable
from cgplanner.text import sentence, tr

_LONGEST = 2**31 - 1  # a shape as WKT is longer than the 131 072 characters that Python's reader expects
_WANTS_QUOTES = '[",\r\n]'


def csv_losses(request: WriteRequest) -> tuple[Note, ...]:
    """Return what a CSV file changes."""
    empty = itertools.chain.from_iterable(empty_losses(piece) for piece in request.rows.pieces())
    return _losses(request, joined_notes(empty))


def _losses(request: WriteRequest, empty: tuple[Note, ...]) -> tuple[Note, ...]:
    notes = [*empty, *measure_losses(request.rows, "CSV")]
    if request.crs and places_of(request.rows, request.crs).names:
        message = sentence("CSV does not say its coordinate system; it is {crs}.", crs=request.crs[:40])
        notes.append(Note("crs-left-out", "info", message))
    return tuple(notes)


def write_csv(request: WriteRequest) -> WriteReport:
    """Write one layer, read it back, compare, then put it in place.

    Raises
    ------
    UserError
        When the file may not be replaced, the disk says no, or it does not read back as it was written.
    """
    places = places_of(request.rows, request.crs)
    empty: list[Note] = []
    with draft_of(request) as draft:
        with draft.open("wb") as file:
            file.write(codecs.BOM_UTF8 + _line(_head(request, places)))
            for text, found in worked_ahead(lambda table: (_text(table, places), empty_losses(table)), request.rows.portions()):
                file.write(text)
                empty += found
        data = table_dictionary(request.rows.schema, [each.name for each in request.rows.schema], places.names, request.crs)
        write_beside(draft, data)
        told(request, 0.5)
        _check(request, draft, places)
        told(request, 1.0)
    rows = len(request.rows)
    files = (request.path, dictionary_path(request.path), table_path(request.path))
    return WriteReport(files, _losses(request, joined_notes(empty)), (), "UTF-8", request.crs, True, rows, rows)


def _head(request: WriteRequest, places: Places) -> list[str]:
    return [*(each.name for each in request.rows.schema), *places.names]


def _line(cells: list[str]) -> bytes:
    line = io.StringIO(newline="")
    csv.writer(line).writerow(cells)
    return line.getvalue().encode("utf-8", "replace")  # half a character becomes "?", and the comparison refuses the file


def _text(table: FeatureTable, places: Places) -> bytes:
    from cgplanner.io.shapes.shape_texts import bytes_of, put_together  # noqa: PLC0415  pyarrow, a quarter of a second

    columns = all_columns(table, places)
    blank = '""' if len(columns) == 1 else ""  # an empty line is no row
    cells = [_cells(field, column).fill_null(blank) for field, column in columns]
    if not cells or not len(table):
        return b"\r\n" * len(table)
    between: list[Any] = [",", *[","] * len(cells)]
    mixed = itertools.chain.from_iterable(zip(cells, between, strict=False))
    return bytes_of(put_together(*list(mixed)[:-1], "\r\n"))


def _cells(field: Field, column: Column) -> Any:
    from cgplanner.io.writing.value_texts import changed_texts, plain_texts  # noqa: PLC0415  pyarrow, as above

    if isinstance(column, TextColumn):
        return changed_texts(column, _WANTS_QUOTES, lambda text: '"' + text.replace('"', '""') + '"')
    return plain_texts(column, field)


def _check(request: WriteRequest, draft: Path, places: Places) -> None:
    """Compare every cell, by the reader of Python, which did not write it."""
    from cgplanner.io.writing.value_texts import say  # noqa: PLC0415  pyarrow, as above

    csv.field_size_limit(_LONGEST)
    with draft.open(encoding="utf-8-sig", newline="") as file:
        lines = csv.reader(file)
        head = _head(request, places)
        if next(lines, None) != head:
            raise differs(request.path, tr("the names of the fields"))
        for table, columns in worked_ahead(lambda table: (table, all_columns(table, places)), request.rows.portions()):
            found = _columns(lines, len(table), len(head))
            if found is None:
                raise differs(request.path, tr("the number of features"))
            for theirs, (field, column) in zip(found, columns, strict=True):
                if not say(theirs, column, field):
                    raise differs(request.path, field.name)
        if next(lines, None) is not None:
            raise differs(request.path, tr("the number of features"))


def _columns(lines: Iterator[list[str]], rows: int, width: int) -> list[tuple[str, ...]] | None:
    """Return the next rows column by column; None where there are fewer, or some of another width."""
    found = list(itertools.islice(lines, rows))
    if len(found) != rows or any(len(line) != width for line in found):
        return None
    return list(zip(*found, strict=True)) if found else [()] * width
