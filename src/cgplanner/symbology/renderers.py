"""How a layer's features get their symbols: all alike, by value, by class of a number, by rules, as heat, in clusters.

Fields are named by field id; only rules name them as conditions do (``model.where``). This file must not know columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cgplanner.symbology.parts import Line, Marker, MarkerLine, PointPart, Symbol
from cgplanner.text import pick

Code = str | int | float | bool | None
Kind = Literal["", "point", "line", "polygon"]
Scheme = Literal["", "quantiles", "equal", "natural", "deviation", "pretty", "manual"]
_NOTHING = Symbol()
_DOT = Symbol(point=(Marker(),), line=(Line(),))
_COUNT = Marker("circle", 22.0, "#1769AA", stroke_width=1.5)
HEAT_RAMP = ("#FFF3B0", "#FDC35A", "#F58A3C", "#DE4B3A", "#A31C48", "#5E0F4D")


@dataclass(frozen=True)
class Single:
    """Every feature has the same symbol."""

    symbol: Symbol = _NOTHING


@dataclass(frozen=True)
class Category:
    """The features whose field holds one of these values. ``kind`` is what a legend shows of the symbol; '' lets it choose."""

    values: tuple[Code, ...]
    symbol: Symbol
    label_zh: str = ""
    label_en: str = ""
    kind: Kind = ""

    @property
    def label(self) -> str:
        """What the legend says."""
        return pick(self.label_zh, self.label_en) or ", ".join(str(value) for value in self.values)


@dataclass(frozen=True)
class Categorized:
    """A symbol by the value of a field (named by field id); ``other`` for all the rest, None draws nothing."""

    field: str
    categories: tuple[Category, ...] = ()
    other: Symbol | None = None
    other_label_zh: str = "其他"
    other_label_en: str = "Other"


@dataclass(frozen=True)
class Graduated:
    """A symbol by class of a number: class ``i`` holds breaks[i] <= value < breaks[i + 1] (the last one includes its end).

    ``scheme`` and ``ramp`` remember how breaks and colours were chosen (``symbology.classify``, ``symbology.ramps``), so that
    they can be chosen anew; drawing does not look at them. The unit is for the legend.
    """

    field: str
    breaks: tuple[float, ...] = ()
    symbols: tuple[Symbol, ...] = ()
    missing: Symbol | None = None
    scheme: Scheme = ""
    ramp: str = ""
    unit_zh: str = ""
    unit_en: str = ""

    @property
    def unit(self) -> str:
        """What the numbers count, in the language of the user."""
        return pick(self.unit_zh, self.unit_en)


@dataclass(frozen=True)
class Rule:
    """The features that a condition picks; '' picks all. Scales are denominators, as a style's; out of them it picks none."""

    where: str = ""
    symbol: Symbol = _NOTHING
    label_zh: str = ""
    label_en: str = ""
    min_scale: float = 0.0  # picks nothing when the denominator is larger than this
    max_scale: float = 0.0  # picks nothing when the denominator is smaller than this
    kind: Kind = ""

    @property
    def label(self) -> str:
        """What the legend says."""
        return pick(self.label_zh, self.label_en) or self.where

    def applies_at(self, scale: float) -> bool:
        """Tell whether the rule picks anything at this scale denominator; 0 asks for no scale in particular."""
        if not scale:
            return True
        return (not self.min_scale or scale <= self.min_scale) and (not self.max_scale or scale >= self.max_scale)


@dataclass(frozen=True)
class RuleBased:
    """The symbol of the first rule that fits a feature; ``other`` for all the rest, None draws nothing."""

    rules: tuple[Rule, ...] = ()
    other: Symbol | None = None
    other_label_zh: str = "其他"
    other_label_en: str = "Other"


@dataclass(frozen=True)
class Heat:
    """Points as a surface of their density; lines and areas are drawn with ``symbol``.

    Attributes
    ----------
    field
        A number by which points weigh; '' counts them. Missing and negative numbers weigh nothing.
    radius
        How far a point reaches, px.
    ramp
        Colours from thin to dense, evenly apart; below the first the surface fades out.
    most
        The density, in points of weight 1 on one spot, that gets the last colour; 0 takes the densest place of the layer.
    """

    field: str = ""
    radius: float = 24.0
    ramp: tuple[str, ...] = HEAT_RAMP
    opacity: float = 0.85
    most: float = 0.0
    symbol: Symbol = _NOTHING


@dataclass(frozen=True)
class Cluster:
    """Points that stand closer than ``distance`` px as one marker with their number; the others with their symbol.

    The marker grows a quarter with each digit of the number. Lines and areas are drawn with ``symbol``.
    """

    distance: float = 44.0
    symbol: Symbol = _DOT
    marker: Marker = _COUNT
    text_color: str = "#FFFFFF"
    text_size: float = 10.5


Renderer = Single | Categorized | Graduated | RuleBased | Heat | Cluster


def markers_of(symbol: Symbol) -> tuple[PointPart, ...]:
    """Return the markers of a symbol, those along its lines too."""
    return (*symbol.point, *(part.marker for part in symbol.line if isinstance(part, MarkerLine)))


def symbols_of(renderer: Renderer) -> tuple[Symbol, ...]:
    """Return every symbol that the renderer may draw with, in the order of its legend; the one for all the rest is last."""
    if isinstance(renderer, Categorized):
        last = renderer.other
        symbols = tuple(each.symbol for each in renderer.categories)
    elif isinstance(renderer, RuleBased):
        last = renderer.other
        symbols = tuple(each.symbol for each in renderer.rules)
    elif isinstance(renderer, Graduated):
        last, symbols = renderer.missing, renderer.symbols
    else:
        return (renderer.symbol,)
    return symbols if last is None else (*symbols, last)
