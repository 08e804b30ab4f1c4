"""Base maps on the printed page: the right place, as faint as wanted, with whose they are; trouble is told, not fatal."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path
from typing import Any

import numpy as np
import pikepdf
import pypdfium2
import pytest
import rasterio
import shapely
from rasterio.transform import from_origin

from cgplanner.io.ground import tile_service
from cgplanner.io.ground.basemap_source import GroundAccess
from cgplanner.io.ground.tile_store import TileStore
from cgplanner.layout.page import MapFrame, PageLayout
from cgplanner.model.basemap import Basemap
from cgplanner.model.layer import Layer
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import table_from_records
from cgplanner.model.workspace import Workspace
from cgplanner.render.page.printing import page_pdf
from cgplanner.render.scene.ground.images import faded, straight_alpha
from cgplanner.symbology.style import Blend, Fill, Marker, Single, Style, Symbol

METRES = "EPSG:4547"
X, Y = 400_000.0, 4_190_000.0
FRAME = MapFrame(10, 10, 180, 120, extent=(X - 9000, Y - 6000, X + 9000, Y + 6000), scale=100_000)
LAYOUT = PageLayout("p", "A4", items=(FRAME,))
MOMENT = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
DOTS = 4.0  # of the preview, to the millimetre


def blended(picture: Path, blend: Blend) -> Workspace:
    """A green square of 4 km, half of it west and half east of the seam of the photograph, and a part beyond it."""
    schema = Schema((Field("name", "name", FieldType.TEXT),), geometry="polygon", title="name")
    shapes = [shapely.box(X - 2000, Y - 2000, X + 2000, Y + 2000), shapely.box(X + 7000, Y - 2000, X + 8900, Y + 2000)]
    table = table_from_records(schema, [{"name": "a"}, {"name": "b"}], shapes)
    style = Style(Single(Symbol(polygon=(Fill("#DDFFDD", 1.0),))), blend=blend)
    layer = Layer("areas", "面", "Areas", table, METRES, style)
    photo = Basemap("photo", "航片", "Photo", "raster", str(picture))
    return Workspace((layer,), "图", "Map", METRES, basemaps=(photo,))


def test_blending_meets_the_base_map_and_not_the_paper(picture: Path) -> None:
    covered, multiplied = (dots(printed(blended(picture, blend))[0]) for blend in ("normal", "multiply"))
    for east in (-1000, 1000):
        assert at(covered, east, 0) == pytest.approx((221, 255, 221), abs=3)
    assert at(multiplied, -1000, 0) == pytest.approx((178, 6, 5), abs=14)
    assert at(multiplied, 1000, 0) == pytest.approx((5, 6, 178), abs=14)
    assert at(multiplied, 8600, 0) == at(covered, 8600, 0), "beyond the photograph there is nothing to blend with"
    assert at(multiplied, -4000, 2000) == pytest.approx((206, 6, 6), abs=14)


def workspace(*basemaps: Basemap) -> Workspace:
    schema = Schema((Field("name", "name", FieldType.TEXT),), geometry="point", title="name")
    table = table_from_records(schema, [{"name": "a"}], [shapely.Point(X, Y)])
    layer = Layer("points", "点", "Points", table, METRES, Style(Single(Symbol((Marker(color="#000000", size=8.0),), (), ()))))
    return Workspace((layer,), "图", "Map", METRES, basemaps=basemaps)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A photograph of 16 x 10 km: red in its west, blue in its east, with some noise as photographs have."""
    noise = np.random.default_rng(1).integers(0, 12, (3, 1000, 1600), np.uint8)
    noise[0, :, :800] += 200
    noise[2, :, 800:] += 200
    path = tmp_path / "photo.tif"
    settings = {"driver": "GTiff", "count": 3, "height": 1000, "width": 1600, "dtype": "uint8", "crs": METRES}
    with rasterio.open(path, "w", transform=from_origin(X - 8000, Y + 5000, 10, 10), **settings) as out:
        out.write(noise)
    return path


def printed(document: Workspace, access: GroundAccess | None = None) -> tuple[bytes, Any]:
    return page_pdf(document, LAYOUT, language="en", moment=MOMENT, access=access)


def dots(pdf: bytes) -> Any:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return np.asarray(document[0].render(scale=DOTS * 25.4 / 72).to_pil().convert("RGB")).astype(int)
    finally:
        document.close()


def at(page: Any, east: float, north: float) -> tuple[int, ...]:
    """Return the colour of a place of the map, metres from its middle."""
    x, y = FRAME.x + FRAME.w / 2 + east / 100, FRAME.y + FRAME.h / 2 - north / 100
    return tuple(page[round(y * DOTS), round(x * DOTS)])


def test_a_photograph_lies_where_it_belongs(picture: Path) -> None:
    pdf, notes = printed(workspace(Basemap("photo", "航片", "Photo", "raster", str(picture), attribution_en="(c) Survey")))
    page = dots(pdf)
    assert at(page, -4000, 2000) == pytest.approx((206, 6, 6), abs=14)
    assert at(page, 4000, -2000) == pytest.approx((6, 6, 206), abs=14)
    assert at(page, -300, 2000)[0] > 150
    assert at(page, 300, 2000)[2] > 150  # the seam is within 3 mm of where it should be
    assert at(page, 8600, 0) == (255, 255, 255)  # beyond the photograph
    assert at(page, 0, 0) == (0, 0, 0)  # the layer's own marker lies over it
    assert [note for note in notes if note.code == "basemap"] == []
    document = pypdfium2.PdfDocument(pdf)
    text = document[0].get_textpage().get_text_bounded()
    document.close()
    assert "(c) Survey" in text


def test_the_photograph_is_kept_as_jpeg_on_a_layer_of_its_own_at_the_dots_of_paper(picture: Path) -> None:
    pdf, _ = printed(workspace(Basemap("photo", "航片", "Photo", "raster", str(picture))))
    with pikepdf.open(io.BytesIO(pdf)) as document:
        (image,) = [each for each in document.pages[0].Resources.XObject.values() if each.Subtype == "/Image"]
        assert image.Filter == "/DCTDecode"
        assert (int(image.Width), int(image.Height)) == (1800, 1200)  # 254 dots an inch
        names = [str(each.Name) for each in document.Root.OCProperties.OCGs]
        assert names.index("Photo") < names.index("Points")
    assert len(pdf) < 3_000_000


def test_the_same_page_is_the_same_bytes(picture: Path) -> None:
    document = workspace(Basemap("photo", "航片", "Photo", "raster", str(picture)))
    assert printed(document)[0] == printed(document)[0]


def test_opacity_and_hiding_count_on_paper_too(picture: Path) -> None:
    faint = Basemap("photo", "航片", "Photo", "raster", str(picture), opacity=0.5)
    assert at(dots(printed(workspace(faint))[0]), -4000, 2000) == pytest.approx((230, 130, 130), abs=14)
    hidden = Basemap("photo", "航片", "Photo", "raster", str(picture), visible=False)
    assert at(dots(printed(workspace(hidden))[0]), -4000, 2000) == (255, 255, 255)


def test_tiles_of_a_service_are_fetched_once_and_few(tile_server: Any, tmp_path: Path) -> None:
    service = Basemap("tiles", "服务", "Service", "tiles", tile_server.template)
    access = GroundAccess(store=TileStore(tmp_path / "tiles"))
    pdf, notes = printed(workspace(service), access)
    asked = len(tile_server.asked)
    assert 0 < asked <= 60
    assert tile_server.most_at_once <= 3
    assert at(dots(pdf), -4000, 2000) != (255, 255, 255)
    assert [note for note in notes if note.code == "basemap"] == []
    printed(workspace(service), access)
    assert len(tile_server.asked) == asked


def test_a_service_that_refuses_leaves_the_page_whole_and_is_told(
    tile_server: Any, monkeypatch: pytest.MonkeyPatch, picture: Path
) -> None:
    monkeypatch.setattr(tile_service, "BACK_OFF_SECONDS", (0.01, 0.01))
    tile_server.answer = lambda _path, handler: tile_server.send(handler, 403)
    service = Basemap("tiles", "服务", "Service", "tiles", tile_server.template)
    gone = Basemap("gone", "没有", "Gone", "raster", "/nowhere/gone.tif")
    pdf, notes = printed(workspace(Basemap("photo", "航片", "Photo", "raster", str(picture)), service, gone))
    told = [str(note.message) for note in notes if note.code == "basemap"]
    assert len(told) == 2
    assert "403" in told[0]
    assert "gone.tif" in told[1]
    assert at(dots(pdf), -4000, 2000) == pytest.approx((206, 6, 6), abs=14)


def test_straight_and_premultiplied_pixels() -> None:
    pixels = np.array([[[60, 30, 0, 120], [9, 9, 9, 255], [0, 0, 0, 0]]], np.uint8)
    assert straight_alpha(pixels)[0].tolist() == [[127, 63, 0, 120], [9, 9, 9, 255], [0, 0, 0, 0]]
    assert faded(pixels, 0.5)[0, :, 3].tolist() == [60, 128, 0]
    assert faded(pixels, 1.0) is pixels
