"""The solver: wishes in a fixed order take their best free place; who finds none may ask one neighbour to move.

A solution can be carried on: after the map was panned, labels that still stand where they may stand keep their places, and
only what is new is looked at. This file must not know layers, styles or geometry.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice

import numpy as np

from cgplanner.geometry.ragged import Floats, Ints
from cgplanner.render.scene.label_candidates import Candidate
from cgplanner.render.scene.label_room import Box, Point, Room
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
_FEW = 6  # places that are looked at one by one before all that are left are
_NEAR = 2  # groups of places that may lie on markers when nothing else is free

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


def solved(
    wishes: Sequence[Wish], ground: Ground, kept: Mapping[Hashable, Candidate], check: Callable[[], None]
) -> dict[int, Candidate]:
    """Return the place of each wish that found one, by its number.

    ``kept`` are places of the view before, moved along with the map: whoever has one keeps it. ``check`` is called between
    wishes and may raise.
    """
    solver = _Solver(wishes, Room(ground.width, ground.height, ground.markers, ground.px))
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
    """The places of one group: what each covers, its cost, and which are worth a look, the cheapest first.

    ``options`` are those with places, each with the number of its first.
    """

    options: tuple[tuple[int, Options], ...]
    boxes: Sequence[tuple[Box, ...]]
    costs: Sequence[float]
    order: Sequence[int]
    effort: float

    @classmethod
    def of(cls, options: Sequence[Options], room: Room) -> _Tier:
        """Return a group; places that lie outside of the window are not looked at."""
        effort = float(sum(each.tried if isinstance(each, Written) else _BLOCKS_COST for each in options))
        boxes: list[tuple[Box, ...]] = []
        costs: list[float] = []
        numbered, shown = [], list[int]()
        for each in options:
            first = len(costs)
            numbered.append((first, each))
            shown += [first + place for place in each.within(room.width, room.height)]
            boxes += each.boxes
            costs += each.costs
        return cls(tuple(numbered), boxes, costs, sorted(shown, key=costs.__getitem__), effort)

    @cached_property
    def arrays(self) -> tuple[Floats, Ints]:
        """What all places cover as one array (n, 4), and whose each box is."""
        counts = [len(boxes) for boxes in self.boxes]
        return np.array([box for boxes in self.boxes for box in boxes]), np.repeat(np.arange(len(counts)), counts)

    def at(self, place: int) -> Candidate:
        first, options = next(each for each in reversed(self.options) if each[0] <= place)
        return options.at(place - first)


@dataclass(eq=False)
class _Solver:
    wishes: Sequence[Wish]
    room: Room
    places: dict[int, Candidate] = field(default_factory=dict)
    settled: set[int] = field(default_factory=set)
    homeless: list[int] = field(default_factory=list)
    _said: dict[Hashable, dict[int, Point]] = field(default_factory=dict)
    _made: dict[int, tuple[list[_Tier], Iterator[Sequence[Options]]]] = field(default_factory=dict)
    _first: float = 0.0
    _further: float = 0.0

    def take(self, number: int, place: Candidate) -> None:
        self.places[number] = place
        self.room.take(place.footprint, number)
        self._said.setdefault(self.wishes[number].said, {})[number] = place.middle

    def give_back(self, number: int) -> Candidate:
        self.room.give_back(number)
        del self._said[self.wishes[number].said][number]
        return self.places.pop(number)

    def is_shown(self, place: Candidate) -> bool:
        x, y = place.middle
        return 0 <= x <= self.room.width and 0 <= y <= self.room.height

    def is_free(self, wish: Wish, place: Candidate) -> bool:
        boxes = place.footprint
        return self.room.holds(boxes) and not self.room.is_taken(boxes) and not self._repeats(wish, place)

    def find(self, number: int) -> None:
        wish, near = self.wishes[number], list[_Tier]()
        for depth, tier in enumerate(self._within_budget(number)):
            if depth < _NEAR:
                near.append(tier)
            best = self._best(wish, tier)
            if best is not None:
                self.take(number, best)
                return
        for tier in near:
            best = self._best_on_markers(wish, tier)
            if best is not None:
                self.take(number, best)
                return
        self.homeless.append(number)

    def _tiers(self, number: int) -> Iterator[_Tier]:
        """Yield the groups of places of a wish; each is made once."""
        made, source = self._made.setdefault(number, ([], iter(self.wishes[number].tiers())))
        yield from made
        for options in source:
            tier = _Tier.of(options, self.room)
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

    def _open(self, wish: Wish, tier: _Tier) -> Iterator[int]:
        """Yield the places that nobody has taken and that lie on no marker, the cheapest first; mostly one of the first."""
        order, own = tier.order, wish.anchor
        few = len(order) if len(order) < 2 * _FEW else _FEW
        for place in order[:few]:
            if self.room.is_open(tier.boxes[place], own):
                yield place
        if few < len(order):
            boxes, whose = tier.arrays
            taken = np.zeros(len(tier.boxes), bool)
            taken[whose[self.room.taken_among(boxes)]] = True
            rest = (place for place, is_taken in zip(order[few:], taken[order[few:]].tolist(), strict=True) if not is_taken)
            yield from (place for place in rest if not self.room.is_marked(tier.boxes[place], own))

    def _best(self, wish: Wish, tier: _Tier) -> Candidate | None:
        """Return the cheapest place that is free and lies on no marker."""
        found = (self._leading_freely(wish, tier.at(place)) for place in self._open(wish, tier))
        return next((each for each in found if each is not None), None)

    def _best_on_markers(self, wish: Wish, tier: _Tier) -> Candidate | None:
        """Return the cheapest place that is free, where lying on the edge of a marker costs; nobody lies on its middle."""
        room, own, costs = self.room, wish.anchor, dict[int, float]()
        for place in sorted(tier.order):
            boxes = tier.boxes[place]
            if not room.is_taken(boxes) and not room.is_marked(boxes, own, _CORE):
                costs[place] = tier.costs[place] + _ON_MARKER * room.marks(boxes, own)
        found = (self._leading_freely(wish, tier.at(place)) for place in sorted(costs, key=costs.__getitem__))
        return next((each for each in found if each is not None), None)

    def _leading_freely(self, wish: Wish, place: Candidate) -> Candidate | None:
        """Return a place, unless its line to the feature meets anybody, or its text is too near to one that says the same."""
        if not self.room.is_open(place.leader_boxes, wish.anchor) or self._repeats(wish, place):
            return None
        return place

    def _repeats(self, wish: Wish, place: Candidate) -> bool:
        others = self._said.get(wish.said)
        if not others:
            return False
        x, y = place.middle
        return any(math.hypot(x - a, y - b) < _SAME_PX * self.room.px for a, b in others.values())

    def make_room(self, number: int) -> None:
        """Give a label without a place one from which a single other label can move away."""
        wish = self.wishes[number]
        tried = 0
        for tier in self._within_budget(number):
            clear = (place for place in sorted(tier.order) if not self.room.is_marked(tier.boxes[place], wish.anchor))
            for place in islice(clear, _TRIES - tried):
                tried += 1
                chosen = tier.at(place)
                owners = self.room.owners(chosen.footprint)
                if len(owners) == 1 and self._swap(number, chosen, owners.pop()):
                    return

    def _swap(self, number: int, place: Candidate, other: int) -> bool:
        wish, neighbour = self.wishes[number], self.wishes[other]
        if neighbour.pinned is not None or other in self.settled or self._repeats(wish, place):
            return False
        before = self.give_back(other)
        self.take(number, place)
        for tier in self._within_budget(other):
            found = self._best(neighbour, tier)
            if found is not None:
                self.take(other, found)
                return True
        self.give_back(number)
        self.take(other, before)
        return False
