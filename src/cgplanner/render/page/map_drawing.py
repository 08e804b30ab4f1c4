"""A display list in millimetres, drawn on a sheet: the same scene as on the screen, batch by batch.

This file must not know layers or styles; what a batch says is what is drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import singledispatch

import numpy as np
from matplotlib.path import Path
from numpy.typing import NDArray

from cgplanner.geometry.ragged import Floats
from cgplanner.layout.page import Box
from cgplanner.render.page.paths import CHUNK, chunks, glyph_outline, marker_outline
from cgplanner.render.page.pdf_operators import Ink
from cgplanner.render.page.sheet import PT_PER_MM, Codes, Sheet, Stroke
from cgplanner.render.scene.crowded.heat import heat_pixels
from cgplanner.render.scene.display_list import (
    LEADER_WIDTH,
    BandBatch,
    Batch,
    DisplayList,
    DrawingBatch,
    FillBatch,
    HatchBatch,
    HeatBatch,
    MarkerBatch,
    PlacedLabel,
    StrokeBatch,
    TextBatch,
)
from cgplanner.render.scene.shapes.banding import band_areas
from cgplanner.render.scene.shapes.hatching import hatch_segments
from cgplanner.render.scene.theme import is_blended
from cgplanner.symbology.glyphs import glyph_names

GLYPH_SHARE = 0.62  # of the marker's size
HEAT_DPI = 150.0  # of a surface of heat, which is soft everywhere
Turns = NDArray[np.float64]
_CROWD = 500  # translucent features above which size counts more
_ONE_BY_ONE = 3000  # markers: above, all discs come before all glyphs


def draw_layers(sheet: Sheet, picture: DisplayList, titles: Mapping[str, str], *, alone: bool = True) -> None:
    """Draw all layers from the bottom; ``titles`` names them by id for readers that can switch them.

    ``alone`` keeps blending among them: neither the paper nor what lies on it takes part.
    """
    with sheet.group(needed=alone and is_blended(picture)):
        for layer in picture.layers:
            with sheet.layer(titles.get(layer.layer, layer.layer)), sheet.group(layer.opacity, layer.blend):
                for batch in layer.batches:
                    draw_batch(batch, sheet)


@singledispatch
def draw_batch(batch: Batch, _sheet: Sheet) -> None:
    """Draw one batch."""
    raise TypeError(f"not for paper: {type(batch).__name__}")


def _together(batch: FillBatch | StrokeBatch) -> int:
    """Return how many features make one path: one where they shine through each other, as on the screen."""
    return 1 if batch.opacity < 1 and len(batch.shapes) <= _CROWD else CHUNK


@draw_batch.register
def _fill(batch: FillBatch, sheet: Sheet) -> None:
    for xy, codes, key in chunks(batch.shapes, _together(batch)):
        sheet.path(xy, codes, fill=batch.color, opacity=batch.opacity, key=key)


@draw_batch.register
def _stroke(batch: StrokeBatch, sheet: Sheet) -> None:
    pen = Stroke(batch.color, batch.width, batch.dash, batch.cap, batch.join)
    for xy, codes, key in chunks(batch.shapes, _together(batch)):
        sheet.path(xy, codes, stroke=pen, opacity=batch.opacity, key=key)


@draw_batch.register
def _hatch(batch: HatchBatch, sheet: Sheet) -> None:
    segments = hatch_segments(batch)
    if len(segments):
        codes = np.tile(np.array([Path.MOVETO, Path.LINETO], np.uint8), len(segments))
        pen = Stroke(batch.color, batch.width)
        sheet.path(segments.reshape(-1, 2), codes, stroke=pen, opacity=batch.opacity)


@draw_batch.register
def _band(batch: BandBatch, sheet: Sheet) -> None:
    for xy, codes, _ in chunks(band_areas(batch)):
        sheet.path(xy, codes, fill=batch.color, opacity=batch.opacity)


@draw_batch.register
def _markers(batch: MarkerBatch, sheet: Sheet) -> None:
    for places, turns in _bunches(batch.xy, batch.turns):
        draw_markers(sheet, batch, places, turns)


def _bunches(xy: Floats, turns: Turns | None) -> Iterator[tuple[Floats, Turns | None]]:
    """Yield places one by one, so that each lies as a whole on those before it; all together where they are a crowd."""
    if len(xy) > _ONE_BY_ONE:
        yield xy, turns
        return
    for k in range(len(xy)):
        yield xy[k : k + 1], None if turns is None else turns[k : k + 1]


@draw_batch.register
def _drawings(batch: DrawingBatch, sheet: Sheet) -> None:
    for places, turns in _bunches(batch.xy, batch.turns):
        for outline in batch.drawing.outlines:
            shape = _copies((outline.xy, outline.codes), places, batch.size, turns)
            if outline.fill:
                sheet.path(*shape, fill=outline.fill, opacity=batch.opacity * outline.fill_opacity)
            if outline.stroke:
                pen = Stroke(outline.stroke, outline.width * batch.size)
                sheet.path(*shape, stroke=pen, opacity=batch.opacity * outline.stroke_opacity)


@draw_batch.register
def _heat(batch: HeatBatch, sheet: Sheet) -> None:
    width, height = sheet.room
    pixels = heat_pixels(batch, width, height, HEAT_DPI / 25.4)
    if pixels is not None:
        sheet.image(_straight(pixels), Box(0.0, 0.0, pixels.shape[1] / HEAT_DPI * 25.4, pixels.shape[0] / HEAT_DPI * 25.4))


def _straight(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return premultiplied RGBA (h, w, 4) as straight RGBA."""
    alpha = np.maximum(pixels[..., 3:].astype(np.float32), 1.0)
    color = np.minimum(np.round(pixels[..., :3] * (255.0 / alpha)), 255.0).astype(np.uint8)
    return np.concatenate([color, pixels[..., 3:]], axis=2)


@draw_batch.register
def _words(batch: TextBatch, sheet: Sheet) -> None:
    draw_labels(sheet, batch.labels, tuple(label.text for label in batch.labels))


def draw_markers(sheet: Sheet, batch: MarkerBatch, places: Floats, turns: Turns | None = None) -> None:
    """Draw shapes, edges, rings and glyphs of a batch's look at these places (n, 2), turned by degrees clockwise (n,)."""
    opacity = batch.opacity
    outline = _copies(marker_outline(batch.shape), places, batch.size, turns)
    if batch.shape == "cross":
        pen = Stroke(batch.color, max(batch.stroke_width, batch.size / 5), cap="round")
        sheet.path(*outline, stroke=pen, opacity=opacity)
    else:
        edged = batch.stroke_width > 0 and batch.stroke
        edge = Stroke(batch.stroke, batch.stroke_width, join="round") if edged else None
        sheet.path(*outline, fill=batch.color, stroke=edge, opacity=opacity)
    if batch.ring_color:
        reach = batch.size / 2 + batch.stroke_width / 2 + batch.ring_gap
        ring = _copies(marker_outline("circle" if batch.shape == "cross" else batch.shape), places, 2 * reach, turns)
        sheet.path(*ring, stroke=Stroke(batch.ring_color, batch.ring_width, batch.ring, join="round"), opacity=opacity)
    if batch.glyph in glyph_names():
        shape = _copies(glyph_outline(batch.glyph), places, batch.size * GLYPH_SHARE, turns)
        sheet.path(*shape, fill=batch.glyph_color, opacity=opacity)


def _copies(outline: tuple[Floats, Codes], places: Floats, size: float, turns: Turns | None = None) -> tuple[Floats, Codes]:
    xy, codes = outline
    if turns is not None:
        cos, sin = np.cos(np.radians(turns))[:, None], np.sin(np.radians(turns))[:, None]
        turned = np.stack([cos * xy[:, 0] - sin * xy[:, 1], sin * xy[:, 0] + cos * xy[:, 1]], axis=2)
        return (places[:, None] + turned * size).reshape(-1, 2), np.tile(codes, len(places))
    return (places[:, None] + xy[None] * size).reshape(-1, 2), np.tile(codes, len(places))


def draw_labels(sheet: Sheet, labels: tuple[PlacedLabel, ...], typed: tuple[str, ...]) -> None:
    """Set placed labels, all halos first; a reader copies each as it was typed, whatever its lines and spaces."""
    for label in labels:
        _draw_leader(sheet, label)
    for label in labels:
        if label.halo > 0:
            sheet.runs(_runs(label), _ink(label), halo_only=True)
    for label, text in zip(labels, typed, strict=True):
        spoken = text if len(label.lines) > 1 or label.spacing else ""
        sheet.runs(_runs(label), replace(_ink(label), halo=0.0), spoken)


def _draw_leader(sheet: Sheet, label: PlacedLabel) -> None:
    """Draw the line from a feature to its label, with a halo as the text has, and a dot where it begins."""
    if label.leader is None:
        return
    line, width = np.array(label.leader).reshape(2, 2), label.size * LEADER_WIDTH
    for color, extra in ((label.halo_color, label.halo), (label.color, 0.0)):
        sheet.path(line, np.array([Path.MOVETO, Path.LINETO], np.uint8), stroke=Stroke(color, width + extra, cap="round"))
        sheet.path(*_copies(marker_outline("circle"), line[:1], 3.2 * width + extra), fill=color)


def _runs(label: PlacedLabel) -> list[tuple[str, float, float, float]]:
    return [(line.text, line.x, line.y, line.angle) for line in label.lines]


def _ink(label: PlacedLabel) -> Ink:
    halo = label.halo * PT_PER_MM
    return Ink(label.size * PT_PER_MM, label.color, label.bold, label.italic, label.spacing, halo, label.halo_color)
