"""A layer as KML or KMZ for Google Earth and its kin: degrees, colours of the classes, values with their types.

Written by hand: the drivers write neither styles nor yes/no, and cut whole numbers to 32 bits.
"""

from __future__ import annotations

import itertools
import math
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import shapely

from cgplanner.io.drivers.engines import gdal_messages, pyogrio
from cgplanner.io.report import Note
from cgplanner.io.source import WriteReport
from cgplanner.io.styles.look import ClassLook, Look, plain_look
from cgplanner.io.writing.described import KML_NAME
from cgplanner.io.writing.field_dictionary import dictionary_of, dictionary_text
from cgplanner.io.writing.outgoing import WriteRequest
from cgplanner.io.writing.read_back import differs
from cgplanner.io.writing.single_file import draft_of, measure_losses, texts_of, titles_of, told, xml_losses, xml_text
from cgplanner.model.column import ArrayColumn
from cgplanner.model.schema import Field, FieldType
from cgplanner.model.table import FeatureTable
from cgplanner.text import sentence, tr

_NAMESPACE = "http://www.opengis.net/kml/2.2"
_DECIMALS = 9  # a tenth of a millimetre
_TYPES = {FieldType.REAL: "double", FieldType.BOOLEAN: "bool"}


def kml_losses(request: WriteRequest) -> tuple[Note, ...]:
    """Return what KML changes."""
    notes = [*xml_losses(request.table), *measure_losses(request.rows, "KML")]
    for each in request.table.schema:
        if each.type in (FieldType.DATE, FieldType.DATETIME):
            message = sentence("Dates and times in {field} are written as text; KML has no type for them.", field=each.title)
            notes.append(Note("date-as-text", "info", message, field=each.name))
        elif each.type is FieldType.INTEGER and _type_of(request.table, each) == "string":
            message = sentence("{field} holds numbers of more than 32 bits and is written as text.", field=each.title)
            notes.append(Note("integer-as-text", "info", message, field=each.name))
    return tuple(notes)


def write_kml(request: WriteRequest) -> WriteReport:
    """Write one layer as .kml, or packed as .kmz where the path says so.

    Raises
    ------
    UserError
        When the file may not be replaced, the disk says no, or it does not read back as it was written.
    """
    with draft_of(request) as draft:
        if draft.suffix.lower() == ".kmz":
            with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("doc.kml", "w") as file:
                _write(request, file)
        else:
            with draft.open("wb") as file:
                _write(request, file)
        told(request, 0.6)
        _check(request, draft)
        told(request, 1.0)
    rows = len(request.table)
    return WriteReport((request.path,), kml_losses(request), (), "UTF-8", request.crs, True, rows, rows)


def _write(request: WriteRequest, file: IO[bytes]) -> None:
    for text in _document(request):
        file.write(text.encode("utf-8"))


def _document(request: WriteRequest) -> Iterator[str]:
    table = request.table
    look = request.look or plain_look(request.layer_name, len(table))
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="{_NAMESPACE}">\n<Document>\n'
    yield f"<name>{_said(request.layer_name)}</name>\n"
    yield from (_style(number, each) for number, each in enumerate(look.classes))
    if len(table.schema):
        data = dictionary_text(dictionary_of([xml_text(each.name) for each in table.schema], table.schema, crs=request.crs))
        yield f'<ExtendedData><Data name="{KML_NAME}"><value>{_said(data)}</value></Data></ExtendedData>\n'
    yield f'<Schema name={quoteattr(xml_text(request.layer_name))} id="fields">\n'
    for each in table.schema:
        yield (
            f"<SimpleField name={quoteattr(xml_text(each.name))} type={quoteattr(_type_of(table, each))}>"
            f"<displayName>{_said(each.title)}</displayName></SimpleField>\n"
        )
    yield "</Schema>\n"
    yield from _placemarks(table, look)
    yield "</Document>\n</kml>\n"


def _said(text: str) -> str:
    return escape(xml_text(text), {"\r": "&#13;"})


def _style(number: int, look: ClassLook) -> str:
    fill = _colour(look.fill, look.fill_opacity) if look.fill else ""
    stroke = _colour(look.stroke, look.stroke_opacity) if look.stroke else ""
    line = f"<color>{stroke}</color><width>{look.stroke_width:g}</width>" if stroke else "<width>0</width>"
    area = f"<color>{fill}</color>" if fill else "<fill>0</fill>"
    icon = f"<IconStyle><color>{fill or stroke}</color></IconStyle>" if fill or stroke else ""
    outline = f"<outline>{1 if stroke else 0}</outline>"
    styles = f"{icon}<LineStyle>{line}</LineStyle><PolyStyle>{area}{outline}</PolyStyle>"
    return f'<Style id="s{number}">{styles}</Style>\n'


def _colour(text: str, opacity: float) -> str:
    """Return "#RRGGBB" as KML has it: aabbggrr.

    >>> _colour("#FF8000", 0.5)
    '800080ff'
    """
    red, green, blue = text[1:3], text[3:5], text[5:7]
    return f"{round(opacity * 255):02x}{blue}{green}{red}".lower()


def _type_of(table: FeatureTable, field: Field) -> str:
    if field.type is FieldType.INTEGER:
        column = table.columns[field.id]
        small = isinstance(column, ArrayColumn) and (not len(column) or np.abs(column.array // 2).max() < 2**30)
        return "int" if small else "string"
    return _TYPES.get(field.type, "string")


def _placemarks(table: FeatureTable, look: Look) -> Iterator[str]:
    columns = [texts_of(table.columns[each.id], each) for each in table.schema]
    names = [quoteattr(xml_text(each.name)) for each in table.schema]
    titles = titles_of(table)
    for row, shape in enumerate(table.geometry.geometries()):
        cells = [(name, column[row]) for name, column in zip(names, columns, strict=True)]
        values = "".join(f"<SimpleData name={name}>{_said(text)}</SimpleData>" for name, text in cells if text is not None)
        style = f"<styleUrl>#s{look.index[row]}</styleUrl>" if look.index[row] >= 0 else ""
        drawn = "" if shape is None or shape.is_empty else _shape(shape)
        yield (
            f"<Placemark><name>{_said(titles[row])}</name>{style}"
            f'<ExtendedData><SchemaData schemaUrl="#fields">{values}</SchemaData></ExtendedData>{drawn}</Placemark>\n'
        )


def _shape(shape: Any) -> str:
    kind = shape.geom_type
    if kind == "Point":
        return f"<Point>{_coordinates(shape)}</Point>"
    if kind in ("LineString", "LinearRing"):
        return f"<LineString><tessellate>1</tessellate>{_coordinates(shape)}</LineString>"
    if kind == "Polygon":
        holes = "".join(
            f"<innerBoundaryIs><LinearRing>{_coordinates(each)}</LinearRing></innerBoundaryIs>" for each in shape.interiors
        )
        shell = f"<outerBoundaryIs><LinearRing>{_coordinates(shape.exterior)}</LinearRing></outerBoundaryIs>"
        return f"<Polygon><tessellate>1</tessellate>{shell}{holes}</Polygon>"
    return f"<MultiGeometry>{''.join(_shape(each) for each in shape.geoms)}</MultiGeometry>"


def _coordinates(shape: Any) -> str:
    places = shapely.get_coordinates(shape, include_z=shape.has_z)
    tuples = (",".join(_number(each) for each in place) for place in places.tolist())
    return f"<coordinates>{' '.join(tuples)}</coordinates>"


def _number(value: float) -> str:
    return f"{value:.{_DECIMALS}f}".rstrip("0").rstrip(".") if math.isfinite(value) else "0"


def _check(request: WriteRequest, draft: Path) -> None:
    """Compare every placemark with its row, and let GDAL count."""
    table = request.table
    columns = [texts_of(table.columns[each.id], each) for each in table.schema]
    names = [xml_text(each.name) for each in table.schema]
    rows = -1
    for rows, (found, places) in enumerate(_read(draft)):
        if rows >= len(table):
            break
        cells = ((name, column[rows]) for name, column in zip(names, columns, strict=True))
        if found != {name: xml_text(text) for name, text in cells if text is not None}:
            raise differs(request.path, tr("row {number}", number=rows + 1))
        if not _same_box(table.geometry.bounds[rows], places):
            raise differs(request.path, tr("the geometry"))
    if rows + 1 != len(table):
        raise differs(request.path, tr("the number of features"))
    _count_with_gdal(request, draft)


def _same_box(box: Any, places: Any) -> bool:
    if not len(places):
        return bool(np.isnan(box[0]))
    return bool(np.allclose(box, [*places.min(axis=0), *places.max(axis=0)], rtol=0, atol=0.6 * 10.0**-_DECIMALS))


def _read(draft: Path) -> Iterator[tuple[dict[str, str], Any]]:
    if draft.suffix.lower() == ".kmz":
        with zipfile.ZipFile(draft) as archive, archive.open("doc.kml") as file:
            yield from _placemarks_in(file)
    else:
        with draft.open("rb") as file:
            yield from _placemarks_in(file)


def _placemarks_in(file: IO[bytes]) -> Iterator[tuple[dict[str, str], Any]]:
    for _, element in ET.iterparse(file):  # noqa: S314  what this program has just written
        if element.tag == f"{{{_NAMESPACE}}}Placemark":
            values = {each.get("name", ""): each.text or "" for each in element.iter(f"{{{_NAMESPACE}}}SimpleData")}
            texts = [each.text or "" for each in element.iter(f"{{{_NAMESPACE}}}coordinates")]
            places = [place.split(",")[:2] for place in itertools.chain.from_iterable(text.split() for text in texts)]
            yield values, np.array(places, np.float64)
            element.clear()


def _count_with_gdal(request: WriteRequest, draft: Path) -> None:
    engine = pyogrio()
    if not len(request.table):
        return
    with gdal_messages():
        try:
            counted = engine.read_info(draft, force_feature_count=True)["features"]
        except (engine.errors.DataSourceError, engine.errors.DataLayerError) as error:
            raise differs(request.path, str(error)) from error
    if counted != len(request.table):
        raise differs(request.path, tr("the number of features"))
