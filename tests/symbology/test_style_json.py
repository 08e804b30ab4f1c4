"""A style comes back from its JSON as it was, old files stay readable, and what is no style is refused in a sentence."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgplanner.errors import UserError
from cgplanner.symbology import parts, renderers
from cgplanner.symbology.style import (
    Band,
    Categorized,
    Category,
    Cluster,
    Fill,
    Graduated,
    Hatch,
    Heat,
    Labels,
    Line,
    Marker,
    MarkerLine,
    Patch,
    Rule,
    RuleBased,
    Single,
    Style,
    SvgMarker,
    Symbol,
    Ticks,
    Variation,
    style_from_json,
    symbols_of,
)

ARROWS = MarkerLine(Marker("arrow", 9.0, "#1769AA"), 48.0, placement="last")
SYMBOL = Symbol(
    (Marker("arrow", rotation=30.0, rotation_field="az"), SvgMarker("<svg/>", 20.0, "#AA0000")),
    (Line(casing=1.0, dash=(4.0, 2.0), offset=-3.0), Ticks(), ARROWS),
    (Fill(), Hatch(angle=30.0), Band(), Line("#112233", offset=2.0)),
)
STYLES = [
    Style(),
    Style(Single(SYMBOL), blend="multiply", order_by="n", descending=True),
    Style(Categorized("f", (Category(("a", None, 3, True, 1.5), SYMBOL, "甲", "A", "line"),), SYMBOL)),
    Style(Graduated("f", (0.0, 1.0, 2.0), (SYMBOL, Symbol()), scheme="natural", ramp="Blues", unit_zh="公顷", unit_en="ha")),
    Style(RuleBased((Rule("n > 3", SYMBOL, "大", "large", 50_000.0, 1_000.0, "polygon"), Rule(symbol=SYMBOL)), SYMBOL)),
    Style(Heat("w", 30.0, ("#FFFFFF", "#000000"), 0.5, 12.0, SYMBOL)),
    Style(Cluster(30.0, SYMBOL, Marker(size=30.0), "#000000", 12.0)),
    Style(variations=(Variation("s", (Patch(("x",), dash=(2.0, 2.0), ring=(), opacity=0.5),)),), labels=Labels("n")),
]


@pytest.mark.parametrize("style", STYLES, ids=lambda style: type(style.renderer).__name__)
def test_round_trip(style: Style) -> None:
    assert style_from_json(json.loads(json.dumps(style.to_json()))) == style


def test_a_patch_tells_a_solid_ring_from_none() -> None:
    patches = Patch(("x",), ring=()), Patch(("y",))
    made = style_from_json(Style(variations=(Variation("s", patches),)).to_json())
    assert [each.ring for each in made.variations[0].patches] == [(), None]


def test_defaults_are_left_out_so_that_later_properties_do_not_break_old_files() -> None:
    assert Style(Single(Symbol(line=(Line(),)))).to_json() == {
        "type": "Style",
        "renderer": {"type": "Single", "symbol": {"type": "Symbol", "line": [{"type": "Line"}]}},
    }


@pytest.mark.parametrize(
    "renderer",
    [
        {"type": "Single", "symbol": {"type": "Symbol", "polygon": [{"type": "Fill", "color": "red"}]}},
        {"type": "Single", "symbol": {"type": "Symbol", "polygon": [{"type": "Fill", "opacity": float("nan")}]}},
        {"type": "Single", "symbol": {"type": "Symbol", "polygon": [{"type": "Marker"}]}},
        {"type": "Single", "symbol": {"type": "Symbol", "line": [{"type": "Line", "width": True}]}},
        {"type": "Single", "symbol": {"type": "Symbol", "line": [{"type": "Line", "dash": 3}]}},
        {"type": "Single", "symbol": {"type": "Symbol", "line": "Line"}},
        {"type": "Single", "symbol": []},
        {"type": "Heat", "ramp": ["#FFFFFF", "black"]},
        {"type": "Categorized"},
        {"type": "Rule"},
        {"type": "Single", "tomorrow": 1},
        "Single",
        None,
    ],
)
def test_what_is_no_style_is_refused(renderer: Any) -> None:
    with pytest.raises(UserError):
        style_from_json({"type": "Style", "renderer": renderer})


JSONS = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "symbol", "line", "field", "rules"]), inner, max_size=3)
        | st.fixed_dictionaries({"type": st.sampled_from([*vars(parts), *vars(renderers)])}, optional={"symbol": inner})
    ),
    max_leaves=8,
)


@given(JSONS)
def test_anything_at_all_is_a_style_or_refused(data: Any) -> None:
    try:
        style = style_from_json({"type": "Style", "renderer": data})
    except UserError:
        return
    assert style_from_json(style.to_json()) == style


def test_every_symbol_of_a_renderer_is_named_once() -> None:
    assert [len(symbols_of(style.renderer)) for style in STYLES] == [1, 1, 2, 2, 3, 1, 1, 1]
