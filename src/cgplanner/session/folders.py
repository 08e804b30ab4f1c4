"""Where keys, journals and kept tiles of this user lie. ``CGPLANNER_HOME`` overrides it (tests, portable installations)."""

from __future__ import annotations

import os
from pathlib import Path


def home() -> Path:
    """Return the folder for everything the program keeps for this user; it is made when it is missing."""
    override = os.environ.get("CGPLANNER_HOME")
    if override:
        folder = Path(override)
    else:
        import platformdirs  # noqa: PLC0415  not needed when the folder is given

        folder = Path(platformdirs.user_data_dir("cgplanner", appauthor=False))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def journal_folder() -> Path:
    """Return the folder of the crash journals."""
    folder = home() / "journals"
    folder.mkdir(exist_ok=True)
    return folder


def tile_folder() -> Path:
    """Return the folder of kept tiles, which may be thrown away at any time; it is made when it is needed."""
    override = os.environ.get("CGPLANNER_HOME")
    if override:
        return Path(override) / "tiles"
    import platformdirs  # noqa: PLC0415  see home

    return Path(platformdirs.user_cache_dir("cgplanner", appauthor=False)) / "tiles"
