"""Damaged copies of every format: bits flipped, ends cut off, lengths wrong. Read or refused; no crash, hang or flood."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import ezdxf
import geopandas
import numpy as np
import openpyxl
import pytest
import shapely

READER = Path(__file__).with_name("fuzz_reader.py")
COPIES = int(os.environ.get("CGPLANNER_FUZZ_COPIES", "12"))
SECONDS_EACH = 20.0


def frame() -> geopandas.GeoDataFrame:
    count = 40
    data = {"name": ["太原小店", "榆次"] * 20, "n": np.arange(count, dtype=np.int32), "x": np.linspace(0, 1, count)}
    shapes = shapely.box(112 + np.arange(count) / 100, 37, 112.005 + np.arange(count) / 100, 37.01)
    return geopandas.GeoDataFrame(data, geometry=shapes, crs="EPSG:4490")


def by_gdal(driver: str) -> Callable[[Path], None]:
    return lambda path: frame().to_file(path, driver=driver)


def make_shapefile(path: Path) -> None:
    frame().to_file(path, driver="ESRI Shapefile", encoding="GBK")


def make_zip(path: Path) -> None:
    make_shapefile(path.with_suffix(".shp"))
    parts = [each for each in path.parent.iterdir() if each.suffix != ".zip"]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for each in parts:
            archive.write(each, each.name)
    for each in parts:
        each.unlink()


def make_csv(path: Path) -> None:
    rows = "\n".join(f"太原{number},{112 + number / 100},37.5" for number in range(40))
    path.write_bytes(f"名称,经度,纬度\n{rows}\n".encode("gbk"))


def make_workbook(path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["名称", "经度", "纬度"])
    for number in range(40):
        book.active.append([f"太原{number}", 112 + number / 100, 37.5])
    book.save(path)


def make_drawing(path: Path) -> None:
    document = ezdxf.new("R2000")
    document.encoding = "gbk"
    document.blocks.new("B").add_circle((0, 0), 1)
    for number in range(10):
        document.modelspace().add_blockref("B", (number, 0))
        document.modelspace().add_text("迎泽大街").set_placement((number, 1))
        document.modelspace().add_spline([(number, 0), (number + 1, 2), (number + 3, 1)])
    document.saveas(path)


def make_kmz(path: Path) -> None:
    frame().to_file(path.with_name("doc.kml"), driver="KML")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(path.with_name("doc.kml"), "doc.kml")
    path.with_name("doc.kml").unlink()


def make_topology(path: Path) -> None:
    rings = [[[number, 0], [0, 5], [5, 0], [-5, -5]] for number in range(20)]
    shapes = [{"type": "Polygon", "arcs": [[number]], "properties": {"名": "太原"}} for number in range(20)]
    data = {
        "type": "Topology",
        "transform": {"scale": [0.01, 0.01], "translate": [112, 37]},
        "arcs": rings,
        "objects": {"a": {"type": "GeometryCollection", "geometries": shapes}},
    }
    path.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")


def make_featureset(path: Path) -> None:
    rows = [{"attributes": {"MC": "太原"}, "geometry": {"x": 112 + number / 100, "y": 37.5}} for number in range(20)]
    data = {"geometryType": "esriGeometryPoint", "spatialReference": {"wkid": 4490}, "features": rows}
    path.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")


def make_table_with_memo(path: Path) -> None:
    head = bytes([0x83, 126, 11, 22]) + (2).to_bytes(4, "little") + (97).to_bytes(2, "little") + (16).to_bytes(2, "little")
    fields = b"BZ".ljust(11, b"\0") + b"M" + bytes(4) + bytes((10, 0)) + bytes(14)
    fields += b"N".ljust(11, b"\0") + b"I" + bytes(4) + bytes((4, 0)) + bytes(14)
    rows = b"          1\0\0\0\1" + b" " + b"         2\0\0\0\2"
    path.write_bytes(head + bytes(20) + fields + b"\r" + rows + b"\x1a")
    path.with_suffix(".dbt").write_bytes(bytes(512) + b"one\x1a\x1a".ljust(512, b"\0") + b"two\x1a\x1a")


def make_bare_drawing(path: Path) -> None:
    line = "0\nLWPOLYLINE\n8\n地块\n90\n2\n70\n1\n10\n1\n20\n2\n10\n5\n20\n6\n0\nTEXT\n8\n注记\n10\n1\n20\n2\n40\n2\n1\n太原\n"
    path.write_bytes(f"0\nSECTION\n2\nENTITIES\n{line * 10}0\nENDSEC\n0\nEOF\n".encode("gbk"))


MAKERS: dict[str, Callable[[Path], None]] = {
    "a.shp": make_shapefile,
    "a.gpkg": by_gdal("GPKG"),
    "a.geojson": by_gdal("GeoJSON"),
    "a.geojsonl": by_gdal("GeoJSONSeq"),
    "a.kml": by_gdal("KML"),
    "a.gml": by_gdal("GML"),
    "a.fgb": by_gdal("FlatGeobuf"),
    "a.tab": by_gdal("MapInfo File"),
    "a.mif": by_gdal("MapInfo File"),
    "a.gdb": by_gdal("OpenFileGDB"),
    "a.parquet": lambda path: frame().to_parquet(path),
    "a.zip": make_zip,
    "a.kmz": make_kmz,
    "a.topojson": make_topology,
    "a.json": make_featureset,
    "a.gpx": lambda path: geopandas.GeoDataFrame({"name": ["a"]}, geometry=[shapely.Point(112, 37)], crs="EPSG:4326").to_file(
        path, driver="GPX", layer="waypoints"
    ),
    "a.sqlite": by_gdal("SQLite"),
    "a.dbf": make_table_with_memo,
    "b.dxf": make_bare_drawing,
    "a.csv": make_csv,
    "a.xlsx": make_workbook,
    "a.dxf": make_drawing,
}


def damaged(raw: bytes, chance: random.Random) -> bytes:
    kind = chance.choice(["bits", "bits", "header", "cut", "length", "zeros", "doubled"])
    data = bytearray(raw)
    if not data:
        return raw
    if kind == "cut":
        return raw[: chance.randrange(len(raw))]
    if kind == "doubled":
        place = chance.randrange(len(raw))
        return raw[:place] + raw[place // 2 :]
    reach = min(len(data), 200) if kind == "header" else len(data)
    for _ in range(chance.choice([1, 3, 20])):
        place = chance.randrange(reach)
        if kind == "length":
            data[place : place + 4] = chance.choice(
                [b"\xff\xff\xff\x7f", b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff"]
            )
        elif kind == "zeros":
            data[place : place + 16] = bytes(len(data[place : place + 16]))
        else:
            data[place] ^= 1 << chance.randrange(8)
    return bytes(data)


def copies_of(folder: Path, name: str) -> list[Path]:
    """Make the file and damaged copies of it, one part of a set damaged in each."""
    good = folder / "good"
    good.mkdir()
    MAKERS[name](good / name)
    parts = sorted(each for each in good.rglob("*") if each.is_file() and each.suffix not in (".prj", ".cpg", ".xsd"))
    chance = random.Random(name)  # noqa: S311  the same copies in every run
    paths = []
    for number in range(COPIES):
        copy = folder / f"copy{number}"
        shutil.copytree(good, copy)
        part = copy / chance.choice(parts).relative_to(good)
        part.write_bytes(damaged(part.read_bytes(), chance))
        paths.append(copy / name)
    return [good / name, *paths]


def answers(paths: list[Path]) -> list[str]:
    lines = "".join(f"{path}\n" for path in paths)
    done = subprocess.run(
        [sys.executable, str(READER)], input=lines, capture_output=True, text=True, encoding="utf-8",
        timeout=60 + SECONDS_EACH * len(paths), check=False,
    )  # fmt: skip
    found = done.stdout.splitlines()
    assert done.returncode == 0, f"{paths[len(found)].parent.name} ends the process with {done.returncode}"
    return found


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[str, str]]]:
    """(copy, answer) of all copies of every format, by one reader: starting one takes longer than reading."""
    paths: dict[str, list[Path]] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # what a driver thinks of our field names while the good file is made
        for name in MAKERS:
            paths[name] = copies_of(tmp_path_factory.mktemp("damaged"), name)
    found = iter(answers([path for each in paths.values() for path in each]))
    return {name: [(path.parent.name, next(found)) for path in each] for name, each in paths.items()}


@pytest.mark.parametrize("name", MAKERS)
def test_damaged_copies_are_read_or_refused(name: str, everything: dict[str, list[tuple[str, str]]]) -> None:
    found = everything[name]
    assert found[0][1].endswith("read")
    assert [f"{copy}: {answer}" for copy, answer in found if "bug" in answer] == []
    assert [answer for _, answer in found if float(answer.split()[0]) > SECONDS_EACH] == []
