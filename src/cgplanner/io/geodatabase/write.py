"""A layer as an Esri File Geodatabase (a folder ``.gdb``), as ArcGIS 10 and later open it, with titles and domains.

Through GDAL's OpenFileGDB, of two layers' worth of work: an empty one shows which names GDAL makes of ours, then come the
domains, then the rows, whose fields may refer to them. A layer of several kinds of geometry becomes several feature classes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
import pyarrow as pa

from cgplanner.errors import UserError
from cgplanner.geometry import ragged as flat
from cgplanner.geometry.ragged import Ragged
from cgplanner.io.drivers.arrow_columns import arrow_from_column
from cgplanner.io.drivers.engines import driver_trouble, pyogrio
from cgplanner.io.drivers.geodatabase_items import add_domains, can_hold, domain_names
from cgplanner.io.gdal_formats.door import read_gdal_file
from cgplanner.io.report import Note
from cgplanner.io.shapes.outgoing_shapes import FamilyRows, families_of
from cgplanner.io.shapes.wkb_writer import column_blobs
from cgplanner.io.source import WriteReport
from cgplanner.io.writing.described import LAYER_METADATA
from cgplanner.io.writing.field_dictionary import dictionary_of, dictionary_text
from cgplanner.io.writing.outgoing import WriteRequest
from cgplanner.io.writing.read_back import check, check_with_fiona, differs
from cgplanner.io.writing.single_file import draft_of, told, xml_losses, xml_text
from cgplanner.model.column import ArrayColumn, Column, TextColumn
from cgplanner.model.geometry_column import GeometryColumn
from cgplanner.model.schema import CodedDomain, Domain, Field, FieldType, Schema
from cgplanner.model.table import FeatureTable, new_table
from cgplanner.text import sentence, tr

_DRIVER, _GEOMETRY = "OpenFileGDB", "__geometry"
_SUFFIXES = {"point": "_pt", "line": "_ln", "polygon": "_pg"}
_KINDS = {"point": "MultiPoint", "line": "MultiLineString", "polygon": "MultiPolygon"}
_MOST_EXACT = 2**53
# A geodatabase keeps coordinates on a grid: origin and cells a unit, for degrees and for metres (zone numbers included).
_DEGREES, _METRES = (-400.0, 1e11), (-1e8, 1e6)
_Z = {"ZORIGIN": "-100000", "ZSCALE": "1000000", "MORIGIN": "-100000", "MSCALE": "1000000"}


@dataclass(frozen=True)
class _Outgoing:
    """One field as the file takes it, and what reading it must give."""

    source: Field
    expected: Field
    column: Column
    note: Note | None = None


def geodatabase_losses(request: WriteRequest) -> tuple[Note, ...]:
    """Return what a File Geodatabase changes.

    Raises
    ------
    UserError
        When this installation's driver does not write the format.
    """
    if "w" not in pyogrio().list_drivers(write=True).get(_DRIVER, ""):
        raise UserError(
            tr("This installation cannot write File Geodatabases."),
            hint=tr("Write a GeoPackage; ArcGIS opens it too."),
            path=request.path,
        )
    parts, notes = families_of(request.table.geometry, request.table.schema.geometry)
    said = [each.note for each in _columns(request.table) if each.note]
    if len(parts) > 1:
        names = ", ".join(f"{request.layer_name}{_SUFFIXES[part.family]}" for part in parts)
        message = sentence("A feature class holds one kind of geometry; the layer was split into {names}.", names=names)
        said.append(Note("layer-split", "info", message, len(parts)))
    return (*xml_losses(request.table), *said, *notes)


def write_geodatabase(request: WriteRequest) -> WriteReport:
    """Write one layer, read it back, compare, then put the folder in place.

    Raises
    ------
    UserError
        When the file may not be replaced, the disk says no, or it does not read back as it was written.
    """
    losses = geodatabase_losses(request)
    parts, _ = families_of(request.table.geometry, request.table.schema.geometry)
    renamed: dict[str, str] = {}
    with draft_of(request) as draft:
        for number, part in enumerate(parts):
            renamed |= _write_part(request, part, draft, many=len(parts) > 1)
            told(request, (number + 1) / len(parts))
    rows = sum(len(part.rows) for part in parts)
    names = tuple((old, new) for old, new in renamed.items() if old != new)
    return WriteReport((request.path,), losses, names, "UTF-8", request.crs, True, len(request.table), rows)


def _write_part(request: WriteRequest, part: FamilyRows, draft: Path, *, many: bool) -> dict[str, str]:
    name = _name(request.layer_name) + (_SUFFIXES[part.family] if many else "")
    columns = [replace(each, column=each.column.take(part.rows)) for each in _columns(request.table)]
    geometry = GeometryColumn(_of_one_kind(part.shapes) if part.family == "point" else part.shapes)
    before = set(_layers(draft)) if draft.exists() else set()
    _write(request, draft, name, columns, geometry.take(np.arange(0)), part, {}, "")
    layer = next((each for each in _layers(draft) if each not in before), None)
    if layer is None:
        raise OSError(tr("no layer was made"))
    names = [str(each) for each in pyogrio().read_info(draft, layer=layer)["fields"]]
    if len(names) != len(columns):  # the driver goes on over a full disk
        raise OSError(tr("fewer fields were made than were asked for"))
    domains = _domains(columns, layer, domain_names(draft))
    add_domains(draft, {each: (domain, kind) for each, domain, kind in domains.values()})
    dictionary = dictionary_text(dictionary_of(names, request.table.schema, crs=request.crs)) if columns else ""
    refer = {field: each for field, (each, _, _) in domains.items()}
    _write(request, draft, layer, columns, geometry, part, refer, dictionary)
    fields = tuple(replace(each.expected, name=new) for each, new in zip(columns, names, strict=True))
    expected = new_table(Schema(fields, part.family), {each.expected.id: each.column for each in columns}, geometry)
    _check(request, expected, draft, layer)
    if not {each for each, _, _ in domains.values()} <= domain_names(draft):
        raise differs(request.path, tr("the domains"))
    return {each.source.name: new for each, new in zip(columns, names, strict=True)}


def _of_one_kind(shapes: Ragged) -> Ragged:
    """Return points all single, or all multi where one is: a feature class takes one of the two."""
    drawn = np.diff(shapes.row_offsets) > 0
    kind = flat.MULTIPOINT if (np.diff(shapes.row_offsets) > 1).any() else flat.POINT
    return replace(shapes, kinds=np.where(drawn, kind, shapes.kinds).astype(np.int8))


def _check(request: WriteRequest, expected: FeatureTable, draft: Path, layer: str) -> None:
    tolerance = 0.6 / _grid(request.table)[1]
    found = read_gdal_file(draft, layer, None, None).table
    check(expected, found, request.path, tolerance=tolerance)
    if len(expected):
        check_with_fiona(expected, draft, layer=layer, tolerance=tolerance)


def _layers(draft: Path) -> list[str]:
    with driver_trouble():
        return [str(name) for name, _ in pyogrio().list_layers(draft)]


def _name(text: str) -> str:
    name = re.sub(r"\W", "_", text)[:50]
    return name if name[:1].isalpha() else f"L_{name}"


def _grid(table: FeatureTable) -> tuple[float, float]:
    extent = table.geometry.extent()
    return _DEGREES if extent is not None and max(map(abs, extent)) <= -_DEGREES[0] else _METRES


def _write(
    request: WriteRequest,
    draft: Path,
    layer: str,
    columns: Sequence[_Outgoing],
    geometry: GeometryColumn,
    part: FamilyRows,
    domains: dict[str, str],
    dictionary: str,
) -> None:
    arrays, fields = [], []
    for each in columns:
        values = arrow_from_column(each.column.take(np.arange(len(geometry))), each.expected)
        if each.expected.type is FieldType.INTEGER:
            values = values.cast(pa.int32())
        arrays.append(values)
        fields.append(pa.field(each.source.name, values.type, metadata=_described(each, domains.get(each.source.id))))
    arrays.append(pa.array(column_blobs(geometry, np.arange(len(geometry)), None), pa.binary()))
    fields.append(pa.field(_GEOMETRY, pa.binary()))
    origin, scale = _grid(request.table)
    options = {"XORIGIN": f"{origin:g}", "YORIGIN": f"{origin:g}", "XYSCALE": f"{scale:g}", **_Z}
    if dictionary:
        mark = f"<{LAYER_METADATA}>{escape(dictionary)}</{LAYER_METADATA}>"
        options["DOCUMENTATION"] = f'<?xml version="1.0"?><metadata xml:lang="en">{mark}</metadata>'
    single = part.family == "point" and (np.diff(part.shapes.row_offsets) <= 1).all()
    kind = "Point" if single else _KINDS[part.family]
    kind += " " + ("Z" if part.shapes.z is not None else "") + ("M" if part.shapes.m is not None else "")
    how = {"driver": _DRIVER, "geometry_name": _GEOMETRY, "geometry_type": kind.strip(), "crs": request.crs or None}
    with driver_trouble():
        pyogrio().write_arrow(
            pa.Table.from_arrays(arrays, schema=pa.schema(fields)),
            draft,
            layer=layer,
            layer_options={"LAYER_ALIAS": request.layer_name, **options},
            **how,
        )


def _described(each: _Outgoing, domain: str | None) -> dict[str, str]:
    said = {"GDAL:OGR:alternative_name": xml_text(each.source.title)[:255]}
    if isinstance(each.column, TextColumn) and each.source.width:
        longest = max((len(str(text).encode("utf-16-le")) // 2 for text in each.column.dictionary), default=0)
        said["GDAL:OGR:width"] = str(max(each.source.width, longest))
    return said | ({"GDAL:OGR:domain_name": domain} if domain else {})


def _domains(columns: Sequence[_Outgoing], layer: str, taken: set[str]) -> dict[str, tuple[str, Domain, FieldType]]:
    """Return the domains by the field's id, each under a name of its own; fields of one domain share it."""
    named: dict[str, tuple[Domain, FieldType]] = {}
    out = {}
    for each in columns:
        domain, kind = each.source.domain, each.expected.type
        if domain is None or not can_hold(domain, kind) or (isinstance(domain, CodedDomain) and not domain.values):
            continue
        base = name = xml_text(domain.name) or f"{layer}_{each.source.name}"
        number = 2
        while name in taken or named.get(name, (domain, kind)) != (domain, kind):
            name, number = f"{base}_{number}", number + 1
        named[name] = (domain, kind)
        out[each.source.id] = (name, domain, kind)
    return out


def _columns(table: FeatureTable) -> list[_Outgoing]:
    return [_outgoing(each, table.columns[each.id]) for each in table.schema]


def _outgoing(field: Field, column: Column) -> _Outgoing:
    if isinstance(column, TextColumn):
        return _Outgoing(field, _as(field, FieldType.TEXT), _without_controls(column))
    assert isinstance(column, ArrayColumn)  # noqa: S101  attribute columns are one of the two
    rule = _RULES.get(field.type)
    return rule(field, column) if rule else _Outgoing(field, _as(field, field.type), column)


def _without_controls(column: TextColumn) -> TextColumn:
    dictionary = np.empty(len(column.dictionary), object)
    dictionary[:] = [xml_text(str(text)) for text in column.dictionary]
    return TextColumn(column.codes, dictionary)


def _as(field: Field, kind: FieldType) -> Field:
    return Field(field.id, field.name, kind)


def _integers(field: Field, column: ArrayColumn) -> _Outgoing:
    values = column.array[~column.nulls]
    low, high = (int(values.min()), int(values.max())) if len(values) else (0, 0)
    if low > -(2**31) and high < 2**31:
        array = np.where(column.nulls, 0, column.array)
        return _Outgoing(field, _as(field, FieldType.INTEGER), ArrayColumn(array, column.mask))
    if low >= -_MOST_EXACT and high <= _MOST_EXACT:
        message = sentence("{field} holds numbers of more than 32 bits and is written with a decimal point.", field=field.title)
        note = Note("integer-as-real", "info", message, len(values), field.name)
        return _Outgoing(field, _as(field, FieldType.REAL), ArrayColumn(column.array.astype(np.float64), column.mask), note)
    texts = np.empty(len(column), object)
    texts[:] = [str(value) for value in column.array.tolist()]
    codes = np.where(column.nulls, -1, np.arange(len(texts))).astype(np.int32)
    message = sentence("{field} holds numbers of more than 53 bits and is written as text.", field=field.title)
    note = Note("integer-as-text", "info", message, len(values), field.name)
    return _Outgoing(field, _as(field, FieldType.TEXT), TextColumn(codes, texts), note)


def _booleans(field: Field, column: ArrayColumn) -> _Outgoing:
    message = sentence("Yes and no in {field} are written as 1 and 0.", field=field.title)
    note = Note("boolean-as-number", "info", message, int((~column.nulls).sum()), field.name)
    array = np.where(column.nulls, 0, column.array.astype(np.int64))
    return _Outgoing(field, _as(field, FieldType.INTEGER), ArrayColumn(array, column.mask), note)


def _days(field: Field, column: ArrayColumn) -> _Outgoing:
    message = sentence("The dates in {field} become times at midnight, as ArcGIS 10 has them.", field=field.title)
    note = Note("date-as-datetime", "info", message, int((~column.nulls).sum()), field.name)
    return _Outgoing(
        field, _as(field, FieldType.DATETIME), ArrayColumn(column.array.astype("datetime64[ms]"), column.mask), note
    )


def _moments(field: Field, column: ArrayColumn) -> _Outgoing:
    whole = column.array.astype("datetime64[s]").astype("datetime64[ms]")
    lost = (whole != column.array) & ~column.nulls
    message = sentence("In {field}, {count} times lose the part of a second.", field=field.title, count=int(lost.sum()))
    examples = tuple(np.datetime_as_string(column.array[lost][:3]).tolist())
    note = Note("time-rounded", "warning", message, int(lost.sum()), field.name, examples) if lost.any() else None
    return _Outgoing(field, _as(field, FieldType.DATETIME), ArrayColumn(whole, column.mask), note)


_RULES = {
    FieldType.INTEGER: _integers,
    FieldType.BOOLEAN: _booleans,
    FieldType.DATE: _days,
    FieldType.DATETIME: _moments,
}
