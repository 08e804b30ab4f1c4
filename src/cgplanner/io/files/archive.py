"""A .zip as it comes by e-mail: unpacked for the while, names in GBK, zips in zips, and nothing that could do harm.

Entries with absolute or parent paths and links are refused, as are archives that unpack to more than any delivery holds.
What is counted is what comes out, not what the directory of the archive claims. This file knows no format.
"""

from __future__ import annotations

import lzma
import stat
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO

from cgplanner.errors import UserError
from cgplanner.io.files.zip_names import entry_name, opened_zip
from cgplanner.text import tr

MOST_BYTES = 8 << 30
MOST_ENTRIES = 20_000
MOST_RATIO = 250  # a .dbf of blanks packs 200 times; a bomb a thousand times
FREE_BYTES = 64 << 20  # below this the ratio does not matter
DEEPEST = 3
_CHUNK = 1 << 20
_LONGEST_NAME = 200  # bytes; most disks take 255
# What zipfile and the decompressors below it raise for a damaged archive, a password or a method that is not known.
DAMAGES = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    NotImplementedError,
    RuntimeError,
    OSError,
    EOFError,
    ValueError,
)


@dataclass
class _Budget:
    """What may still come out of the outermost archive, of which this is the only changing thing."""

    archive: Path
    packed: int
    written: int = 0
    entries: int = 0
    wrong_marks: int = 0

    def add(self, count: int) -> None:
        self.written += count
        if self.written > MOST_BYTES or (self.written > FREE_BYTES and self.written > MOST_RATIO * self.packed):
            raise _refused(self.archive, tr("it unpacks to far more than it holds"))

    def add_entry(self) -> None:
        self.entries += 1
        if self.entries > MOST_ENTRIES:
            raise _refused(self.archive, tr("it holds too many files"))


def unpack(path: Path, folder: Path) -> int:
    """Unpack an archive and those inside it into an empty folder, every entry in a folder named after its path.

    Return how many names were marked as UTF-8 and are not.

    Raises
    ------
    UserError
        When it cannot be unpacked, or holds what no honest archive holds; what came out so far lies in ``folder``.
    """
    budget = _Budget(path, max(path.stat().st_size, 1))
    _unpack(path, folder, budget, 1)
    return budget.wrong_marks


def _unpack(path: Path, folder: Path, budget: _Budget, depth: int) -> None:
    try:
        with opened_zip(path) as (archive, wrong):
            budget.wrong_marks += wrong
            for entry in archive.infolist():
                budget.add_entry()
                target = _target(entry, folder, budget)
                if target is not None:
                    with archive.open(entry) as source:
                        _copy(source, target, budget)
                    if target.suffix.lower() == ".zip":
                        _unpack_inner(target, budget, depth)
    except PermissionError as error:
        raise UserError(
            tr("{name} cannot be read: no permission.", name=path.name), hint=tr("Ask for the right to read it."), path=path
        ) from error
    except DAMAGES as error:
        raise UserError(
            tr("{name} cannot be unpacked: {reason}.", name=path.name, reason=_reason(path, error)),
            hint=tr("Pack it again without a password, or unpack it by hand."),
            path=path,
        ) from error


def _reason(path: Path, error: Exception) -> str:
    with path.open("rb") as file:
        head = file.read(8)
    if head.startswith((b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b")):
        return tr("it is packed by another program under the name of a ZIP")
    if isinstance(error, NotImplementedError):
        return tr("it is packed by a method that is not known here")
    if isinstance(error, RuntimeError) and "password" in str(error):
        return tr("it asks for a password")
    return tr("it is damaged or incomplete")


def _unpack_inner(path: Path, budget: _Budget, depth: int) -> None:
    if depth >= DEEPEST:
        raise _refused(budget.archive, tr("it holds archives in archives in archives"))
    home = path.with_name(path.stem + "_zip")
    home.mkdir(exist_ok=True)
    _unpack(path, home, budget, depth + 1)
    path.unlink()


def _copy(source: IO[bytes], target: Path, budget: _Budget) -> None:
    with target.open("wb") as out:
        while chunk := source.read(_CHUNK):
            budget.add(len(chunk))
            out.write(chunk)


def _target(entry: zipfile.ZipInfo, folder: Path, budget: _Budget) -> Path | None:
    """Return where an entry goes, None for what is no file of interest."""
    if not entry.filename:  # the directory of the archive is damaged
        return None
    text = entry_name(entry)
    name = PurePosixPath(text.replace("\\", "/"))
    if name.is_absolute() or PureWindowsPath(text).drive or ".." in name.parts or "\0" in text:
        raise _refused(budget.archive, tr("“{entry}” points outside of it", entry=text))
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise _refused(budget.archive, tr("“{entry}” is a link", entry=text))
    if entry.is_dir() or not name.name or "__MACOSX" in name.parts or name.name.startswith("._"):
        return None
    home = folder.joinpath(*map(_short, name.parent.parts))
    home.mkdir(parents=True, exist_ok=True)
    return home / _short(name.name)


def _short(name: str) -> str:
    """Return a name that every disk takes: of a very long one the beginning, a number made of all of it, and the suffix."""
    if len(name.encode("utf-8", "replace")) <= _LONGEST_NAME:
        return name
    stem, suffix = PurePosixPath(name).stem, PurePosixPath(name).suffix
    return f"{stem[:40]}~{zlib.crc32(stem.encode('utf-8', 'replace')):08x}{suffix[:20]}"


def _refused(path: Path, reason: str) -> UserError:
    return UserError(
        tr("{name} was not unpacked: {reason}.", name=path.name, reason=reason),
        hint=tr("Ask the sender what this is; an archive of map files looks different."),
        path=path,
    )
