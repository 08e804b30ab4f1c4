"""What is wrong with a layer: shapes that are unsound, a place that cannot be, a style that asks for what is not there.

The map draws the rest; here it is said which features are meant. Looking at all shapes takes seconds for a million, so it
runs in another thread, in portions, and every version of a layer looks only at what the versions before did not.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from cgplanner.geometry.crs import GEOGRAPHIC, geod
from cgplanner.geometry.ragged import Ragged
from cgplanner.geometry.soundness import FLAWS, Flaw, flaws_of
from cgplanner.model.geometry_column import GeometryColumn
from cgplanner.model.layer import Layer
from cgplanner.model.table import FeatureTable
from cgplanner.session.mapping import Box, layer_extent
from cgplanner.symbology.problems import style_problems
from cgplanner.text import Sentence, sentence

PORTION = 2_000  # shapes looked at between two questions whether to go on: some milliseconds
FAR_KM = 100.0
BESIDE_KM = 30.0  # from which on a layer that fits after a step of a zone is doubted
_ZONES = (3.0, -3.0, 6.0, -6.0, 9.0, -9.0, 12.0, -12.0)  # degrees that a wrong zone moves a layer by
_SPOT = 0.02  # degrees that two extents must share to lie on each other

Check = Callable[[float], None]

_flaws: WeakKeyDictionary[Ragged, NDArray[np.int8]] = WeakKeyDictionary()
_lock = threading.Lock()


@dataclass(frozen=True)
class Trouble:
    """One thing that is wrong with a layer.

    Attributes
    ----------
    rids
        The features it is about, by session number; empty when it is about the layer.
    """

    code: str
    message: Sentence
    rids: tuple[int, ...] = ()


def troubles_of(layer: Layer, others: Iterable[Layer], check: Check) -> tuple[Trouble, ...]:
    """Return all that is wrong with a layer among the other layers of its workspace.

    ``check`` is called with the share that is done and may raise ``Cancelled``.
    """
    return (*layer_troubles(layer, others), *unsound_shapes(layer.table, check))


def layer_troubles(layer: Layer, others: Iterable[Layer]) -> tuple[Trouble, ...]:
    """Return what is wrong with a layer as a whole: its place among the others, its style."""
    return (*_misplaced(layer, others), *(Trouble("style", each) for each in style_problems(layer)))


def unsound_shapes(table: FeatureTable, check: Check) -> tuple[Trouble, ...]:
    """Return the kinds of flaws that shapes of a table have, and which features have them."""
    flaws, rids = _flaws_of(table.geometry, check), table.rids
    return tuple(
        Trouble(flaw, _WORDS[flaw](int((flaws == number).sum())), tuple(rids[flaws == number].tolist()))
        for number, flaw in enumerate(FLAWS)
        if flaw and (flaws == number).any()
    )


def flaw_words(flaw: Flaw, count: int) -> Sentence:
    """Return what is said of so many features with a flaw."""
    return _WORDS[flaw](count)


_WORDS: dict[Flaw, Callable[[int], Sentence]] = {
    "not-finite": lambda count: sentence("{count} features have vertices that are no numbers.", count=count),
    "no-length": lambda count: sentence("{count} lines have no length.", count=count),
    "too-few-points": lambda count: sentence("{count} areas have rings of too few points.", count=count),
    "crosses-itself": lambda count: sentence("{count} areas have edges that cross.", count=count),
    "touches-itself": lambda count: sentence("{count} areas have edges that touch themselves.", count=count),
    "rings-misplaced": lambda count: sentence("{count} areas have rings that lie wrongly in each other.", count=count),
    "unsound": lambda count: sentence("{count} features have unsound shapes.", count=count),
}


def _flaws_of(geometry: GeometryColumn, check: Check) -> NDArray[np.int8]:
    """int8 (n,): the flaw of every row; those of the base are found once for all versions that share it."""
    with _lock:
        known = _flaws.get(geometry.base)
    if known is None:
        known = np.zeros(len(geometry.base), np.int8)
        whole = GeometryColumn(geometry.base)
        for start in range(0, len(whole), PORTION):
            check(start / len(whole))
            rows = np.arange(start, min(start + PORTION, len(whole)))
            known[rows] = flaws_of(whole.geometries(rows))
        with _lock:
            _flaws[geometry.base] = known
    beside = geometry.extra_rows
    out = known[np.maximum(geometry.rows_in_base, 0)] if len(known) else np.zeros(len(geometry), np.int8)
    out[beside] = flaws_of(geometry.geometries(beside))
    return out


def _misplaced(layer: Layer, others: Iterable[Layer]) -> tuple[Trouble, ...]:
    """Say that a layer lies beside the ground of the map; and where it would lie on it had its zone another number.

    The ground is what the areas of the base map cover, else what all other layers cover.
    """
    mine = layer_extent(layer, GEOGRAPHIC) if layer.crs else None
    known = [each for each in others if each.crs and each.id != layer.id and len(each.table)]
    ground = [each for each in known if each.role == "base" and each.schema.geometry == "polygon"]
    boxes = [box for each in ground or known if (box := layer_extent(each, GEOGRAPHIC))]
    if mine is None or not boxes or layer.role == "base" or any(_met(mine, box) for box in boxes):
        return ()
    kilometres = min(_kilometres(mine, box) for box in boxes)
    shift = next((step for step in _ZONES if any(_holds(box, _shifted(mine, step)) for box in boxes)), 0.0)
    if not shift or kilometres < BESIDE_KM:
        far = sentence("It lies {km:,.0f} km beside the ground of the map.", km=kilometres)
        return (Trouble("far-away", far),) if kilometres >= FAR_KM else ()
    told = sentence(
        "It lies {km:,.0f} km beside the ground of the map; {degrees} degrees further {way} it would lie on it. "
        "Its coordinate system is probably that of another zone.",
        km=kilometres,
        degrees=int(abs(shift)),
        way=sentence("east") if shift > 0 else sentence("west"),
    )
    return (Trouble("wrong-zone", told),)


def _holds(outer: Box, inner: Box) -> bool:
    return outer[0] <= inner[0] and outer[1] <= inner[1] and outer[2] >= inner[2] and outer[3] >= inner[3]


def _met(one: Box, other: Box) -> bool:
    across = min(one[2], other[2]) - max(one[0], other[0])
    up = min(one[3], other[3]) - max(one[1], other[1])
    return across > -_SPOT and up > -_SPOT


def _shifted(box: Box, degrees: float) -> Box:
    return box[0] + degrees, box[1], box[2] + degrees, box[3]


def _kilometres(one: Box, other: Box) -> float:
    """Return how far two boxes of degrees lie apart, roughly."""
    x = _gap(one[0], one[2], other[0], other[2]), _gap(other[0], other[2], one[0], one[2])
    y = _gap(one[1], one[3], other[1], other[3]), _gap(other[1], other[3], one[1], one[3])
    return float(geod().inv(x[0], y[0], x[1], y[1])[2]) / 1000


def _gap(low: float, high: float, other_low: float, other_high: float) -> float:
    """Return the number of an interval that is nearest to another interval."""
    return min(max((other_low + other_high) / 2, low), high)
