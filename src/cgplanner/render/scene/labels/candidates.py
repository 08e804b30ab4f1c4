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
from cgplanner.render.scene.labels.room import Box, Point
from cgplanner.render.scene.labels.text import ASCENT, DESCENT, LEADING, Block

Bools = NDArray[np.bool_]
_GRID, _MOST_OVER = 5, 80  # places tried around an area's innermost point
_SIGNS = np.array([(0, 0), (-1, -1), (1, -1), (-1, 1), (1, 1)])[:, None, :]
_OFF = np.array([(0.0, 0.0), (0.0, -0.7), (0.0, 0.7), (-0.35, 0.0), (0.35, 0.0), (0.0, -1.4), (0.0, 1.4)])  # widths, heights
_OFF_MOVED, _OFF_FAR = np.where(_OFF.any(axis=1), 1.0, 0.0), np.abs(_OFF).sum(axis=1)
Leader = tuple[float, float, float, float]
# Eight places around a point: which way, the share of the text before the point, what each costs.
_SIDES = np.array([(1, 0), (1, -1), (1, 1), (-1, 0), (-1, -1), (-1, 1), (0, -1), (0, 1)], np.float64)
_SIDE_SHARES, _SIDE_COSTS = (1.0 - _SIDES) / 2, np.array([0.0, 0.5, 0.6, 0.8, 1.0, 1.1, 1.2, 1.3])
_DIAGONAL = (np.abs(_SIDES).sum(axis=1) > 1)[:, None]


@dataclass(frozen=True, eq=False)
class _Rays:
    """Places all round a symbol: directions (n, 2), em from it (n,), the share of the text before them, what they cost."""

    ways: Floats
    rings: Floats
    shares: Floats
    flush: Floats
    costs: Floats

    def within(self, reach: float) -> _Rays:
        """Return those nearer than so many em."""
        count = int(np.searchsorted(self.rings, reach, side="right"))
        return _Rays(*(each[:count] for each in (self.ways, self.rings, self.shares, self.flush, self.costs)))


def _rays(rings: Sequence[float], degrees: Sequence[float], turning: float) -> _Rays:
    """Return places in these directions at these distances, the nearest ring first; a later direction costs more."""
    angles = np.radians(np.tile(degrees, len(rings)))
    ways = np.round(np.column_stack([np.cos(angles), np.sin(angles)]), 12)  # the same on every machine
    em, cos = np.repeat(rings, len(degrees)).astype(np.float64), ways[:, 0]
    steep = np.abs(cos) < 0.5
    across = np.where(steep, 0.5 - 0.5 * cos, np.where(cos > 0, 0.0, 1.0))
    shares = np.column_stack([across, 0.5 - 0.5 * ways[:, 1]])
    turned = turning * np.tile(np.arange(len(degrees)), len(rings))
    return _Rays(ways, em, shares, np.where(steep, 0.5, across), 0.4 * em + turned)


_NEAR_BY = _rays((1.3, 2.4, 3.8, 5.4, 7.4), (-20, 20, -45, 45, 200, 160, 225, 135, -75, 75, 255, 105), 0.02)
_FAR_AWAY = _rays((9.6, 12.0, 15.0, 18.5, 22.5, 27.0, 32.0, 37.5), range(0, 360, 15), 0.0)
_BESIDE, _GAP = 0.2, 0.08  # em from a symbol within which no line is needed; between it and the line
_ASIDE = 0.15  # em that a text keeps from those on its left and right, lest they read as one
_APART = 1.2  # em between a feature and a label that was put there by hand from which on a line joins them


@dataclass(frozen=True, eq=False)
class Candidate:
    """One place: lines with baselines, the boxes they cover, and how bad it is (0 is best).

    ``leader`` joins a text that stands away with its feature.
    """

    lines: tuple[LabelLine, ...]
    boxes: tuple[Box, ...]
    cost: float
    block: Block
    leader: Leader | None = None

    def moved(self, dx: float, dy: float) -> Candidate:
        """Return the same place on a map that was panned by so much."""
        lines = tuple(LabelLine(line.text, line.x + dx, line.y + dy, line.angle) for line in self.lines)
        leader = None if self.leader is None else _shifted(self.leader, dx, dy)
        return Candidate(lines, tuple(_shifted(box, dx, dy) for box in self.boxes), self.cost, self.block, leader)

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
        return replace(self, leader=None)


def _shifted(box: Box, dx: float, dy: float) -> Box:
    return box[0] + dx, box[1] + dy, box[2] + dx, box[3] + dy


@dataclass(frozen=True, eq=False)
class Blocks:
    """One block set in many places: where its corner lies, how its lines align, what each place costs.

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
    def covered(self) -> Floats:
        """What the text covers in each place (n, 1, 4): one box."""
        block, out = self.block, np.empty((len(self.corners), 1, 4))
        aside = block.pad + _ASIDE * block.size
        out[:, 0, :2] = self.corners - np.array((aside, block.pad))
        out[:, 0, 2:] = self.corners + np.array((block.width + aside, block.height + block.pad))
        return out

    @cached_property
    def leaders(self) -> Floats | None:
        """The line of each place to the feature (n, 4), NaN where it stands beside it; None where no place has one."""
        if self.point is None:
            return None
        block, size, point = self.block, self.block.size, np.array(self.point)
        low, high = self.corners - block.pad, self.corners + np.array((block.width + block.pad, block.height + block.pad))
        ends = np.minimum(np.maximum(point, low), high)
        steps = ends - point
        length = np.sqrt(steps[:, 0] * steps[:, 0] + steps[:, 1] * steps[:, 1])
        apart = length > self.radius + _BESIDE * size
        begun = (self.radius + _GAP * size) / np.where(apart, length, np.nan)
        return np.column_stack([point + steps * begun[:, None], np.where(apart[:, None], ends, np.nan)])

    def at(self, place: int) -> Candidate:
        """Return the block in one of the places."""
        left, top = self.corners[place].tolist()
        made = set_block(self.block, left, top, float(self.flush[place]), float(self.costs[place]))
        if self.leaders is None or np.isnan(self.leaders[place, 0]):
            return made
        x, y, end_x, end_y = self.leaders[place].tolist()
        return replace(made, leader=(x, y, end_x, end_y))


def around(point: Point, radius: float, block: Block, cost: float = 0.0) -> Blocks:
    """Return the eight places around a point whose symbol reaches ``radius``; to the right is best."""
    gap, diagonal = radius + 0.18 * block.size, radius * 0.72 + 0.1 * block.size
    corners = np.where(_DIAGONAL, diagonal, gap) * _SIDES - _SIDE_SHARES * (block.width, block.height) + point
    return Blocks(block, corners, _SIDE_SHARES[:, 0], _SIDE_COSTS + cost)


def away(point: Point, radius: float, block: Block, reach: float, cost: float = 0.0, *, far: bool = False) -> Blocks:
    """Return places up to ``reach`` from a point's symbol, with a line back to it: near by, or those beyond (``far``)."""
    rays = (_FAR_AWAY if far else _NEAR_BY).within(reach / block.size)
    out = rays.ways * (radius + rays.rings * block.size)[:, None]
    corners = out - rays.shares * (block.width, block.height) + point
    return Blocks(block, corners, rays.flush, rays.costs + cost, point, radius)


def joined(candidate: Candidate, point: Point, radius: float) -> Candidate:
    """Return the place with a line from the edge of the symbol at a point to the text."""
    size, (x, y), (end_x, end_y) = candidate.block.size, point, _nearest(candidate, point)
    length = math.hypot(end_x - x, end_y - y)
    if length <= radius + _BESIDE * size:
        return candidate
    begun = (radius + _GAP * size) / length
    return replace(candidate, leader=(x + (end_x - x) * begun, y + (end_y - y) * begun, end_x, end_y))


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
    corner = np.array([(point[0] - block.width / 2, point[1] - block.height / 2)])
    return Blocks(block, corner, np.full(1, 0.5), np.full(1, cost))


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
    corners = middles - (block.width / 2, block.height / 2)
    return Blocks(block, corners, np.full(len(corners), 0.5), costs)
