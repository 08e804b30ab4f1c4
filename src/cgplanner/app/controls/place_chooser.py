"""The systems a layer may be in: where each would put it on a small map, and how likely it is and why beside it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from cgplanner.app import theme
from cgplanner.app.controls.candidate_map import SIZE, CandidateMap
from cgplanner.geometry.ragged import Floats
from cgplanner.io.crs.candidate_places import CandidatePlace
from cgplanner.text import tr

LINES_PX = 40
LIST_HEIGHT = 3 * LINES_PX + 2  # three whole places


class PlaceChooser(QWidget):
    """A map above a list; choosing in one is choosing in the other.

    Signals
    -------
    chosen(int)
        The number of the place that the planner chose.
    """

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.map = CandidateMap((), self)
        self.list = QListWidget(self)
        self.list.setFixedHeight(LIST_HEIGHT)
        self.list.setFixedWidth(SIZE.width())
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.setAccessibleName(tr("Coordinate systems the data may be in"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(2))
        column.addWidget(self.map)
        column.addWidget(self.list)
        column.addStretch(1)
        self.map.chosen.connect(self._chosen)
        self.list.itemClicked.connect(lambda _: self._chosen(self.list.currentRow()))
        self.list.itemActivated.connect(lambda _: self._chosen(self.list.currentRow()))

    def show_places(
        self, outlines: Sequence[Floats], places: tuple[CandidatePlace, ...], words: Sequence[tuple[str, str]], chosen: int
    ) -> None:
        """Show places, each with (name, reason); a single one needs no list."""
        self.map.show_outlines(outlines)
        self.map.show_places(places, chosen)
        self.list.clear()
        for number, (name, reason) in enumerate(words, 1):
            item = QListWidgetItem(f"{number}  {name}\n     {reason}")
            item.setToolTip(f"{name}\n{reason}")
            item.setSizeHint(QSize(0, LINES_PX))
            self.list.addItem(item)
        self.list.setVisible(len(words) > 1)
        self.choose(chosen)

    def show_named(self, place: CandidatePlace | None) -> None:
        """Show where a system that is none of the list would put the layer."""
        self.list.setCurrentRow(-1)
        self.map.show_other(place)

    def choose(self, number: int) -> None:
        """Highlight a place without saying so; -1 for none of the list."""
        self.map.choose(number)
        self.list.setCurrentRow(number)

    def _chosen(self, number: int) -> None:
        self.choose(number)
        self.chosen.emit(number)
