"""A list of the coordinate systems planners meet, in which any code can be typed too."""

from __future__ import annotations

import re
from collections.abc import Sequence

from PySide6.QtWidgets import QComboBox, QWidget

from cgplanner.app.controls.crs_words import COMMON, crs_words
from cgplanner.io.report import CrsCandidate
from cgplanner.text import tr

_CODE = re.compile(r"(?:epsg\s*:?\s*)?(\d{4,6})", re.IGNORECASE)


class CrsChoice(QComboBox):
    """Chooses a CRS as "EPSG:n"; the first entry stands for "as it is" and gives ''."""

    def __init__(self, as_it_is: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setMinimumContentsLength(24)
        self.addItem(as_it_is, "")
        for code in COMMON:
            self.addItem(crs_words(code), code)
        self.setAccessibleName(tr("Coordinate system"))
        self.currentIndexChanged.connect(lambda _: self._show_beginning())

    def offer(self, candidates: Sequence[tuple[str, CrsCandidate]]) -> None:
        """Put guesses, as (words, guess), after the first entry in place of the ones offered before."""
        for place in reversed(range(self.count())):
            if isinstance(self.itemData(place), CrsCandidate):
                self.removeItem(place)
        for place, (words, candidate) in enumerate(candidates, 1):
            self.insertItem(place, words, candidate)

    def _show_beginning(self) -> None:
        line = self.lineEdit()
        if line is not None:
            line.setCursorPosition(0)  # a long name is known by its beginning

    def choose(self, candidate: CrsCandidate) -> None:
        """Choose one of the guesses that were offered."""
        for place in range(self.count()):
            if self.itemData(place) is candidate:
                self.setCurrentIndex(place)

    @property
    def candidate(self) -> CrsCandidate | None:
        """The guess that is chosen, None when the choice is another."""
        found = self.itemData(self.findText(self.currentText()))
        return found if isinstance(found, CrsCandidate) else None

    @property
    def crs(self) -> str | None:
        """The chosen CRS, '' for as it is, None when what is typed is no code."""
        place = self.findText(self.currentText())
        if place >= 0:
            data = self.itemData(place)
            return data.crs if isinstance(data, CrsCandidate) else str(data)
        found = _CODE.fullmatch(self.currentText().strip())
        return f"EPSG:{found[1]}" if found else None
