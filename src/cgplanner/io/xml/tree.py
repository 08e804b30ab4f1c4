"""XML of strangers as a tree, where nothing in it can hurt: no entities, no endless nesting, nothing fetched."""

from __future__ import annotations

import xml.parsers.expat
from collections.abc import Callable
from xml.etree import ElementTree as ET

from cgplanner.errors import UserError
from cgplanner.io.xml.broken import reason_in_words
from cgplanner.text import tr

DEEPEST = 80

Refuse = Callable[[str], UserError]  # makes a refusal of a reason


def tree_of(data: bytes, refuse: Refuse) -> ET.Element:
    """Return the root of an XML document.

    Raises
    ------
    UserError
        As ``refuse`` makes it: when it is not XML, is nested too deeply, or declares entities (they can grow without bounds or
        name other files).
    """
    try:
        _look_through(data, refuse)
        return ET.fromstring(data)  # noqa: S314  entities have been refused before
    except (ET.ParseError, xml.parsers.expat.ExpatError, ValueError, LookupError) as error:
        raise refuse(reason_in_words(str(error))) from None


def _look_through(data: bytes, refuse: Refuse) -> None:
    """Refuse what could hurt, before a tree is built."""
    depth = 0

    def down(_name: str, _attributes: object) -> None:
        nonlocal depth
        depth += 1
        if depth > DEEPEST:
            raise refuse(tr("it is nested too deeply"))

    def up(_name: str) -> None:
        nonlocal depth
        depth -= 1

    def entity(*_declaration: object) -> None:
        raise refuse(tr("it declares entities, for which there is no use here"))

    parser = xml.parsers.expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler, parser.EntityDeclHandler = down, up, entity
    parser.Parse(data, True)
