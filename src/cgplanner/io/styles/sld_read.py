"""Styles from SLD 1.0 and 1.1 (with Symbology Encoding): rules become classes where they are such, else rules.

Written against the standards (OGC 02-070, 05-078r4, 05-077r4) and what QGIS and GeoServer write. SLD draws every rule that
fits, one style above the other: rules with the same filter are stacked into one symbol. This file must not know QML.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree as ET

from cgplanner.errors import UserError
from cgplanner.io.styles.qml_parts import with_casings
from cgplanner.io.styles.sld_filter import condition_of
from cgplanner.io.styles.style_xml import FieldNames, Kind, Losses, StyleRead, child, children, color_of, local, number
from cgplanner.model.condition import And, Compare, Condition, IsNull, OneOf, Or, written
from cgplanner.model.schema import Schema, Value
from cgplanner.symbology.drawing import embedded
from cgplanner.symbology.style import (
    AreaPart,
    Cap,
    Categorized,
    Category,
    Fill,
    Graduated,
    Hatch,
    Join,
    Labels,
    Line,
    LinePart,
    Marker,
    MarkerLine,
    MarkerShape,
    PointPart,
    Renderer,
    Rule,
    RuleBased,
    Single,
    Style,
    SvgMarker,
    Symbol,
    Ticks,
)
from cgplanner.text import sentence

_SHAPES: dict[str, MarkerShape] = {
    "circle": "circle",
    "square": "square",
    "diamond": "diamond",
    "triangle": "triangle",
    "equilateral_triangle": "triangle",
    "star": "star",
    "regular_star": "star",
    "cross": "cross",
    "cross_fill": "cross",
    "shape://plus": "cross",
    "arrow": "arrow",
    "filled_arrowhead": "arrow",
    "shape://carrow": "arrow",
}
_HATCHES = {
    "horline": 0.0,
    "shape://horline": 0.0,
    "line": 90.0,
    "vertline": 90.0,
    "shape://vertline": 90.0,
    "slash": 45.0,
    "shape://slash": 45.0,
    "backslash": 135.0,
    "shape://backslash": 135.0,
}
_CAPS: dict[str, Cap] = {"butt": "flat", "round": "round", "square": "square"}
_JOINS: dict[str, Join] = {"mitre": "miter", "miter": "miter", "bevel": "bevel", "round": "round"}


def read_sld(root: ET.Element, schema: Schema) -> StyleRead:
    """Return the style in an SLD document, for a layer with this schema."""
    losses = Losses()
    return _Reader(FieldNames(schema, losses), losses).read(root)


@dataclass
class _Drawn:
    """All that is drawn for one filter within one range of scales."""

    condition: Condition | None
    is_else: bool
    scales: tuple[float, float]
    label: str
    style: int = 0  # in which FeatureTypeStyle it stands
    is_cased: bool = False  # drawn in several passes, the casings of lines first
    parts: dict[Kind, list[Any]] = field(default_factory=lambda: {"point": [], "line": [], "polygon": []})

    @property
    def symbol(self) -> Symbol:
        """The parts as a symbol."""
        symbol = Symbol(tuple(self.parts["point"]), tuple(self.parts["line"]), tuple(self.parts["polygon"]))
        return with_casings(symbol) if self.is_cased else symbol

    @property
    def is_plain(self) -> bool:
        """Tell whether it is drawn for every feature at every scale."""
        return self.condition is None and not self.is_else and self.scales == (0.0, 0.0)

    def key(self) -> object:
        """Return what tells it from others."""
        return (self.condition, self.is_else, self.scales)


@dataclass
class _Reader:
    fields: FieldNames
    losses: Losses
    labels: Labels | None = None

    def read(self, root: ET.Element) -> StyleRead:
        styles = [each for each in root.iter() if local(each) == "FeatureTypeStyle"]
        if not styles:
            self.losses.add("style-no-renderer", sentence("The file holds no symbols; the layer would not be drawn."))
        rules = [(place, rule) for place, style in enumerate(styles) for rule in children(style, "Rule")]
        drawn = self._stacked([replace(each, style=place) for place, rule in rules if (each := self._rule(rule))])
        shared = {each.scales for each in drawn}
        scales = next(iter(shared)) if len(shared) == 1 else (0.0, 0.0)
        if scales != (0.0, 0.0):
            drawn = [replace(each, scales=(0.0, 0.0)) for each in drawn]
        style = Style(self._renderer(drawn), labels=self.labels, min_scale=scales[0], max_scale=scales[1])
        return StyleRead(style, None, self.losses.all())

    def _stacked(self, rules: list[_Drawn]) -> list[_Drawn]:
        """Return what is drawn for each filter; what is drawn for every feature is laid under or over all the others."""
        found: dict[object, _Drawn] = {}
        for each in rules:
            known = found.get(each.key())
            if known is None:
                found[each.key()] = each
            else:
                known.is_cased |= known.style != each.style
                _lay(known, each)
        plain = [each for each in found.values() if each.is_plain]
        others = [each for each in found.values() if not each.is_plain]
        if not others or not plain:
            return plain or others
        under = [each for each in plain if list(found.values()).index(each) == 0]
        for each in others:
            for one in plain:
                if one in under:
                    each.parts = {kind: [*one.parts[kind], *each.parts[kind]] for kind in each.parts}
                else:
                    _lay(each, one)
        if not any(each.is_else for each in others):
            others.append(replace(plain[0], is_else=True))
        return others

    # Renderers

    def _renderer(self, drawn: list[_Drawn]) -> Renderer:
        if not drawn:
            return Single()
        if len(drawn) == 1 and drawn[0].is_plain:
            return Single(drawn[0].symbol)
        return self._categorized(drawn) or self._graduated(drawn) or self._rules(drawn)

    def _categorized(self, drawn: list[_Drawn]) -> Renderer | None:
        classes = [(each, *values) for each in drawn if not each.is_else and (values := _values_of(each.condition))]
        rest = [each for each in drawn if each.is_else]
        missing = [each for each in drawn if not each.is_else and _values_of(each.condition) is None]
        names = {name for _, name, _ in classes}
        if len(missing) == 1 and not rest and len(names) == 1 and _is_rest(missing[0].condition, classes):
            rest, missing = missing, []
        scaled = any(each.scales != (0.0, 0.0) for each in drawn)
        if missing or scaled or len(rest) > 1 or len(names) != 1:
            return None
        categories = tuple(Category(values, each.symbol, each.label, each.label) for each, _, values in classes)
        found = Categorized(next(iter(names)), categories, rest[0].symbol if rest else None)
        label = rest[0].label if rest else ""
        return replace(found, other_label_zh=label, other_label_en=label) if label else found

    def _graduated(self, drawn: list[_Drawn]) -> Renderer | None:
        ranges = sorted(((*limits, each) for each in drawn if (limits := _range_of(each.condition))), key=lambda each: each[1])
        scaled = any(each.scales != (0.0, 0.0) or each.is_else for each in drawn)
        if len(ranges) < len(drawn) or scaled or len({name for name, *_ in ranges}) != 1:
            return None
        if any(before[2] != after[1] for before, after in pairwise(ranges)):
            return None
        breaks = (ranges[0][1], *(high for _, _, high, _ in ranges))
        return Graduated(ranges[0][0], breaks, tuple(each.symbol for *_, each in ranges))

    def _rules(self, drawn: list[_Drawn]) -> Renderer:
        schema = self.fields.schema
        rules = tuple(
            Rule(
                "" if each.condition is None else written(each.condition, lambda name: schema[name].name),
                each.symbol,
                each.label,
                each.label,
                *each.scales,
            )
            for each in drawn
            if not each.is_else
        )
        if len(rules) > 1:
            self.losses.add(
                "style-first-rule",
                sentence("Each feature gets the first rule that fits it; SLD draws all that fit."),
                info=True,
            )
        return RuleBased(rules, next((each.symbol for each in drawn if each.is_else), None))

    # Rules

    def _rule(self, rule: ET.Element) -> _Drawn | None:
        title = child(rule, "Description", "Title")
        title = child(rule, "Title") if title is None else title
        title = child(rule, "Name") if title is None else title
        low, high = child(rule, "MinScaleDenominator"), child(rule, "MaxScaleDenominator")
        scales = (number(high.text) if high is not None else 0.0, number(low.text) if low is not None else 0.0)
        element = child(rule, "Filter")
        label = (title.text or "").strip() if title is not None else ""
        try:
            condition = None if element is None else condition_of(element, self.fields)
        except UserError as trouble:
            self.losses.add(
                "style-rule",
                sentence("The rule “{text}” was left out: {reason}", text=label or "?", reason=str(trouble).strip()),
            )
            return None
        drawn = _Drawn(condition, child(rule, "ElseFilter") is not None, scales, label)
        found_any = False
        for each in rule:
            found_any |= self._symbolizer(each, drawn)
        return drawn if found_any else None

    def _symbolizer(self, element: ET.Element, drawn: _Drawn) -> bool:
        """Add what one symbolizer draws; tell whether the rule draws anything by it."""
        name = local(element)
        if name.endswith("Symbolizer") and element.get("uom", "").rpartition("/")[2] in ("metre", "foot"):
            self.losses.add(
                "style-map-units", sentence("Sizes in units of the map were taken as pixels: symbols keep their size here.")
            )
        match name:
            case "PointSymbolizer":
                drawn.parts["point"] += self._points(element)
            case "LineSymbolizer":
                lines = self._lines(element)
                drawn.parts["line"] += lines
                drawn.parts["polygon"] += [each for each in lines if isinstance(each, Line)] if self._is_areas() else []
            case "PolygonSymbolizer":
                drawn.parts["polygon"] += self._areas(element)
            case "TextSymbolizer":
                self._text(element, drawn)
                return False
            case "RasterSymbolizer":
                self.losses.lost(name)
                return False
            case _:
                return False
        return True

    def _is_areas(self) -> bool:
        return self.fields.schema.geometry == "polygon"

    def _lines(self, element: ET.Element) -> list[LinePart]:
        stroke, shift = child(element, "Stroke"), child(element, "PerpendicularOffset")
        graphic = child(stroke, "GraphicStroke", "Graphic")
        offset = number(shift.text) if shift is not None else 0.0
        if graphic is not None:
            return self._along(stroke, graphic, offset)
        line = self._pen(stroke)
        return [] if line is None else [replace(line, offset=offset)]

    def _along(self, stroke: ET.Element | None, graphic: ET.Element, offset: float) -> list[LinePart]:
        size, gap = _literal(graphic, "Size"), _literal(child(stroke, "GraphicStroke"), "Gap")
        mark = child(graphic, "Mark", "WellKnownName")
        if mark is not None and _HATCHES.get((mark.text or "").strip()) == 90.0:
            line = self._pen(child(graphic, "Mark", "Stroke")) or Line()
            return [Ticks(line.color, size or 8.0, max(gap or 2 * (size or 8.0), 1.0), line.width, line.opacity)]
        found: list[LinePart] = [
            MarkerLine(replace(marker, rotation=(marker.rotation - 90) % 360), max(gap or 2 * marker.size, 2.0), offset)
            for marker in self._graphic(graphic)
        ]
        return found

    def _areas(self, element: ET.Element) -> list[AreaPart]:
        parts: list[AreaPart] = []
        fill = child(element, "Fill")
        graphic = child(fill, "GraphicFill", "Graphic")
        if graphic is not None:
            parts += self._hatches(graphic)
        elif fill is not None:
            values = _parameters(fill)
            color = color_of(values.get("fill", "#808080"))
            parts.append(Fill(color.rgb, number(values.get("fill-opacity", "1"), 1.0)))
        line = self._pen(child(element, "Stroke"))
        return parts if line is None else [*parts, line]

    def _hatches(self, graphic: ET.Element) -> list[AreaPart]:
        mark = child(graphic, "Mark", "WellKnownName")
        name = (mark.text or "").strip() if mark is not None else "?"
        crossed = {"shape://times": (45.0, 135.0), "x": (45.0, 135.0), "shape://plus": (0.0, 90.0), "cross": (0.0, 90.0)}
        angles = (_HATCHES[name],) if name in _HATCHES else crossed.get(name, ())
        if not angles:
            self.losses.lost(name)
            return []
        line = self._pen(child(graphic, "Mark", "Stroke")) or Line()
        turned, spacing = _literal(graphic, "Rotation"), _literal(graphic, "Size") or 8.0
        return [Hatch(line.color, (angle + turned) % 180, max(spacing, 1.0), line.width, line.opacity) for angle in angles]

    def _pen(self, stroke: ET.Element | None) -> Line | None:
        if stroke is None:
            return None
        if child(stroke, "GraphicStroke") is not None or child(stroke, "GraphicFill") is not None:
            self.losses.lost("GraphicStroke")
            return None
        values = _parameters(stroke)
        dash = tuple(number(each) for each in re.split(r"[\s,]+", values.get("stroke-dasharray", "").strip()) if each)
        return Line(
            color_of(values.get("stroke", "#000000")).rgb,
            max(number(values.get("stroke-width", "1"), 1.0), 0.1),
            (dash * 2 if len(dash) % 2 else dash) if sum(dash) > 0 else (),
            _CAPS.get(values.get("stroke-linecap", "butt"), "flat"),
            _JOINS.get(values.get("stroke-linejoin", "mitre"), "miter"),
            number(values.get("stroke-opacity", "1"), 1.0),
        )

    def _points(self, element: ET.Element) -> list[PointPart]:
        graphic = child(element, "Graphic")
        if self._is_areas():
            self.losses.add("style-centroid", sentence("Markers in the middle of areas were left out."))
            return []
        return [] if graphic is None else self._graphic(graphic)

    def _graphic(self, graphic: ET.Element) -> list[PointPart]:
        size = _literal(graphic, "Size") or 6.0
        alpha = _literal(graphic, "Opacity") if child(graphic, "Opacity") is not None else 1.0
        turned, by = _literal(graphic, "Rotation"), child(graphic, "Rotation", "PropertyName")
        field_id = "" if by is None else self.fields.id_of((by.text or "").strip())
        external = child(graphic, "ExternalGraphic", "OnlineResource")
        if external is not None and (drawing := self._drawing(external)):
            return [SvgMarker(drawing, size, "", alpha, turned, field_id)]
        mark = child(graphic, "Mark")
        known = child(mark, "WellKnownName")
        name = (known.text or "").strip() if known is not None else "square" if external is None else "circle"
        if name not in _SHAPES:
            self.losses.add("style-shape", sentence("The marker “{name}” became a circle.", name=name))
        fill, stroke = child(mark, "Fill"), self._pen(child(mark, "Stroke"))
        values = {} if fill is None else _parameters(fill)
        opacity = number(values.get("fill-opacity", "1"), 1.0) * alpha if fill is not None or stroke is None else 0.0
        return [
            Marker(
                _SHAPES.get(name, "circle"),
                size,
                color_of(values.get("fill", "#808080")).rgb,
                opacity,
                stroke.color if stroke else "#FFFFFF",
                stroke.width if stroke else 0.0,
                rotation=turned,
                rotation_field=field_id,
            )
        ]

    def _drawing(self, resource: ET.Element) -> str:
        """Return the SVG text of an embedded drawing; '' (and a note) where it is a file or address, or no drawing."""
        address = next((value for name, value in resource.attrib.items() if name.rpartition("}")[2] == "href"), "")
        found = re.match(r"(?:data:image/svg\+xml;base64,|base64:)(?P<data>[A-Za-z0-9+/=\s]+)", address)
        try:
            if found:
                return embedded(base64.b64decode(found["data"]))
        except (UserError, ValueError, binascii.Error):
            pass  # noted like any drawing that is not at hand
        self.losses.add(
            "style-svg-missing", sentence("The drawing “{name}” is not at hand and became a circle.", name=address[:60])
        )
        return ""

    # Labels

    def _text(self, element: ET.Element, drawn: _Drawn) -> None:
        if self.labels is not None:
            self.losses.add("style-label-rules", sentence("Of several rules for labels only the first was taken."))
            return
        text = child(element, "Label")
        pieces = self._label_pieces(text)
        if not pieces:
            return
        single = len(pieces) == 1 and pieces[0][0]
        template = "".join("{" + name + "}" if name else re.sub(r"([{}\[\]])", r"\1\1", word) for name, word in pieces)
        font, fill, halo = _parameters(child(element, "Font")), _parameters(child(element, "Fill")), child(element, "Halo")
        radius = child(halo, "Radius")
        self.labels = Labels(
            self.fields.id_of(pieces[0][0]) if single else "",
            text="" if single else template,
            size=min(max(number(font.get("font-size", "10"), 10.0), 5.0), 120.0),
            bold=font.get("font-weight", "").lower() == "bold",
            italic=font.get("font-style", "").lower() in ("italic", "oblique"),
            color=color_of(fill.get("fill", "#000000")).rgb,
            halo=(_number_in(radius) or 1.0) if halo is not None else 0.0,
            halo_color=color_of(_parameters(child(halo, "Fill")).get("fill", "#FFFFFF")).rgb,
            min_scale=drawn.scales[0],
            max_scale=drawn.scales[1],
        )

    def _label_pieces(self, text: ET.Element | None) -> list[tuple[str, str]]:
        if text is None:
            return []
        pieces = [("", text.text.strip())] if text.text and text.text.strip() else []
        for each in text:
            if local(each) in ("PropertyName", "ValueReference"):
                pieces.append(((each.text or "").strip(), ""))
            elif local(each) == "Literal":
                pieces.append(("", each.text or ""))
            else:
                self.losses.add(
                    "style-expression", sentence("The expression “{text}” cannot be worked out here.", text=local(each))
                )
            if each.tail and each.tail.strip():
                pieces.append(("", each.tail.strip()))
        return pieces


def _lay(below: _Drawn, above: _Drawn) -> None:
    """Add the parts of one thing drawn on top of another's."""
    for kind, parts in above.parts.items():
        below.parts[kind] = [*below.parts[kind], *parts]


def _parameters(element: ET.Element | None) -> dict[str, str]:
    found = children(element, "SvgParameter", "CssParameter")
    return {each.get("name", ""): _text_in(each) for each in found}


def _text_in(element: ET.Element) -> str:
    inner = child(element, "Literal")
    return ((element if inner is None else inner).text or "").strip()


def _number_in(element: ET.Element | None) -> float:
    return 0.0 if element is None else number(_text_in(element))


def _literal(home: ET.Element | None, name: str) -> float:
    return _number_in(child(home, name))


def _values_of(condition: Condition | None) -> tuple[str, tuple[Any, ...]] | None:
    """Return (field, values) where a condition asks whether a field holds one of them; None for anything else."""
    match condition:
        case Compare(name, "=", value):
            return name, (value,)
        case OneOf(name, values):
            return name, values
        case IsNull(name):
            return name, (None,)
        case Or(parts):
            inner = [_values_of(part) for part in parts]
            known = [each for each in inner if each is not None]
            if len(known) == len(inner) and len({name for name, _ in known}) == 1:
                return known[0][0], tuple(value for _, values in known for value in values)
    return None


def _is_rest(condition: Condition | None, classes: Iterable[tuple[_Drawn, str, tuple[Value, ...]]]) -> bool:
    """Tell whether a condition is the rest that our own writer wrote: missing, or none of the values of the classes."""
    known = {value for _, _, values in classes for value in values}
    match condition:
        case Or((IsNull(_), inner)) | And((_, inner)):
            found = _values_of(getattr(inner, "part", None))
            return found is not None and set(found[1]) <= known
    return False


def _range_of(condition: Condition | None) -> tuple[str, float, float] | None:
    """Return (field, low, high) where a condition is a range of one number."""
    match condition:
        case And((Compare(first, ">=" | ">", low), Compare(second, "<=" | "<", high))) if first == second:
            if isinstance(low, int | float) and isinstance(high, int | float):
                return first, float(low), float(high)
    return None
