"""Everything below the app works on a server: it imports where neither Qt nor matplotlib can be."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src"

# A fresh interpreter: in this one pytest-qt has imported Qt long ago.
IMPORT_ALL_BUT = """
import importlib, sys

blocked, modules = sys.argv[1].split(","), sys.argv[2:]

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in blocked:
            raise ImportError(f"{name} is blocked", name=name)

sys.meta_path.insert(0, Blocker())
for module in modules:
    importlib.import_module(module)
print(len(modules))
"""


def modules_except(*rooms: str) -> list[str]:
    """Return the names of all modules that are not in one of these rooms."""
    names = []
    for path in sorted((SOURCE / "cgplanner").rglob("*.py")):
        name = ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")
        if not any(f"{name}.".startswith(f"cgplanner.{room}.") for room in (*rooms, "__main__")):
            names.append(name)
    return names


def import_without(packages: str, modules: list[str]) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        environment.pop(name, None)
    command = [sys.executable, "-c", IMPORT_ALL_BUT, packages, *modules]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("packages", "rooms"),
    [
        ("PySide6,shiboken6", ("app", "render.qt")),
        ("matplotlib", ("app", "render.page")),
        ("PySide6,shiboken6,matplotlib,pandas,geopandas,fiona,pyogrio", ("app", "render.qt", "render.page", "io")),
    ],
)
def test_rooms_import_without_what_is_not_theirs(packages: str, rooms: tuple[str, ...]) -> None:
    modules = modules_except(*rooms)
    done = import_without(packages, modules)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(len(modules))


def test_the_blocker_blocks() -> None:
    done = import_without("PySide6", ["PySide6.QtCore"])
    assert done.returncode == 1
    assert "PySide6 is blocked" in done.stderr
