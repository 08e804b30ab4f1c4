"""The field dictionary inside the files that have room for it, and tables put back to what they were before an export.

GeoJSON has a member of its own for it, KML the document's extended data, FlatGeobuf and GeoParquet metadata, a GeoPackage the
metadata tables of its standard, a File Geodatabase the documentation of its layer, a workbook a hidden sheet; CSV and DXF have
it beside. Nothing here writes a file: the writers ask for the form.
"""

from __future__ import annotations

import contextlib
import json
import re
import sqlite3
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.sax.saxutils import unescape

from cgplanner.io.drivers.driver_pieces import NotInPiecesError
from cgplanner.io.report import Note
from cgplanner.io.source import LoadedLayer
from cgplanner.io.writing.field_dictionary import MARK, dictionary_text, read_dictionary, restored_by
from cgplanner.io.writing.outgoing_place import LIKE_DEGREES
from cgplanner.model.column import column_of
from cgplanner.model.schema import Field, FieldType
from cgplanner.model.table import FeatureTable, new_table
from cgplanner.text import sentence

GEOJSON_MEMBER = MARK
KML_NAME = MARK
FRAME_ATTRIBUTE = MARK
LAYER_METADATA = "CGPLANNER_FIELDS"
SHEET = "_cgplanner"
_URI = "urn:cgplanner:fields"
_HEAD_BYTES = 1 << 20  # a dictionary of hundreds of fields with domains

_METADATA_TABLES = """
CREATE TABLE gpkg_metadata (id INTEGER CONSTRAINT m_pk PRIMARY KEY ASC NOT NULL, md_scope TEXT NOT NULL DEFAULT 'dataset',
md_standard_uri TEXT NOT NULL, mime_type TEXT NOT NULL DEFAULT 'text/xml', metadata TEXT NOT NULL DEFAULT '');
CREATE TABLE gpkg_metadata_reference (reference_scope TEXT NOT NULL, table_name TEXT, column_name TEXT, row_id_value INTEGER,
timestamp DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')), md_file_id INTEGER NOT NULL, md_parent_id INTEGER,
CONSTRAINT crmr_mfi_fk FOREIGN KEY (md_file_id) REFERENCES gpkg_metadata(id),
CONSTRAINT crmr_mpi_fk FOREIGN KEY (md_parent_id) REFERENCES gpkg_metadata(id));
"""
_METADATA_EXTENSION = "http://www.geopackage.org/spec121/#extension_metadata"


def described(loaded: LoadedLayer, file: Path, kind: str) -> LoadedLayer:
    """Return the layer with the fields as they were before our own export, where the file brings the dictionary along."""
    data = _dictionary_in(file, loaded.name, kind)
    return loaded if data is None else _restored(loaded, data, kind) or loaded


def as_described(pieces: Iterator[LoadedLayer], file: Path, kind: str) -> Iterator[LoadedLayer]:
    """Give the pieces of a layer as :func:`described` gives the whole.

    Raises
    ------
    NotInPiecesError
        When the dictionary fits some of the rows only.
    """
    data, fits = None, True
    for number, piece in enumerate(pieces):
        data = _dictionary_in(file, piece.name, kind) if number == 0 else data
        restored = _restored(piece, data, kind) if data is not None and fits else None
        if data is not None and fits and restored is None and number:
            raise NotInPiecesError
        fits = restored is not None
        yield restored or piece


def _dictionary_in(file: Path, layer: str, kind: str) -> dict[str, Any] | None:
    find = _FINDERS.get(kind)
    return find(file, layer) if find else None


def _restored(loaded: LoadedLayer, data: Mapping[str, Any], kind: str) -> LoadedLayer | None:
    table = restored_by(_chosen(loaded.table, data) if kind in ("kml", "kmz") else loaded.table, data)
    if table is None:
        return None
    crs = str(data.get("crs", ""))
    report = loaded.report
    if crs in LIKE_DEGREES and loaded.crs in LIKE_DEGREES:  # the file can say degrees only, not which
        report = replace(report, crs=crs, crs_how="declared")
        loaded = replace(loaded, crs=crs)
    loaded = replace(loaded, table=table)
    note = Note("fields-restored", "info", sentence("The field dictionary of the file gave names and types back."))
    return replace(loaded, report=report.with_notes(note))


def _chosen(table: FeatureTable, data: Mapping[str, Any]) -> FeatureTable:
    """Return the fields that the dictionary names; a KML has titles besides, and nothing of a field without a value."""
    found = {each.name: each for each in table.schema}
    missing = {name: Field(f"m{number}", name, FieldType.TEXT) for number, name in enumerate(_names(data)) if name not in found}
    fields = tuple((found | missing)[name] for name in _names(data))
    nothing = column_of(FieldType.TEXT, [None] * len(table))
    columns = {each.id: table.columns.get(each.id, nothing) for each in fields}
    return new_table(replace(table.schema, fields=fields, key=None, title=None, title_en=None), columns, table.geometry)


def _names(data: Mapping[str, Any]) -> list[str]:
    return [each["name_in_file"] for each in data["fields"]]


def describe_geopackage(connection: sqlite3.Connection, table: str, data: Mapping[str, Any]) -> None:
    """Put the dictionary into the metadata tables of the standard."""
    from cgplanner.io.sqlite import geopackage_sql as gpkg  # noqa: PLC0415  only a writer of them has need of it

    for statement in _METADATA_TABLES.split(";"):
        connection.execute(statement)
    for name in ("gpkg_metadata", "gpkg_metadata_reference"):
        gpkg.add_extension(connection, name, None, "gpkg_metadata", _METADATA_EXTENSION)
    connection.execute(
        "INSERT INTO gpkg_metadata (id, md_scope, md_standard_uri, mime_type, metadata) "
        "VALUES (1, 'attributeType', ?, 'application/json', ?)",
        (_URI, dictionary_text(data)),
    )
    connection.execute(
        "INSERT INTO gpkg_metadata_reference (reference_scope, table_name, md_file_id) VALUES ('table', ?, 1)", (table,)
    )


def _in_geopackage(path: Path, layer: str) -> dict[str, Any] | None:
    statement = (
        "SELECT m.metadata FROM gpkg_metadata AS m JOIN gpkg_metadata_reference AS r ON r.md_file_id = m.id "
        "WHERE m.md_standard_uri = ? AND lower(r.table_name) = lower(?)"
    )
    with contextlib.suppress(sqlite3.Error):
        with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            row = database.execute(statement, (_URI, layer)).fetchone()
        return read_dictionary(row[0]) if row else None
    return None


def _in_geojson(path: Path, _layer: str) -> dict[str, Any] | None:
    head = _head(path)
    start = head.find(f'"{GEOJSON_MEMBER}":')
    if start < 0 or start > max(head.find('"features"'), 0):
        return None
    with contextlib.suppress(ValueError):
        data, _ = json.JSONDecoder().raw_decode(head, start + len(GEOJSON_MEMBER) + 3)
        return read_dictionary(json.dumps(data))
    return None


def _in_kml(path: Path, _layer: str) -> dict[str, Any] | None:
    if path.suffix.lower() == ".kmz":
        with contextlib.suppress(OSError, zipfile.BadZipFile, KeyError):
            with zipfile.ZipFile(path) as archive, archive.open("doc.kml") as file:
                head = file.read(_HEAD_BYTES).decode("utf-8", "replace")
            return _in_kml_text(head)
        return None
    return _in_kml_text(_head(path))


def _in_kml_text(head: str) -> dict[str, Any] | None:
    found = re.search(rf'<Data name="{KML_NAME}"><value>(.*?)</value>', head, re.DOTALL)
    return read_dictionary(unescape(found[1])) if found else None


def _in_flatgeobuf(path: Path, _layer: str) -> dict[str, Any] | None:
    from cgplanner.io.drivers.engines import gdal_messages, pyogrio  # noqa: PLC0415  a driver

    with gdal_messages():
        found = (pyogrio().read_info(path).get("layer_metadata") or {}).get(LAYER_METADATA)
    return read_dictionary(found) if found else None


def _in_geoparquet(path: Path, _layer: str) -> dict[str, Any] | None:
    import pyarrow.parquet as pq  # noqa: PLC0415  a driver

    with contextlib.suppress(ValueError, KeyError, TypeError):
        stored = json.loads((pq.read_metadata(path).metadata or {})[b"PANDAS_ATTRS"])
        return read_dictionary(json.dumps(stored[FRAME_ATTRIBUTE]))
    return None


def _in_geodatabase(path: Path, layer: str) -> dict[str, Any] | None:
    from cgplanner.io.drivers.geodatabase_items import documentation  # noqa: PLC0415  a driver

    found = re.search(rf"<{LAYER_METADATA}>(.*?)</{LAYER_METADATA}>", documentation(path, layer), re.DOTALL)
    return read_dictionary(unescape(found[1])) if found else None


def _head(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(_HEAD_BYTES).decode("utf-8", "replace")


_FINDERS: dict[str, Callable[[Path, str], dict[str, Any] | None]] = {
    "gpkg": _in_geopackage,
    "geojson": _in_geojson,
    "kml": _in_kml,
    "kmz": _in_kml,
    "fgb": _in_flatgeobuf,
    "parquet": _in_geoparquet,
    "gdb": _in_geodatabase,
}
