"""The zone detective: what coordinate system a layer is in when its file does not say, or says what cannot be.

Every candidate is laid over the ground: does the layer fall into the cluster, do its rows lie in the counties that they name,
do its lines run along known outlines, does it lie where its zone is meant for? A clear winner is taken and said; else the
planner is asked. What a file declares is kept unless it puts the data where they cannot be. This file reads no file.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely

from cgplanner.errors import UserError
from cgplanner.geometry.crs import crs_title
from cgplanner.geometry.ragged import Floats
from cgplanner.io.reference_places import Reference, shipped_reference
from cgplanner.io.report import CrsCandidate, Note
from cgplanner.io.source import LoadedLayer
from cgplanner.io.zone_candidates import Candidate, candidates_for, changed, unchanged
from cgplanner.model.changeset import GEOMETRY
from cgplanner.model.column import TextColumn
from cgplanner.model.geometry_column import GeometryColumn
from cgplanner.text import Sentence, sentence, tr

CLEAR = 0.8  # of the likelihood, for one place on the ground
VERY_CLEAR = 0.95  # to overrule what a file declares
FAR_KM = 100.0
SAME_PLACE_DEGREES = 0.0015  # 150 m: what two datums differ by; which of them it is, the ground cannot tell
SAMPLE = 400
NAMES = 5  # more rows that bear one place out make it no truer


@dataclass(frozen=True, eq=False)
class _Sample:
    """Some of a layer: vertices, centres of rows, and what the rows and the layer call themselves."""

    vertices: Floats
    centres: Floats
    texts: tuple[str, ...]  # of the rows of centres
    title: str
    points: bool
    outlined: bool


@dataclass(frozen=True, eq=False)
class _Placed:
    """A candidate on the ground. ``evidence`` is what the ground says (logarithm), ``named`` what names and outlines add."""

    candidate: Candidate
    lonlat: Floats
    inside: float
    evidence: float
    named: float
    reason: Sentence

    @property
    def score(self) -> float:
        return self.candidate.prior + self.evidence + self.named


def investigated(loaded: LoadedLayer, reference: Reference | None = None) -> LoadedLayer:
    """Return the layer with its CRS found, doubted or confirmed; coordinates that had to be changed are changed."""
    sample = _sample_of(loaded)
    if sample is None:
        return loaded
    reference = reference or shipped_reference()
    declared = _placed(_declared(loaded), sample, reference) if loaded.crs else None
    if declared and declared.inside > 0.5 and declared.named > -2.0:
        return loaded
    placed = [_placed(each, sample, reference) for each in candidates_for(sample.vertices)]
    placed = sorted((each for each in placed if _is_near(each, reference)), key=lambda each: -each.score)
    if not placed:
        return _impossible(loaded, declared)
    candidates = _ranked(placed)
    sure = sum(each.likelihood for each, place in zip(candidates, placed, strict=True) if _same_place(place, placed[0]))
    if declared is None:
        return _found(loaded, placed[0], candidates, sure)
    return _judged(loaded, declared, placed[0], candidates, sure, reference)


def applied(loaded: LoadedLayer, candidate: CrsCandidate) -> LoadedLayer:
    """Return the layer as this candidate has it, whatever was done to its numbers before."""
    loaded = as_in_file(loaded)
    if candidate.change:
        loaded = _with_xy(loaded, lambda xy: changed(xy, candidate.change))
    report = replace(loaded.report, crs=candidate.crs, crs_how="guessed", crs_change=candidate.change)
    return replace(loaded, crs=candidate.crs, report=report)


def chosen(loaded: LoadedLayer, candidate: CrsCandidate) -> LoadedLayer:
    """Return the layer as somebody who knows says it is; what was guessed before is not spoken of any more.

    Raises
    ------
    UserError
        When its numbers are no coordinates of that.
    """
    raw = as_in_file(loaded).table.geometry.extent()
    if raw is not None:
        corners = np.array([raw[:2], raw[2:]])
        if not np.isfinite(Candidate(candidate.crs, candidate.change, 0.0).lonlat(corners)).all():
            raise UserError(
                tr("The numbers of {name} are no coordinates of {crs}.", name=loaded.name, crs=crs_with_change(candidate)),
                hint=tr("Choose another coordinate system."),
            )
    found = applied(loaded, candidate)
    notes = tuple(note for note in found.report.notes if not note.code.startswith(("crs-", "zone-")))
    return replace(found, report=replace(found.report, notes=notes, candidates=(), crs_how="declared"))


def as_in_file(loaded: LoadedLayer) -> LoadedLayer:
    """Return the layer with the numbers that its file holds."""
    change = loaded.report.crs_change
    if not change:
        return loaded
    loaded = _with_xy(loaded, lambda xy: unchanged(xy, change))
    return replace(loaded, report=replace(loaded.report, crs_change=()))


def _with_xy(loaded: LoadedLayer, move: Callable[[Floats], Floats]) -> LoadedLayer:
    column = loaded.table.geometry
    extra = shapely.transform(column.extra, move) if len(column.extra) else column.extra
    moved = GeometryColumn(column.base.with_xy(move(column.base.xy)), column.index, extra)
    return replace(loaded, table=replace(loaded.table, columns={**loaded.table.columns, GEOMETRY: moved}))


def _sample_of(loaded: LoadedLayer) -> _Sample | None:
    column = loaded.table.geometry
    xy = column.base.xy
    finite = np.flatnonzero(np.isfinite(xy[_spread(len(xy))]).all(axis=1))
    vertices = xy[_spread(len(xy))][finite]
    rows = np.flatnonzero(~np.isnan(column.bounds[:, 0]))
    rows = rows[_spread(len(rows))]
    if not len(vertices) or not len(rows):
        return None
    bounds = column.bounds[rows]
    columns = [each for each in loaded.table.columns.values() if isinstance(each, TextColumn)][:12]
    texts = tuple("\n".join(text for each in columns if (text := each.value(int(row)))) for row in rows)
    names = " ".join(each.name for each in loaded.table.schema)
    title = f"{loaded.source_path.stem} {loaded.name} {names}"
    outlined = bool(np.median(np.diff(column.base.vertex_offsets)) > 8) if len(column.base) else False
    points = bool((bounds[:, :2] == bounds[:, 2:]).all())
    return _Sample(np.asarray(vertices), (bounds[:, :2] + bounds[:, 2:]) / 2, texts, title, points, outlined)


def _spread(count: int) -> Any:
    return np.unique(np.linspace(0, max(count - 1, 0), min(count, SAMPLE)).astype(np.int64))


def _declared(loaded: LoadedLayer) -> Candidate:
    return Candidate(loaded.crs, (), 4.0)


def _placed(candidate: Candidate, sample: _Sample, reference: Reference) -> _Placed:
    lonlat = candidate.lonlat(sample.vertices)
    there = np.isfinite(lonlat).all(axis=1)
    inside = float((reference.inside(lonlat) & there).mean())
    if inside < 0.05:
        named = _name_evidence(candidate, sample, reference)[0] if there.any() else 0.0
        return _Placed(candidate, lonlat, inside, -12.0, named, _where(candidate, inside, 0))
    evidence = 4.0 * np.log(0.02 + inside) + _zone_evidence(candidate, lonlat[there]) + _seat_evidence(lonlat[there], reference)
    if candidate.hint and re.search(candidate.hint, sample.title, re.IGNORECASE):
        evidence += 6.0
    named, count = _name_evidence(candidate, sample, reference)
    return _Placed(candidate, lonlat, inside, float(evidence), named, _where(candidate, inside, count))


def _where(candidate: Candidate, inside: float, named: int) -> Sentence:
    share = f"{inside:.0%}"
    if named:
        return sentence(
            "{share} of it lies in the city cluster, {count} rows lie in the places they name", share=share, count=named
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
    gaps = lonlat[:, None, :] - reference.seats[None, :, :]
    nearest = np.sqrt(((gaps * (0.79, 1.0)) ** 2).sum(axis=2).min(axis=1)) * 111.0
    return float(np.log(0.1 + np.exp(-nearest / 15.0).mean()))


def _name_evidence(candidate: Candidate, sample: _Sample, reference: Reference) -> tuple[float, int]:
    """Return how well rows lie where their names say, and outlines on known ones; and the number of rows borne out."""
    centres = candidate.lonlat(sample.centres)
    hits, asked = _rows_in_their_counties(centres, sample, reference)
    evidence = min(asked, NAMES) * float(np.log(0.05 + 0.95 * hits / asked)) if asked else 0.0
    if shapes := [reference.shapes[name] for name in dict.fromkeys(reference.mentioned(sample.title))]:
        around = shapely.buffer(shapely.union_all(shapes), 0.05)
        share = float(shapely.contains_xy(around, centres[:, 0], centres[:, 1]).mean())
        evidence += 3.0 * float(np.log(0.05 + 0.95 * share))
    return evidence + _offset_evidence(centres, sample, reference) + _outline_evidence(candidate, sample, reference), hits


def _rows_in_their_counties(centres: Floats, sample: _Sample, reference: Reference) -> tuple[int, int]:
    hits = asked = 0
    for centre, text in zip(centres, sample.texts, strict=True):
        names = set(reference.mentioned(text)) if text else set()
        if not names or len(names) > 3:
            continue
        asked += 1
        point = shapely.Point(centre) if np.isfinite(centre).all() else None
        hits += any(shapely.dwithin(reference.shapes[name], point, 0.05) for name in names) if point else 0
    return hits, asked


def _offset_evidence(centres: Floats, sample: _Sample, reference: Reference) -> float:
    """Rows that bear exactly the name of a known place: how far off they are, taken together (the offsets of web maps)."""
    named = reference.places if sample.points else reference.centres
    known = [
        (centre, named[name])
        for centre, text in zip(centres, sample.texts, strict=True)
        for name in text.split("\n")
        if name in named
    ]
    known = [(centre, place) for centre, place in known if np.isfinite(centre).all()]
    if len(known) < 3:
        return 0.0
    off = (np.array([centre for centre, _ in known]) - np.array([place for _, place in known])) * (88_000.0, 111_000.0)
    middle = np.median(off, axis=0)
    spread = 1.5 * np.median(np.abs(off - middle)) / np.sqrt(len(known))
    sigma = max(150.0, float(spread))
    return -min(10.0, 0.5 * float((middle**2).sum()) / sigma**2)


def _outline_evidence(candidate: Candidate, sample: _Sample, reference: Reference) -> float:
    """How many vertices lie on those of known outlines; two surveys agree within 80 m or not at all."""
    if not sample.outlined:
        return 0.0
    lonlat = candidate.lonlat(sample.vertices)
    lonlat = lonlat[np.isfinite(lonlat).all(axis=1)]
    near = reference.outlines.query(shapely.points(lonlat), predicate="dwithin", distance=0.0008)[0]
    return 8.0 * len(np.unique(near)) / max(len(lonlat), 1)


def _is_near(placed: _Placed, reference: Reference) -> bool:
    return placed.inside > 0.3 or (placed.inside > 0.05 and reference.kilometres(placed.lonlat) < 30.0)


def _ranked(placed: list[_Placed]) -> tuple[CrsCandidate, ...]:
    weights = np.exp(np.array([each.score for each in placed]) - placed[0].score)
    weights /= weights.sum()
    return tuple(
        CrsCandidate(each.candidate.crs, each.candidate.changes, float(weight), each.reason)
        for each, weight in zip(placed, weights, strict=True)
    )


def _same_place(one: _Placed, other: _Placed) -> bool:
    with np.errstate(invalid="ignore"):
        return bool(np.nanmax(np.abs(np.median(one.lonlat, axis=0) - np.median(other.lonlat, axis=0))) < SAME_PLACE_DEGREES)


def _shown(candidates: tuple[CrsCandidate, ...]) -> tuple[CrsCandidate, ...]:
    return tuple(each for each in candidates if each.likelihood >= 0.001)[:6] or candidates[:1]


def _found(loaded: LoadedLayer, best: _Placed, candidates: tuple[CrsCandidate, ...], sure: float) -> LoadedLayer:
    candidates = _shown(candidates)
    notes = tuple(note for note in loaded.report.notes if note.code != "crs-missing")
    if sure < CLEAR:
        named = "; ".join(str(crs_with_change(each)) for each in candidates[:3])
        message = sentence(
            "The file does not say its coordinate system, and the data fit several: {candidates}. Choose one.", candidates=named
        )
        note = Note("crs-ambiguous", "warning", message, len(candidates))
        return replace(loaded, report=replace(loaded.report, notes=(*notes, note), candidates=candidates))
    message = sentence(
        "The file does not say its coordinate system; {crs} was taken: {reason}.",
        crs=crs_with_change(candidates[0]),
        reason=best.reason,
    )
    found = applied(loaded, candidates[0])
    note = Note("crs-guessed", "warning", message)
    return replace(found, report=replace(found.report, notes=(*notes, note), candidates=candidates))


def _judged(
    loaded: LoadedLayer,
    declared: _Placed,
    best: _Placed,
    candidates: tuple[CrsCandidate, ...],
    sure: float,
    reference: Reference,
) -> LoadedLayer:
    """Confirm, doubt or overrule what the file declares."""
    kilometres = reference.kilometres(declared.lonlat)
    is_spill = kilometres < FAR_KM and declared.inside > 0.05 and declared.named > -2.0  # over the edge of the cluster
    if is_spill or _same_place(declared, best):
        return loaded
    impossible = not np.isfinite(kilometres) or _is_out_of_use(loaded.crs, declared.lonlat)
    gap = best.evidence + best.named - declared.evidence - declared.named
    proven = (gap > 6.0 and best.named - declared.named > 2.0) or best.named > 2.0
    if (impossible and sure >= CLEAR) or (proven and sure >= VERY_CLEAR):
        return _overruled(loaded, best, candidates, kilometres)
    if impossible or _is_in_china(declared.lonlat):
        return _doubted(loaded, candidates, kilometres)
    return loaded  # data of another country, declared as such


def _overruled(loaded: LoadedLayer, best: _Placed, candidates: tuple[CrsCandidate, ...], kilometres: float) -> LoadedLayer:
    message = sentence(
        "The file says {declared}, which puts the data {place}; {crs} was taken instead: {reason}.",
        declared=crs_title(loaded.crs),
        place=_far(kilometres),
        crs=crs_with_change(candidates[0]),
        reason=best.reason,
    )
    found = applied(loaded, candidates[0])
    report = replace(found.report.with_notes(Note("crs-wrong", "warning", message)), candidates=_shown(candidates))
    return replace(found, report=report)


def _doubted(loaded: LoadedLayer, candidates: tuple[CrsCandidate, ...], kilometres: float) -> LoadedLayer:
    message = sentence(
        "The file says {declared}, which puts the data {place}; they would fit {crs}. Nothing was changed: check it.",
        declared=crs_title(loaded.crs),
        place=_far(kilometres),
        crs=crs_with_change(candidates[0]),
    )
    report = loaded.report.with_notes(Note("crs-doubtful", "warning", message))
    return replace(loaded, report=replace(report, candidates=_shown(candidates)))


def _impossible(loaded: LoadedLayer, declared: _Placed | None) -> LoadedLayer:
    if declared is None or np.isfinite(declared.lonlat).all(axis=1).mean() > 0.5:
        return loaded
    message = sentence("The file says {declared}, but its numbers are no coordinates of that.", declared=crs_title(loaded.crs))
    return replace(loaded, report=loaded.report.with_notes(Note("crs-impossible", "warning", message)))


def _far(kilometres: float) -> Sentence:
    if not np.isfinite(kilometres):
        return sentence("nowhere on earth")
    if kilometres < 1.0:
        return sentence("away from the places they name")
    return sentence("{km} km from the city cluster", km=f"{kilometres:,.0f}")


def _is_in_china(lonlat: Floats) -> bool:
    lon, lat = np.median(lonlat[np.isfinite(lonlat).all(axis=1)], axis=0)
    return bool(70.0 < lon < 140.0 and 0.0 < lat < 60.0)


def _is_out_of_use(crs: str, lonlat: Floats) -> bool:
    """Tell whether the data lie far outside the area that a CRS is made for."""
    import pyproj  # noqa: PLC0415  see cgplanner.io.engines

    area = pyproj.CRS.from_user_input(crs).area_of_use
    if area is None or area.west > area.east:
        return False
    lon, lat = np.median(lonlat[np.isfinite(lonlat).all(axis=1)], axis=0)
    return bool(lon < area.west - 8 or lon > area.east + 8 or lat < area.south - 8 or lat > area.north + 8)


def crs_with_change(candidate: CrsCandidate) -> Sentence | str:
    """Return what people call a candidate: the CRS, and what is done to the numbers before."""
    title = crs_title(candidate.crs)
    words = {
        ("swapped",): sentence("{crs} with the axes swapped", crs=title),
        ("km",): sentence("{crs} in kilometres", crs=title),
        ("mm",): sentence("{crs} in millimetres", crs=title),
        ("swapped", "km"): sentence("{crs} in kilometres with the axes swapped", crs=title),
        ("swapped", "mm"): sentence("{crs} in millimetres with the axes swapped", crs=title),
        ("gcj02",): sentence("GCJ-02 (web maps), turned into {crs}", crs=title),
        ("bd09",): sentence("BD-09 (Baidu), turned into {crs}", crs=title),
        ("swapped", "gcj02"): sentence("GCJ-02 (web maps) with the axes swapped, turned into {crs}", crs=title),
        ("swapped", "bd09"): sentence("BD-09 (Baidu) with the axes swapped, turned into {crs}", crs=title),
    }
    return words.get(candidate.change, title)
