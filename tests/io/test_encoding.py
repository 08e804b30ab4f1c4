"""Encodings found from marks and bytes: Chinese names down to a single value, wrong marks, half characters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgplanner.io.texts.encoding import codec_of_mark, decode_all, find_encoding
from cgplanner.io.texts.hanzi_odds import decode_cut

NAMES = [
    "太原市",
    "晋中",
    "忻州市",
    "吕梁",
    "阳泉",
    "崞阳镇",
    "垚",
    "地块1",
    "榆次区",
    "建设中",
    "滹沱河",
    "孝义",
    "岚县",
    "盂县",
    "A区3号地",
]
TRADITIONAL = ["臺北市", "新竹縣", "國道", "彰化", "花蓮", "嘉義", "九龍", "屯門"]
WESTERN = ["Côte d'Ivoire", "São Tomé", "México", "Åland", "Straße", "Curaçao", "Köln"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("codec", "found"), [("utf-8", "UTF-8"), ("gbk", "GBK")])
def test_one_chinese_value_is_enough(name: str, codec: str, found: str) -> None:
    encoding = find_encoding([name.encode(codec)])
    assert (encoding.name, encoding.how) == (found, "detected")


@pytest.mark.parametrize("name", TRADITIONAL)
def test_big5_is_told_from_gbk(name: str) -> None:
    assert find_encoding([name.encode("cp950")]).name == "Big5"


@pytest.mark.parametrize("name", WESTERN)
def test_western_words_are_not_taken_for_chinese(name: str) -> None:
    encoding = find_encoding([name.encode("cp1252")])
    assert (encoding.name, encoding.how) == ("windows-1252", "assumed")


@pytest.mark.parametrize(
    ("mark", "codec"),
    [
        ("UTF-8", "utf-8"),
        ("\ufeffutf8\r\n", "utf-8"),
        ("65001", "utf-8"),
        ("ANSI 936", "gb18030"),
        ("54936", "gb18030"),
        ("GB2312", "gb18030"),
        ("936", "gb18030"),
        ("BIG5", "cp950"),
        ("ISO 88591", "latin-1"),
        ("88592", "iso8859-2"),
        ("ANSI 1250", "cp1250"),
        ("OEM", None),
        ("", None),
        ("<!DOCTYPE html><html>", None),
    ],
)
def test_marks_in_all_their_spellings(mark: str, codec: str | None) -> None:
    assert codec_of_mark(mark) == codec


def test_a_right_mark_is_believed() -> None:
    assert find_encoding(["太原".encode("gbk")], cpg="GBK").how == "cpg"
    assert find_encoding(["太原".encode("gbk")], ldid=0x4D).how == "ldid"


def test_a_wrong_mark_is_overruled_and_named() -> None:
    encoding = find_encoding([b"\xe5\xa4\xaa\xe5\x8e\x9f"], cpg="GBK", ldid=0x4D)
    assert (encoding.name, encoding.how) == ("UTF-8", "detected")
    assert encoding.overruled == (".cpg GBK", "LDID 0x4D")
    encoding = find_encoding(["太原市小店区".encode("gbk")], cpg="UTF-8")
    assert (encoding.name, encoding.overruled) == ("GBK", (".cpg UTF-8",))
    assert find_encoding(["太原".encode("gbk")], cpg="UTF-8").name == "GBK"  # valid UTF-8 by chance


@pytest.mark.parametrize("city", ["太原", "晋中", "忻州", "吕梁", "阳泉"])
def test_a_korean_mark_falls_where_the_bytes_name_our_cities(city: str) -> None:
    values = [f"{city}市".encode("gbk"), "机场".encode("gbk")]
    assert find_encoding(values, cpg="949").overruled == (".cpg 949",)
    assert (find_encoding(values, ldid=0x4E).name, find_encoding(values, ldid=0x79).how) == ("GBK", "detected")


def test_a_korean_mark_stands_on_korean_text() -> None:
    assert find_encoding([each.encode("cp949") for each in ("서울특별시", "도시계획", "학교")], cpg="949").codec == "cp949"


def test_without_chinese_text_the_mark_stands() -> None:
    assert find_encoding([], cpg="GBK").name == "GBK"
    assert find_encoding([b"plain"], ldid=0x57).how == "assumed"


def test_a_cut_tail_does_not_hide_utf8() -> None:
    assert find_encoding(["太原小店".encode()[:10]]).name == "UTF-8"


@given(st.text(st.characters(codec="gb18030", exclude_characters="\0"), max_size=40), st.integers(0, 200))
def test_cutting_anywhere_loses_one_character_at_most(text: str, width: int) -> None:
    raw = text.encode("gb18030")[:width]
    kept = decode_cut(raw, "gb18030")
    assert kept is None or text.startswith(kept)
    if kept is not None:
        assert len(raw) - len(kept.encode("gb18030")) < 4


@given(
    st.lists(st.binary(max_size=12).filter(lambda raw: b"\0" not in raw), max_size=8),
    st.sampled_from(["utf-8", "gb18030", "cp950"]),
)
def test_any_bytes_decode_to_one_text_each(values: list[bytes], codec: str) -> None:
    decoded = decode_all(values, codec)
    assert len(decoded.texts) == len(values)
    for raw, text in zip(values, decoded.texts, strict=True):
        if text not in decoded.cut and text not in decoded.damaged:
            assert text == raw.decode(codec)
