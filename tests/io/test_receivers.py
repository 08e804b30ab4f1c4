"""Receivers: the shipped profiles do what they say, a user's own are taken or refused by name, and losses are told first."""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
from dataclasses import fields
from pathlib import Path

import pytest
import shapely

from cgplanner.errors import Refused, UserError
from cgplanner.io.shapefile.dbf import read_header
from cgplanner.io.shapefile.door import read_shapefile
from cgplanner.io.texts.ascii_names import ascii_name
from cgplanner.io.vector import forecast, read_layer, write_layer
from cgplanner.io.writing.receivers import Receiver, changed, receiver, receiver_names, receivers
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
    better = forecast(
        table("😀机场"), "", path, format="shp", layer_name="a", receiver="arcgis10", changes={"encoding": "UTF-8"}
    )
    assert better.real == ()


@pytest.mark.parametrize("name", sorted(SIX))
def test_the_forecast_is_what_writing_reports(tmp_path: Path, name: str) -> None:
    long, how = table("长" * 200), {"format": "shp", "layer_name": "a", "receiver": name, "changes": {"long_texts": "cut"}}
    told = forecast(long, "EPSG:4490", tmp_path / "a.shp", **how)
    done = write_layer(long, "EPSG:4490", tmp_path / "a.shp", **how)
    assert json.dumps([each.loss_json() for each in told.losses]) == json.dumps([each.loss_json() for each in done.losses])
    assert told.crs == done.crs
    assert [(each.what, each.value) for each in told.remedies] == [("long_texts", "split")]


TROUBLE = {
    "shp": (
        {"long_texts": "cut"},
        table_from_records(
            Schema((Field("a", "T", FieldType.TEXT), Field("b", "Z", FieldType.REAL, 12, 2)), "point"),
            [{"T": "长" * 300, "Z": 1.23456}, {"T": "😀", "Z": 1.0}],
            [shapely.Point(112, 37), None],
        ),
        {"characters-lost", "text-cut", "number-rounded"},
    ),
    "dxf": (
        {"dxf_attributes": "none"},
        table_from_records(SCHEMA, [{"项目名称": "😀机场"}], [shapely.Point(112, 37)]),
        {"fields-left-out", "characters-lost"},
    ),
}


@pytest.mark.parametrize("kind", sorted(TROUBLE))
def test_every_remedy_heals_what_it_says(tmp_path: Path, kind: str) -> None:
    changes, layer, codes = TROUBLE[kind]
    path = tmp_path / f"a.{kind}"
    how = {"format": kind, "layer_name": "a", "receiver": "arcgis10"}
    found = forecast(layer, "EPSG:4490", path, **how, changes=changes)
    assert {note.code for note in found.real} == codes
    assert len(found.remedies) == len(codes)
    for remedy in found.remedies:
        better = forecast(layer, "EPSG:4490", path, **how, changes=changes | {remedy.what: remedy.value})
        assert {note.code for note in better.real} < {note.code for note in found.real}, remedy
        changes = changes | {remedy.what: remedy.value}
    done = write_layer(layer, "EPSG:4490", path, **how, changes=changes, strict=True)
    assert done.verified


def test_long_texts_go_on_and_come_back(tmp_path: Path) -> None:
    texts = ["长" * 200, "短", None, "a" * 253 + "字" * 400 + " " * 5 + "end", ""]
    fields = (Field("a", "说明", FieldType.TEXT, alias_en="Remarks"), Field("b", "说明_2", FieldType.TEXT))
    records = [{"说明": text, "说明_2": "乙"} for text in texts]
    mine = table_from_records(Schema(fields, "point"), records, [shapely.Point(112, 37)] * 5)
    report = write_layer(mine, "", tmp_path / "a.shp", format="shp", layer_name="a", receiver="arcgis10")
    assert {note.code for note in report.losses} == {"text-split", "empty-as-null"}
    stored = read_shapefile(tmp_path / "a.shp", as_stored=True).table
    assert [each.name for each in stored.schema] == ["说明", "说明_2_", "说明_3", "说明_4", "说明_5", "说明_2"]
    assert max(len(str(text).encode("gbk")) for text in stored.column("说明").values()) <= 254
    back = read_layer(tmp_path / "a.shp").table
    assert back.column("说明").values() == [*texts[:4], None]
    assert back.column("说明_2").values() == ["乙"] * 5
    lines = list(csv.reader((tmp_path / "a.fields.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert [line[:2] for line in lines[1:3]] == [["说明", "说明"], ["说明_2_", "说明"]]


def test_entries_can_be_changed_for_once_and_wrong_ones_are_refused(tmp_path: Path) -> None:
    assert changed(receiver("qgis"), {"encoding": "GBK", "exact_digits": "10"}).exact_digits == 10
    for wrong in ({"encoding": "Klingon"}, {"parts": "three"}, {"colour": "red"}, {"exact_digits": "many"}):
        with pytest.raises(UserError, match="cannot be changed"):
            changed(receiver("qgis"), wrong)


def test_every_entry_of_every_profile_has_its_reason_in_the_documents() -> None:
    text = (Path(__file__).parents[2] / "docs" / "exchange.md").read_text(encoding="utf-8")
    reasons = dict(re.findall(r"^\| `(\w+)` \| [^|]+ \| (.+) \|$", text.split("### Receivers")[1], re.MULTILINE))
    entries = {each.name for each in fields(Receiver)} - {"name", "title_zh", "title_en", "evidence"}
    assert entries <= set(reasons)
    for name, profile in receivers().items():
        for entry in entries:
            value = getattr(profile, entry)
            shown = {" ": "blanks"}.get(value, str(value))
            assert f"`{shown}`" in reasons[entry], f"{name}: {entry} = {shown} has no reason"


def test_a_short_text_that_looks_like_big5_is_read_as_it_was_written(tmp_path: Path) -> None:
    mine = table_from_records(Schema(SCHEMA.fields[:1], "point"), [{"项目名称": "à"}], [shapely.Point(112, 37)])
    write_layer(mine, "", tmp_path / "a.shp", format="shp", layer_name="a", receiver="mapgis")
    assert read_layer(tmp_path / "a.shp").table.column("项目名称").values() == ["à"]
