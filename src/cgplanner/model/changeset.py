"""The one currency: what changed, with old and new values, invertible and composable.

Undo, save, journal, repaint and hand-over all take this type. Laws, held by tests: ``apply(c)`` then ``apply(~c)`` is the
identity; ``~~c`` equals ``c``; ``a + b`` equals ``a`` then ``b``. Rows are named by their session number (rid), columns by
their id, layers by theirs, so nothing here depends on positions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cgplanner.errors import CgplannerError
from cgplanner.model.column import Column, Mask, Positions

GEOMETRY = "geometry"  # the id under which a table's geometry column goes; no field may have it


class StaleChangeError(CgplannerError):
    """A change does not fit the version it was applied to: its old values are not the ones there."""


@dataclass(frozen=True, eq=False)
class Rows:
    """Whole rows: their session numbers (ascending), persistent fids, and every column's values (geometry included)."""

    rids: Positions
    fids: Positions
    columns: Mapping[str, Column]

    def __len__(self) -> int:
        return len(self.rids)

    def where(self, mask: Mask) -> Rows:
        """Return the rows for which the mask is True."""
        positions = np.flatnonzero(mask)
        columns = {name: column.take(positions) for name, column in self.columns.items()}
        return Rows(self.rids[positions], self.fids[positions], columns)

    def joined(self, other: Rows) -> Rows:
        """Return the rows of both, in order of their session numbers."""
        rids = np.concatenate([self.rids, other.rids])
        order = np.argsort(rids, kind="stable")
        fids = np.concatenate([self.fids, other.fids])[order]
        columns = {name: _concatenated(column, other.columns[name]).take(order) for name, column in self.columns.items()}
        return Rows(rids[order], fids, columns)

    def equals(self, other: Rows) -> bool:
        """Tell whether both are the same rows with the same values."""
        return (
            np.array_equal(self.rids, other.rids)
            and np.array_equal(self.fids, other.fids)
            and self.columns.keys() == other.columns.keys()
            and all(column.equals(other.columns[name]) for name, column in self.columns.items())
        )


@dataclass(frozen=True, eq=False)
class Cells:
    """Old and new values of one column at some rows (session numbers, ascending)."""

    rids: Positions
    old: Column
    new: Column

    def __len__(self) -> int:
        return len(self.rids)

    def where(self, mask: Mask) -> Cells:
        """Return the cells for which the mask is True."""
        positions = np.flatnonzero(mask)
        return Cells(self.rids[positions], self.old.take(positions), self.new.take(positions))

    def joined(self, other: Cells) -> Cells:
        """Return the cells of both, which have no row in common."""
        rids = np.concatenate([self.rids, other.rids])
        order = np.argsort(rids, kind="stable")
        old, new = _concatenated(self.old, other.old), _concatenated(self.new, other.new)
        return Cells(rids[order], old.take(order), new.take(order))

    def equals(self, other: Cells) -> bool:
        """Tell whether both are the same cells with the same values."""
        return np.array_equal(self.rids, other.rids) and self.old.equals(other.old) and self.new.equals(other.new)


@dataclass(frozen=True, eq=False)
class TableChange:
    """What changed in one table. No row is in two of the three places."""

    cells: Mapping[str, Cells] = field(default_factory=dict)
    added: Rows | None = None
    deleted: Rows | None = None

    def __invert__(self) -> TableChange:
        cells = {name: Cells(c.rids, c.new, c.old) for name, c in self.cells.items()}
        return TableChange(cells, self.deleted, self.added)

    def __add__(self, later: TableChange) -> TableChange:
        return _composed(self, later)

    @property
    def is_empty(self) -> bool:
        """True when nothing changed."""
        return not self.cells and not self.added and not self.deleted

    def rids(self) -> Positions:
        """Return the session numbers of every row touched, ascending."""
        touched = [c.rids for c in self.cells.values()]
        touched += [rows.rids for rows in (self.added, self.deleted) if rows is not None]
        return np.unique(np.concatenate(touched)) if touched else np.empty(0, np.int64)

    def equals(self, other: TableChange) -> bool:
        """Tell whether both say the same."""
        if self.cells.keys() != other.cells.keys():
            return False
        rows = ((self.added, other.added), (self.deleted, other.deleted))
        same_rows = all((a.equals(b) if a is not None and b is not None else a is b) for a, b in rows)
        return same_rows and all(c.equals(other.cells[name]) for name, c in self.cells.items())


@dataclass(frozen=True)
class Key:
    """The address of a setting: of a layer, or of the workspace when ``layer`` is ''.

    Names in use: ``layer`` (a whole Layer, None where there is none), ``order`` (tuple of layer ids), ``style``,
    ``visible``, ``opacity``, ``title_zh``, ``title_en``, ``schema``, ``crs``; of the workspace ``layouts``, ``display_crs``,
    ``title_zh``, ``title_en``, ``basemaps`` and ``bookmarks`` (tuples).
    """

    layer: str
    name: str


@dataclass(frozen=True)
class Setting:
    """Old and new value of a setting; values are immutable and compare by value."""

    old: Any
    new: Any


@dataclass(frozen=True, eq=False)
class Changeset:
    """What one operation changed, over all layers.

    Attributes
    ----------
    tables
        Changes of rows by layer id.
    settings
        Changes of everything that is not a row: styles, order, added and removed layers, ...
    """

    tables: Mapping[str, TableChange] = field(default_factory=dict)
    settings: Mapping[Key, Setting] = field(default_factory=dict)

    def __invert__(self) -> Changeset:
        settings = {key: Setting(value.new, value.old) for key, value in self.settings.items()}
        return Changeset({layer: ~change for layer, change in self.tables.items()}, settings)

    def __add__(self, later: Changeset) -> Changeset:
        tables = dict(self.tables)
        for layer, change in later.tables.items():
            joined = tables[layer] + change if layer in tables else change
            tables[layer] = joined
        settings = dict(self.settings)
        for key, value in later.settings.items():
            settings[key] = Setting(settings[key].old if key in settings else value.old, value.new)
        whole = _over_whole_layers(tables, settings, later)
        return Changeset(
            {layer: change for layer, change in whole.tables.items() if not change.is_empty},
            {key: value for key, value in whole.settings.items() if not _same_setting(value)},
        )

    @property
    def is_empty(self) -> bool:
        """True when nothing changed."""
        return not self.tables and not self.settings

    def layers(self) -> set[str]:
        """Return the ids of the layers it touches; '' stands for the workspace itself."""
        return set(self.tables) | {key.layer for key in self.settings}

    def equals(self, other: Changeset) -> bool:
        """Tell whether both say the same."""
        return (
            self.tables.keys() == other.tables.keys()
            and dict(self.settings) == dict(other.settings)
            and all(change.equals(other.tables[layer]) for layer, change in self.tables.items())
        )


def _same_setting(value: Setting) -> bool:
    """Tell whether old and new are alike; layers are compared by what they hold."""
    old, new = value.old, value.new
    if hasattr(old, "equals") and new is not None:
        return bool(old.equals(new))
    return old is new or bool(old == new)


def _over_whole_layers(tables: dict[str, TableChange], settings: dict[Key, Setting], later: Changeset) -> Changeset:
    """Fold row changes into a layer that the same changeset adds or removes.

    A changeset that adds a layer carries it whole, as it is at the end; one that removes a layer carries it as it was at the
    start. Applying row changes beside that would need an order, so there are none.
    """
    for key, value in list(settings.items()):
        if key.name != "layer":
            continue
        change = tables.pop(key.layer, None)
        inner = {k: settings.pop(k) for k in list(settings) if k.layer == key.layer and k.name != "layer"}
        if value.new is not None and key not in later.settings:
            fresh = later.tables.get(key.layer, TableChange())
            newer = {k: v for k, v in later.settings.items() if k.layer == key.layer}
            settings[key] = Setting(value.old, value.new.with_changes(fresh, newer))
        elif value.old is not None and key in later.settings and (change or inner):
            undone = {k: Setting(v.new, v.old) for k, v in inner.items()}
            settings[key] = Setting(value.old.with_changes(~(change or TableChange()), undone), value.new)
    return Changeset(tables, settings)


def _composed(first: TableChange, then: TableChange) -> TableChange:
    """Return the change that equals ``first`` followed by ``then`` (nine cases: change, add, delete after each)."""
    added, deleted = first.added, then.deleted
    cells: dict[str, Cells] = dict(first.cells)
    later_cells = dict(then.cells)
    if added is not None:
        added, later_cells = _changed_after_adding(added, later_cells)
    for name, later in later_cells.items():
        cells[name] = _changed_twice(cells[name], later) if name in cells else later
    if deleted is not None:
        added, deleted, cells = _deleted_after(added, deleted, cells)
    earlier_deleted, new_rows = first.deleted, then.added
    if earlier_deleted is not None and new_rows is not None:
        earlier_deleted, new_rows, cells = _added_again(earlier_deleted, new_rows, cells)
    kept = {name: c.where(~c.old.same(c.new)) for name, c in cells.items()}
    return TableChange(
        {name: c for name, c in kept.items() if len(c)}, _union(added, new_rows), _union(earlier_deleted, deleted)
    )


def _changed_after_adding(added: Rows, later: dict[str, Cells]) -> tuple[Rows, dict[str, Cells]]:
    columns, rest = dict(added.columns), {}
    for name, cells in later.items():
        mine = np.isin(cells.rids, added.rids)
        positions = np.searchsorted(added.rids, cells.rids[mine])
        columns[name] = columns[name].replaced(positions, cells.new.take(np.flatnonzero(mine)))
        if not mine.all():
            rest[name] = cells.where(~mine)
    return Rows(added.rids, added.fids, columns), rest


def _changed_twice(first: Cells, then: Cells) -> Cells:
    """First's old values and then's new ones at the rows of both; the rest of each as it is."""
    again = np.isin(first.rids, then.rids)
    both = np.isin(then.rids, first.rids)
    old = first.where(again)
    merged = Cells(old.rids, old.old, then.where(both).new)
    return first.where(~again).joined(merged).joined(then.where(~both))


def _deleted_after(
    added: Rows | None, deleted: Rows, cells: dict[str, Cells]
) -> tuple[Rows | None, Rows | None, dict[str, Cells]]:
    """Forget rows that were only just added; a changed row is deleted with the values it had at the start."""
    if added is not None:
        vanished = np.isin(deleted.rids, added.rids)
        added = added.where(~np.isin(added.rids, deleted.rids))
        deleted = deleted.where(~vanished)
    columns, rest = dict(deleted.columns), {}
    for name, changed in cells.items():
        gone = np.isin(changed.rids, deleted.rids)
        positions = np.searchsorted(deleted.rids, changed.rids[gone])
        columns[name] = columns[name].replaced(positions, changed.old.take(np.flatnonzero(gone)))
        rest[name] = changed.where(~gone)
    return added, Rows(deleted.rids, deleted.fids, columns), rest


def _added_again(deleted: Rows, added: Rows, cells: dict[str, Cells]) -> tuple[Rows, Rows, dict[str, Cells]]:
    """Treat a row that was deleted and comes back as a row whose cells changed."""
    back = np.isin(deleted.rids, added.rids)
    returning = np.isin(added.rids, deleted.rids)
    before, after = deleted.where(back), added.where(returning)
    for name, column in before.columns.items():
        again = Cells(before.rids, column, after.columns[name])
        cells[name] = cells[name].joined(again) if name in cells else again
    return deleted.where(~back), added.where(~returning), cells


def _union(first: Rows | None, second: Rows | None) -> Rows | None:
    rows = [each for each in (first, second) if each]
    if not rows:
        return None
    return rows[0] if len(rows) == 1 else rows[0].joined(rows[1])


def _concatenated(first: Column, second: Column) -> Column:
    insert: Callable[[Positions, Column], Column] = first.inserted
    return insert(np.full(len(second), len(first), np.int64), second)
