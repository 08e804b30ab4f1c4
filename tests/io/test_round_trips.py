"""A layer to every receiver in every format and back: names, types, NULLs, dates, domains and geometry, whatever the values.

What may differ is what the writer declared lost, and what no dictionary brings back ('' in tables of text; digits of a format).
"""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from cgplanner.io.crs.reproject import reprojected
from cgplanner.io.source import WriteReport
from cgplanner.io.vector import read_layer, write_layer
from cgplanner.io.writing.outgoing import WRITABLE
from cgplanner.model.schema import CodedDomain, CodedValue, Field, FieldType, RangeDomain, Schema
from cgplanner.model.table import FeatureTable, table_from_records

RECEIVERS = ("qgis", "arcgis-pro", "arcgis10", "supermap", "mapgis", "autocad")
SHAPED = ("shp", "dxf")  # by the receiver; the other formats are the same for all but its zone
FEW = [(kind, name) for kind in WRITABLE for name in (RECEIVERS if kind in SHAPED else ("qgis", "autocad"))]
ALL = [(kind, name) for kind in WRITABLE for name in RECEIVERS]
NO_EMPTY_TEXT = ("shp", "csv", "xlsx")
DECIMALS = {"geojson": 1e-9, "kml": 1e-9, "kmz": 1e-9}

CITIES = CodedDomain("行政区", (CodedValue("0351", "太原", "Taiyuan"), CodedValue("0354", "晋中", "Jinzhong")))
STATES = CodedDomain("状态", (CodedValue(1, "在建", "under way"), CodedValue(2, "建成 & <投用>", "done")))
SHARE = RangeDomain("占比", 0.0, 100.0)
FIELDS = (
    Field("a", "重点建设项目的名称", FieldType.TEXT, 60, alias_zh="项目名称", alias_en="Project"),
    Field("b", "重点建设项目的说明", FieldType.TEXT, alias_zh="说明"),
    Field("c", "XZQDM", FieldType.TEXT, 4, domain=CITIES, alias_zh="行政区代码", alias_en="City"),
    Field("d", "SL", FieldType.INTEGER, alias_en="Count"),
    Field("e", "XMZT", FieldType.INTEGER, domain=STATES),
    Field("f", "TZE", FieldType.REAL, alias_zh="投资额（亿元）"),
    Field("g", "ZB", FieldType.REAL, domain=SHARE),
    Field("h", "SFZDXM", FieldType.BOOLEAN),
    Field("i", "开工日期", FieldType.DATE, alias_zh="开工日期", alias_en="Start"),
    Field("j", "GXSJ", FieldType.DATETIME),
)

_line = st.text(st.characters(codec="gbk", exclude_categories=["Cs", "Cc"]), max_size=12)
_any = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
_texts = (
    st.sampled_from(["", "0351", "1.50", "=1+1", "NULL", "true", '引"号,逗号\n第二行', " 前", "后 ", "机场🛫"]) | _line | _any
)
_long = st.integers(100, 900).map(lambda count: "长文本 " * (count // 4))
_moments = st.datetimes(dt.datetime.fromisoformat("0002-01-01"), dt.datetime.fromisoformat("9998-12-31"))
CELLS = st.fixed_dictionaries(
    {
        FIELDS[0].name: st.none() | _texts,
        FIELDS[1].name: st.none() | _texts | _long,
        "XZQDM": st.sampled_from([None, "0351", "0354"]),
        "SL": st.none() | st.integers(-100, 100) | st.sampled_from([0, 2**31, 2**53 + 1, -(2**62), 2**63 - 1]),
        "XMZT": st.sampled_from([None, 1, 2]),
        "TZE": st.none() | st.sampled_from([0.0, 0.1, 228.5, 1 / 3, -1e-7]) | st.floats(-1e9, 1e9),
        "ZB": st.none() | st.integers(0, 1000).map(lambda number: number / 10),
        "SFZDXM": st.none() | st.booleans(),
        "开工日期": st.none() | st.dates(),
        "GXSJ": st.none() | _moments.map(lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)),
    }
)


@st.composite
def shapes(draw: st.DrawFn, family: str, *, with_z: bool) -> Any:
    if draw(st.integers(0, 6)) == 0:
        return None
    count = draw(st.integers(1, 3))
    pieces = []
    for number in range(count):
        x, y = 110.5 + number * 1.5 + draw(st.floats(0, 0.9)), draw(st.floats(36.0, 39.0))
        size = draw(st.floats(0.01, 0.3))
        if family == "point":
            pieces.append(shapely.Point(x, y))
        elif family == "line":
            pieces.append(shapely.LineString([(x, y), (x + size, y), (x + size, y + size)]))
        else:
            hole = shapely.box(x + size / 4, y + size / 4, x + size / 2, y + size / 2)
            pieces.append(shapely.box(x, y, x + size, y + size) - hole)
    shape = {"point": shapely.MultiPoint, "line": shapely.MultiLineString, "polygon": shapely.MultiPolygon}[family](pieces)
    shape = shape if count > 1 else shape.geoms[0]
    return shapely.force_3d(shape, draw(st.sampled_from([800.5, 0.25, -3.0]))) if with_z else shape


@st.composite
def layers(draw: st.DrawFn) -> FeatureTable:
    family = draw(st.sampled_from(["point", "line", "polygon"]))
    with_z = draw(st.booleans())
    rows = draw(st.lists(st.tuples(CELLS, shapes(family, with_z=with_z)), min_size=1, max_size=4))
    return table_from_records(Schema(FIELDS, family, "d", "a"), [cells for cells, _ in rows], [shape for _, shape in rows])  # type: ignore[arg-type]  # a family is a kind


def kept_rows(table: FeatureTable, kind: str, name: str) -> list[int]:
    """Return which rows come back, in their order: none without a shape in a drawing, one a part for CAD's shapefiles."""
    found = []
    for row, shape in enumerate(table.geometry.geometries()):
        parts = len(shapely.get_parts(shape)) if shape is not None else 1
        found += [row] * (0 if shape is None and kind == "dxf" else parts if (kind, name) == ("shp", "autocad") else 1)
    return found


def check_schema(table: FeatureTable, found: FeatureTable) -> None:
    for mine, theirs in zip(table.schema, found.schema, strict=True):
        assert (theirs.name, theirs.type, theirs.width) == (mine.name, mine.type, mine.width)
        assert (theirs.domain, theirs.alias_zh, theirs.alias_en) == (mine.domain, mine.alias_zh, mine.alias_en)


def same_value(mine: Any, theirs: Any, kind: str, codes: set[str]) -> bool:
    if isinstance(mine, str) and kind == "xlsx":
        mine, theirs = mine.replace("\r\n", "\n").replace("\r", "\n"), (theirs or "").replace("\r\n", "\n").replace("\r", "\n")
    if isinstance(mine, str) and "spaces-dropped" in codes:
        mine = mine.strip(" ")
    if kind in NO_EMPTY_TEXT:
        mine, theirs = None if mine == "" else mine, None if theirs == "" else theirs
    if isinstance(mine, float) and isinstance(theirs, float):
        return math.isclose(mine, theirs, rel_tol=2e-15, abs_tol=1e-15 if kind == "shp" else 0.0)
    return bool(mine == theirs)


def check_values(table: FeatureTable, found: FeatureTable, rows: list[int], kind: str, report: WriteReport) -> None:
    lost = {note.field for note in report.losses if note.severity == "warning"}
    everywhere = {note.code for note in report.losses if note.severity == "warning" and not note.field}
    for each, theirs in zip(table.schema, found.schema, strict=True):
        if each.name in lost or (each.type is FieldType.TEXT and everywhere & {"characters-lost", "text-cut"}):
            continue
        codes = {note.code for note in report.losses if note.field.startswith(each.name)}
        before, after = table.columns[each.id].values(), found.columns[theirs.id].values()
        for row, value in zip(rows, after, strict=True):
            assert same_value(before[row], value, kind, codes), (each.name, before[row], value)


def plain(shape: Any) -> Any:
    """Return a shape in one form: a multi geometry of one part as that part, rings in one order."""
    if shape is None or shape.is_empty:
        return None
    parts = shapely.get_parts(shape)
    return shapely.normalize(parts[0] if len(parts) == 1 else shape)


def check_shapes(table: FeatureTable, found: FeatureTable, rows: list[int], crs: str, kind: str) -> None:
    geometry = table.geometry if crs in ("EPSG:4490", "EPSG:4326") else reprojected(table.geometry, "EPSG:4490", crs)
    tolerance = max(DECIMALS.get(kind, 1e-10), 1e-6 if crs not in ("EPSG:4490", "EPSG:4326") else 0.0)
    seen: dict[int, int] = {}
    for row, after in zip(rows, found.geometry.geometries(), strict=True):
        before = geometry.value(row)
        if rows.count(row) > 1:
            seen[row] = seen.get(row, -1) + 1
            before = shapely.get_parts(before)[seen[row]]
        mine, theirs = plain(before), plain(after)
        assert (mine is None) == (theirs is None)
        if mine is not None:
            assert mine.geom_type == theirs.geom_type
            assert mine.has_z == theirs.has_z
            pair = [shapely.get_coordinates(each, include_z=each.has_z) for each in (mine, theirs)]
            assert pair[0].shape == pair[1].shape
            assert np.allclose(*(np.sort(each, axis=0) for each in pair), rtol=0, atol=tolerance)


def check(folder: Path, table: FeatureTable, kind: str, name: str) -> None:
    path = folder / f"重点 项目.{kind}"
    report = write_layer(table, "EPSG:4490", path, format=kind, layer_name="项目", receiver=name)
    assert report.verified
    rows = kept_rows(table, kind, name)
    if not rows:
        return
    loaded = read_layer(path)
    assert "fields-restored" in {note.code for note in loaded.report.notes}, [
        (x.name, x.type.value) for x in loaded.table.schema
    ]
    if table.geometry.extent() is not None:
        assert loaded.crs == report.crs
    check_schema(table, loaded.table)
    check_values(table, loaded.table, rows, kind, report)
    check_shapes(table, loaded.table, rows, report.crs, kind)


@pytest.mark.parametrize(("kind", "name"), FEW)
def test_a_layer_comes_back_from_everybody(tmp_path_factory: pytest.TempPathFactory, kind: str, name: str) -> None:
    @settings(max_examples=3, phases=[Phase.explicit, Phase.generate])
    @given(layers())
    def tried(table: FeatureTable) -> None:
        check(tmp_path_factory.mktemp("trip"), table, kind, name)

    tried()


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "name"), ALL)
def test_many_layers_come_back_from_everybody(tmp_path_factory: pytest.TempPathFactory, kind: str, name: str) -> None:
    @settings(max_examples=100, derandomize=False)
    @given(layers())
    def tried(table: FeatureTable) -> None:
        check(tmp_path_factory.mktemp("trip"), table, kind, name)

    tried()


def test_a_column_of_nothing_keeps_its_type(tmp_path: Path) -> None:
    table = table_from_records(Schema(FIELDS, "point"), [{}, {}], [shapely.Point(112, 37), shapely.Point(113, 38)])
    for kind in WRITABLE:
        check(tmp_path, table, kind, "qgis")


def test_the_last_second_of_a_minute_before_1970(tmp_path: Path) -> None:
    """GDAL 3.12 takes it from Arrow as the next minute."""
    moment = dt.datetime.fromisoformat("1969-01-01T00:00:59.001")
    table = table_from_records(
        Schema(FIELDS, "point"), [{"GXSJ": moment}, {}], [shapely.Point(112, 37), shapely.Point(113, 38)]
    )
    for kind in WRITABLE:
        check(tmp_path, table, kind, "qgis")


def test_an_edited_table_is_read_by_what_it_looks_like(tmp_path: Path) -> None:
    """A dictionary that does not fit any more is left aside."""
    table = table_from_records(Schema(FIELDS[:1], "point"), [{FIELDS[0].name: "5"}], [shapely.Point(112, 37)])
    path = tmp_path / "a.csv"
    write_layer(table, "EPSG:4490", path, format="csv", layer_name="a")
    text = path.read_text(encoding="utf-8-sig")
    path.write_text(text.replace(FIELDS[0].name, "改名"), encoding="utf-8-sig")
    loaded = read_layer(path)
    assert loaded.table.schema.fields[0].name == "改名"
    assert "fields-restored" not in {note.code for note in loaded.report.notes}
