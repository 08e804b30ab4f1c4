"""What the ground says of a candidate for a layer's coordinates: the evidence that the zone detective weighs.

Does the layer fall into the cluster, near settlements, where the zone is meant for; do its rows lie in the counties that they
name; do its lines run along known outlines and those of the layers that are open? Logarithms throughout, so that they add.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import shapely

from cgplanner.geometry.ragged import Floats, Ints, Ragged
from cgplanner.io.crs.reference_places import Reference
from cgplanner.io.crs.zone_candidates import Candidate
from cgplanner.io.source import LoadedLayer
from cgplanner.model.column import TextColumn
from cgplanner.text import Sentence, sentence

SAMPLE = 400
_OUTLINES = 2_000  # rows whose vertices are counted
EIGHTH = 8  # one vertex of eight is enough to say how near settlements are
NOWHERE = 0.05  # of the vertices in the cluster: fewer are none
NAMES = 5  # more rows that bear one place out make it no truer


@dataclass(frozen=True, eq=False)
class Sample:
    """Some of a layer: vertices, centres of rows, and what the rows and the layer call themselves."""

    vertices: Floats
    centres: Floats
    texts: tuple[str, ...]  # of the rows of centres
    title: str
    points: bool
    outlined: bool


@dataclass(frozen=True, eq=False)
class Placed:
    """A candidate on the ground.

    ``evidence`` is what the ground says (logarithm), ``named`` what names and outlines add; ``is_proven`` where one of these
    speaks for the candidate, so that it is more than possible; ``is_exact`` where it would show the
    offset of a web map.
    """

    candidate: Candidate
    lonlat: Floats
    inside: float
    evidence: float
    named: float
    reason: Sentence
    is_proven: bool = False
    is_exact: bool = False

    @property
    def score(self) -> float:
        """What there is for the candidate, all together."""
        return self.candidate.prior + self.evidence + self.named


def sample_of(loaded: LoadedLayer) -> Sample | None:
    """Return some of a layer, evenly taken; None where it shows nothing."""
    column = loaded.table.geometry
    xy = column.base.xy
    finite = np.flatnonzero(np.isfinite(xy[_spread(len(xy))]).all(axis=1))
    vertices = xy[_spread(len(xy))][finite]
    rows = _shown_rows(column.bounds)
    if not len(vertices) or not len(rows):
        return None
    bounds = column.bounds[rows]
    columns = [each for each in loaded.table.columns.values() if isinstance(each, TextColumn)][:12]
    texts = tuple("\n".join(text for each in columns if (text := each.value(int(row)))) for row in rows)
    names = " ".join(each.name for each in loaded.table.schema)
    title = f"{loaded.source_path.stem} {loaded.name} {names}"
    outlined = bool(len(column.base)) and float(np.median(_vertices_of(column.base, _spread(len(column.base), _OUTLINES)))) > 8
    points = bool((bounds[:, :2] == bounds[:, 2:]).all())
    return Sample(np.asarray(vertices), bounds[:, :2] / 2 + bounds[:, 2:] / 2, texts, title, points, outlined)


def _shown_rows(bounds: Floats) -> Ints:
    """Return some of the rows that show something; of a large layer where most do, only these are looked at."""
    rows: Ints = _spread(len(bounds))
    rows = rows[~np.isnan(bounds[rows, 0])]
    if len(rows) * 2 < min(SAMPLE, len(bounds)):
        rows = np.flatnonzero(~np.isnan(bounds[:, 0]))
        rows = rows[_spread(len(rows))]
    return rows


def _vertices_of(base: Ragged, rows: Ints) -> Ints:
    """Return how many vertices these rows have, without working it out for all."""
    first, last = (base.ring_offsets[base.part_offsets[base.row_offsets[at]]] for at in (rows, rows + 1))
    return np.asarray(last - first)


def _spread(count: int, most: int = SAMPLE) -> Any:
    return np.unique(np.linspace(0, max(count - 1, 0), min(count, most)).astype(np.int64))


def placed_by(candidate: Candidate, sample: Sample, reference: Reference, *, may_be_far: bool = True) -> Placed:
    """Return the candidate with all that speaks for and against it.

    Of one that lies elsewhere names and outlines are asked only where it ``may_be_far``.
    """
    lonlat = candidate.lonlat(sample.vertices)
    there = np.isfinite(lonlat).all(axis=1)
    inside = float((reference.inside(lonlat) & there).mean())
    names, is_far = _Names(0.0, 0, proven=False, surveyed=False), inside < NOWHERE
    if there.any() and (may_be_far or not is_far):
        centres = candidate.lonlat(sample.centres)
        names = _name_evidence(lonlat, centres, sample, reference)
    reason = _where(candidate, inside, names)
    if is_far:
        return Placed(candidate, lonlat, inside, -12.0, names.weight, reason, names.proven, names.exact)
    evidence = 4.0 * np.log(0.02 + inside) + _zone_evidence(candidate, lonlat[there]) + _seat_evidence(lonlat[there], reference)
    evidence += reference.share_beside(centres)
    if is_hinted(candidate, sample):
        evidence += 6.0
    return Placed(candidate, lonlat, inside, float(evidence), names.weight, reason, names.proven, names.exact)


def is_hinted(candidate: Candidate, sample: Sample) -> bool:
    """Tell whether file or fields are called as the candidate is."""
    return bool(candidate.hint and re.search(candidate.hint, sample.title, re.IGNORECASE))


@dataclass(frozen=True)
class _Names:
    """What names and outlines say: their weight, and how many rows lie where they say they do."""

    weight: float
    rows: int
    proven: bool
    surveyed: bool
    exact: bool = False


def _where(candidate: Candidate, inside: float, names: _Names) -> Sentence:
    share = f"{inside:.0%}"
    if names.surveyed:
        return sentence("{share} of it lies in the city cluster, on the lines of the layers that are open", share=share)
    if names.rows:
        return sentence(
            "{share} of it lies in the city cluster, {count} rows lie in the places they name", share=share, count=names.rows
        )
    if candidate.changes:
        return sentence("{share} of it lies in the city cluster once the numbers are changed", share=share)
    return sentence("{share} of it lies in the city cluster", share=share)


def _zone_evidence(candidate: Candidate, lonlat: Floats) -> float:
    """Hold it against a zone when the data lie beyond it, by the degree; a little spill is usual."""
    if candidate.meridian is None:
        return 0.0
    beyond = abs(float(np.median(lonlat[:, 0])) - candidate.meridian) - candidate.width / 2
    return -1.5 * max(0.0, beyond - 0.1)


def _seat_evidence(lonlat: Floats, reference: Reference) -> float:
    """Plans are where people are: a place within 15 km is usual, an empty mountain is not."""
    gaps = lonlat[::EIGHTH, None, :] - reference.seats[None, :, :]
    nearest = np.sqrt(((gaps * (0.79, 1.0)) ** 2).sum(axis=2).min(axis=1)) * 111.0
    return float(np.log(0.1 + np.exp(-nearest / 15.0).mean()))


def _name_evidence(lonlat: Floats, centres: Floats, sample: Sample, reference: Reference) -> _Names:
    """Weigh how well rows lie where their names say, and outlines on known ones."""
    hits, asked = _rows_in_their_counties(centres, sample, reference)
    evidence = min(asked, NAMES) * float(np.log(0.05 + 0.95 * hits / asked)) if asked else 0.0
    titled = False
    if shapes := [reference.shapes[name] for name in dict.fromkeys(reference.mentioned(sample.title))]:
        around = shapely.buffer(shapely.union_all(shapes), 0.05)
        share = float(shapely.contains_xy(around, centres[:, 0], centres[:, 1]).mean())
        evidence += 3.0 * float(np.log(0.05 + 0.95 * share))
        titled = share > 0.5
    off, known = _offset_evidence(centres, sample, reference)
    outlines = _outline_evidence(lonlat, sample, reference)
    survey = 8.0 * reference.share_surveyed(lonlat)
    exact = bool((known and off > -2.0) or outlines > 3.0 or survey > 1.0)
    proven = titled or hits > 0 or exact or outlines > 1.0
    return _Names(evidence + off + outlines + survey, hits, proven, survey > 1.0, exact)


def _rows_in_their_counties(centres: Floats, sample: Sample, reference: Reference) -> tuple[int, int]:
    hits = asked = 0
    for row, names in _counties_named(sample, reference):
        asked += 1
        point = shapely.Point(centres[row]) if np.isfinite(centres[row]).all() else None
        hits += any(shapely.dwithin(reference.shapes[name], point, 0.05) for name in names) if point else 0
    return hits, asked


@lru_cache(maxsize=8)
def _counties_named(sample: Sample, reference: Reference) -> tuple[tuple[int, frozenset[str]], ...]:
    """Return the rows that name few counties, with these: every candidate asks the same."""
    found = ((row, frozenset(reference.mentioned(text))) for row, text in enumerate(sample.texts) if text)
    return tuple((row, names) for row, names in found if names and len(names) <= 3)


@lru_cache(maxsize=8)
def _places_named(sample: Sample, reference: Reference) -> tuple[tuple[int, str], ...]:
    """Return the rows that bear exactly the name of a known place, with it."""
    named = reference.places if sample.points else reference.centres
    return tuple((row, name) for row, text in enumerate(sample.texts) for name in text.split("\n") if name in named)


def _offset_evidence(centres: Floats, sample: Sample, reference: Reference) -> tuple[float, int]:
    """Rows that bear exactly the name of a known place: how far off they are together (the offsets of web maps), how many."""
    named = reference.places if sample.points else reference.centres
    known = [(centres[row], named[name]) for row, name in _places_named(sample, reference)]
    known = [(centre, place) for centre, place in known if np.isfinite(centre).all()]
    if len(known) < 3:
        return 0.0, 0
    off = (np.array([centre for centre, _ in known]) - np.array([place for _, place in known])) * (88_000.0, 111_000.0)
    middle = np.median(off, axis=0)
    spread = 1.5 * np.median(np.abs(off - middle)) / np.sqrt(len(known))
    sigma = max(150.0, float(spread))
    return -min(10.0, 0.5 * float((middle**2).sum()) / sigma**2), len(known)


def _outline_evidence(lonlat: Floats, sample: Sample, reference: Reference) -> float:
    """How many vertices lie on those of known outlines; two surveys agree within 80 m or not at all."""
    if not sample.outlined:
        return 0.0
    lonlat = lonlat[np.isfinite(lonlat).all(axis=1)]
    near = reference.outlines.query(shapely.points(lonlat), predicate="dwithin", distance=0.0008)[0]
    return 8.0 * len(np.unique(near)) / max(len(lonlat), 1)
