"""A spatial index packed at once instead of row by row: SQLite's R*Tree nodes, made in numpy.

A million inserts take ten times as long as the rows themselves. The nodes are laid out as https://www.sqlite.org/rtree.html
(section on shadow tables) says: neighbours along a space-filling curve share a leaf, leaves share a parent, up to the root,
which is node 1. ``rtreecheck`` of SQLite confirms the result in a test. This file must not know of features.
"""

from __future__ import annotations

import sqlite3
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cgplanner.geometry.ragged import Floats, Ints
from cgplanner.io.sqlite.bulk_insert import insert_columns
from cgplanner.model.index import BoxIndex

_MOST_CELLS = 51  # SQLite's own limit where pages are larger than 1292 bytes
_FILL = 40  # cells in a fresh node: room for a few inserts before it must be split
_CELL = np.dtype([("id", ">i8"), ("box", ">f4", 4)])
_AT_ONCE, _ROWS_AT_ONCE = 4096, 65_536
_NODE = np.dtype([("depth", ">u2"), ("count", ">u2"), ("cells", _CELL, _MOST_CELLS)])


def fill_rtree(connection: sqlite3.Connection, rtree: str, ids: Ints, bounds: Floats) -> None:
    """Fill an empty R*Tree table.

    Parameters
    ----------
    rtree
        The virtual table's name.
    ids, bounds
        int64 (n,) and float64 (n, 4) minx, miny, maxx, maxy; rows that are not finite are left out.
    """
    node_table, rowid_table, parent_table = (_quoted(f"{rtree}_{part}") for part in ("node", "rowid", "parent"))
    (size,) = connection.execute(f"SELECT length(data) FROM {node_table} WHERE nodeno = 1").fetchone()  # noqa: S608  quoted
    order = BoxIndex(bounds).order
    if size != _NODE.itemsize:  # pages of an unusual size: let SQLite do it
        boxes = bounds[order][:, [0, 2, 1, 3]].T.tolist()
        rows = zip(ids[order].tolist(), *boxes, strict=True)
        connection.executemany(f"INSERT INTO {_quoted(rtree)} VALUES (?, ?, ?, ?, ?)", rows)  # noqa: S608  quoted
        return
    keys, boxes32, depth, next_node = ids[order], _rounded(bounds[order]), 0, 2
    while len(keys) > _MOST_CELLS:
        groups = -(-len(keys) // _FILL)
        starts = np.arange(groups) * len(keys) // groups
        numbers = np.arange(next_node, next_node + groups)
        _insert_nodes(connection, node_table, numbers, (keys, boxes32, starts))
        homes = np.repeat(numbers, np.diff(np.append(starts, len(keys))))
        _insert(connection, parent_table if depth else rowid_table, *_sorted(keys, homes))
        boxes32 = _joined(boxes32, starts)
        keys, depth, next_node = numbers, depth + 1, next_node + groups
    root = _packed(keys, boxes32, np.zeros(1, np.int64))
    root["depth"] = depth
    connection.execute(f"UPDATE {node_table} SET data = ? WHERE nodeno = 1", (root.tobytes(),))  # noqa: S608  quoted
    _insert(connection, parent_table if depth else rowid_table, *_sorted(keys, np.ones(len(keys), np.int64)))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _rounded(bounds: Floats) -> NDArray[np.float32]:
    """Return minx, maxx, miny, maxy in single precision, rounded outwards."""
    single = bounds.astype(np.float32)
    low = np.where(single > bounds, np.nextafter(single, np.float32(-np.inf)), single)
    high = np.where(single < bounds, np.nextafter(single, np.float32(np.inf)), single)
    return np.stack([low[:, 0], high[:, 2], low[:, 1], high[:, 3]], axis=1)


def _packed(keys: Ints, boxes: NDArray[np.float32], starts: Ints) -> NDArray[Any]:
    counts = np.diff(np.append(starts, len(keys)))
    group = np.repeat(np.arange(len(starts)), counts)
    slot = np.arange(len(keys)) - starts[group]
    nodes = np.zeros(len(starts), _NODE)
    nodes["count"] = counts
    nodes["cells"]["id"][group, slot] = keys
    nodes["cells"]["box"][group, slot] = boxes
    return nodes


def _joined(boxes: NDArray[np.float32], starts: Ints) -> NDArray[np.float32]:
    low, high = np.minimum.reduceat(boxes, starts, axis=0), np.maximum.reduceat(boxes, starts, axis=0)
    return np.stack([low[:, 0], high[:, 1], low[:, 2], high[:, 3]], axis=1)


def _sorted(keys: Ints, homes: Ints) -> tuple[Ints, Ints]:
    if (keys[1:] > keys[:-1]).all():
        return keys, homes
    order = np.argsort(keys, kind="stable")
    return keys[order], homes[order]


def _insert_nodes(connection: sqlite3.Connection, table: str, numbers: Ints, cells: tuple[Ints, NDArray[Any], Ints]) -> None:
    """Pack and insert nodes, some thousand at a time."""
    keys, boxes, starts = cells
    ends = np.append(starts[1:], len(keys))
    for first in range(0, len(numbers), _AT_ONCE):
        some = slice(first, first + _AT_ONCE)
        mine = slice(int(starts[first]), int(ends[some][-1]))
        nodes = _packed(keys[mine], boxes[mine], starts[some] - starts[first])
        _insert(connection, table, numbers[some], [node.tobytes() for node in nodes])


def _insert(connection: sqlite3.Connection, table: str, keys: Ints, values: Any) -> None:
    columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    names = ", ".join(_quoted(column) for column in columns[:2])
    head = f"INSERT INTO {table} ({names})"
    for first in range(0, len(keys), _ROWS_AT_ONCE):  # as Python's numbers they take four times as much
        some = slice(first, first + _ROWS_AT_ONCE)
        plain = values[some].tolist() if isinstance(values, np.ndarray) else values[some]
        insert_columns(connection, head, (keys[some].tolist(), plain))
