"""The solver: wishes in a fixed order take their best free place; then those without one look who may give way.

In a bounded search a label without a place takes the one that does the least harm, near its feature or far away with a long
line to it, and whoever stood there looks for another: what matters more is dearer to move, and what was moved once is dearer
the next time. The best state found is what counts.

A solution can be carried on: after the map was panned, labels that still stand where they may stand keep their places, and
only what is new is looked at. This file must not know layers, styles or geometry.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate

import numpy as np

from cgplanner.geometry.ragged import Floats, Ints
from cgplanner.render.scene.labels.candidates import Candidate
from cgplanner.render.scene.labels.room import Asked, Point, Room
from cgplanner.render.scene.labels.written import Options, Written

_SAME_PX = 260.0  # two labels of a layer with one text stand at least this far apart
_ON_MARKER = 0.7  # what it costs to lie on the edge of somebody's marker
_CORE = 0.5  # the share of a marker's radius that nobody may lie on
# What a solution may cost, in places along lines that are made; a crowd is not worth more than a second. Counted, not timed,
# so that the same map gets the same labels on any machine.
_MOST_FIRST, _MOST_FURTHER = 6_000.0, 3_000.0
_BLOCKS_COST = 0.5  # of a group of blocks, however many: they are tested together
_NEAR = 2  # groups of places that may lie on markers when nothing else is free
# Labels that look for a place where others give way: as many as are of use, and as few as nobody waits for.
_MOST_MOVES, MOVES_IN_A_HURRY = 240, 6
_PATIENCE = 70  # moves in a row that make nothing better
_MOST_HOMELESS = 60  # of those without a place, that may do so
_MOST_MOVED = 5  # neighbours that give way to one
_RANK = 0.5  # that a label is dearer than one of the next lower priority, which is worth 1
_PRICE, _MOVED = 0.2, 0.1  # what it costs to move a label, as a share of its worth; and more each time
_WORSE = 0.04  # of what a place costs, when it is weighed against moving others

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
    far
        Groups that are looked at when there is no room near by: far away, with a long line.
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
    far: Tiers = tuple


@dataclass(frozen=True, eq=False)
class Ground:
    """What labels are placed on: its size, the markers on it (x, y, radius), device units per px; who answers, see Room.

    ``moves`` is how many labels without a place may look for one where others give way.
    """

    width: float
    height: float
    markers: Floats
    px: float
    compiled: bool = False
    moves: int = _MOST_MOVES


def solved(
    wishes: Sequence[Wish], ground: Ground, kept: Mapping[Hashable, Candidate], check: Callable[[], None]
) -> dict[int, Candidate]:
    """Return the place of each wish that found one, by its number.

    ``kept`` are places of the view before, moved along with the map: whoever has one keeps it. ``check`` is called between
    wishes and may raise.
    """
    room = Room(ground.width, ground.height, ground.markers, ground.px, compiled=ground.compiled)
    solver = _Solver(wishes, room)
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
    solver.give_way(ground.moves, check)
    return solver.places


@lru_cache(maxsize=1024)
def _steps(count: int, size: int) -> Ints:
    return np.arange(0, count * size + 1, size, dtype=np.int64)


@lru_cache(maxsize=1024)
def _no_lines(count: int) -> Floats:
    return np.full((count, 4), np.nan)


_NOTHING = Asked(np.empty((0, 4)), np.zeros(1, np.int64), np.empty((0, 4)))


@dataclass(frozen=True, eq=False)
class _Tier:
    """The places of one group: what each covers, its cost, and the order from cheap to dear.

    ``options`` are those with places, each with the number of its first.
    """

    options: tuple[tuple[int, Options], ...]
    asked: Asked
    costs: Floats
    order: Ints
    effort: float

    @classmethod
    def of(cls, options: Sequence[Options]) -> _Tier:
        """Return a group of places, any number of each option."""
        effort = float(sum(each.tried if isinstance(each, Written) else _BLOCKS_COST for each in options))
        options = [each for each in options if len(each.costs)]
        if not options:
            return cls((), _NOTHING, np.empty(0), np.empty(0, np.int64), effort)
        first = options[0]
        if len(options) == 1:
            lines = _no_lines(len(first.costs)) if first.leaders is None else first.leaders
            asked = Asked(first.covered.reshape(-1, 4), _steps(len(first.costs), first.covered.shape[1]), lines)
            return cls(((0, first),), asked, first.costs, first.costs.argsort(kind="stable"), effort)
        counts = [len(each.costs) for each in options]
        numbered = tuple(zip(accumulate([0, *counts[:-1]]), options, strict=True))
        costs = np.concatenate([each.costs for each in options])
        if len({each.covered.shape[1] for each in options}) == 1:
            firsts = _steps(len(costs), first.covered.shape[1])
        else:
            sizes = np.repeat([each.covered.shape[1] for each in options], counts)
            firsts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        lines = np.concatenate([_no_lines(len(each.costs)) if each.leaders is None else each.leaders for each in options])
        asked = Asked(np.concatenate([each.covered.reshape(-1, 4) for each in options]), firsts, lines)
        return cls(numbered, asked, costs, costs.argsort(kind="stable"), effort)

    def at(self, place: int) -> Candidate:
        first, options = next(each for each in reversed(self.options) if each[0] <= place)
        return options.at(place - first)

    def boxes_of(self, place: int) -> Floats:
        return self.asked.boxes[self.asked.firsts[place] : self.asked.firsts[place + 1]]


@dataclass(eq=False)
class _Solver:
    wishes: Sequence[Wish]
    room: Room
    places: dict[int, Candidate] = field(default_factory=dict)
    settled: set[int] = field(default_factory=set)
    _said: dict[Hashable, dict[int, Point]] = field(default_factory=dict)
    _made: dict[int, tuple[list[_Tier], Iterator[Sequence[Options]]]] = field(default_factory=dict)
    _far: dict[int, list[_Tier]] = field(default_factory=dict)
    _first: float = 0.0
    _further: float = 0.0

    def take(self, number: int, place: Candidate) -> None:
        self.places[number] = place
        self.room.take(place.boxes, place.leader, number)
        self._said.setdefault(self.wishes[number].said, {})[number] = place.middle

    def give_back(self, number: int) -> Candidate:
        self.room.give_back(number)
        del self._said[self.wishes[number].said][number]
        return self.places.pop(number)

    def is_shown(self, place: Candidate) -> bool:
        x, y = place.middle
        return 0 <= x <= self.room.width and 0 <= y <= self.room.height

    def is_free(self, wish: Wish, place: Candidate) -> bool:
        """Tell whether a place of the view before may be kept: nobody has it; the markers about it were there before."""
        counts, _ = self.room.owners(Asked.one(place.boxes, None), _ONLY, wish.anchor, 0, 0.0)
        return int(counts[0]) == 0 and not self._repeats(wish, place)

    # The first round: whoever comes first

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

    def _tiers(self, number: int) -> Iterator[_Tier]:
        """Yield the groups of places of a wish; each is made once."""
        made, source = self._made.setdefault(number, ([], iter(self.wishes[number].tiers())))
        yield from made
        for options in source:
            tier = _Tier.of(options)
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

    def _best(self, wish: Wish, tier: _Tier) -> Candidate | None:
        """Return the cheapest place that is free and lies on no marker."""
        rest = tier.order
        while len(rest):
            place, looked = self.room.free(tier.asked, rest, wish.anchor)
            if place < 0:
                return None
            made = tier.at(place)
            if not self._repeats(wish, made):
                return made
            rest = rest[looked:]
        return None

    def _best_on_markers(self, wish: Wish, tier: _Tier) -> Candidate | None:
        """Return the cheapest place that is free, where lying on the edge of a marker costs; nobody lies on its middle."""
        counts, _ = self.room.owners(tier.asked, tier.order, wish.anchor, 0, _CORE)
        free = tier.order[counts == 0].tolist()
        marks = [self.room.marks(tier.boxes_of(place), wish.anchor) for place in free]
        costs = [float(tier.costs[place]) + _ON_MARKER * count for place, count in zip(free, marks, strict=True)]
        found = (tier.at(free[k]) for k in sorted(range(len(free)), key=costs.__getitem__))
        return next((each for each in found if not self._repeats(wish, each)), None)

    def _repeats(self, wish: Wish, place: Candidate) -> bool:
        others = self._said.get(wish.said)
        if not others:
            return False
        x, y = place.middle
        return any(math.hypot(x - a, y - b) < _SAME_PX * self.room.px for a, b in others.values())

    # The second round: who gives way

    def give_way(self, moves: int, check: Callable[[], None]) -> None:
        """Let labels without a place take one where others give way, so often at most; keep the best state."""
        if not moves:
            return
        waiting = [number for number in range(len(self.wishes)) if self._is_missed(number)][:_MOST_HOMELESS]
        worth = self._worth()
        prices = _PRICE * worth
        prices[[number for number in self.places if self._stays(number)]] = np.inf
        if worth.min(initial=np.inf) < worth.max(initial=0.0):
            prices[worth == worth.max()] = np.inf  # what matters most stands best, and stays there
        lost, best = set[int](), (float(worth[waiting].sum()), dict(self.places))
        patience = _PATIENCE
        for _ in range(moves):
            if not waiting:  # much has moved since they found nothing
                waiting, lost = sorted(lost), set()
            if not waiting:
                break
            check()
            number = heapq.heappop(waiting)
            choice = self._least_harm(number, float(worth[number]), prices)
            if choice is None:
                lost.add(number)
                continue
            place, others = choice
            for other in others:
                self.give_back(other)
                prices[other] += _MOVED * worth[other]
                heapq.heappush(waiting, other)
            self.take(number, place)
            harm = float(worth[[*waiting, *lost]].sum())
            patience = _PATIENCE if harm < best[0] else patience - 1
            if harm < best[0]:
                best = harm, dict(self.places)
            elif patience < 0:
                break
        self._restore(best[1])

    def _restore(self, places: Mapping[int, Candidate]) -> None:
        for number in [each for each, place in self.places.items() if places.get(each) is not place]:
            self.give_back(number)
        for number, place in places.items():
            if number not in self.places:
                self.take(number, place)

    def _is_missed(self, number: int) -> bool:
        """Tell whether a wish has no place though its feature is in view, and though nobody says the same near by."""
        wish = self.wishes[number]
        (x, y), far = wish.anchor, _SAME_PX * self.room.px
        if number in self.places or wish.pinned is not None or not (0 <= x <= self.room.width and 0 <= y <= self.room.height):
            return False
        return not any(math.hypot(x - a, y - b) < far for a, b in self._said.get(wish.said, {}).values())

    def _worth(self) -> Floats:
        """Return what each label is worth, by the rank of its priority."""
        _, ranks = np.unique([-wish.order[0] for wish in self.wishes], return_inverse=True)
        return np.asarray(1.0 + _RANK * ranks, np.float64)

    def _least_harm(self, number: int, limit: float, prices: Floats) -> tuple[Candidate, list[int]] | None:
        """Return the place of a label that does the least harm, and who has to leave it; None where all do too much."""
        wish, best = self.wishes[number], None
        for tier in (*self._within_budget(number), *self._far_tiers(number)):
            counts, found = self.room.owners(tier.asked, tier.order, wish.anchor, _MOST_MOVED)
            met = np.arange(_MOST_MOVED) < counts[:, None]
            harms = _WORSE * tier.costs[tier.order] + np.where(met, prices[found], 0.0).sum(axis=1)
            harms[(counts < 0) | (counts > _MOST_MOVED)] = np.inf
            for at in harms.argsort(kind="stable").tolist():
                if harms[at] >= limit:
                    break
                place = tier.at(int(tier.order[at]))
                if not self._repeats(wish, place):
                    best, limit = (place, sorted(found[at, : counts[at]].tolist())), float(harms[at])
                    break
        return best

    def _far_tiers(self, number: int) -> list[_Tier]:
        if number not in self._far:
            self._far[number] = [_Tier.of(options) for options in self.wishes[number].far()]
        return self._far[number]

    def _stays(self, number: int) -> bool:
        return self.wishes[number].pinned is not None or number in self.settled


_ONLY = np.zeros(1, np.int64)
