"""Random tables, changes and operations for the laws."""

from __future__ import annotations

from typing import Any

import shapely
from hypothesis import strategies as st

from cgplanner.edit import map_operations
from cgplanner.edit import operations as ops
from cgplanner.edit.edit import Edit
from cgplanner.model.basemap import Basemap
from cgplanner.model.bookmark import Bookmark
from cgplanner.model.layer import Layer
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import FeatureTable, table_from_records
from cgplanner.model.workspace import Workspace
from cgplanner.symbology.style import Fill, Single, Style, Symbol

SCHEMA = Schema(
    (
        Field("f1", "XMMC", FieldType.TEXT, alias_zh="项目名称", alias_en="Name"),
        Field("f2", "SL", FieldType.REAL),
        Field("f3", "KGNF", FieldType.INTEGER),
        Field("f4", "SFKG", FieldType.BOOLEAN),
        Field("f5", "RQ", FieldType.DATE),
        Field("f6", "GXSJ", FieldType.DATETIME),
    ),
    key="f1",
    title="f1",
)
TEXTS = st.none() | st.sampled_from(["", "太原", "吕梁市", "垚", "a"]) | st.text(max_size=4)
VALUES: dict[FieldType, st.SearchStrategy[Any]] = {
    FieldType.TEXT: TEXTS,
    FieldType.REAL: st.none() | st.sampled_from([0.0, -0.0, 1.5]) | st.floats(allow_nan=False, allow_infinity=False),
    FieldType.INTEGER: st.none() | st.integers(-(2**63) + 1, 2**63 - 1),
    FieldType.BOOLEAN: st.none() | st.booleans(),
    FieldType.DATE: st.none() | st.dates(),
    FieldType.DATETIME: st.none() | st.datetimes().map(lambda t: t.replace(microsecond=t.microsecond // 1000 * 1000)),
}
COORDINATE = st.integers(-50, 50).map(float)


def _box(x: float, y: float, size: float) -> Any:
    return shapely.box(x, y, x + size, y + size)


def _with_hole(x: float, y: float, size: float) -> Any:
    return shapely.difference(_box(x, y, size), _box(x + size / 4, y + size / 4, size / 4))


SIZE = st.integers(1, 9).map(float)
SHAPES = st.one_of(
    st.builds(shapely.Point, COORDINATE, COORDINATE),
    st.builds(shapely.Point, COORDINATE, COORDINATE, COORDINATE),
    st.builds(_box, COORDINATE, COORDINATE, SIZE),
    st.builds(_with_hole, COORDINATE, COORDINATE, SIZE),
    st.builds(lambda x, y, s: shapely.MultiPolygon([_box(x, y, s), _box(x + 20, y, s)]), COORDINATE, COORDINATE, SIZE),
    st.builds(lambda x, y, s: shapely.LineString([(x, y), (x + s, y), (x + s, y + s)]), COORDINATE, COORDINATE, SIZE),
    st.builds(lambda x, y: shapely.MultiPoint([(x, y), (y, x)]), COORDINATE, COORDINATE),
    st.builds(
        lambda x, y, s: shapely.MultiLineString([[(x, y), (x + s, y)], [(y, x), (y + s, x)]]), COORDINATE, COORDINATE, SIZE
    ),
)
GEOMETRIES = st.none() | SHAPES | st.just(shapely.from_wkt("POLYGON EMPTY"))
RECORDS = st.fixed_dictionaries({each.name: VALUES[each.type] for each in SCHEMA})


@st.composite
def tables(draw: st.DrawFn, *, most: int = 8) -> FeatureTable:
    count = draw(st.integers(0, most))
    records = [draw(RECORDS) for _ in range(count)]
    return table_from_records(SCHEMA, records, [draw(GEOMETRIES) for _ in range(count)])


def layer_of(table: FeatureTable, layer_id: str = "projects") -> Layer:
    return Layer(layer_id, "项目", "Projects", table, "EPSG:4490", Style())


def _row_edits(workspace: Workspace, layer: Layer, some: list[int]) -> list[st.SearchStrategy[Edit]]:
    """Operations on these rows."""

    def field_edit(field: Field) -> st.SearchStrategy[Edit]:
        return VALUES[field.type].map(lambda value: ops.set_field(workspace, layer.id, some, field.id, value))

    return [
        st.sampled_from(SCHEMA.fields).flatmap(field_edit),
        SHAPES.map(lambda shape: ops.set_geometry(workspace, layer.id, some[0], shape)),
        st.builds(lambda dx, dy: ops.move_features(workspace, layer.id, some, dx, dy), COORDINATE, COORDINATE),
        st.builds(lambda: ops.delete_features(workspace, layer.id, some)),
    ]


def _layer_edits(workspace: Workspace, layer: Layer) -> list[st.SearchStrategy[Edit]]:
    """Operations on the layer and on the workspace."""
    records = st.fixed_dictionaries({each.id: VALUES[each.type] for each in SCHEMA})
    colours = st.sampled_from(["#000000", "#FF0000", "#00FF00"])
    fresh = next(f"l{number}" for number in range(99) if f"l{number}" not in workspace)
    return [
        st.builds(lambda shape, record: ops.add_feature(workspace, layer.id, shape, record), SHAPES, records),
        colours.map(lambda c: ops.set_style(workspace, layer.id, Style(Single(Symbol(polygon=(Fill(c),)))))),
        st.sampled_from([0.25, 0.5, 1.0]).map(lambda opacity: ops.set_opacity(workspace, layer.id, opacity)),
        st.booleans().map(lambda visible: ops.set_visible(workspace, layer.id, visible)),
        st.permutations([each.id for each in workspace.layers]).map(lambda order: ops.reorder(workspace, order)),
        *_map_edits(workspace),
        tables(most=3).map(lambda table: ops.add_layer(workspace, layer_of(table, fresh))),
    ]


def _map_edits(workspace: Workspace) -> list[st.SearchStrategy[Edit]]:
    """Operations on base maps and bookmarks."""
    ground = Basemap("ground", "影像", "Imagery", "tiles", "https://tiles.example/{z}/{x}/{y}.png")
    fresh = next(f"看{number}" for number in range(99) if f"看{number}" not in [each.name for each in workspace.bookmarks])
    choices = [
        st.builds(lambda: map_operations.add_basemaps(workspace, [ground])),
        st.builds(lambda x, y: map_operations.add_bookmark(workspace, Bookmark(fresh, x, y, 50_000.0)), COORDINATE, COORDINATE),
    ]
    for each in workspace.basemaps[:1]:
        choices.append(st.builds(lambda o, i=each.id: map_operations.change_basemap(workspace, i, opacity=o), st.floats(0, 1)))
        choices.append(st.builds(lambda i=each.id: map_operations.remove_basemap(workspace, i)))
    marks = [each.name for each in workspace.bookmarks[:1]]
    return choices + [st.builds(lambda n=name: map_operations.remove_bookmark(workspace, n)) for name in marks]


@st.composite
def edits(draw: st.DrawFn, workspace: Workspace) -> Edit:
    """Any operation that fits this version."""
    layer = draw(st.sampled_from(workspace.layers))
    rids = [int(rid) for rid in layer.table.rids]
    choices = _layer_edits(workspace, layer)
    if rids:
        some = draw(st.lists(st.sampled_from(rids), min_size=1, unique=True))
        choices += _row_edits(workspace, layer, some)
    if len(workspace.layers) > 1:
        choices.append(st.builds(lambda: ops.remove_layer(workspace, layer.id)))
    return draw(draw(st.sampled_from(choices)))
