"""A large plain shapefile straight from its bytes, several threads at once, in the form that the driver would give it.

The driver makes an object of every shape and a text of every number: of a million parcels that is four seconds. Heights,
measures, deleted rows, numbers that are none and whatever else is odd is the driver's; then :func:`read_bytes` returns None.
Areas of several rings go to it one by one, for which ring is a hole in which is a question of its own.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cgplanner.geometry.ragged import Ints
from cgplanner.io.drivers.engines import gdal_messages, pyogrio
from cgplanner.io.drivers.gdal_layers import DriverLayer
from cgplanner.io.files.file_bytes import FileBytes
from cgplanner.io.row_pieces import rows_of_a_piece
from cgplanner.io.shapefile import dbf
from cgplanner.io.shapefile.shapes import HEADER_BYTES, read_header
from cgplanner.io.shapes.repair import with_finite
from cgplanner.io.shapes.wkb_builder import FlatBuilder, Piece, has_kernels, measured
from cgplanner.io.source import Progress
from cgplanner.model.geometry_column import GeometryColumn

_ROWS_AT_ONCE, _ROWS_OF_A_PIECE = 65_536, 32_768
_MOST_ODD = 0.1  # a driver asked row by row is slower than one that reads all
_AHEAD = 2  # pieces that are measured while one is being filled
_LONGEST_RUN = 1 << 30  # bytes of shapes that are copied at once: rows all over a large file are the driver's
_NOTHING = np.empty(0, np.uint8)
_NOTHING.setflags(write=False)


class NotPlainError(Exception):
    """The file wants the driver."""


_TROUBLE = (NotPlainError, OSError, MemoryError, ValueError)


def read_bytes(shp: Path, info: dict[str, Any], progress: Progress | None = None) -> DriverLayer | None:
    """Return the layer as the driver would with ISO-8859-1; None if it is not plain. The .shx beside must be a sound one.

    Parameters
    ----------
    info
        What :func:`cgplanner.io.drivers.gdal_layers.layer_info` says of it.

    Raises
    ------
    Cancelled
        From ``progress``.
    """
    if not has_kernels(int(info["features"])):
        return None
    try:
        with _plan(shp, info) as plan:
            return _read(plan, plan.spans(_ROWS_AT_ONCE), info, progress)
    except _TROUBLE:
        return None


def byte_pieces(shp: Path, info: dict[str, Any]) -> Iterator[DriverLayer]:
    """Give the rows of :func:`read_bytes` some thousand at a time.

    Raises
    ------
    NotPlainError
        When the driver is to read them, or those that were not given yet.
    """
    if not has_kernels(int(info["features"])):
        raise NotPlainError
    try:
        with _plan(shp, info) as plan:
            size = len(plan.shapes.source) + len(plan.cells.source)
            at_once = rows_of_a_piece(size, plan.cells.rows, _ROWS_OF_A_PIECE)
            spans = plan.spans(max(1, at_once // 2))  # a piece for each of two threads
            for first in range(0, len(spans), 2):
                yield _read(plan, spans[first : first + 2], info, None)
    except _TROUBLE as error:
        raise NotPlainError from error


@dataclass(frozen=True, eq=False)
class _Plan:
    """A .shp and its table, and what is where in them."""

    shp: Path
    shapes: _Shapes
    cells: _Cells

    def spans(self, step: int) -> list[slice]:
        """Return the rows of the pieces."""
        rows = self.cells.rows
        return [slice(first, min(first + step, rows)) for first in range(0, rows, step)]


@contextlib.contextmanager
def _plan(shp: Path, info: dict[str, Any]) -> Iterator[_Plan]:
    table = shp.with_suffix(".dbf")
    if not table.exists():
        raise NotPlainError
    with FileBytes(shp) as shapes, FileBytes(table) as cells:
        plan = _Plan(shp, _shapes(shp, shapes), _cells(table, cells, info))
        if not plan.cells.rows == len(plan.shapes.starts) == int(info["features"]):
            raise NotPlainError
        yield plan


@dataclass(frozen=True, eq=False)
class _Cells:
    """The table's file, and the place of the first cell, the width and the OGR type of each field."""

    source: FileBytes
    first: int
    step: int
    rows: int
    fields: tuple[tuple[int, int, str], ...]


def _cells(path: Path, source: FileBytes, info: dict[str, Any]) -> _Cells:
    header = dbf.read_header(path)
    names = [str(name).encode("latin-1", "replace") for name in info["fields"]]
    if header is None or header.mended or header.seventh or [each.name for each in header.fields] != names:
        raise NotPlainError
    rows = min(header.records, (len(source) - header.header_bytes) // header.record_bytes)
    fields, place = [], 1
    for each, kind, sub in zip(header.fields, info["ogr_types"], info["ogr_subtypes"], strict=True):
        known = {"C": ("OFTString",), "N": ("OFTInteger", "OFTInteger64", "OFTReal"), "F": ("OFTReal",), "D": ("OFTDate",)}
        if kind not in known.get(each.type, ()) or sub != "OFSTNone" or (kind == "OFTDate" and each.width != 8):
            raise NotPlainError
        fields.append((place, each.width, str(kind)))
        place += each.width
    return _Cells(source, header.header_bytes, header.record_bytes, rows, tuple(fields))


@dataclass(frozen=True, eq=False)
class _Shapes:
    source: FileBytes
    kind: int
    starts: Ints
    words: Ints


def _shapes(shp: Path, source: FileBytes) -> _Shapes:
    from cgplanner.io.shapefile import kernels  # noqa: PLC0415  numba, which the caller has asked for

    header, index = read_header(shp), read_header(shp.with_suffix(".shx"))
    if header is None or index is None or header.shape_type not in (kernels.POINT, kernels.POLYLINE, kernels.POLYGON):
        raise NotPlainError
    entries = np.fromfile(shp.with_suffix(".shx"), ">i4", offset=HEADER_BYTES)[: (index.bytes - HEADER_BYTES) // 8 * 2]
    places = entries.reshape(-1, 2).astype(np.int64)
    starts, words = 2 * places[:, 0] + 8, places[:, 1]
    if (places < 0).any() or (starts + 2 * words > len(source)).any():
        raise NotPlainError
    return _Shapes(source, header.shape_type, starts, words)


@dataclass
class _ShapePiece(Piece):
    """Records of a .shp; those that the driver read lie beside as WKB."""

    wkb: tuple[NDArray[np.uint8], Ints, Ints] | None = None
    closed: bool = True

    def fill(self) -> None:
        """Copy the vertices to their place; ``closed`` says whether all rings were."""
        from cgplanner.geometry import wkb_kernels  # noqa: PLC0415  numba, which the caller has asked for
        from cgplanner.io.shapefile import kernels as shapefile_kernels  # noqa: PLC0415  as above

        begin, bits, _z, _m, ring_ends, part_ends, xy, bounds = self.target
        own = self.numbers if self.wkb is None else np.where(self.wkb[2] > 0, -1, self.numbers)
        self.closed = shapefile_kernels.fill_shapes(
            self.data, self.starts, own, self.counts, begin, bits, ring_ends, part_ends, xy, bounds
        )
        if self.wkb is not None:
            raw, starts, numbers = self.wkb
            wkb_kernels.fill(raw, _NOTHING, starts, numbers, self.counts, *self.target)
        self.data, self.wkb, self.target = _NOTHING, None, None


@dataclass
class _Chunk:
    batch: Any
    piece: _ShapePiece
    odd: int


def _read(plan: _Plan, spans: list[slice], info: dict[str, Any], progress: Progress | None) -> DriverLayer:
    """Measure pieces in threads, give each its place in turn, and let threads copy it there."""
    import pyarrow as pa  # noqa: PLC0415  a quarter of a second

    builder = FlatBuilder(spans[-1].stop - spans[0].start if spans else 0)
    chunks: list[_Chunk] = []
    filling: list[Future[None]] = []

    def settle() -> None:
        for each in filling:
            each.result()
        filling.clear()

    with _workers() as pool:
        waiting = [pool.submit(_chunk, plan, each) for each in spans[:_AHEAD]]
        for number in range(len(spans)):
            chunks.append(waiting.pop(0).result())
            if number + _AHEAD < len(spans):
                waiting.append(pool.submit(_chunk, plan, spans[number + _AHEAD]))
            if sum(each.odd for each in chunks) > _MOST_ODD * plan.cells.rows:
                raise NotPlainError
            builder.place(chunks[-1].piece, settle)
            filling.append(pool.submit(chunks[-1].piece.fill))
            if progress is not None:
                progress((number + 1) / len(spans))
        settle()
    if not all(each.piece.closed for each in chunks):
        raise NotPlainError
    geometry, mended = with_finite(GeometryColumn(builder.finish()))
    attributes = pa.Table.from_batches([each.batch for each in chunks])
    return DriverLayer(info, geometry, attributes.remove_column(0), None, mended)


@contextlib.contextmanager
def _workers() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(max(1, min(4, os.cpu_count() or 1)), thread_name_prefix="shapes") as pool:
        try:
            yield pool
        finally:
            pool.shutdown(cancel_futures=True)


def _chunk(plan: _Plan, span: slice) -> _Chunk:
    piece = _piece(plan.shapes, span)
    odd = np.flatnonzero(piece.numbers < 0)
    if len(odd) > _MOST_ODD * plan.cells.rows:
        raise NotPlainError
    return _Chunk(_batch(plan.cells, span), _with_odd(plan.shp, piece, odd, span) if len(odd) else piece, len(odd))


def _piece(shapes: _Shapes, span: slice) -> _ShapePiece:
    from cgplanner.io.shapefile import kernels  # noqa: PLC0415  numba, which the caller has asked for

    starts, words = shapes.starts[span], shapes.words[span]
    first, last = int(starts.min()), int((starts + 2 * words).max())
    if last - first > _LONGEST_RUN:
        raise NotPlainError
    data, starts = shapes.source.array(first, last - first), starts - first
    numbers, counts = np.empty(len(starts), np.int64), np.empty((len(starts), 3), np.int64)
    odd = kernels.measure_shapes(data, starts, words, shapes.kind, numbers, counts)
    return _ShapePiece(data, _NOTHING, starts, numbers, counts, _sums(counts), odd, 0)


def _sums(counts: Ints) -> tuple[int, int, int]:
    parts, rings, vertices = counts.sum(axis=0).tolist() if len(counts) else (0, 0, 0)
    return parts, rings, vertices


def _with_odd(shp: Path, piece: _ShapePiece, odd: Ints, span: slice) -> _ShapePiece:
    """Let the driver read the rows that are not plain, and give each its number of parts, rings and vertices."""
    fids = odd + span.start
    engine = pyogrio()
    with gdal_messages() as messages:
        _, found, wkb, _ = engine.raw.read(shp, fids=fids, columns=[], return_fids=True, encoding="ISO-8859-1")
    if messages or not np.array_equal(found, fids):
        raise NotPlainError
    return _completed(piece, odd, wkb)


def _completed(piece: _ShapePiece, rows: Ints, wkb: Any) -> _ShapePiece:
    """Return the piece with the WKB of some of its rows."""
    count = len(piece.starts)
    lengths = np.zeros(count, np.int64)
    lengths[rows] = [len(raw or b"") for raw in wkb]
    ends = np.cumsum(lengths)
    data = np.frombuffer(b"".join(raw or b"" for raw in wkb), np.uint8)
    beside = measured(data, _NOTHING, ends - lengths, ends, lengths == 0)
    if beside.odd or beside.dimensions:
        raise NotPlainError
    numbers, counts = piece.numbers.copy(), piece.counts.copy()
    numbers[rows], counts[rows] = beside.numbers[rows], beside.counts[rows]
    own = np.zeros(count, np.int64)
    own[rows] = beside.numbers[rows]
    raw = (beside.data, beside.starts, own)
    return replace(piece, numbers=numbers, counts=counts, sums=_sums(counts), odd=0, wkb=raw)


@dataclass(frozen=True, eq=False)
class _Block:
    """The bytes of some rows of a table, each so long."""

    data: NDArray[np.uint8]
    step: int


def _batch(cells: _Cells, span: slice) -> Any:
    """Return the attributes of some rows as an Arrow batch of the types that the driver gives them."""
    import pyarrow as pa  # noqa: PLC0415  a quarter of a second

    rows = span.stop - span.start
    readers = {"OFTString": _texts, "OFTReal": _decimals, "OFTDate": _days}
    data = cells.source.array(cells.first + span.start * cells.step, rows * cells.step)
    if (data[:: cells.step] == ord("*")).any():  # a deleted row
        raise NotPlainError
    block = _Block(data, cells.step)
    arrays = [readers.get(kind, _wholes)(block, place, width, rows) for place, width, kind in cells.fields]
    names = [" rows", *map(str, range(len(arrays)))]  # a batch without columns would forget how many rows it has
    return pa.RecordBatch.from_arrays([pa.nulls(rows), *arrays], names)


def _wholes(cells: _Block, first: int, width: int, rows: int) -> Any:
    from cgplanner.io.drivers.arrow_columns import over  # noqa: PLC0415  imports pyarrow, a quarter of a second
    from cgplanner.io.shapefile import kernels  # noqa: PLC0415  numba, which the caller has asked for

    out, missing = np.empty(rows, np.int64), np.empty(rows, np.bool_)
    if not kernels.whole_numbers(cells.data, first, cells.step, width, out, missing):
        raise NotPlainError
    return over(out, missing)


def _decimals(cells: _Block, first: int, width: int, rows: int) -> Any:
    from cgplanner.io.drivers.arrow_columns import over  # noqa: PLC0415  imports pyarrow, a quarter of a second
    from cgplanner.io.shapefile import kernels  # noqa: PLC0415  numba, which the caller has asked for

    out, missing, hard = np.empty(rows), np.empty(rows, np.bool_), np.empty(rows, np.bool_)
    if not kernels.decimal_numbers(cells.data, first, cells.step, width, out, missing, hard):
        raise NotPlainError
    places = np.flatnonzero(hard)
    if len(places):
        raw = cells.data[(first + places * cells.step)[:, None] + np.arange(width)]
        out[places] = raw.view(f"S{width}")[:, 0].astype(np.float64)
    return over(out, missing)


def _days(cells: _Block, first: int, _width: int, rows: int) -> Any:
    import pyarrow as pa  # noqa: PLC0415  a quarter of a second

    from cgplanner.io.drivers.arrow_columns import over  # noqa: PLC0415  as above
    from cgplanner.io.shapefile import kernels  # noqa: PLC0415  numba, which the caller has asked for

    out, missing = np.empty(rows, np.int32), np.empty(rows, np.bool_)
    if not kernels.days(cells.data, first, cells.step, out, missing):
        raise NotPlainError
    return over(out, missing, pa.date32())


def _texts(cells: _Block, first: int, width: int, rows: int) -> Any:
    """Return texts as the driver has them: a character a byte, no spaces around them, and no difference between '' and NULL."""
    import pyarrow as pa  # noqa: PLC0415  a quarter of a second

    from cgplanner.io.shapefile import kernels  # noqa: PLC0415  numba, which the caller has asked for

    ends, out = np.zeros(rows + 1, np.int64), np.empty(2 * width * rows, np.uint8)
    kernels.texts(cells.data, first, cells.step, width, rows, ends[1:], out)
    bits = np.packbits(ends[1:] > ends[:-1], bitorder="little")
    out = out[: ends[-1]].copy()  # room for the longest texts was made, and the column lives on
    return pa.LargeStringArray.from_buffers(rows, pa.py_buffer(ends), pa.py_buffer(out), pa.py_buffer(bits))
