"""Three texts of a file in each of the encodings they may be in: the eye tells at once which is right."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from cgplanner.app import theme
from cgplanner.io.texts.encoding_guesses import SAMPLES, EncodingGuess
from cgplanner.text import tr

NAME_PX = 92


class EncodingTable(QTableWidget):
    """One row an encoding; a click chooses it.

    Signals
    -------
    chosen(str)
        The encoding that was clicked.
    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, SAMPLES + 1, parent)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(tr("The texts in each encoding"))
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(theme.ROW_HEIGHT)
        self.horizontalHeader().hide()
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Fixed)
        self.setColumnWidth(0, NAME_PX)
        self.cellClicked.connect(self._click)

    def show_guesses(self, guesses: tuple[EncodingGuess, ...], chosen: str) -> None:
        """Show these, the chosen one marked; hidden where there are none to choose among."""
        self.setVisible(bool(guesses))
        self.setRowCount(len(guesses))
        self.setFixedHeight(theme.ROW_HEIGHT * len(guesses) + 2)
        faint = QColor(theme.current().disabled)
        for row, guess in enumerate(guesses):
            for column in range(SAMPLES + 1):
                texts = (guess.name, *guess.samples)
                item = QTableWidgetItem(texts[column] if column < len(texts) else "")
                item.setToolTip(item.text() if guess.fits else tr("Some of the bytes are no text in this encoding."))
                if not guess.fits:
                    item.setForeground(faint)
                self.setItem(row, column, item)
            if guess.name == chosen:
                self.selectRow(row)

    def _click(self, row: int, _column: int) -> None:
        item = self.item(row, 0)
        if item is not None:
            self.chosen.emit(item.text())
