"""What the legend of a page says: the classes that are on the map and no others, and how they flow into columns.

Which rows are in view is the caller's knowledge. Millimetres; this file must not know who draws the swatches.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from cgplanner.geometry.ragged import FAMILY_OF_KIND
from cgplanner.geometry.text_extent import text_width
from cgplanner.layout.page import Legend
from cgplanner.layout.text_fit import LEADING, fitted
from cgplanner.model.column import Positions
from cgplanner.model.layer import Layer
from cgplanner.symbology.evaluate import Hint, LegendEntry, legend_entries, style_of, symbols_for
from cgplanner.symbology.style import (
    Categorized,
    Category,
    Cluster,
    Graduated,
    Heat,
    Marker,
    RuleBased,
    Single,
    Style,
    Symbol,
    Variation,
)

SWATCH_W, SWATCH_H = 3.0, 1.45  # in em of the legend's text
GAP = 0.5  # em between swatch and text
COUNT_LINE = 1.8  # em that the count of what was left out takes below the rest
_WIDE = 5.0  # em: a rhythm needs room to be seen
_ENTRY = 1.72  # em from one entry to the next
_HEADING = 2.0  # em that a group's heading takes
_BETWEEN_GROUPS = 0.55
_BETWEEN_COLUMNS = 1.2
_SHRINK = 0.95
_SMALL_GROUP = 4
_MOST_ON_ONE_LINE = 0.85


@dataclass(frozen=True)
class Entry:
    """One line: text and the symbol in the kind of geometry that the class has on the map."""

    label: str
    symbol: Symbol
    kind: Hint
    is_variation: bool = False


@dataclass(frozen=True)
class Group:
    """Lines under a heading."""

    title: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class PlacedLine:
    """A heading (``entry`` None) or an entry with its place relative to the legend's box."""

    x: float
    y: float
    w: float
    h: float
    lines: tuple[str, ...]
    entry: Entry | None = None


@dataclass(frozen=True)
class PlacedLegend:
    """The whole legend at its size (em in mm); ``left_out`` entries found no room."""

    lines: tuple[PlacedLine, ...]
    size: float
    height: float
    left_out: int = 0


def groups_in_view(layers: tuple[Layer, ...], rows: dict[str, Positions], scale: float = 0.0) -> tuple[Group, ...]:
    """Return a group a layer that has rows in view: planning layers before base layers, upper ones first; then variations.

    ``scale`` is the denominator at which rules are asked; 0 asks them all.
    """
    seen = [layer for layer in reversed(layers) if len(rows.get(layer.id, ()))]
    ordered = [layer for layer in seen if layer.role == "planning"] + [layer for layer in seen if layer.role != "planning"]
    groups = [Group(layer.title, _classes(layer, rows[layer.id], scale)) for layer in ordered]
    singles = tuple(entry for group in groups if len(group.entries) == 1 for entry in group.entries if not entry.label)
    named = [group for group in groups if group.entries and (len(group.entries) > 1 or group.entries[0].label)]
    if singles:
        titles = [group.title for group in groups if len(group.entries) == 1 and not group.entries[0].label]
        named.append(Group("", tuple(replace(entry, label=title) for entry, title in zip(singles, titles, strict=True))))
    return (*named, *_variations(tuple(ordered), rows))


def _classes(layer: Layer, rows: Positions, scale: float) -> tuple[Entry, ...]:
    style = style_of(layer)
    entries = [each for each in legend_entries(style) if each.part != "variation"]
    if isinstance(style.renderer, Heat | Cluster):
        return tuple(Entry(entry.label, entry.symbol, entry.kind) for entry in entries if _shows(entry.symbol))
    present = _present(_numbered(style), layer, rows, scale)
    return tuple(
        Entry(entry.label, entry.symbol, _kind(layer, present[number], entry))
        for number, entry in enumerate(entries)
        if number in present and _shows(entry.symbol)
    )


def _shows(symbol: Symbol) -> bool:
    """Tell whether a symbol draws anything: a layer may be there for its names alone."""
    return any(getattr(part, "opacity", 1.0) > 0 for part in (*symbol.point, *symbol.line, *symbol.polygon))


def _present(numbered: Style, layer: Layer, rows: Positions, scale: float = 0.0) -> dict[int, Positions]:
    """Return the rows of each class that has some, by the class's number."""
    symbols, index = symbols_for(numbered, layer.table, rows, scale)
    numbers = [int(symbol.point[0].size) for symbol in symbols]
    found = {number: rows[index == place] for place, number in enumerate(numbers)}
    return {number: mine for number, mine in found.items() if len(mine)}


def _number(number: int) -> Symbol:
    """Return a symbol that is nothing but a number, so that the classes of a style can be told apart."""
    return Symbol((Marker(size=float(number)),))


def _numbered(style: Style) -> Style:
    """Return the style with its classes' symbols replaced by the numbers of their legend entries."""
    renderer = style.renderer
    if isinstance(renderer, Categorized):
        categories = tuple(replace(each, symbol=_number(k)) for k, each in enumerate(renderer.categories))
        other = _number(len(categories)) if renderer.other is not None else None
        return Style(replace(renderer, categories=categories, other=other))
    if isinstance(renderer, Graduated):
        count = min(len(renderer.symbols), max(len(renderer.breaks) - 1, 0))
        symbols = tuple(_number(k) for k in range(count))
        return Style(replace(renderer, symbols=symbols, missing=_number(count) if renderer.missing is not None else None))
    if isinstance(renderer, RuleBased):
        rules = tuple(replace(each, symbol=_number(k)) for k, each in enumerate(renderer.rules))
        return Style(replace(renderer, rules=rules, other=_number(len(rules)) if renderer.other is not None else None))
    return Style(Single(_number(0)))


def _kind(layer: Layer, rows: Positions, entry: LegendEntry) -> Hint:
    """Return the kind of geometry that most features of the class have, of those its symbol has parts for."""
    kinds = layer.table.geometry.kinds[rows]
    counts: dict[Hint, int] = {}
    for kind, count in zip(*np.unique(kinds, return_counts=True), strict=True):
        family = FAMILY_OF_KIND.get(int(kind))
        if family is not None and getattr(entry.symbol, family):
            counts[family] = counts.get(family, 0) + int(count)
    return max(counts, key=lambda family: counts[family]) if counts else entry.kind


def _variations(layers: tuple[Layer, ...], rows: dict[str, Positions]) -> tuple[Group, ...]:
    """Return a group a field that varies symbols, over all layers that use it alike."""
    groups: dict[str, dict[str, Entry]] = {}
    for layer in layers:
        style = style_of(layer)
        entries = [each for each in legend_entries(style) if each.part == "variation"]
        for variation in style.variations:
            mine, entries = entries[: len(variation.patches)], entries[len(variation.patches) :]
            if variation.field not in layer.schema:
                continue
            present = _present(_numbered_patches(variation), layer, rows[layer.id])
            group = groups.setdefault(layer.schema[variation.field].title, {})
            for number, entry in enumerate(mine):
                known = group.get(entry.label)
                if number in present and (known is None or known.kind != "line"):
                    group[entry.label] = Entry(entry.label, entry.symbol, entry.kind, is_variation=True)
    order = {title: list(group.values()) for title, group in groups.items()}
    return tuple(Group(title, tuple(entries)) for title, entries in order.items() if entries)


def _numbered_patches(variation: Variation) -> Style:
    return Style(Categorized(variation.field, tuple(Category(p.values, _number(k)) for k, p in enumerate(variation.patches))))


def placed(groups: tuple[Group, ...], legend: Legend, height: float) -> PlacedLegend:
    """Return the legend in its columns, at the largest size that fits ``height`` (mm) and the width of its box.

    The columns are as even as the order allows; at the smallest size, what has no room is counted and left out.
    """
    size = legend.size
    while True:
        for columns in range(_natural_columns(groups, legend, size), legend.columns + 1):
            lines = _columns(groups, legend, columns, size)
            if max((line.y + line.h for line in lines), default=0.0) <= height + 1e-9:
                return PlacedLegend(lines, size, max((line.y + line.h for line in lines), default=0.0))
        if size <= legend.min_size:
            break
        size = max(size * _SHRINK, legend.min_size)
    return _cut(groups, legend, size, max(height - COUNT_LINE * size, 0.0))


def _natural_columns(groups: tuple[Group, ...], legend: Legend, size: float) -> int:
    """Return in how many columns nearly all labels stand on one line, at least 1."""
    needed = [swatch_width(entry) + GAP + text_width(entry.label) for group in groups for entry in group.entries]
    widest = float(np.quantile(needed, _MOST_ON_ONE_LINE)) if needed else 0.0
    return max(1, min(legend.columns, int((legend.w / size + _BETWEEN_COLUMNS) / (widest + _BETWEEN_COLUMNS))))


Block = tuple[PlacedLine, ...]  # lines that must stay together, y from the block's own top


def _column_width(legend: Legend, columns: int, size: float) -> float:
    return (legend.w - (columns - 1) * _BETWEEN_COLUMNS * size) / columns


def _blocks(groups: tuple[Group, ...], width: float, size: float) -> list[tuple[Block, bool]]:
    """Return blocks in order, each with whether a new group begins there; small groups stay together."""
    blocks: list[tuple[Block, bool]] = []
    for group in groups:
        heading: Block = ()
        if group.title:
            text = fitted(group.title, width, _HEADING * size, size, min_size=size * 0.7, max_lines=1, bold=True)
            heading = (PlacedLine(0.0, 0.0, width, _HEADING * size, text.lines),)
        block, top = list(heading), heading[0].h if heading else 0.0
        keep = _kept_together(len(group.entries))
        for number, entry in enumerate(group.entries):
            line = _entry_line(entry, width, size, top)
            block.append(line)
            top += line.h
            if number not in keep:
                blocks.append((tuple(block), len(block) > number))
                block, top = [], 0.0
    return blocks


def _kept_together(count: int) -> set[int]:
    """Return the entries of a group that must have the next one below them: all of a small group, else the ends."""
    return set(range(count - 1)) if count <= _SMALL_GROUP else {0, count - 2}


def swatch_width(entry: Entry) -> float:
    """Return the width of an entry's swatch in em."""
    return _WIDE if entry.is_variation else SWATCH_W


def _entry_line(entry: Entry, width: float, size: float, top: float) -> PlacedLine:
    room = width - (swatch_width(entry) + GAP) * size
    text = fitted(entry.label, room, 3 * LEADING * size, size, min_size=size * 0.75, max_lines=3)
    height = max(_ENTRY * size, (len(text.lines) * LEADING + 0.44) * size)
    return PlacedLine(0.0, top, width, height, text.lines, entry)


def _flow(blocks: list[tuple[Block, bool]], height: float, size: float) -> list[list[PlacedLine]]:
    """Fill columns one after another up to the height."""
    columns: list[list[PlacedLine]] = [[]]
    y = 0.0
    for block, begins_group in blocks:
        y += _BETWEEN_GROUPS * size if begins_group and columns[-1] else 0.0
        tall = block[-1].y + block[-1].h
        if columns[-1] and y + tall > height + 1e-9:
            columns.append([])
            y = 0.0
        columns[-1] += [replace(line, y=y + line.y) for line in block]
        y += tall
    return columns


def _columns(groups: tuple[Group, ...], legend: Legend, columns: int, size: float) -> tuple[PlacedLine, ...]:
    """Return the lines in at most so many columns, as low as they can be."""
    width = _column_width(legend, columns, size)
    blocks = _blocks(groups, width, size)
    if not blocks:
        return ()
    total = sum(block[-1].y + block[-1].h + (_BETWEEN_GROUPS * size if first else 0.0) for block, first in blocks)
    tallest = max(block[-1].y + block[-1].h for block, _ in blocks)
    low = max(total / columns - _BETWEEN_GROUPS * size, tallest)
    for step in range(200):
        flowed = _flow(blocks, low + step * 0.5 * size, size)
        if len(flowed) <= columns:
            return _beside(flowed, width, size)
    return _beside(_flow(blocks, math.inf, size), width, size)


def _beside(columns: list[list[PlacedLine]], width: float, size: float) -> tuple[PlacedLine, ...]:
    step = width + _BETWEEN_COLUMNS * size
    return tuple(replace(line, x=number * step) for number, column in enumerate(columns) for line in column)


def _cut(groups: tuple[Group, ...], legend: Legend, size: float, height: float) -> PlacedLegend:
    """Return what there is room for in all columns, and the number of entries that have none."""
    width = _column_width(legend, legend.columns, size)
    flowed = _flow(_blocks(groups, width, size), height, size)[: legend.columns]
    lines = tuple(line for line in _beside(flowed, width, size) if line.y + line.h <= height + 1e-9)
    shown = sum(line.entry is not None for line in lines)
    bottom = max((line.y + line.h for line in lines), default=0.0)
    return PlacedLegend(lines, size, bottom, sum(len(group.entries) for group in groups) - shown)
