"""Large paths as content streams of their own, written by array operations and used as often as they are painted.

matplotlib formats a million vertices in two seconds and writes them once for the fill and once for the edge. Here a path is
formatted in a tenth of that, and a page's content is an array of streams in which the same path may stand twice: ISO 32000
(7.8.2) reads them as one. While the page is drawn a mark stands for the path; ``finish`` puts the stream in its place.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cgplanner.geometry.ragged import Floats

BULK = 2_000  # vertices from which a path is worth a stream
UNIT_PT = 0.02  # what coordinates are counted in: 0.007 mm, 3600 dots to the inch
MOVE, LINE, CLOSE = 1, 2, 79  # matplotlib's codes
_LETTER = {MOVE: ord("m"), LINE: ord("l"), CLOSE: ord("h")}
_MARK = re.compile(rb"%@path (\d+)@\n")
_LEVEL = 5


@dataclass(frozen=True, eq=False)
class BulkPath:
    """A path of straight lines: whole ``units`` (n, 2) from (x, y) in points, y up, and matplotlib's codes."""

    number: int
    x: float
    y: float
    units: NDArray[np.int64]
    codes: NDArray[np.uint8]

    @property
    def mark(self) -> bytes:
        """What stands for the path until the page is finished: a comment, so that the page stays well-formed."""
        return b"%%@path %d@\n" % self.number

    @property
    def matrix(self) -> tuple[float, float, float, float, float, float]:
        """The matrix from units to points."""
        return UNIT_PT, 0.0, 0.0, UNIT_PT, self.x, self.y

    def operators(self) -> bytes:
        """Return the path construction operators, every line as long as the others."""
        digits = len(str(int(self.units.max(initial=0))))
        width = 2 * digits + 4
        out = np.full((len(self.units), width), ord(" "), np.uint8)
        for column, start in ((0, 0), (1, digits + 1)):
            rest = self.units[:, column].astype(np.uint32)
            for place in range(start + digits - 1, start - 1, -1):
                rest, digit = np.divmod(rest, 10)
                out[:, place] = digit + ord("0")
        out[self.codes == CLOSE] = ord(" ")
        letters = np.zeros(CLOSE + 1, np.uint8)
        letters[list(_LETTER)] = list(_LETTER.values())
        out[:, -2] = letters[self.codes]
        out[:, -1] = ord("\n")
        return out.tobytes()

    def compressed(self) -> bytes:
        """Return the operators as FlateDecode data."""
        return zlib.compress(self.operators(), _LEVEL)


def bulk_path(number: int, points: Floats, codes: NDArray[np.uint8]) -> BulkPath:
    """Return points (n, 2), in pt, as whole units from their lower left corner."""
    corner = np.floor(points.min(axis=0))
    return BulkPath(number, float(corner[0]), float(corner[1]), np.round((points - corner) / UNIT_PT).astype(np.int64), codes)


def split_at_marks(content: bytes) -> Iterator[bytes | int]:
    """Yield the content between marks as bytes and each mark as the number of its path."""
    for place, part in enumerate(_MARK.split(content)):
        if place % 2:
            yield int(part)
        elif part:
            yield part


def compressed_all(paths: Sequence[BulkPath]) -> list[bytes]:
    """Return the streams of all paths; zlib and numpy let the threads run side by side."""
    if not paths:
        return []
    with ThreadPoolExecutor(thread_name_prefix="page-paths") as pool:
        return list(pool.map(BulkPath.compressed, paths))
