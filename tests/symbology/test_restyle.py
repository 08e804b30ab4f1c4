"""From one way of drawing to another and on: nothing raises, classes fit the data, what was chosen is kept."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from cgplanner.model.schema import CodedDomain, CodedValue, Field, FieldType, Schema
from cgplanner.model.table import FeatureTable, table_from_records
from cgplanner.symbology import restyle
from cgplanner.symbology.evaluate import legend_entries, symbols_for
from cgplanner.symbology.style import Categorized, Graduated, Line, Marker, RuleBased, Single, Style, Symbol

DOMAIN = CodedDomain("kind", (CodedValue("a", "甲", "A"), CodedValue("b", "乙", "B"), CodedValue("c", "丙", "C")))
FIELDS = (
    Field("f1", "NAME", FieldType.TEXT),
    Field("f2", "KIND", FieldType.TEXT, domain=DOMAIN),
    Field("f3", "SIZE", FieldType.REAL),
    Field("f4", "DAY", FieldType.DATE),
)


def table(count: int = 40, fields: tuple[Field, ...] = FIELDS) -> FeatureTable:
    rows = [
        {
            "NAME": f"n{k % 3}" if k % 7 else None,
            "KIND": "ab"[k % 2],
            "SIZE": float(k * k) if k % 5 else None,
            "DAY": "2026-11-23",
        }
        for k in range(count)
    ]
    kept = [{field.name: row[field.name] for field in fields} for row in rows]
    return table_from_records(Schema(fields, geometry="point"), kept, [shapely.Point(k, k) for k in range(count)])


START = Single(Symbol(point=(Marker("star", 12.0, "#123456"),), line=(Line("#123456"),)))


@pytest.mark.parametrize("before", restyle.WAYS)
@pytest.mark.parametrize("after", restyle.WAYS)
def test_any_way_leads_to_any_other(before: restyle.Way, after: restyle.Way) -> None:
    data = table()
    first = restyle.another_way(START, before, data)
    assert first is not None
    second = restyle.another_way(first, after, data)
    assert second is not None
    assert restyle.way_of(second) == after
    assert restyle.base_symbol(second).point
    symbols, index = symbols_for(Style(second), data, np.arange(len(data)))
    assert len(symbols) > 0
    assert (index >= -1).all()


def test_classes_by_value_follow_the_list_or_the_numbers() -> None:
    data = table()
    coded = restyle.by_value(START, data, "f2")
    assert [each.values for each in coded.categories] == [("a",), ("b",), ("c",)]
    assert [each.label_zh for each in coded.categories] == ["甲", "乙", "丙"]
    free = restyle.by_value(START, data, "f1")
    assert {each.values[0] for each in free.categories} == {"n0", "n1", "n2"}
    assert len({each.symbol.point[0].color for each in free.categories}) == 3
    assert all(isinstance(each.symbol.point[0], Marker) and each.symbol.point[0].shape == "star" for each in free.categories)


def test_too_many_values_fall_into_the_others() -> None:
    rows = [{"NAME": f"name {k}"} for k in range(500)]
    data = table_from_records(Schema(FIELDS[:1], geometry="point"), rows, [shapely.Point(k, 0) for k in range(500)])
    assert len(restyle.by_value(START, data, "f1").categories) == restyle.MOST_CLASSES


def test_rules_draw_what_the_classes_drew() -> None:
    data = table()
    for way in ("values", "numbers"):
        classes = restyle.another_way(START, way, data)
        assert isinstance(classes, Categorized | Graduated)
        rules = restyle.by_rules(classes, data.schema)
        rows = np.arange(len(data))
        for one, other in zip(_drawn(Style(classes), data, rows), _drawn(Style(rules), data, rows), strict=True):
            assert one == other


def test_rules_are_called_as_the_classes_were() -> None:
    data = table()
    for way in ("values", "numbers"):
        classes = restyle.another_way(START, way, data)
        assert isinstance(classes, Categorized | Graduated)
        rules = restyle.by_rules(classes, data.schema)
        before = [entry.label for entry in legend_entries(Style(classes)) if entry.label not in ("Other", "no value")]
        assert [rule.label for rule in rules.rules] == before
    plain = restyle.by_rules(restyle.by_value(START, data, "f1"), data.schema)
    assert {rule.label_zh for rule in plain.rules} == {"n0", "n1", "n2"}


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("name", ["various", "blue", "blue_red"])
def test_the_ramp_of_classes_is_known_again(name: str, *, turned: bool) -> None:
    data = table()
    symbols = [each.symbol for each in restyle.by_value(START, data, "f2", name).categories]
    assert restyle.ramp_of(symbols) == (name, False)
    numbers = restyle.by_number(START, data, "f3", ramp=name, reverse=turned)
    assert restyle.ramp_of(numbers.symbols) == (name, turned)
    assert restyle.ramp_of([START.symbol] * 3) == ("", False)


def test_classes_by_value_begin_with_a_field_of_few_values() -> None:
    fields = (Field("f0", "NUMBER", FieldType.TEXT, 20), Field("f1", "USE", FieldType.TEXT, 20))
    rows = [{"NUMBER": f"TY-{k}", "USE": "abc"[k % 3]} for k in range(40)]
    data = table_from_records(Schema(fields, geometry="point"), rows, [shapely.Point(k, k) for k in range(40)])
    classes = restyle.another_way(START, "values", data)
    assert isinstance(classes, Categorized)
    assert classes.field == "f1"


def _drawn(style: Style, data: FeatureTable, rows: np.ndarray) -> list[Symbol | None]:
    symbols, index = symbols_for(style, data, rows)
    return [symbols[k] if k >= 0 else None for k in index.tolist()]


def test_without_a_fitting_field_there_is_no_such_way() -> None:
    data = table(fields=FIELDS[3:])
    assert restyle.another_way(START, "values", data) is None
    assert restyle.another_way(START, "numbers", data) is None
    assert isinstance(restyle.another_way(START, "rules", data), RuleBased)


def test_another_colour_keeps_edges_and_cores() -> None:
    road = Symbol(line=(Line("#000000", 5.0), Line("#FFFFFF", 3.0)))
    assert restyle.in_color(road, "#AA0000") == Symbol(line=(Line("#AA0000", 5.0), Line("#FFFFFF", 3.0)))
