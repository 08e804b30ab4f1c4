"""What writers of one file share: the place to write it, the values as text, and what is said of texts that XML cannot hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cgplanner.io.files.safe_write import disk_trouble_told, refuse_existing, replacing
from cgplanner.io.report import Note
from cgplanner.model.column import ArrayColumn, Column, TextColumn
from cgplanner.model.schema import Field, FieldType
from cgplanner.model.table import FeatureTable
from cgplanner.text import sentence

if TYPE_CHECKING:
    from cgplanner.io.writing.outgoing import WriteRequest
    from cgplanner.io.writing.rows import Rows

_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@contextmanager
def draft_of(request: WriteRequest) -> Iterator[Path]:
    """Give the path to write to; when the block ends well, the file takes its place.

    Raises
    ------
    UserError
        When a file is there and may not be overwritten, or the disk says no.
    """
    path = request.path
    if not request.overwrite:
        refuse_existing((path,))
    from cgplanner.io.writing.outgoing import neighbours  # noqa: PLC0415  it imports the writers, which import this file

    with replacing(path, stale=neighbours(path)) as folder, disk_trouble_told(path):
        yield folder / path.name


def told(request: WriteRequest, share: float) -> None:
    """Tell how far the work is; it may be stopped here."""
    if request.progress:
        request.progress(share)


def texts_of(column: Column, field: Field) -> list[str | None]:
    """Return every value as plain text: "2026-11-22", "2026-11-22T08:30:00", "true", the shortest exact number."""
    if isinstance(column, TextColumn):
        return list(column.objects())
    assert isinstance(column, ArrayColumn)  # noqa: S101  attribute columns are one of the two
    if field.type is FieldType.BOOLEAN:
        texts: list[Any] = ["true" if value else "false" for value in column.array.tolist()]
    elif field.type is FieldType.DATE:
        texts = np.datetime_as_string(column.array, "D").tolist()
    elif field.type is FieldType.DATETIME:
        texts = [text.removesuffix(".000") for text in np.datetime_as_string(column.array, "ms").tolist()]
    else:
        texts = [repr(value) for value in column.array.tolist()]
    for row in np.flatnonzero(column.nulls):
        texts[row] = None
    return texts


def titles_of(table: FeatureTable) -> list[str]:
    """Return what people call each row: its title, or its first text where no field is the title; '' where there is none."""
    schema = table.schema
    if schema.title or schema.key:
        return [table.title_of(row) for row in range(len(table))]
    first = next((each for each in schema if each.type is FieldType.TEXT), None)
    column = table.columns[first.id] if first else None
    return [text or "" for text in column.objects()] if isinstance(column, TextColumn) else [""] * len(table)


def xml_text(text: str) -> str:
    """Return a text without the characters that no XML file can hold."""
    return _NOT_IN_XML.sub("", text)


def xml_losses(table: FeatureTable) -> list[Note]:
    """Return the texts that have such characters."""
    notes = []
    for each in table.schema:
        column = table.columns[each.id]
        if isinstance(column, TextColumn):
            bad = [number for number, text in enumerate(column.dictionary) if _NOT_IN_XML.search(str(text))]
            count = int(np.isin(column.codes, bad).sum()) if bad else 0
            if count:
                message = sentence(
                    "In {field}, {count} values have control characters, which are left out.", **_of(each, count)
                )
                notes.append(Note("characters-lost", "warning", message, count, each.name))
    return notes


def empty_losses(table: FeatureTable) -> list[Note]:
    """Return the empty texts that become missing values."""
    notes = []
    for each in table.schema:
        column = table.columns[each.id]
        if isinstance(column, TextColumn):
            empty = [number for number, text in enumerate(column.dictionary) if text == ""]
            count = int(np.isin(column.codes, empty).sum()) if empty else 0
            if count:
                message = sentence("In {field}, {count} empty texts become missing values.", **_of(each, count))
                notes.append(Note("empty-as-null", "info", message, count, each.name))
    return notes


def measure_losses(rows: Rows, title: str) -> list[Note]:
    """Return that measures have no place in this format, where there are some."""
    if not rows.shapes.m:
        return []
    message = sentence("{format} has no place for measures (M); they were left out.", format=title)
    return [Note("measure-dropped", "warning", message)]


def _of(field: Field, count: int) -> dict[str, object]:
    return {"field": field.title, "count": count}
