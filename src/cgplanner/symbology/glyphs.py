"""The small solid shapes in map markers, as outlines that every painter can fill.

The files are ``resources/glyphs/*.svg``: one path on a 16 grid, absolute M, L, C and Z only. This file must not know who
fills them; holes run against their outer contour and nothing overlaps, so that both fill rules paint the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from cgplanner.geometry.ragged import frozen
from cgplanner.resources import resource_path

MOVE, LINE, CUBIC, CLOSE = 1, 2, 4, 79
"""Codes of the vertices, numbered as matplotlib numbers them; a cubic takes three vertices."""

_GRID = 16.0
_CODES = {"M": (MOVE,), "L": (LINE,), "C": (CUBIC,) * 3, "Z": ()}

ARROW = ((0.0, -1.2), (0.85, 0.85), (0.0, 0.42), (-0.85, 0.85))
"""The corners of the marker shape ``arrow``, in halves of its size, y down: it points up."""

Contour = tuple[NDArray[np.float64], NDArray[np.uint8]]


@dataclass(frozen=True)
class Glyph:
    """One shape: closed contours in a square of side 1 around the marker's place.

    ``contours`` holds (vertices, codes) pairs: vertices float64 (n, 2) between -0.5 and 0.5 with y down, codes uint8 (n).
    The last vertex of a contour has the code ``CLOSE`` and lies on the first. All arrays are read-only.
    """

    name: str
    contours: tuple[Contour, ...]


@cache
def glyph_names() -> tuple[str, ...]:
    """Return the names of the shapes that ship with the program, sorted."""
    return tuple(sorted(path.stem for path in resource_path("glyphs").glob("*.svg")))


@cache
def glyph(name: str) -> Glyph:
    """Return a shape by name; a name not in :func:`glyph_names` is a KeyError."""
    if name not in glyph_names():
        raise KeyError(name)
    drawing = resource_path("glyphs", f"{name}.svg").read_text(encoding="utf-8")
    outline = re.search(r'<path d="([^"]*)"', drawing)
    if outline is None:
        raise ValueError(f"{name}.svg has no path")
    return Glyph(name, parse_outline(outline[1]))


def parse_outline(outline: str) -> tuple[Contour, ...]:
    """Return the contours of SVG path data on the 16 grid; anything but absolute M, L, C and Z is a ValueError."""
    contours = tuple(_contour(part) for part in re.findall(r"[^Zz]*[Zz]?", outline) if part.strip())
    if not contours:
        raise ValueError("an outline without a contour")
    return contours


def _contour(part: str) -> Contour:
    steps = re.findall(r"([A-Za-z])([^A-Za-z]*)", part)
    commands = "".join(command for command, _ in steps)
    if not re.fullmatch(r"M[^MZ]+Z", commands):
        raise ValueError(f"a contour goes from M to Z: {part!r}")
    points: list[list[float]] = []
    codes: list[int] = []
    for command, arguments in steps:
        numbers = [float(number) for number in re.split(r"[\s,]+", arguments.strip()) if number]
        if command not in _CODES or len(numbers) != 2 * len(_CODES[command]):
            raise ValueError(f"not understood in a glyph: {command}{arguments}")
        points += [numbers[i : i + 2] for i in range(0, len(numbers), 2)]
        codes += _CODES[command]
    vertices = np.array([*points, points[0]], dtype=np.float64) / _GRID - 0.5
    return frozen(vertices), frozen(np.array([*codes, CLOSE], dtype=np.uint8))
