"""Style as data: frozen dataclasses with a JSON form. What a layer looks like, not how it is drawn.

Sizes are in pixels of 1/96 inch (``px``); on paper 1 px is 0.2646 mm, so screen and page look alike. Colours are "#RRGGBB".
A style has a renderer (which symbol a feature gets), variations (what a second field changes about it: status as dashes),
and labels. This file must not know painters.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, TypeVar, Union

from cgplanner.errors import UserError
from cgplanner.text import pick, tr

MM_PER_PX = 25.4 / 96

MarkerShape = Literal["circle", "square", "diamond", "triangle", "star", "cross"]
Cap = Literal["flat", "square", "round"]
Join = Literal["miter", "bevel", "round"]
Dash = tuple[float, ...]  # on, off, on, off ... in px; () is solid
Code = str | int | float | bool | None


@dataclass(frozen=True)
class Fill:
    """A plain area."""

    color: str = "#CCCCCC"
    opacity: float = 1.0


@dataclass(frozen=True)
class Hatch:
    """Parallel lines inside an area; angle in degrees counter-clockwise from the x axis."""

    color: str = "#000000"
    angle: float = 45.0
    spacing: float = 5.0
    width: float = 0.7
    opacity: float = 1.0


@dataclass(frozen=True)
class Band:
    """A soft band along the inside of an area's edge."""

    color: str = "#000000"
    width: float = 6.0
    opacity: float = 0.18


@dataclass(frozen=True)
class Line:
    """A line, or the edge of an area. ``casing`` is drawn under it, that many px wider on each side."""

    color: str = "#000000"
    width: float = 1.0
    dash: Dash = ()
    cap: Cap = "round"
    join: Join = "round"
    opacity: float = 1.0
    casing: float = 0.0
    casing_color: str = "#FFFFFF"


@dataclass(frozen=True)
class Ticks:
    """Short strokes across a line at a spacing (railways)."""

    color: str = "#000000"
    length: float = 5.0
    spacing: float = 9.0
    width: float = 1.0
    opacity: float = 1.0


@dataclass(frozen=True)
class Marker:
    """A point symbol, with an optional glyph of ``resources/glyphs`` inside. ``ring`` is its edge's rhythm."""

    shape: MarkerShape = "circle"
    size: float = 8.0
    color: str = "#000000"
    opacity: float = 1.0
    stroke: str = "#FFFFFF"
    stroke_width: float = 1.0
    glyph: str = ""
    glyph_color: str = "#FFFFFF"
    ring: Dash = ()
    ring_color: str = ""  # '' draws no ring; the ring lies 2 px outside the shape


SymbolLayer = Fill | Hatch | Band | Line | Ticks | Marker


@dataclass(frozen=True)
class Symbol:
    """What is drawn for a feature, from bottom to top, by the kind its geometry turns out to have.

    A layer may hold points, lines and polygons; each takes the parts meant for it.
    """

    point: tuple[Marker, ...] = ()
    line: tuple[Line | Ticks, ...] = ()
    polygon: tuple[Fill | Hatch | Band | Line, ...] = ()


@dataclass(frozen=True)
class Single:
    """Every feature has the same symbol."""

    symbol: Symbol = Symbol()


@dataclass(frozen=True)
class Category:
    """The features whose field holds one of these values. ``kind`` is what a legend shows of the symbol; '' lets it choose."""

    values: tuple[Code, ...]
    symbol: Symbol
    label_zh: str = ""
    label_en: str = ""
    kind: Literal["", "point", "line", "polygon"] = ""

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
    """A symbol by class of a number: class ``i`` holds breaks[i] <= value < breaks[i + 1] (the last one includes its end)."""

    field: str
    breaks: tuple[float, ...] = ()
    symbols: tuple[Symbol, ...] = ()
    missing: Symbol | None = None


Renderer = Single | Categorized | Graduated


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
class Labels:
    """Text from a field. ``priority``: larger wins a place; scales are denominators, 0 is open."""

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


@dataclass(frozen=True)
class Style:
    """The look of a layer. Scales are denominators; 0 is open."""

    renderer: Renderer = Single()
    variations: tuple[Variation, ...] = ()
    labels: Labels | None = None
    min_scale: float = 0.0  # nothing is drawn when the denominator is larger than this
    max_scale: float = 0.0  # nothing is drawn when the denominator is smaller than this

    def to_json(self) -> dict[str, Any]:
        """Return the style as JSON-able data; :func:`style_from_json` reads it back."""
        data = _to_json(self)
        assert isinstance(data, dict)  # noqa: S101  a dataclass gives a dict
        return data

    def drawn_at(self, scale: float) -> bool:
        """Tell whether the layer is drawn at this scale denominator."""
        return (not self.min_scale or scale <= self.min_scale) and (not self.max_scale or scale >= self.max_scale)


S = TypeVar("S")
_PARTS = (Fill, Hatch, Band, Line, Ticks, Marker)
_WHOLES = (Symbol, Single, Category, Categorized, Graduated, Patch, Variation, Labels, Style)
_TYPES: dict[str, type] = {each.__name__: each for each in (*_PARTS, *_WHOLES)}


def _to_json(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        pairs = {f.name: getattr(value, f.name) for f in dataclasses.fields(value) if getattr(value, f.name) != f.default}
        return {"type": type(value).__name__, **{name: _to_json(each) for name, each in pairs.items()}}
    if isinstance(value, tuple):
        return [_to_json(each) for each in value]
    return value


@cache
def _hints(cls: type) -> dict[str, Any]:
    return typing.get_type_hints(cls)


def _from_json(data: Any, hint: Any) -> Any:
    origin = typing.get_origin(hint)
    if origin in (Union, types.UnionType) or (isinstance(hint, type) and dataclasses.is_dataclass(hint)):
        return _dataclass_from_json(data, hint)
    if origin is tuple:
        if not isinstance(data, list):
            raise UserError(tr("The style is damaged: a list was expected."), hint=tr("Choose a default style."))
        return tuple(_from_json(each, typing.get_args(hint)[0]) for each in data)
    if hint is float and isinstance(data, int):
        return float(data)
    allowed = typing.get_args(hint) if origin is Literal else ()
    if (allowed and data not in allowed) or (isinstance(hint, type) and not isinstance(data, hint)):
        raise UserError(
            tr("The style is damaged: “{value}” is not allowed there.", value=data), hint=tr("Choose a default style.")
        )
    return data


def _dataclass_from_json(data: Any, hint: Any) -> Any:
    if not isinstance(data, Mapping):
        if isinstance(data, list):
            return tuple(float(each) for each in data)  # a dash pattern, where None is allowed too
        return data
    cls = _TYPES.get(str(data.get("type")))
    members = typing.get_args(hint) or (hint,)
    if cls is None or cls not in members:
        raise UserError(
            tr("The style is damaged: “{value}” is not allowed there.", value=data.get("type")),
            hint=tr("Choose a default style."),
        )
    hints = _hints(cls)
    unknown = set(data) - set(hints) - {"type"}
    if unknown:
        raise UserError(
            tr("The style holds properties that this version does not know: {names}.", names=", ".join(sorted(unknown))),
            hint=tr("Open it with a newer version of cgplanner."),
        )
    return cls(**{name: _from_json(each, hints[name]) for name, each in data.items() if name != "type"})


def style_from_json(data: Mapping[str, Any]) -> Style:
    """Return the style that :meth:`Style.to_json` wrote.

    Raises
    ------
    UserError
        When the data are no style, or one of a later version.
    """
    style = _from_json(dict(data), Style)
    assert isinstance(style, Style)  # noqa: S101  narrows the type; _from_json has checked it
    return style
