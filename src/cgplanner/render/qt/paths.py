"""Flat coordinates -> QPainterPath, through Qt's own stream format: one call for thousands of vertices."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PySide6.QtCore import QByteArray, QDataStream, QIODevice, Qt
from PySide6.QtGui import QPainterPath

from cgplanner.geometry.ragged import Floats, Ints
from cgplanner.render.scene.display_list import Shapes

_ELEMENT = np.dtype([("type", ">i4"), ("x", ">f8"), ("y", ">f8")])
_CHUNK_SHAPES = 24  # measured: filling one path grows worse than linearly, small paths of neighbours are quickest
_CHUNK_VERTICES = 1_500
_CROWD = 2_000  # translucent shapes above which speed counts more


def path_of(xy: Floats, rings: Ints) -> QPainterPath:
    """Return a path with one subpath for each ring or line; it fills non-zero. Empty rings are left out."""
    path = QPainterPath()
    if len(xy):
        elements = np.empty(len(xy), _ELEMENT)
        elements["type"] = 1
        elements["type"][rings[:-1][np.diff(rings) > 0]] = 0
        elements["x"], elements["y"] = xy[:, 0], xy[:, 1]
        head = len(xy).to_bytes(4, "big")
        tail = (0).to_bytes(4, "big") + Qt.FillRule.WindingFill.value.to_bytes(4, "big")
        data = QByteArray(head + elements.tobytes() + tail)  # a name of its own: the stream does not keep it alive
        stream = QDataStream(data, QIODevice.OpenModeFlag.ReadOnly)
        stream >> path
    path.setFillRule(Qt.FillRule.WindingFill)
    return path


def chunks(shapes: Shapes, opacity: float = 1.0) -> Iterator[QPainterPath]:
    """Yield paths of some neighbouring shapes each; of single shapes where it matters because they shine through.

    What lies in one path adds up to one coverage: how shapes happen to be grouped must not be seen.
    """
    most = _CHUNK_SHAPES if opacity >= 1 or len(shapes) > _CROWD else 1
    ends = shapes.rings[shapes.shapes]
    start = 0
    while start < len(shapes):
        stop = int(np.searchsorted(ends, ends[start] + _CHUNK_VERTICES, side="left"))
        stop = min(max(stop, start + 1), start + most, len(shapes))
        first, last = shapes.shapes[start], shapes.shapes[stop]
        rings = shapes.rings[first : last + 1]
        yield path_of(shapes.xy[rings[0] : rings[-1]], rings - rings[0])
        start = stop


def segments_path(segments: Floats) -> QPainterPath:
    """Return a path of separate segments (k, 4)."""
    return path_of(segments.reshape(-1, 2), np.arange(0, 2 * len(segments) + 1, 2))
