"""One solver for the labels of screen and paper: every label finds a place of its own or stays away.

Greedy and in a fixed order: labels of higher priority choose first, then those of upper layers, then by row; each takes its
best place that overlaps nobody. The same map gives the same labels, and panning moves them with the map.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import shapely

from cgplanner.geometry.crs import transform_xy
from cgplanner.geometry.ragged import Floats, Ints
from cgplanner.geometry.text_extent import text_widths
from cgplanner.model.layer import Layer
from cgplanner.render.scene.banding import polygons_of
from cgplanner.render.scene.batches import symbol_margin
from cgplanner.render.scene.clipping import clip_lines
from cgplanner.render.scene.device_shapes import DeviceShapes, LayerShapes, device_shapes, oriented, rows_in_view
from cgplanner.render.scene.display_list import PlacedLabel
from cgplanner.render.scene.label_anchors import interior_points, points_inside
from cgplanner.render.scene.label_candidates import Candidate, along, around, baseline_of, inside
from cgplanner.render.scene.label_text import Block, block_of, texts_of
from cgplanner.render.scene.request import SceneRequest, check, never
from cgplanner.render.scene.theme import label_colors
from cgplanner.render.scene.viewport import Viewport
from cgplanner.symbology.evaluate import Classes, style_of, symbols_for
from cgplanner.symbology.style import Labels, Line, Symbol

MOST_PER_LAYER = 2_000  # labels tried; the largest features of a crowd, the first of points
REPEAT_PX = 640.0  # a long line is named again after this length
_SAME_PX = 260.0  # two labels of a layer with one text stand at least this far apart
_ON_MARKER = 0.7  # what it costs to lie on somebody's marker


@dataclass(eq=False)
class Wish:
    """A label that wants a place: its candidates are made when its turn comes."""

    layer: str
    row: int
    labels: Labels
    colors: tuple[str, str]
    text: str
    block: Block
    candidates: Callable[[], Iterable[Candidate]]
    order: tuple[float, int, float, int] = (0.0, 0, 0.0, 0)


@dataclass(eq=False)
class _Taken:
    """The boxes that are taken, as one growing array."""

    boxes: Floats = field(default_factory=lambda: np.empty((256, 4)))
    count: int = 0

    def meets(self, boxes: Floats) -> bool:
        """Tell whether one of these boxes overlaps one that is taken."""
        mine = self.boxes[: self.count]
        for box in boxes:
            if ((mine[:, 0] < box[2]) & (mine[:, 2] > box[0]) & (mine[:, 1] < box[3]) & (mine[:, 3] > box[1])).any():
                return True
        return False

    def add(self, boxes: Floats) -> None:
        """Take these boxes."""
        while self.count + len(boxes) > len(self.boxes):
            self.boxes = np.vstack([self.boxes, np.empty_like(self.boxes)])
        self.boxes[self.count : self.count + len(boxes)] = boxes
        self.count += len(boxes)


def place_labels(request: SceneRequest, *, cancelled: Callable[[], bool] | None = None) -> tuple[PlacedLabel, ...]:
    """Return the labels of all layers, placed in device units, those of the highest priority first.

    Raises
    ------
    Cancelled
        When ``cancelled`` said so.
    """
    stop = cancelled or never
    wishes: list[Wish] = []
    markers: list[Floats] = []
    for height, layer in enumerate(request.layers):
        check(stop)
        if layer.visible and layer.opacity > 0 and len(layer.table):
            mine, places = _wishes_of(layer, height, request)
            wishes += mine
            markers.append(places)
    wishes.sort(key=lambda wish: wish.order)
    return _solved(wishes, np.concatenate([*markers, np.empty((0, 3))]), request.viewport, stop)


def _solved(wishes: list[Wish], markers: Floats, viewport: Viewport, stop: Callable[[], bool]) -> tuple[PlacedLabel, ...]:
    taken = _Taken()
    placed: list[PlacedLabel] = []
    said: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for wish in wishes:
        check(stop)
        best: Candidate | None = None
        cost = np.inf
        for candidate in wish.candidates():
            if candidate.cost >= cost or not _within(candidate.boxes, viewport) or taken.meets(candidate.boxes):
                continue
            total = candidate.cost + _ON_MARKER * _covered(candidate.boxes, markers)
            if total < cost and not _said_nearby(said, wish, candidate, viewport.px):
                best, cost = candidate, total
        if best is not None:
            taken.add(best.boxes)
            said.setdefault((wish.layer, wish.text), []).append(_middle(best.boxes))
            placed.append(_placed(wish, best, viewport))
    return tuple(placed)


def _within(boxes: Floats, viewport: Viewport) -> bool:
    low, high = boxes[:, :2].min(), boxes[:, 2:].max(axis=0)
    return bool(low >= 0 and high[0] <= viewport.width and high[1] <= viewport.height)


def _covered(boxes: Floats, markers: Floats) -> int:
    """Return how many markers (x, y, radius) the boxes lie on."""
    x, y, radius = markers.T
    hit = np.zeros(len(markers), bool)
    for box in boxes:
        hit |= (x + radius > box[0]) & (x - radius < box[2]) & (y + radius > box[1]) & (y - radius < box[3])
    return int(hit.sum())


def _middle(boxes: Floats) -> tuple[float, float]:
    return float((boxes[:, 0].min() + boxes[:, 2].max()) / 2), float((boxes[:, 1].min() + boxes[:, 3].max()) / 2)


def _said_nearby(
    said: dict[tuple[str, str], list[tuple[float, float]]], wish: Wish, candidate: Candidate, scale: float
) -> bool:
    x, y = _middle(candidate.boxes)
    return any(np.hypot(x - a, y - b) < _SAME_PX * scale for a, b in said.get((wish.layer, wish.text), ()))


def _placed(wish: Wish, candidate: Candidate, viewport: Viewport) -> PlacedLabel:
    labels, boxes = wish.labels, candidate.boxes
    low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    color, halo_color = wish.colors
    return PlacedLabel(
        wish.layer,
        wish.row,
        candidate.lines,
        labels.size * viewport.px,
        labels.bold,
        labels.italic,
        color,
        halo_color,
        labels.halo * viewport.px,
        labels.spacing,
        (float(low[0]), float(low[1]), float(high[0]), float(high[1])),
    )


def _wishes_of(layer: Layer, height: int, request: SceneRequest) -> tuple[list[Wish], Floats]:
    """Return the labels a layer wants and the markers it shows (x, y, radius)."""
    viewport, style = request.viewport, style_of(layer)
    labels = style.labels
    nothing = np.empty((0, 3))
    if not style.drawn_at(viewport.scale_denominator):
        return [], nothing
    rows = rows_in_view(layer, viewport, 0.0)
    symbols, index = symbols_for(style, layer.table, rows)
    rows, index = rows[index >= 0], index[index >= 0]
    reach = {k: symbol_margin([Symbol(point=symbol.point)]) - 1.0 for k, symbol in enumerate(symbols)}
    if labels is None or not labels.visible or not _labelled_at(labels, viewport) or not len(rows):
        return [], nothing
    rows, index = _crowd_thinned(layer, rows, index)
    texts = texts_of(labels, layer.table, rows, request.language)
    named = np.array([bool(text) for text in texts], bool)
    shapes = device_shapes(layer, viewport, rows[named])
    words = {int(row): text for row, text in zip(rows, texts, strict=True)}
    classes = {int(row): int(k) for row, k in zip(rows, index, strict=True)}
    maker = _Maker(layer, labels, viewport, label_colors(labels, request.theme), words, height)
    wishes = [*maker.points(shapes, classes, reach), *maker.lines(shapes, classes, symbols), *maker.areas(shapes)]
    return wishes, _markers_of(shapes, classes, reach, viewport.px)


def _labelled_at(labels: Labels, viewport: Viewport) -> bool:
    scale = viewport.scale_denominator
    return (not labels.min_scale or scale <= labels.min_scale) and (not labels.max_scale or scale >= labels.max_scale)


def _crowd_thinned(layer: Layer, rows: Ints, index: Classes) -> tuple[Ints, Classes]:
    if len(rows) <= MOST_PER_LAYER:
        return rows, index
    bounds = layer.table.geometry.bounds_of(rows)
    size = (bounds[:, 2:] - bounds[:, :2]).max(axis=1)
    largest = np.sort(np.argsort(-size, kind="stable")[:MOST_PER_LAYER])
    return rows[largest], index[largest]


def _markers_of(shapes: LayerShapes, classes: dict[int, int], reach: dict[int, float], scale: float) -> Floats:
    points = shapes.point
    radii = np.array([reach[classes[int(row)]] * scale for row in points.rows])
    counts = np.diff(points.rings[points.feature_rings])
    return np.column_stack([points.xy, np.repeat(radii, counts)]) if len(points) else np.empty((0, 3))


@dataclass(eq=False)
class _Maker:
    """Makes the wishes of one layer."""

    layer: Layer
    labels: Labels
    viewport: Viewport
    colors: tuple[str, str]
    texts: dict[int, str]
    height: int

    def _wish(self, row: int, block: Block, size: float, candidates: Callable[[], Iterable[Candidate]]) -> Wish:
        order = (-self.labels.priority, -self.height, -size, row)
        return Wish(self.layer.id, row, self.labels, self.colors, self.texts[row], block, candidates, order)

    def _block(self, row: int, *, wrap: bool = True) -> Block:
        return block_of(self.texts[row], self.labels, self.viewport.px, wrap=wrap)

    def points(self, shapes: LayerShapes, classes: dict[int, int], reach: dict[int, float]) -> Iterator[Wish]:
        """Yield a wish for the first point of every point feature."""
        points = shapes.point
        firsts = points.xy[points.rings[points.feature_rings[:-1]]]
        for row, (x, y) in zip(points.rows.tolist(), firsts.tolist(), strict=True):
            block, radius = self._block(row), reach[classes[row]] * self.viewport.px
            yield self._wish(row, block, 0.0, lambda p=(x, y), r=radius, b=block: around(p, r, b))  # type: ignore[misc]

    def areas(self, shapes: LayerShapes) -> Iterator[Wish]:
        """Yield a wish for every area that is large enough on the map."""
        areas = shapes.polygon
        if not len(areas):
            return
        points = self._interior(areas)
        boxes = areas.boxes()
        for place, row in enumerate(areas.rows.tolist()):
            width, height = boxes[place, 2] - boxes[place, 0], boxes[place, 3] - boxes[place, 1]
            block = self._block(row)
            if self.labels.placement == "area" and (width < 0.75 * block.width or height < block.height):
                continue
            x, y = float(points[place, 0]), float(points[place, 1])
            if not np.isfinite([x, y]).all():
                continue
            yield self._wish(row, block, 0.0, lambda p=(x, y), b=block, w=width, h=height: _in_area(p, b, w, h))  # type: ignore[misc]

    def _interior(self, areas: DeviceShapes) -> Floats:
        """Return a point inside every area in device units; where it lies outside the window, one in the part within."""
        geometry = self.layer.table.geometry
        port = self.viewport
        points = port.to_device(transform_xy(self.layer.crs, port.crs, interior_points(geometry, areas.rows)))
        away = (points < 0).any(axis=1) | (points[:, 0] > port.width) | (points[:, 1] > port.height)
        if away.any() and self.labels.placement != "point":
            points[away] = _inside_window(areas.take(np.flatnonzero(away)), port)
        return points

    def lines(self, shapes: LayerShapes, classes: dict[int, int], symbols: tuple[Symbol, ...]) -> Iterator[Wish]:
        """Yield wishes along every line feature's longest part, again and again on long ones; at it where it is short."""
        lines = shapes.line
        for place, row in enumerate(lines.rows.tolist()):
            widths = [part.width / 2 + part.casing for part in symbols[classes[row]].line if isinstance(part, Line)]
            lift = (max(widths, default=0.5) + 1.5) * self.viewport.px
            first, last = lines.feature_rings[place], lines.feature_rings[place + 1]
            parts = [lines.xy[lines.rings[k] : lines.rings[k + 1]] for k in range(first, last)]
            lengths = [float(np.hypot(*np.diff(part, axis=0).T).sum()) for part in parts]
            longest = int(np.argmax(lengths))
            yield from self._along(row, parts[longest], lengths[longest], lift)

    def _along(self, row: int, xy: Floats, length: float, lift: float) -> Iterator[Wish]:
        block = self._block(row, wrap=False)
        if self.labels.placement == "point" or length < 1.15 * block.width:
            if self.labels.placement != "line" and len(xy):
                yield self._at(row, xy, length, lift)
            return
        repeat = max(REPEAT_PX * self.viewport.px, 2.5 * block.width)
        for number, (piece, start) in enumerate(_pieces(xy, length, repeat, self.viewport)):
            baseline = baseline_of(piece, block.size, start)
            if baseline is None:
                continue
            anchors = _anchors(baseline.along[0], baseline.along[-1], length, repeat)
            advances = _advances(block)
            for group in anchors:
                yield self._wish(
                    row,
                    block,
                    length if number == 0 else 0.0,
                    lambda b=baseline, g=group, k=block, a=advances: (  # type: ignore[misc]
                        made for n, s in enumerate(g) if (made := _costed(along(b, s, k, a, lift), 0.15 * n)) is not None
                    ),
                )

    def _at(self, row: int, xy: Floats, length: float, lift: float) -> Wish:
        step = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
        middle = float(np.interp(length / 2, step, xy[:, 0])), float(np.interp(length / 2, step, xy[:, 1]))
        block = self._block(row)
        return self._wish(row, block, 0.0, lambda: around(middle, lift + self.viewport.px, block))


def _costed(candidate: Candidate | None, cost: float) -> Candidate | None:
    return None if candidate is None else Candidate(candidate.lines, candidate.boxes, candidate.cost + cost)


def _advances(block: Block) -> Floats:
    widths = text_widths(list(block.lines[0]), bold=block.bold) + block.spacing
    return np.asarray(widths * block.size)


def _pieces(xy: Floats, length: float, repeat: float, viewport: Viewport) -> Iterator[tuple[Floats, float]]:
    """Yield the line, or of a long one the pieces near the window, and the length at which each begins.

    Pieces begin at whole multiples of the repeat, so that anchors do not move with the window.
    """
    if length < 3 * repeat:
        yield xy, 0.0
        return
    reach = repeat / 2
    box = (-reach, -reach, viewport.width + reach, viewport.height + reach)
    whole = np.array([0, len(xy)])
    points, offsets, _ = clip_lines(xy, whole, box, repeat)
    starts = _starts(xy, points[offsets[:-1]], repeat)
    for k, start in enumerate(starts):
        yield points[offsets[k] : offsets[k + 1]], start


def _starts(xy: Floats, points: Floats, repeat: float) -> list[float]:
    """Return the length along the line at which each of these points on it lies, a multiple of the repeat."""
    step = np.hypot(*np.diff(xy, axis=0).T)
    along_line = np.concatenate([[0.0], np.cumsum(step)])
    delta = np.diff(xy, axis=0)
    out = []
    for point in points:
        share = np.clip(((point - xy[:-1]) * delta).sum(axis=1) / np.where(step > 0, step**2, 1.0), 0.0, 1.0)
        near = int(np.argmin(np.hypot(*(xy[:-1] + share[:, None] * delta - point).T)))
        out.append(round(float(along_line[near] + share[near] * step[near]) / repeat) * repeat)
    return out


def _anchors(first: float, last: float, length: float, repeat: float) -> list[list[float]]:
    """Return groups of lengths to try, one label for each group; they depend on the line and the scale alone."""
    if length < 3 * repeat:
        return [[length * share for share in (0.5, 0.375, 0.625, 0.25, 0.75, 0.15, 0.85)]]
    numbers = range(int(first // repeat), int(last // repeat) + 1)
    return [[(number + share) * repeat for share in (0.5, 0.375, 0.625, 0.25, 0.75)] for number in numbers]


def _in_area(point: tuple[float, float], block: Block, width: float, height: float) -> Iterator[Candidate]:
    if block.width > 0.9 * width or block.height > 0.9 * height:  # too small to hold its name: beside it will do
        yield from inside([point], block)
        yield from around(point, max(min(width, height) / 2, 0.0), block)
        return
    yield from inside([point], block)


def _inside_window(areas: DeviceShapes, viewport: Viewport) -> Floats:
    """Return a point well inside the part of each area that the window shows; NaN where it shows none."""
    window = polygons_of(oriented(areas).shapes())
    try:
        cut = shapely.clip_by_rect(window, 0, 0, viewport.width, viewport.height)
    except shapely.GEOSException:
        return np.full((len(areas), 2), np.nan)
    return points_inside(cut)
