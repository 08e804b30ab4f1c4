"""Kernels against analytic areas, numpy supersampling and shapely; and that no input leads them out of the tile."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from cgplanner.geometry import compiler, kernels, plain_kernels, raster_kernels

Array = npt.NDArray[Any]

IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
WHITE = np.array([[255, 255, 255, 255]], np.uint8)
TWO = np.array([[255, 0, 0, 255], [0, 0, 255, 255]], np.uint8)


def ragged_of(geometries: Sequence[Any]) -> kernels.Ragged:
    """Rings of shapely polygons, lines and points (single or multi, None for missing) in the flat layout."""
    xy, rings, parts, rows = [], [0], [0], [0]
    for geometry in geometries:
        for part in shapely.get_parts(geometry) if geometry is not None else ():
            if part.is_empty:
                continue
            for ring in [part.exterior, *part.interiors] if part.geom_type == "Polygon" else [part]:
                xy.extend(ring.coords)
                rings.append(len(xy))
            parts.append(len(rings) - 1)
        rows.append(len(parts) - 1)
    offsets = [np.array(level, np.int64) for level in (rings, parts, rows)]
    return kernels.Ragged(np.array(xy, np.float64).reshape(-1, 2), *offsets)


def coverage(geometries: Sequence[Any], height: int = 40, width: int = 50) -> Array:
    """Exact coverage plane of polygons laid into one layer."""
    ragged = ragged_of(geometries)
    paint, cover = np.zeros((height, width, 4), np.float32), np.zeros((height, width), np.float32)
    index = np.zeros(len(ragged.part_offsets) - 1, np.int32)
    raster_kernels.fill_shapes(paint, cover, ragged.xy, ragged.ring_offsets, ragged.part_offsets, index, WHITE)
    return cover


def supersampled(geometry: Any, height: int, width: int, per: int = 48) -> Array:
    step = (np.arange(per * max(height, width)) + 0.5) / per
    x, y = np.meshgrid(step[: per * width], step[: per * height])
    inside = shapely.contains_xy(geometry, x, y)
    return inside.reshape(height, per, width, per).mean(axis=(1, 3))


def star(x: float, y: float, radii: Any, hole: float = 0.0) -> Any:
    angle = np.linspace(0, 2 * np.pi, len(radii), endpoint=False)
    direction = np.column_stack((np.cos(angle), np.sin(angle)))
    shell = direction * np.asarray(radii)[:, None] + (x, y)
    inner = direction[::-1] * np.asarray(radii)[::-1, None] * hole + (x, y)
    return shapely.Polygon(shell, [inner] if hole else [])


stars = st.builds(
    star,
    st.floats(-20, 70),
    st.floats(-20, 60),
    st.lists(st.floats(0.01, 45), min_size=5, max_size=14),
    st.sampled_from([0.0, 0.3, 0.9]),
)
TILE = shapely.box(0, 0, 50, 40)


def area_in_tile(polygon: Any) -> float:
    return shapely.intersection(shapely.make_valid(polygon), TILE).area


@given(polygon=stars, turn_shell=st.booleans(), turn_hole=st.booleans())
def test_coverage_sums_to_the_area_within_the_tile_whichever_way_rings_run(
    polygon: Any, *, turn_shell: bool, turn_hole: bool
) -> None:
    shell = polygon.exterior.coords[::-1] if turn_shell else polygon.exterior.coords
    holes = [ring.coords[::-1] if turn_hole else ring.coords for ring in polygon.interiors]
    cover = coverage([shapely.Polygon(shell, holes)])
    assert cover.sum() == pytest.approx(area_in_tile(polygon), abs=0.02)
    assert cover.min() >= 0.0
    assert cover.max() <= 1.0


def test_coverage_matches_supersampling() -> None:
    polygon = star(24.3, 19.8, [18, 9, 17, 6, 15, 12, 19, 7.5, 13], hole=0.4)
    assert np.abs(coverage([polygon]) - supersampled(polygon, 40, 50)).max() < 0.5 / 48 + 0.001


def test_neighbours_that_share_edges_leave_no_seam() -> None:
    rng = np.random.default_rng(3)
    x, y = np.meshgrid(np.linspace(-5, 55, 13), np.linspace(-5, 45, 11))
    corner = np.stack((x + rng.uniform(-1.5, 1.5, x.shape), y + rng.uniform(-1.5, 1.5, y.shape)), -1)
    rings = np.stack((corner[:-1, :-1], corner[:-1, 1:], corner[1:, 1:], corner[1:, :-1]), -2).reshape(-1, 4, 2)
    ragged = ragged_of(shapely.polygons(rings))
    image = np.zeros((40, 50, 4), np.uint8)
    classes = rng.integers(0, 2, len(rings)).astype(np.int32)
    bounds = kernels.bounds_of_rows(*ragged)
    kernels.draw_polygons_tile(image, ragged, np.arange(len(rings)), bounds, IDENTITY, kernels.Fill(TWO, classes))
    assert image[..., 3].min() == 255
    assert np.all(image[..., 0].astype(int) + image[..., 2] >= 254)


def test_small_neighbours_cover_the_ground_between_them() -> None:
    side = 60
    x, y = np.meshgrid(np.linspace(0, 40, side + 1), np.linspace(0, 40, side + 1))
    corner = np.stack((x, y), -1)
    rings = np.stack((corner[:-1, :-1], corner[:-1, 1:], corner[1:, 1:], corner[1:, :-1]), -2).reshape(-1, 4, 2)
    ragged = ragged_of(shapely.polygons(rings))
    image = np.zeros((40, 40, 4), np.uint8)
    zeros = np.zeros(len(rings), np.int32)
    bounds = kernels.bounds_of_rows(*ragged)
    fill, outline = kernels.Fill(TWO, zeros), kernels.Outline(WHITE, zeros, 1.0)
    kernels.draw_polygons_tile(image, ragged, np.arange(len(rings)), bounds, IDENTITY, fill, outline)
    assert np.all(image == [255, 0, 0, 255])


def test_a_later_feature_hides_an_earlier_one_and_glass_shows_it() -> None:
    square = shapely.box(5, 5, 30, 30)
    ragged = ragged_of([square, square])
    image = np.zeros((40, 50, 4), np.uint8)
    arrays = ragged.xy, ragged.ring_offsets, ragged.part_offsets
    kernels.fill_polygons(image, *arrays, np.array([0, 1]), TWO)
    assert image[20, 20].tolist() == [0, 0, 255, 255]
    glass = TWO.copy()
    glass[1, 3] = 128
    image[:] = 0
    kernels.fill_polygons(image, *arrays, np.array([0, 1]), glass)
    assert np.abs(image[20, 20].astype(int) - [127, 0, 128, 255]).max() <= 1


def test_a_translucent_fill_is_premultiplied_over_what_is_there() -> None:
    image = np.full((10, 10, 4), 255, np.uint8)
    ragged = ragged_of([shapely.box(0, 0, 10, 10)])
    red = np.array([[255, 0, 0, 51]], np.uint8)
    kernels.fill_polygons(image, ragged.xy, ragged.ring_offsets, ragged.part_offsets, [0], red)
    assert np.all(image == [255, 204, 204, 255])


def test_a_hole_in_a_bow_tie_and_classes_outside_the_palette() -> None:
    bow = shapely.Polygon([(5, 5), (25, 25), (25, 5), (5, 25)])
    assert coverage([bow]).sum() == pytest.approx(200, abs=0.5)
    image = np.zeros((40, 50, 4), np.uint8)
    ragged = ragged_of([bow, bow])
    kernels.fill_polygons(image, ragged.xy, ragged.ring_offsets, ragged.part_offsets, [-1, 7], WHITE)
    assert not image.any()


@pytest.mark.parametrize("far", [1e7, 1e12, 1e30, 1e300, math.inf, -math.inf, math.nan])
def test_nothing_is_written_outside_the_tile_and_nothing_hangs(far: float) -> None:
    wild = np.array([[-far, -far], [far, -7], [far, far], [20, far], [-3, 12], [-far, -far]], np.float64)
    ring, one = np.array([0, 6]), np.array([0, 1])
    ragged = kernels.Ragged(wild, ring, one, one)
    whole = np.full((30, 20, 4), 7, np.uint8)  # the tile is the middle third of the memory
    tile = whole[10:20]
    with np.errstate(all="ignore"):
        kernels.fill_polygons(tile, wild, ring, one, [0], WHITE)
        kernels.stroke_hairlines(tile, wild, ring, (255, 255, 255, 255), 1.0)
        kernels.splat_small(tile, wild[:, 0], wild[:, 1], np.abs(wild[:, 0]), np.zeros(6, int), WHITE)
        bounds = kernels.bounds_of_rows(*ragged)
        zero = np.zeros(1, np.int32)
        fill, outline = kernels.Fill(WHITE, zero), kernels.Outline(WHITE, zero, 1.0)
        kernels.draw_polygons_tile(tile, ragged, [0], bounds, IDENTITY, fill, outline)
        kernels.draw_polygons_tile(tile, ragged, [0], bounds * np.nan, IDENTITY, fill, outline)
    assert np.all(whole[:10] == 7)
    assert np.all(whole[20:] == 7)


def test_geometry_far_larger_than_the_tile_fills_it() -> None:
    image = np.zeros((10, 10, 4), np.uint8)
    ragged = ragged_of([shapely.box(-1e7, -1e7, 1e7, 1e7)])
    bounds = kernels.bounds_of_rows(*ragged)
    kernels.draw_polygons_tile(image, ragged, [0], bounds, IDENTITY, kernels.Fill(WHITE, np.zeros(1, np.int32)))
    assert np.all(image == 255)


def test_degenerate_rings_and_empty_arrays_draw_nothing() -> None:
    image = np.zeros((10, 10, 4), np.uint8)
    none, zero = np.empty((0, 2)), np.zeros(1, np.int64)
    kernels.fill_polygons(image, none, zero, zero, [], WHITE)
    kernels.stroke_hairlines(image, none, zero, (255, 0, 0, 255), 1.0)
    kernels.splat_small(image, [], [], [], [], WHITE)
    kernels.fill_polygons(image, [[1, 1]] * 5 + [[2, 2], [8, 8], [2, 2]], [0, 0, 1, 5, 8], [0, 1, 2, 3, 4], [0] * 4, WHITE)
    empty = ragged_of([None, shapely.Polygon()])
    bounds = kernels.bounds_of_rows(*empty)
    assert np.isnan(bounds).all()
    fill = kernels.Fill(WHITE, np.zeros(2, np.int32))
    kernels.draw_polygons_tile(image, empty, [0, 1], bounds, IDENTITY, fill, kernels.Outline(WHITE, np.zeros(2, np.int32), 1.0))
    shapes = kernels.to_device(*empty, [0, 1], IDENTITY, closed=True)
    assert len(shapes.xy) == len(shapes.rows) == 0
    assert not image.any()


@pytest.mark.parametrize("width", [0.5, 1.0, 1.5])
def test_a_line_is_as_dark_as_it_is_wide(width: float) -> None:
    image = np.zeros((40, 60, 4), np.uint8)
    line = np.array([[-10.0, 20.3], [70.0, 20.3]])
    kernels.stroke_hairlines(image, line, [0, 2], (0, 0, 0, 255), width)
    assert image[..., 3].sum(axis=0) / 255 == pytest.approx(width, abs=0.01)


def test_a_line_drawn_twice_in_short_pieces_is_no_darker() -> None:
    once, twice = np.zeros((2, 40, 60, 4), np.uint8)
    ends = np.array([[3.2, 4.1], [55.0, 33.7]])
    kernels.stroke_hairlines(once, ends, [0, 2], (200, 10, 10, 255), 1.0)
    pieces = ends[0] + (ends[1] - ends[0]) * np.linspace(0, 1, 97)[:, None]
    kernels.stroke_hairlines(twice, np.concatenate((pieces, ends)), [0, 97, 99], (200, 10, 10, 255), 1.0)
    assert np.abs(once.astype(int) - twice).max() <= 1


def test_hairlines_match_the_distance_to_the_line() -> None:
    line = shapely.LineString([(5, 5), (30, 9.5), (12, 33), (45, 35), (45, 2)])
    image = np.zeros((40, 50, 4), np.uint8)
    kernels.stroke_hairlines(image, np.array(line.coords), [0, 5], (255, 255, 255, 255), 1.2)
    x, y = np.meshgrid(np.arange(50) + 0.5, np.arange(40) + 0.5)
    expected = np.clip(0.6 + 0.5 - shapely.distance(line, shapely.points(x, y)), 0, 1)
    assert np.abs(image[..., 3] / 255 - expected).max() < 0.003


def test_small_features_give_their_average_colour_and_total_area() -> None:
    image = np.zeros((4, 4, 4), np.uint8)
    kernels.splat_small(image, [1.5, 1.5], [1.5, 1.5], [0.5, 0.25], [0, 1], TWO)
    assert image[1, 1].tolist() == [128, 0, 64, 191]
    image[:] = 0
    kernels.splat_small(image, [1.5] * 4, [1.5] * 4, [0.9] * 4, [0, 0, 0, 1], TWO)
    assert image[1, 1].tolist() == [191, 0, 64, 255]
    kernels.splat_small(image, [3.9], [2.0], [4.0], [0], TWO)
    assert image[1:3, 3, 3].tolist() == [255, 255]


def test_shapes_of_chosen_rows_keep_precision_at_eastings_with_a_zone() -> None:
    east, north = 37_500_000.0, 4_200_000.0
    geometries = [
        shapely.box(east, north, east + 10, north + 10),
        None,
        shapely.MultiPolygon([shapely.box(east + d, north, east + d + 3, north + 3) for d in (20, 30)]),
    ]
    shapes = kernels.to_device(
        *ragged_of(geometries), [2, 1, 0], (8.0, 0, -8.0 * east, 0, -8.0, 8.0 * (north + 10)), closed=True
    )
    assert shapes.rows.tolist() == [2, 2, 0]
    assert shapes.xy[shapes.ring_offsets[2] :].min(axis=0).tolist() == [0, 0]
    assert shapes.xy[shapes.ring_offsets[2] :].max(axis=0).tolist() == [80, 80]
    assert shapes.shape_offsets.tolist() == [0, 1, 2, 3]


def test_level_of_detail_keeps_the_same_vertices_of_a_shared_edge() -> None:
    rng = np.random.default_rng(5)
    shared = np.column_stack((np.linspace(10, 40, 400), 20 + rng.normal(0, 0.1, 400).cumsum()))
    above = shapely.Polygon([*shared, (40, 0), (10, 0)])
    below = shapely.Polygon([*shared[::-1], (10, 60), (40, 60)])
    shapes = kernels.to_device(*ragged_of([above, below]), [0, 1], IDENTITY, 0.5, closed=True)
    upper, lower = np.split(shapes.xy, shapes.ring_offsets[1:-1])
    assert len(upper) < 250
    assert {tuple(v) for v in upper if 10 < v[0] < 40} == {tuple(v) for v in lower if 10 < v[0] < 40}
    assert (upper[0] == upper[-1]).all()


@given(stars, st.floats(0.1, 3))
def test_level_of_detail_moves_no_vertex_and_strays_less_than_a_cell(polygon: Any, tolerance: float) -> None:
    shapes = kernels.to_device(*ragged_of([polygon]), [0], IDENTITY, tolerance, closed=True)
    if not len(shapes.xy):
        return
    original = np.concatenate([np.asarray(ring.coords, np.float32) for ring in (polygon.exterior, *polygon.interiors)])
    assert {tuple(v) for v in shapes.xy} <= {tuple(v) for v in original}
    shell = shapely.LineString(shapes.xy[: shapes.ring_offsets[1]])
    assert shapely.hausdorff_distance(shell, polygon.exterior) <= tolerance * 1.5 + 1e-3


def test_lines_keep_their_ends_and_collapsed_rings_their_area() -> None:
    line = shapely.LineString(np.column_stack((np.linspace(0, 0.3, 9), np.zeros(9))))
    shapes = kernels.to_device(*ragged_of([line, shapely.Point(3, 4)]), [0, 1], IDENTITY, 1.0, closed=False)
    assert shapes.ring_offsets.tolist() == [0, 2, 3]
    assert shapes.xy.tolist() == [[0, 0], [np.float32(0.3), 0], [3, 4]]
    needle = shapely.Polygon([(0.1, 0.1), (0.4, 0.45), (30, 0.2)])
    pierced = shapely.Polygon(shapely.box(0, 0, 30, 30).exterior, [shapely.box(5.1, 5.1, 5.3, 5.3).exterior])
    shapes = kernels.to_device(*ragged_of([needle, pierced]), [0, 1], IDENTITY, 1.0, closed=True)
    assert shapes.ring_offsets.tolist() == [0, 4, 9]


mixed = st.lists(
    st.one_of(
        st.none(),
        stars,
        st.builds(lambda a, b: shapely.MultiPolygon([a, b]), stars, stars),
    ),
    min_size=1,
    max_size=5,
)


@given(geometries=mixed, tolerance=st.floats(0, 4), seed=st.integers(0, 2**31), closed=st.booleans())
def test_numpy_gives_what_the_compiled_kernels_give(
    geometries: Sequence[Any], tolerance: float, seed: int, *, closed: bool
) -> None:
    ragged = ragged_of(geometries)
    rng = np.random.default_rng(seed)
    if len(ragged.xy):
        ragged.xy[rng.integers(0, len(ragged.xy), 2)] = rng.choice([np.nan, np.inf, 3.0], 2)
    rows = rng.integers(0, len(geometries), 4)
    affine = (1.3, 0.2, -4.0, 0.1, -0.8, 30.0)
    ours = kernels.to_device(*ragged, rows, affine, tolerance, closed=closed)
    plain = plain_kernels.to_device(*ragged, rows, affine, tolerance, closed)
    for mine, theirs in zip(ours, plain, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    np.testing.assert_array_equal(kernels.bounds_of_rows(*ragged, rows), plain_kernels.bounds_of_rows(*ragged, rows))


@given(mixed, st.floats(-10, 60), st.floats(-10, 60))
def test_hits_are_what_shapely_says(geometries: Sequence[Any], px: float, py: float) -> None:
    ragged, rows, point = ragged_of(geometries), np.arange(len(geometries)), shapely.Point(px, py)
    outlines = [g.boundary if g is not None else None for g in geometries]
    expected = np.nan_to_num(shapely.distance(outlines, point), nan=np.inf)
    parts = [shapely.get_parts(g) if g is not None else [] for g in geometries]
    inside = [sum(shapely.contains(p, point) for p in part) % 2 == 1 for part in parts]
    clear = expected > 1e-6
    valid = np.array([g is None or all(p.is_valid for p in shapely.get_parts(g)) for g in geometries])
    for where in (kernels, plain_kernels):
        np.testing.assert_allclose(where.nearest_distance(*ragged, rows, px, py), expected, rtol=1e-9, atol=1e-9)
        found = where.contains_point(*ragged, rows, px, py)
        np.testing.assert_array_equal(found[clear & valid], np.array(inside)[clear & valid])


def test_ring_areas_at_large_eastings() -> None:
    ring = np.array([[0, 0], [3, 0], [3, 2], [0, 2], [0, 0]]) + np.array([37_500_000.0, 4_000_000.0])
    xy = np.vstack((ring, ring[::-1], ring[:1]))
    for where in (kernels, plain_kernels):
        assert where.ring_areas(xy, np.array([0, 5, 10, 11])).tolist() == [6.0, -6.0, 0.0]


@given(st.integers(0, 2**31))
def test_a_grid_of_a_cubic_is_exact(seed: int) -> None:
    rng = np.random.default_rng(seed)
    c = rng.uniform(-1, 1, (2, 4, 4))
    nodes = np.arange(7.0) - 3
    gx, gy = (np.polynomial.polynomial.polygrid2d(nodes, nodes, k).T for k in c)
    xy = np.concatenate((rng.uniform(-3, 3, (50, 2)), [[-3, -3], [3, 3], [3.1, 0], [np.nan, 0]]))
    expected = np.column_stack([np.polynomial.polynomial.polyval2d(*xy.T, k) for k in c])
    expected[-2:] = np.nan
    for where in (kernels, plain_kernels):
        out = where.apply_grid(xy, -3.0, -3.0, 1.0, 1.0, np.ascontiguousarray(gx), np.ascontiguousarray(gy))
        np.testing.assert_allclose(out, expected, atol=1e-9)


def test_arguments_that_would_reach_outside_memory_are_refused() -> None:
    ragged = ragged_of([TILE])
    for rows in ([1], [-1]):
        with pytest.raises(IndexError):
            kernels.to_device(*ragged, rows, IDENTITY, closed=True)
    with pytest.raises(ValueError, match="C-contiguous"):
        kernels.splat_small(np.zeros((8, 8, 4), np.uint8)[:, ::2], [], [], [], [], WHITE)
    with pytest.raises(ValueError, match="4 x 4"):
        kernels.apply_grid(ragged.xy, 0, 0, 1, 1, np.zeros((3, 4)), np.zeros((3, 4)))
    with pytest.raises(ValueError, match="one entry"):
        kernels.draw_polygons_tile(
            np.zeros((8, 8, 4), np.uint8), ragged, [0], np.zeros((1, 4)), IDENTITY, kernels.Fill(WHITE, np.zeros(0, np.int32))
        )


def far_smaller_and_larger(seed: int, count: int = 60) -> kernels.Ragged:
    rng = np.random.default_rng(seed)
    shapes = [star(*rng.uniform(-5, 55, 2), rng.uniform(0.5, 20, 9), rng.choice([0.0, 0.5])) for _ in range(count)]
    shapes += [shapely.MultiPolygon([star(*rng.uniform(0, 50, 2), rng.uniform(2, 5, 6)) for _ in range(2)])]
    return ragged_of([*shapes, star(20, 20, rng.uniform(70, 90, 40))])


@pytest.mark.parametrize("width", [None, 0.6, 1.4])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_whole_numbers_give_the_picture_of_the_exact_painter(seed: int, width: float | None) -> None:
    ragged = far_smaller_and_larger(seed)
    rows = np.arange(len(ragged.row_offsets) - 1)
    bounds, classes = kernels.bounds_of_rows(*ragged), (rows % 2).astype(np.int32)
    outline = kernels.Outline(np.array([[0, 60, 0, 255], [90, 0, 90, 200]], np.uint8), classes, width) if width else None
    areas = kernels.areas(ragged, rows, bounds, IDENTITY, kernels.Fill(TWO, classes), outline)
    assert areas.is_quick()
    quick, exact = np.full((2, 40, 50, 4), 255, np.uint8)
    areas.quickly(quick, thin=False, threads=1)
    areas.exactly(exact, 0, 40, kernels.areas_of_rows(ragged), thin=False)
    off = np.abs(quick.astype(int) - exact)
    assert off.mean() < 0.8
    if width is None:
        assert off.max() <= 8, "eight levels where many shapes meet in a pixel"
    else:  # where two lines are all but equally dark, the other one may be seen
        assert (off.max(axis=2) > 8).mean() < 0.02


def test_the_quick_painter_agrees_with_itself_in_bands_threads_and_tiles() -> None:
    ragged = far_smaller_and_larger(5, 300)
    rows = np.arange(len(ragged.row_offsets) - 1)
    bounds, classes = kernels.bounds_of_rows(*ragged), (rows % 2).astype(np.int32)
    fill, outline = kernels.Fill(TWO, classes), kernels.Outline(WHITE, np.zeros(len(rows), np.int32), 0.8)
    scaled = (4.0, 0.0, 0.0, 0.0, 4.0, 0.0)
    whole, bands = np.zeros((2, 1200, 200, 4), np.uint8)
    for image, threads in ((whole, 1), (bands, 3)):
        kernels.draw_polygons_tile(image, ragged, rows, bounds, scaled, fill, outline, threads=threads)
    assert whole.any()
    assert np.array_equal(bands, whole)
    part = np.zeros((37, 61, 4), np.uint8)
    kernels.draw_polygons_tile(part, ragged, rows, bounds, (4.0, 0.0, -50.0, 0.0, 4.0, -60.0), fill, outline)
    assert np.abs(part.astype(int) - whole[60:97, 50:111]).max() <= 3


def test_a_layer_of_glass_or_of_specks_goes_the_exact_way() -> None:
    ragged = far_smaller_and_larger(1)
    rows = np.arange(len(ragged.row_offsets) - 1)
    bounds, classes = kernels.bounds_of_rows(*ragged), (rows % 2).astype(np.int32)
    glass = TWO.copy()
    glass[1, 3] = 90
    assert not kernels.areas(ragged, rows, bounds, IDENTITY, kernels.Fill(glass, classes), None).is_quick()
    far = (0.01, 0.0, 0.0, 0.0, 0.01, 0.0)
    assert not kernels.areas(ragged, rows, bounds, far, kernels.Fill(TWO, classes), None).is_quick()


def test_specks_add_up_to_their_area() -> None:
    rng = np.random.default_rng(2)
    specks = [star(*rng.uniform(5.2, 5.8, 2), [0.04] * 8) for _ in range(200)]
    ragged = ragged_of([*specks, *(shapely.box(10, 10, 30, 30) for _ in range(300))])
    rows = np.arange(200)
    bounds = kernels.bounds_of_rows(*ragged)
    image = np.zeros((40, 50, 4), np.uint8)
    areas = kernels.areas(ragged, rows, bounds, IDENTITY, kernels.Fill(WHITE, np.zeros(200, np.int32)), None)
    assert areas.is_quick()
    areas.quickly(image, thin=True, threads=1)
    assert image[5, 5, 3] / 255 == pytest.approx(sum(each.area for each in specks), abs=0.02)


def test_areas_of_rows_are_shapelys() -> None:
    holed = shapely.Polygon([(0, 0), (9, 0), (9, 9), (0, 9)], [[(1, 1), (1, 3), (4, 3), (4, 1)]])
    shapes = [holed, shapely.MultiPolygon([shapely.box(20, 0, 22, 5), holed]), None, shapely.box(3, 3, 4, 4)]
    expected = [0.0 if shape is None else shape.area for shape in shapes]
    assert kernels.areas_of_rows(ragged_of(shapes)).tolist() == pytest.approx(expected)


def test_lines_lose_vertices_only_where_these_lie_close() -> None:
    wide = [shapely.LineString([(k + 0.7 * i, 20 + (i % 2) * 0.4 + k) for i in range(20)]) for k in range(6)]
    pictures = []
    for thin in (True, False):
        ragged, image = ragged_of(wide), np.zeros((40, 50, 4), np.uint8)
        pen = kernels.Outline(WHITE, np.zeros(6, np.int32), 1.0)
        affine = (1.5, 0.0, 0.0, 0.0, 1.5, -10.0)
        kernels.draw_lines_tile(image, ragged, np.arange(6), kernels.bounds_of_rows(*ragged), affine, pen, thin=thin)
        pictures.append(image)
    assert pictures[0].any()
    assert np.array_equal(*pictures)


@pytest.mark.parametrize("width", [0.5, 1.2, 5.0])
def test_lines_match_the_distance_to_them(width: float) -> None:
    lines = [
        shapely.LineString([(5, 5), (30, 9.5), (12, 33)]),
        shapely.MultiLineString([[(45, 35), (45, 2)], [(2, 38), (9, 38)]]),
    ]
    ragged, image = ragged_of(lines), np.zeros((40, 50, 4), np.uint8)
    pen = kernels.Outline(WHITE, np.zeros(2, np.int32), width)
    kernels.draw_lines_tile(image, ragged, [0, 1], kernels.bounds_of_rows(*ragged), IDENTITY, pen, thin=False)
    x, y = np.meshgrid(np.arange(50) + 0.5, np.arange(40) + 0.5)
    distance = np.min([shapely.distance(line, shapely.points(x, y)) for line in lines], axis=0)
    expected = np.clip(0.5 * width + 0.5 - distance, 0, min(width, 1.0))
    assert np.abs(image[..., 3] / 255 - expected).max() < 0.008


def test_of_lines_that_are_equally_dark_the_first_class_is_seen() -> None:
    ragged, image = ragged_of([shapely.LineString([(5, 5.5), (30, 5.5)])] * 2), np.zeros((40, 50, 4), np.uint8)
    for classes in ([0, 1], [1, 0]):
        pen = kernels.Outline(TWO, np.array(classes, np.int32), 3.0)
        kernels.draw_lines_tile(image, ragged, [0, 1], kernels.bounds_of_rows(*ragged), IDENTITY, pen)
        assert image[5, 20].tolist() == [255, 0, 0, 255]


@pytest.mark.parametrize("far", [1e7, 1e12, 1e300, math.inf, math.nan])
def test_lines_with_wild_vertices_stay_in_the_tile(far: float) -> None:
    wild = np.array([[-far, 5.5], [20, 5.5], [far, far], [3, 12], [3, -far]], np.float64)
    one = np.array([0, 1])
    ragged = kernels.Ragged(wild, np.array([0, 5]), one, one)
    whole = np.full((30, 20, 4), 7, np.uint8)
    pen = kernels.Outline(WHITE, np.zeros(1, np.int32), 1.0)
    box = np.array([[-1e9, -1e9, 1e9, 1e9]])
    kernels.draw_lines_tile(whole[10:20], ragged, [0], box, IDENTITY, pen)
    assert np.all(whole[:10] == 7)
    assert np.all(whole[20:] == 7)
    assert (whole[10:20] > 100).any()


def test_threads_draw_the_same_tiles_as_one() -> None:
    polygons = [star(x, y, [6, 3, 5, 4, 6], 0.4) for x in range(0, 50, 7) for y in range(0, 40, 7)]
    ragged, rows = ragged_of(polygons), np.arange(len(polygons))
    bounds, classes = kernels.bounds_of_rows(*ragged), rows.astype(np.int32) % 2
    images = np.zeros((5, 40, 50, 4), np.uint8)

    def draw(image: Array) -> None:
        fill, outline = kernels.Fill(TWO, classes), kernels.Outline(TWO, classes, 0.8)
        kernels.draw_polygons_tile(image, ragged, rows, bounds, IDENTITY, fill, outline)

    draw(images[0])
    threads = [threading.Thread(target=draw, args=(image,)) for image in images[1:]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert images[0].any()
    assert all(np.array_equal(images[0], image) for image in images[1:])


def test_the_warm_kernels_say_so() -> None:
    assert kernels.available()
    assert kernels.warm_up()
    assert kernels.is_warm()
    assert kernels.why_plain() == ""


def test_a_package_that_cannot_be_written_keeps_compiled_code_with_the_user(tmp_path: Path) -> None:
    assert compiler.cache_folder(tmp_path) is None
    blocked = tmp_path / "file"
    blocked.write_text("a file is no folder")
    folder = compiler.cache_folder(blocked)
    assert folder is not None
    assert folder.parts[-2:] == ("cgplanner", "numba")


PLAIN = """
import sys
import numpy as np
from cgplanner.geometry import kernels
assert not kernels.available() and not kernels.warm_up() and not kernels.is_warm()
assert "CGPLANNER_NO_NUMBA" in kernels.why_plain()
with np.load(sys.argv[1]) as data:
    ragged = kernels.Ragged(*(data[name] for name in kernels.Ragged._fields))
image = np.zeros((24, 30, 4), np.uint8)
rows = np.arange(len(ragged.row_offsets) - 1)
palette = np.array([[200, 30, 30, 255], [30, 60, 200, 128]], np.uint8)
classes = (rows % 2).astype(np.int32)
fill, outline = kernels.Fill(palette, classes), kernels.Outline(palette[::-1], classes, 0.7)
affine = (0.6, 0.05, 0.0, -0.05, 0.6, 0.5)
kernels.draw_polygons_tile(image, ragged, rows, kernels.bounds_of_rows(*ragged), affine, fill, outline)
assert "numba" not in sys.modules
np.save(sys.argv[2], image)
"""


def test_without_numba_the_pixels_are_the_same(tmp_path: Path) -> None:
    rng = np.random.default_rng(11)
    polygons = [star(*rng.uniform(0, 45, 2), rng.uniform(1, 9, 8), 0.5) for _ in range(12)]
    polygons += [star(*rng.uniform(0, 45, 2), rng.uniform(0.1, 1.0, 5)) for _ in range(20)]
    ragged = ragged_of([None, *polygons])
    np.savez(tmp_path / "layer.npz", **ragged._asdict())
    images = []
    for off in ("1", "0"):
        out, script = tmp_path / f"{off}.npy", PLAIN
        if off == "0":
            script = "\n".join(line for line in PLAIN.splitlines() if not line.startswith("assert"))
        environment = {**os.environ, "CGPLANNER_NO_NUMBA": off}
        command = [sys.executable, "-W", "error", "-c", script, str(tmp_path / "layer.npz"), str(out)]
        subprocess.run(command, env=environment, check=True, timeout=300)
        images.append(np.load(out).astype(int))
    assert images[0].any()
    assert np.abs(images[0] - images[1]).max() <= 1
