"""What a form says about shapes: kind, vertices, length and area in the units planners use."""

from __future__ import annotations

import numpy as np

from cgplanner.geometry import measure
from cgplanner.geometry.ragged import FAMILY_OF_KIND, MULTIPOLYGON, POLYGON
from cgplanner.model.column import Positions
from cgplanner.model.layer import Layer
from cgplanner.text import tr

SQUARE_METRES_PER_MU = 10_000 / 15
SMALL, SHORT = 10_000.0, 1_000.0  # m², m: below that square metres and metres say more
MANY = 20_000  # features from which lengths and areas are not added up while somebody waits

Fact = tuple[str, str]


def facts_of(layer: Layer, positions: Positions) -> list[Fact]:
    """Return (name, value) pairs about the shapes of these rows, sums for several."""
    kinds = layer.table.geometry.kinds[positions]
    facts = [(tr("Kind"), _kind_words({FAMILY_OF_KIND.get(int(kind), "") for kind in np.unique(kinds)}))]
    if len(positions) > MANY or (kinds < 0).all():
        return facts
    flat = layer.table.geometry.coordinates(positions)
    closing = len(flat.ring_offsets) - 1 if np.isin(kinds, (POLYGON, MULTIPOLYGON)).all() else 0  # a corner is counted once
    facts.append((tr("Vertices"), f"{len(flat.xy) - closing:,}"))
    if not layer.crs:
        return facts
    length = float(np.nansum(measure.lengths(flat, layer.crs)))
    area = float(np.nansum(measure.areas(flat, layer.crs)))
    return facts + _sizes(length, area)


def _sizes(length: float, area: float) -> list[Fact]:
    if area:
        return [
            (tr("Area"), f"{_rounded(area / 1e6)} km²" if area >= SMALL else f"{_rounded(area)} m²"),
            ("", tr("{hectares} ha · {mu} mu", hectares=_rounded(area / 1e4), mu=_rounded(area / SQUARE_METRES_PER_MU))),
            (tr("Perimeter"), _length(length)),
        ]
    return [(tr("Length"), _length(length))] if length else []


def _length(metres: float) -> str:
    return f"{_rounded(metres / 1e3)} km" if metres >= SHORT else f"{_rounded(metres)} m"


def _rounded(value: float) -> str:
    """Return a number with four figures where that says something, whole where it is large."""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}" if value >= 1e-3 else f"{value:.3f}"


def _kind_words(families: set[str]) -> str:
    words = {"point": tr("point"), "line": tr("line"), "polygon": tr("area"), "": tr("no shape")}
    return tr(", ").join(words[each] for each in sorted(families))
