"""A first look at a large file: it lies where the file's shapes lie, and what cannot be looked at shows nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely

from cgplanner.io import file_glimpse
from cgplanner.io.file_glimpse import glimpse_of
from cgplanner.io.vector import write_layer
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import table_from_records

SCHEMA = Schema((Field("f1", "n", FieldType.INTEGER),), "polygon")


@pytest.fixture(autouse=True)
def _all_are_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_glimpse, "LARGE_ROWS", 20)


def written(path: Path, crs: str, rows: int = 100) -> np.ndarray:
    """Write squares; return their middles."""
    step, x0, y0 = (0.01, 112.0, 37.0) if crs == "EPSG:4490" else (100.0, 500_000.0, 4_100_000.0)
    x, y = x0 + np.arange(rows) % 10 * step, y0 + np.arange(rows) // 10 * step
    shapes = list(shapely.box(x, y, x + step / 2, y + step / 2))
    table = table_from_records(SCHEMA, [{"n": each} for each in range(rows)], shapes)
    write_layer(table, crs, path, format=path.suffix[1:], layer_name=path.stem)
    return np.column_stack([x, y]) + step / 4


@pytest.mark.parametrize("name", ["plots.shp", "plots.gpkg"])
@pytest.mark.parametrize("crs", ["EPSG:4547", "EPSG:4490"])
def test_what_is_seen_is_in_the_file(tmp_path: Path, name: str, crs: str) -> None:
    middles = written(tmp_path / name, crs)
    seen = glimpse_of(tmp_path / name, "plots")
    assert seen is not None
    assert seen.crs == ("EPSG:4490" if crs == "EPSG:4490" else "")
    apart = np.abs(seen.xy[:, None] - middles[None]).max(axis=2).min(axis=1)
    assert apart.max() < 1e-4 * np.ptp(middles)
    assert len(np.unique(seen.xy.round(6), axis=0)) > 50
    ((_, box),) = seen.foretold.layers
    assert (np.array(box[:2]) <= middles.min(axis=0)).all()
    assert (np.array(box[2:]) >= middles.max(axis=0)).all()


def test_what_is_small_damaged_or_another_kind_shows_nothing(tmp_path: Path) -> None:
    written(tmp_path / "few.shp", "EPSG:4547", 5)
    assert glimpse_of(tmp_path / "few.shp", "few") is None
    written(tmp_path / "plots.gpkg", "EPSG:4547")
    assert glimpse_of(tmp_path / "plots.gpkg", "others") is None
    written(tmp_path / "plots.shp", "EPSG:4547")
    (tmp_path / "plots.shp").write_bytes((tmp_path / "plots.shp").read_bytes()[:60])
    assert glimpse_of(tmp_path / "plots.shp", "plots") is None
    (tmp_path / "bad.gpkg").write_bytes(b"SQLite format 3\0" + b"\1" * 5000)
    assert glimpse_of(tmp_path / "bad.gpkg", "bad") is None
    assert glimpse_of(tmp_path / "gone.shp", "gone") is None
    assert glimpse_of(tmp_path / "a.geojson", "a") is None
