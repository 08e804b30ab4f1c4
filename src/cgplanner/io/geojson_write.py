"""A layer as GeoJSON after RFC 7946: longitude and latitude in degrees, UTF-8, any kinds of geometry in one file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from cgplanner.errors import UserError
from cgplanner.io.geojson import read_geojson
from cgplanner.io.geojson_text import DECIMALS, features
from cgplanner.io.read_back import check, check_with_fiona
from cgplanner.io.report import Note
from cgplanner.io.reproject import reprojected
from cgplanner.io.safe_write import disk_trouble_told, replacing
from cgplanner.io.source import Progress, WriteReport
from cgplanner.model.geometry_column import GeometryColumn
from cgplanner.model.table import FeatureTable, new_table
from cgplanner.text import sentence, tr

DEGREES = "EPSG:4326"
_LIKE_DEGREES = (DEGREES, "EPSG:4490", "EPSG:4979", "OGC:CRS84")  # CGCS 2000 and WGS 84 are one on any map
_TOLERANCE = 0.6 * 10.0**-DECIMALS  # degrees: a tenth of a millimetre
_RELATIVE = 1e-14  # GDAL reads a number by a method of its own


def geojson_losses(table: FeatureTable, crs: str) -> tuple[Note, ...]:
    """Return what writing this table as GeoJSON changes.

    Raises
    ------
    UserError
        When the layer's CRS is not known.
    """
    notes = []
    if not crs:
        raise UserError(
            tr("The layer's coordinate system is not known, so it cannot be turned into another."),
            hint=tr("Say which one the data are in."),
        )
    if crs not in _LIKE_DEGREES:
        message = sentence("Coordinates are written as longitude and latitude (WGS 84), as GeoJSON asks.")
        notes.append(Note("reprojected", "info", message, len(table)))
    if table.geometry.base.m is not None:
        notes.append(Note("measure-dropped", "warning", sentence("GeoJSON has no place for measures (M); they were left out.")))
    return tuple(notes)


def write_geojson(
    table: FeatureTable,
    crs: str,
    path: Path,
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> WriteReport:
    """Write one layer.

    Raises
    ------
    UserError
        When the file is there and may not be overwritten, the CRS is not known or has no way to degrees, the disk says no, or
        the file does not read back as it was written.
    """
    if path.exists() and not overwrite:
        raise UserError(
            tr("{name} exists already.", name=path.name), hint=tr("Choose another name or allow overwriting."), path=path
        )
    losses = geojson_losses(table, crs)
    geometry = table.geometry if crs in _LIKE_DEGREES else reprojected(table.geometry, crs, DEGREES)
    outgoing = _clean(table, geometry)
    with replacing(path) as folder, disk_trouble_told(path):
        draft = folder / path.name
        _write(outgoing, draft)
        if progress:
            progress(0.5)
        found = read_geojson(draft, dates=False).table
        if len(outgoing):  # without a feature a GeoJSON file has no fields
            check(outgoing, found, path, tolerance=_TOLERANCE, relative=_RELATIVE)
        check_with_fiona(outgoing, draft, tolerance=_TOLERANCE)
        if progress:
            progress(1.0)
    return WriteReport((path,), losses, (), "UTF-8", DEGREES, True, len(table), len(table))


def _clean(table: FeatureTable, geometry: GeometryColumn) -> FeatureTable:
    """Return what the file is to hold: no measures."""
    base = replace(geometry.base, m=None)
    columns = {each.id: table.columns[each.id] for each in table.schema}
    return new_table(table.schema, columns, GeometryColumn(base, geometry.index, geometry.extra))


def _write(table: FeatureTable, draft: Path) -> None:
    # Half a character has no UTF-8; it becomes "?" and the comparison refuses the file.
    with draft.open("w", encoding="utf-8", errors="replace", newline="\n") as file:
        file.write('{"type":"FeatureCollection","features":[\n')
        for number, text in enumerate(features(table)):
            file.write(f",\n{text}" if number else text)
        file.write("\n]}\n")
