"""Hold our redraws against those of QGIS in one run: the two take turns, the best of each counts.

usage: check_budgets.py FOLDER [ROUNDS]

FOLDER holds parcels1m.gpkg, parcels100k.gpkg, lines200k.gpkg and points500k.gpkg (make_parcels.py, make_lines.py,
make_points.py); what is missing is left out. Needs python3-qgis for /usr/bin/python3. Prints one JSON object a line, and
ends with 1 when a ratio is below its budget in budgets.json.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
OURS = [sys.executable, "-m", "cgplanner", "bench", "render"]
PEER = ["/usr/bin/python3", str(HERE / "qgis_peer.py"), "render"]


def render_times(command: list[str], file: Path) -> dict[float, float]:
    """Return the best time of each share in ms."""
    run = subprocess.run([*command, str(file)], check=True, capture_output=True, text=True)
    lines: list[dict[str, Any]] = [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]
    return {float(line["share"]): float(line["best_ms"]) for line in lines if line["work"] == "render"}


def best_of(rounds: list[dict[float, float]]) -> dict[float, float]:
    """Return the best time of each share over some rounds."""
    return {share: min(each[share] for each in rounds) for share in rounds[0]}


def check(file: Path, budget: dict[str, float], rounds: int) -> bool:
    """Print and judge every share of one file."""
    ours, theirs = [], []
    for _ in range(rounds):
        ours.append(render_times(OURS, file))
        theirs.append(render_times(PEER, file))
    mine, peer, kept = best_of(ours), best_of(theirs), True
    for share, least in budget.items():
        ratio = peer[float(share)] / mine[float(share)]
        line = {"file": file.stem, "share": float(share), "ours_ms": mine[float(share)], "qgis_ms": peer[float(share)]}
        sys.stdout.write(json.dumps({**line, "ratio": round(ratio, 1), "budget": least, "kept": ratio >= least}) + "\n")
        sys.stdout.flush()
        kept &= ratio >= least
    return kept


def main(arguments: list[str]) -> int:
    """Check every file there is; return the exit code."""
    folder, rounds = Path(arguments[0]), int(arguments[1]) if len(arguments) > 1 else 2
    budgets = json.loads((HERE / "budgets.json").read_text(encoding="utf-8"))
    files = [(folder / f"{name}.gpkg", budget) for name, budget in budgets.items() if name != "about"]
    kept = [check(file, budget, rounds) for file, budget in files if file.exists()]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
