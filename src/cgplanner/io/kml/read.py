"""The door for KML and KMZ: every folder a layer, every attribute under its own name, tracks and overlays said.

How the elements are found :mod:`cgplanner.io.kml.tree` knows; here they become shapes and columns.
"""

from __future__ import annotations

import functools
import math
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from cgplanner.errors import UserError
from cgplanner.io.drivers.gdal_layers import geometry_kind, geometry_notes, layer_notes, schema_of
from cgplanner.io.files.archive import unpack
from cgplanner.io.kml.balloon import values_of_table
from cgplanner.io.kml.tree import Container, KmlTree, Node, kml_tree
from cgplanner.io.report import Note, Report
from cgplanner.io.shapes.repair import with_finite
from cgplanner.io.source import LoadedLayer, Progress, SourceLayer
from cgplanner.io.tables.coordinate_table import typed
from cgplanner.io.tables.zoned_times import zone_notes
from cgplanner.io.xml.broken import are_whole_features_taken
from cgplanner.io.xml.repeated import field_for
from cgplanner.model.column import column_of
from cgplanner.model.geometry_column import flat_column
from cgplanner.model.schema import Field, FieldType
from cgplanner.model.table import new_table
from cgplanner.text import sentence, tr

_KEPT_BYTES = 64 << 20  # documents up to this size stay in memory between the question for layers and their reading
_TRUE, _FALSE = {"1", "true"}, {"0", "false"}
_GATHERED = {
    "MultiGeometry",
    "MultiTrack",
    "MultiPoint",
    "MultiLineString",
    "MultiPolygon",
}  # the last three are no KML but met
_KINDS = {"Point", "LineString", "LinearRing", "Polygon", "Track", "Model", *_GATHERED}
_CRS = "EPSG:4326"


def kml_layers(path: Path) -> tuple[SourceLayer, ...]:
    """Return the folders that are layers."""
    with _documents(path) as documents:
        return tuple(SourceLayer(name, "", len(each.placemarks)) for name, each, _ in _named(path, documents, None))


def read_kml(path: Path, layer: str, encoding: str | None, progress: Progress | None) -> LoadedLayer:
    """Read one folder.

    Raises
    ------
    UserError
        When the file is damaged or no KML.
    """
    with _documents(path) as documents:
        found = next((each for each in _named(path, documents, encoding, progress) if each[0] == layer), None)
    if found is None:
        raise UserError(
            tr("{name} holds no layer “{layer}”.", name=path.name, layer=layer), hint=tr("Choose another file."), path=path
        )
    return _loaded(path, *found)


@contextmanager
def _documents(path: Path) -> Iterator[list[Path]]:
    """Give the KML documents of a file; the main one of a KMZ first."""
    with path.open("rb") as file:
        packed = file.read(2) == b"PK"
    if not packed:
        yield [path]
        return
    with tempfile.TemporaryDirectory(prefix="cgplanner-") as name:
        unpack(path, Path(name))
        found = [each for each in sorted(Path(name).rglob("*")) if each.suffix.lower() == ".kml" and each.is_file()]
        if not found:
            raise UserError(
                tr("{name} holds no KML document.", name=path.name),
                hint=tr("Check that the file is complete, or export it again from where it came."),
                path=path,
            )
        yield sorted(found, key=lambda each: (len(each.parts), each.name.lower() != "doc.kml"))


def _named(
    path: Path, documents: Sequence[Path], encoding: str | None, progress: Progress | None = None
) -> list[tuple[str, Container, KmlTree]]:
    """Return (name of the layer, its container, the tree it is in); names are unique."""
    found: list[tuple[str, Container, KmlTree]] = []
    seen: set[str] = set()
    for document in documents:
        tree = _tree(path, document, encoding, progress)
        for each in tree.layers():
            title = each.name.strip() or (path.stem if document == path else document.stem)
            name, number = title, 2
            while name in seen:
                name, number = f"{title} (#{number})", number + 1
            seen.add(name)
            found.append((name, each, tree))
    return found


def _tree(path: Path, document: Path, encoding: str | None, progress: Progress | None) -> KmlTree:
    stat = document.stat()
    if document != path or stat.st_size > _KEPT_BYTES:
        return kml_tree(document, encoding, progress)
    return _kept(document, stat.st_mtime_ns, stat.st_size, encoding, are_whole_features_taken())


@functools.lru_cache(maxsize=1)
def _kept(document: Path, _changed: int, _size: int, encoding: str | None, _broken: bool) -> KmlTree:  # noqa: FBT001  a key
    return kml_tree(document, encoding)


@dataclass
class _Counted:
    """What could not be kept as it was."""

    unreadable: list[str] = field(default_factory=list)
    tracks: int = 0
    overlays: int = 0
    styled: int = 0


def _loaded(path: Path, name: str, container: Container, tree: KmlTree) -> LoadedLayer:
    counted = _Counted()
    shapes = [_shape(each, counted) for each in container.placemarks]
    fields, columns, zones = _attributes(container.placemarks, tree.schemas)
    geometry, mended = with_finite(flat_column(shapes))
    table = new_table(schema_of(fields, geometry_kind("Unknown", geometry)), columns, geometry)
    source = tree.source
    assert source is not None  # noqa: S101  kml_tree sets it
    notes = (
        *source.notes,
        *tree.notes,
        *_notes(counted, tree),
        *_table_notes(container.placemarks),
        *zones,
        *mended,
        *geometry_notes(geometry),
        *layer_notes(len(table), _CRS, drawn=True),
    )
    return LoadedLayer(name, table, _CRS, Report(notes, (), source.name, source.how, _CRS, "declared"), path)


def _notes(counted: _Counted, tree: KmlTree) -> Iterator[Note]:
    if bad := counted.unreadable:
        message = sentence(
            "{count} rows have coordinates that cannot be understood, such as “{example}”.", count=len(bad), example=bad[0]
        )
        yield Note("coordinates-unreadable", "warning", message, len(bad), "", tuple(bad[:3]))
    if counted.tracks:
        message = sentence("{count} tracks became lines; the time of each point was left out.", count=counted.tracks)
        yield Note("track-as-line", "warning", message, counted.tracks)
    if counted.overlays:
        message = sentence("{count} images laid on the ground became their outlines.", count=counted.overlays)
        yield Note("overlay-as-outline", "warning", message, counted.overlays)
    if counted.styled:
        message = sentence("The colours and icons of {count} features were left out.", count=counted.styled)
        yield Note("styles-left-out", "info", message, counted.styled)
    if tree.left_out:
        kinds, count = ", ".join(sorted(tree.left_out)), sum(tree.left_out.values())
        message = sentence(
            "{count} parts of the file that hold no shapes were left out: {kinds}; nothing is fetched from links.",
            count=count,
            kinds=kinds,
        )
        yield Note("parts-left-out", "warning", message, count)


def _table_notes(placemarks: Sequence[Node]) -> Iterator[Note]:
    if count := sum(bool(values_of_table(each.said("description") or "")) for each in placemarks):
        message = sentence("{count} descriptions hold a table of values; its rows were read as attributes too.", count=count)
        yield Note("attributes-from-description", "info", message, count)


# --- Shapes ------------------------------------------------------------------------------------------------------------


def _shape(placemark: Node, counted: _Counted) -> Any:
    counted.styled += any(each.tag in ("Style", "styleUrl", "StyleMap") for each in placemark.children)
    if placemark.tag == "GroundOverlay":
        counted.overlays += 1
        return _outline(placemark, counted)
    found = [each for each in placemark.children if each.tag in _KINDS]
    try:
        shapes = [shape for each in found if (shape := _geometry(each, counted)) is not None]
    except (ValueError, shapely.errors.GEOSException):
        texts = [" ".join(each.text.split()) for node in found for each in node.deep("coordinates")]
        counted.unreadable.append((texts or ["?"])[0][:60])
        return None
    if len(shapes) < 2:
        return shapes[0] if shapes else None
    return _gathered(shapes)


def _geometry(node: Node, counted: _Counted) -> Any:
    """Return the shape of a geometry element.

    Raises
    ------
    ValueError
        When its coordinates are no numbers, or too few.
    """
    if node.tag == "Point":
        places = _places(node)
        return shapely.Point(places[0]) if len(places) else shapely.Point()
    if node.tag in ("LineString", "LinearRing"):
        places = _places(node)
        return shapely.LineString(places) if len(places) else shapely.LineString()
    if node.tag == "Polygon":
        return _polygon(node)
    if node.tag == "Model":
        place = node.first("Location")
        numbers = [float((place.said(each) if place else None) or "nan") for each in ("longitude", "latitude")]
        return shapely.Point(numbers) if all(map(math.isfinite, numbers)) else None
    if node.tag == "Track":
        counted.tracks += 1
        return _track(node)
    parts = [_geometry(each, counted) for each in node.children if each.tag in _KINDS]
    return _gathered([each for each in parts if each is not None])


def _polygon(node: Node) -> Any:
    shells = [ring for each in node.all("outerBoundaryIs") if len(ring := _places(each))]
    holes = [ring for each in node.all("innerBoundaryIs") for line in each.all("LinearRing") if len(ring := _places(line))]
    if len(shells) < 2:
        return shapely.Polygon(shells[0], holes) if shells else shapely.Polygon()
    areas = [shapely.Polygon(shell) for shell in shells]  # the standard allows one; each hole goes to the shell around it
    owners = [next((place for place, area in enumerate(areas) if area.covers(shapely.Point(hole[0]))), 0) for hole in holes]
    own = [[hole for hole, owner in zip(holes, owners, strict=True) if owner == place] for place in range(len(shells))]
    return shapely.MultiPolygon([shapely.Polygon(shell, inner) for shell, inner in zip(shells, own, strict=True)])


def _track(node: Node) -> Any:
    places = [[float(number) for number in each.text.split()] for each in node.all("coord") if each.text.strip()]
    width = min((len(each) for each in places), default=0)
    if width < 2:
        return None
    vertices = np.array([each[: min(width, 3)] for each in places], np.float64)
    return shapely.LineString(vertices) if len(vertices) > 1 else shapely.Point(vertices[0])


def _gathered(shapes: list[Any]) -> Any:
    shapes = [each for each in shapes if not each.is_empty] or shapes[:1]
    kinds = {each.geom_type for each in shapes}
    multi: dict[str, Callable[[Any], Any]] = {
        "Point": shapely.MultiPoint,
        "LineString": shapely.MultiLineString,
        "Polygon": shapely.MultiPolygon,
    }
    kind = kinds.pop() if len(kinds) == 1 else ""
    return multi[kind](shapes) if kind in multi else shapely.GeometryCollection(shapes)


def _places(node: Node) -> Any:
    """Return the vertices below an element as float64 (n, 2 or 3)."""
    text = " ".join(each.text for each in node.deep("coordinates"))
    tuples = re.sub(r"\s*,\s*", ",", text.replace("，", ",").replace(";", " ")).split()
    if not tuples:
        return np.empty((0, 2))
    numbers = [each.rstrip(",").split(",") for each in tuples]
    if len(numbers) == 1 and len(numbers[0]) > 3:  # commas in place of the blanks between the vertices
        numbers = _in_threes(numbers[0])
    if min(map(len, numbers)) < 2:
        raise ValueError(text)
    width = min(3, max(map(len, numbers)))
    vertices = np.array([[*each, "0"][:width] for each in numbers], np.float64)  # without an altitude it is on the ground
    if not np.isfinite(vertices).all():
        raise ValueError(text)
    return vertices


def _in_threes(numbers: list[str]) -> list[list[str]]:
    """Return one long list of numbers as vertices: of three where that divides it and all heights are alike, else of two."""
    heights = numbers[2::3]
    width = 3 if len(numbers) % 3 == 0 and (len(numbers) % 2 or len(set(heights)) == 1) else 2
    return [numbers[start : start + width] for start in range(0, len(numbers), width)]


def _outline(overlay: Node, counted: _Counted) -> Any:
    box, corners = overlay.first("LatLonBox"), overlay.first("LatLonQuad")
    try:
        if corners is not None:
            return shapely.Polygon(_places(corners))
        west, east, south, north = (
            float((box.said(side) if box else None) or "nan") for side in ("west", "east", "south", "north")
        )
        found = shapely.box(west, south, east, north)
        turned = float((box.said("rotation") if box else None) or 0)
    except (ValueError, shapely.errors.GEOSException):
        counted.unreadable.append("LatLonBox")
        return None
    if not all(map(math.isfinite, (west, east, south, north, turned))):
        return None
    from shapely import affinity  # noqa: PLC0415  beside its only use

    return affinity.rotate(found, turned) if turned else found


# --- Attributes --------------------------------------------------------------------------------------------------------


def _attributes(placemarks: list[Node], schemas: list[Node]) -> tuple[tuple[Field, ...], dict[str, Any], list[Note]]:
    """Return the fields in the order in which they turn up, their columns, and what is to be said of their times."""
    cells: dict[str, dict[int, str]] = {"Name": {}, "description": {}}
    for row, placemark in enumerate(placemarks):
        for name, text in _values(placemark):
            field, value = field_for(name, text, partial(_cell, cells, row))
            cells.setdefault(field, {})[row] = value
    declared = _declared(schemas)
    fields: list[Field] = []
    columns: dict[str, Any] = {}
    notes: list[Note] = []
    for name, found in cells.items():
        if not found and name == "description":
            continue
        values = [found.get(row) for row in range(len(placemarks))]
        each, items = _column(f"f{len(fields) + 1}", name, values, declared.get(name))
        fields.append(each)
        columns[each.id] = column_of(each.type, items)
        notes += zone_notes(each, values)
    return tuple(fields), columns, notes


def _cell(cells: dict[str, dict[int, str]], row: int, name: str) -> str | None:
    return cells.get(name, {}).get(row)


_SAID = {"name": "Name", "description": "description", "address": "address", "phoneNumber": "phoneNumber"}
_PARTS = {"Style", "StyleMap", "styleUrl", "visibility", "open", "Snippet", "LookAt", "Camera", "Region"}
_TIMES = (("TimeStamp", "when", "timestamp"), ("TimeSpan", "begin", "begin"), ("TimeSpan", "end", "end"))


def _values(placemark: Node) -> Iterator[tuple[str, str]]:
    if "id" in placemark.attributes:
        yield "id", placemark.attributes["id"]
    yield from ((name, text) for tag, name in _SAID.items() if (text := placemark.said(tag)))
    yield from values_of_table(placemark.said("description") or "").items()
    for tag, part, name in _TIMES:
        if (time := placemark.first(tag)) is not None and (text := time.said(part)):
            yield name, text
    for box in (*placemark.all("ExtendedData"), *placemark.all("Metadata")):
        for each in box.children:
            yield from _extended(each)
    if placemark.tag not in ("Placemark", "GroundOverlay"):  # a kind of one's own: its fields stand beside the name
        known = {*_SAID, *_KINDS, *_PARTS}
        yield from ((each.tag, each.text) for each in placemark.children if each.tag not in known and not each.children)


def _extended(node: Node) -> Iterator[tuple[str, str]]:
    if node.tag == "Data":
        value = node.first("value")
        yield node.attributes.get("name") or "Data", value.text if value is not None else ""
    elif node.tag == "SchemaData":
        yield from ((cell.attributes.get("name", ""), cell.text) for cell in node.all("SimpleData"))
    elif not node.children:
        yield node.tag, node.text


def _declared(schemas: list[Node]) -> dict[str, tuple[str, str]]:
    """Return {name: (type, title)} of the fields that schemas declare; '' as type for one declared in two ways."""
    found: dict[str, tuple[str, str]] = {}
    for each in (one for schema in schemas for one in schema.all("SimpleField")):
        name, kind = each.attributes.get("name", ""), each.attributes.get("type", "")
        known = found.get(name)
        found[name] = (kind if known is None or known[0] == kind else "", each.said("displayName") or "")
    return found


def _column(field_id: str, name: str, values: list[str | None], declared: tuple[str, str] | None) -> tuple[Field, list[Any]]:
    """Return the field and its values: in the declared type where all values have it, else in the type that fits them."""
    if name in ("id", *_SAID.values()):
        return Field(field_id, name, FieldType.TEXT), values
    if declared is None:
        return typed(field_id, name, values)
    kind, title = declared
    made = Field(field_id, name, FieldType.TEXT)
    if title and title != name:
        made = replace(made, alias_en=title) if title.isascii() else replace(made, alias_zh=title)
    wanted, parse = _PARSERS.get(kind, (FieldType.TEXT, str))
    try:
        items = [None if text is None or (parse is not str and not text.strip()) else parse(text) for text in values]
    except ValueError:
        return made, values
    return replace(made, type=wanted), items


def _real(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None


def _whole(text: str) -> int:
    number = int(text)
    if not -(2**63) <= number < 2**63:
        raise ValueError(text)
    return number


def _boolean(text: str) -> bool:
    word = text.strip().lower()
    if word not in _TRUE | _FALSE:
        raise ValueError(word)
    return word in _TRUE


_PARSERS: dict[str, tuple[FieldType, Callable[[str], Any]]] = {
    **dict.fromkeys(("int", "uint", "short", "ushort"), (FieldType.INTEGER, _whole)),
    **dict.fromkeys(("float", "double"), (FieldType.REAL, _real)),
    "bool": (FieldType.BOOLEAN, _boolean),
}
