"""The door for shapefiles: sidecars missing or at odds with each other (``stage`` mends them), texts in any encoding.

GDAL reads the bytes (as ISO-8859-1, which loses none); the characters are made here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from cgplanner.errors import UserError
from cgplanner.io.crs.crs_files import MISSING, FoundCrs, crs_of_prj
from cgplanner.io.drivers.driver_pieces import NotInPiecesError, driver_pieces
from cgplanner.io.drivers.gdal_layers import (
    DriverLayer,
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
from cgplanner.io.row_pieces import numbered, table_of_rows
from cgplanner.io.shapefile import dbf
from cgplanner.io.shapefile import shapes as shapefile_shapes
from cgplanner.io.shapefile.dbf_read import OwnColumns, beyond_driver, other_encoding_note, own_columns, suspicious
from cgplanner.io.shapefile.lost import Records, with_lost
from cgplanner.io.shapefile.quick import NotPlainError, byte_pieces, read_bytes
from cgplanner.io.shapefile.stage import ShapefileSet, Stage, find_set, staged
from cgplanner.io.shapes.ordinates import with_real_ordinates
from cgplanner.io.shapes.ring_nesting import nested
from cgplanner.io.shapes.ring_order import TurnedRings, turned_notes
from cgplanner.io.source import LoadedLayer, Progress, SourceLayer
from cgplanner.io.texts.encoding import UTF8, TextEncoding, codec_of_mark, decode_all, find_encoding, without_padding
from cgplanner.io.texts.encoding_notes import encoding_notes
from cgplanner.io.writing.field_dictionary import read_beside, restored
from cgplanner.model.column import ArrayColumn, Column, Positions, TextColumn
from cgplanner.model.schema import Field, FieldType
from cgplanner.model.table import FeatureTable, new_table
from cgplanner.text import sentence, tr

_SHORTEST = 100  # bytes of a .shp without shapes


def shapefile_layers(path: Path) -> tuple[SourceLayer, ...]:
    """Return the one layer of a shapefile from its headers alone."""
    files = find_set(path)
    header = shapefile_shapes.read_header(files.parts["shp"]) if "shp" in files.parts else None
    kind = shapefile_shapes.NAMES.get(header.shape_type % 10 if header.shape_type < 31 else 31, "") if header else ""
    count = -1
    if "shx" in files.parts:
        count = max(0, files.parts["shx"].stat().st_size - shapefile_shapes.HEADER_BYTES) // 8
    elif "dbf" in files.parts and (table := dbf.read_header(files.parts["dbf"])):
        count = table.records
    return (SourceLayer(path.stem, kind, count),)


def read_shapefile(
    path: Path, *, encoding: str | None = None, as_stored: bool = False, progress: Progress | None = None
) -> LoadedLayer:
    """Read a shapefile, or a .dbf alone as a table without geometry.

    A dictionary of ours beside it gives the fields their long names, aliases, domains and types back, unless the fields are
    wanted ``as_stored``.

    Raises
    ------
    UserError
        When there is nothing to read in it; the sentence says what is wrong.
    """
    files = find_set(path)
    notes: list[Note] = []
    _check_main_file(files)
    header = dbf.read_header(files.parts["dbf"]) if "dbf" in files.parts else None
    if header is None and "shp" in files.parts:
        code = "dbf-damaged" if "dbf" in files.parts else "dbf-missing"
        notes.append(
            Note(code, "warning", sentence("The attribute table (.dbf) is missing or damaged; only shapes were read."))
        )
    found = _encoding_of(files, header, encoding)
    crs = _crs_of(files, notes)
    with staged(files, header, notes) as stage:
        layer, rows = _read_stage(stage, progress)
        own = _own_columns(files, header, found, layer)
        table, said = _table_of(layer, header, found, rows, own)
    notes += [note for note in layer.notes if not (own.columns and _is_number_message(note))] + said
    notes += geometry_notes(table.geometry) if "shp" in files.parts else ()
    notes += _shape_notes(files, table)
    if not any(note.code == "multipatch" for note in notes):  # whose faces have no rule
        notes += turned_notes(table.geometry, "Shapefile", clockwise=True)
    before = None if as_stored else restored(table, path)
    if before is not None:
        table = before
    notes += _last_notes(found, as_before=not as_stored and before is not None)
    notes += layer_notes(len(table), crs.crs, drawn="shp" in files.parts)
    report = Report(tuple(notes), (), found.name if found else "", found.how if found else "", crs.crs, crs.how)
    return LoadedLayer(path.stem, table, crs.crs, report, path)


def _check_main_file(files: ShapefileSet) -> None:
    if "shp" not in files.parts:
        if files.path.suffix.lower() == ".dbf" and "dbf" in files.parts:
            if dbf.read_header(files.parts["dbf"]) is None:
                raise _not_one(files.path, "dBase")
            return
        raise UserError(
            tr("{name} has no .shp file beside it.", name=files.path.name),
            hint=tr("Copy all files of the shapefile together."),
            path=files.path,
        )
    header = shapefile_shapes.read_header(files.parts["shp"])
    if header is None or (header.shape_type % 10 not in (0, 1, 3, 5, 8) and header.shape_type != shapefile_shapes.MULTIPATCH):
        raise _not_one(files.parts["shp"], "Shapefile")


def _not_one(path: Path, what: str) -> UserError:
    return UserError(
        tr("{name} does not hold what its name says: it is no {what} file.", name=path.name, what=what),
        hint=tr("Check that the file is complete, or export it again from where it came."),
        path=path,
    )


def _encoding_of(files: ShapefileSet, header: dbf.DbfHeader | None, wanted: str | None) -> TextEncoding | None:
    if wanted is not None:
        codec = codec_of_mark(wanted)
        if codec is None:
            raise UserError(
                tr("The encoding “{name}” is not known.", name=wanted), hint=tr("Try UTF-8, GBK or Big5."), path=files.path
            )
        return TextEncoding(codec, "declared")
    if header is None:
        return None
    mark = files.raw("cpg")
    text = None if mark is None else mark.decode("ascii", "replace")
    samples = dbf.sample_texts(files.parts["dbf"], header)
    found = find_encoding(samples, cpg=text, ldid=header.language_byte)
    if found.overruled and found.codec != UTF8 and (codec := _codec_of_dictionary(files.path, samples)):
        return TextEncoding(codec, "cpg")
    return found


def _codec_of_dictionary(path: Path, samples: Sequence[bytes]) -> str | None:
    """Return the codec that our own export wrote, where the texts still are in it: a word of our own outweighs a guess."""
    said = (read_beside(path) or {}).get("encoding")
    codec = codec_of_mark(said) if isinstance(said, str) else None
    try:
        b"\n".join(samples).decode(codec or "ascii")
    except UnicodeDecodeError:
        return None
    return codec


def _crs_of(files: ShapefileSet, notes: list[Note]) -> FoundCrs:
    raw = files.raw("prj")
    if raw is None:
        return MISSING
    found = crs_of_prj(raw)
    if found.damaged:
        notes.append(Note("prj-damaged", "warning", sentence("The .prj file cannot be understood.")))
    return found


def shapefile_pieces(path: Path, encoding: str | None, *, as_stored: bool = False) -> Iterator[LoadedLayer]:
    """Give a shapefile some thousand rows at a time; the last piece has no rows and says what is to be said of the whole.

    ``as_stored`` asks for the fields without what a dictionary of ours says of them, and not for the CRS.

    Raises
    ------
    UserError
        When there is nothing to read in it.
    NotInPiecesError
        When its parts do not agree, or it holds what the driver would misread: then it can only be read whole.
    """
    files = find_set(path)
    notes: list[Note] = []
    _check_main_file(files)
    header = dbf.read_header(files.parts["dbf"]) if "dbf" in files.parts else None
    main = shapefile_shapes.read_header(files.parts["shp"]) if "shp" in files.parts else None
    odd = header is None or main is None or main.shape_type == shapefile_shapes.MULTIPATCH
    if odd or header is None or suspicious(files.parts["dbf"], header):
        raise NotInPiecesError
    found, crs = _encoding_of(files, header, encoding), MISSING if as_stored else _crs_of(files, notes)
    with staged(files, header, notes) as stage:
        if stage.shapes is None or not stage.together:
            raise NotInPiecesError
        info = layer_info(stage.shapes, None, encoding="ISO-8859-1")
        said, turned = tuple(notes), TurnedRings(int(info["features"]), clockwise=True)
        how = Report((), (), found.name if found else "", found.how if found else "", crs.crs, crs.how)
        as_before, done, last, records = not as_stored, 0, None, Records(stage.shapes)
        for piece in _stage_pieces(stage.shapes, info):
            layer = _completed(stage.shapes, piece, records, done)
            if any(_is_number_message(note) for note in layer.notes):
                raise NotInPiecesError
            table, more = _table_of(layer, header, found, None, OwnColumns(), done)
            turned.add(table.geometry)
            before = restored(table, path) if as_before else None
            if done and as_before and before is None:
                raise NotInPiecesError
            as_before, done, last = before is not None, done + len(table), table if before is None else before
            piece_notes = (*said, *layer.notes, *more, *geometry_notes(table.geometry))
            yield LoadedLayer(path.stem, last, crs.crs, replace(how, notes=piece_notes), path)
            said = ()
    if last is None:  # without rows there is nothing to do piece by piece
        raise NotInPiecesError
    nothing = table_of_rows(last, slice(0, 0))
    tail = [*_shape_notes(files, last), *turned.notes("Shapefile"), *_last_notes(found, as_before=as_before)]
    tail += layer_notes(done, crs.crs, drawn=True)
    yield LoadedLayer(path.stem, nothing, crs.crs, replace(how, notes=tuple(tail)), path)


def _last_notes(found: TextEncoding | None, *, as_before: bool) -> list[Note]:
    """Return what is said of the fields and the encoding."""
    notes = []
    if as_before:
        notes.append(
            Note("fields-restored", "info", sentence("The field dictionary beside the file gave names and types back."))
        )
    return notes + (encoding_notes(found, ", ".join(found.overruled)) if found else [])


def _stage_pieces(shp: Path, info: dict[str, Any]) -> Iterator[DriverLayer]:
    done = 0
    try:
        for piece in byte_pieces(shp, info):
            done += len(piece.geometry)
            yield piece
    except NotPlainError:
        yield from driver_pieces(shp, None, info, skip=done, encoding="ISO-8859-1")


def _read_stage(stage: Stage, progress: Progress | None) -> tuple[DriverLayer, Positions | None]:
    """Return the layer, and for each row of it the row of its attributes where those were read apart (-1: none)."""
    main = stage.shapes or stage.table
    assert main is not None  # noqa: S101  a stage shows at least one file
    info = layer_info(main, None, encoding="ISO-8859-1")
    layer = read_bytes(main, info, progress) if stage.shapes and stage.together else None
    layer = layer or read_driver_layer(main, None, info=info, progress=progress, encoding="ISO-8859-1")
    if stage.shapes:
        layer = _completed(stage.shapes, layer, Records(stage.shapes))
    if stage.together or stage.table is None:
        return layer, None
    beside = read_driver_layer(stage.table, None, encoding="ISO-8859-1")
    count = len(layer.geometry)
    there = 0 if beside.attributes is None else beside.attributes.num_rows
    rows = np.where(np.arange(count) < there, np.arange(count), -1).astype(np.int64)
    return replace(layer, info=beside.info, attributes=beside.attributes), rows


def _completed(shp: Path, layer: DriverLayer, records: Records, done: int = 0) -> DriverLayer:
    """Return the layer, or the piece behind so many rows, with the shapes that the driver gave up and real measures."""
    shapes, notes = with_real_ordinates(layer.geometry)
    shapes = nested(shapes)
    if shapes.nulls.any():
        known = sum(note.count for note in layer.notes if note.code == "geometry-unreadable")
        shapes, more = with_lost(shp, shapes, records, done, known)
        notes = (*notes, *more)
    return layer if shapes is layer.geometry and not notes else replace(layer, geometry=shapes, notes=(*layer.notes, *notes))


def _is_number_message(note: Note) -> bool:
    """Tell whether the driver complains of a value that is no number; such columns are read by ourselves."""
    return note.code == "driver" and "parsed incompletely" in str(note.message)


def _own_columns(
    files: ShapefileSet, header: dbf.DbfHeader | None, found: TextEncoding | None, layer: DriverLayer
) -> OwnColumns:
    """Return the columns that the driver would misread, in the rows that it read."""
    if header is None:
        return OwnColumns()
    path = files.parts["dbf"]
    numbers = suspicious(path, header)
    if any(_is_number_message(note) for note in layer.notes):
        numbers = sorted({*numbers, *(n for n, each in enumerate(header.fields) if each.type in "NF")})
    if not numbers:
        return OwnColumns()
    kept = np.flatnonzero(dbf.column_bytes(path, header, 0, 1)[:, 0] != ord("*"))
    wanted = len(layer.geometry) if layer.attributes is None else layer.attributes.num_rows
    memo = files.parts.get("fpt") or files.parts.get("dbt")
    return own_columns(path, header, numbers, found.codec if found else "ascii", memo, kept[:wanted])


def _table_of(
    layer: DriverLayer,
    header: dbf.DbfHeader | None,
    found: TextEncoding | None,
    rows: Positions | None,
    own: OwnColumns,
    first: int = 0,
) -> tuple[FeatureTable, list[Note]]:
    """Return the rows as a table; ``first`` is how many rows there were in pieces before."""
    if header and beyond_driver(header):
        fields = tuple(own.columns[number][0] for number in sorted(own.columns))
        columns = {each.id: own.columns[number][1] for number, each in zip(sorted(own.columns), fields, strict=True)}
        notes: list[Note] = []
    else:
        fields, columns, notes = _driver_columns(layer, header, found, own)
    notes += own.notes
    if rows is not None:
        columns = {name: _spread(column, rows) for name, column in columns.items()}
    kind = geometry_kind(layer.info["geometry_type"], layer.geometry)
    return new_table(schema_of(fields, kind), columns, layer.geometry, numbered(first, len(layer.geometry))), notes


def _driver_columns(
    layer: DriverLayer, header: dbf.DbfHeader | None, found: TextEncoding | None, own: OwnColumns
) -> tuple[tuple[Field, ...], dict[str, Column], list[Note]]:
    """Return fields and columns as the driver has them, those that it misreads replaced."""
    fields, notes = _fields_of(layer, header.fields if header else (), found)
    columns, said = attribute_columns(layer, fields)
    own_ids = {fields[number].id: number for number in {*own.columns, *own.hidden} if number < len(fields)}
    notes += [note for note in said if note.field not in {each.name for each in fields if each.id in own_ids}]
    for each in fields:
        column = columns[each.id]
        if each.id not in own_ids and isinstance(column, TextColumn) and found is not None:
            columns[each.id] = _decoded(column, each, found, notes)
    for field_id, number in own_ids.items():
        if number in own.columns:
            columns[field_id] = own.columns[number][1]
    kept = [each for number, each in enumerate(fields) if number not in own.hidden]
    typed = tuple(
        replace(own.columns[n][0], name=e.name, id=e.id) if (n := own_ids.get(e.id)) in own.columns else e for e in kept
    )
    return typed, {each.id: columns[each.id] for each in typed}, notes


def _fields_of(
    layer: DriverLayer, declared: tuple[dbf.DbfField, ...], found: TextEncoding | None
) -> tuple[tuple[Field, ...], list[Note]]:
    """Return the fields with names in characters; a name that GDAL had to change for being there twice is taken as it was."""
    names = [str(name) for name in layer.info["fields"]]
    if header_is_whole := len(declared) == len(names):
        raw = [each.name for each in declared]
    else:
        raw = [name.encode("latin-1", "replace") for name in names]
    decoded = decode_all(raw, found.codec if found else "ascii")
    fields = []
    for number, (name, kind, sub) in enumerate(
        zip(decoded.texts, layer.info["ogr_types"], layer.info["ogr_subtypes"], strict=True)
    ):
        each = field_of(number + 1, name or f"FIELD_{number + 1}", kind, sub)
        fields.append(_with_width(each, declared[number]) if header_is_whole else each)
    notes = []
    if decoded.cut or decoded.damaged:
        message = sentence(
            "{count} field names end in half a character, which was dropped.", count=len(decoded.cut) + len(decoded.damaged)
        )
        notes.append(
            Note("name-cut", "warning", message, len(decoded.cut) + len(decoded.damaged), "", decoded.cut + decoded.damaged)
        )
    return tuple(fields), notes


def _with_width(field: Field, declared: dbf.DbfField) -> Field:
    if field.type in (FieldType.TEXT, FieldType.INTEGER, FieldType.REAL):
        return replace(field, width=declared.width, precision=declared.decimals)
    return field


def _decoded(column: TextColumn, field: Field, found: TextEncoding, notes: list[Note]) -> TextColumn:
    """Turn texts that hold one byte a character into the characters they are."""
    name = field.name
    raw = _bytes_of(column.dictionary.tolist(), field.width, found.codec)
    decoded = decode_all(raw, found.codec)
    dictionary = np.empty(len(raw), object)
    dictionary[:] = decoded.texts
    if decoded.other:
        notes.append(other_encoding_note(name, decoded.other))
    if decoded.cut:
        message = sentence(
            "In {field}, {count} values end in half a character, which was dropped.", field=name, count=len(decoded.cut)
        )
        notes.append(Note("text-cut", "warning", message, len(decoded.cut), name, decoded.cut[:3]))
    if decoded.damaged:
        message = sentence(
            "In {field}, {count} values hold bytes that are no {encoding} text.",
            field=name,
            count=len(decoded.damaged),
            encoding=found.name,
        )
        notes.append(Note("text-damaged", "warning", message, len(decoded.damaged), name, decoded.damaged[:3]))
    emptied = [number for number, value in enumerate(raw) if not value and column.dictionary[number]]
    return TextColumn(np.where(np.isin(column.codes, emptied), -1, column.codes) if emptied else column.codes, dictionary)


def _bytes_of(texts: list[str], width: int, codec: str) -> list[bytes]:
    """Return the bytes that texts of one byte a character stand for, without what fills a field."""
    joined = "\0".join(texts).encode("latin-1")
    if b"\xa0" not in joined and len(raw := joined.split(b"\0")) == len(texts):
        return raw
    return [without_padding(text.encode("latin-1"), width, codec) for text in texts]


def _spread(column: Column, rows: Positions) -> Column:
    """Return the values of these rows, NULL for -1."""
    none = rows < 0
    if isinstance(column, TextColumn):
        codes = np.append(column.codes, np.int32(-1))[rows]
        return TextColumn(codes, column.dictionary)
    assert isinstance(column, ArrayColumn)  # noqa: S101  attribute columns are one of the two
    array = np.append(column.array, column.array.dtype.type(0) if column.array.dtype.kind != "M" else np.datetime64(0, "D"))
    return ArrayColumn(array[rows].astype(column.array.dtype), np.append(column.nulls, True)[rows] | none)


def _shape_notes(files: ShapefileSet, table: FeatureTable) -> list[Note]:
    notes = []
    header = shapefile_shapes.read_header(files.parts["shp"]) if "shp" in files.parts else None
    if header is not None and header.bytes > (size := files.parts["shp"].stat().st_size) and size > _SHORTEST:
        message = sentence(
            "The .shp should have {wanted} bytes and has {size}; what is missing at its end is lost.",
            wanted=header.bytes,
            size=size,
        )
        notes.append(Note("shp-short", "warning", message, header.bytes - size))
    if header is not None and header.shape_type == shapefile_shapes.MULTIPATCH:
        message = sentence("The layer holds 3D bodies (MultiPatch); they are read as far as they are polygons.")
        notes.append(Note("multipatch", "warning", message, len(table)))
    if (
        "dbf" in files.parts
        and (head := dbf.read_header(files.parts["dbf"]))
        and (gone := dbf.deleted_rows(files.parts["dbf"], head))
    ):
        message = sentence("{count} rows are marked as deleted and were left out.", count=gone)
        notes.append(Note("rows-deleted", "info", message, gone))
    return notes
