"""Foreign shapefiles as they lie about: encodings and marks, sidecars missing or odd, rows that do not match."""

from __future__ import annotations

import json
import os
import struct
import sys
import zipfile
from pathlib import Path

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

from shapefile_bytes import dbf_bytes, foreign_set, point_files

from cgplanner.errors import UserError
from cgplanner.io.crs.crs_files import esri_wkt
from cgplanner.io.source import LoadedLayer
from cgplanner.io.vector import describe, list_layers, read_layer
from cgplanner.model.schema import FieldType
from cgplanner.resources import layers_path

RECORDS = [("太原武宿机场", "垚", 3), ("榆次", None, None), (None, "晋阳湖", -7)]


class GbkEntry(zipfile.ZipInfo):
    """An entry as Chinese Windows packs it: its name in GBK, without the mark of UTF-8."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802  zipfile's name
        return self.filename.encode("gbk"), self.flag_bits


def codes(loaded: LoadedLayer) -> list[str]:
    return [note.code for note in loaded.report.notes]


def rows(loaded: LoadedLayer) -> list[tuple[object, ...]]:
    return [tuple(loaded.table.record(row).values()) for row in range(len(loaded.table))]


def right(loaded: LoadedLayer) -> None:
    assert rows(loaded) == RECORDS
    assert loaded.table.schema.fields[0].name == "项目名称"
    assert loaded.table.geometry.value(0) == shapely.Point(112.5, 37.8)
    assert loaded.table.geometry.value(2) is None


@pytest.mark.parametrize(
    ("codec", "extras", "name", "how"),
    [
        ("gbk", {}, "GBK", "detected"),
        ("gbk", {"cpg": b"GBK"}, "GBK", "cpg"),
        ("gbk", {"cpg": b"936"}, "GBK", "cpg"),
        ("gbk", {"cpg": b"OEM"}, "GBK", "detected"),
        ("gbk", {"cpg": b"UTF-8"}, "GBK", "detected"),
        ("gbk", {"cpg": b""}, "GBK", "detected"),
    ],
)
def test_text_is_read_whatever_the_marks_say(tmp_path: Path, codec: str, extras: dict[str, bytes], name: str, how: str) -> None:
    loaded = read_layer(foreign_set(tmp_path, "地块", codec, **extras))
    right(loaded)
    assert (loaded.report.encoding, loaded.report.encoding_how) == (name, how)
    assert ("encoding-mark-wrong" in codes(loaded)) == (extras.get("cpg") == b"UTF-8")


def test_a_name_cut_in_mid_character_is_read(tmp_path: Path) -> None:
    shp, shx = point_files([(1, 2)])
    fields = [("项目名称".encode()[:10], "C", 10), (b"B", "N", 3)]
    for suffix, raw in {"shp": shp, "shx": shx, "dbf": dbf_bytes(fields, [["太原小店".encode()[:10], b"  1"]])}.items():
        (tmp_path / f"a.{suffix}").write_bytes(raw)
    loaded = read_layer(tmp_path / "a.shp")
    assert [each.name for each in loaded.table.schema] == ["项目名", "B"]
    assert rows(loaded) == [("太原小", 1)]
    assert {"name-cut", "text-cut"} <= set(codes(loaded))


def test_the_user_knows_better(tmp_path: Path) -> None:
    path = foreign_set(tmp_path, "a", "gbk")
    assert read_layer(path, encoding="Big5").report.encoding_how == "declared"
    with pytest.raises(UserError, match="klingon"):
        read_layer(path, encoding="klingon")


def test_suffixes_in_any_case(tmp_path: Path) -> None:
    foreign_set(tmp_path, "a", "gbk")
    for suffix in ("shp", "shx", "dbf"):
        (tmp_path / f"a.{suffix}").rename(tmp_path / f"a.{suffix.title()}")
    right(read_layer(tmp_path / "a.Shp"))


def test_a_missing_index_is_made_anew_beside_nothing(tmp_path: Path) -> None:
    path = foreign_set(tmp_path, "a", "gbk")
    (tmp_path / "a.shx").unlink()
    before = sorted(tmp_path.iterdir())
    loaded = read_layer(path)
    right(loaded)
    assert "shx-rebuilt" in codes(loaded)
    assert sorted(tmp_path.iterdir()) == before


def test_a_missing_table_leaves_the_shapes(tmp_path: Path) -> None:
    path = foreign_set(tmp_path, "a", "gbk")
    (tmp_path / "a.dbf").unlink()
    loaded = read_layer(path)
    assert (len(loaded.table), len(loaded.table.schema)) == (3, 0)
    assert "dbf-missing" in codes(loaded)


@pytest.mark.parametrize("claimed", [2, 3])
def test_a_table_with_fewer_rows_keeps_all_shapes(tmp_path: Path, claimed: int) -> None:
    fields = [("名".encode("gbk"), "C", 10)]
    raw = dbf_bytes(fields, [["太原市".encode("gbk")], ["晋中市".encode("gbk")]], claimed=claimed)
    path = foreign_set(tmp_path, "a", "gbk", dbf=raw)
    loaded = read_layer(path)
    assert rows(loaded) == [("太原市",), ("晋中市",), (None,)]
    assert loaded.table.geometry.value(1) == shapely.Point(112.7, 37.7)
    assert "dbf-short" in codes(loaded)


def test_deleted_rows_are_left_out_and_counted(tmp_path: Path) -> None:
    path = foreign_set(tmp_path, "a", "gbk")
    raw = bytearray((tmp_path / "a.dbf").read_bytes())
    raw[33 + 32 * 3] = ord("*")
    (tmp_path / "a.dbf").write_bytes(raw)
    loaded = read_layer(path)
    assert rows(loaded) == RECORDS[1:]
    assert "rows-deleted" in codes(loaded)


def test_crs_right_wrong_and_missing(tmp_path: Path) -> None:
    loaded = read_layer(foreign_set(tmp_path, "a", "gbk", prj=esri_wkt("EPSG:4490").encode()))
    assert (loaded.crs, loaded.report.crs_how) == ("EPSG:4490", "prj")
    loaded = read_layer(foreign_set(tmp_path, "b", "gbk", prj=b"<html>"))
    assert (loaded.crs, loaded.report.crs_how) == ("EPSG:4490", "guessed")  # by where its points lie
    assert {"prj-damaged", "crs-guessed"} <= set(codes(loaded))
    assert "crs-wrong" in codes(read_layer(foreign_set(tmp_path, "c", "gbk", prj=esri_wkt("EPSG:4547").encode())))
    shp, shx = point_files([(1, 2), (3, 4), None])  # nowhere that is known
    loaded = read_layer(foreign_set(tmp_path, "d", "gbk", shp=shp, shx=shx))
    assert loaded.crs == ""
    assert "crs-missing" in codes(loaded)


def test_missing_geometry_is_counted(tmp_path: Path) -> None:
    loaded = read_layer(foreign_set(tmp_path, "a", "gbk"))
    assert [note.count for note in loaded.report.notes if note.code == "geometry-missing"] == [1]


def test_dates_yes_no_and_wide_numbers(tmp_path: Path) -> None:
    shp, shx = point_files([(1, 2), (3, 4)])
    fields = [(b"D", "D", 8), (b"L", "L", 1), (b"N18", "N", 18), (b"F", "F", 19)]
    values = [[b"20261122", b"T", b"123456789012345678", b" 1.234500000e+003"], [b" " * 8, b"?", b" " * 18, b" " * 19]]
    for suffix, raw in {"shp": shp, "shx": shx, "dbf": dbf_bytes(fields, values)}.items():
        (tmp_path / f"a.{suffix}").write_bytes(raw)
    loaded = read_layer(tmp_path / "a.shp")
    kinds = [each.type for each in loaded.table.schema]
    assert kinds == [FieldType.DATE, FieldType.BOOLEAN, FieldType.INTEGER, FieldType.REAL]
    first = rows(loaded)[0]
    assert (str(first[0]), *first[1:]) == ("2026-11-22", True, 123456789012345678, 1234.5)
    assert rows(loaded)[1] == (None, None, None, None)


def test_an_empty_layer_is_a_table_with_a_note(tmp_path: Path) -> None:
    shp, shx = point_files([])
    path = foreign_set(tmp_path, "a", "gbk", shp=shp, shx=shx, dbf=dbf_bytes([(b"A", "C", 5)], []))
    loaded = read_layer(path)
    assert (len(loaded.table), [each.name for each in loaded.table.schema]) == (0, ["A"])
    assert "layer-empty" in codes(loaded)


def test_a_zip_with_chinese_names_in_gbk(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    foreign_set(source, "地块", "gbk")
    target = tmp_path / "数据 包.zip"
    with zipfile.ZipFile(target, "w") as archive:
        for each in sorted(source.iterdir()):
            archive.writestr(GbkEntry("规划/" + each.name), each.read_bytes())
    loaded = read_layer(target)
    right(loaded)
    assert (loaded.name, loaded.source_path) == ("地块", target)
    assert describe(target).to_json()["format"] == "zip"


def test_a_folder_shows_each_set_once(tmp_path: Path) -> None:
    foreign_set(tmp_path, "a", "gbk")
    foreign_set(tmp_path, "b", "gbk")
    (tmp_path / "notes.txt").write_text("x")
    assert [each.name for each in list_layers(tmp_path)] == ["a", "b"]
    with pytest.raises(UserError, match="several"):
        read_layer(tmp_path)
    right(read_layer(tmp_path, "b"))
    with pytest.raises(UserError, match="no layer"):
        read_layer(tmp_path, "c")


def test_describe_prints_what_the_command_line_promises(tmp_path: Path) -> None:
    data = describe(foreign_set(tmp_path, "地块", "gbk", prj=esri_wkt("EPSG:4490").encode())).to_json()
    json.dumps(data)
    assert (data["format"], list(data)) == ("shp", ["path", "format", "layers"])
    (layer,) = data["layers"]
    assert (layer["name"], layer["geometry_type"], layer["features"]) == ("地块", "Point", 3)
    assert [each["change"] for each in layer["crs"].pop("candidates")] == [[], ["gcj02"], ["bd09"]]
    assert layer["crs"] == {"epsg": 4490, "name": "China Geodetic Coordinate System 2000", "how": "prj"}
    assert layer["encoding"] == {"name": "GBK", "how": "detected"}
    field = {"name": "项目名称", "alias": "", "type": "text", "width": 20, "precision": 0, "nulls": 1}
    assert layer["fields"][0] == field
    assert layer["extent"] == [112.5, 37.7, 112.7, 37.8]
    assert {"code", "severity", "message", "count"} == set(layer["notes"][0])


@pytest.mark.parametrize("name", ["a.shp", "a.gpkg", "a.geojson", "a.dbf", "a.zip", "a.xyz"])
def test_what_is_not_what_its_name_says_is_refused_in_a_sentence(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"this is a letter to the office, no map at all" * 20)
    with pytest.raises(UserError) as caught:
        read_layer(path)
    assert name in str(caught.value)
    assert caught.value.hint


def test_what_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"gone\.shp"):
        read_layer(tmp_path / "gone.shp")
    with pytest.raises(UserError):
        read_layer(tmp_path)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_no_permission_is_said(tmp_path: Path) -> None:
    path = foreign_set(tmp_path, "a", "gbk")
    path.chmod(0)
    with pytest.raises(UserError, match="permission"):
        read_layer(path)


@settings(max_examples=60)
@given(st.data())
def test_damaged_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    path = foreign_set(folder, "a", "gbk")
    part = folder / f"a.{data.draw(st.sampled_from(['shp', 'shx', 'dbf']))}"
    raw = bytearray(part.read_bytes())
    if data.draw(st.booleans()):
        raw = raw[: data.draw(st.integers(0, len(raw)))]
    for _ in range(data.draw(st.integers(0, 3))):
        if raw:
            raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    part.write_bytes(raw)
    try:
        loaded = read_layer(path)
    except UserError:
        return
    assert len(loaded.table) < 1000


def test_record_lengths_that_lie_are_jumped_over(tmp_path: Path) -> None:
    path = foreign_set(tmp_path, "a", "gbk")
    raw = bytearray(path.read_bytes())
    raw[104:108] = struct.pack(">i", 2**30)
    path.write_bytes(raw)
    (tmp_path / "a.shx").unlink()
    loaded = read_layer(path)
    assert [note.count for note in loaded.report.notes if note.code == "shp-damaged"] == [1]
    assert len(loaded.table) == 2


def test_a_workspace_is_described_with_its_titles() -> None:
    data = describe(layers_path("sample.gpkg")).to_json()
    assert data["format"] == "workspace"
    projects = next(each for each in data["layers"] if each["name"] == "projects")
    assert projects["features"] == 46
    assert projects["crs"]["how"] == "declared"
    assert any(field["alias"] for field in projects["fields"])
    assert read_layer(layers_path("sample.gpkg"), "projects").table.schema.fields[0].alias_zh
