"""Every format that leaves is opened by other programs, where they are installed: ogrinfo, and QGIS in its own Python."""

from __future__ import annotations

import datetime as dt
import re
import subprocess
from pathlib import Path

import pytest
import shapely
from tests.io.other_programs import HAS_QGIS, OGRINFO, ogrinfo_extent, ogrinfo_text, seen_by_qgis

from cgplanner.io.vector import write_layer
from cgplanner.io.writing.outgoing import WRITABLE
from cgplanner.model.schema import CodedDomain, CodedValue, Field, FieldType, Schema
from cgplanner.model.table import FeatureTable, table_from_records

CITY = CodedDomain("行政区", (CodedValue("140100", "太原市", "Taiyuan"), CodedValue("140300", "阳泉市", "Yangquan")))
SCHEMA = Schema(
    (
        Field("a", "XMMC", FieldType.TEXT, 50, alias_zh="项目名称", alias_en="Project"),
        Field("b", "XZQDM", FieldType.TEXT, 6, domain=CITY),
        Field("c", "SL", FieldType.INTEGER),
        Field("d", "TZE", FieldType.REAL, 12, 2),
        Field("e", "KGRQ", FieldType.DATE),
    ),
    "polygon",
)
ROWS = [
    {"XMMC": "太原武宿机场三期", "XZQDM": "140100", "SL": 46, "TZE": 228.5, "KGRQ": dt.date(2022, 9, 30)},
    {"XMMC": "阳泉垚崞铁路", "XZQDM": "140300", "SL": -7, "TZE": 0.25},
]
BOX = [112.0, 37.0, 113.5, 38.0]
ZONED = ("dxf",)  # in metres whatever the layer is in


def table() -> FeatureTable:
    return table_from_records(SCHEMA, ROWS, [shapely.box(112, 37, 113, 38), shapely.box(113.2, 37.5, 113.5, 37.8)])


def exported(folder: Path, kind: str, receiver: str = "qgis") -> Path:
    path = folder / f"规划 {receiver}.{kind}"
    write_layer(table(), "EPSG:4490", path, format=kind, layer_name="projects", receiver=receiver)
    return path


CASES = [*((kind, "qgis") for kind in WRITABLE), ("shp", "arcgis10"), ("shp", "mapgis"), ("dxf", "autocad")]


def knows(kind: str) -> bool:
    drivers = {"parquet": "Parquet", "gdb": "OpenFileGDB", "fgb": "FlatGeobuf", "xlsx": "XLSX", "kmz": "LIBKML"}
    formats = subprocess.run(["ogrinfo", "--formats"], capture_output=True, text=True, check=True).stdout
    return drivers.get(kind, "") in formats


@pytest.mark.skipif(OGRINFO is None, reason="ogrinfo is not installed")
@pytest.mark.parametrize(("kind", "receiver"), CASES)
def test_ogrinfo_sees_the_same(tmp_path: Path, kind: str, receiver: str) -> None:
    if not knows(kind):
        pytest.skip("this ogrinfo has no driver for it")
    path = exported(tmp_path, kind, receiver)
    options = ["-oo", "GEOM_POSSIBLE_NAMES=WKT", "-oo", "KEEP_GEOM_COLUMNS=NO"] if kind == "csv" else []
    text = ogrinfo_text(path, *options)
    assert "太原武宿机场三期" in text
    assert "阳泉垚崞铁路" in text
    if kind == "dxf":
        entities = re.findall(r"SubClasses \(String\) = (\S+)", text)
        assert sum("AcDbPolyline" in each for each in entities) == 2
        assert sum("AcDbText" in each for each in entities) == 2
        assert sum("AcDbHatch" in each for each in entities) == (2 if receiver == "autocad" else 0)
        return
    counts = [int(number) for number in re.findall(r"Feature Count: (\d+)", text)]
    assert counts[0] == 2
    assert re.search(r"\b228\.50?\b", text)
    assert re.search(r"2022[/-]09[/-]30", text)
    if kind != "xlsx":
        assert ogrinfo_extent(text) == pytest.approx(BOX, abs=1e-6)
    if kind == "shp":
        assert "XMMC: String (50.0)" in text
        assert "TZE: Real (12.2)" in text
    if kind == "gdb":
        assert 'XMMC: String (50.0), alternative name="Project"' in text
        assert "domain name=行政区" in text


@pytest.mark.slow
@pytest.mark.skipif(not HAS_QGIS, reason="python3-qgis is not installed")
def test_qgis_sees_the_same(tmp_path: Path) -> None:
    cases = [(kind, receiver) for kind, receiver in CASES if OGRINFO is None or knows(kind)]
    layers = seen_by_qgis([exported(tmp_path, kind, receiver) for kind, receiver in cases])
    for (kind, receiver), layer in zip(cases, layers, strict=True):
        said = f"{kind} for {receiver}: {layer}"
        assert layer["valid"], said
        texts = {str(value) for row in layer["rows"] for value in row.values()}
        if kind == "dxf":
            assert {"太原武宿机场三期", "阳泉垚崞铁路"} <= texts, said
            continue
        assert layer["count"] == 2, said
        names = layer["rows"][0]
        title = "Project" if kind == "xlsx" else "XMMC"
        assert names[title] == "太原武宿机场三期", said
        assert float(names["TZE"]) == 228.5, said
        assert int(names["SL"]) == 46, said
        assert str(names["KGRQ"]).startswith("2022-09-30"), said
        if kind not in ("xlsx", "csv"):
            assert layer["extent"] == pytest.approx(BOX, abs=1e-6), said
        if kind in ("shp", "gpkg", "gdb"):
            assert layer["widths"]["XMMC"] == 50, said
            assert layer["crs"] == "EPSG:4490", said
        if kind == "gdb":
            assert layer["aliases"]["XMMC"] == "Project", said
