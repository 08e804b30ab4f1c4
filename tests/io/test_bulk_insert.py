"""Several rows a statement put into a table what a statement a row would."""

from __future__ import annotations

import sqlite3

import pytest

from cgplanner.io.sqlite.bulk_insert import insert_columns


def inserted(count: int, width: int, most_variables: int) -> list[tuple[object, ...]]:
    with sqlite3.connect(":memory:") as connection:
        names = ", ".join(f"c{number}" for number in range(width))
        connection.execute(f"CREATE TABLE t ({names})")
        connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, most_variables)
        insert_columns(connection, f"INSERT INTO t ({names})", columns(count, width))
        found = connection.execute("SELECT * FROM t ORDER BY rowid").fetchall()
    connection.close()
    return found


def columns(count: int, width: int) -> list[list[object]]:
    kinds: list[object] = [None, "晋阳", b"\x00\xff", 2.5, 7]
    return [[row if column == 0 else kinds[(row + column) % 5] for row in range(count)] for column in range(width)]


@pytest.mark.parametrize("count", [0, 1, 19, 20, 21, 40, 67])
@pytest.mark.parametrize(("width", "most_variables"), [(1, 999), (3, 999), (3, 12), (3, 5), (60, 999), (999, 999)])
def test_every_row_arrives_in_its_order_within_the_limit_of_variables(count: int, width: int, most_variables: int) -> None:
    assert inserted(count, width, most_variables) == list(zip(*columns(count, width), strict=True))
