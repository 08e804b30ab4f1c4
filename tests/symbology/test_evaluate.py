"""The class of a row follows from its value, whatever the column's type; variations change symbols, never their number."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgplanner.model.column import column_of
from cgplanner.model.layer import Layer
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import FeatureTable, table_from_records
from cgplanner.symbology.evaluate import legend_entries, patched, style_of, symbols_for
from cgplanner.symbology.style import (
    Categorized,
    Category,
    Fill,
    Graduated,
    Line,
    Marker,
    Patch,
    Single,
    Style,
    Symbol,
    Variation,
)

RED, BLUE, GREY = (Symbol(polygon=(Fill(color),)) for color in ("#FF0000", "#0000FF", "#888888"))


def table_of(kind: FieldType, values: list[Any]) -> FeatureTable:
    schema = Schema((Field("v", "v", kind), Field("s", "s", FieldType.TEXT)))
    return table_from_records(schema, [{"v": value, "s": None} for value in values], [None] * len(values))


def drawn(style: Style, table: FeatureTable) -> list[Symbol | None]:
    symbols, index = symbols_for(style, table, np.arange(len(table)))
    return [None if k < 0 else symbols[k] for k in index]


@pytest.mark.parametrize(
    ("kind", "values", "first"),
    [
        (FieldType.TEXT, ["a", "b", None], "a"),
        (FieldType.INTEGER, [1, 2, None], 1),
        (FieldType.INTEGER, [-(10**15), 10**15, None], -(10**15)),
        (FieldType.REAL, [0.5, 1.5, None], 0.5),
        (FieldType.BOOLEAN, [True, False, None], True),
        (FieldType.DATE, [dt.date(2026, 1, 2), dt.date(2026, 1, 3), None], "2026-01-02"),
        (FieldType.INTEGER, [1, 2, None], "1"),  # a style that was written by hand
    ],
)
def test_categories_of_every_type(kind: FieldType, values: list[Any], first: Any) -> None:
    style = Style(Categorized("v", (Category((first,), RED), Category((None,), BLUE)), other=GREY))
    assert drawn(style, table_of(kind, values)) == [RED, GREY, BLUE]


def test_without_other_the_rest_is_not_drawn() -> None:
    style = Style(Categorized("v", (Category(("a",), RED),)))
    assert drawn(style, table_of(FieldType.TEXT, ["a", "b", None])) == [RED, None, None]


def test_a_field_that_is_gone() -> None:
    style = Style(Categorized("gone", (Category(("a",), RED),), other=GREY))
    assert drawn(style, table_of(FieldType.TEXT, ["a"])) == [GREY]


values = st.one_of(st.none(), st.floats(-50, 50))


@given(st.lists(values), st.lists(st.integers(-30, 30), min_size=2, max_size=6, unique=True))
def test_graduated_classes_hold_their_interval(numbers: list[float | None], breaks: list[int]) -> None:
    edges = tuple(float(each) for each in sorted(breaks))
    symbols = tuple(Symbol(polygon=(Fill(f"#0000{k:02X}"),)) for k in range(len(edges) - 1))
    result = drawn(Style(Graduated("v", edges, symbols, missing=GREY)), table_of(FieldType.REAL, numbers))
    for number, symbol in zip(numbers, result, strict=True):
        if number is None or not edges[0] <= number <= edges[-1]:
            assert symbol == GREY
        else:
            k = symbols.index(symbol)  # type: ignore[arg-type]
            assert edges[k] <= number < edges[k + 1] or number == edges[-1] == edges[k + 1]


@given(
    st.lists(st.one_of(st.none(), st.sampled_from(["a", "b", "c", ""]))),
    st.lists(st.sampled_from(["a", "b", "c", None]), unique=True),
)
def test_rows_taken_alone_get_the_same_symbol(texts: list[str | None], known: list[str | None]) -> None:
    style = Style(
        Categorized("v", tuple(Category((each,), Symbol(polygon=(Fill(f"#00000{k}"),))) for k, each in enumerate(known)))
    )
    table = table_of(FieldType.TEXT, texts)
    every = drawn(style, table)
    for row in range(len(table)):
        symbols, index = symbols_for(style, table, np.array([row]))
        assert (symbols[index[0]] if index[0] >= 0 else None) == every[row]


def test_true_is_not_one_in_the_cache() -> None:
    column = column_of(FieldType.INTEGER, [1])
    table = table_of(FieldType.INTEGER, [1])
    assert column is not table.columns["v"]
    assert drawn(Style(Categorized("v", (Category(("yes",), RED),), other=GREY)), table) == [GREY]
    assert drawn(Style(Categorized("v", (Category((1,), RED),), other=GREY)), table) == [RED]


STATUS = Variation("s", (Patch(("building",), (12.0, 4.0), None, (12.0, 4.0)), Patch(("planned", None), (4.0, 3.5), 0.5)))


def test_variations_make_new_symbols() -> None:
    schema = Schema((Field("s", "s", FieldType.TEXT),))
    table = table_from_records(schema, [{"s": s} for s in ("done", "building", "planned", None)], [None] * 4)
    road = Symbol((Marker(color="#E8590C"),), (Line("#E8590C", 2.4), Line("#FFFFFF", 1.0, (7.0, 7.0))))
    done, building, planned, unknown = drawn(Style(Single(road), (STATUS,)), table)
    assert done == road
    assert building is not None
    assert planned == unknown
    assert building.line[0] == Line("#E8590C", 2.4, (12.0, 4.0), "flat")
    assert building.line[1] == road.line[1]  # its own rhythm stays
    assert building.point[0].ring == (12.0, 4.0)
    assert building.point[0].ring_color == "#E8590C"
    assert planned is not None
    assert planned.line[0].opacity == 0.5
    assert patched(road, STATUS.patches[0]) is patched(road, STATUS.patches[0])


def test_legend_says_classes_then_variations() -> None:
    style = Style(Categorized("v", (Category(("a",), RED, "甲", "A"), Category(("b", "c"), BLUE)), other=GREY), (STATUS,))
    entries = legend_entries(style)
    assert [entry.label for entry in entries] == ["A", "b, c", "Other", "building", "planned, None"]
    assert [entry.part for entry in entries] == ["class"] * 3 + ["variation"] * 2
    assert entries[1].values == ("b", "c")
    numbers = legend_entries(Style(Graduated("v", (0.0, 1000.0, 2500.5), (RED, BLUE), missing=GREY)))
    assert [entry.label for entry in numbers] == ["0 – 1,000", "1,000 – 2,500.5", "no value"]
    assert len(legend_entries(Style(Single(RED)))) == 1


def test_style_of_refuses_what_is_no_style() -> None:
    table = table_of(FieldType.TEXT, [])
    assert style_of(Layer("a", "", "", table, "", Style())) == Style()
    with pytest.raises(TypeError):
        style_of(Layer("a", "", "", table, "", table.schema))  # type: ignore[arg-type]
