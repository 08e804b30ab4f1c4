"""The same bytes in another place, for drivers that want names of their own. No format in here."""

from __future__ import annotations

import shutil
from pathlib import Path


def link(source: Path, target: Path) -> None:
    """Make ``target`` show the same bytes: a link where the system allows one, else a copy. What lies there already stays."""
    if target.is_symlink() or target.exists():  # a copy would go through that link, into a file of somebody's
        return
    try:
        target.symlink_to(source.resolve())
    except OSError:
        shutil.copyfile(source, target)
