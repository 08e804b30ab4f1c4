"""Opening, saving and leaving a workspace: who is asked what, in which order. The work itself runs beside the window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from cgplanner.app.bridge import Bridge
from cgplanner.app.canvas import MapCanvas
from cgplanner.app.canvas.kernel_warmth import warm
from cgplanner.app.canvas.opening_sketch import OpeningSketch
from cgplanner.app.dialogs.message_dialog import Answer, ask, tell_error
from cgplanner.app.dialogs.recover_dialog import RecoverDialog
from cgplanner.app.jobs import Job, Jobs, Progress
from cgplanner.errors import UserError
from cgplanner.io.files.safe_write import recover_all
from cgplanner.io.sqlite.glimpse import Glimpsed
from cgplanner.io.workspace.journal import PendingJournal
from cgplanner.io.workspace.lock import WorkspaceLock
from cgplanner.session.recovery import offers, recovered
from cgplanner.session.session import Session, perform_save
from cgplanner.text import tr

SUFFIX = ".gpkg"

Then = Callable[[], object]


class Documents(QObject):
    """The file menu's work for one window.

    Signals
    -------
    opened(Path)
        A workspace was opened from, or saved to, this file.
    saving_changed
        A save began or ended; see :attr:`saving`.
    """

    opened = Signal(object)
    saving_changed = Signal()

    def __init__(self, window: QWidget, bridge: Bridge, jobs: Jobs) -> None:
        super().__init__(window)
        self._window, self._bridge, self._jobs = window, bridge, jobs
        self.saving = False
        self.sketch: OpeningSketch | None = None
        self._after: list[Then] = []

    # Opening

    def new(self) -> None:
        """Start an empty workspace, once the present one may be left."""
        self.leave(lambda: self._show(Session.new()))

    def open_sample(self) -> None:
        """Open the five-city sample."""
        self.leave(lambda: self._load(tr("Opening the sample"), Session.sample))

    def choose_and_open(self) -> None:
        """Ask for a file and open it."""
        start = str(self._bridge.session.path.parent) if self._bridge.session.path else ""
        filters = tr("Workspaces (*.gpkg)")
        path, _ = QFileDialog.getOpenFileName(self._window, tr("Open a workspace"), start, filters)
        if path:
            self.open(Path(path))

    def open(self, path: Path) -> None:
        """Open a workspace file, once the present one may be left."""
        self.leave(lambda: self._open(path))

    def attend(self, canvas: MapCanvas) -> None:
        """Show over this canvas what large files hold, while they are read."""
        self.sketch = OpeningSketch(canvas)
        self.sketch.begun.connect(lambda: warm(self._jobs))  # not earlier: the first sketch is not to wait for it

    def _open(self, path: Path) -> None:
        sketch = self.sketch
        glimpsed = sketch.begin() if sketch is not None else None

        def failed(error: UserError) -> None:
            self._drop_sketch()
            self.tell(error)

        self._jobs.start(
            Job(
                tr("Opening {name}", name=path.name),
                lambda progress: _opened(path, progress, glimpsed),
                done=lambda found: self._take_opened(*found),
                failed=failed,
                cancelled=self._drop_sketch,
            )
        )

    def _drop_sketch(self) -> None:
        if self.sketch is not None:
            self.sketch.drop()

    def _load(self, title: str, make: Callable[[], Session]) -> None:
        self._jobs.start(Job(title, lambda _progress: make(), done=self._show, failed=self.tell))

    def _take_opened(self, session: Session, error: UserError | None) -> None:
        if error is None:
            self._show(session)
            return
        self._drop_sketch()
        ask(
            self._window,
            error.message,
            error.hint,
            [
                Answer(tr("Cancel"), session.close),
                Answer(tr("Open for reading only"), lambda: self._show(session), default=True),
            ],
        )

    def _show(self, session: Session) -> None:
        old = self._bridge.session
        self._bridge.replace(session)
        if self.sketch is not None:
            self.sketch.give_way()
        old.close()
        if session.path is not None:
            self.opened.emit(session.path)

    # Saving

    def save(self, then: Then = lambda: None) -> None:
        """Save to the file there is, or ask for one; ``then`` is called once everything is on disk."""
        session = self._bridge.session
        if session.path is None or session.read_only:
            self.save_as(then)
        else:
            self._save(None, then)

    def save_as(self, then: Then = lambda: None) -> None:
        """Ask for a file and save there."""
        session = self._bridge.session
        start = session.path or Path.home() / f"{session.workspace.title or tr('Workspace')}{SUFFIX}"
        path, _ = QFileDialog.getSaveFileName(self._window, tr("Save the workspace as"), str(start), tr("Workspaces (*.gpkg)"))
        if path:
            target = Path(path) if Path(path).suffix else Path(path).with_suffix(SUFFIX)
            self._save(target, then)

    def save_to(self, path: Path, then: Then = lambda: None) -> None:
        """Save as this file, replacing what is there."""
        self._save(path, then)

    def _save(self, path: Path | None, then: Then) -> None:
        if self.saving:  # a second request waits for the first; what changed meanwhile is its business
            self._after.append(lambda: self._save(path, then))
            return
        session = self._bridge.session
        try:
            request = session.save_request(path, overwrite=True)
        except UserError as error:
            self.tell(error)
            return
        self._set_saving(saving=True)

        def done(lock: WorkspaceLock | None) -> None:
            session.save_done(request, lock)
            self._set_saving(saving=False)
            self.opened.emit(request.path)
            then()
            self._go_on()

        def failed(error: UserError) -> None:
            self._set_saving(saving=False)
            self._after.clear()
            self.tell(error)

        self._jobs.start(
            Job(tr("Saving {name}", name=request.path.name), lambda _progress: perform_save(request), done=done, failed=failed)
        )

    def _go_on(self) -> None:
        after, self._after = self._after, []
        for each in after:
            each()

    def _set_saving(self, *, saving: bool) -> None:
        self.saving = saving
        self.saving_changed.emit()

    # Leaving

    def leave(self, then: Then) -> None:
        """Call ``then`` once the present workspace may be left: at once, or after the planner has said what to do."""
        session = self._bridge.session
        if self.saving:
            self._after.append(lambda: self.leave(then))
            return
        if not session.is_dirty:
            then()
            return
        name = session.path.name if session.path else session.workspace.title
        ask(
            self._window,
            tr("“{name}” has unsaved changes.", name=name),
            tr("Without saving they are lost."),
            [
                Answer(tr("Cancel")),
                Answer(tr("Discard the changes"), then),
                Answer(tr("Save"), lambda: self.save(then), default=True),
            ],
        )

    # Recovery

    def offer_recovery(self, otherwise: Then = lambda: None) -> None:
        """Offer back what a killed program had not saved, the oldest first; ``otherwise`` is called when none is wanted.

        Exports that it was putting in place are put in place first, without a question: they were complete.
        """
        recover_all()
        found = offers()
        if not found:
            otherwise()
            return

        def discard(journal: PendingJournal) -> None:
            journal.discard()
            self.offer_recovery(otherwise)

        dialog = RecoverDialog(
            self._window, found[0], restore=lambda journal: self._restore(journal, otherwise), discard=discard
        )
        dialog.rejected.connect(otherwise)
        dialog.open()

    def _restore(self, journal: PendingJournal, otherwise: Then) -> None:
        def failed(error: UserError) -> None:
            otherwise()
            self.tell(error)

        self._jobs.start(
            Job(tr("Restoring unsaved work"), lambda _progress: recovered(journal), done=self._show, failed=failed)
        )

    def tell(self, error: UserError) -> None:
        """Show a refusal."""
        tell_error(self._window, error)


def _opened(path: Path, progress: Progress, glimpsed: Glimpsed | None) -> tuple[Session, UserError | None]:
    """Open a workspace; where it may be read but not written, return it for reading together with the reason."""
    try:
        return Session.open(path, progress=progress, glimpsed=glimpsed), None
    except UserError as error:
        try:
            return Session.open(path, read_only=True, progress=progress, glimpsed=glimpsed), error
        except UserError:
            raise error from None
