"""A place in words, in the coordinates that somebody has chosen for the status bar."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from cgplanner.app.controls.crs_words import crs_words
from cgplanner.geometry.crs import is_geographic, to_degrees, transform_xy, zone_crs, zone_of
from cgplanner.geometry.ragged import Floats
from cgplanner.geometry.web_offset import bd09_from_wgs84, gcj02_from_wgs84
from cgplanner.text import tr

# What the status bar can say; beside these any "EPSG:n".
STYLES = ("", "degrees", "dms", "zone", "zone-number", "gcj02", "bd09", "map")


def style_words(style: str) -> str:
    """Return what a menu calls a way to write places."""
    names = {
        "": tr("Zone and degrees"),
        "degrees": tr("CGCS2000 degrees"),
        "dms": tr("CGCS2000 degrees, minutes, seconds"),
        "zone": tr("3-degree zone, easting without its number"),
        "zone-number": tr("3-degree zone, easting with its number"),
        "gcj02": tr("GCJ-02 degrees (Amap, Tencent)"),
        "bd09": tr("BD-09 degrees (Baidu)"),
        "map": tr("Projection of the map"),
    }
    return names[style] if style in names else crs_words(style)


def place_words(style: str, crs: str, x: float, y: float) -> str:
    """Return a place of the display CRS in words; '' where it has no image."""
    if not crs or style == "map":
        return f"{x:,.1f}  {y:,.1f}"
    if style not in STYLES:
        return _in_crs(style, crs, x, y)
    lon, lat = to_degrees(crs, x, y)
    return _WRITERS[style](crs, x, y, lon, lat) if math.isfinite(lon) and math.isfinite(lat) else ""


def coordinate_words(crs: str, x: float, y: float) -> str:
    """Return easting and northing in the CGCS2000 3-degree zone of the place, and its degrees; '' where there is none."""
    if not crs:
        return f"{x:,.1f}  {y:,.1f}"
    lon, lat = to_degrees(crs, x, y)
    if not (math.isfinite(lon) and math.isfinite(lat)):
        return ""
    projected = _zone_words(crs, x, y, lon, decimals=0)
    return f"{projected}  ·  {_degree_words(lon, lat)}" if projected else _degree_words(lon, lat)


def dms(degrees: float) -> str:
    """Return an angle as 112°33′00.00″, the seconds rounded first so that there are never 60 of them."""
    hundredths = round(abs(degrees) * 360_000)
    whole, rest = divmod(hundredths, 360_000)
    minutes, seconds = divmod(rest, 6000)
    return f"{'-' if degrees < 0 else ''}{whole}°{minutes:02d}′{seconds / 100:05.2f}″"


def _degree_words(lon: float, lat: float) -> str:
    return f"{lon:.5f}°E  {lat:.5f}°N"


def _zone_words(crs: str, x: float, y: float, lon: float, decimals: int = 1) -> str:
    east, north = _moved(crs, zone_crs(lon), x, y)
    if not (math.isfinite(east) and math.isfinite(north)):
        return ""
    zone, _ = zone_of(lon)
    return tr("Zone {zone}  X {north}  Y {east}", zone=zone, north=f"{north:,.{decimals}f}", east=f"{east:,.{decimals}f}")


def _in_crs(target: str, crs: str, x: float, y: float) -> str:
    east, north = _moved(crs, target, x, y)
    if not (math.isfinite(east) and math.isfinite(north)):
        return ""
    return f"{east:.6f}°  {north:.6f}°" if is_geographic(target) else f"X {north:,.1f}  Y {east:,.1f}"


def _moved(crs: str, target: str, x: float, y: float) -> Floats:
    moved: Floats = transform_xy(crs, target, np.array([[x, y]]), approximate=False)[0]
    return moved


def _numbered_words(crs: str, x: float, y: float, lon: float, _lat: float) -> str:
    zone, _ = zone_of(lon)
    east, north = _moved(crs, f"EPSG:{4513 + min(max(zone, 25), 45) - 25}", x, y)
    return f"X {north:,.1f}  Y {east:,.1f}"


def _shifted_words(name: str, shift: Callable[[Floats], Floats], lon: float, lat: float) -> str:
    lon, lat = shift(np.array([[lon, lat]]))[0].tolist()
    return f"{name}  {lon:.6f}°E  {lat:.6f}°N"


_WRITERS: dict[str, Callable[[str, float, float, float, float], str]] = {
    "": lambda crs, x, y, _lon, _lat: coordinate_words(crs, x, y),
    "degrees": lambda _crs, _x, _y, lon, lat: _degree_words(lon, lat),
    "dms": lambda _crs, _x, _y, lon, lat: f"{dms(lon)}E  {dms(lat)}N",
    "zone": lambda crs, x, y, lon, _lat: _zone_words(crs, x, y, lon),
    "zone-number": _numbered_words,
    "gcj02": lambda _crs, _x, _y, lon, lat: _shifted_words("GCJ-02", gcj02_from_wgs84, lon, lat),
    "bd09": lambda _crs, _x, _y, lon, lat: _shifted_words("BD-09", bd09_from_wgs84, lon, lat),
}
