"""Build layers/sample.gpkg, the workspace that the program opens with, from the two inputs in packaging/sample.

Run it after a change of the inputs, the rules, the schemas or the styles: ``.venv/bin/python packaging/build_sample.py``.
The same inputs give the same rows; the file appears whole or not at all.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "layers" / "sample.gpkg"


def main() -> int:
    """Write the sample and say what is in it."""
    sys.path.insert(0, str(ROOT / "src"))
    from sample.document import build_workspace  # noqa: PLC0415  needs the source tree too

    from cgplanner.io.workspace.workspace_file import create_workspace  # noqa: PLC0415  the source tree goes first

    workspace = build_workspace()
    create_workspace(TARGET, workspace, overwrite=True)
    for layer in workspace:
        print(f"{layer.id:10} {len(layer.table):4} {layer.title_zh}")
    print(f"{TARGET.relative_to(ROOT)}: {TARGET.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
