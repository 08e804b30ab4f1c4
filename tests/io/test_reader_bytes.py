"""The readers of our own on any text at all: an answer, or a refusal in a sentence."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cgplanner.errors import UserError
from cgplanner.io.dxf.mend import mended, needs_mending
from cgplanner.io.geojson.topojson import topology_layers
from cgplanner.io.kml.read import kml_layers, read_kml
from cgplanner.io.shapefile.dbf import DbfField
from cgplanner.io.shapefile.dbf_read import _Cells
from cgplanner.io.tables.csv_file import read_csv
from cgplanner.io.tables.table_head import headed

ANY = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
KML_TAGS = (
    "kml",
    "Document",
    "Folder",
    "Placemark",
    "name",
    "Point",
    "coordinates",
    "Polygon",
    "MultiGeometry",
    "Data",
    "value",
)
KML_PIECES = st.sampled_from(
    [
        *(f"<{tag}>" for tag in KML_TAGS),
        *(f"</{tag}>" for tag in KML_TAGS),
        *("太原", "112,37 ", "no,no", "&nbsp;", "<![CDATA[", "]]>", "<!--", "<Track/>", "<Data name='a'>"),
    ]
)
NUMBERS = st.one_of(st.integers(-5, 5), st.floats(allow_nan=True), st.none(), st.text(max_size=2))
JSON = st.recursive(
    NUMBERS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["type", "arcs", "coordinates"]), inner),
)
CELLS = st.lists(st.lists(st.one_of(st.none(), st.integers(), st.floats(), st.text(max_size=6)), max_size=5), max_size=15)


@ANY
@given(st.lists(KML_PIECES, max_size=40))
def test_kml_is_read_or_refused(tmp_path: Path, pieces: list[str]) -> None:
    path = tmp_path / "a.kml"
    path.write_text("<kml><Document>" + "".join(pieces), encoding="utf-8")
    for text in ("".join(pieces), "<kml><Document>" + "".join(pieces) + "</Document></kml>"):
        path.write_text(text, encoding="utf-8")
        with suppress(UserError):
            for layer in kml_layers(path):
                assert len(read_kml(path, layer.name, None, None).table) == layer.features


@ANY
@given(JSON, st.lists(JSON, max_size=4), JSON)
def test_topologies_are_put_together_or_counted(transform: Any, arcs: list[Any], objects: Any) -> None:
    data = json.loads(json.dumps({"arcs": arcs, "objects": {"a": {"type": "GeometryCollection", "geometries": [objects]}}}))
    if isinstance(transform, dict):
        data["transform"] = transform
    try:
        layers, damaged = topology_layers(data)
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError):
        return
    assert damaged <= sum(map(len, layers.values()))


@ANY
@given(st.binary(max_size=400))
def test_csv_is_read_or_refused(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "a.csv").write_bytes(raw)
    with suppress(UserError):
        loaded = read_csv(tmp_path / "a.csv")
        assert len(loaded.table) <= raw.count(b"\n") + raw.count(b"\r") + len(raw) // 2 + 1


@ANY
@given(CELLS)
def test_a_table_keeps_its_cells(rows: list[list[Any]]) -> None:
    names, body = headed(rows, [])
    assert all(len(row) == len(names) for row in body)
    there = [row for row in rows if any(cell is not None and str(cell).strip() for cell in row)]
    assert len(there) - 12 <= len(body) <= len(there)


@ANY
@given(
    st.binary(max_size=300), st.lists(st.sampled_from(["0\n", "LINE\n", "8\n", "10\n", "1.5\n", "SECTION\n", "EOF\n", "x\n"]))
)
def test_what_is_mended_ends_as_a_drawing_does(raw: bytes, lines: list[str]) -> None:
    for text in (raw, "".join(lines).encode()):
        assert isinstance(needs_mending(text), bool)
        made = mended(text, "gbk").text
        assert made.endswith("0\nEOF\n")
        assert made.count("SECTION") <= made.count("ENDSEC") + text.count(b"SECTION")


@ANY
@pytest.mark.parametrize("letter", list("CNFDLMGBIOTY@+0QV"))
@given(raw=st.binary(min_size=8, max_size=8))
def test_any_cell_has_a_value_or_none(letter: str, raw: bytes) -> None:
    kind, values, notes = _Cells("a", DbfField(b"a", letter, 8), seventh=False, codec="gb18030", memo=None).read([raw])
    assert len(values) == 1
    assert all(note.count == 1 for note in notes)
    assert kind is not None
