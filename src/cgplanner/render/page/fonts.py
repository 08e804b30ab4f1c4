"""The shipped fonts for matplotlib, found by file and not by luck, and the settings under which every page is made."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache
from typing import Any

import matplotlib as mpl
from matplotlib.font_manager import FontProperties, fontManager
from matplotlib.ft2font import FT2Font

from cgplanner.geometry.text_extent import missing_characters, with_narrow_apostrophes
from cgplanner.resources import resource_path

FAMILY = ["Noto Sans SC", "DejaVu Sans"]
GETA = "〓"  # what typesetters put for a sort they have not got

_SETTINGS: dict[str, Any] = {
    "font.family": FAMILY,
    "pdf.fonttype": 42,
    "ps.fonttype": 42,  # the PDF backend counts glyphs of a subset by this one
    "pdf.compression": 4,  # 6 takes twice as long for 2 % less
    "pdf.use14corefonts": False,
    "pdf.inheritcolor": False,
    "text.parse_math": False,
    "text.usetex": False,
    "path.simplify": False,
    "path.sketch": None,
    "axes.unicode_minus": True,
    "savefig.dpi": 72,
}


def page_settings() -> AbstractContextManager[None]:
    """Return the context in which pages are made; matplotlib's own settings come back after it."""
    _register()
    settings: AbstractContextManager[None] = mpl.rc_context(_SETTINGS)  # type: ignore[arg-type]  # its keys are a list of words
    return settings


@cache
def _register() -> None:
    """Put the shipped fonts before any of the same name that the machine has."""
    for weight in ("Regular", "Bold"):
        fontManager.addfont(str(resource_path("fonts", f"NotoSansSC-{weight}.ttf")))
        fontManager.ttflist.insert(0, fontManager.ttflist.pop())


@cache
def properties(size_pt: float, *, bold: bool) -> FontProperties:
    """Return the font at a size in points."""
    return FontProperties(family=FAMILY, size=size_pt, weight="bold" if bold else "normal")


@cache
def _fallback_characters() -> frozenset[int]:
    return frozenset(FT2Font(fontManager.findfont("DejaVu Sans")).get_charmap())


def unprintable(text: str) -> str:
    """Return the characters that no font of the page has, each once."""
    return "".join(each for each in missing_characters(text) if ord(each) not in _fallback_characters())


def printable(text: str) -> str:
    """Return the text with a geta mark for each character that no font has, and spaces for control characters."""
    missing = set(unprintable(text))
    plain = with_narrow_apostrophes(text)
    return "".join(GETA if each in missing else each if ord(each) >= 0x20 else " " for each in plain)
