"""The few things a PDF can do and matplotlib does not: text with a halo, spacing or slant, and layers a reader can switch.

All that leans on the insides of matplotlib's PDF backend is here, pinned below the next minor version in ``pyproject.toml``
and held by ``tests/render/page/test_pdf_operators.py``. It needs ``RendererPdf.file`` (``output``, ``write``),
``RendererPdf.check_gc``, ``RendererPdf.draw_text`` at the origin, ``RendererPdf.draw_image``, ``writePath`` and
``GraphicsContextPdf.finalize``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.backends.backend_pdf import Op
from matplotlib.colors import to_rgb
from matplotlib.transforms import Affine2D, IdentityTransform
from numpy.typing import NDArray

from cgplanner.render.page.fonts import printable, properties
from cgplanner.render.page.path_streams import UNIT_PT, BulkPath

SLANT = 0.2  # the shear of text that is to feel italic: the shipped fonts have no italics


@dataclass(frozen=True)
class Run:
    """Characters on one straight baseline from (x, y) in points, y up, at an angle in radians counter-clockwise."""

    text: str
    x: float
    y: float
    cos: float = 1.0
    sin: float = 0.0


@dataclass(frozen=True)
class Ink:
    """How text is set; sizes in points, spacing in em. ``halo`` is how far it reaches beyond the characters."""

    size: float
    color: str
    bold: bool = False
    italic: bool = False
    spacing: float = 0.0
    halo: float = 0.0
    halo_color: str = "#FFFFFF"
    opacity: float = 1.0


class TextRuns(Artist):
    """Text of one look in one or more runs.

    ``spoken`` is what a reader copies where the runs are not that already; with ``halo_only`` there are no characters yet and
    nothing to copy.
    """

    def __init__(self, runs: tuple[Run, ...], ink: Ink, spoken: str = "", *, halo_only: bool = False) -> None:
        super().__init__()
        self._runs, self._ink, self._spoken, self._halo_only = runs, ink, spoken, halo_only

    def draw(self, renderer: Any) -> None:
        """Write the halo of all runs, then their characters."""
        if self._ink.halo > 0:
            with _spoken_as(renderer.file, ""):
                self._pass(renderer, self._ink.halo_color, b"1 Tr\n")
        if self._halo_only:
            return
        with _spoken_as(renderer.file, self._spoken or None):
            self._pass(renderer, self._ink.color, b"0 Tr\n")

    def _pass(self, renderer: Any, color: str, mode: bytes) -> None:
        gc = renderer.new_gc()
        gc.set_foreground(color)
        gc.set_alpha(self._ink.opacity)
        gc.set_linewidth(2 * self._ink.halo)
        gc.set_joinstyle("round")
        renderer.check_gc(gc, gc.get_rgb())  # before q, so that the renderer's memory of the state stays true
        font = properties(self._ink.size, bold=self._ink.bold)
        slant = SLANT if self._ink.italic else 0.0
        for run in self._runs:
            renderer.file.output(Op.gsave)
            sheared = (slant * run.cos - run.sin, slant * run.sin + run.cos)
            renderer.file.output(run.cos, run.sin, *sheared, run.x, run.y, Op.concat_matrix)
            renderer.file.write(mode + b"%.4f Tc\n" % (self._ink.spacing * self._ink.size))
            renderer.draw_text(gc, 0, 0, printable(run.text), font, 0)
            renderer.file.output(Op.grestore)
        gc.restore()


@contextmanager
def _spoken_as(pdf: Any, text: str | None) -> Iterator[None]:
    """Let readers copy this text instead of what is drawn meanwhile; '' makes it silent, None leaves it as it is."""
    if text is not None:
        code = ("FEFF" + text.encode("utf-16-be").hex().upper()).encode("ascii") if text else b""
        pdf.write(b"/Span <</ActualText <%s>>> BDC\n" % code)
    yield
    if text is not None:
        pdf.write(b"EMC\n")


class LayerMark(Artist):
    """The beginning of a layer that a reader can switch (``name`` is its resource name), or the end of one ('')."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def draw(self, renderer: Any) -> None:
        """Write the mark, with no graphics state left open across it."""
        renderer.file.output(*renderer.gc.finalize())
        renderer.file.write(b"/OC /%s BDC\n" % self._name.encode("ascii") if self._name else b"EMC\n")


class GroupMark(Artist):
    """The place where a group begins or ends, which ``finish`` makes a form of its own."""

    def __init__(self, mark: bytes) -> None:
        super().__init__()
        self._mark = mark

    def draw(self, renderer: Any) -> None:
        """Write the mark, with no graphics state left open across it."""
        renderer.file.output(*renderer.gc.finalize())
        renderer.file.write(self._mark)


class Picture(Artist):
    """Pixels: straight RGBA (h, w, 4), the top row first, on a rectangle in points, y up."""

    def __init__(self, pixels: NDArray[np.uint8], left: float, bottom: float, width: float, height: float, clip: Any) -> None:
        super().__init__()
        self._pixels, self._place, self._clip_box = pixels, (left, bottom, width, height), clip

    def draw(self, renderer: Any) -> None:
        """Write the pixels."""
        left, bottom, width, height = self._place
        gc = renderer.new_gc()
        if self._clip_box is not None:
            gc.set_clip_rectangle(self._clip_box)
        renderer.draw_image(gc, left, bottom, self._pixels[::-1], Affine2D().scale(width, height))
        gc.restore()


def paint_bulk(renderer: Any, gc: Any, path: BulkPath, fill: tuple[float, float, float] | None) -> None:
    """Write what paints a long path, with a mark in the place of the path itself.

    Inside its coordinates pens are measured in its units.
    """
    renderer.check_gc(gc, fill)
    pdf = renderer.file
    pdf.output(Op.gsave, *path.matrix, Op.concat_matrix)
    if gc.get_linewidth() > 0:
        offset, dashes = gc.get_dashes()
        pattern = [] if dashes is None else [each / UNIT_PT for each in dashes]
        pdf.output(gc.get_linewidth() / UNIT_PT, Op.setlinewidth, pattern, offset / UNIT_PT, Op.setdash)
    pdf.write(path.mark)
    pdf.output(Op.fill if fill is not None else Op.stroke, Op.grestore)


def paint_uncut(renderer: Any, gc: Any, path: Any, fill: tuple[float, float, float] | None) -> None:
    """Write a path as it is: matplotlib cuts lines at the edges of the page, where dashes would begin anew."""
    renderer.check_gc(gc, fill)
    renderer.file.writePath(path, IdentityTransform(), False, None)
    renderer.file.output(renderer.gc.paint())


def to_rgb_tuple(color: str) -> tuple[float, float, float]:
    """Return "#RRGGBB" as three numbers from 0 to 1."""
    red, green, blue = to_rgb(color)
    return float(red), float(green), float(blue)
