"""The values of a .mid: rows of texts by the columns that the .mif declares, and each column in its type.

Empty is NULL and never 0, a number that is none is said, and rows stay with their shapes. No file in here.
"""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from cgplanner.io.report import Note
from cgplanner.io.tables.coordinate_text import coordinate
from cgplanner.model.column import Column, column_of
from cgplanner.model.schema import Field, FieldType
from cgplanner.text import sentence

_COLUMN = re.compile(r'^[ \t]*"?(?P<name>[^\r\n]+?)"?[ \t]+(?P<type>[A-Za-z]+)[ \t]*(?:\([ \d,\t]*\))?[ \t]*;?[ \t]*$')
_LONGEST_WHOLE = 300  # digits; Python makes no number of more than some thousand
_WHOLE = re.compile(r"[-+]?\d+")
_DIVIDERS = (",", "\t", ";", "|")
_TRUE, _FALSE = {"t", "true", "1", "y", "yes", "是"}, {"f", "false", "0", "n", "no", "否"}


@dataclass(frozen=True)
class MidColumn:
    """A column as the .mif declares it."""

    name: str
    kind: str


def declared_columns(header: str) -> list[MidColumn]:
    """Return the columns that the header of a .mif declares."""
    found = re.search(r"^[ \t]*columns[ \t]+(\d{1,9})[^\r\n]*", header, re.IGNORECASE | re.MULTILINE)
    if found is None:
        return []
    lines = [line for line in header[found.end() :].splitlines() if line.strip()][: int(found[1])]
    columns = []
    for line in lines:
        part = _COLUMN.match(line)
        if part is None:
            columns.append(MidColumn(line.strip().strip('"'), "char"))
        else:
            columns.append(MidColumn(part["name"], part["type"].lower()))
    return columns


def divider_of(header: str, text: str, columns: int) -> tuple[str, bool]:
    """Return what divides the values, and whether it is another sign than the header says (a tab where it says nothing)."""
    said = re.search(r'^[ \t]*delimiter[ \t]+"([^"]*)"', header, re.IGNORECASE | re.MULTILINE)
    named = said[1] if said and len(said[1]) == 1 and said[1] not in '"\n' else "\t"
    lines = [re.sub(r'"[^"]*"', "", line) for line in text[: 1 << 16].split("\n")[:50] if line.strip()]
    if columns < 2 or not lines or any(named in line for line in lines):
        return named, False
    other = next((sign for sign in _DIVIDERS if all(line.count(sign) == columns - 1 for line in lines)), None)
    return (named, False) if other is None else (other, True)


def rows_of_values(text: str, divider: str, columns: int, shapes: int) -> tuple[list[list[str]], int]:
    """Return the rows, each as long as there are columns, and how many were of another length.

    A quotation mark that nobody closes swallows lines: where lines are as many as shapes, each line is a row.
    """
    text = text.rstrip("\0\x1a\r\n \t")
    lines = text.split("\n")
    if columns > 1:
        lines = [line for line in lines if line.strip()]
    rows = _parsed([f"{line}\n" for line in text.split("\n")], divider)
    rows = [row for row in rows if row or columns == 1] if text else []
    if len(rows) != shapes and len(lines) == shapes:
        closed = (line if line.count('"') % 2 == 0 else line.replace('"', "") for line in lines)
        rows = [next(iter(_parsed([line], divider)), []) for line in closed]
    uneven = sum(len(row) != columns and (len(row) < columns or any(row[columns:])) for row in rows)
    return [(row + [""] * columns)[:columns] for row in rows], uneven


def _parsed(lines: list[str], divider: str) -> list[list[str]]:
    csv.field_size_limit(1 << 30)
    return list(csv.reader((line.replace("\0", "") for line in lines), delimiter=divider, doublequote=True))


def column_of_texts(number: int, declared: MidColumn, texts: Sequence[str | None]) -> tuple[Field, Column, tuple[Note, ...]]:
    """Return the field, its values and what is to be said of them; None stands for a row without values."""
    made = Field(f"f{number}", declared.name, FieldType.TEXT)
    kind, parse = _PARSERS.get(declared.kind, (FieldType.TEXT, str))
    if kind is FieldType.TEXT:
        values = [text if text is None or parse is str or not text.strip() else parse(text) for text in texts]
        if parse is not str:
            values = [value or None for value in values]
        return made, column_of(FieldType.TEXT, values), ()
    found = [None if text is None or _is_blank(text, kind) else parse(text.strip()) for text in texts]
    bad = [str(text) for text, each in zip(texts, found, strict=True) if each is None and not _is_blank(text, kind)]
    if kind is FieldType.INTEGER and any(isinstance(each, float) or (each and abs(each) >= 2**63) for each in found):
        kind = FieldType.REAL
        if any(isinstance(each, int) and abs(each) >= 2**53 for each in found):
            return Field(made.id, made.name, FieldType.TEXT), column_of(FieldType.TEXT, [t or None for t in texts]), ()
        found = [None if each is None else float(each) for each in found]
    return Field(made.id, made.name, kind), column_of(kind, found), _unreadable(declared.name, bad)


def _is_blank(text: str | None, kind: FieldType) -> bool:
    """Tell whether there is no value: nothing, or a day of zeros."""
    rest = (text or "").strip()
    return not rest or (kind in (FieldType.DATE, FieldType.DATETIME) and not rest.strip("0/-: T"))


def _unreadable(name: str, bad: list[str]) -> tuple[Note, ...]:
    if not bad:
        return ()
    message = sentence(
        "In {field}, {count} values such as “{example}” are none of its kind and were left empty.",
        field=name,
        count=len(bad),
        example=bad[0],
    )
    return (Note("values-unreadable", "warning", message, len(bad), name, tuple(bad[:3])),)


def _whole(text: str) -> int | float | None:
    return int(text) if len(text) <= _LONGEST_WHOLE and _WHOLE.fullmatch(text) else _real(text)


def _real(text: str) -> float | None:
    number = coordinate(text)
    return number if abs(number) < float("inf") else None  # NaN is no number either


def _boolean(text: str) -> bool | None:
    word = text.lower()
    return True if word in _TRUE else False if word in _FALSE else None


def _day(text: str) -> dt.date | None:
    moment = _moment(text)
    return None if moment is None else moment.date()


def _moment(text: str) -> dt.datetime | None:
    digits = re.sub(r"\D", "", text)
    parts = re.split(r"\D+", text.strip())
    if len(parts) >= 3 and len(parts[0]) == 4:  # 2024-5-1
        digits = parts[0] + "".join(each.zfill(2) for each in parts[1:])
    elif len(parts) == 3 and len(parts[2]) == 4:  # 05/31/2024, as old versions write
        digits = parts[2] + parts[0].zfill(2) + parts[1].zfill(2)
    try:
        day = dt.datetime.strptime(digits[:8], "%Y%m%d")  # noqa: DTZ007  a day has no zone
        hour, minute, second = (int(digits[place : place + 2] or 0) for place in (8, 10, 12))
        return day.replace(hour=hour, minute=minute, second=second, microsecond=int(digits[14:17] or 0) * 1000)
    except ValueError:
        return None


def _time(text: str) -> str:
    """Return a time of day as text: 103000123 is 10:30:00.123."""
    digits = text.strip().zfill(9)
    if not digits.isdigit() or len(digits) != 9:
        return text
    return f"{digits[:2]}:{digits[2:4]}:{digits[4:6]}.{digits[6:]}"


_PARSERS: dict[str, tuple[FieldType, Callable[[str], Any]]] = {
    **dict.fromkeys(("integer", "smallint", "largeint"), (FieldType.INTEGER, _whole)),
    **dict.fromkeys(("float", "decimal"), (FieldType.REAL, _real)),
    "logical": (FieldType.BOOLEAN, _boolean),
    "date": (FieldType.DATE, _day),
    "datetime": (FieldType.DATETIME, _moment),
    "time": (FieldType.TEXT, _time),
}
