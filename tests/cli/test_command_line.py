"""The verbs, as scripts call them: JSON on standard output, sentences on standard error, exit codes."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest

from cgplanner.__main__ import main
from cgplanner.cli.main import FORMATS, build_parser
from cgplanner.cli.verbs import is_for_command_line
from cgplanner.io.writing.outgoing import WRITABLE
from cgplanner.session.session import Session

COUNTS = {"projects": 46, "ecology": 7, "industry": 25, "tourism": 10}


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    path = tmp_path / "规划 计划" / "五市.gpkg"
    path.parent.mkdir()
    assert main(["new", str(path)]) == 0
    return path


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, Any, str]:
    """Return exit code, the JSON value on standard output (None when there is none), and standard error."""
    capsys.readouterr()
    code = main([str(each) for each in arguments])
    out, err = capsys.readouterr()
    return code, json.loads(out) if out.strip() else None, err


def operations(folder: Path, *lines: dict[str, Any]) -> Path:
    path = folder / "ops.jsonl"
    path.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), encoding="utf-8")
    return path


def test_new_and_info_count_the_facts(capsys: pytest.CaptureFixture[str], workspace: Path) -> None:
    code, data, _ = run(capsys, "info", workspace, "--json")
    counts = {layer["name"]: layer["features"] for layer in data["layers"]}
    assert code == 0
    assert COUNTS.items() <= counts.items()
    projects = next(layer for layer in data["layers"] if layer["name"] == "projects")
    assert projects["crs"]["epsg"] == 4490
    assert {"name", "alias", "type", "width", "precision", "nulls"} == set(projects["fields"][0])


def test_new_does_not_overwrite(capsys: pytest.CaptureFixture[str], workspace: Path) -> None:
    before = workspace.read_bytes()
    code, _, err = run(capsys, "new", workspace, "--empty")
    assert code == 3
    assert "五市" in err
    assert workspace.read_bytes() == before
    assert run(capsys, "new", workspace, "--empty", "--overwrite", "--json")[:2] == (
        0,
        {"workspace": str(workspace), "layers": []},
    )


def test_edit_saves_all_lines_or_none(capsys: pytest.CaptureFixture[str], workspace: Path) -> None:
    good = operations(
        workspace.parent,
        {"op": "set_field", "layer": "projects", "where": "XMBH = 'YQ01'", "field": "TZE", "value": 86.5},
        {"op": "add_feature", "layer": "项目", "wkt": "POINT (112.5 37.8)", "values": {"XMMC": "新站"}},
        {"op": "delete_features", "layer": "projects", "where": "XMBH in ('YQ08', 'YQ09')"},
        {"op": "undo"},
        {"op": "redo"},
    )
    assert run(capsys, "edit", workspace, good, "--dry-run", "--json")[1]["deleted"] == 2
    code, data, _ = run(capsys, "edit", workspace, good, "--json")
    assert (code, data) == (0, {"operations": 5, "changed": 1, "added": 1, "deleted": 2})
    table = Session.open(workspace, read_only=True).workspace.layer("projects").table
    assert len(table) == 45
    assert 86.5 in table.column("投资额（亿元）").values()
    before = workspace.read_bytes()
    bad = operations(
        workspace.parent,
        {"op": "delete_features", "layer": "projects", "where": "XMBH = 'YQ01'"},
        {"op": "set_field", "layer": "projects", "where": "XMBH = 'YQ02'", "field": "XMZT", "value": "烂尾"},
    )
    code, _, err = run(capsys, "edit", workspace, bad)
    assert code == 3
    assert "Line 2" in err
    assert "烂尾" in err
    assert workspace.read_bytes() == before


@pytest.mark.parametrize(
    "line",
    [
        "no json",
        '{"op": "fly"}',
        '["op"]',
        '{"op": "set_field"}',
        '{"op": "set_field", "layer": "nope", "fid": 1, "field": "SL", "value": 1}',
        '{"op": "set_field", "layer": "projects", "fid": 99999, "field": "SL", "value": 1}',
        '{"op": "set_field", "layer": "projects", "fid": "x", "field": "SL", "value": 1}',
        '{"op": "add_feature", "layer": "projects", "wkt": "POINT (x)"}',
        '{"op": "move_vertex", "layer": "projects", "where": "SL is null", "vertex": 0, "x": 1, "y": 1}',
    ],
)
def test_a_bad_line_is_named_and_nothing_changes(capsys: pytest.CaptureFixture[str], workspace: Path, line: str) -> None:
    before = workspace.read_bytes()
    path = workspace.parent / "ops.jsonl"
    path.write_text(line, encoding="utf-8")
    code, _, err = run(capsys, "edit", workspace, path)
    assert code == 3
    assert "Line 1" in err
    assert workspace.read_bytes() == before


@pytest.mark.parametrize("file_format", ["gpkg", "shp", "geojson", "parquet"])
def test_export_and_back(capsys: pytest.CaptureFixture[str], workspace: Path, tmp_path: Path, file_format: str) -> None:
    out = tmp_path / "交换"
    code, data, _ = run(capsys, "export", workspace, out, "--format", file_format, "--layer", "projects", "--json")
    assert code == 0
    (report,) = data
    assert (report["layer"], report["features_in"], report["features_out"], report["verified"]) == ("projects", 46, 46, True)
    assert report["files"]
    assert all(Path(name).exists() for name in report["files"])


def test_convert_to_a_zone(capsys: pytest.CaptureFixture[str], workspace: Path, tmp_path: Path) -> None:
    run(capsys, "export", workspace, tmp_path, "--format", "geojson", "--layer", "counties")
    target = tmp_path / "counties_4547.gpkg"
    code, data, _ = run(capsys, "convert", tmp_path / "counties.geojson", target, "--crs", "EPSG:4547", "--json")
    assert (code, data["features_in"], data["features_out"]) == (0, 53, 53)
    described = run(capsys, "info", target, "--json")[1]["layers"][0]
    assert described["crs"]["epsg"] == 4547
    assert described["extent"][0] > 150_000


def test_render_and_print(capsys: pytest.CaptureFixture[str], workspace: Path, tmp_path: Path) -> None:
    picture = tmp_path / "图.png"
    code, data, _ = run(capsys, "render", workspace, picture, "--size", "640x400", "--json")
    assert code == 0
    assert data["features_drawn"] > 88
    assert picture.read_bytes()[:4] == b"\x89PNG"
    page = tmp_path / "汇报.pdf"
    code, data, _ = run(capsys, "print", workspace, page, "--paper", "A4", "--json")
    assert (code, data["pages"]) == (0, 1)
    assert page.read_bytes()[:5] == b"%PDF-"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["info", "missing.gpkg"], 3),
        (["render", "missing.gpkg", "out.png"], 3),
        (["export", "missing.gpkg", "out", "--format", "shp"], 3),
        (["print", "missing.gpkg", "out.pdf"], 3),
        (["new"], 2),
        (["convert", "a.shp"], 2),
        (["export", "a.gpkg", "out", "--format", "docx"], 2),
        (["bench", "render"], 3),
    ],
)
def test_faults_and_misuse_have_their_codes(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int
) -> None:
    monkeypatch.chdir(tmp_path)
    got, data, err = run(capsys, *arguments)
    assert got == code
    assert data is None
    assert err.strip()
    assert "Traceback" not in err
    assert not list(tmp_path.iterdir())


def test_a_picture_of_nonsense_is_refused(capsys: pytest.CaptureFixture[str], workspace: Path, tmp_path: Path) -> None:
    for extra in (["--size", "0x5"], ["--extent", "1,2,3"], ["--extent", "5,5,1,1"]):
        assert run(capsys, "render", workspace, tmp_path / "a.png", *extra)[0] == 3
    assert run(capsys, "render", workspace, tmp_path / "a.docx")[0] == 3
    assert not (tmp_path / "a.png").exists()


def test_strict_refuses_with_its_own_code(capsys: pytest.CaptureFixture[str], workspace: Path, tmp_path: Path) -> None:
    line = operations(
        workspace.parent,
        {"op": "set_field", "layer": "projects", "where": "XMBH = 'YQ01'", "field": "BZ", "value": "长" * 200},
    )
    assert run(capsys, "edit", workspace, line)[0] == 0
    options = ("--format", "shp", "--layer", "projects", "--strict")
    code, _, err = run(capsys, "export", workspace, tmp_path / "o", *options, "--set", "long_texts=cut")
    assert code == 4
    assert err.strip()
    assert not list((tmp_path / "o").glob("*.shp"))
    assert run(capsys, "export", workspace, tmp_path / "o", *options, "--set", "long_texts=both")[0] == 3
    assert run(capsys, "export", workspace, tmp_path / "o", *options, "--set", "long_texts")[0] == 3
    assert run(capsys, "export", workspace, tmp_path / "o", *options)[0] == 0


def test_a_hand_over_comes_whole_or_not_at_all(capsys: pytest.CaptureFixture[str], workspace: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "places.geojson").write_text("of somebody else")
    code, _, err = run(capsys, "export", workspace, out, "--format", "geojson")
    assert code == 3
    assert "places.geojson exists already" in err
    assert [each.name for each in out.iterdir()] == ["places.geojson"]
    code, _, _ = run(capsys, "export", workspace, tmp_path / "strict", "--format", "shp", "--receiver", "arcgis10", "--strict")
    assert code in (0, 4)
    assert (tmp_path / "strict").exists() == (code == 0)
    assert run(capsys, "export", workspace, out, "--format", "shp", "--layer", "counties")[0] == 0
    (out / "counties.sbn").write_text("an index of the old set")
    assert run(capsys, "export", workspace, out, "--format", "shp", "--layer", "counties", "--overwrite")[0] == 0
    assert not (out / "counties.sbn").exists()
    assert run(capsys, "export", workspace, out, "--format", "geojson", "--overwrite")[0] == 0
    assert len(list(out.glob("*.geojson"))) == len(Session.open(workspace, read_only=True, journaled=False).workspace.layers)
    assert len(list(out.glob("counties.*"))) == 8, "the shapefile beside it is another set"
    assert (out / "places.geojson").read_text(encoding="utf-8").startswith("{")


def test_a_second_window_gets_a_sentence(capsys: pytest.CaptureFixture[str], workspace: Path) -> None:
    session = Session.open(workspace)
    try:
        code, _, err = run(capsys, "edit", workspace, operations(workspace.parent, {"op": "undo"}))
    finally:
        session.close()
    assert code == 3
    assert "another window" in err


def test_chinese_messages_for_a_chinese_locale(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    monkeypatch.chdir(tmp_path)
    code, _, err = run(capsys, "info", "没有.gpkg")
    assert code == 3
    assert any("\u4e00" <= char <= "\u9fff" for char in err.replace("没有", ""))


def test_the_door_tells_verbs_from_workspaces() -> None:
    assert is_for_command_line(["info", "x"])
    assert is_for_command_line(["--help"])
    assert is_for_command_line(["--lang", "zh", "print"]), "an unknown option is refused and opens no window"
    assert not is_for_command_line(["--bench-pan"])
    assert not is_for_command_line([])
    assert not is_for_command_line(["计划.gpkg"])


def test_help_lists_only_verbs_that_are_built() -> None:
    text = build_parser().format_help()
    assert "convert" in text
    assert "check" not in text


def test_a_damaged_workspace_is_refused(capsys: pytest.CaptureFixture[str], workspace: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.gpkg"
    shutil.copy(workspace, broken)
    broken.write_bytes(workspace.read_bytes()[:30_000])
    for verb in (
        ["info", broken],
        ["print", broken, tmp_path / "x.pdf"],
        ["edit", broken, operations(tmp_path, {"op": "undo"})],
    ):
        code, _, err = run(capsys, *verb)
        assert code == 3
        assert "Traceback" not in err


def test_every_format_that_can_be_written_can_be_asked_for() -> None:
    assert FORMATS == WRITABLE


def test_receivers_are_data(capsys: pytest.CaptureFixture[str], workspace: Path, home: Path) -> None:
    (home / "receivers").mkdir()
    profile = home / "receivers" / "ours.json"
    profile.write_text('{"title_en": "Ours", "encoding": "GBK"}', encoding="utf-8")
    target = workspace.parent / "ours.shp"
    code, data, _ = run(capsys, "convert", workspace, target, "--layer", "projects", "--receiver", "ours", "--json")
    assert (code, data["encoding"]) == (0, "GBK")
    profile.write_text("{", encoding="utf-8")
    code, _, err = run(capsys, "convert", workspace, target, "--layer", "projects", "--receiver", "ours", "--overwrite")
    assert code == 3
    assert "ours.json" in err
    assert run(capsys, "convert", workspace, target, "--layer", "projects", "--receiver", "atlas")[0] == 2


def test_a_workspace_leaves_as_one_archive_with_a_readme(capsys: pytest.CaptureFixture[str], workspace: Path) -> None:
    target = workspace.parent / "移交.zip"
    options = ("--format", "shp", "--receiver", "mapgis", "--layer", "projects", "--layer", "ecology", "--json")
    code, data, _ = run(capsys, "export", workspace, target, *options)
    assert code == 0
    assert [each["layer"] for each in data] == ["projects", "ecology"]
    with zipfile.ZipFile(target) as archive:
        names = set(archive.namelist())
        readme = archive.read("README.txt").decode("utf-8-sig")
    assert {Path(path).name for each in data for path in each["files"]} | {"README.txt"} == names
    assert "要素 Features: 46" in readme
    assert "编码 Encoding: GBK" in readme
    assert "EPSG:4490" in readme
    before = target.read_bytes()
    assert run(capsys, "export", workspace, target, *options)[0] == 3
    assert target.read_bytes() == before
    code, info, _ = run(capsys, "info", target, "--json")
    assert {layer["name"] for layer in info["layers"]} >= {"projects_pt", "ecology"}


def test_a_folder_is_handed_over_with_readme_and_page(capsys: pytest.CaptureFixture[str], workspace: Path) -> None:
    out = workspace.parent / "移交"
    options = ("--format", "gdb", "--layer", "projects", "--crs", "EPSG:4547", "--page", "--json")
    code, data, _ = run(capsys, "export", workspace, out, *options)
    assert code == 0
    readme = (out / "README.txt").read_text(encoding="utf-8-sig")
    assert (out / "MAP.pdf").read_bytes().startswith(b"%PDF")
    assert "46 个要素" in readme
    assert "46 features" in readme
    assert "EPSG:4547" in readme
    assert any("split into" in line and "拆分" in line for line in readme.splitlines())
    code, info, _ = run(capsys, "info", out / "projects.gdb", "--json")
    assert sum(layer["features"] for layer in info["layers"]) == data[0]["features_out"] == 46
    assert all(any(field["alias"] for field in layer["fields"]) for layer in info["layers"])


def test_drawings_of_one_delivery_lie_upon_each_other(capsys: pytest.CaptureFixture[str], workspace: Path) -> None:
    """The middles of the layers lie on either side of 112.5 degrees east."""
    for options in (("--format", "dxf"), ("--format", "shp", "--receiver", "autocad")):
        out = workspace.parent / options[1]
        code, data, _ = run(capsys, "export", workspace, out, *options, "--json")
        assert code == 0
        assert len({each["crs"] for each in data}) == 1


def test_an_archive_holds_geodatabases_and_opens(capsys: pytest.CaptureFixture[str], workspace: Path) -> None:
    target = workspace.parent / "a.zip"
    assert run(capsys, "export", workspace, target, "--format", "gdb", "--layer", "counties")[0] == 0
    code, info, _ = run(capsys, "info", target, "--json")
    assert code == 0
    assert [layer["features"] for layer in info["layers"]] == [
        len(Session.open(workspace, read_only=True, journaled=False).workspace.layer("counties").table)
    ]


def test_projected_geojson_where_a_zone_is_asked_for(capsys: pytest.CaptureFixture[str], workspace: Path) -> None:
    plain, zoned = workspace.parent / "a.geojson", workspace.parent / "b.geojson"
    assert run(capsys, "convert", workspace, plain, "--layer", "projects")[0] == 0
    code, data, _ = run(capsys, "convert", workspace, zoned, "--layer", "projects", "--crs", "EPSG:4547", "--json")
    assert (code, data["crs"]) == (0, "EPSG:4547")
    assert '"crs":' not in plain.read_text(encoding="utf-8").split('"features"')[0].replace('"crs": "EPSG:4490"', "")
    assert "urn:ogc:def:crs:EPSG::4547" in zoned.read_text(encoding="utf-8")
    code, info, _ = run(capsys, "info", zoned, "--json")
    assert info["layers"][0]["crs"]["epsg"] == 4547


def test_an_interrupted_swap_is_finished_when_a_verb_starts(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, home: Path
) -> None:
    left = tmp_path / ".cgplanner-a-1-aa"
    left.mkdir()
    (left / "a.csv").write_text("new", encoding="utf-8")
    (left / "swap.json").write_text('{"files": ["a.csv"], "stale": []}', encoding="utf-8")
    (tmp_path / "a.csv").write_text("old", encoding="utf-8")
    (home / "swaps").mkdir()
    (home / "swaps" / left.name).write_text(str(tmp_path), encoding="utf-8")
    main(["info", str(tmp_path / "nothing.gpkg")])
    capsys.readouterr()
    assert (tmp_path / "a.csv").read_text(encoding="utf-8") == "new"
    assert not left.exists()
    assert list((home / "swaps").iterdir()) == []


def test_styles_go_out_and_come_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, file = tmp_path / "a.gpkg", tmp_path / "a.qml"
    assert main(["new", str(path)]) == 0
    assert main(["style", str(path), "projects", "--to", str(file), "--json"]) == 0
    assert main(["style", str(path), "projects", "--to", str(file)]) == 3  # it is there already
    capsys.readouterr()
    assert main(["style", str(path), "projects", "--from", str(file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["layer"] == "projects"
    assert main(["style", str(path), "nowhere", "--from", str(file)]) == 3
