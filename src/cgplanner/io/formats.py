"""The formats that can be read: one entry each, with the signs by which a file of it is known and the door it goes through.

A new format is a new entry and touches nobody else. The door's module is imported when the first such file is opened: drivers
are dear.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cgplanner.io.source import LoadedLayer, Progress, SourceLayer, geometry_type

Layers = Callable[[Path], tuple[SourceLayer, ...]]
Pieces = Callable[[Path, str, str | None], Iterator[LoadedLayer]]
Read = Callable[[Path, str, str | None, Progress | None], LoadedLayer]


@dataclass(frozen=True)
class Format:
    """One kind of file.

    Attributes
    ----------
    begins
        Tells from the first bytes of a file whether it can be one.
    layers, read
        The two ways in: (path) and (path, layer, encoding, progress).
    pieces
        A third, for files that may be larger than the memory: (path, layer, encoding); None where the whole is needed.
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    begins: Callable[[bytes], bool]
    layers: Layers
    read: Read
    pieces: Pieces | None = None


def _door(module: str, function: str) -> Any:
    """Return a function of this room that is imported when it is called."""

    def opened(*arguments: Any, **options: Any) -> Any:
        return getattr(importlib.import_module(f"cgplanner.io.{module}"), function)(*arguments, **options)

    return opened


def _geopackage_layers(path: Path) -> tuple[SourceLayer, ...]:
    from cgplanner.io.geopackage.door import geopackage_layers, is_workspace  # noqa: PLC0415  a driver, see the top

    if is_workspace(path):
        loaded = read_workspace_layers(path, None)
        return tuple(SourceLayer(each.name, geometry_type(each.table.geometry), len(each.table)) for each in loaded)
    return geopackage_layers(path)


def _read_geopackage(path: Path, layer: str, _encoding: str | None, progress: Progress | None) -> LoadedLayer:
    from cgplanner.io.geopackage.door import is_workspace, read_geopackage  # noqa: PLC0415  a driver, see the top

    if is_workspace(path):
        return next(each for each in read_workspace_layers(path, progress) if each.name == layer)
    return read_geopackage(path, layer, progress=progress)


def _geopackage_pieces(path: Path, layer: str, _encoding: str | None) -> Iterator[LoadedLayer]:
    from cgplanner.io.drivers.driver_pieces import NotInPiecesError  # noqa: PLC0415  a driver, see the top
    from cgplanner.io.geopackage.door import geopackage_pieces, is_workspace  # noqa: PLC0415  as above

    if is_workspace(path):
        raise NotInPiecesError
    return geopackage_pieces(path, layer)


def _flatgeobuf_pieces(path: Path, layer: str, _encoding: str | None) -> Iterator[LoadedLayer]:
    from cgplanner.io.gdal_formats.door import flatgeobuf_pieces  # noqa: PLC0415  a driver, see the top

    return flatgeobuf_pieces(path, layer)


def _geojson_pieces(path: Path, layer: str, encoding: str | None) -> Iterator[LoadedLayer]:
    from cgplanner.io.geojson.door import geojson_pieces  # noqa: PLC0415  a driver, see the top

    return geojson_pieces(path, layer, encoding)


def _csv_pieces(path: Path, _layer: str, encoding: str | None) -> Iterator[LoadedLayer]:
    from cgplanner.io.tables.csv_pieces import csv_pieces  # noqa: PLC0415  a driver, see the top

    return csv_pieces(path, encoding)


def _shapefile_pieces(path: Path, _layer: str, encoding: str | None) -> Iterator[LoadedLayer]:
    from cgplanner.io.shapefile.door import shapefile_pieces  # noqa: PLC0415  a driver, see the top

    return shapefile_pieces(path, encoding)


def read_workspace_layers(path: Path, progress: Progress | None) -> tuple[LoadedLayer, ...]:
    """Return all layers of a workspace file."""
    from cgplanner.io.workspace.layers import workspace_layers  # noqa: PLC0415  a driver, see the top

    return workspace_layers(path, progress=progress)


def _alone(module: str, function: str, *, encoding: bool = False) -> Read:
    """Return the way into a format whose files hold one layer."""
    opened = _door(module, function)

    def read(path: Path, _layer: str, wanted: str | None, progress: Progress | None) -> LoadedLayer:
        options = {"encoding": wanted} if encoding else {}
        loaded: LoadedLayer = opened(path, progress=progress, **options)
        return loaded

    return read


def begins_sqlite(head: bytes) -> bool:
    """Tell whether a file is an SQLite database."""
    return head.startswith(b"SQLite format 3\0")


_DBF_VERSIONS = {0x02, 0x04, 0x05, 0x30, 0x31, 0x32, 0x8C, 0x8E, 0xE5, 0xF5, 0xFB}


def _begins_table(head: bytes) -> bool:
    return bool(head) and (head[0] & 0x07 == 3 or head[0] in _DBF_VERSIONS)


_CALL = re.compile(  # JSON in a script
    rb"(\xef\xbb\xbf)?\s*(export\s+default\s*|((export\s+)?(var|let|const)\s+)?[A-Za-z_$][\w.$]*(\[[^\]]*\])?\s*[=(]\s*)[\[{]"
)


def _begins_json(head: bytes) -> bool:
    wide = head.startswith((b"\xff\xfe", b"\xfe\xff", b"{\0", b"\0{", b"[\0", b"\0["))
    return wide or head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[", b"\x1e") or bool(_CALL.match(head))


def _begins_xml(head: bytes) -> bool:
    wide = head.startswith((b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<"))
    return wide or head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<"


def _begins_kml(head: bytes) -> bool:
    """Tell whether it may be a KML or a KMZ: each is often called like the other, and the door looks which it is."""
    return head.startswith(b"PK") or _begins_xml(head)


def _begins_drawing(head: bytes) -> bool:
    first = head.removeprefix(b"\xef\xbb\xbf").split(maxsplit=1)[:1]
    return first in ([b"0"], [b"999"]) or head.startswith(b"AutoCAD Binary DXF")


def _starts(*signs: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.removeprefix(b"\xef\xbb\xbf").lstrip().lower().startswith(signs)


def _through_gdal(
    name: str, title: str, suffixes: tuple[str, ...], begins: Callable[[bytes], bool], pieces: Pieces | None = None
) -> Format:
    layers, read = _door("gdal_formats.door", "gdal_file_layers"), _door("gdal_formats.door", "read_gdal_file")
    return Format(name, title, suffixes, begins, layers, read, pieces)


_shape = (_door("shapefile.door", "shapefile_layers"), _alone("shapefile.door", "read_shapefile", encoding=True))
_geojson = (_door("geojson.door", "geojson_layers"), _door("geojson.door", "read_geojson_layer"))
_csv = (_door("tables.csv_file", "csv_layers"), _alone("tables.csv_file", "read_csv", encoding=True))
_workbook = (_door("tables.workbook_read", "workbook_layers"), _door("tables.workbook_read", "read_workbook"))
_dxf = (_door("dxf.door", "dxf_layers"), _alone("dxf.door", "read_dxf", encoding=True))
_gpx = (_door("gpx.door", "gpx_layers"), _door("gpx.door", "read_gpx"))
_mif = (_door("mapinfo.door", "mif_layers"), _alone("mapinfo.door", "read_mif", encoding=True))
_kml = (_door("kml.read", "kml_layers"), _door("kml.read", "read_kml"))
_geodatabase = (_door("geodatabase.door", "geodatabase_layers"), _door("geodatabase.door", "read_geodatabase"))
_parquet = (_door("columnar.geoparquet", "geoparquet_layers"), _alone("columnar.geoparquet", "read_geoparquet"))

_LINES_OF_JSON = (".geojsonl", ".geojsons", ".ndjson", ".jsonl")

FORMATS: dict[str, Format] = {
    each.name: each
    for each in (
        Format("gpkg", "GeoPackage", (".gpkg",), begins_sqlite, _geopackage_layers, _read_geopackage, _geopackage_pieces),
        Format("shp", "Shapefile", (".shp",), _starts(b"\x00\x00\x27\x0a"), *_shape, _shapefile_pieces),
        Format("dbf", "dBase", (".dbf",), _begins_table, *_shape),
        Format("geojson", "GeoJSON", (".geojson", ".json"), _begins_json, *_geojson, _geojson_pieces),
        Format("parquet", "GeoParquet", (".parquet", ".geoparquet", ".pq"), _starts(b"par1"), *_parquet),
        Format("geojsonseq", "GeoJSON", _LINES_OF_JSON, _begins_json, *_geojson, _geojson_pieces),
        Format("topojson", "TopoJSON", (".topojson",), _begins_json, *_geojson),
        Format("kml", "KML", (".kml",), _begins_kml, *_kml),
        Format("kmz", "KMZ", (".kmz",), _begins_kml, *_kml),
        Format("gpx", "GPX", (".gpx",), _begins_xml, *_gpx),
        _through_gdal("gml", "GML", (".gml", ".xml"), _begins_xml),
        _through_gdal("fgb", "FlatGeobuf", (".fgb",), _starts(b"fgb"), _flatgeobuf_pieces),
        _through_gdal("tab", "MapInfo TAB", (".tab",), _starts(b"!table")),
        Format("mif", "MapInfo MIF", (".mif",), _starts(b"version"), *_mif),
        _through_gdal("sqlite", "SpatiaLite", (".sqlite", ".spatialite", ".sqlite3", ".db3"), begins_sqlite),
        Format("gdb", "File Geodatabase", (".gdb",), lambda _: False, *_geodatabase),
        Format("csv", "CSV", (".csv", ".tsv", ".txt", ".dat"), lambda _: True, *_csv, _csv_pieces),
        Format("xlsx", "XLSX", (".xlsx", ".xlsm"), _starts(b"pk", b"\xd0\xcf\x11\xe0"), *_workbook),
        Format("dxf", "DXF", (".dxf",), _begins_drawing, *_dxf),
    )
}
BY_SUFFIX = {suffix: each for each in FORMATS.values() for suffix in each.suffixes}
READABLE = tuple(suffix for suffix, each in BY_SUFFIX.items() if each.name != "dbf")
