from __future__ import annotations

import numpy as np
import pytest
import shapely

from cgplanner.edit import operations as ops
from cgplanner.errors import UserError
from cgplanner.model.layer import Layer
from cgplanner.model.schema import CodedDomain, CodedValue, Field, FieldType, RangeDomain, Schema
from cgplanner.model.table import table_from_records
from cgplanner.model.workspace import Workspace
from cgplanner.symbology.style import Style
from cgplanner.text import set_language

STATUS = CodedDomain(
    "状态", (CodedValue("建设中", "建设中", "Under construction"), CodedValue("已完成", "已完成", "Completed"))
)
SCHEMA = Schema(
    (
        Field("n", "XMMC", FieldType.TEXT, width=6, alias_zh="项目名称", alias_en="Name"),
        Field("s", "XMZT", FieldType.TEXT, domain=STATUS, alias_zh="状态", alias_en="Status"),
        Field("q", "SL", FieldType.REAL, domain=RangeDomain("数量", 0, None), alias_zh="数量", alias_en="Quantity"),
        Field("y", "KGNF", FieldType.INTEGER),
    ),
    title="n",
)
BOX = shapely.box(0, 0, 10, 10)
LINE = shapely.LineString([(0, 0), (10, 0), (20, 0)])


@pytest.fixture
def workspace() -> Workspace:
    records = [{"XMMC": "太旧高速", "XMZT": "建设中", "SL": 1}, {"XMMC": "汾河", "SL": 2}, {"XMMC": None}]
    table = table_from_records(SCHEMA, records, [BOX, LINE, None])
    return Workspace((Layer("projects", "项目", "Projects", table, "EPSG:4547", Style()),))


def shape(workspace: Workspace, rid: int) -> shapely.Geometry:
    table = workspace.layer("projects").table
    return table.geometry.value(int(table.positions_of([rid])[0]))


def test_set_field_changes_only_what_differs_and_names_the_feature(workspace: Workspace) -> None:
    edit = ops.set_field(workspace, "projects", [0, 1], "s", "建设中")
    assert edit.changeset.tables["projects"].cells["s"].rids.tolist() == [1]
    edit = ops.set_field(workspace, "projects", [0], "q", "12.5")
    assert workspace.apply(edit.changeset).layer("projects").table.record(0)["q"] == 12.5
    assert "太旧高速" in str(edit.title)
    assert ops.set_field(workspace, "projects", [0], "q", 1).changeset.is_empty


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("s", "烂尾", "not allowed"),
        ("q", "-1", "not allowed"),
        ("q", "twelve", "holds numbers"),
        ("q", float("nan"), "holds numbers"),
        ("y", 2023.5, "holds whole numbers"),
        ("y", "9" * 30, "holds whole numbers"),
        ("n", "七个汉字的名称", "at most 6"),
    ],
)
def test_a_value_outside_its_domain_or_type_is_refused(workspace: Workspace, field: str, value: object, said: str) -> None:
    with pytest.raises(UserError, match=said):
        ops.set_field(workspace, "projects", [0], field, value)


def test_empty_text_is_kept_and_empty_number_is_null(workspace: Workspace) -> None:
    after = workspace.apply(ops.set_field(workspace, "projects", [0], "n", "").changeset)
    after = after.apply(ops.set_field(after, "projects", [0], "q", "").changeset)
    assert after.layer("projects").table.record(0) == {"n": "", "s": "建设中", "q": None, "y": None}


def test_moving_the_first_corner_keeps_the_ring_closed(workspace: Workspace) -> None:
    after = workspace.apply(ops.move_vertex(workspace, "projects", 0, 0, 12, -2).changeset)
    ring = shapely.get_coordinates(shape(after, 0))
    assert ring[0].tolist() == ring[-1].tolist() == [12, -2]


def test_vertices_are_inserted_and_deleted(workspace: Workspace) -> None:
    more = workspace.apply(ops.insert_vertex(workspace, "projects", 1, 0, 5, 5).changeset)
    assert shape(more, 1).wkt == "LINESTRING (0 0, 5 5, 10 0, 20 0)"
    fewer = more.apply(ops.delete_vertex(more, "projects", 1, 0).changeset)
    assert shape(fewer, 1).wkt == "LINESTRING (5 5, 10 0, 20 0)"
    corner = workspace.apply(ops.delete_vertex(workspace, "projects", 0, 0).changeset)
    assert shape(corner, 0).is_valid
    assert shapely.get_num_coordinates(shape(corner, 0)) == 4
    with pytest.raises(UserError, match="too few"):
        ops.delete_vertex(corner, "projects", 0, 1)
    with pytest.raises(UserError, match="no vertex"):
        ops.move_vertex(workspace, "projects", 0, 99, 0, 0)


def test_z_values_survive_moves_and_insertions() -> None:
    line = shapely.from_wkt("LINESTRING Z (0 0 1, 10 0 3)")
    table = table_from_records(SCHEMA, [{}], [line])
    workspace = Workspace((Layer("projects", "", "", table, "", Style()),))
    moved = workspace.apply(ops.move_features(workspace, "projects", [0], 1, 1).changeset)
    assert shape(moved, 0).wkt == "LINESTRING Z (1 1 1, 11 1 3)"
    inserted = workspace.apply(ops.insert_vertex(workspace, "projects", 0, 0, 5, 5).changeset)
    assert shape(inserted, 0).wkt == "LINESTRING Z (0 0 1, 5 5 2, 10 0 3)"


def test_features_without_a_shape_stay_where_they_are(workspace: Workspace) -> None:
    edit = ops.move_features(workspace, "projects", [0, 1, 2], 1, 2)
    after = workspace.apply(edit.changeset)
    assert shape(after, 0).bounds == (1, 2, 11, 12)
    assert shape(after, 2) is None
    with pytest.raises(UserError, match="no shape"):
        ops.move_vertex(workspace, "projects", 2, 0, 0, 0)


def test_split_shares_the_area_and_copies_the_attributes(workspace: Workspace) -> None:
    cut = shapely.LineString([(3, -1), (3, 11)])
    edit = ops.split(workspace, "projects", 0, cut)
    after = workspace.apply(edit.changeset)
    table = after.layer("projects").table
    (new,) = edit.added["projects"]
    assert (shape(after, 0).area, shape(after, new).area) == (70, 30)
    assert table.record(int(table.positions_of([new])[0]))["n"] == "太旧高速"
    assert len(set(table.fids.tolist())) == 4
    with pytest.raises(UserError, match="does not cut"):
        ops.split(workspace, "projects", 0, shapely.LineString([(20, 0), (20, 9)]))


def test_merge_keeps_the_first_one_named(workspace: Workspace) -> None:
    edit = ops.add_feature(workspace, "projects", shapely.box(10, 0, 20, 10), {"n": "东区"})
    more = workspace.apply(edit.changeset)
    (new,) = edit.added["projects"]
    merged = more.apply(ops.merge(more, "projects", [new, 0]).changeset)
    table = merged.layer("projects").table
    assert table.rids.tolist() == [1, 2, new]
    assert shape(merged, new).area == 200
    with pytest.raises(UserError, match="cannot be merged"):
        ops.merge(workspace, "projects", [0, 1])


@pytest.mark.parametrize("reverse", [False, True])
def test_reshape_follows_the_new_course(workspace: Workspace, reverse: bool) -> None:  # noqa: FBT001  a parameter of the test
    outward = shapely.LineString([(2, 5), (2, 15), (8, 15), (8, 5)])
    after = workspace.apply(ops.reshape(workspace, "projects", 0, outward.reverse() if reverse else outward).changeset)
    assert shape(after, 0).area == pytest.approx(130)
    course = shapely.LineString([(5, -1), (5, 3), (15, 3), (15, -1)])
    line = workspace.apply(ops.reshape(workspace, "projects", 1, course.reverse() if reverse else course).changeset)
    assert shape(line, 1).equals(shapely.from_wkt("LINESTRING (0 0, 5 0, 5 3, 15 3, 15 0, 20 0)"))
    with pytest.raises(UserError, match="two places"):
        ops.reshape(workspace, "projects", 0, shapely.LineString([(5, 5), (5, 15)]))


def test_reshape_keeps_holes() -> None:
    ring = shapely.difference(shapely.box(0, 0, 10, 10), shapely.box(4, 4, 6, 6))
    workspace = Workspace((Layer("projects", "", "", table_from_records(SCHEMA, [{}], [ring]), "", Style()),))
    outward = shapely.LineString([(2, 8), (2, 15), (8, 15), (8, 8)])
    assert shape(workspace.apply(ops.reshape(workspace, "projects", 0, outward).changeset), 0).area == pytest.approx(126)


def test_shapes_that_a_layer_does_not_hold_are_refused(workspace: Workspace) -> None:
    lines = Schema(SCHEMA.fields, geometry="line")
    only = Workspace((Layer("projects", "项目", "Projects", table_from_records(lines, [{}], [LINE]), "", Style()),))
    for bad in (BOX, None, shapely.from_wkt("LINESTRING EMPTY"), shapely.LineString([(0, 0), (np.inf, 1)])):
        with pytest.raises(UserError):
            ops.add_feature(only, "projects", bad)
    with pytest.raises(UserError):
        ops.move_features(only, "projects", [0], float("nan"), 0)


def test_numbers_are_never_reused(workspace: Workspace) -> None:
    first = ops.add_feature(workspace, "projects", BOX)
    after = workspace.apply(first.changeset).apply(~first.changeset)
    second = ops.add_feature(after, "projects", BOX)
    assert second.added["projects"] != first.added["projects"]


def test_deleting_and_undoing_puts_rows_back_in_place(workspace: Workspace) -> None:
    edit = ops.delete_features(workspace, "projects", [1])
    after = workspace.apply(edit.changeset)
    assert after.layer("projects").table.rids.tolist() == [0, 2]
    assert after.apply(~edit.changeset).equals(workspace)


def test_the_first_layer_decides_the_projection_of_the_map() -> None:
    degrees = table_from_records(SCHEMA, [{}], [shapely.box(111, 36, 114, 39)])
    added = Workspace().apply(ops.add_layer(Workspace(), Layer("a", "", "", degrees, "EPSG:4490", Style())).changeset)
    assert "Lambert Conic Conformal" in added.display_crs
    metres = Layer("b", "", "", table_from_records(SCHEMA, [{}], [BOX]), "EPSG:4547", Style())
    assert added.apply(ops.add_layer(added, metres).changeset).display_crs == added.display_crs
    assert Workspace().apply(ops.add_layer(Workspace(), metres).changeset).display_crs == "EPSG:4547"


def test_titles_speak_the_language_they_are_read_in(workspace: Workspace) -> None:
    one = ops.set_field(workspace, "projects", [0], "q", 5).title
    some = ops.delete_features(workspace, "projects", [0, 1]).title
    try:
        set_language("zh")
        assert str(one) == "修改太旧高速的数量"
        assert str(some) == "删除“项目”的 2 个要素"
        set_language("en")
        assert str(one) == "set Quantity of 太旧高速"
        assert str(some) == "delete 2 features of Projects"
    finally:
        set_language("en")


def test_a_feature_without_a_name_is_called_by_its_kind_and_layer() -> None:
    shapes = [BOX, LINE, shapely.Point(1, 1), None]
    table = table_from_records(SCHEMA, [{}] * len(shapes), shapes)
    workspace = Workspace((Layer("plots", "地块", "Parcels", table, "EPSG:4547", Style()),))
    titles = [ops.delete_features(workspace, "plots", [rid]).title for rid in range(len(shapes))]
    assert [str(each) for each in titles] == [
        "delete an area of Parcels",
        "delete a line of Parcels",
        "delete a point of Parcels",
        "delete a row of Parcels",
    ]
    set_language("zh")
    assert str(titles[0]) == "删除地块中的一个面"
    set_language("en")
