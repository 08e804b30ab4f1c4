"""Where a label could stand: around a point, inside an area, along a line, from best to worst.

Candidates depend on the feature's geometry and the scale, not on where the window lies, so that labels keep their places
while the map is panned. Everything is in device units.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from cgplanner.geometry.ragged import Floats
from cgplanner.render.scene.display_list import LabelLine
from cgplanner.render.scene.label_room import Box, Point
from cgplanner.render.scene.label_text import ASCENT, DESCENT, LEADING, Block

Bools = NDArray[np.bool_]
_GRID, _MOST_OVER = 5, 80  # places tried around an area's innermost point
_AROUND = [(1, 0, 0.0), (1, -1, 0.5), (1, 1, 0.6), (-1, 0, 0.8), (-1, -1, 1.0), (-1, 1, 1.1), (0, -1, 1.2), (0, 1, 1.3)]
_AROUND_FLUSH, _AROUND_COSTS = [0.5 - side / 2 for side, _, _ in _AROUND], [cost for _, _, cost in _AROUND]
_SIGNS = np.array([(0, 0), (-1, -1), (1, -1), (-1, 1), (1, 1)])[:, None, :]
_OFF = np.array([(0.0, 0.0), (0.0, -0.7), (0.0, 0.7), (-0.35, 0.0), (0.35, 0.0), (0.0, -1.4), (0.0, 1.4)])  # widths, heights
_OFF_MOVED, _OFF_FAR = np.where(_OFF.any(axis=1), 1.0, 0.0), np.abs(_OFF).sum(axis=1)
Leader = tuple[float, float, float, float]
_RINGS = (1.3, 2.4, 3.8, 5.4, 7.4)  # em from a feature to a label that was moved away
_DIRECTIONS = (-20, 20, -45, 45, 200, 160, 225, 135, -75, 75, 255, 105)  # degrees


def _way(number: int, degrees: float) -> tuple[float, float, float, float, float, float]:
    """Return a way out of a symbol: its direction, the shares of the text before its end, how lines align, what it costs."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    steep = abs(cos) < 0.5
    share = 0.5 - 0.5 * cos if steep else 0.0 if cos > 0 else 1.0
    return cos, sin, share, 0.5 - 0.5 * sin, 0.5 if steep else share, 0.02 * number


_WAYS = [_way(number, degrees) for number, degrees in enumerate(_DIRECTIONS)]
_APART = 1.2  # em between a feature and a label that was put there by hand from which on a line joins them


@dataclass(frozen=True, eq=False)
class Candidate:
    """One place: lines with baselines, the boxes they cover, and how bad it is (0 is best).

    ``leader`` joins a text that stands away with its feature; ``leader_boxes`` are what the line covers.
    """

    lines: tuple[LabelLine, ...]
    boxes: tuple[Box, ...]
    cost: float
    block: Block
    leader: Leader | None = None
    leader_boxes: tuple[Box, ...] = ()

    @property
    def footprint(self) -> tuple[Box, ...]:
        """All boxes that nobody else may have."""
        return self.boxes + self.leader_boxes

    def moved(self, dx: float, dy: float) -> Candidate:
        """Return the same on a map that was panned by so many device units."""
        if not dx and not dy:
            return self
        lines = tuple(LabelLine(line.text, line.x + dx, line.y + dy, line.angle) for line in self.lines)
        leader = None if self.leader is None else _shifted(self.leader, dx, dy)
        boxes, joins = (tuple(_shifted(box, dx, dy) for box in some) for some in (self.boxes, self.leader_boxes))
        return Candidate(lines, boxes, self.cost, self.block, leader, joins)

    @cached_property
    def bounds(self) -> Box:
        """What the text lies in."""
        left, top, right, bottom = zip(*self.boxes, strict=True)
        return min(left), min(top), max(right), max(bottom)

    @property
    def middle(self) -> Point:
        """The middle of the text."""
        left, top, right, bottom = self.bounds
        return (left + right) / 2, (top + bottom) / 2

    def unjoined(self) -> Candidate:
        """Return the same without a line to the feature."""
        return replace(self, leader=None, leader_boxes=())


def _shifted(box: Box, dx: float, dy: float) -> Box:
    return box[0] + dx, box[1] + dy, box[2] + dx, box[3] + dy


@dataclass(frozen=True, eq=False)
class Blocks:
    """One block set in many places: where its corner lies, how its lines align, what each place costs.

    A candidate is made of a place only when it is chosen. With ``point`` the text stands away from it and is joined with the
    edge of its symbol.
    """

    block: Block
    corners: Sequence[Point]
    flush: Sequence[float]
    costs: Sequence[float]
    point: Point | None = None
    radius: float = 0.0

    @cached_property
    def boxes(self) -> list[tuple[Box]]:
        """What the text covers in each place: one box."""
        width, height, pad = self.block.width, self.block.height, self.block.pad
        return [((x - pad, y - pad, x + width + pad, y + height + pad),) for x, y in self.corners]

    def within(self, width: float, height: float) -> list[int]:
        """Return the places that lie in a window of this size whole."""
        return [
            place
            for place, ((left, top, right, bottom),) in enumerate(self.boxes)
            if left >= 0 and top >= 0 and right <= width and bottom <= height
        ]

    def at(self, place: int) -> Candidate:
        """Return the block in one of the places."""
        left, top = self.corners[place]
        made = set_block(self.block, left, top, self.flush[place], self.costs[place])
        return made if self.point is None else joined(made, self.point, self.radius)


def around(point: Point, radius: float, block: Block, cost: float = 0.0) -> Blocks:
    """Return the eight places around a point whose symbol reaches ``radius``; to the right is best."""
    x, y = point
    gap, diagonal = radius + 0.18 * block.size, radius * 0.72 + 0.1 * block.size
    corners = []
    for side, rise, _ in _AROUND:
        reach = diagonal if side and rise else gap
        left = reach if side > 0 else -reach - block.width if side < 0 else -block.width / 2
        top = -block.height / 2 if rise == 0 else reach if rise > 0 else -reach - block.height
        corners.append((left + x, top + y))
    return Blocks(block, corners, _AROUND_FLUSH, [each + cost for each in _AROUND_COSTS])


def away(point: Point, radius: float, block: Block, reach: float, cost: float = 0.0) -> Blocks:
    """Return places up to ``reach`` from a point's symbol, with a line back to it."""
    x, y = point
    corners, flush, costs = [], [], []
    for ring in _RINGS:
        if ring * block.size > reach:
            break
        length = radius + ring * block.size
        for cos, sin, share_x, share_y, aligned, turned in _WAYS:
            corners.append((cos * length + x - block.width * share_x, sin * length + y - block.height * share_y))
            flush.append(aligned)
            costs.append(cost + 0.4 * ring + turned)
    return Blocks(block, corners, flush, costs, point, radius)


def joined(candidate: Candidate, point: Point, radius: float) -> Candidate:
    """Return the place with a line from the edge of the symbol at a point to the text."""
    size, (x, y), (end_x, end_y) = candidate.block.size, point, _nearest(candidate, point)
    dx, dy = end_x - x, end_y - y
    length = math.hypot(dx, dy)
    if length <= radius + 0.2 * size:
        return candidate
    begun = (radius + 0.08 * size) / length
    x, y = x + dx * begun, y + dy * begun
    count, half = max(int(length / (0.5 * size)), 2), 0.08 * size
    steps = (0.1 + 0.8 * number / (count - 1) for number in range(count))
    middles = [(x + (end_x - x) * step, y + (end_y - y) * step) for step in steps]
    boxes = tuple((across - half, down - half, across + half, down + half) for across, down in middles)
    return replace(candidate, leader=(x, y, end_x, end_y), leader_boxes=boxes)


def _nearest(candidate: Candidate, point: Point) -> Point:
    """Return the point of a text that is nearest to another one."""
    left, top, right, bottom = candidate.bounds
    return min(max(point[0], left), right), min(max(point[1], top), bottom)


def pinned(point: Point, radius: float, where: Point, block: Block) -> Candidate:
    """Return the place that somebody chose: the block around its middle, joined with a feature that is not beside it."""
    place = set_block(block, where[0] - block.width / 2, where[1] - block.height / 2, 0.5, 0.0)
    distance = math.dist(_nearest(place, point), point)
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
    return Candidate(tuple(lines), tuple(boxes), cost, block)


def middle(point: Point, block: Block, cost: float = 0.0) -> Blocks:
    """Return the one place in the middle of a point."""
    return Blocks(block, [(point[0] - block.width / 2, point[1] - block.height / 2)], [0.5], [cost])


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
    corners = [(x, y) for x, y in (middles - np.array([block.width / 2, block.height / 2])).tolist()]
    return Blocks(block, corners, [0.5] * len(corners), costs.tolist())
