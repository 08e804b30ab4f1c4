"""Styles kept under a name, one small JSON file each, in the user's own folder: what suits one layer may suit another.

This file must not know where that folder is.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from cgplanner.errors import UserError
from cgplanner.io.files.safe_write import disk_trouble_told, replacing
from cgplanner.symbology.style import Style, style_from_json
from cgplanner.text import tr

ENDING = ".style.json"
_MOST_BYTES = 4 << 20


@dataclass(frozen=True)
class Presets:
    """The named styles in a folder, which need not be there yet."""

    folder: Path

    def names(self) -> tuple[str, ...]:
        """Return the names, in order."""
        if not self.folder.is_dir():
            return ()
        return tuple(sorted(each.name.removesuffix(ENDING) for each in self.folder.glob(f"*{ENDING}")))

    def read(self, name: str) -> Style:
        """Return a style by name.

        Raises
        ------
        UserError
            When it is not there, or is damaged.
        """
        path = self._path(name)
        try:
            with disk_trouble_told(path):
                data = json.loads(path.read_bytes()[:_MOST_BYTES])
        except (ValueError, RecursionError):
            data = None
        if not isinstance(data, dict):
            raise UserError(
                tr("The saved style “{name}” is damaged.", name=name), hint=tr("Remove it and save it anew."), path=path
            )
        return style_from_json(data)

    def save(self, name: str, style: Style) -> None:
        """Keep a style under a name; the style of that name before is replaced.

        Raises
        ------
        UserError
            When the name cannot be a file's, or the disk says no.
        """
        path = self._path(name)
        with disk_trouble_told(path):
            self.folder.mkdir(parents=True, exist_ok=True)
        with replacing(path) as folder:
            (folder / path.name).write_text(json.dumps(style.to_json(), ensure_ascii=False), encoding="utf-8")

    def remove(self, name: str) -> None:
        """Forget a style; one that is not there is no error."""
        path = self._path(name)
        with disk_trouble_told(path):
            path.unlink(missing_ok=True)

    def check_name(self, name: str) -> None:
        """Raise UserError when this cannot be the name of a style."""
        self._path(name)

    def _path(self, name: str) -> Path:
        plain = name.strip()
        if not plain or len(plain) > 60 or re.search(r'[<>:"/\\|?*\x00-\x1f]', plain) or plain.startswith("."):
            raise UserError(
                tr("“{name}” cannot be the name of a style.", name=name),
                hint=tr("Leave out signs such as / : * ? and try again."),
            )
        return self.folder / f"{plain}{ENDING}"
