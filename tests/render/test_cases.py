"""Render cases: folders with a question as data, the display list it gives as text, and the picture.

``CGPLANNER_UPDATE_CASES=1`` writes the expectations anew; look at the pictures before committing them. A picture may differ
from the kept one by two grey levels on average and by much in at most 2 of 1000 pixels: rasterisers round differently.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from PySide6.QtGui import QImage

from cgplanner.model.layer import Layer
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import table_from_records
from cgplanner.render.qt.paint import to_image
from cgplanner.render.scene.build import build
from cgplanner.render.scene.display_text import as_text
from cgplanner.render.scene.request import PAPER, SceneRequest
from cgplanner.render.scene.viewport import Viewport
from cgplanner.symbology.style import style_from_json

CASES = Path(__file__).parent / "cases"
UPDATE = os.environ.get("CGPLANNER_UPDATE_CASES") == "1"
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


def test_there_are_cases() -> None:
    assert len(list(CASES.glob("*/case.json"))) >= 14


def test_a_case_would_notice_another_picture(qapp: object) -> None:
    wanted = pixels(QImage(str(CASES / "fills_and_holes" / "expected.png")))
    other = pixels(QImage(str(CASES / "band" / "expected.png")))
    assert np.abs(wanted - other).mean() > MEAN_DIFFERENCE
