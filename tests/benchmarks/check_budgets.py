"""Hold our redraws against those of QGIS in one run: the two take turns, the best of each counts.

usage: check_budgets.py FOLDER [ROUNDS]

FOLDER holds parcels1m.gpkg, parcels100k.gpkg, lines200k.gpkg and points500k.gpkg (make_parcels.py, make_lines.py,
make_points.py); what is missing is left out. Needs python3-qgis for /usr/bin/python3. Prints one JSON object a line, and
ends with 1 when a ratio is below its budget in budgets.json. Wants a quiet machine: ours draws in several threads. The ratio
of processor times, all threads together, is the least that there is when other work goes on.
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


def render_times(command: list[str], file: Path) -> dict[float, tuple[float, float]]:
    """Return the best time and the processor's time of each share in ms."""
    run = subprocess.run([*command, str(file)], check=True, capture_output=True, text=True)
    lines: list[dict[str, Any]] = [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]
    return {float(line["share"]): (line["best_ms"], line["cpu_ms"]) for line in lines if line["work"] == "render"}


def best_of(rounds: list[dict[float, tuple[float, float]]], share: float) -> tuple[float, float]:
    """Return the best times of a share over some rounds."""
    return min(each[share][0] for each in rounds), min(each[share][1] for each in rounds)


def check(file: Path, budget: dict[str, float], rounds: int) -> bool:
    """Print and judge every share of one file."""
    ours, theirs = [], []
    for _ in range(rounds):
        ours.append(render_times(OURS, file))
        theirs.append(render_times(PEER, file))
    kept = True
    for share, least in budget.items():
        (mine, my_cpu), (peer, peer_cpu) = best_of(ours, float(share)), best_of(theirs, float(share))
        ratio = peer / mine
        line = {"file": file.stem, "share": float(share), "ours_ms": mine, "qgis_ms": peer, "ratio": round(ratio, 1)}
        line |= {"ours_cpu_ms": my_cpu, "qgis_cpu_ms": peer_cpu, "cpu_ratio": round(peer_cpu / my_cpu, 1)}
        sys.stdout.write(json.dumps({**line, "budget": least, "kept": ratio >= least}) + "\n")
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
