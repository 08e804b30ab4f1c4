"""Our own tables in the workspace file: what a GeoPackage has no place for.

Written anew at every save (they are small), inside the transaction that changes the rows. What they hold is described in
``docs/formats/workspace.md``; a change there is a new format version and a migration. This file must not know of rows.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from cgplanner.errors import UserError
from cgplanner.io.report import Note
from cgplanner.io.schema_json import domain_from_json, domain_to_json, geometry_kind
from cgplanner.io.sqlite.feature_rows import TablePlan
from cgplanner.io.sqlite.geopackage_sql import add_extension, run_script
from cgplanner.model.basemap import Basemap, basemap_from_json
from cgplanner.model.bookmark import Bookmark, bookmark_from_json
from cgplanner.model.layer import Layer, Role
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.workspace import View, Workspace
from cgplanner.symbology.defaults import default_style
from cgplanner.symbology.style import Style, style_from_json
from cgplanner.text import sentence

Item = TypeVar("Item", Basemap, Bookmark)

FORMAT_VERSION = 1
APPLICATION = "cgplanner"
_EXTENSION, _DEFINITION = "cgplanner_workspace", "docs/formats/workspace.md of cgplanner"

TABLES = ("cgplanner_meta", "cgplanner_layers", "cgplanner_fields", "cgplanner_layouts")

_CREATE = """
CREATE TABLE cgplanner_meta (key TEXT PRIMARY KEY NOT NULL, value TEXT);
CREATE TABLE cgplanner_layers (id TEXT PRIMARY KEY NOT NULL, position INTEGER NOT NULL, table_name TEXT NOT NULL UNIQUE,
  title_zh TEXT NOT NULL, title_en TEXT NOT NULL, role TEXT NOT NULL, visible INTEGER NOT NULL, opacity REAL NOT NULL,
  crs TEXT NOT NULL, srs_id INTEGER NOT NULL, source TEXT NOT NULL, accuracy_note TEXT NOT NULL, encoding TEXT NOT NULL,
  geometry TEXT NOT NULL, key_field TEXT, title_field TEXT, title_en_field TEXT, style TEXT NOT NULL, extras TEXT NOT NULL);
CREATE TABLE cgplanner_fields (layer_id TEXT NOT NULL, position INTEGER NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL,
  column_name TEXT NOT NULL, type TEXT NOT NULL, width INTEGER NOT NULL, "precision" INTEGER NOT NULL,
  nullable INTEGER NOT NULL, domain TEXT, alias_zh TEXT NOT NULL, alias_en TEXT NOT NULL, PRIMARY KEY (layer_id, id));
CREATE TABLE cgplanner_layouts (position INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, layout TEXT NOT NULL);
"""


@dataclass(frozen=True)
class StoredLayer:
    """A layer as our tables tell it, without its rows."""

    id: str
    title_zh: str
    title_en: str
    role: Role
    visible: bool
    opacity: float
    crs: str
    srs_id: int
    source: str
    accuracy_note: str
    encoding: str
    schema: Schema
    plan: TablePlan
    style: Style
    extras: Mapping[str, Any]


def create_tables(connection: sqlite3.Connection) -> None:
    """Make our tables and register them, so that other software leaves them alone."""
    run_script(connection, _CREATE)
    for table in TABLES:
        add_extension(connection, table, None, _EXTENSION, _DEFINITION, "write-only")
    # Without this GDAL lists every table that gpkg_contents does not name as a layer, ours too.
    add_extension(connection, None, None, "gdal_aspatial", "http://gdal.org/geopackage_aspatial.html")


def write_tables(
    connection: sqlite3.Connection, workspace: Workspace, plans: Mapping[str, TablePlan], srs_ids: Mapping[str, int], state: str
) -> None:
    """Write everything but the rows, in place of what was there."""
    for table in TABLES:
        connection.execute(f"DELETE FROM {table}")  # noqa: S608  a literal
    connection.executemany("INSERT INTO cgplanner_meta VALUES (?, ?)", _meta(workspace, state).items())
    for position, layer in enumerate(workspace.layers):
        _write_layer(connection, position, layer, plans[layer.id], srs_ids[layer.id])
    layouts = [(position, name, _dumped(layout)) for position, (name, layout) in enumerate(workspace.layouts.items())]
    connection.executemany("INSERT INTO cgplanner_layouts VALUES (?, ?, ?)", layouts)


def _meta(workspace: Workspace, state: str) -> dict[str, str]:
    view = workspace.view
    return {
        "format_version": str(FORMAT_VERSION),
        "application": APPLICATION,
        "title_zh": workspace.title_zh,
        "title_en": workspace.title_en,
        "display_crs": workspace.display_crs,
        "view": _dumped(None if view is None else [view.x, view.y, view.scale]),
        "state": state,
        "basemaps": _dumped([each.to_json() for each in workspace.basemaps]),
        "bookmarks": _dumped([each.to_json() for each in workspace.bookmarks]),
    }


def _dumped(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, default=_as_plain)


def _as_plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _write_layer(connection: sqlite3.Connection, position: int, layer: Layer, plan: TablePlan, srs_id: int) -> None:
    schema = layer.schema
    row = {
        "id": layer.id,
        "position": position,
        "table_name": plan.table,
        "title_zh": layer.title_zh,
        "title_en": layer.title_en,
        "role": layer.role,
        "visible": int(layer.visible),
        "opacity": layer.opacity,
        "crs": layer.crs,
        "srs_id": srs_id,
        "source": layer.source,
        "accuracy_note": layer.accuracy_note,
        "encoding": layer.encoding,
        "geometry": schema.geometry,
        "key_field": schema.key,
        "title_field": schema.title,
        "title_en_field": schema.title_en,
        "style": _dumped(layer.style.to_json()),
        "extras": _dumped(layer.extras),
    }
    _insert(connection, "cgplanner_layers", row)
    for place, each in enumerate(schema):
        _insert(connection, "cgplanner_fields", _field_row(layer.id, place, each, plan.columns[each.id]))


def _field_row(layer_id: str, position: int, field: Field, column: str) -> dict[str, Any]:
    return {
        "layer_id": layer_id,
        "position": position,
        "id": field.id,
        "name": field.name,
        "column_name": column,
        "type": field.type.value,
        "width": field.width,
        "precision": field.precision,
        "nullable": int(field.nullable),
        "domain": _dumped(domain_to_json(field.domain)),
        "alias_zh": field.alias_zh,
        "alias_en": field.alias_en,
    }


def _insert(connection: sqlite3.Connection, table: str, row: Mapping[str, Any]) -> None:
    """Insert by names: a migrated file has its columns in another order."""
    names = ", ".join(f'"{name}"' for name in row)
    marks = ", ".join("?" * len(row))
    connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(row.values()))  # noqa: S608  our own names


def format_version(connection: sqlite3.Connection) -> int:
    """Return the format version a file declares; ValueError when it declares none."""
    found = connection.execute("SELECT value FROM cgplanner_meta WHERE key = 'format_version'").fetchone()
    if found is None:
        raise ValueError("no format version")
    return int(found[0])


def state_of(connection: sqlite3.Connection) -> str:
    """Return the word that stands for what the file holds now; another one after every save."""
    found = connection.execute("SELECT value FROM cgplanner_meta WHERE key = 'state'").fetchone()
    return str(found[0]) if found else ""


def read_workspace_settings(connection: sqlite3.Connection) -> Workspace:
    """Return the workspace without its layers."""
    meta: dict[str, str] = dict(connection.execute("SELECT key, value FROM cgplanner_meta"))
    view = json.loads(meta.get("view", "null"))
    rows = connection.execute("SELECT name, layout FROM cgplanner_layouts ORDER BY position")
    layouts = {name: json.loads(layout) for name, layout in rows}
    if not all(isinstance(layout, dict) for layout in layouts.values()):
        raise ValueError("a layout that is none")
    return Workspace(
        title_zh=str(meta.get("title_zh", "")),
        title_en=str(meta.get("title_en", "")),
        display_crs=str(meta.get("display_crs", "")),
        layouts=layouts,
        view=None if view is None else View(float(view[0]), float(view[1]), float(view[2])),
        basemaps=_read_list(meta.get("basemaps"), basemap_from_json),
        bookmarks=_read_list(meta.get("bookmarks"), bookmark_from_json),
    )


def _read_list(text: str | None, read: Callable[[Mapping[str, Any]], Item]) -> tuple[Item, ...]:
    """Return what a list of the meta table holds; files of before there were such lists hold none."""
    items = json.loads(text or "[]")
    if not isinstance(items, list) or not all(isinstance(each, dict) for each in items):
        raise ValueError("a list that is none")
    return tuple(read(each) for each in items)


def read_layers(connection: sqlite3.Connection) -> tuple[tuple[StoredLayer, ...], tuple[Note, ...]]:
    """Return all layers from bottom to top, and the notes of styles that had to be replaced."""
    cursor = connection.execute("SELECT * FROM cgplanner_layers ORDER BY position")
    names = [column[0] for column in cursor.description]
    layers: list[StoredLayer] = []
    notes: list[Note] = []
    for row in cursor.fetchall():
        layer, said = _stored_layer(connection, dict(zip(names, row, strict=True)))
        layers.append(layer)
        notes.extend(said)
    return tuple(layers), tuple(notes)


def _stored_layer(connection: sqlite3.Connection, row: dict[str, Any]) -> tuple[StoredLayer, tuple[Note, ...]]:
    fields, columns = _read_fields(connection, row["id"])
    schema = Schema(fields, geometry_kind(row["geometry"]), row["key_field"], row["title_field"], row["title_en_field"])
    style, notes = _read_style(row, schema)
    extras = json.loads(row["extras"])
    if row["role"] not in {"planning", "base"} or not isinstance(extras, dict):
        raise ValueError(row["role"])
    layer = StoredLayer(
        id=row["id"],
        title_zh=row["title_zh"],
        title_en=row["title_en"],
        role=row["role"],
        visible=bool(row["visible"]),
        opacity=float(row["opacity"]),
        crs=row["crs"],
        srs_id=int(row["srs_id"]),
        source=row["source"],
        accuracy_note=row["accuracy_note"],
        encoding=row["encoding"],
        schema=schema,
        plan=TablePlan(row["table_name"], columns),
        style=style,
        extras=extras,
    )
    return layer, notes


def _read_fields(connection: sqlite3.Connection, layer_id: str) -> tuple[tuple[Field, ...], dict[str, str]]:
    rows = connection.execute(
        'SELECT id, name, column_name, type, width, "precision", nullable, domain, alias_zh, alias_en '
        "FROM cgplanner_fields WHERE layer_id = ? ORDER BY position",
        (layer_id,),
    ).fetchall()
    columns = {row[0]: row[2] for row in rows}
    fields = tuple(
        Field(
            id=field_id,
            name=name,
            type=FieldType(kind),
            width=int(width),
            precision=int(precision),
            nullable=bool(nullable),
            domain=domain_from_json(json.loads(domain or "null")),
            alias_zh=alias_zh,
            alias_en=alias_en,
        )
        for field_id, name, _, kind, width, precision, nullable, domain, alias_zh, alias_en in rows
    )
    return fields, columns


def _read_style(row: Mapping[str, Any], schema: Schema) -> tuple[Style, tuple[Note, ...]]:
    """Return the style; a default one, which is said, where this version cannot read it: the data must open all the same."""
    try:
        return style_from_json(json.loads(row["style"])), ()
    except (UserError, ValueError, TypeError, AttributeError):
        name = row["title_zh"] or row["id"]
        message = sentence("The style of {layer} could not be read; a plain one is shown.", layer=name)
        return default_style(schema, row["position"]), (Note("style-unreadable", "warning", message),)
