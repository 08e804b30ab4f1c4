"""From a buffer of WKB to flat coordinate arrays, all rows at once in numpy.

Why not shapely or a driver's objects: a million parcels as GEOS objects cost seconds and a gigabyte before the first pixel.
Walked level by level (headers, counts, rings, vertices) every step is one vectorised look into the buffer. What is rare
(another byte order, collections, rings that GEOS would refuse) is left to shapely. This file must not know of files.
"""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import shapely
from numpy.typing import NDArray

from cgplanner.geometry import ragged as flat
from cgplanner.geometry.ragged import Floats, Geometries, Ints, Ragged, offsets_from_index
from cgplanner.io.report import Note
from cgplanner.io.shapes.wkb_bodies import flattened_bodies
from cgplanner.model.geometry_column import GeometryColumn
from cgplanner.text import Sentence, sentence

Bytes = NDArray[np.uint8]
Flags = NDArray[np.bool_]

_POINT, _LINE, _POLYGON = 1, 2, 3  # WKB numbers; those of the multi kinds are 3 more
_KIND_OF_NUMBER = np.array([-1, 0, 1, 3, 4, 5, 6], np.int8)
_VERTEX_BYTES = np.array([16, 24, 24, 32])  # by the thousands of the WKB number: XY, XYZ, XYM, XYZM
_WIDEST = 2000  # rows with more parts or rings than this are left to shapely: our loop runs once for each
_VERTICES_AT_ONCE = 1 << 20


class _Walk:
    """One walk over the rows of a buffer. Rows that it cannot take are marked in ``odd`` and hold nothing.

    ``rings`` collects (row, part, start, count): whose ring it is, where its vertices begin, how many there are.
    """

    def __init__(self, data: Bytes, starts: Ints, ends: Ints, missing: Flags) -> None:
        self.data, self.ends = data, ends
        self.u32: NDArray[Any] = np.ndarray((max(len(data) - 3, 0),), "<u4", data, 0, (1,))
        self.odd: Flags = ~missing & (ends - starts < 9)
        self.rings: list[tuple[Ints, Ints, Ints, Ints]] = []
        rows = np.flatnonzero(~missing & ~self.odd)
        self.numbers = np.zeros(len(starts), np.int64)
        self.numbers[rows] = self._count(rows, starts[rows] + 1)
        kinds = self.numbers % 1000
        self.odd[rows] |= (data[starts[rows]] != 1) | (self.numbers[rows] >= 4000) | ~np.isin(kinds[rows], range(1, 7))
        for kind in np.flatnonzero(np.bincount(kinds[rows])):
            mine = rows[(kinds[rows] == kind) & ~self.odd[rows]]
            if kind > _POLYGON:
                self._walk_parts(mine, int(kind) - _POLYGON, starts[mine] + 5)
            else:
                self._walk_part(mine, 0, int(kind), starts[mine] + 5)
        self.numbers[self.odd] = 0

    def _count(self, rows: Ints, positions: Ints) -> Ints:
        """Read the uint32 of each row at its position; a row that ends before turns odd and gives 0."""
        beyond = positions + 4 > self.ends[rows]
        self.odd[rows[beyond]] = True
        out = np.zeros(len(rows), np.int64)
        out[~beyond] = self.u32[positions[~beyond]]
        return out

    def _walk_parts(self, rows: Ints, kind: int, positions: Ints) -> None:
        counts = self._count(rows, positions)
        positions = positions + 4
        self.odd[rows[counts > _WIDEST]] = True
        part = 0
        while True:
            more = (counts > part) & ~self.odd[rows]
            rows, counts, positions = rows[more], counts[more], positions[more]
            if not len(rows):
                return
            wrong = self._count(rows, positions + 1) != self.numbers[rows] - _POLYGON
            wrong |= self.data[np.minimum(positions, len(self.data) - 1)] != 1
            self.odd[rows[wrong]] = True
            positions = self._walk_part(rows, part, kind, positions + 5)
            part += 1

    def _walk_part(self, rows: Ints, part: int, kind: int, positions: Ints) -> Ints:
        """Note the rings of one part of each row; return where the part ends."""
        if kind == _POINT:
            return self._note(rows, part, positions, np.ones(len(rows), np.int64))
        counts = self._count(rows, positions)
        if kind == _LINE:
            self.odd[rows[counts == 1]] = True
            return self._note(rows, part, positions + 4, counts)
        self.odd[rows[counts > _WIDEST]] = True
        ends = positions + 4
        active = np.arange(len(rows))
        ring = 0
        while True:
            active = active[(counts[active] > ring) & ~self.odd[rows[active]]]
            if not len(active):
                return ends
            mine = rows[active]
            vertices = self._count(mine, ends[active])
            self.odd[mine[vertices < 4]] = True
            ends[active] = self._note(mine, part, ends[active] + 4, vertices)
            ring += 1

    def _note(self, rows: Ints, part: int, starts: Ints, counts: Ints) -> Ints:
        """Note one ring of each row; return where its vertices end."""
        ends: Ints = starts + counts * _VERTEX_BYTES[np.minimum(self.numbers[rows] // 1000, 3)]
        self.odd[rows[ends > self.ends[rows]]] = True
        full = (counts > 0) & ~self.odd[rows]
        self.rings.append((rows[full], np.full(int(full.sum()), part, np.int64), starts[full], counts[full]))
        return ends

    def ordered_rings(self) -> tuple[Ints, Ints, Ints, Ints]:
        """Return row, part, start and count of all rings of the rows that are not odd, in order."""
        if not self.rings:
            nothing = np.empty(0, np.int64)
            return nothing, nothing, nothing, nothing
        row, part, start, count = (np.concatenate(each) for each in zip(*self.rings, strict=True))
        good = ~self.odd[row]
        row, part, start, count = row[good], part[good], start[good], count[good]
        if (np.diff(row) < 0).any() or len(self.rings) > 1:
            order = np.lexsort((start, row))
            row, part, start, count = row[order], part[order], start[order], count[order]
        return row, part, start, count


def ragged_from_buffer(data: Bytes, starts: Ints, ends: Ints, missing: Flags) -> tuple[Ragged, Ints]:
    """Return the flat geometry of every row, and the rows that are odd (they are missing in it; shapely must read them).

    Parameters
    ----------
    data
        uint8 (bytes,): the WKB of all rows somewhere in it.
    starts, ends
        int64 (n,): where each row's WKB lies.
    missing
        bool (n,): rows without a geometry; their places are not looked at.
    """
    walk = _Walk(data, starts, ends, missing)
    row, part, start, count = walk.ordered_rings()
    dimension = walk.numbers[row] // 1000
    xy, z, m = _vertices(data, start, count, dimension)
    offsets = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    kinds = _KIND_OF_NUMBER[np.minimum(walk.numbers % 1000, 6)]
    open_rings = _open(xy, offsets) & (np.isin(kinds[row], (flat.POLYGON, flat.MULTIPOLYGON)))
    hollow = np.isin(kinds[row], (flat.POINT, flat.MULTIPOINT)) & np.isnan(xy[offsets[:-1]]).all(axis=1)
    if open_rings.any():
        walk.odd[row[open_rings]] = True
        kinds[walk.odd] = flat.NULL_KIND
    drop = walk.odd[row] | hollow
    if drop.any():
        keep = ~drop
        vertices = np.repeat(keep, count)
        row, part, count, xy = row[keep], part[keep], count[keep], xy[vertices]
        z, m = (None if each is None else each[vertices] for each in (z, m))
        offsets = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    part_offsets, row_offsets = _grouped(row, part, len(starts))
    return Ragged(kinds, xy, offsets, part_offsets, row_offsets, z, m), np.flatnonzero(walk.odd)


def _open(xy: Floats, offsets: Ints) -> Flags:
    if not len(xy):
        return np.zeros(0, np.bool_)
    different: Flags = (xy[offsets[:-1]] != xy[offsets[1:] - 1]).any(axis=1)
    return different


def _grouped(row: Ints, part: Ints, rows: int) -> tuple[Ints, Ints]:
    """Return the offsets of parts (into rings) and of rows (into parts)."""
    first = np.ones(len(row), np.bool_)
    first[1:] = (row[1:] != row[:-1]) | (part[1:] != part[:-1])
    begins = np.flatnonzero(first)
    return np.append(begins, len(row)).astype(np.int64), offsets_from_index(row[begins], rows)


def _vertices(data: Bytes, start: Ints, count: Ints, dimension: Ints) -> tuple[Floats, Floats | None, Floats | None]:
    """Gather the vertices of all rings; z or m None where no ring has any, NaN where a ring has none."""
    total = int(count.sum())
    xy = np.empty((total, 2))
    z = np.full(total, np.nan) if np.isin(dimension, (1, 3)).any() else None
    m = np.full(total, np.nan) if np.isin(dimension, (2, 3)).any() else None
    pairs: NDArray[Any] = np.ndarray((max(len(data) - 15, 0),), "<c16", data, 0, (1,))  # x and y in one look
    f64: NDArray[Any] = np.ndarray((max(len(data) - 7, 0),), "<f8", data, 0, (1,))
    ends = np.cumsum(count)
    first = 0
    while first < len(start):
        done = int(ends[first - 1]) if first else 0
        last = max(first + 1, int(np.searchsorted(ends, done + _VERTICES_AT_ONCE, side="right")))
        counts, kinds = count[first:last], dimension[first:last]
        places = _places(start[first:last], counts, _VERTEX_BYTES[kinds])
        here = slice(done, done + len(places))
        xy.view(np.complex128)[here, 0] = pairs[places]
        for ordinate, those, shift in ((z, (1, 3), (16, 16)), (m, (2, 3), (16, 24))):
            if ordinate is not None:
                there = np.repeat(np.isin(kinds, those), counts)
                after = np.repeat(np.where(kinds == 3, shift[1], shift[0]), counts)
                ordinate[here][there] = f64[(places + after)[there]]
        first = last
    return xy, z, m


def _places(start: Ints, count: Ints, stride: Ints) -> Ints:
    """Return where every vertex of these rings begins."""
    before = np.cumsum(count) - count
    if (stride == stride[0]).all():
        width = int(stride[0])
        return np.repeat(start - before * width, count) + np.arange(0, int(count.sum()) * width, width)
    steps = np.repeat(stride, count)
    walked = np.cumsum(steps) - steps
    places: Ints = walked + np.repeat(start - walked[before], count)
    return places


def column_from_buffer(data: Bytes, starts: Ints, ends: Ints, missing: Flags) -> tuple[GeometryColumn, tuple[Note, ...]]:
    """Return a geometry column over WKB in a buffer, and what could not be read.

    A geometry that GEOS cannot read even after mending its rings, and one of a kind the program does not know (curves,
    surfaces), becomes missing and is counted in a note.
    """
    base, odd = ragged_from_buffer(data, starts, ends, missing)
    if not len(odd):
        return GeometryColumn(base), ()
    raw = np.array([data[starts[row] : ends[row]].tobytes() for row in odd], object)
    beside, notes = read_oddities(raw)
    index = np.arange(len(base), dtype=np.int32)
    index[odd] = -1 - np.arange(len(odd), dtype=np.int32)
    return GeometryColumn(base, index, beside), notes


def joined_columns(columns: Sequence[GeometryColumn]) -> GeometryColumn:
    """Return the rows of several columns one after another, flat bases joined."""
    if len(columns) == 1:
        return columns[0]
    base: Ragged = flat.concatenate([column.base for column in columns])
    if all(column.index is None for column in columns):
        return GeometryColumn(base)
    index, rows, extras = [], 0, 0
    for column in columns:
        mine = column.rows_in_base
        index.append(np.where(mine >= 0, mine + rows, mine - extras).astype(np.int32))
        rows += len(column.base)
        extras += len(column.extra)
    return GeometryColumn(base, np.concatenate(index), np.concatenate([column.extra for column in columns]))


def _without_single_vertices(raw: bytes) -> Any:
    """Return a multi-line string without its parts of one vertex (receivers write such); None for anything else."""
    order = "<" if raw[:1] == b"\x01" else ">"
    with contextlib.suppress(struct.error, shapely.errors.GEOSException):
        kind, count = struct.unpack_from(f"{order}II", raw, 1)
        if kind & 0x20000000 or (kind & 0xFFFF) % 1000 != 5:
            return None
        thousands = (kind & 0xFFFF) // 1000
        ordinates = 2 + (thousands in (1, 3) or bool(kind & 0x80000000)) + (thousands in (2, 3) or bool(kind & 0x40000000))
        place, kept = 9, []
        for _ in range(count):
            (vertices,) = struct.unpack_from(f"{order}I", raw, place + 5)
            end = place + 9 + vertices * 8 * ordinates
            if vertices > 1:
                kept.append(raw[place:end])
            place = end
        if len(kept) < count and place == len(raw):
            return shapely.from_wkb(raw[:5] + struct.pack(f"{order}I", len(kept)) + b"".join(kept))
    return None


def read_oddities(raw: NDArray[Any]) -> tuple[Geometries, tuple[Note, ...]]:
    """Read WKB (object array of bytes) by shapely, mending rings; what cannot be held is None and counted."""
    raw, bodies = flattened_bodies(raw)
    found, lost, curved = _parsed(raw, "ignore"), 0, 0
    mended = closed = 0
    single = 0
    for row in np.flatnonzero(shapely.is_missing(found)):
        if raw[row] is not None and (longer := _without_single_vertices(raw[row])) is not None:
            found[row] = longer
            single += 1
            continue
        try:
            found[row] = shapely.from_wkb(raw[row], on_invalid="fix")
        except NotImplementedError:
            curved += 1
            continue
        rings = _closed_rings(raw[row], found[row])
        closed += rings
        mended += found[row] is not None and not rings
        lost += found[row] is None
    unknown = shapely.get_type_id(found) > flat.COLLECTION
    found[unknown] = None
    curved += int(unknown.sum())
    notes = (
        Note("rings-closed", "info", sentence("{count} rings were not closed; they were closed.", count=closed), closed),
        Note("geometry-mended", "warning", sentence("{count} geometries with broken rings were mended.", count=mended), mended),
        Note(
            "parts-left-out",
            "info",
            sentence("{count} lines had parts of one vertex, which were left out.", count=single),
            single,
        ),
        Note("geometry-unreadable", "warning", sentence("{count} damaged geometries were left out.", count=lost), lost),
        Note("geometry-kind", "warning", sentence("{count} curves or surfaces were left out.", count=curved), curved),
        Note(
            "bodies-as-polygons",
            "info",
            sentence("{count} 3D bodies became the polygons of their faces.", count=bodies),
            bodies,
        ),
    )
    return found, tuple(note for note in notes if note.count)


def _closed_rings(raw: bytes, mended: Any) -> int:
    """Return how many rings were closed: each was given its first vertex once more, which its WKB shows."""
    if mended is None:
        return 0
    width = 8 * (2 + bool(mended.has_z) + bool(mended.has_m))
    return max(0, len(shapely.to_wkb(mended, flavor="iso")) - len(raw)) // width


def _parsed(raw: NDArray[Any], on_invalid: Literal["ignore"]) -> Geometries:
    """Parse all rows; when one of them is a curve, which stops shapely, row by row with None for the curves."""
    try:
        return np.asarray(shapely.from_wkb(raw, on_invalid=on_invalid), object)
    except NotImplementedError:
        found = np.full(len(raw), None, object)
        for row, each in enumerate(raw):
            with contextlib.suppress(NotImplementedError):
                found[row] = shapely.from_wkb(each, on_invalid=on_invalid)
        return found


def joined_notes(notes: Sequence[Note]) -> tuple[Note, ...]:
    """Return one note a code and field, their counts added up; for readings in batches."""
    totals: dict[tuple[str, str], Note] = {}
    for note in notes:
        known = totals.get((note.code, note.field))
        count = note.count + (known.count if known else 0)
        totals[note.code, note.field] = replace(note, count=count, message=_counted(note.message, count))
    return tuple(totals.values())


def _counted(message: Sentence | str, count: int) -> Sentence | str:
    if isinstance(message, str):
        return message
    return Sentence(message.source, tuple((name, count if name == "count" else value) for name, value in message.values))
