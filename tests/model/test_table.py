from __future__ import annotations

import numpy as np
import pytest
import shapely

from cgplanner.errors import UserError
from cgplanner.model.changeset import Cells, StaleChangeError, TableChange
from cgplanner.model.column import column_of
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import FeatureTable, table_from_records
from cgplanner.text import set_language

FIELDS = (Field("k", "XMBH", FieldType.TEXT), Field("n", "XMMC", FieldType.TEXT), Field("e", "YWMC", FieldType.TEXT))
SCHEMA = Schema(FIELDS, key="k", title="n", title_en="e")


@pytest.fixture
def table() -> FeatureTable:
    records = [
        {"XMBH": "A1", "XMMC": "太旧高速", "YWMC": "Taijiu expressway"},
        {"XMBH": "A2", "XMMC": "汾河", "YWMC": None},
        {"XMBH": "A3", "XMMC": "", "YWMC": ""},
        {},
    ]
    return table_from_records(SCHEMA, records, [shapely.Point(i, 0) for i in range(4)])


def test_a_feature_is_called_by_its_title_its_key_or_its_number(table: FeatureTable) -> None:
    assert [table.title_of(row) for row in range(4)] == ["Taijiu expressway", "汾河", "A3", "4"]
    try:
        set_language("zh")
        assert table.title_of(0) == "太旧高速"
    finally:
        set_language("en")


def test_a_change_with_other_old_values_is_refused(table: FeatureTable) -> None:
    def change(rid: int, old: str) -> TableChange:
        text = FieldType.TEXT
        return TableChange({"n": Cells(np.array([rid]), column_of(text, [old]), column_of(text, ["新"]))})

    assert table.apply(change(1, "汾河")).record(1)["n"] == "新"
    for wrong in (change(1, "黄河"), change(9, "汾河")):
        with pytest.raises(StaleChangeError):
            table.apply(wrong)
    with pytest.raises(StaleChangeError):
        table.apply(TableChange(added=table.rows(np.array([0]))))
    gone = table.apply(TableChange(deleted=table.rows(np.array([0]))))
    with pytest.raises(StaleChangeError):
        gone.apply(TableChange(deleted=table.rows(np.array([0]))))


def test_rows_are_found_by_fid_and_fields_by_any_of_their_names(table: FeatureTable) -> None:
    gone = table.apply(TableChange(deleted=table.rows(np.array([1]))))
    assert gone.rid_of(3) == 2
    with pytest.raises(UserError, match="no feature 2"):
        gone.rid_of(2)
    assert gone.schema.named("xmmc").id == "n"
    with pytest.raises(UserError, match="no field"):
        gone.schema.named("nope")


def test_renaming_a_field_rewrites_nothing(table: FeatureTable) -> None:
    renamed = table.with_schema(table.schema.renamed("n", "MC"))
    assert renamed.columns is table.columns
    assert renamed.column("MC").values() == table.column("XMMC").values()
    with pytest.raises(StaleChangeError):
        table.with_schema(Schema(FIELDS[:2]))


@pytest.mark.parametrize(
    ("precision", "value", "wanted"),
    [(15, 165.96, "165.96"), (15, 8.1, "8.1"), (2, 5.0, "5.00"), (0, 0.1, "0.1"), (11, 1e6 / 3, "333333.333333333")],
)
def test_numbers_are_shown_without_their_noise(precision: int, value: float, wanted: str) -> None:
    assert Field("f", "f", FieldType.REAL, 24, precision).display(value) == wanted


def test_names_that_differ_by_case_only_are_the_very_ones() -> None:
    schema = Schema((Field("f1", "NAME", FieldType.TEXT), Field("f2", "name", FieldType.TEXT)))
    assert [schema.named(name).id for name in ("NAME", "name", "Name")] == ["f1", "f2", "f1"]
