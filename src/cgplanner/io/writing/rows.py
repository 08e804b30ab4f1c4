"""Rows on their way into a file: what there is to say of all of them, and the pieces they come in, as often as one asks.

A table that is in memory is one piece; a file that may be larger than the memory comes piece by piece, and is gone through
once to plan, once to write and once to compare. This file must not know of files.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

import numpy as np

from cgplanner.io.row_pieces import cut, joined_table
from cgplanner.io.writing.layer_facts import Shapes, with_largest
from cgplanner.model.schema import Field, Schema
from cgplanner.model.table import FeatureTable

Item = TypeVar("Item")
Result = TypeVar("Result")
PORTION, _VERTICES = 20_000, 200_000


@dataclass(frozen=True, eq=False)
class Rows:
    """All rows of a layer.

    Attributes
    ----------
    schema
        As the whole has it; that of a piece may say less of the kinds of geometry.
    pieces
        Gives tables, one behind the other, at least one; the same every time.
    largest
        {field id: the largest whole number, without its sign}, where that is known already.
    """

    schema: Schema
    count: int
    shapes: Shapes
    pieces: Callable[[], Iterator[FeatureTable]]
    largest: Mapping[str, int] | None = None

    def __len__(self) -> int:
        return self.count

    def portions(self) -> Iterator[FeatureTable]:
        """Give the rows as tables of some thousand at most: what a writer turns into text at once."""
        for piece in self.pieces():
            vertices = max(1, len(piece.geometry.base.xy))
            yield from cut(piece, max(1, min(PORTION, _VERTICES * len(piece) // vertices)))

    def numbered_portions(self, first: int = 0) -> Iterator[tuple[int, FeatureTable]]:
        """Give the portions with the number of their first row; the first of all has the number ``first``."""
        for table in self.portions():
            yield first, table
            first += len(table)

    @cached_property
    def _largest(self) -> Mapping[str, int]:
        if self.largest is not None:
            return self.largest
        found: Mapping[str, int] = {}
        for piece in self.pieces():
            found = with_largest(found, piece)
        return found

    def largest_of(self, field: Field) -> int:
        """Return the largest number of a field of whole numbers, without its sign."""
        return self._largest.get(field.id, 0)

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
        return replace(self, schema=schema or self.schema, pieces=lambda: map(change, self.pieces()))


def worked_ahead(work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """Give what a function makes of each item; two more are under way in threads meanwhile.

    Items are taken by the thread that asks, for readers may belong to it.
    """
    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(2) as threads:
        for item in items:
            waiting.append(threads.submit(work, item))
            if len(waiting) > 2:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


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
