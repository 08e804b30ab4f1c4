"""The legend names the classes in view and no others, and flows into its box or says what it left out."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from cgplanner.layout.legend import COUNT_LINE, Entry, Group, PlacedLine, groups_in_view, placed
from cgplanner.layout.page import Box, Legend
from cgplanner.model.layer import Layer
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import table_from_records
from cgplanner.symbology.style import (
    Categorized,
    Category,
    Cluster,
    Fill,
    Graduated,
    Heat,
    Line,
    Marker,
    Patch,
    Rule,
    RuleBased,
    Single,
    Style,
    Symbol,
    Variation,
)

SYMBOL = Symbol((Marker(),), (Line(),), (Fill(),))
FIELDS = (Field("k", "KIND", FieldType.TEXT), Field("n", "N", FieldType.REAL), Field("s", "STATE", FieldType.TEXT))


def layer_of(style: Style, *rows: tuple[str | None, float | None, str], name: str = "plan") -> Layer:
    records = [{"KIND": kind, "N": number, "STATE": state} for kind, number, state in rows]
    table = table_from_records(Schema(FIELDS), records, [shapely.Point(k, 0) for k in range(len(rows))])
    return Layer(name, "", name, table, "EPSG:4490", style)


def labels(*layers: Layer, rows: dict[str, list[int]] | None = None) -> dict[str, list[str]]:
    chosen = {layer.id: np.arange(len(layer.table)) for layer in layers}
    chosen |= {name: np.array(each, np.int64) for name, each in (rows or {}).items()}
    return {group.title: [entry.label for entry in group.entries] for group in groups_in_view(layers, chosen)}


CATEGORIES = Categorized("k", (Category(("a",), SYMBOL, "", "A"), Category(("b", "c"), SYMBOL, "", "B")), other=SYMBOL)


def test_only_classes_in_view_are_named_though_two_look_alike() -> None:
    layer = layer_of(Style(CATEGORIES), ("a", 1, ""), ("c", 1, ""), ("zzz", 1, ""))
    assert labels(layer) == {"plan": ["A", "B", "Other"]}
    assert labels(layer, rows={"plan": [1]}) == {"plan": ["B"]}
    assert labels(layer, rows={"plan": []}) == {}


def test_rules_are_named_at_scales_where_they_pick_something() -> None:
    rules = Rule("N > 5", SYMBOL, "", "large"), Rule("", SYMBOL, "", "near", min_scale=1_000.0), Rule("", SYMBOL, "", "far")
    layer = layer_of(Style(RuleBased(rules)), ("a", 1, ""), ("a", 9, ""))
    rows = {"plan": np.arange(2)}
    assert [[e.label for e in g.entries] for g in groups_in_view((layer,), rows, 500.0)] == [["large", "near"]]
    assert [[e.label for e in g.entries] for g in groups_in_view((layer,), rows, 5_000.0)] == [["large", "far"]]


def test_heat_and_clusters_have_lines_of_their_own() -> None:
    heat, clusters = layer_of(Style(Heat()), ("a", 1, "")), layer_of(Style(Cluster()), ("a", 1, ""), name="crowd")
    assert labels(heat, clusters) == {
        "crowd": ["one feature", "several features, with their number"],
        "plan": ["sparse to dense"],
    }


def test_a_layer_that_is_there_for_its_names_alone_has_no_line() -> None:
    assert labels(layer_of(Style(Single(Symbol(point=(Marker(opacity=0.0),)))), ("a", 1, ""))) == {}


def test_values_that_no_class_draws_have_no_line() -> None:
    style = Style(Categorized("k", CATEGORIES.categories, other=None))
    assert labels(layer_of(style, ("zzz", 1, ""), (None, 1, ""))) == {}


def test_classes_of_numbers() -> None:
    style = Style(Graduated("n", (0.0, 10.0, 20.0), (SYMBOL, SYMBOL), missing=SYMBOL))
    assert labels(layer_of(style, ("a", 15, ""), ("a", None, ""))) == {"plan": ["10 – 20", "no value"]}


def test_layers_with_one_symbol_stand_together_under_their_own_names() -> None:
    layers = [layer_of(Style(Single(SYMBOL)), ("a", 1, ""), name=name) for name in ("roads", "rails")]
    assert labels(*layers) == {"": ["rails", "roads"]}


def test_a_variation_is_named_once_for_all_layers() -> None:
    status = Variation("s", (Patch(("done",), (), label_en="Done"), Patch(("soon",), (2.0, 2.0), label_en="Soon")))
    one = layer_of(Style(Single(SYMBOL), (status,)), ("a", 1, "done"), name="one")
    two = layer_of(Style(Single(SYMBOL), (status,)), ("a", 1, "soon"), ("a", 1, "done"), ("a", 1, "never"), name="two")
    assert labels(one, two)["STATE"] == ["Soon", "Done"] or labels(one, two)["STATE"] == ["Done", "Soon"]
    assert "STATE" in labels(one)
    assert labels(one)["STATE"] == ["Done"]


def test_the_swatch_has_the_geometry_of_the_features() -> None:
    layer = layer_of(Style(Single(SYMBOL)), ("a", 1, ""))
    assert groups_in_view((layer,), {"plan": np.array([0])})[0].entries[0].kind == "point"


words = st.text(alphabet="高速铁路国道abc ", min_size=1, max_size=30)
groups = st.lists(
    st.builds(
        lambda title, texts: Group(title, tuple(Entry(text, SYMBOL, "line") for text in texts)),
        words,
        st.lists(words, min_size=1, max_size=12),
    ),
    max_size=8,
).map(tuple)


def box_of(line: PlacedLine) -> Box:
    return Box(line.x, line.y, line.w, line.h)


@given(groups, st.integers(1, 4), st.floats(20, 150))
def test_a_legend_stays_in_its_box_and_counts_what_it_left_out(made: tuple[Group, ...], columns: int, height: float) -> None:
    item = Legend(0, 0, 40.0 * columns, height, columns=columns, size=2.6, min_size=1.9)
    legend = placed(made, item, height)
    area = Box(0, 0, item.w, height)
    assert all(area.holds(box_of(line), 1e-6) for line in legend.lines)
    assert not [pair for pair in itertools.combinations(map(box_of, legend.lines), 2) if pair[0].overlaps(pair[1])]
    shown = sum(line.entry is not None for line in legend.lines)
    assert shown + legend.left_out == sum(len(group.entries) for group in made)
    assert item.min_size <= legend.size <= item.size
    if legend.left_out:
        assert legend.height + COUNT_LINE * legend.size <= max(height, COUNT_LINE * legend.size) + 1e-6
        assert legend.size == pytest.approx(item.min_size)


def test_no_heading_stands_alone_at_the_foot_of_a_column() -> None:
    made = tuple(Group(f"group {k}", tuple(Entry(f"class {n}", SYMBOL, "line") for n in range(7))) for k in range(6))
    legend = placed(made, Legend(0, 0, 120, 200, columns=3), 200)
    columns = {line.x for line in legend.lines}
    last = [max((line for line in legend.lines if line.x == x), key=lambda line: line.y) for x in columns]
    assert all(line.entry is not None for line in last)
