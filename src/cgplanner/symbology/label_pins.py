"""Styles in which labels lie where somebody put them, or find their places by themselves again."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from cgplanner.errors import UserError
from cgplanner.symbology.style import Pin, Style
from cgplanner.text import tr


def with_pin(style: Style, pin: Pin) -> Style:
    """Return the style with one more label pinned; where that feature's was pinned before, it moves.

    Raises
    ------
    UserError
        When the layer has no labels.
    """
    if style.labels is None:
        raise UserError(tr("The layer has no labels."), hint=tr("Switch its labels on first."))
    others = tuple(each for each in style.labels.pins if each.fid != pin.fid)
    pins = tuple(sorted((*others, pin), key=lambda each: each.fid))
    return replace(style, labels=replace(style.labels, pins=pins))


def without_pins(style: Style, fids: Collection[int] | None = None) -> Style:
    """Return the style in which the labels of these features, or of all, find their places by themselves.

    A style that goes to another layer must lose its pins: there the numbers mean other features.
    """
    if style.labels is None or not style.labels.pins:
        return style
    kept = () if fids is None else tuple(pin for pin in style.labels.pins if pin.fid not in fids)
    return replace(style, labels=replace(style.labels, pins=kept))
