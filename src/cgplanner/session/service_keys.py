"""The keys of map services that a person has: one small file that only this person may read, never a part of a workspace."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

from cgplanner.session.folders import home

FILE_NAME = "service_keys.json"


def load_keys() -> dict[str, str]:
    """Return the keys by the name of their service; none where the file is missing or damaged."""
    try:
        data = json.loads((home() / FILE_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(name): str(key) for name, key in data.items()} if isinstance(data, dict) else {}


def save_key(service: str, key: str) -> bool:
    """Keep the key of a service, '' to forget it; return False where the disk refuses."""
    keys = {**load_keys(), service: key.strip()}
    keys = {name: each for name, each in keys.items() if each}
    path = home() / FILE_NAME
    beside = path.with_name(f"{FILE_NAME}.{os.getpid()}")
    try:
        _write_private(beside, json.dumps(keys, ensure_ascii=False, indent=1))
        beside.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        return False
    return True


def _write_private(path: Path, text: str) -> None:
    """Write a file that nobody else may read, not even for the moment in which it is written."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
