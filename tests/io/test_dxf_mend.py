"""Drawings by recipes of other programs: no markers, no end, texts written out, dimensions left for the reader to draw."""

from __future__ import annotations

from pathlib import Path

import ezdxf
import pytest

from cgplanner.io.source import LoadedLayer
from cgplanner.io.vector import read_layer

ENTITIES = {
    "LINE": "0\nLINE\n8\n道路\n10\n1\n20\n2\n11\n5\n21\n6\n",
    "LWPOLYLINE": "0\nLWPOLYLINE\n5\n2A\n8\n地块\n90\n3\n70\n1\n10\n0\n20\n0\n10\n4\n20\n0\n10\n4\n20\n3\n",
    "ARC": "0\nARC\n8\n弧\n10\n0\n20\n0\n40\n2\n50\n0\n51\n90\n",
    "POLYLINE": "0\nPOLYLINE\n8\n界\n66\n1\n70\n1\n0\nVERTEX\n8\n界\n10\n0\n20\n0\n0\nVERTEX\n8\n界\n10\n4\n20\n0\n"
    "0\nVERTEX\n8\n界\n10\n4\n20\n3\n0\nSEQEND\n",
    "TEXT": "0\nTEXT\n8\n注记\n10\n1\n20\n2\n40\n2.5\n1\n太原小店\n73\n0\n",
    "MTEXT": "0\nMTEXT\n8\n注记\n10\n1\n20\n2\n40\n2.5\n1\n晋中榆次\n",
    "SOLID": "0\nSOLID\n8\n面\n10\n0\n20\n0\n11\n4\n21\n0\n12\n0\n22\n3\n13\n4\n23\n3\n",
    "ELLIPSE": "0\nELLIPSE\n8\n面\n10\n0\n20\n0\n30\n0\n11\n4\n21\n0\n31\n0\n40\n0.5\n41\n0\n42\n6.283185307\n",
    "POINT": "0\nPOINT\n8\n点\n10\n3\n20\n4\n30\n5\n",
}
OLD = ("LINE", "ARC", "POLYLINE", "TEXT", "SOLID", "POINT")


def drawing(body: str, version: str = "", end: str = "0\nENDSEC\n0\nEOF\n") -> str:
    header = f"0\nSECTION\n2\nHEADER\n9\n$ACADVER\n1\n{version}\n0\nENDSEC\n" if version else ""
    return f"{header}0\nSECTION\n2\nENTITIES\n{body}{end}"


def read(path: Path, text: str, codec: str = "gbk", newline: str = "\n") -> LoadedLayer:
    path.write_bytes(text.replace("\n", newline).encode(codec))
    return read_layer(path)


@pytest.mark.parametrize("version", ["", "AC1009", "AC1015", "AC1027"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_entities_without_markers_are_what_they_are(tmp_path: Path, version: str, newline: str) -> None:
    codec = "utf-8" if version == "AC1027" else "gbk"
    loaded = read(tmp_path / "a.dxf", drawing("".join(ENTITIES.values()), version), codec, newline)
    shapes = [loaded.table.geometry.value(row) for row in range(len(loaded.table))]
    kinds = dict(zip(loaded.table.column("Entity").values(), [shape.geom_type for shape in shapes], strict=True))
    assert kinds == {
        "LINE": "LineString", "LWPOLYLINE": "Polygon", "ARC": "LineString", "POLYLINE": "Polygon", "TEXT": "Point",
        "MTEXT": "Point", "SOLID": "Polygon", "ELLIPSE": "Polygon", "POINT": "Point",
    }  # fmt: skip
    assert loaded.table.column("Layer").values() == ["道路", "地块", "弧", "界", "注记", "注记", "面", "面", "点"]
    assert [text for text in loaded.table.column("Text").values() if text] == ["太原小店", "晋中榆次"]
    assert (shapes[0].wkt, shapes[1].area, shapes[8].z) == ("LINESTRING (1 2, 5 6)", 6.0, 5.0)


@pytest.mark.parametrize("end", ["", "0\nENDSEC\n", "0\nLINE\n8\n道路\n10\n1\n2"])
def test_a_drawing_that_breaks_off_is_read_up_to_there_and_said(tmp_path: Path, end: str) -> None:
    body = "".join(ENTITIES[name] for name in OLD)
    loaded = read(tmp_path / "a.dxf", drawing(body * 3, "AC1009", end))
    assert loaded.report.has("dxf-cut")
    assert len(loaded.table) == 18 - (end == "")  # without a sign of what follows the last entity may be incomplete


def test_characters_that_are_written_out(tmp_path: Path) -> None:
    text = ENTITIES["TEXT"].replace("太原小店", "\\U+592A\\U+539F%%d\\M+5CCAB")
    assert read(tmp_path / "a.dxf", drawing(text, "AC1009")).table.column("Text").values() == ["太原°太"]


def test_a_dimension_without_its_block_is_drawn(tmp_path: Path) -> None:
    document = ezdxf.new("R2010", setup=True)
    document.modelspace().add_linear_dim(base=(0, 2), p1=(0, 0), p2=(30, 0))
    document.saveas(tmp_path / "a.dxf")
    loaded = read_layer(tmp_path / "a.dxf")
    assert {"LINE", "MTEXT"} <= set(loaded.table.column("Entity").values())
    assert not loaded.report.has("entities-left-out")


def test_a_binary_drawing(tmp_path: Path) -> None:
    document = ezdxf.new("R2010")
    document.modelspace().add_lwpolyline(
        [(0, 0), (4, 0), (4, 3)], close=True, dxfattribs={"elevation": 815.5, "layer": "等高线"}
    )
    document.saveas(tmp_path / "a.dxf", fmt="bin")
    loaded = read_layer(tmp_path / "a.dxf")
    assert loaded.table.geometry.value(0).exterior.coords[0] == (0.0, 0.0, 815.5)
