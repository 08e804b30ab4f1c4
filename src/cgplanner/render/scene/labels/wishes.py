"""The labels that a layer wants: what they say, where each could stand, from best to worst. Nothing is decided here.

Places hang on features and on the scale, not on the window, so that labels keep their places while the map is panned.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import shapely

from cgplanner.geometry.crs import transform_xy
from cgplanner.geometry.ragged import Floats, Ints
from cgplanner.geometry.text_extent import text_width
from cgplanner.model.layer import Layer
from cgplanner.render.scene.crowded.crowds import outside_clusters
from cgplanner.render.scene.labels.anchors import interior_points, points_inside
from cgplanner.render.scene.labels.candidates import Bools, Candidate, around, away, inside, middle, over, pinned
from cgplanner.render.scene.labels.forms import SMALLER, Forms, forms_of, in_one_line, unwrapped
from cgplanner.render.scene.labels.lines import Run, runs_of
from cgplanner.render.scene.labels.room import Point
from cgplanner.render.scene.labels.solver import Tiers, Wish
from cgplanner.render.scene.labels.text import Block, texts_of
from cgplanner.render.scene.labels.written import Options
from cgplanner.render.scene.request import SceneRequest
from cgplanner.render.scene.shapes.banding import polygons_of
from cgplanner.render.scene.shapes.device_shapes import DeviceShapes, LayerShapes, device_shapes, oriented, rows_in_view
from cgplanner.render.scene.viewport import Viewport
from cgplanner.symbology.evaluate import Classes, style_of, symbols_for
from cgplanner.symbology.style import Labels, Line, Pin, PointPart, SvgMarker, Symbol

MOST_PER_LAYER = 2_000  # labels tried; the largest features of a crowd, the first of points
MOST_MARKERS = 2_000  # of a layer; among more of them no label could keep clear
_ALL_AROUND = 6.0  # windows across and down from which on an area is the ground and no thing on it
_CORNERS = np.array([(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0), (0.5, 0.5)])
_RING_PX = 3.0  # that a ring lies outside its marker, its own width with it
_HOLDS = (0.5, 0.25, 0.75)  # of a line's length, where a label that stands far away may be joined with it
_FAR_FORMS = 2  # of a text in its shortest words, that are tried far away
_NO_MARKERS = np.empty((0, 3))


@dataclass(eq=False, kw_only=True)
class LabelWish(Wish):
    """A wish that knows whose label it is.

    ``sign`` is what its places hang on besides the look of the labels and the view: the text, the symbol, the geometry.
    """

    layer: Layer
    row: int
    part: int
    labels: Labels
    text: str
    sign: Hashable = ()


def wishes_of(layer: Layer, height: int, request: SceneRequest) -> tuple[list[LabelWish], Floats]:
    """Return the labels a layer wants, and the markers it shows as x, y, radius (n, 3) in device units."""
    viewport, style = request.viewport, style_of(layer)
    labels = style.labels if style.labels and labelled_at(style.labels, viewport) else None
    if not style.drawn_at(viewport.scale_denominator) or (labels is None and layer.schema.geometry not in ("point", "mixed")):
        return [], _NO_MARKERS
    pins = _pins_by_row(labels, layer) if labels else {}
    rows = rows_in_view(layer, viewport, 0.0)
    if pins:
        rows = np.union1d(rows, np.array(sorted(pins), np.int64)).astype(np.int64)
    if labels is None and len(rows) > MOST_MARKERS:
        return [], _NO_MARKERS
    symbols, index = symbols_for(style, layer.table, rows, viewport.scale_denominator)
    shown = (index >= 0) & outside_clusters(layer, viewport, rows)
    rows, index = _crowd_thinned(layer, rows[shown], index[shown])
    if not len(rows):
        return [], _NO_MARKERS
    reach = [max(map(_radius_of, symbol.point), default=0.0) * viewport.px for symbol in symbols]
    shapes = device_shapes(layer, viewport, rows)
    classes = {int(row): int(k) for row, k in zip(rows, index, strict=True)}
    markers = _markers_of(shapes, classes, reach)
    if labels is None:
        return [], markers
    texts = texts_of(labels, layer.table, rows, request.language)
    words = {int(row): text for row, text in zip(rows, texts, strict=True) if text}
    maker = _Maker(layer, labels, viewport, words, height, pins, shorten=labels.shorten and request.language == "en")
    wishes = [*maker.points(shapes, classes, reach), *maker.lines(shapes, classes, symbols), *maker.areas(shapes)]
    return wishes, markers


def own_point(layer: Layer, row: int, viewport: Viewport) -> Point | None:
    """Return the point of a feature that pins are counted from, in device units; None where it has no place on this map."""
    shapes = device_shapes(layer, viewport, np.array([row]))
    if len(shapes.point):
        points = shapes.point.xy[:1]
    elif len(shapes.line):
        points = np.array([_middle_of(*_longest_part(shapes.line, 0))])
    elif len(shapes.polygon):
        inner = interior_points(layer.table.geometry, np.array([row]))
        points = viewport.to_device(transform_xy(layer.crs, viewport.crs, inner))
    else:
        return None
    return (float(points[0, 0]), float(points[0, 1])) if np.isfinite(points).all() else None


def pin_offset(layer: Layer, viewport: Viewport, start: Point, end: Point) -> tuple[float, float]:
    """Return the way from one place of a window to another in units of the layer's CRS, as pins hold it."""
    places = transform_xy(viewport.crs, layer.crs, viewport.to_map(np.array([start, end])))
    return float(places[1, 0] - places[0, 0]), float(places[1, 1] - places[0, 1])


def labelled_at(labels: Labels, viewport: Viewport) -> bool:
    """Tell whether these labels are shown at the scale of a window."""
    scale = viewport.scale_denominator
    too_small = labels.min_scale and scale > labels.min_scale
    too_large = labels.max_scale and scale < labels.max_scale
    return labels.visible and not too_small and not too_large


def _radius_of(part: PointPart) -> float:
    """Return how far a marker and its ring are seen to reach from their place, in px."""
    if isinstance(part, SvgMarker):
        return part.size / 2
    return part.size / 2 + part.stroke_width / 2 + (_RING_PX if part.ring_color else 0.0)


def _pins_by_row(labels: Labels, layer: Layer) -> dict[int, Pin]:
    if not labels.pins:
        return {}
    pins = {pin.fid: pin for pin in labels.pins}
    rows = np.flatnonzero(np.isin(layer.table.fids, np.array(list(pins), np.int64)))
    return {int(row): pins[int(layer.table.fids[row])] for row in rows}


def _crowd_thinned(layer: Layer, rows: Ints, index: Classes) -> tuple[Ints, Classes]:
    if len(rows) <= MOST_PER_LAYER:
        return rows, index
    bounds = layer.table.geometry.bounds_of(rows)
    size = (bounds[:, 2:] - bounds[:, :2]).max(axis=1)
    largest = np.sort(np.argsort(-size, kind="stable")[:MOST_PER_LAYER])
    return rows[largest], index[largest]


def _markers_of(shapes: LayerShapes, classes: dict[int, int], reach: Sequence[float]) -> Floats:
    points = shapes.point
    if not len(points):
        return _NO_MARKERS
    radii = np.array([reach[classes[int(row)]] for row in points.rows])
    return np.column_stack([points.xy, np.repeat(radii, np.diff(points.rings[points.feature_rings]))])


@dataclass(eq=False)
class _Maker:
    """Makes the wishes of one layer."""

    layer: Layer
    labels: Labels
    viewport: Viewport
    texts: dict[int, str]
    height: int
    pins: dict[int, Pin]
    shorten: bool
    look: Labels = field(init=False)  # without what differs from map to map
    rids: Ints = field(init=False)

    def __post_init__(self) -> None:
        self.look = replace(self.labels, pins=())
        self.rids = self.layer.table.rids

    def _wish(
        self,
        row: int,
        anchor: Point,
        radius: float,
        tiers: Tiers,
        *,
        part: int = 0,
        size: float = 0.0,
        holds: Sequence[Point] = (),
        reach: float = 0.0,
    ) -> LabelWish:
        """Return a wish; ``holds`` are the points that a far label may be joined with, ``reach`` how far their symbol does."""
        order = (-self.labels.priority, -self.height, -size, row)
        rid = int(self.rids[row])
        return LabelWish(
            key=(self.layer.id, rid, part),
            said=(self.layer.id, self.texts[row]),
            anchor=anchor,
            radius=radius,
            order=order,
            tiers=tiers,
            far=partial(self._far, row, holds, reach),
            pinned=self._pinned(row, anchor, radius),
            layer=self.layer,
            row=row,
            part=part,
            labels=self.labels,
            text=self.texts[row],
            sign=(self.texts[row], radius, reach, self._shape(row)),
        )

    def _shape(self, row: int) -> int:
        """Return a number that stands for the vertices of a row, wherever they are kept."""
        column = self.layer.table.geometry
        at = int(column.rows_in_base[row])
        flat, at = (column.base, at) if at >= 0 else (column.extra_flat, -1 - at)
        offsets = flat.vertex_offsets
        return hash(flat.xy[offsets[at] : offsets[at + 1]].tobytes())

    def _pinned(self, row: int, anchor: Point, radius: float) -> Candidate | None:
        pin = self.pins.get(row)
        if pin is None:
            return None
        port = self.viewport
        home = transform_xy(port.crs, self.layer.crs, port.to_map(np.array([anchor])))
        there = port.to_device(transform_xy(self.layer.crs, port.crs, home + np.array([pin.dx, pin.dy])))[0]
        where = float(there[0]), float(there[1])
        return pinned(anchor, radius, where, self._block(row)) if np.isfinite(there).all() else None

    def _block(self, row: int) -> Block:
        return self._forms(row)[0][0][0]

    def _forms(self, row: int) -> Forms:
        return forms_of(self.texts[row], self.look, self.viewport.px, shorten=self.shorten)

    def _standing(self, row: int, anchor: Point, radius: float) -> Iterator[Sequence[Options]]:
        """Yield places beside a point, then away from it."""
        groups = self._forms(row)
        for group in groups:
            yield [around(anchor, radius, block, cost) for block, cost in group]
        yield from self._away(anchor, radius, groups)

    def _away(self, anchor: Point, radius: float, groups: Forms) -> Iterator[Sequence[Options]]:
        reach = self.labels.leader * self.viewport.px
        if reach > 0:
            for group in (groups[0], groups[-1]) if len(groups) > 1 else groups:
                yield [away(anchor, radius, block, reach, cost) for block, cost in group]

    def _far(self, row: int, holds: Sequence[Point], radius: float) -> Iterator[Sequence[Options]]:
        """Yield places far away, with a line to one of these points of the feature."""
        reach, groups = self.labels.leader * self.viewport.px, self._forms(row)
        forms = [groups[0][0], *groups[-1][:_FAR_FORMS]] if len(groups) > 1 else groups[0]
        yield [away(hold, radius, block, reach, cost, far=True) for block, cost in forms for hold in holds]

    def points(self, shapes: LayerShapes, classes: dict[int, int], reach: Sequence[float]) -> Iterator[LabelWish]:
        """Yield a wish for the first point of every point feature."""
        points = shapes.point
        firsts = points.xy[points.rings[points.feature_rings[:-1]]]
        for row, (x, y) in zip(points.rows.tolist(), firsts.tolist(), strict=True):
            if row in self.texts:
                radius = reach[classes[row]]
                tiers = partial(self._standing, row, (x, y), radius)
                yield self._wish(row, (x, y), radius, tiers, holds=((x, y),), reach=radius)

    def areas(self, shapes: LayerShapes) -> Iterator[LabelWish]:
        """Yield a wish for every area."""
        areas = shapes.polygon
        if not len(areas):
            return
        whole = self._interior(areas)
        shown = self._within_window(areas, whole)
        boxes = areas.boxes()
        for place, row in enumerate(areas.rows.tolist()):
            point = (whole if row in self.pins else shown)[place]
            if row in self.texts and np.isfinite(point).all():
                anchor = float(point[0]), float(point[1])
                size = boxes[place, 2:] - boxes[place, :2]
                if row not in self.pins and self._is_all_around(areas, place, size):
                    continue
                wish = self._wish(row, anchor, 0.0, partial(self._in_area, row, anchor, areas, place, size), holds=(anchor,))
                if wish.pinned is not None and _Area(areas, place).covers(np.array([wish.pinned.middle])).all():
                    wish.pinned = wish.pinned.unjoined()  # a name within its area needs no line to it
                yield wish

    def _is_all_around(self, areas: DeviceShapes, place: int, size: Floats) -> bool:
        """Tell whether an area reaches so far beyond the window that its name says nothing about what is seen."""
        window = np.array([self.viewport.width, self.viewport.height])
        if (size < _ALL_AROUND * window).any():
            return False
        return bool(_Area(areas, place).covers(_CORNERS * window).all())

    def _in_area(self, row: int, point: Point, areas: DeviceShapes, place: int, size: Floats) -> Iterator[Sequence[Options]]:
        groups = self._forms(row)
        area = _Area(areas, place)
        for group in groups:
            fitting = [(block, cost) for block, cost in group if block.width <= 0.9 * size[0] and block.height <= 0.9 * size[1]]
            if group is groups[0]:
                yield [middle(point, block) for block, _ in fitting]
            else:
                yield [inside(point, block, cost) for block, cost in fitting]
            yield [over(point, block, area.covers, cost) for block, cost in fitting]
        block = groups[0][0][0]
        if self.labels.placement != "area":
            if block.width > 0.9 * size[0] or block.height > 0.9 * size[1]:  # too small to hold its name: beside it will do
                yield [inside(point, block), around(point, max(float(size.min()) / 2, 0.0), block)]
        elif 0.9 * block.width <= 1.2 * size[0] and block.height <= size[1]:  # a name may lean over the edge a little
            yield [inside(point, block, 1.0)]
        yield from self._away(point, 0.0, groups)

    def _interior(self, areas: DeviceShapes) -> Floats:
        """Return a point inside every area in device units."""
        port = self.viewport
        points = interior_points(self.layer.table.geometry, areas.rows)
        return port.to_device(transform_xy(self.layer.crs, port.crs, points))

    def _within_window(self, areas: DeviceShapes, points: Floats) -> Floats:
        """Return the points, those outside the window replaced by one in the part of the area that is within."""
        port = self.viewport
        away_from = (points < 0).any(axis=1) | (points[:, 0] > port.width) | (points[:, 1] > port.height)
        if not away_from.any() or self.labels.placement == "point":
            return points
        points = points.copy()
        points[away_from] = _inside_window(areas.take(np.flatnonzero(away_from)), port)
        return points

    def lines(self, shapes: LayerShapes, classes: dict[int, int], symbols: tuple[Symbol, ...]) -> Iterator[LabelWish]:
        """Yield wishes along every line feature's longest part, again and again on long ones; at it where it is short."""
        lines = shapes.line
        for place, row in enumerate(lines.rows.tolist()):
            if row not in self.texts:
                continue
            widths = [part.width / 2 + part.casing for part in symbols[classes[row]].line if isinstance(part, Line)]
            lift = (max(widths, default=0.5) + 1.5) * self.viewport.px
            yield from self._on_line(row, *_longest_part(lines, place), lift)

    def _on_line(self, row: int, xy: Floats, length: float, lift: float) -> Iterator[LabelWish]:
        centre, radius = _middle_of(xy, length), lift + self.viewport.px
        width = text_width(self.texts[row], bold=self.labels.bold, letter_spacing=self.labels.spacing)
        long_enough = length >= 1.15 * width * self.labels.size * self.viewport.px
        holds = () if self.labels.placement == "line" else _along(xy, length, _HOLDS)
        if row in self.pins or self.labels.placement == "point" or not long_enough:
            if self.labels.placement != "line" or row in self.pins:
                tiers = partial(self._standing, row, centre, radius)
                yield self._wish(row, centre, radius, tiers, holds=holds, reach=radius)
            return
        block = in_one_line(self.texts[row], self.look, self.viewport.px)
        for run in runs_of(xy, length, block, lift, self.viewport):
            size = length if run.is_first else 0.0
            written, far = partial(self._written, row, run, centre, radius), holds if run.is_first else ()
            yield self._wish(row, run.anchor, 0.0, written, part=run.part, size=size, holds=far, reach=radius)

    def _written(self, row: int, run: Run, centre: Point, radius: float) -> Iterator[Sequence[Options]]:
        """Yield places along a line, then in smaller and shorter forms, then beside it."""
        text, px = self.texts[row], self.viewport.px
        yield [run.places()]
        yield [run.places(fine=True)]
        yield [run.calmer(run.block, SMALLER)]
        for block, cost in unwrapped(text, self.look, px, shorten=self.shorten):
            yield [run.written(block, cost), run.calmer(block, cost + SMALLER)]
        if self.labels.placement == "auto" and run.is_first:
            yield from self._standing(row, centre, radius)


@dataclass(eq=False)
class _Area:
    """One area of several, as a shape that is made when somebody asks."""

    areas: DeviceShapes
    place: int
    _shape: shapely.Geometry | None = None

    def covers(self, points: Floats) -> Bools:
        """bool (n,): which points lie in the area."""
        if self._shape is None:
            self._shape = polygons_of(oriented(self.areas.take(np.array([self.place]))).shapes())[0]
            shapely.prepare(self._shape)
        return np.asarray(shapely.contains_xy(self._shape, points[:, 0], points[:, 1]), bool)


def _longest_part(lines: DeviceShapes, place: int) -> tuple[Floats, float]:
    """Return the vertices and the length of a line feature's longest part."""
    first, last = lines.feature_rings[place], lines.feature_rings[place + 1]
    parts = [lines.xy[lines.rings[k] : lines.rings[k + 1]] for k in range(first, last)]
    lengths = [float(np.hypot(*np.diff(part, axis=0).T).sum()) for part in parts]
    longest = int(np.argmax(lengths))
    return parts[longest], lengths[longest]


def _middle_of(xy: Floats, length: float) -> Point:
    (middle,) = _along(xy, length, (0.5,))
    return middle


def _along(xy: Floats, length: float, shares: Sequence[float]) -> tuple[Point, ...]:
    """Return the points of a line (n, 2) at these shares of its length."""
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
    places = length * np.array(shares)
    return tuple(zip(np.interp(places, along, xy[:, 0]).tolist(), np.interp(places, along, xy[:, 1]).tolist(), strict=True))


def _inside_window(areas: DeviceShapes, viewport: Viewport) -> Floats:
    """Return a point well inside the part of each area that the window shows; NaN where it shows none."""
    window = polygons_of(oriented(areas).shapes())
    try:
        cut = shapely.clip_by_rect(window, 0, 0, viewport.width, viewport.height)
    except shapely.GEOSException:
        return np.full((len(areas), 2), np.nan)
    return points_inside(cut)
