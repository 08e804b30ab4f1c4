"""Files in, files out, and the printed page: asks with a dialog, works beside the window, says what came of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QWidget

from cgplanner.app.bridge import Bridge
from cgplanner.app.canvas.kernel_warmth import warm_for
from cgplanner.app.controls.page_preview import Pixels
from cgplanner.app.dialogs.import_dialog import Adding, ImportDialog, Looked
from cgplanner.app.dialogs.message_dialog import Answer, ask, tell_error
from cgplanner.app.dialogs.print_dialog import Extent, PrintDialog, PrintRequest
from cgplanner.app.exporting import Exporting
from cgplanner.app.jobs import Job, Jobs, Progress
from cgplanner.app.settings import config_folder
from cgplanner.edit import operations
from cgplanner.edit.edit import Edit
from cgplanner.errors import UserError
from cgplanner.io.formats import READABLE
from cgplanner.io.source import LoadedLayer, SourceLayer
from cgplanner.io.xml.broken import BrokenOff, whole_features_taken
from cgplanner.layout.briefing import briefing_layout
from cgplanner.layout.page import SIZES_MM, MapFrame, PageItem, PageLayout, TitleBlock
from cgplanner.model.workspace import Workspace
from cgplanner.session.ground_access import ground_access
from cgplanner.session.importing import imported_layer
from cgplanner.session.senders import Remembered, read_as_remembered, read_memory, remember, sender_keys
from cgplanner.text import language, tr

if TYPE_CHECKING:
    from cgplanner.io.sqlite.glimpse import Glimpse
    from cgplanner.render.page.printing import PrintReport


class Exchange(QObject):
    """The work behind import, export and print for one window.

    Signals
    -------
    added(str)
        A file became this layer.
    """

    added = Signal(str)

    def __init__(self, window: QWidget, bridge: Bridge, jobs: Jobs) -> None:
        super().__init__(window)
        self._window, self._bridge, self._jobs = window, bridge, jobs
        self._exporting = Exporting(window, bridge, jobs)
        self._folder = Path.home()
        self._waiting: list[Path] = []

    # In

    def choose_and_import(self) -> None:
        """Ask for files and import them."""
        patterns = " ".join(f"*{suffix}" for suffix in (*READABLE, ".dwg", ".zip"))  # a DWG is refused with what to ask for
        filters = tr("Vector files ({patterns})", patterns=patterns)
        paths, _ = QFileDialog.getOpenFileNames(self._window, tr("Import files"), str(self._folder), filters)
        self.import_files([Path(path) for path in paths])

    def import_files(self, paths: Sequence[Path]) -> None:
        """Import files one after the other, each with its card."""
        self._waiting += paths
        self._next_file()

    def _next_file(self) -> None:
        if not self._waiting:
            return
        path = self._waiting.pop(0)
        self._folder = path.parent
        self._look_into(path)

    def _look_into(self, path: Path, *, take_whole: bool = False) -> None:
        self._jobs.start(
            Job(
                tr("Looking into {name}", name=path.name),
                lambda _progress: _list_layers(path, take_whole=take_whole),
                done=lambda layers: self._show_card(path, layers, take_whole=take_whole),
                failed=lambda error: self._offer_whole(path, error) if isinstance(error, BrokenOff) else self._refuse(error),
            )
        )

    def _offer_whole(self, path: Path, error: BrokenOff) -> None:
        """Ask whether the whole features of a file that breaks off are wanted."""
        take = tr("Take the {count} whole features", count=error.features)
        answers = [
            Answer(tr("Cancel"), self._next_file, default=True),
            Answer(take, lambda: self._look_into(path, take_whole=True)),
        ]
        dialog = ask(
            self._window, error.message, tr("What comes after the break is missing: ask for the complete file."), answers
        )
        dialog.rejected.connect(self._next_file)

    def _show_card(self, path: Path, layers: tuple[SourceLayer, ...], *, take_whole: bool = False) -> None:
        read = partial(_read_layer, self._bridge.workspace, sender_memory(), take_whole)
        adding = Adding(self._add, self._prepared, self._bridge.session.forget_ahead, _remember_encoding)
        card = ImportDialog(self._window, path, layers, self._jobs, read=read, adding=adding, glimpse=_glimpse)
        card.finished.connect(lambda _: self._next_file())
        card.open()
        warm_for(self._jobs, path)

    def _refuse(self, error: UserError) -> None:
        tell_error(self._window, error).finished.connect(lambda _: self._next_file())

    def _add(self, loaded: LoadedLayer) -> None:
        workspace = self._bridge.workspace
        self._run_adding(operations.add_layer(workspace, imported_layer(loaded, workspace)))

    def _prepared(self, loaded: LoadedLayer) -> Callable[[], None]:
        """Write the adding of a large layer into the journal, beside the window; return what remains to be done in it."""
        session, order = self._bridge.session, self._order()
        edit = operations.add_layer(session.workspace, imported_layer(loaded, session.workspace))
        session.write_ahead(edit)

        def finish() -> None:
            if self._bridge.session is session and self._order() == order:
                self._run_adding(edit)
            else:  # the layers are others by now: an id may be taken
                self._add(loaded)

        return finish

    def _order(self) -> tuple[str, ...]:
        return tuple(layer.id for layer in self._bridge.workspace)

    def _run_adding(self, edit: Edit) -> None:
        before = self._order()
        if self._bridge.run_or_tell(lambda _workspace: edit):
            (layer_id,) = set(self._order()) - set(before)
            self._bridge.session.set_current_layer(layer_id)
            self.added.emit(layer_id)

    # Out

    def ask_export(self, layer_ids: set[str]) -> None:
        """Ask what to export and how, with these layers ticked."""
        self._exporting.ask(layer_ids, self._folder, self._remember)

    def ask_hand_over(self) -> None:
        """Ask how to hand over the whole workspace, with its readme and its page."""
        everything = {each.id for each in self._bridge.workspace.layers}
        self._exporting.ask(everything, self._folder, self._remember, hand_over=True)

    def _remember(self, folder: Path) -> None:
        self._folder = folder

    def ask_print(self, view: Extent | None) -> None:
        """Ask for paper and file, then print; ``view`` is what the window shows, in the display CRS."""
        workspace = self._bridge.workspace
        name = (workspace.title or tr("Map")).replace("/", "_")
        PrintDialog(
            self._window, workspace, self._folder / f"{name}.pdf", view, self._print, draw=_page_picture, jobs=self._jobs
        ).open()

    def _print(self, request: PrintRequest) -> None:
        self._folder = request.path.parent
        self._jobs.start(
            Job(
                tr("Printing {name}", name=request.path.name),
                lambda progress: _print_page(request, progress),
                done=lambda report: self._say_printed(request, report),
                failed=self._tell,
            )
        )

    def _say_printed(self, request: PrintRequest, report: PrintReport) -> None:
        ask(
            self._window,
            tr("The page was written to “{name}”.", name=request.path.name),
            "\n".join([str(request.path.parent), *(f"• {note.message}" for note in report.preflight)]),
            [Answer(tr("Open it"), lambda: _show_file(request.path)), Answer(tr("Close"), default=True)],
        )

    def _tell(self, error: UserError) -> None:
        tell_error(self._window, error)


def _show_file(path: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))


def _list_layers(path: Path, *, take_whole: bool) -> tuple[SourceLayer, ...]:
    from cgplanner.io import vector  # noqa: PLC0415  brings drivers

    with whole_features_taken(wanted=take_whole):
        layers = vector.list_layers(path)
    if not layers:
        raise UserError(
            tr("“{name}” holds no layer with features.", name=path.name), hint=tr("Choose another file."), path=path
        )
    return layers


def _glimpse(path: Path, layer: str) -> Glimpse | None:
    from cgplanner.io.file_glimpse import glimpse_of  # noqa: PLC0415  with the readers

    return glimpse_of(path, layer)


def sender_memory() -> Path:
    """Return the file that keeps which sender's files need which encoding."""
    return config_folder() / "senders.json"


def _read_layer(
    workspace: Workspace,
    memory: Path,
    take_whole: bool,  # noqa: FBT001  bound by position, with the rest
    path: Path,
    layer: str,
    encoding: str | None,
    progress: Progress,
    look: Looked,
) -> LoadedLayer:
    """Read a layer, held against the layers that are open and against what is remembered of its sender."""
    from cgplanner.io import vector  # noqa: PLC0415  brings drivers
    from cgplanner.io.crs.reference_places import shipped_reference, with_layers  # noqa: PLC0415  brings pyproj

    progress(0.0)
    reference = with_layers(shipped_reference(), [(each.table, each.crs) for each in workspace.layers])

    def read(wanted: str | None) -> LoadedLayer:
        with whole_features_taken(wanted=take_whole):
            return vector.read_layer(path, layer, encoding=wanted, reference=reference, progress=progress, look=look)

    loaded = read(encoding)
    return loaded if encoding else read_as_remembered(loaded, read_memory(memory), read)


def _remember_encoding(loaded: LoadedLayer) -> None:
    day = dt.datetime.now().astimezone().date().isoformat()
    chosen = Remembered(loaded.report.encoding, loaded.source_path.name, day)
    remember(sender_memory(), sender_keys(loaded.source_path, loaded), chosen)


def _page_picture(request: PrintRequest, width: int, progress: Progress) -> Pixels:
    from cgplanner.render.page.preview import preview  # noqa: PLC0415  brings pdfium
    from cgplanner.render.page.printing import page_pdf  # noqa: PLC0415  brings matplotlib when it prints

    pdf, _notes = page_pdf(
        request.workspace, _layout_of(request), language=language(), progress=progress, access=ground_access()
    )
    return preview(pdf, width / (SIZES_MM[request.paper][1] / 25.4))


def _layout_of(request: PrintRequest) -> PageLayout:
    layout = briefing_layout(request.paper)
    return replace(layout, items=tuple(_filled_in(item, request) for item in layout.items))


def _print_page(request: PrintRequest, progress: Progress) -> PrintReport:
    from cgplanner.render.page.printing import print_page  # noqa: PLC0415  brings matplotlib when it prints

    layout = _layout_of(request)
    return print_page(request.workspace, layout, request.path, language=language(), progress=progress, access=ground_access())


def _filled_in(item: PageItem, request: PrintRequest) -> PageItem:
    if isinstance(item, TitleBlock) and request.title:
        return replace(item, text_zh=request.title, text_en=request.title)
    if isinstance(item, MapFrame) and request.extent is not None:
        return replace(item, extent=request.extent)
    return item
