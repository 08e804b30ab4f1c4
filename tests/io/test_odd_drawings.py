"""Drawings by programs that follow no letter of the standard: what is in them is read as meant, or said."""

from __future__ import annotations

from pathlib import Path

import pytest

from cgplanner.io.source import LoadedLayer
from cgplanner.io.vector import read_layer

X, Y = 380_000.0, 4_190_000.0
LINE = (0, "LINE", 8, "0", 10, X, 20, Y, 11, X + 10, 21, Y + 10)


def pairs(*parts: object) -> str:
    return "".join(f"{part}\n" for part in parts)


def drawing(path: Path, *entities: object, before: str = "", newline: str = "\n", version: str = "AC1009") -> LoadedLayer:
    head = pairs(0, "SECTION", 2, "HEADER", 9, "$ACADVER", 1, version, 9, "$DWGCODEPAGE", 3, "ANSI_936", 0, "ENDSEC")
    text = head + before + pairs(0, "SECTION", 2, "ENTITIES", *entities, 0, "ENDSEC", 0, "EOF")
    file = path / "a.dxf"
    file.write_bytes(text.replace("\n", newline).encode("gbk"))
    return read_layer(file)


def shapes(loaded: LoadedLayer) -> list[str]:
    return [shape.wkt for shape in loaded.table.geometry.geometries()]


def codes(loaded: LoadedLayer) -> set[str]:
    return {note.code for note in loaded.report.notes}


def test_a_block_that_is_not_there_or_holds_nothing_is_a_point(tmp_path: Path) -> None:
    blocks = pairs(0, "SECTION", 2, "BLOCKS", 0, "BLOCK", 8, "0", 2, "高程点", 70, 0, 10, 0, 20, 0, 0, "ENDBLK", 0, "ENDSEC")
    inserts = [(0, "INSERT", 8, "GCD", 2, name, 10, X, 20, Y, 30, 855.5) for name in ("没有", "高程点")]
    loaded = drawing(tmp_path, *LINE, *inserts[0], *inserts[1], before=blocks)
    assert shapes(loaded)[1:] == ["POINT Z (380000 4190000 855.5)"] * 2
    assert loaded.table.column("Block").values() == [None, "没有", "高程点"]
    assert "blocks-bare" in codes(loaded)


@pytest.mark.parametrize(
    ("numbers", "begin"),
    [
        (("380000,5", "4190000,25"), "LINESTRING (380000.5 4190000.25,"),
        (("3.8D+05", "4.19d6"), "LINESTRING (380000 4190000,"),
        (("380,000.5", "4,190,000.25"), "LINESTRING (380000.5 4190000.25,"),
    ],
)
def test_numbers_as_other_places_write_them(tmp_path: Path, numbers: tuple[str, str], begin: str) -> None:
    loaded = drawing(tmp_path, 0, "LINE", 8, "0", 10, numbers[0], 20, numbers[1], 11, X + 9, 21, Y)
    assert shapes(loaded)[0].startswith(begin)


def test_a_point_at_no_number_is_left_out_and_said(tmp_path: Path) -> None:
    loaded = drawing(tmp_path, *LINE, 0, "POINT", 8, "0", 10, "1.#QNAN", 20, Y)
    assert len(shapes(loaded)) == 1
    assert "entities-left-out" in codes(loaded)


def test_line_ends_that_were_doubled_on_the_way(tmp_path: Path) -> None:
    assert len(shapes(drawing(tmp_path, *LINE, newline="\r\r\n"))) == 1


def test_blank_lines_and_small_letters(tmp_path: Path) -> None:
    text = "\n\n" + pairs(0, "section", 2, "entities", 0, "line", *LINE[2:], 0, "endsec", 0, "eof")
    (tmp_path / "a.dxf").write_text(text)
    loaded = read_layer(tmp_path / "a.dxf")
    assert shapes(loaded) == ["LINESTRING (380000 4190000, 380010 4190010)"]
    assert "dxf-cut" not in codes(loaded)


def test_a_fitted_polyline_is_drawn_without_its_frame(tmp_path: Path) -> None:
    vertices: list[object] = []
    for dx, dy, flag in ((0, 0, 16), (5, 5, 16), (10, 0, 16), (0, 0, 8), (5, 2, 8), (10, 0, 8)):
        vertices += [0, "VERTEX", 8, "0", 10, X + dx, 20, Y + dy, 30, 850.0, 70, flag]
    loaded = drawing(tmp_path, 0, "POLYLINE", 8, "0", 66, 1, 10, 0, 20, 0, 30, 0, 70, 4, *vertices, 0, "SEQEND")
    assert shapes(loaded) == ["LINESTRING Z (380000 4190000 850, 380005 4190002 850, 380010 4190000 850)"]


def test_a_solid_of_three_corners(tmp_path: Path) -> None:
    loaded = drawing(tmp_path, 0, "SOLID", 8, "0", 10, X, 20, Y, 11, X + 10, 21, Y, 12, X, 22, Y + 10)
    assert loaded.table.geometry.geometries()[0].area == 50.0


def test_text_behind_an_unbreakable_blank_is_kept(tmp_path: Path) -> None:
    text = r"{\fSimSun|b0|i0;迎泽}\P{\C1;大街} \S1/2; a\~b \{x\} %%c50 \pxqc;居中"
    loaded = drawing(tmp_path, 0, "MTEXT", 8, "0", 10, X, 20, Y, 40, 3.0, 71, 1, 1, text, version="AC1015")
    assert loaded.table.column("Text").values() == ["迎泽\n大街 1/2 a b {x} Ø50 居中"]


def test_layers_that_are_off_are_read_and_said(tmp_path: Path) -> None:
    layer = (0, "LAYER", 2, "关闭", 70, 0, 62, -3, 6, "CONTINUOUS")
    tables = pairs(0, "SECTION", 2, "TABLES", 0, "TABLE", 2, "LAYER", 70, 1, *layer, 0, "ENDTAB", 0, "ENDSEC")
    loaded = drawing(tmp_path, *LINE, 0, "LINE", 8, "关闭", *LINE[4:], before=tables)
    assert len(shapes(loaded)) == 2
    assert [note.count for note in loaded.report.notes if note.code == "layers-hidden"] == [1]


def test_codes_that_a_survey_hung_on_its_lines_are_an_attribute(tmp_path: Path) -> None:
    loaded = drawing(tmp_path, *LINE, 1001, "SOUTH", 1000, "141121", 1000, "砖2")
    assert loaded.table.column("ExtendedData").values() == ["SOUTH: 141121; 砖2"]


ROAD = pairs(0, "LINE", 8, "道路", 10, 1, 20, 2, 11, 3, 21, 4)


def of_sections(path: Path, *sections: tuple[str, str], version: str = "AC1009") -> LoadedLayer:
    head = pairs(0, "SECTION", 2, "HEADER", 9, "$ACADVER", 1, version, 9, "$DWGCODEPAGE", 3, "ANSI_936", 0, "ENDSEC")
    body = "".join(pairs(0, "SECTION", 2, name) + text + pairs(0, "ENDSEC") for name, text in sections)
    path.write_bytes((head + body + pairs(0, "EOF")).encode("gbk"))
    return read_layer(path)


def test_sections_that_are_there_twice_are_one(tmp_path: Path) -> None:
    blocks = [pairs(0, "BLOCK", 8, "0", 2, name, 70, 0, 10, 0, 20, 0) + ROAD + pairs(0, "ENDBLK", 8, "0") for name in "AB"]
    inserts = [pairs(0, "INSERT", 8, "0", 2, name, 10, 10, 20, 0) for name in "AB"]
    loaded = of_sections(
        tmp_path / "a.dxf", ("BLOCKS", blocks[0]), ("BLOCKS", blocks[1]), ("ENTITIES", inserts[0]), ("ENTITIES", inserts[1])
    )
    assert shapes(loaded) == ["LINESTRING (11 2, 13 4)"] * 2
    assert loaded.table.column("Block").values() == ["A", "B"]


def test_heights_of_old_entities_that_stand_apart(tmp_path: Path) -> None:
    line = pairs(0, "LINE", 8, "0", 38, 800.5, 10, 1, 20, 2, 11, 3, 21, 4)
    point = pairs(0, "POINT", 8, "0", 38, 12, 10, 1, 20, 2)
    vertices = pairs(0, "VERTEX", 8, "0", 10, 1, 20, 2, 0, "VERTEX", 8, "0", 10, 3, 20, 4, 0, "SEQEND")
    loaded = of_sections(tmp_path / "a.dxf", ("ENTITIES", line + point + pairs(0, "POLYLINE", 8, "0", 66, 1, 38, 7) + vertices))
    assert shapes(loaded) == [
        "LINESTRING Z (1 2 800.5, 3 4 800.5)",
        "POINT Z (1 2 12)",
        "LINESTRING Z (1 2 7, 3 4 7)",
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (r"\S3^4;", "3/4"),
        (r"m\S2^ ;", "m²"),
        (r"H\S^2;O", "H₂O"),
        (r"建筑\S1/2;米", "建筑1/2米"),
        (r"{\fSimSun|b0;\H2.5;太原}\P第二行", "太原\n第二行"),
        ("3^4=81", "3^4=81"),
    ],
)
def test_texts_one_above_the_other_and_carets(tmp_path: Path, text: str, found: str) -> None:
    entity = pairs(0, "MTEXT", 8, "注记", 10, 1, 20, 2, 40, 2.5, 71, 1, 1, text)
    assert of_sections(tmp_path / "a.dxf", ("ENTITIES", entity), version="AC1015").table.column("Text").values() == [found]


def test_a_text_keeps_its_carets(tmp_path: Path) -> None:
    loaded = of_sections(tmp_path / "a.dxf", ("ENTITIES", pairs(0, "TEXT", 8, "0", 10, 1, 20, 2, 40, 1, 1, "3^4")))
    assert loaded.table.column("Text").values() == ["3^4"]


def test_an_entity_on_which_the_parser_trips_leaves_the_rest(tmp_path: Path) -> None:
    bad = pairs(0, "WIPEOUT", 5, "B2", 100, "AcDbEntity", 8, "0", 100, "AcDbRasterImage", 10, 0, 20, 0)
    loaded = of_sections(tmp_path / "a.dxf", ("ENTITIES", bad + ROAD), ("OBJECTS", "0\nDICTIONARY\n5\nC\n"), version="AC1015")
    assert shapes(loaded) == ["LINESTRING (1 2, 3 4)"]
    assert [note.count for note in loaded.report.notes if note.code == "entities-left-out"] == [1]


def test_a_drawing_without_a_section_s_end_keeps_its_characters(tmp_path: Path) -> None:
    (tmp_path / "a.dxf").write_bytes((pairs(0, "SECTION", 2, "ENTITIES") + ROAD + pairs(0, "EOF")).encode("gbk"))
    assert read_layer(tmp_path / "a.dxf").table.column("Layer").values() == ["道路"]


def test_objects_of_add_ons_are_named_with_what_to_ask_for(tmp_path: Path) -> None:
    wall = pairs(0, "TCH_WALL", 5, "A2", 100, "AcDbEntity", 8, "WALL", 100, "TDbWall")
    loaded = of_sections(tmp_path / "a.dxf", ("ENTITIES", wall + ROAD), version="AC1015")
    assert {"entities-left-out", "objects-of-others"} <= codes(loaded)
