"""The forms a label can take where it finds no place as it is: in other lines, smaller, abbreviated.

They hang on the text, the look of the labels and the size of a px alone, so they are made once and kept for the next map.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from cgplanner.geometry.text_extent import text_width
from cgplanner.render.scene.labels.text import Block, block_of, shortened, sizes_of
from cgplanner.symbology.style import Labels

SMALLER = 0.5  # what it costs to write smaller by a step
_NARROWER, _SHORTER = 0.3, 0.8  # what it costs to write in other lines, abbreviated
_KEPT = 4096  # texts

Group = tuple[tuple[Block, float], ...]
Forms = tuple[Group, ...]


@lru_cache(maxsize=_KEPT)
def forms_of(text: str, labels: Labels, px: float, *, shorten: bool) -> Forms:
    """Return the forms of a text and their costs, in groups from good to bad: whole, in other lines, smaller, abbreviated."""
    return tuple(_groups(text, labels, px, shorten=shorten))


@lru_cache(maxsize=_KEPT)
def in_one_line(text: str, labels: Labels, px: float) -> Block:
    """Return a text that is not wrapped."""
    return block_of(text, labels, px, wrap=0)


@lru_cache(maxsize=_KEPT)
def unwrapped(text: str, labels: Labels, px: float, *, shorten: bool) -> Group:
    """Return the smaller and shorter forms of a text in one line, and what each costs."""
    first, *smaller = sizes_of(labels)
    forms = [(text, size, SMALLER * step) for step, size in enumerate(smaller, 1)]
    short = shortened(text) if shorten else text
    if short != text:
        forms += [(short, size, _SHORTER + SMALLER * step) for step, size in enumerate((first, *smaller[-1:]))]
    return tuple((block_of(each, labels, px, wrap=0, size=size), cost) for each, size, cost in forms)


def _groups(text: str, labels: Labels, px: float, *, shorten: bool) -> Iterator[Group]:
    first, *smaller = sizes_of(labels)
    wraps = _wraps(text, labels)
    yield ((block_of(text, labels, px), 0.0),)
    if len(wraps) > 1:
        yield _set(text, labels, px, wraps[1:], [first], _NARROWER)
    if smaller:
        yield _set(text, labels, px, wraps, smaller, SMALLER)
    short = shortened(text) if shorten else text
    if short != text:
        yield _set(short, labels, px, _wraps(short, labels), [first, *smaller[-1:]], _SHORTER)


def _wraps(text: str, labels: Labels) -> list[int]:
    """Return numbers of characters after which a text may be wrapped, that of the style first."""
    wide, wrap = text_width(text, bold=labels.bold), labels.wrap
    if not wrap or wide < 4:
        return [wrap]
    choices = [wrap, round(wide * 0.55) + 1, round(wide * 0.36) + 1]
    if wide < 1.7 * wrap:
        choices.append(0)
    return [choices[0], *(each for each in dict.fromkeys(choices[1:]) if each == 0 or 3 < each < min(wide, 1.2 * wrap))]


def _set(text: str, labels: Labels, px: float, wraps: Sequence[int], sizes: Sequence[float], cost: float) -> Group:
    forms: dict[tuple[float, tuple[str, ...]], tuple[Block, float]] = {}
    for step, size in enumerate(sizes):
        for number, wrap in enumerate(wraps):
            block = block_of(text, labels, px, wrap=wrap, size=size)
            forms.setdefault((size, block.lines), (block, cost * (1 + step) + _NARROWER * number))
    return tuple(forms.values())
