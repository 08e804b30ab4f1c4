"""GeoPackages that are not as the standard wants: missing lists, columns, values and shapes of other kinds."""

from __future__ import annotations

import contextlib
import datetime as dt
import sqlite3
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pytest
import shapely

from cgplanner.errors import UserError
from cgplanner.io.source import LoadedLayer
from cgplanner.io.vector import describe, list_layers, read_layer
from cgplanner.io.writing.layer_facts import LayerFacts
from cgplanner.model.schema import CodedDomain, RangeDomain

POINTS = [shapely.Point(112.5 + number / 100, 37.8) for number in range(4)]
WKT = [each.wkt for each in POINTS]


def make(path: Path, *statements: str | tuple[str, Sequence[Any]], crs: object = "EPSG:4490") -> Path:
    numbers = np.arange(1, 5, dtype=np.int64)
    frame = geopandas.GeoDataFrame(
        {"名称": ["太原", "榆次", None, ""], "数量": numbers, "v": [1.5, 2, 3, 4]}, geometry=POINTS, crs=crs
    )
    frame.to_file(path, driver="GPKG", layer="地块")
    with sqlite3.connect(path) as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f'DROP TRIGGER "{name}"')
        for each in statements:
            database.execute(*((each,) if isinstance(each, str) else each))
    database.close()
    return path


def codes(loaded: LoadedLayer | LayerFacts) -> set[str]:
    return {note.code for note in loaded.report.notes}


def shapes(loaded: LoadedLayer) -> list[str | None]:
    return [each and each.wkt for each in loaded.table.geometry.geometries()]


def column(loaded: LoadedLayer, name: str) -> list[Any]:
    return list(loaded.table.column(name).values())


@pytest.mark.parametrize(
    "statements",
    [
        ["DELETE FROM gpkg_contents"],
        ["DELETE FROM gpkg_geometry_columns"],
        ["DROP TABLE gpkg_geometry_columns"],
        ["DROP TABLE gpkg_geometry_columns", "DROP TABLE gpkg_contents"],
        ["DROP TABLE gpkg_geometry_columns", "DROP TABLE gpkg_contents", "DROP TABLE gpkg_spatial_ref_sys"],
    ],
)
def test_tables_that_are_not_listed_are_found(tmp_path: Path, statements: list[str]) -> None:
    path = make(tmp_path / "a.gpkg", *statements)
    before = path.read_bytes()
    loaded = read_layer(path)
    assert (shapes(loaded), column(loaded, "名称")) == (WKT, ["太原", "榆次", None, ""])
    assert (loaded.crs, "lists-missing" in codes(loaded)) == ("EPSG:4490", True)
    assert [(each.name, each.features) for each in describe(path).layers] == [("地块", 4)]
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["a.gpkg"]


KINDS = {
    "VARCHAR(20)": ("x", "x"),
    "CHAR(5)": ("c", "c"),
    "BIGINT": (2**40, 2**40),
    "NUMERIC": (1.5, 1.5),
    "DECIMAL(10, 2)": (2.25, 2.25),
    "TIMESTAMP": ("2026-03-01 10:00:00", dt.datetime(2026, 3, 1, 10)),  # noqa: DTZ001  columns have no zone
    "UUID": ("u", "u"),
    "TIME": ("10:00:00", "10:00:00"),
    "JSON": ('{"a": 1}', '{"a": 1}'),
    "": ("q", "q"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_columns_of_types_that_the_standard_does_not_know_are_kept(tmp_path: Path, kind: str) -> None:
    stored, expected = KINDS[kind]
    path = make(
        tmp_path / "a.gpkg",
        f"ALTER TABLE 地块 ADD COLUMN c {kind}",
        ("UPDATE 地块 SET c = ? WHERE fid <> 2", [stored]),
    )
    loaded = read_layer(path)
    assert column(loaded, "c") == [expected, None, expected, expected]
    assert [str(note.message) for note in loaded.report.notes if note.code == "driver"] == []
    assert [each.name for each in describe(path).layers[0].schema] == ["名称", "数量", "v", "c"]


def test_values_of_another_type_than_their_column_are_empty_and_counted(tmp_path: Path) -> None:
    change = ["UPDATE 地块 SET 数量 = '很多' WHERE fid = 2", "UPDATE 地块 SET v = 'n/a' WHERE fid = 3"]
    loaded = read_layer(make(tmp_path / "a.gpkg", *change))
    assert (column(loaded, "数量"), column(loaded, "v")) == ([1, None, 3, 4], [1.5, 2.0, None, 4.0])
    assert sorted(note.field for note in loaded.report.notes if note.code == "value-type") == ["v", "数量"]


def test_days_that_are_none_are_empty_and_those_of_people_are_read(tmp_path: Path) -> None:
    days, moments = ("2026/3/1", "", "abc", "2026-02-30"), ("2026-3-1 8:00", "", "abc", "2026-03-01T08:00:00+08:00")
    change: list[str | tuple[str, Sequence[Any]]] = [
        "ALTER TABLE 地块 ADD COLUMN d DATE",
        "ALTER TABLE 地块 ADD COLUMN t DATETIME",
    ]
    change += [("UPDATE 地块 SET d = ?, t = ? WHERE fid = ?", each) for each in zip(days, moments, range(1, 5), strict=True)]
    loaded = read_layer(make(tmp_path / "a.gpkg", *change))
    assert column(loaded, "d") == [dt.date(2026, 3, 1), None, None, None]
    assert column(loaded, "t") == [dt.datetime(2026, 3, 1, 8), None, None, dt.datetime(2026, 3, 1)]  # noqa: DTZ001  as above
    counts = {note.field: note.count for note in loaded.report.notes if note.code == "value-type"}
    assert counts == {"d": 2, "t": 1}


FORMS = {
    "WKB": shapely.to_wkb(POINTS[0]),
    "WKB of big ends": shapely.to_wkb(POINTS[0], byte_order=0),
    "EWKB": shapely.to_wkb(shapely.set_srid(POINTS[0], 4490), include_srid=True),
    "WKT": POINTS[0].wkt,
    "EWKT": f"SRID=4490;{POINTS[0].wkt}",
    "an envelope of no kind": b"GP\0\x0b" + struct.pack("<i", 4490) + shapely.to_wkb(POINTS[0]),
}


@pytest.mark.parametrize("form", FORMS)
def test_shapes_in_other_forms(tmp_path: Path, form: str) -> None:
    loaded = read_layer(make(tmp_path / "a.gpkg", ("UPDATE 地块 SET geom = ? WHERE fid = 1", [FORMS[form]])))
    assert (shapes(loaded), "geometry-form" in codes(loaded)) == (WKT, True)


@pytest.mark.parametrize("blob", [b"GP\0\1", b"nonsense", b"GP\0\1" + struct.pack("<i", 4490) + shapely.to_wkb(POINTS[0])[:-4]])
def test_shapes_that_nobody_can_read_are_counted(tmp_path: Path, blob: bytes) -> None:
    loaded = read_layer(make(tmp_path / "a.gpkg", ("UPDATE 地块 SET geom = ? WHERE fid = 1", [blob])))
    assert shapes(loaded) == [None, *WKT[1:]]
    assert sum(note.count for note in loaded.report.notes if note.code == "geometry-unreadable") == 1


def test_shapes_of_another_system_than_their_layer_are_said(tmp_path: Path) -> None:
    other = b"GP\0\1" + struct.pack("<i", 4547) + shapely.to_wkb(POINTS[0])
    assert "crs-mixed" in codes(read_layer(make(tmp_path / "a.gpkg", ("UPDATE 地块 SET geom = ? WHERE fid = 1", [other]))))
    assert "crs-mixed" not in codes(read_layer(make(tmp_path / "b.gpkg")))


def test_texts_that_are_no_utf8_are_read_in_what_they_are(tmp_path: Path) -> None:
    text = "太原市小店区北营街道".encode("gbk")
    loaded = read_layer(make(tmp_path / "a.gpkg", ("UPDATE 地块 SET 名称 = CAST(? AS TEXT) WHERE fid < 3", [text])))
    assert column(loaded, "名称") == ["太原市小店区北营街道"] * 2 + [None, ""]
    assert "encoding-mark-wrong" in codes(loaded)


def test_lists_of_values_and_ranges_of_the_standard(tmp_path: Path) -> None:
    tables = [
        "CREATE TABLE gpkg_data_columns (table_name, column_name, name, title, description, mime, constraint_name)",
        "CREATE TABLE gpkg_data_column_constraints (constraint_name, constraint_type, value, min, low, max, high, description)",
        "INSERT INTO gpkg_data_columns VALUES ('地块', '数量', NULL, '类别', NULL, NULL, 'kinds')",
        "INSERT INTO gpkg_data_columns VALUES ('地块', 'v', NULL, NULL, '容积率', NULL, 'ratio')",
        "INSERT INTO gpkg_data_column_constraints VALUES ('kinds', 'enum', '1', NULL, NULL, NULL, NULL, '一类')",
        "INSERT INTO gpkg_data_column_constraints VALUES ('kinds', 'enum', '2', NULL, NULL, NULL, NULL, 'Second')",
        "INSERT INTO gpkg_data_column_constraints VALUES ('ratio', 'range', NULL, 0, 1, 10.5, 1, NULL)",
    ]
    fields = {each.name: each for each in read_layer(make(tmp_path / "a.gpkg", *tables)).table.schema}
    assert (fields["数量"].alias_zh, fields["v"].alias_zh) == ("类别", "容积率")
    assert fields["v"].domain == RangeDomain("ratio", 0.0, 10.5)
    kinds = fields["数量"].domain
    assert isinstance(kinds, CodedDomain)
    assert [(each.code, each.label_zh, each.label_en) for each in kinds.values] == [(1, "一类", ""), (2, "", "Second")]


def test_a_projection_without_a_name_is_one(tmp_path: Path) -> None:
    own = "+proj=tmerc +lon_0=112.55 +k=1 +x_0=500000 +y_0=0 +ellps=GRS80 +units=m"
    path = make(tmp_path / "a.gpkg", crs="EPSG:4490")
    geopandas.read_file(path).to_crs("+proj=longlat +ellps=GRS80").to_crs(own).to_file(tmp_path / "b.gpkg")
    loaded = read_layer(tmp_path / "b.gpkg")
    assert "112.55" in loaded.crs
    assert loaded.report.crs_how == "declared"


def test_a_table_that_cannot_be_read_does_not_hide_the_others(tmp_path: Path) -> None:
    path = make(
        tmp_path / "a.gpkg",
        "PRAGMA writable_schema = ON",
        "INSERT INTO sqlite_master VALUES ('table', 'odd', 'odd', 0, 'CREATE VIRTUAL TABLE odd USING nosuch(a)')",
    )
    assert [each.name for each in describe(path).layers] == ["地块"]
    assert read_layer(path, "地块").table.geometry.nulls.tolist() == [False] * 4
    with pytest.raises(UserError):
        read_layer(path, "odd")


def test_a_view_that_no_list_names_keeps_its_shapes(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    points = geopandas.GeoDataFrame(
        {"NAME": ["甲", "乙"]}, geometry=shapely.points([(372000, 4192000), (372010, 4192000)]), crs=4547
    )
    points.to_file(path, layer="plots", engine="pyogrio")
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE VIEW shown AS SELECT fid, geom, NAME FROM plots")
        database.execute("CREATE TABLE layer_styles (id INTEGER PRIMARY KEY, styleQML TEXT)")
    assert [each.name for each in list_layers(path)] == ["plots", "shown"]
    loaded = read_layer(path, "shown")
    assert (loaded.crs, loaded.table.geometry.base.xy.tolist()) == ("EPSG:4547", [[372000, 4192000], [372010, 4192000]])
    assert [each.name for each in loaded.table.schema] == ["NAME"]
