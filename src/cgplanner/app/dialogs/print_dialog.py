"""Paper, title and file of the briefing page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from PySide6.QtWidgets import QComboBox, QFileDialog, QFormLayout, QHBoxLayout, QLineEdit, QPushButton, QWidget

from cgplanner.app import theme
from cgplanner.app.controls.page_preview import PagePreview, Pixels
from cgplanner.app.dialogs.card import Card
from cgplanner.app.jobs import Jobs, Progress
from cgplanner.model.workspace import Workspace
from cgplanner.text import tr

Extent = tuple[float, float, float, float]
SUFFIXES = (".pdf", ".png", ".jpg")
FORMATS = (("PDF", ".pdf"), ("PNG", ".png"), ("JPEG", ".jpg"))


@dataclass(frozen=True)
class PrintRequest:
    """The answer. ``title`` '' keeps the workspace's own; ``extent`` None lets the page choose."""

    workspace: Workspace
    paper: Literal["A3", "A4"]
    title: str
    extent: Extent | None
    path: Path


DrawRequest = Callable[[PrintRequest, int, Progress], Pixels]  # request, width in device pixels, progress


class PrintDialog(Card):
    """Asks for a :class:`PrintRequest`; ``print_page`` is called with it, ``draw`` for a small picture of what it makes."""

    def __init__(
        self,
        parent: QWidget | None,
        workspace: Workspace,
        path: Path,
        view: Extent | None,
        print_page: Callable[[PrintRequest], object],
        draw: DrawRequest,
        jobs: Jobs,
    ) -> None:
        super().__init__(tr("Print the map"), parent, width=520)
        self._draw = draw
        self.preview = PagePreview(jobs, self)
        self.body.addWidget(self.preview)
        self._workspace, self._print = workspace, print_page
        self.paper = QComboBox(self)
        self.paper.addItem(tr("A3 landscape"), "A3")
        self.paper.addItem(tr("A4 landscape"), "A4")
        self.extent = QComboBox(self)
        self.extent.addItem(tr("All planning layers"), None)
        if view is not None:
            self.extent.addItem(tr("What the window shows"), view)
        self.title = QLineEdit(workspace.title, self)
        self.path = QLineEdit(str(path), self)
        browse = QPushButton(tr("Choose…"), self)
        browse.setAutoDefault(False)
        browse.clicked.connect(self._browse)
        row = QHBoxLayout()
        row.setSpacing(theme.px(2))
        row.addWidget(self.path, 1)
        row.addWidget(browse)
        form = QFormLayout()
        form.setHorizontalSpacing(theme.px(4))
        form.setVerticalSpacing(theme.px(2))
        form.addRow(tr("Paper"), self.paper)
        form.addRow(tr("Extent"), self.extent)
        form.addRow(tr("Title"), self.title)
        form.addRow(tr("File"), row)
        self.body.addLayout(form)
        self._why = self.add_text("", "error")
        self.add_button(tr("Cancel"), self.reject)
        self.ok = self.add_button(tr("Print"), self._take, default=True)
        self.path.textChanged.connect(lambda _: self._check())
        self.paper.activated.connect(lambda _: self._draw_soon())
        self.extent.activated.connect(lambda _: self._draw_soon())
        self.title.textEdited.connect(lambda _: self._draw_soon())
        self.finished.connect(lambda _: self.preview.stop())
        self._check()
        self._draw_soon()

    def _draw_soon(self) -> None:
        self.preview.ask(lambda: partial(self._draw, self.request()))

    def _browse(self) -> None:
        filters = ";;".join(f"{name} (*{suffix})" for name, suffix in FORMATS)
        chosen, _ = QFileDialog.getSaveFileName(self, tr("File to print to"), self.path.text(), filters)
        if chosen:
            self.path.setText(chosen)

    def _check(self) -> None:
        path = Path(self.path.text().strip())
        why = ""
        if path.suffix.lower() not in SUFFIXES:
            why = tr("The name must end in .pdf, .png or .jpg.")
        elif not path.parent.is_dir():
            why = tr("There is no such folder.")
        there = tr("{name} is there already and will be replaced.", name=path.name) if path.is_file() and not why else ""
        self._why.setText(why or there)
        self._why.setVisible(bool(why or there))
        self.ok.setEnabled(not why)

    def _extent(self) -> Extent | None:
        chosen: Extent | None = self.extent.currentData()
        return None if chosen is None else (chosen[0], chosen[1], chosen[2], chosen[3])  # Qt may hand back a list

    def request(self) -> PrintRequest:
        """Return what is chosen now."""
        title = self.title.text().strip()
        return PrintRequest(
            self._workspace,
            self.paper.currentData(),
            "" if title == self._workspace.title else title,
            self._extent(),
            Path(self.path.text().strip()),
        )

    def _take(self) -> None:
        request = self.request()
        self.accept()
        self._print(request)
