"""Symbols of light paper on dark paper: hatches are calmer there, and what carries the map's code keeps its colour."""

from __future__ import annotations

from cgplanner.render.scene.theme import for_theme
from cgplanner.symbology.style import Fill, Hatch, Line, Symbol

GRID = Symbol(polygon=(Hatch("#F2B731", 0.0, 6.0, 0.8, 0.7), Fill("#F4EEE0"), Line("#E8590C")))


def test_a_hatch_is_calmer_on_dark_paper_and_no_thinner() -> None:
    hatch, ground, edge = for_theme(GRID, "dark").polygon
    assert isinstance(hatch, Hatch)
    assert hatch.opacity < 0.5 * 0.7
    assert (hatch.color, hatch.spacing, hatch.width) == ("#F2B731", 6.0, 0.8)
    assert isinstance(ground, Fill)
    assert int(ground.color[1:3], 16) < 80
    assert isinstance(edge, Line)
    assert edge.opacity == 1.0


def test_light_paper_leaves_symbols_as_they_are() -> None:
    assert for_theme(GRID, "light") is GRID
