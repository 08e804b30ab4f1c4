"""From one datum to another by parameters that somebody else has determined, or by points that are known in both.

The mathematics of IOGP Publication 373-7-2 (EPSG Guidance Note 7, part 2): geocentric translations (method 9603), position
vector and coordinate frame transformation (9606, 9607), similarity (9621) and affine parametric transformation (9624). PROJ
computes; here parameters become pipelines, and pairs of points become parameters. This file must not know layers or files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from cgplanner.errors import UserError
from cgplanner.geometry.ragged import Floats
from cgplanner.text import tr

if TYPE_CHECKING:
    import pyproj

Rotation = Literal["position_vector", "coordinate_frame"]
FitKind = Literal["similarity", "affine", "helmert"]
ROTATIONS: tuple[Rotation, ...] = ("position_vector", "coordinate_frame")
FITS: tuple[FitKind, ...] = ("similarity", "affine", "helmert")
FEWEST = 3  # pairs: with two a similarity has nothing left to check it by
_ARC_SECOND = np.pi / 648_000.0
_VERTICAL = 1e-5  # the weight of what a fit does to heights, beside 1 for the place
_THIN = 1e-3  # width over length of the points below which they are a line


@dataclass(frozen=True)
class Helmert:
    """Three or seven parameters between the geocentric axes of two datums.

    Attributes
    ----------
    dx, dy, dz
        Metres, added to coordinates of the source.
    rx, ry, rz
        Arc-seconds; ``rotation`` says which sign they have: position vector (EPSG 9606, turns the point) or coordinate frame
        (EPSG 9607, turns the axes, the same numbers with other signs). '' where there are no rotations.
    scale_ppm
        Parts per million, 0 for none.
    """

    dx: float
    dy: float
    dz: float
    rx: float = 0.0
    ry: float = 0.0
    rz: float = 0.0
    scale_ppm: float = 0.0
    rotation: Rotation | Literal[""] = ""

    @property
    def turns(self) -> bool:
        """Tell whether there are rotations, so that their sign matters."""
        return any((self.rx, self.ry, self.rz))

    def pipeline(self, source: pyproj.CRS, target: pyproj.CRS) -> str:
        """Return PROJ's pipeline from degrees on one ellipsoid to degrees on another, heights taken as 0."""
        rotation = self.rotation or "position_vector"
        names = {"x": self.dx, "y": self.dy, "z": self.dz, "rx": self.rx, "ry": self.ry, "rz": self.rz, "s": self.scale_ppm}
        return (
            "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad "
            f"+step +proj=cart {_figure(source)} "
            f"+step +proj=helmert {_options(names)} +convention={rotation} "
            f"+step +inv +proj=cart {_figure(target)} +step +proj=unitconvert +xy_in=rad +xy_out=deg"
        )


@dataclass(frozen=True)
class PlaneShift:
    """Plane coordinates from plane coordinates (EPSG 9624; a similarity, EPSG 9621, is one with a1 = b2 and a2 = -b1).

    ``x' = a0 + a1 x + a2 y``, ``y' = b0 + b1 x + b2 y``, in the units of the two systems.
    """

    a0: float
    a1: float
    a2: float
    b0: float
    b1: float
    b2: float

    def pipeline(self) -> str:
        """Return PROJ's operation from coordinates to coordinates."""
        turn = {"s11": self.a1, "s12": self.a2, "s21": self.b1, "s22": self.b2}
        return f"+proj=affine {_options({'xoff': self.a0, 'yoff': self.b0} | turn)}"

    @property
    def scale(self) -> float:
        """How much longer things become, in the middle."""
        return float(np.sqrt(abs(self.a1 * self.b2 - self.a2 * self.b1)))


Shift = Helmert | PlaneShift


@dataclass(frozen=True, eq=False)
class Fit:
    """Parameters from pairs of points, and what each point disagrees by: ``residuals`` is float64 (n, 2), in metres."""

    shift: Shift
    kind: FitKind
    residuals: Floats

    @property
    def rms(self) -> float:
        """The root of the mean square of the residuals' lengths, in metres."""
        return float(np.sqrt((self.residuals**2).sum(axis=1).mean()))

    @property
    def worst(self) -> int:
        """The point that disagrees most."""
        return int((self.residuals**2).sum(axis=1).argmax())

    @property
    def is_checked(self) -> bool:
        """Tell whether there are more points than parameters need, so that residuals mean something."""
        return len(self.residuals) > FEWEST or self.kind != "affine"


def _options(numbers: dict[str, float]) -> str:
    return " ".join(f"+{name}={float(value)!r}" for name, value in numbers.items())


def _figure(crs: pyproj.CRS) -> str:
    ellipsoid = crs.ellipsoid
    if ellipsoid is None or abs(crs.axis_info[0].unit_conversion_factor - np.pi / 180) > 1e-12:
        raise _no_degrees()
    flattening = ellipsoid.inverse_flattening
    return f"+a={ellipsoid.semi_major_metre!r} " + (
        f"+rf={flattening!r}" if flattening else f"+b={ellipsoid.semi_major_metre!r}"
    )


def _no_degrees() -> UserError:
    return UserError(
        tr("Helmert parameters need a coordinate system with an ellipsoid and degrees on both sides."),
        hint=tr("Say which coordinate system the data are in, or use control points with a plane fit."),
    )


def shifted(xy: Floats, shift: Shift, source: str, target: str) -> Floats:
    """Return coordinates (n, 2) of ``source`` in ``target``; infinite where there is no image.

    A plane shift takes the numbers as they are: neither CRS is looked at.

    Raises
    ------
    UserError
        When Helmert parameters meet a system without an ellipsoid.
    """
    from pyproj import Transformer  # noqa: PLC0415  see cgplanner.geometry.crs

    if not len(xy):
        return np.array(xy, np.float64)
    if isinstance(shift, PlaneShift):
        return _through(Transformer.from_pipeline(shift.pipeline()), xy)
    before, after = _with_degrees(source), _with_degrees(target)
    degrees = Transformer.from_pipeline(shift.pipeline(before[1], after[1]))
    lonlat = _through(Transformer.from_crs(*before, always_xy=True), xy)
    return _through(Transformer.from_crs(after[1], after[0], always_xy=True), _through(degrees, lonlat))


def _with_degrees(crs: str) -> tuple[Any, Any]:
    from pyproj import CRS  # noqa: PLC0415  see cgplanner.geometry.crs

    if not crs:
        raise _no_degrees()
    known = CRS.from_user_input(crs)
    if known.geodetic_crs is None or not known.geodetic_crs.is_geographic:
        raise _no_degrees()
    return known, known.geodetic_crs


def _through(change: pyproj.Transformer, xy: Floats) -> Floats:
    return np.column_stack(change.transform(np.array(xy[:, 0]), np.array(xy[:, 1])))


def fitted(source_xy: Floats, target_xy: Floats, kind: FitKind, source: str, target: str) -> Fit:
    """Return the parameters that bring points of one system onto the same points of another, by least squares.

    Parameters
    ----------
    source_xy, target_xy
        float64 (n, 2), the same points in both systems; n is 3 at least.
    kind
        ``similarity``: shift, turn and scale of a plane (4 parameters). ``affine``: 6 parameters. ``helmert``: 7 parameters
        between the geocentric axes, for whole regions; both systems must be known.

    Raises
    ------
    UserError
        When there are too few points, when they lie on a line, or when degrees are to be fitted as a plane.
    """
    _check_points(source_xy, target_xy)
    if kind == "helmert":
        shift: Shift = _fitted_helmert(source_xy, target_xy, source, target)
    elif kind == "similarity" and (_is_degrees(source) or _is_degrees(target)):
        raise UserError(
            tr("A similarity (4 parameters) needs plane coordinates on both sides; these are degrees."),
            hint=tr("Use the fit “helmert”, or plane coordinates."),
        )
    else:
        shift = _fitted_plane(source_xy, target_xy, kind)
    off = shifted(source_xy, shift, source, target) - target_xy
    return Fit(shift, kind, off * _metres(target_xy) if _is_degrees(target) else off)


def _is_degrees(crs: str) -> bool:
    from cgplanner.geometry.crs import is_geographic  # noqa: PLC0415  with pyproj

    return is_geographic(crs)


def _metres(lonlat: Floats) -> Any:
    return np.array([111_320.0 * np.cos(np.radians(lonlat[:, 1].mean())), 111_000.0])


def _check_points(source_xy: Floats, target_xy: Floats) -> None:
    if len(source_xy) < FEWEST:
        raise UserError(
            tr("{count} control points are too few.", count=len(source_xy)),
            hint=_spread_out(),
        )
    for points in (source_xy, target_xy):
        spread = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)
        if spread[1] <= _THIN * spread[0]:
            raise UserError(
                tr("The control points lie on one line or in one place; across it nothing is determined."),
                hint=tr(
                    "Give at least {count} points that are known in both systems, well spread over the data.", count=FEWEST
                ),
            )


def _spread_out() -> str:
    return tr("Give at least {count} points that are known in both systems, well spread over the data.", count=FEWEST)


def _fitted_plane(source_xy: Floats, target_xy: Floats, kind: FitKind) -> PlaneShift:
    middle, there = source_xy.mean(axis=0), target_xy.mean(axis=0)
    x, y = (source_xy - middle).T
    u, v = (target_xy - there).T
    if kind == "affine":
        (a1, a2), (b1, b2) = (np.linalg.lstsq(np.column_stack([x, y]), each, rcond=None)[0] for each in (u, v))
    else:
        length = float((x * x + y * y).sum())
        a1 = b2 = float((x * u + y * v).sum()) / length
        b1 = float((x * v - y * u).sum()) / length
        a2 = -b1
    a0 = there[0] - a1 * middle[0] - a2 * middle[1]
    b0 = there[1] - b1 * middle[0] - b2 * middle[1]
    return PlaneShift(*(float(each) for each in (a0, a1, a2, b0, b1, b2)))


def _fitted_helmert(source_xy: Floats, target_xy: Floats, source: str, target: str) -> Helmert:
    """Fit PROJ's own form, X' = D + m (X + r x X) for a position vector, which is linear in D, m and m r.

    What lies along the vertical hardly counts: heights are not known and not wanted.
    """
    (here, _), (there, up) = _geocentric(source_xy, source), _geocentric(target_xy, target)
    middle = here.mean(axis=0)
    weights = np.eye(3) - (1.0 - _VERTICAL) * up[:, :, None] * up[:, None, :]
    design = np.concatenate([weight @ _design(each) for weight, each in zip(weights, here - middle, strict=True)])
    wanted = np.einsum("nij,nj->ni", weights, there - here).ravel()
    unit = np.repeat([1.0, 1e-6], [3, 4])  # metres beside metres per metre: scaled, or the least of them is lost
    found = np.linalg.lstsq(design * unit, wanted, rcond=None)[0] * unit
    moved, stretch, turn = found[:3], found[3], found[4:] / (1.0 + found[3])
    moved = moved - stretch * middle - (1.0 + stretch) * np.cross(turn, middle)
    dx, dy, dz, rx, ry, rz = (float(each) for each in (*moved, *(turn / _ARC_SECOND)))
    return Helmert(dx, dy, dz, rx, ry, rz, float(stretch * 1e6), "position_vector")


def _design(point: Floats) -> Floats:
    x, y, z = point
    turns = np.array([[0.0, z, -y], [-z, 0.0, x], [y, -x, 0.0]])
    return np.column_stack([np.eye(3), point, turns])


def _geocentric(xy: Floats, crs: str) -> tuple[Floats, Floats]:
    """Return geocentric coordinates of points at height 0, and the direction that is up there."""
    from pyproj import Transformer  # noqa: PLC0415  see cgplanner.geometry.crs

    known, degrees = _with_degrees(crs)
    lonlat = _through(Transformer.from_crs(known, degrees, always_xy=True), xy)
    if not np.isfinite(lonlat).all():
        raise UserError(
            tr("Some control points are no coordinates of their system."),
            hint=tr("Each line holds: name, east and north in the old system, east and north in the new one."),
        )
    pipeline = f"+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad +step +proj=cart {_figure(degrees)}"
    cart = Transformer.from_pipeline(pipeline)
    lon, lat = np.radians(lonlat).T
    up = np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    return np.column_stack(cart.transform(lonlat[:, 0], lonlat[:, 1], np.zeros(len(lonlat)))), up


def helmert_of(numbers: Sequence[float], rotation: str = "") -> Helmert:
    """Return the parameters from three or seven numbers: metres, arc-seconds, parts per million.

    Raises
    ------
    UserError
        When there are other than 3 or 7, one is no number, or rotations come without their convention: the two conventions
        differ in every sign, which puts data metres off.
    """
    if len(numbers) not in (3, 7) or not np.isfinite(numbers).all():
        raise UserError(
            tr("Helmert parameters are three numbers (metres) or seven (also three arc-seconds, and parts per million)."),
            hint=tr("Write them as dx,dy,dz or dx,dy,dz,rx,ry,rz,s."),
        )
    if any(numbers[3:6]) and rotation not in ROTATIONS:
        raise UserError(
            tr("Parameters with rotations need their convention: position vector or coordinate frame."),
            hint=tr("Ask who gave the parameters; the two differ in the sign of the rotations."),
        )
    turned: Rotation | Literal[""] = "coordinate_frame" if rotation == "coordinate_frame" else "position_vector"
    dx, dy, dz, rx, ry, rz, ppm = (float(each) for each in (*numbers, *[0.0] * (7 - len(numbers))))
    return Helmert(dx, dy, dz, rx, ry, rz, ppm, turned if any((rx, ry, rz)) else "")
