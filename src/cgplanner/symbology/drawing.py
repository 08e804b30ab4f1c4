"""SVG drawings as outlines that every painter can fill and stroke; what is no outline is left out and said.

Nothing of a file is ever run, fetched or handed to a renderer: only path data, basic shapes, transforms, plain colours and
widths are read, so that a picture on paper is the one on the screen. This file must not know painters or layers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import pairwise
from xml.etree import ElementTree as ET

import numpy as np
import shapely

from cgplanner.errors import UserError
from cgplanner.geometry.ragged import Floats, frozen
from cgplanner.symbology.glyphs import CLOSE, CUBIC, MOVE
from cgplanner.symbology.svg_path import (
    MOST_VERTICES,
    Codes,
    Matrix,
    ellipse,
    numbers,
    parse_path,
    parse_transform,
    polyline,
    rectangle,
    times,
    transformed,
)
from cgplanner.text import Sentence, sentence, tr

MOST_BYTES = 256 * 1024
_MOST_ELEMENTS = 4_000
_DEEPEST = 24
_GROUPS = {"svg", "g", "a", "symbol", "switch"}
_SILENT = {"defs", "title", "desc", "metadata", "namedview", "style", "linearGradient", "radialGradient", "script"}
_PROPERTIES = (
    "fill",
    "fill-opacity",
    "fill-rule",
    "stroke",
    "stroke-width",
    "stroke-opacity",
    "opacity",
    "color",
    "display",
    "visibility",
)
_INHERITED = set(_PROPERTIES) - {"opacity", "display"}
_NAMES = {
    "black": "#000000",
    "white": "#FFFFFF",
    "red": "#FF0000",
    "green": "#008000",
    "blue": "#0000FF",
    "yellow": "#FFFF00",
    "gray": "#808080",
    "grey": "#808080",
    "orange": "#FFA500",
    "purple": "#800080",
    "brown": "#A52A2A",
    "navy": "#000080",
    "teal": "#008080",
    "maroon": "#800000",
    "olive": "#808000",
    "silver": "#C0C0C0",
    "lime": "#00FF00",
    "aqua": "#00FFFF",
    "cyan": "#00FFFF",
    "fuchsia": "#FF00FF",
    "magenta": "#FF00FF",
    "pink": "#FFC0CB",
    "gold": "#FFD700",
    "darkblue": "#00008B",
    "darkgreen": "#006400",
    "darkred": "#8B0000",
    "lightgray": "#D3D3D3",
    "lightgrey": "#D3D3D3",
    "darkgray": "#A9A9A9",
    "darkgrey": "#A9A9A9",
}


@dataclass(frozen=True, eq=False)
class Outline:
    """Contours of one look in a square of side 1 around the origin, y down; filled non-zero.

    ``xy`` float64 (n, 2), ``codes`` uint8 (n) as ``glyphs`` has them, both read-only. ``fill`` and ``stroke`` are "#RRGGBB", ''
    for none; ``width`` is a share of the drawing's longer side.
    """

    xy: Floats
    codes: Codes
    fill: str
    stroke: str
    width: float
    fill_opacity: float = 1.0
    stroke_opacity: float = 1.0


@dataclass(frozen=True, eq=False)
class Drawing:
    """What can be drawn of an SVG file, from bottom to top, and sentences about what cannot."""

    outlines: tuple[Outline, ...]
    problems: tuple[Sentence, ...] = ()


@lru_cache(maxsize=256)
def drawing_of(svg: str, color: str = "") -> Drawing:
    """Return the drawing; ``color`` replaces all its colours but white.

    The same text gives the same object for as long as it is kept.
    A text that is no drawing gives an empty one that says so.
    """
    try:
        root = _parsed(svg)
    except UserError as error:
        return Drawing((), (sentence("The drawing of a symbol cannot be read: {problem}", problem=error.message),))
    drawing = _Reader(root).drawing()
    if color:
        drawing = replace(drawing, outlines=tuple(_in_color(each, color) for each in drawing.outlines))
    return drawing


def embedded(svg: bytes | str) -> str:
    """Return the text of an SVG file as a style keeps it: without scripts, handlers, references outwards and pictures.

    Raises
    ------
    UserError
        When it is no SVG drawing, too large, or shows nothing that can be drawn.
    """
    text = svg if isinstance(svg, str) else svg.decode("utf-8-sig", errors="replace")
    root = _parsed(text)
    _clean(root)
    for prefix, address in (("", "http://www.w3.org/2000/svg"), ("xlink", "http://www.w3.org/1999/xlink")):
        ET.register_namespace(prefix, address)
    clean = ET.tostring(root, encoding="unicode")
    if not drawing_of(clean).outlines:
        raise UserError(
            tr("Nothing in this drawing can be drawn: it holds no paths and no shapes."),
            hint=tr("Convert texts and pictures to paths in the program that made it."),
        )
    return clean


def _parsed(svg: str) -> ET.Element:
    if len(svg) > MOST_BYTES:
        raise UserError(
            tr("The drawing is too large for a symbol: {size} kB, at most {most} kB.", size=len(svg) // 1024, most=256),
            hint=tr("Simplify it, or take the pictures out of it."),
        )
    hint = tr("Save the drawing as plain SVG.")
    if "<!ENTITY" in svg:
        raise UserError(tr("The drawing defines entities, which are not read."), hint=hint)
    try:
        root = ET.fromstring(svg)  # noqa: S314  entities are refused above
    except (ET.ParseError, ValueError) as error:
        raise UserError(tr("The text is no SVG drawing."), hint=hint) from error
    if _tag(root) != "svg" or _is_too_deep(root):
        raise UserError(tr("The text is no SVG drawing."), hint=hint)
    return root


def _is_too_deep(root: ET.Element) -> bool:
    """Tell whether groups lie in groups deeper than anybody draws; asked level by level, for lack of a deeper stack."""
    level = [root]
    for _ in range(_DEEPEST):
        level = [child for element in level for child in element]
    return bool(level)


def _tag(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _clean(element: ET.Element) -> None:
    for name in list(element.attrib):
        plain = name.rpartition("}")[2].lower()
        value = element.attrib[name].strip()
        if plain.startswith("on") or (plain in ("href", "src") and not value.startswith("#")) or "url(http" in value:
            del element.attrib[name]
    for child in list(element):
        if _tag(child) in ("", "script", "foreignObject", "image", "iframe", "metadata", "namedview", "animate", "set"):
            element.remove(child)
        else:
            _clean(child)


def _in_color(outline: Outline, color: str) -> Outline:
    """Return the outline in one colour; what is white stays so: in icons it is what is cut out."""
    fill, stroke = (own if own in ("", "#FFFFFF") else color for own in (outline.fill, outline.stroke))
    return replace(outline, fill=fill, stroke=stroke)


@dataclass
class _Reader:
    """Walks the tree once and gathers outlines; problems are gathered by kind, each once."""

    root: ET.Element
    outlines: list[Outline] = field(default_factory=list)
    unknown: dict[str, None] = field(default_factory=dict)
    seen: int = 0

    def drawing(self) -> Drawing:
        self.ids = {each.get("id", ""): each for each in self.root.iter() if each.get("id")}
        self.rules = _style_rules(self.root)
        self._walk(self.root, self._view(), {}, 0)
        total = sum(len(each.xy) for each in self.outlines)
        if total > MOST_VERTICES or self.seen > _MOST_ELEMENTS:
            return Drawing((), (sentence("The drawing is too complex for a symbol."),))
        said = [sentence("“{part}” in the drawing is not drawn.", part=name) for name in self.unknown]
        return Drawing(tuple(self.outlines), tuple(said))

    def _view(self) -> Matrix:
        """Return the transform from the view box to the square of side 1 around the origin."""
        box = numbers(self.root.get("viewBox", ""))
        if len(box) != 4 or box[2] <= 0 or box[3] <= 0:
            width, height = (next(iter(numbers(self.root.get(name, ""))), 100.0) for name in ("width", "height"))
            box = [0.0, 0.0, width or 100.0, height or 100.0]
        side = 1 / max(box[2], box[3])
        return side, 0.0, 0.0, side, -(box[0] + box[2] / 2) * side, -(box[1] + box[3] / 2) * side

    def _walk(self, element: ET.Element, matrix: Matrix, above: Mapping[str, str], depth: int) -> None:
        self.seen += 1
        tag = _tag(element)
        if depth > _DEEPEST or self.seen > _MOST_ELEMENTS or not tag:
            return
        look = self._look(element, above)
        if look.get("display") == "none":
            return
        matrix = times(matrix, parse_transform(element.get("transform", "")))
        self._note_effects(element)
        if tag in _GROUPS and (tag != "symbol" or depth == 0 or above.get("used")):
            for child in element:
                self._walk(child, matrix, look, depth + 1)
        elif tag == "use":
            self._use(element, matrix, look, depth)
        elif tag not in _SILENT and tag != "symbol":
            self._shape(element, tag, matrix, look)

    def _note_effects(self, element: ET.Element) -> None:
        for name in ("filter", "clip-path", "mask"):
            if element.get(name) or f"{name}:url" in element.get("style", "").replace(" ", ""):
                self.unknown.setdefault(name)

    def _use(self, element: ET.Element, matrix: Matrix, look: Mapping[str, str], depth: int) -> None:
        name = element.get("href") or element.get("{http://www.w3.org/1999/xlink}href") or ""
        target = self.ids.get(name[1:]) if name.startswith("#") else None
        if target is None:
            self.unknown.setdefault("use")
            return
        x, y = (next(iter(numbers(element.get(each, ""))), 0.0) for each in ("x", "y"))
        self._walk(target, times(matrix, (1.0, 0.0, 0.0, 1.0, x, y)), {**look, "used": "1"}, depth + 1)

    def _look(self, element: ET.Element, above: Mapping[str, str]) -> dict[str, str]:
        own = {name: element.get(name, "") for name in _PROPERTIES if element.get(name)}
        for name in element.get("class", "").split():
            own.update(self.rules.get(f".{name}", {}))
        own.update(self.rules.get(f"#{element.get('id', '')}", {}))
        own.update(_declarations(element.get("style", "")))
        opacity = _share(own.pop("opacity", "")) * float(above.get("group-opacity", "1"))
        kept = {name: value for name, value in above.items() if name in _INHERITED or name == "used"}
        return {**kept, **{name: value for name, value in own.items() if value != "inherit"}, "group-opacity": str(opacity)}

    def _shape(self, element: ET.Element, tag: str, matrix: Matrix, look: Mapping[str, str]) -> None:
        contours = _contours(element, tag)
        if contours is None:
            self.unknown.setdefault(tag)
            return
        xy, codes = contours
        if not len(xy) or look.get("visibility") in ("hidden", "collapse") or not np.isfinite(xy).all():
            return
        xy = transformed(xy, matrix)
        if look.get("fill-rule") == "evenodd":
            xy, codes = _nonzero(xy, codes)
        fill, fill_share = self._paint(look.get("fill", "black"), look)
        stroke, stroke_share = self._paint(look.get("stroke", "none"), look)
        grow = abs(matrix[0] * matrix[3] - matrix[1] * matrix[2]) ** 0.5
        width = next(iter(numbers(look.get("stroke-width", "1"))), 1.0) * grow
        whole = float(look["group-opacity"])
        made = Outline(
            frozen(xy),
            frozen(codes),
            "" if tag == "line" else fill,
            stroke if width > 0 else "",
            width,
            fill_share * _share(look.get("fill-opacity", "")) * whole,
            stroke_share * _share(look.get("stroke-opacity", "")) * whole,
        )
        if made.fill or made.stroke:
            self.outlines.append(made)

    def _paint(self, text: str, look: Mapping[str, str]) -> tuple[str, float]:
        """Return a colour and its opacity; '' for none."""
        text = text.strip()
        if text.startswith("param("):  # QGIS's parameters: the default follows
            text = text.partition(")")[2].strip() or "black"
        if text == "currentColor":
            text = look.get("color", "black")
        if text.startswith("url("):
            return self._gradient(text), 1.0
        color, opacity = _color(text)
        if color is None:
            self.unknown.setdefault(text)
            return "#000000", 1.0
        return color, opacity

    def _gradient(self, text: str) -> str:
        """Return the colour in the middle of a gradient, which is what is drawn of it."""
        self.unknown.setdefault("gradient")
        found = re.match(r"url\(\s*['\"]?#([^)'\"]+)", text)
        target = self.ids.get(found[1]) if found else None
        for _ in range(_DEEPEST):  # a gradient may take its stops from another, which may point back
            if target is None or len(target):
                break
            link = target.get("{http://www.w3.org/1999/xlink}href") or target.get("href") or ""
            target = self.ids.get(link[1:])
        stops = [each for each in target if _tag(each) == "stop"] if target is not None else []
        if not stops:
            return "#808080"
        middle = stops[len(stops) // 2]
        color = _declarations(middle.get("style", "")).get("stop-color") or middle.get("stop-color")
        return _color(color or "black")[0] or "#808080"


def _contours(element: ET.Element, tag: str) -> tuple[Floats, Codes] | None:
    """Return the contours of a basic shape; None for what is none."""

    def number(name: str) -> float:
        return next(iter(numbers(element.get(name, ""))), 0.0)

    if tag == "path":
        return parse_path(element.get("d", ""))
    if tag == "rect":
        rx, ry = number("rx"), number("ry")
        return rectangle(number("x"), number("y"), number("width"), number("height"), rx or ry, ry or rx)
    if tag in ("circle", "ellipse"):
        rx, ry = (number("r"), number("r")) if tag == "circle" else (number("rx"), number("ry"))
        return ellipse(number("cx"), number("cy"), rx, ry)
    if tag in ("polygon", "polyline"):
        return polyline(numbers(element.get("points", "")), closed=tag == "polygon")
    if tag == "line":
        return polyline([number("x1"), number("y1"), number("x2"), number("y2")], closed=False)
    return None


def _declarations(text: str) -> dict[str, str]:
    pairs = (each.partition(":") for each in text.split(";"))
    return {name.strip(): value.replace("!important", "").strip() for name, colon, value in pairs if colon}


def _style_rules(root: ET.Element) -> dict[str, dict[str, str]]:
    """Return the declarations of style sheets inside the file, by class and by id; other selectors are not read."""
    rules: dict[str, dict[str, str]] = {}
    for sheet in root.iter():
        if _tag(sheet) == "style":
            for selectors, body in re.findall(
                r"([^{}]+)\{([^{}]*)\}", re.sub(r"/\*.*?\*/", "", sheet.text or "", flags=re.DOTALL)
            ):
                for selector in selectors.split(","):
                    rules.setdefault(selector.strip(), {}).update(_declarations(body))
    return rules


def _share(text: str) -> float:
    found = numbers(text)
    value = found[0] if found else 1.0
    return min(max(value / 100 if text.strip().endswith("%") else value, 0.0), 1.0)


def _color(text: str) -> tuple[str | None, float]:
    """Return a CSS colour as "#RRGGBB" with its opacity, '' for none, None for one that is not known."""
    text = text.strip().lower()
    if text in ("none", "transparent", ""):
        return "", 1.0
    if re.fullmatch(r"#[0-9a-f]{6}(?:[0-9a-f]{2})?", text):
        return text[:7].upper(), int(text[7:], 16) / 255 if len(text) == 9 else 1.0
    if re.fullmatch(r"#[0-9a-f]{3}", text):
        return "#" + "".join(each * 2 for each in text[1:]).upper(), 1.0
    if text.startswith("rgb") and len(parts := re.findall(r"[-\d.]+%?", text)) >= 3:
        levels = [float(each.rstrip("%")) * (2.55 if each.endswith("%") else 1.0) for each in parts[:3]]
        return "#" + "".join(f"{min(max(round(each), 0), 255):02X}" for each in levels), _share(parts[3]) if parts[3:] else 1.0
    return _NAMES.get(text), 1.0


def _nonzero(xy: Floats, codes: Codes) -> tuple[Floats, Codes]:
    """Return contours that fill non-zero as these fill even-odd: by how deep each lies within the others."""
    starts = np.append(np.flatnonzero(codes == MOVE), len(codes))
    pieces = [(xy[a:b], codes[a:b]) for a, b in pairwise(starts)]
    rings = [_flattened(*piece) for piece in pieces]
    areas = [shapely.Polygon(ring).buffer(0) if len(ring) > 3 else shapely.Polygon() for ring in rings]
    out = []
    for piece, ring, area in zip(pieces, rings, areas, strict=True):
        spot = area.representative_point()
        depth = sum(other.area > area.area and bool(other.contains(spot)) for other in areas)
        wrong = not area.is_empty and bool(shapely.is_ccw(shapely.LinearRing(ring))) == bool(depth % 2)
        out.append(_reversed(*piece) if wrong else piece)
    return np.vstack([piece[0] for piece in out]), np.concatenate([piece[1] for piece in out])


def _flattened(xy: Floats, codes: Codes) -> Floats:
    """Return a contour by its corners and the ends of its curves, which is enough to know what lies in what."""
    keep = np.ones(len(codes), bool)
    curves = np.flatnonzero(codes == CUBIC)
    keep[curves[0::3]] = keep[curves[1::3]] = False
    return xy[keep] if keep.sum() > 3 else xy


def _reversed(xy: Floats, codes: Codes) -> tuple[Floats, Codes]:
    """Return the contour the other way round."""
    closed = codes[-1] == CLOSE
    points, kinds = (xy[:-1], codes[:-1]) if closed else (xy, codes)
    turned = np.concatenate([[MOVE], kinds[1:][::-1]]).astype(np.uint8)
    xy = points[::-1]
    return (np.vstack([xy, xy[:1]]), np.append(turned, CLOSE).astype(np.uint8)) if closed else (xy, turned)
