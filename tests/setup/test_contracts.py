"""The floors of the house hold, and the machine that watches them would notice if they did not."""

from __future__ import annotations

import configparser
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / ".importlinter"
LINT = "from importlinter.cli import lint_imports_command as main; main()"

# Contract -> a module, and a line that must not stand in it.
VIOLATIONS = {
    "house": ("model/schema.py", "import cgplanner.io"),
    "render": ("render/scene/__init__.py", "import cgplanner.render.qt"),
    "app": ("app/bridge.py", "import cgplanner.app.main_window"),
    "io": ("io/files/file_bytes.py", "import cgplanner.io.writing.rows"),
    "qt": ("render/scene/__init__.py", "import PySide6"),
    "cli": ("cli/main.py", "from PySide6 import QtWidgets"),
    "mpl": ("layout/__init__.py", "import matplotlib.pyplot"),
    "drivers": ("model/table.py", "import fiona"),
    "pandas": ("edit/__init__.py", "import pandas"),
    "acyclic": ("model/schema.py", "import cgplanner.model.table"),
}


@pytest.fixture
def copied_tree(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "src" / "cgplanner", tmp_path / "cgplanner", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(RULES, tmp_path)
    return tmp_path


def lint(folder: Path, source: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(source), "PYTHONIOENCODING": "utf-8", "COLUMNS": "200"}
    command = [sys.executable, "-c", LINT, "--no-cache"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False)


def contracts() -> dict[str, str]:
    """Return {identifier: name} of the contracts in the rules."""
    rules = configparser.ConfigParser()
    rules.read(RULES, encoding="utf-8")
    prefix = "importlinter:contract:"
    return {title.removeprefix(prefix): rules[title]["name"] for title in rules.sections() if title.startswith(prefix)}


def test_the_tree_keeps_its_contracts() -> None:
    done = lint(ROOT, ROOT / "src")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def test_every_contract_has_its_canary() -> None:
    assert VIOLATIONS.keys() == contracts().keys()


@pytest.mark.parametrize("contract", VIOLATIONS)
def test_a_planted_violation_breaks_the_contract(contract: str, copied_tree: Path) -> None:
    module, line = VIOLATIONS[contract]
    path = copied_tree / "cgplanner" / module
    path.write_text(path.read_text(encoding="utf-8") + f"\n{line}\n", encoding="utf-8")

    done = lint(copied_tree, copied_tree)

    assert done.returncode == 1, done.stdout + done.stderr
    assert f"{contracts()[contract]} BROKEN" in done.stdout


def test_a_room_nobody_placed_is_noticed(copied_tree: Path) -> None:
    room = copied_tree / "cgplanner" / "helpers"
    room.mkdir()
    (room / "__init__.py").touch()
    assert "cgplanner.helpers" in lint(copied_tree, copied_tree).stdout


def test_contracts_about_packages_name_every_room() -> None:
    rooms = {path.stem for path in (ROOT / "src" / "cgplanner").glob("[!_.]*") if path.suffix in ("", ".py")}
    allowed = {
        "qt": {"app", "cli"},
        "mpl": {"app", "cli"},
        "drivers": {"io"},
        "pandas": {"io", "analysis"},
    }
    rules = configparser.ConfigParser()
    rules.read(RULES, encoding="utf-8")
    for contract, exempt in allowed.items():
        named = {name.split(".")[1] for name in rules[f"importlinter:contract:{contract}"]["source_modules"].split()}
        assert rooms - exempt <= named, contract
