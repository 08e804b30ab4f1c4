"""A picture file over base maps: layers blend with them, while the paper takes no part."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray
from PIL import Image

from cgplanner.model.basemap import Basemap
from cgplanner.model.layer import Layer
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import table_from_records
from cgplanner.render.qt.picture import write_picture
from cgplanner.render.scene.ground.images import GroundImage
from cgplanner.render.scene.request import SceneRequest
from cgplanner.render.scene.viewport import Viewport
from cgplanner.symbology.style import Blend, Fill, Single, Style, Symbol

CRS = "EPSG:4547"
X, Y, SIDE = 400_000.0, 4_190_000.0, 100
PAPER = "#808080"


def picture(tmp_path: Path, blend: Blend) -> NDArray[np.uint8]:
    """A square over the middle of a picture whose west is red ground and whose east has none."""
    schema = Schema((Field("name", "name", FieldType.TEXT),), geometry="polygon", title="name")
    table = table_from_records(schema, [{"name": "a"}], [shapely.box(X - 20, Y - 20, X + 20, Y + 20)])
    style = Style(Single(Symbol(polygon=(Fill("#80FF80", 1.0),))), blend=blend)
    layer = Layer("areas", "面", "Areas", table, CRS, style)
    pixels = np.zeros((SIDE, SIDE, 4), np.uint8)
    pixels[:, : SIDE // 2] = (200, 40, 40, 255)
    request = SceneRequest((layer,), Viewport(X, Y, 1.0, SIDE, SIDE, "px", CRS), PAPER)
    path = tmp_path / f"{blend}.png"
    write_picture(request, path, [GroundImage(Basemap("photo", "航片", "Photo", "raster", "photo.tif"), pixels)])
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


@pytest.mark.parametrize(
    ("blend", "over_ground"), [("normal", (128, 255, 128)), ("multiply", (100, 40, 20)), ("darken", (128, 40, 40))]
)
def test_layers_blend_with_base_maps_and_not_with_the_paper(tmp_path: Path, blend: Blend, over_ground: tuple[int, ...]) -> None:
    seen = picture(tmp_path, blend).astype(int)
    assert seen[50, 40] == pytest.approx(over_ground, abs=1)
    assert tuple(seen[50, 60]) == (128, 255, 128)
    assert tuple(seen[10, 10]) == (200, 40, 40)
    assert tuple(seen[10, 90]) == (128, 128, 128)
