"""The small parts of the window, each by itself."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QColor, QIcon
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from cgplanner.app import icons, settings, theme
from cgplanner.app.controls.coordinates import coordinate_words
from cgplanner.app.controls.save_light import SaveLight
from cgplanner.app.controls.scale_box import ScaleBox, read, written
from cgplanner.app.jobs import Job, Jobs, Progress
from cgplanner.app.language import switch_language
from cgplanner.app.main import begin
from cgplanner.app.main_window import MainWindow
from cgplanner.app.panels import symbol_edits
from cgplanner.app.panels.class_row import ClassRow
from cgplanner.app.qtmodels.search import found_features
from cgplanner.app.qtmodels.wanted import Wanted
from cgplanner.errors import UserError
from cgplanner.resources import resource_path
from cgplanner.session.session import Session
from cgplanner.symbology.style import Categorized, Category, Fill, Graduated, Line, Marker, Single, Style, Symbol

OpenWindow = Callable[[Session], MainWindow]


# Settings


def test_settings_come_back(home: Path) -> None:
    wanted = settings.Settings("zh", "dark", ("a.gpkg",), "AAEC")
    assert settings.save(wanted)
    assert settings.load() == wanted
    assert settings.config_folder() == home


@pytest.mark.parametrize("text", ["", "{", "[]", '{"theme": "pink", "language": 3, "recent": "x", "window": null}'])
def test_damaged_settings_are_as_on_the_first_day(home: Path, text: str) -> None:
    (home / settings.FILE_NAME).write_text(text)
    assert settings.load() == settings.Settings()


def test_recent_workspaces_are_few_and_the_latest_stands_first() -> None:
    remembered = settings.Settings()
    for number in range(12):
        remembered = remembered.with_recent(Path(f"{number}.gpkg"))
    again = remembered.with_recent(Path("9.gpkg"))
    assert again.recent[:2] == ("9.gpkg", "11.gpkg")
    assert len(again.recent) == len(set(again.recent)) == settings.RECENT_LIMIT


# Scale and coordinates


@pytest.mark.parametrize(
    ("text", "scale"),
    [("1:50 000", 50_000), ("50000", 50_000), ("1：25,000", 25_000), ("5万", 50_000), ("2.5k", 2_500), ("1:1", 100)],
)
def test_a_typed_scale_is_read(text: str, scale: float) -> None:
    assert read(text) == scale


@pytest.mark.parametrize("text", ["", "big", "1:0", "-5", "1:2:3"])
def test_what_is_no_scale_is_none(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize("scale", [100.0, 25_000.0, 1_500_000.0])
def test_a_written_scale_is_read_back(scale: float) -> None:
    assert read(written(scale)) == scale


def test_the_scale_box_tells_what_was_typed_and_forgets_nonsense(qtbot: QtBot) -> None:
    box = ScaleBox()
    qtbot.addWidget(box)
    box.show_scale(1_000_000)
    with qtbot.waitSignal(box.entered) as entered:
        box.setText("1:50000")
        qtbot.keyClick(box, Qt.Key.Key_Return)
    assert entered.args == [50_000.0]
    with qtbot.assertNotEmitted(box.entered):
        box.setText("large")
        qtbot.keyClick(box, Qt.Key.Key_Return)
    assert box.text() == written(1_000_000)


def test_a_place_is_said_with_its_zone_and_in_degrees() -> None:
    words = coordinate_words("EPSG:4490", 112.55, 37.87)
    assert words.startswith("Zone 38  X 4,19")
    assert words.endswith("112.55000°E  37.87000°N")
    assert coordinate_words("", 1.0, 2.0) == "1.0  2.0"


# Colour and icons


PICTURES = sorted(resource_path("icons").glob("*.svg"))  # the program's own sign alone keeps its colour


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", ["light", "dark"])
@pytest.mark.parametrize("ground", ["window", "panel", "raised", "selection", "hover"])
@pytest.mark.parametrize("ink", ["text", "secondary"])
def test_text_is_readable_also_on_what_is_mixed(name: settings.ThemeName, ground: str, ink: str) -> None:
    colours = theme.tokens(name)
    assert contrast(getattr(colours, ink), getattr(colours, ground)) >= 4.5


@pytest.mark.parametrize("name", ["light", "dark"])
def test_the_style_sheet_has_no_hole(name: settings.ThemeName) -> None:
    assert "$" not in theme.stylesheet(name).split("*/", 1)[1]
    for part in theme.stylesheet(name).split('url("')[1:]:
        assert Path(part.split('"')[0]).is_file()


@pytest.mark.parametrize("path", [path for path in PICTURES if path.stem != "app"], ids=lambda path: path.stem)
def test_icons_take_the_colour_of_the_theme(path: Path, dressed: QApplication) -> None:
    def inks() -> set[str]:
        image = icons.icon(path.stem).pixmap(36, 36).toImage()
        every = [image.pixelColor(x, y) for x in range(36) for y in range(36)]
        return {each.name() for each in every if each.alpha() > 250}

    assert QColor(theme.tokens("light").text).name() in inks()
    theme.apply(dressed, "dark")
    assert QColor(theme.tokens("dark").text).name() in inks()


def test_a_grey_icon_is_grey() -> None:
    image = icons.icon("save").pixmap(36, 36, QIcon.Mode.Disabled).toImage()
    solid = [image.pixelColor(x, y) for x in range(36) for y in range(36) if image.pixelColor(x, y).alpha() > 250]
    assert QColor(theme.current().disabled).name() in {each.name() for each in solid}


def test_every_state_of_the_light_has_a_shape_of_its_own(qtbot: QtBot) -> None:
    light = SaveLight()
    qtbot.addWidget(light)
    shapes = set()
    for state in ("saved", "unsaved", "saving", "read-only"):
        light.show_state(state)
        light.resize(light.sizeHint())
        image = light.grab().toImage()
        ground = image.pixelColor(0, 0)
        shapes.add(tuple(image.pixelColor(x, y) != ground for x in range(2, 15) for y in range(image.height())))
    assert len(shapes) == 4


# Jobs


def test_a_job_answers_in_the_window_s_thread(qtbot: QtBot) -> None:
    jobs, seen = Jobs(), []
    jobs.start(
        Job(
            "x",
            lambda _: threading.get_ident(),
            done=lambda ident: seen.append((ident, threading.get_ident())),
            failed=seen.append,
        )
    )
    qtbot.waitUntil(lambda: bool(seen))
    worker, window = seen[0]
    assert worker != threading.get_ident() == window
    jobs.close()


def test_a_job_is_cancelled_at_its_next_look(qtbot: QtBot) -> None:
    jobs, started, ended = Jobs(), threading.Event(), []

    def endless(progress: Progress) -> None:
        while True:
            started.set()
            progress(0.5)

    jobs.start(Job("x", endless, done=ended.append, failed=ended.append, cancelled=lambda: ended.append("cancelled")))
    started.wait()
    assert (jobs.busy, jobs.title) == (True, "x")
    jobs.cancel()
    assert jobs.title == ""  # who asked it to stop need not look at it any longer
    qtbot.waitUntil(lambda: ended == ["cancelled"])
    assert not jobs.busy
    jobs.close()


def test_a_refusal_is_told_and_a_bug_is_raised(qtbot: QtBot) -> None:
    jobs, told = Jobs(), []

    def refused(_: Progress) -> None:
        raise UserError("no")

    jobs.start(Job("x", refused, done=told.append, failed=lambda error: told.append(error.message)))
    qtbot.waitUntil(lambda: told == ["no"])
    with qtbot.captureExceptions() as raised:
        jobs.start(Job("x", lambda _: 1 / 0, done=told.append, failed=told.append))
        qtbot.waitUntil(lambda: bool(raised))
    assert raised[0][0] is ZeroDivisionError
    jobs.close()


# Symbols

RED = Symbol(
    (Marker(color="#FF0000"),),
    (Line("#FF0000", 2.0, casing=1.0), Line("#FFFFFF", 0.5)),
    (Fill("#FF0000", 0.2), Line("#000000", 1.0)),
)


def test_a_colour_changes_in_all_parts_that_had_it() -> None:
    blue = symbol_edits.with_colour(RED, "line", "#0000FF")
    assert (blue.point[0].color, blue.line[0].color, blue.polygon[0].color) == ("#0000FF",) * 3
    assert (blue.line[1].color, blue.polygon[1].color) == ("#FFFFFF", "#000000")


@pytest.mark.parametrize("kind", ["point", "line", "polygon"])
def test_width_and_opacity_are_set_and_read_back(kind: str) -> None:
    assert symbol_edits.width_of(symbol_edits.with_width(RED, kind, 3.5), kind) == 3.5
    assert symbol_edits.opacity_of(symbol_edits.with_opacity(RED, kind, 0.4), kind) == 0.4


@pytest.mark.parametrize(
    "renderer",
    [
        Single(Symbol()),
        Categorized("f", (Category(("a",), Symbol()), Category(("b",), Symbol())), Symbol()),
        Graduated("f", (0.0, 1.0, 2.0), (Symbol(), Symbol()), Symbol()),
    ],
    ids=["single", "categorized", "graduated"],
)
def test_each_class_has_its_symbol_replaced(renderer: Single | Categorized | Graduated) -> None:
    for number in range(len(symbol_edits.class_symbols(renderer))):
        changed = symbol_edits.with_class_symbol(Style(renderer), number, RED).renderer
        symbols = symbol_edits.class_symbols(changed)
        assert [each == RED for each in symbols] == [place == number for place in range(len(symbols))]


# Search and start


def test_names_that_begin_so_come_first_and_both_languages_count(session: Session) -> None:
    assert [found.title for found in found_features(session.workspace, "大")] == ["大运路"]
    assert [found.title for found in found_features(session.workspace, "太")] == ["太旧高速公路改造", "太原市", "石太客运专线"]
    assert found_features(session.workspace, "  ") == []


def test_names_are_found_by_the_initials_of_their_pinyin(session: Session) -> None:
    assert [found.title for found in found_features(session.workspace, "tjg")] == ["太旧高速公路改造"]
    assert [found.title for found in found_features(session.workspace, "TYS")] == ["太原市"]
    assert found_features(session.workspace, "zzz") == []


@pytest.mark.parametrize(
    ("typed", "text", "fits"),
    [
        ("jww", "经纬网", True),
        ("hth", "滹沱河流域", True),
        ("ww", "滹沱", False),
        ("J", "经纬网", False),
        ("grat", "Graticule", True),
        ("gr", "经纬网", False),
        ("纬网", "经纬网", True),
        ("a3h", "A3 横向", False),
    ],
)
def test_what_is_typed_is_a_part_or_initials(typed: str, text: str, *, fits: bool) -> None:
    assert Wanted(typed).is_in(text) == fits


def test_what_is_called_so_comes_before_what_begins_so() -> None:
    session = Session.sample(journaled=False)
    found = found_features(session.workspace, "Yangquan")
    assert [each.layer_id for each in found[:2]] == ["places", "cities"]
    assert found[2].title.startswith("Yangquan–Shexian")
    session.close()


def test_without_arguments_the_sample_is_opened(open_window: OpenWindow, qtbot: QtBot) -> None:
    window = open_window(Session.new())
    begin(window, None)
    qtbot.waitUntil(lambda: len(window.bridge.workspace.layers) == 9, timeout=30_000)
    assert not window.bridge.session.is_dirty
    assert window.bridge.session.path is None


def test_the_catalogue_is_whole() -> None:
    data = json.loads(resource_path("i18n", "zh_CN", "app.json").read_text(encoding="utf-8"))
    assert data["&File"] == "文件(&F)"


def test_qts_own_dialogs_speak_chinese_throughout(dressed: QApplication) -> None:
    switch_language(dressed, "zh")
    said = [
        QCoreApplication.translate(*each)
        for each in (("QFileDialog", "&Look in:"), ("QFileDialog", "Files of &type:"), ("QPlatformTheme", "Cancel"))
    ]
    assert said == ["查找范围(&L)：", "文件类型(&T)：", "取消"]
    switch_language(dressed, "en")
    assert QCoreApplication.translate("QFileDialog", "&Look in:") == "&Look in:"


# Class rows


def test_a_class_name_of_one_long_word_is_broken_and_told_whole(qtbot: QtBot) -> None:
    row = ClassRow()
    qtbot.addWidget(row)
    row.show_class(Symbol(line=(Line("#C00000", 1.0),)), "line", "Telecommunications")
    row.resize(270, 40)
    row.show()
    metrics, lines = row.label.fontMetrics(), row.label.text().split("\n")
    assert "".join(lines).replace("-", "") == "Telecommunications"
    assert len(lines) == 2
    assert all(metrics.horizontalAdvance(line) <= row.label.width() for line in lines)
    assert row.label.toolTip() == "Telecommunications"
    row.resize(500, 40)
    assert row.label.text() == "Telecommunications"
