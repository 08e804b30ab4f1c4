"""A GeoPackage of other software as layers: schema and CRS from the standard's tables, a default style.

This file must not know of our own tables.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from cgplanner.geometry import ragged as flat
from cgplanner.io.report import Note
from cgplanner.io.sqlite import geopackage_sql as gpkg
from cgplanner.io.sqlite.feature_rows import TablePlan
from cgplanner.io.sqlite.sql_columns import declared_type
from cgplanner.io.workspace.tables import StoredLayer
from cgplanner.model.schema import Field, GeometryKind, Schema
from cgplanner.symbology.defaults import default_style
from cgplanner.text import sentence

_KIND_OF_NAME: dict[str, GeometryKind] = {
    "POINT": "point",
    "MULTIPOINT": "point",
    "LINESTRING": "line",
    "MULTILINESTRING": "line",
    "POLYGON": "polygon",
    "MULTIPOLYGON": "polygon",
}
assert set(_KIND_OF_NAME.values()) == set(flat.FAMILY_OF_KIND.values())  # noqa: S101  the two lists say the same


def plain_layers(connection: sqlite3.Connection) -> tuple[tuple[StoredLayer, ...], tuple[Note, ...]]:
    """Return the feature and attribute tables of a GeoPackage as layers, and what was left out of them."""
    rows = connection.execute(
        "SELECT c.table_name, c.identifier, c.srs_id, g.column_name, g.geometry_type_name, g.srs_id FROM gpkg_contents AS c "
        "LEFT JOIN gpkg_geometry_columns AS g ON lower(g.table_name) = lower(c.table_name) "
        "WHERE c.data_type IN ('features', 'attributes') ORDER BY c.rowid"
    ).fetchall()
    layers: list[StoredLayer] = []
    notes: list[Note] = []
    for position, row in enumerate(rows):
        layer, said = _plain_layer(connection, position, row)
        if layer is not None:
            layers.append(layer)
        notes.extend(said)
    return tuple(layers), tuple(notes)


def _plain_layer(
    connection: sqlite3.Connection, position: int, row: tuple[Any, ...]
) -> tuple[StoredLayer | None, tuple[Note, ...]]:
    table, identifier, contents_srs, geometry_column, geometry_type, srs_id = row
    fid, columns = _columns(connection, table)
    if not columns or table.startswith("cgplanner_"):
        return None, ()
    fields, names, notes = _fields(columns, {fid, geometry_column})
    kind: GeometryKind = "none" if geometry_column is None else _KIND_OF_NAME.get(str(geometry_type).upper(), "mixed")
    schema = Schema(fields, kind)
    srs = contents_srs if srs_id is None else srs_id
    layer = StoredLayer(
        id=table,
        title_zh=str(identifier or table),
        title_en="",
        role="planning",
        visible=True,
        opacity=1.0,
        crs=gpkg.crs_of(connection, srs),
        srs_id=srs if srs is not None else gpkg.UNDEFINED_SRS_ID,
        source="",
        accuracy_note="",
        encoding="",
        schema=schema,
        plan=TablePlan(table, names, geometry_column is not None, geometry_column or gpkg.GEOMETRY_COLUMN, fid or "rowid"),
        style=default_style(schema, position),
        extras={},
    )
    return layer, notes


def _columns(connection: sqlite3.Connection, table: str) -> tuple[str, list[tuple[str, str]]]:
    """Return the primary key's name and (name, declared type) of every column."""
    rows = connection.execute(f"PRAGMA table_info({gpkg.quoted(table)})").fetchall()
    keys = [name for _, name, declared, _, _, key in rows if key and declared.upper() in {"INTEGER", "MEDIUMINT", "INT"}]
    return (keys[0] if len(keys) == 1 else "", [(name, declared or "TEXT") for _, name, declared, _, _, _ in rows])


def _fields(
    columns: list[tuple[str, str]], beside: set[str | None]
) -> tuple[tuple[Field, ...], dict[str, str], tuple[Note, ...]]:
    fields: list[Field] = []
    notes: list[Note] = []
    for name, declared in columns:
        found = declared_type(declared)
        if name in beside:
            continue
        if found is None:
            message = sentence("The field {field} holds files or pictures and was left out.", field=name)
            notes.append(Note("field-type", "warning", message, 1, name))
            continue
        fields.append(Field(id=f"f{len(fields) + 1}", name=name, type=found[0], width=found[1]))
    return tuple(fields), {each.id: each.name for each in fields}, tuple(notes)
