"""A geometry column in another CRS, or a refusal: a datum change without parameters is off by metres in silence."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from cgplanner.errors import UserError
from cgplanner.geometry.ragged import Floats
from cgplanner.model.geometry_column import GeometryColumn
from cgplanner.text import tr

if TYPE_CHECKING:
    import pyproj

Extent = tuple[float, float, float, float]
_MODERN = (4326, 4979, 4490, 4480, 4978, 4479)
_OLD_CHINESE = (4610, 4214, 4555)  # Xian 1980, Beijing 1954, New Beijing
_OLD_METRES = 150.0  # Beijing 1954 is off by 56 m at Taiyuan by the parameters that EPSG publishes for the Ordos next to it
_ELSEWHERE_METRES = 1000.0  # the worst of the world's old datums


def reprojected(
    column: GeometryColumn, source: str, target: str, *, ballpark: bool = False, extent: Extent | None = None
) -> GeometryColumn:
    """Return the column in the CRS ``target``; Z and M stay.

    ``ballpark`` allows a change of datum without parameters; who allows it marks the result with :func:`ballpark_metres`.
    ``extent`` is that of the whole where the column is a piece of it: all pieces go the same way.

    Raises
    ------
    UserError
        When the source is not known, PROJ has no parameters between the two for this place, or a coordinate has no image.
    """
    import pyproj  # noqa: PLC0415  0.2 s that most readers do not pay

    if not source:
        raise UserError(
            tr("The layer's coordinate system is not known, so it cannot be turned into another."),
            hint=tr("Say which one the data are in."),
        )
    try:
        before, after = pyproj.CRS.from_user_input(source), pyproj.CRS.from_user_input(target)
        change = _way(before, after, extent or column.extent(), ballpark=ballpark or _is_one_figure(before, after))
        return moved_column(column, lambda xy: _moved(change, xy))
    except (pyproj.exceptions.ProjError, pyproj.exceptions.CRSError) as error:
        raise _no_way(source, target) from error


def moved_column(column: GeometryColumn, move: Callable[[Floats], Floats]) -> GeometryColumn:
    """Return the column with all its places put through a function of (n, 2)."""
    base = column.base.with_xy(move(column.base.xy))
    return GeometryColumn(base, column.index, shapely.transform(column.extra, move) if len(column.extra) else column.extra)


def ballpark_metres(crs: str) -> float:
    """Return about how far places of this CRS lie from where they are in CGCS 2000, unless parameters say more; 0 for none.

    Raises
    ------
    pyproj.exceptions.CRSError
        When it is no CRS.
    """
    import pyproj  # noqa: PLC0415  see above

    geodetic = pyproj.CRS.from_user_input(crs).geodetic_crs
    code = geodetic.to_epsg() if geodetic is not None else None
    return 0.0 if code in _MODERN else _OLD_METRES if code in _OLD_CHINESE else _ELSEWHERE_METRES


def _no_way(source: str, target: str) -> UserError:
    return UserError(
        tr("There are no parameters to go from {before} to {after}.", before=source[:40], after=target[:40]),
        hint=tr("Keep the coordinate system, give parameters of the surveying office, or go without any, which is marked."),
    )


def _is_one_figure(one: pyproj.CRS, other: pyproj.CRS) -> bool:
    """Tell whether both are CGCS 2000 or WGS 84, which differ by the drift of the plates: less than any plan shows."""
    return all(each.geodetic_crs is not None and each.geodetic_crs.to_epsg() in _MODERN for each in (one, other))


def _way(before: pyproj.CRS, after: pyproj.CRS, extent: Extent | None, *, ballpark: bool) -> Any:
    """Return PROJ's transformer; between datums one whose parameters are meant for the place where the data lie.

    Left to itself PROJ takes parameters of another basin rather than none: Beijing 1954 in Shanxi by those of the Tarim.
    """
    import pyproj  # noqa: PLC0415  see above

    if before.geodetic_crs is None or before.geodetic_crs == after.geodetic_crs:
        return pyproj.Transformer.from_crs(before, after, always_xy=True, allow_ballpark=ballpark)
    group = pyproj.transformer.TransformerGroup(before, after, always_xy=True, allow_ballpark=ballpark)
    lon, lat = _middle(before, extent)
    for each in group.transformers:
        area = each.area_of_use
        if each.accuracy < 0 or area is None or (area.west <= lon <= area.east and area.south <= lat <= area.north):
            return each
    raise _no_way(before.to_string(), after.to_string())


def _middle(crs: pyproj.CRS, extent: Extent | None) -> tuple[float, float]:
    import pyproj  # noqa: PLC0415  see above

    if extent is None:
        return np.nan, np.nan
    degrees = pyproj.Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True)
    lon, lat = degrees.transform((extent[0] + extent[2]) / 2, (extent[1] + extent[3]) / 2)
    return float(lon), float(lat)


def _moved(change: Any, xy: Any) -> Any:
    if not len(xy):
        return xy
    return checked_places(np.column_stack(change.transform(xy[:, 0], xy[:, 1], errcheck=True)), xy)


def checked_places(moved: Floats, xy: Floats) -> Floats:
    """Return places that came of ``xy``, all of which must be some.

    Raises
    ------
    UserError
        When a coordinate has no image.
    """
    if not np.isfinite(moved[np.isfinite(xy).all(axis=1)]).all():
        raise UserError(
            tr("Some coordinates lie outside the area of the target CRS."), hint=tr("Check the coordinate system of the layer.")
        )
    return moved
