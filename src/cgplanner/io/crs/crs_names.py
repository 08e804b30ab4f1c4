"""What planners call a coordinate system, in either language: the zones they meet, else the name the system has of itself."""

from __future__ import annotations

from cgplanner.geometry.crs import crs_title
from cgplanner.io.crs.crs_files import NamedZone, named_zone
from cgplanner.text import Sentence, sentence


def crs_name(crs: str) -> Sentence | str:
    """Return the name of a CRS for people, read in the language of the moment; '' means not known."""
    if crs == "EPSG:4490":
        return sentence("CGCS2000 longitude and latitude (EPSG:4490)")
    if crs == "EPSG:4326":
        return sentence("WGS 84 longitude and latitude (EPSG:4326)")
    if crs == "EPSG:4610":
        return sentence("Xian 1980 longitude and latitude (EPSG:4610)")
    if crs == "EPSG:4214":
        return sentence("Beijing 1954 longitude and latitude (EPSG:4214)")
    zone = named_zone(crs)
    return _zone_name(zone, crs) if zone else crs_title(crs)


def _zone_name(zone: NamedZone, crs: str) -> Sentence:
    names = {4610: sentence("Xian 1980"), 4214: sentence("Beijing 1954"), 4490: "CGCS2000"}
    words = {"datum": names[zone.datum], "width": zone.width, "zone": zone.number, "meridian": zone.meridian, "code": crs}
    if zone.prefixed:
        return sentence("{datum} {width}-degree zone {zone}, easting with zone number ({code})", **words)
    return sentence("{datum} {width}-degree zone {zone}, {meridian}°E ({code})", **words)
