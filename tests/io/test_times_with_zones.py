"""Times that a file gives in a zone are kept in UTC, hours beside what stands there: that is said."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path

import geopandas
import openpyxl
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


def _csv(path: Path, moment: str) -> None:
    path.write_text(f"x,y,t\n112,37,{moment}\n113,38,{moment}\n", encoding="utf-8")


def _kml(path: Path, moment: str) -> None:
    values = f'<ExtendedData><Data name="t"><value>{moment}</value></Data></ExtendedData>'
    mark = f"<Placemark>{values}<Point><coordinates>112,37</coordinates></Point></Placemark>"
    path.write_text(f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{mark * 2}</Document></kml>', encoding="utf-8")


@pytest.mark.parametrize(("name", "make"), [("a.csv", _csv), ("a.kml", _kml)])
@pytest.mark.parametrize("moment", ["2026-03-01T09:30:00+09:30", "2026-02-28T23:00:00-01:00", "2026-03-01T00:00:00.000001Z"])
def test_texts_with_zones_are_times(tmp_path: Path, name: str, make: Callable[[Path, str], None], moment: str) -> None:
    make(tmp_path / name, moment)
    assert read_layer(tmp_path / name).table.column("t").values() == [MOMENT] * 2


@pytest.mark.parametrize("moment", ["0001-01-01T01:00:00+08:00", "9999-12-31T23:00:00-08:00"])
def test_a_time_beyond_the_calendar_stays_a_text(tmp_path: Path, moment: str) -> None:
    _csv(tmp_path / "a.csv", moment)
    assert read_layer(tmp_path / "a.csv").table.column("t").values() == [moment] * 2


def _timed_kml(path: Path, moments: list[str]) -> None:
    point = "<Point><coordinates>112,37</coordinates></Point>"
    body = "".join(f"<Placemark><TimeStamp><when>{each}</when></TimeStamp>{point}</Placemark>" for each in moments)
    path.write_text(f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{body}</Document></kml>')


def _timed_csv(path: Path, moments: list[str]) -> None:
    path.write_text("lon,lat,timestamp\n" + "".join(f"112,37,{each}\n" for each in moments))


def _timed_workbook(path: Path, moments: list[str]) -> None:
    book = openpyxl.Workbook()
    for row in (["lon", "lat", "timestamp"], *([112, 37, each] for each in moments)):
        book.active.append(row)
    book.save(path)


def _timed_gpx(path: Path, moments: list[str]) -> None:
    points = "".join(
        f'<wpt lat="37" lon="112"><extensions><timestamp>{each}</timestamp></extensions></wpt>' for each in moments
    )
    path.write_text(f'<gpx version="1.1">{points}</gpx>')


DOCUMENTS = [("a.kml", _timed_kml), ("a.csv", _timed_csv), ("a.xlsx", _timed_workbook), ("a.gpx", _timed_gpx)]


@pytest.mark.parametrize(("name", "make"), DOCUMENTS)
def test_hours_in_tables_and_documents_that_change_are_said(
    tmp_path: Path, name: str, make: Callable[[Path, list[str]], None]
) -> None:
    make(tmp_path / name, ["2026-03-01T08:00:00+08:00", "2026-03-01T09:30:00+08:00"])
    loaded = read_layer(tmp_path / name)
    assert loaded.table.column("timestamp").values() == [MOMENT, MOMENT + dt.timedelta(minutes=90)]
    assert _zones(loaded) == ["The times in timestamp are given in the zone +08:00; they were put into UTC."]


@pytest.mark.parametrize(("name", "make"), DOCUMENTS)
def test_times_of_utc_in_tables_and_documents_stay(tmp_path: Path, name: str, make: Callable[[Path, list[str]], None]) -> None:
    make(tmp_path / name, ["2026-03-01T00:00:00Z", "2026-03-01T01:00:00Z"])
    loaded = read_layer(tmp_path / name)
    assert loaded.table.column("timestamp").values() == [MOMENT, MOMENT + dt.timedelta(hours=1)]
    assert _zones(loaded) == []
