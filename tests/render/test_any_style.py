"""Whatever a style asks for, on whatever shapes: there is a picture, it comes back from its JSON, nothing crashes or hangs."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from on_paper import printed

from cgplanner.model.layer import Layer
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import table_from_records
from cgplanner.render.qt.paint import to_image
from cgplanner.render.scene.build import build
from cgplanner.render.scene.display_text import as_text
from cgplanner.render.scene.request import SceneRequest
from cgplanner.render.scene.viewport import Viewport
from cgplanner.symbology.evaluate import legend_entries
from cgplanner.symbology.problems import style_problems
from cgplanner.symbology.style import (
    Band,
    Categorized,
    Category,
    Cluster,
    Fill,
    Graduated,
    Hatch,
    Heat,
    Line,
    Marker,
    MarkerLine,
    Ramp,
    Rule,
    RuleBased,
    Single,
    Style,
    SvgMarker,
    Symbol,
    Ticks,
    style_from_json,
)

WKT = [
    "POINT (20 20)",
    "POINT (nan 5)",
    "MULTIPOINT (30 30, 31 30, 90 90)",
    "LINESTRING (5 5, 5 5)",
    "LINESTRING (0 0, 60 20, 60 20, 110 90)",
    "MULTILINESTRING ((0 100, 50 60), (1 1, 2 2))",
    "LINESTRING (0 50, inf 50)",
    "POLYGON ((10 10, 90 90, 90 10, 10 90, 10 10))",
    "POLYGON ((20 20, 20 20, 20 20, 20 20))",
    "MULTIPOLYGON (((40 40, 80 40, 80 80, 40 80, 40 40), (50 50, 60 50, 60 60, 50 60, 50 50)))",
    "GEOMETRYCOLLECTION (POINT (70 30), LINESTRING (70 30, 90 50))",
    "POLYGON EMPTY",
    None,
]
with np.errstate(invalid="ignore"):
    SHAPES = [shapely.from_wkt(wkt) if wkt else None for wkt in WKT]
TABLE = table_from_records(
    Schema((Field("n", "N", FieldType.REAL), Field("t", "T", FieldType.TEXT))),
    [{"N": None if k % 4 == 0 else k * 1.5, "T": "ab"[k % 2] if k % 3 else None} for k in range(len(SHAPES))],
    SHAPES,
)
WINDOW = Viewport(50.0, 50.0, 1.0, 100.0, 100.0)

sizes = st.floats(-5, 40) | st.just(0.0)
shares = st.floats(0, 1)
colors = st.sampled_from(["#000000", "#FFFFFF", "#1769AA", "#B5175E"])
dashes = st.lists(st.floats(-1, 12), max_size=4).map(tuple)
turns = st.floats(-720, 720)
fields = st.sampled_from(["", "n", "t", "gone"])
svgs = st.sampled_from(["", "<svg/>", '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 4"><path d="M0 0h4v4z"/></svg>'])


def made(cls: Any, **parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.builds(cls, **parts)


lines = made(
    Line,
    color=colors,
    width=sizes,
    dash=dashes,
    cap=st.sampled_from(["flat", "square", "round"]),
    opacity=shares,
    casing=sizes,
    offset=sizes,
)
markers = made(
    Marker,
    shape=st.sampled_from(["circle", "square", "diamond", "triangle", "star", "cross", "arrow"]),
    size=sizes,
    color=colors,
    opacity=shares,
    stroke=colors | st.just(""),
    stroke_width=sizes,
    glyph=st.sampled_from(["", "rail", "none such"]),
    ring=dashes,
    ring_color=colors | st.just(""),
    rotation=turns,
    rotation_field=fields,
)
drawings = made(SvgMarker, svg=svgs, size=sizes, color=colors | st.just(""), opacity=shares, rotation_field=fields)
along = made(
    MarkerLine,
    marker=markers | drawings,
    spacing=st.floats(-1, 80),
    offset=sizes,
    rotate=st.booleans(),
    placement=st.sampled_from(["interval", "first", "last", "middle", "vertex"]),
)
areas = (
    made(Fill, color=colors, opacity=shares)
    | made(Hatch, color=colors, angle=turns, spacing=st.floats(-1, 20), width=sizes, opacity=shares)
    | made(Band, color=colors, width=sizes, opacity=shares)
    | made(Ramp, colors=st.lists(colors, max_size=3).map(tuple))
    | lines
)
symbols = st.builds(
    Symbol,
    st.lists(markers | drawings, max_size=2).map(tuple),
    st.lists(lines | made(Ticks, length=sizes, spacing=st.floats(-1, 30), width=sizes) | along, max_size=2).map(tuple),
    st.lists(areas, max_size=2).map(tuple),
    st.booleans(),
)
scales = st.sampled_from([0.0, 1.0, 5_000.0])
rules = made(
    Rule, where=st.sampled_from(["", "N > 3", "T = 'a'", "N >", "gone = 1"]), symbol=symbols, min_scale=scales, max_scale=scales
)
renderers = st.one_of(
    made(Single, symbol=symbols),
    st.builds(
        lambda field, one, two, rest: Categorized(field, (Category(("a",), one), Category((None,), two)), rest),
        fields,
        symbols,
        symbols,
        st.none() | symbols,
    ),
    st.builds(
        Graduated,
        fields,
        st.lists(st.floats(-5, 20), max_size=3).map(tuple),
        st.lists(symbols, max_size=2).map(tuple),
        st.none() | symbols,
    ),
    st.builds(RuleBased, st.lists(rules, max_size=2).map(tuple), st.none() | symbols),
    made(
        Heat,
        field=fields,
        radius=sizes,
        ramp=st.lists(colors, max_size=3).map(tuple),
        opacity=shares,
        most=st.floats(0, 5),
        symbol=symbols,
    ),
    made(Cluster, distance=sizes, symbol=symbols, marker=markers, text_size=st.floats(1, 20)),
)
styles = st.builds(
    Style,
    renderers,
    blend=st.sampled_from(["normal", "multiply", "overlay"]),
    order_by=fields,
    descending=st.booleans(),
)


@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(styles, st.sampled_from(["light", "dark"]))
def test_any_style_has_a_picture(qapp: object, style: Style, theme: Any) -> None:
    assert style_from_json(json.loads(json.dumps(style.to_json()))) == style
    layer = Layer("plan", "规划", "Plan", TABLE, "", style, opacity=0.5)
    picture = build(SceneRequest((layer,), WINDOW, theme=theme, labels=False))
    assert not to_image(picture).isNull()
    assert as_text(picture).startswith("100 x 100 px")
    assert all(isinstance(str(each), str) for each in style_problems(layer))
    legend_entries(style)


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(styles)
def test_any_style_has_a_page(qapp: object, style: Style) -> None:
    layer = Layer("plan", "规划", "Plan", TABLE, "", style, opacity=0.5)
    assert printed(SceneRequest((layer,), WINDOW, labels=False)).startswith(b"%PDF")
