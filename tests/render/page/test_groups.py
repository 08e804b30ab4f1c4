"""Opacity and blend mode act on a layer as a whole: one transparency group in the file, one picture on the page."""

from __future__ import annotations

import io

import matplotlib as mpl
import numpy as np
import pikepdf
import pytest
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from page_prints import MOMENT

from cgplanner.layout.page import Box
from cgplanner.render.page.finish import About, finished
from cgplanner.render.page.fonts import page_settings
from cgplanner.render.page.preview import preview
from cgplanner.render.page.sheet import Sheet
from cgplanner.symbology.style import Blend


def page(blend: Blend, opacity: float = 1.0, *, long: bool = False) -> bytes:
    """Return a page with a blue box, and above it a group of an orange box with a red one on it."""
    with page_settings():
        sheet = Sheet(60, 40)
        with sheet.group(needed=blend != "normal"):
            with sheet.layer("below"):
                sheet.rectangle(Box(5, 5, 30, 30), fill="#0000FF")
            with sheet.layer("above"), sheet.group(opacity, blend):
                ring = np.array([[20, 5], [50, 5], [50, 35], [20, 35], [20, 5]], np.float64)
                codes = np.array([1, 2, 2, 2, 79], np.uint8)
                sheet.path(ring, codes, fill="#FFA000", key="ring" if long else None)
                sheet.rectangle(Box(25, 10, 20, 20), fill="#FF0000")
        ink = io.BytesIO()
        FigureCanvasPdf(sheet.figure).print_pdf(ink, metadata={"CreationDate": None})
    return finished(
        ink.getvalue(),
        About("t", "s", "a", "en", MOMENT),
        paths=sheet.bulk_paths,
        groups=sheet.groups,
        layers=sheet.layers,
        bookmarks=[],
        georeference=None,
    )


def colours(content: bytes) -> dict[str, tuple[int, ...]]:
    pixels = preview(content, 25.4 * 4)
    places = {"paper": (2, 2), "blue": (10, 20), "orange": (47, 8), "red": (30, 20), "both": (22, 8), "red alone": (40, 20)}
    return {name: tuple(int(each) for each in pixels[y * 4, x * 4, :3]) for name, (x, y) in places.items()}


@pytest.mark.parametrize("long", [False, True], ids=["short", "long"])
def test_opacity_is_that_of_the_whole(long: bool) -> None:  # noqa: FBT001  pytest hands it over
    seen = colours(page("normal", 0.5, long=long))
    assert seen["red alone"] == pytest.approx((255, 128, 128), abs=2)  # no orange shines through the red
    assert seen["orange"] == pytest.approx((255, 208, 128), abs=2)
    assert seen["both"] == pytest.approx((128, 80, 128), abs=2)
    assert seen["blue"] == (0, 0, 255)


@pytest.mark.parametrize(
    ("blend", "both", "red"),
    [
        ("multiply", (0, 0, 0), (0, 0, 0)),
        ("screen", (255, 160, 255), (255, 0, 255)),
        ("darken", (0, 0, 0), (0, 0, 0)),
        ("lighten", (255, 160, 255), (255, 0, 255)),
        ("overlay", (0, 0, 255), (0, 0, 255)),
    ],
)
def test_blend_modes_meet_the_layer_below_and_not_the_paper(blend: Blend, both: tuple[int, ...], red: tuple[int, ...]) -> None:
    seen = colours(page(blend))
    assert seen["both"] == pytest.approx(both, abs=2)
    assert seen["red"] == pytest.approx(red, abs=2)
    assert seen["orange"] == pytest.approx((255, 160, 0), abs=2)
    assert seen["paper"] == (255, 255, 255)


def test_layers_can_still_be_switched_and_nothing_is_left_of_the_marks() -> None:
    content = page("multiply", 0.5, long=True)
    with pikepdf.open(io.BytesIO(content)) as pdf:
        assert [str(each.Name) for each in pdf.Root.OCProperties.OCGs] == ["below", "above"]
        outer = pdf.pages[0].Resources.XObject["/Group0"]
        inner = outer.Resources.XObject["/Group1"]
        assert inner.Group.S == "/Transparency"
        assert outer.Resources.ExtGState["/Group1"].BM == "/Multiply"
        assert "/Properties" in outer.Resources
        for stream in (*pdf.pages[0].Contents, outer, inner):
            assert b"%@" not in stream.read_bytes()


def test_without_need_there_is_no_group() -> None:
    with pikepdf.open(io.BytesIO(page("normal"))) as pdf:
        assert "/Group0" not in pdf.pages[0].Resources.get("/XObject", {})


def test_pixels_lie_where_they_should() -> None:
    with page_settings(), mpl.rc_context({"pdf.compression": 0}):
        sheet = Sheet(40, 40)
        pixels = np.zeros((2, 2, 4), np.uint8)
        pixels[0, 0] = (255, 0, 0, 255)
        pixels[1, 1] = (0, 0, 255, 128)
        sheet.image(pixels, Box(10, 10, 20, 20))
        ink = io.BytesIO()
        FigureCanvasPdf(sheet.figure).print_pdf(ink, metadata={"CreationDate": None})
    seen = preview(ink.getvalue(), 25.4)[..., :3]
    assert seen[15, 15].tolist() == [255, 0, 0]
    assert seen[25, 25].tolist() == pytest.approx([127, 127, 255], abs=2)
    assert seen[15, 25].tolist() == [255, 255, 255]
    assert seen[5, 5].tolist() == [255, 255, 255]
