"""A display list in millimetres, drawn on a sheet: the same scene as on the screen, batch by batch.

This file must not know layers or styles; what a batch says is what is drawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import singledispatch

import numpy as np
from matplotlib.path import Path

from cgplanner.geometry.ragged import Floats
from cgplanner.render.page.paths import chunks, glyph_outline, marker_outline
from cgplanner.render.page.pdf_operators import Ink
from cgplanner.render.page.sheet import PT_PER_MM, Codes, Sheet, Stroke
from cgplanner.render.scene.banding import band_areas
from cgplanner.render.scene.display_list import (
    LEADER_WIDTH,
    BandBatch,
    Batch,
    DisplayList,
    FillBatch,
    HatchBatch,
    MarkerBatch,
    PlacedLabel,
    StrokeBatch,
)
from cgplanner.render.scene.hatching import hatch_segments
from cgplanner.symbology.glyphs import glyph_names

GLYPH_SHARE = 0.62  # of the marker's size
_ONE_BY_ONE = 3000  # markers: above, all discs come before all glyphs


def draw_layers(sheet: Sheet, picture: DisplayList, titles: Mapping[str, str]) -> None:
    """Draw all layers from the bottom; ``titles`` names them by id for readers that can switch them."""
    for layer in picture.layers:
        with sheet.layer(titles.get(layer.layer, layer.layer)):
            for batch in layer.batches:
                draw_batch(batch, sheet, layer.opacity)


@singledispatch
def draw_batch(batch: Batch, _sheet: Sheet, _opacity: float) -> None:
    """Draw one batch with its layer's opacity."""
    raise TypeError(f"not for paper: {type(batch).__name__}")


@draw_batch.register
def _fill(batch: FillBatch, sheet: Sheet, opacity: float) -> None:
    for xy, codes, key in chunks(batch.shapes):
        sheet.path(xy, codes, fill=batch.color, opacity=batch.opacity * opacity, key=key)


@draw_batch.register
def _stroke(batch: StrokeBatch, sheet: Sheet, opacity: float) -> None:
    pen = Stroke(batch.color, batch.width, batch.dash, batch.cap, batch.join)
    for xy, codes, key in chunks(batch.shapes):
        sheet.path(xy, codes, stroke=pen, opacity=batch.opacity * opacity, key=key)


@draw_batch.register
def _hatch(batch: HatchBatch, sheet: Sheet, opacity: float) -> None:
    segments = hatch_segments(batch)
    if len(segments):
        codes = np.tile(np.array([Path.MOVETO, Path.LINETO], np.uint8), len(segments))
        pen = Stroke(batch.color, batch.width)
        sheet.path(segments.reshape(-1, 2), codes, stroke=pen, opacity=batch.opacity * opacity)


@draw_batch.register
def _band(batch: BandBatch, sheet: Sheet, opacity: float) -> None:
    for xy, codes, _ in chunks(band_areas(batch)):
        sheet.path(xy, codes, fill=batch.color, opacity=batch.opacity * opacity)


@draw_batch.register
def _markers(batch: MarkerBatch, sheet: Sheet, opacity: float) -> None:
    singly = len(batch.xy) <= _ONE_BY_ONE
    for places in batch.xy[:, None] if singly else [batch.xy]:
        draw_markers(sheet, batch, places, batch.opacity * opacity)


def draw_markers(sheet: Sheet, batch: MarkerBatch, places: Floats, opacity: float) -> None:
    """Draw shapes, edges, rings and glyphs of a batch's look at these places (n, 2)."""
    outline = _copies(marker_outline(batch.shape), places, batch.size)
    if batch.shape == "cross":
        pen = Stroke(batch.color, max(batch.stroke_width, batch.size / 5), cap="round")
        sheet.path(*outline, stroke=pen, opacity=opacity)
    else:
        edged = batch.stroke_width > 0 and batch.stroke
        edge = Stroke(batch.stroke, batch.stroke_width, join="round") if edged else None
        sheet.path(*outline, fill=batch.color, stroke=edge, opacity=opacity)
    if batch.ring_color:
        reach = batch.size / 2 + batch.stroke_width / 2 + batch.ring_gap
        ring = _copies(marker_outline("circle" if batch.shape == "cross" else batch.shape), places, 2 * reach)
        sheet.path(*ring, stroke=Stroke(batch.ring_color, batch.ring_width, batch.ring, join="round"), opacity=opacity)
    if batch.glyph in glyph_names():
        shape = _copies(glyph_outline(batch.glyph), places, batch.size * GLYPH_SHARE)
        sheet.path(*shape, fill=batch.glyph_color, opacity=opacity)


def _copies(outline: tuple[Floats, Codes], places: Floats, size: float) -> tuple[Floats, Codes]:
    xy, codes = outline
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
