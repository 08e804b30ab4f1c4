"""Rows of a sheet as the XML of a workbook, whole columns at once, and the same rows read back by a parser.

openpyxl makes an object of every cell: a hundred thousand rows take it half a minute. This file must not know of layers.
pyarrow costs a quarter of a second to import: import this when it is used.
"""

from __future__ import annotations

import datetime as dt
import itertools
import xml.parsers.expat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any
from xml.sax.saxutils import escape

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cgplanner.io.shapes.shape_texts import bytes_of, number_texts, put_together
from cgplanner.io.writing.single_file import xml_text
from cgplanner.io.writing.value_texts import changed_texts
from cgplanner.model.column import ArrayColumn, Column, TextColumn
from cgplanner.model.schema import Field, FieldType

LONGEST = 32_767  # characters of a cell
_EXACT = 10**15
_FIRST_DAY = np.datetime64("1900-03-01", "D")  # before it the calendar of workbooks has a day that never was
_DAY_ZERO = np.datetime64("1899-12-30", "D")
_MILLISECONDS = 86_400_000
_WANTS_CARE = r"[&<>\x00-\x1f\x{fffe}\x{ffff}]"
_PIECE = 1 << 20


@dataclass(frozen=True)
class CellStyles:
    """Numbers of the styles of a workbook."""

    text: int
    day: int
    moment: int


def odd_values(column: Column) -> Any:
    """Return bool (n,): the values that a cell would change, numbers of more than 15 digits, none, days before the calendar."""
    if not isinstance(column, ArrayColumn):
        return np.zeros(len(column), np.bool_)
    array = column.array
    if array.dtype.kind == "M":
        odd = array.astype("datetime64[D]") < _FIRST_DAY
    elif array.dtype.kind == "i":
        odd = (array <= -_EXACT) | (array >= _EXACT)
    else:
        odd = ~np.isfinite(array) if array.dtype.kind == "f" else np.zeros(len(array), np.bool_)
    return odd & ~column.nulls


def rows_text(columns: Sequence[tuple[Field, Column]], first: int, styles: CellStyles) -> bytes:
    """Return rows, the first of which has this number in the sheet."""
    count = len(columns[0][1]) if columns else 0
    numbers = number_texts(np.arange(first, first + count))
    cells = [_cells(name, field, column, numbers, styles) for name, (field, column) in zip(_letters(), columns, strict=False)]
    return bytes_of(put_together('<row r="', numbers, '">', *cells, "</row>")) if count else b""


def _letters() -> Iterator[str]:
    for length in itertools.count(1):
        yield from map("".join, itertools.product("ABCDEFGHIJKLMNOPQRSTUVWXYZ", repeat=length))


def _cells(letters: str, field: Field, column: Column, numbers: Any, styles: CellStyles) -> Any:
    """Return the cells of a column; a missing value has none."""
    if isinstance(column, TextColumn):
        return _text_cells(letters, column, numbers, styles.text)
    assert isinstance(column, ArrayColumn)  # noqa: S101  attribute columns are one of the two
    kind, style = "n", ""
    if field.type is FieldType.BOOLEAN:
        kind, values = "b", pc.if_else(pa.array(column.array), "1", "0").cast(pa.large_string())
    elif field.type is FieldType.DATE:
        style, values = f' s="{styles.day}"', number_texts((column.array - _DAY_ZERO).astype(np.int64))
    elif field.type is FieldType.DATETIME:
        days = (column.array - _DAY_ZERO).astype("timedelta64[ms]").astype(np.int64) / _MILLISECONDS
        style, values = f' s="{styles.moment}"', number_texts(days)
    else:
        values = number_texts(column.array)
    texts = put_together(f'<c r="{letters}', numbers, f'"{style} t="{kind}"><v>', values, "</v></c>")
    odd = odd_values(column)
    if odd.any():
        said = [odd_text(column, int(row)) for row in np.flatnonzero(odd)]
        codes = np.full(len(column), -1, np.int32)
        codes[odd] = np.arange(len(said))
        instead = _text_cells(letters, TextColumn(codes, np.array(said, object)), numbers, styles.text)
        texts = pc.if_else(pa.array(odd), instead, texts)
    return texts if column.mask is None else pc.if_else(pa.array(column.mask), "", texts)


def odd_text(column: Column, row: int) -> str:
    """Return the text that stands for a value that a cell would change."""
    value = column.value(row)
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def _text_cells(letters: str, column: TextColumn, numbers: Any, style: int) -> Any:
    """Return cells of texts; a text without a character has none."""
    texts = changed_texts(column, _WANTS_CARE, lambda text: escape(xml_text(text)[:LONGEST]), LONGEST)
    begin = f'" s="{style}" t="inlineStr"><is><t xml:space="preserve">'  # or blanks at its ends would not count
    cells = put_together(f'<c r="{letters}', numbers, begin, texts, "</t></is></c>")
    return pc.if_else(pc.equal(texts, ""), "", cells).fill_null("")


def said_text(text: str | None) -> str | None:
    """Return a text as it reads back from a cell."""
    return xml_text(text)[:LONGEST].replace("\r\n", "\n").replace("\r", "\n") or None if text else None


class SheetReader:
    """Gives the rows of a sheet's XML as lists of cells: "n" and a number, "b" and 0 or 1, "s" and a text, None for nothing.

    Parameters
    ----------
    file
        The XML.
    kept
        Numbers of rows whose bytes are to be kept in :attr:`sample`.
    """

    def __init__(self, file: IO[bytes], width: int, kept: Sequence[int] = ()) -> None:
        self._file, self._width = file, width
        self._columns = {letters: number for number, letters in zip(range(width), _letters(), strict=False)}
        self._rows: list[list[str | None]] = []
        self._wanted, self._passed = set(kept), 0
        self.head, self.tail = b"", b""
        self.sample: list[bytes] = []

    def rows(self) -> Iterator[list[str | None]]:
        """Give all rows.

        Raises
        ------
        ValueError
            When it is no XML, or a cell stands where none was expected.
        """
        parser = self._parser()
        rest = b""
        try:
            while piece := self._file.read(_PIECE):
                whole, end, rest = (rest + piece).rpartition(b"</row>")
                self._keep(whole + end)
                parser.Parse(whole + end, False)
                yield from self._rows
                self._rows.clear()
            parser.Parse(rest, True)
        except xml.parsers.expat.ExpatError as error:
            raise ValueError(str(error)) from error
        self.tail = rest
        yield from self._rows

    def _keep(self, text: bytes) -> None:
        rows = text.count(b"</row>")
        here = [number for number in range(self._passed, self._passed + rows) if number in self._wanted]
        if here:
            lines = text.split(b"</row>")
            self.sample += [lines[number - self._passed] + b"</row>" for number in here]
        self._passed += rows

    def _parser(self) -> Any:  # noqa: C901  three handlers that share what they see
        parser = xml.parsers.expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.buffer_size = 1 << 16
        columns, width, rows = self._columns, self._width, self._rows
        number, kind, column, reading = "", "", 0, False
        row: list[str | None] = []
        parts: list[str] = []

        def start(name: str, attributes: dict[str, str]) -> None:
            nonlocal number, kind, column, reading, row
            if name == "c":
                place = attributes["r"]
                if not place.endswith(number):
                    raise ValueError(place)
                column, kind = columns[place.removesuffix(number)], attributes["t"][0]
                parts.clear()
            elif name in ("v", "t"):
                reading = True
            elif name == "row":
                number, row = attributes["r"], [None] * width

        def end(name: str) -> None:
            nonlocal reading
            if name == "c":
                row[column] = ("s" if kind == "i" else kind) + "".join(parts)
            elif name in ("v", "t"):
                reading = False
            elif name == "row":
                rows.append(row)

        def text(found: str) -> None:
            if reading:
                parts.append(found)

        parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
        return parser


def cells_say(found: Sequence[str | None], column: Column, field: Field) -> bool:
    """Tell whether cells that were read back hold these values."""
    if isinstance(column, TextColumn):
        said = [None if text is None else said_text(str(text)) for text in column.dictionary]
        texts = np.array([*(None if text is None else f"s{text}" for text in said), None], object)
        return bool(texts[column.codes].tolist() == list(found))
    assert isinstance(column, ArrayColumn)  # noqa: S101  attribute columns are one of the two
    odd, nulls = odd_values(column), column.nulls
    if [cell is None for cell in found] != nulls.tolist():
        return False
    if any(found[row] != f"s{odd_text(column, row)}" for row in np.flatnonzero(odd).tolist()):
        return False
    plain = np.flatnonzero(~odd & ~nulls)
    cells = [found[row] or "" for row in plain.tolist()]
    if any(cell[0] != ("b" if field.type is FieldType.BOOLEAN else "n") for cell in cells):
        return False
    return _same_numbers([cell[1:] for cell in cells], column.array[plain], field.type)


def _same_numbers(texts: list[str], mine: Any, kind: FieldType) -> bool:
    try:
        numbers = [float(text) for text in texts] if kind in (FieldType.REAL, FieldType.DATETIME) else [*map(int, texts)]
    except ValueError:
        return False
    if kind is FieldType.DATE:
        return bool(np.array_equal(_DAY_ZERO + np.array(numbers, np.int64), mine))
    if kind is FieldType.DATETIME:
        found = np.array(numbers, np.float64) * _MILLISECONDS
        wanted = (mine - _DAY_ZERO).astype("timedelta64[ms]").astype(np.int64)
        return bool((np.abs(found - wanted) < 2).all())  # a day's fraction in a double
    return bool(np.array_equal(np.array(numbers), mine)) if numbers else not len(mine)
