"""The panel of bookmarks: go to one, name it anew where it stands, take it away."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEvent, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLabel, QListWidget, QListWidgetItem, QMenu, QVBoxLayout, QWidget

from cgplanner.app import theme
from cgplanner.app.bridge import Bridge
from cgplanner.app.controls.scale_box import written
from cgplanner.app.icons import icon
from cgplanner.edit import map_operations
from cgplanner.model.bookmark import Bookmark
from cgplanner.model.signal import Kind, LayerChange
from cgplanner.text import tr

HEIGHT = 150

_Name = Qt.ItemDataRole.UserRole


class BookmarksPanel(QWidget):
    """The list of bookmarks.

    Signals
    -------
    chosen(str)
        Somebody wants to see the bookmark of this name.
    move_asked(str)
        The bookmark of this name is to show what the map shows now.
    """

    chosen = Signal(str)
    move_asked = Signal(str)

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._bridge = bridge
        self._empty = QLabel(self)
        self._empty.setProperty("role", "secondary")
        self._empty.setWordWrap(True)
        self._empty.setContentsMargins(theme.px(3), theme.px(2), theme.px(3), theme.px(2))
        self.list = _List(self)
        self.list.setIconSize(QSize(16, 16))
        self.list.setFrameShape(QListWidget.Shape.NoFrame)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.customContextMenuRequested.connect(self._open_menu)
        self.list.itemClicked.connect(self._go)
        self.list.itemActivated.connect(self._go)
        self.list.itemChanged.connect(self._rename)
        self.list.removal_wanted.connect(self._remove)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, theme.px(1), 0, 0)
        column.setSpacing(0)
        column.addWidget(self._empty)
        column.addWidget(self.list, 1)
        bridge.changed.connect(self._take)
        bridge.replaced.connect(self.refresh)
        self.retranslate()
        self.refresh()

    def _take(self, change: LayerChange) -> None:
        if change.kinds & Kind.BOOKMARKS:
            self.refresh()

    def refresh(self) -> None:
        """Show the bookmarks of now."""
        current = self.list.currentItem().data(_Name) if self.list.currentItem() is not None else ""
        blocked = self.list.blockSignals(True)
        self.list.clear()
        for each in self._bridge.workspace.bookmarks:
            item = QListWidgetItem(icon("bookmark"), each.name)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
            item.setData(_Name, each.name)
            item.setToolTip(tr("{name}, {scale}", name=each.name, scale=written(each.scale)))
            self.list.addItem(item)
            if each.name == current:
                self.list.setCurrentItem(item)
        self.list.blockSignals(blocked)
        there = bool(self._bridge.workspace.bookmarks)
        self._empty.setVisible(not there)
        self.list.setVisible(there)

    def edit_name(self, name: str) -> None:
        """Let somebody type another name for a bookmark."""
        for row in range(self.list.count()):
            if self.list.item(row).data(_Name) == name:
                self.list.setCurrentRow(row)
                self.list.setFocus()
                self.list.editItem(self.list.item(row))

    def _go(self, item: QListWidgetItem) -> None:
        self.chosen.emit(item.data(_Name))

    def _rename(self, item: QListWidgetItem) -> None:
        name, typed = str(item.data(_Name)), item.text()
        mark = next((each for each in self._bridge.workspace.bookmarks if each.name == name), None)
        if mark is not None and typed != name:
            new: Bookmark = replace(mark, name=typed)
            if not self._bridge.run_or_tell(lambda w: map_operations.change_bookmark(w, name, new)):
                self.refresh()

    def _remove(self) -> None:
        item = self.list.currentItem()
        if item is not None:
            name = str(item.data(_Name))
            self._bridge.run_or_tell(lambda w: map_operations.remove_bookmark(w, name))

    def _open_menu(self, place: QPoint) -> None:
        item = self.list.itemAt(place)
        if item is None:
            return
        self.list.setCurrentItem(item)
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(tr("Go there"), lambda: self._go(item))
        menu.addAction(tr("Rename"), lambda: self.list.editItem(item))
        menu.addAction(tr("Take the view of now"), lambda: self.move_asked.emit(item.data(_Name)))
        menu.addSeparator()
        menu.addAction(icon("delete"), tr("Remove"), self._remove)
        menu.popup(self.list.viewport().mapToGlobal(place))

    def sizeHint(self) -> QSize:
        return QSize(theme.LAYERS_WIDTH, HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(30), HEIGHT // 2)

    def retranslate(self) -> None:
        """Say everything in the language of now."""
        self._empty.setText(tr("There is no bookmark. The plus sign keeps the view of now under a name."))
        self.list.setAccessibleName(tr("Bookmarks"))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
            self.refresh()
        super().changeEvent(event)


class _List(QListWidget):
    """A list in which Delete takes a row away and F2 names it anew."""

    removal_wanted = Signal()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Delete:
            event.accept()  # else the window would delete the selected features
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete:
            self.removal_wanted.emit()
        else:
            super().keyPressEvent(event)
