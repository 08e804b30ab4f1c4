"""GCJ-02 and BD-09: the offsets that Chinese web maps put on longitude and latitude, forward and back.

The forward formulas are the published ones on the Krassovsky ellipsoid; the way back is a fixed point, for a closed form does
not exist. Everything is degrees, x before y. This file must not know where data come from.
"""

from __future__ import annotations

import numpy as np

from cgplanner.geometry.ragged import Floats

_A, _E2 = 6378245.0, 0.00669342162296594323  # Krassovsky, as the offset was defined
_BD = np.pi * 3000.0 / 180.0
ROUNDS = 8  # three leave 0.15 mm, and a round costs little


def gcj02_from_wgs84(lonlat: Floats) -> Floats:
    """Return GCJ-02 for WGS 84 (or CGCS2000) degrees, float64 (n, 2); only meant for places in China."""
    lon, lat = lonlat[:, 0], lonlat[:, 1]
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    common = 20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)
    d_lat = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    d_lat += (common + 20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    d_lat += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    d_lon = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    d_lon += (common + 20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    d_lon += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    phi = np.radians(lat)
    w = 1.0 - _E2 * np.sin(phi) ** 2
    north = np.degrees(d_lat / (_A * (1.0 - _E2) / (w * np.sqrt(w))))
    east = np.degrees(d_lon / (_A / np.sqrt(w) * np.cos(phi)))
    return np.column_stack([lon + east, lat + north])


def bd09_from_gcj02(lonlat: Floats) -> Floats:
    """Return BD-09 for GCJ-02 degrees."""
    x, y = lonlat[:, 0], lonlat[:, 1]
    radius = np.hypot(x, y) + 0.00002 * np.sin(y * _BD)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * _BD)
    return np.column_stack([radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006])


def bd09_from_wgs84(lonlat: Floats) -> Floats:
    """Return BD-09 for WGS 84 degrees."""
    return bd09_from_gcj02(gcj02_from_wgs84(lonlat))


def wgs84_from_gcj02(lonlat: Floats) -> Floats:
    """Return WGS 84 for GCJ-02 degrees, to far below a millimetre."""
    found = np.array(lonlat, np.float64)
    for _ in range(ROUNDS):
        found += lonlat - gcj02_from_wgs84(found)
    return found


def wgs84_from_bd09(lonlat: Floats) -> Floats:
    """Return WGS 84 for BD-09 degrees, to far below a millimetre."""
    found = np.array(lonlat, np.float64)
    for _ in range(ROUNDS):
        found += lonlat - bd09_from_wgs84(found)
    return found
