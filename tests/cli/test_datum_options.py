"""``convert`` with the datum options: what is printed, what is written, what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import shapely

from cgplanner.cli.main import main
from cgplanner.edit import operations
from cgplanner.geometry.datum_shift import helmert_of, shifted
from cgplanner.io.crs.datum_change import BALLPARK, in_other_datum
from cgplanner.io.vector import read_layer, write_layer
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import table_from_records
from cgplanner.session.importing import imported_layer
from cgplanner.session.session import Session

XIAN, NEW = "EPSG:2383", "EPSG:4547"
CORNERS = np.array([(366_000.0, 4_180_000.0), (378_000.0, 4_180_000.0), (378_000.0, 4_198_000.0), (366_000.0, 4_198_000.0)])
SHIFT = ["-12", "118.5", "61.25", "0.4", "-0.3", "0.9", "2.5"]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return written(tmp_path / "plots.shp", XIAN)


def written(path: Path, crs: str) -> Path:
    rows = [{"n": number} for number in range(3)]
    shapes = [shapely.Point(370_000 + 1_000 * number, 4_190_000) for number in range(3)]
    table = table_from_records(Schema((Field("f1", "n", FieldType.INTEGER),), "point"), rows, shapes)
    write_layer(table, crs, path, format="shp", layer_name=path.stem)
    return path


def places(path: Path) -> np.ndarray:
    return np.asarray(read_layer(path).table.geometry.base.xy)


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    code = main(["convert", *(str(each) for each in words)])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_without_parameters_it_is_refused_and_says_what_can_be_done(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = source.with_suffix(".gpkg")
    code, _, said = run(capsys, source, target, "--crs", NEW)
    assert (code, target.exists()) == (3, False)
    assert "no parameters" in said
    assert "marked" in said


def test_the_rough_way_has_to_be_asked_for_and_is_marked(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, said = run(capsys, source, source.with_suffix(".gpkg"), "--ballpark", "--json")
    assert code == 0
    told = json.loads(out)
    assert told["datum"] == {"how": "ballpark", "from": XIAN, "to": NEW, "accuracy_m": 150.0}
    assert told["crs"] == NEW
    assert "150 m" in said


@pytest.mark.parametrize("joined", [True, False])
def test_helmert_parameters_may_begin_with_a_minus(source: Path, capsys: pytest.CaptureFixture[str], *, joined: bool) -> None:
    words = [f"--helmert={','.join(SHIFT)}"] if joined else ["--helmert", ",".join(SHIFT)]
    target = source.with_suffix(".gpkg")
    code, out, _ = run(capsys, source, target, *words, "--rotation", "position-vector", "--json")
    assert (code, json.loads(out)["datum"]["how"]) == (0, "helmert")
    known = helmert_of([float(each) for each in SHIFT], "position_vector")
    np.testing.assert_allclose(places(target), shifted(places(source), known, XIAN, NEW), atol=1e-6)


@pytest.mark.parametrize("words", [["--helmert", "1,2"], ["--helmert", "a,b,c"], ["--helmert", "1,2,3,4,5,6,7"]])
def test_parameters_that_are_none_are_refused(source: Path, capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    assert run(capsys, source, source.with_suffix(".gpkg"), *words)[0] == 3


def test_two_ways_at_once_are_no_usage(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, source, source.with_suffix(".gpkg"), "--ballpark", "--helmert", "1,2,3")[0] == 2


def test_a_file_of_parameters_and_one_of_points(source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    numbers = dict(zip(("dx", "dy", "dz", "rx", "ry", "rz", "scale_ppm"), map(float, SHIFT), strict=True))
    parameters = tmp_path / "parameters.json"
    parameters.write_text(json.dumps({"helmert": numbers | {"rotation": "position_vector"}, "from": "EPSG:4610"}))
    one = tmp_path / "one.gpkg"
    assert run(capsys, source, one, "--datum-shift", parameters)[0] == 0
    known = helmert_of(list(numbers.values()), "position_vector")
    there = shifted(CORNERS, known, XIAN, NEW)
    lines = [f"K{number} {a[0]} {a[1]} {b[0]} {b[1]}" for number, (a, b) in enumerate(zip(CORNERS, there, strict=True))]
    points = tmp_path / "points.txt"
    points.write_text("\n".join(lines))
    other = tmp_path / "other.gpkg"
    code, out, said = run(capsys, source, other, "--control-points", points, "--fit", "helmert", "--crs", NEW, "--json")
    told = json.loads(out)["datum"]
    assert (code, told["how"], told["points"]) == (0, "helmert-points", 4)
    assert told["accuracy_m"] < 0.001
    assert "K3" in said
    np.testing.assert_allclose(places(other), places(one), atol=0.01)


def test_what_the_source_is_in_can_be_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bare = written(tmp_path / "bare.shp", "")
    target = tmp_path / "out.gpkg"
    code, out, said = run(capsys, bare, target, "--from-crs", "EPSG:4546", "--json")
    assert (code, json.loads(out)["crs"]) == (0, "EPSG:4546")
    assert "4547" not in said + out, "what was guessed is no longer spoken of"
    for word in ("bd09", "Taiyuan", "EPSG:4326"):
        assert run(capsys, bare, tmp_path / "no.gpkg", "--from-crs", word)[0] == 3
    assert not (tmp_path / "no.gpkg").exists()


def test_points_for_a_grid_that_nobody_knows_need_to_say_where_they_lead(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [{"n": number} for number in range(3)]
    table = table_from_records(
        Schema((Field("f1", "n", FieldType.INTEGER),), "point"), rows, [shapely.Point(each, each) for each in (100, 200, 300)]
    )
    write_layer(table, "", tmp_path / "grid.shp", format="shp", layer_name="grid")
    points = tmp_path / "points.csv"
    points.write_text("0,0,370000,4190000\n500,0,370500,4190000\n0,500,370000,4190500\n")
    words = (tmp_path / "grid.shp", tmp_path / "grid.gpkg", "--control-points", points)
    code, _, said = run(capsys, *words)
    assert (code, "--crs" in said) == (3, True)
    assert run(capsys, *words, "--crs", NEW)[0] == 0
    np.testing.assert_allclose(places(tmp_path / "grid.gpkg")[0], (370_100, 4_190_100), atol=1e-6)


def test_every_export_says_how_a_layer_came_to_its_datum(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    session = Session.new(journaled=False)
    loaded = in_other_datum(read_layer(source), BALLPARK)
    session.run(operations.add_layer(session.workspace, imported_layer(loaded, session.workspace)))
    session.save_as(tmp_path / "plan.gpkg")
    session.close()
    assert main(["export", str(tmp_path / "plan.gpkg"), str(tmp_path / "out"), "--format", "shp", "--strict", "--json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert "datum-ballpark" in {loss["code"] for loss in told["losses"]}
    assert main(["info", str(tmp_path / "plan.gpkg"), "--json"]) == 0
    (layer,) = json.loads(capsys.readouterr().out)["layers"]
    assert layer["crs"]["datum"] == {"how": "ballpark", "from": XIAN, "to": NEW, "accuracy_m": 150.0}
    assert "datum-ballpark" in {note["code"] for note in layer["notes"]}


def test_a_layer_of_a_workspace_is_changed_by_an_operation(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    loaded = read_layer(written(tmp_path / "plots.shp", XIAN))
    session = Session.new(journaled=False)
    session.run(operations.add_layer(session.workspace, imported_layer(loaded, session.workspace)))
    workspace, lines = tmp_path / "map.gpkg", tmp_path / "operations.jsonl"
    session.save_as(workspace)
    session.close()
    wanted = {"op": "change_datum", "layer": "plots", "helmert": [float(each) for each in SHIFT], "rotation": "position-vector"}
    lines.write_text(json.dumps(wanted), encoding="utf-8")
    assert main(["edit", str(workspace), str(lines)]) == 0
    layer = Session.open(workspace, read_only=True, journaled=False).workspace.layers[0]
    shift = helmert_of([float(each) for each in SHIFT], "position_vector")
    np.testing.assert_allclose(
        layer.table.geometry.base.xy, shifted(loaded.table.geometry.base.xy, shift, XIAN, NEW), atol=1e-9
    )
    assert (layer.crs, layer.extras["datum"]["how"]) == (NEW, "helmert")
    capsys.readouterr()
    lines.write_text(json.dumps({"op": "change_datum", "layer": "plots", "ballpark": True}), encoding="utf-8")
    assert main(["edit", str(workspace), str(lines)]) == 3
    assert "already" in capsys.readouterr().err
    lines.write_text(json.dumps({"op": "change_datum", "layer": "plots"}), encoding="utf-8")
    assert main(["edit", str(workspace), str(lines)]) == 3
    assert "how" in capsys.readouterr().err
