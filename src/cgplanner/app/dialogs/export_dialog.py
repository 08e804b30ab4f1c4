"""What to hand over, to whom, and where: layers, format, receiver, coordinates, folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QWidget,
)

from cgplanner.app import theme
from cgplanner.app.dialogs.card import Card
from cgplanner.app.dialogs.crs_choice import CrsChoice
from cgplanner.io.outgoing import OUTPUTS
from cgplanner.io.receivers import DEFAULT, receiver_names, receivers
from cgplanner.model.layer import Layer
from cgplanner.model.workspace import Workspace
from cgplanner.text import tr

FOR_A_RECEIVER = ("shp", "dxf")  # the formats that a receiver's wishes shape


@dataclass(frozen=True)
class ExportRequest:
    """The answer: layers (snapshots) and how and where to write them, each to ``folder / (name + suffix)``."""

    layers: tuple[Layer, ...]
    folder: Path
    format: str
    receiver: str
    crs: str
    overwrite: bool
    changes: tuple[tuple[str, str], ...] = ()  # entries of the receiver's profile that are otherwise this time

    @property
    def title(self) -> str:
        """What the files are, as people say it: the format, and the program where it shapes them."""
        title = OUTPUTS[self.format].title
        return tr("{format} for {receiver}", format=title, receiver=_title_of(self.receiver)) if self._is_shaped else title

    @property
    def _is_shaped(self) -> bool:
        return self.format in FOR_A_RECEIVER

    def path_of(self, layer: Layer) -> Path:
        """Return the file a layer goes to."""
        return self.folder / f"{layer.id}{OUTPUTS[self.format].suffix}"


class ExportDialog(Card):
    """Asks for an :class:`ExportRequest`; ``export`` is called with it."""

    def __init__(
        self,
        parent: QWidget | None,
        workspace: Workspace,
        checked: set[str],
        folder: Path,
        export: Callable[[ExportRequest], object],
    ) -> None:
        super().__init__(tr("Export layers"), parent, width=520)
        self._workspace, self._export = workspace, export
        self.layers = QListWidget(self)
        self.layers.setFixedHeight(theme.ROW_HEIGHT * 8)
        for layer in reversed(workspace.layers):
            item = QListWidgetItem(layer.title, self.layers)
            item.setData(Qt.ItemDataRole.UserRole, layer.id)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Checked if layer.id in checked else Qt.CheckState.Unchecked)
        self.layers.itemChanged.connect(lambda _: self._check())
        self.body.addWidget(self.layers)
        self._build_form(folder)
        self._why = self.add_text("", "error")
        self.add_button(tr("Cancel"), self.reject)
        self.ok = self.add_button(tr("Export"), self._take, default=True)
        self._check()

    def _build_form(self, folder: Path) -> None:
        self.format = QComboBox(self)
        for output in sorted(OUTPUTS.values(), key=lambda each: each.name != "shp"):  # what most colleagues ask for
            self.format.addItem(f"{output.title} ({output.suffix})", output.name)
        self.format.activated.connect(lambda _: self._check())
        self.receiver = QComboBox(self)
        for name in receiver_names():
            self.receiver.addItem(_title_of(name), name)
        self.receiver.setCurrentIndex(self.receiver.findData(DEFAULT))
        self.crs = CrsChoice(tr("As the layer has it"), self)
        self.crs.currentTextChanged.connect(lambda _: self._check())
        self.folder = QLineEdit(str(folder), self)
        self.folder.textChanged.connect(lambda _: self._check())
        browse = QPushButton(tr("Choose…"), self)
        browse.setAutoDefault(False)
        browse.clicked.connect(self._browse)
        row = QHBoxLayout()
        row.setSpacing(theme.px(2))
        row.addWidget(self.folder, 1)
        row.addWidget(browse)
        self.overwrite = QCheckBox(tr("Replace files that are there already"), self)
        self.overwrite.toggled.connect(lambda _: self._check())
        form = QFormLayout()
        form.setHorizontalSpacing(theme.px(4))
        form.setVerticalSpacing(theme.px(2))
        form.addRow(tr("Format"), self.format)
        form.addRow(tr("Opened with"), self.receiver)
        form.addRow(tr("Coordinate system"), self.crs)
        form.addRow(tr("Folder"), row)
        form.addRow("", self.overwrite)
        self.body.addLayout(form)

    def _browse(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, tr("Folder to export to"), self.folder.text())
        if chosen:
            self.folder.setText(chosen)

    def request(self) -> ExportRequest:
        """Return what is chosen now."""
        items = [self.layers.item(row) for row in range(self.layers.count())]
        ids = {item.data(Qt.ItemDataRole.UserRole) for item in items if item.checkState() is Qt.CheckState.Checked}
        return ExportRequest(
            tuple(layer for layer in self._workspace.layers if layer.id in ids),
            Path(self.folder.text().strip()),
            self.format.currentData(),
            self.receiver.currentData(),
            self.crs.crs or "",
            self.overwrite.isChecked(),
        )

    def why_not(self) -> str:
        """Return why this cannot be exported; '' when it can."""
        request = self.request()
        if not request.layers:
            return tr("No layer is chosen.")
        if self.crs.crs is None:
            return tr("“{text}” is no coordinate system. Type a code such as EPSG:4547.", text=self.crs.currentText())
        if not self.folder.text().strip() or not request.folder.is_dir():
            return tr("There is no such folder.")
        there = [path.name for path in map(request.path_of, request.layers) if path.exists()]
        if there and not request.overwrite:
            return tr("These files are there already: {names}.", names=", ".join(there))
        return ""

    def _check(self) -> None:
        self.receiver.setEnabled(self.format.currentData() in FOR_A_RECEIVER)
        why = self.why_not()
        self._why.setText(why)
        self._why.setVisible(bool(why))
        self.ok.setEnabled(not why)

    def _take(self) -> None:
        request = self.request()
        self.accept()
        self._export(request)


def _title_of(receiver: str) -> str:
    known = receivers().get(receiver)  # a damaged profile keeps its name and is refused when it is used
    return known.title if known else receiver
