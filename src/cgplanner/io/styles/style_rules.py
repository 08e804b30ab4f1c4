"""A style as plain rules that exclude each other: what renderers and variations mean, for files that only know rules.

This file must not know QML or SLD.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise

from cgplanner.errors import UserError
from cgplanner.io.styles.style_xml import Kind, Losses
from cgplanner.model.condition import And, Compare, Condition, IsNull, Not, OneOf, Or, holding, parse
from cgplanner.model.schema import Schema
from cgplanner.symbology.evaluate import patched
from cgplanner.symbology.style import (
    Categorized,
    Cluster,
    Code,
    Graduated,
    Heat,
    Marker,
    RuleBased,
    Single,
    Style,
    Symbol,
    Variation,
)
from cgplanner.text import pick, sentence


@dataclass(frozen=True)
class FlatRule:
    """The features that fit a condition (None: all of them; with ``is_else`` all that no other rule took)."""

    condition: Condition | None
    symbol: Symbol
    label: str = ""
    min_scale: float = 0.0
    max_scale: float = 0.0
    is_else: bool = False


def rules_of(style: Style, schema: Schema, losses: Losses) -> tuple[FlatRule, ...]:
    """Return the rules that draw what the style draws; heat and clusters become their plain symbol, which is noted."""
    rules = tuple(_base(style, schema, losses))
    for variation in style.variations:
        if variation.field in schema and variation.patches:
            rules = tuple(varied for rule in rules for varied in _varied(rule, variation))
    return rules


def _base(style: Style, schema: Schema, losses: Losses) -> Iterable[FlatRule]:
    match style.renderer:
        case Single(symbol):
            return [FlatRule(None, symbol)]
        case Categorized() as categorized:
            return _categories(categorized)
        case Graduated() as graduated:
            return _classes(graduated)
        case RuleBased() as based:
            return _own(based, schema, losses)
        case Heat(symbol=symbol) | Cluster(symbol=symbol):
            losses.add("style-crowd", sentence("Heat and clusters were left out; the points get their plain symbol."))
            return [FlatRule(None, symbol if symbol.point else replace(symbol, point=(Marker(),)))]


def _categories(renderer: Categorized) -> Iterable[FlatRule]:
    field = renderer.field
    for each in renderer.categories:
        yield FlatRule(holding(field, each.values), each.symbol, each.label)
    if renderer.other is not None:
        known = tuple(value for each in renderer.categories for value in each.values)
        label = pick(renderer.other_label_zh, renderer.other_label_en)
        yield FlatRule(_holds_none(field, known), renderer.other, label, is_else=True)


def _holds_none(field: str, values: tuple[Code, ...]) -> Condition:
    """Return the contrary of :func:`holding`, true for missing values too unless they are named."""
    plain = tuple(value for value in values if value is not None)
    if len(plain) < len(values):
        return And((Not(IsNull(field)), Not(OneOf(field, plain)))) if plain else Not(IsNull(field))
    return Or((IsNull(field), Not(OneOf(field, plain))))


def _classes(renderer: Graduated) -> Iterable[FlatRule]:
    field, last = renderer.field, len(renderer.symbols) - 1
    for place, ((low, high), symbol) in enumerate(zip(pairwise(renderer.breaks), renderer.symbols, strict=False)):
        upper = Compare(field, "<=" if place == last else "<", high)
        yield FlatRule(And((Compare(field, ">=", low), upper)), symbol, f"{low:g} – {high:g} {renderer.unit}".strip())
    if renderer.missing is not None:
        parts: tuple[Condition, ...] = (IsNull(field),)
        if renderer.breaks:
            parts += (Compare(field, "<", renderer.breaks[0]), Compare(field, ">", renderer.breaks[-1]))
        yield FlatRule(Or(parts) if len(parts) > 1 else parts[0], renderer.missing, is_else=True)


def _own(renderer: RuleBased, schema: Schema, losses: Losses) -> Iterable[FlatRule]:
    if len(renderer.rules) > 1:
        losses.add("style-first-rule", sentence("Other programs draw all rules that fit a feature, not only the first."))
    for each in renderer.rules:
        try:
            condition = parse(each.where, schema) if each.where else None
        except UserError:
            text = each.where[:80]
            losses.add("style-rule", sentence("The rule “{text}” cannot be worked out here and was left out.", text=text))
            continue
        yield FlatRule(condition, each.symbol, each.label, each.min_scale, each.max_scale)
    if renderer.other is not None:
        yield FlatRule(None, renderer.other, pick(renderer.other_label_zh, renderer.other_label_en), is_else=True)


def _varied(rule: FlatRule, variation: Variation) -> Iterable[FlatRule]:
    if rule.is_else and rule.condition is None:  # "none of the rules" cannot be combined with a condition
        return [rule]
    return _with_patches(rule, variation)


def _with_patches(rule: FlatRule, variation: Variation) -> Iterable[FlatRule]:
    for patch in variation.patches:
        condition = _both(rule, holding(variation.field, patch.values))
        label = f"{rule.label} · {patch.label}".strip(" ·")
        yield replace(rule, condition=condition, symbol=patched(rule.symbol, patch), label=label, is_else=False)
    known = tuple(value for patch in variation.patches for value in patch.values)
    yield replace(rule, condition=_both(rule, _holds_none(variation.field, known)), is_else=False)


def _both(rule: FlatRule, condition: Condition) -> Condition:
    return condition if rule.condition is None else And((rule.condition, condition))


def main_kind(schema: Schema, style: Style, losses: Losses) -> Kind:
    """Return the kind of shape to write for a file that holds one kind; of a mixed layer the one with most parts."""
    if schema.geometry == "point" or schema.geometry == "line" or schema.geometry == "polygon":  # noqa: PLR1714  narrows
        return schema.geometry
    counts: dict[Kind, int] = {"polygon": 0, "line": 0, "point": 0}
    for rule in rules_of(style, schema, Losses()):
        counts["point"] += len(rule.symbol.point)
        counts["line"] += len(rule.symbol.line)
        counts["polygon"] += len(rule.symbol.polygon)
    losses.add("style-one-kind", sentence("The file holds symbols for one kind of shape; those for others were left out."))
    return max(counts, key=lambda kind: counts[kind])
