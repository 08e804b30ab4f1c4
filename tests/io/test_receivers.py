"""Receivers: the shipped profiles do what they say, a user's own are taken or refused by name, and losses are told first."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
import shapely

from cgplanner.errors import Refused, UserError
from cgplanner.io.ascii_names import ascii_name
from cgplanner.io.dbf import read_header
from cgplanner.io.receivers import receiver, receiver_names, receivers
from cgplanner.io.vector import forecast, read_layer, write_layer
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import FeatureTable, table_from_records

SIX = {"qgis", "arcgis-pro", "arcgis10", "supermap", "mapgis", "autocad"}
SCHEMA = Schema((Field("a", "项目名称", FieldType.TEXT), Field("b", "开工", FieldType.DATE)), "polygon")
TWO_PARTS = shapely.MultiPolygon([shapely.box(112.5, 37.8, 112.6, 37.9), shapely.box(112.7, 37.8, 112.8, 37.9)])


def table(text: str = "机场") -> FeatureTable:
    records = [{"项目名称": text, "开工": dt.date(2026, 11, 22)}, {"项目名称": "铁路"}]
    return table_from_records(SCHEMA, records, [TWO_PARTS, None])


def own(home: Path, text: str, name: str = "our office") -> None:
    (home / "receivers").mkdir(exist_ok=True)
    (home / "receivers" / f"{name}.json").write_text(text, encoding="utf-8")


def test_the_six_are_there_and_each_says_why() -> None:
    assert set(receivers()) == SIX
    assert all(each.evidence and each.title_zh for each in receivers().values())


def test_names_become_the_initials_of_their_pinyin() -> None:
    names = ["项目名称", "XMMC", "GDP 2026年", "2026", "垚", "建设用地", "座"]
    assert [ascii_name(each) for each in names] == ["XMMC", "XMMC", "GDP_2026N", "F_2026", "F_", "JSYD", "Z"]


def test_autocad_gets_metres_single_parts_and_plain_names(tmp_path: Path) -> None:
    report = write_layer(table(), "EPSG:4490", tmp_path / "a.shp", format="shp", layer_name="a", receiver="autocad")
    assert {"reprojected", "parts-split"} <= {note.code for note in report.losses}
    assert (report.features_in, report.features_out, report.crs) == (2, 3, "EPSG:4547")
    header = read_header(tmp_path / "a.dbf")
    assert header is not None
    assert [each.name for each in header.fields] == [b"XMMC", b"KG"]
    loaded = read_layer(tmp_path / "a.shp")
    assert [each.name for each in loaded.table.schema] == ["项目名称", "开工"]
    assert loaded.table.column("项目名称").values() == ["机场", "机场", "铁路"]
    assert [None if each is None else each.geom_type for each in loaded.table.geometry.geometries()] == [
        "Polygon",
        "Polygon",
        None,
    ]
    assert 300_000 < loaded.table.geometry.extent()[0] < 400_000


def test_a_profile_of_one_s_own(tmp_path: Path, home: Path) -> None:
    own(home, '{"title_zh": "院里", "title_en": "Ours", "based_on": "arcgis10", "encoding": "UTF-8", "dates": "text"}')
    assert "our office" in receiver_names()
    mine = receiver("our office")
    assert (mine.encoding, mine.exact_digits, mine.title) == ("UTF-8", 15, "Ours")
    report = write_layer(table(), "EPSG:4490", tmp_path / "a.shp", format="shp", layer_name="a", receiver="our office")
    assert "date-as-text" in {note.code for note in report.losses}
    back = read_layer(tmp_path / "a.shp").table
    assert back.column("开工").values() == [dt.date(2026, 11, 22), None]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("{", "damaged"),
        ("[1]", "no object"),
        ('{"colour": 1}', "colour"),
        ('{"names": "latin"}', "names is one of"),
        ('{"names": ["ascii"]}', "names is one of"),
        ('{"encoding": "martian"}', "martian"),
        ('{"exact_digits": true}', "exact_digits"),
        ('{"based_on": "atlas"}', "atlas"),
        ('{"based_on": ["qgis"]}', "damaged"),
    ],
)
def test_a_damaged_profile_is_refused_by_name_and_hides_nobody(home: Path, text: str, what: str) -> None:
    own(home, text)
    with pytest.raises(UserError, match=what):
        receiver("our office")
    assert set(receivers()) == SIX
    assert "our office" in receiver_names()


def test_losses_are_told_before_a_byte_is_written(tmp_path: Path) -> None:
    path = tmp_path / "a.shp"
    found = forecast(table("😀机场"), "EPSG:4490", path, format="shp", layer_name="a", receiver="arcgis10")
    (note,) = found.real
    assert (note.code, note.field, note.count, note.examples) == ("characters-lost", "项目名称", 1, ("😀",))
    (remedy,) = found.remedies
    assert (remedy.what, remedy.value) == ("encoding", "UTF-8")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(Refused):
        write_layer(table("😀"), "", path, format="shp", layer_name="a", receiver="arcgis10", strict=True)
    better = forecast(table("😀机场"), "", path, format="shp", layer_name="a", receiver="arcgis10", encoding="UTF-8")
    assert better.real == ()


@pytest.mark.parametrize("name", sorted(SIX))
def test_the_forecast_is_what_writing_reports(tmp_path: Path, name: str) -> None:
    long = table("长" * 200)
    told = forecast(long, "EPSG:4490", tmp_path / "a.shp", format="shp", layer_name="a", receiver=name)
    done = write_layer(long, "EPSG:4490", tmp_path / "a.shp", format="shp", layer_name="a", receiver=name)
    assert json.dumps([each.loss_json() for each in told.losses]) == json.dumps([each.loss_json() for each in done.losses])
    assert told.crs == done.crs
    assert [each.value for each in told.remedies] == ["gpkg"]
