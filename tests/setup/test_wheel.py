"""The wheel carries what the program needs at run time, and finds it where there is no checkout."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CARRIED = ("resources", "layers")

LOOK = """
import cgplanner
from cgplanner.resources import layers_path, resource_path
from cgplanner.text import catalogue

assert catalogue(), "no Chinese"
print(cgplanner.__file__)
print(resource_path())
print(layers_path())
"""


def pip(*arguments: str | Path) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    # No isolation: hatchling is in the dev extra, and the test needs no network.
    pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, ROOT)
    (built,) = folder.glob("cgplanner-*.whl")
    return built


def shipped_files() -> set[str]:
    paths = [path for room in CARRIED for path in (ROOT / room).rglob("*")]
    return {path.relative_to(ROOT).as_posix() for path in paths if path.is_file() and "__pycache__" not in path.parts}


def test_the_wheel_carries_resources_and_layers(wheel: Path) -> None:
    prefix = "cgplanner/_data/"
    names = {name.removeprefix(prefix) for name in zipfile.ZipFile(wheel).namelist() if name.startswith(prefix)}
    assert {"resources", "layers"} == {name.split("/")[0] for name in names}
    assert names == shipped_files()


def test_the_wheel_carries_every_module_and_nothing_of_the_workshop(wheel: Path) -> None:
    source = ROOT / "src"
    modules = {path.relative_to(source).as_posix() for path in (source / "cgplanner").rglob("*.py")}
    names = set(zipfile.ZipFile(wheel).namelist())
    assert modules <= names
    assert "cgplanner/py.typed" in names
    assert {name.split("/")[0].split("-")[0] for name in names} == {"cgplanner"}


def test_the_program_installed_elsewhere_finds_its_files(wheel: Path, tmp_path: Path) -> None:
    target = tmp_path / "installed elsewhere"
    pip("install", "--no-deps", "--target", target, wheel)

    # First on the path, so that an editable install of this checkout stands behind it; and started from a foreign folder.
    environment = {**os.environ, "PYTHONPATH": str(target)}
    command = [sys.executable, "-c", LOOK]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    package, *folders = map(Path, done.stdout.splitlines())
    assert package.is_relative_to(target)
    for folder in folders:
        assert folder.is_relative_to(target)
        assert any(folder.iterdir())


def test_every_launcher_goes_through_the_one_door() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    doors = {**project["scripts"], **project["gui-scripts"]}
    assert {door.partition(":")[0] for door in doors.values()} == {"cgplanner.__main__"}
    for door in doors.values():
        assert callable(getattr(importlib.import_module("cgplanner.__main__"), door.partition(":")[2]))
