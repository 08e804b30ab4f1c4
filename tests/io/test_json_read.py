"""JSON as offices and servers send it: GeoJSON in any encoding, lines of it, TopoJSON, Esri's FeatureSets, lists of places."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgplanner.errors import UserError
from cgplanner.io.geojson.topojson import topology_layers
from cgplanner.io.vector import describe, list_layers, read_layer


def feature(x: float, y: float, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Point", "coordinates": [x, y]}}


def collection(*features: dict[str, Any], **members: Any) -> str:
    return json.dumps({"type": "FeatureCollection", **members, "features": features}, ensure_ascii=False)


TWO = collection(feature(112.5, 37.8, 名称="太原小店区"), feature(112.7, 37.7, 名称="晋中榆次区"))


def written(path: Path, text: str, codec: str = "utf-8") -> Path:
    path.write_bytes(text.encode(codec))
    return path


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "gbk", "utf-16", "utf-16-le", "utf-16-be"])
def test_geojson_in_any_encoding(tmp_path: Path, codec: str) -> None:
    loaded = read_layer(written(tmp_path / "a.geojson", TWO, codec))
    assert loaded.table.column("名称").values() == ["太原小店区", "晋中榆次区"]
    assert loaded.report.encoding == {"gbk": "GBK", "utf-8": "UTF-8", "utf-8-sig": "UTF-8"}.get(codec, "UTF-16")


@pytest.mark.parametrize(
    ("members", "x", "y", "crs"),
    [
        ({}, 112.5, 37.8, "EPSG:4326"),
        ({"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4547"}}}, 4e5, 4.18e6, "EPSG:4547"),
        ({"crs": None}, 4e5, 4.18e6, "EPSG:4547"),  # no degrees: the zone is found by the ground
        ({}, 4e5, 4.18e6, "EPSG:4547"),
    ],
)
def test_coordinates_are_what_they_can_be(tmp_path: Path, members: dict[str, Any], x: float, y: float, crs: str) -> None:
    loaded = read_layer(written(tmp_path / "a.geojson", collection(feature(x, y), **members)))
    assert loaded.crs == crs
    assert not loaded.report.has("crs-wrong")


def test_a_crs_at_the_end_is_declared(tmp_path: Path) -> None:
    member = {"type": "name", "properties": {"name": "EPSG:4547"}}
    text = json.dumps({"type": "FeatureCollection", "features": [feature(4e5, 4.18e6, a="x" * 200_000)], "crs": member})
    loaded = read_layer(written(tmp_path / "a.geojson", text))
    assert (loaded.crs, loaded.report.crs_how) == ("EPSG:4547", "declared")


@pytest.mark.parametrize("name", ["a.geojsonl", "a.ndjson", "a.geojson"])
@pytest.mark.parametrize("separator", ["", "\x1e"])
def test_lines_are_counted_and_broken_ones_said(tmp_path: Path, name: str, separator: str) -> None:
    lines = [json.dumps(feature(112 + n, 37, n=n)) for n in range(3)]
    lines.insert(2, '{"type":"Feature","broken')
    loaded = read_layer(written(tmp_path / name, "".join(f"{separator}{line}\n" for line in lines)))
    assert loaded.table.column("n").values() == [0, 1, 2]
    assert {note.code: note.count for note in loaded.report.notes} == {"records-left-out": 1, "crs-offset-unproven": 2}


def test_what_is_nearly_geojson_is_mended_and_said(tmp_path: Path) -> None:
    endless = collection(feature(112, 37, a=1), feature(12345, 37, a=math.nan)).replace("12345", "1e999")
    loaded = read_layer(written(tmp_path / "a.geojson", endless))
    assert loaded.table.column("a").values() == [1, None]
    codes = {note.code for note in loaded.report.notes}
    assert codes == {"json-mended", "coordinates-unreadable", "geometry-missing", "crs-offset-unproven"}
    for text in (f"[{json.dumps(feature(112, 37))}]", f"callback({collection(feature(112, 37))});"):
        assert len(read_layer(written(tmp_path / "b.json", text)).table) == 1


def test_a_list_of_places_is_a_table(tmp_path: Path) -> None:
    pois = [{"name": "太原", "location": "112.5,37.8", "tel": "0351"}, {"name": "榆次", "location": "112.7,37.7"}]
    loaded = read_layer(written(tmp_path / "a.json", json.dumps({"status": 1, "pois": pois}, ensure_ascii=False)))
    assert loaded.table.schema.geometry == "point"
    assert loaded.table.column("tel").values() == ["0351", None]


def test_an_esri_featureset(tmp_path: Path) -> None:
    fields = [
        {"name": "MC", "type": "esriFieldTypeString", "alias": "名称"},
        {"name": "RQ", "type": "esriFieldTypeDate", "alias": "日期"},
    ]
    rings = [[[4e5, 4.18e6], [4e5, 4.19e6], [4.1e5, 4.18e6], [4e5, 4.18e6]]]
    rows = [
        {"attributes": {"MC": "太原", "RQ": 1_600_000_000_000}, "geometry": {"rings": rings}},
        {"attributes": {"MC": None, "RQ": None}, "geometry": None},
    ]
    data = {"geometryType": "esriGeometryPolygon", "spatialReference": {"wkid": 4547}, "fields": fields, "features": rows}
    loaded = read_layer(written(tmp_path / "a.json", json.dumps(data | {"exceededTransferLimit": True}, ensure_ascii=False)))
    assert (loaded.crs, loaded.table.schema.geometry) == ("EPSG:4547", "polygon")
    assert [each.alias_zh for each in loaded.table.schema] == ["名称", "日期"]
    assert loaded.table.column("MC").values() == ["太原", None]
    assert loaded.report.has("transfer-limit")


TOPOLOGY = {
    "type": "Topology",
    "transform": {"scale": [0.001, 0.002], "translate": [112, 37]},
    "arcs": [[[0, 0], [0, 500], [100, 0]], [[100, 500], [0, -500], [-100, 0]], [[10, 10], [5, 5]]],
    "objects": {
        "县": {
            "type": "GeometryCollection",
            "geometries": [
                {"type": "Polygon", "arcs": [[0, 1]], "properties": {"名": "太原"}, "id": "a"},
                {"type": "LineString", "arcs": [~2]},
                {"type": "Point", "coordinates": [50, 50]},
                {"type": None, "properties": {"名": "空"}},
            ],
        },
        "界": {"type": "MultiLineString", "arcs": [[0], [2]]},
    },
}


@pytest.mark.parametrize("name", ["a.topojson", "a.json"])
@pytest.mark.parametrize("codec", ["utf-8", "gbk"])
def test_topojson_is_put_together(tmp_path: Path, name: str, codec: str) -> None:
    path = written(tmp_path / name, json.dumps(TOPOLOGY, ensure_ascii=False), codec)
    assert [(each.name, each.features) for each in list_layers(path)] == [("县", 4), ("界", 1)]
    loaded = read_layer(path, "县")
    shapes = [loaded.table.geometry.value(row) for row in range(4)]
    assert [shape.wkt if shape else None for shape in shapes] == [
        "POLYGON ((112 37, 112 38, 112.1 38, 112.1 37, 112 37))",
        "LINESTRING (112.015 37.03, 112.01 37.02)",
        "POINT (112.05 37.1)",
        None,
    ]
    assert loaded.table.column("名").values() == ["太原", None, None, "空"]


@given(
    st.lists(
        st.lists(st.tuples(st.integers(-999, 999), st.integers(-999, 999)), min_size=2, max_size=6), min_size=1, max_size=4
    )
)
def test_quantized_arcs_mean_the_places_they_were_made_of(lines: list[list[tuple[int, int]]]) -> None:
    arcs = [
        [line[0], *((after[0] - before[0], after[1] - before[1]) for before, after in itertools.pairwise(line))]
        for line in lines
    ]
    shapes = [{"type": "LineString", "arcs": [number]} for number in range(len(lines))]
    data = {
        "arcs": arcs,
        "transform": {"scale": [0.5, 0.25], "translate": [10, 20]},
        "objects": {"a": {"type": "GeometryCollection", "geometries": shapes}},
    }
    made = [each["geometry"]["coordinates"] for each in topology_layers(data)[0]["a"]]
    assert made == [[[x * 0.5 + 10, y * 0.25 + 20] for x, y in line] for line in lines]


@pytest.mark.parametrize(
    "text",
    [
        '{"a":' * 3000 + "1" + "}" * 3000,
        TWO[:-40],
        '{"name":"x"}',
        "[1,2]",
        "{}",
        '{"type":"Topology","arcs":{},"objects":[]}',
    ],
)
def test_what_holds_nothing_is_refused_in_a_sentence(tmp_path: Path, text: str) -> None:
    with pytest.raises(UserError) as refusal:
        describe(written(tmp_path / "a.json", text))
    assert refusal.value.hint


def test_degrees_that_may_be_those_of_a_web_map_are_said_where_no_name_proves_them(tmp_path: Path) -> None:
    loaded = read_layer(written(tmp_path / "a.geojson", collection(feature(112.5, 37.8, a=1))))
    assert loaded.report.has("crs-offset-unproven")
    assert {each.change for each in loaded.report.candidates} == {(), ("gcj02",), ("bd09",)}
    far = read_layer(written(tmp_path / "b.geojson", collection(feature(2.35, 48.85, a=1))))
    assert not far.report.has("crs-offset-unproven")


def test_coordinates_in_quotes_and_numbers_beyond_64_bits_are_put_right(tmp_path: Path) -> None:
    whole = feature(112.5, 37.8, number=2**63 + 5)
    quoted = feature(0, 0, number=7) | {"geometry": {"type": "LineString", "coordinates": [["112.5", "37.8"], ["112.6", 37.9]]}}
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}
    path = written(tmp_path / "a.geojson", collection(whole, quoted, crs=crs))
    loaded = read_layer(path)
    assert loaded.table.column("number").values() == [str(2**63 + 5), "7"]
    assert loaded.table.geometry.base.xy.tolist() == [[112.5, 37.8], [112.5, 37.8], [112.6, 37.9]]
    assert loaded.crs == "EPSG:4490"
    assert loaded.report.has("json-mended")
    assert loaded.report.has("numbers-as-text")
    assert describe(path).layers[0].report.has("numbers-as-text")


def test_a_shape_that_cannot_be_put_right_is_said_as_before(tmp_path: Path) -> None:
    flat = feature(0, 0, n=1) | {"geometry": {"type": "Polygon", "coordinates": [[112, 37], [113, 37], [113, 38]]}}
    loaded = read_layer(written(tmp_path / "a.geojson", collection(flat, feature(112.5, 37.8, n=2))))
    assert [note.code for note in loaded.report.notes if note.code.startswith(("geometry", "json"))] == [
        "geometry-unreadable",
        "geometry-missing",
    ]
