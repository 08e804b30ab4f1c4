"""The canvas: what is redrawn after an edit, what stands in, how it moves, and that nothing is left running."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import shapely
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from cgplanner.edit import operations
from cgplanner.model.index import base_index
from cgplanner.model.layer import Layer
from cgplanner.model.schema import Schema
from cgplanner.model.table import table_from_records
from cgplanner.model.workspace import View, Workspace
from cgplanner.render.qt.map_pictures import BlockWork, TileWork, in_blocks
from cgplanner.render.qt.tiles import TILE, Place, neat, places_over
from cgplanner.render.scene.shapes.projected import projected
from cgplanner.session.session import Session
from cgplanner.symbology.style import Fill, Single, Style, Symbol

X, Y = 500_000.0, 4_190_000.0
IDLE_MS = 180_000  # on a new machine the kernels are compiled meanwhile, for half a minute of processor time
INK = (0x3F, 0xA6, 0x6B)


def colours(image: QImage) -> np.ndarray[Any, Any]:
    """Return the pixels as (h, w, 3)."""
    plain = image.convertToFormat(QImage.Format.Format_RGBA8888)
    flat = np.frombuffer(plain.constBits(), np.uint8)
    return flat.reshape(plain.height(), plain.bytesPerLine() // 4, 4)[:, : plain.width(), :3].copy()


def ink_at(scene: Any, east: float, north: float) -> bool:
    """Tell whether the map shows an area at this place."""
    place = scene.at(east, north)
    image = colours(scene.canvas.grab().toImage())
    return bool(np.abs(image[place.y(), place.x()].astype(int) - INK).max() < 12)


def rest(scene: Any) -> None:
    """Wait until the spare tiles round the window are drawn too, which begin a moment after the map is done."""
    for _ in range(3):
        scene.wait_for_map()
        scene.qtbot.waitUntil(lambda: not scene.canvas.picture.workers.is_busy, timeout=IDLE_MS)
        scene.qtbot.wait(250)


def drawn_tiles(scene: Any, work: Callable[[], object]) -> list[Any]:
    """Return the tile works that come after some work."""
    rest(scene)
    seen: list[Any] = []
    scene.canvas.picture.tile_drawn.connect(seen.append)
    work()
    scene.wait_for_map()
    scene.qtbot.waitUntil(lambda: not scene.canvas.picture.workers.is_busy, timeout=IDLE_MS)
    scene.canvas.picture.tile_drawn.disconnect(seen.append)
    return seen


@pytest.fixture
def calm(scene: Any) -> Any:
    """The map after everything has been drawn."""
    scene.wait_for_map()
    scene.qtbot.waitUntil(lambda: not scene.canvas.picture.workers.is_busy, timeout=IDLE_MS)
    return scene


def test_the_map_becomes_sharp_and_shows_the_areas(calm: Any) -> None:
    assert ink_at(calm, 500, 500)
    assert not ink_at(calm, 1500, 500)


def test_an_edit_redraws_only_tiles_that_meet_it(calm: Any) -> None:
    deck = calm.canvas.picture.cache.decks[0]
    all_tiles = len(deck.tiles)
    edit = operations.move_vertex(calm.session.workspace, "areas", 0, 2, X - 200, Y + 1200)
    extent = (X - 200, Y, X + 1000, Y + 1200)
    works = drawn_tiles(calm, lambda: calm.session.run(edit))
    assert 0 < len(works) < all_tiles
    for work in works:
        box, reach = work.place.box, 8 * work.place.resolution
        assert box[0] <= extent[2] + reach
        assert box[2] >= extent[0] - reach
        assert box[1] <= extent[3] + reach
        assert box[3] >= extent[1] - reach
    assert calm.canvas.picture.is_sharp
    assert ink_at(calm, 50, 1000)


def test_a_mended_tile_is_the_tile_drawn_whole(calm: Any) -> None:
    edit = operations.move_vertex(calm.session.workspace, "areas", 0, 2, X - 200, Y + 1200)
    works = drawn_tiles(calm, lambda: calm.session.run(edit))
    parts = [work for work in works if work.part is not None]
    assert parts
    deck = calm.canvas.picture.cache.decks[0]
    for work in parts:
        whole = type(work)(deck, work.place, deck.sheet, deck.sheet.content).perform(lambda: False).pictures
        difference = np.abs(colours(whole).astype(int) - colours(deck.tiles[work.place].image))
        assert difference.max() <= 2


def test_tiles_painted_together_are_those_painted_alone(calm: Any) -> None:
    deck = calm.canvas.picture.cache.decks[0]
    places = list(places_over((X - 100, Y - 600, X + 1100, Y + 1100), 1700 / (2 * TILE)))
    works = [TileWork(deck, place, deck.sheet, deck.sheet.content) for place in places]
    (block,) = in_blocks(works)
    assert isinstance(block, BlockWork)
    images = block.perform(lambda: False).pictures
    for work, image in zip(works, images, strict=True):
        alone = work.perform(lambda: False).pictures
        assert np.abs(colours(alone).astype(int) - colours(image)).max() <= 16  # a 1/16 of an edge's pixel


def test_tiles_that_lie_scattered_stay_alone(calm: Any) -> None:
    deck = calm.canvas.picture.cache.decks[0]
    corner = [TileWork(deck, Place(1.0, *at), deck.sheet, deck.sheet.content) for at in ((0, 0), (1, 0), (2, 0), (2, 1))]
    far = [TileWork(deck, Place(1.0, *at), deck.sheet, deck.sheet.content) for at in ((0, 0), (2, 1), (-3, -2))]
    assert len(in_blocks(corner)) == 1
    assert in_blocks(far) == far


def test_an_attribute_of_a_row_without_a_shape_redraws_nothing(calm: Any) -> None:
    drawn_tiles(
        calm,
        lambda: calm.session.run(
            operations.set_geometry(calm.session.workspace, "areas", 0, shapely.box(X, Y, X + 10, Y + 10))
        ),
    )
    edit = operations.set_field(calm.session.workspace, "points", [0], "name", "another name")
    works = drawn_tiles(calm, lambda: calm.session.run(edit))
    near_point = (X + 500, Y - 500)
    for work in works:
        box, reach = work.place.box, 24 * work.place.resolution
        assert box[0] - reach <= near_point[0] <= box[2] + reach


def test_another_style_redraws_all_and_the_old_picture_stands_in(calm: Any) -> None:
    red = Style(Single(Symbol(polygon=(Fill("#FF0000"),))))
    calm.session.run(operations.set_style(calm.session.workspace, "areas", red))
    assert not calm.canvas.picture.is_sharp
    assert ink_at(calm, 500, 500)  # the old colour, not a hole
    calm.wait_for_map()
    assert not ink_at(calm, 500, 500)


def test_a_zoom_shows_other_tiles_until_its_own_are_there(calm: Any) -> None:
    calm.canvas.view.zoom(2.0)
    calm.canvas.view.go(X + 500, Y + 500, calm.canvas.view.target.units_per_px)
    assert ink_at(calm, 500, 500)
    assert ink_at(calm, 900, 500)


def test_a_jump_far_away_is_covered_by_the_overview(calm: Any) -> None:
    calm.canvas.view.go(X + 2750, Y + 800, 0.05)
    assert ink_at(calm, 2750, 800)


def test_hiding_the_layer_while_its_tiles_are_drawn_leaves_no_ghost(calm: Any) -> None:
    calm.canvas.set_scale(5_000)
    calm.session.run(operations.set_visible(calm.session.workspace, "areas", visible=False))
    calm.wait_for_map()
    assert not ink_at(calm, 1000 - 5, 500)


def test_labels_and_selection_come_and_go(calm: Any) -> None:
    assert calm.canvas.picture.labels is not None
    before = colours(calm.canvas.grab().toImage())
    calm.session.select("areas", [0])
    selected = colours(calm.canvas.grab().toImage())
    cyan = np.abs(selected.astype(int) - (0x00, 0xB8, 0xD9)).max(axis=2) < 10
    assert cyan.sum() > 500
    calm.session.select("", ())
    assert (colours(calm.canvas.grab().toImage()) == before).all()


def is_cyan(canvas: Any) -> Any:
    """Return where the canvas shows the colour of a selection."""
    image = colours(canvas.grab().toImage())
    return np.abs(image.astype(int) - (0x00, 0xB8, 0xD9)).max(axis=2) < 10


@pytest.mark.parametrize("factor", [64.0, 1 / 16])
def test_outlines_keep_their_width_in_the_first_frame_after_a_large_zoom(calm: Any, factor: float) -> None:
    calm.session.select("areas", [0])
    calm.canvas.view.go(X + 1000, Y + 500)  # its right edge goes up and down through the middle
    calm.canvas.view.go(X + 1000, Y + 500, calm.canvas.view.target.units_per_px / factor)
    cyan = is_cyan(calm.canvas)
    assert cyan.any()
    if factor > 1:
        assert 1 <= cyan.any(axis=0).sum() <= 4
        assert cyan.any(axis=1).all()


def open_scene_layers() -> list[Layer]:
    """Return one layer of 500 small squares."""
    boxes = [shapely.box(X + 40 * i, Y + 40 * j, X + 40 * i + 20, Y + 40 * j + 20) for i in range(25) for j in range(20)]
    style = Style(Single(Symbol(polygon=(Fill("#3FA66B"),))))
    table = table_from_records(Schema((), "polygon"), [{}] * len(boxes), boxes)
    return [Layer("many", "many", "many", table, "EPSG:4546", style)]


def test_many_selected_features_are_outlined_by_a_worker(open_scene: Any) -> None:
    scene = open_scene(*open_scene_layers())
    scene.wait_for_map()
    scene.session.select("many", range(500))

    def is_outlined() -> bool:
        image = colours(scene.canvas.grab().toImage())
        return bool((np.abs(image.astype(int) - (0x00, 0xB8, 0xD9)).max(axis=2) < 10).sum() > 500)

    scene.qtbot.waitUntil(is_outlined, timeout=10_000)


def wheel(canvas: Any, place: QPointF, notches: float) -> None:
    where = QPointF(canvas.mapToGlobal(place.toPoint()))
    turn = QPoint(0, round(120 * notches))
    event = QWheelEvent(
        place,
        where,
        QPoint(),
        turn,
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(canvas, event)


@pytest.mark.parametrize("notches", [1.0, -1.0, 0.4, 3.0])
def test_the_wheel_keeps_the_place_under_the_mouse(calm: Any, notches: float) -> None:
    canvas, place = calm.canvas, QPointF(200, 450)
    before, units = canvas.pointer_at(200, 450), canvas.viewport.units_per_px
    wheel(canvas, place, notches)
    calm.qtbot.waitUntil(lambda: not canvas.view.is_moving, timeout=3000)
    after = canvas.pointer_at(200, 450)
    assert canvas.viewport.units_per_px == pytest.approx(units / 2 ** (notches / 2), rel=1e-6)
    assert (after.x, after.y) == pytest.approx((before.x, before.y), abs=units)


def test_a_drag_with_the_middle_button_moves_the_map_with_the_mouse(calm: Any) -> None:
    before = calm.canvas.pointer_at(300, 300)
    QTest.mousePress(calm.canvas, Qt.MouseButton.MiddleButton, Qt.KeyboardModifier.NoModifier, QPoint(300, 300))
    calm.hover(QPoint(350, 340))
    calm.hover(QPoint(400, 360))
    QTest.mouseRelease(calm.canvas, Qt.MouseButton.MiddleButton, Qt.KeyboardModifier.NoModifier, QPoint(400, 360))
    after = calm.canvas.pointer_at(400, 360)
    assert (after.x, after.y) == pytest.approx((before.x, before.y), abs=1.5 * calm.canvas.viewport.units_per_px)


def test_keys_move_the_map(calm: Any) -> None:
    canvas = calm.canvas
    x, units = canvas.view.target.x, canvas.view.target.units_per_px
    calm.key(Qt.Key.Key_Right)
    assert canvas.view.target.x > x
    calm.key(Qt.Key.Key_Plus)
    assert canvas.view.target.units_per_px == pytest.approx(units / 2)
    calm.key(Qt.Key.Key_Minus)
    assert canvas.view.target.units_per_px == pytest.approx(units)
    calm.key(Qt.Key.Key_Home)
    west, south, east, north = canvas.view.target.extent
    assert west < X
    assert south < Y - 500
    assert east > X + 3000
    assert north > Y + 1500


def test_space_turns_any_tool_into_a_hand(calm: Any) -> None:
    calm.canvas.choose_tool("select")
    before = calm.canvas.pointer_at(300, 300)
    QTest.keyPress(calm.canvas, Qt.Key.Key_Space)
    QTest.mousePress(calm.canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(300, 300))
    calm.hover(QPoint(420, 300))
    QTest.mouseRelease(calm.canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(420, 300))
    QTest.keyRelease(calm.canvas, Qt.Key.Key_Space)
    assert calm.canvas.pointer_at(420, 300).x == pytest.approx(before.x, abs=1.5 * calm.canvas.viewport.units_per_px)
    assert not calm.session.selection.rids


def test_zooming_to_layer_and_selection_shows_them(calm: Any) -> None:
    calm.canvas.zoom_to_layer("points")
    points = calm.at(500, -500), calm.at(2500, -500)
    assert all(calm.canvas.rect().contains(each) for each in points)
    assert points[1].x() - points[0].x() > 300
    calm.session.select("areas", [1])
    calm.canvas.zoom_to_selection()
    assert calm.canvas.view.target.x == pytest.approx(X + 2500)


def test_the_view_is_told_and_remembered(calm: Any) -> None:
    seen: list[View] = []
    calm.canvas.view_changed.connect(seen.append)
    calm.canvas.set_scale(12_500)
    assert seen[-1].scale == pytest.approx(12_500, rel=1e-6)
    assert calm.session.workspace.view == seen[-1]


def test_the_mouse_tells_where_it_is(calm: Any) -> None:
    with calm.qtbot.waitSignal(calm.canvas.position_changed) as told:
        QTest.mouseMove(calm.canvas, calm.at(500, 500))
        QTest.mouseMove(calm.canvas, calm.at(520, 500))
    assert told.args[1] == pytest.approx(Y + 500, abs=calm.canvas.viewport.units_per_px)


def test_what_was_half_drawn_is_given_up_when_the_view_has_moved_on(scene: Any) -> None:
    for k in range(30):
        scene.canvas.view.go(X + 100 * k, Y + 500)
        scene.canvas._settle()
        QApplication.processEvents()
    scene.wait_for_map()
    view = scene.canvas.view.target.extent
    running = [tile.place.box for _, tile in scene.canvas.picture._running_tiles()]
    assert all(box[2] > view[0] - 2000 for box in running)


def test_a_wheel_that_is_turned_fast_draws_only_the_scale_where_it_rests(scene: Any) -> None:
    scene.wait_for_map()
    scene.qtbot.waitUntil(lambda: not scene.canvas.picture.workers.is_busy, timeout=30_000)
    drawn: list[float] = []
    scene.canvas.picture.tile_drawn.connect(lambda work: drawn.append(work.place.resolution))
    for _ in range(4):
        scene.canvas.zoom_by(1.3)
    scene.wait_for_map()
    assert set(drawn) == {neat(scene.canvas.view.target.units_per_px / scene.canvas.devicePixelRatioF())}


def test_closing_in_the_middle_of_drawing_leaves_no_thread(scene: Any) -> None:
    scene.qtbot.waitUntil(lambda: bool(scene.canvas.picture.workers.running()), timeout=10_000)
    scene.canvas.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("painter")]


def test_an_empty_map_is_paper_and_goes_to_its_first_layer(open_scene: Any) -> None:
    full = open_scene(*open_scene_layers())
    layer = full.session.workspace.layer("many")
    scene = open_scene()
    scene.canvas.bridge.replace(Session(Workspace(), journaled=False))
    assert scene.canvas.extent is None
    assert colours(scene.canvas.grab().toImage())[100, 100].tolist() == [0xFB, 0xFA, 0xF7]
    scene.canvas.bridge.session.run(operations.add_layer(Workspace(), layer))
    assert scene.canvas.crs == "EPSG:4546"
    assert scene.canvas.extent is not None
    assert scene.canvas.extent[0] < X < scene.canvas.extent[2]
    scene.wait_for_map()
    assert ink_at(scene, 10, 10)
    scene.canvas.bridge.session.close()


def test_frames_are_measured(calm: Any) -> None:
    calm.canvas.clock.clear()
    for _ in range(5):
        calm.canvas.pan_by(3, 0)
        calm.canvas.repaint()
    times = calm.canvas.frame_times()
    assert len(times.paint) >= 5
    assert all(latency >= paint for latency, paint in zip(times.latency, times.paint, strict=False))


def crowded_layer(name: str, *, visible: bool = True) -> Layer:
    """Return a layer with a sheet of its own."""
    side = 150
    x, y = (each.ravel() for each in np.meshgrid(np.arange(side) * 30.0 + X, np.arange(side) * 30.0 + Y))
    table = table_from_records(Schema((), "polygon"), [{}] * len(x), shapely.box(x, y, x + 20, y + 20))
    style = Style(Single(Symbol(polygon=(Fill("#3FA66B"),))))
    return Layer(name, name, name, table, "EPSG:4546", style, visible=visible)


def test_hidden_layers_have_no_tiles(open_scene: Any) -> None:
    scene = open_scene(crowded_layer("seen"), crowded_layer("hidden", visible=False))
    scene.wait_for_map()
    scene.qtbot.waitUntil(lambda: not scene.canvas.picture.workers.is_busy, timeout=IDLE_MS)
    tiles = {deck.sheet.ids: len(deck.tiles) for deck in scene.canvas.picture.cache.decks}
    assert tiles["seen",] > 0
    assert tiles["hidden",] == 0
    works = drawn_tiles(
        scene, lambda: scene.session.run(operations.set_visible(scene.session.workspace, "seen", visible=False))
    )
    assert not works
    works = drawn_tiles(
        scene, lambda: scene.session.run(operations.set_visible(scene.session.workspace, "hidden", visible=True))
    )
    assert {work.sheet.ids for work in works} == {("hidden",)}


def test_another_colour_moves_no_coordinate(open_scene: Any) -> None:
    scene = open_scene(crowded_layer("many"))
    scene.wait_for_map()
    table = scene.canvas.layer("many").table
    base = table.geometry.base
    kept = base_index(table.geometry), projected(base, "EPSG:4546", scene.canvas.crs), base.bounds
    red = Style(Single(Symbol(polygon=(Fill("#FF0000"),))))
    assert drawn_tiles(scene, lambda: scene.session.run(operations.set_style(scene.session.workspace, "many", red)))
    now = scene.canvas.layer("many").table
    assert now is table
    again = base_index(now.geometry), projected(base, "EPSG:4546", scene.canvas.crs), base.bounds
    assert all(one is other for one, other in zip((kept[0], *kept[1], kept[2]), (again[0], *again[1], again[2]), strict=True))
