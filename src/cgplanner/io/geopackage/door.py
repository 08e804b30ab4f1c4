"""The door for layers in a GeoPackage that is not one of our workspaces."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from cgplanner.errors import UserError
from cgplanner.io.crs.crs_files import crs_of_driver
from cgplanner.io.drivers.driver_pieces import NotInPiecesError, driver_pieces
from cgplanner.io.drivers.gdal_layers import (
    DriverLayer,
    attribute_columns,
    driver_layers,
    field_of,
    geometry_kind,
    geometry_notes,
    layer_info,
    read_driver_layer,
    schema_of,
    with_layer_notes,
)
from cgplanner.io.drivers.geodatabase_titles import coded_domain, range_domain, titled
from cgplanner.io.geopackage.mend import whole_geopackage
from cgplanner.io.geopackage.odd import changed_fields, missing_fields, own_columns, system_notes, with_other_shapes
from cgplanner.io.report import Note, Report
from cgplanner.io.shapes.repair import with_finite
from cgplanner.io.source import LoadedLayer, Progress, SourceLayer
from cgplanner.io.sqlite.geopackage_pages import NotPlainError, page_pieces, read_pages
from cgplanner.model.geometry_column import flat_column
from cgplanner.model.schema import Field, FieldType
from cgplanner.model.table import new_table
from cgplanner.text import sentence, tr

_OF_PROGRAMS = ("layer_styles", "qgis_projects")  # tables that QGIS keeps its own things in
WORKSPACE_MARK = "cgplanner_meta"
_PLAIN = {
    ("OFTInteger", "OFSTNone"): FieldType.INTEGER,
    ("OFTInteger", "OFSTInt16"): FieldType.INTEGER,
    ("OFTInteger", "OFSTBoolean"): FieldType.BOOLEAN,
    ("OFTInteger64", "OFSTNone"): FieldType.INTEGER,
    ("OFTReal", "OFSTNone"): FieldType.REAL,
    ("OFTString", "OFSTNone"): FieldType.TEXT,
    ("OFTDate", "OFSTNone"): FieldType.DATE,
    ("OFTDateTime", "OFSTNone"): FieldType.DATETIME,
}


def is_workspace(path: Path) -> bool:
    """Tell whether the GeoPackage is one of our workspaces."""
    return bool(_query(path, "SELECT 1 FROM sqlite_master WHERE name = ?", WORKSPACE_MARK))


def geopackage_layers(path: Path) -> tuple[SourceLayer, ...]:
    """Return the layers of a GeoPackage."""
    _settle(path)
    with whole_geopackage(path) as whole:
        found = driver_layers(whole)
    shown = tuple(each for each in found if each.name not in _OF_PROGRAMS)
    return shown or found


def read_geopackage(path: Path, layer: str, *, progress: Progress | None = None) -> LoadedLayer:
    """Read one layer; its fids are the table's.

    Raises
    ------
    UserError
        When the file is damaged.
    """
    _settle(path)
    with whole_geopackage(path) as whole:
        loaded = replace(_read(whole, layer, progress), source_path=path)
        return loaded if whole == path else replace(loaded, report=loaded.report.with_notes(_mended_note()))


def _mended_note() -> Note:
    return Note(
        "lists-missing", "info", sentence("The GeoPackage does not list its tables as the standard wants; they were read.")
    )


def _read(path: Path, layer: str, progress: Progress | None) -> LoadedLayer:
    info = layer_info(path, layer)
    fields = _fields_of(path, layer, info)
    found, odd = _from_pages(path, layer, info, progress), missing_fields(path, layer, info, fields)
    if found is None:
        found = read_driver_layer(path, layer, info=info, fids=True, progress=progress)
        found = with_other_shapes(path, layer, found)
        odd = (*changed_fields(path, layer, info, fields), *odd)
    loaded = _loaded(path, layer, found, fields, odd)
    loaded = replace(loaded, report=loaded.report.with_notes(*system_notes(path, layer, info)))
    return with_layer_notes(loaded, len(loaded.table), drawn=info["geometry_type"] is not None)


def geopackage_pieces(path: Path, layer: str) -> Iterator[LoadedLayer]:
    """Give one layer some thousand rows at a time; the last piece has no rows and says what is to be said of the whole.

    Raises
    ------
    UserError
        When the file is damaged.
    NotInPiecesError
        When it can only be read whole.
    """
    _settle(path)
    with whole_geopackage(path) as whole:
        if whole != path:
            raise NotInPiecesError
        yield from _pieces(path, layer)


def _pieces(path: Path, layer: str) -> Iterator[LoadedLayer]:
    info = layer_info(path, layer)
    fields, done = _fields_of(path, layer, info), 0
    if missing_fields(path, layer, info, fields):
        raise NotInPiecesError
    try:
        for found in _pieces_from_pages(path, layer, info):
            piece = _loaded(path, layer, found, fields)
            done += len(piece.table)
            yield piece
    except NotPlainError as error:
        if changed_fields(path, layer, info, fields):
            raise NotInPiecesError from error
        for found in driver_pieces(path, layer, info, fids=True, skip=done):
            piece = _loaded(path, layer, with_other_shapes(path, layer, found), fields)
            done += len(piece.table)
            yield piece
    last = _loaded(path, layer, DriverLayer(info, flat_column([]), None, None, system_notes(path, layer, info)), fields)
    yield with_layer_notes(last, done, drawn=info["geometry_type"] is not None)


def _fields_of(path: Path, layer: str, info: dict[str, Any]) -> tuple[Field, ...]:
    types = zip(info["fields"], info["ogr_types"], info["ogr_subtypes"], strict=True)
    fields = tuple(field_of(number, str(name), kind, sub) for number, (name, kind, sub) in enumerate(types, 1))
    return _with_declared(path, layer, fields)


def _loaded(path: Path, layer: str, found: DriverLayer, fields: tuple[Field, ...], odd: tuple[Field, ...] = ()) -> LoadedLayer:
    """Return the layer; ``odd`` are the fields that SQLite is asked for in place of the driver."""
    columns, said = attribute_columns(found, fields)
    if odd:
        own, more = own_columns(path, layer, found.info["fid_column"], found.fids, odd)
        fields, columns = (*fields, *(each for each in odd if each.id not in columns)), columns | own
        said = (*said, *more)
    if found.info["fid_column"]:
        found = replace(found, notes=tuple(note for note in found.notes if not _is_on_values(note)))
    crs = crs_of_driver(found.info["crs"])
    kind = geometry_kind(found.info["geometry_type"], found.geometry)
    table = new_table(schema_of(fields, kind), columns, found.geometry, found.fids)
    drawn = found.info["geometry_type"] is not None
    notes = (*found.notes, *said, *(geometry_notes(found.geometry) if drawn else ()))
    return LoadedLayer(layer, table, crs.crs, Report(notes, (), "UTF-8", "declared", crs.crs, crs.how), path)


def _is_on_values(note: Note) -> bool:
    """Tell whether the driver speaks of columns and values that were read without it."""
    text = str(note.message)
    words = ("Field format", "content for record", "geometry column '")
    return note.code == "driver" and any(word in text for word in words)


def _from_pages(path: Path, layer: str, info: dict[str, Any], progress: Progress | None) -> DriverLayer | None:
    """Return the layer as the driver would give it, from the pages of the file; None when it is not that plain."""
    plain = _plain_fields(info)
    found = None if plain is None else read_pages(path, layer, plain, **_where(info), progress=progress)
    if found is None:
        return None
    shapes, mended = with_finite(found.geometry)
    return DriverLayer(info, shapes, found.attributes, found.fids, mended)


def _pieces_from_pages(path: Path, layer: str, info: dict[str, Any]) -> Iterator[DriverLayer]:
    plain = _plain_fields(info)
    if plain is None:
        raise NotPlainError
    for found in page_pieces(path, layer, plain, **_where(info)):
        shapes, mended = with_finite(found.geometry)
        yield DriverLayer(info, shapes, found.attributes, found.fids, mended)


def _where(info: dict[str, Any]) -> dict[str, Any]:
    geometry = None if info["geometry_type"] is None else info["geometry_name"]
    return {"geometry_column": geometry, "fid_column": info["fid_column"], "rows": int(info["features"])}


def _plain_fields(info: dict[str, Any]) -> dict[str, FieldType] | None:
    """Return {column: type} when all columns are of kinds that the pages' reader knows."""
    kinds = zip(info["fields"], info["ogr_types"], info["ogr_subtypes"], strict=True)
    fields = {str(name): _PLAIN.get((str(kind), str(sub))) for name, kind, sub in kinds}
    plain = {name: kind for name, kind in fields.items() if kind is not None}
    if len(plain) < len(fields) or not info["fid_column"]:
        return None
    return plain


def _settle(path: Path) -> None:
    """Let SQLite finish what a dead process left in a journal; without it GDAL takes the file for a damaged one."""
    if not any(path.with_name(path.name + suffix).exists() for suffix in ("-journal", "-wal")):
        return
    with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("SELECT count(*) FROM sqlite_master").fetchall()


def _query(path: Path, statement: str, *values: str) -> list[Any]:
    try:
        with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            return database.execute(statement, values).fetchall()
    except sqlite3.OperationalError:
        return []
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:  # sqlite3 cannot always say in characters what is wrong
        raise UserError(
            tr("{name} is damaged: {reason}.", name=path.name, reason=error),
            hint=tr("Take the last good copy of it."),
            path=path,
        ) from error


def _with_declared(path: Path, layer: str, fields: tuple[Field, ...]) -> tuple[Field, ...]:
    """Add what only the tables of the file say: the widths of texts, and the titles and values of columns."""
    declared = {name: str(kind) for name, kind in _query(path, "SELECT name, type FROM pragma_table_info(?)", layer)}
    titles = dict(_query(path, _TITLES, layer))
    return tuple(
        _of_domain(path, layer, _described(each, declared.get(each.name, ""), titles.get(each.name))) for each in fields
    )


_TITLES = "SELECT column_name, coalesce(title, name, description) FROM gpkg_data_columns WHERE table_name = ?"
_CONSTRAINTS = (
    "SELECT d.constraint_name, c.constraint_type, c.value, c.description, c.min, c.max FROM gpkg_data_columns AS d "
    "JOIN gpkg_data_column_constraints AS c ON c.constraint_name = d.constraint_name "
    "WHERE d.table_name = ? AND d.column_name = ?"
)


def _described(field: Field, declared: str, title: str | None) -> Field:
    width = re.fullmatch(r"TEXT\((\d+)\)", declared, re.IGNORECASE)
    if field.type is FieldType.TEXT and width:
        field = replace(field, width=int(width[1]))
    return titled(field, str(title or ""))


def _of_domain(path: Path, layer: str, field: Field) -> Field:
    rows = _query(path, _CONSTRAINTS, layer, field.name)
    values = [(str(value), str(text or "")) for _, kind, value, text, *_ in rows if str(kind).lower() == "enum"]
    ranges = [
        ("" if low is None else str(low), "" if high is None else str(high))
        for _, kind, _, _, low, high in rows
        if str(kind).lower() == "range"
    ]
    if values:
        return replace(field, domain=coded_domain(str(rows[0][0]), values, field.type))
    return replace(field, domain=range_domain(str(rows[0][0]), *ranges[0], field.type)) if ranges else field
