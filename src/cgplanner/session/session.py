"""The running application without a face: one workspace, its history, its selection, its file.

Everything that changes the workspace goes through :meth:`Session.run`, :meth:`undo` or :meth:`redo`: the changeset is
applied, written to the journal, and one :class:`LayerChange` goes out. Views listen; nobody refreshes them. Called from one
thread; long work is split into a frozen request (:meth:`save_request`), a function that may run anywhere
(:func:`perform_save`), and :meth:`save_done`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path
from typing import Literal

import numpy as np

from cgplanner.edit.edit import Edit
from cgplanner.edit.undo import UndoStack
from cgplanner.errors import UserError
from cgplanner.io.report import Report
from cgplanner.io.sqlite.glimpse import Glimpsed
from cgplanner.io.workspace import workspace_file
from cgplanner.io.workspace.journal import Journal
from cgplanner.model.changeset import Changeset
from cgplanner.model.signal import LayerChange, Signal
from cgplanner.model.workspace import View, Workspace
from cgplanner.resources import layers_path
from cgplanner.session.changes import described
from cgplanner.session.folders import journal_folder
from cgplanner.session.mapping import with_display_crs
from cgplanner.text import Sentence, tr


@dataclass(frozen=True)
class Selection:
    """Selected features of one layer, by session number; empty when ``rids`` is."""

    layer_id: str = ""
    rids: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class SaveRequest:
    """Everything a save needs, frozen, so that it may run in another thread."""

    path: Path
    workspace: Workspace
    changes: Changeset
    mark: Edit | None
    steps: int  # how many entries of the log it covers
    whole: bool  # write a new file instead of applying changes
    overwrite: bool = False
    state: str = ""  # the word by which the journal will know the file after this save


@dataclass(frozen=True, eq=False)
class LogEntry:
    """One applied changeset since the last save."""

    changeset: Changeset
    title: str
    kind: Literal["do", "undo", "redo"]


@dataclass(frozen=True, eq=False)
class _Ahead:
    """What stands in the journal from ``end`` on and was not run yet."""

    changeset: Changeset
    end: int


class Session:
    """One open workspace.

    Parameters
    ----------
    workspace
        The document as it is on disk, or a new one.
    path
        Its file; None for one that was never saved.
    lock
        Held for ``path`` until :meth:`close`; None when the file may not be written.
    base
        What a journal starts from: the file itself, or the shipped sample.
    """

    def __init__(
        self,
        workspace: Workspace,
        *,
        path: Path | None = None,
        lock: workspace_file.WorkspaceLock | None = None,
        base: Path | None = None,
        report: Report | None = None,
        journaled: bool = True,
    ) -> None:
        self._workspace = workspace
        self._path = path
        self._lock = lock
        self._base = base or path
        self._stack = UndoStack()
        self._log: list[LogEntry] = []
        self._selection = Selection()
        self._current_layer = ""
        self._journal: Journal | None = None
        self._journaled = journaled
        self._writing = threading.Lock()  # of the journal, which a worker may write ahead
        self._ahead: _Ahead | None = None
        self.report = report or Report()
        self.changed: Signal[LayerChange] = Signal()
        self.selection_changed: Signal[Selection] = Signal()
        self.state_changed: Signal[None] = Signal()

    # Opening

    @classmethod
    def open(
        cls,
        path: Path | str,
        *,
        read_only: bool = False,
        journaled: bool = True,
        progress: Callable[[float], None] | None = None,
        glimpsed: Glimpsed | None = None,
    ) -> Session:
        """Open a workspace file. A GeoPackage of other software opens as a new workspace without a file.

        ``progress`` is told how far it is (0..1) and may raise ``Cancelled``; ``glimpsed`` is shown places of large layers.

        Raises
        ------
        UserError
            When it is not a workspace, damaged, of a later version, or open in another window.
        """
        path = Path(path).absolute()
        lock = None if read_only else workspace_file.WorkspaceLock(path)
        if lock is not None:
            lock.acquire()
        try:
            loaded = workspace_file.read_workspace(path, progress=progress, glimpsed=glimpsed)
        except BaseException:
            if lock is not None:
                lock.release()
            raise
        if loaded.version == workspace_file.PLAIN:
            if lock is not None:
                lock.release()
            return cls(with_display_crs(loaded.workspace), report=loaded.report, base=path, journaled=journaled)
        return cls(loaded.workspace, path=path, lock=lock, report=loaded.report, journaled=journaled)

    @classmethod
    def sample(cls, *, journaled: bool = True) -> Session:
        """Open the five-city sample as a new workspace without a file."""
        base = layers_path("sample.gpkg")
        loaded = workspace_file.read_workspace(base)
        return cls(loaded.workspace, base=base, report=loaded.report, journaled=journaled)

    @classmethod
    def new(cls, *, journaled: bool = True) -> Session:
        """Start an empty workspace without a file."""
        return cls(Workspace(title_zh="新工作空间", title_en="New workspace"), journaled=journaled)

    # What it holds

    @property
    def workspace(self) -> Workspace:
        """The present version; hold it as long as you like, it does not change."""
        return self._workspace

    @property
    def path(self) -> Path | None:
        """The file it is saved to; None when there is none yet."""
        return self._path

    @property
    def read_only(self) -> bool:
        """True when there is a file that this session may not write."""
        return self._path is not None and self._lock is None

    @property
    def is_dirty(self) -> bool:
        """True when the file does not hold the present state."""
        return not self._stack.is_clean

    @property
    def undo_title(self) -> Sentence | None:
        """What undo would take back; None when there is nothing."""
        return self._stack.undo_title

    @property
    def redo_title(self) -> Sentence | None:
        """What redo would do again; None when there is nothing."""
        return self._stack.redo_title

    @property
    def can_undo(self) -> bool:
        """True when there is something to undo."""
        return self._stack.undo_title is not None

    @property
    def can_redo(self) -> bool:
        """True when there is something to redo."""
        return self._stack.redo_title is not None

    # Changing

    def run(self, edit: Edit, *, initiator: object = None) -> None:
        """Apply an edit, keep it for undo, write it to the journal and tell everyone. An empty edit does nothing."""
        if edit.changeset.is_empty:
            return
        self._apply(LogEntry(edit.changeset, str(edit.title), "do"), initiator, lambda: self._stack.push(edit))

    def write_ahead(self, edit: Edit) -> None:
        """Write an edit to the journal that :meth:`run` is called with next; may run beside the window.

        For edits that take long to write, as whole layers do. When anything else is done first, the record is taken back.

        Raises
        ------
        UserError
            When the journal cannot be written.
        """
        with self._writing:
            self._drop_ahead()
            if self._journaled:
                journal = self._open_journal()
                end = journal.end
                journal.append(edit.changeset, str(edit.title), "do")
                self._ahead = _Ahead(edit.changeset, end)

    def forget_ahead(self) -> None:
        """Take back what was written ahead and will not be run."""
        with self._writing:
            self._drop_ahead()

    def _drop_ahead(self) -> None:
        ahead, self._ahead = self._ahead, None
        if ahead is not None and self._journal is not None:
            self._journal.take_back(ahead.end)

    def undo(self, *, initiator: object = None) -> None:
        """Take the last edit back; nothing when there is none."""
        edit = self._stack.next_undo
        if edit is not None:
            self._apply(LogEntry(~edit.changeset, str(edit.title), "undo"), initiator, self._stack.undo)

    def redo(self, *, initiator: object = None) -> None:
        """Do the last undone edit again; nothing when there is none."""
        edit = self._stack.next_redo
        if edit is not None:
            self._apply(LogEntry(edit.changeset, str(edit.title), "redo"), initiator, self._stack.redo)

    def _apply(self, entry: LogEntry, initiator: object, on_stack: Callable[[], object]) -> None:
        """Apply, write to the journal, then move the stack: when the journal can't be written, nothing has happened."""
        before = self._workspace
        after = before.apply(entry.changeset)
        self._write_journal(entry)
        self._workspace = after
        on_stack()
        self._log.append(entry)
        self._prune_selection()
        self.changed.emit(described(before, after, entry.changeset, initiator))
        self.state_changed.emit(None)

    def _write_journal(self, entry: LogEntry) -> None:
        if not self._journaled:
            return
        with self._writing:
            ahead = self._ahead
            if ahead is not None and ahead.changeset is entry.changeset and entry.kind == "do":
                self._ahead = None  # it stands in the journal already
                return
            self._drop_ahead()
            self._open_journal().append(entry.changeset, entry.title, entry.kind)

    def _open_journal(self) -> Journal:
        if self._journal is None:
            self._journal = Journal.start(journal_folder(), self._base)
        return self._journal

    def set_view(self, view: View) -> None:
        """Remember what the window looks at; it is saved with the workspace and is no part of undo."""
        self._workspace = replace(self._workspace, view=view)

    # Selection

    @property
    def selection(self) -> Selection:
        """The selected features."""
        return self._selection

    def select(self, layer_id: str, rids: Iterable[int]) -> None:
        """Select these features and nothing else."""
        numbers = rids if isinstance(rids, np.ndarray) else np.array(list(rids), np.int64)
        chosen = Selection(layer_id, tuple(np.unique(numbers).tolist()))
        chosen = chosen if chosen.rids else Selection()
        if chosen != self._selection:
            self._selection = chosen
            if chosen.layer_id:
                self._current_layer = chosen.layer_id
            self.selection_changed.emit(chosen)

    @property
    def current_layer(self) -> str:
        """Id of the layer that drawing and the table work on; '' when there is none."""
        return self._current_layer if self._current_layer in self._workspace else ""

    def set_current_layer(self, layer_id: str) -> None:
        """Choose the layer that drawing and the table work on."""
        if layer_id != self._current_layer:
            self._current_layer = layer_id
            self.state_changed.emit(None)

    def _prune_selection(self) -> None:
        """Forget selected features that are gone."""
        chosen = self._selection
        if not chosen.rids:
            return
        if chosen.layer_id not in self._workspace:
            self.select("", ())
            return
        table = self._workspace.layer(chosen.layer_id).table
        self.select(chosen.layer_id, np.array(chosen.rids)[table.holds(np.array(chosen.rids))])

    # Saving

    def unsaved_changes(self) -> Changeset:
        """Return what changed since the last save as one changeset."""
        return _total([entry.changeset for entry in self._log])

    def save_request(self, path: Path | None = None, *, overwrite: bool = False) -> SaveRequest:
        """Return the frozen request of a save, to ``path`` when given; the journal is told that a save begins.

        Raises
        ------
        UserError
            When there is no file to save to, or it may not be written.
        """
        target = Path(path).absolute() if path is not None else self._path
        if target is None:
            raise UserError(tr("This workspace has no file yet."), hint=tr("Choose where to save it."))
        whole = target != self._path
        if not whole and self.read_only:
            raise UserError(
                tr("“{name}” is open for reading only.", name=target.name), hint=tr("Save it under another name."), path=target
            )
        changes = Changeset() if whole else self.unsaved_changes()
        state = workspace_file.fresh_state()
        if not whole and self._journal is not None:
            self.forget_ahead()
            self._journal.saving(state)
        return SaveRequest(target, self._workspace, changes, self._stack.mark, len(self._log), whole, overwrite, state)

    def save_done(self, request: SaveRequest, lock: workspace_file.WorkspaceLock | None) -> None:
        """Take in that a save has succeeded; edits made meanwhile stay unsaved and in the journal."""
        if request.whole:
            if self._lock is not None:
                self._lock.release()
            self._lock, self._path = lock, request.path
        self._base = request.path
        self._log = self._log[request.steps :]
        self._stack.saved(request.mark)
        self._restart_journal()
        self.state_changed.emit(None)

    def _restart_journal(self) -> None:
        """Begin a journal for what is not in the file yet, then drop the old one: at any moment one of them is whole."""
        self.forget_ahead()
        old, self._journal = self._journal, None
        for entry in self._log:
            self._write_journal(entry)
        if old is not None:
            old.close(discard=True)

    def save(self) -> None:
        """Save to its file, in this thread."""
        request = self.save_request()
        self.save_done(request, perform_save(request))

    def save_as(self, path: Path | str, *, overwrite: bool = False) -> None:
        """Save as a new file and go on with that one, in this thread."""
        request = self.save_request(Path(path), overwrite=overwrite)
        self.save_done(request, perform_save(request))

    def close(self, *, keep_journal: bool = False) -> None:
        """Let go of file and journal; unsaved changes are lost unless the journal is kept."""
        self.forget_ahead()
        if self._journal is not None:
            self._journal.close(discard=not keep_journal)
            self._journal = None
        if self._lock is not None:
            self._lock.release()
            self._lock = None


def perform_save(request: SaveRequest) -> workspace_file.WorkspaceLock | None:
    """Do what the request says; may run in any thread. Return the lock of a new file, None for the one that is held.

    Raises
    ------
    UserError
        When the file cannot be written; it is then as it was.
    """
    if not request.whole:
        workspace_file.save_changes(request.path, request.workspace, request.changes, state=request.state)
        return None
    lock = workspace_file.WorkspaceLock(request.path)
    lock.acquire()
    try:
        workspace_file.create_workspace(request.path, request.workspace, overwrite=request.overwrite)
    except BaseException:
        lock.release()
        raise
    return lock


def _total(changesets: list[Changeset]) -> Changeset:
    """Return the sum, pairwise, so that many small changes cost n log n."""
    while len(changesets) > 1:
        pairs = [changesets[i : i + 2] for i in range(0, len(changesets), 2)]
        changesets = [reduce(Changeset.__add__, pair) for pair in pairs]
    return changesets[0] if changesets else Changeset()
