"""Rows of a layer as pixels of a tile: which painter draws them, band by band and thread by thread.

Part of the door to the kernels (``kernels.py``, where its functions are found): arguments are checked here. Nothing heavy is
imported. This file must not know features or styles.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import cache, partial
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from cgplanner.geometry.kernel_arguments import (
    Affine,
    Array,
    Fill,
    Outline,
    Ragged,
    Shapes,
    checked_image,
    checked_rows,
    colours,
    fixed,
    ink_kernels,
    layout_of,
    raster_kernels,
    shape_kernels,
    six,
    sum_kernels,
)

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

SAMPLE, SAMPLE_STEPS = 128, 16  # lines that are looked at, and steps of each
FARTHEST = 1e12  # map units that count, of what may be any number
DENSE_PX = 0.75  # from vertex to vertex; where they lie closer together, some are left out
SMALL_PX = 2.0  # features whose box is smaller are spread over its pixels
BAND_PIXELS = 100_000  # of a band's planes, 1 MB: what stays in a core's own cache
OUTLINE_FULL_PX = 6.0  # outlines fade in from SMALL_PX to this size, lest small parcels drown in them
_NO_PALETTE = np.empty((0, 4), np.uint8)


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
    sizes: Callable[[], Array] | None = None,
) -> None:
    """Draw these rows of a polygon layer, in this order, over a tile.

    ``bounds`` float64 (rows of the layer, 4) as :func:`bounds_of_rows` gives them, ``affine`` as for :func:`to_device`; rows
    whose bounds miss the tile cost almost nothing. Rows below ``SMALL_PX`` get no outline; outlines fade in up to
    ``OUTLINE_FULL_PX``. All fills come before all outlines. ``thin`` leaves out vertices closer than half a pixel.

    Where most features of the layer are smaller than ``SMALL_PX``, the small ones are spread over the pixels of their bounds
    by their true area, in floating point; so are layers with fills that can be seen through. All else goes the quick way of
    ``sum_kernels.py``. ``sizes`` returns the areas of all rows of the layer, as :func:`areas_of_rows` does, for who keeps them.
    """
    if fill is None and outline is None:
        return
    paint = areas(ragged, rows, bounds, affine, fill, outline)
    if paint.is_quick():
        paint.quickly(checked_image(image), thin=thin, threads=threads)
    else:
        known = fixed(sizes() if sizes else areas_of_rows(ragged), np.float32)
        strips = np.linspace(0, len(image), threads + 1).astype(int).tolist()
        works = [
            partial(paint.exactly, checked_image(image), top, bottom, known, thin=thin) for top, bottom in pairwise(strips)
        ]
        side_by_side(works, threads)


def areas_of_rows(ragged: Ragged) -> Array:
    """Return the area of every row of a layer, shells less holes, float32, in units of ``xy`` squared."""
    found: Array = raster_kernels().areas_of_rows(*layout_of(*ragged))
    return found


def areas(
    ragged: Ragged, rows: npt.ArrayLike, bounds: Array, affine: Affine, fill: Fill | None, outline: Outline | None
) -> Areas:
    """Return what :func:`draw_polygons_tile` draws, checked, with both ways to draw it."""
    layout = layout_of(*ragged)
    wanted, box = checked_rows(rows, ragged.row_offsets), fixed(bounds, np.float64)
    if len(box) != len(ragged.row_offsets) - 1 or any(part and len(part.classes) != len(wanted) for part in (fill, outline)):
        message = "bounds need one entry for each row of the layer, classes one entry for each row drawn"
        raise ValueError(message)
    return Areas(layout, wanted, box, six(affine), fill or Fill(_NO_PALETTE, np.full(len(wanted), -1, np.int32)), outline)


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
        return (
            not len(spacing) or float(np.partition(spacing, len(spacing) // 10)[len(spacing) // 10]) * self._scale() < DENSE_PX
        )

    def _scale(self) -> float:
        return _scale_of(self.affine)

    def exactly(self, image: Array, top: int, bottom: int, sizes: Array, *, thin: bool) -> None:
        """Draw a strip of the picture in floating point, the small features spread over pixels by the ``sizes`` of all."""
        strip = image[top:bottom]
        a, b, c, d, e, f = self.affine
        affine = (a, b, c, d, e, f - top)
        margin = 0.5 * self.outline.width_px + 1.0 if self.outline else 0.0
        paint, cover = planes(strip)
        raster, palette = raster_kernels(), colours(self.fill.palette)
        index = _by_row(self.rows, self.fill.classes, len(self.bounds))
        large = raster.splat_rows(paint, cover, self.rows, self.bounds, sizes, affine, index, palette, SMALL_PX, float(margin))
        tolerance = 0.5 if thin else 0.0
        shapes = Shapes(*shape_kernels().to_device(*self.layout, fixed(large, np.int64), affine, tolerance, True))
        arrays = fixed(shapes.xy, np.float32), fixed(shapes.ring_offsets, np.int64), fixed(shapes.shape_offsets, np.int64)
        raster.fill_shapes(paint, cover, *arrays, fixed(index[shapes.rows], np.int32), palette)
        raster.composite(strip, paint, cover)
        if self.outline and len(shapes.rows):
            pens = _by_row(self.rows, self.outline.classes, len(self.bounds))
            stroke(strip, shapes, pens[shapes.rows], self.outline, OUTLINE_FULL_PX)

    def quickly(self, image: Array, *, thin: bool, threads: int) -> None:
        """Draw the picture band by band in whole numbers; a band's planes stay in the processor's cache."""
        thin = thin and self.is_dense()
        palette = colours(self.fill.palette)
        tints = _packed(palette)
        width_px = float(self.outline.width_px) if self.outline else 0.0
        codes, pens = _pens(self.outline.palette if self.outline else _NO_PALETTE)
        widths = (width_px, SMALL_PX, OUTLINE_FULL_PX)
        fills = fixed(self.fill.classes, np.int32)
        edges = fixed(self.outline.classes, np.int32) if self.outline else fills

        def draw(state: Array, ink: Array, room: _Room, picks: Array, affine: Affine) -> None:
            largest, total = sum_kernels().room_of(*self.layout[1:], self.rows, picks)
            room.make(state.shape, largest, total if width_px else 0)
            planes = state, room.acc, room.ring, room.notes
            count = sum_kernels().draw_areas(
                *planes, *self.layout, self.rows, picks, self.bounds, affine, fills, tints, edges, codes, widths, thin
            )
            ink_kernels().draw_outlines(ink, room.notes, count, width_px)

        margin = 0.5 * width_px + 1.0
        _in_bands(image, self.rows, self.bounds, self.affine, draw, pens, margin, threads)


class _Room:
    """Memory that a thread needs again for every band: fresh pages from the system cost more than what is written there."""

    def __init__(self) -> None:
        self.acc = np.zeros(0, np.int32)
        self.ring = np.empty((0, 2), np.int64)
        self.notes = np.empty((0, 4), np.float32)

    def make(self, shape: tuple[int, ...], largest: int, total: int) -> None:
        """Have room for areas in a band of this shape: the largest row's vertices and notes in all."""
        height, width = shape
        if len(self.acc) < (cells := (height + 1) * (width + 3) + 3):
            self.acc = np.zeros(cells, np.int32)
        if len(self.ring) < largest:
            self.ring = np.empty((largest, 2), np.int64)
        if len(self.notes) < total:
            self.notes = np.empty((total + total // 8, 4), np.float32)


def _scale_of(affine: Affine) -> float:
    a, b, _, d, e, _ = affine
    return max(abs(a) + abs(b), abs(d) + abs(e))


def _is_close(layout: tuple[Array, ...], scale: float) -> bool:
    """Tell whether vertices of some lines lie so close together that many can go; the same for every tile of a resolution.

    Looking for them costs a third of the time of drawing lines that have none.
    """
    xy, rings, parts, rows = layout
    some = np.arange(0, len(rows) - 1, max((len(rows) - 1) // SAMPLE, 1))
    first = parts[rows[some[rows[some + 1] > rows[some]]]]
    places = rings[first][:, None] + np.arange(SAMPLE_STEPS)
    there = places + 1 < rings[first + 1][:, None]
    with np.errstate(invalid="ignore", over="ignore"):  # a vertex may be anything
        steps = np.hypot(*(xy[places[there] + 1] - xy[places[there]]).T)
    count = there.sum(axis=1)
    total = np.bincount(np.nonzero(there)[0], np.minimum(np.where(np.isnan(steps), 0.0, steps), FARTHEST), len(count))
    spacing = total[count > 0] / count[count > 0]
    return not len(spacing) or float(np.partition(spacing, len(spacing) // 10)[len(spacing) // 10]) * scale < DENSE_PX


def _in_bands(
    image: Array,
    rows: Array,
    bounds: Array,
    affine: Affine,
    draw: Callable[[Array, Array, _Room, Array, Affine], None],
    pens: Array,
    margin: float,
    threads: int,
) -> None:
    """Have bands of a picture drawn and laid on it, the next one by whichever thread is free."""
    height, width = image.shape[:2]
    if not height or not width:
        return
    tall = max(BAND_PIXELS // width, 24)
    picks, offsets = sum_kernels().rows_of_bands(rows, bounds, affine, (height, width), tall, float(margin))
    picks = fixed(picks, np.int64)
    left = [k for k in range(len(offsets) - 1) if offsets[k] < offsets[k + 1]]
    words = image.view(np.uint32).reshape(height, width)
    a, b, c, d, e, f = affine

    def work() -> None:
        state, ink = np.zeros((tall, width), np.int64), np.zeros((tall, width + ink_kernels().LANES), np.uint16)
        room = _Room()
        while True:
            try:
                k = left.pop()
            except IndexError:
                return
            top = k * tall
            strip = words[top : top + tall]
            draw(state[: len(strip)], ink[: len(strip)], room, picks[offsets[k] : offsets[k + 1]], (a, b, c, d, e, f - top))
            sum_kernels().finish(strip, state[: len(strip)], ink[: len(strip)], pens)

    side_by_side([work] * min(threads, len(left)), threads)


def side_by_side(works: Sequence[Callable[[], None]], threads: int) -> None:
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
    return fixed(index, np.int32)


def _packed(palette: Array) -> Array:
    """Return premultiplied colours as ``sum_kernels`` adds them: red, green, blue and one for coverage, 16 bits each."""
    wide = palette.astype(np.int64)
    red, green, blue = ((wide[:, k] * wide[:, 3] + 127) // 255 for k in range(3))
    return fixed(np.where(wide[:, 3] > 0, red | green << 16 | blue << 32 | 1 << 48, 0), np.int64)


def _pens(palette: npt.ArrayLike) -> tuple[Array, Array]:
    """Return the code of each class and the pens, int64, red lowest, premultiplied: classes that look alike share one."""
    pens, numbers = np.unique(colours(palette), axis=0, return_inverse=True)
    firsts = np.full(len(pens), len(numbers.ravel()), np.int64)
    np.minimum.at(firsts, numbers.ravel(), np.arange(len(numbers.ravel())))
    place = np.empty(len(pens), np.int64)
    place[np.argsort(firsts)] = np.arange(len(pens))  # the pen that stands first keeps the lowest number
    ordered = pens[np.argsort(firsts)].astype(np.int64)
    ordered[:, :3] = (ordered[:, :3] * ordered[:, 3:] + 127) // 255
    codes = np.where(colours(palette)[:, 3] > 0, 255 - place[numbers.ravel()], -1)
    words = ordered @ np.array([1, 1 << 8, 1 << 16, 1 << 24])
    return fixed(codes, np.int64), fixed(words, np.int64)


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
    layout = layout_of(*ragged)
    wanted, numbers = checked_rows(rows, ragged.row_offsets), six(affine)
    classes = fixed(pen.classes, np.int32)
    if len(classes) != len(wanted) or len(pen.palette) > 255:
        message = "classes need one entry for each row drawn, and there are 255 pens at most"
        raise ValueError(message)
    codes, pens = _pens(pen.palette)
    box, width_px = fixed(bounds, np.float64), float(pen.width_px)
    thin = thin and _is_close(layout, _scale_of(numbers))

    def draw(_state: Array, ink: Array, _room: _Room, picks: Array, place: Affine) -> None:
        line = np.empty((sum_kernels().room_of(*layout[1:], wanted, picks)[0], 2), np.float32)
        ink_kernels().draw_lines(ink, line, *layout, wanted, picks, place, classes, codes, width_px, thin)

    _in_bands(checked_image(image), wanted, box, numbers, draw, pens, 0.5 * width_px + 1.0, threads)


def planes(image: Array) -> tuple[Array, Array]:
    """Return empty planes for the exact painter: paint and cover."""
    return np.zeros(image.shape, np.float32), np.zeros(image.shape[:2], np.float32)


def stroke(image: Array, shapes: Shapes, index: Array, outline: Outline, full_px: float) -> None:
    """Draw the edges of shapes with the exact painter; they fade in up to ``full_px``, 0 for not at all."""
    ink, owner = np.zeros(image.shape[:2], np.uint8), np.zeros(image.shape[:2], np.int32)
    palette = colours(outline.palette)
    arrays = fixed(shapes.xy, np.float32), fixed(shapes.ring_offsets, np.int64), fixed(shapes.shape_offsets, np.int64)
    numbers = len(palette), float(outline.width_px), SMALL_PX if full_px else 0.0, float(full_px)
    raster_kernels().stroke_shapes(ink, owner, *arrays, fixed(index, np.int32), *numbers)
    raster_kernels().composite_ink(image, ink, owner, palette)
