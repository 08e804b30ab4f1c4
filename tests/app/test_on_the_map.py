"""Base maps, bookmarks, furniture and coordinates in the window, in both languages."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QLineEdit, QMenu
from pytestqt.qtbot import QtBot

from cgplanner.app import settings
from cgplanner.app.controls.coordinates import STYLES, dms, place_words, style_words
from cgplanner.app.dialogs.basemap_dialog import BasemapDialog
from cgplanner.app.dialogs.crs_dialog import CrsDialog
from cgplanner.app.dialogs.go_to_dialog import GoToDialog
from cgplanner.app.dialogs.service_key_dialog import ServiceKeyDialog
from cgplanner.app.language import switch_language
from cgplanner.app.main_window import MainWindow
from cgplanner.app.on_the_map import covers_the_ground
from cgplanner.edit import map_operations
from cgplanner.geometry.crs import transform_xy
from cgplanner.io.ground.basemap_source import presets
from cgplanner.model.basemap import Basemap
from cgplanner.model.bookmark import Bookmark
from cgplanner.session.service_keys import load_keys
from cgplanner.session.session import Session


def trigger(window: MainWindow, name: str) -> None:
    action = window.actions_by_id[name]
    assert action.isEnabled()
    action.trigger()


def open_dialog(window: MainWindow, kind: type[Any]) -> Any:
    found = [each for each in window.findChildren(kind) if each.isVisible()]
    assert found, kind
    return found[-1]


def centre(window: MainWindow) -> tuple[float, float]:
    view = window.bridge.workspace.view
    assert view is not None
    lon, lat = transform_xy(window.canvas.crs, "EPSG:4490", np.array([[view.x, view.y]]))[0].tolist()
    return lon, lat


# Bookmarks


def test_a_bookmark_is_made_named_gone_to_and_taken_away(window: MainWindow, session: Session, qtbot: QtBot) -> None:
    window.canvas.set_scale(200_000)
    trigger(window, "add-bookmark")
    panel = window.on_the_map.bookmarks
    assert window.docks["bookmarks"].isVisible()
    editor = panel.list.findChild(QLineEdit)
    assert editor is not None
    editor.setText("太原")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: [each.name for each in session.workspace.bookmarks] == ["太原"])
    kept = centre(window)
    window.canvas.pan_by(300, 200)
    window.canvas.set_scale(1_000_000)
    panel.list.itemClicked.emit(panel.list.item(0))
    assert centre(window) == pytest.approx(kept, abs=1e-6)
    assert window.canvas.viewport.scale_denominator == pytest.approx(200_000, rel=1e-3)
    assert [each.text() for each in _menu(window, "bookmarks")] == ["太原"]
    panel.list.setCurrentRow(0)
    QTest.keyClick(panel.list, Qt.Key.Key_Delete)
    assert session.workspace.bookmarks == ()
    session.undo()
    assert panel.list.count() == 1


def _menu(window: MainWindow, what: str) -> list[Any]:
    menu = QMenu(window)
    (window.on_the_map.fill_bookmarks if what == "bookmarks" else window.on_the_map.fill_basemaps)(menu)
    return menu.actions()


def test_a_name_that_is_taken_is_refused_and_the_old_one_shown(window: MainWindow, session: Session) -> None:
    window.on_the_map.add_bookmark()
    window.on_the_map.add_bookmark()
    panel = window.on_the_map.bookmarks
    panel.list.item(1).setText("View 1")
    assert [each.name for each in session.workspace.bookmarks] == ["View 1", "View 2"]
    assert panel.list.item(1).text() == "View 2"
    open_dialog(window, QDialog).close()


# Coordinates


def test_going_to_coordinates_marks_the_place(window: MainWindow, qtbot: QtBot) -> None:
    trigger(window, "go-to")
    dialog = open_dialog(window, GoToDialog)
    assert not dialog.ok.isEnabled()
    dialog.line.setText("somewhere")
    qtbot.waitUntil(lambda: dialog.list.count() == 1)
    assert not dialog.ok.isEnabled()
    dialog.line.setText("北纬37.5度 东经112.5度")
    QTest.keyClick(dialog.line, Qt.Key.Key_Return)
    assert centre(window) == pytest.approx((112.5, 37.5), abs=1e-6)
    assert window.on_the_map.mark.place is not None
    assert window.on_the_map.mark.words == "112°30′00.00″E  37°30′00.00″N"
    window.canvas.grab()
    window.canvas.setFocus()
    QTest.keyClick(window.canvas, Qt.Key.Key_Escape)
    assert window.on_the_map.mark.place is None


def test_the_search_box_takes_coordinates(window: MainWindow) -> None:
    hit = window._found("112.5, 37.5")[0]
    assert hit.title == "112.50000°E  37.50000°N"
    hit.choose()
    assert centre(window) == pytest.approx((112.5, 37.5), abs=1e-6)
    assert all(each.icon != "go-to" for each in window._found("大运路"))


@pytest.mark.parametrize(
    ("style", "words"),
    [
        ("degrees", "112.55000°E  37.87000°N"),
        ("dms", "112°33′00.00″E  37°52′12.00″N"),
        ("zone", r"Zone 38  X 4,194,\d\d\d\.\d  Y 372,\d\d\d\.\d"),
        ("zone-number", r"X 4,194,\d\d\d\.\d  Y 38,372,\d\d\d\.\d"),
        ("gcj02", r"GCJ-02  112\.55\d{4}°E  37\.87\d{4}°N"),
        ("bd09", r"BD-09  112\.56\d{4}°E  37\.87\d{4}°N"),
        ("map", "112.5  37.9"),
        ("EPSG:4326", "112.550000°  37.870000°"),
        ("EPSG:4546", r"X 4,19\d,\d{3}\.\d  Y 636,\d{3}\.\d"),
        ("", r"Zone 38 .* · .*"),
    ],
)
def test_places_are_written_as_somebody_wants_them(style: str, words: str) -> None:
    assert re.fullmatch(words, place_words(style, "EPSG:4490", 112.55, 37.87)), place_words(style, "EPSG:4490", 112.55, 37.87)


def test_sixty_seconds_are_a_minute() -> None:
    assert dms(112.9999999999) == "113°00′00.00″"
    assert dms(-0.5) == "-0°30′00.00″"


def test_the_status_bar_remembers_how_places_are_written(window: MainWindow) -> None:
    box = window.strip.place
    QTest.mouseMove(window.canvas, QPoint(300, 300))
    box._fill()
    actions = {each.text(): each for each in box.menu_of_styles.actions()}
    assert len(actions) >= len(STYLES) + 2
    actions[style_words("dms")].trigger()
    window.strip.show_place(112.0, 37.0)
    assert settings.load().coordinates == "dms"
    window.strip.show_crs("EPSG:4490")
    window.strip.show_place(112.0, 37.0)
    assert box.text() == "112°00′00.00″E  37°00′00.00″N"
    actions["Copy the coordinates"].setEnabled(True)
    actions["Copy the coordinates"].trigger()
    assert QGuiApplication.clipboard().text() == box.text()
    actions["Another coordinate system…"].trigger()
    dialog = open_dialog(window, CrsDialog)
    assert not dialog.ok.isEnabled()
    dialog.crs.setCurrentText("EPSG:99999")
    assert not dialog.ok.isEnabled()
    box.choose("EPSG:99999")
    assert box.style_id == ""
    dialog.crs.setCurrentText("EPSG:4548")
    dialog.ok.click()
    assert settings.load().coordinates == "EPSG:4548"


# Furniture


def test_furniture_is_shown_hidden_and_remembered(window: MainWindow, qtbot: QtBot) -> None:
    assert window.actions_by_id["scale-bar"].isChecked()
    qtbot.waitUntil(lambda: window.canvas.picture.is_done, timeout=30_000)
    before = window.canvas.grab().toImage()
    for name in ("graticule", "overview"):
        trigger(window, name)
    assert settings.load().furniture == ("graticule", "scale-bar", "overview")
    qtbot.waitUntil(lambda: window.on_the_map.overview._image is not None, timeout=10_000)
    assert window.canvas.grab().toImage() != before
    window.canvas.pan_by(40, 30)
    window.canvas.zoom_in()
    window.canvas.grab()
    for name in ("graticule", "scale-bar", "overview"):
        trigger(window, name)
    assert settings.load().furniture == ()


def test_a_click_in_the_overview_moves_the_map_and_no_tool(window: MainWindow, qtbot: QtBot) -> None:
    trigger(window, "overview")
    overview = window.on_the_map.overview
    qtbot.waitUntil(lambda: window.canvas.picture.is_done, timeout=30_000)
    qtbot.waitUntil(lambda: overview._image is not None, timeout=10_000)
    window.canvas.set_scale(100_000)
    place = overview._place(window.canvas.viewport)
    spot = QPoint(round(place.left() + place.width() * 0.25), round(place.center().y()))
    QTest.mouseClick(window.canvas, Qt.MouseButton.LeftButton, pos=spot)
    assert overview._box is not None
    wanted = overview._box[0] + 0.25 * (overview._box[2] - overview._box[0])
    assert window.canvas.viewport.x == pytest.approx(wanted, abs=(overview._box[2] - overview._box[0]) / 100)
    window.canvas.grab()


# Base maps


def test_an_address_is_asked_for_and_its_key_is_kept_apart(window: MainWindow, session: Session, tile_server: Any) -> None:
    window.on_the_map.ask_address()
    dialog = open_dialog(window, BasemapDialog)
    assert not dialog.ok.isEnabled()
    dialog.address.setText("nonsense")
    assert "no address" in dialog.error.text()
    dialog.address.setText(f"{tile_server.template}?tk=s3cret&TILEMATRIXSET=c")
    assert dialog.grid.currentData() == "geographic"
    dialog.title_line.setText("测试底图")
    dialog.shifted.setChecked(True)
    dialog.ok.click()
    (basemap,) = session.workspace.basemaps
    assert (basemap.title_zh, basemap.grid, basemap.offset, basemap.key) == ("测试底图", "geographic", "gcj02", "127.0.0.1")
    assert "s3cret" not in str(basemap)
    assert load_keys() == {"127.0.0.1": "s3cret"}
    assert session.undo_title is not None
    assert "s3cret" not in str(session.undo_title)


def test_a_wmts_is_put_together_from_layer_and_matrix_set(window: MainWindow, session: Session, tile_server: Any) -> None:
    window.on_the_map.ask_address()
    dialog = open_dialog(window, BasemapDialog)
    dialog.address.setText(f"{tile_server.address}/wmts")
    assert not dialog.ok.isEnabled()
    dialog.layer_line.setText("img")
    dialog.matrix_set.setText("w")
    dialog.ok.click()
    assert "LAYER=img" in session.workspace.basemaps[0].source


CAPABILITIES = """<Capabilities xmlns="http://www.opengis.net/wmts/1.0" xmlns:ows="http://www.opengis.net/ows/1.1">
<ows:ServiceProvider><ows:ProviderName>测绘院</ows:ProviderName></ows:ServiceProvider><Contents>
<Layer><ows:Title>影像</ows:Title><ows:Identifier>img</ows:Identifier><Format>image/png</Format>
<TileMatrixSetLink><TileMatrixSet>own</TileMatrixSet></TileMatrixSetLink>
<TileMatrixSetLink><TileMatrixSet>GM</TileMatrixSet></TileMatrixSetLink></Layer>
<TileMatrixSet><ows:Identifier>GM</ows:Identifier><ows:SupportedCRS>EPSG:3857</ows:SupportedCRS><TileMatrix>
<ows:Identifier>0</ows:Identifier><ScaleDenominator>559082264.0287178</ScaleDenominator><TopLeftCorner>-20037508.34 20037508.34
</TopLeftCorner><TileWidth>256</TileWidth><TileHeight>256</TileHeight></TileMatrix></TileMatrixSet>
<TileMatrixSet><ows:Identifier>own</ows:Identifier><ows:SupportedCRS>EPSG:4547</ows:SupportedCRS></TileMatrixSet>
</Contents></Capabilities>"""


def test_a_wmts_is_asked_and_its_layer_is_chosen_from_a_list(
    window: MainWindow, session: Session, tile_server: Any, qtbot: QtBot
) -> None:
    tile_server.answer = lambda path, handler: (
        tile_server.send(handler, 200, CAPABILITIES.encode(), "text/xml") if "GetCapabilities" in path else False
    )
    window.on_the_map.ask_address()
    dialog = open_dialog(window, BasemapDialog)
    assert not dialog.read.isEnabled()
    dialog.address.setText(f"{tile_server.address}/wmts?tk=s3cret")
    assert dialog.error.text() == ""
    dialog.read.click()
    qtbot.waitUntil(lambda: dialog.layers.count() == 1, timeout=10_000)
    assert [dialog.sets.itemText(k) for k in range(2)] == [
        "GM · Web Mercator (w)",
        "own · a grid of its own, which cannot be drawn here",
    ]
    assert (dialog.title_line.text(), dialog.attribution.text()) == ("影像", "测绘院")
    assert not dialog.layer_line.isVisible()
    dialog.sets.setCurrentIndex(1)
    dialog.sets.activated.emit(1)
    assert not dialog.ok.isEnabled()
    dialog.sets.setCurrentIndex(0)
    dialog.sets.activated.emit(0)
    dialog.ok.click()
    (basemap,) = session.workspace.basemaps
    assert "LAYER=img" in basemap.source
    assert "s3cret" not in str(basemap)
    assert load_keys() == {"127.0.0.1": "s3cret"}


def test_a_wmts_that_does_not_answer_is_one_sentence_and_lists_go_with_their_address(
    window: MainWindow, tile_server: Any, qtbot: QtBot
) -> None:
    tile_server.answer = lambda path, handler: (
        tile_server.send(handler, 200, CAPABILITIES.encode(), "text/xml") if "good" in path else tile_server.send(handler, 403)
    )
    window.on_the_map.ask_address()
    dialog = open_dialog(window, BasemapDialog)
    dialog.address.setText(f"{tile_server.address}/bad")
    dialog.read.click()
    qtbot.waitUntil(lambda: "403" in dialog.error.text(), timeout=10_000)
    assert dialog.read.isEnabled()
    dialog.address.setText(f"{tile_server.address}/good")
    dialog.read.click()
    qtbot.waitUntil(dialog.layers.isVisible, timeout=10_000)
    dialog.address.setText(f"{tile_server.address}/other")
    assert not dialog.layers.isVisible()
    assert dialog.layer_line.isVisible()


def test_a_preset_asks_for_a_key_once(window: MainWindow, session: Session) -> None:
    preset = next(each for each in presets() if each.id == "tianditu_img_w")
    hidden = [replace(each, visible=False) for each in preset.basemaps]
    session.run(map_operations.add_basemaps(session.workspace, hidden))
    window.on_the_map._ask_key(preset.basemaps[0].key)
    dialog = open_dialog(window, ServiceKeyDialog)
    dialog.line.setText("abc")
    QTest.keyClick(dialog.line, Qt.Key.Key_Return)
    assert load_keys() == {"tianditu.gov.cn": "abc"}
    assert [each.id for each in session.workspace.basemaps] == ["tianditu_img_w", "tianditu_cia_w"]


def test_the_panel_hides_fades_moves_and_removes(window: MainWindow, session: Session, tile_server: Any, qtbot: QtBot) -> None:
    trigger(window, "basemaps")
    panel = window.on_the_map.basemaps
    labels = [each for each in panel.findChildren(QLabel) if each.isVisibleTo(panel)]
    assert any("no base map" in each.text() for each in labels)
    tile_server.answer = lambda _path, handler: tile_server.send(handler, 403)
    maps = [Basemap(f"b{number}", f"底图{number}", f"Base {number}", "tiles", tile_server.template) for number in (1, 2)]
    session.run(map_operations.add_basemaps(session.workspace, maps))
    assert list(panel.rows) == ["b1", "b2"]
    qtbot.waitUntil(lambda: "403" in panel.rows["b1"].trouble.text(), timeout=10_000)
    panel.rows["b1"].eye.click()
    panel.rows["b2"].opacity.setValue(40)
    assert [(each.visible, each.opacity) for each in session.workspace.basemaps] == [(False, 1.0), (True, 0.4)]
    panel.rows["b2"]._fill_menu()
    menu = {each.text(): each for each in panel.rows["b2"].menu.actions() if each.text()}
    assert not menu["Move up"].isEnabled()
    menu["Move down"].trigger()
    assert list(panel.rows) == ["b2", "b1"]
    panel.rows["b1"]._fill_menu()
    next(each for each in panel.rows["b1"].menu.actions() if each.text() == "Remove").trigger()
    assert [each.id for each in session.workspace.basemaps] == ["b2"]
    tile_server.answer = lambda _path, _handler: False
    window.on_the_map._do_with_basemap("retry", "b2")
    qtbot.waitUntil(lambda: panel.rows["b2"].trouble.text() == "", timeout=10_000)


def test_a_picture_without_a_crs_is_asked_for_it(window: MainWindow, session: Session, tmp_path: Path, qtbot: QtBot) -> None:
    Image.new("RGB", (90, 60), "#336699").save(tmp_path / "plan.png")
    (tmp_path / "plan.pgw").write_text("50\n0\n0\n-50\n370000\n4195000\n")
    window.on_the_map.add_file(tmp_path / "plan.png")
    qtbot.waitUntil(
        lambda: bool(session.workspace.basemaps) or any(d.isVisible() for d in window.findChildren(CrsDialog)), timeout=20_000
    )
    if not session.workspace.basemaps:
        dialog = open_dialog(window, CrsDialog)
        dialog.crs.setCurrentText("EPSG:4547")
        dialog.ok.click()
    (basemap,) = session.workspace.basemaps
    assert basemap.kind == "raster"
    assert basemap.crs
    assert basemap.crs.startswith("EPSG:")
    qtbot.waitUntil(lambda: window.canvas.ground.is_done, timeout=20_000)
    assert window.canvas.ground.troubles() == []


def test_a_file_that_is_no_picture_is_refused(window: MainWindow, session: Session, tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "broken.tif").write_text("no")
    window.on_the_map.add_file(tmp_path / "broken.tif")
    qtbot.waitUntil(lambda: any(each.isVisible() for each in window.findChildren(QDialog)), timeout=10_000)
    open_dialog(window, QDialog).close()
    window.on_the_map.add_file(tmp_path / "plan.dwg")
    open_dialog(window, QDialog).close()
    assert session.workspace.basemaps == ()


def test_nothing_of_it_is_left_in_english(window: MainWindow, session: Session, dressed: QApplication) -> None:
    session.run(map_operations.add_basemaps(session.workspace, [Basemap("b", "底图", "Base", "raster", "/gone.tif")]))
    for name in ("basemaps", "bookmarks"):
        window.docks[name].show()
    window.on_the_map.add_bookmark()
    switch_language(dressed, "zh")
    said = [window.on_the_map.basemaps, window.on_the_map.bookmarks, window.strip.place]
    words = [each.toolTip() for panel in said for each in [panel, *panel.findChildren(type(panel.parent()))] if each.toolTip()]
    words += [each.text() for panel in said for each in panel.findChildren(QLabel) if each.text()]
    words += [each.text() for each in _menu(window, "basemaps") if each.text()]
    wrong = [text for text in words if re.search("[A-Za-z]{2,}", re.sub(r"CGCS2000|MBTiles|gone\.tif|View 1", "", text))]
    assert wrong == []


def test_a_base_map_under_filled_areas_says_so(window: MainWindow, session: Session, tile_server: Any) -> None:
    tile_server.answer = lambda _path, handler: tile_server.send(handler, 404)
    window.on_the_map._add((Basemap("b", "底图", "Base", "tiles", tile_server.template),))
    cover = [layer.title for layer in session.workspace if covers_the_ground(layer)]
    assert ("Cities" in window.canvas.toast.text) == ("Cities" in cover)


def test_the_search_box_finds_bookmarks(window: MainWindow, session: Session) -> None:
    session.run(map_operations.add_bookmark(session.workspace, Bookmark("阳泉新区", 113.5, 37.9, 80_000.0)))
    hit = next(each for each in window._found("阳泉") if each.icon == "bookmark")
    hit.choose()
    assert centre(window) == pytest.approx((113.5, 37.9), abs=1e-6)
