"""The door for Excel workbooks: every sheet a layer. What its columns mean is coordinate_table's to say."""

from __future__ import annotations

import contextlib
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cgplanner.errors import Cancelled, CgplannerError
from cgplanner.io.archive import DAMAGES
from cgplanner.io.coordinate_table import layer_of_rows
from cgplanner.io.described import SHEET
from cgplanner.io.gdal_layers import unreadable
from cgplanner.io.source import LoadedLayer, Progress, SourceLayer
from cgplanner.text import tr

MOST_BYTES = 1 << 30
MOST_RATIO = 400  # XML of a sheet of blanks packs well
_HEADER_ROWS = 10


def workbook_layers(path: Path) -> tuple[SourceLayer, ...]:
    """Return the sheets that hold something."""
    with opened_workbook(path) as book:
        sheets = [sheet for sheet in book.worksheets if sheet.max_row is None or sheet.max_row > 1]
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
    with opened_workbook(path) as book:
        rows = []
        for number, row in enumerate(book[layer].iter_rows(values_only=True)):
            rows.append([_value(cell) for cell in row])
            if progress and number % 1000 == 0:
                progress(0.5)
    names, rows = _headed(rows)
    return layer_of_rows(path, layer, names, rows, [], ("UTF-8", "declared"))


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


def _check_size(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(each.file_size for each in archive.infolist())
    except DAMAGES as error:
        raise unreadable(path, tr("it is no workbook, or a damaged one")) from error
    if size > MOST_BYTES or (size > (64 << 20) and size > MOST_RATIO * path.stat().st_size):
        raise unreadable(path, tr("it unpacks to far more than it holds"))


def _value(cell: Any) -> Any:
    if isinstance(cell, str):
        return cell if cell.strip() and not cell.startswith("#N/A") else None
    return cell


def _headed(rows: list[list[Any]]) -> tuple[list[str], list[list[Any]]]:
    """Return the names of the columns and the rows below them; the fullest of the first rows holds the names."""
    rows = [row for row in rows if any(cell is not None for cell in row)]
    if not rows:
        return [], []
    texts = [sum(isinstance(cell, str) for cell in row) for row in rows[:_HEADER_ROWS]]
    most = max(len(row) - row.count(None) for row in rows[:_HEADER_ROWS])
    start = next((n for n, count in enumerate(texts) if count >= max(1, most * 0.6)), 0)
    width = max((n + 1 for row in rows[start:] for n, cell in enumerate(row) if cell is not None), default=0)
    names = ["" if cell is None else str(cell).replace("\n", " ").strip() for cell in rows[start][:width]]
    names += [""] * (width - len(names))
    return names, [(row + [None] * width)[:width] for row in rows[start + 1 :]]
