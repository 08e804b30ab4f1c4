"""Where a label could stand: around a point, inside an area, along a line, from best to worst.

Candidates depend on the feature's geometry and the scale, not on where the window lies, so that labels keep their places
while the map is panned. Everything is in device units.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from cgplanner.geometry.ragged import Floats, Ints
from cgplanner.render.scene.display_list import LabelLine
from cgplanner.render.scene.label_text import ASCENT, DESCENT, LEADING, Block

Point = tuple[float, float]
Bools = NDArray[np.bool_]
Boxes = tuple[Floats, Ints]  # (k, 4), and whose each is (k,)
_GRID, _MOST_OVER = 5, 80  # places tried around an area's innermost point
_AROUND = np.array(  # side, rise, cost
    [(1, 0, 0.0), (1, -1, 0.5), (1, 1, 0.6), (-1, 0, 0.8), (-1, -1, 1.0), (-1, 1, 1.1), (0, -1, 1.2), (0, 1, 1.3)]
).T
_AROUND_FLUSH = 0.5 - _AROUND[0] / 2
_SIGNS = np.array([(0, 0), (-1, -1), (1, -1), (-1, 1), (1, 1)])[:, None, :]
_OFF = np.array([(0.0, 0.0), (0.0, -0.7), (0.0, 0.7), (-0.35, 0.0), (0.35, 0.0), (0.0, -1.4), (0.0, 1.4)])  # widths, heights
_OFF_MOVED, _OFF_FAR = np.where(_OFF.any(axis=1), 1.0, 0.0), np.abs(_OFF).sum(axis=1)
Leader = tuple[float, float, float, float]
_NO_BOXES, _NO_NUMBERS = np.empty((0, 4)), np.empty(0, np.int64)
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
        return np.concatenate([self.corners - pad, self.corners + size + pad], axis=1)

    @cached_property
    def whose(self) -> Ints:
        """int64 (n,)."""
        return np.arange(len(self.corners))

    def footprints(self, places: Ints) -> Boxes:
        """Return what lines of text cover in some of the places, and the lines to the feature, and in which of them."""
        block, pad = self.block, self.block.pad
        left, top = self.corners[places].T[..., None]
        widths = np.array(block.widths)
        x = left + (block.width - widths) * self.flush[places][:, None]
        baseline = top + block.size * (ASCENT + LEADING * np.arange(len(widths)))
        sides = x - pad, baseline - ASCENT * block.size - pad, x + widths + pad, baseline + DESCENT * block.size + pad
        texts, whose = np.stack(sides, axis=2).reshape(-1, 4), np.repeat(np.arange(len(places)), len(widths))
        joins, joined_to = self.leaders(places)
        return np.concatenate([texts, joins]), np.concatenate([whose, joined_to])

    def leaders(self, places: Ints) -> Boxes:
        """Return what the lines to the feature cover, and in which of the places."""
        if self.point is None:
            return _NO_BOXES, _NO_NUMBERS
        size, start, boxes = self.block.size, np.array(self.point), self.boxes[places]
        end = np.clip(start, boxes[:, :2], boxes[:, 2:])
        way = end - start
        length = np.hypot(way[:, 0], way[:, 1])
        far = np.flatnonzero(length > self.radius + 0.2 * size)
        begin = start + way[far] * ((self.radius + 0.08 * size) / length[far])[:, None]
        counts = np.maximum((length[far] / (0.5 * size)).astype(np.int64), 2)
        whose = np.repeat(np.arange(len(far)), counts)
        number = np.arange(len(whose)) - np.repeat(np.cumsum(counts) - counts, counts)
        steps = (number * (0.8 / (counts - 1))[whose] + 0.1)[:, None]
        middles, half = begin[whose] + (end[far] - begin)[whose] * steps, 0.08 * size
        return np.concatenate([middles - half, middles + half], axis=1), far[whose]

    def at(self, place: int) -> Candidate:
        """Return the block in one of the places."""
        left, top = self.corners[place].tolist()
        made = set_block(self.block, left, top, float(self.flush[place]), float(self.costs[place]))
        return made if self.point is None else joined(made, self.point, self.radius)


def around(point: Point, radius: float, block: Block, cost: float = 0.0) -> Blocks:
    """Return the eight places around a point whose symbol reaches ``radius``; to the right is best."""
    return Blocks(block, _around(radius, block) + point, _AROUND_FLUSH, _AROUND[2] + cost)


@lru_cache(maxsize=4096)
def _around(radius: float, block: Block) -> Floats:
    gap = radius + 0.18 * block.size
    diagonal = radius * 0.72 + 0.1 * block.size
    side, rise, _ = _AROUND
    reach = np.where((side != 0) & (rise != 0), diagonal, gap)
    left = np.where(side > 0, reach, np.where(side < 0, -reach - block.width, -block.width / 2))
    top = np.where(rise == 0, -block.height / 2, np.where(rise > 0, reach, -reach - block.height))
    return np.column_stack([left, top])


def away(point: Point, radius: float, block: Block, reach: float, cost: float = 0.0) -> Blocks:
    """Return places up to ``reach`` from a point's symbol, with a line back to it."""
    out, back, flush, far, turned = _away(radius, block, reach)
    return Blocks(block, (out + point) - back, flush, cost + far + turned, point, radius)


@lru_cache(maxsize=4096)
def _away(radius: float, block: Block, reach: float) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Return ways out of a symbol, from where they end to the text's corner, how lines align, what ring and direction cost."""
    rings = _RINGS[_RINGS * block.size <= reach]
    ring, turn = np.repeat(rings, len(_DIRECTIONS)), np.tile(_DIRECTIONS, len(rings))
    cos, sin = np.cos(turn), np.sin(turn)
    steep = np.abs(cos) < 0.5
    share = np.where(steep, 0.5 - 0.5 * cos, np.where(cos > 0, 0.0, 1.0))
    out = np.column_stack([cos, sin]) * (radius + ring * block.size)[:, None]
    back = np.column_stack([block.width * share, block.height * (0.5 - 0.5 * sin)])
    turned = 0.02 * np.tile(np.arange(len(_DIRECTIONS), dtype=np.float64), len(rings))
    return out, back, np.asarray(np.where(steep, 0.5, share)), 0.4 * ring, turned


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
    return _centred(np.asarray(point) + _OFF * (block.width, block.height), block, cost + _OFF_MOVED + _OFF_FAR)


def over(point: Point, block: Block, covers: Callable[[Floats], Bools], cost: float = 0.0) -> Blocks:
    """Return places on a grid around an area's innermost point whose text lies within the area, the nearest first.

    ``covers`` tells of points (n, 2) which lie in the area. The grid hangs on the point, so it moves with the map.
    """
    steps, distance = _grid(block.width, block.height, block.size)
    middles = np.asarray(point) + steps
    half = np.array([0.45 * block.width, 0.4 * block.height])
    corners = middles + half * _SIGNS
    good = covers(corners.reshape(-1, 2)).reshape(5, -1).all(axis=0)
    near, far = middles[good][:_MOST_OVER], distance[good][:_MOST_OVER]
    return _centred(near, block, cost + 1.0 + 0.12 * far / block.size)


@lru_cache(maxsize=4096)
def _grid(width: float, height: float, size: float) -> tuple[Floats, Floats]:
    """Return the steps (n, 2) of a grid for a text and how long they are, the shortest first, the middle left out."""
    across, down = np.meshgrid(np.arange(-_GRID, _GRID + 1), np.arange(-_GRID, _GRID + 1))
    steps = np.column_stack([across.ravel() * max(0.4 * width, 1.2 * size), down.ravel() * 1.1 * height])
    distance = np.hypot(*steps.T)
    order = np.argsort(distance, kind="stable")[1:]
    return steps[order], distance[order]


def _centred(middles: Floats, block: Block, costs: Floats) -> Blocks:
    corners = middles - np.array([block.width / 2, block.height / 2])
    return Blocks(block, corners, np.full(len(middles), 0.5), costs)
