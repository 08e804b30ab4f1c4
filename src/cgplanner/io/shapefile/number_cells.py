"""Doubles as texts of one width with the point in one column, whole columns at once: what a fixed-width table wants.

The shortest text that reads back as the number is made by Arrow's compiled code; only numbers that have to be rounded, or that
need an exponent, are formatted one by one. No file in here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_ROWS_AT_ONCE = 65_536
_MOST_DECIMALS = 15


@dataclass(frozen=True, eq=False)
class Shortest:
    """The shortest texts of numbers.

    Attributes
    ----------
    values
        float64 (n,), finite.
    data, starts, lengths
        uint8 bytes of all texts, and where each lies.
    points
        int64 (n,): digits before the point, sign included; -1 where there is an exponent.
    """

    values: Floats
    data: NDArray[np.uint8]
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]
    points: NDArray[np.int64]

    @property
    def decimals(self) -> NDArray[np.int64]:
        """int64 (n,): digits behind the point; those with an exponent are not counted."""
        return np.asarray(np.where(self.points < 0, 0, np.maximum(self.lengths - self.points - 1, 0)))

    def decimals_needed(self) -> int:
        """Return the decimals that keep all numbers, 1 to 15: without one a reader would take them for whole numbers."""
        most = int(self.decimals.max(initial=1))
        for number in self.values[self.points < 0].tolist():
            text = repr(number)
            behind = _MOST_DECIMALS if "e-" in text else 1 if "e" in text else len(text) - text.find(".") - 1
            most = max(most, behind)
        return min(most, _MOST_DECIMALS)


def shortest(values: Floats) -> Shortest:
    """Return the shortest texts that read back as these numbers."""
    import pyarrow as pa  # noqa: PLC0415  a quarter of a second

    from cgplanner.io.drivers.arrow_columns import over  # noqa: PLC0415  as above

    texts = over(values).cast(pa.large_string())
    _, offsets, data = texts.buffers()
    raw = np.frombuffer(data, np.uint8) if data is not None else np.empty(0, np.uint8)
    ends = np.frombuffer(offsets, np.int64)[: len(values) + 1] if len(values) else np.zeros(1, np.int64)
    starts, lengths = ends[:-1], np.diff(ends)
    points = lengths.copy()
    raw = raw[: ends[-1]]
    for sign, mark in ((ord("."), None), (ord("e"), -1)):
        places = np.flatnonzero(raw == sign)
        rows = np.searchsorted(ends, places, side="right") - 1
        points[rows] = places - starts[rows] if mark is None else mark
    return Shortest(values, raw, starts, lengths, points)


def decimal_cells(
    numbers: Shortest, decimals: int, *, least: int, widest: int, exact: bool
) -> tuple[NDArray[np.bytes_], Floats, int]:
    """Return the numbers right-aligned with so many decimals, the values that these texts mean, and their width.

    Parameters
    ----------
    least, widest
        Columns that are there at least, and at most for a number in this form; a longer one is written as Python shows it.
    exact
        A number that these decimals do not hold is written as Python shows it; else it is rounded.
    """
    values = numbers.values
    before = np.where(numbers.points < 0, 0, numbers.points)
    plain = (numbers.points >= 0) & (numbers.decimals <= decimals) & (before + 1 + decimals <= widest)
    kept = values.copy()
    odd = np.flatnonzero(~plain)
    texts = [_one(number, decimals, widest, exact=exact) for number in values[odd].tolist()]
    kept[odd] = [float(text) for text in texts]
    longest = int((before[plain] + 1 + decimals).max(initial=1))
    width = max(least, decimals + 2, longest, *map(len, texts), 1)
    block = np.full((len(values), width), ord(" "), np.uint8)
    for first in range(0, len(values), _ROWS_AT_ONCE):
        _lay_out(numbers, np.flatnonzero(plain[first : first + _ROWS_AT_ONCE]) + first, decimals, block)
    if texts:
        padded = np.array([text.rjust(width) for text in texts], f"S{width}")
        block[odd] = padded.view(np.uint8).reshape(len(odd), width)
    return block.view(f"S{width}").ravel(), kept, width


def _one(number: float, decimals: int, widest: int, *, exact: bool) -> str:
    text = f"{number:.{decimals}f}"
    return repr(number) if len(text) > widest or (exact and float(text) != number) else text


def _lay_out(numbers: Shortest, rows: NDArray[Any], decimals: int, block: NDArray[np.uint8]) -> None:
    """Write the texts of some rows into their lines, the points below each other, and zeros behind them."""
    point = block.shape[1] - decimals - 1
    block[rows, point] = ord(".")
    block[rows[:, None], np.arange(point + 1, block.shape[1])] = ord("0")
    lengths = numbers.lengths[rows]
    within = np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    begin = rows * block.shape[1] + point - numbers.points[rows]
    block.reshape(-1)[np.repeat(begin, lengths) + within] = numbers.data[np.repeat(numbers.starts[rows], lengths) + within]
