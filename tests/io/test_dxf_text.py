"""Entities written without ezdxf's objects are tag for tag what ezdxf writes, and are cut apart again as they were."""

from __future__ import annotations

from collections.abc import Iterable
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ezdxf.document import Drawing
from ezdxf.filemanagement import new, readfile
from shapely import LineString, Point, Polygon, box

from cgplanner.errors import UserError
from cgplanner.io.dxf import check as dxf_check
from cgplanner.io.dxf import write as dxf_write
from cgplanner.io.dxf.text import (
    entity_texts,
    hatch_text,
    line_text,
    point_text,
    save_with,
    tall_line_text,
    title_text,
    values_text,
)
from cgplanner.io.vector import read_layer
from cgplanner.io.writing.outgoing import write_layer
from cgplanner.model.column import column_of, text_column
from cgplanner.model.geometry_column import flat_column
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import FeatureTable, new_table

LINE = np.array([[380_000.125, 4_190_000.0], [1.5, 2e20], [0.1 + 0.2, -1e-7]])
TALL = np.column_stack([LINE, [1.0, -0.5, 812.25]])
TAGS = [(1071, 7), (1071, 0), (1071, 0), (1000, "名称=迎泽 大街"), (1000, "v=1.5")]


def drawn_by_ezdxf(version: str) -> Drawing:
    drawing = empty(version)
    space: Any = drawing.modelspace()
    at = {"layer": "道路"}
    for closed in (True, False):
        space.add_lwpolyline(LINE, format="xy", close=closed, dxfattribs=at).set_xdata("OURS", TAGS)
    space.add_point(LINE[0], at)
    space.add_point((1.0, 2.0, 3.5), at)
    space.add_polyline3d(TALL, close=True, dxfattribs=at).set_xdata("OURS", TAGS)
    hatch = space.add_hatch(256, dxfattribs=at)
    hatch.paths.add_polyline_path(LINE, is_closed=True, flags=1)
    hatch.paths.add_polyline_path(LINE[::-1], is_closed=True, flags=16)
    hatch.set_xdata("OURS", TAGS)
    space.add_text("迎泽大街", height=2.25, dxfattribs={**at, "style": "HZ", "insert": tuple(LINE[0])})
    return drawing


def drawn_as_text(drawing: Drawing) -> list[str]:
    values = values_text("OURS", TAGS)
    return [
        line_text(drawing, "道路", LINE, closed=True) + values,
        line_text(drawing, "道路", LINE, closed=False) + values,
        point_text(drawing, "道路", LINE[0]),
        point_text(drawing, "道路", np.array([1.0, 2.0, 3.5])),
        tall_line_text(drawing, "道路", TALL, values, closed=True),
        hatch_text(drawing, "道路", (LINE, LINE[::-1])) + values,
        title_text(drawing, "道路", LINE[0], "迎泽大街", 2.25, "HZ"),
    ]


def empty(version: str) -> Drawing:
    drawing = new(version)
    drawing.encoding = "gbk"
    drawing.appids.add("OURS")
    drawing.layers.add("道路")
    drawing.styles.add("HZ", font="txt.shx")
    return drawing


@pytest.mark.parametrize("version", ["R2000", "R2004", "R2007", "R2010", "R2013", "R2018"])
def test_the_text_is_that_of_ezdxf(tmp_path: Path, version: str) -> None:
    theirs, ours, stream = drawn_by_ezdxf(version), empty(version), StringIO()
    theirs.write(stream)
    save_with(ours, drawn_as_text(ours), tmp_path / "a.dxf")
    written = (tmp_path / "a.dxf").read_text(ours.output_encoding)
    assert entity_texts(written) == entity_texts(stream.getvalue())
    assert len(entity_texts(written)) == 7
    found = readfile(tmp_path / "a.dxf")
    assert not found.audit().has_issues
    assert int(found.header["$HANDSEED"], 16) > max(int(each.dxf.handle, 16) for each in found.modelspace())


def test_a_drawing_without_entities(tmp_path: Path) -> None:
    save_with(empty("R2000"), [], tmp_path / "a.dxf")
    assert entity_texts((tmp_path / "a.dxf").read_text("gbk")) == []
    assert len(readfile(tmp_path / "a.dxf").modelspace()) == 0


def layer_of(rows: int) -> FeatureTable:
    schema = Schema((Field("n", "名称", FieldType.TEXT), Field("v", "v", FieldType.REAL)))
    shapes = [
        (box(row, 4e6, row + 1.5, 4e6 + 2), Point(row, 4e6), LineString([(row, 4e6), (9, 4e6)]))[row % 3] for row in range(rows)
    ]
    columns = {
        "n": text_column([f"地块{row} Ö" for row in range(rows)]),
        "v": column_of(FieldType.REAL, [row / 3 for row in range(rows)]),
    }
    return new_table(schema, columns, flat_column(shapes))


@pytest.mark.parametrize(
    ("old", "new_text"),
    [
        ("地块9 ", "地块8 "),
        ("v=3.0", "v=3.1"),
        ("\n8.0\n", "\n8.5\n"),
        (" 70\n1\n", " 70\n0\n"),
        ("  8\nx\n", "  8\n0\n"),
        ("\nTEXT\n", "\nPOINT\n"),
    ],
)
def test_a_large_drawing_is_compared_by_its_tags(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new_text: str
) -> None:
    monkeypatch.setattr(dxf_check, "_MOST_OBJECTS", 5)
    monkeypatch.setattr(dxf_check, "_SAMPLED", 1)  # the first: what is spoilt is for the tags to find
    how: Any = {"format": "dxf", "layer_name": "x", "receiver": "qgis"}
    write_layer(layer_of(12), "EPSG:4547", tmp_path / "good.dxf", **how)
    assert old in (tmp_path / "good.dxf").read_text("gbk")

    def spoilt(drawing: Drawing, entities: Iterable[str], path: Path) -> None:
        save_with(drawing, [each.replace(old, new_text) for each in entities], path)

    monkeypatch.setattr(dxf_write, "save_with", spoilt)
    with pytest.raises(UserError, match="does not read back"):
        write_layer(layer_of(12), "EPSG:4547", tmp_path / "bad.dxf", **how)
    assert not (tmp_path / "bad.dxf").exists()


HOLED = Polygon([(0, 4e6), (9, 4e6), (9, 4000009)], [[(5, 4000001), (6, 4000001), (6, 4000002)]])
HIGH = LineString([(0, 4e6, 812.25), (9, 4e6, 7.5)])


@pytest.mark.parametrize(
    ("old", "new_text"),
    [
        ("\n4000009.0\n", "\n4000008.0\n"),
        ("\n4000002.0\n", "\n4000003.0\n"),
        (" 92\n18\n", " 92\n3\n"),
        ("\n812.25\n", "\n812.5\n"),
        (" 70\n8\n", " 70\n9\n"),
        ("v=0.5", "v=0.25"),
    ],
)
def test_fillings_and_heights_of_a_large_drawing_are_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new_text: str
) -> None:
    monkeypatch.setattr(dxf_check, "_MOST_OBJECTS", 2)
    monkeypatch.setattr(dxf_check, "_check_objects", lambda *_: None)  # what is spoilt is for the tags to find
    schema = Schema((Field("v", "v", FieldType.REAL),))
    table = new_table(schema, {"v": column_of(FieldType.REAL, [0.5, 0.5, 1.5])}, flat_column([HOLED, HIGH, Point(1, 4e6)]))
    how: Any = {"format": "dxf", "layer_name": "x", "receiver": "autocad"}
    write_layer(table, "EPSG:4547", tmp_path / "good.dxf", **how)
    text = (tmp_path / "good.dxf").read_text("gbk")
    assert old in text
    assert {each.split("\n", 1)[0] for each in entity_texts(text)} == {"HATCH", "LWPOLYLINE", "POLYLINE", "POINT"}

    def spoilt(drawing: Drawing, entities: Iterable[str], path: Path) -> None:
        save_with(drawing, [each.replace(old, new_text) for each in entities], path)

    monkeypatch.setattr(dxf_write, "save_with", spoilt)
    with pytest.raises(UserError, match="does not read back"):
        write_layer(table, "EPSG:4547", tmp_path / "bad.dxf", **how)


@pytest.mark.parametrize("receiver", ["qgis", "autocad", "arcgis-pro"])
def test_a_text_that_looks_like_an_escape_is_a_text(tmp_path: Path, receiver: str) -> None:
    texts = ["\\U+00D6", "地块\\U+4E00\\M+5CCAB", "x" * 230 + "\\U+00D6" * 90, "\\U+", "\\\\U+00d6", "Ö\\U+00D6"]
    schema = Schema((Field("n", "名称", FieldType.TEXT),))
    table = new_table(schema, {"n": text_column(texts)}, flat_column([Point(row, 4e6) for row in range(len(texts))]))
    path = tmp_path / "a.dxf"
    write_layer(table, "EPSG:4547", path, format="dxf", layer_name="x", receiver=receiver)
    assert read_layer(path).table.column("名称").values() == texts
    for each in readfile(path).modelspace():
        if each.has_xdata("CGPLANNER"):
            assert all(len(str(tag.value).encode("gbk", "replace")) <= 255 for tag in each.get_xdata("CGPLANNER"))
    (tmp_path / "a.dxf.fields.json").unlink()
    assert [each for each in read_layer(path).table.column("Text").values() if each] == texts
