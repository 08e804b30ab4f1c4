"""Damaged copies of every format: bits flipped, ends cut off, lengths wrong. Read or refused; no crash, hang or flood."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
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
    parts = sorted(each for each in good.rglob("*") if each.is_file() and each.suffix not in (".prj", ".cpg"))
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


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # what a driver thinks of our field names while the good file is made
@pytest.mark.parametrize("name", MAKERS)
def test_damaged_copies_are_read_or_refused(tmp_path: Path, name: str) -> None:
    paths = copies_of(tmp_path, name)
    found = answers(paths)
    assert found[0].endswith("read")
    assert [f"{path.parent.name}: {answer}" for path, answer in zip(paths, found, strict=True) if "bug" in answer] == []
    assert [answer for answer in found if float(answer.split()[0]) > SECONDS_EACH] == []
