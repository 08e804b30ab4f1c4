"""A first picture of places that come in any order: one dot each, in one colour, nothing more.

It stands for a layer until that can be drawn. Numbers only: no threads, no toolkit.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cgplanner.geometry.ragged import Floats
from cgplanner.render.scene.viewport import Viewport

FEW = 10_000  # places that are seen better as dots of 3 x 3 pixels


class Sketch:
    """Which pixels of a view have something in them."""

    def __init__(self, viewport: Viewport) -> None:
        self.viewport = viewport
        self._marked = np.zeros((max(1, round(viewport.height)), max(1, round(viewport.width))), np.bool_)

    def add(self, xy: Floats) -> None:
        """Mark places (n, 2) of the view's CRS; what lies outside, or is no number, is left out."""
        height, width = self._marked.shape
        with np.errstate(invalid="ignore", over="ignore"):
            places = self.viewport.to_device(xy)
            places = places[((places >= 0) & (places < (width, height))).all(axis=1)]
        column, row = places.astype(np.int32).T
        steps = (-1, 0, 1) if len(xy) < FEW else (0,)
        for right in steps:
            for down in steps:
                self._marked[np.clip(row + down, 0, height - 1), np.clip(column + right, 0, width - 1)] = True

    def words(self, colour: int) -> NDArray[np.uint32]:
        """Return the picture (height, width) as pixels of this colour, 0 where nothing is."""
        return np.where(self._marked, np.uint32(colour), np.uint32(0))
