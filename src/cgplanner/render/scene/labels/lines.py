"""Labels along lines: where on a long line its name is written, again and again, and the places for each.

Places lie at fixed lengths from the line's beginning, whatever the window shows of it. Everything is in device units.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from cgplanner.geometry.ragged import Floats
from cgplanner.render.scene.labels.room import Point
from cgplanner.render.scene.labels.text import Block
from cgplanner.render.scene.labels.written import Baseline, Written, baseline_of, nowhere, written
from cgplanner.render.scene.shapes.clipping import clip_lines
from cgplanner.render.scene.viewport import Viewport

REPEAT_PX = 640.0  # a long line is named again after this length
_CALM = 14  # characters over which a winding line is averaged when its name fits nowhere else
_COARSE, _FINE = 0.15, 0.05  # what a place costs that lies further from the middle, by its number


@dataclass(frozen=True, eq=False)
class Run:
    """A stretch of a line that wants one label.

    Attributes
    ----------
    piece
        The vertices of the stretch (n, 2), and what lies around it.
    anchors
        Lengths along the line to try, the best first.
    part
        Which stretch of the line it is, the same in every window.
    """

    piece: Floats
    baseline: Baseline
    anchors: tuple[float, ...]
    part: int
    block: Block
    lift: float
    is_first: bool

    @property
    def anchor(self) -> Point:
        """The middle of the best place."""
        x = np.interp(self.anchors[0], self.baseline.along, self.baseline.xy[:, 0])
        return float(x), float(np.interp(self.anchors[0], self.baseline.along, self.baseline.xy[:, 1]))

    def places(self, *, fine: bool = False) -> Written:
        """Return the places at the anchors; or those between them."""
        if not fine:
            return self.written(self.block, 0.0)
        low, high = min(self.anchors), max(self.anchors)
        between = np.linspace(low, high, len(self.anchors) + 6)
        nearest = sorted(between.tolist(), key=lambda length: abs(length - self.anchors[0]))
        return self._at(nearest, self.block, _COARSE, _FINE)

    def calmer(self, block: Block, cost: float) -> Written:
        """Return places on a baseline that cuts the bends short: where a line winds too much for letters to follow."""
        baseline = baseline_of(self.piece, self.block.size, float(self.baseline.along[0]), _CALM)
        if baseline is None:
            return nowhere(block)
        return replace(self, baseline=baseline).written(block, cost)

    def written(self, block: Block, cost: float) -> Written:
        """Return the places at the anchors for a text of another form."""
        return self._at(self.anchors, block, cost, _COARSE)

    def _at(self, lengths: Sequence[float], block: Block, cost: float, step: float) -> Written:
        return written(self.baseline, lengths, block, self.lift, cost + step * np.arange(len(lengths), dtype=np.float64))


def runs_of(xy: Floats, length: float, block: Block, lift: float, viewport: Viewport) -> Iterator[Run]:
    """Yield the stretches of a line (n, 2) of this length that want a label, ``lift`` above the line."""
    repeat = max(REPEAT_PX * viewport.px, 2.5 * block.width)
    is_first = True
    for piece, start in _pieces(xy, length, repeat, viewport):
        baseline = baseline_of(piece, block.size, start)
        if baseline is None:
            continue
        for part, anchors in _anchors(float(baseline.along[0]), float(baseline.along[-1]), length, repeat):
            run = Run(piece, baseline, anchors, part, block, lift, is_first)
            if _near_window(run, viewport):
                yield run
                is_first = False


def _near_window(run: Run, viewport: Viewport) -> bool:
    x = np.interp(run.anchors, run.baseline.along, run.baseline.xy[:, 0])
    y = np.interp(run.anchors, run.baseline.along, run.baseline.xy[:, 1])
    return bool(((x >= 0) & (x <= viewport.width) & (y >= 0) & (y <= viewport.height)).any())


def _pieces(xy: Floats, length: float, repeat: float, viewport: Viewport) -> Iterator[tuple[Floats, float]]:
    """Yield the line, or of a long one the pieces near the window, and the length at which each begins.

    Pieces begin at whole multiples of the repeat, so that anchors do not move with the window.
    """
    if length < 3 * repeat:
        yield xy, 0.0
        return
    reach = repeat / 2
    box = (-reach, -reach, viewport.width + reach, viewport.height + reach)
    whole = np.array([0, len(xy)])
    points, offsets, _ = clip_lines(xy, whole, box, repeat)
    starts = _starts(xy, points[offsets[:-1]], repeat)
    for k, start in enumerate(starts):
        yield points[offsets[k] : offsets[k + 1]], start


def _starts(xy: Floats, points: Floats, repeat: float) -> list[float]:
    """Return the length along the line at which each of these points on it lies, a multiple of the repeat."""
    step = np.hypot(*np.diff(xy, axis=0).T)
    along_line = np.concatenate([[0.0], np.cumsum(step)])
    delta = np.diff(xy, axis=0)
    out = []
    for point in points:
        share = np.clip(((point - xy[:-1]) * delta).sum(axis=1) / np.where(step > 0, step**2, 1.0), 0.0, 1.0)
        near = int(np.argmin(np.hypot(*(xy[:-1] + share[:, None] * delta - point).T)))
        out.append(round(float(along_line[near] + share[near] * step[near]) / repeat) * repeat)
    return out


def _anchors(first: float, last: float, length: float, repeat: float) -> list[tuple[int, tuple[float, ...]]]:
    """Return numbered groups of lengths to try, one label for each group; they depend on the line and the scale alone."""
    if length < 3 * repeat:
        return [(0, tuple(length * share for share in (0.5, 0.375, 0.625, 0.25, 0.75, 0.15, 0.85)))]
    numbers = range(int(first // repeat), int(last // repeat) + 1)
    return [(number, tuple((number + share) * repeat for share in (0.5, 0.375, 0.625, 0.25, 0.75))) for number in numbers]
