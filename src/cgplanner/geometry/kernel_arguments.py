"""What the doors of the kernels share: the types of their arguments, the checks, and the modules, loaded when first wanted.

This file must not know what is drawn.
"""

from __future__ import annotations

from functools import cache
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Affine = tuple[float, float, float, float, float, float]


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
def shape_kernels() -> ModuleType:
    """Return the kernels over coordinates, compiled ones or those of numpy."""
    from cgplanner.geometry import compiler  # noqa: PLC0415  numba is loaded when first needed

    if compiler.loads():
        from cgplanner.geometry import shape_kernels  # noqa: PLC0415

        return shape_kernels
    from cgplanner.geometry import plain_kernels  # noqa: PLC0415

    return plain_kernels


@cache
def raster_kernels() -> ModuleType:
    """Return the exact painter."""
    from cgplanner.geometry import raster_kernels  # noqa: PLC0415  numba is loaded when first needed

    return raster_kernels


@cache
def sum_kernels() -> ModuleType:
    """Return the quick painter of areas."""
    from cgplanner.geometry import sum_kernels  # noqa: PLC0415  numba is loaded when first needed

    return sum_kernels


@cache
def ink_kernels() -> ModuleType:
    """Return the quick painter of lines."""
    from cgplanner.geometry import ink_kernels  # noqa: PLC0415  numba is loaded when first needed

    return ink_kernels


@cache
def stamp_kernels() -> ModuleType:
    """Return the painter of crowds of symbols."""
    from cgplanner.geometry import stamp_kernels  # noqa: PLC0415  numba is loaded when first needed

    return stamp_kernels


@cache
def box_kernels(*, compiled: bool) -> ModuleType:
    """Return who answers questions about boxes that are taken, compiled or of numpy; the answers are the same."""
    from cgplanner.geometry import compiler  # noqa: PLC0415  numba is loaded when first needed

    if compiled and compiler.loads():
        from cgplanner.geometry import box_kernels  # noqa: PLC0415  brings numba

        return box_kernels
    from cgplanner.geometry import plain_boxes  # noqa: PLC0415  only one of the two is wanted

    return plain_boxes


def fixed(array: npt.ArrayLike, dtype: npt.DTypeLike) -> Array:
    """Return a read-only contiguous view, a copy only if needed.

    numba compiles anew for every mixture of writable and read-only arrays: everything goes in read-only.
    """
    view = np.ascontiguousarray(array, dtype).view()
    view.flags.writeable = False
    return view


def layout_of(xy: Array, *offsets: Array) -> tuple[Array, ...]:
    """Return coordinates and offsets as the kernels take them."""
    return (fixed(xy, np.float64), *(fixed(level, np.int64) for level in offsets))


def checked_rows(rows: npt.ArrayLike, row_offsets: Array) -> Array:
    """Return rows as the kernels take them; an IndexError for one that the layer has not."""
    wanted = fixed(rows, np.int64)
    if len(wanted) and not (wanted.min() >= 0 and wanted.max() < len(row_offsets) - 1):
        message = f"rows must lie in 0..{len(row_offsets) - 2}"
        raise IndexError(message)
    return wanted


def six(affine: Affine) -> Affine:
    """Return an affine of Python's own numbers."""
    a, b, c, d, e, f = affine
    return float(a), float(b), float(c), float(d), float(e), float(f)


def checked_image(image: Array) -> Array:
    """Return the image, or a ValueError for one that cannot be drawn upon."""
    fits = image.dtype == np.uint8 and image.ndim == 3 and image.shape[2] == 4
    if not (fits and image.flags.c_contiguous and image.flags.writeable):
        message = "an image is a writable C-contiguous uint8 array (h, w, 4)"
        raise ValueError(message)
    return image


def colours(palette: npt.ArrayLike) -> Array:
    """Return a palette as the kernels take it, uint8 (k, 4)."""
    return fixed(palette, np.uint8).reshape(-1, 4)


NO_ROWS = np.empty(0, np.int64)
