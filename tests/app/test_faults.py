"""What is left of a fault: a file with the place where it happened, and one sentence in the window."""

from __future__ import annotations

import faulthandler
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from cgplanner.app import faults
from cgplanner.app.dialogs.message_dialog import MessageDialog
from cgplanner.app.faults import fault_file, keep_watch
from cgplanner.app.main import _tell_fault
from cgplanner.app.main_window import MainWindow


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What is said of faults while the program keeps watch."""
    said: list[str] = []
    was_on = faulthandler.is_enabled()
    monkeypatch.setattr(sys, "excepthook", lambda *_: None)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)  # is as it was afterwards
    log = keep_watch(lambda message, hint: said.append(f"{message} {hint}"))
    assert log is not None
    yield said
    faulthandler.enable() if was_on else faulthandler.disable()
    log.close()


def test_a_fault_is_written_down_and_said(told: list[str]) -> None:
    for number in range(2):
        sys.excepthook(ZeroDivisionError, ZeroDivisionError(f"fault {number}"), None)
    written = fault_file().read_text(encoding="utf-8")
    assert "fault 0" in written
    assert "fault 1" in written
    assert "fault in the program" in told[0]
    assert faults.FILE_NAME in told[0]
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert len(told) == 2


def test_a_fault_beside_the_window_is_written_down_and_opens_no_window(told: list[str]) -> None:
    def fail() -> None:
        raise ZeroDivisionError("beside the window")

    thread = threading.Thread(target=fail, name="a painter")
    thread.start()
    thread.join()
    watched = partial(sys.excepthook, LookupError, LookupError("in a slot of a thread"), None)
    thread = threading.Thread(target=watched)
    thread.start()
    thread.join()
    written = fault_file().read_text(encoding="utf-8")
    assert "ZeroDivisionError: beside the window" in written
    assert "in a slot of a thread" in written
    assert told == []


def test_messages_do_not_pile_up(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QApplication, "activeWindow", lambda: window)
    _tell_fault("a fault", "save")
    (dialog,) = (each for each in window.findChildren(MessageDialog) if each.isVisible())
    monkeypatch.setattr(QApplication, "activeWindow", lambda: dialog)
    _tell_fault("another", "save")
    assert len([each for each in window.findChildren(MessageDialog) if each.isVisible()]) == 1
    dialog.reject()


def test_a_crash_leaves_word_of_where_it_was(tmp_path: Path) -> None:
    program = "from cgplanner.app.faults import keep_watch; import faulthandler; keep_watch(print); faulthandler._sigsegv()"
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
