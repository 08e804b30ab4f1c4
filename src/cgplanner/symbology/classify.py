"""Numbers into classes: where the breaks lie, how values are spread, and the symbols that a ramp or growing sizes give.

Natural breaks, quantiles, equal intervals, deviations and round numbers are mapclassify's; it pulls scipy and scikit-learn in,
which cost a second or two, and is imported when first asked. This file must not know layers or painters.
"""

from __future__ import annotations

import importlib
import math
import threading
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cgplanner.model.column import ArrayColumn, Column
from cgplanner.symbology.ramps import ramp_colors
from cgplanner.symbology.style import AreaPart, Fill, Graduated, Hatch, Line, LinePart, Marker, Scheme, SvgMarker, Symbol
from cgplanner.text import Sentence, sentence

Numbers = NDArray[np.float64]
SCHEMES: dict[Scheme, Sentence] = {
    "natural": sentence("Natural breaks"),
    "quantiles": sentence("Equal count"),
    "equal": sentence("Equal interval"),
    "pretty": sentence("Round numbers"),
    "deviation": sentence("Standard deviation"),
    "manual": sentence("By hand"),
}
_SAMPLE = 3_000  # values that natural breaks are sought among: the time grows with their square
_SLACK = 400  # one value in so many may change its class for a rounder break


@dataclass(frozen=True, eq=False)
class Histogram:
    """How many values (k,) lie between the ``edges`` (k + 1,); ``missing`` have none."""

    counts: NDArray[np.int64]
    edges: Numbers
    missing: int


def values_of(column: Column) -> Numbers:
    """Return the numbers of a column, without what is missing or infinite; none for a column of something else."""
    if not isinstance(column, ArrayColumn) or column.array.dtype.kind not in "ifb":
        return np.empty(0)
    values = column.array[~column.nulls].astype(np.float64)
    return values[np.isfinite(values)]


def histogram(column: Column, bins: int = 40) -> Histogram:
    """Return how the numbers of a column are spread over equal bins from the smallest to the largest."""
    values = values_of(column)
    if not len(values):
        return Histogram(np.zeros(bins, np.int64), np.linspace(0.0, 1.0, bins + 1), len(column))
    counts, edges = np.histogram(values, bins=bins, range=_room(values))
    return Histogram(counts.astype(np.int64), edges.astype(np.float64), len(column) - len(values))


def _room(values: Numbers) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def breaks_of(values: Numbers, scheme: Scheme, count: int, by_hand: Sequence[float] = ()) -> tuple[float, ...]:
    """Return the limits of at most ``count`` classes, as :class:`Graduated` counts them: from the smallest value on.

    Inner limits are as round as they can be without moving more than one value in 400 to another class. With fewer different
    values than classes each has its own. ``manual`` takes ``by_hand`` for its inner limits, in any order, as far as they lie
    between the values. () where there are no values.
    """
    values = np.sort(values[np.isfinite(values)])
    if not len(values):
        return ()
    low, high = float(values[0]), float(values[-1])
    if scheme == "manual":
        inner = sorted({float(each) for each in by_hand if low < each < high})
        return (low, *inner, high)
    different = np.unique(values)
    if len(different) <= (max(count, 1) if scheme != "pretty" else 1):
        return (*(float(each) for each in different), high)
    bounds = [each for each in _upper_bounds(values, scheme, max(count, 1)) if low <= each < high]
    exact = scheme in ("pretty", "equal", "deviation")
    inner = [each if exact else _rounded(values, each) for each in bounds]
    ends = (_outward(low, high - low, math.floor), _outward(high, high - low, math.ceil))
    return (ends[0], *(each for each in sorted(set(inner)) if ends[0] < each < ends[1]), ends[1])


@cache
def warm_up() -> None:
    """Begin to load mapclassify beside the other work, once, since somebody looks as if he would soon want classes."""
    threading.Thread(target=importlib.import_module, args=("mapclassify",), name="mapclassify", daemon=True).start()


def _upper_bounds(values: Numbers, scheme: Scheme, count: int) -> list[float]:
    """Return the upper limits of classes by mapclassify, ascending."""
    import mapclassify  # type: ignore[import-untyped]  # noqa: PLC0415  it has no types; a second or two, see above

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # fewer classes than asked for is an answer, too
        if scheme == "quantiles":
            made: Any = mapclassify.Quantiles(values, k=count)
        elif scheme == "natural":
            step = max(len(values) // _SAMPLE, 1)  # a sample in order of size is one that comes out the same every time
            sample = np.append(values[::step], values[-1])
            made = mapclassify.FisherJenks(sample, k=count)
        elif scheme == "pretty":
            made = mapclassify.PrettyBreaks(values, k=max(count, 2))
        elif scheme == "deviation":
            made = mapclassify.StdMean(values, multiples=_multiples(count))
        else:
            made = mapclassify.EqualInterval(values, k=count)
    return [float(each) for each in np.unique(made.bins)]


def _multiples(count: int) -> list[float]:
    """Return the standard deviations from the mean at which so many classes part: whole ones apart, evenly about the mean."""
    inner = max(count - 1, 1)
    return [number - (inner - 1) / 2 for number in range(inner)]


def _rounded(values: Numbers, bound: float) -> float:
    """Return the roundest limit above the values up to ``bound`` and at most the next value, give or take a few."""
    place = int(np.searchsorted(values, bound, side="right"))
    slack = len(values) // _SLACK
    low = float(values[max(place - 1 - slack, 0)])
    high = float(values[min(place + slack, len(values) - 1)])
    return _roundest(low, high, float(values[-1]))


def _roundest(low: float, high: float, end: float) -> float:
    """Return the number with the fewest digits in (low, high] and below ``end``."""
    if not low < high:
        return high
    for digits in range(18):
        step = 10.0 ** (math.floor(math.log10(high - low) + 1) - digits)
        for size in (5 * step, 2 * step, step):
            steps = math.floor(high / size)
            found = float(f"{(steps if steps * size < end else steps - 1) * size:.15g}")
            if low < found <= high and found < end:
                return found
    return (low + high) / 2


def _outward(value: float, span: float, towards: Any) -> float:
    """Return an end of the range with three digits of the range's size, moved so that it still holds the value."""
    if span <= 0:
        return value
    step = 10.0 ** (math.floor(math.log10(span)) - 2)
    found = float(f"{towards(value / step) * step:.12g}")
    return found if abs(found - value) <= step and (found <= value) == (towards is math.floor) else value


def graduated(
    field: str,
    breaks: tuple[float, ...],
    symbol: Symbol,
    ramp: str = "",
    *,
    scheme: Scheme = "manual",
    reverse: bool = False,
    sizes: tuple[float, float] | None = None,
    missing: Symbol | None = None,
) -> Graduated:
    """Return classes that look like ``symbol``, in the colours of a ramp and, with ``sizes``, of growing size or width.

    ``sizes`` are the marker size (or line width) of the first and the last class in px; markers grow by area, so that a class
    looks as much larger as it is.
    """
    count = max(len(breaks) - 1, 0)
    colors = ramp_colors(ramp, count, reverse=reverse) if ramp else (None,) * count
    lengths = _growing(sizes, count, by_area=bool(symbol.point)) if sizes else (None,) * count
    symbols = tuple(_stepped(symbol, color, length) for color, length in zip(colors, lengths, strict=True))
    return Graduated(field, breaks, symbols, missing, scheme, ramp)


def _growing(sizes: tuple[float, float], count: int, *, by_area: bool) -> tuple[float, ...]:
    power = 2 if by_area else 1
    low, high = (size**power for size in sizes)
    steps = np.linspace(low, high, count) if count > 1 else np.array([high])
    return tuple(round(float(step) ** (1 / power), 2) for step in steps)


def _stepped(symbol: Symbol, color: str | None, length: float | None) -> Symbol:
    """Return the symbol in the colour and size of a class; edges of areas and outlines of markers stay."""
    return Symbol(
        tuple(_stepped_marker(part, color, length) for part in symbol.point),
        tuple(_stepped_line(part, color, length) for part in symbol.line),
        tuple(_stepped_area(part, color) for part in symbol.polygon),
        graded=color is not None,
    )


def _stepped_marker(part: Marker | SvgMarker, color: str | None, length: float | None) -> Marker | SvgMarker:
    part = replace(part, color=color) if color else part
    return replace(part, size=length) if length else part


def _stepped_line(part: LinePart, color: str | None, length: float | None) -> LinePart:
    if not isinstance(part, Line):
        return part
    part = replace(part, color=color) if color else part
    return replace(part, width=length) if length else part


def _stepped_area(part: AreaPart, color: str | None) -> AreaPart:
    return replace(part, color=color) if color and isinstance(part, Fill | Hatch) else part
