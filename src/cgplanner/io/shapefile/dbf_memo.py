"""The file beside a DBF that holds its long texts: .dbt of dBase III and IV, .fpt of FoxPro. Bytes in, bytes out."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Self

from cgplanner.io.files.file_bytes import FileBytes, Walker

_BLOCK = 512
_LONGEST = 16 << 20
_FOXPRO_TEXT = 1
_VISUAL_FOXPRO = (0x30, 0x31, 0x32)
_DBASE_4 = b"\xff\xff\x08\x00"


class Memo:
    """Looks up long texts by the number that stands in the table."""

    def __init__(self, path: Path, version: int) -> None:
        self.is_fpt = path.suffix.lower() == ".fpt"
        self.binary_numbers = version in _VISUAL_FOXPRO
        self._source = FileBytes(path)
        self.data = Walker(self._source)
        head = self.data.piece(0, min(_BLOCK, len(self.data))).ljust(_BLOCK, b"\0")
        if self.is_fpt:
            self.block = struct.unpack(">H", head[6:8])[0] or 1
        else:
            self.block = struct.unpack("<H", head[20:22])[0] or _BLOCK

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._source.close()

    def text(self, cell: bytes) -> bytes | None:
        """Return the bytes of the text that a cell points to; None for none, and where the file does not hold it."""
        place = self._number(cell) * self.block
        if not place or place + 8 > len(self.data):
            return None
        head = self.data.piece(place, 8)
        if self.is_fpt:
            kind, length = struct.unpack(">II", head)
            return self._piece(place + 8, length) if kind == _FOXPRO_TEXT else None
        if head[:4] == _DBASE_4:
            return self._piece(place + 8, struct.unpack("<I", head[4:8])[0] - 8)
        end = self.data.find(b"\x1a", place, place + _LONGEST)
        return self.data.piece(place, end - place).rstrip(b"\0") if end >= 0 else None

    def _piece(self, place: int, length: int) -> bytes | None:
        whole = 0 <= length <= _LONGEST and place + length <= len(self.data)
        return self.data.piece(place, length) if whole else None

    def _number(self, cell: bytes) -> int:
        if len(cell) == 4 and self.binary_numbers:
            return int.from_bytes(cell, "little")
        text = cell.strip(b" \0")
        return int(text) if text.isdigit() else 0
