"""Columns of a table as the fixed-width bytes of a DBF: what fits goes as it is, the rest is cut or turned and said.

For every field three things come out: its descriptor, its bytes, and the column that a reader must find in the file. Files
and shapes are other rooms' work.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cgplanner.io.report import Note
from cgplanner.io.shapefile.dbf import LONGEST_NAME, WIDEST_NUMBER, WIDEST_TEXT, DbfField
from cgplanner.io.shapefile.number_cells import decimal_cells, shortest
from cgplanner.io.texts.ascii_names import ascii_name
from cgplanner.io.writing.receivers import Receiver
from cgplanner.model.column import ArrayColumn, Column, Mask, TextColumn
from cgplanner.model.schema import Field, FieldType
from cgplanner.text import Sentence, sentence

Cells = NDArray[np.bytes_]

_MOST_DECIMALS = 15
_FIRST_DAY, _LAST_DAY = np.datetime64("0001-01-01"), np.datetime64("9999-12-31")


@dataclass(frozen=True)
class Need:
    """What a column must have room for: bytes, digits of whole numbers that are written as text, decimals, milliseconds."""

    width: int = 0
    digits: int = 0
    decimals: int = 0
    millis: bool = False

    def joined(self, other: Need) -> Need:
        """Return the need of both."""
        return Need(
            max(self.width, other.width),
            max(self.digits, other.digits),
            max(self.decimals, other.decimals),
            self.millis or other.millis,
        )

    @property
    def form(self) -> Need:
        """The need without the width, which does not change how a value is written."""
        return replace(self, width=0)


_NONE = Need()


@dataclass(frozen=True)
class Outgoing:
    """One field on its way out.

    Attributes
    ----------
    expected, column
        The field and the values that reading the file gives.
    need
        What these values have room for.
    """

    source: Field
    descriptor: DbfField
    cells: Cells
    expected: Field
    column: Column
    losses: tuple[Note, ...]
    need: Need = _NONE


@dataclass(frozen=True)
class _Made:
    """A column's bytes and what they mean; ``letter``, ``width`` and ``decimals`` describe it."""

    letter: str
    width: int
    decimals: int
    cells: Cells
    type: FieldType
    column: Column
    losses: tuple[Note, ...] = ()
    form: Need = _NONE


def outgoing_columns(
    fields: Sequence[Field],
    columns: Sequence[Column],
    codecs: tuple[str, str],
    receiver: Receiver,
    needs: Sequence[Need] = (),
) -> tuple[Outgoing, ...]:
    """Return every field as a DBF takes it; ``codecs`` are the one to write with and the one that reads it.

    ``needs`` are those of the whole where the columns are a piece of it.
    """
    plain = [ascii_name(each.name) if receiver.names == "ascii" else each.name for each in fields]
    names = short_names(plain, codecs[0])
    out = []
    for each, column, name, need in zip(fields, columns, names, needs or [_NONE] * len(names), strict=True):
        made = _make(each, column, codecs, receiver, need)
        descriptor = DbfField(name, made.letter, made.width, made.decimals)
        width = made.width if made.type in (FieldType.TEXT, FieldType.INTEGER, FieldType.REAL) else 0
        expected = Field(each.id, name.decode(codecs[1]), made.type, width, made.decimals)
        own = replace(made.form, width=made.width)
        out.append(Outgoing(each, descriptor, made.cells, expected, made.column, made.losses, own))
    return tuple(out)


def short_names(names: Sequence[str], codec: str) -> list[bytes]:
    """Return names of at most ten bytes, cut between characters, unique whatever their case; what fits stays."""
    taken: set[bytes] = set()
    fitting = {name.encode(codec).upper() for name in names if _fits(name, codec)}
    out = []
    for name in names:
        raw = (name.strip().replace("\0", "") or "FIELD").encode(codec, "replace").replace(b"?", b"_")
        short = cut_bytes(raw, LONGEST_NAME, codec)
        number = 1
        while short.upper() in taken or (not _fits(name, codec) and short.upper() in fitting):
            tail = b"_%d" % number
            short, number = cut_bytes(raw, LONGEST_NAME - len(tail), codec) + tail, number + 1
        taken.add(short.upper())
        out.append(short)
    return out


def _fits(name: str, codec: str) -> bool:
    try:
        return 0 < len(name.encode(codec)) <= LONGEST_NAME and name == name.strip() and "\0" not in name
    except UnicodeEncodeError:
        return False


def cut_bytes(raw: bytes, width: int, codec: str) -> bytes:
    """Return at most ``width`` bytes, without half a character at the end."""
    return raw if len(raw) <= width else raw[:width].decode(codec, "ignore").encode(codec)


def _make(field: Field, column: Column, codecs: tuple[str, str], receiver: Receiver, need: Need) -> _Made:
    if isinstance(column, TextColumn):
        return _text(replace(field, width=max(field.width, need.width)), column, codecs)
    assert isinstance(column, ArrayColumn)  # noqa: S101  attribute columns are one of the two
    if field.type is FieldType.INTEGER:
        return _integers(field, column, codecs, receiver, need)
    if field.type is FieldType.REAL:
        return _reals(field, column, receiver, need)
    if field.type is FieldType.BOOLEAN:
        return _booleans(field, column, receiver)
    if field.type is FieldType.DATETIME:
        return _datetimes(field, column, codecs, need)
    return _days_as_text(field, column, codecs) if receiver.dates == "text" else _dates(field, column)


def _loss(code: str, severity: Any, message: Sentence, count: int, field: Field, examples: Sequence[str] = ()) -> list[Note]:
    return [Note(code, severity, message, count, field.name, tuple(examples[:3]))] if count else []


def _text(field: Field, column: TextColumn, codecs: tuple[str, str]) -> _Made:
    texts = column.distinct.tolist()
    used = np.bincount(column.canonical[column.canonical >= 0], minlength=len(texts))
    encoded = _encoded_at_once(texts, codecs[0])
    lost: list[int] = []
    if encoded is None:
        encoded = []
        for number, text in enumerate(texts):
            raw = text.replace("\0", "").encode(codecs[0], "replace")
            if "\0" in text or raw.decode(codecs[1], "replace") != text:
                lost.append(number)
            encoded.append(raw)
    sizes = np.fromiter(map(len, encoded), np.int64, len(encoded))
    long = np.flatnonzero(sizes > WIDEST_TEXT).tolist()
    for number in long:
        encoded[number] = cut_bytes(encoded[number], WIDEST_TEXT, codecs[0])
    joined = b"\0" + b"\0".join(encoded) + b"\0"
    spaced = b" \0" in joined or b"\0 " in joined
    blank = [number for number, raw in enumerate(encoded) if raw[-1:] == b" " or raw[:1] == b" "] if spaced else []
    for number in blank:
        encoded[number] = encoded[number].strip(b" ")  # as GDAL and its kin read them
    sizes = np.fromiter(map(len, encoded), np.int64, len(encoded))
    empty = np.flatnonzero(sizes == 0).tolist()
    losses = _text_losses(field, texts, used, (lost, long, blank, empty), codecs[0])
    width = min(WIDEST_TEXT, max(field.width, 1, int(sizes.max(initial=1))))
    cells = np.array([*encoded, b""], f"S{width}")[column.canonical]
    dictionary = column.distinct
    if lost or long or blank:
        dictionary = np.empty(len(encoded), object)
        dictionary[:] = _decoded(encoded, codecs[1])
    codes = column.canonical.copy()
    if empty:
        codes[np.isin(codes, empty)] = -1
    return _Made("C", width, 0, cells, FieldType.TEXT, TextColumn(codes, dictionary), tuple(losses))


def _encoded_at_once(texts: list[str], codec: str) -> list[bytes] | None:
    try:
        encoded = "\0".join(texts).encode(codec).split(b"\0") if texts else []
    except UnicodeEncodeError:
        return None
    return encoded if len(encoded) == len(texts) else None


def _decoded(encoded: list[bytes], codec: str) -> list[str]:
    return b"\0".join(encoded).decode(codec).split("\0") if encoded else []


def _text_losses(field: Field, texts: list[str], used: NDArray[Any], groups: tuple[list[int], ...], codec: str) -> list[Note]:
    lost, long, blank, empty = groups
    empty = [number for number in empty if number not in set(blank)]
    counts = [int(used[which].sum()) for which in (lost, long, blank, empty)]
    name = field.name
    messages = (
        sentence(
            "In {field}, {count} values have characters that this encoding lacks; “?” stands for them.",
            field=name,
            count=counts[0],
        ),
        sentence("In {field}, {count} values are longer than 254 bytes and were cut.", field=name, count=counts[1]),
        sentence(
            "In {field}, {count} values begin or end in spaces, which readers of shapefiles drop.", field=name, count=counts[2]
        ),
        sentence(
            "In {field}, {count} empty texts become missing values; a shapefile cannot tell them apart.",
            field=name,
            count=counts[3],
        ),
    )
    characters = sorted({char for number in lost for char in texts[number] if not _is_in(char, codec)})
    return [
        *_loss("characters-lost", "warning", messages[0], counts[0], field, ["".join(characters[:40])]),
        *_loss("text-cut", "warning", messages[1], counts[1], field, [texts[number][:20] + "…" for number in long]),
        *_loss("spaces-dropped", "info", messages[2], counts[2], field, [texts[number] for number in blank]),
        *_loss("empty-as-null", "info", messages[3], counts[3], field),
    ]


def _is_in(char: str, codec: str) -> bool:
    try:
        return bool(char != "\0" and char.encode(codec))
    except UnicodeEncodeError:
        return False


def _filled(cells: Cells, missing: Mask, filler: bytes) -> Cells:
    if missing.any():
        cells = cells.copy()
        cells[missing] = filler
    return cells


def _right(cells: Cells, width: int) -> Cells:
    return np.char.rjust(cells, width) if len(cells) else cells  # numpy takes no empty array


def _integers(field: Field, column: ArrayColumn, codecs: tuple[str, str], receiver: Receiver, need: Need) -> _Made:
    values, missing = column.array, column.nulls
    needed = max((len(str(int(edge))) for edge in (values.min(), values.max())), default=1) if len(values) else 1
    needed = max(needed, need.digits)
    if needed > min(receiver.exact_digits, 18):
        texts = np.where(missing, "", values.astype("U21")).astype(object)
        codes = np.where(missing, -1, np.arange(len(values))).astype(np.int32)
        made = _text(replace(field, width=needed), TextColumn(codes, texts), codecs)
        message = sentence("{field} holds numbers of {digits} digits and is written as text.", field=field.name, digits=needed)
        note = Note("integer-as-text", "info", message, int((~missing).sum()), field.name)
        return replace(made, losses=(note, *made.losses), form=Need(digits=needed))
    width = max(needed, field.width if 0 < field.width <= 18 else 9 if max(needed, need.width) <= 9 else 18, need.width)
    cells = _right(values.astype(f"S{width}"), width)
    cells = _filled(cells, missing, receiver.null_number.encode() * width)
    return _Made("N", width, 0, cells, FieldType.INTEGER, column)


def _reals(field: Field, column: ArrayColumn, receiver: Receiver, need: Need) -> _Made:
    values, missing = column.array, column.nulls
    declared = 0 < field.precision < _MOST_DECIMALS and receiver.decimals == "declared"
    numbers = shortest(values)
    decimals = field.precision if declared else max(numbers.decimals_needed(), need.decimals)
    least = max(field.width if field.width <= WIDEST_NUMBER else 0, need.width)
    cells, kept, width = decimal_cells(numbers, decimals, least=least, widest=WIDEST_NUMBER, exact=not declared)
    cells = _filled(cells, missing, receiver.null_number.encode() * width)
    rounded = (kept != values) & ~missing
    message = sentence(
        "In {field}, {count} numbers are rounded to {digits} decimals.",
        field=field.name,
        count=int(rounded.sum()),
        digits=decimals,
    )
    examples = [repr(number) for number in values[np.flatnonzero(rounded)[:3]].tolist()]
    losses = _loss("number-rounded", "warning", message, int(rounded.sum()), field, examples)
    form = Need(decimals=decimals)
    return _Made("N", width, decimals, cells, FieldType.REAL, ArrayColumn(kept, column.mask), tuple(losses), form)


def _booleans(field: Field, column: ArrayColumn, receiver: Receiver) -> _Made:
    missing = column.nulls
    if receiver.boolean == "logical":
        cells = _filled(np.where(column.array, b"T", b"F").astype("S1"), missing, b"?")
        return _Made("L", 1, 0, cells, FieldType.BOOLEAN, column)
    cells = _filled(np.where(column.array, b"1", b"0").astype("S1"), missing, receiver.null_number.encode())
    message = sentence("Yes and no in {field} are written as 1 and 0.", field=field.name)
    note = Note("boolean-as-number", "info", message, int((~missing).sum()), field.name)
    return _Made("N", 1, 0, cells, FieldType.INTEGER, ArrayColumn(column.array.astype(np.int64), column.mask), (note,))


def _dates(field: Field, column: ArrayColumn) -> _Made:
    odd = ~column.nulls & ((column.array < _FIRST_DAY) | (column.array > _LAST_DAY))
    missing = column.nulls | odd
    days = np.where(missing, np.datetime64("1970-01-01"), column.array)
    text = np.datetime_as_string(days, "D").astype("S10").view(np.uint8).reshape(-1, 10)
    cells = np.ascontiguousarray(text[:, [0, 1, 2, 3, 5, 6, 8, 9]]).view("S8").ravel()
    message = sentence(
        "In {field}, {count} dates lie outside the years 1 to 9999 and were left out.", field=field.name, count=int(odd.sum())
    )
    losses = _loss("date-left-out", "warning", message, int(odd.sum()), field)
    kept = ArrayColumn(np.where(missing, np.datetime64(0, "D"), days), missing)
    return _Made("D", 8, 0, _filled(cells, missing, b" " * 8), FieldType.DATE, kept, tuple(losses))


def _days_as_text(field: Field, column: ArrayColumn, codecs: tuple[str, str]) -> _Made:
    texts = np.empty(len(column), object)
    texts[:] = np.datetime_as_string(column.array, "D").tolist()
    codes = np.where(column.nulls, -1, np.arange(len(texts))).astype(np.int32)
    made = _text(replace(field, width=10), TextColumn(codes, texts), codecs)
    message = sentence("The dates in {field} are written as text, as the receiver wants them.", field=field.name)
    note = Note("date-as-text", "info", message, int((~column.nulls).sum()), field.name)
    return replace(made, losses=(note, *made.losses))


def _datetimes(field: Field, column: ArrayColumn, codecs: tuple[str, str], need: Need) -> _Made:
    whole = not need.millis and not (column.array.astype(np.int64) % 1000).any()
    texts = np.empty(len(column), object)
    texts[:] = [text.replace("T", " ") for text in np.datetime_as_string(column.array, "s" if whole else "ms").tolist()]
    codes = np.where(column.nulls, -1, np.arange(len(texts))).astype(np.int32)
    made = _text(replace(field, width=19 if whole else 23), TextColumn(codes, texts), codecs)
    message = sentence("The times in {field} are written as text; a shapefile knows dates only.", field=field.name)
    note = Note("datetime-as-text", "info", message, int((~column.nulls).sum()), field.name)
    return replace(made, losses=(note, *made.losses), form=Need(millis=not whole))


def identity_column(rows: int, before: int = 0) -> Outgoing:
    """Return the column that a table without fields gets, for a DBF must have one; there are rows before a piece."""
    numbers = np.arange(before + 1, before + rows + 1)
    width = max(9, len(str(before + rows)))
    field = Field("f1", "ID", FieldType.INTEGER, width)
    cells = _right(numbers.astype(f"S{width}"), width)
    note = Note("field-added", "info", sentence("The layer has no fields; a number was added, for a shapefile must have one."))
    return Outgoing(field, DbfField(b"ID", "N", width), cells, field, ArrayColumn(numbers), (note,))


def taken(outgoing: Outgoing, rows: NDArray[np.int64]) -> Outgoing:
    """Return the same field for some of the rows."""
    return replace(outgoing, cells=outgoing.cells[rows], column=outgoing.column.take(rows))


def all_losses(columns: Sequence[Outgoing]) -> tuple[Note, ...]:
    """Return the losses of all columns, in their order."""
    return tuple(itertools.chain.from_iterable(each.losses for each in columns))
