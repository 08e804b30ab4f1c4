"""Changing one geometry: vertices, splitting, reshaping. Pure functions on shapely geometries, in the layer's units.

A vertex is addressed by its number in flat order (shells before holes, parts in order); the closing vertex of a ring is the
same as its first one. Every refusal is a UserError that says what to do instead.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from shapely.ops import linemerge, split

from cgplanner.errors import UserError
from cgplanner.geometry import ragged as flat
from cgplanner.geometry.ragged import Floats, Ragged
from cgplanner.text import tr

LEAST_LINE = 2
LEAST_RING = 4


def vertices(geometry: Any) -> Floats:
    """Return the vertices in flat order: float64 (n, 2)."""
    return flat.from_shapely([geometry]).xy


def _ring_of(ragged: Ragged, vertex: int) -> tuple[int, int, bool]:
    """Return start and stop of the ring that holds the vertex, and whether it is closed by rule."""
    if not 0 <= vertex < len(ragged.xy):
        raise UserError(
            tr("There is no vertex {number}; the feature has {count}.", number=vertex, count=len(ragged.xy)),
            hint=tr("Vertices are counted from 0."),
        )
    ring = int(np.searchsorted(ragged.ring_offsets, vertex, side="right")) - 1
    closed = bool(ragged.kinds[0] in (flat.POLYGON, flat.MULTIPOLYGON, flat.LINEARRING))
    return int(ragged.ring_offsets[ring]), int(ragged.ring_offsets[ring + 1]), closed


def _finite(*numbers: float) -> None:
    if not all(np.isfinite(numbers)):
        raise UserError(tr("A coordinate must be a finite number."), hint=tr("Check the numbers that were given."))


def moved(geometry: Any, dx: float, dy: float) -> Any:
    """Return the geometry shifted; Z and M stay."""
    _finite(dx, dy)
    ragged = flat.from_shapely([geometry])
    return ragged.with_xy(ragged.xy + np.array([dx, dy])).to_shapely()[0]


def vertex_moved(geometry: Any, vertex: int, x: float, y: float) -> Any:
    """Return the geometry with one vertex elsewhere; a ring stays closed."""
    _finite(x, y)
    ragged = flat.from_shapely([geometry])
    start, stop, closed = _ring_of(ragged, vertex)
    xy = ragged.xy.copy()
    xy[vertex] = (x, y)
    if closed and vertex in (start, stop - 1):
        xy[start] = xy[stop - 1] = (x, y)
    return ragged.with_xy(xy).to_shapely()[0]


def vertex_inserted(geometry: Any, after: int, x: float, y: float) -> Any:
    """Return the geometry with a vertex more, after vertex ``after``; Z and M of it are interpolated at the middle."""
    _finite(x, y)
    ragged = flat.from_shapely([geometry])
    _start, stop, _closed = _ring_of(ragged, after)
    if ragged.kinds[0] in (flat.POINT, flat.MULTIPOINT) or after == stop - 1:
        raise UserError(tr("A vertex goes between two others."), hint=tr("Choose the vertex before the new one."))
    return _changed_count(ragged, after, insert=(x, y)).to_shapely()[0]


def vertex_deleted(geometry: Any, vertex: int) -> Any:
    """Return the geometry without one vertex.

    Raises
    ------
    UserError
        When too few would be left: two for a line, three corners for an area.
    """
    ragged = flat.from_shapely([geometry])
    start, stop, closed = _ring_of(ragged, vertex)
    least = LEAST_RING if closed else LEAST_LINE
    if ragged.kinds[0] in (flat.POINT, flat.MULTIPOINT) or stop - start <= least:
        raise UserError(
            tr("This vertex cannot be deleted: too few would be left."),
            hint=tr("Delete the feature instead, or move the vertex."),
        )
    if closed and vertex in (start, stop - 1):  # the ring then begins and ends at its next vertex
        xy = ragged.xy.copy()
        xy[stop - 1] = xy[start + 1]
        ragged, vertex = ragged.with_xy(xy), start
    return _changed_count(ragged, vertex, insert=None).to_shapely()[0]


def _changed_count(ragged: Ragged, vertex: int, insert: tuple[float, float] | None) -> Ragged:
    """Insert a vertex after ``vertex``, or take ``vertex`` out."""
    offsets = ragged.ring_offsets.copy()
    offsets[offsets > vertex] += 1 if insert else -1

    def changed(values: Floats | None) -> Floats | None:
        if values is None:
            return None
        if insert is None:
            return np.delete(values, vertex)
        return np.insert(values, vertex + 1, (values[vertex] + values[vertex + 1]) / 2)

    xy = np.delete(ragged.xy, vertex, axis=0) if insert is None else np.insert(ragged.xy, vertex + 1, insert, axis=0)
    kinds, parts, rows = ragged.kinds, ragged.part_offsets, ragged.row_offsets
    return Ragged(kinds, xy, offsets, parts, rows, changed(ragged.z), changed(ragged.m))


def pieces(geometry: Any, line: Any) -> list[Any]:
    """Return the parts that a line cuts a line or an area into, largest first; at least two.

    Raises
    ------
    UserError
        When the line does not cut it.
    """
    if geometry.geom_type in ("Point", "MultiPoint"):
        raise UserError(tr("A point cannot be split."), hint=tr("Choose a line or an area."))
    parts = [piece for part in shapely.get_parts(geometry) for piece in split(part, line).geoms]
    if len(parts) <= shapely.get_num_geometries(geometry):
        raise UserError(tr("The line does not cut the feature."), hint=tr("Draw it from one side of the feature to the other."))
    measure = shapely.area if geometry.geom_type.endswith("Polygon") else shapely.length
    return sorted(parts, key=lambda piece: -float(measure(piece)))


def merged(geometries: list[Any]) -> Any:
    """Return one geometry from several of the same family: areas united, lines joined end to end, points collected."""
    families = {flat.FAMILY_OF_KIND.get(int(shapely.get_type_id(each))) for each in geometries}
    if len(families) != 1:
        raise UserError(
            tr("Points, lines and areas cannot be merged with each other."), hint=tr("Choose features of one kind.")
        )
    union: Any = shapely.union_all(geometries)
    return linemerge(union) if union.geom_type == "MultiLineString" else union


def reshaped(geometry: Any, line: Any) -> Any:
    """Return a line or an area whose course between the two outermost crossings with ``line`` is that of ``line``.

    Of the two areas that a new course leaves, the larger one stays.

    Raises
    ------
    UserError
        When the line does not cross it at two places.
    """
    if geometry.geom_type == "Polygon":
        shell = _course_replaced(geometry.exterior, line)
        candidates = [shapely.Polygon(each) for each in shell]
        outline = max((shapely.make_valid(each) for each in candidates), key=shapely.area)
        holes = [shapely.Polygon(hole) for hole in geometry.interiors]
        return shapely.difference(outline, shapely.union_all(holes)) if holes else outline
    if geometry.geom_type == "LineString":
        return max(_course_replaced(geometry, line), key=shapely.length)
    raise UserError(
        tr("Only a line or an area of one part can be reshaped."), hint=tr("Split the feature into its parts first.")
    )


def _course_replaced(path: Any, line: Any) -> list[Any]:
    crossings = shapely.get_parts(shapely.intersection(path, line))
    points = shapely.get_coordinates(crossings)
    if len(points) < LEAST_LINE:
        raise UserError(
            tr("The new course must cross the feature at two places."),
            hint=tr("Begin and end the line on the other side of it."),
        )
    along_line = sorted(shapely.line_locate_point(line, shapely.points(points)))
    course = shapely.ops.substring(line, along_line[0], along_line[-1])
    ends = shapely.line_locate_point(path, shapely.points(shapely.get_coordinates(course)[[0, -1]]))
    low, high = sorted(float(each) for each in ends)
    forward = shapely.get_coordinates(course) if ends[0] <= ends[1] else shapely.get_coordinates(course)[::-1]
    before = shapely.get_coordinates(shapely.ops.substring(path, 0, low))
    after = shapely.get_coordinates(shapely.ops.substring(path, high, path.length))
    outer = shapely.linestrings(np.vstack([before, forward[1:-1], after]))
    if not path.is_closed:
        return [outer]
    inner = shapely.get_coordinates(shapely.ops.substring(path, low, high))
    return [outer, shapely.linestrings(np.vstack([inner, forward[::-1][1:]]))]
