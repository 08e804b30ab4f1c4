"""Between our columns and the values that SQLite stores, and between fields and column declarations.

GeoPackage says how a date or a yes/no is written; what foreign files hold instead is read with forgiveness and counted. This
file must not know of files or layers.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from cgplanner.io.report import Note
from cgplanner.model.column import DTYPES, ArrayColumn, Column, TextColumn, text_column
from cgplanner.model.schema import Field, FieldType
from cgplanner.text import sentence

_DECLARED = {
    FieldType.INTEGER: "INTEGER",
    FieldType.REAL: "REAL",
    FieldType.BOOLEAN: "BOOLEAN",
    FieldType.DATE: "DATE",
    FieldType.DATETIME: "DATETIME",
}
_TYPE_OF_DECLARED = {
    "BOOLEAN": FieldType.BOOLEAN,
    "TINYINT": FieldType.INTEGER,
    "SMALLINT": FieldType.INTEGER,
    "MEDIUMINT": FieldType.INTEGER,
    "INT": FieldType.INTEGER,
    "INTEGER": FieldType.INTEGER,
    "FLOAT": FieldType.REAL,
    "DOUBLE": FieldType.REAL,
    "REAL": FieldType.REAL,
    "DATE": FieldType.DATE,
    "DATETIME": FieldType.DATETIME,
    "TEXT": FieldType.TEXT,
}


def declaration(field: Field) -> str:
    """Return the SQL type of a field's column."""
    if field.type is FieldType.TEXT:
        return f"TEXT({field.width})" if field.width > 0 else "TEXT"
    return _DECLARED[field.type]


def declared_type(text: str) -> tuple[FieldType, int] | None:
    """Return (type, width) of a column that some software declared; None for what we do not hold (blobs)."""
    match = re.fullmatch(r"\s*([A-Za-z ]+?)\s*(?:\(\s*(\d+)[^)]*\))?\s*", text)
    name = match[1].upper() if match else ""
    if name.startswith("BLOB"):
        return None
    found = _TYPE_OF_DECLARED.get(name, FieldType.TEXT)
    width = int(match[2]) if match and match[2] and found is FieldType.TEXT else 0
    return found, width


def sql_values(column: Column, field_type: FieldType) -> list[Any]:
    """Return a column's values as SQLite stores them; None for NULL."""
    if isinstance(column, TextColumn):
        texts: list[Any] = column.objects().tolist()
        return texts
    assert isinstance(column, ArrayColumn)  # noqa: S101  narrows the type; attribute columns are one of the two
    if field_type is FieldType.DATE:
        values = np.datetime_as_string(column.array, unit="D").astype(object)
    elif field_type is FieldType.DATETIME:
        values = np.datetime_as_string(column.array, unit="ms", timezone="UTC").astype(object)
    elif field_type is FieldType.BOOLEAN:
        values = column.array.astype(np.int64).astype(object)
    else:
        values = column.array.astype(object)
    if column.mask is not None:
        values[column.mask] = None
    found: list[Any] = values.tolist()
    return found


def column_from_sql(values: Sequence[Any], field: Field) -> tuple[Column, tuple[Note, ...]]:
    """Return a column of the field's type from SQLite's values, and how many did not fit and became NULL."""
    if field.type is FieldType.TEXT:
        if not all(value is None or type(value) is str for value in values):
            values = [None if value is None else _as_text(value) for value in values]
        return text_column(values), ()
    mask = np.fromiter((value is None for value in values), np.bool_, len(values))
    try:
        array = _quick(values, field.type)
    except (ValueError, TypeError, OverflowError):
        return _slow(values, field)
    if field.type is FieldType.REAL:
        mask |= ~np.isfinite(array)
        array = np.where(mask, 0.0, array)
    return ArrayColumn(array, mask), ()


def _quick(values: Sequence[Any], field_type: FieldType) -> Any:
    """Convert all values at once; an error says that one of them is not what the standard writes."""
    if field_type in {FieldType.DATE, FieldType.DATETIME}:
        texts = ["1970-01-01" if value is None else value.removesuffix("Z") for value in values]
        if any("+" in text for text in texts):  # numpy would read the zone, with a warning
            raise ValueError
        return np.array(texts, DTYPES[field_type])
    wanted = {FieldType.INTEGER: int, FieldType.BOOLEAN: int, FieldType.REAL: float}[field_type]
    if not all(value is None or type(value) is wanted for value in values):
        raise ValueError
    array = np.array([0 if value is None else value for value in values], DTYPES[field_type])
    if field_type is FieldType.BOOLEAN and not all(value in {0, 1, None} for value in values):
        raise ValueError
    return array


def _slow(values: Sequence[Any], field: Field) -> tuple[Column, tuple[Note, ...]]:
    convert = _FORGIVING[field.type]
    array = np.zeros(len(values), DTYPES[field.type])
    mask = np.ones(len(values), np.bool_)
    strange: list[str] = []
    for place, value in enumerate(values):
        if value is None or value == "":
            continue
        try:
            array[place] = convert(value)
            mask[place] = False
        except (ValueError, TypeError, OverflowError):
            strange.append(str(value)[:40])
    if field.type is FieldType.REAL:
        mask |= ~np.isfinite(array)
        array[mask] = 0
    if not strange:
        return ArrayColumn(array, mask), ()
    message = sentence(
        "{count} values of {field} did not fit its type and were left empty.", count=len(strange), field=field.name
    )
    note = Note("value-type", "warning", message, len(strange), field.name, tuple(strange[:3]))
    return ArrayColumn(array, mask), (note,)


def _as_text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _as_integer(value: Any) -> int:
    number = int(value)
    if number != float(value) and abs(number) < 1 << 53:
        raise ValueError
    return number


_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")


def _as_date(value: Any) -> np.datetime64:
    return np.datetime64(_with_even_day(str(value).strip())[:10], "D")


def _with_even_day(text: str) -> str:
    """Return a text that begins with a day as people write it ("2026/3/1") with the day as the standard does."""
    day = _DAY.match(text)
    return f"{day[1]}-{int(day[2]):02}-{int(day[3]):02}{text[day.end() :]}" if day else text


def _as_moment(value: Any) -> np.datetime64:
    text = re.sub(r" (\d:)", r" 0\1", _with_even_day(str(value).strip()))
    if re.search(r"[+-]\d\d:?\d\d$", text[10:]):
        moment = dt.datetime.fromisoformat(text).astimezone(dt.UTC).replace(tzinfo=None)
        return np.datetime64(moment, "ms")
    return np.datetime64(text.removesuffix("Z"), "ms")


_FORGIVING: dict[FieldType, Callable[[Any], Any]] = {
    FieldType.INTEGER: _as_integer,
    FieldType.REAL: float,
    FieldType.BOOLEAN: lambda value: bool(int(value)),
    FieldType.DATE: _as_date,
    FieldType.DATETIME: _as_moment,
}
