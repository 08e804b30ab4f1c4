"""A layer as an Excel workbook: titles in the first row, codes as text, dates as dates; a second sheet names the fields.

openpyxl makes the workbook, its styles and the small sheets; the rows are put into the first one as text, some thousand at a
time, so that they may be more than the memory holds.
"""

from __future__ import annotations

import csv
import datetime as dt
import errno
import io
import itertools
import json
import math
import os
import re
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cgplanner.errors import UserError
from cgplanner.io.report import Note, joined_notes
from cgplanner.io.row_pieces import few_rows, joined_table
from cgplanner.io.source import WriteReport
from cgplanner.io.tables.coordinate_columns import Places, all_columns, places_of
from cgplanner.io.tables.described_tables import CHUNK, table_dictionary
from cgplanner.io.writing.described import SHEET
from cgplanner.io.writing.field_dictionary import dictionary_table
from cgplanner.io.writing.outgoing import WriteRequest
from cgplanner.io.writing.read_back import differs
from cgplanner.io.writing.rows import worked_ahead
from cgplanner.io.writing.single_file import draft_of, empty_losses, measure_losses, told, xml_losses, xml_text
from cgplanner.model.column import Column, TextColumn
from cgplanner.model.schema import Field, FieldType
from cgplanner.model.table import FeatureTable
from cgplanner.text import pick, sentence, tr

if TYPE_CHECKING:
    from cgplanner.io.tables.sheet_text import CellStyles

MOST_ROWS, LONGEST = 1_048_576, 32_767
_MOST_BYTES = 1 << 30  # of a sheet: more is refused when it is read
_EXACT = 10**15
_SIXTEEN_DIGITS = 2e-15  # what openpyxl makes of a number; Excel keeps fifteen
_FIRST_DAY = dt.date(1900, 3, 1)  # before it the calendar of workbooks has a day that never was
_WIDTHS = {FieldType.DATE: 12, FieldType.DATETIME: 20, FieldType.TEXT: 24}
_SHEET_FILE = "xl/worksheets/sheet1.xml"
_QUICK = 1  # of zlib's nine levels: a quarter of the time of its default for a seventh more bytes
_WHOLE, _SHOWN = 5_000, 200  # rows of a sheet that openpyxl reads, and of a longer one


def workbook_losses(request: WriteRequest) -> tuple[Note, ...]:
    """Return what a workbook changes.

    Raises
    ------
    UserError
        When the layer has more rows than a sheet.
    """
    places = _checked_places(request)
    found = itertools.chain.from_iterable(_piece_losses(piece, all_columns(piece, places)) for piece in request.rows.portions())
    return _losses(request, places, joined_notes(found))


def _checked_places(request: WriteRequest) -> Places:
    count = len(request.rows)
    if count >= MOST_ROWS:
        raise UserError(
            tr("The layer has {count} rows; a sheet takes {most}.", count=count, most=MOST_ROWS - 1),
            hint=tr("Write a CSV file or a GeoPackage, or export a part of the layer."),
            path=request.path,
        )
    return places_of(request.rows, request.crs)


def _losses(request: WriteRequest, places: Places, found: tuple[Note, ...]) -> tuple[Note, ...]:
    notes = [*measure_losses(request.rows, "Excel")]
    if places.names and request.crs:
        message = sentence("A workbook does not say its coordinate system; it is {crs}.", crs=request.crs[:40])
        notes.append(Note("crs-left-out", "info", message))
    return (*found, *notes)


def _piece_losses(table: FeatureTable, columns: list[tuple[Field, Column]]) -> Iterator[Note]:
    from cgplanner.io.tables.sheet_text import odd_values  # noqa: PLC0415  pyarrow, a quarter of a second

    yield from (*empty_losses(table), *xml_losses(table))
    for each in table.schema:
        column = table.columns[each.id]
        long = _count_of_long(column)
        if long:
            message = sentence("In {field}, {count} texts are longer than a cell and are cut.", field=each.title, count=long)
            yield Note("text-cut", "warning", message, long, each.name)
        odd = int(odd_values(column).sum())
        if odd:
            message = sentence("In {field}, {count} values go as text; a cell would change them.", field=each.title, count=odd)
            yield Note("value-as-text", "info", message, odd, each.name)
    long = sum(_count_of_long(column) for _, column in columns[len(table.schema) :])
    if long:
        message = sentence("{count} shapes are longer than a cell and are left out.", count=long)
        yield Note("geometry-left-out", "warning", message, long)


def _count_of_long(column: Column) -> int:
    if not isinstance(column, TextColumn):
        return 0
    long = [number for number, text in enumerate(column.dictionary) if text is not None and len(text) > LONGEST]
    return int(np.isin(column.codes, long).sum()) if long else 0


def write_workbook(request: WriteRequest) -> WriteReport:
    """Write one layer, read it back, compare, then put it in place.

    Raises
    ------
    UserError
        When the file may not be replaced, the rows are too many, the disk says no, or it does not read back as it was written.
    """
    places = _checked_places(request)
    with draft_of(request) as draft:
        with _xml_trouble_told():
            skeleton = _skeleton(request, places)
        found = _write(request, places, skeleton, draft)
        told(request, 0.6)
        _check(request, places, skeleton, draft)
        told(request, 1.0)
    rows = len(request.rows)
    losses = _losses(request, places, joined_notes(found))
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


@dataclass(frozen=True)
class _Skeleton:
    """A workbook as openpyxl makes it, and its first sheet before and behind the rows below the head."""

    files: dict[str, bytes]
    begin: bytes
    end: bytes
    styles: CellStyles

    def sheet_in(self, target: Path | io.BytesIO) -> Any:
        """Return an archive with all files but the first sheet, open for writing."""
        archive = zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=_QUICK)
        for name, raw in self.files.items():
            archive.writestr(name, raw)
        return archive


def _skeleton(request: WriteRequest, places: Places) -> _Skeleton:
    import openpyxl  # noqa: PLC0415  half a second that only this function needs
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415  as above
    from openpyxl.styles import Font  # noqa: PLC0415  as above

    from cgplanner.io.tables.sheet_text import CellStyles  # noqa: PLC0415  pyarrow, a quarter of a second

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(_sheet_name(request.layer_name))
    sheet.freeze_panes = "A2"
    for number, each in enumerate(request.rows.schema, 1):
        sheet.column_dimensions[openpyxl.utils.get_column_letter(number)].width = _WIDTHS.get(each.type, 14)

    def text_cell(value: str, *, bold: bool = False) -> Any:
        made = WriteOnlyCell(sheet, value)
        made.data_type, made.number_format = "s", "@"  # "=1+1" and "#N/A" are texts here
        if bold:
            made.font = Font(bold=True)
        return made

    sheet.append([text_cell(title, bold=True) for title in _head(request, places)])
    sheet.append([text_cell("x"), dt.date(2000, 1, 1), dt.datetime(2000, 1, 1, 1)])  # noqa: DTZ001  shows the styles
    _add_dictionary(book, request, places)
    whole = io.BytesIO()
    book.save(whole)
    with zipfile.ZipFile(whole) as archive:
        files = {each.filename: archive.read(each) for each in archive.infolist()}
    begin, _, rest = files.pop(_SHEET_FILE).partition(b'<row r="2">')
    row, _, end = rest.partition(b"</sheetData>")
    styles = CellStyles(*(int(each) for each in re.findall(rb' s="(\d+)"', row)))
    return _Skeleton(files, begin, b"</sheetData>" + end, styles)


def _head(request: WriteRequest, places: Places) -> list[str]:
    return [*(xml_text(each.title)[:LONGEST] for each in request.rows.schema), *places.names]


def _columns(table: FeatureTable, places: Places) -> list[tuple[Field, Column]]:
    """Return the columns of the sheet."""
    return _that_fit(all_columns(table, places), places)


def _that_fit(columns: list[tuple[Field, Column]], places: Places) -> list[tuple[Field, Column]]:
    """Return the columns without the shapes that no cell holds."""
    if places.kind != "wkt":
        return columns
    field, shapes = columns[-1]
    assert isinstance(shapes, TextColumn)  # noqa: S101  WKT
    fits = [text is not None and len(text) <= LONGEST for text in shapes.dictionary]
    codes = np.where(np.array([*fits, False])[shapes.codes], shapes.codes, -1).astype(np.int32)
    return [*columns[:-1], (field, TextColumn(codes, shapes.dictionary))]


def _write(request: WriteRequest, places: Places, skeleton: _Skeleton, draft: Path) -> list[Note]:
    """Write the workbook; return what the rows lost."""
    from cgplanner.io.tables.sheet_text import rows_text  # noqa: PLC0415  pyarrow, as above

    def put(part: tuple[int, FeatureTable]) -> tuple[bytes, list[Note]]:
        first, table = part
        columns = all_columns(table, places)
        return rows_text(_that_fit(columns, places), first, skeleton.styles), list(_piece_losses(table, columns))

    losses: list[Note] = []
    size = 0
    with skeleton.sheet_in(draft) as archive, archive.open(_SHEET_FILE, "w") as file:
        file.write(skeleton.begin)
        for text, found in worked_ahead(put, request.rows.numbered_portions(2)):
            size += len(text)
            if size > _MOST_BYTES:
                raise UserError(
                    tr("A sheet of the layer would be larger than {size} MB.", size=_MOST_BYTES >> 20),
                    hint=tr("Write a CSV file or a GeoPackage, or export a part of the layer."),
                    path=request.path,
                )
            file.write(text)
            losses += found
        file.write(skeleton.end)
    return losses


def _add_dictionary(book: Any, request: WriteRequest, places: Places) -> None:
    """Add a sheet that names the fields for people, and a hidden one that gives them back to us."""
    schema = request.rows.schema
    data = table_dictionary(schema, [xml_text(each.title) for each in schema], places.names, request.crs)
    names = book.create_sheet(pick("字段", "Fields"))
    for row in csv.reader(io.StringIO(dictionary_table(data).removeprefix("\ufeff"), newline="")):
        names.append([xml_text(cell)[:LONGEST] for cell in row])
    hidden = book.create_sheet(SHEET)
    hidden.sheet_state = "hidden"
    text = json.dumps(data)  # ASCII: what XML cannot hold is escaped
    for start in range(0, len(text), CHUNK):
        hidden.append([text[start : start + CHUNK]])


def _check(request: WriteRequest, places: Places, skeleton: _Skeleton, draft: Path) -> None:
    """Compare every cell by a parser of our own, and let openpyxl read the workbook, or some rows of a long sheet."""
    count = len(request.rows)
    shown = np.arange(count) if count <= _WHOLE else np.unique(np.linspace(0, count - 1, _SHOWN).astype(np.int64))
    try:
        sample, texts = _compare(request, places, draft, shown)
    except (ValueError, KeyError, zipfile.BadZipFile) as error:
        raise differs(request.path, str(error)) from error
    if count <= _WHOLE:
        _check_objects(request, _columns(sample, places), shown, draft)
        return
    with tempfile.TemporaryDirectory(prefix="cgplanner-") as folder:
        some = Path(folder) / draft.name
        with skeleton.sheet_in(some) as archive:
            archive.writestr(_SHEET_FILE, skeleton.begin + b"".join(texts) + skeleton.end)
        _check_objects(request, _columns(sample, places), shown, some)


def _compare(request: WriteRequest, places: Places, draft: Path, shown: Any) -> tuple[FeatureTable, list[bytes]]:
    """Compare all rows; return some of them as a table, and as they stand in the file."""
    from cgplanner.io.tables.sheet_text import SheetReader, cells_say, said_text  # noqa: PLC0415  pyarrow, as above

    head, seen, kept = _head(request, places), 0, []
    with zipfile.ZipFile(draft) as archive, archive.open(_SHEET_FILE) as file:
        reader = SheetReader(file, max(len(head), 1), (shown + 1).tolist())
        rows = reader.rows()
        titles = next(rows, None) or []
        if titles[: len(head)] != [f"s{said_text(title)}" if title else None for title in head]:
            raise differs(request.path, tr("the names of the fields"))
        for table, columns in worked_ahead(lambda table: (table, _columns(table, places)), request.rows.portions()):
            found = list(itertools.islice(rows, len(table)))
            if len(found) != len(table):
                raise differs(request.path, tr("the number of features"))
            for theirs, (field, column) in zip(zip(*found, strict=True), columns, strict=False):
                if not cells_say(theirs, column, field):
                    raise differs(request.path, field.name)
            kept.append(few_rows(table, shown[(shown >= seen) & (shown < seen + len(table))] - seen))
            seen += len(table)
        if next(rows, None) is not None:
            raise differs(request.path, tr("the number of features"))
    return joined_table(kept), reader.sample


def _check_objects(request: WriteRequest, columns: list[tuple[Field, Column]], shown: Any, draft: Path) -> None:
    """Let openpyxl read the sheet in which these rows stand, and compare them."""
    import openpyxl  # noqa: PLC0415  as above

    values = [[_cell(value) for value in column.values()] for _, column in columns]
    places = {int(row) + 2: number for number, row in enumerate(shown)}
    seen = 0
    book = openpyxl.load_workbook(draft, read_only=True)
    try:
        for number, row in enumerate(book.worksheets[0].iter_rows(values_only=True), 1):
            if number not in places:
                continue
            mine = [column[places[number]] for column in values]
            theirs = [*row, *[None] * (len(mine) - len(row))]
            seen += 1
            if not all(_alike(one, other) for one, other in zip(mine, theirs, strict=False)):
                raise differs(request.path, tr("row {number}", number=number))
    finally:
        book.close()
    if seen != len(shown):
        raise differs(request.path, tr("the number of features"))


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


def _cell(value: Any) -> Any:
    """Return what a cell holds: numbers beyond 15 digits and days before the calendar of workbooks are texts."""
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
