"""Taking a layer of the workspace to another datum: asks with a card, works beside the window, says what came of it."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from cgplanner.app.bridge import Bridge
from cgplanner.app.canvas import MapCanvas
from cgplanner.app.dialogs.layer_datum_dialog import LayerDatumDialog
from cgplanner.app.dialogs.message_dialog import tell, tell_error
from cgplanner.app.jobs import Job, Jobs, Progress
from cgplanner.edit.edit import Edit
from cgplanner.errors import UserError
from cgplanner.io.crs.datum_change import DatumChange
from cgplanner.io.report import Note
from cgplanner.session.layer_datum import change_datum, roughly_from, why_no_datum_change
from cgplanner.session.session import Session
from cgplanner.text import tr


class LayerDatum(QObject):
    """The work behind the change of a layer's datum for one window."""

    def __init__(self, window: QWidget, bridge: Bridge, jobs: Jobs, canvas: MapCanvas) -> None:
        super().__init__(window)
        self._window, self._bridge, self._jobs, self._canvas = window, bridge, jobs, canvas

    def ask(self, layer_id: str) -> None:
        """Ask how this layer's datum is to be changed, or say why there is nothing to change."""
        layer = self._bridge.workspace.layer(layer_id)
        why_not = why_no_datum_change(layer)
        if why_not is not None:
            tell(self._window, str(why_not))
            return
        LayerDatumDialog(self._window, layer, roughly_from(layer), partial(self.change, layer_id)).open()

    def change(self, layer_id: str, change: DatumChange, target: str) -> None:
        """Change it, beside the window: a large layer takes seconds, and to write it into the journal too."""
        session = self._bridge.session
        layer = session.workspace.layer(layer_id)

        def work(progress: Progress) -> tuple[Edit, tuple[Note, ...]]:
            edit, notes = change_datum(session.workspace, layer_id, change, target, progress)
            session.write_ahead(edit)
            return edit, notes

        def done(made: tuple[Edit, tuple[Note, ...]]) -> None:
            here = self._bridge.session is session and layer_id in session.workspace
            if here and session.workspace.layer(layer_id) is layer:
                self._run(session, *made)
            elif here:  # somebody edited it meanwhile
                self.change(layer_id, change, target)
            else:
                session.forget_ahead()

        title = tr("Changing the datum of {layer}", layer=layer.title)
        self._jobs.start(Job(title, work, done=done, failed=self._refuse, cancelled=session.forget_ahead))

    def _run(self, session: Session, edit: Edit, notes: tuple[Note, ...]) -> None:
        session.run(edit)
        grave = [str(note.message) for note in notes if note.severity != "info"]
        if len(grave) > 1 or (grave and len(notes) > 1):
            tell(self._window, tr("The datum was changed; look at this."), "\n".join(f"• {text}" for text in grave))
        else:
            self._canvas.toast.say(tr("The datum was changed; it can be undone."), str(notes[0].message) if notes else "")

    def _refuse(self, error: UserError) -> None:
        tell_error(self._window, error)
