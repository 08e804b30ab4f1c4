"""Areas whose hole is larger than their shell: a file with all rings turned around, whose driver took one for the other.

Shapefiles tell shells from holes by the way that they turn. Where that cannot be, what lies in what decides.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from cgplanner.geometry.ragged import MULTIPOLYGON, POLYGON, Ints
from cgplanner.io.shapes.ring_order import ring_areas
from cgplanner.model.geometry_column import GeometryColumn, flat_column

MOST_RINGS = 2000  # in one area: each is looked for in each


def nested(column: GeometryColumn) -> GeometryColumn:
    """Return the column with such areas put together by what lies in what; rings keep the way that they turn."""
    rows = _inside_out(column)
    if not len(rows):
        return column
    return column.replaced(rows, flat_column(np.array([*map(_of_rings, column.geometries(rows)), None], object)[:-1]))


def _inside_out(column: GeometryColumn) -> Ints:
    """Return the rows with a part whose hole is larger than its shell."""
    base = column.base
    areal = np.isin(base.kinds, (POLYGON, MULTIPOLYGON))
    rings = base.part_offsets[base.row_offsets[1:]] - base.part_offsets[base.row_offsets[:-1]]
    some = np.flatnonzero(areal & (rings > np.diff(base.row_offsets)) & (rings <= MOST_RINGS))
    if not len(some) or column.index is not None:
        return some[:0]
    shapes = base.take(some)
    sizes = np.abs(ring_areas(shapes))
    part_of_ring = np.repeat(np.arange(len(shapes.part_offsets) - 1), np.diff(shapes.part_offsets))
    row_of_part = np.repeat(np.arange(len(shapes)), np.diff(shapes.row_offsets))
    shell = sizes[shapes.part_offsets[:-1][part_of_ring]]
    return np.asarray(some[np.unique(row_of_part[part_of_ring[sizes > shell]])])


def _of_rings(shape: Any) -> Any:
    return area_of_rings([ring for part in shapely.get_parts(shape) for ring in (part.exterior, *part.interiors)])


def area_of_rings(rings: list[Any]) -> Any:
    """Return the area that closed rings make: those at even depth as shells, the others as holes of the smallest around them.

    ``rings`` are linear rings or float64 (n, 2), n > 3.
    """
    if len(rings) == 1:
        return shapely.Polygon(rings[0])
    rings = [each if isinstance(each, shapely.LinearRing) else shapely.LinearRing(each) for each in rings]
    rings.sort(key=lambda ring: -shapely.Polygon(ring).area)
    areas = shapely.polygons(rings)
    shapely.prepare(areas)
    points = shapely.point_on_surface(areas)  # a corner may lie on the ring of a neighbour
    around = [np.flatnonzero(shapely.intersects(areas[:number], points[number])).tolist() for number in range(len(rings))]
    holes: dict[int, list[Any]] = {number: [] for number in range(len(rings)) if len(around[number]) % 2 == 0}
    for number, ring in enumerate(rings):
        if number not in holes:
            home = next((other for other in reversed(around[number]) if other in holes), None)
            holes.setdefault(number if home is None else home, []).extend([] if home is None else [ring])
    made = [shapely.Polygon(rings[number], within) for number, within in holes.items()]
    return made[0] if len(made) == 1 else shapely.MultiPolygon(made)
