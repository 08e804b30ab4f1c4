"""Frames and GeoParquet: what goes out comes back, and other people's frames come in."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import geopandas
import pandas as pd
import pytest
import shapely

from cgplanner.errors import UserError
from cgplanner.io import vector
from cgplanner.io.columnar.frames import geodataframe_of, table_of
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import FeatureTable, table_from_records

SCHEMA = Schema(
    (
        Field("n", "XMMC", FieldType.TEXT, alias_zh="项目名称", alias_en="Name"),
        Field("i", "KGNF", FieldType.INTEGER),
        Field("r", "SL", FieldType.REAL),
        Field("b", "SF", FieldType.BOOLEAN),
        Field("d", "RQ", FieldType.DATE),
        Field("t", "GXSJ", FieldType.DATETIME),
    )
)
ROWS = [
    {"XMMC": "太旧高速", "KGNF": 2**60 + 1, "SL": 0.5, "SF": True, "RQ": "2023-05-01", "GXSJ": "2023-05-01 14:30:05.123"},
    {"XMMC": "", "KGNF": 0, "SL": 0.0, "SF": False, "RQ": "1911-10-10", "GXSJ": "1969-12-31 23:59:59"},
    {},
]
SHAPES = [shapely.Point(112.5, 37.8), shapely.box(112, 37, 113, 38), None]


@pytest.fixture
def table() -> FeatureTable:
    return table_from_records(SCHEMA, ROWS, SHAPES)


def values(table: FeatureTable) -> list[list[object]]:
    return [table.columns[each.id].values() for each in table.schema]


def test_a_frame_keeps_types_nulls_and_identities(table: FeatureTable) -> None:
    frame = geodataframe_of(table, "EPSG:4490")
    assert frame.crs.to_epsg() == 4490
    assert frame.index.tolist() == [1, 2, 3]
    assert frame["XMMC"].isna().tolist() == [False, False, True]
    assert int(frame["KGNF"].iloc[0]) == 2**60 + 1
    back, crs = table_of(frame)
    assert crs == "EPSG:4490"
    assert values(back) == values(table)
    assert [each.type for each in back.schema] == [each.type for each in SCHEMA]
    assert back.schema.fields[0].alias_zh == "项目名称"
    assert back.fids.tolist() == [1, 2, 3]
    assert [each and each.wkt for each in back.geometry.geometries()] == [each and each.wkt for each in SHAPES]


def test_geoparquet_there_and_back(table: FeatureTable, tmp_path: Path) -> None:
    path = tmp_path / "项目.parquet"
    report = vector.write_layer(table, "EPSG:4490", path, format="parquet", layer_name="x")
    assert report.verified
    loaded = vector.read_layer(path)
    assert (loaded.crs, loaded.report.crs_how) == ("EPSG:4490", "declared")
    assert values(loaded.table) == values(table)
    assert geopandas.read_parquet(path)["XMMC"].iloc[0] == "太旧高速"
    with pytest.raises(UserError, match="exists already"):
        vector.write_layer(table, "EPSG:4490", path, format="parquet", layer_name="x")


def test_frames_of_others_come_in(tmp_path: Path) -> None:
    frame = geopandas.GeoDataFrame(
        {
            "kind": pd.Categorical(["a", None]),
            "count": [1.0, None],
            "when": [dt.datetime(2024, 1, 2, tzinfo=dt.UTC), None],
            "list": [[1, 2], None],
            "nothing": [None, None],
        },
        geometry=[shapely.Point(0, 0), shapely.Point(1, 1)],
        index=[7, 7],
    )
    path = tmp_path / "other.parquet"
    frame.to_parquet(path)
    loaded = vector.read_layer(path)
    table = loaded.table
    assert loaded.crs == ""
    assert loaded.report.has("crs-missing")
    assert table.fids.tolist() == [1, 2]
    assert table.column("kind").values() == ["a", None]
    assert table.column("count").values() == [1.0, None]
    assert table.column("when").values() == [dt.datetime(2024, 1, 2), None]  # noqa: DTZ001  columns have no zone
    assert table.column("list").values() == ["[1, 2]", None]
    assert table.column("nothing").values() == [None, None]


@pytest.mark.parametrize("content", [b"PAR1", b"PAR1" + bytes(100) + b"PAR1", b"not parquet"])
def test_damaged_files_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.parquet"
    path.write_bytes(content)
    with pytest.raises(UserError):
        vector.read_layer(path)


def test_parquet_without_geometry_is_a_table(tmp_path: Path) -> None:
    path = tmp_path / "plain.parquet"
    pd.DataFrame({"a": [1]}).to_parquet(path)
    loaded = vector.read_layer(path)
    assert (loaded.table.column("a").values(), loaded.table.schema.geometry) == ([1], "none")
