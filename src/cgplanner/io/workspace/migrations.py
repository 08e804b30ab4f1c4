"""From an older format of the workspace file to this one, on a copy, with the old file kept.

A migration is SQL on an open connection: it must not use today's dataclasses, which will have moved on when it is needed.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

from cgplanner.io.files.safe_write import disk_trouble_told, replacing
from cgplanner.io.sqlite import geopackage_sql as gpkg

Migration = Callable[[sqlite3.Connection], None]


def _from_0(connection: sqlite3.Connection) -> None:
    """Add what the format before the first release lacked: page layouts and the opacity of a layer."""
    if "cgplanner_layouts" not in gpkg.tables_of(connection):
        connection.execute(
            "CREATE TABLE cgplanner_layouts (position INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, layout TEXT NOT NULL)"
        )
        gpkg.add_extension(
            connection, "cgplanner_layouts", None, "cgplanner_workspace", "docs/formats/workspace.md of cgplanner"
        )
    columns = {row[1] for row in connection.execute("PRAGMA table_info(cgplanner_layers)")}
    if "opacity" not in columns:
        connection.execute("ALTER TABLE cgplanner_layers ADD COLUMN opacity REAL NOT NULL DEFAULT 1.0")


MIGRATIONS: dict[int, Migration] = {0: _from_0}  # from version n to n + 1


def migrate(path: Path, version: int, target: int, check: Callable[[Path], object]) -> Path:
    """Bring the file from ``version`` to ``target`` and return where the old one is kept.

    Parameters
    ----------
    check
        Reads the new file before it takes the old one's place; what it raises stops the migration.

    Raises
    ------
    UserError
        When the folder cannot be written; the file is as it was.
    """
    backup = _backup_of(path, version)
    with replacing(path) as folder:
        with disk_trouble_told(path):
            shutil.copyfile(path, folder / backup.name)
            shutil.copyfile(path, folder / path.name)
        with gpkg.opened(folder / path.name, write=True) as connection:
            connection.execute("BEGIN IMMEDIATE")
            for number in range(version, target):
                MIGRATIONS[number](connection)
            connection.execute("UPDATE cgplanner_meta SET value = ? WHERE key = 'format_version'", (str(target),))
            connection.execute("COMMIT")
        check(folder / path.name)
    return backup


def _backup_of(path: Path, version: int) -> Path:
    backup, number = path.with_name(f"{path.stem}.format-{version}{path.suffix}"), 2
    while backup.exists():
        backup, number = path.with_name(f"{path.stem}.format-{version}-{number}{path.suffix}"), number + 1
    return backup
