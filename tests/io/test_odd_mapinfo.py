"""MapInfo's exchange files whose halves do not agree, and tracks of receivers that stood still."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path

import pytest

from cgplanner.errors import UserError
from cgplanner.io.source import LoadedLayer
from cgplanner.io.vector import read_layer

HEAD = 'Version 300\nCharset "WindowsSimpChinese"\n{delimiter}CoordSys Earth Projection 1, 104\nColumns 2\n'
COLUMNS = "  NAME Char(20)\n  V Integer\nData\n\n"
POINT = "Point 112.5 37.8\n    Symbol (35,0,12)\n"


def table(folder: Path, shapes: str, values: str, delimiter: str = 'Delimiter ","\n') -> LoadedLayer:
    (folder / "a.mif").write_bytes((HEAD.format(delimiter=delimiter) + COLUMNS + shapes).encode("gbk"))
    (folder / "a.mid").write_bytes(values.encode("gbk"))
    return read_layer(folder / "a.mif")


def codes(loaded: LoadedLayer) -> set[str]:
    return {note.code for note in loaded.report.notes}


def names(loaded: LoadedLayer) -> list[object]:
    return list(loaded.table.column("NAME").values())


@pytest.mark.parametrize("delimiter", ["", 'Delimiter "\t"\n', 'Delimiter ";"\n'])
def test_values_that_another_sign_divides(tmp_path: Path, delimiter: str) -> None:
    loaded = table(tmp_path, POINT * 2, '"太原;市",1\n"榆次",2\n', delimiter)
    assert names(loaded) == ["太原;市", "榆次"]
    assert "delimiter-wrong" in codes(loaded)


def test_shapes_without_values_are_read(tmp_path: Path) -> None:
    loaded = table(tmp_path, POINT * 3, '"太原",1\n')
    assert names(loaded) == ["太原", None, None]
    assert not loaded.table.geometry.nulls.any()
    assert "mid-short" in codes(loaded)
    assert (tmp_path / "a.mid").read_bytes() == '"太原",1\n'.encode("gbk")


def shapes(loaded: LoadedLayer) -> list[str | None]:
    return [None if each is None else each.wkt for each in loaded.table.geometry.geometries()]


AREA = "Region 1\n{}\n112 37\n113 37\n113 38\n112 37\n"
HERE = "POINT (112.5 37.8)"


@pytest.mark.parametrize(
    ("odd", "code"),
    [
        ("Point abc def\n", "coordinates-unreadable"),
        ("Point 112.5\n", "coordinates-unreadable"),
        ("Line 112 37 113\n", "coordinates-unreadable"),
        ("Pline 3\n112 37\nabc 38\n113 39\n", "coordinates-unreadable"),
        ("Region 1\n4\n112 37\nx y\n113 38\n112 37\n", "coordinates-unreadable"),
        ("Point 1.#QNAN 2\n", "coordinates-unreadable"),
        ("Foo 1 2\n", "objects-unknown"),
        ("Sphere 1\n112 37\n113 38\n", "objects-unknown"),
    ],
)
def test_what_is_no_shape_is_said_and_the_rows_stay_with_theirs(tmp_path: Path, odd: str, code: str) -> None:
    loaded = table(tmp_path, POINT + odd + POINT, '"太原",1\n"榆次",2\n"忻州",3\n')
    assert names(loaded) == ["太原", "榆次", "忻州"]
    assert shapes(loaded) == [HERE, None, HERE]
    assert [note.count for note in loaded.report.notes if note.code == code] == [1]


@pytest.mark.parametrize(
    ("odd", "wkt"),
    [
        (AREA.format(5), "POLYGON ((112 37, 113 37, 113 38, 112 37))"),
        (AREA.format(3), "POLYGON ((112 37, 113 37, 113 38, 112 37))"),
        ("Pline 4\n112 37\n113 37\n", "LINESTRING (112 37, 113 37)"),
        ("Pline 2\n112 37\n113 37\n114 38\n", "LINESTRING (112 37, 113 37, 114 38)"),
    ],
)
def test_a_wrong_number_of_vertices_takes_nothing_from_the_next(tmp_path: Path, odd: str, wkt: str) -> None:
    loaded = table(tmp_path, odd + POINT, '"太原",1\n"榆次",2\n')
    assert shapes(loaded) == [wkt, HERE]
    assert "vertices-miscounted" in codes(loaded)


@pytest.mark.parametrize(
    "point", ["Point 112,5 37,8", "Point 1.125e2 3.78D+01", "Point\t112.5\t37.8", "point +112.5 +37.8 ", "Point 112.5,37.8"]
)
def test_numbers_as_others_write_them(tmp_path: Path, point: str) -> None:
    assert shapes(table(tmp_path, f"{point}\n{POINT}", '"太原",1\n"榆次",2\n')) == [HERE, HERE]


def test_every_kind_of_object(tmp_path: Path) -> None:
    drawn = (
        "Rect 112 37 113 38\nRoundrect 112 37 113 38 0.2\nEllipse 112 37 113 38\nArc 112 37 113 38\n0 90\n"
        'Text "标注\\n二行"\n112 37 113 38\nFont ("宋体",0,0,0)\nJustify Center\nAngle 30\n'
        "Pline Multiple 2\n2\n112 37\n113 37\n"
        "2\n112 38\n113 38\nSmooth\nRegion 3\n4\n112 37\n113 37\n113 38\n112 37\n4\n112.5 37.1\n112.8 37.1\n112.8 37.4\n"
        "112.5 37.1\n4\n113 38\n114 38\n114 39\n113 38\nMultipoint 2\n1 2\n3 4\n"
    )
    loaded = table(tmp_path, drawn, "".join(f'"{number}",{number}\n' for number in range(8)))
    assert [each.geom_type for each in loaded.table.geometry.geometries()] == [
        *("Polygon", "Polygon", "Polygon", "LineString", "Point", "MultiLineString", "MultiPolygon", "MultiPoint")
    ]
    box, rounded, ellipse, arc, text, _, areas, _ = loaded.table.geometry.geometries()
    assert (box.area, round(rounded.area, 3), round(ellipse.area, 3)) == (1, round(1 - 0.04 + 0.01 * math.pi, 3), 0.785)
    assert (arc.coords[0], text.wkt) == ((113.0, 37.5), "POINT (112.5 37)")
    assert round(areas.area, 6) == 0.955
    assert loaded.table.column("Text").values()[4] == "标注\n二行"
    assert loaded.table.column("Angle").values()[4] == 30
    assert [note.count for note in loaded.report.notes if note.code == "curves-straightened"] == [3]


def test_values_without_shapes_are_kept_and_said(tmp_path: Path) -> None:
    loaded = table(tmp_path, POINT, '"太原",1\n"榆次",2\n')
    assert (names(loaded), shapes(loaded)) == (["太原", "榆次"], [HERE, None])
    assert "mid-long" in codes(loaded)


@pytest.mark.parametrize(
    ("values", "found", "code"),
    [
        ('"太原",abc\n"榆次",\n', [None, None], "values-unreadable"),
        ('"太原",2.5\n"榆次",3\n', [2.5, 3], ""),
        ('"太原","1,234"\n"榆次",0\n', [1234, 0], ""),
        ('"太原",99999999999999999999\n"榆次",3\n', ["99999999999999999999", "3"], ""),
        ('"太原"\n"榆次",3\n', [None, 3], "rows-uneven"),
        ('"太原",1\n\n"榆次",3\n', [1, 3], ""),
        ('"太原,1\n榆次",3\n', [1, 3], ""),
    ],
)
def test_values_of_whole_numbers(tmp_path: Path, values: str, found: list[object], code: str) -> None:
    loaded = table(tmp_path, POINT * 2, values)
    assert list(loaded.table.column("V").values()) == found
    assert codes(loaded) & {"values-unreadable", "rows-uneven"} == ({code} if code else set())


@pytest.mark.parametrize("delimiter", ['Delimiter ",,"\n', 'Delimiter ""\n'])
def test_a_delimiter_that_is_none(tmp_path: Path, delimiter: str) -> None:
    assert names(table(tmp_path, POINT * 2, '"太原\x0b",1\r\n"榆次",2\r\n', delimiter)) == ["太原\x0b", "榆次"]


def test_the_types_of_all_versions(tmp_path: Path) -> None:
    columns = "A Char(9)|数据 LargeInt|项目 名称 Decimal(10,2)|D Date|E Logical|H DateTime|I Time|data SmallInt"
    head = f'Version 900\nCharset "WindowsSimpChinese"\nDelimiter ","\nColumns 8\n{columns.replace("|", chr(10))}\nData\n\n'
    (tmp_path / "a.mif").write_text(head + POINT * 3, encoding="gbk")
    rows = ('"a",9223372036854775807,1.25,20240501,T,20240501103000123,103000123,4', '"",,,,,,,', '"c",1,"2,5",2024-5-1,0,,,5')
    (tmp_path / "a.mid").write_text("\n".join(rows), encoding="gbk")
    loaded = read_layer(tmp_path / "a.mif")
    found = {each.name: list(loaded.table.column(each.name).values()) for each in loaded.table.schema}
    assert found["A"] == ["a", "", "c"]
    assert found["数据"] == [2**63 - 1, None, 1]
    assert found["项目 名称"] == [1.25, None, 2.5]
    assert found["D"] == [dt.date(2024, 5, 1), None, dt.date(2024, 5, 1)]
    assert found["E"] == [True, None, False]
    assert found["H"] == [dt.datetime(2024, 5, 1, 10, 30, 0, 123000), None, None]  # noqa: DTZ001  as the model has it
    assert (found["I"], found["data"]) == (["10:30:00.123", None, None], [4, None, 5])


@pytest.mark.parametrize(
    ("system", "place", "crs", "code"),
    [
        ('8, 1017, "m", 111, 0, 1, 500000, 0', "522000 4150000", "EPSG:2382", ""),
        ('8, 1001, "m", 111, 0, 1, 37500000, 0', "37522000 4150000", "EPSG:2413", "crs-by-ellipsoid"),
        ('8, 999, 3, 0, 0, 0, "m", 111, 0, 1, 500000, 0', "522000 4150000", "EPSG:2434", "crs-by-ellipsoid"),
        ('8, 999, 0, 0, 0, 0, "m", 111, 0, 1, 500000, 0', "522000 4150000", "EPSG:4546", "crs-by-ellipsoid"),
        ('8, 1999, "m", 111, 0, 1, 500000, 0', "522000 4150000", None, "crs-datum-unknown"),
        ('8, 33, "m", 111, 0, 1, 37500000, 0', "37522000 4150000", "EPSG:4525", "crs-by-ellipsoid"),
        ("1, 1017", "112 37.5", "EPSG:4610", ""),
        ('8, 104, "m", 111, 0, 0.9996, 500000, 0', "522000 4150000", "EPSG:32649", ""),
    ],
)
def test_chinese_datums_by_their_numbers(tmp_path: Path, system: str, place: str, crs: str | None, code: str) -> None:
    head = HEAD.format(delimiter='Delimiter ","\n').replace("Earth Projection 1, 104", f"Earth Projection {system}")
    (tmp_path / "a.mif").write_text(f"{head}{COLUMNS}Point {place}\n", encoding="gbk")
    (tmp_path / "a.mid").write_text('"点",1\n', encoding="gbk")
    loaded = read_layer(tmp_path / "a.mif")
    assert crs is None or loaded.crs == crs
    assert codes(loaded) & {"crs-by-ellipsoid", "crs-datum-unknown"} == ({code} if code else set())


def test_a_file_without_its_data_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.mif").write_text(HEAD.format(delimiter="") + COLUMNS.replace("Data", ""))
    with pytest.raises(UserError, match="before its data"):
        read_layer(tmp_path / "a.mif")


def test_the_parts_of_a_collection_are_one_row(tmp_path: Path) -> None:
    parts = "Collection 2\nRegion 1\n4\n112 37\n113 37\n113 38\n112 37\nPline 2\n112 37\n113 38\n"
    loaded = table(tmp_path, parts + POINT + "none\n", '"集",1\n"太原",2\n"无",3\n')
    assert names(loaded) == ["集", "太原", "无"]
    assert not codes(loaded) & {"features-missing", "mid-short", "delimiter-wrong"}


def test_a_track_keeps_its_lines_beside_segments_of_one_point(tmp_path: Path) -> None:
    point = '<trkpt lat="37.8" lon="112.5"/>'
    other = '<trkpt lat="37.9" lon="112.6"/>'
    segments = f"<trkseg>{point}{other}</trkseg><trkseg/><trkseg>{point}</trkseg>"
    space = 'xmlns="http://www.topografix.com/GPX/1/1"'
    (tmp_path / "a.gpx").write_text(f'<gpx version="1.1" {space}><trk>{segments}</trk></gpx>')
    loaded = read_layer(tmp_path / "a.gpx", "tracks")
    assert [each.wkt for each in loaded.table.geometry.geometries()] == ["MULTILINESTRING ((112.5 37.8, 112.6 37.9))"]
    assert "parts-left-out" in codes(loaded)


@pytest.mark.parametrize("shape", ["Pline 1\n112 37\n", "Region 1\n 2\n112 37\n113 37\n"])
def test_a_line_or_area_of_too_few_vertices_is_said(tmp_path: Path, shape: str) -> None:
    loaded = table(tmp_path, shape, '"a",1\n')
    assert "coordinates-unreadable" in codes(loaded)
    assert "vertices-miscounted" not in codes(loaded)


@pytest.mark.parametrize(
    "shape",
    [
        "Pline Multiple 2\n 2\n112 37\n113 37\n 1\n112 37\n",
        "Region 2\n 4\n112 37\n113 37\n113 38\n112 37\n 2\n112 37\n113 37\n",
    ],
)
def test_parts_of_too_few_vertices_are_not_left_out_in_silence(tmp_path: Path, shape: str) -> None:
    assert "parts-left-out" in codes(table(tmp_path, shape, '"a",1\n'))


@pytest.mark.parametrize("shape", ["", f"Collection {'9' * 5000}\n"])
def test_numbers_of_thousands_of_digits_end_nothing(tmp_path: Path, shape: str) -> None:
    loaded = table(tmp_path, shape + POINT, f'"a",{"9" * 5000}\n')
    assert list(loaded.table.column("V").values()) == [None]
    assert "values-unreadable" in codes(loaded)
