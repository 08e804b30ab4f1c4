"""Texts along lines: many places of one text are made at once, as arrays; letters are set only where a place is chosen.

Everything is in device units. This file must not know layers, styles or other labels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from cgplanner.geometry.ragged import Floats
from cgplanner.geometry.text_extent import text_widths
from cgplanner.render.scene.display_list import LabelLine
from cgplanner.render.scene.labels.candidates import Blocks, Bools, Candidate
from cgplanner.render.scene.labels.text import DESCENT, MIDDLE, Block

_SHARPEST = np.radians(32.0)  # between neighbouring characters
_STRAIGHT = np.radians(2.5)  # bends below this over the whole text are drawn straight
_STEEP = 1.3  # rise over run above which Chinese is written downwards
_MOST_SAMPLES = 6_000


@dataclass(frozen=True, eq=False)
class Baseline:
    """A line made smooth enough to write on: vertices, and for each the length from the start of the real line.

    Letters are set by the baseline's ``own`` length, which is shorter than that of the wiggles it leaves out.
    """

    xy: Floats
    along: Floats

    @cached_property
    def own(self) -> Floats:
        """float64 (n,): the length from its own start."""
        return np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(self.xy, axis=0).T))])


def baseline_of(xy: Floats, size: float, start: float = 0.0, wiggle: int = 4) -> Baseline | None:
    """Return a smooth baseline along a line for text of this size; None when the line has no length.

    Wiggles smaller than ``wiggle`` characters are averaged out. ``start`` is the length at which the line's first vertex lies.
    """
    step = np.hypot(*np.diff(xy, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(step)])
    if along[-1] <= size:
        return None
    count = int(min(max(along[-1] / (size / 2), 8), _MOST_SAMPLES))
    places = np.linspace(0.0, along[-1], count + 1)
    even = np.column_stack([np.interp(places, along, xy[:, 0]), np.interp(places, along, xy[:, 1])])
    reach = min(wiggle, count // 4)
    window = np.ones(2 * reach + 1) / (2 * reach + 1)
    # Reflected through the ends, so that the baseline begins and ends where the line does.
    padded = np.vstack([2 * even[0] - even[reach:0:-1], even, 2 * even[-1] - even[-2 : -reach - 2 : -1]])
    smooth = np.column_stack([np.convolve(padded[:, axis], window, mode="valid") for axis in (0, 1)])
    return Baseline(smooth, places + start)


@dataclass(frozen=True, eq=False)
class Written:
    """One line of text in several places along a line.

    Attributes
    ----------
    ends, angles
        Where the characters of each place begin and end on the baseline (m, characters + 1, 2), and how each is turned.
    upright
        Whether characters stand one below the other.
    lift
        How far above the line the text floats.
    covered
        What each character covers (m, characters, 4).
    tried
        The number of places that were looked at for these.
    """

    block: Block
    ends: Floats
    angles: Floats
    upright: Bools
    lift: float
    covered: Floats
    costs: Floats
    tried: int = 0

    leaders = None
    """Text along a line needs none."""

    def at(self, place: int) -> Candidate:
        """Return the text in one of the places."""
        made = self._stacked(place) if self.upright[place] else self._running(place)
        boxes = tuple((left, top, right, bottom) for left, top, right, bottom in self.covered[place].tolist())
        return Candidate(made, boxes, float(self.costs[place]), self.block)

    def _stacked(self, place: int) -> tuple[LabelLine, ...]:
        text, size, angles = self.block.lines[0], self.block.size, self.angles[place]
        middles = _middles(self.ends[place], angles, self.lift + size / 2)
        turns = angles - np.pi / 2
        right = np.column_stack([np.cos(turns), np.sin(turns)])
        down = np.column_stack([-np.sin(turns), np.cos(turns)])
        widths = _widths(text, self.block.bold) * size
        starts = middles - right * (widths / 2)[:, None] + down * (MIDDLE * size)
        return _characters(text, starts, turns)

    def _running(self, place: int) -> tuple[LabelLine, ...]:
        text, ends, angles = self.block.lines[0], self.ends[place], self.angles[place]
        offset = self.lift + DESCENT * self.block.size
        span = ends[-1] - ends[0]
        mean = float(np.arctan2(span[1], span[0]))
        if len(angles) < 2 or float(np.abs(angles - mean).max()) < _STRAIGHT:
            first = ends[0] + offset * np.array([np.sin(mean), -np.cos(mean)])
            return (LabelLine(text, float(first[0]), float(first[1]), float(np.degrees(mean))),)
        chords = np.hypot(*np.diff(ends, axis=0).T)
        slack = ((chords - advances_of(self.block)) / 2)[:, None] * np.column_stack([np.cos(angles), np.sin(angles)])
        starts = ends[:-1] + np.column_stack([np.sin(angles), -np.cos(angles)]) * offset + slack
        return tuple(line for line in _characters(text, starts, angles) if not line.text.isspace())


Options = Blocks | Written


def nowhere(block: Block, tried: int = 0) -> Written:
    """Return no places at all."""
    count, none = len(block.lines[0]), np.empty(0)
    ends, boxes = np.empty((0, count + 1, 2)), np.empty((0, count, 4))
    return Written(block, ends, ends[:, 1:, 0], none > 0, 0.0, boxes, none, tried)


def written(baseline: Baseline, anchors: Sequence[float], block: Block, lift: float, costs: Floats) -> Written:
    """Return the text written along a baseline around some lengths, where it fits and the line does not bend too sharply.

    ``costs`` are what each anchor costs at least; ``lift`` is how far above the line the text floats.
    """
    advances, own = advances_of(block), baseline.own
    width = float(advances.sum())
    centres = np.interp(anchors, baseline.along, own)
    begins = centres - width / 2
    fits = np.flatnonzero((begins >= 0.0) & (begins + width <= own[-1]))
    if not len(fits):
        return nowhere(block, len(anchors))
    begins, centres, costs = begins[fits], centres[fits], costs[fits]
    ends = _points_at(baseline, begins, advances)
    run = ends[:, -1] - ends[:, 0]
    upright: Bools = np.abs(run[:, 1]) > _STEEP * np.abs(run[:, 0])
    if not is_ideographic(block.lines[0]):
        upright[:] = False
    room = np.maximum(advances, 0.95 * block.size)  # one below the other, digits take as much room as characters
    height = float(room.sum())
    if upright.any():
        begins[upright] = np.maximum(centres[upright] - height / 2, 0.0)
        ends[upright] = _points_at(baseline, begins[upright], room)
        run = ends[:, -1] - ends[:, 0]
    # Text runs from left to right whichever way the line does; Chinese along a steep line from top to bottom.
    back = np.where(upright, run[:, 1] < 0, run[:, 0] < 0)
    for which, steps, length in ((back & ~upright, advances, width), (back & upright, room, height)):
        if which.any():
            ends[which] = _points_at(baseline, begins[which] + length, -steps)
    return _set(block, ends, upright, lift, costs, len(anchors))


def _set(block: Block, ends: Floats, upright: Bools, lift: float, costs: Floats, tried: int) -> Written:
    """Return the places whose characters neither turn too sharply nor run into each other."""
    size, pad = block.size, block.pad
    step = np.diff(ends, axis=1)
    angles = np.arctan2(step[..., 1], step[..., 0])
    bends = np.abs((np.diff(angles, axis=1) + np.pi) % (2 * np.pi) - np.pi)
    away = np.where(upright, lift + size / 2, lift + DESCENT * size + MIDDLE * size)
    middles = _middles(ends, angles, away[:, None, None])
    advances = advances_of(block)
    gaps = np.hypot(*np.moveaxis(np.diff(middles, axis=1), 2, 0))
    least = np.where(upright[:, None], 0.88 * (size + size) / 2, 0.88 * (advances[:-1] + advances[1:]) / 2)
    good = np.flatnonzero(~((bends > _SHARPEST).any(axis=1) | (gaps < least).any(axis=1)))
    ends, angles, upright, bend = ends[good], angles[good], upright[good], bends[good].sum(axis=1)
    turns = angles - np.where(upright, np.pi / 2, 0.0)[:, None]
    sines = np.abs(np.sin(turns))
    half = (0.5 * size * (np.abs(np.cos(turns)) + sines) + pad)[..., None]
    covered = np.concatenate([middles[good] - half, middles[good] + half], axis=2)
    own = np.where(upright, 1.2 * bend, 1.2 * bend + 0.5 * sines.mean(axis=1))
    return Written(block, ends, angles, upright, lift, covered, own + costs[good], tried)


def _points_at(baseline: Baseline, begins: Floats, steps: Floats) -> Floats:
    """float64 (m, characters + 1, 2): where characters of these widths begin and end."""
    lengths = begins[:, None] + np.concatenate([[0.0], np.cumsum(steps)])
    along = (np.interp(lengths, baseline.own, axis) for axis in baseline.xy.T)
    return np.stack(list(along), axis=2)


def _middles(ends: Floats, angles: Floats, away: float | Floats) -> Floats:
    """Return the middles of characters so far above the line; to its right where it runs down."""
    normal = np.stack([np.sin(angles), -np.cos(angles)], axis=-1)
    return np.asarray((ends[..., :-1, :] + ends[..., 1:, :]) / 2 + normal * away)


def _characters(text: str, starts: Floats, turns: Floats) -> tuple[LabelLine, ...]:
    return tuple(
        LabelLine(character, x, y, turn)
        for character, (x, y), turn in zip(text, starts.tolist(), np.degrees(turns).tolist(), strict=True)
    )


@lru_cache(maxsize=8192)
def advances_of(block: Block) -> Floats:
    """float64 (characters,): how far each character of a text in one line moves the next; not to be written to."""
    return np.asarray((_widths(block.lines[0], block.bold) + block.spacing) * block.size)


@lru_cache(maxsize=8192)
def _widths(text: str, bold: bool) -> Floats:  # noqa: FBT001  part of the cache's key
    return text_widths(list(text), bold=bold)


@lru_cache(maxsize=8192)
def is_ideographic(text: str) -> bool:
    """Tell whether most of a text is Chinese."""
    return 2 * sum(ord(character) >= 0x2E80 for character in text) > len(text)
