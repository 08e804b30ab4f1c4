"""From a geometry column to WKB or GeoPackage blobs; the mirror of :mod:`cgplanner.io.shapes.wkb`."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from cgplanner.geometry import ragged as flat
from cgplanner.geometry.wkb_writer import EMPTY, WITH_BOX, wkb_rows
from cgplanner.model.column import Positions
from cgplanner.model.geometry_column import GeometryColumn


def column_blobs(column: GeometryColumn, rows: Positions, srs_id: int | None) -> list[bytes | None]:
    """Return the WKB (or GeoPackage blobs, when a reference system is given) of these rows of a column."""
    blobs = wkb_rows(column.coordinates(rows), srs_id)
    for place in np.flatnonzero(column.kinds[rows] == flat.COLLECTION):
        blobs[place] = _collection_blob(column.value(int(rows[place])), srs_id)
    return blobs


def _collection_blob(shape: Any, srs_id: int | None) -> bytes:
    raw = bytes(shapely.to_wkb(shape, flavor="iso", byte_order=1))
    if srs_id is None:
        return raw
    flags = EMPTY if shape.is_empty else WITH_BOX
    head = b"GP\x00" + bytes([flags]) + srs_id.to_bytes(4, "little", signed=True)
    box = b"" if shape.is_empty else np.array(shape.bounds, "<f8")[[0, 2, 1, 3]].tobytes()
    return head + box + raw
