"""GML as servers and programs write it: every oddity made here, read right or refused in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from cgplanner.errors import UserError
from cgplanner.io.report import Note
from cgplanner.io.source import LoadedLayer
from cgplanner.io.vector import list_layers, read_layer
from cgplanner.io.xml.broken import whole_features_taken

PROLOG = '<?xml version="1.0" encoding="{encoding}"?>\n'
POINT = '<gml:Point srsName="{srs}"><gml:pos>{xy}</gml:pos></gml:Point>'


def collection(*members: str, encoding: str = "UTF-8", root: str = "") -> str:
    head = PROLOG.format(encoding=encoding)
    named = f'xmlns:wfs="http://www.opengis.net/wfs" xmlns:gml="http://www.opengis.net/gml" xmlns:app="a:b" {root}'
    return f"{head}<wfs:FeatureCollection {named}>{''.join(members)}</wfs:FeatureCollection>"


def member(number: int, shape: str, name: str = "晋中") -> str:
    values = f"<app:名称>{name}</app:名称><app:n>{number}</app:n>"
    return f"<gml:featureMember><app:place>{values}<app:geom>{shape}</app:geom></app:place></gml:featureMember>"


def point(srs: str = "EPSG:4490", xy: str = "112.75 37.69") -> str:
    return POINT.format(srs=srs, xy=xy)


def read(path: Path, text: str, encoding: str = "utf-8") -> LoadedLayer:
    path.write_bytes(text.encode(encoding))
    return read_layer(path)


def note(loaded: LoadedLayer, code: str) -> Note:
    return next(each for each in loaded.report.notes if each.code == code)


def refusal(path: Path, text: str) -> UserError:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError) as found:
        read_layer(path)
    return found.value


@pytest.mark.parametrize(
    ("said", "written"),
    [("GBK", "gbk"), ("gb2312", "gbk"), ("UTF-16", "utf-16"), ("UTF-8", "utf-8-sig"), ("UTF-8", "utf-8"), ("UTF-8", "gbk")],
)
def test_any_encoding_is_read(tmp_path: Path, said: str, written: str) -> None:
    loaded = read(tmp_path / "a.gml", collection(member(1, point(), "中央公園"), encoding=said), written)
    assert loaded.table.column("名称").values() == ["中央公園"]
    assert loaded.report.has("encoding-mark-wrong") == (said == "UTF-8" and written == "gbk")


@pytest.mark.parametrize(
    ("bare", "name"),
    [("A&B", "A&B"), ("a\x0bb", "a b"), ("a&nbsp;b", "a\xa0b"), ("x&y;z &amp; 1", "x&y;z & 1")],
)
def test_characters_that_xml_does_not_allow_are_put_right(tmp_path: Path, bare: str, name: str) -> None:
    loaded = read(tmp_path / "a.gml", collection(member(1, point(), bare), member(2, point())))
    assert loaded.table.column("名称").values() == [name, "晋中"]
    assert note(loaded, "xml-mended").count == 1


def test_blanks_before_and_text_behind_the_document(tmp_path: Path) -> None:
    assert len(read(tmp_path / "a.gml", f"\n  {collection(member(1, point()))}").table) == 1
    loaded = read(tmp_path / "b.gml", f"{collection(member(1, point()))}\njunk")
    assert len(loaded.table) == 1
    assert note(loaded, "text-behind-end").severity == "warning"


def test_a_namespace_that_nobody_declared(tmp_path: Path) -> None:
    text = collection(member(1, point())).replace(' xmlns:gml="http://www.opengis.net/gml"', "")
    assert len(read(tmp_path / "a.gml", text).table) == 1
    assert len(read(tmp_path / "b.gml", text.replace("gml:", "").replace("wfs:", "")).table) == 1


def test_a_file_that_breaks_off_says_how_many_features_are_whole(tmp_path: Path) -> None:
    text = collection(*(member(number, point()) for number in range(5)))
    found = refusal(tmp_path / "a.gml", text[:-80])
    assert "4 features before it are whole" in str(found)
    assert "--take-whole" in (found.hint or "")
    with whole_features_taken():
        loaded = read_layer(tmp_path / "a.gml")
    assert loaded.table.column("n").values() == [0, 1, 2, 3]
    assert note(loaded, "file-broken").count == 4


def test_features_that_the_driver_passes_over_are_counted(tmp_path: Path) -> None:
    deep = "<a>" * 2000 + "</a>" * 2000
    loaded = read(tmp_path / "a.gml", collection(member(1, point(), deep), member(2, point())))
    assert note(loaded, "features-missing").count == 2 - len(loaded.table)
    odd = '<gml:LineString srsName="EPSG:4490"><gml:posList>112 37 113</gml:posList></gml:LineString>'
    loaded = read(tmp_path / "b.gml", collection(member(1, odd), member(2, point())))
    assert loaded.table.column("n").values() == [2]
    assert note(loaded, "features-missing").count == 1


def test_numbers_that_are_none_do_not_become_zero(tmp_path: Path) -> None:
    loaded = read(tmp_path / "a.gml", collection(member(1, point(xy="112.75 x7.69")), member(2, point())))
    assert list(loaded.table.geometry.nulls) == [True, False]
    assert note(loaded, "coordinates-unreadable").examples == ("112.75 x7.69",)


def test_a_second_shape_is_not_passed_over_in_silence(tmp_path: Path) -> None:
    two = f"{point()}</app:geom><app:centre>{point()}</app:centre><app:geom>"
    found = note(read(tmp_path / "a.gml", collection(member(1, two))), "geometries-left-out")
    assert found.count == 1
    assert "centre, geom" in str(found.message)


def test_several_systems_in_one_layer_are_said(tmp_path: Path) -> None:
    members = member(1, point("EPSG:4547", "390000 4174000")), member(2, point("urn:ogc:def:crs:EPSG::4490", "37.69 112.75"))
    assert note(read(tmp_path / "a.gml", collection(*members)), "crs-several").count == 2
    same = member(1, point()), member(2, point("urn:ogc:def:crs:EPSG::4490", "37.69 112.75"))
    assert not read(tmp_path / "b.gml", collection(*same)).report.has("crs-several")


@pytest.mark.parametrize(
    ("srs", "xy", "crs"),
    [
        ("国家2000", "112.75 37.69", "EPSG:4490"),
        ("CGCS2000_3_Degree_GK_CM_114E", "390000 4174000", "EPSG:4547"),
        ("urn:foo:EPSG:4547", "390000 4174000", "EPSG:4547"),
        ("urn:ogc:def:crs,crs:EPSG::4490,crs:EPSG::5737", "37.69 112.75 800", "EPSG:4490"),
    ],
)
def test_systems_that_the_driver_does_not_know_by_name(tmp_path: Path, srs: str, xy: str, crs: str) -> None:
    loaded = read(tmp_path / "a.gml", collection(member(1, point(srs, xy))))
    assert (loaded.crs, loaded.report.crs_how) == (crs, "declared")
    assert loaded.table.geometry.extent() in ((112.75, 37.69, 112.75, 37.69), (390000.0, 4174000.0, 390000.0, 4174000.0))


def test_lines_and_points_in_three_dimensions_are_one_layer(tmp_path: Path) -> None:
    line = '<gml:LineString srsName="EPSG:4547" srsDimension="3"><gml:posList>390000 4174000 1 390100 4174000 2</gml:posList>'
    text = collection(member(1, f"{line}</gml:LineString>"), member(2, point("EPSG:4547", "390000 4174000")))
    loaded = read(tmp_path / "a.gml", text)
    assert loaded.table.geometry.value(0).has_z
    assert [each.name for each in list_layers(tmp_path / "a.gml")] == ["place"]
    assert [each.name for each in tmp_path.iterdir()] == ["a.gml"]


def test_a_server_that_has_more_than_it_sent(tmp_path: Path) -> None:
    loaded = read(tmp_path / "a.gml", collection(member(1, point()), root='numberMatched="5000"'))
    assert note(loaded, "transfer-limit").count == 4999


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (
            '<o:ExceptionReport xmlns:o="a"><o:ExceptionText>no such type</o:ExceptionText></o:ExceptionReport>',
            "no such type",
        ),
        ("<html><body>Not Found</body></html>", "html"),
        ('<wfs:WFS_Capabilities xmlns:wfs="a" xmlns:gml="http://www.opengis.net/gml"/>', "WFS_Capabilities"),
        ('<OGRVRTDataSource gml="http://www.opengis.net/gml"/>', "OGRVRTDataSource"),
        ('<kml xmlns="http://www.opengis.net/kml/2.2"><Document/></kml>', "KML"),
    ],
)
def test_xml_without_features_is_refused_for_what_it_is(tmp_path: Path, text: str, word: str) -> None:
    found = refusal(tmp_path / "服务.xml", PROLOG.format(encoding="UTF-8") + text)
    assert word in str(found)
    assert "服务.xml" in str(found)
