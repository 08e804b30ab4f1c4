"""Operations that give a layer a whole look at once: from a file, from a preset, from another layer."""

from __future__ import annotations

from cgplanner.edit.edit import Edit
from cgplanner.model import workspace as documents
from cgplanner.model.layer import Appearance
from cgplanner.model.workspace import Workspace
from cgplanner.text import Name, sentence


def take_style(workspace: Workspace, layer_id: str, style: Appearance, opacity: float | None = None) -> Edit:
    """Give a layer another style, and another opacity where one comes with it, as one step."""
    layer = workspace.layer(layer_id)
    changes = documents.setting(workspace, layer_id, "style", style)
    if opacity is not None and opacity != layer.opacity:
        changes = changes + documents.setting(workspace, layer_id, "opacity", opacity)
    return Edit(changes, sentence("take over a style for {layer}", layer=Name(layer.title_zh or layer.id, layer.title_en)))
