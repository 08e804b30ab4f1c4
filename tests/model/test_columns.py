from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from cgplanner.geometry import ragged as flat
from cgplanner.model.column import TextColumn, column_of, text_column
from cgplanner.model.geometry_column import GeometryColumn, flat_column, geometry_column
from cgplanner.model.index import BoxIndex, rows_meeting
from cgplanner.model.schema import FieldType

TEXTS = st.lists(st.none() | st.sampled_from(["", "太原", "晋中", "x"]), max_size=12)


def positions(*numbers: int) -> np.ndarray:
    return np.array(numbers, np.int64)


@given(TEXTS, st.data())
def test_text_column_behaves_like_a_list(values: list[str | None], data: st.DataObject) -> None:
    column = text_column(values)
    chosen = data.draw(st.lists(st.integers(0, max(len(values) - 1, 0)), unique=True, max_size=len(values)))
    new = data.draw(st.lists(st.none() | st.text(max_size=2), min_size=len(chosen), max_size=len(chosen)))
    expected = list(values)
    for place, value in zip(chosen, new, strict=True):
        expected[place] = value
    assert column.replaced(positions(*chosen), text_column(new)).values() == expected
    assert column.take(positions(*chosen)).values() == [values[i] for i in chosen]
    assert column.values() == values, "a column never changes"


def test_null_zero_and_empty_text_are_three_things() -> None:
    text = text_column(["", None])
    assert text.values() == ["", None]
    assert not text.same(text_column([None, ""])).any()
    numbers = column_of(FieldType.REAL, [0.0, None])
    assert numbers.values() == [0.0, None]
    assert not numbers.same(column_of(FieldType.REAL, [None, 0.0])).any()


def test_dictionary_with_repeated_entries_compares_by_text() -> None:
    doubled = TextColumn(np.array([0, 1, -1], np.int32), np.array(["太原", "太原"], object))
    assert doubled.equals(text_column(["太原", "太原", None]))


def test_dates_keep_their_kind() -> None:
    assert column_of(FieldType.DATE, [dt.date(2026, 11, 22)]).values() == [dt.date(2026, 11, 22)]
    moment = dt.datetime(2026, 11, 22, 14, 30, 5, 123000)  # noqa: DTZ001  columns hold times without a zone
    assert column_of(FieldType.DATETIME, [moment, None]).values() == [moment, None]


def test_columns_are_read_only() -> None:
    column = column_of(FieldType.INTEGER, [1, 2])
    with pytest.raises(ValueError, match="read-only"):
        column.array[0] = 5  # type: ignore[union-attr]  # an ArrayColumn at run time


SHAPES = [
    shapely.Point(1, 2),
    None,
    shapely.from_wkt("POLYGON ((0 0, 9 0, 9 9, 0 9, 0 0), (2 2, 2 3, 3 3, 3 2, 2 2))"),
    shapely.from_wkt("MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)), ((5 5, 6 5, 6 6, 5 5)))"),
    shapely.from_wkt("LINESTRING Z (0 0 1, 1 1 2)"),
    shapely.from_wkt("MULTILINESTRING ((0 0, 1 1), (2 2, 3 3, 4 2))"),
    shapely.from_wkt("MULTIPOINT ((0 0), (7 7))"),
    shapely.from_wkt("LINESTRING ZM (0 0 1 5, 1 1 2 6)"),
    shapely.from_wkt("LINESTRING M (0 0 5, 1 1 6)"),
    shapely.from_wkt("POLYGON ZM ((0 0 1 5, 1 0 1 6, 1 1 2 7, 0 0 1 5))"),
    shapely.from_wkt("POINT EMPTY"),
    shapely.from_wkt("MULTIPOLYGON EMPTY"),
    shapely.from_wkt("GEOMETRYCOLLECTION (POINT (1 1), LINESTRING (0 0, 5 5))"),
]


def wkts(geometries: Any) -> list[str | None]:
    return [None if each is None else each.wkt for each in geometries]


def test_every_kind_survives_the_flat_form() -> None:
    column = flat_column(SHAPES)
    assert wkts(column.geometries()) == wkts(SHAPES)
    assert column.nulls.tolist() == [each is None for each in SHAPES]
    assert np.array_equal(column.bounds, shapely.bounds(np.array(SHAPES, object)), equal_nan=True)


def test_edits_lie_beside_the_base_and_the_base_is_shared() -> None:
    column = flat_column(SHAPES)
    moved = column.replaced(positions(2), geometry_column([shapely.Point(3, 3)]))
    assert moved.base is column.base
    assert wkts(moved.geometries(positions(2, 3))) == ["POINT (3 3)", SHAPES[3].wkt]
    assert moved.bounds[2].tolist() == [3, 3, 3, 3]
    flattened = moved.coordinates(positions(3, 2, 0))
    assert wkts(flattened.to_shapely()) == [SHAPES[3].wkt, "POINT (3 3)", "POINT (1 2)"]


def test_many_edits_of_one_row_do_not_pile_up() -> None:
    column = flat_column(SHAPES)
    for step in range(300):
        column = column.replaced(positions(0), geometry_column([shapely.Point(step, 0)]))
    assert len(column.extra) < 100
    assert column.value(0).wkt == "POINT (299 0)"


@given(st.lists(st.tuples(st.integers(-20, 20), st.integers(-20, 20), st.integers(0, 5)), max_size=200))
def test_index_finds_what_a_search_of_all_finds(boxes: list[tuple[int, int, int]]) -> None:
    bounds = np.array([(x, y, x + s, y + s) for x, y, s in boxes], float).reshape(-1, 4)
    window = (-3.0, -3.0, 4.0, 2.0)
    expected = [i for i, b in enumerate(bounds) if b[0] <= 4 and b[2] >= -3 and b[1] <= 2 and b[3] >= -3]
    assert BoxIndex(bounds).query(window).tolist() == expected


@pytest.mark.parametrize("side", [0.5, 20.0, 70.0, 500.0])
def test_a_search_of_blocks_finds_what_a_search_of_all_boxes_does(side: float) -> None:
    rng = np.random.default_rng(3)
    low = rng.uniform(0, 100, (1000, 2))
    bounds = np.hstack([low, low + rng.uniform(0, 2, (1000, 2))])
    bounds[::97] = np.nan
    index = BoxIndex(bounds)
    for x, y in rng.uniform(-5, 100, (20, 2)) - (side > 100) * 200:
        meets = (bounds[:, 0] <= x + side) & (bounds[:, 2] >= x) & (bounds[:, 1] <= y + side) & (bounds[:, 3] >= y)
        assert index.query((x, y, x + side, y + side)).tolist() == np.flatnonzero(meets).tolist()
    assert BoxIndex(np.full((3, 4), np.nan)).query((0.0, 0.0, 1.0, 1.0)).tolist() == []


def test_index_sees_edited_and_forgets_moved_rows() -> None:
    column = flat_column([shapely.Point(i, 0) for i in range(500)])
    moved = column.replaced(positions(10), geometry_column([shapely.Point(-50, 0)]))
    assert rows_meeting(moved, (9.5, -1, 10.5, 1)).tolist() == []
    assert rows_meeting(moved, (-51, -1, -49, 1)).tolist() == [10]
    fewer = GeometryColumn(moved.base, moved.rows_in_base[5:], moved.extra)
    assert rows_meeting(fewer, (19.5, -1, 20.5, 1)).tolist() == [15]


@given(st.lists(st.tuples(st.sampled_from(["edit", "insert", "drop"]), st.integers(0, 19)), max_size=6))
def test_any_version_finds_and_names_what_a_search_of_all_its_rows_does(steps: list[tuple[str, int]]) -> None:
    column = flat_column([*(shapely.Point(i, 0) for i in range(20)), None])
    for k, (step, row) in enumerate(steps):
        at = positions(min(row, len(column) - 1))
        if step == "drop" and len(column) > 3:
            column = GeometryColumn(column.base, np.delete(column.rows_in_base, at), column.extra)
        else:
            other = geometry_column([shapely.LineString([(k, 0), (k + 3, 1)])])
            column = column.replaced(at, other) if step == "edit" else column.inserted(at, other)
    fresh = GeometryColumn(column.base, column.index, column.extra)
    some = np.arange(len(column))[::2]
    assert fresh.kinds_of(some).tolist() == shapely.get_type_id(column.geometries(some)).tolist()
    expected = [
        i for i, shape in enumerate(column.geometries()) if shape is not None and shape.intersects(shapely.box(2, -1, 9, 1))
    ]
    assert rows_meeting(fresh, (2.0, -1.0, 9.0, 1.0)).tolist() == expected


def test_index_ignores_missing_and_infinite_boxes() -> None:
    bounds = np.array([[np.nan] * 4, [0, 0, 1, 1], [np.inf, 0, np.inf, 1]])
    assert BoxIndex(bounds).query((-9.0, -9.0, 9.0, 9.0)).tolist() == [1]


@pytest.mark.parametrize("odd", [None, [np.nan] * 4, [np.inf, 0, np.inf, 1]])
def test_all_rows_are_found_before_and_after_they_were_put_in_order(odd: list[float] | None) -> None:
    bounds = np.array([[i % 30, i, i % 30 + 1, i + 1] for i in range(900)], float)
    if odd is not None:
        bounds[17] = odd
    index, all_of_it = BoxIndex(bounds), (0.0, 0.0, 31.0, 901.0)
    expected = [i for i in range(900) if odd is None or i != 17]
    assert index.query(all_of_it).tolist() == expected
    assert index.query((2.5, 0.0, 2.6, 901.0)).tolist() == [i for i in expected if i % 30 == 2]
    assert index.query(all_of_it).tolist() == expected


def test_rows_at_the_ends_of_all_numbers_are_put_in_order_too() -> None:
    most = np.finfo(float).max
    bounds = np.array([[-most] * 4, [0.0] * 4, [most] * 4, [1e-320] * 4])
    index = BoxIndex(bounds)
    assert sorted(index.order) == [0, 1, 2, 3]
    assert index.query((-1.0, -1.0, 1.0, 1.0)).tolist() == [1, 3]


def test_a_collection_has_no_flat_form() -> None:
    with pytest.raises(ValueError, match="no flat form"):
        flat.from_shapely([SHAPES[-1]])
