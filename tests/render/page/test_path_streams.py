"""Long paths are written once, as streams of their own, and look as matplotlib would have drawn them."""

from __future__ import annotations

import io
import re

import numpy as np
import pikepdf
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from page_prints import MOMENT

from cgplanner.layout.briefing import briefing_layout
from cgplanner.model.layer import Layer
from cgplanner.model.schema import Schema
from cgplanner.model.table import table_from_records
from cgplanner.model.workspace import Workspace
from cgplanner.render.page import paths
from cgplanner.render.page.path_streams import CLOSE, LINE, MOVE, UNIT_PT, bulk_path, compressed_all, split_at_marks
from cgplanner.render.page.preview import preview
from cgplanner.render.page.printing import page_pdf
from cgplanner.symbology.style import Fill, Line, Single, Style, Symbol

places = st.tuples(st.floats(-2000, 4000), st.floats(-2000, 4000))


@given(st.lists(st.lists(places, min_size=4, max_size=9), min_size=1, max_size=5))
def test_operators_say_where_the_points_are(rings: list[list[tuple[float, float]]]) -> None:
    points = np.array([point for ring in rings for point in [*ring, ring[0]]])
    codes = np.array([code for ring in rings for code in [MOVE, *[LINE] * (len(ring) - 1), CLOSE]], np.uint8)
    bulk = bulk_path(0, points, codes)
    found = re.findall(rb"(?:(\d+) (\d+) )?\s*([mlh])\n", bulk.operators())
    assert [letter for _, _, letter in found] == [{MOVE: b"m", LINE: b"l", CLOSE: b"h"}[int(code)] for code in codes]
    read = np.array([(int(x), int(y)) for x, y, letter in found if letter != b"h"]) * UNIT_PT + (bulk.x, bulk.y)
    np.testing.assert_allclose(read, points[codes != CLOSE], atol=UNIT_PT / 2 + 1e-9)


def test_content_is_split_at_its_marks() -> None:
    points, codes = np.zeros((2, 2)), np.array([MOVE, LINE], np.uint8)
    marks = [bulk_path(number, points, codes).mark for number in (0, 1)]
    assert list(split_at_marks(b"q\n" + marks[1] + b"S Q\n" + marks[0] + marks[1])) == [b"q\n", 1, b"S Q\n", 0, 1]
    assert compressed_all([]) == []


def parcels(opacity: float, dash: tuple[float, ...]) -> Workspace:
    squares = [
        shapely.box(112 + x / 100, 37 + y / 100, 112.008 + x / 100, 37.008 + y / 100) for x in range(30) for y in range(30)
    ]
    ring = shapely.Point(112.15, 37.15).buffer(0.05) - shapely.Point(112.15, 37.15).buffer(0.02)
    style = Style(Single(Symbol(polygon=(Fill("#3FA66B", opacity), Line("#402010", 1.5, dash, opacity=opacity)))))
    table = table_from_records(Schema(), [{}] * 901, [*squares, ring])
    return Workspace((Layer("p", "地块", "Parcels", table, "EPSG:4490", style),))


@pytest.mark.parametrize(("opacity", "dash"), [(1.0, ()), (0.5, (6.0, 2.0))])
def test_the_page_looks_as_matplotlib_would_have_it(
    opacity: float, dash: tuple[float, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, layout = parcels(opacity, dash), briefing_layout("A4")
    streamed = page_pdf(workspace, layout, moment=MOMENT)[0]
    monkeypatch.setattr(paths, "BULK", 10**9)
    plain = page_pdf(workspace, layout, moment=MOMENT)[0]
    assert len(streamed) < len(plain)
    difference = np.abs(preview(streamed, 150).astype(int) - preview(plain, 150).astype(int))
    assert difference.max() <= 40
    assert difference.mean() < 0.2


def test_fill_and_edge_share_a_stream() -> None:
    content = page_pdf(parcels(1.0, ()), briefing_layout("A4"), moment=MOMENT)[0]
    with pikepdf.open(io.BytesIO(content)) as pdf:
        streams = [part.objgen for part in pdf.pages[0].Contents]
        operators = [str(part.operator) for part in pikepdf.parse_content_stream(pdf.pages[0])]
    assert len(streams) == len(set(streams)) + 1
    assert operators.count("m") >= 2 * 901
