"""Kernels over the pages of an SQLite file: the cells of a table's leaves as columns of numbers and of places in the file.

Compiled and without the GIL. The layout is that of https://www.sqlite.org/fileformat2.html; a page that does not keep to it
ends the walk with a word that is not OK, and the caller takes the driver's way. Nothing here trusts a number of the file:
every place is held against the page, every page against the pages that are at hand: ``data`` holds a run of the file's pages,
and ``before`` is how many there are before them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from cgplanner.geometry.compiler import lean, lean_inlined

Array = npt.NDArray[Any]

ASIDE = 1 << 60  # places from here on are in the buffer of what was spilled over pages
SKIP, INTEGER, REAL, BOOLEAN, TEXT, GEOMETRY, DATE, DATETIME = range(8)
OK, DAMAGED, OTHER_TYPE, BEYOND = 0, 1, 2, 3
_LEAF_HEAD = 8
_DAY_MS = 86_400_000


@lean_inlined
def _byte(data: Array, at: int) -> int:
    # Of a signed index the compiler would ask for every byte whether it counts from the end.
    byte: Any = np.int64(data[np.uint64(at)])
    return byte  # type: ignore[no-any-return]  # compiled numbers are the machine's own


@lean_inlined
def _varint(data: Array, at: int, end: int) -> tuple[int, int]:
    """Return the number and where it ends; -1 for one that does not end in time, or takes more than four bytes.

    No loop and no call on purpose: beside either the compiler counts every use of every array, and all takes ten times as long.
    """
    first = _byte(data, at) if at < end else 0x80
    if first < 0x80:
        return first, at + 1
    second = _byte(data, at + 1) if at + 1 < end else 0x80
    value = (first & 0x7F) << 7 | (second & 0x7F)
    if second < 0x80:
        return value, at + 2
    third = _byte(data, at + 2) if at + 2 < end else 0x80
    value = value << 7 | (third & 0x7F)
    if third < 0x80:
        return value, at + 3
    fourth = _byte(data, at + 3) if at + 3 < end else 0x80
    return value << 7 | (fourth & 0x7F), at + 4 if fourth < 0x80 else -1


@lean_inlined
def _big(data: Array, at: int, size: int) -> int:
    """Return a signed big-endian number."""
    value: int = _byte(data, at)
    if value >= 0x80:
        value -= 256
    for i in range(1, size):
        value = (value << 8) | _byte(data, at + i)
    return value


@lean_inlined
def _local(payload: int, usable: int) -> int:
    """Return how many bytes of a payload lie in its leaf."""
    most, least = usable - 35, (usable - 12) * 32 // 255 - 23
    if payload <= most:
        return payload
    fitting = least + (payload - least) % (usable - 4)
    return fitting if fitting <= most else least


@lean
def count_cells(data: Array, before: int, page_bytes: int, usable: int, leaves: Array) -> tuple[int, int, int]:
    """Return (status, cells on these leaves, bytes of the payloads that were spilled over other pages)."""
    cells = spilled = 0
    pages = len(data) // page_bytes
    for page in leaves:
        if page <= before or page - before > pages:
            return DAMAGED, 0, 0
        head = start = (page - 1 - before) * page_bytes
        if page == 1:
            head += 100
        count = _byte(data, head + 3) << 8 | _byte(data, head + 4)
        if _byte(data, head) != 13 or head + _LEAF_HEAD + 2 * count > start + usable:
            return DAMAGED, 0, 0
        cells += count
        for i in range(count):
            place = head + _LEAF_HEAD + 2 * i
            at = start + (_byte(data, place) << 8 | _byte(data, place + 1))
            payload, at = _varint(data, at, start + usable)
            if at < 0 or payload < 0:
                return DAMAGED, 0, 0
            if payload > usable - 35:
                spilled += payload
    return OK, cells, spilled


@lean_inlined
def _unspill(data: Array, before: int, page_bytes: int, usable: int, at: int, payload: int, aside: Array, to: int) -> int:
    """Put a payload together from its leaf and the pages it was spilled over; return 0, else a page that is not here, or -1."""
    local = _local(payload, usable)
    if to + payload > len(aside):
        return -1
    for i in range(local):
        aside[to + i] = data[np.uint64(at + i)]
    page = _big(data, at + local, 4)
    done = local
    while done < payload:
        start = (page - 1 - before) * page_bytes
        if page < 2:
            return -1
        if start < 0 or start + page_bytes > len(data):
            return page
        size = min(payload - done, usable - 4)
        for i in range(size):
            aside[to + done + i] = data[np.uint64(start + 4 + i)]
        done += size
        page = _big(data, start, 4)
    return 0


@lean_inlined
def _two(data: Array, at: int) -> int:
    """Return the number of two digits, a very negative one when they are none."""
    a, b = _byte(data, at) - 48, _byte(data, at + 1) - 48
    return 10 * a + b if 0 <= a <= 9 and 0 <= b <= 9 else -100_000


@lean_inlined
def _day(data: Array, at: int, size: int) -> tuple[bool, int]:
    """Return the days since 1970 of a date as YYYY-MM-DD."""
    if size < 10 or _byte(data, at + 4) != 45 or _byte(data, at + 7) != 45:
        return False, 0
    year = 100 * _two(data, at) + _two(data, at + 2)
    month, day = _two(data, at + 5), _two(data, at + 8)
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    length = 31 if month in (1, 3, 5, 7, 8, 10, 12) else 30 if month != 2 else 29 if leap else 28
    if year < 1 or month < 1 or month > 12 or day < 1 or day > length:
        return False, 0
    shifted = year - 1 if month <= 2 else year
    era = shifted // 400
    of_era = shifted - era * 400
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return True, era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468


@lean_inlined
def _moment(data: Array, at: int, size: int) -> tuple[bool, int]:
    """Return the milliseconds since 1970 of a time as YYYY-MM-DDTHH:MM:SSZ, with or without milliseconds."""
    good, day = _day(data, at, size)
    if (
        not good
        or size not in (20, 24)
        or _byte(data, at + 10) != 84
        or _byte(data, at + 13) != 58
        or _byte(data, at + 16) != 58
    ):
        return False, 0
    hour, minute, second = _two(data, at + 11), _two(data, at + 14), _two(data, at + 17)
    if _byte(data, at + size - 1) != 90 or hour < 0 or hour > 23 or minute < 0 or minute > 59 or second < 0 or second > 59:
        return False, 0
    rest = 0
    if size == 24:
        rest = _two(data, at + 20) * 10 + _two(data, at + 21) % 10
        if _byte(data, at + 19) != 46 or rest < 0 or _two(data, at + 21) < 0:
            return False, 0
    return True, day * _DAY_MS + ((hour * 60 + minute) * 60 + second) * 1000 + rest


@lean_inlined
def _size_of(serial: int) -> int:
    """Return the bytes of a value by its serial type; -1 for a type that there is not."""
    if serial >= 12:
        return (serial - 12) >> 1
    if serial <= 4:
        return serial
    return 6 if serial == 5 else 8 if serial <= 7 else 0 if serial <= 9 else -1


@lean_inlined
def _number(data: Array, at: int, serial: int) -> int:
    """Return a whole number by its serial type."""
    if serial >= 8:
        return serial - 8
    return _big(data, at, _size_of(serial))


@lean_inlined
def _whole(data: Array, place: int, serial: int, role: int) -> tuple[int, int]:
    """Return status and value of a whole number or a yes/no."""
    if serial == 7 or serial >= 12:
        return OTHER_TYPE, 0
    value = _number(data, place, serial)
    return (OTHER_TYPE if role == BOOLEAN and (value < 0 or value > 1) else OK), value


@lean_inlined
def _written(data: Array, place: int, size: int, serial: int, role: int, base: int) -> tuple[int, int]:
    """Return status and value of what is text or bytes in the file: its place, or the day or moment it says."""
    if serial < 12 or (serial % 2 == 0) != (role == GEOMETRY):
        return OTHER_TYPE, 0
    if role < DATE:
        return OK, base + place
    good, value = _moment(data, place, size) if role == DATETIME else _day(data, place, size if size == 10 else 0)
    return (OK if good else OTHER_TYPE), value


@lean_inlined
def _next(data: Array, head: int, head_end: int) -> tuple[int, int, int]:
    """Return the next serial type of a record, the bytes of its value, and where the head goes on; -1 for no such type."""
    if head >= head_end:  # a column that was added later is not in the record: NULL
        return 0, 0, head
    serial, head = _varint(data, head, head_end)
    size = _size_of(serial)
    return (-1 if head < 0 or size < 0 else serial), size, head


@lean_inlined
def _record(
    data: Array,
    at: int,
    end: int,
    base: int,
    roles: Array,
    slots: Array,
    row: int,
    values: Array,
    reals: Array,
    sizes: Array,
) -> int:
    """Write the wanted values of one record; ``base`` is added to the places of texts and geometries. Return the status."""
    head_bytes, head = _varint(data, at, end)
    if head < 0 or head_bytes < 1 or head_bytes > end - at:
        return DAMAGED
    head_end, body = at + head_bytes, at + head_bytes
    for column in range(len(roles)):
        serial, size, head = _next(data, head, head_end)
        if serial < 0 or size > end - body:
            return DAMAGED
        role, slot, status = roles[column], slots[column], OK
        place = body
        body += size
        if role == SKIP:
            continue
        sizes[slot, row] = size if serial else -1
        if serial == 0:
            values[slot, row] = 0
        elif role >= TEXT:
            status, values[slot, row] = _written(data, place, size, serial, role, base)
        elif role != REAL:
            status, values[slot, row] = _whole(data, place, serial, role)
        elif serial == 7:
            values[slot, row] = _big(data, place, 8)
        else:
            status, whole = _whole(data, place, serial, INTEGER)
            reals[slot, row] = whole
        if status != OK:
            return status
    return OK


@lean
def read_cells(
    data: Array,
    before: int,
    page_bytes: int,
    usable: int,
    leaves: Array,
    roles: Array,
    slots: Array,
    fids: Array,
    values: Array,
    reals: Array,
    sizes: Array,
    aside: Array,
) -> tuple[int, int]:
    """Write the rows of these leaves, which :func:`count_cells` has counted; return OK or why not, and which page is not here.

    Parameters
    ----------
    roles, slots
        int64 (columns of the table,): what each is read as, and which row of the next three it goes to.
    fids
        int64 (n,), written: the row numbers.
    values, reals, sizes
        Written: int64 (k, n), the same memory as float64, and int32 (k, n) bytes: -1 for NULL. The value of a text or a
        geometry is its place in ``data``, or ASIDE and its place in ``aside``.
    aside
        uint8, written: the payloads that were spilled over other pages.
    """
    row = to = 0
    for page in leaves:
        head = start = (page - 1 - before) * page_bytes
        if page == 1:
            head += 100
        for i in range(_byte(data, head + 3) << 8 | _byte(data, head + 4)):
            place = head + _LEAF_HEAD + 2 * i
            at = start + (_byte(data, place) << 8 | _byte(data, place + 1))
            payload, at = _varint(data, at, start + usable)
            if at < 0:
                return DAMAGED, 0
            fids[row], at = _varint(data, at, start + usable)
            local = _local(payload, usable)
            if at < 0 or local < 0 or at + local + (4 if local < payload else 0) > start + usable:
                return DAMAGED, 0
            if local == payload:
                status = _record(data, at, at + payload, 0, roles, slots, row, values, reals, sizes)
            else:
                wanted = _unspill(data, before, page_bytes, usable, at, payload, aside, to)
                if wanted:
                    return (BEYOND if wanted > 0 else DAMAGED), wanted
                status = _record(aside, to, to + payload, ASIDE, roles, slots, row, values, reals, sizes)
                to += payload
            if status != OK:
                return status, 0
            row += 1
    return OK, 0


@lean
def gather_texts(data: Array, aside: Array, places: Array, sizes: Array, ends: Array, out: Array) -> bool:
    """Copy texts one after another and write where each ends; False when one holds a NUL, at which drivers stop reading."""
    to = 0
    for row in range(len(places)):
        size: Any = np.int64(sizes[row])
        size, place = max(size, 0), places[row]
        for i in range(size):
            byte = _byte(aside, place - ASIDE + i) if place >= ASIDE else _byte(data, place + i)
            if byte == 0:
                return False
            out[to + i] = byte
        to += size
        ends[row] = to
    return True


@lean
def find_wkb(data: Array, aside: Array, places: Array, sizes: Array, starts: Array, ends: Array, missing: Array) -> bool:
    """Write where the WKB in each GeoPackage blob lies; False when one is no such blob."""
    for row in range(len(places)):
        missing[row] = sizes[row] < 0
        starts[row] = ends[row] = 0
        if missing[row]:
            continue
        place, spilled = places[row], places[row] >= ASIDE
        if sizes[row] < 8:
            return False
        if spilled:
            place -= ASIDE
            first, second, flags = _byte(aside, place), _byte(aside, place + 1), _byte(aside, place + 3)
        else:
            first, second, flags = _byte(data, place), _byte(data, place + 1), _byte(data, place + 3)
        code = (flags >> 1) & 7
        head = 8 + (0 if code == 0 else 32 if code == 1 else 48 if code < 4 else 64)
        if first != 71 or second != 80 or code > 4 or flags & 0x20 or head > sizes[row]:
            return False
        starts[row] = places[row] + head
        ends[row] = places[row] + sizes[row]
    return True
