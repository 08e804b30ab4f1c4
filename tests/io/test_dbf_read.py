"""Tables that GDAL reads wrong, and shapefiles whose files do not agree: nothing is changed or dropped without a word."""

from __future__ import annotations

import datetime as dt
import struct
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from shapefile_bytes import dbf_bytes, point_files

from cgplanner.io.source import LoadedLayer
from cgplanner.io.vector import read_layer

POINTS = [(112.5, 37.8), (112.7, 37.7), (112.6, 37.9)]
Fields = list[tuple[bytes, str, int]]


def layer(folder: Path, table: bytes, shapes: bytes | None = None, index: bytes | None = None, **more: bytes) -> LoadedLayer:
    shp, shx = point_files(POINTS)
    parts = {"shp": shapes or shp, "shx": shx if index is None else index, "dbf": table, **more}
    for suffix, content in parts.items():
        (folder / f"a.{suffix}").write_bytes(content)
    return read_layer(folder / "a.shp")


def rows(fields: Fields, cells: list[list[bytes]], **options: Any) -> bytes:
    return dbf_bytes(fields, cells, ldid=0x4D, **options)


def counts(loaded: LoadedLayer) -> dict[str, int]:
    return {note.code: note.count for note in loaded.report.notes if not note.code.startswith("crs-")}


def column(loaded: LoadedLayer, name: str) -> list[Any]:
    return list(loaded.table.column(name).values())


def moment_of(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


PLAIN = rows([(b"SL", "N", 5)], [[b"1"], [b"2"], [b"3"]])


@pytest.mark.parametrize(
    ("letter", "width", "cells", "values", "unreadable"),
    [
        ("N", 18, [b"1,234", b"1.5", b"12"], [1234.0, 1.5, 12.0], 0),
        ("N", 18, [b"1e3", b"- - -", b"7"], [1000, None, 7], 1),
        ("N", 20, [b"140105199001011235", b"********", b""], [140105199001011235, None, None], 0),
        ("N", 20, [b"99999999999999999999", b"-1", b"3"], ["99999999999999999999", "-1", "3"], 0),
        ("N", 8, [b"1,25", b"3,5", b"1000,1"], [1.25, 3.5, 1000.1], 0),
        ("n", 8, [b"1", b"2", b""], [1, 2, None], 0),
        ("L", 1, [b"T", b"", b"0"], [True, None, False], 0),
        ("L", 1, [b"?", b"x", b"n"], [None, None, False], 1),
        ("F", 10, [b"1.5e3", b"nan", b""], [1500.0, None, None], 1),
        ("N", 12, [b"nan", b"-1.#IND", b"inf"], [None, None, None], 3),
        ("N", 8, [b"a-1", b"a-2", b"3"], ["a-1", "a-2", "3"], 0),
        ("D", 8, [b"20240230", b"2024-1-5", b"20240229"], [None, dt.date(2024, 1, 5), dt.date(2024, 2, 29)], 1),
        ("D", 8, [b"00000000", b"        ", b"20241301"], [None, None, None], 1),
        ("L", 1, [b"?", b"t", b"N"], [None, True, False], 0),
    ],
)
def test_values_are_what_they_say(
    tmp_path: Path, letter: str, width: int, cells: list[bytes], values: list[Any], unreadable: int
) -> None:
    loaded = layer(tmp_path, rows([(b"A", letter, width)], [[cell] for cell in cells]))
    assert column(loaded, "A") == values
    assert counts(loaded).get("values-unreadable", 0) == unreadable
    assert "driver" not in counts(loaded)


def test_binary_fields_of_foxpro(tmp_path: Path) -> None:
    fields: Fields = [(b"I", "I", 4), (b"B", "B", 8), (b"Y", "Y", 8), (b"T", "T", 8), (b"G", "G", 10), (b"_NullFlags", "0", 1)]
    moment = struct.pack("<ii", 2_460_000, 3_600_000)
    cells = [struct.pack("<i", -5), struct.pack("<d", 2.5), struct.pack("<q", 123_456), moment, b"         1", b"\0"]
    table = rows(fields, [cells] * 3)
    loaded = layer(tmp_path, b"\x30" + table[1:])
    assert [each.name for each in loaded.table.schema] == ["I", "B", "Y", "T", "G"]
    values = [column(loaded, name)[0] for name in ("I", "B", "Y", "T", "G")]
    assert values == [-5, 2.5, 12.3456, moment_of("2023-02-24T01:00"), None]
    assert counts(loaded)["binary-left-out"] == 3


def memo_of_dbase_3() -> bytes:
    return b"\2\0\0\0".ljust(512, b"\0") + "备注一".encode("gbk").ljust(512, b"\x1a") + "备注二".encode("gbk") + b"\x1a\x1a"


def memo_of_foxpro() -> bytes:
    texts = [text.encode("gbk") for text in ("备注一", "备注二")]
    blocks = [(struct.pack(">II", 1, len(text)) + text).ljust(512, b"\0") for text in texts]
    return struct.pack(">I2xH", 3, 512).ljust(512, b"\0") + b"".join(blocks)


def memo_of_dbase_4() -> bytes:
    texts = [text.encode("gbk") for text in ("备注一", "备注二")]
    blocks = [(b"\xff\xff\x08\0" + struct.pack("<I", len(text) + 8) + text).ljust(512, b"\0") for text in texts]
    return bytes(20) + struct.pack("<H", 512) + bytes(490) + b"".join(blocks)


@pytest.mark.parametrize(
    ("version", "suffix", "memo"),
    [(0x83, "dbt", memo_of_dbase_3()), (0xF5, "fpt", memo_of_foxpro()), (0x8B, "dbt", memo_of_dbase_4())],
)
def test_long_texts_come_from_the_memo_file(tmp_path: Path, version: int, suffix: str, memo: bytes) -> None:
    table = rows([(b"BZ", "M", 10)], [[b"         1"], [b"         2"], [b"          "]])
    loaded = layer(tmp_path, bytes([version]) + table[1:], **{suffix: memo})
    assert column(loaded, "BZ") == ["备注一", "备注二", None]
    (tmp_path / f"a.{suffix}").unlink()
    assert counts(read_layer(tmp_path / "a.shp"))["memo-missing"] == 2


def table_of_dbase_7() -> bytes:
    fields: Fields = [("很长的字段名称".encode("gbk"), "C", 10), (b"INT", "I", 4), (b"DBL", "O", 8), (b"TS", "@", 8)]
    head = struct.pack("<B3BIHH17xB2x", 4, 126, 11, 22, 3, 69 + 48 * len(fields), 31, 0x4D) + bytes(36)
    for name, letter, width in fields:
        head += name.ljust(32, b"\0") + letter.encode() + bytes((width, 0)) + bytes(13)

    def sortable(value: float) -> bytes:
        bits = int.from_bytes(struct.pack(">d", value), "big")
        return (bits ^ (1 << 63) if value >= 0 else bits ^ (2**64 - 1)).to_bytes(8, "big")

    stamp = sortable((moment_of("2024-05-06T07:08") - moment_of("0001-01-01")).total_seconds() * 1000 + 86_400_000)
    body = b"".join(
        b" " + "太原".encode("gbk").ljust(10) + (number + 2**31).to_bytes(4, "big") + sortable(number / 2) + stamp
        for number in (-3, 0, 4)
    )
    return head + b"\r" + body + b"\x1a"


def test_a_table_of_dbase_7_with_its_long_names(tmp_path: Path) -> None:
    loaded = layer(tmp_path, table_of_dbase_7())
    assert column(loaded, "很长的字段名称") == ["太原"] * 3
    assert (column(loaded, "INT"), column(loaded, "DBL")) == ([-3, 0, 4], [-1.5, 0.0, 2.0])
    assert column(loaded, "TS") == [moment_of("2024-05-06T07:08")] * 3
    (tmp_path / "b.dbf").write_bytes(table_of_dbase_7())
    assert column(read_layer(tmp_path / "b.dbf"), "INT") == [-3, 0, 4]


def test_two_fields_of_one_name_and_none(tmp_path: Path) -> None:
    table = rows([(b"NAME", "C", 5), (b"NAME", "C", 5), (b"", "C", 5)], [[b"a", b"b", b"c"]] * 3)
    table = table[: 33 + 96] + table[33 + 96 :].replace(b" a", b"*a", 1)  # the first row is deleted
    loaded = layer(tmp_path, table)
    assert [each.name for each in loaded.table.schema] == ["NAME", "NAME_2", "FIELD_3"]
    assert (column(loaded, "NAME_2"), counts(loaded)["rows-deleted"]) == (["b", "b"], 1)
    assert loaded.table.geometry.value(0).x == 112.7


def test_a_header_that_lies_of_the_length_of_rows(tmp_path: Path) -> None:
    for length in (3, 500):
        loaded = layer(tmp_path, PLAIN[:10] + struct.pack("<H", length) + PLAIN[12:])
        assert column(loaded, "SL") == [1, 2, 3]


def test_more_rows_than_shapes_are_said(tmp_path: Path) -> None:
    loaded = layer(tmp_path, rows([(b"SL", "N", 5)], [[b"1"], [b"2"], [b"3"], [b"4"]]))
    assert (column(loaded, "SL"), counts(loaded)) == ([1, 2, 3], {"dbf-long": 1})


def entries(*pairs: tuple[int, int]) -> bytes:
    _shp, shx = point_files(POINTS)
    body = b"".join(struct.pack(">ii", *pair) for pair in pairs)
    return shx[:24] + struct.pack(">i", (100 + len(body)) // 2) + shx[28:100] + body


@pytest.mark.parametrize(
    "index",
    [
        b"",
        b"nonsense" * 30,
        entries((-1, -1), (-1, -1), (-1, -1)),
        entries((0, 0), (0, 0), (0, 0)),
        entries((64, 10), (64, 10), (64, 10)),
        entries((50, 10), (64, 10)),
        entries((50, 10), (64, 99), (78, 10)),
        entries((50, 10), (64, 10), (2**30, 10)),
    ],
)
def test_an_index_that_cannot_be_right_is_made_anew(tmp_path: Path, index: bytes) -> None:
    loaded = layer(tmp_path, PLAIN, index=index)
    assert [loaded.table.geometry.value(row).x for row in range(3)] == [112.5, 112.7, 112.6]
    assert counts(loaded) == {"shx-rebuilt": 1}


def test_holes_between_records_and_a_length_that_lies(tmp_path: Path) -> None:
    shp, shx = point_files(POINTS)
    hole = shp[:156] + bytes(40) + shp[156:]
    index = shx[:116] + struct.pack(">i", 98) + shx[120:]
    for claimed in (60, len(hole) // 2, 60_000):
        shapes = hole[:24] + struct.pack(">i", claimed) + hole[28:]
        loaded = layer(tmp_path, PLAIN, shapes, index)
        assert not loaded.table.geometry.nulls.any()
        assert set(counts(loaded)) == ({"shp-short"} if claimed == 60_000 else set())
        loaded = layer(tmp_path, PLAIN, shapes, b"")
        assert not loaded.table.geometry.nulls.any()
        assert counts(loaded)["shp-damaged"] == 1


def test_coordinates_that_are_no_places(tmp_path: Path) -> None:
    nothing = float("inf"), -1.7976931348623157e308
    shp, shx = point_files([POINTS[0], nothing, POINTS[2]])
    loaded = layer(tmp_path, PLAIN, shp, shx)
    assert loaded.table.geometry.nulls.tolist() == [False, True, False]
    assert counts(loaded) == {"coordinates-not-finite": 1, "geometry-not-finite": 1, "geometry-missing": 1}


def test_fields_that_are_filled_with_a0(tmp_path: Path) -> None:
    """Two bytes of it are a hanzi in GBK."""
    cells = ["太原".encode("gbk").ljust(12, b"\xa0"), "忻州".encode("gbk").ljust(10, b"\xa0"), b"\xa0" * 12]
    loaded = layer(tmp_path, rows([(b"MC", "C", 12)], [[cell] for cell in cells]))
    assert column(loaded, "MC") == ["太原", "忻州" + "牋" * 3, None]


@pytest.mark.parametrize("text", ["堠", "洜", "隣"])
def test_a0_within_a_character_stays(tmp_path: Path, text: str) -> None:
    for codec, mark in (("gbk", b"GBK"), ("utf-8", b"UTF-8")):
        raw = ("太原小店" + text).encode(codec)
        loaded = layer(tmp_path, dbf_bytes([(b"MC", "C", len(raw))], [[raw], [raw], [b""]]), cpg=mark)
        assert column(loaded, "MC") == ["太原小店" + text, "太原小店" + text, None]
