"""Starts the window: fonts, theme, language, then the workspace named on the command line or the sample."""

from __future__ import annotations

import gc
import sys
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from cgplanner.app import bench_window, settings, theme
from cgplanner.app.dialogs.message_dialog import MessageDialog, tell
from cgplanner.app.faults import keep_watch
from cgplanner.app.icons import icon
from cgplanner.app.language import switch_language
from cgplanner.app.main_window import MainWindow
from cgplanner.session.session import Session
from cgplanner.text import system_language, tr

SWITCH_SECONDS = 0.0005  # a thread that paints tiles then lets the window have Python; the usual 5 ms are a third of a frame


def application() -> QApplication:
    """Return the application with our fonts, the remembered theme and language."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        made = existing
    else:
        QGuiApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)
        made = QApplication(["cgplanner"])
    dress(made)
    return made


def dress(made: QApplication) -> None:
    """Give an application our style, fonts, theme and language."""
    remembered = settings.load()
    made.setStyle("Fusion")
    theme.load_fonts()
    made.setFont(theme.body_font())
    theme.apply(made, remembered.theme)
    switch_language(made, remembered.language or system_language())
    made.setApplicationDisplayName(tr("City cluster planner"))
    made.setWindowIcon(icon("app", "accent"))


def begin(window: MainWindow, path: Path | None) -> None:
    """Offer back unsaved work; else open this workspace, the sample when there is none."""
    documents = window.documents
    documents.offer_recovery(documents.open_sample if path is None else lambda: documents.open(path))


def _tell_fault(message: str, hint: str) -> None:
    """Say it over the window in front, unless a message stands there already."""
    front = QApplication.activeWindow()
    if front is not None and not isinstance(front, MessageDialog):
        tell(front, message, hint)


def main(argv: list[str] | None = None) -> int:
    """Open the window on a workspace (the first argument) or on the sample; return the exit code at its end."""
    arguments = sys.argv[1:] if argv is None else argv
    sys.setswitchinterval(SWITCH_SECONDS)
    running = application()
    gc.freeze()  # what was loaded lives as long as the program: nobody needs to look through it for garbage
    gc.enable()
    if arguments and arguments[0] in bench_window.SWITCHES:
        return bench_window.measure(arguments[0], Path(arguments[1]) if len(arguments) > 1 else None)
    keep_watch(_tell_fault)
    window = MainWindow(Session.new())
    window.show()
    begin(window, Path(arguments[0]) if arguments else None)
    return running.exec()


if __name__ == "__main__":
    sys.exit(main())
