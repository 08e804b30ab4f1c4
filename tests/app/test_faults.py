"""What is left of a fault: a file with the place where it happened, and one sentence in the window."""

from __future__ import annotations

import faulthandler
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from cgplanner.app import faults
from cgplanner.app.dialogs.message_dialog import MessageDialog
from cgplanner.app.faults import fault_file, keep_watch
from cgplanner.app.main_window import MainWindow


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    was_on = faulthandler.is_enabled()
    monkeypatch.setattr(sys, "excepthook", lambda *_: None)
    log = keep_watch()
    assert log is not None
    yield
    faulthandler.enable() if was_on else faulthandler.disable()
    log.close()


@pytest.mark.usefixtures("watched")
def test_a_fault_is_written_down_and_said_once(window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QApplication, "activeWindow", lambda: window)
    for number in range(2):
        error = ZeroDivisionError(f"fault {number}")
        sys.excepthook(ZeroDivisionError, error, None)
    written = fault_file().read_text(encoding="utf-8")
    assert "fault 0" in written
    assert "fault 1" in written
    (dialog,) = (each for each in window.findChildren(MessageDialog) if each.isVisible())
    assert "fault in the program" in dialog.heading.text()
    dialog.reject()
    qtbot.waitUntil(lambda: not any(each.isVisible() for each in window.findChildren(MessageDialog)))
    sys.excepthook(ZeroDivisionError, ZeroDivisionError("again"), None)
    assert any(each.isVisible() for each in window.findChildren(MessageDialog))


def test_a_crash_leaves_word_of_where_it_was(tmp_path: Path) -> None:
    program = "from cgplanner.app.faults import keep_watch; import faulthandler; keep_watch(); faulthandler._sigsegv()"
    environment = os.environ | {"CGPLANNER_HOME": str(tmp_path), "QT_QPA_PLATFORM": "offscreen"}
    ended = subprocess.run([sys.executable, "-c", program], env=environment, check=False)
    assert ended.returncode != 0
    assert "Segmentation fault" in (tmp_path / faults.FILE_NAME).read_text(encoding="utf-8")


def test_a_file_that_has_grown_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "MOST_BYTES", 10)
    fault_file().parent.mkdir(parents=True, exist_ok=True)
    fault_file().write_text("x" * 100, encoding="utf-8")
    faults._opened(fault_file()).close()
    assert fault_file().stat().st_size == 0
