"""KML of other programs: attributes under their own names, folders as layers, any encoding, harm refused."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import shapely

from cgplanner.errors import UserError
from cgplanner.io.shapes.wkb_bodies import flattened_bodies
from cgplanner.io.vector import describe, list_layers, read_layer
from cgplanner.io.xml.repeated import MOST_OF_A_NAME

HEAD = '<?xml version="1.0" encoding="{encoding}"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>图层</name>'
TAIL = "</Document></kml>"
POINT = "<Point><coordinates>112.56,37.73</coordinates></Point>"


def kml(path: Path, body: str, encoding: str = "UTF-8", codec: str = "utf-8") -> Path:
    path.write_bytes((HEAD.format(encoding=encoding) + body + TAIL).encode(codec))
    return path


def placemark(name: str, inside: str = "", shape: str = POINT) -> str:
    return f"<Placemark><name>{name}</name>{inside}{shape}</Placemark>"


def codes(path: Path) -> dict[str, int]:
    return {note.code: note.count for note in read_layer(path).report.notes}


def test_chinese_names_of_attributes_do_not_swallow_each_other(tmp_path: Path) -> None:
    data = (
        '<ExtendedData><Data name="面积"><value>12.5</value></Data><Data name="代码"><value>0351</value></Data></ExtendedData>'
    )
    table = read_layer(kml(tmp_path / "a.kml", placemark("太原", data) + placemark("榆次"))).table
    assert [each.name for each in table.schema] == ["Name", "面积", "代码"]
    assert (table.column("面积").values(), table.column("代码").values()) == ([12.5, None], ["0351", None])


def test_a_schema_gives_types_and_titles(tmp_path: Path) -> None:
    schema = (
        '<Schema name="s" id="s"><SimpleField name="n" type="int"><displayName>数量</displayName></SimpleField>'
        '<SimpleField name="ok" type="bool"/><SimpleField name="bad" type="double"/></Schema>'
    )
    cells = '<SimpleData name="n">7</SimpleData><SimpleData name="ok">1</SimpleData><SimpleData name="bad">约5</SimpleData>'
    data = f'<ExtendedData><SchemaData schemaUrl="#s">{cells}</SchemaData></ExtendedData>'
    table = read_layer(kml(tmp_path / "a.kml", schema + placemark("太原", data))).table
    assert [table.column(name).values() for name in ("n", "ok", "bad")] == [[7], [True], ["约5"]]
    assert {each.name: each.alias_zh for each in table.schema}["n"] == "数量"


@pytest.mark.parametrize(
    ("encoding", "codec", "found"),
    [
        ("UTF-8", "utf-8", "UTF-8"),
        ("GBK", "gbk", "GBK"),
        ("UTF-8", "gbk", "GBK"),
        ("GB2312", "utf-8", "UTF-8"),
        ("UTF-16", "utf-16", "UTF-16"),
    ],
)
def test_texts_are_right_whatever_the_first_line_says(tmp_path: Path, encoding: str, codec: str, found: str) -> None:
    loaded = read_layer(kml(tmp_path / "a.kml", placemark("太原小店区") + placemark("晋中榆次"), encoding, codec))
    assert loaded.table.column("Name").values() == ["太原小店区", "晋中榆次"]
    assert loaded.report.encoding == found
    assert loaded.report.has("encoding-mark-wrong") == (codec != encoding.lower().replace("_", "-"))


def test_folders_are_layers_and_keep_apart(tmp_path: Path) -> None:
    inner = f"<Folder><name>乙</name>{placemark('b') * 2}</Folder>"
    path = kml(tmp_path / "a.kml", f"<Folder><name>甲</name>{placemark('a')}{inner}</Folder><Folder><name>甲</name></Folder>")
    assert [(each.name, each.features) for each in list_layers(path)] == [("甲", 1), ("乙", 2), ("甲 (#2)", 0)]
    assert [each.features for each in describe(path).layers] == [1, 2, 0]


def test_what_is_no_place_is_said(tmp_path: Path) -> None:
    track = "<Track><coord>112 37 5</coord><coord>113 38 6</coord></Track>"
    box = "<LatLonBox><north>38</north><south>37</south><east>113</east><west>112</west></LatLonBox>"
    body = (
        placemark("a", "<styleUrl>#s</styleUrl>", track)
        + placemark("b", "", "<Point><coordinates>no,no</coordinates></Point>")
        + placemark("c&nbsp;d", "", "<LineString><coordinates>112 , 37\n113,38</coordinates></LineString>")
        + f"<GroundOverlay><name>图</name>{box}</GroundOverlay><NetworkLink/><PhotoOverlay/>"
    )
    path = kml(tmp_path / "a.kml", body)
    assert codes(path) == {
        "coordinates-unreadable": 1, "track-as-line": 1, "overlay-as-outline": 1, "styles-left-out": 1, "parts-left-out": 2,
        "geometry-missing": 1, "crs-offset-unproven": 2,
    }  # fmt: skip
    shapes = read_layer(path).table.geometry
    assert [shape.geom_type if shape else None for shape in map(shapes.value, range(4))] == [
        "LineString", None, "LineString", "Polygon",
    ]  # fmt: skip


def test_all_documents_of_a_kmz_are_read_whatever_they_are_called(tmp_path: Path) -> None:
    whole = HEAD.format(encoding="UTF-8") + placemark("a") + TAIL
    with zipfile.ZipFile(tmp_path / "a.kmz", "w") as archive:
        archive.writestr("files/b.kml", whole)
        archive.writestr("doc.kml", whole)
    (tmp_path / "b.kmz").write_text(whole, encoding="utf-8")
    assert [each.name for each in list_layers(tmp_path / "a.kmz")] == ["图层", "图层 (#2)"]
    assert len(read_layer(tmp_path / "b.kmz").table) == 1


@pytest.mark.parametrize(
    "text",
    [
        "<kml><Document><Placemark>",
        "<html><body/></html>",
        "<kml>" + "<Document>" * 5000,
        "<!-- " + "x" * (1 << 20) + ' --><!DOCTYPE kml [<!ENTITY a "b">]><kml/>',
    ],
)
def test_what_breaks_off_or_means_harm_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.kml").write_text(text, encoding="utf-8")
    with pytest.raises(UserError) as refusal:
        describe(tmp_path / "a.kml")
    assert refusal.value.hint


def test_bodies_keep_their_faces() -> None:
    def numbered(kind: int, *parts: bytes) -> bytes:
        return b"\1" + kind.to_bytes(4, "little") + len(parts).to_bytes(4, "little") + b"".join(parts)

    corners = np.array([[0, 0, 1], [4, 0, 1], [4, 3, 2], [0, 0, 1]], "<f8").tobytes()
    ring = (4).to_bytes(4, "little") + corners
    tin = numbered(1016, numbered(1017, ring), numbered(1017, ring))
    surface = numbered(1007, numbered(1015, numbered(1003, ring, ring)), tin)
    raw = np.array([tin, surface, shapely.to_wkb(shapely.Point(1, 2)), tin[:30]], object)
    rows, bodies = flattened_bodies(raw)
    assert bodies == 2
    shapes = [shapely.from_wkb(each) for each in rows[:3]]
    assert [each.geom_type for each in shapes] == ["MultiPolygon", "GeometryCollection", "Point"]
    assert shapes[0].has_z
    assert shapes[0].area == 12.0
    assert rows[3] == tin[:30]


def test_attributes_in_a_table_of_the_description(tmp_path: Path) -> None:
    esri = (
        '<description><![CDATA[<html><body><table><tr style="x"><td>地块{0}</td></tr><tr><td><table>'
        "<tr><td>编号</td><td>00{0}</td></tr>"
        '<tr bgcolor="#D4E4F3"><td><b>面积</b></td><td>{0}.5</td></tr>'
        "<tr><td>备注</td><td>&lt;Null&gt;</td></tr></table></td></tr>"
        "</table></body></html>]]></description>"
    )
    path = kml(tmp_path / "a.kml", placemark("a", esri.format(1)) + placemark("b", esri.format(2)) + placemark("c", ""))
    loaded = read_layer(path)
    assert loaded.table.column("编号").values() == ["001", "002", None]
    assert loaded.table.column("面积").values() == [1.5, 2.5, None]
    assert "备注" not in [each.name for each in loaded.table.schema]
    assert codes(path)["attributes-from-description"] == 2


@pytest.mark.parametrize("case", [str.lower, str.upper])
def test_elements_in_another_case(tmp_path: Path, case: Callable[[str], str]) -> None:
    inside = '<ExtendedData><Data name="x"><value>1</value></Data></ExtendedData>'
    text = f"<kml><Document>{placemark('a', inside)}</Document></kml>"
    shouted = re.sub(r"</?\w+", lambda found: case(found[0]), text)
    (tmp_path / "a.kml").write_text(shouted)
    loaded = read_layer(tmp_path / "a.kml")
    assert (len(loaded.table), loaded.table.column("Name").values()) == (1, ["a"])
    assert loaded.table.column("x").values() == [1]
    assert not loaded.table.geometry.nulls.any()


def test_a_vertex_beyond_any_map_is_no_place(tmp_path: Path) -> None:
    path = kml(tmp_path / "a.kml", placemark("a", shape="<Point><coordinates>1e308,37</coordinates></Point>"))
    assert codes(path)["coordinates-not-finite"] == 1


def test_what_nobody_named_and_metadata(tmp_path: Path) -> None:
    inside = "<ExtendedData><Data><value>1</value></Data></ExtendedData><Metadata><属性>x</属性></Metadata>"
    loaded = read_layer(kml(tmp_path / "a.kml", placemark("a", inside)))
    assert [each.name for each in loaded.table.schema] == ["Name", "Data", "属性"]


def test_a_whole_number_that_is_too_large_stays_text(tmp_path: Path) -> None:
    schema = '<Schema name="s" id="s"><SimpleField name="n" type="int"/></Schema>'
    cell = '<SimpleData name="n">99999999999999999999</SimpleData>'
    cells = f'<ExtendedData><SchemaData schemaUrl="#s">{cell}</SchemaData></ExtendedData>'
    table = read_layer(kml(tmp_path / "a.kml", schema + placemark("太原", cells))).table
    assert table.column("n").values() == ["99999999999999999999"]


def test_thousands_of_values_under_one_name_are_few_fields(tmp_path: Path) -> None:
    many = "".join(f'<Data name="rpt"><value>{number}</value></Data>' for number in range(3000))
    path = tmp_path / "a.kml"
    path.write_text(
        f'<kml xmlns="http://www.opengis.net/kml/2.2"><Placemark><ExtendedData>{many}</ExtendedData>'
        "<Point><coordinates>112.5,37.8</coordinates></Point></Placemark></kml>",
        encoding="utf-8",
    )
    table = read_layer(path).table
    names = [field.name for field in table.schema.fields if field.name.startswith("rpt")]
    assert names == ["rpt", *(f"rpt_{number}" for number in range(2, MOST_OF_A_NAME + 1))]
    values = [value for name in names for value in str(table.column(name).value(0)).split("; ")]
    assert values == [str(number) for number in range(3000)]
