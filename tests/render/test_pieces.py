"""A piece that is painted again after an edit is the piece of the whole picture."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from cgplanner.edit.operations import move_features, move_vertex
from cgplanner.model.layer import Layer
from cgplanner.model.workspace import Workspace
from cgplanner.render.qt.map_pictures import BlockWork, Painted, TileWork, in_blocks
from cgplanner.render.qt.tiles import Deck, PixelBox, Place, Sheet, changed_boxes, met, neat, pixels_of, places_over, sheets_of
from cgplanner.render.scene.shapes.cutting import cut_areas, cut_lines
from cgplanner.render.scene.shapes.device_shapes import DeviceShapes, oriented
from cgplanner.render.scene.shapes.nearby import nearby
from cgplanner.session.changes import described
from cgplanner.session.mapping import whole_extent, with_display_crs
from cgplanner.session.session import Session

LIMIT = (0.0, 0.0, 100.0, 80.0)
# A dash that begins at another vertex of its line ends a hair's breadth elsewhere, and cut hatch lines round their ends.
SEEN, FEW = 16, 0.01  # levels of 255 from which a pixel counts as another, and how many of a piece may be others

coordinate = st.one_of(st.integers(-300, 400), st.integers(-300_000, 400_000).map(lambda each: each / 1000))
vertices = st.lists(st.tuples(coordinate, coordinate), min_size=2, max_size=40)


def features_of(courses: list[list[tuple[float, float]]], *, closed: bool) -> DeviceShapes:
    arrays = [np.array([*each, each[0]] if closed else each, float) for each in courses]
    rings = np.cumsum([0, *(len(each) for each in arrays)])
    count = np.arange(len(rings))
    return DeviceShapes(np.concatenate(arrays), rings, count, count, count[:-1])


@given(st.lists(st.lists(st.tuples(coordinate, coordinate), min_size=3, max_size=40), min_size=1, max_size=4))
def test_areas_cut_to_a_window_do_not_tell_whether_what_lies_beyond_was_left_out(
    courses: list[list[tuple[float, float]]],
) -> None:
    areas = oriented(features_of(courses, closed=True))
    whole, short = cut_areas(areas, LIMIT), cut_areas(nearby(areas, LIMIT), LIMIT)
    assert np.array_equal(whole.rows, short.rows)
    assert np.array_equal(whole.xy, short.xy)


@given(st.lists(vertices, min_size=1, max_size=4), st.sampled_from([0.0, 7.0, 40.0]))
def test_lines_cut_to_a_window_keep_their_rhythm_when_what_lies_beyond_is_left_out(
    courses: list[list[tuple[float, float]]], period: float
) -> None:
    lines = features_of(courses, closed=False)
    reach = (LIMIT[0] - period, LIMIT[1] - period, LIMIT[2] + period, LIMIT[3] + period)
    whole, short = cut_lines(lines, LIMIT, period), cut_lines(nearby(lines, reach), LIMIT, period)
    assert np.array_equal(whole.rows, short.rows)
    assert whole.xy.shape == short.xy.shape
    assert np.allclose(whole.xy, short.xy, atol=1e-6)


def test_a_ring_that_only_goes_round_the_window_still_holds_it() -> None:
    turn = np.linspace(0, 2 * np.pi, 721)
    ring = [(50 + 900 * x, 40 + 900 * y) for x, y in np.column_stack([np.cos(turn), np.sin(turn)]).tolist()]
    short = nearby(oriented(features_of([ring], closed=True)), LIMIT)
    assert len(short.xy) < 30
    assert cut_areas(short, LIMIT).boxes.tolist() == [list(LIMIT)]


class Drawn:
    """The sample in some neighbouring tiles, drawn whole."""

    def __init__(self, workspace: Workspace, across_px: float) -> None:
        self.crs = workspace.display_crs or with_display_crs(workspace).display_crs
        extent = whole_extent(workspace, self.crs)
        assert extent is not None
        self.places = list(places_over(extent, neat(max(extent[2] - extent[0], extent[3] - extent[1]) / across_px)))[:4]
        self.sheet = self.sheet_of(workspace)
        self.tiles, self.painted = self.whole(self.sheet)

    def sheet_of(self, workspace: Workspace) -> Sheet:
        (sheet,) = sheets_of(workspace.layers, self.crs, "light", 1.0)
        return sheet

    def whole(self, sheet: Sheet) -> tuple[dict[Place, QImage], Painted[list[QImage]]]:
        deck = Deck(sheet)
        (block,) = in_blocks([TileWork(deck, place, sheet, sheet.content) for place in self.places])
        assert isinstance(block, BlockWork)
        painted = block.perform(lambda: False)
        return dict(zip(self.places, painted.pictures, strict=True)), painted

    def mended(self, sheet: Sheet, place: Place, part: PixelBox) -> QImage:
        kept = self.painted.kept
        work = TileWork(Deck(sheet), place, sheet, sheet.content, self.tiles[place], part, kept=kept)
        return work.perform(lambda: False).pictures


@pytest.fixture(scope="module")
def sample() -> Iterator[Workspace]:
    session = Session.sample(journaled=False)
    yield session.workspace
    session.close()


@pytest.fixture(scope="module", params=[1000.0, 6000.0])
def drawn(request: pytest.FixtureRequest, sample: Workspace, qapp: object) -> Drawn:
    return Drawn(sample, request.param)


def colours(image: QImage) -> NDArray[np.int64]:
    return np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4).astype(np.int64)


def others(first: QImage, second: QImage) -> int:
    """Return how many pixels are others."""
    return int((np.abs(colours(first) - colours(second)).max(axis=2) > SEEN).sum())


def test_all_layers_of_the_sample_are_kept(drawn: Drawn) -> None:
    kept = drawn.painted.kept
    assert kept is not None
    assert kept.nbytes > 0
    port = drawn.sheet.viewport(drawn.places[0], (100, 100, 50, 50))
    visible = [layer for layer in drawn.sheet.layers if layer.id != "places"]  # whose style begins at a larger scale
    assert all(kept.part(layer, port) is not None for layer in visible)


@pytest.mark.parametrize("part", [(0, 0, 26, 26), (200, 130, 40, 300), (486, 300, 26, 60), (0, 0, 512, 512)])
def test_a_piece_painted_from_what_is_kept_is_the_piece_there_was(drawn: Drawn, part: PixelBox) -> None:
    for place in drawn.places:
        again = drawn.mended(drawn.sheet, place, part)
        assert others(again, drawn.tiles[place]) <= FEW * part[2] * part[3]


def edited(workspace: Workspace, layer: Layer) -> tuple[Workspace, tuple[float, float, float, float]]:
    """Return the workspace with a feature of the layer moved, and what box of the layer's CRS that touched."""
    rid = int(layer.table.rids[len(layer.table) // 2])
    west, south, east, north = layer.table.geometry.bounds_of(layer.table.positions_of((rid,)))[0].tolist()
    step = max(east - west, north - south) / 10 or 0.01
    edit = move_features(workspace, layer.id, (rid,), step, step)
    after = workspace.apply(edit.changeset)
    return after, described(workspace, after, edit.changeset).extents[layer.id]


def test_a_tile_mended_after_an_edit_is_the_tile_of_a_full_redraw(drawn: Drawn, sample: Workspace) -> None:
    pieces = 0
    for layer in sample.layers:
        after, extent = edited(sample, layer)
        sheet = drawn.sheet_of(after)
        boxes = changed_boxes(drawn.sheet, sheet, {layer.id: extent})
        assert boxes is not None
        redrawn, _ = drawn.whole(sheet)
        for place in drawn.places:
            dirty = met(boxes, place, 1.0)
            if dirty is None:
                assert others(redrawn[place], drawn.tiles[place]) == 0
                continue
            part = pixels_of(place, dirty)
            assert others(drawn.mended(sheet, place, part), redrawn[place]) <= max(FEW * part[2] * part[3], 3), layer.id
            pieces += 1
    assert pieces >= 5


def reshaped(workspace: Workspace, layer: Layer, share: float) -> tuple[Workspace, tuple[float, float, float, float]]:
    """Return the workspace with one vertex moved, that far along its feature, and what box of the layer's CRS that touched."""
    bounds = layer.table.geometry.bounds_of(np.arange(len(layer.table)))
    wide = np.flatnonzero(bounds[:, 2] > bounds[:, 0])
    row = wide[len(wide) // 2 :][:1]
    xy = layer.table.geometry.coordinates(row).xy
    x, y = xy[round(share * (len(xy) - 1))] + np.ptp(xy, axis=0).max() / 20
    edit = move_vertex(workspace, layer.id, int(layer.table.rids[row[0]]), round(share * (len(xy) - 1)), float(x), float(y))
    after = workspace.apply(edit.changeset)
    return after, described(workspace, after, edit.changeset).extents[layer.id]


@pytest.mark.parametrize("share", [0.0, 0.4])
def test_a_tile_mended_beside_a_moved_vertex_is_the_tile_of_a_full_redraw(
    drawn: Drawn, sample: Workspace, share: float
) -> None:
    pieces = 0
    for layer in sample.layers:
        if layer.table.schema.geometry == "point":
            continue
        after, extent = reshaped(sample, layer, share)
        sheet = drawn.sheet_of(after)
        boxes = changed_boxes(drawn.sheet, sheet, {layer.id: extent})
        assert boxes is not None
        redrawn, _ = drawn.whole(sheet)
        for place in drawn.places:
            dirty = met(boxes, place, 1.0)
            if dirty is None:
                assert others(redrawn[place], drawn.tiles[place]) <= 3, layer.id
                continue
            part = pixels_of(place, dirty)
            assert others(drawn.mended(sheet, place, part), redrawn[place]) <= max(FEW * part[2] * part[3], 3), layer.id
            pieces += 1
    assert pieces >= 3


def test_an_edit_of_a_layer_that_is_not_drawn_at_this_scale_leaves_its_tiles_alone(drawn: Drawn, sample: Workspace) -> None:
    layer = sample.layer("places")
    after, extent = edited(sample, layer)
    boxes = changed_boxes(drawn.sheet, drawn.sheet_of(after), {layer.id: extent})
    assert boxes
    near, far = ([met(boxes, place, 1.0) for place in places_over(boxes[0].box, neat(units))] for units in (10.0, 2000.0))
    assert any(near)
    assert not any(far)
