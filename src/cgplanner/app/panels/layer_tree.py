"""The tree of layers: fold, eye, drag, keys. Knows its model and what a row looks like; changes nothing itself."""

from __future__ import annotations

from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QAbstractItemView, QTreeView, QWidget

from cgplanner.app.panels import layer_row
from cgplanner.app.qtmodels.layer_tree_model import LayerTreeModel


class LayerTree(QTreeView):
    """The view of a :class:`LayerTreeModel`.

    Signals
    -------
    eye_clicked(str), chosen(str), opened(str), badge_clicked(str)
        Layer ids: its eye was clicked; it is the current one; it was double-clicked; its badge was clicked.
    """

    eye_clicked = Signal(str)
    chosen = Signal(str)
    opened = Signal(str)
    badge_clicked = Signal(str)

    def __init__(self, model: LayerTreeModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layers = model
        self.setModel(model)
        self.setItemDelegate(layer_row.LayerRow(self))
        self.setHeaderHidden(True)
        self.setRootIsDecorated(False)
        self.setIndentation(0)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setExpandsOnDoubleClick(False)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.selectionModel().currentChanged.connect(self._tell_current)

    def _tell_current(self, current: QModelIndex, _previous: QModelIndex) -> None:
        layer = self._layers.layer_at(current)
        if layer is not None:
            self.chosen.emit(layer.id)

    def choose(self, layer_id: str) -> None:
        """Make a layer the current one without telling."""
        present = self._layers.layer_at(self.currentIndex())
        index = self._layers.index_of(layer_id)
        if present is not None and present.id == layer_id:
            return
        selection = self.selectionModel()
        blocked = selection.blockSignals(True)
        flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
        selection.setCurrentIndex(index, flags)
        if not index.isValid():
            selection.clear()
        selection.blockSignals(blocked)
        self.viewport().update()

    def unfolded(self) -> list[str]:
        """Return the ids of the layers whose legends are open."""
        return [layer.id for layer in self._layers.layers if self.isExpanded(self._layers.index_of(layer.id))]

    def unfold(self, layer_ids: list[str]) -> None:
        """Open the legends of these layers."""
        for layer_id in layer_ids:
            self.setExpanded(self._layers.index_of(layer_id), True)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = event.position().toPoint()
        index = self.indexAt(place)
        layer = self._layers.layer_at(index)
        what = layer_row.hit(self, index, place.x(), place.y()) if layer is not None else ""
        if event.button() is not Qt.MouseButton.LeftButton or not what or layer is None:
            super().mousePressEvent(event)
        elif what == "fold":
            self.setExpanded(index, not self.isExpanded(index))
        elif what == "badge":
            self.badge_clicked.emit(layer.id)
        else:
            self.eye_clicked.emit(layer.id)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        place = event.position().toPoint()
        index = self.indexAt(place)
        layer = self._layers.layer_at(index)
        if layer is None or layer_row.hit(self, index, place.x(), place.y()):
            self.mousePressEvent(event)
        else:
            self.opened.emit(layer.id)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        layer = self._layers.layer_at(self.currentIndex())
        if layer is not None and event.key() == Qt.Key.Key_Space:
            self.eye_clicked.emit(layer.id)
        elif layer is not None and event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down) and _with_alt(event):
            self._move(layer.id, -1 if event.key() == Qt.Key.Key_Up else 1)
        elif layer is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit(layer.id)
        else:
            super().keyPressEvent(event)

    def _move(self, layer_id: str, step: int) -> None:
        row = self._layers.index_of(layer_id).row()
        target = row + (step if step < 0 else step + 1)
        if 0 <= target <= len(self._layers.layers):
            self._layers.move(layer_id, target)


def _with_alt(event: QKeyEvent) -> bool:
    return bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
