"""KML, GML, FlatGeobuf, MapInfo, File Geodatabase and lines of GeoJSON as others write them; archives that mean harm."""

from __future__ import annotations

import json
import shutil
import stat
import zipfile
from pathlib import Path

import geopandas
import numpy as np
import pytest
import shapely

from cgplanner.errors import UserError
from cgplanner.io.source import LoadedLayer
from cgplanner.io.vector import describe, list_layers, read_layer

PLACES = {"名称": ["太原小店", "榆次"], "数量": [3, 7]}
POINTS = [shapely.Point(112.56, 37.73), shapely.Point(112.73, 37.69)]


def frame() -> geopandas.GeoDataFrame:
    numbers = np.array(PLACES["数量"], np.int32)
    return geopandas.GeoDataFrame({**PLACES, "数量": numbers}, geometry=POINTS, crs="EPSG:4326")


def names(loaded: LoadedLayer) -> list[object]:
    return loaded.table.column("名称").values()


def codes(loaded: LoadedLayer) -> set[str]:
    return {note.code for note in loaded.report.notes}


def refused(path: Path) -> str:
    with pytest.raises(UserError) as refusal:
        read_layer(path)
    assert refusal.value.hint
    return str(refusal.value)


@pytest.mark.parametrize(
    ("suffix", "driver"),
    [
        (".gml", "GML"),
        (".fgb", "FlatGeobuf"),
        (".gdb", "OpenFileGDB"),
        (".geojsonl", "GeoJSONSeq"),
    ],
)
def test_what_gdal_wrote_is_read(tmp_path: Path, suffix: str, driver: str) -> None:
    path = tmp_path / f"重点项目{suffix}"
    frame().to_file(path, driver=driver)
    before = sorted(each.name for each in tmp_path.rglob("*"))
    loaded = read_layer(path)
    order = [names(loaded).index(name) for name in PLACES["名称"]]  # FlatGeobuf sorts rows by place
    assert loaded.table.column("数量").take(np.array(order)).values() == PLACES["数量"]
    assert loaded.table.geometry.value(order[1]).equals_exact(POINTS[1], 1e-4)
    assert loaded.crs in ("EPSG:4326", "EPSG:4490")
    assert sorted(each.name for each in tmp_path.rglob("*")) == before  # nothing is laid beside the file
    assert describe(path).format == {".geojsonl": "geojsonseq"}.get(suffix, suffix[1:])


KML = """<?xml version="1.0" encoding="UTF-8"?>{doctype}<kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>图层</name>
<Placemark><name>太原小店</name><Point><coordinates>112.56,37.73,0</coordinates></Point></Placemark>
<Placemark><name>榆次</name><Polygon><outerBoundaryIs><LinearRing><coordinates>112,37 113,37 113,38 112,37</coordinates>
</LinearRing></outerBoundaryIs></Polygon></Placemark></Document></kml>"""


def test_kml_and_kmz(tmp_path: Path) -> None:
    (tmp_path / "a.kml").write_text(KML.format(doctype=""), encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "a.kmz", "w") as archive:
        archive.writestr("doc.kml", KML.format(doctype=""))
    for name in ("a.kml", "a.kmz"):
        loaded = read_layer(tmp_path / name)
        assert loaded.table.column("Name").values() == ["太原小店", "榆次"]
        assert (loaded.crs, loaded.table.schema.geometry) == ("EPSG:4326", "mixed")


def test_entities_are_refused(tmp_path: Path) -> None:
    bomb = '<!DOCTYPE kml [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    (tmp_path / "a.kml").write_text(KML.format(doctype=bomb), encoding="utf-8")
    (tmp_path / "b.kml").write_bytes(KML.format(doctype=bomb).encode("utf-16"))
    for name in ("a.kml", "b.kml"):
        assert "entities" in refused(tmp_path / name)
    with zipfile.ZipFile(tmp_path / "a.kmz", "w") as archive:
        archive.writestr("doc.kml", KML.format(doctype=bomb))
    assert "entities" in refused(tmp_path / "a.kmz")


@pytest.mark.parametrize("codec", ["gbk", "utf-8", "big5"])
@pytest.mark.parametrize("mark", [b'Charset "Neutral"\n', b"", b'Charset "WindowsSimpChinese"\n', b'Charset "WindowsLatin1"\n'])
def test_mapinfo_characters_are_right_whatever_the_header_says(tmp_path: Path, codec: str, mark: bytes) -> None:
    if codec == "big5" and b"Simp" in mark:
        pytest.skip("bytes that both could be are read as the mark says")
    text = "太原小店產業園區" if codec == "big5" else "太原小店产业园区"
    field = ("名稱" if codec == "big5" else "名称").encode(codec)
    head = b"Version 300\n" + mark + b'Delimiter ","\nColumns 1\n  ' + field + b" char(40)\nData\n\n"
    (tmp_path / "a.mif").write_bytes(head + b"Point 112.56 37.73\n")
    (tmp_path / "a.mid").write_bytes(f'"{text}"\n'.encode(codec))
    loaded = read_layer(tmp_path / "a.mif")
    assert loaded.table.columns["f1"].values() == [text]
    assert loaded.report.encoding == {"gbk": "GBK", "utf-8": "UTF-8", "big5": "Big5"}[codec]


def test_a_mapinfo_table_brings_its_neighbours(tmp_path: Path) -> None:
    frame().rename(columns={"名称": "MC", "数量": "SL"}).to_file(tmp_path / "a.tab", driver="MapInfo File", encoding="UTF-8")
    for suffix in ("DAT", "MAP"):
        (tmp_path / f"a.{suffix.lower()}").rename(tmp_path / f"a.{suffix}")
    loaded = read_layer(tmp_path / "a.tab")
    assert loaded.table.column("MC").values() == PLACES["名称"]
    assert (len(loaded.table), loaded.report.encoding, loaded.report.encoding_how) == (2, "UTF-8", "detected")


def test_a_geodatabase_in_a_zip_and_in_a_folder(tmp_path: Path) -> None:
    inner = tmp_path / "交付" / "规划.gdb"
    inner.parent.mkdir()
    frame().to_file(inner, driver="OpenFileGDB", layer="xm")
    assert [each.name for each in list_layers(inner.parent)] == ["xm"]
    shutil.make_archive(str(tmp_path / "规划"), "zip", inner.parent)
    assert names(read_layer(tmp_path / "规划.zip")) == PLACES["名称"]


def test_a_drawing_is_refused_with_what_to_ask_for(tmp_path: Path) -> None:
    (tmp_path / "总图.dwg").write_bytes(b"AC1032")
    assert "DXF" in refused(tmp_path / "总图.dwg")
    with pytest.raises(UserError, match="DWG"):
        list_layers(tmp_path / "总图.dwg")


def packed(path: Path, *entries: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return path


def geojson() -> bytes:
    return json.dumps(json.loads(frame().to_json()), ensure_ascii=False).encode()


@pytest.mark.parametrize("name", ["../a.geojson", "/x/a.geojson", "C:\\a.geojson", "x/../../a.geojson", "..\\a.geojson"])
def test_an_archive_that_points_outside_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "in").mkdir()
    path = packed(tmp_path / "in" / "a.zip", (name, geojson()))
    assert "outside" in refused(path)
    assert not (tmp_path / "a.geojson").exists()


def test_links_and_bombs_are_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("a.geojson")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    assert "link" in refused(packed(tmp_path / "link.zip", (link, b"/etc/passwd")))
    bomb = packed(tmp_path / "bomb.zip", ("a.geojson", b" " * (100 << 20)))
    assert "far more" in refused(bomb)
    many = packed(tmp_path / "many.zip", *[(f"{number}.txt", b"") for number in range(20_001)])
    assert "too many" in refused(many)


def test_archives_in_archives_are_opened_to_a_depth(tmp_path: Path) -> None:
    path = packed(tmp_path / "1.zip", ("重点项目.geojson", geojson()))
    path = packed(tmp_path / "2.zip", ("交付/里面.zip", path.read_bytes()))
    assert names(read_layer(path)) == PLACES["名称"]
    for number in (3, 4):
        path = packed(tmp_path / f"{number}.zip", ("里面.zip", path.read_bytes()))
    assert "archives in archives" in refused(path)
