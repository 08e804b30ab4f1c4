"""Where markers stand along lines, and which way they look there. This file must not know symbols or painters."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cgplanner.geometry.ragged import Floats, Ints
from cgplanner.symbology.style import Placement


def along_lines(
    xy: Floats, lines: Ints, placement: Placement, spacing: float, chord: float
) -> tuple[Floats, NDArray[np.float64], Ints]:
    """Return places (k, 2), the direction of the line there in degrees clockwise from up (k,), and the line of each (k,).

    ``xy`` (v, 2), y down, and offsets ``lines`` into it. ``interval`` begins half a spacing from the start, so that a line
    shorter than half of one has none. Directions are taken over ``chord`` units of line, which evens out what trembles.
    """
    long = np.diff(lines) >= 2
    if not long.any():
        return np.empty((0, 2)), np.empty(0), np.empty(0, np.int64)
    along, starts, ends = _lengths(xy, lines)
    long &= ends > starts
    line, at = _stops(along, lines, starts, ends, long, placement, spacing)
    place = _points_at(xy, lines, along, line, at)
    low, high = np.maximum(at - chord / 2, starts[line]), np.minimum(at + chord / 2, ends[line])
    step = _points_at(xy, lines, along, line, high) - _points_at(xy, lines, along, line, low)
    return place, np.degrees(np.arctan2(step[:, 0], -step[:, 1])) + 0.0, line


def _lengths(xy: Floats, lines: Ints) -> tuple[Floats, Floats, Floats]:
    """Return how far along all lines together each vertex lies, and where each line starts and ends."""
    step = np.zeros(len(xy))
    step[1:] = np.hypot(*np.diff(xy, axis=0).T)
    step[lines[:-1][np.diff(lines) > 0]] = 0.0
    along = np.cumsum(step)
    last = max(len(xy) - 1, 0)
    return along, along[np.minimum(lines[:-1], last)], along[np.maximum(lines[1:] - 1, 0)]


def _stops(
    along: Floats, lines: Ints, starts: Floats, ends: Floats, long: NDArray[np.bool_], placement: Placement, spacing: float
) -> tuple[Ints, Floats]:
    which = np.flatnonzero(long).astype(np.int64)
    if placement == "interval":
        if spacing <= 0:
            return which[:0], starts[:0]
        counts = np.floor((ends - starts) / spacing + 0.5).astype(np.int64) * long
        line = np.repeat(np.arange(len(counts)), counts)
        number = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        return line, starts[line] + (number + 0.5) * spacing
    if placement == "vertex":
        line = np.repeat(np.arange(len(starts)), np.diff(lines))
        at = along[lines[0] : lines[-1]]
        keep = long[line]
        return line[keep], at[keep]
    share = {"first": 0.0, "last": 1.0, "middle": 0.5}[placement]
    return which, starts[which] + share * (ends - starts)[which]


def _points_at(xy: Floats, lines: Ints, along: Floats, line: Ints, at: Floats) -> Floats:
    """Return the points of lines at these lengths."""
    vertex = np.clip(np.searchsorted(along, at, side="right"), lines[line] + 1, lines[line + 1] - 1)
    size = along[vertex] - along[vertex - 1]
    share = np.clip((at - along[vertex - 1]) / np.where(size > 0, size, 1.0), 0.0, 1.0)
    return xy[vertex - 1] + share[:, None] * (xy[vertex] - xy[vertex - 1])


def beside(places: Floats, directions: NDArray[np.float64], offset: float) -> Floats:
    """Return the places moved to the right of their directions (degrees clockwise from up, y down)."""
    turn = np.radians(directions)
    return places + offset * np.column_stack([np.cos(turn), np.sin(turn)])
