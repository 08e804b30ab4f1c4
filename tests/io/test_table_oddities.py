"""Tables and reports of boundary points as offices send them: every oddity made here, read right or said."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
import shapely

from cgplanner.io.source import LoadedLayer
from cgplanner.io.vector import read_layer


def read(path: Path, text: str) -> LoadedLayer:
    path.write_text(text, encoding="utf-8")
    return read_layer(path)


def codes(loaded: LoadedLayer) -> set[str]:
    return {each.code for each in loaded.report.notes}


@pytest.mark.parametrize(
    ("names", "cells", "degrees"),
    [
        ("经度_度,经度_分,经度_秒,纬度_度,纬度_分,纬度_秒", "112,45,0,37,41,24", (112.75, 37.69)),
        ("经度,纬度", "112.45.00,37.41.24", (112.75, 37.69)),
        ("lon,lat", "112-45-00E,37-41-24N", (112.75, 37.69)),
        ("经度,纬度", "'112.75,'37.69", (112.75, 37.69)),
        ("中心点经度,中心点纬度", "112.75,37.69", (112.75, 37.69)),
        ("经度（E）,纬度（N）", "112.75,37.69", (112.75, 37.69)),
        ("GPS经度,GPS纬度", "112.75,37.69", (112.75, 37.69)),
        ("Lon.,Lat.", "112.75,37.69", (112.75, 37.69)),
        ("x,y", "390000m,4174000 米", (390000, 4174000)),
    ],
)
def test_places_in_forms_of_their_own(tmp_path: Path, names: str, cells: str, degrees: tuple[float, float]) -> None:
    loaded = read(tmp_path / "a.csv", f"名称,{names}\n晋中,{cells}\n")
    extent = loaded.table.geometry.extent()
    assert extent is not None
    assert extent[:2] == pytest.approx(degrees)


def test_degrees_without_signs_are_said(tmp_path: Path) -> None:
    loaded = read(tmp_path / "a.csv", "名称,经度,纬度\n晋中,1124500,374124\n太原,1123345,375212\n")
    assert loaded.table.geometry.value(0).x == pytest.approx(112.75)
    assert "coordinates-packed" in codes(loaded)


def test_degrees_beyond_the_earth_are_left_out_and_said(tmp_path: Path) -> None:
    loaded = read(tmp_path / "a.csv", "名称,经度,纬度\na,112.75,37.69\nb,999,99\n")
    assert list(loaded.table.geometry.nulls) == [False, True]
    assert "coordinates-unreadable" in codes(loaded)


def test_numbers_of_the_continent(tmp_path: Path) -> None:
    loaded = read(tmp_path / "a.csv", "name;x;y\na;390.000,5;4.174.000,25\nb;391.000,5;4.175.000,25\n")
    assert loaded.table.geometry.value(0).coords[0] == (390000.5, 4174000.25)


def test_blanks_between_the_cells(tmp_path: Path) -> None:
    loaded = read(tmp_path / "a.txt", "name     lon      lat\na        112.75   37.69\nb        112.55   37.87\n")
    assert [each.name for each in loaded.table.schema] == ["name", "lon", "lat"]
    loaded = read(tmp_path / "b.txt", "K1 390000.123 4174000.456 812.3\nK2 390100.123 4174100.456 813.1\n")
    assert len(loaded.table) == 2


def test_units_below_the_names_and_numbers_of_columns(tmp_path: Path) -> None:
    loaded = read(tmp_path / "a.csv", "名称,经度,纬度,面积\n,度,度,亩\n晋中,112.75,37.69,12.5\n太原,112.55,37.87,3\n")
    assert loaded.table.column("面积").values() == [12.5, 3.0]
    assert "units-left-out" in codes(loaded)
    book = openpyxl.Workbook()
    for row in (["名称", "经度", "纬度"], [1, 2, 3], ["晋中", 112.75, 37.69], ["太原", 112.55, 37.87]):
        book.active.append(row)
    book.save(tmp_path / "b.xlsx")
    assert len(read_layer(tmp_path / "b.xlsx").table) == 2


def test_totals_and_remarks_are_left_out_and_said(tmp_path: Path) -> None:
    rows = (
        "榆次,112.75,37.69,12.5\n小计,,,12.5\n太谷,112.55,37.42,3\n总计,,,15.5\n备注：坐标为CGCS2000,,,\n合计村,112.6,37.5,1\n"
    )
    loaded = read(tmp_path / "a.csv", f"名称,经度,纬度,面积\n{rows}")
    assert loaded.table.column("名称").values() == ["榆次", "太谷", "合计村"]
    (said,) = [each for each in loaded.report.notes if each.code == "rest-left-out"]
    assert said.count == 3


@pytest.mark.parametrize(
    "cell",
    [
        "SRID=4547;POINT(390000 4174000)",
        shapely.to_wkb(shapely.set_srid(shapely.Point(390000, 4174000), 4547), hex=True, include_srid=True),
    ],
)
def test_shapes_that_name_their_system(tmp_path: Path, cell: str) -> None:
    loaded = read(tmp_path / "a.csv", f"geom,a\n{cell},x\n")
    assert (loaded.crs, loaded.report.crs_how) == ("EPSG:4547", "declared")
    assert loaded.table.geometry.extent() == (390_000, 4_174_000, 390_000, 4_174_000)


def test_a_shape_as_geojson(tmp_path: Path) -> None:
    shape = '"{""type"":""Point"",""coordinates"":[112.75,37.69]}"'
    assert read(tmp_path / "a.csv", f"a;geometry\nx;{shape}\n").table.geometry.extent() == (112.75, 37.69, 112.75, 37.69)


def test_curves_as_text_are_said(tmp_path: Path) -> None:
    loaded = read(tmp_path / "a.csv", 'WKT,a\n"POINT Z (112 37 3)",x\n"CIRCULARSTRING(0 0,1 1,2 0)",y\n0101,z\n')
    assert list(loaded.table.geometry.nulls) == [False, True, True]
    assert [each.count for each in loaded.report.notes if each.code == "coordinates-unreadable"] == [2]


# --- Reports of boundary points ------------------------------------------------------------------------------------------

HEAD = "[属性描述]\n坐标系={datum}\n几度分带={width}\n计量单位=米\n带号={zone}\n[地块坐标]\n4,0.5,1,地块,面,,,,@\n"
POINTS = [("J1", 0, 0), ("J2", 0, 100), ("J3", 100, 100), ("J4", 100, 0), ("J1", 0, 0)]


def report(path: Path, *, datum: str, east: int, width: int = 3, zone: int = 38, mark: str = ",", last: int = 5) -> LoadedLayer:
    lines = [mark.join((name, "1", str(4174000 + north), str(east + step))) for name, north, step in POINTS[:last]]
    return read(path, HEAD.format(datum=datum, width=width, zone=zone) + "\n".join(lines))


@pytest.mark.parametrize(
    ("datum", "east", "width", "zone", "code"),
    [
        ("2000国家大地坐标系", 38390000, 3, 38, 4526),
        ("2000国家大地坐标系", 390000, 3, 38, 4547),
        ("1980西安坐标系", 38390000, 3, 38, 2362),
        ("80国家大地坐标系", 390000, 3, 38, 2383),
        ("2000国家大地坐标系", 19656000, 6, 19, 4497),
    ],
)
def test_the_head_of_a_report_says_the_system(tmp_path: Path, datum: str, east: int, width: int, zone: int, code: int) -> None:
    loaded = report(tmp_path / "a.txt", datum=datum, east=east, width=width, zone=zone)
    assert (loaded.crs, loaded.report.crs_how) == (f"EPSG:{code}", "declared")


def test_a_head_that_names_another_zone_than_the_numbers_is_not_believed(tmp_path: Path) -> None:
    loaded = report(tmp_path / "a.txt", datum="2000国家大地坐标系", east=38390000, zone=37)
    assert (loaded.crs, loaded.report.crs_how) == ("EPSG:4526", "guessed")


@pytest.mark.parametrize("mark", [",", "，", ";", "\t", " , "])
def test_whatever_stands_between_the_numbers(tmp_path: Path, mark: str) -> None:
    loaded = report(tmp_path / "a.txt", datum="2000国家大地坐标系", east=38390000, mark=mark)
    assert loaded.table.geometry.value(0).area == 10_000


def test_a_report_that_breaks_off(tmp_path: Path) -> None:
    loaded = report(tmp_path / "a.txt", datum="2000国家大地坐标系", east=38390000, last=3)
    assert "points-missing" in codes(loaded)
    path = tmp_path / "b.txt"
    report(path, datum="2000国家大地坐标系", east=38390000)
    path.write_text(path.read_text(encoding="utf-8")[:-5], encoding="utf-8")
    assert "parcels-wide" in codes(read_layer(path))
