"""Finds features by what they are called, in either language. Knows nothing of Qt or of the box it is typed into."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cgplanner.app.qtmodels.wanted import Wanted
from cgplanner.model.column import TextColumn
from cgplanner.model.layer import Layer
from cgplanner.model.schema import FieldType
from cgplanner.model.workspace import Workspace

MOST_TEXTS = 100_000  # texts of one field that are looked through while somebody types
MOST_SPELT = 20_000  # the same for initials, which take longer
_NAME_CODES = {"YWMC", "LMPX"}  # English and romanised names of the sample's schema


@dataclass(frozen=True)
class Found:
    """A feature whose name holds what was typed."""

    layer_id: str
    rid: int
    title: str
    where: str


def found_features(workspace: Workspace, text: str, limit: int = 20) -> list[Found]:
    """Return features whose names hold the text: those called so, those that begin so, the others; plan before base layers."""
    wanted = Wanted(text)
    if not wanted:
        return []
    found: list[tuple[tuple[int, bool], Found]] = []
    for layer in reversed(workspace.layers):
        for position, rank in _hits(layer, wanted, limit):
            title = layer.table.title_of(position)
            hit = Found(layer.id, int(layer.table.rids[position]), title, layer.title)
            found.append(((rank, layer.role == "base"), hit))
    found.sort(key=lambda each: each[0])
    return [hit for _, hit in found[:limit]]


def _hits(layer: Layer, wanted: Wanted, limit: int) -> list[tuple[int, int]]:
    """Return (position, 0 for a name that is the text, 1 for one that begins with it, 2, 3 for one spelt so) of a few rows."""
    hits: dict[int, int] = {}
    for field in layer.schema:
        named = field.id in (layer.schema.title, layer.schema.key) or field.name in _NAME_CODES
        column = layer.table.columns[field.id]
        if not named or field.type is not FieldType.TEXT or not isinstance(column, TextColumn):
            continue
        texts = [str(each).casefold() for each in column.distinct[:MOST_TEXTS]]
        codes = [code for code, each in enumerate(texts) if wanted.text in each][:limit]
        codes = codes or [code for code, each in enumerate(texts[:MOST_SPELT]) if wanted.spells(each)][:limit]
        if not codes:
            continue
        for position in np.flatnonzero(np.isin(column.canonical, codes))[:limit]:
            name = texts[int(column.canonical[position])]
            rank = 0 if name == wanted.text else 1 if name.startswith(wanted.text) else 2 if wanted.text in name else 3
            hits[int(position)] = min(hits.get(int(position), rank), rank)
    return list(hits.items())
