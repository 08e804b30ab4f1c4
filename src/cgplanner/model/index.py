"""Which rows meet a box: blocks of neighbours along a Morton curve, each with its bounds.

Why not an STRtree: a million boxes as GEOS objects take more memory than the parcels themselves. Sorting rows along a
space-filling curve and bounding every 64 of them takes two arrays, and a query is two vectorised comparisons.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cgplanner.geometry.ragged import Floats, extent_of, frozen
from cgplanner.model.column import Positions
from cgplanner.model.geometry_column import GeometryColumn

BLOCK = 64
MANY = 200


@dataclass(frozen=True, eq=False)
class BoxIndex:
    """An index over boxes.

    Attributes
    ----------
    bounds
        float64 (n, 4) minx, miny, maxx, maxy; NaN rows are never found.
    """

    bounds: Floats

    @cached_property
    def order(self) -> Positions:
        """int64: the rows with bounds, along the curve."""
        finite = np.isfinite(self.bounds)
        bounded = finite[:, 0] & finite[:, 1] & finite[:, 2] & finite[:, 3]
        if bounded.all():
            return frozen(np.argsort(_morton(self.bounds)))
        full = np.flatnonzero(bounded)
        return frozen(full[np.argsort(_morton(self.bounds[full]))])

    @cached_property
    def _blocks(self) -> Floats:
        starts = np.arange(0, len(self.order), BLOCK)
        ordered = self.bounds[self.order]
        if not len(starts):
            return np.empty((0, 4))
        low = np.minimum.reduceat(ordered[:, :2], starts, axis=0)
        high = np.maximum.reduceat(ordered[:, 2:], starts, axis=0)
        return np.hstack([low, high])

    @cached_property
    def _ascending(self) -> Positions:
        return frozen(np.sort(self.order))

    def query(self, box: tuple[float, float, float, float]) -> Positions:
        """Return the rows whose bounds meet the box (borders included), ascending."""
        if "order" not in self.__dict__ and self._lies_in(box):  # the first look at a layer: nothing to choose from yet
            return np.arange(len(self.bounds))
        hit = np.flatnonzero(_meet(self._blocks, box))
        whole = _within(self._blocks[hit], box)  # whoever is in such a block need not be asked
        if len(hit) == len(self._blocks) and whole.all():
            return self._ascending
        inner, rim = self._rows_in(hit[whole]), self._rows_in(hit[~whole])
        rim = rim[_meet(self.bounds[rim], box)]
        if (len(inner) + len(rim)) * MANY <= len(self.bounds):
            return np.sort(np.concatenate([inner, rim]))
        found = np.zeros(len(self.bounds), np.bool_)  # marking what was found and reading it off is quicker than sorting it
        found[inner] = found[rim] = True
        return np.flatnonzero(found)

    def _lies_in(self, box: tuple[float, float, float, float]) -> bool:
        edges = extent_of(self.bounds)
        whole = edges is not None and bool(_within(np.array([edges]), box)[0])
        return whole and bool(np.isfinite(self.bounds).all())

    def _rows_in(self, blocks: Positions) -> Positions:
        slots = (blocks[:, None] * BLOCK + np.arange(BLOCK)).ravel()
        rows: Positions = self.order[slots[slots < len(self.order)]]
        return rows


def _meet(bounds: Floats, box: tuple[float, float, float, float]) -> NDArray[np.bool_]:
    hit: NDArray[np.bool_] = (
        (bounds[:, 0] <= box[2]) & (bounds[:, 2] >= box[0]) & (bounds[:, 1] <= box[3]) & (bounds[:, 3] >= box[1])
    )
    return hit


def _within(bounds: Floats, box: tuple[float, float, float, float]) -> NDArray[np.bool_]:
    inside: NDArray[np.bool_] = (
        (bounds[:, 0] >= box[0]) & (bounds[:, 2] <= box[2]) & (bounds[:, 1] >= box[1]) & (bounds[:, 3] <= box[3])
    )
    return inside


def _morton(bounds: Floats) -> NDArray[np.uint32]:
    """Return the Morton number of every box's centre on a 65 536 grid."""
    if not len(bounds):
        return np.empty(0, np.uint32)
    spread = _spread(np.arange(1 << 16, dtype=np.uint32))
    east, north = (spread[_cells(bounds[:, side], bounds[:, side + 2])] for side in (0, 1))
    numbers: NDArray[np.uint32] = east | (north << np.uint32(1))
    return numbers


def _cells(least: Floats, greatest: Floats) -> NDArray[np.uint16]:
    """Return where between the first and the last of all the middle of each is."""
    middle = least / 4 + greatest / 4  # the sum or the difference of two huge ones has no number
    middle -= middle.min()
    span = middle.max()
    middle /= span if span > 0 else 1.0
    middle *= 65535
    return middle.astype(np.uint16)


def _spread(bits: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Put a zero between the 16 bits of each number."""
    for shift, mask in ((8, 0x00FF00FF), (4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555)):
        bits = (bits | (bits << np.uint32(shift))) & np.uint32(mask)
    return bits


_INDEX_ATTRIBUTE = "_box_index"


def base_index(geometry: GeometryColumn) -> BoxIndex:
    """Return the index over a column's base, built once and shared by every version."""
    base: Any = geometry.base
    found = base.__dict__.get(_INDEX_ATTRIBUTE)
    if found is None:
        found = BoxIndex(base.bounds)
        base.__dict__[_INDEX_ATTRIBUTE] = found  # beside the cached properties of the frozen dataclass
    assert isinstance(found, BoxIndex)  # noqa: S101  narrows the type
    return found


def rows_meeting(geometry: GeometryColumn, box: tuple[float, float, float, float]) -> Positions:
    """Return the rows of this version whose bounds meet the box (minx, miny, maxx, maxy in the layer's CRS), ascending."""
    found = base_index(geometry).query(box)
    if geometry.index is None:
        return found
    rows = rows_showing(geometry, found)
    beside = geometry.extra_rows
    beside = beside[_meet(geometry.bounds_of(beside), box)]
    return np.sort(np.concatenate([rows, beside]))


def rows_showing(geometry: GeometryColumn, base_rows: Positions) -> Positions:
    """Return the rows of this version that show these rows of the base; those that no row shows are left out."""
    if geometry.index is None:
        return base_rows
    if _keeps_places(geometry):
        return base_rows[geometry.index[base_rows] >= 0]
    rows = geometry_rows_of_base(geometry)[base_rows]
    return rows[rows >= 0]


def _keeps_places(geometry: GeometryColumn) -> bool:
    """Tell whether every row of the base that is shown is where it was: so it is until rows come or go."""
    kept: bool | None = geometry.__dict__.get("_keeps_places")
    if kept is None:
        index = geometry.rows_in_base
        kept = len(index) == len(geometry.base)
        kept = kept and np.count_nonzero(index == _numbers(geometry)) + len(geometry.extra_rows) == len(index)
        geometry.__dict__["_keeps_places"] = kept
    return kept


def _numbers(geometry: GeometryColumn) -> NDArray[np.int32]:
    """int32: 0, 1, 2 ... for every row of the base, made once for all versions."""
    base: Any = geometry.base
    found: NDArray[np.int32] | None = base.__dict__.get("_numbers")
    if found is None:
        found = base.__dict__["_numbers"] = np.arange(len(base), dtype=np.int32)
    return found


def geometry_rows_of_base(geometry: GeometryColumn) -> Positions:
    """int64 (len(base),): the row that shows each base row in this version, -1 where none does."""
    cached: Positions | None = geometry.__dict__.get("_rows_of_base")
    if cached is None:
        cached = np.full(len(geometry.base), -1, np.int64)
        index = geometry.rows_in_base
        inside = np.flatnonzero(index >= 0)
        cached[index[inside]] = inside
        geometry.__dict__["_rows_of_base"] = frozen(cached)
    return cached
