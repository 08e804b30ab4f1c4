"""The door for formats that GDAL reads well: GML, FlatGeobuf, MapInfo, File Geodatabase.

GDAL lays files of its own beside what it opens (.gfs), trusts what a header says of characters, and fetches schemas from the
net; here it gets links in a folder that is gone afterwards, headers put right, and no network.
"""

from __future__ import annotations

import contextlib
import itertools
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from cgplanner.errors import UserError
from cgplanner.geometry.crs import is_geographic
from cgplanner.io.crs.crs_files import MISSING, FoundCrs, crs_of_driver
from cgplanner.io.crs.crs_words import crs_of_words
from cgplanner.io.drivers.driver_days import with_real_days
from cgplanner.io.drivers.driver_pieces import NotInPiecesError, driver_pieces
from cgplanner.io.drivers.gdal_layers import (
    DriverLayer,
    OddGeometry,
    attribute_columns,
    count_notes,
    driver_layers,
    field_of,
    geometry_kind,
    geometry_notes,
    layer_info,
    layer_notes,
    read_driver_layer,
    schema_of,
    view_of,
)
from cgplanner.io.files.links import link
from cgplanner.io.gdal_formats.mapinfo_parts import CHARSETS, charset_of, missing_parts
from cgplanner.io.report import Note, Report
from cgplanner.io.row_pieces import numbered
from cgplanner.io.shapefile import dbf
from cgplanner.io.source import LoadedLayer, Progress, SourceLayer
from cgplanner.io.texts.encoding import NAMES, codec_of_mark, find_encoding
from cgplanner.io.texts.encoding_notes import encoding_notes
from cgplanner.io.xml.notes import named_system, no_features, survey_notes, without_numbers
from cgplanner.io.xml.source import walked_xml
from cgplanner.io.xml.survey import XmlSurvey
from cgplanner.model.geometry_column import flat_column
from cgplanner.model.table import new_table
from cgplanner.text import tr

_LEAST_EASTING_WITH_ZONE, _LARGEST_DEGREE = 13e6, 361.0
_LOOSE_DAYS = (".tab", ".sqlite", ".sqlite3", ".spatialite", ".db3")  # formats that take any text for a day
_XML = (".gml", ".xml")
_TABLE_PARTS = (".tab", ".dat", ".dbf", ".map", ".id", ".ind")


@dataclass(frozen=True)
class Kind:
    """What is special about one of the formats."""

    title: str
    drivers: tuple[str, ...]
    neighbours: tuple[str, ...] = ()  # suffixes of files that belong to it
    options: tuple[tuple[str, Any], ...] = ()


KINDS = {
    ".gml": Kind("GML", ("GML",), ("xsd", "gfs"), (("DOWNLOAD_SCHEMA", "NO"),)),
    ".xml": Kind("GML", ("GML",), ("xsd", "gfs"), (("DOWNLOAD_SCHEMA", "NO"),)),
    ".sqlite": Kind("SpatiaLite", ("SQLite",)),
    ".spatialite": Kind("SpatiaLite", ("SQLite",)),
    ".sqlite3": Kind("SpatiaLite", ("SQLite",)),
    ".db3": Kind("SpatiaLite", ("SQLite",)),
    ".fgb": Kind("FlatGeobuf", ("FlatGeobuf",)),
    ".tab": Kind("MapInfo", ("MapInfo File",), ("dat", "dbf", "map", "id", "ind")),
    ".gdb": Kind("File Geodatabase", ("OpenFileGDB",)),
}


def gdal_file_layers(path: Path) -> tuple[SourceLayer, ...]:
    """Return the layers of a file."""
    with _stage(path, None) as (staged, _):
        return driver_layers(staged)


def read_gdal_file(path: Path, layer: str, encoding: str | None, progress: Progress | None) -> LoadedLayer:
    """Read one layer of a file.

    Raises
    ------
    UserError
        When the file is damaged, or is none of its kind.
    """
    kind = KINDS[path.suffix.lower()]
    with _stage(path, encoding) as (staged, said):
        options = dict(kind.options)
        try:
            info = layer_info(staged, layer, **options)
            if info["driver"] not in kind.drivers:
                raise _not_one(path, kind)
            found = read_driver_layer(staged, layer, info=info, progress=progress, **options)
        except OddGeometry:
            found = _through_view(staged, layer, progress)
            info = found.info
        types = zip(info["fields"], info["ogr_types"], info["ogr_subtypes"], strict=True)
        fields = tuple(field_of(number, str(text), ogr, sub) for number, (text, ogr, sub) in enumerate(types, 1))
        columns, notes = attribute_columns(found, fields)
        if path.suffix.lower() in _LOOSE_DAYS:
            columns, said_of_days = with_real_days(staged, layer, fields, columns)
            notes = (*notes, *said_of_days)
    crs = _crs(info["crs"])
    expected = max(int(info["features"]), said.rows)
    if said.survey:
        crs = _named(crs, said.survey, layer, found.geometry)
        notes = (*notes, *survey_notes(said.survey, layer))
        expected = max(expected, said.survey.features[layer])
        shapes, unread = without_numbers(said.survey, layer, found.geometry)
        found, notes = replace(found, geometry=shapes), (*notes, *unread)
    drawn = info["geometry_type"] is not None
    table = new_table(schema_of(fields, geometry_kind(info["geometry_type"], found.geometry)), columns, found.geometry)
    notes = (*found.notes, *said.notes, *notes, *(geometry_notes(found.geometry) if drawn else ()))
    notes = (*notes, *count_notes(expected, len(table)), *layer_notes(len(table), crs.crs, drawn=drawn))
    return LoadedLayer(layer, table, crs.crs, Report(notes, (), said.encoding, said.how, crs.crs, crs.how), path)


def flatgeobuf_pieces(path: Path, layer: str) -> Iterator[LoadedLayer]:
    """Give a FlatGeobuf some thousand rows at a time; the last piece has no rows and says what is to be said of the whole.

    Raises
    ------
    UserError
        When the file is damaged, or is none of its kind.
    NotInPiecesError
        When it can only be read whole.
    """
    try:
        info = layer_info(path, layer)
    except OddGeometry as error:
        raise NotInPiecesError from error
    if info["driver"] not in KINDS[".fgb"].drivers:
        raise NotInPiecesError
    types = zip(info["fields"], info["ogr_types"], info["ogr_subtypes"], strict=True)
    fields = tuple(field_of(number, str(text), ogr, sub) for number, (text, ogr, sub) in enumerate(types, 1))
    crs, drawn, done = _crs(info["crs"]), info["geometry_type"] is not None, 0
    nothing = DriverLayer(info, flat_column([]), None, None, ())
    for found in itertools.chain(driver_pieces(path, layer, info), [nothing]):
        columns, said = attribute_columns(found, fields)
        schema = schema_of(fields, geometry_kind(info["geometry_type"], found.geometry))
        table = new_table(schema, columns, found.geometry, numbered(done, len(found.geometry)))
        done += len(table)
        notes = (*found.notes, *said, *(geometry_notes(found.geometry) if drawn else ()))
        if found is nothing:
            notes = (*notes, *count_notes(int(info["features"]), done), *layer_notes(done, crs.crs, drawn=drawn))
        yield LoadedLayer(layer, table, crs.crs, Report(notes, (), "UTF-8", "declared", crs.crs, crs.how), path)


def _through_view(staged: Path, layer: str, progress: Progress | None) -> DriverLayer:
    with tempfile.TemporaryDirectory(prefix="cgplanner-") as name:
        return read_driver_layer(view_of(staged, layer, Path(name)), layer, progress=progress)


def _crs(text: str | None) -> FoundCrs:
    found = crs_of_driver(text)
    if found.crs == "EPSG:4979":  # heights in a file do not make its layer another place
        found = replace(found, crs="EPSG:4326")
    return MISSING if found.damaged else found


def _named(crs: FoundCrs, survey: XmlSurvey, layer: str, geometry: Any) -> FoundCrs:
    """Return the CRS; the name that the shapes bear where the driver does not know it."""
    name = named_system(survey, layer)
    if crs.crs or not name:
        return crs
    xy = geometry.base.xy
    largest = float(np.nanmax(np.abs(xy))) if len(xy) else 0.0
    code = crs_of_words(name, has_zone_number=largest > _LEAST_EASTING_WITH_ZONE)
    return FoundCrs(code, "declared") if code and (largest <= _LARGEST_DEGREE or not is_geographic(code)) else crs


@dataclass(frozen=True)
class _Said:
    encoding: str = "UTF-8"
    how: str = "declared"
    notes: tuple[Note, ...] = ()
    survey: XmlSurvey | None = None
    rows: int = 0


@contextlib.contextmanager
def _stage(path: Path, encoding: str | None) -> Iterator[tuple[Path, _Said]]:
    """Give a path that GDAL may open, and what was found about its texts."""
    suffix = path.suffix.lower()
    kind = KINDS[suffix]
    if suffix in (".gdb", ".fgb", ".sqlite", ".sqlite3", ".spatialite", ".db3"):
        yield path, _Said()
        return
    with tempfile.TemporaryDirectory(prefix="cgplanner-") as name:
        staged = Path(name) / f"{path.stem}{suffix}"
        if suffix in _XML:
            yield staged, _put_xml(path, staged, encoding)
            return
        link(path, staged)
        for part, neighbour in _neighbours(path, kind.neighbours):
            link(neighbour, staged.with_suffix(f".{part}"))
        _put_other_tables(path, staged)
        missing = missing_parts(path)
        said = _with_characters(staged, encoding)
        yield staged, replace(said, notes=(*said.notes, *missing))


def _put_xml(path: Path, staged: Path, encoding: str | None) -> _Said:
    """Lay an XML file in UTF-8 where GDAL may open it, its schema beside it.

    Raises
    ------
    UserError
        When it breaks off, or holds something else than features.
    """
    walked = walked_xml(path, encoding)
    source, kind = walked.source, KINDS[path.suffix.lower()]
    if refusal := no_features(path, walked.survey, kind.title):
        raise refusal
    notes = (*source.notes, *walked.notes)
    if walked.is_plain:
        link(path, staged)
    else:
        notes += walked.write(staged)
    for part, neighbour in _neighbours(path, kind.neighbours):
        link(neighbour, staged.with_suffix(f".{part}"))
    return _Said(source.name, source.how, notes, walked.survey)


def _put_other_tables(path: Path, staged: Path) -> None:
    """Lay the tables of a view or of a seamless table beside it.

    Raises
    ------
    UserError
        When the table is an image, or one of its tables is not there.
    """
    with path.open("rb") as file:
        text = file.read(1 << 20).decode("gb18030", "replace")
    if re.search(r'Type\s+"RASTER"', text, re.IGNORECASE):
        raise UserError(
            tr("{name} only says where an image lies; it holds no features.", name=path.name),
            hint=tr("Ask for the vector data that were drawn from the image."),
            path=path,
        )
    others = {each.casefold() for each in re.findall(r'Open\s+Table\s+"([^"]+)"', text, re.IGNORECASE)}
    if not others and "isseamless" not in text.casefold():
        return
    there = [each for each in sorted(path.parent.iterdir()) if each.suffix.lower() in _TABLE_PARTS and each.is_file()]
    missing = others - {each.stem.casefold() for each in there}
    if missing:
        raise UserError(
            tr(
                "{name} is a view of other tables that are not there: {tables}.",
                name=path.name,
                tables=", ".join(sorted(missing)),
            ),
            hint=tr("Copy all tables into one folder."),
            path=path,
        )
    for each in there:
        link(each, staged.with_name(each.name))


def _neighbours(path: Path, suffixes: tuple[str, ...]) -> Iterator[tuple[str, Path]]:
    if not suffixes:
        return
    for each in sorted(path.parent.iterdir()):
        part = each.suffix[1:].lower()
        if part in suffixes and each.stem.casefold() == path.stem.casefold() and each.is_file():
            yield part, each


def _not_one(path: Path, kind: Kind) -> UserError:
    return UserError(
        tr("{name} does not hold what its name says: it is no {what} file.", name=path.name, what=kind.title),
        hint=tr("Check that the file is complete, or export it again from where it came."),
        path=path,
    )


def _with_characters(staged: Path, encoding: str | None) -> _Said:
    """Put the charset that the texts really have into the header of a MapInfo file; GDAL then decodes them."""
    raw = staged.read_bytes()
    body = staged.with_suffix(".dat")
    samples = _pieces(body) if body.exists() else []
    samples = samples or [each for each in raw.split() if not each.isascii()]
    marked = re.search(rb'charset\s+"?([\w-]+)', raw, re.IGNORECASE)
    mark = marked[1].decode() if marked else ""
    declared = CHARSETS.get(mark.casefold())
    found = find_encoding(samples, cpg=declared, ldid=0)
    codec = (codec_of_mark(encoding) if encoding else None) or found.codec
    charset = charset_of(codec) or mark or "Neutral"
    changed = _with_charset(raw, charset, marked[0] if marked else None)
    changed = changed.decode(codec, "replace").replace("\ufffd", "_").encode(codec, "replace")
    if changed != raw:
        staged.unlink()
        staged.write_bytes(changed)
    name = NAMES.get(codec, codec)
    if encoding:
        return _Said(name, "declared")
    notes = tuple(encoding_notes(found, mark))
    if declared is None or declared == name:
        return _Said(name, "declared" if declared else "detected" if samples else "assumed", notes)
    return _Said(name, "detected", notes)


def _pieces(body: Path) -> list[bytes]:
    """Return texts with other than ASCII characters from the beginning of a table."""
    table = dbf.read_header(body)  # a dBase table by another name
    return dbf.sample_texts(body, table) if table else []


def _with_charset(header: bytes, charset: str, old: bytes | None) -> bytes:
    if old is not None:
        return header.replace(old, old[:7] + b" " + (b'"' if b'"' in old else b"") + charset.encode(), 1)
    line = rb"\1!charset " + charset.encode() + b"\n"
    return re.sub(rb"(!version\s+\d+\s*\n)", line, header, count=1, flags=re.IGNORECASE)
