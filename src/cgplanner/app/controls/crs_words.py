"""What planners call a coordinate system, in their language; the ones they meet, else the name the system has of itself."""

from __future__ import annotations

from cgplanner.geometry.crs import crs_title, is_geographic
from cgplanner.io.crs_files import NamedZone, named_zone
from cgplanner.text import tr

# The codes without a zone number in the easting, and those with one; zones 36 to 40 cover Shanxi and its neighbours.
ZONES = {"EPSG:4545": (36, 108), "EPSG:4546": (37, 111), "EPSG:4547": (38, 114), "EPSG:4548": (39, 117)}
PREFIXED = {"EPSG:4524": 36, "EPSG:4525": 37, "EPSG:4526": 38, "EPSG:4527": 39}
COMMON = ("EPSG:4490", *ZONES, *PREFIXED, "EPSG:4326")


def crs_words(crs: str) -> str:
    """Return the name of a CRS for people; '' means not known."""
    if crs == "EPSG:4490":
        return tr("CGCS2000 longitude and latitude (EPSG:4490)")
    if crs == "EPSG:4326":
        return tr("WGS 84 longitude and latitude (EPSG:4326)")
    if crs in ZONES:
        zone, meridian = ZONES[crs]
        return tr("CGCS2000 3-degree zone {zone}, {meridian}°E ({code})", zone=zone, meridian=meridian, code=crs)
    if crs in PREFIXED:
        return tr("CGCS2000 3-degree zone {zone}, easting with zone number ({code})", zone=PREFIXED[crs], code=crs)
    found = named_zone(crs)
    return _zone_words(found, crs) if found else crs_title(crs)


def _zone_words(zone: NamedZone, crs: str) -> str:
    names = {4610: tr("Xian 1980"), 4214: tr("Beijing 1954"), 4490: "CGCS2000"}
    words = {"datum": names[zone.datum], "width": zone.width, "zone": zone.number, "meridian": zone.meridian, "code": crs}
    if zone.prefixed:
        return tr("{datum} {width}-degree zone {zone}, easting with zone number ({code})", **words)
    return tr("{datum} {width}-degree zone {zone}, {meridian}°E ({code})", **words)


def is_known(crs: str) -> bool:
    """Tell whether there is such a CRS."""
    try:
        is_geographic(crs)
    except RuntimeError:  # pyproj's errors
        return False
    return bool(crs)
