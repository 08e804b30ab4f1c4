"""Which way the rings of polygons turn: shapefiles want shells clockwise, GeoJSON the other way."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cgplanner.geometry.ragged import MULTIPOLYGON, POLYGON, Floats, Ragged
from cgplanner.io.report import Note
from cgplanner.io.shapes.wkb_builder import has_kernels
from cgplanner.model.geometry_column import GeometryColumn
from cgplanner.text import sentence

MOST_LOOKED_AT = 1_000_000  # vertices, where nothing is compiled: the look stays a small part of the reading


def oriented(shapes: Ragged, *, clockwise: bool) -> Ragged:
    """Return the same shapes, the shells of polygons turning as asked and their holes the other way."""
    turn = wrongly_turned(shapes, clockwise=clockwise)
    if not turn.any():
        return shapes
    starts, lengths = shapes.ring_offsets[:-1], np.diff(shapes.ring_offsets)
    within = np.arange(len(shapes.xy)) - np.repeat(starts, lengths)
    flipped = np.repeat(starts + lengths - 1, lengths) - within
    order = np.where(np.repeat(turn, lengths), flipped, np.arange(len(shapes.xy)))
    z = None if shapes.z is None else shapes.z[order]
    m = None if shapes.m is None else shapes.m[order]
    return Ragged(shapes.kinds, shapes.xy[order], shapes.ring_offsets, shapes.part_offsets, shapes.row_offsets, z, m)


def wrongly_turned(shapes: Ragged, *, clockwise: bool) -> NDArray[np.bool_]:
    """Tell of every ring whether it turns the other way than asked of shells, and of holes not."""
    if not len(shapes.xy):
        return np.zeros(len(shapes.ring_offsets) - 1, np.bool_)
    areas = ring_areas(shapes)
    shell = np.zeros(len(areas), np.bool_)
    begins = shapes.part_offsets[:-1]
    shell[begins[begins < len(areas)]] = True  # an empty part at the end begins behind the last ring
    wrong = np.where(shell == clockwise, areas > 0, areas < 0)
    turned: NDArray[np.bool_] = wrong & _of_polygons(shapes)
    return turned


def _of_polygons(shapes: Ragged) -> NDArray[np.bool_]:
    """Tell of every ring whether it belongs to a polygon."""
    polygon = np.isin(shapes.kinds, (POLYGON, MULTIPOLYGON))
    return np.asarray(np.repeat(polygon, np.diff(shapes.part_offsets[shapes.row_offsets])))


def turned_notes(column: GeometryColumn, name: str, *, clockwise: bool) -> tuple[Note, ...]:
    """Return a note on the rings that turn the other way than the format of this name asks of shells and holes."""
    rings = TurnedRings(len(column), clockwise=clockwise)
    rings.add(column)
    return rings.notes(name)


class TurnedRings:
    """Counts the rings that turn the wrong way in pieces of a layer of so many rows; ``clockwise`` is how shells should."""

    def __init__(self, rows: int, *, clockwise: bool) -> None:
        self._clockwise, self._quick = clockwise, has_kernels(rows)
        self._left = MOST_LOOKED_AT
        self._count, self._whole = 0, True

    def add(self, column: GeometryColumn) -> None:
        """Look at the next rows."""
        self._look(column.base)
        beside = np.flatnonzero(column.rows_in_base < 0)
        if len(beside):
            self._look(column.coordinates(beside))

    def _look(self, shapes: Ragged) -> None:
        if not self._quick:
            if len(shapes.xy) > self._left:
                self._whole = False
                shapes = shapes.take(np.arange(min(int(np.searchsorted(shapes.vertex_offsets, self._left)), len(shapes))))
            self._left -= len(shapes.xy)
        self._count += _turned(shapes, clockwise=self._clockwise)

    def notes(self, name: str) -> tuple[Note, ...]:
        """Return a note on them, where there are any; the format of this name asks for the other direction."""
        return _notes_on(self._count, name, whole=self._whole)


def _notes_on(count: int, name: str, *, whole: bool) -> tuple[Note, ...]:
    if not count:
        return ()
    if whole:
        message = sentence(
            "{count} rings turn the other way than {format} asks; the areas are the same, and an export turns them.",
            count=count,
            format=name,
        )
    else:
        message = sentence(
            "At least {count} rings turn the other way than {format} asks; the areas are the same, and an export turns them.",
            count=count,
            format=name,
        )
    return (Note("rings-turned", "info", message, count),)


def _turned(shapes: Ragged, *, clockwise: bool) -> int:
    """Return how many rings of polygons turn the wrong way."""
    return int(wrongly_turned(shapes, clockwise=clockwise).sum()) if _of_polygons(shapes).any() else 0


def ring_areas(shapes: Ragged) -> Floats:
    """Return the area of every ring; below zero where it turns clockwise."""
    if has_kernels(len(shapes)):
        from cgplanner.geometry import kernels  # noqa: PLC0415  numba, which is loaded by now

        return kernels.ring_areas(shapes.xy, shapes.ring_offsets)
    from cgplanner.geometry import plain_kernels  # noqa: PLC0415  only one of the two is wanted

    areas: Floats = plain_kernels.ring_areas(shapes.xy, shapes.ring_offsets)
    return areas
