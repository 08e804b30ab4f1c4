"""Columns of a DBF that the driver reads wrong or not at all: binary types, memos, dBase 7, numbers and dates that are none.

The driver takes "1,234" for 1, 30 February for 1 March, a memo for the number of its block, and binary fields for text; and two
fields of one name stop it. Only what is suspicious is read here, straight from the bytes; everything else stays the driver's.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from cgplanner.io.files.file_bytes import Raw
from cgplanner.io.report import Note
from cgplanner.io.shapefile.dbf import DbfField, DbfHeader, column_bytes, record_blocks
from cgplanner.io.shapefile.dbf_memo import Memo
from cgplanner.io.shapefile.dbf_nulls import NULL_MARKS, fox_marks
from cgplanner.io.texts.encoding import decode_all, without_padding
from cgplanner.model.column import Column, column_of, text_column
from cgplanner.model.schema import Field, FieldType
from cgplanner.text import sentence

_DRIVERS_OWN = "CNFDL"
_WIDEST_INTEGER = 18  # digits that the driver keeps
_DATE_BYTES = 8  # YYYYMMDD
_BLANK = b" \0*"
_LOGICAL_MARKS = b"TtYyFfNn?"
_DECIMAL_COMMA = re.compile(r"[-+]?\d*,\d+")
_WHOLE, _DECIMAL = b"0123456789+- \0*", b"0123456789+-. \0*eE"
_GROUPED = re.compile(r"[-+]?\d{1,3}(,\d{3})+(\.\d*)?")
_NOT_A_NUMBER = re.compile(r"[-+]?(nan|inf(inity)?|1\.?#\w+)", re.IGNORECASE)  # how C writes what is none
_DATE = re.compile(rb"(\d{4})(\d{2})(\d{2})")
_BEGIN = dt.datetime(1, 1, 1)  # noqa: DTZ001  tables know no time zones
_FIRST_DAY = 1_721_426  # the Julian day of 1 January 1


@dataclass
class OwnColumns:
    """The columns read here by their place in the table, and what there is to say of them."""

    columns: dict[int, tuple[Field, Column]] = field(default_factory=dict)
    hidden: set[int] = field(default_factory=set)
    notes: list[Note] = field(default_factory=list)


def beyond_driver(header: DbfHeader) -> bool:
    """Tell whether the driver cannot read this table at all, or would mix up its fields."""
    names = [each.name for each in header.fields]
    wide = any(each.type == "C" and each.width > 255 for each in header.fields)
    return header.mended or header.seventh or len(set(names)) < len(names) or wide


def suspicious(path: Path, header: DbfHeader) -> list[int]:
    """Return the places of the fields that must be read here."""
    if beyond_driver(header):
        return list(range(len(header.fields)))
    marked = any(each.type == NULL_MARKS for each in header.fields)
    found = {number for number, each in enumerate(header.fields) if _is_odd_kind(each) or (marked and each.nullable)}
    spans = list(zip(range(len(header.fields)), header.fields, _starts(header), strict=True))
    watched = [(number, each, start) for number, each, start in spans if each.type in "NFDL" and number not in found]
    left = min((start for _, _, start in watched), default=0)
    right = max((start + each.width for _, each, start in watched), default=0)
    for rows in record_blocks(path, header) if watched else ():  # all fields of some rows: the file is walked once
        block = np.ascontiguousarray(rows[:, left:right])
        for number, each, start in watched:
            if number not in found and _is_odd(block[:, start - left : start - left + each.width], each):
                found.add(number)
    return sorted(found)


def _is_odd_kind(each: DbfField) -> bool:
    too_wide = each.type in "NF" and each.decimals == 0 and each.width > _WIDEST_INTEGER
    return each.type not in _DRIVERS_OWN or each.small or too_wide or (each.type == "D" and each.width != _DATE_BYTES)


def _is_odd(column: Raw, each: DbfField) -> bool:
    if each.type == "D":
        return _odd_dates(column)
    if each.type == "L":
        return bool(column.tobytes().translate(None, _LOGICAL_MARKS))
    return bool(column.tobytes().translate(None, _DECIMAL if each.decimals else _WHOLE))


def _starts(header: DbfHeader) -> list[int]:
    starts: list[int] = (1 + np.cumsum([0, *[each.width for each in header.fields]])).tolist()
    return starts[:-1]


def _odd_dates(column: Raw) -> bool:
    """Tell whether there are texts that are neither blank nor the day of a month."""
    digits = column.astype(np.int16) - ord("0")
    is_digit = (digits >= 0) & (digits <= 9)
    there = is_digit.any(axis=1) & (digits != 0).any(axis=1)
    month, day = digits[:, 4] * 10 + digits[:, 5], digits[:, 6] * 10 + digits[:, 7]
    year = digits[:, :4].any(axis=1)
    plain = is_digit.all(axis=1) & year & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 28)
    rare = column[there & ~plain]
    return any(_day(row.tobytes()) is None for row in rare if row.tobytes().strip(_BLANK + b"0"))


def own_columns(
    path: Path, header: DbfHeader, numbers: Sequence[int], codec: str, memo_file: Path | None, rows: Any
) -> OwnColumns:
    """Return these columns of these rows of the table.

    Parameters
    ----------
    numbers
        The places of the fields.
    rows
        int64 (n,): the rows of the table that are wanted.
    """
    if memo_file is not None:
        with Memo(memo_file, header.version) as memo:
            return _own_columns(path, header, numbers, codec, memo, rows)
    return _own_columns(path, header, numbers, codec, None, rows)


def _own_columns(path: Path, header: DbfHeader, numbers: Sequence[int], codec: str, memo: Memo | None, rows: Any) -> OwnColumns:
    out = OwnColumns()
    starts = _starts(header)
    marks = fox_marks(path, header, rows)
    for number in numbers:
        each = header.fields[number]
        if each.type == NULL_MARKS:
            out.hidden.add(number)
            continue
        raw = [cell.tobytes() for cell in column_bytes(path, header, starts[number], each.width)[rows]]
        name = decode_all([each.name], codec).texts[0] or f"FIELD_{number + 1}"
        kind, values, notes = _Cells(name, each, header.seventh, codec, memo).read(marks.cut(number, raw))
        values = marks.without_nulls(number, values)
        made = Field(f"f{number + 1}", name, kind)
        if each.type in "CNF":
            made = replace(made, width=each.width, precision=each.decimals if kind is FieldType.REAL else 0)
        out.columns[number] = (made, text_column(values) if kind is FieldType.TEXT else column_of(kind, values))
        out.notes += notes
    return out


Read = tuple[FieldType, list[Any], list[Note]]


@dataclass(frozen=True)
class _Cells:
    """The cells of one field, and how they are read."""

    name: str
    field: DbfField
    seventh: bool
    codec: str
    memo: Memo | None

    def read(self, raw: list[bytes]) -> Read:
        letter, width = self.field.type, self.field.width
        if letter in _BINARY and width == _BINARY[letter][0]:
            return self._binary(raw, letter)
        if letter == "L":
            return self._with_unreadable(FieldType.BOOLEAN, raw, lambda cell: _LOGICAL.get(cell.strip()[:1]))
        ways: dict[str, Callable[[list[bytes]], Read]] = {
            "N": self._numbers,
            "F": self._numbers,
            "D": lambda cells: self._with_unreadable(FieldType.DATE, cells, _day),
            **dict.fromkeys("GPBQ", self._left_out),
            "M": self._memos,
        }
        return ways.get(letter, self._texts)(raw)

    def _numbers(self, raw: list[bytes]) -> Read:
        texts = [each.strip(_BLANK).decode("ascii", "replace").strip() for each in raw]
        texts = _with_points(texts)
        values = [_number(text) if text else None for text in texts]
        bad = [text for text, value in zip(texts, values, strict=True) if text and value is None]
        if sum(not _NOT_A_NUMBER.fullmatch(text) for text in bad) * 2 > len(values) - texts.count(""):
            return self._texts(raw)
        there = [value for value in values if value is not None]
        whole = all(isinstance(value, int) for value in there) and not self.field.decimals
        if whole and any(abs(value) >= 2**63 for value in there):  # long identity numbers, of which a double keeps the half
            return self._texts([text.encode() for text in texts])
        kind = FieldType.INTEGER if whole else FieldType.REAL
        values = values if whole else [None if value is None else float(value) for value in values]
        return kind, values, self._unreadable(bad)

    def _with_unreadable(self, kind: FieldType, raw: list[bytes], parse: Callable[[bytes], Any]) -> Read:
        values = [parse(each) for each in raw]
        bad = [
            each.decode("ascii", "replace").strip()
            for each, value in zip(raw, values, strict=True)
            if value is None and each.strip(_BLANK + b"0?")
        ]
        return kind, values, self._unreadable(bad)

    def _unreadable(self, bad: list[str]) -> list[Note]:
        if not bad:
            return []
        message = sentence(
            "In {field}, {count} values such as “{example}” are none of its kind and were left empty.",
            field=self.name,
            count=len(bad),
            example=bad[0],
        )
        return [Note("values-unreadable", "warning", message, len(bad), self.name, tuple(bad[:3]))]

    def _binary(self, raw: list[bytes], letter: str) -> Read:
        _width, kind, fox, other = _BINARY[letter]
        return kind, [(other if self.seventh else fox)(each) for each in raw], []

    def _memos(self, raw: list[bytes]) -> Read:
        found = [None if self.memo is None else self.memo.text(each) for each in raw]
        wanted = sum(bool(each.strip(b" \0" + b"0" * (len(each) > 4))) for each in raw)
        lost = wanted - sum(each is not None for each in found)
        notes = []
        if lost:
            message = sentence(
                "In {field}, {count} long texts lie in a memo file (.dbt, .fpt) that is missing or damaged.",
                field=self.name,
                count=lost,
            )
            notes.append(Note("memo-missing", "warning", message, lost, self.name))
        kind, values, said = self._texts([b"" if each is None else each for each in found])
        return kind, [None if each is None else text for each, text in zip(found, values, strict=True)], [*notes, *said]

    def _left_out(self, raw: list[bytes]) -> Read:
        count = sum(bool(each.strip(b" \0")) for each in raw)
        message = sentence("The binary values in {field} were left out.", field=self.name)
        note = [Note("binary-left-out", "warning", message, count, self.name)] if count else []
        return FieldType.TEXT, [None] * len(raw), note

    def _texts(self, raw: list[bytes]) -> Read:
        cut = [each.split(b"\0")[0].rstrip(b" ") if self.field.type != "M" else each for each in raw]
        cut = [without_padding(each, self.field.width, self.codec) for each in cut] if self.field.type != "M" else cut
        decoded = decode_all(cut, self.codec)
        notes = []
        if decoded.cut or decoded.damaged:
            count = len(decoded.cut) + len(decoded.damaged)
            message = sentence(
                "In {field}, {count} values hold bytes that are no {encoding} text.",
                field=self.name,
                count=count,
                encoding=self.codec,
            )
            notes.append(Note("text-damaged", "warning", message, count, self.name, (decoded.cut + decoded.damaged)[:3]))
        if decoded.other:
            notes.append(other_encoding_note(self.name, decoded.other))
        return FieldType.TEXT, [text or None for text in decoded.texts], notes


def other_encoding_note(name: str, texts: tuple[str, ...]) -> Note:
    """Return the note on values of a field that are in another encoding than the rest of the table."""
    message = sentence(
        "In {field}, {count} values such as “{example}” are in another encoding than the rest, and were read in it.",
        field=name,
        count=len(texts),
        example=texts[0],
    )
    return Note("encoding-mixed", "warning", message, len(texts), name, texts[:3])


_LOGICAL = {each.encode(): each in "TtYy1" for each in "TtYy1FfNn0"}


def _with_points(texts: list[str]) -> list[str]:
    """Return numbers with a point where the whole column is written with decimal commas."""
    with_commas = [text for text in texts if "," in text]
    if not with_commas or any("." in text for text in texts) or not all(map(_DECIMAL_COMMA.fullmatch, with_commas)):
        return texts
    return texts if all(map(_GROUPED.fullmatch, with_commas)) else [text.replace(",", ".") for text in texts]


def _number(text: str) -> int | float | None:
    if _GROUPED.fullmatch(text):
        text = text.replace(",", "")
    try:
        return int(text)
    except ValueError:
        pass
    try:
        value = float(text)
    except ValueError:
        return None
    if not math.isfinite(value):
        return None
    return int(value) if value.is_integer() and "." not in text and abs(value) < 2**53 else value


def _day(raw: bytes) -> dt.date | None:
    text = raw.strip(b" \0")
    found = _DATE.fullmatch(text) or re.fullmatch(rb"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", text)
    try:
        return dt.date(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:
        return None


def _moment(days: int, milliseconds: int) -> dt.datetime | None:
    try:
        return _BEGIN + dt.timedelta(days - _FIRST_DAY, milliseconds=milliseconds)
    except OverflowError:
        return None


def _two_longs(raw: bytes) -> dt.datetime | None:
    days, milliseconds = struct.unpack("<ii", raw)
    return _moment(days, milliseconds) if days > 0 else None


def _stamp_of_7(raw: bytes) -> dt.datetime | None:
    """Return a timestamp of dBase 7: milliseconds since the year 1 as a double in sortable bytes."""
    milliseconds = _sortable_double(raw)
    return None if not milliseconds else _moment(_FIRST_DAY - 1, int(milliseconds)) if abs(milliseconds) < 1e15 else None


def _sortable_integer(raw: bytes) -> int | None:
    """Return a whole number with its sign turned over, high byte first; no byte set means NULL."""
    return None if raw == bytes(4) else int.from_bytes(raw, "big") - 2**31


def _sortable_double(raw: bytes) -> float | None:
    if raw == bytes(8):
        return None
    bits = int.from_bytes(raw, "big")
    bits = bits ^ (1 << 63) if bits >> 63 else bits ^ (2**64 - 1)
    value = float(struct.unpack(">d", bits.to_bytes(8, "big"))[0])
    return value if math.isfinite(value) else None


def _double(raw: bytes) -> float | None:
    value = float(struct.unpack("<d", raw)[0])
    return value if math.isfinite(value) else None


def _money(raw: bytes) -> float:
    return int.from_bytes(raw, "little", signed=True) / 10_000


_Parse = Callable[[bytes], Any]
_BINARY: dict[str, tuple[int, FieldType, _Parse, _Parse]] = {  # bytes, type, as FoxPro writes it, as dBase 7 does
    "I": (4, FieldType.INTEGER, lambda raw: int.from_bytes(raw, "little", signed=True), _sortable_integer),
    "+": (4, FieldType.INTEGER, lambda raw: int.from_bytes(raw, "little", signed=True), _sortable_integer),
    "O": (8, FieldType.REAL, _double, _sortable_double),
    "B": (8, FieldType.REAL, _double, _double),
    "Y": (8, FieldType.REAL, _money, _money),
    "T": (8, FieldType.DATETIME, _two_longs, _two_longs),
    "@": (8, FieldType.DATETIME, _two_longs, _stamp_of_7),
}
