"""What a window showed, kept so that parts of it can be painted again.

One edit changes one layer. The others were styled, thinned, cut and dashed for the tile a moment ago: the piece that the edit
touched is painted from that again, and only the edited layer is made anew. This file must not know a toolkit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from cgplanner.geometry.ragged import Floats, Ints
from cgplanner.model.layer import Layer
from cgplanner.render.scene.display_list import (
    BandBatch,
    Batch,
    DisplayList,
    DrawingBatch,
    FillBatch,
    HatchBatch,
    LayerBatches,
    MarkerBatch,
    Shapes,
    StrokeBatch,
)
from cgplanner.render.scene.shapes.banding import band_areas
from cgplanner.render.scene.shapes.cutting import cut_areas, cut_lines
from cgplanner.render.scene.shapes.device_shapes import DeviceShapes
from cgplanner.render.scene.shapes.nearby import nearby
from cgplanner.render.scene.viewport import Box, Viewport

MOST_BYTES = 8 << 20  # of the coordinates of a window; more are not kept
SPARE_PX = 8.0  # round a piece, in device units: no end of what is cut there shows

Version = tuple[str, int, int]


def version_of(layer: Layer) -> Version:
    """Return what a layer's batches in a window depend on."""
    return layer.id, layer.revision, layer.style_revision


@dataclass(frozen=True, eq=False)
class KeptLayer:
    """The batches of a layer, and where in the window each of their shapes may be seen."""

    drawn: LayerBatches

    @cached_property
    def _places(self) -> tuple[Floats, Ints, Ints]:
        """Boxes (n, 4) of all shapes with what their looks add, the batch of each (n,) and its place in it (n,)."""
        boxes = [_boxes(batch) for batch in self.drawn.batches]
        counts = [len(each) for each in boxes]
        owners = np.repeat(np.arange(len(boxes)), counts)
        return np.concatenate(boxes), owners, np.concatenate([np.arange(count) for count in counts])

    def part(self, box: Box) -> LayerBatches:
        """Return what is seen in a box, in units from its top left."""
        if not self.drawn.batches:
            return self.drawn
        boxes, owners, places = self._places
        met = (boxes[:, 0] <= box[2]) & (boxes[:, 2] >= box[0]) & (boxes[:, 1] <= box[3]) & (boxes[:, 3] >= box[1])
        hits: dict[int, list[int]] = {}
        for owner, place in zip(owners[met].tolist(), places[met].tolist(), strict=True):
            hits.setdefault(owner, []).append(place)
        parts = (_part(self.drawn.batches[owner], np.array(found), box) for owner, found in hits.items())
        return replace(self.drawn, batches=tuple(part for part in parts if part is not None))


@dataclass(frozen=True, eq=False)
class Kept:
    """The layers of a window that can be painted again in part.

    Attributes
    ----------
    viewport, ratio
        The window, and how many device pixels make one of its units.
    layers
        What was painted of each version of a layer; no batches where it showed nothing.
    """

    viewport: Viewport
    ratio: float
    layers: dict[Version, KeptLayer]

    @cached_property
    def nbytes(self) -> int:
        """About how many bytes are kept: those of the coordinates, of which fills and edges may share some."""
        arrays = {id(xy): xy.nbytes for layer in self.layers.values() for xy in map(_coordinates, layer.drawn.batches)}
        return sum(arrays.values())

    def part(self, layer: Layer, window: Viewport) -> LayerBatches | None:
        """Return what this version of a layer shows in a smaller window of the same scale; None where that is not known."""
        whole = self.layers.get(version_of(layer))
        if whole is None:
            return None
        corner = np.array([[window.x, window.y]])
        left, top = self.viewport.to_device(corner)[0] - (window.width / 2, window.height / 2)
        left, top = round(left * self.ratio) / self.ratio, round(top * self.ratio) / self.ratio
        return whole.part((left, top, left + window.width, top + window.height))


def with_bands_as_areas(scene: DisplayList) -> DisplayList:
    """Return the same picture with bands worked out: that is dear, and parts of it may be wanted later."""
    layers = (replace(layer, batches=tuple(_plain(batch) for batch in layer.batches)) for layer in scene.layers)
    return replace(scene, layers=tuple(layers))


def _plain(batch: Batch) -> Batch:
    return FillBatch(_filled(band_areas(batch)), batch.color, batch.opacity) if isinstance(batch, BandBatch) else batch


def _filled(shapes: Shapes) -> Shapes:
    """Leave out shapes without a vertex."""
    return _features(shapes).kept(np.ones(len(shapes.xy), bool)).shapes()


def kept_of(layers: Iterable[Layer], scene: DisplayList, viewport: Viewport, ratio: float) -> Kept | None:
    """Return what can be kept of the scene of these layers in a window; None where that is too much.

    Layers that kernels painted, surfaces and clusters are left out: they are made anew.
    """
    drawn = {each.layer: each for each in scene.layers}
    found = {version_of(layer): drawn.get(layer.id) or LayerBatches(layer.id, 1.0, ()) for layer in layers}
    cuttable = {name: each for name, each in found.items() if all(isinstance(batch, tuple(_PARTS)) for batch in each.batches)}
    kept = {version: KeptLayer(each) for version, each in cuttable.items()}
    whole = Kept(viewport, ratio, kept)
    return whole if whole.nbytes <= MOST_BYTES else None


def _coordinates(batch: Any) -> Floats:
    found: Floats = batch.xy if isinstance(batch, MarkerBatch | DrawingBatch) else batch.shapes.xy
    return found


def _reach(batch: Any) -> float:
    """Return how far beyond its coordinates a batch may be seen, or has to be kept for what is cut off to go unseen."""
    if isinstance(batch, MarkerBatch):
        return batch.size + batch.stroke_width + batch.ring_gap + batch.ring_width
    if isinstance(batch, DrawingBatch):
        return batch.size
    return SPARE_PX + (2 * batch.width if isinstance(batch, StrokeBatch | HatchBatch) else 0.0)


def _boxes(batch: Any) -> Floats:
    reach = _reach(batch)
    if isinstance(batch, MarkerBatch | DrawingBatch):
        return np.hstack([batch.xy - reach, batch.xy + reach])
    if not len(batch.shapes):
        return np.empty((0, 4))
    found: Floats = batch.shapes.boxes + np.array([-reach, -reach, reach, reach])
    return found


def _part(batch: Any, places: Ints, box: Box) -> Batch | None:
    reach = _reach(batch)
    return _PARTS[type(batch)](batch, places, box, _grown(box, reach))


def _grown(box: Box, margin: float) -> Box:
    return box[0] - margin, box[1] - margin, box[2] + margin, box[3] + margin


def _features(shapes: Shapes) -> DeviceShapes:
    return DeviceShapes(shapes.xy, shapes.rings, np.arange(len(shapes.rings)), shapes.shapes, shapes.rows)


def _with(batch: Any, shapes: Shapes, box: Box) -> Any:
    """Return the batch with these shapes, seen from the top left of the box; None without a shape."""
    if not len(shapes):
        return None
    return replace(batch, shapes=Shapes(shapes.xy - box[:2], shapes.rings, shapes.shapes, shapes.rows))


def _fill_part(batch: FillBatch, places: Ints, box: Box, limit: Box) -> FillBatch | None:
    found: FillBatch | None = _with(batch, nearby(_features(batch.shapes).take(places), limit).shapes(), box)
    return found


def _hatch_part(batch: HatchBatch, places: Ints, box: Box, limit: Box) -> HatchBatch | None:
    areas = nearby(_features(batch.shapes).take(places), limit)
    phase = batch.phase[0] - box[0], batch.phase[1] - box[1]
    found: HatchBatch | None = _with(replace(batch, phase=phase), cut_areas(areas, limit), box) if len(areas) else None
    return found


def _stroke_part(batch: StrokeBatch, places: Ints, box: Box, limit: Box) -> StrokeBatch | None:
    """Return the lines within: whole ones without what lies far off, or, dashed, pieces that begin at whole periods."""
    period = float(sum(batch.dash))
    lines = nearby(_features(batch.shapes).take(places), _grown(limit, period))
    seen = cut_lines(lines, limit, period) if batch.dash and len(lines) else lines.shapes()
    found: StrokeBatch | None = _with(batch, seen, box)
    return found


def _points_part(batch: Any, places: Ints, box: Box, _limit: Box) -> Any:
    turns = batch.turns[places] if batch.turns is not None else None
    return replace(batch, xy=batch.xy[places] - box[:2], rows=batch.rows[places], turns=turns)


_PARTS: dict[type, Callable[[Any, Ints, Box, Box], Batch | None]] = {
    FillBatch: _fill_part,
    HatchBatch: _hatch_part,
    StrokeBatch: _stroke_part,
    MarkerBatch: _points_part,
    DrawingBatch: _points_part,
}
