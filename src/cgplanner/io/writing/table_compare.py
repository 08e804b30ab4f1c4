"""Whether what was read back is what was to be written: whole columns at once, because layers have millions of rows.

Rows are compared in the order of their fid, the order of every file. This file must not know of files.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from cgplanner.geometry import ragged as flat
from cgplanner.geometry.ragged import Ragged
from cgplanner.model.column import ArrayColumn, Column, Positions, TextColumn
from cgplanner.model.geometry_column import GeometryColumn
from cgplanner.model.layer import Layer
from cgplanner.model.table import FeatureTable
from cgplanner.model.workspace import Workspace


def difference(written: Workspace, found: Workspace) -> str:
    """Return the first place where the two differ ("layer.field"), '' when there is none. Views are compared too."""
    for name in ("title_zh", "title_en", "display_crs", "view", "basemaps", "bookmarks"):
        if getattr(written, name) != getattr(found, name):
            return name
    if [layer.id for layer in written.layers] != [layer.id for layer in found.layers]:
        return "layers"
    if _plain(written.layouts) != _plain(found.layouts):
        return "layouts"
    pairs = zip(written.layers, found.layers, strict=True)
    return next((f"{a.id}.{wrong}" for a, b in pairs if (wrong := _layer_difference(a, b))), "")


def _plain(value: Any) -> Any:
    """Return JSON-able data as JSON gives it back: lists for tuples."""
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return {str(key): _plain(each) for key, each in value.items()} if hasattr(value, "items") else value


def _layer_difference(written: Layer, found: Layer) -> str:
    names = (
        "title_zh",
        "title_en",
        "crs",
        "style",
        "visible",
        "opacity",
        "role",
        "source",
        "accuracy_note",
        "encoding",
        "schema",
    )
    for name in names:
        if getattr(written, name) != getattr(found, name):
            return name
    if _plain(written.extras) != _plain(found.extras):
        return "extras"
    return table_difference(written.table, found.table)


def table_difference(written: FeatureTable, found: FeatureTable) -> str:
    """Return the first field in which the rows of two tables differ, '' when there is none; session numbers do not count."""
    mine, theirs = np.argsort(written.fids, kind="stable"), np.argsort(found.fids, kind="stable")
    if not np.array_equal(written.fids[mine], found.fids[theirs]):
        return "fid"
    for each in written.schema:
        if not _same(written.columns[each.id].take(mine), found.columns[each.id].take(theirs)):
            return each.name
    return "" if same_geometry(written.geometry, mine, found.geometry, theirs) else "geometry"


def _same(mine: Column, theirs: Column) -> bool:
    if isinstance(mine, TextColumn) and isinstance(theirs, TextColumn):
        return bool(np.array_equal(mine.objects(), theirs.objects()))
    assert isinstance(mine, ArrayColumn)  # noqa: S101  narrows the type; attribute columns are one of the two
    assert isinstance(theirs, ArrayColumn)  # noqa: S101  the same
    missing, absent = _missing(mine), _missing(theirs)
    return bool(np.array_equal(missing, absent) and np.array_equal(mine.array[~missing], theirs.array[~absent]))


def _missing(column: ArrayColumn) -> Any:
    return column.nulls | np.isnan(column.array) if column.array.dtype.kind == "f" else column.nulls


def same_geometry(mine: GeometryColumn, rows: Positions, theirs: GeometryColumn, other_rows: Positions) -> bool:
    """Tell whether both hold the same vertices in the same parts; a closed line and a ring without an area are the same."""
    kinds, others = (
        np.where(each == flat.LINEARRING, flat.LINESTRING, each) for each in (mine.kinds[rows], theirs.kinds[other_rows])
    )
    if not np.array_equal(kinds, others):
        return False
    odd = np.flatnonzero(kinds == flat.COLLECTION)
    if not np.array_equal(_wkb(mine, rows[odd]), _wkb(theirs, other_rows[odd])):
        return False
    a, b = _flat(mine, rows), _flat(theirs, other_rows)
    if a is b:
        return True
    offsets = ("ring_offsets", "part_offsets", "row_offsets")
    if not all(np.array_equal(getattr(a, name), getattr(b, name)) for name in offsets):
        return False
    return _equal(a.xy, b.xy) and all(_same_ordinate(getattr(a, n), getattr(b, n)) for n in "zm")


def _flat(column: GeometryColumn, rows: Positions) -> Ragged:
    """Return the flat form of these rows; the base itself, not a copy of it, when they are all rows as they lie there."""
    whole = column.index is None and len(rows) == len(column) and np.array_equal(rows, np.arange(len(rows)))
    return column.base if whole else column.coordinates(rows)


def _same_ordinate(a: Any, b: Any) -> bool:
    if a is None or b is None:
        other = b if a is None else a
        return other is None or bool(np.isnan(other).all())
    return _equal(a, b)


def _equal(a: Any, b: Any) -> bool:
    """Tell whether all numbers are equal, NaN and NaN too; these are rare, and looking for them takes four times as long."""
    return bool(np.array_equal(a, b) or np.array_equal(a, b, equal_nan=True))


def _wkb(column: GeometryColumn, rows: Positions) -> Any:
    return shapely.to_wkb(column.geometries(rows), flavor="iso")
