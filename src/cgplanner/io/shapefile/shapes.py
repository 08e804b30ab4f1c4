"""The .shp and .shx of a shapefile as bytes: header facts, an index made anew, and whole files from flat arrays.

Written straight from the flat layout, in numpy or, plain lines and areas, by a kernel, so that Z, M, missing shapes and the
order of rings are ours to decide and the size is known before a byte is on the disk. Reading shapes is GDAL's work; then a file
is never judged by who wrote it.
"""

from __future__ import annotations

import struct
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from cgplanner.geometry.kernel_arguments import fixed
from cgplanner.geometry.ragged import Family, Floats, Ints, Ragged
from cgplanner.io.files.file_bytes import FileBytes, Walker
from cgplanner.io.shapes.ring_order import oriented, wrongly_turned
from cgplanner.io.shapes.wkb_builder import has_kernels

NULL_SHAPE, POINT, POLYLINE, POLYGON, MULTIPOINT, MULTIPATCH = 0, 1, 3, 5, 8, 31
Z, M = 10, 20  # added to the four plain kinds
NAMES = {0: "Null", 1: "Point", 3: "PolyLine", 5: "Polygon", 8: "MultiPoint", 31: "MultiPatch"}
HEADER_BYTES = 100
NO_MEASURE = -1e39  # anything below -1e38 means "no value"
_TRIED_NUMBERS = 3
_KINDS = (0, 1, 3, 5, 8, 11, 13, 15, 18, 21, 23, 25, 28, 31)
SIZE_LIMIT = 2**31 - 1  # old readers keep offsets in a signed 32-bit number


@dataclass(frozen=True)
class ShapeHeader:
    """What the first hundred bytes say; ``bytes`` is what the file claims to be long."""

    shape_type: int
    bytes: int


def read_header(path: Path) -> ShapeHeader | None:
    """Return the header of a .shp or .shx; None when the file is none."""
    with path.open("rb") as file:
        head = file.read(HEADER_BYTES)
    if len(head) < HEADER_BYTES or head[:4] != b"\x00\x00\x27\x0a":
        return None
    return ShapeHeader(struct.unpack("<i", head[32:36])[0], 2 * struct.unpack(">i", head[24:28])[0])


def is_sound_index(shx: Path, shp: Path) -> bool:
    """Tell whether every entry of a .shx points at a record of its own that has the length it says."""
    header = read_header(shx)
    if header is None or header.bytes > shx.stat().st_size:
        return False
    listed = max(0, header.bytes - HEADER_BYTES) // 8
    entries = np.fromfile(shx, ">i4", 2 * listed, offset=HEADER_BYTES).reshape(-1, 2).astype(np.int64)
    size = shp.stat().st_size
    starts, lengths = entries[:, 0] * 2, entries[:, 1] * 2
    if not len(entries):
        return size <= HEADER_BYTES + 8
    ends = starts + 8 + lengths
    if starts[0] == HEADER_BYTES and ends[-1] >= size and (ends[:-1] == starts[1:]).all():
        main = read_header(shp)
        promised = max(size, main.bytes if main else 0)  # a .shp that was cut promises more than it has
        return bool((lengths >= 4).all() and ends[-1] <= promised)
    if (starts < HEADER_BYTES).any() or (starts + 12 > size).any() or len(np.unique(starts)) < len(starts):
        return False
    with FileBytes(shp) as source:
        walker = Walker(source)
        order = np.argsort(starts)
        pairs = zip(starts[order].tolist(), (lengths[order] // 2).tolist(), strict=True)
        return all(walker.piece(start + 4, 4) == struct.pack(">i", words) for start, words in pairs)


def index_of(path: Path) -> tuple[bytes, int]:
    """Return the bytes of a .shx for this .shp and how many gaps were jumped over, walking its records.

    Where a record's length cannot be, the walk goes on at the next place that looks like the record that must follow; a record
    that is cut off ends it.
    """
    with FileBytes(path) as source:
        raw = Walker(source)
        head = raw.piece(0, HEADER_BYTES)
        kind = struct.unpack_from("<i", head, 32)[0]
        entries: list[tuple[int, int]] = []
        gaps, position = 0, HEADER_BYTES
        while position + 12 <= len(raw):
            if not _is_record(raw, position, _KINDS):
                found = _next_record(raw, position, kind, len(entries) + 1)
                if found is None:
                    break
                gaps, position = gaps + 1, found
            length = struct.unpack(">i", raw.piece(position + 4, 4))[0]
            entries.append((position // 2, length))
            position += 8 + 2 * length
    size = struct.pack(">i", (HEADER_BYTES + 8 * len(entries)) // 2)
    return head[:24] + size + head[28:] + np.array(entries, ">i4").reshape(-1, 2).tobytes(), gaps


def _is_record(raw: Walker, position: int, kinds: tuple[int, ...]) -> bool:
    """Tell whether a record begins here: a length that fits, and one of these shape types."""
    piece = raw.piece(position + 4, 8)
    length = struct.unpack_from(">i", piece)[0]
    return length >= 2 and position + 8 + 2 * length <= len(raw) and struct.unpack_from("<i", piece, 4)[0] in kinds


def _next_record(raw: Walker, position: int, kind: int, number: int) -> int | None:
    """Return where the next record begins after damage: its number is the expected one or a little more."""
    for wanted in range(number, number + _TRIED_NUMBERS):
        sign, place = struct.pack(">i", wanted), position
        while (place := raw.find(sign, place + 2)) >= 0:
            if place + 12 <= len(raw) and place % 2 == 0 and _is_record(raw, place, (kind,)):
                return place
    return None


def shape_type(family: Family, *, several: bool, z: bool, m: bool) -> int:
    """Return the shape type that holds rows of one family, some of which have several parts, heights or measures."""
    plain = {"point": MULTIPOINT if several else POINT, "line": POLYLINE, "polygon": POLYGON}[family]
    return plain + Z if z else plain + M if m else plain


def records_size(shapes: Ragged, kind: int) -> int:
    """Return the bytes that the records of these rows take in a .shp."""
    return int(_record_words(shapes, kind).sum()) * 2 + 8 * len(shapes)


def _record_words(shapes: Ragged, kind: int) -> Ints:
    """Return the content length of every record in 16-bit words, as its header gives it."""
    vertices = np.diff(shapes.vertex_offsets)
    rings = np.diff(shapes.part_offsets[shapes.row_offsets])
    plain = kind % 10
    ordinates = (shapes.z is not None) + (shapes.m is not None) if kind > Z else 0
    if kind == POINT + Z:
        ordinates = 2  # a single point's M is not optional
    if plain == POINT:
        words = np.full(len(shapes), 2 + 8 + 4 * ordinates)
    else:
        words = 2 + 16 + 2 + 8 * vertices + ordinates * (8 + 4 * vertices)
        words = words if plain == MULTIPOINT else words + 2 + 2 * rings
    return np.where(vertices > 0, words, 2).astype(np.int64)


class ShapeWriter:
    """Writes a .shp and its .shx piece by piece; ``kind`` is the shape type that holds all rows.

    Rows without vertices become null shapes, shells turn clockwise and holes the other way.
    """

    def __init__(self, shp: BinaryIO, shx: BinaryIO, kind: int) -> None:
        self._shp, self._shx, self._kind = shp, shx, kind
        self._rows, self._bytes = 0, HEADER_BYTES
        self._low, self._high = np.full(4, np.inf), np.full(4, -np.inf)
        for file in (shp, shx):
            file.write(bytes(HEADER_BYTES))

    def add(self, shapes: Ragged) -> None:
        """Write the next rows."""
        words = _record_words(shapes, self._kind)
        starts = np.concatenate([[0], np.cumsum(words * 2 + 8)]).astype(np.int64)
        if self._kind in (POLYLINE, POLYGON) and has_kernels(len(shapes)) and _is_plain(shapes):
            out = _quick_lists(shapes, self._kind, starts, words, self._rows)
            self._widen(shapes.bounds[:, :2], shapes.bounds[:, 2:])
        else:
            if self._kind % 10 == POLYGON:
                shapes = oriented(shapes, clockwise=True)
            out = np.zeros(int(starts[-1]), np.uint8)
            _Records(shapes, self._kind, out, starts[:-1], words, self._rows).fill()
            more = (shapes.z, shapes.m) if self._kind > Z else ()
            self._widen(shapes.xy, shapes.xy, *more)
        self._shp.write(out.data)
        self._shx.write(np.stack([(starts[:-1] + self._bytes) // 2, words], axis=1).astype(">i4").tobytes())
        self._rows, self._bytes = self._rows + len(shapes), self._bytes + len(out)

    def _widen(self, low: Floats, high: Floats, *more: Floats | None) -> None:
        """Let the box of all hold these corners, heights and measures."""
        pairs = [*zip(low.T, high.T, strict=True), *((each, each) for each in more)]
        for place, (least, greatest) in enumerate(pairs):
            if least is not None and greatest is not None and len(least):
                self._low[place] = np.fmin(self._low[place], np.fmin.reduce(least))
                self._high[place] = np.fmax(self._high[place], np.fmax.reduce(greatest))

    def finish(self) -> None:
        """Write the headers."""
        known = np.isfinite(self._low)
        low, high = np.where(known, self._low, 0.0), np.where(known, self._high, 0.0)
        box = [low[0], low[1], high[0], high[1], low[2], high[2], low[3], high[3]]
        for file, size in ((self._shp, self._bytes), (self._shx, HEADER_BYTES + 8 * self._rows)):
            file.seek(0)
            file.write(struct.pack(">i20xi", 9994, size // 2) + struct.pack("<ii", 1000, self._kind) + struct.pack("<8d", *box))


def _is_plain(shapes: Ragged) -> bool:
    """Tell whether every row with vertices has a box, and numbers lie in memory as in the file."""
    unboxed = np.isnan(shapes.bounds[:, 0]) | np.isnan(shapes.bounds[:, 1])
    return sys.byteorder == "little" and not (unboxed & (np.diff(shapes.vertex_offsets) > 0)).any()


def _quick_lists(shapes: Ragged, kind: int, starts: Ints, words: Ints, before: int) -> NDArray[np.uint8]:
    """Return the records that :class:`_Records` would write of lines or areas, turned as they should be."""
    from cgplanner.io.shapefile import kernels  # noqa: PLC0415  numba, which the caller has asked for

    turned = wrongly_turned(shapes, clockwise=True)  # no ring of a line
    xy = fixed(shapes.xy, np.float64).view(np.int32).reshape(-1, 4)
    bounds = fixed(shapes.bounds, np.float64).view(np.int32).reshape(-1, 8)
    offsets = tuple(fixed(each, np.int64) for each in (shapes.ring_offsets, shapes.part_offsets, shapes.row_offsets))
    out = np.empty(int(starts[-1]) // 4, np.int32)
    places = fixed(starts[:-1], np.int64), fixed(words, np.int64)
    kernels.write_lists(xy, bounds, offsets, fixed(turned, np.bool_), kind, before, *places, out)
    return out.view(np.uint8)


class _Records:
    """Writes every part of all records into one buffer, column by column."""

    def __init__(self, shapes: Ragged, kind: int, out: NDArray[np.uint8], starts: Ints, words: Ints, before: int) -> None:
        self.shapes, self.kind, self.out, self.starts, self.words, self.before = shapes, kind, out, starts, words, before
        self.vertices = np.diff(shapes.vertex_offsets)
        self.full = np.flatnonzero(self.vertices > 0)

    def put(self, positions: Ints, values: NDArray[np.generic], form: str) -> None:
        """Write one number at each byte position."""
        if len(values):
            room = len(self.out) - np.dtype(form).itemsize + 1
            everywhere: NDArray[np.generic] = np.ndarray((room,), form, self.out, 0, (1,))  # a number at every byte
            everywhere[positions] = values

    def fill(self) -> None:
        """Write all records."""
        self.put(self.starts, np.arange(len(self.shapes)) + self.before + 1, ">i4")
        self.put(self.starts + 4, self.words, ">i4")
        content = self.starts + 8
        self.put(content[self.full], np.full(len(self.full), self.kind), "<i4")
        if self.kind % 10 == POINT:
            self._points(content[self.full] + 4)
        else:
            self._lists(content[self.full] + 4)

    def _points(self, place: Ints) -> None:
        first = self.shapes.vertex_offsets[:-1][self.full]
        columns = [self.shapes.xy[first, 0], self.shapes.xy[first, 1]]
        columns += [each[first] for each in self._ordinates()]
        if self.kind == POINT + Z and self.shapes.m is None:
            columns.append(np.full(len(first), NO_MEASURE))
        for number, values in enumerate(columns):
            self.put(place + 8 * number, values, "<f8")

    def _ordinates(self) -> list[Floats]:
        z = [] if self.shapes.z is None or self.kind < Z else [np.nan_to_num(self.shapes.z, nan=0.0)]
        m = [] if self.shapes.m is None or self.kind < Z else [np.nan_to_num(self.shapes.m, nan=NO_MEASURE)]
        return z + m

    def _lists(self, place: Ints) -> None:
        bounds = self.shapes.bounds[self.full]
        for number in range(4):
            self.put(place + 8 * number, bounds[:, number], "<f8")
        place = place + 32
        vertices = self.vertices[self.full]
        if self.kind % 10 != MULTIPOINT:
            first_ring = self.shapes.part_offsets[self.shapes.row_offsets]
            rings = np.diff(first_ring)[self.full]
            self.put(place, rings, "<i4")
            self.put(place + 4, vertices, "<i4")
            begins = self.shapes.ring_offsets[:-1] - np.repeat(self.shapes.vertex_offsets[:-1], np.diff(first_ring))
            self.put(_stepped(place + 8, rings, 4), begins, "<i4")
            place = place + 8 + 4 * rings
        else:
            self.put(place, vertices, "<i4")
            place = place + 4
        pairs = np.ascontiguousarray(self.shapes.xy).view(np.complex128)[:, 0]
        self.put(_stepped(place, vertices, 16), pairs, "<c16")
        place = place + 16 * vertices
        for values in self._ordinates():
            begins = self.shapes.vertex_offsets[:-1][self.full]
            self.put(place, np.minimum.reduceat(values, begins) if len(begins) else values, "<f8")
            self.put(place + 8, np.maximum.reduceat(values, begins) if len(begins) else values, "<f8")
            self.put(_stepped(place + 16, vertices, 8), values, "<f8")
            place = place + 16 + 8 * vertices


def _stepped(starts: Ints, counts: Ints, step: int) -> Ints:
    """Return starts[i], starts[i] + step, ... counts[i] times, for all i."""
    before = np.cumsum(counts) - counts
    return np.repeat(starts - before * step, counts) + np.arange(int(counts.sum()), dtype=np.int64) * step
