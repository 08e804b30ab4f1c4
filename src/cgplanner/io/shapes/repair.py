"""What is mended in shapes: coordinates that are no numbers at once, areas that cross themselves when asked; all is said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import shapely

from cgplanner.geometry.ragged import MULTIPOLYGON, POLYGON, Floats
from cgplanner.io.report import Note, Report
from cgplanner.io.source import LoadedLayer, Progress
from cgplanner.model.column import text_column
from cgplanner.model.geometry_column import GeometryColumn, flat_column
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import FeatureTable, new_table
from cgplanner.text import sentence

MOST_CHECKED = 30_000  # looking takes 5 µs each, which is as long as reading them
_MOST_VERTICES = 1_000_000
_LOOKED_AT_ONCE, _MENDED_AT_ONCE, _LOOKING = 20_000, 100, 0.7  # between two looks at whether to stop; the share of looking
_BEFORE = "WKT_BEFORE"

_FARTHEST = 1e15  # beyond this a number is a program's mark for "none", such as -1.8e308, and no place


_MULTI: dict[str, Callable[[Any], Any]] = {
    "MultiPoint": shapely.MultiPoint,
    "MultiLineString": shapely.MultiLineString,
    "MultiPolygon": shapely.MultiPolygon,
    "GeometryCollection": shapely.GeometryCollection,
}


def with_finite(column: GeometryColumn) -> tuple[GeometryColumn, tuple[Note, ...]]:
    """Return the column without vertices that are NaN, infinite or beyond any map.

    A shape that is left with too few vertices becomes missing.
    """
    beside = shapely.get_coordinates(column.extra)  # shapes that were mended lie beside the base
    if len(beside) and not _is_near(beside):
        column = flat_column(column.geometries())
    xy = column.base.xy
    if not len(xy) or _is_near(column.base.bounds) or _is_near(xy):
        return column, ()
    with np.errstate(invalid="ignore"):
        good = np.abs(xy) < _FARTHEST
    starts = column.base.vertex_offsets
    bad = np.flatnonzero(~good.all(axis=1))
    base_rows = np.unique(np.searchsorted(starts, bad, side="right") - 1)
    rows = np.flatnonzero(np.isin(column.rows_in_base, base_rows))
    if not len(rows):
        return column, ()
    shapes = [None if shape is None else _mended(shape) for shape in column.geometries(rows)]
    left_out = sum(shape is None for shape in shapes)
    message = sentence("{count} vertices whose coordinates are no numbers were left out.", count=len(bad))
    notes = [Note("coordinates-not-finite", "warning", message, len(bad))]
    if left_out:
        message = sentence("{count} features lost their shape by that.", count=left_out)
        notes.append(Note("geometry-not-finite", "warning", message, left_out))
    mended = column.replaced(rows, flat_column(shapes))
    return flat_column(mended.geometries()), tuple(notes)  # anew: what looks at all vertices must not see the bad ones


def _is_near(values: Floats) -> bool:
    """Tell whether all are numbers that can be places: the least and the greatest are NaN where one is."""
    return bool(values.min() > -_FARTHEST and values.max() < _FARTHEST)


def _mended(shape: Any) -> Any:
    parts = [part for each in shapely.get_parts(shape) if (part := _mended_part(each)) is not None]
    if not parts:
        return None
    return _MULTI[shape.geom_type](parts) if shape.geom_type in _MULTI else parts[0]


def _mended_part(part: Any) -> Any:
    if isinstance(part, shapely.Polygon):
        rings = [_kept(ring, 4) for ring in (part.exterior, *part.interiors)]
        return None if rings[0] is None else shapely.Polygon(rings[0], [ring for ring in rings[1:] if ring is not None])
    if isinstance(part, shapely.LineString):
        vertices = _kept(part, 2)
        return None if vertices is None else shapely.LineString(vertices)
    vertices = _kept(part, 1)
    return None if vertices is None else shapely.Point(vertices[0])


def _kept(shape: Any, fewest: int) -> Any:
    """Return the vertices that are places, None when they are too few; a ring stays closed."""
    vertices = shapely.get_coordinates(shape, include_z=bool(shape.has_z))
    good = (np.abs(vertices[:, :2]) < _FARTHEST).all(axis=1)
    kept = vertices[good]
    if fewest == 4 and len(kept) and (kept[0] != kept[-1]).any():
        kept = np.vstack([kept, kept[:1]])
    return kept if len(kept) >= fewest else None


def with_flaws_told(loaded: LoadedLayer) -> LoadedLayer:
    """Return the layer with a note on areas that cross or touch themselves; they stay as they are.

    Of more than :data:`MOST_CHECKED` areas nothing is said here: it would take longer than reading them.
    """
    found = CrossingAreas()
    found.add(loaded.table.geometry)
    return replace(loaded, report=loaded.report.with_notes(*found.notes()))


class CrossingAreas:
    """Counts the areas that cross or touch themselves in pieces of a layer, while there are few enough to be looked at."""

    def __init__(self) -> None:
        self._areas = self._vertices = self._count = 0
        self._reasons: list[str] = []

    def add(self, column: GeometryColumn, *, look: bool = True) -> None:
        """Look at the next rows, or only count them."""
        rows = _areas_among(column)
        self._areas += len(rows)
        self._vertices += len(column.base.xy)
        if not look or not len(rows) or self._too_many():
            return
        rows = rows[~shapely.is_valid(column.geometries(rows))]
        self._count += len(rows)
        few = column.geometries(rows[: max(0, 3 - len(self._reasons))])
        self._reasons += [str(shapely.is_valid_reason(shape)) for shape in few]

    @property
    def left_out(self) -> int:
        """How many areas nobody looks at; 0 where they are few enough."""
        return self._areas if self._too_many() else 0

    def _too_many(self) -> bool:
        return self._areas > MOST_CHECKED or self._vertices > _MOST_VERTICES

    def notes(self) -> tuple[Note, ...]:
        """Return a note on them, where there are any."""
        if not self._count or self._too_many():
            return ()
        message = sentence("{count} areas cross or touch themselves; they were kept as they are.", count=self._count)
        return (Note("geometry-invalid", "warning", message, self._count, "", tuple(self._reasons)),)


def unchecked_areas(column: GeometryColumn) -> int:
    """Return how many areas a layer has, where they were too many to be looked at; else 0."""
    found = CrossingAreas()
    found.add(column, look=False)
    return found.left_out


def with_valid_areas(loaded: LoadedLayer, progress: Progress = lambda _share: None) -> LoadedLayer:
    """Return the layer with such areas made valid, and their shapes before that as WKT in a field of its own.

    Raises
    ------
    Cancelled
        From ``progress``.
    """
    kept = field_of_shapes_before(loaded.table.schema)
    made, count = mended_areas(loaded.table, kept, progress)
    if not count:
        return loaded
    return replace(loaded, table=made, report=with_mending_told(loaded.report, kept, count))


def field_of_shapes_before(schema: Schema) -> Field:
    """Return a field, beside those of a schema, for the shapes of areas before they were made valid."""
    kept = Field(_free("before", {each.id for each in schema}), _free(_BEFORE, {each.name for each in schema}), FieldType.TEXT)
    return replace(kept, alias_zh="修复前图形", alias_en="Shape before mending")


def mended_areas(table: FeatureTable, kept: Field, progress: Progress = lambda _share: None) -> tuple[FeatureTable, int]:
    """Return the rows with areas made valid and the field ``kept`` at the end, and how many were made so.

    Raises
    ------
    Cancelled
        From ``progress``.
    """
    rows = _crossing(table.geometry, progress)
    before = table.geometry.geometries(rows)
    valid = []
    for number, shape in enumerate(before):
        valid.append(_areas_of(shapely.make_valid(shape)))
        if not number % _MENDED_AT_ONCE:
            progress(_LOOKING + (1 - _LOOKING) * number / len(before))
    texts: list[str | None] = [None] * len(table)
    for row, text in zip(rows.tolist(), shapely.to_wkt(before, rounding_precision=-1).tolist(), strict=True):
        texts[row] = text
    columns = {each.id: table.columns[each.id] for each in table.schema} | {kept.id: text_column(texts)}
    geometry = table.geometry.replaced(rows, flat_column(valid)) if len(rows) else table.geometry
    return new_table(replace(table.schema, fields=(*table.schema.fields, kept)), columns, geometry, table.fids), len(rows)


def with_mending_told(report: Report, kept: Field, count: int) -> Report:
    """Return the report of a layer so many areas of which were made valid."""
    message = sentence(
        "{count} areas that crossed or touched themselves were made valid; {field} holds them as they were.",
        count=count,
        field=kept.name,
    )
    notes = tuple(note for note in report.notes if note.code != "geometry-invalid")
    return replace(report, notes=(*notes, Note("geometry-made-valid", "warning", message, count)))


def _crossing(column: GeometryColumn, progress: Progress) -> Any:
    """Return the rows of the areas that cross or touch themselves, looked for in pieces: a million take seconds."""
    rows = _areas_among(column)
    found = [rows[:0]]
    for first in range(0, len(rows), _LOOKED_AT_ONCE):
        some = rows[first : first + _LOOKED_AT_ONCE]
        found.append(some[~shapely.is_valid(column.geometries(some))])
        progress(_LOOKING * min(1.0, (first + _LOOKED_AT_ONCE) / len(rows)))
    return np.concatenate(found)


def _areas_among(column: GeometryColumn) -> Any:
    return np.flatnonzero((column.kinds == POLYGON) | (column.kinds == MULTIPOLYGON))


def _areas_of(shape: Any) -> Any:
    """Return the areas of what make_valid gives, which may bring lines and points along."""
    areas = [each for each in shapely.get_parts(shapely.get_parts(shape)) if shapely.get_dimensions(each) == 2]
    return shapely.union_all(areas) if areas else None


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name
