"""Drawing tools: clicks become one new feature, selected, in the CRS of its layer."""

from __future__ import annotations

from typing import Any

import pytest
import shapely
from PySide6.QtCore import Qt

from cgplanner.geometry.crs import transform_xy

X, Y = 500_000.0, 4_190_000.0


def count(scene: Any, layer_id: str) -> int:
    return len(scene.session.workspace.layer(layer_id).table)


def begin(scene: Any, layer_id: str, tool: str) -> None:
    scene.session.set_current_layer(layer_id)
    scene.canvas.choose_tool(tool)


def test_a_double_click_ends_a_line_at_its_place(scene: Any) -> None:
    begin(scene, "lines", "add-line")
    scene.click(200, 300)
    scene.click(700, 400)
    scene.double_click(1300, 300)
    assert count(scene, "lines") == 2
    line = scene.shape("lines", 1)
    assert len(line.coords) == 3
    near = scene.canvas.viewport.units_per_px
    assert line.coords[-1] == pytest.approx((X + 1300, Y + 300), abs=near)
    assert scene.session.selection == type(scene.session.selection)("lines", (1,))
    scene.session.undo()
    assert count(scene, "lines") == 1


def test_enter_ends_an_area_and_backspace_takes_a_corner_back(scene: Any) -> None:
    begin(scene, "areas", "add-polygon")
    for place in ((1200, 200), (1800, 200), (1900, 900), (1800, 800), (1200, 800)):
        scene.click(*place)
        if place == (1900, 900):
            scene.key(Qt.Key.Key_Backspace)
    scene.key(Qt.Key.Key_Return)
    area = scene.shape("areas", 3)
    assert len(area.exterior.coords) == 5
    assert area.area == pytest.approx(360_000, rel=0.03)


def test_a_click_makes_a_point_in_the_layers_own_degrees(scene: Any) -> None:
    begin(scene, "points", "add-point")
    place = scene.at(1500, -300)
    pointer = scene.canvas.pointer_at(place.x(), place.y())
    scene.click(1500, -300)
    made = shapely.get_coordinates(scene.shape("points", 2))
    back = transform_xy("EPSG:4490", "EPSG:4546", made, approximate=False)[0]
    assert back == pytest.approx((pointer.x, pointer.y), abs=1e-4)


def test_a_corner_near_another_vertex_is_that_vertex(scene: Any) -> None:
    begin(scene, "lines", "add-line")
    near = 4 * scene.canvas.viewport.units_per_px
    scene.click(1000 + near, 1000 + near)
    scene.double_click(1500, 700)
    assert scene.shape("lines", 1).coords[0] == (X + 1000, Y + 1000)


def test_it_is_said_into_which_layer_is_drawn(scene: Any) -> None:
    begin(scene, "lines", "add-line")
    assert "into the layer lines" in scene.canvas.toast.text
    begin(scene, "points", "add-line")
    assert "into the layer" not in scene.canvas.toast.text


def test_a_drawn_feature_is_announced_once_it_is_selected(scene: Any) -> None:
    told: list[tuple[int, ...]] = []
    scene.canvas.drawn.connect(lambda: told.append(scene.session.selection.rids))
    begin(scene, "lines", "add-line")
    scene.click(200, 300)
    scene.key(Qt.Key.Key_Return)
    assert told == []
    scene.click(700, 400)
    scene.key(Qt.Key.Key_Return)
    assert told == [(1,)]


def test_escape_leaves_everything(scene: Any) -> None:
    begin(scene, "lines", "add-line")
    scene.click(200, 300)
    scene.click(700, 400)
    scene.key(Qt.Key.Key_Escape)
    scene.key(Qt.Key.Key_Return)
    assert not scene.session.can_undo


def test_one_point_is_no_line(scene: Any) -> None:
    begin(scene, "lines", "add-line")
    scene.click(200, 300)
    scene.key(Qt.Key.Key_Return)
    assert scene.canvas.toast.text
    scene.click(700, 400)
    scene.key(Qt.Key.Key_Return)  # and the drawing goes on
    assert count(scene, "lines") == 2


def test_an_outline_that_crosses_itself_is_refused(scene: Any) -> None:
    begin(scene, "areas", "add-polygon")
    for place in ((1200, 200), (1800, 800), (1800, 200), (1200, 800)):
        scene.click(*place)
    scene.key(Qt.Key.Key_Return)
    assert count(scene, "areas") == 3
    assert scene.canvas.toast.text


def test_drawing_into_a_layer_of_another_kind_is_refused(scene: Any) -> None:
    begin(scene, "points", "add-line")
    scene.click(200, 300)
    scene.key(Qt.Key.Key_Return)
    assert count(scene, "points") == 2
    assert "points" in scene.canvas.toast.text


def test_the_words_at_the_mouse_measure_on_the_ellipsoid() -> None:
    import numpy as np  # noqa: PLC0415  beside its only use

    from cgplanner.app.tools.preview import measured  # noqa: PLC0415  beside its only use

    square = np.array([[X, Y], [X + 1000, Y], [X + 1000, Y + 1000], [X, Y + 1000]])
    assert measured(square[:2], "EPSG:4546", closed=False) == ["Length 1,000.0 m"]  # on the central meridian
    area, other, _ = measured(square, "EPSG:4546", closed=True)
    assert area == "Area 1.000 km²"
    assert other == "100.00 ha, 1,500.0 mu"


def test_a_hint_gives_way_to_the_pointer_and_to_a_small_map(scene: Any) -> None:
    toast, canvas = scene.canvas.toast, scene.canvas
    canvas.resize(900, 600)
    toast.say("Click to begin.")
    foot = toast.geometry()
    assert foot.bottom() > canvas.height() - 60
    toast.give_way(foot.center().x(), 30)
    assert toast.geometry() == foot, "it is in nobody's way"
    toast.give_way(foot.center().x(), foot.top() - 40)
    assert toast.geometry().bottom() < 120
    toast.say("Another one.")
    assert toast.geometry().bottom() > canvas.height() - 60
    canvas.resize(500, 600)
    assert toast.geometry().bottom() < 120
