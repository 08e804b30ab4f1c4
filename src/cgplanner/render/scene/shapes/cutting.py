"""Features cut to a window, as a display list holds them. This file must not know symbols."""

from __future__ import annotations

import numpy as np

from cgplanner.geometry.ragged import Floats, Ints
from cgplanner.render.scene.display_list import Shapes
from cgplanner.render.scene.shapes.clipping import beyond, clip_lines, clip_rings
from cgplanner.render.scene.shapes.device_shapes import DeviceShapes
from cgplanner.render.scene.viewport import Box


def cut_areas(shapes: DeviceShapes, limit: Box) -> Shapes:
    """Return areas, cut where they reach beyond the limit; those that lie there whole are left out."""
    far = beyond(shapes.boxes(), limit)
    if not far.any():
        return shapes.shapes()
    xy, rings = clip_rings(shapes.xy, shapes.rings, limit)
    cut = DeviceShapes(xy, rings, shapes.parts, shapes.features, shapes.rows)
    return cut.kept(np.ones(len(xy), bool)).shapes()


def cut_lines(shapes: DeviceShapes, limit: Box, period: float) -> Shapes:
    """Return lines, or the edges of areas, cut where they reach far; pieces begin at whole periods (0: anywhere)."""
    far = beyond(shapes.ring_boxes(), limit)
    if not far.any():
        return shapes.shapes()
    owners = np.repeat(np.arange(len(shapes)), np.diff(shapes.feature_rings))
    if far.all():
        pieces, offsets, source = clip_lines(shapes.xy, shapes.rings, limit, period, shapes.along)
        return regrouped(pieces, offsets, owners[source], shapes.rows)
    near, cut = np.flatnonzero(~far), np.flatnonzero(far)
    long, whole = _rings_of(shapes, cut), _rings_of(shapes, near)
    pieces, piece_offsets, source = clip_lines(long.xy, long.rings, limit, period, long.along)
    return regrouped(
        np.concatenate([whole.xy, pieces]),
        np.concatenate([whole.rings, whole.rings[-1] + piece_offsets[1:]]),
        np.concatenate([owners[near], owners[cut][source]]),
        shapes.rows,
    )


def _rings_of(shapes: DeviceShapes, rings: Ints) -> DeviceShapes:
    """Return these rings or lines, each as a feature of its own."""
    count = np.arange(len(shapes.rings))
    return DeviceShapes(shapes.xy, shapes.rings, count, count, count[:-1], shapes.along).take(rings)


def regrouped(xy: Floats, offsets: Ints, owners: Ints, rows: Ints) -> Shapes:
    """Return shapes from lines and the feature each belongs to, in the order of features."""
    order = np.argsort(owners, kind="stable")
    lines = DeviceShapes(xy, offsets, np.arange(len(offsets)), np.arange(len(offsets)), owners).take(order)
    features, first = np.unique(lines.rows, return_index=True)
    return Shapes(lines.xy, lines.rings, np.append(first, len(order)).astype(np.int64), rows[features])
