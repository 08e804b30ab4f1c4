"""Styles from QGIS (.qml): renderers, labels, scales, blending; what has no counterpart here is noted.

Written against QGIS 3.22 and its own files (``qml_parts`` has the symbols). This file must not know SLD.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from xml.etree import ElementTree as ET

from cgplanner.errors import UserError
from cgplanner.io.styles.qml_parts import options_of, symbol_of, with_casings
from cgplanner.io.styles.style_xml import FieldNames, Kind, Losses, StyleRead, child, children, color_of, number
from cgplanner.model.condition import parse
from cgplanner.model.schema import FieldType, Schema
from cgplanner.symbology.style import (
    Blend,
    Categorized,
    Category,
    Cluster,
    Code,
    Graduated,
    Heat,
    Labels,
    Line,
    Marker,
    Renderer,
    Rule,
    RuleBased,
    Single,
    Style,
    Symbol,
)
from cgplanner.text import sentence

BLENDS: dict[str, Blend] = {"0": "normal", "1": "lighten", "2": "screen", "5": "darken", "6": "multiply", "8": "overlay"}
HEAT_UNITS = {"0": 96 / 25.4, "2": 1.0, "4": 96 / 72, "5": 96.0}
Drawn = tuple[Kind, Symbol]  # the kind of shape a symbol is for
_BLANK: Drawn = ("polygon", Symbol())
_PLAIN_FIELD = re.compile(r'\s*(?:"((?:[^"]|"")+)"|([^\W\d]\w*))\s*')
_PIECE = re.compile(
    r"""\s*(?:(?P<full>coalesce\s*\(\s*)?(?:"(?P<field>(?:[^"]|"")+)"|(?P<bare>[^\W\d]\w*))(?(full)\s*,\s*''\s*\))"""
    r"""|'(?P<text>(?:[^']|'')*)')\s*(?:\|\||\+|$)"""
)


def read_qml(root: ET.Element, schema: Schema) -> StyleRead:
    """Return the style in a QML document, for a layer with this schema."""
    losses = Losses()
    return _Reader(FieldNames(schema, losses), losses).read(root)


@dataclass(frozen=True)
class _Reader:
    fields: FieldNames
    losses: Losses

    def read(self, root: ET.Element) -> StyleRead:
        element = child(root, "renderer-v2")
        renderer: Renderer = Single()
        if element is None:
            self.losses.add("style-no-renderer", sentence("The file holds no symbols; the layer would not be drawn."))
        else:
            renderer = self._renderer(element)
        scaled = root.get("hasScaleBasedVisibilityFlag") == "1"
        blend = child(root, "blendMode")
        order_by, descending = self._order(element)
        style = Style(
            renderer,
            labels=self._labels(root),
            min_scale=_scale(root.get("minScale"), scaled=scaled),
            max_scale=_scale(root.get("maxScale"), scaled=scaled),
            blend=self._blend("0" if blend is None else blend.text or "0"),
            order_by=order_by,
            descending=descending,
        )
        opacity = child(root, "layerOpacity")
        return StyleRead(style, None if opacity is None else min(max(number(opacity.text, 1.0), 0.0), 1.0), self.losses.all())

    def _blend(self, code: str) -> Blend:
        if code not in BLENDS:
            self.losses.add("style-blend", sentence("This way of blending a layer is not known here; it is drawn plainly."))
        return BLENDS.get(code, "normal")

    def _order(self, element: ET.Element | None) -> tuple[str, bool]:
        clause = child(element, "orderby", "orderByClause")
        if clause is None or element is None or element.get("enableorderby") != "1":
            return "", False
        name = self._field(clause.text or "")
        return ("", False) if name is None else (name, clause.get("asc") == "0")

    def _field(self, expression: str) -> str | None:
        """Return the id of the field that an expression is; None (and a note) where it is more than a field."""
        found = _PLAIN_FIELD.fullmatch(expression)
        if found is None:
            self.losses.add(
                "style-expression", sentence("The expression “{text}” cannot be worked out here.", text=expression.strip()[:60])
            )
            return None
        return self.fields.id_of(found[2] or found[1].replace('""', '"'))

    # Renderers

    def _renderer(self, element: ET.Element) -> Renderer:  # noqa: PLR0911  one kind of renderer a line
        kind = element.get("type", "")
        home = child(element, "symbols")
        symbols = {each.get("name", ""): symbol_of(each, self.fields) for each in children(home, "symbol")}
        if element.get("symbollevels") == "1":
            symbols = {name: (kind, with_casings(symbol)) for name, (kind, symbol) in symbols.items()}
        first = Single(next(iter(symbols.values()), _BLANK)[1])
        match kind:
            case "singleSymbol" | "nullSymbol":
                return first
            case "categorizedSymbol":
                return self._categorized(element, symbols) or first
            case "graduatedSymbol":
                return self._graduated(element, symbols) or first
            case "RuleRenderer":
                return self._rules(element, symbols)
            case "heatmapRenderer":
                return self._heat(element)
            case "pointCluster":
                return self._cluster(element)
        self.losses.lost(kind or "renderer-v2")
        inner = child(element, "renderer-v2")
        return first if inner is None else self._renderer(inner)

    def _categorized(self, element: ET.Element, symbols: dict[str, Drawn]) -> Renderer | None:
        field = self._field(element.get("attr", ""))
        if field is None:
            return None
        categories, other, label = [], None, ""
        for each in children(child(element, "categories"), "category"):
            kind, symbol = symbols.get(each.get("symbol", ""), _BLANK)
            symbol = symbol if each.get("render", "true") == "true" else Symbol()
            inner = [value.get("value", "") for value in children(each, "val")]
            texts = inner or [each.get("value", "")]
            if texts == [""] and each.get("type") != "NULL":
                other, label = symbol, each.get("label", "")
                continue
            values = tuple(None if each.get("type") == "NULL" else self._code(field, text) for text in texts)
            name = each.get("label", "")
            categories.append(Category(values, symbol, name, name, kind))
        found = Categorized(field, tuple(categories), other)
        return replace(found, other_label_zh=label, other_label_en=label) if label else found

    def _code(self, field: str, text: str) -> Code:
        schema = self.fields.schema
        kind = schema[field].type if field in schema else FieldType.TEXT
        if kind is FieldType.INTEGER and re.fullmatch(r"[-+]?\d{1,18}(\.0*)?", text):
            return int(float(text)) if "." in text else int(text)
        if kind is FieldType.REAL:
            return number(text)
        return text in ("1", "true") if kind is FieldType.BOOLEAN else text

    def _graduated(self, element: ET.Element, symbols: dict[str, Drawn]) -> Renderer | None:
        field = self._field(element.get("attr", ""))
        ranges = [
            (number(each.get("lower")), number(each.get("upper")), symbols.get(each.get("symbol", ""), _BLANK), each)
            for each in children(child(element, "ranges"), "range")
        ]
        ranges.sort(key=lambda each: each[0])
        if field is None or not ranges:
            return None
        if any(before[1] != after[0] for before, after in pairwise(ranges)):
            return self._ranges_as_rules(field, ranges)
        if len(ranges) > 1:
            self.losses.add(
                "style-breaks",
                sentence("A value exactly on a break is drawn with the class above it here, with the one below it in QGIS."),
                info=True,
            )
        breaks = (ranges[0][0], *(upper for _, upper, _, _ in ranges))
        drawn = tuple(symbol if each.get("render", "true") == "true" else Symbol() for _, _, (_, symbol), each in ranges)
        return Graduated(field, breaks, drawn)

    def _ranges_as_rules(self, field: str, ranges: list[tuple[float, float, Drawn, ET.Element]]) -> Renderer:
        """Return classes that leave gaps or overlap as rules, which may."""
        schema = self.fields.schema
        name = '"' + (schema[field].name if field in schema else field) + '"'
        rules = tuple(
            Rule(f"{name} >= {low!r} and {name} <= {high!r}", symbol, each.get("label", ""), each.get("label", ""), kind=kind)
            for low, high, (kind, symbol), each in ranges
        )
        return RuleBased(rules)

    def _rules(self, element: ET.Element, symbols: dict[str, Drawn]) -> Renderer:
        rules: list[Rule] = []
        other: Symbol | None = None
        for where, scales, each in self._flat(child(element, "rules"), "", (0.0, 0.0)):
            kind, symbol = symbols.get(each.get("symbol", ""), _BLANK)
            if where == "ELSE":
                other = symbol
            elif self._is_condition(where):
                label = each.get("label", "")
                rules.append(Rule(where, symbol, label, label, scales[0], scales[1], kind))
        if len(rules) > 1:
            self.losses.add(
                "style-first-rule",
                sentence("Each feature gets the first rule that fits it; QGIS draws all that fit."),
                info=True,
            )
        return RuleBased(tuple(rules), other)

    def _is_condition(self, where: str) -> bool:
        try:
            if where:
                parse(where, self.fields.schema)
        except UserError:
            self.losses.add(
                "style-rule", sentence("The rule “{text}” cannot be worked out here and was left out.", text=where[:80])
            )
            return False
        return True

    def _flat(
        self, home: ET.Element | None, above: str, scales: tuple[float, float]
    ) -> Iterator[tuple[str, tuple[float, float], ET.Element]]:
        """Yield (condition, (min_scale, max_scale), rule) of every rule with a symbol; conditions of outer rules are joined."""
        for each in children(home, "rule"):
            if each.get("checkstate") == "0":
                continue
            own = each.get("filter", "").strip()
            where = f"({above}) and ({own})" if above and own and own != "ELSE" else own or above
            low, high = number(each.get("scalemindenom")), number(each.get("scalemaxdenom"))
            limits = (min(filter(None, (scales[0], high)), default=0.0), max(scales[1], low))
            if each.get("symbol") is not None:
                yield where, limits, each
            yield from self._flat(each, where, limits)

    def _heat(self, element: ET.Element) -> Renderer:
        weight = element.get("weight_expression", "").strip()
        field = (self._field(weight) or "") if weight else ""
        factor = HEAT_UNITS.get(element.get("radius_unit", "0"), 0.0)
        if not factor:
            self.losses.add("style-heat-radius", sentence("The reach of heat is in units of the map; 24 px were taken."))
        ramp = next((each for each in children(element, "colorramp")), None)
        colors = Heat().ramp if ramp is None else self._ramp(ramp)
        return Heat(
            field,
            round(number(element.get("radius"), 6.35) * factor, 3) or 24.0,
            colors,
            0.85,
            number(element.get("max_value")),
        )

    def _ramp(self, element: ET.Element) -> tuple[str, ...]:
        """Return at most seven colours, evenly apart, of a gradient between stops."""
        options = options_of(element, self.losses)
        stops = [(0.0, options.color("color1")), (1.0, options.color("color2"))]
        for each in options.text("stops").split(":"):
            parts = each.split(";")
            if len(parts) >= 2 and parts[0].strip():
                stops.append((min(max(number(parts[0]), 0.0), 1.0), color_of(parts[1])))
        stops.sort(key=lambda each: each[0])
        visible = [each for each in stops if each[1].alpha > 0]  # heat fades out below its first colour by itself
        return tuple(color.rgb for _, color in visible) if len(visible) > 1 else Heat().ramp

    def _cluster(self, element: ET.Element) -> Renderer:
        inner = child(element, "renderer-v2")
        single = self._renderer(inner) if inner is not None else Single()
        if not isinstance(single, Single):
            self.losses.add("style-cluster", sentence("Points that stand alone get one symbol here, whatever their values."))
        symbol = single.symbol if isinstance(single, Single) else Symbol(point=(Marker(),), line=(Line(),))
        quiet = replace(
            self, losses=Losses(), fields=replace(self.fields, losses=Losses())
        )  # letters on the marker are no loss
        center = next((symbol_of(each, quiet.fields)[1] for each in children(element, "symbol")), Symbol())
        marker = next((part for part in center.point if isinstance(part, Marker)), Cluster().marker)
        unit = {"MM": 96 / 25.4, "Pixel": 1.0, "Point": 96 / 72, "Inch": 96.0}.get(
            element.get("toleranceUnit", "MM"), 96 / 25.4
        )
        return Cluster(round(number(element.get("tolerance"), 12.0) * unit, 3), symbol, marker)

    # Labels

    def _labels(self, root: ET.Element) -> Labels | None:
        home = child(root, "labeling")
        if home is None or root.get("labelsEnabled", "1") == "0":
            return None
        settings = child(home, "settings") if home.get("type") == "simple" else next(home.iter("settings"), None)
        if home.get("type") != "simple":
            self.losses.add("style-label-rules", sentence("Of several rules for labels only the first was taken."))
        text, rendering = child(settings, "text-style"), child(settings, "rendering")
        if text is None:
            return None
        field, template = self._label_text(text)
        if not field and not template:
            return None
        unit = {"MM": 96 / 25.4, "Pixel": 1.0, "Inch": 96.0}.get(text.get("fontSizeUnit", "Point"), 96 / 72)
        scaled = rendering is not None and rendering.get("scaleVisibility") == "1"
        halo_color, halo = _halo(child(text, "text-buffer"))
        return Labels(
            field,
            text=template,
            size=round(min(max(number(text.get("fontSize"), 9.0) * unit, 5.0), 120.0), 3),
            bold=text.get("fontBold") == "1" or number(text.get("fontWeight"), 50.0) > 60,
            italic=text.get("fontItalic") == "1",
            color=color_of(text.get("textColor", "")).rgb,
            halo_color=halo_color,
            halo=halo,
            min_scale=_scale(rendering.get("scaleMax") if rendering is not None else None, scaled=scaled),
            max_scale=_scale(rendering.get("scaleMin") if rendering is not None else None, scaled=scaled),
        )

    def _label_text(self, text: ET.Element) -> tuple[str, str]:
        """Return (field id, '') or ('', template)."""
        expression = text.get("fieldName", "")
        if text.get("isExpression") != "1":
            return (self.fields.id_of(expression), "") if expression else ("", "")
        if _PLAIN_FIELD.fullmatch(expression):
            return self._field(expression) or "", ""
        template = _template_of(expression)
        if template is None:
            self._field(expression)
        return "", template or ""


def _halo(element: ET.Element | None) -> tuple[str, float]:
    """Return the colour and the width in px of a halo, 0 where none is drawn."""
    if element is None or element.get("bufferDraw") != "1":
        return "#FFFFFF", 0.0
    unit = 1.0 if element.get("bufferSizeUnits") == "Pixel" else 96 / 25.4
    return color_of(element.get("bufferColor", "255,255,255")).rgb, round(number(element.get("bufferSize")) * unit, 3)


def _template_of(expression: str) -> str | None:
    """Return a chain of fields and texts joined by || as a template; None where the expression is more than that."""
    template, place = "", 0
    while place < len(expression):
        found = _PIECE.match(expression, place)
        if found is None or found.end() == place:
            return None
        if found["text"] is not None:
            template += re.sub(r"([{}\[\]])", r"\1\1", found["text"].replace("''", "'"))
        else:
            template += "{" + (found["field"] or found["bare"]) + "}"
        place = found.end()
    return template or None


def _scale(text: str | None, *, scaled: bool) -> float:
    return number(text) if scaled else 0.0
