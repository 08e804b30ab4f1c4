"""Lengths and areas on the ellipsoid of CGCS2000, whatever CRS the coordinates are in.

What a planner measures must not depend on the projection it is drawn in. Edges are taken as geodesics between vertices.
"""

from __future__ import annotations

import numpy as np

from cgplanner.geometry.crs import GEOGRAPHIC, geod, transform_xy
from cgplanner.geometry.ragged import FAMILY_OF_KIND, Floats, Geometries, Ragged, from_shapely

MU = 10_000 / 15  # square metres of one mu (亩)


def path_length(xy: Floats, crs: str) -> float:
    """Return the geodesic length in metres of a path (n, 2) in this CRS; 0 for fewer than two points."""
    return float(_segments(_degrees(xy, crs)).sum())


def ring_area(xy: Floats, crs: str) -> float:
    """Return the geodesic area in square metres within a ring (n, 2), closed or not, whichever way it runs."""
    if len(xy) < 3:
        return 0.0
    return abs(_signed_area(_degrees(xy, crs)))


def lengths(geometries: Geometries | Ragged, crs: str) -> Floats:
    """Return lengths of lines and perimeters of polygons in metres, float64 (n,); NaN for points and missing geometry."""
    ragged = geometries if isinstance(geometries, Ragged) else from_shapely(geometries)
    degrees = _degrees(ragged.xy, crs)
    steps = np.zeros(len(degrees) + 1)
    if len(degrees):
        steps[1 : len(degrees)] = _segments(degrees)
        steps[ragged.ring_offsets[:-1]] = 0.0
    total = np.concatenate([[0.0], np.cumsum(steps[: len(degrees)])])
    offsets = ragged.vertex_offsets
    return np.where(_family(ragged, "line") | _family(ragged, "polygon"), total[offsets[1:]] - total[offsets[:-1]], np.nan)


def areas(geometries: Geometries | Ragged, crs: str) -> Floats:
    """Return areas of polygons less their holes in square metres, float64 (n,); NaN for what is no polygon."""
    ragged = geometries if isinstance(geometries, Ragged) else from_shapely(geometries)
    degrees = _degrees(ragged.xy, crs)
    out = np.full(len(ragged), np.nan)
    for row in np.flatnonzero(_family(ragged, "polygon")):
        total = 0.0
        for part in range(ragged.row_offsets[row], ragged.row_offsets[row + 1]):
            first, last = ragged.part_offsets[part], ragged.part_offsets[part + 1]
            rings = [
                abs(_signed_area(degrees[ragged.ring_offsets[k] : ragged.ring_offsets[k + 1]])) for k in range(first, last)
            ]
            total += rings[0] - sum(rings[1:])
        out[row] = total
    return out


def _family(ragged: Ragged, family: str) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    kinds = [kind for kind, name in FAMILY_OF_KIND.items() if name == family]
    return np.isin(ragged.kinds, kinds)


def _degrees(xy: Floats, crs: str) -> Floats:
    return transform_xy(crs, GEOGRAPHIC, np.asarray(xy, np.float64), approximate=False)


def _segments(degrees: Floats) -> Floats:
    if len(degrees) < 2:
        return np.empty(0)
    x, y = np.ascontiguousarray(degrees[:, 0]), np.ascontiguousarray(degrees[:, 1])
    distances: Floats = geod().inv(x[:-1], y[:-1], x[1:], y[1:])[2]
    return distances


def _signed_area(degrees: Floats) -> float:
    area, _ = geod().polygon_area_perimeter(degrees[:, 0], degrees[:, 1])
    return float(area)
