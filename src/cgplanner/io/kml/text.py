"""Rows as the text of KML placemarks, whole columns at once, and placemarks read back by a parser and compared.

This file must not know how a file gets its place. pyarrow costs a quarter of a second to import: import this when it is used.
"""

from __future__ import annotations

import math
import xml.parsers.expat
from collections.abc import Iterator, Sequence
from typing import IO, Any
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from cgplanner.geometry import ragged as flat
from cgplanner.geometry.ragged import Floats
from cgplanner.io.shapes.shape_texts import bytes_of, joined, put_together, shortened
from cgplanner.io.writing.single_file import titles_of, xml_text
from cgplanner.io.writing.value_texts import changed_texts, plain_texts, say
from cgplanner.model.column import Column, TextColumn, text_column
from cgplanner.model.geometry_column import GeometryColumn
from cgplanner.model.schema import Field
from cgplanner.model.table import FeatureTable

DECIMALS = 9  # a tenth of a millimetre
_WANTS_CARE = r"[&<>\x00-\x1f\x{fffe}\x{ffff}]"
_SMALL = 1e-3  # below it numbers are written with an exponent, which not every reader of KML knows
_PIECE = 1 << 20
_AROUND_RINGS = (
    ("<outerBoundaryIs><LinearRing>", "</LinearRing></outerBoundaryIs>"),
    ("<innerBoundaryIs><LinearRing>", "</LinearRing></innerBoundaryIs>"),
)
_AROUND_PARTS = {
    "point": ("<Point>", "</Point>"),
    "line": ("<LineString><tessellate>1</tessellate>", "</LineString>"),
    "polygon": ("<Polygon><tessellate>1</tessellate>", "</Polygon>"),
}


def xml_said(text: str) -> str:
    """Return a text as it stands in an element."""
    return escape(xml_text(text), {"\r": "&#13;"})


def placemarks_text(table: FeatureTable, styles: Any) -> bytes:
    """Return the rows as placemarks; ``styles`` is int (n,), the number of each row's style, -1 for none."""
    if not len(table):
        return b""
    pieces: list[Any] = ["<Placemark><name>", _texts(text_column(titles_of(table))), "</name>", _style_texts(styles)]
    pieces.append('<ExtendedData><SchemaData schemaUrl="#fields">')
    for each in table.schema:
        column = table.columns[each.id]
        texts = _texts(column) if isinstance(column, TextColumn) else plain_texts(column, each)
        begin = f"<SimpleData name={quoteattr(xml_text(each.name))}>"
        pieces.append(put_together(begin, texts, "</SimpleData>").fill_null(""))
    pieces += ["</SchemaData></ExtendedData>", shape_texts(table.geometry), "</Placemark>\n"]
    return bytes_of(put_together(*pieces))


def _texts(column: TextColumn) -> Any:
    return changed_texts(column, _WANTS_CARE, xml_said)


def _style_texts(styles: Any) -> Any:
    found = [*(f"<styleUrl>#s{number}</styleUrl>" for number in range(int(styles.max(initial=-1)) + 1)), ""]
    return pa.array(found, pa.large_string()).take(pa.array(np.where(styles < 0, len(found) - 1, styles)))


def shape_texts(column: GeometryColumn) -> Any:
    """Return an Arrow array: the geometry of every row as KML, "" where it is missing or empty."""
    shapes, kinds = column.coordinates(np.arange(len(column))), column.kinds.astype(np.int64)
    family = np.array([flat.FAMILY_OF_KIND.get(kind, "") for kind in range(8)])
    of_row = np.where((kinds >= 0) & (kinds < flat.COLLECTION), family[np.clip(kinds, 0, 7)], "")
    of_part = np.repeat(of_row, np.diff(shapes.row_offsets))
    of_ring = np.repeat(of_part, np.diff(shapes.part_offsets))
    x, y = (_degrees(shapes.xy[:, axis]) for axis in (0, 1))
    places = put_together(x, ",", y)
    if shapes.z is not None:
        there = ~np.isnan(shapes.z)
        places = pc.if_else(pa.array(there), put_together(places, ",", _degrees(np.where(there, shapes.z, 0.0))), places)
    rings = put_together("<coordinates>", joined(places, shapes.ring_offsets, " "), "</coordinates>")
    shell = np.zeros(len(of_ring), np.bool_)
    shell[shapes.part_offsets[:-1][np.diff(shapes.part_offsets) > 0]] = True
    for mine, around in zip((shell, ~shell), _AROUND_RINGS, strict=True):
        rings = _within(rings, mine & (of_ring == "polygon"), *around)
    parts = joined(rings, shapes.part_offsets, "")
    for name, around in _AROUND_PARTS.items():
        parts = _within(parts, of_part == name, *around)
    several = (kinds >= flat.MULTIPOINT) & (np.diff(shapes.row_offsets) > 0)
    texts = _within(joined(parts, shapes.row_offsets, ""), several, "<MultiGeometry>", "</MultiGeometry>")
    odd = kinds == flat.COLLECTION
    if not odd.any():
        return texts
    said = ["" if each.is_empty else _shape(each) for each in column.geometries(np.flatnonzero(odd))]
    return pc.replace_with_mask(texts, pa.array(odd), pa.array(said, pa.large_string()))


def _within(texts: Any, which: Any, begin: str, end: str) -> Any:
    """Return the texts, some of them (bool) within an element."""
    if not which.any():
        return texts
    inside = put_together(begin, texts, end)
    return inside if which.all() else pc.if_else(pa.array(which), inside, texts)


def _degrees(values: Floats) -> Any:
    values = np.where(np.isfinite(values), values, 0.0)
    texts = shortened(values, DECIMALS)
    small = (np.abs(values) < _SMALL) & (values != 0)
    if not small.any():
        return texts
    said = [_number(value) for value in values[small].tolist()]
    return pc.replace_with_mask(texts, pa.array(small), pa.array(said, pa.large_string()))


def _shape(shape: Any) -> str:
    """Return a shape that has no plain form, or a part of it."""
    if shape.geom_type == "Point":
        return f"<Point>{_coordinates(shape)}</Point>"
    if shape.geom_type in ("LineString", "LinearRing"):
        return f"<LineString><tessellate>1</tessellate>{_coordinates(shape)}</LineString>"
    if shape.geom_type == "Polygon":
        rings = [_coordinates(shape.exterior).join(_AROUND_RINGS[0])]
        rings += [_coordinates(each).join(_AROUND_RINGS[1]) for each in shape.interiors]
        return f"<Polygon><tessellate>1</tessellate>{''.join(rings)}</Polygon>"
    return f"<MultiGeometry>{''.join(_shape(each) for each in shape.geoms)}</MultiGeometry>"


def _coordinates(shape: Any) -> str:
    places = shapely.get_coordinates(shape, include_z=shape.has_z)
    tuples = (",".join(_number(each) for each in place) for place in places.tolist())
    return f"<coordinates>{' '.join(tuples)}</coordinates>"


def _number(value: float) -> str:
    return f"{value:.{DECIMALS}f}".rstrip("0").rstrip(".") if math.isfinite(value) else "0"


Placemark = tuple[dict[str, str], list[str]]  # values by name, coordinates of every ring


def placemarks_in(file: IO[bytes]) -> Iterator[Placemark]:  # noqa: C901  three handlers that share what they see
    """Give what the placemarks of a document hold.

    Raises
    ------
    xml.parsers.expat.ExpatError
        When it is no XML.
    """
    parser = xml.parsers.expat.ParserCreate("utf-8")
    parser.buffer_text, parser.buffer_size = True, 1 << 16
    found: list[Placemark] = []
    values: dict[str, str] = {}
    rings: list[str] = []
    parts: list[str] = []
    name, reading = "", False

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal values, rings, name, reading
        if tag == "SimpleData":
            name, reading = attributes["name"], True
        elif tag == "coordinates":
            reading = True
        elif tag == "Placemark":
            values, rings = {}, []

    def end(tag: str) -> None:
        nonlocal reading
        if tag in ("SimpleData", "coordinates"):
            text, reading = "".join(parts), False
            parts.clear()
            if tag == "coordinates":
                rings.append(text)
            else:
                values[name] = text
        elif tag == "Placemark":
            found.append((values, rings))

    def said(text: str) -> None:
        if reading:
            parts.append(text)

    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, said
    while piece := file.read(_PIECE):
        parser.Parse(piece, False)
        yield from found
        found.clear()
    parser.Parse(b"", True)


def differing(table: FeatureTable, found: Sequence[Placemark]) -> Field | None:
    """Return the first field whose values are not those of the placemarks; None when there is none."""
    for each in table.schema:
        name = xml_text(each.name)
        if not _same([values.get(name) for values, _ in found], table.columns[each.id], each):
            return each
    return None


def _same(found: list[str | None], column: Column, field: Field) -> bool:
    if isinstance(column, TextColumn):
        return found == [None if text is None else xml_text(text) for text in column.objects()]
    missing = [text is None for text in found]
    return missing == column.nulls.tolist() and say([text or "" for text in found], column, field)


def are_same_places(column: GeometryColumn, found: Sequence[Placemark]) -> bool:
    """Tell whether every vertex of every row is where it was written."""
    mine, rows = shapely.get_coordinates(column.geometries(), return_index=True)
    texts = [" ".join(rings) for _, rings in found]
    counts = [text.count(" ") + 1 if text else 0 for text in texts]
    if counts != np.bincount(rows, minlength=len(texts)).tolist():
        return False
    theirs = _places([text for text in texts if text], len(mine))
    wanted = np.where(np.isfinite(mine), mine, 0.0)
    return theirs is not None and bool(np.allclose(wanted, theirs, rtol=0, atol=0.6 * 10.0**-DECIMALS))


def _places(texts: Sequence[str], count: int) -> Floats | None:
    """Return the places (count, 2) that texts of coordinates hold."""
    text = " ".join(texts)
    size = text.count(",") // max(count, 1) + 1
    if text.count(",") != (size - 1) * count or size > 3:  # some with heights and some without
        text, size = " ".join(",".join(place.split(",")[:2]) for place in text.split(" ")), 2
    numbers = np.fromstring(text.replace(",", " "), sep=" ") if text else np.empty(0)
    return numbers.reshape(-1, size)[:, :2] if len(numbers) == size * count else None
