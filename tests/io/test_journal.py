"""What was done is on the disk before the next thing happens, and comes back after a crash, or says why not."""

from __future__ import annotations

import contextlib
import importlib.util
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from cgplanner.errors import UserError
from cgplanner.io.workspace.changeset_codec import DamagedBytesError, from_bytes, to_bytes
from cgplanner.io.workspace.journal import Journal, pending
from cgplanner.io.workspace.workspace_file import create_workspace, read_workspace, save_changes
from cgplanner.io.writing.table_compare import difference
from cgplanner.model.changeset import GEOMETRY, Cells, Changeset, TableChange
from cgplanner.model.geometry_column import geometry_column
from cgplanner.model.schema import Schema
from cgplanner.model.workspace import Workspace, adding, removing, setting
from cgplanner.symbology.style import Style

_spec = importlib.util.spec_from_file_location("io_workspaces", Path(__file__).with_name("workspaces.py"))
assert _spec is not None
assert _spec.loader is not None
made = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(made)


def moved(workspace: Workspace, name: str, position: int, dx: float) -> Changeset:
    table = workspace.layer(name).table
    rids = table.rids[[position]]
    old = table.geometry.take(np.array([position]))
    new = geometry_column([shapely.transform(old.value(0), lambda xy: xy + dx)])
    return Changeset({name: TableChange({GEOMETRY: Cells(rids, old, new)})})


@given(st.data())
@settings(max_examples=60)
def test_any_change_of_rows_comes_back_from_its_bytes(data: st.DataObject) -> None:
    workspace = data.draw(made.workspaces())
    changes = data.draw(made.row_changes(workspace))
    back = from_bytes(to_bytes(changes))
    assert back.equals(changes)
    assert difference(workspace.apply(changes), workspace.apply(back)) == ""


def test_settings_and_whole_layers_come_back_from_their_bytes() -> None:
    workspace = made.small_workspace()
    changes = setting(workspace, "rivers", "style", made.STYLE)
    changes += setting(workspace, "rivers", "opacity", 0.5)
    changes += setting(workspace, "rivers", "schema", Schema(workspace.layer("rivers").schema.fields, "line", key="a"))
    changes += setting(workspace, "", "layouts", {"图": {"a": [1, None, {"b": (1, 2)}]}})
    changes += adding(workspace.apply(changes), made.layer("new"), 0)
    changes += removing(workspace.apply(changes), "projects")
    back = from_bytes(to_bytes(changes))
    assert difference(workspace.apply(changes), workspace.apply(back)) == ""
    assert workspace.apply(back).apply(~back).equals(workspace)
    assert dict(back.settings).keys() == dict(changes.settings).keys()


@given(st.data())
def test_damaged_bytes_are_refused_or_read(data: st.DataObject) -> None:
    raw = bytearray(to_bytes(moved(made.small_workspace(), "projects", 0, 1.0)))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(DamagedBytesError):
        assert isinstance(from_bytes(bytes(raw[: data.draw(st.integers(0, len(raw)))])), Changeset)


def test_a_journal_of_a_living_process_is_not_pending(tmp_path: Path) -> None:
    journal = Journal.start(tmp_path, None)
    journal.append(Changeset(), "nothing", "do")
    assert pending(tmp_path) == ()
    journal.close(discard=False)
    assert [each.titles for each in pending(tmp_path)] == [("nothing",)]
    pending(tmp_path)[0].discard()
    assert list(tmp_path.iterdir()) == []


def test_a_closed_journal_leaves_nothing(tmp_path: Path) -> None:
    journal = Journal.start(tmp_path / "deep" / "er", None)
    journal.append(Changeset(), "x", "do")
    journal.close()
    journal.close()
    assert list((tmp_path / "deep" / "er").iterdir()) == []


def test_replay_gives_back_what_was_done(tmp_path: Path) -> None:
    path, workspace = tmp_path / "w.gpkg", made.small_workspace()
    create_workspace(path, workspace)
    journal = Journal.start(tmp_path / "journals", path)
    first = moved(workspace, "projects", 0, 1.0)
    journal.append(first, "移动 太原南站", "do")
    journal.append(~first, "移动 太原南站", "undo")
    added = adding(workspace, made.layer("new"))
    journal.append(added, "添加图层", "do")
    journal.close(discard=False)
    (left,) = pending(tmp_path / "journals")
    assert (left.workspace_path, left.titles, left.kinds) == (
        path,
        ("移动 太原南站", "移动 太原南站", "添加图层"),
        ("do", "undo", "do"),
    )
    loaded = read_workspace(path).workspace
    for changeset, _ in left.replay(loaded):
        loaded = loaded.apply(changeset)
    assert difference(workspace.apply(added), loaded) == ""


def test_a_journal_starts_again_after_a_save(tmp_path: Path) -> None:
    path, workspace = tmp_path / "w.gpkg", made.small_workspace()
    create_workspace(path, workspace)
    journal = Journal.start(tmp_path / "journals", path)
    first = moved(workspace, "projects", 0, 1.0)
    journal.append(first, "first", "do")
    save_changes(path, workspace.apply(first), first)
    journal.saved()
    second = moved(workspace.apply(first), "projects", 1, 1.0)
    journal.append(second, "second", "do")
    journal.close(discard=False)
    (left,) = pending(tmp_path / "journals")
    assert [title for _, title in left.replay(read_workspace(path).workspace)] == ["second"]


def test_a_journal_is_not_replayed_on_a_file_it_does_not_fit(tmp_path: Path) -> None:
    path, workspace = tmp_path / "w.gpkg", made.small_workspace()
    create_workspace(path, workspace)
    journal = Journal.start(tmp_path / "journals", path)
    change = moved(workspace, "projects", 0, 1.0)
    journal.append(change, "move", "do")
    journal.close(discard=False)
    title = setting(workspace, "", "title_zh", "别的")
    save_changes(path, workspace.apply(title), title)
    (left,) = pending(tmp_path / "journals")
    assert not left.fits
    with pytest.raises(UserError, match="saved since"):
        left.replay(read_workspace(path).workspace)


def test_a_torn_record_is_dropped(tmp_path: Path) -> None:
    journal = Journal.start(tmp_path, None)
    journal.append(Changeset(), "whole", "do")
    end = journal.path.stat().st_size
    journal.append(Changeset(), "torn", "do")
    journal.close(discard=False)
    raw = journal.path.read_bytes()
    for length in range(end, len(raw)):
        journal.path.write_bytes(raw[:length])
        assert [each.titles for each in pending(tmp_path)] == [("whole",)]


@given(st.data())
@settings(max_examples=60)
def test_damaged_journals_never_break_the_start(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        workspace = made.small_workspace()
        journal = Journal.start(folder, None)
        journal.append(moved(workspace, "projects", 0, 1.0), "move", "do")
        journal.append(setting(workspace, "rivers", "style", Style(min_scale=5.0)), "style", "do")
        journal.close(discard=False)
        raw = bytearray(journal.path.read_bytes())
        for _ in range(data.draw(st.integers(1, 4))):
            raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
        journal.path.write_bytes(raw)
        for each in pending(folder):
            try:
                each.replay(workspace)
            except UserError as told:
                assert told.hint  # noqa: PT017  either outcome is right, and the refusal must be a good one


@pytest.mark.skipif(sys.platform == "win32", reason="limits of a process are POSIX")
def test_a_full_disk_is_told_and_the_journal_goes_on(tmp_path: Path) -> None:
    journal = Journal.start(tmp_path, None)
    journal.append(Changeset(), "before", "do")
    size = journal.path.stat().st_size
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100, hard))
    try:
        with pytest.raises(UserError, match="cannot be written"):
            journal.append(adding(Workspace(), made.layer("new")), "large", "do")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    journal.append(Changeset(), "after", "do")
    journal.close(discard=False)
    assert [each.titles for each in pending(tmp_path)] == [("before", "after")]


# A session in a loop: every round is one changeset with a journal record, every third one a save. Record n moves by n.
SESSION = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import numpy as np, shapely
from cgplanner.io.workspace.journal import Journal
from cgplanner.io.workspace.workspace_file import read_workspace, save_changes
from cgplanner.model.changeset import Changeset
from cgplanner.model.workspace import setting
home = Path(sys.argv[2])
path = home / "w.gpkg"
workspace = read_workspace(path).workspace
journal = Journal.start(home / "journals", path)
since = Changeset()
number = int(workspace.title_zh)
while True:
    number += 1
    change = setting(workspace, "", "title_zh", str(number))
    table = workspace.layer("projects").table
    change = change + move(workspace, number)
    journal.append(change, str(number), "do")
    print(number, flush=True)
    workspace, since = workspace.apply(change), since + change
    if number % 3 == 0:
        save_changes(path, workspace, since)
        journal.saved()
        since = Changeset()
""".replace(
    "home = Path",
    """
from cgplanner.model.changeset import GEOMETRY, Cells, TableChange
from cgplanner.model.geometry_column import geometry_column
def move(workspace, number):
    table = workspace.layer("projects").table
    old = table.geometry.take(np.array([0]))
    new = geometry_column([shapely.box(number, number, number + 1, number + 1)])
    return Changeset({"projects": TableChange({GEOMETRY: Cells(table.rids[[0]], old, new)})})
home = Path""",
    1,
)


def kill_sessions(home: Path, times: int) -> None:
    chance = random.Random(11)  # noqa: S311  moments to die, not secrets
    path = home / "w.gpkg"
    create_workspace(path, Workspace(made.small_workspace().layers, title_zh="0"))
    restored = 0
    for _ in range(times):
        with subprocess.Popen([sys.executable, "-c", SESSION, "", str(home)], stdout=subprocess.PIPE, text=True) as session:
            assert session.stdout is not None
            said = [session.stdout.readline()]
            time.sleep(chance.uniform(0, 0.06))
            session.kill()
            said += session.stdout.readlines()
        promised = int([line for line in said if line.endswith("\n")][-1])
        workspace = read_workspace(path).workspace
        left = pending(home / "journals")
        for journal in left:
            if journal.fits:
                for changeset, _ in journal.replay(workspace):
                    workspace = workspace.apply(changeset)
                    restored += 1
            journal.discard()
        number = int(workspace.title_zh)
        assert number in {promised, promised + 1}, "what was journalled before the crash is lost"
        bounds = workspace.layer("projects").table.geometry.bounds[0]
        assert bounds.tolist() == [number, number, number + 1, number + 1]
        path.unlink()
        create_workspace(path, workspace)
    assert restored


def test_killed_sessions_lose_nothing(tmp_path: Path) -> None:
    kill_sessions(tmp_path, 25)


@pytest.mark.slow
def test_many_killed_sessions(tmp_path: Path) -> None:
    kill_sessions(tmp_path, 200)
