"""The GeoPackage standard as far as a workspace needs it: core tables, blob header, spatial index, reference systems.

Written for version 1.3, which every GDAL of the last years reads without a warning. Only SQL and bytes here: this file must
not know of layers, workspaces or our own tables.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from cgplanner.errors import UserError
from cgplanner.geometry.ragged import Floats, Ints
from cgplanner.io.files.safe_write import reason_of
from cgplanner.io.sqlite.rtree_pack import fill_rtree
from cgplanner.text import tr

APPLICATION_ID = 0x47504B47  # "GPKG"
USER_VERSION = 10300
FIRST_OWN_SRS_ID = 100_001
UNDEFINED_SRS_ID = -1
GEOMETRY_COLUMN, FID_COLUMN = "geom", "fid"

_ENVELOPE_BYTES = (0, 32, 48, 48, 64)
_WGS84 = (
    'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],PRIMEM["Greenwich",0],'
    'UNIT["degree",0.0174532925199433],AUTHORITY["EPSG","4326"]]'
)

_CORE = """
CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT NOT NULL, srs_id INTEGER NOT NULL PRIMARY KEY, organization TEXT NOT NULL,
  organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT,
  definition_12_063 TEXT NOT NULL DEFAULT 'undefined');
CREATE TABLE gpkg_contents (table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE,
  description TEXT DEFAULT '', last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
  min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER,
  CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id));
CREATE TABLE gpkg_geometry_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL,
  srs_id INTEGER NOT NULL, z TINYINT NOT NULL, m TINYINT NOT NULL,
  CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name), CONSTRAINT uk_gc_table_name UNIQUE (table_name),
  CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
  CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id));
CREATE TABLE gpkg_extensions (table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, definition TEXT NOT NULL,
  scope TEXT NOT NULL, CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name));
"""

_TRIGGERS = """
CREATE TRIGGER {insert} AFTER INSERT ON {t} WHEN (NEW.{c} NOT NULL AND NOT ST_IsEmpty(NEW.{c})) BEGIN
  INSERT OR REPLACE INTO {r} VALUES (NEW.{i}, ST_MinX(NEW.{c}), ST_MaxX(NEW.{c}), ST_MinY(NEW.{c}), ST_MaxY(NEW.{c})); END;
CREATE TRIGGER {update1} AFTER UPDATE OF {c} ON {t}
  WHEN OLD.{i} = NEW.{i} AND (NEW.{c} NOT NULL AND NOT ST_IsEmpty(NEW.{c})) BEGIN
  INSERT OR REPLACE INTO {r} VALUES (NEW.{i}, ST_MinX(NEW.{c}), ST_MaxX(NEW.{c}), ST_MinY(NEW.{c}), ST_MaxY(NEW.{c})); END;
CREATE TRIGGER {update2} AFTER UPDATE OF {c} ON {t}
  WHEN OLD.{i} = NEW.{i} AND (NEW.{c} ISNULL OR ST_IsEmpty(NEW.{c})) BEGIN DELETE FROM {r} WHERE id = OLD.{i}; END;
CREATE TRIGGER {update3} AFTER UPDATE ON {t}
  WHEN OLD.{i} != NEW.{i} AND (NEW.{c} NOT NULL AND NOT ST_IsEmpty(NEW.{c})) BEGIN
  DELETE FROM {r} WHERE id = OLD.{i};
  INSERT OR REPLACE INTO {r} VALUES (NEW.{i}, ST_MinX(NEW.{c}), ST_MaxX(NEW.{c}), ST_MinY(NEW.{c}), ST_MaxY(NEW.{c})); END;
CREATE TRIGGER {update4} AFTER UPDATE ON {t}
  WHEN OLD.{i} != NEW.{i} AND (NEW.{c} ISNULL OR ST_IsEmpty(NEW.{c})) BEGIN
  DELETE FROM {r} WHERE id IN (OLD.{i}, NEW.{i}); END;
CREATE TRIGGER {delete} AFTER DELETE ON {t} WHEN old.{c} NOT NULL BEGIN DELETE FROM {r} WHERE id = OLD.{i}; END;
"""


def quoted(name: str) -> str:
    """Return the name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def run_script(connection: sqlite3.Connection, script: str) -> None:
    """Run several statements inside the transaction that is open (sqlite3's executescript would commit it).

    A statement must end at the end of a line.
    """
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            connection.execute(pending)
            pending = ""


# --- opening ---------------------------------------------------------------------------------------------------------------


def check_header(path: Path) -> None:
    """Refuse what is no whole SQLite file.

    Raises
    ------
    UserError
        When the file is missing, empty, of another kind, or shorter than its header says.
    """
    try:
        with path.open("rb") as file:
            head = file.read(100)
        size = path.stat().st_size
    except FileNotFoundError as error:
        raise UserError(
            tr("{name} is not there.", name=path.name), hint=tr("Check the path: {path}", path=path), path=path
        ) from error
    except OSError as error:
        raise UserError(
            tr("{name} cannot be read: {reason}.", name=path.name, reason=reason_of(error)),
            hint=tr("Ask for the right to read it or copy it elsewhere."),
            path=path,
        ) from error
    if not head.startswith(b"SQLite format 3\x00"):
        raise UserError(
            tr("{name} is not a GeoPackage.", name=path.name),
            hint=tr("Choose a .gpkg file; other formats can be imported as layers."),
            path=path,
        )
    page = int.from_bytes(head[16:18], "big")
    page = 65536 if page == 1 else page
    pages = int.from_bytes(head[28:32], "big")
    told = head[24:28] == head[92:96]  # the header's page count is only valid then
    if len(head) < 100 or (told and size < page * pages and not _journal(path).exists()):
        raise damaged(path)


def _journal(path: Path) -> Path:
    return path.with_name(path.name + "-journal")


def damaged(path: Path) -> UserError:
    """Return the sentence for a file whose bytes do not fit together."""
    return UserError(
        tr("{name} is damaged and cannot be read.", name=path.name),
        hint=tr("Copy it again from where it came or open a backup."),
        path=path,
    )


def connect(path: Path, *, write: bool = False) -> sqlite3.Connection:
    """Open an existing file; what a crash left half done is rolled back on the first access. The caller closes it.

    Transactions are begun and ended by the caller. The SQL functions that the spatial index needs are there.
    """
    address = path.resolve().as_uri()
    connection = sqlite3.connect(f"{address}?mode=rw", uri=True, isolation_level=None, timeout=2.0, check_same_thread=False)
    try:
        register_functions(connection)
        connection.execute("PRAGMA cache_size = -100000")  # 100 MB: a spatial index is written all over the place
        if write:
            connection.execute("PRAGMA synchronous = EXTRA")
            connection.execute("PRAGMA temp_store = MEMORY")
    except BaseException:
        connection.close()
        raise
    return connection


@contextlib.contextmanager
def opened(path: Path, *, write: bool = False) -> Iterator[sqlite3.Connection]:
    """Open a file for the time of a block."""
    connection = connect(path, write=write)
    try:
        yield connection
    finally:
        connection.close()


def tables_of(connection: sqlite3.Connection) -> set[str]:
    """Return the names of all tables and views."""
    return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")}


# --- core tables -----------------------------------------------------------------------------------------------------------


def create_core(connection: sqlite3.Connection) -> None:
    """Make an empty GeoPackage of an empty file, inside the transaction that is open."""
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {USER_VERSION}")
    create_missing(connection)
    definition = "http://www.geopackage.org/spec120/#extension_crs_wkt"
    add_extension(connection, "gpkg_spatial_ref_sys", "definition_12_063", "gpkg_crs_wkt", definition)


def create_missing(connection: sqlite3.Connection) -> None:
    """Make those of the core tables that are not there, with what always stands in them."""
    there = tables_of(connection)
    for statement in filter(str.strip, _CORE.split(";\n")):
        if statement.split("(", 1)[0].split()[-1] not in there:
            connection.execute(statement)
    if "gpkg_spatial_ref_sys" not in there:
        connection.executemany(
            "INSERT INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                ("Undefined Cartesian SRS", -1, "NONE", -1, "undefined", "undefined Cartesian coordinates", "undefined"),
                ("Undefined geographic SRS", 0, "NONE", 0, "undefined", "undefined geographic coordinates", "undefined"),
                ("WGS 84", 4326, "EPSG", 4326, _WGS84, "longitude and latitude", _WGS84),
            ],
        )


def add_extension(
    connection: sqlite3.Connection, table: str | None, column: str | None, name: str, definition: str, scope: str = "read-write"
) -> None:
    """Register an extension of a table or column, or of the whole file where both are None."""
    connection.execute("INSERT INTO gpkg_extensions VALUES (?, ?, ?, ?, ?)", (table, column, name, definition, scope))


def srs_id_of(connection: sqlite3.Connection, crs: str) -> int:
    """Return the number under which this CRS ("EPSG:n", WKT, '' for unknown) stands in the file; it is added if need be."""
    if not crs:
        return UNDEFINED_SRS_ID
    organization, _, code = crs.partition(":")
    if organization.upper() == "EPSG" and code.isdigit():
        number = int(code)
        known = connection.execute("SELECT 1 FROM gpkg_spatial_ref_sys WHERE srs_id = ?", (number,)).fetchone()
        if not known:
            _add_srs(connection, crs, number, "EPSG", number)
        return number
    query = "SELECT srs_id FROM gpkg_spatial_ref_sys WHERE ? IN (definition, definition_12_063, description)"
    found = connection.execute(query, (crs,)).fetchone()
    if found:
        return int(found[0])
    highest: int
    (highest,) = connection.execute("SELECT max(srs_id) FROM gpkg_spatial_ref_sys").fetchone()
    number = max(FIRST_OWN_SRS_ID, highest + 1)
    _add_srs(connection, crs, number, "NONE", number)
    return number


def _add_srs(connection: sqlite3.Connection, crs: str, number: int, organization: str, code: int) -> None:
    name, wkt1, wkt2 = _definitions(crs)
    connection.execute(
        "INSERT INTO gpkg_spatial_ref_sys (srs_name, srs_id, organization, organization_coordsys_id, definition, description, "
        "definition_12_063) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (name, number, organization, code, wkt1, crs, wkt2),
    )


def _definitions(crs: str) -> tuple[str, str, str]:
    """Return (name, WKT 1, WKT 2 without epochs); 'undefined' where a form cannot say it."""
    import pyproj  # noqa: PLC0415  0.15 s that opening a file does not need

    try:
        found = pyproj.CRS.from_user_input(crs)
    except pyproj.exceptions.CRSError:
        return "unknown", crs, "undefined"
    forms = []
    for version in ("WKT1_GDAL", "WKT2_2015"):
        try:
            forms.append(found.to_wkt(version) or "undefined")
        except pyproj.exceptions.CRSError:
            forms.append("undefined")
    return found.name, forms[0], forms[1]


def crs_of(connection: sqlite3.Connection, srs_id: int | None) -> str:
    """Return the CRS behind a number as "EPSG:n" or WKT; '' where the file does not say."""
    columns = [row[1] for row in connection.execute("PRAGMA table_info(gpkg_spatial_ref_sys)")]
    wkt2 = "definition_12_063" if "definition_12_063" in columns else "'undefined'"
    query = (
        f"SELECT organization, organization_coordsys_id, definition, {wkt2} "  # noqa: S608  one of two literals
        "FROM gpkg_spatial_ref_sys WHERE srs_id = ?"
    )
    found = connection.execute(query, (srs_id,)).fetchone()
    if found is None:
        return ""
    organization, code, wkt1, wkt2_text = found
    if str(organization).upper() == "EPSG" and code is not None and int(code) > 0:
        return f"EPSG:{int(code)}"
    return next((str(each) for each in (wkt2_text, wkt1) if each and each != "undefined"), "")


# --- blobs -----------------------------------------------------------------------------------------------------------------


def wkb_start(blob: bytes) -> int:
    """Return where the WKB begins in a blob.

    Raises
    ------
    ValueError
        When it is no GeoPackage blob.
    """
    if len(blob) < 8 or blob[:2] != b"GP" or (blob[3] >> 1) & 7 > 4:
        raise ValueError("no GeoPackage geometry")
    return 8 + _ENVELOPE_BYTES[(blob[3] >> 1) & 7]


def wkb_starts(data: Any, starts: Any, ends: Any, missing: Any) -> Any:
    """Return where the WKB of every blob in a buffer begins (uint8 (b,), int64 (n,), int64 (n,), bool (n,)).

    A blob that is none gets its own end: nothing is left to read, and the reader of WKB says so.
    """
    out = ends.copy()
    rows = np.flatnonzero(~missing & (ends - starts >= 8))
    at = starts[rows]
    envelope = (data[at + 3] >> 1) & 7
    good = (data[at] == ord("G")) & (data[at + 1] == ord("P")) & (envelope <= 4)
    begin = at + 8 + np.array([*_ENVELOPE_BYTES, 0, 0, 0])[envelope]
    out[rows[good]] = np.minimum(begin[good], ends[rows[good]])
    return out


def blob_bounds(blob: bytes | None) -> tuple[float, float, float, float] | None:
    """Return minx, maxx, miny, maxy of a blob; None when it is missing, empty or no geometry."""
    if blob is None:
        return None
    try:
        start = wkb_start(blob)
        if start > 8:
            order = "<f8" if blob[3] & 1 else ">f8"
            box = np.frombuffer(blob, order, 4, 8)
        else:
            box = shapely.bounds(shapely.from_wkb(blob[start:]))[[0, 2, 1, 3]]
    except (ValueError, shapely.errors.GEOSException, NotImplementedError):
        return None
    return None if np.isnan(box).any() else (float(box[0]), float(box[1]), float(box[2]), float(box[3]))


def register_functions(connection: sqlite3.Connection) -> None:
    """Give a connection the five SQL functions that the triggers of a spatial index call."""
    last: list[Any] = [None, None]  # the triggers ask five times about one blob

    def bounds(blob: bytes | None) -> tuple[float, float, float, float] | None:
        if last[0] != blob:
            last[:] = [blob, blob_bounds(blob)]
        found: tuple[float, float, float, float] | None = last[1]
        return found

    def side(number: int) -> Any:
        def value(blob: bytes | None) -> float | None:
            box = bounds(blob)
            return None if box is None else box[number]

        return value

    def is_empty(blob: bytes | None) -> int | None:
        return None if blob is None else int(bounds(blob) is None)

    for number, name in enumerate(("ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY")):
        connection.create_function(name, 1, side(number), deterministic=True)
    connection.create_function("ST_IsEmpty", 1, is_empty, deterministic=True)


# --- spatial index ---------------------------------------------------------------------------------------------------------


def create_rtree(connection: sqlite3.Connection, table: str, fids: Ints, bounds: Floats) -> None:
    """Make the spatial index of a filled table, then the triggers that keep it right.

    Parameters
    ----------
    fids, bounds
        int64 (n,) and float64 (n, 4) minx, miny, maxx, maxy of all rows; NaN where a row has no place.
    """
    rtree = f"rtree_{table}_{GEOMETRY_COLUMN}"
    connection.execute(f"CREATE VIRTUAL TABLE {quoted(rtree)} USING rtree(id, minx, maxx, miny, maxy)")
    fill_rtree(connection, rtree, fids, bounds)
    names = ("insert", "update1", "update2", "update3", "update4", "delete")
    script = _TRIGGERS.format(
        t=quoted(table),
        c=quoted(GEOMETRY_COLUMN),
        i=quoted(FID_COLUMN),
        r=quoted(rtree),
        **{name: quoted(f"{rtree}_{name}") for name in names},
    )
    run_script(connection, script)
    definition = "http://www.geopackage.org/spec120/#extension_rtree"
    add_extension(connection, table, GEOMETRY_COLUMN, "gpkg_rtree_index", definition, "write-only")


def drop_table(connection: sqlite3.Connection, table: str) -> None:
    """Take a feature table, its index and all that the standard's tables say of it out of the file."""
    connection.execute(f"DROP TABLE IF EXISTS {quoted(f'rtree_{table}_{GEOMETRY_COLUMN}')}")
    connection.execute(f"DROP TABLE IF EXISTS {quoted(table)}")
    places = ["gpkg_extensions", "gpkg_geometry_columns", "gpkg_contents"]
    if "gpkg_ogr_contents" in tables_of(connection):
        places.append("gpkg_ogr_contents")
    for place in places:
        connection.execute(f"DELETE FROM {place} WHERE lower(table_name) = lower(?)", (table,))  # noqa: S608  a literal
