"""Files that become shorter while they are read: the program says so, and is not ended by the system."""

from __future__ import annotations

import itertools
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import shapely

from cgplanner.errors import UserError
from cgplanner.io.files import file_bytes
from cgplanner.io.files.file_bytes import FileBytes, FileCutError, Walker
from cgplanner.io.shapes import wkb_builder
from cgplanner.io.sqlite import geopackage_pages
from cgplanner.io.vector import describe, read_layer
from cgplanner.io.writing.outgoing import write_layer
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import table_from_records

SCHEMA = Schema((Field("a", "name", FieldType.TEXT), Field("b", "number", FieldType.REAL)), "polygon")


def _written(path: Path, kind: str, count: int = 4000) -> Path:
    rows = [{"name": f"地块{number}", "number": number / 3} for number in range(count)]
    table = table_from_records(SCHEMA, rows, [shapely.Point(500_000 + number, 4_180_000).buffer(9) for number in range(count)])
    write_layer(table, "EPSG:4547", path, format=kind, layer_name=path.stem)
    return path


@pytest.mark.parametrize("ending", ["gpkg", "shp", "dbf", "shx"])
@pytest.mark.parametrize("look", range(1, 7))
def test_a_file_that_is_cut_while_it_is_read(tmp_path: Path, ending: str, look: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut before the so-manieth look into it: all that was in it is read, or it is said that something is gone."""
    monkeypatch.setattr(wkb_builder, "MANY_ROWS", 1)
    monkeypatch.setattr(geopackage_pages, "_ROWS_AT_ONCE", 200)
    path = _written(tmp_path / ("a.gpkg" if ending == "gpkg" else "a.shp"), "gpkg" if ending == "gpkg" else "shp")
    expected, read, looks = read_layer(path).table, FileBytes.read, itertools.count(1)

    def cut_first(self: FileBytes, *span: int) -> bytes:
        if next(looks) == look:
            os.truncate(path.with_suffix(f".{ending}"), 9000)
        return read(self, *span)

    monkeypatch.setattr(FileBytes, "read", cut_first)
    try:
        found = read_layer(path)
    except UserError:
        return
    if not {note.code for note in found.report.notes} & {"shp-short", "geometry-missing"}:
        assert np.array_equal(found.table.geometry.base.xy, expected.geometry.base.xy)
    for field in expected.schema:
        assert found.table.column(field.name).equals(expected.column(field.name))


def test_a_table_that_is_cut_before_its_texts_are_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _written(tmp_path / "a.shp", "shp", 50)

    def gone(*_: object) -> bytes:
        raise FileCutError(5, "the file is shorter than it was")

    monkeypatch.setattr(FileBytes, "read", gone)
    with pytest.raises(UserError, match="shorter"):
        read_layer(path)
    with pytest.raises(UserError, match="shorter"):
        describe(path)


def test_bytes_that_are_gone_are_an_error_of_the_system(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(bytes(range(200)))
    with FileBytes(path) as source:
        assert source.read(3, 4) == bytes([3, 4, 5, 6])
        walker = Walker(source)
        assert (walker.piece(10, 2), walker.find(b"\x50\x51", 0), walker.find(b"zzz", 0)) == (b"\x0a\x0b", 80, -1)
        with path.open("r+b") as file:
            file.truncate(100)
        with pytest.raises(OSError, match="shorter"):
            source.read(90, 20)
        with pytest.raises(OSError, match="shorter"):
            Walker(source).piece(150, 2)


@pytest.mark.parametrize("system", ["posix", "windows"])
def test_bytes_come_whole_however_few_a_system_gives_at_once(
    tmp_path: Path, system: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_bytes, "_AT_ONCE", 7)
    if system == "windows":  # which reads at no place that is given
        monkeypatch.setattr(file_bytes, "_pread", None)
    path, data = tmp_path / "a.bin", bytes(range(250))
    path.write_bytes(data)
    with FileBytes(path) as source, ThreadPoolExecutor(4) as pool:
        spans = [(first, size) for first in range(0, 250, 9) for size in (1, 7, min(8, 250 - first), 250 - first)]
        found = list(pool.map(lambda span: source.read(*span), spans))
        with pytest.raises(FileCutError):
            source.read(240, 11)
    assert found == [data[first : first + size] for first, size in spans]
