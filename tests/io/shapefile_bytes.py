"""Foreign shapefiles byte by byte, for tests: what other programs leave in folders, odd marks and missing files included."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

CHINESE_TABLE = (("项目名称", "C", 20), ("XMMC", "C", 10), ("SL", "N", 5))


def dbf_bytes(
    fields: Sequence[tuple[bytes, str, int]], rows: Sequence[Sequence[bytes]], *, ldid: int = 0, claimed: int | None = None
) -> bytes:
    width = 1 + sum(each[2] for each in fields)
    count = len(rows) if claimed is None else claimed
    head = struct.pack("<B3BIHH17xB2x", 3, 126, 11, 22, count, 33 + 32 * len(fields), width, ldid)
    for name, letter, size in fields:
        head += name[:11].ljust(11, b"\0") + letter.encode() + bytes(4) + bytes((size, 0)) + bytes(14)
    body = b"".join(
        b" " + b"".join(value[:size].ljust(size) for value, (_, _, size) in zip(row, fields, strict=True)) for row in rows
    )
    return head + b"\r" + body + b"\x1a"


def point_files(points: Sequence[tuple[float, float] | None]) -> tuple[bytes, bytes]:
    records, index, place = b"", b"", 100
    for number, point in enumerate(points, 1):
        content = struct.pack("<i", 0) if point is None else struct.pack("<i2d", 1, *point)
        records += struct.pack(">2i", number, len(content) // 2) + content
        index += struct.pack(">2i", place // 2, len(content) // 2)
        place += 8 + len(content)
    full = [point for point in points if point] or [(0.0, 0.0)]
    box = [min(x for x, _ in full), min(y for _, y in full), max(x for x, _ in full), max(y for _, y in full)]

    def header(size: int) -> bytes:
        return struct.pack(">i20xi", 9994, size // 2) + struct.pack("<2i8d", 1000, 1, *box, 0, 0, 0, 0)

    return header(100 + len(records)) + records, header(100 + len(index)) + index


def foreign_set(folder: Path, name: str, codec: str, **extras: bytes) -> Path:
    """Write three points with Chinese names and values in an encoding; ``extras`` are more sidecars by suffix."""
    shp, shx = point_files([(112.5, 37.8), (112.7, 37.7), None])
    fields = [(field.encode(codec), letter, size) for field, letter, size in CHINESE_TABLE]
    rows = [("太原武宿机场", "垚", "    3"), ("榆次", "", "     "), ("", "晋阳湖", "   -7")]
    raw = [[value.encode(codec) for value in row] for row in rows]
    parts = {"shp": shp, "shx": shx, "dbf": dbf_bytes(fields, raw), **extras}
    for suffix, content in parts.items():
        (folder / f"{name}.{suffix}").write_bytes(content)
    return folder / f"{name}.shp"
