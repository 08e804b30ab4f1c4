"""What we write into matplotlib's PDF by hand: readable text under halo, slant and spacing, and a renderer none the wiser."""

from __future__ import annotations

import io
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pikepdf
import pytest
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from page_prints import said

from cgplanner.geometry.text_extent import text_width
from cgplanner.layout.page import Box
from cgplanner.render.page.fonts import FAMILY, page_settings, printable
from cgplanner.render.page.pdf_operators import Ink
from cgplanner.render.page.preview import preview
from cgplanner.render.page.sheet import PT_PER_MM, Sheet, Stroke

DPI = 144


def saved(sheet: Sheet) -> bytes:
    out = io.BytesIO()
    FigureCanvasPdf(sheet.figure).print_pdf(out, metadata={"CreationDate": None})
    return out.getvalue()


def drawn(**look: object) -> tuple[bytes, np.ndarray]:
    with page_settings():
        sheet = Sheet(100, 40)
        sheet.rectangle(Box(0, 0, 100, 40), fill="#E0F0E0")
        spoken = "汾河 Fen" if look.get("spacing") else ""
        sheet.runs([("汾河 Fen", 20.0, 20.0, 0.0)], Ink(12.0, "#102030", **look), spoken)  # type: ignore[arg-type]
        sheet.rectangle(Box(90, 30, 5, 5), fill="#C00000", stroke=Stroke("#000000", 0.2))
        content = saved(sheet)
    return content, preview(content, DPI)[:, :, :3].astype(int)


@pytest.mark.parametrize(
    "look", [{}, {"halo": 2.0, "halo_color": "#FFFFFF"}, {"italic": True}, {"spacing": 0.4}, {"bold": True}]
)
def test_text_of_any_look_can_be_copied(look: dict[str, object], tmp_path: Path) -> None:
    (tmp_path / "text.pdf").write_bytes(drawn(**look)[0])
    assert said("pdftotext", "-raw", tmp_path / "text.pdf", "-").strip() == "汾河 Fen"


def test_a_halo_is_light_round_dark_characters() -> None:
    plain, haloed = drawn()[1], drawn(halo=2.0)[1]
    assert (plain.sum(axis=2) > 750).sum() == 0
    assert (haloed.sum(axis=2) > 750).sum() > 300
    dark = [(picture.sum(axis=2) < 200).sum() for picture in (plain, haloed)]
    assert dark[0] == pytest.approx(dark[1], rel=0.05)


def ink_columns(picture: np.ndarray) -> tuple[int, int]:
    columns = np.flatnonzero((picture.sum(axis=2) < 300).any(axis=0))
    columns = columns[columns < 85 / 25.4 * DPI]
    return int(columns[0]), int(columns[-1])


def test_spacing_and_widths_are_those_that_labels_were_placed_with() -> None:
    for spacing in (0.0, 0.4):
        first, last = ink_columns(drawn(spacing=spacing)[1])
        width = text_width("汾河 Fen", letter_spacing=spacing) * 12.0 / 72 * DPI
        assert 0 <= width - (last - first) <= 0.3 * 12.0 / 72 * DPI  # ink is narrower by the bearings of its ends


def test_what_comes_after_keeps_its_own_look() -> None:
    for look in ({}, {"halo": 2.0}, {"italic": True, "spacing": 0.4}):
        picture = drawn(**look)[1]
        y, x = round(32.5 / 25.4 * DPI), round(92.5 / 25.4 * DPI)
        assert picture[y, x].tolist() == [192, 0, 0]


def test_operators_come_in_pairs() -> None:
    with page_settings():
        sheet = Sheet(100, 40)
        with sheet.layer("一层"), sheet.inside(Box(10, 10, 50, 20), 0.5):
            sheet.rectangle(Box(0, 0, 10, 10), fill="#FF0000")
            sheet.text(5, 5, "字", 4, spacing=0.2)
        content = saved(sheet)
    with pikepdf.open(io.BytesIO(content)) as pdf:
        operators = [str(part.operator) for part in pikepdf.parse_content_stream(pdf.pages[0])]
    assert operators.count("q") == operators.count("Q")
    assert operators.count("BDC") == operators.count("EMC") == 2
    assert sheet.layers == [("Layer1", "一层")]


def test_clip_and_scale_hold_inside_a_box() -> None:
    with page_settings():
        sheet = Sheet(100, 40)
        with sheet.inside(Box(10, 10, 20, 20), 0.5):
            sheet.rectangle(Box(-10, -10, 30, 30), fill="#000000")
        dark = np.argwhere(preview(saved(sheet), 254)[:, :, 0] < 128) / 10
    assert dark.min(axis=0) == pytest.approx([10, 10], abs=0.15)
    assert dark.max(axis=0) == pytest.approx([20, 20], abs=0.15)


def test_matplotlib_gets_its_settings_back() -> None:
    before = mpl.rcParams["pdf.fonttype"], mpl.rcParams["font.family"]
    with page_settings():
        assert (mpl.rcParams["pdf.fonttype"], mpl.rcParams["font.family"]) == (42, FAMILY)
    assert (mpl.rcParams["pdf.fonttype"], mpl.rcParams["font.family"]) == before


def test_characters_that_no_font_has_are_marked() -> None:
    assert printable("太\U0001fae0原\tł") == "太〓原 ł"
    assert printable("Xiong’an, “雄安’”") == "Xiong'an, “雄安’”", "a curly apostrophe is an em wide in a Chinese font"
    assert pytest.approx(2.8346, abs=1e-4) == PT_PER_MM
