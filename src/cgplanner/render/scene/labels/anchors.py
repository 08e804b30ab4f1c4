"""The points inside areas that labels stand on: as far from the edge as can be, found once for a geometry and kept."""

from __future__ import annotations

import threading
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import shapely

from cgplanner.geometry.ragged import POLYGON, Floats, Geometries, Ints
from cgplanner.model.geometry_column import GeometryColumn

SLOW_LIMIT = 300  # areas above which a quicker point, less far from the edge, is good enough

_kept: WeakKeyDictionary[Any, dict[int, tuple[float, float]]] = WeakKeyDictionary()
_lock = threading.Lock()


def interior_points(geometry: GeometryColumn, rows: Ints) -> Floats:
    """Return a point inside the largest part of each area, float64 (n, 2) in the layer's CRS; NaN for what is no area."""
    base_rows = geometry.rows_in_base[rows]
    out = np.full((len(rows), 2), np.nan)
    with _lock:
        known = _kept.setdefault(geometry.base, {})
    cached = [known.get(int(row)) if row >= 0 else None for row in base_rows]
    for place, point in enumerate(cached):
        if point is not None:
            out[place] = point
    missing = np.array([place for place, point in enumerate(cached) if point is None], np.int64)
    if len(missing):
        out[missing] = points_inside(geometry.geometries(rows[missing]))
        fresh = {int(base_rows[k]): (float(out[k, 0]), float(out[k, 1])) for k in missing if base_rows[k] >= 0}
        with _lock:
            known.update(fresh)
    return out


def points_inside(geometries: Geometries) -> Floats:
    """Return a point well inside the largest part of each area, float64 (n, 2)."""
    largest = np.array([_largest(each) for each in geometries], object)
    if len(largest) > SLOW_LIMIT:
        with np.errstate(invalid="ignore"):  # vertices that are no numbers get no point
            return _coordinates(shapely.point_on_surface(largest))
    return _coordinates(np.array([_pole(each) for each in largest], object))


def _coordinates(points: Geometries) -> Floats:
    return np.column_stack([shapely.get_x(points), shapely.get_y(points)])


def _largest(geometry: Any) -> Any:
    parts = shapely.get_parts(geometry) if geometry is not None else ()
    if len(parts) == 0:
        return None
    with np.errstate(invalid="ignore", over="ignore"):  # vertices that are no numbers
        return parts[int(np.argmax(shapely.area(parts)))]


def _pole(polygon: Any) -> Any:
    """Return the centre of the largest circle within a polygon, roughly: labels need no more than a hundredth of its size."""
    if polygon is None or shapely.get_dimensions(polygon) != 2:
        return None
    minx, miny, maxx, maxy = shapely.bounds(polygon)
    if not (np.abs(shapely.get_coordinates(polygon)) < 1e100).all():
        return None  # vertices that are no numbers: the layer's report tells of them
    size = max(maxx - minx, maxy - miny)
    coarse = shapely.simplify(polygon, size / 300, preserve_topology=False)  # four times as quick, and nearly always sound
    if not shapely.is_valid(coarse) or shapely.get_type_id(coarse) != POLYGON:
        coarse = shapely.simplify(polygon, size / 300)
    if not shapely.is_valid(coarse) or not shapely.area(coarse):
        return shapely.point_on_surface(polygon)
    return shapely.get_point(shapely.maximum_inscribed_circle(coarse, tolerance=size / 60), 0)
