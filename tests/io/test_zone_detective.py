"""The zone detective over layers of the five cities, in every CRS that is met, with right, missing and wrong marks."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

from zone_layers import CITIES, DEGREES, KINDS, VARIANTS, WRONG, rows_of, zones

from cgplanner.geometry.crs import transform_xy
from cgplanner.geometry.web_offset import (
    bd09_from_wgs84,
    gcj02_from_wgs84,
    wgs84_from_bd09,
    wgs84_from_gcj02,
)
from cgplanner.io.crs.zone_detective import applied, investigated
from cgplanner.io.report import CrsCandidate, Report
from cgplanner.io.source import LoadedLayer
from cgplanner.io.vector import describe, read_layer, write_layer
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import table_from_records


def layer_in(city: str, kind: str, variant: str, declared: str) -> LoadedLayer:
    crs, change = zones(city)[variant]

    def moved(xy: np.ndarray) -> np.ndarray:
        there = transform_xy(DEGREES, crs, xy) if crs != DEGREES else xy
        return change(there) if change else there

    rows = KINDS[kind](city)
    field = Field("f1", "名称", FieldType.TEXT)
    kinds = {"counties": "polygon", "places": "point", "sites": "polygon"}
    shapes = shapely.transform([shape for _, shape in rows], moved)
    table = table_from_records(Schema((field,), kinds[kind]), [{"名称": name} for name, _ in rows], shapes)
    # Nothing but its name tells a few plots from a web map from the same plots 600 m away.
    name = f"地块_{variant}" if kind == "sites" and variant in ("gcj02", "bd09") else "数据"
    report = Report((), crs=declared, crs_how="prj" if declared else "missing")
    return LoadedLayer(name, table, declared, report, Path(f"{name}.shp"))


def metres_off(loaded: LoadedLayer, city: str, kind: str) -> float:
    truth = layer_in(city, kind, "4490", DEGREES).table.geometry.base.xy
    found = transform_xy(loaded.crs, DEGREES, loaded.table.geometry.base.xy)
    return float(np.abs((found - truth) * (88_000, 111_000)).max())


def codes(loaded: LoadedLayer) -> set[str]:
    return {note.code for note in loaded.report.notes}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("city", CITIES)
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_layer_without_a_mark_lands_where_it_belongs(city: str, kind: str, variant: str) -> None:
    layer = layer_in(city, kind, variant, "")
    found = investigated(layer)
    first = found if found.crs else applied(layer, found.report.candidates[0])
    assert metres_off(first, city, kind) < 150, [each.to_json() for each in found.report.candidates]
    assert codes(found) & {"crs-guessed", "crs-ambiguous"}
    assert found.crs == "" or found.report.crs_how == "guessed"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("city", CITIES)
@pytest.mark.parametrize("variant", [name for name in VARIANTS if not zones("太原市")[name][1]])
def test_a_right_mark_is_left_alone(city: str, kind: str, variant: str) -> None:
    layer = layer_in(city, kind, variant, zones(city)[variant][0])
    found = investigated(layer)
    assert (found.crs, found.table) == (layer.crs, layer.table)
    is_unproven = kind == "sites" and variant in ("4490", "4326")  # in a county that they name, which may be 600 m away
    assert codes(found) == ({"crs-offset-unproven"} if is_unproven else set())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("city", CITIES)
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_wrong_mark_is_overruled_or_doubted_never_believed(city: str, kind: str, variant: str) -> None:
    layer = layer_in(city, kind, variant, WRONG[city])
    found = investigated(layer)
    if found is layer:
        assert metres_off(layer, city, kind) < 150
        return
    assert codes(found) & {"crs-wrong", "crs-doubtful", "crs-impossible"}
    first = found if found.crs != layer.crs else applied(layer, found.report.candidates[0])
    assert metres_off(first, city, kind) < 150, [each.to_json() for each in found.report.candidates]


def points_in(crs: str, lonlat: list[tuple[float, float]], declared: str = "") -> LoadedLayer:
    xy = transform_xy(DEGREES, crs, np.array(lonlat))
    rows = [{"n": number} for number in range(len(xy))]
    table = table_from_records(Schema((Field("f1", "n", FieldType.INTEGER),), "point"), rows, shapely.points(xy))
    return LoadedLayer("points", table, declared, Report((), crs=declared), Path("points.shp"))


def test_plots_without_a_name_that_fit_two_zones_are_asked_about_or_right() -> None:
    """Eastings of Yangquan in its own zone are those of the Yellow River in the next one."""
    layer = points_in("EPSG:4547", [(113.58, 37.86), (113.60, 37.87), (113.57, 37.84)])
    found = investigated(layer)
    crs = [each.crs for each in found.report.candidates]
    assert {"EPSG:4546", "EPSG:4547"} <= set(crs)
    assert crs[0] == "EPSG:4547"
    assert found.crs in ("", "EPSG:4547")


@pytest.mark.parametrize("change", [gcj02_from_wgs84, bd09_from_wgs84])
def test_nameless_degrees_always_come_with_the_offsets_of_web_maps(change: object) -> None:
    places = change(np.array([(112.55, 37.87), (112.73, 37.70), (112.74, 38.41)]))  # type: ignore[operator]  # a function
    found = investigated(points_in(DEGREES, [*map(tuple, places)]))
    assert {"gcj02", "bd09"} <= {name for each in found.report.candidates for name in each.change}
    assert codes(found) & {"crs-guessed", "crs-ambiguous"}


@pytest.mark.parametrize(
    ("crs", "place"),
    [
        ("EPSG:4326", (-115.5, 51.2)),  # Banff
        ("EPSG:25830", (-3.7, 37.9)),  # Spain: its eastings would fit the zones of Shanxi
        ("EPSG:4547", (113.65, 34.75)),  # Zhengzhou
        ("EPSG:4548", (116.4, 39.9)),  # Beijing
    ],
)
def test_data_of_elsewhere_stay_where_their_mark_puts_them(crs: str, place: tuple[float, float]) -> None:
    layer = points_in(crs, [place, (place[0] + 0.01, place[1]), (place[0], place[1] + 0.01)], crs)
    assert investigated(layer) is layer


@pytest.mark.parametrize(
    ("declared", "places", "other"),
    [
        ("EPSG:4548", [(115.7, 37.74), (115.72, 37.75)], "EPSG:4547"),  # Hengshui, or 晋中 in the wrong zone
        ("EPSG:4547", [(114.5, 38.04), (114.52, 38.05)], "EPSG:4546"),  # Shijiazhuang next door, or 吕梁
    ],
)
def test_a_mark_that_may_be_right_is_doubted_not_overruled(
    declared: str, places: list[tuple[float, float]], other: str
) -> None:
    layer = points_in(declared, places, declared)
    found = investigated(layer)
    assert found.crs == declared
    assert codes(found) == {"crs-doubtful"}
    assert found.report.candidates[0].crs == other


def test_a_choice_can_be_changed_and_gives_the_numbers_of_the_file_back() -> None:
    layer = layer_in("太原市", "counties", "gcj02", "")
    found = investigated(layer)
    assert found.report.crs_change == ("gcj02",)
    back = applied(found, CrsCandidate(DEGREES, (), 0.0, ""))
    np.testing.assert_allclose(back.table.geometry.base.xy, layer.table.geometry.base.xy, atol=1e-9)
    assert back.report.crs_change == ()


@given(st.floats(73.5, 135.0), st.floats(18.0, 53.0))
def test_the_offsets_of_web_maps_are_taken_back(lon: float, lat: float) -> None:
    place = np.array([[lon, lat]])
    np.testing.assert_allclose(wgs84_from_gcj02(gcj02_from_wgs84(place)), place, atol=1e-9)
    np.testing.assert_allclose(wgs84_from_bd09(bd09_from_wgs84(place)), place, atol=1e-9)


def test_the_offset_of_taiyuan_is_the_known_one() -> None:
    shift = (gcj02_from_wgs84(np.array([[112.55, 37.87]]))[0] - (112.55, 37.87)) * (88_000, 111_000)
    assert 400 < np.hypot(*shift) < 700  # what the web maps show there


LOCAL = b'LOCAL_CS["City grid",UNIT["metre",1],AXIS["X",EAST],AXIS["Y",NORTH]]'
NO_ZONE = (
    b'GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],'
)


@pytest.mark.parametrize(
    "prj", [LOCAL, NO_ZONE + b'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]', b"CGCS2000", b""]
)
def test_a_prj_without_a_zone_is_completed(tmp_path: Path, prj: bytes) -> None:
    layer = layer_in("晋中市", "places", "prefixed", "")
    write_layer(layer.table, "", tmp_path / "a.shp", format="shp", layer_name="a")
    (tmp_path / "a.prj").write_bytes(prj)
    loaded = read_layer(tmp_path / "a.shp")
    assert (loaded.crs, loaded.report.crs_how) == ("EPSG:4526", "guessed")
    assert codes(loaded) & {"crs-guessed", "crs-wrong"}


def test_info_prints_the_candidates(tmp_path: Path) -> None:
    layer = layer_in("阳泉市", "places", "plain", "")
    write_layer(layer.table, "", tmp_path / "a.shp", format="shp", layer_name="a")
    crs = describe(tmp_path / "a.shp").to_json()["layers"][0]["crs"]
    assert (crs["epsg"], crs["how"]) == (4547, "guessed")
    assert crs["candidates"][0]["crs"] == "EPSG:4547"
    assert sum(each["likelihood"] for each in crs["candidates"]) <= 1.01


def test_nameless_plots_are_never_put_elsewhere_in_silence() -> None:
    """Plots without a word of text, in every city and system, with no mark and with that of another zone."""
    chance = np.random.default_rng(3)
    for city in CITIES:
        seat = shapely.get_coordinates(rows_of("places", "DMMC", city)[0][1])[0]
        places = seat + chance.normal(0, 0.02, (20, 2))
        for variant, (crs, change) in zones(city).items():
            xy = transform_xy(DEGREES, crs, places) if crs != DEGREES else places
            layer = points_in(DEGREES, [*map(tuple, change(xy) if change else xy)])
            for declared in ("", WRONG[city]):
                given_layer = replace(layer, crs=declared, report=Report((), crs=declared))
                found = investigated(given_layer)
                if (declared, variant) == ("EPSG:4546", "six"):  # the 3-degree zone with the same meridian: right by chance
                    assert found is given_layer
                    continue
                guesses = [applied(given_layer, each) for each in found.report.candidates]
                metres = [
                    np.abs((transform_xy(each.crs, DEGREES, each.table.geometry.base.xy) - places) * 1e5).max()
                    for each in guesses
                ]
                right = [number for number, distance in enumerate(metres) if distance < 150]
                assert codes(found), (city, variant, declared)
                assert right, (city, variant, declared)
                assert right[0] == 0 or variant in ("gcj02", "bd09"), (city, variant, declared)
