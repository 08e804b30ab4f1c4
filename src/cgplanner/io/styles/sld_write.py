"""Styles as Styled Layer Descriptors 1.1 with Symbology Encoding 1.1 (OGC 05-078r4, 05-077r4), sizes in pixels.

Understood by QGIS, GeoServer and whoever reads the standard; what SLD has no word for is noted. This file must not know QML.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, replace
from xml.etree import ElementTree as ET

from cgplanner.errors import UserError
from cgplanner.io.styles.sld_filter import OGC, filter_of
from cgplanner.io.styles.style_rules import FlatRule, rules_of
from cgplanner.io.styles.style_xml import KINDS, Kind, Losses, named, trimmed
from cgplanner.model.layer import Layer
from cgplanner.model.schema import Schema
from cgplanner.symbology.evaluate import style_of
from cgplanner.symbology.label_template import plain_pieces
from cgplanner.symbology.style import (
    Band,
    Dash,
    Fill,
    Hatch,
    Labels,
    Line,
    Marker,
    MarkerLine,
    MarkerShape,
    Ramp,
    Style,
    SvgMarker,
    Symbol,
    SymbolLayer,
    Ticks,
)
from cgplanner.text import pick, sentence

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
SLD = "{http://www.opengis.net/sld}"
SE = "{http://www.opengis.net/se}"
XLINK = "{http://www.w3.org/1999/xlink}"
MARKS: dict[MarkerShape, str] = {
    "circle": "circle",
    "square": "square",
    "diamond": "diamond",
    "triangle": "triangle",
    "star": "star",
    "cross": "cross",
    "arrow": "arrow",
}
_SYMBOLIZERS: dict[Kind, str] = {"point": "PointSymbolizer", "line": "LineSymbolizer", "polygon": "PolygonSymbolizer"}


def sld_of(layer: Layer, losses: Losses, names: Mapping[str, str] | None = None) -> bytes:
    """Return a layer's style as an SLD file; ``names`` gives fields (by id) the names that the layer's file has for them."""
    for prefix, address in (("", SLD), ("se", SE), ("ogc", OGC), ("xlink", XLINK)):
        ET.register_namespace(prefix, address[1:-1])
    style = style_of(layer)
    fields = {field.id: named(names or {}, layer.schema, field.id) for field in layer.schema}
    root = ET.Element(f"{SLD}StyledLayerDescriptor", {"version": "1.1.0"})
    home = ET.SubElement(root, f"{SLD}NamedLayer")
    ET.SubElement(home, f"{SE}Name").text = layer.title
    user = ET.SubElement(home, f"{SLD}UserStyle")
    ET.SubElement(user, f"{SE}Name").text = layer.title
    _Writer(layer.schema, fields, losses, layer.opacity).write(user, style)
    ET.indent(root)
    return (_DECLARATION + ET.tostring(root, encoding="unicode")).encode()


@dataclass(frozen=True)
class _Writer:
    schema: Schema
    fields: dict[str, str]
    losses: Losses
    opacity: float

    def write(self, user: ET.Element, style: Style) -> None:
        """Write the rules, then the labels as a rule of their own."""
        home = ET.SubElement(user, f"{SE}FeatureTypeStyle")
        if style.blend != "normal" or style.order_by or style.outside is not None:
            self.losses.add("style-layer-effects", sentence("Blending, the order of drawing and veils have no word in SLD."))
        rules = rules_of(style, self.schema, self.losses)
        if casings := [cased for rule in rules if (cased := _casings(rule))]:
            below = ET.Element(f"{SE}FeatureTypeStyle")  # drawn whole before the other, so that crossings stay open
            user.insert(len(user) - 1, below)
            for rule in casings:
                self._rule(below, rule, style)
        for rule in rules:
            self._rule(home, rule, style)
        if style.labels is not None and style.labels.visible:
            element = ET.SubElement(home, f"{SE}Rule")
            low, high = style.labels.max_scale or style.max_scale, style.labels.min_scale or style.min_scale
            self._scales(element, low, high)
            self._labels(element, style.labels)

    def _rule(self, home: ET.Element, rule: FlatRule, style: Style) -> None:
        element = ET.SubElement(home, f"{SE}Rule")
        if rule.label:
            ET.SubElement(element, f"{SE}Name").text = rule.label
            ET.SubElement(ET.SubElement(element, f"{SE}Description"), f"{SE}Title").text = rule.label
        if rule.condition is not None:
            element.append(filter_of(rule.condition, lambda field: self.fields.get(field, field)))
        elif rule.is_else:
            ET.SubElement(element, f"{SE}ElseFilter")
        low = max(rule.max_scale, style.max_scale)
        high = min((each for each in (rule.min_scale, style.min_scale) if each), default=0.0)
        self._scales(element, low, high)
        for kind, parts in self._kinds(rule.symbol):
            for part in parts:
                self._part(element, kind, part)

    def _kinds(self, symbol: Symbol) -> list[tuple[Kind, tuple[SymbolLayer, ...]]]:
        parts: dict[Kind, tuple[SymbolLayer, ...]] = {"polygon": symbol.polygon, "line": symbol.line, "point": symbol.point}
        own = [self.schema.geometry] if self.schema.geometry in KINDS else ["polygon", "line", "point"]
        if len(own) > 1 and sum(map(bool, parts.values())) > 1:
            self.losses.add(
                "style-mixed", sentence("The layer holds several kinds of shapes; other programs may draw points on areas too.")
            )
        return [(kind, parts[kind]) for kind in parts if kind in own]

    def _scales(self, element: ET.Element, low: float, high: float) -> None:
        if low:
            ET.SubElement(element, f"{SE}MinScaleDenominator").text = trimmed(low)
        if high:
            ET.SubElement(element, f"{SE}MaxScaleDenominator").text = trimmed(high)

    def _part(self, rule: ET.Element, kind: Kind, part: SymbolLayer) -> None:
        if isinstance(part, Band | Ramp):
            self.losses.add("style-part-lost", sentence("Bands along edges and colours that fade were left out: SLD has none."))
            return
        element = ET.SubElement(rule, SE + _SYMBOLIZERS[kind])
        match part:
            case Fill():
                self._fill(ET.SubElement(element, f"{SE}Fill"), part.color, part.opacity)
            case Hatch():
                self._hatch(element, part)
            case Line():
                self._stroke(element, part)
            case Ticks() | MarkerLine():
                self._along(element, part)
            case Marker() | SvgMarker():
                self._graphic(element, part)

    def _parameter(self, home: ET.Element, **values: str) -> None:
        for name, value in values.items():
            ET.SubElement(home, f"{SE}SvgParameter", {"name": name.replace("_", "-")}).text = value

    def _fill(self, home: ET.Element, color: str, opacity: float) -> None:
        self._parameter(home, fill=color.lower())
        if opacity * self.opacity < 1:
            self._parameter(home, fill_opacity=trimmed(opacity * self.opacity))

    def _stroke(self, home: ET.Element, line: Line) -> None:
        stroke = ET.SubElement(home, f"{SE}Stroke")
        self._pen(stroke, line.color, line.width, line.opacity, line.dash)
        cap = {"flat": "butt"}.get(line.cap, line.cap)
        self._parameter(stroke, stroke_linejoin={"miter": "mitre"}.get(line.join, line.join), stroke_linecap=cap)
        if line.offset:
            ET.SubElement(home, f"{SE}PerpendicularOffset").text = trimmed(line.offset)

    def _pen(self, stroke: ET.Element, color: str, width: float, opacity: float, dash: Dash = ()) -> None:
        self._parameter(stroke, stroke=color.lower(), stroke_width=trimmed(width))
        if opacity * self.opacity < 1:
            self._parameter(stroke, stroke_opacity=trimmed(opacity * self.opacity))
        if dash:
            self._parameter(stroke, stroke_dasharray=" ".join(map(trimmed, dash)))

    def _hatch(self, home: ET.Element, hatch: Hatch) -> None:
        graphic = ET.SubElement(ET.SubElement(ET.SubElement(home, f"{SE}Fill"), f"{SE}GraphicFill"), f"{SE}Graphic")
        mark = ET.SubElement(graphic, f"{SE}Mark")
        ET.SubElement(mark, f"{SE}WellKnownName").text = "horline"
        self._pen(ET.SubElement(mark, f"{SE}Stroke"), hatch.color, hatch.width, hatch.opacity)
        ET.SubElement(graphic, f"{SE}Size").text = trimmed(hatch.spacing)
        ET.SubElement(ET.SubElement(graphic, f"{SE}Rotation"), f"{OGC}Literal").text = trimmed(hatch.angle)

    def _along(self, home: ET.Element, part: Ticks | MarkerLine) -> None:
        inner = ET.SubElement(ET.SubElement(home, f"{SE}Stroke"), f"{SE}GraphicStroke")
        if isinstance(part, Ticks):
            graphic = ET.SubElement(inner, f"{SE}Graphic")
            mark = ET.SubElement(graphic, f"{SE}Mark")
            ET.SubElement(mark, f"{SE}WellKnownName").text = "shape://vertline"
            self._pen(ET.SubElement(mark, f"{SE}Stroke"), part.color, part.width, part.opacity)
            ET.SubElement(graphic, f"{SE}Size").text = trimmed(part.length)
        else:
            if part.placement != "interval":
                self.losses.add(
                    "style-marker-places", sentence("Markers at ends or vertices of lines are spread along them in SLD.")
                )
            # A marker's top points along the line here, its right side does in SLD.
            self._graphic(inner, part.marker, 90.0 if part.rotate else 0.0)
        ET.SubElement(ET.SubElement(inner, f"{SE}Gap"), f"{OGC}Literal").text = trimmed(part.spacing)
        if isinstance(part, MarkerLine) and part.offset:
            ET.SubElement(home, f"{SE}PerpendicularOffset").text = trimmed(part.offset)

    def _graphic(self, home: ET.Element, marker: Marker | SvgMarker, turned: float = 0.0) -> None:
        graphic = ET.SubElement(home, f"{SE}Graphic")
        if isinstance(marker, SvgMarker):
            external = ET.SubElement(graphic, f"{SE}ExternalGraphic")
            text = "data:image/svg+xml;base64," + base64.b64encode(marker.svg.encode()).decode()
            ET.SubElement(external, f"{SE}OnlineResource", {f"{XLINK}type": "simple", f"{XLINK}href": text})
            ET.SubElement(external, f"{SE}Format").text = "image/svg+xml"
        else:
            self._mark(graphic, marker)
        if isinstance(marker, SvgMarker) and marker.opacity * self.opacity < 1:
            ET.SubElement(graphic, f"{SE}Opacity").text = trimmed(marker.opacity * self.opacity)
        ET.SubElement(graphic, f"{SE}Size").text = trimmed(marker.size)
        rotation = (marker.rotation + turned) % 360
        if marker.rotation_field:
            if rotation:
                self.losses.add(
                    "style-turn", sentence("Markers turned by a field cannot be turned by a fixed angle too in SLD.")
                )
            name = self.fields.get(marker.rotation_field, marker.rotation_field)
            ET.SubElement(ET.SubElement(graphic, f"{SE}Rotation"), f"{OGC}PropertyName").text = name
        elif rotation:
            ET.SubElement(ET.SubElement(graphic, f"{SE}Rotation"), f"{OGC}Literal").text = trimmed(rotation)

    def _mark(self, graphic: ET.Element, marker: Marker) -> None:
        if marker.glyph or marker.ring_color:
            self.losses.add("style-glyph", sentence("Signs inside markers and rings round them were left out: SLD has none."))
        mark = ET.SubElement(graphic, f"{SE}Mark")
        ET.SubElement(mark, f"{SE}WellKnownName").text = MARKS[marker.shape]
        self._fill(ET.SubElement(mark, f"{SE}Fill"), marker.color, marker.opacity)
        if marker.stroke_width:
            self._pen(ET.SubElement(mark, f"{SE}Stroke"), marker.stroke, marker.stroke_width, marker.opacity)

    def _labels(self, rule: ET.Element, labels: Labels) -> None:
        if labels.pins:
            self.losses.add("style-pins", sentence("Labels put somewhere by hand stand where the other program puts them."))
        element = ET.SubElement(rule, f"{SE}TextSymbolizer")
        text = ET.SubElement(element, f"{SE}Label")
        for name, word in self._pieces(labels):
            ET.SubElement(text, f"{OGC}PropertyName" if name else f"{OGC}Literal").text = name or word
        font = ET.SubElement(element, f"{SE}Font")
        self._parameter(font, font_family="Noto Sans SC", font_size=trimmed(labels.size))
        if labels.bold:
            self._parameter(font, font_weight="bold")
        if labels.italic:
            self._parameter(font, font_style="italic")
        if labels.halo:
            halo = ET.SubElement(element, f"{SE}Halo")
            ET.SubElement(halo, f"{SE}Radius").text = trimmed(labels.halo)
            self._parameter(ET.SubElement(halo, f"{SE}Fill"), fill=labels.halo_color.lower())
        self._parameter(ET.SubElement(element, f"{SE}Fill"), fill=labels.color.lower())

    def _pieces(self, labels: Labels) -> list[tuple[str, str]]:
        """Return (field name, '') and ('', words) one behind the other."""
        template = pick(labels.text, labels.text_en or labels.text)
        field = pick(labels.field, labels.field_en or labels.field)
        try:
            pieces = plain_pieces(template, self.schema) if template else None
        except UserError:
            pieces = None
        if template and not pieces:
            self.losses.add(
                "style-label-text", sentence("The label “{text}” is more than the file can say.", text=template[:60])
            )
        if pieces:
            return [("", each) if isinstance(each, str) else (self.fields.get(each.id, each.name), "") for each in pieces]
        return [(self.fields.get(field, field), "")] if field else []


def _casings(rule: FlatRule) -> FlatRule | None:
    """Return the rule that draws the casings of a rule's lines; None where it has none."""
    lines = tuple(
        replace(part, color=part.casing_color, width=part.width + 2 * part.casing, dash=(), casing=0.0)
        for part in rule.symbol.line
        if isinstance(part, Line) and part.casing
    )
    return replace(rule, symbol=Symbol(line=lines)) if lines else None
