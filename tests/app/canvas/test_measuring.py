"""Measuring: geodesic, piece by piece, with snapping; nothing in the document moves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from cgplanner.app.tools.measuring import area_words, exact_length
from cgplanner.geometry import measure

METRES = "EPSG:4546"
X, Y = 500_000.0, 4_190_000.0
COPY = Qt.KeyboardModifier.ControlModifier


def begin(scene: Any, tool: str) -> Any:
    scene.canvas.choose_tool(tool)
    return scene.canvas.tool


def test_a_line_says_its_length_and_its_pieces_while_it_is_drawn(scene: Any) -> None:
    tool = begin(scene, "measure-line")
    scene.click(0, 0)  # corners of squares: they snap
    scene.click(1000, 0)
    QTest.mouseMove(scene.canvas, scene.at(1000, 1000))
    assert np.allclose(tool.points(), [(X, Y), (X + 1000, Y), (X + 1000, Y + 1000)])
    whole, last = (measure.path_length(tool.points()[at:], METRES) for at in (0, 1))
    assert tool.words() == [f"Length {exact_length(whole)}", f"Last piece {exact_length(last)}"]
    scene.key(Qt.Key.Key_Return)
    assert len(tool.points()) == 2  # what the mouse only pointed at is no part of it
    assert tool.words() == [f"Length {exact_length(measure.path_length(tool.points(), METRES))}"]
    scene.canvas.grab()


def test_an_area_is_in_all_units_and_copied(scene: Any) -> None:
    tool = begin(scene, "measure-area")
    for place in ((0, 0), (1000, 0), (1000, 1000), (0, 1000)):
        scene.click(*place)
    scene.key(Qt.Key.Key_Return)
    area = measure.ring_area(tool.points(), METRES)
    assert area == pytest.approx(1e6, rel=1e-3)
    assert tool.words()[:2] == area_words(area)
    assert "km²" in tool.words()[0]
    assert "ha" in tool.words()[1]
    assert tool.words()[2].startswith("Perimeter 4.")
    scene.key(Qt.Key.Key_C, COPY)
    copied = QGuiApplication.clipboard().text().splitlines()
    assert copied[:3] == tool.words()
    assert len(copied) == 3 + 4
    scene.canvas.grab()


def test_backspace_takes_back_escape_puts_away_and_a_click_begins_anew(scene: Any) -> None:
    tool = begin(scene, "measure-line")
    for place in ((1200, 200), (1700, 200), (1700, 700)):
        scene.click(*place)
    scene.key(Qt.Key.Key_Backspace)
    assert len(tool._set) == 2
    scene.key(Qt.Key.Key_Return)
    scene.click(1300, 300)
    assert len(tool._set) == 1
    scene.key(Qt.Key.Key_Escape)
    assert tool.points().shape == (0, 2)
    assert scene.session.undo_title is None


def test_an_outline_that_crosses_itself_has_no_area(scene: Any) -> None:
    tool = begin(scene, "measure-area")
    for place in ((1200, 200), (1800, 800), (1800, 200), (1200, 800)):
        scene.click(*place, Qt.KeyboardModifier.AltModifier)
    scene.key(Qt.Key.Key_Return)
    assert tool.words()[0] == "The outline crosses itself."


@pytest.mark.parametrize(
    ("metres", "words"), [(0.0, "0.0 m"), (999.94, "999.9 m"), (1234.5678, "1.235 km"), (250_000.0, "250.0 km")]
)
def test_lengths_are_said_as_planners_say_them(metres: float, words: str) -> None:
    assert exact_length(metres) == words


@pytest.mark.parametrize(
    ("square", "first"), [(666.67, "Area 666.7 m²"), (2e6, "Area 2.0000 km²"), (2e10, "Area 20,000.0 km²")]
)
def test_areas_are_said_as_planners_say_them(square: float, first: str) -> None:
    assert area_words(square)[0] == first
    assert area_words(666.67)[1] == "0.067 ha, 1.00 mu"
