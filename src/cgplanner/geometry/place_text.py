"""What somebody types for a place, as coordinates: degrees, degrees-minutes-seconds, projected with a zone's number or without.

Chinese and full-width characters, either order of the two numbers, thousands and labels are read. Where the numbers may mean
several things all of them are given, the likeliest first. This file must not know maps or windows.
"""

from __future__ import annotations

import itertools
import math
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cgplanner.geometry.crs import GEOGRAPHIC, transform_xy, zone_of
from cgplanner.geometry.web_offset import wgs84_from_bd09, wgs84_from_gcj02

ZONES3, ZONES6 = range(25, 46), range(13, 24)
_LONGEST = 400  # characters; nobody types more for a place
_CHINA = (73.0, 3.0, 136.0, 54.0)
_MERCATOR = "EPSG:3857"
_FAR_DEGREES = 12.0  # from the middle of the map: zones that lead further off are no answer


@dataclass(frozen=True)
class PlaceReading:
    """One thing that typed numbers may mean.

    Attributes
    ----------
    lon, lat
        The place in CGCS2000 degrees.
    crs
        What the numbers were taken for.
    x, y
        The numbers, easting or longitude first.
    offset
        ``gcj02`` or ``bd09`` where they were taken for degrees of a shifted web map.
    """

    lon: float
    lat: float
    crs: str
    x: float
    y: float
    offset: str = ""


def place_readings(text: str, near: tuple[float, float] = (112.5, 37.8)) -> tuple[PlaceReading, ...]:
    """Return what a text may mean, the likeliest first; nothing where it is no place.

    ``near`` is where the map looks (degrees): of several zones the one that leads there comes first.
    """
    plain = _plain(text)
    if not plain or len(plain) > _LONGEST:
        return ()
    angles = _angles(plain)
    if angles is not None:
        return tuple(_of_degrees(*angles))
    numbers = _numbers(plain)
    if len(numbers) == 6 and all(abs(each) < 180 for each in numbers):
        pair = (_angle(*numbers[:3]), _angle(*numbers[3:]))
        return tuple(_of_degrees(*pair)) if None not in pair else ()  # type: ignore[arg-type]  # None was looked for
    if len(numbers) != 2 or not all(math.isfinite(each) for each in numbers):
        return ()
    first, second = numbers
    if max(abs(first), abs(second)) <= 180.0:
        return tuple(_of_degrees(*_lon_first(first, second)))
    return tuple(_of_metres(first, second, near))


def _plain(text: str) -> str:
    """Return the text with one way to write each sign."""
    text = unicodedata.normalize("NFKC", text).strip()
    text = _LABELS.sub(" ", text)
    for words, letter in (("东经", "E"), ("西经", "W"), ("北纬", "N"), ("南纬", "S")):
        text = text.replace(words, letter)
    for signs, plain in _SIGNS:
        text = re.sub(f"[{signs}]", plain, text)
    return text.replace("''", '"').strip()


_LABELS = re.compile(
    r"(经度|纬度|坐标|东坐标|北坐标|\b(lon(gitude)?|lng|lat(itude)?|east(ing)?|north(ing)?|[xy])\b)\s*[:=]?", re.IGNORECASE
)
_SIGNS = (
    ("度º˚", "°"),
    ("分′’‘＇", "'"),
    ("秒″”“＂", '"'),
    ("，、；;|/\t\n\r", " , "),
    ("−–—", "-"),
)
_NUMBER = r"\d+(?:\.\d*)?"
_PARTS = rf"(?P<sign>-)?\s*(?P<deg>{_NUMBER})\s*°\s*(?:(?P<min>{_NUMBER})\s*'\s*)?(?:(?P<sec>{_NUMBER})\s*\"\s*)?"
_PLAIN = rf"(?P<sign>-)?\s*(?P<deg>{_NUMBER})\s*"
_SPACED = rf"(?P<sign>-)?\s*(?P<deg>{_NUMBER})(?:\s+(?P<min>{_NUMBER})(?:\s+(?P<sec>{_NUMBER}))?)?\s*"
_BEFORE, _AFTER = r"(?P<letter>[NSEW])?\s*", r"(?P<letter>[NSEW])?"


def _angles(text: str) -> tuple[float, float] | None:
    """Return longitude and latitude of two angles with degree signs or compass letters; None when there are none."""
    text = re.sub(rf"({_NUMBER}):({_NUMBER}):({_NUMBER})", "\\1°\\2'\\3\"", text)
    lettered = re.search(r"[NSEWnsew]", text) is not None
    if "°" not in text and not lettered:
        return None
    tried = (_two(text, parts) for parts in ((_PARTS,) if "°" in text else (_PLAIN, _SPACED)))
    found = next((pair for pair in tried if pair), None)
    if found is None:
        return None
    values: list[tuple[float, str]] = []
    for each in found:
        known = each.groupdict()
        value = _angle(float(known["deg"]), float(known.get("min") or 0), float(known.get("sec") or 0))
        letter = (known["letter"] or "").upper()
        if value is None:
            return None
        values.append((-value if (known["sign"] is not None) != (letter in ("S", "W")) else value, letter))
    (first, a), (second, b) = values
    if a in ("N", "S") or b in ("E", "W"):
        return second, first
    if a or b:
        return first, second
    return _lon_first(first, second)


def _two(text: str, parts: str) -> list[re.Match[str]]:
    """Return the two angles of this form that a text consists of; none when it has others."""
    form = _BEFORE + parts if text[:1].upper() in "NSEW" else parts + _AFTER
    found = list(re.finditer(form, text, re.IGNORECASE))
    rest = re.sub(form, "", text, flags=re.IGNORECASE)
    return found if len(found) == 2 and not rest.strip(" ,") else []


def _angle(degrees: float, minutes: float, seconds: float) -> float | None:
    if minutes >= 60 or seconds >= 60 or minutes < 0 or seconds < 0:
        return None
    return math.copysign(abs(degrees) + minutes / 60 + seconds / 3600, degrees)


def _numbers(text: str) -> list[float]:
    """Return the numbers in a text; commas may stand between thousands or between numbers."""
    text = re.sub(r"(?i)\s*(米|公里|m|km)\b", " ", text).replace("°", " ")
    pieces = text.replace(" , ", " ").split()
    if pieces and all(re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d+)?", each) for each in pieces) and len(pieces) == 2:
        return [float(each.replace(",", "")) for each in pieces]
    joined = re.sub(r"[,:'\"]+", " ", text)
    pieces = joined.split()
    if not all(re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)", each) for each in pieces):
        return []
    return [float(each) for each in pieces]


def _lon_first(a: float, b: float) -> tuple[float, float]:
    """Return two numbers as longitude and latitude, whichever came first."""
    west, south, east, north = _CHINA
    if not (west <= a <= east and south <= b <= north) and ((west <= b <= east and south <= a <= north) or abs(b) > 90.0):
        return b, a
    return a, b


def _of_degrees(lon: float, lat: float) -> Iterator[PlaceReading]:
    if abs(lon) > 180.0 or abs(lat) > 90.0:
        return
    yield PlaceReading(lon, lat, GEOGRAPHIC, lon, lat)
    west, south, east, north = _CHINA
    if west <= lon <= east and south <= lat <= north:
        for offset, back in (("gcj02", wgs84_from_gcj02), ("bd09", wgs84_from_bd09)):
            x, y = back(np.array([[lon, lat]]))[0].tolist()
            yield PlaceReading(x, y, GEOGRAPHIC, lon, lat, offset)


def _of_metres(a: float, b: float, near: tuple[float, float]) -> Iterator[PlaceReading]:
    """Give the zones that numbers may be in; the one that leads nearest to the map first."""
    found: dict[str, tuple[float, PlaceReading]] = {}
    for (east, north), crs in itertools.chain(_zoned(a, b), _zoned(b, a), _zoneless(a, b, near), _zoneless(b, a, near)):
        lon, lat = transform_xy(crs, GEOGRAPHIC, np.array([[east, north]]), approximate=False)[0].tolist()
        away = math.hypot(lon - near[0], lat - near[1])
        if math.isfinite(away) and (away < _FAR_DEGREES or _has_number(east)):
            found.setdefault(crs, (away, PlaceReading(lon, lat, crs, east, north)))
    yield from (reading for _, reading in sorted(found.values(), key=lambda pair: pair[0]))


def _has_number(east: float) -> bool:
    return 13e6 <= east < 46e6


def _zoned(east: float, north: float) -> Iterator[tuple[tuple[float, float], str]]:
    """Give the zone whose number stands before the easting, and Web Mercator where numbers are of that size."""
    if not 0 < north < 6.5e6:
        return
    zone, rest = divmod(east, 1e6)
    if 100_000 <= rest < 900_000:
        if int(zone) in ZONES3:
            yield (east, north), f"EPSG:{4513 + int(zone) - 25}"
        if int(zone) in ZONES6:
            yield (east, north), f"EPSG:{4491 + int(zone) - 13}"
    if 8e6 < east < 1.52e7 and north > 3e5:
        yield (east, north), _MERCATOR


def _zoneless(east: float, north: float, near: tuple[float, float]) -> Iterator[tuple[tuple[float, float], str]]:
    """Give the zones round the map for an easting without a number."""
    if not (100_000 <= east < 900_000 and 1e6 < north < 6.5e6):
        return
    middle = zone_of(near[0])[0]
    for zone in (middle, middle - 1, middle + 1):
        if zone in ZONES3:
            yield (east, north), f"EPSG:{4534 + zone - 25}"
    six = math.floor(near[0] / 6) + 1
    if six in ZONES6:
        yield (east, north), f"EPSG:{4502 + six - 13}"
