"""The room that labels have: the window, the markers on it, and what is taken by texts and by lines that join them.

Questions are about many places at once and are answered by compiled code once that is loaded, by numpy until then, with the
same answers. This file must not know texts or wishes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cgplanner.geometry.kernel_arguments import box_kernels
from cgplanner.geometry.ragged import Floats, Ints

Box = tuple[float, float, float, float]  # left, top, right, bottom
Point = tuple[float, float]
Line = tuple[float, float, float, float]
_CELL_PX = (64.0, 32.0)  # about a word and two lines
_SAME_SPOT_PX = 0.5  # a marker this near to a feature's point is its own
_LINE_PAD_PX = 1.0  # that texts stay off lines
_NO_LINE = (math.nan, math.nan, math.nan, math.nan)


@dataclass(frozen=True, eq=False)
class Asked:
    """Some places: the boxes each needs (``boxes`` (k, 4), those of place p from ``firsts[p]``), and its line, NaN for none."""

    boxes: Floats
    firsts: Ints
    lines: Floats

    @classmethod
    def one(cls, boxes: Sequence[Box], line: Line | None) -> Asked:
        """Return a single place."""
        return cls(np.array(boxes, np.float64), np.array([0, len(boxes)]), np.array([line or _NO_LINE], np.float64))


class _Grown:
    """An array that grows: its first ``count`` rows are in use."""

    def __init__(self, like: NDArray[Any]) -> None:
        self._rows, self.count = like, 0

    @property
    def rows(self) -> NDArray[Any]:
        return self._rows[: self.count]

    def add(self, rows: Any, count: int) -> None:
        while self.count + count > len(self._rows):
            self._rows = np.concatenate([self._rows, np.empty_like(self._rows)])
        self._rows[self.count : self.count + count] = rows
        self.count += count


class Room:
    """What is taken and what is free in a window of this size; ``markers`` are x, y and radius (n, 3), in device units.

    Where a feature's own point is asked for (``own``), a marker at it is in nobody's way.
    """

    def __init__(self, width: float, height: float, markers: Floats, px: float, *, compiled: bool = False) -> None:
        self.width, self.height, self.px = width, height, px
        self._kernels = box_kernels(compiled=compiled)
        across, down = _CELL_PX[0] * px, _CELL_PX[1] * px
        columns, rows = max(math.ceil(width / across), 1), max(math.ceil(height / down), 1)
        self._grid = (columns, rows, 1.0 / across, 1.0 / down)
        self._boxes, self._owners = _Grown(np.empty((256, 4))), _Grown(np.empty(256, np.int64))
        self._lines, self._line_owners = _Grown(np.empty((32, 4))), _Grown(np.empty(32, np.int64))
        self._heads, self._used = np.full(columns * rows, -1, np.int64), 0
        self._nexts, self._entries = np.empty(1024, np.int64), np.empty(1024, np.int64)
        x, y, radius = markers.T
        with np.errstate(invalid="ignore"):  # a place that is no number meets nothing
            seen = (x - radius < width) & (x + radius > 0) & (y - radius < height) & (y + radius > 0)
        self._discs = np.ascontiguousarray(markers[seen & np.isfinite(markers).all(axis=1)], np.float64)
        self._disc_firsts, self._disc_entries = self._in_cells(self._discs)

    def _in_cells(self, discs: Floats) -> tuple[Ints, Ints]:
        """Return which discs reach into each cell: offsets (cells + 1) into numbers of discs."""
        columns, rows, per_x, per_y = self._grid
        x, y, radius = discs.T
        low_x, high_x = (np.clip(each * per_x, 0, columns - 1).astype(np.int64) for each in (x - radius, x + radius))
        low_y, high_y = (np.clip(each * per_y, 0, rows - 1).astype(np.int64) for each in (y - radius, y + radius))
        wide = high_x - low_x + 1
        counts = wide * (high_y - low_y + 1)
        disc = np.repeat(np.arange(len(discs)), counts)
        number = np.arange(len(disc)) - np.repeat(np.cumsum(counts) - counts, counts)
        cell = (low_y[disc] + number // wide[disc]) * columns + low_x[disc] + number % wide[disc]
        order = np.argsort(cell, kind="stable")
        return np.searchsorted(cell[order], np.arange(columns * rows + 1)).astype(np.int64), disc[order]

    def holds(self, boxes: Iterable[Box]) -> bool:
        """Tell whether boxes lie in the window; what is no number does not."""
        width, height = self.width, self.height
        return all(left >= 0 and top >= 0 and right <= width and bottom <= height for left, top, right, bottom in boxes)

    # What is taken

    def take(self, boxes: Sequence[Box], line: Line | None, owner: int) -> None:
        """Give these boxes, and a line if there is one, to somebody who has none."""
        first = self._boxes.count
        self._boxes.add(np.reshape(boxes, (-1, 4)), len(boxes))
        self._owners.add(owner, len(boxes))
        if line is not None:
            self._lines.add(line, 1)
            self._line_owners.add(owner, 1)
        while True:
            used = self._kernels.enter(
                self._boxes.rows, first, self._boxes.count, self._grid, self._heads, self._nexts, self._entries, self._used
            )
            if used >= 0:
                self._used = used
                return
            self._nexts, self._entries = (np.concatenate([each, np.empty_like(each)]) for each in (self._nexts, self._entries))

    def give_back(self, owner: int) -> None:
        """Free what this one had."""
        self._boxes.rows[self._owners.rows == owner] = np.nan
        self._lines.rows[self._line_owners.rows == owner] = np.nan

    # Questions

    def free(self, asked: Asked, order: Ints, own: Point) -> tuple[int, int]:
        """Return the first place in this order that is free and how many were looked at; -1 where there is none.

        Free is what lies in the window and meets nobody and no marker.
        """
        counts, looked, _ = self._judged(asked, order, own, 1.0, 0, only_first=True)
        return (int(order[looked - 1]) if looked and counts[looked - 1] == 0 else -1), looked

    def owners(self, asked: Asked, order: Ints, own: Point, most: int, share: float = 1.0) -> tuple[Ints, Ints]:
        """Return how many stand in the way of each place, -1 for the window's edge or a marker, and who (n, most).

        More than ``most`` are counted as one more than that, and not told. ``share`` is that of a marker's radius that counts.
        """
        counts, _, found = self._judged(asked, order, own, share, most, only_first=False)
        return counts, found

    def _judged(
        self, asked: Asked, order: Ints, own: Point, share: float, most: int, *, only_first: bool
    ) -> tuple[Ints, int, Ints]:
        counts, found = np.zeros(len(order), np.int64), np.zeros((len(order), most), np.int64)
        looked = self._kernels.judge(
            order,
            (asked.boxes, asked.firsts, asked.lines),
            (self.width, self.height),
            (*own, _SAME_SPOT_PX * self.px, share),
            (self._boxes.rows, self._owners.rows, self._heads, self._nexts, self._entries),
            self._grid,
            (self._lines.rows, self._line_owners.rows),
            (self._discs, self._disc_firsts, self._disc_entries),
            _LINE_PAD_PX * self.px,
            found,
            counts,
            only_first,
        )
        return counts, looked, found

    def marks(self, boxes: Floats, own: Point) -> int:
        """Return how often boxes (n, 4) lie on markers."""
        x, y, radius = self._discs.T
        same = _SAME_SPOT_PX * self.px
        others = ~((np.abs(x - own[0]) < same) & (np.abs(y - own[1]) < same))
        dx = np.maximum(np.maximum(boxes[:, 0, None] - x, x - boxes[:, 2, None]), 0.0)
        dy = np.maximum(np.maximum(boxes[:, 1, None] - y, y - boxes[:, 3, None]), 0.0)
        return int(((dx * dx + dy * dy < radius * radius) & others).sum())
