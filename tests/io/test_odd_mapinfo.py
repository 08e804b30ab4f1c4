"""MapInfo's exchange files whose halves do not agree, and tracks of receivers that stood still."""

from __future__ import annotations

from pathlib import Path

import pytest

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
    assert names(loaded) == ["太原", "", ""]
    assert not loaded.table.geometry.nulls.any()
    assert "mid-short" in codes(loaded)
    assert (tmp_path / "a.mid").read_bytes() == '"太原",1\n'.encode("gbk")


@pytest.mark.parametrize("shapes", [POINT, POINT + "Foo 1 2\n", POINT + "Region 1\n5\n112 37\n113 37\n"])
def test_values_without_shapes_are_said(tmp_path: Path, shapes: str) -> None:
    loaded = table(tmp_path, shapes, '"太原",1\n"榆次",2\n')
    assert names(loaded) == ["太原"]
    assert "features-missing" in codes(loaded)


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
