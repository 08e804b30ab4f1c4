"""What an edit costs on a large layer; CGPLANNER_BENCH_ROWS sets its size."""

from __future__ import annotations

import os
from functools import cache

import numpy as np
from pytest_benchmark.fixture import BenchmarkFixture

from cgplanner.edit import operations as ops
from cgplanner.geometry.ragged import POLYGON, Ragged
from cgplanner.model.column import ArrayColumn, text_column
from cgplanner.model.geometry_column import GeometryColumn
from cgplanner.model.index import rows_meeting
from cgplanner.model.layer import Layer
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import new_table
from cgplanner.model.workspace import Workspace
from cgplanner.symbology.style import Style

ROWS = int(os.environ.get("CGPLANNER_BENCH_ROWS", "100000"))
NUMBERS = 18


@cache
def parcels(count: int) -> Workspace:
    """Squares of 13 points with 21 columns."""
    side = int(count**0.5) + 1
    corner = np.stack([np.arange(count) % side, np.arange(count) // side], -1) * 100.0 + [400_000, 4_060_000]
    step = np.linspace(0, 1, 4)[:-1]
    ring = np.concatenate(
        [[(t, 0) for t in step], [(1, t) for t in step], [(1 - t, 1) for t in step], [(0, 1 - t) for t in step]]
    )
    ring = np.vstack([ring, ring[:1]]) * 90
    xy = (corner[:, None, :] + ring).reshape(-1, 2)
    offsets = np.arange(count + 1, dtype=np.int64)
    base = Ragged(np.full(count, POLYGON, np.int8), xy, offsets * 13, offsets, offsets)
    rng = np.random.default_rng(1)
    fields = [
        Field("cls", "cls", FieldType.INTEGER),
        Field("name", "name", FieldType.TEXT),
        Field("kind", "kind", FieldType.TEXT),
    ]
    fields += [Field(f"v{i}", f"v{i}", FieldType.REAL) for i in range(NUMBERS)]
    columns = {f"v{i}": ArrayColumn(rng.random(count)) for i in range(NUMBERS)}
    kinds = text_column(["耕地", "林地", "建设用地"]).take(rng.integers(0, 3, count))
    columns |= {
        "cls": ArrayColumn(rng.integers(0, 5, count)),
        "name": text_column([f"地块{i}" for i in range(count)]),
        "kind": kinds,
    }
    table = new_table(Schema(tuple(fields)), columns, GeometryColumn(base))
    return Workspace((Layer("parcels", "地块", "Parcels", table, "EPSG:4547", Style()),))


def test_one_vertex(benchmark: BenchmarkFixture) -> None:
    workspace = parcels(ROWS)
    moved = benchmark(lambda: workspace.apply(ops.move_vertex(workspace, "parcels", ROWS // 2, 3, 1.0, 1.0).changeset))
    assert len(moved.layers[0].table) == ROWS


def test_one_text_cell(benchmark: BenchmarkFixture) -> None:
    workspace = parcels(ROWS)
    after = benchmark(lambda: workspace.apply(ops.set_field(workspace, "parcels", [5], "name", "新名").changeset))
    assert after.layers[0].table.columns["name"].value(5) == "新名"


def test_most_cells_and_back(benchmark: BenchmarkFixture) -> None:
    workspace = parcels(ROWS)
    rids = workspace.layers[0].table.rids[: ROWS * 6 // 10]

    def there_and_back() -> Workspace:
        changeset = ops.set_field(workspace, "parcels", rids, "cls", 7).changeset
        return workspace.apply(changeset).apply(~changeset)

    assert len(benchmark(there_and_back).layers[0].table) == ROWS


def test_delete_a_hundred_and_back(benchmark: BenchmarkFixture) -> None:
    workspace = parcels(ROWS)

    def there_and_back() -> Workspace:
        changeset = ops.delete_features(workspace, "parcels", np.arange(100, 200)).changeset
        return workspace.apply(changeset).apply(~changeset)

    assert len(benchmark(there_and_back).layers[0].table) == ROWS


def test_rows_in_a_window(benchmark: BenchmarkFixture) -> None:
    geometry = parcels(ROWS).layers[0].table.geometry
    rows = benchmark(lambda: rows_meeting(geometry, (400_000, 4_060_000, 403_000, 4_063_000)))
    assert len(rows) == 31 * 31
