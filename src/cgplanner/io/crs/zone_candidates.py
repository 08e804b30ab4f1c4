"""What the numbers of a layer from the five cities may be: every CRS, unit, axis order and web-map offset that is met.

A candidate is a CRS and what has to be done to the numbers before they are in it. This file knows no layer and no evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from cgplanner.geometry.crs import GEOGRAPHIC, transform_xy
from cgplanner.geometry.ragged import Floats
from cgplanner.geometry.web_offset import bd09_from_wgs84, gcj02_from_wgs84, wgs84_from_bd09, wgs84_from_gcj02

CHANGES: dict[str, Callable[[Floats], Floats]] = {
    "swapped": lambda xy: xy[:, ::-1].copy(),
    "km": lambda xy: xy * 1000.0,
    "mm": lambda xy: xy / 1000.0,
    "gcj02": wgs84_from_gcj02,
    "bd09": wgs84_from_bd09,
}
UNDONE: dict[str, Callable[[Floats], Floats]] = {
    "swapped": CHANGES["swapped"],
    "km": CHANGES["mm"],
    "mm": CHANGES["km"],
    "gcj02": gcj02_from_wgs84,
    "bd09": bd09_from_wgs84,
}


@dataclass(frozen=True)
class Candidate:
    """A CRS ("EPSG:n", else WKT) after ``changes``, and how common it is (logarithm; 0 is the most common).

    ``meridian`` is that of a transverse Mercator zone, ``width`` the degrees it is wide, ``zone`` the number before its
    eastings (0 for none). ``hint`` is a pattern that speaks for the candidate where it occurs in file or field names.
    """

    crs: str
    changes: tuple[str, ...]
    prior: float
    meridian: float | None = None
    width: float = 3.0
    zone: int = 0
    hint: str = ""

    def changed(self, xy: Floats) -> Floats:
        """Return the numbers as coordinates of ``crs``, float64 (n, 2)."""
        return changed(xy, self.changes)

    def lonlat(self, xy: Floats) -> Floats:
        """Return the numbers as degrees, infinite where they are no place."""
        if {"gcj02", "bd09"} & set(self.changes) and (np.abs(xy) > 180.0).any():
            return np.full(np.shape(xy), np.inf)  # the offsets are for degrees
        try:
            moved = transform_xy(self.crs, GEOGRAPHIC, self.changed(xy))
        except RuntimeError:  # pyproj's errors; a declared CRS may have no way to degrees
            return np.full(np.shape(xy), np.inf)
        moved[~(np.abs(moved) <= (360.0, 90.0)).all(axis=1)] = np.inf
        return moved


def changed(xy: Floats, changes: tuple[str, ...]) -> Floats:
    """Return coordinates after the named changes."""
    for name in changes:
        xy = CHANGES[name](xy)
    return xy


def unchanged(xy: Floats, changes: tuple[str, ...]) -> Floats:
    """Return the numbers that became ``xy`` by the named changes."""
    for name in reversed(changes):
        xy = UNDONE[name](xy)
    return xy


_XIAN, _BEIJING = r"西安|xi.?an.?_?(19)?80|\bxa80", r"北京.?(19)?54|beijing.?_?(19)?54|bj.?54"
_NEW = r"cgcs|国家2000|2000坐标|大地2000"
_DEGREES = (
    Candidate(GEOGRAPHIC, (), 0.0, hint=_NEW),
    Candidate("EPSG:4326", (), -0.7, hint=r"wgs.?_?84|gps"),
    Candidate(GEOGRAPHIC, ("gcj02",), -2.3, hint=r"gcj|火星|高德|腾讯|amap|autonavi"),
    Candidate(GEOGRAPHIC, ("bd09",), -2.9, hint=r"bd.?_?09|百度|baidu"),
    Candidate("EPSG:4610", (), -4.0, hint=_XIAN),
    Candidate("EPSG:4214", (), -4.0, hint=_BEIJING),
)
# First codes (zone 13 or 25, central meridian 75 E) of 6-degree zones with prefix, 6-degree, 3-degree with prefix, 3-degree.
_FAMILIES = (
    (4491, 4502, 4513, 4534, 0.0, _NEW),
    (2327, 2338, 2349, 2370, -2.6, _XIAN),
    (21413, 21453, 2401, 2422, -3.0, _BEIJING),
)
_ZONES3 = (36, 37, 38, 39)
_ZONES6 = (18, 19, 20)


def _metres() -> Iterator[Candidate]:
    for prefixed6, plain6, prefixed3, plain3, prior, hint in _FAMILIES:
        for zone in _ZONES3:
            yield Candidate(f"EPSG:{plain3 + zone - 25}", (), prior, zone * 3.0, 3.0, hint=hint)
            yield Candidate(f"EPSG:{prefixed3 + zone - 25}", (), prior, zone * 3.0, 3.0, zone, hint)
        for zone in _ZONES6:
            yield Candidate(f"EPSG:{plain6 + zone - 13}", (), prior - 1.0, zone * 6.0 - 3.0, 6.0, hint=hint)
            yield Candidate(f"EPSG:{prefixed6 + zone - 13}", (), prior - 0.5, zone * 6.0 - 3.0, 6.0, zone, hint)
    for zone, meridian in ((49, 111.0), (50, 117.0)):
        yield Candidate(f"EPSG:{32600 + zone}", (), -3.0, meridian, 6.0, hint=r"utm")


_MERCATOR = Candidate("EPSG:3857", (), -0.5, hint=r"mercator|墨卡托|3857")


def candidates_for(xy: Floats) -> Iterator[Candidate]:
    """Give the candidates that numbers of this size can be at all; ``xy`` is a finite sample."""
    middle = np.median(xy, axis=0)
    for swap in ((), ("swapped",)):
        x, y = middle[::-1] if swap else middle
        if 70 < x < 140 and 3 < y < 56:
            for each in _DEGREES:
                yield _with(each, (*swap, *each.changes), -1.0 * len(swap))
        for unit, scale in (((), 1.0), (("km",), 1e3), (("mm",), 1e-3)):
            if 3e6 < y * scale < 6e6 and 1e4 < x * scale < 5e7:
                for each in (*_metres(), _MERCATOR):
                    if _is_easting(x * scale, each):
                        yield _with(each, (*swap, *unit), -1.0 * (len(swap) + len(unit)))


def _is_easting(value: float, candidate: Candidate) -> bool:
    """Tell whether a middle easting has the zone's number before it, or none, as the candidate wants."""
    if candidate is _MERCATOR:
        return 7e6 < value < 1.6e7
    return 0 < value - candidate.zone * 1e6 < 1e6


def _with(candidate: Candidate, changes: tuple[str, ...], prior: float) -> Candidate:
    return replace(candidate, changes=changes, prior=candidate.prior + prior)
