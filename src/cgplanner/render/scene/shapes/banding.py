"""A band along the inside of an area's edge as an area of its own, so that every painter fills it and none needs a clip.

Stroking the edge twice as wide within a clip costs a painter 60 ms for one city; eroding its outline costs a quarter.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import shapely

from cgplanner.geometry.ragged import MULTIPOLYGON, Geometries, Ints, Ragged, concatenate, from_shapely, gather
from cgplanner.render.scene.display_list import BandBatch, Shapes
from cgplanner.render.scene.shapes.detail import thinned
from cgplanner.render.scene.shapes.device_shapes import signed_areas

_COARSE = 1 / 6  # of the band's width: detail that its inner edge need not have
_SMOOTH = 1 / 24  # of it: bends that nobody sees there, and whose vertices are two thirds of the eroding


def band_areas(batch: BandBatch) -> Shapes:
    """Return the bands as areas to be filled non-zero: the outlines as they are, less what lies deeper than the width."""
    whole = _areal(batch.shapes)
    first, same = _equal_shapes(whole)
    inner = _eroded(whole.take(first), batch.width, faint=batch.opacity < 0.1).take(same)
    count = len(whole)
    pairs = np.stack([np.arange(count), np.arange(count) + count], axis=1).ravel()
    both = concatenate([whole, inner]).take(pairs)
    return Shapes(both.xy, both.ring_offsets, both.row_offsets[::2], batch.shapes.rows)


def _equal_shapes(whole: Ragged) -> tuple[Ints, Ints]:
    """Return the first of each kind of equal shapes, and for every shape its place among them: many plans concern one city."""
    places: dict[bytes, int] = {}
    offsets = whole.vertex_offsets.tolist()
    keys = [whole.xy[a:b].tobytes() for a, b in pairwise(offsets)]
    same = np.array([places.setdefault(key, len(places)) for key in keys], np.int64)
    _, first = np.unique(same, return_index=True)
    return first.astype(np.int64), same


def _eroded(whole: Ragged, width: float, *, faint: bool) -> Ragged:
    tolerance = width * _COARSE * (2 if faint else 1)
    if tolerance > 0.75:  # whole pixels, in which tiles lie side by side
        tolerance = float(round(tolerance))
    coarse = shapely.simplify(
        _polygons(_coarse(whole, tolerance)), width * _SMOOTH * (2 if faint else 1), preserve_topology=False
    )
    eroded = shapely.buffer(coarse, -width, quad_segs=4)
    return _flat(from_shapely(shapely.orient_polygons(eroded, exterior_cw=True)))


def polygons_of(shapes: Shapes) -> Geometries:
    """Return oriented shapes as shapely multipolygons, in the same units; rings of fewer than four vertices are left out."""
    return _polygons(_areal(shapes))


def _coarse(whole: Ragged, tolerance: float) -> Ragged:
    """Return the shapes with fewer vertices: by a grid, so that neighbouring tiles leave out the same ones."""
    keep = thinned(whole.xy, whole.ring_offsets, tolerance, closed=True)
    if keep is None:
        return whole
    before = np.concatenate([[0], np.cumsum(keep)])
    return Ragged(whole.kinds, whole.xy[keep], before[whole.ring_offsets], whole.part_offsets, whole.row_offsets)


def _areal(shapes: Shapes) -> Ragged:
    """Return the shapes with rings of fewer than four vertices left out; every ring is a part of its own."""
    full = np.flatnonzero(np.diff(shapes.rings) >= 4)
    before = np.searchsorted(full, shapes.shapes)
    vertices, rings = gather(shapes.rings, full)
    kinds = np.full(len(shapes), MULTIPOLYGON, np.int8)
    return Ragged(kinds, shapes.xy[vertices], rings, np.arange(len(rings)), before.astype(np.int64))


def _flat(ragged: Ragged) -> Ragged:
    """Return the same rings, every ring a part of its own."""
    count = len(ragged.ring_offsets)
    kinds = np.full(len(ragged), MULTIPOLYGON, np.int8)
    return Ragged(kinds, ragged.xy, ragged.ring_offsets, np.arange(count), ragged.part_offsets[ragged.row_offsets])


def _polygons(whole: Ragged) -> Geometries:
    """Return multipolygons; a ring that runs like a shell begins a new part, the ones after it are its holes."""
    area = signed_areas(whole.xy, whole.ring_offsets) if len(whole.xy) else np.empty(0)
    opens = area > 0
    opens[whole.row_offsets[:-1][np.diff(whole.row_offsets) > 0]] = True
    starts = np.flatnonzero(opens)
    offsets = (whole.ring_offsets, np.append(starts, len(area)), np.searchsorted(starts, whole.row_offsets))
    made: Geometries = shapely.from_ragged_array(shapely.GeometryType.MULTIPOLYGON, whole.xy, offsets)
    return made
