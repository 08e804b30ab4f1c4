"""How pictures of the ground are come by for this person: keys, kept tiles, and the folder of the workspace."""

from __future__ import annotations

from pathlib import Path

from cgplanner.io.ground.basemap_source import GroundAccess
from cgplanner.io.ground.tile_store import TileStore
from cgplanner.session.folders import tile_folder
from cgplanner.session.service_keys import load_keys


def ground_access(workspace_path: Path | None = None) -> GroundAccess:
    """Return the access for a workspace that lies there."""
    beside = workspace_path.absolute().parent if workspace_path is not None else None
    return GroundAccess(load_keys(), TileStore(tile_folder()), beside)
