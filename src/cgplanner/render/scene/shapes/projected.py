"""Coordinates of a layer in the CRS of the map, computed once for all versions that share them.

A map has one CRS at a time, so only the last one asked for is kept; it goes when the coordinates themselves go.
"""

from __future__ import annotations

import threading
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from cgplanner.geometry import kernels
from cgplanner.geometry.crs import transform_xy
from cgplanner.geometry.ragged import Floats, Ragged

SMALL = 300_000  # vertices that are projected whole, however few of them a window shows

_projected: WeakKeyDictionary[Ragged, dict[tuple[str, str], tuple[Floats, Floats]]] = WeakKeyDictionary()
_sizes: WeakKeyDictionary[Ragged, dict[tuple[str, str], NDArray[np.float32]]] = WeakKeyDictionary()
_lock = threading.Lock()


def projected(base: Ragged, source: str, target: str) -> tuple[Floats, Floats]:
    """Return coordinates and bounds of all base rows in the map's CRS, computed once for a base and a pair of CRS."""
    if not source or not target or source == target:
        return base.xy, base.bounds
    with _lock:
        found = _projected.setdefault(base, {}).get((source, target))
    if found is None:
        xy = transform_xy(source, target, base.xy)
        found = xy, base.with_xy(xy).bounds
        with _lock:
            _projected[base] = {(source, target): found}  # only the last: a map has one CRS at a time
    return found


def sizes_of(base: Ragged, source: str, target: str) -> NDArray[np.float32]:
    """Return the area of every base row in the map's CRS: all that is drawn of it from afar, kept like the coordinates.

    Other versions of the layer share it: what an edit touches lies beside the base.
    """
    with _lock:
        found = _sizes.setdefault(base, {}).get((source, target))
    if found is None:
        xy = projected(base, source, target)[0]
        found = kernels.areas_of_rows(kernels.Ragged(xy, base.ring_offsets, base.part_offsets, base.row_offsets))
        with _lock:
            _sizes[base] = {(source, target): found}
    return found


def base_in(base: Ragged, source: str, target: str) -> Ragged | None:
    """Return the base with coordinates in the map's CRS where these are known or quickly had, else None."""
    if not source or not target or source == target:
        return base
    with _lock:
        known = (source, target) in _projected.get(base, {})
    return base.with_xy(projected(base, source, target)[0]) if known or len(base.xy) <= SMALL else None
