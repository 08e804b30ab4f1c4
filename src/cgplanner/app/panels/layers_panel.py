"""The layers panel: what is on the map, in which order, how strongly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from PySide6.QtCore import QEvent, QModelIndex, QPoint, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QSlider, QVBoxLayout, QWidget

from cgplanner.app import theme
from cgplanner.app.bridge import Bridge
from cgplanner.app.icons import icon
from cgplanner.app.panels.layer_tree import LayerTree
from cgplanner.app.qtmodels.layer_tree_model import LayerTreeModel, TroubleRole
from cgplanner.edit import operations
from cgplanner.model.signal import Kind, LayerChange
from cgplanner.session.health import Trouble
from cgplanner.text import tr

_CARES = Kind.LAYERS | Kind.STYLE | Kind.ROWS | Kind.SCHEMA


class LayersPanel(QWidget):
    """Tree of layers and the opacity of the current one.

    Signals
    -------
    asked(str, str)
        A command for a layer that is not this panel's business: ``zoom``, ``table``, ``export``, ``rename``,
        ``datum``, ``properties``, ``look`` (somebody clicked it), ``troubles`` (its badge); and the layer's id.
    """

    asked = Signal(str, str)

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._bridge = bridge
        self.model = LayerTreeModel(self._run_reorder, self)
        self.tree = LayerTree(self.model, self)
        self.tree.chosen.connect(self._make_current)
        self.tree.eye_clicked.connect(self._toggle)
        self.tree.clicked.connect(self._ask_look)
        self.tree.badge_clicked.connect(lambda layer_id: self.asked.emit("troubles", layer_id))
        self.tree.opened.connect(lambda layer_id: self.asked.emit("zoom", layer_id))
        self.tree.customContextMenuRequested.connect(self._open_menu)
        self._build_foot()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, theme.px(1), 0, 0)
        column.setSpacing(0)
        column.addWidget(self.tree, 1)
        column.addWidget(self._line)
        column.addWidget(self._foot)
        bridge.changed.connect(self._take)
        bridge.replaced.connect(self.refresh)
        bridge.state_changed.connect(self._show_current)
        bridge.selection_changed.connect(lambda _: self._show_current())
        self.retranslate()
        self.refresh()

    def _build_foot(self) -> None:
        self._line = QFrame(self)
        self._line.setProperty("role", "line")
        self._foot = QWidget(self)
        self._foot.setFixedHeight(theme.px(9))
        self._opacity_label = QLabel(self._foot)
        self._opacity_label.setProperty("role", "secondary")
        self.opacity = QSlider(Qt.Orientation.Horizontal, self._foot)
        self.opacity.setRange(0, 100)
        self.opacity.setPageStep(10)
        self.opacity.valueChanged.connect(self._set_opacity)
        self._percent = QLabel(self._foot)
        self._percent.setProperty("role", "secondary")
        self._percent.setFixedWidth(theme.px(10))
        self._percent.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row = QHBoxLayout(self._foot)
        row.setContentsMargins(theme.px(3), 0, theme.px(2), 0)
        row.setSpacing(theme.px(2))
        for widget, stretch in ((self._opacity_label, 0), (self.opacity, 1), (self._percent, 0)):
            row.addWidget(widget, stretch)

    def _take(self, change: LayerChange) -> None:
        if change.kinds & _CARES:
            self.refresh()

    def refresh(self) -> None:
        """Show the present version of the workspace."""
        unfolded = self.tree.unfolded()
        if self.model.show(self._bridge.workspace):
            self.tree.unfold(unfolded)
        self._show_current()

    def mark(self, troubles: Mapping[str, Sequence[Trouble]]) -> None:
        """Put a badge on the layers that have troubles; the tip of the row says which."""
        self.model.mark({name: "\n".join(str(each.message) for each in found) for name, found in troubles.items()})

    def _show_current(self) -> None:
        layer = self._bridge.current_layer()
        self.tree.choose(layer.id if layer else "")
        self.opacity.setEnabled(layer is not None)
        percent = round(layer.opacity * 100) if layer else 100
        blocked = self.opacity.blockSignals(True)
        self.opacity.setValue(percent)
        self.opacity.blockSignals(blocked)
        self._percent.setText(f"{percent} %" if layer else "")

    def _make_current(self, layer_id: str) -> None:
        self._bridge.session.set_current_layer(layer_id)

    def _ask_look(self, index: QModelIndex) -> None:
        layer = self.model.layer_at(index)
        if layer is not None:
            self.asked.emit("look", layer.id)

    def _toggle(self, layer_id: str) -> None:
        visible = self._bridge.workspace.layer(layer_id).visible
        self._bridge.run_or_tell(lambda workspace: operations.set_visible(workspace, layer_id, not visible))

    def _set_opacity(self, percent: int) -> None:
        layer = self._bridge.current_layer()
        if layer is not None:
            self._bridge.run_or_tell(lambda workspace: operations.set_opacity(workspace, layer.id, percent / 100))

    def _run_reorder(self, order: tuple[str, ...]) -> None:
        self._bridge.run_or_tell(lambda workspace: operations.reorder(workspace, order))

    def _open_menu(self, place: QPoint) -> None:
        layer = self.model.layer_at(self.tree.indexAt(place))
        if layer is not None:
            menu = self.menu_for(layer.id)
            menu.exec(self.tree.viewport().mapToGlobal(place))
            menu.deleteLater()

    def menu_for(self, layer_id: str) -> QMenu:
        """Return the context menu of a layer."""
        layer = self._bridge.workspace.layer(layer_id)
        menu = QMenu(self)
        shown = tr("Hide") if layer.visible else tr("Show")
        menu.addAction(icon("eye-off" if layer.visible else "eye"), shown, lambda: self._toggle(layer_id))
        for name, picture, text in (
            ("zoom", "zoom-layer", tr("Zoom to layer")),
            ("table", "table", tr("Open the table")),
            ("export", "export", tr("Export…")),
            ("rename", "style", tr("Rename…")),
            ("datum", "graticule", tr("Change the datum…")),
        ):
            menu.addAction(icon(picture), text, partial(self.asked.emit, name, layer_id))
        if self.model.data(self.model.index_of(layer_id), TroubleRole):
            menu.addAction(icon("warning"), tr("What is wrong…"), partial(self.asked.emit, "troubles", layer_id))
        menu.addSeparator()
        menu.addAction(icon("delete"), tr("Remove from the workspace"), lambda: self._remove(layer_id))
        menu.addSeparator()
        menu.addAction(icon("info"), tr("Properties…"), lambda: self.asked.emit("properties", layer_id))
        return menu

    def _remove(self, layer_id: str) -> None:
        self._bridge.run_or_tell(lambda workspace: operations.remove_layer(workspace, layer_id))

    def retranslate(self) -> None:
        """Say everything in the language of now."""
        self._opacity_label.setText(tr("Opacity"))
        self.opacity.setAccessibleName(tr("Opacity of the layer"))
        self.opacity.setToolTip(tr("Opacity of the layer"))
        self.tree.setAccessibleName(tr("Layers"))
        self.refresh() if self.model.layers else None

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)
