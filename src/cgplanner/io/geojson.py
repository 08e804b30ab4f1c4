"""The door for GeoJSON: longitude and latitude in degrees by its standard, whatever else an old file may declare."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from cgplanner.errors import UserError
from cgplanner.io.crs_files import FoundCrs, crs_of_driver
from cgplanner.io.gdal_layers import (
    attribute_columns,
    field_of,
    geometry_kind,
    geometry_notes,
    layer_info,
    layer_notes,
    read_driver_layer,
    schema_of,
)
from cgplanner.io.report import Note, Report
from cgplanner.io.source import LoadedLayer, Progress, SourceLayer
from cgplanner.model.table import new_table
from cgplanner.text import sentence, tr

_DRIVERS = ("GeoJSON", "GeoJSONSeq")
_MIXED_TYPES = "OFSTJSON"


def geojson_layers(path: Path) -> tuple[SourceLayer, ...]:
    """Return the one layer of a GeoJSON file."""
    info = _info(path)
    return (SourceLayer(path.stem, info["geometry_type"] or "", int(info["features"])),)


def read_geojson(path: Path, *, dates: bool = True, progress: Progress | None = None) -> LoadedLayer:
    """Read a GeoJSON file; texts that are dates become dates, unless ``dates`` says no.

    Raises
    ------
    UserError
        When it is no GeoJSON.
    """
    options = {} if dates else {"DATE_AS_STRING": True}
    info = _info(path, **options)
    layer = read_driver_layer(path, info["layer_name"], info=info, progress=progress, **options)
    types = zip(info["fields"], info["ogr_types"], info["ogr_subtypes"], strict=True)
    fields = tuple(field_of(number, str(name), kind, sub) for number, (name, kind, sub) in enumerate(types, 1))
    columns, said = attribute_columns(layer, fields)
    nested = [
        Note(
            "nested-as-text",
            "info",
            sentence("The lists and objects in {field} are kept as JSON text.", field=each.name),
            1,
            each.name,
        )
        for each, sub in zip(fields, info["ogr_subtypes"], strict=True)
        if sub == _MIXED_TYPES
    ]
    crs = _crs(path, info["crs"])
    table = new_table(schema_of(fields, geometry_kind(info["geometry_type"], layer.geometry)), columns, layer.geometry)
    notes = (*layer.notes, *said, *nested, *geometry_notes(layer.geometry), *layer_notes(len(table), crs.crs, drawn=True))
    return LoadedLayer(path.stem, table, crs.crs, Report(notes, (), "UTF-8", "declared", crs.crs, crs.how), path)


def _info(path: Path, **options: bool) -> dict[str, Any]:
    info = layer_info(path, None, **options)
    if info["driver"] not in _DRIVERS:
        raise UserError(
            tr("{name} does not hold what its name says: it is no {what} file.", name=path.name, what="GeoJSON"),
            hint=tr("Check that the file is complete, or export it again from where it came."),
            path=path,
        )
    return info


def _crs(path: Path, text: str | None) -> FoundCrs:
    found = crs_of_driver(text)
    with path.open("rb") as file:
        head = file.read(4096)
    if found.crs == "EPSG:4979":  # heights in a file do not make its layer another place
        found = replace(found, crs="EPSG:4326")
    return found if b'"crs"' in head else replace(found, how="assumed")
