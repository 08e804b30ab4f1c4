"""How far along its shape a feature's picture follows from one vertex: only beside it, on to the end, or everywhere.

Whoever paints again what an edit touched asks here. This file must not know coordinates or painters.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from cgplanner.geometry.ragged import Family
from cgplanner.model.column import Positions
from cgplanner.model.layer import Layer
from cgplanner.symbology.evaluate import style_of, symbols_for
from cgplanner.symbology.style import Cluster, Heat, Line, MarkerLine, Ramp, RuleBased, Symbol, Ticks, symbols_of

Reach = Literal["beside", "onwards", "everywhere"]


def reach_of_a_vertex(layer: Layer, rows: Positions, family: Family) -> Reach:
    """Return where these rows, of one family of shapes, may look otherwise after one of their vertices has moved.

    ``onwards`` is from there to the end of the line: dashes and what stands at intervals are counted from its start.
    """
    style = style_of(layer)
    if isinstance(style.renderer, Cluster | Heat):
        return "everywhere"
    symbols, _ = symbols_for(style, layer.table, rows)
    if isinstance(style.renderer, RuleBased):  # at another scale another rule may hold
        symbols = (*symbols, *symbols_of(style.renderer))
    reaches = {_PICTURES[family](symbol) for symbol in symbols}
    return "everywhere" if "everywhere" in reaches else "onwards" if "onwards" in reaches else "beside"


def _round_an_area(symbol: Symbol) -> Reach:
    edges = [part for part in symbol.polygon if isinstance(part, Line)]
    whole = any(isinstance(part, Ramp) for part in symbol.polygon) or any(part.dash or part.offset for part in edges)
    return "everywhere" if whole else "beside"


def _along_a_line(symbol: Symbol) -> Reach:
    markers = [part for part in symbol.line if isinstance(part, MarkerLine)]
    lines = [part for part in symbol.line if isinstance(part, Line)]
    if any(part.placement != "interval" for part in markers) or any(part.offset for part in lines):
        return "everywhere"
    if markers or any(isinstance(part, Ticks) for part in symbol.line) or any(part.dash for part in lines):
        return "onwards"
    return "beside"


def _at_a_point(_symbol: Symbol) -> Reach:
    return "beside"


_PICTURES: dict[Family, Callable[[Symbol], Reach]] = {"point": _at_a_point, "line": _along_a_line, "polygon": _round_an_area}
