"""The doors out: which formats can be written, what each of them would lose, and the writing itself.

A new format is a new entry in ``OUTPUTS``. Its module is imported when the first such file is written: drivers are dear.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cgplanner.errors import Refused, UserError
from cgplanner.io.look import Look
from cgplanner.io.outgoing_place import Placed, placed
from cgplanner.io.receivers import DEFAULT, Receiver
from cgplanner.io.receivers import receiver as receiver_named
from cgplanner.io.report import Note
from cgplanner.io.source import Progress, WriteReport
from cgplanner.model.table import FeatureTable
from cgplanner.text import Sentence, sentence, tr


@dataclass(frozen=True, eq=False)
class WriteRequest:
    """All that a writer is told: the rows, already in the CRS they are to be written in, and where they go.

    ``encoding`` overrules the receiver's; ``look`` is for formats that have colours or layers.
    """

    table: FeatureTable
    crs: str
    path: Path
    layer_name: str
    receiver: Receiver
    encoding: str | None = None
    look: Look | None = None
    overwrite: bool = False
    progress: Progress | None = None


Losses = Callable[[WriteRequest], tuple[Note, ...]]
Write = Callable[[WriteRequest], WriteReport]


@dataclass(frozen=True)
class Output:
    """One kind of file that can be written.

    Attributes
    ----------
    losses
        Says what would not survive, and writes nothing.
    place
        ``metres``: degrees have no sense in it; ``degrees``: only longitude and latitude have; '' takes either.
    """

    name: str
    title: str
    suffix: str
    losses: Losses
    write: Write
    place: str = ""


@dataclass(frozen=True)
class Remedy:
    """What can be chosen instead, with the word for it: ``what`` is ``encoding`` or ``format``."""

    what: str
    value: str
    message: Sentence


@dataclass(frozen=True)
class Forecast:
    """What writing would lose, known before a byte is written."""

    losses: tuple[Note, ...]
    crs: str
    remedies: tuple[Remedy, ...] = ()

    @property
    def real(self) -> tuple[Note, ...]:
        """The losses that are more than another form of the same value."""
        return tuple(note for note in self.losses if note.severity != "info")


def _doors(name: str) -> tuple[Losses, Write]:
    """Return the two functions of a writer's module, which is imported when one is called."""

    def losses(request: WriteRequest) -> Any:
        return getattr(importlib.import_module(f"cgplanner.io.{name}_write"), f"{name}_losses")(request)

    def write(request: WriteRequest) -> Any:
        return getattr(importlib.import_module(f"cgplanner.io.{name}_write"), f"write_{name}")(request)

    return losses, write


def _none(_request: WriteRequest) -> tuple[Note, ...]:
    return ()


def _shapefile_losses(request: WriteRequest) -> tuple[Note, ...]:
    from cgplanner.io.shapefile_write import shapefile_losses  # noqa: PLC0415  a driver, see the top

    return shapefile_losses(request.table, request.path, request.receiver, request.encoding)


def _write_shapefile(request: WriteRequest) -> WriteReport:
    from cgplanner.io.shapefile_write import write_shapefile  # noqa: PLC0415  a driver, see the top

    how: dict[str, Any] = {"receiver": request.receiver, "encoding": request.encoding}
    how |= {"overwrite": request.overwrite, "progress": request.progress}
    return write_shapefile(request.table, request.crs, request.path, **how)


def _geojson_losses(request: WriteRequest) -> tuple[Note, ...]:
    from cgplanner.io.geojson_write import geojson_losses  # noqa: PLC0415  a driver, see the top

    return geojson_losses(request.table, request.crs)


def _write_geojson(request: WriteRequest) -> WriteReport:
    from cgplanner.io.geojson_write import write_geojson  # noqa: PLC0415  a driver, see the top

    return write_geojson(request.table, request.crs, request.path, overwrite=request.overwrite, progress=request.progress)


def _write_geopackage(request: WriteRequest) -> WriteReport:
    from cgplanner.io.geopackage_write import write_geopackage  # noqa: PLC0415  a driver, see the top

    how: dict[str, Any] = {"layer_name": request.layer_name, "overwrite": request.overwrite, "progress": request.progress}
    return write_geopackage(request.table, request.crs, request.path, **how)


def _write_geoparquet(request: WriteRequest) -> WriteReport:
    from cgplanner.io.geoparquet import write_geoparquet  # noqa: PLC0415  a driver, see the top

    return write_geoparquet(request.table, request.crs, request.path, overwrite=request.overwrite, progress=request.progress)


OUTPUTS: dict[str, Output] = {
    each.name: each
    for each in (
        Output("gpkg", "GeoPackage", ".gpkg", _none, _write_geopackage),
        Output("shp", "Shapefile", ".shp", _shapefile_losses, _write_shapefile),
        Output("geojson", "GeoJSON", ".geojson", _geojson_losses, _write_geojson),
        Output("parquet", "GeoParquet", ".parquet", _none, _write_geoparquet),
        Output("fgb", "FlatGeobuf", ".fgb", *_doors("flatgeobuf")),
        Output("csv", "CSV", ".csv", *_doors("csv")),
        Output("kml", "KML", ".kml", *_doors("kml"), "degrees"),
        Output("kmz", "KMZ", ".kmz", *_doors("kml"), "degrees"),
        Output("dxf", "DXF", ".dxf", *_doors("dxf"), "metres"),
        Output("xlsx", "Excel", ".xlsx", *_doors("workbook")),
    )
}
WRITABLE = tuple(OUTPUTS)
SUFFIXES = {each.suffix: each.name for each in OUTPUTS.values()} | {".json": "geojson"}


def forecast(
    table: FeatureTable,
    crs: str,
    path: Path | str,
    *,
    format: str,  # noqa: A002  the word of the command line
    layer_name: str,
    target_crs: str | None = None,
    receiver: str = DEFAULT,
    encoding: str | None = None,
) -> Forecast:
    """Return what :func:`write_layer` with the same words would lose; nothing is written.

    Raises
    ------
    UserError
        When it could not be written at all.
    """
    output, program = _output(format, Path(path)), receiver_named(receiver)
    place = placed(table, crs, target_crs, program, format, output.place)
    losses = output.losses(WriteRequest(place.table, place.crs, Path(path), layer_name, program, encoding))
    return _forecast((*place.notes, *losses), place.crs, format, encoding or program.encoding)


def write_layer(
    table: FeatureTable,
    crs: str,
    path: Path | str,
    *,
    format: str,  # noqa: A002  the word of the command line
    layer_name: str,
    target_crs: str | None = None,
    receiver: str = DEFAULT,
    encoding: str | None = None,
    look: Look | None = None,
    strict: bool = False,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> WriteReport:
    """Write a table as a file or a set of files, read it back, compare, and only then put it in place.

    Parameters
    ----------
    crs
        What the table's coordinates are in; '' when it is not known.
    format
        One of ``WRITABLE``.
    target_crs
        Coordinates are turned into it; None leaves them as the format and the receiver want them.
    receiver, encoding
        The program a file is made for, and the encoding of its texts where that is not the receiver's own.
    look
        How the rows look, for formats that have colours or layers.
    strict
        Refuse when a value would not survive.

    Raises
    ------
    UserError
        When it cannot be done; what was there is as it was.
    Refused
        With ``strict``: the sentence lists what would be lost.
    Cancelled
        From ``progress``.
    """
    path = Path(path)
    output, program = _output(format, path), receiver_named(receiver)
    place = placed(table, crs, target_crs, program, format, output.place)
    look = look.take(place.rows) if look is not None and place.rows is not None else look
    request = WriteRequest(place.table, place.crs, path, layer_name, program, encoding, look, overwrite, progress)
    if strict:
        refuse_losses((*place.notes, *output.losses(request)), path)
    return _told(output.write(request), place, len(table))


def _told(report: WriteReport, place: Placed, rows: int) -> WriteReport:
    return replace(report, losses=(*place.notes, *report.losses), features_in=rows)


def refuse_losses(losses: tuple[Note, ...], path: Path) -> None:
    """Stop a strict export.

    Raises
    ------
    Refused
        When a loss is more than another form of the same value; the sentence lists them.
    """
    real = [note for note in losses if note.severity != "info"]
    if real:
        raise Refused(
            tr("{name} was not written: {losses}", name=path.name, losses=" ".join(str(note.message) for note in real)),
            hint=tr("Change the values, choose another format or encoding, or export without the strict mode."),
            path=path,
        )


def _output(name: str, path: Path) -> Output:
    if name not in OUTPUTS:
        raise UserError(
            tr("“{format}” cannot be written.", format=name),
            hint=tr("Choose one of: {names}.", names=", ".join(WRITABLE)),
            path=path,
        )
    return OUTPUTS[name]


def _forecast(losses: tuple[Note, ...], crs: str, kind: str, encoding: str) -> Forecast:
    found = Forecast(losses, crs)
    codes = {note.code for note in found.real}
    remedies = []
    if kind == "shp" and "characters-lost" in codes:
        message = sentence("Use UTF-8 instead of {encoding}", encoding=encoding)
        remedies.append(Remedy("encoding", "UTF-8", message))
    if kind not in ("gpkg", "kml", "kmz") and codes - {"characters-lost"}:
        remedies.append(Remedy("format", "gpkg", sentence("Write a GeoPackage instead")))
    return replace(found, remedies=tuple(remedies))
