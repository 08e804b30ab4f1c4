"""A layer's rows in their feature table: made, filled, changed and read back. Values are as SQLite stores them.

Tables below :data:`BULK_ROWS` rows are read by sqlite3 alone, so that the sample opens without importing a driver; larger
ones stream through pyogrio as Arrow. This file must not know of the workspace's own tables.
"""

from __future__ import annotations

import contextlib
import itertools
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from cgplanner.errors import UserError
from cgplanner.geometry import ragged as flat
from cgplanner.io.drivers.engines import pyogrio
from cgplanner.io.report import Note
from cgplanner.io.shapes.wkb import column_from_buffer, joined_notes
from cgplanner.io.shapes.wkb_writer import column_blobs
from cgplanner.io.sqlite import geopackage_sql as gpkg
from cgplanner.io.sqlite.bulk_insert import insert_columns
from cgplanner.io.sqlite.geopackage_pages import read_pages
from cgplanner.io.sqlite.glimpse import Places, sampled_places
from cgplanner.io.sqlite.sql_columns import column_from_sql, declaration, sql_values
from cgplanner.model.changeset import GEOMETRY, TableChange
from cgplanner.model.column import Column, Positions
from cgplanner.model.geometry_column import GeometryColumn
from cgplanner.model.schema import Schema
from cgplanner.model.table import FeatureTable, new_table
from cgplanner.text import tr

BULK_ROWS = 50_000
_BATCH = 20_000
_LEAST_ROW_BYTES = 60  # a row number, a point and its envelope's head
_FAMILY_NAMES = {"point": "POINT", "line": "LINESTRING", "polygon": "POLYGON"}

Progress = Callable[[float], None]


@dataclass(frozen=True)
class TablePlan:
    """Which table and columns hold a layer.

    Attributes
    ----------
    columns
        Field id -> column name, in the fields' order.
    has_geometry
        False for a table without a geometry column; every geometry is missing then.
    """

    table: str
    columns: Mapping[str, str]
    has_geometry: bool = True
    geometry_column: str = gpkg.GEOMETRY_COLUMN
    fid_column: str = gpkg.FID_COLUMN


def plan_for(layer_id: str, schema: Schema, taken: set[str]) -> TablePlan:
    """Return a plan with names that SQLite takes; ``taken`` holds table names in lower case that are in use."""
    reserved = layer_id.lower().startswith(("sqlite_", "gpkg_", "rtree_", "cgplanner_", "idx_")) or not layer_id.strip()
    table = _free(f"layer_{layer_id}" if reserved else layer_id, taken)
    columns: dict[str, str] = {}
    used = {gpkg.FID_COLUMN, gpkg.GEOMETRY_COLUMN, "rowid", "oid", "_rowid_"}
    for each in schema:
        columns[each.id] = _free(each.name.strip() or "field", used)
        used.add(columns[each.id].lower())
    return TablePlan(table, columns)


def _free(name: str, taken: set[str]) -> str:
    name = name.replace("\0", "_")
    names = itertools.chain([name], (f"{name}_{number}" for number in itertools.count(2)))
    return next(each for each in names if each.lower() not in taken)


# --- writing ---------------------------------------------------------------------------------------------------------------


def create_table(connection: sqlite3.Connection, plan: TablePlan, table: FeatureTable, srs_id: int) -> None:
    """Make and fill a feature table, with its spatial index; the standard's tables are the caller's."""
    make_table(connection, plan, table.schema)
    everything = np.arange(len(table))
    for start in range(0, len(table), _BATCH):
        insert_rows(connection, plan, table, everything[start : start + _BATCH], srs_id)
    set_next_fid(connection, plan, table.next_fid)
    gpkg.create_rtree(connection, plan.table, table.fids, table.geometry.bounds)


def make_table(connection: sqlite3.Connection, plan: TablePlan, schema: Schema) -> None:
    """Make a feature table without rows and without an index."""
    fields = [f"{gpkg.quoted(plan.columns[each.id])} {declaration(each)}" for each in schema]
    head = [f"{gpkg.FID_COLUMN} INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL", f"{gpkg.GEOMETRY_COLUMN} BLOB"]
    connection.execute(f"CREATE TABLE {gpkg.quoted(plan.table)} ({', '.join([*head, *fields])})")


def fill_table(connection: sqlite3.Connection, plan: TablePlan, pieces: Iterable[FeatureTable], srs_id: int) -> None:
    """Fill a feature table piece by piece, then index it; what stays of a row until then is its box, 40 bytes.

    Raises
    ------
    ValueError
        When the fids do not ascend from piece to piece.
    """
    fids, bounds, next_fid = [np.empty(0, np.int64)], [np.empty((0, 4))], 1
    for table in pieces:
        if len(table) and (np.diff(np.append(fids[-1][-1:], table.fids)) <= 0).any():
            raise ValueError("rows that are not in order of their fid")
        for start in range(0, len(table), _BATCH):
            insert_rows(connection, plan, table, np.arange(start, min(start + _BATCH, len(table))), srs_id)
        next_fid = max(next_fid, table.next_fid)
        if len(table):
            fids.append(table.fids.copy())  # a view would keep the whole piece
            bounds.append(table.geometry.bounds.copy())
    set_next_fid(connection, plan, next_fid)
    gpkg.create_rtree(connection, plan.table, np.concatenate(fids), np.concatenate(bounds))


def set_next_fid(connection: sqlite3.Connection, plan: TablePlan, next_fid: int) -> None:
    """See to it that no fid is given twice, even after the last row was deleted."""
    connection.execute("DELETE FROM sqlite_sequence WHERE name = ?", (plan.table,))
    connection.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (plan.table, next_fid - 1))


def insert_rows(
    connection: sqlite3.Connection, plan: TablePlan, table: FeatureTable, positions: Positions, srs_id: int
) -> None:
    """Insert these rows with their fids."""
    names = [plan.fid_column, plan.geometry_column, *(plan.columns[each.id] for each in table.schema)]
    columns = ", ".join(gpkg.quoted(name) for name in names)
    head = f"INSERT INTO {gpkg.quoted(plan.table)} ({columns})"
    with _half_characters_told():
        insert_columns(connection, head, row_values(table, positions, srs_id))


def row_values(table: FeatureTable, positions: Positions, srs_id: int) -> list[list[Any]]:
    """Return fid, geometry and fields of these rows, column by column, as SQLite stores them."""
    attributes = [sql_values(table.columns[each.id].take(positions), each.type) for each in table.schema]
    return [table.fids[positions].tolist(), column_blobs(table.geometry, positions, srs_id), *attributes]


def change_rows(connection: sqlite3.Connection, plan: TablePlan, table: FeatureTable, change: TableChange, srs_id: int) -> None:
    """Bring a feature table from before ``change`` to ``table``, which is the version after it.

    Raises
    ------
    UserError
        When a row that the change names is not in the file: another program has changed it.
    """
    name = gpkg.quoted(plan.table)
    if change.deleted is not None:
        fids = [(fid,) for fid in change.deleted.fids.tolist()]
        before = connection.total_changes
        connection.executemany(f"DELETE FROM {name} WHERE {gpkg.quoted(plan.fid_column)} = ?", fids)  # noqa: S608  quoted
        if connection.total_changes - before < len(fids):
            raise changed_elsewhere(plan)
    for field_id, cells in change.cells.items():
        positions = table.positions_of(cells.rids)
        column = plan.geometry_column if field_id == GEOMETRY else plan.columns[field_id]
        sql = f"UPDATE {name} SET {gpkg.quoted(column)} = ? WHERE {gpkg.quoted(plan.fid_column)} = ?"  # noqa: S608  quoted
        for start in range(0, len(positions), _BATCH):
            some = positions[start : start + _BATCH]
            values = _cell_values(table, field_id, some, srs_id)
            with _half_characters_told():
                connection.executemany(sql, zip(values, table.fids[some].tolist(), strict=True))
    if change.added is not None:
        positions = table.positions_of(change.added.rids)
        for start in range(0, len(positions), _BATCH):
            insert_rows(connection, plan, table, positions[start : start + _BATCH], srs_id)
    set_next_fid(connection, plan, table.next_fid)


def _cell_values(table: FeatureTable, field_id: str, positions: Positions, srs_id: int) -> list[Any]:
    if field_id == GEOMETRY:
        return list(column_blobs(table.geometry, positions, srs_id))
    return sql_values(table.columns[field_id].take(positions), table.schema[field_id].type)


@contextlib.contextmanager
def _half_characters_told() -> Iterator[None]:
    try:
        yield
    except UnicodeEncodeError as error:
        raise UserError(
            tr("A text holds half a character, which no file can store: {text}", text=ascii(error.object[:40])),
            hint=tr("Type that value again."),
        ) from error


def changed_elsewhere(plan: TablePlan) -> UserError:
    """Return the sentence for a file that is not as we left it."""
    return UserError(
        tr("The layer {layer} was changed in the file by another program; nothing was saved.", layer=plan.table),
        hint=tr("Save under another name and compare the two."),
    )


def check_rows(
    connection: sqlite3.Connection, plan: TablePlan, table: FeatureTable, rids: Positions | None, srs_id: int
) -> None:
    """Compare what the file holds now with the table: the number of rows, and these rows (all when None) value by value.

    Raises
    ------
    UserError
        When they differ; the caller rolls back.
    """
    name, fid = gpkg.quoted(plan.table), gpkg.quoted(plan.fid_column)
    (count,) = connection.execute(f"SELECT count(*) FROM {name}").fetchone()  # noqa: S608  quoted
    if count != len(table):
        raise changed_elsewhere(plan)
    positions = np.arange(len(table)) if rids is None else table.positions_of(rids[table.holds(rids)])
    positions = positions[np.argsort(table.fids[positions], kind="stable")]
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS cg_rows (fid INTEGER PRIMARY KEY)")
    columns = [plan.fid_column, plan.geometry_column, *(plan.columns[each.id] for each in table.schema)]
    wanted = ", ".join(f"t.{gpkg.quoted(column)}" for column in columns)
    sql = f"SELECT {wanted} FROM cg_rows AS r JOIN {name} AS t ON t.{fid} = r.fid ORDER BY r.fid"  # noqa: S608  quoted
    for start in range(0, len(positions), _BATCH):
        some = positions[start : start + _BATCH]
        connection.execute("DELETE FROM cg_rows")
        connection.executemany("INSERT INTO cg_rows VALUES (?)", ((each,) for each in table.fids[some].tolist()))
        found = connection.execute(sql).fetchall()
        if found != list(zip(*row_values(table, some, srs_id), strict=True)):
            raise changed_elsewhere(plan)
    connection.execute("DELETE FROM cg_rows")


# --- what the standard's tables say ------------------------------------------------------------------------------------------


def geometry_type(table: FeatureTable) -> tuple[str, int, int]:
    """Return (geometry_type_name, z, m) that fit all rows; a family's name with MULTI where it holds both kinds."""
    kinds = {int(kind) for kind in np.unique(table.geometry.kinds)} - {flat.NULL_KIND}
    base, extra = table.geometry.base, table.geometry.extra
    has_z = base.z is not None or bool(shapely.has_z(extra).any())
    has_m = base.m is not None or bool(shapely.has_m(extra).any())
    return type_of_kinds(kinds, table.schema), 2 * has_z, 2 * has_m


def type_of_kinds(kinds: Collection[int], schema: Schema) -> str:
    """Return the geometry_type_name for rows of these kinds (shapely's type numbers)."""
    families = {flat.FAMILY_OF_KIND.get(kind) for kind in kinds}
    name = "GEOMETRY"
    if len(families) == 1 and (family := families.pop()) is not None:
        multi = any(kind in {flat.MULTIPOINT, flat.MULTILINESTRING, flat.MULTIPOLYGON} for kind in kinds)
        name = f"{'MULTI' if multi else ''}{_FAMILY_NAMES[family]}"
    elif not kinds and schema.geometry in _FAMILY_NAMES:
        name = f"MULTI{_FAMILY_NAMES[schema.geometry]}"
    return name


# --- reading ---------------------------------------------------------------------------------------------------------------


def read_rows(
    connection: sqlite3.Connection,
    path: Path,
    plan: TablePlan,
    schema: Schema,
    progress: Progress | None = None,
    glimpsed: Places | None = None,
) -> tuple[FeatureTable, tuple[Note, ...]]:
    """Return the table in order of fid, and what could not be read; of a large one tell some places meanwhile."""
    if glimpsed is not None and plan.has_geometry:
        glimpsed(sampled_places(connection, plan.table, plan.geometry_column, plan.fid_column, BULK_ROWS))
    some = f"SELECT 1 FROM {gpkg.quoted(plan.table)} LIMIT {max(BULK_ROWS, 1)}"  # noqa: S608  quoted
    (count,) = connection.execute(f"SELECT count(*) FROM ({some})").fetchone()  # noqa: S608  as above
    if progress is not None:
        progress(0.0)
    if count < BULK_ROWS or not count:
        fids, columns, geometry, notes = _read_small(connection, plan, schema)
    else:
        expected = _about(connection, plan, path)
        fids, columns, geometry, notes = _read_bulk(path, plan, schema, expected, progress, glimpsed)
    table = new_table(schema, columns, geometry, fids)
    found = connection.execute("SELECT name FROM sqlite_master WHERE name = 'sqlite_sequence'").fetchone()
    last = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (plan.table,)).fetchone() if found else None
    next_fid = max(table.next_fid, int(last[0]) + 1 if last and isinstance(last[0], int) else 1)
    return FeatureTable(schema, table.rids, table.fids, table.columns, table.next_rid, next_fid), notes


def _about(connection: sqlite3.Connection, plan: TablePlan, path: Path) -> int:
    """Return how many rows a large table has, or somewhat more: to count them is to walk through the whole file."""
    name, fid = gpkg.quoted(plan.table), gpkg.quoted(plan.fid_column)
    first, last = (connection.execute(f"SELECT {end}({fid}) FROM {name}").fetchone()[0] for end in ("min", "max"))  # noqa: S608  quoted
    if isinstance(first, int) and isinstance(last, int) and last - first < path.stat().st_size // _LEAST_ROW_BYTES:
        return last - first + 1
    (count,) = connection.execute(f"SELECT count(*) FROM {name}").fetchone()  # noqa: S608  as above
    return int(count)


_Read = tuple[Positions, dict[str, Column], GeometryColumn, tuple[Note, ...]]


def _read_small(connection: sqlite3.Connection, plan: TablePlan, schema: Schema) -> _Read:
    geometry_column = gpkg.quoted(plan.geometry_column) if plan.has_geometry else "NULL"
    names = [gpkg.quoted(plan.fid_column), geometry_column, *(gpkg.quoted(plan.columns[each.id]) for each in schema)]
    sql = f"SELECT {', '.join(names)} FROM {gpkg.quoted(plan.table)} ORDER BY 1"  # noqa: S608  quoted
    rows = connection.execute(sql).fetchall()
    by_column: list[Sequence[Any]] = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    geometry, notes = _geometry_from_blobs(by_column[1])
    columns: dict[str, Column] = {}
    for each, values in zip(schema, by_column[2:], strict=True):
        columns[each.id], said = column_from_sql(values, each)
        notes += said
    return np.array(by_column[0], np.int64), columns, geometry, notes


def _geometry_from_blobs(blobs: Sequence[Any]) -> tuple[GeometryColumn, tuple[Note, ...]]:
    blobs = [blob if isinstance(blob, bytes | None) else b"" for blob in blobs]
    missing = np.fromiter((blob is None for blob in blobs), np.bool_, len(blobs))
    lengths = np.fromiter((0 if blob is None else len(blob) for blob in blobs), np.int64, len(blobs))
    ends = np.cumsum(lengths)
    data = np.frombuffer(b"".join([blob for blob in blobs if blob]), np.uint8)
    starts = gpkg.wkb_starts(data, ends - lengths, ends, missing)
    return column_from_buffer(data, starts, ends, missing)


def _read_bulk(
    path: Path, plan: TablePlan, schema: Schema, count: int, progress: Progress | None, glimpsed: Places | None
) -> _Read:
    from cgplanner.io.drivers.arrow_columns import column_from_arrow, release_unused  # noqa: PLC0415  imports pyarrow

    kinds = {plan.columns[each.id]: each.type for each in schema}
    drawn, fid = plan.geometry_column if plan.has_geometry else None, plan.fid_column
    found = read_pages(
        path,
        plan.table,
        kinds,
        geometry_column=drawn,
        fid_column=fid,
        rows=count,
        progress=progress,
        glimpsed=glimpsed,
    )
    if found is None:
        return _read_by_driver(path, plan, schema, count, progress)
    columns = {each.id: column_from_arrow(found.attributes[plan.columns[each.id]], each) for each in schema}
    release_unused()
    return found.fids, columns, found.geometry, ()


def _read_by_driver(path: Path, plan: TablePlan, schema: Schema, count: int, progress: Progress | None) -> _Read:
    from cgplanner.io.drivers.arrow_columns import attribute_batches, column_from_arrow, release_unused  # noqa: PLC0415  imports pyarrow

    names = [plan.columns[each.id] for each in schema]
    with pyogrio().open_arrow(path, layer=plan.table, columns=names, return_fids=True, use_pyarrow=True) as (meta, reader):
        name = meta["geometry_name"] or "wkb_geometry"
        geometry, table, notes = attribute_batches(_told(reader, count, progress), name, count)
    fids = table[meta["fid_column"] or "OGC_FID"].to_numpy().astype(np.int64)
    columns = {each.id: column_from_arrow(table[plan.columns[each.id]], each) for each in schema}
    if not (np.diff(fids) > 0).all():
        order = np.argsort(fids, kind="stable")
        columns = {name: column.take(order) for name, column in columns.items()}
        fids, geometry = fids[order], GeometryColumn(geometry.base, geometry.rows_in_base[order], geometry.extra)
    release_unused()
    return fids, columns, geometry, joined_notes(notes)


def _told(batches: Iterator[Any], count: int, progress: Progress | None) -> Iterator[Any]:
    done = 0
    for batch in batches:
        yield batch
        done += batch.num_rows
        if progress is not None:
            progress(min(done / count, 1.0))
