"""The solver: wishes in a fixed order take their best free place; who finds none may ask one neighbour to move.

A solution can be carried on: after the map was panned, labels that still stand where they may stand keep their places, and
only what is new is looked at. This file must not know layers, styles or geometry.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from cgplanner.geometry.ragged import Floats, Ints
from cgplanner.render.scene.label_candidates import Bools, Candidate, Options, Point, Ready

_SAME_PX = 260.0  # two labels of a layer with one text stand at least this far apart
_ON_MARKER = 0.7  # what it costs to lie on the edge of somebody's marker
_CORE = 0.5  # the share of a marker's radius that nobody may lie on
# What a solution may cost, in places along lines that are made; a crowd is not worth more than a second. Counted, not timed,
# so that the same map gets the same labels on any machine.
_MOST_FIRST, _MOST_FURTHER = 6_000.0, 3_000.0
_BLOCKS_COST = 0.5  # of a group of blocks, however many: they are tested together
_MOST_MOVES = 60  # labels for which a neighbour is asked to move
_TRIES = 24  # places of a label for which that is tried
_NEAR = 2  # groups of places that may lie on markers when nothing else is free
_OUTSIDE = np.inf
_NO_BOXES, _NO_NUMBERS, _NO_COSTS = np.empty((0, 4)), np.empty(0, np.int64), np.empty(0)

Tiers = Callable[[], Iterable[Sequence[Options]]]


@dataclass(eq=False)
class Wish:
    """A label that wants a place: its candidates are made when its turn comes.

    Attributes
    ----------
    key
        Who it is in every view of the map.
    said
        What it says and for whom; two of the same keep apart.
    anchor, radius
        The point of the feature that it belongs to, and how far its symbol reaches (device units).
    tiers
        Places in groups from good to bad; a group is looked at when the one before it had no room.
    pinned
        The place that somebody chose, which is not asked for twice.
    """

    key: Hashable
    said: Hashable
    anchor: Point
    radius: float
    order: tuple[float, int, float, int]
    tiers: Tiers
    pinned: Candidate | None = None


@dataclass(frozen=True, eq=False)
class Ground:
    """What labels are placed on: its size, the markers on it (x, y, radius), and device units per px."""

    width: float
    height: float
    markers: Floats
    px: float


class _Taken:
    """The boxes that are taken, as one growing array, and by whom."""

    def __init__(self) -> None:
        self._boxes = np.empty((256, 4))
        self._owners = np.empty(256, np.int64)
        self._count = 0

    def _near(self, boxes: Floats) -> Ints:
        """Return which boxes lie about these; mostly few, so that the rest need not be compared one by one."""
        mine = self._boxes[: self._count]
        (left, top), (right, bottom) = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
        return np.flatnonzero((mine[:, 0] < right) & (mine[:, 2] > left) & (mine[:, 1] < bottom) & (mine[:, 3] > top))

    def _overlaps(self, boxes: Floats, near: Ints) -> Bools:
        """bool (boxes, near): which boxes overlap which of those."""
        mine = self._boxes[near]
        hit: Bools = (mine[:, 0] < boxes[:, 2, None]) & (mine[:, 2] > boxes[:, 0, None])
        hit &= (mine[:, 1] < boxes[:, 3, None]) & (mine[:, 3] > boxes[:, 1, None])
        return hit

    def meets(self, boxes: Floats) -> Bools:
        """bool (boxes,): which boxes overlap one that is taken."""
        if not len(boxes):
            return np.zeros(0, bool)
        return np.asarray(self._overlaps(boxes, self._near(boxes)).any(axis=1))

    def owners(self, boxes: Floats) -> set[int]:
        """Return who is in the way of these boxes."""
        near = self._near(boxes)
        return set(self._owners[near][self._overlaps(boxes, near).any(axis=0)].tolist())

    def add(self, boxes: Floats, owner: int) -> None:
        """Take these boxes."""
        while self._count + len(boxes) > len(self._boxes):
            self._boxes = np.vstack([self._boxes, np.empty_like(self._boxes)])
            self._owners = np.concatenate([self._owners, np.empty_like(self._owners)])
        self._boxes[self._count : self._count + len(boxes)] = boxes
        self._owners[self._count : self._count + len(boxes)] = owner
        self._count += len(boxes)

    def give_back(self, owner: int) -> None:
        """Free what this one had."""
        self._boxes[: self._count][self._owners[: self._count] == owner] = _OUTSIDE


def solved(
    wishes: Sequence[Wish], ground: Ground, kept: Mapping[Hashable, Candidate], check: Callable[[], None]
) -> dict[int, Candidate]:
    """Return the place of each wish that found one, by its number.

    ``kept`` are places of the view before, moved along with the map: whoever has one keeps it. ``check`` is called between
    wishes and may raise.
    """
    solver = _Solver(wishes, ground)
    for number, wish in enumerate(wishes):
        if wish.pinned is not None and solver.is_shown(wish.pinned):
            solver.take(number, wish.pinned)
    for number, wish in enumerate(wishes):
        place = kept.get(wish.key)
        if place is not None and wish.pinned is None and solver.is_free(wish, place):
            solver.take(number, place)
            solver.settled.add(number)
    for number, wish in enumerate(wishes):
        check()
        if number not in solver.places and wish.pinned is None:
            solver.find(number)
    for number in solver.homeless[:_MOST_MOVES]:
        check()
        solver.make_room(number)
    return solver.places


@dataclass(frozen=True, eq=False)
class _Tier:
    """Options of one group that lie in the window: their boxes, whose each is, their costs, and what each is made of."""

    boxes: Floats
    whose: Ints
    costs: Floats
    sources: tuple[tuple[Options, int], ...]
    effort: float

    @classmethod
    def of(cls, options: Sequence[Options], within: Callable[[Floats], Bools]) -> _Tier:
        boxes, whose, costs, sources = [_NO_BOXES], [_NO_NUMBERS], [_NO_COSTS], list[tuple[Options, int]]()
        for each in options:
            if not len(each.costs):
                continue
            out = np.zeros(len(each.costs), bool)
            out[each.whose[~within(each.boxes)]] = True
            new = np.cumsum(~out) - 1 + len(sources)
            seen = ~out[each.whose]
            boxes.append(each.boxes[seen])
            whose.append(new[each.whose[seen]])
            costs.append(each.costs[~out])
            sources += [(each, place) for place in np.flatnonzero(~out).tolist()]
        effort = float(sum(each.tried if isinstance(each, Ready) else _BLOCKS_COST for each in options))
        return cls(np.concatenate(boxes), np.concatenate(whose), np.concatenate(costs), tuple(sources), effort)

    def at(self, place: int) -> Candidate:
        options, number = self.sources[place]
        return options.at(number)


@dataclass(eq=False)
class _Solver:
    wishes: Sequence[Wish]
    ground: Ground
    places: dict[int, Candidate] = field(default_factory=dict)
    settled: set[int] = field(default_factory=set)
    homeless: list[int] = field(default_factory=list)
    _taken: _Taken = field(default_factory=_Taken)
    _said: dict[Hashable, dict[int, Point]] = field(default_factory=dict)
    _made: dict[int, tuple[list[_Tier], Iterator[Sequence[Options]]]] = field(default_factory=dict)
    _first: float = 0.0
    _further: float = 0.0

    def take(self, number: int, place: Candidate) -> None:
        self.places[number] = place
        self._taken.add(place.footprint, number)
        self._said.setdefault(self.wishes[number].said, {})[number] = place.middle

    def give_back(self, number: int) -> Candidate:
        self._taken.give_back(number)
        del self._said[self.wishes[number].said][number]
        return self.places.pop(number)

    def is_shown(self, place: Candidate) -> bool:
        x, y = place.middle
        return 0 <= x <= self.ground.width and 0 <= y <= self.ground.height

    def is_free(self, wish: Wish, place: Candidate) -> bool:
        boxes = place.footprint
        within = self._within(boxes).all() and not self._taken.meets(boxes).any()
        return bool(within) and not self._repeats(wish, place)

    def find(self, number: int) -> None:
        wish, near = self.wishes[number], list[_Tier]()
        for depth, tier in enumerate(self._within_budget(number)):
            if depth < _NEAR:
                near.append(tier)
            best = self._best(wish, tier, on_markers=False)
            if best is not None:
                self.take(number, best)
                return
        for tier in near:
            best = self._best(wish, tier, on_markers=True)
            if best is not None:
                self.take(number, best)
                return
        self.homeless.append(number)

    def _tiers(self, number: int) -> Iterator[_Tier]:
        """Yield the groups of places of a wish; each is made once."""
        made, source = self._made.setdefault(number, ([], iter(self.wishes[number].tiers())))
        yield from made
        for options in source:
            tier = _Tier.of(options, self._within)
            made.append(tier)
            yield tier

    def _within_budget(self, number: int) -> Iterator[_Tier]:
        """Yield the groups of places of a wish as long as anything is left to spend; those made before cost nothing."""
        depth, tiers = 0, self._tiers(number)
        while True:
            made = len(self._made[number][0]) if number in self._made else 0
            spent, limit = (self._further, _MOST_FURTHER) if depth else (self._first, _MOST_FIRST)
            if depth >= made and spent > limit:
                return
            tier = next(tiers, None)
            if tier is None:
                return
            if depth >= made and depth:
                self._further += tier.effort
            elif depth >= made:
                self._first += tier.effort
            yield tier
            depth += 1

    def _best(self, wish: Wish, tier: _Tier, *, on_markers: bool) -> Candidate | None:
        """Return the cheapest place that is free; one on a marker only where that is allowed, and then it costs."""
        cost = tier.costs.copy()
        if not len(cost):
            return None
        bad = self._taken.meets(tier.boxes)
        covered = self._covered(wish, tier.boxes)
        if on_markers:
            cost += _ON_MARKER * np.bincount(tier.whose, covered.sum(axis=1), len(cost))
            bad |= self._covered(wish, tier.boxes, _CORE).any(axis=1)
        else:
            bad |= covered.any(axis=1)
        cost[tier.whose[bad]] = np.inf
        for place in np.argsort(cost, kind="stable").tolist():
            if not np.isfinite(cost[place]):
                return None
            chosen = tier.at(place)
            if not self._repeats(wish, chosen) and self._leads_freely(wish, chosen):
                return chosen
        return None

    def _leads_freely(self, wish: Wish, place: Candidate) -> bool:
        boxes = place.leader_boxes
        return not len(boxes) or not (self._taken.meets(boxes).any() or self._covered(wish, boxes).any())

    def _within(self, boxes: Floats) -> Bools:
        ground = self.ground
        inside: Bools = (boxes[:, :2] >= 0).all(axis=1) & (boxes[:, 2] <= ground.width) & (boxes[:, 3] <= ground.height)
        return inside

    def _covered(self, wish: Wish, boxes: Floats, share: float = 1.0) -> Bools:
        """bool (boxes, some markers): which boxes lie on which of those about, or on that share of them; the own aside."""
        if not len(boxes):
            return np.zeros((0, 0), bool)
        markers = self.ground.markers
        (left, top), (right, bottom) = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
        x, y, radius = markers.T
        about = (x + radius > left) & (x - radius < right) & (y + radius > top) & (y - radius < bottom)
        x, y, radius = markers[about].T * np.array([[1.0], [1.0], [share]])
        dx = np.maximum(np.maximum(boxes[:, 0, None] - x, x - boxes[:, 2, None]), 0.0)
        dy = np.maximum(np.maximum(boxes[:, 1, None] - y, y - boxes[:, 3, None]), 0.0)
        hit: Bools = dx * dx + dy * dy < radius * radius
        near = 0.5 * self.ground.px
        hit &= ~((np.abs(x - wish.anchor[0]) < near) & (np.abs(y - wish.anchor[1]) < near))
        return hit

    def _repeats(self, wish: Wish, place: Candidate) -> bool:
        others = self._said.get(wish.said)
        if not others:
            return False
        x, y = place.middle
        return any(np.hypot(x - a, y - b) < _SAME_PX * self.ground.px for a, b in others.values())

    def make_room(self, number: int) -> None:
        """Give a label without a place one from which a single other label can move away."""
        wish = self.wishes[number]
        tried = 0
        for tier in self._within_budget(number):
            free = ~np.isin(np.arange(len(tier.costs)), tier.whose[self._covered(wish, tier.boxes).any(axis=1)])
            for place in np.flatnonzero(free)[: _TRIES - tried].tolist():
                tried += 1
                candidate = tier.at(place)
                owners = self._taken.owners(candidate.footprint)
                if len(owners) == 1 and self._swap(number, candidate, next(iter(owners))):
                    return

    def _swap(self, number: int, place: Candidate, other: int) -> bool:
        wish, neighbour = self.wishes[number], self.wishes[other]
        if neighbour.pinned is not None or other in self.settled or self._repeats(wish, place):
            return False
        before = self.give_back(other)
        self.take(number, place)
        for tier in self._within_budget(other):
            found = self._best(neighbour, tier, on_markers=False)
            if found is not None:
                self.take(other, found)
                return True
        self.give_back(number)
        self.take(other, before)
        return False
