"""Texts longer than a dBase column takes, cut into pieces that go on in more columns; the field dictionary joins them again.

Only columns in here: no file, no bytes of a table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cgplanner.io.report import Note
from cgplanner.io.shapefile.dbf import WIDEST_TEXT
from cgplanner.model.column import Column, TextColumn
from cgplanner.model.schema import Field, FieldType
from cgplanner.text import sentence

MOST_PIECES = 10  # a text of more than 2.5 kB would crowd the table with columns; it is cut


@dataclass(frozen=True)
class Split:
    """The fields and columns as they are to be written; ``parts`` says for each field how many columns follow it."""

    fields: tuple[Field, ...]
    columns: tuple[Column, ...]
    parts: tuple[int, ...]
    notes: tuple[Note, ...]


def split_long(fields: Sequence[Field], columns: Sequence[Column], codec: str, parts: Sequence[int] = ()) -> Split:
    """Return the same fields, those with long texts followed by columns for the rest of them.

    ``parts`` are those of the whole, field by field, where the columns are a piece of it.
    """
    taken = {each.name.casefold() for each in fields}
    out_fields: list[Field] = []
    out_columns: list[Column] = []
    more: list[int] = []
    notes: list[Note] = []
    for field, column, part in zip(fields, columns, parts or [0] * len(fields), strict=True):
        pieces = _pieces_of(column, codec) if isinstance(column, TextColumn) else {}
        many = max(part + 1, max(map(len, pieces.values()), default=1))
        added = tuple(_continued(field, number, taken) for number in range(2, many + 1))
        out_fields += [field, *added]
        out_columns += [column] if many == 1 else _split_columns(column, pieces, many)
        more.append(many - 1)
        if pieces:
            notes.append(_note(field, column, pieces, added))
    return Split(tuple(out_fields), tuple(out_columns), tuple(more), tuple(notes))


def _note(field: Field, column: Column, pieces: dict[int, list[str]], added: tuple[Field, ...]) -> Note:
    assert isinstance(column, TextColumn)  # noqa: S101  only texts have pieces
    used = np.bincount(column.canonical[column.canonical >= 0], minlength=len(column.distinct))
    count = int(used[list(pieces)].sum())
    message = sentence(
        "In {field}, {count} values are longer than 254 bytes and go on in {names}; the field dictionary joins them again.",
        field=field.name,
        count=count,
        names=", ".join(each.name for each in added),
    )
    return Note("text-split", "info", message, count, field.name, tuple(texts[0][:20] + "…" for texts in pieces.values())[:3])


def _pieces_of(column: TextColumn, codec: str) -> dict[int, list[str]]:
    """Return the pieces of every text that is too long, by its place among the distinct ones."""
    found: dict[int, list[str]] = {}
    if max(map(len, column.distinct), default=0) * 4 <= WIDEST_TEXT:
        return found
    for number, text in enumerate(column.distinct):
        if len(text) * 4 > WIDEST_TEXT and len(str(text).encode(codec, "replace")) > WIDEST_TEXT:
            found[number] = _cut(str(text), codec)
    return {number: pieces for number, pieces in found.items() if len(pieces) > 1}


def _cut(text: str, codec: str) -> list[str]:
    """Return pieces of at most 254 bytes; none begins or ends in a space where it is cut, for a column would lose it."""
    pieces: list[str] = []
    while text and len(pieces) < MOST_PIECES - 1:
        end, size = 0, 0
        while end < len(text) and size + (more := len(text[end].encode(codec, "replace"))) <= WIDEST_TEXT:
            end, size = end + 1, size + more
        if end < len(text):
            end = next((place for place in range(end, 0, -1) if " " not in text[place - 1 : place + 1]), end)
        pieces.append(text[:end])
        text = text[end:]
    return [*pieces, text] if text else pieces


def _continued(field: Field, number: int, taken: set[str]) -> Field:
    name = f"{field.name}_{number}"
    while name.casefold() in taken:
        name += "_"
    taken.add(name.casefold())
    return Field(f"{field.id}#{number}", name, FieldType.TEXT)


def _split_columns(column: Column, pieces: dict[int, list[str]], many: int) -> list[Column]:
    assert isinstance(column, TextColumn)  # noqa: S101  only texts have pieces
    texts = [str(text) for text in column.distinct]
    out: list[Column] = []
    for place in range(many):
        dictionary = np.empty(len(texts), object)
        there = np.ones(len(texts), np.bool_) if place == 0 else np.zeros(len(texts), np.bool_)
        dictionary[:] = texts if place == 0 else ""
        for number, cut in pieces.items():
            if place < len(cut):
                dictionary[number], there[number] = cut[place], True
        codes = column.canonical.copy()
        codes[(codes >= 0) & ~there[np.maximum(codes, 0)]] = -1
        out.append(TextColumn(codes, dictionary))
    return out
