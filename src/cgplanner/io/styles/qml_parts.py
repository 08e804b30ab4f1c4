"""Symbols as QGIS keeps them in QML, read and written: symbol layers, their options, units and data-defined properties.

Learned from what QGIS 3.22 writes and from what it makes of files: newer versions keep properties in ``Option`` maps, older
ones in ``prop`` elements, and both are read. Sizes are written in millimetres, since "Pixel" shrinks on QGIS's pages.
This file must not know renderers or labels.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast
from xml.etree import ElementTree as ET

from cgplanner.errors import UserError
from cgplanner.io.styles.style_xml import (
    PX_PER_MM,
    Color,
    FieldNames,
    Kind,
    Losses,
    children,
    color_of,
    commas,
    local,
    number,
    trimmed,
)
from cgplanner.symbology.drawing import embedded
from cgplanner.symbology.style import (
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
from cgplanner.text import sentence

QML_KINDS: dict[str, Kind] = {"marker": "point", "line": "line", "fill": "polygon"}
KIND_NAMES: dict[Kind, str] = {kind: name for name, kind in QML_KINDS.items()}

_UNITS = {"MM": PX_PER_MM, "RenderMetersInMapUnits": 0.0, "MapUnit": 0.0, "Pixel": 1.0, "Point": 96 / 72, "Inch": 96.0}
# Qt's own rhythms, in multiples of the line's width
_RHYTHMS: dict[str, Dash] = {"dash": (4, 2), "dot": (1, 2), "dash dot": (4, 2, 1, 2), "dash dot dot": (4, 2, 1, 2, 1, 2)}
_BRUSHES: dict[str, tuple[float, ...]] = {
    "horizontal": (0.0,),
    "vertical": (90.0,),
    "cross": (0.0, 90.0),
    "b_diagonal": (45.0,),
    "f_diagonal": (135.0,),
    "diagonal_x": (45.0, 135.0),
}
_DENSE = {"dense1": 0.94, "dense2": 0.88, "dense3": 0.63, "dense4": 0.5, "dense5": 0.37, "dense6": 0.12, "dense7": 0.06}
_BRUSH_SPACING = 8.0  # px between the lines of Qt's hatching brushes
_SHAPES: dict[str, MarkerShape] = {
    "circle": "circle",
    "square": "square",
    "rectangle": "square",
    "diamond": "diamond",
    "triangle": "triangle",
    "equilateral_triangle": "triangle",
    "star": "star",
    "regular_star": "star",
    "cross": "cross",
    "cross_fill": "cross",
    "arrow": "arrow",
    "filled_arrowhead": "arrow",
}
_SHAPE_NAMES: dict[MarkerShape, str] = {
    "circle": "circle",
    "square": "square",
    "diamond": "diamond",
    "triangle": "equilateral_triangle",
    "star": "star",
    "cross": "cross_fill",
    "arrow": "arrow",
}
_PLACES: dict[str, Placement] = {
    "interval": "interval",
    "vertex": "vertex",
    "lastvertex": "last",
    "firstvertex": "first",
    "centralpoint": "middle",
}
_PLACE_NAMES: dict[Placement, str] = {
    "interval": "Interval",
    "vertex": "Vertex",
    "last": "LastVertex",
    "first": "FirstVertex",
    "middle": "CentralPoint",
}


@dataclass(frozen=True)
class Options:
    """The properties of one element, with the units they are in."""

    values: dict[str, str]
    losses: Losses

    def text(self, name: str, default: str = "") -> str:
        """Return a property as it is written."""
        return self.values.get(name, default)

    def color(self, name: str) -> Color:
        """Return a colour."""
        return color_of(self.text(name, "0,0,0,255"))

    def flag(self, name: str) -> bool:
        """Tell whether a property is on."""
        return self.text(name) in ("1", "true")

    def px(self, name: str, default: float = 0.0, unit: str = "") -> float:
        """Return a length in px; lengths in units of the map cannot be, and give the default."""
        if name not in self.values:
            return default
        factor = self._px_per(self.text(unit or f"{name}_unit", "MM"))
        return round(number(self.text(name)) * factor, 3) if factor else default

    def dash(self, width: float) -> Dash:
        """Return the rhythm of a line."""
        if self.flag("use_custom_dash"):
            factor = self._px_per(self.text("customdash_unit", "MM")) or PX_PER_MM
            rhythm = tuple(round(number(each) * factor, 3) for each in self.text("customdash").split(";"))
            return rhythm if len(rhythm) > 1 and sum(rhythm) > 0 else ()
        style = self.text("line_style", self.text("outline_style"))
        return tuple(each * max(width, 1.0) for each in _RHYTHMS.get(style, ()))

    def _px_per(self, unit: str) -> float:
        factor = _UNITS.get(unit, PX_PER_MM)
        if not factor:
            self.losses.add(
                "style-map-units",
                sentence("Sizes in units of the map were left out: here symbols keep their size on the screen."),
            )
        return factor


def options_of(element: ET.Element, losses: Losses) -> Options:
    """Return the properties of a symbol layer or colour ramp, of new and old files."""
    values = {each.get("k", ""): each.get("v", "") for each in children(element, "prop")}
    for mapping in children(element, "Option"):
        values |= {each.get("name", ""): each.get("value", "") for each in children(mapping, "Option")}
    return Options(values, losses)


# Reading


def symbol_of(element: ET.Element, fields: FieldNames) -> tuple[Kind, Symbol]:
    """Return which kind of shape a ``symbol`` element is for, and its parts from bottom to top."""
    kind = QML_KINDS.get(element.get("type", ""), "polygon")
    alpha = number(element.get("alpha", "1"), 1.0)
    parts: list[SymbolLayer] = []
    for layer in children(element, "layer"):
        if layer.get("enabled", "1") != "0":
            parts += [_faded(part, alpha) for part in _parts_of(layer, fields)]
    return kind, symbol_with(kind, parts)


def symbol_with(kind: Kind, parts: list[SymbolLayer]) -> Symbol:
    """Return the symbol that has these parts for one kind of shape."""
    if kind == "point":
        return Symbol(point=tuple(part for part in parts if isinstance(part, PointPart)))
    if kind == "line":
        return Symbol(line=tuple(part for part in parts if isinstance(part, LinePart)))
    return Symbol(polygon=tuple(part for part in parts if isinstance(part, AreaPart)))


def with_casings(symbol: Symbol) -> Symbol:
    """Return the symbol with each pair of a wide line and a narrower one on it as one line with a casing.

    Only for renderers that draw in passes: else a casing covers the lines of other features, as two lines do.
    """
    parts: list[LinePart] = []
    for part in symbol.line:
        below = parts[-1] if parts else None
        if (
            isinstance(part, Line)
            and isinstance(below, Line)
            and below.width > part.width
            and (below.dash, below.offset, below.casing) == ((), part.offset, 0.0)
        ):
            parts[-1] = replace(part, casing=round((below.width - part.width) / 2, 3), casing_color=below.color)
        else:
            parts.append(part)
    return replace(symbol, line=tuple(parts))


def _faded(part: SymbolLayer, alpha: float) -> SymbolLayer:
    if alpha >= 1:
        return part
    if isinstance(part, MarkerLine):
        marker = replace(part.marker, opacity=part.marker.opacity * alpha)
        return replace(part, marker=marker)
    return replace(part, opacity=part.opacity * alpha)


def _parts_of(layer: ET.Element, fields: FieldNames) -> list[SymbolLayer]:
    name = layer.get("class", "")
    read = _READERS.get(name)
    if read is None:
        fields.losses.lost(name or local(layer))
        return []
    return read(layer, options_of(layer, fields.losses), fields)


def _simple_fill(layer: ET.Element, options: Options, fields: FieldNames) -> list[SymbolLayer]:
    _say_data_defined(layer, fields, {})
    color, style = options.color("color"), options.text("style", "solid")
    parts: list[SymbolLayer] = []
    if style in _BRUSHES:
        parts += [Hatch(color.rgb, angle, _BRUSH_SPACING, 1.0, color.alpha) for angle in _BRUSHES[style]]
    elif style in _DENSE:
        fields.losses.add("style-dense", sentence("A dotted fill became a see-through one."), info=True)
        parts.append(Fill(color.rgb, color.alpha * _DENSE[style]))
    elif style != "no" and color.alpha:
        parts.append(Fill(color.rgb, color.alpha))
    edge, width = options.color("outline_color"), options.px("outline_width", 1.0)
    if options.text("outline_style", "solid") != "no" and edge.alpha:
        join = cast("Join", _known(options.text("joinstyle"), ("miter", "bevel", "round"), "bevel"))
        parts.append(Line(edge.rgb, max(width, 0.5), options.dash(width), "square", join, edge.alpha))
    return parts


def _simple_line(layer: ET.Element, options: Options, fields: FieldNames) -> list[SymbolLayer]:
    _say_data_defined(layer, fields, {})
    color, width = options.color("line_color"), options.px("line_width", 1.0)
    if options.text("line_style", "solid") == "no" or not color.alpha:
        return []
    cap = cast("Cap", _known(options.text("capstyle"), ("flat", "square", "round"), "square"))
    join = cast("Join", _known(options.text("joinstyle"), ("miter", "bevel", "round"), "bevel"))
    offset = options.px("offset")
    return [Line(color.rgb, max(width, 0.5), options.dash(width), cap, join, color.alpha, offset=offset)]


def _known(text: str, names: tuple[str, ...], default: str) -> str:
    return text if text in names else default


def _line_pattern(layer: ET.Element, options: Options, fields: FieldNames) -> list[SymbolLayer]:
    _say_data_defined(layer, fields, {})
    inner = next((part for part in _inner(layer, fields) if isinstance(part, Line)), None)
    color = options.color("color")
    line = inner or Line(color.rgb, options.px("line_width", 1.0), opacity=color.alpha)
    return [
        Hatch(
            line.color,
            number(options.text("angle", "45")) % 180,
            max(options.px("distance", 5.0), 1.0),
            line.width,
            line.opacity,
        )
    ]


def _shapeburst(layer: ET.Element, options: Options, fields: FieldNames) -> list[SymbolLayer]:
    _say_data_defined(layer, fields, {})
    color, other = options.color("color"), options.color("gradient_color2")
    if options.flag("use_whole_shape") or options.text("color_type", "0") != "0" or other.alpha > color.alpha:
        fields.losses.lost("ShapeburstFill")
        return []
    return [Band(color.rgb, options.px("max_distance", 6.0, "distance_unit"), color.alpha)]


def _marker_line(layer: ET.Element, options: Options, fields: FieldNames) -> list[SymbolLayer]:
    _say_data_defined(layer, fields, {})
    wanted = [each for each in (options.text("placements") or options.text("placement")).lower().split("|") if each]
    places = [_PLACES[each] for each in wanted if each in _PLACES] or ["interval"]
    spacing, offset = max(options.px("interval", 12.0), 2.0), options.px("offset")
    rotate = options.flag("rotate") or options.flag("rotate_symbols")
    found: list[SymbolLayer] = [
        MarkerLine(_turned_to_line(marker) if rotate else marker, spacing, offset, rotate, place)
        for place in places
        for marker in _inner(layer, fields)
        if isinstance(marker, PointPart)
    ]
    return found


def _turned_to_line(marker: PointPart, by: float = -90.0) -> PointPart:
    """Return a marker as it is turned here: its top points along the line, where in QGIS its right side does."""
    return replace(marker, rotation=(marker.rotation + by) % 360)


def _hash_line(layer: ET.Element, options: Options, fields: FieldNames) -> list[SymbolLayer]:
    _say_data_defined(layer, fields, {})
    line = next((part for part in _inner(layer, fields) if isinstance(part, Line)), Line())
    spacing, length = max(options.px("interval", 12.0), 1.0), options.px("hash_length", 12.0)
    return [Ticks(line.color, length, spacing, line.width, line.opacity)]


def _inner(layer: ET.Element, fields: FieldNames) -> list[SymbolLayer]:
    """Return the parts of the symbol inside a symbol layer."""
    for each in children(layer, "symbol"):
        kind, symbol = symbol_of(each, fields)
        return list(parts_for(symbol, kind))
    return []


def parts_for(symbol: Symbol, kind: Kind) -> tuple[SymbolLayer, ...]:
    """Return the parts that a symbol has for one kind of shape."""
    return {"point": symbol.point, "line": symbol.line, "polygon": symbol.polygon}[kind]


def _simple_marker(layer: ET.Element, options: Options, fields: FieldNames) -> list[SymbolLayer]:
    turned = _say_data_defined(layer, fields, {"angle": ""})["angle"]
    name = options.text("name", "circle")
    if name not in _SHAPES:
        fields.losses.add("style-shape", sentence("The marker “{name}” became a circle.", name=name))
    color, edge = options.color("color"), options.color("outline_color")
    drawn = options.text("outline_style", "solid") != "no" and edge.alpha > 0
    return [
        Marker(
            _SHAPES.get(name, "circle"),
            max(options.px("size", 8.0), 1.0),
            color.rgb,
            color.alpha,
            edge.rgb,
            max(options.px("outline_width", 1.0), 0.5) if drawn else 0.0,
            rotation=number(options.text("angle")),
            rotation_field=turned,
        )
    ]


def _svg_marker(layer: ET.Element, options: Options, fields: FieldNames) -> list[SymbolLayer]:
    turned = _say_data_defined(layer, fields, {"angle": ""})["angle"]
    name, color = options.text("name"), options.color("color")
    try:
        if name.startswith("base64:"):
            svg = embedded(base64.b64decode(name.removeprefix("base64:"), validate=True))
        else:
            svg = embedded(Path(name).read_bytes())
    except (UserError, OSError, ValueError, binascii.Error):
        fields.losses.add(
            "style-svg-missing", sentence("The drawing “{name}” is not at hand and became a circle.", name=name[:60])
        )
        return [Marker("circle", options.px("size", 8.0), color.rgb, color.alpha)]
    paint = color.rgb if "param(fill)" in svg else ""
    return [SvgMarker(svg, options.px("size", 16.0), paint, color.alpha, number(options.text("angle")), turned)]


def _say_data_defined(layer: ET.Element, fields: FieldNames, taken: dict[str, str]) -> dict[str, str]:
    """Return the field ids that drive the properties in ``taken``; the other driven properties are noted as lost."""
    found = dict(taken)
    for each in layer.iterfind("data_defined_properties/Option/Option[@name='properties']/Option"):
        values = {option.get("name", ""): option.get("value", "") for option in children(each, "Option")}
        if values.get("active") != "true":
            continue
        name = each.get("name", "")
        if name in taken and values.get("type") == "2" and values.get("field"):
            found[name] = fields.id_of(values["field"])
        else:
            fields.losses.add(
                "style-data-defined",
                sentence("“{name}” depends on the data by an expression; the plain value was taken.", name=name),
            )
    return found


_READERS = {
    "SimpleFill": _simple_fill,
    "SimpleLine": _simple_line,
    "LinePatternFill": _line_pattern,
    "ShapeburstFill": _shapeburst,
    "MarkerLine": _marker_line,
    "HashLine": _hash_line,
    "SimpleMarker": _simple_marker,
    "SvgMarker": _svg_marker,
}


# Writing


@dataclass
class SymbolWriter:
    """Writes symbols of one kind of shape under running names, and notes what QGIS has no word for."""

    kind: Kind
    fields: dict[str, str]  # field id -> name in the file
    losses: Losses
    has_casings: bool = False  # then the renderer draws its symbols in passes: all casings first

    def add(self, home: ET.Element, name: str, symbol: Symbol) -> None:
        """Write a symbol into ``home``."""
        element = self._symbol(home, name, self.kind)
        for part in parts_for(symbol, self.kind):
            self._part(element, part)
        if not len(element):
            self._options(ET.SubElement(element, "layer", {"class": _EMPTY[self.kind], "enabled": "0", "pass": "0"}), {})

    def _symbol(self, home: ET.Element, name: str, kind: Kind) -> ET.Element:
        return ET.SubElement(home, "symbol", {"name": name, "type": KIND_NAMES[kind], "alpha": "1", "clip_to_extent": "1"})

    def _layer(self, symbol: ET.Element, name: str, values: dict[str, str]) -> ET.Element:
        layer = ET.SubElement(symbol, "layer", {"class": name, "enabled": "1", "pass": "1", "locked": "0"})
        self._options(layer, values)
        return layer

    def _options(self, layer: ET.Element, values: dict[str, str]) -> None:
        mapping = ET.SubElement(layer, "Option", {"type": "Map"})
        for name, value in values.items():
            ET.SubElement(mapping, "Option", {"name": name, "value": value, "type": "QString"})
            ET.SubElement(layer, "prop", {"k": name, "v": value})

    def _part(self, symbol: ET.Element, part: SymbolLayer) -> None:
        match part:
            case Fill():
                values = {"color": commas(part.color, part.opacity), "style": "solid", "outline_style": "no"}
                self._layer(symbol, "SimpleFill", values)
            case Hatch():
                self._hatch(symbol, part)
            case Band():
                self._band(symbol, part)
            case Line():
                self._line(symbol, part)
            case Ticks():
                self._ticks(symbol, part)
            case Marker():
                self._marker(symbol, part)
            case SvgMarker():
                self._drawing(symbol, part)
            case MarkerLine():
                self._marker_line(symbol, part)
            case Ramp():
                self.losses.lost("Ramp")

    def _hatch(self, symbol: ET.Element, hatch: Hatch) -> None:
        color = commas(hatch.color, hatch.opacity)
        values = {
            "angle": trimmed(hatch.angle),
            "color": color,
            **_mm("distance", hatch.spacing),
            **_mm("line_width", hatch.width),
        }
        layer = self._layer(symbol, "LinePatternFill", values)
        inner = self._symbol(layer, "@0@0", "line")
        self._line(inner, Line(hatch.color, hatch.width, (), "flat", opacity=hatch.opacity))

    def _band(self, symbol: ET.Element, band: Band) -> None:
        width = _mm("max_distance", band.width)
        values = {
            "color": commas(band.color, band.opacity),
            "gradient_color2": commas(band.color, 0.0),
            "color_type": "0",
            "use_whole_shape": "0",
            "blur_radius": "0",
            "distance_unit": "MM",
            "max_distance": width["max_distance"],
        }
        self._layer(symbol, "ShapeburstFill", values)

    def _line(self, symbol: ET.Element, line: Line) -> None:
        if line.casing:
            wider = replace(line, color=line.casing_color, width=line.width + 2 * line.casing, casing=0.0, dash=())
            self._line(symbol, wider)
            symbol[-1].set("pass", "0")
            self.has_casings = True
        dash = ";".join(trimmed(each / PX_PER_MM) for each in line.dash)
        values = {
            "line_color": commas(line.color, line.opacity),
            **_mm("line_width", line.width),
            "line_style": "solid",
            "capstyle": line.cap,
            "joinstyle": line.join,
            **_mm("offset", line.offset),
            "use_custom_dash": "1" if dash else "0",
            **({"customdash": dash, "customdash_unit": "MM"} if dash else {}),
        }
        self._layer(symbol, "SimpleLine", values)

    def _ticks(self, symbol: ET.Element, ticks: Ticks) -> None:
        values = {**_mm("interval", ticks.spacing), **_mm("hash_length", ticks.length), "hash_angle": "0", "rotate": "1"}
        values |= {"placement": "interval", "placements": "Interval"}
        inner = self._symbol(self._layer(symbol, "HashLine", values), "@0@0", "line")
        self._line(inner, Line(ticks.color, ticks.width, (), "flat", opacity=ticks.opacity))

    def _marker(self, symbol: ET.Element, marker: Marker) -> None:
        if marker.glyph:
            self.losses.add("style-glyph", sentence("The signs inside markers were left out: QGIS has no such markers."))
        if marker.ring_color:
            self._ring(symbol, marker)
        values = {
            "name": _SHAPE_NAMES[marker.shape],
            "color": commas(marker.color, marker.opacity),
            **_mm("size", marker.size),
            "outline_color": commas(marker.stroke, marker.opacity),
            **_mm("outline_width", marker.stroke_width),
            "outline_style": "solid" if marker.stroke_width else "no",
            "angle": trimmed(marker.rotation),
            "scale_method": "diameter",
        }
        self._turned(self._layer(symbol, "SimpleMarker", values), marker.rotation_field)

    def _ring(self, symbol: ET.Element, marker: Marker) -> None:
        if marker.ring:
            self.losses.add("style-ring", sentence("The dashed rings round markers became solid: QGIS has no dashed ones."))
        values = {
            "name": "circle",
            "color": commas(marker.ring_color, 0.0),
            **_mm("size", marker.size + 4),
            "outline_color": commas(marker.ring_color, marker.opacity),
            **_mm("outline_width", 1.0),
            "outline_style": "solid",
        }
        self._layer(symbol, "SimpleMarker", values)

    def _drawing(self, symbol: ET.Element, drawing: SvgMarker) -> None:
        if drawing.color:
            self.losses.add(
                "style-svg-color", sentence("Drawings are shown in their own colours by QGIS, not in one of yours.")
            )
        values = {
            "name": "base64:" + base64.b64encode(drawing.svg.encode()).decode(),
            **_mm("size", drawing.size),
            "color": commas(drawing.color or "#000000", drawing.opacity),
            "angle": trimmed(drawing.rotation),
            "scale_method": "diameter",
        }
        self._turned(self._layer(symbol, "SvgMarker", values), drawing.rotation_field)

    def _turned(self, layer: ET.Element, field_id: str) -> None:
        if not field_id:
            return
        home = ET.SubElement(ET.SubElement(layer, "data_defined_properties"), "Option", {"type": "Map"})
        ET.SubElement(home, "Option", {"name": "name", "value": "", "type": "QString"})
        angle = ET.SubElement(
            ET.SubElement(home, "Option", {"name": "properties", "type": "Map"}), "Option", name="angle", type="Map"
        )
        ET.SubElement(angle, "Option", {"name": "active", "value": "true", "type": "bool"})
        ET.SubElement(angle, "Option", {"name": "field", "value": self.fields.get(field_id, field_id), "type": "QString"})
        ET.SubElement(angle, "Option", {"name": "type", "value": "2", "type": "int"})
        ET.SubElement(home, "Option", {"name": "type", "value": "collection", "type": "QString"})

    def _marker_line(self, symbol: ET.Element, part: MarkerLine) -> None:
        place = _PLACE_NAMES[part.placement]
        values = {
            **_mm("interval", part.spacing),
            **_mm("offset", part.offset),
            "placement": place.lower(),
            "placements": place,
            "rotate": "1" if part.rotate else "0",
        }
        inner = self._symbol(self._layer(symbol, "MarkerLine", values), "@0@0", "point")
        self._part(inner, _turned_to_line(part.marker, 90.0) if part.rotate else part.marker)


_EMPTY: dict[Kind, str] = {"point": "SimpleMarker", "line": "SimpleLine", "polygon": "SimpleFill"}


def _mm(name: str, px: float) -> dict[str, str]:
    return {name: trimmed(px / PX_PER_MM), f"{name}_unit": "MM"}
