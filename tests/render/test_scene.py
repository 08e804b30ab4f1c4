"""What a scene promises: hits are true distances, labels never overlap, tiles agree, the order of rows does not matter."""

from __future__ import annotations

import itertools
import threading
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtGui import QImage, QPainter

from cgplanner.errors import Cancelled
from cgplanner.geometry import kernels
from cgplanner.geometry.crs import fitted_crs
from cgplanner.model.geometry_column import flat_column, geometry_column
from cgplanner.model.layer import Layer
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import GEOMETRY, table_from_records
from cgplanner.render.qt.paint import to_image
from cgplanner.render.qt.swatch import legend_swatch
from cgplanner.render.scene.batches import first_of_cells
from cgplanner.render.scene.build import SceneRequest, build, place_labels, viewport_of
from cgplanner.render.scene.display_list import FillBatch, PixelBatch, StrokeBatch
from cgplanner.render.scene.display_text import as_text
from cgplanner.render.scene.hit_test import distances_to, hit
from cgplanner.render.scene.labels.placement import label
from cgplanner.render.scene.labels.text import wrapped
from cgplanner.render.scene.shapes.clipping import clip_lines, clip_rings
from cgplanner.render.scene.shapes.device_shapes import device_shapes, rows_in_view
from cgplanner.render.scene.shapes.projected import sizes_of
from cgplanner.render.scene.shapes.ticks import tick_marks
from cgplanner.render.scene.timing import time_render
from cgplanner.render.scene.viewport import Viewport
from cgplanner.symbology.style import Categorized, Category, Fill, Labels, Line, Marker, Single, Style, Symbol

SCHEMA = Schema((Field("name", "name", FieldType.TEXT),), title="name")
EVERY = Symbol((Marker(size=8.0),), (Line("#1769AA", 2.0),), (Fill("#F2B731"), Line("#8A6A12", 1.0)))
WINDOW = Viewport(200.0, 150.0, 1.0, 400.0, 300.0)


def layer_of(shapes: list[Any], names: list[str] | None = None, style: Style | None = None, crs: str = "") -> Layer:
    names = names or [f"名{k}" for k in range(len(shapes))]
    table = table_from_records(SCHEMA, [{"name": name} for name in names], shapes)
    return Layer("layer", "", "layer", table, crs, style or Style(Single(EVERY), labels=Labels("name")))


coordinate = st.integers(0, 400)
point = st.tuples(coordinate, coordinate)
lines = st.lists(point, min_size=2, max_size=6).map(shapely.LineString)
areas = st.builds(lambda c, r, n: shapely.Point(c).buffer(r, quad_segs=n), point, st.integers(3, 80), st.integers(1, 8))
donuts = areas.map(lambda area: area.difference(area.centroid.buffer(shapely.area(area) ** 0.5 / 4)))
shapes = st.one_of(point.map(shapely.Point), lines, areas, donuts, st.builds(shapely.union, areas, areas))


@given(st.lists(shapes, min_size=1, max_size=6), point)
def test_distances_are_shapelys(features: list[Any], place: tuple[int, int]) -> None:
    layer = layer_of(features)
    found = device_shapes(layer, WINDOW, np.arange(len(features)), thin=False)
    here = np.array([place[0], 300 - place[1]], float)
    for family in ("point", "line", "polygon"):
        mine = found.of(family)  # type: ignore[arg-type]
        distances = distances_to(mine, here, areal=family == "polygon")
        wanted = [shapely.distance(features[row], shapely.Point(place)) for row in mine.rows]
        assert np.allclose(distances, wanted, atol=1e-6)


def test_hits_come_topmost_first() -> None:
    below = replace(layer_of([shapely.box(0, 0, 400, 300)]), id="below")
    above = replace(layer_of([shapely.LineString([(0, 150), (400, 150)]), shapely.Point(200, 150), None]), id="above")
    found = hit((below, above), WINDOW, 200, 150, 3)
    assert [(each.layer, each.rid) for each in found] == [("above", 1), ("above", 0), ("below", 0)]
    assert [each.distance for each in found] == [0, 0, 0]
    assert hit((below, replace(above, visible=False)), WINDOW, 200, 150, 3)[0].layer == "below"
    assert hit((above,), WINDOW, 200, 100, 3) == []
    assert hit((above,), WINDOW, 20, 155, 4)[0].distance == pytest.approx(4)  # half of the line's width nearer


@given(st.lists(shapes, min_size=1, max_size=25))
@settings(max_examples=60)
def test_labels_never_overlap(features: list[Any]) -> None:
    style = Style(Single(EVERY), labels=Labels("name", wrap=4))
    names = ["太原市", "山西转型综合改革示范区", "Taiyuan", "阳泉"]
    layer = layer_of(features, [names[k % 4] for k in range(len(features))], style)
    labelling = label(SceneRequest((layer,), WINDOW))
    for first, second in itertools.combinations(labelling.places.values(), 2):
        a, b = np.array(first.boxes)[:, None], np.array(second.boxes)[None]
        apart = (a[..., 2] <= b[..., 0]) | (b[..., 2] <= a[..., 0]) | (a[..., 3] <= b[..., 1]) | (b[..., 3] <= a[..., 1])
        assert apart.all()
    for placed in labelling.labels:
        assert placed.box[0] >= 0
        assert placed.box[2] <= WINDOW.width
        assert placed.box[1] >= 0
        assert placed.box[3] <= WINDOW.height


@given(st.integers(-40, 40), st.integers(-40, 40))
@settings(max_examples=30)
def test_labels_move_with_the_map(dx: int, dy: int) -> None:
    layer = layer_of([shapely.Point(200, 150), shapely.LineString([(120, 100), (300, 110)]), shapely.box(150, 180, 300, 240)])
    here = place_labels(SceneRequest((layer,), WINDOW))
    there = place_labels(SceneRequest((layer,), replace(WINDOW, x=WINDOW.x + dx, y=WINDOW.y + dy)))
    assert len(here) == 3
    moved = [tuple((line.text, round(line.x - dx, 6), round(line.y + dy, 6)) for line in label.lines) for label in here]
    assert moved == [tuple((line.text, round(line.x, 6), round(line.y, 6)) for line in label.lines) for label in there]


@given(st.permutations(range(5)))
@settings(max_examples=20)
def test_the_order_of_rows_does_not_matter_where_nothing_overlaps(order: list[int]) -> None:
    boxes = [shapely.box(80 * k, 10, 80 * k + 60, 60) for k in range(5)]
    names = ["甲", "乙", "丙", "丁", "戊"]
    plain, mixed = layer_of(boxes, names), layer_of([boxes[k] for k in order], [names[k] for k in order])
    texts = [
        {line.split(":", 1)[-1] for line in as_text(build(SceneRequest((layer,), WINDOW))).splitlines()}
        for layer in (plain, mixed)
    ]
    assert texts[0] == texts[1]


def test_layers_scales_and_emptiness() -> None:
    layer = layer_of([shapely.box(10, 10, 60, 60)])
    assert build(SceneRequest((layer,), WINDOW)).features_drawn == 1
    assert build(SceneRequest((replace(layer, visible=False),), WINDOW)).layers == ()
    far = replace(layer, style=Style(Single(EVERY), min_scale=WINDOW.scale_denominator / 2))
    assert build(SceneRequest((far,), WINDOW)).layers == ()
    assert build(SceneRequest((layer_of([]), layer_of([None, shapely.Polygon()])), WINDOW)).features_drawn >= 0


def test_shapes_with_broken_vertices_are_looked_for_in_every_version() -> None:
    broken, sound = shapely.LineString([(0, 0), (np.inf, 5), (9, 9)]), shapely.LineString([(500, 500), (501, 501)])
    layer = layer_of([broken, sound, sound])
    viewport = Viewport(0, 0, 1.0, 100, 100)
    assert rows_in_view(layer, viewport, 0.0).tolist() == [0]
    column = layer.table.geometry.replaced(np.array([2]), geometry_column([broken]))
    edited = replace(layer, table=replace(layer.table, columns={**layer.table.columns, GEOMETRY: column}))
    assert rows_in_view(edited, viewport, 0.0).tolist() == [0, 2]
    column = column.replaced(np.array([0]), geometry_column([sound]))
    mended = replace(layer, table=replace(layer.table, columns={**layer.table.columns, GEOMETRY: column}))
    assert rows_in_view(mended, viewport, 0.0).tolist() == [2]


def test_a_build_can_be_stopped() -> None:
    with pytest.raises(Cancelled):
        build(SceneRequest((layer_of([shapely.box(0, 0, 1, 1)]),), WINDOW), cancelled=lambda: True)


def test_the_scale_is_true_at_the_centre() -> None:
    wkt = fitted_crs(110.37, 36.65, 114.13, 39.66)
    port = Viewport(0.0, 0.0, 100.0, 800, 600, "px", wkt)
    assert port.scale_denominator == pytest.approx(100 / (0.0254 / 96), rel=3e-4)
    assert port.at_scale(50_000).scale_denominator == pytest.approx(50_000)
    assert Viewport(0, 0, 25.0, 400, 250, "mm", wkt).scale_denominator == pytest.approx(25_000, rel=3e-4)


@given(st.floats(-1e7, 1e7), st.floats(-1e7, 1e7), st.floats(0.01, 1e4))
def test_device_and_map_are_inverse(x: float, y: float, units: float) -> None:
    port = Viewport(x, y, units, 640.0, 480.0)
    places = np.array([[0.0, 0.0], [640.0, 480.0], [123.5, 77.25]])
    assert np.allclose(port.to_device(port.to_map(places)), places, atol=1e-3)
    a, b, c, d, e, f = port.affine
    assert np.allclose(port.to_map(places) @ np.array([[a, d], [b, e]]) + (c, f), places, atol=1e-2)


def test_viewport_of_holds_the_box() -> None:
    port = viewport_of((0, 0, 100, 10), 400, 300, "", margin=20)
    minx, miny, maxx, maxy = port.extent
    assert (maxx - minx) / port.width == pytest.approx((maxy - miny) / port.height)
    assert port.to_device(np.array([[0.0, 5.0]]))[0, 0] == pytest.approx(20)
    assert viewport_of((5, 5, 5, 5), 400, 300, "").units_per_px == 1.0


BOX = (0.0, 0.0, 100.0, 100.0)
far_points = st.tuples(st.integers(-300, 400), st.integers(-300, 400))


@given(st.lists(far_points, min_size=3, max_size=8, unique=True))
def test_cut_rings_cover_what_shapely_clips(corners: list[tuple[int, int]]) -> None:
    area = shapely.convex_hull(shapely.MultiPoint(corners))
    if shapely.get_dimensions(area) != 2:
        return
    xy = shapely.get_coordinates(area)
    cut, rings = clip_rings(xy, np.array([0, len(xy)]), BOX)
    wanted = shapely.area(shapely.clip_by_rect(area, *BOX))
    got = shapely.area(shapely.Polygon(cut)) if rings[-1] >= 4 else 0.0
    assert got == pytest.approx(wanted, abs=1e-6)


@given(st.lists(far_points, min_size=2, max_size=8, unique=True), st.sampled_from([0.0, 7.5, 16.0]))
def test_pieces_of_lines_begin_at_whole_periods(corners: list[tuple[int, int]], period: float) -> None:
    line = shapely.LineString(corners)
    xy = np.array(corners, float)
    pieces, offsets, source = clip_lines(xy, np.array([0, len(xy)]), BOX, period)
    assert (source == 0).all()
    inside = shapely.intersection(line, shapely.box(*BOX))
    made = [shapely.LineString(pieces[a:b]) for a, b in itertools.pairwise(offsets.tolist())]
    covered = shapely.union_all(made).buffer(1e-6) if made else shapely.Point()
    assert shapely.length(shapely.difference(inside, covered)) == pytest.approx(0, abs=1e-3)
    points = shapely.points(pieces)
    assert (shapely.distance(points, line) < 1e-6).all()
    if period and shapely.is_simple(line):
        starts = shapely.line_locate_point(line, points[offsets[:-1]])
        assert np.allclose(np.abs(starts - np.round(starts / period) * period), 0, atol=1e-6)


def test_ticks_stand_at_their_spacing_across_the_line() -> None:
    xy = np.array([[0.0, 0.0], [30.0, 0.0], [30.0, 20.0], [0.0, 50.0], [34.0, 50.0]])
    marks, line = tick_marks(xy, np.array([0, 3, 5]), 10.0, 4.0)
    middles = marks.reshape(-1, 2, 2).mean(axis=1)
    assert line.tolist() == [0, 0, 0, 0, 0, 1, 1, 1]
    assert middles.tolist() == [[5, 0], [15, 0], [25, 0], [30, 5], [30, 15], [5, 50], [15, 50], [25, 50]]
    assert np.allclose(np.hypot(*(marks[::2] - marks[1::2]).T), 4)


@given(st.text(alphabet="太原市（综改示范区）《三体》，。 abcd-G5", min_size=1, max_size=40), st.integers(2, 12))
def test_wrapping_loses_nothing_but_spaces(text: str, limit: int) -> None:
    joined = "".join(wrapped(text.strip() or "太", limit)).replace(" ", "")
    assert joined == (text.strip() or "太").replace(" ", "")


def test_wrapping_is_even_and_respects_marks() -> None:
    assert wrapped("山西转型综合改革示范区", 8) == ("山西转型综合", "改革示范区")
    assert wrapped("太原市", 8) == ("太原市",)
    assert wrapped("太原市", 0) == ("太原市",)
    assert all(not line.startswith(("）", "，", "》")) for line in wrapped("太原晋中协同（首批）事项，推进", 5))
    assert wrapped("Shanxi transformation zone", 8) == ("Shanxi", "transformation", "zone")


@pytest.fixture(scope="module")
def warm() -> bool:
    return kernels.warm_up()


def test_many_parcels_look_alike_as_pixels_and_as_paths(*, warm: bool, qapp: object, monkeypatch: pytest.MonkeyPatch) -> None:
    if not warm:
        pytest.skip("numba does not load here")
    parcels = [shapely.box(20 * i + 1, 15 * j + 1, 20 * i + 19, 15 * j + 14) for i in range(20) for j in range(21)]
    request = SceneRequest((layer_of(parcels, style=Style(Single(EVERY))),), WINDOW)
    quick = build(request)
    assert any(isinstance(batch, PixelBatch) for batch in quick.layers[0].batches)
    monkeypatch.setattr(kernels, "is_warm", lambda: False)
    plain = build(request)
    assert {type(batch) for batch in plain.layers[0].batches} == {FillBatch, StrokeBatch}
    one, other = (pixels(to_image(drawn)) for drawn in (quick, plain))
    assert np.abs(one - other).mean() < 3


ROADS = (
    Symbol(line=(Line("#C92A2A", 3.0, casing=1.2),)),
    Symbol(line=(Line("#1864AB", 5.0, casing=0.6), Line("#FFFFFF", 1.0))),
    Symbol(line=(Line("#2B8A3E", 0.8),)),
)


def test_many_lines_look_alike_as_pixels_and_as_paths(*, warm: bool, qapp: object, monkeypatch: pytest.MonkeyPatch) -> None:
    if not warm:
        pytest.skip("numba does not load here")
    rng = np.random.default_rng(4)
    roads = [shapely.LineString(rng.uniform(-20, 420, 2) + rng.normal(0, 30, (5, 2)).cumsum(axis=0)) for _ in range(150)]
    names = [("main", "local", "path")[k] for k in rng.integers(0, 3, len(roads))]
    categories = tuple(Category((name,), symbol) for name, symbol in zip(("main", "local", "path"), ROADS, strict=True))
    style = Style(Categorized("name", categories))
    request = SceneRequest((layer_of(roads, names, style),), WINDOW, labels=False)
    quick = build(request)
    assert [type(batch) for batch in quick.layers[0].batches] == [PixelBatch]
    monkeypatch.setattr(kernels, "is_warm", lambda: False)
    plain = build(request)
    assert {type(batch) for batch in plain.layers[0].batches} == {StrokeBatch}
    one, other = (pixels(to_image(drawn)) for drawn in (quick, plain))
    off = np.abs(one - other)
    assert off.mean() < 1.5
    assert (off > 60).mean() < 0.003


def pixels(image: QImage) -> np.ndarray[Any, np.dtype[np.int16]]:
    return np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1).astype(np.int16)


def test_tiles_of_one_map_agree(qapp: object) -> None:
    style = Style(Single(Symbol(line=(Line("#E8590C", 3.0, (4.0, 3.5), "flat", casing=1.0),), polygon=EVERY.polygon)))
    road = shapely.LineString([(-700, 20), (90, 60), (210, 240), (390, 100), (900, 180)])
    request = SceneRequest((layer_of([road, shapely.box(100, 50, 300, 200)], style=style),), WINDOW, labels=False)
    whole = to_image(build(request))
    patched = QImage(whole.size(), whole.format())
    painter = QPainter(patched)
    for x, y in itertools.product(range(0, 400, 100), range(0, 300, 100)):
        tile = replace(WINDOW, x=x + 50.0, y=300.0 - y - 50.0, width=100.0, height=100.0)
        painter.drawImage(x, y, to_image(build(replace(request, viewport=tile))))
    painter.end()
    assert (np.abs(pixels(whole) - pixels(patched)) > 16).mean() < 0.001


def test_pictures_are_the_same_in_any_thread(qapp: object) -> None:
    layer = layer_of([shapely.Point(200, 150), shapely.LineString([(10, 10), (390, 40)])], ["太原市", "太旧高速"])
    drawn = build(SceneRequest((layer,), WINDOW))
    assert len(drawn.labels) == 2
    here = pixels(to_image(drawn))
    made: list[Any] = []
    threads = [threading.Thread(target=lambda: made.append(pixels(to_image(drawn)))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 4
    assert all(np.array_equal(here, each) for each in made)


def test_a_swatch_holds_the_whole_ring_of_a_large_marker(qapp: object) -> None:
    marker = Marker(size=40.0, color="#C00000", ring_color="#C00000")
    ink = pixels(legend_swatch(Symbol(point=(marker,)), "point", (24, 16), 2.0)).reshape(32, 48, 4)[..., 3] > 0
    assert ink[1:-1].any(axis=1).all()  # it takes the room there is
    assert not ink[[0, -1], 30:].any()  # a ring that were cut would leave a wide edge here
    assert not ink[:, [0, -1]].any()


def test_swatches_show_something(qapp: object) -> None:
    for kind in ("point", "line", "polygon"):
        image = legend_swatch(EVERY, kind, (24, 16), 2.0)  # type: ignore[arg-type]
        assert (image.width(), image.height()) == (48, 32)
        assert pixels(image).any()
    assert not pixels(legend_swatch(Symbol(), "line")).any()


def test_redraws_can_be_timed() -> None:
    schema = Schema((Field("cls", "cls", FieldType.INTEGER),))
    table = table_from_records(schema, [{"cls": k % 5} for k in range(9)], [shapely.box(k, 0, k + 1, 1) for k in range(9)])
    taken = time_render(table, "EPSG:4547", 1.0, 1)
    assert taken.features == 9
    assert taken.best_ms > 0


def test_many_markers_look_alike_stamped_by_kernel_and_by_painter(
    *, warm: bool, qapp: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not warm:
        pytest.skip("numba does not load here")
    rng = np.random.default_rng(6)
    points = [shapely.Point(*each) for each in rng.uniform(-10, 410, (900, 2))]
    symbol = Symbol((Marker("star", 14.0, "#C92A2A", 0.6, "#FFFFFF", 1.0),))
    drawn = build(SceneRequest((layer_of(points, style=Style(Single(symbol))),), WINDOW, labels=False))
    quick = pixels(to_image(drawn))
    monkeypatch.setattr(kernels, "is_warm", lambda: False)
    off = np.abs(quick - pixels(to_image(drawn)))
    assert quick.any()
    assert off.max() <= 6  # glass over glass over glass, rounded from the front or from the back


@given(st.lists(point, min_size=1, max_size=50))
def test_of_a_crowd_on_one_pixel_the_first_is_kept(places: list[tuple[int, int]]) -> None:
    cells = np.array(places, np.int64)
    seen: set[tuple[int, int]] = set()
    firsts = [k for k, place in enumerate(places) if not (place in seen or seen.add(place))]  # type: ignore[func-returns-value]  # add gives None
    assert first_of_cells(cells).tolist() == firsts


def test_what_specks_need_is_kept_for_the_next_picture_and_for_edited_versions() -> None:
    column = flat_column([shapely.box(x, y, x + 2, y + 1) for x in range(0, 30, 3) for y in range(0, 30, 3)])
    first = sizes_of(column.base, "EPSG:4547", "EPSG:4547")
    assert first.tolist() == [2.0] * 100
    edited = column.replaced(np.array([3]), geometry_column([shapely.box(0, 0, 9, 9)]))
    assert sizes_of(edited.base, "EPSG:4547", "EPSG:4547") is first
