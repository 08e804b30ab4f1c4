"""Short strokes across lines at a spacing, as railways have them; their rhythm begins at the start of the line."""

from __future__ import annotations

import numpy as np

from cgplanner.geometry.ragged import Floats, Ints


def tick_marks(xy: Floats, lines: Ints, spacing: float, length: float) -> tuple[Floats, Ints]:
    """Return two vertices for each tick (2 k, 2) and the line (k,) it stands on; the first is half a spacing from the start."""
    if spacing <= 0 or not len(xy):
        return np.empty((0, 2)), np.empty(0, np.int64)
    step = np.zeros(len(xy))
    step[1:] = np.hypot(*np.diff(xy, axis=0).T)
    step[lines[:-1]] = 0.0
    along = np.cumsum(step)
    starts, ends = along[lines[:-1]], along[lines[1:] - 1]
    counts = np.floor((ends - starts) / spacing + 0.5).astype(np.int64)
    line = np.repeat(np.arange(len(counts)), counts)
    number = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    at = starts[line] + (number + 0.5) * spacing
    vertex = np.clip(np.searchsorted(along, at, side="right"), lines[line] + 1, lines[line + 1] - 1)
    delta = xy[vertex] - xy[vertex - 1]
    size = np.hypot(*delta.T)
    size = np.where(size > 0, size, 1.0)
    point = xy[vertex - 1] + ((at - along[vertex - 1]) / size)[:, None] * delta
    across = np.column_stack([-delta[:, 1], delta[:, 0]]) / size[:, None] * (length / 2)
    return np.stack([point - across, point + across], axis=1).reshape(-1, 2), line
