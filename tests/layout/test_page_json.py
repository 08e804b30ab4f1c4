"""A layout survives its file, and a damaged file is refused with a sentence."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgplanner.errors import UserError
from cgplanner.layout.briefing import briefing_layout
from cgplanner.layout.page import (
    FeatureTable,
    Legend,
    MapFrame,
    PageItem,
    PageLayout,
    TableColumn,
    Text,
    TitleBlock,
    layout_from_json,
)

millimetres = st.floats(0, 500)
places = st.tuples(millimetres, millimetres, millimetres, millimetres)
words = st.text(max_size=12)


def at(kind: type, **others: Any) -> st.SearchStrategy[PageItem]:
    return st.builds(lambda place, **more: kind(*place, **more), places, **others)


items = st.one_of(
    at(MapFrame, show=st.sampled_from(["area", "planning", "all"]), extent=st.just(()) | places, scale=millimetres),
    at(TitleBlock, text_zh=words, text_en=words, size=millimetres),
    at(Legend, columns=st.integers(1, 6)),
    at(
        FeatureTable,
        layer=words,
        columns=st.lists(st.builds(TableColumn, words, words)).map(tuple),
        max_rows=st.integers(0, 99),
    ),
    at(Text, text_zh=words, bold=st.booleans(), align=st.sampled_from(["left", "center", "right"])),
)
layouts = st.builds(PageLayout, words, st.sampled_from(["A3", "A4"]), st.booleans(), st.lists(items).map(tuple))


@given(layouts)
def test_a_layout_comes_back_from_its_file(layout: PageLayout) -> None:
    assert layout_from_json(json.loads(json.dumps(layout.to_json()))) == layout


@pytest.mark.parametrize("paper", ["A3", "A4"])
def test_the_briefing_layout_comes_back_from_its_file(paper: Any) -> None:
    layout = briefing_layout(paper)
    assert layout_from_json(json.loads(json.dumps(layout.to_json()))) == layout


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"type": "Legend", "x": 0, "y": 0, "w": 1, "h": 1},
        {"type": "PageLayout"},
        {"type": "PageLayout", "name": 3},
        {"type": "PageLayout", "name": "x", "paper": "A5"},
        {"type": "PageLayout", "name": "x", "landscape": 1},
        {"type": "PageLayout", "name": "x", "items": {}},
        {"type": "PageLayout", "name": "x", "items": [3]},
        {"type": "PageLayout", "name": "x", "items": [{"type": "Legend", "x": 0}]},
        {"type": "PageLayout", "name": "x", "items": [{"type": "TableColumn", "field": "a"}]},
        {"type": "PageLayout", "name": "x", "items": [{"type": "NeatLine", "x": float("nan"), "y": 0, "w": 1, "h": 1}]},
        {"type": "PageLayout", "name": "x", "items": [{"type": "NeatLine", "x": True, "y": 0, "w": 1, "h": 1}]},
    ],
)
def test_a_damaged_layout_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="damaged"):
        layout_from_json(data)


def test_a_layout_of_a_later_version_says_so() -> None:
    with pytest.raises(UserError, match="watermark"):
        layout_from_json({"type": "PageLayout", "name": "x", "watermark": "secret"})
