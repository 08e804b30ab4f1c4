"""What is mended in shapes right after a driver gave them: numbers that are none. Every repair is counted and said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import shapely

from cgplanner.io.report import Note
from cgplanner.model.geometry_column import GeometryColumn, flat_column
from cgplanner.text import sentence

_FARTHEST = 1e15  # beyond this a number is a program's mark for "none", such as -1.8e308, and no place


_MULTI: dict[str, Callable[[Any], Any]] = {
    "MultiPoint": shapely.MultiPoint,
    "MultiLineString": shapely.MultiLineString,
    "MultiPolygon": shapely.MultiPolygon,
    "GeometryCollection": shapely.GeometryCollection,
}


def with_finite(column: GeometryColumn) -> tuple[GeometryColumn, tuple[Note, ...]]:
    """Return the column without vertices that are NaN, infinite or beyond any map.

    A shape that is left with too few vertices becomes missing.
    """
    xy = column.base.xy
    with np.errstate(invalid="ignore"):
        good = np.abs(xy) < _FARTHEST
    if good.all():
        return column, ()
    starts = column.base.vertex_offsets
    bad = np.flatnonzero(~good.all(axis=1))
    base_rows = np.unique(np.searchsorted(starts, bad, side="right") - 1)
    rows = np.flatnonzero(np.isin(column.rows_in_base, base_rows))
    if not len(rows):
        return column, ()
    shapes = [None if shape is None else _mended(shape) for shape in column.geometries(rows)]
    left_out = sum(shape is None for shape in shapes)
    message = sentence("{count} vertices whose coordinates are no numbers were left out.", count=len(bad))
    notes = [Note("coordinates-not-finite", "warning", message, len(bad))]
    if left_out:
        message = sentence("{count} features lost their shape by that.", count=left_out)
        notes.append(Note("geometry-not-finite", "warning", message, left_out))
    return column.replaced(rows, flat_column(shapes)), tuple(notes)


def _mended(shape: Any) -> Any:
    parts = [part for each in shapely.get_parts(shape) if (part := _mended_part(each)) is not None]
    if not parts:
        return None
    return _MULTI[shape.geom_type](parts) if shape.geom_type in _MULTI else parts[0]


def _mended_part(part: Any) -> Any:
    if isinstance(part, shapely.Polygon):
        rings = [_kept(ring, 4) for ring in (part.exterior, *part.interiors)]
        return None if rings[0] is None else shapely.Polygon(rings[0], [ring for ring in rings[1:] if ring is not None])
    if isinstance(part, shapely.LineString):
        vertices = _kept(part, 2)
        return None if vertices is None else shapely.LineString(vertices)
    vertices = _kept(part, 1)
    return None if vertices is None else shapely.Point(vertices[0])


def _kept(shape: Any, fewest: int) -> Any:
    """Return the vertices that are places, None when they are too few; a ring stays closed."""
    vertices = shapely.get_coordinates(shape, include_z=bool(shape.has_z))
    good = (np.abs(vertices[:, :2]) < _FARTHEST).all(axis=1)
    kept = vertices[good]
    if fewest == 4 and len(kept) and (kept[0] != kept[-1]).any():
        kept = np.vstack([kept, kept[:1]])
    return kept if len(kept) >= fewest else None
