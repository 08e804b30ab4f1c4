"""Tables with coordinates, as offices send them: CSV in any encoding, workbooks with a title on top, degrees in any writing."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgplanner.errors import UserError
from cgplanner.geometry.crs import transform_xy
from cgplanner.io.source import LoadedLayer
from cgplanner.io.tables.coordinate_table import coordinate
from cgplanner.io.vector import list_layers, read_layer

TAIYUAN = (112.5625, 37.7305)


def near(loaded: LoadedLayer, row: int = 0) -> bool:
    place = transform_xy(loaded.crs, "EPSG:4490", loaded.table.geometry.base.xy)[row]
    return bool(abs(place - TAIYUAN).max() < 0.0005)


def codes(loaded: LoadedLayer) -> set[str]:
    return {note.code for note in loaded.report.notes}


def written(folder: Path, text: str, codec: str = "utf-8") -> Path:
    path = folder / "项目.csv"
    path.write_bytes(text.encode(codec))
    return path


@pytest.mark.parametrize(
    "text",
    [
        "名称,经度,纬度\n小店,112.5625,37.7305\n",
        "name;LON;LAT\n小店;112.5625;37.7305\n",
        "name\tLongitude\tLatitude\n小店\t112.5625\t37.7305\n",
        "名称,东经,北纬\n小店,112°33′45″,37°43′49.8″\n",
        "名称,经度（°）,纬度（°）\n小店,E112°33'45\",N37°43'49.8\"\n",
        "名称,经度,纬度\n小店,112度33分45秒,37度43分49.8秒\n",
        "名称,经度,纬度\n小店,112 33 45,37 43 49.8\n",
        "名称,lat,lon\n小店,37.7305,112.5625\n",
        "名称,经度,纬度\n小店,37.7305,112.5625\n",  # in each other's column
        "名称,X,Y\n小店,373276.8,4178558.1\n",  # CM 114 E, east first
        "名称,X,Y\n小店,4178558.1,373276.8\n",  # as surveyors write
        "名称,东坐标,北坐标\n小店,38373276.8,4178558.1\n",
        "名称,北坐标(米),东坐标(米)\n小店,4178558.1,38373276.8\n",
        "名称,WKT\n小店,POINT (112.5625 37.7305)\n",
        '名称,经纬度\n小店,"112.5625,37.7305"\n',
    ],
)
@pytest.mark.parametrize("codec", ["utf-8", "gbk", "utf-8-sig", "utf-16"])
def test_a_table_of_one_place_lands_there(tmp_path: Path, text: str, codec: str) -> None:
    loaded = read_layer(written(tmp_path, text, codec))
    assert near(loaded), (loaded.crs, [str(note.message) for note in loaded.report.notes])
    assert loaded.table.columns["f1"].value(0) == "小店"
    assert "\ufffd" not in "".join(field.name for field in loaded.table.schema)


def test_types_codes_and_gaps(tmp_path: Path) -> None:
    text = "编码,数量,面积,日期,经度,纬度\n0101,3,1.5,2026-11-22,112.5625,37.7305\n0102,,2,2026/1/5,,\n"
    text += "0103,7,3,2026年1月6日,abc,37\n"
    loaded = read_layer(written(tmp_path, text))
    kinds = [field.type.value for field in loaded.table.schema][:4]
    assert kinds == ["text", "integer", "real", "date"]
    assert loaded.table.column("编码").values() == ["0101", "0102", "0103"]
    assert loaded.table.column("数量").values() == [3, None, 7]
    assert loaded.table.column("日期").values()[1] == dt.date(2026, 1, 5)
    assert {"coordinates-unreadable", "geometry-missing"} <= codes(loaded)


def test_degrees_of_elsewhere_are_taken_for_wgs84(tmp_path: Path) -> None:
    loaded = read_layer(written(tmp_path, "a,lon,lat\n1,2.35,48.85\n"))
    assert (loaded.crs, loaded.report.crs_how) == ("EPSG:4326", "assumed")


def test_a_table_without_coordinates_is_a_table(tmp_path: Path) -> None:
    loaded = read_layer(written(tmp_path, "名称,数量\n小店,3\n"))
    assert loaded.table.schema.geometry == "none"
    assert codes(loaded) == {"no-coordinates"}


@pytest.mark.parametrize("raw", [b"", b"\n\n", b"\0\0\1\2" * 40])
def test_what_is_no_table_is_refused(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "a.csv").write_bytes(raw)
    with pytest.raises(UserError):
        read_layer(tmp_path / "a.csv")


def test_a_workbook_with_a_title_and_two_sheets(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "重点项目"
    sheet.append(["山西中部城市群重点项目表"])
    sheet.append(["编码", "名称", "开工", "经度", "纬度", "投资"])
    sheet.append(["0101", "小店产业园", dt.datetime(2026, 3, 1), TAIYUAN[0], TAIYUAN[1], 228.5])  # noqa: DTZ001  Excel has none
    sheet.append(["0102", "榆次", None, "112°43′48″", "37°41′24″", None])
    book.create_sheet("说明").append(["只有一行"])
    book.save(tmp_path / "台账.xlsx")
    assert [each.name for each in list_layers(tmp_path / "台账.xlsx")] == ["重点项目"]
    loaded = read_layer(tmp_path / "台账.xlsx", "重点项目")
    assert near(loaded)
    assert loaded.table.column("编码").values() == ["0101", "0102"]
    assert loaded.table.column("开工").values() == [dt.date(2026, 3, 1), None]
    assert loaded.table.column("投资").values() == [228.5, None]


def test_workbooks_that_are_none_are_refused(tmp_path: Path) -> None:
    for name, raw in (("a.xlsx", b"PK\3\4 nonsense"), ("b.xls", b"\xd0\xcf\x11\xe0")):
        (tmp_path / name).write_bytes(raw)
        with pytest.raises(UserError):
            read_layer(tmp_path / name, "x")


@given(
    st.floats(0, 179.99),
    st.sampled_from(["{d}°{m}′{s}″", "{d}°{m}'{s}\"E", "东经{d}°{m}′{s}″", "{d}:{m}:{s}", "{d}度{m}分{s}秒"]),
)
def test_degrees_minutes_seconds_are_read_as_written(value: float, form: str) -> None:
    minutes = (value % 1) * 60
    seconds = round(minutes % 1 * 60, 6)
    if seconds < 60:
        text = form.format(d=int(value), m=int(minutes), s=f"{seconds:.6f}")
        assert math.isclose(coordinate(text), value, abs_tol=1e-8)


@given(st.text(max_size=30))
def test_any_text_is_a_number_or_none(text: str) -> None:
    assert isinstance(coordinate(text), float)
