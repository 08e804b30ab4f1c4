"""What was done since the last save, on the disk before anything else happens, so that a crash takes nothing.

A journal is an append-only file of records (length, checksum, payload) behind a header that names the workspace and the state
of its file; a torn last record is dropped. Its process holds a lock, so only the journals of dead processes are pending. This
file must not know of undo or windows.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import secrets
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from cgplanner import __version__
from cgplanner.errors import UserError
from cgplanner.io.files.file_lock import FileLock
from cgplanner.io.files.safe_write import disk_trouble_told, flush
from cgplanner.io.workspace.changeset_codec import DamagedBytesError, from_bytes, to_bytes
from cgplanner.io.workspace.workspace_file import file_state
from cgplanner.model.changeset import Changeset, StaleChangeError
from cgplanner.model.workspace import Workspace
from cgplanner.text import tr

Kind = Literal["do", "undo", "redo"]
_SAVING = "save"  # the kind of a mark: what stands before it is in the file once that has the mark's state

_MAGIC = b"CGPJOURNAL1\n"
_SUFFIX = ".journal"
_RECORD = struct.Struct("<QI")  # length and CRC-32 of the payload
_TITLE = struct.Struct("<I")  # length of the record's own head, before the changeset


class Journal:
    """The journal of one open workspace; made by :meth:`start`. Not for several threads at once."""

    def __init__(self, path: Path, workspace_path: Path | None, lock: FileLock) -> None:
        self.path = path
        self.workspace_path = workspace_path
        self._lock = lock
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)

    @classmethod
    def start(cls, folder: Path | str, workspace_path: Path | str | None) -> Journal:
        """Begin a journal in this folder for a workspace file, or for a document that has none yet.

        Raises
        ------
        UserError
            When the folder cannot be written.
        """
        folder = Path(folder)
        workspace = None if workspace_path is None else Path(workspace_path).resolve()
        path = folder / f"{dt.datetime.now(dt.UTC):%Y%m%d-%H%M%S}-{os.getpid()}-{secrets.token_hex(3)}{_SUFFIX}"
        with disk_trouble_told(path):
            folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(_lock_path(path))
            lock.acquire()
            journal = cls(path, workspace, lock)
            journal._begin()
            flush(folder)
        return journal

    def _begin(self) -> None:
        """Empty the file and write the header that fits the workspace file as it is now."""
        header = {
            "workspace": None if self.workspace_path is None else str(self.workspace_path),
            "state": "" if self.workspace_path is None else file_state(self.workspace_path),
            "started": dt.datetime.now().astimezone().isoformat(timespec="seconds"),
            "program": __version__,
            "pid": os.getpid(),
        }
        os.ftruncate(self._descriptor, 0)
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        _write(self._descriptor, _MAGIC + _framed(json.dumps(header, ensure_ascii=False).encode()))
        os.fsync(self._descriptor)

    def append(self, changeset: Changeset, title: str, kind: Kind) -> None:
        """Write down a changeset that was applied; it is on the disk when this returns.

        Raises
        ------
        UserError
            When the disk is full or gone; what was written before is still there.
        """
        self._write_record({"title": title, "kind": kind}, changeset)

    @property
    def end(self) -> int:
        """Where the next record will stand."""
        return os.lseek(self._descriptor, 0, os.SEEK_END)

    def take_back(self, end: int) -> None:
        """Take the records back that were written from ``end`` on: what they say was never done."""
        with disk_trouble_told(self.path):
            os.ftruncate(self._descriptor, end)
            os.fsync(self._descriptor)

    def saving(self, state: str) -> None:
        """Write down that a save begins which gives the file this state; what follows is not part of it.

        When the program is killed during the save, or behind it before the journal is let go, the file's state tells which of
        the records it holds.
        """
        self._write_record({"kind": _SAVING, "state": state}, Changeset())

    def _write_record(self, told: dict[str, str], changeset: Changeset) -> None:
        head = json.dumps(told, ensure_ascii=False).encode("utf-8", "surrogatepass")
        record = _framed(_TITLE.pack(len(head)) + head + to_bytes(changeset))
        end = os.lseek(self._descriptor, 0, os.SEEK_END)
        with disk_trouble_told(self.path):
            try:
                _write(self._descriptor, record)
                os.fsync(self._descriptor)
            except OSError:
                with contextlib.suppress(OSError):
                    os.ftruncate(self._descriptor, end)  # the next record must not stand behind half of this one
                raise

    def saved(self, workspace_path: Path | str | None = None) -> None:
        """Forget everything: it is in the workspace file now (in this one, when it was saved under another name)."""
        if workspace_path is not None:
            self.workspace_path = Path(workspace_path).resolve()
        with disk_trouble_told(self.path):
            self._begin()

    def close(self, *, discard: bool = True) -> None:
        """Let go of the journal; without ``discard`` it stays and is pending from now on."""
        if self._descriptor < 0:
            return
        os.close(self._descriptor)
        self._descriptor = -1
        if discard:
            self.path.unlink(missing_ok=True)
        self._lock.release()


def _framed(payload: bytes) -> bytes:
    return _RECORD.pack(len(payload), zlib.crc32(payload)) + payload


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _lock_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.lock")


# --- after a crash -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PendingJournal:
    """The journal of a process that ended without saving.

    Attributes
    ----------
    workspace_path
        The file it belongs to; None for a document that had none.
    state
        What :func:`cgplanner.io.workspace.workspace_file.file_state` said of that file when the journal began.
    started
        When its session began or last saved, ISO with the zone.
    titles
        What was done and is not in the file, in order.
    """

    path: Path
    workspace_path: Path | None
    state: str
    started: str
    program: str
    titles: tuple[str, ...]
    kinds: tuple[Kind, ...] = field(default=())

    @property
    def saved(self) -> int | None:
        """How many records the workspace file holds already; None when it was saved or exchanged by somebody else."""
        return _saved(self.path, self.workspace_path, self.state)

    @property
    def fits(self) -> bool:
        """True when the workspace file is as it was when the journal began, or as one of its saves has left it."""
        return self.saved is not None

    def replay(self, workspace: Workspace) -> tuple[tuple[Changeset, str], ...]:
        """Return the changesets in the order they were applied, with their titles, tried out on ``workspace``.

        Parameters
        ----------
        workspace
            The workspace as its file holds it (or the empty document); it is not changed.

        Raises
        ------
        UserError
            When the file was saved or exchanged since, or a changeset does not fit; nothing can be restored then.
        """
        saved = self.saved
        if saved is None:
            raise self._misfit()
        done = []
        try:
            for number, (head, changeset) in enumerate(_records(self.path)):
                if number < saved or head["kind"] == _SAVING:
                    continue
                workspace = workspace.apply(changeset)
                done.append((changeset, str(head["title"])))
        except (StaleChangeError, KeyError, ValueError) as error:
            raise self._misfit() from error
        return tuple(done)

    def _misfit(self) -> UserError:
        name = self.workspace_path.name if self.workspace_path else tr("the new document")
        return UserError(
            tr(
                "The unsaved changes of {started} do not fit {name} any more: it was saved since.",
                started=self.started,
                name=name,
            ),
            hint=tr("Open the file as it is; the changes stay in {journal} until they are discarded.", journal=self.path.name),
            path=self.path,
        )

    def discard(self) -> None:
        """Delete the journal, unless a process has it."""
        lock = FileLock(_lock_path(self.path))
        if lock.acquire():
            self.path.unlink(missing_ok=True)
            lock.release()


def pending(folder: Path | str) -> tuple[PendingJournal, ...]:
    """Return the journals that dead processes left in this folder, the oldest first; empty ones are deleted."""
    found = []
    for path in sorted(Path(folder).glob(f"*{_SUFFIX}")):
        lock = FileLock(_lock_path(path))
        with contextlib.suppress(OSError):
            if not lock.acquire():
                continue
            journal = _read_pending(path)
            if journal is None or not journal.titles:
                path.unlink(missing_ok=True)
            else:
                found.append(journal)
        lock.release()
    return tuple(found)


def _read_pending(path: Path) -> PendingJournal | None:
    header = next(_payloads(path), None)
    if header is None:
        return None
    try:
        told = json.loads(header[1])
        workspace = None if told["workspace"] is None else Path(told["workspace"])
        saved = _saved(path, workspace, told["state"]) or 0
        heads = [head for head, _ in _heads(path)][saved:]
        heads = [head for head in heads if head["kind"] != _SAVING]
        titles, kinds = tuple(str(head["title"]) for head in heads), tuple(head["kind"] for head in heads)
        return PendingJournal(path, workspace, told["state"], told["started"], told["program"], titles, kinds)
    except (ValueError, KeyError, TypeError):
        return None


def _saved(path: Path, workspace_path: Path | None, state: str) -> int | None:
    if workspace_path is None:
        return 0
    present = file_state(workspace_path)
    if present == state:
        return 0
    marks = [number for number, (head, _) in enumerate(_heads(path), 1) if head.get("state") == present]
    return marks[-1] if marks else None


def _payloads(path: Path) -> Iterator[tuple[int, bytes]]:
    """Return (number, payload) of every whole record, the header first; what is torn ends the journal."""
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            return
        number = 0
        while len(frame := file.read(_RECORD.size)) == _RECORD.size:
            length, checksum = _RECORD.unpack(frame)
            if length > path.stat().st_size:
                return
            payload = file.read(length)
            if len(payload) < length or zlib.crc32(payload) != checksum:
                return
            yield number, payload
            number += 1


def _heads(path: Path) -> Iterator[tuple[dict[str, Any], bytes]]:
    for number, payload in _payloads(path):
        if number:
            (length,) = _TITLE.unpack_from(payload)
            head = json.loads(payload[_TITLE.size : _TITLE.size + length].decode("utf-8", "surrogatepass"))
            yield head, payload[_TITLE.size + length :]


def _records(path: Path) -> Iterator[tuple[dict[str, Any], Changeset]]:
    for head, body in _heads(path):
        try:
            yield head, from_bytes(body)
        except DamagedBytesError as error:
            raise ValueError("a record of another version") from error
