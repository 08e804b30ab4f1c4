"""Which rows a table shows and in which order: positions computed from columns, without touching a string per row.

Text is compared once per distinct text; a million rows are then an argsort of small integers. Knows nothing of Qt.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cgplanner.model.column import ArrayColumn, Column, Mask, Positions, TextColumn
from cgplanner.model.schema import CodedDomain, Field
from cgplanner.model.table import FeatureTable

Ranks = NDArray[np.generic]


def ordered(table: FeatureTable, rows: Positions, field_id: str, *, descending: bool = False) -> Positions:
    """Return the rows sorted by a field; equal values keep their order, NULL comes last either way.

    A field with a list of values sorts in the order of that list, which is the order planners gave it.
    """
    column = table.columns[field_id]
    ranks, missing = _ranks(table.schema[field_id], column)
    present = rows[~missing[rows]]
    keys = ranks[present]
    order = np.argsort(keys[::-1] if descending else keys, kind="stable")
    if descending:  # reversed twice, so that equal values still keep their order
        order = len(keys) - 1 - order[::-1]
    return np.concatenate([present[order], rows[missing[rows]]])


def _ranks(field: Field, column: Column) -> tuple[Ranks, Mask]:
    if isinstance(column, TextColumn):
        texts = [str(text) for text in column.distinct]
        place = {code: i for i, code in enumerate(_listed(field))}
        by_text = sorted(range(len(texts)), key=lambda i: (place.get(texts[i], len(place)), spelled(texts[i])))
        rank_of = np.empty(len(texts) + 1, np.int32)
        rank_of[by_text] = np.arange(len(texts), dtype=np.int32)
        rank_of[-1] = -1
        return rank_of[column.canonical], column.nulls
    assert isinstance(column, ArrayColumn)  # noqa: S101  a field's column is one of the two kinds
    return column.array, column.nulls


def spelled(text: str) -> bytes:
    """Return the key by which Chinese text sorts: GB 18030 has the common characters in the order of their pinyin."""
    return text.encode("gb18030", "replace")


def _listed(field: Field) -> list[str | int]:
    return [each.code for each in field.domain.values] if isinstance(field.domain, CodedDomain) else []


def containing(table: FeatureTable, text: str) -> Positions:
    """Return the rows where any field holds this text as people read it, whatever the case; all rows for ''."""
    wanted = text.strip().casefold()
    if not wanted:
        return np.arange(len(table), dtype=np.int64)
    found = np.zeros(len(table), np.bool_)
    for field in table.schema:
        found |= _holds(field, table.columns[field.id], wanted)
    return np.flatnonzero(found)


def _holds(field: Field, column: Column, wanted: str) -> Mask:
    if isinstance(column, TextColumn):
        hits = [wanted in each.casefold() or wanted in field.display(each).casefold() for each in column.distinct]
        by_code: Mask = np.array([*hits, False])[column.canonical]
        return by_code
    assert isinstance(column, ArrayColumn)  # noqa: S101  a field's column is one of the two kinds
    number = _number(wanted)
    if number is None or column.array.dtype.kind not in "if":
        return np.zeros(len(column), np.bool_)
    equal: Mask = (column.array == number) & ~column.nulls
    return equal


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
