"""What style files of both kinds are read with: XML that cannot hurt, colours, sizes, fields, and the list of what got lost.

This file must not know QML or SLD.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree as ET

from cgplanner.errors import UserError
from cgplanner.io.files.safe_write import disk_trouble_told
from cgplanner.io.report import Note
from cgplanner.io.xml.tree import tree_of
from cgplanner.model.schema import Schema
from cgplanner.symbology.style import Style
from cgplanner.text import Sentence, sentence, tr

MOST_BYTES = 32 << 20
Kind = Literal["point", "line", "polygon"]
KINDS: tuple[Kind, ...] = ("point", "line", "polygon")
PX_PER_MM = 96 / 25.4


def parsed_xml(path: Path) -> ET.Element:
    """Return the root of an XML file.

    Raises
    ------
    UserError
        When the file cannot be read, is too large or nested too deeply, is not XML, or declares entities (they can grow
        without bounds or name other files).
    """
    with disk_trouble_told(path):
        size = path.stat().st_size
        data = path.read_bytes() if size <= MOST_BYTES else b""
    if size > MOST_BYTES:
        raise _refusal(path, tr("it is too large"))
    return tree_of(data, lambda reason: _refusal(path, reason))


def _refusal(path: Path, reason: str) -> UserError:
    return UserError(
        tr("“{path}” cannot be read as a style file: {reason}.", path=path.name, reason=reason),
        hint=tr("Choose a .qml or .sld file."),
        path=path,
    )


def local(element: ET.Element) -> str:
    """Return an element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def children(element: ET.Element | None, *names: str) -> list[ET.Element]:
    """Return the children with one of these names, whatever their namespace; of no element there are none."""
    return [] if element is None else [child for child in element if local(child) in names]


def child(element: ET.Element | None, *path: str) -> ET.Element | None:
    """Return the first element at the end of a path of names, None where there is none."""
    for name in path:
        element = next(iter(children(element, name)), None)
    return element


def number(text: object, default: float = 0.0) -> float:
    """Return the number that a text begins with; ``default`` where it is none or no finite one."""
    found = re.match(r"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", str(text))
    value = float(found[0]) if found else default
    return value if math.isfinite(value) and abs(value) < 1e12 else default


@dataclass
class Losses:
    """What the other side cannot say, each once with a count."""

    notes: dict[str, Note] = field(default_factory=dict)

    def add(self, code: str, message: Sentence, *, info: bool = False) -> None:
        """Note one loss; the same sentence again raises its count."""
        key = f"{code}|{message!r}"
        known = self.notes.get(key)
        severity: Literal["info", "warning"] = "info" if info else "warning"
        self.notes[key] = replace(known, count=known.count + 1) if known else Note(code, severity, message)

    def lost(self, what: str) -> None:
        """Note a thing by the name that the file gives it."""
        self.add("style-part-lost", sentence("“{what}” is not known here and was left out.", what=what))

    def all(self) -> tuple[Note, ...]:
        """Return the notes in the order in which they came up."""
        return tuple(self.notes.values())


@dataclass(frozen=True)
class FieldNames:
    """Fields by the names that files use."""

    schema: Schema
    losses: Losses

    def id_of(self, name: str) -> str:
        """Return the field's id; a field that is not there keeps its name, which is noted."""
        try:
            return self.schema.named(name).id
        except UserError:
            self.losses.add(
                "style-field-missing", sentence("The style asks for the field “{name}”, which is not there.", name=name)
            )
            return name


@dataclass(frozen=True)
class StyleRead:
    """A style from a file.

    Attributes
    ----------
    style
        What the layer gets.
    opacity
        The layer's opacity where the file says it, else None.
    notes
        What could not be taken over, or only nearly.
    """

    style: Style
    opacity: float | None = None
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class Color:
    """A colour as files have it."""

    rgb: str = "#000000"
    alpha: float = 1.0


def color_of(text: str) -> Color:
    """Return a colour written "r,g,b[,a[,...]]" or "#rrggbb[aa]"; black where it is neither."""
    text = text.strip()
    found = re.fullmatch(r"#([0-9A-Fa-f]{6})([0-9A-Fa-f]{2})?", text)
    if found:
        return Color(f"#{found[1].upper()}", int(found[2], 16) / 255 if found[2] else 1.0)
    parts = [min(max(round(number(each)), 0), 255) for each in text.split(",")[:4]]
    if len(parts) < 3:
        return Color()
    return Color("#{:02X}{:02X}{:02X}".format(*parts[:3]), parts[3] / 255 if len(parts) > 3 else 1.0)


def commas(color: str, opacity: float = 1.0) -> str:
    """Return a colour as QGIS writes it."""
    red, green, blue = (int(color[place : place + 2], 16) for place in (1, 3, 5))
    return f"{red},{green},{blue},{round(255 * min(max(opacity, 0.0), 1.0))}"


def trimmed(value: float) -> str:
    """Return a number without trailing zeros, at most five digits after the point."""
    return f"{value:.5f}".rstrip("0").rstrip(".") or "0"


def named(names: Mapping[str, str], schema: Schema, field_id: str) -> str:
    """Return the name of a field in the file the style goes with: ``names`` where it says so, else the schema's."""
    return names.get(field_id) or (schema[field_id].name if field_id in schema else field_id)
