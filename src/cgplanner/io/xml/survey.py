"""A walk through GML from end to end before the driver reads it: how many features there are and what is odd in them.

The driver is silent where it leaves out: a second shape of a feature, features nested too deep, numbers that are none. This
file counts by itself. It makes no shapes and opens no file.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

GEOMETRIES = frozenset(
    (
        *("Point", "LineString", "LinearRing", "Polygon", "Curve", "Surface", "Arc", "Circle", "Solid", "Tin"),
        *("MultiPoint", "MultiLineString", "MultiPolygon", "MultiCurve", "MultiSurface", "MultiGeometry", "MultiSolid"),
        *("GeometryCollection", "CompositeCurve", "CompositeSurface", "CompositeSolid", "TriangulatedSurface"),
        *("Rectangle", "Triangle", "Envelope", "Box", "Ring", "ElevatedPoint", "ElevatedCurve", "ElevatedSurface"),
        *("PolyhedralSurface", "TopoCurve", "TopoSurface", "TopoPoint", "OrientableCurve", "OrientableSurface"),
    )
)
_NUMBERS = frozenset(("pos", "posList", "coordinates", "X", "Y"))
_PLAIN_NUMBERS = re.compile(r"[0-9 .,;+\-eE\n\t\r]*+")  # a match of all is four times as quick as the search for none
_NO_NUMBER = re.compile(r"[^\d\s.,;+\-eE]")
_REASON_TAGS = frozenset(("ExceptionText", "ServiceException"))

_ROOT, _MEMBER, _FEATURE, _INSIDE, _GEOMETRY, _OTHER = range(6)


@dataclass
class XmlSurvey:
    """What was met on the walk.

    Attributes
    ----------
    is_gml
        The namespace of GML is named near the beginning.
    features
        {kind of feature: how many are whole}.
    systems
        {kind of feature: {srsName of its first shape, '' for none: how many}}.
    several
        {kind of feature: how many have more than one shape}, and ``names`` of the elements these lie in.
    no_numbers
        {kind of feature: {number of the feature: what stands where its coordinates should}}.
    announced
        How many features the server says it has.
    said
        What a server says instead of features.
    cut
        (byte in the UTF-8 text behind the last whole feature, elements open there); None before the first.
    """

    root: str = ""
    is_gml: bool = False
    features: Counter[str] = field(default_factory=Counter)
    systems: dict[str, Counter[str]] = field(default_factory=dict)
    several: Counter[str] = field(default_factory=Counter)
    names: dict[str, set[str]] = field(default_factory=dict)
    no_numbers: dict[str, dict[int, str]] = field(default_factory=dict)
    announced: int = -1
    said: str = ""
    cut: tuple[int, tuple[str, ...]] | None = None
    ended: bool = False


class Surveyor:
    """Turns the events of a parser into a survey."""

    def __init__(self, parser: Any) -> None:
        self.parser = parser
        self.survey = XmlSurvey()
        self.roles: list[int] = []
        self.tags: list[str] = []
        self.shapes: set[str] = set()
        self.bad = ""
        self.is_listening = False
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(":")[2]
        roles = self.roles
        if roles and roles[-1] == _GEOMETRY:  # most elements of a file
            roles.append(_GEOMETRY)
            self.tags.append(name)
            if tag in _NUMBERS:
                self._listen(self._numbers)
            return
        role = self._role(tag)
        roles.append(role)
        self.tags.append(name)
        if role == _GEOMETRY:
            self._shape(attributes)
            if tag in _NUMBERS:
                self._listen(self._numbers)
        elif role == _FEATURE:
            self.shapes, self.bad = set(), ""
        elif len(self.tags) == 1:
            self._begin(tag, attributes)
        elif tag in _REASON_TAGS:
            self._listen(self._reason)

    def _listen(self, heard: Callable[[str], None]) -> None:
        self.parser.CharacterDataHandler = heard
        self.is_listening = True

    def _role(self, tag: str) -> int:
        above = self.roles[-1] if self.roles else None
        role = _OTHER
        if above is None:
            role = _ROOT
        elif above in (_FEATURE, _INSIDE):
            is_shape = tag in GEOMETRIES and self.tags[-1].rpartition(":")[2] != "boundedBy"
            role = _GEOMETRY if is_shape else _INSIDE
        elif above == _MEMBER:
            role = _ROOT if tag.endswith("Collection") else _FEATURE
        elif above == _ROOT and tag.lower().endswith(("member", "members")):
            role = _MEMBER
        return role

    def _begin(self, tag: str, attributes: dict[str, str]) -> None:
        self.survey.root = tag
        if tag in GEOMETRIES:
            self.survey.features["geometry"] += 1
        for name in ("numberMatched", "numberOfFeatures"):
            if attributes.get(name, "").isdigit():
                self.survey.announced = int(attributes[name])

    def _shape(self, attributes: dict[str, str]) -> None:
        place = self.tags[-2].rpartition(":")[2]
        if not self.shapes:
            kind = self.tags[self.roles.index(_FEATURE)].rpartition(":")[2]
            self.survey.systems.setdefault(kind, Counter())[attributes.get("srsName", "")] += 1
        self.shapes.add(place)

    def _end(self, name: str) -> None:
        role = self.roles.pop()
        self.tags.pop()
        if self.is_listening:
            self.parser.CharacterDataHandler = None
            self.is_listening = False
        if role == _GEOMETRY:
            return
        if role == _FEATURE:
            self._feature(name.rpartition(":")[2])
            self.survey.cut = (self.parser.CurrentByteIndex, (*self.tags, name))
        elif role == _ROOT and not self.roles:
            self.survey.ended = True

    def _feature(self, kind: str) -> None:
        survey = self.survey
        survey.features[kind] += 1
        if len(self.shapes) > 1:
            survey.several[kind] += 1
            survey.names.setdefault(kind, set()).update(self.shapes)
        if self.bad:
            survey.no_numbers.setdefault(kind, {})[survey.features[kind] - 1] = self.bad

    def _numbers(self, text: str) -> None:
        if _PLAIN_NUMBERS.fullmatch(text):
            return
        if _NO_NUMBER.search(text) and not re.fullmatch(r"\s*[-+]?(nan|inf)\s*", text, re.IGNORECASE):
            self.bad = " ".join(text.split())[:60]

    def _reason(self, text: str) -> None:
        if len(self.survey.said) < 300:
            self.survey.said += text
