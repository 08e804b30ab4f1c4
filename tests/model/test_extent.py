"""The extent of a version is that of its rows, whatever was hidden, moved or added before."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st

from cgplanner.model.geometry_column import GeometryColumn, flat_column, geometry_column

points = st.builds(shapely.Point, st.integers(-9, 9), st.integers(-9, 9))
shapes = st.none() | st.just(shapely.Polygon()) | points | points.map(lambda point: point.buffer(1))
edits = st.lists(st.tuples(st.sampled_from(["replace", "delete", "insert"]), st.integers(0, 20), shapes), max_size=6)


def _edited(column: GeometryColumn, edit: tuple[str, int, Any]) -> GeometryColumn:
    what, number, shape = edit
    place = np.array([number % (len(column) + (what == "insert"))] if len(column) or what == "insert" else [], np.int64)
    if what == "insert":
        return column.inserted(place, geometry_column([shape]))
    if what == "replace":
        return column.replaced(place, geometry_column([shape] * len(place)))
    return GeometryColumn(column.base, np.delete(column.rows_in_base, place), column.extra)


@given(st.lists(shapes, max_size=8), edits)
def test_the_extent_is_that_of_the_rows(first: list[Any], steps: list[tuple[str, int, Any]]) -> None:
    column = flat_column(first)
    for step in [None, *steps]:
        column = column if step is None else _edited(column, step)
        drawn = shapely.total_bounds(column.geometries()) if len(column) else np.full(4, np.nan)
        assert column.extent() == (None if np.isnan(drawn[0]) else tuple(drawn.tolist()))
