"""Round numbers for a scale bar and for a map's scale."""

from __future__ import annotations

import math
from dataclasses import dataclass

_ROUND = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True)
class Bar:
    """A scale bar: ``parts`` equal parts of ``metres`` on the ground and ``millimetres`` on paper each."""

    parts: int
    metres: float
    millimetres: float

    @property
    def in_kilometres(self) -> bool:
        """True where kilometres read better than metres."""
        return self.metres >= 500.0

    def figure(self, part: int) -> str:
        """Return the number that stands at the end of a part."""
        value = part * self.metres / (1000.0 if self.in_kilometres else 1.0)
        return f"{value:,.10g}"


def bar_for(metres_per_mm: float, width_mm: float, *, parts: int = 4) -> Bar:
    """Return the longest bar of round parts that is no longer than ``width_mm``."""
    most = width_mm * metres_per_mm / parts
    power = 10.0 ** math.floor(math.log10(most))
    metres = max(step * power for step in _ROUND if step * power <= most * (1 + 1e-9))
    return Bar(parts, metres, metres / metres_per_mm)


def round_scale(denominator: float) -> float:
    """Return the next larger denominator of two figures, the second 0 or 5: 1 403 000 becomes 1 450 000."""
    power = 10.0 ** (math.floor(math.log10(denominator)) - 1)
    figures = math.ceil(denominator / power - 1e-9)
    step = 1 if figures <= 20 else 5
    return math.ceil(figures / step) * step * power
