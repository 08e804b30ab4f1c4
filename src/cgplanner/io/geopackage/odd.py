"""What GDAL leaves out of a GeoPackage or changes, asked of SQLite itself.

Columns of types that the standard does not know, values of another type than their column, days that are none, shapes that are
no GeoPackage blobs. Nothing here reads a whole table while it is as it ought to be.
"""

from __future__ import annotations

import contextlib
import sqlite3
import struct
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from cgplanner.io.drivers.gdal_layers import DriverLayer
from cgplanner.io.report import Note
from cgplanner.io.sqlite.geopackage_sql import quoted, wkb_start
from cgplanner.io.sqlite.sql_columns import column_from_sql, declared_type
from cgplanner.model.column import Column
from cgplanner.model.geometry_column import flat_column
from cgplanner.model.schema import Field, FieldType
from cgplanner.text import sentence

_FEW = 20_000  # rows up to which every blob's header is looked at
_AT_ONCE = 500
_DAY, _MOMENT = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]", "????-??-??T??:??:??*Z"
_NUMBERS = (FieldType.INTEGER, FieldType.REAL, FieldType.BOOLEAN)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
        database.text_factory = lambda raw: raw.decode("utf-8", "replace")
        yield database


def missing_fields(path: Path, layer: str, info: dict[str, Any], fields: tuple[Field, ...]) -> tuple[Field, ...]:
    """Return fields, with new ids, for the columns that the driver leaves out; those that hold blobs stay left out."""
    if not info["fid_column"]:
        return ()
    known = {each.name.lower() for each in fields} | {info["fid_column"].lower(), str(info["geometry_name"]).lower()}
    missing: list[Field] = []
    with contextlib.suppress(sqlite3.Error), _opened(path) as database:
        for name, declared, hidden in database.execute(
            "SELECT name, type, hidden FROM pragma_table_xinfo(?)", (layer,)
        ).fetchall():
            kind = declared_type(str(declared or "TEXT"))
            if kind is not None and hidden != 1 and name.lower() not in known and not _holds_blobs(database, layer, name):
                number = len(fields) + len(missing) + 1
                missing.append(Field(f"f{number}", name, _by_affinity(str(declared), kind[0]), kind[1]))
    return tuple(missing)


def changed_fields(path: Path, layer: str, info: dict[str, Any], fields: tuple[Field, ...]) -> tuple[Field, ...]:
    """Return the fields of which the driver would change values; the whole table is looked at."""
    if info["fid_column"]:
        with contextlib.suppress(sqlite3.Error), _opened(path) as database:
            return _changed(database, layer, fields)
    return ()


def _by_affinity(declared: str, kind: FieldType) -> FieldType:
    """Return the type of a column whose declaration the standard does not know, as SQLite stores its values."""
    text = declared.upper()
    if kind is not FieldType.TEXT or "CHAR" in text or "TEXT" in text:
        return kind
    if "INT" in text:
        return FieldType.INTEGER
    if "TIMESTAMP" in text:
        return FieldType.DATETIME
    return FieldType.REAL if any(word in text for word in ("REAL", "FLOA", "DOUB", "DEC", "NUM")) else FieldType.TEXT


def _holds_blobs(database: sqlite3.Connection, layer: str, name: str) -> bool:
    column = quoted(name)
    found = database.execute(f"SELECT typeof({column}) FROM {quoted(layer)} WHERE {column} IS NOT NULL LIMIT 1").fetchone()  # noqa: S608  quoted names
    return bool(found) and found[0] == "blob"


def _changed(database: sqlite3.Connection, layer: str, fields: tuple[Field, ...]) -> tuple[Field, ...]:
    tests = [(each, test) for each in fields if (test := _test(each))]
    if not tests:
        return ()
    sums = ", ".join(f"total({test})" for _, test in tests)
    found = database.execute(f"SELECT {sums} FROM {quoted(layer)}").fetchone()  # noqa: S608  quoted names
    return tuple(each for (each, _), count in zip(tests, found, strict=True) if count)


def _test(field: Field) -> str:
    """Return the condition under which the driver would change a value."""
    name = quoted(field.name)
    if field.type in _NUMBERS:
        return f"typeof({name}) IN ('text', 'blob')"
    if field.type is FieldType.DATE:
        return f"({name} NOT NULL AND ({name} NOT GLOB '{_DAY}' OR date({name}) IS NOT {name}))"
    if field.type is FieldType.DATETIME:
        return f"({name} NOT NULL AND ({name} NOT GLOB '{_MOMENT}' OR julianday({name}) IS NULL))"
    return ""


def own_columns(
    path: Path, layer: str, fid_column: str, fids: Any, fields: tuple[Field, ...]
) -> tuple[dict[str, Column], tuple[Note, ...]]:
    """Return {field id: column} of these fields for these rows, and what did not fit."""
    columns: dict[str, Column] = {}
    notes: list[Note] = []
    with _opened(path) as database:
        for each in fields:
            statement = f"SELECT {quoted(fid_column)}, {quoted(each.name)} FROM {quoted(layer)}"  # noqa: S608  quoted names
            values = dict(database.execute(statement).fetchall())
            columns[each.id], said = column_from_sql([values.get(fid) for fid in fids.tolist()], each)
            notes += said
    return columns, tuple(notes)


def with_other_shapes(path: Path, layer: str, found: DriverLayer) -> DriverLayer:
    """Return the layer with shapes that are stored as WKB or WKT, and notes on those that nobody can read."""
    name, fid = found.info["geometry_name"], found.info["fid_column"]
    rows = np.flatnonzero(found.geometry.nulls)
    if not len(rows) or not name or not fid or found.fids is None:
        return found
    row_of_fid = {int(found.fids[row]): int(row) for row in rows}
    shapes: dict[int, Any] = {}
    lost = 0
    with contextlib.suppress(sqlite3.Error), _opened(path) as database:
        for number, stored in _stored(database, layer, name, fid, list(row_of_fid)):
            shape = _shape(stored)
            if shape is not None and np.isfinite(shapely.get_coordinates(shape)).all():
                shapes[row_of_fid[number]] = shape
            elif shape is None and stored:
                lost += 1
    lost -= sum(note.count for note in found.notes if note.code in ("geometry-unreadable", "geometry-kind"))
    notes = list(found.notes)
    geometry = found.geometry
    if shapes:
        geometry = geometry.replaced(np.array(list(shapes)), flat_column(np.array([*shapes.values(), None], object)[:-1]))
        message = sentence("{count} shapes are stored in another form than a GeoPackage's; they were read.", count=len(shapes))
        notes.append(Note("geometry-form", "warning", message, len(shapes)))
    if lost > 0:
        message = sentence("{count} damaged geometries were left out.", count=lost)
        notes.append(Note("geometry-unreadable", "warning", message, lost))
    return replace(found, geometry=geometry, notes=tuple(notes))


def _stored(database: sqlite3.Connection, layer: str, name: str, fid_column: str, fids: list[int]) -> Iterator[tuple[int, Any]]:
    for first in range(0, len(fids), _AT_ONCE):
        some = ", ".join(map(str, fids[first : first + _AT_ONCE]))
        where = f"{quoted(fid_column)} IN ({some}) AND {quoted(name)} IS NOT NULL"
        statement = f"SELECT {quoted(fid_column)}, {quoted(name)} FROM {quoted(layer)} WHERE {where}"  # noqa: S608  quoted names, numbers
        yield from database.execute(statement)


def _shape(stored: Any) -> Any:
    """Return the shape in WKB, EWKB, WKT or a blob with a wrong header; None when it is none of these."""
    if isinstance(stored, str):
        text = stored.split(";", 1)[1] if stored[:5].upper() == "SRID=" and ";" in stored else stored
        return shapely.from_wkt(text, on_invalid="ignore")
    if not isinstance(stored, bytes) or len(stored) < 5:
        return None
    if stored[:2] == b"GP" and len(stored) > 8:
        with contextlib.suppress(ValueError, IndexError, struct.error):
            return shapely.from_wkb(stored[wkb_start(stored) :], on_invalid="ignore")
        return shapely.from_wkb(stored[8:], on_invalid="ignore")
    return shapely.from_wkb(stored, on_invalid="ignore")


def system_notes(path: Path, layer: str, info: dict[str, Any]) -> tuple[Note, ...]:
    """Return a note on shapes that say another coordinate system than their layer; of very large tables nothing is said."""
    name = info["geometry_name"]
    if not name or not 0 < int(info["features"]) <= _FEW:
        return ()
    column = quoted(name)
    with contextlib.suppress(sqlite3.Error), _opened(path) as database:
        row = database.execute(
            "SELECT srs_id FROM gpkg_geometry_columns WHERE lower(table_name) = lower(?)", (layer,)
        ).fetchone()
        if row is None:
            return ()
        own = (struct.pack("<i", row[0]), struct.pack(">i", row[0]), bytes(4))
        statement = f"SELECT count(*) FROM {quoted(layer)} WHERE substr({column}, 1, 2) = x'4750' AND substr({column}, 5, 4) NOT IN (?, ?, ?)"  # noqa: S608, E501  quoted names
        count = database.execute(statement, own).fetchone()[0]
        if count:
            message = sentence(
                "{count} shapes say that they are in another coordinate system than their layer; they were read as if in its.",
                count=count,
            )
            return (Note("crs-mixed", "warning", message, count),)
    return ()
