"""Sorting and filtering answer as plain Python would, without a string per row."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgplanner.app.qtmodels.row_order import containing, ordered
from cgplanner.model.schema import CodedDomain, CodedValue, Field, FieldType, Schema
from cgplanner.model.table import FeatureTable, table_from_records

SCHEMA = Schema((Field("t", "t", FieldType.TEXT), Field("n", "n", FieldType.REAL)))
Rows = list[tuple[str | None, float | None]]
TEXTS = st.none() | st.text(alphabet="ab太原", max_size=3)
NUMBERS = st.none() | st.integers(-5, 5).map(float)


def _key(value: str | float | None) -> tuple[float, bytes]:
    return (0.0, value.encode("gb18030")) if isinstance(value, str) else (value or 0.0, b"")


def table_of(rows: Rows) -> FeatureTable:
    return table_from_records(SCHEMA, [{"t": t, "n": n} for t, n in rows], [None] * len(rows))


@given(st.lists(st.tuples(TEXTS, NUMBERS), max_size=30), st.sampled_from([0, 1]), st.booleans())
def test_order_is_that_of_python_with_nulls_last(rows: Rows, field: int, descending: bool) -> None:  # noqa: FBT001  a drawn value
    table = table_of(rows)
    found = ordered(table, np.arange(len(rows)), SCHEMA.fields[field].id, descending=descending)
    present = [i for i, row in enumerate(rows) if row[field] is not None]
    expected = sorted(present, key=lambda i: _key(rows[i][field]), reverse=descending)
    assert found.tolist() == expected + [i for i, row in enumerate(rows) if row[field] is None]


def test_chinese_sorts_by_pinyin() -> None:
    cities = ["阳泉市", "太原市", "Datong", "吕梁市", "晋中市", "忻州市"]
    table = table_of([(name, None) for name in cities])
    found = [cities[row] for row in ordered(table, np.arange(len(cities)), "t")]
    assert found == ["Datong", "晋中市", "吕梁市", "太原市", "忻州市", "阳泉市"]


@given(st.lists(st.tuples(TEXTS, NUMBERS), max_size=30), st.text(alphabet="Aab太", min_size=1, max_size=2))
def test_a_word_finds_rows_whatever_the_case(rows: Rows, word: str) -> None:
    expected = [i for i, (t, _) in enumerate(rows) if t is not None and word.casefold() in t.casefold()]
    assert containing(table_of(rows), word).tolist() == expected


@pytest.mark.parametrize(("word", "found"), [("", [0, 1, 2]), ("5", [1]), ("5.0", [1]), ("7", [])])
def test_a_number_finds_equal_numbers(word: str, found: list[int]) -> None:
    assert containing(table_of([("a", None), (None, 5.0), ("b", 0.0)]), word).tolist() == found


def test_a_list_of_values_sorts_in_its_own_order() -> None:
    stages = CodedDomain("stages", (CodedValue("z"), CodedValue("a"), CodedValue("m")))
    table = table_from_records(Schema((Field("s", "s", FieldType.TEXT, domain=stages),)), [{"s": c} for c in "amz"], [None] * 3)
    assert [table.columns["s"].value(i) for i in ordered(table, np.arange(3), "s")] == ["z", "a", "m"]


def test_only_the_rows_asked_for_are_ordered() -> None:
    table = table_of([("c", None), ("a", None), ("b", None)])
    assert ordered(table, np.array([0, 2]), "t").tolist() == [2, 0]
