"""What the labels of a map promise: places that stay while it is panned, the same on screen and paper, by hand where wanted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from cgplanner.edit.operations import move_features
from cgplanner.geometry.crs import transform_xy
from cgplanner.model.layer import Layer
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import table_from_records
from cgplanner.render.scene.build import SceneRequest, place_labels
from cgplanner.render.scene.display_list import PlacedLabel
from cgplanner.render.scene.labels.placement import label
from cgplanner.render.scene.labels.text import shortened, sizes_of
from cgplanner.render.scene.viewport import Viewport
from cgplanner.session.session import Session
from cgplanner.symbology.label_pins import with_pin
from cgplanner.symbology.style import MM_PER_PX, Labels, Line, Marker, Pin, Single, Style, Symbol

SCHEMA = Schema((Field("name", "name", FieldType.TEXT),), title="name")
SYMBOL = Symbol((Marker(size=8.0),), (Line("#1769AA", 2.0),), ())
WINDOW = Viewport(200.0, 150.0, 1.0, 400.0, 300.0)


def layer_of(shapes: list[Any], names: list[str], labels: Labels | None, name: str = "layer") -> Layer:
    table = table_from_records(SCHEMA, [{"name": each} for each in names], shapes)
    return Layer(name, "", name, table, "", Style(Single(SYMBOL), labels=labels))


def one(layer: Layer, window: Viewport = WINDOW) -> PlacedLabel:
    (placed,) = place_labels(SceneRequest((layer,), window))
    return placed


@pytest.fixture(scope="module")
def sample() -> tuple[Layer, ...]:
    return Session.sample(journaled=False).workspace.layers


@pytest.fixture(scope="module")
def view(sample: tuple[Layer, ...]) -> Viewport:
    workspace = Session.sample(journaled=False).workspace
    (middle,) = transform_xy("EPSG:4490", workspace.display_crs, np.array([(112.4, 37.8)]))
    return Viewport(float(middle[0]), float(middle[1]), 1.0, 1100.0, 700.0, "px", workspace.display_crs).at_scale(900_000)


# Panning


@pytest.mark.parametrize(("dx", "dy"), [(37, 0), (0, -120), (-260, 180)])
def test_labels_of_the_common_area_keep_their_places_while_the_map_is_panned(
    sample: tuple[Layer, ...], view: Viewport, dx: int, dy: int
) -> None:
    before = label(SceneRequest(sample, view))
    moved = replace(view, x=view.x + dx * view.units_per_px, y=view.y - dy * view.units_per_px)
    after = label(SceneRequest(sample, moved), before)
    places = {(each.layer, each.row, each.part): each for each in after.labels}
    common = [
        each
        for each in before.labels
        if (each.leader is None or (0 <= each.leader[0] - dx <= view.width and 0 <= each.leader[1] - dy <= view.height))
        and each.box[0] - dx >= 0
        and each.box[2] - dx <= view.width
        and each.box[1] - dy >= 0
        and each.box[3] - dy <= view.height
    ]
    assert len(common) > 20
    for each in common:
        same = places[each.layer, each.row, each.part]
        assert same.box == pytest.approx((each.box[0] - dx, each.box[1] - dy, each.box[2] - dx, each.box[3] - dy), abs=1e-6)
        assert [line.text for line in same.lines] == [line.text for line in each.lines]


def test_a_view_carried_on_overlaps_nothing_and_shows_what_is_new(sample: tuple[Layer, ...], view: Viewport) -> None:
    before = label(SceneRequest(sample, view))
    after = label(SceneRequest(sample, replace(view, y=view.y + 300 * view.units_per_px)), before)
    boxes = np.array([each.box for each in after.labels if all(line.angle == 0 for line in each.lines)])
    across = (boxes[:, None, 0] < boxes[None, :, 2]) & (boxes[:, None, 2] > boxes[None, :, 0])
    down = (boxes[:, None, 1] < boxes[None, :, 3]) & (boxes[:, None, 3] > boxes[None, :, 1])
    assert (across & down).sum() == len(boxes)  # each only itself
    assert sum(each.box[3] < 300 for each in after.labels) > 5  # the strip that came into view has names too


def test_another_scale_or_another_version_of_a_layer_is_solved_anew(sample: tuple[Layer, ...], view: Viewport) -> None:
    before = label(SceneRequest(sample, view))
    nearer = view.at_scale(500_000)
    assert as_told(label(SceneRequest(sample, nearer), before).labels) == as_told(place_labels(SceneRequest(sample, nearer)))
    edited = tuple(replace(layer, revision=layer.revision + 1) for layer in sample)
    assert as_told(label(SceneRequest(edited, view), before).labels) == as_told(before.labels)


def test_undo_and_redo_bring_the_labels_back(view: Viewport) -> None:
    """Ten features are moved one by one and moved back: every state has the labels that it had when it was first shown."""
    session = Session.sample(journaled=False)
    found = label(SceneRequest(session.workspace.layers, view))
    shown = [as_told(found.labels)]
    for rid in session.workspace.layer("projects").table.rids[:10].tolist():
        session.run(move_features(session.workspace, "projects", [rid], 4_000.0, -2_000.0))
        found = label(SceneRequest(session.workspace.layers, view), found)
        shown.append(as_told(found.labels))
    assert shown[0] != shown[-1]
    for step, told in ((session.undo, shown[-2::-1]), (session.redo, shown[1:])):
        for each in told:
            step()
            found = label(SceneRequest(session.workspace.layers, view), found)
            assert as_told(found.labels) == each


def test_what_has_not_changed_in_an_edited_layer_keeps_its_place_while_the_map_is_panned(
    sample: tuple[Layer, ...], view: Viewport
) -> None:
    before = label(SceneRequest(sample, view))
    moved = replace(view, x=view.x + 30 * view.units_per_px)
    after = label(SceneRequest(tuple(replace(layer, revision=layer.revision + 1) for layer in sample), moved), before)
    places = {(each.layer, each.row, each.part): each.box for each in after.labels}
    stayed = [each for each in before.labels if each.box[0] >= 30]
    assert all(places[each.layer, each.row, each.part][0] == pytest.approx(each.box[0] - 30, abs=1e-6) for each in stayed)


def as_told(labels: tuple[PlacedLabel, ...]) -> list[Any]:
    return [(each.layer, each.row, each.part, tuple(round(side, 6) for side in each.box)) for each in labels]


# Screen and paper


def test_the_same_map_in_millimetres_has_its_labels_in_the_same_places(sample: tuple[Layer, ...], view: Viewport) -> None:
    """The tolerance is a tenth of a millimetre: thinning and rounding are the same, only the unit is not."""
    port = replace(
        view,
        units_per_px=view.units_per_px / MM_PER_PX,
        width=view.width * MM_PER_PX,
        height=view.height * MM_PER_PX,
        unit="mm",
    )
    screen, paper = place_labels(SceneRequest(sample, view)), place_labels(SceneRequest(sample, port))
    assert [(each.layer, each.row, each.part, each.text) for each in paper] == [
        (each.layer, each.row, each.part, each.text) for each in screen
    ]
    for on_screen, on_paper in zip(screen, paper, strict=True):
        assert on_paper.box == pytest.approx(tuple(side * MM_PER_PX for side in on_screen.box), abs=0.1)
        assert on_paper.size == pytest.approx(on_screen.size * MM_PER_PX)


# By hand


@given(st.integers(-120, 120), st.integers(-90, 90))
@settings(max_examples=30)
def test_a_pinned_label_lies_where_it_was_put_on_screen_and_paper(dx: int, dy: int) -> None:
    layer = layer_of([shapely.Point(200, 150)], ["太原机场三期改扩建"], Labels("name", wrap=6))
    style = with_pin(layer.style, Pin(int(layer.table.fids[0]), float(dx), float(dy)))  # type: ignore[arg-type]  # a Style
    pinned = replace(layer, style=style)
    paper = replace(WINDOW, units_per_px=1 / MM_PER_PX, width=400 * MM_PER_PX, height=300 * MM_PER_PX, unit="mm")
    screen = one(pinned)
    assert screen.pinned
    assert middle(screen) == pytest.approx((200 + dx, 150 - dy), abs=1e-6)
    assert middle(one(pinned, paper)) == pytest.approx(((200 + dx) * MM_PER_PX, (150 - dy) * MM_PER_PX), abs=0.05)
    far = one(pinned, replace(WINDOW, units_per_px=2.0))
    assert middle(far) == pytest.approx((200 + dx / 2, 150 - dy / 2), abs=1e-6)  # on the same spot of the ground


def middle(placed: PlacedLabel) -> tuple[float, float]:
    return (placed.box[0] + placed.box[2]) / 2, (placed.box[1] + placed.box[3]) / 2


def test_what_was_put_away_is_joined_with_its_feature_but_not_within_its_area() -> None:
    def placed(shape: Any, dx: float) -> PlacedLabel:
        layer = layer_of([shape], ["名"], Labels("name"))
        style = with_pin(layer.style, Pin(int(layer.table.fids[0]), dx, 0.0))  # type: ignore[arg-type]  # a Style
        return one(replace(layer, style=style))

    away, beside = placed(shapely.Point(200, 150), 100.0), placed(shapely.Point(200, 150), 16.0)
    assert away.leader is not None
    assert away.leader[:2] == pytest.approx((205, 150), abs=1.5)  # the edge of the marker
    assert beside.leader is None
    area = shapely.box(100, 50, 300, 250)
    assert placed(area, 60.0).leader is None
    assert placed(area, 150.0).leader is not None


def test_others_keep_clear_of_a_pinned_label() -> None:
    layer = layer_of([shapely.Point(100, 150), shapely.Point(180, 150)], ["甲甲甲甲", "乙乙乙乙"], Labels("name"))
    style = with_pin(layer.style, Pin(int(layer.table.fids[0]), 110.0, 0.0))  # type: ignore[arg-type]  # a Style
    first, second = place_labels(SceneRequest((replace(layer, style=style),), WINDOW))
    assert first.pinned
    assert second.box[2] <= first.box[0] or second.box[1] >= first.box[3] or second.box[3] <= first.box[1]


# Room


def test_names_keep_off_markers_of_every_layer_labelled_or_not() -> None:
    names = layer_of([shapely.Point(200, 150)], ["太原市"], Labels("name"), "names")
    marks = layer_of([shapely.Point(225, 150), shapely.Point(240, 150)], ["", ""], None, "marks")
    (placed,) = place_labels(SceneRequest((marks, names), WINDOW))
    for x in (225, 240):
        near = np.clip((x, 150), placed.box[:2], placed.box[2:])
        assert np.hypot(*(near - (x, 150))) >= 4.0


def test_a_label_without_room_shrinks_then_stands_away_with_a_line_then_is_told() -> None:
    crowd = [shapely.Point(200 + 9 * dx, 150 + 9 * dy) for dx in range(-3, 4) for dy in range(-3, 4)]
    names = [f"名称{k:02d}" for k in range(len(crowd))]
    plain = label(SceneRequest((layer_of(crowd, names, Labels("name")),), WINDOW))
    helped = label(SceneRequest((layer_of(crowd, names, Labels("name", smallest=9.0, leader=80.0)),), WINDOW))
    assert len(plain.labels) + len(plain.homeless) == len(crowd)
    assert len(helped.labels) + len(helped.homeless) == len(crowd)
    assert len(helped.labels) > 1.3 * len(plain.labels)  # lines cannot leave the middle without crossing markers
    assert any(each.leader for each in helped.labels)
    assert {each.text for each in helped.homeless}.isdisjoint({each.text for each in helped.labels})


def test_a_neighbour_moves_where_that_makes_room() -> None:
    """The upper one prefers the right, where alone the lower one could stand."""
    wall = [shapely.Point(200 + 8 * dx, 150 + 8 * dy) for dx in range(-12, 6) for dy in (-1, 1)]
    walls = layer_of(wall, [""] * len(wall), None, "walls")
    names = layer_of([shapely.Point(190, 150), shapely.Point(120, 150)], ["甲乙", "丙丁"], Labels("name", size=8.0), "names")
    assert len(place_labels(SceneRequest((walls, names), WINDOW))) == 2


def test_long_english_is_abbreviated_and_chinese_is_not() -> None:
    assert shortened("Shouyang Economic Development Zone") == "Shouyang Econ. Dev. Zone"
    assert shortened("demonstration zone and park") == "demo. zone & park"
    assert shortened("山西转型综改示范区") == "山西转型综改示范区"


def test_sizes_go_down_to_the_smallest_and_no_further() -> None:
    assert sizes_of(Labels("name", size=12.0)) == (12.0,)
    sizes = sizes_of(Labels("name", size=12.0, smallest=9.5))
    assert sizes[0] == 12.0
    assert 9.5 - 0.02 <= sizes[-1] < 10.5
    assert list(sizes) == sorted(sizes, reverse=True)


def test_an_area_far_beyond_the_window_is_ground_and_not_named() -> None:
    near, far = (shapely.box(200 - side, 150 - side, 200 + side, 150 + side) for side in (700, 2_000))
    assert one(layer_of([near], ["市"], Labels("name"))).text == "市"
    found = label(SceneRequest((layer_of([far], ["省"], Labels("name")),), WINDOW))
    assert (found.labels, found.homeless) == ((), ())


# Templates


def test_a_template_is_what_the_map_says_and_a_broken_one_falls_back_to_the_field() -> None:
    layer = layer_of([shapely.Point(200, 150)], ["太旧高速"], Labels("name", text="{name}[ · {weg}]·改"))
    assert one(layer).text == "太旧高速·改"
    assert one(replace(layer, style=Style(Single(SYMBOL), labels=Labels("name", text="{name")))).text == "太旧高速"


def test_the_area_outside_is_toned_down_and_the_inside_is_not(qapp: object) -> None:
    from cgplanner.render.qt.paint import to_image  # noqa: PLC0415  Qt, for this test only
    from cgplanner.render.scene.build import build  # noqa: PLC0415  the same
    from cgplanner.symbology.style import Fill  # noqa: PLC0415  the same

    table = table_from_records(
        SCHEMA, [{"name": "a"}, {"name": "b"}], [shapely.box(100, 100, 200, 200), shapely.box(200, 100, 300, 200)]
    )
    layer = Layer("a", "a", "a", table, "", Style(Single(Symbol()), outside=Fill("#000000", 1.0)))
    image = to_image(build(SceneRequest((layer,), WINDOW)))
    assert image.pixelColor(20, 20).lightness() == 0
    assert image.pixelColor(150, 150).name() == image.pixelColor(200, 150).name() == "#fbfaf7"
    away = to_image(build(SceneRequest((layer,), replace(WINDOW, x=2000.0))))
    assert away.pixelColor(200, 150).lightness() == 0  # nothing in view: all of it is outside
