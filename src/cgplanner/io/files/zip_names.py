"""Names in a ZIP by what they are: UTF-8 where the archive says so wrongly, GBK where it says UTF-8, the name beside the name.

zipfile refuses a whole archive whose directory marks a GBK name as UTF-8; here the mark is taken away before it looks. This
file unpacks nothing.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_END, _ENTRY = b"PK\x05\x06", b"PK\x01\x02"
_UTF8_MARK = 0x800
_HEAD = 46  # bytes of an entry in the directory before its name
_LONGEST_END = 22 + 0xFFFF
_FAR_LETTERS = re.compile("[\u0250-\u07ff]|[\u0080-\u07ff]{2}")
_UNICODE_PATH = 0x7075  # the extra field in which some packers say the name once more, in UTF-8


class _Overlaid(io.FileIO):
    """A file that shows other bytes at one place."""

    def __init__(self, path: Path, start: int, data: bytes) -> None:
        super().__init__(path, "rb")
        self.start, self.data = start, data

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]  # the stub knows more buffers
        place = self.tell()
        count = super().readinto(buffer) or 0
        begin, end = max(place, self.start), min(place + count, self.start + len(self.data))
        if begin < end:
            memoryview(buffer)[begin - place : end - place] = self.data[begin - self.start : end - self.start]
        return count


@contextmanager
def opened_zip(path: Path) -> Iterator[tuple[zipfile.ZipFile, int]]:
    """Give an archive, and the number of names that it marks as UTF-8 and that are not.

    Raises
    ------
    zipfile.BadZipFile, OSError
        As zipfile does.
    """
    try:
        archive = zipfile.ZipFile(path)
    except UnicodeDecodeError:
        start, directory = _directory(path)
        changed, count = _without_wrong_marks(directory)
        if not count:
            raise
        with io.BufferedReader(_Overlaid(path, start, changed)) as file, zipfile.ZipFile(file) as mended:
            yield mended, count
        return
    with archive:
        yield archive, 0


def _directory(path: Path) -> tuple[int, bytes]:
    """Return where the directory of an archive begins, and its bytes; nothing for one too large for its end to say."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - _LONGEST_END))
        begin, tail = file.tell(), file.read()
        end = tail.rfind(_END)
        if end < 0 or len(tail) < end + 20:
            return 0, b""
        (length,) = struct.unpack_from("<L", tail, end + 12)
        start = begin + end - length
        if start < 0:
            return 0, b""
        file.seek(start)
        return start, file.read(length)


def _without_wrong_marks(directory: bytes) -> tuple[bytes, int]:
    changed, place = bytearray(directory), 0
    marked: list[tuple[int, bytes]] = []
    while directory[place : place + 4] == _ENTRY and place + _HEAD <= len(directory):
        (flags,) = struct.unpack_from("<H", directory, place + 8)
        name, extra, comment = struct.unpack_from("<3H", directory, place + 28)
        raw = directory[place + _HEAD : place + _HEAD + name]
        if flags & _UTF8_MARK and not raw.isascii():
            marked.append((place + 8, raw))
        place += _HEAD + name + extra + comment
    if all(_is_utf8(raw) for _, raw in marked):
        return directory, 0
    for flags_place, _ in marked:
        changed[flags_place + 1] &= ~(_UTF8_MARK >> 8) & 0xFF
    return bytes(changed), len(marked)


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _in_characters(raw: bytes) -> str | None:
    """Return a name; None where it is no text.

    Some hanzi of GBK are letters of far away in UTF-8 (太原 is one of them): letters of two bytes count as such only where they
    are Latin and stand alone among others.
    """
    if _is_utf8(raw):
        text = raw.decode("utf-8")
        if any(ord(char) >= 0x800 for char in text) or not _FAR_LETTERS.search(text):
            return text
    try:
        return raw.decode("gb18030")
    except UnicodeDecodeError:
        return raw.decode("utf-8") if _is_utf8(raw) else None


def entry_name(entry: zipfile.ZipInfo) -> str:
    """Return an entry's name in characters: Chinese Windows writes GBK where the standard wants UTF-8."""
    if entry.flag_bits & _UTF8_MARK:
        return entry.filename
    raw = entry.filename.encode("cp437", "replace")
    if (said := _said_beside(entry.extra, raw)) is not None:
        return said
    return _in_characters(raw) or entry.filename


def _said_beside(extra: bytes, raw: bytes) -> str | None:
    """Return the name in UTF-8 that stands beside the name of ``raw`` bytes, None where there is none that belongs to it."""
    place = 0
    while place + 4 <= len(extra):
        kind, size = struct.unpack_from("<2H", extra, place)
        body = extra[place + 4 : place + 4 + size]
        if kind == _UNICODE_PATH and len(body) > 5 and struct.unpack_from("<L", body, 1)[0] == zlib.crc32(raw):
            return body[5:].decode("utf-8", "replace")
        place += 4 + size
    return None
