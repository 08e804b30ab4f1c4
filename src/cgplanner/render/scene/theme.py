"""Symbols that were chosen for light paper, on dark paper.

Near-white casings and cores become the paper, pale grounds become dark grounds of the same hue, and dark strokes are lifted
until they can be told from the paper. Saturated colours of middle lightness stay as they are: they are the map's code.
"""

from __future__ import annotations

import colorsys
from dataclasses import replace
from functools import lru_cache
from typing import Any

from cgplanner.render.scene.display_list import DisplayList
from cgplanner.render.scene.request import PAPER, Theme
from cgplanner.symbology.ramps import turned
from cgplanner.symbology.style import (
    AreaPart,
    Band,
    Blend,
    Fill,
    Hatch,
    Labels,
    Line,
    LinePart,
    Marker,
    MarkerLine,
    PointPart,
    Ramp,
    SvgMarker,
    Symbol,
    Ticks,
)

_PALE = 0.86  # lightness of a colour that is ground rather than figure
_CALM = 0.35  # of the opacity of a hatch, on dark paper
_LIFT = 0.55  # the least lightness of a stroke on dark paper


_TURNED_BLENDS: dict[Blend, Blend] = {
    "multiply": "screen",
    "screen": "multiply",
    "darken": "lighten",
    "lighten": "darken",
}


@lru_cache(maxsize=1024)
def for_theme(symbol: Symbol, theme: Theme) -> Symbol:
    """Return the symbol as it is drawn on the theme's paper."""
    if theme == "light":
        return symbol
    if symbol.graded:
        return Symbol(
            tuple(_turned(part) for part in symbol.point),
            tuple(_turned(part) for part in symbol.line),
            tuple(_turned(part) for part in symbol.polygon),
        )
    return Symbol(
        tuple(_marker(part) for part in symbol.point),
        tuple(_stroke(part) for part in symbol.line),
        tuple(_area(part) for part in symbol.polygon),
    )


def label_colors(labels: Labels, theme: Theme) -> tuple[str, str]:
    """Return the colours of text and halo on the theme's paper."""
    if theme == "light":
        return labels.color, labels.halo_color
    return lifted(labels.color, 0.72), PAPER["dark"] if _is_pale(labels.halo_color) else labels.halo_color


def _turned(part: Any) -> Any:
    """Return a part whose main colour is a step of a ramp; what is edge or casing is dealt with as anywhere."""
    if isinstance(part, MarkerLine):
        return replace(part, marker=_turned(part.marker))
    if isinstance(part, Marker):
        return replace(_marker(part), color=turned(part.color))
    if isinstance(part, SvgMarker):
        return replace(part, color=turned(part.color)) if part.color else part
    if isinstance(part, Line):
        casing = PAPER["dark"] if _is_pale(part.casing_color) else part.casing_color
        return replace(part, casing_color=casing, color=PAPER["dark"] if _is_pale(part.color) else turned(part.color))
    return replace(part, color=turned(part.color)) if isinstance(part, Fill | Hatch | Band | Ticks) else _area(part)


def ramp_for(ramp: tuple[str, ...], theme: Theme) -> tuple[str, ...]:
    """Return the colours of a surface for the theme's paper."""
    return ramp if theme == "light" else tuple(turned(color) for color in ramp)


def is_blended(display_list: DisplayList) -> bool:
    """Tell whether a layer meets what lies below it in another way than by covering it."""
    return any(layer.blend != "normal" for layer in display_list.layers)


def blend_for(blend: Blend, theme: Theme) -> Blend:
    """Return the blend mode for the theme's paper: what darkens light paper brightens dark paper."""
    return blend if theme == "light" else _TURNED_BLENDS.get(blend, blend)


def _marker(part: PointPart) -> PointPart:
    if isinstance(part, SvgMarker):
        return replace(part, color=lifted(part.color, 0.42)) if part.color else part
    stroke = PAPER["dark"] if _is_pale(part.stroke) else part.stroke
    ring = lifted(part.ring_color, _LIFT) if part.ring_color else ""
    return replace(part, color=lifted(part.color, 0.42), stroke=stroke, ring_color=ring)


def _stroke(part: LinePart) -> LinePart:
    if isinstance(part, MarkerLine):
        return replace(part, marker=_marker(part.marker))
    color = PAPER["dark"] if _is_pale(part.color) else lifted(part.color, _LIFT)
    if isinstance(part, Ticks):
        return replace(part, color=color)
    casing = PAPER["dark"] if _is_pale(part.casing_color) else part.casing_color
    return replace(part, color=color, casing_color=casing)


def _area(part: AreaPart) -> AreaPart:
    if isinstance(part, Ramp):
        return replace(part, colors=ramp_for(part.colors, "dark"))
    if isinstance(part, Line):
        moved = _stroke(part)
        assert isinstance(moved, Line)  # noqa: S101  narrows the type
        return moved
    if isinstance(part, Fill) and _is_pale(part.color):
        return replace(part, color=_dark_ground(part.color))
    if isinstance(part, Hatch):  # bright lines on dark stand out twice as much as dark ones on light, and hide what is written
        return replace(part, color=lifted(part.color, _LIFT), opacity=part.opacity * _CALM)
    return replace(part, color=lifted(part.color, _LIFT))


def _hls(color: str) -> tuple[float, float, float]:
    red, green, blue = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return colorsys.rgb_to_hls(red, green, blue)


def _hex(hue: float, lightness: float, saturation: float) -> str:
    return "#" + "".join(f"{round(255 * part):02X}" for part in colorsys.hls_to_rgb(hue, lightness, saturation))


def _is_pale(color: str) -> bool:
    return bool(color) and _hls(color)[1] >= _PALE


def _dark_ground(color: str) -> str:
    hue, lightness, saturation = _hls(color)
    return _hex(hue, 0.13 + (1 - lightness) * 0.5, min(saturation, 0.16))


def lifted(color: str, least: float) -> str:
    """Return the colour with at least this lightness."""
    hue, lightness, saturation = _hls(color)
    return color if lightness >= least else _hex(hue, least, saturation)
