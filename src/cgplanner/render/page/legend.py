"""The legend on the sheet: swatches drawn by the same batches as the map, so that they cannot differ from it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cgplanner.geometry.ragged import Floats
from cgplanner.layout.legend import GAP, SWATCH_H, Entry, PlacedLegend, swatch_width
from cgplanner.layout.page import Box, Legend
from cgplanner.layout.text_fit import LEADING
from cgplanner.render.page.furniture import INK, QUIET
from cgplanner.render.page.map_drawing import draw_batch
from cgplanner.render.page.sheet import Sheet, middle_baseline
from cgplanner.render.scene.batches import batches_of
from cgplanner.render.scene.shapes.device_shapes import DeviceShapes, LayerShapes
from cgplanner.render.scene.viewport import Viewport
from cgplanner.symbology.evaluate import Hint
from cgplanner.symbology.style import MM_PER_PX, AreaPart, Band, Marker, PointPart, Symbol
from cgplanner.text import tr

_MARKER_SHARE = 0.95  # of a swatch's height that a marker may fill
_BAND_SHARE = 0.18
_RING_PX = 8.0


def draw_legend(sheet: Sheet, item: Legend, legend: PlacedLegend, symbols: float) -> None:
    """Draw the placed legend; ``symbols`` is the factor that the map's symbols are drawn with."""
    size = legend.size
    for line in legend.lines:
        x, y = item.x + line.x, item.y + line.y
        if line.entry is None:
            sheet.text(x, y + 1.15 * size, line.lines[0], size, bold=True, color=INK)
            continue
        swatch = swatch_width(line.entry)
        top = y + (line.h - SWATCH_H * size) / 2
        draw_swatch(sheet, line.entry, Box(x, top, swatch * size, SWATCH_H * size), symbols)
        first = y + line.h / 2 - (len(line.lines) - 1) * LEADING * size / 2
        for number, text in enumerate(line.lines):
            baseline = middle_baseline(first + number * LEADING * size, size)
            sheet.text(x + (swatch + GAP) * size, baseline, text, size, color=INK)
    if legend.left_out:
        text = tr("and {count} more", count=legend.left_out)
        sheet.text(item.x, item.y + legend.height + 1.2 * size, text, size, color=QUIET)


def draw_swatch(sheet: Sheet, entry: Entry, box: Box, symbols: float) -> None:
    """Draw the symbol of an entry in a box (mm): an area, a line across or a marker in the middle.

    What a variation does is shown on a line and on the ring of a point, side by side.
    """
    if entry.is_variation and entry.symbol.point:
        side = box.h * 1.15
        line = Box(box.x, box.y, box.w - side - 0.15 * box.h, box.h)
        _draw(sheet, entry.symbol, "line" if entry.symbol.line else "polygon", line, symbols)
        _draw(sheet, _ring_only(entry.symbol), "point", Box(box.right - side, box.y, side, box.h), symbols)
    else:
        _draw(sheet, _without_rings(entry.symbol), entry.kind, box, symbols)


def _ring_only(symbol: Symbol) -> Symbol:
    markers = tuple(
        replace(each, size=_RING_PX, glyph="", ring_color=each.ring_color or each.color)
        for each in symbol.point[:1]
        if isinstance(each, Marker)
    )
    return replace(symbol, point=markers)


def _without_rings(symbol: Symbol) -> Symbol:
    """Return the symbol as a class has it: its ring is the rhythm of a status, which has lines of its own."""
    markers = tuple(replace(each, ring_color="") if isinstance(each, Marker) else each for each in symbol.point)
    return replace(symbol, point=markers)


def _draw(sheet: Sheet, symbol: Symbol, kind: Hint, box: Box, symbols: float) -> None:
    width, height = box.w / symbols, box.h / symbols
    viewport = Viewport(0.0, 0.0, 1.0, width, height, "mm")
    shapes = _shapes(kind, width, height)
    fitting = replace(
        symbol,
        point=tuple(_no_larger(each, height) for each in symbol.point),
        polygon=tuple(_no_wider(each, height) for each in symbol.polygon),
    )
    with sheet.inside(box, symbols):
        for batch in batches_of(shapes, [fitting], np.zeros(1, np.int32), viewport):
            draw_batch(batch, sheet)


def _no_larger(marker: PointPart, height: float) -> PointPart:
    most = height / MM_PER_PX * _MARKER_SHARE
    if isinstance(marker, Marker):
        most -= 2 * (2.0 + 1.0) + marker.stroke_width if marker.ring_color else marker.stroke_width
    return replace(marker, size=min(marker.size, most))


def _no_wider(part: AreaPart, height: float) -> AreaPart:
    """Return the part with a band that leaves the middle of a swatch free."""
    if isinstance(part, Band):
        return replace(part, width=min(part.width, height / MM_PER_PX * _BAND_SHARE))
    return part


def _shapes(kind: Hint, width: float, height: float) -> LayerShapes:
    """Return one feature of the kind, in device units, that fills a swatch."""
    inset = 0.35
    x0, x1, y0, y1 = inset, width - inset, inset, height - inset
    xy: Floats
    if kind == "point":
        xy = np.array([[width / 2, height / 2]])
    elif kind == "line":
        xy = np.array([[0.0, height / 2], [width, height / 2]])
    else:
        xy = np.array([[x0, y0], [x0, y1], [x1, y1], [x1, y0], [x0, y0]])
    one = np.array([0, 1])
    shape = DeviceShapes(xy, np.array([0, len(xy)]), one, one, np.array([0]))
    none = DeviceShapes(np.empty((0, 2)), np.array([0]), np.array([0]), np.array([0]), np.empty(0, np.int64))
    parts = {each: shape if each == kind else none for each in ("point", "line", "polygon")}
    return LayerShapes(parts["point"], parts["line"], parts["polygon"])
