"""Tables as offices make them: without names, with titles and two rows of names, merged, misquoted, in several encodings."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from cgplanner.errors import UserError
from cgplanner.io.source import LoadedLayer
from cgplanner.io.tables.table_head import headed
from cgplanner.io.vector import list_layers, read_layer


def table(path: Path, text: str | bytes, codec: str = "utf-8") -> LoadedLayer:
    path.write_bytes(text if isinstance(text, bytes) else text.encode(codec))
    return read_layer(path)


def counts(loaded: LoadedLayer) -> dict[str, int]:
    return {note.code: note.count for note in loaded.report.notes if not note.code.startswith("crs-")}


def names(loaded: LoadedLayer) -> list[str]:
    return [each.name for each in loaded.table.schema]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("太原,112.5,37.8\n榆次,112.7,37.7\n", (112.5, 37.8)),
        ("112.5001,37.8001\n112.7002,37.7002\n", (112.5001, 37.8001)),
        ("1,,400000.1,4183456.1,800.5\n2,,400010.1,4183466.1,801.5\n", (400000.1, 4183456.1)),
        ("J1,4183456.1,38400567.2\nJ2,4183556.1,38400667.2\n", (38400567.2, 4183456.1)),
    ],
)
@pytest.mark.parametrize("name", ["a.csv", "a.txt", "a.dat"])
def test_a_table_without_names_lies_where_its_values_say(
    tmp_path: Path, text: str, place: tuple[float, float], name: str
) -> None:
    loaded = table(tmp_path / name, text)
    assert set(counts(loaded)) == {"names-missing", "coordinates-guessed"}
    shape = loaded.table.geometry.value(0)
    assert (shape.x, shape.y) == place
    assert len(loaded.table) == 2


def test_rates_are_not_taken_for_degrees(tmp_path: Path) -> None:
    loaded = table(tmp_path / "a.csv", "县,人口,增长\n清徐,112.5,37.8\n阳曲,98.2,22.4\n")
    assert counts(loaded) == {"no-coordinates": 1}


def test_titles_blank_lines_and_the_line_for_excel(tmp_path: Path) -> None:
    for text in ("重点项目一览表,,\n,,\n名称,经度,纬度\n太原,112.5,37.8\n", "sep=;\n名称;经度;纬度\n太原;112,5;37,8\n"):
        loaded = table(tmp_path / "a.csv", text)
        assert names(loaded) == ["名称", "经度", "纬度"]
        assert loaded.table.geometry.value(0).wkt == "POINT (112.5 37.8)"


def test_two_rows_of_names() -> None:
    rows = [["名称", "位置", None, "代码"], [None, "经度", "纬度", None], ["太原", 112.5, 37.8, "0351"]]
    assert headed(rows, []) == (["名称", "经度", "纬度", "代码"], [["太原", 112.5, 37.8, "0351"]])
    rows = [["县", "现状", None, "规划", None], ["", "面积", "人口", "面积", "人口"], ["清徐", 1, 2, 3, 4]]
    assert headed(rows, [])[0] == ["县", "现状 面积", "现状 人口", "规划 面积", "规划 人口"]
    rows = [["名称", "类别"], ["太原", "城市"], ["榆次", "城区"]]
    assert headed(rows, [])[0] == ["名称", "类别"]


def test_codes_dates_and_placeholders(tmp_path: Path) -> None:
    text = '代码,时间,日期,经度,纬度\n="0351",2024-01-05 10:20:30,2024.1.5,112.5,37.8\n\'0354,2024-02-05 10:20,2024/1/6,0,0\n'
    loaded = table(tmp_path / "a.csv", text)
    assert loaded.table.column("代码").values() == ["0351", "0354"]
    assert loaded.table.column("时间").values()[0] == dt.datetime.fromisoformat("2024-01-05T10:20:30")
    assert loaded.table.column("日期").values() == [dt.date(2024, 1, 5), dt.date(2024, 1, 6)]
    assert counts(loaded) == {"coordinates-zero": 1, "geometry-missing": 1}


def test_a_quotation_mark_that_is_not_closed_swallows_nothing(tmp_path: Path) -> None:
    loaded = table(tmp_path / "a.csv", '名称,经度,纬度\n太原 "小店,112.5,37.8\n"榆次,112.7,37.7\n忻州,112.7,38.4\n')
    assert (len(loaded.table), counts(loaded)) == (3, {"quotes-open": 1})
    loaded = table(tmp_path / "b.csv", '名称,备注,经度,纬度\n太原,"第一行\n第二行，又，又",112.5,37.8\n')
    assert loaded.table.column("备注").values() == ["第一行\n第二行，又，又"]


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be", "gbk", "big5", "utf-8-sig"])
def test_any_encoding(tmp_path: Path, codec: str) -> None:
    text = "名稱,經度,緯度\n臺北市中正區,112.5,37.8\n" if codec == "big5" else "名称,经度,纬度\n太原小店,112.5,37.8\n"
    loaded = table(tmp_path / "a.csv", text, codec)
    assert loaded.table.column(names(loaded)[0]).values() == [text.split("\n")[1].split(",", maxsplit=1)[0]]
    assert loaded.table.schema.geometry == "point"


def test_lines_of_two_encodings_and_half_a_character(tmp_path: Path) -> None:
    raw = "名称,经度,纬度\n忻州,112.7,38.4\n".encode("gbk") + "太原,112.5,37.8\n".encode()
    loaded = table(tmp_path / "a.csv", raw + "榆次".encode("gbk")[:3] + b",112.7,37.7\n")
    assert loaded.table.column("名称").values() == ["忻州", "太原", "榆"]
    assert counts(loaded) == {"encoding-mixed": 1, "text-cut": 1}


def test_a_web_page_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(UserError):
        table(tmp_path / "a.csv", "<html><body><table><tr><td>1</td></tr></table></body></html>")


def book(path: Path, *rows: list[Any], merged: tuple[str, ...] = ()) -> Path:
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)
    for each in merged:
        made.active.merge_cells(each)
    made.save(path)
    return path


def test_merged_cells_stand_for_all_their_rows(tmp_path: Path) -> None:
    rows = [
        ["重点项目表"],
        ["市", "名称", "位置", None],
        [None, None, "经度", "纬度"],
        ["太原", "甲", 112.5, 37.8],
        [None, "乙", 112.6, 37.8],
        ["晋中", "丙", 112.7, 37.7],
    ]
    path = book(tmp_path / "a.xlsx", *rows, merged=("A1:D1", "A2:A3", "B2:B3", "C2:D2", "A4:A5"))
    loaded = read_layer(path)
    assert names(loaded) == ["市", "名称", "经度", "纬度"]
    assert loaded.table.column("市").values() == ["太原", "太原", "晋中"]


def test_errors_formulas_and_mixed_dates(tmp_path: Path) -> None:
    rows = [
        ["名称", "经度", "纬度", "日期", "值"],
        ["甲", 112.5, 37.8, dt.date(2024, 1, 5), "=1+1"],
        ["乙", 112.6, 37.8, "2024-01-06", "#DIV/0!"],
    ]
    loaded = read_layer(book(tmp_path / "a.xlsx", *rows))
    assert loaded.table.column("日期").values() == [dt.date(2024, 1, 5), dt.date(2024, 1, 6)]
    assert counts(loaded) == {"cells-in-error": 1, "formulas-without-values": 1}


def replaced(path: Path, member: str, old: bytes, new: bytes) -> None:
    with zipfile.ZipFile(path) as archive:
        parts = {each: archive.read(each) for each in archive.namelist()}
    assert old in parts[member]
    parts[member] = parts[member].replace(old, new, 1)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize("size", [b"A1", b"A1:XFD1048576"])
def test_the_size_that_a_sheet_declares_is_not_believed(tmp_path: Path, size: bytes) -> None:
    path = book(tmp_path / "a.xlsx", ["名称", "经度", "纬度"], ["甲", 112.5, 37.8], ["乙", 112.6, 37.8])
    replaced(path, SHEET, b'ref="A1:C3"', b'ref="' + size + b'"')
    assert [each.name for each in list_layers(path)] == ["Sheet"]
    assert len(read_layer(path).table) == 2


def test_a_row_at_the_end_of_the_world_does_not_fill_memory(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", ["名称", "经度", "纬度"], ["甲", 112.5, 37.8], ["乙", 112.6, 37.8])
    replaced(path, SHEET, b'<row r="3">', b'<row r="2000000000">')
    assert len(read_layer(path).table) == 2


def test_workbooks_that_mean_harm_or_are_old_are_refused(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", ["名称"], ["甲"])
    replaced(path, SHEET, b"<worksheet", b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet')
    (tmp_path / "b.xlsx").write_bytes(b"\xd0\xcf\x11\xe0" + bytes(600))
    for name in ("a.xlsx", "b.xlsx"):
        with pytest.raises(UserError) as refusal:
            read_layer(tmp_path / name)
        assert refusal.value.hint


PARCELS = """[属性描述]
格式版本号=1.01版本
数据生产单位=测绘院
坐标系=2000国家大地坐标系
几度分带=3
带号=38
计量单位=米
[地块坐标]
9,0.8400,DK1,道路用地,面,,公路用地,1003,@
J1,1,4183000.0,38400000.0
J2,1,4183000.0,38400100.0
J3,1,4183100.0,38400100.0
J4,1,4183100.0,38400000.0
J1,1,4183000.0,38400000.0
J5,2,4183040.0,38400040.0
J6,2,4183040.0,38400080.0
J7,2,4183080.0,38400080.0
J8,2,4183080.0,38400040.0
备注
3,,DK2,,面,,,,@
J1,1,4183200.0,38400000.0
J2,1,4183200.0,38400100.0
J3,1,4183300.0,38400100.0
"""


@pytest.mark.parametrize("codec", ["gbk", "utf-8"])
def test_a_report_of_parcels_is_areas_in_their_zone(tmp_path: Path, codec: str) -> None:
    loaded = table(tmp_path / "勘测定界.txt", PARCELS, codec)
    shapes = loaded.table.geometry.geometries()
    assert [shape.area for shape in shapes] == [8400.0, 5000.0]
    assert len(shapes[0].interiors) == 1
    assert shapes[0].bounds[:2] == (38400000.0, 4183000.0)
    assert loaded.crs == "EPSG:4526"
    assert loaded.table.column("地块名称").values() == ["道路用地", None]
    assert loaded.table.column("地块面积").values() == [0.84, None]
    assert counts(loaded) == {"records-left-out": 1}
