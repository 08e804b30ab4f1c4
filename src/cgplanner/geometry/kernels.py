"""The door to the compiled kernels: checks arguments, loads numba at the first call, says when there is none.

Nothing heavy is imported here; the first call of a kernel takes numba's 0.7 s and, on a new machine, seconds of compiling:
call :func:`warm_up` in the background and draw with something else until :func:`is_warm`. All kernels release the GIL and
keep no state, so threads may run them on images of their own at the same time.

Without numba (or with ``CGPLANNER_NO_NUMBA=1``) the functions over coordinates run in numpy. The painters still give the same
pixels, as uncompiled Python: right for a test and far too slow for a map, so :func:`available` says no and callers use Qt.

Flat layout everywhere: ``xy`` float64 (v, 2); ``ring_offsets`` int64 into ``xy``; ``part_offsets`` into rings; ``row_offsets``
into parts. Images are uint8 (h, w, 4), premultiplied RGBA, C-contiguous, drawn upon in place. Palettes are uint8 (k, 4),
straight alpha; a class below 0 or beyond the palette is not drawn. Pixel (0, 0) covers 0..1, y down.

Fills: exact area coverage, non-zero within a ring, holes cut out whichever way rings run. Neighbours that share an edge add
up to full coverage, so there are no seams; where a later feature overlaps, it hides the earlier one.
"""

from __future__ import annotations

from functools import partial
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from cgplanner.geometry.kernel_arguments import (
    NO_ROWS,
    Affine,
    Array,
    Fill,
    Floats,
    Ints,
    Outline,
    Ragged,
    Shapes,
    box_kernels,
    checked_image,
    checked_rows,
    colours,
    fixed,
    layout_of,
    raster_kernels,
    shape_kernels,
    six,
    stamp_kernels,
)
from cgplanner.geometry.tile_painter import (
    Areas,
    areas,
    areas_of_rows,
    draw_lines_tile,
    draw_polygons_tile,
    planes,
    side_by_side,
    stroke,
)
from cgplanner.text import tr

__all__ = [
    "Affine",
    "Areas",
    "Fill",
    "Floats",
    "Ints",
    "Outline",
    "Ragged",
    "Shapes",
    "apply_grid",
    "areas",
    "areas_of_rows",
    "available",
    "bounds_of_rows",
    "boxes_are_warm",
    "contains_point",
    "draw_lines_tile",
    "draw_polygons_tile",
    "fill_polygons",
    "is_warm",
    "nearest_distance",
    "ring_areas",
    "splat_small",
    "stamp_sprites",
    "stroke_hairlines",
    "to_device",
    "warm_up",
    "why_plain",
]

_warm = _boxes_warm = False


def available() -> bool:
    """Tell whether the painters are compiled on this machine; costs nothing before the first kernel ran."""
    from cgplanner.geometry import compiler  # noqa: PLC0415

    return compiler.may_load() and ("numba" not in _tried() or compiler.loads())


def _tried() -> tuple[str, ...]:
    return ("numba",) if shape_kernels.cache_info().currsize else ()


def is_warm() -> bool:
    """Tell whether every kernel is compiled and loaded, so that no call waits."""
    return _warm


def boxes_are_warm() -> bool:
    """Tell whether the kernels that answer questions about boxes are compiled and loaded."""
    return _boxes_warm


def why_plain() -> str:
    """Return the sentence for the user when kernels are not compiled, else an empty text; imports numba."""
    from cgplanner.geometry import compiler  # noqa: PLC0415

    if compiler.loads():
        return ""
    if compiler.switched_off():
        return tr("Compiled drawing is switched off by CGPLANNER_NO_NUMBA.")
    return tr("Compiled drawing is not available because numba does not load.")


def to_device(
    xy: Array,
    ring_offsets: Array,
    part_offsets: Array,
    row_offsets: Array,
    rows: npt.ArrayLike,
    affine: Affine,
    tolerance_px: float = 0.5,
    *,
    closed: bool,
) -> Shapes:
    """Return the shapes of ``rows`` in device pixels with no more vertices than the screen can show.

    Device x is ``a x + b y + c`` and y is ``d x + e y + f`` with ``affine = (a, b, c, d, e, f)``, computed in float64:
    eastings of 37 500 000 m lose nothing. The result is float32 (1e-4 px within a screen).

    Of consecutive vertices within one cell of ``tolerance_px`` only one is kept, unmoved: the nearest to the cell's
    middle, whichever way the ring runs, so that neighbours agree on a shared edge and no gap opens. 0 drops only repeated
    vertices. Lines keep both ends and at least 2 vertices. Rings (``closed``) keep at least 4 and are closed; one that
    would have fewer keeps all its vertices, for a needle is thin and long; a hole like that within a pixel is dropped.
    Vertices that are not finite are skipped; a shell of fewer than 3 finite vertices goes with its part.
    """
    layout = layout_of(xy, ring_offsets, part_offsets, row_offsets)
    wanted = checked_rows(rows, row_offsets)
    return Shapes(*shape_kernels().to_device(*layout, wanted, six(affine), float(tolerance_px), closed))


def bounds_of_rows(
    xy: Array, ring_offsets: Array, part_offsets: Array, row_offsets: Array, rows: npt.ArrayLike | None = None
) -> Floats:
    """Return float64 (rows, 4): min x, min y, max x, max y of the finite vertices; NaN for empty rows."""
    wanted = np.arange(len(row_offsets) - 1) if rows is None else rows
    layout = layout_of(xy, ring_offsets, part_offsets, row_offsets)
    bounds: Floats = shape_kernels().bounds_of_rows(*layout, checked_rows(wanted, row_offsets))
    return bounds


def ring_areas(xy: Array, ring_offsets: Array) -> Floats:
    """Return float64 (rings,): signed planar areas of closed rings, positive counter-clockwise with y up."""
    areas: Floats = shape_kernels().ring_areas(*layout_of(xy, ring_offsets))
    return areas


def apply_grid(xy: Array, grid_x0: float, grid_y0: float, dx: float, dy: float, gx: Array, gy: Array) -> Floats:
    """Interpolate a grid of transformed coordinates at ``xy`` float64 (n, 2) by cubics; NaN outside the grid.

    ``gx[i, j]`` and ``gy[i, j]``, both (m, n) with m, n >= 4, hold the result at ``(grid_x0 + j dx, grid_y0 + i dy)``.
    """
    if gx.shape != gy.shape or min(gx.shape) < 4:
        message = "a grid needs at least 4 x 4 nodes and the same shape for x and y"
        raise ValueError(message)
    grids = fixed(gx, np.float64), fixed(gy, np.float64)
    numbers = float(grid_x0), float(grid_y0), float(dx), float(dy)
    out: Floats = shape_kernels().apply_grid(fixed(xy, np.float64), *numbers, *grids)
    return out


def contains_point(
    xy: Array, ring_offsets: Array, part_offsets: Array, row_offsets: Array, rows: npt.ArrayLike, px: float, py: float
) -> npt.NDArray[np.bool_]:
    """Return bool (rows,): whether the point lies within the polygon, by the even-odd rule over all rings of the row."""
    layout = layout_of(xy, ring_offsets, part_offsets, row_offsets)
    inside: npt.NDArray[np.bool_] = shape_kernels().contains_point(
        *layout, checked_rows(rows, row_offsets), float(px), float(py)
    )
    return inside


def nearest_distance(
    xy: Array, ring_offsets: Array, part_offsets: Array, row_offsets: Array, rows: npt.ArrayLike, px: float, py: float
) -> Floats:
    """Return float64 (rows,): distance of the point to points, lines or rings of the row, in units of ``xy``.

    Infinite for empty rows. The inside of a polygon is not at distance 0: ask :func:`contains_point`.
    """
    layout = layout_of(xy, ring_offsets, part_offsets, row_offsets)
    distance: Floats = shape_kernels().nearest_distance(*layout, checked_rows(rows, row_offsets), float(px), float(py))
    return distance


def fill_polygons(
    image: Array, xy: Array, ring_offsets: Array, shape_offsets: Array, colour_index: Array, palette: Array
) -> None:
    """Fill shapes (a shell and its holes each) given in pixels, as one layer.

    ``xy`` float32 or float64 (n, 2), ``shape_offsets`` int64 (shapes + 1,) into rings, ``colour_index`` int (shapes,).
    """
    paint, cover = planes(checked_image(image))
    offsets = fixed(ring_offsets, np.int64), fixed(shape_offsets, np.int64)
    index = fixed(colour_index, np.int32)
    raster_kernels().fill_shapes(paint, cover, fixed(xy, np.float32), *offsets, index, colours(palette))
    raster_kernels().composite(image, paint, cover)


def stroke_hairlines(image: Array, xy: Array, ring_offsets: Array, colour: tuple[int, int, int, int], width_px: float) -> None:
    """Draw lines given in pixels in one colour (straight alpha), each pixel as dark as its nearest line makes it.

    Meant for widths up to 1.5 px, where joins need no shape; wider lines come out with round joins and caps. Lines that
    cross or run side by side do not add up.
    """
    rings = len(ring_offsets) - 1
    shapes = Shapes(fixed(xy, np.float32), fixed(ring_offsets, np.int64), fixed(np.array([0, rings]), np.int64), NO_ROWS)
    outline = Outline(colours(colour), np.zeros(1, np.int32), width_px)
    stroke(checked_image(image), shapes, outline.classes, outline, 0.0)


def splat_small(image: Array, x: Array, y: Array, area_px: Array, colour_index: Array, palette: Array) -> None:
    """Draw features smaller than about a pixel, as one layer: the colour of a pixel is their average by area.

    Each counts as a square of its area around (x, y); a pixel is covered by their sum, at most fully. All arrays (n,).
    """
    paint, cover = planes(checked_image(image))
    places = (fixed(values, np.float64) for values in (x, y, area_px))
    raster_kernels().splat_points(paint, cover, *places, fixed(colour_index, np.int32), colours(palette))
    raster_kernels().composite(image, paint, cover)


def stamp_sprites(image: Array, sprite: Array, places: npt.ArrayLike, threads: int = 1) -> None:
    """Lay copies of a small picture on an empty image, the later above the earlier.

    ``image`` and ``sprite`` are uint32 (h, w), premultiplied, alpha in the highest byte; ``places`` (n, 2) are the left and
    top pixel of each copy, anywhere.
    """
    if image.dtype != np.uint32 or not image.flags.c_contiguous or not image.flags.writeable:
        message = "an image of words is a writable C-contiguous uint32 array (h, w)"
        raise ValueError(message)
    corners = fixed(places, np.int64).reshape(-1, 2)
    words = fixed(sprite, np.uint32)
    edges = np.linspace(0, len(image), threads + 1).astype(int).tolist()
    works = [partial(stamp_kernels().stamp, image, words, corners, top, bottom) for top, bottom in pairwise(edges)]
    side_by_side(works, threads)


def warm_up() -> bool:
    """Compile or load every kernel for the arrays in use; return whether they are compiled. For a background thread."""
    global _warm  # noqa: PLW0603  the kernels are one for the whole program
    _warm_boxes()  # names are wanted first
    square = np.array([[0, 0], [8, 0], [8, 8], [0, 8], [0, 0]], np.float64)
    one = np.array([0, 1], np.int64)
    ragged = Ragged(square, np.array([0, 5], np.int64), one, one)
    bounds = bounds_of_rows(*ragged)
    index, palette = np.zeros(1, np.int32), np.full((1, 4), 255, np.uint8)
    image = np.zeros((8, 8, 4), np.uint8)
    identity = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
    for scale in (1.0, 0.1):  # the quick way and the exact one
        place = (scale, 0.0, 0.0, 0.0, scale, 0.0)
        draw_polygons_tile(image, ragged, [0], bounds, place, Fill(palette, index), Outline(palette, index, 1.0))
    draw_lines_tile(image, ragged, [0], bounds, identity, Outline(palette, index, 1.0))
    stamp_sprites(image.view(np.uint32)[..., 0], np.ones((2, 2), np.uint32), [[0, 0]])
    stroke_hairlines(image, square, ragged.ring_offsets, (0, 0, 0, 255), 1.0)
    fill_polygons(image, square, ragged.ring_offsets, one, index, palette)
    middle = np.full(1, 4.0)
    splat_small(image, middle, middle, middle, index, palette)
    ring_areas(square, ragged.ring_offsets)
    contains_point(*ragged, [0], 4.0, 4.0)
    nearest_distance(*ragged, [0], 4.0, 4.0)
    grid = np.zeros((4, 4))
    apply_grid(square, 0.0, 0.0, 4.0, 4.0, grid, grid)
    _warm = available()
    return _warm


def _warm_boxes() -> None:
    """Load what answers questions about boxes (``box_kernels``), for the arrays in use."""
    global _boxes_warm  # noqa: PLW0603  the kernels are one for the whole program
    module, cells, number = box_kernels(compiled=True), (1, 1, 1.0, 1.0), np.zeros(2, np.int64)
    boxes, none, found, counts = np.zeros((1, 4)), np.full((1, 4), np.nan), np.zeros((1, 1), np.int64), np.zeros(1, np.int64)
    module.enter(boxes, 0, 1, cells, np.full(1, -1, np.int64), number, number.copy(), 0)
    asked, own = (boxes, np.array([0, 1], np.int64), none), (0.0, 0.0, 0.0, 1.0)
    taken = (boxes, number[:1], np.full(1, -1, np.int64), number, number)
    discs = (np.zeros((1, 3)), number, number)
    module.judge(number[:1], asked, (8.0, 8.0), own, taken, cells, (none, number[:1]), discs, 1.0, found, counts, True)
    _boxes_warm = available()
