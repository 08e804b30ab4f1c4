"""What the map frame of a page looks at: projection, scale, the layers and rows that are in it, and the finished scene.

Everything else on the page (legend, table, scale bar, notes) asks this. It must not know matplotlib.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import shapely

from cgplanner.geometry.crs import GEOGRAPHIC, fitted_crs, transform_xy
from cgplanner.geometry.ragged import MULTIPOLYGON, POLYGON, Floats
from cgplanner.layout.page import Box, MapFrame
from cgplanner.layout.scale_bar import round_scale
from cgplanner.model.column import Positions
from cgplanner.model.index import rows_meeting
from cgplanner.model.layer import Layer
from cgplanner.model.workspace import Workspace
from cgplanner.render.scene.build import build, drawn_layers
from cgplanner.render.scene.display_list import DisplayList
from cgplanner.render.scene.request import IsCancelled, SceneRequest
from cgplanner.render.scene.viewport import Viewport, viewport_of
from cgplanner.text import Language

PAPER = "#FFFFFF"
MARGIN = 0.025  # of the frame, kept free round the extent
_STEPS = 33
_AREAS = (POLYGON, MULTIPOLYGON)
Extent = tuple[float, float, float, float]


@dataclass(frozen=True, eq=False)
class MapView:
    """A map frame filled.

    Attributes
    ----------
    box
        The frame on the page, mm.
    viewport
        The window in millimetres that are ``symbols`` real ones each.
    layers
        The layers drawn, bottom to top; ``rows`` are the positions of their features that meet the frame.
    left_out
        Layers without a CRS on a map that has one.
    """

    box: Box
    symbols: float
    viewport: Viewport
    layers: tuple[Layer, ...]
    rows: dict[str, Positions]
    left_out: tuple[Layer, ...]
    picture: DisplayList

    @property
    def crs(self) -> str:
        """The CRS of the map, '' when it is not known."""
        return self.viewport.crs

    @property
    def scale(self) -> float:
        """The scale denominator on the real paper, true at the centre."""
        return self.viewport.scale_denominator / self.symbols

    @property
    def is_empty(self) -> bool:
        """True where no layer has a feature in the frame."""
        return not any(len(rows) for rows in self.rows.values())

    def to_page(self, xy: Floats) -> Floats:
        """Return map coordinates (n, 2) as millimetres on the page."""
        return self.viewport.to_device(xy) * self.symbols + (self.box.x, self.box.y)

    def to_map(self, xy: Floats) -> Floats:
        """Return millimetres on the page (n, 2) as map coordinates."""
        return self.viewport.to_map((np.asarray(xy, np.float64) - (self.box.x, self.box.y)) / self.symbols)

    def label_texts(self) -> tuple[str, ...]:
        """Return the text of every placed label in one line, before it was wrapped or bent along a line."""
        return tuple(label.text for label in self.picture.labels)


def map_view(workspace: Workspace, frame: MapFrame, language: Language, cancelled: IsCancelled) -> MapView:
    """Return the frame filled with the workspace; an empty workspace gives an empty frame."""
    visible = tuple(layer for layer in workspace.layers if layer.visible and len(layer.table))
    crs = workspace.display_crs or _crs_for(visible)
    shown = tuple(layer for layer in visible if layer.crs or not crs)
    viewport = _window(frame, shown, crs)
    request = SceneRequest(shown, viewport, PAPER, language=language)
    layers = tuple(drawn_layers(request))
    rows = {layer.id: rows_in_frame(layer, viewport) for layer in layers}
    picture = build(request, cancelled=cancelled)
    left_out = tuple(layer for layer in visible if layer not in shown)
    return MapView(frame.box, frame.symbols, viewport, layers, rows, left_out, picture)


def _crs_for(layers: tuple[Layer, ...]) -> str:
    known = [layer for layer in layers if layer.crs]
    extent = _union([extent_in(layer, GEOGRAPHIC) for layer in known])
    return fitted_crs(*extent) if extent else ""


def _window(frame: MapFrame, layers: tuple[Layer, ...], crs: str) -> Viewport:
    width, height = frame.w / frame.symbols, frame.h / frame.symbols
    extent = _extent(frame, layers, crs)
    if extent is None:
        return Viewport(0.0, 0.0, 1.0, width, height, "mm", crs)
    window = viewport_of(extent, width, height, crs, unit="mm", margin=MARGIN * min(width, height))
    real = window.scale_denominator / frame.symbols
    wanted = frame.scale or (real if frame.extent else round_scale(real))
    return replace(window, units_per_px=window.units_per_px * wanted / real)


def _extent(frame: MapFrame, layers: tuple[Layer, ...], crs: str) -> Extent | None:
    if len(frame.extent) == 4:
        return frame.extent[0], frame.extent[1], frame.extent[2], frame.extent[3]
    for chosen in _choices(frame, layers):
        extent = _union([extent_in(layer, crs) for layer in chosen])
        if extent is not None:
            return extent
    return None


def _choices(frame: MapFrame, layers: tuple[Layer, ...]) -> Iterator[list[Layer]]:
    """Yield the layers whose extent the frame may show, the one that was asked for first."""
    if frame.show == "area":
        base = [layer for layer in layers if layer.role == "base"]
        yield [layer for layer in base if np.isin(layer.table.geometry.kinds, _AREAS).any()]
    if frame.show != "all":
        yield [layer for layer in layers if layer.role == "planning"]
    yield list(layers)


def extent_in(layer: Layer, crs: str) -> Extent | None:
    """Return the box of a layer's features in another CRS; None when there is none."""
    box = layer.table.geometry.extent()
    if box is None:
        return None
    x, y = np.meshgrid(np.linspace(box[0], box[2], _STEPS), np.linspace(box[1], box[3], _STEPS))
    image = transform_xy(layer.crs, crs, np.column_stack([x.ravel(), y.ravel()]))
    image = image[np.isfinite(image).all(axis=1)]
    if not len(image):
        return None
    low, high = image.min(axis=0), image.max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def _union(extents: list[Extent | None]) -> Extent | None:
    boxes = np.array([extent for extent in extents if extent is not None])
    if not len(boxes):
        return None
    low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def rows_in_frame(layer: Layer, viewport: Viewport) -> Positions:
    """Return the rows whose geometry truly meets the window, not only its box, ascending."""
    outline = _outline(viewport, layer.crs)
    if outline is None:
        return np.empty(0, np.int64)
    geometry = layer.table.geometry
    rows = rows_meeting(geometry, tuple(float(each) for each in outline.bounds))  # type: ignore[arg-type]  # four numbers
    bounds = geometry.bounds[rows]
    west, south, east, north = _inner_box(outline)
    within = (bounds[:, 0] >= west) & (bounds[:, 1] >= south) & (bounds[:, 2] <= east) & (bounds[:, 3] <= north)
    doubtful = rows[~within]
    shapely.prepare(outline)
    truly = doubtful[np.asarray(shapely.intersects(geometry.geometries(doubtful), outline), bool)]
    return np.sort(np.concatenate([rows[within], truly]))


def _outline(viewport: Viewport, crs: str) -> shapely.Polygon | None:
    """Return the window's edge in a layer's CRS, bent as it is there."""
    minx, miny, maxx, maxy = viewport.extent
    x, y = np.linspace(minx, maxx, _STEPS), np.linspace(miny, maxy, _STEPS)
    edge = np.vstack(
        [
            np.column_stack([x, np.full(_STEPS, miny)]),
            np.column_stack([np.full(_STEPS, maxx), y])[1:],
            np.column_stack([x[::-1], np.full(_STEPS, maxy)])[1:],
            np.column_stack([np.full(_STEPS, minx), y[::-1]])[1:-1],
        ]
    )
    image = transform_xy(viewport.crs, crs, edge)
    return shapely.Polygon(image) if np.isfinite(image).all() else None


def _inner_box(outline: shapely.Polygon) -> Extent:
    """Return a box wholly inside the bent window, a little smaller than it could be."""
    minx, miny, maxx, maxy = outline.bounds
    spare_x, spare_y = (maxx - minx) * 0.12, (maxy - miny) * 0.12
    box = shapely.box(minx + spare_x, miny + spare_y, maxx - spare_x, maxy - spare_y)
    return box.bounds if outline.contains(box) else (np.inf, np.inf, -np.inf, -np.inf)
