"""Which meridians and parallels a page shows, and what is written at them."""

from __future__ import annotations

import math

_STEPS_MINUTES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0)
_WANTED = 5  # lines across the shorter side


def step_for(span_degrees: float) -> float:
    """Return a round step in degrees that gives about five lines over the span."""
    for minutes in _STEPS_MINUTES:
        if span_degrees / (minutes / 60) <= _WANTED + 1:
            return minutes / 60
    return _STEPS_MINUTES[-1] / 60


def lines_between(low: float, high: float, step: float) -> tuple[float, ...]:
    """Return the multiples of ``step`` from ``low`` to ``high``, free of rounding dirt."""
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return tuple(round(number * step, 9) for number in range(first, last + 1))


def degrees_text(value: float, positive: str, negative: str) -> str:
    """Return an angle as 112°30′E: no minutes where they are 0, decimals of minutes only where they are needed."""
    minutes = round(abs(value) * 60, 3)
    degrees, rest = divmod(minutes, 60)
    side = positive if value > 0 else negative if value < 0 else ""
    figures = f"{rest:02.0f}" if rest == round(rest) else f"{rest:04.1f}"
    return f"{degrees:.0f}°{figures}′{side}" if rest else f"{degrees:.0f}°{side}"
