"""A place in words for the status bar: projected with its zone, and in degrees."""

from __future__ import annotations

import math

import numpy as np

from cgplanner.geometry.crs import to_degrees, transform_xy, zone_crs, zone_of
from cgplanner.text import tr


def coordinate_words(crs: str, x: float, y: float) -> str:
    """Return easting and northing in the CGCS2000 3-degree zone of the place, and its degrees; '' where there is none."""
    if not crs:
        return f"{x:,.1f}  {y:,.1f}"
    lon, lat = to_degrees(crs, x, y)
    if not (math.isfinite(lon) and math.isfinite(lat)):
        return ""
    degrees = f"{lon:.5f}°E  {lat:.5f}°N"
    zone, _ = zone_of(lon)
    target = zone_crs(lon)
    east, north = transform_xy(crs, target, np.array([[x, y]]))[0]
    if not (math.isfinite(east) and math.isfinite(north)):
        return degrees
    return tr("Zone {zone}  X {north}  Y {east}", zone=zone, north=f"{north:,.0f}", east=f"{east:,.0f}") + f"  ·  {degrees}"
