"""A layer as a GeoPackage of its own, for other software: the standard's tables only, with the titles of the fields."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from cgplanner.io.drivers.driver_pieces import NotInPiecesError
from cgplanner.io.geopackage.door import geopackage_pieces, read_geopackage
from cgplanner.io.report import Note
from cgplanner.io.source import WriteReport
from cgplanner.io.sqlite import geopackage_sql as gpkg
from cgplanner.io.sqlite.feature_rows import TablePlan, fill_table, make_table, plan_for, type_of_kinds
from cgplanner.io.writing.described import describe_geopackage
from cgplanner.io.writing.field_dictionary import dictionary_of
from cgplanner.io.writing.outgoing import WriteRequest
from cgplanner.io.writing.read_back import Witness, check_pieces, check_with_fiona
from cgplanner.io.writing.rows import Rows, in_order
from cgplanner.io.writing.single_file import draft_of, told
from cgplanner.model.schema import Schema
from cgplanner.model.table import FeatureTable

_COLUMNS_TABLE = """
CREATE TABLE gpkg_data_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT, description TEXT,
mime_type TEXT, constraint_name TEXT, CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name), UNIQUE(table_name, name))
"""

_SCHEMA_EXTENSION = "http://www.geopackage.org/spec121/#extension_schema"


def geopackage_losses(_request: WriteRequest) -> tuple[Note, ...]:
    """Return nothing: the format holds all that a table has."""
    return ()


def write_geopackage(request: WriteRequest) -> WriteReport:
    """Write one layer; a file that is there is replaced as a whole.

    Raises
    ------
    UserError
        When the file is there and may not be overwritten, the disk says no, or it does not read back as it was written.
    """
    rows = in_order(request.rows)
    with draft_of(request) as draft:
        try:
            plan = _write(draft, rows, request)
        except sqlite3.OperationalError as error:
            raise OSError(str(error)) from error  # a full disk, mostly
        told(request, 0.5)
        witness = Witness(len(rows))
        check_pieces(_expected(rows, plan), _found(draft, plan.table), witness, request.path)
        check_with_fiona(witness, draft, layer=plan.table)
        told(request, 1.0)
    renamed = tuple((each.name, plan.columns[each.id]) for each in rows.schema if each.name != plan.columns[each.id])
    return WriteReport((request.path,), (), renamed, "UTF-8", request.crs, True, len(rows), len(rows))


def _write(draft: Path, rows: Rows, request: WriteRequest) -> TablePlan:
    draft.touch()
    with gpkg.opened(draft, write=True) as connection:
        connection.execute("PRAGMA journal_mode = OFF")  # the file does not exist for anybody until it is complete
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -16000")  # rows and index are written from beginning to end
        connection.execute("BEGIN")
        gpkg.create_core(connection)
        taken = {name.lower() for name in gpkg.tables_of(connection)}
        plan = plan_for(request.layer_name, rows.schema, taken)
        srs_id = gpkg.srs_id_of(connection, request.crs)
        make_table(connection, plan, rows.schema)
        fill_table(connection, plan, rows.pieces(), srs_id)
        _describe(connection, plan, rows, request.layer_name, srs_id)
        names = [plan.columns[each.id] for each in rows.schema]
        describe_geopackage(connection, plan.table, dictionary_of(names, rows.schema))
        connection.execute("COMMIT")
    return plan


def _describe(connection: sqlite3.Connection, plan: TablePlan, rows: Rows, title: str, srs_id: int) -> None:
    shapes = rows.shapes
    extent = shapes.extent or (None, None, None, None)
    kind, z, m = type_of_kinds(shapes.kinds, rows.schema), 2 * (shapes.z or shapes.odd_z), 2 * (shapes.m or shapes.odd_m)
    connection.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, min_x, min_y, max_x, max_y, srs_id) "
        "VALUES (?, 'features', ?, ?, ?, ?, ?, ?)",
        (plan.table, title, *extent, srs_id),
    )
    row = (plan.table, plan.geometry_column, kind, srs_id, z, m)
    connection.execute("INSERT INTO gpkg_geometry_columns VALUES (?, ?, ?, ?, ?, ?)", row)
    titled = [(plan.table, plan.columns[each.id], each.title) for each in rows.schema if each.title != each.name]
    if titled:
        connection.execute(_COLUMNS_TABLE)
        gpkg.add_extension(connection, "gpkg_data_columns", None, "gpkg_schema", _SCHEMA_EXTENSION)
        connection.executemany("INSERT INTO gpkg_data_columns (table_name, column_name, title) VALUES (?, ?, ?)", titled)


def _expected(rows: Rows, plan: TablePlan) -> Iterator[FeatureTable]:
    """Give the rows with the names that the file has."""
    fields = tuple(replace(each, name=plan.columns[each.id]) for each in rows.schema)
    renamed = Schema(fields, rows.schema.geometry)
    return (piece.with_schema(renamed) for piece in rows.pieces())


def _found(draft: Path, table: str) -> Iterator[FeatureTable]:
    try:
        yield from (piece.table for piece in geopackage_pieces(draft, table))
    except NotInPiecesError:
        yield read_geopackage(draft, table).table
