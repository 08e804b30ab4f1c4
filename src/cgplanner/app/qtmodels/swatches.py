"""Legend swatches as pixmaps, drawn by the map's own painter and kept while the program runs."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtGui import QPixmap

from cgplanner.app.settings import ThemeName
from cgplanner.model.layer import Layer
from cgplanner.render.qt.swatch import legend_swatch
from cgplanner.symbology.evaluate import Hint, LegendEntry, legend_entries, style_of
from cgplanner.symbology.style import Symbol


@lru_cache(maxsize=512)
def swatch(symbol: Symbol, kind: Hint, width: int, height: int, ratio: float, theme: ThemeName) -> QPixmap:
    """Return the picture of a symbol, ``width`` x ``height`` device-independent pixels."""
    return QPixmap.fromImage(legend_swatch(symbol, kind, (width, height), ratio, theme))


def kind_of(layer: Layer, entry: LegendEntry) -> Hint:
    """Return the kind of geometry a legend line is about: the layer's own where its symbol has a part for that."""
    own = layer.schema.geometry
    if own in ("point", "line", "polygon") and getattr(entry.symbol, own):
        return own
    return entry.kind


def first_entry(layer: Layer) -> LegendEntry | None:
    """Return the legend line that stands for the whole layer."""
    entries = legend_entries(style_of(layer))
    return entries[0] if entries else None
