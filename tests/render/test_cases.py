"""Render cases: folders with a question as data, the display list it gives as text, and the picture.

``CGPLANNER_UPDATE_CASES=1`` writes the expectations anew; look at the pictures before committing them. A picture may differ
from the kept one by two grey levels on average and by much in at most 2 of 1000 pixels: rasterisers round differently.

Every question is answered on paper, too, and the page laid beside the screen's picture, both at 192 dots to the inch: they may
differ by 1.5 grey levels on average and by a quarter of the range in at most 1 of 100 pixels, which is what hinting and
antialiasing of text and edges leave; without labels by 0.6 and in at most 3 of 1000.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from on_paper import in_millimetres, paper_pixels
from PySide6.QtGui import QImage

from cgplanner.model.layer import Layer
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import table_from_records
from cgplanner.render.qt.paint import to_image
from cgplanner.render.scene.build import build
from cgplanner.render.scene.display_text import as_text
from cgplanner.render.scene.request import PAPER, SceneRequest
from cgplanner.render.scene.viewport import Viewport
from cgplanner.symbology.style import MM_PER_PX, style_from_json

CASES = Path(__file__).parent / "cases"
UPDATE = os.environ.get("CGPLANNER_UPDATE_CASES") == "1"
RATIO, QUARTER = 2.0, 64
MEAN_DIFFERENCE, MUCH, SHARE_OF_MUCH = 2.0, 48, 0.002


def layer_of(data: dict[str, Any]) -> Layer:
    fields = tuple(Field(name, name, FieldType(kind)) for name, kind in data.get("fields", {}).items())
    records = [{key: value for key, value in feature.items() if key != "wkt"} for feature in data["features"]]
    with np.errstate(invalid="ignore"):  # a case about vertices that are no numbers
        shapes = [shapely.from_wkt(feature["wkt"]) if feature["wkt"] else None for feature in data["features"]]
    table = table_from_records(Schema(fields), records, shapes)
    style = style_from_json(data["style"])
    return Layer(data["id"], data["id"], data["id"], table, data.get("crs", ""), style, opacity=data.get("opacity", 1.0))


def request_of(data: dict[str, Any]) -> SceneRequest:
    theme = data.get("theme", "light")
    return SceneRequest(
        tuple(layer_of(layer) for layer in data["layers"]),
        Viewport(**data["viewport"]),
        background=PAPER[theme],
        language=data.get("language", "zh"),
        theme=theme,
    )


def pixels(image: QImage) -> np.ndarray[Any, np.dtype[np.int16]]:
    image = image.convertToFormat(QImage.Format.Format_RGBA8888)
    flat = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return flat[:, : 4 * image.width()].astype(np.int16)


@pytest.mark.parametrize("folder", sorted(path.parent for path in CASES.glob("*/case.json")), ids=lambda path: path.name)
def test_case(folder: Path, qapp: object) -> None:
    drawn = build(request_of(json.loads((folder / "case.json").read_text(encoding="utf-8"))))
    text, image = as_text(drawn), to_image(drawn)
    if UPDATE:
        (folder / "expected.txt").write_text(text, encoding="utf-8")
        assert image.save(str(folder / "expected.png"))
    assert text == (folder / "expected.txt").read_text(encoding="utf-8")
    wanted = QImage(str(folder / "expected.png"))
    assert (image.width(), image.height()) == (wanted.width(), wanted.height())
    difference = np.abs(pixels(image) - pixels(wanted))
    assert difference.mean() <= MEAN_DIFFERENCE
    assert (difference > MUCH).mean() <= SHARE_OF_MUCH


ON_PAPER = [path.parent for path in sorted(CASES.glob("*/case.json")) if path.parent.name != "paper_millimetres"]


@pytest.mark.parametrize("folder", ON_PAPER, ids=lambda path: path.name)  # the one left out is no whole pixels wide
def test_paper_agrees_with_the_screen(folder: Path, qapp: object) -> None:
    request = request_of(json.loads((folder / "case.json").read_text(encoding="utf-8")))
    image = to_image(build(in_millimetres(request)), RATIO / MM_PER_PX)
    screen = pixels(image).reshape(image.height(), image.width(), 4)[..., :3]
    paper = paper_pixels(request, RATIO)
    assert abs(np.array(screen.shape) - paper.shape).max() <= 1
    height, width = np.minimum(screen.shape, paper.shape)[:2]
    difference = np.abs(screen[:height, :width] - paper[:height, :width])
    mean, share = (1.5, 0.01) if "labels" in folder.name else (0.6, 0.003)
    assert difference.mean() <= mean
    assert (difference > QUARTER).any(axis=2).mean() <= share


def test_there_are_cases() -> None:
    assert len(list(CASES.glob("*/case.json"))) >= 50


def test_a_case_would_notice_another_picture(qapp: object) -> None:
    wanted = pixels(QImage(str(CASES / "fills_and_holes" / "expected.png")))
    other = pixels(QImage(str(CASES / "band" / "expected.png")))
    assert np.abs(wanted - other).mean() > MEAN_DIFFERENCE
