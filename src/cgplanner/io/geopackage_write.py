"""A layer as a GeoPackage of its own, for other software: the standard's tables only, with the titles of the fields."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import numpy as np

from cgplanner.io import geopackage_sql as gpkg
from cgplanner.io.described import describe_geopackage
from cgplanner.io.feature_rows import TablePlan, create_table, geometry_type, plan_for
from cgplanner.io.field_dictionary import dictionary_of
from cgplanner.io.geopackage import read_geopackage
from cgplanner.io.outgoing import WriteRequest
from cgplanner.io.read_back import check, check_with_fiona
from cgplanner.io.report import Note
from cgplanner.io.single_file import draft_of, told
from cgplanner.io.source import WriteReport
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
    table = request.table
    with draft_of(request) as draft:
        try:
            plan = _write(draft, table, request.crs, request.layer_name)
        except sqlite3.OperationalError as error:
            raise OSError(str(error)) from error  # a full disk, mostly
        told(request, 0.5)
        expected = _expected(table, plan)
        check(expected, read_geopackage(draft, plan.table).table, request.path)
        check_with_fiona(expected, draft, layer=plan.table)
        told(request, 1.0)
    renamed = tuple((each.name, plan.columns[each.id]) for each in table.schema if each.name != plan.columns[each.id])
    return WriteReport((request.path,), (), renamed, "UTF-8", request.crs, True, len(table), len(table))


def _write(draft: Path, table: FeatureTable, crs: str, layer_name: str) -> TablePlan:
    draft.touch()
    with gpkg.opened(draft, write=True) as connection:
        connection.execute("PRAGMA journal_mode = OFF")  # the file does not exist for anybody until it is complete
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN")
        gpkg.create_core(connection)
        taken = {name.lower() for name in gpkg.tables_of(connection)}
        plan = plan_for(layer_name, table.schema, taken)
        srs_id = gpkg.srs_id_of(connection, crs)
        create_table(connection, plan, table, srs_id)
        _describe(connection, plan, table, layer_name, srs_id)
        names = [plan.columns[each.id] for each in table.schema]
        describe_geopackage(connection, plan.table, dictionary_of(names, table.schema))
        connection.execute("COMMIT")
    return plan


def _describe(connection: sqlite3.Connection, plan: TablePlan, table: FeatureTable, title: str, srs_id: int) -> None:
    extent = table.geometry.extent() or (None, None, None, None)
    kind, z, m = geometry_type(table)
    connection.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, min_x, min_y, max_x, max_y, srs_id) "
        "VALUES (?, 'features', ?, ?, ?, ?, ?, ?)",
        (plan.table, title, *extent, srs_id),
    )
    row = (plan.table, plan.geometry_column, kind, srs_id, z, m)
    connection.execute("INSERT INTO gpkg_geometry_columns VALUES (?, ?, ?, ?, ?, ?)", row)
    titled = [(plan.table, plan.columns[each.id], each.title) for each in table.schema if each.title != each.name]
    if titled:
        connection.execute(_COLUMNS_TABLE)
        gpkg.add_extension(connection, "gpkg_data_columns", None, "gpkg_schema", _SCHEMA_EXTENSION)
        connection.executemany("INSERT INTO gpkg_data_columns (table_name, column_name, title) VALUES (?, ?, ?)", titled)


def _expected(table: FeatureTable, plan: TablePlan) -> FeatureTable:
    """Return the table in the order and with the names that the file has."""
    renamed = Schema(tuple(replace(each, name=plan.columns[each.id]) for each in table.schema), table.schema.geometry)
    order = np.argsort(table.fids, kind="stable")
    if np.array_equal(order, np.arange(len(table))):
        return table.with_schema(renamed)
    columns = {name: column.take(order) for name, column in table.columns.items()}
    return FeatureTable(renamed, table.rids, table.fids[order], columns, table.next_rid, table.next_fid)
