"""Every city, system, mark and kind of layer at once, counted: right at first guess, asked, doubted, silently wrong.

Names prove a place, so layers with names must be right. Without a name some things cannot be known; what is asserted then is
that nothing wrong passes without a word and that the right answer is on the list.
"""

from __future__ import annotations

import itertools
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import shapely

sys.path.insert(0, str(Path(__file__).parent))

from zone_layers import CITIES, DEGREES, KINDS, VARIANTS, WRONG, base, rows_of, zones

from cgplanner.geometry.crs import transform_xy
from cgplanner.io.crs.reference_places import Reference, shipped_reference, with_layers
from cgplanner.io.crs.zone_detective import applied, investigated
from cgplanner.io.report import Report
from cgplanner.io.source import LoadedLayer
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import FeatureTable, table_from_records

NEAR = 150.0  # metres: what datums differ by, which the ground cannot tell
OFFSETS = ("gcj02", "bd09")


def seat(city: str) -> np.ndarray:
    return np.asarray(shapely.get_coordinates(rows_of("places", "DMMC", city)[0][1])[0])


def roads(city: str) -> list[tuple[str, shapely.Geometry]]:
    """Lines between neighbouring places, named as roads are."""
    places = rows_of("places", "DMMC", city)
    return [
        (f"{one}至{other}公路", shapely.segmentize(shapely.LineString(shapely.get_coordinates([start, end])), 0.01))
        for (one, start), (other, end) in itertools.pairwise(places)
    ]


def plots(city: str) -> list[tuple[str, shapely.Geometry]]:
    chance = np.random.default_rng(11)
    return [("", shapely.box(x, y, x + 0.003, y + 0.002)) for x, y in seat(city) + chance.normal(0, 0.02, (60, 2))]


def plot(city: str) -> list[tuple[str, shapely.Geometry]]:
    x, y = seat(city)
    return [("", shapely.box(x, y, x + 0.001, y + 0.001))]


def pipes(city: str) -> list[tuple[str, shapely.Geometry]]:
    return [("", shapely.LineString(np.cumsum(np.vstack([seat(city), np.full((9, 2), 0.002)]), axis=0)))]


def outline(city: str) -> list[tuple[str, shapely.Geometry]]:
    """The whole city as one area, without its name."""
    return [("", shape) for _, shape in rows_of("counties", "XZQMC", city)]


NAMED = KINDS | {"roads": roads}
NAMELESS = {"plots": plots, "plot": plot, "pipes": pipes, "outline": outline}


@cache
def rows(city: str, kind: str) -> tuple[tuple[str, shapely.Geometry], ...]:
    return tuple((NAMED | NAMELESS)[kind](city))


@cache
def table_in(city: str, kind: str, variant: str, step: int = 1) -> FeatureTable:
    crs, change = zones(city)[variant]

    def moved(xy: np.ndarray) -> np.ndarray:
        there = transform_xy(DEGREES, crs, xy) if crs != DEGREES else xy
        return change(there) if change else there  # type: ignore[operator]  # a function

    shapes = [shapely.transform(shape, moved) for _, shape in rows(city, kind)[::step]]
    records = [{"名称": name or None} for name, _ in rows(city, kind)[::step]]
    return table_from_records(Schema((Field("f1", "名称", FieldType.TEXT),), "mixed"), records, shapes)


def layer_in(city: str, kind: str, variant: str, declared: str) -> LoadedLayer:
    name = f"地块_{variant}" if kind == "sites" and variant in OFFSETS else "数据"  # a few plots: only their name tells
    report = Report((), crs=declared, crs_how="prj" if declared else "missing")
    return LoadedLayer(name, table_in(city, kind, variant), declared, report, Path(f"{name}.shp"))


def metres_off(loaded: LoadedLayer, city: str, kind: str) -> float:
    truth = table_in(city, kind, "4490").geometry.base.xy
    found = transform_xy(loaded.crs, DEGREES, loaded.table.geometry.base.xy)
    return float(np.abs((found - truth) * (88_000, 111_000)).max())


def judged(given: LoadedLayer, city: str, kind: str, reference: Reference | None = None) -> tuple[str, str]:
    """Return what became of a layer, and whether its first guess, a later one or none is right."""
    found = investigated(given, reference)
    said = {note.code for note in found.report.notes} & {
        "crs-guessed", "crs-ambiguous", "crs-wrong", "crs-doubtful", "crs-unproven", "crs-impossible", "crs-offset-unproven",
    }  # fmt: skip
    guesses = itertools.chain([found] if found.crs else [], (applied(given, each) for each in found.report.candidates))
    right = next((place for place, each in enumerate(guesses) if metres_off(each, city, kind) < NEAR), -1)
    where = "first" if right == 0 else "listed" if right > 0 else "none"
    how = "silent" if not said else "asked" if not found.crs else "doubted" if found.crs == given.crs else "taken"
    return how, where


def marks(city: str, variant: str) -> Iterator[tuple[str, str]]:
    """Give the marks that such a file may bear: of its CRS (whatever was done to the numbers since), none, a wrong one."""
    yield "own", zones(city)[variant][0]
    yield "none", ""
    yield "wrong", WRONG[city]


@cache
def outcomes(kinds: tuple[str, ...]) -> dict[tuple[str, str, str, str], tuple[str, str]]:
    return {
        (city, kind, variant, mark): judged(layer_in(city, kind, variant, declared), city, kind)
        for city in CITIES
        for kind in kinds
        for variant in VARIANTS
        for mark, declared in marks(city, variant)
    }


def is_unknowable(kind: str, variant: str) -> bool:
    """Degrees of a web map without an exact place: nothing in the world tells them from plain degrees 600 m away."""
    return kind in (*NAMELESS, "roads") and kind != "outline" and variant in OFFSETS


def test_layers_with_names_are_right_at_first_guess() -> None:
    found = outcomes(tuple(NAMED))
    found = {key: each for key, each in found.items() if not is_unknowable(key[1], key[2])}
    wrong = [key for key, (_, where) in found.items() if where != "first"]
    assert len(found) == 5 * (3 * 16 + 14) * 3
    assert len(wrong) <= 0.01 * len(found), wrong


@pytest.mark.parametrize("kinds", [tuple(NAMED), tuple(NAMELESS)])
def test_nothing_wrong_passes_without_a_word(kinds: tuple[str, ...]) -> None:
    assert [key for key, (how, where) in outcomes(kinds).items() if how == "silent" and where != "first"] == []


@pytest.mark.parametrize("variant", ["4490", "4326", *OFFSETS])
def test_marked_degrees_without_names_come_with_a_calm_word_and_the_web_maps_on_the_list(variant: str) -> None:
    found = investigated(layer_in("太原市", "plots", variant, zones("太原市")[variant][0]))
    assert [(note.code, note.severity) for note in found.report.notes] == [("crs-offset-unproven", "info")]
    assert [each.change for each in found.report.candidates] == [(), ("gcj02",), ("bd09",)]
    named = investigated(layer_in("太原市", "places", "4490", DEGREES))
    assert (named.report.notes, named.report.candidates) == ((), ())


def test_layers_without_names_are_right_or_on_the_list() -> None:
    found = outcomes(tuple(NAMELESS))
    lost = [key for key, (how, where) in found.items() if where == "none" and how != "silent"]
    assert lost == []
    plain = {key: where for key, (_, where) in found.items() if key[2] not in OFFSETS}
    count = Counter(plain.values())
    assert count["first"] >= 0.9 * len(plain), [key for key, where in plain.items() if where != "first"]


def test_a_right_mark_is_never_changed() -> None:
    for kinds in (tuple(NAMED), tuple(NAMELESS)):
        for (city, kind, variant, mark), (how, where) in outcomes(kinds).items():
            if mark == "own" and not zones(city)[variant][1]:
                assert (how != "taken", where) == (True, "first"), (city, kind, variant)


# With layers open


@cache
def open_layers(city: str) -> Reference:
    return with_layers(shipped_reference(), [(table_in(city, "plots", "4490"), DEGREES), (base("places").table, DEGREES)])


@pytest.mark.parametrize("city", CITIES)
@pytest.mark.parametrize("variant", [*OFFSETS, "plain", "xian", "swapped"])
@pytest.mark.parametrize("mark", ["own", "none", "wrong"])
def test_the_same_plots_open_in_the_workspace_prove_the_place(city: str, variant: str, mark: str) -> None:
    """Not even the unknowable is unknown beside last year's version of the same plots."""
    given = layer_in(city, "plots", variant, dict(marks(city, variant))[mark])
    given = replace(given, table=table_in(city, "plots", variant, 2))
    found = investigated(given, open_layers(city))
    truth = table_in(city, "plots", "4490", 2).geometry.base.xy
    off = np.abs((transform_xy(found.crs, DEGREES, found.table.geometry.base.xy) - truth) * (88_000, 111_000)).max()
    assert off < NEAR, [each.to_json() for each in found.report.candidates]


def test_other_things_near_open_layers_prove_nothing() -> None:
    given = layer_in("太原市", "pipes", "gcj02", DEGREES)
    assert investigated(given, open_layers("太原市")).crs == DEGREES
