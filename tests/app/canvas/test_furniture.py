"""What lies over the map holds in every view: the whole earth, a pole, a street, no coordinate system at all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtGui import QFont, QImage, QPainter
from PySide6.QtWidgets import QApplication

from cgplanner.app.canvas.overlay import Overlay
from cgplanner.app.furniture.graticule import GraticuleOverlay
from cgplanner.app.furniture.place_mark import PlaceMarkOverlay
from cgplanner.app.furniture.scale_bar import ScaleBarOverlay
from cgplanner.geometry.crs import fitted_crs
from cgplanner.render.scene.viewport import Viewport

FITTED = fitted_crs(110.2, 36.6, 114.3, 39.7)
VIEWS = {
    "cluster": Viewport(0.0, 0.0, 400.0, 900, 600, "px", FITTED),
    "street": Viewport(500_000.0, 4_190_000.0, 0.05, 900, 600, "px", "EPSG:4546"),
    "zone number": Viewport(38_500_000.0, 4_190_000.0, 30.0, 900, 600, "px", "EPSG:4526"),
    "degrees": Viewport(112.5, 37.8, 0.003, 900, 600, "px", "EPSG:4490"),
    "whole earth": Viewport(0.0, 0.0, 60_000.0, 900, 600, "px", "EPSG:3857"),
    "beyond the earth": Viewport(1e9, 1e9, 5000.0, 900, 600, "px", FITTED),
    "pole": Viewport(0.0, 19_000_000.0, 2000.0, 900, 600, "px", "EPSG:3857"),
    "no crs": Viewport(0.0, 0.0, 1.0, 900, 600, "px", ""),
    "no room": Viewport(0.0, 0.0, 400.0, 0, 0, "px", FITTED),
}


@pytest.fixture
def paper(qapp: QApplication) -> Iterator[tuple[QImage, QPainter]]:
    image = QImage(900, 600, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    painter = QPainter(image)
    yield image, painter
    if painter.isActive():
        painter.end()


def drawn(overlay: Overlay, view: Viewport, paper: tuple[QImage, QPainter]) -> int:
    """Return how many pixels are painted."""
    image, painter = paper
    overlay.paint(painter, view)
    painter.end()
    empty = QImage(image.size(), image.format())
    empty.fill(0)
    return 0 if image == empty else 1


@pytest.mark.parametrize("name", VIEWS)
def test_the_graticule_and_the_scale_bar_hold_in_every_view(name: str, paper: tuple[QImage, QPainter]) -> None:
    view = VIEWS[name]
    graticule = GraticuleOverlay(QFont())
    seen = drawn(graticule, view, paper)
    if name in {"cluster", "street", "zone number", "degrees"}:
        assert seen
    if name in {"no crs", "no room"}:
        assert not seen


@pytest.mark.parametrize("name", VIEWS)
def test_the_scale_bar_holds_in_every_view(name: str, paper: tuple[QImage, QPainter]) -> None:
    bar = ScaleBarOverlay(QFont())
    assert bool(drawn(bar, VIEWS[name], paper)) == (name not in {"no crs", "no room"})


def test_a_drag_moves_the_lines_and_makes_none(paper: tuple[QImage, QPainter]) -> None:
    graticule = GraticuleOverlay(QFont())
    _, painter = paper
    graticule.paint(painter, VIEWS["cluster"])
    first = graticule._net
    for step in range(1, 20):
        graticule.paint(painter, Viewport(step * 6000.0, 0.0, 400.0, 900, 600, "px", FITTED))
    assert graticule._net is first
    graticule.paint(painter, Viewport(900_000.0, 0.0, 400.0, 900, 600, "px", FITTED))
    assert graticule._net is not first


def test_a_mark_far_away_is_not_painted(paper: tuple[QImage, QPainter]) -> None:
    mark = PlaceMarkOverlay(QFont())
    mark.mark(1e9, 1e9, "far")
    assert not drawn(mark, VIEWS["cluster"], paper)
    assert mark.clear()
    assert not mark.clear()
