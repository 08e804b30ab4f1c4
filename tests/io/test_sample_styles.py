"""The sample's look: complete over the domains, readable, storable, and drawn with shapes that exist."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "packaging"))

from sample import fields, styles
from sample.ledger import Fact, read_facts

from cgplanner.model.schema import CodedDomain
from cgplanner.symbology.glyphs import glyph_names
from cgplanner.symbology.style import Categorized, Fill, Hatch, Labels, Style, Symbol, style_from_json

PLANNING = list(fields.PLANNING)


def symbols(style: Style) -> Iterator[Symbol]:
    if isinstance(style.renderer, Categorized):
        yield from (category.symbol for category in style.renderer.categories)
        if style.renderer.other is not None:
            yield style.renderer.other


def symbol_of(style: Style, value: str) -> Symbol:
    assert isinstance(style.renderer, Categorized)
    return next(category.symbol for category in style.renderer.categories if value in category.values)


def luminance(color: str) -> float:
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("name", list(styles.STYLES))
def test_style_survives_its_json(name: str) -> None:
    style = styles.STYLES[name]
    assert style_from_json(style.to_json()) == style


@pytest.mark.parametrize("name", PLANNING)
def test_every_category_and_status_has_its_look_once(name: str) -> None:
    style, schema = styles.STYLES[name], fields.PLANNING[name]
    renderer, (status,) = style.renderer, style.variations
    assert isinstance(renderer, Categorized)
    for groups, field in ((renderer.categories, renderer.field), (status.patches, status.field)):
        domain = schema[field].domain
        assert isinstance(domain, CodedDomain)
        assert sorted(v for group in groups for v in group.values) == sorted(v.code for v in domain.values)
        assert all(group.label_zh and group.label_en for group in groups)


@pytest.mark.parametrize("name", list(styles.STYLES))
def test_fields_of_a_style_exist(name: str) -> None:
    style: Style = styles.STYLES[name]
    schema = (fields.PLANNING | fields.BASE)[name]
    labels = style.labels
    assert isinstance(labels, Labels) or name == "boundaries"  # lines between areas that have names
    named = [labels.field, labels.field_en] if labels else []
    used: list[Any] = [*named, *(variation.field for variation in style.variations)]
    assert all(field in schema for field in used)


@pytest.mark.parametrize("name", [name for name, style in styles.STYLES.items() if style.labels])
def test_labels_read_on_the_paper(name: str) -> None:
    labels = styles.STYLES[name].labels
    assert labels is not None
    contrast = (luminance(styles.PAPER) + 0.05) / (luminance(labels.color) + 0.05)
    assert contrast >= 4.5


def test_labels_keep_their_rank() -> None:
    rank = {name: style.labels.priority for name, style in styles.STYLES.items() if style.labels}
    order = ["cities", "projects", "ecology", "tourism", "rivers", "industry", "counties", "places"]
    assert sorted(rank, key=lambda name: -rank[name]) == order


@pytest.mark.parametrize("name", PLANNING)
def test_glyphs_exist(name: str) -> None:
    used = {marker.glyph for symbol in symbols(styles.STYLES[name]) for marker in symbol.point} - {""}
    assert used <= set(glyph_names())


def test_what_covers_a_city_hides_nothing() -> None:
    for fact in read_facts():
        area = symbol_of(styles.STYLES[fact.layer], fact.category).polygon
        if fact.geometry == "city":
            assert not [part for part in area if isinstance(part, Fill | Hatch)], fact.id


def kind_of(fact: Fact) -> str:
    family = {"point": "point", "line": "line", "polygon": "polygon", "along": "line", "city": "polygon"}
    return "polygon" if fact.corridor_km else family[fact.geometry.partition(":")[0]]


def test_every_fact_is_drawn() -> None:
    for fact in read_facts():
        assert getattr(symbol_of(styles.STYLES[fact.layer], fact.category), kind_of(fact)), fact.id


@pytest.mark.parametrize("name", PLANNING)
def test_legends_show_the_kind_that_is_there(name: str) -> None:
    renderer = styles.STYLES[name].renderer
    assert isinstance(renderer, Categorized)
    for category in renderer.categories:
        facts = [fact for fact in read_facts() if fact.layer == name and fact.category in category.values]
        assert category.kind in {kind_of(fact) for fact in facts}, category.values
