"""Where rows go on the earth and in how many pieces, before a format sees them: target CRS, zone, single parts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from cgplanner.geometry import ragged as flat
from cgplanner.geometry.ragged import Ragged
from cgplanner.io.crs.reproject import reprojected
from cgplanner.io.crs.zone_spill import NEAR_KM, Spill, spill_note, spill_of, spill_with
from cgplanner.io.report import Note
from cgplanner.io.writing.layer_facts import Shapes
from cgplanner.io.writing.receivers import Receiver
from cgplanner.io.writing.rows import Rows, rows_of
from cgplanner.model.changeset import GEOMETRY
from cgplanner.model.geometry_column import GeometryColumn
from cgplanner.model.table import FeatureTable, new_table
from cgplanner.text import sentence

DEGREES = "EPSG:4326"
LIKE_DEGREES = (DEGREES, "EPSG:4490", "EPSG:4979", "OGC:CRS84")  # CGCS 2000 and WGS 84 are one on any map
_FIRST_ZONE, _LAST_ZONE, _FIRST_CODE = 75, 135, 4534  # CGCS 2000, 3-degree zones by central meridian, no prefix
_SINGLE = {flat.MULTIPOINT: flat.POINT, flat.MULTILINESTRING: flat.LINESTRING, flat.MULTIPOLYGON: flat.POLYGON}


@dataclass(frozen=True, eq=False)
class Placed:
    """The rows as they are to be written; ``rows`` says which row each came from, None when all are as they were."""

    all_rows: Rows
    crs: str
    notes: tuple[Note, ...] = ()
    rows: Any = None


def placed(
    rows: Rows, crs: str, target: str | None, receiver: Receiver, kind: str, place: str, zone: str | None = None
) -> Placed:
    """Return the rows in the CRS and the parts that format and receiver want.

    ``zone`` is what degrees become where metres are wanted; None takes the zone in which the middle of the rows lies.

    Raises
    ------
    UserError
        When there is no way to the CRS.
    """
    wanted, note = _wanted_crs(rows, crs, target, receiver, place, zone)
    notes = [note] if note else []
    if wanted and wanted != crs:
        rows, spill = _moved(rows, crs, wanted)
        crs = wanted
        notes += [replace(spill_note(spill), severity="info")] if spill else []  # nothing is lost, so nothing to refuse
    if receiver.parts != "single" or kind != "shp" or flat.COLLECTION in rows.shapes.kinds:
        return Placed(rows, crs, tuple(notes))
    return _in_single_parts(rows, crs, notes)


def _moved(rows: Rows, crs: str, wanted: str) -> tuple[Rows, Spill | None]:
    """Return the rows in another CRS, and what of them lies beyond the border of its zone."""

    def moved(piece: FeatureTable) -> FeatureTable:
        geometry = reprojected(piece.geometry, crs, wanted, extent=rows.shapes.extent)
        return replace(piece, columns={**piece.columns, GEOMETRY: geometry})

    if rows.is_whole:
        table = moved(rows.table)
        return rows_of(table), spill_of(table.geometry, wanted)
    shapes, spill = Shapes(), None
    for piece in map(moved, rows.pieces()):
        shapes = shapes.with_rows(piece.geometry)
        spill = spill_with(spill, spill_of(piece.geometry, wanted, nearest=0.0))
    spill = replace(spill, total=shapes.shown) if spill and spill.kilometres >= NEAR_KM else None
    return replace(rows, shapes=shapes, pieces=lambda: map(moved, rows.pieces())), spill


def _wanted_crs(
    rows: Rows, crs: str, target: str | None, receiver: Receiver, place: str, zone: str | None
) -> tuple[str | None, Note | None]:
    """Return the CRS to write in, and what has to be said when nobody asked for it."""
    if place == "degrees" or (place == "degrees unless asked" and not target):
        if crs in LIKE_DEGREES:
            return None, None
        message = sentence("Coordinates are written as longitude and latitude (WGS 84), as this format asks.")
        return DEGREES, Note("reprojected", "info", message, len(rows))
    if target or (place != "metres" and receiver.crs != "zone3"):
        return target, None
    extent = rows.shapes.extent
    if crs not in LIKE_DEGREES or extent is None:
        return None, None
    zone = zone or zone_of(extent)
    if zone is None:
        return None, None
    message = sentence("Degrees were turned into metres of the 3-degree zone ({crs}).", crs=zone)
    return zone, Note("reprojected", "info", message, len(rows))


def zone_of(extent: tuple[float, float, float, float]) -> str | None:
    """Return the CGCS 2000 3-degree zone in which the middle of an extent in degrees lies; None outside of China's zones."""
    meridian = 3 * round((extent[0] + extent[2]) / 6)
    return f"EPSG:{_FIRST_CODE + (meridian - _FIRST_ZONE) // 3}" if _FIRST_ZONE <= meridian <= _LAST_ZONE else None


def common_zone(layers: Iterable[tuple[FeatureTable, str]]) -> str | None:
    """Return one zone for layers (table, CRS) that go out together, or their drawings would not lie upon each other."""
    extents = [extent for table, crs in layers if crs in LIKE_DEGREES and (extent := table.geometry.extent()) is not None]
    if not extents:
        return None
    return zone_of((min(each[0] for each in extents), 0.0, max(each[2] for each in extents), 0.0))


def _in_single_parts(rows: Rows, crs: str, notes: list[Note]) -> Placed:
    """Return the rows one a part; where they go by in pieces, what came from where is not known."""
    if not rows.shapes.kinds & _SINGLE.keys():
        return Placed(rows, crs, tuple(notes))
    if rows.is_whole:
        table, origin, many = _parted(rows.table)
        placed = Placed(rows_of(table), crs, (*notes, _split_note(many)), origin)
    else:
        many, count, shapes = 0, 0, Shapes()
        for single, _, several in map(_parted, rows.pieces()):
            many, count, shapes = many + several, count + len(single), shapes.with_rows(single.geometry)
        singles = replace(rows.changed(lambda piece: _parted(piece)[0]), count=count, shapes=shapes)
        placed = Placed(singles, crs, (*notes, _split_note(many)))
    return placed if many else Placed(rows, crs, tuple(notes))


def _split_note(many: int) -> Note:
    message = sentence("{count} features of several parts are written one row a part.", count=many)
    return Note("parts-split", "info", message, many)


def _parted(table: FeatureTable) -> tuple[FeatureTable, Any, int]:
    """Return the rows one a part, the row each came from, and how many had several parts."""
    column = table.geometry
    shapes = column.base if column.index is None and not len(column.extra) else column.coordinates(np.arange(len(column)))
    counts = np.diff(shapes.row_offsets)
    rows = np.repeat(np.arange(len(table)), np.maximum(counts, 1))
    columns = {each.id: table.columns[each.id].take(rows) for each in table.schema}
    single = new_table(table.schema, columns, GeometryColumn(_single(shapes, rows, counts)))
    return single, rows, int((counts > 1).sum())


def _single(shapes: Ragged, rows: Any, counts: Any) -> Ragged:
    """Return the same parts, one a row; the arrays of vertices and rings stay."""
    has_part = np.repeat(counts > 0, np.maximum(counts, 1))
    kinds = shapes.kinds[rows].copy()
    for multi, one in _SINGLE.items():
        kinds[kinds == multi] = one
    offsets = np.concatenate([[0], np.cumsum(has_part)]).astype(np.int64)
    return replace(shapes, kinds=kinds, row_offsets=offsets)
