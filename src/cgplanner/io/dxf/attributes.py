"""Attributes on the entities of a drawing (XDATA): how they are written and read, and rows put together again from them.

An entity that shows a row says which row, part and ring it is; the first one of a row carries the values as ``NAME=value``, in
pieces of at most 255 bytes as AutoCAD wants them. With the field dictionary beside the drawing an import gives the layer back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import shapely

from cgplanner.io.drivers.gdal_layers import geometry_kind, geometry_notes
from cgplanner.io.report import Note, Report
from cgplanner.io.source import LoadedLayer
from cgplanner.io.writing.field_dictionary import FROM_TEXT, read_beside, schema_of_dictionary
from cgplanner.model.column import column_of
from cgplanner.model.geometry_column import flat_column
from cgplanner.model.schema import FieldType, Schema
from cgplanner.model.table import FeatureTable, new_table
from cgplanner.text import sentence

APPID = "CGPLANNER"
MOST_BYTES = 15_000  # of the 16 383 that an entity may carry
_PIECE_BYTES = 240
_STRING, _LONG = 1000, 1071
_MORE = "+="
_TO_ESCAPE = re.compile(r"[\x00-\x1f^]")
LIKE_NUMBER = re.compile(r"\\(?=U\+[0-9A-Fa-f]{4}|M\+[1-5][0-9A-Fa-f]{4})")  # a backslash that readers take for a character's
_NUMBER_BYTES = 7  # of \U+XXXX
_UNICODE = re.compile(r"\\U\+([0-9A-Fa-f]{4})")

Tags = list[tuple[int, Any]]


def tags_of(row: int, part: int, ring: int, values: Mapping[str, str] | None, codec: str) -> Tags:
    """Return the XDATA of one entity; ``values`` (on the first of a row) are texts without NULL, cut to what fits."""
    tags: Tags = [(_LONG, row), (_LONG, part), (_LONG, ring)]
    room = MOST_BYTES
    for name, value in (values or {}).items():
        for number, piece in enumerate(_pieces(_escaped(value), codec)):
            text = f"{_escaped(name)}{_MORE if number else '='}{piece}"
            room -= _size(text, codec) + 4
            if room < 0:
                return tags
            tags.append((_STRING, text))
    return tags


def fits(values: Mapping[str, str], codec: str) -> bool:
    """Tell whether all values find room on one entity."""
    return sum(tag == _STRING for tag, _ in tags_of(0, 0, 0, values, codec)) == sum(
        len(list(_pieces(_escaped(value), codec))) for value in values.values()
    )


def _pieces(text: str, codec: str) -> Iterator[str]:
    if _size(text, codec) <= _PIECE_BYTES:
        yield text
        return
    start, size = 0, 0
    known = {"\\": _NUMBER_BYTES} if LIKE_NUMBER.search(text) else {}
    for place, char in enumerate(text):
        more = known.get(char) or _size(char, codec)
        if size + more > _PIECE_BYTES and char not in "\\^@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]_ ":  # not inside of what escapes
            yield text[start:place]
            start, size = place, 0
        size += more
    yield text[start:]


def _size(text: str, codec: str) -> int:
    more = (_NUMBER_BYTES - 1) * len(LIKE_NUMBER.findall(text)) if "\\" in text else 0
    with suppress(UnicodeEncodeError):
        return len(text.encode(codec)) + more
    return sum(len(char.encode(codec)) if _is_in(char, codec) else _NUMBER_BYTES for char in text) + more


def _is_in(char: str, codec: str) -> bool:
    return bool(char.encode(codec, "ignore"))


def _escaped(text: str) -> str:
    """Return a text without line ends and other controls, as AutoCAD escapes them: a caret and a letter.

    >>> _escaped("a^b" + chr(10))
    'a^ b^J'
    """
    if not _TO_ESCAPE.search(text):
        return text
    return "".join("^ " if char == "^" else f"^{chr(ord(char) + 64)}" if ord(char) < 0x20 else char for char in text)


def decoded(text: str) -> str:
    """Return a text with the characters that stand in it by their numbers; ezdxf's own way trips over half a number."""
    return _UNICODE.sub(lambda found: chr(int(found[1], 16)), text)


def _unescaped(text: str) -> str:
    return re.sub(r"\^([@-_ ])", lambda found: "^" if found[1] == " " else chr(ord(found[1]) - 64), text)


@dataclass
class _Row:
    """What the entities of one row say: values by name, rings by part."""

    values: dict[str, str] = field(default_factory=dict)
    parts: dict[int, list[Any]] = field(default_factory=dict)


def values_in(tags: Iterable[tuple[int, Any]]) -> dict[str, str]:
    """Return the values of an entity's XDATA by name."""
    found: dict[str, str] = {}
    name = ""
    for code, value in tags:
        if code != _STRING:
            continue
        text = decoded(str(value))  # before it is joined: what looks like a number there may go over two tags
        if name and text.startswith(f"{name}{_MORE}"):
            found[name] += text[len(name) + len(_MORE) :]
        else:
            name, _, rest = text.partition("=")
            found[name] = rest
    return {_unescaped(name): _unescaped(text) for name, text in found.items()}


def read_described_drawing(path: Path) -> LoadedLayer | None:
    """Return the layer that our own export drew; None when there is no dictionary, or the drawing was changed too much."""
    data = read_beside(path)
    schema = schema_of_dictionary(data) if data else None
    if data is None or schema is None:
        return None
    from ezdxf.filemanagement import readfile  # noqa: PLC0415  half a second

    try:
        rows = _rows(readfile(path).modelspace())
        table = _table(rows, schema, [each["name_in_file"] for each in data["fields"]])
    except Exception:  # noqa: BLE001  ezdxf lets through whatever its parsers trip over; the ordinary door says it in words
        return None
    if table is None:
        return None
    crs = str(data.get("crs", ""))
    note = Note("fields-restored", "info", sentence("The field dictionary of the file gave names and types back."))
    report = Report((note, *geometry_notes(table.geometry)), (), "UTF-8", "declared", crs, "declared" if crs else "missing")
    return LoadedLayer(path.stem, table, crs, report, path)


def _rows(space: Iterable[Any]) -> dict[int, _Row] | None:
    """Return the rows by number; None when something was drawn that no row knows of."""
    rows: dict[int, _Row] = {}
    for entity in space:
        if not entity.has_xdata(APPID):
            if entity.dxftype() in ("TEXT", "HATCH"):  # titles and fillings of ours
                continue
            return None
        tags = [(tag.code, tag.value) for tag in entity.get_xdata(APPID)]
        number, part, ring = (value for code, value in tags if code == _LONG)
        row = rows.setdefault(number, _Row())
        row.values |= values_in(tags)
        row.parts.setdefault(part, []).append((ring, *_places(entity)))
    return rows


def _places(entity: Any) -> tuple[list[tuple[float, ...]], bool]:
    kind = entity.dxftype()
    if kind == "LWPOLYLINE":
        return [tuple(place) for place in entity.get_points("xy")], bool(entity.closed)
    if kind == "POLYLINE":
        return [tuple(place) for place in entity.points()], bool(entity.is_closed)
    place = tuple(entity.dxf.location)
    return [place if place[2] else place[:2]], False


def _shape(row: _Row) -> Any:
    pieces: list[Any] = []
    for _, rings in sorted(row.parts.items()):
        lines = [places for _, places, _ in sorted(rings, key=lambda ring: ring[0])]
        if len(lines[0]) == 1:
            pieces.append(shapely.Point(lines[0][0]))
        elif rings[0][2]:
            pieces.append(shapely.Polygon(lines[0], lines[1:]))
        else:
            pieces.append(shapely.LineString(lines[0]))
    if len(pieces) == 1:
        return pieces[0]
    multi: dict[str, Any] = {
        "Point": shapely.MultiPoint,
        "LineString": shapely.MultiLineString,
        "Polygon": shapely.MultiPolygon,
    }
    kinds = {piece.geom_type for piece in pieces}
    return multi[kinds.pop()](pieces) if len(kinds) == 1 else shapely.GeometryCollection(pieces)


def _table(rows: dict[int, _Row] | None, schema: Schema, names: list[str]) -> FeatureTable | None:
    if not rows:
        return None
    ordered = [row for _, row in sorted(rows.items())]
    columns = {}
    for name, each in zip(names, schema, strict=True):
        turn = FROM_TEXT.get(each.type, str) if each.type is not FieldType.TEXT else str
        columns[each.id] = column_of(each.type, [turn(row.values[name]) if name in row.values else None for row in ordered])
    geometry = flat_column([_shape(row) for row in ordered])
    loose = tuple(replace(each, nullable=True) for each in schema)
    return new_table(replace(schema, fields=loose, geometry=geometry_kind(None, geometry)), columns, geometry)
