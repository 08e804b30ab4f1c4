"""What a layer's style asks for and cannot have, in sentences; the map draws the rest.

This file must not know painters; it asks the table's schema and columns, never single rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from cgplanner.errors import UserError
from cgplanner.model.column import ArrayColumn
from cgplanner.model.layer import Layer
from cgplanner.model.table import FeatureTable, empty_table
from cgplanner.model.where import matching
from cgplanner.symbology.drawing import drawing_of
from cgplanner.symbology.evaluate import style_of
from cgplanner.symbology.glyphs import glyph_names
from cgplanner.symbology.label_template import missing_fields
from cgplanner.symbology.style import (
    Categorized,
    Cluster,
    Graduated,
    Heat,
    Marker,
    PointPart,
    RuleBased,
    Style,
    SvgMarker,
    markers_of,
    symbols_of,
)
from cgplanner.text import Name, Sentence, sentence


def style_problems(layer: Layer) -> tuple[Sentence, ...]:
    """Return what of the layer's style cannot be drawn and why, each once; () for a sound style.

    Fields that are not there, fields of numbers that hold none, conditions that cannot be read, classes that are no classes,
    glyphs that do not ship, drawings with parts that are not drawn.
    """
    style, table = style_of(layer), layer.table
    if style == Style():
        return ()
    name = Name(layer.title_zh or layer.id, layer.title_en or layer.id)
    found = [*_renderer_problems(style, table, name), *_field_problems(style, table, name), *_part_problems(style, name)]
    return tuple(dict.fromkeys(found))


def _missing(field: str, name: Name, what: Sentence) -> Sentence:
    return sentence("“{layer}” has no field “{field}”, which its {use} needs.", layer=name, field=field, use=what)


def _field_problems(style: Style, table: FeatureTable, name: Name) -> Iterator[Sentence]:
    """Yield the fields that are named and are not there."""
    for variation in style.variations:
        if variation.field not in table.columns:
            yield _missing(variation.field, name, sentence("variation"))
    if style.order_by and style.order_by not in table.columns:
        yield _missing(style.order_by, name, sentence("draw order"))
    labels = style.labels
    if labels is not None and labels.visible and labels.field and labels.field not in table.columns and not labels.text:
        yield _missing(labels.field, name, sentence("labelling"))
    if labels is not None and labels.visible:
        yield from _template_problems((labels.text, labels.text_en), table, name)
    for symbol in symbols_of(style.renderer):
        for part in markers_of(symbol):
            if part.rotation_field:
                yield from _numbers_missing(part.rotation_field, table, name, sentence("turning of markers"))


def _template_problems(templates: tuple[str, ...], table: FeatureTable, name: Name) -> Iterator[Sentence]:
    """Yield what is wrong with the texts of labels: fields that are not there, braces without a partner."""
    for template in templates:
        try:
            missing = missing_fields(template, table.schema)
        except UserError as error:
            yield sentence("The labels of “{layer}” cannot be read: {reason}", layer=name, reason=error.message)
            continue
        for field in missing:
            yield _missing(field, name, sentence("labelling"))


def _numbers_missing(field: str, table: FeatureTable, name: Name, what: Sentence) -> Iterator[Sentence]:
    column = table.columns.get(field)
    if column is None:
        yield _missing(field, name, what)
    elif not isinstance(column, ArrayColumn) or column.array.dtype.kind not in "ifb":
        title = table.schema[field].title if field in table.schema else field
        yield sentence(
            "The field “{field}” of “{layer}” holds no numbers, which its {use} needs.", field=title, layer=name, use=what
        )


def _renderer_problems(style: Style, table: FeatureTable, name: Name) -> Iterator[Sentence]:
    renderer = style.renderer
    if isinstance(renderer, Categorized) and renderer.field not in table.columns:
        yield _missing(renderer.field, name, sentence("classes"))
    elif isinstance(renderer, Graduated):
        yield from _numbers_missing(renderer.field, table, name, sentence("classes"))
        breaks = renderer.breaks
        if len(breaks) != len(renderer.symbols) + 1 or any(low > high for low, high in pairwise(breaks)):
            yield sentence("The class limits of “{layer}” do not fit its classes, or do not ascend.", layer=name)
    elif isinstance(renderer, Heat) and renderer.field:
        yield from _numbers_missing(renderer.field, table, name, sentence("heat map"))
    elif isinstance(renderer, RuleBased):
        for number, rule in enumerate(renderer.rules, 1):
            problem = _condition_problem(rule.where, table)
            if problem:
                yield sentence("Rule {number} of “{layer}” is left out. {problem}", number=number, layer=name, problem=problem)


def _condition_problem(where: str, table: FeatureTable) -> str:
    try:
        if where.strip():
            matching(empty_table(table.schema), where)
    except UserError as error:
        return error.message
    return ""


def _part_problems(style: Style, name: Name) -> Iterator[Sentence]:
    symbols = symbols_of(style.renderer)
    markers: list[PointPart] = [part for symbol in symbols for part in markers_of(symbol)]
    if isinstance(style.renderer, Cluster):
        markers.append(style.renderer.marker)
    for part in markers:
        if isinstance(part, Marker) and part.glyph and part.glyph not in glyph_names():
            yield sentence("“{layer}” asks for the glyph “{glyph}”, which there is none of.", layer=name, glyph=part.glyph)
        elif isinstance(part, SvgMarker):
            for problem in drawing_of(part.svg).problems:
                yield sentence("A drawing of “{layer}”: {problem}", layer=name, problem=problem)
