"""What there is to say of a layer, kept while its rows go by: counts, extent, kinds, what is missing or unsound, a sample.

The rows themselves are let go, so that a file may be larger than the memory. A whole table is a stream of one piece, and says
the same. This file must not know of files.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from cgplanner.geometry import ragged as flat
from cgplanner.geometry.soundness import FLAWS, Flaw, flaws_of
from cgplanner.io.crs.zone_spill import NEAR_KM, Spill, spill_of, spill_with
from cgplanner.io.report import Note, Report, joined_notes
from cgplanner.io.row_pieces import Extent, few_rows, joined_extent, joined_table
from cgplanner.io.shapes.repair import CrossingAreas
from cgplanner.io.source import LoadedLayer, type_name
from cgplanner.model.column import ArrayColumn
from cgplanner.model.geometry_column import GeometryColumn
from cgplanner.model.schema import FieldType, GeometryKind, Schema
from cgplanner.model.table import FeatureTable

MOST_FIDS = 1_000  # features of a flaw that are named
_MOST_ROWS, _MOST_VERTICES, _FEWEST_ROWS = 4096, 1_000_000, 16  # of a sample
_PORTION = 2_000  # shapes that are made at once to be looked at


@dataclass(frozen=True)
class FlawedShapes:
    """How many rows have a flaw, and the fids of the first of them."""

    flaw: Flaw
    count: int
    fids: tuple[int, ...]


@dataclass(frozen=True)
class Shapes:
    """What there is to say of the geometry of all rows.

    Attributes
    ----------
    kinds
        shapely's type numbers that occur; missing geometries are none.
    z, m
        Some row may have heights, measures.
    odd_z, odd_m
        Some shape beside the flat ones has them.
    hollow
        Some geometry is there and empty.
    shown
        Rows that show anything.
    """

    kinds: frozenset[int] = frozenset()
    z: bool = False
    m: bool = False
    shown: int = 0
    extent: Extent | None = None
    odd_z: bool = False
    odd_m: bool = False
    hollow: bool = False

    def with_rows(self, column: GeometryColumn) -> Shapes:
        """Return what there is to say with these rows."""
        kinds = {int(kind) for kind in np.unique(column.kinds)} - {flat.NULL_KIND}
        drawn = ~np.isnan(column.bounds[:, 0])
        shown = int(np.count_nonzero(drawn))
        return Shapes(
            self.kinds | kinds,
            self.z or column.base.z is not None,
            self.m or column.base.m is not None,
            self.shown + shown,
            joined_extent(self.extent, column.extent()),
            self.odd_z or bool(shapely.has_z(column.extra).any()),
            self.odd_m or bool(shapely.has_m(column.extra).any()),
            self.hollow or int(np.count_nonzero(column.kinds != flat.NULL_KIND)) > shown,
        )

    def kind(self, declared: GeometryKind) -> GeometryKind:
        """Return the schema's kind: what the rows hold, else what is declared."""
        families = {flat.FAMILY_OF_KIND.get(kind) for kind in self.kinds}
        if not families:
            return declared
        family = families.pop()
        return family if family is not None and not families else "mixed"


@dataclass(frozen=True)
class LayerFacts:
    """A layer that was read, without its rows.

    ``nulls`` is {field id: rows without a value}, ``largest`` {field id: the largest whole number, without its sign}, ``spill``
    what lies beyond the zone of ``crs``, ``sample`` some rows from all over the layer; ``crs`` and ``report`` are as
    :class:`LoadedLayer` has them.
    """

    name: str
    crs: str
    report: Report
    source_path: Path
    schema: Schema
    features: int
    nulls: Mapping[str, int]
    shapes: Shapes
    flawed: tuple[FlawedShapes, ...]
    spill: Spill | None
    sample: FeatureTable
    largest: Mapping[str, int]


@dataclass(frozen=True)
class SourceInfo:
    """What a file, a folder of files or a workspace holds."""

    path: Path
    format: str
    layers: tuple[LayerFacts, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the object that ``info --json`` prints."""
        return {"path": str(self.path), "format": self.format, "layers": [_layer_json(layer) for layer in self.layers]}


def _layer_json(layer: LayerFacts) -> dict[str, Any]:
    shapes = layer.shapes
    kind = type_name(shapes.kinds, z=shapes.z, m=shapes.m)
    return {
        "name": layer.name,
        "geometry_type": kind or _DECLARED[layer.schema.geometry],
        "features": layer.features,
        "crs": _crs_json(layer.crs, layer.report.crs_how) | _candidates_json(layer.report) | _datum_json(layer.report),
        "encoding": {"name": layer.report.encoding, "how": layer.report.encoding_how},
        "fields": [
            {
                "name": each.name,
                "alias": each.title if each.title != each.name else "",
                "type": each.type.value,
                "width": each.width,
                "precision": each.precision,
                "nulls": layer.nulls[each.id],
            }
            for each in layer.schema
        ],
        "extent": list(shapes.extent) if shapes.extent else None,
        "notes": [note.to_json() for note in layer.report.notes],
    }


_DECLARED = {"point": "Point", "line": "LineString", "polygon": "Polygon", "mixed": "Geometry", "none": ""}


def _crs_json(crs: str, how: str) -> dict[str, Any]:
    if not crs:
        return {"epsg": None, "name": "", "how": how or "missing"}
    import pyproj  # noqa: PLC0415  0.2 s that a reader without this question does not pay

    known = pyproj.CRS.from_user_input(crs)
    epsg = int(crs.removeprefix("EPSG:")) if crs.startswith("EPSG:") else None
    return {"epsg": epsg, "name": known.name, "how": how}


def _datum_json(report: Report) -> dict[str, Any]:
    return {"datum": report.datum.to_json()} if report.datum else {}


def _candidates_json(report: Report) -> dict[str, Any]:
    return {"candidates": [each.to_json() for each in report.candidates]} if report.candidates else {}


class FactsGatherer:
    """Takes the pieces of a layer, in order.

    Parameters
    ----------
    looking
        Shapes are looked at one by one: whether they are sound takes longer than all else.
    """

    def __init__(self, *, looking: bool = True) -> None:
        self._looking = looking
        self._features = 0
        self._nulls: Counter[str] = Counter()
        self._largest: dict[str, int] = {}
        self._shapes = Shapes()
        self._notes: list[Note] = []
        self._last: LoadedLayer | None = None
        self._sample = RowSample()
        self._flaws: dict[int, list[int]] = {}
        self._flaw_counts: Counter[int] = Counter()
        self._crossing = CrossingAreas()
        self._spill: Spill | None = None

    def add(self, piece: LoadedLayer) -> None:
        """Take the next rows."""
        table = piece.table
        self._notes += piece.report.notes
        self._features += len(table)
        self._last = piece
        self._nulls.update({each.id: int(table.columns[each.id].nulls.sum()) for each in table.schema})
        self._largest = with_largest(self._largest, table)
        self._sample.add(table)
        if not len(table):
            return
        self._shapes = self._shapes.with_rows(table.geometry)
        self._crossing.add(table.geometry)
        self._spill = spill_with(self._spill, spill_of(table.geometry, piece.crs, nearest=0.0) if piece.crs else None)
        if self._looking:
            self._look(table)

    def _look(self, table: FeatureTable) -> None:
        for first in range(0, len(table), _PORTION):
            rows = np.arange(first, min(first + _PORTION, len(table)))
            flaws = flaws_of(table.geometry.geometries(rows))
            for number in np.unique(flaws[flaws > 0]).tolist():
                mine = table.fids[rows[flaws == number]].tolist()
                self._flaw_counts[number] += len(mine)
                known = self._flaws.setdefault(number, [])
                known += mine[: MOST_FIDS - len(known)]

    def finish(self) -> LayerFacts:
        """Return what there is to say; what is said of coordinates is said of the numbers that were read."""
        last = self._last
        if last is None:
            raise ValueError("a layer without a piece")
        schema = replace(last.table.schema, geometry=self._shapes.kind(last.table.schema.geometry))
        spill = self._spill if self._spill and self._spill.kilometres >= NEAR_KM else None
        return LayerFacts(
            last.name,
            last.crs,
            replace(last.report, notes=(*joined_notes(self._notes), *self._crossing.notes())),
            last.source_path,
            schema,
            self._features,
            dict(self._nulls),
            self._shapes,
            tuple(FlawedShapes(FLAWS[n], self._flaw_counts[n], tuple(self._flaws[n])) for n in sorted(self._flaws)),
            spill and replace(spill, total=self._shapes.shown),
            self._sample.table(),
            self._largest,
        )


def with_largest(known: Mapping[str, int], table: FeatureTable) -> dict[str, int]:
    """Return {field id: the largest whole number, without its sign} with these rows."""
    found = dict(known)
    for each in table.schema:
        column = table.columns[each.id]
        if each.type is FieldType.INTEGER and isinstance(column, ArrayColumn) and len(column):
            largest = max(int(column.array.max()), -int(column.array.min()))
            found[each.id] = max(largest, found.get(each.id, 0))
    return found


class RowSample:
    """Keeps every row of a small layer, and of a larger one each second, fourth, eighth ... of those that show something."""

    def __init__(self) -> None:
        self._step, self._seen, self._all = 1, 0, True
        self._kept: list[FeatureTable] = []

    def add(self, table: FeatureTable) -> None:
        """Take the next rows."""
        rows = np.arange(len(table)) if self._all else _shown(table)
        self._kept.append(few_rows(table, rows[-self._seen % self._step :: self._step]))
        self._seen += len(rows)
        if self._all and self._is_large():  # of a large layer only rows that show something
            self._kept, self._all = [few_rows(each, _shown(each)) for each in self._kept], False
            self._seen = sum(map(len, self._kept))
        while self._is_large():
            self._step *= 2
            self._thin()

    def _is_large(self) -> bool:
        rows = sum(map(len, self._kept))
        vertices = sum(len(each.geometry.base.xy) for each in self._kept)
        return _is_many(rows, vertices)

    def _thin(self) -> None:
        done, kept = 0, []
        for each in self._kept:
            kept.append(few_rows(each, np.arange(done % 2, len(each), 2)))
            done += len(each)
        self._kept = kept

    def table(self) -> FeatureTable:
        """Return the rows that were kept."""
        return joined_table(self._kept)


def _shown(table: FeatureTable) -> Any:
    return np.flatnonzero(~np.isnan(table.geometry.bounds[:, 0]))


def thinned(table: FeatureTable) -> FeatureTable:
    """Return the rows of a table that a stream of it would have kept; they are taken out at once, for there may be millions."""
    base, rows, step = table.geometry.base, np.arange(len(table)), 1
    if _is_many(len(rows), len(base.xy)):
        rows = _shown(table)
        own = np.maximum(table.geometry.rows_in_base, 0)[rows]
        while len(rows[::step]) > _MOST_ROWS:
            step *= 2
        while len(base) and _is_many(len(rows[::step]), _vertices(base, own[::step])):
            step *= 2
    return few_rows(table, rows[::step])


def _is_many(rows: int, vertices: int) -> bool:
    return rows > _MOST_ROWS or (vertices > _MOST_VERTICES and rows > _FEWEST_ROWS)


def _vertices(base: flat.Ragged, rows: Any) -> int:
    first, last = (base.ring_offsets[base.part_offsets[base.row_offsets[at]]] for at in (rows, rows + 1))
    return int((last - first).sum())


def facts_of(pieces: Iterable[LoadedLayer], *, looking: bool = True) -> LayerFacts:
    """Return what there is to say of the layer that these are the pieces of; there is at least one."""
    gatherer = FactsGatherer(looking=looking)
    for piece in pieces:
        gatherer.add(piece)
    return gatherer.finish()
