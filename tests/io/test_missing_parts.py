"""Tables of MapInfo without some of their files; archives with long names, deep folders and scattered parts."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path

import geopandas
import numpy as np
import pytest
import shapely

from cgplanner.errors import UserError
from cgplanner.io.vector import describe, read_layer

POINTS = [shapely.Point(112.5, 37.8), shapely.Point(112.6, 37.9)]


def write(path: Path, driver: str) -> Path:
    frame = geopandas.GeoDataFrame({"MC": ["a", "b"], "SL": np.array([1, 2], np.int32)}, geometry=POINTS, crs=4326)
    frame.to_file(path, driver=driver)
    return path


def packed(path: Path, *entries: tuple[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return path


def parts(folder: Path) -> dict[str, bytes]:
    (folder / "source").mkdir()
    write(folder / "source" / "x.shp", "ESRI Shapefile")
    return {each.suffix: each.read_bytes() for each in (folder / "source").iterdir()}


@pytest.mark.parametrize("suffix", [".dat", ".id"])
def test_a_table_without_a_part_that_it_needs_is_refused_by_its_name(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / "a.tab", "MapInfo File")
    path.with_suffix(suffix).unlink()
    with pytest.raises(UserError, match=f"has no \\{suffix} file"):
        read_layer(path)


@pytest.mark.parametrize(("suffix", "part", "code"), [(".tab", ".map", "map-missing"), (".mif", ".mid", "mid-missing")])
def test_what_is_there_is_read_and_what_is_missing_said(tmp_path: Path, suffix: str, part: str, code: str) -> None:
    path = write(tmp_path / f"a{suffix}", "MapInfo File")
    assert not read_layer(path).report.has(code)
    path.with_suffix(part).unlink()
    loaded = read_layer(path)
    assert (len(loaded.table), loaded.report.has(code)) == (2, True)


def test_very_long_names_and_very_deep_folders(tmp_path: Path) -> None:
    for number, home in enumerate(("长" * 90, "/".join(map(str, range(30))))):
        path = packed(tmp_path / f"{number}.zip", *((f"{home}/x{suffix}", raw) for suffix, raw in _cached(tmp_path).items()))
        assert read_layer(path).table.column("MC").values() == ["a", "b"]


def _cached(folder: Path) -> dict[str, bytes]:
    if (folder / "source").exists():
        return {each.suffix: each.read_bytes() for each in (folder / "source").iterdir()}
    return parts(folder)


def test_parts_in_several_folders_of_an_archive_come_together(tmp_path: Path) -> None:
    raw = parts(tmp_path)
    loaded = read_layer(packed(tmp_path / "a.zip", *((f"{suffix[1:]}/X{suffix}", content) for suffix, content in raw.items())))
    assert (loaded.table.column("SL").values(), loaded.crs) == ([1, 2], "EPSG:4326")
    assert loaded.table.geometry.nulls.tolist() == [False, False]


def test_parts_that_are_there_twice_are_not_mixed(tmp_path: Path) -> None:
    raw = parts(tmp_path)
    twice = [(f"{folder}/x{suffix}", content) for folder in ("a", "b") for suffix, content in raw.items()]
    assert [each.name for each in describe(packed(tmp_path / "a.zip", *twice)).layers] == ["a/x", "b/x"]


@pytest.mark.parametrize("size", [8, 12])
def test_a_file_without_a_layer_is_refused(tmp_path: Path, size: int) -> None:
    raw = write(tmp_path / "a.fgb", "FlatGeobuf").read_bytes()
    (tmp_path / "b.fgb").write_bytes(raw[:size])
    with pytest.raises(UserError):
        describe(tmp_path / "b.fgb")


@pytest.mark.parametrize("name", ["a.z01", "a.zip.001", "a.r00"])
def test_a_piece_of_a_split_archive_is_named_as_packed(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"PK\x07\x08")
    with pytest.raises(UserError, match="packed"):
        read_layer(tmp_path / name)


def test_a_drivers_source_is_no_reason(tmp_path: Path) -> None:
    (tmp_path / "a.gdb").mkdir()
    (tmp_path / "a.gdb" / "a00000001.gdbtable").write_bytes(b"bad")
    with pytest.raises(UserError) as refusal:
        describe(tmp_path / "a.gdb")
    assert ".cpp" not in refusal.value.message


def test_days_of_mapinfo_that_are_none_are_empty(tmp_path: Path) -> None:
    head = 'Version 300\nCharset "WindowsSimpChinese"\nDelimiter ","\nColumns 2\n  日期 Date\n  SL Integer\nData\n\n'
    days = ("20260301", "00000000", "20260230", "")
    (tmp_path / "a.mif").write_text(head + "Point 112.5 37.8\n" * len(days), encoding="gbk")
    (tmp_path / "a.mid").write_text("".join(f"{day},{number}\n" for number, day in enumerate(days)), encoding="gbk")
    loaded = read_layer(tmp_path / "a.mif")
    assert loaded.table.column("日期").values() == [dt.date(2026, 3, 1), None, None, None]
    assert [(note.count, note.field) for note in loaded.report.notes if note.code == "values-unreadable"] == [(1, "日期")]
