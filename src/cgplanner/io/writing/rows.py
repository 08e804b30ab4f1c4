"""Rows on their way into a file: what there is to say of all of them, and the pieces they come in, as often as one asks.

A table that is in memory is one piece; a file that may be larger than the memory comes piece by piece, and is gone through
once to plan, once to write and once to compare. This file must not know of files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from cgplanner.io.row_pieces import joined_table
from cgplanner.io.writing.layer_facts import Shapes
from cgplanner.model.schema import Schema
from cgplanner.model.table import FeatureTable


@dataclass(frozen=True, eq=False)
class Rows:
    """All rows of a layer.

    Attributes
    ----------
    schema
        As the whole has it; that of a piece may say less of the kinds of geometry.
    pieces
        Gives tables, one behind the other, at least one; the same every time.
    """

    schema: Schema
    count: int
    shapes: Shapes
    pieces: Callable[[], Iterator[FeatureTable]]

    def __len__(self) -> int:
        return self.count

    @cached_property
    def table(self) -> FeatureTable:
        """All rows in memory, for formats that need them all."""
        return replace(joined_table(list(self.pieces())), schema=self.schema)

    @property
    def is_whole(self) -> bool:
        """Tell whether all rows are in memory already."""
        return "table" in self.__dict__

    def changed(self, change: Callable[[FeatureTable], FeatureTable], schema: Schema | None = None) -> Rows:
        """Return the same rows, each piece put through a function that changes attributes or names and no geometry."""
        return Rows(schema or self.schema, self.count, self.shapes, lambda: map(change, self.pieces()))


def rows_of(table: FeatureTable) -> Rows:
    """Return a table as the one piece it is."""
    rows = Rows(table.schema, len(table), Shapes().with_rows(table.geometry), lambda: iter([table]))
    rows.__dict__["table"] = table  # a cached property of the frozen dataclass
    return rows


def in_order(rows: Rows) -> Rows:
    """Return the rows of a table in order of their fids; those of a stream come in the order they have."""
    if not rows.is_whole:
        return rows
    table = rows.table
    order = np.argsort(table.fids, kind="stable")
    if np.array_equal(order, np.arange(len(table))):
        return rows
    columns = {name: column.take(order) for name, column in table.columns.items()}
    return rows_of(FeatureTable(table.schema, table.rids, table.fids[order], columns, table.next_rid, table.next_fid))
