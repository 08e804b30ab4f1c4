"""From flat coordinate arrays to WKB, all rows at once; with a GeoPackage header before it where one is wanted.

Places are computed for rows, parts, rings and vertices, then each is written in one
stroke. It holds Z and M in every combination, which shapely's array functions do not. This file must not know of files.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
_POINT = 0


class _Flat(Protocol):
    """The arrays of :class:`cgplanner.geometry.ragged.Ragged`, which itself writes WKB and so cannot be imported here."""

    @property
    def kinds(self) -> NDArray[np.int8]: ...
    @property
    def xy(self) -> NDArray[np.float64]: ...
    @property
    def ring_offsets(self) -> Ints: ...
    @property
    def part_offsets(self) -> Ints: ...
    @property
    def row_offsets(self) -> Ints: ...
    @property
    def vertex_offsets(self) -> Ints: ...
    @property
    def bounds(self) -> NDArray[np.float64]: ...
    @property
    def z(self) -> NDArray[np.float64] | None: ...
    @property
    def m(self) -> NDArray[np.float64] | None: ...
    def __len__(self) -> int: ...


_NUMBER_OF_KIND = np.array([1, 2, 2, 3, 4, 5, 6, 0], np.int64)  # the last answers for kind -1
PLAIN, WITH_BOX, EMPTY = 0x01, 0x03, 0x11  # header flags: little endian; with an XY envelope; without any vertex
_HEADER_BYTES, _BOX_BYTES = 8, 32


@dataclass
class _Plan:
    """Where everything goes. Numbers are WKB numbers without dimensions; ``code`` is what the dimensions add."""

    ragged: _Flat
    single: Ints
    code: Ints
    stride: Ints
    row_start: Ints  # of the row's WKB, behind the header
    row_end: Ints
    part_start: Ints
    ring_start: Ints
    part_row: Ints
    ring_row: Ints


def wkb_rows(ragged: _Flat, srs_id: int | None = None) -> list[bytes | None]:
    """Return ISO WKB of every row, None where missing; as GeoPackage blobs of this reference system when one is given."""
    plan = _planned(ragged, with_header=srs_id is not None)
    total = int(plan.row_end[-1]) if len(ragged) else 0
    out = np.zeros(total + 16, np.uint8)  # room for the last windows of the views
    if srs_id is not None:
        _write_headers(out, plan, srs_id)
    _write_counts(out, plan)
    _write_vertices(out, plan)
    raw = out.tobytes()
    starts = np.concatenate([[0], plan.row_end])[:-1].astype(np.int64)
    pairs = zip(starts.tolist(), plan.row_end.tolist(), strict=True)
    return [raw[start:end] if end > start else None for start, end in pairs]


def _planned(ragged: _Flat, *, with_header: bool) -> _Plan:
    parts, rings = np.diff(ragged.row_offsets), np.diff(ragged.part_offsets)
    part_row = np.repeat(np.arange(len(ragged)), parts)
    ring_part = np.repeat(np.arange(len(rings)), rings)
    ring_row = part_row[ring_part]
    number = _NUMBER_OF_KIND[ragged.kinds]
    multi = number > 3
    single = np.where(multi, number - 3, number)
    has_z, has_m = _has(ragged, ragged.z), _has(ragged, ragged.m)
    stride = 16 + 8 * has_z.astype(np.int64) + 8 * has_m
    ring_bytes = np.diff(ragged.ring_offsets) * stride[ring_row] + 4 * (single[ring_row] != 1)
    part_bytes = _sums(ring_bytes, ragged.part_offsets) + 5 * multi[part_row] + 4 * (single[part_row] == 3)
    hollow = np.where(single == 1, stride, 4) * ~multi * (parts == 0)
    header = _HEADER_BYTES + _BOX_BYTES * ((number != 1) & (parts > 0)) if with_header else np.zeros(len(ragged), np.int64)
    row_bytes = (header + 5 + 4 * multi + hollow + _sums(part_bytes, ragged.row_offsets)) * (number > 0)
    row_end = np.cumsum(row_bytes)
    row_start = row_end - row_bytes + header
    part_start = (row_start + 5 + 4 * multi)[part_row] + _before(part_bytes, ragged.row_offsets, part_row)
    inside = 5 * multi[part_row] + 4 * (single[part_row] == 3)
    ring_start = (part_start + inside)[ring_part] + _before(ring_bytes, ragged.part_offsets, ring_part)
    code = 1000 * has_z.astype(np.int64) + 2000 * has_m
    return _Plan(ragged, single, code, stride, row_start, row_end, part_start, ring_start, part_row, ring_row)


def _has(ragged: _Flat, ordinate: NDArray[np.float64] | None) -> NDArray[np.bool_]:
    """Tell which rows have this ordinate at any vertex."""
    if ordinate is None:
        return np.zeros(len(ragged), np.bool_)
    given: NDArray[np.bool_] = _sums((~np.isnan(ordinate)).astype(np.int64), ragged.vertex_offsets) > 0
    return given


def _sums(values: Ints, offsets: Ints) -> Ints:
    running = np.concatenate([[0], np.cumsum(values)]).astype(np.int64)
    sums: Ints = running[offsets[1:]] - running[offsets[:-1]]
    return sums


def _before(values: Ints, offsets: Ints, parent: Ints) -> Ints:
    """Return the sum of the elder siblings of every child."""
    running = np.concatenate([[0], np.cumsum(values)]).astype(np.int64)
    before: Ints = running[:-1] - running[offsets[:-1]][parent]
    return before


def _view(out: NDArray[np.uint8], kind: str) -> NDArray[Any]:
    """Return the bytes as numbers of this kind beginning at every byte."""
    width = np.dtype(kind).itemsize
    return np.ndarray((len(out) - width + 1,), kind, out, 0, (1,))


def _write_headers(out: NDArray[np.uint8], plan: _Plan, srs_id: int) -> None:
    ragged = plan.ragged
    there = np.flatnonzero(plan.single > 0)
    begin = np.concatenate([[0], plan.row_end])[:-1].astype(np.int64)[there]
    boxed = plan.row_start[there] - begin > _HEADER_BYTES
    empty = (ragged.row_offsets[1:] == ragged.row_offsets[:-1])[there]
    out[begin], out[begin + 1] = ord("G"), ord("P")
    out[begin + 3] = np.where(boxed, WITH_BOX, np.where(empty, EMPTY, PLAIN))
    _view(out, "<i4")[begin + 4] = srs_id
    doubles = _view(out, "<f8")
    for place, column in enumerate((0, 2, 1, 3)):  # minx, maxx, miny, maxy
        doubles[begin[boxed] + _HEADER_BYTES + 8 * place] = ragged.bounds[there[boxed], column]


def _write_counts(out: NDArray[np.uint8], plan: _Plan) -> None:
    ragged, u32 = plan.ragged, _view(out, "<u4")
    number = _NUMBER_OF_KIND[ragged.kinds]
    there = np.flatnonzero(number > 0)
    out[plan.row_start[there]] = 1
    u32[plan.row_start[there] + 1] = (number + plan.code)[there]
    multi = np.flatnonzero(number > 3)
    u32[plan.row_start[multi] + 5] = np.diff(ragged.row_offsets)[multi]
    in_multi = np.flatnonzero(number[plan.part_row] > 3)
    out[plan.part_start[in_multi]] = 1
    u32[plan.part_start[in_multi] + 1] = (plan.single + plan.code)[plan.part_row[in_multi]]
    areas = np.flatnonzero(plan.single[plan.part_row] == 3)
    u32[plan.part_start[areas] + 5 * (number[plan.part_row[areas]] > 3)] = np.diff(ragged.part_offsets)[areas]
    counted = np.flatnonzero(plan.single[plan.ring_row] != 1)
    u32[plan.ring_start[counted]] = np.diff(ragged.ring_offsets)[counted]


def _write_vertices(out: NDArray[np.uint8], plan: _Plan) -> None:
    ragged, doubles = plan.ragged, _view(out, "<f8")
    count = np.diff(ragged.ring_offsets)
    row = np.repeat(plan.ring_row, count)
    number_in_ring = np.arange(len(ragged.xy)) - np.repeat(ragged.ring_offsets[:-1], count)
    behind_count = plan.ring_start + 4 * (plan.single[plan.ring_row] != 1)
    places = np.repeat(behind_count, count) + number_in_ring * plan.stride[row]
    _view(out, "<c16")[places] = np.ascontiguousarray(ragged.xy).view(np.complex128)[:, 0]
    has_z = plan.code % 2000 == 1000
    for ordinate, given, shift in (
        (ragged.z, has_z, np.full(len(ragged), 16)),
        (ragged.m, plan.code >= 2000, np.where(has_z, 24, 16)),
    ):
        if ordinate is not None:
            mine = given[row]
            doubles[places[mine] + shift[row[mine]]] = ordinate[mine]
    parts = np.diff(ragged.row_offsets)
    hollow = np.flatnonzero((ragged.kinds == _POINT) & (parts == 0))  # an empty point is written as not-a-number
    doubles[plan.row_start[hollow] + 5], doubles[plan.row_start[hollow] + 13] = np.nan, np.nan
