"""Features of a layer that meet the window, as flat shapes in device units, one set for each kind of geometry.

The way is always the same: ask the index, gather coordinates flat, reproject, subtract the window, drop what is no number
and what is too small to see. Nothing here walks features one by one. This file must not know styles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal
from weakref import WeakKeyDictionary

import numpy as np
import shapely
from numpy.typing import NDArray

from cgplanner.geometry import ragged as flat
from cgplanner.geometry.crs import transform_xy
from cgplanner.geometry.ragged import Floats, Ints, Ragged, gather
from cgplanner.model.geometry_column import GeometryColumn
from cgplanner.model.index import rows_meeting, rows_showing
from cgplanner.model.layer import Layer
from cgplanner.render.scene.display_list import Shapes
from cgplanner.render.scene.shapes.detail import thinned
from cgplanner.render.scene.shapes.projected import base_in
from cgplanner.render.scene.viewport import Viewport

Family = Literal["point", "line", "polygon"]
FAMILIES: tuple[Family, ...] = ("point", "line", "polygon")
_KINDS = {
    "point": (flat.POINT, flat.MULTIPOINT),
    "line": (flat.LINESTRING, flat.LINEARRING, flat.MULTILINESTRING),
    "polygon": (flat.POLYGON, flat.MULTIPOLYGON),
}
THIN_PX = 0.5
FARTHEST_PX = 1e13  # the earth at 1:1 is ten thousand times smaller; beyond, not even half a pixel can be told

_odd: WeakKeyDictionary[Ragged, Ints] = WeakKeyDictionary()


@dataclass(frozen=True, eq=False)
class DeviceShapes:
    """Features of one family in device units.

    Attributes
    ----------
    xy, rings, parts, features
        Vertices (v, 2); offsets into vertices, into rings and into parts. A feature may have several parts.
    rows
        int64 (n,): the row of the table that each feature is.
    along
        float64 (v,): how far each vertex is along its line, from any start, where vertices between have been left out.
    """

    xy: Floats
    rings: Ints
    parts: Ints
    features: Ints
    rows: Ints
    along: Floats | None = None

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def feature_rings(self) -> Ints:
        """int64 (n + 1,): offsets of features into rings."""
        return self.parts[self.features]

    def take(self, positions: Ints) -> DeviceShapes:
        """Return these features, in this order."""
        if len(positions) == 1:
            return self._only(int(positions[0]))
        parts, features = gather(self.features, positions)
        rings, part_offsets = gather(self.parts, parts)
        vertices, ring_offsets = gather(self.rings, rings)
        along = None if self.along is None else self.along[vertices]
        return DeviceShapes(self.xy[vertices], ring_offsets, part_offsets, features, self.rows[positions], along)

    def _only(self, position: int) -> DeviceShapes:
        """Return one feature, without a copy of its coordinates."""
        first, last = self.features[position : position + 2].tolist()
        parts = self.parts[first : last + 1]
        rings = self.rings[parts[0] : parts[-1] + 1]
        mine = slice(int(rings[0]), int(rings[-1]))
        along = None if self.along is None else self.along[mine]
        count, row = np.array([0, last - first]), self.rows[position : position + 1]
        return DeviceShapes(self.xy[mine], rings - rings[0], parts - parts[0], count, row, along)

    def kept(self, keep: NDArray[np.bool_], along: Floats | None = None) -> DeviceShapes:
        """Return them with these vertices only (bool (v,)), without the rings, parts and features that have none left."""
        rings = _counted(keep, self.rings)
        left = _without_empty(self.xy[keep], rings, self.parts, self.features, self.rows)
        return left if along is None else replace(left, along=along[keep])

    def shapes(self) -> Shapes:
        """Return them as a display list holds them."""
        return Shapes(self.xy, self.rings, self.feature_rings, self.rows)

    def boxes(self) -> Floats:
        """float64 (n, 4): minx, miny, maxx, maxy of every feature; there are no empty ones."""
        return _boxes(self.xy, self.rings[self.feature_rings])

    def ring_boxes(self) -> Floats:
        """float64 (r, 4): minx, miny, maxx, maxy of every ring."""
        return _boxes(self.xy, self.rings)


def _boxes(xy: Floats, offsets: Ints) -> Floats:
    if len(offsets) < 2:
        return np.empty((0, 4))
    starts = offsets[:-1]
    return np.hstack([np.minimum.reduceat(xy, starts, axis=0), np.maximum.reduceat(xy, starts, axis=0)])


def merged(pieces: Sequence[DeviceShapes]) -> DeviceShapes:
    """Return the features of all pieces one after another."""

    def joined(name: str) -> Ints:
        arrays = [getattr(piece, name) for piece in pieces]
        starts = np.cumsum([0, *(array[-1] for array in arrays[:-1])])
        return np.concatenate([[0], *(array[1:] + start for array, start in zip(arrays, starts, strict=True))]).astype(np.int64)

    xy = np.concatenate([piece.xy for piece in pieces])
    rows = np.concatenate([piece.rows for piece in pieces])
    along = [piece.along for piece in pieces if piece.along is not None]
    whole = np.concatenate(along) if len(along) == len(pieces) else None
    return DeviceShapes(xy, joined("rings"), joined("parts"), joined("features"), rows, whole)


@dataclass(frozen=True, eq=False)
class LayerShapes:
    """What a layer shows in a window; ``dropped`` counts features with vertices that have no place in the map's CRS."""

    point: DeviceShapes
    line: DeviceShapes
    polygon: DeviceShapes
    dropped: int = 0

    def of(self, family: Family) -> DeviceShapes:
        """Return the features of one family."""
        found: DeviceShapes = getattr(self, family)
        return found

    def __len__(self) -> int:
        return len(self.point) + len(self.line) + len(self.polygon)


def rows_in_view(layer: Layer, viewport: Viewport, margin: float) -> Ints:
    """Return the rows whose bounds meet the window and a margin in device units, ascending."""
    box = viewport.box_in(layer.crs, margin)
    if box is None:
        return np.empty(0, np.int64)
    geometry = layer.table.geometry
    found, odd = rows_meeting(geometry, box), _without_bounds(geometry)
    return np.union1d(found, odd) if len(odd) else found


def _without_bounds(geometry: GeometryColumn) -> Ints:
    """Return the rows that no index can find because a vertex is no number; looked for once in a base and beside it."""
    base, beside = geometry.base, geometry.extra_rows
    kept = _odd.get(base)
    if kept is None:
        kept = _odd[base] = np.flatnonzero(_is_odd(base.bounds, base.kinds))
    odd = beside[_is_odd(geometry.bounds_of(beside), geometry.kinds_of(beside))]
    return np.concatenate([rows_showing(geometry, kept), odd]) if len(kept) else odd


def _is_odd(bounds: Floats, kinds: Any) -> Any:
    return ~np.isfinite(bounds).all(axis=1) & (kinds != flat.NULL_KIND)


def device_shapes(layer: Layer, viewport: Viewport, rows: Ints, *, thin: bool = True) -> LayerShapes:
    """Return these rows in device units, by family; ``thin`` leaves out vertices that cannot be seen."""
    geometry = layer.table.geometry
    kinds = geometry.kinds_of(rows)
    made: dict[str, DeviceShapes] = {}
    dropped = 0
    for family in FAMILIES:
        mine = rows[np.isin(kinds, _KINDS[family])]
        ragged, crs = _coordinates(geometry, mine, layer.crs, viewport.crs)
        ragged, owners = _with_members(geometry, rows[kinds == flat.COLLECTION], family, ragged, mine, (layer.crs, crs))
        xy = viewport.to_device(transform_xy(crs, viewport.crs, ragged.xy))
        made[family], lost = _cleaned(ragged, xy, owners)
        dropped += lost
        if thin and family != "point":
            made[family] = _thin(made[family], THIN_PX * viewport.px, closed=family == "polygon")
    return LayerShapes(made["point"], made["line"], made["polygon"], dropped)


def _coordinates(geometry: GeometryColumn, rows: Ints, source: str, target: str) -> tuple[Ragged, str]:
    """Return the flat form of rows and the CRS it is in: the map's already, where all rows lie in the shared base."""
    index = geometry.rows_in_base[rows]
    if len(rows) and (index >= 0).all():
        base = base_in(geometry.base, source, target)
        if base is not None:
            return base.take(index.astype(np.int64)), target
    return geometry.coordinates(rows), source


def _with_members(
    geometry: GeometryColumn, collections: Ints, family: Family, ragged: Ragged, owners: Ints, crs: tuple[str, str]
) -> tuple[Ragged, Ints]:
    """Add the members of GeometryCollections that belong to the family, as features of their row, in the CRS of the rest."""
    if not len(collections):
        return ragged, owners
    parts, index = geometry.geometries(collections), np.arange(len(collections))
    while (shapely.get_type_id(parts) == flat.COLLECTION).any():
        parts, inner = shapely.get_parts(parts, return_index=True)
        index = index[inner]
    mine = np.isin(shapely.get_type_id(parts), _KINDS[family])
    members = flat.from_shapely(parts[mine])
    joined = flat.concatenate([ragged, members.with_xy(transform_xy(*crs, members.xy))])
    return joined, np.concatenate([owners, collections[index[mine]]])


def _cleaned(ragged: Ragged, xy: Floats, owners: Ints) -> tuple[DeviceShapes, int]:
    """Leave out vertices that are no numbers, then what is empty; count the features that lost something."""
    finite = (np.abs(xy) < FARTHEST_PX).all(axis=1)  # False for what is no number, too
    if finite.all() and (np.diff(ragged.row_offsets) > 0).all():
        return DeviceShapes(xy, ragged.ring_offsets, ragged.part_offsets, ragged.row_offsets, owners), 0
    touched = np.add.reduceat(np.append(~finite, 0), np.append(ragged.vertex_offsets[:-1], len(xy)))[:-1]
    touched[np.diff(ragged.vertex_offsets) == 0] = 0
    rings = _counted(finite, ragged.ring_offsets)
    return _without_empty(xy[finite], rings, ragged.part_offsets, ragged.row_offsets, owners), int((touched > 0).sum())


def _counted(keep: Any, offsets: Ints) -> Ints:
    """Return offsets after the children that are not kept have gone."""
    before = np.zeros(len(keep) + 1, np.int64)
    np.cumsum(keep, out=before[1:])
    return before[offsets]


def _without_empty(xy: Floats, rings: Ints, parts: Ints, features: Ints, rows: Ints) -> DeviceShapes:
    """Drop rings without vertices, parts without rings and features without parts."""
    full = np.diff(rings) > 0
    parts, rings = _counted(full, parts), np.append(rings[:-1][full], rings[-1])
    full = np.diff(parts) > 0
    features, parts = _counted(full, features), np.append(parts[:-1][full], parts[-1])
    full = np.diff(features) > 0
    return DeviceShapes(xy, rings, parts, np.append(features[:-1][full], features[-1]), rows[full])


def _thin(shapes: DeviceShapes, tolerance: float, *, closed: bool) -> DeviceShapes:
    keep = thinned(shapes.xy, shapes.rings, tolerance, closed=closed)
    if keep is None:
        return shapes
    return DeviceShapes(shapes.xy[keep], _counted(keep, shapes.rings), shapes.parts, shapes.features, shapes.rows)


def oriented(shapes: DeviceShapes) -> DeviceShapes:
    """Return polygons whose shells all run one way and whose holes the other, so that they fill non-zero."""
    if not len(shapes):
        return shapes
    area = signed_areas(shapes.xy, shapes.rings)
    hole = np.ones(len(area), bool)
    hole[shapes.parts[:-1]] = False
    wrong = np.flatnonzero((area > 0) == hole)
    if not len(wrong):
        return shapes
    order = np.arange(len(shapes.xy))
    starts, ends = shapes.rings[wrong], shapes.rings[wrong + 1]
    lengths = ends - starts
    places = np.repeat(starts - (np.cumsum(lengths) - lengths), lengths) + np.arange(lengths.sum())
    order[places] = np.repeat(starts + ends - 1, lengths) - places
    return DeviceShapes(shapes.xy[order], shapes.rings, shapes.parts, shapes.features, shapes.rows)


def signed_areas(xy: Floats, rings: Ints) -> Floats:
    """float64 (r,): signed areas of rings, closed or not; relative to each ring's first vertex."""
    lengths = np.diff(rings)
    local = xy - np.repeat(xy[rings[:-1]], lengths, axis=0)
    cross = np.zeros(len(xy))
    cross[:-1] = local[:-1, 0] * local[1:, 1] - local[1:, 0] * local[:-1, 1]
    cross[rings[1:] - 1] = 0.0  # the last vertex of a ring has no next; its first is the local origin
    return np.asarray(np.add.reduceat(cross, rings[:-1]) / 2)
