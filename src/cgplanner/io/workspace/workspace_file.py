"""The workspace file: one GeoPackage that opens as data in other software and as the whole document here.

Reading gives the workspace and a report; creating puts a complete, compared file in place; saving applies the changes since
the last save in one transaction that is checked before it is committed. See ``docs/formats/workspace.md``. This file must
not know of undo, windows or the journal.
"""

from __future__ import annotations

import contextlib
import secrets
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from cgplanner.errors import UserError
from cgplanner.geometry.ragged import Floats
from cgplanner.io.files.safe_write import recover, replacing
from cgplanner.io.report import Note, Report
from cgplanner.io.sqlite import geopackage_sql as gpkg
from cgplanner.io.sqlite.feature_rows import (
    Progress,
    TablePlan,
    change_rows,
    check_rows,
    create_table,
    geometry_type,
    plan_for,
    read_rows,
)
from cgplanner.io.sqlite.glimpse import Foretold, Glimpse, Glimpsed, Places, declared_box
from cgplanner.io.sqlite.sql_columns import declaration
from cgplanner.io.workspace import tables as own
from cgplanner.io.workspace.lock import WorkspaceLock
from cgplanner.io.workspace.migrations import MIGRATIONS, migrate
from cgplanner.io.workspace.plain_geopackage import plain_layers
from cgplanner.io.workspace.tables import FORMAT_VERSION, StoredLayer
from cgplanner.io.writing.table_compare import difference
from cgplanner.model.changeset import Changeset
from cgplanner.model.layer import Layer
from cgplanner.model.workspace import Workspace
from cgplanner.text import sentence, tr

__all__ = ["FORMAT_VERSION", "PLAIN", "LoadedWorkspace", "WorkspaceLock", "create_workspace", "file_state", "fresh_state"]
__all__ += ["read_workspace", "save_changes"]

PLAIN = -1  # the version of a GeoPackage that is no workspace
_CHECKED_BYTES = 20_000_000  # files up to this size are checked page by page when they are opened: 10 ms a megabyte


@dataclass(frozen=True)
class LoadedWorkspace:
    """A workspace as it was read.

    Attributes
    ----------
    report
        What could not be read or had to be mended.
    version
        The format version of the file; :data:`PLAIN` for a GeoPackage of other software, which cannot be saved into.
    """

    workspace: Workspace
    report: Report
    version: int


# --- reading ---------------------------------------------------------------------------------------------------------------


def read_workspace(path: Path | str, *, progress: Progress | None = None, glimpsed: Glimpsed | None = None) -> LoadedWorkspace:
    """Return the workspace in a file.

    What a crash left half saved is rolled back first. A file of an older format is brought up to this one and the old file
    kept beside it. A plain GeoPackage is read too, with default styles and a note.

    Parameters
    ----------
    progress
        Called with 0..1 now and then; it raises ``Cancelled`` to stop.
    glimpsed
        Called now and then with places of large layers, for a first picture.

    Raises
    ------
    UserError
        When the file is missing, no GeoPackage, damaged, in use, or of a later format. Nothing has changed.
    """
    path = Path(path)
    recover(path.parent)
    gpkg.check_header(path)
    notes: tuple[Note, ...] = ()
    with _trouble_told(path):
        version = _version_of(path)
        if PLAIN < version < FORMAT_VERSION:
            backup = migrate(path, version, FORMAT_VERSION, _read)
            notes = (
                Note(
                    "migrated",
                    "info",
                    sentence("The file was brought to this version; the old one is {name}.", name=backup.name),
                ),
            )
        loaded = _read(path, progress, glimpsed)
    return replace(loaded, report=loaded.report.with_notes(*notes))


def _version_of(path: Path) -> int:
    with gpkg.opened(path) as connection:
        if path.stat().st_size <= _CHECKED_BYTES:
            (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            if verdict != "ok":
                raise gpkg.damaged(path)
        tables = gpkg.tables_of(connection)
        if "cgplanner_meta" in tables:
            version = own.format_version(connection)
        elif "gpkg_contents" in tables:
            version = PLAIN
        else:
            raise UserError(
                tr("{name} is a database, but not a GeoPackage.", name=path.name),
                hint=tr("Choose a .gpkg file; other formats can be imported as layers."),
                path=path,
            )
    if version > FORMAT_VERSION:
        raise UserError(
            tr("{name} was saved by a later version of cgplanner.", name=path.name),
            hint=tr("Install the newest version, or have the file saved in format {version}.", version=FORMAT_VERSION),
            path=path,
        )
    if version != PLAIN and any(number not in MIGRATIONS for number in range(version, FORMAT_VERSION)):
        raise gpkg.damaged(path)
    return version


def _read(path: Path, progress: Progress | None = None, glimpsed: Glimpsed | None = None) -> LoadedWorkspace:
    with gpkg.opened(path) as connection:
        connection.execute("BEGIN")  # one state of the file from the first table to the last
        if "cgplanner_meta" in gpkg.tables_of(connection):
            workspace, version = own.read_workspace_settings(connection), own.format_version(connection)
            stored, notes = own.read_layers(connection)
        else:
            workspace, version = Workspace(title_zh=path.stem), PLAIN
            stored, notes = plain_layers(connection)
            notes += (
                Note("plain-geopackage", "info", sentence("This GeoPackage is no workspace; its layers got default styles.")),
            )
        foretold = _foretold(connection, workspace, stored)
        layers: list[Layer] = []
        for number, each in enumerate(stored):
            told = partial(_tell, glimpsed, foretold, each.crs) if glimpsed is not None and each.visible else None
            layer, said = _read_layer(connection, path, each, _share(progress, number, len(stored)), told)
            layers.append(layer)
            notes += said
    if progress is not None:
        progress(1.0)
    return LoadedWorkspace(replace(workspace, layers=tuple(layers)), Report(notes), version)


def _foretold(connection: sqlite3.Connection, workspace: Workspace, stored: Sequence[StoredLayer]) -> Foretold:
    boxes = [(each.crs, declared_box(connection, each.plan.table)) for each in stored if each.visible]
    return Foretold(workspace.display_crs, workspace.view, tuple((crs, box) for crs, box in boxes if box is not None))


def _tell(glimpsed: Glimpsed, foretold: Foretold, crs: str, xy: Floats) -> None:
    if len(xy):
        glimpsed(Glimpse(foretold, crs, xy))


def _share(progress: Progress | None, number: int, count: int) -> Progress | None:
    if progress is None:
        return None
    progress(number / count)
    return lambda part: progress((number + part) / count)


def _read_layer(
    connection: sqlite3.Connection, path: Path, stored: StoredLayer, progress: Progress | None, glimpsed: Places | None
) -> tuple[Layer, tuple[Note, ...]]:
    table, notes = read_rows(connection, path, stored.plan, stored.schema, progress, glimpsed)
    layer = Layer(
        id=stored.id,
        title_zh=stored.title_zh,
        title_en=stored.title_en,
        table=table,
        crs=_crs_now(connection, stored),
        style=stored.style,
        visible=stored.visible,
        opacity=stored.opacity,
        role=stored.role,
        source=stored.source,
        accuracy_note=stored.accuracy_note,
        encoding=stored.encoding,
        extras=stored.extras,
    )
    return layer, notes


def _crs_now(connection: sqlite3.Connection, stored: StoredLayer) -> str:
    """Return the CRS we wrote, unless other software has given the layer another one since."""
    query = "SELECT srs_id FROM gpkg_geometry_columns WHERE lower(table_name) = lower(?)"
    found = connection.execute(query, (stored.plan.table,)).fetchone()
    return gpkg.crs_of(connection, found[0]) if found and found[0] != stored.srs_id else stored.crs


def fresh_state() -> str:
    """Return a word for a state that no file has had: a journal knows by it which save it belongs to."""
    return secrets.token_hex(8)


def file_state(path: Path | str) -> str:
    """Return the word for what a workspace file holds now; another after every save, '' where there is no workspace."""
    try:
        with gpkg.opened(Path(path)) as connection:
            return own.state_of(connection)
    except sqlite3.Error:
        return ""


# --- creating --------------------------------------------------------------------------------------------------------------


def create_workspace(path: Path | str, workspace: Workspace, *, overwrite: bool = False) -> None:
    """Write a complete workspace file, read it back, compare, and only then put it in place.

    Raises
    ------
    UserError
        When the file exists and may not be overwritten, the folder cannot be written, the disk is full, or the comparison
        fails. What was there is still there.
    """
    path = Path(path)
    if path.exists() and not overwrite:
        raise UserError(
            tr("{name} exists already.", name=path.name), hint=tr("Choose another name or allow overwriting."), path=path
        )
    with replacing(path, stale=[path.with_name(path.name + end) for end in ("-journal", "-wal", "-shm")]) as folder:
        draft = folder / path.name
        draft.touch()
        with _trouble_told(path):
            _write_all(draft, workspace)
            found = _read(draft).workspace
        if wrong := difference(workspace, found):
            raise UserError(
                tr("What was written to {name} does not read back as it was: {what}.", name=path.name, what=wrong),
                hint=tr("Nothing was changed; choose another disk and report this."),
                path=path,
            )


def _write_all(draft: Path, workspace: Workspace) -> None:
    with gpkg.opened(draft) as connection:
        connection.execute("PRAGMA journal_mode = OFF")  # the file does not exist for anybody until it is complete
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("BEGIN")
        gpkg.create_core(connection)
        own.create_tables(connection)
        taken = {name.lower() for name in gpkg.tables_of(connection)}
        plans: dict[str, TablePlan] = {}
        srs_ids: dict[str, int] = {}
        for layer in workspace.layers:
            srs_ids[layer.id] = gpkg.srs_id_of(connection, layer.crs)
            plans[layer.id] = plan_for(layer.id, layer.schema, taken)
            taken.add(plans[layer.id].table.lower())
            create_table(connection, plans[layer.id], layer.table, srs_ids[layer.id])
            _describe(connection, layer, plans[layer.id], srs_ids[layer.id])
        own.write_tables(connection, workspace, plans, srs_ids, fresh_state())
        connection.execute("COMMIT")


def _describe(connection: sqlite3.Connection, layer: Layer, plan: TablePlan, srs_id: int) -> None:
    """Say in the standard's tables what a layer is, in place of what they said."""
    extent = layer.table.geometry.extent() or (None, None, None, None)
    kind, z, m = geometry_type(layer.table)
    identifier = layer.title_zh or layer.title_en or layer.id
    query = "SELECT 1 FROM gpkg_contents WHERE identifier = ? AND table_name != ?"
    if connection.execute(query, (identifier, plan.table)).fetchone():
        identifier = f"{identifier} ({plan.table})"
    description = "；".join(text for text in (layer.title_en, layer.source, layer.accuracy_note) if text)
    connection.execute("DELETE FROM gpkg_geometry_columns WHERE table_name = ?", (plan.table,))
    connection.execute("DELETE FROM gpkg_contents WHERE table_name = ?", (plan.table,))
    connection.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, min_x, min_y, max_x, max_y, srs_id) "
        "VALUES (?, 'features', ?, ?, ?, ?, ?, ?, ?)",
        (plan.table, identifier, description, *extent, srs_id),
    )
    connection.execute(
        "INSERT INTO gpkg_geometry_columns VALUES (?, ?, ?, ?, ?, ?)", (plan.table, plan.geometry_column, kind, srs_id, z, m)
    )


# --- saving ----------------------------------------------------------------------------------------------------------------


def save_changes(path: Path | str, workspace_after: Workspace, changes: Changeset, *, state: str = "") -> None:
    """Bring a workspace file from its last save to ``workspace_after``, in one transaction.

    Parameters
    ----------
    changes
        Everything since the last save, composed. Rows that it names are written; settings, styles and layouts are taken from
        ``workspace_after``. Before the commit the number of rows and every changed row are read back and compared.
    state
        The word of :func:`fresh_state` for the file after this save, where somebody has written it down; a new one when ''.

    Raises
    ------
    UserError
        When the file is gone, no workspace, locked, not writable, the disk is full, or other software has changed the same
        layers since. The file then holds what it held.
    """
    path = Path(path)
    gpkg.check_header(path)
    with _trouble_told(path), gpkg.opened(path, write=True) as connection:
        with contextlib.suppress(sqlite3.OperationalError):  # other software may have it open: then it stays as it is
            connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("BEGIN IMMEDIATE")
        try:
            _check_is_ours(connection, path)
            _save_layers(connection, workspace_after, changes, state or fresh_state())
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def _check_is_ours(connection: sqlite3.Connection, path: Path) -> None:
    if "cgplanner_meta" not in gpkg.tables_of(connection) or own.format_version(connection) != FORMAT_VERSION:
        raise UserError(
            tr("{name} is not a workspace of this version; it cannot be saved into.", name=path.name),
            hint=tr("Save as a workspace under another name."),
            path=path,
        )


def _save_layers(connection: sqlite3.Connection, workspace: Workspace, changes: Changeset, state: str) -> None:
    stored = {layer.id: layer for layer in own.read_layers(connection)[0]}
    whole = {key.layer for key in changes.settings if key.name == "layer"}
    srs_ids = {layer.id: gpkg.srs_id_of(connection, layer.crs) for layer in workspace.layers}
    kept = {
        layer.id: stored[layer.id]
        for layer in workspace.layers
        if layer.id in stored and layer.id not in whole and _fits(stored[layer.id], layer, srs_ids[layer.id])
    }
    for layer_id, old in stored.items():
        if layer_id not in kept:
            gpkg.drop_table(connection, old.plan.table)
    plans: dict[str, TablePlan] = {}
    for layer in workspace.layers:
        srs_id = srs_ids[layer.id]
        if layer.id in kept:
            plans[layer.id] = _save_rows(connection, layer, kept[layer.id], changes, srs_id)
        else:
            plans[layer.id] = plan_for(layer.id, layer.schema, {name.lower() for name in gpkg.tables_of(connection)})
            create_table(connection, plans[layer.id], layer.table, srs_id)
            check_rows(connection, plans[layer.id], layer.table, None, srs_id)
        if layer.id not in kept or layer.id in changes.layers():
            _describe(connection, layer, plans[layer.id], srs_id)
    own.write_tables(connection, workspace, plans, srs_ids, state)


def _fits(stored: StoredLayer, layer: Layer, srs_id: int) -> bool:
    """Tell whether the table in the file can stay: same columns (names aside), same reference system in its blobs."""
    mine = [(each.id, declaration(each)) for each in layer.schema]
    theirs = [(each.id, declaration(each)) for each in stored.schema]
    return mine == theirs and stored.srs_id == srs_id


def _save_rows(connection: sqlite3.Connection, layer: Layer, stored: StoredLayer, changes: Changeset, srs_id: int) -> TablePlan:
    plan = replace(stored.plan, columns=_renamed(connection, layer, stored))
    change = changes.tables.get(layer.id)
    if change is not None and not change.is_empty:
        change_rows(connection, plan, layer.table, change, srs_id)
        check_rows(connection, plan, layer.table, change.rids(), srs_id)
    return plan


def _renamed(connection: sqlite3.Connection, layer: Layer, stored: StoredLayer) -> Mapping[str, str]:
    """Give the columns the names their fields have now."""
    if [each.name for each in layer.schema] == [each.name for each in stored.schema]:
        return stored.plan.columns
    wanted = plan_for("t", layer.schema, set()).columns
    table = gpkg.quoted(stored.plan.table)
    moves = [(old, wanted[field_id]) for field_id, old in stored.plan.columns.items() if wanted[field_id] != old]
    for step in (0, 1):  # by way of names that nobody has: two fields may have changed places
        for number, (old, new) in enumerate(moves):
            middle = f"cgplanner_moving_{number}"
            source, target = (old, middle) if step == 0 else (middle, new)
            connection.execute(f"ALTER TABLE {table} RENAME COLUMN {gpkg.quoted(source)} TO {gpkg.quoted(target)}")
    return wanted


# --- trouble ---------------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _trouble_told(path: Path) -> Iterator[None]:
    """Turn what SQLite and foreign bytes may answer into a sentence about this file."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise _told(path, error) from error
    except (ValueError, KeyError, TypeError, IndexError, OverflowError) as error:
        raise gpkg.damaged(path) from error


def _told(path: Path, error: sqlite3.DatabaseError) -> UserError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return UserError(
            tr("{name} is being written by another program.", name=path.name),
            hint=tr("Close it there and try again."),
            path=path,
        )
    if code in {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM}:
        return UserError(
            tr("{name} could not be written: the disk is full or does not answer.", name=path.name),
            hint=tr("Free some space or choose another disk."),
            path=path,
        )
    if code in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH}:
        return UserError(
            tr("{name} or its folder is read-only.", name=path.name),
            hint=tr("Save under another name or ask for the right to write there."),
            path=path,
        )
    return gpkg.damaged(path)
