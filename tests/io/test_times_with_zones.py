"""Times that a file gives in a zone are kept in UTC, hours beside what stands there: that is said."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path

import geopandas
import pandas as pd
import pytest
import shapely

from cgplanner.io.source import LoadedLayer
from cgplanner.io.vector import describe, read_layer

MOMENT = dt.datetime(2026, 3, 1)  # noqa: DTZ001  columns have no zone


def _geojson(path: Path, moment: str) -> None:
    point = {"type": "Point", "coordinates": [112, 37]}
    features = [{"type": "Feature", "properties": {"t": moment}, "geometry": point}] * 2
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))


def _parquet(path: Path, moment: str) -> None:
    times = pd.to_datetime([moment] * 2)
    geopandas.GeoDataFrame({"t": times}, geometry=[shapely.Point(112, 37)] * 2, crs=4490).to_parquet(path)


def _zones(loaded: LoadedLayer) -> list[str]:
    return [str(note.message) for note in loaded.report.notes if note.code == "times-moved"]


@pytest.mark.parametrize(("name", "make"), [("a.geojson", _geojson), ("a.parquet", _parquet)])
def test_hours_that_change_are_said(tmp_path: Path, name: str, make: Callable[[Path, str], None]) -> None:
    path = tmp_path / name
    make(path, "2026-03-01T08:00:00+08:00")
    loaded = read_layer(path)
    assert loaded.table.column("t").values() == [MOMENT] * 2
    assert _zones(loaded) == ["The times in t are given in the zone +08:00; they were put into UTC."]
    assert [note.code for note in describe(path).layers[0].report.notes].count("times-moved") == 1


@pytest.mark.parametrize("moment", ["2026-03-01T00:00:00Z", "2026-03-01T00:00:00", "2026-03-01T00:00:00+00:00"])
def test_hours_that_stay_need_no_word(tmp_path: Path, moment: str) -> None:
    _geojson(tmp_path / "a.geojson", moment)
    loaded = read_layer(tmp_path / "a.geojson")
    assert loaded.table.column("t").values() == [MOMENT] * 2
    assert _zones(loaded) == []
