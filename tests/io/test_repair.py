"""Shapes that are mended: vertices that are no places, areas that cross themselves; what was there before is kept."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from cgplanner.cli.main import main
from cgplanner.io.shapes import ring_order
from cgplanner.io.shapes.repair import with_finite, with_valid_areas
from cgplanner.io.vector import read_layer, write_layer
from cgplanner.model.geometry_column import flat_column

BOW = shapely.Polygon([(112, 37), (113, 38), (113, 37), (112, 38)])


def bow_tie(path: Path) -> Path:
    shapes = [BOW, shapely.box(112, 37, 113, 38), None]
    geopandas.GeoDataFrame({"n": [1, 2, 3]}, geometry=shapes, crs="EPSG:4490").to_file(path, driver="GPKG")
    return path


def test_areas_that_cross_themselves_are_said_and_kept(tmp_path: Path) -> None:
    loaded = read_layer(bow_tie(tmp_path / "a.gpkg"))
    assert {note.code: note.count for note in loaded.report.notes}["geometry-invalid"] == 1
    assert loaded.table.geometry.value(0).equals_exact(BOW)


def test_made_valid_when_asked_with_what_was_there_before(tmp_path: Path) -> None:
    made = with_valid_areas(read_layer(bow_tie(tmp_path / "a.gpkg")))
    shape = made.table.geometry.value(0)
    assert shape.is_valid
    assert shape.area == pytest.approx(0.5)
    before = made.table.column("WKT_BEFORE").values()
    assert shapely.from_wkt(before[0]).equals_exact(BOW)
    assert before[1:] == [None, None]
    assert not made.report.has("geometry-invalid")
    assert main(["convert", str(tmp_path / "a.gpkg"), str(tmp_path / "b.gpkg"), "--mend"]) == 0
    assert not read_layer(tmp_path / "b.gpkg").report.has("geometry-invalid")


PLACES = st.lists(st.sampled_from([0.0, 1.0, 2.0, np.nan, np.inf, -1.8e308]), min_size=2, max_size=2)


@given(st.lists(PLACES, min_size=2, max_size=8))
def test_what_is_left_holds_places_only(places: list[list[float]]) -> None:
    with np.errstate(invalid="ignore"):
        line = shapely.linestrings(np.array(places))
    column, notes = with_finite(flat_column([line, shapely.Point(1, 1), None]))
    good = [place for place in places if np.isfinite(place).all()]
    kept = column.value(0)
    if len(good) == len(places):
        assert notes == ()
    elif len(good) < 2:
        assert kept is None
        assert {note.code for note in notes} == {"coordinates-not-finite", "geometry-not-finite"}
    else:
        assert shapely.get_coordinates(kept).tolist() == good
        assert notes[0].count == len(places) - len(good)
    assert column.value(1) == shapely.Point(1, 1)
    assert column.value(2) is None


def test_rings_stay_closed_and_holes_may_go() -> None:
    shell = [(0, 0), (np.inf, 0), (9, 0), (9, 9), (0, 9), (0, 0)]
    hole = [(1, 1), (2, np.nan), (2, 2), (1, 1)]
    with np.errstate(invalid="ignore"):
        shape = shapely.MultiPolygon([shapely.Polygon(shell, [hole]), shapely.box(20, 20, 21, 21)])
    column, notes = with_finite(flat_column([shape]))
    assert column.value(0).equals(shapely.MultiPolygon([shapely.box(0, 0, 9, 9), shapely.box(20, 20, 21, 21)]))
    assert [note.count for note in notes] == [2]


# Rings

SHELL = [[112.0, 37.0], [113.0, 37.0], [113.0, 38.0], [112.0, 38.0], [112.0, 37.0]]  # counter-clockwise
HOLE = [[112.2, 37.2], [112.2, 37.8], [112.8, 37.8], [112.8, 37.2], [112.2, 37.2]]  # clockwise
Rings = list[list[list[float]]]


def back(rings: Rings) -> Rings:
    return [ring[::-1] for ring in rings]


def geojson(path: Path, areas: list[Rings], **members: object) -> Path:
    shapes = [{"type": "Polygon", "coordinates": rings} for rings in areas]
    features = [{"type": "Feature", "properties": {"n": row}, "geometry": each} for row, each in enumerate(shapes)]
    path.write_text(json.dumps({"type": "FeatureCollection", **members, "features": features}))
    return path


def shapefile(path: Path, areas: list[Rings]) -> Path:
    """Write the .shp with the rings as they are, and nothing beside it."""
    records = b""
    for row, rings in enumerate(areas, 1):
        xy = np.array([place for ring in rings for place in ring])
        starts = np.cumsum([0, *(len(ring) for ring in rings[:-1])])
        box = np.concatenate([xy.min(axis=0), xy.max(axis=0)]).astype("<f8").tobytes()
        numbers = np.array([len(rings), len(xy), *starts], "<i4").tobytes()
        content = np.array([5], "<i4").tobytes() + box + numbers + xy.astype("<f8").tobytes()
        records += np.array([row, len(content) // 2], ">i4").tobytes() + content
    head = np.array([9994, 0, 0, 0, 0, 0, (100 + len(records)) // 2], ">i4").tobytes()
    box = np.array([112, 37, 113, 38, 0, 0, 0, 0], "<f8").tobytes()
    path.write_bytes(head + np.array([1000, 5], "<i4").tobytes() + box + records)
    return path


def counts(path: Path) -> dict[str, int]:
    return {note.code: note.count for note in read_layer(path).report.notes}


def test_rings_that_turn_the_other_way_than_a_shapefile_asks_are_counted(tmp_path: Path) -> None:
    right, wrong = back([SHELL, HOLE]), [SHELL, HOLE]
    assert "rings-turned" not in counts(shapefile(tmp_path / "right.shp", [right, back([SHELL])]))
    path = shapefile(tmp_path / "wrong.shp", [[SHELL], right, [HOLE[::-1]], wrong])
    assert counts(path)["rings-turned"] == 4
    (note,) = (each for each in read_layer(path).report.notes if each.code == "rings-turned")
    assert (note.severity, "Shapefile" in str(note.message)) == ("info", True)


def test_rings_that_turn_the_other_way_than_geojson_asks_are_counted(tmp_path: Path) -> None:
    right, wrong = [SHELL, HOLE], back([SHELL, HOLE])
    assert "rings-turned" not in counts(geojson(tmp_path / "right.geojson", [right, [SHELL]]))
    assert counts(geojson(tmp_path / "wrong.geojson", [wrong, right, back([SHELL])]))["rings-turned"] == 3
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}
    assert "rings-turned" not in counts(geojson(tmp_path / "old.geojson", [wrong], crs=crs)), "the older form has no rule"


def test_where_a_format_has_no_rule_nothing_is_said_of_directions(tmp_path: Path) -> None:
    shapes = [shapely.Polygon(SHELL, [HOLE]), shapely.Polygon(SHELL[::-1], [HOLE[::-1]])]
    geopandas.GeoDataFrame({"n": [1, 2]}, geometry=shapes, crs="EPSG:4490").to_file(tmp_path / "a.gpkg", driver="GPKG")
    assert "rings-turned" not in counts(tmp_path / "a.gpkg")


@pytest.mark.parametrize("suffix", ["shp", "geojson"])
def test_an_export_turns_them(tmp_path: Path, suffix: str) -> None:
    source = {"shp": shapefile, "geojson": geojson}[suffix]
    loaded = read_layer(source(tmp_path / f"a.{suffix}", [[SHELL], back([SHELL])]))
    assert loaded.report.has("rings-turned")
    for format_ in ("shp", "geojson"):
        write_layer(loaded.table, "EPSG:4490", tmp_path / f"b.{format_}", format=format_, layer_name="b")
        assert "rings-turned" not in counts(tmp_path / f"b.{format_}")


def test_of_too_many_vertices_some_are_counted_and_the_note_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ring_order, "MOST_LOOKED_AT", 12)
    monkeypatch.setattr(ring_order, "has_kernels", lambda _: False)
    note = read_layer(geojson(tmp_path / "a.geojson", [back([SHELL])] * 5)).report.notes[0]
    assert (note.code, note.count) == ("rings-turned", 3)
    assert str(note.message).startswith("At least 3 ")


@pytest.mark.parametrize("kernels", [True, False])
def test_rings_that_are_not_closed_are_closed_and_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, kernels: bool
) -> None:
    monkeypatch.setattr("cgplanner.io.shapes.wkb_builder.has_kernels", lambda _: kernels)
    path = geojson(tmp_path / "a.geojson", [[SHELL[:-1], HOLE[:-1]], [SHELL], [SHELL, HOLE[:-1]]])
    loaded = read_layer(path)
    found = [(note.code, note.severity, note.count) for note in loaded.report.notes if not note.code.startswith("crs-")]
    assert found == [("rings-closed", "info", 3)]
    whole = shapely.Polygon(SHELL, [HOLE])
    assert [loaded.table.geometry.value(row).equals_exact(whole) for row in range(3)] == [True, False, True]


def test_rings_of_a_shapefile_that_are_not_closed_are_counted_and_may_be_turned_too(tmp_path: Path) -> None:
    path = shapefile(tmp_path / "a.shp", [[SHELL[:-1]], back([SHELL])])
    found = counts(path)
    assert (found["rings-closed"], found["rings-turned"]) == (1, 1)
    assert "driver" not in found
