"""The solver: wishes in a fixed order take their best free place; who finds none may ask one neighbour to move.

A solution can be carried on: after the map was panned, labels that still stand where they may stand keep their places, and
only what is new is looked at. This file must not know layers, styles or geometry.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from cgplanner.geometry.ragged import Floats, Ints
from cgplanner.render.scene.label_candidates import Blocks, Bools, Boxes, Candidate, Point
from cgplanner.render.scene.label_written import Options, Written

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
_OUTSIDE, _NOBODY = np.inf, np.iinfo(np.int64).max
_NO_BOXES, _NO_NUMBERS = np.empty((0, 4)), np.empty(0, np.int64)
_NO_LEADERS, _NOTHING = (_NO_BOXES, _NO_NUMBERS), (_NO_BOXES, _NO_NUMBERS, np.empty(0))

Tiers = Callable[[], Iterable[Sequence[Options]]]
Bounds = tuple[float, float, float, float]


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

    def _near(self, bounds: Bounds) -> Ints:
        """Return which boxes lie about; mostly few, so that the rest need not be compared one by one."""
        mine = self._boxes[: self._count]
        left, top, right, bottom = bounds
        return np.flatnonzero((mine[:, 0] < right) & (mine[:, 2] > left) & (mine[:, 1] < bottom) & (mine[:, 3] > top))

    def _overlaps(self, boxes: Floats, near: Ints) -> Bools:
        """bool (boxes, near): which boxes overlap which of those."""
        left, top, right, bottom = self._boxes[near].T
        hit: Bools = left < boxes[:, 2, None]
        hit &= right > boxes[:, 0, None]
        hit &= top < boxes[:, 3, None]
        hit &= bottom > boxes[:, 1, None]
        return hit

    def meets(self, boxes: Floats, bounds: Bounds) -> Bools:
        """bool (boxes,): which boxes overlap one that is taken; ``bounds`` holds them all."""
        near = self._near(bounds)
        return np.asarray(self._overlaps(boxes, near).any(axis=1)) if len(near) else np.zeros(len(boxes), bool)

    def single_owners(self, boxes: Floats, whose: Ints, count: int) -> dict[int, int]:
        """Return the places of so many in whose way one label stands alone, and which."""
        if not count:
            return {}
        near = self._near(_bounds(boxes))
        box, other = np.nonzero(self._overlaps(boxes, near))
        first, last = np.full(count, _NOBODY), np.full(count, -1)
        np.minimum.at(first, whose[box], self._owners[near[other]])
        np.maximum.at(last, whose[box], self._owners[near[other]])
        return {place: int(first[place]) for place in np.flatnonzero(first == last).tolist()}

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
    """Options of one group that lie in the window: their boxes, whose each is, their costs, and which each is.

    ``numbers`` (n,) count through all places of all options, those outside of the window too. ``covered`` keeps which boxes
    lie on which markers, or on a share of them.
    """

    options: tuple[Options, ...]
    boxes: Floats
    whose: Ints
    costs: Floats
    numbers: Ints
    effort: float
    covered: dict[float, Bools] = field(default_factory=dict)

    @classmethod
    def of(cls, options: Sequence[Options], within: Callable[[Floats], Bools]) -> _Tier:
        effort = float(sum(each.tried if isinstance(each, Written) else _BLOCKS_COST for each in options))
        options = tuple(each for each in options if len(each.costs))
        if len(options) < 2:
            boxes, whose, costs = (options[0].boxes, options[0].whose, options[0].costs) if options else _NOTHING
        else:
            starts = np.cumsum([0, *(len(each.costs) for each in options[:-1])]).tolist()
            boxes = np.concatenate([each.boxes for each in options])
            whose = np.concatenate([each.whose + start for each, start in zip(options, starts, strict=True)])
            costs = np.concatenate([each.costs for each in options])
        out = whose[~within(boxes)]
        if not len(out):
            return cls(options, boxes, whose, costs, np.arange(len(costs)), effort)
        seen = np.ones(len(costs), bool)
        seen[out] = False
        shown = seen[whose]
        return cls(options, boxes[shown], (np.cumsum(seen) - 1)[whose[shown]], costs[seen], np.flatnonzero(seen), effort)

    @cached_property
    def bounds(self) -> Bounds:
        """What all boxes lie in."""
        return _bounds(self.boxes)

    @cached_property
    def joined(self) -> bool:
        """Tell whether lines join places with the feature."""
        return any(isinstance(each, Blocks) and each.point is not None for each in self.options)

    def at(self, place: int) -> Candidate:
        number = int(self.numbers[place])
        for options in self.options:
            if number < len(options.costs):
                return options.at(number)
            number -= len(options.costs)
        raise IndexError(place)

    def footprints(self, places: Ints) -> Boxes:
        """Return what a label would take in some of the places, and in which of them."""
        return self._gathered(places, lambda options, own: options.footprints(own))

    def leaders(self, places: Ints) -> Boxes:
        """Return what the lines to the feature would cover in some of the places, and in which of them."""
        return self._gathered(places, lambda options, own: options.leaders(own) if isinstance(options, Blocks) else _NO_LEADERS)

    def _gathered(self, places: Ints, what: Callable[[Options, Ints], Boxes]) -> Boxes:
        boxes, whose, start, numbers = [_NO_BOXES], [_NO_NUMBERS], 0, self.numbers[places]
        for options in self.options:
            mine = np.flatnonzero((numbers >= start) & (numbers < start + len(options.costs)))
            if len(mine):
                found, owner = what(options, numbers[mine] - start)
                boxes.append(found)
                whose.append(mine[owner])
            start += len(options.costs)
        return np.concatenate(boxes), np.concatenate(whose)


def _bounds(boxes: Floats) -> Bounds:
    (left, top, _, _), (_, _, right, bottom) = boxes.min(axis=0).tolist(), boxes.max(axis=0).tolist()
    return left, top, right, bottom


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
    _marker_boxes: Floats = field(init=False)
    _first: float = 0.0
    _further: float = 0.0

    def __post_init__(self) -> None:
        x, y, radius = self.ground.markers.T
        self._marker_boxes = np.stack([x - radius, y - radius, x + radius, y + radius])

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
        within = self._within(boxes).all() and not self._taken.meets(boxes, _bounds(boxes)).any()
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
        if not len(tier.costs):
            return None
        cost = self._costs(wish, tier, on_markers=on_markers)
        if not (cost < np.inf).any():
            return None
        cost[tier.whose[self._taken.meets(tier.boxes, tier.bounds)]] = np.inf
        free = np.flatnonzero(cost < np.inf)
        if len(free) and tier.joined:
            free = self._leading_freely(wish, tier, free)
        for place in free[np.argsort(cost[free], kind="stable")].tolist():
            chosen = tier.at(place)
            if not self._repeats(wish, chosen):
                return chosen
        return None

    def _costs(self, wish: Wish, tier: _Tier, *, on_markers: bool) -> Floats:
        """Return what the places cost, all on markers that nobody may lie on endlessly much."""
        cost, covered = tier.costs.copy(), self._covered(wish, tier)
        bad = self._covered(wish, tier, _CORE) if on_markers else covered
        if bad.size:
            cost[tier.whose[bad.any(axis=1)]] = np.inf
        if on_markers and covered.size:
            cost += _ON_MARKER * np.bincount(tier.whose, covered.sum(axis=1), len(cost))
        return cost

    def _leading_freely(self, wish: Wish, tier: _Tier, places: Ints) -> Ints:
        """Return those of the places whose line to the feature meets nobody."""
        boxes, whose = tier.leaders(places)
        if not len(boxes):
            return places
        bounds = _bounds(boxes)
        bad = self._taken.meets(boxes, bounds) | self._lies_on(wish, boxes, bounds).any(axis=1)
        seen = np.ones(len(places), bool)
        seen[whose[bad]] = False
        return places[seen]

    def _within(self, boxes: Floats) -> Bools:
        left, top, right, bottom = boxes.T
        inside: Bools = left >= 0
        inside &= top >= 0
        inside &= right <= self.ground.width
        inside &= bottom <= self.ground.height
        return inside

    def _covered(self, wish: Wish, tier: _Tier, share: float = 1.0) -> Bools:
        """Return which boxes of a group lie on which markers, which never changes."""
        if share not in tier.covered:
            tier.covered[share] = self._lies_on(wish, tier.boxes, tier.bounds, share)
        return tier.covered[share]

    def _lies_on(self, wish: Wish, boxes: Floats, bounds: Bounds, share: float = 1.0) -> Bools:
        """bool (boxes, some markers): which boxes lie on which of those about, or on that share of them; the own aside."""
        left, top, right, bottom = bounds
        low_x, low_y, high_x, high_y = self._marker_boxes
        about = np.flatnonzero((high_x > left) & (low_x < right) & (high_y > top) & (low_y < bottom))
        if not len(about):
            return np.zeros((len(boxes), 0), bool)
        x, y, radius = self.ground.markers[about].T
        dx = np.maximum(np.maximum(boxes[:, 0, None] - x, x - boxes[:, 2, None]), 0.0)
        dy = np.maximum(np.maximum(boxes[:, 1, None] - y, y - boxes[:, 3, None]), 0.0)
        hit: Bools = dx * dx + dy * dy < (radius * share) ** 2
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
            clear = np.ones(len(tier.costs), bool)
            if len(clear):
                clear[tier.whose[self._covered(wish, tier).any(axis=1)]] = False
            places = np.flatnonzero(clear)[: _TRIES - tried]
            tried += len(places)
            for place, owner in self._taken.single_owners(*tier.footprints(places), len(places)).items():
                if self._swap(number, tier.at(int(places[place])), owner):
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
