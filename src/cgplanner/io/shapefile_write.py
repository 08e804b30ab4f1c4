"""Shapefiles under full control: our own bytes, marks that agree, checked before they take the old set's place.

A layer of several kinds of geometry becomes several shapefiles (``_pt``, ``_ln``, ``_pg``), put in place together.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cgplanner.errors import UserError
from cgplanner.io import dbf, shapefile_shapes
from cgplanner.io.crs_files import esri_wkt
from cgplanner.io.dbf_columns import Outgoing, all_losses, identity_column, outgoing_columns, taken
from cgplanner.io.encoding import codec_of_mark
from cgplanner.io.field_dictionary import describes, dictionary_of, with_parts, write_beside
from cgplanner.io.long_texts import Split, split_long
from cgplanner.io.outgoing import WriteRequest, neighbours
from cgplanner.io.outgoing_shapes import FamilyRows, families_of
from cgplanner.io.read_back import check, check_with_fiona
from cgplanner.io.receivers import Receiver
from cgplanner.io.report import Note
from cgplanner.io.safe_write import disk_trouble_told, refuse_existing, replacing
from cgplanner.io.shapefile import read_shapefile
from cgplanner.io.single_file import told
from cgplanner.io.source import WriteReport
from cgplanner.model.geometry_column import GeometryColumn
from cgplanner.model.schema import Schema
from cgplanner.model.table import FeatureTable, new_table
from cgplanner.text import sentence, tr

SUFFIX_OF_FAMILY = {"point": "_pt", "line": "_ln", "polygon": "_pg"}  # ASCII, for receivers that stumble over hanzi


@dataclass(frozen=True)
class _Target:
    """An encoding as it is written: codec, codec that reads it back, the .cpg and the language byte that say so."""

    name: str
    writes: str
    reads: str
    cpg: str
    language_byte: int


_TARGETS = {
    "utf-8": _Target("UTF-8", "utf-8", "utf-8", "UTF-8", 0),
    "gb18030": _Target("GBK", "gbk", "gb18030", "GBK", 0x4D),
    "cp950": _Target("Big5", "cp950", "cp950", "BIG5", 0x4F),
}


@dataclass(frozen=True)
class _Piece:
    """One shapefile of the set: its path, its rows, its columns, and the table that reading it must give."""

    path: Path
    part: FamilyRows
    kind: int
    columns: tuple[Outgoing, ...]
    expected: FeatureTable


def write_shapefile(request: WriteRequest) -> WriteReport:
    """Write a table as one shapefile, or as several when its geometry is mixed.

    Raises
    ------
    UserError
        When a file is there and may not be overwritten, the table cannot be a shapefile (too large, too many fields), the
        disk says no, or what was written does not read back as it was. The old set is then as it was.
    """
    table, path = request.table, request.path
    target = _target(request.receiver.encoding, path)
    columns, pieces, losses, parts = _planned(table, path, target, request.receiver)
    if not request.overwrite:
        refuse_existing(each for piece in pieces for each in (piece.path, piece.path.with_suffix(".dbf")))
    prj = esri_wkt(request.crs) if request.crs else ""
    dictionary = _dictionary(table.schema, columns, parts, target.name)
    stale = [each for piece in pieces for each in neighbours(piece.path)]
    with replacing(pieces[-1].path, stale=stale) as folder, disk_trouble_told(path):
        for number, piece in enumerate(pieces):
            _write_piece(folder, piece, target, prj, dictionary)
            _check_piece(folder / piece.path.name, piece, target)
            told(request, (number + 1) / len(pieces))
        heads = tuple(f"{piece.path.stem}." for piece in pieces)
        files = tuple(path.parent / each.name for each in sorted(folder.iterdir()) if each.name.startswith(heads))
    own = [each for each in columns if each.source.id in table.schema]
    renamed = tuple((each.source.name, each.expected.name) for each in own if each.source.name != each.expected.name)
    rows = sum(len(each.part.rows) for each in pieces)
    return WriteReport(files, losses, renamed, target.name, request.crs, True, len(table), rows)


def shapefile_losses(request: WriteRequest) -> tuple[Note, ...]:
    """Return what a shapefile would lose; nothing is written.

    Raises
    ------
    UserError
        When the table cannot be a shapefile: too large, too many fields.
    """
    return _planned(request.table, request.path, _target(request.receiver.encoding, request.path), request.receiver)[2]


def _planned(
    table: FeatureTable, path: Path, target: _Target, receiver: Receiver
) -> tuple[tuple[Outgoing, ...], list[_Piece], tuple[Note, ...], tuple[int, ...]]:
    columns, split = _columns(table, target, receiver, path)
    parts, notes = families_of(table.geometry, table.schema.geometry)
    pieces = [_piece(path, part, columns, many=len(parts) > 1) for part in parts]
    _check_sizes(pieces)
    return columns, pieces, (*all_losses(columns), *split.notes, *notes, *_split_note(pieces)), split.parts


def _target(encoding: str, path: Path) -> _Target:
    found = _TARGETS.get(codec_of_mark(encoding) or "")
    if found is None:
        raise UserError(
            tr("A shapefile cannot be written in the encoding “{name}”.", name=encoding),
            hint=tr("Choose UTF-8, GBK or Big5."),
            path=path,
        )
    return found


def _columns(table: FeatureTable, target: _Target, receiver: Receiver, path: Path) -> tuple[tuple[Outgoing, ...], Split]:
    columns = tuple(table.columns[each.id] for each in table.schema)
    split = Split(table.schema.fields, columns, (0,) * len(columns), ())
    if not len(table.schema):
        return (identity_column(len(table)),), split
    if receiver.long_texts == "split":
        split = split_long(split.fields, columns, target.writes)
    _check_count(len(split.fields), receiver, path)
    return outgoing_columns(split.fields, split.columns, (target.writes, target.reads), receiver), split


def _check_count(fields: int, receiver: Receiver, path: Path) -> None:
    most = min(receiver.most_fields, dbf.MOST_FIELDS)
    if fields > most:
        raise UserError(
            tr(
                "The layer has {count} fields; a shapefile for {receiver} takes {most}.",
                count=fields,
                receiver=receiver.title,
                most=most,
            ),
            hint=tr("Write a GeoPackage, or leave fields out."),
            path=path,
        )


def _dictionary(schema: Schema, columns: Sequence[Outgoing], parts: Sequence[int], encoding: str) -> dict[str, Any] | None:
    """Return what the dictionary beside the files says; None when they say it all themselves."""
    rest = iter(columns)
    pairs = [(next(rest), [each.expected.name for each in itertools.islice(rest, more)]) for more in parts]
    if not any(more or describes(field, first.expected) for field, (first, more) in zip(schema, pairs, strict=True)):
        return None
    said = dictionary_of([first.expected.name for first, _ in pairs], schema, encoding=encoding)
    return with_parts(said, {first.expected.name: more for first, more in pairs})


def _piece(path: Path, part: FamilyRows, columns: tuple[Outgoing, ...], *, many: bool) -> _Piece:
    if len(part.rows) != len(columns[0].cells):
        columns = tuple(taken(each, part.rows) for each in columns)
    if many:
        path = path.with_name(f"{path.stem}{SUFFIX_OF_FAMILY[part.family]}{path.suffix}")
    fields = tuple(each.expected for each in columns)
    table = new_table(
        Schema(fields, part.family), {each.expected.id: each.column for each in columns}, GeometryColumn(part.shapes)
    )
    return _Piece(path, part, shapefile_shapes.shape_type(part.shapes, part.family), columns, table)


def _split_note(pieces: Sequence[_Piece]) -> tuple[Note, ...]:
    if len(pieces) == 1:
        return ()
    names = ", ".join(piece.path.name for piece in pieces)
    message = sentence("A shapefile holds one kind of geometry; the layer was split into {names}.", names=names)
    return (Note("layer-split", "info", message, len(pieces)),)


def _check_sizes(pieces: Sequence[_Piece]) -> None:
    for piece in pieces:
        fields = [each.descriptor for each in piece.columns]
        width = 1 + sum(each.width for each in fields)
        shapes, rows = shapefile_shapes.shp_size(piece.part.shapes, piece.kind), dbf.size_of(fields, len(piece.part.rows))
        if width > dbf.WIDEST_RECORD or max(shapes, rows) > shapefile_shapes.SIZE_LIMIT:
            raise UserError(
                tr("{name} would be too large for a shapefile, whose files end at 2 GB.", name=piece.path.name),
                hint=tr("Write a GeoPackage, or export a part of the layer."),
                path=piece.path,
            )


def _write_piece(folder: Path, piece: _Piece, target: _Target, prj: str, dictionary: dict[str, Any] | None) -> None:
    home = folder / piece.path.name
    files = shapefile_shapes.shape_files(piece.part.shapes, piece.kind)
    home.write_bytes(files.shp.data)
    home.with_suffix(".shx").write_bytes(files.shx)
    descriptors = [each.descriptor for each in piece.columns]
    dbf.write_table(home.with_suffix(".dbf"), descriptors, [each.cells for each in piece.columns], target.language_byte)
    home.with_suffix(".cpg").write_text(target.cpg, encoding="ascii")
    if prj:
        home.with_suffix(".prj").write_text(prj, encoding="utf-8")
    if dictionary:
        write_beside(home, dictionary)


def _check_piece(path: Path, piece: _Piece, target: _Target) -> None:
    found = read_shapefile(path, encoding=target.name, as_stored=True)
    check(piece.expected, found.table, path)
    check_with_fiona(piece.expected, path, decode=lambda text: text.encode("latin-1").decode(target.reads))
