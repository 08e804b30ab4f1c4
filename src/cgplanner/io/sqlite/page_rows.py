"""Rows that are read chunk by chunk in several threads, each written at once where it stays.

Chunks are measured in any order, given their places in turn, and copied there while they are still near the processor. Why not
arrays for each chunk, joined at the end: the joining took one thread as long as all the reading took two. This file must not
know of pages.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cgplanner.geometry.ragged import Ints
from cgplanner.io.shapes.wkb_builder import FlatBuilder, Piece

_BLOCK = 65_536  # numbers that are held against their neighbours at once


class BrokenOffError(Exception):
    """Another chunk failed, so that the turn of this one will never come."""


class Turns:
    """Lets threads do a part of their work one after another, in the order of their numbers."""

    def __init__(self) -> None:
        self._change = threading.Condition()
        self._next = self._busy = 0
        self._broken = False

    @contextlib.contextmanager
    def turn(self, number: int) -> Iterator[None]:
        """Wait until all numbers before this one have been here; whoever comes out is busy until :meth:`rest`.

        Raises
        ------
        BrokenOffError
            After :meth:`give_up`.
        """
        with self._change:
            self._wait(lambda: self._next == number)
            yield
            self._next += 1
            self._busy += 1
            self._change.notify_all()

    def settle(self) -> None:
        """Within a turn: wait until nobody is busy.

        Raises
        ------
        BrokenOffError
            As above.
        """
        self._wait(lambda: not self._busy)

    def rest(self) -> None:
        """Say that what followed the turn is done."""
        with self._change:
            self._busy -= 1
            self._change.notify_all()

    def give_up(self) -> None:
        """Let nobody wait any longer."""
        with self._change:
            self._broken = True
            self._change.notify_all()

    def _wait(self, until: Callable[[], bool]) -> None:
        self._change.wait_for(lambda: self._broken or until())
        if self._broken:
            raise BrokenOffError


@dataclass(frozen=True, eq=False)
class Chunk:
    """Rows that were measured: numbers, a row of ``values`` (k, n) and of ``missing`` for each plain column, texts, shapes.

    ``values`` are int64, those of reals as their bits; ``texts`` are Arrow arrays.
    """

    fids: Ints
    values: Ints
    missing: NDArray[np.bool_]
    texts: Sequence[Any]
    piece: Piece


class RowStore:
    """Takes chunks from several threads; ``rows`` is how many are expected, which may be wrong."""

    def __init__(self, rows: int, plain: int) -> None:
        self.builder = FlatBuilder(rows)
        self._turns = Turns()
        self._fids = np.empty(rows, np.int64)
        self._values = np.empty((plain, rows), np.int64)
        self._missing = np.empty((plain, rows), np.bool_)
        self._texts: dict[int, Sequence[Any]] = {}

    def take(self, number: int, make: Callable[[], Chunk]) -> tuple[int, int]:
        """Make a chunk and write it; return where its vertices begin and end.

        Every number must come, and be begun in order: each waits for the one before.

        Raises
        ------
        BrokenOffError
            When another chunk failed.
        """
        try:
            chunk = make()
            with self._turns.turn(number):
                first, vertices = self.builder.rows, self.builder.vertices
                self.builder.place(chunk.piece, self._turns.settle)
                self._make_room(first, self.builder.rows)
                self._texts[number] = chunk.texts
            try:
                self._fill(chunk, first)
            finally:
                self._turns.rest()
        except BaseException:
            self.give_up()
            raise
        return vertices, vertices + chunk.piece.sums[2]

    def give_up(self) -> None:
        """Let no thread wait for another any longer."""
        self._turns.give_up()

    def _make_room(self, filled: int, rows: int) -> None:
        if rows <= len(self._fids):
            return
        self._turns.settle()
        room = rows + rows // 2
        self._fids, self._values, self._missing = (
            _longer(each, filled, room) for each in (self._fids, self._values, self._missing)
        )

    def _fill(self, chunk: Chunk, first: int) -> None:
        chunk.piece.fill()
        where = slice(first, first + len(chunk.fids))
        self._fids[where] = chunk.fids
        self._values[:, where] = chunk.values
        self._missing[:, where] = chunk.missing

    @property
    def fids(self) -> Ints:
        """The numbers of the rows."""
        return self._fids[: self.builder.rows]

    def values(self, column: int) -> tuple[Ints, NDArray[np.bool_]]:
        """Return a plain column and which rows have no value in it."""
        rows = self.builder.rows
        return self._values[column, :rows], self._missing[column, :rows]

    def texts(self, column: int) -> list[Any]:
        """Return the Arrow arrays of a column of texts, in order."""
        return [self._texts[number][column] for number in range(len(self._texts))]

    def ascends(self) -> bool:
        """Tell whether each row has a greater number than the one before."""
        numbers = self.fids
        return all(
            bool((numbers[first + 1 : first + _BLOCK + 1] > numbers[first : first + _BLOCK][: len(numbers) - first - 1]).all())
            for first in range(0, len(numbers) - 1, _BLOCK)
        )


def _longer(array: NDArray[Any], filled: int, room: int) -> NDArray[Any]:
    out = np.empty((*array.shape[:-1], room), array.dtype)
    out[..., :filled] = array[..., :filled]
    return out
