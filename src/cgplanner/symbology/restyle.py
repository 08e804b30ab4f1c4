"""From one way of drawing a layer to another: alike, by value, by number, by rules, as heat, in clusters. Pure functions.

What was chosen before is kept where it can be: the symbol, the field, the classes as rules. This file must not know widgets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from cgplanner.model.column import ArrayColumn, Column, TextColumn
from cgplanner.model.condition import Compare, Condition, holding, written
from cgplanner.model.schema import CodedDomain, Field, FieldType, Schema
from cgplanner.model.table import FeatureTable
from cgplanner.symbology.classify import breaks_of, graduated, values_of
from cgplanner.symbology.evaluate import class_ranges
from cgplanner.symbology.ramps import RAMPS, ramp_colors
from cgplanner.symbology.style import (
    AreaPart,
    Band,
    Categorized,
    Category,
    Cluster,
    Code,
    Fill,
    Graduated,
    Hatch,
    Heat,
    Line,
    LinePart,
    Marker,
    MarkerLine,
    Renderer,
    Rule,
    RuleBased,
    Scheme,
    Single,
    Symbol,
    Ticks,
    symbols_of,
)

Way = Literal["single", "values", "numbers", "rules", "heat", "cluster"]
WAYS: tuple[Way, ...] = ("single", "values", "numbers", "rules", "heat", "cluster")
MOST_CLASSES = 60
HEAT, HEAT_STEPS = "ember", 6
FEW_KINDS = 16  # a text with more different values is a name or a number rather than a kind
_BY_TYPE: dict[type, Way] = {
    Single: "single",
    Categorized: "values",
    Graduated: "numbers",
    RuleBased: "rules",
    Heat: "heat",
    Cluster: "cluster",
}


def way_of(renderer: Renderer) -> Way:
    """Return the name of a renderer's way of drawing."""
    return _BY_TYPE[type(renderer)]


def value_fields(schema: Schema) -> tuple[Field, ...]:
    """Return the fields by whose values features can be told apart."""
    return tuple(each for each in schema if each.type not in (FieldType.DATE, FieldType.DATETIME))


def number_fields(schema: Schema) -> tuple[Field, ...]:
    """Return the fields that hold amounts: numbers that are no codes."""
    numbers = (FieldType.INTEGER, FieldType.REAL)
    return tuple(each for each in schema if each.type in numbers and not isinstance(each.domain, CodedDomain))


def base_symbol(renderer: Renderer) -> Symbol:
    """Return the symbol that stands for the whole layer; a plain one where there is none."""
    plain = Symbol((Marker(),), (Line(),), (Fill(), Line("#555555", 0.8)))
    drawn = [each for each in symbols_of(renderer) if each.point or each.line or each.polygon]
    if isinstance(renderer, Graduated) and drawn:
        return drawn[min(len(drawn), len(renderer.symbols)) // 2]  # the first class is often as pale as the paper
    return next(iter(drawn), plain)


def in_color(symbol: Symbol, color: str) -> Symbol:
    """Return the symbol in another colour; edges of areas, outlines and white cores of lines stay."""
    return replace(
        symbol,
        point=tuple(replace(part, color=color) for part in symbol.point),
        line=tuple(_line_in(part, color, first=place == 0) for place, part in enumerate(symbol.line)),
        polygon=tuple(_area_in(part, color) for part in symbol.polygon),
    )


def _line_in(part: LinePart, color: str, *, first: bool) -> LinePart:
    if isinstance(part, MarkerLine):
        return replace(part, marker=replace(part.marker, color=color))
    return replace(part, color=color) if first or isinstance(part, Ticks) else part


def _area_in(part: AreaPart, color: str) -> AreaPart:
    return replace(part, color=color) if isinstance(part, Fill | Hatch | Band) else part


def ramp_of(symbols: Sequence[Symbol]) -> tuple[str, bool]:
    """Return the ramp that gave symbols their colours, and whether it runs the other way; ('', False) where none did."""
    if len(set(symbols)) < 2:
        return "", False
    ways = ((name, turned) for name in RAMPS for turned in (False, True))
    fits = (
        way
        for way in ways
        if all(in_color(one, color) == one for one, color in zip(symbols, _colors(way, len(symbols)), strict=True))
    )
    return next(fits, ("", False))


def _colors(way: tuple[str, bool], count: int) -> tuple[str, ...]:
    return ramp_colors(way[0], count, reverse=way[1])


def by_value(renderer: Renderer, table: FeatureTable, field_id: str, ramp: str = "various") -> Categorized:
    """Return a class for each value of a field, at most 60; the rest falls into the others.

    A list of allowed values gives the classes in its own order; else the most frequent value comes first.
    """
    field, symbol = table.schema[field_id], base_symbol(renderer)
    values = _values(table.columns[field_id], field)
    colors = ramp_colors(ramp, len(values))
    known = {each.code: each for each in field.domain.values} if isinstance(field.domain, CodedDomain) else {}
    categories = tuple(
        Category((value,), in_color(symbol, color), *_labels(known.get(value) if isinstance(value, str | int) else None))
        for value, color in zip(values, colors, strict=True)
    )
    return Categorized(field_id, categories, in_color(symbol, "#9AA0A6"))


def _labels(coded: object) -> tuple[str, str]:
    return (getattr(coded, "label_zh", ""), getattr(coded, "label_en", ""))


def _values(column: Column, field: Field) -> list[Code]:
    if isinstance(field.domain, CodedDomain):
        return [each.code for each in field.domain.values[:MOST_CLASSES]]
    counts: dict[Code, int] = {}
    if isinstance(column, TextColumn):
        times = np.bincount(column.codes[column.codes >= 0], minlength=len(column.dictionary))
        for entry, count in zip(column.dictionary.tolist(), times.tolist(), strict=True):  # an entry may be there twice
            counts[entry] = counts.get(entry, 0) + count
    else:
        assert isinstance(column, ArrayColumn)  # noqa: S101  fields are one or the other
        different, times = np.unique(column.array[~column.nulls], return_counts=True)
        counts = dict(zip(different.tolist(), times.tolist(), strict=True))
    used = [value for value, count in counts.items() if count]
    return sorted(used, key=lambda value: -counts[value])[:MOST_CLASSES]


def by_number(
    renderer: Renderer,
    table: FeatureTable,
    field_id: str,
    *,
    scheme: Scheme = "natural",
    count: int = 5,
    ramp: str = "blue",
    reverse: bool = False,
    sizes: tuple[float, float] | None = None,
    by_hand: tuple[float, ...] = (),
) -> Graduated:
    """Return classes of a number; a field without numbers has none."""
    breaks = breaks_of(values_of(table.columns[field_id]), scheme, count, by_hand)
    missing = renderer.missing if isinstance(renderer, Graduated) else None
    symbol = base_symbol(renderer)
    return graduated(field_id, breaks, symbol, ramp, scheme=scheme, reverse=reverse, sizes=sizes, missing=missing)


def by_rules(renderer: Renderer, schema: Schema) -> RuleBased:
    """Return the renderer's classes as rules that can be changed one by one."""
    match renderer:
        case RuleBased():
            return renderer
        case Categorized(field, categories, other) if field in schema:
            rules = tuple(
                Rule(_where(holding(field, each.values), schema), each.symbol, *_titles(each), kind=each.kind)
                for each in categories
            )
            return RuleBased(rules, other, renderer.other_label_zh, renderer.other_label_en)
        case Graduated(field, breaks, symbols, missing) if field in schema:
            name = _where(Compare(field, ">=", 0), schema).partition(" ")[0]
            last = len(symbols) - 1
            titles = zip(class_ranges(breaks, renderer.unit_zh), class_ranges(breaks, renderer.unit_en), strict=True)
            return RuleBased(
                tuple(
                    Rule(f"{name} >= {breaks[k]:g} and {name} {'<=' if k == last else '<'} {breaks[k + 1]:g}", symbol, *title)
                    for k, (symbol, title) in enumerate(zip(symbols, titles, strict=False))
                ),
                missing,
            )
    return RuleBased((Rule("", base_symbol(renderer)),))


def _titles(category: Category) -> tuple[str, str]:
    """Return what a legend says of a class in Chinese and in English."""
    return (category.label_zh or category.label, category.label_en or category.label)


def _where(condition: Condition, schema: Schema) -> str:
    return written(condition, lambda field: schema[field].name)


def another_way(renderer: Renderer, way: Way, table: FeatureTable) -> Renderer | None:  # noqa: PLR0911  one way a line
    """Return the layer drawn in another way, with choices that suit its fields; None where it has no field for that."""
    if way == way_of(renderer):
        return renderer
    symbol, schema = base_symbol(renderer), table.schema
    match way:
        case "values":
            wanted = _field_of(renderer) or _telling_field(table)
            return by_value(renderer, table, wanted) if wanted in schema else None
        case "numbers":
            numbers = number_fields(schema)
            wanted = next((each.id for each in numbers if each.id == _field_of(renderer)), numbers[0].id if numbers else "")
            return by_number(renderer, table, wanted) if wanted else None
        case "rules":
            return by_rules(renderer, schema)
        case "heat":
            return Heat(ramp=ramp_colors(HEAT, HEAT_STEPS), symbol=symbol)
        case "cluster":
            return Cluster(symbol=symbol)
    return Single(symbol)


def _telling_field(table: FeatureTable) -> str:
    """Return the field that tells kinds of features apart: with a list of values, else with a few; '' where there is none."""
    fields = value_fields(table.schema)
    coded = [each.id for each in fields if isinstance(each.domain, CodedDomain)]
    texts = [each.id for each in fields if each.type is FieldType.TEXT]
    few = (each for each in texts if 2 <= len(_values(table.columns[each], table.schema[each])) <= FEW_KINDS)
    return next(iter((*coded, *few, *(each.id for each in fields))), "")


def _field_of(renderer: Renderer) -> str:
    return renderer.field if isinstance(renderer, Categorized | Graduated) else ""
