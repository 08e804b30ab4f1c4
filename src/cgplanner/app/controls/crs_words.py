"""The coordinate systems planners meet, and their names as the window shows them."""

from __future__ import annotations

from cgplanner.geometry.crs import is_geographic
from cgplanner.io.crs.crs_names import crs_name

# The codes without a zone number in the easting, and those with one; zones 36 to 40 cover Shanxi and its neighbours.
ZONES = {"EPSG:4545": (36, 108), "EPSG:4546": (37, 111), "EPSG:4547": (38, 114), "EPSG:4548": (39, 117)}
PREFIXED = {"EPSG:4524": 36, "EPSG:4525": 37, "EPSG:4526": 38, "EPSG:4527": 39}
COMMON = ("EPSG:4490", *ZONES, *PREFIXED, "EPSG:4326")


def crs_words(crs: str) -> str:
    """Return the name of a CRS for people; '' means not known."""
    return str(crs_name(crs))


def is_known(crs: str) -> bool:
    """Tell whether there is such a CRS."""
    try:
        is_geographic(crs)
    except RuntimeError:  # pyproj's errors
        return False
    return bool(crs)
