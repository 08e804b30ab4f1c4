"""The door for JSON: GeoJSON, lines of it, TopoJSON, the FeatureSets of Esri, and lists of places from a server.

Longitude and latitude in degrees by the standard, whatever else an old file may declare. What is no GeoJSON by the letter is
made into one first (:mod:`cgplanner.io.geojson.json_source`).
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from cgplanner.errors import UserError
from cgplanner.geometry.crs import is_geographic
from cgplanner.io.crs.crs_files import MISSING, FoundCrs, crs_of_driver
from cgplanner.io.crs.crs_words import crs_of_words
from cgplanner.io.drivers.driver_pieces import NotInPiecesError, driver_pieces
from cgplanner.io.drivers.gdal_layers import (
    DriverLayer,
    attribute_columns,
    driver_layers,
    field_of,
    geometry_kind,
    geometry_notes,
    layer_info,
    layer_notes,
    read_driver_layer,
    schema_of,
)
from cgplanner.io.geojson.json_shape import announced, holds_features, named_crs
from cgplanner.io.geojson.json_source import (
    BREAK,
    MOST_BYTES,
    JsonSource,
    json_source,
    loaded_json,
    lost_records,
    mended_features,
    no_json,
    put_right,
    rows_of,
    said_by_server,
    topology_of,
    write_features,
)
from cgplanner.io.report import Note, Report
from cgplanner.io.row_pieces import numbered
from cgplanner.io.shapes.ring_order import TurnedRings, turned_notes
from cgplanner.io.source import LoadedLayer, Progress, SourceLayer
from cgplanner.io.xml.broken import broken_note
from cgplanner.model.column import ArrayColumn
from cgplanner.model.geometry_column import GeometryColumn, flat_column
from cgplanner.model.schema import Field, FieldType
from cgplanner.model.table import FeatureTable, new_table
from cgplanner.text import sentence, tr

_DRIVERS = ("GeoJSON", "GeoJSONSeq", "ESRIJSON", "JSONFG")
_MIXED_TYPES = "OFSTJSON"
_SHAPE = re.compile(r'"geometry"\s*:\s*\{')
_LARGEST_DEGREE, _LEAST_EASTING_WITH_ZONE = 361.0, 13e6


def geojson_layers(path: Path) -> tuple[SourceLayer, ...]:
    """Return the layers of a JSON file: the objects of a TopoJSON, one for all else."""
    with json_source(path) as source:
        if source.kind == "topology":
            return tuple(SourceLayer(name, "", len(each)) for name, each in topology_of(source, path)[0].items())
        try:
            found = driver_layers(source.path) if source.kind != "other" else ()
        except UserError:
            found = ()  # reading mends it, or says what is wrong
            if source.kind == "geojson" and path.stat().st_size <= MOST_BYTES:
                loaded_json(source, path)
    if len(found) > 1:
        return found
    return (replace(found[0], name=path.stem),) if found else (SourceLayer(path.stem, "", -1),)


def read_geojson(path: Path, *, dates: bool = True, progress: Progress | None = None) -> LoadedLayer:
    """Read a GeoJSON file; texts that are dates become dates, unless ``dates`` says no.

    Raises
    ------
    UserError
        When it is no GeoJSON.
    """
    with json_source(path) as source:
        return _read(source, path, path.stem, dates=dates, progress=progress)


def read_geojson_layer(path: Path, layer: str, encoding: str | None, progress: Progress | None) -> LoadedLayer:
    """Read one layer of a JSON file of any of the kinds.

    Raises
    ------
    UserError
        When it is damaged, or holds neither features nor places.
    """
    with json_source(path, encoding) as source:
        if source.kind == "topology":
            layers, said = topology_of(source, path)
            with _rewritten(layers.get(layer, []), path) as draft:
                return _read(replace(source, path=draft, notes=(*source.notes, *said)), path, layer, progress=progress)
        if source.kind == "other":
            return _mended(source, path)
        if path.stat().st_size > MOST_BYTES:
            return _read(source, path, layer, progress=progress)
        try:
            loaded = _read(source, path, layer, progress=progress)
        except UserError:
            if source.kind not in ("geojson", "sequence"):
                raise
            return _mended(source, path)
        is_odd = not len(loaded.table) and source.kind == "geojson" and holds_features(source.text.ends(1 << 14)[0])
        if is_odd:
            return _mended(source, path)
        is_wrong = source.kind == "geojson" and _may_be_wrong(loaded.table, loaded.report.notes)
        return _put_right(source, path) or loaded if is_wrong else loaded


def geojson_pieces(path: Path, layer: str, encoding: str | None = None, *, dates: bool = True) -> Iterator[LoadedLayer]:
    """Give the features of a GeoJSON, or of lines of it, some thousand at a time; the last piece has none.

    Raises
    ------
    UserError
        When it is damaged, and too large to be mended as a whole.
    NotInPiecesError
        When it is JSON of another kind, wants to be mended, or its rows do not agree in what their coordinates are.
    """
    with json_source(path, encoding) as source:
        if source.kind not in ("geojson", "sequence"):
            raise NotInPiecesError
        try:
            yield from _pieces(source, path, layer, dates=dates)
        except UserError as error:
            if path.stat().st_size > MOST_BYTES:
                raise
            raise NotInPiecesError from error


def _pieces(source: JsonSource, path: Path, layer: str, *, dates: bool) -> Iterator[LoadedLayer]:
    options = {} if dates else {"DATE_AS_STRING": True}
    info = _info(source.path, path, layer, **options)
    types = zip(info["fields"], info["ogr_types"], info["ogr_subtypes"], strict=True)
    fields = tuple(field_of(number, str(name), kind, sub) for number, (name, kind, sub) in enumerate(types, 1))
    said: tuple[Note, ...] = (*source.notes, *_nested(fields, info["ogr_subtypes"]))
    text = source.text
    how = Report((), (), text.name, "declared" if text.name == "UTF-8" else text.how)
    turned, done, missing, told = TurnedRings(int(info["features"]), clockwise=False), 0, 0, 0
    crs: FoundCrs | None = None
    for found in driver_pieces(source.path, info["layer_name"], info, **options):
        crs = _crs_of_piece(source, info["crs"], found.geometry, crs)
        turned.add(found.geometry)
        told += sum(note.count for note in found.notes if note.code == "geometry-unreadable")
        missing += int(found.geometry.nulls.sum())
        piece = _piece_of(found, fields, done)
        if source.kind == "geojson" and path.stat().st_size <= MOST_BYTES and _may_be_wrong(piece[0], found.notes):
            raise NotInPiecesError
        done += len(piece[0])
        report = replace(
            how, notes=(*said, *found.notes, *piece[1]), crs=crs.crs if crs else "", crs_how=crs.how if crs else ""
        )
        yield LoadedLayer(layer, piece[0], report.crs, report, path)
        said = ()
    nothing = flat_column([])
    crs = crs or _crs(source, info["crs"], nothing)
    if not done and source.kind == "geojson" and holds_features(text.ends(1 << 14)[0]):
        raise NotInPiecesError
    more = [*_more(source, done, missing, told)]
    if (
        source.kind == "geojson"
        and path.stat().st_size <= MOST_BYTES
        and any(note.code == "geometry-unreadable" for note in more)
    ):
        raise NotInPiecesError
    notes = [*said, *lost_records(source, done), *more]
    notes += turned.notes("GeoJSON") if crs.how == "assumed" else ()
    notes += layer_notes(done, crs.crs, drawn=True)
    table, _ = _piece_of(DriverLayer(info, nothing, None, None, ()), fields, done)
    yield LoadedLayer(layer, table, crs.crs, replace(how, notes=tuple(notes), crs=crs.crs, crs_how=crs.how), path)


def _piece_of(found: DriverLayer, fields: tuple[Field, ...], before: int) -> tuple[FeatureTable, tuple[Note, ...]]:
    columns, said = attribute_columns(found, fields)
    schema = schema_of(fields, geometry_kind(found.info["geometry_type"], found.geometry))
    table = new_table(schema, columns, found.geometry, numbered(before, len(found.geometry)))
    return table, (*said, *geometry_notes(found.geometry))


def _crs_of_piece(source: JsonSource, text: str | None, geometry: GeometryColumn, known: FoundCrs | None) -> FoundCrs | None:
    """Return the CRS by the coordinates of a piece, which must be that of the pieces before; a piece without any knows none.

    Raises
    ------
    NotInPiecesError
        When the pieces do not agree.
    """
    if not len(geometry.base.xy):
        return known
    found = _crs(source, text, geometry)
    if known is not None and known != found:
        raise NotInPiecesError
    return found


def _put_right_notes(quoted: int, longs: int) -> list[Note]:
    message = sentence("{count} shapes had their coordinates in quotes; they were read as numbers.", count=quoted)
    long = sentence("{count} whole numbers of more than 64 bits became text.", count=longs)
    notes = [Note("json-mended", "warning", message, quoted), Note("numbers-as-text", "info", long, longs)]
    return [note for note in notes if note.count]


def _may_be_wrong(table: FeatureTable, notes: Sequence[Note]) -> bool:
    """Tell whether the driver gave shapes up, or numbers that were longer than it can hold."""
    columns = (table.columns[each.id] for each in table.schema if each.type is FieldType.REAL)
    long = any(isinstance(each, ArrayColumn) and bool((np.abs(each.array) >= 2.0**63).any()) for each in columns)
    return long or any(note.code == "geometry-unreadable" for note in notes)


def _put_right(source: JsonSource, path: Path) -> LoadedLayer | None:
    """Read features that were put right; None where there was nothing to put right."""
    try:
        data = loaded_json(source, path)
        features = data.get("features", [data]) if isinstance(data, dict) else []
        if not all(isinstance(each, dict) for each in features):
            return None
        quoted, longs = put_right(features)
    except (UserError, RecursionError):  # the driver has read what there is
        return None
    if not quoted and not longs:
        return None
    notes = _put_right_notes(quoted, longs)
    with _rewritten(features, path) as draft:
        return _read(replace(source, path=draft, notes=(*source.notes, *notes)), path, path.stem)


@contextmanager
def _rewritten(features: list[dict[str, Any]], path: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="cgplanner-") as name:
        yield write_features(features, Path(name) / f"{path.stem}.json")


def _mended(source: JsonSource, path: Path) -> LoadedLayer:
    """Read what strict JSON does not allow, or a list of plain objects as a table."""
    data = loaded_json(source, path)
    try:
        found = mended_features(data)
    except RecursionError as error:
        raise no_json(path, tr("its elements are nested too deep")) from error
    if found is None and (said := said_by_server(data)) and not rows_of(data):
        raise UserError(
            tr("{name} holds no features but a server's message: “{text}”.", name=path.name, text=said[:200]),
            hint=tr("Download it again, or ask the sender for the data themselves."),
            path=path,
        )
    found = found or mended_features(rows_of(data))
    if found is None:
        return _table(source, path, rows_of(data))
    features, lost = found
    notes = [Note("json-mended", "warning", sentence("The file is no GeoJSON by the letter; what is clear in it was read."))]
    if isinstance(data, dict) and BREAK in data:
        notes = [broken_note(*data[BREAK])]
    notes += _put_right_notes(*put_right(features))
    if lost:
        message = sentence("{count} shapes had coordinates that are no numbers and were left out.", count=lost)
        notes.append(Note("coordinates-unreadable", "warning", message, lost))
    with _rewritten(features, path) as draft:
        return _read(replace(source, path=draft, kind="geojson", notes=(*source.notes, *notes)), path, path.stem)


def _table(source: JsonSource, path: Path, rows: list[dict[str, Any]]) -> LoadedLayer:
    from cgplanner.io.tables.coordinate_table import layer_of_rows  # noqa: PLC0415  shapely's WKT and the base layers

    if not rows:
        raise no_json(path, tr("it holds neither features nor a list of places"))
    rows = [_flat(row) for row in rows]
    names = list(dict.fromkeys(name for row in rows for name in row))
    cells = [[_cell(row.get(name)) for name in names] for row in rows]
    return layer_of_rows(path, path.stem, names, cells, list(source.notes), (source.text.name, source.text.how))


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with a place that is an object of its own (Baidu's location) as two columns."""
    flat: dict[str, Any] = {}
    for name, value in row.items():
        is_place = isinstance(value, dict) and {str(key).lower() for key in value} in ({"lat", "lng"}, {"lat", "lon"})
        flat |= value if is_place and not value.keys() & row.keys() else {name: value}
    return flat


def _cell(value: Any) -> Any:
    if isinstance(value, dict | list):
        import json  # noqa: PLC0415  beside its only use

        return json.dumps(value, ensure_ascii=False)
    return value


@dataclass(frozen=True)
class _Esri:
    """What Esri's FeatureSets say beside the features."""

    aliases: dict[str, str]
    cut: bool


def _read(source: JsonSource, path: Path, layer: str, *, dates: bool = True, progress: Progress | None = None) -> LoadedLayer:
    options = {} if dates or source.kind == "esri" else {"DATE_AS_STRING": True}
    info = _info(source.path, path, layer, **options)
    found = read_driver_layer(source.path, info["layer_name"], info=info, progress=progress, **options)
    types = zip(info["fields"], info["ogr_types"], info["ogr_subtypes"], strict=True)
    fields = tuple(field_of(number, str(name), kind, sub) for number, (name, kind, sub) in enumerate(types, 1))
    columns, said = attribute_columns(found, fields)
    notes = [*source.notes, *found.notes, *said, *_nested(fields, info["ogr_subtypes"])]
    if source.kind == "esri":
        fields, more = _with_aliases(fields, source, path)
        notes += more
    crs = _crs(source, info["crs"], found.geometry)
    table = new_table(schema_of(fields, geometry_kind(info["geometry_type"], found.geometry)), columns, found.geometry)
    told = sum(note.count for note in found.notes if note.code == "geometry-unreadable")
    notes += [
        *lost_records(source, len(table)),
        *_more(source, len(table), int(found.geometry.nulls.sum()), told),
        *geometry_notes(found.geometry),
    ]
    if source.kind in ("geojson", "sequence") and crs.how == "assumed":  # the older form, with "crs", asks for no direction
        notes += turned_notes(found.geometry, "GeoJSON", clockwise=False)
    notes += layer_notes(len(table), crs.crs, drawn=True)
    text = source.text
    how = "declared" if text.name == "UTF-8" else text.how
    return LoadedLayer(layer, table, crs.crs, Report(tuple(notes), (), text.name, how, crs.crs, crs.how), path)


def _more(source: JsonSource, rows: int, missing: int, told: int) -> Iterator[Note]:
    """Give the notes on what the driver passes over: features that a server kept back, shapes that it could make nothing of."""
    kept_back = announced(*source.text.ends(1 << 14)) - rows
    if kept_back > 0 and source.kind == "geojson":
        message = sentence("The server that this came from held more features than it sent; the rest is missing.")
        yield Note("transfer-limit", "warning", message, kept_back)
    if missing and source.kind == "geojson" and not any(note.code == "json-mended" for note in source.notes):
        shapes = sum(len(_SHAPE.findall(piece)) for piece in source.text.pieces())
        lost = min(missing, shapes - (rows - missing)) - told
        if lost > 0:
            message = sentence("{count} damaged geometries were left out.", count=lost)
            yield Note("geometry-unreadable", "warning", message, lost)


def _nested(fields: tuple[Field, ...], subtypes: Any) -> list[Note]:
    message: Callable[[Field], Any] = lambda each: sentence(  # noqa: E731  one use, next line
        "The lists and objects in {field} are kept as JSON text.", field=each.name
    )
    return [
        Note("nested-as-text", "info", message(each), 1, each.name)
        for each, sub in zip(fields, subtypes, strict=True)
        if sub == _MIXED_TYPES
    ]


def _with_aliases(fields: tuple[Field, ...], source: JsonSource, path: Path) -> tuple[tuple[Field, ...], list[Note]]:
    """Return the fields with their titles, and a note where the server had more than it sent."""
    if path.stat().st_size > MOST_BYTES:
        return fields, []
    data = loaded_json(source, path)
    said = data if isinstance(data, dict) else {}
    declared = said.get("fields")
    aliases = dict(said.get("fieldAliases") or {}) if isinstance(said.get("fieldAliases"), dict) else {}
    for each in declared if isinstance(declared, list) else []:
        if isinstance(each, dict) and each.get("alias"):
            aliases.setdefault(each.get("name"), each["alias"])
    notes = []
    if said.get("exceededTransferLimit"):
        message = sentence("The server that this came from held more features than it sent; the rest is missing.")
        notes.append(Note("transfer-limit", "warning", message))
    return tuple(_titled(each, str(aliases.get(each.name) or each.name)) for each in fields), notes


def _titled(field: Field, title: str) -> Field:
    if title == field.name:
        return field
    return replace(field, alias_en=title) if title.isascii() else replace(field, alias_zh=title)


def _info(staged: Path, path: Path, layer: str = "", **options: bool) -> dict[str, Any]:
    try:
        info = layer_info(staged, layer or None, **options)
    except UserError:  # a file of one layer is called by our name, not by the driver's
        info = layer_info(staged, None, **options)
    if info["driver"] not in _DRIVERS:
        raise UserError(
            tr("{name} does not hold what its name says: it is no {what} file.", name=path.name, what="GeoJSON"),
            hint=tr("Check that the file is complete, or export it again from where it came."),
            path=path,
        )
    return info


def _crs(source: JsonSource, text: str | None, geometry: Any) -> FoundCrs:
    """Return the CRS; numbers that can be no degrees are in none that the file says, unless it names one."""
    found = crs_of_driver(text)
    if found.crs == "EPSG:4979":  # heights in a file do not make its layer another place
        found = replace(found, crs="EPSG:4326")
    head, tail = source.text.ends(1 << 16)
    said = named_crs(head, tail)
    xy = geometry.base.xy
    xy = xy[np.isfinite(xy).all(axis=1)]
    largest = np.abs(xy).max(axis=0) if len(xy) else np.zeros(2)
    in_degrees = largest[0] <= _LARGEST_DEGREE and largest[1] <= _LARGEST_DEGREE / 4
    if said and found.crs in ("", "EPSG:4326"):
        code = crs_of_words(said, has_zone_number=bool(largest[0] > _LEAST_EASTING_WITH_ZONE))
        if code and (in_degrees or not is_geographic(code)):
            return FoundCrs(code, "declared")
    if found.crs != "EPSG:4326":
        return found
    if not in_degrees:
        return MISSING
    member = said or re.search(r'"spatialReference"\s*:\s*\{', head)
    return found if member else replace(found, how="assumed")
