"""The table shows whole rows only, and counts the rest."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from cgplanner.layout.feature_table import placed, records, shared_out
from cgplanner.layout.page import FeatureTable, TableColumn
from cgplanner.model.layer import Layer
from cgplanner.model.schema import CodedDomain, CodedValue, Field, FieldType, Schema
from cgplanner.model.table import table_from_records
from cgplanner.symbology.style import Style

STATE = CodedDomain("state", (CodedValue("在建", "在建", "under way"),))
SCHEMA = Schema(
    (
        Field("a", "XMMC", FieldType.TEXT, alias_zh="名称", alias_en="Name"),
        Field("b", "SZCS", FieldType.TEXT),
        Field("c", "XMZT", FieldType.TEXT, domain=STATE),
    ),
    title="a",
)
COLUMNS = (TableColumn("XMMC"), TableColumn("SZCS"), TableColumn("XMZT"), TableColumn("MISSING"))


def layer() -> Layer:
    rows = [{"XMMC": "大运路", "SZCS": "太原市;晋中市", "XMZT": "在建"}, {"XMMC": "机场", "SZCS": None, "XMZT": None}]
    return Layer("p", "", "p", table_from_records(SCHEMA, rows, [shapely.Point(0, 0)] * 2), "", Style())


def test_cells_speak_the_language_of_the_page() -> None:
    heads, rows = records(layer(), np.arange(2), COLUMNS, {"太原市": "Taiyuan", "晋中市": "Jinzhong"})
    assert heads == ("Name", "SZCS", "XMZT")
    assert rows == [("大运路", "Taiyuan, Jinzhong", "under way"), ("机场", "", "")]


def test_a_layer_without_those_fields_shows_what_names_its_features() -> None:
    heads, rows = records(layer(), np.array([1]), (TableColumn("MISSING"),), {})
    assert (heads, rows) == (("Name",), [("机场",)])


cells = st.text(alphabet="太原abc 市", max_size=40)
tables = st.lists(st.tuples(cells, cells, cells), max_size=40)


@given(tables, st.floats(30, 200), st.integers(0, 20))
def test_rows_are_whole_and_the_rest_is_counted(rows: list[tuple[str, ...]], height: float, most: int) -> None:
    item = FeatureTable(0, 0, 100, height, max_rows=most, size=2.6, min_size=1.9)
    table = placed("title", ("a", "b", "c"), rows, item, height)
    assert len(table.rows) + table.more == len(rows)
    assert not table.rows or table.rows[-1].y + table.rows[-1].h <= height + 1e-6
    assert not table.more or table.more_y + table.size * 1.9 <= height + 1e-6
    assert not most or len(table.rows) <= most
    assert table.xs[-1] + table.widths[-1] == pytest.approx(item.w)


@given(st.lists(st.floats(0.1, 100), min_size=1, max_size=6), st.floats(10, 200))
def test_widths_fill_the_room_and_narrow_columns_get_what_they_need(natural: list[float], room: float) -> None:
    widths = shared_out(natural, room)
    assert sum(widths) == pytest.approx(room)
    short = [place for place, width in enumerate(widths) if width < natural[place] - 1e-9]
    assert all(widths[place] >= max(widths[k] for k in range(len(widths))) - 1e-6 for place in short)
