"""A layer on its way from one file into another, and what may be done to it under way: mended, placed anew, moved.

Its rows may never be in memory at once: what is done is done to every piece, and the layer is gone through once more for what
all pieces say together. Each function does what its like does to a layer that was read whole.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import shapely

from cgplanner.io.crs.datum_change import DatumChange, datum_way, mark_note, outside_notes
from cgplanner.io.crs.zone_detective import applied, chosen
from cgplanner.io.report import CrsCandidate, Report
from cgplanner.io.shapes.repair import field_of_shapes_before, mended_areas, with_mending_told
from cgplanner.io.source import LoadedLayer
from cgplanner.io.writing.layer_facts import LayerFacts, Shapes
from cgplanner.io.writing.rows import Rows
from cgplanner.model.changeset import GEOMETRY
from cgplanner.model.geometry_column import flat_column
from cgplanner.model.schema import Schema
from cgplanner.model.table import FeatureTable, new_table


@dataclass(frozen=True, eq=False)
class OpenLayer:
    """What was found about the layer, and its rows."""

    facts: LayerFacts
    rows: Rows

    @property
    def report(self) -> Report:
        """What was found, mended, and done to it since."""
        return self.facts.report

    @property
    def crs(self) -> str:
        """What its coordinates are in."""
        return self.facts.crs


def with_valid_areas(layer: OpenLayer) -> OpenLayer:
    """Do what :func:`cgplanner.io.shapes.repair.with_valid_areas` does."""
    kept = field_of_shapes_before(layer.rows.schema)
    count, shapes = 0, Shapes()
    for piece in layer.rows.pieces():
        made, mended = mended_areas(piece, kept)
        count, shapes = count + mended, shapes.with_rows(made.geometry)
    if not count:
        return layer
    schema = replace(layer.rows.schema, fields=(*layer.rows.schema.fields, kept))
    rows = layer.rows.changed(lambda piece: mended_areas(piece, kept)[0], schema)
    report = with_mending_told(layer.report, kept, count)
    return OpenLayer(replace(layer.facts, report=report, schema=schema, shapes=shapes), replace(rows, shapes=shapes))


def chosen_as(layer: OpenLayer, candidate: CrsCandidate) -> OpenLayer:
    """Do what :func:`cgplanner.io.crs.zone_detective.chosen` does.

    Raises
    ------
    UserError
        When the numbers are no coordinates of that.
    """
    facts = layer.facts
    report = chosen(_corners(layer), candidate).report

    def placed(piece: FeatureTable) -> FeatureTable:
        return applied(LoadedLayer(facts.name, piece, facts.crs, facts.report, facts.source_path), candidate).table

    return _changed(layer, placed, candidate.crs, report)


def in_other_datum(layer: OpenLayer, change: DatumChange, target: str) -> OpenLayer:
    """Do what :func:`cgplanner.io.crs.datum_change.in_other_datum` does.

    Raises
    ------
    UserError
        As that one.
    """
    way = datum_way(layer.crs, layer.rows.shapes.extent, change, target)
    outside = sum(way.outside(piece.geometry) for piece in layer.rows.pieces()) if way.points else 0
    notes = (*((mark_note(way.mark),) if way.mark else ()), *way.notes, *outside_notes(outside))
    report = replace(layer.report.with_notes(*notes), crs=way.crs, datum=way.mark or layer.report.datum)

    def moved(piece: FeatureTable) -> FeatureTable:
        return replace(piece, columns={**piece.columns, GEOMETRY: way.move(piece.geometry)})

    return _changed(layer, moved, way.crs, report)


def _changed(layer: OpenLayer, change: Callable[[FeatureTable], FeatureTable], crs: str, report: Report) -> OpenLayer:
    rows, shapes = layer.rows.changed(change), Shapes()
    for piece in rows.pieces():
        shapes = shapes.with_rows(piece.geometry)
    return OpenLayer(replace(layer.facts, crs=crs, report=report, shapes=shapes), replace(rows, shapes=shapes))


def _corners(layer: OpenLayer) -> LoadedLayer:
    """Return a layer of the same extent whose geometry is two points."""
    extent = layer.rows.shapes.extent
    points = [shapely.Point(extent[:2]), shapely.Point(extent[2:])] if extent else []
    table = new_table(Schema((), "point"), {}, flat_column(points))
    return LoadedLayer(layer.facts.name, table, layer.crs, layer.report, layer.facts.source_path)
