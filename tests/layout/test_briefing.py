"""The briefing page: everything on the paper, nothing on top of another, sizes as the look asks for."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from cgplanner.layout.briefing import briefing_layout
from cgplanner.layout.page import Box, Graticule, Item, MapFrame, NeatLine, TitleBlock


def item_of(paper: Any, kind: type[Item]) -> Any:
    return next(item for item in briefing_layout(paper).items if isinstance(item, kind))


@pytest.mark.parametrize("paper", ["A3", "A4"])
def test_items_lie_within_the_neat_line_and_apart(paper: Any) -> None:
    layout = briefing_layout(paper)
    neat = item_of(paper, NeatLine).box
    assert Box(0, 0, layout.width, layout.height).holds(neat)
    boxes = [item.box for item in layout.items if not isinstance(item, NeatLine | MapFrame)]
    assert all(neat.holds(box) for box in boxes)
    assert not [pair for pair in itertools.combinations(boxes, 2) if pair[0].overlaps(pair[1])]
    assert item_of(paper, Graticule).box.holds(item_of(paper, MapFrame).box)


def test_paper_sizes_are_the_standard_ones() -> None:
    assert (briefing_layout("A3").width, briefing_layout("A3").height) == (420.0, 297.0)
    assert (briefing_layout("A4").width, briefing_layout("A4").height) == (297.0, 210.0)


def test_title_and_neat_line_are_as_the_look_has_them() -> None:
    assert item_of("A3", TitleBlock).size == 8.0
    assert item_of("A3", NeatLine).width == item_of("A4", NeatLine).width == 0.3
