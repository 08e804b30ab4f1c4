"""Points that stand close together at a scale, gathered into clusters; the same for every window of a map.

Points are first put into squares on a grid that is fixed to the map's origin; then the fullest squares take in what lies
nearer than the distance. This file must not know symbols or painters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cgplanner.geometry.ragged import Floats, Ints

_ROUNDS = 60


@dataclass(frozen=True, eq=False)
class Clusters:
    """Where clusters stand.

    Attributes
    ----------
    xy
        float64 (c, 2): the middle of their points, in the unit of the places they were made of.
    counts
        int64 (c,): how many points each has; 1 for a point that stands alone.
    firsts
        int64 (c,): the number of one of its points.
    """

    xy: Floats
    counts: Ints
    firsts: Ints


def gathered(places: Floats, distance: float) -> Clusters:
    """Return the clusters of places (n, 2), at most about ``distance`` wide; the grid is fixed to the origin of the places.

    Places that are no numbers belong to none.
    """
    numbers = np.flatnonzero(np.isfinite(places).all(axis=1))
    if not len(numbers):
        return Clusters(np.empty((0, 2)), numbers, numbers)
    cells = np.floor(places[numbers] / distance).astype(np.int64)
    cells -= cells.min(axis=0) - 1
    across = int(cells[:, 0].max()) + 2
    ids, first, square = np.unique(cells[:, 1] * across + cells[:, 0], return_index=True, return_inverse=True)
    counts = np.bincount(square).astype(np.int64)
    middles = _middles(places[numbers], square, counts)
    owner = _owners(middles, counts, _near(ids, across, middles, distance))
    leaders, group = np.unique(owner, return_inverse=True)
    sizes = np.bincount(group, counts).astype(np.int64)
    xy = np.column_stack([np.bincount(group, middles[:, k] * counts) for k in (0, 1)]) / sizes[:, None]
    return Clusters(xy, sizes, numbers[first[leaders]])


def _middles(places: Floats, square: Ints, counts: Ints) -> Floats:
    low = places.min(axis=0)  # sums of eastings with a zone's prefix would lose the last digits
    sums = np.column_stack([np.bincount(square, places[:, k] - low[k]) for k in (0, 1)])
    return np.asarray(low + sums / counts[:, None], np.float64)


def _near(ids: Ints, across: int, middles: Floats, distance: float) -> NDArray[np.int64]:
    """Return pairs (p, 2) of squares side by side whose middles are nearer than the distance."""
    pairs = []
    for step in (1, across - 1, across, across + 1):
        at = np.minimum(np.searchsorted(ids, ids + step), len(ids) - 1)
        found = np.flatnonzero(ids[at] == ids + step)
        pairs.append(np.column_stack([found, at[found]]))
    both = np.concatenate(pairs)
    gap = np.hypot(*(middles[both[:, 0]] - middles[both[:, 1]]).T)
    return np.asarray(both[gap < distance], np.int64)


def _owners(middles: Floats, counts: Ints, pairs: NDArray[np.int64]) -> Ints:
    """Return the square that each joins: those fuller than all around them take these in, round after round."""
    owner = np.arange(len(counts))
    rank = np.empty(len(counts), np.int64)
    rank[np.lexsort((middles[:, 1], middles[:, 0], counts))] = np.arange(len(counts))
    both = np.concatenate([pairs, pairs[:, ::-1]])
    free = np.ones(len(counts), bool)
    for _ in range(_ROUNDS):
        both = both[free[both].all(axis=1)]
        if not len(both):
            break
        best = np.full(len(counts), -1, np.int64)
        np.maximum.at(best, both[:, 0], rank[both[:, 1]])
        leads = free & (rank > best) & (best >= 0)
        joins = both[leads[both[:, 1]]]
        strongest = np.full(len(counts), -1, np.int64)
        np.maximum.at(strongest, joins[:, 0], rank[joins[:, 1]])
        taken = joins[rank[joins[:, 1]] == strongest[joins[:, 0]]]
        owner[taken[:, 0]] = taken[:, 1]
        free &= ~leads
        free[taken[:, 0]] = False
    return owner
