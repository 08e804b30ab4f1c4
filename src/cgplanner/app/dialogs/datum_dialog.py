"""Own parameters for a change of datum: three or seven numbers with their convention, or a file of control points."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QFileDialog,
    QFormLayout,
    QGridLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QTabWidget,
    QWidget,
)

from cgplanner.app import theme
from cgplanner.app.controls.crs_words import crs_words
from cgplanner.app.dialogs.card import Card
from cgplanner.app.dialogs.crs_choice import CrsChoice
from cgplanner.errors import UserError
from cgplanner.geometry.datum_shift import FITS, Helmert, helmert_of
from cgplanner.io.crs.datum_change import DatumChange, fit_of
from cgplanner.io.crs.parameter_files import read_parameters
from cgplanner.text import tr

NUMBERS = ("ΔX (m)", "ΔY (m)", "ΔZ (m)", "εX (″)", "εY (″)", "εZ (″)", "m (ppm)")
SHOWN_ROWS = 6


class DatumDialog(Card):
    """Asks for the way from one CRS to another; ``take`` gets it with the CRS that it leads to.

    Parameters
    ----------
    source
        What the layer is in, '' where nobody knows: then only points can lead on.
    target
        The CRS that is proposed.
    """

    def __init__(
        self, parent: QWidget | None, source: str, target: str, *, take: Callable[[DatumChange, str], object], points: bool
    ) -> None:
        super().__init__(tr("Change of datum"), parent, width=600)
        self._source, self._take_change = source, take
        self._from_file: DatumChange | None = None
        self.target = CrsChoice(tr("Choose…"), self)
        self._propose(target)
        form = QFormLayout()
        form.setHorizontalSpacing(theme.px(4))
        form.addRow(tr("From"), QLabel(crs_words(source) if source else tr("an unknown system"), self))
        form.addRow(tr("To"), self.target)
        self.body.addLayout(form)
        self.tabs = QTabWidget(self)
        self.tabs.addTab(self._made_parameters(), tr("Parameters"))
        self.tabs.addTab(self._made_points(), tr("Control points"))
        self.tabs.setTabEnabled(0, bool(source))
        self.tabs.setCurrentIndex(1 if points or not source else 0)
        self.tabs.currentChanged.connect(lambda _: self._check())
        self.body.addWidget(self.tabs)
        self._said = self.add_text("", "secondary")
        self.file = self.add_button(tr("Open a file…"), self._choose_file)
        self.add_button(tr("Cancel"), self.reject)
        self.ok = self.add_button(tr("Use it"), self._take, default=True)
        self.target.currentTextChanged.connect(lambda _: self._check())
        self._check()

    def _made_parameters(self) -> QWidget:
        page = QWidget(self)
        grid = QGridLayout(page)
        grid.setHorizontalSpacing(theme.px(2))
        self.numbers = []
        for place, name in enumerate(NUMBERS):
            edit = QLineEdit(page)
            edit.setPlaceholderText("0")
            edit.setAccessibleName(name)
            edit.textChanged.connect(lambda _: self._typed())
            row, column = divmod(place, 3)
            label = QLabel(name, page)
            label.setProperty("role", "secondary")
            grid.addWidget(label, 2 * row, column)
            grid.addWidget(edit, 2 * row + 1, column)
            self.numbers.append(edit)
        self.rotation = QComboBox(page)
        self.rotation.addItem(tr("Rotations: choose the convention"), "")
        self.rotation.addItem(tr("Position vector (EPSG 9606)"), "position_vector")
        self.rotation.addItem(tr("Coordinate frame (EPSG 9607)"), "coordinate_frame")
        self.rotation.currentIndexChanged.connect(lambda _: self._typed())
        grid.addWidget(self.rotation, 5, 1, 1, 2)
        return page

    def _made_points(self) -> QWidget:
        page = QWidget(self)
        grid = QGridLayout(page)
        self.fit = QComboBox(page)
        for kind, words in zip(
            FITS, (tr("Similarity, 4 parameters"), tr("Affine, 6 parameters"), tr("Helmert, 7 parameters")), strict=True
        ):
            self.fit.addItem(words, kind)
        self.fit.currentIndexChanged.connect(lambda _: self._check())
        self.residuals = QTableWidget(0, 4, page)
        self.residuals.setHorizontalHeaderLabels([tr("Point"), tr("East, m"), tr("North, m"), tr("Off by, m")])
        self.residuals.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.residuals.setTabKeyNavigation(False)  # else the way to the buttons leads through every cell
        self.residuals.verticalHeader().hide()
        self.residuals.verticalHeader().setDefaultSectionSize(theme.ROW_HEIGHT)
        self.residuals.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.residuals.setFixedHeight(theme.ROW_HEIGHT * (SHOWN_ROWS + 1) + theme.px(1))
        choose = QPushButton(tr("Open control points…"), page)
        choose.setAutoDefault(False)
        choose.clicked.connect(lambda _checked=False: self._choose_file())
        grid.addWidget(self.fit, 0, 0)
        grid.addWidget(choose, 0, 1)
        grid.addWidget(self.residuals, 1, 0, 1, 2)
        return page

    def _propose(self, target: str) -> None:
        """Show a CRS by the beginning of its name, by which it is known."""
        self.target.setEditText(crs_words(target) if target else "")
        line = self.target.lineEdit()
        if line is not None:
            line.setCursorPosition(0)

    # Files

    def _choose_file(self) -> None:
        filters = tr("Parameters and control points ({patterns})", patterns="*.json *.csv *.txt")
        path, _ = QFileDialog.getOpenFileName(self, tr("Open parameters or control points"), "", filters)
        if path:
            self.open_file(Path(path))

    def open_file(self, path: Path) -> None:
        """Take parameters or control points from a file; a refusal is said in the card."""
        try:
            found = read_parameters(path)
        except UserError as error:
            self._say(str(error), good=False)
            return
        self._from_file = found
        if found.after:
            self._propose(found.after)
        if found.points is not None:
            self.fit.setCurrentIndex(self.fit.findData(found.fit))
            self.tabs.setCurrentIndex(1)
        else:
            self._show_numbers(found)
            self.tabs.setCurrentIndex(0)
        self._check()

    def _show_numbers(self, found: DatumChange) -> None:
        if isinstance(found.shift, Helmert):
            one = found.shift
            for edit, value in zip(self.numbers, (one.dx, one.dy, one.dz, one.rx, one.ry, one.rz, one.scale_ppm), strict=True):
                edit.setText(f"{value:.12g}")
            self.rotation.setCurrentIndex(max(0, self.rotation.findData(one.rotation)))
            self._from_file = found  # what was typed before it is forgotten, not the file

    def _typed(self) -> None:
        if self._from_file is not None and self._from_file.points is None:
            self._from_file = None
        self._check()

    # What it comes to

    def change(self) -> DatumChange:
        """Return what was given.

        Raises
        ------
        UserError
            When it is not complete.
        """
        if self.tabs.currentIndex() == 1:
            if self._from_file is None or self._from_file.points is None:
                raise UserError(tr("Open a file of control points: name, east, north, east, north."))
            return replace(self._from_file, fit=self.fit.currentData())
        if self._from_file is not None and self._from_file.shift is not None:
            return self._from_file
        texts = [edit.text().strip().replace("−", "-") or "0" for edit in self.numbers]
        if not any(edit.text().strip() for edit in self.numbers):
            raise UserError(tr("Type the parameters, or open their file."))
        try:
            numbers = [float(text) for text in texts]
        except ValueError as error:
            raise UserError(tr("One of the parameters is no number.")) from error
        return DatumChange(helmert_of(numbers, self.rotation.currentData()))

    def _check(self) -> None:
        target = self.target.crs
        try:
            change = self.change()
            if not target:
                raise UserError(tr("Choose the coordinate system that it leads to."))
            said = self._shown_fit(change, target)
        except UserError as error:
            self.residuals.setRowCount(0)
            self._say(str(error), good=False)
            return
        self._say(said, good=True)

    def _shown_fit(self, change: DatumChange, target: str) -> str:
        if change.points is None:
            return tr("From {name}", name=change.detail) if change.detail else ""
        fit = fit_of(change.points, change.fit, self._source, target)
        off = np.hypot(*fit.residuals.T)
        self.residuals.setRowCount(len(off))
        for row, name in enumerate(change.points.names):
            values = (name, *(f"{each:.3f}" for each in (*fit.residuals[row], off[row])))
            for column, text in enumerate(values):
                item = QTableWidgetItem(text)
                if column:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.residuals.setItem(row, column, item)
        return tr(
            "{count} points, {rms} m root mean square; {name} is off most, by {worst} m.",
            count=len(off),
            rms=f"{fit.rms:.3f}",
            name=change.points.names[fit.worst],
            worst=f"{off[fit.worst]:.3f}",
        )

    def _say(self, text: str, *, good: bool) -> None:
        self._said.setText(text)
        self.ok.setEnabled(good)

    def _take(self) -> None:
        target = self.target.crs
        if target:
            change = self.change()
            self.accept()
            self._take_change(change, target)
