"""The rows of a large GeoPackage table straight from the pages of its file, several threads at once.

SQLite hands out one value at a time, and GDAL builds a batch of them; the file itself lies there in pages that compiled code
reads at the speed of memory. SQLite is asked where the table begins and keeps writers out meanwhile. Whatever is not plain (a
log of writes, other encodings, columns made by the database, values of another type than their column, geometries that want
mending) is left to the driver: then :func:`read_pages` returns None, and nothing was read.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import re
import sqlite3
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cgplanner.geometry.ragged import Floats, Ints
from cgplanner.io.wkb_builder import FlatBuilder, Piece, has_kernels, measured
from cgplanner.model.geometry_column import GeometryColumn
from cgplanner.model.schema import FieldType

Progress = Callable[[float], None]
Raw = NDArray[np.uint8]

_ROWS_AT_ONCE = 32_768  # what a processor keeps near while it is walked, measured and copied
_DEEPEST = 20
_AHEAD = 2  # chunks that are measured while one is being filled
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

    data: Raw
    page_bytes: int
    usable: int
    leaves: Ints
    roles: Ints
    slots: Ints
    kinds: tuple[tuple[str, int], ...]  # name and role by slot; the geometry, where there is one, comes last


class _NotPlainError(Exception):
    """The file wants the driver."""


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
        data, let_go = _mapped(path)
        with contextlib.closing(_connected(path)) as connection:
            # After the file was opened: closing any other handle of it would drop SQLite's lock.
            connection.execute("BEGIN")
            plan = _planned(connection, data, table, fields, geometry_column, fid_column)
            if progress is not None:  # loading the kernels may have taken seconds, in which somebody lost patience
                progress(0.0)
            return _read(plan, rows, progress, let_go, glimpsed)
    except (_NotPlainError, sqlite3.Error, OSError, MemoryError, ValueError):
        return None


def _mapped(path: Path) -> tuple[Raw, Callable[[], None]]:
    """Return the bytes of the file, and how to let go of those that were looked at. The array keeps the file mapped."""
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    forget = getattr(mmap, "MADV_DONTNEED", None)
    return np.frombuffer(mapped, np.uint8), (lambda: mapped.madvise(forget)) if forget is not None else (lambda: None)


def _connected(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)


def _planned(
    connection: sqlite3.Connection,
    data: Raw,
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
    head = data[:100].tobytes()
    page_bytes = int.from_bytes(head[16:18], "big")
    page_bytes = 65_536 if page_bytes == 1 else page_bytes
    usable = page_bytes - head[20]
    if head[18:20] != b"\1\1" or head[59] != 1 or page_bytes < 512 or usable < 480:  # a log of writes; UTF-16
        raise _NotPlainError
    roles, slots, kinds = _columns(connection, table, fields, geometry_column, fid_column)
    return _Table(data, page_bytes, usable, _leaves(data, int(found[1]), page_bytes, usable), roles, slots, kinds)


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


def _leaves(data: Raw, root: int, page_bytes: int, usable: int) -> Ints:
    """Return the numbers of the table's leaves, in order of their rows."""
    level = np.array([root], np.int64)
    for _ in range(_DEEPEST):
        if (level < 1).any() or (level * page_bytes > len(data)).any() or len(level) > len(data) // page_bytes:
            raise _NotPlainError
        if data[(level[0] - 1) * page_bytes + (100 if level[0] == 1 else 0)] != 5:
            return level
        level = np.concatenate([_children(data, int(page), page_bytes, usable) for page in level])
    raise _NotPlainError


def _children(data: Raw, page: int, page_bytes: int, usable: int) -> Ints:
    start = (page - 1) * page_bytes
    head = start + (100 if page == 1 else 0)
    count = int(data[head + 3]) << 8 | int(data[head + 4])
    if data[head] != 5 or head + 12 + 2 * count > start + usable:
        raise _NotPlainError
    places = start + data[head + 12 : head + 12 + 2 * count].view(">u2").astype(np.int64)
    if (places + 4 > start + usable).any():
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
    let_go: Callable[[], None],
    glimpsed: Callable[[Floats], object] | None = None,
) -> PageRows:
    """Measure chunks in threads, give each its place in turn, and let threads copy it there."""
    import pyarrow as pa  # noqa: PLC0415  a quarter of a second

    step = max(16, -(-len(plan.leaves) * _ROWS_AT_ONCE // max(rows, 1)))
    spans = [plan.leaves[first : first + step] for first in range(0, len(plan.leaves), step)]
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
                if number % 4 == 3:
                    let_go()
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


def _chunk(plan: _Table, leaves: Ints) -> _Chunk:
    from cgplanner.io import page_kernels as kernels  # noqa: PLC0415  numba, which the caller has asked for

    status, count, spilled = kernels.count_cells(plan.data, plan.page_bytes, plan.usable, leaves)
    if status != kernels.OK or spilled > len(plan.data):
        raise _NotPlainError
    fids, aside = np.empty(count, np.int64), np.empty(spilled, np.uint8)
    values, sizes = np.empty((len(plan.kinds), count), np.int64), np.empty((len(plan.kinds), count), np.int32)
    where = (plan.data, plan.page_bytes, plan.usable, leaves, plan.roles, plan.slots)
    status = kernels.read_cells(*where, fids, values, values.view(np.float64), sizes, aside)
    if status != kernels.OK:
        raise _NotPlainError
    aside.setflags(write=False)
    return _Chunk(fids, _batch(plan, aside, values, sizes), _shapes(plan, aside, values, sizes, count))


def _shapes(plan: _Table, aside: Raw, values: Ints, sizes: NDArray[np.int32], count: int) -> Piece:
    from cgplanner.io import page_kernels as kernels  # noqa: PLC0415  numba, which the caller has asked for

    starts, ends = np.zeros(count, np.int64), np.zeros(count, np.int64)
    missing = np.ones(count, np.bool_)
    drawn = bool(plan.kinds) and plan.kinds[-1][1] == kernels.GEOMETRY
    if drawn and not kernels.find_wkb(plan.data, aside, values[-1], sizes[-1], starts, ends, missing):
        raise _NotPlainError
    piece = measured(plan.data, aside, starts, ends, missing)
    if piece.odd:
        raise _NotPlainError
    return piece


def _batch(plan: _Table, aside: Raw, values: Ints, sizes: NDArray[np.int32]) -> Any:
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
            arrays.append(_texts(plan.data, aside, values[slot], sizes[slot]))
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
