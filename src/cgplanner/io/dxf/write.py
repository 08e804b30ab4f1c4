"""A layer as a drawing (DXF) for CAD: a CAD layer for each class, closed polylines for areas, the titles as texts.

A drawing has no table and no coordinate system: degrees become metres of the 3-degree zone before they come here, attributes
hang on the entities. Version, code page, fillings and attributes are as the receiver wants them.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import shapely
from ezdxf import colors
from ezdxf.document import Drawing
from ezdxf.filemanagement import new

from cgplanner.io.dxf.attributes import APPID, LIKE_NUMBER, fits, tags_of
from cgplanner.io.dxf.check import check_drawing
from cgplanner.io.dxf.text import Entity, hatch_text, line_text, point_text, save_with, tall_line_text, title_text, values_text
from cgplanner.io.report import Note
from cgplanner.io.source import WriteReport
from cgplanner.io.styles.look import ClassLook, plain_look
from cgplanner.io.writing.field_dictionary import dictionary_of, dictionary_path, table_path, write_beside
from cgplanner.io.writing.outgoing import WriteRequest
from cgplanner.io.writing.outgoing_place import LIKE_DEGREES
from cgplanner.io.writing.single_file import draft_of, measure_losses, texts_of, titles_of, told, xml_text
from cgplanner.model.column import TextColumn
from cgplanner.text import sentence

_ENCODINGS = {"ANSI_936": "gbk", "ANSI_950": "cp950", "ANSI_1252": "cp1252", "UTF-8": "utf-8"}
_TRUE_COLOUR_SINCE = "AC1018"  # AutoCAD 2004
_METRES = 6  # $INSUNITS
_TEXTS_A_WIDTH = 250  # the height of a text is this part of the drawing's larger side
_BEYOND_FOUR_DIGITS = re.compile("[\U00010000-\U0010ffff]")
_TEXT_CODE = 1000
_STYLE, _FONT, _BIG_FONT = "HZ", "txt.shx", "gbcbig.shx"  # what every AutoCAD has for hanzi


def dxf_losses(request: WriteRequest) -> tuple[Note, ...]:
    """Return what a drawing cannot hold."""
    table = request.table
    notes = measure_losses(request.rows, "DXF")
    notes += _field_losses(request)
    lost = _unsayable(request) if _is_coded(request) else []
    if lost:
        message = sentence("{count} texts have characters that this code page lacks; “?” stands for them.", count=len(lost))
        notes.append(Note("characters-lost", "warning", message, len(lost), examples=tuple(lost[:3])))
    missing = int(np.isnan(table.geometry.bounds[:, 0]).sum())
    if missing:
        message = sentence("{count} features without a geometry have no place in a drawing.", count=missing)
        notes.append(Note("rows-left-out", "warning", message, missing))
    if request.crs:
        message = sentence("A drawing does not say its coordinate system; it is {crs}.", crs=request.crs[:40])
        notes.append(Note("crs-left-out", "info", message))
    return tuple(notes)


def _field_losses(request: WriteRequest) -> list[Note]:
    fields = request.table.schema
    names = tuple(each.title for each in fields)
    if not names:
        return []
    if request.receiver.dxf_attributes != "xdata":
        message = sentence(
            "A drawing has no table: {count} fields are left out; titles are written as texts.", count=len(names)
        )
        return [Note("fields-left-out", "warning", message, len(names), examples=names[:3])]
    message = sentence("A drawing has no table: {count} fields hang on the entities as XDATA.", count=len(names))
    notes = [Note("fields-as-xdata", "info", message, len(names), examples=names[:3])]
    full = sum(not fits(values, _codec(request)) for values in _values(request))
    if full:
        message = sentence(
            "{count} features have more text than an entity can carry (16 kB); the rest is left out.", count=full
        )
        notes.append(Note("text-cut", "warning", message, full))
    return notes


def _unsayable(request: WriteRequest) -> list[str]:
    """Return the titles, and the values where they are written, that the code page cannot say."""
    texts = set(titles_of(request.table))
    if request.receiver.dxf_attributes == "xdata":
        texts |= {
            text for column in request.table.columns.values() if isinstance(column, TextColumn) for text in column.dictionary
        }
    return sorted(str(text) for text in texts if _plain(str(text), request) != text)


def write_dxf(request: WriteRequest) -> WriteReport:
    """Write one layer, read it back, compare, then put it in place.

    Raises
    ------
    UserError
        When the file may not be replaced, the disk says no, or it does not read back as it was written.
    """
    entities = list(_entities(request))
    with draft_of(request) as draft:
        drawing = _drawing(request, {each.layer for each in entities})
        save_with(drawing, list(_texts(drawing, request, entities)), draft)
        if len(request.table.schema):
            data = dictionary_of(_names(request), request.table.schema, crs=request.crs)
            write_beside(draft, data)
        told(request, 0.6)
        check_drawing(entities, draft, request.path, drawing.output_encoding)
        told(request, 1.0)
    rows = len(request.table)
    drawn = rows - int(np.isnan(request.table.geometry.bounds[:, 0]).sum())
    encoding = request.receiver.dxf_code_page if _is_coded(request) else "UTF-8"
    beside = (dictionary_path(request.path), table_path(request.path)) if len(request.table.schema) else ()
    return WriteReport((request.path, *beside), dxf_losses(request), (), encoding, request.crs, True, rows, drawn)


def _entities(request: WriteRequest) -> Iterator[Entity]:
    """Give what is to be drawn: the fillings, which are to lie below, then row by row the shapes and the title."""
    table = request.table
    look = request.look or plain_look(request.layer_name, len(table))
    names = _layer_names(look.classes, request)
    rest = _layer_name(request.layer_name, request)
    titles = titles_of(table)
    layers = [names[int(number)] if number >= 0 else rest for number in look.index]
    shapes = table.geometry.geometries()
    if request.receiver.dxf_areas == "filled":
        for shape, layer, number in zip(shapes, layers, look.index, strict=True):
            if number >= 0 and look.classes[int(number)].fill:
                yield from _fillings(shape, layer)
    with_values = request.receiver.dxf_attributes == "xdata" and len(table.schema)
    values = _values(request) if with_values else itertools.repeat(None)
    for row, (shape, layer, mine) in enumerate(zip(shapes, layers, values, strict=False)):
        if shape is None or shape.is_empty:
            continue
        for number, each in enumerate(_shapes(shape, layer, itertools.count())):
            if not with_values:
                yield each
                continue
            tags = tags_of(row, each.part, each.ring, None if number else mine, _codec(request))
            yield replace(each, tags=tuple((code, _said(value, request)) for code, value in tags))
        title = _plain(xml_text(" ".join(titles[row].split())), request).rstrip("^")  # which CAD takes for half an escape
        if title:
            place = shapely.get_coordinates(shapely.point_on_surface(shape))
            yield Entity("TEXT", _text_layer(layer), place, text=title)


def _said(value: Any, request: WriteRequest) -> Any:
    return _plain(value, request) if isinstance(value, str) else value


def _names(request: WriteRequest) -> list[str]:
    """Return the names of the fields as XDATA has them: the codes of the standards, without what separates name and value."""
    return [re.sub(r"[=+\s]+", "_", xml_text(each.name)) or "_" for each in request.table.schema]


def _values(request: WriteRequest) -> Iterator[dict[str, str]]:
    """Give the values of every row as texts by name, missing ones left out."""
    table, names = request.table, _names(request)
    columns = [texts_of(table.columns[each.id], each) for each in table.schema]
    for row in range(len(table)):
        cells = zip(names, (column[row] for column in columns), strict=True)
        yield {name: text.encode("utf-8", "replace").decode() for name, text in cells if text is not None}


def _shapes(shape: Any, layer: str, parts: Iterator[int]) -> Iterator[Entity]:
    if shape.geom_type == "Point":
        place = shapely.get_coordinates(shape, include_z=shape.has_z)
        yield Entity("POINT", layer, place, part=next(parts))
    elif shape.geom_type in ("LineString", "LinearRing"):
        yield replace(_polyline(shape, layer, closed=False), part=next(parts))
    elif shape.geom_type == "Polygon":
        part = next(parts)
        for number, ring in enumerate((shape.exterior, *shape.interiors)):
            yield replace(_polyline(ring, layer, closed=True), part=part, ring=number)
    else:
        for each in shape.geoms:
            if not each.is_empty:
                yield from _shapes(each, layer, parts)


def _fillings(shape: Any, layer: str) -> Iterator[Entity]:
    if shape is None or shape.is_empty:
        return
    if shape.geom_type == "Polygon":
        rings = [shapely.get_coordinates(ring)[:-1] for ring in (shape.exterior, *shape.interiors)]
        yield Entity("HATCH", _fill_layer(layer), rings[0], holes=tuple(rings[1:]))
    elif hasattr(shape, "geoms"):
        for each in shape.geoms:
            yield from _fillings(each, layer)


def _polyline(line: Any, layer: str, *, closed: bool) -> Entity:
    places = shapely.get_coordinates(line, include_z=line.has_z)
    return Entity("POLYLINE" if line.has_z else "LWPOLYLINE", layer, places[:-1] if closed else places, closed)


def _is_coded(request: WriteRequest) -> bool:
    """Tell whether texts go in a code page; from AutoCAD 2007 on they are UTF-8."""
    return request.receiver.dxf_version < "R2007"


def _codec(request: WriteRequest) -> str:
    return _ENCODINGS[request.receiver.dxf_code_page] if _is_coded(request) else "utf-8"


def _plain(text: str, request: WriteRequest) -> str:
    """Return a text with "?" for what neither the code page nor AutoCAD's four hexadecimal digits can say."""
    return _BEYOND_FOUR_DIGITS.sub("?", text) if _is_coded(request) else text


def _coded(text: str, request: WriteRequest) -> str:
    """Return a text as the file holds it: characters outside of the code page by their number.

    A backslash that only looks as if it began such a number goes by its own.
    """
    if "\\" in text:
        text = LIKE_NUMBER.sub(r"\\U+005C", text)
    if not _is_coded(request):
        return text
    codec = _ENCODINGS[request.receiver.dxf_code_page]
    if text.encode(codec, "ignore").decode(codec, "replace") == text:
        return text
    return "".join(each if each.encode(codec, "ignore") else f"\\U+{ord(each):04X}" for each in text)


def _layer_names(classes: tuple[ClassLook, ...], request: WriteRequest) -> list[str]:
    return [_layer_name(each.name, request) for each in classes]


def _layer_name(name: str, request: WriteRequest) -> str:
    """Return a name that a CAD layer may have."""
    if _is_coded(request):
        codec = _ENCODINGS[request.receiver.dxf_code_page]
        name = name.encode(codec, "replace").decode(codec)
    return re.sub(r'[<>/\\":;?*|=`,\s]+', "_", xml_text(name)).strip("_")[:80] or "LAYER"


def _text_layer(layer: str) -> str:
    return f"{layer}_TEXT"


def _fill_layer(layer: str) -> str:
    return f"{layer}_HATCH"


def _drawing(request: WriteRequest, layers: set[str]) -> Drawing:
    """Return the drawing without its entities."""
    drawing = new(request.receiver.dxf_version)
    drawing.encoding = _ENCODINGS[request.receiver.dxf_code_page]
    drawing.header["$INSUNITS"] = 0 if request.crs in ("", *LIKE_DEGREES) else _METRES
    drawing.appids.add(APPID)
    drawing.styles.add(_STYLE, font=_FONT).dxf.bigfont = _BIG_FONT
    _add_layers(drawing, request, layers)
    extent = request.table.geometry.extent() or (0.0, 0.0, 1.0, 1.0)
    drawing.header["$EXTMIN"], drawing.header["$EXTMAX"] = (*extent[:2], 0.0), (*extent[2:], 0.0)
    return drawing


def _texts(drawing: Drawing, request: WriteRequest, entities: list[Entity]) -> Iterator[str]:
    extent = request.table.geometry.extent() or (0.0, 0.0, 1.0, 1.0)
    height = max(extent[2] - extent[0], extent[3] - extent[1], 1.0) / _TEXTS_A_WIDTH
    for each in entities:
        tags = [(code, _coded(value, request) if code == _TEXT_CODE else value) for code, value in each.tags]
        yield _text(drawing, each, _coded(each.text, request), height, tags)


def _text(drawing: Drawing, each: Entity, text: str, height: float, tags: list[tuple[int, Any]]) -> str:
    values = values_text(APPID, tags) if tags else ""
    if each.kind == "POINT":
        return point_text(drawing, each.layer, each.places[0]) + values
    if each.kind == "LWPOLYLINE":
        return line_text(drawing, each.layer, each.places, closed=each.closed) + values
    if each.kind == "POLYLINE":
        return tall_line_text(drawing, each.layer, each.places, values, closed=each.closed)
    if each.kind == "HATCH":
        return hatch_text(drawing, each.layer, (each.places, *each.holes)) + values
    return title_text(drawing, each.layer, each.places[0], text, height, _STYLE) + values


def _add_layers(drawing: Drawing, request: WriteRequest, used: set[str]) -> None:
    look = request.look or plain_look(request.layer_name, len(request.table))
    layers = list(zip(_layer_names(look.classes, request), look.classes, strict=True))
    colours = {name: each.stroke or each.fill for name, each in layers}
    colours |= {_fill_layer(name): each.fill for name, each in layers}
    for name in sorted(used):
        colour = colours.get(name.removesuffix("_TEXT"), "")
        layer = drawing.layers.add(name)
        if colour:
            red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
            layer.color = _nearest(red, green, blue)
            if drawing.dxfversion >= _TRUE_COLOUR_SINCE:
                layer.rgb = (red, green, blue)


def _nearest(red: int, green: int, blue: int) -> int:
    """Return the colour number (1..255) that is closest."""
    numbers = range(1, 256)
    distances = [sum((a - b) ** 2 for a, b in zip((red, green, blue), colors.aci2rgb(each), strict=True)) for each in numbers]
    return numbers[int(np.argmin(distances))]
