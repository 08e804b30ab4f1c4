"""Where tiles lie: against the published numbers of the services, and there and back again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgplanner.geometry.tile_grid import (
    PieceKey,
    TileGrid,
    geographic_grid,
    inverted,
    mercator_grid,
    raster_grid,
    to_pixels,
)

TAIYUAN = np.array([[112.55, 37.87]])
DEGREES = "EPSG:4490"


def piece_at(grid: TileGrid, number: int) -> PieceKey:
    column, row = to_pixels(grid.level(number).to_px, grid.places(DEGREES, TAIYUAN))[0] // grid.tile
    return PieceKey(number, int(column), int(row))


def test_mercator_tiles_are_those_of_the_slippy_map() -> None:
    lon, lat, zoom = 112.55, 37.87, 12
    column = int((lon + 180) / 360 * 2**zoom)
    row = int((1 - np.arcsinh(np.tan(np.radians(lat))) / np.pi) / 2 * 2**zoom)
    assert piece_at(mercator_grid(), zoom) == PieceKey(zoom, column, row)


def test_geographic_level_1_is_two_tiles_wide_and_one_high() -> None:
    grid = geographic_grid()
    first = grid.levels[0]
    assert (first.number, first.width, first.height) == (1, 512, 256)
    assert piece_at(grid, 1) == PieceKey(1, 1, 0)
    assert piece_at(grid, 12) == PieceKey(12, int((112.55 + 180) / 360 * 4096), int((90 - 37.87) / 360 * 4096))


def test_a_gcj02_picture_shows_places_elsewhere_and_the_way_back_finds_them() -> None:
    plain, shifted = mercator_grid(), mercator_grid(offset="gcj02")
    away = shifted.places(DEGREES, TAIYUAN) - plain.places(DEGREES, TAIYUAN)
    assert 300 < np.hypot(*away[0]) < 900  # Web Mercator metres
    assert np.allclose(shifted.places_back(DEGREES, shifted.places(DEGREES, TAIYUAN)), TAIYUAN, atol=1e-9)
    assert np.allclose(plain.places_back(DEGREES, plain.places(DEGREES, TAIYUAN)), TAIYUAN, atol=1e-9)


@given(width=st.integers(1, 40_000), height=st.integers(1, 40_000))
def test_a_raster_is_halved_until_it_is_one_piece(width: int, height: int) -> None:
    grid = raster_grid(DEGREES, (10.0, 0.5, 3.0, 0.25, -10.0, 7.0), width, height)
    coarsest, finest = grid.levels[0], grid.levels[-1]
    assert (finest.number, finest.width, finest.height) == (0, width, height)
    assert max(coarsest.width, coarsest.height) <= grid.tile
    # A corner of the file is the corner of every level.
    corner = to_pixels(inverted(finest.to_px), np.array([[float(width), float(height)]]))
    for level in grid.levels:
        assert np.allclose(to_pixels(level.to_px, corner), [[level.width, level.height]], atol=1e-6)


def test_an_affine_without_a_way_back_is_refused() -> None:
    with pytest.raises(ValueError, match="way back"):
        inverted((1.0, 1.0, 0.0, 1.0, 1.0, 0.0))
