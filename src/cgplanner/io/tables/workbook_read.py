"""The door for Excel workbooks: every sheet a layer. What its columns mean is coordinate_table's to say."""

from __future__ import annotations

import contextlib
import itertools
import re
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cgplanner.errors import Cancelled, CgplannerError, UserError
from cgplanner.io.drivers.gdal_layers import unreadable
from cgplanner.io.files.archive import DAMAGES
from cgplanner.io.report import Note
from cgplanner.io.source import LoadedLayer, Progress, SourceLayer
from cgplanner.io.tables.coordinate_table import layer_of_rows
from cgplanner.io.tables.table_head import headed
from cgplanner.io.writing.described import SHEET
from cgplanner.io.xml.source import defines_entities
from cgplanner.text import sentence, tr

MOST_BYTES = 1 << 30
MOST_RATIO = 400  # XML of a sheet of blanks packs well
_MOST_FILLED = 2_000_000
_ERRORS = {"#N/A", "#DIV/0!", "#REF!", "#VALUE!", "#NAME?", "#NULL!", "#NUM!"}
_OLD = b"\xd0\xcf\x11\xe0"  # how workbooks of before 2007 begin, and those with a password


def workbook_layers(path: Path) -> tuple[SourceLayer, ...]:
    """Return the sheets that hold something."""
    with opened_workbook(path) as book:
        sheets = [sheet for sheet in book.worksheets if len(list(itertools.islice(_rows(sheet), 2))) > 1]
        if SHEET in book.sheetnames:  # one of ours: the other sheets only describe the first
            sheets = book.worksheets[:1]
        return tuple(SourceLayer(sheet.title, "", -1) for sheet in sheets)


def read_workbook(path: Path, layer: str, _encoding: str | None, progress: Progress | None) -> LoadedLayer:
    """Read one sheet: values, not formulas. Titles above the names of the columns are skipped; empty cells are NULL.

    Raises
    ------
    UserError
        When it is no workbook, or a damaged one.
    """
    notes: list[Note] = []
    with opened_workbook(path) as book:
        rows = _cells(book[layer], notes, progress)
    names, rows = headed(rows, notes)
    return layer_of_rows(path, layer, names, rows, notes, ("UTF-8", "declared"))


def _rows(sheet: Any, *, values: bool = True, merged: list[str] | None = None) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Give number and cells of the rows that are there; ``merged`` gets the ranges that are merged.

    Not through the sheet itself: that believes the size that the file declares, and drops what lies beyond, or counts up
    through a billion rows that are not there.
    """
    from openpyxl.worksheet._reader import WorkSheetParser  # noqa: PLC0415  see opened_workbook

    book = sheet.parent
    with sheet._get_source() as source:  # noqa: SLF001  the only way to the rows as they are
        parser = WorkSheetParser(
            source,
            sheet._shared_strings,  # noqa: SLF001  as above
            data_only=values,
            epoch=book.epoch,
            date_formats=book._date_formats,  # noqa: SLF001  as above
            timedelta_formats=book._timedelta_formats,  # noqa: SLF001  as above
        )
        for number, cells in parser.parse():
            yield number, [cell for cell in cells if cell["value"] is not None]
        if merged is not None and parser.merged_cells is not None:
            merged += [str(each.ref) for each in parser.merged_cells.mergeCell]


def _cells(sheet: Any, notes: list[Note], progress: Progress | None) -> list[list[Any]]:
    """Return the values of a sheet row by row, from its first column on; merged cells have their value in all rows."""
    merged: list[str] = []
    places: dict[int, dict[int, Any]] = {}
    errors: dict[tuple[int, int], str] = {}
    for count, (number, cells) in enumerate(_rows(sheet, merged=merged)):
        found = {cell["column"]: value for cell in cells if (value := _value(cell, errors)) is not None}
        if found:
            places[number] = found
        if progress and count % 1000 == 0:
            progress(0.5)
    _fill_merged(places, merged)
    _add_notes(sheet, places, errors, notes)
    out = []
    for number in sorted(places):
        row = places[number]
        out.append([row.get(column) for column in range(1, max(row) + 1)])
    return out


def _value(cell: dict[str, Any], errors: dict[tuple[int, int], str]) -> Any:
    value = cell["value"]
    if cell["data_type"] == "e" or (isinstance(value, str) and value in _ERRORS):
        errors[cell["row"], cell["column"]] = str(value)
        return None
    return value if not isinstance(value, str) or value.strip() else None


def _fill_merged(places: dict[int, dict[int, Any]], merged: list[str]) -> None:
    """Give every cell of a merged range its value: a city's name that stands over the rows of its projects is meant for all."""
    from openpyxl.utils.cell import range_boundaries  # noqa: PLC0415  see opened_workbook

    filled = 0
    for ref in merged:
        try:
            left, top, right, bottom = range_boundaries(ref)
        except (ValueError, TypeError):
            continue
        value = places.get(top, {}).get(left)
        if value is None or left is None or ((right - left + 1 > len(places.get(bottom + 1, {}))) and top == bottom):
            continue  # a title over the whole table
        filled += (right - left + 1) * min(bottom - top + 1, len(places))
        if filled > _MOST_FILLED:
            return
        for row in range(top, bottom + 1):
            if row in places or row == top:
                for column in range(left, right + 1):
                    places.setdefault(row, {}).setdefault(column, value)


def _add_notes(sheet: Any, places: dict[int, dict[int, Any]], errors: dict[tuple[int, int], str], notes: list[Note]) -> None:
    if errors:
        texts = tuple(errors.values())
        message = sentence(
            "{count} cells hold errors such as “{example}” and were left empty.", count=len(errors), example=texts[0]
        )
        notes.append(Note("cells-in-error", "warning", message, len(errors), "", texts[:3]))
    with sheet._get_source() as source:  # noqa: SLF001  see _rows
        if not any(b"<f" in piece for piece in iter(lambda: source.read(1 << 20), b"")):
            return
    formulas = [
        (number, cell["column"]) for number, cells in _rows(sheet, values=False) for cell in cells if cell["data_type"] == "f"
    ]
    lost = sum(column not in places.get(number, {}) and (number, column) not in errors for number, column in formulas)
    if lost > 0:
        message = sentence(
            "{count} formulas were saved without their values; open and save the workbook in Excel first.", count=lost
        )
        notes.append(Note("formulas-without-values", "warning", message, lost))


@contextlib.contextmanager
def opened_workbook(path: Path) -> Iterator[Any]:
    """Give the workbook, read-only; what is wrong with it is a UserError."""
    import openpyxl  # noqa: PLC0415  a fifth of a second

    _check_size(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # styles and extensions that it does not know do not matter here
            book = openpyxl.load_workbook(path, read_only=True, data_only=True)
            try:
                yield book
            finally:
                book.close()
    except (CgplannerError, Cancelled):
        raise
    except Exception as error:  # openpyxl lets through whatever its parsers trip over
        raise unreadable(path, tr("it is no workbook, or a damaged one")) from error


def _refuse_entities(head: bytes, path: Path) -> None:
    if re.search(rb"<!\s*(ENTITY|DOCTYPE)", head, re.IGNORECASE):
        defines_entities(path)


def _check_size(path: Path) -> None:
    with path.open("rb") as file:
        if file.read(4) == _OLD:
            raise UserError(
                tr("{name} is a workbook of before 2007 under another name, or it asks for a password.", name=path.name),
                hint=tr("Save it as XLSX without a password in Excel or WPS, and open that."),
                path=path,
            )
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(each.file_size for each in archive.infolist())
            for each in archive.infolist():
                if each.filename.lower().endswith((".xml", ".rels")):
                    with archive.open(each) as part:
                        _refuse_entities(part.read(4096), path)
    except DAMAGES as error:
        raise unreadable(path, tr("it is no workbook, or a damaged one")) from error
    if size > MOST_BYTES or (size > (64 << 20) and size > MOST_RATIO * path.stat().st_size):
        raise unreadable(path, tr("it unpacks to far more than it holds"))
