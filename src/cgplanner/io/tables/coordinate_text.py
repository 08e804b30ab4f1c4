"""What a cell says of a place: a number or degrees in any of the ways in which people write them, or a shape as text.

No table and no file in here.
"""

from __future__ import annotations

import math
import re
import unicodedata
from typing import Any

import shapely

_UNSEEN = " \t\r\n\f\v\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"  # blanks, and characters without a width
_NUMBER = r"[-+]?\d+(?:\.\d*)?"
_DMS = re.compile(
    rf"(?P<before>[NSEW东西南北][经纬]?)?\s*(?P<d>{_NUMBER})\s*(?:[°度:d]|\s)\s*"
    r"(?:(?P<m>\d+(?:\.\d*)?)\s*(?:['′’分:m]|\s|$)\s*)?(?:(?P<s>\d+(?:\.\d*)?)\s*(?:[\"″”秒s]|''|′′)?)?\s*(?P<after>[NSEW])?",
    re.IGNORECASE,
)
_DOTTED = re.compile(
    r"(?P<before>[NSEW])?(?P<d>\d{1,3})([.\-])(?P<m>\d{1,2})\3(?P<s>\d{1,2}(?:\.\d+)?)(?P<after>[NSEW])?", re.IGNORECASE
)
_PACKED = re.compile(r"(\d{2,3})(\d{2})(\d{2}(?:\.\d+)?)")
_THOUSANDS = re.compile(r"[-+]?\d{1,3}(,\d{3})+(\.\d*)?")
_CONTINENTAL = re.compile(r"[-+]?\d{1,3}(\.\d{3})+,\d+|[-+]?\d{1,3}(\.\d{3}){2,}")
_WITH_UNIT = re.compile(rf"({_NUMBER})\s*(?:米|m|metres?|meters?)", re.IGNORECASE)
_HEX = re.compile(r"(00|01)[0-9A-Fa-f]{18,}")
_LABELLED = re.compile(
    r"(?<![a-z])(?:(?P<east>东经|经度?|lon(?:gitude)?|lng|x|东坐标|e)|(?P<north>北纬|纬度?|lat(?:itude)?|y|北坐标|n))"
    r"[\"']?\s*[:=]\s*[\"']?(?P<value>[^,;{}()\s]*[^,;{}()\s\"'])",
    re.IGNORECASE,
)
SHAPE_TEXT = re.compile(
    r"\s*(SRID=\d+;)?\s*(MULTI)?(POINT|LINESTRING|POLYGON|GEOMETRYCOLLECTION|CURVE|SURFACE|CIRCULARSTRING|COMPOUNDCURVE|"
    r'CURVEPOLYGON|TIN|TRIANGLE|POLYHEDRALSURFACE)\b|(00|01)[0-9A-Fa-f]{18,}\s*$|\s*\{\s*"type"\s*:\s*"(Multi)?(Point|Line|Poly)',
    re.IGNORECASE,
)


def coordinate(value: Any) -> float:
    """Return a number, or degrees written as degrees, minutes and seconds; NaN for what is neither.

    >>> coordinate("112°30′00″E")
    112.5
    """
    if isinstance(value, int | float):
        return float(value)
    text = unicodedata.normalize("NFKC", str(value or "")).strip(_UNSEEN).removeprefix("'") if value else ""
    text = text.replace("′′", "″").replace("\u2032", "′").replace("\u2033", "″")
    if re.fullmatch(r"[-+]?\d+,\d+", text) and not _THOUSANDS.fullmatch(text):  # a decimal comma
        text = text.replace(",", ".")
    elif _CONTINENTAL.fullmatch(text):
        text = text.replace(".", "").replace(",", ".")
    elif found := _WITH_UNIT.fullmatch(text):
        text = found[1]
    try:
        return float(text.replace(",", "")) if _THOUSANDS.fullmatch(text) else float(text)
    except ValueError:
        found = _DOTTED.fullmatch(text) or _DMS.fullmatch(text)
    return _degrees(found) if found else math.nan


def _degrees(found: re.Match[str]) -> float:
    minutes, seconds = float(found["m"] or 0), float(found["s"] or 0)
    if minutes >= 60 or seconds >= 60:
        return math.nan
    degrees = abs(float(found["d"])) + minutes / 60 + seconds / 3600
    sides = f"{found['before'] or ''}{found['after'] or ''}".upper()
    return -degrees if found["d"].startswith("-") or re.search("[SW西南]", sides) else degrees


def packed_degrees(value: Any) -> float:
    """Return degrees, minutes and seconds without anything between them (1124500), NaN for what is none."""
    found = _PACKED.fullmatch(str(value).strip().removesuffix(".0"))
    return _in_parts(*map(float, found.groups())) if found else math.nan


def _in_parts(degrees: float, minutes: float, seconds: float) -> float:
    return degrees + minutes / 60 + seconds / 3600 if minutes < 60 and seconds < 60 else math.nan


def of_parts(values: list[Any]) -> float:
    """Return degrees of which degrees, minutes and seconds (or the first two) stand in cells of their own; NaN for none."""
    numbers = [coordinate(each) if each not in (None, "") else 0.0 for each in values] + [0.0]
    return _in_parts(numbers[0], numbers[1], numbers[2]) if values[0] not in (None, "") else math.nan


def pair(value: Any) -> tuple[float, float] | None:
    """Return both numbers of a cell, None for what is no pair."""
    text = unicodedata.normalize("NFKC", str(value or "")).strip("()[] ")
    labelled = {"east" if found["east"] else "north": found["value"] for found in _LABELLED.finditer(text)}
    if labelled.keys() == {"east", "north"}:
        place = coordinate(labelled["east"]), coordinate(labelled["north"])
        return None if any(map(math.isnan, place)) else place
    pieces = [each for each in re.split(r"[,，;；\s]+", text) if each]
    numbers = [coordinate(each) for each in pieces]
    return (numbers[0], numbers[1]) if len(numbers) in (2, 3) and not any(map(math.isnan, numbers)) else None


def with_points(values: list[Any]) -> list[Any]:
    """Return the cells of one column with decimal points where they are written with decimal commas.

    112,753 alone could be thousands; beside 37,87061 it is not.
    """
    texts = [each for each in values if isinstance(each, str) and each.strip()]
    if not all(re.fullmatch(r"\s*[-+]?\d+(,\d+)?\s*", each) for each in texts):
        return values
    if not any("," in each and not _THOUSANDS.fullmatch(each.strip()) for each in texts):
        return values
    return [each.replace(",", ".") if isinstance(each, str) else each for each in values]


def shape_of(text: str) -> tuple[Any, int]:
    """Return a shape written as WKT, hexadecimal WKB or GeoJSON (None for none), and the SRID that it names (0 for none)."""
    text = text.strip()
    found = re.match(r"SRID=(\d+);\s*", text, re.IGNORECASE)
    srid = int(found[1]) if found else 0
    text = text[found.end() :] if found else text
    try:
        if _HEX.fullmatch(text):
            shape: Any = shapely.from_wkb(text, on_invalid="ignore")
            return shape, int(shapely.get_srid(shape)) if shape is not None else 0
        read = shapely.from_geojson if text.startswith("{") else shapely.from_wkt
        return read(text, on_invalid="ignore"), srid
    except (NotImplementedError, ValueError, shapely.errors.GEOSException):  # curves, of which shapely knows none
        return None, 0
