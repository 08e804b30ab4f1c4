"""Nothing committed names a package registry or a path of one machine: the project is built anywhere.

The patterns are put together from pieces, so that this file does not find itself.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

PIECES = [
    "index" + "-url",
    "find" + "-links",
    "trusted" + "-host",
    r"pypi\.(org|python|tuna)" + r"[./]",
    r"files\.python" + r"hosted",
    r"registry\.np" + r"mjs",
    r"(simple|packages)/[\w.-]+\.wh" + "l",
    r"deb\.deb" + r"ian\.org",
    r"(?<![\w.])/ro" + r"ot/",
    r"(?<![\w.])/wo" + r"rk/",
    r"(?<![\w.])/opt/py" + "pi",
    r"(?<![\w.])/tmp/te" + "am",
    r"(?<![\w.])/home/(?!user\b)" + r"\w+",
    r"\.\./sha" + "red",
    r"[A-Z]:\\Use" + r"rs\\",
]
FORBIDDEN = re.compile("|".join(PIECES))


def committed_files() -> list[Path]:
    """Return the files git knows; where there is no git, all that lie in the folders of the project."""
    if shutil.which("git") and (ROOT / ".git").exists():
        # A machine that builds may own the checkout under another name, which git mistrusts unless told.
        command = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
        names = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
        return [path for name in names if name and (path := ROOT / name).is_file()]
    folders = ("src", "tests", "docs", "packaging", "layers", "resources", ".ci")
    found = [path for folder in folders for path in (ROOT / folder).rglob("*")] + list(ROOT.glob("*"))
    return [path for path in found if path.is_file() and "__pycache__" not in path.parts]


def text_of(path: Path) -> str:
    data = path.read_bytes()
    return "" if b"\0" in data[:8192] else data.decode("utf-8", errors="replace")


@pytest.mark.parametrize(
    "line",
    [
        "pip install --index" + "-url x",
        "see https://pypi" + ".org/simple",
        "open('/ro" + "ot/x')",
        "cp ../sha" + "red/data .",
        "cd /wo" + "rk/main",
    ],
)
def test_the_patterns_find_what_they_are_for(line: str) -> None:
    assert FORBIDDEN.search(line)


@pytest.mark.parametrize("line", ["net/work/flow", "layers/root/x", "https://example.org/work/"])
def test_the_patterns_leave_the_rest_alone(line: str) -> None:
    assert not FORBIDDEN.search(line)


def test_no_committed_file_names_a_registry_or_this_machine() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for path in committed_files()
        for number, line in enumerate(text_of(path).splitlines(), start=1)
        if FORBIDDEN.search(line)
    ]
    assert not found, "\n".join(found)
