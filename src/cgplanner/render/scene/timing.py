"""How long a cold redraw takes: the layer of a benchmark in the look of its peers, the scene built and painted anew."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import NamedTuple

from cgplanner.model.layer import Layer
from cgplanner.model.table import FeatureTable
from cgplanner.render.scene.build import build
from cgplanner.render.scene.display_list import DisplayList
from cgplanner.render.scene.request import SceneRequest
from cgplanner.render.scene.viewport import Viewport, viewport_of
from cgplanner.symbology.style import Categorized, Category, Fill, Line, Style, Symbol

SHARES = (1.0, 0.3, 0.1, 0.03, 0.01)
SIZE_PX = (1600, 1000)
_COLORS = ("#A6CEE3", "#B2DF8A", "#FB9A99", "#FDBF6F", "#CAB2D6")
_OUTLINE_PX = 0.13 / 25.4 * 96


class RenderTime(NamedTuple):
    """Best and median of some redraws in milliseconds, and how many features were drawn."""

    best_ms: float
    median_ms: float
    features: int


def benchmark_layer(table: FeatureTable, crs: str) -> Layer:
    """Return the table as a layer with five classes of its field ``cls`` and thin outlines."""
    edge = Line("#404040", _OUTLINE_PX)
    symbols = [Symbol(line=(edge,), polygon=(Fill(color), edge)) for color in _COLORS]
    categories = tuple(Category((value,), symbol) for value, symbol in enumerate(symbols))
    style = Style(Categorized(table.schema.named("cls").id, categories))
    return Layer("bench", "", "bench", table, crs, style)


def window_of(layer: Layer, share: float, size: tuple[int, int] = SIZE_PX) -> Viewport:
    """Return the window that shows a share of the layer's extent around its middle, in the layer's CRS."""
    box = layer.table.geometry.extent() or (0.0, 0.0, 1.0, 1.0)
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    half_w, half_h = (box[2] - box[0]) * share / 2, (box[3] - box[1]) * share / 2
    return viewport_of((x - half_w, y - half_h, x + half_w, y + half_h), *size, layer.crs)


def time_render(
    table: FeatureTable, crs: str, share: float, repeat: int = 3, *, painter: Callable[[DisplayList], object] | None = None
) -> RenderTime:
    """Return how long building (and, with ``painter``, painting) takes; pass ``render.qt.paint.to_image`` as painter.

    What belongs to the table (index, bounds, classes) is warm after the first time, as it is in the running program.
    """
    layer = benchmark_layer(table, crs)
    request = SceneRequest((layer,), window_of(layer, share), labels=False)
    times, features = [], 0
    for _ in range(repeat):
        start = time.perf_counter()
        drawn = build(request)
        if painter is not None:
            painter(drawn)
        times.append((time.perf_counter() - start) * 1000)
        features = drawn.features_drawn
    return RenderTime(min(times), median(times), features)
