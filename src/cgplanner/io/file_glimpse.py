"""A first look at where a large file's shapes lie, before it is read: middles from all over it, within a tenth of a second.

For the eye only, as everything of :mod:`cgplanner.io.sqlite.glimpse`. A file that is damaged, small or of another kind shows
nothing here, and whoever reads it says why. Nothing is written beside the file.
"""

from __future__ import annotations

import contextlib
import sqlite3
import struct
import time
from pathlib import Path

import numpy as np

from cgplanner.geometry.ragged import Floats
from cgplanner.io.sqlite.glimpse import SAMPLE_SECONDS, SAMPLED, Box, Foretold, Glimpse, declared_box, sampled_places

LARGE_ROWS = 20_000  # a smaller layer is there before anybody has looked
_POINTS = (1, 11, 21)
_BOXED = (3, 5, 8, 13, 15, 18, 23, 25, 28, 31)


def glimpse_of(path: Path, layer: str) -> Glimpse | None:
    """Return a look at one layer of a Shapefile or GeoPackage; None where there is nothing to see or no time to look.

    Its CRS is not asked for: numbers that can be degrees are shown as such, all others as they are.
    """
    try:
        if path.suffix.lower() == ".shp":
            found = _of_shapefile(path)
        elif path.suffix.lower() == ".gpkg":
            found = _of_geopackage(path, layer)
        else:
            return None
    except (OSError, struct.error, sqlite3.Error, ValueError, OverflowError):
        return None
    if found is None:
        return None
    box, xy = found
    xy = xy[np.isfinite(xy).all(axis=1)]
    if not len(xy) or not np.isfinite(box).all():
        return None
    west, south, east, north = box
    crs = "EPSG:4490" if -180 <= west <= east <= 180 and -90 <= south <= north <= 90 else ""
    return Glimpse(Foretold("", None, ((crs, box),)), crs, xy)


def _of_shapefile(path: Path) -> tuple[Box, Floats] | None:
    index = next((each for each in (path.with_suffix(".shx"), path.with_suffix(".SHX")) if each.is_file()), None)
    if index is None:
        return None
    count = (index.stat().st_size - 100) // 8
    if count < LARGE_ROWS:
        return None
    rows = np.unique(np.linspace(0, count - 1, SAMPLED).astype(np.int64))
    with index.open("rb") as offsets, path.open("rb") as shapes:
        west, south, east, north = struct.unpack("<4d", shapes.read(68)[36:68])
        places: list[tuple[float, float]] = []
        until = time.perf_counter() + SAMPLE_SECONDS
        for row in rows.tolist():
            if time.perf_counter() > until:
                break
            offsets.seek(100 + 8 * row)
            (words,) = struct.unpack(">i", offsets.read(4))
            shapes.seek(2 * words + 8)
            place = _middle(shapes.read(36))
            if place is not None:
                places.append(place)
    return (west, south, east, north), np.array(places, np.float64).reshape(-1, 2)


def _middle(record: bytes) -> tuple[float, float] | None:
    """Return the middle of the box of a shape, or the point that it is."""
    (kind,) = struct.unpack_from("<i", record)
    if kind in _POINTS and len(record) >= 20:
        x, y = struct.unpack_from("<2d", record, 4)
        return x, y
    if kind in _BOXED and len(record) >= 36:
        west, south, east, north = struct.unpack_from("<4d", record, 4)
        return (west + east) / 2, (south + north) / 2
    return None


def _of_geopackage(path: Path, layer: str) -> tuple[Box, Floats] | None:
    uri = f"{path.absolute().as_uri()}?mode=ro"
    with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=0.1)) as connection:
        found = connection.execute(
            "SELECT column_name FROM gpkg_geometry_columns WHERE lower(table_name) = lower(?)", (layer,)
        ).fetchone()
        keys = [
            name for name, kind, key in connection.execute("SELECT name, type, pk FROM pragma_table_info(?)", (layer,)) if key
        ]
        if found is None or len(keys) != 1:
            return None
        xy = sampled_places(connection, layer, found[0], keys[0], LARGE_ROWS)
        if not len(xy):
            return None
        (west, south), (east, north) = xy.min(axis=0).tolist(), xy.max(axis=0).tolist()
        return declared_box(connection, layer) or (west, south, east, north), xy
