"""The dBase table of a shapefile: its header and raw bytes, in and out.

Why not leave it to GDAL: it cuts names and texts in mid-character, widens fields on its own, and hides what the bytes were.
The whole table is made in numpy, one fixed-width column at a time. Values arrive encoded; nothing here knows of characters.
"""

from __future__ import annotations

import datetime as dt
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from cgplanner.io.files.file_bytes import FileBytes, Raw

HEADER_BYTES, DESCRIPTOR_BYTES = 32, 32
DBASE_7 = 4
_BEFORE_7, _DESCRIPTOR_7 = 36, 48  # bytes of its header after the first 32, and of each field
MOST_FIELDS, WIDEST_RECORD = 2046, 65_535
WIDEST_TEXT, WIDEST_NUMBER, LONGEST_NAME = 254, 24, 10
_ROWS_AT_ONCE = 65_536
_BYTES_AT_ONCE = 4 << 20  # which stay in the cache
_SAMPLE = 4096
_LOOKED_AT = 16  # records whose marks tell where they begin
_END_BYTES = 2  # that may follow the last record
_NULLABLE = 2
_LETTERS = "CNFDLMGPBIYTO@+0VQWX"


@dataclass(frozen=True)
class DbfField:
    """One column as the header declares it: raw name, type letter, bytes wide, digits after the point.

    ``small`` says that the letter is a small one, which drivers do not know, ``nullable`` that FoxPro marks its NULLs.
    """

    name: bytes
    type: str
    width: int
    decimals: int = 0
    small: bool = False
    nullable: bool = False


@dataclass(frozen=True)
class DbfHeader:
    """What stands before the records.

    Attributes
    ----------
    version
        The first byte: which program's tables it follows.
    mended
        The header says another length of the records than the fields and the file have.
    seventh
        It is a table of dBase 7, whose fields are described in another way.
    claimed
        The number of records that the header says, where there are more: ``records`` is then how many there are.
    """

    fields: tuple[DbfField, ...]
    records: int
    header_bytes: int
    record_bytes: int
    language_byte: int
    version: int = 3
    mended: bool = False
    seventh: bool = False
    claimed: int | None = None


def read_header(path: Path) -> DbfHeader | None:
    """Return the header; None when the file is no dBase table."""
    with path.open("rb") as file:
        head = file.read(HEADER_BYTES)
        if len(head) < HEADER_BYTES:
            return None
        records, header_bytes, record_bytes = struct.unpack("<IHH", head[4:12])
        descriptors = file.read(max(0, header_bytes - HEADER_BYTES))
    fields = _fields_of_7(descriptors) if head[0] & 0x07 == DBASE_7 else []
    seventh = bool(fields) and 1 + sum(each.width for each in fields) == record_bytes
    fields = fields if seventh else _fields(descriptors, record_bytes)
    if header_bytes < HEADER_BYTES or (record_bytes < 1 and not fields):
        return None
    length = 1 + sum(each.width for each in fields)
    whole = path.stat().st_size - header_bytes
    mended = bool(fields) and length != record_bytes and 0 <= whole - records * length <= 2
    if not mended and (length > record_bytes or (length < record_bytes and any(each.type not in _LETTERS for each in fields))):
        return None
    record_bytes = length if mended else record_bytes
    begin = header_bytes
    if not seventh and fields:
        begin = _begin_of_records(path, header_bytes, HEADER_BYTES + DESCRIPTOR_BYTES * len(fields) + 1, record_bytes)
    found = DbfHeader(
        tuple(fields), records, begin, record_bytes, head[29], head[0], mended or begin != header_bytes, seventh=seventh
    )
    there = _records_by_size(path, found)
    return replace(found, records=there, claimed=records) if there > records else found


def _begin_of_records(path: Path, said: int, described: int, width: int) -> int:
    """Return where the records begin: where the header says, unless only behind the fields there are marks of records."""
    with path.open("rb") as file:
        file.seek(min(said, described) - 1)
        raw = file.read(_LOOKED_AT * width + abs(said - described) + 2)
    size = path.stat().st_size
    for begin in (said, described):
        first = begin - min(said, described) + 1
        marks = raw[first : first + max(0, size - begin) // width * width : width]
        if not marks.strip(b" *"):
            return begin
    return said


def _records_by_size(path: Path, header: DbfHeader) -> int:
    """Return how many records there are by the size of the file, where it ends behind one and all bear a record's mark."""
    there, rest = divmod(max(0, path.stat().st_size - header.header_bytes), header.record_bytes)
    if there <= header.records or rest > _END_BYTES:
        return header.records
    more = replace(header, records=there)
    starts = range(header.records, there, _rows_at_once(header))
    marked = all(not block[:, 0].tobytes().strip(b" *") for block in record_blocks(path, more, list(starts)))
    return there if marked else header.records


def _fields(descriptors: bytes, record_bytes: int) -> list[DbfField]:
    fields = []
    for start in range(0, len(descriptors) - DESCRIPTOR_BYTES + 1, DESCRIPTOR_BYTES):
        each = descriptors[start : start + DESCRIPTOR_BYTES]
        if each[0] == 0x0D or (each[0] == 0 and not (each[11:12].isalpha() and each[16])):  # a field may lack a name
            break
        name = each[:11].split(b"\0")[0].rstrip(b" ")
        letter = chr(each[11])
        fields.append(DbfField(name, letter.upper(), each[16], each[17], letter.islower(), bool(each[18] & _NULLABLE)))
    if 1 + sum(each.width for each in fields) == record_bytes:
        return fields
    # Some writers put the high byte of a long text's width where the decimals are.
    wide = [replace(each, width=each.width + 256 * each.decimals, decimals=0) if each.type == "C" else each for each in fields]
    return wide if 1 + sum(each.width for each in wide) <= record_bytes else fields


def _fields_of_7(descriptors: bytes) -> list[DbfField]:
    """Return the fields of a table of dBase 7, which has longer names."""
    fields = []
    for start in range(_BEFORE_7, len(descriptors) - _DESCRIPTOR_7 + 1, _DESCRIPTOR_7):
        each = descriptors[start : start + _DESCRIPTOR_7]
        if each[0] in (0x0D, 0x00):
            break
        fields.append(DbfField(each[:32].split(b"\0")[0].rstrip(b" "), chr(each[32]).upper(), each[33], each[34]))
    return fields


def rows_present(path: Path, header: DbfHeader) -> int:
    """Return how many records are really in the file, which may be fewer than the header says."""
    there = max(0, path.stat().st_size - header.header_bytes) // header.record_bytes
    return min(header.records, there)


def record_blocks(path: Path, header: DbfHeader, starts: Sequence[int] | None = None) -> Iterator[Raw]:
    """Give the records some thousand at a time as uint8 (rows, record_bytes), all or from these rows on.

    Raises
    ------
    OSError
        When the file has become shorter meanwhile.
    """
    rows, step = rows_present(path, header), _rows_at_once(header)
    with FileBytes(path) as source:
        for first in range(0, rows, step) if starts is None else starts:
            count = min(step, rows - first)
            raw = source.array(header.header_bytes + first * header.record_bytes, count * header.record_bytes)
            yield raw.reshape(count, header.record_bytes)


def _rows_at_once(header: DbfHeader) -> int:
    return max(1, min(_ROWS_AT_ONCE, _BYTES_AT_ONCE // header.record_bytes))


def column_bytes(path: Path, header: DbfHeader, start: int, width: int) -> Raw:
    """Return some bytes of every record as uint8 (rows, width), from the byte ``start`` of the record on."""
    out = np.empty((rows_present(path, header), width), np.uint8)
    first = 0
    for block in record_blocks(path, header):
        out[first : first + len(block)] = block[:, start : start + width]
        first += len(block)
    return out


def deleted_rows(path: Path, header: DbfHeader) -> int:
    """Return how many records are marked as deleted; readers skip them."""
    return sum(int((block[:, 0] == ord("*")).sum()) for block in record_blocks(path, header))


def sample_texts(path: Path, header: DbfHeader) -> list[bytes]:
    """Return up to some thousand different non-ASCII names and values, blanks stripped, from all over the table."""
    found = {each.name for each in header.fields if not each.name.isascii()}
    spans, start = [], 1
    for each in header.fields:
        if each.type == "C":
            spans.append(slice(start, start + each.width))
        start += each.width
    for rows in record_blocks(path, header, _spread(rows_present(path, header), _rows_at_once(header))):
        for span in spans:
            column = rows[:, span]
            high = np.flatnonzero((column >= 0x80).any(axis=1))[:_SAMPLE]
            found |= {column[row].tobytes().split(b"\0")[0].rstrip(b" ") for row in high}
        if len(found) > _SAMPLE:
            break
    return sorted(found)


def _spread(rows: int, step: int) -> list[int]:
    """Return where to look, first the beginning, then the end, then between."""
    starts = list(range(0, rows, step))
    return starts if len(starts) < 3 else [starts[0], starts[-1], *starts[1:-1]]


class TableWriter:
    """Writes a table of so many rows piece by piece.

    Parameters
    ----------
    language_byte
        The mark of the encoding at offset 29; 0 says nothing.
    """

    def __init__(self, file: BinaryIO, fields: Sequence[DbfField], rows: int, language_byte: int) -> None:
        self._file, self._fields = file, fields
        self._width = 1 + sum(each.width for each in fields)
        file.write(_header_bytes(fields, rows, self._width, language_byte))

    def add(self, columns: Sequence[NDArray[np.bytes_]]) -> None:
        """Write the next rows: for each field "S" arrays of one length, as wide as the field or, of texts, shorter."""
        rows = len(columns[0])
        for first in range(0, rows, _ROWS_AT_ONCE):
            last = min(rows, first + _ROWS_AT_ONCE)
            block = np.full((last - first, self._width), ord(" "), np.uint8)
            start = 1
            for each, column in zip(self._fields, columns, strict=True):
                piece = np.ascontiguousarray(column[first:last]).astype(f"S{each.width}", copy=False)
                raw = piece.view(np.uint8).reshape(last - first, each.width)
                np.copyto(block[:, start : start + each.width], raw, where=raw != 0)
                start += each.width
            self._file.write(block.tobytes())

    def finish(self) -> None:
        """Write the mark of the end."""
        self._file.write(b"\x1a")


def write_marks(path: Path, marks: Raw) -> None:
    """Write a table of one blank field, with a deletion mark for each row (uint8, rows x 1)."""
    fields = [DbfField(b"X", "C", 1)]
    blanks = np.full((len(marks), 1), ord(" "), np.uint8)
    path.write_bytes(_header_bytes(fields, len(marks), 2, 0) + np.hstack([marks, blanks]).tobytes() + b"\x1a")


def size_of(fields: Sequence[DbfField], rows: int) -> int:
    """Return the bytes that such a table takes."""
    return HEADER_BYTES + DESCRIPTOR_BYTES * len(fields) + 1 + rows * (1 + sum(each.width for each in fields)) + 1


def _header_bytes(fields: Sequence[DbfField], rows: int, width: int, language_byte: int) -> bytes:
    today = dt.datetime.now(dt.UTC).date()
    size = HEADER_BYTES + DESCRIPTOR_BYTES * len(fields) + 1
    stamp = bytes((3, today.year - 1900, today.month, today.day))
    head = stamp + struct.pack("<IHH", rows, size, width) + bytes(17) + bytes((language_byte, 0, 0))
    described = [
        each.name.ljust(11, b"\0") + each.type.encode() + bytes(4) + bytes((each.width, each.decimals)) + bytes(14)
        for each in fields
    ]
    return head + b"".join(described) + b"\r"
