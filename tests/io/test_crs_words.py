"""Coordinate systems by their names: as EPSG, ESRI, servers and people write them."""

from __future__ import annotations

import pytest

from cgplanner.io.crs.crs_files import crs_of_prj
from cgplanner.io.crs.crs_words import crs_of_words

NAMES = {
    4490: [
        "国家2000",
        "2000国家大地坐标系",
        "国家大地坐标系2000",
        "CGCS2000",
        "GCS_China_Geodetic_Coordinate_System_2000",
        "EPSG 4490",
    ],
    4610: ["西安80", "1980西安坐标系", "Xian 1980", "８０国家坐标系"],
    4214: ["北京54", "1954年北京坐标系"],
    4326: ["WGS84", "WGS_1984", "GCS_WGS_1984", "urn:ogc:def:crs:OGC:1.3:CRS84"],
    4547: [
        "CGCS2000_3_Degree_GK_CM_114E",
        "CGCS2000高斯克吕格3度带114E",
        "2000国家大地坐标系 3度带 中央经线114",
        "http://www.opengis.net/gml/srs/epsg.xml#4547",
        "urn:ogc:def:crs:EPSG:9.9:4547",
        '{"wkid":4547}',
        "+proj=tmerc +lat_0=0 +lon_0=114 +k=1 +x_0=500000 +y_0=0 +ellps=GRS80 +units=m +no_defs",
    ],
    4526: ["CGCS2000_3_Degree_GK_Zone_38", "国家2000 三度带 第38带", "CGCS2000 3度带 带号:38"],
    4497: ["CGCS2000_GK_Zone_19", "2000国家大地坐标系 6度带 第19带"],
    2362: ["Xian_1980_3_Degree_GK_Zone_38", "1980西安坐标系3度带38"],
    2333: ["Xian_1980_GK_Zone_19"],
    32649: ["WGS84 UTM 49N", "WGS 84 / UTM zone 49N"],
    3857: ['{"wkid":102100,"latestWkid":3857}', "WGS_1984_Web_Mercator_Auxiliary_Sphere", "Web墨卡托"],
}


@pytest.mark.parametrize(("code", "text"), [(code, text) for code, texts in NAMES.items() for text in texts])
def test_a_name_in_a_prj_is_the_code_that_it_means(code: int, text: str) -> None:
    assert crs_of_prj(text.encode()).crs == f"EPSG:{code}"


@pytest.mark.parametrize("text", ["2000国家大地坐标系 高斯3度带", "独立坐标系", "太原市城市坐标系", "114", "", "EPSG:99999"])
def test_a_name_that_leaves_it_open_is_none(text: str) -> None:
    assert crs_of_words(text) == ""


def test_whether_eastings_bear_the_zone_is_said_by_the_numbers() -> None:
    assert crs_of_words("国家2000 3度带 第38带", has_zone_number=False) == "EPSG:4547"
    assert crs_of_words("国家2000 3度带 中央经线114", has_zone_number=True) == "EPSG:4526"


def test_an_old_national_system_is_not_the_new_one() -> None:
    assert crs_of_words("80国家大地坐标系 3度带 第38带") == "EPSG:2362"
