"""KML as a stream: its folders and what lies in each, one placemark at a time.

By hand, because the drivers turn every Chinese name of an attribute into "______", so that one overwrites the other, and read
no encoding but UTF-8. Prefixes of names are not looked at: half of the files in use declare the wrong ones or none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cgplanner.errors import UserError
from cgplanner.io.report import Note
from cgplanner.io.texts.text_source import TextSource
from cgplanner.io.xml.walk import walked
from cgplanner.text import tr

DEEPEST = 200
_CONTAINERS = {"Document", "Folder"}
_FEATURES = {"Placemark", "GroundOverlay"}
_TAGS = (
    *("Document", "Folder", "Placemark", "GroundOverlay", "Point", "LineString", "LinearRing", "Polygon", "MultiGeometry"),
    *("outerBoundaryIs", "innerBoundaryIs", "coordinates", "ExtendedData", "SchemaData", "SimpleData", "Data"),
)
_IN_ANY_CASE = {each.lower(): each for each in _TAGS}
_SHOUTED = {"NAME": "name", "DESCRIPTION": "description", "VALUE": "value"}
_OF_OWN = ("ExtendedData", "Metadata")  # in these names are people's own
LEFT_OUT = {"NetworkLink", "ScreenOverlay", "PhotoOverlay", "Tour"}


@dataclass
class Node:
    """An element inside a placemark: its name without prefix, its attributes, text and children."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Node] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Its own text."""
        return "".join(self.pieces)

    def first(self, tag: str) -> Node | None:
        """Return the first child of this name."""
        return next((each for each in self.children if each.tag == tag), None)

    def all(self, tag: str) -> list[Node]:
        """Return the children of this name."""
        return [each for each in self.children if each.tag == tag]

    def deep(self, tag: str) -> Iterator[Node]:
        """Give the elements of this name at any depth."""
        for each in self.children:
            if each.tag == tag:
                yield each
            yield from each.deep(tag)

    def said(self, tag: str) -> str | None:
        """Return the stripped text of a child, None when it is not there."""
        found = self.first(tag)
        return None if found is None else found.text.strip()


@dataclass
class Container:
    """A document or a folder, and the placemarks that lie in it and in no folder inside it."""

    name: str = ""
    placemarks: list[Node] = field(default_factory=list)
    containers: int = 0
    root: bool = False


@dataclass
class KmlTree:
    """What a document holds; ``left_out`` counts by kind what is no place."""

    containers: list[Container] = field(default_factory=list)
    schemas: list[Node] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    source: TextSource | None = None

    def layers(self) -> list[Container]:
        """Return the containers that are layers: those with placemarks, and those with nothing at all inside."""
        full = [each for each in self.containers if each.placemarks or not (each.containers or each.root)]
        return full or self.containers[:1]


class _Reader:
    """Turns the events of the parser into a tree; only what lies inside a placemark or a schema is kept as nodes."""

    def __init__(self, path: Path) -> None:
        self.path, self.tree = path, KmlTree()
        self.open: list[str] = []
        self.containers = [Container(root=True)]
        self.tree.containers.append(self.containers[0])
        self.nodes: list[Node] = []
        self.naming = self.ended = False
        self.kinds = set(_FEATURES)

    def features(self) -> int:
        """Return how many placemarks are whole."""
        return sum(len(each.placemarks) for each in self.tree.containers)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(":")[2]
        if self.open and (self.open[-1] not in _OF_OWN or tag.lower() in ("data", "schemadata")):
            tag = _SHOUTED.get(tag) or _IN_ANY_CASE.get(tag.lower(), tag)
        if len(self.open) >= DEEPEST:
            raise _damaged(self.path, tr("its elements are nested too deep"))
        if not self.open and tag.lower() != "kml" and tag not in {*_CONTAINERS, *_FEATURES}:
            raise _damaged(self.path, tr("its root element is “{name}”", name=tag))
        self.open.append(tag)
        if self.nodes:
            node = Node(tag, attributes)
            self.nodes[-1].children.append(node)
            self.nodes.append(node)
        elif tag in _CONTAINERS:
            self.containers[-1].containers += 1
            self.containers.append(Container(attributes.get("id", "")))
            self.tree.containers.append(self.containers[-1])
        elif tag in self.kinds or tag == "Schema":
            self.nodes.append(Node(tag, attributes))
            if tag == "Schema" and attributes.get("parent") == "Placemark":  # KML 2.1: placemarks by a name of one's own
                self.kinds.add(attributes.get("name", ""))
        elif tag in LEFT_OUT:
            self.tree.left_out[tag] = self.tree.left_out.get(tag, 0) + 1
        self.naming = not self.nodes and tag == "name" and self.open[-2:-1] != [] and self.open[-2] in _CONTAINERS
        if self.naming:
            self.containers[-1].name = ""

    def end(self, _name: str) -> None:
        tag = self.open.pop()
        self.naming = False
        if self.nodes:
            node = self.nodes.pop()
            if not self.nodes:
                (self.tree.schemas if node.tag == "Schema" else self.containers[-1].placemarks).append(node)
        elif tag in _CONTAINERS and len(self.containers) > 1:
            self.containers.pop()
        self.ended = not self.open

    def text(self, text: str) -> None:
        if self.nodes:
            self.nodes[-1].pieces.append(text)
        elif self.naming:
            self.containers[-1].name += text


def kml_tree(path: Path, encoding: str | None, progress: Callable[[float], None] | None = None) -> KmlTree:
    """Read a document.

    Raises
    ------
    BrokenOff
        When it breaks off behind placemarks that are whole, and nobody asked for those.
    UserError
        When it is no KML, or defines entities.
    Cancelled
        From ``progress``.
    """
    reader, source, notes = walked(path, encoding, lambda: _Reader(path), lambda reason: _damaged(path, reason), progress)
    reader.tree.source, reader.tree.notes = source, notes
    return reader.tree


def _damaged(path: Path, reason: str) -> UserError:
    return UserError(
        tr("{name} is damaged or no KML: {reason}.", name=path.name, reason=reason),
        hint=tr("Check that the file is complete, or export it again from where it came."),
        path=path,
    )
