"""A layer's look in the few words that exported files have for it: symbols become colours, classes become names."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cgplanner.io.styles.look import ClassLook, Look
from cgplanner.model.layer import Layer
from cgplanner.symbology.evaluate import style_of, symbols_for
from cgplanner.symbology.style import Band, Categorized, Fill, Hatch, Line, Symbol, Ticks
from cgplanner.text import pick


def look_of(layer: Layer) -> Look:
    """Return the classes of a layer's rows: one for each category and symbol in use; rows that are not drawn have none."""
    style = style_of(layer)
    symbols, index = symbols_for(style, layer.table, np.arange(len(layer.table)))
    labels = _labels(layer)
    names = list(dict.fromkeys(labels))
    place = {name: number for number, name in enumerate(names)}
    rows = np.array([place[each] for each in labels], np.int64)
    pairs = np.where(index < 0, -1, index.astype(np.int64) * max(len(names), 1) + rows)
    used = np.unique(pairs[pairs >= 0])
    classes = tuple(_class(symbols[int(each) // len(names)], names[int(each) % len(names)]) for each in used)
    return Look(classes, np.where(pairs < 0, -1, np.searchsorted(used, pairs)).astype(np.int32))


def _labels(layer: Layer) -> list[str]:
    """Return the name of every row's category; the layer's title where there are none."""
    renderer = style_of(layer).renderer
    column = layer.table.columns.get(renderer.field) if isinstance(renderer, Categorized) else None
    if column is None or not isinstance(renderer, Categorized):
        return [layer.title] * len(layer.table)
    known = {value: pick(each.label_zh, each.label_en) or str(value) for each in renderer.categories for value in each.values}
    other = pick(renderer.other_label_zh, renderer.other_label_en)
    return [known.get(value, other) for value in column.values()]


def _class(symbol: Symbol, name: str) -> ClassLook:
    fill, fill_opacity = "", 1.0
    strokes: list[Line | Band | Ticks] = []
    parts: Sequence[object] = (*symbol.polygon, *symbol.line)
    for part in parts:
        if isinstance(part, Fill | Hatch) and not fill:
            fill, fill_opacity = part.color, part.opacity if isinstance(part, Fill) else part.opacity / 3
        elif isinstance(part, Line):
            strokes.insert(0, part)
        elif isinstance(part, Band | Ticks):
            strokes.append(part)
    if symbol.point and not fill:
        fill, fill_opacity = symbol.point[0].color, symbol.point[0].opacity
    if not strokes:
        return ClassLook(name, fill, fill, fill_opacity, fill_opacity)
    return ClassLook(name, fill, strokes[0].color, fill_opacity, strokes[0].opacity, strokes[0].width)
