"""Reads a file in turn with pyogrio's Arrow read, WKB included, and with the program, and prints seconds and ratios.

Usage: python tests/benchmarks/pyogrio_peer.py FILE [ENCODING] [TIMES]

One process, drivers and kernels loaded, the file in the system's cache. Ours gives flat geometry with bounds, columns with
masks, decoded texts and the report (encoding, zone, what lies beyond it); theirs gives an Arrow table.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from cgplanner.io.drivers.engines import pyogrio
from cgplanner.io.vector import read_layer


def main() -> None:
    """Print one JSON line."""
    path, encoding = Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else ""
    times = int(sys.argv[3]) if len(sys.argv) > 3 else 5
    engine, options = pyogrio(), {"encoding": encoding} if encoding else {}

    def theirs() -> int:
        return int(engine.read_arrow(path, **options)[1].num_rows)

    def ours() -> int:
        return len(read_layer(path).table)

    if ours() != theirs():
        sys.exit("the two read different numbers of rows")
    pairs = [(_seconds(theirs), _seconds(ours)) for _ in range(times)]
    wall, work = ([min(pair[who][what] for pair in pairs) for who in (0, 1)] for what in (0, 1))
    said = {"pyogrio_s": round(wall[0], 2), "ours_s": round(wall[1], 2), "ratio": round(wall[1] / wall[0], 2)}
    said |= {"pyogrio_cpu_s": round(work[0], 2), "ours_cpu_s": round(work[1], 2), "cpu_ratio": round(work[1] / work[0], 2)}
    sys.stdout.write(json.dumps({"file": path.name, "times": times, **said}) + "\n")


def _seconds(work: Callable[[], object]) -> tuple[float, float]:
    """Return the time on the clock, and that of all processors, which says more where others work too."""
    gc.collect()
    start, used = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - start, time.process_time() - used


if __name__ == "__main__":
    main()
