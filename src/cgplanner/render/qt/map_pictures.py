"""The pictures a map window is made of, as work for another thread: tiles, the labels of a view, outlines of a selection.

Each work is a snapshot: layers are versions, so nothing it reads can change. This file must not know threads or widgets.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen

from cgplanner.geometry import kernels
from cgplanner.geometry.crs import transform_xy
from cgplanner.geometry.ragged import Ints
from cgplanner.model.layer import Layer
from cgplanner.render.qt.paint import to_image
from cgplanner.render.qt.paths import chunks
from cgplanner.render.qt.text import paint_labels
from cgplanner.render.qt.tiles import TILE, Content, Deck, PixelBox, Place, Sheet
from cgplanner.render.qt.unlocked import clear, stroke_path
from cgplanner.render.scene.build import SceneRequest, build, drawn_layers
from cgplanner.render.scene.display_list import PlacedLabel
from cgplanner.render.scene.kept import Kept, kept_of, with_bands_as_areas
from cgplanner.render.scene.labels.placement import Labelling, label
from cgplanner.render.scene.request import Theme
from cgplanner.render.scene.shapes.device_shapes import DeviceShapes, LayerShapes, device_shapes, rows_in_view
from cgplanner.render.scene.viewport import Box, Viewport
from cgplanner.text import Language

SELECTION, CASING = "#00B8D9", "#FFFFFF"
LINE_PX, CASING_PX, POINT_PX = 2.5, 5.0, 11.0

_warming = threading.Lock()


def ensure_warm() -> None:
    """Have the kernels compiled before a crowded layer is drawn; other threads that need them wait here."""
    with _warming:
        if not kernels.is_warm() and kernels.available():
            kernels.warm_up()


Pictures = TypeVar("Pictures")


@dataclass(frozen=True, eq=False)
class Painted(Generic[Pictures]):
    """Tiles as they were painted.

    Attributes
    ----------
    pictures
        One picture, or one for each tile.
    problems
        Sentences about what could not be drawn.
    kept
        What pieces of them can be painted from again; None where that is not kept.
    """

    pictures: Pictures
    problems: tuple[str, ...]
    kept: Kept | None = None


@dataclass(eq=False)
class TileWork:
    """One tile of a deck, or the dirty part of one. Two works are never the same, so its key is itself.

    Attributes
    ----------
    base, part, kept
        The picture to be mended, which device pixels of it, and what was painted there; None for a whole tile.
    content, dirty
        What the result will be right for; moved on by edits that happen while it is painted.
    """

    deck: Deck
    place: Place
    sheet: Sheet
    content: Content
    base: QImage | None = None
    part: PixelBox | None = None
    dirty: Box | None = None
    kept: Kept | None = None

    @property
    def key(self) -> Hashable:
        """What this work alone is called."""
        return "tile", id(self)

    @property
    def frees_python(self) -> bool:
        """Tell whether compiled kernels do most of it."""
        return self.sheet.is_crowded

    def perform(self, cancelled: Callable[[], bool]) -> Painted[QImage]:
        """Return the picture."""
        if self.sheet.is_crowded:
            ensure_warm()
        if self.part is None:
            return _painted(self.sheet, self.place, _WHOLE, cancelled)
        piece = _painted_piece(self.sheet, self.place, self.part, self.kept, cancelled)
        return replace(piece, pictures=self.mended(piece.pictures))

    @property
    def is_piece(self) -> bool:
        """Tell whether a picture is mended."""
        return self.part is not None

    def pixels_from(self, place: Place) -> PixelBox:
        """Return what is painted in device pixels of another tile of this resolution."""
        left, top, width, height = self.part or _WHOLE
        across, down = self.place.column - place.column, self.place.row - place.row
        return left + across * TILE, top + down * TILE, width, height

    def mended(self, image: QImage) -> QImage:
        """Return the whole picture that this one, just painted, is or is a part of."""
        return image if self.base is None or self.part is None else mended(self.base, image, self.part)


@dataclass(frozen=True, eq=False)
class BlockWork:
    """Neighbouring tiles of a deck, or their dirty parts, painted as one picture and cut up: what they share is drawn once."""

    tiles: tuple[TileWork, ...]

    @property
    def key(self) -> Hashable:
        """What this work alone is called."""
        return "block", id(self)

    @property
    def frees_python(self) -> bool:
        """Say no: Qt paints most of it."""
        return False

    @property
    def is_piece(self) -> bool:
        """Tell whether tiles are mended."""
        return self.tiles[0].is_piece

    def perform(self, cancelled: Callable[[], bool]) -> Painted[list[QImage]]:
        """Return the picture of every tile."""
        first, boxes = self.tiles[0], [tile.pixels_from(self.tiles[0].place) for tile in self.tiles]
        whole = _around(boxes)
        if self.is_piece:
            block = _painted_piece(first.sheet, first.place, whole, first.kept, cancelled)
        else:
            block = _painted(first.sheet, first.place, whole, cancelled)
        cut = [block.pictures.copy(left - whole[0], top - whole[1], *size) for left, top, *size in boxes]
        mend = [tile.mended(image) for tile, image in zip(self.tiles, cut, strict=True)]
        return Painted(mend, block.problems, block.kept)


def _around(boxes: Iterable[PixelBox]) -> PixelBox:
    sides = [(left, top, left + width, top + height) for left, top, width, height in boxes]
    left, top = min(each[0] for each in sides), min(each[1] for each in sides)
    return left, top, max(each[2] for each in sides) - left, max(each[3] for each in sides) - top


def in_blocks(tiles: Iterable[TileWork]) -> list[TileWork | BlockWork]:
    """Return the same work with tiles side by side put together, in the order of each one's first tile.

    So are parts of tiles that were painted together. Crowded sheets stay in tiles: these are painted in two threads and cost
    what they show. So do tiles that lie scattered.
    """
    groups: dict[object, list[TileWork]] = {}
    middles: dict[object, tuple[int, int]] = {}  # tiles come from the middle outwards
    for tile in tiles:
        place, level = tile.place, (tile.deck, tile.place.resolution)
        middle = middles.setdefault(level, (place.column, place.row))
        cell = (place.column - middle[0] + _BLOCK[0] // 2) // _BLOCK[0], (place.row - middle[1] + _BLOCK[1] // 2) // _BLOCK[1]
        key: object = level, cell
        if tile.is_piece:
            key = (level, id(tile.kept)) if tile.kept is not None else tile.key
        groups.setdefault(tile.key if tile.sheet.is_crowded else key, []).append(tile)
    works: list[TileWork | BlockWork] = []
    for group in groups.values():
        works += [BlockWork(tuple(group))] if len(group) > 1 and _is_dense(group) else group
    return works


def _is_dense(tiles: Sequence[TileWork]) -> bool:
    boxes = [tile.pixels_from(tiles[0].place) for tile in tiles]
    whole = _around(boxes)
    return 2 * sum(width * height for _, _, width, height in boxes) > whole[2] * whole[3]


_WHOLE: PixelBox = (0, 0, TILE, TILE)
_BLOCK = 6, 4  # columns and rows of tiles at most: 24 MB


def _painted(sheet: Sheet, place: Place, part: PixelBox, cancelled: Callable[[], bool]) -> Painted[QImage]:
    request = _request(sheet, place, part)
    scene = build(request, cancelled=cancelled)
    kept = None
    if not sheet.is_crowded:  # its pieces are quickly made anew, and its shapes are many
        scene = with_bands_as_areas(scene)
        kept = kept_of(drawn_layers(request), scene, request.viewport, sheet.ratio)
    return Painted(to_image(scene, sheet.ratio, cancelled=cancelled), scene.problems, kept)


def _painted_piece(
    sheet: Sheet, place: Place, part: PixelBox, kept: Kept | None, cancelled: Callable[[], bool]
) -> Painted[QImage]:
    scene = build(_request(sheet, place, part), cancelled=cancelled, kept=kept)
    return Painted(to_image(scene, sheet.ratio, cancelled=cancelled), scene.problems, kept)


def _request(sheet: Sheet, place: Place, part: PixelBox) -> SceneRequest:
    port = sheet.viewport(place, part)
    return SceneRequest(sheet.layers, port, "", labels=False, theme=sheet.theme, ratio=sheet.ratio)


def mended(base: QImage, piece: QImage, part: PixelBox) -> QImage:
    """Return a copy of a picture with a piece of it painted over."""
    whole = base.copy()
    painter = QPainter(whole)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
    painter.drawImage(QPointF(part[0], part[1]), piece)
    painter.end()
    return whole


@dataclass(frozen=True, eq=False)
class ViewPicture:
    """A picture of one whole view, which moves along until the next one comes."""

    image: QImage
    viewport: Viewport
    labelling: Labelling | None = None

    @property
    def labels(self) -> tuple[PlacedLabel, ...]:
        """The labels on it, in device units of its viewport."""
        return self.labelling.labels if self.labelling is not None else ()

    @property
    def is_blank(self) -> bool:
        """Tell whether it was made for labels and has none: there is nothing to blit."""
        return self.labelling is not None and not self.labelling.labels


@dataclass(frozen=True, eq=False)
class LabelWork:
    """All labels of a view, solved once.

    Attributes
    ----------
    before
        The labels of the view before: what stood well goes on standing there while the map is panned.
    """

    layers: tuple[Layer, ...]
    viewport: Viewport
    theme: Theme
    language: Language
    ratio: float
    before: Labelling | None = None

    @property
    def key(self) -> Hashable:
        """What it is asked for; whence it came does not make it another."""
        versions = tuple((layer.id, layer.revision, layer.style_revision) for layer in self.layers)
        return "labels", versions, self.viewport, self.theme, self.language, self.ratio

    @property
    def frees_python(self) -> bool:
        """Say no: the solver is Python."""
        return False

    def perform(self, cancelled: Callable[[], bool]) -> ViewPicture:
        """Return the labels on nothing."""
        request = SceneRequest(self.layers, self.viewport, "", theme=self.theme, language=self.language, ratio=self.ratio)
        labelling = label(request, self.before, cancelled=cancelled, hurried=True)
        image, painter = _canvas(self.viewport, self.ratio)
        paint_labels(labelling.labels, painter)
        painter.end()
        return ViewPicture(image, self.viewport, labelling)


@dataclass(frozen=True, eq=False)
class SelectionWork:
    """The outlines of selected features in a view."""

    layer: Layer
    rids: tuple[int, ...]
    viewport: Viewport
    ratio: float

    @property
    def key(self) -> Hashable:
        """Everything it depends on."""
        return "selection", self.layer.id, self.layer.revision, self.rids, self.viewport, self.ratio

    def rows_in_view(self) -> Ints:
        """Return the selected rows that meet the view, ascending."""
        table = self.layer.table
        if len(self.rids) <= _FEW:
            return table.positions_of(self.rids)
        seen = rows_in_view(self.layer, self.viewport, POINT_PX)
        return seen[np.isin(table.rids[seen], np.asarray(self.rids))]

    @property
    def is_light(self) -> bool:
        """Tell whether it may be painted at once, in the frame."""
        if len(self.rids) > _FEW:
            return False
        geometry = self.layer.table.geometry
        offsets = geometry.base.vertex_offsets
        rows = geometry.rows_in_base[self.layer.table.positions_of(self.rids)]
        rows = rows[rows >= 0]
        return int((offsets[rows + 1] - offsets[rows]).sum()) < _LIGHT

    @property
    def frees_python(self) -> bool:
        """Say no: Qt paints it."""
        return False

    def perform(self, cancelled: Callable[[], bool]) -> ViewPicture:
        """Return the outlines on nothing."""
        del cancelled  # one call of compiled code after another, each short
        rows = self.rows_in_view()
        crowd = len(rows) > CROWD
        shapes = device_shapes(self.layer, self.viewport, _largest(self.layer, rows) if crowd else rows)
        if crowd:
            shapes = LayerShapes(shapes.point, _large(shapes.line), _large(shapes.polygon))
        image, painter = _canvas(self.viewport, self.ratio)
        _paint_dots(self.layer, self.viewport, rows if crowd else rows[:0], painter)
        paint_outlines(outlines(shapes), shapes.point.xy.tolist(), painter)
        painter.end()
        return ViewPicture(image, self.viewport)


_FEW, _LIGHT = 200, 20_000
CROWD = 1_500  # features that are outlined one by one; of more, the small ones are dots
_DOT_PX = 2


def _largest(layer: Layer, rows: Ints) -> Ints:
    """Return the largest rows, as many as are outlined."""
    bounds = layer.table.geometry.bounds_of(rows)
    size = np.nan_to_num(np.maximum(bounds[:, 2] - bounds[:, 0], bounds[:, 3] - bounds[:, 1]))
    return np.sort(rows[np.argpartition(size, len(rows) - CROWD)[-CROWD:]])


def _large(shapes: DeviceShapes) -> DeviceShapes:
    """Return the features that are more than a dot."""
    boxes = shapes.boxes()
    return shapes.take(np.flatnonzero(np.maximum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]) > 3 * _DOT_PX))


def _paint_dots(layer: Layer, viewport: Viewport, rows: Ints, painter: QPainter) -> None:
    """Paint the middle of each row as a dot; a million of them cost one look-up each."""
    if not len(rows):
        return
    bounds = layer.table.geometry.bounds_of(rows)
    middle = transform_xy(layer.crs, viewport.crs, (bounds[:, :2] + bounds[:, 2:]) / 2)
    places = viewport.to_device(middle)
    width, height = round(viewport.width), round(viewport.height)
    seen = ((places >= 0) & (places < (width - _DOT_PX, height - _DOT_PX))).all(axis=1)
    column, row = places[seen].astype(np.int64).T
    dots = np.zeros((height, width), np.uint32)
    for dx in range(_DOT_PX):
        for dy in range(_DOT_PX):
            dots[row + dy, column + dx] = QColor(SELECTION).rgba()
    image = QImage(dots.data, width, height, 4 * width, QImage.Format.Format_ARGB32)
    painter.drawImage(0, 0, image)


def outlines(shapes: LayerShapes) -> list[QPainterPath]:
    """Return lines and edges of areas as paths of some features each."""
    return [path for family in (shapes.line, shapes.polygon) for path in chunks(family.shapes())]


def paint_outlines(paths: Iterable[QPainterPath], points: Iterable[Iterable[float]], painter: QPainter) -> None:
    """Paint paths and points (x, y in the painter's units) the way a selection looks."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    kept = list(paths)
    for color, width in ((CASING, CASING_PX), (SELECTION, LINE_PX)):
        pen = QPen(QColor(color), width)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        for path in kept:
            stroke_path(painter, path, pen)
    for x, y in points:
        for color, width in ((CASING, CASING_PX), (SELECTION, LINE_PX)):
            painter.setPen(QPen(QColor(color), width))
            painter.drawEllipse(QPointF(x, y), POINT_PX, POINT_PX)


def with_margin(viewport: Viewport, margin: float) -> Viewport:
    """Return the window with so many px more on each side."""
    return replace(viewport, width=viewport.width + 2 * margin, height=viewport.height + 2 * margin)


def _canvas(viewport: Viewport, ratio: float) -> tuple[QImage, QPainter]:
    image = QImage(round(viewport.width * ratio), round(viewport.height * ratio), QImage.Format.Format_ARGB32_Premultiplied)
    clear(image)
    image.setDevicePixelRatio(ratio)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    return image, painter
