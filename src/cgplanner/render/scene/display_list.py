"""What is to be painted, in order: the one thing that screen and paper share.

Coordinates are device units with y down and the origin at the top left of the target: pixels of 1/96 inch on a screen
(painters multiply by the device's pixel ratio), millimetres on paper (the scene has already converted all sizes).
Batches are painted in order; each holds many shapes with one look. Same list in, same picture out, on any machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cgplanner.symbology.drawing import Drawing
from cgplanner.symbology.style import Blend, Cap, Dash, Join, MarkerShape

XY = NDArray[np.float64]
Offsets = NDArray[np.int64]
RowNumbers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Shapes:
    """Lines or rings: ``xy`` (v, 2) in device units, ``rings`` offsets into it, ``shapes`` offsets into rings.

    A shape is one feature. ``rows`` (one per shape) are row positions in the layer's table, for hit testing.
    """

    xy: XY
    rings: Offsets
    shapes: Offsets
    rows: RowNumbers

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def boxes(self) -> XY:
        """float64 (n, 4): minx, miny, maxx, maxy of every shape; there are no empty ones."""
        starts = self.rings[self.shapes[:-1]]
        return np.hstack([np.minimum.reduceat(self.xy, starts, axis=0), np.maximum.reduceat(self.xy, starts, axis=0)])


@dataclass(frozen=True, eq=False)
class FillBatch:
    """Areas filled with one colour; rings are closed, shells and holes oppositely oriented, filled non-zero."""

    shapes: Shapes
    color: str
    opacity: float


@dataclass(frozen=True, eq=False)
class HatchBatch:
    """Areas filled with parallel lines, clipped exactly. Phase is fixed to the origin of ``phase`` (device units)."""

    shapes: Shapes
    color: str
    opacity: float
    angle: float
    spacing: float
    width: float
    phase: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, eq=False)
class BandBatch:
    """A band along the inside of each area's edge: the edge stroked twice as wide, clipped to the area."""

    shapes: Shapes
    color: str
    opacity: float
    width: float


@dataclass(frozen=True, eq=False)
class StrokeBatch:
    """Lines, or the edges of areas. Dash lengths are in device units."""

    shapes: Shapes
    color: str
    opacity: float
    width: float
    dash: Dash = ()
    cap: Cap = "round"
    join: Join = "round"


@dataclass(frozen=True, eq=False)
class MarkerBatch:
    """Point symbols at ``xy`` (n, 2); one look. ``rows`` (n,) are row positions."""

    xy: XY
    rows: RowNumbers
    shape: MarkerShape
    size: float
    color: str
    opacity: float
    stroke: str
    stroke_width: float
    glyph: str = ""
    glyph_color: str = "#FFFFFF"
    ring: Dash = ()
    ring_color: str = ""
    ring_gap: float = 2.0
    ring_width: float = 1.0
    turns: NDArray[np.float64] | None = None  # degrees clockwise (n,); None turns none


@dataclass(frozen=True, eq=False)
class DrawingBatch:
    """Copies of one drawing at ``xy`` (n, 2), its longer side ``size`` long; ``turns`` as markers have them."""

    xy: XY
    rows: RowNumbers
    drawing: Drawing
    size: float
    opacity: float
    turns: NDArray[np.float64] | None = None


@dataclass(frozen=True, eq=False)
class HeatBatch:
    """Points with weights (n,) as a surface of their density (``scene.heat`` computes it).

    The density ``most`` gets the last colour of the ramp. The surface is computed in squares of side ``cell``, a corner of
    which lies at ``phase``, so that the parts of one map agree where they meet.
    """

    xy: XY
    rows: RowNumbers
    weights: NDArray[np.float64]
    radius: float
    ramp: tuple[str, ...]
    opacity: float
    most: float
    cell: float
    phase: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, eq=False)
class PixelBatch:
    """A part of the picture that compiled kernels have painted already: premultiplied RGBA, uint8 (h, w, 4).

    ``x, y`` is where its top left lies; ``ratio`` device pixels make one unit. Screen only.
    """

    x: float
    y: float
    ratio: float
    image: NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class TextBatch:
    """Words that belong to symbols, as the number in a cluster; painted with their layer, they take part in no placing."""

    labels: tuple[PlacedLabel, ...]


Batch = FillBatch | HatchBatch | BandBatch | StrokeBatch | MarkerBatch | DrawingBatch | HeatBatch | TextBatch | PixelBatch


LEADER_WIDTH = 0.07  # em: how wide the line is that joins a label with its feature


@dataclass(frozen=True)
class LabelLine:
    """One line of a placed label: its baseline's left end, and its angle in degrees clockwise on the page (y down)."""

    text: str
    x: float
    y: float
    angle: float = 0.0


@dataclass(frozen=True)
class PlacedLabel:
    """A label that has found its place; no two of a list overlap, unless somebody pinned them so.

    Attributes
    ----------
    layer, row
        Whose it is; ``row`` is a position in the version of the table that was drawn.
    lines
        One or more horizontal lines, or the characters along a curve.
    box
        minx, miny, maxx, maxy of the text with its halo.
    text
        All that it says, in one line.
    part
        Which of several labels of one row.
    leader
        x0, y0 at the feature, x1, y1 at the text; None where the text stands at its feature.
    pinned
        Somebody has put it there.
    """

    layer: str
    row: int
    lines: tuple[LabelLine, ...]
    size: float
    bold: bool
    italic: bool
    color: str
    halo_color: str
    halo: float
    spacing: float
    box: tuple[float, float, float, float]
    text: str = ""
    part: int = 0
    leader: tuple[float, float, float, float] | None = None
    pinned: bool = False


@dataclass(frozen=True, eq=False)
class LayerBatches:
    """The batches of one layer, which meet what lies below them as one picture with this opacity and blend mode."""

    layer: str
    opacity: float
    batches: tuple[Batch, ...]
    blend: Blend = "normal"


@dataclass(frozen=True, eq=False)
class DisplayList:
    """A whole picture.

    Attributes
    ----------
    width, height
        Size of the target in ``unit``.
    background
        "#RRGGBB", or '' for none.
    layers
        From bottom to top.
    labels
        Above everything else, already placed.
    problems
        Sentences for the user: layers or features that could not be drawn, and why.
    homeless
        Labels that found no place: the layer and what they wanted to say.
    """

    width: float
    height: float
    unit: Literal["px", "mm"]
    background: str
    layers: tuple[LayerBatches, ...]
    labels: tuple[PlacedLabel, ...] = ()
    problems: tuple[str, ...] = ()
    features_drawn: int = 0
    homeless: tuple[tuple[str, str], ...] = ()
