"""Every value finds a class, classes ascend, limits are round; ramps keep their order in grey and on dark paper."""

from __future__ import annotations

import sys
import threading
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgplanner.model.column import column_of
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import table_from_records
from cgplanner.symbology.classify import SCHEMES, breaks_of, graduated, histogram, values_of, warm_up
from cgplanner.symbology.evaluate import legend_entries, symbols_for
from cgplanner.symbology.ramps import RAMPS, mixed, ramp_colors, turned
from cgplanner.symbology.style import Fill, Line, Marker, Scheme, Style, Symbol

AREA = Symbol(polygon=(Fill(), Line("#FFFFFF", 0.5)))
COMPUTED = [scheme for scheme in SCHEMES if scheme != "manual"]
NUMBERS = st.lists(st.floats(-1e9, 1e9, allow_subnormal=False) | st.integers(-20, 20).map(float), min_size=1, max_size=60)


@pytest.mark.parametrize("scheme", COMPUTED)
@given(numbers=NUMBERS, count=st.integers(1, 9))
def test_every_value_has_a_class(scheme: Scheme, numbers: list[float], count: int) -> None:
    breaks = breaks_of(np.array(numbers), scheme, count)
    assert all(low <= high for low, high in pairwise(breaks))
    assert len(breaks) >= 2
    if scheme != "pretty":
        assert len(breaks) - 1 <= max(count, 2)
    schema = Schema((Field("v", "v", FieldType.REAL),))
    table = table_from_records(schema, [{"v": each} for each in numbers], [None] * len(numbers))
    style = Style(graduated("v", breaks, AREA, "blue"))
    _, index = symbols_for(style, table, np.arange(len(table)))
    assert (index >= 0).all()


def counts(values: np.ndarray, breaks: tuple[float, ...]) -> list[int]:
    return [int(((values >= low) & (values < high)).sum()) for low, high in pairwise(breaks)]


def test_schemes_on_a_known_spread() -> None:
    values = np.concatenate([np.arange(0.0, 10.0), np.arange(100.0, 104.0), [1000.0]])
    assert counts(values, breaks_of(values, "natural", 3)) == [10, 4, 0]  # the last class counts its end, too
    assert breaks_of(values, "equal", 4) == (0.0, 250.0, 500.0, 750.0, 1000.0)
    hundred = np.arange(1.0, 101.0)
    assert counts(hundred, breaks_of(hundred, "quantiles", 4)) == [25, 25, 25, 24]
    assert breaks_of(values, "manual", 0, (500, 20, 20, -5, 5000)) == (0.0, 20.0, 500.0, 1000.0)


def test_limits_of_many_values_are_round() -> None:
    values = np.random.default_rng(5).lognormal(3, 1, 20_000)
    for scheme in ("quantiles", "natural"):
        inner = breaks_of(values, scheme, 5)[1:-1]
        assert all(len(f"{each:.15g}".replace(".", "").strip("0")) <= 3 for each in inner), inner


def test_few_values_have_a_class_each() -> None:
    assert breaks_of(np.array([3.0, 1.0, 3.0]), "natural", 5) == (1.0, 3.0, 3.0)
    assert breaks_of(np.array([7.0]), "quantiles", 5) == (7.0, 7.0)
    assert breaks_of(np.array([]), "equal", 5) == ()
    assert breaks_of(np.array([np.nan, np.inf]), "equal", 5) == ()


def test_a_limit_below_the_largest_value_is_round_too() -> None:
    values = np.array([3.0, 4.0, 10.0, 1000.0, 1000.0, 1200.0, 1400.0, 2000.0, 2000.0])
    assert breaks_of(values, "natural", 5)[-2:] == (1500.0, 2000.0)


def test_what_classes_need_is_loaded_beside_other_work() -> None:
    warm_up()
    for thread in threading.enumerate():
        if thread.name == "mapclassify":
            thread.join()
    assert "mapclassify" in sys.modules


def test_a_histogram_counts_every_number_and_what_is_missing() -> None:
    column = column_of(FieldType.REAL, [1.0, 2.0, 2.0, None, 10.0])
    found = histogram(column, 9)
    assert found.counts.sum() == len(values_of(column)) == 4
    assert found.counts[0] == 1
    assert found.counts[-1] == 1
    assert found.missing == 1
    assert histogram(column_of(FieldType.TEXT, ["a"]), 4).missing == 1
    assert histogram(column_of(FieldType.INTEGER, [5, 5]), 4).counts.sum() == 2


def test_sizes_grow_by_area_and_widths_by_length() -> None:
    breaks = (0.0, 1.0, 2.0, 3.0)
    markers = graduated("v", breaks, Symbol((Marker(),)), sizes=(4.0, 20.0)).symbols
    areas = [symbol.point[0].size ** 2 for symbol in markers]
    assert areas[1] - areas[0] == pytest.approx(areas[2] - areas[1], rel=1e-2)
    widths = [symbol.line[0].width for symbol in graduated("v", breaks, Symbol(line=(Line(),)), sizes=(1.0, 5.0)).symbols]  # type: ignore[union-attr]  # the part is a Line
    assert widths == [1.0, 3.0, 5.0]


def test_edges_stay_when_a_ramp_colours_areas() -> None:
    first, *_, last = graduated("v", (0.0, 1.0, 2.0, 3.0), AREA, "green").symbols
    assert [first.polygon[0].color, last.polygon[0].color] == [*ramp_colors("green", 3)[::2]]  # type: ignore[union-attr]  # the part is a Fill
    assert first.polygon[1] == AREA.polygon[1]
    assert first.graded


def test_the_legend_says_ranges_with_their_unit() -> None:
    from dataclasses import replace  # noqa: PLC0415  one test needs it

    renderer = replace(graduated("v", (0.0, 1234.567891, 98765.4321), AREA, "blue"), unit_en="ha", unit_zh="公顷")
    assert [entry.label for entry in legend_entries(Style(renderer))] == ["0 – 1,235 ha", "1,235 – 98,765 ha"]


def lightness(color: str) -> float:
    level = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4)
    y = float(linear @ [0.2126, 0.7152, 0.0722])
    return 116 * np.cbrt(y) - 16 if y > 216 / 24389 else y * 24389 / 27


@pytest.mark.parametrize("name", [name for name, ramp in RAMPS.items() if ramp.family == "sequential"])
def test_sequential_ramps_read_in_grey(name: str) -> None:
    steps = [lightness(color) for color in ramp_colors(name, 7)]
    assert min(a - b for a, b in pairwise(steps)) >= 6
    dark = [lightness(turned(color)) for color in ramp_colors(name, 7)]
    assert min(b - a for a, b in pairwise(dark)) >= 4


@pytest.mark.parametrize("name", [name for name, ramp in RAMPS.items() if ramp.family == "diverging"])
def test_diverging_ramps_are_light_in_the_middle(name: str) -> None:
    steps = [lightness(color) for color in ramp_colors(name, 7)]
    assert min(b - a for a, b in pairwise(steps[:4])) >= 8
    assert min(a - b for a, b in pairwise(steps[3:])) >= 8


def test_a_ramp_has_its_ends_and_can_be_reversed() -> None:
    assert ramp_colors("blue", 5) == RAMPS["blue"].stops
    assert ramp_colors("blue", 5, reverse=True) == RAMPS["blue"].stops[::-1]
    assert len(set(ramp_colors("various", 8))) == 8
    assert ramp_colors("various", 9)[8] == ramp_colors("various", 1)[0]
    assert mixed(("#102030",), 0.3) == "#102030"
