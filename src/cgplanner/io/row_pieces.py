"""Rows in pieces: a table cut into some, pieces of two readers cut alike, and the numbers that rows bear in a piece.

What a file larger than memory is made of on its way from one format to another. This file must not know of files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from cgplanner.geometry.ragged import Ragged
from cgplanner.io.shapes.wkb import joined_columns
from cgplanner.model.column import ArrayColumn, Column, Positions, TextColumn, text_column
from cgplanner.model.geometry_column import GeometryColumn
from cgplanner.model.table import FeatureTable, new_table

Extent = tuple[float, float, float, float]
ROWS_AT_ONCE = 32_768
_BYTES_AT_ONCE = 6 << 20


def rows_of_a_piece(file_bytes: int, rows: int, most: int) -> int:
    """Return how many rows to read at once: fewer where they are large, judged by the size of their file."""
    return max(1, min(most, _BYTES_AT_ONCE * max(rows, 1) // max(file_bytes, 1)))


def numbered(before: int, rows: int) -> Positions:
    """Return the fids of the rows of a piece where the file has none: they count from 1 through all pieces."""
    return np.arange(before + 1, before + rows + 1, dtype=np.int64)


def cut(table: FeatureTable, rows: int = ROWS_AT_ONCE) -> Iterator[FeatureTable]:
    """Give a table in pieces of so many rows; a small one is its only piece, and so is one without rows."""
    if len(table) <= rows:
        yield table
        return
    for first in range(0, len(table), rows):
        yield table_of_rows(table, slice(first, min(first + rows, len(table))))


def table_of_rows(table: FeatureTable, rows: slice) -> FeatureTable:
    """Return some rows that lie one behind the other; numbers and coordinates are not copied."""
    if rows.start == 0 and rows.stop >= len(table):
        return table
    columns = {name: _some(column, rows) for name, column in table.columns.items()}
    return replace(table, rids=table.rids[rows], fids=table.fids[rows], columns=columns)


def _some(column: Column, rows: slice) -> Column:
    if isinstance(column, GeometryColumn):
        return _some_shapes(column, rows)
    if isinstance(column, ArrayColumn):
        return ArrayColumn(column.array[rows], None if column.mask is None else column.mask[rows])
    assert isinstance(column, TextColumn)  # noqa: S101  there are no others
    return column.take(np.arange(rows.start, rows.stop))


def _some_shapes(column: GeometryColumn, rows: slice) -> GeometryColumn:
    if column.index is None:
        return GeometryColumn(some_flat(column.base, rows))
    index = column.index[rows]
    beside = np.flatnonzero(index < 0)
    if len(beside) == 0 and len(index) and int(index[-1]) - int(index[0]) == len(index) - 1 and (np.diff(index) == 1).all():
        return GeometryColumn(some_flat(column.base, slice(int(index[0]), int(index[-1]) + 1)))
    base = column.base.take(np.maximum(index, 0)) if len(column.base) else column.base
    own = np.arange(len(index), dtype=np.int32)
    own[beside] = -1 - np.arange(len(beside), dtype=np.int32)
    return GeometryColumn(base, own, column.extra[-1 - index[beside]])


def some_flat(shapes: Ragged, rows: slice) -> Ragged:
    """Return some rows that lie one behind the other, over the same coordinates."""
    row_offsets = shapes.row_offsets[rows.start : rows.stop + 1]
    parts = slice(int(row_offsets[0]), int(row_offsets[-1]))
    part_offsets = shapes.part_offsets[parts.start : parts.stop + 1]
    rings = slice(int(part_offsets[0]), int(part_offsets[-1]))
    ring_offsets = shapes.ring_offsets[rings.start : rings.stop + 1]
    vertices = slice(int(ring_offsets[0]), int(ring_offsets[-1]))
    made = Ragged(
        shapes.kinds[rows],
        shapes.xy[vertices],
        ring_offsets - ring_offsets[0],
        part_offsets - part_offsets[0],
        row_offsets - row_offsets[0],
        None if shapes.z is None else shapes.z[vertices],
        None if shapes.m is None else shapes.m[vertices],
    )
    if "bounds" in shapes.__dict__:  # a cached property of the frozen dataclass
        made.__dict__["bounds"] = shapes.bounds[rows]
    return made


def _few(column: Column, rows: Any) -> Column:
    if isinstance(column, TextColumn) and len(rows) * 8 < len(column):  # texts may not be made yet
        return text_column([column.value(int(row)) for row in rows])
    return column.take(rows)


def few_rows(table: FeatureTable, rows: Any) -> FeatureTable:
    """Return these rows as a table of their own, which holds nothing of the others."""
    if len(rows) == len(table):
        return table
    columns = {each.id: _few(table.columns[each.id], rows) for each in table.schema}
    column = table.geometry
    index = np.arange(len(rows), dtype=np.int32)
    own = column.rows_in_base[rows]
    beside = np.flatnonzero(own < 0)
    index[beside] = -1 - np.arange(len(beside), dtype=np.int32)
    base = column.base.take(np.maximum(own, 0)) if len(column.base) else column.base
    shapes = GeometryColumn(base, index if len(beside) else None, column.extra[-1 - own[beside]])
    return new_table(table.schema, columns, shapes, table.fids[rows])


def joined_extent(one: Extent | None, other: Extent | None) -> Extent | None:
    """Return the extent of both."""
    if one is None or other is None:
        return one or other
    return min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])


def joined_table(pieces: Sequence[FeatureTable]) -> FeatureTable:
    """Return the rows of pieces of one layer as one table."""
    if len(pieces) == 1:
        return pieces[0]
    full = [each for each in pieces if len(each)] or list(pieces[:1])
    columns = {each.id: _joined([piece.columns[each.id] for piece in full]) for each in full[0].schema}
    fids = np.concatenate([piece.fids for piece in full])
    return new_table(full[0].schema, columns, joined_columns([piece.geometry for piece in full]), fids)


def _joined(columns: Sequence[Column]) -> Column:
    if isinstance(columns[0], ArrayColumn):
        arrays = [column for column in columns if isinstance(column, ArrayColumn)]
        return ArrayColumn(np.concatenate([each.array for each in arrays]), np.concatenate([each.nulls for each in arrays]))
    texts = [column for column in columns if isinstance(column, TextColumn)]
    before = np.cumsum([0, *(len(each.dictionary) for each in texts)])
    codes = [np.where(each.codes < 0, -1, each.codes + start) for each, start in zip(texts, before[:-1], strict=True)]
    return TextColumn(np.concatenate(codes).astype(np.int32), np.concatenate([each.dictionary for each in texts]))


def side_by_side(
    ones: Iterable[FeatureTable], others: Iterable[FeatureTable]
) -> Iterator[tuple[FeatureTable | None, FeatureTable | None]]:
    """Give the rows of two readers together, cut alike; where one has more rows, None stands for the other."""
    one_pieces, other_pieces = iter(ones), iter(others)
    one, other = next(one_pieces, None), next(other_pieces, None)
    while one is not None or other is not None:
        if one is None or other is None:
            if len(one or other or ()):
                yield one, other
            one, other = next(one_pieces, None), next(other_pieces, None)
            continue
        rows = min(len(one), len(other))
        if rows:
            yield table_of_rows(one, slice(0, rows)), table_of_rows(other, slice(0, rows))
        one = next(one_pieces, None) if rows == len(one) else table_of_rows(one, slice(rows, len(one)))
        other = next(other_pieces, None) if rows == len(other) else table_of_rows(other, slice(rows, len(other)))
