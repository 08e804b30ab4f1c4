"""A style that asks for what is not there is drawn as far as it goes, and says in sentences what is missing."""

from __future__ import annotations

import numpy as np
import pytest

from cgplanner.model.layer import Layer
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import table_from_records
from cgplanner.symbology.defaults import default_style
from cgplanner.symbology.evaluate import in_draw_order, symbols_for
from cgplanner.symbology.problems import style_problems
from cgplanner.symbology.style import (
    Categorized,
    Fill,
    Graduated,
    Heat,
    Labels,
    Marker,
    MarkerLine,
    Patch,
    Rule,
    RuleBased,
    Single,
    Style,
    SvgMarker,
    Symbol,
    Variation,
)
from cgplanner.text import set_language

SCHEMA = Schema(
    (Field("n", "N", FieldType.REAL), Field("t", "T", FieldType.TEXT, alias_zh="类别"), Field("d", "D", FieldType.DATE))
)
TABLE = table_from_records(
    SCHEMA,
    [
        {"N": 3, "T": "b", "D": "2024-05-01"},
        {"N": None, "T": "a", "D": None},
        {"N": 1, "T": None, "D": "2023-01-01"},
        {"N": 2, "T": "c", "D": "2025-01-01"},
    ],
    [None] * 4,
)
RED, BLUE = (Symbol(polygon=(Fill(color),)) for color in ("#FF0000", "#0000FF"))


def said(style: Style) -> list[str]:
    set_language("en")
    return [str(each) for each in style_problems(Layer("plan", "规划", "Plan", TABLE, "", style))]


@pytest.mark.parametrize(
    ("style", "words"),
    [
        (Style(Categorized("gone")), ["Plan", "gone", "classes"]),
        (Style(Graduated("gone", (0.0, 1.0), (RED,))), ["gone", "classes"]),
        (Style(Graduated("t", (0.0, 1.0), (RED,))), ["类别", "no numbers"]),
        (Style(Graduated("n", (0.0, 1.0), (RED, BLUE))), ["class limits"]),
        (Style(Graduated("n", (1.0, 0.0), (RED,))), ["class limits"]),
        (Style(Heat("t")), ["类别", "heat map"]),
        (Style(RuleBased((Rule("N > 1"), Rule("N >")))), ["Rule 2", "cannot be read"]),
        (Style(RuleBased((Rule("GONE = 1"),))), ["Rule 1", "GONE"]),
        (Style(RuleBased((Rule("N like 'a%'"),))), ["Rule 1", "like"]),
        (Style(order_by="gone"), ["draw order"]),
        (Style(variations=(Variation("gone", (Patch(("x",)),)),)), ["variation"]),
        (Style(labels=Labels("gone")), ["labelling"]),
        (Style(Single(Symbol((Marker(rotation_field="gone"),)))), ["turning"]),
        (Style(Single(Symbol(line=(MarkerLine(Marker(rotation_field="t")),)))), ["no numbers", "turning"]),
        (Style(Single(Symbol((Marker(glyph="no such"),)))), ["no such"]),
        (Style(Single(Symbol((SvgMarker("nothing"),)))), ["drawing", "no SVG"]),
    ],
)
def test_each_problem_is_one_sentence(style: Style, words: list[str]) -> None:
    (problem,) = said(style)
    assert all(word in problem for word in words), problem
    assert symbols_for(style, TABLE, np.arange(4))[1].shape == (4,)


@pytest.mark.parametrize(
    "style",
    [
        Style(),
        default_style(SCHEMA),
        Style(Graduated("n", (0.0, 1.0), (RED,)), order_by="d"),
        Style(RuleBased((Rule("N > 1", RED), Rule("", BLUE)))),
        Style(labels=Labels("gone", visible=False)),
    ],
)
def test_a_sound_style_has_none(style: Style) -> None:
    assert said(style) == []


def test_problems_are_said_in_the_language_of_their_reader() -> None:
    (problem,) = style_problems(Layer("plan", "规划", "Plan", TABLE, "", Style(Categorized("gone"))))
    set_language("zh")
    try:
        assert str(problem) == "“规划”没有字段“gone”，其分类需要该字段。"
    finally:
        set_language("en")


def classes(style: Style, scale: float = 0.0) -> list[str | None]:
    symbols, index = symbols_for(style, TABLE, np.arange(4), scale)
    return [None if k < 0 else symbols[k].polygon[0].color for k in index]  # type: ignore[union-attr]  # the parts are fills


def test_the_first_rule_that_fits_draws() -> None:
    rules = Rule("N >= 2", RED), Rule("T is not null", BLUE)
    assert classes(Style(RuleBased(rules))) == ["#FF0000", "#0000FF", None, "#FF0000"]
    assert classes(Style(RuleBased(rules, other=BLUE)))[2] == "#0000FF"
    assert classes(Style(RuleBased(rules[::-1]))) == ["#0000FF", "#0000FF", None, "#0000FF"]
    assert classes(Style(RuleBased())) == [None] * 4


def test_rules_pick_nothing_out_of_their_scales() -> None:
    style = Style(RuleBased((Rule("", RED, min_scale=5_000.0, max_scale=1_000.0), Rule("", BLUE))))
    assert [classes(style, scale)[0] for scale in (0.0, 999.0, 1_000.0, 5_000.0, 5_001.0)] == [
        "#FF0000",
        "#0000FF",
        "#FF0000",
        "#FF0000",
        "#0000FF",
    ]


def test_a_rule_that_cannot_be_read_leaves_the_others() -> None:
    assert classes(Style(RuleBased((Rule("N >", RED), Rule("GONE = 1", RED), Rule("N = 3", BLUE)))))[0] == "#0000FF"


@pytest.mark.parametrize(
    ("field", "descending", "order"),
    [
        ("n", False, [1, 2, 3, 0]),
        ("n", True, [1, 0, 3, 2]),
        ("t", False, [2, 1, 0, 3]),
        ("d", False, [1, 2, 0, 3]),
        ("gone", False, [0, 1, 2, 3]),
        ("", True, [0, 1, 2, 3]),
    ],
)
def test_draw_order(field: str, *, descending: bool, order: list[int]) -> None:
    assert in_draw_order(Style(order_by=field, descending=descending), TABLE, np.arange(4)).tolist() == order
