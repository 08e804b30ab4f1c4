"""Tiles: pictures of squares of the map that are kept, go stale piece by piece and stand in for each other.

A *sheet* is a run of neighbouring layers that is drawn into one picture; a layer with many features has a sheet of its own,
so that an edit elsewhere does not redraw it. A tile is named by its resolution (CRS units of one device pixel) and by its
column and row from the CRS origin, rows going down. Called from one thread. This file must not know widgets or threads.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from PySide6.QtGui import QImage

from cgplanner.geometry.crs import transform_xy
from cgplanner.model.layer import Layer
from cgplanner.model.signal import Extent
from cgplanner.render.scene.build import inward_margin, one_edit_changes_all, style_margin
from cgplanner.render.scene.kept import Kept
from cgplanner.render.scene.request import Theme
from cgplanner.render.scene.viewport import Box, Viewport
from cgplanner.symbology.evaluate import style_of
from cgplanner.symbology.style import Blend, Style

TILE = 512  # device pixels along a side
CROWD = 20_000  # features above which a layer has a sheet of its own
CACHE_BYTES = 128 << 20
SCALE_SPARE = 1.5  # how much the scale may differ from one end of what is painted at once to the other
_STEPS = 9  # points along each side of a box whose image in another CRS is wanted

Content = tuple[object, ...]  # all that a tile's picture depends on beside its place


class Place(NamedTuple):
    """Which square of the map, at which resolution."""

    resolution: float
    column: int
    row: int

    @property
    def box(self) -> Box:
        """The square: minx, miny, maxx, maxy in the map's CRS."""
        side = TILE * self.resolution
        return self.column * side, -(self.row + 1) * side, (self.column + 1) * side, -self.row * side


@dataclass(frozen=True, eq=False)
class Sheet:
    """Layers (bottom to top) that share their tiles, as they are drawn now.

    ``blend`` is how the tiles meet what lies below them; it is other than normal only for a layer that has them alone.
    """

    layers: tuple[Layer, ...]
    crs: str
    theme: Theme
    ratio: float
    blend: Blend = "normal"

    @property
    def ids(self) -> tuple[str, ...]:
        """Which layers it holds."""
        return tuple(layer.id for layer in self.layers)

    @property
    def content(self) -> Content:
        """What the pictures of the sheet depend on beside their place."""
        return self.theme, self.ratio, tuple((layer.id, layer.revision, layer.style_revision) for layer in self.layers)

    @property
    def is_hidden(self) -> bool:
        """Tell whether none of its layers shows anything: then it has no tiles to be drawn or blitted."""
        return not any(layer.visible and layer.opacity > 0 and len(layer.table) for layer in self.layers)

    @property
    def is_crowded(self) -> bool:
        """Tell whether a layer of it is worth the compiled kernels."""
        return any(len(layer.table) > CROWD for layer in self.layers)

    def viewport(self, place: Place, part: PixelBox | None = None) -> Viewport:
        """Return the window that shows a tile, or a part of it."""
        left, top, width, height = part or (0, 0, TILE, TILE)
        x = (place.column * TILE + left + width / 2) * place.resolution
        y = -(place.row * TILE + top + height / 2) * place.resolution
        units = place.resolution * self.ratio
        return Viewport(x, y, units, width / self.ratio, height / self.ratio, "px", self.crs)


PixelBox = tuple[int, int, int, int]  # left, top, width, height in device pixels of a tile


def sheets_of(layers: Iterable[Layer], crs: str, theme: Theme, ratio: float, *, over_ground: bool = False) -> tuple[Sheet, ...]:
    """Return the sheets of layers given from bottom to top: crowded layers alone, the others together.

    ``over_ground`` gives blended layers sheets of their own, so that they can meet the base maps below all tiles.
    """
    runs: list[list[Layer]] = []
    alone = True
    for layer in layers:
        apart = len(layer.table) > CROWD or (over_ground and style_of(layer).blend != "normal")
        if alone or apart:
            runs.append([])
        runs[-1].append(layer)
        alone = apart
    blends = [style_of(run[0]).blend if over_ground and len(run) == 1 else "normal" for run in runs]
    return tuple(Sheet(tuple(run), crs, theme, ratio, blend) for run, blend in zip(runs, blends, strict=True))


@dataclass(eq=False)
class Tile:
    """A picture of a place: right for ``content`` except within ``dirty`` (map units; None when it is right all over).

    ``kept`` is what pieces of it can be painted from again; neighbours share it.
    """

    image: QImage
    content: Content
    dirty: Box | None = None
    used: int = 0
    kept: Kept | None = None


@dataclass(eq=False)
class Deck:
    """The tiles of one sheet at all resolutions."""

    sheet: Sheet
    tiles: dict[Place, Tile] = field(default_factory=dict)

    def is_sharp(self, place: Place) -> bool:
        """Tell whether the picture of a place is there and right."""
        tile = self.tiles.get(place)
        return tile is not None and tile.dirty is None and tile.content == self.sheet.content

    def resolutions(self, wanted: float) -> list[float]:
        """Return the resolutions there are tiles of, the nearest to the wanted one first, finer ones preferred."""
        there = {place.resolution for place in self.tiles}
        return sorted(there, key=lambda each: abs(math.log(each / wanted)) + (0.1 if each > wanted else 0.0))


class TileCache:
    """All tiles of a map, least recently used ones dropped beyond ``limit`` bytes."""

    def __init__(self, limit: int = CACHE_BYTES) -> None:
        self.limit = limit
        self.decks: tuple[Deck, ...] = ()
        self._clock = itertools.count(1)
        self._now = 0

    def show(self, sheets: Sequence[Sheet], extents: Mapping[str, Extent] | None = None) -> None:
        """Take these sheets as what is to be drawn from now on.

        ``extents`` (by layer id, in the layer's CRS) say where the layers whose revision moved on differ; without it, tiles
        of changed layers are stale all over. Stale tiles stay and stand in until others come.
        """
        old = list(self.decks)
        decks: list[Deck] = []
        for sheet in sheets:
            deck = _best_match(old, sheet)
            if deck is None:
                decks.append(Deck(sheet))
                continue
            old.remove(deck)
            self._carry_over(deck, sheet, extents or {})
            decks.append(deck)
        self.decks = tuple(decks)

    def _carry_over(self, deck: Deck, sheet: Sheet, extents: Mapping[str, Extent]) -> None:
        before, deck.sheet = deck.sheet, sheet
        if before.content == sheet.content:
            return
        boxes = changed_boxes(before, sheet, extents)
        if boxes is None:
            return
        for place, tile in deck.tiles.items():
            if tile.content == before.content:
                tile.content = sheet.content
                tile.dirty = joined(tile.dirty, met(boxes, place, sheet.ratio))

    def put(self, deck: Deck, place: Place, tile: Tile) -> None:
        """Keep a tile."""
        tile.used = self._now
        deck.tiles[place] = tile
        self._evict()

    def begin_frame(self) -> None:
        """Start a new round of looking at tiles; those looked at in it are the last to go."""
        self._now = next(self._clock)

    def touch(self, tile: Tile) -> None:
        """Note that a tile is being shown."""
        tile.used = self._now

    @property
    def nbytes(self) -> int:
        """Bytes of all pictures and of what is kept with them."""
        tiles = [tile for deck in self.decks for tile in deck.tiles.values()]
        kept = {id(tile.kept): tile.kept for tile in tiles if tile.kept is not None}
        return sum(tile.image.sizeInBytes() for tile in tiles) + sum(each.nbytes for each in kept.values())

    def _evict(self) -> None:
        excess = self.nbytes - self.limit
        if excess <= 0:
            return
        everything = [
            (tile.used, tile.image.sizeInBytes(), deck, place) for deck in self.decks for place, tile in deck.tiles.items()
        ]
        everything.sort(key=lambda each: each[0])
        for used, size, deck, place in everything:
            if excess <= 0 or used >= self._now:
                break
            del deck.tiles[place]
            excess -= size


def _best_match(decks: list[Deck], sheet: Sheet) -> Deck | None:
    """Return the deck with most layers in common with a sheet, whose tiles may stand in for it."""
    wanted = set(sheet.ids)
    ranked = [(len(wanted & set(deck.sheet.ids)), deck) for deck in decks if deck.sheet.crs == sheet.crs]
    ranked = [each for each in ranked if each[0]]
    return max(ranked, key=lambda each: each[0])[1] if ranked else None


class Touched(NamedTuple):
    """Where two versions of a layer differ: a box in the map's CRS, a margin in px, and the layer's look."""

    box: Box
    margin: float
    style: Style
    crs: str

    def is_seen_at(self, place: Place, ratio: float) -> bool:
        """Tell whether the layer may be drawn at the scale of a tile, which is another at each place of the map."""
        least, most = self.style.max_scale, self.style.min_scale
        if not least and not most:
            return True
        middle = (place.box[0] + place.box[2]) / 2, (place.box[1] + place.box[3]) / 2
        scale = Viewport(*middle, place.resolution * ratio, 1.0, 1.0, "px", self.crs).scale_denominator
        return (not most or scale / SCALE_SPARE <= most) and (not least or scale * SCALE_SPARE >= least)


def changed_boxes(before: Sheet, after: Sheet, extents: Mapping[str, Extent]) -> list[Touched] | None:
    """Return where two versions of a sheet differ; None for everywhere."""
    if (before.ids, before.theme, before.ratio, before.crs) != (after.ids, after.theme, after.ratio, after.crs):
        return None
    boxes: list[Touched] = []
    for old, new in zip(before.layers, after.layers, strict=True):
        if (old.revision, old.style_revision) == (new.revision, new.style_revision):
            continue
        extent = extents.get(new.id)
        if extent is None or old.style_revision != new.style_revision or one_edit_changes_all(style_of(new)):
            return None
        if extent[0] > extent[2]:  # rows without a shape
            continue
        box = box_in(extent, new.crs, after.crs)
        if box is None:
            return None
        style = style_of(new)
        boxes.append(Touched(box, style_margin(style) + inward_margin(style) + 2.0, style, after.crs))
    return boxes


def box_in(box: Extent, source: str, target: str) -> Box | None:
    """Return a box that holds the image of a box in another CRS; None when it has none."""
    x, y = np.meshgrid(np.linspace(box[0], box[2], _STEPS), np.linspace(box[1], box[3], _STEPS))
    image = transform_xy(source, target, np.column_stack([x.ravel(), y.ravel()]), approximate=False)
    if not np.isfinite(image).all():
        return None
    low, high = image.min(axis=0), image.max(axis=0)
    spare = (high - low) / _STEPS / 4  # what bends beyond the points between two of them
    return float(low[0] - spare[0]), float(low[1] - spare[1]), float(high[0] + spare[0]), float(high[1] + spare[1])


def met(boxes: Iterable[Touched], place: Place, ratio: float) -> Box | None:
    """Return what of a place lies within boxes and their margins (px), as one box in map units; None for nothing."""
    found: Box | None = None
    own = place.box
    for each in boxes:
        box, reach = each.box, each.margin * ratio * place.resolution
        part = (
            max(own[0], box[0] - reach),
            max(own[1], box[1] - reach),
            min(own[2], box[2] + reach),
            min(own[3], box[3] + reach),
        )
        if part[0] <= part[2] and part[1] <= part[3] and each.is_seen_at(place, ratio):
            found = joined(found, part)
    return found


def joined(first: Box | None, second: Box | None) -> Box | None:
    """Return the box around two boxes."""
    if first is None or second is None:
        return first or second
    return min(first[0], second[0]), min(first[1], second[1]), max(first[2], second[2]), max(first[3], second[3])


def pixels_of(place: Place, box: Box) -> PixelBox:
    """Return the device pixels of a tile that a box of map units touches."""
    left = math.floor(box[0] / place.resolution - place.column * TILE)
    top = math.floor(-box[3] / place.resolution - place.row * TILE)
    right = math.ceil(box[2] / place.resolution - place.column * TILE)
    bottom = math.ceil(-box[1] / place.resolution - place.row * TILE)
    left, top = min(max(left, 0), TILE - 1), min(max(top, 0), TILE - 1)
    return left, top, min(max(right, left + 1), TILE) - left, min(max(bottom, top + 1), TILE) - top


def places_over(box: Box, resolution: float) -> Iterator[Place]:
    """Yield the tiles that meet a box (map units), the nearest to its centre first."""
    side = TILE * resolution
    columns = range(math.floor(box[0] / side), math.ceil(box[2] / side))
    rows = range(math.floor(-box[3] / side), math.ceil(-box[1] / side))
    x, y = (box[0] + box[2]) / 2 / side - 0.5, -(box[1] + box[3]) / 2 / side - 0.5
    places = [Place(resolution, column, row) for row in rows for column in columns]
    yield from sorted(places, key=lambda place: (place.column - x) ** 2 + (place.row - y) ** 2)


def neat(resolution: float) -> float:
    """Return a resolution without the last digits, so that two ways to the same scale meet in one set of tiles."""
    return float(f"{resolution:.9e}")


def as_now(sheet: Sheet, layers: Iterable[Layer]) -> Sheet:
    """Return the sheet over other versions of its layers."""
    return replace(sheet, layers=tuple(layers))
