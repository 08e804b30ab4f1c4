"""A quiet sentence over the map: it comes, can be read, and goes by itself. It takes no click away from the map."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from cgplanner.app import theme

SHOWN_MS = 6000
_WIDEST = 520
_NARROW = 720  # px; a smaller map has its scale bar and its warnings where the sentence would stand
_NEAR = (-220, -90, 40, 40)  # px round it: what tools write beside the pointer has to be seen


class Toast(QWidget):
    """One message at the foot of its parent."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._over = parent
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._message = self._hint = ""
        self._gives_way = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.hide)
        self.hide()

    @property
    def text(self) -> str:
        """What it says; '' when it is away."""
        return f"{self._message} {self._hint}".strip() if self.isVisible() else ""

    def say(self, message: str, hint: str = "") -> None:
        """Show a sentence and what to do about it."""
        self._message, self._hint, self._gives_way = message, hint, False
        self.setAccessibleDescription(f"{message} {hint}".strip())
        self.place()
        self.show()
        self.raise_()
        self._timer.start(SHOWN_MS)
        self.update()

    def put_away(self) -> None:
        """Hide it now."""
        self._timer.stop()
        self.hide()

    def give_way(self, x: float, y: float) -> None:
        """Go to the head of the parent when the pointer comes near; it stays there until the next message."""
        if self.isVisible() and not self._gives_way and self.geometry().adjusted(*_NEAR).contains(int(x), int(y)):
            self._gives_way = True
            self.place()

    def place(self) -> None:
        """Sit at the foot of the parent, or at its head where it would be in the way, as wide as the words are."""
        parent = self._over
        metrics = self.fontMetrics()
        widest = max(metrics.horizontalAdvance(self._message), metrics.horizontalAdvance(self._hint))
        room = max(min(parent.width() - 2 * theme.px(6), _WIDEST), 120)
        width = min(widest + 2 * theme.px(4) + 2, room)
        lines = sum(
            -(-metrics.horizontalAdvance(text) // max(width - 2 * theme.px(4), 1)) for text in (self._message, self._hint)
        )
        height = lines * metrics.lineSpacing() + 2 * theme.px(3)
        at_head = self._gives_way or parent.width() < _NARROW
        top = theme.px(8) if at_head else parent.height() - height - theme.px(6)
        self.setGeometry((parent.width() - width) // 2, top, width, height)

    def paintEvent(self, _event: QPaintEvent) -> None:
        colours = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(colours.strong_border), 1))
        painter.setBrush(QColor(colours.raised))
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(frame, 6, 6)
        inside = frame.adjusted(theme.px(4), theme.px(3), -theme.px(4), -theme.px(3))
        flags = Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
        painter.setPen(QColor(colours.text))
        used = painter.drawText(inside, int(flags), self._message)
        painter.setPen(QColor(colours.secondary))
        top = used.height() if used is not None else painter.fontMetrics().lineSpacing()
        painter.drawText(inside.adjusted(0, top, 0, 0), int(flags), self._hint)
        painter.end()
