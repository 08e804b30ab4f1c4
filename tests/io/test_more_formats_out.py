"""FlatGeobuf, KML, CSV, workbooks and drawings: what is in the file is what was sent, or was declared lost."""

from __future__ import annotations

import csv
import datetime as dt
import zipfile
from pathlib import Path

import ezdxf
import numpy as np
import openpyxl
import pytest
import shapely

from cgplanner.errors import Refused, UserError
from cgplanner.io.styles.look import ClassLook, Look
from cgplanner.io.vector import forecast, read_layer, write_layer
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import FeatureTable, table_from_records

SCHEMA = Schema(
    (
        Field("a", "XMMC", FieldType.TEXT, 50, alias_zh="项目名称", alias_en="Project"),
        Field("b", "DM", FieldType.TEXT),
        Field("c", "SL", FieldType.INTEGER),
        Field("d", "TZE", FieldType.REAL),
        Field("e", "KGRQ", FieldType.DATE),
        Field("f", "SFZD", FieldType.BOOLEAN),
        Field("g", "GXSJ", FieldType.DATETIME),
    ),
    "polygon",
)
ROWS = [
    {
        "XMMC": "太原武宿机场三期 <&>",
        "DM": "0351",
        "SL": 2**60,
        "TZE": 1 / 3,
        "KGRQ": dt.date(2022, 9, 30),
        "SFZD": True,
        "GXSJ": dt.datetime.fromisoformat("2026-11-22T08:30:00"),
    },
    {"XMMC": "=1+1", "SL": -7, "SFZD": False},
    {},
]
HOLED = shapely.box(112, 37, 113, 38) - shapely.box(112.2, 37.2, 112.4, 37.4)
TWO = shapely.MultiPolygon([shapely.box(112.5, 37.8, 112.6, 37.9), shapely.box(112.7, 37.8, 112.8, 37.9)])


def areas() -> FeatureTable:
    return table_from_records(SCHEMA, ROWS, [HOLED, TWO, None])


def points() -> FeatureTable:
    places = [shapely.Point(112.5, 37.8), shapely.Point(113, 38), None]
    return table_from_records(SCHEMA, ROWS, places)


def values(table: FeatureTable) -> list[list[object]]:
    return [list(table.record(row).values()) for row in range(len(table))]


FORMATS = ["fgb", "csv", "xlsx", "kml", "kmz", "dxf", "gdb", "geojson", "gpkg", "parquet"]


def bytes_of(path: Path) -> list[bytes]:
    """Return what is in a file, or in the files of a geodatabase."""
    return [each.read_bytes() for each in sorted(path.rglob("*"))] if path.is_dir() else [path.read_bytes()]


def target(folder: Path, kind: str) -> Path:
    return folder / f"重点 项目.{kind}"


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("make", [areas, points])
def test_every_format_is_verified_asks_before_replacing_and_foretells(tmp_path: Path, kind: str, make: object) -> None:
    table, path = (areas if make is areas else points)(), target(tmp_path, kind)
    told = forecast(table, "EPSG:4490", path, format=kind, layer_name="x")
    assert list(tmp_path.iterdir()) == []
    report = write_layer(table, "EPSG:4490", path, format=kind, layer_name="x")
    assert report.verified
    assert (report.features_in, report.files[0]) == (3, path)
    assert set(report.files) == set(tmp_path.iterdir())
    assert [note.code for note in told.losses] == [note.code for note in report.losses]
    before = bytes_of(path)
    with pytest.raises(UserError, match="exists already"):
        write_layer(table, "EPSG:4490", path, format=kind, layer_name="x")
    assert bytes_of(path) == before
    write_layer(table, "EPSG:4490", path, format=kind, layer_name="x", overwrite=True)
    assert set(tmp_path.iterdir()) == set(report.files)


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_takes_an_empty_layer(tmp_path: Path, kind: str) -> None:
    empty = table_from_records(SCHEMA, [], [])
    assert write_layer(empty, "EPSG:4490", target(tmp_path, kind), format=kind, layer_name="x").features_out == 0


@pytest.mark.parametrize("kind", FORMATS)
def test_a_stopped_export_leaves_nothing(tmp_path: Path, kind: str) -> None:
    def stop(_share: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_layer(areas(), "EPSG:4490", target(tmp_path, kind), format=kind, layer_name="x", progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_flatgeobuf_keeps_null_zero_and_nothing_apart(tmp_path: Path) -> None:
    table = table_from_records(SCHEMA, [{"XMMC": "", "SL": 0}, {}, {"SL": 1}], [HOLED, TWO, None])
    write_layer(table, "EPSG:4490", tmp_path / "a.fgb", format="fgb", layer_name="x")
    loaded = read_layer(tmp_path / "a.fgb")
    assert loaded.crs == "EPSG:4490"
    assert values(loaded.table) == values(table)
    shapes = loaded.table.geometry.geometries()
    assert [each and each.geom_type for each in shapes] == ["Polygon", "MultiPolygon", None]


def test_csv_opens_in_a_spreadsheet_and_comes_back(tmp_path: Path) -> None:
    write_layer(points(), "EPSG:4490", tmp_path / "a.csv", format="csv", layer_name="x")
    raw = (tmp_path / "a.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    lines = list(csv.reader(raw.decode("utf-8-sig").splitlines()))
    assert lines[0] == ["XMMC", "DM", "SL", "TZE", "KGRQ", "SFZD", "GXSJ", "lon", "lat"]
    assert lines[1][1:] == ["0351", str(2**60), repr(1 / 3), "2022-09-30", "true", "2026-11-22T08:30:00", "112.5", "37.8"]
    assert lines[3] == [""] * 9
    loaded = read_layer(tmp_path / "a.csv")
    assert loaded.table.column("XMMC").values() == ["太原武宿机场三期 <&>", "=1+1", None]
    assert loaded.table.geometry.value(0).equals(shapely.Point(112.5, 37.8))


def test_csv_writes_other_shapes_as_wkt(tmp_path: Path) -> None:
    write_layer(areas(), "EPSG:4490", tmp_path / "a.csv", format="csv", layer_name="x")
    lines = list(csv.reader((tmp_path / "a.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert lines[0][-1] == "WKT"
    assert shapely.from_wkt(lines[1][-1]).equals(HOLED)
    assert lines[3][-1] == ""


def test_a_workbook_has_titles_codes_as_text_and_no_formulas(tmp_path: Path) -> None:
    report = write_layer(points(), "EPSG:4490", tmp_path / "a.xlsx", format="xlsx", layer_name="重点/项目")
    assert {note.code for note in report.losses} == {"value-as-text", "crs-left-out"}
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    sheet = book.worksheets[0]
    assert sheet.title == "重点_项目"
    assert [cell.value for cell in sheet[1]] == ["Project", "DM", "SL", "TZE", "KGRQ", "SFZD", "GXSJ", "lon", "lat"]
    assert (sheet["B2"].value, sheet["B2"].number_format) == ("0351", "@")
    assert (sheet["A3"].value, sheet["A3"].data_type) == ("=1+1", "s")
    assert sheet["C2"].value == str(2**60)
    assert sheet["E2"].value == dt.datetime.fromisoformat("2022-09-30")
    assert [cell.value for cell in book.worksheets[1][2]][:5] == ["Project", "XMMC", "项目名称", "Project", "文本 text"]
    assert [each.sheet_state for each in book.worksheets] == ["visible", "visible", "hidden"]


def test_a_workbook_says_what_a_cell_cannot_hold(tmp_path: Path) -> None:
    rows = [{"XMMC": "a\x01b", "KGRQ": dt.date(1899, 1, 1)}, {"XMMC": "", "DM": "长" * 40_000}]
    table = table_from_records(SCHEMA, rows, [HOLED.segmentize(0.0005), None])
    path = tmp_path / "a.xlsx"
    report = write_layer(table, "EPSG:4490", path, format="xlsx", layer_name="x")
    codes = {note.code for note in report.losses}
    assert {"characters-lost", "text-cut", "empty-as-null", "value-as-text", "geometry-left-out"} <= codes
    with pytest.raises(Refused):
        write_layer(table, "EPSG:4490", path, format="xlsx", layer_name="x", overwrite=True, strict=True)


def test_kml_has_the_colours_of_the_classes_and_typed_values(tmp_path: Path) -> None:
    classes = (ClassLook("交通 -- 铁路", "#FF8000", "#102030", 0.5, 1.0, 2.0), ClassLook("生态", "", "#00FF00"))
    look = Look(classes, np.array([0, 1, -1]))
    path = tmp_path / "a.kml"
    write_layer(areas(), "EPSG:4490", path, format="kml", layer_name="重点<项目>", look=look)
    text = path.read_text(encoding="utf-8")
    assert "<PolyStyle><color>800080ff</color><outline>1</outline></PolyStyle>" in text
    assert "<LineStyle><color>ff302010</color><width>2</width></LineStyle>" in text
    assert "<PolyStyle><fill>0</fill>" in text
    assert (text.count("<styleUrl>#s0<"), text.count("<styleUrl>#s1<"), text.count("<styleUrl>")) == (1, 1, 2)
    assert text.count("<innerBoundaryIs>") == 1
    loaded = read_layer(path)
    assert loaded.table.column("XMMC").values() == areas().column("XMMC").values()
    assert loaded.table.column("TZE").values() == areas().column("TZE").values()
    assert loaded.table.geometry.value(0).equals(HOLED)
    assert loaded.table.geometry.value(1).equals(TWO)
    assert loaded.table.geometry.value(2) is None


def test_kmz_is_a_packed_kml_in_degrees(tmp_path: Path) -> None:
    table = table_from_records(SCHEMA, ROWS[:1], [shapely.box(500000, 4180000, 501000, 4181000)])
    report = write_layer(table, "EPSG:4547", tmp_path / "a.kmz", format="kmz", layer_name="x")
    assert report.crs == "EPSG:4326"
    assert "reprojected" in {note.code for note in report.losses}
    with zipfile.ZipFile(tmp_path / "a.kmz") as archive:
        assert archive.namelist() == ["doc.kml"]
        assert "<coordinates>114" in archive.read("doc.kml").decode("utf-8")
    with pytest.raises(UserError, match="not known"):
        write_layer(table, "", tmp_path / "b.kmz", format="kmz", layer_name="x")


@pytest.mark.parametrize(
    ("receiver", "version", "coded"),
    [("autocad", b"AC1015", "gbk"), ("qgis", b"AC1018", "gbk"), ("arcgis-pro", b"AC1024", "utf-8")],
)
def test_a_drawing_has_a_layer_for_each_class_closed_rings_and_texts(
    tmp_path: Path, receiver: str, version: bytes, coded: str
) -> None:
    look = Look((ClassLook("交通/铁路", "#FF8000", "#FF0000"), ClassLook("生态", "", "#00FF00")), np.array([0, 1, -1]))
    path = tmp_path / "a.dxf"
    report = write_layer(areas(), "EPSG:4490", path, format="dxf", layer_name="项目", receiver=receiver, look=look)
    assert {"fields-as-xdata", "rows-left-out", "reprojected", "crs-left-out"} <= {note.code for note in report.losses}
    assert (report.crs, report.features_in, report.features_out) == ("EPSG:4547", 3, 2)
    raw = path.read_bytes()
    assert version in raw[:400]
    assert "太原武宿机场三期".encode(coded) in raw
    drawing = ezdxf.readfile(path)
    filled = {"交通_铁路_HATCH"} if receiver == "autocad" else set()
    assert {each.dxf.layer for each in drawing.modelspace()} == {"交通_铁路", "交通_铁路_TEXT", "生态", "生态_TEXT"} | filled
    assert len(drawing.modelspace().query("HATCH")) == len(filled)
    assert not drawing.audit().has_issues
    assert drawing.layers.get("交通_铁路").color == 1
    rings = drawing.modelspace().query("LWPOLYLINE")
    assert [(ring.closed, len(ring)) for ring in rings] == [(True, 4)] * 4
    assert {text.dxf.text for text in drawing.modelspace().query("TEXT")} == {"太原武宿机场三期 <&>", "=1+1"}
    loaded = read_layer(path)
    assert (loaded.crs, values(loaded.table)) == ("EPSG:4547", values(areas())[:2])
    assert [each.geom_type for each in loaded.table.geometry.geometries()] == ["Polygon", "MultiPolygon"]
    assert len(loaded.table.geometry.value(0).interiors) == 1
    (tmp_path / "a.dxf.fields.json").unlink()
    assert "太原武宿机场三期 <&>" in read_layer(path).table.column("Text").values()


def test_a_filling_has_the_holes_of_its_area_and_lies_below(tmp_path: Path) -> None:
    look = Look((ClassLook("绿地", "#00FF00", "#000000"),), np.array([0, 0, -1]))
    path = tmp_path / "a.dxf"
    how = {"format": "dxf", "layer_name": "x", "look": look}
    write_layer(areas(), "EPSG:4490", path, **how, receiver="qgis", changes={"dxf_areas": "filled"})
    drawing = ezdxf.readfile(path)
    assert [each.dxftype() for each in drawing.modelspace()][:3] == ["HATCH"] * 3
    assert [len(each.paths) for each in drawing.modelspace().query("HATCH")] == [2, 1, 1]
    assert drawing.layers.get("绿地_HATCH").rgb == (0, 255, 0)
    assert not drawing.audit().has_issues


def test_the_attributes_of_a_drawing_survive_commas_carets_and_long_texts(tmp_path: Path) -> None:
    schema = Schema((Field("a", "备注", FieldType.TEXT), Field("b", "名=称", FieldType.TEXT)), "point")
    texts = ["第一行\n^第二行=\t\\U", "", "长" * 3000, "a+=b", None]
    table = table_from_records(schema, [{"备注": text, "名=称": "甲"} for text in texts], [shapely.Point(112, 37)] * 5)
    for receiver in ("qgis", "autocad"):
        path = tmp_path / f"{receiver}.dxf"
        report = write_layer(table, "EPSG:4490", path, format="dxf", layer_name="x", receiver=receiver)
        assert [note.count for note in report.losses if note.code == "text-cut"] == []
        assert not ezdxf.readfile(path).audit().has_issues
        assert read_layer(path).table.column("备注").values() == texts
        assert read_layer(path).table.column("名=称").values() == ["甲"] * 5


def test_more_than_an_entity_carries_is_said(tmp_path: Path) -> None:
    schema = Schema((Field("a", "备注", FieldType.TEXT),), "point")
    table = table_from_records(schema, [{"备注": "长" * 20_000}, {"备注": "短"}], [shapely.Point(112, 37)] * 2)
    report = write_layer(table, "EPSG:4490", tmp_path / "a.dxf", format="dxf", layer_name="x", receiver="autocad")
    assert [note.count for note in report.losses if note.code == "text-cut"] == [1]
    assert read_layer(tmp_path / "a.dxf").table.column("备注").values()[1] == "短"


def test_a_drawing_keeps_heights_and_says_what_its_code_page_lacks(tmp_path: Path) -> None:
    line = shapely.LineString([(500000, 4180000, 800.5), (501000, 4181000, 900)])
    table = table_from_records(SCHEMA, [{"XMMC": "机场🛫 Ö"}], [line])
    path = tmp_path / "a.dxf"
    report = write_layer(table, "EPSG:4547", path, format="dxf", layer_name="x", receiver="autocad")
    assert "characters-lost" in {note.code for note in report.losses}
    (drawn,) = ezdxf.readfile(path).modelspace().query("POLYLINE")
    assert [tuple(each) for each in drawn.points()] == [(500000, 4180000, 800.5), (501000, 4181000, 900)]
    assert [each.dxf.text for each in ezdxf.readfile(path).modelspace().query("TEXT")] == ["机场? \\U+00D6"]
    report = write_layer(table, "EPSG:4547", path, format="dxf", layer_name="x", receiver="arcgis-pro", overwrite=True)
    assert "characters-lost" not in {note.code for note in report.losses}
    assert [each.dxf.text for each in ezdxf.readfile(path).modelspace().query("TEXT")] == ["机场🛫 Ö"]


def test_long_shapes_and_long_numbers_pass_the_comparison(tmp_path: Path) -> None:
    shapes = [HOLED.segmentize(0.0005), TWO]
    table = table_from_records(SCHEMA, [{"TZE": 100000.12345678901}, {"TZE": 1 / 3}], shapes)
    for kind in ("csv", "xlsx"):
        assert write_layer(table, "EPSG:4490", target(tmp_path, kind), format=kind, layer_name="x").verified
    places = table_from_records(SCHEMA, [{}], [shapely.Point(484673.4321098765, 4180000.1234567894)])
    assert write_layer(places, "EPSG:4547", tmp_path / "b.xlsx", format="xlsx", layer_name="x").verified
