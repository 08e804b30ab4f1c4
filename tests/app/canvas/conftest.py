"""A small map with known numbers, and a hand that works on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import shapely
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from cgplanner.app.bridge import Bridge
from cgplanner.app.canvas import MapCanvas
from cgplanner.app.tools.toolbox import equip
from cgplanner.geometry.crs import transform_xy
from cgplanner.model.layer import Layer
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import table_from_records
from cgplanner.model.workspace import View, Workspace
from cgplanner.session.session import Session
from cgplanner.symbology.style import Fill, Line, Marker, Single, Style, Symbol

METRES, DEGREES = "EPSG:4546", "EPSG:4490"  # CGCS2000, the zone of Taiyuan, and plain degrees
X, Y = 500_000.0, 4_190_000.0
SIZE = (800, 600)
TILES_READY_MS = 180_000  # a crowded map waits for its kernels, which a new machine compiles first

SYMBOL = Symbol((Marker(),), (Line("#C00000", 2.0),), (Fill("#3FA66B"), Line("#104020", 1.0)))


def layer(name: str, kind: Any, shapes: list[Any], crs: str = METRES) -> Layer:
    """Return a layer of named shapes."""
    schema = Schema((Field("name", "name", FieldType.TEXT),), geometry=kind, title="name")
    table = table_from_records(schema, [{"name": f"{name} {k}"} for k in range(len(shapes))], shapes)
    return Layer(name, name, name, table, crs, Style(Single(SYMBOL)))


def squares() -> list[Any]:
    """Return two squares of 1 km, 1 km apart, the second below a third that covers its left half."""
    return [
        shapely.box(X, Y, X + 1000, Y + 1000),
        shapely.box(X + 2000, Y, X + 3000, Y + 1000),
        shapely.box(X + 2000, Y, X + 2500, Y + 1000),
    ]


@dataclass
class Scene:
    """An open canvas with a hand over it; places are metres from the south-west corner of the squares."""

    canvas: MapCanvas
    session: Session
    qtbot: QtBot

    def at(self, east: float, north: float) -> QPoint:
        """Return the pixel of a place."""
        x, y = self.canvas.to_px([(X + east, Y + north)])[0]
        return QPoint(round(x), round(y))

    def click(self, east: float, north: float, modifiers: Any = Qt.KeyboardModifier.NoModifier) -> None:
        """Click a place."""
        QTest.mouseMove(self.canvas, self.at(east, north))
        QTest.mouseClick(self.canvas, Qt.MouseButton.LeftButton, modifiers, self.at(east, north))

    def double_click(self, east: float, north: float) -> None:
        """Click a place twice, as Qt tells it: press, release, double click, release."""
        self.click(east, north)
        QTest.mouseDClick(self.canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, self.at(east, north))

    def drag(
        self,
        start: tuple[float, float],
        end: tuple[float, float],
        modifiers: Any = Qt.KeyboardModifier.NoModifier,
        *,
        let_go: bool = True,
    ) -> None:
        """Drag from place to place."""
        left = Qt.MouseButton.LeftButton
        first, last = self.at(*start), self.at(*end)
        QTest.mousePress(self.canvas, left, modifiers, first)
        self.hover((first + last) / 2, modifiers)
        self.hover(last, modifiers)
        if let_go:
            QTest.mouseRelease(self.canvas, left, modifiers, last)

    def hover(self, place: QPoint, modifiers: Any = Qt.KeyboardModifier.NoModifier) -> None:
        """Move the mouse with the left button down."""
        left = Qt.MouseButton.LeftButton
        spot = QPointF(place)
        event = QMouseEvent(QEvent.Type.MouseMove, spot, QPointF(self.canvas.mapToGlobal(place)), left, left, modifiers)
        self.canvas.mouseMoveEvent(event)

    def key(self, key: Qt.Key, modifiers: Any = Qt.KeyboardModifier.NoModifier) -> None:
        """Press a key."""
        QTest.keyClick(self.canvas, key, modifiers)

    def shape(self, layer_id: str, position: int) -> Any:
        """Return a geometry as it is now."""
        return self.session.workspace.layer(layer_id).table.geometry.value(position)

    def wait_for_map(self) -> None:
        """Wait until the map is sharp and labelled."""
        self.qtbot.waitUntil(lambda: self.canvas.picture.is_done, timeout=TILES_READY_MS)


@pytest.fixture
def open_scene(qtbot: QtBot) -> Iterator[Callable[..., Scene]]:
    """Show maps of layers, and end them with their threads."""
    opened: list[Scene] = []

    def make(*layers: Layer) -> Scene:
        session = Session(Workspace(layers, title_en="test", display_crs=METRES), journaled=False)
        canvas = MapCanvas(Bridge(session))
        equip(canvas)
        qtbot.addWidget(canvas)
        canvas.resize(*SIZE)
        canvas.show()
        opened.append(Scene(canvas, session, qtbot))
        return opened[-1]

    yield make
    for scene in opened:
        scene.canvas.close()
        scene.canvas.bridge.silence()
        scene.session.close()


@pytest.fixture
def scene(open_scene: Callable[..., Scene]) -> Scene:
    """A map of three squares, two lines and two points, the points in degrees."""
    lines = [shapely.LineString([(X, Y + 1500), (X + 1500, Y + 1500), (X + 3000, Y + 1500)])]
    lon_lat = transform_xy(METRES, DEGREES, np.array([[X + 500.0, Y - 500.0], [X + 2500.0, Y - 500.0]]), approximate=False)
    made = open_scene(
        layer("areas", "polygon", squares()),
        layer("lines", "line", lines),
        layer("points", "point", [shapely.Point(*each) for each in lon_lat], DEGREES),
    )
    made.canvas.set_view(View(X + 1500, Y + 500, 20_000))
    return made
