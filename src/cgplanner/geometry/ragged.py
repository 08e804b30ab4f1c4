"""Geometry of any kind as flat coordinate arrays with offsets (the GeoArrow layout, made uniform).

Why: a million polygons as GEOS objects take 0.6-1.0 GB and seconds to walk; as one coordinate array they take 208 MB and
compiled code can run over them. One layout serves every kind, so that nobody downstream needs six cases:

``xy[ring_offsets[r]:ring_offsets[r + 1]]`` are the vertices of ring ``r``; ``part_offsets`` groups rings into parts and
``row_offsets`` groups parts into rows. A point is one part of one ring of one vertex; a line one part of one ring; a polygon
one part whose first ring is the shell. Missing and empty geometries have no parts. This file must not know of features.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import shapely
from numpy.typing import NDArray

from cgplanner.geometry.wkb_writer import wkb_rows

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Geometries = NDArray[Any]  # object array of shapely geometries or None

NULL_KIND = -1
_ABREAST = 64  # rows
POINT, LINESTRING, LINEARRING, POLYGON, MULTIPOINT, MULTILINESTRING, MULTIPOLYGON, COLLECTION = range(8)
_SINGLE = {POINT: POINT, MULTIPOINT: POINT, LINESTRING: LINESTRING, MULTILINESTRING: LINESTRING, POLYGON: POLYGON}
_SINGLE |= {MULTIPOLYGON: POLYGON, LINEARRING: LINESTRING}
_EMPTY_WKT = ("POINT", "LINESTRING", "LINEARRING", "POLYGON", "MULTIPOINT", "MULTILINESTRING", "MULTIPOLYGON")

Family = Literal["point", "line", "polygon"]
FAMILY_OF_KIND: dict[int, Family] = {
    POINT: "point",
    MULTIPOINT: "point",
    LINESTRING: "line",
    LINEARRING: "line",
    MULTILINESTRING: "line",
    POLYGON: "polygon",
    MULTIPOLYGON: "polygon",
}


def frozen(array: NDArray[Any]) -> NDArray[Any]:
    """Return the array marked read-only (the same memory)."""
    array.setflags(write=False)
    return array


def gather(offsets: Ints, rows: Ints) -> tuple[Ints, Ints]:
    """Return the child indices of ``rows`` in order, and their new offsets (len(rows) + 1)."""
    starts = offsets[rows]
    lengths = offsets[rows + 1] - starts
    new_offsets = np.zeros(len(rows) + 1, np.int64)
    np.cumsum(lengths, out=new_offsets[1:])
    children = np.arange(new_offsets[-1], dtype=np.int64) + np.repeat(starts - new_offsets[:-1], lengths)
    return children, new_offsets


def extent_of(bounds: Floats) -> tuple[float, float, float, float] | None:
    """Return minx, miny, maxx, maxy over bounds (n, 4), those that are not-a-number left out; None when none is left."""
    if not len(bounds):
        return None
    least, greatest = _edges(np.fmin, bounds), _edges(np.fmax, bounds)
    west, south, east, north = map(float, (*least[:2], *greatest[2:]))
    return None if np.isnan(west) else (west, south, east, north)


def _edges(least: np.ufunc, bounds: Floats) -> Floats:
    """Reduce (n, 4) to (4,), many rows at once: one row after the other takes ten times as long."""
    whole = len(bounds) // _ABREAST * _ABREAST
    edges = least.reduce(bounds[whole:], axis=0, initial=np.nan)
    if whole:
        edges = least(
            edges, least.reduce(least.reduce(bounds[:whole].reshape(-1, 4 * _ABREAST), axis=0).reshape(-1, 4), axis=0)
        )
    return np.asarray(edges)


@dataclass(frozen=True, eq=False)
class Ragged:
    """Immutable flat geometry of ``n`` rows, possibly of mixed kinds.

    Attributes
    ----------
    kinds
        int8 (n,), shapely's type numbers; -1 for a missing geometry. GeometryCollections are not held here.
    xy
        float64 (v, 2), in the layer's CRS, x before y.
    ring_offsets, part_offsets, row_offsets
        int64 offsets: into ``xy``, into rings, into parts.
    z, m
        float64 (v,) or None; NaN where a vertex has none.
    """

    kinds: NDArray[np.int8]
    xy: Floats
    ring_offsets: Ints
    part_offsets: Ints
    row_offsets: Ints
    z: Floats | None = None
    m: Floats | None = None

    def __post_init__(self) -> None:
        for array in (self.kinds, self.xy, self.ring_offsets, self.part_offsets, self.row_offsets, self.z, self.m):
            if array is not None:
                array.setflags(write=False)

    def __len__(self) -> int:
        return len(self.kinds)

    @cached_property
    def nbytes(self) -> int:
        """Bytes held by the arrays."""
        arrays = (self.kinds, self.xy, self.ring_offsets, self.part_offsets, self.row_offsets, self.z, self.m)
        return sum(array.nbytes for array in arrays if array is not None)

    @cached_property
    def vertex_offsets(self) -> Ints:
        """int64 (n + 1,): the vertices of row ``i`` are ``xy[vertex_offsets[i]:vertex_offsets[i + 1]]``."""
        return frozen(self.ring_offsets[self.part_offsets[self.row_offsets]])

    @cached_property
    def bounds(self) -> Floats:
        """float64 (n, 4) minx, miny, maxx, maxy; NaN for missing and empty geometries."""
        offsets = self.vertex_offsets
        out = np.full((len(self), 4), np.nan)
        filled = np.flatnonzero(offsets[1:] > offsets[:-1])
        if len(filled):
            starts = offsets[:-1][filled]
            out[filled, 0:2] = np.minimum.reduceat(self.xy, starts, axis=0)
            out[filled, 2:4] = np.maximum.reduceat(self.xy, starts, axis=0)
        return frozen(out)

    @cached_property
    def extent(self) -> tuple[float, float, float, float] | None:
        """The bounds of everything; None when there is nothing to bound."""
        return extent_of(self.bounds)

    def take(self, rows: Ints) -> Ragged:
        """Return these rows, in this order, as a new Ragged (copied)."""
        rows = np.asarray(rows, np.int64)
        parts, row_offsets = gather(self.row_offsets, rows)
        rings, part_offsets = gather(self.part_offsets, parts)
        vertices, ring_offsets = gather(self.ring_offsets, rings)
        z = self.z[vertices] if self.z is not None else None
        m = self.m[vertices] if self.m is not None else None
        return Ragged(self.kinds[rows], self.xy[vertices], ring_offsets, part_offsets, row_offsets, z, m)

    def with_xy(self, xy: Floats) -> Ragged:
        """Return the same shapes over other coordinates (float64 (v, 2)), e.g. reprojected."""
        return Ragged(self.kinds, xy, self.ring_offsets, self.part_offsets, self.row_offsets, self.z, self.m)

    def to_shapely(self, rows: Ints | None = None) -> Geometries:
        """Return shapely geometries (object array, None where missing) of all rows or of ``rows``."""
        if rows is not None:
            return self.take(rows).to_shapely()
        if self.m is not None:  # GEOS builds arrays of XY and XYZ only; it reads all four from WKB
            return np.asarray(shapely.from_wkb(np.array(wkb_rows(self), object)), object)
        out = np.full(len(self), None, object)
        empty = self.row_offsets[1:] == self.row_offsets[:-1]
        for kind in np.flatnonzero(np.bincount(self.kinds[self.kinds != NULL_KIND])):
            mine = self.kinds == kind
            for row in np.flatnonzero(mine & empty):
                out[row] = shapely.from_wkt(f"{_EMPTY_WKT[kind]} EMPTY")
            for same_heights in (self._has_z, ~self._has_z):
                filled = np.flatnonzero(mine & ~empty & same_heights)
                if len(filled):
                    whole = len(filled) == len(self)
                    out[filled] = _shapely_of_kind(self if whole else self.take(filled), int(kind))
        return out

    @cached_property
    def _has_z(self) -> NDArray[np.bool_]:
        """Which rows have a height. GEOS would close a ring whose heights are all NaN once more: its ends differ."""
        if self.z is None:
            return np.zeros(len(self), np.bool_)
        given = np.concatenate([[0], np.cumsum(~np.isnan(self.z))])
        has_z: NDArray[np.bool_] = given[self.vertex_offsets[1:]] > given[self.vertex_offsets[:-1]]
        return has_z


def _shapely_of_kind(ragged: Ragged, kind: int) -> Geometries:
    columns = [ragged.xy]
    if ragged.z is not None and not np.isnan(ragged.z).all():
        columns.append(ragged.z[:, None])
    coordinates = np.ascontiguousarray(np.hstack(columns)) if len(columns) > 1 else ragged.xy
    rings, parts, rows = ragged.ring_offsets, ragged.part_offsets, ragged.row_offsets
    if kind == LINEARRING:
        indices = np.repeat(np.arange(len(rings) - 1), np.diff(rings))
        return np.asarray(shapely.linearrings(coordinates, indices=indices), object)
    offsets: dict[int, tuple[Ints, ...]] = {
        POINT: (),
        LINESTRING: (rings,),
        POLYGON: (rings, parts),
        MULTIPOINT: (rows,),
        MULTILINESTRING: (rings, rows),
        MULTIPOLYGON: (rings, parts, rows),
    }
    made: Geometries = shapely.from_ragged_array(shapely.GeometryType(kind), coordinates, offsets[kind] or None)
    return made


def from_shapely(geometries: Sequence[Any] | Geometries) -> Ragged:
    """Flatten shapely geometries (None allowed, kinds may be mixed).

    Raises
    ------
    ValueError
        For a GeometryCollection, which has no place in this layout.
    """
    objects = np.asarray(geometries, object)
    kinds = shapely.get_type_id(objects).astype(np.int8)
    if (kinds == COLLECTION).any():
        raise ValueError("a GeometryCollection has no flat form")
    parts, part_row = shapely.get_parts(objects, return_index=True)
    full = ~shapely.is_empty(parts)
    parts, part_row = parts[full], part_row[full].astype(np.int64)
    is_polygon = shapely.get_type_id(parts) == POLYGON
    rings, ring_part = shapely.get_rings(parts[is_polygon], return_index=True)
    ring_part = np.flatnonzero(is_polygon)[ring_part]
    others = np.flatnonzero(~is_polygon)
    all_rings = np.concatenate([rings, parts[others]])
    all_part = np.concatenate([ring_part, others])
    order = np.argsort(all_part, kind="stable")
    all_rings, all_part = all_rings[order], all_part[order]
    has_z, has_m = bool(shapely.has_z(objects).any()), bool(shapely.has_m(objects).any())
    table, vertex_ring = shapely.get_coordinates(all_rings, include_z=has_z, include_m=has_m, return_index=True)
    return Ragged(
        kinds,
        np.ascontiguousarray(table[:, :2]),
        offsets_from_index(vertex_ring, len(all_rings)),
        offsets_from_index(all_part, len(parts)),
        offsets_from_index(part_row, len(objects)),
        np.ascontiguousarray(table[:, 2]) if has_z else None,
        np.ascontiguousarray(table[:, -1]) if has_m else None,
    )


def offsets_from_index(parents: NDArray[Any], count: int) -> Ints:
    """Return offsets (count + 1,) from the sorted parent number of every child."""
    offsets = np.zeros(count + 1, np.int64)
    np.cumsum(np.bincount(parents, minlength=count), out=offsets[1:])
    return offsets


def concatenate(pieces: Sequence[Ragged]) -> Ragged:
    """Return the rows of all pieces one after another."""
    if not pieces:
        return from_shapely([])
    if len(pieces) == 1:
        return pieces[0]

    def joined(name: str) -> Ints:
        arrays = [getattr(piece, name) for piece in pieces]
        starts = np.cumsum([0, *(array[-1] for array in arrays[:-1])])
        shifted = [arrays[0], *(array[1:] + start for array, start in zip(arrays[1:], starts[1:], strict=True))]
        return np.concatenate(shifted)

    def ordinates(name: str) -> Floats | None:
        if all(getattr(piece, name) is None for piece in pieces):
            return None
        values = [getattr(piece, name) for piece in pieces]
        missing = [np.full(len(piece.xy), np.nan) for piece in pieces]
        return np.concatenate([v if v is not None else gap for v, gap in zip(values, missing, strict=True)])

    return Ragged(
        np.concatenate([piece.kinds for piece in pieces]),
        np.concatenate([piece.xy for piece in pieces]),
        joined("ring_offsets"),
        joined("part_offsets"),
        joined("row_offsets"),
        ordinates("z"),
        ordinates("m"),
    )
