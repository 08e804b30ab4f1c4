"""The workspace file gives back what was put in, keeps its index right, and opens elsewhere."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from cgplanner.errors import UserError
from cgplanner.io.sqlite import feature_rows
from cgplanner.io.sqlite import geopackage_sql as gpkg
from cgplanner.io.workspace.workspace_file import (
    PLAIN,
    WorkspaceLock,
    create_workspace,
    file_state,
    read_workspace,
    save_changes,
)
from cgplanner.io.writing.table_compare import difference
from cgplanner.model.changeset import Changeset
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import empty_table
from cgplanner.model.workspace import Workspace, adding, removing, setting
from cgplanner.symbology.style import Style

_spec = importlib.util.spec_from_file_location("io_workspaces", Path(__file__).with_name("workspaces.py"))
assert _spec is not None
assert _spec.loader is not None
made = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(made)


def wrong_boxes(path: Path) -> list[Any]:
    """Return the rows whose box in the spatial index is not that of their geometry, and boxes without a row."""
    wrong: list[Any] = []
    with gpkg.opened(path) as connection:
        for (table,) in connection.execute("SELECT table_name FROM gpkg_geometry_columns").fetchall():
            rtree = gpkg.quoted(f"rtree_{table}_geom")
            (verdict,) = connection.execute("SELECT rtreecheck(?)", (f"rtree_{table}_geom",)).fetchone()
            wrong += [] if verdict == "ok" else [verdict]
            boxes = {row[0]: row[1:] for row in connection.execute(f"SELECT * FROM {rtree}")}  # noqa: S608  quoted
            for fid, blob in connection.execute(f"SELECT fid, geom FROM {gpkg.quoted(table)}"):  # noqa: S608  quoted
                box, found = gpkg.blob_bounds(blob), boxes.pop(fid, None)
                if (box is None) != (found is None):
                    wrong.append((table, fid, box, found))
                elif box is not None and found is not None:
                    near = np.allclose(box, found, rtol=1e-6, atol=1e-30)
                    around = found[0] <= box[0] and found[1] >= box[1] and found[2] <= box[2] and found[3] >= box[3]
                    wrong += [] if near and around else [(table, fid, box, found)]
            wrong += [(table, fid, "no row") for fid in boxes]
    return wrong


def test_everything_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "规划.gpkg"
    workspace = made.small_workspace()
    create_workspace(path, workspace)
    loaded = read_workspace(path)
    assert difference(workspace, loaded.workspace) == ""
    assert loaded.workspace.equals(workspace)
    assert loaded.workspace.view == workspace.view
    assert loaded.report.notes == ()
    assert [each.name for each in tmp_path.iterdir()] == ["规划.gpkg"]
    assert wrong_boxes(path) == []


@given(made.workspaces())
@settings(max_examples=40)
def test_any_workspace_comes_back(workspace: Workspace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "w.gpkg"
        create_workspace(path, workspace)
        loaded = read_workspace(path).workspace
        assert difference(workspace, loaded) == ""
        assert wrong_boxes(path) == []


@given(st.data())
@settings(max_examples=60)
def test_saving_changes_equals_writing_anew(data: st.DataObject) -> None:
    workspace = data.draw(made.workspaces())
    changes = data.draw(made.row_changes(workspace))
    after = workspace.apply(changes)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "w.gpkg"
        create_workspace(path, workspace)
        save_changes(path, after, changes)
        assert difference(after, read_workspace(path).workspace) == ""
        assert wrong_boxes(path) == []
        back = ~changes
        save_changes(path, after.apply(back), back)
        assert difference(workspace, read_workspace(path).workspace) == ""
        assert wrong_boxes(path) == []


def all_settings(workspace: Workspace) -> Changeset:
    fields = list(made.FIELDS)
    fields[0], fields[1] = replace(fields[0], name="XMZT"), replace(fields[1], name="XMMC")  # two names change places
    schema = replace(workspace.layer("projects").schema, fields=tuple(fields))
    changes = setting(workspace, "projects", "schema", schema)
    changes += setting(workspace, "projects", "style", Style())
    changes += setting(workspace, "projects", "title_zh", "项目库")
    changes += setting(workspace, "rivers", "crs", "EPSG:4547")
    changes += setting(workspace, "", "layouts", {"分图": {"a": 1}})
    changes += setting(workspace, "", "order", ("projects", "rivers"))
    return changes + adding(workspace.apply(changes), made.layer("new"))


def test_settings_layers_and_names_are_saved(tmp_path: Path) -> None:
    path = tmp_path / "w.gpkg"
    workspace = made.small_workspace()
    create_workspace(path, workspace)
    changes = all_settings(workspace)
    after = workspace.apply(changes)
    save_changes(path, after, changes)
    assert difference(after, read_workspace(path).workspace) == ""
    dropped = removing(after, "projects")
    save_changes(path, after.apply(dropped), dropped)
    assert difference(after.apply(dropped), read_workspace(path).workspace) == ""
    assert wrong_boxes(path) == []
    with gpkg.opened(path) as connection:
        assert not {name for name in gpkg.tables_of(connection) if "projects" in name}


def test_a_fid_is_never_given_twice(tmp_path: Path) -> None:
    path = tmp_path / "w.gpkg"
    workspace = made.small_workspace()
    create_workspace(path, workspace)
    table = workspace.layer("projects").table
    changes = Changeset({"projects": made.TableChange(deleted=table.rows(np.array([2])))})
    save_changes(path, workspace.apply(changes), changes)
    assert read_workspace(path).workspace.layer("projects").table.next_fid == 4


def test_the_driver_for_large_tables_reads_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "w.gpkg"
    rows = [{**record, "XMMC": f"{i}"} for i in range(40) for record in made.RECORDS]
    table = made.table_from_records(made.SCHEMA, rows, made.SHAPES * 40)
    points = made.table_from_records(Schema((), "mixed"), [{}] * 3, [made.SHAPES[0].centroid, None, made.SHAPES[1]])
    workspace = Workspace((made.layer("a", table), made.layer("b", points), made.layer("c", empty_table(made.SCHEMA))))
    create_workspace(path, workspace)
    monkeypatch.setattr(feature_rows, "BULK_ROWS", 0)
    shares: list[float] = []
    loaded = read_workspace(path, progress=shares.append).workspace
    assert difference(workspace, loaded) == ""
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


@pytest.mark.parametrize("far", [70, 2**40])
def test_a_large_table_with_gaps_between_its_rows_reads_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, far: int
) -> None:
    path = tmp_path / "w.gpkg"
    table = made.table_from_records(made.SCHEMA, made.RECORDS * 20, made.SHAPES * 20)
    fids = np.arange(1, len(table) + 1)
    fids[-1] += far
    gaps = made.new_table(made.SCHEMA, {each.id: table.columns[each.id] for each in made.SCHEMA}, table.geometry, fids)
    create_workspace(path, Workspace((made.layer("a", gaps),)))
    monkeypatch.setattr(feature_rows, "BULK_ROWS", 10)
    read = read_workspace(path).workspace
    assert difference(Workspace((made.layer("a", gaps),)), read) == ""
    assert read.layer("a").table.fids.tolist() == fids.tolist()


@pytest.mark.parametrize("count", [0, 1, 51, 52, 2040, 2041, 5000])
def test_a_packed_index_is_one_that_sqlite_would_make(tmp_path: Path, count: int) -> None:
    path = tmp_path / "w.gpkg"
    chance = np.random.default_rng(count)
    points = shapely.points(chance.uniform(-1e6, 4e7, (count, 2)))
    columns = {"f": made.column_of(FieldType.INTEGER, list(range(count)))}
    table = made.new_table(Schema((Field("f", "f", FieldType.INTEGER),), "point"), columns, made.flat_column(points))
    workspace = Workspace((made.layer("points", table),))
    create_workspace(path, workspace)
    assert wrong_boxes(path) == []
    rows = table.rows(np.arange(0, count, 3))
    changes = Changeset({"points": made.TableChange(deleted=rows)}) if count else Changeset()
    save_changes(path, workspace.apply(changes), changes)
    save_changes(path, workspace, ~changes)
    assert wrong_boxes(path) == []
    box = shapely.box(0, 0, 2e7, 2e7)
    with gpkg.opened(path) as connection:
        sql = "SELECT id FROM rtree_points_geom WHERE maxx >= 0 AND minx <= 2e7 AND maxy >= 0 AND miny <= 2e7 ORDER BY id"
        found = [fid for (fid,) in connection.execute(sql)]
    assert found == (np.flatnonzero(shapely.intersects(box, points)) + 1).tolist()


def test_a_window_opens_the_sample_without_drivers(tmp_path: Path) -> None:
    path = tmp_path / "w.gpkg"
    create_workspace(path, made.small_workspace())
    code = (
        "import sys; from cgplanner.io.workspace.workspace_file import read_workspace; read_workspace(sys.argv[1]);"
        "print([m for m in ('pyarrow', 'pyogrio', 'fiona', 'pandas', 'pyproj', 'numba') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# --- elsewhere ---------------------------------------------------------------------------------------------------------------


def test_ogrinfo_sees_layers_and_nothing_else(tmp_path: Path) -> None:
    if shutil.which("ogrinfo") is None:
        pytest.skip("ogrinfo is not installed")
    path = tmp_path / "w.gpkg"
    create_workspace(path, made.small_workspace())
    done = subprocess.run(["ogrinfo", "-ro", "-so", "-al", path], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    names = [line.removeprefix("Layer name: ") for line in done.stdout.splitlines() if line.startswith("Layer name: ")]
    assert names == ["rivers", "projects"]
    assert "XMMC: String (80.0)" in done.stdout
    assert "China Geodetic Coordinate System 2000" in done.stdout
    edited = subprocess.run(
        ["ogrinfo", path, "-sql", "UPDATE projects SET SL = 8 WHERE fid = 1"], capture_output=True, text=True, check=True
    )
    assert edited.stderr == ""
    assert read_workspace(path).workspace.layer("projects").table.column("SL").value(0) == 8


def test_fiona_and_pyogrio_read_the_layers(tmp_path: Path) -> None:
    import fiona  # noqa: PLC0415  slow to import, for this test only
    import pyogrio  # noqa: PLC0415  the same

    path = tmp_path / "w.gpkg"
    create_workspace(path, made.small_workspace())
    assert fiona.listlayers(path) == ["rivers", "projects"]
    assert [name for name, _ in pyogrio.list_layers(path)] == ["rivers", "projects"]
    with fiona.open(path, layer="projects") as source:
        assert dict(source.schema["properties"]) == {
            "XMMC": "str:80",
            "XMZT": "str:10",
            "SL": "int",
            "MJ": "float",
            "SFZD": "bool",
            "KGRQ": "date",
            "GXSJ": "datetime",
        }
        assert source.schema["geometry"] == "MultiPolygon"
        assert source.crs.to_epsg() == 4490
        assert source[1]["properties"]["XMMC"] == "太原南站"
        assert [feature["properties"]["XMMC"] for feature in source.filter(bbox=(114.5, 37, 116, 39))] == [""]


def test_a_plain_geopackage_opens_with_default_styles_and_cannot_be_saved_into(tmp_path: Path) -> None:
    import geopandas  # noqa: PLC0415  slow to import, for this test only

    path = tmp_path / "plain.gpkg"
    frame = geopandas.GeoDataFrame({"名称": ["甲", None], "n": [1, 2]}, geometry=made.SHAPES[:2], crs=4547)
    frame.to_file(path, layer="地块", driver="GPKG")
    loaded = read_workspace(path)
    assert loaded.version == PLAIN
    assert loaded.report.has("plain-geopackage")
    (only,) = loaded.workspace.layers
    assert (only.id, only.crs, only.schema.geometry) == ("地块", "EPSG:4547", "polygon")
    assert only.table.column("名称").values() == ["甲", None]
    with pytest.raises(UserError, match="not a workspace"):
        save_changes(path, loaded.workspace, Changeset())


# --- refusals ----------------------------------------------------------------------------------------------------------------


def test_an_existing_file_is_not_overwritten_by_accident(tmp_path: Path) -> None:
    path = tmp_path / "w.gpkg"
    path.write_bytes(b"mine")
    with pytest.raises(UserError, match="exists already"):
        create_workspace(path, Workspace())
    assert path.read_bytes() == b"mine"
    create_workspace(path, Workspace(), overwrite=True)
    assert read_workspace(path).workspace.layers == ()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 a zip", b"SQLite format 3\x00", b"SQLite format 3\x00" + bytes(4000)])
def test_what_is_no_geopackage_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "w.gpkg"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"w\.gpkg"):
        read_workspace(path)
    assert path.read_bytes() == content


def test_a_missing_file_and_another_database_are_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="not there"):
        read_workspace(tmp_path / "gone.gpkg")
    path = tmp_path / "other.gpkg"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE t (a)")
    connection.commit()
    connection.close()
    with pytest.raises(UserError, match="not a GeoPackage"):
        read_workspace(path)


def test_a_later_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "w.gpkg"
    create_workspace(path, made.small_workspace())
    with gpkg.opened(path) as connection:
        connection.execute("UPDATE cgplanner_meta SET value = '99' WHERE key = 'format_version'")
    before = path.read_bytes()
    with pytest.raises(UserError, match="later version"):
        read_workspace(path)
    with pytest.raises(UserError, match="not a workspace of this version"):
        save_changes(path, made.small_workspace(), Changeset())
    assert path.read_bytes() == before


def test_an_older_format_is_migrated_and_the_old_file_kept(tmp_path: Path) -> None:
    path = tmp_path / "w.gpkg"
    workspace = made.small_workspace()
    create_workspace(path, workspace)
    with gpkg.opened(path) as connection:  # what a version before the first release may have written
        connection.execute("UPDATE cgplanner_meta SET value = '0' WHERE key = 'format_version'")
        connection.execute("ALTER TABLE cgplanner_layers DROP COLUMN opacity")
        connection.execute("DROP TABLE cgplanner_layouts")
        connection.execute("DELETE FROM gpkg_extensions WHERE table_name = 'cgplanner_layouts'")
    old = path.read_bytes()
    loaded = read_workspace(path)
    assert loaded.report.has("migrated")
    assert (tmp_path / "w.format-0.gpkg").read_bytes() == old
    layers = tuple(replace(each, opacity=1.0) for each in workspace.layers)
    assert difference(replace(workspace, layers=layers, layouts={}), loaded.workspace) == ""
    assert read_workspace(path).report.notes == ()
    changes = setting(loaded.workspace, "projects", "opacity", 0.25)
    save_changes(path, loaded.workspace.apply(changes), changes)
    assert read_workspace(path).workspace.layer("projects").opacity == 0.25


def test_a_style_of_a_later_version_does_not_lock_people_out(tmp_path: Path) -> None:
    path = tmp_path / "w.gpkg"
    create_workspace(path, made.small_workspace())
    with gpkg.opened(path) as connection:
        connection.execute("UPDATE cgplanner_layers SET style = ?", (json.dumps({"type": "Style", "glow": 3}),))
    loaded = read_workspace(path)
    assert [note.code for note in loaded.report.notes] == ["style-unreadable"] * 2
    assert len(loaded.workspace.layer("projects").table) == 3


def test_another_program_that_writes_is_told(tmp_path: Path) -> None:
    path = tmp_path / "w.gpkg"
    workspace = made.small_workspace()
    create_workspace(path, workspace)
    changes = setting(workspace, "projects", "visible", True)
    with gpkg.opened(path) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(UserError, match="another program"):
            save_changes(path, workspace.apply(changes), changes)
        other.execute("ROLLBACK")
    save_changes(path, workspace.apply(changes), changes)


def test_rows_that_other_software_took_out_stop_the_save(tmp_path: Path) -> None:
    path = tmp_path / "w.gpkg"
    workspace = made.small_workspace()
    create_workspace(path, workspace)
    table = workspace.layer("projects").table
    with gpkg.opened(path) as connection:
        connection.execute("DELETE FROM projects WHERE fid = 2")
    state = file_state(path)
    changes = Changeset({"projects": made.TableChange(deleted=table.rows(np.array([0])))})
    with pytest.raises(UserError, match="another program"):
        save_changes(path, workspace.apply(changes), changes)
    assert file_state(path) == state
    assert len(read_workspace(path).workspace.layer("projects").table) == 2


def test_a_full_disk_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "w.gpkg"
    workspace = made.small_workspace()
    create_workspace(path, workspace)
    before = path.read_bytes()
    connect = gpkg.connect

    def small_disk(where: Path, *, write: bool = False) -> sqlite3.Connection:
        connection = connect(where, write=write)
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")
        return connection

    monkeypatch.setattr(gpkg, "connect", small_disk)
    changes = adding(workspace, made.layer("new"))
    with pytest.raises(UserError, match="disk is full"):
        save_changes(path, workspace.apply(changes), changes)
    assert path.read_bytes() == before


def test_a_second_window_is_told_who_has_the_first(tmp_path: Path) -> None:
    path = tmp_path / "w.gpkg"
    first, second = WorkspaceLock(path), WorkspaceLock(path)
    with first, pytest.raises(UserError, match="open in another window"):
        second.acquire()
    with second:
        assert second.is_held
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(UserError, match="not there"):
        WorkspaceLock(tmp_path / "gone" / "w.gpkg").acquire()


def test_half_a_character_is_told(tmp_path: Path) -> None:
    path = tmp_path / "w.gpkg"
    schema = Schema((Field("a", "a", FieldType.TEXT),), "none")
    table = made.table_from_records(schema, [{"a": "x\ud800"}], [None])
    with pytest.raises(UserError, match="half a character"):
        create_workspace(path, Workspace((made.layer("a", table),)))
    assert list(tmp_path.iterdir()) == []


# --- damaged files ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def whole_file(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("whole") / "w.gpkg"
    create_workspace(path, made.small_workspace())
    return path.read_bytes()


def read_damaged(content: bytes) -> None:
    """Reading must give a workspace that can be walked through, or a sentence; and leave the file alone."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "w.gpkg"
        path.write_bytes(content)
        try:
            workspace = read_workspace(path).workspace
        except UserError as told:
            assert told.hint  # noqa: PT017  either outcome is right, and the refusal must be a good one
            assert path.read_bytes() == content
            return
        for each in workspace.layers:
            each.table.geometry.geometries()
            assert all(len(column) == len(each.table) for column in each.table.columns.values())


@given(st.data())
@settings(max_examples=150)
def test_flipped_bits_are_refused_or_read(whole_file: bytes, data: st.DataObject) -> None:
    raw = bytearray(whole_file)
    for _ in range(data.draw(st.integers(1, 8))):
        raw[data.draw(st.integers(0, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    read_damaged(bytes(raw))


@given(st.data())
@settings(max_examples=60)
def test_damaged_tables_of_ours_are_refused_or_read(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "w.gpkg"
        create_workspace(path, made.small_workspace())
        with gpkg.opened(path) as connection:
            table = data.draw(st.sampled_from(["cgplanner_layers", "cgplanner_fields", "cgplanner_meta", "cgplanner_layouts"]))
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            column = data.draw(st.sampled_from(columns))
            value = data.draw(st.sampled_from(["", "{}", "[1, 2]", "null", "x", 0, -1, 1e300, b"\xff\x00"]))
            try:
                connection.execute(f'UPDATE {table} SET "{column}" = ?', (value,))  # noqa: S608  our own names
            except sqlite3.IntegrityError:  # the file itself forbids it
                return
        read_damaged(path.read_bytes())


def test_truncated_files_are_refused(whole_file: bytes) -> None:
    for length in [*range(0, 200, 7), *range(200, len(whole_file), 4001), len(whole_file) - 1]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "w.gpkg"
            path.write_bytes(whole_file[:length])
            with pytest.raises(UserError):
                read_workspace(path)


def test_geometry_that_is_none_becomes_missing_and_is_said(tmp_path: Path) -> None:
    path = tmp_path / "w.gpkg"
    create_workspace(path, made.small_workspace())
    with gpkg.opened(path) as connection:
        connection.execute("UPDATE projects SET geom = ? WHERE fid = 1", (b"no geometry at all",))
        connection.execute("UPDATE projects SET SL = 'many' WHERE fid = 2")
    loaded = read_workspace(path)
    assert {note.code for note in loaded.report.notes} == {"geometry-unreadable", "value-type"}
    assert loaded.workspace.layer("projects").table.geometry.value(0) is None
    assert loaded.workspace.layer("projects").table.column("SL").value(1) is None


@pytest.mark.skipif(sys.platform == "win32", reason="limits of a process are POSIX")
def test_a_disk_that_ends_while_saving_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    import resource  # noqa: PLC0415  there is none on Windows

    path = tmp_path / "w.gpkg"
    workspace = made.small_workspace()
    create_workspace(path, workspace)
    before = path.read_bytes()
    rows = [{**record, "XMMC": "长" * 80} for record in made.RECORDS * 200]
    changes = adding(workspace, made.layer("new", made.table_from_records(made.SCHEMA, rows, made.SHAPES * 200)))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 4096, hard))
    try:
        with pytest.raises(UserError, match="disk is full"):
            save_changes(path, workspace.apply(changes), changes)
        with pytest.raises(UserError, match="disk is full"):
            create_workspace(tmp_path / "other.gpkg", workspace.apply(changes))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["w.gpkg"]
