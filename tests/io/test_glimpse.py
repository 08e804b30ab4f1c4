"""What is seen of a large file while it is read: true places, from all over it, and nothing else changes for them."""

from __future__ import annotations

import contextlib
import sqlite3
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import shapely

from cgplanner.geometry import compiler, kernels
from cgplanner.io.sqlite import feature_rows, glimpse
from cgplanner.io.sqlite.glimpse import Glimpse, sampled_places
from cgplanner.io.workspace.workspace_file import create_workspace, read_workspace
from cgplanner.model.layer import Layer
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import table_from_records
from cgplanner.model.workspace import Workspace
from cgplanner.symbology.defaults import default_style

ROWS = 3_000
SCHEMA = Schema((Field("DKBH", "DKBH", FieldType.INTEGER, 10),), "polygon")


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace whose one layer counts as large."""
    monkeypatch.setattr(feature_rows, "BULK_ROWS", 1_000)
    path = tmp_path / "many.gpkg"
    x, y = np.arange(ROWS) % 60 * 100 + 500_000, np.arange(ROWS) // 60 * 100 + 4_100_000
    boxes = shapely.box(x, y, x + 80, y + 60)
    table = table_from_records(SCHEMA, [{"DKBH": number} for number in range(ROWS)], list(boxes))
    layer = Layer("parcels", "地块", "Parcels", table, "EPSG:4547", default_style(SCHEMA))
    create_workspace(path, Workspace((layer,), "多", "Many", "EPSG:4547"))
    return path


@contextlib.contextmanager
def connected(path: Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        yield connection


def table_of(path: Path) -> str:
    with connected(path) as connection:
        return str(connection.execute("SELECT table_name FROM cgplanner_layers").fetchone()[0])


def test_the_sample_is_of_true_places_from_all_over_the_table(file: Path) -> None:
    with connected(file) as connection:
        places = sampled_places(connection, table_of(file), "geom", "fid", 1_000)
    assert len(places) > 100
    middles = {(500_040 + 100 * column, 4_100_030 + 100 * row) for column in range(60) for row in range(50)}
    assert {tuple(place) for place in places.tolist()} <= middles
    assert np.ptp(places[:64], axis=0).min() > 4_000  # the first ones alone reach over most of it


def test_a_sample_stops_when_its_time_is_over(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(glimpse, "SAMPLE_SECONDS", 0.0)
    with connected(file) as connection:
        assert len(sampled_places(connection, table_of(file), "geom", "fid", 1_000)) == 0


def test_gaps_in_the_numbers_and_missing_shapes_are_passed_over(file: Path) -> None:
    table = table_of(file)
    with connected(file) as connection:
        connection.create_function("ST_IsEmpty", 1, lambda _blob: 0)
        for name in [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]:
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.execute(f'DELETE FROM "{table}" WHERE fid BETWEEN 10 AND 2500')  # noqa: S608  our own name
        connection.execute(f'UPDATE "{table}" SET geom = NULL WHERE fid > 2800')  # noqa: S608  our own name
        places = sampled_places(connection, table, "geom", "fid", 1_000)
    rows = set(((places[:, 1] - 4_100_030) / 100).astype(int).tolist())
    assert rows
    assert rows <= {0, *range(41, 47)}


def test_points_are_read_from_their_blobs(tmp_path: Path) -> None:
    with connected(tmp_path / "points.db") as connection:
        connection.execute("CREATE TABLE p (fid INTEGER PRIMARY KEY, geom BLOB)")
        for number in range(200):
            order = "<" if number % 2 else ">"
            head = b"GP\0" + bytes([number % 2]) + struct.pack(order + "i", 4547)
            body = bytes([number % 2]) + struct.pack(order + "I2d", 1, number, 2 * number)
            connection.execute("INSERT INTO p VALUES (?, ?)", (number + 1, head + body))
        places = sampled_places(connection, "p", "geom", "fid", 100)
        assert len(sampled_places(connection, "p", "geom", "fid", 1_000)) == 0
    assert len(places) > 100
    assert (places[:, 1] == 2 * places[:, 0]).all()


@pytest.mark.skipif(not compiler.loads(), reason="without kernels the driver reads, which tells the sample alone")
def test_what_is_read_is_told_and_the_table_is_the_same(file: Path) -> None:
    kernels.warm_up()  # so that so few rows are read by kernels too
    told: list[Glimpse] = []
    loaded = read_workspace(file, glimpsed=told.append)
    silent = read_workspace(file)
    (layer,), (same,) = loaded.workspace.layers, silent.workspace.layers
    assert layer.table.geometry.base.xy.tolist() == same.table.geometry.base.xy.tolist()
    assert [each.crs for each in told] == ["EPSG:4547"] * len(told)
    assert len(told) >= 2  # the sample, and the rows
    ((crs, box),) = told[0].foretold.layers
    assert (crs, box) == ("EPSG:4547", layer.table.geometry.extent())
    vertices = {tuple(each) for each in layer.table.geometry.base.xy.tolist()}
    rows = [tuple(place) for each in told[1:] for place in each.xy.tolist()]
    assert set(rows) == vertices
    assert len(rows) == len(layer.table.geometry.base.xy)  # each place once


def test_a_small_layer_is_not_told_of(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feature_rows, "BULK_ROWS", 50_000)
    told: list[Glimpse] = []
    read_workspace(file, glimpsed=told.append)
    assert told == []
