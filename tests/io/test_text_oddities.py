"""KML and JSON as programs and people write them: every oddity made here, read right or said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cgplanner.errors import UserError
from cgplanner.io.source import LoadedLayer
from cgplanner.io.vector import list_layers, read_layer
from cgplanner.io.xml.broken import whole_features_taken

PLACE = "<Placemark><name>{name}</name><Point><coordinates>112.75,37.69,0</coordinates></Point></Placemark>"


def kml(path: Path, body: str, *, behind: str = "") -> LoadedLayer:
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
    path.write_text(f"{head}{body}</Document></kml>{behind}", encoding="utf-8")
    return read_layer(path)


def drawn(path: Path, shape: str) -> str:
    return str(kml(path, f"<Placemark>{shape}</Placemark>").table.geometry.value(0))


def codes(loaded: LoadedLayer) -> set[str]:
    return {each.code for each in loaded.report.notes}


def test_bare_ampersands_and_what_lies_behind_the_end_of_a_kml(tmp_path: Path) -> None:
    loaded = kml(tmp_path / "a.kml", PLACE.format(name="A&B 路?x=1&y=2"))
    assert loaded.table.column("Name").values() == ["A&B 路?x=1&y=2"]
    assert "xml-mended" in codes(loaded)
    assert "text-behind-end" in codes(kml(tmp_path / "b.kml", PLACE.format(name="a"), behind="\njunk"))


def test_a_kml_that_breaks_off(tmp_path: Path) -> None:
    path = tmp_path / "a.kml"
    kml(path, PLACE.format(name="a") * 3)
    path.write_bytes(path.read_bytes()[:-60])
    with pytest.raises(UserError, match="2 features before it are whole"):
        read_layer(path)
    with whole_features_taken():
        loaded = read_layer(path)
    assert len(loaded.table) == 2
    assert "file-broken" in codes(loaded)
    with pytest.raises(UserError):  # what was taken once is not kept for those who did not ask
        read_layer(path)


@pytest.mark.parametrize(
    ("coordinates", "wkt"),
    [
        ("112.1,37.1,0,112.2,37.2,0", "LINESTRING Z (112.1 37.1 0, 112.2 37.2 0)"),
        ("112.1,37.1,112.2,37.2", "LINESTRING (112.1 37.1, 112.2 37.2)"),
        ("112.1,37.1;112.2,37.2", "LINESTRING (112.1 37.1, 112.2 37.2)"),
        ("112.1, 37.1, 5 112.2,37.2", "LINESTRING Z (112.1 37.1 5, 112.2 37.2 0)"),
    ],
)
def test_coordinates_in_forms_of_their_own(tmp_path: Path, coordinates: str, wkt: str) -> None:
    assert drawn(tmp_path / "a.kml", f"<LineString><coordinates>{coordinates}</coordinates></LineString>") == wkt


def test_shapes_that_the_standard_does_not_know(tmp_path: Path) -> None:
    ring = "<LinearRing><coordinates>{0},{0} {0},{1} {1},{1} {0},{0}</coordinates></LinearRing>"
    two = "".join(f"<outerBoundaryIs>{ring.format(a, a + 3)}</outerBoundaryIs>" for a in (0, 5))
    hole = f"<innerBoundaryIs>{ring.format(6, 7)}</innerBoundaryIs>"
    made = kml(tmp_path / "a.kml", f"<Placemark><Polygon>{two}{hole}</Polygon></Placemark>").table.geometry.value(0)
    assert made.area == pytest.approx(4.5 + 4.5 - 0.5)
    point = "<Point><coordinates>1,2</coordinates></Point>"
    assert drawn(tmp_path / "b.kml", f"<MultiPoint>{point}{point}</MultiPoint>") == "MULTIPOINT ((1 2), (1 2))"


def test_placemarks_by_a_name_of_their_own(tmp_path: Path) -> None:
    schema = '<Schema parent="Placemark" name="Road"><SimpleField name="W" type="int"/></Schema>'
    road = "<Road><name>r</name><W>5</W><LineString><coordinates>1,2 3,4</coordinates></LineString></Road>"
    loaded = kml(tmp_path / "a.kml", schema + road)
    assert (loaded.table.column("Name").values(), loaded.table.column("W").values()) == (["r"], [5])


def test_two_values_of_one_name_are_two_columns(tmp_path: Path) -> None:
    data = '<ExtendedData><Data name="Name"><value>1</value></Data><Data name="a"><value>2</value></Data></ExtendedData>'
    loaded = kml(tmp_path / "a.kml", PLACE.format(name="晋中").replace("<Point>", f"{data}<Point>"))
    assert [each.name for each in loaded.table.schema] == ["Name", "Name_2", "a"]


# --- JSON --------------------------------------------------------------------------------------------------------------


def feature(*place: float, **values: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": values or {"名称": "晋中"}, "geometry": {"type": "Point", "coordinates": place}}


def collection(*features: Any, **members: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", **members, "features": list(features)}


def read(path: Path, data: Any) -> LoadedLayer:
    path.write_text(data if isinstance(data, str) else json.dumps(data, ensure_ascii=False), encoding="utf-8")
    return read_layer(path)


@pytest.mark.parametrize(
    "crs",
    [
        "EPSG:4547",
        {"type": "name", "properties": {"name": "国家2000 3度带 114E"}},
        {"type": "name", "properties": {"name": "CGCS2000_3_Degree_GK_CM_114E"}},
        {"type": "link", "properties": {"href": "http://spatialreference.org/ref/epsg/4547/proj4/"}},
        {"type": "EPSG", "properties": {"code": 4547}},
    ],
)
def test_a_crs_member_in_any_form(tmp_path: Path, crs: Any) -> None:
    loaded = read(tmp_path / "a.geojson", collection(feature(390000, 4174000), crs=crs))
    assert (loaded.crs, loaded.report.crs_how) == ("EPSG:4547", "declared")


@pytest.mark.parametrize("call", ["var a = {};", "const a={}", "export default {};", 'window["a"] = {}', "call({})"])
def test_json_in_a_script(tmp_path: Path, call: str) -> None:
    assert len(read(tmp_path / "a.json", call.replace("{}", json.dumps(collection(feature(112, 37))))).table) == 1


def test_a_property_called_topology_makes_no_topology(tmp_path: Path) -> None:
    assert len(read(tmp_path / "a.json", collection(feature(112, 37, type="Topology"))).table) == 1
    assert len(read(tmp_path / "b.json", feature(112, 37, type="Topology")).table) == 1


def test_collections_in_an_answer_and_one_after_another(tmp_path: Path) -> None:
    one = collection(feature(112, 37))
    assert len(read(tmp_path / "a.json", {"success": True, "result": {"geojson": one}}).table) == 1
    assert len(read(tmp_path / "b.json", f"{json.dumps(one)}\n{json.dumps(one)}\n").table) == 2
    (tmp_path / "c.json").write_text(json.dumps({"甲": one, "乙": collection(feature(1, 2), feature(3, 4))}), encoding="utf-8")
    assert {each.name: each.features for each in list_layers(tmp_path / "c.json")} == {"甲": 1, "乙": 2}
    assert len(read_layer(tmp_path / "c.json", "乙").table) == 2


def test_words_in_another_case_are_mended(tmp_path: Path) -> None:
    odd = {"type": "feature", "properties": {"a": 1}, "geometry": {"type": "point", "coordinates": [112, 37]}}
    loaded = read(tmp_path / "a.json", collection(odd))
    assert loaded.table.geometry.extent() == (112, 37, 112, 37)
    assert "json-mended" in codes(loaded)


def test_shapes_of_the_wrong_depth_are_counted(tmp_path: Path) -> None:
    odd = {**feature(0, 0), "geometry": {"type": "Polygon", "coordinates": [[0, 0], [1, 0], [1, 1], [0, 0]]}}
    loaded = read(tmp_path / "a.json", collection(odd, feature(112, 37), {**feature(1, 1), "geometry": None}))
    assert [each.count for each in loaded.report.notes if each.code == "geometry-unreadable"] == [1]


def test_what_a_server_says(tmp_path: Path) -> None:
    loaded = read(tmp_path / "a.json", collection(feature(112, 37), numberMatched=5000, numberReturned=1))
    assert [each.count for each in loaded.report.notes if each.code == "transfer-limit"] == [4999]
    with pytest.raises(UserError, match="Invalid URL"):
        read(tmp_path / "b.json", {"error": {"code": 400, "message": "Invalid URL"}})


def test_a_geojson_that_breaks_off(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    text = json.dumps(collection(*(feature(112, 37, n=number) for number in range(4))))[:-50]
    with pytest.raises(UserError, match="3 features before it are whole"):
        read(path, text)
    with whole_features_taken():
        loaded = read_layer(path)
    assert loaded.table.column("n").values() == [0, 1, 2]
    assert "file-broken" in codes(loaded)


def test_a_place_that_is_an_object(tmp_path: Path) -> None:
    loaded = read(tmp_path / "a.json", {"results": [{"name": "a", "location": {"lat": 37.69, "lng": 112.75}}]})
    assert loaded.table.schema.geometry == "point"


@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_a_picture_as_a_word_of_a_million_letters(tmp_path: Path, encoding: str) -> None:
    picture = "A" * 1_000_000
    path = tmp_path / "a.geojson"
    path.write_bytes(json.dumps(collection(feature(112, 37, name="晋中", photo=picture)), ensure_ascii=False).encode(encoding))
    table = read_layer(path).table
    assert (table.column("name").value(0), table.column("photo").value(0)) == ("晋中", picture)
