"""Conditions as trees: whatever is written is read again as the same tree."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgplanner.errors import UserError
from cgplanner.model.condition import And, Compare, Condition, IsNull, Like, Not, OneOf, Or, parse, written
from cgplanner.model.schema import Field, FieldType, Schema, Value

SCHEMA = Schema(
    (
        Field("a", "XMMC", FieldType.TEXT, alias_zh="项目名称"),
        Field("b", "in", FieldType.REAL, alias_en="Length of way"),
        Field("c", 'say "x"', FieldType.DATE),
        Field("d", "JSZ", FieldType.BOOLEAN),
    )
)
VALUES: dict[str, st.SearchStrategy[Value]] = {
    "a": st.text(max_size=6),
    "b": st.floats(allow_nan=False, allow_infinity=False),
    "c": st.dates(dt.date(1900, 1, 1), dt.date(2100, 1, 1)),
    "d": st.booleans(),
}


@st.composite
def predicates(draw: st.DrawFn) -> Condition:
    field = draw(st.sampled_from("abcd"))
    kind = draw(st.sampled_from(["compare", "one", "like", "null"]))
    if kind == "compare":
        return Compare(field, draw(st.sampled_from(["=", "<>", "<", "<=", ">", ">="])), draw(VALUES[field]))
    if kind == "one":
        return OneOf(field, tuple(draw(st.lists(VALUES[field], min_size=1, max_size=3))))
    return Like("a", str(draw(VALUES["a"]))) if kind == "like" else IsNull(field)


def _grown(inner: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return inner.map(Not) | several.map(And) | several.map(Or)


def _flat(condition: Condition) -> Condition:
    """``(a or b) or c`` is ``a or b or c``: brackets that change nothing are not kept."""
    match condition:
        case And(parts) | Or(parts):
            kind = type(condition)
            flat: list[Condition] = []
            for part in map(_flat, parts):
                flat.extend(part.parts if isinstance(part, kind) and isinstance(part, And | Or) else (part,))
            return kind(tuple(flat))
        case Not(part):
            return Not(_flat(part))
    return condition


@given(st.recursive(predicates(), _grown, max_leaves=6))
def test_what_is_written_is_read_again(condition: Condition) -> None:
    text = written(condition, lambda field: SCHEMA[field].name)
    assert _flat(parse(text, SCHEMA)) == _flat(condition)


def test_fields_by_alias_and_with_spaces() -> None:
    assert parse("项目名称 = '甲' and \"length of way\" > 5", SCHEMA) == And((Compare("a", "=", "甲"), Compare("b", ">", 5.0)))


@pytest.mark.parametrize("text", ["", "XMMC", "XMMC =", "XMMC = 'a' or", "(XMMC = 'a'", "NAME = 'a'", "\"in\" > 'far'"])
def test_no_condition(text: str) -> None:
    with pytest.raises(UserError):
        parse(text, SCHEMA)
