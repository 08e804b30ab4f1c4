"""A geometry column as shapefiles can take it: one family a file, no collections, no broken numbers. Only arrays here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely

from cgplanner.geometry import ragged as flat
from cgplanner.geometry.ragged import FAMILY_OF_KIND, Family, Ints, Ragged
from cgplanner.io.report import Note
from cgplanner.model.geometry_column import GeometryColumn, geometry_column
from cgplanner.model.schema import GeometryKind
from cgplanner.text import Sentence, sentence

FAMILIES: tuple[Family, ...] = ("point", "line", "polygon")
_MULTI: dict[str, Any] = {"point": shapely.MultiPoint, "line": shapely.MultiLineString, "polygon": shapely.MultiPolygon}


@dataclass(frozen=True)
class FamilyRows:
    """The rows of one family, ascending, and their shapes; a row without a shape has no vertices."""

    family: Family
    rows: Ints
    shapes: Ragged


@dataclass(frozen=True)
class FamilyForm:
    """What the shapes of a family have somewhere: several parts in a row, heights, measures."""

    several: bool = False
    z: bool = False
    m: bool = False

    def joined(self, other: FamilyForm) -> FamilyForm:
        """Return what there is in either."""
        return FamilyForm(self.several or other.several, self.z or other.z, self.m or other.m)


def form_of(shapes: Ragged) -> FamilyForm:
    """Return what there is in these shapes."""
    return FamilyForm(bool((np.diff(shapes.row_offsets) > 1).any()), shapes.z is not None, shapes.m is not None)


def families_of(
    column: GeometryColumn,
    declared: GeometryKind,
    main_family: Family | None = None,
    forms: Mapping[Family, FamilyForm] | None = None,
) -> tuple[tuple[FamilyRows, ...], tuple[Note, ...]]:
    """Return the rows by family and what was lost; rows that show nothing go with the family that has most rows.

    ``main_family`` and ``forms`` are those of the whole where the column is a piece of it.
    """
    shapes, notes = _flat(column)
    shapes, said = _finite(shapes)
    notes += said
    drawn = np.diff(shapes.row_offsets) > 0
    empty = int((~drawn & (shapes.kinds != flat.NULL_KIND)).sum())
    message = sentence("{count} empty geometries become missing ones.", count=empty)
    notes += _some("geometry-empty", "info", message, empty)
    numbers = np.array([FAMILIES.index(FAMILY_OF_KIND[kind]) if kind in FAMILY_OF_KIND else -1 for kind in range(8)])
    family = np.where(drawn, numbers[np.maximum(shapes.kinds, 0)], -1)
    counts = np.bincount(family[family >= 0], minlength=3)
    main = int(counts.argmax()) if counts.any() else FAMILIES.index(declared) if declared in FAMILIES else 0
    main = main if main_family is None else FAMILIES.index(main_family)
    blank = family < 0
    family[blank] = main
    present = sorted({*np.flatnonzero(counts).tolist(), *([main] if main_family is None or blank.any() else [])})
    out = []
    for number in present:
        rows = np.flatnonzero(family == number)
        mine = shapes if len(rows) == len(shapes) else shapes.take(rows)
        mine, filled = _filled(mine, (forms or {}).get(FAMILIES[number], FamilyForm()))
        notes += filled
        out.append(FamilyRows(FAMILIES[number], rows, mine))
    return tuple(out), tuple(notes)


def _some(code: str, severity: Any, message: Sentence, count: int) -> list[Note]:
    return [Note(code, severity, message, count)] if count else []


def _flat(column: GeometryColumn) -> tuple[Ragged, list[Note]]:
    """Return all rows in flat form; a collection of one family becomes a multi geometry, any other is left out."""
    odd = np.flatnonzero(column.kinds == flat.COLLECTION)
    if not len(odd):
        return (column.base if column.index is None else column.coordinates(np.arange(len(column)))), []
    merged = [_as_multi(each) for each in column.geometries(odd)]
    column = column.replaced(odd, geometry_column(merged))
    lost = sum(each is None for each in merged)
    message = sentence("{count} geometries hold points, lines and polygons at once and were left out.", count=lost)
    notes = _some("geometry-collection", "warning", message, lost)
    message = sentence("{count} collections of one kind become multi-part geometries.", count=len(odd) - lost)
    notes += _some("geometry-merged", "info", message, len(odd) - lost)
    return column.coordinates(np.arange(len(column))), notes


def _as_multi(collection: Any) -> Any:
    parts = shapely.get_parts(collection)
    while (shapely.get_type_id(parts) >= flat.MULTIPOINT).any():
        parts = shapely.get_parts(parts)
    families = {FAMILY_OF_KIND[int(kind)] for kind in shapely.get_type_id(parts)}
    return _MULTI[families.pop()](list(parts)) if len(families) == 1 else None


def _finite(shapes: Ragged) -> tuple[Ragged, list[Note]]:
    """Leave out rows with a coordinate that is no number."""
    if np.isfinite(shapes.xy).all():
        return shapes, []
    wrong = ~np.isfinite(shapes.xy).all(axis=1)
    counts = np.concatenate([[0], np.cumsum(wrong)])
    offsets = shapes.vertex_offsets
    bad = counts[offsets[1:]] > counts[offsets[:-1]]
    message = sentence("{count} geometries with impossible coordinates were left out.", count=int(bad.sum()))
    return without(shapes, bad), _some("geometry-damaged", "warning", message, int(bad.sum()))


def without(shapes: Ragged, gone: Any) -> Ragged:
    """Return the same rows, those of the mask missing."""
    kept = shapes.take(np.flatnonzero(~gone))
    counts = np.zeros(len(shapes), np.int64)
    counts[~gone] = np.diff(kept.row_offsets)
    kinds = np.where(gone, flat.NULL_KIND, shapes.kinds).astype(np.int8)
    return replace(kept, kinds=kinds, row_offsets=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64))


def _filled(shapes: Ragged, form: FamilyForm) -> tuple[Ragged, list[Note]]:
    """Give vertices without a height the height 0 where others have one; drop heights and measures that nobody has."""
    if shapes.m is not None and np.isnan(shapes.m).all():
        shapes = replace(shapes, m=None)
    if form.m and shapes.m is None:
        shapes = replace(shapes, m=np.full(len(shapes.xy), np.nan))
    if form.z and shapes.z is None:
        shapes = replace(shapes, z=np.full(len(shapes.xy), np.nan))
    if shapes.z is None:
        return shapes, []
    missing = np.isnan(shapes.z)
    if missing.all() and not form.z:
        return replace(shapes, z=None), []
    count = int(missing.sum())
    message = sentence("{count} vertices without a height get the height 0.", count=count)
    return (replace(shapes, z=np.where(missing, 0.0, shapes.z)) if count else shapes), _some(
        "height-filled", "warning", message, count
    )
