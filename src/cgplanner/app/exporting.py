"""Layers out: asks with the export dialog, says what would be lost before a byte is written, works, says what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from cgplanner.app.bridge import Bridge
from cgplanner.app.dialogs.export_dialog import ExportDialog, title_of
from cgplanner.app.dialogs.loss_dialog import LossDialog
from cgplanner.app.dialogs.message_dialog import Answer, ask, tell_error
from cgplanner.app.jobs import Job, Jobs
from cgplanner.io.source import WriteReport
from cgplanner.io.writing.outgoing import Forecast, Remedy
from cgplanner.model.workspace import Workspace
from cgplanner.session.delivery import Delivery, deliver, foretell
from cgplanner.text import language, listed, tr

MOST_NOTES = 8


class Exporting(QObject):
    """The work behind export for one window."""

    def __init__(self, window: QWidget, bridge: Bridge, jobs: Jobs) -> None:
        super().__init__(window)
        self._window, self._bridge, self._jobs = window, bridge, jobs

    def ask(self, layer_ids: set[str], folder: Path, chosen: Callable[[Path], object], *, hand_over: bool = False) -> None:
        """Ask what to export and how, with these layers ticked; ``chosen`` hears the folder that was taken."""

        def take(delivery: Delivery) -> None:
            chosen(delivery.target.parent if delivery.is_archive else delivery.target)
            self.export(delivery)

        workspace = self._bridge.workspace
        ExportDialog(self._window, workspace, layer_ids, folder, take, print_page=_print_page, hand_over=hand_over).open()

    def export(self, delivery: Delivery) -> None:
        """Look what would be lost, ask when that is more than another form, then write."""
        self._jobs.start(
            Job(
                tr("Looking at what {name} can hold", name=title_of(delivery)),
                lambda progress: foretell(delivery, progress),
                done=lambda told: self._decide(delivery, told),
                failed=lambda error: tell_error(self._window, error),
            )
        )

    def _decide(self, delivery: Delivery, told: Sequence[Forecast]) -> None:
        if not any(each.real for each in told):
            self._write(delivery, told)
            return
        titled = [(layer.title, each) for layer, each in zip(delivery.layers, told, strict=True)]
        LossDialog(
            self._window,
            title_of(delivery),
            titled,
            heal=lambda remedy: self.export(_remedied(delivery, remedy)),
            go_on=lambda: self._write(delivery, told),
        ).open()

    def _write(self, delivery: Delivery, told: Sequence[Forecast]) -> None:
        self._jobs.start(
            Job(
                tr("Exporting to {name}", name=delivery.target.name),
                lambda progress: deliver(delivery, progress, told=told),
                done=lambda reports: self._say(delivery, reports),
                failed=lambda error: tell_error(self._window, error),
            )
        )

    def _say(self, delivery: Delivery, reports: Sequence[WriteReport]) -> None:
        count = sum(report.features_out for report in reports)
        losses = [f"• {text}" for text in _notes([layer.title for layer in delivery.layers], reports)]
        if len(losses) > MOST_NOTES:
            losses[MOST_NOTES:] = [tr("… and {count} more.", count=len(losses) - MOST_NOTES)]
        checked = tr("Every file was read back and compared.") if all(report.verified for report in reports) else ""
        many = tr("{layers} layers with {count} features were exported.", layers=len(reports), count=f"{count:,}")
        one = tr("{layer} was exported with {count} features.", layer=delivery.layers[0].title, count=f"{count:,}")
        ask(
            self._window,
            many if len(reports) > 1 else one,
            "\n".join([checked, *losses]).strip(),
            [
                Answer(tr("Open it") if delivery.is_archive else tr("Open the folder"), lambda: _show_file(delivery.target)),
                Answer(tr("Close"), default=True),
            ],
        )


def _notes(titles: Sequence[str], reports: Sequence[WriteReport]) -> list[str]:
    """Return each note once, behind the layers that it is about where it is not about all of them."""
    about: dict[str, list[str]] = {}
    for title, report in zip(titles, reports, strict=True):
        for text in dict.fromkeys(str(note.message) for note in report.losses):
            about.setdefault(text, []).append(title)
    return [
        text if len(layers) == len(titles) else tr("{layers}: {note}", layers=listed(layers), note=text)
        for text, layers in about.items()
    ]


def _remedied(delivery: Delivery, remedy: Remedy) -> Delivery:
    if remedy.what == "format":
        return replace(delivery, format=remedy.value, changes=())
    return replace(delivery, changes=(*delivery.changes, (remedy.what, remedy.value)))


def _print_page(workspace: Workspace, path: Path) -> None:
    from cgplanner.layout.briefing import briefing_layout  # noqa: PLC0415  only a page needs it
    from cgplanner.render.page.printing import print_page  # noqa: PLC0415  brings matplotlib when it prints

    print_page(workspace, briefing_layout("A3"), path, language=language())


def _show_file(path: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))
