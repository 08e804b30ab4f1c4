"""Work that a killed program left behind: what there is, and a session that has it again."""

from __future__ import annotations

from cgplanner.edit.edit import Edit
from cgplanner.io.workspace.journal import PendingJournal, pending
from cgplanner.resources import layers_path
from cgplanner.session.folders import journal_folder
from cgplanner.session.session import Session
from cgplanner.text import Sentence


def offers() -> tuple[PendingJournal, ...]:
    """Return the journals of programs that ended without saving, oldest first."""
    return pending(journal_folder())


def recovered(journal: PendingJournal) -> Session:
    """Return a session on what the journal belongs to, with everything in it done again; then the journal is done with.

    Raises
    ------
    UserError
        When the file is gone, open elsewhere, or was saved since; the journal is kept.
    """
    session = _session_for(journal)
    try:
        for changeset, title in journal.replay(session.workspace):
            session.run(Edit(changeset, Sentence(title)))
    except BaseException:
        session.close()
        raise
    journal.discard()
    return session


def _session_for(journal: PendingJournal) -> Session:
    path = journal.workspace_path
    if path is None:
        return Session.new()
    return Session.sample() if path == layers_path("sample.gpkg").resolve() else Session.open(path)
