"""Meridians and parallels over the map, with ticks and degrees in the rim round the frame."""

from __future__ import annotations

from typing import Literal

import numpy as np

from cgplanner.geometry.crs import GEOGRAPHIC, transform_xy
from cgplanner.geometry.ragged import Floats
from cgplanner.geometry.text_extent import text_width
from cgplanner.layout.graticule import degrees_text, lines_between, step_for
from cgplanner.layout.page import Graticule
from cgplanner.render.page.map_view import MapView
from cgplanner.render.page.sheet import Sheet, Stroke

_POINTS = 121  # along a line; enough for any bend on A3
_BEYOND = 0.02  # of the span
_POLE = 89.9
_TICK = 1.0
_GAP = 0.8
Side = Literal["top", "bottom", "left", "right"]


def draw_graticule(sheet: Sheet, item: Graticule, view: MapView) -> None:
    """Draw the lines inside the frame and, where asked for, labels in the rim; nothing without a CRS."""
    span = _span(view)
    if not view.crs or view.is_empty or span is None:
        return
    west, south, east, north = span
    step = item.step or step_for(min(east - west, north - south))
    beyond = _BEYOND * (east - west), _BEYOND * (north - south)  # so that lines cross the frame, not only touch it
    across = np.linspace(west - beyond[0], east + beyond[0], _POINTS)
    up = np.linspace(max(south - beyond[1], -_POLE), min(north + beyond[1], _POLE), _POINTS)
    meridians = [(lon, np.column_stack([np.full(_POINTS, lon), up])) for lon in lines_between(west, east, step)]
    parallels = [(lat, np.column_stack([across, np.full(_POINTS, lat)])) for lat in lines_between(south, north, step)]
    pen = Stroke(item.color, item.line)
    for lon, line in meridians:
        _draw(sheet, item, view, line, pen, degrees_text(lon, "E", "W"), ("top", "bottom"))
    for lat, line in parallels:
        _draw(sheet, item, view, line, pen, degrees_text(lat, "N", "S"), ("left", "right"))


def _span(view: MapView) -> tuple[float, float, float, float] | None:
    """Return the degrees that the frame shows: west, south, east, north."""
    box = view.box
    x, y = np.meshgrid(np.linspace(box.x, box.right, 33), np.linspace(box.y, box.bottom, 33))
    degrees = transform_xy(view.crs, GEOGRAPHIC, view.to_map(np.column_stack([x.ravel(), y.ravel()])))
    if not view.crs or not np.isfinite(degrees).all():
        return None
    low, high = degrees.min(axis=0), degrees.max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def _draw(
    sheet: Sheet, item: Graticule, view: MapView, degrees: Floats, pen: Stroke, text: str, sides: tuple[Side, Side]
) -> None:
    line = view.to_page(transform_xy(GEOGRAPHIC, view.crs, degrees))
    box = view.box
    with sheet.inside(box):
        sheet.line(*((float(x), float(y)) for x, y in line - (box.x, box.y)), stroke=pen)
    if item.labels:
        for side in sides:
            place = crossing(line, view, side)
            if place is not None:
                _label(sheet, item, view, text, side, place)


def crossing(line: Floats, view: MapView, side: Side) -> float | None:
    """Return where a line over the page (n, 2) leaves the frame on a side: the x of top and bottom, the y of left and right."""
    box = view.box
    level = {"top": box.y, "bottom": box.bottom, "left": box.x, "right": box.right}[side]
    along, other = (1, 0) if side in {"top", "bottom"} else (0, 1)
    offset = line[:, along] - level
    hits = np.flatnonzero((offset[:-1] <= 0) != (offset[1:] <= 0))
    low, high = (box.x, box.right) if other == 0 else (box.y, box.bottom)
    for hit in hits:
        share = offset[hit] / (offset[hit] - offset[hit + 1])
        place = float(line[hit, other] + share * (line[hit + 1, other] - line[hit, other]))
        if low <= place <= high:
            return place
    return None


def _label(sheet: Sheet, item: Graticule, view: MapView, text: str, side: Side, place: float) -> None:
    """Draw a tick and the degrees outside the frame, not where they would reach beyond the rim's corner."""
    box, size = view.box, item.size
    tick = Stroke("#1B2430", 0.2)
    half = text_width(text) * size / 2
    low, high = (item.x, item.box.right) if side in {"top", "bottom"} else (item.y, item.box.bottom)
    if place - half < low or place + half > high:
        return
    if side in {"top", "bottom"}:
        edge, out = (box.y, -1) if side == "top" else (box.bottom, 1)
        sheet.line((place, edge), (place, edge + out * _TICK), stroke=tick)
        baseline = edge - _TICK - _GAP if side == "top" else edge + _TICK + _GAP + 0.74 * size
        sheet.text(place, baseline, text, size, align="center", color="#3C4654")
    else:
        edge, out = (box.x, -1) if side == "left" else (box.right, 1)
        sheet.line((edge, place), (edge + out * _TICK, place), stroke=tick)
        x = edge - _TICK - _GAP if side == "left" else edge + _TICK + _GAP + 0.74 * size
        sheet.text(x, place, text, size, align="center", color="#3C4654", angle=-90)
