"""GeoParquet of other writers: descriptions of every kind, wrong or missing, shapes in other encodings, columns of any type."""

from __future__ import annotations

import datetime as dt
import decimal
import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyproj
import pytest
import shapely

from cgplanner.errors import UserError
from cgplanner.io.source import LoadedLayer
from cgplanner.io.vector import read_layer

POINTS = [shapely.Point(112.5, 37.8), shapely.Point(112.6, 37.9)]
WKB = pa.array([shapely.to_wkb(each) for each in POINTS], pa.binary())


def described(**about: Any) -> dict[str, Any]:
    column = {"encoding": "WKB", "geometry_types": []} | about
    return {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}


def write(path: Path, geo: Any, **columns: pa.Array) -> Path:
    raw = geo if isinstance(geo, bytes) else json.dumps(geo).encode()
    pq.write_table(pa.table({"geometry": WKB, **columns}).replace_schema_metadata({b"geo": raw}), path)
    return path


def codes(loaded: LoadedLayer) -> set[str]:
    return {note.code for note in loaded.report.notes}


@pytest.mark.parametrize(
    ("geo", "crs", "how"),
    [
        (described(), "EPSG:4326", "declared"),  # the standard: longitude and latitude of WGS 84
        (described(crs=None), "EPSG:4490", "guessed"),
        (described(crs="EPSG:4490"), "EPSG:4490", "declared"),
        (described(crs=pyproj.CRS(4490).to_json_dict()), "EPSG:4490", "declared"),
        (described(crs=pyproj.CRS("OGC:CRS84").to_json_dict()), "EPSG:4326", "declared"),
        (described(crs={"type": "Nothing"}), "EPSG:4490", "guessed"),
        (described(edges="spherical", epoch=2020.0), "EPSG:4326", "declared"),
        (described() | {"version": "9.0", "primary_column": "gone"}, "EPSG:4326", "declared"),
        ({}, "EPSG:4490", "guessed"),
        ([], "EPSG:4490", "guessed"),
        ({"columns": {"geometry": []}}, "EPSG:4490", "guessed"),
        (b"{not json", "EPSG:4490", "guessed"),
    ],
)
def test_descriptions(tmp_path: Path, geo: Any, crs: str, how: str) -> None:
    loaded = read_layer(write(tmp_path / "a.parquet", geo))
    assert (loaded.crs, loaded.report.crs_how) == (crs, how)
    assert [each.wkt for each in loaded.table.geometry.geometries()] == [each.wkt for each in POINTS]


VALUES: dict[str, tuple[pa.Array, list[object]]] = {
    "small": (pa.array([-1, None], pa.int8()), [-1, None]),
    "large": (pa.array([2**64 - 1, 0], pa.uint64()), ["18446744073709551615", "0"]),
    "dictionary": (pa.array(["甲", None]).dictionary_encode(), ["甲", None]),
    "decimal": (pa.array([decimal.Decimal("1.25"), None], pa.decimal128(9, 2)), [1.25, None]),
    "half": (pa.array([1.5, 2.5], pa.float16()), [1.5, 2.5]),
    "zoned": (pa.array([0, None], pa.timestamp("us", "Asia/Shanghai")), [dt.datetime(1970, 1, 1), None]),  # noqa: DTZ001
    "day": (pa.array([dt.date(2026, 3, 1), None], pa.date64()), [dt.date(2026, 3, 1), None]),
    "time": (pa.array([dt.time(8, 30), None], pa.time32("s")), ["08:30:00", None]),
    "list": (pa.array([[1, 2], None]), ["[1, 2]", None]),
    "struct": (pa.array([{"a": "太"}, None]), ['{"a": "太"}', None]),
    "map": (pa.array([[("k", 1)], None], pa.map_(pa.string(), pa.int32())), ['[["k", 1]]', None]),
    "bytes": (pa.array([b"\x00\xff", None], pa.binary()), [None, None]),
    "nothing": (pa.nulls(2), [None, None]),
    "view": (pa.array(["a", None], pa.string_view()), ["a", None]),
}


@pytest.mark.parametrize("name", VALUES)
def test_columns_of_every_type(tmp_path: Path, name: str) -> None:
    array, expected = VALUES[name]
    loaded = read_layer(write(tmp_path / "a.parquet", described(), v=array))
    assert loaded.table.column("v").values() == expected
    assert ("binary-left-out" in codes(loaded)) == (name == "bytes")


def test_damaged_shapes_do_not_stop_the_others(tmp_path: Path) -> None:
    curve = struct.pack("<BII6d", 1, 8, 3, 112.5, 37.8, 112.55, 37.85, 112.6, 37.8)
    shapes = pa.array([b"bad", curve, None, shapely.to_wkb(POINTS[0])], pa.binary())
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"geometry": shapes}).replace_schema_metadata({b"geo": json.dumps(described()).encode()}), path)
    loaded = read_layer(path)
    bad, arc, missing, point = loaded.table.geometry.geometries()
    assert (bad, missing, point.wkt) == (None, None, POINTS[0].wkt)
    assert (arc.geom_type, len(arc.coords) > 20, round(arc.length, 3)) == ("LineString", True, 0.157)
    assert {"geometry-unreadable", "curves-straightened", "geometry-missing"} <= codes(loaded)


@pytest.mark.parametrize("kind", ["point", "linestring", "polygon", "multipolygon"])
def test_shapes_in_columns_of_coordinates(tmp_path: Path, kind: str) -> None:
    area = shapely.box(112, 37, 113, 38)
    shape = {
        "point": POINTS[0],
        "linestring": shapely.LineString(area.exterior),
        "polygon": area,
        "multipolygon": shapely.MultiPolygon([area]),
    }[kind]
    frame = geopandas.GeoDataFrame({"a": [1]}, geometry=[shape], crs="EPSG:4490")
    frame.to_parquet(tmp_path / "a.geoparquet", geometry_encoding="geoarrow", schema_version="1.1.0", write_covering_bbox=True)
    table = read_layer(tmp_path / "a.geoparquet").table
    assert [each.name for each in table.schema] == ["a"]
    assert shapely.equals(table.geometry.value(0), shape)


MAKERS: dict[str, Callable[[Path], None]] = {
    "wkb": lambda path: pd.DataFrame({"a": [1, 2], "wkb": WKB.to_pylist()}).to_parquet(path),
    "lon and lat": lambda path: pd.DataFrame({"a": [1, 2], "lon": [112.5, 112.6], "lat": [37.8, 37.9]}).to_parquet(path),
    "wkt": lambda path: pd.DataFrame({"a": [1, 2], "wkt": [each.wkt for each in POINTS]}).to_parquet(path),
}


@pytest.mark.parametrize("name", MAKERS)
def test_shapes_that_nothing_describes_are_found(tmp_path: Path, name: str) -> None:
    MAKERS[name](tmp_path / "a.pq")
    loaded = read_layer(tmp_path / "a.pq")
    assert [each.wkt for each in loaded.table.geometry.geometries()] == [each.wkt for each in POINTS]
    assert loaded.table.column("a").values() == [1, 2]


def test_an_index_with_a_name_is_a_column_and_two_columns_may_have_one_name(tmp_path: Path) -> None:
    frame = geopandas.GeoDataFrame({"名称": ["太原", "榆次"], "a": [1, 2]}, geometry=POINTS, crs=4490).set_index("名称")
    frame.to_parquet(tmp_path / "a.parquet")
    assert read_layer(tmp_path / "a.parquet").table.column("名称").values() == ["太原", "榆次"]
    twice = pa.table([WKB, pa.array([1, 2]), pa.array([3, 4])], names=["geometry", "a", "a"])
    pq.write_table(twice.replace_schema_metadata({b"geo": json.dumps(described()).encode()}), tmp_path / "b.parquet")
    table = read_layer(tmp_path / "b.parquet").table
    assert [(each.name, table.columns[each.id].values()) for each in table.schema] == [("a", [1, 2]), ("a_2", [3, 4])]


def test_what_is_cut_is_refused(tmp_path: Path) -> None:
    raw = write(tmp_path / "a.parquet", described()).read_bytes()
    (tmp_path / "b.parquet").write_bytes(raw[:-100])
    with pytest.raises(UserError, match="damaged"):
        read_layer(tmp_path / "b.parquet")
