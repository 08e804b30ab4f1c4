"""A display list as text: for render cases, where a reviewer reads what changed, and for reports of bugs.

Coordinates are rounded to hundredths of a device unit, so that the last bits of a platform do not count.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from cgplanner.geometry.ragged import Floats
from cgplanner.render.scene.display_list import (
    Batch,
    DisplayList,
    DrawingBatch,
    HeatBatch,
    MarkerBatch,
    PixelBatch,
    PlacedLabel,
    TextBatch,
)
from cgplanner.symbology.drawing import Drawing

_SHOWN_BELOW = {"shapes", "xy", "rows", "image", "turns", "weights", "labels"}


def as_text(display_list: DisplayList) -> str:
    """Return the whole list, one batch, shape or label on a line."""
    return "\n".join(_lines(display_list)) + "\n"


def _lines(drawn: DisplayList) -> Iterator[str]:
    yield f"{number(drawn.width)} x {number(drawn.height)} {drawn.unit} on {drawn.background or 'nothing'}"
    for layer in drawn.layers:
        yield f"layer {layer.layer} opacity {number(layer.opacity)}" + (f" {layer.blend}" if layer.blend != "normal" else "")
        for batch in layer.batches:
            yield from _batch(batch)
    for label in drawn.labels:
        yield _label(label)
    for problem in drawn.problems:
        yield f"problem {problem}"


def _batch(batch: Batch) -> Iterator[str]:
    looks = {f.name: getattr(batch, f.name) for f in dataclasses.fields(batch)}
    looks = {name: value for name, value in looks.items() if name not in _SHOWN_BELOW}
    yield f"  {type(batch).__name__} " + " ".join(f"{name}={_value(value)}" for name, value in looks.items())
    if isinstance(batch, PixelBatch):
        yield f"    {batch.image.shape[1]} x {batch.image.shape[0]} pixels"
    elif isinstance(batch, TextBatch):
        for label in batch.labels:
            yield f"    {_label(label)}"
    elif isinstance(batch, MarkerBatch | DrawingBatch | HeatBatch):
        extra = batch.weights if isinstance(batch, HeatBatch) else batch.turns
        for k, (row, (x, y)) in enumerate(zip(batch.rows.tolist(), batch.xy.tolist(), strict=True)):
            after = "" if extra is None else f" {number(extra[k])}" + ("" if isinstance(batch, HeatBatch) else "°")
            yield f"    row {row}: {number(x)},{number(y)}{after}"
    else:
        shapes = batch.shapes
        for k, row in enumerate(shapes.rows.tolist()):
            rings = range(shapes.shapes[k], shapes.shapes[k + 1])
            text = " | ".join(_points(shapes.xy[shapes.rings[r] : shapes.rings[r + 1]]) for r in rings)
            yield f"    row {row}: {text}"


def _points(xy: Floats) -> str:
    return " ".join(f"{number(x)},{number(y)}" for x, y in xy.tolist())


def _label(label: PlacedLabel) -> str:
    lines = " / ".join(f"{line.text} @ {number(line.x)},{number(line.y)} {number(line.angle)}°" for line in label.lines)
    weight = " bold" * label.bold + " italic" * label.italic
    leader = "" if label.leader is None else " leader " + " ".join(number(each) for each in label.leader)
    return f"label {label.layer} row {label.row} {number(label.size)}{weight} {label.color}: {lines}{leader}"


def _value(value: Any) -> str:
    if isinstance(value, Drawing):
        return "|".join(f"{len(each.xy)}{each.fill}{each.stroke}" for each in value.outlines) or "nothing"
    if isinstance(value, tuple):
        return "(" + " ".join(each if isinstance(each, str) else number(each) for each in value) + ")"
    return number(value) if isinstance(value, float) else str(value) or "''"


def number(value: float) -> str:
    """Return a number with at most two decimals, never "-0"."""
    return f"{round(value, 2) + 0.0:.7g}"
