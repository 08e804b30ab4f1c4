"""Shapes of a .shp that the driver gives up without a word: lists of parts with gaps or in a wrong order, counts too large.

The vertices are mostly all there. They are put together as far as it can be known how; what stays lost is counted, so that it
is not taken for a row that never had a shape.
"""

from __future__ import annotations

import itertools
import struct
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from cgplanner.geometry.ragged import Floats, Ints
from cgplanner.io.files.file_bytes import FileBytes
from cgplanner.io.report import Note
from cgplanner.io.shapefile import dbf
from cgplanner.io.shapefile.shapes import HEADER_BYTES, MULTIPATCH, MULTIPOINT, NULL_SHAPE, POINT, POLYGON, POLYLINE, M, Z
from cgplanner.model.geometry_column import GeometryColumn, flat_column
from cgplanner.text import sentence

_FARTHEST = 1e15  # as everywhere: beyond this a number is no place
_LONGEST = 64 << 20
_POINTS_BEFORE, _PARTS_BEFORE = 40, 44  # bytes before the vertices of a multipoint, and before the list of parts


class Records:
    """Which record of a .shp each row is: rows that are deleted in the table beside it are none.

    The table is looked through once, when somebody first asks, however many pieces the rows come in.
    """

    def __init__(self, shp: Path) -> None:
        self._shp = shp

    def of(self, rows: Ints) -> Ints:
        """Return the records of these rows (int64, ascending) of the layer."""
        return rows if self._kept is None else self._kept[rows]

    @cached_property
    def _kept(self) -> Ints | None:
        """The records that are not deleted; None where all are there."""
        table = self._shp.with_suffix(".dbf")
        header = dbf.read_header(table) if table.exists() else None
        if header is None:
            return None
        deleted = dbf.column_bytes(table, header, 0, 1)[:, 0] == ord("*")
        return np.flatnonzero(~deleted) if deleted.any() else None


def with_lost(
    shp: Path, column: GeometryColumn, records: Records, first: int, known: int
) -> tuple[GeometryColumn, tuple[Note, ...]]:
    """Return the column with the shapes that could be put together, and notes on them and on those that are lost.

    Parameters
    ----------
    shp
        With a sound .shx beside it.
    first
        The row of the layer that the column begins with.
    known
        How many lost shapes have been told of already.
    """
    rows = np.flatnonzero(column.nulls)
    if not len(rows):
        return column, ()
    places = _places(shp, records.of(first + rows))
    found: dict[int, Any] = {}
    lost = -known
    with FileBytes(shp) as source:
        for row, (start, size) in zip(rows.tolist(), places.tolist(), strict=True):
            if start < HEADER_BYTES or start + 12 > len(source):  # behind the end of a file that was cut
                continue
            content = source.read(start + 8, max(4, min(size, _LONGEST, len(source) - start - 8)))
            if struct.unpack_from("<i", content)[0] in (NULL_SHAPE, MULTIPATCH) or _is_empty(content):
                continue
            shape = _shape(content)
            if shape is None:
                lost += 1
            elif _is_somewhere(shapely.get_coordinates(shape)):  # else its numbers were left out before
                found[row] = shape
    notes = []
    if found:
        column = column.replaced(np.array(list(found)), flat_column(np.array([*found.values(), None], object)[:-1]))
        message = sentence(
            "{count} shapes with damaged lists of parts were put together from their vertices.", count=len(found)
        )
        notes.append(Note("geometry-rescued", "warning", message, len(found)))
    if lost > 0:
        message = sentence("{count} damaged geometries were left out.", count=lost)
        notes.append(Note("geometry-unreadable", "warning", message, lost))
    return column, tuple(notes)


def _places(shp: Path, records: Ints) -> Ints:
    """Return where these records, which ascend, begin and how long they are: bytes, int64 (n, 2)."""
    first, count = int(records[0]), int(records[-1] - records[0]) + 1
    listed = np.fromfile(shp.with_suffix(".shx"), ">i4", 2 * count, offset=HEADER_BYTES + 8 * first)
    return 2 * listed.reshape(-1, 2).astype(np.int64)[records - first]


def _is_empty(content: bytes) -> bool:
    """Tell whether a record says itself that it has no vertices, as some programs write what has no shape."""
    plain = struct.unpack_from("<i", content)[0] % 10
    place = {MULTIPOINT: 36, POLYLINE: 40, POLYGON: 40}.get(plain, len(content))
    return place + 4 <= len(content) and struct.unpack_from("<i", content, place)[0] == 0


def _shape(content: bytes) -> Any:
    """Return what the vertices of a record make up; None when that cannot be known."""
    kind = struct.unpack_from("<i", content)[0]
    plain = kind % 10
    if plain == POINT and len(content) >= 20:
        return shapely.Point(struct.unpack_from("<2d", content, 4))
    if plain == MULTIPOINT and len(content) > _POINTS_BEFORE:
        vertices = _vertices(content, _POINTS_BEFORE, struct.unpack_from("<i", content, 36)[0], kind)
        return shapely.MultiPoint(vertices) if len(vertices) else None
    if plain not in (POLYLINE, POLYGON) or len(content) < _PARTS_BEFORE:
        return None
    parts, count = struct.unpack_from("<2i", content, 36)
    if parts < 0 or _PARTS_BEFORE + 4 * parts > len(content):
        return None
    starts = np.frombuffer(content, "<i4", parts, _PARTS_BEFORE).astype(np.int64)
    vertices = _vertices(content, _PARTS_BEFORE + 4 * parts, count, kind)
    if not _is_somewhere(vertices):  # of such vertices no ring can be made
        return shapely.MultiPoint(vertices)
    return _lines(vertices, starts) if plain == POLYLINE else _areas(vertices, starts)


def _is_somewhere(vertices: Floats) -> bool:
    return bool((np.abs(vertices[:, :2]) < _FARTHEST).all())


def _vertices(content: bytes, place: int, count: int, kind: int) -> Floats:
    """Return the vertices that are there, with heights where all of them have one."""
    there = max(0, min(count, (len(content) - place) // 16))
    xy = np.frombuffer(content, "<f8", 2 * there, place).reshape(-1, 2)
    heights = place + 16 * there + 16
    if Z < kind < M and there == count and heights + 8 * there <= len(content):
        return np.column_stack([xy, np.frombuffer(content, "<f8", there, heights)])
    return xy


def _pieces(vertices: Floats, starts: Ints) -> list[Floats]:
    """Return the vertices part by part; parts without any are passed over, and those that begin behind the end."""
    begins = np.unique(starts[(starts > 0) & (starts < len(vertices))])
    return [each for each in np.split(vertices, begins) if len(each)]


def _lines(vertices: Floats, starts: Ints) -> Any:
    if (starts < 0).any() or (starts > len(vertices)).any():  # where one line ends and the next begins nobody knows
        return None
    lines = [each for each in _pieces(vertices, starts) if len(each) > 1]
    return None if not lines else shapely.LineString(lines[0]) if len(lines) == 1 else shapely.MultiLineString(lines)


def _areas(vertices: Floats, starts: Ints) -> Any:
    rings = itertools.chain.from_iterable(map(_rings, _pieces(vertices, starts)))
    areas = [shapely.Polygon(each) for each in rings]
    turned = np.array([shapely.is_ccw(each.exterior) for each in areas], np.bool_)
    if not areas:
        return None
    shells = [each for each, ccw in zip(areas, turned, strict=True) if not ccw or turned.all()]
    holes = [] if turned.all() else [each for each, ccw in zip(areas, turned, strict=True) if ccw]
    inside: list[list[Any]] = [[] for _ in shells]
    for hole in holes:
        place = shapely.Point(hole.exterior.coords[0])
        around = [number for number, shell in enumerate(shells) if shell.intersects(place)]
        if around:
            inside[min(around, key=lambda number: shells[number].area)].append(hole.exterior)
        else:
            shells.append(hole)
            inside.append([])
    made = [shapely.Polygon(shell.exterior, within) for shell, within in zip(shells, inside, strict=True)]
    return made[0] if len(made) == 1 else shapely.MultiPolygon(made)


def _rings(piece: NDArray[np.float64]) -> list[Floats]:
    """Return the rings in a piece: each ends where it comes back to its first vertex."""
    rings = []
    while len(piece) > 2:
        back = np.flatnonzero((piece[1:, :2] == piece[0, :2]).all(axis=1))
        end = int(back[0]) + 2 if len(back) else len(piece)
        if len(np.unique(piece[:end, :2], axis=0)) > 2:
            rings.append(piece[:end])
        piece = piece[end:]
    return rings
