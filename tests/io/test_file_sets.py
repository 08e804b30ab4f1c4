"""What a dropped folder, archive or part stands for; what cannot be opened is named with what to ask for, never passed over."""

from __future__ import annotations

import struct
import sys
import zipfile
import zlib
from pathlib import Path

import geopandas
import openpyxl
import pytest
import shapely

sys.path.insert(0, str(Path(__file__).parent))

from shapefile_bytes import foreign_set

from cgplanner.errors import UserError
from cgplanner.io.foreign import refusal_of
from cgplanner.io.vector import describe, list_layers, read_layer

GEOJSON = '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":null}]}'


def packed(archive: Path, *files: Path) -> Path:
    with zipfile.ZipFile(archive, "w") as file:
        for each in files:
            file.write(each, each.name)
            each.unlink()
    return archive


def set_in_zip(folder: Path, name: str) -> Path:
    path = foreign_set(folder, name, "gbk")
    return packed(folder / f"{name}.zip", *(path.with_suffix(suffix) for suffix in (".shp", ".shx", ".dbf")))


def codes(path: Path) -> list[str]:
    return [note.code for each in describe(path).layers for note in each.report.notes if note.code == "file-left-out"]


def test_a_folder_with_folders_and_archives_shows_everything(tmp_path: Path) -> None:
    inner = tmp_path / "太原" / "成果"
    inner.mkdir(parents=True)
    foreign_set(inner, "道路", "gbk")
    set_in_zip(tmp_path / "太原", "河流")
    (tmp_path / "晋中").mkdir()
    foreign_set(tmp_path / "晋中", "道路", "gbk")
    assert sorted(each.name for each in list_layers(tmp_path)) == ["太原/成果/道路", "晋中/道路", "河流"]
    assert len(read_layer(tmp_path, "晋中/道路").table) == 3
    assert sorted(each.name for each in describe(tmp_path).layers) == ["太原/成果/道路", "晋中/道路", "河流"]


def test_a_damaged_file_does_not_hide_the_others(tmp_path: Path) -> None:
    foreign_set(tmp_path, "a", "gbk")
    (tmp_path / "b.geojson").write_text('{"type":"FeatureCollection","features":[', encoding="utf-8")
    (tmp_path / "settings.json").write_text('{"name": "x"}', encoding="utf-8")
    (tmp_path / "bad.zip").write_bytes(b"PK nonsense")
    (tmp_path / "readme.txt").write_text("说明", encoding="utf-8")
    notes = [note for each in describe(tmp_path).layers for note in each.report.notes if note.code == "file-left-out"]
    assert sorted(note.examples[0] for note in notes) == ["b.geojson", "bad.zip"]
    assert next(each.name for each in list_layers(tmp_path)) == "a"


def test_what_may_be_map_data_is_named(tmp_path: Path) -> None:
    foreign_set(tmp_path, "a", "gbk")
    for name in ("b.dwg", "c.wp", "d.shx", "e.docx", "f.png"):
        (tmp_path / name).write_bytes(b"x")
    assert len(codes(tmp_path)) == 3
    assert read_layer(tmp_path, "a").report.has("file-left-out")


def test_a_folder_of_closed_formats_alone_says_what_to_ask_for(tmp_path: Path) -> None:
    (tmp_path / "a.udb").write_bytes(b"x")
    with pytest.raises(UserError) as refusal:
        describe(tmp_path)
    assert "SuperMap" in str(refusal.value)
    assert "shapefile" in refusal.value.hint


@pytest.mark.parametrize(
    "name",
    ["a.dwg", "a.WP", "a.wt", "a.udbx", "a.smu", "a.mdb", "a.7z", "a.rar", "a.tif", "a.xls", "a.et", "a.ods", "a.osm", "a.pbf",
     "a.mxd", "a.qgz", "a.pdf", "a.skp", "a.ovobj", "a.vct", "a.e00"],
)  # fmt: skip
def test_foreign_files_are_refused_by_their_names(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"anything")
    with pytest.raises(UserError) as refusal:
        read_layer(tmp_path / name)
    assert name in refusal.value.message
    assert refusal.value.hint
    assert refusal_of(tmp_path / "a.shp") is None


def test_a_part_opens_its_whole(tmp_path: Path) -> None:
    path = foreign_set(tmp_path, "a", "gbk", prj=b"", cpg=b"GBK")
    (tmp_path / "a.shp.xml").write_text("<metadata/>", encoding="utf-8")
    for suffix in (".shx", ".prj", ".cpg", ".shp.xml"):
        assert len(read_layer(tmp_path / f"a{suffix}").table) == 3
    path.unlink()
    with pytest.raises(UserError, match="only a part"):
        read_layer(tmp_path / "a.shx")


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_tables_of_a_geodatabase_without_its_folder(tmp_path: Path) -> None:
    frame = geopandas.GeoDataFrame({"n": [1]}, geometry=[shapely.Point(112.5, 37.8)], crs="EPSG:4490")
    frame.to_file(tmp_path / "a.gdb", driver="OpenFileGDB", layer="点")
    home = (tmp_path / "a.gdb").rename(tmp_path / "数据库")
    assert [each.name for each in list_layers(tmp_path / "数据库")] == ["点"]
    archive = packed(tmp_path / "b.zip", *home.iterdir())
    assert read_layer(archive).table.column("n").values() == [1]


def test_a_folder_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cgplanner.io.file_sets.MOST_FILES", 20)
    for number in range(30):
        (tmp_path / f"{number}.geojson").write_text(GEOJSON, encoding="utf-8")
    with pytest.raises(UserError, match="more than 20"):
        describe(tmp_path)


def test_spatialite_and_gml_under_other_names(tmp_path: Path) -> None:
    frame = geopandas.GeoDataFrame({"n": [1]}, geometry=[shapely.Point(112.5, 37.8)], crs="EPSG:4490")
    frame.to_file(tmp_path / "a.sqlite", driver="SQLite")
    frame.to_file(tmp_path / "b.gml", driver="GML")
    (tmp_path / "b.gml").rename(tmp_path / "b.xml")
    for name in ("a.sqlite", "b.xml"):
        assert read_layer(tmp_path / name).table.column("n").values() == [1]


def marked(archive: Path, names: dict[str, bytes], *, utf8: bool, beside: bool = False) -> Path:
    """Write an archive whose names are these bytes, marked as UTF-8 or not, with the right name beside them or not."""
    with zipfile.ZipFile(archive, "w") as out:
        for number, (name, raw) in enumerate(names.items()):
            entry = zipfile.ZipInfo(f"{number}" * len(name.encode("gbk")))
            if beside:
                right = struct.pack("<BL", 1, zlib.crc32(name.encode("gbk"))) + name.encode()
                entry.extra = struct.pack("<2H", 0x7075, len(right)) + right
            out.writestr(entry, raw)
    raw = archive.read_bytes()
    for number, name in enumerate(names):
        raw = raw.replace(f"{number}".encode() * len(name.encode("gbk")), name.encode("gbk"))
    place = raw.find(b"PK\x01\x02")
    while utf8 and place >= 0:
        raw = raw[: place + 9] + bytes([raw[place + 9] | 8]) + raw[place + 10 :]
        place = raw.find(b"PK\x01\x02", place + 4)
    archive.write_bytes(raw)
    return archive


@pytest.mark.parametrize(("utf8", "beside"), [(True, False), (False, False), (False, True)])
def test_names_of_an_archive_by_their_bytes(tmp_path: Path, utf8: bool, beside: bool) -> None:  # noqa: FBT001  a parameter
    point = b'{"type":"Feature","geometry":{"type":"Point","coordinates":[112.5,37.8]},"properties":{}}'
    path = marked(tmp_path / "a.zip", {"太原.geojson": point, "资料/榆次.geojson": point}, utf8=utf8, beside=beside)
    assert [each.name for each in list_layers(path)] == ["太原", "榆次"]
    assert describe(path).layers[0].report.has("archive-names-marked-wrong") == utf8
    assert read_layer(path, "榆次").report.has("archive-names-marked-wrong") == utf8


@pytest.mark.parametrize("name", ["太原", "café", "Καρτα", "晋中规划"])
def test_names_that_are_rightly_marked(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as out:
        out.writestr(f"{name}.geojson", GEOJSON)
    assert [each.name for each in list_layers(path)] == [name]


def test_an_archive_with_a_wrong_mark_and_no_end_is_refused(tmp_path: Path) -> None:
    path = marked(tmp_path / "a.zip", {"太原.geojson": b"{}"}, utf8=True)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(UserError):
        describe(path)


def test_what_was_left_out_is_said_with_each_layer(tmp_path: Path) -> None:
    (tmp_path / "good.geojson").write_text('{"type":"FeatureCollection","features":[]}')
    (tmp_path / "bad.gpkg").write_text("no database")
    for loaded in (read_layer(tmp_path), read_layer(tmp_path, "good")):
        assert [note.examples for note in loaded.report.notes if note.code == "file-left-out"] == [("bad.gpkg",)]


def test_why_a_file_has_no_layer(tmp_path: Path) -> None:
    openpyxl.Workbook().save(tmp_path / "a.xlsx")
    space = 'xmlns:gml="http://www.opengis.net/gml"'
    (tmp_path / "a.gml").write_text(f"<gml:FeatureCollection {space}/>")
    for name, word in (("a.xlsx", "sheets"), ("a.gml", "feature")):
        for read in (describe, read_layer):
            with pytest.raises(UserError, match=word):
                read(tmp_path / name)
