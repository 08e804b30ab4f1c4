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

from cgplanner.geometry.ragged import Floats
from cgplanner.model.layer import Layer
from cgplanner.render.scene.banding import band_areas
from cgplanner.render.scene.cutting import cut_areas, cut_lines
from cgplanner.render.scene.device_shapes import DeviceShapes
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
from cgplanner.render.scene.nearby import nearby
from cgplanner.render.scene.viewport import Box, Viewport

MOST_BYTES = 8 << 20  # of the coordinates of a window; more are not kept
SPARE_PX = 8.0  # round a piece, in device units: no end of what is cut there shows

Version = tuple[str, int, int]


def version_of(layer: Layer) -> Version:
    """Return what a layer's batches in a window depend on."""
    return layer.id, layer.revision, layer.style_revision


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
    layers: dict[Version, LayerBatches]

    @cached_property
    def nbytes(self) -> int:
        """About how many bytes are kept: those of the coordinates, of which fills and edges may share some."""
        arrays = {id(xy): xy.nbytes for layer in self.layers.values() for xy in map(_coordinates, layer.batches)}
        return sum(arrays.values())

    def part(self, layer: Layer, window: Viewport) -> LayerBatches | None:
        """Return what this version of a layer shows in a smaller window of the same scale; None where that is not known."""
        whole = self.layers.get(version_of(layer))
        if whole is None:
            return None
        corner = np.array([[window.x, window.y]])
        left, top = self.viewport.to_device(corner)[0] - (window.width / 2, window.height / 2)
        left, top = round(left * self.ratio) / self.ratio, round(top * self.ratio) / self.ratio
        box = left, top, left + window.width, top + window.height
        parts = (_part(batch, box) for batch in whole.batches)
        return replace(whole, batches=tuple(part for part in parts if part is not None))


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
    kept = {version: each for version, each in found.items() if all(isinstance(batch, tuple(_PARTS)) for batch in each.batches)}
    whole = Kept(viewport, ratio, kept)
    return whole if whole.nbytes <= MOST_BYTES else None


def _coordinates(batch: Any) -> Floats:
    found: Floats = batch.xy if isinstance(batch, MarkerBatch | DrawingBatch) else batch.shapes.xy
    return found


def _part(batch: Any, box: Box) -> Batch | None:
    return _PARTS[type(batch)](batch, box)


def _grown(box: Box, margin: float) -> Box:
    return box[0] - margin, box[1] - margin, box[2] + margin, box[3] + margin


def _features(shapes: Shapes) -> DeviceShapes:
    return DeviceShapes(shapes.xy, shapes.rings, np.arange(len(shapes.rings)), shapes.shapes, shapes.rows)


def _meeting(shapes: Shapes, limit: Box) -> DeviceShapes | None:
    """Return the shapes whose boxes meet the limit, without what lies beyond it for certain; None for none."""
    if not len(shapes):
        return None
    boxes = shapes.boxes
    met = (boxes[:, 0] <= limit[2]) & (boxes[:, 2] >= limit[0]) & (boxes[:, 1] <= limit[3]) & (boxes[:, 3] >= limit[1])
    if not met.any():
        return None
    return _features(shapes).take(np.flatnonzero(met))


def _moved(shapes: Shapes, box: Box) -> Shapes | None:
    return Shapes(shapes.xy - box[:2], shapes.rings, shapes.shapes, shapes.rows) if len(shapes) else None


def _fill_part(batch: FillBatch, box: Box) -> FillBatch | None:
    limit = _grown(box, SPARE_PX)
    met = _meeting(batch.shapes, limit)
    shapes = _moved(nearby(met, limit).shapes(), box) if met is not None else None
    return replace(batch, shapes=shapes) if shapes is not None else None


def _hatch_part(batch: HatchBatch, box: Box) -> HatchBatch | None:
    limit = _grown(box, SPARE_PX + batch.width)
    met = _meeting(batch.shapes, limit)
    shapes = _moved(cut_areas(nearby(met, limit), limit), box) if met is not None else None
    phase = batch.phase[0] - box[0], batch.phase[1] - box[1]
    return replace(batch, shapes=shapes, phase=phase) if shapes is not None else None


def _stroke_part(batch: StrokeBatch, box: Box) -> StrokeBatch | None:
    """Return the lines within: whole ones without what lies far off, or, dashed, pieces that begin at whole periods."""
    limit = _grown(box, SPARE_PX + 2 * batch.width)
    met = _meeting(batch.shapes, limit)
    if met is None:
        return None
    lines = cut_lines(met, limit, sum(batch.dash)) if batch.dash else nearby(met, limit).shapes()
    shapes = _moved(lines, box)
    return replace(batch, shapes=shapes) if shapes is not None else None


def _points_part(batch: Any, box: Box, reach: float) -> Any:
    x0, y0, x1, y1 = _grown(box, reach)
    xy = batch.xy
    met = (xy[:, 0] >= x0) & (xy[:, 0] <= x1) & (xy[:, 1] >= y0) & (xy[:, 1] <= y1)
    if not met.any():
        return None
    turns = batch.turns[met] if batch.turns is not None else None
    return replace(batch, xy=xy[met] - box[:2], rows=batch.rows[met], turns=turns)


def _markers_part(batch: MarkerBatch, box: Box) -> MarkerBatch | None:
    reach = batch.size + batch.stroke_width + batch.ring_gap + batch.ring_width + SPARE_PX
    found: MarkerBatch | None = _points_part(batch, box, reach)
    return found


def _drawings_part(batch: DrawingBatch, box: Box) -> DrawingBatch | None:
    found: DrawingBatch | None = _points_part(batch, box, batch.size + SPARE_PX)
    return found


_PARTS: dict[type, Callable[[Any, Box], Batch | None]] = {
    FillBatch: _fill_part,
    HatchBatch: _hatch_part,
    StrokeBatch: _stroke_part,
    MarkerBatch: _markers_part,
    DrawingBatch: _drawings_part,
}
