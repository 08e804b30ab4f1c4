"""A layer's rows: an immutable version that shares its columns with the versions before and after it.

A reader holds a version: it is a snapshot, needs no lock and may be read from any thread. Rows stand in the order of their
session number (rid), which is never reused, so that undoing a deletion puts a row back where it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from cgplanner.errors import UserError
from cgplanner.model.changeset import GEOMETRY, Cells, Rows, StaleChangeError, TableChange
from cgplanner.model.column import Column, Positions, column_of, inserted_at
from cgplanner.model.geometry_column import GeometryColumn, flat_column
from cgplanner.model.schema import Schema
from cgplanner.text import language, tr


@dataclass(frozen=True, eq=False)
class FeatureTable:
    """One version of a layer's rows.

    Attributes
    ----------
    schema
        The fields; their ids are the keys of ``columns``.
    rids
        int64 (n,), ascending: numbers of this session, never reused.
    fids
        int64 (n,): persistent identity, the primary key in the workspace file.
    columns
        Field id -> column, and ``GEOMETRY`` -> :class:`GeometryColumn`.
    next_rid, next_fid
        The numbers that the next added row gets.
    """

    schema: Schema
    rids: Positions
    fids: Positions
    columns: Mapping[str, Column]
    next_rid: int
    next_fid: int

    def __post_init__(self) -> None:
        self.rids.setflags(write=False)
        self.fids.setflags(write=False)

    def __len__(self) -> int:
        return len(self.rids)

    @property
    def geometry(self) -> GeometryColumn:
        """The geometry column."""
        column = self.columns[GEOMETRY]
        assert isinstance(column, GeometryColumn)  # noqa: S101  narrows the type; the constructor functions see to it
        return column

    def column(self, name: str) -> Column:
        """Return the column of the field with this name or alias.

        Raises
        ------
        UserError
            When there is no such field.
        """
        return self.columns[self.schema.named(name).id]

    @cached_property
    def _fid_order(self) -> Positions:
        return np.argsort(self.fids, kind="stable")

    def positions_of(self, rids: Iterable[int] | Positions) -> Positions:
        """Return the positions of these session numbers.

        Raises
        ------
        StaleChangeError
            When a row is not in this version.
        """
        wanted = np.asarray(rids if isinstance(rids, np.ndarray) else list(rids), np.int64)
        whole = len(self.rids) and self.rids[-1] - self.rids[0] == len(self.rids) - 1  # nothing was ever deleted
        positions = wanted - self.rids[0] if whole else np.searchsorted(self.rids, wanted)
        inside = (positions >= 0) & (positions < len(self.rids))
        if not inside.all() or not np.array_equal(self.rids[positions], wanted):
            raise StaleChangeError("rows that are not in this version")
        return positions.astype(np.int64, copy=False)

    def holds(self, rids: Positions) -> Any:
        """bool array: which of these session numbers this version has."""
        if not len(self.rids):
            return np.zeros(len(rids), np.bool_)
        places = np.minimum(np.searchsorted(self.rids, rids), len(self.rids) - 1)  # ascending: no need to sort them again
        return self.rids[places] == rids

    def rid_of(self, fid: int) -> int:
        """Return the session number of the feature with this fid.

        Raises
        ------
        UserError
            When there is no such feature.
        """
        order = self._fid_order
        place = int(np.searchsorted(self.fids, fid, sorter=order))
        if place >= len(order) or self.fids[order[place]] != fid:
            raise UserError(
                tr("There is no feature {fid} in this layer.", fid=fid), hint=tr("Look the number up in the table.")
            )
        return int(self.rids[order[place]])

    def record(self, position: int) -> dict[str, Any]:
        """Return one row's attributes as {field id: Python value}."""
        return {each.id: self.columns[each.id].value(position) for each in self.schema}

    def title_of(self, position: int) -> str:
        """Return what people call the feature: its title field in their language, else its key, else its fid."""
        return self.name_of(position) or str(int(self.fids[position]))

    def name_of(self, position: int) -> str:
        """Return the feature's title in the user's language, else its key; '' when it has no name at all."""
        titles = (self.schema.title_en, self.schema.title) if language() == "en" else (self.schema.title,)
        for field_id in (*titles, self.schema.key):
            value = self.columns[field_id].value(position) if field_id else None
            if value not in (None, ""):
                return str(value)
        return ""

    def rows(self, positions: Positions) -> Rows:
        """Return whole rows at ascending positions, as a changeset carries them."""
        columns = {name: column.take(positions) for name, column in self.columns.items()}
        return Rows(self.rids[positions], self.fids[positions], columns)

    def apply(self, change: TableChange) -> FeatureTable:
        """Return the version after the change; this one stays as it is.

        Raises
        ------
        StaleChangeError
            When the old values of the change are not the ones here.
        """
        columns = dict(self.columns)
        for name, cells in change.cells.items():
            columns[name] = self._with_cells(name, cells)
        rids, fids = self.rids, self.fids
        if change.deleted is not None:
            self._check_deleted(change.deleted, columns)
            keep = np.flatnonzero(~np.isin(rids, change.deleted.rids))
            rids, fids = rids[keep], fids[keep]
            columns = {name: _kept(column, keep) for name, column in columns.items()}
        if change.added is not None:
            if np.isin(change.added.rids, rids).any():
                raise StaleChangeError("a row that is added is there already")
            places = np.searchsorted(rids, change.added.rids)
            rids = inserted_at(rids, places, change.added.rids)
            fids = inserted_at(fids, places, change.added.fids)
            columns = {name: column.inserted(places, change.added.columns[name]) for name, column in columns.items()}
        return self._next_version(rids, fids, columns, change.added)

    def _next_version(
        self, rids: Positions, fids: Positions, columns: Mapping[str, Column], added: Rows | None
    ) -> FeatureTable:
        next_rid, next_fid = self.next_rid, self.next_fid
        if added:
            next_rid = max(next_rid, int(added.rids[-1]) + 1)
            next_fid = max(next_fid, int(added.fids.max()) + 1)
        return FeatureTable(self.schema, rids, fids, columns, next_rid, next_fid)

    def _with_cells(self, name: str, cells: Cells) -> Column:
        column = self.columns[name]
        positions = self.positions_of(cells.rids)
        if not column.take(positions).equals(cells.old):
            raise StaleChangeError(f"the old values of column {name} are not the ones in this version")
        return column.replaced(positions, cells.new)

    def _check_deleted(self, deleted: Rows, columns: Mapping[str, Column]) -> None:
        positions = self.positions_of(deleted.rids)
        if not all(column.take(positions).equals(deleted.columns[name]) for name, column in columns.items()):
            raise StaleChangeError("the deleted rows are not as they are in this version")

    def with_schema(self, schema: Schema) -> FeatureTable:
        """Return the same rows under other names, aliases or domains; the field ids must be the same."""
        if [each.id for each in schema] != [each.id for each in self.schema]:
            raise StaleChangeError("another schema must have the same field ids")
        return FeatureTable(schema, self.rids, self.fids, self.columns, self.next_rid, self.next_fid)

    def equals(self, other: FeatureTable) -> bool:
        """Tell whether both hold the same rows with the same values under the same schema (counters aside)."""
        return (
            self.schema == other.schema
            and np.array_equal(self.rids, other.rids)
            and np.array_equal(self.fids, other.fids)
            and all(column.equals(other.columns[name]) for name, column in self.columns.items())
        )


def _kept(column: Column, keep: Positions) -> Column:
    if isinstance(column, GeometryColumn):  # keeps its base: an undo must not pay for copying it
        return GeometryColumn(column.base, column.rows_in_base[keep], column.extra)
    return column.take(keep)


def new_table(
    schema: Schema, columns: Mapping[str, Column], geometry: GeometryColumn, fids: Positions | None = None
) -> FeatureTable:
    """Return the first version of a table; rows get session numbers 0..n-1 and, where ``fids`` is None, fids 1..n."""
    count = len(geometry)
    wrong = [name for name, column in columns.items() if len(column) != count]
    if wrong or set(columns) != {each.id for each in schema}:
        raise ValueError(f"columns do not fit the schema or the number of rows: {wrong}")
    numbers = np.arange(1, count + 1, dtype=np.int64) if fids is None else np.asarray(fids, np.int64).copy()
    rids = np.arange(count, dtype=np.int64)
    next_fid = int(numbers.max()) + 1 if count else 1
    return FeatureTable(schema, rids, numbers, {**columns, GEOMETRY: geometry}, count, next_fid)


def table_from_records(schema: Schema, records: Iterable[Mapping[str, Any]], geometries: Iterable[Any]) -> FeatureTable:
    """Return a table from {field name: value} records and shapely geometries; for small tables and tests.

    Raises
    ------
    UserError
        When a value does not fit its field.
    """
    rows = list(records)
    columns = {each.id: column_of(each.type, [each.accept(row.get(each.name)) for row in rows]) for each in schema}
    return new_table(schema, columns, flat_column(list(geometries)))


def empty_table(schema: Schema) -> FeatureTable:
    """Return a table without rows."""
    return table_from_records(schema, [], [])
