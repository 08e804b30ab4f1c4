"""Many copies of one small picture, laid on an image: crowds of point symbols. Compiled and without the GIL.

Callers use ``kernels.py``, which checks arguments: nothing here does. Pixels are uint32 with alpha in the highest byte, and
premultiplied; which colour lies in which other byte does not matter.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from cgplanner.geometry.compiler import compiled

Array = npt.NDArray[Any]


@compiled
def _under(front: int, back: int) -> int:
    """Return a pixel with another one laid under it."""
    rest = 255 - (front >> 24)
    # two channels at a time; a product of bytes and its 256th part, rounded, make the 255th
    even = (back & 0xFF00FF) * rest + 0x800080
    odd = ((back >> 8) & 0xFF00FF) * rest + 0x800080
    even = (even + ((even >> 8) & 0xFF00FF)) >> 8 & 0xFF00FF
    odd = (odd + ((odd >> 8) & 0xFF00FF)) >> 8 & 0xFF00FF
    return front + (even | odd << 8)


@compiled
def stamp(image: Array, sprite: Array, places: Array, top: int, bottom: int) -> None:
    """Lay ``sprite`` at every place (int64 (n, 2): left, top), later ones above earlier ones, on rows top..bottom of an image.

    The image begins empty: it is filled from the front to the back, so that what is hidden costs one look.
    """
    width = image.shape[1]
    tall, wide = sprite.shape
    firsts, lasts = np.full(tall, wide, np.int64), np.zeros(tall, np.int64)
    for row in range(tall):  # where a row of the sprite has anything
        for column in range(wide):
            if sprite[row, column] != 0:
                firsts[row] = min(firsts[row], column)
                lasts[row] = column + 1
    for k in range(len(places)):
        i = len(places) - 1 - k
        x, y = places[i, 0], places[i, 1]
        if x >= width or x + wide <= 0 or y >= bottom or y + tall <= top:
            continue
        for row in range(max(top - y, 0), min(bottom - y, tall)):
            for column in range(max(firsts[row], -x), min(lasts[row], width - x)):
                there = int(image[y + row, x + column])
                if there >> 24 == 255:
                    continue
                image[y + row, x + column] = (
                    sprite[row, column] if there == 0 else np.uint32(_under(there, int(sprite[row, column])))
                )
