"""The room that labels have: the window, the markers on it, and the boxes that are taken, each in the cells it touches.

Plain numbers in lists rather than arrays: most questions are about a few boxes, and most answers come with the first
neighbour that is looked at. This file must not know texts or wishes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from cgplanner.geometry.ragged import Floats

Bools = NDArray[np.bool_]
Box = tuple[float, float, float, float]  # left, top, right, bottom
Point = tuple[float, float]
_CELL_PX = (64.0, 32.0)  # about a word and two lines
_SAME_SPOT_PX = 0.5  # a marker this near to a feature's point is its own


Cell = tuple[list[tuple[Box, int]], list[tuple[float, float, float, int]]]


class _Cells:
    """A grid over the window; each cell holds what was taken in it and the markers that reach into it.

    What lies beyond the window counts to the cells at its edge.
    """

    def __init__(self, width: float, height: float, px: float) -> None:
        across, down = _CELL_PX[0] * px, _CELL_PX[1] * px
        self._to_column, self._to_row = 1.0 / across, 1.0 / down
        self._columns, self._rows = max(math.ceil(width / across), 1), max(math.ceil(height / down), 1)
        self._cells: list[Cell] = [([], []) for _ in range(self._columns * self._rows)]

    def about(self, left: float, top: float, right: float, bottom: float) -> list[Cell]:
        """Return the cells that a box touches."""
        first, last = int(left * self._to_column), int(right * self._to_column)
        low, high = int(top * self._to_row), int(bottom * self._to_row)
        if first < 0 or low < 0 or last >= self._columns or high >= self._rows:
            first, last = (min(max(each, 0), self._columns - 1) for each in (first, last))
            low, high = (min(max(each, 0), self._rows - 1) for each in (low, high))
        cells, columns = self._cells, self._columns
        if low == high:
            return cells[low * columns + first : low * columns + last + 1]
        return [cell for row in range(low, high + 1) for cell in cells[row * columns + first : row * columns + last + 1]]


class _Many:
    """The taken boxes once more, as one growing array, for those who ask about many places at once."""

    def __init__(self) -> None:
        self._boxes = np.empty((256, 4))
        self._owners = np.empty(256, np.int64)
        self._count = 0

    def within(self, left: float, top: float, right: float, bottom: float) -> Floats:
        """Return those that reach into a box."""
        mine = self._boxes[: self._count]
        return np.asarray(mine[(mine[:, 0] < right) & (mine[:, 2] > left) & (mine[:, 1] < bottom) & (mine[:, 3] > top)])

    def add(self, boxes: Sequence[Box], owner: int) -> None:
        """Keep these boxes."""
        while self._count + len(boxes) > len(self._boxes):
            self._boxes = np.vstack([self._boxes, np.empty_like(self._boxes)])
            self._owners = np.concatenate([self._owners, np.empty_like(self._owners)])
        self._boxes[self._count : self._count + len(boxes)] = boxes
        self._owners[self._count : self._count + len(boxes)] = owner
        self._count += len(boxes)

    def remove(self, owner: int) -> None:
        """Forget the boxes of this one."""
        self._boxes[: self._count][self._owners[: self._count] == owner] = np.inf


class Room:
    """What is taken and what is free in a window of this size; ``markers`` are x, y and radius (n, 3), in device units.

    Where a feature's own point is asked for (``own``), a marker at it is in nobody's way.
    """

    def __init__(self, width: float, height: float, markers: Floats, px: float) -> None:
        self.width, self.height, self.px = width, height, px
        self._cells, self._many = _Cells(width, height, px), _Many()
        self._boxes: dict[int, Sequence[Box]] = {}
        x, y, radius = markers.T
        with np.errstate(invalid="ignore"):  # a place that is no number meets nothing
            seen = (x - radius < width) & (x + radius > 0) & (y - radius < height) & (y + radius > 0)
        shown = markers[seen & np.isfinite(markers).all(axis=1)]
        for number, (across, down, reach) in enumerate(shown.tolist()):
            for _, inside in self._cells.about(across - reach, down - reach, across + reach, down + reach):
                inside.append((across, down, reach, number))

    def holds(self, boxes: Iterable[Box]) -> bool:
        """Tell whether boxes lie in the window; what is no number does not."""
        width, height = self.width, self.height
        return all(left >= 0 and top >= 0 and right <= width and bottom <= height for left, top, right, bottom in boxes)

    # What is taken

    def take(self, boxes: Sequence[Box], owner: int) -> None:
        """Give these boxes to somebody who has none."""
        self._boxes[owner] = boxes
        self._many.add(boxes, owner)
        for box in boxes:
            for taken, _ in self._cells.about(*box):
                taken.append((box, owner))

    def give_back(self, owner: int) -> None:
        """Free what this one had."""
        self._many.remove(owner)
        for box in self._boxes.pop(owner):
            for taken, _ in self._cells.about(*box):
                taken[:] = [each for each in taken if each[1] != owner]

    def is_taken(self, boxes: Iterable[Box]) -> bool:
        """Tell whether one of some boxes overlaps one that is taken."""
        return any(True for box in boxes for _ in self._owners(box))

    def taken_among(self, boxes: Floats) -> Bools:
        """bool (n,): which of many boxes (n, 4) overlap one that is taken."""
        (left, top, _, _), (_, _, right, bottom) = boxes.min(axis=0).tolist(), boxes.max(axis=0).tolist()
        taken = self._many.within(left, top, right, bottom)
        hit: Bools = taken[:, 0] < boxes[:, 2, None]
        hit &= taken[:, 2] > boxes[:, 0, None]
        hit &= taken[:, 1] < boxes[:, 3, None]
        hit &= taken[:, 3] > boxes[:, 1, None]
        return np.asarray(hit.any(axis=1))

    def owners(self, boxes: Iterable[Box]) -> set[int]:
        """Return whose boxes these ones overlap."""
        return {owner for box in boxes for owner in self._owners(box)}

    def _owners(self, box: Box) -> Iterator[int]:
        left, top, right, bottom = box
        for taken, _ in self._cells.about(left, top, right, bottom):
            for (a, b, c, d), owner in taken:
                if a < right and c > left and b < bottom and d > top:
                    yield owner

    # Markers

    def is_marked(self, boxes: Iterable[Box], own: Point, share: float = 1.0) -> bool:
        """Tell whether one of some boxes lies on a marker, or on that share of one."""
        return any(True for box in boxes for _ in self._marks(box, own, share))

    def marks(self, boxes: Iterable[Box], own: Point) -> int:
        """Return how often boxes lie on markers."""
        return sum(len(set(self._marks(box, own, 1.0))) for box in boxes)

    def _marks(self, box: Box, own: Point, share: float) -> Iterator[int]:
        """Yield the numbers of the markers that a box lies on, some of them again."""
        left, top, right, bottom = box
        same, (own_x, own_y) = _SAME_SPOT_PX * self.px, own
        for _, markers in self._cells.about(left, top, right, bottom):
            for x, y, radius, number in markers:
                dx = left - x if x < left else x - right if x > right else 0.0
                dy = top - y if y < top else y - bottom if y > bottom else 0.0
                reach = radius * share
                if dx * dx + dy * dy < reach * reach and not (abs(x - own_x) < same and abs(y - own_y) < same):
                    yield number

    # Both

    def is_open(self, boxes: Iterable[Box], own: Point) -> bool:
        """Tell whether boxes overlap nothing that is taken and lie on no marker: what is asked most, so in one go."""
        same, (own_x, own_y), about = _SAME_SPOT_PX * self.px, own, self._cells.about
        for left, top, right, bottom in boxes:
            for taken, markers in about(left, top, right, bottom):
                for (a, b, c, d), _ in taken:
                    if a < right and c > left and b < bottom and d > top:
                        return False
                for x, y, radius, _ in markers:
                    dx = left - x if x < left else x - right if x > right else 0.0
                    dy = top - y if y < top else y - bottom if y > bottom else 0.0
                    if dx * dx + dy * dy < radius * radius and not (abs(x - own_x) < same and abs(y - own_y) < same):
                        return False
        return True
