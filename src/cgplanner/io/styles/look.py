"""How rows look, in the few words that other programs' files have for it: colours, a width, the name of a class.

The caller makes it from the layer's symbology; this room knows no styles.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class ClassLook:
    """One class of rows: its name, and how it is drawn.

    Attributes
    ----------
    fill, stroke
        "#RRGGBB"; '' draws none.
    fill_opacity, stroke_opacity
        0..1.
    stroke_width
        In pixels.
    """

    name: str
    fill: str = ""
    stroke: str = "#000000"
    fill_opacity: float = 1.0
    stroke_opacity: float = 1.0
    stroke_width: float = 1.0


@dataclass(frozen=True, eq=False)
class Look:
    """The classes, and for each row its place among them (-1: none)."""

    classes: tuple[ClassLook, ...]
    index: NDArray[Any]

    def take(self, rows: NDArray[np.int64]) -> Look:
        """Return the look of some of the rows."""
        return Look(self.classes, self.index[rows])


def plain_look(name: str, rows: int) -> Look:
    """Return one class for all rows."""
    return Look((ClassLook(name, "#B0C4DE", "#33506B", 0.5),), np.zeros(rows, np.int32))
