"""Looks: every row's colour and category as exported files have them."""

from __future__ import annotations

import shapely

from cgplanner.model.layer import Layer
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import table_from_records
from cgplanner.session.looks import look_of
from cgplanner.symbology.style import Categorized, Category, Fill, Line, Style, Symbol

SCHEMA = Schema((Field("f1", "LB", FieldType.TEXT),), "polygon")


def test_rows_have_the_colours_and_names_of_their_categories() -> None:
    red = Symbol(polygon=(Fill("#FF0000", 0.5), Line("#800000", 2.0)))
    grey = Symbol(polygon=(Fill("#888888"),))
    style = Style(Categorized("f1", (Category(("a", "b"), red, "甲类", "Class A"),), grey))
    rows = [{"LB": "a"}, {"LB": "x"}, {"LB": "b"}]
    table = table_from_records(SCHEMA, rows, [shapely.box(0, 0, 1, 1)] * 3)
    look = look_of(Layer("l", "层", "Layer", table, "", style))
    names = [look.classes[each].name for each in look.index]
    assert names == ["Class A", "Other", "Class A"]
    first = look.classes[look.index[0]]
    assert (first.fill, first.fill_opacity, first.stroke, first.stroke_width) == ("#FF0000", 0.5, "#800000", 2.0)


def test_rows_that_are_not_drawn_have_no_class() -> None:
    style = Style(Categorized("f1", (Category(("a",), Symbol(polygon=(Fill(),)), "甲", "A"),), None))
    table = table_from_records(SCHEMA, [{"LB": "x"}, {"LB": "a"}], [shapely.box(0, 0, 1, 1)] * 2)
    assert look_of(Layer("l", "层", "Layer", table, "", style)).index.tolist() == [-1, 0]


def test_a_single_symbol_has_the_layer_s_name() -> None:
    table = table_from_records(SCHEMA, [{"LB": "x"}], [shapely.box(0, 0, 1, 1)])
    (only,) = look_of(Layer("l", "层", "Layer", table, "", Style())).classes
    assert only.name == "Layer"
