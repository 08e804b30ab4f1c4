"""The zone detective: what coordinate system a layer is in when its file does not say, or says what cannot be.

Every candidate is laid over the ground: does the layer fall into the cluster, do its rows lie in the counties that they name,
do its lines run along known outlines, does it lie where its zone is meant for? A clear winner is taken and said; else the
planner is asked. What a file declares is kept unless it puts the data where they cannot be. This file reads no file.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import shapely

from cgplanner.errors import UserError
from cgplanner.geometry.crs import geod
from cgplanner.geometry.ragged import Floats
from cgplanner.io.crs.crs_names import crs_name
from cgplanner.io.crs.reference_places import Reference, shipped_reference
from cgplanner.io.crs.zone_candidates import Candidate, candidates_for, changed, unchanged
from cgplanner.io.crs.zone_elsewhere import place_elsewhere, placed_in_china
from cgplanner.io.crs.zone_evidence import NOWHERE, Placed, Sample, is_hinted, placed_by, sample_of
from cgplanner.io.report import CrsCandidate, Note
from cgplanner.io.source import LoadedLayer
from cgplanner.model.changeset import GEOMETRY
from cgplanner.model.geometry_column import GeometryColumn
from cgplanner.text import Sentence, sentence, tr

CLEAR = 0.8  # of the likelihood, for one place on the ground
VERY_CLEAR = 0.95  # to overrule what a file declares
FAR_KM = 100.0
BEYOND = 2.0  # degrees beyond a zone that no layer spills without a mark
WORTH_A_WORD = 0.02
DOUBT = 0.7  # what speaks for another place than the declared one, from which on the mark is doubted and not only unproven
PROOF = 2.0  # what names or outlines must add for another place to overrule a mark that is possible
_OFFSET = re.compile(r"gcj|火星|高德|腾讯|amap|autonavi|bd.?_?09|百度|baidu", re.IGNORECASE)
_EXPLICIT = re.compile(r"gcj.?_?02|火星坐标|bd.?_?09", re.IGNORECASE)  # a system; 百度 alone may say where it was found
PLAIN_DEGREES = ("EPSG:4490", "EPSG:4326")
UNUSUAL = -1.9  # the prior of systems that are not held against a mark
SAME_PLACE_DEGREES = 0.0015  # 150 m: what two datums differ by; which of them it is, the ground cannot tell


def investigated(loaded: LoadedLayer, reference: Reference | None = None) -> LoadedLayer:
    """Return the layer with its CRS found, doubted or confirmed; coordinates that had to be changed are changed."""
    sample = sample_of(loaded)
    if sample is None:
        return loaded
    reference = reference or shipped_reference()
    declared = placed_by(_declared(loaded), sample, reference) if loaded.crs else None
    possible = declared is not None and declared.inside > 0.5 and declared.named > -2.0
    if declared and possible and declared.is_proven and not _OFFSET.search(sample.title):
        return _with_offset_told(loaded, declared, sample, reference)
    placed = [placed_by(each, sample, reference, may_be_far=False) for each in candidates_for(sample.vertices)]
    if declared and possible:
        return _believed(loaded, declared, placed, sample, reference)
    placed = sorted((each for each in placed if _is_near(each, reference)), key=lambda each: -each.score)
    if declared is None:
        elsewhere = place_elsewhere(sample, reference)
        return _found(loaded, placed) if placed and not elsewhere else _elsewhere(loaded, elsewhere, sample, reference)
    if not placed:
        return _impossible(loaded, declared)
    return _judged(loaded, declared, placed, sample, reference)


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


def _declared(loaded: LoadedLayer) -> Candidate:
    return Candidate(loaded.crs, (), 4.0)


def _is_near(placed: Placed, reference: Reference) -> bool:
    return placed.inside > 0.3 or (placed.inside > NOWHERE and reference.kilometres(placed.lonlat) < 30.0)


def _ranked(placed: list[Placed]) -> tuple[CrsCandidate, ...]:
    weights = np.exp(np.array([each.score for each in placed]) - placed[0].score)
    weights /= weights.sum()
    return tuple(
        CrsCandidate(each.candidate.crs, each.candidate.changes, float(weight), each.reason)
        for each, weight in zip(placed, weights, strict=True)
    )


def _same_place(one: Placed, other: Placed) -> bool:
    with np.errstate(invalid="ignore"):
        return bool(np.nanmax(np.abs(np.median(one.lonlat, axis=0) - np.median(other.lonlat, axis=0))) < SAME_PLACE_DEGREES)


def _shown(candidates: tuple[CrsCandidate, ...]) -> tuple[CrsCandidate, ...]:
    return tuple(each for each in candidates if each.likelihood >= 0.001)[:6] or candidates[:1]


def _certainty(placed: list[Placed]) -> float:
    """Return how likely the place of the first one is, by whatever system it is reached."""
    ranked = _ranked(placed)
    return sum(each.likelihood for each, place in zip(ranked, placed, strict=True) if _same_place(place, placed[0]))


def _found(loaded: LoadedLayer, placed: list[Placed]) -> LoadedLayer:
    best, candidates, sure = placed[0], _shown(_ranked(placed)), _certainty(placed)
    notes = tuple(note for note in loaded.report.notes if note.code != "crs-missing")
    if sure < CLEAR or _is_far_beyond(best):
        named = "; ".join(str(crs_with_change(each)) for each in candidates[:3])
        message = sentence(
            "The file does not say its coordinate system, and the data fit several: {candidates}. Choose one.", candidates=named
        )
        return _asked(loaded, message, candidates)
    found = applied(loaded, candidates[0])
    notes = (*notes, Note("crs-guessed", "warning", _guessed(placed)), *_offset_notes(best, candidates))
    return replace(found, report=replace(found.report, notes=notes, candidates=candidates))


def _guessed(placed: list[Placed]) -> Sentence:
    """Say what was taken, and the likeliest of the places elsewhere where it is worth a word."""
    best, candidates = placed[0], _ranked(placed)
    words = {"crs": crs_with_change(candidates[0]), "reason": best.reason}
    for other, each in zip(placed, candidates, strict=True):
        if each.likelihood >= WORTH_A_WORD and not _is_offset(other) and not _same_place(other, best):
            return sentence(
                "The file does not say its coordinate system; {crs} was taken: {reason}. "
                "It could also be {other}, {km} km away.",
                **words,
                other=crs_with_change(each),
                km=f"{_kilometres_between(best, other):,.1f}",
            )
    return sentence("The file does not say its coordinate system; {crs} was taken: {reason}.", **words)


def _is_far_beyond(placed: Placed) -> bool:
    """Tell whether data would lie so far beyond a zone that it can hardly be theirs, however few the others are."""
    meridian, width = placed.candidate.meridian, placed.candidate.width
    middle = float(np.median(placed.lonlat[np.isfinite(placed.lonlat[:, 0]), 0]))
    return meridian is not None and abs(middle - meridian) > width / 2 + BEYOND


def _elsewhere(loaded: LoadedLayer, named: str, sample: Sample, reference: Reference) -> LoadedLayer:
    """Offer what a layer may be in that is not of the cluster; nothing is taken."""
    placed = placed_in_china(sample, reference)
    if not placed:
        return _unknown(loaded, sample)
    candidates = _ranked(placed)[:6]
    words = {"candidates": "; ".join(str(crs_with_change(each)) for each in candidates[:3])}
    if named:
        message = sentence(
            "The file does not say its coordinate system, and it speaks of {name}, outside of the city cluster; it could be "
            "{candidates}. Choose one.",
            name=named,
            **words,
        )
    else:
        message = sentence(
            "The file does not say its coordinate system, and by no usual one does it lie in the city cluster; it could be "
            "{candidates}. Choose one.",
            **words,
        )
    return _asked(loaded, message, candidates)


def _asked(loaded: LoadedLayer, message: Sentence, candidates: tuple[CrsCandidate, ...]) -> LoadedLayer:
    notes = tuple(note for note in loaded.report.notes if note.code != "crs-missing")
    note = Note("crs-ambiguous", "warning", message, len(candidates))
    return replace(loaded, report=replace(loaded.report, notes=(*notes, note), candidates=candidates))


def _unknown(loaded: LoadedLayer, sample: Sample) -> LoadedLayer:
    east, north = (f"{value:.7g}" for value in np.median(sample.vertices, axis=0))
    message = sentence(
        "The file does not say its coordinate system, and its numbers (about {east}, {north}) fit none that is usual in the "
        "city cluster: they may be of a grid of its own, of which only its owner knows the parameters.",
        east=east,
        north=north,
    )
    notes = tuple(note for note in loaded.report.notes if note.code != "crs-missing")
    return replace(loaded, report=replace(loaded.report, notes=(*notes, Note("crs-missing", "warning", message))))


def _offset_notes(best: Placed, candidates: tuple[CrsCandidate, ...]) -> list[Note]:
    """Say that degrees may be those of a web map where nothing tells: a winner by custom is no winner by evidence."""
    offsets = [each for each in candidates if {"gcj02", "bd09"} & set(each.change)]
    if _is_offset(best) or not offsets:
        return []
    message = sentence(
        "Nothing tells whether the degrees come from a web map (GCJ-02 would lie 0.6 km, BD-09 1.2 km away): look at the map."
    )
    return [Note("crs-offset-unknown", "warning", message, len(offsets))]


def _believed(loaded: LoadedLayer, declared: Placed, placed: list[Placed], sample: Sample, reference: Reference) -> LoadedLayer:
    """Keep a mark that nothing bears out, and say so where the same numbers would lie in the cluster elsewhere too."""
    rivals = [each for each in placed if _is_rival(each, declared, sample, reference)]
    if not rivals:
        return _with_offset_told(loaded, declared, sample, reference)
    best = max(rivals, key=lambda each: each.score)
    gap = best.evidence + best.named - declared.evidence - declared.named
    candidates = _ranked(sorted([declared, *rivals], key=lambda each: -each.score))
    first = CrsCandidate(best.candidate.crs, best.candidate.changes, candidates[0].likelihood, best.reason)
    if _is_offset(best) and _EXPLICIT.search(sample.title):
        message = sentence(
            "The file says {declared}, but by its name it is {crs}, which was taken.",
            declared=crs_name(loaded.crs),
            crs=crs_with_change(first),
        )
        return _taken(loaded, best, (first, *candidates), message)
    if best.is_proven and not declared.is_proven and gap > PROOF:
        return _overruled(loaded, best, (first, *candidates), 0.0)
    message = sentence(
        "The file says {declared}, and nothing in it proves that: by the same numbers it could be {crs}, {km} km away.",
        declared=crs_name(loaded.crs),
        crs=crs_with_change(CrsCandidate(best.candidate.crs, best.candidate.changes, 0.0, "")),
        km=f"{_kilometres_between(declared, best):,.1f}",
    )
    is_worse = gap > DOUBT or best.is_proven
    note = Note("crs-doubtful" if is_worse else "crs-unproven", "warning" if is_worse else "info", message)
    return replace(loaded, report=replace(loaded.report.with_notes(note), candidates=_shown(candidates)))


def _with_offset_told(loaded: LoadedLayer, declared: Placed, sample: Sample, reference: Reference) -> LoadedLayer:
    """Say that marked degrees may be those of a web map all the same, which no mark shows, where no exact place tells."""
    if not _is_bare_mark(loaded) or loaded.crs not in PLAIN_DEGREES or declared.is_exact:
        return loaded
    if loaded.report.has("fields-restored"):  # our own export
        return loaded
    offsets = [each for each in candidates_for(sample.vertices) if each.changes in (("gcj02",), ("bd09",))]
    if not offsets:
        return loaded
    message = sentence(
        "It is read as {declared}; no exact place in it proves that these degrees are not the shifted ones of a web map "
        "(GCJ-02, BD-09).",
        declared=crs_name(loaded.crs),
    )
    note = Note("crs-offset-unproven", "info", message, len(offsets))
    plain = replace(declared, candidate=replace(declared.candidate, prior=0.0))  # the mark proves nothing of this
    candidates = _ranked([plain, *(placed_by(each, sample, reference) for each in offsets)])
    return replace(loaded, report=replace(loaded.report.with_notes(note), candidates=_shown(candidates)))


def _is_bare_mark(loaded: LoadedLayer) -> bool:
    """Tell whether degrees are only marked by a .prj, or by a format in which all are degrees (GeoJSON, KML)."""
    return loaded.report.crs_how in ("prj", "assumed") or loaded.source_path.suffix.lower() in (".kml", ".kmz")


def _is_rival(placed: Placed, declared: Placed, sample: Sample, reference: Reference) -> bool:
    """Tell whether a candidate is worth a word beside a mark that may be right."""
    if placed.named <= -2.0 or _same_place(placed, declared):
        return False
    if _is_offset(placed):
        return _is_near(placed, reference) and (placed.is_proven > declared.is_proven or is_hinted(placed.candidate, sample))
    return placed.inside > 0.5 and (placed.is_proven or (placed.candidate.prior >= UNUSUAL and not declared.is_proven))


def _is_offset(placed: Placed) -> bool:
    return bool({"gcj02", "bd09"} & set(placed.candidate.changes))


def _kilometres_between(one: Placed, other: Placed) -> float:
    here, there = (np.median(each.lonlat[np.isfinite(each.lonlat).all(axis=1)], axis=0) for each in (one, other))
    return float(geod().inv(*here, *there)[2]) / 1000.0


def _judged(loaded: LoadedLayer, declared: Placed, placed: list[Placed], sample: Sample, reference: Reference) -> LoadedLayer:
    """Confirm, doubt or overrule what the file declares."""
    best, candidates, sure = placed[0], _ranked(placed), _certainty(placed)
    kilometres = reference.kilometres(declared.lonlat)
    if _same_place(declared, best):
        return _with_offset_told(loaded, declared, sample, reference)
    impossible = not np.isfinite(kilometres) or _is_out_of_use(loaded.crs, declared.lonlat)
    gap = best.evidence + best.named - declared.evidence - declared.named
    proven = (gap > 6.0 and best.named - declared.named > 2.0) or best.named > 2.0
    is_spill = kilometres < FAR_KM and declared.inside > 0.05 and declared.named > -2.0  # over the edge of the cluster
    if is_spill and not (proven and sure >= VERY_CLEAR):
        return _believed(loaded, declared, placed, sample, reference)
    if (impossible and sure >= CLEAR) or (proven and sure >= VERY_CLEAR):
        return _overruled(loaded, best, candidates, kilometres)
    if impossible or _is_in_china(declared.lonlat):
        return _doubted(loaded, candidates, kilometres)
    return loaded  # data of another country, declared as such


def _overruled(loaded: LoadedLayer, best: Placed, candidates: tuple[CrsCandidate, ...], kilometres: float) -> LoadedLayer:
    message = sentence(
        "The file says {declared}, which puts the data {place}; {crs} was taken instead: {reason}.",
        declared=crs_name(loaded.crs),
        place=_far(kilometres),
        crs=crs_with_change(candidates[0]),
        reason=best.reason,
    )
    return _taken(loaded, best, candidates, message)


def _taken(loaded: LoadedLayer, best: Placed, candidates: tuple[CrsCandidate, ...], message: Sentence) -> LoadedLayer:
    found, shown = applied(loaded, candidates[0]), _shown(tuple(dict.fromkeys(candidates)))
    doubt = [] if best.is_exact else _offset_notes(best, shown)
    report = found.report.with_notes(Note("crs-wrong", "warning", message), *doubt)
    return replace(found, report=replace(report, candidates=shown))


def _doubted(loaded: LoadedLayer, candidates: tuple[CrsCandidate, ...], kilometres: float) -> LoadedLayer:
    message = sentence(
        "The file says {declared}, which puts the data {place}; they would fit {crs}. Nothing was changed: check it.",
        declared=crs_name(loaded.crs),
        place=_far(kilometres),
        crs=crs_with_change(candidates[0]),
    )
    report = loaded.report.with_notes(Note("crs-doubtful", "warning", message))
    return replace(loaded, report=replace(report, candidates=_shown(candidates)))


def _impossible(loaded: LoadedLayer, declared: Placed) -> LoadedLayer:
    """Say of a mark that nothing can be put in its place: it is none, or the numbers are those of a grid of somebody's own."""
    if np.isfinite(declared.lonlat).all(axis=1).mean() <= 0.5:
        message = sentence(
            "The file says {declared}, but its numbers are no coordinates of that.", declared=crs_name(loaded.crs)
        )
    elif _is_out_of_use(loaded.crs, declared.lonlat):
        message = sentence(
            "The file says {declared}, which puts the data far outside of where that is used: they may be of a grid of their "
            "own. Nothing was changed: ask for its parameters.",
            declared=crs_name(loaded.crs),
        )
    else:
        return loaded
    return replace(loaded, report=loaded.report.with_notes(Note("crs-impossible", "warning", message)))


def _far(kilometres: float) -> Sentence:
    if not np.isfinite(kilometres):
        return sentence("nowhere on earth")
    if kilometres < 1.0:
        return sentence("away from where they belong")
    return sentence("{km} km from the city cluster", km=f"{kilometres:,.0f}")


def _is_in_china(lonlat: Floats) -> bool:
    lon, lat = np.median(lonlat[np.isfinite(lonlat).all(axis=1)], axis=0)
    return bool(70.0 < lon < 140.0 and 0.0 < lat < 60.0)


def _is_out_of_use(crs: str, lonlat: Floats) -> bool:
    """Tell whether the data lie far outside the area that a CRS is made for."""
    import pyproj  # noqa: PLC0415  see cgplanner.io.drivers.engines

    area = pyproj.CRS.from_user_input(crs).area_of_use
    if area is None or area.west > area.east:
        return False
    lon, lat = np.median(lonlat[np.isfinite(lonlat).all(axis=1)], axis=0)
    return bool(lon < area.west - 8 or lon > area.east + 8 or lat < area.south - 8 or lat > area.north + 8)


def crs_with_change(candidate: CrsCandidate, title: str = "") -> Sentence | str:
    """Return what people call a candidate: the CRS (or ``title`` for it), and what is done to the numbers before."""
    called = title or crs_name(candidate.crs)
    words = {
        ("swapped",): sentence("{crs} with the axes swapped", crs=called),
        ("km",): sentence("{crs} in kilometres", crs=called),
        ("mm",): sentence("{crs} in millimetres", crs=called),
        ("swapped", "km"): sentence("{crs} in kilometres with the axes swapped", crs=called),
        ("swapped", "mm"): sentence("{crs} in millimetres with the axes swapped", crs=called),
        ("gcj02",): sentence("GCJ-02 (web maps), turned into {crs}", crs=called),
        ("bd09",): sentence("BD-09 (Baidu), turned into {crs}", crs=called),
        ("swapped", "gcj02"): sentence("GCJ-02 (web maps) with the axes swapped, turned into {crs}", crs=called),
        ("swapped", "bd09"): sentence("BD-09 (Baidu) with the axes swapped, turned into {crs}", crs=called),
    }
    return words.get(candidate.change, called)
