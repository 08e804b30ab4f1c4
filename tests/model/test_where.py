from __future__ import annotations

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from cgplanner.errors import UserError
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import table_from_records
from cgplanner.model.where import matching

SCHEMA = Schema(
    (
        Field("n", "XMMC", FieldType.TEXT, alias_zh="项目名称"),
        Field("s", "XMZT", FieldType.TEXT),
        Field("q", "SL", FieldType.REAL, alias_en="Total amount"),
        Field("d", "RQ", FieldType.DATE),
        Field("b", "OK", FieldType.BOOLEAN),
    )
)
TABLE = table_from_records(
    SCHEMA,
    [
        {"XMMC": "太旧高速", "XMZT": "建设中", "SL": 10, "RQ": "2023-05-01", "OK": True},
        {"XMMC": "汾河's 桥", "XMZT": "已完成", "SL": 0, "RQ": "2024-01-01", "OK": False},
        {"XMMC": "", "XMZT": None, "SL": None},
        {"XMMC": None, "XMZT": "建设中", "SL": -2.5},
    ],
    [shapely.Point(i, 0) for i in range(4)],
)


@pytest.mark.parametrize(
    ("condition", "rows"),
    [
        ("XMZT = '建设中'", [0, 3]),
        ("xmzt <> '建设中'", [1]),
        ("not XMZT = '建设中'", [1]),
        ("XMZT = '建设中' and SL > 5", [0]),
        ("XMZT = '已完成' or SL < -1", [1, 3]),
        ("XMZT = '已完成' or XMZT = '建设中' and SL > 5", [0, 1]),
        ("(XMZT = '已完成' or XMZT = '建设中') and not (SL > 5)", [1, 3]),
        ("SL is null", [2]),
        ("SL is not null", [0, 1, 3]),
        ("SL in (0, 10)", [0, 1]),
        ("SL not in (0, 10)", [3]),
        ("项目名称 like '太%'", [0]),
        ("XMMC like '%''s _'", [1]),
        ("XMMC = ''", [2]),
        ('"Total amount" >= 0', [0, 1]),
        ("RQ > '2023-12-31'", [1]),
        ("OK = true", [0]),
        ("SL = -2.5", [3]),
    ],
)
def test_picks_what_sql_would(condition: str, rows: list[int]) -> None:
    assert matching(TABLE, condition).tolist() == rows


@pytest.mark.parametrize(
    "condition",
    [
        "",
        "SL >",
        "SL 5",
        "= 5",
        "SL > 5 5",
        "(SL > 5",
        "SL > 'x'",
        "NOPE = 1",
        "SL like 'x'",
        "XMZT is 5",
        "SL > 5 and",
        "SL ; 5",
    ],
)
def test_what_cannot_be_read_is_refused(condition: str) -> None:
    with pytest.raises(UserError):
        matching(TABLE, condition)


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(condition: str) -> None:
    try:
        rows = matching(TABLE, condition)
    except UserError:
        return
    assert set(rows.tolist()) <= {0, 1, 2, 3}


@given(st.sampled_from([-2.5, 0.0, 10.0]), st.sampled_from(["<", "<=", ">", ">=", "=", "<>"]))
def test_a_condition_and_its_negation_leave_out_only_nulls(value: float, sign: str) -> None:
    yes = matching(TABLE, f"SL {sign} {value}").tolist()
    no = matching(TABLE, f"not SL {sign} {value}").tolist()
    assert sorted(yes + no) == [0, 1, 3]
