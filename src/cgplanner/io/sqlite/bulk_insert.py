"""Many rows into SQLite with one statement for several of them: a statement a row costs more than the row.

This file must not know what the rows mean, nor begin or end a transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from itertools import chain
from typing import Any

_ROWS_A_STATEMENT = 20  # more gain nothing


def insert_columns(connection: sqlite3.Connection, head: str, columns: Sequence[Sequence[Any]]) -> None:
    """Insert rows that are given column by column, all of one length.

    Parameters
    ----------
    head
        The statement up to its values: ``INSERT INTO "t" ("a", "b")``.
    """
    row = f"({', '.join('?' * len(columns))})"
    at_once = min(_ROWS_A_STATEMENT, connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER) // len(columns))
    whole = len(columns[0]) // at_once * at_once if at_once > 1 else 0
    if whole:
        values = list(chain.from_iterable(zip(*(column[:whole] for column in columns), strict=True)))
        width = at_once * len(columns)
        pieces = (values[start : start + width] for start in range(0, len(values), width))
        connection.executemany(f"{head} VALUES {', '.join([row] * at_once)}", pieces)
    connection.executemany(f"{head} VALUES {row}", zip(*(column[whole:] for column in columns), strict=True))
