"""Lines moved sideways and edges moved into their areas, in device units. This file must not know symbols."""

from __future__ import annotations

import numpy as np
import shapely

from cgplanner.geometry.ragged import Geometries, Ints, from_shapely
from cgplanner.render.scene.display_list import Shapes
from cgplanner.render.scene.shapes.banding import polygons_of
from cgplanner.render.scene.shapes.device_shapes import DeviceShapes


def moved_aside(lines: Shapes, offset: float) -> Shapes:
    """Return lines moved to the right of their direction (to the left where negative), y down; what vanishes is left out."""
    full = np.flatnonzero(np.diff(lines.rings) >= 2)
    owners = np.searchsorted(lines.shapes, full, side="right") - 1
    strings = [shapely.LineString(lines.xy[lines.rings[k] : lines.rings[k + 1]]) for k in full.tolist()]
    # With y down the left of a line, which is where GEOS goes, is what the eye calls its right.
    with np.errstate(invalid="ignore"):  # lines without length
        moved = shapely.offset_curve(np.array(strings, object), offset, quad_segs=6, join_style="round")
    parts, index = shapely.get_parts(moved, return_index=True)
    kept = shapely.get_num_coordinates(parts) >= 2
    return _as_shapes(parts[kept], owners[index[kept]], lines.rows)


def inside_edges(areas: DeviceShapes, offset: float) -> DeviceShapes:
    """Return the edges of oriented areas, moved ``offset`` units into them (out of them where negative)."""
    with np.errstate(invalid="ignore"):  # rings that cross themselves
        within = shapely.buffer(polygons_of(areas.shapes()), -offset, quad_segs=6, join_style="mitre")
    parts, index = shapely.get_parts(shapely.boundary(within), return_index=True)
    kept = shapely.get_num_coordinates(parts) >= 2
    shapes = _as_shapes(parts[kept], index[kept], areas.rows)
    lines = np.arange(len(shapes.rings))
    return DeviceShapes(shapes.xy, shapes.rings, lines, shapes.shapes, shapes.rows)


def _as_shapes(parts: Geometries, owners: Ints, rows: Ints) -> Shapes:
    """Return lines as shapes of the features that own them; ``owners`` ascend."""
    flat = from_shapely(parts)
    features, first = np.unique(owners, return_index=True)
    return Shapes(flat.xy, flat.ring_offsets, np.append(first, len(parts)).astype(np.int64), rows[features])
