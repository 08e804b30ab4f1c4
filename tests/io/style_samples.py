"""Styles of every kind for the tests of style files, and where two styles differ."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

from cgplanner.model.layer import Layer
from cgplanner.model.schema import Field, FieldType, GeometryKind, Schema
from cgplanner.model.table import empty_table
from cgplanner.symbology.style import (
    Band,
    Categorized,
    Category,
    Cluster,
    Fill,
    Graduated,
    Hatch,
    Heat,
    Labels,
    Line,
    Marker,
    MarkerLine,
    Rule,
    RuleBased,
    Single,
    Style,
    SvgMarker,
    Symbol,
    Ticks,
)

DRAWING = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><path d="M0 0L10 0L5 10Z" fill="#aa0000" /></svg>'

LINE = Symbol(
    line=(
        Line("#112233", 5.0, casing=1.5),
        Line("#AA0000", 2.0, (6.0, 3.0), "flat", "miter", 0.5, offset=3.0),
        Ticks("#001122", 8.0, 12.0, 1.5),
        MarkerLine(Marker("arrow", 9.0, "#00AA00"), 40.0, 2.0),
    )
)
AREA = Symbol(polygon=(Fill("#C0FFEE", 0.4), Hatch("#333333", 30.0, 6.0, 1.0), Line("#000000", 1.2, (4.0, 2.0))))
SOFT = Symbol(polygon=(Fill("#FFEEDD"), Band("#0000FF", 6.0, 0.3)))
POINT = Symbol(point=(Marker("star", 14.0, "#FF8800", 0.9, "#FFFFFF", 1.5, rotation_field="f2"), SvgMarker(DRAWING, 20.0)))
LABELS = Labels(
    "f1", size=12.0, bold=True, color="#102030", halo=2.0, halo_color="#FFFFFF", min_scale=500000.0, max_scale=1000.0
)


def schema(kind: GeometryKind) -> Schema:
    """Return a text, a number and a code, two of them named in Chinese."""
    found = (Field("f1", "名称", FieldType.TEXT), Field("f2", "N", FieldType.REAL), Field("f3", "类别", FieldType.INTEGER))
    return Schema(found, geometry=kind)


STYLES: dict[str, tuple[GeometryKind, Style]] = {
    "one": ("line", Style(Single(LINE), labels=LABELS, min_scale=1e6, max_scale=2000.0)),
    "classes": (
        "polygon",
        Style(
            Categorized(
                "f3",
                (Category((1,), AREA, "一", "一", "polygon"), Category((2, 3), SOFT, "二三", "二三", "polygon")),
                Symbol(polygon=(Fill("#010203"),)),
                "其余",
                "其余",
            )
        ),
    ),
    "breaks": ("point", Style(Graduated("f2", (0.0, 5.0, 10.0), (POINT, replace(POINT, point=POINT.point[:1]))))),
    "rules": (
        "polygon",
        Style(
            RuleBased(
                (
                    Rule("类别 = 1 and 名称 like '大%'", AREA, "大", "大", 500000.0, 1000.0, "polygon"),
                    Rule("N > 2.5 or 名称 is null", SOFT, "小", "小", kind="polygon"),
                ),
                AREA,
            ),
            labels=replace(LABELS, field="", text="{名称} ({N} km)"),
        ),
    ),
    "heat": ("point", Style(Heat("f2", 30.0), blend="multiply")),
    "cluster": ("point", Style(Cluster(50.0, Symbol(point=(Marker(),))), order_by="f2", descending=True)),
}


def layer(name: str) -> Layer:
    """Return an empty layer with one of the styles."""
    kind, style = STYLES[name]
    return Layer(name, "图层", "layer", empty_table(schema(kind)), "EPSG:4490", style, opacity=0.5)


def differences(one: Any, other: Any, path: str = "") -> Iterator[str]:
    """Yield where two styles differ by more than rounding; drawings are compared by their length."""
    if isinstance(one, float) and isinstance(other, float):
        if not math.isclose(one, other, rel_tol=0.01, abs_tol=0.005):
            yield f"{path}: {one} {other}"
    elif type(one) is not type(other):
        yield f"{path}: {one!r} {other!r}"
    elif is_dataclass(one):
        for each in fields(one):
            yield from differences(getattr(one, each.name), getattr(other, each.name), f"{path}.{each.name}")
    elif isinstance(one, tuple) and len(one) == len(other):
        for place, pair in enumerate(zip(one, other, strict=True)):
            yield from differences(*pair, f"{path}[{place}]")
    elif one != other and not path.endswith(".svg"):
        yield f"{path}: {one!r} {other!r}"
