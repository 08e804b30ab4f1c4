"""A layer as an Excel workbook: titles in the first row, codes as text, dates as dates; a second sheet names the fields."""

from __future__ import annotations

import csv
import datetime as dt
import errno
import io
import json
import math
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cgplanner.errors import UserError
from cgplanner.io.report import Note
from cgplanner.io.source import WriteReport
from cgplanner.io.tables.coordinate_columns import coordinate_columns
from cgplanner.io.tables.described_tables import CHUNK, table_dictionary
from cgplanner.io.writing.described import SHEET
from cgplanner.io.writing.field_dictionary import dictionary_table
from cgplanner.io.writing.outgoing import WriteRequest
from cgplanner.io.writing.read_back import differs
from cgplanner.io.writing.single_file import draft_of, empty_losses, measure_losses, told, xml_losses, xml_text
from cgplanner.model.schema import FieldType
from cgplanner.text import pick, sentence, tr

MOST_ROWS, LONGEST = 1_048_576, 32_767
_EXACT = 10**15
_SIXTEEN_DIGITS = 2e-15  # what openpyxl writes of a number; Excel keeps fifteen
_FIRST_DAY = dt.date(1900, 3, 1)  # before it the calendar of workbooks has a day that never was
_WIDTHS = {FieldType.DATE: 12, FieldType.DATETIME: 20, FieldType.TEXT: 24}


def workbook_losses(request: WriteRequest) -> tuple[Note, ...]:
    """Return what a workbook changes.

    Raises
    ------
    UserError
        When the layer has more rows than a sheet.
    """
    table = request.table
    if len(table) >= MOST_ROWS:
        raise UserError(
            tr("The layer has {count} rows; a sheet takes {most}.", count=len(table), most=MOST_ROWS - 1),
            hint=tr("Write a CSV file or a GeoPackage, or export a part of the layer."),
            path=request.path,
        )
    notes = [*empty_losses(table), *xml_losses(table), *measure_losses(table, "Excel")]
    places = coordinate_columns(table, request.crs)
    if places.names and request.crs:
        message = sentence("A workbook does not say its coordinate system; it is {crs}.", crs=request.crs[:40])
        notes.append(Note("crs-left-out", "info", message))
    for each in table.schema:
        values = table.columns[each.id].values()
        long = sum(isinstance(value, str) and len(value) > LONGEST for value in values)
        if long:
            message = sentence("In {field}, {count} texts are longer than a cell and are cut.", field=each.title, count=long)
            notes.append(Note("text-cut", "warning", message, long, each.name))
        odd = sum(value is not None and not isinstance(value, str) and isinstance(_cell(value), str) for value in values)
        if odd:
            message = sentence("In {field}, {count} values go as text; a cell would change them.", field=each.title, count=odd)
            notes.append(Note("value-as-text", "info", message, odd, each.name))
    long = sum(isinstance(value, str) and len(value) > LONGEST for place in places.rows for value in place)
    if long:
        message = sentence("{count} shapes are longer than a cell and are left out.", count=long)
        notes.append(Note("geometry-left-out", "warning", message, long))
    return tuple(notes)


def write_workbook(request: WriteRequest) -> WriteReport:
    """Write one layer, read it back, compare, then put it in place.

    Raises
    ------
    UserError
        When the file may not be replaced, the rows are too many, the disk says no, or it does not read back as it was written.
    """
    losses = workbook_losses(request)
    with draft_of(request) as draft:
        with _xml_trouble_told():
            _write(request, draft)
        told(request, 0.6)
        _check(request, draft)
        told(request, 1.0)
    rows = len(request.table)
    return WriteReport((request.path,), losses, (), "UTF-8", request.crs, True, rows, rows)


@contextmanager
def _xml_trouble_told() -> Iterator[None]:
    """Turn what lxml, which openpyxl writes with where it is installed, says of a disk into what the disk said."""
    try:
        yield
    except Exception as error:
        if type(error).__name__ != "SerialisationError":
            raise
        number = getattr(errno, str(error).removeprefix("IO_"), None)
        raise OSError(number, os.strerror(number)) if number else OSError(str(error)) from error


def _write(request: WriteRequest, draft: Path) -> None:
    import openpyxl  # noqa: PLC0415  half a second that only this function needs
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415  as above
    from openpyxl.styles import Font  # noqa: PLC0415  as above

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(_sheet_name(request.layer_name))
    sheet.freeze_panes = "A2"
    for number, each in enumerate(request.table.schema, 1):
        sheet.column_dimensions[openpyxl.utils.get_column_letter(number)].width = _WIDTHS.get(each.type, 14)

    def cell(value: Any, *, bold: bool = False) -> Any:
        made = WriteOnlyCell(sheet, value)
        if isinstance(value, str):
            made.data_type = "s"  # "=1+1" and "#N/A" are texts here
            made.number_format = "@"
        if bold:
            made.font = Font(bold=True)
        return made

    for number, row in enumerate(_rows(request)):
        sheet.append([cell(value, bold=number == 0) if value is not None else None for value in row])
    _add_dictionary(book, request)
    whole = io.BytesIO()  # a disk that is full meets a plain write, and not the innards of two libraries
    book.save(whole)
    draft.write_bytes(whole.getbuffer())


def _add_dictionary(book: Any, request: WriteRequest) -> None:
    """Add a sheet that names the fields for people, and a hidden one that gives them back to us."""
    table = request.table
    titles = [xml_text(each.title) for each in table.schema]
    data = table_dictionary(table, titles, coordinate_columns(table, request.crs).names, request.crs)
    names = book.create_sheet(pick("字段", "Fields"))
    for row in csv.reader(io.StringIO(dictionary_table(data).removeprefix("\ufeff"), newline="")):
        names.append([xml_text(cell)[:LONGEST] for cell in row])
    hidden = book.create_sheet(SHEET)
    hidden.sheet_state = "hidden"
    text = json.dumps(data)  # ASCII: what XML cannot hold is escaped
    for start in range(0, len(text), CHUNK):
        hidden.append([text[start : start + CHUNK]])


def _check(request: WriteRequest, draft: Path) -> None:
    import openpyxl  # noqa: PLC0415  as above

    book = openpyxl.load_workbook(draft, read_only=True)
    try:
        found = book.worksheets[0].iter_rows(values_only=True)
        for number, row in enumerate(_rows(request)):
            theirs = list(next(found, ()))
            theirs += [None] * (len(row) - len(theirs))
            for mine, other in zip(row, theirs, strict=True):
                if not _alike(mine, other):
                    raise differs(request.path, tr("row {number}", number=number + 1))
        if next(found, None) is not None:
            raise differs(request.path, tr("the number of features"))
    finally:
        book.close()


def _alike(mine: Any, theirs: Any) -> bool:
    if isinstance(mine, dt.datetime) and isinstance(theirs, dt.datetime):
        return abs(mine - theirs) < dt.timedelta(milliseconds=2)  # a day's fraction in a double
    if isinstance(mine, dt.date) and isinstance(theirs, dt.datetime):
        return theirs.date() == mine
    if isinstance(mine, str) and isinstance(theirs, str):
        return mine.replace("\r\n", "\n").replace("\r", "\n") == theirs.replace("\r\n", "\n").replace("\r", "\n")
    if isinstance(mine, float) and isinstance(theirs, int | float):
        return math.isclose(mine, theirs, rel_tol=_SIXTEEN_DIGITS)
    return bool(mine == theirs)


def _rows(request: WriteRequest) -> Iterator[list[Any]]:
    table = request.table
    places = coordinate_columns(table, request.crs)
    columns = [[_cell(value) for value in table.columns[each.id].values()] for each in table.schema]
    yield [*(xml_text(each.title) for each in table.schema), *places.names]
    for row, place in enumerate(places.rows):
        shape = [None if isinstance(value, str) and len(value) > LONGEST else value for value in place]
        yield [*(column[row] for column in columns), *shape]


def _cell(value: Any) -> Any:
    """Return what goes into a cell: numbers beyond 15 digits and days before the calendar of workbooks as text."""
    if isinstance(value, str):
        return xml_text(value)[:LONGEST] or None
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return value if abs(value) < _EXACT else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    day = value.date() if isinstance(value, dt.datetime) else value
    return value if day >= _FIRST_DAY else value.isoformat()


def _sheet_name(name: str) -> str:
    return re.sub(r"[\[\]:*?/\\']", "_", xml_text(name))[:31] or "Sheet"
