"""The layers of the workspace for a tree view, topmost first, with the lines of their legends below them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QMimeData, QModelIndex, QObject, QPersistentModelIndex, Qt

from cgplanner.model.layer import Layer
from cgplanner.model.workspace import Workspace
from cgplanner.symbology.evaluate import LegendEntry, legend_entries, style_of

Index = QModelIndex | QPersistentModelIndex
LayerRole = int(Qt.ItemDataRole.UserRole)
EntryRole = LayerRole + 1
TroubleRole = LayerRole + 2  # sentences about what is wrong with the layer, one a line; '' when nothing is

_ROOT = QModelIndex()
_MIME = "application/x-cgplanner-layer"
_LAYER = 0  # the internal number of a layer's index; a legend line has 1 + the row of its layer


class LayerTreeModel(QAbstractItemModel):
    """Layers and legend lines.

    Parameters
    ----------
    reorder
        Called with layer ids, bottom first, when a layer was dragged to another place.
    """

    def __init__(self, reorder: Callable[[tuple[str, ...]], None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reorder = reorder
        self._layers: tuple[Layer, ...] = ()
        self._entries: tuple[tuple[LegendEntry, ...], ...] = ()
        self._troubles: Mapping[str, str] = {}

    def mark(self, troubles: Mapping[str, str]) -> None:
        """Put a badge on these layers; the sentences say why."""
        self._troubles = troubles
        if self._layers:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._layers) - 1, 0))

    def show(self, workspace: Workspace) -> bool:
        """Show this version; return True when rows came, went or moved, so that the view must unfold them again."""
        layers = tuple(reversed(workspace.layers))
        entries = tuple(_lines(layer) for layer in layers)
        same = [layer.id for layer in layers] == [layer.id for layer in self._layers]
        same = same and [len(each) for each in entries] == [len(each) for each in self._entries]
        if not same:
            self.beginResetModel()
        self._layers, self._entries = layers, entries
        if not same:
            self.endResetModel()
        elif layers:
            self.dataChanged.emit(self.index(0, 0), self.index(len(layers) - 1, 0))
            for row, lines in enumerate(entries):
                if lines:
                    parent = self.index(row, 0)
                    self.dataChanged.emit(self.index(0, 0, parent), self.index(len(lines) - 1, 0, parent))
        return not same

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers shown, topmost first."""
        return self._layers

    def layer_at(self, index: Index) -> Layer | None:
        """Return the layer of an index, be it the layer's own or one of its legend."""
        if not index.isValid():
            return None
        row = index.row() if index.internalId() == _LAYER else index.internalId() - 1
        return self._layers[row]

    def index_of(self, layer_id: str) -> QModelIndex:
        """Return the index of a layer; an invalid one when it is not there."""
        rows = [row for row, layer in enumerate(self._layers) if layer.id == layer_id]
        return self.index(rows[0], 0) if rows else QModelIndex()

    def starts_group(self, row: int) -> bool:
        """Tell whether this layer is the first of a run of plan layers or of base layers."""
        return row == 0 or self._layers[row].role != self._layers[row - 1].role

    def index(self, row: int, column: int, parent: Index = _ROOT) -> QModelIndex:
        if not parent.isValid():
            return self.createIndex(row, column, _LAYER) if 0 <= row < len(self._layers) else QModelIndex()
        if parent.internalId() != _LAYER or not 0 <= row < len(self._entries[parent.row()]):
            return QModelIndex()
        return self.createIndex(row, column, parent.row() + 1)

    def parent(self, child: Index) -> QModelIndex:  # type: ignore[override]  # the stubs know QObject.parent() only
        if not child.isValid() or child.internalId() == _LAYER:
            return QModelIndex()
        return self.createIndex(child.internalId() - 1, 0, _LAYER)

    def rowCount(self, parent: Index = _ROOT) -> int:
        if not parent.isValid():
            return len(self._layers)
        return len(self._entries[parent.row()]) if parent.internalId() == _LAYER else 0

    def columnCount(self, _parent: Index = _ROOT) -> int:
        return 1

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        layer = self.layer_at(index)
        if layer is None:
            return None
        entry = None if index.internalId() == _LAYER else self._entries[index.internalId() - 1][index.row()]
        trouble = self._troubles.get(layer.id, "") if entry is None else ""
        own = {LayerRole: layer, EntryRole: entry, TroubleRole: trouble}
        if role in own:
            return own[role]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            told = layer.title if entry is None else entry.label
            return f"{told}. {trouble}" if trouble and role == Qt.ItemDataRole.AccessibleTextRole else told
        if role == Qt.ItemDataRole.ToolTipRole and entry is None:
            return "\n".join(filter(None, (layer.title, trouble, layer.source_text, layer.accuracy_text)))
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.ItemIsDropEnabled
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsDragEnabled if index.internalId() == _LAYER else flags

    def supportedDropActions(self) -> Qt.DropAction:
        return Qt.DropAction.MoveAction

    def mimeTypes(self) -> list[str]:
        return [_MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        data = QMimeData()
        layer = self.layer_at(indexes[0]) if indexes else None
        data.setData(_MIME, (layer.id if layer else "").encode())
        return data

    def canDropMimeData(self, data: QMimeData, _action: Qt.DropAction, _row: int, _column: int, parent: Index) -> bool:
        return data.hasFormat(_MIME) and not parent.isValid()

    def dropMimeData(self, data: QMimeData, _action: Qt.DropAction, row: int, _column: int, parent: Index) -> bool:
        layer_id = bytes(data.data(_MIME).data()).decode()
        if parent.isValid() or not self.index_of(layer_id).isValid():
            return False
        self.move(layer_id, len(self._layers) if row < 0 else row)
        return False  # the session has moved it; the view must not remove a row of its own

    def move(self, layer_id: str, row: int) -> None:
        """Ask for a layer to stand before this row (counted with the layer still in its old place)."""
        ids = [layer.id for layer in self._layers]
        old = ids.index(layer_id)
        ids.insert(row, layer_id)
        del ids[old if row > old else old + 1]
        order = tuple(reversed(ids))
        if order != tuple(layer.id for layer in reversed(self._layers)):
            self._reorder(order)


def _lines(layer: Layer) -> tuple[LegendEntry, ...]:
    """Return the lines worth unfolding: a single symbol is shown beside the layer's title already."""
    entries = legend_entries(style_of(layer))
    return entries if len(entries) > 1 else ()
