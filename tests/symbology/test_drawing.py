"""SVG drawings become outlines or sentences; nothing in a file is run, fetched or able to hang or crash the map."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from cgplanner.errors import UserError
from cgplanner.symbology.drawing import drawing_of, embedded
from cgplanner.symbology.glyphs import CUBIC, MOVE
from cgplanner.symbology.svg_path import parse_path, parse_transform, transformed

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 100 100">'


def svg(body: str) -> str:
    return HEAD + body + "</svg>"


def test_a_path_lies_in_the_unit_square_with_its_look() -> None:
    (outline,) = drawing_of(svg('<path d="M0 0H100V100H0Z" fill="#0a0" stroke="navy" stroke-width="4" opacity=".5"/>')).outlines
    assert outline.xy.min() == -0.5
    assert outline.xy.max() == 0.5
    assert (outline.fill, outline.stroke, outline.width) == ("#00AA00", "#000080", 0.04)
    assert (outline.fill_opacity, outline.stroke_opacity) == (0.5, 0.5)


def test_the_longer_side_of_the_view_box_is_one() -> None:
    (outline,) = drawing_of(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="10 20 200 50"><rect x="10" y="20" width="200" height="50"/></svg>'
    ).outlines
    assert np.ptp(outline.xy, axis=0).tolist() == [1.0, 0.25]
    assert abs(outline.xy[:-1].mean(axis=0)).max() < 1e-9


@pytest.mark.parametrize(
    ("data", "end"),
    [
        ("M1 1 2 2", (2, 2)),
        ("m1,1l1-1", (2, 0)),
        ("M1 1h3v-2H0", (0, -1)),
        ("M0 0C1 0 1 1 2 2S3 3 4 4", (4, 4)),
        ("M0 0q1 0 1 1t1 1", (2, 2)),
        ("M0 0a1 1 0 012 0", (2, 0)),
        ("M0 0A5 5 0 1 0 3 4", (3, 4)),
        ("M0 0L5 5z l1 0", (1, 0)),
        ("M.5.5.5 1e1", (0.5, 10)),
    ],
)
def test_path_commands_end_where_they_say(data: str, end: tuple[float, float]) -> None:
    xy, codes = parse_path(data)
    assert xy[-1].tolist() == pytest.approx(end)
    assert codes[0] == MOVE
    assert (np.diff(np.flatnonzero(codes == CUBIC))[::3] == 1).all()


def test_a_half_circle_is_round() -> None:
    xy, codes = parse_path("M-1 0A1 1 0 0 1 1 0")
    on = xy[[k for k in range(len(codes)) if codes[k] != CUBIC or (np.cumsum(codes == CUBIC)[k] % 3 == 0)]]
    assert np.hypot(*on.T) == pytest.approx(1.0)
    assert xy[:, 1].min() == pytest.approx(-1.0)  # sweep 1 runs clockwise on a page whose y goes down


def test_transforms_apply_from_right_to_left() -> None:
    moved = transformed(np.array([[1.0, 0.0]]), parse_transform("translate(10 5) rotate(90) scale(2)"))
    assert moved.tolist() == [pytest.approx([10.0, 7.0])]


def test_one_colour_replaces_all_but_none() -> None:
    first, second = drawing_of(
        svg('<path d="M0 0h9v9z" fill="red"/><circle r="9" fill="none" stroke="blue"/>'), "#123456"
    ).outlines
    assert (first.fill, first.stroke, second.fill, second.stroke) == ("#123456", "", "", "#123456")


def test_styles_classes_groups_and_uses() -> None:
    drawing = drawing_of(
        svg(
            '<style>.a{fill:#112233}</style><defs><path id="p" d="M0 0h5v5z"/></defs>'
            '<g class="a" transform="translate(10)"><use xlink:href="#p" x="5"/><path style="fill:none" d="M0 0h5v5z"/></g>'
        )
    )
    (outline,) = drawing.outlines
    assert outline.fill == "#112233"
    assert outline.xy[0].tolist() == pytest.approx([-0.35, -0.5])
    assert drawing.problems == ()


def test_holes_of_an_even_odd_fill_stay_holes() -> None:
    (outline,) = drawing_of(svg('<path fill-rule="evenodd" d="M0 0h90v90h-90z M20 20h50v50h-50z M30 30h10v10h-10z"/>')).outlines
    starts = [*np.flatnonzero(outline.codes == MOVE), len(outline.codes)]
    turns = [shapely.LinearRing(outline.xy[a:b]).is_ccw for a, b in pairwise(starts)]
    assert turns[0] == turns[2] != turns[1]


def test_what_is_not_drawn_is_said_once() -> None:
    drawing = drawing_of(
        svg(
            '<text>a</text><text>b</text><path d="M0 0h9v9z" fill="url(#g)"/><image href="x.png"/>'
            '<path filter="url(#f)" d="M0 0h9"/>'
        )
    )
    assert len(drawing.problems) == 4
    assert len(drawing.outlines) == 2
    assert drawing.outlines[0].fill == "#808080"


def test_embedding_takes_out_what_could_act() -> None:
    clean = embedded(
        svg(
            '<script>alert(1)</script><path d="M0 0h9v9z" onclick="x()"/><image href="http://example.org/a.png"/>'
            '<use xlink:href="http://example.org/#a"/><path d="M0 0h9v9z" style="fill:url(http://example.org/x)"/>'
        )
    )
    for word in ("script", "onclick", "image", "example.org"):
        assert word not in clean
    assert embedded(clean) == clean
    assert len(drawing_of(clean).outlines) == 2


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no xml",
        "<html/>",
        svg(""),
        svg("<text>only words</text>"),
        '<!DOCTYPE svg [<!ENTITY a "aaaa">]>' + svg('<path d="M0 0h9v9z"/>'),
        svg("<g>" * 5000 + "</g>" * 5000),
        svg(f'<path d="M0 0{"h1" * 30_000}z"/>'),
        svg(" " * 300_000),
    ],
    ids=["empty", "words", "html", "nothing", "text", "entities", "deep", "long", "large"],
)
def test_what_is_no_drawing_is_refused_and_drawn_as_nothing(text: str) -> None:
    with pytest.raises(UserError):
        embedded(text)
    assert drawing_of(text).outlines == ()


def test_gradients_that_point_at_each_other_end() -> None:
    loop = '<linearGradient id="a" xlink:href="#b"/><linearGradient id="b" xlink:href="#a"/>'
    assert drawing_of(svg(loop + '<path fill="url(#a)" d="M0 0h9v9z"/>')).outlines[0].fill == "#808080"


def test_a_use_of_itself_ends() -> None:
    drawing = drawing_of(svg('<g id="a"><use xlink:href="#a"/><use xlink:href="#a"/><path d="M0 0h9v9z"/></g>'))
    assert drawing.problems or drawing.outlines


FRAGMENTS = st.sampled_from(
    ["M", "m", "L", "C", "s", "Q", "t", "A", "a", "Z", "h", "1", "-2.5", "1e400", "nan", "0", "7", ",", " ", "#", "fill:", "é"]
)


@given(st.lists(FRAGMENTS, max_size=30).map("".join))
def test_any_path_data_is_drawn_or_not_but_never_fails(data: str) -> None:
    for outline in drawing_of(svg(f'<path d="{data}" transform="scale({data})" style="{data}"/>')).outlines:
        assert np.isfinite(outline.xy).all()
        assert len(outline.xy) == len(outline.codes)
