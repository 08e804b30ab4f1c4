"""What is remembered of a sender, when it counts, and that it never overrules evidence; titles cleaned of the sending."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgplanner.io.report import Report
from cgplanner.io.source import LoadedLayer
from cgplanner.io.texts.encoding_guesses import encoding_guesses
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import table_from_records
from cgplanner.session.importing import readable_title
from cgplanner.session.senders import Remembered, read_as_remembered, read_memory, recalled, remember, sender_keys

FIELDS = tuple(Field(f"f{number}", name, FieldType.TEXT, 40) for number, name in enumerate(("XMMC", "JSDW", "BZ")))
BIG5_AS_GBK = "計畫區".encode("cp950").decode("gb18030")  # what is seen where Big5 is taken for GBK
CHOSEN = Remembered("Big5", "old.shp", "2026-11-01")


def layer(
    text: str = BIG5_AS_GBK, encoding: str = "GBK", how: str = "detected", path: str = "吕梁市规划局_20260301/a.shp"
) -> LoadedLayer:
    table = table_from_records(Schema(FIELDS, "none"), [{"XMMC": text, "JSDW": None, "BZ": "x"}], [None])
    return LoadedLayer("a", table, "", Report((), (), encoding, how), Path(path))


def same(encoding: str) -> LoadedLayer:
    return layer("read again", encoding, "declared")


def test_the_same_form_and_the_same_office_are_one_sender() -> None:
    one, other = layer(), layer(path="吕梁市规划局_20261105/b.shp")
    assert sender_keys(one.source_path, one) == sender_keys(other.source_path, other)
    assert [key.split(":")[0] for key in sender_keys(one.source_path, one)] == ["fields", "name"]
    packed = Path("吕梁市规划局 2026年5月.zip")
    assert sender_keys(packed, one)[1] == "name:吕梁市规划局"


@pytest.mark.parametrize("folder", ["Downloads", "下载", "2026", "tmp"])
def test_folders_of_nobody_say_nothing(folder: str) -> None:
    assert [key for key in sender_keys(Path(folder) / "a.shp", layer()) if key.startswith("name")] == []


def test_few_fields_are_nobodys_own() -> None:
    few = replace(layer(), table=table_from_records(Schema(FIELDS[:2], "none"), [{"XMMC": "x"}], [None]))
    assert sender_keys(Path("Downloads/a.shp"), few) == ()


def test_what_was_chosen_is_written_down_and_counts_next_time(tmp_path: Path) -> None:
    first = layer()
    assert remember(tmp_path / "new" / "senders.json", sender_keys(first.source_path, first), CHOSEN)
    memory = read_memory(tmp_path / "new" / "senders.json")
    asked: list[str] = []

    def read(encoding: str) -> LoadedLayer:
        asked.append(encoding)
        return same(encoding)

    found = read_as_remembered(layer(path="anywhere/c.shp"), memory, read)
    assert (asked, found.report.encoding, found.report.encoding_how) == (["Big5"], "Big5", "remembered")
    (note,) = found.report.notes
    assert note.code == "encoding-remembered"
    assert "old.shp" in str(note.message)


@pytest.mark.parametrize(
    ("case", "known"),
    [
        (layer(), True),
        (layer(how="assumed"), True),
        (layer(how="cpg"), False),  # a mark that fits its bytes
        (layer(how="ldid"), False),
        (layer(how="declared"), False),
        (layer(encoding="UTF-8"), False),  # plain evidence
        (layer(encoding="Big5"), False),  # nothing to change
        (layer("丂"), False),  # 0x8140 is no Big5
        (layer("ascii"), False),
        (layer(path="x/a.gpkg"), False),
    ],
)
def test_evidence_goes_before_memory(case: LoadedLayer, *, known: bool) -> None:
    memory = dict.fromkeys((*sender_keys(case.source_path, case), "name:吕梁市规划局"), CHOSEN)
    assert (recalled(memory, case.source_path, case) is not None) == known


def test_a_memory_has_an_end(tmp_path: Path) -> None:
    path = tmp_path / "senders.json"
    for number in range(0, 420, 2):
        remember(path, (f"fields:{number}", f"name:{number}"), CHOSEN)
    memory = read_memory(path)
    assert len(memory) == 400
    assert "name:418" in memory
    assert "name:0" not in memory


@given(st.binary(max_size=60) | st.sampled_from([b"[]", b'{"a": 1}', b'{"a": {"encoding": 1}}', b'{"a": {"encoding": "GBK"}}']))
def test_a_damaged_memory_is_forgotten(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.json"
    path.write_bytes(data)
    assert read_memory(path) == {}


def test_a_memory_that_cannot_be_written_is_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert not remember(tmp_path / "file" / "senders.json", ("fields:1",), CHOSEN)


def test_the_texts_are_shown_in_each_encoding() -> None:
    guesses = {each.name: each for each in encoding_guesses(layer("地块一号"))}
    assert list(guesses) == ["UTF-8", "GBK", "Big5"]
    assert guesses["GBK"].samples[0] == "地块一号"
    assert (guesses["UTF-8"].fits, guesses["GBK"].fits) == (False, True)
    assert guesses["Big5"].samples[0] != "地块一号"
    assert encoding_guesses(layer("plain")) == ()
    assert encoding_guesses(layer("地块", encoding="")) == ()


@given(st.text(st.characters(codec="gb18030"), min_size=1, max_size=20))
def test_what_was_read_is_always_among_the_guesses_as_it_was_read(text: str) -> None:
    guesses = encoding_guesses(layer(text))
    assert guesses == () if text.isascii() else guesses[1].samples[0] == text


@pytest.mark.parametrize(
    ("name", "file", "title"),
    [
        ("太原市_建设用地_20260301", "x.shp", "太原市 建设用地"),
        ("用地_2026-03-01", "x.shp", "用地"),
        ("parcels_v2.1_final(2)", "x.shp", "parcels"),
        ("道路 - 副本", "x.shp", "道路"),
        ("复件 地块", "x.shp", "地块"),
        ("规划2035", "x.shp", "规划2035"),
        ("太原市国土空间总体规划（2021-2035）", "x.shp", "太原市国土空间总体规划（2021-2035）"),
        ("DLTB140100", "x.shp", "DLTB140100"),
        ("20260301", "x.shp", "20260301"),
        ("Sheet1", "晋中市项目表.xlsx", "晋中市项目表"),
        ("entities", "总图_20251231.dxf", "总图"),
    ],
)
def test_titles_lose_what_sending_put_on_them(name: str, file: str, title: str) -> None:
    assert readable_title(replace(layer(path=file), name=name)) == title


@given(st.text(max_size=30))
def test_no_title_is_lost(name: str) -> None:
    assert bool(readable_title(replace(layer(path="file.shp"), name=name))) == bool(name)
