"""Exports: what comes back is what was sent, within the losses that were declared; seen by other programs too."""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.io.other_programs import HAS_QGIS, OGRINFO, ogrinfo_extent, ogrinfo_text, seen_by_qgis

from cgplanner.errors import Cancelled, Refused, UserError
from cgplanner.geometry import compiler
from cgplanner.io.shapefile import shapes as shapefile_shapes
from cgplanner.io.shapefile import write as shapefile_write
from cgplanner.io.shapefile.dbf import read_header
from cgplanner.io.shapefile.dbf_columns import short_names
from cgplanner.io.shapefile.door import read_shapefile
from cgplanner.io.vector import read_layer, write_layer
from cgplanner.io.writing.receivers import receiver_names
from cgplanner.model.geometry_column import flat_column
from cgplanner.model.schema import CodedDomain, CodedValue, Field, FieldType, Schema
from cgplanner.model.table import FeatureTable, table_from_records

SCHEMA = Schema(
    (
        Field("a", "XMMC", FieldType.TEXT, 50, alias_zh="项目名称"),
        Field("b", "SL", FieldType.INTEGER),
        Field("c", "TZE", FieldType.REAL, 12, 2),
        Field("d", "KGRQ", FieldType.DATE),
        Field("e", "SFZD", FieldType.BOOLEAN),
        Field("f", "GXSJ", FieldType.DATETIME),
        Field("g", "MJ", FieldType.REAL),
    ),
    "polygon",
)
ROWS = [
    {"XMMC": "太原武宿机场三期", "SL": 46, "TZE": 228.5, "KGRQ": dt.date(2022, 9, 30), "SFZD": True, "MJ": 1 / 3},
    {
        "XMMC": "滹沱河 生态带",
        "SL": -7,
        "TZE": 0.25,
        "SFZD": False,
        "GXSJ": dt.datetime.fromisoformat("2026-11-22T08:30:00"),
        "MJ": 12345678.9,
    },
    {},
]
SQUARE, HOLED = shapely.box(112, 37, 113, 38), shapely.box(110, 36, 111, 37) - shapely.box(110.2, 36.2, 110.4, 36.4)
SHAPES = [SQUARE, HOLED, None]


def sample() -> FeatureTable:
    return table_from_records(SCHEMA, ROWS, SHAPES)


def values(table: FeatureTable) -> list[list[object]]:
    return [list(table.record(row).values()) for row in range(len(table))]


@pytest.mark.parametrize("receiver", [name for name in receiver_names() if name != "autocad"])
def test_a_shapefile_comes_back_as_it_went(tmp_path: Path, receiver: str) -> None:
    report = write_layer(sample(), "EPSG:4490", tmp_path / "规划.shp", format="shp", layer_name="x", receiver=receiver)
    assert report.verified
    assert (report.features_in, report.features_out) == (3, 3)
    assert {note.code for note in report.losses} == {"boolean-as-number", "datetime-as-text"}
    assert {path.name for path in report.files} == {
        f"规划.{end}" for end in ("shp", "shx", "dbf", "cpg", "prj", "fields.json", "fields.csv")
    }
    loaded = read_layer(tmp_path / "规划.shp")
    assert values(loaded.table) == values(sample())
    assert (loaded.crs, loaded.report.encoding) == ("EPSG:4490", report.encoding)
    assert [each.name for each in loaded.table.schema] == [each.name for each in SCHEMA]
    assert loaded.table.schema.fields[0].alias_zh == "项目名称"
    for mine, theirs in zip(SHAPES, loaded.table.geometry.geometries(), strict=True):
        assert theirs is None if mine is None else shapely.equals(mine, theirs)


def test_marks_of_the_encoding_agree(tmp_path: Path) -> None:
    for name, cpg, language_byte in (("GBK", "GBK", 0x4D), ("UTF-8", "UTF-8", 0), ("Big5", "BIG5", 0x4F)):
        path = tmp_path / f"{name}.shp"
        write_layer(table_of(["太原市"]), "", path, format="shp", layer_name="x", changes={"encoding": name})
        header = read_header(path.with_suffix(".dbf"))
        assert header is not None
        assert (path.with_suffix(".cpg").read_text(), header.language_byte) == (cpg, language_byte)
        assert not path.with_suffix(".prj").exists()
        assert values(read_layer(path).table) == [["太原市"]]


def table_of(texts: list[str | None], name: str = "T", width: int = 0) -> FeatureTable:
    schema = Schema((Field("f1", name, FieldType.TEXT, width),), "point")
    return table_from_records(schema, [{name: text} for text in texts], [shapely.Point(i, i) for i in range(len(texts))])


def test_widths_are_the_schema_s_and_grow_with_the_text(tmp_path: Path) -> None:
    write_layer(sample(), "", tmp_path / "a.shp", format="shp", layer_name="x", changes={"encoding": "GBK"})
    header = read_header(tmp_path / "a.dbf")
    assert header is not None
    assert [(each.type, each.width, each.decimals) for each in header.fields[:4]] == [
        ("C", 50, 0),
        ("N", 9, 0),
        ("N", 12, 2),
        ("D", 8, 0),
    ]
    write_layer(
        table_of(["一二三四五"], width=5), "", tmp_path / "b.shp", format="shp", layer_name="x", changes={"encoding": "UTF-8"}
    )
    header = read_header(tmp_path / "b.dbf")
    assert header is not None
    assert header.fields[0].width == 15


def test_what_does_not_fit_is_said(tmp_path: Path) -> None:
    table = table_of(["😀好", "长" * 200, "", "尾 ", None])
    how = {"receiver": "arcgis10", "changes": {"long_texts": "cut"}}
    report = write_layer(table, "", tmp_path / "a.shp", format="shp", layer_name="x", **how)
    losses = {note.code: (note.field, note.count, note.examples) for note in report.losses}
    assert losses["characters-lost"] == ("T", 1, ("😀",))
    assert losses["text-cut"][:2] == ("T", 1)
    assert losses["empty-as-null"][:2] == ("T", 1)
    assert losses["spaces-dropped"][:2] == ("T", 1)
    assert values(read_layer(tmp_path / "a.shp").table) == [["?好"], ["长" * 127], [None], ["尾"], [None]]


def test_strict_refuses_and_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="T"):
        write_layer(table_of(["😀"]), "", tmp_path / "a.shp", format="shp", layer_name="x", receiver="arcgis10", strict=True)
    assert list(tmp_path.iterdir()) == []
    assert write_layer(sample(), "", tmp_path / "b.shp", format="shp", layer_name="x", strict=True).verified


def test_numbers_beyond_ten_and_eighteen_digits(tmp_path: Path) -> None:
    schema = Schema((Field("f1", "BIG", FieldType.INTEGER), Field("f2", "HUGE", FieldType.INTEGER)), "point")
    rows = [{"BIG": 123456789012345, "HUGE": 2**62}, {"BIG": -5, "HUGE": None}]
    table = table_from_records(schema, rows, [shapely.Point(0, 0)] * 2)
    report = write_layer(table, "", tmp_path / "a.shp", format="shp", layer_name="x")
    assert [note.code for note in report.losses] == ["integer-as-text"]
    stored = read_shapefile(tmp_path / "a.shp", as_stored=True).table
    assert [each.type for each in stored.schema] == [FieldType.INTEGER, FieldType.TEXT]
    assert values(read_layer(tmp_path / "a.shp").table) == [[123456789012345, 2**62], [-5, None]]


def test_long_names_come_back_by_the_dictionary(tmp_path: Path) -> None:
    domain = CodedDomain("status", (CodedValue("1", "在建", "under way"),))
    schema = Schema(
        (Field("f1", "项目建设单位名称", FieldType.TEXT), Field("f2", "project_status", FieldType.TEXT, domain=domain)), "point"
    )
    table = table_from_records(schema, [{"项目建设单位名称": "甲", "project_status": "1"}], [shapely.Point(1, 2)])
    report = write_layer(table, "", tmp_path / "a.shp", format="shp", layer_name="x", receiver="arcgis10")
    assert report.renamed == (("项目建设单位名称", "项目建设单"), ("project_status", "project_st"))
    assert [each.name for each in read_shapefile(tmp_path / "a.shp", as_stored=True).table.schema] == [
        "项目建设单",
        "project_st",
    ]
    restored = read_layer(tmp_path / "a.shp").table.schema
    assert [each.name for each in restored] == ["项目建设单位名称", "project_status"]
    assert restored.fields[1].domain == domain
    (tmp_path / "a.fields.json").write_text("{}")
    assert [each.name for each in read_layer(tmp_path / "a.shp").table.schema] == ["项目建设单", "project_st"]


@given(st.lists(st.text(max_size=14), max_size=12), st.sampled_from(["utf-8", "gbk"]))
def test_short_names_fit_and_are_unique(names: list[str], codec: str) -> None:
    names = list(dict.fromkeys(names))
    names = [name for name in names if name.encode("utf-8", "ignore").decode() == name]
    short = short_names(names, codec)
    assert len({name.upper() for name in short}) == len(names)
    for raw in short:
        assert 0 < len(raw) <= 10
        assert raw.decode(codec).encode(codec) == raw


def test_mixed_geometry_becomes_three_files(tmp_path: Path) -> None:
    shapes = [shapely.Point(1, 2), SQUARE, shapely.LineString([(0, 0), (1, 1)]), None, shapely.Point(3, 4)]
    schema = Schema((Field("f1", "N", FieldType.INTEGER),), "mixed")
    table = table_from_records(schema, [{"N": number} for number in range(5)], shapes)
    report = write_layer(table, "EPSG:4490", tmp_path / "a.shp", format="shp", layer_name="x")
    assert "layer-split" in {note.code for note in report.losses}
    found = {path.name: values(read_layer(path).table) for path in report.files if path.suffix == ".shp"}
    assert found == {"a_pt.shp": [[0], [3], [4]], "a_ln.shp": [[2]], "a_pg.shp": [[1]]}
    assert report.features_out == 5
    for kind in ("gpkg", "geojson"):
        path = tmp_path / f"a.{kind}"
        write_layer(table, "EPSG:4490", path, format=kind, layer_name="x")
        assert values(read_layer(path).table) == [[number] for number in range(5)]


def test_collections_are_merged_or_left_out(tmp_path: Path) -> None:
    one = shapely.GeometryCollection([shapely.Point(0, 0), shapely.Point(1, 1)])
    two = shapely.GeometryCollection([shapely.Point(0, 0), SQUARE])
    table = table_from_records(Schema((Field("f1", "N", FieldType.INTEGER),)), [{}, {}], [one, two])
    report = write_layer(table, "", tmp_path / "a.shp", format="shp", layer_name="x")
    assert {note.code for note in report.losses} == {"geometry-collection", "geometry-merged"}
    assert read_layer(tmp_path / "a.shp").table.geometry.value(0) == shapely.MultiPoint([(0, 0), (1, 1)])


@pytest.mark.parametrize(
    "wkt",
    [
        "POINT Z (1 2 3)",
        "POINT M (1 2 9)",
        "POINT ZM (1 2 3 4)",
        "LINESTRING Z (0 0 1, 1 1 2)",
        "MULTILINESTRING M ((0 0 1, 1 1 2), (3 3 5, 4 4 6))",
        "POLYGON ZM ((0 0 1 5, 0 1 2 6, 1 1 3 7, 0 0 1 5))",
        "MULTIPOINT Z ((1 2 3), (4 5 6))",
        "MULTIPOLYGON (((0 0, 0 1, 1 1, 0 0)), ((5 5, 5 9, 9 9, 9 5, 5 5), (6 6, 7 6, 7 7, 6 6)))",
    ],
)
def test_heights_measures_and_parts_survive(tmp_path: Path, wkt: str) -> None:
    shape = shapely.from_wkt(wkt)
    schema = Schema((Field("f1", "N", FieldType.INTEGER),), "mixed")
    table = table_from_records(schema, [{"N": 1}], [shape])
    for kind in ("shp", "gpkg"):
        path = tmp_path / f"a.{kind}"
        write_layer(table, "", path, format=kind, layer_name="x")
        found = read_layer(path).table.geometry
        (plain,) = replace(found.base, m=None).to_shapely()
        assert shapely.equals(plain, shape)
        assert shapely.get_num_geometries(plain) == shapely.get_num_geometries(shape)
        for name in ("z", "m"):
            mine, theirs = getattr(table.geometry.base, name), getattr(found.base, name)
            assert (mine is None) == (theirs is None)
            assert mine is None or sorted(mine) == sorted(theirs)


def test_an_overwrite_leaves_nothing_stale_and_asks_first(tmp_path: Path) -> None:
    path = tmp_path / "a.shp"
    for kind in ("shp", "gpkg", "geojson"):
        target = path.with_suffix(f".{kind}")
        write_layer(sample(), "EPSG:4490", target, format=kind, layer_name="x")
        before = target.read_bytes()
        with pytest.raises(UserError, match="exists"):
            write_layer(sample(), "EPSG:4490", target, format=kind, layer_name="x")
        assert target.read_bytes() == before
    for stale in ("a.qpj", "a.sbn", "a.shp.xml", "a.CPG"):
        (tmp_path / stale).write_text("old")
    write_layer(table_of(["甲"]), "", path, format="shp", layer_name="x", overwrite=True)
    left = {each.name for each in tmp_path.iterdir()}
    assert left == {"a.shp", "a.shx", "a.dbf", "a.cpg", "a.gpkg", "a.geojson"}


@pytest.mark.parametrize("name", ["T", "名称很长的字段名"])  # without and with a field dictionary beside
def test_a_layer_that_loses_a_kind_of_geometry_leaves_none_of_its_files_behind(tmp_path: Path, name: str) -> None:
    shapes = [shapely.Point(112, 37), shapely.LineString([(112, 37), (113, 38)]), shapely.box(112, 37, 113, 38)]
    schema = Schema((Field("a", name, FieldType.TEXT, width=5),), "mixed")
    other = table_from_records(Schema((Field("a", "OTHER", FieldType.TEXT, width=5),), "line"), [{"a": "x"}], shapes[1:2])
    write_layer(other, "EPSG:4490", tmp_path / "b_ln.shp", format="shp", layer_name="b")

    def written(stem: str, count: int) -> set[str]:
        table = table_from_records(schema, [{"a": "x"}] * count, shapes[:count])
        write_layer(table, "EPSG:4490", tmp_path / f"{stem}.shp", format="shp", layer_name=stem, overwrite=True)
        return {each.stem for each in tmp_path.glob(f"{stem}*.shp")}

    assert [written("a", count) for count in (3, 2, 1, 2)] == [
        {"a_pt", "a_ln", "a_pg"},
        {"a_pt", "a_ln"},
        {"a"},
        {"a_pt", "a_ln"},
    ]
    assert not list(tmp_path.glob("a_pg.*"))
    assert written("b", 1) == {"b", "b_ln"}, "a line file of other fields is somebody else's"


def test_a_stopped_export_leaves_the_old_set(tmp_path: Path) -> None:
    path = tmp_path / "a.shp"
    write_layer(table_of(["旧"]), "", path, format="shp", layer_name="x")

    def stop(_share: float) -> None:
        raise Cancelled

    before = {each.name: each.read_bytes() for each in tmp_path.iterdir()}
    with pytest.raises(Cancelled):
        write_layer(sample(), "", path, format="shp", layer_name="x", overwrite=True, progress=stop)
    assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == before


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    for kind in ("shp", "gpkg", "geojson"):
        with pytest.raises(UserError, match="gone"):
            write_layer(sample(), "EPSG:4490", tmp_path / "gone" / f"a.{kind}", format=kind, layer_name="x")


RINGS = [
    "POLYGON ((0 0, 0 4, 4 4, 4 0, 0 0))",
    "POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0), (1 1, 2 1, 2 2, 1 2, 1 1), (3 3, 3 3.5, 3.5 3.5, 3 3))",
    "MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)), ((5 5, 9 5, 9 9, 5 5), (8 6, 8 7, 7 6, 8 6)))",
    "POLYGON ((0 0, 4 0, 2 0, 0 0))",
    "POLYGON EMPTY",
    None,
]
COURSES = [
    "LINESTRING (0 0, 37500000.125 4000000.5)",
    "MULTILINESTRING ((0 0, 1 1), (2 2, 3 3, 4 4))",
    "LINESTRING (0 0, 2 0, 1 1, 0 0)",
    "LINESTRING EMPTY",
    None,
]
some_pieces = st.sampled_from([RINGS, COURSES]).flatmap(
    lambda texts: st.lists(st.lists(st.sampled_from(texts), min_size=1, max_size=8), min_size=1, max_size=3)
)


@settings(deadline=None)
@given(some_pieces)
def test_compiled_records_are_those_of_numpy_to_the_byte(pieces: list[list[str | None]]) -> None:
    if not compiler.loads():
        pytest.skip("numba does not load here")
    columns = [flat_column([None if text is None else shapely.from_wkt(text) for text in piece]) for piece in pieces]
    kind = shapefile_shapes.POLYGON if any("POLY" in (text or "") for piece in pieces for text in piece) else 3
    written = []
    for quick in (True, False):
        shp, shx = io.BytesIO(), io.BytesIO()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(shapefile_shapes, "has_kernels", lambda _, quick=quick: quick)
            writer = shapefile_shapes.ShapeWriter(shp, shx, kind)
            for column in columns:
                writer.add(column.base)
            writer.finish()
        written.append((shp.getvalue(), shx.getvalue()))
    assert written[0] == written[1]


def test_a_prj_that_holds_something_else_is_noticed(tmp_path: Path) -> None:
    shp = tmp_path / "规划.shp"
    write_layer(sample(), "EPSG:4490", shp, format="shp", layer_name="x", receiver="qgis")
    prj = shp.with_suffix(".prj").read_text()
    shapefile_write._check_prj(shp, prj)
    shp.with_suffix(".prj").write_text("LOCAL_CS[]")
    with pytest.raises(UserError, match=r"规划\.prj"):
        shapefile_write._check_prj(shp, prj)


def test_two_gigabytes_are_refused_before_a_byte_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shapefile_shapes, "SIZE_LIMIT", 300)
    with pytest.raises(UserError, match="2 GB"):
        write_layer(sample(), "", tmp_path / "a.shp", format="shp", layer_name="x")
    assert list(tmp_path.iterdir()) == []


def test_unknown_words_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="dwg"):
        write_layer(sample(), "", tmp_path / "a.dwg", format="dwg", layer_name="x")
    with pytest.raises(UserError, match="atlas"):
        write_layer(sample(), "", tmp_path / "a.shp", format="shp", layer_name="x", receiver="atlas")


def test_reprojecting_needs_to_know_from_where(tmp_path: Path) -> None:
    table = table_from_records(SCHEMA, ROWS[:1], [shapely.box(500000, 4180000, 501000, 4181000)])
    path = tmp_path / "a.gpkg"
    with pytest.raises(UserError, match="not known"):
        write_layer(table, "", path, format="gpkg", layer_name="x", target_crs="EPSG:4490")
    with pytest.raises(UserError, match="parameters"):
        write_layer(table, "EPSG:2383", path, format="gpkg", layer_name="x", target_crs="EPSG:4547")
    write_layer(table, "EPSG:4547", path, format="gpkg", layer_name="x", target_crs="EPSG:4490")
    loaded = read_layer(path)
    assert loaded.crs == "EPSG:4490"
    assert loaded.table.geometry.extent() == pytest.approx((114.0, 37.75, 114.0113, 37.76), abs=0.01)


def test_geojson_is_in_degrees_turned_the_right_way(tmp_path: Path) -> None:
    table = table_from_records(SCHEMA, ROWS[:1], [shapely.box(500000, 4180000, 501000, 4181000)])
    report = write_layer(table, "EPSG:4547", tmp_path / "a.geojson", format="geojson", layer_name="x")
    assert [note.code for note in report.losses] == ["reprojected"]
    data = json.loads((tmp_path / "a.geojson").read_text(encoding="utf-8"))
    assert "crs" not in data
    (feature,) = data["features"]
    assert feature["properties"]["XMMC"] == "太原武宿机场三期"
    assert shapely.LinearRing(feature["geometry"]["coordinates"][0]).is_ccw
    assert 113 < feature["geometry"]["coordinates"][0][0][0] < 115


def test_a_geopackage_keeps_widths_titles_and_null(tmp_path: Path) -> None:
    write_layer(sample(), "EPSG:4490", tmp_path / "规划 库.gpkg", format="gpkg", layer_name="重点项目")
    loaded = read_layer(tmp_path / "规划 库.gpkg")
    assert (loaded.name, loaded.crs) == ("重点项目", "EPSG:4490")
    assert values(loaded.table) == values(sample())
    first = loaded.table.schema.fields[0]
    assert (first.width, first.alias_zh) == (50, "项目名称")


# --- any table -------------------------------------------------------------------------------------------------------------

PLAIN = st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cs"])
CELLS = st.fixed_dictionaries(
    {
        "T": st.none() | st.text(PLAIN, max_size=12),
        "I": st.none() | st.integers(-(2**63) + 1, 2**63 - 1),
        "R": st.none() | st.floats(allow_nan=False, allow_infinity=False, width=64),
        "B": st.none() | st.booleans(),
        "D": st.none() | st.dates(),
        "M": st.none()
        | st.datetimes(min_value=dt.datetime.fromisoformat("0001-01-02")).map(
            lambda t: t.replace(microsecond=t.microsecond // 1000 * 1000)
        ),
    }
)
FIELDS = Schema(
    (
        Field("t", "T", FieldType.TEXT),
        Field("i", "I", FieldType.INTEGER),
        Field("r", "R", FieldType.REAL),
        Field("b", "B", FieldType.BOOLEAN),
        Field("d", "D", FieldType.DATE),
        Field("m", "M", FieldType.DATETIME),
    ),
    "point",
)
POINTS = st.none() | st.builds(shapely.Point, st.floats(-170, 170), st.floats(-80, 80))


@settings(max_examples=15)
@given(st.lists(st.tuples(CELLS, POINTS), max_size=6), st.sampled_from(["qgis", "arcgis10", "mapgis"]))
def test_any_table_as_a_shapefile(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[dict[str, object], object]], receiver: str
) -> None:
    table = table_from_records(FIELDS, [cells for cells, _ in rows], [point for _, point in rows])
    path = tmp_path_factory.mktemp("any") / "a.shp"
    report = write_layer(table, "EPSG:4490", path, format="shp", layer_name="x", receiver=receiver)
    said = {note.code for note in report.losses}
    found = read_layer(path).table
    assert len(found) == len(table)
    for before, after in zip(values(table), values(found), strict=True):
        assert after[1:] == before[1:] or not rows
        if not said & {"characters-lost", "spaces-dropped", "text-cut"}:
            assert (after[0] or "") == (before[0] or "")
    assert np.array_equal(found.geometry.bounds, table.geometry.bounds, equal_nan=True)


@settings(max_examples=15)
@given(st.lists(st.tuples(CELLS, POINTS), max_size=6))
def test_any_table_as_a_geopackage(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[dict[str, object], object]]
) -> None:
    table = table_from_records(FIELDS, [cells for cells, _ in rows], [point for _, point in rows])
    path = tmp_path_factory.mktemp("any") / "a.gpkg"
    write_layer(table, "EPSG:4490", path, format="gpkg", layer_name="层")
    found = read_layer(path).table
    assert values(found) == values(table)
    assert [each.type for each in found.schema] == [each.type for each in FIELDS]


@settings(max_examples=15)
@given(st.lists(st.tuples(CELLS, POINTS), min_size=1, max_size=6))
def test_any_table_as_geojson(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[dict[str, object], object]]) -> None:
    table = table_from_records(FIELDS, [cells for cells, _ in rows], [point for _, point in rows])
    path = tmp_path_factory.mktemp("any") / "a.geojson"
    assert write_layer(table, "EPSG:4490", path, format="geojson", layer_name="x").verified
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    assert [each["properties"]["T"] for each in features] == [cells["T"] for cells, _ in rows]
    found = [each["properties"]["I"] for each in features]
    assert [None if value is None else int(value) for value in found] == [cells["I"] for cells, _ in rows]


# --- other programs --------------------------------------------------------------------------------------------------------


def exports(folder: Path) -> dict[str, Path]:
    made = {}
    for kind, receiver in (("shp", "qgis"), ("shp", "arcgis10"), ("gpkg", "qgis"), ("geojson", "qgis")):
        path = folder / f"规划_{receiver}.{kind}"
        write_layer(sample(), "EPSG:4490", path, format=kind, layer_name="x", receiver=receiver)
        made[f"{kind} {receiver}"] = path
    return made


@pytest.mark.skipif(OGRINFO is None, reason="ogrinfo is not installed")
def test_ogrinfo_sees_the_same(tmp_path: Path) -> None:
    for kind, path in exports(tmp_path).items():
        text = ogrinfo_text(path)
        assert "Feature Count: 3" in text, kind
        assert "XMMC (String) = 太原武宿机场三期" in text, kind
        assert re.search(r"TZE \(Real\) = 228\.50?\b", text), kind
        assert re.search(r"KGRQ \(Date\) = 2022/09/30", text), kind
        assert "SL (Integer) = -7" in text or "SL (Integer64) = -7" in text, kind
        assert ogrinfo_extent(text) == pytest.approx([110, 36, 113, 38], abs=1e-4)


@pytest.mark.slow
@pytest.mark.skipif(not HAS_QGIS, reason="python3-qgis is not installed")
def test_qgis_sees_the_same(tmp_path: Path) -> None:
    made = exports(tmp_path)
    for kind, layer in zip(made, seen_by_qgis(list(made.values())), strict=True):
        assert layer["count"] == 3, kind
        assert layer["extent"] == pytest.approx([110, 36, 113, 38], abs=1e-4), kind
        first, _, third = layer["rows"]
        assert (first["XMMC"], first["SL"], first["TZE"]) == ("太原武宿机场三期", 46, 228.5), kind
        assert first["KGRQ"] == "2022-09-30", kind
        assert all(third[name] is None for name in ("XMMC", "SL", "TZE", "KGRQ")), kind


FULL_DISK = """
import resource, sys
from pathlib import Path
import shapely
from cgplanner.errors import UserError
from cgplanner.io.vector import write_layer
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import table_from_records
schema = Schema((Field("f1", "T", FieldType.TEXT),), "point")
table = table_from_records(schema, [{"T": f"{row:0>200}"} for row in range(2000)], [shapely.Point(1, 2)] * 2000)
resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000))
for kind in ("shp", "gpkg", "geojson"):
    try:
        write_layer(table, "EPSG:4490", Path(sys.argv[1]) / f"a.{kind}", format=kind, layer_name="a", overwrite=True)
    except UserError as error:
        print(kind, error)
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no limit on the size of a process's files")
def test_a_disk_that_takes_no_more_leaves_the_old_files(tmp_path: Path) -> None:
    for kind in ("shp", "gpkg", "geojson"):
        write_layer(sample(), "EPSG:4490", tmp_path / f"a.{kind}", format=kind, layer_name="a")
    before = {each.name: each.read_bytes() for each in tmp_path.iterdir()}
    run = subprocess.run([sys.executable, "-c", FULL_DISK, str(tmp_path)], capture_output=True, text=True, check=True)
    assert [line.split()[0] for line in run.stdout.splitlines()] == ["shp", "gpkg", "geojson"], run.stderr
    assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == before
