"""A GeoPackage whose own lists are missing or do not name its tables of shapes: a copy of it whose lists do.

The driver refuses such a file, or shows its shapes as texts. The copy lies in a folder that is gone afterwards.
"""

from __future__ import annotations

import contextlib
import re
import sqlite3
import struct
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cgplanner.io.sqlite.geopackage_sql import APPLICATION_ID, UNDEFINED_SRS_ID, create_missing, quoted, srs_id_of, tables_of

_LISTS = ("gpkg_spatial_ref_sys", "gpkg_contents", "gpkg_geometry_columns")
_MAY_BE_SHAPES = re.compile("^$|BLOB|GEOM|POINT|LINE|POLYGON|CURVE|SURFACE|COLLECTION", re.IGNORECASE)
_LOOKED_AT = 1000  # rows
_LARGEST_FOR_VIEWS = 256 << 20  # bytes; a larger file is not copied for a view that nobody listed
_OWN = ("gpkg_", "sqlite_", "rtree_")


@dataclass(frozen=True)
class _Shapes:
    """A column of shapes, and the number of their coordinate system."""

    table: str
    column: str
    srs: int


@contextlib.contextmanager
def whole_geopackage(path: Path) -> Iterator[Path]:
    """Give the path, or that of a mended copy."""
    try:
        with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            missing = [name for name in _LISTS if name not in tables_of(database)]
            views = path.stat().st_size <= _LARGEST_FOR_VIEWS
            shapes = _unlisted(database, missing, views=views)
    except (sqlite3.Error, UnicodeDecodeError):
        missing, shapes = [], []
    if not missing and not shapes:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="cgplanner-") as name:
        copy = Path(name) / path.name
        try:
            _mend(path, copy, shapes)
        except (sqlite3.Error, ValueError):
            copy = path  # the driver says what is wrong with it
        yield copy


def _unlisted(database: sqlite3.Connection, missing: list[str], *, views: bool) -> list[_Shapes]:
    """Return the columns that hold blobs of a GeoPackage and that its lists do not name, of tables and of ``views``."""
    listed = set()
    if not missing:
        rows = database.execute(
            "SELECT lower(g.table_name) FROM gpkg_geometry_columns AS g JOIN gpkg_contents AS c "
            "ON lower(c.table_name) = lower(g.table_name)"
        )
        listed = {name for (name,) in rows}
    found = []
    kinds = "('table', 'view')" if views else "('table')"
    for (table,) in database.execute(f"SELECT name FROM sqlite_master WHERE type IN {kinds} ORDER BY type, name").fetchall():  # noqa: S608  two constants
        if table.lower() in listed or table.lower().startswith(_OWN):
            continue
        with contextlib.suppress(sqlite3.Error):  # a virtual table whose module is not there
            for _, column, declared, *_ in database.execute(f"PRAGMA table_info({quoted(table)})").fetchall():
                if _MAY_BE_SHAPES.search(str(declared or "")) and (srs := _system(database, table, column)) is not None:
                    found.append(_Shapes(table, column, srs))
                    break
    return found


def _system(database: sqlite3.Connection, table: str, column: str) -> int | None:
    """Return the coordinate system that the first blob of a column names; None for a column without shapes."""
    name = quoted(column)
    first = f"SELECT {name} AS c FROM {quoted(table)} LIMIT {_LOOKED_AT}"  # noqa: S608  quoted names
    row = database.execute(f"SELECT c FROM ({first}) WHERE typeof(c) = 'blob' LIMIT 1").fetchone()  # noqa: S608  as above
    if row is None or len(row[0]) < 8 or row[0][:2] != b"GP":
        return None
    return int(struct.unpack("<i" if row[0][3] & 1 else ">i", row[0][4:8])[0])


def _mend(path: Path, copy: Path, shapes: list[_Shapes]) -> None:
    with (
        contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as source,
        contextlib.closing(sqlite3.connect(copy, isolation_level=None)) as database,
    ):
        source.backup(database)
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {quoted(name)}")
        database.execute("PRAGMA foreign_keys = OFF")
        create_missing(database)
        for each in shapes:
            _enter(database, each)
        database.execute(f"PRAGMA application_id = {APPLICATION_ID}")


def _enter(database: sqlite3.Connection, shapes: _Shapes) -> None:
    import pyproj  # noqa: PLC0415  see cgplanner.io.drivers.engines

    known = {number for (number,) in database.execute("SELECT srs_id FROM gpkg_spatial_ref_sys")}
    srs = shapes.srs
    if srs not in known:
        try:
            srs = srs_id_of(database, f"EPSG:{srs}")
        except (pyproj.exceptions.CRSError, sqlite3.Error):  # a number that nobody knows
            srs = UNDEFINED_SRS_ID
    for name in ("gpkg_contents", "gpkg_geometry_columns"):
        database.execute(f"DELETE FROM {name} WHERE lower(table_name) = lower(?)", (shapes.table,))  # noqa: S608  one of two
    database.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES (?, 'features', ?, ?)",
        (shapes.table, shapes.table, srs),
    )
    database.execute("INSERT INTO gpkg_geometry_columns VALUES (?, ?, 'GEOMETRY', ?, 2, 2)", (shapes.table, shapes.column, srs))
