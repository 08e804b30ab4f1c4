"""docs/life-of-a-feature.md is true: its code runs, its links lead somewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "life-of-a-feature.md"


def test_the_walk_runs(tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) >= 10
    script = tmp_path / "walk.py"
    script.write_text("\n".join(blocks), encoding="utf-8")
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "CGPLANNER_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-W", "error", script]
    done = subprocess.run(command, check=False, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_links_of_the_documents_lead_somewhere() -> None:
    documents = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    links = [(document, link) for document in documents for link in _links(document)]
    assert not [f"{document.name}: {link}" for document, link in links if not (document.parent / link).exists()]


def _links(document: Path) -> list[str]:
    targets = re.findall(r"\]\(([^)#\s]+)", document.read_text(encoding="utf-8"))
    return [target for target in targets if not target.startswith(("http", "mailto"))]
