"""A layer: a table with a name, a place on earth and a look. An immutable value.

The style belongs to the symbology floor above; here it is a value that can be compared and written as JSON, no more.
"""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

from cgplanner.model.changeset import Key, Setting, TableChange
from cgplanner.model.schema import Schema
from cgplanner.model.table import FeatureTable
from cgplanner.text import pick

Role = Literal["planning", "base"]

_revisions = itertools.count(1)  # one number is never given twice, so that (layer, revision) names one picture


class Appearance(Protocol):
    """What a layer knows of its style; ``cgplanner.symbology.style.Style`` is the only kind there is."""

    def to_json(self) -> dict[str, Any]:
        """Return the style as JSON-able data."""
        ...


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer of a workspace.

    Attributes
    ----------
    id
        Identity within the workspace, ASCII, never changes; also the table's name in the workspace file.
    crs
        An EPSG code ("EPSG:4490") where there is one, else WKT2; '' when it is not known.
    role
        ``base`` layers carry the map; ``planning`` layers are the plan.
    source, accuracy_note
        Where the data come from and how far they can be trusted, in the words that go onto the page; ``extras`` may hold the
        English words as ``source_en`` and ``accuracy_note_en``.
    encoding
        The text encoding it was read with, where that was not UTF-8 by definition.
    """

    id: str
    title_zh: str
    title_en: str
    table: FeatureTable
    crs: str
    style: Appearance
    visible: bool = True
    opacity: float = 1.0
    role: Role = "planning"
    source: str = ""
    accuracy_note: str = ""
    encoding: str = ""
    revision: int = 0  # another number after every change of rows; larger is later
    style_revision: int = 0  # the same for style, visibility, opacity
    extras: Mapping[str, Any] = field(default_factory=dict)  # JSON-able notes of the room that made it

    @property
    def title(self) -> str:
        """What people call the layer, in their language."""
        return pick(self.title_zh, self.title_en) or self.id

    @property
    def source_text(self) -> str:
        """Where the data come from, in the language of the user."""
        return pick(self.source, str(self.extras.get("source_en", "")))

    @property
    def accuracy_text(self) -> str:
        """How far the data can be trusted, in the language of the user."""
        return pick(self.accuracy_note, str(self.extras.get("accuracy_note_en", "")))

    @property
    def schema(self) -> Schema:
        """The schema of its table."""
        return self.table.schema

    def with_changes(self, change: TableChange, settings: Mapping[Key, Setting]) -> Layer:
        """Return the layer after these changes of its rows and settings; revisions move on."""
        layer = self
        for key, value in settings.items():
            layer = layer._with_setting(key.name, value.new)
        if change.is_empty:
            return layer
        return replace(layer, table=layer.table.apply(change), revision=next(_revisions))

    def _with_setting(self, name: str, value: Any) -> Layer:
        if name == "schema":
            return replace(self, table=self.table.with_schema(value), revision=next(_revisions))
        if name not in {"style", "visible", "opacity", "title_zh", "title_en", "crs", "source", "accuracy_note"}:
            raise ValueError(f"a layer has no setting {name}")
        changes: dict[str, Any] = {name: value}
        if name in {"style", "visible", "opacity"}:
            changes["style_revision"] = next(_revisions)
        if name == "crs":
            changes["revision"] = next(_revisions)
        return replace(self, **changes)

    def equals(self, other: Layer) -> bool:
        """Tell whether both hold and show the same (revisions aside)."""
        mine = (self.id, self.title_zh, self.title_en, self.crs, self.style, self.visible, self.opacity, self.role)
        theirs = (other.id, other.title_zh, other.title_en, other.crs, other.style, other.visible, other.opacity, other.role)
        return mine == theirs and self.table.equals(other.table)


def new_layer_id() -> str:
    """Return a fresh layer id: short, ASCII, good as a table name."""
    return f"layer_{secrets.token_hex(4)}"
