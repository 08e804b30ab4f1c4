"""Where a layer would lie by each of the systems that it may be in, few enough points to be drawn in a card."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from cgplanner.geometry.ragged import Floats
from cgplanner.io.crs.reference_places import shipped_reference
from cgplanner.io.crs.zone_candidates import Candidate, unchanged
from cgplanner.io.report import CrsCandidate
from cgplanner.io.source import LoadedLayer

POINTS = 300
CITIES = ("太原市", "晋中市", "忻州市", "吕梁市", "阳泉市")
CORNER = 0.003  # degrees: finer outlines than this no card shows


@dataclass(frozen=True, eq=False)
class CandidatePlace:
    """A candidate and some vertices of the layer in it: degrees, float64 (n, 2), only finite ones."""

    candidate: CrsCandidate
    lonlat: Floats


def candidate_places(loaded: LoadedLayer) -> tuple[CandidatePlace, ...]:
    """Return the places of a layer by its candidates, the likeliest first; by its own system where there are none."""
    report = loaded.report
    offered = report.candidates or ((CrsCandidate(loaded.crs, report.crs_change, 1.0, ""),) if loaded.crs else ())
    if not offered or not len(loaded.table.geometry.base.xy):
        return ()
    raw = _some_as_in_file(loaded)
    return tuple(CandidatePlace(each, _finite(Candidate(each.crs, each.change, 0.0).lonlat(raw))) for each in offered)


def place_in(loaded: LoadedLayer, crs: str) -> CandidatePlace:
    """Return the place of a layer by a system that a planner named."""
    candidate = CrsCandidate(crs, (), 1.0, "")
    return CandidatePlace(candidate, _finite(Candidate(crs, (), 0.0).lonlat(_some_as_in_file(loaded))))


def city_outlines() -> tuple[Floats, ...]:
    """Return the rings of the five cities in degrees, for a small map."""
    shapes = shipped_reference().shapes
    parts = shapely.get_parts([shapely.simplify(shapes[name], CORNER) for name in CITIES])
    return tuple(np.asarray(shapely.get_coordinates(part.exterior)) for part in parts)


def _some_as_in_file(loaded: LoadedLayer) -> Floats:
    xy = loaded.table.geometry.base.xy
    places = np.unique(np.linspace(0, max(len(xy) - 1, 0), min(len(xy), POINTS)).astype(np.int64))
    return unchanged(xy[places], loaded.report.crs_change)


def _finite(lonlat: Floats) -> Floats:
    return lonlat[np.isfinite(lonlat).all(axis=1)]
