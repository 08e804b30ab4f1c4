"""An edit written to the journal before it is run: once, in its place, and gone when it is not run after all."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import shapely

from cgplanner.edit import operations
from cgplanner.edit.edit import Edit
from cgplanner.io.workspace.journal import pending
from cgplanner.model.layer import Layer
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import table_from_records
from cgplanner.session.folders import journal_folder
from cgplanner.session.recovery import recovered
from cgplanner.session.session import Session
from cgplanner.symbology.defaults import default_style

SCHEMA = Schema((Field("f1", "n", FieldType.INTEGER),), "point")


@pytest.fixture
def session(tmp_path: Path) -> Session:
    made = Session.new()
    made.save_as(tmp_path / "plan.gpkg")
    return made


def adding(session: Session, name: str) -> Edit:
    table = table_from_records(SCHEMA, [{"n": 1}], [shapely.Point(112.5, 37.8)])
    return operations.add_layer(session.workspace, Layer(name, name, name, table, "EPSG:4490", default_style(SCHEMA)))


def written_ahead(session: Session, name: str) -> Edit:
    """Write an adding ahead as the window does: in another thread."""
    edit = adding(session, name)
    thread = threading.Thread(target=session.write_ahead, args=(edit,))
    thread.start()
    thread.join()
    return edit


def after_a_crash(session: Session) -> list[str]:
    """Return the layers that the next start would bring back."""
    session.close(keep_journal=True)
    found = pending(journal_folder())
    if not found:
        return []
    again = recovered(found[0])
    names = [layer.id for layer in again.workspace]
    again.close()
    return names


def test_it_is_written_once_and_comes_back(session: Session) -> None:
    edit = written_ahead(session, "a")
    assert "a" not in session.workspace
    session.run(edit)
    assert "a" in session.workspace
    session.run(adding(session, "b"))
    assert after_a_crash(session) == ["a", "b"]


def test_another_edit_before_it_takes_it_back(session: Session) -> None:
    edit = written_ahead(session, "a")
    session.run(adding(session, "b"))
    session.run(adding(session, "a"))
    assert edit.changeset.settings
    assert after_a_crash(session) == ["b", "a"]


def test_what_is_not_run_does_not_come_back(session: Session) -> None:
    session.run(adding(session, "a"))
    written_ahead(session, "b")
    session.forget_ahead()
    assert after_a_crash(session) == ["a"]


def test_leaving_takes_it_back_too(session: Session) -> None:
    session.run(adding(session, "a"))
    written_ahead(session, "b")
    assert after_a_crash(session) == ["a"]


def test_a_save_between_takes_it_back_and_it_can_still_be_run(session: Session) -> None:
    session.run(adding(session, "a"))
    edit = written_ahead(session, "b")
    session.save()
    session.run(edit)
    assert session.path is not None
    assert after_a_crash(session) == ["a", "b"]


def test_undoing_it_is_written_behind_it(session: Session) -> None:
    session.run(written_ahead(session, "a"))
    session.undo()
    session.redo()
    session.undo()
    assert after_a_crash(session) == []


def test_without_a_journal_there_is_nothing_to_write(tmp_path: Path) -> None:
    session = Session.new(journaled=False)
    session.run(written_ahead(session, "a"))
    assert "a" in session.workspace
    session.close()
    assert pending(journal_folder()) == ()
