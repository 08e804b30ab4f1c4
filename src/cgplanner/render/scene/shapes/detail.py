"""Level of detail: vertices that no screen can show are left out, so that the cost follows the pixels and not the data.

This file must not know features or styles.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cgplanner.geometry.ragged import Floats, Ints


def thinned(xy: Floats, rings: Ints, tolerance: float, *, closed: bool) -> NDArray[np.bool_] | None:
    """Return bool (v,): which vertices of the rings to keep; None for all.

    Of a run of vertices within one cell of ``tolerance`` the leftmost stays, whichever way the run goes, so that neighbours
    keep the same vertices of a shared edge. The ends of a ring or line always stay. A ring that would be left with fewer
    than four vertices keeps all of them: a small area counts by what it covers, and a needle is thin and long.

    The answer for a ring depends on nothing but the ring, so that tiles of one map agree where they meet.
    """
    if not len(xy):
        return None
    cells = np.floor(xy / tolerance)
    starts = rings[:-1]
    fresh = np.ones(len(xy), bool)
    fresh[1:] = (cells[1:] != cells[:-1]).any(axis=1)
    fresh[starts] = True
    run_starts = np.flatnonzero(fresh)
    run = np.cumsum(fresh) - 1
    leftmost = np.flatnonzero(xy[:, 0] == np.minimum.reduceat(xy[:, 0], run_starts)[run])
    first = np.ones(len(leftmost), bool)
    first[1:] = run[leftmost[1:]] != run[leftmost[:-1]]
    keep = np.zeros(len(xy), bool)
    keep[leftmost[first]] = True
    keep[starts] = keep[rings[1:] - 1] = True
    if closed:
        counts = np.add.reduceat(keep, starts, dtype=np.int64)
        keep |= np.repeat(counts < 4, np.diff(rings))
    return None if keep.all() else keep
