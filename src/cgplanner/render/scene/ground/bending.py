"""A picture of the ground bent into the map: which pieces a view needs, and the view's pixels made of them.

The map's projection is never that of the picture, so a mesh over the view says where its nodes lie in the picture, and each
small cell is drawn as the quadrangle it is there. Pixels come out premultiplied. Toolkit-free: the screen and the page take the
same bytes. This file must not know where pieces come from.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cgplanner.geometry.ragged import Floats
from cgplanner.geometry.tile_grid import Level, PieceKey, TileGrid, to_pixels
from cgplanner.render.scene.viewport import Viewport

if TYPE_CHECKING:
    from PIL.Image import Image

CELL = 32  # pixels along a side of a mesh cell; a conformal map bends far less than a pixel over it
MOST_PIECES = 400
_COARSER = 6  # how many levels up a stand-in for a missing piece is looked for
_FAR = 1e7

Quad = tuple[float, float, float, float, float, float, float, float]
Cell = tuple[tuple[int, int, int, int], Quad]


@dataclass(frozen=True, eq=False)
class GroundPlan:
    """How a view is made of a picture.

    Attributes
    ----------
    width, height
        Of the view in its pixels.
    level
        Which resolution is taken.
    first, last
        Column and row of the first and the last piece needed.
    cells
        Boxes of the view and the quadrangles they are, in pixels of the level.
    """

    width: int
    height: int
    level: Level
    first: tuple[int, int]
    last: tuple[int, int]
    cells: tuple[Cell, ...]

    @property
    def keys(self) -> list[PieceKey]:
        """The pieces needed, the ones in the middle first."""
        columns, rows = range(self.first[0], self.last[0] + 1), range(self.first[1], self.last[1] + 1)
        x, y = (self.first[0] + self.last[0]) / 2, (self.first[1] + self.last[1]) / 2
        keys = [PieceKey(self.level.number, column, row) for row in rows for column in columns]
        return sorted(keys, key=lambda key: (key.column - x) ** 2 + (key.row - y) ** 2)


def ground_plan(view: Viewport, width: int, height: int, grid: TileGrid, *, sharpness: float = 1.0) -> GroundPlan | None:
    """Return how a view of so many pixels is made of a picture; None where the picture is not.

    ``sharpness`` 1 takes the level whose pixels are nearest to the view's in size; 0.5 one of pixels twice as large, for a
    print on which the lettering of the picture is to stay readable.
    """
    across, down = _stops(width), _stops(height)
    x, y = np.meshgrid(across, down)
    nodes_px = np.column_stack([x.ravel(), y.ravel()]) * (view.width / width, view.height / height)
    nodes = grid.places(view.crs, view.to_map(nodes_px))
    level = _level_for(nodes, len(across), width, grid, sharpness)
    if level is None:
        return None
    source = to_pixels(level.to_px, nodes).reshape(len(down), len(across), 2)
    cells = _cells(source, across, down, level)
    if not cells:
        return None
    corners = np.array([quad for _, quad in cells]).reshape(-1, 2)
    low = np.clip(np.floor(corners.min(axis=0) - 1), 0, (level.width - 1, level.height - 1)) // grid.tile
    high = np.clip(np.ceil(corners.max(axis=0) + 1), 0, (level.width - 1, level.height - 1)) // grid.tile
    first, last = (int(low[0]), int(low[1])), (int(high[0]), int(high[1]))
    if (last[0] - first[0] + 1) * (last[1] - first[1] + 1) > MOST_PIECES:
        return None
    return GroundPlan(width, height, level, first, last, tuple(cells))


def _stops(size: int) -> Floats:
    count = max(math.ceil(size / CELL), 1)
    return np.minimum(np.arange(count + 1) * CELL, size).astype(np.float64)


def _level_for(nodes: Floats, per_row: int, width: int, grid: TileGrid, sharpness: float) -> Level | None:
    """Return the level whose pixels are nearest in size to those wanted."""
    finest = grid.levels[-1]
    rows = to_pixels(finest.to_px, nodes).reshape(-1, per_row, 2)
    steps = np.hypot(*np.moveaxis(np.diff(rows, axis=1), 2, 0))
    steps = steps[np.isfinite(steps)]
    if not len(steps) or not np.median(steps) > 0:
        return None
    wanted = float(np.median(steps)) / (width / (per_row - 1)) / sharpness  # pixels of the finest level in one that is wanted
    sizes = [finest.to_px[0] / each.to_px[0] if each.to_px[0] else finest.to_px[1] / each.to_px[1] for each in grid.levels]
    return min(zip(grid.levels, sizes, strict=True), key=lambda pair: abs(math.log(abs(pair[1]) / wanted)))[0]


def _cells(source: Floats, across: Floats, down: Floats, level: Level) -> list[Cell]:
    nw, ne, sw, se = source[:-1, :-1], source[:-1, 1:], source[1:, :-1], source[1:, 1:]
    quads = np.concatenate([nw, sw, se, ne], axis=2)
    x, y = quads[..., 0::2], quads[..., 1::2]
    with np.errstate(invalid="ignore"):
        met = (x.max(axis=2) > 0) & (x.min(axis=2) < level.width) & (y.max(axis=2) > 0) & (y.min(axis=2) < level.height)
        met &= np.isfinite(quads).all(axis=2) & (np.abs(quads).max(axis=2) < _FAR * 64)
    left, top = across.astype(int).tolist(), down.astype(int).tolist()
    return [
        ((left[j], top[i], left[j + 1], top[i + 1]), tuple(quads[i, j].tolist()))
        for i, j in zip(*(each.tolist() for each in np.nonzero(met)), strict=True)
    ]


def ground_pixels(plan: GroundPlan, grid: TileGrid, pieces: Mapping[PieceKey, Image]) -> bytes:
    """Return the view as bytes of premultiplied RGBA, clear where no piece is known.

    Where a piece is missing, a coarser one that is there stands in.
    """
    from PIL import Image as pictures  # noqa: N813, PLC0415  a tenth of a second that a map without a ground need not spend

    mosaic, left, top = _mosaic(plan, grid, pieces)
    shift = np.array([left, top] * 4)
    mesh = [(box, tuple((np.array(quad) - shift).tolist())) for box, quad in plan.cells]
    out = mosaic.transform(
        (plan.width, plan.height), pictures.Transform.MESH, mesh, pictures.Resampling.BILINEAR, fill=0, fillcolor=(0, 0, 0, 0)
    )
    return out.tobytes("raw", "RGBa")


def _mosaic(plan: GroundPlan, grid: TileGrid, pieces: Mapping[PieceKey, Image]) -> tuple[Image, int, int]:
    """Return the needed pieces as one picture, and its upper left corner in pixels of the level."""
    from PIL import Image as pictures  # noqa: N813, PLC0415  see ground_pixels

    tile, level = grid.tile, plan.level
    left, top = plan.first[0] * tile, plan.first[1] * tile
    right, bottom = min((plan.last[0] + 1) * tile, level.width), min((plan.last[1] + 1) * tile, level.height)
    mosaic = pictures.new("RGBa", (right - left, bottom - top))
    for key in plan.keys:
        piece = pieces.get(key) or _stand_in(key, grid, pieces)
        if piece is not None:
            mosaic.paste(piece, (key.column * tile - left, key.row * tile - top))
    return mosaic, left, top


def _stand_in(key: PieceKey, grid: TileGrid, pieces: Mapping[PieceKey, Image]) -> Image | None:
    """Return a part of a coarser piece, enlarged, for one that is missing; None when there is none."""
    numbers = [level.number for level in grid.levels]
    place = numbers.index(key.level)
    for steps in range(1, min(_COARSER, place) + 1):
        parent = pieces.get(PieceKey(numbers[place - steps], key.column >> steps, key.row >> steps))
        if parent is not None:
            side = grid.tile >> steps
            x, y = (key.column - (key.column >> steps << steps)) * side, (key.row - (key.row >> steps << steps)) * side
            box = x, y, min(x + side, parent.width), min(y + side, parent.height)
            if box[2] <= box[0] or box[3] <= box[1]:
                return None
            size = (box[2] - box[0]) << steps, (box[3] - box[1]) << steps
            return parent.resize(size, box=box)
    return None
