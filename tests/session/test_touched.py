"""What an edit of a shape touched is the place where it is another, and no less."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st

from cgplanner.edit.operations import delete_vertex, insert_vertex, move_features, move_vertex, set_geometry
from cgplanner.model.layer import Layer
from cgplanner.model.schema import Schema
from cgplanner.model.table import table_from_records
from cgplanner.model.workspace import Workspace
from cgplanner.session.changes import described
from cgplanner.symbology.style import Fill, Line, Single, Style, Symbol

PLAIN, DASHED = Line("#000000"), Line("#000000", dash=(4.0, 2.0))
COURSE = [(10.0 * k, 5.0 * (k % 2)) for k in range(12)]
RING = shapely.Point(0, 0).buffer(100.0, quad_segs=8)


def workspace_of(shape: Any, line: Line) -> Workspace:
    kind = "line" if shape.geom_type == "LineString" else "point" if shape.geom_type == "Point" else "polygon"
    style = Style(Single(Symbol(line=(line,), polygon=(Fill("#AA0000"), line))))
    return Workspace((Layer("only", "only", "only", table_from_records(Schema((), kind), [{}], [shape]), "EPSG:4546", style),))


def touched(before: Workspace, edit: Any) -> tuple[float, float, float, float]:
    after = before.apply(edit.changeset)
    return described(before, after, edit.changeset).extents["only"]


def rid_of(workspace: Workspace) -> int:
    return int(workspace.layer("only").table.rids[0])


@pytest.mark.parametrize(
    ("edit", "box"),
    [
        (lambda w, rid: move_vertex(w, "only", rid, 6, 60.0, 40.0), (40.0, 0.0, 80.0, 40.0)),
        (lambda w, rid: insert_vertex(w, "only", rid, 6, 65.0, 40.0), (50.0, 0.0, 80.0, 40.0)),
        (lambda w, rid: delete_vertex(w, "only", rid, 6), (40.0, 0.0, 80.0, 5.0)),
        (lambda w, rid: move_features(w, "only", (rid,), 1.0, 0.0), (0.0, 0.0, 111.0, 5.0)),
    ],
)
def test_only_what_lies_beside_the_vertices_that_are_others_is_touched(
    edit: Callable[[Workspace, int], Any], box: tuple[float, ...]
) -> None:
    before = workspace_of(shapely.LineString(COURSE), PLAIN)
    assert touched(before, edit(before, rid_of(before))) == box


def test_dashes_are_others_from_a_moved_vertex_to_the_end_of_the_line() -> None:
    before = workspace_of(shapely.LineString(COURSE), DASHED)
    assert touched(before, move_vertex(before, "only", rid_of(before), 6, 60.0, 40.0)) == (40.0, 0.0, 110.0, 40.0)


def test_a_dashed_edge_of_an_area_is_another_all_round() -> None:
    before = workspace_of(RING, DASHED)
    assert touched(before, move_vertex(before, "only", rid_of(before), 5, 60.0, -60.0)) == RING.bounds


def test_a_moved_point_was_and_is_somewhere() -> None:
    before = workspace_of(shapely.Point(3.0, 4.0), PLAIN)
    assert touched(before, move_features(before, "only", (rid_of(before),), 2.0, 1.0)) == (3.0, 4.0, 5.0, 5.0)


@given(st.integers(0, len(RING.exterior.coords) - 2), st.floats(-30, 30), st.floats(-30, 30))
def test_all_that_an_area_lost_and_won_lies_in_what_was_touched(vertex: int, dx: float, dy: float) -> None:
    before = workspace_of(RING, PLAIN)
    x, y = RING.exterior.coords[vertex]
    coords = list(RING.exterior.coords)
    coords[vertex] = (x + dx, y + dy)
    coords[-1] = coords[0]
    after = shapely.Polygon(coords)
    assume(not RING.equals_exact(after) and after.is_valid)
    box = shapely.box(*touched(before, set_geometry(before, "only", rid_of(before), after)))
    assert box.buffer(1e-6).covers(RING.symmetric_difference(after))
    assert box.area < 0.5 * RING.envelope.area
