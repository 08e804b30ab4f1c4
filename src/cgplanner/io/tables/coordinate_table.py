"""From rows of a CSV file or a sheet to a layer: which columns are coordinates, what their texts mean, what types the rest has.

Headers are recognised in Chinese and English; degrees may be written as numbers or as degrees, minutes and seconds, geometry as
WKT. Which CRS projected numbers are in is the zone detective's question. This file opens nothing.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from cgplanner.io.crs.crs_words import crs_of_words
from cgplanner.io.crs.reference_places import shipped_reference
from cgplanner.io.drivers.gdal_layers import geometry_kind, geometry_notes, layer_notes, schema_of
from cgplanner.io.report import Note, Report
from cgplanner.io.source import LoadedLayer
from cgplanner.io.tables.coordinate_text import SHAPE_TEXT, coordinate, of_parts, packed_degrees, pair, shape_of, with_points
from cgplanner.io.tables.table_rest import without_rest
from cgplanner.io.tables.zoned_times import zone_notes
from cgplanner.model.column import column_of
from cgplanner.model.geometry_column import flat_column
from cgplanner.model.schema import Field, FieldType
from cgplanner.model.table import new_table
from cgplanner.text import sentence

_UNIT = re.compile(r"[(（\[].*?[)）\]]|[\s_\-()（）\[\]°度:：/]+|米$|degrees?$|wgs_?84|cgcs2000|gcj_?02|bd_?09")
_EAST_DEGREES = {
    "經",
    "經坐標",
    "東經",
    "x經",
    "lon",
    "lng",
    "long",
    "longitude",
    "经",
    "经坐标",
    "东经",
    "jd",
    "pointx",
    "lonx",
    "centerlon",
    "centerlng",
}
_NORTH_DEGREES = {"lat", "latitude", "纬", "纬坐标", "北纬", "wd", "pointy", "laty", "centerlat"}
_EAST = {
    "e",
    "east",
    "easting",
    "东",
    "东坐标",
    "横坐标",
    "东向坐标",
    "东距",
    "東",
    "東坐標",
    "橫坐標",
    "x",
    "x坐标",
    "坐标x",
    "coordx",
    "xcoord",
    "zbx",
}
_NORTH = {
    "n",
    "north",
    "northing",
    "北",
    "北坐标",
    "纵坐标",
    "北向坐标",
    "北距",
    "北坐標",
    "縱坐標",
    "y",
    "y坐标",
    "坐标y",
    "coordy",
    "ycoord",
    "zby",
}
_EAST_DEGREES |= {"經", "經坐標", "東經"}
_NORTH_DEGREES |= {"緯", "緯坐標", "北緯"}
_EAST |= {"東", "東坐標", "橫坐標"}
_BOTH = {"坐標", "經緯", "坐标", "经纬", "经纬坐标", "coordinates", "coordinate", "location", "lnglat", "lonlat"}
_WKT = {"wkt", "geometry", "geom", "thegeom", "shape", "geowkt", "几何", "图形"}
_INTEGER = re.compile(r"[-+]?(0|[1-9]\d{0,17})")
_REAL = re.compile(r"[-+]?(0|[1-9]\d*)?(\.\d*)?([eE][-+]?\d{1,3})?")
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")


@dataclass(frozen=True)
class Columns:
    """The places of the columns that say where a row lies; ``degrees`` when their names say so."""

    places: tuple[int, ...]  # one of a shape or of both numbers; east and north; degrees, minutes and seconds of both
    kind: str  # "wkt", "both", "pair", "parts"
    degrees: bool = False
    guessed: bool = False  # by the values, not by the names


def coordinate_columns(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> Columns | None:
    """Return which columns are coordinates, None for a table without."""
    plain = [_UNIT.sub("", name.strip().lower()) for name in names]
    head = rows[:200]
    for number, name in enumerate(plain):
        texts = [str(row[number]) for row in head if row[number] not in (None, "")]
        if (name in _WKT or not name) and texts and sum(bool(SHAPE_TEXT.match(text)) for text in texts) > len(texts) / 2:
            return Columns((number,), "wkt")
    if parts := _parts(names):
        return Columns(parts, "parts", degrees=True)
    for easts, norths, degrees in ((_EAST_DEGREES, _NORTH_DEGREES, True), (_EAST, _NORTH, False)):
        east = [number for number, name in enumerate(plain) if name in easts]
        north = [number for number, name in enumerate(plain) if name in norths]
        if east and north:
            return Columns((east[0], north[0]), "pair", degrees)
    for number, name in enumerate(plain):
        if (name in _BOTH or name.endswith("坐标")) and any(pair(row[number]) is not None for row in head):
            return Columns((number,), "both")
    return _by_words(plain, head) or columns_by_values(head, named=any(names))


def _parts(names: Sequence[str]) -> tuple[int, ...] | None:
    """Return the columns of degrees, minutes and seconds where these have columns of their own: 经度_度, 经度_分, 经度_秒."""
    found = {}
    for side, words in (("lon", "经|lon|lng"), ("lat", "纬|lat")):
        for part, word in (("d", "度|d|deg"), ("m", "分|m|min"), ("s", "秒|s|sec")):
            pattern = re.compile(rf"\W*(?:东|北)?(?:{words})[a-z]*度?[\W_]*(?:{word})\W*", re.IGNORECASE)
            found[side, part] = [number for number, name in enumerate(names) if pattern.fullmatch(name.strip())]
    places = [found[side, part] for side in ("lon", "lat") for part in ("d", "m", "s")]
    if all(len(each) == 1 for each in (places[1], places[2], places[4], places[5])) and places[0] and places[3]:
        return tuple(each[-1] for each in places)
    return None


_LIKE_EAST = re.compile(r"经$|經$|东经$|lon(gitude)?\W?$|lng$|^(lon|lng)|x坐标$|东坐标$|横坐标$")
_LIKE_NORTH = re.compile(r"纬$|緯$|北纬$|lat(itude)?\W?$|^lat|y坐标$|北坐标$|纵坐标$")


def _by_words(plain: Sequence[str], head: Sequence[Sequence[Any]]) -> Columns | None:
    """Return the first pair of columns whose names end like coordinates (GPS经度, 起点经度) and whose values are numbers."""
    bare = [re.sub(r"[a-z]$", "", name) if re.search("[经纬][ensw]$", name) else name for name in plain]
    east = [number for number, name in enumerate(bare) if _LIKE_EAST.search(name) and _are_numbers(head, number)]
    north = [number for number, name in enumerate(bare) if _LIKE_NORTH.search(name) and _are_numbers(head, number)]
    if not east or not north:
        return None
    is_degrees = bool(re.search("经|經|lon|lng", bare[east[0]]))
    return Columns((east[0], north[0]), "pair", is_degrees, guessed=len(east) + len(north) > 2)


def _are_numbers(head: Sequence[Sequence[Any]], place: int) -> bool:
    cells = [row[place] for row in head if row[place] not in (None, "")]
    return bool(cells) and sum(not math.isnan(coordinate(cell)) for cell in cells) * 2 > len(cells)


def columns_by_values(rows: Sequence[Sequence[Any]], *, named: bool) -> Columns | None:
    """Return the columns whose values can hardly be anything but coordinates of China; None where there are none.

    Degrees must have decimals (more of them in columns with names), for rates and amounts lie in the same range; metres must
    be a northing of seven digits and an easting beside it.
    """
    width = min((len(row) for row in rows), default=0)
    texts = [[str(row[number]).strip() for row in rows if row[number] not in (None, "")] for number in range(width)]
    wkt = [number for number, column in enumerate(texts) if column and all(SHAPE_TEXT.match(text) for text in column)]
    if wkt:
        return Columns((wkt[0],), "wkt", guessed=True)
    if both := [number for number, column in enumerate(texts) if column and all(map(_is_place, column))]:
        return Columns((both[0],), "both", guessed=True)
    kinds = [{name for name, fits in _RANGES.items() if _all_within(column, fits, 4 if named else 1)} for column in texts]
    for east_kind, north_kind, degrees in (("lon", "lat", True), ("east", "north", False)):
        east = [number for number, kind in enumerate(kinds) if east_kind in kind]
        north = [number for number, kind in enumerate(kinds) if north_kind in kind and number not in east[:1]]
        if east and north:
            return Columns((east[0], min(north, key=lambda each: abs(each - east[0]))), "pair", degrees, guessed=True)
    return None


def _is_place(text: str) -> bool:
    """Tell whether a cell holds both degrees of a place in China, in either order, exact enough to be one."""
    both = pair(text) if len(text) < _LONGEST_PLACE and text.count(".") + text.count("°") + text.count("度") > 1 else None
    if both is None:
        return False
    (west, east), (south, north) = _RANGES["lon"][0], _RANGES["lat"][0]
    return any(west < lon < east and south < lat < north for lon, lat in (both, both[::-1]))


_LONGEST_PLACE = 80
_RANGES: dict[str, tuple[tuple[float, float], ...]] = {
    "lon": ((73.0, 136.0),),
    "lat": ((3.0, 54.0),),
    "east": ((200_000.0, 850_000.0), (13_200_000.0, 23_850_000.0), (25_200_000.0, 45_850_000.0)),
    "north": ((1_800_000.0, 6_000_000.0),),
}
_LARGEST_DEGREE = 180


def _all_within(texts: list[str], ranges: tuple[tuple[float, float], ...], decimals: int) -> bool:
    if not texts:
        return False
    if ranges[0][1] < _LARGEST_DEGREE:
        exact = sum(len(text.partition(".")[2]) >= decimals or bool(re.search("[°度]", text)) for text in texts)
        if exact * 2 < len(texts):
            return False
    return all(any(low <= value <= high for low, high in ranges) for value in map(coordinate, texts))


def layer_of_rows(
    path: Path, name: str, names: Sequence[str], rows: list[list[Any]], notes: list[Note], encoding: tuple[str, str]
) -> LoadedLayer:
    """Return a layer of the rows: points where columns say so, else shapes by WKT, else a table without geometry."""
    found = coordinate_columns(names, rows)
    if found and found.guessed:
        message = sentence(
            "No column is named as coordinates; {columns} were taken for their values.",
            columns=", ".join(names[place] or f"F{place + 1}" for place in found.places),
        )
        notes.append(Note("coordinates-guessed", "warning", message))
    if found:
        rows = without_rest(rows, found.places, notes)
    srids: set[int] = set()
    shapes = _without_origin(_shapes(found, _in_points(found, rows), notes, srids), notes)
    fields, columns = [], {}
    for number, title in enumerate(names):
        values = [row[number] for row in rows]
        field, items = typed(f"f{number + 1}", title or f"F{number + 1}", values)
        fields.append(field)
        notes += zone_notes(field, values)
        columns[field.id] = column_of(field.type, items)
    geometry = flat_column(shapes)
    kind = geometry_kind(None if found is None else "Point", geometry)
    table = new_table(schema_of(tuple(fields), kind), columns, geometry)
    crs, how = _crs(found, geometry.base.xy)
    if len(srids) == 1 and (named := crs_of_words(f"EPSG:{srids.pop()}")):
        crs, how = named, "declared"
    notes += [*(geometry_notes(geometry) if found else ()), *layer_notes(len(table), crs, drawn=found is not None)]
    if found is None and rows:
        message = sentence("No column was recognised as coordinates; it was read as a table without geometry.")
        notes.append(Note("no-coordinates", "warning", message))
    return LoadedLayer(name, table, crs, Report(tuple(notes), (), *encoding, crs, how), path)


def _crs(found: Columns | None, xy: Any) -> tuple[str, str]:
    """Columns of degrees far from the cluster are taken for WGS 84; all else is for the zone detective."""
    if found is None:
        return "", ""
    xy = xy[np.isfinite(xy).all(axis=1)] if len(xy) else xy
    if not found.degrees or not len(xy):
        return "", "missing"
    on_earth = bool((np.abs(xy[:, 0]) <= 180).all() and (np.abs(xy[:, 1]) <= 90).all())
    swapped = shipped_reference().inside(xy[:, ::-1]).any()
    if on_earth and not swapped and not shipped_reference().inside(xy).any():
        return "EPSG:4326", "assumed"
    return "", "missing"


def _in_points(found: Columns | None, rows: list[list[Any]]) -> list[list[Any]]:
    """Return the rows with decimal points in both coordinates where either is written with commas."""
    if found is None or found.kind != "pair" or not rows:
        return rows
    cells = [row[place] for place in found.places for row in rows]
    changed = with_points(cells)
    if changed is cells:
        return rows
    easts, norths = changed[: len(rows)], changed[len(rows) :]
    made = [list(row) for row in rows]
    for row, *both in zip(made, easts, norths, strict=True):
        for place, value in zip(found.places, both, strict=True):
            row[place] = value
    return made


def _shapes(found: Columns | None, rows: list[list[Any]], notes: list[Note], srids: set[int]) -> list[Any]:
    if found is None:
        return [None] * len(rows)
    bad: list[str] = []
    shapes = _in_degrees(found, rows, [_shape(found, row, bad, srids) for row in rows], notes)
    if bad:
        message = sentence(
            "{count} rows have coordinates that cannot be understood, such as “{example}”.", count=len(bad), example=bad[0]
        )
        notes.append(Note("coordinates-unreadable", "warning", message, len(bad), "", tuple(bad[:3])))
    return shapes


def _without_origin(shapes: list[Any], notes: list[Note]) -> list[Any]:
    """Return the shapes without points at 0, 0 when all others are far from there: so programs write "unknown"."""
    points = [each for each in shapes if each is not None and each.geom_type == "Point" and not each.is_empty]
    zero = {id(each) for each in points if each.x == 0 and each.y == 0}
    if not zero or any(max(abs(each.x), abs(each.y)) < _NEAR_ORIGIN for each in points if id(each) not in zero):
        return shapes
    message = sentence("{count} rows have the coordinates 0, 0, which stand for none.", count=len(zero))
    notes.append(Note("coordinates-zero", "warning", message, len(zero)))
    return [None if id(each) in zero else each for each in shapes]


_NEAR_ORIGIN = 20.0


def _shape(found: Columns, row: list[Any], bad: list[str], srids: set[int]) -> Any:
    values = [row[place] for place in found.places]
    if all(value in (None, "") for value in values):
        return None
    if found.kind == "wkt":
        shape, srid = shape_of(str(values[0]))
        if shape is None:
            bad.append(str(values[0])[:60])
        elif srid:
            srids.add(srid)
        return shape
    place: tuple[float, float] | None
    if found.kind == "both":
        place = pair(values[0])
    elif found.kind == "parts":
        place = of_parts(values[:3]), of_parts(values[3:])
    else:
        place = coordinate(values[0]), coordinate(values[1])
    if place is None or not all(map(math.isfinite, place)):
        bad.append(", ".join(str(value)[:30] for value in values if value not in (None, "")))
        return None
    return shapely.Point(place)


def _in_degrees(found: Columns, rows: list[list[Any]], shapes: list[Any], notes: list[Note]) -> list[Any]:
    """Return points of columns of degrees: those written without signs (1124500) put right, those beyond the earth left out."""
    if not found.degrees or found.kind != "pair":
        return shapes
    far = [number for number, each in enumerate(shapes) if each is not None and (abs(each.x) > 360 or abs(each.y) > 90)]
    if not far:
        return shapes
    made = list(shapes)
    if len(far) == sum(each is not None for each in shapes):
        packed = [tuple(packed_degrees(rows[number][place]) for place in found.places) for number in far]
        if not all(70 < lon < 140 and 3 < lat < 56 for lon, lat in packed):
            return shapes
        for number, both in zip(far, packed, strict=True):
            made[number] = shapely.Point(both)
        example = str(rows[far[0]][found.places[0]])
        message = sentence("Numbers such as {example} were taken for degrees, minutes and seconds.", example=example)
        notes.append(Note("coordinates-packed", "warning", message, len(far)))
        return made
    example = ", ".join(str(rows[far[0]][place]) for place in found.places)
    message = sentence(
        "{count} rows have degrees that are not on the earth, such as “{example}”.", count=len(far), example=example
    )
    notes.append(Note("coordinates-unreadable", "warning", message, len(far), "", (example,)))
    for number in far:
        made[number] = None
    return made


def typed(field_id: str, name: str, values: list[Any]) -> tuple[Field, list[Any]]:
    """Return the field that fits all values, and the values as it holds them. Codes with leading zeros stay text."""
    there = [value for value in values if value is not None and value != ""]
    kinds = {type(value) for value in there}
    if kinds == {bool}:
        return _as(field_id, name, FieldType.BOOLEAN, values, bool)
    if kinds and kinds <= {int, float, bool}:
        whole = all(math.isfinite(value) and float(value).is_integer() and abs(value) < 2**53 for value in there)
        return _as(field_id, name, *((FieldType.INTEGER, values, int) if whole else (FieldType.REAL, values, _finite)))
    if str in kinds and kinds & {dt.datetime, dt.date} and kinds <= {dt.datetime, dt.date, str}:
        made = [_moment_of(value) if isinstance(value, str) else value for value in there]
        if all(each is not None for each in made):
            turned = iter(made)
            return typed(field_id, name, [None if value is None or value == "" else next(turned) for value in values])
    if kinds and kinds <= {dt.datetime, dt.date}:
        dated = all(each.time() == dt.time() for each in there if isinstance(each, dt.datetime))
        return _as(field_id, name, *((FieldType.DATE, values, _day) if dated else (FieldType.DATETIME, values, _moment)))
    return _typed_texts(field_id, name, values)


def _finite(value: Any) -> float | None:
    return float(value) if math.isfinite(value) else None


def _day(value: Any) -> dt.date:
    return value.date() if isinstance(value, dt.datetime) else value


def _moment(value: Any) -> dt.datetime:
    """Return a day or a time as a time, that of Greenwich where one is said with its zone."""
    if not isinstance(value, dt.datetime):
        return dt.datetime.combine(value, dt.time())
    return value.astimezone(dt.UTC).replace(tzinfo=None) if value.tzinfo else value


def _as(field_id: str, name: str, kind: FieldType, values: list[Any], made: Any) -> tuple[Field, list[Any]]:
    return Field(field_id, name, kind), [None if value is None or value == "" else made(value) for value in values]


def _typed_texts(field_id: str, name: str, values: list[Any]) -> tuple[Field, list[Any]]:
    texts = [None if value is None or value == "" else _written(value) for value in values]
    there = [text.strip() for text in texts if text is not None]
    stripped = [text if text is None else text.strip() for text in texts]
    if there and all(_INTEGER.fullmatch(text) for text in there):
        return _as(field_id, name, FieldType.INTEGER, stripped, int)
    if there and all(_REAL.fullmatch(text) and any(c.isdigit() for c in text) and math.isfinite(float(text)) for text in there):
        return _as(field_id, name, FieldType.REAL, stripped, float)
    if there and all(_date(text) for text in there):
        return _as(field_id, name, FieldType.DATE, stripped, _date)
    if there and all(_moment_of(text) for text in there):
        return typed(field_id, name, [None if text is None else _moment_of(text) for text in stripped])
    return Field(field_id, name, FieldType.TEXT), texts


def _written(value: Any) -> str:
    if isinstance(value, dt.datetime):
        return value.isoformat(" ") if value.time() != dt.time() else value.date().isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < _LONGEST_NUMBER:  # an identity number, no power of ten
        return f"{Decimal(f'{value:.15g}'):f}"
    return f"{value:.15g}" if isinstance(value, float) else str(value)


_LONGEST_NUMBER = 1e21


def _moment_of(text: str) -> dt.datetime | None:
    """Return the moment that a text says: a day as above, and a time of day after it or none."""
    day, _, time = text.strip().replace("T", " ").partition(" ")
    found = _date(day)
    if not found:
        return None
    try:
        made = dt.datetime.combine(found, dt.time.fromisoformat(time.strip().zfill(5) if time else "00:00"))
        _moment(made)
    except (ValueError, OverflowError):  # the latter where Greenwich is in the year 0
        return None
    return made


def _date(text: str) -> dt.date | None:
    found = _DATE.fullmatch(text)
    try:
        return dt.date(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:
        return None
