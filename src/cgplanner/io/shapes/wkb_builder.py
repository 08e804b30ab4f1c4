"""The flat geometry of a layer from WKB that comes batch by batch, written where it stays.

Why not a piece for each batch, joined at the end: of a million parcels the joining alone copied 200 MB twice, and half of the
time went to pages that the system had to hand out again. This file must not know of files.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cgplanner.geometry import compiler
from cgplanner.geometry import ragged as flat
from cgplanner.geometry.ragged import Floats, Ints, Ragged
from cgplanner.io.report import Note
from cgplanner.io.shapes.wkb import column_from_buffer, joined_columns, joined_notes, read_oddities
from cgplanner.model.geometry_column import GeometryColumn

MANY_ROWS = 80_000  # from here on loading the kernels pays
_KIND_OF_NUMBER = np.array([flat.NULL_KIND, 0, 1, 3, 4, 5, 6], np.int8)
_NOTHING = np.empty(0, np.uint8)
_NOTHING.setflags(write=False)


def has_kernels(rows: int) -> bool:
    """Tell whether compiled code is to be used for so many rows: numba takes a quarter of a second to load."""
    return ("numba" in sys.modules or rows >= MANY_ROWS) and compiler.may_load() and compiler.loads()


class ColumnBuilder:
    """Takes WKB in batches, gives one geometry column; ``rows`` is how many are expected, which may be wrong."""

    def __init__(self, rows: int) -> None:
        self._flat = FlatBuilder(rows) if has_kernels(rows) else None
        self._columns: list[GeometryColumn] = []
        self._odd_rows: list[Ints] = []
        self._odd_wkb: list[bytes] = []
        self._notes: list[Note] = []

    def append(self, data: NDArray[np.uint8], starts: Ints, ends: Ints, missing: NDArray[np.bool_]) -> None:
        """Take the rows of one batch; the buffer may be let go afterwards."""
        if self._flat is None:
            column, notes = column_from_buffer(data, starts, ends, missing)
            self._columns.append(column)
            self._notes.extend(notes)
            return
        first = self._flat.rows
        piece = measured(data, _NOTHING, starts, ends, missing)
        self._flat.place(piece)
        piece.fill()
        odd = np.flatnonzero(piece.numbers < 0)
        self._odd_rows.append(odd + first)
        self._odd_wkb += [data[starts[row] : ends[row]].tobytes() for row in odd]

    def finish(self) -> tuple[GeometryColumn, tuple[Note, ...]]:
        """Return all rows, and what could not be read."""
        if self._flat is None:
            return joined_columns(self._columns), joined_notes(self._notes)
        base = self._flat.finish()
        if not self._odd_wkb:
            return GeometryColumn(base), ()
        beside, notes = read_oddities(np.array(self._odd_wkb, object))
        index = np.arange(len(base), dtype=np.int32)
        index[np.concatenate(self._odd_rows)] = -1 - np.arange(len(beside), dtype=np.int32)
        return GeometryColumn(base, index, beside), notes


@dataclass
class Piece:
    """Rows that are measured, and, once a builder gave them a place, can be copied; from any thread."""

    data: NDArray[np.uint8]
    aside: NDArray[np.uint8]
    starts: Ints
    numbers: Ints
    counts: Ints
    sums: tuple[int, int, int]
    odd: int
    dimensions: int
    target: Any = field(default=None)

    def fill(self) -> None:
        """Copy the vertices to their place."""
        from cgplanner.geometry import wkb_kernels  # noqa: PLC0415  numba, and a piece is only made where it loads

        wkb_kernels.fill(self.data, self.aside, self.starts, self.numbers, self.counts, *self.target)
        self.data = self.aside = _NOTHING
        self.target = None


def measured(data: NDArray[np.uint8], aside: NDArray[np.uint8], starts: Ints, ends: Ints, missing: NDArray[np.bool_]) -> Piece:
    """Measure the WKB of rows; places from ``wkb_kernels.ASIDE`` on are in the second buffer."""
    from cgplanner.geometry import wkb_kernels  # noqa: PLC0415  numba, and the caller has asked has_kernels

    numbers, counts = np.empty(len(starts), np.int64), np.empty((len(starts), 3), np.int64)
    *sums, odd, dimensions = wkb_kernels.measure(_locked(data), _locked(aside), starts, ends, missing, numbers, counts)
    return Piece(data, aside, starts, numbers, counts, (sums[0], sums[1], sums[2]), odd, dimensions)


def _locked(data: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the buffer read-only: a kernel is compiled for one kind of array, not for both."""
    view = data.view()
    view.setflags(write=False)
    return view


class FlatBuilder:
    """Grows the arrays of one :class:`Ragged`. Pieces are placed in order; filling them may happen at once in threads.

    Growing moves the arrays, so no piece may be filled while another is placed beyond the room there is: :meth:`place` says
    when it would, by calling ``settle`` first.
    """

    def __init__(self, rows: int) -> None:
        self.rows = 0
        self._expected = rows
        self._kinds = np.empty(0, np.int8)
        self._sizes = [0, 0, 0]  # parts, rings, vertices
        self._bits = np.empty((0, 2), np.uint64)
        self._bounds = np.empty((0, 4))
        self._z: NDArray[np.uint64] | None = None
        self._m: NDArray[np.uint64] | None = None
        self._offsets = [np.zeros(1, np.int64), np.zeros(1, np.int64), np.zeros(1, np.int64)]  # of rows, of parts, of rings

    def reserve(self, sums: tuple[int, ...], rows: int) -> None:
        """Make room for exactly so many parts, rings, vertices and rows."""
        self._expected = 0
        if sums:
            self._grow(sums[0], sums[1], sums[2], rows)

    def place(self, piece: Piece, settle: Any = None) -> None:
        """Give a piece its place in the arrays."""
        parts, rings, vertices = (has + more for has, more in zip(self._sizes, piece.sums, strict=True))
        rows = self.rows + len(piece.starts)
        whole_rows = min(len(self._bounds), len(self._offsets[0]) - 1)  # one of them may have grown without the other
        rooms = (whole_rows, len(self._offsets[1]) - 1, len(self._offsets[2]) - 1, len(self._bits))
        grows = any(wanted > room for wanted, room in zip((rows, parts, rings, vertices), rooms, strict=True))
        new_z = self._z is None and piece.dimensions in (1, 3)
        new_m = self._m is None and piece.dimensions in (2, 3)
        if grows or new_z or new_m:
            if settle is not None:
                settle()
            self._grow(parts, rings, vertices, rows)
            self._z = self._ordinate() if new_z else self._z
            self._m = self._ordinate() if new_m else self._m
        none = np.empty(0, np.uint64)
        ends = (self._offsets[2][1:], self._offsets[1][1:])
        out = (self._bits, none if self._z is None else self._z, none if self._m is None else self._m, *ends)
        piece.target = (tuple(self._sizes), *out, self._bits.view(np.float64), self._bounds[self.rows : rows])
        self._kinds[self.rows : rows] = _KIND_OF_NUMBER[np.maximum(piece.numbers, 0) % 1000]
        row_ends = self._offsets[0][self.rows + 1 : rows + 1]
        np.cumsum(piece.counts[:, 0], out=row_ends)
        row_ends += self._sizes[0]
        self._sizes = [parts, rings, vertices]
        self.rows = rows

    def _grow(self, parts: int, rings: int, vertices: int, rows: int) -> None:
        """Make room for these, and for the rows still to come if they are alike. Room that is not used costs no memory."""
        share = max(1.0 if not len(self._bits) else 1.5, 1.05 * self._expected / max(rows, 1))

        def longer(array: NDArray[Any], wanted: int, used: int) -> NDArray[Any]:
            if wanted <= len(array):
                return array
            try:
                out = np.empty((int(wanted * share) + 1024, *array.shape[1:]), array.dtype)
            except (MemoryError, ValueError):  # a file may say any number of rows
                out = np.empty((wanted + wanted // 4, *array.shape[1:]), array.dtype)
            out[:used] = array[:used]
            return out

        used = (self.rows, *self._sizes)
        self._offsets = [
            longer(each, wanted + 1, has + 1)
            for each, wanted, has in zip(self._offsets, (rows, parts, rings), used, strict=False)
        ]
        self._kinds = longer(self._kinds, rows, self.rows)
        self._bits = longer(self._bits, vertices, used[3])
        self._bounds = longer(self._bounds, rows, self.rows)
        self._z = None if self._z is None else longer(self._z, vertices, used[3])
        self._m = None if self._m is None else longer(self._m, vertices, used[3])

    def _ordinate(self) -> NDArray[np.uint64]:
        out = np.empty(len(self._bits), np.uint64)
        out[: self._sizes[2]].view(np.float64)[:] = np.nan
        return out

    @property
    def vertices(self) -> int:
        """How many vertices have their place."""
        return self._sizes[2]

    def some_vertices(self, first: int, end: int, most: int) -> Floats:
        """Return a copy (n, 2) of about so many vertices of these, which must be filled."""
        return self._bits[first : end : max(1, (end - first) // most)].view(np.float64).copy()

    def finish(self) -> Ragged:
        """Return the geometry of all rows; its bounds are known already."""
        vertices, counts = self._sizes[2], (self.rows, *self._sizes[:2])
        rows, parts, rings = (each[: count + 1] for each, count in zip(self._offsets, counts, strict=True))
        made = Ragged(
            self._kinds[: self.rows],
            self._bits[:vertices].view(np.float64),
            rings,
            parts,
            rows,
            None if self._z is None else self._z[:vertices].view(np.float64),
            None if self._m is None else self._m[:vertices].view(np.float64),
        )
        made.__dict__["bounds"] = flat.frozen(self._bounds[: self.rows])  # a cached property of the frozen dataclass
        return made
