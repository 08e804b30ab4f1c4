"""A geometry column in another CRS, or a refusal: a datum change without parameters is off by metres in silence."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from cgplanner.errors import UserError
from cgplanner.model.geometry_column import GeometryColumn
from cgplanner.text import tr


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
        change = pyproj.Transformer.from_crs(source, target, always_xy=True, allow_ballpark=False)
        base = column.base.with_xy(_moved(change, column.base.xy))
        extra = shapely.transform(column.extra, lambda xy: _moved(change, xy)) if len(column.extra) else column.extra
    except pyproj.exceptions.ProjError as error:
        raise UserError(
            tr("There are no parameters to go from {before} to {after}.", before=source[:40], after=target[:40]),
            hint=tr("Keep the coordinate system, or convert with parameters of the surveying office."),
        ) from error
    return GeometryColumn(base, column.index, extra)


def _moved(change: Any, xy: Any) -> Any:
    if not len(xy):
        return xy
    moved = np.column_stack(change.transform(xy[:, 0], xy[:, 1], errcheck=True))
    if not np.isfinite(moved[np.isfinite(xy).all(axis=1)]).all():
        raise UserError(
            tr("Some coordinates lie outside the area of the target CRS."), hint=tr("Check the coordinate system of the layer.")
        )
    return moved
