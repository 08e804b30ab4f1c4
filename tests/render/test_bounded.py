"""Nothing draws forever: what no screen can show is left out or drawn plainly, however wild the data or the style."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from PySide6.QtGui import QImage

from cgplanner.model.geometry_column import GeometryColumn
from cgplanner.model.layer import Layer
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import table_from_records
from cgplanner.render.qt.paint import to_image
from cgplanner.render.scene.batches import MOST_MARKS
from cgplanner.render.scene.build import SceneRequest, build
from cgplanner.render.scene.display_list import DisplayList, StrokeBatch
from cgplanner.render.scene.viewport import Viewport
from cgplanner.symbology.style import Band, Fill, Hatch, Labels, Line, Marker, MarkerLine, Single, Style, Symbol, Ticks

SCHEMA = Schema((Field("name", "name", FieldType.TEXT),), title="name")
WINDOW = Viewport(200.0, 150.0, 1.0, 400.0, 300.0)
EVERYTHING = Symbol(
    (Marker(size=8.0),),
    (Line("#222222", 3.0, (4.0, 2.0), "flat", casing=1.0), Ticks(), MarkerLine(), Line("#AA0000", 1.0, offset=3.0)),
    (Fill("#F2B731"), Hatch(), Band(), Line("#8A6A12", 1.0, (3.0, 2.0))),
)


def layer_of(shapes: list[Any], symbol: Symbol) -> Layer:
    table = table_from_records(SCHEMA, [{"name": f"名{k}"} for k in range(len(shapes))], shapes)
    return Layer("layer", "", "layer", table, "", Style(Single(symbol), labels=Labels("name")))


def strokes(drawn: DisplayList) -> list[StrokeBatch]:
    return [batch for layer in drawn.layers for batch in layer.batches if isinstance(batch, StrokeBatch)]


def colours(image: QImage) -> int:
    words = np.frombuffer(image.constBits(), np.uint32)
    return len(np.unique(words))


def wild_shapes(far: float) -> list[Any]:
    return [
        shapely.LineString([(-far, 20), (90, 60), (210, far), (390, 100)]),
        shapely.Polygon([(20, 20), (far, 30), (300, 200), (30, -far)]),
        shapely.Point(far, 3),
        shapely.MultiPoint([(100, 100), (far, far)]),
    ]


@pytest.mark.parametrize("far", [1e9, 1e15, 1e100, 1e300, np.inf, -np.inf, np.nan])
def test_wild_coordinates_cost_no_more_than_tame_ones(far: float, qapp: object) -> None:
    with np.errstate(invalid="ignore"):
        wild = wild_shapes(far)
    tame = [shapely.box(50, 50, 120, 120), shapely.LineString([(10, 10), (380, 280)])]
    drawn = build(SceneRequest((layer_of([*wild, *tame], EVERYTHING),), WINDOW))
    for batch in strokes(drawn):
        assert np.isfinite(batch.shapes.xy).all()
        assert len(batch.shapes.xy) < 20_000
    assert colours(to_image(drawn)) > 5  # the rest is drawn


@pytest.mark.parametrize("units", [1e-9, 1e-3, 1e6, 1e12])
def test_any_scale_ends(units: float, qapp: object) -> None:
    rng = np.random.default_rng(3)
    lines = [shapely.LineString(rng.uniform(0, 400, (40, 2))) for _ in range(20)]
    areas = [shapely.Point(*rng.uniform(0, 400, 2)).buffer(60, quad_segs=40) for _ in range(20)]
    port = Viewport(200.0, 150.0, units, 400.0, 300.0)
    drawn = build(SceneRequest((layer_of([*lines, *areas], EVERYTHING),), port))
    assert sum(len(batch.shapes.xy) for batch in strokes(drawn)) < 100_000
    to_image(drawn)


def test_more_dashes_than_a_screen_can_show_become_a_paler_line(qapp: object) -> None:
    rng = np.random.default_rng(3)
    lines = [shapely.LineString(rng.uniform(0, 400, (200, 2))) for _ in range(50)]
    fine, coarse = (Line("#000000", 1.0, dash, "flat") for dash in ((0.001, 0.003), (4.0, 4.0)))
    (plain,) = strokes(build(SceneRequest((layer_of(lines, Symbol(line=(fine,))),), WINDOW, labels=False)))
    assert plain.dash == ()
    assert plain.opacity == pytest.approx(0.25)
    (dashed,) = strokes(build(SceneRequest((layer_of(lines[:5], Symbol(line=(coarse,))),), WINDOW, labels=False)))
    assert dashed.dash == (4.0, 4.0)


@pytest.mark.parametrize("part", [Ticks(spacing=1e-4), MarkerLine(spacing=1e-4)])
def test_marks_along_lines_are_bounded(part: Ticks | MarkerLine, qapp: object) -> None:
    lines = [shapely.LineString([(0, y), (400, y)]) for y in range(0, 300, 10)]
    drawn = build(SceneRequest((layer_of(lines, Symbol(line=(part,))),), WINDOW, labels=False))
    marks = sum(len(getattr(batch, "xy", ())) + len(getattr(batch, "shapes", ())) for batch in drawn.layers[0].batches)
    assert marks <= 2 * MOST_MARKS


def test_a_hatch_finer_than_pixels_ends(qapp: object) -> None:
    areas = [shapely.Point(200, 150).buffer(120, quad_segs=200)]
    drawn = build(SceneRequest((layer_of(areas, Symbol(polygon=(Hatch(spacing=1e-6),))),), WINDOW, labels=False))
    to_image(drawn)


def test_the_table_keeps_what_the_map_leaves_out() -> None:
    layer = layer_of([shapely.Point(np.inf, 3)], EVERYTHING)
    assert isinstance(layer.table.geometry, GeometryColumn)
    assert len(layer.table) == 1
