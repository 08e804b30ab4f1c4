"""Exports as GeoJSON are read back by a reader of our own, which passes what was written and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from cgplanner.errors import UserError
from cgplanner.io.geojson import check as geojson_check
from cgplanner.io.geojson import write as geojson_write
from cgplanner.io.geojson.check import check_text
from cgplanner.io.vector import read_layer, write_layer
from cgplanner.io.writing import read_back
from cgplanner.io.writing.read_back import Witness
from cgplanner.io.writing.rows import rows_of
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import FeatureTable, table_from_records

FIELDS = (
    Field("f1", "名称", FieldType.TEXT),
    Field("f2", "count", FieldType.INTEGER),
    Field("f3", "share", FieldType.REAL),
    Field("f4", "built", FieldType.BOOLEAN),
    Field("f5", "day", FieldType.DATE),
)
WKT = [
    "POINT (112.5 37.8)",
    "POINT EMPTY",
    "POINT Z (112.5 37.8 812.25)",
    "LINESTRING (112 37, 112.5 37.5, 113 37)",
    "LINESTRING EMPTY",
    "POLYGON ((112 37, 113 37, 113 38, 112 37), (112.6 37.2, 112.8 37.2, 112.8 37.4, 112.6 37.2))",
    "POLYGON EMPTY",
    "POLYGON Z ((112 37 1, 113 37 2, 113 38 3, 112 37 1))",
    "MULTIPOINT (112 37, 113 38)",
    "MULTILINESTRING ((112 37, 113 38), (112 38, 113 37))",
    "MULTIPOLYGON (((112 37, 113 37, 113 38, 112 37)), ((110 37, 111 37, 111 38, 110 37)))",
    "MULTIPOLYGON EMPTY",
]
rows = st.fixed_dictionaries(
    {
        "名称": st.none() | st.sampled_from(["太原", 'a "b" \\ c', "", "x,\ny\u2028", "\x7f"]),
        "count": st.none() | st.integers(-(2**53), 2**53),
        "share": st.none() | st.floats(allow_nan=False, allow_infinity=False),
        "built": st.none() | st.booleans(),
        "day": st.none() | st.dates(),
    }
)
shapes = st.none() | st.sampled_from([shapely.from_wkt(text) for text in WKT])


def _table(features: list[tuple[dict[str, Any], Any]]) -> FeatureTable:
    return table_from_records(Schema(FIELDS, "mixed"), [row for row, _ in features], [shape for _, shape in features])


def _write(table: FeatureTable, path: Path) -> Path:
    write_layer(table, "EPSG:4490", path, format="geojson", layer_name="plots", overwrite=True)
    return path


@settings(max_examples=25)  # every one writes a file
@given(st.lists(st.tuples(rows, shapes), max_size=30), st.integers(200, 2000))
def test_what_was_written_passes_and_some_of_it_is_shown_to_the_second_reader(
    tmp_path_factory: pytest.TempPathFactory, features: list[tuple[dict[str, Any], Any]], piece: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(geojson_write, "_WHOLE", 3)
        patch.setattr(read_back, "_ROWS_SHOWN", 4)
        patch.setattr(geojson_check, "_PIECE", piece)
        path = _write(_table(features), tmp_path_factory.mktemp("json") / "plots.geojson")
    assert len(read_layer(path).table) == len(features)


PLAIN = _table(
    [
        ({"名称": f"地块{n}", "count": n, "share": n / 8, "built": n % 2 == 0}, shapely.box(112 + n, 37, 112.5 + n, 38))
        for n in range(4)
    ]
)


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw.replace("地块2".encode(), "地块3".encode()),
        lambda raw: raw.replace(b'"count":2', b'"count":3'),
        lambda raw: raw.replace(b'"count":2', b'"count":"2"'),
        lambda raw: raw.replace(b'"count":2', b'"number":2'),
        lambda raw: raw.replace(b'"share":0.25', b'"share":0.2500001'),
        lambda raw: raw.replace(b'"built":true', b'"built":null', 1),
        lambda raw: raw.replace(b"114.5", b"114.6"),
        lambda raw: raw.replace(b"114.5", b"null", 1),
        lambda raw: raw.replace(b'"Polygon"', b'"MultiLineString"'),
        lambda raw: raw.replace(b'"Feature"', b'"Faeture"', 1),
        lambda raw: raw.replace(b"]]]", b"]]", 1),
        lambda raw: b"\n".join(line for number, line in enumerate(raw.split(b"\n")) if number != 2),
        lambda raw: raw.replace(raw.split(b"\n")[2], raw.split(b"\n")[2] + b"\n" + raw.split(b"\n")[2]),
        lambda raw: raw[:-3],
        lambda raw: raw[: len(raw) // 2],
        lambda raw: raw.replace(b"FeatureCollection", b"FeatureCollectiom"),
        lambda raw: raw.replace(b'"features":[', b'"feature":['),
        lambda raw: b"\0" * len(raw),
        lambda _: b"",
    ],
)
def test_what_differs_is_refused(change: Callable[[bytes], bytes], tmp_path: Path) -> None:
    path = _write(PLAIN, tmp_path / "plots.geojson")
    check_text(rows_of(PLAIN), path, path, Witness(len(PLAIN)), tolerance=1e-9)
    changed = change(path.read_bytes())
    assert changed != path.read_bytes()
    path.write_bytes(changed)
    with pytest.raises(UserError):
        check_text(rows_of(PLAIN), path, path, Witness(len(PLAIN)), tolerance=1e-9)
