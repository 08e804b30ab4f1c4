"""A set of files takes another's place whole or not at all, whoever dies when."""

from __future__ import annotations

import errno
import os
import random
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cgplanner.errors import UserError
from cgplanner.io.files.file_lock import FileLock
from cgplanner.io.files.safe_write import disk_trouble_told, recover, replacing, replacing_many
from cgplanner.text import set_language

MEMBERS = ("roads.dbf", "roads.shx", "roads.shp")


def write_set(folder: Path, text: str) -> None:
    for name in MEMBERS:
        (folder / name).write_text(text, encoding="utf-8")


def read_set(folder: Path) -> list[str]:
    return [(folder / name).read_text(encoding="utf-8") for name in MEMBERS]


def hidden(folder: Path) -> list[str]:
    return [each.name for each in folder.iterdir() if each.name.startswith(".")]


def test_a_new_set_replaces_the_old_one_and_its_stale_neighbours(tmp_path: Path) -> None:
    write_set(tmp_path, "old")
    (tmp_path / "roads.qpj").write_text("stale", encoding="utf-8")
    (tmp_path / "roads.txt").write_text("not ours", encoding="utf-8")
    with replacing(tmp_path / "roads.shp", stale=[tmp_path / "roads.qpj", tmp_path / "roads.dbf"]) as folder:
        write_set(folder, "new")
    assert read_set(tmp_path) == ["new"] * 3
    assert sorted(each.name for each in tmp_path.iterdir()) == [*sorted(MEMBERS), "roads.txt"]


def test_an_error_in_the_block_changes_nothing(tmp_path: Path) -> None:
    write_set(tmp_path, "old")

    def fail() -> None:
        with replacing(tmp_path / "roads.shp") as folder:
            write_set(folder, "new")
            raise RuntimeError("writer")

    with pytest.raises(RuntimeError, match="writer"):
        fail()
    assert read_set(tmp_path) == ["old"] * 3
    assert hidden(tmp_path) == []


def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="not there"), replacing(tmp_path / "gone" / "roads.shp"):
        pytest.fail("there is nowhere to write")


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(UserError, match="permission"), replacing(tmp_path / "roads.shp"):
        pytest.fail("there is no right to write")
    with pytest.raises(UserError, match=f"^{tmp_path.name} cannot be written"), replacing_many(tmp_path):
        pytest.fail("there is no right to write")


def test_a_file_that_cannot_be_replaced_leaves_the_new_set_beside(tmp_path: Path) -> None:
    (tmp_path / "roads.shp").mkdir()  # what os.replace refuses everywhere

    def write() -> None:
        with replacing(tmp_path / "roads.shp") as folder:
            write_set(folder, "new")

    with pytest.raises(UserError, match="in use") as told:
        write()
    assert "roads (new)" in told.value.hint
    assert (tmp_path / "roads (new)" / "roads.shp").read_text(encoding="utf-8") == "new"


def test_a_set_of_which_one_file_is_held_stays_wholly_old(tmp_path: Path) -> None:
    """The .dbf is moved before the .shx turns out to be in the way; it must come back."""
    (tmp_path / "roads.shx").mkdir()
    (tmp_path / "roads.shx" / "kept").write_text("of somebody", encoding="utf-8")
    (tmp_path / "roads.dbf").write_text("old", encoding="utf-8")
    (tmp_path / "roads.shp").write_text("old", encoding="utf-8")

    def write() -> None:
        with replacing(tmp_path / "roads.shp") as folder:
            write_set(folder, "new")

    with pytest.raises(UserError, match="in use") as told:
        write()
    assert (tmp_path / "roads.dbf").read_text(encoding="utf-8") == "old"
    assert (tmp_path / "roads.shp").read_text(encoding="utf-8") == "old"
    assert "roads (new)" in told.value.hint
    assert read_set(tmp_path / "roads (new)") == ["new"] * 3
    assert hidden(tmp_path) == []


def test_a_folder_replaces_a_folder(tmp_path: Path) -> None:
    for text in ("old", "new"):
        with replacing(tmp_path / "a.gdb") as folder:
            (folder / "a.gdb").mkdir()
            (folder / "a.gdb" / text).write_text(text, encoding="utf-8")
    assert [each.name for each in (tmp_path / "a.gdb").iterdir()] == ["new"]
    assert hidden(tmp_path) == []


def test_a_swap_of_a_folder_that_died_half_way_is_finished(tmp_path: Path) -> None:
    left = tmp_path / ".cgplanner-a-1-aa"
    for name in ("a.gdb", "old-a.gdb"):  # the old one has stepped aside, the new one has not come yet
        (left / name).mkdir(parents=True)
        (left / name / name).write_text("", encoding="utf-8")
    (left / "swap.json").write_text('{"files": ["a.gdb"], "stale": []}', encoding="utf-8")
    assert recover(tmp_path) == (tmp_path / "a.gdb",)
    assert [each.name for each in (tmp_path / "a.gdb").iterdir()] == ["a.gdb"]
    assert hidden(tmp_path) == []


def test_a_living_writer_is_left_alone(tmp_path: Path) -> None:
    with replacing(tmp_path / "roads.shp") as folder:
        write_set(folder, "new")
        assert recover(tmp_path) == ()
        assert (folder / "roads.shp").exists()
    assert read_set(tmp_path) == ["new"] * 3


@pytest.mark.parametrize("moved", range(4))
def test_an_interrupted_swap_is_finished(tmp_path: Path, moved: int) -> None:
    write_set(tmp_path, "old")
    left = tmp_path / ".cgplanner-roads-1-aa"
    left.mkdir()
    write_set(left, "new")
    (left / "swap.json").write_text('{"files": ["roads.dbf", "roads.shx", "roads.shp"], "stale": []}', encoding="utf-8")
    for name in MEMBERS[:moved]:
        (left / name).replace(tmp_path / name)
    assert [each.name for each in recover(tmp_path)] == list(MEMBERS[moved:])
    assert read_set(tmp_path) == ["new"] * 3
    assert hidden(tmp_path) == []


def test_an_unfinished_set_is_dropped(tmp_path: Path) -> None:
    write_set(tmp_path, "old")
    left = tmp_path / ".cgplanner-roads-1-aa"
    left.mkdir()
    (left / "roads.shp").write_text("half", encoding="utf-8")
    (left / "swap.json.new").write_text('{"files": ["ro', encoding="utf-8")
    assert recover(tmp_path) == ()
    assert read_set(tmp_path) == ["old"] * 3
    assert hidden(tmp_path) == []


WRITER = """
import itertools, sys
from pathlib import Path
from cgplanner.io.files.safe_write import replacing
home = Path(sys.argv[1])
for number in itertools.count(1):
    with replacing(home / "roads.shp") as folder:
        for name in ("roads.dbf", "roads.shx", "roads.shp"):
            (folder / name).write_text(str(number) * 20000)
    if number == 1:
        print("started", flush=True)
"""


def kill_writers(home: Path, times: int) -> None:
    chance = random.Random(7)  # noqa: S311  moments to die, not secrets
    for _ in range(times):
        with subprocess.Popen([sys.executable, "-c", WRITER, str(home)], stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            time.sleep(chance.uniform(0, 0.05))
            writer.kill()
        recover(home)
        texts = read_set(home)
        assert len(set(texts)) == 1, [text[:5] for text in texts]
        assert texts[0] == texts[0][: len(texts[0]) // 20000] * 20000
        assert hidden(home) == []


def test_killed_writers_leave_one_set_or_the_other(tmp_path: Path) -> None:
    kill_writers(tmp_path, 25)


@pytest.mark.slow
def test_many_killed_writers(tmp_path: Path) -> None:
    kill_writers(tmp_path, 200)


HOLDER = """
from pathlib import Path
from cgplanner.io.files.file_lock import FileLock
lock = FileLock(Path({path!r}))
print(lock.acquire(), flush=True)
input()
"""


def test_a_lock_is_held_once_and_dies_with_its_process(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    code = HOLDER.format(path=str(path))
    first, second = FileLock(path), FileLock(path)
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline().strip() == b"True"
        assert not first.acquire()
        other.kill()
    assert first.acquire()
    assert not second.acquire()
    first.release()
    assert second.acquire()
    second.release()
    assert not path.exists()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EFBIG, errno.ENOTDIR, errno.EIO])
def test_the_usual_answers_of_a_disk_are_told_in_chinese_too(number: int) -> None:
    try:
        set_language("zh")
        with pytest.raises(UserError) as told, disk_trouble_told(Path("图.gpkg")):
            raise OSError(number, os.strerror(number))
    finally:
        set_language("en")
    assert not re.search(r"[A-Za-z]{4}", str(told.value).replace("gpkg", ""))
