"""Shapes that are mended: vertices that are no places, areas that cross themselves; what was there before is kept."""

from __future__ import annotations

from pathlib import Path

import geopandas
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from cgplanner.cli.main import main
from cgplanner.io.repair import with_finite, with_valid_areas
from cgplanner.io.vector import read_layer
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
