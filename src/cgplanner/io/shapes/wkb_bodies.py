"""Polyhedral surfaces and nets of triangles as multipolygons: in WKB their bytes are those of polygons under other numbers.

GEOS knows neither, so that 3D bodies (MultiPatch, TIN) would be lost. Rows are rare, hence no numpy.
"""

from __future__ import annotations

import struct
from typing import Any

from numpy.typing import NDArray

_POLYGON, _MULTIPOLYGON, _COLLECTION = 3, 6, 7
_SURFACE, _TIN, _TRIANGLE = 15, 16, 17
_BODIES = (_SURFACE, _TIN, _TRIANGLE)
_WIDTHS = (2, 3, 3, 4)
DEEPEST = 32


def flattened_bodies(raw: NDArray[Any]) -> tuple[NDArray[Any], int]:
    """Return the rows (object array of WKB) with bodies as multipolygons, and how many rows had some."""
    out, count = raw, 0
    for row, each in enumerate(raw):
        if len(each) < 9 or each[0] != 1 or struct.unpack_from("<I", each, 1)[0] % 1000 not in (*_BODIES, _COLLECTION):
            continue
        flat = bytearray(each)
        try:
            _end, found = _flatten(flat, 0, 0)
        except (struct.error, ValueError, IndexError):
            continue  # damaged: the reader of the row says so
        if found:
            if out is raw:
                out = raw.copy()
            out[row], count = bytes(flat), count + 1
    return out, count


def _flatten(data: bytearray, place: int, depth: int) -> tuple[int, int]:
    """Rewrite the geometry that begins at a place; return where it ends and how many bodies it held."""
    if depth > DEEPEST or data[place] != 1:
        raise ValueError(place)
    number, count = struct.unpack_from("<II", data, place + 1)
    thousands, kind = divmod(number, 1000)
    width = 8 * _WIDTHS[thousands]  # IndexError for what is no ISO number
    if kind in (_POLYGON, _TRIANGLE):
        struct.pack_into("<I", data, place + 1, thousands * 1000 + _POLYGON)
        place += 9
        for _ in range(count):
            place += 4 + width * int(struct.unpack_from("<I", data, place)[0])
        return place, int(kind == _TRIANGLE)
    if kind in (_SURFACE, _TIN):
        struct.pack_into("<I", data, place + 1, thousands * 1000 + _MULTIPOLYGON)
    elif kind in (1, 2):
        return place + (5 + width if kind == 1 else 9 + width * count), 0
    elif kind not in (4, 5, 6, _COLLECTION):
        raise ValueError(kind)
    place, bodies = place + 9, int(kind in (_SURFACE, _TIN))
    for _ in range(count):
        place, found = _flatten(data, place, depth + 1)
        bodies += found
    return place, bodies
