"""Put a new file, or a set of files that belong together, in the place of the old one: all of it or nothing.

The new set is written into a hidden folder beside the target, flushed to the disk, noted in a small journal of renames, and
only then moved over, the ``.shp`` last. A process that dies before the journal leaves the old set; one that dies after it
leaves a swap that :func:`recover` finishes. This file must not know what is in the files.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cgplanner.errors import UserError
from cgplanner.io.files.file_lock import FileLock
from cgplanner.text import tr

_PREFIX = ".cgplanner-"
_JOURNAL = "swap.json"
_OWNER = "owner.lock"
_OLD = "old-"
_OURS = {_JOURNAL, _OWNER}
_HARDLY_ANY = 1 << 18  # bytes; what a failed writer leaves free on a disk that is full
_ON_WINDOWS = os.name == "nt"


@contextlib.contextmanager
def replacing(target: Path | str, *, stale: Iterable[Path | str] = ()) -> Iterator[Path]:
    """Give a folder to write the new set into; when the block ends well, the set takes the target's place.

    Every file in the folder goes beside ``target`` under its own name, ``target`` itself last. The folder is on the same disk.
    When the block raises, nothing has changed. Block and swap must run in one thread.

    Parameters
    ----------
    target
        The file people know the set by, e.g. ``roads.shp``. It and its neighbours may exist.
    stale
        Neighbours of the old set that must not outlive it; those that are not part of the new set are deleted.

    Raises
    ------
    UserError
        When the folder cannot be written, the disk is full, or a file is open elsewhere and cannot be replaced (Windows): then
        the new set is kept beside the old one and the sentence names where.

    Examples
    --------
    >>> with replacing("plan.json") as folder:  # doctest: +SKIP
    ...     (folder / "plan.json").write_text("{}")
    """
    target = Path(target)
    folder, lock = _fresh_folder(target)
    try:
        yield folder
        with disk_trouble_told(target):
            names = _names(folder, target)
            gone = [Path(each).name for each in stale if Path(each).name not in names]
            _flush_all(folder, names)
            _write_journal(folder, names, gone)
    except BaseException:
        _drop(folder, lock)
        raise
    try:
        _swap_or_keep(folder, target, names, gone)
    finally:
        _drop(folder, lock)


def refuse_existing(paths: Iterable[Path]) -> None:
    """Raise UserError when one of these files is there."""
    for path in paths:
        if path.exists():
            raise UserError(
                tr("{name} exists already.", name=path.name), hint=tr("Choose another name or allow overwriting."), path=path
            )


@contextlib.contextmanager
def replacing_many(
    home: Path | str, *, overwrite: bool = False, stale_of: Callable[[Path], Iterable[Path]] = lambda _path: ()
) -> Iterator[Path]:
    """Give a folder to write several sets into; when the block ends well, all of them take their places in ``home``.

    As :func:`replacing`, for a hand-over of many files of which none should come alone. An empty folder changes nothing.
    ``stale_of`` names the neighbours of a file that must not outlive its old set.

    Raises
    ------
    UserError
        When one of the files is there and may not be overwritten, or the disk says no. Nothing has changed then.
    """
    home = Path(home)
    as_named = home / (home.name or "export")  # what a refusal names: nothing in it has a name that people know yet
    folder, lock = _fresh_folder(as_named)
    try:
        yield folder
        with disk_trouble_told(as_named):
            names = sorted(each.name for each in folder.iterdir() if each.name not in _OURS)
        if not overwrite:
            refuse_existing(home / name for name in names)
        gone = sorted({each.name for name in names for each in stale_of(home / name)} - set(names))
        with disk_trouble_told(as_named):
            _flush_all(folder, names)
            _write_journal(folder, names, gone)
    except BaseException:
        _drop(folder, lock)
        raise
    try:
        if names:
            _swap_or_keep(folder, home / names[-1], names, gone)
    finally:
        _drop(folder, lock)


def recover(folder: Path | str) -> tuple[Path, ...]:
    """Finish the swaps that a dead process left in this folder and drop its unfinished sets; return the files put in place.

    Folders of living processes are left alone. Nothing is raised when the folder cannot be written.
    """
    done: list[Path] = []
    with contextlib.suppress(OSError):
        for hidden in sorted(Path(folder).glob(f"{_PREFIX}*")):
            if hidden.is_dir():
                done += _recover_one(hidden)
    return tuple(done)


def _recover_one(hidden: Path) -> list[Path]:
    lock = FileLock(hidden / _OWNER)
    if not lock.acquire():
        return []
    journal = _read_journal(hidden)
    moved: list[Path] = []
    if journal is not None:
        names, gone = journal
        moved = [hidden.parent / name for name in names if (hidden / name).exists()]
        _swap(hidden, hidden.parent, names, gone)
    _drop(hidden, lock)
    return moved


def _fresh_folder(target: Path) -> tuple[Path, FileLock]:
    recover(target.parent)
    folder = target.parent / f"{_PREFIX}{target.stem[:40]}-{os.getpid()}-{secrets.token_hex(4)}"
    with disk_trouble_told(target):
        _register(folder)
        folder.mkdir()
        lock = FileLock(folder / _OWNER)
        lock.acquire()
    return folder, lock


def _names(folder: Path, target: Path) -> list[str]:
    """Return the files of the new set, the target last: who sees the target sees the whole set."""
    names = sorted(each.name for each in folder.iterdir() if each.name not in _OURS)
    if target.name not in names:
        raise RuntimeError(f"{target.name} was not written")
    names.remove(target.name)
    return [*names, target.name]


def _write_journal(folder: Path, names: list[str], gone: list[str]) -> None:
    draft = folder / f"{_JOURNAL}.new"
    draft.write_text(json.dumps({"files": names, "stale": gone}, ensure_ascii=False), encoding="utf-8")
    flush(draft)
    draft.replace(folder / _JOURNAL)
    flush(folder)


def _read_journal(folder: Path) -> tuple[list[str], list[str]] | None:
    try:
        journal = json.loads((folder / _JOURNAL).read_text(encoding="utf-8"))
        names, gone = [Path(each).name for each in journal["files"]], [Path(each).name for each in journal["stale"]]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return names, gone


def _swap(folder: Path, home: Path, names: list[str], gone: list[str]) -> None:
    """Move every file of the set over; when one cannot be, those that were moved go back, and nothing has changed."""
    moved: list[str] = []
    try:
        for name in names:
            with contextlib.suppress(FileNotFoundError):  # moved by the process that died
                _put(folder / name, home / name, folder / f"{_OLD}{name}")
                moved.append(name)
    except OSError:
        for name in reversed(moved):
            _put_back(folder / name, home / name, folder / f"{_OLD}{name}")
        raise
    for name in gone:
        if not (home / name).is_dir():
            (home / name).unlink(missing_ok=True)
    flush(home)


def _put_back(source: Path, target: Path, aside: Path) -> None:
    with contextlib.suppress(OSError):
        target.replace(source)
        if aside.exists():
            aside.replace(target)


def _put(source: Path, target: Path, aside: Path) -> None:
    """Move a new file over the old one, of which a second name stays ``aside`` where the disk has such.

    A folder (a File Geodatabase) cannot be moved over another, which steps aside first.
    """
    if not source.is_dir() or not target.exists():
        with contextlib.suppress(OSError):
            os.link(target, aside)
        source.replace(target)
        return
    target.replace(aside)
    try:
        source.replace(target)
    except OSError:
        aside.replace(target)
        raise


def _swap_or_keep(folder: Path, target: Path, names: list[str], gone: list[str]) -> None:
    blocked = [name for name in names if not _is_replaceable(target.parent / name)]
    try:
        if blocked:
            raise PermissionError(blocked[0])
        _swap(folder, target.parent, names, gone)
    except OSError as error:
        (folder / _JOURNAL).unlink(missing_ok=True)  # the user decides now, not a later start
        kept = _keep_beside(folder, target, names)
        raise UserError(
            tr("{name} is in use by another program and was not replaced.", name=target.name),
            hint=tr("The new version is in {folder}; close the other program and save again.", folder=kept),
            path=target,
        ) from error


def _is_replaceable(path: Path) -> bool:
    """Tell whether no other program holds the file open in a way that forbids replacing it; only Windows forbids."""
    if not _ON_WINDOWS or not path.exists():
        return True
    try:  # pragma: no cover  # another system's half
        path.rename(path)
    except OSError:  # pragma: no cover
        return False
    return True


def _keep_beside(folder: Path, target: Path, names: list[str]) -> Path:
    home, number = target.with_name(f"{target.stem} (new)"), 2
    while home.exists():
        home, number = target.with_name(f"{target.stem} (new {number})"), number + 1
    home.mkdir()
    for name in names:
        with contextlib.suppress(FileNotFoundError):
            (folder / name).replace(home / name)
    return home


def _drop(folder: Path, lock: FileLock) -> None:
    lock.release()
    shutil.rmtree(folder, ignore_errors=True)
    if not folder.exists():
        with contextlib.suppress(OSError):
            (_register_folder() / folder.name).unlink(missing_ok=True)


def _register_folder() -> Path:
    """Return where swaps under way are noted, so that the next start finds them wherever they are."""
    home = os.environ.get("CGPLANNER_HOME")
    if home:
        return Path(home) / "swaps"
    import platformdirs  # noqa: PLC0415  not needed when the folder is given

    return Path(platformdirs.user_data_dir("cgplanner", appauthor=False)) / "swaps"


def _register(folder: Path) -> None:
    """Note a set under way for the next start; without the note it is found when its folder is next written to."""
    if folder.parent.name.startswith(_PREFIX):  # within another set, which is noted itself
        return
    with contextlib.suppress(OSError):
        _register_folder().mkdir(parents=True, exist_ok=True)
        (_register_folder() / folder.name).write_text(str(folder.parent.absolute()), encoding="utf-8")


def recover_all() -> tuple[Path, ...]:
    """Finish the swaps that dead processes left anywhere, as far as they are noted and their disks are there."""
    done: list[Path] = []
    with contextlib.suppress(OSError):
        for note in sorted(_register_folder().iterdir()):
            with contextlib.suppress(OSError, UnicodeDecodeError):
                home = Path(note.read_text(encoding="utf-8"))
                done += recover(home)
                if home.is_dir() and not (home / note.name).exists():
                    note.unlink(missing_ok=True)
    return tuple(done)


def _flush_all(folder: Path, names: list[str]) -> None:
    for name in names:
        for each in (folder / name).rglob("*"):
            flush(each)
        flush(folder / name)
    flush(folder)


def flush(path: Path) -> None:
    """Make the disk hold what a file (or a folder's list of names) holds now."""
    if path.is_dir() and _ON_WINDOWS:
        return  # pragma: no cover  # a folder cannot be opened there, nor need it be
    flags = os.O_RDONLY if path.is_dir() or not _ON_WINDOWS else os.O_RDWR
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def flushed_meanwhile(paths: Iterable[Path]) -> Iterator[None]:
    """Let the disk take over these files while they are looked at; their flush at the end then has nothing to wait for.

    Raises
    ------
    OSError
        At the end, when the disk cannot.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="flush") as pool:
        flushing = [pool.submit(flush, each) for each in paths]
        yield
        for each in flushing:
            each.result()


@contextlib.contextmanager
def disk_trouble_told(path: Path) -> Iterator[None]:
    """Turn what a disk may answer (full, read-only, gone, forbidden) into a sentence about this file."""
    try:
        yield
    except FileNotFoundError as error:
        raise UserError(
            tr("The folder {folder} is not there.", folder=path.parent),
            hint=tr("Connect the drive again or choose another folder."),
            path=path,
        ) from error
    except PermissionError as error:
        raise UserError(
            tr("{name} cannot be written: no permission.", name=path.name),
            hint=tr("Choose another folder or ask for the right to write there."),
            path=path,
        ) from error
    except OSError as error:
        told = _made_out(error, path)
        raise UserError(
            tr("{name} cannot be written: {reason}.", name=path.name, reason=reason_of(told)), hint=_remedy(told), path=path
        ) from error


def _made_out(error: OSError, path: Path) -> OSError:
    """Return what is behind a driver's refusal, which has words but no number: mostly a full disk, or one that is gone."""
    if error.errno is not None:
        return error
    try:
        return OSError(errno.ENOSPC, str(error)) if shutil.disk_usage(path.parent).free < _HARDLY_ANY else error
    except OSError as gone:
        return gone


def reason_of(error: OSError) -> str:
    """Return what the system answered, in the language of the user where it is one of the usual answers."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return tr("the disk is full")
    if error.errno == errno.EROFS:
        return tr("the disk can only be read")
    if error.errno == errno.EFBIG:
        return tr("the disk does not take files of this size")
    if error.errno in (errno.ENOTDIR, errno.EISDIR):
        return tr("a file and a folder have the same name there")
    if error.errno in (errno.EIO, errno.ENXIO, errno.ESTALE, errno.EHOSTDOWN):
        return tr("the disk does not answer")
    return str(error.strerror or error)


def _remedy(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return tr("Free some space or choose another disk.")
    return tr("Choose another folder.")
