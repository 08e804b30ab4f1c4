"""Kill -9 at any moment loses at most the operation that was not acknowledged yet."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cgplanner.io.workspace.workspace_file import create_workspace
from cgplanner.model.layer import Layer
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import empty_table
from cgplanner.model.workspace import Workspace
from cgplanner.session.recovery import offers, recovered
from cgplanner.session.session import Session
from cgplanner.symbology.style import Style

WORKER = Path(__file__).with_name("worker_that_dies.py")
SCHEMA = Schema((Field("n", "NR", FieldType.INTEGER),), geometry="point")

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")


def numbers(session: Session) -> list[int]:
    return session.workspace.layers[0].table.column("NR").values()


def killed_at(path: Path, seed: int, seconds: float) -> int:
    """Run the worker on the file, kill it so long after its first step, and return the last step it acknowledged."""
    command = [sys.executable, str(WORKER), str(path), str(seed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout is not None
        said = [worker.stdout.readline()]
        time.sleep(seconds)
        worker.send_signal(signal.SIGKILL)
        said += worker.stdout.readlines()
    return int([line for line in said if line.endswith("\n")][-1])


def check_one_kill(folder: Path, seed: int) -> None:
    path = folder / f"{seed}.gpkg"
    layer = Layer("points", "点", "Points", empty_table(SCHEMA), "EPSG:4490", Style())
    create_workspace(path, Workspace((layer,)))
    rng = random.Random(seed)  # noqa: S311  a test, not a secret
    acknowledged = killed_at(path, seed, rng.random() * 0.25)
    found = offers()
    assert len(found) <= 1
    session = recovered(found[0]) if found and found[0].fits else Session.open(path)
    there = numbers(session)
    for each in found:
        each.discard()
    session.close()
    assert there == list(range(1, len(there) + 1)), "no operation is missing in between"
    assert acknowledged <= len(there) <= acknowledged + 1


@pytest.mark.parametrize("batch", range(5))
def test_kills_at_random_moments(tmp_path: Path, batch: int) -> None:
    for seed in range(batch * 4, batch * 4 + 4):
        check_one_kill(tmp_path, seed)


@pytest.mark.slow
def test_two_hundred_kills(tmp_path: Path) -> None:
    for seed in range(1000, 1200):
        check_one_kill(tmp_path, seed)
