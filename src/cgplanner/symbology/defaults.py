"""The look of a layer that nobody has styled yet: quiet, by position in a cycle of colours, for any kind of geometry.

An imported layer must be told from its neighbours at once, also by a colour-blind reader and on a grey print; so the cycle
steps in lightness as well as in hue. This file knows schemas, and no data.
"""

from __future__ import annotations

from cgplanner.model.schema import Schema
from cgplanner.symbology.style import Fill, Labels, Line, Marker, Single, Style, Symbol

# Hues of the sample's palette that keep apart in deuteranopic and protanopic sight; darkest and lightest alternate.
COLOR_CYCLE = ("#1769AA", "#E8590C", "#4C1D95", "#3FA66B", "#8A1147", "#12A5B8", "#6B4300", "#DB5FA5")

_LABEL_COLOR = "#1B2430"


def default_color(position: int) -> str:
    """Return the colour of the layer that is added as number ``position``, counted from 0."""
    return COLOR_CYCLE[position % len(COLOR_CYCLE)]


def default_symbol(color: str) -> Symbol:
    """Return a symbol in one colour for points, lines and polygons."""
    return Symbol(
        point=(Marker("circle", 8.0, color, stroke="#FFFFFF", stroke_width=1.0),),
        line=(Line(color, 1.6),),
        polygon=(Fill(color, 0.18), Line(color, 1.0)),
    )


def default_style(schema: Schema, position: int = 0) -> Style:
    """Return the style of a freshly read layer.

    Labels use the field that names features, but are switched off: a layer may have a million rows, and a planner turns
    them on with one click.
    """
    labels = Labels(schema.title, color=_LABEL_COLOR, visible=False) if schema.title else None
    return Style(Single(default_symbol(default_color(position))), labels=labels)
