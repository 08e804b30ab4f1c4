"""The doors out: which formats can be written, what each of them would lose, and the writing itself.

A new format is a new entry in ``OUTPUTS``. Its module is imported when the first such file is written: drivers are dear.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Required, TypedDict, Unpack

from cgplanner.errors import Refused, UserError
from cgplanner.io.files.neighbours import NEIGHBOURS
from cgplanner.io.files.safe_write import disk_trouble_told
from cgplanner.io.report import Note
from cgplanner.io.source import Progress, WriteReport
from cgplanner.io.styles.look import Look
from cgplanner.io.writing.outgoing_place import Placed, placed
from cgplanner.io.writing.receivers import DEFAULT, Receiver, changed
from cgplanner.io.writing.receivers import receiver as receiver_named
from cgplanner.io.writing.rows import Rows, rows_of
from cgplanner.model.table import FeatureTable
from cgplanner.text import Sentence, sentence, tr


@dataclass(frozen=True, eq=False)
class WriteRequest:
    """All that a writer is told: the rows, already in the CRS they are to be written in, and where they go.

    ``look`` is for formats that have colours or layers. ``known`` is where a writer keeps what it found out when it was asked
    for the losses and wants again when it writes.
    """

    rows: Rows
    crs: str
    path: Path
    layer_name: str
    receiver: Receiver
    look: Look | None = None
    overwrite: bool = False
    progress: Progress | None = None
    known: dict[str, Any] = field(default_factory=dict)

    @property
    def table(self) -> FeatureTable:
        """All rows in memory, for writers that need them all."""
        return self.rows.table


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
        ``metres``: degrees have no sense in it; ``degrees``: only longitude and latitude have; ``degrees unless asked``: those
        unless a CRS is named; '' takes either.
    in_pieces
        The writer takes rows piece by piece, and so files that are larger than the memory.
    """

    name: str
    title: str | Sentence
    suffix: str
    losses: Losses
    write: Write
    place: str = ""
    in_pieces: bool = False


@dataclass(frozen=True)
class Remedy:
    """What can be chosen instead, with the word for it: another ``format``, or another value of a receiver's entry."""

    what: str
    value: str
    message: Sentence


@dataclass(frozen=True, eq=False)
class Foreseen:
    """The work that a forecast has done already, for the writing that follows it."""

    output: Output
    place: Placed
    request: WriteRequest
    losses: tuple[Note, ...]
    features_in: int


@dataclass(frozen=True)
class Forecast:
    """What writing would lose, known before a byte is written."""

    losses: tuple[Note, ...]
    crs: str
    remedies: tuple[Remedy, ...] = ()
    foreseen: Foreseen | None = field(default=None, repr=False, compare=False)

    @property
    def real(self) -> tuple[Note, ...]:
        """The losses that are more than another form of the same value."""
        return tuple(note for note in self.losses if note.severity != "info")


def _doors(name: str, module: str) -> tuple[Losses, Write]:
    """Return the two functions of a writer's module, which is imported when one is called."""

    def losses(request: WriteRequest) -> Any:
        return getattr(importlib.import_module(f"cgplanner.io.{module}"), f"{name}_losses")(request)

    def write(request: WriteRequest) -> Any:
        return getattr(importlib.import_module(f"cgplanner.io.{module}"), f"write_{name}")(request)

    return losses, write


OUTPUTS: dict[str, Output] = {
    each.name: each
    for each in (
        Output("gpkg", "GeoPackage", ".gpkg", *_doors("geopackage", "geopackage.write"), in_pieces=True),
        Output("shp", "Shapefile", ".shp", *_doors("shapefile", "shapefile.write"), in_pieces=True),
        Output("gdb", sentence("File Geodatabase"), ".gdb", *_doors("geodatabase", "geodatabase.write")),
        Output("geojson", "GeoJSON", ".geojson", *_doors("geojson", "geojson.write"), "degrees unless asked", in_pieces=True),
        Output("parquet", "GeoParquet", ".parquet", *_doors("geoparquet", "columnar.geoparquet_write")),
        Output("fgb", "FlatGeobuf", ".fgb", *_doors("flatgeobuf", "columnar.flatgeobuf_write"), in_pieces=True),
        Output("csv", "CSV", ".csv", *_doors("csv", "tables.csv_write"), in_pieces=True),
        Output("kml", "KML", ".kml", *_doors("kml", "kml.write"), "degrees", in_pieces=True),
        Output("kmz", "KMZ", ".kmz", *_doors("kml", "kml.write"), "degrees", in_pieces=True),
        Output("dxf", "DXF", ".dxf", *_doors("dxf", "dxf.write"), "metres"),
        Output("xlsx", "Excel", ".xlsx", *_doors("workbook", "tables.workbook_write"), in_pieces=True),
    )
}
WRITABLE = tuple(OUTPUTS)
SUFFIXES = {each.suffix: each.name for each in OUTPUTS.values()} | {".json": "geojson"}


def neighbours(path: Path) -> list[Path]:
    """Return the files around this one that belong to it and must not outlive it, whatever their case."""
    ends = NEIGHBOURS.get(path.suffix.lower(), ())
    if not ends or not path.parent.is_dir():
        return []
    stem = path.name if path.suffix.lower() != ".shp" else path.stem
    names = {f"{stem}{end}".casefold() for end in ends}
    with disk_trouble_told(path):
        return [each for each in path.parent.iterdir() if each.name.casefold() in names]


class Wanted(TypedDict, total=False):
    """What a file is to be, in the words of :func:`forecast` and :func:`write_rows`.

    Attributes
    ----------
    format
        One of ``WRITABLE``.
    target_crs
        Coordinates are turned into it; None leaves them as the format and the receiver want them.
    zone
        What degrees become where format or receiver want metres; None takes the zone in which the middle of the rows lies.
    receiver, changes
        The program a file is made for, and entries of its profile that are to be otherwise this time, e.g. the encoding.
    """

    format: Required[str]
    layer_name: Required[str]
    target_crs: str | None
    zone: str | None
    receiver: str
    changes: Mapping[str, Any] | None


class Writing(Wanted, total=False):
    """The words of :func:`write_layer`: a file, and how it is written."""

    look: Look | None
    strict: bool
    overwrite: bool
    progress: Progress | None


def forecast(
    table: FeatureTable,
    crs: str,
    path: Path | str,
    **wanted: Unpack[Wanted],
) -> Forecast:
    """Return what :func:`write_layer` with the same words would lose; nothing is written.

    Raises
    ------
    UserError
        When it could not be written at all.
    """
    foreseen = _foreseen(rows_of(table), crs, Path(path), **wanted)
    remedies = remedies_for(foreseen.losses, foreseen.output.name, foreseen.request.receiver)
    return Forecast(foreseen.losses, foreseen.place.crs, remedies, foreseen)


def _foreseen(
    rows: Rows,
    crs: str,
    path: Path,
    *,
    format: str,  # noqa: A002  the word of the command line
    layer_name: str,
    target_crs: str | None = None,
    zone: str | None = None,
    receiver: str = DEFAULT,
    changes: Mapping[str, Any] | None = None,
    looking: bool = True,
) -> Foreseen:
    """Put the rows where they go; ``looking`` for what would be lost as well."""
    output, program = _output(format, path), changed(receiver_named(receiver), changes or {})
    place = placed(rows, crs, target_crs, program, format, output.place, zone)
    request = WriteRequest(place.all_rows, place.crs, path, layer_name, program)
    return Foreseen(output, place, request, (*place.notes, *output.losses(request)) if looking else (), len(rows))


def write_layer(table: FeatureTable, crs: str, path: Path | str, **words: Unpack[Writing]) -> WriteReport:
    """Write a table as :func:`write_rows` does, with the same words."""
    return write_rows(rows_of(table), crs, path, **words)


def write_rows(
    rows: Rows,
    crs: str,
    path: Path | str,
    *,
    look: Look | None = None,
    strict: bool = False,
    overwrite: bool = False,
    progress: Progress | None = None,
    **wanted: Unpack[Wanted],
) -> WriteReport:
    """Write rows as a file or a set of files, read it back, compare, and only then put it in place.

    Parameters
    ----------
    crs
        What the coordinates are in; '' when it is not known.
    look
        How the rows look, for formats that have colours or layers.
    strict
        Refuse when a value would not survive.
    wanted
        See :class:`Wanted`.

    Raises
    ------
    UserError
        When it cannot be done; what was there is as it was.
    Refused
        With ``strict``: the sentence lists what would be lost.
    Cancelled
        From ``progress``.
    """
    foreseen = _foreseen(rows, crs, Path(path), looking=strict, **wanted)
    return write_foreseen(foreseen, path, look=look, strict=strict, overwrite=overwrite, progress=progress)


def write_foreseen(
    foreseen: Foreseen,
    path: Path | str,
    *,
    look: Look | None = None,
    strict: bool = False,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> WriteReport:
    """Write what a forecast was made of, as :func:`write_rows` does; the file has the name of the forecast's.

    Raises
    ------
    UserError
        When it cannot be done; what was there is as it was.
    Refused
        With ``strict``: the sentence lists what would be lost.
    Cancelled
        From ``progress``.
    """
    path, place = Path(path), foreseen.place
    look = look.take(place.rows) if look is not None and place.rows is not None else look
    if strict:
        refuse_losses(foreseen.losses, path)
    request = replace(foreseen.request, path=path, look=look, overwrite=overwrite, progress=progress)
    report = foreseen.output.write(request)
    return replace(report, losses=(*place.notes, *report.losses), features_in=foreseen.features_in)


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


def remedies_for(losses: Iterable[Note], kind: str, program: Receiver) -> tuple[Remedy, ...]:
    """Return what could be chosen so that less is lost; every one of them changes the outcome."""
    codes = {note.code for note in losses if note.severity != "info"}
    found = [remedy for code, remedy in _remedies_of(kind, program) if code in codes]
    healed = {code for code, _ in _remedies_of(kind, program)}
    if kind not in ("gpkg", "kml", "kmz") and codes - healed:
        found.append(Remedy("format", "gpkg", sentence("Write a GeoPackage instead")))
    return tuple(dict.fromkeys(found))


def _remedies_of(kind: str, program: Receiver) -> Iterator[tuple[str, Remedy]]:
    """Give (code of a loss, what heals it) for a format as this receiver has it."""
    if kind == "shp":
        if program.encoding != "UTF-8":
            message = sentence("Use UTF-8 instead of {encoding}", encoding=program.encoding)
            yield "characters-lost", Remedy("encoding", "UTF-8", message)
        if program.long_texts != "split":
            yield "text-cut", Remedy("long_texts", "split", sentence("Let long texts go on in more columns"))
        if program.decimals != "all":
            yield "number-rounded", Remedy("decimals", "all", sentence("Write all decimals"))
    if kind == "dxf":
        if program.dxf_version < "R2007":
            message = sentence("Write a drawing of AutoCAD 2010, whose texts are UTF-8")
            yield "characters-lost", Remedy("dxf_version", "R2010", message)
        if program.dxf_attributes != "xdata":
            yield "fields-left-out", Remedy("dxf_attributes", "xdata", sentence("Hang the attributes on the entities (XDATA)"))
