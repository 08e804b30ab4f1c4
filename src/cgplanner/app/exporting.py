"""Layers out: asks with the export dialog, says what would be lost before a byte is written, works, says what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from cgplanner.app.bridge import Bridge
from cgplanner.app.dialogs.export_dialog import ExportDialog, ExportRequest
from cgplanner.app.dialogs.message_dialog import Answer, ask, tell_error
from cgplanner.app.jobs import Job, Jobs, Progress
from cgplanner.io.outgoing import Forecast, Remedy
from cgplanner.io.report import Note
from cgplanner.io.safe_write import replacing_many
from cgplanner.io.source import WriteReport
from cgplanner.session.importing import accuracy_notes
from cgplanner.session.looks import look_of
from cgplanner.text import tr

MOST_NOTES = 8


@dataclass(frozen=True)
class Told:
    """A layer's title and what writing it would lose."""

    title: str
    forecast: Forecast


class Exporting(QObject):
    """The work behind export for one window."""

    def __init__(self, window: QWidget, bridge: Bridge, jobs: Jobs) -> None:
        super().__init__(window)
        self._window, self._bridge, self._jobs = window, bridge, jobs

    def ask(self, layer_ids: set[str], folder: Path, chosen: Callable[[Path], object]) -> None:
        """Ask what to export and how, with these layers ticked; ``chosen`` hears the folder that was taken."""

        def take(request: ExportRequest) -> None:
            chosen(request.folder)
            self.export(request)

        ExportDialog(self._window, self._bridge.workspace, layer_ids, folder, take).open()

    def export(self, request: ExportRequest) -> None:
        """Look what would be lost, ask when that is more than another form, then write."""
        self._jobs.start(
            Job(
                tr("Looking at what {name} can hold", name=request.title),
                lambda progress: _foretell(request, progress),
                done=lambda told: self._decide(request, told),
                failed=lambda error: tell_error(self._window, error),
            )
        )

    def _decide(self, request: ExportRequest, told: Sequence[Told]) -> None:
        losses = [(each.title, note) for each in told for note in each.forecast.real]
        if not losses:
            self._write(request)
            return
        remedies = dict.fromkeys(remedy for each in told for remedy in each.forecast.remedies)
        answers = [Answer(str(each.message), partial(self.export, _remedied(request, each))) for each in remedies]
        ask(
            self._window,
            tr("{name} cannot hold everything.", name=request.title),
            "\n".join(_lines(losses)),
            [*answers, Answer(tr("Export anyway"), lambda: self._write(request)), Answer(tr("Cancel"), default=True)],
        )

    def _write(self, request: ExportRequest) -> None:
        self._jobs.start(
            Job(
                tr("Exporting to {name}", name=request.folder.name),
                lambda progress: _write_layers(request, progress),
                done=lambda reports: self._say(request, reports),
                failed=lambda error: tell_error(self._window, error),
            )
        )

    def _say(self, request: ExportRequest, reports: Sequence[WriteReport]) -> None:
        count = sum(report.features_out for report in reports)
        losses = [f"• {note.message}" for report in reports for note in report.losses]
        checked = tr("Every file was read back and compared.") if all(report.verified for report in reports) else ""
        ask(
            self._window,
            tr("{layers} layers with {count} features were exported.", layers=len(reports), count=f"{count:,}"),
            "\n".join([checked, *losses[:MOST_NOTES]]).strip(),
            [Answer(tr("Open the folder"), lambda: _show_file(request.folder)), Answer(tr("Close"), default=True)],
        )


def _lines(losses: Sequence[tuple[str, Note]]) -> Iterator[str]:
    for title, note in losses[:MOST_NOTES]:
        yield tr("• {layer}: {loss}", layer=title, loss=note.message)
        if note.examples:
            yield tr("   for example {examples}", examples=", ".join(note.examples))
    if len(losses) > MOST_NOTES:
        yield tr("… and {count} more.", count=len(losses) - MOST_NOTES)


def _remedied(request: ExportRequest, remedy: Remedy) -> ExportRequest:
    if remedy.what == "format":
        return replace(request, format=remedy.value, changes=())
    return replace(request, changes=(*request.changes, (remedy.what, remedy.value)))


def _foretell(request: ExportRequest, progress: Progress) -> list[Told]:
    from cgplanner.io import vector  # noqa: PLC0415  brings drivers

    told = []
    for number, layer in enumerate(request.layers):
        progress(number / len(request.layers))
        found = vector.forecast(
            layer.table,
            layer.crs,
            request.path_of(layer),
            format=request.format,
            layer_name=layer.id,
            target_crs=request.crs or None,
            receiver=request.receiver,
            changes=dict(request.changes),
        )
        told.append(Told(layer.title, found))
    return told


def _write_layers(request: ExportRequest, progress: Progress) -> list[WriteReport]:
    from cgplanner.io import vector  # noqa: PLC0415  brings drivers
    from cgplanner.io.outgoing import neighbours  # noqa: PLC0415  with the writers

    reports = []
    with replacing_many(request.folder, overwrite=request.overwrite, stale_of=neighbours) as stage:
        for number, layer in enumerate(request.layers):

            def report_progress(share: float, number: int = number) -> None:
                progress((number + share) / len(request.layers))

            report = vector.write_layer(
                layer.table,
                layer.crs,
                stage / request.path_of(layer).name,
                format=request.format,
                layer_name=layer.id,
                target_crs=request.crs or None,
                receiver=request.receiver,
                changes=dict(request.changes),
                look=look_of(layer),
                progress=report_progress,
            )
            files = tuple(request.folder / each.name for each in report.files)
            reports.append(replace(report, files=files, losses=(*report.losses, *accuracy_notes(layer))))
    return reports


def _show_file(path: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))
