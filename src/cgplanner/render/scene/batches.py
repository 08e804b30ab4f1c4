"""Symbols over shapes -> batches in drawing order.

Symbol layer by symbol layer, not feature by feature: first the casings of all lines, then the lines, so that crossings look
like crossings. Classes that stand first in a legend are drawn last, on top. This file must not know tables or painters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cgplanner.geometry.ragged import Floats, Ints
from cgplanner.render.scene.display_list import (
    BandBatch,
    Batch,
    DrawingBatch,
    FillBatch,
    HatchBatch,
    MarkerBatch,
    Shapes,
    StrokeBatch,
)
from cgplanner.render.scene.shapes.cutting import cut_areas, cut_lines, regrouped
from cgplanner.render.scene.shapes.device_shapes import DeviceShapes, LayerShapes, merged, oriented
from cgplanner.render.scene.shapes.nearby import nearby
from cgplanner.render.scene.shapes.offsets import inside_edges, moved_aside
from cgplanner.render.scene.shapes.placing import along_lines, beside
from cgplanner.render.scene.shapes.shared_edges import edges_once
from cgplanner.render.scene.shapes.ticks import tick_marks
from cgplanner.render.scene.viewport import Box, Viewport
from cgplanner.symbology.drawing import drawing_of
from cgplanner.symbology.evaluate import Classes
from cgplanner.symbology.ramps import mixed
from cgplanner.symbology.style import (
    Band,
    Cluster,
    Dash,
    Fill,
    Hatch,
    Heat,
    Line,
    Marker,
    MarkerLine,
    PointPart,
    Ramp,
    Style,
    SvgMarker,
    Symbol,
    Ticks,
    symbols_of,
)

FINEST_PX = 1e-6  # what repeats nearer than this, or reaches less far, is not drawn: numbers would run over
NEAREST_PX = 0.05  # a line that is moved by less stays where it is: GEOS breaks off on offsets next to nothing
FAR_PX = 128.0  # shapes that reach farther beyond the window are cut there
MOST_CELLS = 20_000_000
MOST_MARKS = 100_000  # dashes, or ticks, of the lines of one look in one picture
CROWD = 5_000  # markers of one look, above which those on the same pixel are drawn once

MOST_RUNS = 20_000  # runs of features of one symbol, above which a draw order by field gives way to one by class
MOST_SINGLY = 2_000  # features of stacked parts, above which those of one run are drawn part by part
RAMP_STRIPS = 32

Groups = Sequence[tuple[Symbol, DeviceShapes]]
Turns = NDArray[np.float64]
Numbers = Mapping[str, Turns]
_NO_NUMBERS: Numbers = MappingProxyType({})


def symbol_margin(symbols: Sequence[Symbol]) -> float:
    """Return how far beyond its geometry a symbol may reach, in px."""
    reach = [0.0]
    for symbol in symbols:
        for part in (*symbol.point, *symbol.line, *symbol.polygon):
            if isinstance(part, Line):
                reach.append(part.width / 2 + part.casing + abs(part.offset))
            elif isinstance(part, Ticks):
                reach.append(part.length / 2 + part.width)
            elif isinstance(part, MarkerLine):
                reach.append(marker_reach(part.marker) + abs(part.offset))
            elif isinstance(part, Marker | SvgMarker):
                reach.append(marker_reach(part))
    return max(reach) + 1.0


def marker_reach(part: PointPart) -> float:
    """Return how far a marker reaches from its place, in px, however it is turned."""
    if isinstance(part, SvgMarker):
        return part.size * 0.71  # half the diagonal
    return part.size / 2 * (1.25 if part.shape == "arrow" else 1.0) + part.stroke_width + 4.0


def style_margin(style: Style) -> float:
    """Return how far the symbols of a style reach beyond the geometry, in px."""
    renderer, margin = style.renderer, symbol_margin(symbols_of(style.renderer))
    if isinstance(renderer, Heat):
        return max(margin, renderer.radius + 1.0)
    if isinstance(renderer, Cluster):  # the middle of a cluster may lie that far from the last of its points
        return max(margin, 2 * renderer.distance + 2 * marker_reach(renderer.marker))
    return margin


def inward_margin(style: Style) -> float:
    """Return how far from its edge an area may look otherwise when the edge is another, in px."""
    parts = [part for symbol in symbols_of(style.renderer) for part in symbol.polygon]
    return max((2 * part.width for part in parts if isinstance(part, Band)), default=0.0)


def one_edit_changes_all(style: Style) -> bool:
    """Tell whether a feature's change may be seen anywhere: in a surface's scale, or in clusters that gather anew."""
    return isinstance(style.renderer, Cluster) or (isinstance(style.renderer, Heat) and not style.renderer.most)


def _wholes_count(symbols: Sequence[Symbol]) -> bool:
    """Tell whether what is seen of a line or an area may depend on all of it, however far it reaches."""
    for symbol in symbols:
        if any(isinstance(part, Ramp) or (isinstance(part, Line) and part.offset) for part in symbol.polygon):
            return True
        if any(isinstance(part, MarkerLine) and part.placement != "interval" for part in symbol.line):
            return True
    return False


def _longest_period(symbols: Sequence[Symbol]) -> float:
    """Return the longest length in px after which something along a line begins anew."""
    periods = [0.0]
    for symbol in symbols:
        for part in (*symbol.line, *symbol.polygon):
            if isinstance(part, Line):
                periods.append(_period(scaled(part.dash, 1.0)))
            elif isinstance(part, Ticks | MarkerLine):
                periods.append(part.spacing)
    return max(periods)


def batches_of(
    shapes: LayerShapes,
    symbols: Sequence[Symbol],
    classes: Classes,
    viewport: Viewport,
    *,
    in_order: bool = False,
    numbers: Numbers = _NO_NUMBERS,
) -> tuple[Batch, ...]:
    """Return the batches of a layer: areas, then lines, then points.

    ``classes`` gives every row of the table's rows in view its symbol; it is indexed by row as ``shapes`` name them, and so
    are the arrays of ``numbers``, fields by which markers are turned. ``in_order`` keeps the order that the features have:
    areas and points lie as wholes on those before them, lines part by part, so that casings still run together.
    """
    scale = viewport.px
    outlines, courses = oriented(shapes.polygon), shapes.line
    if not _wholes_count(symbols):
        limit = _limit(viewport, scale, FAR_PX + _longest_period(symbols))
        outlines, courses = nearby(outlines, limit), nearby(courses, limit)
    areas = _grouped(outlines, symbols, classes, in_order=in_order)
    lines = _grouped(courses, symbols, classes, in_order=in_order)
    points = _grouped(shapes.point, symbols, classes, in_order=in_order)
    out: list[Batch] = []
    for groups in [[group] for group in _singly(areas, "polygon")] if in_order else [areas]:
        out += _areas(groups, viewport, scale)
    out += _lines(lines, viewport, scale, numbers)
    for groups in [[group] for group in _singly(points, "point")] if in_order else [points]:
        out += _points(groups, viewport, scale, numbers)
    return tuple(out)


def _grouped(shapes: DeviceShapes, symbols: Sequence[Symbol], classes: Classes, *, in_order: bool) -> Groups:
    """Return the features of each symbol, the first class last; in order, a group for each run of features with one symbol."""
    if not len(shapes):
        return []
    mine = classes[shapes.rows]
    if len(symbols) == 1 and (mine == 0).all():
        return [(symbols[0], shapes)]
    starts = np.flatnonzero(np.diff(mine, prepend=mine[0] - 1))
    if in_order and len(starts) <= MOST_RUNS:
        runs = np.split(np.arange(len(mine)), starts[1:])
        return [(symbols[mine[run[0]]], shapes.take(run)) for run in runs if mine[run[0]] >= 0]
    groups = [(symbol, np.flatnonzero(mine == k)) for k, symbol in enumerate(symbols)]
    return [(symbol, shapes.take(positions)) for symbol, positions in reversed(groups) if len(positions)]


def _singly(groups: Groups, family: Literal["point", "polygon"]) -> Groups:
    """Return groups in which no feature's upper parts lie on a later one's lower parts, as far as there are not too many."""

    def stacked(symbol: Symbol) -> bool:
        return len(symbol.point if family == "point" else symbol.polygon) > 1

    if sum(len(shapes) for symbol, shapes in groups if stacked(symbol)) > MOST_SINGLY:
        return groups
    out: list[tuple[Symbol, DeviceShapes]] = []
    for symbol, shapes in groups:
        each = [np.array([k]) for k in range(len(shapes))] if stacked(symbol) else []
        out += [(symbol, shapes.take(one)) for one in each] or [(symbol, shapes)]
    return out


def _limit(viewport: Viewport, scale: float, margin_px: float = FAR_PX) -> Box:
    far = margin_px * scale
    return -far, -far, viewport.width + far, viewport.height + far


def _areas(groups: Groups, viewport: Viewport, scale: float) -> Iterator[Batch]:
    limit = _limit(viewport, scale)
    cut = [(symbol, shapes, cut_areas(shapes, limit)) for symbol, shapes in groups]
    for level in range(max((len(symbol.polygon) for symbol, _ in groups), default=0)):
        common = _common_edge(groups, level)
        if common is not None:  # classes with the same dashed edge share the edges between them too
            edges = edges_once(merged([shapes for _, shapes in groups]), limit)
            yield from _strokes(common, edges, limit, scale, casing=True)
            yield from _strokes(common, edges, limit, scale, casing=False)
            continue
        for casing in (True, False):
            for symbol, shapes, areas in cut:
                part = symbol.polygon[level] if level < len(symbol.polygon) else None
                if isinstance(part, Line):
                    edges = _edges(part, shapes, limit, scale)
                    yield from _strokes(part, edges, limit, scale, casing=casing)
                elif isinstance(part, Band) and not casing:  # eroding is dear: no more of the area than the window needs
                    near = _limit(viewport, scale, 2 * part.width + 8)
                    yield from _area(part, cut_areas(shapes, near), viewport, scale)
                elif isinstance(part, Ramp) and not casing:
                    yield from _ramp(part, shapes)
                elif part is not None and not isinstance(part, Ramp) and not casing:
                    yield from _area(part, areas, viewport, scale)


def _edges(part: Line, shapes: DeviceShapes, limit: Box, scale: float) -> DeviceShapes:
    """Return the edges of areas as the line is drawn along them: moved inwards, or once where two areas share one."""
    if abs(part.offset) >= NEAREST_PX:
        return inside_edges(shapes, part.offset * scale)
    return edges_once(shapes, limit) if part.dash else shapes


def _ramp(part: Ramp, shapes: DeviceShapes) -> Iterator[Batch]:
    """Yield upright strips over the box of all areas together."""
    if not len(shapes) or not part.colors:
        return
    (x0, y0), (x1, y1) = shapes.xy.min(axis=0), shapes.xy.max(axis=0)
    one = np.array([0, 1])
    for strip in range(RAMP_STRIPS):
        left, right = (x0 + (x1 - x0) * (strip + k) / RAMP_STRIPS for k in (0, 1))
        color = mixed(part.colors, (strip + 0.5) / RAMP_STRIPS)
        ring = np.array([[left, y0], [right, y0], [right, y1], [left, y1], [left, y0]])
        yield FillBatch(Shapes(ring, np.array([0, 5]), one, shapes.rows[:1]), color, part.opacity)


def _common_edge(groups: Groups, level: int) -> Line | None:
    """Return the dashed line that all classes have at this level, None where they differ."""
    parts = {symbol.polygon[level] if level < len(symbol.polygon) else None for symbol, _ in groups}
    part = parts.pop()
    return part if not parts and isinstance(part, Line) and part.dash and not part.offset else None


def _area(part: Fill | Hatch | Band, shapes: Shapes, viewport: Viewport, scale: float) -> Iterator[Batch]:
    if part.opacity <= 0 or not len(shapes):
        return
    if isinstance(part, Fill):
        yield FillBatch(shapes, part.color, part.opacity)
    elif isinstance(part, Band):
        if part.width >= FINEST_PX:
            yield BandBatch(shapes, part.color, part.opacity, part.width * scale)
    elif part.spacing >= FINEST_PX and part.width > 0:
        spacing = part.spacing * scale
        yield HatchBatch(
            shapes, part.color, part.opacity, part.angle, spacing, part.width * scale, _phase(viewport, part.angle, spacing)
        )


def _phase(viewport: Viewport, angle: float, spacing: float) -> tuple[float, float]:
    """Return a point near the window that a hatch line of the map runs through: the map's origin, whole spacings nearer."""
    origin = viewport.to_device(np.zeros((1, 2)))[0]
    turn = np.radians(angle)
    across = np.array([np.sin(turn), np.cos(turn)])  # the normal of lines that rise with y up, in y down
    offset = float(origin @ across) % spacing
    x, y = offset * across
    return float(x), float(y)


def _lines(groups: Groups, viewport: Viewport, scale: float, numbers: Numbers) -> Iterator[Batch]:
    limit = _limit(viewport, scale)
    for level in range(max((len(symbol.line) for symbol, _ in groups), default=0)):
        for casing in (True, False):
            for symbol, shapes in groups:
                part = symbol.line[level] if level < len(symbol.line) else None
                if isinstance(part, Line):
                    yield from _strokes(part, shapes, limit, scale, casing=casing, offset=part.offset * scale)
                elif isinstance(part, Ticks) and not casing:
                    yield from _ticks(part, shapes, limit, scale)
                elif isinstance(part, MarkerLine) and not casing:
                    yield from _line_markers(part, shapes, viewport, scale, numbers)


def _strokes(
    part: Line, shapes: DeviceShapes, limit: Box, scale: float, *, casing: bool, offset: float = 0.0
) -> Iterator[Batch]:
    """Yield the casing or the line itself, moved sideways by ``offset`` units."""
    if part.opacity <= 0 or part.width <= 0 or (casing and part.casing <= 0):
        return
    dash = scaled(part.dash, scale)
    lines = cut_lines(shapes, limit, _period(dash))
    if abs(offset) >= NEAREST_PX * scale and len(lines):
        lines = moved_aside(lines, offset)
    if not len(lines):
        return
    color, width, opacity = part.color, part.width, part.opacity
    if casing:
        color, width = part.casing_color, part.width + 2 * part.casing
    if dash and _length(lines) / _period(dash) > MOST_MARKS:  # nobody sees them one by one, and a painter takes minutes
        opacity *= sum(dash[::2]) / _period(dash)
        dash = ()
    yield StrokeBatch(lines, color, opacity, width * scale, dash, part.cap, part.join)


def _bearable(spacing: float, lines: Shapes) -> float:
    """Return a spacing, or a multiple of it, that puts no more marks on these lines than can be seen."""
    if spacing <= 0 or not len(lines):
        return spacing
    return spacing * max(float(np.ceil(_length(lines) / spacing / MOST_MARKS)), 1.0)


def _length(lines: Shapes) -> float:
    """Return the length of all lines, in device units."""
    steps = np.hypot(*np.diff(lines.xy, axis=0).T)
    steps[lines.rings[1:-1] - 1] = 0.0  # from the end of one line to the start of the next
    return float(steps.sum())


def scaled(dash: Dash, scale: float) -> Dash:
    """Return a dash pattern in device units, with an even number of lengths; () where it is solid."""
    if not dash or sum(dash) < FINEST_PX or min(dash) < 0:
        return ()
    pattern = dash if len(dash) % 2 == 0 else (*dash, *dash)
    return tuple(length * scale for length in pattern)


def _period(dash: Dash) -> float:
    return float(sum(dash))


def _ticks(part: Ticks, shapes: DeviceShapes, limit: Box, scale: float) -> Iterator[Batch]:
    spacing = part.spacing * scale
    if part.opacity <= 0 or part.spacing < FINEST_PX:
        return
    lines = cut_lines(shapes, limit, spacing)
    xy, line = tick_marks(lines.xy, lines.rings, _bearable(spacing, lines), part.length * scale)
    if not len(line):
        return
    owners = (np.searchsorted(lines.shapes, line, side="right") - 1).astype(np.int64)
    marks = regrouped(xy, np.arange(0, len(xy) + 1, 2), owners, lines.rows)
    yield StrokeBatch(marks, part.color, part.opacity, part.width * scale, (), "flat", "bevel")


def _line_markers(
    part: MarkerLine, shapes: DeviceShapes, viewport: Viewport, scale: float, numbers: Numbers
) -> Iterator[Batch]:
    reach = marker_reach(part.marker) * scale + abs(part.offset) * scale
    limit = (-reach, -reach, viewport.width + reach, viewport.height + reach)
    spacing, size = part.spacing * scale, part.marker.size * scale
    if part.placement == "interval" and part.spacing < FINEST_PX:
        return
    # Only at intervals have the parts outside the window nothing to say about those inside.
    lines = cut_lines(shapes, _limit(viewport, scale), spacing) if part.placement == "interval" else shapes.shapes()
    xy, directions, line = along_lines(lines.xy, lines.rings, part.placement, _bearable(spacing, lines), size)
    rows = lines.rows[np.searchsorted(lines.shapes, line, side="right") - 1]
    xy = beside(xy, directions, part.offset * scale) if part.offset else xy
    inside = ((xy >= limit[:2]) & (xy <= limit[2:])).all(axis=1)
    turns = directions[inside] if part.rotate else None
    yield from point_batches(part.marker, xy[inside], rows[inside], scale, numbers, turns)


def _points(groups: Groups, viewport: Viewport, scale: float, numbers: Numbers) -> Iterator[Batch]:
    reach = symbol_margin([symbol for symbol, _ in groups]) * scale
    places = [(symbol, *_seen(shapes, viewport, reach)) for symbol, shapes in groups]
    for level in range(max((len(symbol.point) for symbol, _ in groups), default=0)):
        for symbol, xy, rows in places:
            part = symbol.point[level] if level < len(symbol.point) else None
            if part is not None:
                yield from point_batches(part, xy, rows, scale, numbers)


def _seen(shapes: DeviceShapes, viewport: Viewport, reach: float) -> tuple[Floats, Ints]:
    xy = shapes.xy
    rows = np.repeat(shapes.rows, np.diff(shapes.rings[shapes.feature_rings]))
    inside = (xy >= -reach).all(axis=1) & (xy[:, 0] <= viewport.width + reach) & (xy[:, 1] <= viewport.height + reach)
    xy, rows = xy[inside], rows[inside]
    if len(xy) > CROWD:
        first = first_of_cells(np.floor(xy / viewport.px).astype(np.int64))
        xy, rows = xy[first], rows[first]
    return xy, rows


def first_of_cells(cells: Ints) -> Ints:
    """Return, in order, the first of the places in each cell, by marking cells: a view has few, and sorting is slow."""
    low = cells.min(axis=0)
    wide, tall = (cells.max(axis=0) - low + 1).tolist()
    number = (cells[:, 1] - low[1]) * wide + (cells[:, 0] - low[0])
    if wide * tall > MOST_CELLS:
        return np.sort(np.unique(number, return_index=True)[1])
    holder = np.full(wide * tall, -1, np.int64)
    holder[number[::-1]] = np.arange(len(number))[::-1]
    return np.flatnonzero(holder[number] == np.arange(len(number)))


def point_batches(
    part: PointPart, xy: Floats, rows: Ints, scale: float, numbers: Numbers = _NO_NUMBERS, turns: Turns | None = None
) -> Iterator[MarkerBatch | DrawingBatch]:
    """Yield markers at these places, their sizes in device units; ``turns`` (n,) is added to what turns them anyway."""
    if not len(xy) or part.opacity <= 0 or part.size <= 0:
        return
    by_field = numbers.get(part.rotation_field) if part.rotation_field else None
    if turns is not None or by_field is not None or part.rotation % 360:
        every = np.full(len(xy), part.rotation) + (0.0 if turns is None else turns)
        turns = np.mod(every + (0.0 if by_field is None else by_field[rows]), 360.0)
    if isinstance(part, Marker):
        yield marker_batch(part, xy, rows, scale, turns)
        return
    drawing = drawing_of(part.svg, part.color)
    if drawing.outlines:
        yield DrawingBatch(xy, rows, drawing, part.size * scale, part.opacity, turns)


def marker_batch(part: Marker, xy: Floats, rows: Ints, scale: float, turns: Turns | None = None) -> MarkerBatch:
    """Return markers at these places, their sizes in device units."""
    return MarkerBatch(
        xy,
        rows,
        part.shape,
        part.size * scale,
        part.color,
        part.opacity,
        part.stroke,
        part.stroke_width * scale,
        part.glyph,
        part.glyph_color,
        scaled(part.ring, scale),
        part.ring_color,
        2.0 * scale,
        1.0 * scale,
        turns,
    )
