"""Open, save, leave, recover: the disk holds what the light says, and two windows never write one file."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtWidgets import QAbstractButton, QDialog, QFileDialog
from pytestqt.qtbot import QtBot

from cgplanner.app import settings
from cgplanner.app.dialogs.message_dialog import MessageDialog
from cgplanner.app.dialogs.recover_dialog import RecoverDialog
from cgplanner.app.main_window import MainWindow
from cgplanner.edit import operations
from cgplanner.io.workspace.journal import pending
from cgplanner.session.folders import journal_folder
from cgplanner.session.session import Session

WAIT_MS = 30_000
OpenWindow = Callable[[Session], MainWindow]


def shown(window: MainWindow, kind: type[QDialog] = MessageDialog) -> QDialog | None:
    dialogs = [each for each in window.findChildren(kind) if each.isVisible()]
    return dialogs[-1] if dialogs else None


def click(dialog: QDialog | None, text: str) -> None:
    assert dialog is not None
    next(each for each in dialog.findChildren(QAbstractButton) if each.text() == text).click()


def change(session: Session, value: float = 41) -> None:
    session.run(operations.set_field(session.workspace, "projects", [0], "JD", value))


def progress_in(path: Path) -> float:
    opened = Session.open(path, read_only=True, journaled=False)
    value: float = opened.workspace.layer("projects").table.column("JD").value(0)
    opened.close()
    return value


def saved(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not window.documents.saving and not window.jobs.busy, timeout=WAIT_MS)


@pytest.fixture
def file(session: Session, tmp_path: Path) -> Path:
    path = tmp_path / "五市 plan.gpkg"
    session.save_as(path)
    return path


def test_save_writes_what_changed(window: MainWindow, session: Session, file: Path, qtbot: QtBot) -> None:
    change(session)
    window.actions_by_id["save"].trigger()
    assert window.strip.light.word == "Saving…"
    saved(window, qtbot)
    assert window.strip.light.word == "Saved"
    assert progress_in(file) == 41.0


def test_an_edit_while_saving_stays_unsaved(window: MainWindow, session: Session, file: Path, qtbot: QtBot) -> None:
    change(session)
    window.documents.save()
    change(session, 42)
    saved(window, qtbot)
    assert window.strip.light.word == "Unsaved changes"
    assert progress_in(file) == 41.0
    window.documents.save()
    saved(window, qtbot)
    assert progress_in(file) == 42.0


def test_closing_can_save_first(window: MainWindow, session: Session, file: Path, qtbot: QtBot) -> None:
    change(session)
    window.close()
    click(shown(window), "Save")
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=WAIT_MS)
    assert progress_in(file) == 41.0


def test_save_as_remembers_the_file(window: MainWindow, session: Session, tmp_path: Path, qtbot: QtBot) -> None:
    target = tmp_path / "another.gpkg"
    window.documents.save_to(target)
    saved(window, qtbot)
    assert progress_in(target) == 40.0
    assert session.path == target
    assert settings.load().recent == (str(target),)
    window._fill_recent()
    assert window.recent.actions()[0].text() == "another.gpkg"


def test_a_save_that_fails_says_so_and_keeps_the_changes(
    window: MainWindow, session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    change(session)
    window.documents.save_to(tmp_path / "no such folder" / "x.gpkg")
    qtbot.waitUntil(lambda: shown(window) is not None, timeout=WAIT_MS)
    assert session.is_dirty
    assert window.strip.light.word == "Unsaved changes"
    click(shown(window), "Close")


def test_opening_replaces_the_workspace_in_every_panel(window: MainWindow, session: Session, file: Path, qtbot: QtBot) -> None:
    window.documents.new()
    assert window.bridge.workspace.layers == ()
    assert window.layers.model.layers == ()
    window.documents.open(file)
    qtbot.waitUntil(lambda: len(window.bridge.workspace.layers) == 2, timeout=WAIT_MS)
    assert [layer.id for layer in window.layers.model.layers] == ["projects", "cities"]
    assert window.table.layer_id == "projects"
    assert window.windowTitle().startswith(file.name)


def test_what_is_no_workspace_gives_a_sentence(window: MainWindow, session: Session, tmp_path: Path, qtbot: QtBot) -> None:
    path = tmp_path / "letter.gpkg"
    path.write_text("Dear colleague")
    window.documents.open(path)
    qtbot.waitUntil(lambda: shown(window) is not None, timeout=WAIT_MS)
    assert window.bridge.session is session
    click(shown(window), "Close")


def test_a_second_window_may_read_but_not_write(
    window: MainWindow, session: Session, file: Path, qtbot: QtBot, open_window: OpenWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = open_window(Session.new(journaled=False))
    second.documents.open(file)
    qtbot.waitUntil(lambda: shown(second) is not None, timeout=WAIT_MS)
    dialog = shown(second)
    assert isinstance(dialog, MessageDialog)
    assert file.name in dialog.heading.text()
    click(dialog, "Open for reading only")
    assert second.strip.light.word == "Read-only"
    change(second.bridge.session)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", staticmethod(lambda *_: ("", "")))
    second.documents.save()  # asks for another name, and none is given
    assert second.strip.light.word == "Unsaved changes"
    assert progress_in(file) == 40.0


def test_a_second_window_can_be_left_empty(
    window: MainWindow, session: Session, file: Path, qtbot: QtBot, open_window: OpenWindow
) -> None:
    second = open_window(Session.new(journaled=False))
    second.documents.open(file)
    qtbot.waitUntil(lambda: shown(second) is not None, timeout=WAIT_MS)
    click(shown(second), "Cancel")
    assert second.bridge.workspace.layers == ()


KILLED = """
import os, sys
from cgplanner.edit import operations
from cgplanner.session.session import Session

session = Session.open(sys.argv[1])
session.run(operations.set_field(session.workspace, "projects", [0], "JD", 55))
session.run(operations.delete_features(session.workspace, "projects", [3]))
os._exit(9)
"""


@pytest.fixture
def killed(file: Path, session: Session) -> None:
    session.close()
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2] / "src"), "LANG": "C.UTF-8"}
    done = subprocess.run([sys.executable, "-c", KILLED, str(file)], env=environment, check=False)
    assert done.returncode == 9


@pytest.mark.usefixtures("killed")
def test_the_work_of_a_killed_program_is_offered_by_name_and_restored(
    file: Path, qtbot: QtBot, open_window: OpenWindow
) -> None:
    window = open_window(Session.new())
    window.documents.offer_recovery()
    dialog = shown(window, RecoverDialog)
    assert isinstance(dialog, RecoverDialog)
    assert [dialog.list.item(row).text() for row in range(dialog.list.count())] == [
        "1  set Progress of 太旧高速公路改造",
        "2  delete 石太客运专线",
    ]
    click(dialog, "Restore")
    qtbot.waitUntil(lambda: len(window.bridge.workspace.layers) == 2, timeout=WAIT_MS)
    table = window.bridge.workspace.layer("projects").table
    assert (len(table), table.columns["JD"].value(0)) == (3, 55.0)
    assert window.strip.light.word == "Unsaved changes"
    window.documents.save()
    saved(window, qtbot)
    assert progress_in(file) == 55.0
    assert pending(journal_folder()) == ()


@pytest.mark.usefixtures("killed")
def test_the_work_of_a_killed_program_can_be_thrown_away_or_kept_for_later(file: Path, open_window: OpenWindow) -> None:
    window = open_window(Session.new())
    window.documents.offer_recovery()
    click(shown(window, RecoverDialog), "Later")
    assert len(pending(journal_folder())) == 1
    window.documents.offer_recovery()
    click(shown(window, RecoverDialog), "Throw away")
    assert pending(journal_folder()) == ()
    assert progress_in(file) == 40.0
