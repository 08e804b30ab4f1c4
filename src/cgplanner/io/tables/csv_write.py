"""A layer as CSV: UTF-8 with the mark that spreadsheets look for, field names in the first line, places as columns."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

from cgplanner.io.report import Note
from cgplanner.io.source import WriteReport
from cgplanner.io.tables.coordinate_columns import coordinate_columns
from cgplanner.io.tables.described_tables import table_dictionary
from cgplanner.io.writing.field_dictionary import dictionary_path, table_path, write_beside
from cgplanner.io.writing.outgoing import WriteRequest
from cgplanner.io.writing.read_back import differs
from cgplanner.io.writing.single_file import draft_of, empty_losses, measure_losses, texts_of, told
from cgplanner.text import sentence, tr

_LONGEST = 2**31 - 1  # a shape as WKT is longer than the 131 072 characters that Python's reader expects


def csv_losses(request: WriteRequest) -> tuple[Note, ...]:
    """Return what a CSV file changes."""
    notes = [*empty_losses(request.table), *measure_losses(request.table, "CSV")]
    if request.crs and len(coordinate_columns(request.table, request.crs).names):
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
    csv.field_size_limit(_LONGEST)
    with draft_of(request) as draft:
        with draft.open("w", encoding="utf-8-sig", errors="replace", newline="") as file:
            csv.writer(file).writerows(_lines(request))
        write_beside(draft, _dictionary(request))
        told(request, 0.5)
        with draft.open(encoding="utf-8-sig", newline="") as file:
            found = csv.reader(file)
            for line in _lines(request):
                if next(found, None) != line:
                    raise differs(request.path, line[0] if line else tr("the number of features"))
            if next(found, None) is not None:
                raise differs(request.path, tr("the number of features"))
        told(request, 1.0)
    rows = len(request.table)
    files = (request.path, dictionary_path(request.path), table_path(request.path))
    return WriteReport(files, csv_losses(request), (), "UTF-8", request.crs, True, rows, rows)


def _dictionary(request: WriteRequest) -> dict[str, Any]:
    places = coordinate_columns(request.table, request.crs).names
    return table_dictionary(request.table, [each.name for each in request.table.schema], places, request.crs)


def _lines(request: WriteRequest) -> Iterator[list[str]]:
    table = request.table
    places = coordinate_columns(table, request.crs)
    columns = [texts_of(table.columns[each.id], each) for each in table.schema]
    yield [*(each.name for each in table.schema), *places.names]
    for row, place in enumerate(places.rows):
        yield [*(column[row] or "" for column in columns), *("" if each is None else str(each) for each in place)]
