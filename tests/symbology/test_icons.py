"""Icons are one family: a 24 grid, 1.5 strokes, the colour of the theme."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from cgplanner.resources import resource_path

SVG = "{http://www.w3.org/2000/svg}"
NAMES = [
    *("new", "open", "save", "save-as", "import", "export", "print", "undo", "redo", "copy", "delete", "refresh"),
    *(
        "pan",
        "select",
        "select-box",
        "identify",
        "move",
        "move-label",
        "vertex",
        "add-point",
        "add-line",
        "add-polygon",
        "measure",
    ),
    *("zoom-in", "zoom-out", "zoom-box", "full-extent", "zoom-layer", "zoom-selection", "eye", "eye-off", "lock"),
    *("layers", "table", "inspector", "search", "settings", "language", "sun", "moon", "keyboard", "help", "home"),
    *("close", "chevron-down", "chevron-right", "chevron-up", "plus", "minus", "check", "warning", "info", "error"),
    *("filter", "sort-asc", "sort-desc", "drag", "more", "image", "folder", "style"),
    *("bookmark", "go-to", "graticule", "measure-area", "overview", "scale-bar"),
    *("point-layer", "line-layer", "polygon-layer", "table-layer"),
]


def test_the_family_is_complete() -> None:
    assert {path.stem for path in resource_path("icons").glob("*.svg")} == {*NAMES, "app"}


@pytest.mark.parametrize("name", NAMES)
def test_an_icon_keeps_the_rules_of_the_family(name: str) -> None:
    root = ET.fromstring(resource_path("icons", f"{name}.svg").read_text(encoding="utf-8"))  # noqa: S314  our own file
    wanted = {"viewBox": "0 0 24 24", "fill": "none", "stroke": "currentColor", "stroke-width": "1.5"}
    assert wanted.items() <= root.attrib.items()
    assert (root.get("stroke-linecap"), root.get("stroke-linejoin")) == ("round", "round")
    for shape in root:
        assert shape.tag in {f"{SVG}path", f"{SVG}circle", f"{SVG}rect"}
        if shape.get("fill"):
            assert shape.tag == f"{SVG}circle"
            assert float(shape.attrib["r"]) < 2, "only tiny dots are filled"


def test_the_image_of_the_program_is_256_px_square() -> None:
    header = Path(resource_path("icons", "app.png")).read_bytes()[:24]
    assert header[:8] == b"\x89PNG\r\n\x1a\n"
    assert [int.from_bytes(header[at : at + 4]) for at in (16, 20)] == [256, 256]
