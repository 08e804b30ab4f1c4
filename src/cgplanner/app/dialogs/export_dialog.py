"""What to hand over, to whom, and where: layers, format, receiver, coordinates, folder or archive, readme and page."""

from __future__ import annotations

from collections.abc import Callable
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
from cgplanner.errors import UserError
from cgplanner.io.writing.outgoing import OUTPUTS
from cgplanner.io.writing.receivers import DEFAULT, adopt_profile, receiver_names, receivers
from cgplanner.model.workspace import Workspace
from cgplanner.session.delivery import Delivery
from cgplanner.text import listed, tr

FOR_A_RECEIVER = ("shp", "dxf")  # the formats that a receiver's wishes shape
_NOT_IN_NAMES = str.maketrans(dict.fromkeys('<>:"/\\|?*', "_"))


def title_of(delivery: Delivery) -> str:
    """Return what the files are, as people say it: the format, and the program where it shapes them."""
    title = str(OUTPUTS[delivery.format].title)
    if delivery.format not in FOR_A_RECEIVER:
        return title
    return tr("{format} for {receiver}", format=title, receiver=_title_of(delivery.receiver))


class ExportDialog(Card):
    """Asks for a :class:`Delivery`; ``export`` is called with it. As a ``hand_over`` it begins with an archive of everything.

    ``print_page`` writes the briefing map of a workspace to a path.
    """

    def __init__(
        self,
        parent: QWidget | None,
        workspace: Workspace,
        checked: set[str],
        folder: Path,
        export: Callable[[Delivery], object],
        *,
        print_page: Callable[[Workspace, Path], object],
        hand_over: bool = False,
    ) -> None:
        super().__init__(tr("Hand over the workspace") if hand_over else tr("Export layers"), parent, width=560)
        self._workspace, self._export, self._print_page = workspace, export, print_page
        self.layers = QListWidget(self)
        self.layers.setFixedHeight(theme.ROW_HEIGHT * 8)
        for layer in reversed(workspace.layers):
            item = QListWidgetItem(layer.title, self.layers)
            item.setData(Qt.ItemDataRole.UserRole, layer.id)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Checked if layer.id in checked else Qt.CheckState.Unchecked)
        self.layers.itemChanged.connect(lambda _: self._check())
        self.body.addWidget(self.layers)
        self._build_form(folder, hand_over=hand_over)
        self._why = self.add_text("", "error")
        self.add_button(tr("Cancel"), self.reject)
        self.ok = self.add_button(tr("Export"), self._take, default=True)
        self._check()

    def _build_form(self, folder: Path, *, hand_over: bool) -> None:
        self.format = QComboBox(self)
        for output in sorted(OUTPUTS.values(), key=lambda each: each.name != "shp"):  # what most colleagues ask for
            self.format.addItem(f"{output.title} ({output.suffix})", output.name)
        self.format.activated.connect(lambda _: self._check())
        self.receiver = QComboBox(self)
        self._list_receivers(DEFAULT)
        self.add_profile = QPushButton(tr("Add a profile…"), self)
        self.add_profile.setAutoDefault(False)
        self.add_profile.clicked.connect(self._add_profile)
        program = _row(self.receiver, self.add_profile)
        self.crs = CrsChoice(tr("As the layer has it"), self)
        self.crs.currentTextChanged.connect(lambda _: self._check())
        self.folder = QLineEdit(str(folder), self)
        self.folder.textChanged.connect(lambda _: self._check())
        browse = QPushButton(tr("Choose…"), self)
        browse.setAutoDefault(False)
        browse.clicked.connect(self._browse)
        self.packing = QComboBox(self)
        self.packing.addItem(tr("Files in the folder"), "")
        self.packing.addItem(tr("One archive: {name}", name=self._archive_name()), self._archive_name())
        self.packing.setCurrentIndex(1 if hand_over else 0)
        self.packing.activated.connect(lambda _: self._check())
        self.readme = QCheckBox(tr("With a readme of what is what, in Chinese and English"), self)
        self.readme.setChecked(hand_over)
        self.page = QCheckBox(tr("With the briefing map as PDF"), self)
        self.page.setChecked(hand_over)
        for box in (self.readme, self.page):
            box.toggled.connect(lambda _: self._check())
        self.overwrite = QCheckBox(tr("Replace files that are there already"), self)
        self.overwrite.toggled.connect(lambda _: self._check())
        form = QFormLayout()
        form.setHorizontalSpacing(theme.px(4))
        form.setVerticalSpacing(theme.px(2))
        form.addRow(tr("Format"), self.format)
        form.addRow(tr("Opened with"), program)
        form.addRow(tr("Coordinate system"), self.crs)
        form.addRow(tr("Folder"), _row(self.folder, browse))
        form.addRow(tr("Handed over as"), self.packing)
        for box in (self.readme, self.page, self.overwrite):
            form.addRow("", box)
        self.body.addLayout(form)

    def _browse(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, tr("Folder to export to"), self.folder.text())
        if chosen:
            self.folder.setText(chosen)

    def _archive_name(self) -> str:
        return f"{(self._workspace.title or 'workspace').translate(_NOT_IN_NAMES)}.zip"

    def _list_receivers(self, chosen: str) -> None:
        self.receiver.clear()
        for name in receiver_names():
            self.receiver.addItem(_title_of(name), name)
        self.receiver.setCurrentIndex(max(0, self.receiver.findData(chosen)))

    def _add_profile(self) -> None:
        path, _ = QFileDialog.getOpenFileName(
            self, tr("Profile of a receiver"), self.folder.text(), tr("Receiver profiles ({patterns})", patterns="*.json")
        )
        if path:
            self.take_profile(Path(path))

    def take_profile(self, path: Path) -> None:
        """Make a file the user's own profile and choose it; what is wrong with it is said in the dialog."""
        try:
            self._list_receivers(adopt_profile(path))
        except UserError as error:
            self._why.setText(str(error))
            self._why.setVisible(True)
            return
        self._check()

    def request(self) -> Delivery:
        """Return what is chosen now."""
        items = [self.layers.item(row) for row in range(self.layers.count())]
        ids = {item.data(Qt.ItemDataRole.UserRole) for item in items if item.checkState() is Qt.CheckState.Checked}
        folder, workspace = Path(self.folder.text().strip()), self._workspace
        return Delivery(
            tuple(layer for layer in workspace.layers if layer.id in ids),
            folder / self.packing.currentData() if self.packing.currentData() else folder,
            self.format.currentData(),
            self.receiver.currentData() or DEFAULT,
            self.crs.crs or "",
            overwrite=self.overwrite.isChecked(),
            readme=self.readme.isChecked(),
            title=workspace.title,
            page=(lambda path: self._print_page(workspace, path)) if self.page.isChecked() else None,
        )

    def why_not(self) -> str:
        """Return why this cannot be exported; '' when it can."""
        request = self.request()
        if not request.layers:
            return tr("No layer is chosen.")
        if self.crs.crs is None:
            return tr("“{text}” is no coordinate system. Type a code such as EPSG:4547.", text=self.crs.currentText())
        if not self.folder.text().strip() or not Path(self.folder.text().strip()).is_dir():
            return tr("There is no such folder.")
        there = [path.name for path in request.files_there()]
        if there and not request.overwrite:
            return tr("These files are there already: {names}.", names=listed(there))
        return ""

    def _check(self) -> None:
        shaped = self.format.currentData() in FOR_A_RECEIVER
        self.receiver.setEnabled(shaped)
        self.add_profile.setEnabled(shaped)
        packed = bool(self.packing.currentData())
        if packed and not self.readme.isChecked():
            self.readme.setChecked(True)  # an archive without one is a riddle
        self.readme.setEnabled(not packed)
        why = self.why_not()
        self._why.setText(why)
        self._why.setVisible(bool(why))
        self.ok.setEnabled(not why)

    def _take(self) -> None:
        request = self.request()
        self.accept()
        self._export(request)


def _row(wide: QWidget, button: QPushButton) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(theme.px(2))
    row.addWidget(wide, 1)
    row.addWidget(button)
    return row


def _title_of(receiver: str) -> str:
    known = receivers().get(receiver)  # a damaged profile keeps its name and is refused when it is used
    return known.title if known else receiver
