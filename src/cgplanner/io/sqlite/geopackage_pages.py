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
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cgplanner.geometry.ragged import Floats, Ints
from cgplanner.io.files.file_bytes import FileBytes, Raw
from cgplanner.io.row_pieces import rows_of_a_piece
from cgplanner.io.shapes.wkb_builder import FlatBuilder, Piece, has_kernels, measured
from cgplanner.io.sqlite.page_rows import BrokenOffError, Chunk, RowStore
from cgplanner.model.geometry_column import GeometryColumn
from cgplanner.model.schema import FieldType

Progress = Callable[[float], None]

_ROWS_AT_ONCE = 4096  # what a processor keeps near while it is walked, measured and copied
_ROWS_OF_A_PIECE = 32_768
_DEEPEST = 20
_HEAD_BYTES = 100
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
    head: bytes  # of the file: its count of changes among others

    def plain(self) -> list[int]:
        """Return the slots of numbers, days and yes or no."""
        from cgplanner.io.sqlite import page_kernels as kernels  # noqa: PLC0415  numba, which the caller has asked for

        return [slot for slot, (_, role) in enumerate(self.kinds) if role not in (kernels.TEXT, kernels.GEOMETRY)]


class NotPlainError(Exception):
    """The file wants the driver."""


_TROUBLE = (NotPlainError, BrokenOffError, sqlite3.Error, OSError, MemoryError, ValueError)


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


def page_pieces(
    path: Path, table: str, fields: Mapping[str, FieldType], *, geometry_column: str | None, fid_column: str, rows: int
) -> Iterator[PageRows]:
    """Give the rows of :func:`read_pages` some thousand at a time.

    Raises
    ------
    NotPlainError
        When the driver is to read them, or those that were not given yet.
    """
    if not has_kernels(rows):
        raise NotPlainError
    try:
        with _planned(path, table, fields, geometry_column, fid_column) as plan:
            at_once = rows_of_a_piece(len(plan.source), rows, _ROWS_OF_A_PIECE)
            step, last = max(1, -(-len(plan.leaves) * at_once // max(rows, 1))), None
            for first in range(0, len(plan.leaves), step):
                some = replace(plan, leaves=plan.leaves[first : first + step])
                piece = _read(some, min(rows, at_once), None)
                if last is not None and len(piece.fids) and piece.fids[0] <= last:
                    raise NotPlainError
                last = int(piece.fids[-1]) if len(piece.fids) else last
                yield piece
    except _TROUBLE as error:
        raise NotPlainError from error


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
        raise NotPlainError
    head = source.read(0, _HEAD_BYTES)
    page_bytes = int.from_bytes(head[16:18], "big")
    page_bytes = 65_536 if page_bytes == 1 else page_bytes
    usable = page_bytes - head[20]
    if head[18:20] != b"\1\1" or head[59] != 1 or page_bytes < 512 or usable < 480:  # a log of writes; UTF-16
        raise NotPlainError
    roles, slots, kinds = _columns(connection, table, fields, geometry_column, fid_column)
    return _Table(source, page_bytes, usable, _leaves(source, int(found[1]), page_bytes, usable), roles, slots, kinds, head)


def _columns(
    connection: sqlite3.Connection, table: str, fields: Mapping[str, FieldType], geometry_column: str | None, fid_column: str
) -> tuple[Ints, Ints, tuple[tuple[str, int], ...]]:
    from cgplanner.io.sqlite import page_kernels as kernels  # noqa: PLC0415  numba, which the caller has asked for

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
        raise NotPlainError
    if fid_column in wanted or any(known[name] is not None for name in wanted):  # rows of before the column was added
        raise NotPlainError
    order = {name: slot for slot, name in enumerate(wanted)}
    roles = [wanted.get(name, kernels.SKIP) for name, *_ in rows]
    slots = [order.get(name, 0) for name, *_ in rows]
    return np.array(roles, np.int64), np.array(slots, np.int64), tuple(wanted.items())


def _leaves(source: FileBytes, root: int, page_bytes: int, usable: int) -> Ints:
    """Return the numbers of the table's leaves, in order of their rows."""
    level = np.array([root], np.int64)
    for _ in range(_DEEPEST):
        if (level < 1).any() or (level * page_bytes > len(source)).any() or len(level) > len(source) // page_bytes:
            raise NotPlainError
        if source.read((int(level[0]) - 1) * page_bytes + (100 if level[0] == 1 else 0), 1) != b"\5":
            return level
        level = np.concatenate([_children(source, int(page), page_bytes, usable) for page in level])
    raise NotPlainError


def _children(source: FileBytes, page: int, page_bytes: int, usable: int) -> Ints:
    data, head = source.array((page - 1) * page_bytes, page_bytes), 100 if page == 1 else 0
    count = int(data[head + 3]) << 8 | int(data[head + 4])
    if data[head] != 5 or head + 12 + 2 * count > usable:
        raise NotPlainError
    places = data[head + 12 : head + 12 + 2 * count].view(">u2").astype(np.int64)
    if (places + 4 > usable).any():
        raise NotPlainError
    places = np.append(places, head + 8)
    numbers = data[places[:, None] + np.arange(4)].astype(np.int64)
    children: Ints = numbers @ np.array([1 << 24, 1 << 16, 1 << 8, 1])
    return children


class _Glimpses:
    """Tells now and then of what is filled."""

    def __init__(self, builder: FlatBuilder, spans: int, tell: Callable[[Floats], object]) -> None:
        self._builder, self._most, self._tell = builder, max(1, _GLIMPSED // spans), tell
        self._waiting: list[tuple[int, int]] = []
        self._told_at = time.perf_counter() - _GLIMPSE_SECONDS

    def filled(self, first: int, end: int) -> None:
        """Remember that these vertices are filled, and tell of all if it is time to."""
        self._waiting.append((first, end))
        if time.perf_counter() - self._told_at >= _GLIMPSE_SECONDS:
            self.tell_filled()

    def tell_filled(self) -> None:
        """Tell of all that were filled since."""
        if self._waiting:
            self._told_at = time.perf_counter()
            waiting, self._waiting = self._waiting, []
            self._tell(np.concatenate([self._builder.some_vertices(first, end, self._most) for first, end in waiting]))


def _read(
    plan: _Table,
    rows: int,
    progress: Progress | None,
    glimpsed: Callable[[Floats], object] | None = None,
) -> PageRows:
    """Let threads take chunks: measure them, get a place for each in turn, and copy them there."""
    spans = _spans(plan, rows)
    store = RowStore(rows, len(plan.plain()))
    glimpses = _Glimpses(store.builder, max(1, len(spans)), glimpsed) if glimpsed is not None else None
    with ThreadPoolExecutor(max(1, min(4, os.cpu_count() or 1)), thread_name_prefix="pages") as pool:
        try:
            taken = [pool.submit(store.take, number, partial(_chunk, plan, span)) for number, span in enumerate(spans)]
            for number, each in enumerate(taken):
                filled = _result(each, taken)
                if glimpses is not None:
                    glimpses.filled(*filled)
                if progress is not None:
                    progress((number + 1) / len(spans))
            if glimpses is not None:
                glimpses.tell_filled()
        finally:
            store.give_up()
            pool.shutdown(cancel_futures=True)
    # Another reader of this process that closes the file drops the lock on it: SQLite counts a change before it writes one.
    if not store.ascends() or plan.source.read(0, _HEAD_BYTES) != plan.head:
        raise NotPlainError
    return PageRows(store.fids, GeometryColumn(store.builder.finish()), _attributes(plan, store))


def _result(one: Future[tuple[int, int]], taken: list[Future[tuple[int, int]]]) -> tuple[int, int]:
    """Return what a chunk came to; where it was broken off, the error of the one that failed is raised."""
    try:
        return one.result()
    except BrokenOffError:
        for each in taken:
            if not each.cancel() and not isinstance(error := each.exception(), BrokenOffError | None):
                raise error from None
        raise


def _spans(plan: _Table, rows: int) -> list[Ints]:
    """Return the leaves of the chunks."""
    step = max(16, -(-len(plan.leaves) * _ROWS_AT_ONCE // max(rows, 1)))
    return [plan.leaves[first : first + step] for first in range(0, len(plan.leaves), step)]


def _chunk(plan: _Table, leaves: Ints) -> Chunk:
    """Read the rows of some leaves from the run of pages that holds them, a longer one when they spilled over others."""
    first, last = int(leaves.min()), int(leaves.max())
    for beside in _BESIDE:
        wanted = _cells(plan, leaves, first, last)
        if isinstance(wanted, Chunk):
            return wanted
        first, last = min(first, wanted - beside), max(last, wanted + beside)
    raise NotPlainError


def _cells(plan: _Table, leaves: Ints, first: int, last: int) -> Chunk | int:
    """Return the rows of these leaves, or the number of a page that they need beside those from ``first`` to ``last``."""
    from cgplanner.io.sqlite import page_kernels as kernels  # noqa: PLC0415  numba, which the caller has asked for

    first, last = max(first, 1), min(last, len(plan.source) // plan.page_bytes)
    if last < first or (last - first + 1) * plan.page_bytes > _LONGEST_RUN:
        raise NotPlainError
    data = plan.source.array((first - 1) * plan.page_bytes, (last - first + 1) * plan.page_bytes)
    pages = (data, first - 1, plan.page_bytes, plan.usable, leaves)
    status, count, spilled = kernels.count_cells(*pages)
    if status != kernels.OK or spilled > len(plan.source):
        raise NotPlainError
    fids, aside = np.empty(count, np.int64), np.empty(spilled, np.uint8)
    values, sizes = np.empty((len(plan.kinds), count), np.int64), np.empty((len(plan.kinds), count), np.int32)
    status, page = kernels.read_cells(*pages, plan.roles, plan.slots, fids, values, values.view(np.float64), sizes, aside)
    if status == kernels.BEYOND and page <= len(plan.source) // plan.page_bytes:
        return int(page)
    if status != kernels.OK:
        raise NotPlainError
    aside.setflags(write=False)
    plain = plan.plain()
    texts = [
        _texts(data, aside, values[slot], sizes[slot]) for slot, (_, role) in enumerate(plan.kinds) if role == kernels.TEXT
    ]
    return Chunk(fids, values[plain], sizes[plain] < 0, texts, _shapes(plan, data, aside, values, sizes, count))


def _shapes(plan: _Table, data: Raw, aside: Raw, values: Ints, sizes: NDArray[np.int32], count: int) -> Piece:
    from cgplanner.io.sqlite import page_kernels as kernels  # noqa: PLC0415  numba, which the caller has asked for

    starts, ends = np.zeros(count, np.int64), np.zeros(count, np.int64)
    missing = np.ones(count, np.bool_)
    drawn = bool(plan.kinds) and plan.kinds[-1][1] == kernels.GEOMETRY
    if drawn and not kernels.find_wkb(data, aside, values[-1], sizes[-1], starts, ends, missing):
        raise NotPlainError
    piece = measured(data, aside, starts, ends, missing)
    if piece.odd:
        raise NotPlainError
    return piece


def _attributes(plan: _Table, store: RowStore) -> Any:
    """Return the attributes as an Arrow table of the types that the driver gives them."""
    import pyarrow as pa  # noqa: PLC0415  a quarter of a second

    from cgplanner.io.sqlite import page_kernels as kernels  # noqa: PLC0415  numba, which the caller has asked for

    plain, texts = iter(range(len(plan.plain()))), iter(range(len(plan.kinds)))
    columns = {
        name: pa.chunked_array(store.texts(next(texts)), pa.large_string())
        if role == kernels.TEXT
        else pa.chunked_array([_numbers(*store.values(next(plain)), role)])
        for name, role in plan.kinds
        if role != kernels.GEOMETRY
    }
    return pa.table(columns)


def _numbers(values: Ints, missing: NDArray[np.bool_], role: int) -> Any:
    """Return a plain column as an Arrow array; the same memory where it can be."""
    import pyarrow as pa  # noqa: PLC0415  a quarter of a second

    from cgplanner.io.drivers.arrow_columns import over  # noqa: PLC0415  as above
    from cgplanner.io.sqlite import page_kernels as kernels  # noqa: PLC0415  numba, which the caller has asked for

    if role == kernels.REAL:
        return over(values.view(np.float64), missing)
    if role == kernels.BOOLEAN:
        return over(values != 0, missing)
    if role == kernels.DATE:
        return over(values.astype(np.int32), missing, pa.date32())
    return over(values, missing, pa.timestamp("ms") if role == kernels.DATETIME else None)


def _texts(data: Raw, aside: Raw, places: Ints, sizes: NDArray[np.int32]) -> Any:
    """Return texts as an Arrow array; they are checked to be UTF-8."""
    import pyarrow as pa  # noqa: PLC0415  a quarter of a second

    from cgplanner.io.sqlite import page_kernels as kernels  # noqa: PLC0415  numba, which the caller has asked for

    given = sizes >= 0
    total = int(sizes.sum(where=given, dtype=np.int64))
    ends, out = np.zeros(len(sizes) + 1, np.int64), np.empty(total, np.uint8)
    if not kernels.gather_texts(data, aside, places, sizes, ends[1:], out):
        raise NotPlainError
    bits = None if given.all() else pa.py_buffer(np.packbits(given, bitorder="little"))
    array = pa.LargeStringArray.from_buffers(len(sizes), pa.py_buffer(ends), pa.py_buffer(out), bits)
    try:
        array.validate(full=True)
    except pa.ArrowInvalid as error:
        raise NotPlainError from error
    return array
