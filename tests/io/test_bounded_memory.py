"""A file whose table would not fit into the memory that there is: it is described and converted all the same."""

from __future__ import annotations

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

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits the memory as Linux does")
SCHEMA = Schema((Field("a", "name", FieldType.TEXT), Field("b", "share", FieldType.REAL)), "polygon")
PIECES, ROWS, VERTICES = 22, 400, 700  # 99 MB of coordinates
SPARE = {"info": 90 << 20, "convert": 200 << 20, "whole": 200 << 20}

CHILD = """
import resource, sys
from pathlib import Path
from cgplanner.io import vector
from cgplanner.io.vector import NotInPiecesError, describe, open_layer, read_layer, write_layer, write_rows

small, large, target, way, spare = sys.argv[1:]

def convert(source, target):
    with open_layer(source) as opened:
        write_rows(opened.rows, opened.facts.crs, Path(target), format=Path(target).suffix[1:], layer_name="x", overwrite=True)

def convert_whole(source, target):
    found = read_layer(source)
    write_layer(found.table, found.crs, Path(target), format=Path(target).suffix[1:], layer_name="x", overwrite=True)

works = {"info": lambda source, _: describe(source), "convert": convert, "whole": convert_whole}
works[way](small, target)  # what is loaded once is loaded now
used = next(int(line.split()[1]) << 10 for line in open("/proc/self/status") if line.startswith("VmData"))
resource.setrlimit(resource.RLIMIT_DATA, (used + int(spare), used + int(spare)))
works[way](large, target)
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
    return _written(folder / "small.gpkg", 1), _written(folder / "large.gpkg", PIECES)


@pytest.mark.parametrize(
    ("way", "target"), [("info", "x"), *(("convert", f"a.{kind}") for kind in ("gpkg", "shp", "fgb", "geojson"))]
)
def test_rows_that_do_not_fit_go_by(files: tuple[Path, Path], tmp_path: Path, way: str, target: str) -> None:
    done = _run(files, tmp_path / target, way)
    assert done.returncode == 0, done.stderr[-2000:]


def test_the_limit_is_one(files: tuple[Path, Path], tmp_path: Path) -> None:
    """The whole table does not fit, or the tests above would show nothing."""
    ended = _run(files, tmp_path / "a.gpkg", "whole")
    assert ended.returncode != 0
    assert "memory" in ended.stderr.lower() or ended.returncode < 0, ended.stderr[-2000:]


def _run(files: tuple[Path, Path], target: Path, way: str) -> subprocess.CompletedProcess[str]:
    arguments = [sys.executable, "-c", CHILD, *map(str, files), str(target), way, str(SPARE[way])]
    return subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=300)
