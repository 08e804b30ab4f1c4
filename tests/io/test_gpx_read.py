"""GPX of receivers, walking apps and people with an editor: places, times and names that the driver would take for others."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from cgplanner.errors import UserError
from cgplanner.io.report import Note
from cgplanner.io.source import LoadedLayer
from cgplanner.io.vector import describe, list_layers, read_layer
from cgplanner.io.xml.broken import whole_features_taken
from cgplanner.io.xml.repeated import MOST_OF_A_NAME
from cgplanner.model.schema import FieldType

SPACE = 'xmlns="http://www.topografix.com/GPX/1/1"'
HERE = 'lat="37.8" lon="112.5"'


def gpx(path: Path, body: str, *, root: str = f'gpx version="1.1" {SPACE}', end: str = "</gpx>") -> Path:
    path.write_text(f'<?xml version="1.0" encoding="UTF-8"?>\n<{root}>{body}{end}', encoding="utf-8")
    return path


def read(path: Path, body: str, layer: str = "waypoints") -> LoadedLayer:
    return read_layer(gpx(path / "a.gpx", body), layer)


def note(loaded: LoadedLayer, code: str) -> Note:
    return next(each for each in loaded.report.notes if each.code == code)


def wkt(loaded: LoadedLayer) -> list[str | None]:
    return [None if each is None else each.wkt for each in loaded.table.geometry.geometries()]


def values(loaded: LoadedLayer, name: str) -> list[object]:
    return list(loaded.table.column(name).values())


@pytest.mark.parametrize(
    "place",
    [
        'lat="37,8" lon="112,5"',
        'lat=" 37.8 " lon="112.5°"',
        'lat="37°48\'00&quot;N" lon="112°30\'0&quot;E"',
        'LAT="37.8" LNG="112.5"',
        'latitude="37.8" longitude="112.5"',
    ],
)
def test_places_in_forms_of_their_own(tmp_path: Path, place: str) -> None:
    assert wkt(read(tmp_path, f"<wpt {place}/>")) == ["POINT (112.5 37.8)"]


@pytest.mark.parametrize("place", ['lat="abc" lon="112.5"', 'lon="112.5"', "", 'lat="NaN" lon="112.5"', 'lat="" lon=""'])
def test_a_point_without_a_place_stays_as_a_row_and_is_said(tmp_path: Path, place: str) -> None:
    loaded = read(tmp_path, f"<wpt {place}><name>太原</name></wpt><wpt {HERE}><name>榆次</name></wpt>")
    assert wkt(loaded) == [None, "POINT (112.5 37.8)"]
    assert values(loaded, "name") == ["太原", "榆次"]
    assert note(loaded, "coordinates-unreadable").count == 1


def test_a_line_goes_past_a_point_without_a_place(tmp_path: Path) -> None:
    body = f'<rte><rtept {HERE}/><rtept lat="x" lon="1"/><rtept lat="37.9" lon="112.6"/></rte>'
    loaded = read(tmp_path, body, "routes")
    assert wkt(loaded) == ["LINESTRING (112.5 37.8, 112.6 37.9)"]
    assert note(loaded, "coordinates-unreadable").count == 1
    assert wkt(read_layer(tmp_path / "a.gpx", "route_points"))[1] is None


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("2024-05-01T10:00:00Z", 10),
        ("2024-05-01T10:00:00", 10),
        ("2024-05-01 10:00:00", 10),
        ("2024/5/1 10:00", 10),
        ("2024年5月1日 10时00分", 10),
        ("20240501T100000Z", 10),
        ("2024-05-01T18:00:00+08:00", 10),
        ("2024-05-01T18:00:00+0800", 10),
        ("2024-05-01T18:00:00 +08", 10),
        ("  2024-05-01T10:00:00.0000000Z ", 10),
    ],
)
def test_times_in_forms_of_their_own_are_moments_in_utc(tmp_path: Path, text: str, hour: int) -> None:
    loaded = read(tmp_path, f"<wpt {HERE}><time>{text}</time></wpt><wpt {HERE}><time>2024-05-01T10:00:00Z</time></wpt>")
    assert values(loaded, "time") == [dt.datetime(2024, 5, 1, hour), dt.datetime(2024, 5, 1, 10)]  # noqa: DTZ001  as the model
    codes = {each.code for each in loaded.report.notes}
    assert ("times-moved" in codes) == ("+" in text)
    assert ("times-without-zone" in codes) == ("+" not in text and "Z" not in text)


@pytest.mark.parametrize("text", ["2024-13-41T10:00:00Z", "昨天", "1714557600"])
def test_times_that_are_none_keep_all_of_them_as_text(tmp_path: Path, text: str) -> None:
    loaded = read(tmp_path, f"<wpt {HERE}><time>{text}</time></wpt><wpt {HERE}><time>2024-05-01T10:00:00Z</time></wpt>")
    assert values(loaded, "time") == [text, "2024-05-01T10:00:00Z"]
    assert note(loaded, "values-as-text").examples == (text,)


def test_heights_with_commas_units_and_dashes(tmp_path: Path) -> None:
    body = f"<wpt {HERE}><ele>800,5</ele><name>a</name></wpt><wpt {HERE}><ele>812 m</ele></wpt>"
    assert values(read(tmp_path, body), "ele") == [800.5, 812.0]
    loaded = read_layer(gpx(tmp_path / "b.gpx", f"{body}<wpt {HERE}><ele>--</ele></wpt>"), "waypoints")
    assert values(loaded, "ele") == ["800,5", "812 m", "--"]
    assert note(loaded, "values-as-text").field == "ele"


@pytest.mark.parametrize(
    ("root", "end", "point"),
    [
        ('g:gpx version="1.1" xmlns:g="http://www.topografix.com/GPX/1/1"', "</g:gpx>", "g:wpt"),
        ("gpx", "</gpx>", "wpt"),
        ("GPX", "</GPX>", "WPT"),
        ('gpx version="1.0" xmlns="http://www.topografix.com/GPX/1/0"', "</gpx>", "wpt"),
    ],
)
def test_prefixes_namespaces_and_case_do_not_matter(tmp_path: Path, root: str, end: str, point: str) -> None:
    path = gpx(tmp_path / "a.gpx", f"<{point} {HERE}><name>太原</name></{point}>", root=root, end=end)
    loaded = read_layer(path)
    assert (wkt(loaded), values(loaded, "name")) == (["POINT (112.5 37.8)"], ["太原"])


def test_what_apps_hang_on_points_are_columns(tmp_path: Path) -> None:
    inside = '<extensions><a:Box xmlns:a="x"><a:hr>99</a:hr></a:Box><类型>水井</类型></extensions><编号>007</编号>'
    links = '<link href="a.jpg"><text>图</text></link><link href="b.jpg"/>'
    loaded = read(tmp_path, f"<wpt {HERE}>{inside}{links}</wpt>")
    found = {each.name: loaded.table.column(each.name).value(0) for each in loaded.table.schema}
    assert found == {"hr": 99, "类型": "水井", "编号": "007", "link_href": "a.jpg", "link_text": "图", "link_href_2": "b.jpg"}


def test_heights_of_tracks_and_points_outside_of_segments(tmp_path: Path) -> None:
    point = "<trkpt lat='37.{0}' lon='112.5'><ele>80{0}</ele></trkpt>"
    first, second = point.format(1) + point.format(2), point.format(3) + point.format(4)
    body = f"<trk><name>线</name>{first}<trkseg>{second}</trkseg></trk><trk><trkseg>{first}</trkseg></trk>"
    loaded = read(tmp_path, body, "tracks")
    lines = "MULTILINESTRING Z ((112.5 37.1 801, 112.5 37.2 802), (112.5 37.3 803, 112.5 37.4 804))"
    assert wkt(loaded)[0] == lines
    points = read_layer(tmp_path / "a.gpx", "track_points")
    assert values(points, "track_fid") == [1, 1, 1, 1, 2, 2]
    assert [each.type for each in points.table.schema if each.name == "ele"] == [FieldType.REAL]


def test_only_what_is_there_is_a_layer(tmp_path: Path) -> None:
    path = gpx(tmp_path / "a.gpx", f"<wpt {HERE}/>")
    assert [each.name for each in list_layers(path)] == ["waypoints"]
    with pytest.raises(UserError, match="no waypoints"):
        describe(gpx(tmp_path / "b.gpx", "<metadata><name>x</name></metadata>"))


def test_a_track_that_the_battery_cut(tmp_path: Path) -> None:
    path = gpx(tmp_path / "a.gpx", f"<trk><name>线</name><trkseg>{f'<trkpt {HERE}/>' * 5}", end='<trkpt lat="3')
    with pytest.raises(UserError, match=r"5 features before it are whole"):
        read_layer(path, "tracks")
    with whole_features_taken():
        loaded = read_layer(path, "tracks")
        assert values(loaded, "name") == ["线"]
        assert len(read_layer(path, "track_points").table) == 5
    assert note(loaded, "file-broken").count == 5


@pytest.mark.parametrize(
    "text", ["<kml/>", "<gpx>", "", "<gpx><wpt", '<!DOCTYPE g [<!ENTITY a "b">]><gpx>&a;</gpx>', "<a>" * 300]
)
def test_what_is_no_track_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.gpx"
    path.write_text(text)
    with pytest.raises(UserError) as refused:
        describe(path)
    assert refused.value.hint


def test_a_segment_behind_the_last_track_is_one_of_its_own(tmp_path: Path) -> None:
    segment = f'<trkseg><trkpt {HERE}/><trkpt lat="37.9" lon="112.5"/></trkseg>'
    loaded = read(tmp_path, f"<trk><name>a</name>{segment}</trk>{segment}", "tracks")
    assert wkt(loaded) == ["MULTILINESTRING ((112.5 37.8, 112.5 37.9))"] * 2
    assert values(loaded, "name") == ["a", None]


def test_thousands_of_points_of_a_navigator_in_one_extension_are_few_fields(tmp_path: Path) -> None:
    many = "".join(f"<rpt>{number}</rpt>" for number in range(3000))
    loaded = read(tmp_path, f'<wpt lat="37.8" lon="112.5"><extensions>{many}</extensions></wpt>')
    names = [field.name for field in loaded.table.schema.fields if field.name.startswith("rpt")]
    assert len(names) == MOST_OF_A_NAME
    assert [value for name in names for value in str(values(loaded, name)[0]).split("; ")] == [str(n) for n in range(3000)]
