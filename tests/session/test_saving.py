"""Saving while the planner goes on, and what a crash around a save leaves."""

from __future__ import annotations

from pathlib import Path

import pytest
import shapely

from cgplanner.edit import operations as ops
from cgplanner.errors import UserError
from cgplanner.io.workspace.workspace_file import create_workspace
from cgplanner.model.layer import Layer
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import empty_table
from cgplanner.model.workspace import Workspace
from cgplanner.session.recovery import offers, recovered
from cgplanner.session.session import Session, perform_save
from cgplanner.symbology.style import Style

SCHEMA = Schema((Field("n", "NR", FieldType.INTEGER),), geometry="point")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "plan.gpkg"
    create_workspace(file, Workspace((Layer("points", "点", "Points", empty_table(SCHEMA), "EPSG:4490", Style()),)))
    return file


def add(session: Session, number: int) -> None:
    session.run(ops.add_feature(session.workspace, "points", shapely.Point(number, 0), {"n": number}))


def numbers(session: Session) -> list[int]:
    return session.workspace.layer("points").table.column("NR").values()


def crash(session: Session) -> None:
    """Let go of the files as a killed process does: the journal stays."""
    session.close(keep_journal=True)


def test_edits_made_during_a_save_stay_unsaved(path: Path) -> None:
    session = Session.open(path)
    add(session, 1)
    request = session.save_request()
    add(session, 2)
    session.save_done(request, perform_save(request))
    assert session.is_dirty
    assert numbers(Session.open(path, read_only=True)) == [1]
    session.save()
    assert not session.is_dirty
    assert numbers(Session.open(path, read_only=True)) == [1, 2]
    session.close()


@pytest.mark.parametrize("saved", [False, True])
def test_a_crash_during_a_save_loses_nothing(path: Path, saved: bool) -> None:  # noqa: FBT001  a parameter of the test
    session = Session.open(path)
    add(session, 1)
    request = session.save_request()
    add(session, 2)
    if saved:
        perform_save(request)
    crash(session)
    (journal,) = offers()
    assert len(journal.titles) == (1 if saved else 2)
    again = recovered(journal)
    assert numbers(again) == [1, 2]
    again.save()
    again.close()
    assert offers() == ()


def test_a_crash_right_after_a_save_offers_nothing(path: Path) -> None:
    session = Session.open(path)
    add(session, 1)
    perform_save(session.save_request())
    crash(session)
    assert offers() == ()
    assert numbers(Session.open(path, read_only=True)) == [1]


def test_a_journal_is_not_replayed_on_a_file_that_went_on_without_it(path: Path) -> None:
    session = Session.open(path)
    add(session, 1)
    crash(session)
    other = Session.open(path, journaled=False)
    add(other, 9)
    other.save()
    other.close()
    (journal,) = offers()
    with pytest.raises(UserError, match="saved since"):
        recovered(journal)
    assert len(offers()) == 1, "the work is still there for whoever can use it"


def test_undone_to_the_saved_state_is_clean(path: Path) -> None:
    session = Session.open(path)
    add(session, 1)
    session.save()
    add(session, 2)
    session.undo()
    assert not session.is_dirty
    session.undo()
    assert session.is_dirty
    session.save()
    assert numbers(Session.open(path, read_only=True)) == []
    session.redo()
    session.save()
    assert numbers(Session.open(path, read_only=True)) == [1]
    session.close()


def test_a_second_window_is_refused_until_the_first_lets_go(path: Path) -> None:
    first = Session.open(path)
    with pytest.raises(UserError, match="open in another window"):
        Session.open(path)
    reader = Session.open(path, read_only=True)
    add(reader, 1)
    with pytest.raises(UserError, match="reading only"):
        reader.save()
    reader.close()
    first.close()
    Session.open(path).close()


def test_save_as_goes_on_with_the_new_file(path: Path, tmp_path: Path) -> None:
    session = Session.open(path)
    add(session, 1)
    with pytest.raises(UserError, match="exists already"):
        session.save_as(_existing(tmp_path))
    session.save_as(tmp_path / "new.gpkg")
    assert session.path == tmp_path / "new.gpkg"
    assert numbers(Session.open(path, read_only=True)) == []
    Session.open(path).close()
    add(session, 2)
    session.save()
    assert numbers(Session.open(tmp_path / "new.gpkg", read_only=True)) == [1, 2]
    session.close()


def _existing(folder: Path) -> Path:
    file = folder / "there.gpkg"
    file.write_text("something")
    return file


def test_the_sample_has_no_file_until_it_is_saved(tmp_path: Path) -> None:
    session = Session.sample()
    assert session.path is None
    with pytest.raises(UserError, match="no file yet"):
        session.save()
    session.save_as(tmp_path / "五市.gpkg")
    session.close()
    assert Session.open(tmp_path / "五市.gpkg", read_only=True).workspace.equals(session.workspace)
