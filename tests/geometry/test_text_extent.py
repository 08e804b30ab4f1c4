"""The widths that place labels are those of the font files that draw them."""

from __future__ import annotations

from functools import cache
from io import BytesIO

import numpy as np
import pytest
from fontTools.ttLib import TTFont
from hypothesis import given
from hypothesis import strategies as st

from cgplanner.geometry.text_extent import (
    ascent,
    cap_height,
    descent,
    line_height,
    missing_characters,
    text_width,
    text_widths,
)
from cgplanner.resources import resource_path

WEIGHTS = [pytest.param(False, id="regular"), pytest.param(True, id="bold")]


@cache
def font_file(*, bold: bool) -> TTFont:
    path = resource_path("fonts", f"NotoSansSC-{'Bold' if bold else 'Regular'}.ttf")
    return TTFont(BytesIO(path.read_bytes()), lazy=True)


@pytest.mark.parametrize("bold", WEIGHTS)
def test_every_advance_is_the_font_files(bold: bool) -> None:  # noqa: FBT001  pytest's parameter
    font = font_file(bold=bold)
    cmap, advances = font.getBestCmap(), font["hmtx"].metrics
    widths = text_widths([chr(code) for code in cmap], bold=bold)
    np.testing.assert_array_equal(widths, [advances[glyph][0] / 1000 for glyph in cmap.values()])


@pytest.mark.parametrize("bold", WEIGHTS)
def test_heights_are_the_font_files(bold: bool) -> None:  # noqa: FBT001  pytest's parameter
    font = font_file(bold=bold)
    assert ascent(bold=bold) == font["hhea"].ascent / 1000
    assert descent(bold=bold) == -font["hhea"].descent / 1000
    assert cap_height(bold=bold) == font["OS/2"].sCapHeight / 1000
    assert line_height(bold=bold) == pytest.approx(1.448)


@pytest.mark.parametrize("bold", WEIGHTS)
def test_a_font_kerns_nothing_and_shares_no_glyph(bold: bool) -> None:  # noqa: FBT001  pytest's parameter
    font = font_file(bold=bold)
    assert not {"GPOS", "GSUB", "kern"} & set(font.keys())
    cmap = font.getBestCmap()
    assert len(set(cmap.values())) == len(cmap)


def test_both_weights_are_one_family() -> None:
    names = [font_file(bold=bold)["name"] for bold in (False, True)]
    assert [(name.getDebugName(1), name.getDebugName(2)) for name in names] == [
        ("Noto Sans SC", "Regular"),
        ("Noto Sans SC", "Bold"),
    ]


def test_ideographs_are_square_and_bold_latin_is_wider() -> None:
    assert text_width("山西中部城市群") == 7.0
    assert text_width("山西中部城市群", bold=True) == 7.0
    assert 0 < text_width("Taiyuan") < text_width("Taiyuan", bold=True) < 7.0


def test_spacing_stands_between_characters_only() -> None:
    assert text_widths(["", "太", "太原", "太原市"], letter_spacing=0.25).tolist() == [0.0, 1.0, 2.25, 3.5]


@given(st.lists(st.text(max_size=12), max_size=8))
def test_a_text_is_as_wide_as_its_parts(texts: list[str]) -> None:
    widths = text_widths(texts)
    assert widths.shape == (len(texts),)
    assert widths.tolist() == [text_width(text) for text in texts]
    assert text_width("".join(texts)) == pytest.approx(widths.sum())


@given(st.text(max_size=30))
def test_missing_characters_are_those_without_a_glyph(text: str) -> None:
    held = font_file(bold=False).getBestCmap().keys() & font_file(bold=True).getBestCmap().keys() | set(range(0x20))
    assert missing_characters(text) == "".join(c for c in dict.fromkeys(text) if ord(c) not in held)


def test_missing_characters_come_once_and_in_order() -> None:
    assert missing_characters("太原₂→₂𠀀\n") == "₂𠀀"
    assert missing_characters("") == ""


def test_the_fonts_hold_what_plans_are_written_with() -> None:
    assert missing_characters("Lüliang Xi’an Xīn‘ān ㎡ ㎞ ㎢ ² ³ ° ′ ″ × ÷ ± ≤ ≥ – — … “” · • ①⑳ ←↑→↓ ■▲●◆ ⼀⻋ αβ") == ""
    assert missing_characters("㛃䶮鿍𬬭𬭳" + "太原晋中忻州吕梁阳泉") == ""
