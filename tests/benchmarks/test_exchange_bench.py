"""What reading and writing a large layer costs; CGPLANNER_BENCH_ROWS sets its size."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from tests.benchmarks.test_edit_bench import ROWS, parcels

from cgplanner.geometry import kernels
from cgplanner.io.vector import read_layer, write_layer

READ = ("gpkg", "shp", "fgb")
WRITTEN = ("gpkg", "shp", "geojson", "fgb", "csv", "parquet")


def _write(target: Path, kind: str) -> Path:
    layer = parcels(ROWS).layers[0]
    path = target / f"plots.{kind}"
    write_layer(layer.table, layer.crs, path, format=kind, layer_name="plots", receiver="arcgis10", overwrite=True)
    return path


@pytest.mark.parametrize("kind", READ)
def test_read(benchmark: BenchmarkFixture, tmp_path: Path, kind: str) -> None:
    kernels.warm_up()
    path = _write(tmp_path, kind)
    assert len(benchmark.pedantic(lambda: read_layer(path).table, rounds=3)) == ROWS


@pytest.mark.parametrize("kind", WRITTEN)
def test_write_and_compare(benchmark: BenchmarkFixture, tmp_path: Path, kind: str) -> None:
    kernels.warm_up()
    assert benchmark.pedantic(lambda: _write(tmp_path, kind), rounds=3).exists()
