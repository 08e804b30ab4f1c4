"""Entities written without ezdxf's objects are tag for tag what ezdxf writes, and are cut apart again as they were."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ezdxf.document import Drawing
from ezdxf.filemanagement import new, readfile

from cgplanner.io.dxf_text import entity_texts, line_text, point_text, save_with, title_text, values_text

LINE = np.array([[380_000.125, 4_190_000.0], [1.5, 2e20], [0.1 + 0.2, -1e-7]])
TAGS = [(1071, 7), (1071, 0), (1071, 0), (1000, "名称=迎泽 大街"), (1000, "v=1.5")]


def drawn_by_ezdxf(version: str) -> Drawing:
    drawing = empty(version)
    space: Any = drawing.modelspace()
    at = {"layer": "道路"}
    for closed in (True, False):
        space.add_lwpolyline(LINE, format="xy", close=closed, dxfattribs=at).set_xdata("OURS", TAGS)
    space.add_point(LINE[0], at)
    space.add_point((1.0, 2.0, 3.5), at)
    space.add_text("迎泽大街", height=2.25, dxfattribs={**at, "style": "HZ", "insert": tuple(LINE[0])})
    return drawing


def drawn_as_text(drawing: Drawing) -> list[str]:
    values = values_text("OURS", TAGS)
    return [
        line_text(drawing, "道路", LINE, closed=True) + values,
        line_text(drawing, "道路", LINE, closed=False) + values,
        point_text(drawing, "道路", LINE[0]),
        point_text(drawing, "道路", np.array([1.0, 2.0, 3.5])),
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
    assert len(entity_texts(written)) == 5
    found = readfile(tmp_path / "a.dxf")
    assert not found.audit().has_issues
    assert int(found.header["$HANDSEED"], 16) > max(int(each.dxf.handle, 16) for each in found.modelspace())


def test_a_drawing_without_entities(tmp_path: Path) -> None:
    save_with(empty("R2000"), [], tmp_path / "a.dxf")
    assert entity_texts((tmp_path / "a.dxf").read_text("gbk")) == []
    assert len(readfile(tmp_path / "a.dxf").modelspace()) == 0
