"""Parcels as land offices report them: a text of boundary points, [属性描述] above and [地块坐标] below. X is the northing.

What the numbers are in the head says in words, which the numbers must bear out. No file is opened here.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from cgplanner.io.crs.crs_words import crs_of_words
from cgplanner.io.drivers.gdal_layers import geometry_kind, geometry_notes, layer_notes, schema_of
from cgplanner.io.report import Note, Report
from cgplanner.io.source import LoadedLayer
from cgplanner.io.tables.coordinate_text import coordinate
from cgplanner.model.column import column_of
from cgplanner.model.geometry_column import flat_column
from cgplanner.model.schema import Field, FieldType
from cgplanner.model.table import new_table
from cgplanner.text import sentence

_POINTS = re.compile(r"[\[【［]\s*地块坐标\s*[\]】］]")
_SEPARATORS = re.compile(r"[,，;；\t]")
_FIELDS = (
    Field("f1", "界址点数", FieldType.INTEGER, alias_zh="界址点数", alias_en="Boundary points"),
    Field("f2", "地块面积", FieldType.REAL, alias_zh="地块面积", alias_en="Area"),
    Field("f3", "地块编号", FieldType.TEXT, alias_zh="地块编号", alias_en="Parcel number"),
    Field("f4", "地块名称", FieldType.TEXT, alias_zh="地块名称", alias_en="Parcel name"),
    Field("f5", "图形属性", FieldType.TEXT, alias_zh="图形属性", alias_en="Kind of shape"),
    Field("f6", "图幅号", FieldType.TEXT, alias_zh="图幅号", alias_en="Map sheet"),
    Field("f7", "地块用途", FieldType.TEXT, alias_zh="地块用途", alias_en="Use"),
    Field("f8", "地类编码", FieldType.TEXT, alias_zh="地类编码", alias_en="Code of land use"),
)
_NUMBER = re.compile(r"[-+]?\d+(\.\d*)?")
_HEAD = re.compile(r"^\s*([^=＝\n]{2,12})[=＝]([^\n]*)$", re.MULTILINE)
_LEAST_EASTING_WITH_ZONE = 13e6
_WIDEST = 200_000.0


@dataclass
class _Parcel:
    """One parcel: its cells, and its rings by their numbers."""

    cells: list[str]
    rings: dict[str, list[tuple[float, float]]] = field(default_factory=dict)


def is_parcel_text(text: str) -> bool:
    """Tell whether a text is a report of parcels."""
    return bool(_POINTS.search(text))


def parcel_layer(path: Path, text: str, notes: list[Note], encoding: tuple[str, str]) -> LoadedLayer:
    """Return the parcels as areas (lines and points where the report says so)."""
    parcels, unread = _parcels(text)
    if unread:
        message = sentence("{count} lines that are no features were left out.", count=unread)
        notes.append(Note("records-left-out", "warning", message, unread))
    geometry = flat_column([_shape(each) for each in parcels])
    if short := [each for each in parcels if _is_short(each)]:
        message = sentence(
            "{count} parcels have fewer points than their head says; their shapes are not whole.", count=len(short)
        )
        notes.append(Note("points-missing", "warning", message, len(short)))
    if wide := int((np.ptp(geometry.bounds.reshape(-1, 2, 2), axis=1).max(axis=1) > _WIDEST).sum()):
        message = sentence("{count} parcels are more than 200 km wide: a number in them is wrong or cut off.", count=wide)
        notes.append(Note("parcels-wide", "warning", message, wide))
    crs = declared_crs(text, geometry.base.xy)
    columns = {each.id: column_of(each.type, _values(each, number, parcels)) for number, each in enumerate(_FIELDS)}
    table = new_table(schema_of(_FIELDS, geometry_kind("Polygon", geometry)), columns, geometry)
    notes += [*geometry_notes(geometry), *layer_notes(len(table), crs, drawn=True)]
    return LoadedLayer(path.stem, table, crs, Report(tuple(notes), (), *encoding, crs, "declared" if crs else "missing"), path)


def declared_crs(text: str, xy: Any) -> str:
    """Return the system that the head of a report names in words, '' where it leaves the zone open or the numbers differ."""
    head = dict(_HEAD.findall(_POINTS.split(text, maxsplit=1)[0]))
    said = {name.strip(): value.strip() for name, value in head.items()}
    datum, width, zone = said.get("坐标系", ""), said.get("几度分带", ""), said.get("带号", "")
    if not datum or not len(xy):
        return ""
    largest = float(abs(xy[:, 0]).max())
    if largest <= 180:
        return crs_of_words(datum)
    has_number = largest > _LEAST_EASTING_WITH_ZONE
    if has_number and zone.isdigit() and not float(zone) <= largest / 1e6 < float(zone) + 1:
        return ""  # the head names another zone than the numbers
    return crs_of_words(f"{datum} {width}度带 第{zone}带", has_zone_number=has_number) if zone else ""


def _is_short(parcel: _Parcel) -> bool:
    said = parcel.cells[0] if parcel.cells else ""
    there = sum(map(len, parcel.rings.values()))
    return said.isdigit() and 0 < there < int(said)


def _parcels(text: str) -> tuple[list[_Parcel], int]:
    """Return the parcels, and how many lines are neither parcel nor point."""
    parcels: list[_Parcel] = []
    unread = 0
    for line in _POINTS.split(text, maxsplit=1)[1].splitlines():
        cells = [each.strip() for each in _SEPARATORS.split(line)]
        if not any(cells):
            continue
        place = (coordinate(cells[3]), coordinate(cells[2])) if len(cells) >= 4 else (math.nan, math.nan)
        if "@" in cells:
            parcels.append(_Parcel(cells[: cells.index("@")]))
        elif all(map(math.isfinite, place)):
            if not parcels:
                parcels.append(_Parcel([]))
            parcels[-1].rings.setdefault(cells[1], []).append(place)
        elif len(cells) >= 5 and _NUMBER.fullmatch(cells[0]) and not _NUMBER.fullmatch(cells[3]):
            parcels.append(_Parcel(cells))  # a head without its sign
        else:
            unread += 1
    return parcels, unread


def _shape(parcel: _Parcel) -> Any:
    """Return the shape: rings that lie in a ring before them are holes of it."""
    kind = parcel.cells[4] if len(parcel.cells) > 4 else ""
    rings = list(parcel.rings.values())
    if not rings:
        return None
    if kind == "点" or len(rings[0]) == 1:
        return shapely.Point(rings[0][0])
    if kind == "线" or len(rings[0]) < 3:
        return shapely.LineString(rings[0])
    shells: list[tuple[Any, list[Any]]] = []
    for ring in (each for each in rings if len(each) > 2):
        area = shapely.Polygon(ring)
        inside = shapely.Point(ring[0])
        outer = next((shell for shell in shells if shell[0].is_valid and shell[0].covers(inside)), None)
        if outer is not None:
            outer[1].append(ring)
        else:
            shells.append((area, []))
    areas = [shapely.Polygon(area.exterior, holes) for area, holes in shells]
    return areas[0] if len(areas) == 1 else shapely.MultiPolygon(areas)


def _values(each: Field, number: int, parcels: list[_Parcel]) -> list[Any]:
    texts = [parcel.cells[number] if number < len(parcel.cells) else "" for parcel in parcels]
    if each.type is FieldType.TEXT:
        return [text or None for text in texts]
    made = [float(text) if _NUMBER.fullmatch(text) else math.nan for text in texts]
    kind = int if each.type is FieldType.INTEGER else float
    return [None if math.isnan(value) else kind(value) for value in made]
