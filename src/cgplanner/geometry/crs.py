"""Coordinate reference systems as strings: the projection a map is shown in, and the way between two of them.

A CRS is "EPSG:n" where there is a code, else WKT2; '' is unknown. Coordinates are always x before y (easting, northing or
longitude, latitude). pyproj is imported when first needed: it costs a tenth of a second. This file must not know layers.
"""

from __future__ import annotations

import math
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from cgplanner.geometry import kernels
from cgplanner.geometry.ragged import Floats
from cgplanner.text import tr

if TYPE_CHECKING:
    from pyproj import CRS, Transformer

GEOGRAPHIC = "EPSG:4490"  # CGCS2000 degrees, what lon and lat mean in this program

_LIMIT_DEGREES = 85.0  # a conformal map of the pole itself has no end
_FLAT = 0.02  # below this, the two parallels of a cone lie so near the equator that the map is a cylinder

_PROJECTED = (
    'PROJCRS["{name}",BASEGEOGCRS["China Geodetic Coordinate System 2000",DATUM["China 2000",'
    'ELLIPSOID["CGCS2000",6378137,298.257222101,LENGTHUNIT["metre",1]]],PRIMEM["Greenwich",0,'
    'ANGLEUNIT["degree",0.0174532925199433]],ID["EPSG",4490]],CONVERSION["{name}",{method},{parameters}],'
    'CS[Cartesian,2],AXIS["easting (X)",east,ORDER[1],LENGTHUNIT["metre",1]],'
    'AXIS["northing (Y)",north,ORDER[2],LENGTHUNIT["metre",1]]]'
)
_DEGREES = 'PARAMETER["{}",{:.10g},ANGLEUNIT["degree",0.0174532925199433],ID["EPSG",{}]]'
_METRES = 'PARAMETER["{}",0,LENGTHUNIT["metre",1],ID["EPSG",{}]]'

_MANY, _VERY_MANY = 20_000, 500_000  # points from which a grid pays, with kernels loaded and without
_ERROR_METRES = 0.001

_threads = threading.local()


def fitted_crs(lon_min: float, lat_min: float, lon_max: float, lat_max: float) -> str:
    """Return the WKT2 of a conformal projection on CGCS2000 fitted to an extent in degrees.

    A Lambert cone with its standard parallels at 1/6 and 5/6 of the latitudes; across the equator a Mercator cylinder. Values
    that are no number or no place on earth count as the nearest that is one.
    """
    west, east = sorted(_held(value, 180.0) for value in (lon_min, lon_max))
    south, north = sorted(_held(value, _LIMIT_DEGREES) for value in (lat_min, lat_max))
    middle, span = (south + north) / 2, north - south
    first, second = south + span / 6, south + span * 5 / 6
    if abs(math.sin(math.radians(middle))) < _FLAT or (south < 0.0 < north and span > 60.0):
        parameters = [
            ("Latitude of 1st standard parallel", abs(middle), 8823),
            ("Longitude of natural origin", (west + east) / 2, 8802),
        ]
        shifts = [("False easting", 8806), ("False northing", 8807)]
        return _projected('METHOD["Mercator (variant B)",ID["EPSG",9805]]', parameters, shifts)
    parameters = [
        ("Latitude of false origin", middle, 8821),
        ("Longitude of false origin", (west + east) / 2, 8822),
        ("Latitude of 1st standard parallel", first, 8823),
        ("Latitude of 2nd standard parallel", second, 8824),
    ]
    shifts = [("Easting at false origin", 8826), ("Northing at false origin", 8827)]
    return _projected('METHOD["Lambert Conic Conformal (2SP)",ID["EPSG",9802]]', parameters, shifts)


def _projected(method: str, parameters: list[tuple[str, float, int]], shifts: list[tuple[str, int]]) -> str:
    lines = [_DEGREES.format(*each) for each in parameters] + [_METRES.format(*each) for each in shifts]
    return _PROJECTED.format(name="CGCS2000 / fitted to the map", method=method, parameters=",".join(lines))


def _held(degrees: float, limit: float) -> float:
    return min(max(degrees, -limit), limit) if math.isfinite(degrees) else 0.0


@lru_cache(maxsize=64)
def _known(crs: str) -> CRS:
    from pyproj import CRS  # noqa: PLC0415  see the module docstring

    return CRS.from_user_input(crs)


def transformer(source: str, target: str) -> Transformer:
    """Return pyproj's transformer between two CRS, x before y; kept for the calling thread, not to be handed to another.

    Raises
    ------
    pyproj.exceptions.CRSError
        When a string is no CRS.
    """
    kept: dict[tuple[str, str], Transformer] | None = getattr(_threads, "transformers", None)
    if kept is None:
        kept = _threads.transformers = {}
    found = kept.get((source, target))
    if found is None:
        from pyproj import Transformer  # noqa: PLC0415  see the module docstring

        found = kept[source, target] = Transformer.from_crs(_known(source), _known(target), always_xy=True)
    return found


def transform_xy(source: str, target: str, xy: Floats, *, approximate: bool = True) -> Floats:
    """Return coordinates (n, 2) in another CRS, as a new array; infinite where there is no image.

    An unknown CRS ('') on either side leaves the numbers as they are. ``approximate`` allows an error that no map shows
    (far below a centimetre) where there are many points.
    """
    if source == target or not source or not target or not len(xy):
        return np.array(xy, np.float64)
    if approximate and len(xy) >= _MANY and (kernels.is_warm() or len(xy) >= _VERY_MANY):
        return _approximately(source, target, xy)
    return _exactly(source, target, xy)


def _approximately(source: str, target: str, xy: Floats) -> Floats:
    from cgplanner.geometry.approximate import ApproximateTransform  # noqa: PLC0415  imports pyproj

    x, y = xy[:, 0], xy[:, 1]
    extent = float(np.fmin.reduce(x)), float(np.fmin.reduce(y)), float(np.fmax.reduce(x)), float(np.fmax.reduce(y))
    error = _ERROR_METRES / 111_000 if is_geographic(target) else _ERROR_METRES
    approximate = ApproximateTransform(transformer(source, target), extent, error)
    if len(xy) < _VERY_MANY or not approximate.cells or not kernels.is_warm():
        return approximate.transform(xy)
    with ThreadPoolExecutor(2) as pool:  # the grid is read without the interpreter's lock
        return np.concatenate(list(pool.map(approximate.transform, (xy[: len(xy) // 2], xy[len(xy) // 2 :]))))


def _exactly(source: str, target: str, xy: Floats) -> Floats:
    x, y = transformer(source, target).transform(np.array(xy[:, 0]), np.array(xy[:, 1]), inplace=True)
    return np.column_stack([x, y])


def is_geographic(crs: str) -> bool:
    """Tell whether the numbers are degrees; an unknown CRS is not."""
    return bool(crs) and bool(_known(crs).is_geographic)


def crs_title(crs: str) -> str:
    """Return what people call a CRS, with its code where there is one."""
    if not crs:
        return tr("unknown coordinates")
    name = str(_known(crs).name)
    if name == "CGCS2000 / fitted to the map":
        return tr("CGCS2000, projection fitted to the map")
    return f"{name} ({crs})" if crs.startswith("EPSG:") else name  # PROJ takes half a second to find that a WKT has no code


def to_degrees(crs: str, x: float, y: float) -> tuple[float, float]:
    """Return longitude and latitude (CGCS2000) of a point; infinite where there are none."""
    lon, lat = transformer(crs, GEOGRAPHIC).transform(x, y)
    return float(lon), float(lat)


def metres_per_unit(crs: str, x: float, y: float) -> float:
    """Return how many metres on the ground one unit of the CRS is at this place, west to east; 1 where it cannot be told."""
    if not crs:
        return 1.0
    step = 0.005 if is_geographic(crs) else 500.0
    points = _exactly(crs, GEOGRAPHIC, np.array([[x - step, y], [x + step, y]]))
    if not np.isfinite(points).all():
        return 1.0
    length = geod().inv(*points[0], *points[1])[2]
    return float(length) / (2 * step) or 1.0


def geod() -> Any:
    """Return pyproj's geodesic calculator on the CGCS2000 ellipsoid, kept for the calling thread."""
    kept = getattr(_threads, "geod", None)
    if kept is None:
        from pyproj import Geod  # noqa: PLC0415  see the module docstring

        kept = _threads.geod = Geod(a=6378137.0, rf=298.257222101)
    return kept


def zone_of(lon: float) -> tuple[int, float]:
    """Return number and central meridian of the CGCS2000 3-degree zone of a longitude: 112.5 lies in zone 38, 114 E."""
    number = math.floor((lon + 1.5) / 3)
    return number, number * 3.0


def zone_crs(lon: float) -> str:
    """Return the code of the 3-degree zone of a longitude within China, eastings without the zone's number."""
    number, _ = zone_of(lon)
    return f"EPSG:{4534 + min(max(number, 25), 45) - 25}"
