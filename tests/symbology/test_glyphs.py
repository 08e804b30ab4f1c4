"""Marker glyphs are outlines that every painter fills alike."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from cgplanner.resources import resource_path
from cgplanner.symbology.glyphs import CLOSE, CUBIC, LINE, MOVE, Contour, glyph, glyph_names, parse_outline

WANTED = [
    *("airport", "rail", "road", "energy", "digital", "logistics", "meeting", "cooperation", "hydrogen", "power", "water"),
    *("scenic", "town", "culture", "village", "wellness", "education", "factory", "chain", "star", "telecom", "leaf"),
]


def flattened(contour: Contour) -> shapely.Polygon:
    vertices, codes = contour
    parameter = np.linspace(0, 1, 9)[1:, None]
    points = [vertices[0]]
    at = 1
    while at < len(codes):
        if codes[at] == CUBIC:
            p0, (p1, p2, p3) = points[-1], vertices[at : at + 3]
            t, s = parameter, 1 - parameter
            points.extend(s**3 * p0 + 3 * s**2 * t * p1 + 3 * s * t**2 * p2 + t**3 * p3)
            at += 3
        else:
            points.append(vertices[at])
            at += 1
    return shapely.Polygon(points)


def test_the_family_is_complete() -> None:
    assert set(glyph_names()) == set(WANTED)
    assert list(glyph_names()) == sorted(WANTED)


@pytest.mark.parametrize("name", WANTED)
def test_contours_are_closed_frozen_and_inside_the_square(name: str) -> None:
    shape = glyph(name)
    assert shape.name == name
    assert shape is glyph(name)
    for vertices, codes in shape.contours:
        assert vertices.dtype == np.float64
        assert codes.dtype == np.uint8
        assert vertices.shape == (len(codes), 2)
        assert np.abs(vertices).max() <= 0.5
        assert codes[0] == MOVE
        assert codes[-1] == CLOSE
        assert (vertices[0] == vertices[-1]).all()
        assert not vertices.flags.writeable
        assert not codes.flags.writeable


@pytest.mark.parametrize("name", WANTED)
def test_both_fill_rules_paint_the_same(name: str) -> None:
    """A point is inside one contour more of one direction, or of none: winding numbers are 0 and 1 only."""
    polygons = [flattened(contour) for contour in glyph(name).contours]
    assert all(polygon.is_valid for polygon in polygons)
    outer = [polygon for polygon in polygons if polygon.exterior.is_ccw]
    holes = [polygon for polygon in polygons if not polygon.exterior.is_ccw]
    assert outer
    filled = shapely.union_all(outer)
    assert filled.area == pytest.approx(sum(polygon.area for polygon in outer))
    hollow = shapely.union_all(holes)
    assert hollow.area == pytest.approx(sum(polygon.area for polygon in holes))
    assert hollow.difference(filled.buffer(1e-9)).area == pytest.approx(0.0)


@pytest.mark.parametrize("name", WANTED)
def test_a_glyph_takes_its_room_and_leaves_some(name: str) -> None:
    left, top, right, bottom = shapely.total_bounds([flattened(contour) for contour in glyph(name).contours])
    assert max(right - left, bottom - top) >= 0.65
    assert abs(left + right) <= 0.125
    assert abs(top + bottom) <= 0.125


@pytest.mark.parametrize("name", WANTED)
def test_a_file_takes_the_colour_of_its_surroundings(name: str) -> None:
    text = resource_path("glyphs", f"{name}.svg").read_text(encoding="utf-8")
    assert 'fill="currentColor"' in text
    assert 'viewBox="0 0 16 16"' in text
    assert "stroke" not in text
    assert text.count("<path ") == 1


def test_curves_take_three_vertices() -> None:
    ((vertices, codes),) = parse_outline("M0 0L16 0C16 8 12,16 8 16Z")
    assert codes.tolist() == [MOVE, LINE, CUBIC, CUBIC, CUBIC, CLOSE]
    assert vertices.tolist() == [[-0.5, -0.5], [0.5, -0.5], [0.5, 0.0], [0.25, 0.5], [0.0, 0.5], [-0.5, -0.5]]


@pytest.mark.parametrize(
    "outline", ["", "Z", "M0 0", "L1 1L2 2Z", "M0 0L1Z", "M0 0l1 1Z", "M0 0H4Z", "M0 0C1 1 2 2Z", "M0 0L1 1ZL2 2Z"]
)
def test_anything_else_is_refused(outline: str) -> None:
    with pytest.raises(ValueError, match=r"contour|not understood"):
        parse_outline(outline)


def test_an_unknown_name_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        glyph("../icons/app")


@given(st.lists(st.tuples(st.integers(0, 1600), st.integers(0, 1600)), min_size=3, max_size=12))
def test_numbers_come_back(points: list[tuple[int, int]]) -> None:
    numbers = [(x / 100, y / 100) for x, y in points]
    outline = "M" + "L".join(f"{x:g} {y:g}" for x, y in numbers) + "Z"
    ((vertices, codes), second) = parse_outline(outline * 2)
    np.testing.assert_allclose((vertices[:-1] + 0.5) * 16, numbers, atol=1e-12)
    assert codes.tolist() == [MOVE] + [LINE] * (len(points) - 1) + [CLOSE]
    np.testing.assert_array_equal(second[0], vertices)
