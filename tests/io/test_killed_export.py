"""An export that is killed at any moment leaves the set on disk wholly old or wholly new, stale neighbours included.

A forked writer exports a folder of several layers over and over, each time with another number in every row, and is killed.
What the next start finds must be one number everywhere.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import shapely

from cgplanner.io.files.safe_write import recover_all
from cgplanner.io.vector import list_layers, read_layer
from cgplanner.model.layer import Layer
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import table_from_records
from cgplanner.session.delivery import Delivery, deliver
from cgplanner.symbology.style import Style

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the writer is forked, which Windows cannot")

SCHEMA = Schema((Field("g", "GENERATION", FieldType.INTEGER, alias_zh="第几次"), Field("t", "BZ", FieldType.TEXT)), "mixed")
POINTS = [shapely.Point(112 + number / 1000, 37) for number in range(40)]
AREAS = [point.buffer(0.01) for point in POINTS]

# Imports once, then forks a writer for each line it reads, which says its pid and exports until it is killed.
WRITER = """
import os, sys
sys.path.insert(0, sys.argv[1])
import test_killed_export as killed
from pathlib import Path
killed.export_once(Path(sys.argv[2]) / "warm", "gdb", 1)
killed.export_once(Path(sys.argv[2]) / "warm", "shp", 1)
print("ready", flush=True)
for line in sys.stdin:
    kind, first = line.split()
    pid = os.fork()
    if pid == 0:
        print(os.getpid(), flush=True)
        for number in range(int(first), 10**9):
            killed.export_once(Path(sys.argv[2]) / "out", kind, number)
    os.waitpid(pid, 0)
    print("dead", flush=True)
"""


def layers(generation: int) -> tuple[Layer, ...]:
    """Return a mixed layer, whose shapefile is several files, and a plain one."""
    rows = [{"GENERATION": generation, "BZ": f"第{generation}次"}] * 40
    mixed = table_from_records(SCHEMA, [*rows, *rows], [*POINTS, *AREAS])
    plain = table_from_records(SCHEMA, rows, AREAS)
    return tuple(
        Layer(name, title_zh=name, title_en=name, style=Style(), crs="EPSG:4490", table=table)
        for name, table in (("mixed", mixed), ("plain", plain))
    )


def export_once(folder: Path, kind: str, generation: int) -> None:
    delivery = Delivery(layers(generation), folder, kind, overwrite=True, readme=True, title=f"第{generation}次")
    deliver(delivery, lambda _share: None)


def generations(folder: Path) -> set[int]:
    """Return the numbers that the files of a set hold; one when it is whole."""
    found: set[int] = set()
    for each in list_layers(folder):
        column = read_layer(folder, each.name).table.columns["g"]
        found |= set(column.values())
    title = (folder / "README.txt").read_text(encoding="utf-8-sig").splitlines()[0]
    return found | {int(title.strip("第次"))}


@contextmanager
def writer(home: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", WRITER, str(Path(__file__).parent), str(home)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "ready"
        yield process
        process.kill()


def kill_exports(home: Path, times: int, seed: int) -> int:
    """Kill writers and look each time; return how many swaps the next start had to finish."""
    chance = random.Random(seed)  # noqa: S311  moments to die, not secrets
    out, finished, last = home / "out", 0, {"shp": 0, "gdb": 0}
    out.mkdir()
    with writer(home) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for trial in range(times):
            kind = "shp" if trial % 3 else "gdb"
            stale = out / "mixed_pt.sbn"
            stale.write_text("an index of an older set")
            process.stdin.write(f"{kind} {last[kind] + 1}\n")
            process.stdin.flush()
            pid = int(process.stdout.readline())
            time.sleep(chance.uniform(0.02, 0.6))
            os.kill(pid, signal.SIGKILL)
            assert process.stdout.readline().strip() == "dead"
            finished += bool(recover_all())
            assert [each.name for each in out.iterdir() if each.name.startswith(".")] == []
            last[kind] = check_set(out, kind, last[kind], stale)
    return finished


def check_set(out: Path, kind: str, before: int, stale: Path) -> int:
    """Return the number that the set of this kind holds, after all that must hold of it."""
    files = [each for each in out.iterdir() if each.suffix == f".{kind}"]
    if not files:
        assert before == 0, "the old set is gone"
        return 0
    found: set[int] = set()
    for path in files:
        for each in list_layers(path):
            found |= set(read_layer(path, each.name).table.columns["g"].values())
    assert len(found) == 1, (kind, found)
    (now,) = found
    assert now >= before
    if kind == "shp":
        heads = {path.stem: {each.suffix for each in out.glob(f"{path.stem}.*")} for path in files}
        assert {"mixed_pt", "mixed_pg", "plain"} <= set(heads)
        assert all({".shp", ".shx", ".dbf", ".cpg", ".prj", ".json", ".csv"} <= each for each in heads.values())
        assert stale.exists() == (now == before), "a stale index beside new shapes, or none beside the old"
    return now


def test_killed_exports_leave_one_set_or_the_other(tmp_path: Path) -> None:
    kill_exports(tmp_path, 15, 7)


@pytest.mark.slow
def test_five_hundred_killed_exports(tmp_path: Path) -> None:
    finished = kill_exports(tmp_path, 500, 11)
    assert finished > 0, "no kill hit a swap: the moments were chosen badly"


def test_a_whole_set_is_whole(tmp_path: Path) -> None:
    """The looking itself finds what is mixed up."""
    for number in (1, 2):
        export_once(tmp_path / str(number), "gpkg", number)
    assert generations(tmp_path / "1") == {1}
    (tmp_path / "2" / "plain.gpkg").replace(tmp_path / "1" / "plain.gpkg")
    assert generations(tmp_path / "1") == {1, 2}
