"""Style as data: frozen dataclasses with a JSON form. What a layer looks like, not how it is drawn.

Sizes are in pixels of 1/96 inch (``px``); on paper 1 px is 0.2646 mm, so screen and page look alike. Colours are "#RRGGBB".
A style has a renderer (which symbol a feature gets), variations (what a second field changes about it: status as dashes),
and labels. This is the door to ``parts`` and ``renderers`` too. It must not know painters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from cgplanner.symbology.json_form import from_json, to_json
from cgplanner.symbology.parts import (
    AreaPart,
    Band,
    Cap,
    Dash,
    Fill,
    Hatch,
    Join,
    Line,
    LinePart,
    Marker,
    MarkerLine,
    MarkerShape,
    Placement,
    PointPart,
    Ramp,
    SvgMarker,
    Symbol,
    SymbolLayer,
    Ticks,
)
from cgplanner.symbology.renderers import (
    Categorized,
    Category,
    Cluster,
    Code,
    Graduated,
    Heat,
    Renderer,
    Rule,
    RuleBased,
    Scheme,
    Single,
    markers_of,
    symbols_of,
)
from cgplanner.text import pick

__all__ = [
    "MM_PER_PX",
    "AreaPart",
    "Band",
    "Blend",
    "Cap",
    "Categorized",
    "Category",
    "Cluster",
    "Code",
    "Dash",
    "Fill",
    "Graduated",
    "Hatch",
    "Heat",
    "Join",
    "Labels",
    "Line",
    "LinePart",
    "Marker",
    "MarkerLine",
    "MarkerShape",
    "Patch",
    "Pin",
    "Placement",
    "PointPart",
    "Ramp",
    "Renderer",
    "Rule",
    "RuleBased",
    "Scheme",
    "Single",
    "Style",
    "SvgMarker",
    "Symbol",
    "SymbolLayer",
    "Ticks",
    "Variation",
    "markers_of",
    "style_from_json",
    "symbols_of",
]

MM_PER_PX = 25.4 / 96

_SINGLE = Single()

Blend = Literal["normal", "multiply", "screen", "darken", "lighten", "overlay"]


@dataclass(frozen=True)
class Patch:
    """What a variation changes about a symbol; None leaves a property as it is."""

    values: tuple[Code, ...]
    dash: Dash | None = None
    opacity: float | None = None  # multiplies
    ring: Dash | None = None  # the rhythm of the ring round points
    label_zh: str = ""
    label_en: str = ""

    @property
    def label(self) -> str:
        """What the legend says."""
        return pick(self.label_zh, self.label_en) or ", ".join(str(value) for value in self.values)


@dataclass(frozen=True)
class Variation:
    """A second field that changes symbols without multiplying classes: status as the rhythm of a line."""

    field: str
    patches: tuple[Patch, ...] = ()


@dataclass(frozen=True)
class Pin:
    """Where somebody put the label of one feature: the middle of its text, in units of the layer's CRS from its own point.

    That point is the (first) point of points, the middle of the longest part of lines, the innermost point of areas.
    """

    fid: int
    dx: float
    dy: float


@dataclass(frozen=True)
class Labels:
    """Text from a field or from a template. ``priority``: larger wins a place; scales are denominators, 0 is open."""

    field: str
    field_en: str = ""  # the field to use when the map speaks English; '' uses ``field``
    size: float = 11.5
    bold: bool = False
    color: str = "#1B2430"
    halo_color: str = "#FBFAF7"
    halo: float = 1.6
    spacing: float = 0.0  # extra space between characters, in em
    italic: bool = False
    placement: Literal["auto", "point", "line", "area"] = "auto"
    priority: float = 1.0
    wrap: int = 12  # characters after which text wraps; 0 never
    min_scale: float = 0.0  # not drawn when the denominator is larger than this
    max_scale: float = 0.0  # not drawn when the denominator is smaller than this
    visible: bool = True
    text: str = ""  # a template (see label_template.py) instead of the bare field; '' uses ``field``
    text_en: str = ""  # the template of an English map; '' uses ``field_en``, then ``text``
    smallest: float = 0.0  # px down to which text may shrink where it finds no place else; 0 never
    leader: float = 0.0  # px that text may stand away from its feature, with a line back to it; 0 never
    shorten: bool = True  # long English words may be abbreviated where the whole text finds no place
    pins: tuple[Pin, ...] = ()  # labels that were put somewhere by hand


@dataclass(frozen=True)
class Style:
    """The look of a layer. Scales are denominators; 0 is open.

    ``blend`` is how the layer as a whole meets the layers below it; where there are none it shows as it is. ``order_by`` names
    a field (by id): features with smaller values are drawn first, larger ones above them, the other way round with
    ``descending``; rows without a value come first.
    """

    renderer: Renderer = _SINGLE
    variations: tuple[Variation, ...] = ()
    labels: Labels | None = None
    min_scale: float = 0.0  # nothing is drawn when the denominator is larger than this
    max_scale: float = 0.0  # nothing is drawn when the denominator is smaller than this
    blend: Blend = "normal"
    order_by: str = ""
    descending: bool = False
    outside: Fill | None = None  # laid over all that lies outside of the layer's areas

    def to_json(self) -> dict[str, Any]:
        """Return the style as JSON-able data; :func:`style_from_json` reads it back."""
        data = to_json(self)
        assert isinstance(data, dict)  # noqa: S101  a dataclass gives a dict
        return data

    def drawn_at(self, scale: float) -> bool:
        """Tell whether the layer is drawn at this scale denominator."""
        return (not self.min_scale or scale <= self.min_scale) and (not self.max_scale or scale >= self.max_scale)


def style_from_json(data: Mapping[str, Any]) -> Style:
    """Return the style that :meth:`Style.to_json` wrote.

    Raises
    ------
    UserError
        When the data are no style, or one of a later version.
    """
    return from_json(data, Style)
