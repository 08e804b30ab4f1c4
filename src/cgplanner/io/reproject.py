"""A geometry column in another CRS, or a refusal: a datum change without parameters is off by metres in silence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from cgplanner.errors import UserError
from cgplanner.model.geometry_column import GeometryColumn
from cgplanner.text import tr

if TYPE_CHECKING:
    import pyproj

_MODERN = (4326, 4979, 4490, 4480, 4978, 4479)


def reprojected(column: GeometryColumn, source: str, target: str) -> GeometryColumn:
    """Return the column in the CRS ``target``; Z and M stay.

    Raises
    ------
    UserError
        When the source is not known, PROJ has no parameters between the two, or a coordinate has no image.
    """
    import pyproj  # noqa: PLC0415  0.2 s that most readers do not pay

    if not source:
        raise UserError(
            tr("The layer's coordinate system is not known, so it cannot be turned into another."),
            hint=tr("Say which one the data are in."),
        )
    try:
        before, after = pyproj.CRS.from_user_input(source), pyproj.CRS.from_user_input(target)
        change = pyproj.Transformer.from_crs(before, after, always_xy=True, allow_ballpark=_is_one_figure(before, after))
        base = column.base.with_xy(_moved(change, column.base.xy))
        extra = shapely.transform(column.extra, lambda xy: _moved(change, xy)) if len(column.extra) else column.extra
    except (pyproj.exceptions.ProjError, pyproj.exceptions.CRSError) as error:
        raise UserError(
            tr("There are no parameters to go from {before} to {after}.", before=source[:40], after=target[:40]),
            hint=tr("Keep the coordinate system, or convert with parameters of the surveying office."),
        ) from error
    return GeometryColumn(base, column.index, extra)


def _is_one_figure(one: pyproj.CRS, other: pyproj.CRS) -> bool:
    """Tell whether both are CGCS 2000 or WGS 84, which differ by the drift of the plates: less than any plan shows."""
    return all(each.geodetic_crs is not None and each.geodetic_crs.to_epsg() in _MODERN for each in (one, other))


def _moved(change: Any, xy: Any) -> Any:
    if not len(xy):
        return xy
    moved = np.column_stack(change.transform(xy[:, 0], xy[:, 1], errcheck=True))
    if not np.isfinite(moved[np.isfinite(xy).all(axis=1)]).all():
        raise UserError(
            tr("Some coordinates lie outside the area of the target CRS."), hint=tr("Check the coordinate system of the layer.")
        )
    return moved
