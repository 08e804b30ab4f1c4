"""What can be seen of a large layer while it is still being read: where it lies, and some of its places.

A glimpse is for the eye only. It leaves out most of what was read, and nothing of it ever becomes part of the document. This
file must not know of pictures.
"""

from __future__ import annotations

import sqlite3
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from cgplanner.geometry.ragged import Floats
from cgplanner.io.sqlite import geopackage_sql as gpkg
from cgplanner.model.workspace import View

Box = tuple[float, float, float, float]

SAMPLED, SAMPLE_SECONDS = 2048, 0.12  # rows that are looked up before all are read, and how long that may take
_HEAD_BYTES = 40  # of a blob: header and envelope


@dataclass(frozen=True)
class Foretold:
    """What a file says of its map before any row is read.

    Attributes
    ----------
    display_crs, view
        As the workspace was left; '' and None in a file of other software.
    layers
        CRS and box (in that CRS) of each layer that shows.
    """

    display_crs: str
    view: View | None
    layers: tuple[tuple[str, Box], ...]


@dataclass(frozen=True, eq=False)
class Glimpse:
    """Places (n, 2) of the layer that is being read, in its CRS; each is told once."""

    foretold: Foretold
    crs: str
    xy: Floats


Glimpsed = Callable[[Glimpse], object]
Places = Callable[[Floats], object]


def declared_box(connection: sqlite3.Connection, table: str) -> Box | None:
    """Return the box that the contents of a GeoPackage declare for a table; None where they declare none."""
    query = "SELECT min_x, min_y, max_x, max_y FROM gpkg_contents WHERE lower(table_name) = lower(?)"
    found = connection.execute(query, (table,)).fetchone()
    if found is None or not all(isinstance(each, int | float) and np.isfinite(each) for each in found):
        return None
    west, south, east, north = map(float, found)
    return (west, south, east, north) if west <= east and south <= north else None


def sampled_places(connection: sqlite3.Connection, table: str, geometry: str, fid: str, fewest: int) -> Floats:
    """Return the middles of some rows from all over a table; none of a table with fewer numbers than ``fewest``.

    However slow the disk is, this does not take longer than :data:`SAMPLE_SECONDS` and one row.
    """
    t, g, f = gpkg.quoted(table), gpkg.quoted(geometry), gpkg.quoted(fid)
    # Asked for in one go, SQLite would walk through the whole table.
    first, last = connection.execute(f"SELECT (SELECT min({f}) FROM {t}), (SELECT max({f}) FROM {t})").fetchone()  # noqa: S608  quoted
    if not isinstance(first, int) or not isinstance(last, int) or last - first < fewest:
        return np.empty((0, 2))
    sql = f"SELECT substr({g}, 1, {_HEAD_BYTES}) FROM {t} WHERE {f} >= ? ORDER BY {f} LIMIT 1"  # noqa: S608  quoted
    until = time.perf_counter() + SAMPLE_SECONDS
    places: list[tuple[float, float]] = []
    for share in _spread():
        if time.perf_counter() > until:
            break
        found = connection.execute(sql, (first + int(share * (last - first)),)).fetchone()
        place = _middle(found[0]) if found is not None else None
        if place is not None:
            places.append(place)
    return np.array(places, np.float64).reshape(-1, 2)


def _spread() -> Iterator[float]:
    """Give shares of 0..1, the early ones already all over it: the digits of a counter, read backwards."""
    digits = SAMPLED.bit_length() - 1
    return (int(f"{number:0{digits}b}"[::-1], 2) / SAMPLED for number in range(SAMPLED))


def _middle(blob: object) -> tuple[float, float] | None:
    """Return the middle of a blob's envelope, or the point that it is; None of any other."""
    if not isinstance(blob, bytes) or len(blob) < 29 or blob[:2] != b"GP":
        return None
    order = "<" if blob[3] & 1 else ">"
    if blob[3] >> 1 & 7 and len(blob) >= 40:
        west, east, south, north = struct.unpack_from(order + "4d", blob, 8)
        return (west + east) / 2, (south + north) / 2
    order = "<" if blob[8] else ">"
    (kind,) = struct.unpack_from(order + "I", blob, 9)
    if kind % 1000 != 1 or blob[3] >> 1 & 7:
        return None
    x, y = struct.unpack_from(order + "2d", blob, 13)
    return x, y
