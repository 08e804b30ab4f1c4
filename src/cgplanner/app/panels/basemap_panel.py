"""The panel of base maps: what lies under the layers, how strongly, and what is wrong with it."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from cgplanner.app import theme
from cgplanner.app.bridge import Bridge
from cgplanner.app.canvas.ground_picture import GroundPicture
from cgplanner.app.controls.panel_header import flat_button
from cgplanner.app.controls.quiet_boxes import QuietSlider
from cgplanner.app.icons import icon
from cgplanner.edit import map_operations
from cgplanner.model.basemap import Basemap
from cgplanner.model.signal import Kind, LayerChange
from cgplanner.text import tr

HEIGHT = 176


class BasemapPanel(QWidget):
    """A row for each base map, the uppermost first.

    Signals
    -------
    asked(str, str)
        ``key``, ``retry`` or ``crs`` for a base map, and its id.
    """

    asked = Signal(str, str)

    def __init__(self, bridge: Bridge, ground: GroundPicture, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._bridge, self._ground = bridge, ground
        self.rows: dict[str, BasemapRow] = {}
        self._empty = QLabel(self)
        self._empty.setProperty("role", "secondary")
        self._empty.setWordWrap(True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self._empty.setContentsMargins(theme.px(3), theme.px(2), theme.px(3), theme.px(2))
        self._list = QWidget(self)
        self._list.setObjectName("panel")
        self._column = QVBoxLayout(self._list)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addStretch(1)
        scroll = QScrollArea(self)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self._list)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._empty, 1)
        column.addWidget(scroll, 1)
        self._scroll = scroll
        bridge.changed.connect(self._take)
        bridge.replaced.connect(self.refresh)
        ground.state_changed.connect(self._show_troubles)
        self.retranslate()
        self.refresh()

    def _take(self, change: LayerChange) -> None:
        if change.kinds & Kind.BASEMAPS:
            self.refresh()

    def refresh(self) -> None:
        """Show the base maps of now."""
        basemaps = self._bridge.workspace.basemaps
        if [each.id for each in basemaps] != list(self.rows):
            for row in self.rows.values():
                row.hide()
                row.deleteLater()
            self.rows = {each.id: BasemapRow(self._bridge, self.asked.emit, self._list) for each in basemaps}
            for row in self.rows.values():
                self._column.insertWidget(0, row)
        for place, each in enumerate(basemaps):
            self.rows[each.id].show_basemap(each, lowest=place == 0, uppermost=place == len(basemaps) - 1)
        self._empty.setVisible(not basemaps)
        self._scroll.setVisible(bool(basemaps))
        self._show_troubles()

    def _show_troubles(self) -> None:
        for basemap_id, row in self.rows.items():
            row.show_trouble(self._ground.trouble_of(basemap_id))

    def sizeHint(self) -> QSize:
        return QSize(theme.LAYERS_WIDTH, HEIGHT)

    def minimumSizeHint(self) -> QSize:
        words = 0 if self.rows else self._empty.heightForWidth(max(self.width(), theme.LAYERS_WIDTH))
        return QSize(theme.px(30), max(HEIGHT // 2, words))

    def retranslate(self) -> None:
        """Say everything in the language of now."""
        self._empty.setText(
            tr("There is no base map. Add one with the plus sign: Tianditu, another service by its address, or a file.")
        )

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
            self.refresh()
        super().changeEvent(event)


class BasemapRow(QWidget):
    """One base map: eye, title, opacity, menu, and its trouble."""

    def __init__(self, bridge: Bridge, ask: object, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge, self._ask = bridge, ask
        self._basemap: Basemap | None = None
        self.eye = flat_button(self, "eye", theme.ROW_HEIGHT)
        self.eye.clicked.connect(lambda _checked=False: self._toggle())
        self.title = QLabel(self)
        self.title.setMinimumWidth(theme.px(10))
        self.more = flat_button(self, "more", theme.ROW_HEIGHT)
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu = QMenu(self.more)
        self.menu.aboutToShow.connect(self._fill_menu)
        self.more.setMenu(self.menu)
        self.opacity = QuietSlider(Qt.Orientation.Horizontal, self)
        self.opacity.setRange(0, 100)
        self.opacity.setPageStep(10)
        self.opacity.setFixedWidth(theme.px(18))
        self.opacity.valueChanged.connect(self._set_opacity)
        self.trouble = QLabel(self)
        self.trouble.setProperty("role", "warning")
        self.trouble.setWordWrap(True)
        self.trouble.setContentsMargins(theme.px(9), 0, theme.px(2), theme.px(1))
        self._ends = (False, False)
        row = QHBoxLayout()
        row.setContentsMargins(theme.px(2), 0, theme.px(1), 0)
        row.setSpacing(theme.px(1))
        for widget, stretch in ((self.eye, 0), (self.title, 1), (self.opacity, 0), (self.more, 0)):
            row.addWidget(widget, stretch)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 1, 0, 1)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self.trouble)

    def show_basemap(self, basemap: Basemap, *, lowest: bool, uppermost: bool) -> None:
        """Show it as it is now."""
        self._basemap, self._ends = basemap, (lowest, uppermost)
        self.eye.setIcon(icon("eye" if basemap.visible else "eye-off"))
        self.eye.setToolTip(tr("Hide the base map") if basemap.visible else tr("Show the base map"))
        self.eye.setAccessibleName(self.eye.toolTip())
        self.title.setText(basemap.title)
        self.title.setToolTip("\n".join(text for text in (basemap.title, basemap.attribution) if text))
        self.title.setEnabled(basemap.visible)
        self.more.setToolTip(tr("More of this base map"))
        self.more.setAccessibleName(tr("More of this base map"))
        percent = round(basemap.opacity * 100)
        self.opacity.setToolTip(tr("Opacity: {percent} %", percent=percent))
        self.opacity.setAccessibleName(tr("Opacity"))
        blocked = self.opacity.blockSignals(True)
        self.opacity.setValue(percent)
        self.opacity.blockSignals(blocked)

    def show_trouble(self, words: str) -> None:
        """Say what is wrong with it, '' for nothing."""
        self.trouble.setText(words)
        self.trouble.setVisible(bool(words))

    def _fill_menu(self) -> None:
        self.menu.clear()
        basemap = self._basemap
        if basemap is None:
            return
        lowest, uppermost = self._ends
        self.menu.addAction(tr("Move up"), partial(self._move, 1)).setEnabled(not uppermost)
        self.menu.addAction(tr("Move down"), partial(self._move, -1)).setEnabled(not lowest)
        self.menu.addSeparator()
        if basemap.key:
            self.menu.addAction(tr("Your key…"), partial(self._tell, "key"))
        if basemap.kind == "raster":
            self.menu.addAction(tr("Coordinate system…"), partial(self._tell, "crs"))
        self.menu.addAction(tr("Try again"), partial(self._tell, "retry")).setEnabled(bool(self.trouble.text()))
        self.menu.addSeparator()
        self.menu.addAction(tr("Remove"), self._remove)

    def _tell(self, verb: str) -> None:
        if self._basemap is not None and callable(self._ask):
            self._ask(verb, self._basemap.id)

    def _toggle(self) -> None:
        basemap = self._basemap
        if basemap is not None:
            self._bridge.run_or_tell(lambda w: map_operations.change_basemap(w, basemap.id, visible=not basemap.visible))

    def _set_opacity(self, percent: int) -> None:
        basemap = self._basemap
        if basemap is not None:
            self._bridge.run_or_tell(lambda w: map_operations.change_basemap(w, basemap.id, opacity=percent / 100))

    def _move(self, step: int) -> None:
        order = [each.id for each in self._bridge.workspace.basemaps]
        if self._basemap is not None:
            place = order.index(self._basemap.id)
            order.insert(place + step, order.pop(place))
            self._bridge.run_or_tell(lambda w: map_operations.reorder_basemaps(w, order))

    def _remove(self) -> None:
        basemap = self._basemap
        if basemap is not None:
            self._bridge.run_or_tell(lambda w: map_operations.remove_basemap(w, basemap.id))
