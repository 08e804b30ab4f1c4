"""``convert`` says and writes the same whether the rows go by in pieces or are read whole, whatever is asked for under way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from cgplanner.cli.main import main
from cgplanner.io import vector
from cgplanner.io.drivers import driver_pieces
from cgplanner.io.vector import NotInPiecesError, write_layer
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import table_from_records

SCHEMA = Schema((Field("a", "name", FieldType.TEXT), Field("b", "n", FieldType.INTEGER)), "polygon")
X, Y = 366_000.0, 4_180_000.0
SHAPES = (
    "POLYGON ((0 0, 0 900, 900 900, 900 0, 0 0))",
    "POLYGON ((0 0, 900 900, 900 0, 0 900, 0 0))",
    "MULTIPOLYGON (((0 0, 0 90, 90 90, 0 0)), ((200 0, 200 90, 290 90, 200 0)))",
)
POINTS = "K1,366000,4180000,366040,4180021\nK2,378000,4180000,378040,4180021\nK3,378000,4198000,378040,4198021\n"


def _plots(path: Path, crs: str) -> Path:
    rows = [{"name": f"地块{number}", "n": number} for number in range(30)]
    shapes = [
        shapely.transform(shapely.from_wkt(SHAPES[number % 3]), lambda xy, n=number: xy + np.array([X + 1_000 * n, Y]))
        for number in range(30)
    ]
    write_layer(table_from_records(SCHEMA, rows, shapes), crs, path, format="gpkg", layer_name="plots")
    return path


def _converted(source: Path, target: Path, words: list[str], capsys: pytest.CaptureFixture[str]) -> Any:
    target.parent.mkdir()
    code = main(["convert", str(source), str(target), "--json", *words])
    said = capsys.readouterr()
    told = json.loads(said.out) if code == 0 else {}
    told.pop("files", None)
    files = {each.name: each.read_bytes() for each in target.parent.iterdir()}
    return code, told, sorted(said.err.replace(str(target.parent), "").splitlines()), files


@pytest.mark.parametrize("target", ["out.csv", "out.shp", "out.geojson"])
@pytest.mark.parametrize(
    ("crs", "words"),
    [
        ("EPSG:4547", ["--mend"]),
        ("EPSG:4547", ["--mend", "--receiver", "autocad"]),
        ("EPSG:4547", ["--from-crs", "EPSG:4546"]),
        ("", ["--from-crs", "EPSG:4547+swapped"]),
        ("EPSG:4547", ["--from-crs", "EPSG:4490"]),
        ("EPSG:2383", ["--ballpark"]),
        ("EPSG:2383", ["--ballpark", "--mend", "--crs", "EPSG:4526"]),
        ("EPSG:2383", ["--helmert=-12,118.5,61.25"]),
        ("EPSG:2383", ["--control-points", "points.txt", "--crs", "EPSG:4547"]),
        ("", ["--ballpark"]),
    ],
)
def test_what_is_asked_for_under_way_is_done_to_every_piece(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, target: str, crs: str, words: list[str]
) -> None:
    monkeypatch.setattr(driver_pieces, "ROWS_AT_ONCE", 7)
    monkeypatch.chdir(tmp_path)
    Path("points.txt").write_text(POINTS)
    source = _plots(tmp_path / "plots.gpkg", crs)
    given = 0
    pieces = vector._Source.pieces

    def counted(self: Any) -> Iterator[Any]:
        nonlocal given
        for piece in pieces(self):
            given += 1
            yield piece

    monkeypatch.setattr(vector._Source, "pieces", counted)
    by_pieces = _converted(source, tmp_path / "pieces" / target, words, capsys)
    assert given > (4 if by_pieces[0] == 0 else 0)  # a refusal comes as soon as some piece is seen to be wrong

    def refused(_self: Any) -> Iterator[Any]:
        raise NotInPiecesError

    monkeypatch.setattr(vector._Source, "pieces", refused)
    assert _converted(source, tmp_path / "whole" / target, words, capsys) == by_pieces
