"""Where a label could stand: around a point, inside an area, along a line, from best to worst.

Candidates depend on the feature's geometry and the scale, not on where the window lies, so that labels keep their places
while the map is panned. Everything is in device units.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cgplanner.geometry.ragged import Floats, Ints
from cgplanner.geometry.text_extent import text_widths
from cgplanner.render.scene.display_list import LabelLine
from cgplanner.render.scene.label_text import ASCENT, DESCENT, LEADING, MIDDLE, Block

Point = tuple[float, float]
Bools = NDArray[np.bool_]
_GRID, _MOST_OVER = 5, 80  # places tried around an area's innermost point
_AROUND = np.array(  # side, rise, cost
    [(1, 0, 0.0), (1, -1, 0.5), (1, 1, 0.6), (-1, 0, 0.8), (-1, -1, 1.0), (-1, 1, 1.1), (0, -1, 1.2), (0, 1, 1.3)]
).T
_OFF = np.array([(0.0, 0.0), (0.0, -0.7), (0.0, 0.7), (-0.35, 0.0), (0.35, 0.0), (0.0, -1.4), (0.0, 1.4)])  # widths, heights
_SHARPEST = np.radians(32.0)  # between neighbouring characters
_STRAIGHT = np.radians(2.5)  # bends below this over the whole text are drawn straight
_STEEP = 1.3  # rise over run above which Chinese is written downwards
_MOST_SAMPLES = 6_000


Leader = tuple[float, float, float, float]
_NO_BOXES = np.empty((0, 4))
_RINGS = np.array([1.3, 2.4, 3.8, 5.4, 7.4])  # em from a feature to a label that was moved away
_DIRECTIONS = np.radians([-20, 20, -45, 45, 200, 160, 225, 135, -75, 75, 255, 105])
_APART = 1.2  # em between a feature and a label that was put there by hand from which on a line joins them


@dataclass(frozen=True, eq=False)
class Candidate:
    """One place: lines with baselines, the boxes they cover (k, 4), and how bad it is (0 is best).

    ``leader`` joins a text that stands away with its feature; ``leader_boxes`` are what the line covers.
    """

    lines: tuple[LabelLine, ...]
    boxes: Floats
    cost: float
    block: Block
    leader: Leader | None = None
    leader_boxes: Floats = field(default_factory=lambda: _NO_BOXES)

    @cached_property
    def footprint(self) -> Floats:
        """All boxes that nobody else may have."""
        return np.concatenate([self.boxes, self.leader_boxes]) if len(self.leader_boxes) else self.boxes

    def moved(self, dx: float, dy: float) -> Candidate:
        """Return the same on a map that was panned by so many device units."""
        if not dx and not dy:
            return self
        lines = tuple(LabelLine(line.text, line.x + dx, line.y + dy, line.angle) for line in self.lines)
        shift, leader = (dx, dy, dx, dy), self.leader
        joined = None if leader is None else (leader[0] + dx, leader[1] + dy, leader[2] + dx, leader[3] + dy)
        return Candidate(lines, self.boxes + shift, self.cost, self.block, joined, self.leader_boxes + shift)

    @property
    def middle(self) -> Point:
        """The middle of the text."""
        low, high = self.boxes[:, :2].min(axis=0), self.boxes[:, 2:].max(axis=0)
        return float((low[0] + high[0]) / 2), float((low[1] + high[1]) / 2)

    def unjoined(self) -> Candidate:
        """Return the same without a line to the feature."""
        return replace(self, leader=None, leader_boxes=_NO_BOXES)

    def dearer(self, cost: float) -> Candidate:
        """Return the same place as one that is worse by so much."""
        return replace(self, cost=self.cost + cost) if cost else self


@dataclass(frozen=True, eq=False)
class Ready:
    """Places that had to be made to know what they cover: those along lines.

    ``boxes`` (k, 4) are what the texts cover, ``whose`` (k,) says of which place each box is, ``costs`` has one a place.
    """

    candidates: tuple[Candidate, ...]
    boxes: Floats
    whose: Ints
    costs: Floats
    tried: int = 0

    @classmethod
    def of(cls, candidates: Iterable[Candidate], tried: int = 0) -> Ready:
        """Return these candidates; ``tried`` places were looked at for them."""
        made = tuple(candidates)
        boxes = np.concatenate([_NO_BOXES, *(each.boxes for each in made)])
        whose = np.repeat(np.arange(len(made)), [len(each.boxes) for each in made])
        return cls(made, boxes, whose, np.array([each.cost for each in made]), tried)

    def at(self, place: int) -> Candidate:
        """Return one of them."""
        return self.candidates[place]


@dataclass(frozen=True, eq=False)
class Blocks:
    """One block set in many places: where its corner lies (n, 2), how its lines align, what each place costs.

    A candidate is made of a place only when it is chosen. With ``point`` the text stands away from it and is joined with the
    edge of its symbol.
    """

    block: Block
    corners: Floats
    flush: Floats
    costs: Floats
    point: Point | None = None
    radius: float = 0.0

    @cached_property
    def boxes(self) -> Floats:
        """float64 (n, 4)."""
        pad, size = self.block.pad, np.array([self.block.width, self.block.height])
        return np.hstack([self.corners - pad, self.corners + size + pad])

    @cached_property
    def whose(self) -> Ints:
        """int64 (n,)."""
        return np.arange(len(self.corners))

    def at(self, place: int) -> Candidate:
        """Return the block in one of the places."""
        left, top = self.corners[place].tolist()
        made = set_block(self.block, left, top, float(self.flush[place]), float(self.costs[place]))
        return made if self.point is None else joined(made, self.point, self.radius)


Options = Blocks | Ready


def around(point: Point, radius: float, block: Block, cost: float = 0.0) -> Blocks:
    """Return the eight places around a point whose symbol reaches ``radius``; to the right is best."""
    gap = radius + 0.18 * block.size
    diagonal = radius * 0.72 + 0.1 * block.size
    side, rise, own = _AROUND
    reach = np.where((side != 0) & (rise != 0), diagonal, gap)
    left = np.where(side > 0, reach, np.where(side < 0, -reach - block.width, -block.width / 2))
    top = np.where(rise == 0, -block.height / 2, np.where(rise > 0, reach, -reach - block.height))
    return Blocks(block, np.column_stack([left, top]) + point, 0.5 - side / 2, own + cost)


def away(point: Point, radius: float, block: Block, reach: float, cost: float = 0.0) -> Blocks:
    """Return places up to ``reach`` from a point's symbol, with a line back to it."""
    rings = _RINGS[_RINGS * block.size <= reach]
    ring, turn = np.repeat(rings, len(_DIRECTIONS)), np.tile(_DIRECTIONS, len(rings))
    cos, sin = np.cos(turn), np.sin(turn)
    steep = np.abs(cos) < 0.5
    share = np.where(steep, 0.5 - 0.5 * cos, np.where(cos > 0, 0.0, 1.0))
    out = np.column_stack([cos, sin]) * (radius + ring * block.size)[:, None] + point
    corners = out - np.column_stack([block.width * share, block.height * (0.5 - 0.5 * sin)])
    costs = cost + 0.4 * ring + 0.02 * np.tile(np.arange(len(_DIRECTIONS)), len(rings))
    return Blocks(block, corners, np.where(steep, 0.5, share), costs, point, radius)


def joined(candidate: Candidate, point: Point, radius: float) -> Candidate:
    """Return the place with a line from the edge of the symbol at a point to the text."""
    size = candidate.block.size
    low, high = candidate.boxes[:, :2].min(axis=0), candidate.boxes[:, 2:].max(axis=0)
    start = np.asarray(point)
    end = np.clip(start, low, high)
    length = float(np.hypot(*(end - start)))
    if length <= radius + 0.2 * size:
        return candidate
    start = start + (end - start) * ((radius + 0.08 * size) / length)
    steps = np.linspace(0.1, 0.9, max(int(length / (0.5 * size)), 2))[:, None]
    middles, half = start + (end - start) * steps, 0.08 * size
    line = float(start[0]), float(start[1]), float(end[0]), float(end[1])
    return replace(candidate, leader=line, leader_boxes=np.hstack([middles - half, middles + half]))


def pinned(point: Point, radius: float, where: Point, block: Block) -> Candidate:
    """Return the place that somebody chose: the block around its middle, joined with a feature that is not beside it."""
    place = set_block(block, where[0] - block.width / 2, where[1] - block.height / 2, 0.5, 0.0)
    low, high = place.boxes[:, :2].min(axis=0), place.boxes[:, 2:].max(axis=0)
    distance = float(np.hypot(*(np.clip(point, low, high) - point)))
    return joined(place, point, radius) if distance - radius > _APART * block.size else place


def set_block(block: Block, left: float, top: float, flush: float, cost: float) -> Candidate:
    """Return a block whose box begins at left, top; ``flush`` 0 aligns lines left, 0.5 in the middle, 1 right."""
    lines, boxes = [], []
    for number, (text, width) in enumerate(zip(block.lines, block.widths, strict=True)):
        x = left + (block.width - width) * flush
        baseline = top + block.size * (ASCENT + LEADING * number)
        lines.append(LabelLine(text, x, baseline))
        pad = block.pad
        boxes.append((x - pad, baseline - ASCENT * block.size - pad, x + width + pad, baseline + DESCENT * block.size + pad))
    return Candidate(tuple(lines), np.array(boxes), cost, block)


def middle(point: Point, block: Block, cost: float = 0.0) -> Blocks:
    """Return the one place in the middle of a point."""
    return _centred(np.array([point]), block, np.array([cost]))


def inside(point: Point, block: Block, cost: float = 0.0) -> Blocks:
    """Return the place in the middle of an area's point, then those a little off it."""
    steps = _OFF * (block.width, block.height)
    return _centred(np.asarray(point) + steps, block, cost + np.where(_OFF.any(axis=1), 1.0, 0.0) + np.abs(_OFF).sum(axis=1))


def over(point: Point, block: Block, covers: Callable[[Floats], Bools], cost: float = 0.0) -> Blocks:
    """Return places on a grid around an area's innermost point whose text lies within the area, the nearest first.

    ``covers`` tells of points (n, 2) which lie in the area. The grid hangs on the point, so it moves with the map.
    """
    across, down = np.meshgrid(np.arange(-_GRID, _GRID + 1), np.arange(-_GRID, _GRID + 1))
    steps = np.column_stack([across.ravel() * max(0.4 * block.width, 1.2 * block.size), down.ravel() * 1.1 * block.height])
    distance = np.hypot(*steps.T)
    order = np.argsort(distance, kind="stable")[1:]
    middles = np.asarray(point) + steps[order]
    half = np.array([0.45 * block.width, 0.4 * block.height])
    corners = np.stack([middles + half * sign for sign in ((0, 0), (-1, -1), (1, -1), (-1, 1), (1, 1))])
    good = covers(corners.reshape(-1, 2)).reshape(5, -1).all(axis=0)
    near, far = middles[good][:_MOST_OVER], distance[order][good][:_MOST_OVER]
    return _centred(near, block, cost + 1.0 + 0.12 * far / block.size)


def _centred(middles: Floats, block: Block, costs: Floats) -> Blocks:
    corners = middles - np.array([block.width / 2, block.height / 2])
    return Blocks(block, corners, np.full(len(middles), 0.5), costs)


@dataclass(frozen=True, eq=False)
class Baseline:
    """A line made smooth enough to write on: vertices, and for each the length from the start of the real line.

    Letters are set by the baseline's ``own`` length, which is shorter than that of the wiggles it leaves out.
    """

    xy: Floats
    along: Floats

    @cached_property
    def own(self) -> Floats:
        """float64 (n,): the length from its own start."""
        return np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(self.xy, axis=0).T))])


def baseline_of(xy: Floats, size: float, start: float = 0.0, wiggle: int = 4) -> Baseline | None:
    """Return a smooth baseline along a line for text of this size; None when the line has no length.

    Wiggles smaller than ``wiggle`` characters are averaged out. ``start`` is the length at which the line's first vertex lies.
    """
    step = np.hypot(*np.diff(xy, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(step)])
    if along[-1] <= size:
        return None
    count = int(min(max(along[-1] / (size / 2), 8), _MOST_SAMPLES))
    places = np.linspace(0.0, along[-1], count + 1)
    even = np.column_stack([np.interp(places, along, xy[:, 0]), np.interp(places, along, xy[:, 1])])
    reach = min(wiggle, count // 4)
    window = np.ones(2 * reach + 1) / (2 * reach + 1)
    # Reflected through the ends, so that the baseline begins and ends where the line does.
    padded = np.vstack([2 * even[0] - even[reach:0:-1], even, 2 * even[-1] - even[-2 : -reach - 2 : -1]])
    smooth = np.column_stack([np.convolve(padded[:, axis], window, mode="valid") for axis in (0, 1)])
    return Baseline(smooth, places + start)


def along(baseline: Baseline, anchor: float, block: Block, advances: Floats, lift: float) -> Candidate | None:
    """Return the text written along a baseline around a length; None where it does not fit or the line bends too sharply.

    ``advances`` are the widths of the characters with spacing, ``lift`` is how far above the line the text floats.
    """
    width = float(advances.sum())
    centre = float(np.interp(anchor, baseline.along, baseline.own))
    begin = centre - width / 2
    if begin < 0.0 or begin + width > baseline.own[-1]:
        return None
    x, y = _points_at(baseline, begin, advances)
    upright = is_ideographic(block.lines[0]) and abs(y[-1] - y[0]) > _STEEP * abs(x[-1] - x[0])
    if upright:  # one below the other, digits take as much room as characters
        advances = np.maximum(advances, 0.95 * block.size)
        width = float(advances.sum())
        begin = max(centre - width / 2, 0.0)
        x, y = _points_at(baseline, begin, advances)
    # Text runs from left to right whichever way the line does; Chinese along a steep line from top to bottom.
    if (y[-1] < y[0]) if upright else (x[-1] < x[0]):
        x, y = _points_at(baseline, begin + width, -advances)
    angles = np.arctan2(np.diff(y), np.diff(x))
    bends = np.abs((np.diff(angles) + np.pi) % (2 * np.pi) - np.pi)
    if len(bends) and float(bends.max()) > _SHARPEST:
        return None
    ends = np.column_stack([x, y])
    bend = float(bends.sum())
    return _stacked(block, ends, angles, lift, bend) if upright else _written(block, advances, ends, angles, lift, bend)


def is_ideographic(text: str) -> bool:
    """Tell whether most of a text is Chinese."""
    return 2 * sum(ord(character) >= 0x2E80 for character in text) > len(text)


def _points_at(baseline: Baseline, begin: float, advances: Floats) -> tuple[Floats, Floats]:
    ends = begin + np.concatenate([[0.0], np.cumsum(advances)])
    return np.interp(ends, baseline.own, baseline.xy[:, 0]), np.interp(ends, baseline.own, baseline.xy[:, 1])


def _crowded(middles: Floats, room: Floats) -> bool:
    """Tell whether characters on the inner side of a bend would run into each other."""
    gaps = np.hypot(*np.diff(middles, axis=0).T)
    return bool((gaps < 0.88 * (room[:-1] + room[1:]) / 2).any())


def _stacked(block: Block, ends: Floats, angles: Floats, lift: float, bend: float) -> Candidate | None:
    """Return characters one below the other beside a steep line, turned as little as the line leans."""
    size = block.size
    widths = text_widths(list(block.lines[0]), bold=block.bold) * size
    normal = np.column_stack([np.sin(angles), -np.cos(angles)])  # to the right of a line that runs down
    middles = (ends[:-1] + ends[1:]) / 2 + normal * (lift + size / 2)
    if _crowded(middles, np.full(len(angles), size)):
        return None
    turns = angles - np.pi / 2
    right = np.column_stack([np.cos(turns), np.sin(turns)])
    down = np.column_stack([-np.sin(turns), np.cos(turns)])
    starts = middles - right * (widths / 2)[:, None] + down * (MIDDLE * size)
    half = (0.5 * size * (np.abs(np.cos(turns)) + np.abs(np.sin(turns))) + block.pad)[:, None]
    lines = tuple(
        LabelLine(character, float(x), float(y), float(np.degrees(turn)))
        for character, (x, y), turn in zip(block.lines[0], starts, turns, strict=True)
    )
    return Candidate(lines, np.hstack([middles - half, middles + half]), 1.2 * bend, block)


def _written(block: Block, advances: Floats, ends: Floats, angles: Floats, lift: float, bend: float) -> Candidate | None:
    text = block.lines[0]
    normal = np.column_stack([np.sin(angles), -np.cos(angles)])  # upwards on the page
    offset = lift + DESCENT * block.size
    chords = np.hypot(*np.diff(ends, axis=0).T)
    slack = ((chords - advances) / 2)[:, None] * np.column_stack([np.cos(angles), np.sin(angles)])
    starts = ends[:-1] + normal * offset + slack
    middles = (ends[:-1] + ends[1:]) / 2 + normal * (offset + MIDDLE * block.size)
    if _crowded(middles, advances):
        return None
    half = (0.5 * block.size * (np.abs(np.cos(angles)) + np.abs(np.sin(angles))) + block.pad)[:, None]
    boxes = np.hstack([middles - half, middles + half])
    cost = 1.2 * bend + 0.5 * float(np.abs(np.sin(angles)).mean())
    span = ends[-1] - ends[0]
    mean = float(np.arctan2(span[1], span[0]))
    if len(angles) < 2 or float(np.abs(angles - mean).max()) < _STRAIGHT:
        first = ends[0] + offset * np.array([np.sin(mean), -np.cos(mean)])
        return Candidate((LabelLine(text, float(first[0]), float(first[1]), float(np.degrees(mean))),), boxes, cost, block)
    lines = tuple(
        LabelLine(character, float(x), float(y), float(np.degrees(angle)))
        for character, (x, y), angle in zip(text, starts, angles, strict=True)
        if not character.isspace()
    )
    return Candidate(lines, boxes, cost, block)
