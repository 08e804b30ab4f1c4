"""The rules that turn the ledger into shapes and attributes, held against the ledger itself."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pyproj
import pytest
import shapely

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "packaging"))

from sample import fields, records, shapes
from sample.base_layers import Rows, licence_of, read_base_layer
from sample.boundaries import read_boundaries
from sample.ledger import LAYERS, Fact, read_facts

GEOD = pyproj.Geod(ellps="GRS80")
FACTS = {fact.id: fact for fact in read_facts()}
CORRIDORS = {"EC01": 16, "EC02": 14, "EC03": 14, "EC07": 18, "IN02": 14, "IN04": 8, "IN14": 10}


@pytest.fixture(scope="module")
def base() -> shapes.BaseMap:
    return shapes.read_base_map()


@pytest.fixture(scope="module")
def drawn(base: shapes.BaseMap) -> dict[str, shapely.Geometry]:
    return {fact.id: shapes.shape_of(fact, base) for fact in FACTS.values()}


def kilometres(line: shapely.Geometry) -> float:
    return GEOD.geometry_length(line) / 1000


def test_counts_by_layer_are_those_of_the_plan() -> None:
    assert Counter(fact.layer for fact in FACTS.values()) == {"projects": 46, "ecology": 7, "industry": 25, "tourism": 10}
    assert set(LAYERS) == set(fields.PLANNING)


def test_every_shape_is_valid_oriented_and_on_the_grid(drawn: dict[str, shapely.Geometry]) -> None:
    for code, shape in drawn.items():
        xy = shapely.get_coordinates(shape)
        assert shape.is_valid, code
        assert not shape.is_empty, code
        assert np.abs(xy * 1e6 - np.round(xy * 1e6)).max() < 1e-3, code
        shells = shapely.get_exterior_ring(shapely.get_parts(shape))
        assert all(shell.is_ccw for shell in shells if shell is not None), code


def test_each_shape_has_the_kind_its_row_asks_for(drawn: dict[str, shapely.Geometry]) -> None:
    wanted = {"point": "Point", "line": "LineString", "polygon": "Polygon", "along": "LineString", "city": "MultiPolygon"}
    for code, fact in FACTS.items():
        kind = "Polygon" if fact.corridor_km else wanted[fact.geometry.partition(":")[0]]
        assert drawn[code].geom_type == kind, code


def test_plain_rows_keep_the_positions_of_the_ledger(drawn: dict[str, shapely.Geometry]) -> None:
    for code, fact in FACTS.items():
        if fact.geometry in {"point", "line"} and fact.corridor_km is None:
            assert shapely.get_coordinates(drawn[code]).tolist() == [list(p) for p in fact.positions], code


def test_corridors_have_the_width_of_the_ledger(drawn: dict[str, shapely.Geometry]) -> None:
    assert {code: fact.corridor_km for code, fact in FACTS.items() if fact.corridor_km} == CORRIDORS
    for code, width in CORRIDORS.items():
        belt = shapes.to_metres(drawn[code])
        clear = shapely.maximum_inscribed_circle(belt, tolerance=20).length * 2 / 1000
        assert clear >= width * 0.995, code
        if code not in {"EC02", "EC03"}:  # straight axes: nothing wider than the belt but where it bends
            assert clear < width * 1.1, code
        assert shapely.get_num_coordinates(belt) < 400, code


@pytest.mark.parametrize(
    ("code", "river", "length_km", "area_km2", "elsewhere"),
    [
        ("EC02", "黄河", (280, 340), (3300, 4400), "汾阳市"),
        ("EC03", "汾河", (95, 120), (1300, 1550), "娄烦县"),
        ("TR01", "黄河", (280, 340), None, "汾阳市"),
    ],
)
def test_river_rows_lie_along_their_counties(
    base: shapes.BaseMap,
    drawn: dict[str, shapely.Geometry],
    code: str,
    river: str,
    length_km: tuple[float, float],
    area_km2: tuple[float, float] | None,
    elsewhere: str,
) -> None:
    fact = FACTS[code]
    assert fact.river == river
    axis = shapes.shape_of(_without_corridor(fact), base)
    assert length_km[0] < kilometres(axis) < length_km[1]
    if area_km2 is not None:
        area = GEOD.geometry_area_perimeter(drawn[code])[0] / 1e6
        assert area_km2[0] < area < area_km2[1]
    metres = shapes.to_metres(axis)
    for county in fact.counties:
        assert shapely.distance(metres, shapes.to_metres(base.counties[county])) < 12_000
    assert shapely.distance(metres, shapes.to_metres(base.counties[elsewhere])) > 2_000
    assert shapely.hausdorff_distance(axis, shapely.intersection(axis, shapely.buffer(base.rivers[river], 1e-4))) < 1e-5


def _without_corridor(fact: Fact) -> Fact:
    return Fact(**{**fact.__dict__, "corridor_km": None})


def test_city_rows_cover_exactly_their_cities(base: shapes.BaseMap, drawn: dict[str, shapely.Geometry]) -> None:
    rows = [fact for fact in FACTS.values() if fact.geometry == "city"]
    assert len(rows) == 15
    for fact in rows:
        total = sum(base.cities[name].area for name in fact.cities)
        assert drawn[fact.id].area == pytest.approx(total, rel=1e-9), fact.id


def test_metric_projection_keeps_lengths_within_the_cluster() -> None:
    projection = pyproj.Proj(shapes.METRIC)
    scales = [projection.get_factors(112.0, lat).meridional_scale for lat in np.linspace(36.6, 39.7, 32)]
    assert max(abs(scale - 1) for scale in scales) < 5e-4


def test_records_say_what_the_ledger_says_and_no_more() -> None:
    for code, fact in FACTS.items():
        row = records.record(fact)
        assert (row["XMBH"], row["XMMC"], row["YWMC"]) == (code, fact.name_zh, fact.name_en)
        assert (row["SL"], row["DW"], row["XMZT"], row["SM"]) == (fact.quantity, fact.unit, fact.status, fact.text)
        assert row["SZCS"] == ";".join(fact.cities)
        assert all(row[name] is None for name in ("TZE", "JD", "JHJD", "ZRDW", "BZ"))
        assert 2 <= float(str(row["WZJD"])) <= 5


def test_years_only_where_the_fact_names_them() -> None:
    rows = {code: records.record(fact) for code, fact in FACTS.items()}
    started = {code for code, row in rows.items() if row["KGNF"] == 2023}
    assert started == {"TY03", "TY04", "TY05", "TY06", "TY07", "TY08", "TY09", "LL06", "LL07"}
    assert {code for code, row in rows.items() if row["KGNF"]} == started
    assert {code: row["WGNF"] for code, row in rows.items() if row["WGNF"]} == {"TY12": 2023}


def base_rows(name: str) -> Rows:
    return read_boundaries() if name == "boundaries" else read_base_layer(name)


def test_boundaries_are_the_edges_of_the_counties_each_once() -> None:
    lines, counties = read_boundaries(), read_base_layer("counties")
    edges = shapely.union_all(shapely.boundary(counties.shapes))
    assert shapely.length(lines.shapes).sum() == pytest.approx(shapely.length(edges), rel=1e-6)
    assert shapely.equals(shapely.union_all(lines.shapes), edges)
    ranks = [row["JXDJ"] for row in lines.records]
    assert ranks == sorted(ranks, key=["县级", "地级", "省级"].index)
    of_rank = {rank: shapely.union_all(lines.shapes[[each == rank for each in ranks]]) for rank in set(ranks)}
    cities = shapely.union_all(shapely.boundary(read_base_layer("cities").shapes))
    assert shapely.length(shapely.intersection(of_rank["县级"], cities)) == pytest.approx(0.0, abs=1e-9)
    assert shapely.equals(shapely.union(of_rank["地级"], of_rank["省级"]), cities)


def test_the_province_ends_at_the_yellow_river_and_in_the_taihang_mountains() -> None:
    lines = read_boundaries()
    outer = {str(row["XLQY"]): line for row, line in zip(lines.records, lines.shapes, strict=True) if row["JXDJ"] == "省级"}
    river = shapes.read_base_map().rivers["黄河"]
    west = next(line for pair, line in outer.items() if "陕西" in pair)
    east = next(line for pair, line in outer.items() if "河北" in pair)
    assert shapely.length(shapely.intersection(west, shapely.buffer(river, 0.02))) > 0.9 * shapely.length(river)
    assert shapely.bounds(east)[0] > 113.4


def test_schemas_accept_every_value_and_name_every_field() -> None:
    for fact in FACTS.values():
        schema = fields.PLANNING[fact.layer]
        row = records.record(fact)
        assert [field.name for field in schema] == list(row)
        for field in schema:
            assert field.accept(row[field.name]) == row[field.name], (fact.id, field.name)
    for name, schema in fields.BASE.items():
        for row in base_rows(name).records:
            assert set(row) == {field.name for field in schema}
            assert all(field.accept(row[field.name]) == row[field.name] for field in schema), row


def test_codes_fit_a_dbf_and_every_alias_is_there() -> None:
    for schema in [*fields.PLANNING.values(), *fields.BASE.values()]:
        for field in schema:
            assert field.name.isascii()
            assert len(field.name) <= 10
            assert field.alias_zh
            assert field.alias_en
            assert field.width <= 254


def test_base_layers_keep_counts_and_stay_a_coverage() -> None:
    rows = {name: base_rows(name) for name in fields.BASE}
    counts = {"cities": 5, "counties": 53, "boundaries": 103, "rivers": 6, "places": 104}
    assert {name: len(each.records) for name, each in rows.items()} == counts
    assert shapely.coverage_is_valid(rows["counties"].shapes)
    assert shapely.coverage_is_valid(rows["cities"].shapes)
    joined = shapely.coverage_union_all(rows["counties"].shapes)
    assert shapely.equals(joined, shapely.coverage_union_all(rows["cities"].shapes))
    assert all(row["SYXK"] for each in rows.values() for row in each.records)
    assert not any(row["RK"] == 0 for row in rows["places"].records)


def test_a_source_without_a_known_licence_is_refused() -> None:
    with pytest.raises(ValueError, match="no licence"):
        licence_of("found on the internet")
