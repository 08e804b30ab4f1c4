"""How wide and high text is in the fonts that ship with the program, in ems.

Labels are placed with these numbers, so that screen and paper place them alike. It reads one small file that
``packaging/build_fonts.py`` wrote and must not know a toolkit or a font file. The shipped fonts have no kerning: the width
of a text is the sum of the advances of its characters.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cgplanner.resources import resource_path

_PLANE = 0x10000
"""Characters from here on are ideographs, all of them 1 em wide; the tables need not hold them."""


@dataclass(frozen=True)
class _Weight:
    ascent: float
    descent: float
    cap_height: float
    advances: NDArray[np.int32]
    """Advance of every character below ``_PLANE`` in thousandths of an em; whole numbers, so that sums are exact."""


def text_width(text: str, *, bold: bool = False, letter_spacing: float = 0.0) -> float:
    """Return the width of one line of text in em.

    ``letter_spacing`` is in em and stands between characters, not after the last. A character that the fonts lack counts
    as 1 em, rather too much than too little.
    """
    advance = _advance_of(bold=bold)
    width = sum([advance[character] for character in text]) / 1000.0
    return width + (max(len(text) - 1, 0) * letter_spacing if letter_spacing else 0.0)


def text_widths(texts: Sequence[str], *, bold: bool = False, letter_spacing: float = 0.0) -> NDArray[np.float64]:
    """Return the widths of many texts in em, float64 of the length of ``texts``; see :func:`text_width`."""
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    ends = np.cumsum(lengths)
    sums = np.concatenate(([0], np.cumsum(_advances("".join(texts), bold=bold), dtype=np.int64)))
    widths: NDArray[np.float64] = (sums[ends] - sums[ends - lengths]) / 1000.0
    if letter_spacing:
        widths += np.maximum(lengths - 1, 0) * letter_spacing
    return widths


def ascent(*, bold: bool = False) -> float:
    """Return the height of the line above the baseline in em."""
    return _weight(bold=bold).ascent


def descent(*, bold: bool = False) -> float:
    """Return the depth of the line below the baseline in em, a positive number."""
    return _weight(bold=bold).descent


def cap_height(*, bold: bool = False) -> float:
    """Return the height of a capital letter in em, what a text without descenders is centred by."""
    return _weight(bold=bold).cap_height


def line_height(*, bold: bool = False) -> float:
    """Return the distance of two baselines in em, as Qt and matplotlib take it from the font."""
    return ascent(bold=bold) + descent(bold=bold)


_WORD_APOSTROPHE = re.compile(r"(?<=[A-Za-z])’(?=[A-Za-z])")


def with_narrow_apostrophes(text: str) -> str:
    """Return the text with a straight apostrophe within Latin words: a Chinese font sets the curly one a whole em wide."""
    return _WORD_APOSTROPHE.sub("'", text)


def missing_characters(text: str) -> str:
    """Return the characters of ``text`` that the shipped fonts don't hold, each once, in order of appearance.

    Control characters (line ends, tabs) are nobody's glyph and never missing.
    """
    firsts, lasts = _covered()
    characters = list(dict.fromkeys(text))
    codes = np.fromiter(map(ord, characters), dtype=np.int64, count=len(characters))
    place = np.searchsorted(firsts, codes, side="right") - 1
    held = (codes < 0x20) | ((place >= 0) & (codes <= lasts[place]))
    return "".join(character for character, is_held in zip(characters, held, strict=True) if not is_held)


class _Advances(dict[str, int]):
    """The advances of characters that were asked for: for one short text, quicker than arrays."""

    def __init__(self, *, bold: bool) -> None:
        super().__init__()
        self._table = _weight(bold=bold).advances

    def __missing__(self, character: str) -> int:
        advance = int(self._table[min(ord(character), _PLANE)])
        self[character] = advance
        return advance


@cache
def _advance_of(*, bold: bool) -> _Advances:
    return _Advances(bold=bold)


def _advances(text: str, *, bold: bool) -> NDArray[np.int32]:
    table = _weight(bold=bold).advances
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    advances: NDArray[np.int32] = table[np.minimum(codes, _PLANE)]
    return advances


@cache
def _metrics() -> dict[str, Any]:
    metrics: dict[str, Any] = json.loads(resource_path("fonts", "metrics.json").read_text(encoding="utf-8"))
    return metrics


@cache
def _weight(*, bold: bool) -> _Weight:
    metrics = _metrics()
    weight = metrics["bold" if bold else "regular"]
    advances = np.full(_PLANE + 1, metrics["default_advance"], dtype=np.int32)
    for width, characters in weight["advances"].items():
        advances[list(map(ord, characters))] = int(width)
    advances.flags.writeable = False
    return _Weight(weight["ascent"] / 1000, weight["descent"] / 1000, weight["cap_height"] / 1000, advances)


@cache
def _covered() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first and the last code points of the ranges that both fonts hold."""
    ranges = [pair.split("-") for pair in _metrics()["covered"].split()]
    bounds = np.array([[int(first, 16), int(last, 16)] for first, last in ranges], dtype=np.int64)
    return bounds[:, 0], bounds[:, 1]
