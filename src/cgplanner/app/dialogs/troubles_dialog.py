"""What is wrong with a layer, and which features are meant: click one to see it on the map."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QTreeWidget, QTreeWidgetItem, QWidget

from cgplanner.app import theme
from cgplanner.app.dialogs.card import Card
from cgplanner.model.layer import Layer
from cgplanner.session.health import Trouble
from cgplanner.text import tr

MOST_LISTED = 500  # features of one kind of trouble; all of them are selected at once
_RID = int(Qt.ItemDataRole.UserRole)


class TroublesDialog(Card):
    """The report of one layer; it stays open beside the map.

    Parameters
    ----------
    show
        Called with session numbers: select these features and go there.
    """

    def __init__(
        self, parent: QWidget | None, layer: Layer, troubles: Sequence[Trouble], show: Callable[[Sequence[int]], object]
    ) -> None:
        super().__init__(layer.title, parent, width=480)
        self.setWindowModality(Qt.WindowModality.NonModal)
        self._show = show
        self.add_text(tr("The map draws what it can. Nothing was changed in the layer."), "secondary")
        self.tree = QTreeWidget(self)
        self.tree.setHeaderHidden(True)
        self.tree.setWordWrap(True)
        self.tree.setMinimumHeight(theme.ROW_HEIGHT * 9)
        for trouble in troubles:
            self._add(layer, trouble)
        self.tree.currentItemChanged.connect(lambda item, _before: self._go_to(item))
        self.tree.itemClicked.connect(lambda item, _column: self._go_to(item))
        self.body.addWidget(self.tree)
        self.add_button(tr("Close"), self.accept, default=True)

    def _add(self, layer: Layer, trouble: Trouble) -> None:
        item = QTreeWidgetItem(self.tree, [str(trouble.message)])
        item.setToolTip(0, str(trouble.message))
        item.setData(0, _RID, list(trouble.rids))
        table = layer.table
        for rid in trouble.rids[:MOST_LISTED]:
            child = QTreeWidgetItem(item, [table.title_of(int(table.positions_of([rid])[0]))])
            child.setData(0, _RID, [rid])
        if len(trouble.rids) > MOST_LISTED:
            QTreeWidgetItem(item, [tr("and {count} more", count=len(trouble.rids) - MOST_LISTED)])
        item.setExpanded(len(trouble.rids) <= 12)

    def _go_to(self, item: QTreeWidgetItem | None) -> None:
        rids = item.data(0, _RID) if item is not None else None
        if rids:
            self._show(rids)
