"""Tables whose header is at odds with their bytes, FoxPro's marks of NULL, and tables in two encodings."""

from __future__ import annotations

import struct
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from shapefile_bytes import dbf_bytes, point_files

from cgplanner.errors import UserError
from cgplanner.io.source import LoadedLayer
from cgplanner.io.texts.encoding import UTF8, decode_all, find_encoding
from cgplanner.io.vector import read_layer

FIELDS = [("名称".encode("gbk"), "C", 8), (b"SL", "N", 5)]
CELLS = [["太原".encode("gbk"), b"  123"], ["榆次".encode("gbk"), b"    7"], ["忻州".encode("gbk"), b"99999"]]
GOOD = dbf_bytes(FIELDS, CELLS, ldid=0x4D)


def with_word(raw: bytes, place: int, value: int, size: int = 2) -> bytes:
    return raw[:place] + value.to_bytes(size, "little") + raw[place + size :]


def codes(loaded: LoadedLayer) -> set[str]:
    return {note.code for note in loaded.report.notes}


def read(folder: Path, table: bytes, *, alone: bool) -> LoadedLayer:
    shp, shx = point_files([(112.5, 37.8), (112.6, 37.7), (112.7, 37.9)])
    (folder / "a.dbf").write_bytes(table)
    if alone:
        return read_layer(folder / "a.dbf")
    (folder / "a.shp").write_bytes(shp)
    (folder / "a.shx").write_bytes(shx)
    return read_layer(folder / "a.shp")


HEAD = 33 + 32 * len(FIELDS)
HEADERS = {
    "records begin a byte later": (with_word(GOOD, 8, HEAD + 1), False),
    "records begin a byte earlier": (with_word(GOOD, 8, HEAD - 1), False),
    "no records": (with_word(GOOD, 4, 0, 4), True),
    "fewer records": (with_word(GOOD, 4, 2, 4), True),
    "more records": (with_word(GOOD, 4, 300, 4), True),
    "four billion records": (with_word(GOOD, 4, 2**32 - 1, 4), True),
    "a list of the database behind the fields": (with_word(GOOD[:HEAD] + bytes(263) + GOOD[HEAD:], 8, HEAD + 263), False),
    "blanks behind the end": (GOOD + bytes(1000), False),
    "no end": (GOOD[:-1], False),
}


@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize("name", HEADERS)
def test_headers_that_are_wrong(tmp_path: Path, name: str, alone: bool) -> None:  # noqa: FBT001  a parameter of the test
    raw, said = HEADERS[name]
    loaded = read(tmp_path, raw, alone=alone)
    assert loaded.table.column("名称").values() == ["太原", "榆次", "忻州"]
    assert loaded.table.column("SL").values() == [123, 7, 99999]
    assert ("dbf-count" in codes(loaded)) == said
    assert "dbf-short" not in codes(loaded)


@pytest.mark.parametrize("raw", [b"<html><body>404</body></html>" * 10, "名称,数量".encode("utf-16") * 30])
def test_what_is_no_table_gives_no_fields(tmp_path: Path, raw: bytes) -> None:
    loaded = read(tmp_path, raw, alone=False)
    assert (len(loaded.table), len(loaded.table.schema)) == (3, 0)
    assert "dbf-damaged" in codes(loaded)
    with pytest.raises(UserError):
        read(tmp_path, raw, alone=True)


def fox_table(fields: list[tuple[str, str, int, int]], cells: list[bytes]) -> bytes:
    """Make a table of Visual FoxPro; the last number of a field are its flags (2: may be NULL, 5: hidden)."""
    width = 1 + sum(each[2] for each in fields)
    head = struct.pack("<B3BIHH17xB2x", 0x32, 126, 1, 1, len(cells), 33 + 32 * len(fields) + 263, width, 0x7A)
    described = b"".join(
        name.encode().ljust(11, b"\0") + letter.encode() + bytes(4) + bytes((size, 0, flags)) + bytes(13)
        for name, letter, size, flags in fields
    )
    return head + described + b"\r" + bytes(263) + b"".join(b" " + each for each in cells) + b"\x1a"


def test_nulls_and_texts_of_any_length_of_foxpro(tmp_path: Path) -> None:
    fields = [("ID", "I", 4, 2), ("V", "V", 10, 2), ("N", "N", 3, 2), ("PLAIN", "C", 2, 0), ("_NullFlags", "0", 1, 5)]
    whole, cut = b"abcdefghij", "太原".encode("gbk").ljust(9, b" ") + b"\x05"  # with a blank that belongs to it
    cells = [
        (1).to_bytes(4, "little") + whole + b"  0ab\x00",
        (0).to_bytes(4, "little") + cut + b"  0  \x03",  # ID is NULL, V has a length
        (3).to_bytes(4, "little") + bytes(10) + b"  7cd\x0c",  # V and N are NULL
    ]
    table = read(tmp_path, fox_table(fields, cells), alone=True).table
    assert [each.name for each in table.schema] == ["ID", "V", "N", "PLAIN"]
    found: dict[str, list[Any]] = {each.name: list(table.columns[each.id].values()) for each in table.schema}
    assert found == {
        "ID": [1, None, 3],
        "V": ["abcdefghij", "太原", None],
        "N": [0, 0, None],
        "PLAIN": ["ab", None, "cd"],
    }


@pytest.mark.parametrize("most", ["gbk", "utf-8"])
def test_rows_in_the_other_encoding_are_read_in_it(tmp_path: Path, most: str) -> None:
    other = {"gbk": "utf-8", "utf-8": "gbk"}[most]
    names = ["太原市小店区", "榆次区北田镇", "忻州市忻府区"]
    cells = [[name.encode(other if row == 1 else most), b"    1"] for row, name in enumerate(names)]
    loaded = read(tmp_path, dbf_bytes([(b"MC", "C", 30), (b"SL", "N", 5)], cells, ldid=0), alone=False)
    assert loaded.table.column("MC").values() == names
    assert "encoding-mixed" in codes(loaded)


def test_few_values_in_the_other_encoding() -> None:
    names = [f"太原市小店区{number}号" for number in range(30)]
    values = [name.encode("gbk" if number == 7 else "utf-8") for number, name in enumerate(names)]
    found = find_encoding(values)
    decoded = decode_all(values, found.codec)
    assert (found.codec, decoded.texts, decoded.other, decoded.damaged) == (UTF8, names, (names[7],), ())


@pytest.mark.parametrize(
    ("codec", "mark", "text"),
    [
        ("cp1251", "1251", "Москва;Санкт-Петербург;Озеро Байкал"),
        ("cp1251", "1251", "МОСКВА;САНКТ-ПЕТЕРБУРГ"),
        ("cp1253", "1253", "Αθήνα;Θεσσαλονίκη"),
        ("koi8-r", "KOI8-R", "Москва;река Волга"),
    ],
)
def test_a_mark_of_another_alphabet_stands_while_the_bytes_are_words_of_it(codec: str, mark: str, text: str) -> None:
    assert find_encoding([each.encode(codec) for each in text.split(";")], cpg=mark).codec == codec
    chinese = [each.encode("gbk") for each in ("太原市小店区", "榆次区", "忻州市忻府区", "街道", "人民公园")]
    assert find_encoding(chinese, cpg=mark).codec == "gb18030"


NO_PAGES = [
    "undefined",
    "hex",
    "base64",
    "rot13",
    "zlib",
    "bz2",
    "idna",
    "punycode",
    "unicode_escape",
    "utf-7",
    "utf-16",
    "utf-32",
    "cp037",
    "mbcs",
]


@pytest.mark.parametrize("mark", [*NO_PAGES, "x" * 500])
@pytest.mark.parametrize("text", [b"\x80", b"\xcc\xab\xd4", "太原市小店区".encode("gbk"), "太原市".encode()])
def test_marks_that_are_no_code_page_are_passed_over(mark: str, text: bytes) -> None:
    found = find_encoding([text, text[:1], text + b"\xff"], cpg=mark)
    assert found.codec in ("utf-8", "gb18030", "cp1252", "cp950")
    assert len(decode_all([text], found.codec).texts) == 1
