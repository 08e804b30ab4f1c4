"""Meridians and parallels over the map, with their degrees at the rim. Steps and words are those of the page."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPen

from cgplanner.app import theme
from cgplanner.app.canvas.overlay import Overlay
from cgplanner.app.furniture.chips import ChipCache
from cgplanner.geometry.crs import GEOGRAPHIC, transform_xy
from cgplanner.geometry.ragged import Floats
from cgplanner.layout.graticule import degrees_text, lines_between, step_for
from cgplanner.render.scene.viewport import Box, Viewport

_POINTS = 33
_BEYOND = 0.4  # of the view on each side: how far a drag goes before anything is made anew
_POLE = 89.5
_GAP = 4.0
_ALPHA = 150


@dataclass(frozen=True, eq=False)
class _Line:
    text: str
    xy: Floats  # (n, 2) in the display CRS


@dataclass(frozen=True, eq=False)
class _Net:
    """The lines over a box that is larger than the view, as a path about its own origin."""

    box: Box
    crs: str
    step: float
    origin: tuple[float, float]
    path: QPainterPath
    meridians: tuple[_Line, ...]
    parallels: tuple[_Line, ...]


class GraticuleOverlay(Overlay):
    """The graticule of the screen."""

    visible = False

    def __init__(self, font: QFont) -> None:
        self._chips = ChipCache(theme.sized(font, theme.SMALL_PX))
        self._net: _Net | None = None

    def forget(self) -> None:
        self._net = None
        self._chips.forget()

    def paint(self, painter: QPainter, view: Viewport) -> None:
        net = self._net_for(view)
        if net is None:
            return
        colour = QColor(theme.current().secondary)
        colour.setAlpha(_ALPHA)
        pen = QPen(colour, 1.0)
        pen.setCosmetic(True)
        painter.save()
        painter.translate(
            (net.origin[0] - view.x) / view.units_per_px + view.width / 2,
            (view.y - net.origin[1]) / view.units_per_px + view.height / 2,
        )
        painter.scale(1.0 / view.units_per_px, 1.0 / view.units_per_px)
        painter.strokePath(net.path, pen)
        painter.restore()
        self._paint_words(painter, view, net)

    def _paint_words(self, painter: QPainter, view: Viewport, net: _Net) -> None:
        minx, miny, maxx, maxy = view.extent
        for line in net.meridians:
            x = float(np.interp(maxy, line.xy[:, 1], line.xy[:, 0], left=np.nan, right=np.nan))
            if minx < x < maxx:
                at = (x - view.x) / view.units_per_px + view.width / 2
                chip = self._chips.of(line.text, painter)
                left = round(at - chip.width / 2)
                if left > chip.width and left + chip.width < view.width - _GAP:
                    painter.drawPixmap(QPointF(left, _GAP), chip.picture)
        for line in net.parallels:
            y = float(np.interp(minx, line.xy[:, 0], line.xy[:, 1], left=np.nan, right=np.nan))
            if miny < y < maxy:
                at = (view.y - y) / view.units_per_px + view.height / 2
                chip = self._chips.of(line.text, painter)
                top = round(at - chip.height / 2)
                if top > 2 * chip.height and top + chip.height < view.height - 3 * chip.height:
                    painter.drawPixmap(QPointF(_GAP, top), chip.picture)

    def _net_for(self, view: Viewport) -> _Net | None:
        """Return the lines that are kept, or new ones where they do not reach or are too wide or too dense."""
        if not view.crs or not view.width or not view.height:
            return None
        net, box = self._net, view.extent
        if net is not None and net.crs == view.crs and _holds(net.box, box) and net.step == self._step(view):
            return net
        self._net = self._made(view)
        return self._net

    def _step(self, view: Viewport) -> float:
        """Return the step for this scale: of what a view of this size shows in the middle, so that a drag changes nothing."""
        metres = view.scale_denominator * 0.0254 / 96 * min(view.width, view.height)
        return step_for(metres / 111_000.0)

    def _made(self, view: Viewport) -> _Net | None:
        minx, miny, maxx, maxy = view.extent
        across, up = (maxx - minx) * _BEYOND, (maxy - miny) * _BEYOND
        box = (minx - across, miny - up, maxx + across, maxy + up)
        span = _degrees_of(view.crs, box)
        if span is None:
            return None
        west, south, east, north = span
        step = self._step(view)
        lons, lats = np.linspace(west, east, _POINTS), np.linspace(max(south, -_POLE), min(north, _POLE), _POINTS)
        meridians = [(lon, np.column_stack([np.full(len(lats), lon), lats])) for lon in lines_between(west, east, step)]
        parallels = [(lat, np.column_stack([lons, np.full(len(lons), lat)])) for lat in lines_between(lats[0], lats[-1], step)]
        if len(meridians) + len(parallels) > 400:
            return None
        lines = [_Line(degrees_text(lon, "E", "W"), transform_xy(GEOGRAPHIC, view.crs, xy)) for lon, xy in meridians]
        count = len(lines)
        lines += [_Line(degrees_text(lat, "N", "S"), transform_xy(GEOGRAPHIC, view.crs, xy)) for lat, xy in parallels]
        path = QPainterPath()
        for line in lines:
            points = [QPointF(x - view.x, view.y - y) for x, y in line.xy[np.isfinite(line.xy).all(axis=1)].tolist()]
            if points:
                path.moveTo(points[0])
                for point in points[1:]:
                    path.lineTo(point)
        return _Net(box, view.crs, step, (view.x, view.y), path, tuple(lines[:count]), tuple(lines[count:]))


def _holds(outer: Box, inner: Box) -> bool:
    return outer[0] <= inner[0] and outer[1] <= inner[1] and outer[2] >= inner[2] and outer[3] >= inner[3]


def _degrees_of(crs: str, box: Box) -> Box | None:
    """Return the degrees that a box shows; None where a part of it is no place on earth."""
    x, y = np.meshgrid(np.linspace(box[0], box[2], _POINTS), np.linspace(box[1], box[3], _POINTS))
    degrees = transform_xy(crs, GEOGRAPHIC, np.column_stack([x.ravel(), y.ravel()]))
    degrees = degrees[np.isfinite(degrees).all(axis=1)]
    if not len(degrees):
        return None
    low, high = degrees.min(axis=0), degrees.max(axis=0)
    if high[0] - low[0] > 350:  # the whole earth: meridians would run across each other
        return None
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])
