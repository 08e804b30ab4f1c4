"""Heat and clusters are the same in every tile, lose no point, and follow scale and weight."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from cgplanner.model.layer import Layer
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import table_from_records
from cgplanner.render.scene.build import build, one_edit_changes_all
from cgplanner.render.scene.crowded.clusters import gathered
from cgplanner.render.scene.crowded.heat import densest, heat_pixels
from cgplanner.render.scene.display_list import DisplayList, HeatBatch, MarkerBatch, TextBatch
from cgplanner.render.scene.request import SceneRequest
from cgplanner.render.scene.viewport import Viewport
from cgplanner.symbology.style import Cluster, Heat, Labels, Marker, Style, Symbol

RNG = np.random.default_rng(11)
CORNER = np.array([37_500_000.0, 4_100_000.0])
SPOTS = CORNER + np.concatenate([RNG.normal((120.0, 80.0), 25.0, (300, 2)), RNG.uniform(0, 256, (60, 2))])
WHOLE = Viewport(37_500_128.0, 4_100_128.0, 1.0, 256.0, 256.0)


def layer_of(style: Style, spots: np.ndarray = SPOTS, weights: np.ndarray | None = None) -> Layer:
    schema = Schema((Field("w", "W", FieldType.REAL),))
    values = [None] * len(spots) if weights is None else weights.tolist()
    table = table_from_records(schema, [{"W": value} for value in values], list(shapely.points(spots)))
    return Layer("crowd", "点", "Points", table, "", style)


def drawn(layer: Layer, viewport: Viewport = WHOLE) -> DisplayList:
    return build(SceneRequest((layer,), viewport, labels=False))


def heat_of(layer: Layer, viewport: Viewport = WHOLE) -> np.ndarray:
    (batch,) = drawn(layer, viewport).layers[0].batches
    assert isinstance(batch, HeatBatch)
    pixels = heat_pixels(batch, viewport.width, viewport.height, 1.0)
    assert pixels is not None
    return pixels.astype(int)


def tiles(viewport: Viewport, side: int = 64) -> Iterator[tuple[int, int, Viewport]]:
    minx, _, _, maxy = viewport.extent
    for x, y in itertools.product(range(0, 256, side), repeat=2):
        yield x, y, replace(viewport, x=minx + x + side / 2, y=maxy - y - side / 2, width=side, height=side)


def test_a_surface_is_the_same_in_tiles() -> None:
    layer = layer_of(Style(Heat(radius=20.0)))
    whole = heat_of(layer)
    for x, y, tile in tiles(WHOLE):
        if drawn(layer, tile).layers:
            assert abs(heat_of(layer, tile) - whole[y : y + 64, x : x + 64]).max() <= 1


def test_the_densest_place_gets_the_last_colour() -> None:
    ramp = ("#FFFFFF", "#FF0000", "#000000")
    pixels = heat_of(layer_of(Style(Heat(radius=20.0, ramp=ramp, opacity=1.0))))
    opaque = pixels[pixels[..., 3] == 255]
    assert opaque[:, 0].min() <= 40
    assert pixels[0, 0, 3] < 255


@pytest.mark.parametrize("spread", [1.0, 5_000.0], ids=["grid", "sparse"])
def test_a_point_counts_one_in_its_middle_and_nothing_beyond_its_reach(spread: float) -> None:
    spots = np.array([[0.0, 0.0], [0.0, 0.0], [1_000.0 * spread, 40.0], [5.0, 0.0]])
    weights = np.array([1.0, 1.0, 1.0, 0.0])
    assert densest(spots, weights, 20.0) == pytest.approx(2.0)
    assert densest(spots, np.zeros(4), 20.0) == 0.0
    assert densest(np.full((2, 2), np.nan), np.ones(2), 20.0) == 0.0


def test_weights_count_and_what_is_missing_or_negative_does_not() -> None:
    spots = np.array([[40.0, 40.0], [120.0, 120.0], [200.0, 200.0]])
    pixels = heat_of(layer_of(Style(Heat("w", radius=20.0)), CORNER + spots, np.array([5.0, -3.0, 1.0])))
    assert pixels[216, 40, :3].sum() < pixels[56, 200, :3].sum()  # the ramp darkens
    assert pixels[56, 200, 3] > 0
    assert pixels[136, 120, 3] == 0


def test_clusters_are_the_same_in_tiles_and_lose_no_point() -> None:
    layer = layer_of(Style(Cluster(40.0)))
    whole = _spots(drawn(layer))
    for x, y, tile in tiles(WHOLE):
        part = {(px + x, py + y, text) for px, py, text in _spots(drawn(layer, tile))}
        assert _rounded(part) <= _rounded(_spots(drawn(layer, replace(WHOLE, width=600.0, height=600.0)), 172.0))
        inside = {spot for spot in whole if x <= spot[0] <= x + 64 and y <= spot[1] <= y + 64}
        assert _rounded(inside) <= _rounded(part)
    everything = _spots(drawn(layer, replace(WHOLE, width=600.0, height=600.0)))
    assert sum(int(text or 1) for _, _, text in everything) == len(SPOTS)


def _rounded(spots: set[tuple[float, float, str]]) -> set[tuple[int, int, str]]:
    return {(round(x * 50), round(y * 50), text) for x, y, text in spots}


def _spots(picture: DisplayList, shift: float = 0.0) -> set[tuple[float, float, str]]:
    """Return where markers stand, less a shift, and what is written on them."""
    batches = picture.layers[0].batches if picture.layers else ()
    places = [place for batch in batches if isinstance(batch, MarkerBatch) for place in batch.xy.tolist()]
    labels = [label for batch in batches if isinstance(batch, TextBatch) for label in batch.labels]
    texts = [((label.box[0] + label.box[2]) / 2, label.lines[0].y, label.text) for label in labels]
    found = set()
    for x, y in places:
        text = next((text for at_x, at_y, text in texts if abs(at_x - x) < 0.01 and abs(at_y - y) < 8), "")
        found.add((x - shift, y - shift, text))
    return found


PLACES = st.lists(st.tuples(st.floats(-500, 500), st.floats(-500, 500)), min_size=1, max_size=60)


@given(PLACES, st.floats(5, 80))
def test_every_place_belongs_to_one_cluster(places: list[tuple[float, float]], distance: float) -> None:
    found = gathered(np.array(places), distance)
    assert found.counts.sum() == len(places)
    assert len(np.unique(found.firsts)) == len(found.firsts)
    low, high = np.array(places).min(axis=0), np.array(places).max(axis=0)
    assert ((found.xy >= low - 1e-6) & (found.xy <= high + 1e-6)).all()
    alone = found.counts == 1
    np.testing.assert_allclose(found.xy[alone], np.array(places)[found.firsts[alone]], atol=1e-9)


def test_places_that_are_no_numbers_belong_to_none() -> None:
    found = gathered(np.array([[1.0, 1.0], [np.nan, 2.0], [np.inf, 0.0]]), 10.0)
    assert found.counts.tolist() == [1]
    assert len(gathered(np.empty((0, 2)), 10.0).counts) == 0


def test_clusters_fall_apart_when_looked_at_closely() -> None:
    layer = layer_of(Style(Cluster(40.0, Symbol((Marker("square"),)))), np.array([[0.0, 0.0], [30.0, 0.0]]))
    far, near = (_spots(drawn(layer, Viewport(15.0, 0.0, units, 256.0, 256.0))) for units in (1.0, 0.2))
    assert [text for _, _, text in far] == ["2"]
    assert [text for _, _, text in near] == ["", ""]


def test_what_a_cluster_has_taken_in_has_no_label() -> None:
    style = Style(Cluster(40.0), labels=Labels("w"))
    layer = layer_of(style, np.array([[0.0, 0.0], [5.0, 0.0], [90.0, 0.0]]), np.array([1.0, 2.0, 3.0]))
    placed = build(SceneRequest((layer,), Viewport(50.0, 0.0, 1.0, 256.0, 256.0))).labels
    assert [label.text for label in placed] == ["3"]


def test_marker_of_a_cluster_grows_with_its_digits() -> None:
    spots = np.concatenate([np.zeros((9, 2)), np.full((120, 2), 100.0)])
    batches = drawn(layer_of(Style(Cluster(20.0)), spots), Viewport(50.0, 50.0, 1.0, 256.0, 256.0)).layers[0].batches
    sizes = [batch.size for batch in batches if isinstance(batch, MarkerBatch)]
    assert sizes == [22.0, 33.0]


def test_one_edit_may_change_a_whole_crowd() -> None:
    assert one_edit_changes_all(Style(Cluster()))
    assert one_edit_changes_all(Style(Heat()))
    assert not one_edit_changes_all(Style(Heat(most=5.0)))
    assert not one_edit_changes_all(Style())
