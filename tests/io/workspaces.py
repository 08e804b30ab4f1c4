"""Workspaces for the tests of this floor: made by hand, by chance, or large."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import shapely
from hypothesis import strategies as st

from cgplanner.model.changeset import GEOMETRY, Cells, Changeset, Rows, TableChange
from cgplanner.model.column import column_of
from cgplanner.model.geometry_column import flat_column, geometry_column
from cgplanner.model.layer import Layer
from cgplanner.model.schema import CodedDomain, CodedValue, Field, FieldType, RangeDomain, Schema
from cgplanner.model.table import FeatureTable, new_table, table_from_records
from cgplanner.model.workspace import View, Workspace
from cgplanner.symbology.style import Categorized, Category, Fill, Labels, Style, Symbol

STATUS = CodedDomain("status", (CodedValue("在建", "在建", "under way"), CodedValue("已建", "已建", "built")))
FIELDS = (
    Field("f1", "XMMC", FieldType.TEXT, 80, alias_zh="项目名称", alias_en="Project"),
    Field("f2", "XMZT", FieldType.TEXT, 10, domain=STATUS),
    Field("f3", "SL", FieldType.INTEGER, 9, domain=RangeDomain("count", 0, None)),
    Field("f4", "MJ", FieldType.REAL, 19, 3, nullable=False),
    Field("f5", "SFZD", FieldType.BOOLEAN),
    Field("f6", "KGRQ", FieldType.DATE),
    Field("f7", "GXSJ", FieldType.DATETIME),
)
SCHEMA = Schema(FIELDS, "mixed", key="f1", title="f1")
STYLE = Style(
    Categorized("f2", (Category(("在建",), Symbol(polygon=(Fill("#AA3322"),)), "在建", "under way"),)), labels=Labels("f1")
)
RECORDS: list[dict[str, Any]] = [
    {
        "XMMC": "太原南站",
        "XMZT": "在建",
        "SL": 3,
        "MJ": 12.5,
        "SFZD": True,
        "KGRQ": dt.date(2026, 11, 22),
        "GXSJ": dt.datetime.fromisoformat("2026-11-22T14:30:01.005"),
    },
    {"XMMC": "", "XMZT": None, "SL": 0, "MJ": 0.0, "SFZD": False, "KGRQ": None, "GXSJ": None},
    {"XMMC": None, "XMZT": "已建", "SL": None, "MJ": -0.1, "SFZD": None, "KGRQ": dt.date(1949, 10, 1), "GXSJ": None},
]
SHAPES = [
    shapely.from_wkt("POLYGON ((112 37, 113 37, 113 38, 112 37))"),
    shapely.from_wkt("MULTIPOLYGON (((112 37, 113 37, 113 38, 112 37)), ((114 37, 115 37, 115 38, 114 37)))"),
    None,
]
LOOSE_FIELDS = tuple(Field(each.id, each.name, each.type) for each in FIELDS)  # without limits, for any value


def layer(layer_id: str = "projects", table: FeatureTable | None = None, **more: Any) -> Layer:
    given = {"title_zh": "重点项目", "title_en": "Projects", "crs": "EPSG:4490", "style": STYLE, **more}
    return Layer(layer_id, table=table_from_records(SCHEMA, RECORDS, SHAPES) if table is None else table, **given)


def small_workspace() -> Workspace:
    lines = table_from_records(
        Schema((Field("a", "MC", FieldType.TEXT),), "line"), [{"MC": "汾河"}], [shapely.from_wkt("LINESTRING (112 37, 112 38)")]
    )
    return Workspace(
        layers=(
            layer("rivers", lines, title_zh="河流", title_en="Rivers", style=Style(), role="base", source="GSHHG"),
            layer(visible=False, opacity=0.5, accuracy_note="约 2 公里", encoding="GBK", extras={"from": "x.shp"}),
        ),
        title_zh="中部城市群",
        title_en="City cluster",
        display_crs="EPSG:4547",
        layouts={"总图": {"page": "A3", "frames": [1, 2]}},
        view=View(112.5, 37.8, 1.5e6),
    )


# --- by chance -------------------------------------------------------------------------------------------------------------

_number = st.integers(-(10**10), 10**10).map(lambda number: number / 10_000)  # no place on earth is 1e-300 from another
_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
_moments = st.datetimes().map(lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000))
VALUES: dict[FieldType, st.SearchStrategy[Any]] = {
    FieldType.TEXT: st.sampled_from(["在建", "", "0", "NULL"]) | _text,
    FieldType.INTEGER: st.sampled_from([0, 1, -(2**63), 2**63 - 1]) | st.integers(-(2**63), 2**63 - 1),
    FieldType.REAL: st.just(0.0) | st.floats(allow_nan=False, allow_infinity=False),
    FieldType.BOOLEAN: st.booleans(),
    FieldType.DATE: st.dates(),
    FieldType.DATETIME: _moments,
}


def value_of(field: Field) -> st.SearchStrategy[Any]:
    return st.none() | VALUES[field.type]


@st.composite
def shape(draw: st.DrawFn) -> Any:
    x, y, size = draw(_number), draw(_number), draw(st.floats(0.5, 1e4))
    z = draw(st.none() | _number)
    tail = "" if z is None else f" {z!r}"
    corners = [(x, y), (x + size, y), (x + size, y + size), (x, y)]
    ring = "(" + ", ".join(f"{a!r} {b!r}{tail}" for a, b in corners) + ")"
    mark = "" if z is None else " Z"
    forms = {
        "POINT": f"({x!r} {y!r}{tail})",
        "LINESTRING": ring,
        "POLYGON": f"({ring})",
        "MULTIPOINT": f"(({x!r} {y!r}{tail}))",
        "MULTIPOLYGON": f"(({ring}))",
        "GEOMETRYCOLLECTION": f"(POINT{mark} ({x!r} {y!r}{tail}))",
    }
    kind = draw(st.sampled_from(sorted(forms)))
    empty = z is None and draw(st.integers(0, 9)) == 0
    return shapely.from_wkt(f"{kind} EMPTY" if empty else f"{kind}{mark} {forms[kind]}")


shapes = st.none() | shape()


@st.composite
def tables(draw: st.DrawFn, max_rows: int = 6) -> FeatureTable:
    names = draw(st.lists(st.sampled_from(["a", "A", "fid", "geom", "rowid", '引"号', "字段", "x y"]), unique=True, max_size=4))
    kinds = [draw(st.sampled_from(list(FieldType))) for _ in names]
    fields = tuple(Field(f"c{i}", name, kind) for i, (name, kind) in enumerate(zip(names, kinds, strict=True)))
    count = draw(st.integers(0, max_rows))
    geometry = flat_column([draw(shapes) for _ in range(count)])
    columns = {each.id: column_of(each.type, [draw(value_of(each)) for _ in range(count)]) for each in fields}
    fids = sorted(draw(st.sets(st.integers(-5, 10**12), min_size=count, max_size=count)))
    return new_table(Schema(fields), columns, geometry, np.array(fids, np.int64))


@st.composite
def workspaces(draw: st.DrawFn) -> Workspace:
    crs = st.sampled_from(["EPSG:4490", "EPSG:4547", "", 'LOCAL_CS["no such thing"]'])
    names = draw(st.lists(st.sampled_from(["a", "b", "gpkg_x", "图层", 'q"']), unique=True, max_size=3))
    layers = [layer(name, draw(tables()), crs=draw(crs), title_zh=draw(_text), style=Style()) for name in names]
    return Workspace(
        tuple(layers), title_zh=draw(_text), layouts=draw(st.dictionaries(_text, st.just({"a": [1, None]}), max_size=2))
    )


@st.composite
def table_change(draw: st.DrawFn, table: FeatureTable) -> TableChange:
    """Any change of a table: some rows deleted, some cells changed, some rows added."""
    rids = table.rids.tolist()
    fate = {rid: draw(st.sampled_from(["keep", "change", "delete"])) for rid in rids}
    deleted = np.array([rid for rid in rids if fate[rid] == "delete"], np.int64)
    changed = np.array([rid for rid in rids if fate[rid] == "change"], np.int64)
    cells: dict[str, Cells] = {}
    positions = table.positions_of(changed)
    if len(changed):
        for each in table.schema:
            if draw(st.booleans()):
                new = column_of(each.type, [draw(value_of(each)) for _ in changed])
                cells[each.id] = Cells(changed, table.columns[each.id].take(positions), new)
        if draw(st.booleans()):
            cells[GEOMETRY] = Cells(changed, table.geometry.take(positions), geometry_column([draw(shapes) for _ in changed]))
    count = draw(st.integers(0, 3))
    added = None
    if count:
        columns = {each.id: column_of(each.type, [draw(value_of(each)) for _ in range(count)]) for each in table.schema}
        columns[GEOMETRY] = geometry_column([draw(shapes) for _ in range(count)])
        numbers = np.arange(count)
        added = Rows(table.next_rid + numbers, table.next_fid + numbers, columns)
    return TableChange(cells, added, table.rows(table.positions_of(deleted)) if len(deleted) else None)


@st.composite
def row_changes(draw: st.DrawFn, workspace: Workspace) -> Changeset:
    drawn = {each.id: draw(table_change(each.table)) for each in workspace.layers}
    return Changeset({name: change for name, change in drawn.items() if not change.is_empty})
