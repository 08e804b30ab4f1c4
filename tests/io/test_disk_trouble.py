"""What disks do to exports: full, read-only, gone, too small for a file. One sentence each, and the old files as they were."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import shapely

from cgplanner.errors import UserError
from cgplanner.io.vector import write_layer
from cgplanner.io.writing.outgoing import WRITABLE
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import FeatureTable, table_from_records

SCHEMA = Schema((Field("f1", "MC", FieldType.TEXT, alias_zh="名称"),), "point")


def table(rows: int) -> FeatureTable:
    """Return rows whose texts do not pack."""
    texts = [{"MC": os.urandom(300).hex()} for _ in range(rows)]
    return table_from_records(SCHEMA, texts, [shapely.Point(112 + row / 1e6, 37) for row in range(rows)])


def write(folder: Path, kind: str, rows: FeatureTable) -> None:
    write_layer(rows, "EPSG:4490", folder / f"a.{kind}", format=kind, layer_name="a", overwrite=True)


def content(folder: Path) -> dict[str, bytes]:
    return {str(each.relative_to(folder)): each.read_bytes() for each in sorted(folder.rglob("*")) if each.is_file()}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real disk of two megabytes, where root may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    if mount is None or not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("only root can mount a disk")
    made = subprocess.run([mount, "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)], capture_output=True, check=False)
    if made.returncode:
        pytest.skip("this machine does not let root mount")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.parametrize("kind", WRITABLE)
def test_a_full_disk_is_one_sentence_and_the_old_file_stays(small_disk: Path, kind: str) -> None:
    write(small_disk, kind, table(3))
    (small_disk / "ballast").write_bytes(bytes(max(0, shutil.disk_usage(small_disk).free - 100_000)))
    before = content(small_disk)
    with pytest.raises(UserError) as told:
        write(small_disk, kind, table(700))
    assert "disk is full" in told.value.message, told.value.message
    assert "Free some space" in told.value.hint
    assert content(small_disk) == before
    assert [each.name for each in small_disk.iterdir() if each.name.startswith(".")] == []


def test_a_read_only_disk_is_one_sentence(small_disk: Path) -> None:
    write(small_disk, "shp", table(3))
    before = content(small_disk)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    for kind in WRITABLE:
        with pytest.raises(UserError, match="can only be read"):
            write(small_disk, kind, table(3))
    assert content(small_disk) == before


@pytest.mark.parametrize("kind", WRITABLE)
def test_a_share_that_goes_away_meanwhile_is_one_sentence(tmp_path: Path, kind: str) -> None:
    share = tmp_path / "share"
    share.mkdir()

    def vanish(_share: float) -> None:
        shutil.rmtree(share)

    with pytest.raises(UserError):
        write_layer(table(3), "EPSG:4490", share / f"a.{kind}", format=kind, layer_name="a", progress=vanish)
    assert not share.exists()


LIMITED = """
import resource, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from test_disk_trouble import table, write
from cgplanner.errors import UserError
from cgplanner.io.writing.outgoing import WRITABLE
rows = table(600)
resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000))
for kind in WRITABLE:
    try:
        write(Path(sys.argv[2]), kind, rows)
    except UserError as error:
        print(kind, error)
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no limit on the size of a process's files")
def test_a_disk_that_takes_no_large_files_leaves_the_old_ones(tmp_path: Path) -> None:
    for kind in WRITABLE:
        write(tmp_path, kind, table(3))
    before = content(tmp_path)
    command = [sys.executable, "-c", LIMITED, str(Path(__file__).parent), str(tmp_path)]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert [line.split()[0] for line in run.stdout.splitlines()] == list(WRITABLE), run.stderr
    assert content(tmp_path) == before
