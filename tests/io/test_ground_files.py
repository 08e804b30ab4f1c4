"""MBTiles, GeoTIFF and pictures with a world file: read in windows, refused in one sentence, placed by the zone detective."""

from __future__ import annotations

import io
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from PIL import Image
from rasterio.transform import Affine, from_origin

from cgplanner.errors import UserError
from cgplanner.geometry.tile_grid import PieceKey, to_pixels
from cgplanner.io.crs.crs_files import esri_wkt
from cgplanner.io.ground.basemap_source import kind_of_file, opened
from cgplanner.io.ground.raster_file import RasterPyramid, raster_candidates
from cgplanner.io.ground.tile_pictures import BasemapTrouble
from cgplanner.model.basemap import Basemap

ZONE = "EPSG:4547"  # 38, without the zone's number
EAST, NORTH = 370_000.0, 4_195_000.0  # Taiyuan


def never() -> bool:
    return False


def png(colour: str, side: int = 256) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (side, side), colour).save(out, "PNG")
    return out.getvalue()


def mbtiles(path: Path, tiles: dict[tuple[int, int, int], bytes], **metadata: str) -> Path:
    with sqlite3.connect(path) as base:
        base.execute("CREATE TABLE metadata (name text, value text)")
        base.execute("CREATE TABLE tiles (zoom_level integer, tile_column integer, tile_row integer, tile_data blob)")
        base.executemany("INSERT INTO metadata VALUES (?, ?)", metadata.items())
        base.executemany("INSERT INTO tiles VALUES (?, ?, ?, ?)", [(*key, data) for key, data in tiles.items()])
    base.close()
    return path


def test_mbtiles_count_rows_from_below(tmp_path: Path) -> None:
    path = mbtiles(tmp_path / "山西.mbtiles", {(2, 3, 2): png("#C00000"), (3, 6, 4): png("#0000C0")}, format="png")
    assert kind_of_file(path) == "mbtiles"
    pyramid = opened(Basemap("m", "", "", "mbtiles", str(path)), {}, None)
    assert [level.number for level in pyramid.grid.levels] == [2, 3]
    red = pyramid.kept(PieceKey(2, 3, 1))
    assert not isinstance(red, bool)
    assert red.getpixel((5, 5)) == (0xC0, 0, 0, 255)
    assert pyramid.piece(PieceKey(3, 6, 3), never) is not None
    assert pyramid.kept(PieceKey(2, 0, 0)) is True
    pyramid.close()


def test_mbtiles_of_sharp_screens_have_larger_tiles(tmp_path: Path) -> None:
    pyramid = opened(
        Basemap("m", "", "", "mbtiles", str(mbtiles(tmp_path / "a.mbtiles", {(1, 1, 1): png("red", 512)}))), {}, None
    )
    assert pyramid.grid.tile == 512
    pyramid.close()


def test_a_workspace_that_moved_finds_its_picture_beside_it(tmp_path: Path) -> None:
    mbtiles(tmp_path / "a.mbtiles", {(1, 1, 1): png("red")})
    pyramid = opened(Basemap("m", "", "", "mbtiles", "/gone/a.mbtiles"), {}, None, tmp_path)
    assert pyramid.piece(PieceKey(1, 1, 0), never) is not None
    pyramid.close()


def test_mbtiles_that_are_none_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text.mbtiles").write_text("no database at all, but long enough to be asked" * 20)
    mbtiles(tmp_path / "vector.mbtiles", {(1, 1, 1): b"\x1f\x8b"}, format="pbf")
    mbtiles(tmp_path / "empty.mbtiles", {})
    for name in ("text", "vector", "empty", "gone"):
        with pytest.raises(UserError, match=name):
            opened(Basemap("m", "", "", "mbtiles", str(tmp_path / f"{name}.mbtiles")), {}, None)


def test_a_damaged_tile_is_told(tmp_path: Path) -> None:
    path = mbtiles(tmp_path / "a.mbtiles", {(1, 1, 1): png("red"), (1, 0, 0): b"\x89PNG cut"})
    pyramid = opened(Basemap("m", "", "", "mbtiles", str(path)), {}, None)
    with pytest.raises(BasemapTrouble, match="damaged"):
        pyramid.piece(PieceKey(1, 0, 1), never)
    pyramid.close()


def geotiff(path: Path, bands: Any, crs: str | None = ZONE, metres: float = 10.0, **others: Any) -> Path:
    bands = np.asarray(bands)
    settings = {"driver": "GTiff", "count": len(bands), "height": bands.shape[1], "width": bands.shape[2], **others}
    transform = from_origin(EAST, NORTH, metres, metres)
    with rasterio.open(path, "w", dtype=bands.dtype, crs=crs, transform=transform, **settings) as out:
        out.write(bands)
    return path


def slope(height: int, width: int) -> Any:
    """Red grows to the east, green to the south."""
    x, y = np.meshgrid(np.linspace(0, 250, width), np.linspace(0, 250, height))
    return np.stack([x, y, np.full_like(x, 99)]).astype(np.uint8)


def test_a_geotiff_is_read_in_pieces_at_several_resolutions(tmp_path: Path) -> None:
    pyramid = RasterPyramid(geotiff(tmp_path / "a.tif", slope(900, 1300)))
    assert pyramid.grid.crs == ZONE
    assert [level.number for level in pyramid.grid.levels] == [-2, -1, 0]
    for level in pyramid.grid.levels:
        place = to_pixels(level.to_px, np.array([[EAST + 9_000.0, NORTH - 6_000.0]]))[0]
        column, row = (place // pyramid.grid.tile).astype(int)
        piece = pyramid.piece(PieceKey(level.number, int(column), int(row)), never)
        assert piece is not None
        x, y = place - (column * 512, row * 512)
        red, green, blue, alpha = piece.getpixel((int(x), int(y)))
        assert (red, green) == pytest.approx((900 / 1300 * 250, 600 / 900 * 250), abs=4)
        assert (blue, alpha) == (99, 255)
    last = pyramid.piece(PieceKey(0, 2, 1), never)
    assert last is not None
    assert last.size == (1300 - 1024, 900 - 512)
    assert pyramid.kept(PieceKey(0, 9, 9)) is True
    pyramid.close()


def test_palettes_greys_heights_and_holes_are_pictures_too(tmp_path: Path) -> None:
    grey = np.arange(64, dtype=np.uint8).reshape(1, 8, 8) * 4
    palette = geotiff(tmp_path / "palette.tif", grey % 3, photometric="palette")
    with rasterio.open(palette, "r+") as data:
        data.write_colormap(1, {0: (255, 0, 0, 255), 1: (0, 255, 0, 255), 2: (0, 0, 255, 255)})
    heights = np.linspace(500, 2500, 64, dtype=np.float32).reshape(1, 8, 8)
    heights[0, 0, 0] = -9999
    cases = {
        "grey": (geotiff(tmp_path / "grey.tif", grey), (1, 0), (4, 4, 4, 255)),
        "palette": (palette, (1, 0), (0, 255, 0, 255)),
        "height": (geotiff(tmp_path / "height.tif", heights, nodata=-9999), (7, 7), (255, 255, 255, 255)),
        "hole": (tmp_path / "height.tif", (0, 0), (0, 0, 0, 0)),
        "alpha": (
            geotiff(tmp_path / "alpha.tif", np.stack([*slope(8, 8), np.full((8, 8), 0, np.uint8)])),
            (3, 3),
            (0, 0, 0, 0),
        ),
    }
    for name, (path, at, wanted) in cases.items():
        pyramid = RasterPyramid(path)
        piece = pyramid.piece(PieceKey(0, 0, 0), never)
        assert piece is not None
        assert piece.getpixel(at) == wanted, name
        pyramid.close()


def test_a_very_large_file_is_read_in_windows(tmp_path: Path) -> None:
    side, path = 20_000, tmp_path / "large.tif"
    settings = {"driver": "GTiff", "count": 3, "height": side, "width": side, "dtype": "uint8", "crs": ZONE, "tiled": True}
    more = {"blockxsize": 512, "blockysize": 512, "sparse_ok": True, "compress": "deflate", "nodata": 0}
    with rasterio.open(path, "w", transform=from_origin(EAST, NORTH, 1, 1), **settings, **more) as out:
        out.write(np.full((3, 512, 512), 200, np.uint8), window=rasterio.windows.Window(10_240, 10_240, 512, 512))
        out.build_overviews([2, 4, 8, 16, 32])
    pyramid = RasterPyramid(path)
    assert len(pyramid.grid.levels) == 7
    middle = pyramid.piece(PieceKey(0, 20, 20), never)
    assert middle is not None
    assert middle.getpixel((100, 100)) == (200, 200, 200, 255)
    whole = pyramid.piece(PieceKey(-6, 0, 0), never)
    assert whole is not None
    assert max(whole.size) <= 512
    empty = pyramid.piece(PieceKey(0, 0, 0), never)
    assert empty is not None
    assert empty.getpixel((9, 9)) == (0, 0, 0, 0)
    pyramid.close()


def world_picture(path: Path, *, prj: str = "", turned: bool = False) -> Path:
    Image.fromarray(np.moveaxis(slope(60, 80), 0, -1)).save(path)
    numbers = Affine.translation(EAST, NORTH) * Affine.rotation(30 if turned else 0) * Affine.scale(50, -50)
    lines = (numbers.a, numbers.d, numbers.b, numbers.e, numbers.c, numbers.f)
    path.with_suffix(".pgw" if path.suffix == ".png" else ".jgw").write_text("\n".join(f"{each:.9f}" for each in lines))
    if prj:
        path.with_suffix(".prj").write_text(prj)
    return path


@pytest.mark.parametrize("name", ["地形.png", "scan.jpg"])
def test_a_picture_with_world_file_and_prj_lies_where_they_say(tmp_path: Path, name: str) -> None:
    pyramid = RasterPyramid(world_picture(tmp_path / name, prj=esri_wkt(ZONE)))
    assert pyramid.grid.crs == ZONE
    assert np.allclose(to_pixels(pyramid.grid.levels[-1].to_px, np.array([[EAST + 1025, NORTH - 525]])), [[21, 11]])
    pyramid.close()


def test_a_turned_picture_is_one_too(tmp_path: Path) -> None:
    pyramid = RasterPyramid(world_picture(tmp_path / "turned.png", prj=esri_wkt(ZONE), turned=True))
    along = EAST + 50 * np.cos(np.radians(30)), NORTH + 50 * np.sin(np.radians(30))  # a world file names middles of pixels
    assert np.allclose(to_pixels(pyramid.grid.levels[-1].to_px, np.array([along])), [[1.5, 0.5]], atol=1e-6)
    pyramid.close()


def test_a_picture_that_does_not_say_its_crs_asks_the_zone_detective(tmp_path: Path) -> None:
    path = world_picture(tmp_path / "plan.png")
    with pytest.raises(UserError, match="coordinate system"):
        RasterPyramid(path)
    sure, candidates = raster_candidates(path)
    assert ZONE in {sure, *(each.crs for each in candidates)}
    with pytest.raises(UserError, match="99999"):
        RasterPyramid(path, "EPSG:99999")
    pyramid = RasterPyramid(path, ZONE)
    assert pyramid.grid.crs == ZONE
    pyramid.close()
    assert raster_candidates(world_picture(tmp_path / "said.png", prj=esri_wkt(ZONE))) == (ZONE, ())


def test_pictures_without_a_place_and_files_that_are_none_are_refused(tmp_path: Path) -> None:
    Image.new("RGB", (9, 9)).save(tmp_path / "photo.png")
    (tmp_path / "text.tif").write_text("no picture")
    for name in ("photo.png", "text.tif", "gone.tif"):
        with pytest.raises(UserError, match=name):
            RasterPyramid(tmp_path / name)
    with pytest.raises(UserError, match=r"plan\.dwg"):
        kind_of_file(tmp_path / "plan.dwg")
