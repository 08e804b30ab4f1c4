"""Styles for QGIS (.qml), as QGIS 3.22 and later read them; what QGIS has no word for is noted.

This file must not know SLD.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from cgplanner.errors import UserError
from cgplanner.io.styles.qml_parts import SymbolWriter
from cgplanner.io.styles.qml_read import BLENDS
from cgplanner.io.styles.style_rules import FlatRule, main_kind, rules_of
from cgplanner.io.styles.style_xml import PX_PER_MM, Losses, commas, named, trimmed
from cgplanner.model.condition import written
from cgplanner.model.layer import Layer
from cgplanner.model.schema import Schema
from cgplanner.symbology.evaluate import style_of
from cgplanner.symbology.label_template import plain_pieces
from cgplanner.symbology.style import (
    Categorized,
    Cluster,
    Code,
    Graduated,
    Heat,
    Labels,
    Renderer,
    RuleBased,
    Single,
    Style,
    Symbol,
)
from cgplanner.text import pick, sentence

_DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
_VERSION = "3.22.0"


def qml_of(layer: Layer, losses: Losses, names: Mapping[str, str] | None = None) -> bytes:
    """Return a layer's style as a QML file; ``names`` gives fields (by id) the names that the layer's file has for them."""
    style = style_of(layer)
    fields = {field.id: named(names or {}, layer.schema, field.id) for field in layer.schema}
    writer = _Writer(layer.schema, fields, losses, SymbolWriter(main_kind(layer.schema, style, losses), fields, losses))
    root = ET.Element("qgis", {"version": _VERSION, "styleCategories": "Symbology|Labeling|Rendering", **_scales(style)})
    root.set("labelsEnabled", "1" if style.labels and style.labels.visible else "0")
    writer.renderer(root, style)
    if style.labels:
        writer.labels(root, style.labels)
    codes = {name: code for code, name in BLENDS.items()}
    ET.SubElement(root, "blendMode").text = codes[style.blend]
    ET.SubElement(root, "layerOpacity").text = trimmed(layer.opacity)
    if style.outside is not None:
        losses.add("style-outside", sentence("The veil over all that lies outside of the areas was left out."))
    ET.indent(root)
    return (_DOCTYPE + ET.tostring(root, encoding="unicode")).encode()


def _scales(style: Style) -> dict[str, str]:
    scaled = bool(style.min_scale or style.max_scale)
    return {
        "hasScaleBasedVisibilityFlag": "1" if scaled else "0",
        "minScale": trimmed(style.min_scale or 1e8),
        "maxScale": trimmed(style.max_scale),
    }


@dataclass
class _Writer:
    schema: Schema
    fields: dict[str, str]
    losses: Losses
    symbols: SymbolWriter

    def _name(self, field_id: str) -> str:
        return self.fields.get(field_id, field_id)

    def renderer(self, root: ET.Element, style: Style) -> None:
        """Write the renderer: with variations, which QGIS does not have, as rules."""
        if style.variations and not isinstance(style.renderer, Heat | Cluster):
            element = self._rules(root, rules_of(style, self.schema, self.losses))
        else:
            element = self._plain(root, style.renderer, style)
        if self.symbols.has_casings:
            element.set("symbollevels", "1")
        if style.order_by:
            element.set("enableorderby", "1")
            clause = ET.SubElement(ET.SubElement(element, "orderby"), "orderByClause")
            clause.set("asc", "0" if style.descending else "1")
            clause.set("nullsFirst", "1")
            clause.text = '"' + self._name(style.order_by).replace('"', '""') + '"'

    def _plain(self, root: ET.Element, renderer: Renderer, style: Style) -> ET.Element:
        match renderer:
            case Single(symbol):
                return self._single(root, symbol)
            case Categorized():
                return self._categorized(root, renderer)
            case Graduated():
                return self._graduated(root, renderer)
            case RuleBased():
                return self._rules(root, rules_of(style, self.schema, self.losses))
            case Heat():
                return self._heat(root, renderer)
            case Cluster():
                return self._cluster(root, renderer)

    def _element(self, root: ET.Element, kind: str, **attributes: str) -> ET.Element:
        return ET.SubElement(root, "renderer-v2", {"type": kind, "symbollevels": "0", "forceraster": "0", **attributes})

    def _single(self, root: ET.Element, symbol: Symbol) -> ET.Element:
        element = self._element(root, "singleSymbol")
        self.symbols.add(ET.SubElement(element, "symbols"), "0", symbol)
        return element

    def _categorized(self, root: ET.Element, renderer: Categorized) -> ET.Element:
        element = self._element(root, "categorizedSymbol", attr=self._name(renderer.field))
        categories, symbols = ET.SubElement(element, "categories"), ET.SubElement(element, "symbols")
        for place, each in enumerate(renderer.categories):
            entry = ET.SubElement(categories, "category", {"symbol": str(place), "label": each.label, "render": "true"})
            if None in each.values:
                self.losses.add("style-null-class", sentence("QGIS has no class for missing values; they fall into its rest."))
            if len(each.values) == 1:
                entry.set("value", _text_of(each.values[0]))
                entry.set("type", _type_of(each.values[0]))
            for value in each.values if len(each.values) > 1 else ():
                ET.SubElement(entry, "val", {"value": _text_of(value), "type": _type_of(value)})
            self.symbols.add(symbols, str(place), each.symbol)
        if renderer.other is not None:
            place = len(renderer.categories)
            label = pick(renderer.other_label_zh, renderer.other_label_en)
            ET.SubElement(categories, "category", {"symbol": str(place), "label": label, "value": "", "render": "true"})
            self.symbols.add(symbols, str(place), renderer.other)
        return element

    def _graduated(self, root: ET.Element, renderer: Graduated) -> ET.Element:
        if renderer.missing is not None:
            text = sentence("Features without a value would not be drawn by QGIS; their symbol was left out.")
            self.losses.add("style-missing", text)
        if len(renderer.symbols) > 1:
            self.losses.add(
                "style-breaks",
                sentence("A value exactly on a break is drawn with the class above it here, with the one below it in QGIS."),
                info=True,
            )
        element = self._element(root, "graduatedSymbol", attr=self._name(renderer.field), graduatedMethod="GraduatedColor")
        ranges, symbols = ET.SubElement(element, "ranges"), ET.SubElement(element, "symbols")
        for place, symbol in enumerate(renderer.symbols):
            low, high = renderer.breaks[place], renderer.breaks[place + 1]
            label = f"{low:g} – {high:g} {renderer.unit}".strip()
            values = {"lower": repr(low), "upper": repr(high), "symbol": str(place), "label": label, "render": "true"}
            ET.SubElement(ranges, "range", values)
            self.symbols.add(symbols, str(place), symbol)
        return element

    def _rules(self, root: ET.Element, rules: tuple[FlatRule, ...]) -> ET.Element:
        element = self._element(root, "RuleRenderer")
        home, symbols = ET.SubElement(element, "rules", key="rules"), ET.SubElement(element, "symbols")
        for place, rule in enumerate(rules):
            entry = ET.SubElement(home, "rule", {"key": f"rule{place}", "symbol": str(place), "label": rule.label})
            if rule.condition is not None:
                entry.set("filter", written(rule.condition, self._name, like="ilike"))
            elif rule.is_else:
                entry.set("filter", "ELSE")
            if rule.max_scale:
                entry.set("scalemindenom", trimmed(rule.max_scale))
            if rule.min_scale:
                entry.set("scalemaxdenom", trimmed(rule.min_scale))
            self.symbols.add(symbols, str(place), rule.symbol)
        return element

    def _heat(self, root: ET.Element, heat: Heat) -> ET.Element:
        weight = '"' + self._name(heat.field).replace('"', '""') + '"' if heat.field else ""
        element = self._element(
            root,
            "heatmapRenderer",
            radius=trimmed(heat.radius / PX_PER_MM),
            radius_unit="0",
            max_value=trimmed(heat.most),
            quality="2",
            weight_expression=weight,
        )
        ramp = ET.SubElement(element, "colorramp", {"name": "[source]", "type": "gradient"})
        stops = [("color1", commas(heat.ramp[0], 0.0)), ("color2", commas(heat.ramp[-1], heat.opacity))]
        steps = len(heat.ramp) - 1
        between = [f"{place / steps:.4f};{commas(color, heat.opacity)}" for place, color in enumerate(heat.ramp)][1:-1]
        stops += [("stops", ":".join([f"0.05;{commas(heat.ramp[0], heat.opacity)}", *between])), ("discrete", "0")]
        mapping = ET.SubElement(ramp, "Option", {"type": "Map"})
        for name, value in stops:
            ET.SubElement(mapping, "Option", {"name": name, "value": value, "type": "QString"})
            ET.SubElement(ramp, "prop", {"k": name, "v": value})
        return element

    def _cluster(self, root: ET.Element, cluster: Cluster) -> ET.Element:
        element = self._element(root, "pointCluster", tolerance=trimmed(cluster.distance / PX_PER_MM), toleranceUnit="MM")
        self._single(element, cluster.symbol)
        self.symbols.add(element, "centerSymbol", Symbol(point=(cluster.marker,)))
        center = element[-1]
        letters = ET.SubElement(center, "layer", {"class": "FontMarker", "enabled": "1", "pass": "0", "locked": "0"})
        mapping = ET.SubElement(letters, "Option", {"type": "Map"})
        size = trimmed(cluster.text_size / PX_PER_MM)
        for name, value in {"chr": "A", "color": commas(cluster.text_color), "size": size, "size_unit": "MM"}.items():
            ET.SubElement(mapping, "Option", {"name": name, "value": value, "type": "QString"})
            ET.SubElement(letters, "prop", {"k": name, "v": value})
        home = ET.SubElement(ET.SubElement(letters, "data_defined_properties"), "Option", {"type": "Map"})
        ET.SubElement(home, "Option", {"name": "name", "value": "", "type": "QString"})
        driven = ET.SubElement(home, "Option", {"name": "properties", "type": "Map"})
        count = ET.SubElement(driven, "Option", {"name": "char", "type": "Map"})
        ET.SubElement(count, "Option", {"name": "active", "value": "true", "type": "bool"})
        ET.SubElement(count, "Option", {"name": "expression", "value": "@cluster_size", "type": "QString"})
        ET.SubElement(count, "Option", {"name": "type", "value": "3", "type": "int"})
        ET.SubElement(home, "Option", {"name": "type", "value": "collection", "type": "QString"})
        return element

    def labels(self, root: ET.Element, labels: Labels) -> None:
        """Write the labels; where they stand is worked out by QGIS in its own way."""
        if labels.pins:
            self.losses.add("style-pins", sentence("Labels put somewhere by hand stand where QGIS puts them."))
        settings = ET.SubElement(ET.SubElement(root, "labeling", {"type": "simple"}), "settings", {"calloutType": "simple"})
        template = pick(labels.text, labels.text_en or labels.text)
        expression = self._expression(template) if template else ""
        if template and not expression:
            self.losses.add("style-label-text", sentence("The label “{text}” is more than QGIS was told.", text=template[:60]))
        field = self._name(pick(labels.field, labels.field_en or labels.field))
        style = {
            "fieldName": expression or field,
            "isExpression": "1" if expression else "0",
            "fontSize": trimmed(labels.size * 72 / 96),
            "fontSizeUnit": "Point",
            "textColor": commas(labels.color),
            "textOpacity": "1",
            "fontWeight": "75" if labels.bold else "50",
            "fontItalic": "1" if labels.italic else "0",
        }
        halo = {
            "bufferSize": trimmed(labels.halo / PX_PER_MM),
            "bufferSizeUnits": "MM",
            "bufferColor": commas(labels.halo_color),
        }
        text = ET.SubElement(settings, "text-style", style)
        ET.SubElement(text, "text-buffer", {**halo, "bufferDraw": "1" if labels.halo else "0", "bufferOpacity": "1"})
        ET.SubElement(settings, "text-format", {"autoWrapLength": str(labels.wrap)})
        along = {"point": "3", "line": "3", "polygon": "1"}[self.symbols.kind] if labels.placement != "point" else "0"
        placing = {"placement": "6" if self.symbols.kind == "point" else along, "placementFlags": "10"}
        ET.SubElement(settings, "placement", {**placing, "priority": str(min(max(round(labels.priority * 5), 0), 10))})
        scaled = bool(labels.min_scale or labels.max_scale)
        scales = {"scaleVisibility": "1" if scaled else "0", "scaleMax": trimmed(labels.min_scale or 1e8)}
        ET.SubElement(settings, "rendering", {"drawLabels": "1", **scales, "scaleMin": trimmed(labels.max_scale)})

    def _expression(self, template: str) -> str:
        """Return a template in QGIS's language, '' where it says more than fields and words one behind the other."""
        try:
            pieces = plain_pieces(template, self.schema)
        except UserError:
            return ""
        told = []
        for piece in pieces or ():
            name = "" if isinstance(piece, str) else self._name(piece.id).replace('"', '""')
            told.append("'" + piece.replace("'", "''") + "'" if isinstance(piece, str) else f"coalesce(\"{name}\",'')")
        return " || ".join(told)


def _text_of(value: Code) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _type_of(value: Code) -> str:
    if value is None:
        return "NULL"
    return {bool: "bool", int: "long", float: "double"}.get(type(value), "string")
