"""Scale bars have round parts that fit, scales are round, and degrees read as people write them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgplanner.layout.graticule import degrees_text, lines_between, step_for
from cgplanner.layout.scale_bar import bar_for, round_scale


@given(st.floats(0.1, 1e5), st.floats(20, 200))
def test_a_bar_is_round_and_as_long_as_can_be(metres_per_mm: float, width: float) -> None:
    bar = bar_for(metres_per_mm, width)
    length = bar.parts * bar.millimetres
    assert length <= width * (1 + 1e-6)
    assert length > width * 0.39  # the next round number, at most 2.5 times as much, would not fit
    assert bar.metres / bar.millimetres == pytest.approx(metres_per_mm)
    assert f"{bar.metres:.15e}".split("e")[0].rstrip("0") in {"1.", "2.", "2.5", "5."}


def test_a_bar_counts_in_kilometres_where_they_are_whole() -> None:
    bar = bar_for(1600.0, 100.0)
    assert (bar.metres, bar.in_kilometres, bar.figure(4)) == (25_000.0, True, "100")
    assert bar_for(1.0, 100.0).figure(4) == "100"


@given(st.floats(10, 1e9))
def test_a_round_scale_is_the_next_larger(denominator: float) -> None:
    scale = round_scale(denominator)
    assert scale >= denominator * (1 - 1e-6)
    assert scale <= denominator * 1.25
    figures = scale / 10 ** math.floor(math.log10(scale) - 1)
    assert figures == pytest.approx(round(figures))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (112.0, "112°E"),
        (112.5, "112°30′E"),
        (-0.25, "0°15′W"),
        (0.0, "0°"),
        (112.0 + 1 / 600, "112°00.1′E"),
        (0.9999999, "1°E"),
    ],
)
def test_degrees_are_written_as_people_do(value: float, text: str) -> None:
    assert degrees_text(value, "E", "W") == text


@given(st.floats(0.02, 60))
def test_a_graticule_has_a_few_lines(span: float) -> None:
    step = step_for(span)
    assert 1 <= span / step <= 6.1
    assert all(line / step == pytest.approx(round(line / step)) for line in lines_between(110.0, 110.0 + span, step))
