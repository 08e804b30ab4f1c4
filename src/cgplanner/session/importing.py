"""From what a door of ``io`` read to a layer of the workspace: an id, titles, a look."""

from __future__ import annotations

import re

from cgplanner.io.source import LoadedLayer
from cgplanner.model.layer import Layer
from cgplanner.model.workspace import Workspace
from cgplanner.symbology.defaults import default_style

_NOT_PLAIN = re.compile(r"[^a-z0-9]+")


def imported_layer(loaded: LoadedLayer, workspace: Workspace) -> Layer:
    """Return the layer that a file becomes in this workspace, with an id that is new there and a look of its own."""
    position = sum(layer.role == "planning" for layer in workspace.layers)
    return Layer(
        id=fresh_id(loaded.name, workspace),
        title_zh=loaded.name,
        title_en=loaded.name,
        table=loaded.table,
        crs=loaded.crs,
        style=default_style(loaded.table.schema, position),
        source=loaded.source_path.name,
        encoding=loaded.report.encoding,
    )


def fresh_id(name: str, workspace: Workspace) -> str:
    """Return an ASCII id made from a name that no layer of the workspace has."""
    plain = _NOT_PLAIN.sub("_", name.lower()).strip("_")[:32]
    stem = plain if plain and plain[0].isalpha() else f"layer_{plain}".rstrip("_")
    number, candidate = 1, stem
    while candidate in workspace or candidate in _RESERVED:
        number += 1
        candidate = f"{stem}_{number}"
    return candidate


_RESERVED = {"gpkg_contents", "sqlite_master", "layer"}
