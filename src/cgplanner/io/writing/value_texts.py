"""Values as plain texts, whole columns at once, and whether texts that were read back say them.

"2026-11-22", "2026-11-22T08:30:00", "true", the shortest exact number. This file must not know of files. pyarrow costs a
quarter of a second to import: import this when it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cgplanner.io.shapes.shape_texts import number_texts
from cgplanner.io.writing.single_file import texts_of
from cgplanner.model.column import ArrayColumn, Column, TextColumn
from cgplanner.model.schema import Field, FieldType

_MISSING = pa.scalar(None, pa.large_string())


def plain_texts(column: Column, field: Field) -> Any:
    """Return an Arrow array: every value as text, missing where it is."""
    if isinstance(column, TextColumn):
        return changed_texts(column, "", str)
    assert isinstance(column, ArrayColumn)  # noqa: S101  attribute columns are one of the two
    if field.type in (FieldType.INTEGER, FieldType.REAL):
        texts = number_texts(column.array)
        return texts if column.mask is None else pc.if_else(pa.array(column.mask), _MISSING, texts)
    return pa.array(texts_of(column, field), pa.large_string())


def changed_texts(column: TextColumn, wanting: str, change: Callable[[str], str], longest: int | None = None) -> Any:
    """Return an Arrow array of the texts; those in which the pattern is found are put through a function.

    So are those of more than ``longest`` bytes: a pattern that counts them would take a second for some texts.
    Half a character becomes "?".
    """
    codes = np.where(column.codes < 0, len(column.dictionary), column.codes)
    return pc.take(_changed(column.dictionary, wanting, change, longest), pa.array(codes))


def _changed(texts: Any, wanting: str, change: Callable[[str], str], longest: int | None) -> Any:
    """Return the texts and a missing one at the end."""
    try:
        plain = pa.array([*texts, None], pa.large_string())
    except (UnicodeEncodeError, pa.ArrowException):  # half a character
        raw = [change(text).encode("utf-8", "replace") for text in texts]
        return pa.array([*raw, None], pa.large_binary()).cast(pa.large_string())
    if not wanting:
        return plain
    found = pc.match_substring_regex(plain, wanting)
    if longest is not None:
        found = pc.or_(found, pc.greater(pc.binary_length(plain), longest))
    found = found.fill_null(False)
    if not pc.any(found).as_py():
        return plain
    said = [change(text) for text in plain.filter(found).to_pylist()]
    return pc.replace_with_mask(plain, found, pa.array(said, pa.large_string()))


def say(found: Sequence[str], column: Column, field: Field) -> bool:
    """Tell whether texts that were read back say these values; '' stands for a missing one and for an empty text."""
    if isinstance(column, TextColumn):
        return [text or "" for text in column.objects()] == list(found)
    assert isinstance(column, ArrayColumn)  # noqa: S101  attribute columns are one of the two
    if [not text for text in found] != column.nulls.tolist():
        return False
    if field.type not in (FieldType.INTEGER, FieldType.REAL):
        return [text or "" for text in texts_of(column, field)] == list(found)
    try:
        number = int if field.type is FieldType.INTEGER else float
        values = np.array([number(text or 0) for text in found], column.array.dtype)
    except (ValueError, OverflowError):
        return False
    there = ~column.nulls
    return bool(np.array_equal(values[there], column.array[there], equal_nan=field.type is FieldType.REAL))
