"""The only place where session changes become Qt signals.

Widgets hold the bridge, never a session: the window may open another workspace, and then the bridge speaks for that one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QObject, Signal

from cgplanner.edit.edit import Edit
from cgplanner.errors import UserError
from cgplanner.model.layer import Layer
from cgplanner.model.workspace import Workspace
from cgplanner.session.session import Selection, Session


class Bridge(QObject):
    """Speaks for the session that is open now.

    Signals
    -------
    replaced
        Another session is open; ``previous`` views are void.
    changed(LayerChange), selection_changed(Selection), state_changed
        As the session's own.
    refused(UserError)
        An edit asked for through :meth:`run` was refused; nothing changed.
    """

    replaced = Signal()
    changed = Signal(object)
    selection_changed = Signal(object)
    state_changed = Signal()
    refused = Signal(object)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._cut: list[Callable[[], None]] = []
        self._listen()

    def _listen(self) -> None:
        session = self._session
        self._cut = [
            session.changed.connect(self.changed.emit),
            session.selection_changed.connect(self.selection_changed.emit),
            session.state_changed.connect(lambda _: self.state_changed.emit()),
        ]

    @property
    def session(self) -> Session:
        """The session that is open now."""
        return self._session

    @property
    def workspace(self) -> Workspace:
        """The present version of the document."""
        return self._session.workspace

    @property
    def selection(self) -> Selection:
        """The selected features."""
        return self._session.selection

    def replace(self, session: Session) -> None:
        """Speak for another session from now on; the old one is not closed here."""
        for cut in self._cut:
            cut()
        self._session = session
        self._listen()
        self.replaced.emit()
        self.state_changed.emit()

    def silence(self) -> None:
        """Stop listening; for the end of the window."""
        for cut in self._cut:
            cut()
        self._cut = []

    def current_layer(self) -> Layer | None:
        """Return the layer that drawing, table and inspector are about, None when there is none."""
        layer_id = self._session.current_layer
        return self.workspace.layer(layer_id) if layer_id else None

    def run(self, make: Callable[[Workspace], Edit], *, initiator: object = None) -> UserError | None:
        """Make an edit of the present version and run it; return the refusal when there is one.

        The caller that can show the sentence beside its own control does so; see :meth:`run_or_tell` for all others.
        """
        try:
            self._session.run(make(self.workspace), initiator=initiator)
        except UserError as error:
            return error
        return None

    def run_or_tell(self, make: Callable[[Workspace], Edit]) -> bool:
        """Run an edit; a refusal goes out as a signal. Return whether it was done."""
        error = self.run(make)
        if error is not None:
            self.refused.emit(error)
        return error is None

    def select(self, layer_id: str, rids: Iterable[int]) -> None:
        """Select these features and nothing else."""
        self._session.select(layer_id, rids)
