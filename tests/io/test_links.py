"""The same bytes in another place: whatever lies there already, no file of somebody else is ever written to."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import pytest
import shapely

from cgplanner.errors import UserError
from cgplanner.io.files.links import link
from cgplanner.io.vector import read_layer, write_layer
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import table_from_records


def _refused(*_: object) -> None:
    raise OSError("as on Windows without the right")


@pytest.mark.parametrize("links", [True, False])
def test_the_first_of_two_files_for_one_place_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, links: bool) -> None:
    if not links:
        monkeypatch.setattr(Path, "symlink_to", _refused)
    for name in ("first", "second"):
        (tmp_path / name).write_bytes(name.encode())
        link(tmp_path / name, tmp_path / "place")
    assert [(tmp_path / name).read_bytes() for name in ("first", "second", "place")] == [b"first", b"second", b"first"]


@pytest.mark.skipif(os.name == "nt", reason="Windows gives links to few")
def test_a_link_that_leads_nowhere_makes_no_file_there(tmp_path: Path) -> None:
    (tmp_path / "place").symlink_to(tmp_path / "gone")
    (tmp_path / "source").write_bytes(b"x")
    link(tmp_path / "source", tmp_path / "place")
    assert not (tmp_path / "gone").exists()


def test_a_geodatabase_with_names_that_differ_by_case_only_is_left_as_it_was(tmp_path: Path) -> None:
    folder = tmp_path / "a.gdb"
    table = table_from_records(Schema((Field("f1", "n", FieldType.INTEGER),), "point"), [{"n": 1}], [shapely.Point(112, 37)])
    write_layer(table, "EPSG:4490", folder, format="gdb", layer_name="plots")
    for each in list(folder.iterdir()):
        each.rename(each.with_name(each.name.upper()))
    for each in list(folder.glob("*.GDBTABLE")):
        if "00000001" not in each.name and not (lower := each.with_name(each.name.lower())).exists():
            lower.write_bytes(b"another")
    before = {each.name: each.read_bytes() for each in folder.iterdir()}
    with suppress(UserError):  # whichever of two it takes
        read_layer(folder)
    assert {each.name: each.read_bytes() for each in folder.iterdir()} == before
