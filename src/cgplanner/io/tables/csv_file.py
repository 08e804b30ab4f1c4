"""The door for CSV, in any of the encodings and separators that offices use. What its columns mean coordinate_table says."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

from cgplanner.errors import UserError
from cgplanner.io.drivers.gdal_layers import unreadable
from cgplanner.io.report import Note
from cgplanner.io.source import LoadedLayer, Progress, SourceLayer
from cgplanner.io.tables.coordinate_table import coordinate_columns, layer_of_rows
from cgplanner.io.tables.csv_text import csv_text
from cgplanner.io.tables.parcel_text import is_parcel_text, parcel_layer
from cgplanner.io.tables.table_head import headed
from cgplanner.text import sentence, tr

SEPARATORS = ",\t;|，"
_FORMULA = re.compile(r'="([^"]*)"')
_BLANKS = re.compile(r"[ \t]+")
LONGEST_CELL = 16 << 20  # a polygon of the whole province as WKT
LARGE = 64 << 20  # bytes; what is smaller is read whole, which is quicker


def csv_layers(path: Path) -> tuple[SourceLayer, ...]:
    """Return the one layer of the file; of a large one nobody knows before how many rows it has."""
    if path.stat().st_size >= LARGE:
        return (SourceLayer(path.stem, "", -1),)
    text, _ = csv_text(path, None, [])
    if is_parcel_text(text):
        return (SourceLayer(path.stem, "Polygon", -1),)
    names, rows = _table(path, text, [])
    return (SourceLayer(path.stem, "Point" if coordinate_columns(names, rows) else "", len(rows)),)


def read_csv(path: Path, *, encoding: str | None = None, progress: Progress | None = None) -> LoadedLayer:
    """Read the file; empty cells are NULL.

    Raises
    ------
    UserError
        When it is no table of text.
    """
    notes: list[Note] = []
    text, found = csv_text(path, encoding, notes)
    if progress:
        progress(0.5)
    if is_parcel_text(text):
        return parcel_layer(path, text, notes, found)
    names, rows = _table(path, text, notes)
    return layer_of_rows(path, path.stem, names, rows, notes, found)


def _table(path: Path, text: str, notes: list[Note]) -> tuple[list[str], list[list[object]]]:
    if text.lstrip("\ufeff \t\r\n")[:1] == "<":
        raise UserError(
            tr("{name} does not hold what its name says: it is no {what} file.", name=path.name, what="CSV"),
            hint=tr("Save it as CSV or XLSX from the program that shows it."),
            path=path,
        )
    csv.field_size_limit(LONGEST_CELL)
    text, separator = said_separator(text)
    separator = separator or separator_of(text)
    if not separator:
        text, separator = _between_tabs(text), "\t"
    try:
        lines = _lines(text, separator, notes)
    except csv.Error as error:
        raise unreadable(path, error) from error
    if not lines:
        raise UserError(tr("{name} holds no rows.", name=path.name), hint=tr("Choose another file."), path=path)
    cells: list[list[object]] = [[plain_cell(cell) for cell in line] for line in lines]
    return headed(cells, notes)


def plain_cell(cell: str) -> str | None:
    """Return a cell without the signs by which spreadsheets are told to keep it as text: ="0351", '0351."""
    found = _FORMULA.fullmatch(cell.strip())
    if found:
        return found[1]
    return cell[1:] if cell[:1] == "'" and cell[1:].isdigit() else cell or None


def said_separator(text: str) -> tuple[str, str]:
    """Return the text without the line by which Excel is told the separator, and that separator."""
    found = re.match(r"sep=(.)\r?\n", text)
    return (text[found.end() :], found[1]) if found else (text, "")


def _lines(text: str, separator: str, notes: list[Note]) -> list[list[str]]:
    """Return the cells of all lines; a quotation mark that is never closed swallows no lines."""
    lines = [line for line in csv.reader(io.StringIO(text, newline=""), delimiter=separator) if any(line)]
    if not any("\n" in cell and cell.count(separator) >= len(line) for line in lines for cell in line):
        return lines
    plain = csv.reader(io.StringIO(text, newline=""), delimiter=separator, quoting=csv.QUOTE_NONE)
    bare = [[cell.strip('"') for cell in line] for line in plain if any(line)]
    notes.append(
        Note("quotes-open", "warning", sentence("A quotation mark is not closed; all of them were taken as plain text."))
    )
    return bare


def separator_of(text: str) -> str:
    """Return the separator that cuts the first lines into equally many pieces."""
    lines = [line for line in text[:65_536].splitlines()[:20] if line.strip()][:-1] or text[:65_536].splitlines()[:1]

    def fitness(separator: str) -> tuple[int, int]:
        counts = [len(next(csv.reader([line], delimiter=separator), [])) for line in lines]
        return (counts.count(counts[0]) if counts and counts[0] > 1 else 0, counts[0] if counts else 0)

    best = max(SEPARATORS, key=fitness)
    return "" if fitness(best)[0] < 1 and _BLANKS.search(text.lstrip().split("\n", 1)[0].strip()) else best


def _between_tabs(text: str) -> str:
    """Return the text with tabs in place of blanks where these cut most lines into equally many cells; else as it is."""
    lines = [_BLANKS.split(line.strip()) for line in text.splitlines() if line.strip()]
    width = max((len(cells) for cells in lines[1:2]), default=0)
    alike = sum(len(cells) == width for cells in lines)
    return "\n".join("\t".join(cells) for cells in lines) if width > 1 and alike * 10 >= len(lines) * 9 else text
