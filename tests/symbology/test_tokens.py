"""The colours of the window can be read, and those of the map can be told apart.

Contrast is WCAG 2.2's; colour blindness is the full dichromacy of Machado, Oliveira and Fernandes (2009), applied to linear
sRGB; distance is CIELAB's of 1976 under D65.
"""

from __future__ import annotations

import json
import re
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from cgplanner.resources import resource_path

Floats = NDArray[np.float64]

TOKENS: dict[str, Any] = json.loads(resource_path("theme", "tokens.json").read_text(encoding="utf-8"))
THEMES = ["light", "dark"]
GROUNDS = ["window", "panel", "raised"]
PALETTE: dict[str, str] = TOKENS["map_palette"]

DICHROMACY = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
}
TO_XYZ = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]])
D65 = np.array([0.95047, 1.0, 1.08883])


def components(color: str) -> Floats:
    return np.array([int(color[at : at + 2], 16) for at in (1, 3, 5)]) / 255


def linear(color: Floats) -> Floats:
    return np.where(color <= 0.04045, color / 12.92, ((color + 0.055) / 1.055) ** 2.4)


def contrast(first: Floats, second: Floats) -> float:
    low, high = sorted(float(linear(color) @ TO_XYZ[1]) for color in (first, second))
    return (high + 0.05) / (low + 0.05)


def lab(light: Floats) -> Floats:
    ratio = TO_XYZ @ np.clip(light, 0, 1) / D65
    x, y, z = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def smallest_distance(matrix: Floats) -> float:
    seen = [lab(matrix @ linear(components(color))) for color in PALETTE.values()]
    return min(float(np.linalg.norm(first - second)) for first, second in combinations(seen, 2))


def test_the_formulas_know_their_fixed_points() -> None:
    assert contrast(components("#000000"), components("#FFFFFF")) == pytest.approx(21.0)
    assert contrast(components("#767676"), components("#FFFFFF")) == pytest.approx(4.54, abs=0.01)
    assert lab(linear(components("#FFFFFF"))) == pytest.approx([100, 0, 0], abs=0.02)
    assert lab(linear(components("#FF0000"))) == pytest.approx([53.24, 80.09, 67.20], abs=0.02)


def test_both_themes_have_the_same_tokens() -> None:
    assert TOKENS["light"].keys() == TOKENS["dark"].keys()
    colors = [value for theme in THEMES for name, value in TOKENS[theme].items() if name != "selection_alpha"]
    assert all(re.fullmatch("#[0-9A-F]{6}", color) for color in [*colors, *PALETTE.values()])


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("ink", ["text", "secondary", "accent", "good", "warning_text", "bad"])
def test_text_can_be_read(theme: str, ground: str, ink: str) -> None:
    tokens = TOKENS[theme]
    assert contrast(components(tokens[ink]), components(tokens[ground])) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ground", GROUNDS)
def test_signs_can_be_seen(theme: str, ground: str) -> None:
    tokens = TOKENS[theme]
    for sign in ("good", "warning", "bad"):
        assert contrast(components(tokens[sign]), components(tokens[ground])) >= 3.0


@pytest.mark.parametrize("theme", THEMES)
def test_text_on_the_accent_can_be_read(theme: str) -> None:
    tokens = TOKENS[theme]
    assert contrast(components(tokens["on_accent"]), components(tokens["accent"])) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("ink", "ground"), [("text", "window"), ("text", "panel"), ("text", "raised"), ("secondary", "panel")])
def test_text_in_a_selected_row_can_be_read(theme: str, ink: str, ground: str) -> None:
    """Lists and tables lie on panels; a menu has no secondary text in its selected row."""
    tokens = TOKENS[theme]
    alpha = tokens["selection_alpha"]
    selected = alpha * components(tokens["selection"]) + (1 - alpha) * components(tokens[ground])
    assert contrast(components(tokens[ink]), selected) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
def test_marks_on_the_map_stand_out(theme: str) -> None:
    """The selection is seen by itself or by its casing, snapping marks by themselves."""
    tokens = TOKENS[theme]
    paper = components(tokens["map_paper"])
    casing = contrast(components(tokens["map_selection_casing"]), paper)
    assert max(casing, contrast(components(tokens["map_selection"]), paper)) >= 2.0
    assert contrast(components(tokens["snapping"]), paper) >= 3.0


@pytest.mark.parametrize("reader", DICHROMACY)
def test_map_colours_keep_apart_for_colour_blind_readers(reader: str) -> None:
    assert len(PALETTE) == 9
    assert smallest_distance(np.array(DICHROMACY[reader])) >= 12.0


def test_map_colours_keep_apart_for_everybody_else() -> None:
    assert smallest_distance(np.eye(3)) >= 24.0
