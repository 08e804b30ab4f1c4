"""Layers that are not of the cluster, or of no system at all: never pulled in, never taken, each said in a sentence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pyproj
import pytest
import shapely

from cgplanner.geometry.crs import transform_xy
from cgplanner.io.crs.crs_files import crs_of_prj
from cgplanner.io.crs.zone_detective import investigated
from cgplanner.io.report import Report
from cgplanner.io.source import LoadedLayer
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import table_from_records

DEGREES = "EPSG:4490"
NEIGHBOURS = {
    "石家庄": (114.51, 38.04, 4547),
    "井陉县": (114.14, 38.03, 4547),
    "神木市": (110.49, 38.84, 4546),
    "绥德县": (110.26, 37.5, 4546),
}
OWN_GRIDS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "without millions": lambda xy: xy - (0, 4e6),
    "shifted": lambda xy: xy - (4.3e5, 4.17e6),
    "shifted and turned": lambda xy: (xy - (6.3e5, 4.19e6)) @ np.array([[0.9998, 0.02], [-0.02, 0.9998]]),
    "from the meridian": lambda xy: xy - (5e5, 0),
}


def layer(
    crs: str, lonlat: np.ndarray, declared: str, names: Sequence[str | None], change: Callable | None = None
) -> LoadedLayer:  # type: ignore[type-arg]  # any function of coordinates
    xy = transform_xy(DEGREES, crs, lonlat) if crs != DEGREES else lonlat
    xy = change(xy) if change else xy
    rows = [{"名称": name} for name in names]
    table = table_from_records(Schema((Field("f1", "名称", FieldType.TEXT),), "point"), rows, shapely.points(xy))
    return LoadedLayer(
        "数据", table, declared, Report((), crs=declared, crs_how="prj" if declared else "missing"), Path("数据.shp")
    )


def around(x: float, y: float, count: int = 12) -> np.ndarray:
    return np.array([x, y]) + np.random.default_rng(4).normal(0, 0.03, (count, 2))


@pytest.mark.parametrize("place", NEIGHBOURS)
def test_what_names_a_neighbour_is_asked_about_and_not_pulled_into_the_cluster(place: str) -> None:
    x, y, code = NEIGHBOURS[place]
    found = investigated(layer(f"EPSG:{code}", around(x, y), "", [f"{place}{number}号地" for number in range(12)]))
    assert found.crs == ""
    assert [note.code for note in found.report.notes] == ["crs-ambiguous"]
    assert place[:2] in str(found.report.notes[0].message)
    assert f"EPSG:{code}" in [each.crs for each in found.report.candidates]


@pytest.mark.parametrize("place", NEIGHBOURS)
@pytest.mark.parametrize("names", ["of the place", "none"])
def test_a_neighbour_with_a_mark_stays_where_it_is(place: str, names: str) -> None:
    x, y, code = NEIGHBOURS[place]
    rows = [f"{place}{number}" if names == "of the place" else None for number in range(12)]
    for crs in (DEGREES, f"EPSG:{code}", "EPSG:3857"):
        found = investigated(layer(crs, around(x, y), crs, rows))
        assert (found.crs, found.report.crs_change) == (crs, ())


def test_streets_called_after_neighbours_are_no_neighbours() -> None:
    names = ["北京路", "延安路小学", "榆林村", "大同路口"] * 3
    found = investigated(layer("EPSG:4547", around(112.55, 37.87), "", names))
    assert found.crs == "EPSG:4547"


def test_degrees_of_another_province_are_offered_as_degrees() -> None:
    found = investigated(layer(DEGREES, around(121.47, 31.23), "", [None] * 12))
    assert (found.crs, found.report.candidates[0].crs) == ("", DEGREES)


@pytest.mark.parametrize("grid", OWN_GRIDS)
@pytest.mark.parametrize("declared", ["", "EPSG:4547"])
def test_a_grid_of_ones_own_is_said_to_be_unknown(grid: str, declared: str) -> None:
    found = investigated(layer("EPSG:4547", around(112.55, 37.87), declared, [None] * 12, OWN_GRIDS[grid]))
    assert (found.crs, found.report.crs_change) == (declared, ())
    if grid != "from the meridian":  # which lies beyond its zone, in the next province
        assert [note.code for note in found.report.notes] == ["crs-impossible" if declared else "crs-missing"]


def test_few_places_far_beyond_every_zone_are_not_taken() -> None:
    """Eastings of 12 km fit one zone only, whose border is 250 km away."""
    found = investigated(layer("EPSG:4546", around(111.134, 37.524), "", [None] * 12, lambda xy: xy - (5e5, 0)))
    assert (found.crs, [note.code for note in found.report.notes]) == ("", ["crs-ambiguous"])


def test_a_guess_names_the_next_place() -> None:
    found = investigated(layer("EPSG:32649", around(112.7, 37.7), "", [None] * 12))
    message = str(next(note.message for note in found.report.notes if note.code == "crs-guessed"))
    assert "EPSG:32649" in message
    assert "1.7 km" in message


@pytest.mark.parametrize("form", ["WKT1_ESRI", "WKT1_GDAL", "WKT2_2019"])
def test_every_chinese_zone_is_told_from_its_twin_by_its_name(form: str) -> None:
    """A 3-degree zone and the 6-degree zone of its meridian are one projection; only the name tells them apart."""
    codes = [
        *range(4501, 4513),
        *range(4534, 4555),
        *range(2338, 2349),
        *range(2370, 2391),
        *range(21453, 21464),
        *range(2422, 2443),
    ]
    for code in codes:
        assert crs_of_prj(pyproj.CRS.from_epsg(code).to_wkt(form).encode()).crs == f"EPSG:{code}"
