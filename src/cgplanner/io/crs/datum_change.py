"""A layer taken from one datum to another: by parameters that were given, by control points, or roughly and marked as such.

Nothing here happens by itself: a planner asks for one of the ways. What it did is said in the report and stays with the layer
as a :class:`DatumMark`. This file reads no file (see :mod:`cgplanner.io.crs.parameter_files`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely

from cgplanner.errors import UserError
from cgplanner.geometry.datum_shift import Fit, FitKind, Helmert, Shift, fitted, shifted
from cgplanner.geometry.ragged import Floats
from cgplanner.io.crs.crs_files import modern_twin
from cgplanner.io.crs.crs_names import crs_name
from cgplanner.io.crs.reproject import Extent, ballpark_metres, checked_places, moved_column, reprojected
from cgplanner.io.report import DatumMark, Note
from cgplanner.io.source import LoadedLayer
from cgplanner.model.changeset import GEOMETRY
from cgplanner.model.geometry_column import GeometryColumn
from cgplanner.text import Sentence, sentence, tr

BEYOND = 0.1  # of the size of the field of control points: farther out it is extrapolation
SPOILT = 3.0  # times the root mean square: a point that disagrees so much is mistyped or moved


@dataclass(frozen=True, eq=False)
class ControlPoints:
    """Points known in both systems: names, and float64 (n, 2) of east and north in each."""

    names: tuple[str, ...]
    source: Floats
    target: Floats


@dataclass(frozen=True, eq=False)
class DatumChange:
    """What a planner gave: nothing (ballpark), parameters, or points to find them from.

    Attributes
    ----------
    before, after
        The CRS that the parameters are between, '' where that was not said.
    metres
        The accuracy that came with them.
    detail
        The name of their file.
    """

    shift: Shift | None = None
    points: ControlPoints | None = None
    fit: FitKind = "similarity"
    before: str = ""
    after: str = ""
    metres: float | None = None
    detail: str = ""


BALLPARK = DatumChange()


def in_other_datum(loaded: LoadedLayer, change: DatumChange, target: str = "") -> LoadedLayer:
    """Return the layer in the CRS ``target`` (where '': the one that the parameters lead to, else its like in CGCS2000).

    Raises
    ------
    UserError
        When the parameters are for other systems than the layer's, its system is not known and is needed, or a coordinate
        has no image.
    """
    way = datum_way(loaded.crs, loaded.table.geometry.extent(), change, target)
    column = loaded.table.geometry
    geometry = way.move(column)
    found = _marked(loaded, geometry, way.crs, way.mark) if way.mark else _with_geometry(loaded, geometry, way.crs)
    return replace(found, report=found.report.with_notes(*way.notes, *outside_notes(way.outside(column))))


@dataclass(frozen=True, eq=False)
class DatumWay:
    """How all rows of a layer get to another datum, be they in memory or go by in pieces.

    Attributes
    ----------
    crs
        Where they come to.
    move
        Gives the geometry of any rows there.
    mark
        What the layer bears from then on; None where there is nothing to mark.
    notes
        What is said beside the mark.
    points
        The control points, whose reach is looked after.
    """

    crs: str
    move: Callable[[GeometryColumn], GeometryColumn]
    mark: DatumMark | None = None
    notes: tuple[Note, ...] = ()
    points: ControlPoints | None = None

    def outside(self, column: GeometryColumn) -> int:
        """Return how many rows, before they are moved, lie beyond the control points: there the parameters are a guess."""
        return _outside(column, self.points) if self.points else 0


def datum_way(crs: str, extent: Extent | None, change: DatumChange, target: str = "") -> DatumWay:
    """Return the way of a layer with this CRS and extent; see :func:`in_other_datum`.

    Raises
    ------
    UserError
        When the parameters are for other systems than the layer's, or its system is not known and is needed.
    """
    target = target or change.after or modern_twin(crs)
    _check_systems(crs, target, change)
    if change.points is not None:
        return _by_points(crs, extent, change, change.points, target)
    if change.shift is None:
        return _roughly(crs, extent, target)
    how = "helmert" if isinstance(change.shift, Helmert) else "affine"
    return DatumWay(target, _shifting(crs, change.shift, target), DatumMark(how, crs, target, change.metres, change.detail))


def fit_of(points: ControlPoints, kind: FitKind, source: str, target: str) -> Fit:
    """Return what control points say of the way between two systems; see :func:`cgplanner.geometry.datum_shift.fitted`."""
    return fitted(points.source, points.target, kind, source, target)


def with_mark_kept(loaded: LoadedLayer) -> LoadedLayer:
    """Return the layer marked when it is in an old datum: beside others it is only roughly in its place."""
    if not loaded.crs or loaded.report.datum or not len(loaded.table.geometry.base.xy):
        return loaded
    metres = ballpark_metres(loaded.crs)
    if not metres:
        return loaded
    return _marked(loaded, loaded.table.geometry, loaded.crs, DatumMark("kept", loaded.crs, loaded.crs, metres))


def mark_words(mark: DatumMark) -> Sentence:
    """Return the sentence that a layer bears about its places."""
    before, after = crs_name(mark.before), crs_name(mark.after)
    if mark.how == "kept":
        return sentence(
            "In {before}: beside layers of another datum its places are up to about {metres} m off.",
            before=before,
            metres=f"{mark.metres or 0:.0f}",
        )
    if mark.how == "ballpark":
        return sentence(
            "Taken from {before} to {after} without parameters: its places are up to about {metres} m off.",
            before=before,
            after=after,
            metres=f"{mark.metres or 0:.0f}",
        )
    if mark.points:
        return sentence(
            "Taken from {before} to {after} by {count} control points: {metres} m (root mean square), {worst} m at {name}.",
            before=before if mark.before else sentence("an unknown system"),
            after=after,
            count=mark.points,
            metres=f"{mark.metres or 0:.3f}",
            worst=f"{mark.worst[1]:.3f}",
            name=mark.worst[0],
        )
    if mark.metres is None:
        return sentence(
            "Taken from {before} to {after} by parameters that were given; how good they are was not said.",
            before=before if mark.before else sentence("an unknown system"),
            after=after,
        )
    return sentence(
        "Taken from {before} to {after} by parameters that were given, good to {metres} m.",
        before=before if mark.before else sentence("an unknown system"),
        after=after,
        metres=f"{mark.metres:g}",
    )


def mark_note(mark: DatumMark) -> Note:
    """Return the note that a report says a mark with; a rough place is a warning."""
    codes = {"kept": "datum-old", "ballpark": "datum-ballpark"}
    return Note(codes.get(mark.how, "datum-shifted"), "warning" if mark.is_rough else "info", mark_words(mark))


def _check_systems(source: str, target: str, change: DatumChange) -> None:
    plane = not isinstance(change.shift, Helmert)
    names = {"theirs": crs_name(change.before), "ours": crs_name(source)}
    if change.before and source and not _is_like(source, change.before, plane=plane):
        raise _for_others(tr("The parameters are for data in {theirs}, but these are in {ours}.", **names))
    names = {"theirs": crs_name(change.after), "ours": crs_name(target)}
    if change.after and not _is_like(target, change.after, plane=plane):
        raise _for_others(tr("The parameters lead to {theirs}, not to {ours}.", **names))


def _for_others(message: str) -> UserError:
    return UserError(message, hint=tr("Use parameters for this system, or say which system the data are in."))


def _is_like(one: str, other: str, *, plane: bool) -> bool:
    """Tell whether parameters for one serve the other: those of a plane only the same system, Helmert's the same datum."""
    import pyproj  # noqa: PLC0415  see cgplanner.geometry.crs

    here, there = (pyproj.CRS.from_user_input(each) for each in (one, other))
    if plane:
        return bool(here.equals(there, ignore_axis_order=True))
    return here.geodetic_crs is not None and here.geodetic_crs == there.geodetic_crs


def _roughly(crs: str, extent: Extent | None, target: str) -> DatumWay:
    metres = max(ballpark_metres(crs), ballpark_metres(target))
    mark = DatumMark("ballpark", crs, target, metres) if metres else None  # CGCS 2000 and WGS 84: there is nothing to mark
    return DatumWay(target, lambda column: reprojected(column, crs, target, ballpark=True, extent=extent), mark)


def _by_points(crs: str, extent: Extent | None, change: DatumChange, points: ControlPoints, target: str) -> DatumWay:
    points, swapped = _with_east_first(points, extent, target)
    fit = fit_of(points, change.fit, crs, target)
    worst = float(np.hypot(*fit.residuals[fit.worst]))
    how = "helmert-points" if fit.kind == "helmert" else fit.kind
    mark = DatumMark(how, crs, target, fit.rms, change.detail, len(points.names), (points.names[fit.worst], worst))
    return DatumWay(target, _shifting(crs, fit.shift, target), mark, (*swapped, *_fit_notes(fit, points)), points)


def _with_east_first(points: ControlPoints, extent: Extent | None, target: str) -> tuple[ControlPoints, list[Note]]:
    """Turn points round whose columns are north before east, as surveyors write: they must lie where the data lie."""
    if extent is None:
        return points, []
    middle = np.array([(extent[0] + extent[2]) / 2, (extent[1] + extent[3]) / 2])
    size = float(np.hypot(extent[2] - extent[0], extent[3] - extent[1]))
    away, turned = (float(np.linalg.norm(np.median(each, axis=0) - middle)) for each in (points.source, points.source[:, ::-1]))
    if turned >= away / 10 or away < size:
        return points, []
    note = Note("points-swapped", "info", sentence("The control points were written north before east, and were turned round."))
    there = points.target[:, ::-1] if _is_north_first(points.target, target) else points.target
    return replace(points, source=points.source[:, ::-1].copy(), target=there.copy()), [note]


def _is_north_first(xy: Floats, target: str) -> bool:
    from cgplanner.geometry.crs import GEOGRAPHIC, transform_xy  # noqa: PLC0415  with pyproj

    try:
        there, turned = (transform_xy(target, GEOGRAPHIC, each) for each in (xy, xy[:, ::-1].copy()))
    except RuntimeError:  # pyproj's errors
        return False
    return not _is_chinese(there) and _is_chinese(turned)


def _is_chinese(lonlat: Floats) -> bool:
    lon, lat = np.median(lonlat, axis=0)
    return bool(70.0 < lon < 140.0 and 3.0 < lat < 56.0)


def _fit_notes(fit: Fit, points: ControlPoints) -> list[Note]:
    off = np.hypot(*fit.residuals.T)
    told = tuple(f"{name}: {each:.3f} m" for name, each in zip(points.names, off, strict=True))
    message = sentence("What each control point is off by: {list}.", list=", ".join(told[:12]))
    notes = [Note("control-points", "info", message, len(told), examples=told)]
    if not fit.is_checked:
        message = sentence("With three points nothing is left to check an affine fit by: give more.")
        notes.append(Note("control-points-unchecked", "warning", message))
    others = np.delete(off, fit.worst)
    if len(off) > 4 and off[fit.worst] > SPOILT * max(float(np.sqrt((others**2).mean())), 0.01):
        message = sentence(
            "Control point {name} disagrees with the others by {metres} m: look whether it is mistyped.",
            name=points.names[fit.worst],
            metres=f"{off[fit.worst]:.2f}",
        )
        notes.append(Note("control-point-off", "warning", message))
    return notes


def _outside(column: GeometryColumn, points: ControlPoints) -> int:
    around = shapely.MultiPoint(points.source).convex_hull
    around = around.buffer(BEYOND * float(np.sqrt(around.area)))
    bounds = column.bounds
    bounds = bounds[~np.isnan(bounds[:, 0])]
    middles = (bounds[:, :2] + bounds[:, 2:]) / 2
    return int((~shapely.contains_xy(around, middles[:, 0], middles[:, 1])).sum())


def outside_notes(outside: int) -> list[Note]:
    """Say how much of the layer lies beyond the points."""
    if not outside:
        return []
    message = sentence("{count} features lie outside the control points, where the fit is not checked.", count=outside)
    return [Note("control-points-outside", "warning", message, outside)]


def _shifting(crs: str, shift: Shift, target: str) -> Callable[[GeometryColumn], GeometryColumn]:
    def move(xy: Floats) -> Floats:
        return checked_places(shifted(xy, shift, crs, target), xy) if len(xy) else xy

    return lambda column: moved_column(column, move)


def _marked(loaded: LoadedLayer, geometry: GeometryColumn, crs: str, mark: DatumMark) -> LoadedLayer:
    found = _with_geometry(loaded, geometry, crs)
    return replace(found, report=replace(found.report.with_notes(mark_note(mark)), datum=mark))


def _with_geometry(loaded: LoadedLayer, geometry: Any, crs: str) -> LoadedLayer:
    if geometry is loaded.table.geometry and crs == loaded.crs:
        return loaded
    table = replace(loaded.table, columns={**loaded.table.columns, GEOMETRY: geometry})
    return replace(loaded, table=table, crs=crs, report=replace(loaded.report, crs=crs))
