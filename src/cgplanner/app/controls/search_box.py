"""The one search box: what is typed is looked for as it is typed, results hang below it, keys alone suffice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from cgplanner.app import theme
from cgplanner.app.controls.clear_action import add_clear_action
from cgplanner.app.icons import icon, paint_icon
from cgplanner.text import tr

WAIT_MS = 120
WIDTH, ROW = 360, 30


@dataclass(frozen=True)
class Hit:
    """One result: an icon, what it is, where it is, and what happens when it is chosen."""

    icon: str
    title: str
    where: str
    choose: Callable[[], object]


class _Row(QStyledItemDelegate):
    """Paints a result: icon, title, and where it is in grey at the right."""

    def sizeHint(self, _option: QStyleOptionViewItem, _index: object) -> QSize:
        return QSize(WIDTH, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: object) -> None:
        hit: Hit = index.data(Qt.ItemDataRole.UserRole)  # type: ignore[attr-defined]  # a model index of either kind
        colours, rect = theme.current(), QRect(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.selection))
            painter.drawRoundedRect(rect.adjusted(2, 1, -2, -1), 4, 4)
        paint_icon(painter, hit.icon, QRect(rect.left() + 10, rect.center().y() - 7, 16, 16), colours.secondary)
        flags = Qt.AlignmentFlag.AlignVCenter
        painter.setFont(theme.sized(option.font, theme.SMALL_PX))
        wide = min(painter.fontMetrics().horizontalAdvance(hit.where), 140)
        painter.setPen(QColor(colours.secondary))
        where = painter.fontMetrics().elidedText(hit.where, Qt.TextElideMode.ElideRight, 140)
        painter.drawText(rect.adjusted(0, 0, -12, 0), flags | Qt.AlignmentFlag.AlignRight, where)
        painter.setFont(theme.sized(option.font, theme.BODY_PX))
        painter.setPen(QColor(colours.text))
        box = rect.adjusted(36, 0, -wide - 24, 0)
        title = painter.fontMetrics().elidedText(hit.title, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, flags | Qt.AlignmentFlag.AlignLeft, title)
        painter.restore()


class SearchBox(QLineEdit):
    """A line with a list below it; ``search`` gives the results for a text."""

    def __init__(self, search: Callable[[str], Sequence[Hit]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._search = search
        self.setProperty("role", "search")
        self.setFixedWidth(WIDTH)
        self.setFixedHeight(theme.CONTROL_HEIGHT)
        add_clear_action(self)
        self.addAction(icon("search", "secondary"), QLineEdit.ActionPosition.LeadingPosition)
        self._frame: QFrame | None = None
        self.results = QListWidget()
        self.results.setParent(self)
        self.results.hide()
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(WAIT_MS)
        self._wait.timeout.connect(self.search_now)
        self.textEdited.connect(lambda _: self._wait.start())
        self.textChanged.connect(lambda text: self.close_results() if not text else None)
        self.retranslate()

    def _made_frame(self) -> QFrame:
        """Return the frame of the results, a child of the window so that it needs no focus of its own."""
        frame = QFrame(self.window())
        frame.setObjectName("searchResults")
        self.results = QListWidget(frame)
        self.results.setItemDelegate(_Row(self.results))
        self.results.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.results.setMouseTracking(True)
        self.results.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.results.itemClicked.connect(self._choose)
        column = QVBoxLayout(frame)
        column.setContentsMargins(4, 4, 4, 4)
        column.addWidget(self.results)
        return frame

    def search_now(self) -> None:
        """Look for what is typed and show what was found."""
        self._wait.stop()
        if not self.text().strip():
            self.close_results()
            return
        hits = list(self._search(self.text()))
        if self._frame is None:
            self._frame = self._made_frame()
        self.results.clear()
        for hit in hits or [Hit("info", tr("Nothing was found."), "", lambda: None)]:
            item = QListWidgetItem(hit.title, self.results)
            item.setData(Qt.ItemDataRole.UserRole, hit)
        self.results.setCurrentRow(0)
        self._place()

    def _place(self) -> None:
        assert self._frame is not None  # noqa: S101  search_now has made it
        corner = self.mapTo(self.window(), QPoint(0, self.height() + theme.px(1)))
        rows = min(self.results.count(), 12)
        self._frame.setGeometry(corner.x(), corner.y(), self.width(), rows * ROW + 12)
        self.results.setAccessibleName(tr("Search results"))
        self._frame.raise_()
        self._frame.show()

    def close_results(self) -> None:
        """Take the list away."""
        self._wait.stop()
        if self._frame is not None:
            self._frame.hide()

    def _choose(self, item: QListWidgetItem) -> None:
        hit: Hit = item.data(Qt.ItemDataRole.UserRole)
        self.close_results()
        self.clear()
        self.clearFocus()
        hit.choose()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        shown = self._frame is not None and self._frame.isVisible()
        if event.key() == Qt.Key.Key_Escape:
            self.close_results()
            self.clear()
            self.clearFocus()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self._wait.isActive() or not shown:
                self.search_now()
            if (item := self.results.currentItem()) is not None:
                self._choose(item)
        elif shown and event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            step = 1 if event.key() == Qt.Key.Key_Down else -1
            self.results.setCurrentRow((self.results.currentRow() + step) % self.results.count())
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.close_results()

    def retranslate(self) -> None:
        """Say everything in the language of now."""
        self.setPlaceholderText(tr("Find features, places, commands"))
        self.setAccessibleName(tr("Find features, places, commands"))
        self.close_results()  # they were found in the other language

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)
