"""Style times columns: which symbol every row gets, computed over dictionary codes and arrays, never row by row.

The class of a row depends on its column and the renderer alone, so it is computed once for a whole column and kept with it.
This file must not know geometry or painters.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import Any, Literal, TypeVar
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from cgplanner.errors import UserError
from cgplanner.model.column import ArrayColumn, Column, Positions, TextColumn
from cgplanner.model.layer import Layer
from cgplanner.model.table import FeatureTable
from cgplanner.model.where import matching
from cgplanner.symbology.style import (
    AreaPart,
    Categorized,
    Category,
    Cluster,
    Code,
    Fill,
    Graduated,
    Heat,
    Line,
    LinePart,
    Marker,
    MarkerLine,
    Patch,
    PointPart,
    Ramp,
    Rule,
    RuleBased,
    Single,
    Style,
    Symbol,
)
from cgplanner.text import pick, tr

Classes = NDArray[np.int32]
Hint = Literal["point", "line", "polygon"]
P = TypeVar("P", bound=PointPart | LinePart | AreaPart)

_KEPT_PER_COLUMN = 6
_TABLE_SPAN = 1 << 20  # integers that lie this close together are classed through a table, without sorting
_EMPTY = Symbol()
_classes: WeakKeyDictionary[Column | FeatureTable, dict[object, Classes]] = WeakKeyDictionary()
_lock = threading.Lock()


@dataclass(frozen=True)
class LegendEntry:
    """One line of a legend.

    Attributes
    ----------
    values
        The values of the field that the line stands for; empty for a single symbol and for a class of numbers.
    part
        ``class`` for the renderer's symbols, ``heat`` for its surface, ``cluster`` for the marker of several features,
        ``variation`` for what a second field changes.
    """

    label: str
    symbol: Symbol
    kind: Hint
    values: tuple[Code, ...] = ()
    part: Literal["class", "heat", "cluster", "variation"] = "class"


def style_of(layer: Layer) -> Style:
    """Return the layer's style under its own type.

    Raises
    ------
    TypeError
        When something else was put there, which is a bug of whoever did.
    """
    if not isinstance(layer.style, Style):
        raise TypeError(f"layer {layer.id} has a style of type {type(layer.style).__name__}")
    return layer.style


def symbols_for(style: Style, table: FeatureTable, rows: Positions, scale: float = 0.0) -> tuple[tuple[Symbol, ...], Classes]:
    """Return the symbols in use and, for each of ``rows``, its position among them (int32, -1: not drawn).

    Symbols come in the order of the renderer's classes and, within a class, of the patches; variations are applied.
    ``scale`` is the denominator at which rules are asked; 0 asks them all.
    """
    symbols, index = _base_symbols(style, table, scale)
    index = index[rows] if index is not None else np.zeros(len(rows), np.int32)
    for variation in style.variations:
        column = table.columns.get(variation.field)
        if column is None or not variation.patches:
            continue
        patch = _classes_of(column, tuple(each.values for each in variation.patches))[rows]
        count = len(variation.patches) + 1
        symbols = tuple(
            symbol if k == 0 else patched(symbol, variation.patches[k - 1]) for symbol in symbols for k in range(count)
        )
        index = np.where(index < 0, -1, index * count + patch + 1).astype(np.int32)
    return _used_only(symbols, index)


def _used_only(symbols: tuple[Symbol, ...], index: Classes) -> tuple[tuple[Symbol, ...], Classes]:
    used = np.flatnonzero(np.bincount(index[index >= 0], minlength=len(symbols)))
    if len(used) == len(symbols):
        return symbols, index
    places = np.full(len(symbols) + 1, -1, np.int32)
    places[used] = np.arange(len(used), dtype=np.int32)
    return tuple(symbols[int(k)] for k in used), places[index]


def _base_symbols(style: Style, table: FeatureTable, scale: float) -> tuple[tuple[Symbol, ...], Classes | None]:
    """Return the renderer's symbols and the class of every row of the table; None when all rows have the first."""
    renderer = style.renderer
    if isinstance(renderer, Single | Heat | Cluster):
        return (renderer.symbol,), None
    if isinstance(renderer, RuleBased):
        symbols, index = tuple(rule.symbol for rule in renderer.rules), _by_rules(renderer, table, scale)
        return _with_rest(symbols, index, renderer.other)
    column = table.columns.get(renderer.field)
    if isinstance(renderer, Categorized):
        symbols = tuple(category.symbol for category in renderer.categories)
        if column is None:
            return ((renderer.other,), None) if renderer.other else ((_EMPTY,), None)
        index = _classes_of(column, tuple(category.values for category in renderer.categories))
        last = renderer.other
    else:
        symbols = renderer.symbols
        if column is None or not symbols:
            return ((renderer.missing or _EMPTY,), None)
        index = _graduated(column, renderer.breaks, len(symbols))
        last = renderer.missing
    return _with_rest(symbols, index, last)


def _with_rest(symbols: tuple[Symbol, ...], index: Classes, last: Symbol | None) -> tuple[tuple[Symbol, ...], Classes]:
    """Give the rows without a class the last symbol, where there is one."""
    if last is None:
        return symbols or (_EMPTY,), index
    return (*symbols, last), np.where(index < 0, np.int32(len(symbols)), index)


def _by_rules(renderer: RuleBased, table: FeatureTable, scale: float) -> Classes:
    """int32 per row of the table: the first rule that fits; one that cannot be read fits nothing."""
    asked = tuple((k, rule.where) for k, rule in enumerate(renderer.rules) if rule.applies_at(scale))
    return _kept(table, asked, lambda: _first_rules(table, asked))


def _first_rules(table: FeatureTable, asked: tuple[tuple[int, str], ...]) -> Classes:
    index = np.full(len(table), -1, np.int32)
    for place, where in reversed(asked):
        try:
            index[matching(table, where) if where.strip() else slice(None)] = place
        except UserError:  # style_problems says so
            continue
    return index


def numbers_of(table: FeatureTable, field: str) -> NDArray[np.float64] | None:
    """Return a field of numbers for all rows, NaN where there is none; None when it is not there or holds none."""
    column = table.columns.get(field)
    if not isinstance(column, ArrayColumn) or column.array.dtype.kind not in "ifb":
        return None
    values = column.array.astype(np.float64)
    return np.where(column.nulls, np.nan, values) if column.mask is not None else values


def in_draw_order(style: Style, table: FeatureTable, rows: Positions) -> Positions:
    """Return positions (n,) into ``rows`` in the order in which the style wants them drawn: as they are without a field.

    Rows without a value come first; texts are ordered as they sort.
    """
    column = table.columns.get(style.order_by) if style.order_by else None
    if isinstance(column, TextColumn):
        places = np.argsort(np.argsort(np.array(column.dictionary, object), kind="stable"), kind="stable")
        keys = np.append(places, -1)[column.codes[rows]].astype(np.float64)
        missing = column.nulls[rows]
    elif isinstance(column, ArrayColumn):
        values = column.array[rows]
        keys = values.astype(np.int64 if values.dtype.kind == "M" else np.float64).astype(np.float64)
        missing = column.nulls[rows] | np.isnan(keys)
    else:
        return np.arange(len(rows))
    keys = np.where(missing, -np.inf, -keys if style.descending else keys)
    return np.argsort(keys, kind="stable")


def _classes_of(column: Column, groups: tuple[tuple[Code, ...], ...]) -> Classes:
    """int32 per row of the column: the first group that holds its value, -1 where none does."""
    # 1 == True == 1.0 in Python: the types must take part in the key, or two styles would share one answer.
    key = tuple(tuple((type(value), value) for value in group) for group in groups)
    return _kept(column, key, lambda: _matched(column, groups))


def _graduated(column: Column, breaks: tuple[float, ...], count: int) -> Classes:
    return _kept(column, (breaks, count), lambda: _in_intervals(column, breaks, count))


def _kept(column: Column | FeatureTable, key: object, compute: Any) -> Classes:
    with _lock:
        answers = _classes.setdefault(column, {})
        found = answers.get(key)
    if found is None:
        found = compute()
        found.setflags(write=False)
        with _lock:
            while len(answers) >= _KEPT_PER_COLUMN:
                answers.pop(next(iter(answers)))
            answers[key] = found
    return found


def _matched(column: Column, groups: tuple[tuple[Code, ...], ...]) -> Classes:
    lookup: dict[Code, int] = {}
    texts: dict[str, int] = {}
    for place, group in enumerate(groups):
        for value in group:
            lookup.setdefault(value, place)
            if value is not None:
                texts.setdefault(str(value), place)
    missing = lookup.get(None, -1)
    if isinstance(column, TextColumn):
        answers = [texts.get(text, -1) for text in column.dictionary]
        return np.array([*answers, missing], np.int32)[column.codes]
    assert isinstance(column, ArrayColumn)  # noqa: S101  geometry has no classes
    values, positions = _distinct(column.array)
    answers = [lookup.get(value, texts.get(_as_text(value), -1)) for value in values]
    index = np.array(answers or [-1], np.int32)[positions]
    return np.where(column.nulls, np.int32(missing), index) if column.mask is not None else index


def _distinct(array: NDArray[Any]) -> tuple[list[Any], NDArray[np.int64]]:
    """Return the values there are as Python objects and, for every row, the position of its own among them."""
    if array.dtype.kind == "i" and len(array):
        low, high = int(array.min()), int(array.max())
        if high - low < _TABLE_SPAN:
            offset = array - low
            present = np.flatnonzero(np.bincount(offset, minlength=high - low + 1))
            places = np.zeros(high - low + 1, np.int64)
            places[present] = np.arange(len(present))
            return [int(value) + low for value in present], places[offset]
    values, positions = np.unique(array, return_inverse=True)
    return [value.item() for value in values], positions


def _as_text(value: Any) -> str:
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def _in_intervals(column: Column, breaks: tuple[float, ...], count: int) -> Classes:
    if not isinstance(column, ArrayColumn) or column.array.dtype.kind not in "ifb" or len(breaks) < 2:
        return np.full(len(column), -1, np.int32)
    edges = np.asarray(breaks[: count + 1], np.float64)
    values = column.array.astype(np.float64)
    index = np.searchsorted(edges, values, side="right").astype(np.int32) - 1
    last = len(edges) - 2
    index[values == edges[-1]] = last
    outside = (index < 0) | (index > last) | np.isnan(values) | column.nulls
    return np.where(outside, np.int32(-1), index)


@lru_cache(maxsize=512)
def patched(symbol: Symbol, patch: Patch) -> Symbol:
    """Return the symbol as the patch changes it.

    A dash goes to lines and edges that are solid: a line that has a rhythm of its own (the white dashes of a railway) keeps it.
    """
    return Symbol(
        tuple(_ringed(_patched_part(part, patch), patch) for part in symbol.point),
        tuple(_patched_part(part, patch) for part in symbol.line),
        tuple(_patched_part(part, patch) for part in symbol.polygon),
        symbol.graded,
    )


def _ringed(part: PointPart, patch: Patch) -> PointPart:
    if patch.ring is None or not isinstance(part, Marker):
        return part
    return replace(part, ring=patch.ring, ring_color=part.ring_color or part.color)


def _patched_part(part: P, patch: Patch) -> P:
    if isinstance(part, MarkerLine):
        return replace(part, marker=_patched_part(part.marker, patch))
    if patch.opacity is not None:
        part = replace(part, opacity=part.opacity * patch.opacity)
    if patch.dash and isinstance(part, Line) and not part.dash:
        part = replace(part, dash=patch.dash, cap="flat")  # round ends would fill the gaps of a wide line
    return part


def legend_entries(style: Style) -> tuple[LegendEntry, ...]:
    """Return the lines of the layer's legend: the renderer's symbols, then what the variations do, in the user's language."""
    renderer = style.renderer
    if isinstance(renderer, Single):
        entries = [LegendEntry("", renderer.symbol, _hint(renderer.symbol))]
    elif isinstance(renderer, Categorized | RuleBased):
        entries = _named_entries(renderer)
    elif isinstance(renderer, Graduated):
        entries = _graduated_entries(renderer)
    elif isinstance(renderer, Heat):
        entries = _heat_entries(renderer)
    else:
        entries = _cluster_entries(renderer)
    for variation in style.variations:
        symbol = _plain_of(entries[0].symbol) if entries else _EMPTY
        entries += [
            LegendEntry(each.label, patched(symbol, each), _hint(symbol), each.values, "variation")
            for each in variation.patches
        ]
    return tuple(entries)


def _named_entries(renderer: Categorized | RuleBased) -> list[LegendEntry]:
    named: Sequence[Category | Rule] = renderer.categories if isinstance(renderer, Categorized) else renderer.rules
    entries = [
        LegendEntry(each.label, each.symbol, each.kind or _hint(each.symbol), each.values if isinstance(each, Category) else ())
        for each in named
    ]
    if renderer.other is not None:
        label = pick(renderer.other_label_zh, renderer.other_label_en)
        entries.append(LegendEntry(label, renderer.other, _hint(renderer.other)))
    return entries


def _heat_entries(renderer: Heat) -> list[LegendEntry]:
    ramp = Symbol(polygon=(Ramp(renderer.ramp, renderer.opacity),))
    return [LegendEntry(tr("sparse to dense"), ramp, "polygon", part="heat")]


def _cluster_entries(renderer: Cluster) -> list[LegendEntry]:
    several = Symbol((renderer.marker,))
    return [
        LegendEntry(tr("one feature"), renderer.symbol, "point" if renderer.symbol.point else _hint(renderer.symbol)),
        LegendEntry(tr("several features, with their number"), several, "point", part="cluster"),
    ]


def _graduated_entries(renderer: Graduated) -> list[LegendEntry]:
    pairs = zip(class_ranges(renderer.breaks, renderer.unit), renderer.symbols, strict=False)
    entries = [LegendEntry(text, symbol, _hint(symbol)) for text, symbol in pairs]
    if renderer.missing is not None:
        entries.append(LegendEntry(tr("no value"), renderer.missing, _hint(renderer.missing), (None,)))
    return entries


def class_ranges(breaks: tuple[float, ...], unit: str) -> list[str]:
    """Return the classes in words: short numbers as they are, long ones with as many digits as tell all breaks apart."""
    short = all(float(f"{each:.6g}") == each for each in breaks)
    apart = (n for n in range(3, 16) if len({f"{each:.{n}g}" for each in breaks}) == len(set(breaks)))
    digits = 6 if short else next(apart, 15)
    numbers = [_number(each, digits) for each in breaks]
    after = f" {unit}" if unit else ""
    return [f"{low} – {high}{after}" for low, high in pairwise(numbers)]


def _number(value: float, digits: int) -> str:
    """Return a number with thousands marked, rounded to significant digits but never before the point."""
    rounded = float(f"{value:.{digits}g}") if abs(value) < 10**digits else round(value)
    return f"{rounded:,.15g}" if abs(rounded) < 1e15 else f"{rounded:,.6g}"


def _plain_of(symbol: Symbol) -> Symbol:
    """Return a symbol in neutral grey that shows what a variation does, whatever the class."""
    grey = "#5A6675"
    size = symbol.point[0].size if symbol.point else 8.0
    return Symbol(
        (Marker("circle", size * 0.6, grey),) if symbol.point else (),
        (Line(grey, 1.8),) if symbol.line else (),
        (Fill(grey, 0.1), Line(grey, 1.2)) if symbol.polygon and not symbol.line else (),
    )


def _hint(symbol: Symbol) -> Hint:
    families: Sequence[tuple[Hint, tuple[Any, ...]]] = (("polygon", symbol.polygon), ("line", symbol.line))
    return next((name for name, parts in families if parts), "point")
