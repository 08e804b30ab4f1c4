"""Kernels that make no array are compiled without counting who uses which."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest

from cgplanner.geometry import compiler
from cgplanner.geometry.compiler import lean, lean_inlined


@lean_inlined
def _twice(values: Any, place: int) -> Any:
    return 2 * values[place]


@lean
def _sum_of_twice(values: Any) -> Any:
    total = 0
    for place in range(len(values)):
        total += _twice(values, place)
    return total


def _sum_over(values: Any, more: Any) -> Any:
    total = 0
    for place in range(len(values)):
        total += _twice(values, place) + more[place] - values[place]
    return total


def _thrice(number: int) -> int:
    return 3 * number


def test_a_lean_kernel_counts_no_uses(monkeypatch: pytest.MonkeyPatch) -> None:
    values, kernel = np.arange(10), _sum_of_twice
    before = sys.getrefcount(values)
    assert kernel(values) == 90
    assert sys.getrefcount(values) == before
    monkeypatch.setattr(compiler, "_numba", lambda: (numba, False))  # of one that was kept on disk numba cannot show the code
    fresh: Any = lean(_sum_over)
    assert fresh(values, values) == 90
    assert all("NRT_incref" not in code for code in fresh.inspect_asm().values())


def test_it_is_compiled_all_the_same_where_numba_does_not_know_the_option(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiler, "_UNCOUNTED", {"not_known_to_numba": False})
    kernel: Any = lean(_thrice)
    assert kernel(2) == 6
    assert kernel.signatures


LOADED = """
import sys
import numpy as np
from cgplanner.geometry import kernels
xy, one = np.array([[0.0, 1.0], [2.0, 3.0]]), np.array([0, 1])
print(kernels.bounds_of_rows(xy, np.array([0, 2]), one, one).tolist())
print([name in sys.modules for name in ("numba", "numba.np.arraymath")])
"""


def test_a_kernel_that_was_kept_is_loaded_without_what_it_was_compiled_with(tmp_path: Path) -> None:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path), "CGPLANNER_NO_NUMBA": "0"}
    command = [sys.executable, "-W", "error", "-c", LOADED]
    first, second = (
        subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout.splitlines() for _ in "12"
    )
    assert first == ["[[0.0, 1.0, 2.0, 3.0]]", "[True, True]"]
    assert second == ["[[0.0, 1.0, 2.0, 3.0]]", "[True, False]"]
