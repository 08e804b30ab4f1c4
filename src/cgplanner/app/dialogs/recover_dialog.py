"""Offers back what a killed program had not saved, each operation by its name."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QAbstractItemView, QListWidget, QWidget

from cgplanner.app import theme
from cgplanner.app.dialogs.card import Card
from cgplanner.io.workspace.journal import PendingJournal
from cgplanner.resources import layers_path
from cgplanner.text import tr

Then = Callable[[PendingJournal], object]


class RecoverDialog(Card):
    """One journal at a time: restore it, throw it away, or decide later."""

    def __init__(self, parent: QWidget | None, journal: PendingJournal, *, restore: Then, discard: Then) -> None:
        super().__init__(tr("Unsaved work was found"), parent, width=480)
        self._journal, self._restore, self._discard = journal, restore, discard
        self.add_text(
            tr(
                "The program ended unexpectedly while {name} had {count} changes that were not saved.",
                name=_named(journal),
                count=len(journal.titles),
            )
        )
        self.list = QListWidget(self)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.list.addItems(_numbered(journal.titles))
        self.list.setFixedHeight(min(max(len(journal.titles), 2), 8) * theme.ROW_HEIGHT + theme.px(2))
        self.body.addWidget(self.list)
        self.add_button(tr("Later"), self.reject)
        self.add_button(tr("Throw away"), lambda: self._choose(self._discard))
        self.add_button(tr("Restore"), lambda: self._choose(self._restore), default=True)

    def _choose(self, then: Then) -> None:
        self.accept()
        then(self._journal)


def _named(journal: PendingJournal) -> str:
    if journal.workspace_path is None:
        return tr("a workspace without a file")
    is_sample = journal.workspace_path == layers_path("sample.gpkg")  # nobody has opened a file of that name
    return tr("The five-city sample") if is_sample else journal.workspace_path.name


def _numbered(titles: Sequence[str]) -> list[str]:
    return [f"{number}  {title}" for number, title in enumerate(titles, start=1)]
