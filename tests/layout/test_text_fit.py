"""Text wraps without losing a character, within its width, and shrinks before it is cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgplanner.geometry.text_extent import text_width
from cgplanner.layout.text_fit import ELLIPSIS, fitted, shortened, wrapped

texts = st.text(alphabet="太原市晋中，。（）《》abc XYZ-.,12 ", max_size=60)
widths = st.floats(2.0, 30.0)


@given(texts, widths, st.booleans())
def test_wrapping_loses_nothing_but_spaces(text: str, width: float, bold: bool) -> None:  # noqa: FBT001  a drawn value
    assert "".join("".join(wrapped(text, width, bold=bold)).split()) == "".join(text.split())


@given(texts, widths)
def test_no_line_is_wider_than_its_column(text: str, width: float) -> None:
    assert all(text_width(line) <= width for line in wrapped(text, width))


@given(texts, widths)
def test_what_is_shortened_fits(text: str, width: float) -> None:
    assert text_width(shortened(text, width)) <= max(width, text_width(ELLIPSIS))


def test_closing_punctuation_begins_no_line_and_opening_ends_none() -> None:
    lines = wrapped("太原市，晋中市，（阳泉市）、忻州市。", 4.0)
    assert not any(line[0] in "，。）、" for line in lines)
    assert not any(line[-1] == "（" for line in lines)


def test_words_stay_whole_while_a_smaller_size_can_hold_them() -> None:
    text = fitted("Telecommunications", 10.0, 5.0, 2.0, min_size=1.0)
    assert text.lines == ("Telecommunications",)
    assert 1.0 <= text.size < 2.0


@given(texts, widths, st.floats(1.0, 20.0))
def test_a_block_fits_its_box_or_says_that_it_is_cut(text: str, width: float, height: float) -> None:
    block = fitted(text, width, height, 1.0, min_size=0.5)
    assert block.height <= height + 1e-6
    assert block.is_cut == ("".join("".join(block.lines).split()) != "".join(text.split()))
    if block.is_cut:
        assert block.lines[-1].endswith(ELLIPSIS)


@pytest.mark.parametrize("text", ["", " ", "\n"])
def test_nothing_is_one_or_two_empty_lines(text: str) -> None:
    assert set(wrapped(text, 5.0)) == {""}
