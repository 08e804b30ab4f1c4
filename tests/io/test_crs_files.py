"""CRS texts: every Chinese grid through ESRI's .prj and back, messy ones by their parameters."""

from __future__ import annotations

import pytest

from cgplanner.errors import UserError
from cgplanner.io.crs.crs_files import crs_of_prj, esri_wkt

CODES = [
    4490,
    4610,
    4214,
    4326,
    32649,
    3857,
    *range(4513, 4555, 5),
    *range(4491, 4513, 5),
    *range(2327, 2391, 7),
    *range(2401, 2443, 6),
    4546,
    4547,
]

CUSTOM = """PROJCS["shanxi_grid",GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",
SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],
PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",{easting}],PARAMETER["False_Northing",0.0],
PARAMETER["Central_Meridian",{meridian}],PARAMETER["Scale_Factor",1.0],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]"""


@pytest.mark.parametrize("code", CODES)
def test_a_prj_written_is_a_prj_read(code: int) -> None:
    found = crs_of_prj(esri_wkt(f"EPSG:{code}").encode())
    assert (found.crs, found.how) == (f"EPSG:{code}", "prj")


@pytest.mark.parametrize(
    ("meridian", "easting", "code"),
    [(111, 500000, 4546), (114, 500000, 4547), (111, 37500000, 4525), (114, 38500000, 4526), (111, 19500000, 4497)],
)
def test_a_grid_with_a_name_of_its_own_is_known_by_its_parameters(meridian: int, easting: int, code: int) -> None:
    found = crs_of_prj(CUSTOM.format(meridian=meridian, easting=easting).encode())
    assert found.crs == f"EPSG:{code}"


def test_a_city_grid_keeps_its_own_definition() -> None:
    found = crs_of_prj(CUSTOM.format(meridian=112.5, easting=500000).encode())
    assert not found.crs.startswith("EPSG:")
    assert "112.5" in found.crs


def test_byte_order_marks_and_nonsense() -> None:
    assert crs_of_prj(b"\xef\xbb\xbf" + esri_wkt("EPSG:4547").encode()).crs == "EPSG:4547"
    assert crs_of_prj(b"") == crs_of_prj(b"  \0")
    damaged = crs_of_prj(b"<!DOCTYPE html>")
    assert (damaged.crs, damaged.how, damaged.damaged) == ("", "missing", True)


def test_what_is_no_crs_is_refused_for_writing() -> None:
    with pytest.raises(UserError, match=r"\.prj"):
        esri_wkt("nonsense")
