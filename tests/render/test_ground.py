"""The ground under the map: what a pixel shows is what lies there, in every projection, shifted services included."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from cgplanner.geometry.crs import fitted_crs, transform_xy
from cgplanner.geometry.ragged import Floats
from cgplanner.geometry.tile_grid import (
    PieceKey,
    TileGrid,
    geographic_grid,
    inverted,
    mercator_grid,
    raster_grid,
    to_pixels,
)
from cgplanner.render.scene.ground.bending import GroundPlan, ground_pixels, ground_plan
from cgplanner.render.scene.viewport import Viewport

DEGREES = "EPSG:4490"
FITTED = fitted_crs(110.2, 36.6, 114.3, 39.7)
CENTRE = transform_xy(DEGREES, FITTED, np.array([[112.5, 37.8]]))[0]
SIZE = 320


def view(crs: str = FITTED, units: float = 40.0) -> Viewport:
    x, y = transform_xy(DEGREES, crs, np.array([[112.5, 37.8]]))[0]
    return Viewport(float(x), float(y), units, SIZE, SIZE, "px", crs)


def pattern(degrees: Floats) -> Floats:
    """A colour for every place: slow waves over longitude and latitude, so that a wrong place is a wrong colour."""
    red = 128 + 100 * np.sin(degrees[:, 0] * 60)
    green = 128 + 100 * np.sin(degrees[:, 1] * 60)
    return np.column_stack([red, green, np.full(len(degrees), 77.0)])


def piece(grid: TileGrid, key: PieceKey) -> Image.Image:
    """A piece of a picture that shows the pattern, as a service would have drawn it."""
    side = np.arange(grid.tile) + 0.5
    x, y = np.meshgrid(side + key.column * grid.tile, side + key.row * grid.tile)
    places = to_pixels(inverted(grid.level(key.level).to_px), np.column_stack([x.ravel(), y.ravel()]))
    pixels = pattern(grid.places_back(DEGREES, places)).reshape(grid.tile, grid.tile, 3)
    return Image.fromarray(np.round(pixels).astype(np.uint8)).convert("RGBA").convert("RGBa")


def drawn(plan: GroundPlan, grid: TileGrid, pieces: dict[PieceKey, Image.Image]) -> Floats:
    raw = np.frombuffer(ground_pixels(plan, grid, pieces), np.uint8)
    return raw.reshape(plan.height, plan.width, 4).astype(np.float64)


def wanted(seen: Viewport) -> Floats:
    side = np.arange(SIZE) + 0.5
    x, y = np.meshgrid(side, side)
    degrees = transform_xy(seen.crs, DEGREES, seen.to_map(np.column_stack([x.ravel(), y.ravel()])), approximate=False)
    return pattern(degrees).reshape(SIZE, SIZE, 3)


@pytest.mark.parametrize("crs", [FITTED, "EPSG:4547", "EPSG:4526", "EPSG:3857", DEGREES])
@pytest.mark.parametrize("grid", [mercator_grid(), geographic_grid(), mercator_grid(offset="gcj02")], ids=["w", "c", "gcj02"])
def test_every_pixel_shows_what_lies_there(crs: str, grid: TileGrid) -> None:
    seen = view(crs, 40.0 if crs != DEGREES else 0.0004)
    plan = ground_plan(seen, SIZE, SIZE, grid)
    assert plan is not None
    found = drawn(plan, grid, {key: piece(grid, key) for key in plan.keys})
    assert (found[..., 3] == 255).all()
    assert np.abs(found[..., :3] - wanted(seen)).max() < 6


def test_an_unshifted_look_at_a_shifted_service_would_be_seen() -> None:
    """The test above can fail: 500 m are a dozen pixels here."""
    shifted = mercator_grid(offset="gcj02")
    plan = ground_plan(view(), SIZE, SIZE, mercator_grid())
    assert plan is not None
    found = drawn(plan, mercator_grid(), {key: piece(shifted, key) for key in plan.keys})
    assert np.abs(found[..., :3] - wanted(view())).max() > 30


def test_the_level_has_pixels_of_about_the_size_of_the_views() -> None:
    grid = mercator_grid(max_zoom=16)
    for units in (15.0, 40.0, 300.0):
        plan = ground_plan(view("EPSG:3857", units), SIZE, SIZE, grid)
        assert plan is not None
        ratio = plan.level.to_px[0] * units
        assert 0.7 < ratio < 1.42
    coarse = ground_plan(view("EPSG:3857", 40.0), SIZE, SIZE, grid, sharpness=0.5)
    fine = ground_plan(view("EPSG:3857", 40.0), SIZE, SIZE, grid)
    assert coarse is not None
    assert fine is not None
    assert coarse.level.number == fine.level.number - 1
    near = ground_plan(view("EPSG:3857", 0.5), SIZE, SIZE, grid)
    assert near is not None
    assert near.level.number == 16  # as deep as the service goes, and enlarged from there


def test_a_coarser_piece_stands_in_for_a_missing_one_and_nothing_leaves_it_clear() -> None:
    grid = mercator_grid()
    plan = ground_plan(view(), SIZE, SIZE, grid)
    assert plan is not None
    parents = {PieceKey(key.level - 1, key.column // 2, key.row // 2) for key in plan.keys}
    found = drawn(plan, grid, {key: piece(grid, key) for key in parents})
    assert (found[..., 3] == 255).all()
    assert np.abs(found[..., :3] - wanted(view())).mean() < 3
    assert not drawn(plan, grid, {}).any()


def test_outside_of_a_raster_there_is_nothing() -> None:
    x, y = CENTRE
    to_px = (0.02, 0.0, -0.02 * (x - 3000), 0.0, -0.02, 0.02 * (y + 3000))  # 120 x 120 pixels of 50 m round the centre
    grid = raster_grid(FITTED, to_px, 120, 120)
    seen = view()
    plan = ground_plan(seen, SIZE, SIZE, grid)
    assert plan is not None
    assert plan.keys == [PieceKey(0, 0, 0)]
    found = drawn(plan, grid, {PieceKey(0, 0, 0): Image.new("RGBA", (120, 120), "#4080C0").convert("RGBa")})
    covered = found[..., 3] > 0
    assert covered.sum() == pytest.approx((6000 / 40) ** 2, rel=0.05)
    assert covered[SIZE // 2, SIZE // 2]
    far = Viewport(x + 1e6, y, 40.0, SIZE, SIZE, "px", FITTED)
    assert ground_plan(far, SIZE, SIZE, grid) is None


def test_a_view_far_off_the_world_needs_nothing() -> None:
    assert ground_plan(Viewport(1e12, 1e12, 1.0, SIZE, SIZE, "px", FITTED), SIZE, SIZE, mercator_grid()) is None
