"""Layers over the border of their zone: said at import and on the way out, with how far and how much."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from cgplanner.geometry.crs import transform_xy
from cgplanner.io.crs.crs_files import zone_bounds
from cgplanner.io.crs.zone_spill import spill_note, spill_of
from cgplanner.io.vector import read_layer, write_layer
from cgplanner.model.geometry_column import geometry_column
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import FeatureTable, table_from_records

DEGREES = "EPSG:4490"


def table_of(shapes: Sequence[shapely.Geometry], crs: str) -> FeatureTable:
    moved = [shapely.transform(each, lambda xy: transform_xy(DEGREES, crs, xy)) for each in shapes]
    rows = [{"n": number} for number in range(len(shapes))]
    return table_from_records(Schema((Field("f1", "n", FieldType.INTEGER),), "polygon"), rows, moved)


SEAM = [shapely.box(lon, 37.8, lon + 0.05, 37.85) for lon in (112.2, 112.46, 112.6, 112.7)]  # west of, on, east of 112.5


@pytest.mark.parametrize(
    ("crs", "zone"),
    [
        ("EPSG:4547", (114.0, 3.0)),
        ("EPSG:4526", (114.0, 3.0)),
        ("EPSG:4508", (111.0, 6.0)),
        ("EPSG:4497", (111.0, 6.0)),
        ("EPSG:2383", (114.0, 3.0)),
        ("EPSG:2435", (114.0, 3.0)),
        ("EPSG:32649", (111.0, 6.0)),
        ("EPSG:4490", None),
        ("EPSG:3857", None),
        ("", None),
    ],
)
def test_the_bounds_of_zones(crs: str, zone: tuple[float, float] | None) -> None:
    assert zone_bounds(crs) == zone


def test_a_layer_over_the_seam_is_counted_and_measured() -> None:
    found = spill_of(table_of(SEAM, "EPSG:4547").geometry, "EPSG:4547")
    assert found is not None
    assert (found.rows, found.total, found.border) == (2, 4, 112.5)
    assert found.kilometres == pytest.approx(0.3 * 111.32 * np.cos(np.radians(37.825)), rel=0.01)
    assert 26 < found.stretch_cm < 32  # (1.8 degrees x cos 37.8)^2 / 2
    assert spill_note(found).severity == "info"


def test_most_of_a_layer_beyond_the_border_is_a_warning() -> None:
    found = spill_of(table_of(SEAM[2:] + SEAM[2:3], "EPSG:4546").geometry, "EPSG:4546")
    assert found is not None
    assert spill_note(found).severity == "warning"


@pytest.mark.parametrize(
    ("crs", "shapes"), [("EPSG:4547", SEAM[2:]), ("EPSG:4546", SEAM[:1]), ("EPSG:4508", SEAM), (DEGREES, SEAM)]
)
def test_what_lies_in_its_zone_is_not_spoken_of(crs: str, shapes: Sequence[shapely.Geometry]) -> None:
    assert spill_of(table_of(shapes, crs).geometry, crs) is None


def test_nothing_and_no_numbers_spill_nowhere() -> None:
    for shapes in ([], [None], [shapely.Point()], [shapely.Point(np.nan, 1.0)], [shapely.Point(1e300, 1e300)]):
        assert spill_of(geometry_column(shapes), "EPSG:4547") is None


@given(st.floats(110.0, 118.0), st.floats(34.0, 41.0))
def test_one_place_spills_exactly_when_it_lies_beyond(lon: float, lat: float) -> None:
    table = table_of([shapely.box(lon - 1e-6, lat - 1e-6, lon + 1e-6, lat + 1e-6)], "EPSG:4547")
    beyond_km = (abs(lon - 114.0) - 1.5) * 111.32 * np.cos(np.radians(lat))
    found = spill_of(table.geometry, "EPSG:4547")
    if abs(beyond_km - 0.1) > 0.01:
        assert (found is not None) == (beyond_km > 0.1)
    if found is not None:
        assert found.kilometres == pytest.approx(beyond_km, rel=0.02, abs=0.05)


def test_it_is_said_at_import_and_on_the_way_out(tmp_path: Path) -> None:
    write_layer(table_of(SEAM, "EPSG:4547"), "EPSG:4547", tmp_path / "a.shp", format="shp", layer_name="a")
    assert read_layer(tmp_path / "a.shp").report.has("zone-spill")
    report = write_layer(
        table_of(SEAM, DEGREES), DEGREES, tmp_path / "b.shp", format="shp", layer_name="b", target_crs="EPSG:4547", strict=True
    )
    (told,) = (note for note in report.losses if note.code == "zone-spill")
    assert (told.count, told.severity) == (2, "info")
    assert "112.5" in str(told.message)
