"""Rows that go by in pieces: several times as many take no more memory, so they need not fit into it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import shapely

from cgplanner.geometry.ragged import Ragged
from cgplanner.io.row_pieces import numbered
from cgplanner.io.writing.layer_facts import Shapes
from cgplanner.io.writing.outgoing import write_rows
from cgplanner.io.writing.rows import Rows
from cgplanner.model.column import ArrayColumn, text_column
from cgplanner.model.geometry_column import GeometryColumn
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import FeatureTable, new_table

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for the peak")
SCHEMA = Schema((Field("a", "name", FieldType.TEXT), Field("b", "share", FieldType.REAL)), "polygon")
ROWS, VERTICES = 400, 700  # of a piece: 4.5 MB of coordinates
FEW, MANY = 5, 13  # pieces: enough of them for what is under way at once, and 36 MB of coordinates more
GROWTH = 80 << 20  # pieces were seen to take 57, a whole table more than 200
ALLOCATOR = {"MALLOC_MMAP_THRESHOLD_": "262144", "MALLOC_TRIM_THRESHOLD_": "262144"}  # what is free goes back at once

CHILD = """
import sys
from pathlib import Path
from cgplanner.io.tables import csv_file
from cgplanner.io.vector import describe, open_layer, read_layer, write_layer, write_rows

few, many, target, way = sys.argv[1:]
kind = target.rpartition(".")[2]
wanted = {"format": kind, "layer_name": "x", "overwrite": True}
csv_file.LARGE = 1 << 20

def pieces(source):
    with open_layer(source) as opened:
        write_rows(opened.rows, opened.facts.crs, Path(target), **wanted)
    if way == "both":
        describe(target)

def whole(source):
    found = read_layer(source)
    write_layer(found.table, found.crs, Path(target), **wanted)

def peak():
    return next(int(line.split()[1]) << 10 for line in open("/proc/self/status") if line.startswith("VmHWM"))

work = whole if way == "whole" else pieces
work(few)  # what is loaded or compiled once is so now
before = peak()
work(many)
print(peak() - before)
"""


def _piece(number: int, rows: int) -> FeatureTable:
    angles = np.linspace(0.0, -2 * np.pi, VERTICES)
    ring = np.column_stack([np.cos(angles), np.sin(angles)])
    ring[-1] = ring[0]
    centres = np.column_stack([500_000.0 + 30 * np.arange(rows), np.full(rows, 4_180_000.0 + 30 * number)])
    xy = (centres[:, None, :] + 10 * ring[None, :, :]).reshape(-1, 2)
    every = np.arange(rows + 1, dtype=np.int64)
    shapes = Ragged(np.full(rows, shapely.GeometryType.POLYGON, np.int8), xy, every * VERTICES, every, every)
    columns = {"a": text_column([f"地块{row}" for row in range(rows)]), "b": ArrayColumn(np.arange(rows) / 3)}
    return new_table(SCHEMA, columns, GeometryColumn(shapes), numbered(number * rows, rows))


def _written(path: Path, pieces: int) -> Path:
    def give() -> Iterator[FeatureTable]:
        return (_piece(number, ROWS) for number in range(pieces))

    shapes = Shapes()
    for piece in give():
        shapes = shapes.with_rows(piece.geometry)
    rows = Rows(SCHEMA, pieces * ROWS, shapes, give)
    write_rows(rows, "EPSG:4547", path, format="gpkg", layer_name="plots")
    return path


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("large")
    return _written(folder / "few.gpkg", FEW), _written(folder / "many.gpkg", MANY)


SLOW = (("geojson", "both"), ("csv", "both"), ("xlsx", "out"))


@pytest.mark.parametrize(
    ("kind", "way"),
    [
        *((kind, "both") for kind in ("gpkg", "shp", "fgb")),
        *(pytest.param(kind, way, marks=pytest.mark.slow) for kind, way in SLOW),  # a minute
    ],
)
def test_more_rows_take_no_more_memory(files: tuple[Path, Path], tmp_path: Path, kind: str, way: str) -> None:
    """They are written and, where that goes by pieces too, described."""
    assert _growth(files, tmp_path / f"a.{kind}", way) < GROWTH


def test_a_whole_table_takes_more(files: tuple[Path, Path], tmp_path: Path) -> None:
    """Or the tests above would show nothing."""
    assert _growth(files, tmp_path / "a.gpkg", "whole") > GROWTH


def _growth(files: tuple[Path, Path], target: Path, way: str) -> int:
    """Return by how many bytes the peak of a process rises when many rows follow a few, which is the same on all machines."""
    arguments = [sys.executable, "-c", CHILD, *map(str, files), str(target), way]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=300, env={**os.environ, **ALLOCATOR})
    assert done.returncode == 0, done.stderr[-2000:]
    return int(done.stdout)
