"""The sheet: a matplotlib figure of exactly the paper's size that takes shapes and words in millimetres, y down.

Everything is drawn as compound paths with ``fig.add_artist``, points rounded to 0.01 pt, in the order it comes. Nothing here
knows layouts, layers or display lists.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.path import Path
from matplotlib.transforms import Bbox, IdentityTransform
from numpy.typing import NDArray

from cgplanner.geometry.ragged import Floats
from cgplanner.geometry.text_extent import cap_height, text_width
from cgplanner.layout.page import Align, Box
from cgplanner.render.page.fonts import unprintable
from cgplanner.render.page.groups import GROUP_END, Group, group_mark
from cgplanner.render.page.path_streams import BulkPath, bulk_path
from cgplanner.render.page.pdf_operators import (
    GroupMark,
    Ink,
    LayerMark,
    Picture,
    Run,
    TextRuns,
    paint_bulk,
    paint_uncut,
    to_rgb_tuple,
)
from cgplanner.symbology.style import Blend, Cap, Dash, Join

PT_PER_MM = 72 / 25.4
Codes = NDArray[np.uint8]
_CAPS: dict[Cap, Literal["butt", "projecting", "round"]] = {"flat": "butt", "square": "projecting", "round": "round"}
_SMALLEST_DASH_PT = 0.05
_IDENTITY = IdentityTransform()


@dataclass(frozen=True)
class Stroke:
    """A pen; lengths in mm."""

    color: str
    width: float
    dash: Dash = ()
    cap: Cap = "flat"
    join: Join = "miter"

    def scaled(self, scale: float) -> Stroke:
        """Return the pen with its lengths multiplied."""
        if scale == 1.0:
            return self
        return replace(self, width=self.width * scale, dash=tuple(each * scale for each in self.dash))


class _Compound(Artist):
    """One path in points, filled or stroked or both."""

    def __init__(self, path: Path | None, fill: str, stroke: Stroke | None, opacity: float, clip: Any) -> None:
        super().__init__()
        self._path, self._fill, self._stroke, self._opacity = path, fill, stroke, opacity
        self._clip_box = clip

    def draw(self, renderer: Any) -> None:
        """Write the path."""
        gc = renderer.new_gc()
        gc.set_alpha(self._opacity)
        gc.set_linewidth(0)
        if self._clip_box is not None:
            gc.set_clip_rectangle(self._clip_box)
        if self._stroke is not None:
            gc.set_foreground(self._stroke.color)
            gc.set_linewidth(self._stroke.width * PT_PER_MM)
            gc.set_capstyle(_CAPS[self._stroke.cap])
            gc.set_joinstyle(self._stroke.join)
            if self._stroke.dash:
                gc.set_dashes(0, [max(each * PT_PER_MM, _SMALLEST_DASH_PT) for each in self._stroke.dash])
        self._paint(renderer, gc, to_rgb_tuple(self._fill) if self._fill else None)
        gc.restore()

    def _paint(self, renderer: Any, gc: Any, fill: tuple[float, float, float] | None) -> None:
        if self._stroke is not None and self._stroke.dash:
            paint_uncut(renderer, gc, self._path, fill)
        else:
            renderer.draw_path(gc, self._path, _IDENTITY, fill)


class _Bulk(_Compound):
    """The same for a path that is a stream of its own."""

    def __init__(self, bulk: BulkPath, *look: Any) -> None:
        super().__init__(None, *look)
        self._bulk = bulk

    def _paint(self, renderer: Any, gc: Any, fill: tuple[float, float, float] | None) -> None:
        paint_bulk(renderer, gc, self._bulk, fill)


class Sheet:
    """A page that is being drawn.

    Attributes
    ----------
    figure
        The matplotlib figure.
    layers
        (resource name, title) of the layers that a reader can switch, in order.
    missing
        Characters that no font has, as far as text has been set.
    groups
        How each group that marks stand for is laid on, by number.
    """

    def __init__(self, width: float, height: float) -> None:
        self.width, self.height = width, height
        self.figure = Figure(figsize=(width / 25.4, height / 25.4), dpi=72)
        self.figure.patch.set_visible(False)
        self.layers: list[tuple[str, str]] = []
        self.missing: dict[str, None] = {}
        self.groups: list[Group] = []
        self._bulk: dict[Hashable, BulkPath] = {}
        self._clip: Bbox | None = None
        self._origin = (0.0, 0.0)
        self._scale = 1.0

    @property
    def room(self) -> tuple[float, float]:
        """Width and height of what is drawn inside of now, in the units of now."""
        if self._clip is None:
            return self.width, self.height
        return self._clip.width / PT_PER_MM / self._scale, self._clip.height / PT_PER_MM / self._scale

    def _points(self, xy: Floats) -> Floats:
        """Return millimetres from the origin as points, y up, rounded to 0.01."""
        out = np.empty((len(xy), 2))
        out[:, 0] = (self._origin[0] + xy[:, 0] * self._scale) * PT_PER_MM
        out[:, 1] = (self.height - self._origin[1] - xy[:, 1] * self._scale) * PT_PER_MM
        return np.round(out, 2)

    def path(
        self,
        xy: Floats,
        codes: Codes,
        *,
        fill: str = "",
        stroke: Stroke | None = None,
        opacity: float = 1.0,
        key: Hashable = None,
    ) -> None:
        """Draw a path given as matplotlib's vertices and codes, in mm.

        ``key`` says that the path is long, of straight lines only, and the same whenever the key is: the file holds it once.
        """
        pen = stroke.scaled(self._scale) if stroke is not None else None
        look = fill, pen, opacity, self._clip
        if key is None:
            self.figure.add_artist(_Compound(Path(self._points(xy), codes), *look))
            return
        bulk = self._bulk.get(key)
        if bulk is None:
            bulk = self._bulk[key] = bulk_path(len(self._bulk), self._points(xy), codes)
        self.figure.add_artist(_Bulk(bulk, *look))

    @property
    def bulk_paths(self) -> list[BulkPath]:
        """The long paths by number."""
        return list(self._bulk.values())

    def line(self, *points: tuple[float, float], stroke: Stroke, opacity: float = 1.0) -> None:
        """Draw a polyline."""
        codes = np.full(len(points), Path.LINETO, np.uint8)
        codes[0] = Path.MOVETO
        self.path(np.array(points, np.float64), codes, stroke=stroke, opacity=opacity)

    def polygon(self, *points: tuple[float, float], fill: str = "", stroke: Stroke | None = None, opacity: float = 1.0) -> None:
        """Draw a closed polygon."""
        codes = np.full(len(points) + 1, Path.LINETO, np.uint8)
        codes[0], codes[-1] = Path.MOVETO, Path.CLOSEPOLY
        self.path(np.array([*points, points[0]], np.float64), codes, fill=fill, stroke=stroke, opacity=opacity)

    def rectangle(self, box: Box, *, fill: str = "", stroke: Stroke | None = None) -> None:
        """Draw a rectangle."""
        corners = (box.x, box.y), (box.right, box.y), (box.right, box.bottom), (box.x, box.bottom)
        self.polygon(*corners, fill=fill, stroke=stroke)

    def image(self, pixels: NDArray[np.uint8], box: Box) -> None:
        """Lay straight RGBA pixels (h, w, 4), the top row first, on a rectangle."""
        corners = self._points(np.array([[box.x, box.bottom], [box.right, box.y]]))
        (left, bottom), (right, top) = corners.tolist()
        self.figure.add_artist(Picture(pixels, left, bottom, right - left, top - bottom, self._clip))

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        *,
        color: str = "#1B2430",
        bold: bool = False,
        align: Align = "left",
        angle: float = 0.0,
        spacing: float = 0.0,
    ) -> None:
        """Set one line with its baseline's left end, middle or right end at (x, y); angle in degrees clockwise."""
        if not text.strip():
            return
        width = text_width(text, bold=bold, letter_spacing=spacing) * size
        back = {"left": 0.0, "center": width / 2, "right": width}[align]
        turn = math.radians(angle)
        start = (x - back * math.cos(turn), y - back * math.sin(turn))
        self.runs([(text, *start, angle)], Ink(size * PT_PER_MM, color, bold, spacing=spacing), text if spacing else "")

    def runs(
        self, lines: list[tuple[str, float, float, float]], ink: Ink, spoken: str = "", *, halo_only: bool = False
    ) -> None:
        """Set (text, x, y, clockwise angle in degrees) runs of one look; the ink's sizes are in points."""
        runs = []
        for text, x, y, angle in lines:
            self.missing.update(dict.fromkeys(unprintable(text)))
            at = self._points(np.array([[x, y]]))[0]
            turn = math.radians(-angle)
            runs.append(Run(text, float(at[0]), float(at[1]), math.cos(turn), math.sin(turn)))
        ink = replace(ink, size=ink.size * self._scale, halo=ink.halo * self._scale)
        self.figure.add_artist(TextRuns(tuple(runs), ink, spoken, halo_only=halo_only))

    @contextmanager
    def inside(self, box: Box, scale: float = 1.0) -> Iterator[None]:
        """Clip what is drawn to the box; from its top left corner ``scale`` millimetres are one unit, for all sizes."""
        before = self._clip, self._origin, self._scale
        left, top = box.x * PT_PER_MM, (self.height - box.y) * PT_PER_MM
        self._clip = Bbox.from_extents(left, top - box.h * PT_PER_MM, left + box.w * PT_PER_MM, top)
        self._origin, self._scale = (box.x, box.y), scale
        yield
        self._clip, self._origin, self._scale = before

    @contextmanager
    def layer(self, title: str) -> Iterator[None]:
        """Put what is drawn on a layer that a reader of the PDF can switch off."""
        name = f"Layer{len(self.layers) + 1}"
        self.layers.append((name, title))
        self.figure.add_artist(LayerMark(name))
        yield
        self.figure.add_artist(LayerMark(""))

    @contextmanager
    def group(self, opacity: float = 1.0, blend: Blend = "normal", *, needed: bool = False) -> Iterator[None]:
        """Lay what is drawn on the page as one picture, where that looks different from its parts or is ``needed``."""
        if opacity >= 1 and blend == "normal" and not needed:
            yield
            return
        self.groups.append(Group(opacity, blend))
        self.figure.add_artist(GroupMark(group_mark(len(self.groups) - 1)))
        yield
        self.figure.add_artist(GroupMark(GROUP_END))


def middle_baseline(y: float, size: float, *, bold: bool = False) -> float:
    """Return the baseline at which text of this size is centred on y (mm)."""
    return y + cap_height(bold=bold) * size / 2
