"""The door for GPX: waypoints, routes and tracks, and the points of the latter two, as five layers of which the full are shown.

How the elements are found :mod:`cgplanner.io.gpx.tree` knows; here they become shapes and columns.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from cgplanner.errors import UserError
from cgplanner.io.drivers.gdal_layers import geometry_kind, geometry_notes, layer_notes, schema_of
from cgplanner.io.gpx.times import moment
from cgplanner.io.gpx.tree import GpxTree, Rows, gpx_tree
from cgplanner.io.report import Note, Report
from cgplanner.io.shapes.repair import with_finite
from cgplanner.io.source import LoadedLayer, Progress, SourceLayer
from cgplanner.io.tables.coordinate_table import typed
from cgplanner.io.tables.coordinate_text import coordinate
from cgplanner.io.tables.zoned_times import zone_notes
from cgplanner.io.xml.broken import are_whole_features_taken
from cgplanner.model.column import column_of
from cgplanner.model.geometry_column import flat_column
from cgplanner.model.schema import Field, FieldType
from cgplanner.model.table import new_table
from cgplanner.text import sentence, tr

_CRS = "EPSG:4326"
_KEPT_BYTES = 64 << 20  # files up to this size stay in memory between the question for layers and their reading
_LAYERS = {"waypoints": "wpt", "routes": "rte", "tracks": "trk", "route_points": "rtept", "track_points": "trkpt"}
_KINDS = {"wpt": "Point", "rte": "LineString", "trk": "MultiLineString", "rtept": "Point", "trkpt": "Point"}
_TEXTS = {"name", "cmt", "desc", "src", "sym", "type", "url", "urlname", "fix"}
_REALS = {"ele", "magvar", "geoidheight", "hdop", "vdop", "pdop", "ageofdgpsdata", "speed", "course"}
_ORDER = ("track_fid", "track_seg_id", "track_seg_point_id", "route_fid", "route_point_id", "ele", "time", "name")


def gpx_layers(path: Path) -> tuple[SourceLayer, ...]:
    """Return what there is of waypoints, routes and tracks.

    Raises
    ------
    UserError
        When there is nothing of it.
    """
    tree = _tree(path, None)
    found = tuple(SourceLayer(name, _KINDS[tag], tree.rows[tag].count) for name, tag in _LAYERS.items() if tree.rows[tag].count)
    if not found:
        raise UserError(
            tr("{name} holds no waypoints, routes or tracks.", name=path.name),
            hint=tr("Record or choose something on the receiver and export it again."),
            path=path,
        )
    return found


def read_gpx(path: Path, layer: str, encoding: str | None, progress: Progress | None) -> LoadedLayer:
    """Read one layer.

    Raises
    ------
    UserError
        When the file is damaged or no GPX.
    """
    tree, tag = _tree(path, encoding, progress), _LAYERS[layer]
    rows = tree.rows[tag]
    if tag in tree.parts:
        shapes, notes = _lines(tree, tag)
    else:
        shapes, notes = _points(rows)
    attributes = [_field(rows, name) for name in _ordered(rows)]
    fields = tuple(Field(f"f{number}", each.name, each.kind) for number, each in enumerate(attributes, 1))
    columns = {each.id: column_of(each.type, made.values) for each, made in zip(fields, attributes, strict=True)}
    geometry, mended = with_finite(flat_column(shapes))
    table = new_table(schema_of(fields, geometry_kind(_KINDS[tag], geometry)), columns, geometry)
    source = tree.source
    assert source is not None  # noqa: S101  gpx_tree sets it
    said = [note for each in attributes for note in each.notes]
    notes = (
        *source.notes,
        *tree.notes,
        *notes,
        *said,
        *mended,
        *geometry_notes(geometry),
        *layer_notes(len(table), _CRS, drawn=True),
    )
    return LoadedLayer(layer, table, _CRS, Report(notes, (), source.name, source.how, _CRS, "declared"), path)


def _tree(path: Path, encoding: str | None, progress: Progress | None = None) -> GpxTree:
    stat = path.stat()
    if stat.st_size > _KEPT_BYTES:
        return gpx_tree(path, encoding, progress)
    return _kept(path, stat.st_mtime_ns, stat.st_size, encoding, are_whole_features_taken())


@functools.lru_cache(maxsize=1)
def _kept(path: Path, _changed: int, _size: int, encoding: str | None, _broken: bool) -> GpxTree:  # noqa: FBT001  a key
    return gpx_tree(path, encoding)


# --- Shapes ------------------------------------------------------------------------------------------------------------


def _places(rows: Rows) -> Any:
    return np.frombuffer(rows.xy, np.float64).reshape(-1, 2) if rows.count else np.empty((0, 2))


def _points(rows: Rows) -> tuple[Any, tuple[Note, ...]]:
    xy = _places(rows)
    shapes = np.full(rows.count, None, object)
    there = np.isfinite(xy).all(axis=1)
    shapes[there] = shapely.points(xy[there])
    return shapes, _unreadable(rows)


def _unreadable(rows: Rows) -> tuple[Note, ...]:
    bad = tuple(rows.unreadable.values())
    if not bad:
        return ()
    message = sentence(
        "{count} rows have coordinates that cannot be understood, such as “{example}”.", count=len(bad), example=bad[0]
    )
    return (Note("coordinates-unreadable", "warning", message, len(bad), "", bad[:3]),)


def _lines(tree: GpxTree, tag: str) -> tuple[Any, tuple[Note, ...]]:
    """Return the lines, with heights where all points of one have them; a point without a place is passed over and said."""
    points = tree.rows[f"{tag}pt"]
    xy, heights = _places(points), np.array([_height(text) for text in points.column("ele")], np.float64)
    pieces: list[list[Any]] = [[] for _ in range(tree.rows[tag].count)]
    single = 0
    for line, begin, end in tree.parts[tag]:
        vertices = np.column_stack([xy[begin:end], heights[begin:end]])
        vertices = vertices[np.isfinite(vertices[:, :2]).all(axis=1)]
        if len(vertices) > 1:
            pieces[line].append(vertices)
        else:
            single += 1
    notes = _unreadable(points)
    if single:
        message = sentence("{count} lines had parts of one vertex, which were left out.", count=single)
        notes += (Note("parts-left-out", "info", message, single),)
    return [_line(each, tag) for each in pieces], notes


def _line(pieces: list[Any], tag: str) -> Any:
    flat = not pieces or any(not np.isfinite(each[:, 2]).all() for each in pieces)
    lines = [shapely.LineString(each[:, :2] if flat else each) for each in pieces]
    if tag == "rte":
        return lines[0] if len(lines) == 1 else shapely.MultiLineString(lines) if lines else shapely.LineString()
    return shapely.MultiLineString(lines)


def _height(text: str | None) -> float:
    return coordinate(text.strip()) if text else float("nan")


# --- Attributes --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Made:
    name: str
    kind: FieldType
    values: list[Any]
    notes: tuple[Note, ...] = ()


def _ordered(rows: Rows) -> list[str]:
    """Return the names of the columns: places in lines first, then what GPX knows, then the rest as it turned up."""
    return [name for name in _ORDER if name in rows.cells] + [name for name in rows.cells if name not in _ORDER]


def _field(rows: Rows, name: str) -> _Made:
    values = rows.column(name)
    if name == "time":
        return _times(name, values)
    if name in _TEXTS:
        return _Made(name, FieldType.TEXT, values)
    if name in _REALS:
        return _in_numbers(name, values)
    made, items = typed("f1", name, values)
    return _Made(name, made.type, items, zone_notes(made, values))


def _in_numbers(name: str, values: list[str | None]) -> _Made:
    """Return numbers where all values are such, with decimal commas and units if need be; else texts as they stand."""
    numbers = [None if text is None or not text.strip() else _height(text) for text in values]
    bad = [str(text) for text, number in zip(values, numbers, strict=True) if number is not None and not np.isfinite(number)]
    if not bad:
        return _Made(name, FieldType.REAL, numbers)
    return _Made(name, FieldType.TEXT, values, (_kept_as_text(name, bad),))


def _times(name: str, values: list[str | None]) -> _Made:
    """Return moments in UTC; texts as they stand where one of them is no time."""
    found = [None if text is None else moment(text) for text in values]
    bad = [text for text, each in zip(values, found, strict=True) if text is not None and each is None]
    if bad:
        return _Made(name, FieldType.TEXT, values, (_kept_as_text(name, bad),))
    zones = [each[1] for each in found if each is not None]
    return _Made(name, FieldType.DATETIME, [None if each is None else each[0] for each in found], _zone_notes(zones))


def _kept_as_text(name: str, bad: list[str]) -> Note:
    message = sentence(
        "“{field}” has {count} values of another kind, such as “{example}”; all of it was kept as text.",
        field=name,
        count=len(bad),
        example=bad[0][:60],
    )
    return Note("values-as-text", "warning", message, len(bad), name, tuple(bad[:3]))


_ZONES: tuple[tuple[str, Callable[[int | None], bool], Any], ...] = (
    (
        "times-utc",
        lambda ahead: ahead is not None,
        lambda count: sentence("{count} times are in UTC, eight hours behind Beijing's.", count=count),
    ),
    (
        "times-moved",
        bool,
        lambda count: sentence("{count} times were given with another zone and put into UTC.", count=count),
    ),
    (
        "times-without-zone",
        lambda ahead: ahead is None,
        lambda count: sentence("{count} times name no zone; whether they are UTC or local is not known.", count=count),
    ),
)


def _zone_notes(zones: list[int | None]) -> tuple[Note, ...]:
    counted = [(code, sum(map(is_meant, zones)), said) for code, is_meant, said in _ZONES]
    return tuple(Note(code, "info", said(count), count, "time") for code, count, said in counted if count)
