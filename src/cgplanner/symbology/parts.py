"""The parts a symbol is stacked from: fills, hatches, bands, lines, ticks, markers, drawings, markers along lines.

Sizes are in pixels of 1/96 inch (``px``). Colours are "#RRGGBB". This file must not know painters, fields' values or layers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

MarkerShape = Literal["circle", "square", "diamond", "triangle", "star", "cross", "arrow"]
Cap = Literal["flat", "square", "round"]
Join = Literal["miter", "bevel", "round"]
Dash = tuple[float, ...]  # on, off, on, off ... in px; () is solid
Placement = Literal["interval", "first", "last", "middle", "vertex"]


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
    """A line, or the edge of an area. ``casing`` is drawn under it, that many px wider on each side.

    A dash pattern starts whole at the start of every part. ``offset`` moves the line sideways by so many px: to the right of
    its direction where positive, and into the area where it is an edge.
    """

    color: str = "#000000"
    width: float = 1.0
    dash: Dash = ()
    cap: Cap = "round"
    join: Join = "round"
    opacity: float = 1.0
    casing: float = 0.0
    casing_color: str = "#FFFFFF"
    offset: float = 0.0


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
    """A point symbol, with an optional glyph of ``resources/glyphs`` inside. ``ring`` is its edge's rhythm.

    It is turned by ``rotation`` degrees clockwise, and by the number in ``rotation_field`` (a field id) where there is one; an
    arrow points up when it is not turned.
    """

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
    rotation: float = 0.0
    rotation_field: str = ""


@dataclass(frozen=True)
class SvgMarker:
    """A drawing as a point symbol; ``svg`` is the text of an SVG file, kept in the style so that nothing can be lost.

    ``size`` is the longer side of its view box in px. ``color`` replaces every colour of its fills and strokes but white; ''
    keeps them. What is drawn of it, and what not, says :func:`cgplanner.symbology.drawing.drawing_of`. Turned as a Marker is.
    """

    svg: str = ""
    size: float = 16.0
    color: str = ""
    opacity: float = 1.0
    rotation: float = 0.0
    rotation_field: str = ""


@dataclass(frozen=True)
class MarkerLine:
    """Markers along a line: every ``spacing`` px, or once at its first, last or middle point, or at each vertex.

    With ``rotate`` a marker's top points along the line (an arrow shows its direction); ``offset`` px to the right of it.
    """

    marker: Marker | SvgMarker = Marker("arrow")
    spacing: float = 60.0
    offset: float = 0.0
    rotate: bool = True
    placement: Placement = "interval"


@dataclass(frozen=True)
class Ramp:
    """Colours from the left to the right of an area's box: how a legend shows a surface of heat."""

    colors: tuple[str, ...] = ()
    opacity: float = 1.0


PointPart = Marker | SvgMarker
LinePart = Line | Ticks | MarkerLine
AreaPart = Fill | Hatch | Band | Line | Ramp
SymbolLayer = PointPart | LinePart | AreaPart


@dataclass(frozen=True)
class Symbol:
    """What is drawn for a feature, from bottom to top, by the kind its geometry turns out to have.

    A layer may hold points, lines and polygons; each takes the parts meant for it. ``graded`` says that its colours are a step
    of a ramp: on dark paper the whole ramp is turned, so that its steps keep their order.
    """

    point: tuple[PointPart, ...] = ()
    line: tuple[LinePart, ...] = ()
    polygon: tuple[AreaPart, ...] = ()
    graded: bool = False
