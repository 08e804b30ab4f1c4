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

import os
from collections.abc import Callable, Sequence
from functools import cache, partial
from itertools import pairwise
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cgplanner.text import tr

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Affine = tuple[float, float, float, float, float, float]

SMALL_PX = 2.0  # features whose box is smaller are spread over its pixels
BAND_PIXELS = 100_000  # of a band's planes, 1 MB: what stays in a core's own cache
OUTLINE_FULL_PX = 6.0  # outlines fade in from SMALL_PX to this size, lest small parcels drown in them
_warm = False


class Shapes(NamedTuple):
    """Shapes in device pixels.

    ``xy`` float32 (n, 2); ``ring_offsets`` int64 into ``xy``; ``shape_offsets`` int64 into rings: a shape is one part, a
    polygon with its holes, a line or a point; ``rows`` int64 (shapes,), the row of the layer each comes from.
    """

    xy: npt.NDArray[np.float32]
    ring_offsets: Ints
    shape_offsets: Ints
    rows: Ints


class Ragged(NamedTuple):
    """The four arrays of the flat layout, for the painters that take a layer."""

    xy: Floats
    ring_offsets: Ints
    part_offsets: Ints
    row_offsets: Ints


class Fill(NamedTuple):
    """``palette`` uint8 (k, 4) and the class of each row that is drawn, int32 (rows,)."""

    palette: Array
    classes: Array


class Outline(NamedTuple):
    """``palette`` uint8 (k, 4), the class of each row that is drawn, int32 (rows,), and the width in pixels, above 0."""

    palette: Array
    classes: Array
    width_px: float


@cache
def _shape() -> ModuleType:
    from cgplanner.geometry import compiler  # noqa: PLC0415  numba is loaded when first needed

    if compiler.loads():
        from cgplanner.geometry import shape_kernels  # noqa: PLC0415

        return shape_kernels
    from cgplanner.geometry import plain_kernels  # noqa: PLC0415

    return plain_kernels


@cache
def _raster() -> ModuleType:
    from cgplanner.geometry import raster_kernels  # noqa: PLC0415  numba is loaded when first needed

    return raster_kernels


@cache
def _sums() -> ModuleType:
    from cgplanner.geometry import sum_kernels  # noqa: PLC0415  numba is loaded when first needed

    return sum_kernels


@cache
def _stamps() -> ModuleType:
    from cgplanner.geometry import stamp_kernels  # noqa: PLC0415  numba is loaded when first needed

    return stamp_kernels


def available() -> bool:
    """Tell whether the painters are compiled on this machine; costs nothing before the first kernel ran."""
    from cgplanner.geometry import compiler  # noqa: PLC0415

    return compiler.may_load() and ("numba" not in _tried() or compiler.loads())


def _tried() -> tuple[str, ...]:
    return ("numba",) if _shape.cache_info().currsize else ()


def is_warm() -> bool:
    """Tell whether every kernel is compiled and loaded, so that no call waits."""
    return _warm


def why_plain() -> str:
    """Return the sentence for the user when kernels are not compiled, else an empty text; imports numba."""
    from cgplanner.geometry import compiler  # noqa: PLC0415

    if compiler.loads():
        return ""
    if compiler.switched_off():
        return tr("Compiled drawing is switched off by CGPLANNER_NO_NUMBA.")
    return tr("Compiled drawing is not available because numba does not load.")


def _fixed(array: npt.ArrayLike, dtype: npt.DTypeLike) -> Array:
    """Return a read-only contiguous view, a copy only if needed.

    numba compiles anew for every mixture of writable and read-only arrays: everything goes in read-only.
    """
    fixed = np.ascontiguousarray(array, dtype).view()
    fixed.flags.writeable = False
    return fixed


def _layout(xy: Array, *offsets: Array) -> tuple[Array, ...]:
    return (_fixed(xy, np.float64), *(_fixed(level, np.int64) for level in offsets))


def _rows(rows: npt.ArrayLike, row_offsets: Array) -> Array:
    fixed = _fixed(rows, np.int64)
    if len(fixed) and not (fixed.min() >= 0 and fixed.max() < len(row_offsets) - 1):
        message = f"rows must lie in 0..{len(row_offsets) - 2}"
        raise IndexError(message)
    return fixed


def _affine(affine: Affine) -> Affine:
    a, b, c, d, e, f = affine
    return float(a), float(b), float(c), float(d), float(e), float(f)


def _image(image: Array) -> Array:
    fits = image.dtype == np.uint8 and image.ndim == 3 and image.shape[2] == 4
    if not (fits and image.flags.c_contiguous and image.flags.writeable):
        message = "an image is a writable C-contiguous uint8 array (h, w, 4)"
        raise ValueError(message)
    return image


def _palette(palette: npt.ArrayLike) -> Array:
    return _fixed(palette, np.uint8).reshape(-1, 4)


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
    layout = _layout(xy, ring_offsets, part_offsets, row_offsets)
    wanted = _rows(rows, row_offsets)
    return Shapes(*_shape().to_device(*layout, wanted, _affine(affine), float(tolerance_px), closed))


def bounds_of_rows(
    xy: Array, ring_offsets: Array, part_offsets: Array, row_offsets: Array, rows: npt.ArrayLike | None = None
) -> Floats:
    """Return float64 (rows, 4): min x, min y, max x, max y of the finite vertices; NaN for empty rows."""
    wanted = np.arange(len(row_offsets) - 1) if rows is None else rows
    layout = _layout(xy, ring_offsets, part_offsets, row_offsets)
    bounds: Floats = _shape().bounds_of_rows(*layout, _rows(wanted, row_offsets))
    return bounds


def ring_areas(xy: Array, ring_offsets: Array) -> Floats:
    """Return float64 (rings,): signed planar areas of closed rings, positive counter-clockwise with y up."""
    areas: Floats = _shape().ring_areas(*_layout(xy, ring_offsets))
    return areas


def apply_grid(xy: Array, grid_x0: float, grid_y0: float, dx: float, dy: float, gx: Array, gy: Array) -> Floats:
    """Interpolate a grid of transformed coordinates at ``xy`` float64 (n, 2) by cubics; NaN outside the grid.

    ``gx[i, j]`` and ``gy[i, j]``, both (m, n) with m, n >= 4, hold the result at ``(grid_x0 + j dx, grid_y0 + i dy)``.
    """
    if gx.shape != gy.shape or min(gx.shape) < 4:
        message = "a grid needs at least 4 x 4 nodes and the same shape for x and y"
        raise ValueError(message)
    grids = _fixed(gx, np.float64), _fixed(gy, np.float64)
    numbers = float(grid_x0), float(grid_y0), float(dx), float(dy)
    out: Floats = _shape().apply_grid(_fixed(xy, np.float64), *numbers, *grids)
    return out


def contains_point(
    xy: Array, ring_offsets: Array, part_offsets: Array, row_offsets: Array, rows: npt.ArrayLike, px: float, py: float
) -> npt.NDArray[np.bool_]:
    """Return bool (rows,): whether the point lies within the polygon, by the even-odd rule over all rings of the row."""
    layout = _layout(xy, ring_offsets, part_offsets, row_offsets)
    inside: npt.NDArray[np.bool_] = _shape().contains_point(*layout, _rows(rows, row_offsets), float(px), float(py))
    return inside


def nearest_distance(
    xy: Array, ring_offsets: Array, part_offsets: Array, row_offsets: Array, rows: npt.ArrayLike, px: float, py: float
) -> Floats:
    """Return float64 (rows,): distance of the point to points, lines or rings of the row, in units of ``xy``.

    Infinite for empty rows. The inside of a polygon is not at distance 0: ask :func:`contains_point`.
    """
    layout = _layout(xy, ring_offsets, part_offsets, row_offsets)
    distance: Floats = _shape().nearest_distance(*layout, _rows(rows, row_offsets), float(px), float(py))
    return distance


def _planes(image: Array) -> tuple[Array, Array]:
    return np.zeros(image.shape, np.float32), np.zeros(image.shape[:2], np.float32)


def fill_polygons(
    image: Array, xy: Array, ring_offsets: Array, shape_offsets: Array, colour_index: Array, palette: Array
) -> None:
    """Fill shapes (a shell and its holes each) given in pixels, as one layer.

    ``xy`` float32 or float64 (n, 2), ``shape_offsets`` int64 (shapes + 1,) into rings, ``colour_index`` int (shapes,).
    """
    paint, cover = _planes(_image(image))
    offsets = _fixed(ring_offsets, np.int64), _fixed(shape_offsets, np.int64)
    index = _fixed(colour_index, np.int32)
    _raster().fill_shapes(paint, cover, _fixed(xy, np.float32), *offsets, index, _palette(palette))
    _raster().composite(image, paint, cover)


def stroke_hairlines(image: Array, xy: Array, ring_offsets: Array, colour: tuple[int, int, int, int], width_px: float) -> None:
    """Draw lines given in pixels in one colour (straight alpha), each pixel as dark as its nearest line makes it.

    Meant for widths up to 1.5 px, where joins need no shape; wider lines come out with round joins and caps. Lines that
    cross or run side by side do not add up.
    """
    rings = len(ring_offsets) - 1
    shapes = Shapes(_fixed(xy, np.float32), _fixed(ring_offsets, np.int64), _fixed(np.array([0, rings]), np.int64), _NO_ROWS)
    outline = Outline(_palette(colour), np.zeros(1, np.int32), width_px)
    _stroke(_image(image), shapes, outline.classes, outline, 0.0)


_NO_ROWS = np.empty(0, np.int64)
_NO_PALETTE = np.empty((0, 4), np.uint8)


def _stroke(image: Array, shapes: Shapes, index: Array, outline: Outline, full_px: float) -> None:
    ink, owner = np.zeros(image.shape[:2], np.uint8), np.zeros(image.shape[:2], np.int32)
    palette = _palette(outline.palette)
    arrays = _fixed(shapes.xy, np.float32), _fixed(shapes.ring_offsets, np.int64), _fixed(shapes.shape_offsets, np.int64)
    numbers = len(palette), float(outline.width_px), SMALL_PX if full_px else 0.0, float(full_px)
    _raster().stroke_shapes(ink, owner, *arrays, _fixed(index, np.int32), *numbers)
    _raster().composite_ink(image, ink, owner, palette)


def splat_small(image: Array, x: Array, y: Array, area_px: Array, colour_index: Array, palette: Array) -> None:
    """Draw features smaller than about a pixel, as one layer: the colour of a pixel is their average by area.

    Each counts as a square of its area around (x, y); a pixel is covered by their sum, at most fully. All arrays (n,).
    """
    paint, cover = _planes(_image(image))
    places = (_fixed(values, np.float64) for values in (x, y, area_px))
    _raster().splat_points(paint, cover, *places, _fixed(colour_index, np.int32), _palette(palette))
    _raster().composite(image, paint, cover)


def draw_polygons_tile(
    image: Array,
    ragged: Ragged,
    rows: npt.ArrayLike,
    bounds: Array,
    affine: Affine,
    fill: Fill | None,
    outline: Outline | None = None,
    *,
    thin: bool = True,
    threads: int = 1,
) -> None:
    """Draw these rows of a polygon layer, in this order, over a tile.

    ``bounds`` float64 (rows of the layer, 4) as :func:`bounds_of_rows` gives them, ``affine`` as for :func:`to_device`; rows
    whose bounds miss the tile cost almost nothing. Rows below ``SMALL_PX`` get no outline; outlines fade in up to
    ``OUTLINE_FULL_PX``. All fills come before all outlines. ``thin`` leaves out vertices closer than half a pixel.

    Where most features of the layer are smaller than ``SMALL_PX``, the small ones are spread over the pixels of their bounds
    by their true area, in floating point; so are layers with fills that can be seen through. All else goes the quick way of
    ``sum_kernels.py``.
    """
    if fill is None and outline is None:
        return
    paint = areas(ragged, rows, bounds, affine, fill, outline)
    if paint.is_quick():
        paint.quickly(_image(image), thin=thin, threads=threads)
    else:
        strips = np.linspace(0, len(image), threads + 1).astype(int).tolist()
        works = [partial(paint.exactly, _image(image), top, bottom, thin=thin) for top, bottom in pairwise(strips)]
        _side_by_side(works, threads)


def areas(
    ragged: Ragged, rows: npt.ArrayLike, bounds: Array, affine: Affine, fill: Fill | None, outline: Outline | None
) -> Areas:
    """Return what :func:`draw_polygons_tile` draws, checked, with both ways to draw it."""
    layout = _layout(*ragged)
    wanted, box = _rows(rows, ragged.row_offsets), _fixed(bounds, np.float64)
    if len(box) != len(ragged.row_offsets) - 1 or any(part and len(part.classes) != len(wanted) for part in (fill, outline)):
        message = "bounds need one entry for each row of the layer, classes one entry for each row drawn"
        raise ValueError(message)
    return Areas(layout, wanted, box, _affine(affine), fill or Fill(_NO_PALETTE, np.full(len(wanted), -1, np.int32)), outline)


class Areas(NamedTuple):
    """Rows of a polygon layer and how they look; arguments are checked."""

    layout: tuple[Array, ...]
    rows: Array
    bounds: Array
    affine: Affine
    fill: Fill
    outline: Outline | None

    def is_quick(self) -> bool:
        """Tell whether the painter of whole numbers draws the right picture."""
        alphas = np.unique(np.asarray(self.fill.palette, np.uint8).reshape(-1, 4)[:, 3])
        pens = len(self.outline.palette) if self.outline else 0
        return set(alphas.tolist()) <= {0, 255} and pens <= 255 and self._typical_px() >= SMALL_PX

    def _typical_px(self) -> float:
        """Return the median size of the layer's features in pixels, from some of them: the same answer for every tile."""
        some = self.bounds[:: max(len(self.bounds) // 512, 1)]
        size = np.maximum(some[:, 2] - some[:, 0], some[:, 3] - some[:, 1])
        size = size[np.isfinite(size)]
        return float(np.partition(size, len(size) // 2)[len(size) // 2]) * self._scale() if len(size) else 0.0

    def is_dense(self) -> bool:
        """Tell whether vertices lie so close together that some can go; the same answer for every tile of a resolution."""
        some = np.arange(0, len(self.bounds), max(len(self.bounds) // 512, 1))
        _, rings, parts, rows = self.layout
        counts = rings[parts[rows[some + 1]]] - rings[parts[rows[some]]]
        size = self.bounds[some, 2:] - self.bounds[some, :2]
        spacing = 2.0 * size.sum(axis=1)[counts > 0] / counts[counts > 0]
        spacing = spacing[np.isfinite(spacing)]
        return not len(spacing) or float(np.partition(spacing, len(spacing) // 10)[len(spacing) // 10]) * self._scale() < 0.75

    def _scale(self) -> float:
        a, b, _, d, e, _ = self.affine
        return max(abs(a) + abs(b), abs(d) + abs(e))

    def exactly(self, image: Array, top: int, bottom: int, *, thin: bool) -> None:
        """Draw a strip of the picture in floating point, the small features spread over their pixels."""
        strip = image[top:bottom]
        a, b, c, d, e, f = self.affine
        affine = (a, b, c, d, e, f - top)
        margin = 0.5 * self.outline.width_px + 1.0 if self.outline else 0.0
        paint, cover = _planes(strip)
        raster, palette = _raster(), _palette(self.fill.palette)
        index = _by_row(self.rows, self.fill.classes, len(self.bounds))
        large = raster.splat_rows(
            paint, cover, *self.layout, self.rows, self.bounds, affine, index, palette, SMALL_PX, float(margin)
        )
        tolerance = 0.5 if thin else 0.0
        shapes = Shapes(*_shape().to_device(*self.layout, _fixed(large, np.int64), affine, tolerance, True))
        arrays = _fixed(shapes.xy, np.float32), _fixed(shapes.ring_offsets, np.int64), _fixed(shapes.shape_offsets, np.int64)
        raster.fill_shapes(paint, cover, *arrays, _fixed(index[shapes.rows], np.int32), palette)
        raster.composite(strip, paint, cover)
        if self.outline and len(shapes.rows):
            pens = _by_row(self.rows, self.outline.classes, len(self.bounds))
            _stroke(strip, shapes, pens[shapes.rows], self.outline, OUTLINE_FULL_PX)

    def quickly(self, image: Array, *, thin: bool, threads: int) -> None:
        """Draw the picture band by band in whole numbers; a band's planes stay in the processor's cache."""
        thin = thin and self.is_dense()
        palette = _palette(self.fill.palette)
        tints = _packed(palette)
        width_px = float(self.outline.width_px) if self.outline else 0.0
        codes, pens = _pens(self.outline.palette if self.outline else _NO_PALETTE)
        widths = (width_px, SMALL_PX, OUTLINE_FULL_PX)
        fills = _fixed(self.fill.classes, np.int32)
        edges = _fixed(self.outline.classes, np.int32) if self.outline else fills

        def draw(state: Array, ink: Array, picks: Array, affine: Affine) -> None:
            _sums().draw_areas(
                state, ink, *self.layout, self.rows, picks, self.bounds, affine, fills, tints, edges, codes, widths, thin
            )

        margin = 0.5 * width_px + 1.0
        _in_bands(image, self.rows, self.bounds, self.affine, draw, pens, margin, threads)


def _in_bands(
    image: Array,
    rows: Array,
    bounds: Array,
    affine: Affine,
    draw: Callable[[Array, Array, Array, Affine], None],
    pens: Array,
    margin: float,
    threads: int,
) -> None:
    """Have bands of a picture drawn and laid on it, the next one by whichever thread is free."""
    height, width = image.shape[:2]
    if not height or not width:
        return
    tall = max(BAND_PIXELS // width, 24)
    picks, offsets = _sums().rows_of_bands(rows, bounds, affine, (height, width), tall, float(margin))
    picks = _fixed(picks, np.int64)
    left = [k for k in range(len(offsets) - 1) if offsets[k] < offsets[k + 1]]
    words = image.view(np.uint32).reshape(height, width)
    a, b, c, d, e, f = affine

    def work() -> None:
        state, ink = np.zeros((tall, width), np.int64), np.zeros((tall, width), np.uint16)
        while True:
            try:
                k = left.pop()
            except IndexError:
                return
            top = k * tall
            strip = words[top : top + tall]
            draw(state[: len(strip)], ink[: len(strip)], picks[offsets[k] : offsets[k + 1]], (a, b, c, d, e, f - top))
            _sums().finish(strip, state[: len(strip)], ink[: len(strip)], pens)

    _side_by_side([work] * min(threads, len(left)), threads)


def _side_by_side(works: Sequence[Callable[[], None]], threads: int) -> None:
    """Do all of these, several at once where that is wanted: kernels run without the interpreter's lock."""
    if threads < 2 or len(works) < 2:
        for work in works:
            work()
        return
    done = [_pool().submit(work) for work in works[1:]]
    works[0]()
    for each in done:
        each.result()


@cache
def _pool() -> ThreadPoolExecutor:
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415  the window starts without

    return ThreadPoolExecutor(max((os.cpu_count() or 2) - 1, 1), thread_name_prefix="kernel")


def _by_row(rows: Array, classes: Array, count: int) -> Array:
    """Return the class of every row of the layer, -1 where it is not drawn."""
    index = np.full(count, -1, np.int32)
    index[rows] = classes
    return _fixed(index, np.int32)


def _packed(palette: Array) -> Array:
    """Return premultiplied colours as ``sum_kernels`` adds them: red, green, blue and one for coverage, 16 bits each."""
    wide = palette.astype(np.int64)
    red, green, blue = ((wide[:, k] * wide[:, 3] + 127) // 255 for k in range(3))
    return _fixed(np.where(wide[:, 3] > 0, red | green << 16 | blue << 32 | 1 << 48, 0), np.int64)


def _pens(palette: npt.ArrayLike) -> tuple[Array, Array]:
    """Return the code of each class and the pens, premultiplied int64: classes that look alike share one pen."""
    pens, numbers = np.unique(_palette(palette), axis=0, return_inverse=True)
    firsts = np.full(len(pens), len(numbers.ravel()), np.int64)
    np.minimum.at(firsts, numbers.ravel(), np.arange(len(numbers.ravel())))
    place = np.empty(len(pens), np.int64)
    place[np.argsort(firsts)] = np.arange(len(pens))  # the pen that stands first keeps the lowest number
    ordered = pens[np.argsort(firsts)].astype(np.int64)
    ordered[:, :3] = (ordered[:, :3] * ordered[:, 3:] + 127) // 255
    codes = np.where(_palette(palette)[:, 3] > 0, 255 - place[numbers.ravel()], -1)
    return _fixed(codes, np.int64), _fixed(ordered, np.int64)


def draw_lines_tile(
    image: Array,
    ragged: Ragged,
    rows: npt.ArrayLike,
    bounds: Array,
    affine: Affine,
    pen: Outline,
    *,
    thin: bool = True,
    threads: int = 1,
) -> None:
    """Draw these rows of a layer over a tile as lines with round joins and ends, all in one go.

    Where lines of one call meet, the darker one is seen, and of equals the class that stands first: draw wide lines of
    several colours in several calls. Rings are drawn along their edges.
    """
    layout = _layout(*ragged)
    wanted, numbers = _rows(rows, ragged.row_offsets), _affine(affine)
    classes = _fixed(pen.classes, np.int32)
    if len(classes) != len(wanted) or len(pen.palette) > 255:
        message = "classes need one entry for each row drawn, and there are 255 pens at most"
        raise ValueError(message)
    codes, pens = _pens(pen.palette)
    box, width_px = _fixed(bounds, np.float64), float(pen.width_px)

    def draw(_state: Array, ink: Array, picks: Array, place: Affine) -> None:
        _sums().draw_lines(ink, *layout, wanted, picks, place, classes, codes, width_px, thin)

    _in_bands(_image(image), wanted, box, numbers, draw, pens, 0.5 * width_px + 1.0, threads)


def stamp_sprites(image: Array, sprite: Array, places: npt.ArrayLike, threads: int = 1) -> None:
    """Lay copies of a small picture on an empty image, the later above the earlier.

    ``image`` and ``sprite`` are uint32 (h, w), premultiplied, alpha in the highest byte; ``places`` (n, 2) are the left and
    top pixel of each copy, anywhere.
    """
    if image.dtype != np.uint32 or not image.flags.c_contiguous or not image.flags.writeable:
        message = "an image of words is a writable C-contiguous uint32 array (h, w)"
        raise ValueError(message)
    corners = _fixed(places, np.int64).reshape(-1, 2)
    words = _fixed(sprite, np.uint32)
    edges = np.linspace(0, len(image), threads + 1).astype(int).tolist()
    works = [partial(_stamps().stamp, image, words, corners, top, bottom) for top, bottom in pairwise(edges)]
    _side_by_side(works, threads)


def warm_up() -> bool:
    """Compile or load every kernel for the arrays in use; return whether they are compiled. For a background thread."""
    global _warm  # noqa: PLW0603  the kernels are one for the whole program
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
