"""The three things the inspector changes about a symbol: its colour, its width or size, its opacity. Pure functions.

A symbol may be a stack of parts for three kinds of geometry; what belongs together changes together: every part in the main
colour takes the new one, casings and white cores stay.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar

from cgplanner.symbology.evaluate import Hint
from cgplanner.symbology.style import (
    Categorized,
    Cluster,
    Fill,
    Graduated,
    Hatch,
    Heat,
    Line,
    Marker,
    Renderer,
    RuleBased,
    Single,
    Style,
    Symbol,
    Ticks,
    symbols_of,
)

Parts = TypeVar("Parts", bound=tuple[Any, ...])


def class_symbols(renderer: Renderer) -> tuple[Symbol, ...]:
    """Return the symbols of the renderer's classes, in the order of its legend."""
    if isinstance(renderer, Heat):
        return ()
    if not isinstance(renderer, Graduated):
        return symbols_of(renderer)
    count = max(len(renderer.breaks) - 1, 0)
    return (*renderer.symbols[:count], *((renderer.missing,) if renderer.missing is not None else ()))


def with_class_symbol(style: Style, number: int, symbol: Symbol) -> Style:
    """Return the style with another symbol for the class of this number (as counted by :func:`class_symbols`)."""
    return replace(style, renderer=_with_symbol(style.renderer, number, symbol))


def _with_symbol(renderer: Renderer, number: int, symbol: Symbol) -> Renderer:
    if isinstance(renderer, Single | Heat | Cluster):
        return replace(renderer, symbol=symbol)
    if isinstance(renderer, RuleBased):
        if number == len(renderer.rules):
            return replace(renderer, other=symbol)
        return replace(renderer, rules=_replaced(renderer.rules, number, replace(renderer.rules[number], symbol=symbol)))
    if isinstance(renderer, Categorized):
        if number == len(renderer.categories):
            return replace(renderer, other=symbol)
        return replace(
            renderer, categories=_replaced(renderer.categories, number, replace(renderer.categories[number], symbol=symbol))
        )
    return _with_graduated(renderer, number, symbol)


def _with_graduated(renderer: Graduated, number: int, symbol: Symbol) -> Graduated:
    if number == max(len(renderer.breaks) - 1, 0):
        return replace(renderer, missing=symbol)
    return replace(renderer, symbols=_replaced(renderer.symbols, number, symbol))


def _replaced(items: tuple[Any, ...], number: int, item: Any) -> tuple[Any, ...]:
    return (*items[:number], item, *items[number + 1 :])


def _parts(symbol: Symbol, kind: Hint) -> tuple[Any, ...]:
    parts: tuple[Any, ...] = getattr(symbol, kind)
    return parts


def _main(symbol: Symbol, kind: Hint) -> Any:
    """Return the part that gives the symbol its colour; None for an empty one."""
    parts = _parts(symbol, kind)
    by_rank = [each for wanted in (Marker, Fill, Line, Hatch, Ticks) for each in parts if isinstance(each, wanted)]
    return by_rank[0] if by_rank else None


def colour_of(symbol: Symbol, kind: Hint) -> str:
    """Return the main colour as #RRGGBB."""
    main = _main(symbol, kind)
    return str(main.color) if main is not None else "#000000"


def with_colour(symbol: Symbol, kind: Hint, colour: str) -> Symbol:
    """Return the symbol with another main colour, in the parts for all kinds of geometry."""
    old = colour_of(symbol, kind)

    def painted(parts: Parts) -> Parts:
        return tuple(_painted(each, old, colour) for each in parts)  # type: ignore[return-value]  # the same kinds in the same places

    return replace(symbol, point=painted(symbol.point), line=painted(symbol.line), polygon=painted(symbol.polygon))


def _painted(part: Any, old: str, new: str) -> Any:
    names = [name for name in ("color", "ring_color") if getattr(part, name, None) == old]
    return replace(part, **dict.fromkeys(names, new)) if names else part


def width_of(symbol: Symbol, kind: Hint) -> float:
    """Return the size of a marker, the width of a line, or that of an area's edge, in px; 0 where there is none."""
    part = _measured(symbol, kind)
    return 0.0 if part is None else float(part.size if isinstance(part, Marker) else part.width)


def _measured(symbol: Symbol, kind: Hint) -> Any:
    return next((each for each in _parts(symbol, kind) if isinstance(each, Marker | Line)), None)


def with_width(symbol: Symbol, kind: Hint, width: float) -> Symbol:
    """Return the symbol with another size or width; an area without an edge stays as it is."""
    part = _measured(symbol, kind)
    if part is None:
        return symbol
    changed = replace(part, size=width) if isinstance(part, Marker) else replace(part, width=width)
    return _with_part(symbol, kind, part, changed)


def opacity_of(symbol: Symbol, kind: Hint) -> float:
    """Return the opacity of the main part, 0..1."""
    main = _main(symbol, kind)
    return float(main.opacity) if main is not None else 1.0


def with_opacity(symbol: Symbol, kind: Hint, opacity: float) -> Symbol:
    """Return the symbol with another opacity of its main part."""
    main = _main(symbol, kind)
    if main is None:
        return symbol
    return _with_part(symbol, kind, main, replace(main, opacity=opacity))


def _with_part(symbol: Symbol, kind: Hint, old: Any, new: Any) -> Symbol:
    parts: dict[str, Any] = {kind: tuple(new if each is old else each for each in _parts(symbol, kind))}
    return replace(symbol, **parts)
