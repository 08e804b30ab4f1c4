"""Finds features by what they are called, in either language. Knows nothing of Qt or of the box it is typed into."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cgplanner.model.column import TextColumn
from cgplanner.model.layer import Layer
from cgplanner.model.schema import FieldType
from cgplanner.model.workspace import Workspace

MOST_TEXTS = 100_000  # texts of one field that are looked through while somebody types
_NAME_CODES = {"YWMC", "LMPX"}  # English and romanised names of the sample's schema


@dataclass(frozen=True)
class Found:
    """A feature whose name holds what was typed."""

    layer_id: str
    rid: int
    title: str
    where: str


def found_features(workspace: Workspace, text: str, limit: int = 20) -> list[Found]:
    """Return features whose names hold the text, those that begin with it first, planning layers before base layers."""
    wanted = text.strip().casefold()
    if not wanted:
        return []
    found: list[tuple[tuple[bool, bool], Found]] = []
    for layer in reversed(workspace.layers):
        for position, begins in _hits(layer, wanted, limit):
            title = layer.table.title_of(position)
            hit = Found(layer.id, int(layer.table.rids[position]), title, layer.title)
            found.append(((not begins, layer.role == "base"), hit))
    found.sort(key=lambda each: each[0])
    return [hit for _, hit in found[:limit]]


def _hits(layer: Layer, wanted: str, limit: int) -> list[tuple[int, bool]]:
    """Return (position, whether a name begins so) of at most ``limit`` rows."""
    hits: dict[int, bool] = {}
    for field in layer.schema:
        named = field.id in (layer.schema.title, layer.schema.key) or field.name in _NAME_CODES
        column = layer.table.columns[field.id]
        if not named or field.type is not FieldType.TEXT or not isinstance(column, TextColumn):
            continue
        texts = [str(each).casefold() for each in column.distinct[:MOST_TEXTS]]
        codes = [code for code, each in enumerate(texts) if wanted in each][:limit]
        if not codes:
            continue
        for position in np.flatnonzero(np.isin(column.canonical, codes))[:limit]:
            begins = texts[int(column.canonical[position])].startswith(wanted)
            hits[int(position)] = hits.get(int(position), False) or begins
    return list(hits.items())
