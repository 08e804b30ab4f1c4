"""Coordinate systems by their names in words, as people and programs write them: "国家2000 3度带 114E", "EPSG 4547", "西安80".

What EPSG and ESRI call a system PROJ knows; here is the rest. A name that leaves the zone open means degrees or nothing.
No file, no geometry.
"""

from __future__ import annotations

import functools
import re
import unicodedata

from cgplanner.io.crs.crs_zones import FAMILIES, Family

_CODE = re.compile(r"epsg\W{0,3}(?:[\d.]+\W|xml\W|geographiccrs\W)?\W*(\d{4,6})\b", re.IGNORECASE)
_WKID = re.compile(r'"?(latestWkid|wkid)"?\s*[:=]\s*"?(\d{4,6})')
_DATUMS = (
    (r"西安\s*(19)?80|(19)?80\s*西安|xi.?an.{0,2}(19)?80|(19)?80\s*(国家|坐标)|国家\s*80", 4610),
    (r"北京\s*(19)?54|(19)?54\s*年?\s*北京|beijing.{0,2}(19)?54|(19)?54\s*坐标", 4214),
    (r"cgcs|国家\s*2000|2000\s*(国家|坐标|大地|中国)|大地\s*2000|china.{0,30}2000|大地坐标系\s*2000|国家大地坐标系", 4490),
    (r"wgs.{0,2}(19)?84", 4326),
)
_MERIDIAN = re.compile(
    r"(?:中央经线|中央子午线|central.?meridian|cm|lon_?0|l0)\D{0,6}(\d{2,3})(?!\d)|(?<!\d)(\d{2,3})\s*(?:e\b|°e|度?\s*中央)"
    r"|[度°]\s*带\D{0,3}(\d{3})(?!\d)",
    re.IGNORECASE,
)
_ZONE = re.compile(
    r"第\s*(\d{2})\s*(?:号|度)?带|带[号宽]?\D{0,4}(\d{2})(?!\d)|zone\D{0,2}(\d{2})(?!\d)|(?<!\d)(\d{2})\s*(?:号|度)?带(?!号)",
    re.IGNORECASE,
)
_THREE = re.compile(r"(?<!\d)[3三]\s*[-_]?\s*(?:度|°|deg)", re.IGNORECASE)
_SIX = re.compile(r"(?<!\d)[6六]\s*[-_]?\s*(?:度|°|deg)", re.IGNORECASE)
_UTM = re.compile(r"utm\D{0,6}(\d{1,2})\s*([ns])?", re.IGNORECASE)
_PLANE = re.compile(r"高斯|克吕格|投影|gauss|kr[uü]ger|\bgk\b|_gk_|带|zone|utm|墨卡托|mercator", re.IGNORECASE)


@functools.lru_cache(maxsize=256)
def crs_of_words(text: str, *, has_zone_number: bool | None = None) -> str:
    """Return "EPSG:n" for a name, '' where it names none or leaves the zone open.

    ``has_zone_number`` says whether the eastings begin with the number of the zone, which words rarely do; None for not known.

    >>> crs_of_words("2000国家大地坐标系 高斯3度带 中央经线114")
    'EPSG:4547'
    """
    text = unicodedata.normalize("NFKC", text).strip()
    return _by_code(text) or _by_proj(text) or _by_words(text, has_zone_number=has_zone_number)


def _by_code(text: str) -> str:
    numbers = dict(_WKID.findall(text))
    number = numbers.get("latestWkid") or numbers.get("wkid")
    if number is None and (found := _CODE.search(text)):
        number = found[1]
    if number is None:
        return "EPSG:4326" if re.search(r"\bcrs:?84\b", text, re.IGNORECASE) else ""
    return _known(number)


def _known(number: str) -> str:
    """Return a code that PROJ knows, those of ESRI as EPSG's."""
    import pyproj  # noqa: PLC0415  see cgplanner.io.drivers.engines

    for authority in ("EPSG", "ESRI"):
        try:
            crs = pyproj.CRS.from_authority(authority, number)
        except pyproj.exceptions.CRSError:
            continue
        code = crs.to_epsg(min_confidence=70)
        return f"EPSG:{code}" if code and (crs.is_geographic or crs.is_projected) else ""
    return ""


def _by_proj(text: str) -> str:
    """Return what EPSG or ESRI calls so."""
    import pyproj  # noqa: PLC0415  as above

    if not text.isascii() or not re.search("[a-zA-Z]{3}", text) or "[" in text:
        return ""
    try:
        crs = pyproj.CRS.from_user_input(text)
    except pyproj.exceptions.CRSError:
        return ""
    code = crs.to_epsg(min_confidence=70) if crs.is_geographic or crs.is_projected else None
    return f"EPSG:{code}" if code else ""


def _by_words(text: str, *, has_zone_number: bool | None) -> str:
    datum = next((code for pattern, code in _DATUMS if re.search(pattern, text, re.IGNORECASE)), 0)
    if (found := _UTM.search(text)) and datum in (0, 4326):
        number = int(found[1])
        south = (found[2] or "n").lower() == "s"
        return f"EPSG:{(32700 if south else 32600) + number}" if 1 <= number <= 60 else ""
    if re.search("web.?mercator|墨卡托|pseudo.?mercator", text, re.IGNORECASE):
        return "EPSG:3857"
    family = next((each for each in FAMILIES if each.geographic == datum), None)
    zone = _zone(text)
    if family is None or zone is None:
        return f"EPSG:{datum}" if datum and not _PLANE.search(text) else ""
    width, meridian, says_number = zone
    return _code(family, width, meridian, prefixed=says_number if has_zone_number is None else has_zone_number)


def _zone(text: str) -> tuple[int, int, bool] | None:
    """Return width, central meridian and whether the zone's number is said; None where the words do not tell."""
    is_six = bool(_SIX.search(text)) and not _THREE.search(text)
    width = 6 if is_six else 3
    if found := _ZONE.search(text):
        number = int(next(each for each in found.groups() if each))
        if 25 <= number <= 45:
            return 3, number * 3, True
        if 13 <= number <= 23:
            return 6, number * 6 - 3, True
    if found := _MERIDIAN.search(text):
        meridian = int(found[1] or found[2] or found[3])
        if 75 <= meridian <= 135 and meridian % 3 == 0:
            return width, meridian, False
    return None


def _code(family: Family, width: int, meridian: int, *, prefixed: bool) -> str:
    step, rest = divmod(meridian - 75, width)
    if width == 3:
        first = family.zones3 if prefixed else family.meridians3
    else:
        first = family.zones6 if prefixed else family.meridians6
    return "" if rest else f"EPSG:{first + step}"
