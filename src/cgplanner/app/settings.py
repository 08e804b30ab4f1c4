"""What the program remembers between two starts, as one small JSON file that a person can read. Knows nothing of Qt."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

import platformdirs

from cgplanner.text import Language

ThemeName = Literal["light", "dark"]

FILE_NAME = "settings.json"
RECENT_LIMIT = 8


@dataclass(frozen=True)
class Settings:
    """One person's preferences.

    Attributes
    ----------
    language
        '' follows the locale.
    recent
        Paths of workspaces, the latest first.
    window
        Place and panels of the window, as the toolkit writes them (base64).
    furniture
        What is shown over the map: ``graticule``, ``scale-bar``, ``overview``.
    coordinates
        How the status bar writes places; '' is the zone and degrees.
    """

    language: Language | Literal[""] = ""
    theme: ThemeName = "light"
    recent: tuple[str, ...] = ()
    window: str = ""
    furniture: tuple[str, ...] = ("scale-bar",)
    coordinates: str = ""

    def with_recent(self, path: Path) -> Settings:
        """Return the settings after this workspace was opened or saved."""
        rest = [each for each in self.recent if each != str(path)]
        return replace(self, recent=(str(path), *rest)[:RECENT_LIMIT])


def config_folder() -> Path:
    """Return the folder of the settings: ``CGPLANNER_HOME`` where that is set, else the place of the system."""
    home = os.environ.get("CGPLANNER_HOME")
    return Path(home) if home else Path(platformdirs.user_config_dir("cgplanner", appauthor=False))


def load() -> Settings:
    """Return the remembered settings; what is missing, damaged or of another type is as on the first day."""
    try:
        data = json.loads((config_folder() / FILE_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return Settings()
    return _checked(data) if isinstance(data, dict) else Settings()


def _checked(data: dict[str, Any]) -> Settings:
    good: dict[str, Any] = {}
    if data.get("language") in get_args(Language):
        good["language"] = data["language"]
    if data.get("theme") in get_args(ThemeName):
        good["theme"] = data["theme"]
    if isinstance(data.get("recent"), list):
        good["recent"] = tuple(str(each) for each in data["recent"][:RECENT_LIMIT])
    if isinstance(data.get("window"), str):
        good["window"] = data["window"]
    if isinstance(data.get("furniture"), list):
        good["furniture"] = tuple(str(each) for each in data["furniture"])
    if isinstance(data.get("coordinates"), str):
        good["coordinates"] = data["coordinates"]
    return Settings(**good)


def save(settings: Settings) -> bool:
    """Write the settings; return False where the disk refuses: a preference is not worth a dialog."""
    folder = config_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        beside = folder / f"{FILE_NAME}.{os.getpid()}"
        beside.write_text(json.dumps(asdict(settings), ensure_ascii=False, indent=1), encoding="utf-8")
        beside.replace(folder / FILE_NAME)
    except OSError:
        return False
    return True
