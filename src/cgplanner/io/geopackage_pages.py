"""The rows of a large GeoPackage table straight from the pages of its file, several threads at once.

SQLite hands out one value at a time, and GDAL builds a batch of them; the file itself lies there in pages that compiled code
reads at the speed of memory. SQLite is asked where the table begins and keeps writers out meanwhile. Whatever is not plain (a
log of writes, other encodings, columns made by the database, values of another type than their column, geometries that want
mending) is left to the driver: then :func:`read_pages` returns None, and nothing was read. Pages are copied run by run and
never mapped: a share may vanish, and other programs than SQLite know no locks.
"""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cgplanner.geometry.ragged import Floats, Ints
from cgplanner.io.file_bytes import FileBytes, Raw
from cgplanner.io.wkb_builder import FlatBuilder, Piece, has_kernels, measured
from cgplanner.model.geometry_column import GeometryColumn
from cgplanner.model.schema import FieldType

Progress = Callable[[float], None]

_ROWS_AT_ONCE = 32_768  # what a processor keeps near while it is walked, measured and copied
_DEEPEST = 20
_AHEAD = 2  # chunks that are measured while one is being filled
_LONGEST_RUN = 256 << 20  # bytes of pages that are copied at once: rows all over a large file are the driver's
_BESIDE = (64, 256, 1024, 8192, 65_536)  # pages around one that was missing in a run, try by try
_GLIMPSE_SECONDS = 0.2  # between two glimpses
_GLIMPSED = 800_000  # vertices that are shown of a whole table


@dataclass(frozen=True)
class PageRows:
    """What was read: row numbers, geometry, and a pyarrow.Table with a column for each field that was asked for."""

    fids: Ints
    geometry: GeometryColumn
    attributes: Any


@dataclass(frozen=True, eq=False)
class _Table:
    """Where a table lies in the bytes of its file, and what its columns are read as."""

    source: FileBytes
    page_bytes: int
    usable: int
    leaves: Ints
    roles: Ints
    slots: Ints
    kinds: tuple[tuple[str, int], ...]  # name and role by slot; the geometry, where there is one, comes last


class _NotPlainError(Exception):
    """The file wants the driver."""


_TROUBLE = (_NotPlainError, sqlite3.Error, OSError, MemoryError, ValueError)


def read_pages(
    path: Path,
    table: str,
    fields: Mapping[str, FieldType],
    *,
    geometry_column: str | None,
    fid_column: str,
    rows: int,
    progress: Progress | None = None,
    glimpsed: Callable[[Floats], object] | None = None,
) -> PageRows | None:
    """Return all rows in order of their number, with the columns of these names; None when the driver is to read them.

    ``glimpsed`` is told a few times a second of some vertices (n, 2) of what has been read since it was told before.

    Raises
    ------
    Cancelled
        From ``progress``.
    """
    if not has_kernels(rows):
        return None
    try:
        with _planned(path, table, fields, geometry_column, fid_column) as plan:
            if progress is not None:  # loading the kernels may have taken seconds, in which somebody lost patience
                progress(0.0)
            return _read(plan, rows, progress, glimpsed)
    except _TROUBLE:
        return None


def _connected(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)


@contextlib.contextmanager
def _planned(
    path: Path, table: str, fields: Mapping[str, FieldType], geometry_column: str | None, fid_column: str
) -> Iterator[_Table]:
    # The file is opened before the connection and closed after it: closing any handle of it would drop SQLite's lock.
    with FileBytes(path) as source, contextlib.closing(_connected(path)) as connection:
        connection.execute("BEGIN")
        yield _plan(connection, source, table, fields, geometry_column, fid_column)


def _plan(
    connection: sqlite3.Connection,
    source: FileBytes,
    table: str,
    fields: Mapping[str, FieldType],
    geometry_column: str | None,
    fid_column: str,
) -> _Table:
    found = connection.execute(
        "SELECT sql, rootpage FROM sqlite_master WHERE type = 'table' AND lower(name) = lower(?)", (table,)
    ).fetchone()
    if found is None or re.search(r"WITHOUT\s+ROWID", str(found[0]), re.IGNORECASE):
        raise _NotPlainError
    head = source.read(0, 100)
    page_bytes = int.from_bytes(head[16:18], "big")
    page_bytes = 65_536 if page_bytes == 1 else page_bytes
    usable = page_bytes - head[20]
    if head[18:20] != b"\1\1" or head[59] != 1 or page_bytes < 512 or usable < 480:  # a log of writes; UTF-16
        raise _NotPlainError
    roles, slots, kinds = _columns(connection, table, fields, geometry_column, fid_column)
    return _Table(source, page_bytes, usable, _leaves(source, int(found[1]), page_bytes, usable), roles, slots, kinds)


def _columns(
    connection: sqlite3.Connection, table: str, fields: Mapping[str, FieldType], geometry_column: str | None, fid_column: str
) -> tuple[Ints, Ints, tuple[tuple[str, int], ...]]:
    from cgplanner.io import page_kernels as kernels  # noqa: PLC0415  numba, which the caller has asked for

    role_of = {
        FieldType.INTEGER: kernels.INTEGER,
        FieldType.REAL: kernels.REAL,
        FieldType.BOOLEAN: kernels.BOOLEAN,
        FieldType.TEXT: kernels.TEXT,
        FieldType.DATE: kernels.DATE,
        FieldType.DATETIME: kernels.DATETIME,
    }
    rows = connection.execute("SELECT name, type, dflt_value, pk, hidden FROM pragma_table_xinfo(?)", (table,)).fetchall()
    keys = [(name, kind.upper()) for name, kind, _, key, _ in rows if key]
    wanted = {name: role_of[kind] for name, kind in fields.items()}
    if geometry_column is not None:
        wanted[geometry_column] = kernels.GEOMETRY
    known = {name: default for name, _, default, _, _ in rows}
    if keys != [(fid_column, "INTEGER")] or any(hidden for *_, hidden in rows) or not wanted.keys() <= known.keys():
        raise _NotPlainError
    if fid_column in wanted or any(known[name] is not None for name in wanted):  # rows of before the column was added
        raise _NotPlainError
    order = {name: slot for slot, name in enumerate(wanted)}
    roles = [wanted.get(name, kernels.SKIP) for name, *_ in rows]
    slots = [order.get(name, 0) for name, *_ in rows]
    return np.array(roles, np.int64), np.array(slots, np.int64), tuple(wanted.items())


def _leaves(source: FileBytes, root: int, page_bytes: int, usable: int) -> Ints:
    """Return the numbers of the table's leaves, in order of their rows."""
    level = np.array([root], np.int64)
    for _ in range(_DEEPEST):
        if (level < 1).any() or (level * page_bytes > len(source)).any() or len(level) > len(source) // page_bytes:
            raise _NotPlainError
        if source.read((int(level[0]) - 1) * page_bytes + (100 if level[0] == 1 else 0), 1) != b"\5":
            return level
        level = np.concatenate([_children(source, int(page), page_bytes, usable) for page in level])
    raise _NotPlainError


def _children(source: FileBytes, page: int, page_bytes: int, usable: int) -> Ints:
    data, head = source.array((page - 1) * page_bytes, page_bytes), 100 if page == 1 else 0
    count = int(data[head + 3]) << 8 | int(data[head + 4])
    if data[head] != 5 or head + 12 + 2 * count > usable:
        raise _NotPlainError
    places = data[head + 12 : head + 12 + 2 * count].view(">u2").astype(np.int64)
    if (places + 4 > usable).any():
        raise _NotPlainError
    places = np.append(places, head + 8)
    numbers = data[places[:, None] + np.arange(4)].astype(np.int64)
    children: Ints = numbers @ np.array([1 << 24, 1 << 16, 1 << 8, 1])
    return children


@dataclass
class _Chunk:
    fids: Ints
    batch: Any
    piece: Piece


class _Glimpses:
    """Tells now and then of what is filled."""

    def __init__(self, builder: FlatBuilder, spans: int, tell: Callable[[Floats], object]) -> None:
        self._builder, self._most, self._tell = builder, max(1, _GLIMPSED // spans), tell
        self._waiting: list[tuple[Future[None], int, int]] = []
        self._told_at = time.perf_counter() - _GLIMPSE_SECONDS

    def await_filled(self, filled: Future[None], first: int) -> None:
        """Remember a piece whose vertices begin here, and tell of all that are filled if it is time to."""
        self._waiting.append((filled, first, self._builder.vertices))
        if time.perf_counter() - self._told_at >= _GLIMPSE_SECONDS:
            self.tell_filled()

    def tell_filled(self) -> None:
        """Tell of all that are filled by now."""
        ready = [each for each in self._waiting if each[0].done()]
        if ready:
            self._told_at = time.perf_counter()
            self._waiting = [each for each in self._waiting if each not in ready]
            self._tell(np.concatenate([self._builder.some_vertices(first, end, self._most) for _, first, end in ready]))


def _read(
    plan: _Table,
    rows: int,
    progress: Progress | None,
    glimpsed: Callable[[Floats], object] | None = None,
) -> PageRows:
    """Measure chunks in threads, give each its place in turn, and let threads copy it there."""
    import pyarrow as pa  # noqa: PLC0415  a quarter of a second

    spans = _spans(plan, rows)
    builder = FlatBuilder(rows)
    glimpses = _Glimpses(builder, max(1, len(spans)), glimpsed) if glimpsed is not None else None
    fids: list[Ints] = []
    batches: list[Any] = []
    filling: list[Future[None]] = []

    def settle() -> None:
        for each in filling:
            each.result()
        filling.clear()

    with ThreadPoolExecutor(max(1, min(4, os.cpu_count() or 1)), thread_name_prefix="pages") as pool:
        try:
            waiting = [pool.submit(_chunk, plan, each) for each in spans[:_AHEAD]]
            for number in range(len(spans)):
                chunk = waiting.pop(0).result()
                if number + _AHEAD < len(spans):
                    waiting.append(pool.submit(_chunk, plan, spans[number + _AHEAD]))
                first = builder.vertices
                builder.place(chunk.piece, settle)
                filling.append(pool.submit(chunk.piece.fill))
                fids.append(chunk.fids)
                batches.append(chunk.batch)
                if glimpses is not None:
                    glimpses.await_filled(filling[-1], first)
                if progress is not None:
                    progress((number + 1) / len(spans))
            settle()
            if glimpses is not None:
                glimpses.tell_filled()
        finally:
            pool.shutdown(cancel_futures=True)
    numbers = np.concatenate(fids)
    if (np.diff(numbers) <= 0).any():
        raise _NotPlainError
    attributes = pa.Table.from_batches(batches).remove_column(0)
    return PageRows(numbers, GeometryColumn(builder.finish()), attributes)


def _spans(plan: _Table, rows: int) -> list[Ints]:
    """Return the leaves of the chunks."""
    step = max(16, -(-len(plan.leaves) * _ROWS_AT_ONCE // max(rows, 1)))
    return [plan.leaves[first : first + step] for first in range(0, len(plan.leaves), step)]


def _chunk(plan: _Table, leaves: Ints) -> _Chunk:
    """Read the rows of some leaves from the run of pages that holds them, a longer one when they spilled over others."""
    first, last = int(leaves.min()), int(leaves.max())
    for beside in _BESIDE:
        wanted = _cells(plan, leaves, first, last)
        if isinstance(wanted, _Chunk):
            return wanted
        first, last = min(first, wanted - beside), max(last, wanted + beside)
    raise _NotPlainError


def _cells(plan: _Table, leaves: Ints, first: int, last: int) -> _Chunk | int:
    """Return the rows of these leaves, or the number of a page that they need beside those from ``first`` to ``last``."""
    from cgplanner.io import page_kernels as kernels  # noqa: PLC0415  numba, which the caller has asked for

    first, last = max(first, 1), min(last, len(plan.source) // plan.page_bytes)
    if last < first or (last - first + 1) * plan.page_bytes > _LONGEST_RUN:
        raise _NotPlainError
    data = plan.source.array((first - 1) * plan.page_bytes, (last - first + 1) * plan.page_bytes)
    pages = (data, first - 1, plan.page_bytes, plan.usable, leaves)
    status, count, spilled = kernels.count_cells(*pages)
    if status != kernels.OK or spilled > len(plan.source):
        raise _NotPlainError
    fids, aside = np.empty(count, np.int64), np.empty(spilled, np.uint8)
    values, sizes = np.empty((len(plan.kinds), count), np.int64), np.empty((len(plan.kinds), count), np.int32)
    status, page = kernels.read_cells(*pages, plan.roles, plan.slots, fids, values, values.view(np.float64), sizes, aside)
    if status == kernels.BEYOND and page <= len(plan.source) // plan.page_bytes:
        return int(page)
    if status != kernels.OK:
        raise _NotPlainError
    aside.setflags(write=False)
    return _Chunk(fids, _batch(plan, data, aside, values, sizes), _shapes(plan, data, aside, values, sizes, count))


def _shapes(plan: _Table, data: Raw, aside: Raw, values: Ints, sizes: NDArray[np.int32], count: int) -> Piece:
    from cgplanner.io import page_kernels as kernels  # noqa: PLC0415  numba, which the caller has asked for

    starts, ends = np.zeros(count, np.int64), np.zeros(count, np.int64)
    missing = np.ones(count, np.bool_)
    drawn = bool(plan.kinds) and plan.kinds[-1][1] == kernels.GEOMETRY
    if drawn and not kernels.find_wkb(data, aside, values[-1], sizes[-1], starts, ends, missing):
        raise _NotPlainError
    piece = measured(data, aside, starts, ends, missing)
    if piece.odd:
        raise _NotPlainError
    return piece


def _batch(plan: _Table, data: Raw, aside: Raw, values: Ints, sizes: NDArray[np.int32]) -> Any:
    """Return the attributes as an Arrow batch of the types that the driver gives them."""
    import pyarrow as pa  # noqa: PLC0415  a quarter of a second

    from cgplanner.io import page_kernels as kernels  # noqa: PLC0415  numba, which the caller has asked for

    names: list[str] = []
    arrays: list[Any] = []
    for slot, (name, role) in enumerate(plan.kinds):
        if role == kernels.GEOMETRY:
            continue
        missing = sizes[slot] < 0
        if role == kernels.TEXT:
            arrays.append(_texts(data, aside, values[slot], sizes[slot]))
        elif role == kernels.REAL:
            arrays.append(pa.array(values[slot].view(np.float64), mask=missing))
        elif role == kernels.BOOLEAN:
            arrays.append(pa.array(values[slot].astype(np.bool_), mask=missing))
        elif role == kernels.DATE:
            arrays.append(pa.array(values[slot].astype(np.int32), pa.int32(), mask=missing).cast(pa.date32()))
        elif role == kernels.DATETIME:
            arrays.append(pa.array(values[slot], pa.int64(), mask=missing).cast(pa.timestamp("ms")))
        else:
            arrays.append(pa.array(values[slot], mask=missing))
        names.append(name)
    # A batch without columns would forget how many rows it has.
    return pa.record_batch([pa.nulls(len(sizes[0]) if len(sizes) else 0), *arrays], [" rows", *names])


def _texts(data: Raw, aside: Raw, places: Ints, sizes: NDArray[np.int32]) -> Any:
    """Return texts as an Arrow array; they are checked to be UTF-8."""
    import pyarrow as pa  # noqa: PLC0415  a quarter of a second

    from cgplanner.io import page_kernels as kernels  # noqa: PLC0415  numba, which the caller has asked for

    given = sizes >= 0
    total = int(sizes.sum(where=given, dtype=np.int64))
    ends, out = np.zeros(len(sizes) + 1, np.int64), np.empty(total, np.uint8)
    if not kernels.gather_texts(data, aside, places, sizes, ends[1:], out):
        raise _NotPlainError
    bits = None if given.all() else pa.py_buffer(np.packbits(given, bitorder="little"))
    array = pa.LargeStringArray.from_buffers(len(sizes), pa.py_buffer(ends), pa.py_buffer(out), bits)
    try:
        array.validate(full=True)
    except pa.ArrowInvalid as error:
        raise _NotPlainError from error
    return array
