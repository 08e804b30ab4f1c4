"""The one class that knows how a layer's geometry is stored.

Most rows live in a flat base that all versions share; edited and added rows lie beside it as shapely objects. A version is
then an index of 4 bytes a row, so that moving one vertex in a million parcels copies 4 MB and no coordinate.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from cgplanner.geometry import ragged as flat
from cgplanner.geometry.ragged import Floats, Geometries, Ragged, extent_of, frozen
from cgplanner.model.column import Column, Mask, Positions, inserted_at


@dataclass(frozen=True, eq=False)
class GeometryColumn(Column):
    """Geometry of ``n`` rows, in the layer's CRS, of any kinds, missing values allowed.

    Attributes
    ----------
    base
        The flat rows, shared between versions.
    index
        int32 (n,): row -> row of ``base``, or ``-1 - k`` for ``extra[k]``. None when row ``i`` is ``base`` row ``i``.
    extra
        object (k,): shapely geometries beside the base; None where missing.
    """

    base: Ragged
    index: NDArray[np.int32] | None = None
    extra: Geometries = field(default_factory=lambda: np.empty(0, object))

    def __post_init__(self) -> None:
        self.extra.setflags(write=False)
        if self.index is not None:
            self.index.setflags(write=False)

    def __len__(self) -> int:
        return len(self.base) if self.index is None else len(self.index)

    @cached_property
    def rows_in_base(self) -> NDArray[np.int32]:
        """int32 (n,): as ``index``, never None."""
        index: NDArray[np.int32] = np.arange(len(self.base), dtype=np.int32) if self.index is None else self.index
        index.setflags(write=False)
        return index

    @cached_property
    def extra_flat(self) -> Ragged:
        """The geometries beside the base in flat form (a collection's parts are left out)."""
        single = self.extra.copy()
        single[shapely.get_type_id(single) == flat.COLLECTION] = None
        return flat.from_shapely(single)

    @cached_property
    def extra_rows(self) -> Positions:
        """int64: the rows whose geometry lies beside the base, ascending."""
        return np.flatnonzero(self.rows_in_base < 0) if self.index is not None else np.empty(0, np.int64)

    @cached_property
    def bounds(self) -> Floats:
        """float64 (n, 4) minx, miny, maxx, maxy; NaN for missing and empty geometries."""
        if self.index is None:
            return self.base.bounds
        out = np.full((len(self), 4), np.nan)
        inside = self.index >= 0
        out[inside] = self.base.bounds[self.index[inside]]
        if len(self.extra_rows):
            beside = self.extra[-1 - self.index[self.extra_rows]]
            out[self.extra_rows] = shapely.bounds(beside)
        return frozen(out)

    def bounds_of(self, rows: Positions) -> Floats:
        """Return ``bounds[rows]`` without working out those of all rows: after an edit few are asked for."""
        if self.index is None or "bounds" in self.__dict__:
            return self.bounds[rows]
        index = self.index[rows]
        out = np.full((len(index), 4), np.nan)
        inside = index >= 0
        out[inside] = self.base.bounds[index[inside]]
        out[~inside] = shapely.bounds(self.extra[-1 - index[~inside]]).reshape(-1, 4)
        return out

    @property
    def nulls(self) -> Mask:
        """bool (n,): True where the geometry is missing (an empty one is not missing)."""
        return np.asarray(self.kinds == flat.NULL_KIND)

    @cached_property
    def kinds(self) -> NDArray[np.int8]:
        """int8 (n,): shapely's type numbers, -1 where missing."""
        if self.index is None:
            return self.base.kinds
        out = np.empty(len(self), np.int8)
        inside = self.index >= 0
        out[inside] = self.base.kinds[self.index[inside]]
        out[~inside] = shapely.get_type_id(self.extra[-1 - self.index[~inside]])
        out.setflags(write=False)
        return out

    def kinds_of(self, rows: Positions) -> NDArray[np.int8]:
        """Return ``kinds[rows]`` without working out those of all rows."""
        if self.index is None or "kinds" in self.__dict__:
            return self.kinds[rows]
        index = self.index[rows]
        out = np.empty(len(index), np.int8)
        inside = index >= 0
        out[inside] = self.base.kinds[index[inside]]
        out[~inside] = shapely.get_type_id(self.extra[-1 - index[~inside]])
        return out

    def extent(self, rows: Positions | None = None) -> tuple[float, float, float, float] | None:
        """Return minx, miny, maxx, maxy over these rows (all when None); None when there is nothing to bound."""
        return self._whole_extent if rows is None else extent_of(self.bounds_of(rows))

    @cached_property
    def _whole_extent(self) -> tuple[float, float, float, float] | None:
        """The base's own extent while no row on its edge is hidden: one edit must not look at a million boxes again."""
        if self.index is None:
            return self.base.extent
        shown = np.zeros(len(self.base), np.bool_)
        shown[self.index[self.index >= 0]] = True
        whole = self.base.extent
        hidden = self.base.bounds[~shown]
        if whole is None or bool((hidden == whole).any()):
            return extent_of(self.bounds)
        beside = extent_of(self.bounds_of(self.extra_rows))
        return whole if beside is None else extent_of(np.array([whole, beside]))

    def geometries(self, rows: Positions | None = None) -> Geometries:
        """Return shapely geometries of these rows (all when None): object array, None where missing."""
        index = self.rows_in_base if rows is None else self.rows_in_base[rows]
        out = np.full(len(index), None, object)
        inside = np.flatnonzero(index >= 0)
        whole = len(inside) == len(self.base) and self.index is None and rows is None
        out[inside] = self.base.to_shapely(None if whole else index[inside].astype(np.int64))
        beside = np.flatnonzero(index < 0)
        out[beside] = self.extra[-1 - index[beside]]
        return out

    def coordinates(self, rows: Positions) -> Ragged:
        """Return the flat form of these rows, in this order (copied)."""
        index = self.rows_in_base[rows]
        inside, beside = index >= 0, index < 0
        if not beside.any():
            return self.base.take(index.astype(np.int64))
        joined = flat.concatenate(
            [self.base.take(index[inside].astype(np.int64)), self.extra_flat.take(-1 - index[beside].astype(np.int64))]
        )
        order = np.empty(len(index), np.int64)
        order[inside] = np.arange(inside.sum())
        order[beside] = np.arange(inside.sum(), len(index))
        return joined.take(order)

    def take(self, positions: Positions) -> GeometryColumn:
        """Return the geometries at these positions; few of many are copied out, so that the base can be let go."""
        if len(positions) * 8 < len(self.base):
            return geometry_column(self.geometries(np.asarray(positions, np.int64)))
        return GeometryColumn(self.base, self.rows_in_base[positions], self.extra)

    def replaced(self, positions: Positions, other: GeometryColumn) -> GeometryColumn:
        """Return a column with ``other`` written at the positions."""
        index = self.rows_in_base.copy()
        index[positions] = -1 - np.arange(len(self.extra), len(self.extra) + len(other), dtype=np.int32)
        return self._tidied(index, np.concatenate([self.extra, other.geometries()]))

    def inserted(self, positions: Positions, other: GeometryColumn) -> GeometryColumn:
        """Return a column with ``other`` inserted before the positions."""
        added = -1 - np.arange(len(self.extra), len(self.extra) + len(other), dtype=np.int32)
        index = inserted_at(self.rows_in_base, positions, added)
        return self._tidied(index, np.concatenate([self.extra, other.geometries()]))

    def _tidied(self, index: NDArray[np.int32], extra: Geometries) -> GeometryColumn:
        """Drop geometries beside the base that no row points to, once they are many."""
        beside = np.flatnonzero(index < 0)
        if len(extra) > 2 * len(beside) + 64:
            extra = extra[-1 - index[beside]]
            index[beside] = -1 - np.arange(len(beside), dtype=np.int32)
        return GeometryColumn(self.base, index, extra)

    def same(self, other: GeometryColumn) -> Mask:
        """bool (n,): where both hold the same geometry, vertex by vertex, Z and M included."""
        mine, theirs = self.rows_in_base, other.rows_in_base
        equal = (mine == theirs) & (mine >= 0) if self.base is other.base else np.zeros(len(self), np.bool_)
        rest = np.flatnonzero(~equal)
        equal[rest] = _wkb(self.geometries(rest)) == _wkb(other.geometries(rest))
        return equal

    def value(self, position: int) -> Any:
        """Return one shapely geometry, None where missing."""
        return self.geometries(np.array([position], np.int64))[0]


def geometry_column(geometries: Any) -> GeometryColumn:
    """Return a column over shapely geometries (any sequence; None where missing), kept as objects beside an empty base."""
    objects = np.empty(len(geometries), object)
    objects[:] = list(geometries)
    index = -1 - np.arange(len(objects), dtype=np.int32)
    return GeometryColumn(flat.from_shapely([]), index, objects)


def flat_column(geometries: Any) -> GeometryColumn:
    """Return a column over shapely geometries, flattened; for whole layers. Collections stay objects beside the base."""
    objects = np.empty(len(geometries), object)
    objects[:] = list(geometries)
    odd = np.flatnonzero(shapely.get_type_id(objects) == flat.COLLECTION)
    if not len(odd):
        return GeometryColumn(flat.from_shapely(objects))
    index = np.arange(len(objects), dtype=np.int32)
    index[odd] = -1 - np.arange(len(odd), dtype=np.int32)
    plain = objects.copy()
    plain[odd] = None
    return GeometryColumn(flat.from_shapely(plain), index, objects[odd])


def _wkb(geometries: Geometries) -> Geometries:
    """Return ISO WKB as an object array of bytes, None where missing."""
    out: Geometries = shapely.to_wkb(geometries, flavor="iso")
    return np.asarray(out, object)
