"""Places as people type them: Chinese, full-width, either order, with and without zone numbers; nonsense is nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgplanner.geometry.crs import transform_xy
from cgplanner.geometry.place_text import place_readings
from cgplanner.geometry.web_offset import gcj02_from_wgs84

LON, LAT = 112.5489, 37.8706


@pytest.mark.parametrize(
    "typed",
    [
        "112.5489 37.8706",
        "37.8706, 112.5489",
        "１１２．５４８９，３７．８７０６",
        "112.5489°E 37.8706°N",
        "N37.8706 E112.5489",
        "37.8706N 112.5489E",
        "37 52 14.16 N 112 32 56.04 E",
        "E 112 32.934 N 37 52.236",
        "东经112.5489度，北纬37.8706度",
        "经度：112.5489 纬度：37.8706",
        "lat=37.8706, lon=112.5489",
        "112°32'56.04\" 37°52'14.16\"",
        "北纬37度52分14.16秒 东经112度32分56.04秒",
        "37°52′14.16″N，112°32′56.04″E",
        "112 32 56.04 37 52 14.16",
        "E112:32:56.04 N37:52:14.16",
        "112°32.934' 37°52.236'",
    ],
)
def test_degrees_are_read_however_they_are_written(typed: str) -> None:
    first = place_readings(typed)[0]
    assert (first.lon, first.lat) == pytest.approx((LON, LAT), abs=1e-7)
    assert first.crs == "EPSG:4490"
    assert first.offset == ""


def test_degrees_may_be_of_a_shifted_web_map() -> None:
    shifted = gcj02_from_wgs84(np.array([[LON, LAT]]))[0]
    readings = place_readings(f"{shifted[0]:.8f},{shifted[1]:.8f}")
    assert [each.offset for each in readings] == ["", "gcj02", "bd09"]
    assert (readings[1].lon, readings[1].lat) == pytest.approx((LON, LAT), abs=1e-6)


@pytest.mark.parametrize("crs", ["EPSG:4526", "EPSG:4525", "EPSG:4547", "EPSG:4546", "EPSG:4497", "EPSG:4508", "EPSG:3857"])
@pytest.mark.parametrize("swap", [False, True])
@pytest.mark.parametrize(
    "form", ["{:.3f} {:.3f}", "{:.3f}，{:.3f}", "{:,.3f} {:,.3f}", "X={:.3f} Y={:.3f}", "{:.3f}m, {:.3f}m"]
)
def test_projected_numbers_are_read_in_their_zone(crs: str, form: str, swap: bool) -> None:  # noqa: FBT001  a parameter
    x, y = transform_xy("EPSG:4490", crs, np.array([[LON, LAT]]), approximate=False)[0].tolist()
    typed = form.format(y, x) if swap else form.format(x, y)
    readings = place_readings(typed, (LON + 0.3, LAT))
    mine = [each for each in readings if each.crs == crs]
    assert mine, [each.crs for each in readings]
    assert (mine[0].lon, mine[0].lat) == pytest.approx((LON, LAT), abs=1e-6)
    if crs in {"EPSG:4526", "EPSG:4547"}:  # with its number, or the zone the map is in
        assert readings[0].crs == crs


@pytest.mark.parametrize(
    "typed", ["", "   ", "太原", "112.5", "1 2 3", "999 999", "112°75'00\" 37°00'00\"", "nan nan", "1e400 2", "," * 500]
)
def test_what_is_no_place_is_nothing(typed: str) -> None:
    assert place_readings(typed) == ()


@given(st.text(max_size=60))
def test_any_text_is_answered(text: str) -> None:
    for reading in place_readings(text):
        assert np.isfinite((reading.lon, reading.lat)).all()


@given(st.floats(73.5, 135), st.floats(4, 53))
def test_what_the_program_writes_it_reads(lon: float, lat: float) -> None:
    first = place_readings(f"{lon:.6f}°E  {lat:.6f}°N")[0]
    assert (first.lon, first.lat) == pytest.approx((lon, lat), abs=1e-5)
