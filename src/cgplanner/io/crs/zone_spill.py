"""What lies beyond the border of its zone: how many rows, how far, and what that does to lengths. Nothing is changed here.

The cluster lies across the seam at 112.5 E. A plan that spills over it is right in either zone, but farther from the meridian
lengths grow: 21 cm/km on the border of a 3-degree zone at Taiyuan, 50 cm/km a hundred kilometres beyond.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from cgplanner.geometry.crs import GEOGRAPHIC, geod, transform_xy
from cgplanner.geometry.ragged import Floats
from cgplanner.io.crs.crs_files import zone_bounds
from cgplanner.io.report import Note
from cgplanner.io.source import LoadedLayer
from cgplanner.model.geometry_column import GeometryColumn
from cgplanner.text import sentence

NEAR_KM = 0.1  # beyond the border by less than this is on the border
_MANY = 20_000  # rows from which on the border is drawn once and they are held against it
_BLOCK = 65_536
_NODES = 512  # of the border between two latitudes; four degrees of it are a millimetre off


@dataclass(frozen=True)
class Spill:
    """How far a layer reaches beyond its zone.

    Attributes
    ----------
    rows, total
        Rows that reach beyond, of those that show anything.
    border
        Degrees of longitude of the border that most of it lies beyond.
    kilometres
        How far the farthest is beyond it.
    stretch_cm
        By how much a kilometre there is too long, in centimetres.
    """

    rows: int
    total: int
    meridian: float
    border: float
    kilometres: float
    stretch_cm: float


def spill_of(column: GeometryColumn, crs: str, *, nearest: float = NEAR_KM) -> Spill | None:
    """Return what reaches beyond the zone of ``crs`` by ``nearest`` kilometres; None when nothing does or it is no zone."""
    zone, extent = zone_bounds(crs), column.extent()
    if zone is None or extent is None:
        return None
    meridian, width = zone
    corners = transform_xy(crs, GEOGRAPHIC, _corners(extent))
    if _beyond(corners, meridian, width).max() <= 0.0:
        return None
    bounds = column.bounds
    near = _band(crs, meridian, width, float(np.nanmax(np.abs(corners[:, 1]))))
    if len(bounds) > _MANY:
        ends, sure = _unsure(bounds, *near, *_border(crs, meridian, width, corners[:, 1]))
    else:
        ends, sure = _ends(bounds[_reach(bounds, near[0]) > near[1]], near[0]), 0
    if not len(ends):
        return None
    beyond = _beyond(transform_xy(crs, GEOGRAPHIC, ends), meridian, width)
    far = int(np.argmax(beyond))
    lon, lat = transform_xy(crs, GEOGRAPHIC, ends[far : far + 1])[0]
    if beyond[far] <= 0.0:
        return None
    border = meridian + width / 2 * np.sign(lon - meridian)
    kilometres = float(geod().inv(border, lat, lon, lat)[2]) / 1000.0
    if kilometres < nearest:
        return None
    total = int(np.count_nonzero(~np.isnan(bounds[:, 0])))
    return Spill(
        sure + int((beyond > 0.0).sum()), total, meridian, float(border), kilometres, _stretch(crs, float(lon), float(lat))
    )


def spill_with(one: Spill | None, other: Spill | None) -> Spill | None:
    """Return the spill of the rows of two pieces, each found with nothing too near."""
    if one is None or other is None:
        return one or other
    farther = other if other.kilometres > one.kilometres else one
    return replace(farther, rows=one.rows + other.rows, total=one.total + other.total)


def _corners(extent: tuple[float, float, float, float]) -> Floats:
    west, south, east, north = extent
    return np.array([(x, y) for x in (west, east) for y in (south, (south + north) / 2, north)])


def _band(crs: str, meridian: float, width: float, latitude: float) -> tuple[float, float]:
    """Return the easting of the meridian, and how far from it nothing can be beyond the border up to this latitude."""
    poleward = min(latitude + 0.5, 89.0)  # where the border comes nearest to the meridian
    places = np.array([(meridian, poleward), (meridian + width / 2, poleward)])
    middle, border = transform_xy(GEOGRAPHIC, crs, places)[:, 0]
    return float(middle), float(border - middle) if np.isfinite(border - middle) else 0.0


def _reach(bounds: Floats, middle: float) -> Floats:
    """Return how far from the meridian the farthest end of each row is."""
    return np.asarray(np.maximum(bounds[:, 2] - middle, middle - bounds[:, 0]))


def _ends(bounds: Floats, middle: float) -> Floats:
    """Return the end (n, 2) of each row that is farthest from the meridian."""
    east = bounds[:, 2] - middle > middle - bounds[:, 0]
    return np.column_stack([np.where(east, bounds[:, 2], bounds[:, 0]), (bounds[:, 1] + bounds[:, 3]) / 2])


def _border(crs: str, meridian: float, width: float, latitudes: Floats) -> tuple[Floats, Floats]:
    """Return places of the border between two latitudes: their northings, ascending, and how far from the meridian they are."""
    given = latitudes[np.isfinite(latitudes)]
    south, north = (float(given.min()), float(given.max())) if len(given) else (-89.0, 89.0)
    degrees = np.linspace(max(south - 0.5, -89.0), min(north + 0.5, 89.0), _NODES)
    border, middle = (
        transform_xy(GEOGRAPHIC, crs, np.column_stack([np.full(_NODES, lon), degrees]))
        for lon in (meridian + width / 2, meridian)
    )
    return border[:, 1], border[:, 0] - middle[:, 0]


def _unsure(bounds: Floats, middle: float, near: float, northings: Floats, distances: Floats) -> tuple[Floats, int]:
    """Return the ends of the rows that may be the farthest or lie on the border to a metre; how many others are beyond it."""
    sure, most, least = 0, float(distances.max()), float(distances.min())
    unsure = []
    for first in range(0, len(bounds), _BLOCK):
        some = bounds[first : first + _BLOCK]
        reach = _reach(some, middle)
        rows = np.flatnonzero(reach > near)
        if not len(rows):
            continue
        reach = reach[rows]
        close = (reach <= most + 1.0) | (reach >= reach.max() - (most - least) - 1.0)
        ends = _ends(some[rows[close]], middle)
        gap = reach[close] - np.interp(ends[:, 1], northings, distances)
        kept = np.abs(gap) <= 1.0
        kept[np.argmax(gap)] = True
        unsure.append(ends[kept])
        sure += len(rows) - int(close.sum()) + int(np.count_nonzero((gap > 1.0) & ~kept))
    return np.concatenate([np.empty((0, 2)), *unsure]), sure


def _beyond(lonlat: Floats, meridian: float, width: float) -> Floats:
    """Return by how many degrees points lie beyond the zone; below 0 inside it."""
    lon = lonlat[:, 0]
    return np.asarray(np.where(np.isfinite(lon), np.abs(lon - meridian) - width / 2, -1.0))


def _stretch(crs: str, lon: float, lat: float) -> float:
    from pyproj import Proj  # noqa: PLC0415  see cgplanner.geometry.crs

    return float((Proj(crs).get_factors(lon, lat).meridional_scale - 1.0) * 100_000.0)


def spill_note(spill: Spill) -> Note:
    """Return the note on a spill; a layer that lies beyond for the most part is in the wrong zone, which is a warning."""
    message = sentence(
        "{count} of {total} features lie beyond the border of the zone of {meridian}°E at {border}°E, up to {km} km; "
        "a kilometre there is {cm} cm off.",
        count=spill.rows,
        total=spill.total,
        meridian=f"{spill.meridian:g}",
        border=f"{spill.border:g}",
        km=f"{spill.kilometres:,.1f}",
        cm=f"{spill.stretch_cm:.0f}",
    )
    return Note("zone-spill", "warning" if spill.rows * 2 > spill.total else "info", message, spill.rows)


def with_spill_told(loaded: LoadedLayer) -> LoadedLayer:
    """Return the layer with a note in its report where it spills over the border of its zone."""
    spill = spill_of(loaded.table.geometry, loaded.crs) if loaded.crs else None
    return replace(loaded, report=loaded.report.with_notes(spill_note(spill))) if spill else loaded
