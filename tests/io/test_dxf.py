"""Drawings as design institutes send them: Chinese in the code page of their AutoCAD, blocks in blocks, closed outlines."""

from __future__ import annotations

from pathlib import Path

import ezdxf
import pytest

from cgplanner.errors import UserError
from cgplanner.io.source import LoadedLayer
from cgplanner.io.vector import read_layer

X, Y = 380_000.0, 4_190_000.0  # near Taiyuan, CM 114 E


def drawing(path: Path, version: str = "R2010", codec: str = "") -> Path:
    document = ezdxf.new(version)
    if codec:
        document.encoding = codec
    document.layers.add("道路红线")
    inner = document.blocks.new("井盖")
    inner.add_circle((0, 0), 2)
    outer = document.blocks.new("路口")
    outer.add_blockref("井盖", (10, 0))
    outer.add_line((0, 0), (10, 0), {"layer": "道路红线"})
    space = document.modelspace()
    at = {"layer": "道路红线"}
    space.add_lwpolyline([(X, Y), (X + 100, Y), (X + 100, Y + 100), (X, Y + 100)], close=True, dxfattribs=at)
    space.add_lwpolyline([(X, Y), (X + 100, Y), (X + 100, Y + 50)], dxfattribs=at)
    space.add_line((X, Y), (X + 5, Y + 5))
    space.add_point((X, Y))
    space.add_arc((X, Y), 10, 0, 90)
    space.add_text("迎泽大街", height=3.5, rotation=30).set_placement((X, Y + 20))
    space.add_mtext("晋阳湖\\P公园", {"insert": (X, Y)})
    space.add_blockref("路口", (X + 200, Y), {"xscale": 2, "yscale": 2})
    hatch = space.add_hatch()
    for size in (40, 10):
        hatch.paths.add_polyline_path([(X - size, Y - size), (X + size, Y - size), (X + size, Y + size), (X - size, Y + size)])
    document.saveas(path)
    return path


def entities(loaded: LoadedLayer, kind: str) -> list[dict[str, object]]:
    names = [each.name for each in loaded.table.schema]
    cells = zip(*(loaded.table.column(name).values() for name in names), strict=True)
    rows = [dict(zip(names, row, strict=True)) for row in cells]
    shapes = loaded.table.geometry.geometries()
    return [row | {"shape": shape} for row, shape in zip(rows, shapes, strict=True) if row["Entity"] == kind]


def codes(loaded: LoadedLayer) -> set[str]:
    return {note.code for note in loaded.report.notes}


def right(loaded: LoadedLayer) -> None:
    closed, line = (each["shape"] for each in entities(loaded, "LWPOLYLINE"))
    assert (closed.geom_type, closed.area, line.geom_type) == ("Polygon", 10_000.0, "LineString")
    (text,), (note,) = entities(loaded, "TEXT"), entities(loaded, "MTEXT")
    assert (text["Text"], text["Height"], text["Angle"]) == ("迎泽大街", 3.5, 30.0)
    assert note["Text"] == "晋阳湖\n公园"
    (cover,) = entities(loaded, "CIRCLE") or entities(loaded, "ELLIPSE")
    assert cover["Block"] == "路口"
    assert cover["shape"].centroid.distance(closed.centroid) == pytest.approx(177.2, abs=1.0)
    assert cover["shape"].area == pytest.approx(3.1416 * 16, rel=0.02)  # twice as large as drawn
    assert {row["Layer"] for row in entities(loaded, "LINE")} == {"0", "道路红线"}
    (hatch,) = entities(loaded, "HATCH")
    assert hatch["shape"].area == pytest.approx(80**2 - 20**2)
    assert (loaded.crs, loaded.report.crs_how) == ("EPSG:4547", "guessed")


def test_a_drawing_of_1992(tmp_path: Path) -> None:
    document = ezdxf.new("R12")
    document.encoding = "gbk"
    space = document.modelspace()
    space.add_text("迎泽大街", dxfattribs={"insert": (X, Y), "layer": "文字"})
    space.add_polyline2d([(X, Y), (X + 9, Y), (X + 9, Y + 9)], close=True)
    document.saveas(tmp_path / "a.dxf")
    loaded = read_layer(tmp_path / "a.dxf")
    (text,), (area,) = entities(loaded, "TEXT"), entities(loaded, "POLYLINE")
    assert (text["Text"], text["Layer"], area["shape"].geom_type) == ("迎泽大街", "文字", "Polygon")


@pytest.mark.parametrize(("version", "codec"), [("R2010", ""), ("R2018", ""), ("R2000", "gbk"), ("R2004", "gbk")])
def test_a_drawing_of_every_age_is_read(tmp_path: Path, version: str, codec: str) -> None:
    path = drawing(tmp_path / "总图.dxf", version, codec)
    loaded = read_layer(path)
    right(loaded)
    assert "blocks-exploded" in codes(loaded)


def test_a_wrong_code_page_is_overruled(tmp_path: Path) -> None:
    path = drawing(tmp_path / "a.dxf", "R2000", "gbk")
    raw = path.read_bytes()
    assert "迎泽大街".encode("gbk") in raw
    path.write_bytes(raw.replace(b"ANSI_936", b"ANSI_1252"))
    loaded = read_layer(path)
    right(loaded)
    assert loaded.report.encoding == "GBK"


def test_what_a_new_drawing_holds_in_gbk_is_read_all_the_same(tmp_path: Path) -> None:
    path = drawing(tmp_path / "a.dxf", "R2010")
    path.write_bytes(path.read_bytes().decode("utf-8").encode("gbk"))
    loaded = read_layer(path)
    right(loaded)
    assert "encoding-mark-wrong" in codes(loaded)


def test_a_damaged_spline_leaves_the_rest_of_the_drawing(tmp_path: Path) -> None:
    document = ezdxf.new()
    spline = document.modelspace().add_spline(degree=3)
    spline.control_points = [(X, Y), (X + 1, Y + 2), (X + 3, Y + 1), (X + 4, Y)]
    spline.knots = [0, 0, 0, 1]  # four of eight
    document.modelspace().add_point((X, Y))
    document.saveas(tmp_path / "a.dxf")
    loaded = read_layer(tmp_path / "a.dxf")
    assert (len(loaded.table), len(entities(loaded, "SPLINE"))) == (2, 1)
    assert "curves-rough" in codes(loaded)


def test_blocks_that_hold_themselves_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.dxf"
    document = ezdxf.new()
    one, two = document.blocks.new("A"), document.blocks.new("B")
    one.add_blockref("B", (0, 0))
    two.add_blockref("A", (0, 0))
    document.modelspace().add_blockref("A", (0, 0))
    document.saveas(path)
    with pytest.raises(UserError):
        read_layer(path)


def test_blocks_in_blocks_do_not_fill_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cgplanner.io.dxf import door as dxf_file  # noqa: PLC0415  its limit is lowered here

    monkeypatch.setattr(dxf_file, "MOST_ENTITIES", 1000)
    document = ezdxf.new()
    document.blocks.new("B0").add_point((0, 0))
    for level in range(1, 5):
        for number in range(10):
            (document.blocks.get(f"B{level}") or document.blocks.new(f"B{level}")).add_blockref(f"B{level - 1}", (number, 0))
    document.modelspace().add_blockref("B4", (0, 0))
    document.saveas(tmp_path / "a.dxf")
    with pytest.raises(UserError, match="unfolds"):
        read_layer(tmp_path / "a.dxf")


@pytest.mark.parametrize("raw", [b"0\n", b"  0\nSECTION\n  2\nHEADER\n", b"AC1015", b"0\nEOF\n\0\0\0"])
def test_what_is_no_drawing_is_refused_or_empty(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "a.dxf").write_bytes(raw)
    try:
        assert len(read_layer(tmp_path / "a.dxf").table) == 0
    except UserError as refusal:
        assert refusal.hint  # noqa: PT017  either is an answer
