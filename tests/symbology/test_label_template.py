"""Templates of labels: fields in braces, what stands in for empty ones, parts that go with them, and what is refused."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from cgplanner.errors import UserError
from cgplanner.model.layer import Layer
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import FeatureTable, table_from_records
from cgplanner.symbology.label_template import label_texts, missing_fields, parse
from cgplanner.symbology.problems import style_problems
from cgplanner.symbology.style import Labels, Style

SCHEMA = Schema(
    (
        Field("f1", "XMMC", FieldType.TEXT, alias_zh="项目名称", alias_en="Name"),
        Field("f2", "SL", FieldType.REAL, precision=2),
        Field("f3", "DW", FieldType.TEXT),
        Field("f4", "KGRQ", FieldType.DATE),
        Field("f5", "RK", FieldType.INTEGER),
    )
)
ROWS = [
    {"XMMC": "太旧高速", "SL": 144.256, "DW": "km", "KGRQ": dt.date(2024, 3, 9), "RK": 5_300_000},
    {"XMMC": "静兴高速", "SL": None, "DW": "km", "KGRQ": None, "RK": None},
    {"XMMC": None, "SL": 0.25, "DW": None, "KGRQ": None, "RK": 0},
]


@pytest.fixture(scope="module")
def table() -> FeatureTable:
    return table_from_records(SCHEMA, ROWS, [shapely.Point(k, k) for k in range(3)])


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{XMMC}", ["太旧高速", "静兴高速", ""]),
        ("{XMMC} ({SL:.1} km)", ["太旧高速 (144.3 km)", "静兴高速 ( km)", "(0.2 km)"]),
        ("{XMMC}[ ({SL:.1} {DW})]", ["太旧高速 (144.3 km)", "静兴高速", ""]),
        ("{XMMC|DW|'无名'}", ["太旧高速", "静兴高速", "无名"]),
        ("{ xmmc | “没有” }", ["太旧高速", "静兴高速", "没有"]),
        ("{项目名称}/{f2}", ["太旧高速/144.26", "静兴高速/", "/0.25"]),
        ("{SL:%}", ["14426%", "", "25%"]),
        ("{RK:,}", ["5,300,000", "", "0"]),
        ("{KGRQ:%Y-%m}", ["2024-03", "", ""]),
        ("{{{DW}}} [[x]]", ["{km} [x]", "{km} [x]", "{} [x]"]),
        ("[{XMMC}[ {SL:.0}]]", ["太旧高速 144", "静兴高速", ""]),
        ("plain", ["plain"] * 3),
        ("{missing|XMMC}", ["太旧高速", "静兴高速", ""]),
    ],
)
def test_what_templates_say(table: FeatureTable, template: str, said: list[str]) -> None:
    assert label_texts(template, table, np.arange(3)) == said


@pytest.mark.parametrize(
    "template", ["{XMMC", "XMMC}", "[a", "a]", "{}", "{XMMC|}", "{XMMC|'x}", "{'x'y}", "{SL:.x}", "{SL:abc}"]
)
def test_what_is_no_template_is_refused_in_a_sentence(template: str) -> None:
    with pytest.raises(UserError) as refused:
        parse(template)
    assert refused.value.hint


@given(st.text(alphabet="{}[]|:'ab .,%f", max_size=14))
def test_any_text_is_read_or_refused(text: str) -> None:
    table = table_from_records(SCHEMA, ROWS, [None] * 3)
    try:
        parse(text)
    except UserError:
        return
    assert len(label_texts(text, table, np.arange(3))) == 3


@given(st.text(max_size=30))
def test_doubled_braces_and_brackets_stand_for_themselves(text: str) -> None:
    escaped = "".join(2 * each if each in "{}[]" else each for each in text)
    table = table_from_records(SCHEMA, ROWS[:1], [None])
    assert label_texts(escaped, table, np.arange(1)) == [text.strip()]


def test_missing_fields_are_named_and_reported(table: FeatureTable) -> None:
    assert missing_fields("{XMMC} {weg|SL}", SCHEMA) == ("weg",)
    layer = Layer("a", "a", "a", table, "", Style(labels=Labels("f1", text="{XMMC} {weg}", text_en="{XMMC")))
    told = [str(each) for each in style_problems(layer)]
    assert len(told) == 2
    assert "weg" in told[0]
