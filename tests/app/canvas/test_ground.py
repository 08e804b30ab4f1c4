"""Base maps on the screen: under the layers, from a real service that may refuse, never in the way of the map."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PySide6.QtGui import QColor

from cgplanner.edit import map_operations, operations
from cgplanner.edit.edit import Edit
from cgplanner.geometry.tile_grid import PieceKey, mercator_grid, to_pixels
from cgplanner.io.ground import tile_service
from cgplanner.model.basemap import Basemap
from cgplanner.model.workspace import WORKSPACE, View, setting
from cgplanner.session.service_keys import load_keys, save_key
from cgplanner.symbology.style import Fill, Single, Style, Symbol
from cgplanner.text import sentence

METRES = "EPSG:4546"
X, Y = 500_000.0, 4_190_000.0


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tile_service, "BACK_OFF_SECONDS", (0.01, 0.01))


def service(server: Any, **others: Any) -> Basemap:
    values = {"source": server.template, "attribution_zh": "© 测试", "attribution_en": "© Test", **others}
    return Basemap("base", "底图", "Base", "tiles", **values)


def add(scene: Any, basemap: Basemap) -> None:
    scene.session.run(map_operations.add_basemaps(scene.session.workspace, [basemap]))


def wait(scene: Any) -> None:
    scene.wait_for_map()
    ground = scene.canvas.ground
    scene.qtbot.waitUntil(lambda: ground.is_done, timeout=20_000)


def pixel(scene: Any, east: float, north: float) -> QColor:
    return scene.canvas.grab().toImage().pixelColor(scene.at(east, north))


def served(
    scene: Any, colour_of: Callable[[str], tuple[int, int, int]], east: float, north: float
) -> set[tuple[int, int, int]]:
    """Return the colours that tiles of any level have at a place."""
    grid = mercator_grid()
    places = grid.places(METRES, np.array([[X + east, Y + north]]))
    colours = set()
    for level in grid.levels:
        column, row = to_pixels(level.to_px, places)[0] // 256
        colours.add(colour_of("/".join(str(each) for each in PieceKey(level.number, int(column), int(row)))))
    return colours


def test_tiles_lie_under_the_layers_where_they_belong(scene: Any, tile_server: Any, tile_colour: Any) -> None:
    add(scene, service(tile_server))
    wait(scene)
    for place in ((1500, 1250), (1400, -300), (3300, 700)):
        assert pixel(scene, *place).getRgb()[:3] in served(scene, tile_colour, *place)
    assert pixel(scene, 500, 500).getRgb()[:3] not in served(scene, tile_colour, 500, 500)  # a square lies over it
    assert scene.canvas.ground.attributions() == ["© Test"]
    assert scene.canvas.ground.troubles() == []
    assert tile_server.most_at_once <= 3


def test_looking_again_asks_for_nothing_new(scene: Any, tile_server: Any) -> None:
    add(scene, service(tile_server))
    wait(scene)
    asked = len(tile_server.asked)
    assert asked == len(set(tile_server.asked))
    scene.canvas.pan_by(30, 0)
    scene.canvas.pan_by(-30, 0)
    scene.session.run(map_operations.change_basemap(scene.session.workspace, "base", opacity=0.5))
    wait(scene)
    assert len(tile_server.asked) == asked


def test_opacity_and_hiding_and_undo_are_seen_at_once(scene: Any, tile_server: Any, tile_colour: Any) -> None:
    paper = (0xFB, 0xFA, 0xF7)
    place = (1500, 1250)
    add(scene, service(tile_server))
    wait(scene)
    full = pixel(scene, *place).getRgb()[:3]
    scene.session.run(map_operations.change_basemap(scene.session.workspace, "base", opacity=0.5))
    half = pixel(scene, *place).getRgb()[:3]
    assert half == pytest.approx([(a + b) / 2 for a, b in zip(full, paper, strict=True)], abs=2)
    scene.session.run(map_operations.change_basemap(scene.session.workspace, "base", visible=False))
    assert pixel(scene, *place).getRgb()[:3] == paper
    scene.session.undo()
    scene.session.undo()
    assert pixel(scene, *place).getRgb()[:3] == full


def test_a_service_that_refuses_says_one_sentence_and_the_map_goes_on(scene: Any, tile_server: Any) -> None:
    tile_server.answer = lambda _path, handler: tile_server.send(handler, 403)
    add(scene, service(tile_server))
    wait(scene)
    assert len(scene.canvas.ground.troubles()) == 1
    assert "403" in scene.canvas.ground.troubles()[0]
    assert len(tile_server.asked) <= 3  # what was under way at once; nothing after that
    assert scene.canvas.picture.is_sharp
    tile_server.answer = lambda _path, _handler: False
    scene.canvas.ground.retry()
    wait(scene)
    assert scene.canvas.ground.troubles() == []


def test_a_slow_service_keeps_nothing_waiting(scene: Any, tile_server: Any) -> None:
    def sleep(_path: str, _handler: Any) -> bool:
        tile_server.wait(20)
        return False

    tile_server.answer = sleep
    add(scene, service(tile_server))
    scene.wait_for_map()
    assert scene.canvas.picture.is_sharp
    scene.canvas.set_view(View(X + 90_000, Y, 20_000))  # away from what hangs
    scene.wait_for_map()
    assert scene.canvas.picture.is_sharp
    scene.canvas.close()  # and the end waits no longer than a moment


def test_a_key_is_taken_from_its_own_place(scene: Any, tile_server: Any) -> None:
    add(scene, service(tile_server, source=f"{tile_server.template}?tk={{key}}", key="127.0.0.1"))
    wait(scene)
    assert "key of your own" in scene.canvas.ground.troubles()[0]
    assert tile_server.asked == []
    assert save_key("127.0.0.1", " k1 ")
    assert load_keys() == {"127.0.0.1": "k1"}
    scene.canvas.ground.retry("base")
    wait(scene)
    assert scene.canvas.ground.troubles() == []
    assert all(path.endswith("?tk=k1") for path in tile_server.asked)
    assert save_key("127.0.0.1", "")
    assert load_keys() == {}


def test_a_file_that_is_gone_is_told(scene: Any) -> None:
    add(scene, Basemap("file", "影像", "Picture", "raster", "/gone/image.tif"))
    wait(scene)
    assert "image.tif" in scene.canvas.ground.troubles()[0]


def test_tiles_do_not_pile_up(scene: Any, tile_server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cgplanner.app.canvas.ground_picture.MOST_TILES", 14)
    add(scene, service(tile_server))
    for step in range(5):
        scene.canvas.set_view(View(X + step * 40_000, Y, 50_000))
        wait(scene)
    assert sum(len(each.deck.tiles) for each in scene.canvas.ground.grounds) <= 14


def test_a_map_without_layers_shows_its_base_map(open_scene: Any, tile_server: Any) -> None:
    scene = open_scene()
    nowhere = setting(scene.session.workspace, WORKSPACE, "display_crs", "")
    scene.session.run(Edit(nowhere, sentence("rename {layer}", layer="")))
    assert scene.session.workspace.display_crs == ""
    add(scene, service(tile_server))
    wait(scene)
    assert scene.session.workspace.display_crs
    assert scene.canvas.extent is not None
    scene.qtbot.waitUntil(lambda: bool(tile_server.asked), timeout=20_000)
    assert scene.canvas.ground.attributions() == ["© Test"]


def test_blended_layers_meet_the_base_map_below_them(scene: Any, tile_server: Any, tile_colour: Any) -> None:
    session, place, green = scene.session, (500, 500), (0x80, 0xFF, 0x80)
    style = Style(Single(Symbol(polygon=(Fill("#80FF80", 1.0),))), blend="multiply")
    session.run(operations.set_style(session.workspace, "areas", style))
    wait(scene)
    assert pixel(scene, *place).getRgb()[:3] == green, "there is nothing below but the paper"
    add(scene, service(tile_server))
    wait(scene)
    grounds = served(scene, tile_colour, *place)
    seen = pixel(scene, *place).getRgb()[:3]
    assert any(seen == pytest.approx([a * b / 255 for a, b in zip(ground, green, strict=True)], abs=2) for ground in grounds), (
        seen,
        grounds,
    )
    session.run(map_operations.change_basemap(session.workspace, "base", visible=False))
    wait(scene)
    assert pixel(scene, *place).getRgb()[:3] == green
